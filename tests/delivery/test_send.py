import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bot.delivery.pace import Pace
from bot.delivery.send import Senders, send_next
from bot.errors import (
    ChannelClosedError,
    DeliveryRefusedError,
    DeliveryUnknownError,
    PayloadRefusedError,
    StoreUnavailableError,
)

PACE = Pace()
SECOND = timedelta(seconds=1)


@pytest.fixture
def step(outbox, slack, clock):
    return lambda: send_next(outbox, slack, "me", clock, PACE)


@pytest.fixture
def drain(step):
    """Takes steps until nothing may go now; how many."""

    def drain() -> int:
        steps = 0
        while step():
            steps += 1
        return steps

    return drain


def test_a_message_is_posted_and_confirmed(step, put, slack):
    row = put()
    sent = step()
    assert (sent.outcome, sent.posted_ts) == ("posted", "1.000000")
    assert (row.state, row.posted_ts) == ("posted", "1.000000")
    assert [claim.key for claim in slack.posted] == [row.key]
    assert step() is None


def test_what_was_never_tried_is_not_looked_for(step, put, slack):
    put()
    step()
    assert slack.looked_for == []


def test_a_channel_gets_one_message_a_second_and_others_do_not_wait_for_it(drain, slack, clock, put):
    for channel in ("C1", "C1", "C2"):
        put(channel)
    assert drain() == 2
    clock.pass_by(SECOND - timedelta(milliseconds=1))
    assert drain() == 0
    clock.pass_by(timedelta(milliseconds=1))
    assert drain() == 1
    assert [claim.place.channel for claim in slack.posted] == ["C1", "C2", "C1"]


def test_a_reply_goes_into_the_thread_of_its_posted_parent(step, put, slack, clock):
    parent = put()
    put(parent=parent)
    step()
    assert step() is None
    clock.pass_by(SECOND)
    step()
    assert [claim.thread_ts for claim in slack.posted] == [None, "1.000000"]


def test_too_fast_moves_only_that_channels_turn(step, put, slack, clock, outbox):
    slow = put("C1")
    put("C2")
    slack.faults = [slack.later(30)]
    assert step().outcome == "deferred"
    assert slow.state == "pending"
    assert step().outcome == "posted"
    clock.pass_by(29 * SECOND)
    assert step() is None
    clock.pass_by(SECOND)
    assert step().claim.key == slow.key
    assert slack.looked_for == []


def test_a_wait_of_nothing_is_still_a_wait(drain, put, slack):
    put()
    slack.faults = [slack.later(0)]
    assert drain() == 1


def test_a_message_whose_answer_was_lost_is_found_and_not_posted_again(step, put, slack, clock):
    row = put()
    slack.faults = ["lost"]
    assert step().outcome == "unknown"
    assert step() is None  # Slack may still be storing it
    clock.pass_by(PACE.settling)
    sent = step()
    assert (sent.outcome, row.posted_ts) == ("found", "1.000000")
    assert len(slack.posted) == 1


def test_a_message_that_was_lost_on_the_way_is_looked_for_and_then_posted(step, put, slack, clock):
    row = put()
    slack.faults = [DeliveryUnknownError("slack.unclear")]
    step()
    clock.pass_by(PACE.settling)
    assert step().outcome == "posted"
    assert slack.looked_for == [row.key]
    assert len(slack.posted) == 1


def test_the_claim_of_a_process_that_died_is_looked_for_once_its_lease_is_over(step, put, slack, clock, outbox):
    row = put()
    slack.posted.append(outbox.claim_next("the dead", clock(), clock() + PACE.lease))
    assert step() is None
    clock.pass_by(PACE.lease)
    assert step().outcome == "found"
    assert row.state == "posted"
    assert len(slack.posted) == 1


@pytest.mark.parametrize(
    "blind",
    [
        pytest.param(DeliveryUnknownError("slack.unclear"), id="no answer"),
        pytest.param(ChannelClosedError("slack.channel", error="not_in_channel"), id="no member"),
        pytest.param(DeliveryRefusedError("slack.message"), id="refused"),
    ],
)
def test_where_slack_cannot_be_asked_the_message_waits_and_is_not_sent(step, put, slack, clock, outbox, blind):
    row = put()
    slack.faults = ["lost"]
    step()
    slack.blind = blind
    clock.pass_by(PACE.settling)
    assert step().outcome == "unknown"
    assert (row.state, len(slack.posted), outbox.shut) == ("unknown", 1, {})
    clock.pass_by(PACE.retry - SECOND)
    assert step() is None
    slack.blind = None
    clock.pass_by(SECOND)
    assert step().outcome == "found"


