"""Days and spans of days as people type them, in English and Korean.

Ours are the words and the rules (a bare number is a word; a date without a year is the latest past one); dateutil does
the arithmetic and knows the names of months and weekdays. `today` is passed in, from the asker's zone.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

from dateutil import parser
from dateutil.relativedelta import MO, relativedelta

from bot.digest.normalize import caseless

Span = tuple[date, date]
"""First and last day."""

_DAYS_AGO = {
    "today": 0, "yesterday": 1, "the day before yesterday": 2, "day before yesterday": 2,
    "오늘": 0, "어제": 1, "그제": 2, "그저께": 2, "엊그제": 2, "엊그저께": 2, "그끄저께": 3, "그끄제": 3,
}  # fmt: skip
_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "twelve": 12, "한": 1, "두": 2, "세": 3, "석": 3, "네": 4, "넉": 4, "다섯": 5, "여섯": 6,
    "일곱": 7, "여덟": 8, "아홉": 9, "열": 10, "일": 1, "이": 2, "삼": 3, "사": 4, "오": 5, "육": 6,
}  # fmt: skip
_UNITS = {
    "days": ("d", "day", "days", "일", "날"),
    "weeks": ("w", "wk", "wks", "week", "weeks", "주", "주일"),
    "months": ("m", "mo", "month", "months", "달", "개월"),
    "years": ("y", "yr", "yrs", "year", "years", "년", "해"),
}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words}
_KOREAN_SPANS = {"하루": 1, "이틀": 2, "사흘": 3, "나흘": 4, "닷새": 5, "엿새": 6, "이레": 7, "열흘": 10, "보름": 15}
"""Native words for spans, in days."""
_WEEKDAYS = {"월": 0, "화": 1, "수": 2, "목": 3, "금": 4, "토": 5, "일": 6}
_WHICH = {
    "this": 0, "last": 1, "previous": 1, "past": 1, "이번": 0, "이": 0, "금": 0, "지난": 1, "저번": 1, "전": 1,
    "지지난": 2, "저저번": 2,
}  # fmt: skip
_WHOLE = {
    "올해": ("years", 0),
    "금년": ("years", 0),
    "작년": ("years", 1),
    "지난해": ("years", 1),
    "재작년": ("years", 2),
}

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_WEEKDAY = r"(?:mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:rs?(?:day)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)"
_KOREAN_WEEKDAY = r"\s*(?:\(?[월화수목금토일](?:요일)?\)?)?"
_COUNT = r"(?P<count>\d{1,4}|" + "|".join(sorted(_NUMBERS, key=len, reverse=True)) + ")"
_UNIT = "(?P<unit>" + "|".join(sorted(_UNIT_OF, key=len, reverse=True)) + ")"


def parse_day(text: str, today: date) -> date | None:
    """The day the text names, where it names one day and nothing else; None where it does not."""
    span = parse_span(text, today)
    if span and span[0] == span[1] and not _is_short(text):
        return span[0]
    return None


def _is_short(text: str) -> bool:
    """Whether this is a span as fields take it (``2w``, ``sun``), too easily a word of a title to stand alone."""
    word = " ".join(text.casefold().split())
    return bool(re.fullmatch(rf"{_COUNT}\s?{_UNIT}|\d+mo?|sun|sat|mon|wed|fri", word)) and not word.endswith("일")


def parse_span(text: str, today: date) -> Span | None:
    """First and last day of what the text names: a day, a week, a month, a year, a while until today.

    None where the text, as a whole, is no date. ``2w`` and ``two weeks ago`` are that one day.
    """
    typed = " ".join(caseless(text).split()).strip(" ,")
    if not typed or len(typed) > 40:
        return None
    for read in _READERS:
        try:
            span = read(typed, today)
        except (ValueError, OverflowError):  # a day that no calendar has, or the year 99999
            continue
        if span:
            return span
    return None


def _word(typed: str, today: date) -> Span | None:
    if typed in _DAYS_AGO:
        return _one(today - timedelta(days=_DAYS_AGO[typed]))
    if typed in _WHOLE:
        unit, back = _WHOLE[typed]
        return _calendar(unit, back, today)
    return None


def _iso(typed: str, today: date) -> Span | None:
    """``2024-04-12``, ``2024. 4. 12.``, ``2024/4/12``, ``2024년 4월 12일 (금)``; without a day the month; a year."""
    match = (
        re.fullmatch(r"(\d{4})([-./])\s?(\d{1,2})(?:\2\s?(\d{1,2}))?\.?", typed)
        or re.fullmatch(rf"(\d{{4}})(년)\s?(\d{{1,2}})월(?:\s?(\d{{1,2}})일{_KOREAN_WEEKDAY})?", typed)
        or re.fullmatch(r"(\d{4})(년?)()()", typed)
    )
    if not match:
        return None
    year, month, day = int(match[1]), match[3], match[4]
    if not 1900 <= year <= 2200:
        return None
    if not month:
        return date(year, 1, 1), date(year, 12, 31)
    return _one(date(year, int(month), int(day))) if day else _month(year, int(month))


def _without_year(typed: str, today: date) -> Span | None:
    """``4월 12일``, ``4/12``, ``4월``: the latest that has begun."""
    match = re.fullmatch(rf"(\d{{1,2}})월(?:\s?(\d{{1,2}})일{_KOREAN_WEEKDAY})?", typed) or re.fullmatch(
        r"(\d{1,2})/(\d{1,2})", typed
    )
    if not match:
        return None
    month, day = int(match[1]), int(match[2] or 1)
    first = _latest(today, lambda year: date(year, month, day))
    if first is None:
        return None
    return _one(first) if match[2] else _month(first.year, month)


def _day_of_month(typed: str, today: date) -> Span | None:
    """``12일``: the latest 12th."""
    match = re.fullmatch(r"(\d{1,2})일", typed)
    if not match:
        return None
    for back in range(3):  # two months in a row have a 30th, or three with February among them
        first = today + relativedelta(day=1, months=-back)
        try:
            day = first.replace(day=int(match[1]))
        except ValueError:
            continue
        if day <= today:
            return _one(day)
    return None


def _month_name(typed: str, today: date) -> Span | None:
    """``april 12``, ``12th of april 2024``, ``fri, apr 12``; without a day the month."""
    ordinal = r"\d{1,2}(?:st|nd|rd|th)?"
    year = r"(?:,?\s*(?P<year>\d{4}))?"
    day_too = re.fullmatch(rf"(?:{_WEEKDAY},?\s+)?(?:{_MONTH}\s*{ordinal}|{ordinal}\s+(?:of\s+)?{_MONTH}){year}", typed)
    match = day_too or re.fullmatch(rf"{_MONTH}{year}", typed)
    if not match:
        return None
    plain = re.sub(rf"^{_WEEKDAY},?\s+", "", typed).replace(".", " ")
    # Only text with a month name reaches dateutil: alone it reads 10 as a day of this month, 240412 as 2012.
    read: Callable[[int], date] = lambda y: parser.parse(plain, default=datetime(y, 1, 1)).date()  # noqa: DTZ001, E731
    first = read(today.year) if match["year"] else _latest(today, read)
    if first is None:
        return None
    return _one(first) if day_too else _month(first.year, first.month)


def _ago(typed: str, today: date) -> Span | None:
    """``2w``, ``3 days ago``, ``3일 전``, ``일주일 전``, ``사흘 전``: that day."""
    match = (
        re.fullmatch(r"(?P<count>\d{1,4})\s?(?P<unit>d|w|m|mo|y)", typed)
        or re.fullmatch(rf"{_COUNT}\s?{_UNIT}\s?(?:ago|전)", typed)
        or re.fullmatch(rf"{_COUNT}\s?{_UNIT}(?<!일)(?<!날)", typed)
    )
    if match:
        return _one(_back(match["count"], match["unit"], today))
    native = re.fullmatch(rf"({'|'.join(_KOREAN_SPANS)})\s?전", typed)
    return _one(today - timedelta(days=_KOREAN_SPANS[native[1]])) if native else None


def _until_today(typed: str, today: date) -> Span | None:
    """``last 2 weeks``, ``past month``, ``지난 3일``, ``최근 2주``: from then to today."""
    match = re.fullmatch(rf"(?:last|past|the last|the past|지난|최근)\s?{_COUNT}\s?{_UNIT}(?:간|동안)?", typed)
    return (_back(match["count"], match["unit"], today), today) if match else None


def _calendar_word(typed: str, today: date) -> Span | None:
    """``this week``, ``last month``, ``지난주``, ``이번 달``, ``전월``: the whole of it, weeks from Monday."""
    match = re.fullmatch(rf"({'|'.join(_WHICH)})\s?(week|month|year|주|달|월|해|년)", typed)
    if not match:
        return None
    unit = {"week": "weeks", "주": "weeks", "month": "months", "달": "months", "월": "months"}.get(match[2], "years")
    return _calendar(unit, _WHICH[match[1]], today)


def _weekday(typed: str, today: date) -> Span | None:
    """``monday``, ``last fri``, ``월요일``: the latest that is not to come; ``지난주 월요일`` that week's."""
    english = re.fullmatch(rf"(?:(last|this)\s+)?({_WEEKDAY})", typed)
    korean = re.fullmatch(r"(?:(지난|이번)\s?(주)?\s?)?([월화수목금토일])요일", typed)
    if english:
        names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
        which, week, weekday = english[1], None, names.index(english[2][:3])
    elif korean:
        which, week, weekday = korean[1], korean[2], _WEEKDAYS[korean[3]]
    else:
        return None
    if week:
        monday = _calendar("weeks", 1 if which == "지난" else 0, today)[0]
        return _one(monday + timedelta(days=weekday))
    back = (today.weekday() - weekday) % 7
    if which in {"last", "지난"} and back == 0:
        back = 7
    return _one(today - timedelta(days=back))


