"""Which entry of a day a document's words belong to, as a working set in memory: no SQL.

`shelf` loads a day's papers, lets documents be read and forgotten here, settles the day, and writes down what changed.
Which statements are about one paper follows from the statements alone; history only says which row that paper is.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain, islice

from bot.digest.follow import follow
from bot.digest.keys import entry_key, is_generic, paper_ids, title_key
from bot.digest.merge import ALIKE, MergedEntry, Statement, differ, make_statement, merge
from bot.digest.model import Entry


@dataclass(slots=True, eq=False)
class Paper:
    """An entry row, with every document that holds it. Withdrawn where none does."""

    id: int | None
    key: str
    title_key: str
    entry: Entry
    position: int = 0
    withdrawn: bool = False
    held: dict[str, list[Statement]] = field(default_factory=dict)
    """By the document's uri; a document may speak of a paper twice."""

    def said(self) -> Iterator[Statement]:
        return chain.from_iterable(self.held.values())


@dataclass(slots=True, eq=False)
class Day:
    """The papers of one digest day of a source."""

    id: int | None
    day: date
    title: str = ""
    papers: list[Paper] = field(default_factory=list)
    _read: dict[str, list[Statement]] = field(default_factory=dict)
    _renamed: dict[str, str] = field(default_factory=dict)
    """By a document's uri, the one it had before."""
    _notes: set[str] = field(default_factory=set)
    """Documents of one entry, which stay about it."""

    def read(
        self, uri: str, name: str, entries: Iterable[Entry], *, was: str | None = None, is_note: bool = False
    ) -> None:
        """A document says this now, in place of what it said before. ``was`` is the uri it had before, where it has
        been renamed."""
        self._read[uri] = [make_statement(uri, name, position, entry) for position, entry in enumerate(entries)]
        if is_note:
            self._notes.add(uri)
        if was is not None and was != uri:
            self._renamed[uri] = was
            self._read.setdefault(was, [])

    def forget(self, uri: str) -> None:
        """A document is gone."""
        self._read[uri] = []

    def said_by(self, uris: Collection[str]) -> Iterator[Statement]:
        """What these documents said when the day was loaded."""
        return (statement for paper in self.papers for statement in paper.said() if statement.uri in uris)

    def settle(self) -> list[Paper]:
        """Make the papers say what the documents say together, numbered from 0. Returns those that may have changed,
        also those that only have another key."""
        kept = [said for paper in self.papers for said in paper.said() if said.uri not in self._read]
        merged = merge([*kept, *chain.from_iterable(self._read.values())])
        papers = _Matching(self.papers, merged, self._predecessors(kept)).match()
        self._read, self._renamed, self._notes = {}, {}, set()
        touched = []
        for position, (one, paper) in enumerate(zip(merged, papers, strict=True)):
            paper.position = position
            if paper.held == one.held:  # the very same statements: they compare by identity
                continue
            paper.held, paper.withdrawn = one.held, False
            paper.entry, paper.title_key = one.entry, title_key(one.entry.title)
            touched.append(paper)
        present = set(papers)
        for paper in self.papers:
            if paper not in present and paper.held:
                paper.held, paper.withdrawn = {}, True
                touched.append(paper)
        known = set(self.papers)
        self.papers += [paper for paper in papers if paper not in known]
        _name(self.papers, touched)
        return touched

    def _predecessors(self, kept: Iterable[Statement]) -> dict[Statement, Statement]:
        """By what is said now, what the same document said of the same entry before."""
        found = {said: said for said in kept}
        if not self._read:
            return found
        before: dict[str, list[Statement]] = {}
        for paper in self.papers:
            for said in paper.said():
                before.setdefault(said.uri, []).append(said)
        for uri, after in self._read.items():
            old = sorted(before.get(self._renamed.get(uri, uri), ()), key=Statement.order)
            if old and after:
                pairs = follow(old, after, whole=uri in self._notes)
                found |= {after[now]: old[then] for then, now in pairs}
        return found


