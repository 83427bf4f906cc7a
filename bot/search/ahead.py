"""Days to come as people type them, in English and Korean: when a pause ends.

`dates.py` reads what is over, so a date without a year is the latest past one there; here it is the next.
"""

import re
from datetime import date, timedelta

from dateutil.relativedelta import MO, relativedelta

from bot.digest.normalize import caseless
from bot.search.dates import parse_span

_DAYS_AHEAD = {"tomorrow": 1, "the day after tomorrow": 2, "day after tomorrow": 2, "내일": 1, "모레": 2, "글피": 3}
_FIRST_OF_NEXT = {
    **dict.fromkeys(("next week", "다음 주", "다음주", "내주"), relativedelta(days=1, weekday=MO)),
    **dict.fromkeys(("next month", "다음 달", "다음달", "내달"), relativedelta(months=1, day=1)),
    **dict.fromkeys(("next year", "내년", "다음 해"), relativedelta(years=1, month=1, day=1)),
}
_AROUND = re.compile(r"(?:(?P<from>until|till|for)\s+)?(?P<day>.+?)(?:\s?(?P<to>동안|간|까지))?")
_WEEKDAY = re.compile(
    r"(?:next\s+)?((?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?|[월화수목금토일]요일)"
)
_OF_NEXT_WEEK = re.compile(r"다음\s?주\s?([월화수목금토일]요일)")
_DAY_OF_MONTH = re.compile(r"(\d{1,2})일")
_YEAR = re.compile(r"\d{4}")
_NOTHING = re.compile(r"0+(?!\d)")  # ``0 days``: today, and no date of which the next is a year away


def parse_ahead(text: str, today: date) -> date | None:
    """The day that the text names: ``2026-12-01``, ``2w``, ``until Monday``, ``12월 1일까지``, ``2주 동안``, ``내일``.

    A span is counted from today. Where a year is written the day may be over. None where the text is no such day.
    """
    typed = " ".join(caseless(text).split())
    around = _AROUND.fullmatch(typed)
    if not around or len(typed) > 40:
        return None
    day, marks = around["day"], {around["from"], around["to"]}
    if marks & {"for", "동안", "간"}:
        return _counted(day, today)
    if day in _DAYS_AHEAD:
        return today + timedelta(days=_DAYS_AHEAD[day])
    if day in _FIRST_OF_NEXT:
        return today + _FIRST_OF_NEXT[day]
    of_month = _day_of_month(day, today) if marks != {None} else None  # ``3일`` alone is three days
    return _weekday(day, today) or of_month or _counted(day, today) or _dated(day, today)


def _weekday(typed: str, today: date) -> date | None:
    """The next day of that name, never today; ``다음 주 금요일`` is next week's."""
    of_next_week, named = _OF_NEXT_WEEK.fullmatch(typed), _WEEKDAY.fullmatch(typed)
    name = of_next_week or named
    latest = parse_span(name[1], today) if name else None
    if latest is None:
        return None
    if of_next_week:
        return today + relativedelta(days=1, weekday=MO) + timedelta(days=latest[0].weekday())
    return latest[0] + timedelta(days=7)


def _day_of_month(typed: str, today: date) -> date | None:
    """``12일``: the next 12th."""
    match = _DAY_OF_MONTH.fullmatch(typed)
    if not match:
        return None
    months = (today + relativedelta(months=ahead, day=int(match[1]) or 1) for ahead in range(3))
    return next((day for day in months if day > today and day.day == int(match[1])), None)


def _counted(typed: str, today: date) -> date | None:
    """``2w``, ``3 days``, ``2주``: as far ahead as that is back."""
    past = parse_span(f"{typed} 전", today)
    return today + relativedelta(today, past[0]) if past and past[0] == past[1] < today else None


def _dated(typed: str, today: date) -> date | None:
    """A date; one without a year is the next."""
    span = parse_span(typed, today)
    if span is None or span[0] != span[1] or typed.endswith(("전", "ago")) or _NOTHING.match(typed):
        return None
    if _YEAR.search(typed):
        return span[0]
    if not any(char.isdecimal() for char in typed):
        return None
    years = (span[0] + relativedelta(years=ahead) for ahead in range(1, 10))
    return next((day for day in years if day > today and day.day == span[0].day), None)  # of a leap day a leap year's
