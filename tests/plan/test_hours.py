from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.plan.hours import (
    fires_back,
    is_quiet,
    next_arrival,
    next_fire,
    next_time,
    parse_at,
    parse_days,
    parse_quiet,
    quiet_until,
)
from bot.plan.subscription import EVERY_DAY, Subscription

WEEKDAYS = frozenset(range(5))
ZONES = sorted(available_timezones())


NIGHT = (time(22), time(7))


def standing(
    at: time | None,
    zone: str = "UTC",
    days: frozenset[int] = EVERY_DAY,
    quiet: tuple[time, time] | None = None,
) -> Subscription:
    return Subscription(1, "T1", "C1", "vault", at=at, zone=zone, days=days, quiet=quiet)


def local(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("zone", "at", "ready", "fires"),
    [
        pytest.param("Asia/Seoul", time(9), "2024-04-12T08:59", "2024-04-12T09:00", id="the same morning"),
        pytest.param("Asia/Seoul", time(9), "2024-04-12T09:00", "2024-04-12T09:00", id="ready at the very minute"),
        pytest.param("Asia/Seoul", time(9), "2024-04-12T09:01", "2024-04-13T09:00", id="a minute late is tomorrow"),
        pytest.param("Asia/Seoul", time(0), "2024-12-31T23:59", "2025-01-01T00:00", id="midnight, over the year"),
    ],
)
def test_an_hour_fires_at_its_first_time_at_or_after_ready(zone, at, ready, fires):
    assert next_fire(standing(at, zone), local(ready, zone)) == local(fires, zone)


def test_a_saturday_digest_of_a_weekday_subscription_comes_on_monday():
    sub = standing(time(9), "Asia/Seoul", WEEKDAYS)
    assert next_fire(sub, local("2024-04-13T07:00", "Asia/Seoul")) == local("2024-04-15T09:00", "Asia/Seoul")


def test_the_weekday_is_the_zones_own():
    sub = standing(time(9), "Asia/Seoul", frozenset({0}))
    sunday_evening_in_utc = datetime(2024, 4, 14, 23, 0, tzinfo=UTC)  # Monday 08:00 in Seoul
    assert next_fire(sub, sunday_evening_in_utc) == datetime(2024, 4, 15, 0, 0, tzinfo=UTC)


def test_on_arrival_fires_at_once():
    ready = datetime(2024, 4, 13, 3, 7, 11, tzinfo=UTC)
    assert next_fire(standing(None, "Asia/Seoul"), ready) == ready


def test_on_arrival_on_a_day_that_is_not_wanted_waits_for_the_next_that_is():
    sub = standing(None, "Asia/Seoul", WEEKDAYS)
    assert next_fire(sub, local("2024-04-13T07:00", "Asia/Seoul")) == local("2024-04-15T00:00", "Asia/Seoul")


@pytest.mark.parametrize(
    ("zone", "at", "day", "fires"),
    [
        pytest.param("Europe/Berlin", time(2, 30), "2024-03-31", "2024-03-31T03:00", id="an hour"),
        pytest.param("Australia/Lord_Howe", time(2, 10), "2024-10-06", "2024-10-06T02:30", id="half an hour"),
        pytest.param("Asia/Beirut", time(0, 0), "2024-03-31", "2024-03-31T01:00", id="midnight itself"),
        pytest.param("America/Scoresbysund", time(23, 30), "2025-03-29", "2025-03-30T00:00", id="over midnight"),
    ],
)
def test_a_skipped_hour_fires_at_the_next_minute_that_exists(zone, at, day, fires):
    ready = local(f"{day}T12:00", zone) - timedelta(hours=13)
    sub = standing(at, zone, frozenset({date.fromisoformat(day).weekday()}))
    assert next_fire(sub, ready) == local(fires, zone)
    assert next_fire(sub, local(fires, zone)) == local(fires, zone)
    assert next_fire(sub, local(fires, zone) + timedelta(minutes=1)) > local(fires, zone) + timedelta(days=6)


def test_a_doubled_hour_fires_only_the_first_time():
    sub = standing(time(2, 30), "Europe/Berlin")
    first = datetime(2024, 10, 27, 0, 30, tzinfo=UTC)
    assert next_fire(sub, first - timedelta(minutes=10)) == first
    between_the_two = first + timedelta(minutes=30)
    assert next_fire(sub, between_the_two) == datetime(2024, 10, 28, 1, 30, tzinfo=UTC)


