"""Which day a text names: a line, a file's name, or the date that a feed gives a post.

A day is read where it is certain: between 1990 and 2099 here, and at most a year from now where now is known
(`is_likely`). What may be read in two ways is no day.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from bot.digest.model import Digest
from bot.errors import UnlikelyDayError

FIRST_YEAR = 1990
AHEAD = timedelta(days=366)
_MONTH_NAMES = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_MONTHS = tuple(name[:3].lower() for name in _MONTH_NAMES)
_MONTH = r"(?P<{}>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(?:[a-z]{{0,6}})\.?"
_DAY = re.compile(
    r"(?<![0-9A-Za-z./-])(?:"
    r"(?P<y1>[0-9]{4}|[0-9]{2})\s?[년年]\s{0,2}(?P<m1>[0-9]{1,2})\s?[월月]\s{0,2}(?P<d1>[0-9]{1,2})\s?[일日]"
    r"|(?P<y2>[0-9]{4})(?P<sep>[-./])\s?(?P<m2>[0-9]{1,2})(?P=sep)\s?(?P<d2>[0-9]{1,2})"
    r"(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?(?![0-9A-Za-z-])\.?"
    r"|" + _MONTH.format("m3") + r"\s{1,2}(?P<d3>[0-9]{1,2})(?:st|nd|rd|th)?,?\s{1,2}(?P<y3>[0-9]{4})(?![0-9])"
    r"|(?P<d4>[0-9]{1,2})(?:st|nd|rd|th)?\s{1,2}" + _MONTH.format("m4") + r",?\s{1,2}(?P<y4>[0-9]{4})(?![0-9])"
    r"|(?P<y5>[0-9]{4})\s{1,2}" + _MONTH.format("m5") + r"\s{1,2}(?P<d5>[0-9]{1,2})(?:st|nd|rd|th)?(?![0-9])"
    r")",
    re.IGNORECASE,
)
_WEEKDAY = re.compile(
    r"\b(?:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:day)?\b|[월화수목금토일]요일|\([월화수목금토일]\)",
    re.IGNORECASE,
)
_YEAR = re.compile(r"[0-9]{4}|[0-9]{2}\s?년")  # most lines have none, and are done with
_DATE_LINE_CHARS = 60  # "Wednesday, September 30th, 2024" with marks around it; a longer line is prose

# One mark between the numbers, or none: `1301.1203` is an arXiv id.
_NAME_DAY = re.compile(
    r"(?P<y>[0-9]{4})(?:(?P<mark>[-._ ])(?P<m>[0-9]{2})(?P=mark)(?P<d>[0-9]{2})"
    r"|(?P<m2>[0-9]{2})[-_ ]?(?P<d2>[0-9]{2}))(?![0-9])"
)
_NAME_SHORT_DAY = re.compile(r"(?P<y>[0-9]{2})(?P<m>[0-9]{2})(?P<d>[0-9]{2})(?![0-9])")
_SUFFIX = re.compile(r"\.(?:md|markdown|txt|text|html?|xhtml)$", re.IGNORECASE)


def find_day(text: str) -> date | None:
    """The first date with its year in a short text: ``2024년 4월 12일``, ISO, ``April 12, 2024``, ``12 Apr 2024``."""
    for match in _DAY.finditer(text):
        if day := _as_day(match):
            return day
    return None


def read_day(line: str) -> date | None:
    """The date of a line that is wholly a date, weekday and marks such as ``# … (금)`` aside."""
    if len(line) > _DATE_LINE_CHARS or not _YEAR.search(line) or not (match := _DAY.search(line)):
        return None
    rest = _WEEKDAY.sub("", line[: match.start()] + " " + line[match.end() :])
    return None if any(letter.isalnum() for letter in rest) else _as_day(match)


def split_name(name: str) -> tuple[date | None, str]:
    """The date a file name starts with, and the words after it: ``240412 Rho-1.md`` is 2024-04-12 and ``Rho-1``.

    A date elsewhere in the name counts where it is written with its year (``Papers 2024-04-12.txt``).
    """
    stem = _stem(name)
    for match in _name_days(stem):
        if day := _valid(*_name_numbers(match)):
            return day, stem[match.end() :].lstrip(" _-.").strip()
    return find_day(stem[:200]), stem


def is_likely(day: date, now: date) -> bool:
    """Whether a digest may have this day: from 1990 on, and at most a year from now."""
    return day.year >= FIRST_YEAR and day <= now + AHEAD


def check_days(digests: Iterable[Digest], now: date) -> None:
    """Raises `UnlikelyDayError` where one has a day that no digest has."""
    for digest in digests:
        if not is_likely(digest.day, now):
            raise UnlikelyDayError(1, f"a day from {FIRST_YEAR} to a year from now", digest.day.isoformat())


def explain_name(name: str) -> str:
    """The name for an error, with the reason where what looks like a day in it is none: ``there is no 31 November``."""
    stem = _stem(name)
    reasons = (_why_not(*_name_numbers(match)) for match in _name_days(stem))
    why = next((reason for reason in reasons if reason), "") or explain_day(stem[:200])
    shown = name.rpartition("/")[2][-80:]
    return f"{shown}: {why}" if why else shown


