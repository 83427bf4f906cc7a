"""Notes that are no digest: short, and each says what the reader can do."""

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.messages import notes
from bot.messages.words import Words
from bot.search.command import Find, OnDay, parse_command
from bot.slack.failures import FAILURES, Failure

DAYS = [date(2024, 4, 1) + timedelta(days=number) for number in range(30)]


def typed(content, rich_leaves):
    """What the note tells people to type."""
    return [
        leaf["text"].removeprefix("/paper ")
        for leaf in rich_leaves(content)
        if leaf.get("style", {}).get("code") and leaf["text"].startswith("/paper")
    ]


def test_missed_days_are_named_with_what_to_type(en, check):
    content = notes.missed_days(DAYS[:3], "", en)
    check(content)
    assert content.text == (
        "3 older digests were not posted here, because nothing could be posted when they were due.\n"
        "2024-04-01, 2024-04-02, 2024-04-03\n"
        "To read one, type /paper 2024-04-01\n"
        "To read them all, type /paper since:2024-04-01 until:2024-04-03"
    )


def test_of_very_many_missed_days_the_first_are_named_and_the_rest_counted(words, check):
    content = notes.missed_days(DAYS, "", words)
    check(content)
    line = content.text.split("\n")[1]
    assert line.count("2024-") == notes.NAMED + 1
    assert "2024-04-20" in line
    assert "2024-04-21" not in line
    assert "10" in line
    assert "2024-04-30" in line


def test_a_single_missed_day_is_one_thing_to_type(words, rich_leaves):
    assert typed(notes.missed_days(DAYS[:1], "tag:moe", words), rich_leaves) == ["2024-04-01"]


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("", "since:2024-04-01 until:2024-04-03"),
        ("tag:moe", "tag:moe since:2024-04-01 until:2024-04-03"),
        ("tag:moe OR tag:llm", "(tag:moe OR tag:llm) since:2024-04-01 until:2024-04-03"),
        ("subscribe", "find subscribe since:2024-04-01 until:2024-04-03"),
        ('"never closed', "since:2024-04-01 until:2024-04-03"),
        ("x" * 150, "since:2024-04-01 until:2024-04-03"),
    ],
)
def test_what_is_to_be_typed_finds_the_missed_papers_of_the_subscription(en, rich_leaves, query, asked):
    one, whole = typed(notes.missed_days(DAYS[:3], query, en), rich_leaves)
    assert whole == asked
    assert parse_command(one, today=DAYS[-1]) == OnDay(DAYS[0])
    assert isinstance(parse_command(whole, today=DAYS[-1]), Find)


def test_a_day_without_a_digest_is_one_line(en, ko):
    assert notes.no_digest(date(2024, 4, 15), "", en).text == "There is no digest for Monday, April 15, 2024."
    assert notes.no_digest(date(2024, 4, 15), "tag:moe", ko).text == (
        "2024년 4월 15일 월요일에는 다이제스트가 없습니다. · tag:moe"
    )


@pytest.mark.parametrize("code", [code for code, failure in FAILURES.items() if failure is Failure.CHANNEL])
@pytest.mark.parametrize("form", ["{}", "slack.channel error={}"])
def test_each_reason_why_a_channel_is_closed_has_words_of_its_own_and_keeps_slacks(words, check, code, form):
    content = notes.channel_closed("papers", form.format(code), words)
    check(content)
    assert "#papers" in content.text
    assert f"({code})" in content.text
    assert words.t("closed.other") not in content.text
    assert "slack.channel" not in content.text


@pytest.mark.parametrize(
    ("code", "why", "remedy"),
    [
        ("is_archived", "the channel is archived (is_archived)", "Unarchive the channel"),
        ("not_in_channel", "I am not a member of the channel (not_in_channel)", "/invite"),
        ("channel_not_found", "the channel was deleted, or it is private", "/invite"),
        ("restricted_action", "only some members may post in the channel", "Ask a manager of the channel"),
    ],
)
def test_the_person_who_subscribed_is_told_why_and_what_to_do(en, code, why, remedy):
    text = notes.channel_closed("papers", f"slack.channel error={code}", en).text
    assert f"I can no longer post in #papers: {why}" in text
    assert remedy in text


@pytest.mark.parametrize(
    ("reason", "shown"),
    [("slack.channel error=brand_new", "(brand_new)"), ("it says <!channel>", "&lt;!channel&gt;"), ("", "(?)")],
)
def test_a_reason_nobody_has_heard_of_is_shown_as_it_is(words, check, reason, shown):
    content = notes.channel_closed("papers", reason, words)
    check(content)
    assert shown in content.text
    assert words.t("closed.other") in content.text


@pytest.mark.parametrize(("name", "shown"), [("papers", "#papers"), ("#papers", "#papers"), ("C0123ABC", "C0123ABC")])
def test_a_channel_is_named_or_shown_by_its_id(en, name, shown):
    assert f"post in {shown}:" in notes.channel_closed(name, "is_archived", en).text


def test_the_operator_is_told_which_source_is_silent_since_when_and_what_to_look_at(check):
    content = notes.silent_source(
        "vault <!here>", date(2024, 4, 12), datetime(2024, 4, 12, 0, 10, tzinfo=UTC), Words("en")
    )
    check(content)
    assert content.text == (
        "The source vault &lt;!here&gt; has had no new digest for longer than usual.\n"
        "Its last digest is from Friday, April 12, 2024. "
        "Nothing new has arrived since Friday, April 12, 2024 at 12:10 AM (UTC).\n"
        "If the curator is not away, check that the folder or feed is still where the config file says: "
        "paperround doctor"
    )


@pytest.mark.parametrize(
    ("why", "reason"),
    [
        (
            "line 1: expected a date in the note's name (YYMMDD), its front matter or its head (date:), got 'x'",
            "unusable.no_day",
        ),
        ("line 1: expected a link, a title or words, got ''", "unusable.blank"),
        ("line 2: expected text in UTF-8, got 'bytes ff'", "unusable.encoding"),
        ("line 1: expected a page with titles linked to papers, got 'x'", "unusable.no_paper"),
        ("source.unreadable: cannot be read (Permission denied); check its permissions", "unusable.refused"),
        ("line 1: expected elements nested at most 256 deep and closed, got '300 deep'", "unusable.other"),
    ],
)
def test_the_operator_reads_an_example_of_what_cannot_be_used_and_why(words, check, why, reason):
    content = notes.unusable_source("vault", "a <b>.md", why, words)
    check(content)
    assert words.t(reason) in content.text
    assert "a &lt;b&gt;.md" in content.text
    assert "paperround doctor" in content.text


def test_an_empty_source_and_one_out_of_reach_are_told_too(words, check):
    for content in (
        notes.unusable_source("vault", None, None, words),
        notes.unreachable_source("vault", datetime(2024, 4, 12, tzinfo=UTC), words),
    ):
        check(content)
        assert "vault" in content.text
