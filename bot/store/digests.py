"""What the sources said: documents, days and entries, saved and loaded."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import aliased

from bot.digest.document import Document, KnownDocument
from bot.digest.drafts import Draft
from bot.digest.keys import tag_key
from bot.digest.model import Digest, StoredDigest, StoredEntry
from bot.store import tables as t
from bot.store.database import bunches, insert_missing, reading, transaction
from bot.store.entries import load
from bot.store.held_back import HeldBack, load_drafts, save_drafts
from bot.store.moments import Moments
from bot.store.shelf import EntryIndex, SaveReport, Shelf
from bot.store.tags import TagCount, most_used


class Failure(NamedTuple):
    """A document that could not be read, since ``when``."""

    source: str
    uri: str
    error: str
    when: datetime


_mine, _other = aliased(t.Entry), aliased(t.Entry)
_my_digest, _other_digest = aliased(t.Digest), aliased(t.Digest)
_ELSEWHERE = (
    sa.select(_mine.id, _other_digest.day)
    .join(_my_digest, _my_digest.id == _mine.digest_id)
    .join(_other, sa.and_(_other.key == _mine.key, _other.id != _mine.id))
    .join(_other_digest, _other_digest.id == _other.digest_id)
    .where(
        _mine.id.in_(sa.bindparam("ids", expanding=True)),
        _other.withdrawn_at.is_(None),
        _other_digest.day != _my_digest.day,
    )
    .distinct()
    .order_by(_mine.id, _other_digest.day.desc())
)
"""The other days of the papers of these entries; made once, which takes longer than to ask."""


class Digests:
    """Documents, days and entries of every source."""

    def __init__(self, engine: Engine, index: EntryIndex) -> None:
        self._engine = engine
        self._index = index
        self._moments = Moments(engine)

    # What sources ask and say

    def known(self, source: str) -> dict[str, KnownDocument]:
        """What is remembered of each document of a source, by uri."""
        d = t.Document
        columns = (d.uri, d.hash, d.etag, d.last_modified, d.missing_since, d.failures, d.retry_at, d.error)
        question = sa.select(*columns, t.Digest.day).outerjoin(t.Digest, t.Digest.id == d.digest_id)
        with reading(self._engine) as connection:
            rows = connection.execute(question.where(d.source == source))
            return {row[0]: KnownDocument(*row) for row in rows}

    def save(
        self,
        source: str,
        documents: Sequence[tuple[Document, Digest]],
        now: datetime,
        missing: Collection[str] = (),
    ) -> SaveReport:
        """Remember what these documents say now, all in one transaction.

        An entry a document no longer holds is withdrawn, unless another one holds it. What two documents of a day
        say of one paper becomes one entry. A new document that was one of the ``missing`` before keeps its row.
        """
        with transaction(self._engine) as connection:
            return _read_all(Shelf(connection, source), documents, missing).write(self._index, now)

    def rehearse(
        self, source: str, documents: Sequence[tuple[Document, Digest]], missing: Collection[str] = ()
    ) -> SaveReport:
        """What `save` would do; nothing is changed."""
        with reading(self._engine) as connection:
            return _read_all(Shelf(connection, source), documents, missing).rehearse()

    def hold_back(
        self, source: str, drafts: Sequence[tuple[Document, Draft]], now: datetime, parts: Collection[str] = ()
    ) -> int:
        """Remember that these are drafts, and withdraw what they held, with the ``parts`` of those that held several
        days. Returns how many entries that is.

        Once one is published again, its entries are the ones they were.
        """
        if not drafts:
            return 0
        d = t.Document
        with transaction(self._engine) as connection:
            shelf = Shelf(connection, source)
            uris = [*(document.uri for document, _ in drafts), *parts]
            shelf.load(uris, ())
            report = shelf.forget_known(uris).write(self._index, now)
            save_drafts(connection, source, drafts, now)
            for some in bunches(sorted(parts)):
                connection.execute(sa.delete(d).where(d.source == source, d.uri.in_(some)))
            return report.withdrawn

    def drafts(self) -> list[HeldBack]:
        """The documents that are held back."""
        with reading(self._engine) as connection:
            return load_drafts(connection)

    def save_failure(self, source: str, document: Document | str, error: str, now: datetime) -> None:
        """Remember that a document, or a uri that was not even read, cannot be used; what it held stays."""
        d = t.Document
        uri = document if isinstance(document, str) else document.uri
        values: dict[str, Any] = {"error": error, "error_at": now, "missing_since": None, "draft": None}
        if isinstance(document, Document):
            values |= {
                "name": document.name,
                "hash": document.hash,
                "etag": document.etag,
                "last_modified": document.last_modified,
            }
        with transaction(self._engine) as connection:
            _ensure_document(connection, source, uri, now)
            mine = (d.source == source, d.uri == uri)
            known = connection.execute(sa.select(d.hash, d.error, d.error_at).where(*mine)).one()
            if known.hash != values.get("hash", known.hash):
                values["changed_at"] = now
            if known.error == error:
                values["error_at"] = known.error_at
            connection.execute(sa.update(d).where(*mine).values(values))

    def save_state(self, source: str, states: Sequence[KnownDocument], now: datetime) -> None:
        """Remember a source's validators and backoff. Whether a document is missing is `mark_missing`'s to say."""
        d = t.Document
        with transaction(self._engine) as connection:
            for state in states:
                _ensure_document(connection, source, state.uri, now)
                since = (
                    sa.case((d.error == state.error, d.error_at), else_=sa.literal(now, t.Moment()))
                    if state.error is not None
                    else None
                )
                connection.execute(
                    sa.update(d)
                    .where(d.source == source, d.uri == state.uri)
                    .values(
                        hash=state.hash,
                        etag=state.etag,
                        last_modified=state.last_modified,
                        failures=state.failures,
                        retry_at=state.retry_at,
                        error=state.error,
                        error_at=since,
                    )
                )

    def mark_missing(self, source: str, uris: Iterable[str], now: datetime, *, at_once: bool = False) -> int:
        """Of the documents that are not there now, forget those that were not there at an earlier ``now`` either.

        ``at_once`` forgets them all: a person has said that they are gone.

        ``uris`` are all that are missing: a document that is not among them is there again. Returns how many entries
        are withdrawn by this; one that another document holds is not.
        """
        d = t.Document
        missing = set(uris)
        with reading(self._engine) as connection:
            if not missing and not connection.scalar(
                sa.select(sa.exists().where(d.source == source, d.missing_since.is_not(None)))
            ):
                return 0
        with transaction(self._engine) as connection:
            rows = connection.execute(
                sa.select(d.uri, d.missing_since).where(d.source == source, d.missing_since.is_not(None))
            )
            since = dict(rows.all())
            gone = sorted(uri for uri in missing if at_once or ((first := since.get(uri)) is not None and first < now))
            _set_missing(connection, source, sorted(since.keys() - missing), None)
            _set_missing(connection, source, sorted(missing - since.keys()), now)
            if not gone:
                return 0
            shelf = Shelf(connection, source)
            shelf.load(gone, ())
            for uri in gone:
                shelf.forget(uri)
            report = shelf.write(self._index, now)
            for some in bunches(gone):
                connection.execute(sa.delete(d).where(d.source == source, d.uri.in_(some)))
            return report.withdrawn

    def correct_moments(self, now: datetime) -> None:
        """Where the clock was set back, let nothing that happened lie ahead of it (`moments`).

        ``now`` is the moment of this call, and no older one: all that was saved since would lie ahead of it.
        """
        if self._moments.is_suspect(now):
            self._moments.correct(now)

    def settle(self, source: str, settle: timedelta, now: datetime) -> list[date]:
        """Call every day ready whose notes have not changed for ``settle``. Returns the days this adds.

        A document that holds a whole day need not settle. The moment is stored once: what comes later is late, and
        counts, as does what goes, once the day has been quiet for as long again.
        """
        g = t.Digest
        with reading(self._engine) as connection:
            waiting = _unsettled(connection, source)
        ready = {one: moment for one in waiting if (moment := one.ready_from(settle)) is not None and moment <= now}
        again = [one for one in waiting if one.is_ready and one.is_quiet(settle, now)]
        if not ready and not again:
            return []
        # What was seen has settled, and not what may have been written since.
        seen: dict[str, Any] = {"settled_at": bindparam("seen")}
        update = sa.update(g).where(g.id == bindparam("of"))
        first = update.where(g.ready_at.is_(None)).values(seen | {"ready_at": bindparam("moment")})
        with transaction(self._engine) as connection:
            if ready:
                rows = [{"of": one.id, "seen": one.changed_at, "moment": moment} for one, moment in ready.items()]
                connection.execute(first, rows)
            if again:
                connection.execute(update.values(seen), [{"of": one.id, "seen": one.changed_at} for one in again])
        return sorted(one.day for one in ready)

    # What everybody else asks

    def ready(self, source: str) -> dict[date, datetime]:
        """The days of a source that are ready and have entries, and since when."""
        g = t.Digest
        with reading(self._engine) as connection:
            rows = connection.execute(
                sa.select(g.day, g.ready_at)
                .where(g.source == source, g.ready_at.is_not(None), _has_entries(g))
                .order_by(g.day)
            )
            return {day: ready_at for day, ready_at in rows if ready_at is not None}

    def sources(self) -> list[str]:
        """Every source that has a day, the first read first."""
        g = t.Digest
        with reading(self._engine) as connection:
            return list(connection.scalars(sa.select(g.source).group_by(g.source).order_by(sa.func.min(g.id))))

    def load_day(self, source: str | None, day: date, *, withdrawn: bool = False) -> StoredDigest | None:
        """A day of a source, ready or not; None where it has no entries.

        Without a source it is any that has the day, a ready one first. ``withdrawn`` entries are left out unless they
        are asked for; they stand where they stood.
        """
        return self._load_digest(source, t.Digest.day == day, withdrawn=withdrawn)

    def latest_day(self, source: str | None = None) -> StoredDigest | None:
        """The newest ready day; the newest of all where none is ready."""
        return self._load_digest(source)

    def _load_digest(
        self, source: str | None, *conditions: sa.ColumnElement[bool], withdrawn: bool = False
    ) -> StoredDigest | None:
        g = t.Digest
        shown = () if withdrawn else (t.Entry.withdrawn_at.is_(None),)
        choice = (
            sa.select(g.id, g.source, g.day, g.title)
            .where(sa.exists().where(t.Entry.digest_id == g.id, *shown), *conditions)
            .order_by(g.ready_at.is_(None), g.day.desc(), g.id)
            .limit(1)
        )
        if source is not None:
            choice = choice.where(g.source == source)
        with reading(self._engine) as connection:
            digest = connection.execute(choice).first()
            if digest is None:
                return None
            entries = load(connection, t.Entry.digest_id == digest.id, *shown)
        # What is withdrawn keeps its number, which the next one has now.
        entries.sort(key=lambda entry: (entry.position, not entry.withdrawn))
        return StoredDigest(digest.source, digest.day, digest.title, tuple(entries))

    def days_around(self, day: date) -> tuple[date | None, date | None]:
        """The nearest days with entries before and after this one, of any source."""
        g = t.Digest
        before = sa.select(sa.func.max(g.day)).where(g.day < day, _has_entries(g)).scalar_subquery()
        after = sa.select(sa.func.min(g.day)).where(g.day > day, _has_entries(g)).scalar_subquery()
        with reading(self._engine) as connection:
            row = connection.execute(sa.select(before, after)).one()
            return row[0], row[1]

    def random_entry(self) -> StoredEntry | None:
        """Any entry that is not withdrawn."""
        e = t.Entry
        with reading(self._engine) as connection:
            chosen = connection.scalar(
                sa.select(e.id).where(e.withdrawn_at.is_(None)).order_by(sa.func.random()).limit(1)
            )
            return load(connection, e.id == chosen)[0] if chosen is not None else None

    def load_entries(self, ids: Sequence[int]) -> list[StoredEntry]:
        """The entries of these ids in this order, withdrawn ones too; an unknown id is left out."""
        with reading(self._engine) as connection:
            found = {entry.id: entry for some in bunches(ids) for entry in load(connection, t.Entry.id.in_(some))}
        return [found[one] for one in ids if one in found]

    def also_on(self, ids: Sequence[int]) -> dict[int, tuple[date, ...]]:
        """The other days on which each entry's paper stands, newest first; an entry of one day only is left out."""
        days: dict[int, tuple[date, ...]] = {}
        with reading(self._engine) as connection:
            for some in bunches(ids):
                for entry_id, day in connection.execute(_ELSEWHERE, {"ids": some}):
                    days[entry_id] = (*days.get(entry_id, ()), day)
        return days

    def tags(self, prefix: str = "", limit: int = 20) -> list[TagCount]:
        """The tags that begin so, the most used first, each with its other names."""
        with reading(self._engine) as connection:
            return most_used(connection, tag_key(prefix), limit)

    def count_tags(self, prefix: str = "") -> int:
        """How many tags begin so."""
        used = sa.exists().where(
            t.EntryTag.tag_id == t.Tag.id, t.Entry.id == t.EntryTag.entry_id, t.Entry.withdrawn_at.is_(None)
        )
        counted = sa.select(sa.func.count()).select_from(t.Tag).where(used, *_begins(prefix))
        with reading(self._engine) as connection:
            return int(connection.scalar(counted) or 0)

    def count(self) -> int:
        """How many entries are not withdrawn."""
        with reading(self._engine) as connection:
            live = sa.select(sa.func.count()).select_from(t.Entry).where(t.Entry.withdrawn_at.is_(None))
            return connection.scalar(live) or 0

    def failures(self) -> list[Failure]:
        """The documents that cannot be read now."""
        d = t.Document
        with reading(self._engine) as connection:
            rows = connection.execute(
                sa.select(d.source, d.uri, d.error, d.error_at)
                .where(d.error.is_not(None), d.error_at.is_not(None))
                .order_by(d.source, d.uri)
            )
            return [Failure(*row) for row in rows]  # type: ignore[arg-type]  # neither is null here