class _Matching:
    """Which row each paper of a day is."""

    def __init__(
        self, papers: Sequence[Paper], merged: Sequence[MergedEntry], predecessors: Mapping[Statement, Statement]
    ) -> None:
        self._merged = merged
        self._papers = papers
        self._found: dict[MergedEntry, Paper] = {}
        self._taken: set[Paper] = set()
        owners = {said: paper for paper in papers for said in paper.said()}
        self._before = {
            one: list(
                dict.fromkeys(owners[old] for said in one.statements if (old := predecessors.get(said)) is not None)
            )
            for one in merged
        }
        """By paper, the rows of what the same documents said of it before."""
        self._ids = {paper: paper_ids(paper.entry.links) for paper in papers}

    def match(self) -> list[Paper]:
        """Of its id; else of its title, in its own document first; else what its document said before, or the document
        it changed places with; else what is withdrawn and had its id or its title; else a new one."""
        if not self._papers:
            return [Paper(None, "", "", one.entry) for one in self._merged]
        live = [paper for paper in self._papers if paper.held]
        gone = [paper for paper in self._papers if not paper.held]
        self._by_id(live)
        self._by_title(live)
        for one in self._merged:
            self._take(one, self._before[one])
        self._by_likeness(live)
        self._by_exchange()
        self._by_id(gone)
        self._by_key(gone)
        self._by_title(gone)
        return [self._found.get(one) or Paper(None, "", "", one.entry) for one in self._merged]

    def _take(self, one: MergedEntry, papers: Iterable[Paper]) -> None:
        if one in self._found:
            return
        for paper in papers:
            if paper not in self._taken:
                self._found[one] = paper
                self._taken.add(paper)
                return

    def _by_id(self, papers: Sequence[Paper]) -> None:
        by_id: dict[str, list[Paper]] = {}
        for paper in papers:
            for paper_id in dict.fromkeys((*self._ids[paper].values(), paper.key)):
                by_id.setdefault(paper_id, []).append(paper)
        for one in self._merged:
            candidates = [paper for paper_id in one.ids.values() for paper in by_id.get(paper_id, ())]
            own = [paper for paper in self._before[one] if paper in candidates]
            self._take(one, own + candidates)

    def _by_likeness(self, papers: Sequence[Paper]) -> None:
        """What is left of the rows and of the papers, where a document took over what another one said."""
        rows = {next(paper.said()): paper for paper in papers if paper not in self._taken}
        left = {one.statements[0]: one for one in self._merged if one not in self._found}
        if rows and left:
            old, new = list(rows), list(left)
            for then, now in follow(old, new, surely=True):
                self._take(left[new[now]], [rows[old[then]]])

    def _by_exchange(self) -> None:
        """Where documents changed places and the rest of them was found, the last one has the row that is left over."""
        owners = {paper: one for one, paper in self._found.items()}
        for one in self._merged:
            at, seen = one, set[MergedEntry]()
            while one not in self._found and at not in seen and self._before[at]:
                seen.add(at)
                paper = self._before[at][0]
                if paper not in self._taken:
                    self._take(one, [paper])
                    owners[paper] = one
                else:
                    at = owners[paper]

    def _by_key(self, papers: Sequence[Paper]) -> None:
        by_key = {paper.key: paper for paper in papers}
        for one in self._merged:
            paper = by_key.get(entry_key(one.entry))
            self._take(one, [paper] if paper is not None else [])

    def _by_title(self, papers: Sequence[Paper]) -> None:
        """In its own documents an edit may give a paper another id; elsewhere another id is another paper.

        What a document that goes on said before is not taken from it by a new one, only by one it changes places with.
        """
        by_title: dict[str, list[Paper]] = {}
        for paper in papers:
            if not is_generic(paper.entry.title):
                by_title.setdefault(paper.title_key, []).append(paper)
        for one in self._merged:
            if any(title in by_title for title in one.titles):
                self._take(one, [paper for paper in self._before[one] if paper.title_key in one.titles])
        goes_on = {paper for before in self._before.values() for paper in before}
        for one in self._merged:
            for title in one.titles:
                alike = islice((paper for paper in by_title.get(title, ()) if paper not in self._taken), ALIKE)
                free = [paper for paper in alike if self._before[one] or paper not in goes_on]
                self._take(one, [paper for paper in free if not differ(one.ids, self._ids[paper])])


def _name(papers: Sequence[Paper], touched: list[Paper]) -> None:
    """Give each touched paper the key of what it says, numbered where another paper of the day has that key.

    A paper that is there goes before one that is withdrawn.
    """
    wanted = {paper: entry_key(paper.entry) for paper in touched if not paper.withdrawn}
    named = {paper for paper, key in wanted.items() if _is_key(paper.key, key)}
    taken = {paper.key for paper in papers if paper.held and (paper not in wanted or paper in named)}
    owners = {paper.key: paper for paper in papers if not paper.held}
    robbed: list[Paper] = []
    for paper, key in wanted.items():
        if paper not in named:
            paper.key = _free(key, taken)
            taken.add(paper.key)
            if paper.key in owners:
                robbed.append(owners.pop(paper.key))
    taken |= owners.keys()
    for paper in robbed:
        paper.key = _free(paper.key, taken)
        taken.add(paper.key)
    touched += [paper for paper in robbed if paper not in touched]


def _is_key(key: str, wanted: str) -> bool:
    """Whether this is the key that is wanted, perhaps numbered."""
    return key == wanted or (key.startswith(f"{wanted} (") and key[len(wanted) + 2 : -1].isdecimal())


def _free(key: str, taken: Collection[str]) -> str:
    name, number = key, 1
    while name in taken:
        number += 1
        name = f"{key} ({number})"
    return name
