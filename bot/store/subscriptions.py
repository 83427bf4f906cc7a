"""Channels' standing orders, and the days each has considered."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.plan.subscription import EVERY_DAY, Layout, Subscription
from bot.store import tables as t
from bot.store.database import insert_missing, reading, transaction

log = logging.getLogger(__name__)

Key = tuple[str, str, str]


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
        """Forget one and the days it has considered. False where there is none such."""
        with transaction(self._engine) as connection:
            ended = connection.execute(sa.delete(t.Subscription).where(t.Subscription.id == subscription_id))
            return ended.rowcount == 1

    def pause(self, subscription_id: int, why: str) -> None:
        self._set_paused(subscription_id, why)

    def resume(self, subscription_id: int) -> None:
        self._set_paused(subscription_id, None)

    def _set_paused(self, subscription_id: int, why: str | None) -> None:
        s = t.Subscription
        with transaction(self._engine) as connection:
            connection.execute(sa.update(s).where(s.id == subscription_id).values(paused=why))

    def sync_config(self, team: str, wanted: Sequence[Subscription]) -> None:
        """Make a workspace's configured ones exactly these.

        One that chat wrote with the same key is taken over. ``since`` and a pause stay as they are; one that is no
        longer wanted ends, and begins anew if it ever returns.
        """
        s = t.Subscription
        by_key = {_key(one): replace(one, team=team, origin="config") for one in wanted}
        with transaction(self._engine) as connection:
            there = {_key(one): one for one in _load(connection, s.team_id == team)}
            added = [_columns(one) for key, one in by_key.items() if key not in there]
            ended = [one.id for key, one in there.items() if one.origin == "config" and key not in by_key]
            insert_missing(connection, s, added)
            connection.execute(sa.delete(s).where(s.id.in_(ended)))
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

        Only those of ``sources``: the ones that were read to their end. The newest of half an archive is an old day.
        """
        s, g = t.Subscription, t.Digest
        newest = (
            sa.select(sa.func.max(g.day))
            .where(
                g.source == s.source,
                g.ready_at <= now,
                sa.exists().where(t.Entry.digest_id == g.id, t.Entry.withdrawn_at.is_(None)),
            )
            .scalar_subquery()
        )
        with reading(self._engine) as connection:
            days = connection.execute(
                sa.select(s.id, newest).where(s.since.is_(None), s.source.in_(sources), newest.is_not(None))
            ).all()
        if not days:
            return
        with transaction(self._engine) as connection:
            for subscription_id, day in days:
                fix = sa.update(s).where(s.id == subscription_id, s.since.is_(None)).values(since=day)
                connection.execute(fix)

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
