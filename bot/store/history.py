"""What became of a day and its papers, step by step: for whoever asks why a channel has them or has not."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.delivery.outbox import Place
from bot.digest.keys import canonical_link, title_key
from bot.digest.model import StoredEntry
from bot.digest.papers import paper_id
from bot.plan.subscription import Subscription
from bot.plan.why import Considered, Read
from bot.store import deliveries
from bot.store import tables as t
from bot.store.database import reading, transaction
from bot.store.entries import load
from bot.store.held_back import HeldBack, find_drafts

UNREAD = 3
"""Documents at fault that are named; `paperround doctor` lists them all."""

BEGINS = 20
"""Papers whose titles begin as typed, of which the newest is meant."""


@dataclass(frozen=True, slots=True)
class DayHistory:
    """The moments of a day of a source, and the documents that hold it."""

    changed_at: datetime
    ready_at: datetime | None
    settled_at: datetime | None
    quiet_from: datetime | None
    """Since when none of its documents has changed, the settle time of notes included; None where it has none now."""
    documents: tuple[Read, ...]


@dataclass(frozen=True, slots=True)
class ChannelState:
    """A channel as it is remembered."""

    place: Place
    name: str | None
    closed_reason: str | None
    closed_at: datetime | None
    is_private: bool = True


class History:
    """Looks up what the other classes need not know together. Changes nothing."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def entries(self, *, link: str = "", title: str = "") -> list[StoredEntry]:
        """The papers with that link (or another of the same paper) or that title, newest day first; withdrawn too.

        Where no title is the same, those that begin so.
        """
        with reading(self._engine) as connection:
            if link:
                return _newest_first(load(connection, _has_link(link)))
            e, key = t.Entry, title_key(title)
            if not key:  # with nothing every title begins
                return []
            same = load(connection, e.title_key == key)
            begins = sa.select(e.id).where(e.title_key.startswith(key, autoescape=True)).order_by(e.id.desc())
            return _newest_first(same or load(connection, e.id.in_(begins.limit(BEGINS))))

    def drafts(self, *, link: str = "", title: str = "") -> list[HeldBack]:
        """The notes with that link or title that are held back."""
        with reading(self._engine) as connection:
            return find_drafts(connection, link=link, title=title)

    def in_thread(self, place: Place, thread_ts: str) -> StoredEntry | None:
        """The paper whose message begins this thread."""
        with reading(self._engine) as connection:
            entry_id = deliveries.entry_of_thread(connection, place, thread_ts)
            return next(iter(load(connection, t.Entry.id == entry_id)), None) if entry_id is not None else None

    def day(self, source: str, day: date, settle: timedelta, entry_id: int | None = None) -> DayHistory | None:
        """What is known of a day, the documents only those of one entry where given; None for a day nobody wrote."""
        g = t.Digest
        moments = sa.select(g.id, g.changed_at, g.ready_at, g.settled_at).where(g.source == source, g.day == day)
        with reading(self._engine) as connection:
            digest = connection.execute(moments).first()
            if digest is None:
                return None
            return DayHistory(
                changed_at=digest.changed_at,
                ready_at=digest.ready_at,
                settled_at=digest.settled_at,
                quiet_from=_quiet_from(connection, digest.id, settle),
                documents=_documents(connection, digest.id, entry_id),
            )

    def withdrawn_at(self, entry_id: int) -> datetime | None:
        with reading(self._engine) as connection:
            return connection.scalar(sa.select(t.Entry.withdrawn_at).where(t.Entry.id == entry_id))

    def unread(self, source: str) -> tuple[Read, ...]:
        """Documents of a source that never could be read, those at fault last first."""
        d = t.Document
        at_fault = sa.select(d.uri, d.changed_at, d.error, d.error_at).where(
            d.source == source, d.error.is_not(None), d.digest_id.is_(None)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(at_fault.order_by(d.error_at.desc(), d.uri).limit(UNREAD))
            return tuple(Read(*row) for row in rows)

    def considered(self, subscription_ids: Sequence[int], day: date) -> Mapping[int, Considered]:
        """Which of these have looked at the day."""
        d = t.SubscriptionDay
        mine = (d.subscription_id.in_(subscription_ids), d.day == day)
        looked = sa.select(d.subscription_id, d.considered_at, d.why).where(*mine)
        with reading(self._engine) as connection:
            return {one: Considered(at, why) for one, at, why in connection.execute(looked)}

    def carried(self, place: Place, source: str, day: date) -> Mapping[int, str | None]:
        """The entries of a day that a channel has or will have, each with the query of its edition."""
        c, e = t.Carried, t.Edition
        carried = (
            sa.select(c.entry_id, e.query)
            .outerjoin(e, e.id == c.edition_id)
            .where(
                c.team_id == place.team,
                c.channel_id == place.channel,
                c.source == source,
                c.day == day,
                c.entry_id.is_not(None),
            )
        )
        with reading(self._engine) as connection:
            return {entry_id: query for entry_id, query in connection.execute(carried) if entry_id is not None}

    def last_posted(self, subscription: Subscription) -> tuple[date, datetime] | None:
        """The newest day that its channel has under its query, and when the last of it was posted."""
        d, e = t.Delivery, t.Edition
        posted = (
            sa.select(d.day, sa.func.max(d.posted_at, type_=t.Moment()))
            .outerjoin(e, e.id == d.edition_id)
            .where(
                sa.or_(e.id.is_(None), e.query == subscription.query),  # none: from before there were editions
                d.team_id == subscription.team,
                d.channel_id == subscription.channel,
                d.source == subscription.source,
                d.posted_at.is_not(None),
                d.entry_key.not_like("note:%"),
            )
            .group_by(d.day)
            .order_by(d.day.desc())
            .limit(1)
        )
        with reading(self._engine) as connection:
            row = connection.execute(posted).first()
            return (row[0], row[1]) if row and row[1] is not None else None

    def channels(self, typed: str) -> list[ChannelState]:
        """Those of that id, or of that name with or without its #, in every workspace; all of them for no name."""
        c = t.Channel
        name = typed.removeprefix("#").casefold()
        found = sa.select(c.team_id, c.channel_id, c.name, c.closed_reason, c.closed_at, c.is_private)
        with reading(self._engine) as connection:
            rows = connection.execute(found.order_by(c.team_id, c.channel_id)).all()
        # Compared here: a database folds the case of ASCII alone.
        return [
            ChannelState(Place(row.team_id, row.channel_id), row.name, row.closed_reason, row.closed_at, row.is_private)
            for row in rows
            if not typed or row.channel_id == typed or (row.name or "").casefold() == name
        ]

    def names(self) -> Mapping[Place, str | None]:
        """What each channel was called when it was last seen."""
        return {one.place: one.name for one in self.channels("")}

    def channel(self, place: Place) -> ChannelState | None:
        return next((one for one in self.channels(place.channel) if one.place == place), None)

    def rehearse(self, change: Literal["retry", "skip"], delivery_id: int) -> None:
        """Do to a message what `Outbox` would, and take it back. Raises RequestRefusedError as that does."""
        with suppress(_Rehearsed), transaction(self._engine) as connection:
            (deliveries.retry if change == "retry" else deliveries.skip)(connection, delivery_id)
            raise _Rehearsed


class _Rehearsed(Exception):
    """Everything went well, and is to be undone."""


def _has_link(link: str) -> sa.ColumnElement[bool]:
    e, a = t.Entry, t.EntryLink
    paper = paper_id(link)
    canonical = canonical_link(link)
    linked = (a.paper_id == paper) if paper else a.url.in_({link, canonical})
    known_by = (e.key == paper) if paper else e.key.startswith(f"{canonical} ", autoescape=True)
    return sa.or_(known_by, e.id.in_(sa.select(a.entry_id).where(linked)))


def _newest_first(entries: Sequence[StoredEntry]) -> list[StoredEntry]:
    return sorted(entries, key=lambda entry: (entry.withdrawn, -entry.day.toordinal(), entry.id))


def _quiet_from(connection: Connection, digest_id: int, settle: timedelta) -> datetime | None:
    d = t.Document
    rows = connection.execute(sa.select(d.shape, d.changed_at).where(d.digest_id == digest_id))
    return max((changed_at + (settle if shape == "note" else timedelta(0)) for shape, changed_at in rows), default=None)


def _documents(connection: Connection, digest_id: int, entry_id: int | None) -> tuple[Read, ...]:
    """Those of the day, or of one of its entries, the latest change first."""
    d, held = t.Document, t.EntryDocument
    columns = sa.select(d.uri, d.changed_at, d.error, d.error_at).where(d.digest_id == digest_id)
    if entry_id is not None:
        columns = columns.join(held, held.document_id == d.id).where(held.entry_id == entry_id)
    return tuple(Read(*row) for row in connection.execute(columns.order_by(d.changed_at.desc(), d.uri)))
