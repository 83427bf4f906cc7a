"""Messages that should exist, as people look at them: operators row by row, askers as threads."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from bot.delivery.outbox import Op, Place
from bot.errors import RequestRefusedError
from bot.plan.subscription import Subscription
from bot.store import tables as t
from bot.store.channels import EPOCH, UNPOSTED, is_channel, is_in
from bot.store.database import bunches
from bot.store.giving_up import REASONS
from bot.store.laying import SKIPPED
from bot.store.turns import PARENT_REFUSED, refuse_replies


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
    key: str
    origin: str
    op: Op
    state: str
    attempts: int
    error: str | None
    claimed_at: datetime | None
    next_at: datetime
    """Its channel's next turn."""
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


_SHOWN = (
    "id", "source", "day", "entry_id", "entry_key", "part", "key", "origin", "op", "state", "attempts", "error",
    "claimed_at", "posted_ts", "posted_at", "permalink",
)  # fmt: skip

_IN_CHANNEL = sa.and_(t.Channel.team_id == t.Delivery.team_id, t.Channel.channel_id == t.Delivery.channel_id)
_STANDS = sa.and_(t.Delivery.posted_ts.is_not(None), t.Delivery.op != "delete")


def _select() -> sa.Select[Any]:
    d, c = t.Delivery, t.Channel
    return sa.select(d.team_id, d.channel_id, c.next_at, *(getattr(d, name) for name in _SHOWN)).join(c, _IN_CHANNEL)


def _delivery_row(row: Any) -> DeliveryRow:
    shown = {name: getattr(row, name) for name in _SHOWN} | {"entry_key": row.entry_key or None}
    return DeliveryRow(place=Place(row.team_id, row.channel_id), next_at=row.next_at, **shown)


def newest_rows(connection: Connection, state: str | None, channel: str | None, limit: int) -> list[DeliveryRow]:
    d = t.Delivery
    statement = _select().order_by(d.id.desc()).limit(limit)
    if state is not None:
        statement = statement.where(d.state == state)
    if channel is not None:
        statement = statement.where(d.channel_id == channel)
    return [_delivery_row(row) for row in connection.execute(statement)]


def rows_of(connection: Connection, place: Place, source: str, day: date) -> list[DeliveryRow]:
    d = t.Delivery
    statement = _select().where(is_in(place), d.source == source, d.day == day).order_by(d.id)
    return [_delivery_row(row) for row in connection.execute(statement)]


def count_unsent(connection: Connection, place: Place, source: str, day: date) -> int:
    d, c = t.Delivery, t.Channel
    waiting = (
        sa.select(sa.func.count())
        .select_from(d)
        .join(c, _IN_CHANNEL)
        .where(is_in(place), c.closed_reason.is_(None), d.source == source, d.day == day, UNPOSTED)
    )
    return connection.scalar(waiting) or 0


def days_standing(connection: Connection, subscription: Subscription) -> set[date]:
    d = t.Delivery
    days = sa.select(d.day).where(
        is_in(Place(subscription.team, subscription.channel)),
        d.source == subscription.source,
        d.entry_key.not_like("note:%"),
        _STANDS,
    )
    return set(connection.scalars(days.distinct()))


def known_keys(connection: Connection, place: Place, since: datetime) -> set[str]:
    d = t.Delivery
    keys = sa.select(d.key).where(is_in(place), d.posted_ts.is_not(None), d.posted_at >= since)
    return set(connection.scalars(keys))


def find_threads(connection: Connection, team: str, entry_ids: Sequence[int]) -> dict[int, list[PostedThread]]:
    d, c = t.Delivery, t.Channel
    statement = (
        sa.select(d.entry_id, d.channel_id, d.posted_ts, d.permalink, c.is_private, d.id)
        .join(c, _IN_CHANNEL)
        .where(d.team_id == team, _STANDS)
        .order_by(d.entry_id, d.part, d.id)
    )
    found: dict[int, dict[str, PostedThread]] = {}
    for some in bunches(entry_ids):
        for entry_id, channel, ts, permalink, is_private, delivery_id in connection.execute(
            statement.where(d.entry_id.in_(some))
        ):
            if entry_id is None or ts is None:
                continue  # the statement asks for neither
            thread = PostedThread(channel, ts, permalink, is_private, delivery_id)
            # An entry's first message is the one to go to.
            found.setdefault(entry_id, {}).setdefault(channel, thread)
    return {
        entry_id: sorted(threads.values(), key=lambda thread: thread.delivery_id) for entry_id, threads in found.items()
    }


