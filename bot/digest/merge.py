"""What the documents of a day say, put together paper by paper: which statements are about one paper, and what they say
in all. `paperround parse` and the store both use it, so that both show the same day.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from bot.digest.keys import canonical_link, is_generic, paper_ids, tag_key, title_key
from bot.digest.lines import is_korean
from bot.digest.model import Entry, Paragraph

ALIKE = 20  # Of entries with one title on one day, so many are compared with each other: it costs a square.


@dataclass(slots=True, eq=False)
class Statement:
    """What one document says of a paper."""

    uri: str
    name: str
    position: int
    entry: Entry
    ids: dict[str, str]
    """`keys.paper_ids` of its links."""
    title_key: str

    def order(self) -> tuple[str, str, int]:
        """Where it is in its day: notes by file name, the entries of one document as they appear in it."""
        return self.name.rpartition("/")[2], self.uri, self.position

    @property
    def is_named(self) -> bool:
        """Whether its title can tell it from other papers."""
        return not is_generic(self.entry.title)


def make_statement(uri: str, name: str, position: int, entry: Entry) -> Statement:
    entry = _without_doubles(entry)
    return Statement(uri, name, position, entry, paper_ids(entry.links), title_key(entry.title))


def differ(one: dict[str, str], other: dict[str, str]) -> bool:
    """Whether these are ids of two papers. Ids of two schemes may be one paper's at two places."""
    return any(other.get(scheme, paper) != paper for scheme, paper in one.items())


class MergedEntry:
    """Statements about one paper."""

    def __init__(self, statement: Statement) -> None:
        self.statements = [statement]
        self.ids = dict(statement.ids)

    def absorb(self, other: "MergedEntry") -> None:
        self.statements += other.statements
        self.ids |= other.ids
        other.statements = []

    def finish(self) -> None:
        self.statements.sort(key=Statement.order)
        self.entry = unite([statement.entry for statement in self.statements])
        self.titles = dict.fromkeys(statement.title_key for statement in self.statements)
        self.held: dict[str, list[Statement]] = {}
        for statement in self.statements:
            self.held.setdefault(statement.uri, []).append(statement)


def merge(statements: Iterable[Statement]) -> list[MergedEntry]:
    """The papers of one day, in its order, each with all that is said of it.

    Two statements are about one paper where they have the same id (arXiv, DOI, OpenReview, ACL, PMLR); or the same
    title and, with it, a link or the authors. Statements whose ids differ never are.
    """
    merged: list[MergedEntry] = []
    by_id: dict[str, list[MergedEntry]] = {}
    for statement in sorted(statements, key=Statement.order):
        one = MergedEntry(statement)
        alike = [other for paper in statement.ids.values() for other in islice(by_id.get(paper, ()), ALIKE)]
        one = _joined(one, alike)
        if one.statements[0] is statement:
            merged.append(one)
        for paper in statement.ids.values():
            by_id.setdefault(paper, []).append(one)
    by_title: dict[str, list[MergedEntry]] = {}
    for one in merged:
        if one.statements:
            for title in {statement.title_key for statement in one.statements}:
                by_title.setdefault(title, []).append(one)
    for title, several in by_title.items():
        if len(several) > 1 and not is_generic(title):
            _join_by_title(title, several)
    found = [one for one in merged if one.statements]
    for one in found:
        one.finish()
    return sorted(found, key=lambda one: one.statements[0].order())


def _joined(one: MergedEntry, others: Sequence[MergedEntry]) -> MergedEntry:
    """The first of the others that it can be, with this and all others that it can be too."""
    for other in others:
        if other is not one and other.statements and one.statements and not differ(one.ids, other.ids):
            other.absorb(one)
            one = other
    return one


def _join_by_title(title: str, several: Sequence[MergedEntry]) -> None:
    facts: dict[int, set[str]] = {}
    for at, one in enumerate(several):
        facts[at] = {
            fact for each in one.statements if each.title_key == title for fact in _facts_beside_title(each.entry)
        }
    for at, one in enumerate(several):
        for before in range(max(0, at - ALIKE), at):
            other = several[before]
            if one.statements and other.statements and facts[at] & facts[before] and not differ(one.ids, other.ids):
                other.absorb(one)
                facts[before] |= facts[at]


