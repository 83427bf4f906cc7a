"""Standing orders in words: who, what, when, in the zone and in UTC."""

from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest

from bot.errors import ChannelClosedError
from bot.messages import standing
from bot.messages.standing import Standing
from bot.plan.subscription import Subscription

SUB = Subscription(1, "T1", "C1", "vault", "tag:moe", time(9), zone="Asia/Seoul", created_by="U1ABCDEF")
FIRST = datetime(2024, 4, 15, tzinfo=UTC)
NOW = datetime(2024, 4, 13, tzinfo=UTC)


def test_the_channel_is_told_who_subscribed_to_what_and_when_the_first_post_comes(en, rich_leaves):
    content = standing.subscribed(SUB, "U1ABCDEF", FIRST, en)
    assert content.text == (
        "<@U1ABCDEF> subscribed this channel to tag:moe. Daily at 9:00 AM (Seoul). "
        "First post: Monday, April 15, 2024 at 9:00 AM (Seoul)."
    )
    assert {"type": "text", "text": "tag:moe", "style": {"code": True}} in rich_leaves(content)


def test_on_arrival_the_first_post_comes_with_the_next_digest(words):
    said = standing.subscribed(replace(SUB, at=None), "U1ABCDEF", None, words).text
    assert words.t("standing.first_on_arrival") in said
    assert words.t("standing.on_arrival") in said


@pytest.mark.parametrize(
    ("days", "said"),
    [(range(7), "Daily"), (range(5), "Weekdays"), ((0, 2), "Mon, Wed"), ((6,), "Sun")],
)
def test_the_days_are_told(en, days, said):
    content = standing.subscribed(replace(SUB, days=frozenset(days)), "U1ABCDEF", FIRST, en)
    assert f" {said} at 9:00 AM (Seoul)." in content.text


def test_korean_days_are_those_of_every_week(ko):
    sub = replace(SUB, at=time(8, 30), days=frozenset({0, 2}))
    assert "매주 월, 수 오전 8시 30분(서울)에 게시합니다." in standing.subscribed(sub, "U1ABCDEF", FIRST, ko).text


def test_one_from_the_config_is_paused_and_told_where_it_is_written(words):
    content = standing.stopped(replace(SUB, origin="config"), "config/paperround.toml", "U1ABCDEF", words)
    assert "config/paperround.toml" in content.text
    assert words.typed("resume") in content.text


def listed(item, words, now=NOW) -> list[str]:
    """The two lines of one subscription, without the heading and the bullet."""
    return [line[2:] for line in standing.subscriptions([item], words, now).text.split("\n")[-2:]]


def test_the_list_tells_in_two_lines_what_is_ordered_and_what_becomes_of_it(en):
    posted_at = datetime(2024, 4, 12, 0, 0, 3, tzinfo=UTC)
    assert listed(Standing(SUB, FIRST, date(2024, 4, 12), posted_at), en) == [
        "tag:moe (tag #moe) · one message per paper, a list on days with many papers · Daily at 9:00 AM (Seoul)",
        "Next post: Monday, April 15, 2024 at 9:00 AM (Seoul). "
        "Last posted digest: Friday, April 12, 2024, posted Friday, April 12, 2024 at 9:00 AM (Seoul). "
        "Subscribed by <@U1ABCDEF>.",
    ]


def test_what_a_subscription_has_beyond_the_usual_is_told(en):
    sub = replace(SUB, layout="brief", days=frozenset(range(5)), quiet=(time(22), time(7, 30)), say_when_empty=True)
    line, state = listed(Standing(sub, FIRST, None, waiting=3), en)
    assert line == (
        "tag:moe (tag #moe) · titles only · Weekdays at 9:00 AM (Seoul) · no posts from 10:00 PM to 7:30 AM"
        " · says when there is no digest"
    )
    assert "Catching up: 3 digests are still to be posted. Nothing posted yet." in state


def test_a_source_is_named_where_there_are_several(en):
    one, other = Standing(SUB, FIRST, None), Standing(replace(SUB, source="blog"), FIRST, None)
    assert "vault" not in standing.subscriptions([one, one], en, NOW).text
    text = standing.subscriptions([one, other], en, NOW).text
    assert "(tag #moe) · vault · " in text
    assert "(tag #moe) · blog · " in text


def test_a_query_is_told_in_words_where_it_can_be_read(en):
    assert listed(Standing(replace(SUB, query=""), FIRST, None), en)[0].startswith("all papers · ")
    assert listed(Standing(replace(SUB, query='"never closed'), FIRST, None), en)[0].startswith('"never closed · ')
    # Dates that move are those of today in its zone, where the day has begun before UTC's.
    late = datetime(2024, 4, 12, 20, tzinfo=UTC)
    assert "(from 6 Apr 2024)" in listed(Standing(replace(SUB, query="since:1w"), FIRST, None), en, late)[0]


