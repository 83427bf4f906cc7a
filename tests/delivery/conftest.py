"""A clock that moves when told, an outbox in memory, and a Slack that answers as told."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from bot.delivery.outbox import Claim, Place, delivery_key
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
    state: str = "pending"
    claimed_at: datetime | None = None
    lease_until: datetime | None = None
    posted_ts: str | None = None
    error: str | None = None


@dataclass
class MemoryOutbox:
    """As `delivery.outbox.Outbox` asks, without a database."""

    rows: list[Row] = field(default_factory=list)
    next_at: dict[Place, datetime] = field(default_factory=dict)
    shut: dict[Place, str] = field(default_factory=dict)
    ended: set[int] = field(default_factory=set)
    added: list[tuple] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def carried(self, place, source, day):
        here = (place, source, day)
        return {row[3].entry_key for row in self.added if row[:3] == here and row[3].entry_key}

    def closed(self):
        return set(self.shut)

    def add(self, place, source, day, messages, *, entries=(), subscription=None):
        if subscription.id in self.ended or self.carried(place, source, day) & {entry.key for entry in entries}:
            return 0
        for message in messages:
            self.added.append((place, source, day, message))
            key = delivery_key(place, source, day, message.entry_key, message.part)
            self.rows.append(Row(len(self.rows) + 1, place, key, message.content))
        return len(messages)

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
                looking = stale or row.state == "unknown"
                row.claimed_at = row.claimed_at if looking else now
                row.state, row.lease_until = "claimed", lease_until
                thread_ts = row.parent.posted_ts if row.parent else None
                return Claim(row.id, row.place, row.key, row.content, thread_ts, row.claimed_at, lease_until, looking)
            return None

    def confirm(self, claim, posted_ts, next_at, now):
        with self.lock:
            row = self.rows[claim.id - 1]
            row.state, row.posted_ts = "posted", posted_ts
            self.next_at[claim.place] = next_at

    def give_back(self, claim, retry_at, *, unknown, error):
        with self.lock:
            row = self.rows[claim.id - 1]
            row.state, row.error = "unknown" if unknown else "pending", error
            self.next_at[claim.place] = retry_at

    def refuse(self, claim, error, *, close_channel):
        with self.lock:
            row = self.rows[claim.id - 1]
            row.state, row.error = "pending" if close_channel else "refused", error
            if close_channel:
                self.shut[claim.place] = error


class ToldSlack:
    """Keeps what was posted. ``faults`` are raised one a call, ``lost`` ones after the message was taken."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.posted: list[Claim] = []
        self.looked_for: list[str] = []
        self.faults: list[Exception | str | None] = []
        self.blind: Exception | None = None
        self.before_post: Callable[[Claim], None] = lambda claim: None

    def post(self, claim):
        self.before_post(claim)
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, Exception):
            raise fault
        self.posted.append(claim)
        if fault == "lost":
            raise DeliveryUnknownError("slack.unclear", error="TimeoutError")
        return f"{len(self.posted)}.000000"

    def find(self, claim):
        self.looked_for.append(claim.key)
        if self.blind:
            raise self.blind
        keys = [posted.key for posted in self.posted]
        return f"{keys.index(claim.key) + 1}.000000" if claim.key in keys else None

    def later(self, seconds: float) -> DeliveryDeferredError:
        return DeliveryDeferredError("slack.busy", retry_at=self.clock() + timedelta(seconds=seconds))


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

    def put(channel: str = "C1", words: str = "words", parent: Row | None = None) -> Row:
        number = len(outbox.rows) + 1
        content = Content(words, ({"type": "divider"},))
        row = Row(number, Place("T1", channel), f"key{number}", content, parent)
        outbox.rows.append(row)
        return row

    return put
