"""The real outbox, and a Slack that fails at random: what stands in the channel in the end is what should, once."""

import random
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.delivery.editions import Editions
from bot.delivery.outbox import Edition, Place, Recent, Seen, delivery_key
from bot.delivery.pace import Pace
from bot.delivery.recall import Recall
from bot.delivery.revise import revise
from bot.delivery.send import send_next
from bot.digest.model import Entry, StoredDigest, StoredEntry
from bot.errors import DeliveryDeferredError, DeliveryUnknownError, MessageGoneError
from bot.messages.content import Content, DayMessage
from bot.store import tables as t
from bot.store.database import open_database, transaction
from bot.store.outbox import Outbox

DAY = date(2024, 4, 12)
PLACE = Place("T1", "C1")
WINDOW = timedelta(days=14)
SECOND = timedelta(seconds=1)
PACE = Pace()
MOST = 9


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2024, 4, 12, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, span: timedelta) -> None:
        self.now += span


class Killed(BaseException):
    """The process is not there any more."""


@dataclass
class Message:
    ts: str
    key: str
    text: str
    thread_ts: str | None


class Slack:
    """A channel, and what may go wrong on the way there and back."""

    def __init__(self, clock, dice: random.Random) -> None:
        self.clock = clock
        self.dice = dice
        self.messages: list[Message] = []
        self.trouble = 0.0
        self.meanwhile = lambda: None
        self.posts = 0

    def _call(self, do):
        if self.dice.random() >= self.trouble:
            return do()
        fault = self.dice.choice(["busy", "not done", "lost", "taken", "killed", "killed after"])
        if fault in ("taken", "killed after"):
            do()
        if fault in ("killed", "killed after"):
            raise Killed
        if fault in ("lost", "taken"):
            raise DeliveryUnknownError("slack.unclear", error="TimeoutError")
        retry_at = self.clock() + 2 * SECOND
        raise DeliveryDeferredError("slack.busy" if fault == "busy" else "slack.not_done", retry_at=retry_at)

    def post(self, claim):
        return self._call(lambda: self._post(claim))

    def _post(self, claim):
        if claim.thread_ts is not None and self._at(claim.thread_ts) is None:
            raise MessageGoneError("slack.message", error="thread_not_found")
        self.posts += 1
        ts = f"{self.clock().timestamp() + self.posts / 1000:.6f}"
        self.messages.append(Message(ts, claim.key, claim.content.text, claim.thread_ts))
        return ts

    def update(self, claim):
        self._call(lambda: self._update(claim))

    def _update(self, claim):
        message = self._at(claim.target_ts)
        if message is None:
            raise MessageGoneError("slack.message", error="message_not_found")
        message.text = claim.content.text

    def delete(self, claim):
        self._call(lambda: self.take_away(claim.target_ts))

    def take_away(self, ts):
        self.messages = [message for message in self.messages if message.ts != ts]

    def find(self, claim):
        found = [message.ts for message in self.messages if message.key == claim.key]
        self.meanwhile()
        return self._call(lambda: found[0] if found else None)

    def recent(self, place, thread_ts, since, known):
        here = [message for message in self.messages if message.thread_ts == thread_ts]
        newest = max((message.ts for message in here), default=None)
        seen = {one.key: Seen(one.ts, one.text) for one in here}
        self.meanwhile()
        return self._call(lambda: Recent(seen, newest))

    def says(self, seen, content):
        return seen.words == content.text

    def _at(self, ts):
        return next((message for message in self.messages if message.ts == ts), None)


def lay_out(digest, entries, layout):
    """A card with a thread a paper, or all of it in one thread."""
    shown = [entry for entry in entries if not entry.withdrawn]
    yield DayMessage(Content(f"{len(shown)} papers", ()), None, None, 0)
    for entry in entries:
        title = f"~{entry.entry.title}~" if entry.withdrawn else entry.entry.title
        top = (None, 0) if layout == "list" else None
        yield DayMessage(Content(title, ()), entry.id, entry.key, 0, parent=top)
        for part, text in enumerate(entry.entry.abstract, 1):
            parent = (None, 0) if layout == "list" else (entry.key, 0)
            yield DayMessage(Content(text, ()), entry.id, entry.key, part, parent=parent)


