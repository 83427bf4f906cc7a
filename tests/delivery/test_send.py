import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bot.delivery.outbox import Recent, Seen
from bot.delivery.pace import Pace
from bot.delivery.send import Senders
from bot.errors import (
    StoreUnavailableError,
)

PACE = Pace()
SECOND = timedelta(seconds=1)


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
    go_on, others, slow = threading.Event(), threading.Semaphore(0), []

    def hold(what, claim):
        if claim.place.channel == "slow":
            slow.append(claim)
            assert go_on.wait(10)
        else:
            others.release()

    slack.before = hold
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
    assert len(slow) == 1
    go_on.set()
    assert senders.wait_idle(10)
    assert len(slow) == 2, "its turn has come meanwhile"


def test_waking_the_senders_returns_while_slack_is_slow(senders, put, slack):
    go_on, held = threading.Event(), threading.Event()

    def hold(what, claim):
        held.set()
        assert go_on.wait(10)

    slack.before = hold
    put()
    senders.wake()
    assert held.wait(10)
    assert not senders.wait_idle(0)
    go_on.set()
    assert senders.wait_idle(10)


def test_never_more_threads_than_allowed_ask_slack(senders, put, slack):
    lock, three_are_there, now, most = threading.Lock(), threading.Barrier(3), 0, 0

    def meet(what, claim):
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        senders.wake()
        three_are_there.wait(10)  # more than three would meet here too, in two rounds at once
        with lock:
            now -= 1

    slack.before = meet
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


def test_the_senders_remember_what_they_read_of_a_channel(senders, put, slack, clock):
    slack.stands["C1", None] = Recent({"key2": Seen("7.0", "words")}, "7.0")
    put()
    row = put()
    for _ in range(2):
        senders.wake()
        assert senders.wait_idle(10)
        clock.pass_by(SECOND)
    assert slack.read == [("C1", None)]
    assert row.posted_ts == "7.0"


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
