"""A bot in this process, its database a file, against the stand-in, by a clock that moves when told: nothing sleeps.

For tests that need to stop between any two steps, and to go on with a fresh process on the same file.
"""

import itertools
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot import schedule
from bot.delivery.recall import Recall
from bot.delivery.send import Senders, send_next
from bot.delivery.step import Sent
from bot.delivery.told import Told
from bot.messages.content import DayMessage
from bot.plan.subscription import Layout
from bot.sandbox.server import Running, running
from bot.sandbox.workspace import Change, Message
from bot.settings import DeliverySettings, Settings, SourceSettings
from bot.slack.client import Identity, sending_client
from bot.slack.poster import SlackPoster
from bot.wiring import Workspace, build, pace, wording
from tests.bench.judge import bare

SOURCE = "vault"
TEAM = "T0PAPERS01"
CHANNELS = 500
LONGEST = timedelta(minutes=11)
"""Longer than any wait of the bot's that a person need not end."""
Moment = tuple[str, str, bool]
"""A part, a method of it, and whether before its call or after it."""
UNDER_WAY = ("pending", "claimed", "unknown")

Values = dict[str, Any]


class Clock:
    """The moment, for the bot and for the stand-in."""

    def __init__(self) -> None:
        self.now = datetime(2024, 4, 12, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        """As the stand-in counts."""
        return self.now.timestamp()

    def pass_by(self, span: timedelta) -> None:
        self.now += span


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper of the curator's."""

    number: int
    title: str = "How to Wait"
    remarks: tuple[str, ...] = ("It is about queues, and worth the while.",)
    tags: tuple[str, ...] = ("queues",)
    abstract: str = ""

    def lines(self) -> Iterator[str]:
        yield f"Paper {self.number}: {self.title}"
        yield f"(Ada Author{self.number}, Bo Writer{self.number})"
        yield f"https://arxiv.org/abs/2404.{self.number:05d}"
        yield from (self.abstract,) * bool(self.abstract)
        yield from self.remarks
        yield " ".join(f"#{tag}" for tag in self.tags)


class Stage:
    """The stand-in with many channels, a clock, and what was said in each channel."""

    def __init__(self, sandbox: Running, clock: Clock, empty: Path) -> None:
        self.sandbox = sandbox
        self.clock = clock
        self.empty = empty
        """A database, up to date: copying it is faster than making it."""
        self.compiled: dict[Any, Any] = {}
        """Statements, ready made: each database would make its own, which takes longer than their work."""
        self.dialect: Any = None
        """Whose they are: one for all databases of the stage."""
        self._channels = (f"C0SCENE{number:03d}" for number in itertools.count())
        self._posts: dict[str, int] = {}
        sandbox.workspace.listeners.append(self._note)

    def _note(self, change: Change, _before: Message | None) -> None:
        if change.type == "message" and change.values["message"].get("bot_id"):
            channel = change.values["channel"]
            self._posts[channel] = self._posts.get(channel, 0) + 1

    def new_channel(self) -> str:
        """One that nobody has used."""
        return next(self._channels)

    def posts(self, channel: str) -> int:
        """How often the bot posted there, whatever became of it."""
        return self._posts.get(channel, 0)

    def said(self, channel: str) -> list[Message]:
        """What of the bot's stands there, the first first."""
        return [m for m in list(self.sandbox.workspace.channels[channel].messages.values()) if m.get("bot_id")]

    def threads(self, channel: str) -> list[tuple[str, str | None]]:
        """The words of each message there, and of its parent."""
        there = self.said(channel)
        words = {message["ts"]: bare(message["text"]) for message in there}
        return [
            (words[m["ts"]], None if m.get("thread_ts") in (None, m["ts"]) else words.get(m["thread_ts"], "gone"))
            for m in there
        ]


@contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    """A stand-in for many tests, each with a channel of its own."""
    usual = (Path(__file__).parents[2] / "bot" / "sandbox" / "workspace.toml").read_text(encoding="utf-8")
    channels = [
        f'[[channels]]\nid = "C0SCENE{number:03d}"\nname = "scene-{number}"\nmembers = ["jiwoo", "paperround"]\n'
        for number in range(CHANNELS)
    ]
    (folder / "workspace.toml").write_text("\n".join([usual, *channels]), encoding="utf-8")
    clock = Clock()
    empty = folder / "empty.db"
    build(Settings(database_url=f"sqlite:///{empty}", source=()), clock=clock).engine.dispose()
    with running(workspace=folder / "workspace.toml", clock=clock.seconds) as sandbox:
        yield Stage(sandbox, clock, empty)


class KilledError(BaseException):
    """The process is gone: nothing of it catches this."""


def die() -> None:
    """End the process."""
    raise KilledError


class Interrupted:
    """An object that does its work, and at one call of a method something happens just before or just after it."""

    def __init__(self, inner: object, method: str, act: Callable[[], object], *, before: bool, let: int) -> None:
        self._inner, self._method, self._act, self._before, self._let = inner, method, act, before, let

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return self._call if name == self._method else found

    def _call(self, *given: Any, **named: Any) -> Any:
        if self._before:
            self._count()
            return getattr(self._inner, self._method)(*given, **named)
        done = getattr(self._inner, self._method)(*given, **named)
        if self._method != "claim_next" or done is not None:  # of a claim that there is none of, nothing follows
            self._count()
        return done

    def _count(self) -> None:
        self._let -= 1
        if self._let == -1:
            self._act()


class AtOnce(Executor):
    """Work is done when it is given, in the same thread."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        fn(*args, **kwargs)
        return Future()


class Process:
    """One process's worth of objects."""

    _numbers = itertools.count(1)

    def __init__(self, stage: Stage, folder: Path, clock: Callable[[], datetime], **delivery: Any) -> None:
        self.stage = stage
        self.clock = clock
        settings = Settings(
            database_url=f"sqlite:///{folder}/paperround.db",
            source=(SourceSettings(name=SOURCE, folder=folder / "vault"),),
            delivery=DeliverySettings(**delivery),
        )
        self.bot = build(settings, clock=clock)
        stage.dialect = stage.dialect or self.bot.engine.dialect
        self.bot.engine.dialect = stage.dialect
        self.bot.engine.update_execution_options(compiled_cache=stage.compiled)
        self.pace = pace(settings)
        self.client = sending_client(stage.sandbox.bot_token, stage.sandbox.api_url)
        self.poster: Any = SlackPoster(self.client, clock, self.pace)
        self.recall = Recall(self.poster, self.bot.outbox, self.pace)
        self.owner = f"process {next(self._numbers)}"
        self.told = Told()
        self._senders: Senders | None = None

    def interrupt(self, moment: "Moment", act: Callable[[], object], let: int = 0) -> None:
        """Let something happen at a call of its poster or of a part of its store, after so many that pass."""
        part, method, before = moment
        inner = self.poster if part == "poster" else getattr(self.bot, part)
        made: Any = Interrupted(inner, method, act, before=before, let=let)
        if part == "poster":
            self.poster = made
        else:
            self.bot = replace(self.bot, **{part: made})
        self.recall = Recall(self.poster, self.bot.outbox, self.pace)

    def read(self) -> None:
        schedule.read_sources(self.bot, self.told)

    def plan(self) -> None:
        nobody: Any = None
        here = Workspace(Identity(TEAM, "Paper Club", "U0PAPERBOT", "B0PAPERBOT"), nobody, self.poster, nobody, "")
        schedule.plan_deliveries(self.bot, here, self.told)

    def send(self) -> Sent | None:
        return send_next(self.bot.outbox, self.poster, self.owner, self.clock, self.pace, self.recall)

    def tick(self) -> None:
        """Read, plan and send as the schedule does: what fails is told, and nothing is raised."""
        for name, work in (("read", self.read), ("plan", self.plan)):
            schedule._reported(name, work, self.told)()
        if self._senders is None:
            pool = AtOnce()
            self._senders = Senders(self.bot.outbox, self.poster, self.owner, self.clock, self.pace, pool, 1)
        self._senders.wake()

    def on_connect(self, *pragmas: str) -> None:
        """Open the database anew, each time with these words to it."""

        def say(connection: sqlite3.Connection, _record: object) -> None:
            for pragma in pragmas:
                connection.execute(f"PRAGMA {pragma}").close()

        self.bot.engine.dispose()
        sa.event.listen(self.bot.engine, "connect", say)

    def end(self) -> None:
        """Without a word to anybody."""
        self.bot.engine.dispose()


@dataclass
class Scene:
    """A channel, a database of its own, a vault, and the process that runs at present."""

    stage: Stage
    folder: Path
    channel: str = ""
    layout: Layout = "papers"
    delivery: Values = field(default_factory=dict)
    wrong: timedelta = timedelta(0)
    """By how much the bot's clock is ahead of Slack's."""

    def __post_init__(self) -> None:
        self.channel = self.channel or self.stage.new_channel()
        (self.folder / "vault").mkdir()
        shutil.copyfile(self.stage.empty, self.folder / "paperround.db")
        self.process = self.start()

    def start(self, **delivery: Any) -> Process:
        """A process on the file, as it is."""
        return Process(self.stage, self.folder, self.now, **(self.delivery | delivery))

    def now(self) -> datetime:
        """By the clock of the machine that the bot runs on."""
        return self.stage.clock() + self.wrong

    def begin(self, *papers: Paper) -> None:
        """The day is read and the channel subscribed to it."""
        self.write(*papers)
        self.enter()
        self.process.read()
        self.process.read()  # a subscription begins after a look that brought nothing
        self.process.plan()

    def enter(self) -> None:
        """Subscribe the channel."""
        self.reopen()
        self.process.bot.subscriptions.add(TEAM, self.channel, SOURCE, layout=self.layout)

    def write(self, *papers: Paper, day: str = "2024-04-12") -> None:
        """The curator writes a day, or writes it anew."""
        path = self.folder / "vault" / f"{day}.txt"
        lines = [day, *(line for paper in papers for line in paper.lines())]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        written = self.stage.clock.seconds() - 60  # a file written just now would be left to grow
        os.utime(path, (written, written))

    def rewrite(self, *papers: Paper, day: str = "2024-04-12") -> None:
        """The same, and it is read and written down."""
        self.stage.clock.pass_by(timedelta(seconds=1))
        self.write(*papers, day=day)
        self.process.read()
        self.process.plan()

    def restart(self, **delivery: Any) -> None:
        """A fresh process on the same file."""
        self.process.end()
        self.process = self.start(**delivery)

    def pass_by(self, seconds: float) -> None:
        self.stage.clock.pass_by(timedelta(seconds=seconds))

    def send(self, messages: int) -> None:
        """So many messages, one after the other."""
        goal = self.stage.posts(self.channel) + messages
        for _ in range(150 * messages):  # seconds: a throttled app reads a page a minute before it sends
            if self.stage.posts(self.channel) >= goal:
                return
            if self.process.send() is None:
                self.pass_by(1)
        raise AssertionError("nothing more is sent")

    def tick(self, until: Callable[[], bool], most: int = 200) -> None:
        """Let the schedule tick, second by second."""
        for _ in range(most):
            self.process.tick()
            if until():
                return
            self.pass_by(1)
        raise AssertionError("it did not come to that")

    def waiting(self) -> int:
        """How many messages have something to be done, at least."""
        return sum(len(self.process.bot.outbox.rows(state, self.channel, 1)) for state in UNDER_WAY)

    def finish(self, mend: Callable[[], None] = lambda: None) -> None:
        """Let time pass until nothing is to be done any more; a person comes by now and then and mends something."""
        span = timedelta(seconds=1)
        for _ in range(100):
            sent = 0
            while self.process.send() is not None:
                sent += 1
                assert sent < 50, "it goes round in circles"
            if not sent and not self.waiting():
                return
            span = timedelta(seconds=1) if sent else min(2 * span, LONGEST)
            self.stage.clock.pass_by(span)
            if span > timedelta(seconds=30):
                mend()
        raise AssertionError(f"still to be done: {self.process.bot.outbox.rows(channel=self.channel)}")

    def reopen(self) -> None:
        """A person lets the bot post there again."""
        self.process.bot.outbox.entered(TEAM, self.channel, "scene", False)

    def owed(self, *, withdrawn: bool = False) -> list[tuple[str, str | None]]:
        """What the channel should hold of all days: the words of each message, and of its parent."""
        bot = self.process.bot
        found: list[tuple[str, str | None]] = []
        for day in sorted(bot.digests.ready(SOURCE)):
            digest = bot.digests.load_day(SOURCE, day, withdrawn=withdrawn)
            assert digest is not None
            found += _threads(wording(bot.settings).day(digest, digest.entries, self.layout))
        return found

    def there(self) -> list[tuple[str, str | None]]:
        """What it holds."""
        return self.stage.threads(self.channel)

    def copy(self, name: str) -> Path:
        """A backup of the database."""
        target = self.folder / name
        with sqlite3.connect(self.folder / "paperround.db") as source, sqlite3.connect(target) as copy:
            source.backup(copy)
        source.close()
        copy.close()
        return target

    def put_back(self, backup: Path) -> None:
        """The older file in place of the present one, while the bot is stopped."""
        self.process.end()
        for name in ("paperround.db-wal", "paperround.db-shm"):
            (self.folder / name).unlink(missing_ok=True)
        shutil.copyfile(backup, self.folder / "paperround.db")
        self.process = self.start()


def _threads(messages: Sequence[DayMessage]) -> list[tuple[str, str | None]]:
    words = {(message.entry_key, message.part): bare(message.content.text) for message in messages}
    return [
        (words[message.entry_key, message.part], words[message.parent] if message.parent else None)
        for message in messages
    ]
