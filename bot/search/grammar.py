"""What was typed as a query, read into a tree.

    query = term+                 OR (또는, |) and parentheses group; - or NOT excludes
    term  = word | "a phrase" | field:value | field:"a value" | field:(a OR b) | #tag | a paper's link or id
    word  = what stands between spaces, or a number and its unit: 16 billion

People paste titles, so text is a query wherever it can be: a NOT with nothing to exclude, ``Rho-1: Not All`` and
``3:1`` are words. What looks like a field, a date, a bracket or an OR and is none is said, with its place.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Literal, NoReturn, TypeVar

from bot.digest.normalize import nfc, nfkc
from bot.digest.papers import paper_id
from bot.errors import QueryError
from bot.search import tree as nodes
from bot.search.dates import Span, parse_span
from bot.search.fields import HAS
from bot.search.spellings import QUANTITY
from bot.search.times import LONGEST as LONGEST_TIME
from bot.search.times import Time, read_time
from bot.search.tree import Node
from bot.search.words import nearest, needles

Sort = Literal["best", "new", "old"]
Chosen = TypeVar("Chosen", bound=str)

MAX_CHARS = 2000
"""A title or a sentence fits several times over; what is longer was pasted by accident."""
MAX_TERMS = 300
MAX_DEPTH = 20
LOOKED_UP = 40
"""Terms of a look-up. Each costs up to a millisecond, and somebody waits: what is longer is refused at once."""
LOOKED_AT = 64
"""Characters of a word in a look-up: every stretch of a Hangul word is looked for, and nobody writes one so long."""

FIELDS: Mapping[str, str] = {
    "tag": "tag", "tags": "tag", "태그": "tag",
    "author": "author", "authors": "author", "by": "author", "저자": "author",
    "title": "title", "제목": "title",
    "abstract": "abstract", "초록": "abstract",
    "commentary": "commentary", "note": "commentary", "코멘트": "commentary", "해설": "commentary",
    "노트": "commentary",
    "source": "source", "출처": "source",
    "has": "has", "있음": "has",
    "is": "is", "상태": "is",
    "remark": "remark", "remarks": "remark", "댓글": "remark", "의견": "remark",
    "since": "since", "after": "since", "from": "since", "부터": "since", "이후": "since",
    "until": "until", "before": "until", "까지": "until", "이전": "until",
    "day": "day", "date": "day", "on": "day", "날짜": "day", "날": "day",
    "sort": "sort", "정렬순": "sort", "순서": "sort",
}  # fmt: skip
"""Every name a field may be typed by, and the field."""

SORTS: Mapping[str, Sort] = {
    "best": "best", "new": "new", "newest": "new", "old": "old", "oldest": "old",
    "정확도": "best", "관련도": "best", "최신": "new", "오래된": "old",
}  # fmt: skip
HAVE: Mapping[str, str] = {
    **{what: what for what in HAS},
    "note": "commentary", "links": "link", "authors": "author", "tags": "tag", "thread": "thread", "스레드": "thread",
    "해설": "commentary", "코멘트": "commentary", "초록": "abstract", "링크": "link", "저자": "author", "태그": "tag",
}  # fmt: skip

IS: Mapping[str, str] = {
    "saved": "saved", "bookmarked": "saved", "저장": "saved", "저장됨": "saved", "저장한": "saved",
}  # fmt: skip
ORDERED: Mapping[str, str] = dict.fromkeys(("is", "remark", "has:thread"), "query.not_ordered")
"""Fields, and a value of one, that a standing order cannot have, and the code that says so: nobody is there who asks,
and nothing has a thread before it is posted."""
UNNAMED: Mapping[str, str] = {"is": "query.nobody_asks"}
"""As above, of a look-up by somebody whom Slack does not name."""

_TEXT_FIELDS: Mapping[str, Callable[[str], Node]] = {
    "author": nodes.Author,
    "title": nodes.Title,
    "abstract": nodes.Abstract,
    "commentary": nodes.Commentary,
    "remark": nodes.Remark,
}
_DATE_FIELDS = frozenset({"since", "until", "day"})
_SPACED_FIELDS = frozenset({"tag", "source", *_TEXT_FIELDS})
"""Where a space after the colon is forgiven."""
_COMMA_FIELDS = frozenset({"tag", "author", "source", "has"})
"""Where ``a,b`` is either."""

_QUOTES = str.maketrans(
    dict.fromkeys("“”„‟«»「」『』〝〞＂", '"') | dict.fromkeys("–—−‒﹣－", "-") | {"＃": "#", "｜": "|"}
)
_CLUSTER = re.compile(r"[\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]+|[\s\S][\u0300-\u036f]*")
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\x00-\x08\x0e-\x1f\x7f]")

_SPACE = re.compile(r"\s+")
_LINK = re.compile(r"<(https?://[^\s>|]+)(?:\|[^>]*)?>|(https?://[^\s>\"]+)", re.IGNORECASE)
_FIELD = re.compile(r"(?P<name>[^\W\d_]{2,20}):(?!:)(?P<space>\s*)")
_JOINS = re.compile(r'\s+[^\s)]|[("]')
"""What follows an operator that has something to join."""
_OR = re.compile(r"OR(?=[\s)]|\Z)")
_LAST_AND = re.compile(r"AND\s*(?=\)|\Z)")
_AFTER_A_WORD = ",.;:!?"
_ENDS = re.compile(r'[\s()"]|\Z')
_BARE = re.compile(r"\S+")
_WORD = re.compile(r'[^\s()"]+')
_PAPER = re.compile(
    r"(?:arxiv:)?(\d{4}\.\d{4,5}|[a-z-]{2,20}(?:\.[a-z]{2})?/\d{7})(?:v\d+)?[,.]?|((?:doi|openreview):\S+)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"(?:www\.)?arxiv\.org/\S+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for, how it is sorted, and the text as it was typed. Without a tree it is everything."""

    tree: Node | None
    sort: Sort = "best"
    text: str = ""
    times: tuple[Time, ...] = ()
    """What of the words was taken for times."""

    @property
    def ranks(self) -> bool:
        """Whether what matches is put in order by how well it does."""
        return self.sort == "best" and bool(nodes.asked(self.tree))


