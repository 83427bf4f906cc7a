"""What was typed after ``/paper`` or a mention, read into a command.

A verb counts only where the rest fits its form: "latest diffusion models" is a query. ``find …`` is always a query.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from types import MappingProxyType
from typing import Literal, TypeVar

from bot.digest.normalize import nfc, nfkc
from bot.digest.papers import paper_id
from bot.errors import QueryError
from bot.search.ahead import parse_ahead
from bot.search.dates import parse_day, parse_span
from bot.search.grammar import Query, parse_look_up, parse_order, parse_query


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest digest; also what an empty text asks for."""


@dataclass(frozen=True, slots=True)
class Today:
    """Today's digest."""


@dataclass(frozen=True, slots=True)
class Random:
    """Any paper."""


@dataclass(frozen=True, slots=True)
class OnDay:
    """The digest of a day. Where it was typed without a year, an earlier year's will do."""

    day: date
    yearless: bool = False


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags that start so, or the most used."""

    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Saved:
    """What the asker saved."""


@dataclass(frozen=True, slots=True)
class Remarks:
    """Whether what people write in papers' threads in this channel is kept, so that ``remark:`` finds it."""

    on: bool | None = None
    """None asks how it stands."""


@dataclass(frozen=True, slots=True)
class Help:
    """How to ask."""


@dataclass(frozen=True, slots=True)
class Subscribe:
    """A standing order for this channel. ``query`` is as typed, and can be read (`grammar.parse_query`)."""

    query: str = ""


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """The end of one: of the one with this query, or of the channel's only one."""

    query: str = ""


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """This channel's standing orders."""


@dataclass(frozen=True, slots=True)
class Pause:
    """No posts for this channel, or of the subscription with this query, for a while or until somebody resumes it."""

    until: date | None = None
    """The first day with posts again."""
    query: str = ""
    otherwise: Query | None = None
    """What was typed, read as a look-up: where the query is words alone and no subscription has it."""


@dataclass(frozen=True, slots=True)
class Resume:
    """The end of a pause, as `Pause` has it."""

    query: str = ""
    otherwise: Query | None = None


@dataclass(frozen=True, slots=True)
class About:
    """Something asked about a day or a paper: about a day, the newest, a link or a title. Or about nothing yet."""

    day: date | None = None
    yearless: bool = False
    """As of `OnDay`."""
    newest: bool = False
    """The newest day there is, as of `Latest`."""
    link: str = ""
    """A paper's, also where only its id was typed."""
    title: str = ""

    @property
    def has_subject(self) -> bool:
        return self.day is not None or self.newest or bool(self.link or self.title)


@dataclass(frozen=True, slots=True)
class Why(About):
    """What becomes of a day or a paper on its way to this channel."""

    otherwise: Query | None = None
    """What was typed, read as a look-up: where the title has no quotation marks and no paper is called so."""


@dataclass(frozen=True, slots=True)
class Related(About):
    """The papers nearest to one, or to a day's."""

    otherwise: Query | None = None
    """As of `Why`."""


What = Literal["paper", "related", "why", "save", "drop", "commentary"]


@dataclass(frozen=True, slots=True)
class OnePaper(About):
    """Something done with one paper, which is named by a link, an id or a title in quotation marks."""

    what: What = "paper"


@dataclass(frozen=True, slots=True)
class Find:
    """A look-up."""

    query: Query = field(default_factory=lambda: Query(None))


A = TypeVar("A", bound=About)
W = TypeVar("W", Why, Related)
Standing = Subscribe | Unsubscribe | Subscriptions | Pause | Resume
"""What changes or shows a channel's standing orders."""
Command = Latest | Today | Random | OnDay | Tags | Saved | Remarks | Help | Standing | Why | Related | OnePaper | Find

