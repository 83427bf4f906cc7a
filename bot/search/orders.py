"""Orders that no paper to come can ever meet, told before anything is announced."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from bot.digest.normalize import nfc
from bot.errors import QueryError
from bot.search.grammar import parse_query
from bot.search.tree import All, Any, Node, Not, On, Source, Until

LATER = timedelta(days=400)
"""From where a date that is counted from today is no longer a past one."""
LATE = timedelta(days=31)
"""How far back the date of a digest that comes tomorrow may lie."""

_HOUR = (
    r"(?:오전|오후|아침|저녁|밤|새벽|낮)?\s*\d{1,2}\s*시(?:\s*(?:반|\d{1,2}\s*분))?(?:에|마다|쯤)?"
    r"|\d{1,2}:\d{2}\s*(?:[ap]\.?m\.?)?(?:에)?|\d{1,2}\s*[ap]\.?m\.?|(?:at|@)\s+\d{1,2}(?:h|\s*o'?clock|(?=\s*$))"
    r"|(?:at\s+)?(?:noon|midnight)|정오(?:에)?|자정(?:에)?"
)
_ZONE = r"(?:kst|utc|gmt|est|edt|pst|pdt|cet|cest|jst|서울(?:\s*시간)?|한국\s*시간|[a-z]+/[a-z_]+)"
_WEEKDAY = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?s?"
_DAYS = (
    rf"(?:every|each|on|daily|weekly)\s+(?:other\s+)?(?:day|week|weekdays?|weekends?|morning|evening|night|{_WEEKDAY})"
    rf"(?:\s*(?:,|and|&)\s*{_WEEKDAY})*|every\s*day|everyday|daily|weekdays|weekends"
    r"|매일(?:\s*아침)?|매주|매월|평일(?:에|마다)?|주말(?:에|마다)?|(?:매주\s*)?[월화수목금토일]요일(?:에|마다)?"
    r"|아침마다|저녁마다|매일마다"
)
_ARRIVAL = r"on arrival|as soon as (?:it|they) arrives?|도착하면|도착\s*즉시"
_TIME = re.compile(rf"(?<![^\s,])(?:at\s+|@\s*)?(?:{_HOUR}|{_ARRIVAL})(?:\s+{_ZONE})?(?![^\s,])", re.IGNORECASE)
_ON_DAYS = re.compile(rf"(?<![^\s,])(?:{_DAYS})(?![^\s,])", re.IGNORECASE)
_UNAMBIGUOUS = re.compile(
    rf"(?<![^\s,])(?:every\s*(?:day|morning|evening|week|weekday)|(?:every|on)\s+{_WEEKDAY}|매일|매주|평일(?:에|마다)?|[월화수목금토일]요일(?:에|마다)"
    r"|아침마다|저녁마다)(?![^\s,])",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”")


@dataclass(frozen=True, slots=True)
class Schedule:
    """The words of an order that say when to post, and the order without them."""

    hours: str
    query: str


@dataclass(frozen=True, slots=True)
class Never:
    """Why no paper to come can meet an order."""

    name: Literal["past", "source", "contradiction"]
    values: Mapping[str, object] = field(default_factory=dict)


def without_schedule(query: str) -> Schedule | None:
    """An hour or weekdays in an order, which are words to it and stand in no paper; None where there is none.

    Weekdays alone may be words (``sun``, ``weekend``), unless they are said as people say when.
    """
    composed = nfc(query)
    masked = _QUOTED.sub(lambda found: "\x00" * len(found[0]), composed)
    found = [match.span() for match in _TIME.finditer(masked)]
    if found or _UNAMBIGUOUS.search(masked) or _ON_DAYS.fullmatch(masked.strip()):
        found += [match.span() for match in _ON_DAYS.finditer(masked)]
    if not found:
        return None
    hours = " ".join(composed[start:end] for start, end in sorted(found))
    rest = list(composed)
    for start, end in found:
        rest[start:end] = " " * (end - start)
    return Schedule(" ".join(hours.split()), " ".join("".join(rest).split()).strip(", "))


def never_matches(query: str, source: str, today: date) -> Never | None:
    """Why nothing that comes from that source can meet the order; None where something may.

    Raises QueryError where it cannot be read.
    """
    try:
        tree = parse_query(query, today=today + LATER).tree
    except QueryError:
        tree = parse_query(query, today=today).tree
    return _never(tree, source, today) if tree is not None else None


def _never(node: Node, source: str, today: date) -> Never | None:
    match node:
        case All(parts=parts):
            reasons = (_never(part, source, today) for part in parts)
            opposite = any(Not(part) in parts for part in parts)
            return next(filter(None, reasons), Never("contradiction") if opposite else None)
        case Any(parts=parts):
            found = [_never(part, source, today) for part in parts]
            return found[0] if all(found) else None
        case Until(day=day) | On(day=day) if day < today - LATE:
            return Never("past", {"day": day})
        case Source(name=name) if name.casefold() != source.casefold():
            return Never("source", {"name": name, "source": source})
        case _:
            return None
