"""The bench that kills the bot, a few kills of it; and the judge, which must see what is wrong and nothing else."""

import json
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.delivery.outbox import Place
from bot.digest.model import Entry, StoredDigest, StoredEntry
from bot.messages.day import lay_out
from bot.messages.words import words_for
from tests.bench.crash import DATABASE, Bots, Plan, prepare, still_queued
from tests.bench.judge import SOURCE, DayDue, Order, Verdict, judge_folder, of_folder

ROOT = Path(__file__).parents[2]
DAY = date(2024, 4, 12)
Line = dict[str, Any]

pytestmark = pytest.mark.timeout(180)  # a machine with other work takes twice the usual 30 s


def test_nothing_is_lost_doubled_or_out_of_order_however_often_the_bot_dies(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.bench.crash", "--kills", "3", "--processes", "2", "--speed", "20"]
    done = subprocess.run([*command, "--resume", str(tmp_path)], cwd=ROOT, text=True, capture_output=True, timeout=150)
    last = (done.stdout.splitlines() or [done.stderr])[-1]
    assert re.fullmatch(r"kills=3 owed=\d+ lost=0 doubled=0 out_of_order=0", last), done.stdout + done.stderr
    assert done.returncode == 0


class Faultless:
    """Writes the journal of a bot that never fails, and that reads a day later than it comes or not at all."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.lines: list[Line] = []
        self._rng = random.Random(seed)
        self._there: dict[str, dict[str, Line]] = {}
        plan = prepare(folder, Plan(kills=5, processes=1, seed=seed, speed=1))
        due = of_folder(folder)
        for (name, version), following in zip(plan.arrivals, [*plan.arrivals[1:], ("", 0)], strict=True):
            for days in due.values():
                [day] = [day for day in days if name.startswith(day.day.isoformat())]
                again = following[0] == name
                if not again or self._rng.random() < 0.7:
                    self._show(day, version, all_of_it=not again or self._rng.random() < 0.3)

    def _show(self, day: DayDue, version: int, *, all_of_it: bool) -> None:
        """Bring a channel to this version; or begin to."""
        there = self._there.setdefault(f"{day.order.name} {day.day}", {})
        shown = {key for line in there.values() for key in line["names"]}
        gone = {
            entry.key: entry
            for one in day.versions[:version]
            for entry in day.wanted(one)
            if entry.key in shown - {entry.key for entry in day.versions[version].entries}
        }
        entries = [*day.wanted(day.versions[version])]
        for key in gone:
            entries.insert(self._rng.randint(0, len(entries)), day.taken_out.get(key, gone[key]))
        messages = lay_out(day.versions[version], entries, day.order.layout, words_for("en"))
        kept = messages if all_of_it else messages[: self._rng.randint(0, len(messages))]
        wanted = {day.key(message): message for message in messages}
        for key in [key for key in there if key not in wanted]:
            self._write("deleted", day, ts=there.pop(key)["ts"])
        for message in kept:
            key, text = day.key(message), message.content.text
            names = [message.entry_key] if message.entry_key else [entry.key for entry in entries if entry.key]
            names = names if day.order.layout != "papers" or message.entry_key else []
            if key not in there:
                ts = f"{len(self.lines) + 1}.000001"
                parent = there[day.key_of(*message.parent)]["ts"] if message.parent else None
                there[key] = {"ts": ts, "text": text, "names": names}
                said = {"bot_id": "B1", "ts": ts, "text": text, "metadata": {"event_payload": {"key": key}}}
                self._write("message", day, ts=ts, message=said | ({"thread_ts": parent} if parent else {}))
            elif there[key]["text"] != text:
                there[key] |= {"text": text, "names": names}
                self._write("changed", day, ts=there[key]["ts"], message={"ts": there[key]["ts"], "text": text})

    def _write(self, type: str, day: DayDue, **values: Any) -> None:
        self.lines.append({"type": type, "channel": day.order.place.channel, **values})


def judged(folder: Path, lines: list[Line]) -> Verdict:
    (folder / "journal.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return judge_folder(folder)


@pytest.mark.parametrize("seed", range(6))
def test_the_judge_finds_nothing_where_nothing_is_wrong(tmp_path: Path, seed: int) -> None:
    verdict = judged(tmp_path, Faultless(tmp_path, seed).lines)
    assert verdict.owed > 80
    assert verdict.clean, "\n".join(verdict.details())


def test_papers_that_moved_past_one_another_are_owed_in_either_order() -> None:
    entries = [
        StoredEntry(number, f"title:paper {number}", SOURCE, DAY, number, Entry(f"Paper {number}"))
        for number in range(4)
    ]
    moved = [entries[place] for place in (0, 2, 1, 3)]
    versions = tuple(StoredDigest(SOURCE, DAY, "", tuple(papers)) for papers in (entries, moved))
    day = DayDue(Order("papers", Place("T1", "C1"), "papers", ""), versions)
    assert [day.known[key] for key in day.steady] == [None, "title:paper 0", "title:paper 3"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("crash")


@pytest.fixture(scope="module")
def lines(folder: Path) -> list[Line]:
    return Faultless(folder, seed=5).lines


Spoil = Callable[[list[Line]], list[Line]]


def brief(lines: list[Line]) -> Iterator[int]:
    """Where the posts of a channel are that has one message a day."""
    return (n for n, line in enumerate(lines) if line["type"] == "message" and line["channel"] == "C0CRASH008")


def without_a_post(lines: list[Line]) -> list[Line]:
    gone = next(brief(lines))
    return [line for n, line in enumerate(lines) if n != gone]


def with_a_post_again(lines: list[Line]) -> list[Line]:
    again = lines[next(brief(lines))]
    return [*lines, again | {"ts": "9.9", "message": again["message"] | {"ts": "9.9"}}]


def with_a_post_too_late(lines: list[Line]) -> list[Line]:
    late = next(brief(lines))
    return [line for n, line in enumerate(lines) if n != late] + [lines[late]]


def with_other_words(lines: list[Line]) -> list[Line]:
    here = next(brief(lines))
    spoiled = lines[here] | {"message": lines[here]["message"] | {"text": "Something nobody wrote"}}
    return [*lines[:here], spoiled, *lines[here + 1 :]]


def with_a_post_that_nobody_owes(lines: list[Line]) -> list[Line]:
    stray = with_a_post_again(lines)[-1]
    return [*lines, stray | {"message": stray["message"] | {"text": "Something nobody wrote", "metadata": {}}}]


def with_a_post_taken_away(lines: list[Line]) -> list[Line]:
    post = lines[next(brief(lines))]
    return [*lines, {"type": "deleted", "channel": post["channel"], "ts": post["ts"]}]


def with_a_reply_elsewhere(lines: list[Line]) -> list[Line]:
    here = next(n for n, line in enumerate(lines) if line["type"] == "message" and "thread_ts" in line["message"])
    moved = lines[here] | {"message": lines[here]["message"] | {"thread_ts": "9.9"}}
    return [*lines[:here], moved, *lines[here + 1 :]]


def without_the_last_edit(lines: list[Line]) -> list[Line]:
    last = max(n for n, line in enumerate(lines) if line["type"] == "changed")
    return [line for n, line in enumerate(lines) if n != last]


def without_any_removal(lines: list[Line]) -> list[Line]:
    assert any(line["type"] == "deleted" for line in lines), "a seed with one is needed here"
    return [line for line in lines if line["type"] != "deleted"]


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        pytest.param(without_a_post, "lost=1 doubled=0 out_of_order=0", id="a message that is not there"),
        pytest.param(with_a_post_again, "lost=0 doubled=1 out_of_order=0", id="a message that is there twice"),
        pytest.param(with_a_post_that_nobody_owes, "lost=0 doubled=1 out_of_order=0", id="a message too many"),
        pytest.param(with_other_words, "lost=1 doubled=0 out_of_order=0", id="a message with other words"),
        pytest.param(with_a_post_too_late, r"lost=0 doubled=0 out_of_order=[1-9]\d*", id="a message too late"),
        pytest.param(with_a_post_taken_away, "lost=1 doubled=0 out_of_order=0", id="a message that was deleted"),
        pytest.param(with_a_reply_elsewhere, "lost=0 doubled=0 out_of_order=1", id="a reply in another thread"),
        pytest.param(without_the_last_edit, "lost=1 doubled=0 out_of_order=0", id="an edit that did not come"),
        pytest.param(without_any_removal, r"lost=0 doubled=[1-9]\d* out_of_order=0", id="a part that should be gone"),
    ],
)
def test_the_judge_sees(folder: Path, lines: list[Line], spoil: Spoil, found: str) -> None:
    words = judged(folder, spoil(lines)).words()
    assert re.fullmatch(rf"owed=\d+ {found}", words), words


def test_what_was_never_given_to_a_bot_is_stalled_and_not_lost(tmp_path: Path) -> None:
    plan = prepare(tmp_path, Plan(kills=1, processes=1, seed=1, speed=1))
    (tmp_path / "journal.jsonl").touch()
    (tmp_path / DATABASE).parent.mkdir()
    verdict = judge_folder(tmp_path, still_queued(tmp_path, plan))
    assert not verdict.lost
    assert len(verdict.stalled) == verdict.owed > 80
    assert not verdict.clean
    assert verdict.words().endswith(f"lost=0 doubled=0 out_of_order=0 stalled={verdict.owed}")


def test_what_a_database_holds_as_done_and_no_channel_shows_is_lost(folder: Path, lines: list[Line]) -> None:
    [name] = judged(folder, without_a_post(lines)).lost
    key = name.rpartition(" ")[2]
    assert judge_folder(folder, frozenset({key})).lost == []
    assert len(judge_folder(folder, frozenset({"another"})).lost) == 1


def test_a_bot_is_up_once_its_present_life_has_said_so(tmp_path: Path) -> None:
    bots = Bots(tmp_path, "http://127.0.0.1:1", Plan(kills=1, processes=1, seed=1, speed=1))
    log = tmp_path / "bot-0.log"
    log.write_text("Paperround is in Paper Club\n", encoding="utf-8")
    bots._lives[0].log_start = log.stat().st_size  # that was an earlier life
    assert not bots.is_up(0)
    with log.open("a", encoding="utf-8") as said:
        said.write("Paperround is in Paper Club\n")
    assert bots.is_up(0)