ALONE: Mapping[str, Command] = {
    "latest": Latest(), "최신": Latest(),
    "today": Today(), "오늘": Today(),
    "random": Random(), "랜덤": Random(), "무작위": Random(), "아무거나": Random(),
    "tags": Tags(), "태그": Tags(), "태그 목록": Tags(), "태그목록": Tags(),
    "saved": Saved(), "저장": Saved(), "저장 목록": Saved(), "저장목록": Saved(),
    "remarks": Remarks(), "remarks on": Remarks(True), "remarks off": Remarks(False),
    "댓글": Remarks(), "댓글 켜기": Remarks(True), "댓글 끄기": Remarks(False),
    "help": Help(), "?": Help(), "도움말": Help(), "도움": Help(), "사용법": Help(),
    "subscriptions": Subscriptions(), "구독목록": Subscriptions(), "구독 목록": Subscriptions(),
    "subscribe": Subscribe(), "구독": Subscribe(), "구독하기": Subscribe(),
    "unsubscribe": Unsubscribe(), "구독취소": Unsubscribe(), "구독 취소": Unsubscribe(),
    "구독해지": Unsubscribe(), "구독 해지": Unsubscribe(),
    "pause": Pause(), "일시정지": Pause(), "일시 정지": Pause(),
    "resume": Resume(), "재개": Resume(),
    "why": Why(), "왜": Why(), "related": Related(), "관련": Related(), "관련 논문": Related(),
}  # fmt: skip
"""Texts that are a command as a whole."""

_BEFORE_A_WORD = ("tags", "태그")
_BEFORE_A_QUERY: Mapping[str, type[Subscribe | Unsubscribe | Find]] = {
    "find": Find, "찾기": Find, "검색": Find,
    "unsubscribe": Unsubscribe, "구독취소": Unsubscribe, "구독 취소": Unsubscribe, "구독해지": Unsubscribe,
    "구독 해지": Unsubscribe,
    "subscribe": Subscribe, "구독": Subscribe,
}  # fmt: skip
_BEFORE_MORE = (*_BEFORE_A_WORD, *_BEFORE_A_QUERY, "pause", "resume", "why", "related", "일시정지", "재개")
_READERS: Mapping[type[Command], Callable[..., Query]] = {Subscribe: parse_order, Unsubscribe: parse_query}
NEAR = 0.75
"""How alike a word and a command are at least where one may be meant by the other; a swap of two letters of four is."""
_PAUSE = re.compile(r"(?:pause|일시\s?정지)\s+(?=\S)", re.IGNORECASE)
_RESUME = re.compile(r"(?:resume|재개)\s+(?=\S)", re.IGNORECASE)
_WHY = re.compile(r"(?:why|왜)\s+(?=\S)", re.IGNORECASE)
_RELATED = re.compile(r"(?:related|관련)\s+(?=\S)", re.IGNORECASE)
_ONE_PAPER: Mapping[What, re.Pattern[str]] = {
    "save": re.compile(r"(?:save|저장)\s+(?=\S)", re.IGNORECASE),
    "drop": re.compile(r"(?:unsave|저장\s?취소)\s+(?=\S)", re.IGNORECASE),
    "commentary": re.compile(r"(?:commentary|해설|코멘트)\s+(?=\S)", re.IGNORECASE),
}
_KOREAN_WORDS = frozenset({"이해", "이주", "이월", "이년", "전달", "전해", "전주"})
"""Understanding, migration, carrying over, passing on …: written in one these are words, and spans only with a space
(``이 해``) or under a date field."""
_VERB = re.compile(rf"({'|'.join(re.escape(verb) for verb in _BEFORE_A_QUERY)})\s+(?=\S)", re.IGNORECASE)

