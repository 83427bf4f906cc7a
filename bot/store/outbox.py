"""The messages that should exist, and the channels they go to: `bot.delivery.outbox.Outbox` on the tables."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import aliased

from bot.delivery.outbox import Claim, Place, delivery_key
from bot.messages.content import Content, DayMessage
from bot.plan.subscription import Subscription
from bot.store import tables as t
from bot.store.database import bunches, insert_missing, reading, transaction

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""The next turn of a channel that never had one."""

UNPOSTED = ("pending", "claimed", "unknown")


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One message that should exist, as operators look at it."""

    id: int
    place: Place
    source: str
    day: date
    entry_id: int | None
    entry_key: str | None
    part: int
    revision: int
    key: str
    state: str
    attempts: int
    error: str | None
    posted_ts: str | None
    posted_at: datetime | None
    permalink: str | None


@dataclass(frozen=True, slots=True)
class PostedThread:
    """Where an entry stands in a channel: its first message."""

    channel: str
    ts: str
    permalink: str | None
    is_private: bool
    delivery_id: int


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """A channel's queue and settings."""

    team: str
    channel: str
    name: str | None
    is_private: bool
    language: str | None
    next_at: datetime
    closed_reason: str | None
    """Why nothing goes there any more; None where it is open."""


class Outbox:
    """Rows of messages and of channels. Every method is one short transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # What delivery needs: see `bot.delivery.outbox.Outbox`

    def add(self, place: Place, source: str, day: date, messages: Sequence[DayMessage]) -> int:
        """Write down what should exist, in the order of sending. Returns how many rows are new.

        An entry that has a row in this channel is left alone with all its parts, even where its key has changed since;
        so is every part of the day's own line that is there. Raises ValueError for a reply to nothing.
        """
        with transaction(self._engine) as connection:
            _ensure_channel(connection, place)
            there = _Written(connection, place, source, day, messages)
            added = 0
            for message in messages:
                if there.has(message):
                    continue
                parent = there.parent(message)
                row = _new_row(place, source, day, message)
                row["parent_id"] = parent[0] if parent else None
                if parent and parent[1] == "refused":
                    row |= {"state": "refused", "error": "parent refused"}
                (delivery_id,) = connection.execute(sa.insert(t.Delivery).values(row).returning(t.Delivery.id)).one()
                there.rows[message.entry_key or "", message.part] = (delivery_id, row["state"])
                added += 1
            return added

    def claim_next(self, owner: str, now: datetime, lease_until: datetime) -> Claim | None:
        """The oldest message of the channel whose turn came first, claimed; None where it is nobody's turn."""
        # Asked without the lock that a claim needs: mostly there is nothing to send.
        with reading(self._engine) as connection:
            if _head(connection, now) is None:
                return None
        with transaction(self._engine) as connection:
            while (found := _head(connection, now)) is not None:
                if _claim(connection, found, owner, now, lease_until):
                    return Claim(
                        id=found.id,
                        place=Place(found.team_id, found.channel_id),
                        key=found.key,
                        content=Content(found.text, tuple(found.blocks)),
                        thread_ts=found.parent_ts,
                        claimed_at=now if found.state == "pending" else found.claimed_at,
                        lease_until=lease_until,
                        looking=found.state != "pending",
                    )
        return None

    def confirm(self, claim: Claim, posted_ts: str, next_at: datetime, now: datetime) -> None:
        """It stands in the channel as ``posted_ts``: true whoever holds the claim by now. Its payload is dropped."""
        d = t.Delivery
        with transaction(self._engine) as connection:
            connection.execute(
                sa.update(d)
                .where(d.id == claim.id, d.state != "posted")
                .values(
                    state="posted",
                    posted_ts=posted_ts,
                    posted_at=now,
                    text=None,
                    blocks=None,
                    owner=None,
                    lease_until=None,
                    error=None,
                )
            )
            _wait(connection, claim.place, next_at)

    def give_back(self, claim: Claim, retry_at: datetime, *, unknown: bool, error: str) -> None:
        """Not sent (or, ``unknown``, maybe sent). Where the claim went stale and somebody else's, nothing changes."""
        with transaction(self._engine) as connection:
            state = "unknown" if unknown else "pending"
            if _release(connection, claim, state, error):
                _wait(connection, claim.place, retry_at)

    def refuse(self, claim: Claim, error: str, *, close_channel: bool) -> None:
        """Slack will keep saying no. Replies to it are refused with it, since they could never be sent."""
        d, c = t.Delivery, t.Channel
        with transaction(self._engine) as connection:
            if not _release(connection, claim, "refused", error):
                return
            connection.execute(
                sa.update(d)
                .where(d.parent_id == claim.id, d.state.in_(UNPOSTED))
                .values(state="refused", error="parent refused", owner=None, lease_until=None)
            )
            if close_channel:
                connection.execute(sa.update(c).where(*_is(claim.place)).values(closed_reason=error))

    def next_due(self) -> datetime | None:
        """The earliest moment at which `claim_next` may have something; None where nothing waits."""
        with reading(self._engine) as connection:
            heads = connection.execute(_heads()).all()
        return min(
            (max(head.next_at, head.lease_until) if head.state == "claimed" else head.next_at for head in heads),
            default=None,
        )

    # What people ask

    def rows(self, state: str | None = None, channel: str | None = None, limit: int = 100) -> list[DeliveryRow]:
        """The newest rows first, of one state or one channel where given."""
        d = t.Delivery
        columns = [getattr(d, name) for name in _SHOWN]
        statement = sa.select(d.team_id, d.channel_id, *columns).order_by(d.id.desc()).limit(limit)
        if state is not None:
            statement = statement.where(d.state == state)
        if channel is not None:
            statement = statement.where(d.channel_id == channel)
        with reading(self._engine) as connection:
            return [_delivery_row(row) for row in connection.execute(statement)]

    def unsent(self, place: Place, source: str, day: date) -> int:
        """How many messages of a day are still to be sent there; none where the channel is closed."""
        d, c = t.Delivery, t.Channel
        waiting = (
            sa.select(sa.func.count())
            .select_from(d)
            .join(c, sa.and_(c.team_id == d.team_id, c.channel_id == d.channel_id))
            .where(*_is(place), c.closed_reason.is_(None), d.source == source, d.day == day, d.state.in_(UNPOSTED))
        )
        with reading(self._engine) as connection:
            return connection.scalar(waiting) or 0

    def days(self, subscription: Subscription) -> set[date]:
        """The days of its source of which something stands in its channel."""
        d = t.Delivery
        posted = sa.select(d.day).where(
            d.team_id == subscription.team,
            d.channel_id == subscription.channel,
            d.source == subscription.source,
            d.state == "posted",
        )
        with reading(self._engine) as connection:
            return set(connection.scalars(posted.distinct()))

    def threads(self, team: str, entry_ids: Sequence[int]) -> dict[int, list[PostedThread]]:
        """Where in a workspace each entry was posted, the first channel first; an entry never posted is left out."""
        d, c = t.Delivery, t.Channel
        statement = (
            sa.select(d.entry_id, d.channel_id, d.posted_ts, d.permalink, c.is_private, d.id)
            .join(c, sa.and_(c.team_id == d.team_id, c.channel_id == d.channel_id))
            .where(d.team_id == team, d.state == "posted")
            .order_by(d.entry_id, d.id)
        )
        found: dict[int, dict[str, PostedThread]] = {}
        with reading(self._engine) as connection:
            for some in bunches(entry_ids):
                rows = connection.execute(statement.where(d.entry_id.in_(some)))
                for entry_id, channel, posted_ts, permalink, is_private, delivery_id in rows:
                    if entry_id is None or posted_ts is None:
                        continue  # the statement asks for neither
                    thread = PostedThread(channel, posted_ts, permalink, is_private, delivery_id)
                    # The parts of an entry were written in order: its first message is the one to go to.
                    found.setdefault(entry_id, {}).setdefault(channel, thread)
        return {entry_id: list(threads.values()) for entry_id, threads in found.items()}

    def save_permalink(self, delivery_id: int, url: str) -> None:
        with transaction(self._engine) as connection:
            connection.execute(sa.update(t.Delivery).where(t.Delivery.id == delivery_id).values(permalink=url))

    # Channels

    def channel(self, team: str, channel: str) -> ChannelRow | None:
        c = t.Channel
        statement = sa.select(
            c.team_id, c.channel_id, c.name, c.is_private, c.language, c.next_at, c.closed_reason
        ).where(*_is(Place(team, channel)))
        with reading(self._engine) as connection:
            row = connection.execute(statement).first()
            return ChannelRow(*row) if row is not None else None

    def save_channel(self, team: str, channel: str, name: str | None, is_private: bool) -> None:
        """Remember what Slack says of a channel; its queue and settings stay."""
        place = Place(team, channel)
        with transaction(self._engine) as connection:
            _ensure_channel(connection, place)
            connection.execute(sa.update(t.Channel).where(*_is(place)).values(name=name, is_private=is_private))

    def set_language(self, team: str, channel: str, language: str | None) -> None:
        """The language of posts in a channel; None is the setting's."""
        place = Place(team, channel)
        with transaction(self._engine) as connection:
            _ensure_channel(connection, place)
            connection.execute(sa.update(t.Channel).where(*_is(place)).values(language=language))

    def reopen_channel(self, team: str, channel: str) -> None:
        """Let a closed channel's messages go again."""
        with transaction(self._engine) as connection:
            connection.execute(sa.update(t.Channel).where(*_is(Place(team, channel))).values(closed_reason=None))


