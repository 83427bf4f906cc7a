"""The messages that should exist, and the channels they go to: `bot.delivery.outbox.Outbox` on the tables.

This is the one entrance: queues and claims are in ``turns.py``, what a channel has of a day in ``editions.py`` and
``laying.py``, what people look at in ``deliveries.py``.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.delivery.outbox import Claim, Edition, Place
from bot.delivery.pace import Pace
from bot.digest.model import StoredEntry
from bot.messages.content import Content, DayMessage
from bot.plan.subscription import Subscription
from bot.store import channels, deliveries, editions, notes, turns
from bot.store import tables as t
from bot.store.channels import EPOCH, ClosedChannel
from bot.store.database import reading, transaction
from bot.store.deliveries import DeliveryRow, PostedThread
from bot.store.laying import lay
from bot.store.moments import Moments, cut_turns

__all__ = ["EPOCH", "ClosedChannel", "DeliveryRow", "Outbox", "PostedThread"]

log = logging.getLogger(__name__)

LONGEST_WAIT = Pace().operator


class Outbox:
    """Rows of messages and of channels. Every method is one short transaction."""

    def __init__(self, engine: Engine, team_gap: timedelta = timedelta(0), longest: timedelta = LONGEST_WAIT) -> None:
        """``team_gap`` lies between two messages of one workspace, in whichever channels; 0 is no cap.

        ``longest`` is the most that a channel waits before a further try.
        """
        self._engine = engine
        self._team_gap = team_gap
        self._longest = longest
        self._moments = Moments(engine)
        self._is_planned = False
        self._quiet: Mapping[Place, datetime] = {}

    # What delivery needs: see `bot.delivery.outbox.Outbox`

    def carried(self, place: Place, source: str, day: date) -> set[str]:
        """The keys, as they are now, of the day's entries that the channel has or will have, in any layout."""
        with reading(self._engine) as connection:
            brought = editions.load_carried(connection, place, source, day)
        return {one.known_as for one in brought}

    def closed(self) -> set[Place]:
        """The channels that take nothing more."""
        with reading(self._engine) as connection:
            return {one.place for one in channels.closed(connection)}

    def known(self, place: Place, since: datetime) -> set[str]:
        """The keys of what stands in the channel, as far as we know, and was posted at ``since`` or later."""
        with reading(self._engine) as connection:
            return deliveries.known_keys(connection, place, since)

    def edition(self, place: Place, source: str, day: date, query: str) -> Edition | None:
        """What the channel has of a day under that line; None where nothing is written down."""
        with reading(self._engine) as connection:
            return editions.load_edition(connection, place, source, day, query)

    def outdated(self, team: str, since: datetime) -> list[tuple[Edition, datetime]]:
        """The editions of open channels whose day, ready at ``since`` or later, has settled anew, oldest day first.

        Each with the ``settled_at`` that it does not show yet.
        """
        with reading(self._engine) as connection:
            return editions.load_outdated(connection, team, since)

    def lay(
        self,
        edition: Edition,
        messages: Sequence[DayMessage],
        entries: Sequence[StoredEntry],
        at: datetime,
        *,
        edit_since: datetime,
        unchanged: Collection[int] = (),
        subscription: Subscription | None = None,
    ) -> int | None:
        """Make what is written down of an edition be these messages, all of it or nothing.

        Returns how many of its messages have something to be done now; None where it could not be. Raises ValueError
        for a reply to nothing.
        """
        with transaction(self._engine) as connection:
            return lay(connection, edition, messages, entries, at, edit_since, subscription, unchanged)

    def keep_language(self, lang: str) -> None:
        """Name the language of the editions of which it was not kept, so that a later change of it edits none."""
        unnamed = t.Edition.lang.is_(None)
        with reading(self._engine) as connection:
            if connection.scalar(sa.select(t.Edition.id).where(unnamed).limit(1)) is None:
                return
        with transaction(self._engine) as connection:
            connection.execute(sa.update(t.Edition).where(unnamed).values(lang=lang))

    def add_note(
        self,
        place: Place,
        source: str,
        day: date,
        name: str,
        content: Content,
        *,
        subscription: Subscription | None = None,
        passed_over: Collection[date] = (),
    ) -> bool:
        """Write down one message that is no digest. False where that note of that day is there already."""
        with transaction(self._engine) as connection:
            return notes.add_note(connection, place, source, day, name, content, subscription, passed_over)

    def hold(self, until: Mapping[Place, datetime]) -> None:
        """Let these channels begin no day before that moment. What somebody posted, or has begun, goes on.

        In place of what was said before: until it is asked again, also what comes to be next in a queue is held here.
        """
        self._quiet, self._is_planned = dict(until), True
        with reading(self._engine) as connection:
            if not channels.to_hold(connection, until):
                return
        with transaction(self._engine) as connection:
            channels.hold(connection, channels.to_hold(connection, until))

    def claim_next(self, owner: str, now: datetime, lease_until: datetime) -> Claim | None:
        """The oldest message of the channel whose turn came first, claimed; None where it is nobody's turn.

        Where the clock was set back, nobody waits until it has caught up (`moments`). What is held through quiet hours
        is known only once somebody has said so: before that no turn is cut.
        """
        if self._is_planned and self._moments.is_suspect(now):
            self._moments.correct(now)
            with transaction(self._engine) as connection:
                cut = cut_turns(connection, now, lease_until - now, self._longest, self._team_gap, self._quiet)
            if cut:
                log.warning("waits cut, the clock was ahead channels=%d", cut)
        while True:
            # Asked without the lock that a claim needs: mostly there is nothing to send.
            with reading(self._engine) as connection:
                if not turns.is_due(connection, now):
                    return None
            with transaction(self._engine) as connection:
                claim = turns.claim(connection, owner, now, lease_until, self._team_gap, self._quiet)
            if claim is not None:
                return claim

    def confirm(self, claim: Claim, posted_ts: str, next_at: datetime, now: datetime) -> None:
        """It was done, and stands in the channel as ``posted_ts``; the channel's next turn is ``next_at``."""
        with transaction(self._engine) as connection:
            turns.confirm(connection, claim, posted_ts, next_at, now)

    def adopt(self, claim: Claim, posted_ts: str, now: datetime, *, same: bool) -> None:
        """It stood there before we knew: as it should read, or, not ``same``, to be updated. The turn is not used."""
        with transaction(self._engine) as connection:
            turns.adopt(connection, claim, posted_ts, now, same=same)

    def give_back(self, claim: Claim, retry_at: datetime, *, unknown: bool, error: str, counted: bool = True) -> None:
        """Not sent (or, ``unknown``, maybe sent). Where the claim went stale and somebody else's, nothing changes."""
        with transaction(self._engine) as connection:
            turns.give_back(connection, claim, retry_at, unknown=unknown, error=error, counted=counted)

    def refuse(self, claim: Claim, error: str, *, close_channel: bool, now: datetime) -> None:
        """Slack will keep saying no. Replies to it are refused with it, since they could never be sent.

        Of a closed channel nothing is refused: it waits, also what was tried, until the channel is opened again.
        """
        with transaction(self._engine) as connection:
            turns.refuse(connection, claim, error, close_channel=close_channel, now=now)

    def keep(self, claim: Claim, error: str) -> None:
        """Slack does not let us change this message any more: it stays as it stands."""
        with transaction(self._engine) as connection:
            turns.keep(connection, claim, error)

    def lose_parent(self, claim: Claim, error: str) -> bool:
        """What this one replies to is gone: it is to be looked for and sent anew. False where it cannot be."""
        with transaction(self._engine) as connection:
            return turns.lose_parent(connection, claim, error)

    # What people ask

    def rows(self, state: str | None = None, channel: str | None = None, limit: int = 100) -> list[DeliveryRow]:
        """The newest rows first, of one state or one channel where given."""
        with reading(self._engine) as connection:
            return deliveries.newest_rows(connection, state, channel, limit)

    def rows_of(self, place: Place, source: str, day: date) -> list[DeliveryRow]:
        """All that is written down of a day for a channel, in the order of sending."""
        with reading(self._engine) as connection:
            return deliveries.rows_of(connection, place, source, day)

    def retry(self, delivery_id: int) -> None:
        """Try a refused message again, with its replies; or one that waits, or is to be looked for, at once.

        Raises RequestRefusedError.
        """
        with transaction(self._engine) as connection:
            deliveries.retry(connection, delivery_id)

    def skip(self, delivery_id: int) -> None:
        """Leave out a message that waits, and its replies. Raises RequestRefusedError."""
        with transaction(self._engine) as connection:
            deliveries.skip(connection, delivery_id)

    def unsent(self, place: Place, source: str, day: date) -> int:
        """How many messages of a day are still to be sent there; none where the channel is closed."""
        with reading(self._engine) as connection:
            return deliveries.count_unsent(connection, place, source, day)

    def days(self, subscription: Subscription) -> set[date]:
        """The days of its source of which something stands in its channel."""
        with reading(self._engine) as connection:
            return deliveries.days_standing(connection, subscription)

    def threads(self, team: str, entry_ids: Sequence[int]) -> dict[int, list[PostedThread]]:
        """Where in a workspace each entry stands, the first channel first; an entry that stands nowhere is left out."""
        with reading(self._engine) as connection:
            return deliveries.find_threads(connection, team, entry_ids)

    def posted(self, team: str | None = None, channel: str | None = None) -> frozenset[int]:
        """The entries that stand in this channel or in one that is not private; without a team, in any at all."""
        with reading(self._engine) as connection:
            return deliveries.find_posted(connection, team, channel)

    def save_permalink(self, delivery_id: int, url: str) -> None:
        with transaction(self._engine) as connection:
            connection.execute(sa.update(t.Delivery).where(t.Delivery.id == delivery_id).values(permalink=url))

    # Channels

    def entered(self, team: str, channel: str, name: str | None, is_private: bool) -> None:
        """We are in the channel: remember what Slack says of it, and open it where it was closed.

        It goes on from the newest day of each source that is ready. What older days still owe is given up: nobody wants
        a fortnight at once. The queue of an open channel stays as it is.
        """
        with transaction(self._engine) as connection:
            was_closed = channels.enter(connection, Place(team, channel), name, is_private)
        if was_closed:
            log.info("reopened channel=%s closed_for=%r days_given_up=%d", channel, *was_closed)

    def closed_channels(self, team: str) -> list[ClosedChannel]:
        """The channels of a workspace that take nothing more, the longest closed first."""
        with reading(self._engine) as connection:
            return channels.closed(connection, team)