_QUOTES = {'"': '"', "“": "”", "'": "'", "‘": "’", "«": "»", "「": "」"}
_ARXIV = re.compile(
    r"(?:arxiv\s*:\s*)?(\d{4}\.\d{4,5}(?:v\d+)?|[a-z-]{2,20}(?:\.[a-z]{2})?/\d{7}(?:v\d+)?)", re.IGNORECASE
)
_DOI = re.compile(r"(?:doi\s*:\s*)?(10\.\d{4,9}/\S+)", re.IGNORECASE)
_OPENREVIEW = re.compile(r"openreview\s*:\s*(\S+)", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}/\S+", re.IGNORECASE)
_DATE = re.compile(r"\d{4}([-./])\d{1,2}\1\d{1,2}")
_YEARLESS = re.compile(
    r"\d{1,2}월 ?\d{1,2}일?|[a-z]{3,9}\.? \d{1,2}(?:st|nd|rd|th)?|\d{1,2}(?:st|nd|rd|th)? [a-z]{3,9}\.?"
)


def parse_command(text: str, *, today: date, refused: Mapping[str, str] = MappingProxyType({})) -> Command:
    """Read what a person typed. ``today`` is theirs. Raises QueryError, for a query that cannot be read.

    ``refused`` is as of `grammar.parse_look_up`.
    """
    composed = nfkc(text)
    typed = " ".join(composed.casefold().split())
    if not typed:
        return Latest()
    if typed in ALONE:
        return ALONE[typed]
    words = composed.split()
    if len(words) == 2 and words[0].casefold() in _BEFORE_A_WORD:
        return Tags(words[1].lstrip("#").rstrip("*"))
    day = parse_day(text, today)
    if day:
        return OnDay(day, yearless=_YEARLESS.fullmatch(typed) is not None)
    if _DATE.fullmatch(typed):
        raise QueryError("query.bad_date", found=text.strip())  # a day that no calendar has, and no words to look for
    whole = nfc(text)
    verb = _VERB.match(whole.lstrip())
    if verb:
        return _with_query(verb, whole, len(text), today, refused)
    if _is_span(typed, today):
        return Find(parse_query(f'day:"{typed}"', today=today))
    return (
        _about(text, composed, today, _WHY, Why)
        or _about(text, composed, today, _RELATED, Related)
        or _one_paper(composed, today)
        or _pause(text, today)
        or Find(parse_look_up(text, today=today, refused=refused))
    )


def parse_search(text: str, *, today: date, refused: Mapping[str, str]) -> Query | OnDay:
    """As `parse_command`, where nothing can be done but look up: other verbs than ``find`` are words."""
    command = parse_command(text, today=today, refused=refused)
    match command:
        case Find(query=query):
            return query
        case OnDay():
            return command
        case Today():
            return OnDay(today)
        case _:
            return parse_look_up(text, today=today, refused=refused)


def _with_query(verb: re.Match[str], whole: str, typed: int, today: date, refused: Mapping[str, str]) -> Command:
    """The command of a verb and the query after it. An error's place counts from the start of what was typed."""
    rest = verb.string[verb.end() :].strip()
    kind = _BEFORE_A_QUERY[" ".join(verb[1].casefold().split())]
    try:
        query = parse_look_up(rest, today=today, refused=refused) if kind is Find else _READERS[kind](rest, today=today)
    except QueryError as error:
        before = typed - len(whole) + whole.rindex(rest)
        raise QueryError(
            error.code,
            position=before + error.position,
            found=error.found,
            nearest=error.nearest,
            choices=error.choices,
        ) from error
    return Find(query) if kind is Find else Subscribe(rest) if kind is Subscribe else Unsubscribe(rest)


def _about(text: str, composed: str, today: date, verb: re.Pattern[str], kind: type[W]) -> W | None:
    """The question, where what follows the verb is a day, a link, an id or a title.

    A title may stand without quotation marks, where it has no field in it.
    """
    found = verb.match(composed.strip())
    if not found:
        return None
    rest = _after(found)
    asked = _asked_about(rest, today, kind)
    if asked or _has_field(rest):
        return asked
    return kind(title=rest.rstrip("?") or rest, otherwise=parse_look_up(text, today=today))


def _one_paper(composed: str, today: date) -> OnePaper | None:
    for what, verb in _ONE_PAPER.items():
        found = verb.match(composed.strip())
        asked = _asked_about(_after(found), today, OnePaper) if found else None
        if asked is not None and (asked.link or asked.title):
            return replace(asked, what=what)
    return None


