"""Channels as queues: entered, closed, opened again, held while people rest."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from bot.delivery.outbox import Place
from bot.store import tables as t
from bot.store.database import insert_missing
from bot.store.giving_up import CHANNEL_CLOSED, CLOSED, give_up

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""The next turn of a channel that never had one."""

UNPOSTED = sa.text("delivery." + t.among("state", t.UNPOSTED))
"""In these words SQLite sees that an index holds the rows it asks for; it looks into no parameter for that."""
WAITING = sa.text("channel.waiting AND channel.closed_reason IS NULL")


@dataclass(frozen=True, slots=True)
class ClosedChannel:
    """A channel that takes nothing more, and why."""

    place: Place
    name: str | None
    reason: str
    closed_at: datetime


def is_channel(place: Place) -> sa.ColumnElement[bool]:
    return sa.and_(t.Channel.team_id == place.team, t.Channel.channel_id == place.channel)


def is_in(place: Place) -> sa.ColumnElement[bool]:
    return sa.and_(t.Delivery.team_id == place.team, t.Delivery.channel_id == place.channel)


def lock(connection: Connection, place: Place) -> None:
    """Make sure the channel is known, and keep everybody else from it: a queue is changed by one at a time."""
    row = {"team_id": place.team, "channel_id": place.channel, "is_private": True, "next_at": EPOCH}
    insert_missing(connection, t.Channel, [row])
    connection.execute(sa.select(t.Channel.channel_id).where(is_channel(place)).with_for_update())


def closed(connection: Connection, team: str | None = None) -> list[ClosedChannel]:
    c = t.Channel
    statement = (
        sa.select(c.team_id, c.channel_id, c.name, c.closed_reason, c.closed_at)
        .where(c.closed_reason.is_not(None), *([c.team_id == team] if team is not None else []))
        .order_by(c.closed_at, c.channel_id)
    )
    return [
        ClosedChannel(Place(team_id, channel_id), name, reason, closed_at)
        for team_id, channel_id, name, reason, closed_at in connection.execute(statement)
        if reason is not None and closed_at is not None  # the statement asks for neither
    ]


def enter(connection: Connection, place: Place, name: str | None, is_private: bool) -> tuple[str, int] | None:
    """Remember what Slack says of a channel, and let it go on from the newest day of each source that is ready.

    Returns why it was closed, and how many older days were given up; None where it was open.
    """
    c = t.Channel
    lock(connection, place)
    reason = connection.scalar(sa.select(c.closed_reason).where(is_channel(place)))
    values = {"name": name, "is_private": is_private, "closed_reason": None, "closed_at": None}
    connection.execute(sa.update(c).where(is_channel(place)).values(values))
    return None if reason is None else (reason, _leave_older_days(connection, place))


def _leave_older_days(connection: Connection, place: Place) -> int:
    """Give up what a channel was owed of all days but the newest of each source. Returns how many days that were."""
    s, d = t.Subscription, t.Delivery
    orders = connection.execute(
        sa.select(s.id, s.source, s.since).where(s.team_id == place.team, s.channel_id == place.channel)
    ).all()
    waiting = set(connection.scalars(sa.select(d.source).distinct().where(is_in(place), UNPOSTED)))
    left: set[tuple[str, date]] = set()
    for source in {order.source for order in orders} | waiting:
        ready = _ready(connection, source)
        if not ready:
            continue
        newest = max(ready)
        left |= {(source, day) for day in give_up(connection, place, source, CLOSED, before=newest)}
        for order in orders:
            if order.source == source and order.since is not None:
                older = {day: at for day, at in ready.items() if order.since <= day < newest}
                left |= {(source, day) for day in _pass_over(connection, order.id, older)}
    return len(left)


def _ready(connection: Connection, source: str) -> dict[date, datetime]:
    """The days of a source that can be read, with the moment up to which they have settled."""
    g = t.Digest
    has_papers = sa.exists().where(t.Entry.digest_id == g.id, t.Entry.withdrawn_at.is_(None))
    rows = connection.execute(
        sa.select(g.day, sa.func.coalesce(g.settled_at, g.ready_at, type_=t.Moment())).where(
            g.source == source, g.ready_at.is_not(None), has_papers
        )
    )
    return dict(rows.all())


def _pass_over(connection: Connection, subscription_id: int, settled: Mapping[date, datetime]) -> list[date]:
    """The subscription is done with these days as far as it has not seen them. Returns which these are."""
    s = t.SubscriptionDay
    rows = connection.execute(sa.select(s.day, s.considered_at).where(s.subscription_id == subscription_id))
    seen = dict(rows.all())
    days = [day for day, at in settled.items() if day not in seen or ((seen[day] or at) < at)]
    pass_over(connection, subscription_id, days, CHANNEL_CLOSED)
    return days


def pass_over(connection: Connection, subscription_id: int, days: list[date], why: str) -> None:
    """The subscription never looks at these days again; ``why`` is a cause of `giving_up`."""
    s = t.SubscriptionDay
    rows = [{"subscription_id": subscription_id, "day": day, "considered_at": None, "why": why} for day in sorted(days)]
    insert_missing(connection, s, rows)
    mine = (s.subscription_id == subscription_id, s.day.in_(days))
    connection.execute(sa.update(s).where(*mine).values(considered_at=None, why=why))


def to_hold(connection: Connection, until: Mapping[Place, datetime]) -> dict[Place, datetime]:
    """Those of the channels whose next message must not go before its moment, and may now."""
    if not until:
        return {}
    c = t.Channel
    due = sa.select(c.team_id, c.channel_id, c.next_at).where(WAITING, c.next_at < max(until.values()))
    places = {Place(team, channel): next_at for team, channel, next_at in connection.execute(due)}
    return {
        place: moment
        for place, moment in until.items()
        if place in places and places[place] < moment and not has_begun(connection, place)
    }


def has_begun(connection: Connection, place: Place) -> bool:
    """Whether what comes next in the channel's queue goes out at any hour."""
    d, sibling = t.Delivery, aliased(t.Delivery)
    begun = sa.exists().where(
        sibling.edition_id == d.edition_id,
        sa.or_(sibling.posted_ts.is_not(None), sibling.state.in_(("claimed", "unknown"))),
    )
    head = (
        sa.select(d.origin, d.state, d.reposts, begun.label("begun"))
        .where(is_in(place), UNPOSTED)
        .order_by(d.id)
        .limit(1)
    )
    row = connection.execute(head).first()
    if row is None:
        return True
    new = row.state == "pending" and not row.reposts and not row.begun
    return not new or row.origin != "subscription"


def hold(connection: Connection, until: Mapping[Place, datetime]) -> None:
    """Move the turns of these channels to their moments, never back."""
    c = t.Channel
    for place, moment in until.items():
        later = sa.update(c).where(is_channel(place), c.next_at < moment).values(next_at=moment, slot_at=None)
        connection.execute(later)