def explain_day(text: str) -> str:
    """Why what looks like a date in this text is none; "" where nothing looks like one."""
    reasons = (_why_not(*_numbers(match)) for match in _DAY.finditer(text))
    why = next((reason for reason in reasons if reason), "")
    if not why and (match := _DAY_OR_MONTH.search(text)):
        why = _why_not(int(match["y"]), int(match["b"]), int(match["a"])) or "its day and month cannot be told apart"
    return why


def read_posted_day(written: str) -> date | None:
    """The day that a feed gives as a post's date, as its clock has it; None for what is none or may be another.

    Forms: those of a line of text, RFC 822 and 3339, ``20240412``, seconds or milliseconds since 1970, and day, month
    and year between marks where only one of the first two can be a month.
    """
    text = " ".join(written[:100].split())
    if day := find_day(text):
        return day
    for pattern in (_RFC_822, _UNIX, _KOREAN_RFC_822):
        if match := pattern.search(text):
            month = match["m"].lower()[:3]
            number = int(month) if month.isdigit() else _MONTHS.index(month) + 1
            return _valid(_century(match["y"]), number, int(match["d"]))
    if match := _COMPACT.fullmatch(text):
        return _valid(int(match["y"]), int(match["m"]), int(match["d"]))
    if match := _SECONDS.fullmatch(text):
        moment = datetime.fromtimestamp(int(match["s"]), UTC)
        return _valid(moment.year, moment.month, moment.day)
    if match := _DAY_OR_MONTH.search(text):
        first, second, year = int(match["a"]), int(match["b"]), int(match["y"])
        days = {day for day in (_valid(year, second, first), _valid(year, first, second)) if day}
        return days.pop() if len(days) == 1 else None
    return None


_RFC_822 = re.compile(
    r"(?<![0-9])(?P<d>[0-9]{1,2})[ -]" + _MONTH.format("m") + r"[ -](?P<y>[0-9]{4}|[0-9]{2})(?![0-9])",
    re.IGNORECASE,
)
_UNIX = re.compile(
    _MONTH.format("m") + r" (?P<d>[0-9]{1,2}) [0-9]{2}:[0-9]{2}(?::[0-9]{2})? (?:[A-Z]{3,5} )?(?P<y>[0-9]{4})(?![0-9])",
    re.IGNORECASE,
)
_KOREAN_RFC_822 = re.compile(r"(?<![0-9])(?P<d>[0-9]{1,2}) (?P<m>[0-9]{1,2})월 (?P<y>[0-9]{4})(?![0-9])")
_COMPACT = re.compile(r"(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})(?:T[0-9]{4,6}(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?")
_SECONDS = re.compile(r"(?P<s>[0-9]{9,10})(?:[0-9]{3}|\.[0-9]{1,9})?")
_DAY_OR_MONTH = re.compile(
    r"(?<![0-9A-Za-z.,/-])(?P<a>[0-9]{1,2})(?P<mark>[-./])(?P<b>[0-9]{1,2})(?P=mark)(?P<y>[0-9]{4})(?![0-9])"
)


def _stem(name: str) -> str:
    return _SUFFIX.sub("", name.rsplit("/", 1)[-1]).strip()


def _name_days(stem: str) -> list[re.Match[str]]:
    return [match for pattern in (_NAME_DAY, _NAME_SHORT_DAY) if (match := pattern.match(stem))]


def _name_numbers(match: re.Match[str]) -> tuple[int, int, int]:
    groups = match.groupdict()
    return _century(groups["y"]), int(groups["m"] or groups["m2"]), int(groups["d"] or groups["d2"])


def _as_day(match: re.Match[str]) -> date | None:
    return _valid(*_numbers(match))


def _numbers(match: re.Match[str]) -> tuple[int, int, int]:
    n = next(n for n in "12345" if match[f"d{n}"] is not None)
    month = match[f"m{n}"]
    number = int(month) if month.isdigit() else _MONTHS.index(month.lower()[:3]) + 1
    return _century(match[f"y{n}"]), number, int(match[f"d{n}"])


def _century(year: str) -> int:
    """The year; of two digits, the one from 1990 to 2089."""
    return int(year) if len(year) > 2 else 1900 + int(year) + (100 if int(year) < FIRST_YEAR - 1900 else 0)


def _valid(year: int, month: int, day: int) -> date | None:
    if not FIRST_YEAR <= year <= 2099:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _why_not(year: int, month: int, day: int) -> str:
    """Why these numbers are no day; "" where they are one."""
    if not 1 <= month <= 12:
        return f"there is no month {month}"
    if not 1 <= day <= 31:
        return f"there is no day {day}"
    if year < FIRST_YEAR:
        return f"{year} is before {FIRST_YEAR}"
    if _valid(year, month, day):
        return ""
    if year > 2099:
        return f"{year} is too far ahead"
    after = f" {year}" if month == 2 and day == 29 else ""
    return f"there is no {day} {_MONTH_NAMES[month - 1]}{after}"