def test_looking_too_fast_waits_as_long_as_slack_says(step, put, slack, clock):
    put()
    slack.faults = ["lost"]
    step()
    clock.pass_by(PACE.settling)
    slack.blind = slack.later(60)
    assert step().outcome == "unknown"
    slack.blind = None
    clock.pass_by(59 * SECOND)
    assert step() is None
    clock.pass_by(SECOND)
    assert step().outcome == "found"


def test_a_closed_channel_is_closed_with_the_reason_and_the_others_go_on(step, put, slack, outbox, caplog):
    row = put("C1")
    put("C1")
    put("C2")
    slack.faults = [ChannelClosedError("slack.channel", error="is_archived")]
    assert step().outcome == "refused"
    assert outbox.shut == {row.place: "slack.channel error=is_archived"}
    assert step().claim.place.channel == "C2"
    assert step() is None
    assert "is_archived" in caplog.text


def test_a_refused_message_does_not_close_its_channel(step, put, slack, outbox, clock):
    row = put()
    put()
    slack.faults = [DeliveryRefusedError("slack.message", error="thread_not_found")]
    assert step().outcome == "refused"
    assert row.error == "slack.message error=thread_not_found"
    assert step().outcome == "posted"


def test_a_message_slack_cannot_read_is_sent_as_its_words_alone_and_reported(step, put, slack, caplog):
    put(words="all of it")
    slack.faults = [PayloadRefusedError("slack.payload", error="invalid_blocks")]
    assert step().outcome == "posted"
    assert [(claim.content.text, claim.content.blocks) for claim in slack.posted] == [("all of it", ())]
    assert [record.levelname for record in caplog.records if "plain text" in record.message] == ["ERROR"]


def test_words_that_slack_cannot_read_either_are_refused_after_one_fallback(step, put, slack):
    row = put()
    bad = PayloadRefusedError("slack.payload", error="no_text")
    slack.faults = [bad, bad]
    assert step().outcome == "refused"
    assert row.state == "refused"
    assert slack.faults == []


def test_a_fallback_whose_answer_was_lost_is_found_under_the_same_key(step, put, slack, clock):
    put()
    slack.faults = [PayloadRefusedError("slack.payload"), "lost"]
    assert step().outcome == "unknown"
    clock.pass_by(PACE.settling)
    assert step().outcome == "found"


def test_a_claim_that_wakes_late_is_given_back_unsent(step, put, slack, clock, outbox):
    row = put()
    claim = outbox.claim_next

    def slowly(owner, now, lease_until):
        taken = claim(owner, now, lease_until)
        clock.pass_by(PACE.lease - PACE.call_timeout + SECOND)
        return taken

    outbox.claim_next = slowly
    assert step().outcome == "late"
    assert (row.state, slack.posted) == ("pending", [])
    outbox.claim_next = claim
    assert step().outcome == "posted"


def test_a_slow_look_is_given_back_still_unknown(step, put, slack, clock):
    row = put()
    slack.faults = [DeliveryUnknownError("slack.unclear")]
    step()
    clock.pass_by(PACE.settling)
    find = slack.find

    def slowly(claim):
        clock.pass_by(PACE.lease - PACE.call_timeout + SECOND)
        return find(claim)

    slack.find = slowly
    assert step().outcome == "late"
    assert (row.state, slack.posted) == ("unknown", [])


def test_a_fallback_is_not_sent_on_a_lease_that_is_nearly_over(step, put, slack, clock):
    row = put()
    slack.faults = [PayloadRefusedError("slack.payload")]
    slack.before_post = lambda claim: clock.pass_by(PACE.call_timeout - SECOND)
    assert step().outcome == "late"
    assert (row.state, slack.posted) == ("pending", [])


def test_a_confirmation_that_the_store_refuses_is_looked_for_later(put, slack, clock, outbox):
    row = put()
    confirm = outbox.confirm

    def full(*arguments):
        raise StoreUnavailableError("store.full")

    outbox.confirm = full
    with pytest.raises(StoreUnavailableError):
        send_next(outbox, slack, "me", clock, PACE)
    outbox.confirm = confirm
    clock.pass_by(PACE.lease)
    assert send_next(outbox, slack, "me", clock, PACE).outcome == "found"
    assert (row.state, len(slack.posted)) == ("posted", 1)


def test_a_pace_is_divided_as_a_whole():
    fast = PACE.scaled(2)
    assert (fast.gap, fast.lease, fast.retry) == (PACE.gap / 2, PACE.lease / 2, PACE.retry / 2)
    assert PACE.lease == timedelta(seconds=18)


