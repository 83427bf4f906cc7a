"""The line of an entry that shows why it was found, with the words that matched."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from bot.digest.model import Entry
from bot.digest.normalize import nfc
from bot.search.reading import Reading
from bot.search.tree import Abstract, Author, Commentary, Node, Title, Word, asked, remarked
from bot.search.words import field_string, needles, spans

Where = Literal["commentary", "abstract", "authors", "tags", "title", "remarks"]

_LINK = re.compile(r"\[([^\[\]]*)\]\([^()\s]*\)")
_EMPHASIS = re.compile(r"\*\*|__|`+|(?<!\w)[*_](?=\w)|(?<=[\w.,!?)])[*_](?!\w)")
_MARKER = re.compile(r"^[ \t]*(?:[-*+>]|#+|\d+\.)\s+", re.MULTILINE)
_LEAD = 0.3
"""Of the width, what may stand before the first match."""
_LONGEST = 20_000
"""Characters of a field that are looked at: what matches only beyond them is shown by its opening."""


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of one field as (text, matched) pieces, ``…`` where it was cut. Plain text, Markdown taken off."""

    field: Where
    pieces: tuple[tuple[str, bool], ...]

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self.pieces)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Something that was asked for: any one of these needles, in one field or any."""

    words: frozenset[int]
    """The words of the query that it stands for, by number."""
    needles: tuple[str, ...]
    where: Where | None = None

    def within(self, field: str) -> list[str]:
        """The needles that a field string holds."""
        return [needle for needle in self.needles if needle in field]


class Snippets:
    """Cuts the snippets of a query: ``width`` characters at most and the ``…``.

    With a ``reading`` a word counts in every form it was looked for in: corrected, translated …
    """

    def __init__(self, tree: Node | None, reading: Reading | None = None, width: int = 160) -> None:
        self._width = width
        self._remarked = [needles(node.text) for node in remarked(tree)]
        self._wanted = list(_wanted(tree, reading))
        self._words = len(frozenset[int]().union(*(one.words for one in self._wanted)))

    def of(self, entry: Entry, remarks: Sequence[str] = ()) -> Snippet | None:
        """Where the entry holds most of what was asked for in words.

        Commentary goes before the abstract, and both before what a result shows anyway. Where no word matched, or none
        was asked for, the opening of the commentary or of the abstract; None for an entry with neither. Where remarks
        are asked for, the first of ``remarks`` that holds most of it.
        """
        return self._said(remarks) or self._matching(entry) or self._opening(entry)

    def _said(self, remarks: Sequence[str]) -> Snippet | None:
        most, best = 0, None
        for text in map(_plain, remarks if self._remarked else ()):
            field = field_string([text])
            here = [
                ({at}, held)
                for at, some in enumerate(self._remarked)
                if (held := [one for one in some if one in field])
            ]
            if len(here) > most:
                most, best = len(here), (text, here)
        return _cut("remarks", best[0], _marks(*best), self._width) if best else None

    def _matching(self, entry: Entry) -> Snippet | None:
        most, best = 0, None
        for where, texts in _texts(entry):
            mine = [one for one in self._wanted if one.where in (None, where)]
            for text in texts if mine else ():
                if most == self._words:
                    break
                field = field_string([text])
                here = [(one.words, held) for one in mine if (held := one.within(field))]
                hits = len(frozenset[int]().union(*(words for words, _ in here)))
                if hits > most:
                    most, best = hits, (where, text, here)
            if best and where != "commentary":
                break
        if not best:
            return None
        where, text, here = best
        return _cut(where, text, _marks(text, here), self._width)

    def _opening(self, entry: Entry) -> Snippet | None:
        for where, texts in islice(_texts(entry), 2):
            for text in texts:
                if text:
                    return _cut(where, text, [], self._width)
        return None


def _texts(entry: Entry) -> Iterator[tuple[Where, Iterable[str]]]:
    """The texts of each field, made plain as they are asked for."""
    yield "commentary", (_plain(paragraph.text) for paragraph in entry.commentary)
    yield "abstract", map(_plain, entry.abstract)
    yield "authors", [_plain(", ".join(entry.authors))]
    yield "tags", [" ".join(f"#{tag}" for tag in entry.tags)]
    yield "title", [_plain(entry.title)]


_FIELDS: dict[type[Node], Where] = {
    Title: "title",
    Author: "authors",
    Abstract: "abstract",
    Commentary: "commentary",
}


def _wanted(tree: Node | None, reading: Reading | None) -> Iterator[_Wanted]:
    loose = (
        [term for term in reading.terms if reading.loose.issuperset(range(term.first, term.last))] if reading else []
    )
    read = {form.text for term in loose for form in term.forms if form.how == "typed"}
    for term in loose:
        found = dict.fromkeys(needle for form in term.forms for needle in needles(form.text))
        yield _Wanted(frozenset(range(term.first, term.last)), tuple(found))
    for number, node in enumerate(asked(tree), len(reading.words) if reading else 0):
        if not (isinstance(node, Word) and node.text in read):
            yield _Wanted(frozenset({number}), needles(node.text), _FIELDS.get(type(node)))


def _plain(markdown: str) -> str:
    text = _MARKER.sub("", markdown[:_LONGEST])
    if "](" in text:
        text = _LINK.sub(r"\1", text)
    if "*" in text or "_" in text or "`" in text:
        text = _EMPHASIS.sub("", text)
    return " ".join(nfc(text).split())


def _marks(text: str, held: Iterable[tuple[Iterable[int], Iterable[str]]]) -> list[tuple[int, int, int]]:
    """Start, end, and which of the query's words stands there, from left to right."""
    return sorted(
        (start, end, which)
        for words, found in held
        for needle in found
        for start, end in spans(text, needle)
        for which in words
    )