def _read_all(shelf: Shelf, documents: Sequence[tuple[Document, Digest]], missing: Collection[str]) -> Shelf:
    uris = {document.uri for document, _ in documents}
    shelf.load(uris, {digest.day for _, digest in documents}, missing)
    for document, digest in documents:
        shelf.read(document, digest)
    return shelf


def _begins(prefix: str) -> list[sa.ColumnElement[bool]]:
    key = tag_key(prefix)
    return [t.Tag.key.startswith(key, autoescape=True)] if key else []


def _has_entries(digest: type[t.Digest]) -> sa.ColumnElement[bool]:
    return sa.exists().where(t.Entry.digest_id == digest.id, t.Entry.withdrawn_at.is_(None))


@dataclass(frozen=True, slots=True, eq=False)
class _Unsettled:
    """A day that is not ready yet, or has changed since it last settled."""

    id: int
    day: date
    changed_at: datetime
    is_ready: bool
    documents: list[tuple[str | None, datetime]]
    """Shape, and when it last changed."""

    def ready_from(self, settle: timedelta) -> datetime | None:
        """From when on it is ready if nothing more comes; None where it is, or no document is left of it."""
        if self.is_ready:
            return None
        return max((at + (settle if shape == "note" else timedelta(0)) for shape, at in self.documents), default=None)

    def is_quiet(self, settle: timedelta, now: datetime) -> bool:
        """Whether what changed since it was ready counts: where whole days are written at once, it does at once."""
        notes = [at for shape, at in self.documents if shape == "note"]
        if self.documents and not notes:
            return True
        return max([self.changed_at, *notes]) + settle <= now


