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


def test_the_channel_is_told_who_subscribed_to_what_and_when_the_first_post_comes(en, rich_leaves):
    content = standing.subscribed(SUB, "U1ABCDEF", FIRST, en)
    assert content.text == (
        "<@U1ABCDEF> subscribed this channel to tag:moe. Posts come every day, at 09:00 (Asia/Seoul). "
        "First post: Monday, April 15, 2024, 09:00 (Asia/Seoul; 2024-04-15 00:00 UTC)."
    )
    assert {"type": "text", "text": "tag:moe", "style": {"code": True}} in rich_leaves(content)


def test_on_arrival_the_first_post_comes_with_the_next_digest(words):
    said = standing.subscribed(replace(SUB, at=None), "U1ABCDEF", None, words).text
    assert words.t("standing.first_on_arrival") in said
    assert words.t("standing.on_arrival") in said


@pytest.mark.parametrize(
    ("days", "said"),
    [(range(7), "every day"), (range(5), "on weekdays"), ((0, 2), "on Mon, Wed"), ((6,), "on Sun")],
)
def test_the_days_are_told(en, days, said):
    content = standing.subscribed(replace(SUB, days=frozenset(days)), "U1ABCDEF", FIRST, en)
    assert f"Posts come {said}, at" in content.text


def test_korean_days_are_those_of_every_week(ko):
    sub = replace(SUB, at=time(8, 30), days=frozenset({0, 2}))
    assert "매주 월, 수 08:30(Asia/Seoul)에 올라옵니다." in standing.subscribed(sub, "U1ABCDEF", FIRST, ko).text


def test_one_from_the_config_is_paused_and_told_where_it_is_written(words):
    content = standing.paused(replace(SUB, origin="config"), "config/paperround.toml", words)
    assert "config/paperround.toml" in content.text
    assert "/paper subscribe" in content.text


def test_the_list_tells_the_next_and_the_last_post_and_why_one_is_paused(en):
    config = replace(SUB, query="", origin="config", created_by=None, paused="the channel is archived")
    content = standing.subscriptions([Standing(SUB, FIRST, date(2024, 4, 12)), Standing(config, None, None)], en)
    first, second = content.text.split("\n")[1:]
    assert "Next: Monday, April 15, 2024, 09:00 (Asia/Seoul; 2024-04-15 00:00 UTC)." in first
    assert "Last posted: the digest of Friday, April 12, 2024." in first
    assert "Subscribed by <@U1ABCDEF>." in first
    assert "Paused: the channel is archived" in second
    assert "Next" not in second
    assert "Set in the config." in second


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
        ["every paper", "vault"],
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
        assert "The channel itself could not be told: Slack does not let me post in this channel" in content.text
        assert "restricted_action" in content.text
