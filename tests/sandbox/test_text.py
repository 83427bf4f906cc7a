import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.text import (
    Names,
    command_text,
    escape,
    mentioned,
    stored_text,
    typed_block,
    typed_text,
    unescape,
)

NAMES = Names({"anna": "U1", "paper.bot": "U2"}, {"home": "C1"})


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        pytest.param("a & b", "a &amp; b", id="ampersand"),
        pytest.param("a &amp; b &lt;", "a &amp; b &lt;", id="already escaped"),
        pytest.param("if x < y > z", "if x &lt; y &gt; z", id="comparison"),
        pytest.param("<b>bold</b>", "&lt;b&gt;bold&lt;/b&gt;", id="markup"),
        pytest.param("see https://a.org/x?a=1&b=2.", "see <https://a.org/x?a=1&amp;b=2>.", id="bare link"),
        pytest.param("<https://a.org|A & B>", "<https://a.org|A &amp; B>", id="labelled link"),
        pytest.param("<!here> <@U1> <#C1|home>", "<!here> <@U1> <#C1|home>", id="mentions that were meant"),
        pytest.param("@here @anna #home", "@here @anna #home", id="bare names are only text"),
        pytest.param("> quote", "&gt; quote", id="quote"),
    ],
)
def test_keeps_text_as_slack_does(sent: str, kept: str) -> None:
    assert stored_text(sent) == kept


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("@here now", "<!here> now"),
        ("@anna, see #home.", "<@U1>, see <#C1>."),
        ("ask @paper.bot.", "ask <@U2>."),
        ("@nobody #nowhere a@anna.org", "@nobody #nowhere a@anna.org"),
        ("https://a.org/@anna", "<https://a.org/@anna>"),
    ],
)
def test_names_become_mentions_where_slack_parses_them(sent: str, kept: str) -> None:
    assert stored_text(sent, NAMES) == kept


def test_a_person_cannot_type_a_control_sequence() -> None:
    assert typed_text("<!channel> @anna", NAMES) == "&lt;!channel&gt; <@U1>"


@given(st.text(alphabet="<>&!@#|aC1U /:.htps\n한", max_size=60))
def test_keeping_kept_text_changes_nothing(text: str) -> None:
    assert stored_text(stored_text(text)) == stored_text(text)


@given(st.text(alphabet="<>&!@#|aC1U /:.\n한", max_size=60))
def test_escaped_text_reads_as_written_and_holds_no_control(text: str) -> None:
    assert unescape(escape(text)) == text
    assert not re.search("[<>]", stored_text(escape(text)))


def test_mentions_are_listed_in_order() -> None:
    assert mentioned("<@U2> and <@U1|anna> in <#C1>") == ["U2", "U1"]


def test_a_command_is_handed_as_typed_or_with_ids() -> None:
    typed = "@anna #home 5 < 6 “노이즈”"
    assert command_text(typed, NAMES, should_escape=False) == typed
    assert command_text(typed, NAMES, should_escape=True) == "<@U1|anna> <#C1|home> 5 &lt; 6 “노이즈”"


def test_the_composer_makes_rich_text_of_what_was_typed() -> None:
    block = typed_block(typed_text("*see* @anna https://a.org & `x<y`", NAMES), "b1")
    assert block["elements"][0]["elements"] == [
        {"type": "text", "text": "see", "style": {"bold": True}},
        {"type": "text", "text": " "},
        {"type": "user", "user_id": "U1"},
        {"type": "text", "text": " "},
        {"type": "link", "url": "https://a.org"},
        {"type": "text", "text": " & "},
        {"type": "text", "text": "x<y", "style": {"code": True}},
    ]