def parse_query(text: str, *, today: date) -> Query:
    """Read a query. ``today`` is the asker's, for dates like ``since:2w``.

    Raises QueryError: ``query.unclosed_quote``, ``query.unclosed_group``, ``query.unexpected``,
    ``query.unknown_field``, ``query.empty_field``, ``query.bad_date``, ``query.bad_value``, ``query.no_words``,
    ``query.too_long``.
    """
    return _Reader(text, today).query()


def parse_order(text: str, *, today: date) -> Query:
    """As `parse_query`, for a standing order, which nobody asks. Raises QueryError, also for what only a person can,
    and ``query.one_sided``: what was ordered before that was an error is still read.
    """
    return _Reader(text, today, refused=ORDERED, strict=True).query()


def parse_look_up(text: str, *, today: date, refused: Mapping[str, str] = MappingProxyType({})) -> Query:
    """As `parse_query`, for whoever waits for the answer: less may be asked for at once, and times that stand beside
    the words are read (`times.read_time`). Raises QueryError, also ``query.one_sided``.

    ``refused`` are fields that cannot be asked for there, each with the code of the error.
    """
    reader = _Reader(text, today, most_terms=LOOKED_UP, longest=LOOKED_AT, refused=refused, strict=True, timed=True)
    return reader.query()


def literally(text: str, words: Collection[str], *, today: date) -> str:
    """The look-up with these bare words and times in quotation marks, so that nothing else is looked for."""
    reader = _Reader(text, today, timed=True)
    reader.query()
    return " ".join(
        " ".join(f'"{word}"' for word in term.split()) if term.rstrip(_AFTER_A_WORD) in words else term
        for term, _ in reader.top
    )


def instead(text: str, others: Mapping[str, str], *, today: date) -> str:
    """The look-up with other words in the place of some of its bare words."""
    reader = _Reader(text, today, timed=True)
    reader.query()
    return " ".join(others.get(term.rstrip(_AFTER_A_WORD), term) for term, _ in reader.top)


def without_each(text: str, *, today: date) -> list[str]:
    """The look-up without one of the terms that must all be met, for each in turn; none where it has but one."""
    reader = _Reader(text, today, timed=True)
    if not isinstance(reader.query().tree, nodes.All) or len(reader.top) < 2:  # one term may be two dates
        return []
    return [
        " ".join(term for other, (term, _) in enumerate(reader.top) if other != at)
        for at, (_, asks) in enumerate(reader.top)
        if asks
    ]


