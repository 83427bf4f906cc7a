"""How long one morning takes where there are many channels, in simulated time, and what a message costs us.

    python -m tests.bench.fanout [--teams N] [--channels N] [--messages N] [--senders N] [--cpu-seconds S]

The planning, the outbox on SQLite and the senders are the real ones; the clock is ours and every call to Slack takes
150 ms of it. One thread runs at a time, so the processor time is all ours. Without options: 1,000 teams of one channel,
then one team of 1,000 channels. ``--teams 10000`` is compared with 1,000 teams. The exit code is 1 where a bar is
missed.
"""

import argparse
import heapq
import itertools
import math
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.delivery.due import deliver_owed
from bot.delivery.outbox import Claim, Place, Recent, Seen
from bot.delivery.send import Senders
from bot.delivery.told import Told
from bot.digest.document import Document, content_hash, parse_document
from bot.errors import DeliveryDeferredError
from bot.messages.content import Content
from bot.settings import Settings, load_settings
from bot.wiring import Bot, build, pace, wording

LATENCY = 0.150
SLOWER = 1.05
"""Of the limit's own time."""
CPU_MS = 4.0
FLAT = 1.1
"""How much memory may grow from half way to the end."""
NO_DEARER = 1.15
"""What a message may cost with 10,000 teams, of what it costs with 1,000."""
FEWER_TEAMS = 1_000
SPARE = 1.3
"""Senders beyond those that are always under way: every channel is also read once, before its first message."""
BURST = 4
"""What a quiet channel of the stand-in takes at once, before its pace of a message a second."""
SOURCE = "vault"
DAY = date(2024, 4, 12)
BEGINNING = datetime(2024, 4, 12, 9, tzinfo=UTC)


class World:
    """Simulated time: whatever happens in it happens one thing after the other, and waiting costs nothing."""

    def __init__(self) -> None:
        self.now = 0.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()
        self._rested = threading.Semaphore(0)

    def clock(self) -> datetime:
        """The moment."""
        return BEGINNING + timedelta(seconds=self.now)

    def at(self, seconds: float, act: Callable[[], None]) -> None:
        """Do something at a moment. It runs in the loop's own thread and must not wait."""
        heapq.heappush(self._events, (seconds, next(self._count), act))

    def every(self, seconds: float, act: Callable[[], None]) -> None:
        """Do something now and again and again."""

        def again() -> None:
            act()
            self.at(self.now + seconds, again)

        self.at(self.now, again)

    def sleep(self, seconds: float) -> None:
        """Wait, in a thread of the `Pool`, while others go on."""
        woken = threading.Semaphore(0)
        self.at(self.now + seconds, lambda: self._hand_over(woken))
        self._rested.release()
        woken.acquire()

    def _hand_over(self, woken: threading.Semaphore) -> None:
        woken.release()
        self._rested.acquire()

    def run(self, until: Callable[[], bool]) -> None:
        """Go on until that is true."""
        while not until():
            self.now, _, act = heapq.heappop(self._events)
            act()

    def begin(self, executor: Executor, work: Callable[[], None]) -> None:
        """Run some work in a thread until it waits or ends."""

        def whole() -> None:
            try:
                work()
            finally:
                self._rested.release()

        executor.submit(whole)
        self._rested.acquire()


