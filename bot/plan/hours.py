"""When a subscription fires, and how people write an hour, weekdays and quiet hours.

A fire belongs to a calendar date of the subscription's zone. Where that date skips the hour (clocks go forward) it
fires at the next minute that exists; where the date has the hour twice it fires at the first. Quiet hours are what the
clock on the wall says: nothing fires inside them, and what would have moves to their end.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from difflib import get_close_matches
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.plan.subscription import EVERY_DAY, Subscription

Quiet = tuple[time, time]
"""From when until when; the end may be on the next day."""

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_MIDNIGHT = time()


def is_zone(name: str) -> bool:
    """Whether this machine's time zone data know the zone; a database may come from a machine with other data."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def zone_of(name: str) -> tzinfo:
    """The zone, to show moments and days in; UTC where this machine does not know it."""
    return ZoneInfo(name) if is_zone(name) else UTC


def next_fire(sub: Subscription, ready_at: datetime) -> datetime:
    """The moment (UTC) from which a day that became ready at ``ready_at`` is owed.

    On arrival that is ``ready_at`` itself, or, in quiet hours, their end; where its weekday is not one of the
    subscription's, the first such moment of the next one that is. An hour gives its first fire at or after
    ``ready_at``; one that lies inside the quiet hours stands for their end. Raises ValueError where no weekday is
    allowed.
    """
    zone = ZoneInfo(sub.zone)
    if sub.at is not None:
        # From the day before: a fire pushed over midnight by a skipped hour still belongs to it.
        days = _dates(sub, ready_at.astimezone(zone).date() - _DAY)
        return next(fire for day in days if (fire := _fire(sub, sub.at, day, zone)) >= ready_at)
    moment = _open_from(sub, ready_at)
    while moment.astimezone(zone).weekday() not in sub.days:
        # The quiet hours of that midnight may end on a day that is not one of them either.
        tomorrow = moment.astimezone(zone).date() + _DAY
        midnights = (_moment(day, _MIDNIGHT, zone) for day in _dates(sub, tomorrow))
        moment = _open_from(sub, next(midnights))
    return moment


def next_arrival(sub: Subscription, settled_at: datetime) -> datetime:
    """The moment (UTC) from which what changed by ``settled_at`` may be shown: as on arrival, whatever the hour."""
    return next_fire(replace(sub, at=None), settled_at)


def next_time(sub: Subscription, now: datetime) -> datetime | None:
    """The subscription's next hour (UTC) from ``now`` on, to be shown; None on arrival, which has no hour."""
    return None if sub.at is None else next_fire(sub, now)


def fires_back(sub: Subscription, now: datetime) -> Iterator[tuple[date, datetime]]:
    """The fires at or before ``now``, the latest first, without end, each with its date; none on arrival."""
    if sub.at is None:
        return
    zone = ZoneInfo(sub.zone)
    for day in _dates(sub, now.astimezone(zone).date(), -_DAY):
        fire = _fire(sub, sub.at, day, zone)
        if fire <= now:
            yield day, fire


def quiet_until(sub: Subscription, now: datetime) -> datetime | None:
    """The end (UTC) of the quiet hours that ``now`` lies in; None where it lies in none."""
    end = _open_from(sub, now)
    return end if end > now else None


def is_quiet(quiet: Quiet, at: time) -> bool:
    """Whether a clock that shows ``at`` is inside: from the first hour on, until before the second."""
    start, end = quiet
    return start <= at < end if start < end else at >= start or at < end


def _dates(sub: Subscription, day: date, step: timedelta = _DAY) -> Iterator[date]:
    """The dates of the subscription's weekdays from ``day`` on that its zone has, without end."""
    if not sub.days:
        raise ValueError(f"subscription {sub.id} allows no day of the week")
    zone = ZoneInfo(sub.zone)
    while True:
        if day.weekday() in sub.days and _exists(day, zone):
            yield day
        day += step


def _fire(sub: Subscription, at: time, day: date, zone: ZoneInfo) -> datetime:
    """The fire (UTC) of one date."""
    if sub.quiet is not None and is_quiet(sub.quiet, at):
        at = sub.quiet[1]
    # Once more: an hour that is skipped may come to lie inside them.
    return _open_from(sub, _moment(day, at, zone))


def _open_from(sub: Subscription, moment: datetime) -> datetime:
    """The first moment (UTC) at or after this one that is outside the quiet hours."""
    moment = moment.astimezone(UTC)
    if sub.quiet is None:
        return moment
    zone = ZoneInfo(sub.zone)
    while (end := _quiet_end(sub.quiet, moment, zone)) is not None:
        moment = end
    return moment


def _quiet_end(quiet: Quiet, moment: datetime, zone: ZoneInfo) -> datetime | None:
    """Where the quiet hours end that ``moment`` lies in; None where it lies in none."""
    start, end = quiet
    local = moment.astimezone(zone)
    if is_quiet(quiet, local.time()):
        return _moment(local.date() + (_DAY if local.time() >= end else timedelta()), end, zone, fold=local.fold)
    if local.fold:  # clocks went back: quiet hours that have begun do not stop because it is before their time again
        for day in (local.date() - _DAY, local.date(), local.date() + _DAY):
            ends = _moment(day + (_DAY if start > end else timedelta()), end, zone)
            if _moment(day, start, zone) <= moment < ends:
                return ends
    return None