_SHOWN = (
    "id", "source", "day", "entry_id", "entry_key", "part", "revision", "key", "state", "attempts", "error",
    "posted_ts", "posted_at", "permalink",
)  # fmt: skip


def _delivery_row(row: Any) -> DeliveryRow:
    shown = {name: getattr(row, name) for name in _SHOWN} | {"entry_key": row.entry_key or None}
    return DeliveryRow(place=Place(row.team_id, row.channel_id), **shown)


class _Written:
    """The rows a channel has already for these messages: id and state by (entry key or '', part)."""

    def __init__(
        self, connection: Connection, place: Place, source: str, day: date, messages: Sequence[DayMessage]
    ) -> None:
        d = t.Delivery
        here = (d.team_id == place.team, d.channel_id == place.channel)
        rows = connection.execute(
            sa.select(d.entry_key, d.part, d.id, d.state).where(*here, d.source == source, d.day == day)
        )
        self.rows = {(key, part): (delivery_id, state) for key, part, delivery_id, state in rows}
        self._keys = {key for key, _ in self.rows if key}
        ids = sorted({message.entry_id for message in messages if message.entry_id is not None})
        self._ids: set[int | None] = set()
        for some in bunches(ids):
            self._ids |= set(connection.scalars(sa.select(d.entry_id).where(*here, d.entry_id.in_(some)).distinct()))

    def has(self, message: DayMessage) -> bool:
        if not message.entry_key:
            return ("", message.part) in self.rows
        return message.entry_key in self._keys or message.entry_id in self._ids

    def parent(self, message: DayMessage) -> tuple[int, str] | None:
        """Id and state of the row it replies to."""
        if message.parent is None:
            return None
        key, part = message.parent
        parent = self.rows.get((key or "", part))
        if parent is None:
            raise ValueError(f"a reply before its parent: part {part}")
        return parent