class World:
    """A curator who changes a day, two processes that deliver it, and what should come of it."""

    def __init__(self, clock, dice: random.Random, layout: str) -> None:
        self.clock = clock
        self.dice = dice
        self.layout = layout
        self.slack = Slack(clock, dice)
        self.engine = open_database("sqlite://")
        t.Base.metadata.create_all(self.engine)
        self.outbox = Outbox(self.engine)
        self.entries = [self._entry(number) for number in range(1, 4)]
        self.changes = 1
        self.settled_at = clock()
        with transaction(self.engine) as connection:
            moments = {"ready_at": clock(), "changed_at": clock(), "settled_at": clock()}
            connection.execute(sa.insert(t.Digest).values(id=1, source="vault", day=DAY, title="", **moments))
            connection.execute(
                sa.insert(t.Entry).values(authors=[], abstract=[], commentary=[], title="", changed_at=clock()),
                [
                    {"id": n, "digest_id": 1, "key": f"k{n}", "title_key": f"k{n}", "position": n}
                    for n in range(1, MOST + 1)
                ],
            )
        self.recalls = [Recall(self.slack, self.outbox, PACE) for _ in range(2)]
        self.nested = False
        self.slack.meanwhile = self._meanwhile

    def _entry(self, number, version=0, replies=2):
        abstract = tuple(f"paper {number}.{part} v{version}" for part in range(1, replies + 1))
        return StoredEntry(
            number, f"k{number}", "vault", DAY, number, Entry(f"paper {number} v{version}", abstract=abstract)
        )

    def load_day(self, source, day, *, withdrawn=False):
        return StoredDigest(source, day, "", tuple(self.entries))

    def change(self):
        """The curator edits a paper, adds one, withdraws one or brings it back."""
        which = self.dice.randrange(len(self.entries))
        entry = self.entries[which]
        if self.dice.random() < 0.3 and len(self.entries) < MOST:
            self.entries.append(self._entry(len(self.entries) + 1))
        elif self.dice.random() < 0.3:
            self.entries[which] = replace(entry, withdrawn=not entry.withdrawn)
        else:
            self.edit(which, self.dice.randrange(4))
            return
        self._settled()

    def edit(self, which, replies):
        edited = self._entry(self.entries[which].id, self.changes, replies)
        self.entries[which] = replace(edited, withdrawn=self.entries[which].withdrawn)
        self._settled()

    def _settled(self):
        self.changes += 1
        self.clock.pass_by(SECOND / 1000)  # no two changes settle at one moment
        self.settled_at = self.clock()
        with transaction(self.engine) as connection:
            connection.execute(sa.update(t.Digest).values(settled_at=self.settled_at))

    def write(self):
        """As the tick does: what is new, and what changed."""
        now = self.clock()
        edition = self.outbox.edition(PLACE, "vault", DAY, "") or Edition(PLACE, "vault", DAY, "", self.layout)
        carried = self.outbox.carried(PLACE, "vault", DAY)
        fresh = [entry for entry in self.entries if entry.key not in carried and not entry.withdrawn]
        if fresh:
            Editions(self, self.outbox, lay_out, now - WINDOW).lay(edition, fresh, self.settled_at)
        revise("T1", self, self.outbox, lay_out, now, WINDOW)

    def step(self, process):
        try:
            return send_next(self.outbox, self.slack, f"process {process}", self.clock, PACE, self.recalls[process])
        except Killed:
            self.recalls[process] = Recall(self.slack, self.outbox, PACE)
            return None

    def _meanwhile(self):
        """A process is stopped while it looks, for longer than its lease now and then, and the other goes on."""
        if self.nested or self.dice.random() >= self.slack.trouble:
            return
        self.nested = True
        try:
            self.clock.pass_by(self.dice.choice([SECOND, PACE.margin, PACE.lease]))
            self.step(1)
        finally:
            self.nested = False

    def settle(self):
        """Let all trouble end, and deliver what is left."""
        self.slack.trouble = 0.0
        for _ in range(2000):
            self.write()
            if not self.step(0):
                self.clock.pass_by(PACE.gap)
            if not self.outbox.unsent(PLACE, "vault", DAY) and not self.outbox.outdated("T1", self.clock() - WINDOW):
                return
        pytest.fail("it never came to rest")

    def should_stand(self) -> Counter:
        edition = self.outbox.edition(PLACE, "vault", DAY, "")
        entries = [entry for entry in self.entries if entry.id in edition.entry_ids]
        messages = list(lay_out(None, entries, self.layout))

        def key(name):
            return name and delivery_key(PLACE, "vault", DAY, name[0], name[1])

        return Counter((key((one.entry_key, one.part)), one.content.text, key(one.parent)) for one in messages)

    def stands(self) -> Counter:
        keys = {message.ts: message.key for message in self.slack.messages}
        return Counter((one.key, one.text, one.thread_ts and keys[one.thread_ts]) for one in self.slack.messages)


