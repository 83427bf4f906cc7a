"""Kills the real bot at random moments while Slack misbehaves, and counts what is lost, doubled or out of order.

    python -m tests.bench.crash [--kills N] [--processes P] [--seed S] [--speed X] [--resume DIR]

Bot processes share one database and post a corpus of days to several channels of the real stand-in. Some days are
rewritten after they came: commentary grows and shrinks, titles and tags change, papers come late, go, and come back.
Processes are killed, and stopped for longer than a lease and woken again; the stand-in's faults come at random from the
seed. The judge reads the stand-in's own journal. ``--resume DIR`` keeps the run in a folder and goes on with the one
that is there; its own settings hold then. Without it a run that went well leaves nothing behind.

A kill waits for progress, not for a time: its bot has said that it started, and a message came since. Only some bots
are killed while they start, never two in a row. So a slow machine makes a run longer, and leaves no bot without a
chance. What is still queued when nothing has moved for long is ``stalled``, and not lost.

The last line is ``kills=40 owed=812 lost=0 doubled=0 out_of_order=0``, with ``stalled=`` where anything is; the exit
code is 1 where one but the first two is not 0.
"""

import argparse
import ctypes
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.digest.document import content_hash
from bot.errors import StoreUnavailableError
from bot.sandbox.visitor import Visitor
from bot.store import tables as t
from bot.store.database import open_database, reading
from bot.store.outbox import Outbox
from tests.bench.judge import SOURCE, DayDue, judge_folder, key_of, of_folder, orders_of, read_version

PAPERROUND = Path(sys.executable).with_name("paperround")
TOKENS = {"SLACK_BOT_TOKEN": "xoxb-sandbox-paperround", "SLACK_APP_TOKEN": "xapp-sandbox-paperround"}
SPEED = 10.0
A_KILL = 20
"""Messages that come first for each kill, so that every life has something to do."""
A_DAY = 60
"""Messages that an arrival comes to, roughly."""
AHEAD = 120
"""Messages that may wait at once: days arrive while others are posted, and killings meet reading and planning too."""
STALLED_SECONDS = 180.0
"""Without any progress, until a run is given up."""
PATIENCE_SECONDS = 10.0
"""How long a kill waits for progress; twice as long after each kill that met none."""
STARTED = b"Paperround is in "
"""What a bot prints once it is connected."""
DATABASE = Path("data") / "paperround.db"
FIRST_DAY = date(2024, 3, 1)
FEWEST_DAYS = 2
REWRITTEN, AGAIN = 0.8, 0.5
"""Of the days so many are rewritten, and of these so many again."""
LATER = (0, 0, 1, 1, 2, 3, 5)
"""After how many further days: at once, while the day is posted, long after."""

ORDERS: tuple[tuple[str, str, str], ...] = (
    *((f"papers-{number}", "papers", "") for number in range(4)),
    ("papers-vision", "papers", "tag:vision"),
    *((f"list-{number}", "list", "") for number in range(3)),
    *((f"brief-{number}", "brief", "") for number in range(2)),
)
"""Channel, layout, query."""

# What the bot is told, in seconds as they pass whatever the speed: a call's time-out, and how long a call that went
# wrong is left alone. Such a call must be over by then (nobody could know of it otherwise), on a busy machine too.
TIMEOUT, SETTLING = 0.8, 0.8
MARGIN, RETRY = 1.0, 30.0
"""Of a lease beyond these two, and of a further try at speed 1: both are `Pace`'s."""
LEASE = TIMEOUT + SETTLING + MARGIN

SETTINGS = {
    "PAPERROUND_DELIVERY__CATCH_UP": "1000000",  # no day is passed over, however long the bot was away
    "PAPERROUND_DELIVERY__TEAM_CAP": "6000",
}

# For each of these so many faults wait for their call at any moment, and each lets through so many calls at most:
# about one post in five goes wrong, and one look in four.
METHODS = (
    ("chat.postMessage", 4, 30),
    ("chat.update", 2, 10),
    ("chat.delete", 1, 2),
    ("conversations.history", 1, 5),
    ("conversations.replies", 1, 5),
)
STARTING = ("auth.test", "conversations.list", "conversations.info", "apps.connections.open")
STARTING_LETS = 12
KINDS = (
    ("drop", 4), ("drop_before", 2), ("cut", 2), ("late answer", 3), ("late call", 2), ("ratelimited", 2),
    ("http_500", 2), ("http_500 done", 2), ("http_503", 1), ("http_503 done", 2), ("internal_error", 2),
    ("fatal_error", 3),
)  # fmt: skip


