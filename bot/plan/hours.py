"""When a subscription fires, and how people write an hour and weekdays.

A fire belongs to a calendar date of the subscription's zone. Where that date skips the hour (clocks go forward) it
fires at the next minute that exists; where the date has the hour twice it fires at the first.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from bot.plan.subscription import EVERY_DAY, Subscription

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_MIDNIGHT = time()


def next_fire(sub: Subscription, ready_at: datetime) -> datetime:
    """The moment (UTC) from which a day that became ready at ``ready_at`` is owed.

    On arrival that is ``ready_at`` itself, or, where its weekday is not one of the subscription's, the first moment of
    the next one that is. An hour gives its first fire at or after ``ready_at``. Raises ValueError where no weekday is
    allowed.
    """
    if sub.at is not None:
        return next(_fires(sub, sub.at, ready_at))
    if ready_at.astimezone(ZoneInfo(sub.zone)).weekday() in sub.days:
        return ready_at.astimezone(UTC)
    return next(_fires(sub, _MIDNIGHT, ready_at))


def next_time(sub: Subscription, now: datetime) -> datetime | None:
    """The subscription's next hour (UTC) from ``now`` on, to be shown; None on arrival, which has no hour."""
    return None if sub.at is None else next_fire(sub, now)


def _fires(sub: Subscription, at: time, since: datetime) -> Iterator[datetime]:
    """Every fire at or after ``since``, in order, without end."""
    if not sub.days:
        raise ValueError(f"subscription {sub.id} allows no day of the week")
    zone = ZoneInfo(sub.zone)
    # From the day before: a fire pushed over midnight by a skipped hour still belongs to it.
    day = since.astimezone(zone).date() - _DAY
    while True:
        if day.weekday() in sub.days and _exists(day, zone):
            moment = _moment(day, at, zone)
            if moment >= since:
                yield moment
        day += _DAY


def _exists(day: date, zone: ZoneInfo) -> bool:
    """False for a date its zone left out altogether, as Samoa did with 30 December 2011."""
    return _moment(day, _MIDNIGHT, zone).astimezone(zone).date() == day


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The first minute (UTC) of this zone that reads ``at`` on ``day``, or later where no clock ever read that."""
    local = datetime.combine(day, at)
    while True:
        moment = local.replace(tzinfo=zone).astimezone(UTC)  # fold is 0: of an hour that comes twice, the first
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
