from datetime import UTC, datetime, timedelta

import pytest

from bot.delivery.pace import Pace

PACE = Pace()
SECOND = timedelta(seconds=1)
NOON = datetime(2024, 4, 12, 12, tzinfo=UTC)


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


def test_each_further_try_waits_twice_as_long_up_to_what_a_person_needs():
    assert [PACE.after(tries) for tries in (1, 2, 3)] == [30 * SECOND, 60 * SECOND, 120 * SECOND]
    assert PACE.after(1000) == PACE.operator


def test_a_slack_whose_answers_keep_getting_lost_is_asked_less_and_less_often():
    assert [PACE.settled(tries) for tries in (0, 1, 2)] == [3 * SECOND, 3 * SECOND, 6 * SECOND]
    assert PACE.settled(1000) == PACE.operator


def test_a_channel_without_a_burst_has_a_message_a_gap_from_the_call_on():
    assert PACE.next_turn(NOON, None) == NOON + SECOND
    assert PACE.next_turn(NOON, NOON - SECOND) == NOON + SECOND


def test_a_quiet_channel_has_its_burst_at_once_and_then_the_pace():
    pace, turn_at, sent = Pace(burst=3), None, []
    now = NOON
    for _ in range(5):
        sent.append(now - NOON)
        turn_at = pace.next_turn(now, turn_at)
        now = max(now, turn_at)
    assert sent == [0 * SECOND, 0 * SECOND, 0 * SECOND, SECOND, 2 * SECOND]