# The corpus: sentences of our own, no two alike.

_SUBJECTS = (
    "A sparse router",
    "The small decoder",
    "This tokenizer",
    "Our probe",
    "The frozen encoder",
    "A long cache",
)
_VERBS = ("keeps", "forgets", "rewrites", "averages", "samples", "reorders")
_OBJECTS = (
    "every other head",
    "the last layer",
    "its own mistakes",
    "half of the batch",
    "rare words",
    "old gradients",
)
_KOREAN = (
    "생각보다 단순한 방법입니다",
    "실험이 조금 더 있으면 좋겠네요",
    "데이터가 거의 전부를 결정합니다",
    "긴 문맥에서도 버팁니다",
)
WANTED = "vision"
_TAGS = (WANTED, "moe", "alignment", "speech", "long-context", "retrieval")


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper of the corpus. Its mark is in its title and its link, and in no other paper's."""

    mark: str
    title: str
    remarks: tuple[str, ...]
    tags: tuple[str, ...]

    def lines(self) -> list[str]:
        """As it is printed."""
        return [
            f"Paper {self.mark}: {self.title}",
            f"(Ada Author{self.mark}, Bo Writer{self.mark})",
            f"https://arxiv.org/abs/2401.{self.mark:0>5}",
            *self.remarks,
            " ".join(f"#{tag}" for tag in self.tags),
        ]


def _sentence(rng: random.Random) -> str:
    return f"{rng.choice(_SUBJECTS)} {rng.choice(_VERBS)} {rng.choice(_OBJECTS)}"


def _remarks(mark: str, rng: random.Random, *, long: bool) -> tuple[str, ...]:
    """What the curator says; a long one needs more than one message."""
    number = rng.randint(90, 160) if long else rng.randint(1, 3)
    said = (f"{mark}번 논문의 {n + 1}번째 메모: {rng.choice(_KOREAN)}, {rng.choice(_KOREAN)}." for n in range(number))
    return (f"{_sentence(rng)}: table {mark} shows it.", *said)


def _paper(mark: str, rng: random.Random) -> Paper:
    tags = tuple(rng.sample(_TAGS, rng.randint(1, 3)))
    return Paper(mark, f"How {_sentence(rng)}", _remarks(mark, rng, long=rng.random() < 0.1), tags)


