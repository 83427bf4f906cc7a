"""Which entry of a day a document's words belong to, as a working set in memory: no SQL.

`digests` loads a day's papers, lets documents be read or forgotten here, and writes down what changed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import reduce

from bot.digest.keys import canonical_link, entry_key, tag_key, title_key
from bot.digest.model import Entry


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


@dataclass(slots=True, eq=False)
class Paper:
    """An entry row, with every document that holds it. Withdrawn where none does."""

    id: int | None
    key: str
    title_key: str
    entry: Entry
    position: int = 0
    withdrawn: bool = False
    held: dict[str, Held] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Day:
    """The papers of one digest day of a source."""

    id: int | None
    day: date
    title: str = ""
    papers: list[Paper] = field(default_factory=list)
    renamed: list[tuple[Paper, str]] = field(default_factory=list)
    """Every change of a key, as it happened: written in another order, two papers could bear one key for a moment."""

    def read(self, uri: str, name: str, entries: Sequence[Entry]) -> list[Paper]:
        """Hold what a document says now, in place of what it said before. Returns the papers this may have changed."""
        said = _once_each(uri, name, entries)
        before = self.held_by(uri)
        for paper in before:
            del paper.held[uri]
        found = self._find(said, before)
        touched = list(before)
        for held in said:
            paper = found.get(id(held)) or self._add(held)
            paper.held[uri] = held
            if paper not in before:
                touched.append(paper)
        for paper in touched:
            self._unite(paper)
        return touched

    def forget(self, uri: str) -> list[Paper]:
        """The document is gone. Returns the papers this may have changed."""
        return self.read(uri, "", ())

    def held_by(self, uri: str) -> list[Paper]:
        return [paper for paper in self.papers if uri in paper.held]

    def order(self) -> None:
        """Number the papers that are not withdrawn from 0."""
        present = [paper for paper in self.papers if paper.held]
        for position, paper in enumerate(sorted(present, key=lambda paper: _first(paper).order())):
            paper.position = position

    def _add(self, held: Held) -> Paper:
        paper = Paper(None, held.key, held.title_key, held.entry)
        self.papers.append(paper)
        return paper

    def _find(self, said: Sequence[Held], before: Sequence[Paper]) -> dict[int, Paper]:
        """The paper each is about, by ``id(held)``: by key first, then by title; no paper twice."""
        by_own_key: dict[str, Paper] = {}
        by_key: dict[str, Paper] = {}
        by_title: dict[str, list[Paper]] = {}
        # Of two that would do, the one this document held already, then one that is not withdrawn.
        for paper in sorted(self.papers, key=lambda paper: (paper not in before, not paper.held)):
            by_own_key[paper.key] = paper
            by_title.setdefault(paper.title_key, []).append(paper)
            for held in paper.held.values():
                by_key.setdefault(held.key, paper)
                if held.title_key != paper.title_key:
                    by_title.setdefault(held.title_key, []).append(paper)
        found: dict[int, Paper] = {}
        taken: set[Paper] = set()
        for keys in (by_own_key, by_key):
            for held in said:
                paper_of_key = keys.get(held.key)
                if id(held) not in found and paper_of_key is not None and paper_of_key not in taken:
                    found[id(held)] = paper_of_key
                    taken.add(paper_of_key)
        for held in said:
            if id(held) in found or not held.title_key:
                continue
            for paper in by_title.get(held.title_key, ()):
                # An edit may give a paper another link; another document's paper of another id is another paper.
                ids = [other.key for other in paper.held.values()] if paper in before else [paper.key]
                if paper not in taken and not any(_differ(held.key, other) for other in ids):
                    found[id(held)] = paper
                    taken.add(paper)
                    break
        return found

    def _unite(self, paper: Paper) -> None:
        """Make the paper say what its documents say together."""
        paper.withdrawn = not paper.held
        if not paper.held:
            return
        held = sorted(paper.held.values(), key=Held.order)
        paper.entry = unite([one.entry for one in held])
        paper.title_key = held[0].title_key if len(held) == 1 else title_key(paper.entry.title)
        key = held[0].key if len(held) == 1 else entry_key(paper.entry)
        if key != paper.key and not any(other.key == key for other in self.papers):
            paper.key = key
            self.renamed.append((paper, key))


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


def _once_each(uri: str, name: str, entries: Iterable[Entry]) -> list[Held]:
    """A document's entries; of those about one paper, one, where the first stood."""
    said: list[Held] = []
    by_key: dict[str, int] = {}
    by_title: dict[str, int] = {}
    for position, entry in enumerate(entries):
        held = hold(uri, name, position, entry)
        at = by_key.get(held.key)
        if at is None and held.title_key:
            at = by_title.get(held.title_key)
            if at is not None and _differ(said[at].key, held.key):
                at = None
        if at is None:
            at = len(said)
            said.append(held)
        else:
            said[at] = hold(uri, name, said[at].position, unite([said[at].entry, entry]))
        for key in (held.key, said[at].key):
            by_key.setdefault(key, at)
        for title in (held.title_key, said[at].title_key):
            by_title.setdefault(title, at)
    return said


def hold(uri: str, name: str, position: int, entry: Entry) -> Held:
    entry = _without_doubles(entry)
    return Held(uri, name, position, entry, entry_key(entry), title_key(entry.title))


def _first(paper: Paper) -> Held:
    return min(paper.held.values(), key=Held.order)


def _length(entry: Entry) -> int:
    return sum(map(len, entry.abstract)) + sum(len(paragraph.text) for paragraph in entry.commentary)


def _scheme(key: str) -> str | None:
    """``arxiv``, ``doi``, ``openreview`` of a paper's id; None of a mere link or title."""
    scheme = key.partition(":")[0]
    return scheme if scheme in ("arxiv", "doi", "openreview") else None


def _differ(one: str, other: str) -> bool:
    """Whether these keys are ids of two papers. One title under two schemes is one paper at two places."""
    return one != other and _scheme(one) is not None and _scheme(one) == _scheme(other)
