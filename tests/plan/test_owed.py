from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.digest.model import Entry, StoredDigest, StoredEntry
from bot.plan.owed import OpenDay, choose_layout, empty_day, is_silent, owed, split_missed, wanted
from bot.plan.subscription import EVERY_DAY, Subscription
from bot.search.grammar import Query
from bot.search.tree import Tag

FRIDAY = date(2024, 4, 12)
SUB = Subscription(1, "T1", "C1", "vault", at=time(9), since=FRIDAY)
HOUR, ONE_DAY = timedelta(hours=1), timedelta(days=1)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2024, 4, day, hour, minute, tzinfo=UTC)


def new(day: int, ready_at: datetime | None = None) -> OpenDay:
    ready_at = ready_at or at(day, 7)
    return OpenDay(date(2024, 4, day), ready_at, ready_at, is_new=True)


def changed(day: int, settled_at: datetime) -> OpenDay:
    return OpenDay(date(2024, 4, day), at(day, 7), settled_at, is_new=False)


READY = [new(12), new(13), new(14)]


def test_a_day_is_owed_from_its_hour_on():
    assert owed(SUB, READY, at(12, 8)) == []
    assert owed(SUB, READY, at(12, 9)) == READY[:1]


def test_missed_days_are_owed_oldest_first():
    assert owed(SUB, READY[::-1], at(20, 0)) == READY


def test_days_before_the_subscription_are_not_owed():
    assert owed(replace(SUB, since=date(2024, 4, 14)), READY, at(20, 0)) == READY[2:]


def test_a_subscription_without_a_beginning_is_owed_nothing():
    assert owed(replace(SUB, since=None), READY, at(20, 0)) == []


def test_the_digests_own_date_plays_no_part_in_when_it_comes():
    late = new(1, ready_at=at(12, 7))
    sub = replace(SUB, since=late.day)
    assert owed(sub, [late], at(12, 8)) == []
    assert owed(sub, [late], at(12, 9)) == [late]


def test_what_changed_is_shown_as_on_arrival_whatever_the_hour():
    edit = changed(12, settled_at=at(12, 14))
    assert owed(SUB, [edit], at(12, 13, 59)) == []
    assert owed(SUB, [edit], at(12, 14)) == [edit]


def test_what_changed_waits_for_the_end_of_the_quiet_hours():
    edit = changed(12, settled_at=at(12, 23))
    sub = replace(SUB, quiet=(time(22), time(7)))
    assert owed(sub, [edit], at(13, 6, 59)) == []
    assert owed(sub, [edit], at(13, 7)) == [edit]


MOMENTS = st.timedeltas(timedelta(), timedelta(days=26)).map(lambda later: datetime(2024, 3, 25, tzinfo=UTC) + later)
HOURS = st.sampled_from([time(0), time(2, 30), time(9), time(23, 45)])


@st.composite
def subscriptions(draw: st.DrawFn) -> Subscription:
    return replace(
        SUB,
        at=draw(st.none() | HOURS),
        days=draw(st.frozensets(st.integers(0, 6), min_size=1)),
        zone=draw(st.sampled_from(["UTC", "Europe/Berlin", "Asia/Seoul", "America/New_York"])),
        since=draw(st.dates(date(2024, 3, 25), date(2024, 4, 5))),
        quiet=draw(st.sampled_from([None, (time(22), time(7)), (time(12), time(13))])),
    )


@st.composite
def open_days(draw: st.DrawFn) -> list[OpenDay]:
    days = draw(st.lists(st.dates(date(2024, 3, 25), date(2024, 4, 12)), unique=True, max_size=6))
    moments = ((day, draw(MOMENTS), draw(st.timedeltas(timedelta(), timedelta(days=3)))) for day in days)
    return [OpenDay(day, ready, ready + later, is_new=draw(st.booleans())) for day, ready, later in moments]


@given(subscriptions(), open_days(), MOMENTS, st.timedeltas(timedelta(), timedelta(days=3)))
def test_what_is_owed_stays_owed_until_it_is_considered(sub, days, now, later):
    assert set(owed(sub, days, now)) <= set(owed(sub, days, now + later))


