"""The days some documents speak of, taken from the tables, changed in memory, and written back.

Everything is read with a handful of statements before and written with a handful after, however many documents there
are: an archive of years is saved in the time of a few.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlalchemy.engine import Connection

from bot.digest.document import Document
from bot.digest.follow import follow
from bot.digest.keys import note_key, tag_key, title_key
from bot.digest.merge import Statement, make_statement
from bot.digest.model import Digest, StoredEntry
from bot.digest.papers import paper_id
from bot.store import tables as t
from bot.store.database import bunches, insert_missing
from bot.store.entries import content, fields, load, read_content, storable
from bot.store.holding import Day, Paper

_MOMENT = timedelta(microseconds=1)
"""The shortest that both databases tell apart."""


class EntryIndex(Protocol):
    """What finds entries by their words. Told of every change within the transaction that makes it."""

    def update(self, connection: Connection, entries: Sequence[StoredEntry]) -> None:
        """These are new, say something else now, or are withdrawn."""
        ...


@dataclass(frozen=True, slots=True)
class SaveReport:
    """What saving documents did to the entries they hold, in entries."""

    added: int = 0
    changed: int = 0
    """Those that came back are among them."""
    unchanged: int = 0
    withdrawn: int = 0


@dataclass(slots=True, eq=False)
class _Known:
    """A document row."""

    id: int | None
    hash: str
    changed_at: datetime | None
    day: Day | None
    uri: str
    """As it is remembered."""
    offered: Document | None = None
    shape: str | None = None


@dataclass(frozen=True, slots=True)
class _Touched:
    """The papers that may have changed, with their days; those that are new, say something else, and are gone."""

    days: dict[Paper, Day]
    new: list[Paper]
    changed: list[Paper]
    gone: list[Paper]

    def report(self) -> SaveReport:
        present = sum(1 for paper in self.days if not paper.withdrawn)
        added, changed = len(self.new), len(self.changed)
        return SaveReport(added, changed, present - added - changed, len(self.gone))


class Shelf:
    """Documents of one source and the days they speak of, for the length of one transaction."""

    def __init__(self, connection: Connection, source: str) -> None:
        self._connection = connection
        self._source = source
        self._documents: dict[str, _Known] = {}
        self._missing: dict[str, _Known] = {}
        self._days: dict[date, Day] = {}
        self._before: dict[Day, tuple[str, datetime]] = {}
        self._stored: dict[Paper, StoredEntry] = {}

    def load(self, uris: Collection[str], days: Collection[date], missing: Collection[str] = ()) -> None:
        """Take these documents, the days they spoke of, and these days; of what is ``missing``, what may have been
        renamed to one of these documents."""
        documents = self._load_documents(uris)
        gone = self._load_documents(missing) if missing and len(documents) < len(set(uris)) else []
        of_documents = {digest_id for *_, digest_id in (*documents, *gone) if digest_id is not None}
        by_id = self._load_days(of_documents, days)
        for found, into in ((documents, self._documents), (gone, self._missing)):
            for uri, document_id, hash_, changed_at, digest_id in found:
                day = by_id[digest_id] if digest_id is not None else None
                into[uri] = _Known(document_id, hash_, changed_at, day, uri)
        self._days = {day.day: day for day in by_id.values()}
        for some in bunches(sorted(by_id)):
            self._load_papers(t.Entry.digest_id.in_(some))

    def _load_documents(self, uris: Collection[str]) -> list[tuple[str, int, str, datetime, int | None]]:
        d = t.Document
        found: list[tuple[str, int, str, datetime, int | None]] = []
        question = sa.select(d.uri, d.id, d.hash, d.changed_at, d.digest_id).where(d.source == self._source)
        for some in bunches(sorted(uris)):
            found += self._connection.execute(question.where(d.uri.in_(some)))
        return found

    def _load_days(self, ids: Collection[int], days: Collection[date]) -> dict[int, Day]:
        g = t.Digest
        found: dict[int, Day] = {}
        question = sa.select(g.id, g.day, g.title, g.changed_at).where(g.source == self._source)
        of_these = [g.id.in_(some) for some in bunches(sorted(ids))]
        on_these = [g.day.in_(some) for some in bunches(sorted(days))]
        for condition in of_these + on_these:
            for digest_id, day, title, changed_at in self._connection.execute(question.where(condition)):
                if digest_id not in found:
                    found[digest_id] = Day(digest_id, day, title)
                    self._before[found[digest_id]] = title, changed_at
        return found

    def _load_papers(self, condition: sa.ColumnElement[bool]) -> None:
        papers: dict[int, Paper] = {}
        for stored in load(self._connection, condition):
            entry = stored.entry
            paper = Paper(
                stored.id, stored.key, title_key(entry.title), entry, stored.position, withdrawn=stored.withdrawn
            )
            papers[stored.id] = paper
            self._stored[paper] = stored
            self._days[stored.day].papers.append(paper)
        h, d = t.EntryDocument, t.Document
        rows = self._connection.execute(
            sa.select(h.entry_id, d.uri, d.name, h.position, h.content)
            .join(d, d.id == h.document_id)
            .join(t.Entry, t.Entry.id == h.entry_id)
            .where(condition)
        )
        for entry_id, uri, name, position, own in rows:
            paper = papers[entry_id]
            said = [(position, paper.entry)] if own is None else map(read_content, own)
            paper.held[uri] = [make_statement(uri, name, at, entry) for at, entry in said]

    def read(self, document: Document, digest: Digest) -> None:
        """A document says this now."""
        digest = storable(digest)
        day = self._days.get(digest.day)
        if day is None:
            day = self._days[digest.day] = Day(None, digest.day)
        known = self._documents.get(document.uri)
        if known is None:
            known = self._take_renamed(document, digest) or _Known(None, "", None, None, document.uri)
            self._documents[document.uri] = known
        if known.day is not None and known.day is not day:
            known.day.forget(known.uri)
        if digest.shape != "note" or not day.title:
            day.title = digest.title
        is_note = digest.shape == "note"
        day.read(document.uri, document.name, digest.entries, was=known.uri, is_note=is_note)
        known.day, known.offered, known.shape = day, document, digest.shape

    def _take_renamed(self, document: Document, digest: Digest) -> _Known | None:
        """The missing document that this new one was before: one of the same bytes, else a note of the same paper."""
        for uri, known in self._missing.items():
            if known.hash == document.hash:
                return self._missing.pop(uri)
        day = self._days[digest.day]
        if digest.shape != "note" or not self._missing or not digest.entries:
            return None
        old = list(day.said_by(self._missing.keys()))
        new = [make_statement(document.uri, document.name, 0, digest.entries[0])]
        for then, _ in follow(old, new, surely=True):
            return self._missing.pop(old[then].uri)
        return None

    def forget_known(self, uris: Collection[str]) -> "Shelf":
        """Of these documents, those that are remembered hold nothing any more."""
        for uri in uris:
            if uri in self._documents:
                self.forget(uri)
        return self

    def forget(self, uri: str) -> None:
        """A document is gone. Its row is the caller's to delete, after `write`."""
        day = self._documents[uri].day
        if day is not None:
            day.forget(uri)

    def rehearse(self) -> SaveReport:
        """What `write` would do."""
        return self._settle().report()

    def _settle(self) -> "_Touched":
        days = {paper: day for day in self._days.values() for paper in day.settle()}
        new = [paper for paper in days if paper.id is None]
        gone = [paper for paper in days if paper.withdrawn and not self._was_withdrawn(paper)]
        changed = [paper for paper in days if paper.id is not None and not paper.withdrawn and self._differs(paper)]
        return _Touched(days, new, changed, gone)

    def write(self, index: EntryIndex, now: datetime) -> SaveReport:
        """Write down what changed, and tell the index."""
        what = self._settle()
        touched, new, changed, gone = what.days, what.new, what.changed, what.gone
        self._insert_days(now)
        self._write_documents(now)
        self._write_keys([paper for paper in touched if paper in self._stored and self._stored[paper].key != paper.key])
        self._update(changed, touched, now)
        self._insert(new, touched, now)
        self._withdraw(gone, touched, now)
        moved = self._write_positions()
        shown = [paper for paper in changed if self._reads_differently(paper)]
        self._write_changed_days([*(touched[paper] for paper in (*new, *gone, *shown)), *moved], now)
        self._write_lists([paper for paper in changed if self._stored[paper].entry != paper.entry], new)
        self._write_holders(touched)
        index.update(self._connection, [self._value(paper, touched[paper]) for paper in (*new, *changed, *gone)])
        return what.report()

    def _was_withdrawn(self, paper: Paper) -> bool:
        stored = self._stored.get(paper)
        return stored is not None and stored.withdrawn

    def _differs(self, paper: Paper) -> bool:
        stored = self._stored[paper]
        return (stored.key, stored.withdrawn, stored.entry) != (paper.key, paper.withdrawn, paper.entry)

    def _reads_differently(self, paper: Paper) -> bool:
        """Whether what differs is more than the notes it links to, which no message shows."""
        stored = self._stored[paper]
        was, is_now = replace(stored.entry, notes=()), replace(paper.entry, notes=())
        return (stored.key, stored.withdrawn, was) != (paper.key, paper.withdrawn, is_now)

    def _value(self, paper: Paper, day: Day) -> StoredEntry:
        return StoredEntry(_id(paper), paper.key, self._source, day.day, paper.position, paper.entry, paper.withdrawn)

    def _insert_days(self, now: datetime) -> None:
        new = [day for day in self._days.values() if day.id is None]
        rows = [{"source": self._source, "day": day.day, "title": day.title, "changed_at": now} for day in new]
        for day, digest_id in zip(new, self._insert_rows(t.Digest, rows), strict=True):
            day.id = digest_id

    def _moment(self, day: Day, now: datetime) -> datetime:
        """When a change of the day counts as made: later than the one before, also where the clock was put back."""
        return max(now, self._before[day][1] + _MOMENT) if day in self._before else now

    def _write_changed_days(self, changed: Sequence[Day], now: datetime) -> None:
        """The titles, and that these days changed and those of another title.

        Were a change not later than the one before, it would count as settled.
        """
        others = {day for day, (title, _) in self._before.items() if day.title != title}
        rows = [
            {"of": day.id, "called": day.title, "at": self._moment(day, now)}
            for day in {*changed, *others}
            if day in self._before
        ]
        g = t.Digest
        values: dict[str, Any] = {"title": bindparam("called"), "changed_at": bindparam("at")}
        self._execute_many(sa.update(g).where(g.id == bindparam("of")).values(values), rows)

    def _write_documents(self, now: datetime) -> None:
        new, old = [], []
        for known in self._documents.values():
            document, day = known.offered, known.day
            if document is None or day is None:
                continue
            row: dict[str, Any] = {
                "uri": document.uri,
                "name": document.name,
                "hash": document.hash,
                "etag": document.etag,
                "last_modified": document.last_modified,
                "shape": known.shape,
                "note_key": note_key(document.name) if known.shape == "note" else None,
                "digest_id": day.id,
                "changed_at": known.changed_at if known.changed_at and known.hash == document.hash else now,
                "missing_since": None,
                "failures": 0,
                "retry_at": None,
                "error": None,
                "error_at": None,
                "draft": None,
            }
            if known.id is None:
                new.append((known, row | {"source": self._source}))
            else:
                old.append(row | {"of": known.id})
        ids = self._insert_rows(t.Document, [row for _, row in new])
        for (known, _), document_id in zip(new, ids, strict=True):
            known.id = document_id
        d = t.Document
        names = old[0].keys() - {"of"} if old else ()
        update = sa.update(d).where(d.id == bindparam("of")).values({name: bindparam(name) for name in names})
        self._execute_many(update, old)

    def _insert(self, papers: Sequence[Paper], days: dict[Paper, Day], now: datetime) -> None:
        rows = [
            fields(paper.entry)
            | {
                "digest_id": days[paper].id,
                "key": paper.key,
                "title_key": paper.title_key,
                "position": paper.position,
                "changed_at": now,
                "withdrawn_at": None,
            }
            for paper in papers
        ]
        for paper, entry_id in zip(papers, self._insert_rows(t.Entry, rows), strict=True):
            paper.id = entry_id

    def _update(self, papers: Sequence[Paper], days: dict[Paper, Day], now: datetime) -> None:
        e = t.Entry
        rows = []
        for paper in papers:
            row = fields(paper.entry) | {"title_key": paper.title_key}
            rows.append(row | {"changed_at": self._moment(days[paper], now), "withdrawn_at": None, "of": paper.id})
        names = rows[0].keys() - {"of"} if rows else ()
        update = sa.update(e).where(e.id == bindparam("of")).values({name: bindparam(name) for name in names})
        self._execute_many(update, rows)

    def _write_keys(self, papers: Sequence[Paper]) -> None:
        """Give these the keys they have now, in two steps, as papers may have changed keys with each other."""
        e = t.Entry
        update = sa.update(e).where(e.id == bindparam("of")).values(key=bindparam("named"))
        self._execute_many(update, [{"of": paper.id, "named": f"~{paper.id}"} for paper in papers])
        self._execute_many(update, [{"of": paper.id, "named": paper.key} for paper in papers])

    def _withdraw(self, papers: Sequence[Paper], days: dict[Paper, Day], now: datetime) -> None:
        e = t.Entry
        rows = [{"of": _id(paper), "at": self._moment(days[paper], now), "gone": now} for paper in papers]
        update = sa.update(e).where(e.id == bindparam("of"))
        self._execute_many(update.values(changed_at=bindparam("at"), withdrawn_at=bindparam("gone")), rows)

    def _write_positions(self) -> list[Day]:
        """A paper that comes or goes moves those after it, which nobody touched. Returns the days of what moved."""
        e = t.Entry
        moved = [
            (day, {"of": paper.id, "to": paper.position})
            for day in self._days.values()
            for paper in day.papers
            if paper.held and paper in self._stored and self._stored[paper].position != paper.position
        ]
        update = sa.update(e).where(e.id == bindparam("of")).values(position=bindparam("to"))
        self._execute_many(update, [row for _, row in moved])
        return [day for day, _ in moved]

    def _write_lists(self, changed: Sequence[Paper], new: Sequence[Paper]) -> None:
        """The links, tags and notes of these, in place of what the changed ones had."""
        for some in bunches([_id(paper) for paper in changed]):
            for table in (t.EntryLink, t.EntryTag, t.EntryNote):
                self._connection.execute(sa.delete(table).where(table.entry_id.in_(some)))
        papers = [*changed, *new]
        tag_ids = self._tag_ids({tag_key(tag) for paper in papers for tag in paper.entry.tags})
        links = [
            {"entry_id": paper.id, "position": position, "url": link, "paper_id": paper_id(link)}
            for paper in papers
            for position, link in enumerate(paper.entry.links)
        ]
        tags = [
            {"entry_id": paper.id, "tag_id": tag_ids[tag_key(tag)], "position": position, "spelling": tag}
            for paper in papers
            for position, tag in enumerate(paper.entry.tags)
        ]
        notes = [
            {"entry_id": paper.id, "position": position, "name": name, "key": note_key(name)}
            for paper in papers
            for position, name in enumerate(paper.entry.notes)
        ]
        self._execute_many(sa.insert(t.EntryLink), links)
        self._execute_many(sa.insert(t.EntryNote), notes)
        self._execute_many(sa.insert(t.EntryTag), tags)

    def _tag_ids(self, keys: Collection[str]) -> dict[str, int]:
        insert_missing(self._connection, t.Tag, [{"key": key} for key in sorted(keys)])
        ids: dict[str, int] = {}
        for some in bunches(sorted(keys)):
            rows = self._connection.execute(sa.select(t.Tag.key, t.Tag.id).where(t.Tag.key.in_(some)))
            ids |= dict(rows.all())
        return ids

    def _write_holders(self, papers: Collection[Paper]) -> None:
        """Which documents hold each paper, and what each says itself where that is not the whole."""
        for some in bunches([_id(paper) for paper in papers if paper in self._stored]):
            self._connection.execute(sa.delete(t.EntryDocument).where(t.EntryDocument.entry_id.in_(some)))
        ids = self._document_ids({uri for paper in papers for uri in paper.held})
        rows = [
            {"entry_id": paper.id, "document_id": ids[uri], "position": said[0].position, "content": _own(paper, said)}
            for paper in papers
            for uri, said in paper.held.items()
        ]
        self._execute_many(sa.insert(t.EntryDocument), rows)

    def _document_ids(self, uris: Collection[str]) -> dict[str, int]:
        d = t.Document
        ids = {
            uri: known.id for uri in uris if (known := self._documents.get(uri)) is not None and known.id is not None
        }
        for some in bunches(sorted(uris - ids.keys())):
            rows = self._connection.execute(sa.select(d.uri, d.id).where(d.source == self._source, d.uri.in_(some)))
            ids |= dict(rows.all())
        return ids

    def _insert_rows(self, table: type[t.Base], rows: Sequence[dict[str, Any]]) -> Sequence[int]:
        """Insert the rows and give their ids in that order."""
        if not rows:
            return []
        (key,) = sa.inspect(table).primary_key
        statement = sa.insert(table).returning(key, sort_by_parameter_order=True)
        return self._connection.scalars(statement, rows).all()

    def _execute_many(self, statement: sa.Executable, rows: Sequence[dict[str, Any]]) -> None:
        if rows:
            self._connection.execute(statement, rows)


def _own(paper: Paper, said: Sequence[Statement]) -> list[Any] | None:
    """What a document says itself; None where that is just the entry."""
    if len(said) == 1 and said[0].entry == paper.entry:
        return None
    return [content(held.position, held.entry) for held in said]


def _id(paper: Paper) -> int:
    """The id of a paper that has been written."""
    if paper.id is None:
        raise ValueError("not written yet")
    return paper.id