class Day:
    """A day of the corpus: two to five papers, and how they are rewritten. A paper is changed in one way only."""

    def __init__(self, number: int, rng: random.Random) -> None:
        self.day = FIRST_DAY + timedelta(days=number)
        self._rng = rng
        self._number = number
        self._marks = 0
        self._touched: set[str] = set()
        self._gone: list[tuple[int, Paper]] = []
        self._blank = False
        self.papers = [self._new() for _ in range(rng.randint(2, 5))]

    def _new(self) -> Paper:
        self._marks += 1
        return _paper(f"{self._number:04d}{self._marks - 1}", self._rng)

    def text(self) -> str:
        """The printed day."""
        between = ["", "   "] if self._blank else []
        papers = (line for paper in self.papers for line in (*paper.lines(), *between))
        return "\n".join([self.day.isoformat(), *papers]) + "\n"

    def rewrite(self) -> None:
        """Change it as curators do: one to three papers of it, sometimes nothing but white space."""
        self._blank = self._rng.random() < 0.2
        for _ in range(self._rng.choice((0, 1, 1, 2, 3)) if self._blank else self._rng.randint(1, 3)):
            self._rng.choice((self._reword, self._reword, self._grow_or_shrink, self._retag, self._retitle,
                              self._add, self._add, self._remove, self._remove))()  # fmt: skip
        if self._gone and self._rng.random() < 0.3:
            place, paper = self._gone.pop()
            self.papers.insert(min(place, len(self.papers)), paper)

    def _change(self, change: Callable[[Paper], Paper]) -> None:
        free = [place for place, paper in enumerate(self.papers) if paper.mark not in self._touched]
        if free:
            place = self._rng.choice(free)
            self.papers[place] = change(self.papers[place])
            self._touched.add(self.papers[place].mark)

    def _reword(self) -> None:
        def reword(paper: Paper) -> Paper:
            remarks = list(paper.remarks)
            place = self._rng.randrange(len(remarks))
            remarks[place] = f"{_sentence(self._rng)}, on second thoughts about {paper.mark}."
            return replace(paper, remarks=tuple(remarks))

        self._change(reword)

    def _grow_or_shrink(self) -> None:
        def other(paper: Paper) -> Paper:
            return replace(paper, remarks=_remarks(paper.mark, self._rng, long=len(paper.remarks) < 10))

        self._change(other)

    def _retag(self) -> None:
        def retag(paper: Paper) -> Paper:
            # Whether a channel wants it stays as it was: what becomes of a paper nobody asks for any more is not tried.
            kept = [tag for tag in paper.tags if tag == WANTED]
            others = [tag for tag in _TAGS if tag != WANTED]
            return replace(paper, tags=(*kept, *self._rng.sample(others, self._rng.randint(1, 2))))

        self._change(retag)

    def _retitle(self) -> None:
        self._change(lambda paper: replace(paper, title=f"When {_sentence(self._rng)}"))

    def _add(self) -> None:
        if self._marks < 10:
            paper = self._new()
            self._touched.add(paper.mark)
            self.papers.insert(self._rng.randint(0, len(self.papers)), paper)

    def _remove(self) -> None:
        free = [place for place, paper in enumerate(self.papers) if paper.mark not in self._touched]
        if free and len(self.papers) > 1:
            place = self._rng.choice(free)
            self._touched.add(self.papers[place].mark)
            self._gone.append((place, self.papers.pop(place)))


def write_days(folder: Path, fewest: int, rng: random.Random) -> list[tuple[str, int]]:
    """Write days, and how they are rewritten, until so many messages come first.

    Gives the order in which they arrive, as names and versions.
    """
    arrivals: list[tuple[str, int]] = []
    later: list[tuple[int, str, int]] = []
    orders = orders_of(folder)
    messages = number = 0
    while number < FEWEST_DAYS or messages < fewest:
        day = Day(number, rng)
        name = f"{day.day.isoformat()}.txt"
        versions = 1 if number == 0 or rng.random() > REWRITTEN else 2 + (rng.random() < AGAIN)
        come = number
        for version in range(versions):
            if version:
                day.rewrite()
                come += rng.choice(LATER)
                later.append((come, name, version))
            path = folder / "days" / str(version) / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(day.text(), encoding="utf-8")
        first = (read_version(folder / "days" / "0" / name),)
        messages += sum(len(DayDue(order, first).known) for order in orders)
        arrivals.append((name, 0))
        arrivals += [(name, version) for at, name, version in sorted(later) if at == number]
        later = [one for one in later if one[0] > number]
        number += 1
    return arrivals + [(name, version) for _, name, version in sorted(later)]


def write_config(folder: Path) -> None:
    """The bot's configuration and the workspace it meets."""
    orders = [
        f'[[subscription]]\nchannel = "#{name}"\nlayout = "{layout}"\nquery = "{query}"\nat = "on arrival"\n'
        for name, layout, query in ORDERS
    ]
    source = f'[[source]]\nname = "{SOURCE}"\nfolder = "vault"\n'
    (folder / "config" / "paperround.toml").write_text("\n".join([source, *orders]), encoding="utf-8")
    usual = (Path(__file__).parents[2] / "bot" / "sandbox" / "workspace.toml").read_text(encoding="utf-8")
    channels = [
        f'[[channels]]\nid = "C0CRASH{number:03d}"\nname = "{name}"\nmembers = ["jiwoo", "emma", "paperround"]\n'
        for number, (name, _, _) in enumerate(ORDERS)
    ]
    (folder / "workspace.toml").write_text("\n".join([usual, *channels]), encoding="utf-8")