def _normalise(text: str) -> tuple[str, list[int]]:
    """The text in one spelling (NFC, plain quotes, no full-width letters), and where each character of it stood."""
    parts: list[str] = []
    places: list[int] = []
    for cluster in _CLUSTER.finditer(text):
        plain = nfc(cluster[0].translate(_QUOTES))
        if len(plain) > 1 or not "\u3130" <= plain <= "\u318f":  # a lone Hangul letter would become half a syllable
            plain = nfkc(plain)
        plain = _INVISIBLE.sub("", plain)
        parts.append(plain)
        places += [cluster.start()] * len(plain)
    places.append(len(text))
    return "".join(parts), places


class _Reader:
    """One reading of one text, from left to right."""

    def __init__(
        self,
        typed: str,
        today: date,
        *,
        most_terms: int = MAX_TERMS,
        longest: int = MAX_CHARS,
        refused: Mapping[str, str] = MappingProxyType({}),
        strict: bool = False,
        timed: bool = False,
    ) -> None:
        if len(typed) > MAX_CHARS:
            raise QueryError("query.too_long", position=MAX_CHARS, found=typed[MAX_CHARS : MAX_CHARS + 20])
        self.typed = typed
        self.strict = strict
        self.timed = timed
        self.times: list[Time] = []
        self.refused = refused
        self.most_terms = most_terms
        self.longest = longest
        self.text, self.places = _normalise(typed)
        self.today = today
        self.at = 0
        self.terms = 0
        self.sort: Sort = "best"
        self.sorted = False
        self.top: list[tuple[str, bool]] = []
        """The terms at the top and the OR between them as typed, and whether each asks for something."""

    def query(self) -> Query:
        tree = self.either(None, 0)
        if self.at < len(self.text):
            self.refuse("query.unexpected", self.at, ")")
        if tree is None and not self.sorted and self.typed.strip():
            self.refuse("query.no_words", 0, self.text.strip()[:40])
        return Query(tree, self.sort, self.typed, tuple(self.times))

    def refuse(self, code: str, at: int, found: str) -> NoReturn:
        raise QueryError(code, position=self.places[at], found=found)

    def refuse_choice(self, code: str, at: int, found: str, choices: Mapping[str, str]) -> NoReturn:
        """Where one of a few words has to stand. ``choices`` are all that may be typed, and what each means."""
        near = nearest(found.lower(), choices, n=1)
        raise QueryError(
            code,
            position=self.places[at],
            found=found,
            nearest=near[0] if near else None,
            choices=tuple(dict.fromkeys(choices.values())),
        )

    def count(self, terms: int, at: int) -> None:
        self.terms += terms
        if self.terms > self.most_terms:
            self.refuse("query.too_long", at, self.text[at : at + 20])

    def skip_space(self) -> None:
        space = _SPACE.match(self.text, self.at)
        if space:
            self.at = space.end()

    def operator(self, *words: str) -> bool:
        """Whether one of these words stands here with a term after it; then it has been read."""
        for word in words:
            end = self.at + len(word)
            if self.text.startswith(word, self.at) and _JOINS.match(self.text, end):
                self.at = end
                return True
        return False

    def either(self, field: str | None, depth: int) -> Node | None:
        """Terms joined by OR, up to a closing bracket or the end. ``field`` is the one whose group this is."""
        parts: list[Node] = []
        while True:
            part = self.every(field, depth, first=not parts)
            if part is not None:
                parts.append(part)
            if self.at >= len(self.text) or self.text[self.at] == ")":
                return _joined(nodes.Any, parts)

    def every(self, field: str | None, depth: int, *, first: bool) -> Node | None:
        """Terms side by side, up to OR, a closing bracket or the end."""
        parts: list[Node] = []
        while True:
            self.skip_space()
            if self.at >= len(self.text) or self.text[self.at] == ")":
                break
            begin = self.at
            if (parts and self.operator("OR", "또는")) or ((parts or not first) and self.operator("|")):
                if depth == 0:
                    self.top.append((self.text[begin : self.at], False))
                break
            if self.strict and _OR.match(self.text, self.at):
                self.refuse("query.one_sided", self.at, "OR")
            if self.operator("AND"):
                continue
            if parts and (last := _LAST_AND.match(self.text, self.at)):
                self.at = last.end()
                continue
            start = self.at
            part = (self.time() if self.timed and depth == 0 else None) or self.term(field, depth)
            if depth == 0:
                self.top.append((self.text[start : self.at].strip(), part is not None))
            if part is not None:
                parts.append(part)
        return _joined(nodes.All, parts)

    def term(self, field: str | None, depth: int) -> Node | None:
        """One term with what excludes it; None for text without a word in it, such as ``&``."""
        self.count(1, self.at)
        excluded = False
        while True:  # -NOT -x is read without recursion
            if self.text.startswith("-", self.at) and re.match(r"-+[^\s)-]", self.text[self.at :]):
                excluded = not excluded
                self.at += 1
            elif self.operator("NOT"):
                excluded = not excluded
                self.skip_space()
            else:
                break
        node = self.bare(field, depth)
        return nodes.Not(node) if excluded and node is not None else node

    def bare(self, field: str | None, depth: int) -> Node | None:
        if self.at >= len(self.text) or self.text[self.at] == ")":
            return None
        if self.text[self.at] == "(":
            return self.group(field, depth)
        if self.text[self.at] == '"':
            start, words = self.at, self.quoted()
            return self.value(field, words, start, whole=True) if field else _phrase(words)
        link = _LINK.match(self.text, self.at)
        if link and field is None:
            typed = link[1] or _without_bracket(link[2])
            self.at += len(link[0] if link[1] else typed)
            return _paper(typed)
        name = self.field_name(field)
        return self.field(name, depth) if name else self.word(field)

    def group(self, field: str | None, depth: int) -> Node | None:
        start = self.at
        if depth >= MAX_DEPTH:
            self.refuse("query.too_long", start, self.text[start : start + 20])
        self.at += 1
        node = self.either(field, depth + 1)
        if self.at >= len(self.text):
            self.refuse("query.unclosed_group", start, self.text[start : start + 40])
        self.at += 1
        if node is None and not self.sorted:
            self.refuse("query.unexpected", self.at - 1, ")")
        return node

    def quoted(self) -> str:
        start = self.at
        end = self.text.find('"', start + 1)
        if end < 0:
            self.refuse("query.unclosed_quote", start, self.text[start : start + 40])
        self.at = end + 1
        return self.text[start + 1 : end]

    def word(self, field: str | None) -> Node | None:
        start = self.at
        match = self.quantity() or _WORD.match(self.text, start)
        assert match is not None  # noqa: S101  white space, brackets and quotes were looked for before
        self.at = match.end()
        if len(match[0]) > self.longest:
            self.refuse("query.too_long", start + self.longest, match[0][self.longest :][:20])
        if field:
            return self.value(field, match[0], start)
        if match[0].startswith("#") and re.search(r"\w", match[0]):
            return self.value("tag", match[0].rstrip(".,;:!?"), start)
        paper = _PAPER.fullmatch(match[0])
        if paper:
            return nodes.Paper(f"arxiv:{paper[1].lower()}" if paper[1] else paper[2])
        address = paper_id(f"https://{match[0]}") if _ADDRESS.fullmatch(match[0]) else None
        if address:
            return nodes.Paper(address)
        return nodes.Word(match[0].rstrip(_AFTER_A_WORD) or match[0]) if needles(match[0]) else None

    def time(self) -> Node | None:
        """A time in as many words as make one, where a term begins."""
        start = self.at
        ends = [match.end() for match in _BARE.finditer(self.text[start : start + 60])][:LONGEST_TIME]
        for end in reversed(ends):
            if self.text[start + end : start + end + 1].strip():  # within a word
                continue
            first, last = not self.text[:start].strip(), not self.text[start + end :].strip()
            typed = self.text[start : start + end]
            time = read_time(typed, self.today, at_edge=first or last, alone=first and last)
            if time:
                self.count(1, start)
                self.at = start + end
                self.times.append(time)
                return _timed(time)
        return None

    def quantity(self) -> re.Match[str] | None:
        """A number and its unit here, where a space parts them: ``16 billion``, ``1억 5천만``."""
        match = QUANTITY.match(self.text, self.at)
        return match if match and " " in match[0] and _ENDS.match(self.text, match.end()) else None

    def field_name(self, outer: str | None) -> str | None:
        """The field named here, its name and colon read; None where this is text with a colon in it."""
        named = _FIELD.match(self.text, self.at)
        if not named or _PAPER.match(self.text, self.at):
            return None
        name = FIELDS.get(named["name"].lower())
        rest = self.text[named.end() : named.end() + 1]
        if name is None:
            if outer or named["space"] or not re.match(r'[\w"(#*-]', rest):
                return None
            self.refuse_choice("query.unknown_field", named.start(), named["name"], FIELDS)
        if named["space"] and rest and (named["name"] != named["name"].lower() or name not in _SPACED_FIELDS):
            return None  # "Source: a title" and "on: …" are text someone pasted; "tag: moe" is a slip of the fingers
        if outer:
            self.refuse("query.unexpected", named.start(), named[0].strip())
        if not rest or rest == ")":
            self.refuse("query.empty_field", named.start(), named[0].strip())
        self.at = named.end()
        return name

    def field(self, name: str, depth: int) -> Node | None:
        """The value after a field's colon: a group, a quoted value, a date in several words, or one word."""
        start = self.at
        if self.text[start] == "(":
            return self.group(name, depth)
        if self.text[start] == '"':
            return self.value(name, self.quoted(), start, whole=True)
        if name in _DATE_FIELDS:
            return self.dates(name)
        match = _WORD.match(self.text, start)
        assert match is not None  # noqa: S101  what follows is neither space, bracket nor quote
        self.at = match.end()
        return self.value(name, match[0], start)

    def dates(self, name: str) -> Node:
        """A day or span in as many words as make one: ``since:3일 전``, ``day:april 12``."""
        start = self.at
        words = [match.end() for match in re.finditer(r'[^\s()"]+', self.text[start : start + 60])][:4]
        for end in reversed(words):
            span = parse_span(self.text[start : start + end], self.today)
            if span:
                self.at = start + end
                return _days(name, span)
        found = self.text[start : start + words[0]]
        return self.refuse("query.bad_date", start, found)

    def value(self, name: str, text: str, start: int, *, whole: bool = False) -> Node | None:
        """What a field's value asks for. A quoted value is whole: a comma in it joins nothing."""
        if name == "sort":
            self.sort = self.choice(SORTS, text, start)
            self.sorted = True
            return None
        if name in _DATE_FIELDS:
            span = parse_span(text, self.today)
            if not span:
                self.refuse("query.bad_date", start, text)
            return _days(name, span)
        values = text.split(",") if name in _COMMA_FIELDS and not whole else [text]
        self.count(len(values) - 1, start)
        parts = [self.one(name, value, start) for value in values if value.strip()]
        if not parts:
            self.refuse("query.empty_field", start, text)
        return _joined(nodes.Any, parts)

    def one(self, name: str, text: str, start: int) -> Node:
        if name in self.refused:
            self.refuse(self.refused[name], start, text)
        if name == "is":
            return nodes.Is(self.choice(IS, text, start))
        if name == "source":
            return nodes.Source(text.strip())
        if name == "has":
            what = self.choice(HAVE, text, start)
            if f"has:{what}" in self.refused:
                self.refuse(self.refused[f"has:{what}"], start, text)
            return nodes.Has(what)
        if name == "tag":
            tag = text.strip().lstrip("#")
            if not re.search(r"\w", tag):
                self.refuse("query.empty_field", start, text)
            return nodes.Tag(tag.rstrip("*"), prefix=tag.endswith("*"))
        if not needles(text):
            self.refuse("query.empty_field", start, text)
        return _TEXT_FIELDS[name](text)

    def choice(self, choices: Mapping[str, Chosen], text: str, start: int) -> Chosen:
        chosen = choices.get(text.strip().lower())
        if chosen is None:
            self.refuse_choice("query.bad_value", start, text, choices)
        return chosen


