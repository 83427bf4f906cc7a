"""Days that are written in other ways than as one date: a week, a span of days, the folders of a path."""

import re
from datetime import date, timedelta

from bot.digest.dates import find_day, split_name

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_TO = r"\s?(?:[-–—~]|to|through|until|부터|至|到)\s?"
_SPAN = re.compile(
    rf"(?P<m1>{_MONTH})\s?(?P<d1>[0-9]{{1,2}})(?:st|nd|rd|th)?(?:,?\s(?P<y1>[0-9]{{4}}))?{_TO}(?:(?P<m2>{_MONTH})\s?)?(?P<d2>[0-9]{{1,2}})(?![0-9])"
    rf"(?:st|nd|rd|th)?(?:[),\s-]{{1,6}}(?P<y2>[0-9]{{4}}))?"
    rf"|(?P<d3>[0-9]{{1,2}})(?:st|nd|rd|th)?(?:\s(?P<m3>{_MONTH}))?{_TO}(?P<d4>[0-9]{{1,2}})(?:st|nd|rd|th)?\s(?P<m4>{_MONTH})"
    rf"(?:[),\s-]{{1,6}}(?P<y4>[0-9]{{4}}))?"
    rf"|(?:(?P<y5>[0-9]{{4}})\s?[년年]\s?)?(?P<m5>[0-9]{{1,2}})\s?[월月]\s?(?P<d5>[0-9]{{1,2}})\s?[일日]?{_TO}"
    rf"(?:(?P<m6>[0-9]{{1,2}})\s?[월月]\s?)?(?P<d6>[0-9]{{1,2}})\s?[일日]",
    re.IGNORECASE,
)
_ISO_SPAN = re.compile(rf"(?<![0-9])[0-9]{{4}}[-./][0-9]{{1,2}}[-./][0-9]{{1,2}}{_TO}(?=[0-9])", re.IGNORECASE)
_WEEK = re.compile(
    r"(?<![0-9])(?P<y1>20[0-9]{2})[-_ ]?W(?:eek)?[-_ ]?(?P<w1>[0-5]?[0-9])(?![0-9])"
    r"|week\s?(?P<w2>[0-5]?[0-9])[,\s(of-]{1,5}(?P<y2>20[0-9]{2})(?![0-9])"
    r"|(?P<y3>20[0-9]{2})\s?[년年]\s?(?:第\s?)?(?P<w3>[0-5]?[0-9])\s?[주周]",
    re.IGNORECASE,
)


def find_week(text: str, newest: date | None = None) -> date | None:
    """The last day of the week or span of days that a short text names; without a year, the first after ``newest``.

    >>> find_week("Top papers of the week (April 8 - April 14) - 2024")
    datetime.date(2024, 4, 14)
    """
    text = text[:200]
    if match := _ISO_SPAN.search(text):
        return find_day(text[match.end() :])
    if match := _WEEK.search(text):
        year, week = next((match[f"y{n}"], match[f"w{n}"]) for n in "123" if match[f"y{n}"])
        return _week_end(int(year), int(week))
    match = _SPAN.search(text)
    if match is None:
        return None
    written, month, day = _end_of(match)
    if written is not None:
        return _date(written, month, day)
    if newest is None:
        return None
    return next((end for year in (0, 1) if (end := _date(newest.year + year, month, day)) and end >= newest), None)


def _end_of(match: "re.Match[str]") -> tuple[int | None, int, int]:
    """Year, month and day of the end of a span."""
    if match["m1"]:
        first = _month(match["m1"])
        month = _month(match["m2"]) if match["m2"] else first
        year = int(match["y2"]) if match["y2"] else int(match["y1"]) if match["y1"] else None
        if not match["y2"] and match["y1"] and month < first:
            year = int(match["y1"]) + 1
        return year, month, int(match["d2"])
    if match["m4"]:
        return int(match["y4"]) if match["y4"] else None, _month(match["m4"]), int(match["d4"])
    first = int(match["m5"])
    month = int(match["m6"] or match["m5"])
    year = int(match["y5"]) + (month < first) if match["y5"] else None
    return year, month, int(match["d6"])


def _month(name: str) -> int:
    return _MONTHS.index(name.lower()[:3]) + 1


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _week_end(year: int, week: int) -> date | None:
    try:
        return date.fromisocalendar(year, week, 1) + timedelta(days=6)
    except ValueError:
        return None


_DAY_FIRST = re.compile(r"(?<![0-9])(?P<d>[0-9]{1,2})[-._](?P<m>[0-9]{1,2})[-._](?P<y>20[0-9]{2})(?![0-9])")
_YEAR_PART = re.compile(r"(?:19|20)[0-9]{2}")
_YEAR_MONTH = re.compile(r"(?P<y>(?:19|20)[0-9]{2})[-._ ]?(?P<m>[01][0-9])")
_MONTH_PART = re.compile(rf"(?:[0-9]{{1,2}}[-._ ]?)?(?P<name>{_MONTH})|(?P<number>[01]?[0-9])[월月]?", re.IGNORECASE)
_DAY_PART = re.compile(r"(?P<d>[0-3]?[0-9])(?:[일日]|st|nd|rd|th)?(?![0-9])", re.IGNORECASE)


def day_of_path(path: str) -> date | None:
    """The day that a path's folders and its file's name give together, such as ``archive/2024/11/01.md``.

    A name that gives a whole day needs no folder. ``02-01-2025`` is the second of January where its month is the
    folder's, or where it can be nothing else.
    """
    *folders, name = path.replace("\\", "/").split("/")
    if day := split_name(name)[0]:
        return day
    year, month = _year_and_month(folders)
    if match := _DAY_FIRST.search(name):
        numbers = int(match["d"]), int(match["m"])
        if month in numbers or max(numbers) > 12 or numbers[0] == numbers[1]:
            in_month = month if month in numbers else min(numbers)
            rest = numbers[0] if in_month == numbers[1] else numbers[1]
            return _date(int(match["y"]), in_month, rest)
        return None
    stem = name.rpartition(".")[0] or name
    if week := find_week(stem):
        return week
    if year and month and (match := _DAY_PART.match(stem)):
        return _date(year, month, int(match["d"]))
    if year and (match := re.match(r"(?P<m>[01]?[0-9])[-._](?P<d>[0-3]?[0-9])(?![0-9])", stem)):
        return _date(year, int(match["m"]), int(match["d"]))
    for folder in reversed(folders[-2:]):  # a folder a day
        if day := split_name(folder)[0]:
            return day
    return None


def _year_and_month(folders: list[str]) -> tuple[int | None, int | None]:
    year = month = None
    for folder in folders:
        if match := _YEAR_MONTH.fullmatch(folder):
            year, month = int(match["y"]), int(match["m"])
        elif _YEAR_PART.fullmatch(folder):
            year, month = int(folder), None
        elif year and (match := _MONTH_PART.fullmatch(folder)):
            month = _month(match["name"]) if match["name"] else int(match["number"])
    return year, month