def _cut(where: Where, text: str, marks: Sequence[tuple[int, int, int]], width: int) -> Snippet:
    """The window that shows most different matches, its ends at the borders of words."""
    first, last = _window(text, marks, width)
    pieces: list[tuple[str, bool]] = [("…", False)] if first else []
    at = first
    for start, end, _ in marks:
        start, end = max(start, at), min(end, last)
        if start < end:
            pieces += [(text[at:start], False), (text[start:end], True)]
            at = end
    pieces.append((text[at:last], False))
    if last < len(text):
        pieces.append(("…", False))
    return Snippet(where, tuple(_merged(piece for piece in pieces if piece[0])))


def _window(text: str, marks: Sequence[tuple[int, int, int]], width: int) -> tuple[int, int]:
    if len(text) <= width:
        return 0, len(text)
    fitting = [mark for mark in marks if mark[1] - mark[0] <= width]
    by_end = sorted(fitting, key=lambda mark: mark[1])
    best = shown = entered = left = 0
    inside: Counter[int] = Counter()
    for start, _, _ in fitting:  # from left to right, so that a mark comes into the window once and goes once
        first = max(0, min(start - int(width * _LEAD), len(text) - width))
        while entered < len(by_end) and by_end[entered][1] <= first + width:
            inside[by_end[entered][2]] += 1
            entered += 1
        while fitting[left][0] < first:
            inside[fitting[left][2]] -= 1
            left += 1
        here = len(+inside)
        if here > shown:
            best, shown = first, here
    covered = [(a, b) for a, b, _ in marks if best <= a and b <= best + width]
    first, last = best, best + width
    if first:
        space = text.find(" ", first - 1, min((a for a, _ in covered), default=last))
        first = space + 1 if space >= 0 else first
    if last < len(text):
        space = text.rfind(" ", max((b for _, b in covered), default=first), last + 1)
        last = space if space > first else last
    return first, last


def _merged(pieces: Iterable[tuple[str, bool]]) -> Iterable[tuple[str, bool]]:
    """Neighbours of one kind as one."""
    held: tuple[str, bool] | None = None
    for text, matched in pieces:
        if held and held[1] == matched:
            held = (held[0] + text, matched)
            continue
        if held:
            yield held
        held = (text, matched)
    if held:
        yield held
