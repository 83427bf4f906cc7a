"""Channels' standing orders, and the days each has considered."""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.delivery.outbox import Place
from bot.errors import RequestRefusedError
from bot.plan.owed import OpenDay
from bot.plan.subscription import EVERY_DAY, Layout, Subscription
from bot.store import tables as t
from bot.store.database import insert_missing, reading, transaction
from bot.store.giving_up import ENDED, PAUSED, give_up

log = logging.getLogger(__name__)

Key = tuple[str, str, str]
"""Channel, source and query."""

_DAYS = "0123456"

MAY_COME = 1  # A day still being written is usual; two of them are an archive on its way, and would be posted at once.


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Subscriptions:
    """Standing orders of every workspace. One is unique by team, channel, source and query.

    A pause whose end has come is over by itself (`Subscription.is_paused`); it stays in the row until somebody writes
    that anew.
    """

    def __init__(self, engine: Engine, clock: Callable[[], datetime] = _utc_now) -> None:
        self._engine = engine
        self._clock = clock

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
        quiet: tuple[time, time] | None = None,
        say_when_empty: bool = False,
        created_by: str | None = None,
        at_most: int | None = None,
    ) -> Subscription:
        """Write one down that a person asked for. Where there is one of the same key, that is the answer, as it is.

        Raises RequestRefusedError("subscription.too_many") where the channel has ``at_most`` others.
        """
        s = t.Subscription
        wanted = Subscription(
            0, team, channel, source, query, at=at, days=days, zone=zone, layout=layout, quiet=quiet,
            say_when_empty=say_when_empty, created_by=created_by, created_at=self._clock(),
        )  # fmt: skip
        key = (s.team_id == team, s.channel_id == channel, s.source == source, s.query == query)
        with transaction(self._engine) as connection:
            here = _load(connection, s.team_id == team, s.channel_id == channel)
            others = sum((one.source, one.query) != (source, query) for one in here)
            if at_most is not None and others >= at_most:
                raise RequestRefusedError("subscription.too_many", most=at_most)
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
            _end(connection, there, self._clock())
            return bool(there)

    def pause(self, subscription_id: int, why: str, until: datetime | None = None) -> None:
        """Owe it nothing more, until that moment or until it is resumed.

        What was written down for it and is not begun is owed again then.
        """
        s = t.Subscription
        with transaction(self._engine) as connection:
            connection.execute(sa.update(s).where(s.id == subscription_id).values(paused=why, paused_until=until))
            for one in _load(connection, s.id == subscription_id):
                given_up = _give_up_unwanted(connection, one, PAUSED, self._clock())
                _forget_considered(connection, one, given_up)

    def resume(self, subscription_id: int) -> None:
        s = t.Subscription
        with transaction(self._engine) as connection:
            connection.execute(sa.update(s).where(s.id == subscription_id).values(paused=None, paused_until=None))

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
            now = self._clock()
            added = [_columns(replace(one, created_at=now)) for key, one in by_key.items() if key not in there]
            ended = [
                one
                for key, one in there.items()
                if ending
                and one.origin == "config"
                and key not in by_key
                and not staying & {key, (_folded(f"#{names.get(one.channel)}"), one.source, one.query)}
            ]
            insert_missing(connection, s, added)
            _end(connection, ended, now)
            changed = 0
            for key, one in by_key.items():
                known = there.get(key)
                if known is None:
                    continue
                kept = replace(
                    one, id=known.id, since=known.since, paused=known.paused, paused_until=known.paused_until,
                    created_by=known.created_by, created_at=known.created_at,
                )  # fmt: skip
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

    def open_days(self, team: str, settled_since: datetime) -> dict[int, list[OpenDay]]:
        """By subscription of a workspace, the days it has to consider: those that are ready, from its ``since`` on, and
        that it has not considered yet, or that have settled anew since it did. One that has none is left out.

        What settles anew counts for days that were ready at ``settled_since`` or later. Paused ones are asked for too.
        """
        with reading(self._engine) as connection:
            rows = connection.execute(_open_days(team, settled_since)).all()
        found: dict[int, list[OpenDay]] = {}
        for subscription_id, *day in sorted(rows, key=lambda row: (row.id, row.day)):
            found.setdefault(subscription_id, []).append(OpenDay(*day))
        return found

    def consider(self, subscription_id: int, day: date, at: datetime | None, why: str | None = None) -> None:
        """It has considered that day as it had settled ``at``; None passes it over, never to be looked at again.
        ``why`` is then a cause of `giving_up`.

        Harmless to repeat, and where it has ended meanwhile. Where it has been paused meanwhile only passing over
        counts: what was written down of the day may have been given up with the pause.
        """
        s, d = t.Subscription, t.SubscriptionDay
        mine = (d.subscription_id == subscription_id, d.day == day)
        with transaction(self._engine) as connection:
            counts = sa.true() if at is None else _stands(self._clock())
            if not connection.scalar(sa.select(sa.exists().where(s.id == subscription_id, counts))):
                return
            row = {"subscription_id": subscription_id, "day": day, "considered_at": at, "why": why}
            insert_missing(connection, d, [row])
            before = d.considered_at.is_not(None) if at is None else d.considered_at < at
            connection.execute(sa.update(d).where(*mine, before).values(considered_at=at, why=why))