def entry_of_thread(connection: Connection, place: Place, thread_ts: str) -> int | None:
    """The entry whose message begins the thread."""
    d = t.Delivery
    here = (is_in(place), d.posted_ts == thread_ts, d.entry_id.is_not(None), d.parent_key.is_(None))
    return connection.scalar(sa.select(d.entry_id).where(*here).limit(1))


def find_posted(connection: Connection, team: str | None, channel: str | None) -> frozenset[int]:
    """The entries that stand in this channel or in one that is not private; without a team, in any at all."""
    d, c = t.Delivery, t.Channel
    statement = sa.select(d.entry_id).join(c, _IN_CHANNEL).where(_STANDS, d.entry_id.is_not(None)).distinct()
    if team is not None:
        statement = statement.where(d.team_id == team, sa.or_(~c.is_private, d.channel_id == channel))
    return frozenset(one for one in connection.scalars(statement) if one is not None)


def retry(connection: Connection, delivery_id: int) -> None:
    """Try a refused message again, and its replies; look for one whose fate is unknown at once.

    A reply that was refused because of what it replies to brings that along. What was given up stays so: its day can be
    written down anew. Raises RequestRefusedError.
    """
    d, c = t.Delivery, t.Channel
    row = _load(connection, delivery_id)
    if row.error == PARENT_REFUSED and row.parent_state == "refused" and row.parent_ts is None:
        row = _load(connection, row.parent_id)
    if row.state not in ("pending", "refused", "unknown") or (row.state == "refused" and row.error in REASONS):
        raise RequestRefusedError("delivery.not_waiting", id=delivery_id, state=row.state)
    if row.state == "refused":
        _try_again(connection, d.id == row.id)
        _try_again(connection, sa.and_(d.parent_key == row.key, d.error == PARENT_REFUSED))
    else:
        connection.execute(sa.update(d).where(d.id == row.id).values(attempts=0, error=None))
    here = is_channel(Place(row.team_id, row.channel_id))
    connection.execute(sa.update(c).where(here).values(waiting=True))
    claimed = sa.exists().where(d.team_id == row.team_id, d.channel_id == row.channel_id, d.state == "claimed")
    if row.state != "refused":
        connection.execute(sa.update(c).where(here, ~claimed).values(next_at=EPOCH))


def _try_again(connection: Connection, which: sa.ColumnElement[bool]) -> None:
    """Let refused rows wait again. One that may stand there all the same is looked for first."""
    d = t.Delivery
    may_stand = sa.and_(d.op == "post", d.claimed_at.is_not(None))
    values = {"state": sa.case((may_stand, "unknown"), else_="pending"), "error": None, "attempts": 0}
    connection.execute(sa.update(d).where(which, d.state == "refused").values(values))


def skip(connection: Connection, delivery_id: int) -> None:
    """Leave out a message that waits, and its replies with it. Raises RequestRefusedError."""
    d = t.Delivery
    row = _load(connection, delivery_id)
    if row.state not in ("pending", "unknown"):
        raise RequestRefusedError("delivery.not_waiting", id=delivery_id, state=row.state)
    connection.execute(sa.update(d).where(d.id == row.id).values(state="refused", error=SKIPPED))
    if row.posted_ts is None:
        refuse_replies(connection, row.key)


def _load(connection: Connection, delivery_id: int) -> sa.Row[Any]:
    """One row, its channel kept from everybody else meanwhile."""
    d, c, parent = t.Delivery, t.Channel, aliased(t.Delivery)
    columns = (d.id, d.team_id, d.channel_id, d.key, d.state, d.error, d.posted_ts)
    statement = (
        sa.select(*columns, parent.id.label("parent_id"), parent.state.label("parent_state"))
        .add_columns(parent.posted_ts.label("parent_ts"))
        .outerjoin(parent, parent.key == d.parent_key)
        .where(d.id == delivery_id)
    )
    row = connection.execute(statement).first()
    if row is None:
        raise RequestRefusedError("delivery.unknown", id=delivery_id)
    here = is_channel(Place(row.team_id, row.channel_id))
    connection.execute(sa.select(c.channel_id).where(here).with_for_update())
    return connection.execute(statement).first() or row
