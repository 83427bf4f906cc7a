from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.plan.hours import next_fire, next_time, parse_at, parse_days
from bot.plan.subscription import EVERY_DAY, Subscription

WEEKDAYS = frozenset(range(5))
ZONES = sorted(available_timezones())


def standing(at: time | None, zone: str = "UTC", days: frozenset[int] = EVERY_DAY) -> Subscription:
    return Subscription(1, "T1", "C1", "vault", at=at, zone=zone, days=days)


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


TEN_YEARS = [datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(3653)]


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


@settings(max_examples=150)
@given(changes_of_the_clocks(), st.timedeltas(timedelta(), timedelta(days=3)))
def test_what_is_ready_later_never_fires_earlier(change, later):
    zone, at, ready = change
    sub = standing(at, zone)
    assert ready <= next_fire(sub, ready) <= next_fire(sub, ready + later)
    assert next_fire(sub, ready) - ready <= timedelta(days=1, hours=2)


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