def _joined(kind: type[nodes.All | nodes.Any], parts: list[Node]) -> Node | None:
    if len(parts) > 1:
        return kind(tuple(parts))
    return parts[0] if parts else None


def _phrase(text: str) -> Node | None:
    return nodes.Phrase(text) if needles(text) else None


def _without_bracket(link: str) -> str:
    """The link without the bracket at its end that was opened before it."""
    return link[:-1] if link.endswith(")") and link.count(")") > link.count("(") else link


def _paper(link: str) -> nodes.Paper:
    return nodes.Paper(paper_id(link) or link)


def _timed(time: Time) -> Node:
    """On the days of a time; where it is a word too, or with that word."""
    if time.first == time.last and time.first:
        return nodes.On(time.first)
    since: list[Node] = [nodes.Since(time.first)] if time.first else []
    until: list[Node] = [nodes.Until(time.last)] if time.last else []
    days = _joined(nodes.All, [*since, *until])
    assert days is not None  # noqa: S101  a time is open on one side at the most
    return nodes.Any((nodes.Word(time.word), days)) if time.word else days


def _days(name: str, span: Span) -> Node:
    first, last = span
    if name == "since":
        return nodes.Since(first)
    if name == "until":
        return nodes.Until(last)
    return nodes.On(first) if first == last else nodes.All((nodes.Since(first), nodes.Until(last)))
