"""Which entry of a day a document's words belong to, as a working set in memory: no SQL.

`shelf` loads a day's papers, lets documents be read and forgotten here, settles the day, and writes down what changed.
Which statements are about one paper follows from the statements alone; history only says which row that paper is.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import reduce
from itertools import chain, islice

from bot.digest.keys import canonical_link, entry_key, tag_key, title_key
from bot.digest.model import Entry

SCHEMES = ("arxiv", "doi", "openreview")
ALIKE = 20  # A title that so many papers of a day bear tells none of them from the others; looking on costs a square.


@dataclass(slots=True, eq=False)
class Held:
    """What one document says of a paper."""

    uri: str
    name: str
    position: int
    entry: Entry
    key: str
    title_key: str

    def order(self) -> tuple[str, str, int]:
        """Where it stands in its day: notes by file name, the entries of one document as they appear in it."""
        return self.name.rpartition("/")[2], self.uri, self.position


def hold(uri: str, name: str, position: int, entry: Entry) -> Held:
    entry = _without_doubles(entry)
    return Held(uri, name, position, entry, entry_key(entry), title_key(entry.title))


@dataclass(slots=True, eq=False)
class Paper:
    """An entry row, with every document that holds it. Withdrawn where none does."""

    id: int | None
    key: str
    title_key: str
    entry: Entry
    position: int = 0
    withdrawn: bool = False
    held: dict[str, list[Held]] = field(default_factory=dict)
    """By the document's uri; a document may speak of a paper twice."""

    def said(self) -> Iterator[Held]:
        return chain.from_iterable(self.held.values())


@dataclass(slots=True, eq=False)
class Day:
    """The papers of one digest day of a source."""

    id: int | None
    day: date
    title: str = ""
    papers: list[Paper] = field(default_factory=list)
    _read: dict[str, list[Held]] = field(default_factory=dict)

    def read(self, uri: str, name: str, entries: Iterable[Entry]) -> None:
        """A document says this now, in place of what it said before."""
        self._read[uri] = [hold(uri, name, position, entry) for position, entry in enumerate(entries)]

    def forget(self, uri: str) -> None:
        """A document is gone."""
        self._read[uri] = []

    def settle(self) -> list[Paper]:
        """Make the papers say what the documents say together, numbered from 0. Returns those that may have changed."""
        kept = (held for paper in self.papers for held in paper.said() if held.uri not in self._read)
        said = sorted(chain(kept, *self._read.values()), key=Held.order)
        self._read = {}
        touched = []
        groups = _grouped(said)
        papers = self._papers_of(groups)
        for position, (group, paper) in enumerate(zip(groups, papers, strict=True)):
            paper.position = position
            if paper.held == group.held:  # the very same statements: they compare by identity
                continue
            paper.held, paper.withdrawn = group.held, False
            paper.entry, paper.key, paper.title_key = group.entry, group.key, title_key(group.entry.title)
            touched.append(paper)
        present = set(papers)
        for paper in self.papers:
            if paper not in present and paper.held:
                paper.held, paper.withdrawn = {}, True
                touched.append(paper)
        known = set(self.papers)
        self.papers += [paper for paper in papers if paper not in known]
        return touched

    def _papers_of(self, groups: Sequence["_Group"]) -> list[Paper]:
        """The row each group is: of its key, else one that its documents held, else of its title; else a new one."""
        found: dict[_Group, Paper] = {}
        taken: set[Paper] = set()

        def match(group: _Group | None, paper: Paper | None) -> None:
            if group is not None and paper is not None and group not in found and paper not in taken:
                found[group] = paper
                taken.add(paper)

        by_key = {paper.key: paper for paper in self.papers}
        for group in groups:
            match(group, by_key.get(group.key))
        for group in groups:
            for key in group.keys:
                match(group, by_key.get(key))
        said = {(held.uri, held.key): group for group in groups for held in group.said}
        for paper in self.papers:
            for held in paper.said():
                match(said.get((held.uri, held.key)), paper)
        by_title: dict[str, list[Paper]] = {}
        # Of two of one title, the one that is not withdrawn.
        for paper in sorted(self.papers, key=lambda paper: not paper.held):
            by_title.setdefault(paper.title_key, []).append(paper)
        for group in groups:
            for title in group.titles:
                alike = [paper for paper in islice(by_title.get(title, ()), ALIKE) if paper not in taken]
                # An edit may give a paper another id; in another document another id is another paper.
                match(group, next((paper for paper in alike if paper.held.keys() & group.held.keys()), None))
                match(group, next((paper for paper in alike if not group.differs(paper.key)), None))
        return [found.get(group) or Paper(None, group.key, "", group.entry) for group in groups]


