"""Times that stand beside the words of a look-up: ``2024``, ``apr 2024``, ``지난주``, ``since 2023``.

`dates.py` reads what is a date as a whole. Here the question is whether a date is meant at all: titles hold numbers and
names of months too. So a lone year or month stays a word as well, and what is a word more often is left alone.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from bot.search.dates import Span, parse_span

LONGEST = 6
"""Words of a time, with what stands before and after it."""

_Bound = Literal["in", "since", "until"]
_BEFORE: dict[str, _Bound] = {
    **dict.fromkeys(("in", "on", "from", "of", "during"), "in"),
    **dict.fromkeys(("since", "after"), "since"),
    **dict.fromkeys(("until", "till", "before"), "until"),
}  # fmt: skip
_AFTER: dict[str, _Bound] = {
    **dict.fromkeys(("에", "의", "중", "동안"), "in"),
    **dict.fromkeys(("부터", "이후"), "since"),
    **dict.fromkeys(("까지", "이전"), "until"),
}  # fmt: skip
_BEGINS = re.compile(rf"({'|'.join(_BEFORE)})\s+(?=\S)")
_ENDS = re.compile(rf"(?<=[가-힣0-9])\s?({'|'.join(_AFTER)})")
_RANGE = re.compile(r"(\S.*?)\s?(?:~|(?<=\d{4})-(?=\d{4}\Z))\s?(\S.*)")

_FULL_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_VERBS = ("march", "may")
"""Months that are other words more often."""
_YEAR = re.compile(r"(?:19|20)\d{2}")
_FIRST_YEAR = 1990
_HINT = re.compile(
    r"\d|today|day|week|month|year|ago|[a-z]{3}|[년월일주달해]|오늘|어제|그제|그저께|엊그|그끄|하루|이틀|사흘|나흘|닷새"
    r"|엿새|이레|열흘|보름"
)
_WORDS = re.compile(
    r"[0-9]+"  # a number
    r"|\d{1,2}/\d{1,2}"  # a fraction
    r"|\d{1,2}일"  # a day of the month, or so many days
    r"|\d{1,4}\s?[a-z]+|[a-z]+\s[a-z]+"  # 2w, 3 years, two weeks
    r"|[a-z]+\.?"  # one English word
    r"|(?:이|전)\s?(?:해|년|주|월)|전달"  # understanding, migration, passing on
    r"|\S+\s?(?:년|해|달|개월|주|주일|날)(?<!\d{4}년)"  # so many years, months or weeks
)
"""What `dates.parse_span` reads, and what is a word or a span of no certain place where it stands beside others."""
_CALENDAR = re.compile(
    r"(?:지지난|저저번|지난|저번|이번|금)\s?(?:주|달|월|해|년)|이\s달|전\s달|올해|금년|작년|지난해|재작년|(?:지난|최근)\s.+"
    r"|(?:지난|최근)\d.+|(?:last|past|this|previous)\s.+|the (?:last|past)\s.+"
    rf"|(?:{'|'.join(_FULL_MONTHS)})\s?\d.*|[a-z]{{3,4}}\.?\s\d.*"
)
_AT_THE_EDGE = ("yesterday",)
"""What is a time where a query begins or ends with it. Of today titles say too much."""
_YEAR_OR_MONTH = re.compile(rf"\d{{4}}년?|\d{{1,2}}월|{'|'.join(_FULL_MONTHS)}")


@dataclass(frozen=True, slots=True)
class Time:
    """What was taken for a time, and its first and last day; None where it is open on that side."""

    typed: str
    first: date | None
    last: date | None
    word: str = ""
    """The year or month that is looked for as a word as well; empty where there is none."""


def read_time(text: str, today: date, *, at_edge: bool = False, alone: bool = False) -> Time | None:
    """The time that a whole text names, where people mean one by it.

    ``at_edge``: a query begins or ends with it. ``alone``: it is all of the query; then only a year or a month is one,
    as other dates that are all of what was typed are no query.
    """
    typed = " ".join(text.casefold().split()).strip(" ,.;:!?")
    if not typed or not _HINT.search(typed):
        return None
    bound: _Bound | None = None
    core = typed
    if begins := _BEGINS.match(typed):
        bound, core = _BEFORE[begins[1]], typed[begins.end() :]
    elif (ends := _ENDS.search(typed)) and ends.end() == len(typed):
        bound, core = _AFTER[ends[1]], typed[: ends.start()]
    between = _RANGE.fullmatch(core)
    if between and bound is None and not alone:
        first, last = (_span(one, today, bound="in", at_edge=at_edge) for one in between.groups())
        return Time(text, first[0], last[1]) if first and last and first[0] <= last[1] else None
    span = _span(core, today, bound=bound, at_edge=at_edge)
    if span is None or span[0] > today or (alone and not _YEAR_OR_MONTH.fullmatch(core)):
        return None
    if bound == "since":
        return Time(text, span[0], None)
    if bound == "until":
        return Time(text, None, span[1])
    is_word = core.isdecimal() or (bound is None and core in _FULL_MONTHS)
    return Time(text, *span, word=core if is_word else "")


def _span(core: str, today: date, *, bound: _Bound | None, at_edge: bool) -> Span | None:
    """The days of a text that is a time and no word."""
    is_year = bool(_YEAR.fullmatch(core)) and _FIRST_YEAR <= int(core) <= today.year
    is_month = core.rstrip(".") in _FULL_MONTHS and (bound is not None or core not in _VERBS)
    is_near = core in _AT_THE_EDGE and at_edge
    if not (is_year or is_month or is_near or _CALENDAR.fullmatch(core)) and _WORDS.fullmatch(core):
        return None
    return parse_span(core, today)
