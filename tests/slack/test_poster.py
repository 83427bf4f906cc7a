"""The poster on the stand-in: what is changed, taken away and found there, and what is not."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.delivery.outbox import Claim, Place
from bot.delivery.pace import Pace
from bot.errors import (
    ChannelClosedError,
    DeliveryDeferredError,
    DeliveryRefusedError,
    DeliveryUnknownError,
    MessageGoneError,
    PayloadRefusedError,
)
from bot.messages.content import Content
from bot.sandbox.server import Running, running
from bot.slack.client import sending_client
from bot.slack.poster import SlackPoster

PACE = Pace()
PLACE = Place("T0PAPERS01", "C0PAPERS01")
BLOCKS = ({"type": "section", "text": {"type": "mrkdwn", "text": "*Rho-1*"}},)
RHO = Content("Rho-1 <https://arxiv.org/abs/2404.07965|paper> & more", BLOCKS)
LATER = Content("Rho-1, withdrawn", ({"type": "divider"},))
DAY = timedelta(days=1)


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def sandbox() -> Iterator[Running]:
    with running() as sandbox:
        yield sandbox


@pytest.fixture
def poster(sandbox: Running) -> SlackPoster:
    return SlackPoster(sending_client(sandbox.bot_token, sandbox.api_url, timeout=timedelta(seconds=2)), now, PACE)


def claim(key: str = "k1", content: Content = RHO, thread_ts: str | None = None) -> Claim:
    return Claim(1, PLACE, key, content, thread_ts, now(), now() + PACE.lease)


def change(target_ts: str, content: Content = LATER) -> Claim:
    return replace(claim(content=content), op="update", target_ts=target_ts)


def deletion(target_ts: str) -> Claim:
    return replace(claim(content=Content("", ())), op="delete", target_ts=target_ts)


def texts(sandbox: Running) -> list[str]:
    return [message["text"] for message in sandbox.messages("papers")]


# Changing


def test_an_update_changes_words_and_blocks_and_keeps_the_key(sandbox, poster):
    posted_ts = poster.post(claim())
    poster.update(change(posted_ts))
    [message] = sandbox.messages("papers")
    assert (message["ts"], message["text"], message["blocks"][0]["type"]) == (posted_ts, LATER.text, "divider")
    assert message["metadata"]["event_payload"] == {"key": "k1"}
    assert poster.find(claim()) == posted_ts


def test_an_update_to_plain_text_leaves_no_blocks(sandbox, poster):
    posted_ts = poster.post(claim())
    poster.update(change(posted_ts, Content("plain", ())))
    [message] = sandbox.messages("papers")
    assert (message["text"], "blocks" in message) == ("plain", False)


def test_a_text_that_an_update_would_not_take_is_not_sent(sandbox, poster):
    posted_ts = poster.post(claim())
    with pytest.raises(PayloadRefusedError, match="text_too_long"):
        poster.update(change(posted_ts, Content("가" * 4_001, ())))
    assert "edited" not in sandbox.messages("papers")[0]
    poster.update(change(posted_ts, Content("가" * 4_000, ())))


def test_an_update_of_what_is_gone_says_so(sandbox, poster):
    posted_ts = poster.post(claim())
    sandbox.fault("delete_message", channel="papers", ts=posted_ts)
    with pytest.raises(MessageGoneError):
        poster.update(change(posted_ts))


def test_an_update_that_slack_does_not_allow_is_refused_and_the_channel_is_not(sandbox, poster):
    posted_ts = poster.post(claim())
    sandbox.fault("edit_window")
    with pytest.raises(DeliveryRefusedError, match="edit_window_closed") as caught:
        poster.update(change(posted_ts))
    assert type(caught.value) is DeliveryRefusedError


@pytest.mark.parametrize("act", ["update", "delete"])
@pytest.mark.parametrize(
    ("kind", "values", "raised"),
    [
        ("drop", {}, DeliveryUnknownError),
        ("drop_before", {}, DeliveryUnknownError),
        ("cut", {}, DeliveryUnknownError),
        ("delay", {"seconds": 20}, DeliveryUnknownError),
        ("http_500", {}, DeliveryUnknownError),
        ("fatal_error", {}, DeliveryUnknownError),
        ("ratelimited", {"retry_after": 7}, DeliveryDeferredError),
        ("error", {"error": "missing_scope"}, DeliveryDeferredError),
        ("error", {"error": "is_inactive"}, ChannelClosedError),
        ("error", {"error": "invalid_blocks"}, PayloadRefusedError),
        ("error", {"error": "cant_delete_message"}, DeliveryRefusedError),
    ],
)
def test_a_change_that_went_wrong_may_be_made_again(sandbox, poster, act, kind, values, raised):
    posted_ts = poster.post(claim())
    wanted = change(posted_ts) if act == "update" else deletion(posted_ts)
    sandbox.fault(kind, f"chat.{act}", **values)
    with pytest.raises(raised) as caught:
        getattr(poster, act)(wanted)
    assert type(caught.value) is raised
    getattr(poster, act)(wanted)
    assert texts(sandbox) == ([LATER.text] if act == "update" else [])


# Taking away


def test_a_deletion_takes_it_away_and_may_be_repeated(sandbox, poster):
    posted_ts = poster.post(claim())
    for _ in range(2):
        poster.delete(deletion(posted_ts))
        assert sandbox.messages("papers") == []


def test_a_parent_of_replies_is_taken_away_too(sandbox, poster):
    posted_ts = poster.post(claim())
    poster.post(claim("k2", thread_ts=posted_ts))
    for _ in range(2):
        poster.delete(deletion(posted_ts))
        assert [message.get("subtype") for message in sandbox.messages("papers")] == ["tombstone", None]


# Replies to nothing


@pytest.mark.parametrize("replies", [0, 1])
def test_a_reply_whose_parent_is_gone_says_so(sandbox, poster, replies):
    posted_ts = poster.post(claim())
    for number in range(replies):
        poster.post(claim(f"r{number}", thread_ts=posted_ts))
    sandbox.fault("delete_message", channel="papers", ts=posted_ts)
    with pytest.raises(MessageGoneError):
        poster.post(claim("k2", thread_ts=posted_ts))


def test_a_reply_to_a_reply_has_no_parent(poster):
    posted_ts = poster.post(claim())
    reply_ts = poster.post(claim("k2", thread_ts=posted_ts))
    with pytest.raises(MessageGoneError):
        poster.post(claim("k3", thread_ts=reply_ts))


def test_a_reply_that_slack_puts_into_the_channel_for_want_of_a_parent_is_taken_away(sandbox, poster):
    posted_ts = poster.post(claim())
    sandbox.fault("delete_message", channel="papers", ts=posted_ts)
    sandbox.fault("unthread")
    reply = claim("k2", thread_ts=posted_ts)
    with pytest.raises(MessageGoneError):
        poster.post(reply)
    assert poster.find(reply) is None


def test_a_reply_in_the_channel_stays_and_is_found_where_it_cannot_be_taken_away(sandbox, poster, caplog):
    posted_ts = poster.post(claim())
    sandbox.fault("delete_message", channel="papers", ts=posted_ts)
    sandbox.fault("unthread")
    sandbox.fault("error", "chat.delete", error="cant_delete_message")
    reply = claim("k2", thread_ts=posted_ts)
    with caplog.at_level(logging.WARNING):
        reply_ts = poster.post(reply)
    assert [record.levelname for record in caplog.records if "reply stands in the channel" in record.message]
    assert poster.find(reply) == reply_ts


def test_a_reply_in_its_thread_is_nothing_to_tell(poster, caplog):
    poster.post(claim("k2", thread_ts=poster.post(claim())))
    assert caplog.records == []


# Finding


def test_what_was_posted_is_found_after_the_last_message_of_ours(poster):
    before = poster.post(claim("k0"))
    posted_ts = poster.post(claim())
    assert poster.find(replace(claim(), after_ts=before)) == posted_ts
    assert poster.find(replace(claim(), after_ts=posted_ts)) is None


@pytest.mark.parametrize("wrong", [timedelta(hours=1), timedelta(hours=-14)], ids=["ahead", "behind"])
def test_a_clock_that_was_wrong_hides_nothing(poster, wrong):
    posted_ts = poster.post(claim())
    assert poster.find(replace(claim(), claimed_at=now() + wrong)) == posted_ts


def test_a_clock_that_was_wrong_by_any_zone_hides_nothing_that_comes_after_one_of_ours(poster):
    before = poster.post(claim("k0"))
    posted_ts = poster.post(claim())
    assert poster.find(replace(claim(), claimed_at=now() + DAY, after_ts=before)) == posted_ts


def test_a_parent_with_the_words_of_its_reply_is_not_taken_for_it(sandbox, poster):
    sandbox.fault("drop_metadata")
    posted_ts = poster.post(claim())
    assert poster.find(claim("k2", thread_ts=posted_ts)) is None
    reply_ts = poster.post(claim("k2", thread_ts=posted_ts))
    assert poster.find(claim("k2", thread_ts=posted_ts)) == reply_ts


# What stands there


def test_recent_messages_of_ours_are_known_by_their_keys_and_words(sandbox, poster):
    stamps = [poster.post(claim(f"k{number}", Content(f"paper {number}", ()))) for number in range(3)]
    poster.post(claim("r1", thread_ts=stamps[0]))
    sandbox.send("emma", "papers", "what a day")
    recent = poster.recent(PLACE, None, now() - DAY, ())
    assert {key: seen.ts for key, seen in recent.ours.items()} == dict(zip(("k0", "k1", "k2"), stamps, strict=True))
    assert recent.newest_ts == sandbox.messages("papers")[-1]["ts"]
    assert poster.says(recent.ours["k1"], Content("paper 1", BLOCKS))
    assert not poster.says(recent.ours["k1"], Content("paper 2", ()))


def test_what_stands_there_says_the_same_however_slack_writes_it(poster):
    poster.post(claim())
    seen = poster.recent(PLACE, None, now() - DAY, ()).ours["k1"]
    assert poster.says(seen, RHO)
    assert not poster.says(seen, replace(RHO, text=RHO.text.replace("paper", "page")))
    assert not poster.says(seen, replace(RHO, text=RHO.text.replace("2404", "2405")))


def test_a_channel_is_read_back_to_the_first_that_is_known(sandbox, poster):
    for number in range(40):
        poster.post(claim(f"k{number}"))
    assert len(poster.recent(PLACE, None, now() - DAY, {"k38"}).ours) == 15
    assert len(poster.recent(PLACE, None, now() - DAY, {"k20", "k3"}).ours) == 40
    assert len(poster.recent(PLACE, None, now() - DAY, {"other"}).ours) == 40


def test_a_channel_is_not_read_beyond_the_moment(poster):
    poster.post(claim())
    assert poster.recent(PLACE, None, now() + DAY, ()).ours == {}


def test_a_thread_is_read_whole_whatever_is_known(poster):
    posted_ts = poster.post(claim())
    stamps = [poster.post(claim(f"r{number}", thread_ts=posted_ts)) for number in range(20)]
    recent = poster.recent(PLACE, posted_ts, now() - DAY, {"k1", "r0"})
    assert list(recent.ours) == ["k1", *(f"r{number}" for number in range(20))]
    assert recent.newest_ts == stamps[-1]


def test_nothing_stands_in_an_empty_channel_nor_in_a_thread_that_is_gone(poster):
    for thread_ts in (None, "1712912399.000100"):
        recent = poster.recent(PLACE, thread_ts, now() - DAY, ())
        assert (dict(recent.ours), recent.newest_ts) == ({}, None)


def test_a_server_that_drops_metadata_shows_nothing_of_ours(sandbox, poster):
    sandbox.fault("drop_metadata")
    posted_ts = poster.post(claim())
    recent = poster.recent(PLACE, None, now() - DAY, ())
    assert (dict(recent.ours), recent.newest_ts) == ({}, posted_ts)


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        ("missing_scope", DeliveryDeferredError),
        ("not_in_channel", ChannelClosedError),
        ("ratelimited", DeliveryDeferredError),
    ],
)
def test_what_cannot_be_read_is_not_taken_for_empty(sandbox, poster, error, raised):
    posted_ts = poster.post(claim())
    sandbox.fault("unreadable_history", error=error)
    with pytest.raises(raised):
        poster.recent(PLACE, None, now() - DAY, ())
    with pytest.raises(raised):
        poster.recent(PLACE, posted_ts, now() - DAY, ())
    with pytest.raises(raised):
        poster.find(claim())


def test_a_throttled_app_reads_a_talkative_channel_through_in_the_end(sandbox, poster):
    posted_ts = poster.post(claim())
    for number in range(20):
        sandbox.send("emma", "papers", f"word {number}")
    sandbox.fault("short_pages", limit=15)
    sandbox.fault("ratelimited", "conversations.history", after=1)
    with pytest.raises(DeliveryDeferredError):
        poster.recent(PLACE, None, now() - DAY, ())
    assert poster.recent(PLACE, None, now() - DAY, ()).ours["k1"].ts == posted_ts


def test_what_another_process_sent_since_is_seen_by_who_had_begun_to_look_before(sandbox, poster):
    for number in range(20):
        sandbox.send("emma", "papers", f"word {number}")
    sandbox.fault("short_pages", limit=15)
    sandbox.fault("ratelimited", "conversations.history", after=1)
    mine = replace(claim(), attempts=2, looking=True)
    with pytest.raises(DeliveryDeferredError):
        poster.find(mine)
    posted_ts = poster.post(replace(mine, attempts=3))  # by a process that looked, saw nothing, and lost the answer
    assert poster.find(replace(mine, attempts=4)) == posted_ts