@given(subscriptions(), open_days(), MOMENTS, st.timedeltas(timedelta(), timedelta(hours=1)))
def test_what_has_been_considered_is_not_owed_again_at_a_second_tick_nor_when_the_clock_jumps_back(
    sub, days, now, back
):
    done = owed(sub, days, now)
    left = [one for one in days if one not in done]
    assert owed(sub, left, now) == []
    assert owed(sub, left, now - back) == []


@given(subscriptions(), open_days(), MOMENTS)
def test_what_is_owed_is_oldest_first_and_in_whichever_order_it_is_asked(sub, days, now):
    due = owed(sub, days, now)
    assert [one.day for one in due] == sorted(one.day for one in due)
    assert owed(sub, days[::-1], now) == due


# Catching up


def test_of_missed_days_the_newest_are_kept_and_the_older_passed_over():
    assert split_missed(READY, 2) == (READY[:1], READY[1:])
    assert split_missed(READY[::-1], 2) == (READY[:1], READY[1:])
    assert split_missed(READY, 3) == ([], READY)
    assert split_missed([], 5) == ([], [])


def test_a_day_that_changed_was_not_missed():
    edit = changed(11, settled_at=at(12, 14))
    assert split_missed([edit, *READY], 2) == (READY[:1], [edit, *READY[1:]])


@given(open_days(), st.integers(1, 4))
def test_every_missed_day_is_either_passed_over_or_kept(days, most):
    passed_over, kept = split_missed(days, most)
    assert sorted([*passed_over, *kept], key=lambda one: one.day) == sorted(days, key=lambda one: one.day)
    assert all(one.is_new for one in passed_over)
    assert sum(one.is_new for one in kept) == min(most, sum(one.is_new for one in days))


# A weekday without a digest

TELLING = replace(SUB, say_when_empty=True, since=date(2024, 4, 1), created_at=at(1, 12))
THURSDAYS = {date(2024, 4, 11): at(11, 7)}


def test_a_weekday_whose_hour_has_come_without_a_digest_is_empty():
    assert empty_day(TELLING, THURSDAYS, at(12, 9, 1)) == FRIDAY
    assert empty_day(TELLING, {}, at(12, 9, 1)) == FRIDAY


@pytest.mark.parametrize(
    "now",
    [
        pytest.param(at(12, 8, 59), id="before its hour"),
        pytest.param(at(12, 9, 0), id="while a digest that was ready in time may come to be known"),
        pytest.param(at(12, 10, 0), id="an hour late"),
    ],
)
def test_it_is_empty_only_in_the_hour_after_its_own(now):
    assert empty_day(TELLING, THURSDAYS, now) is None


@pytest.mark.parametrize(
    "ready_at",
    [
        pytest.param(at(11, 9, 1), id="since the fire before"),
        pytest.param(at(12, 9, 0), id="at its hour"),
        pytest.param(at(12, 9, 2), id="for the next fire"),
    ],
)
def test_a_day_is_not_empty_where_something_is_ready(ready_at):
    assert empty_day(TELLING, {date(2024, 4, 2): ready_at}, at(12, 9, 3)) is None


def test_what_the_fire_before_brought_does_not_fill_a_day():
    assert empty_day(TELLING, {date(2024, 4, 11): at(11, 9)}, at(12, 9, 3)) == FRIDAY


def test_saturday_and_sunday_are_never_empty_and_what_they_brought_fills_monday():
    assert empty_day(TELLING, {}, at(13, 9, 3)) is None
    assert empty_day(TELLING, {}, at(14, 9, 3)) is None
    weekdays = replace(TELLING, days=frozenset(range(5)))
    assert empty_day(weekdays, {date(2024, 4, 13): at(13, 7)}, at(15, 9, 3)) is None
    assert empty_day(weekdays, {}, at(15, 9, 3)) == date(2024, 4, 15)