def test_a_date_that_never_was_fires_not_at_all():
    sub = standing(time(9), "Pacific/Apia")
    thursday = local("2011-12-29T10:00", "Pacific/Apia")
    assert next_fire(sub, thursday) == local("2011-12-31T09:00", "Pacific/Apia")


def test_a_subscription_without_a_weekday_is_refused_rather_than_searched_for_ever():
    with pytest.raises(ValueError, match="no day of the week"):
        next_fire(standing(time(9), days=frozenset()), datetime(2024, 4, 12, tzinfo=UTC))


# Quiet hours


@pytest.mark.parametrize(
    ("ready", "comes"),
    [
        pytest.param("2024-04-12T21:59", "2024-04-12T21:59", id="before they begin"),
        pytest.param("2024-04-12T22:00", "2024-04-13T07:00", id="as they begin"),
        pytest.param("2024-04-13T03:10", "2024-04-13T07:00", id="after midnight"),
        pytest.param("2024-04-13T07:00", "2024-04-13T07:00", id="as they end"),
    ],
)
def test_what_arrives_in_quiet_hours_comes_at_their_end(ready, comes):
    sub = standing(None, "Asia/Seoul", quiet=NIGHT)
    assert next_fire(sub, local(ready, "Asia/Seoul")) == local(comes, "Asia/Seoul")


def test_on_arrival_the_weekday_counts_at_the_end_of_the_quiet_hours():
    sub = standing(None, "Asia/Seoul", WEEKDAYS, NIGHT)
    friday_night, monday = local("2024-04-12T23:00", "Asia/Seoul"), local("2024-04-15T07:00", "Asia/Seoul")
    assert next_fire(sub, friday_night) == monday
    assert next_fire(sub, local("2024-04-14T23:00", "Asia/Seoul")) == monday, "Sunday night is Monday morning"


def test_an_hour_inside_the_quiet_hours_stands_for_their_end():
    friday = frozenset({4})
    assert next_fire(standing(time(6), quiet=NIGHT), local("2024-04-12T05:00", "UTC")) == local(
        "2024-04-12T07:00", "UTC"
    )
    late = standing(time(23), days=friday, quiet=NIGHT)
    assert next_fire(late, local("2024-04-12T05:00", "UTC")) == local("2024-04-12T07:00", "UTC")
    assert next_fire(late, local("2024-04-12T08:00", "UTC")) == local("2024-04-19T07:00", "UTC")


def test_an_hour_that_is_skipped_into_the_quiet_hours_comes_at_their_end():
    sub = standing(time(2, 30), "Europe/Berlin", quiet=(time(2, 45), time(6)))
    assert next_fire(sub, local("2024-03-31T01:00", "Europe/Berlin")) == local("2024-03-31T06:00", "Europe/Berlin")


@pytest.mark.parametrize(
    ("ready", "ends"),
    [
        pytest.param(datetime(2024, 3, 31, 0, 10, tzinfo=UTC), datetime(2024, 3, 31, 1, tzinfo=UTC), id="skipped"),
        pytest.param(datetime(2024, 10, 26, 22, tzinfo=UTC), datetime(2024, 10, 27, 0, 30, tzinfo=UTC), id="the first"),
        pytest.param(datetime(2024, 10, 27, 0, 40, tzinfo=UTC), None, id="between the two"),
        pytest.param(
            datetime(2024, 10, 27, 1, 10, tzinfo=UTC), datetime(2024, 10, 27, 1, 30, tzinfo=UTC), id="the clock says so"
        ),
    ],
)
def test_quiet_hours_whose_end_is_skipped_or_doubled_end_once_the_clock_has_shown_it(ready, ends):
    sub = standing(None, "Europe/Berlin", quiet=(time(22), time(2, 30)))
    assert quiet_until(sub, ready) == ends
    assert next_fire(sub, ready) == (ends or ready)


def test_quiet_hours_that_have_begun_do_not_stop_when_clocks_go_back_before_them():
    sub = standing(None, "Europe/Berlin", quiet=(time(2, 30), time(7)))
    second_ten_past_two = datetime(2024, 10, 27, 1, 10, tzinfo=UTC)
    assert next_fire(sub, second_ten_past_two) == datetime(2024, 10, 27, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "ready", "comes"),
    [
        pytest.param(EVERY_DAY, "2024-03-30T12:00", "2024-04-01T02:00", id="any day"),
        pytest.param(frozenset({6}), "2024-03-29T02:30", "2024-04-07T02:00", id="Sundays only"),
    ],
)
def test_where_the_only_hour_that_is_not_quiet_is_skipped_it_is_the_next_dates(days, ready, comes):
    sub = standing(None, "Europe/Berlin", days, quiet=(time(3), time(2)))
    assert next_fire(sub, local(ready, "Europe/Berlin")) == local(comes, "Europe/Berlin")