@dataclass(slots=True)
class Plan:
    """What a run is, and how far it is: all that an interruption must not lose."""

    kills: int
    processes: int
    seed: int
    speed: float
    arrivals: list[tuple[str, int]] = field(default_factory=list)
    """The days in the order of their arrival, as the name and the version of each."""
    arrived: int = 0
    done: int = 0
    pauses: int = 0
    """How often a bot was stopped and woken again."""
    exits: int = 0
    """How often a bot ended although nobody had killed it."""
    early: int = 0
    """How many kills met a bot that was still starting, as they were meant to."""
    idle: int = 0
    """How many kills met no progress, in spite of all patience."""
    seconds: float = 0.0

    def save(self, folder: Path) -> None:
        """Write it, whole or not at all."""
        new = folder / "plan.json.new"
        new.write_text(json.dumps(asdict(self)), encoding="utf-8")
        new.replace(folder / "plan.json")


def prepare(folder: Path, plan: Plan) -> Plan:
    """Write the corpus and the configuration; where a run is there already, give its plan instead."""
    if (folder / "plan.json").exists():
        return Plan(**json.loads((folder / "plan.json").read_text(encoding="utf-8")))
    for name in ("days", "vault", "config"):
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir()
    write_config(folder)
    plan.arrivals = write_days(folder, plan.kills * A_KILL, random.Random(plan.seed))
    plan.save(folder)
    return plan


# The processes