class Pool(Executor):
    """Threads whose work begins when the world gets to it."""

    def __init__(self, world: World, threads: int) -> None:
        self._world = world
        self._threads = ThreadPoolExecutor(threads)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Begin at this moment of the world, after what is under way. Nobody waits for the answer."""
        world = self._world
        world.at(world.now, lambda: world.begin(self._threads, lambda: fn(*args, **kwargs)))
        return Future()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._threads.shutdown(wait=wait, cancel_futures=cancel_futures)


@dataclass(slots=True)
class FakeSlack:
    """A poster that takes its time and keeps the pace of a channel as Slack does."""

    world: World
    posted: int = 0
    last: float = 0.0
    """When the latest message was answered."""
    refused: int = 0
    _left: dict[Place, tuple[float, float]] = field(default_factory=dict)

    def post(self, claim: Claim) -> str:
        """Accept it, unless its channel had too many."""
        now = self.world.now
        left, at = self._left.get(claim.place, (float(BURST), now))
        left = min(BURST, left + now - at)
        self.world.sleep(LATENCY)
        if left < 1 - 1e-6:
            self.refused += 1
            raise DeliveryDeferredError("slack.busy", retry_at=self.world.clock() + timedelta(seconds=1))
        self._left[claim.place] = (left - 1, now)
        self.posted += 1
        self.last = self.world.now
        return f"{self.posted}.000000"

    def recent(self, place: Place, thread_ts: str | None, since: datetime, known: Collection[str]) -> Recent:
        """Nothing was ever posted before."""
        self.world.sleep(LATENCY)
        return Recent({}, None)

    def find(self, claim: Claim) -> str | None:
        """Nothing is ever lost here."""
        raise AssertionError(f"no outcome is unknown here: {claim.key}")

    def update(self, claim: Claim) -> None:
        """Nothing is ever changed here."""
        raise AssertionError(f"nothing changes here: {claim.key}")

    delete = update

    def says(self, seen: Seen, content: Content) -> bool:
        """Nothing is ever adopted here."""
        raise AssertionError(f"nothing stands there already: {seen}")


def write_day(messages: int) -> bytes:
    """A printed day that makes so many messages of the layout `papers`: its line, and two a paper."""
    lines = [DAY.isoformat()]
    for paper in range((messages - 1) // 2):
        lines += [
            f"Paper {paper}: What a Queue Learns While It Waits",
            f"(Ada Author{paper}, Bo Writer{paper})",
            f"https://arxiv.org/abs/2404.{paper:05d}",
            f"{paper}번 논문의 메모: 줄을 서는 일에도 순서가 있다는 이야기입니다. " * 6,
            "#queues #patience",
        ]
    return "\n".join(lines).encode()


@dataclass(frozen=True, slots=True)
class Figures:
    """What a run took."""

    teams: int
    channels: int
    messages: int
    owed: int
    simulated: float
    limit: float
    refused: int
    planning_ms: float
    sending_ms: float
    memory_before: float
    memory_half: float
    memory_after: float

    @property
    def good(self) -> bool:
        """Whether it keeps the bars."""
        whole = self.messages == self.owed and not self.refused
        in_time = self.simulated <= SLOWER * self.limit and self.cpu_ms <= CPU_MS
        return whole and in_time and self.memory_after <= FLAT * self.memory_half

    @property
    def cpu_ms(self) -> float:
        """What a message costs."""
        return self.planning_ms + self.sending_ms

    def words(self) -> str:
        """One line a bar."""
        return "\n".join(
            (
                f"teams={self.teams} channels={self.channels} owed={self.owed} posted={self.messages}"
                f" refused={self.refused}" + ("" if self.messages == self.owed else " GIVEN UP: processor time over"),
                f"  simulated {self.simulated:.1f} s, the limit's own {self.limit:.1f} s:"
                f" {self.simulated / self.limit:.2f} (bar {SLOWER})",
                f"  processor {self.cpu_ms:.2f} ms a message (bar {CPU_MS:.2f}): planning {self.planning_ms:.2f},"
                f" sending {self.sending_ms:.2f}",
                f"  memory {self.memory_before:.0f} MB when planned, {self.memory_half:.0f} MB half way,"
                f" {self.memory_after:.0f} MB at the end (bar {FLAT} x half way)",
            )
        )


def senders_for(teams: int, channels: int, settings: Settings) -> int:
    """How many calls are under way at once where every channel is served as fast as it may be."""
    a_second = teams * min(channels / settings.delivery.pace.total_seconds(), settings.delivery.team_cap / 60)
    return max(settings.delivery.senders, math.ceil(a_second * LATENCY * SPARE))


def fan_out(teams: int, channels: int, messages: int, settings: Settings, senders: int, cpu_seconds: float) -> Figures:
    """One day to every channel of every team."""
    senders = senders or senders_for(teams, channels, settings)
    world = World()
    slack = FakeSlack(world)
    with tempfile.TemporaryDirectory() as folder:
        bot = build(settings.model_copy(update={"database_url": f"sqlite:///{folder}/fanout.db"}), clock=world.clock)
        digests, outbox, subscriptions = bot.digests, bot.outbox, bot.subscriptions
        data = write_day(messages)
        document = Document("day.txt", "day.txt", data, content_hash(data))
        digests.save(SOURCE, [(document, parse_document(document.name, data))], world.clock())
        digests.settle(SOURCE, timedelta(0), world.clock())
        for team, channel in itertools.product(range(teams), range(channels)):
            subscriptions.add(f"T{team:05d}", f"C{channel:05d}", SOURCE, layout="papers")
        subscriptions.fix_since([SOURCE], world.clock())
        begun = time.process_time()
        owed = sum(_plan(bot, f"T{team:05d}") for team in range(teams))
        planned = time.process_time()
        before = half = _resident()

        pool = Pool(world, senders)
        sending = Senders(outbox, slack, "bench", world.clock, pace(settings), pool, senders)
        world.every(settings.delivery.send_every.total_seconds(), sending.wake)

        def over() -> bool:
            return slack.posted >= owed or time.process_time() - planned > cpu_seconds

        world.run(lambda: slack.posted >= owed / 2 or over())
        half = _resident()
        world.run(over)
        ended = time.process_time()
        after = _resident()
        sending.stop()
        world.run(lambda: sending.wait_idle(0))
        pool.shutdown()
        bot.engine.dispose()
    a_team = owed / teams / settings.delivery.team_cap * 60
    limit = max(messages * settings.delivery.pace.total_seconds(), a_team)
    planning, spent = (planned - begun) / owed * 1000, (ended - planned) / max(1, slack.posted) * 1000
    return Figures(
        teams, channels, slack.posted, owed, slack.last, limit, slack.refused, planning, spent, before, half, after
    )


def _plan(bot: Bot, team: str) -> int:
    delivery, told = bot.settings.delivery, Told()
    return deliver_owed(
        team,
        bot.subscriptions.all(team),
        bot.digests,
        bot.subscriptions,
        bot.outbox,
        wording(bot.settings),
        bot.clock(),
        papers_up_to=delivery.papers_up_to,
        edit_window=delivery.edit_window,
        catch_up=delivery.catch_up,
        told=told,
    )


def _resident() -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def main() -> int:
    """Print the figures; 1 where a bar is missed."""
    settings = load_settings()
    parser = argparse.ArgumentParser(prog="python -m tests.bench.fanout", description=__doc__.split("\n")[0])
    parser.add_argument("--teams", type=int)
    parser.add_argument("--channels", type=int, help="in each team")
    parser.add_argument("--messages", type=int, default=27, help="in each channel, an odd number")
    parser.add_argument("--senders", type=int, default=0, help="as many as it takes where it is left out")
    parser.add_argument("--cpu-seconds", type=float, default=900, help="give up a run that takes more")
    args = parser.parse_args()
    chosen = args.teams or args.channels
    runs = [(args.teams or 1, args.channels or 1)] if chosen else [(1000, 1), (1, 1000)]
    if (args.teams or 0) > FEWER_TEAMS:
        runs.insert(0, (FEWER_TEAMS, args.channels or 1))
    done = []
    for teams, channels in runs:
        done.append(fan_out(teams, channels, args.messages, settings, args.senders, args.cpu_seconds))
        print(done[-1].words(), flush=True)
    good = all(figures.good for figures in done)
    if (args.teams or 0) > FEWER_TEAMS:
        dearer = done[1].cpu_ms / done[0].cpu_ms
        print(f"  a message costs {dearer:.2f} of what it costs with {FEWER_TEAMS} teams (bar {NO_DEARER})")
        good = good and dearer <= NO_DEARER
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