def test_outside_quiet_hours_and_without_any_nothing_holds():
    noon = local("2024-04-12T12:00", "Asia/Seoul")
    assert quiet_until(standing(time(9), "Asia/Seoul", quiet=NIGHT), noon) is None
    assert quiet_until(standing(time(9), "Asia/Seoul"), local("2024-04-12T23:00", "Asia/Seoul")) is None


@pytest.mark.parametrize(
    ("quiet", "inside", "outside"),
    [
        pytest.param(NIGHT, ["22:00", "23:59", "00:00", "06:59"], ["07:00", "12:00", "21:59"], id="over midnight"),
        pytest.param((time(12), time(13)), ["12:00", "12:59"], ["11:59", "13:00", "00:00"], id="a lunch"),
        pytest.param((time(22), time(0)), ["22:00", "23:59"], ["00:00", "21:59"], id="until midnight"),
    ],
)
def test_quiet_hours_begin_with_their_start_and_end_before_their_end(quiet, inside, outside):
    assert [at for at in inside + outside if is_quiet(quiet, time.fromisoformat(at))] == inside


def test_a_change_is_shown_as_on_arrival_whatever_the_hour():
    sub = standing(time(9), "Asia/Seoul", WEEKDAYS, NIGHT)
    noon = local("2024-04-12T12:00", "Asia/Seoul")
    assert next_arrival(sub, noon) == noon
    assert next_arrival(sub, local("2024-04-12T23:00", "Asia/Seoul")) == local("2024-04-15T07:00", "Asia/Seoul")


# Every zone

DAY, STEP, MINUTE = timedelta(days=1), timedelta(minutes=15), timedelta(minutes=1)
TEN_YEARS = [datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(3654)]
ODD_DAYS = frozenset({0, 2, 3, 5, 6})


def changes(zone: str) -> list[datetime]:
    """The first minute after each change of a zone's clocks from 2020 to 2029."""
    place = ZoneInfo(zone)
    offsets = [midnight.astimezone(place).utcoffset() for midnight in TEN_YEARS]
    found = []
    for n in range(3653):
        if offsets[n] != offsets[n + 1]:
            minutes = [TEN_YEARS[n] + m * MINUTE for m in range(1441)]
            m = bisect_left(minutes, True, key=lambda minute: minute.astimezone(place).utcoffset() != offsets[n])
            found.append(minutes[m])
    return found


