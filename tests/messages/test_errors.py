"""Errors in words people can act on, with the place where it is known."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import errors
from bot.errors import StoreUnavailableError
from bot.messages.errors import describe, error_text, unexpected
from bot.messages.words import Words, words_for
from bot.search.grammar import parse_query


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ('moe "state space', 'moe »"state space«'),
        ("(moe rlhf", "»(moe rlhf«"),
        ("moe )", "moe »)«"),
        ("tga:moe", "»tga«:moe"),
        ("moe since:whenever", "moe since:»whenever«"),
    ],
)
def test_a_mistake_is_shown_at_its_place(words, typed, shown):
    with pytest.raises(errors.QueryError) as caught:
        parse_query(typed, today=date(2024, 4, 12))
    assert shown in error_text(caught.value, words, typed).split("\n")


def test_the_nearest_right_word_is_named(words, rich_leaves):
    error = errors.QueryError("query.unknown_field", position=0, found="tga", nearest="tag")
    content = describe(error, words, "tga:moe")
    assert {"type": "text", "text": "tag", "style": {"code": True}} in rich_leaves(content)
    assert {"type": "text", "text": "»tga«", "style": {"bold": True}} in rich_leaves(content)


def test_where_no_right_word_is_near_all_of_them_are_named(en, rich_leaves):
    with pytest.raises(errors.QueryError) as caught:
        parse_query("sort:foo", today=date(2024, 4, 12))
    assert error_text(caught.value, en, "sort:foo").endswith("\nTry: best, new, old")
    leaves = rich_leaves(describe(caught.value, en, "sort:foo"))
    assert leaves[-1]["text"].endswith("Try: best, new, old")


def test_a_mistake_without_its_text_shows_what_was_found(en):
    error = errors.QueryError("query.unexpected", position=7, found=")")
    assert error_text(error, en) == "“)” cannot be used here.\n»)«"


@settings(max_examples=60)
@given(st.data(), st.integers(-5, 9000), st.sampled_from(["en", "ko"]))
def test_any_mistake_in_any_text_can_be_shown(any_text, check, data, position, lang):
    typed, found = data.draw(any_text), data.draw(any_text)
    error = errors.QueryError("query.unexpected", position=position, found=found, nearest=found)
    check(describe(error, Words(lang), typed))


@pytest.mark.parametrize(
    "error",
    [
        errors.BotError("never.heard_of"),
        errors.QueryError("never.heard_of"),
        errors.RequestRefusedError("never.heard_of"),
        errors.SourceUnavailableError("never.heard_of", path="/x"),
        errors.StoreUnavailableError("never.heard_of"),
        errors.DeliveryDeferredError("never.heard_of", retry_at=datetime(2024, 4, 12, tzinfo=UTC)),
        errors.DeliveryRefusedError("never.heard_of"),
        errors.DeliveryUnknownError("never.heard_of"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_unknown_code_still_gets_words(words, error, check):
    assert "never.heard_of" in describe(error, words).text
    check(describe(error, words))


def test_a_value_that_is_missing_is_no_fault(words):
    assert "?" in error_text(errors.StoreUnavailableError("store.newer"), words)


def test_settings_problems_are_told_as_they_are(words):
    assert error_text(errors.SettingsError(["one", "two"]), words) == "one\ntwo"


def test_values_from_outside_are_escaped(en):
    error = errors.RequestRefusedError("channel.unknown", channel=["<!channel>", "@here"])
    assert "&lt;!channel&gt;" in describe(error, en).text
    assert "@here" not in describe(error, en).text
    assert "<!channel>, @here" in error_text(error, en)


def test_an_unexpected_fault_gives_its_reference(words):
    assert "8f3a" in unexpected("8f3a", words).text


@pytest.mark.parametrize("language", ["en-US", "ko-KR"])
@pytest.mark.parametrize("code", ["store.full", "store.locked", "store.vanished", "store.cannot_open", "store.failed"])
def test_no_path_of_the_server_is_shown_in_slack(code: str, language: str) -> None:
    error = StoreUnavailableError(code, path="/srv/secret/paperround.db", words="disk I/O error in /srv/secret")
    content = describe(error, words_for(language))
    assert content.text
    assert "/srv" not in repr(content)
    assert "/srv/secret/paperround.db" in error_text(error, words_for(language)), "who runs it is told"