def _new_row(place: Place, source: str, day: date, message: DayMessage) -> dict[str, Any]:
    content = message.content
    payload = json.dumps([content.text, content.blocks], ensure_ascii=False, sort_keys=True)
    return {
        "team_id": place.team,
        "channel_id": place.channel,
        "source": source,
        "day": day,
        "entry_key": message.entry_key or "",
        "entry_id": message.entry_id,
        "part": message.part,
        "revision": 0,
        "key": delivery_key(place, source, day, message.entry_key, message.part),
        "state": "pending",
        "text": content.text,
        "blocks": list(content.blocks),
        "content_hash": hashlib.blake2b(payload.encode(), digest_size=16).hexdigest(),
        "error": None,
    }


def _is(place: Place) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    return t.Channel.team_id == place.team, t.Channel.channel_id == place.channel


def _ensure_channel(connection: Connection, place: Place) -> None:
    row = {"team_id": place.team, "channel_id": place.channel, "is_private": True, "next_at": EPOCH}
    insert_missing(connection, t.Channel, [row])


def _heads() -> sa.Select[Any]:
    """The oldest unposted row of each open channel, with its parent's ``ts``."""
    d, c = t.Delivery, t.Channel
    parent = aliased(d)
    oldest = (
        sa.select(sa.func.min(d.id).label("id"))
        .where(d.state.in_(UNPOSTED))
        .group_by(d.team_id, d.channel_id)
        .subquery()
    )
    columns = (d.id, d.team_id, d.channel_id, d.key, d.text, d.blocks, d.state, d.claimed_at, d.lease_until)
    return (
        sa.select(*columns, c.next_at, parent.posted_ts.label("parent_ts"))
        .join(oldest, oldest.c.id == d.id)
        .join(c, sa.and_(c.team_id == d.team_id, c.channel_id == d.channel_id))
        .outerjoin(parent, parent.id == d.parent_id)
        .where(c.closed_reason.is_(None), sa.or_(d.parent_id.is_(None), parent.posted_ts.is_not(None)))
    )