def _stands(now: datetime) -> sa.ColumnElement[bool]:
    """Of a subscription: it is not paused now."""
    s = t.Subscription
    return sa.or_(s.paused.is_(None), s.paused_until <= now)


def _open_days(team: str, settled_since: datetime) -> sa.CompoundSelect[Any]:
    s, g, d = t.Subscription, t.Digest, t.SubscriptionDay
    has_papers = sa.exists().where(t.Entry.digest_id == g.id, t.Entry.withdrawn_at.is_(None))
    ready_days = sa.select(g.source, g.day, g.ready_at, g.settled_at).where(g.ready_at.is_not(None), has_papers)
    # Once for all subscriptions. What remains for each is a look into one index: half a microsecond a day.
    r = ready_days.cte("ready").prefix_with("MATERIALIZED")
    days = (
        sa.select(s.id, r.c.day, r.c.ready_at, r.c.settled_at)
        .join(r, sa.and_(r.c.source == s.source, r.c.day >= s.since))
        .where(s.team_id == team)
    )
    considered = sa.and_(d.subscription_id == s.id, d.day == r.c.day)
    new = days.where(~sa.exists(d.day).where(considered))
    changed = days.join(d, considered).where(r.c.ready_at >= settled_since, r.c.settled_at > d.considered_at)
    return sa.union_all(new.add_columns(sa.literal(True)), changed.add_columns(sa.literal(False)))


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


def _end(connection: Connection, subscriptions: Sequence[Subscription], now: datetime) -> None:
    s = t.Subscription
    connection.execute(sa.delete(s).where(s.id.in_([one.id for one in subscriptions])))
    for one in subscriptions:
        _give_up_unwanted(connection, one, ENDED, now)


def _give_up_unwanted(connection: Connection, gone: Subscription, why: str, now: datetime) -> set[date]:
    """Give up what waits in a channel of a source where no standing order is behind it any more. Returns the days."""
    s = t.Subscription
    others = (
        s.team_id == gone.team,
        s.channel_id == gone.channel,
        s.source == gone.source,
        _stands(now),
    )
    if connection.scalar(sa.select(sa.exists().where(*others))):
        return set()
    days = give_up(connection, Place(gone.team, gone.channel), gone.source, why, origin="subscription")
    if days:
        log.info("given up channel=%s reason=%r days=%d", gone.channel, why, len(days))
    return days


def _forget_considered(connection: Connection, paused: Subscription, days: Collection[date]) -> None:
    """Let the channel's subscriptions of that source, none of which stands now, consider these days anew.

    All of them: whichever of them wrote down what was given up may be resumed first.
    """
    s, d = t.Subscription, t.SubscriptionDay
    here = sa.select(s.id).where(s.team_id == paused.team, s.channel_id == paused.channel, s.source == paused.source)
    again = (d.subscription_id.in_(here), d.day.in_(days), d.considered_at.is_not(None))
    connection.execute(sa.delete(d).where(*again))


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
        s.id, s.team_id, s.channel_id, s.source, s.query, s.at, s.days, s.zone, s.layout, s.since, s.quiet_from,
        s.quiet_until, s.say_when_empty, s.paused, s.paused_until, s.origin, s.created_by, s.created_at,
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
        days=frozenset(int(day) for day in row.days if day in _DAYS),
        zone=row.zone,
        layout=row.layout,
        since=row.since,
        quiet=(row.quiet_from, row.quiet_until) if row.quiet_from is not None else None,
        say_when_empty=row.say_when_empty,
        paused=row.paused,
        paused_until=row.paused_until,
        origin=row.origin,
        created_by=row.created_by,
        created_at=row.created_at,
    )


def _columns(subscription: Subscription) -> dict[str, Any]:
    quiet_from, quiet_until = subscription.quiet or (None, None)
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
        "quiet_from": quiet_from,
        "quiet_until": quiet_until,
        "say_when_empty": subscription.say_when_empty,
        "paused": subscription.paused,
        "paused_until": subscription.paused_until,
        "origin": subscription.origin,
        "created_by": subscription.created_by,
        "created_at": subscription.created_at,
    }
