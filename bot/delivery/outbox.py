"""What `delivery` needs of its two ends: an outbox that remembers, and a poster that talks to a channel.

A row's life: ``pending -> claimed -> posted``, or ``-> unknown -> (posted | pending)``, or ``-> refused``.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from bot.messages.content import Content, DayMessage


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


class Outbox(Protocol):
    """The rows of messages that should exist. Every method is one short transaction."""

    def add(self, place: Place, source: str, day: date, messages: Sequence[DayMessage]) -> int:
        """Write down what should exist, all of it or nothing. Returns how many rows are new.

        An entry (or the day's own line) that has a row of this place and day is left alone as a whole: a channel gets
        it once, and two subscriptions of one channel never mix their parts.
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
        """Slack will keep saying no: the row is refused; ``close_channel`` stops the whole channel with the reason."""
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
