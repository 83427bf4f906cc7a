"""What `delivery` needs of its two ends: an outbox that remembers, and a poster that talks to a channel.

A row's life: ``pending -> claimed -> posted``, or ``-> unknown -> (posted | pending)``, or ``-> refused``. What stands
in a channel and should read otherwise goes back to ``pending``, to be updated or deleted there.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, Protocol

from bot.digest.model import StoredEntry
from bot.messages.content import Content, DayMessage
from bot.plan.subscription import Layout, Subscription

Op = Literal["post", "update", "delete"]


@dataclass(frozen=True, slots=True)
class Place:
    """A channel of a workspace."""

    team: str
    channel: str


@dataclass(frozen=True, slots=True)
class Edition:
    """What a channel has of a day under one line: the papers of one query, in one layout."""

    place: Place
    source: str
    day: date
    query: str
    """Of the subscription, as it is written; empty for all papers, and for a day that somebody posted."""
    layout: Layout
    entry_ids: tuple[int, ...] = ()
    """The papers it carries, withdrawn ones too; none where it is not written down yet."""
    begun: frozenset[int] = frozenset()
    """Of these, whatever stands in the channel or may: they are marked as withdrawn there, the others left out."""
    late: frozenset[int] = frozenset()
    """Of these, what came after the day had been posted."""
    laid_at: datetime | None = field(default=None, compare=False)
    """Up to when its messages show the curator's changes."""
    lang: str = field(default="", compare=False)
    """The language it is written in, whatever the settings say by now; empty where that was not kept."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A message this process may send now, and nobody else may until ``lease_until``."""

    id: int
    place: Place
    key: str
    """Travels in the message's metadata, the same on any copy of the database (`delivery_key`)."""
    content: Content
    """Nothing where it is to be deleted."""
    thread_ts: str | None
    """The saved ``ts`` of its parent; None for a message in the channel itself."""
    claimed_at: datetime
    """When the earliest attempt that may have arrived was claimed; this claim's own moment where there was none."""
    lease_until: datetime
    op: Op = "post"
    target_ts: str | None = None
    """The message to update or delete; None for one to post."""
    turn_at: datetime | None = None
    """The turn its channel had, from which the next is counted (`Pace.next_turn`)."""
    after_ts: str | None = None
    """Slack's own ``ts`` of the channel's latest message of ours at its first attempt: what is looked for is newer,
    whatever our clock said. None where there is none."""
    looking: bool = False
    """True where an earlier attempt to post may have arrived: look for ``key`` before sending."""
    attempts: int = 1
    """How often it was tried, this time included; being told to slow down is no try."""