_READERS: tuple[Callable[[str, date], Span | None], ...] = (
    _word,
    _iso,
    _without_year,
    _day_of_month,
    _month_name,
    _calendar_word,
    _weekday,
    _until_today,
    _ago,
)


def _one(day: date) -> Span:
    return day, day


def _month(year: int, month: int) -> Span:
    first = date(year, month, 1)
    return first, first + relativedelta(months=1, days=-1)


def _back(count: str, unit: str, today: date) -> date:
    number = int(count) if count.isdecimal() else _NUMBERS[count]
    span = {_UNIT_OF[unit]: number}
    return today - relativedelta(
        days=span.get("days", 0), weeks=span.get("weeks", 0), months=span.get("months", 0), years=span.get("years", 0)
    )


def _calendar(unit: str, back: int, today: date) -> Span:
    if unit == "weeks":
        first = today + relativedelta(weekday=MO(-1), weeks=0) - timedelta(weeks=back)
        return first, first + timedelta(days=6)
    if unit == "months":
        first = today + relativedelta(day=1, months=-back)
        return _month(first.year, first.month)
    year = today.year - back
    return date(year, 1, 1), date(year, 12, 31)


def _latest(today: date, of_year: Callable[[int], date]) -> date | None:
    """The newest not after today of a date that recurs each year; a leap day looks back up to eight years."""
    for year in range(today.year, today.year - 9, -1):
        try:
            day = of_year(year)
        except ValueError:
            continue
        if day <= today:
            return day
    return None