def _facts_beside_title(entry: Entry) -> Iterator[str]:
    """What makes two entries of one title one paper where they have it in common: a link, or all authors."""
    yield from (canonical_link(link) for link in entry.links)
    if entry.authors:
        yield "\n".join(sorted(title_key(name) for name in entry.authors))


def unite(entries: Sequence[Entry]) -> Entry:
    """One entry that says what all of these, in this order, say of one paper.

    The title and the authors are those of the one that says most. Every commentary is kept, and so is a second title,
    above what was written under it; what was written twice is kept once, as are tags and links.
    """
    if len(entries) == 1:
        return _without_doubles(entries[0])
    fullest = max(entries, key=_length)  # the first of equals
    by_weight = [fullest, *(entry for entry in entries if entry is not fullest)]
    # A print loses the paper's own link, so a list that begins with a paper's id says best which link that is.
    by_link = sorted(entries, key=lambda entry: not paper_ids(entry.links[:1]))
    commentaries = [_with_other_title(entry, fullest) for entry in entries]
    kept = iter(_without_repeats([[each.text for each in commentary] for commentary in commentaries]))
    commentary = tuple(each for commentary in commentaries for each in commentary if next(kept))
    abstracts = [entry.abstract for entry in by_weight]
    kept = iter(_without_repeats(abstracts))
    return _without_doubles(
        Entry(
            title=fullest.title,
            authors=next((entry.authors for entry in by_weight if entry.authors), ()),
            links=tuple(link for entry in by_link for link in entry.links),
            abstract=tuple(text for abstract in abstracts for text in abstract if next(kept)),
            commentary=commentary,
            tags=tuple(tag for entry in entries for tag in entry.tags),
            notes=tuple(dict.fromkeys(note for entry in entries for note in entry.notes)),
        )
    )


def _with_other_title(entry: Entry, fullest: Entry) -> tuple[Paragraph, ...]:
    if title_key(entry.title) == title_key(fullest.title) or is_generic(entry.title):
        return entry.commentary
    title = re.sub(r"[*\n]", " ", entry.title).strip()
    return (Paragraph(f"**{title}**", "ko" if is_korean(title) else "en"), *entry.commentary)


_WORD = re.compile(r"\w+")
_FEW_WORDS = 8  # Shorter paragraphs are the same only letter by letter: "Nice work" is no part of a longer one.
_COMPARED = 40  # Paragraphs that are compared word by word with each other: it costs a square.


def _without_repeats(texts: Sequence[Sequence[str]]) -> list[bool]:
    """Which paragraphs to keep: of one that several texts have, the first, or the one with more words.

    A copy that lost its marks (a print of a note) is a repeat; a paragraph that a text itself repeats is none.
    """
    paragraphs = [(at, text) for at, own in enumerate(texts) for text in own]
    keep = [True] * len(paragraphs)
    first: dict[str, int] = {}
    words: list[tuple[int, int, frozenset[str]]] = []
    for index, (at, text) in enumerate(paragraphs):
        folded = text.casefold()
        letters = "".join(_WORD.findall(folded)) or folded
        if first.setdefault(letters, at) != at:
            keep[index] = False
            continue
        own = frozenset(_WORD.findall(folded))
        if len(own) < _FEW_WORDS:
            continue
        for before, where, others in islice(reversed(words), _COMPARED):
            if where == at or not keep[before] or 10 * len(own & others) < 8 * len(own | others):
                continue
            if own <= others:
                keep[index] = False
            elif others <= own:
                keep[before] = False
        words.append((index, at, own))
    return keep


def _without_doubles(entry: Entry) -> Entry:
    if len(entry.links) < 2 and len(entry.tags) < 2:
        return entry
    links = {canonical_link(link): link for link in reversed(entry.links)}
    tags = {tag_key(tag): tag for tag in reversed(entry.tags)}
    if len(links) == len(entry.links) and len(tags) == len(entry.tags):
        return entry
    return replace(
        entry,
        links=tuple(link for link in entry.links if links.pop(canonical_link(link), None) is not None),
        tags=tuple(tag for tag in entry.tags if tags.pop(tag_key(tag), None) is not None),
    )


def _length(entry: Entry) -> int:
    return sum(map(len, entry.abstract)) + sum(len(paragraph.text) for paragraph in entry.commentary)
