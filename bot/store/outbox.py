"""The messages that should exist, and the channels they go to: `bot.delivery.outbox.Outbox` on the tables."""

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import aliased

from bot.delivery.outbox import Claim, Place, delivery_key
from bot.digest.model import StoredEntry
from bot.messages.content import Content, DayMessage
from bot.plan.subscription import Subscription
from bot.store import tables as t
from bot.store.database import bunches, insert_missing, reading, transaction
from bot.store.giving_up import CLOSED, give_up, make_room

log = logging.getLogger(__name__)

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


class Outbox:
    """Rows of messages and of channels. Every method is one short transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # What delivery needs: see `bot.delivery.outbox.Outbox`

    def carried(self, place: Place, source: str, day: date) -> set[str]:
        """The keys of the day's entries that the channel has or will have, in any layout; also those they have now."""
        with reading(self._engine) as connection:
            return _carried(connection, place, source, day)

    def closed(self) -> set[Place]:
        """The channels that take nothing more."""
        c = t.Channel
        with reading(self._engine) as connection:
            rows = connection.execute(sa.select(c.team_id, c.channel_id).where(c.closed_reason.is_not(None)))
            return {Place(*row) for row in rows}

    def add(
        self,
        place: Place,
        source: str,
        day: date,
        messages: Sequence[DayMessage],
        *,
        entries: Sequence[StoredEntry] = (),
        subscription: Subscription | None = None,
    ) -> int:
        """Write down what should exist, in the order of sending. Returns how many rows are new.

        Late entries go below the line that their query has there already. Raises ValueError for a reply to nothing.
        """
        own = {message.entry_key: message.entry_id for message in messages if message.entry_key}
        brought: dict[str, int | None] = {**own, **{entry.key: entry.id for entry in entries}}
        with transaction(self._engine) as connection:
            if subscription is not None and not _stands(connection, subscription):
                return 0
            if _carried(connection, place, source, day) & brought.keys():
                return 0
            _ensure_channel(connection, place)
            make_room(connection, place, source, day)
            there = _Written(connection, place, source, day)
            line = there.line(subscription.query if subscription else "", names=bool(brought.keys() - own.keys()))
            has_line = (line, 0) in there.rows
            origin = "subscription" if subscription else "post"
            added = 0
            for message in messages:
                key = message.entry_key or line
                if has_line and not message.entry_key:
                    continue
                row = _new_row(place, source, day, key, message) | {"origin": origin}
                parent = there.parent(message, line)
                row["parent_id"] = parent[0] if parent else None
                if parent and parent[1] == "refused":
                    row |= {"state": "refused", "error": "parent refused"}
                (delivery_id,) = connection.execute(sa.insert(t.Delivery).values(row).returning(t.Delivery.id)).one()
                there.rows[key, message.part] = (delivery_id, row["state"])
                added += 1
            _carry(connection, place, source, day, brought, there, line)
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
                        attempts=found.attempts + 1,
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
        """Slack will keep saying no. Replies to it are refused with it, since they could never be sent.

        Of a closed channel nothing is refused: it waits, also what was tried, until the channel is opened again.
        """
        d, c = t.Delivery, t.Channel
        with transaction(self._engine) as connection:
            if not _release(connection, claim, "pending" if close_channel else "refused", error):
                return
            if close_channel:
                connection.execute(sa.update(c).where(*_is(claim.place)).values(closed_reason=error))
                return
            connection.execute(
                sa.update(d)
                .where(d.parent_id == claim.id, d.state.in_(UNPOSTED))
                .values(state="refused", error="parent refused", owner=None, lease_until=None)
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

    def save_channel(self, team: str, channel: str, name: str | None, is_private: bool) -> None:
        """Remember what Slack says of a channel; its queue and settings stay."""
        place = Place(team, channel)
        with transaction(self._engine) as connection:
            _ensure_channel(connection, place)
            connection.execute(sa.update(t.Channel).where(*_is(place)).values(name=name, is_private=is_private))

    def reopen_channel(self, team: str, channel: str) -> None:
        """Let a closed channel's messages go again, from the newest day of each source that is ready.

        What older days still owe is given up: nobody wants a fortnight at once. An open channel stays as it is.
        """
        c, place = t.Channel, Place(team, channel)
        with transaction(self._engine) as connection:
            reason = connection.scalar(sa.select(c.closed_reason).where(*_is(place)))
            if reason is None:
                return
            connection.execute(sa.update(c).where(*_is(place)).values(closed_reason=None))
            left = _leave_older_days(connection, place)
        log.info("reopened channel=%s closed_for=%r days_given_up=%d", channel, reason, left)


_SHOWN = (
    "id", "source", "day", "entry_id", "entry_key", "part", "revision", "key", "state", "attempts", "error",
    "posted_ts", "posted_at", "permalink",
)  # fmt: skip


def _delivery_row(row: Any) -> DeliveryRow:
    shown = {name: getattr(row, name) for name in _SHOWN} | {"entry_key": row.entry_key or None}
    return DeliveryRow(place=Place(row.team_id, row.channel_id), **shown)


def _stands(connection: Connection, subscription: Subscription) -> bool:
    """Whether it is still there and not paused: a person may have ended it since it was loaded."""
    s = t.Subscription
    found = sa.exists().where(s.id == subscription.id, s.paused.is_(None))
    return bool(connection.scalar(sa.select(found)))


def _carried(connection: Connection, place: Place, source: str, day: date) -> set[str]:
    c, e = t.Carried, t.Entry
    statement = (
        sa.select(c.entry_key, e.key)
        .outerjoin(e, e.id == c.entry_id)
        .where(c.team_id == place.team, c.channel_id == place.channel, c.source == source, c.day == day)
    )
    return {key for row in connection.execute(statement) for key in row if key is not None}


def _carry(
    connection: Connection,
    place: Place,
    source: str,
    day: date,
    brought: Mapping[str, int | None],
    there: "_Written",
    line: str,
) -> None:
    """Remember what each entry is brought by: its own first message, else the line that names it."""
    if brought:
        named = there.rows.get((line, 0))
        rows = [
            {
                "team_id": place.team,
                "channel_id": place.channel,
                "source": source,
                "day": day,
                "entry_key": key,
                "entry_id": entry_id,
                "delivery_id": (there.rows.get((key, 0)) or named or (None,))[0],
            }
            for key, entry_id in brought.items()
        ]
        connection.execute(sa.insert(t.Carried), rows)


class _Written:
    """The rows a channel has of a day: id and state by (entry key or line key, part)."""

    def __init__(self, connection: Connection, place: Place, source: str, day: date) -> None:
        d = t.Delivery
        here = (d.team_id == place.team, d.channel_id == place.channel, d.source == source, d.day == day)
        rows = connection.execute(sa.select(d.entry_key, d.part, d.id, d.state).where(*here))
        self.rows = {(key, part): (delivery_id, state) for key, part, delivery_id, state in rows}

    def line(self, query: str, *, names: bool) -> str:
        """The key of the day's own line for a query. A line that ``names`` its papers needs one nobody has used."""
        first = line = f"query:{query}" if query else ""
        number = 1
        while (written := self.rows.get((line, 0))) and (names or written[1] == "refused"):
            number += 1
            line = f"late:{number}:{first}"
        return line

    def parent(self, message: DayMessage, line: str) -> tuple[int, str] | None:
        """Id and state of the row it replies to."""
        if message.parent is None:
            return None
        key, part = message.parent
        parent = self.rows.get((key or line, part))
        if parent is None:
            raise ValueError(f"a reply before its parent: part {part}")
        return parent


def _new_row(place: Place, source: str, day: date, key: str, message: DayMessage) -> dict[str, Any]:
    content = message.content
    payload = json.dumps([content.text, content.blocks], ensure_ascii=False, sort_keys=True)
    return {
        "team_id": place.team,
        "channel_id": place.channel,
        "source": source,
        "day": day,
        "entry_key": key,
        "entry_id": message.entry_id,
        "part": message.part,
        "revision": 0,
        "key": delivery_key(place, source, day, key, message.part),
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
    columns = (d.id, d.team_id, d.channel_id, d.key, d.text, d.blocks, d.state, d.claimed_at, d.lease_until, d.attempts)
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


def _leave_older_days(connection: Connection, place: Place) -> int:
    """Give up what a channel was owed of all days but the newest of each source. Returns how many days that were."""
    s, d, g = t.Subscription, t.Delivery, t.Digest
    orders = connection.execute(
        sa.select(s.id, s.source, s.since).where(s.team_id == place.team, s.channel_id == place.channel)
    ).all()
    waiting = (
        sa.select(d.source)
        .distinct()
        .where(d.team_id == place.team, d.channel_id == place.channel, d.state == "pending")
    )
    left: set[tuple[str, date]] = set()
    for source in {order.source for order in orders} | set(connection.scalars(waiting)):
        ready = set(
            connection.scalars(
                sa.select(g.day).where(
                    g.source == source,
                    g.ready_at.is_not(None),
                    sa.exists().where(t.Entry.digest_id == g.id, t.Entry.withdrawn_at.is_(None)),
                )
            )
        )
        if not ready:
            continue
        newest = max(ready)
        left |= {(source, day) for day in give_up(connection, place, source, CLOSED, before=newest)}
        for order in orders:
            if order.source != source or order.since is None:
                continue
            older = {day for day in ready if order.since <= day < newest}
            older -= set(
                connection.scalars(
                    sa.select(t.SubscriptionDay.day).where(t.SubscriptionDay.subscription_id == order.id)
                )
            )
            insert_missing(
                connection, t.SubscriptionDay, [{"subscription_id": order.id, "day": day} for day in sorted(older)]
            )
            left |= {(source, day) for day in older}
    return len(left)
