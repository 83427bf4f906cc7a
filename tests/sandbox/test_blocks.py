import copy
from typing import Any

import pytest
from slack_sdk.models import blocks as sdk

from bot.sandbox.blocks import check_blocks, check_metadata, stored_blocks, text_chars
from bot.sandbox.text import Names

NAMES = Names({"anna": "U1"}, {"home": "C1"})


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def button(**more: Any) -> dict[str, Any]:
    return {"type": "button", "action_id": "go", "text": plain("Go"), **more}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def options(count: int) -> list[dict[str, Any]]:
    return [{"text": plain(str(n)), "value": str(n)} for n in range(count)]


def rich(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text", "elements": list(parts)}


def leaves(*elements: dict[str, Any]) -> dict[str, Any]:
    return rich({"type": "rich_text_section", "elements": list(elements)})


@pytest.mark.parametrize(
    ("block", "said"),
    [
        pytest.param(
            {"type": "section", "text": mrkdwn("a" * 3001)},
            "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
            id="long section",
        ),
        pytest.param(
            {"type": "section", "text": mrkdwn("")},
            "[ERROR] must be more than 0 characters [json-pointer:/blocks/0/text/text]",
            id="empty section",
        ),
        pytest.param(
            {"type": "section", "fields": [mrkdwn("a" * 2001)]},
            "[ERROR] must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]",
            id="long field",
        ),
        pytest.param(
            {"type": "section", "fields": [mrkdwn("a")] * 11},
            "[ERROR] no more than 10 items allowed [json-pointer:/blocks/0/fields]",
            id="eleven fields",
        ),
        pytest.param({"type": "section"}, "[ERROR] missing required field: text [json-pointer:/blocks/0]", id="none"),
        pytest.param(
            {"type": "header", "text": plain("a" * 151)},
            "[ERROR] must be less than 151 characters [json-pointer:/blocks/0/text/text]",
            id="long header",
        ),
        pytest.param(
            {"type": "header", "text": mrkdwn("a")},
            "[ERROR] must be a valid enum value: plain_text [json-pointer:/blocks/0/text/type]",
            id="header of mrkdwn",
        ),
        pytest.param(
            {"type": "context", "elements": [mrkdwn("a")] * 11},
            "[ERROR] no more than 10 items allowed [json-pointer:/blocks/0/elements]",
            id="eleven in a context",
        ),
        pytest.param(
            actions(*[button(action_id=str(n)) for n in range(26)]),
            "[ERROR] no more than 25 items allowed [json-pointer:/blocks/0/elements]",
            id="twenty-six actions",
        ),
        pytest.param(
            actions(button(), button()),
            "[ERROR] `action_id` of `go` already exists [json-pointer:/blocks/0/elements/1/action_id]",
            id="the same action twice",
        ),
        pytest.param(
            actions(button(value="v" * 2001)),
            "[ERROR] must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]",
            id="long value",
        ),
        pytest.param(
            actions(button(text=plain("t" * 76))),
            "[ERROR] must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
            id="long button",
        ),
        pytest.param(
            actions(button(url="javascript:alert(1)")),
            "[ERROR] must be a valid URL [json-pointer:/blocks/0/elements/0/url]",
            id="odd link",
        ),
        pytest.param(
            actions(button(tooltip="?")),
            "[ERROR] invalid additional property: tooltip [json-pointer:/blocks/0/elements/0]",
            id="unknown property",
        ),
        pytest.param(
            actions({"type": "overflow", "action_id": "m", "options": options(6)}),
            "[ERROR] no more than 5 items allowed [json-pointer:/blocks/0/elements/0/options]",
            id="six in an overflow",
        ),
        pytest.param(
            actions({"type": "static_select", "action_id": "m", "options": options(101)}),
            "[ERROR] no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]",
            id="long menu",
        ),
        pytest.param(
            actions({"type": "overflow", "action_id": "m", "options": [{"text": plain("a"), "value": "v" * 151}]}),
            "[ERROR] must be less than 151 characters [json-pointer:/blocks/0/elements/0/options/0/value]",
            id="long option value",
        ),
        pytest.param(
            {"type": "image", "image_url": "https://a.org/i.png"},
            "[ERROR] missing required field: alt_text [json-pointer:/blocks/0]",
            id="image without words",
        ),
        pytest.param(
            {"type": "markdown", "text": "a" * 12_001},
            "[ERROR] must be less than 12001 characters [json-pointer:/blocks/0/text]",
            id="long markdown",
        ),
        pytest.param(
            {"type": "alert", "text": plain("a")},
            "[ERROR] unsupported type: alert [json-pointer:/blocks/0/type]",
            id="not for messages",
        ),
        pytest.param(
            leaves({"type": "text", "text": ""}),
            "[ERROR] must be more than 0 characters [json-pointer:/blocks/0/elements/0/elements/0/text]",
            id="empty leaf",
        ),
        pytest.param(
            leaves({"type": "mrkdwn", "text": "a"}),
            "[ERROR] unsupported type: mrkdwn [json-pointer:/blocks/0/elements/0/elements/0/type]",
            id="mrkdwn in rich text",
        ),
        pytest.param(
            rich({"type": "rich_text_list", "style": "dash", "elements": []}),
            "[ERROR] must be a valid enum value: bullet, ordered [json-pointer:/blocks/0/elements/0/style]",
            id="odd list",
        ),
        pytest.param(
            {"type": "table", "rows": [[{"type": "raw_text", "text": "a"}] * 21]},
            "[ERROR] no more than 20 items allowed [json-pointer:/blocks/0/rows/0]",
            id="wide table",
        ),
        pytest.param("text", "[ERROR] must provide an object [json-pointer:/blocks/0]", id="not a block"),
        pytest.param({"text": "a"}, "[ERROR] missing required field: type [json-pointer:/blocks/0]", id="no type"),
    ],
)
def test_refuses_with_the_place(block: Any, said: str) -> None:
    assert said in [str(problem) for problem in check_blocks([block])]


def test_refuses_a_fifty_first_block_and_a_block_id_used_twice() -> None:
    assert not check_blocks([{"type": "divider"}] * 50)
    assert str(check_blocks([{"type": "divider"}] * 51)[0]).startswith("[ERROR] no more than 50 items")
    assert check_blocks([{"type": "divider", "block_id": "x"}] * 2)


def test_accepts_what_the_sdk_builds() -> None:
    built = [
        sdk.HeaderBlock(text="Header"),
        sdk.SectionBlock(
            text="*A* paper",
            accessory=sdk.OverflowMenuElement(
                action_id="menu", options=[sdk.Option(text="Show", value="1"), sdk.Option(text="Share", value="2")]
            ),
        ),
        sdk.SectionBlock(fields=["one", "two"]),
        sdk.ContextBlock(
            elements=[sdk.MarkdownTextObject(text="by *A*", verbatim=True), sdk.PlainTextObject(text="b")]
        ),
        sdk.DividerBlock(),
        sdk.ImageBlock(image_url="https://a.org/i.png", alt_text="A plot"),
        sdk.ActionsBlock(
            elements=[
                sdk.ButtonElement(text="Next", action_id="next", value="1", style="primary"),
                sdk.ButtonElement(text="Open", action_id="open", url="https://a.org"),
                sdk.StaticSelectElement(
                    action_id="sort", placeholder="Sort", options=[sdk.Option(text="a", value="a")]
                ),
            ]
        ),
        sdk.RichTextBlock(
            elements=[
                sdk.RichTextSectionElement(
                    elements=[
                        sdk.RichTextElementParts.Text(text="bold", style=sdk.RichTextElementParts.TextStyle(bold=True)),
                        sdk.RichTextElementParts.Link(url="https://a.org", text="here"),
                    ]
                ),
                sdk.RichTextListElement(
                    style="bullet",
                    elements=[sdk.RichTextSectionElement(elements=[sdk.RichTextElementParts.Text(text="one")])],
                ),
                sdk.RichTextQuoteElement(elements=[sdk.RichTextElementParts.Text(text="quoted")]),
            ]
        ),
    ]
    assert check_blocks([block.to_dict() for block in built]) == []


def test_kept_blocks_have_ids_and_mentions_unless_verbatim() -> None:
    sent = [
        {"type": "section", "text": mrkdwn("@here <b> @anna")},
        {"type": "section", "text": {**mrkdwn("@here <b>"), "verbatim": True}},
        actions({"type": "button", "text": plain("a & b")}),
    ]
    before = copy.deepcopy(sent)
    kept = stored_blocks(sent, NAMES, "1.000002")
    assert kept[0]["text"]["text"] == "<!here> &lt;b&gt; <@U1>"
    assert kept[1]["text"]["text"] == "@here &lt;b&gt;"
    assert kept[2]["elements"][0]["action_id"]
    assert len({block["block_id"] for block in kept}) == 3
    assert sent == before


def test_counts_all_text_of_a_message() -> None:
    assert text_chars([{"type": "section", "text": mrkdwn("abc")}, leaves({"type": "text", "text": "de"})]) == 5


@pytest.mark.parametrize(
    ("metadata", "wrong"),
    [
        ({"event_type": "a", "event_payload": {"k": "v", "n": 1, "flat": {"a": True}, "many": [1, "2"]}}, None),
        ({"event_type": "a"}, "invalid_metadata_format"),
        ({"event_type": "", "event_payload": {}}, "invalid_metadata_format"),
        ({"event_type": "a", "event_payload": {"deep": {"er": {"x": 1}}}}, "invalid_metadata_format"),
        ({"event_type": "a", "event_payload": {"k": "v" * 4000}}, "metadata_too_large"),
        ("text", "invalid_metadata_format"),
    ],
)
def test_checks_metadata(metadata: object, wrong: str | None) -> None:
    assert check_metadata(metadata) == wrong


@pytest.mark.parametrize(
    "block",
    [
        {"type": "section", "block_id": {}, "text": {"type": "plain_text", "text": "x"}},
        {"type": {}, "text": 1},
        {"type": "section", "text": {"type": [], "text": "x"}},
        {"type": "actions", "elements": [{"type": {}}]},
        {"type": "context", "elements": [{"type": []}]},
        {"type": "rich_text", "elements": [{"type": {}, "elements": [{"type": []}]}]},
    ],
)
def test_what_is_no_word_where_a_word_belongs_is_a_problem_and_no_crash(block: dict[str, object]) -> None:
    assert check_blocks([block])