def _after(verb: re.Match[str]) -> str:
    return " ".join(verb.string[verb.end() :].split())


def _asked_about(rest: str, today: date, kind: type[A]) -> A | None:
    asked = parse_subject(rest.rstrip("?") or rest, today, kind)
    if asked:
        return asked
    close = _QUOTES.get(rest[0])
    if close is None or not rest[1:].endswith(close):
        return None
    title = rest[1:-1].strip()
    return kind(title=title) if title and close not in title else None


def parse_subject(text: str, today: date, kind: type[A]) -> A | None:
    """What is asked about, where that is a day, ``latest``, a link or an id."""
    typed = " ".join(nfkc(text).split())
    if ALONE.get(typed.casefold()) == Latest():
        return kind(newest=True)
    day = parse_day(typed, today)
    if day:
        return kind(day=day, yearless=_YEARLESS.fullmatch(typed.casefold()) is not None)
    link = _link(typed.strip("<>"))
    return kind(link=link) if link else None


def _link(typed: str) -> str | None:
    """The link that was typed, or that an id stands for."""
    for pattern, begin in (
        (_ARXIV, "https://arxiv.org/abs/"),
        (_DOI, "https://doi.org/"),
        (_OPENREVIEW, "https://openreview.net/forum?id="),
    ):
        if match := pattern.fullmatch(typed):
            return begin + match[1]
    if re.fullmatch(r"https?://\S+", typed, re.IGNORECASE):
        return typed
    return f"https://{typed}" if _ADDRESS.fullmatch(typed) and paper_id(f"https://{typed}") else None


def _pause(text: str, today: date) -> Pause | Resume | None:
    """A pause or its end, where more follows the verb: a while, a query, or both."""
    typed = " ".join(nfc(text).split())
    if verb := _RESUME.match(typed):
        rest = typed[verb.end() :]
        return Resume(rest, _otherwise(rest, text, today))
    verb = _PAUSE.match(typed)
    if not verb:
        return None
    words = typed[verb.end() :].split(" ")
    named, until = _named_and_until(words, today)
    return Pause(until, named, _otherwise(named, text, today) if named else None)


def _named_and_until(words: list[str], today: date) -> tuple[str, date | None]:
    """A query with the end of a pause after it, or before it: the longest end that is a day."""
    cuts = range(len(words))
    ends = ((words[:at], parse_ahead(" ".join(words[at:]), today)) for at in cuts)
    starts = ((words[-at:], parse_ahead(" ".join(words[:-at]), today)) for at in cuts if at)
    found = ((named, until) for named, until in (*ends, *starts) if until)
    named, until = next(found, (words, None))
    return " ".join(named), until


def _otherwise(named: str, text: str, today: date) -> Query | None:
    """What was typed as a look-up, where the subscription is named by words alone. Raises QueryError for no query."""
    query = parse_look_up(text, today=today)
    return None if _has_field(named) else query


def _has_field(text: str) -> bool:
    return re.search(r"[^\W\d]+:\S", text) is not None


def near_command(text: str) -> str | None:
    """The command that may be meant by words that nothing was found for: ``hlep``, ``subscrbe tag:moe``."""
    typed = " ".join(nfc(text).casefold().split())
    if near := get_close_matches(typed, ALONE, n=1, cutoff=NEAR):
        return near[0] if near[0] != typed else None
    verb, _, rest = typed.partition(" ")
    near = get_close_matches(verb, _BEFORE_MORE, n=1, cutoff=NEAR) if rest else []
    return f"{near[0]} {rest}" if near and near[0] != verb else None


def _is_span(typed: str, today: date) -> bool:
    """Several days named by more than a number, a lone month or ``2w``: those are words of titles too."""
    if typed in _KOREAN_WORDS or re.fullmatch(r"\d+\w?|[a-z]+|\d+월", typed):
        return False
    span = parse_span(typed, today)
    return span is not None and span[0] < span[1]