def _exists(day: date, zone: ZoneInfo) -> bool:
    """False for a date its zone left out altogether, as Samoa did with 30 December 2011."""
    return _moment(day, _MIDNIGHT, zone).astimezone(zone).date() == day


def _moment(day: date, at: time, zone: ZoneInfo, fold: int = 0) -> datetime:
    """The first minute (UTC) of this zone that reads ``at`` on ``day``, or later where no clock ever read that.

    With ``fold`` 1 it is the second where there are two.
    """
    local = datetime.combine(day, at)
    while True:
        moment = local.replace(tzinfo=zone, fold=fold).astimezone(UTC)
        if moment.astimezone(zone).replace(tzinfo=None) == local:
            return moment
        local = local.replace(second=0, microsecond=0) + _MINUTE


_ON_ARRIVAL = {"on arrival", "arrival", "도착하면", "도착 즉시"}
_HOUR = re.compile(
    r"(?P<korean>오전|오후)? ?(?P<hour>\d{1,2})(?:(?P<sharp>시)(?: ?(?P<minute>\d{1,2})분)?|:(?P<after_colon>\d{2}))?"
    r" ?(?P<english>am|pm)?"
)


def parse_at(text: str) -> time | None:
    """Read an hour (`09:00`, `9am`, `오전 9시 30분`); None for `on arrival`. Raises ValueError with the remedy."""
    typed = " ".join(text.casefold().split())
    if typed in _ON_ARRIVAL:
        return None
    found = _HOUR.fullmatch(typed)
    if found:
        half = found["korean"] or found["english"]
        hour, minute = int(found["hour"]), int(found["minute"] or found["after_colon"] or 0)
        # A number alone may be anything: an hour says so with a colon, 시, am or pm.
        says_so = half or found["sharp"] or found["after_colon"]
        if says_so and minute < 60 and (1 <= hour <= 12 if half else hour < 24):
            return time(hour % 12 + (12 if half in ("pm", "오후") else 0) if half else hour, minute)
    raise ValueError(f"{text!r} is not an hour: write it like '09:00', or write 'on arrival'")


_TO = re.compile(r" ?(?:[-–—~〜～]|부터|에서|\bto\b|\buntil\b) ?")


def parse_quiet(text: str) -> Quiet | None:
    """Read quiet hours (`22:00-07:00`, `10pm to 7am`, `22시~7시`); None for none. Raises ValueError with the remedy."""
    typed = " ".join(text.casefold().split())
    if not typed:
        return None
    try:
        start, end = map(parse_at, _TO.split(typed.removesuffix("까지")))
    except ValueError:
        start = end = None
    if start is None or end is None:
        raise ValueError(f"{text!r} are no quiet hours: write them like '22:00-07:00'")
    if start == end:
        raise ValueError(f"quiet hours {text!r} end where they begin: write two hours, like '22:00-07:00'")
    return start, end


_WEEK = (
    "mon monday 월 월요일",
    "tue tues tuesday 화 화요일",
    "wed wednesday 수 수요일",
    "thu thur thurs thursday 목 목요일",
    "fri friday 금 금요일",
    "sat saturday 토 토요일",
    "sun sunday 일 일요일",
)
_WEEKDAYS = frozenset(range(5))
_DAYS: dict[str, frozenset[int]] = {
    **{name: frozenset({number}) for number, names in enumerate(_WEEK) for name in names.split()},
    **dict.fromkeys(("every day", "everyday", "daily", "매일"), EVERY_DAY),
    **dict.fromkeys(("weekdays", "weekday", "평일"), _WEEKDAYS),
    **dict.fromkeys(("weekends", "weekend", "주말"), EVERY_DAY - _WEEKDAYS),
}
_DAYS_REMEDY = "write 'every day', 'weekdays', or names such as 'mon' and 'fri'"


def parse_days(text: str | list[str]) -> frozenset[int]:
    """Read weekdays (`weekdays`, `mon, wed`, `["mon", "fri"]`, `월`, `every day`), Monday 0.

    Raises ValueError with the remedy.
    """
    typed = ",".join([text] if isinstance(text, str) else text).casefold()
    days: frozenset[int] = frozenset()
    for piece in (" ".join(piece.split()) for piece in re.split(r"[,·/]", typed)):
        for word in [piece] if piece in _DAYS else piece.split():
            if word not in _DAYS:
                near = get_close_matches(word, _DAYS, n=1)
                meant = f" (did you mean {near[0]!r}?)" if near else ""
                raise ValueError(f"{word!r} is not a day of the week{meant}: {_DAYS_REMEDY}")
            days |= _DAYS[word]
    if not days:
        raise ValueError(f"no day of the week is named: {_DAYS_REMEDY}")
    return days
