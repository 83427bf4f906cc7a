"""What `delivery` needs of its two ends: an outbox that remembers, and a poster that talks to a channel.

A row's life: ``pending -> claimed -> posted``, or ``-> unknown -> (posted | pending)``, or ``-> refused``.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from bot.digest.model import StoredEntry
from bot.messages.content import Content, DayMessage
from bot.plan.subscription import Subscription


@dataclass(frozen=True, slots=True)
class Place:
    """A channel of a workspace."""

    team: str
    channel: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A message this process may send now, and nobody else may until ``lease_until``."""

    id: int
    place: Place
    key: str
    """Travels in the message's metadata, the same on any copy of the database (`delivery_key`)."""
    content: Content
    thread_ts: str | None
    """The saved ``ts`` of its parent; None for a message in the channel itself."""
    claimed_at: datetime
    """When the earliest attempt that may have arrived was claimed; this claim's own moment where there was none."""
    lease_until: datetime
    looking: bool = False
    """True where an earlier attempt may have arrived: look for ``key`` before sending."""
    attempts: int = 1
    """How often it was claimed, this time included."""


class Outbox(Protocol):
    """The rows of messages that should exist. Every method is one short transaction."""

    def carried(self, place: Place, source: str, day: date) -> Collection[str]:
        """The keys of the day's entries that the channel has or will have, by whichever subscription or layout."""
        ...

    def closed(self) -> Collection[Place]:
        """The channels that take nothing more: nothing new is written down for them."""
        ...

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
        """Write down what should exist, all of it or nothing. Returns how many rows are new.

        ``entries`` are those that the messages carry; where left out, those that have a message of their own. Nothing
        is written where the channel carries one of them already, or where ``subscription``, on whose behalf it is, is
        paused or has ended meanwhile: look at both again. Each query's day has its own line, so that no line says
        anything of another's papers.
        """
        ...

    def claim_next(self, owner: str, now: datetime, lease_until: datetime) -> Claim | None:
        """The oldest message of a channel whose turn it is (``next_at``), claimed; None where nobody's turn is now.

        A reply is offered only once its parent's ``posted_ts`` is saved; a channel whose oldest unposted row is claimed
        by somebody offers nothing; a stale claim comes back as ``looking``.
        """
        ...

    def confirm(self, claim: Claim, posted_ts: str, next_at: datetime, now: datetime) -> None:
        """It stands in the channel as ``posted_ts``; the channel's next turn is ``next_at``."""
        ...

    def give_back(self, claim: Claim, retry_at: datetime, *, unknown: bool, error: str) -> None:
        """Not sent (or, ``unknown``, maybe sent): its channel waits until ``retry_at``, also when it was to look."""
        ...

    def refuse(self, claim: Claim, error: str, *, close_channel: bool) -> None:
        """Slack will keep saying no: the row is refused.

        ``close_channel`` stops the whole channel with the reason instead: the row waits there with the others.
        """
        ...


class Poster(Protocol):
    """A way to a channel. Raises DeliveryRefusedError (with ChannelClosedError and PayloadRefusedError),
    DeliveryDeferredError or DeliveryUnknownError, nothing else.
    """

    def post(self, claim: Claim) -> str:
        """Send it once, without retries; a content without blocks as plain text. Returns the message's ``ts``."""
        ...

    def find(self, claim: Claim) -> str | None:
        """The ``ts`` of the message that carries the claim's key, sent from a little before ``claimed_at`` on.

        None says that it is not there. Any error says that Slack cannot be asked now.
        """
        ...


def delivery_key(place: Place, source: str, day: date, entry_key: str | None, part: int, revision: int = 0) -> str:
    """A name for one message that any copy of the database would give it: 32 hexadecimal digits."""
    fields = (place.team, place.channel, source, day.isoformat(), entry_key or "", str(part), str(revision))
    return hashlib.blake2b("\x1f".join(fields).encode(), digest_size=16).hexdigest()