def _die_with_parent() -> None:
    """Linux: SIGKILL when whoever started us is gone, so that an interrupted run leaves nobody behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


@contextmanager
def stand_in(folder: Path, speed: float) -> Iterator[str]:
    """The stand-in as a process of its own. Gives its address."""
    command = [str(PAPERROUND), "sandbox", "--port", "0", "--journal", "journal.jsonl", "--speed", str(speed)]
    with (folder / "stand-in.log").open("a") as log:
        process = subprocess.Popen(
            [*command, "--workspace", "workspace.toml"],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            preexec_fn=_die_with_parent,
        )
    try:
        assert process.stdout is not None
        words = process.stdout.readline().split()
        if len(words) != 2:
            raise SystemExit(f"the stand-in did not start: see {folder / 'stand-in.log'}")
        yield words[1]
    finally:
        process.terminate()
        process.wait(10)


@dataclass(slots=True)
class _Life:
    """A bot process from its start on."""

    log_start: int
    """Where in its log it began."""
    began: float
    is_up: bool = False


class Bots:
    """The bot processes on one database."""

    def __init__(self, folder: Path, url: str, plan: Plan) -> None:
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("SLACK_", "PAPERROUND_"))}
        self._environment = ours | TOKENS | SETTINGS | {
            "SLACK_API_URL": f"{url}/api/",
            "PAPERROUND_SPEED": str(plan.speed),
            "PAPERROUND_DELIVERY__TIMEOUT": f"{TIMEOUT}s",  # short enough for no speed to divide it
            "PAPERROUND_DELIVERY__SETTLING": f"{SETTLING * plan.speed}s",
        }  # fmt: skip
        self._folder = folder
        self._plan = plan
        self._processes: list[subprocess.Popen[bytes]] = []
        self._paused: dict[int, float] = {}
        """Until when each is stopped, by its number."""
        self._lives = [_Life(0, 0.0) for _ in range(plan.processes)]
        self.start_seconds = 1.0
        """How long the latest start took."""

    def start(self) -> None:
        """Start all."""
        self._processes = [self._start(number) for number in range(self._plan.processes)]

    def _start(self, number: int) -> "subprocess.Popen[bytes]":
        with self._log(number).open("ab") as log:
            self._lives[number] = _Life(log.tell(), time.monotonic())
            return subprocess.Popen(
                [str(PAPERROUND), "run"],
                cwd=self._folder,
                env=self._environment,
                stdout=log,
                stderr=log,
                preexec_fn=_die_with_parent,
            )

    def _log(self, number: int) -> Path:
        return self._folder / f"bot-{number}.log"

    def is_up(self, number: int) -> bool:
        """Whether one has said that it started."""
        life = self._lives[number]
        if life.is_up:
            return True
        with self._log(number).open("rb") as log:
            log.seek(life.log_start)
            life.is_up = STARTED in log.read()
        if life.is_up:
            self.start_seconds = time.monotonic() - life.began
        return life.is_up

    def all_up(self) -> int:
        """How many have said that they started."""
        return sum(self.is_up(number) for number in range(self._plan.processes))

    def pause(self, number: int, seconds: float) -> None:
        """Stop one where it stands. It is woken by a later `revive`."""
        if number not in self._paused:
            self._processes[number].send_signal(signal.SIGSTOP)
            self._paused[number] = time.monotonic() + seconds
            self._plan.pauses += 1

    def kill(self, number: int) -> None:
        """SIGKILL one, and start it again."""
        self._paused.pop(number, None)
        self._processes[number].kill()
        self._processes[number].wait()
        self._processes[number] = self._start(number)

    def revive(self) -> None:
        """Wake what was stopped long enough, and start again what ended by itself, as a supervisor would."""
        for number, until in list(self._paused.items()):
            if time.monotonic() > until:
                del self._paused[number]
                self._processes[number].send_signal(signal.SIGCONT)
        for number, process in enumerate(self._processes):
            if process.poll() is not None:
                self._plan.exits += 1
                self._processes[number] = self._start(number)

    def stop(self) -> None:
        """End all, politely first."""
        for process in self._processes:
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for process in self._processes:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Trouble:
    """Keeps some faults switched on in the stand-in, at random from the seed, until it is told to stop."""

    def __init__(self, visitor: Visitor, plan: Plan) -> None:
        self._visitor = visitor
        self._rng = random.Random(f"{plan.seed} trouble {plan.done}")
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.begun = False
        """Only then the calls of a bot that starts go wrong too: it has to know its channels once."""

    def __enter__(self) -> "Trouble":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def end(self) -> None:
        """No more of it: what goes wrong again and again is waited for longer and longer."""
        if not self._stopped.is_set():
            self.__exit__()
            self._visitor.clear_faults()

    def _run(self) -> None:
        while not self._stopped.wait(0.1):
            there = [fault["method"] for fault in self._visitor.faults()]
            for method, number, at_most in METHODS:
                for _ in range(number - there.count(method)):
                    self._add(method, at_most)
            if self.begun and not set(STARTING) & set(there):
                self._add(self._rng.choice(STARTING), STARTING_LETS)

    def _add(self, method: str, at_most: int) -> None:
        rng = self._rng
        [kind] = rng.choices([kind for kind, _ in KINDS], [weight for _, weight in KINDS])
        values: dict[str, Any] = {"after": rng.randint(0, at_most)}
        share = rng.random()
        if kind == "late answer":
            kind, values = "delay", values | {"seconds": TIMEOUT * (1 + share), "after_commit": True}
        elif kind == "late call":
            kind, values = "delay", values | {"seconds": TIMEOUT + SETTLING * 0.5 * share, "after_commit": False}
        elif kind.startswith("http_"):
            kind, _, done = kind.partition(" ")
            values["commit"] = bool(done)
        elif kind == "ratelimited":
            values["retry_after"] = 1  # whole seconds, which no speed divides
        self._visitor.fault(kind, method, **values)


class Posts:
    """Which messages the journal holds by now."""

    def __init__(self, journal: Path) -> None:
        self._journal = journal
        self._at = 0
        self._half = b""
        self.lines = 0
        """How often a message of the bot's came or changed."""
        self.keys: set[str] = set()
        """Of all that ever came."""

    def look(self) -> int:
        """Read what is new. Gives the number of lines."""
        if not self._journal.exists():
            return 0
        with self._journal.open("rb") as file:
            file.seek(self._at)
            data = file.read()
        self._at += len(data)
        *lines, self._half = (self._half + data).split(b"\n")
        for line in lines:
            change = json.loads(line)
            if change["type"] in ("message", "changed", "deleted"):
                self.lines += 1
                key = key_of(change.get("message", {}))
                self.keys |= {key} if key else set()
        return self.lines


