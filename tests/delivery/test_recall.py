import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.delivery.outbox import Claim, Place, Recent, Seen
from bot.delivery.pace import Pace
from bot.delivery.recall import Recall
from bot.errors import (
    ChannelClosedError,
    DeliveryDeferredError,
    DeliveryUnknownError,
    MessageGoneError,
)
from bot.messages.content import Content

NOW = datetime(2024, 4, 12, 9, tzinfo=UTC)
PLACE = Place("T1", "C1")
POST = Claim(1, PLACE, "k1", Content("words", ()), None, NOW, NOW + timedelta(seconds=18))
REPLY = replace(POST, id=2, key="k2", thread_ts="5.000000")
SCOPE = DeliveryDeferredError("slack.scope", retry_at=NOW, error="missing_scope")


@pytest.fixture
def recall(slack, outbox):
    return Recall(slack, outbox, Pace())


def stands(slack, channel="C1", thread=None, newest="9.000000", **seen):
    slack.stands[channel, thread] = Recent({key: Seen(ts, "words") for key, ts in seen.items()}, newest)


def test_a_channel_is_read_once_however_much_goes_there(recall, slack):
    stands(slack)
    for _ in range(3):
        assert recall.take(POST, NOW) is None
    recall.take(replace(POST, place=Place("T1", "C2")), NOW)
    assert slack.read == [("C1", None), ("C2", None)]


def test_what_stands_there_is_handed_out_once(recall, slack):
    stands(slack, k1="5.0", k3="6.0")
    assert recall.take(POST, NOW).ts == "5.0"
    assert recall.take(POST, NOW) is None
    assert recall.take(replace(POST, key="k3"), NOW).ts == "6.0"


def test_what_the_database_knew_then_is_not_kept(recall, slack, put, outbox):
    row = put()
    row.posted_ts, outbox.there = "5.0", {row.key}
    stands(slack, **{row.key: "5.0"})
    recall.take(POST, NOW)
    outbox.there = set()
    assert recall.take(replace(POST, key=row.key), NOW) is None


def test_it_reads_back_as_far_as_the_pace_says_and_tells_what_is_known(recall, slack, put, outbox):
    row = put()
    row.posted_ts, outbox.there = "5.0", {row.key}
    asked = []
    slack.recent = lambda *arguments: asked.append(arguments) or Recent({}, None)
    recall.take(POST, NOW)
    assert asked == [(PLACE, None, NOW - Pace().back, {row.key})]


@pytest.mark.parametrize(
    ("newest", "read"),
    [
        pytest.param("4.999999", False, id="younger than all that was read"),
        pytest.param("5.000000", True, id="the newest itself"),
        pytest.param("10.000000", True, id="older, as a number and not as a word"),
        pytest.param(None, False, id="nothing stood there"),
    ],
)
def test_a_thread_is_read_once_where_it_may_have_stood_there(recall, slack, newest, read):
    stands(slack, newest=newest)
    stands(slack, thread="5.000000", k2="7.0")
    for _ in range(2):
        seen = recall.take(REPLY, NOW)
        assert (seen.ts if seen else None) == ("7.0" if read else None)
        stands(slack, thread="5.000000")
        read = False
    recall.take(REPLY, NOW)
    assert slack.read.count(("C1", "5.000000")) <= 1


def test_threads_that_come_later_take_no_memory(recall, slack):
    stands(slack)

    def held():
        return sum(len(kept) for kept in vars(recall).values() if isinstance(kept, dict | set))

    recall.take(POST, NOW)
    before = held()
    for number in range(100):
        recall.take(replace(REPLY, thread_ts=f"{10 + number}.000000"), NOW)
    assert held() == before


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(DeliveryDeferredError("slack.busy", retry_at=NOW), id="busy"),
        pytest.param(DeliveryDeferredError("slack.install", retry_at=NOW), id="dead token"),
        pytest.param(DeliveryUnknownError("slack.unclear"), id="no answer"),
    ],
)
@pytest.mark.parametrize("claim", [POST, REPLY], ids=["channel", "thread"])
def test_what_cannot_be_read_now_is_read_the_next_time(recall, slack, fault, claim):
    stands(slack)
    if claim is REPLY:
        recall.take(POST, NOW)
    slack.unread = fault
    with pytest.raises(type(fault)):
        recall.take(claim, NOW)
    slack.unread = None
    stands(slack, thread=claim.thread_ts, **{claim.key: "7.0"})
    assert recall.take(claim, NOW).ts == "7.0"


def test_a_channel_that_will_not_be_read_is_said_once_and_left(recall, slack, caplog):
    slack.unread = ChannelClosedError("slack.channel", error="not_in_channel")
    for claim in (POST, REPLY, replace(POST, key="k3")):
        assert recall.take(claim, NOW) is None
    assert slack.read == [("C1", None)]
    assert [(record.levelno, "not_in_channel" in record.message) for record in caplog.records] == [
        (logging.ERROR, True)
    ]


def test_a_scope_that_is_missing_is_said_once_for_all_channels(recall, slack, caplog):
    slack.unread = SCOPE
    for channel in ("C1", "C2", "C3"):
        assert recall.take(replace(POST, place=Place("T1", channel)), NOW) is None
    assert len(caplog.records) == 1
    recall.take(replace(POST, place=Place("T2", "C1")), NOW)
    assert len(caplog.records) == 2, "another workspace has a token of its own"


def test_a_thread_that_is_gone_holds_nothing(recall, slack, caplog):
    stands(slack)
    recall.take(POST, NOW)
    slack.unread = MessageGoneError("slack.message", error="thread_not_found")
    assert recall.take(REPLY, NOW) is None
    slack.unread = None
    assert recall.take(REPLY, NOW) is None
    assert slack.read.count(("C1", "5.000000")) == 1
    assert caplog.records == []


def test_what_was_looked_for_since_is_forgotten(recall, slack):
    stands(slack, k1="5.0", k3="6.0")
    recall.take(replace(POST, key="k9"), NOW)
    recall.forget("k1")
    assert recall.take(POST, NOW) is None