class Outbox(Protocol):
    """The rows of messages that should exist. Every method is one short transaction."""

    def carried(self, place: Place, source: str, day: date) -> Collection[str]:
        """The keys of the day's entries that the channel has or will have, by whichever subscription or layout."""
        ...

    def closed(self) -> Collection[Place]:
        """The channels that take nothing more: nothing new is written down for them."""
        ...

    def known(self, place: Place, since: datetime) -> Collection[str]:
        """The keys of what stands in the channel, as far as we know, and was posted at ``since`` or later."""
        ...

    def edition(self, place: Place, source: str, day: date, query: str) -> Edition | None:
        """What the channel has of a day under that line; None where nothing is written down."""
        ...

    def outdated(self, team: str, since: datetime) -> Sequence[tuple[Edition, datetime]]:
        """The editions of open channels whose day has settled anew, ready at ``since`` or later, oldest day first.

        Each with the ``settled_at`` that it does not show yet.
        """
        ...

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
        """Make what is written down of an edition be these messages, all of it or nothing. Returns how many rows now
        have something to be done; None where it could not be: look at everything again at the next pass.

        ``entries`` are all that the edition carries from now on, ``at`` is the day's ``settled_at`` that they show. A
        message that stands in the channel with other words is updated there, one that is no longer needed is deleted;
        what was posted before ``edit_since`` is left alone. What has not begun is changed or taken out as if it had
        never been written down; without any ``entries`` so is all of the edition. Of the ``unchanged`` entries (by id),
        what stands in the channel whole stays as it is: were it laid out otherwise, only our settings or our program
        would have changed.

        It could not be where the channel carries one of the entries in another edition, where an entry that is missing
        from ``entries`` has begun meanwhile, where a row of the edition is under way, and where ``subscription``, on
        whose behalf it is, is paused or has ended.
        """
        ...

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
        """Write down one message that is no digest. False where that note of that day is there already.

        ``passed_over`` are days that the subscription is done with by this, never to be looked at again.
        """
        ...

    def hold(self, until: Mapping[Place, datetime]) -> None:
        """Let these channels begin no day before that moment. What somebody posted, or has begun, goes on.

        In place of what was said before.
        """
        ...

    def claim_next(self, owner: str, now: datetime, lease_until: datetime) -> Claim | None:
        """The oldest message of a channel whose turn it is, claimed; None where nobody's turn is now.

        A reply is offered only once its parent's ``posted_ts`` is saved; a channel whose oldest unposted row is claimed
        by somebody offers nothing; a stale claim of a post comes back as ``looking``. A workspace gets no more turns a
        minute than its cap.
        """
        ...

    def confirm(self, claim: Claim, posted_ts: str, next_at: datetime, now: datetime) -> None:
        """It was done, and stands in the channel as ``posted_ts``; the channel's next turn is ``next_at``."""
        ...

    def adopt(self, claim: Claim, posted_ts: str, now: datetime, *, same: bool) -> None:
        """It stood there before we knew: as it should read, or, not ``same``, to be updated. The turn is not used."""
        ...

    def give_back(self, claim: Claim, retry_at: datetime, *, unknown: bool, error: str, counted: bool = True) -> None:
        """Not sent (or, ``unknown``, maybe sent): its channel waits until ``retry_at``, also when it was to look.

        Not ``counted`` where it was no attempt.
        """
        ...

    def refuse(self, claim: Claim, error: str, *, close_channel: bool, now: datetime) -> None:
        """Slack will keep saying no: the row is refused, and its replies with it.

        ``close_channel`` stops the whole channel with the reason instead: the row waits there with the others.
        """
        ...

    def keep(self, claim: Claim, error: str) -> None:
        """Slack does not let us change this message any more: it stays as it stands."""
        ...

    def lose_parent(self, claim: Claim, error: str) -> bool:
        """What this one replies to is gone from the channel: it is to be looked for, and sent anew where it is not
        there; what waits for it goes below the new one. False, and nothing changes, where its content is known no more
        (everything below it was there once) or it was sent anew too often.
        """
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """A message of ours as it stands in a channel."""

    ts: str
    words: str
    """Its text as `Poster` compares texts."""


@dataclass(frozen=True, slots=True)
class Recent:
    """What was read of a channel or a thread."""

    ours: Mapping[str, Seen]
    """By key."""
    newest_ts: str | None
    """Slack's ``ts`` of its latest message, whoever wrote it; None where it has none."""


class Poster(Protocol):
    """A way to a channel. Raises DeliveryRefusedError (with ChannelClosedError, PayloadRefusedError and
    MessageGoneError), DeliveryDeferredError or DeliveryUnknownError, nothing else.
    """

    def post(self, claim: Claim) -> str:
        """Send it once, without retries; a content without blocks as plain text. Returns the message's ``ts``.

        Raises MessageGoneError where its parent is not there any more.
        """
        ...

    def update(self, claim: Claim) -> None:
        """Let the message at ``target_ts`` read as the content does. Raises MessageGoneError where it is gone."""
        ...

    def delete(self, claim: Claim) -> None:
        """Take the message at ``target_ts`` away; nothing happens where it is gone."""
        ...

    def find(self, claim: Claim) -> str | None:
        """The ``ts`` of the message that carries the claim's key, among those newer than its ``after_ts``.

        None says that it is not there. Any error says that Slack cannot be asked now.
        """
        ...

    def recent(self, place: Place, thread_ts: str | None, since: datetime, known: Collection[str]) -> Recent:
        """Our messages in a channel or a thread, back to ``since`` or to the first whose key is among ``known``."""
        ...

    def says(self, seen: Seen, content: Content) -> bool:
        """Whether a message that stands there reads as the content does."""
        ...


def delivery_key(place: Place, source: str, day: date, entry_key: str | None, part: int) -> str:
    """A name for one message that any copy of the database would give it: 32 hexadecimal digits."""
    fields = (place.team, place.channel, source, day.isoformat(), entry_key or "", str(part), "0")
    return hashlib.blake2b("\x1f".join(fields).encode(), digest_size=16).hexdigest()