def _unsettled(connection: Connection, source: str) -> list[_Unsettled]:
    g, d = t.Digest, t.Document
    rows = connection.execute(
        sa.select(g.id, g.day, g.changed_at, g.ready_at.is_not(None), d.shape, d.changed_at)
        .outerjoin(d, d.digest_id == g.id)
        .where(
            g.source == source,
            sa.or_(
                sa.and_(g.ready_at.is_(None), _has_entries(g)),
                g.settled_at < g.changed_at,
            ),
        )
    )
    found: dict[int, _Unsettled] = {}
    for digest_id, day, changed_at, is_ready, shape, at in rows:
        one = found.setdefault(digest_id, _Unsettled(digest_id, day, changed_at, is_ready, []))
        if at is not None:
            one.documents.append((shape, at))
    return list(found.values())


def _ensure_document(connection: Connection, source: str, uri: str, now: datetime) -> None:
    row = {"source": source, "uri": uri, "name": uri, "hash": "", "failures": 0, "changed_at": now}
    insert_missing(connection, t.Document, [row])


def _set_missing(connection: Connection, source: str, uris: Sequence[str], since: datetime | None) -> None:
    d = t.Document
    for some in bunches(uris):
        connection.execute(sa.update(d).where(d.source == source, d.uri.in_(some)).values(missing_since=since))