SEEDS = st.integers(0, 2**32 - 1)
LAYOUTS = st.sampled_from(["papers", "list"])


@settings(max_examples=10)
@given(seed=SEEDS, layout=LAYOUTS)
def test_whatever_goes_wrong_each_message_stands_there_once_and_in_order(seed, layout):
    world = World(Clock(), random.Random(seed), layout)
    world.slack.trouble = 0.3
    world.write()
    for _ in range(40):
        if not world.step(world.dice.randrange(2)):
            world.clock.pass_by(world.dice.choice([SECOND, PACE.settling, PACE.lease]))
    world.settle()
    assert [message.text for message in world.slack.messages] == [
        message.content.text for message in lay_out(None, world.entries, layout)
    ]
    assert world.stands() == world.should_stand()


@settings(max_examples=15)
@given(seed=SEEDS, layout=LAYOUTS)
def test_whatever_goes_wrong_edits_reach_what_was_posted_and_nothing_is_there_twice(seed, layout):
    world = World(Clock(), random.Random(seed), layout)
    world.slack.trouble = 0.2
    for _ in range(60):
        if world.dice.random() < 0.1:
            world.change()
        world.write()
        if not world.step(world.dice.randrange(2)):
            world.clock.pass_by(world.dice.choice([SECOND, PACE.settling, PACE.lease]))
    world.settle()
    assert world.stands() == world.should_stand()
    order = {message.ts: number for number, message in enumerate(world.slack.messages)}
    assert all(
        message.thread_ts is None or order[message.thread_ts] < order[message.ts] for message in world.slack.messages
    )


@settings(max_examples=10)
@given(seed=SEEDS, layout=LAYOUTS)
def test_a_parent_that_people_delete_takes_no_reply_with_it_that_was_still_to_come(seed, layout):
    world = World(Clock(), random.Random(seed), layout)
    world.write()
    for _ in range(world.dice.randrange(1, 9)):
        world.step(0)
        world.clock.pass_by(PACE.gap)
    parents = [message for message in world.slack.messages if message.thread_ts is None]
    lost = world.dice.choice(parents)
    world.slack.take_away(lost.ts)
    below = [message for message in world.slack.messages if message.thread_ts == lost.ts]
    world.slack.trouble = 0.1
    for _ in range(20):
        world.step(world.dice.randrange(2))
        world.clock.pass_by(PACE.gap)
    world.settle()
    threads = {message.ts for message in world.slack.messages if message.thread_ts is None}
    assert all(one.thread_ts is None or one.thread_ts in threads for one in world.slack.messages if one not in below)
    texts = Counter(message.text for message in world.slack.messages)
    wanted = Counter(message.content.text for message in lay_out(None, world.entries, layout))
    assert not texts - wanted
    assert set(wanted - texts) <= {lost.text}, "of the deleted only itself may be missing, where nothing waited for it"


@pytest.mark.parametrize("taken", [True, False], ids=["it was taken away", "it was not"])
def test_a_part_that_comes_back_while_it_is_not_known_whether_it_was_deleted_stands_there(taken):
    world = World(Clock(), random.Random(0), "papers")
    world.settle()
    world.edit(0, replies=1)
    delete = world.slack.delete
    world.slack.delete = lambda claim: lost(world.slack, claim, taken)
    world.write()
    while not ((sent := world.step(0)) and sent.outcome == "unknown"):
        world.clock.pass_by(PACE.gap)
    world.slack.delete = delete
    world.edit(0, replies=2)
    world.settle()
    assert world.stands() == world.should_stand()


def lost(slack, claim, taken):
    if taken:
        slack.take_away(claim.target_ts)
    raise DeliveryUnknownError("slack.unclear", error="TimeoutError")
