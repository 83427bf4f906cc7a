"""Kills the real bot at random moments while Slack misbehaves, and counts what is lost, doubled or out of order.

    python -m tests.bench.crash [--kills N] [--processes P] [--seed S] [--speed X] [--resume DIR]

Bot processes share one database and post a corpus of days to several channels of the real stand-in, whose faults come
at random from the seed. The judge reads the stand-in's own journal. ``--resume DIR`` keeps the run in a folder and
goes on with the one that is there; its own settings hold then. Without it a run that went well leaves nothing behind.

The last line is ``kills=40 owed=812 lost=0 doubled=0 out_of_order=0``; the exit code is 1 where one is not 0.
"""

import argparse
import ctypes
import json
import math
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from bot.sandbox.visitor import Visitor
from tests.bench.judge import SOURCE, judge_folder, of_folder

PAPERROUND = Path(sys.executable).with_name("paperround")
TOKENS = {"SLACK_BOT_TOKEN": "xoxb-sandbox-paperround", "SLACK_APP_TOKEN": "xapp-sandbox-paperround"}
SPEED = 10.0
A_KILL = 20
"""Messages that are owed for each kill, so that every life has something to do."""
AHEAD = 120
"""Messages that may wait at once: days arrive while others are posted, and killings meet reading and planning too."""
STALLED_SECONDS = 60.0
FIRST_DAY = date(2024, 3, 1)
FEWEST_DAYS = 2

ORDERS: tuple[tuple[str, str, str], ...] = (
    *((f"papers-{number}", "papers", "") for number in range(4)),
    ("papers-vision", "papers", "tag:vision"),
    *((f"list-{number}", "list", "") for number in range(3)),
    *((f"brief-{number}", "brief", "") for number in range(2)),
)
"""Channel, layout, query."""

# Of a scaled bot: time-out, settling and lease, in seconds at speed 1 (bot/settings.py and bot/delivery/pace.py).
TIMEOUT, SETTLING, RETRY = 10.0, 3.0, 30.0

# For each of these so many faults wait for their call at any moment, and each lets through so many calls at most:
# about one post in five goes wrong, and one look in four.
METHODS = (("chat.postMessage", 4, 30), ("conversations.history", 1, 5), ("conversations.replies", 1, 5))
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
_TAGS = ("vision", "moe", "alignment", "speech", "long-context", "retrieval")