class Clock:
    """What a zone's clocks show around a moment, each quarter of an hour, and each minute around the moment itself.

    It is the judge, which knows no rules.
    """

    def __init__(self, zone: str, moment: datetime) -> None:
        place, start = ZoneInfo(zone), datetime.combine(moment.date() - 4 * DAY, time(), UTC)
        near = {moment + n * MINUTE for n in range(-16, 17)}
        self.moments = sorted(near | {start + n * STEP for n in range(9 * 96)})
        self.shown = [moment.astimezone(place).replace(tzinfo=None) for moment in self.moments]
        now = self.moments.index(moment)
        self.before, self.after = self.shown[now - 1] + MINUTE, self.shown[now]

    def day(self) -> date:
        return self.after.date()

    def hours(self) -> list[time]:
        """Hours in and around what is skipped or doubled, on the quarter."""
        around = (self.before - STEP, self.before, self.before + STEP, self.after, self.after + STEP)
        return [time(at.hour, at.minute // 15 * 15) for at in around]

    def fire(self, day: date, at: time, quiet: tuple[time, time] | None) -> datetime:
        """The first moment at which the clocks show the hour or later, and then the first that is not quiet."""
        if quiet is not None and is_quiet(quiet, at):
            at = quiet[1]
        n = bisect_left(self.moments, datetime.combine(day, at, UTC) - 16 * 4 * STEP)
        while self.shown[n] < datetime.combine(day, at) or (
            quiet is not None and is_quiet(quiet, self.shown[n].time())
        ):
            n += 1
        return self.moments[n]


def fires_between(sub: Subscription, start: datetime, end: datetime) -> list[datetime]:
    fires = [next_fire(sub, start)]
    while fires[-1] < end:
        fires.append(next_fire(sub, fires[-1] + timedelta(microseconds=1)))
    return fires[:-1]


def test_in_every_zone_each_allowed_date_of_ten_years_fires_once_at_its_hour_and_never_in_quiet_hours():
    """The whole tz database. Covered are the five dates around every change of clocks from 2020 to 2029, and around
    both ends of these years, which stand for the dates between, where every day is 24 hours long. At each the hours in
    and around what is skipped or doubled, and nine; quiet hours and weekdays take turns with them. Zones whose clocks
    show the same around a change are tried under one name.
    """
    turn, tried = 0, set()
    for zone in ZONES:
        for moment in (TEN_YEARS[59], *changes(zone), TEN_YEARS[-2]):
            shown = (
                moment,
                *((moment + n * DAY - MINUTE).astimezone(ZoneInfo(zone)).utcoffset() for n in range(-4, 6)),
            )
            if shown in tried:
                continue
            tried.add(shown)
            clock = Clock(zone, moment)
            dates = [clock.day() + n * DAY for n in range(-2, 3)]
            begin, end = (clock.fire(day, time(), None) for day in (dates[0], dates[-1] + DAY))
            hours = clock.hours()
            quiets = (None, (hours[0], hours[2]), (hours[1], time((hours[1].hour + 5) % 24)), NIGHT)
            for at in sorted({*hours, time(9)}):
                turn += 1
                quiet, days = quiets[turn % 4], (EVERY_DAY, ODD_DAYS)[turn % 2]
                fires = fires_between(standing(at, zone, days, quiet), begin, end)
                told = f"{zone} {moment} at {at} quiet {quiet} on {set(days)}"
                assert fires == [clock.fire(day, at, quiet) for day in dates if day.weekday() in days], told
                assert fires == sorted(set(fires)), told


@st.composite
def changes_of_the_clocks(draw: st.DrawFn) -> tuple[str, time, datetime]:
    """A zone, an hour at which clocks are changed, and a moment in the days before a change where the zone has any."""
    zone = draw(st.sampled_from(ZONES))
    offsets = [day.astimezone(ZoneInfo(zone)).utcoffset() for day in TEN_YEARS]
    changes = [TEN_YEARS[n] for n in range(1, len(offsets)) if offsets[n] != offsets[n - 1]]
    hour = draw(st.sampled_from([0, 1, 2, 3, 22, 23]))
    start = draw(st.sampled_from(changes or TEN_YEARS)) - timedelta(minutes=draw(st.integers(0, 3 * 1440)))
    return zone, time(hour, draw(st.sampled_from([0, 15, 30, 59]))), start


@settings(max_examples=250)
@given(changes_of_the_clocks(), st.frozensets(st.integers(0, 6), min_size=1))
def test_in_every_zone_each_allowed_date_fires_exactly_once_and_in_order(change, days):
    zone, at, start = change
    sub, place = standing(at, zone, days), ZoneInfo(zone)
    fired, moment = [], start
    for _ in range(8):
        fired.append(next_fire(sub, moment))
        moment = fired[-1] + timedelta(microseconds=1)
    assert fired == sorted(set(fired))
    dates = []
    for fire in fired:
        read = fire.astimezone(place)
        assert read.fold == 0
        day = read.date()
        if read.time() != at:  # the first minute after clocks went forward over ``at``, and nowhere else
            before = (fire - timedelta(minutes=1)).astimezone(place)
            day = day if read.time() > at else before.date()
            meant = datetime.combine(day, at)
            assert before.replace(tzinfo=None) < meant < read.replace(tzinfo=None)
        dates.append(day)
    between = [dates[0] + timedelta(days=n) for n in range((dates[-1] - dates[0]).days + 1)]
    assert dates == [day for day in between if day.weekday() in days]


QUARTERS = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))
QUIET = st.tuples(QUARTERS, QUARTERS).filter(lambda hours: hours[0] != hours[1])


@settings(max_examples=150)
@given(changes_of_the_clocks(), st.timedeltas(timedelta(), timedelta(days=3)))
def test_what_is_ready_later_never_fires_earlier(change, later):
    zone, at, ready = change
    sub = standing(at, zone)
    assert ready <= next_fire(sub, ready) <= next_fire(sub, ready + later)
    assert next_fire(sub, ready) - ready <= timedelta(days=1, hours=2)


