"""Editions as they are written down: what a channel has of a day under one line."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.delivery.outbox import Edition, Place
from bot.digest.model import StoredEntry
from bot.plan.subscription import Layout, Subscription
from bot.store import tables as t
from bot.store.giving_up import REASONS


@dataclass(frozen=True, slots=True)
class Written:
    """A row of a message, without what it says."""

    id: int
    edition_id: int | None
    entry_key: str
    entry_id: int | None
    part: int
    key: str
    parent_key: str | None
    origin: str
    op: str
    state: str
    attempts: int
    content_hash: str
    error: str | None
    claimed_at: datetime | None
    reposts: int
    posted_ts: str | None
    posted_at: datetime | None
    has_payload: bool

    @property
    def stands(self) -> bool:
        return self.posted_ts is not None

    @property
    def under_way(self) -> bool:
        """Where a deletion was tried, nobody knows whether there is anything left to update."""
        tried = self.op == "delete" and self.state == "pending" and self.attempts > 0
        return tried or self.state in ("claimed", "unknown")

    @property
    def begun(self) -> bool:
        """It stands in the channel, stood there, or may."""
        return self.stands or self.under_way or self.reposts > 0

    @property
    def given_up(self) -> bool:
        return self.state == "refused" and not self.stands and self.edition_id is None and self.error in REASONS

    @property
    def is_line(self) -> bool:
        """It is the day's own, not one paper's."""
        return self.entry_id is None and (not self.entry_key or self.entry_key.startswith(("query:", "late:")))


_COLUMNS = ("id", "edition_id", "entry_key", "entry_id", "part", "key", "parent_key", "origin", "op", "state",
            "attempts", "content_hash", "error", "claimed_at", "reposts", "posted_ts", "posted_at")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Brought:
    """An entry that a channel has or will have."""

    entry_key: str
    """As it was when its messages were written down: their keys never change."""
    present_key: str | None
    entry_id: int | None
    edition_id: int | None
    late: bool = False

    @property
    def known_as(self) -> str:
        """The key by which an entry is found to be this one: a key that it has no more may be another's."""
        return self.present_key or self.entry_key


def load_rows(connection: Connection, place: Place, source: str, day: date) -> list[Written]:
    """All that is written down of a day for a channel, in the order of sending."""
    d = t.Delivery
    columns = [getattr(d, name) for name in _COLUMNS]
    statement: sa.Select[Any] = (
        sa.select(*columns, d.text.is_not(None).label("has_payload"))
        .where(d.team_id == place.team, d.channel_id == place.channel, d.source == source, d.day == day)
        .order_by(d.id)
    )
    return [Written(*row) for row in connection.execute(statement)]


def load_carried(connection: Connection, place: Place, source: str, day: date) -> list[Brought]:
    c, e = t.Carried, t.Entry
    statement = (
        sa.select(c.entry_key, e.key, c.entry_id, c.edition_id, c.late)
        .outerjoin(e, e.id == c.entry_id)
        .where(c.team_id == place.team, c.channel_id == place.channel, c.source == source, c.day == day)
    )
    return [Brought(*row) for row in connection.execute(statement)]


def load_edition(connection: Connection, place: Place, source: str, day: date, query: str) -> Edition | None:
    e = t.Edition
    found = connection.execute(
        sa.select(e.id, e.layout, e.lang, e.laid_at).where(
            e.team_id == place.team, e.channel_id == place.channel, e.source == source, e.day == day, e.query == query
        )
    ).first()
    return None if found is None else _edition(connection, place, source, day, query, found)


def load_outdated(connection: Connection, team: str, since: datetime) -> list[tuple[Edition, datetime]]:
    e, c, g = t.Edition, t.Channel, t.Digest
    settled = (
        sa.select(e.id, e.channel_id, e.source, e.day, e.query, e.layout, e.lang, e.laid_at, g.settled_at)
        .join(g, sa.and_(g.source == e.source, g.day == e.day))
        .join(c, sa.and_(c.team_id == e.team_id, c.channel_id == e.channel_id))
        .where(e.team_id == team, c.closed_reason.is_(None), g.ready_at >= since, g.settled_at > e.laid_at)
        .order_by(e.day, e.id)
    )
    return [
        (_edition(connection, Place(team, row.channel_id), row.source, row.day, row.query, row), row.settled_at)
        for row in connection.execute(settled).all()
    ]


def _edition(connection: Connection, place: Place, source: str, day: date, query: str, row: Any) -> Edition:
    carried = [one for one in load_carried(connection, place, source, day) if one.edition_id == row.id]
    rows = [one for one in load_rows(connection, place, source, day) if one.edition_id == row.id]
    ids = sorted({one.entry_id for one in carried if one.entry_id is not None})
    shown = frozenset(begun(row.layout, carried, rows))
    late = frozenset(one.entry_id for one in carried if one.entry_id is not None and one.late)
    return Edition(place, source, day, query, row.layout, tuple(ids), shown, late, row.laid_at, row.lang or "")


def begun(layout: Layout, carried: Collection[Brought], rows: Collection[Written]) -> set[int]:
    """The entries of an edition of which something stands in the channel, or may. Where they have no cards, the line
    names them all, and it comes first.
    """
    shown = {row.entry_key for row in rows if row.begun}
    named = layout != "papers" and any(row.begun for row in rows)
    return {one.entry_id for one in carried if one.entry_id is not None and (named or one.entry_key in shown)}


def stands(connection: Connection, subscription: Subscription) -> bool:
    """Whether it is as it was when it was loaded: a person may have paused or ended it since."""
    s = t.Subscription
    found = connection.execute(sa.select(s.paused, s.paused_until).where(s.id == subscription.id)).first()
    return found is not None and tuple(found) == (subscription.paused, subscription.paused_until)


def takes(
    edition: Edition,
    layout: Layout | None,
    entries: Sequence[StoredEntry],
    carried: Collection[Brought],
    own: Collection[Brought],
    rows: Collection[Written],
) -> bool:
    """Whether an edition that is written down in ``layout`` can carry exactly these entries from now on, as far as
    whoever asks knew of what it carries.
    """
    if any(row.under_way for row in rows):
        return False
    known = {one.entry_id for one in own if one.entry_id is not None}
    wanted = {entry.id for entry in entries}
    new = {entry.key for entry in entries if entry.id not in known}
    for one in carried:
        if one.entry_id in wanted - known or one.known_as in new:
            return False
    left = known - wanted
    if not left <= set(edition.entry_ids):
        return False  # somebody added it since
    if left & begun(layout or edition.layout, own, rows):
        return False
    return layout in (None, edition.layout) or not any(row.begun for row in rows)
