"""A clock that moves when told, an outbox in memory that keeps what it was told, and a Slack that answers as told."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.delivery.outbox import Claim, Edition, Place, Recent, Seen
from bot.errors import DeliveryDeferredError, DeliveryUnknownError
from bot.messages.content import Content

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2024, 4, 12, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, span: timedelta) -> None:
        self.now += span


@dataclass
class Row:
    id: int
    place: Place
    key: str
    content: Content
    parent: "Row | None" = None
    op: str = "post"
    state: str = "pending"
    claimed_at: datetime | None = None
    lease_until: datetime | None = None
    posted_ts: str | None = None
    attempts: int = 0
    error: str | None = None
    same: bool | None = None


@dataclass
class MemoryOutbox:
    """A queue a channel, as `delivery.outbox.Outbox` asks; of days it only keeps what it is told.

    What rows become of a day's messages, and which of them changed, is the store's, and tried there.
    """

    rows: list[Row] = field(default_factory=list)
    next_at: dict[Place, datetime] = field(default_factory=dict)
    shut: dict[Place, str] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    there: set[str] = field(default_factory=set)
    irreplaceable: set[str] = field(default_factory=set)
    editions: dict[tuple, Edition] = field(default_factory=dict)
    brought: dict[tuple, dict[str, Edition]] = field(default_factory=dict)
    changed: list[tuple[Edition, datetime]] = field(default_factory=list)
    laid: list["Laid"] = field(default_factory=list)
    notes: list["Note"] = field(default_factory=list)
    held: list[dict] = field(default_factory=list)
    ended: set[int] = field(default_factory=set)
    under_way: bool = False

    # The days

    def carried(self, place, source, day):
        return set(self.brought.get((place, source, day), ()))

    def closed(self):
        return set(self.shut)

    def edition(self, place, source, day, query):
        return self.editions.get((place, source, day, query))

    def outdated(self, team, since):
        return [(self.editions[_name(edition)], at) for edition, at in self.changed]

    def lay(self, edition, messages, entries, at, *, edit_since, unchanged=(), subscription=None):
        carried = self.brought.setdefault((edition.place, edition.source, edition.day), {})
        elsewhere = any(carried.get(entry.key, _name(edition)) != _name(edition) for entry in entries)
        if self.under_way or elsewhere or (subscription and subscription.id in self.ended):
            return None
        carried.update((entry.key, _name(edition)) for entry in entries)
        ids = tuple(entry.id for entry in entries)
        self.editions[_name(edition)] = replace(edition, entry_ids=ids)
        self.laid.append(Laid(edition, list(messages), list(entries), at, edit_since, frozenset(unchanged)))
        return len(messages)

    def add_note(self, place, source, day, name, content, *, subscription=None, passed_over=()):
        if any((note.place, note.day, note.name) == (place, day, name) for note in self.notes):
            return False
        self.notes.append(Note(place, source, day, name, content, list(passed_over), len(self.laid)))
        return True

    def hold(self, until):
        self.held.append(dict(until))

    # The queue

    def known(self, place, since):
        return {row.key for row in self.rows if row.posted_ts and row.key in self.there}

    def claim_next(self, owner, now, lease_until):
        with self.lock:
            seen = set()
            for row in self.rows:
                if row.state in ("posted", "refused") or row.place in seen or row.place in self.shut:
                    continue
                seen.add(row.place)
                stale = row.state == "claimed" and row.lease_until <= now
                if self.next_at.get(row.place, EPOCH) > now or (row.state == "claimed" and not stale):
                    continue
                if row.parent and row.parent.posted_ts is None:
                    continue
                looking = row.op == "post" and (stale or row.state == "unknown")
                row.claimed_at = row.claimed_at if looking else now
                row.state, row.lease_until, row.attempts = "claimed", lease_until, row.attempts + 1
                return Claim(
                    row.id,
                    row.place,
                    row.key,
                    row.content,
                    row.parent.posted_ts if row.parent else None,
                    row.claimed_at,
                    lease_until,
                    op=row.op,
                    target_ts=row.posted_ts if row.op != "post" else None,
                    turn_at=self.next_at.get(row.place),
                    looking=looking,
                    attempts=row.attempts,
                )
            return None

    def confirm(self, claim, posted_ts, next_at, now):
        with self.lock:
            row = self.rows[claim.id - 1]
            row.state, row.posted_ts = "posted", posted_ts
            self.next_at[claim.place] = next_at

    def adopt(self, claim, posted_ts, now, *, same):
        with self.lock:
            row = self.rows[claim.id - 1]
            row.posted_ts, row.same = posted_ts, same
            row.state, row.op = ("posted", "post") if same else ("pending", "update")

    def give_back(self, claim, retry_at, *, unknown, error, counted=True):
        with self.lock:
            row = self.rows[claim.id - 1]
            row.state, row.error = "unknown" if unknown else "pending", error
            row.attempts -= not counted
            self.next_at[claim.place] = retry_at

    def refuse(self, claim, error, *, close_channel, now):
        with self.lock:
            row = self.rows[claim.id - 1]
            row.state, row.error = "pending" if close_channel else "refused", error
            if close_channel:
                self.shut[claim.place] = error

    def keep(self, claim, error):
        with self.lock:
            row = self.rows[claim.id - 1]
            row.state, row.error = "posted", error

    def lose_parent(self, claim, error):
        with self.lock:
            row = self.rows[claim.id - 1]
            if row.parent.key in self.irreplaceable:
                return False
            row.state, row.error = "pending", error
            row.parent.state, row.parent.posted_ts = "unknown", None
            return True


@dataclass
class Laid:
    edition: Edition
    messages: list
    entries: list
    at: datetime
    edit_since: datetime
    unchanged: frozenset = frozenset()


@dataclass
class Note:
    place: Place
    source: str
    day: object
    name: str
    content: Content
    passed_over: list
    before: int
    """How many editions had been laid when it was written down."""


def _name(edition: Edition) -> tuple:
    return edition.place, edition.source, edition.day, edition.query


class ToldSlack:
    """Keeps what it was given and shows it. ``faults`` are raised one a call of `post`, `update` and `delete`, the
    fault "lost" after the message was taken; ``blind`` and ``unread`` by each look."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.posted: list[Claim] = []
        self.updated: list[Claim] = []
        self.deleted: list[Claim] = []
        self.looked_for: list[str] = []
        self.read: list[tuple[str, str | None]] = []
        self.stands: dict[tuple[str, str | None], Recent] = {}
        self.faults: list[Exception | str | None] = []
        self.blind: Exception | None = None
        self.unread: Exception | None = None
        self.before: Callable[[str, Claim], None] = lambda what, claim: None

    def _take(self, what: str, claim: Claim, taken: list[Claim]) -> None:
        self.before(what, claim)
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, Exception):
            raise fault
        taken.append(claim)
        if fault == "lost":
            raise DeliveryUnknownError("slack.unclear", error="TimeoutError")

    def post(self, claim):
        self._take("post", claim, self.posted)
        return f"{len(self.posted)}.000000"

    def update(self, claim):
        self._take("update", claim, self.updated)

    def delete(self, claim):
        self._take("delete", claim, self.deleted)

    def find(self, claim):
        self.before("find", claim)
        self.looked_for.append(claim.key)
        if self.blind:
            raise self.blind
        keys = [posted.key for posted in self.posted]
        return f"{keys.index(claim.key) + 1}.000000" if claim.key in keys else None

    def recent(self, place, thread_ts, since, known):
        self.read.append((place.channel, thread_ts))
        if self.unread:
            raise self.unread
        return self.stands.get((place.channel, thread_ts), Recent({}, None))

    def says(self, seen: Seen, content: Content) -> bool:
        return seen.words == content.text

    def busy(self, seconds: float) -> DeliveryDeferredError:
        return DeliveryDeferredError("slack.busy", retry_at=self.clock() + timedelta(seconds=seconds))

    def not_done(self, seconds: float = 30) -> DeliveryDeferredError:
        return DeliveryDeferredError("slack.not_done", retry_at=self.clock() + timedelta(seconds=seconds))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def slack(clock: Clock) -> ToldSlack:
    return ToldSlack(clock)


@pytest.fixture
def outbox() -> MemoryOutbox:
    return MemoryOutbox()


@pytest.fixture
def put(outbox: MemoryOutbox) -> Callable[..., Row]:
    """Write one message of a channel into the outbox."""

    def put(channel: str = "C1", words: str = "words", parent: Row | None = None, op: str = "post") -> Row:
        number = len(outbox.rows) + 1
        content = Content(words, ({"type": "divider"},)) if op != "delete" else Content("", ())
        row = Row(number, Place("T1", channel), f"key{number}", content, parent, op)
        if op != "post":
            row.posted_ts = f"0.{number}"
        outbox.rows.append(row)
        return row

    return put