@settings(max_examples=300)
@given(changes_of_the_clocks(), st.timedeltas(timedelta(), timedelta(days=2)), QUIET, st.booleans())
def test_with_quiet_hours_what_is_ready_later_never_fires_earlier_nor_inside_them(change, later, quiet, on_arrival):
    zone, at, ready = change
    sub = standing(None if on_arrival else at, zone, WEEKDAYS, quiet)
    fire = next_fire(sub, ready)
    assert ready <= fire <= next_fire(sub, ready + later)
    assert not is_quiet(quiet, fire.astimezone(ZoneInfo(zone)).time())
    assert fire.astimezone(ZoneInfo(zone)).weekday() in WEEKDAYS
    assert next_fire(sub, fire) == fire, "a fire is its own next"
    assert (quiet_until(sub, ready) or ready) <= fire


@settings(max_examples=200)
@given(changes_of_the_clocks(), st.none() | QUIET, st.frozensets(st.integers(0, 6), min_size=1))
def test_the_last_fire_is_the_one_that_no_other_comes_after(change, quiet, days):
    zone, at, now = change
    sub = standing(at, zone, days, quiet)
    _, last = next(fires_back(sub, now))
    assert last <= now
    assert next_fire(sub, last) == last
    assert next_fire(sub, last + timedelta(microseconds=1)) > now


def test_there_is_no_last_fire_on_arrival():
    assert list(fires_back(standing(None), datetime(2024, 4, 12, tzinfo=UTC))) == []


def test_the_time_to_show_is_the_next_hour_and_none_on_arrival():
    now = local("2024-04-12T10:00", "Asia/Seoul")
    assert next_time(standing(time(9), "Asia/Seoul"), now) == local("2024-04-13T09:00", "Asia/Seoul")
    assert next_time(standing(None, "Asia/Seoul"), now) is None


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ("09:00", time(9)),
        ("9:00", time(9)),
        ("23:59", time(23, 59)),
        ("9am", time(9)),
        ("12 AM", time(0)),
        ("12pm", time(12)),
        ("9:30 pm", time(21, 30)),
        ("9시", time(9)),
        ("오전 9시 30분", time(9, 30)),
        ("오후 12시", time(12)),
        ("On  Arrival", None),
        ("도착 즉시", None),
    ],
)
def test_reads_an_hour(typed, at):
    assert parse_at(typed) == at


@pytest.mark.parametrize("typed", ["", "9", "24:00", "13pm", "0am", "9:60", "9:5", "noonish", "09:00:00"])
def test_what_is_no_hour_is_answered_with_the_remedy(typed):
    with pytest.raises(ValueError, match="write it like '09:00'"):
        parse_at(typed)


@pytest.mark.parametrize(
    ("typed", "days"),
    [
        ("every day", EVERY_DAY),
        ("매일", EVERY_DAY),
        ("Weekdays", WEEKDAYS),
        ("주말", frozenset({5, 6})),
        ("mon", frozenset({0})),
        ("월", frozenset({0})),
        ("수요일, 금요일", frozenset({2, 4})),
        ("Mon Wed fri", frozenset({0, 2, 4})),
        (["mon", "금"], frozenset({0, 4})),
        (["weekdays", "sat"], frozenset(range(6))),
    ],
)
def test_reads_days_of_the_week(typed, days):
    assert parse_days(typed) == days


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("tuesdy", "did you mean 'tuesday'"),
        ("someday", "is not a day of the week"),
        ("", "no day of the week"),
        ([], "no day"),
    ],
)
def test_what_is_no_weekday_is_answered_with_the_remedy(typed, says):
    with pytest.raises(ValueError, match=f"{says}.*write 'every day'"):
        parse_days(typed)


@pytest.mark.parametrize(
    ("typed", "quiet"),
    [
        ("22:00-07:00", NIGHT),
        ("22:00 – 7:00", NIGHT),
        ("10pm to 7am", NIGHT),
        ("22시~7시", NIGHT),
        ("오후 10시부터 오전 7시까지", NIGHT),
        ("12:30-13:30", (time(12, 30), time(13, 30))),
        ("", None),
        ("  ", None),
    ],
)
def test_reads_quiet_hours(typed, quiet):
    assert parse_quiet(typed) == quiet


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("22:00", "are no quiet hours"),
        ("22-7", "are no quiet hours"),
        ("on arrival-07:00", "are no quiet hours"),
        ("22:00-07:00-08:00", "are no quiet hours"),
        ("22:00-24:00", "are no quiet hours"),
        ("07:00-7am", "end where they begin"),
    ],
)
def test_what_are_no_quiet_hours_is_answered_with_the_remedy(typed, says):
    with pytest.raises(ValueError, match=f"{says}: write .*like '22:00-07:00'"):
        parse_quiet(typed)