@pytest.mark.parametrize(
    "sub",
    [
        pytest.param(replace(TELLING, say_when_empty=False), id="that does not want to be told"),
        pytest.param(replace(TELLING, at=None), id="without an hour"),
        pytest.param(replace(TELLING, since=None), id="whose source is not read yet"),
        pytest.param(replace(TELLING, created_at=at(12, 9)), id="that was not there yet"),
        pytest.param(replace(TELLING, days=EVERY_DAY - {4}), id="that has no fire that day"),
    ],
)
def test_nothing_is_empty_for_a_subscription(sub):
    assert empty_day(sub, THURSDAYS, at(12, 9, 3)) is None


def test_the_empty_date_is_the_zones_own():
    seoul = replace(TELLING, zone="Asia/Seoul")
    assert empty_day(seoul, {}, at(12, 0, 5)) == FRIDAY
    assert empty_day(replace(seoul, at=time(0, 30)), {}, at(11, 15, 35)) == FRIDAY


# A source that has fallen silent


def every(gap: timedelta, count: int = 10) -> dict[date, datetime]:
    moments = [at(12, 7) - n * gap for n in range(count)]
    return {moment.date(): moment for moment in moments}


def test_a_source_is_silent_beyond_its_own_rhythm():
    assert not is_silent(every(7 * ONE_DAY), at(12, 7) + 10.5 * ONE_DAY)
    assert is_silent(every(7 * ONE_DAY), at(12, 7) + 10.5 * ONE_DAY + HOUR)


def test_two_days_are_never_a_silence():
    assert not is_silent(every(ONE_DAY), at(14, 7))
    assert is_silent(every(ONE_DAY), at(14, 8))


def test_one_long_pause_is_remembered_for_thirty_gaps():
    holiday = {date(2024, 1, 1): datetime(2024, 1, 1, 7, tzinfo=UTC)}
    with_it, long_ago = {**holiday, **every(ONE_DAY, 30)}, {**holiday, **every(ONE_DAY, 31)}
    assert not is_silent(with_it, at(20, 7))
    assert is_silent(long_ago, at(20, 7))


def test_an_archive_that_was_read_at_once_has_the_rhythm_of_its_dates():
    archive = dict.fromkeys(every(7 * ONE_DAY), at(12, 7))
    assert not is_silent(archive, at(19, 7))
    assert is_silent(archive, at(23, 7))


def test_days_that_are_written_a_week_at_a_time_come_a_week_at_a_time():
    by_week = {FRIDAY - n * ONE_DAY: at(12, 7) - n // 7 * 7 * ONE_DAY for n in range(21)}
    assert not is_silent(by_week, at(19, 7))
    assert is_silent(by_week, at(23, 7))


def test_a_source_of_four_days_has_no_rhythm_yet():
    assert not is_silent(every(ONE_DAY, 4), at(30, 7))
    assert is_silent(every(ONE_DAY, 5), at(30, 7))
    assert not is_silent({}, at(30, 7))


def paper(number: int, *tags: str, withdrawn: bool = False) -> StoredEntry:
    return StoredEntry(number, f"k{number}", "vault", FRIDAY, number, Entry(f"Paper {number}", tags=tags), withdrawn)


DAY = StoredDigest(
    "vault", FRIDAY, "", (paper(0, "moe"), paper(1, "llm"), paper(2, "moe"), paper(3, "moe", withdrawn=True))
)


def test_an_empty_query_wants_every_paper_that_is_not_withdrawn():
    assert [entry.id for entry in wanted(DAY, Query(None))] == [0, 1, 2]


def test_a_query_wants_what_matches_in_the_curators_order():
    assert [entry.id for entry in wanted(DAY, Query(Tag("moe")))] == [0, 2]


@pytest.mark.parametrize(
    ("chosen", "count", "layout"),
    [
        pytest.param(None, 15, "papers", id="as many as suit"),
        pytest.param(None, 16, "list", id="one more"),
        pytest.param("papers", 47, "papers", id="its own wins"),
        pytest.param("brief", 1, "brief", id="its own wins on a small day"),
    ],
)
def test_chooses_a_layout(chosen, count, layout):
    assert choose_layout(chosen, count) == layout


def test_a_limit_of_nought_papers_is_no_limit():
    assert choose_layout(None, 47, papers_up_to=0) == "papers"
