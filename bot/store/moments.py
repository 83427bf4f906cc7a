"""Moments that lie ahead of the clock: what a clock that was wrong, and has been set back since, left in the tables.

What has happened cannot lie ahead: such a moment becomes now, and of several the order stays. What is to happen may,
but no longer than somebody may have to wait for it: a turn, a lease.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from threading import Lock

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import InstrumentedAttribute

from bot.delivery.outbox import Place
from bot.store import tables as t
from bot.store.channels import UNPOSTED, WAITING, is_channel, is_in
from bot.store.database import reading, transaction

log = logging.getLogger(__name__)

TOLERANCE = timedelta(seconds=5)
"""By how much the clocks of two machines on one database may differ; a step back by less costs nobody anything."""
WATCHED = timedelta(minutes=2)
"""For so long after a step back the tables are looked at again: a call that was under way still wrote its moments."""
AGAIN = timedelta(seconds=5)

_HAPPENED: tuple[InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None], ...] = (
    t.Digest.changed_at,
    t.Digest.settled_at,
    t.Digest.ready_at,
    t.Document.changed_at,
    t.Document.missing_since,
    t.Document.error_at,
    t.SubscriptionDay.considered_at,
    t.Edition.laid_at,
    t.Delivery.claimed_at,
    t.Delivery.posted_at,
)


class Moments:
    """Notices that the clock was set back, while the process runs or before it started, and corrects the tables."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = Lock()
        self._latest: datetime | None = None
        self._watch_until: datetime | None = None
        self._corrected_at: datetime | None = None

    def is_suspect(self, now: datetime) -> bool:
        """Whether the tables may hold moments that lie ahead: at the first call, and for a while after a step back."""
        with self._lock:
            first, went_back = self._latest is None, self._latest is not None and now < self._latest - TOLERANCE
            if went_back:
                log.warning("clock was set back from=%s to=%s; waits are cut", self._latest, now)
                self._watch_until, self._corrected_at = now + WATCHED, None
            self._latest = now
            if first:
                return True
            if self._watch_until is None or now > self._watch_until:
                return False
            if self._corrected_at is not None and self._corrected_at <= now < self._corrected_at + AGAIN:
                return False
            self._corrected_at = now
            return True

    def correct(self, now: datetime) -> None:
        """Let nothing that happened lie ahead of ``now``."""
        ahead = now + TOLERANCE
        with reading(self._engine) as connection:
            found = {
                column: set(connection.scalars(sa.select(column).where(column > ahead).distinct()))
                for column in _HAPPENED
            }
        moments = sorted({moment for some in found.values() for moment in some if moment is not None})
        if not moments:
            return
        becomes = {moment: now - timedelta(microseconds=place) for place, moment in enumerate(reversed(moments))}
        with transaction(self._engine) as connection:
            for column, some in found.items():
                for moment in sorted(moment for moment in some if moment is not None):
                    connection.execute(
                        sa.update(column.class_).where(column == moment).values({column.key: becomes[moment]})
                    )
        log.warning("moments ahead of the clock corrected count=%d latest=%s now=%s", len(moments), moments[-1], now)


def cut_turns(
    connection: Connection,
    now: datetime,
    lease: timedelta,
    longest: timedelta,
    team_gap: timedelta,
    quiet: Mapping[Place, datetime],
) -> int:
    """Let no channel wait longer than it may: for a lease, for a further try, for its turn, for the end of its quiet
    hours. Returns how many were cut.
    """
    c, d = t.Channel, t.Delivery
    waiting = connection.scalar(sa.select(sa.func.count()).select_from(c).where(WAITING)) or 0
    turns = now + team_gap * (waiting + 1)
    team = sa.update(t.Team).where(t.Team.next_at > turns).values(next_at=now)
    connection.execute(team)
    cut = 0
    rows = connection.execute(
        sa.select(c.team_id, c.channel_id, c.next_at, c.slot_at).where(WAITING, c.next_at > now + lease)
    ).all()
    for row in rows:
        place = Place(row.team_id, row.channel_id)
        head = connection.execute(
            sa.select(d.id, d.state, d.lease_until, d.attempts, d.error)
            .where(is_in(place), UNPOSTED)
            .order_by(d.id)
            .limit(1)
        ).first()
        if head is None:
            continue
        if head.state == "claimed":
            allowed = now + lease
            ours = sa.update(d).where(d.id == head.id, d.state == "claimed", d.lease_until > allowed)
            connection.execute(ours.values(lease_until=allowed))
        elif head.attempts or head.error or head.state == "unknown":
            allowed = now + longest
        else:
            allowed = turns if row.slot_at is not None else now
        allowed = max(allowed, quiet.get(place, now))
        if row.next_at > allowed:
            there = sa.update(c).where(is_channel(place), c.next_at == row.next_at)
            cut += connection.execute(there.values(next_at=allowed, slot_at=None)).rowcount
    return cut