class _Group:
    """Statements about one paper."""

    def __init__(self, said: Sequence[Held]) -> None:
        self.said = list(said)
        self.keys = dict.fromkeys(held.key for held in said)
        self.titles = dict.fromkeys(held.title_key for held in said)
        self.ids = {scheme: key for key in self.keys if (scheme := _scheme(key))}

    def unite(self) -> None:
        """Put together what was said, by document and in all."""
        self.said.sort(key=Held.order)
        self.held: dict[str, list[Held]] = {}
        for held in self.said:
            self.held.setdefault(held.uri, []).append(held)
        self.entry = unite([held.entry for held in self.said])
        self.key = entry_key(self.entry)

    def first(self) -> tuple[str, str, int]:
        return self.said[0].order()

    def differs(self, key: str) -> bool:
        """Whether this key is another paper's. One title under two schemes is one paper at two places."""
        scheme = _scheme(key)
        return scheme is not None and self.ids.get(scheme, key) != key

    def absorb(self, other: "_Group") -> None:
        self.said += other.said
        self.keys |= other.keys
        self.titles |= other.titles
        self.ids |= other.ids
        other.said = []


def _grouped(said: Sequence[Held]) -> list[_Group]:
    """The papers of these statements: of one key, or of one title and not of different ids. In the day's order."""
    by_key: dict[str, list[Held]] = {}
    for held in said:
        by_key.setdefault(held.key, []).append(held)
    groups = [_Group(of_key) for of_key in by_key.values()]
    by_title: dict[str, list[_Group]] = {}
    for group in groups:
        for title in list(group.titles):
            alike = [other for other in islice(by_title.get(title, ()), ALIKE) if other.said and other is not group]
            for other in alike:
                if not any(group.differs(key) for key in other.ids.values()):
                    group.absorb(other)
        for title in group.titles:
            by_title.setdefault(title, []).append(group)
    groups = [group for group in groups if group.said]
    for group in groups:
        group.unite()
    return sorted(groups, key=_Group.first)


def unite(entries: Sequence[Entry]) -> Entry:
    """One entry that says what all of these say of one paper: the fuller text, every tag and link once.

    What the fuller one lacks altogether is taken from the others.
    """
    if len(entries) == 1:
        return _without_doubles(entries[0])
    fuller = max(entries, key=_length)  # the first of equals
    by_weight = [fuller, *(entry for entry in entries if entry is not fuller)]
    # A print loses the paper's own link, so a list that begins with a paper's id says best which link that is.
    by_link = sorted(entries, key=lambda entry: _scheme(entry_key(entry)) is None)
    merged = reduce(
        lambda one, other: replace(
            one,
            authors=one.authors or other.authors,
            abstract=one.abstract or other.abstract,
            commentary=one.commentary or other.commentary,
        ),
        by_weight,
    )
    return _without_doubles(
        replace(
            merged,
            links=tuple(link for entry in by_link for link in entry.links),
            tags=tuple(tag for entry in entries for tag in entry.tags),
            notes=tuple(dict.fromkeys(note for entry in entries for note in entry.notes)),
        )
    )


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


def _scheme(key: str) -> str | None:
    """``arxiv``, ``doi``, ``openreview`` of a paper's id; None of a mere link or title."""
    scheme = key.partition(":")[0]
    return scheme if scheme in SCHEMES else None
