"""Channels' standing orders, and the days each has considered."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.delivery.outbox import Place
from bot.plan.subscription import EVERY_DAY, Layout, Subscription
from bot.store import tables as t
from bot.store.database import insert_missing, reading, transaction
from bot.store.giving_up import ENDED, PAUSED, give_up

log = logging.getLogger(__name__)

Key = tuple[str, str, str]
"""Channel, source and query."""

MAY_COME = 1  # A day still being written is usual; two of them are an archive on its way, and would be posted at once.


class Subscriptions:
    """Standing orders of every workspace. One is unique by team, channel, source and query."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self, team: str | None = None) -> list[Subscription]:
        """Every one, of one workspace where given, the oldest first; paused ones too."""
        with reading(self._engine) as connection:
            return _load(connection, *([t.Subscription.team_id == team] if team is not None else []))

    def in_channel(self, team: str, channel: str) -> list[Subscription]:
        """Those of one channel, the oldest first."""
        with reading(self._engine) as connection:
            return _load(connection, t.Subscription.team_id == team, t.Subscription.channel_id == channel)

    def add(
        self,
        team: str,
        channel: str,
        source: str,
        query: str = "",
        *,
        at: time | None = None,
        days: frozenset[int] = EVERY_DAY,
        zone: str = "UTC",
        layout: Layout | None = None,
        created_by: str | None = None,
    ) -> Subscription:
        """Write one down that a person asked for. Where there is one of the same key, that is the answer, as it is."""
        s = t.Subscription
        wanted = Subscription(
            0, team, channel, source, query, at=at, days=days, zone=zone, layout=layout, created_by=created_by
        )
        key = (s.team_id == team, s.channel_id == channel, s.source == source, s.query == query)
        with transaction(self._engine) as connection:
            insert_missing(connection, s, [_columns(wanted)])
            (there,) = _load(connection, *key)
            return there

    def end(self, subscription_id: int) -> bool:
        """Forget one and the days it has considered. False where there is none such.

        What was written down for it and is not begun goes out no more, unless another of its channel stands behind it.
        """
        s = t.Subscription
        with transaction(self._engine) as connection:
            there = _load(connection, s.id == subscription_id)
            _end(connection, there)
            return bool(there)

    def pause(self, subscription_id: int, why: str) -> None:
        """Owe it nothing more. What was written down for it and is not begun is owed again once it is resumed."""
        s, day = t.Subscription, t.SubscriptionDay
        with transaction(self._engine) as connection:
            connection.execute(sa.update(s).where(s.id == subscription_id).values(paused=why))
            for one in _load(connection, s.id == subscription_id):
                given_up = _give_up_unwanted(connection, one, PAUSED)
                again = (day.subscription_id == one.id, day.day.in_(given_up))
                connection.execute(sa.delete(day).where(*again))

    def resume(self, subscription_id: int) -> None:
        s = t.Subscription
        with transaction(self._engine) as connection:
            connection.execute(sa.update(s).where(s.id == subscription_id).values(paused=None))

    def sync_config(
        self, team: str, wanted: Sequence[Subscription], *, unseen: Collection[Key] = (), ending: bool = True
    ) -> None:
        """Make a workspace's configured ones exactly these.

        One that chat wrote with the same key is taken over. ``since`` and a pause stay as they are; one that is no
        longer wanted ends, and begins anew if it ever returns. ``unseen`` are wanted too, but their channels, given as
        the config names them, are not to be seen now: what is stored of them stays. Without ``ending`` nothing ends.
        """
        s = t.Subscription
        by_key = {_key(one): replace(one, team=team, origin="config") for one in wanted}
        with transaction(self._engine) as connection:
            there = {_key(one): one for one in _load(connection, s.team_id == team)}
            names = _channel_names(connection, team) if unseen else {}
            staying = {(_folded(channel), source, query) for channel, source, query in unseen}
            added = [_columns(one) for key, one in by_key.items() if key not in there]
            ended = [
                one
                for key, one in there.items()
                if ending
                and one.origin == "config"
                and key not in by_key
                and not staying & {key, (_folded(f"#{names.get(one.channel)}"), one.source, one.query)}
            ]
            insert_missing(connection, s, added)
            _end(connection, ended)
            changed = 0
            for key, one in by_key.items():
                known = there.get(key)
                if known is None:
                    continue
                kept = replace(one, id=known.id, since=known.since, paused=known.paused, created_by=known.created_by)
                if kept != known:
                    connection.execute(sa.update(s).where(s.id == known.id).values(_columns(kept)))
                    changed += 1
        if added or ended or changed:
            log.info("subscriptions from the config added=%d changed=%d ended=%d", len(added), changed, len(ended))

    def fix_since(self, sources: Collection[str], now: datetime) -> None:
        """Let each that has no ``since`` begin with the newest day of its source that is ready by now.

        Only those of ``sources``: the ones that were read to their end. The newest of half an archive is an old day;
        so it is where several newer ones are about to be ready, and it waits for them.
        """
        s = t.Subscription
        new = (s.since.is_(None), s.source.in_(sources))
        with reading(self._engine) as connection:
            waiting = set(connection.scalars(sa.select(s.source).where(*new).distinct()))
            begins = {source: _newest_day(connection, source, now) for source in sorted(waiting)}
        for source, day in begins.items():
            if day is not None:
                with transaction(self._engine) as connection:
                    connection.execute(sa.update(s).where(*new, s.source == source).values(since=day))

    def handled(self, subscription_id: int) -> set[date]:
        """The days it has considered, whether or not they held anything for it."""
        d = t.SubscriptionDay
        with reading(self._engine) as connection:
            return set(connection.scalars(sa.select(d.day).where(d.subscription_id == subscription_id)))

    def mark_handled(self, subscription_id: int, day: date) -> None:
        """It has considered that day. Harmless to repeat, and where it has ended meanwhile."""
        with transaction(self._engine) as connection:
            there = connection.scalar(sa.select(sa.exists().where(t.Subscription.id == subscription_id)))
            if there:
                insert_missing(connection, t.SubscriptionDay, [{"subscription_id": subscription_id, "day": day}])