END = datetime(2024, 4, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("change", "closed", "said"),
    [
        pytest.param({"paused": "chat"}, None, "Paused in this channel. To resume, type /paper resume.", id="chat"),
        pytest.param(
            {"paused": "operator"},
            None,
            "Paused by the bot’s operator. To resume, type /paper resume.",
            id="operator",
        ),
        pytest.param(
            {"paused": "chat", "paused_until": END},
            None,
            "Paused in this channel. Resumes Saturday, April 20, 2024 at 9:00 AM (Seoul).",
            id="with an end",
        ),
        pytest.param({"paused": "moving <house>"}, None, "Paused: moving &lt;house&gt;.", id="another reason"),
        pytest.param(
            {}, "slack.channel error=is_archived", "Paused: the channel is archived (is_archived).", id="closed channel"
        ),
        pytest.param(
            {"paused": "chat"}, "is_archived", "Paused: the channel is archived (is_archived).", id="closed and paused"
        ),
    ],
)
def test_one_that_is_paused_says_why_and_what_ends_it(en, check, change, closed, said):
    item = Standing(replace(SUB, **change), FIRST if closed else None, None, closed=closed, waiting=2)
    check(standing.subscriptions([item], en, NOW))
    state = listed(item, en)[1]
    assert state.startswith(said)
    assert "Next" not in state
    assert "Catching up" not in state


def test_what_comes_after_a_pause_with_an_end_is_told(en):
    item = Standing(replace(SUB, paused="chat", paused_until=END), END, None)
    assert "Next post: Saturday, April 20, 2024 at 9:00 AM" in listed(item, en)[1]


def test_a_pause_that_is_over_is_none(words):
    over = replace(SUB, paused="chat", paused_until=NOW)
    assert listed(Standing(over, FIRST, None), words) == listed(Standing(SUB, FIRST, None), words)


def test_of_a_closed_channel_what_can_be_done_is_told_once(en):
    items = [Standing(SUB, None, None, closed="slack.channel error=not_in_channel")] * 2
    assert standing.subscriptions(items, en, NOW).text.count("/invite") == 1


def test_the_command_line_is_told_the_same_without_markup(words, en):
    item = Standing(SUB, FIRST, date(2024, 4, 12), datetime(2024, 4, 12, tzinfo=UTC))
    lines = standing.subscription_text(item, "#papers", en, NOW).split("\n")
    order, state = listed(item, en)
    assert lines == [
        "#papers",
        "  " + order.replace("(tag #moe) · ", "(tag #moe) · vault · "),
        "  " + state.replace("<@U1ABCDEF>", "U1ABCDEF"),
    ]
    closed = replace(item, sub=replace(SUB, query="a & <b>\x1b[31m"), closed="is_archived")
    text = standing.subscription_text(closed, "#papers\n", words, NOW)
    assert "a & <b>[31m" in text
    assert "is_archived" in text
    assert len(text.split("\n")) == 3


def test_the_channel_is_told_who_paused_what_until_when_and_who_resumed_it(en, check):
    for_good, until = (standing.paused(SUB, end, "U1ABCDEF", en) for end in (None, END))
    assert for_good.text == "<@U1ABCDEF> paused tag:moe in this channel. To resume, type /paper resume."
    assert "until Saturday, April 20, 2024 at 9:00 AM (Seoul)." in until.text
    resumed = standing.resumed(SUB, FIRST, en, "U1ABCDEF", ChannelClosedError("slack.channel", error="is_archived"))
    assert resumed.text.startswith("<@U1ABCDEF> resumed tag:moe in this channel. Daily at")
    assert "The channel could not be told" in resumed.text
    assert "<@" not in standing.resumed(SUB, FIRST, en).text
    for content in (for_good, until, resumed):
        check(content)


def test_what_was_typed_as_a_query_calls_nobody(en, check):
    content = standing.unsubscribed(replace(SUB, query="<!channel> @here *x*"), "U1ABCDEF", en)
    check(content)
    assert "<!" not in content.text


def test_which_one_to_end_is_asked_with_a_button_each_that_names_it(en, check):
    subs = [
        replace(SUB, id=1, query=""),
        replace(SUB, id=2, query="tag:moe"),
        replace(SUB, id=3, query="tag:moe", source="blog", origin="config"),
    ]
    content = standing.which(subs, en)
    check(content)
    lines = [block["text"]["text"] for block in content.blocks if "accessory" in block]
    assert [line.split(" · ")[:2] for line in lines] == [
        ["all papers", "vault"],
        ["tag:moe", "vault"],
        ["tag:moe", "blog"],
    ]
    pressed = [block["accessory"] for block in content.blocks if "accessory" in block]
    assert [(button["value"], button["text"]["text"]) for button in pressed] == [
        ("1", "End"),
        ("2", "End"),
        ("3", "Pause"),
    ]
    assert all(line in content.text for line in lines)
    assert "vault" not in standing.which(subs[:2], en).text


def test_very_many_to_choose_from_are_one_message(words, check):
    subs = [replace(SUB, id=number, query="<&>" * 300) for number in range(60)]
    check(standing.which(subs, words))
    check(standing.which([replace(sub, query="tag:moe") for sub in subs], words))


def test_the_person_is_told_why_the_channel_could_not_be(en, check):
    refused = ChannelClosedError("slack.channel", error="restricted_action")
    for content in (
        standing.subscribed(SUB, "U1ABCDEF", FIRST, en, not_told=refused),
        standing.unsubscribed(SUB, "U1ABCDEF", en, not_told=refused),
    ):
        check(content)
        assert "The channel could not be told: Slack does not let me post in this channel" in content.text
        assert "restricted_action" in content.text