class Run:
    """One run, from wherever it is to its end."""

    def __init__(self, folder: Path, plan: Plan, bots: Bots) -> None:
        self._folder = folder
        self._plan = plan
        self._bots = bots
        self._orders = orders_of(folder)
        self._posts = Posts(folder / "journal.jsonl")
        self._owed: dict[str, set[str]] = {}
        """By day, the keys of the messages of its version in the vault that have not come yet."""
        for name, version in plan.arrivals[: plan.arrived]:
            self._owed[name] = self._keys(name, version)
        self._began = time.monotonic() - plan.seconds
        self._moved = time.monotonic()
        self._bots_up = 0

    def _keys(self, name: str, version: int) -> set[str]:
        read = (read_version(self._folder / "days" / str(version) / name),)
        return {key for order in self._orders for key in DayDue(order, read).known}

    def _waiting(self) -> int:
        self._owed = {name: left for name, keys in self._owed.items() if (left := keys - self._posts.keys)}
        return sum(map(len, self._owed.values()))

    def begin(self) -> bool:
        """The first day, and every channel with something of it: from then on each channel is owed all that comes.

        False where that never came about.
        """
        if not self._plan.arrived:
            self._drop()
        first = self._keys(*self._plan.arrivals[0])
        while not first <= self._posts.keys:
            if self._stalled():
                return False
            self._look()
        return True

    def kill(self) -> None:
        """Kill until the plan is done."""
        plan = self._plan
        was_early = False
        patience = PATIENCE_SECONDS
        while plan.done < plan.kills and not self._stalled():
            rng = random.Random(f"{plan.seed} kill {plan.done}")
            number = rng.randrange(plan.processes)
            if rng.random() < (0.4 if plan.processes > 1 else 0.05):
                self._bots.pause(rng.randrange(plan.processes), LEASE * rng.uniform(0.8, 2))
            was_early = rng.random() < 0.15 and not was_early
            if was_early:
                self._wait(rng.uniform(0, 1) * self._bots.start_seconds, lambda: False)
                plan.early += 1
            elif self._wait_for_progress(number, rng, patience):
                patience = PATIENCE_SECONDS
            else:
                patience = min(2 * patience, STALLED_SECONDS)
                plan.idle += 1
            self._bots.kill(number)
            plan.done += 1
            plan.seconds = time.monotonic() - self._began
            plan.save(self._folder)

    def _wait_for_progress(self, number: int, rng: random.Random, patience: float) -> bool:
        """Wait until a bot has started and a message came since, and mostly for some more; False where none came.

        So many more that the work lasts for all kills.
        """
        self._wait(STALLED_SECONDS, lambda: self._bots.is_up(number))
        left = len(self._plan.arrivals) - self._plan.arrived
        further = rng.uniform(0, 2) * left / (self._plan.kills - self._plan.done + 1) * A_DAY
        before = self._posts.lines
        came = self._wait(patience, lambda: self._posts.lines > before)
        self._wait(rng.uniform(0, 3), lambda: self._posts.lines >= before + further)
        time.sleep(rng.uniform(0, 0.2))
        return came

    def _wait(self, seconds: float, enough: Callable[[], bool]) -> bool:
        """Let days arrive until it is enough; False where the time is over before."""
        until = time.monotonic() + seconds
        while not enough():
            if time.monotonic() >= until:
                return False
            self._tick()
        return True

    def finish(self, trouble: Trouble) -> None:
        """Until all has come and nothing is lost, or nothing comes for long although it should.

        Trouble ends when nothing seems to come any more.
        """
        enough = LEASE + RETRY / self._plan.speed + 1
        asked = -1
        while not self._stalled():
            self._tick()
            is_quiet = time.monotonic() - self._moved > enough
            if is_quiet and self._plan.arrived == len(self._plan.arrivals) and asked != self._posts.lines:
                trouble.end()
                asked = self._posts.lines
                if not judge_folder(self._folder).lost:
                    break
        self._plan.seconds = time.monotonic() - self._began
        self._plan.save(self._folder)

    def _tick(self) -> None:
        self._look()
        if self._plan.arrived < len(self._plan.arrivals) and self._waiting() < AHEAD:
            self._drop()

    def _look(self) -> None:
        time.sleep(0.02)
        before = self._posts.lines, self._bots_up
        self._bots_up = self._bots.all_up()
        self._posts.look()
        if self._posts.lines > before[0] or self._bots_up > before[1]:
            self._moved = time.monotonic()
        self._bots.revive()
        if sys.stderr.isatty():
            plan = self._plan
            done = f"kills {plan.done}/{plan.kills}  days {plan.arrived}/{len(plan.arrivals)}"
            print(f"\r{done}  {time.monotonic() - self._began:.0f} s ", end="", file=sys.stderr, flush=True)

    def _stalled(self) -> bool:
        return time.monotonic() - self._moved > STALLED_SECONDS

    def _drop(self) -> None:
        """Let the next day, or the next version of one, arrive in the vault, whole."""
        name, version = self._plan.arrivals[self._plan.arrived]
        new = self._folder / f"{name}.new"
        shutil.copyfile(self._folder / "days" / str(version) / name, new)
        long_ago = time.time() - 60  # a file written just now would be left to grow
        os.utime(new, (long_ago, long_ago))
        new.replace(self._folder / "vault" / name)
        self._owed[name] = self._keys(name, version)
        self._plan.arrived += 1
        self._plan.save(self._folder)
        self._moved = time.monotonic()