def _key(subscription: Subscription) -> Key:
    return subscription.channel, subscription.source, subscription.query


def _folded(channel: str) -> str:
    """A channel's name as it is compared; an id stays what it is."""
    return channel.casefold() if channel.startswith("#") else channel


def _channel_names(connection: Connection, team: str) -> dict[str, str | None]:
    """By id, what each channel was called when it was last seen."""
    c = t.Channel
    rows = connection.execute(sa.select(c.channel_id, c.name).where(c.team_id == team))
    return dict(rows.all())


def _end(connection: Connection, subscriptions: Sequence[Subscription]) -> None:
    s = t.Subscription
    connection.execute(sa.delete(s).where(s.id.in_([one.id for one in subscriptions])))
    for one in subscriptions:
        _give_up_unwanted(connection, one, ENDED)


def _give_up_unwanted(connection: Connection, gone: Subscription, why: str) -> set[date]:
    """Give up what waits in a channel of a source where no standing order is behind it any more. Returns the days."""
    s = t.Subscription
    others = (
        s.team_id == gone.team,
        s.channel_id == gone.channel,
        s.source == gone.source,
        s.paused.is_(None),
    )
    if connection.scalar(sa.select(sa.exists().where(*others))):
        return set()
    days = give_up(connection, Place(gone.team, gone.channel), gone.source, why, origin="subscription")
    if days:
        log.info("given up channel=%s reason=%r days=%d", gone.channel, why, len(days))
    return days


def _newest_day(connection: Connection, source: str, now: datetime) -> date | None:
    """The newest day that is ready by now; None where there is none, or more newer ones are coming than may."""
    g = t.Digest
    has_papers = sa.exists().where(t.Entry.digest_id == g.id, t.Entry.withdrawn_at.is_(None))
    days = connection.execute(sa.select(g.day, g.ready_at).where(g.source == source, has_papers)).all()
    newest = max((day for day, ready_at in days if ready_at is not None and ready_at <= now), default=None)
    if newest is None or sum(day > newest and ready_at is None for day, ready_at in days) > MAY_COME:
        return None
    return newest


def _load(connection: Connection, *conditions: sa.ColumnElement[bool]) -> list[Subscription]:
    s = t.Subscription
    columns = (
        s.id, s.team_id, s.channel_id, s.source, s.query, s.at, s.days, s.zone, s.layout, s.since, s.paused, s.origin,
        s.created_by,
    )  # fmt: skip
    rows = connection.execute(sa.select(*columns).where(*conditions).order_by(s.id))
    return [_subscription(row) for row in rows]


def _subscription(row: Any) -> Subscription:
    return Subscription(
        id=row.id,
        team=row.team_id,
        channel=row.channel_id,
        source=row.source,
        query=row.query,
        at=row.at,
        days=frozenset(map(int, row.days)),
        zone=row.zone,
        layout=row.layout,
        since=row.since,
        paused=row.paused,
        origin=row.origin,
        created_by=row.created_by,
    )


def _columns(subscription: Subscription) -> dict[str, Any]:
    return {
        "team_id": subscription.team,
        "channel_id": subscription.channel,
        "source": subscription.source,
        "query": subscription.query,
        "at": subscription.at,
        "days": "".join(map(str, sorted(subscription.days))),
        "zone": subscription.zone,
        "layout": subscription.layout,
        "since": subscription.since,
        "paused": subscription.paused,
        "origin": subscription.origin,
        "created_by": subscription.created_by,
    }