def write_day(folder: Path, number: int, rng: random.Random) -> Path:
    """Write one printed day of two to five papers; some commentaries need more than one message."""
    day = FIRST_DAY + timedelta(days=number)
    lines = [day.isoformat()]
    for paper in range(rng.randint(2, 5)):
        mark = f"{number:03d}{paper}"
        lines += [
            f"Paper {mark}: How {rng.choice(_SUBJECTS)} {rng.choice(_VERBS)} {rng.choice(_OBJECTS)}",
            f"(Ada Author{mark}, Bo Writer{mark})",
            f"https://arxiv.org/abs/24{1 + number % 12:02d}.{number:03d}{paper:02d}",
            f"{rng.choice(_SUBJECTS)} {rng.choice(_VERBS)} {rng.choice(_OBJECTS)}: table {mark} shows it.",
        ]
        long = rng.random() < 0.1
        for remark in range(rng.randint(90, 160) if long else rng.randint(1, 3)):
            lines.append(f"{mark}번 논문의 {remark + 1}번째 메모: {rng.choice(_KOREAN)}, {rng.choice(_KOREAN)}.")
        lines.append(" ".join(f"#{tag}" for tag in rng.sample(_TAGS, rng.randint(1, 3))))
    path = folder / f"{day.isoformat()}.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_config(folder: Path) -> None:
    """The bot's configuration and the workspace it meets."""
    orders = [
        f'[[subscription]]\nchannel = "#{name}"\nlayout = "{layout}"\nquery = "{query}"\nat = "on arrival"\n'
        for name, layout, query in ORDERS
    ]
    source = f'[[source]]\nname = "{SOURCE}"\nfolder = "vault"\n'
    (folder / "config").mkdir()
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
    done: int = 0
    exits: int = 0
    """How often a bot ended although nobody had killed it."""
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
    shutil.rmtree(folder / "days", ignore_errors=True)
    shutil.rmtree(folder / "config", ignore_errors=True)
    for name in ("days", "vault"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    write_config(folder)
    rng = random.Random(plan.seed)
    owed = number = 0
    while number < FEWEST_DAYS or owed < plan.kills * A_KILL:
        owed += len_owed(folder, write_day(folder / "days", number, rng))
        number += 1
    plan.save(folder)
    return plan


def len_owed(folder: Path, day: Path) -> int:
    """How many messages a day comes to, over all channels."""
    return sum(map(len, of_folder(folder, day).values()))


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


class Bots:
    """The bot processes on one database."""

    def __init__(self, folder: Path, url: str, plan: Plan) -> None:
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("SLACK_", "PAPERROUND_"))}
        self._environment = ours | TOKENS | {"SLACK_API_URL": f"{url}/api/", "PAPERROUND_SPEED": str(plan.speed)}
        self._folder = folder
        self._plan = plan
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start all."""
        self._processes = [self._start(number) for number in range(self._plan.processes)]

    def _start(self, number: int) -> "subprocess.Popen[bytes]":
        with (self._folder / f"bot-{number}.log").open("ab") as log:
            return subprocess.Popen(
                [str(PAPERROUND), "run"],
                cwd=self._folder,
                env=self._environment,
                stdout=log,
                stderr=log,
                preexec_fn=_die_with_parent,
            )

    def kill(self, number: int) -> None:
        """SIGKILL one, and start it again."""
        self._processes[number].kill()
        self._processes[number].wait()
        self._processes[number] = self._start(number)

    def revive(self) -> None:
        """Start again what ended by itself, as whoever supervises processes would."""
        for number, process in enumerate(self._processes):
            if process.poll() is not None:
                self._plan.exits += 1
                self._processes[number] = self._start(number)

    def stop(self) -> None:
        """End all, politely first."""
        for process in self._processes:
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
        self._speed = plan.speed
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
            kind, values = "delay", values | {"seconds": (TIMEOUT + 20 * share) / self._speed, "after_commit": True}
        elif kind == "late call":
            # It must be done before the bot looks for it: nobody could know of it otherwise.
            late = (TIMEOUT + SETTLING * 0.6 * share) / self._speed
            kind, values = "delay", values | {"seconds": late, "after_commit": False}
        elif kind.startswith("http_"):
            kind, _, done = kind.partition(" ")
            values["commit"] = bool(done)
        elif kind == "ratelimited":
            values["retry_after"] = 1  # whole seconds, which no speed divides
        self._visitor.fault(kind, method, **values)


class Posts:
    """How many messages the journal holds by now, in all and by channel."""

    def __init__(self, journal: Path) -> None:
        self._journal = journal
        self._at = 0
        self._half = b""
        self.total = 0
        self.channels: set[str] = set()

    def look(self) -> int:
        """Read what is new. Gives the total."""
        if not self._journal.exists():
            return 0
        with self._journal.open("rb") as file:
            file.seek(self._at)
            data = file.read()
        self._at += len(data)
        *lines, self._half = (self._half + data).split(b"\n")
        for line in lines:
            change = json.loads(line)
            if change["type"] == "message" and change["message"].get("bot_id"):
                self.total += 1
                self.channels.add(change["channel"])
        return self.total


class Run:
    """One run, from wherever it is to its end."""

    def __init__(self, folder: Path, plan: Plan, bots: Bots) -> None:
        self._folder = folder
        self._plan = plan
        self._bots = bots
        self._posts = Posts(folder / "journal.jsonl")
        days = sorted((folder / "days").glob("*.txt"))
        self._owed = {day: len_owed(folder, day) for day in days}
        self._total = sum(self._owed.values())
        self._to_come = [day for day in days if not (folder / "vault" / day.name).exists()]
        self._began = time.monotonic() - plan.seconds
        self._moved = time.monotonic()

    def begin(self) -> None:
        """The first day, and every channel with something of it: from then on each channel is owed all that comes."""
        first = next(iter(self._owed))
        if first in self._to_come:
            self._drop()
        wanting = {channel for channel, messages in of_folder(self._folder, first).items() if messages}
        while not self._posts.channels >= wanting and not self._stalled():
            self._look()

    def kill(self) -> None:
        """Kill until the plan is done."""
        plan = self._plan
        while plan.done < plan.kills:
            rng = random.Random(f"{plan.seed} kill {plan.done}")
            self._wait_for_moment(rng)
            self._bots.kill(rng.randrange(plan.processes))
            plan.done += 1
            plan.seconds = time.monotonic() - self._began
            plan.save(self._folder)

    def _wait_for_moment(self, rng: random.Random) -> None:
        """Mostly some messages further, so that the work lasts for all kills; sometimes while it starts."""
        left = self._total - self._posts.look()
        further = rng.uniform(0, 2) * max(0, left) / (self._plan.kills - self._plan.done + 1)
        starting = rng.random() < 0.15
        until = time.monotonic() + (rng.uniform(0, 1.5) if starting else rng.uniform(3, 6))
        goal = math.inf if starting else self._posts.total + further
        while self._posts.total < goal and time.monotonic() < until:
            self._tick()
        time.sleep(rng.uniform(0, 0.2))

    def finish(self) -> None:
        """Until every message is there and nothing has come for as long as the bot may wait."""
        while self._posts.look() < self._total and not self._stalled():
            self._tick()
        enough = (TIMEOUT + SETTLING + RETRY) / self._plan.speed + 1
        while time.monotonic() - self._moved < enough:
            self._tick()
        self._plan.seconds = time.monotonic() - self._began
        self._plan.save(self._folder)

    def _tick(self) -> None:
        self._look()
        waiting = self._total - self._posts.total - sum(self._owed[day] for day in self._to_come)
        if self._to_come and waiting < AHEAD:
            self._drop()

    def _look(self) -> None:
        time.sleep(0.02)
        before = self._posts.total
        if self._posts.look() > before:
            self._moved = time.monotonic()
        self._bots.revive()
        if sys.stderr.isatty():
            done = f"kills {self._plan.done}/{self._plan.kills}  messages {self._posts.total}/{self._total}"
            print(f"\r{done}  {time.monotonic() - self._began:.0f} s ", end="", file=sys.stderr, flush=True)

    def _stalled(self) -> bool:
        return time.monotonic() - self._moved > STALLED_SECONDS

    def _drop(self) -> None:
        """Let the next day arrive in the vault, whole."""
        day = self._to_come.pop(0)
        new = self._folder / f"{day.name}.new"
        shutil.copyfile(day, new)
        long_ago = time.time() - 60  # a file written just now would be left to grow
        os.utime(new, (long_ago, long_ago))
        new.replace(self._folder / "vault" / day.name)


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
        run.begin()
        trouble.begun = True
        run.kill()
        run.finish()
    if sys.stderr.isatty():
        print(file=sys.stderr)
    verdict = judge_folder(folder)
    for line in verdict.details():
        print(line)
    tracebacks = sum(log.read_text(errors="replace").count("Traceback") for log in folder.glob("bot-*.log"))
    print(f"seconds={plan.seconds:.0f} processes={plan.processes} exits={plan.exits} tracebacks={tracebacks}")
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