def _is_read(path: Path, read: Mapping[str, str]) -> bool:
    return path.exists() and read.get(path.name) == content_hash(path.read_bytes())


def still_queued(folder: Path, plan: Plan) -> frozenset[str]:
    """The keys of the messages that the bots still had before them when the run ended.

    These are what their tables hold as unsent, all of a day that was never read as it is now, and all of one whose
    change was not planned yet.
    """
    engine = open_database(f"sqlite:///{folder / DATABASE}")
    try:
        with reading(engine) as connection:
            unsent = sa.select(t.Delivery.key).where(t.Delivery.state.in_(("pending", "claimed", "unknown")))
            queued = set(connection.scalars(unsent))
            read = dict(connection.execute(sa.select(t.Document.uri, t.Document.hash)).all())
        team = next(order.place.team for order in orders_of(folder))
        unplanned = {
            (edition.place, edition.day)
            for edition, _ in Outbox(engine).outdated(team, datetime.min.replace(tzinfo=UTC))
        }
    except StoreUnavailableError:  # no bot ever got as far as a table
        queued, read, unplanned = set(), {}, set()
    finally:
        engine.dispose()
    arriving = {name for name, _ in plan.arrivals[plan.arrived :]}
    for days in of_folder(folder).values():
        for due in days:
            name = f"{due.day.isoformat()}.txt"
            if (
                name in arriving
                or not _is_read(folder / "vault" / name, read)
                or (due.order.place, due.day) in unplanned
            ):
                queued |= due.known.keys()
    return frozenset(queued)


def crash(folder: Path, plan: Plan) -> bool:
    """Run to the end, and print the verdict; whether it is clean."""
    plan = prepare(folder, plan)
    with ExitStack() as stack:
        url = stack.enter_context(stand_in(folder, plan.speed))
        bots = Bots(folder, url, plan)
        stack.callback(bots.stop)
        trouble = stack.enter_context(Trouble(Visitor(url), plan))
        bots.start()
        run = Run(folder, plan, bots)
        if run.begin():
            trouble.begun = True
            run.kill()
        run.finish(trouble)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    verdict = judge_folder(folder, still_queued(folder, plan))
    for line in verdict.details():
        print(line)
    tracebacks = sum(log.read_text(errors="replace").count("Traceback") for log in folder.glob("bot-*.log"))
    counts = f"processes={plan.processes} pauses={plan.pauses} exits={plan.exits} tracebacks={tracebacks}"
    kills = f"early={plan.early} idle={plan.idle} stalled={len(verdict.stalled)}"
    print(f"seconds={plan.seconds:.0f} {counts} {kills}")
    print(f"kills={plan.done} {verdict.words()}")
    return verdict.clean


def main() -> int:
    """Read the command, run, and give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.crash", description=__doc__.split("\n")[0])
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speed", type=float, default=SPEED, help="divides every wait, of the bot and the stand-in")
    parser.add_argument("--resume", type=Path, metavar="DIR", help="keep the run here, or go on with the one that is")
    args = parser.parse_args()
    plan = Plan(args.kills, args.processes, args.seed, args.speed)
    if args.resume:
        args.resume.mkdir(parents=True, exist_ok=True)
        return 0 if crash(args.resume.resolve(), plan) else 1
    folder = Path(tempfile.mkdtemp(prefix="paperround-crash-"))
    if not crash(folder, plan):
        print(f"kept={folder}", file=sys.stderr)
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