@pytest.mark.parametrize("pace", [PACE, Pace(call_timeout=SECOND / 2)], ids=["as it is", "a short call"])
def test_however_fast_a_call_has_the_time_a_busy_machine_needs(pace):
    fast = pace.scaled(1000)
    assert fast.call_timeout == min(pace.call_timeout, 2 * SECOND)
    assert fast.lease - fast.needed == SECOND
    assert fast.gap == SECOND / 1000


def test_what_is_sent_has_settled_before_anybody_else_may_look(put, slack, clock, outbox):
    """The last moment at which a call may begin, and one that takes all its time."""
    put()
    begun = []

    def lasts(claim):
        begun.append(claim.lease_until - clock())
        clock.pass_by(PACE.call_timeout)

    slack.before_post = lasts
    claim = outbox.claim_next

    for waited in (PACE.margin, PACE.margin + SECOND / 1000):

        def slowly(owner, now, lease_until, waited=waited):
            taken = claim(owner, now, lease_until)
            clock.pass_by(waited)
            return taken

        outbox.claim_next = slowly
        send_next(outbox, slack, "me", clock, PACE)
        put()
        clock.pass_by(SECOND)
    assert begun == [PACE.call_timeout + PACE.settling]


@pytest.fixture
def senders(outbox, slack, clock):
    with ThreadPoolExecutor(8) as pool:
        yield Senders(outbox, slack, "me", clock, PACE, pool, 3)


def test_the_senders_send_all_that_may_go_now(senders, put, slack):
    for number in range(20):
        put(f"C{number}")
    senders.wake()
    assert senders.wait_idle(10)
    assert sorted(claim.place.channel for claim in slack.posted) == sorted(f"C{number}" for number in range(20))


def test_one_slow_channel_delays_no_other(senders, put, slack, clock):
    go_on, others = threading.Event(), threading.Semaphore(0)

    def hold(claim):
        if claim.place.channel == "slow":
            assert go_on.wait(10)
        else:
            others.release()

    slack.before_post = hold
    for channel in ("slow", "C2", "C3", "slow", "C2"):
        put(channel)
    senders.wake()
    for _ in range(2):
        assert others.acquire(timeout=10)
    # Its second message waits for the first, not for its turn; C2's own turn comes while "slow" is still held.
    done = threading.Event()
    while not done.is_set():
        clock.pass_by(SECOND)
        senders.wake()
        if others.acquire(timeout=0.05):
            done.set()
    assert not any(claim.place.channel == "slow" for claim in slack.posted)
    go_on.set()
    assert senders.wait_idle(10)
    assert [claim.place.channel for claim in slack.posted].count("slow") == 1


def test_waking_the_senders_returns_while_slack_is_slow(senders, put, slack):
    go_on, held = threading.Event(), threading.Event()

    def hold(claim):
        held.set()
        assert go_on.wait(10)

    slack.before_post = hold
    put()
    senders.wake()
    assert held.wait(10)
    assert not senders.wait_idle(0)
    go_on.set()
    assert senders.wait_idle(10)


def test_never_more_threads_than_allowed_ask_slack(senders, put, slack):
    lock, three_are_there, now, most = threading.Lock(), threading.Barrier(3), 0, 0

    def meet(claim):
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        senders.wake()
        three_are_there.wait(10)  # more than three would meet here too, in two rounds at once
        with lock:
            now -= 1

    slack.before_post = meet
    for number in range(30):
        put(f"C{number}")
    for _ in range(10):
        senders.wake()
    assert senders.wait_idle(20)
    assert len(slack.posted) == 30
    assert most == 3


def test_a_fault_of_ours_is_reported_and_sending_goes_on(senders, put, slack, caplog):
    put("C1")
    put("C2")
    slack.faults = [KeyError("a bug")]
    senders.wake()
    assert senders.wait_idle(10)
    senders.wake()
    assert senders.wait_idle(10)
    assert len(slack.posted) == 1
    assert "sending failed" in caplog.text


def test_a_database_that_is_full_is_said_in_one_line(senders, outbox, caplog):
    def full(*arguments):
        raise StoreUnavailableError("store.full")

    outbox.claim_next = full
    for _ in range(3):
        senders.wake()
        assert senders.wait_idle(10)
    assert caplog.text.count("store.full") == 1
    assert not any(record.exc_info for record in caplog.records)


def test_stopped_senders_begin_nothing(senders, put, slack):
    put()
    senders.stop()
    senders.wake()
    assert senders.wait_idle(10)
    assert slack.posted == []


def test_waking_after_the_pool_is_shut_down_is_harmless(outbox, slack, clock, put):
    pool = ThreadPoolExecutor(1)
    late = Senders(outbox, slack, "me", clock, PACE, pool, 1)
    pool.shutdown()
    put()
    late.wake()
    assert late.wait_idle(0)
    assert slack.posted == []