def _free(now: datetime) -> sa.ColumnElement[bool]:
    """Nobody holds the row: it waits, or whoever claimed it has not come back in time."""
    d = t.Delivery
    return sa.or_(d.state.in_(("pending", "unknown")), sa.and_(d.state == "claimed", d.lease_until <= now))


def _head(connection: Connection, now: datetime) -> sa.Row[Any] | None:
    """The row to send next; the channel whose turn came first goes first."""
    ready = _heads().where(t.Channel.next_at <= now, _free(now))
    return connection.execute(ready.order_by(t.Channel.next_at, t.Delivery.id).limit(1)).first()


def _claim(connection: Connection, row: sa.Row[Any], owner: str, now: datetime, lease_until: datetime) -> bool:
    """Take the row; False where another process was faster.

    ``claimed_at`` stays where an earlier attempt may have arrived: what is looked for may be as old as that.
    """
    d = t.Delivery
    taken = connection.execute(
        sa.update(d)
        .where(d.id == row.id, _free(now))
        .values(
            state="claimed",
            owner=owner,
            lease_until=lease_until,
            claimed_at=sa.case((d.state == "pending", sa.literal(now, t.Moment())), else_=d.claimed_at),
            attempts=d.attempts + 1,
        )
    )
    return taken.rowcount == 1


def _release(connection: Connection, claim: Claim, state: str, error: str) -> bool:
    """End a claim; False where it is not this one any more. A lease that ended cannot be another's too."""
    d = t.Delivery
    released = connection.execute(
        sa.update(d)
        .where(d.id == claim.id, d.state == "claimed", d.lease_until == claim.lease_until)
        .values(state=state, error=error, owner=None, lease_until=None)
    )
    return released.rowcount == 1


def _wait(connection: Connection, place: Place, next_at: datetime) -> None:
    """The channel's next turn is no earlier than this; a longer wait somebody else was told of stays."""
    c = t.Channel
    connection.execute(sa.update(c).where(*_is(place), c.next_at < next_at).values(next_at=next_at))
