"""The bench that kills the bot, a few kills of it; and the judge, which must see what is wrong."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
Lines = list[str]

pytestmark = pytest.mark.timeout(180)  # a machine with other work takes twice the usual 20 s


def bench(module: str, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", f"tests.bench.{module}", *words]
    return subprocess.run(command, cwd=ROOT, text=True, capture_output=True, timeout=150)


def last_line(done: "subprocess.CompletedProcess[str]") -> str:
    return (done.stdout.splitlines() or [done.stderr])[-1]


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, "subprocess.CompletedProcess[str]"]:
    """A finished run of two processes, killed three times."""
    folder = tmp_path_factory.mktemp("crash")
    return folder, bench("crash", "--kills", "3", "--processes", "2", "--speed", "20", "--resume", str(folder))


def test_nothing_is_lost_doubled_or_out_of_order_however_often_the_bot_dies(
    killed: tuple[Path, "subprocess.CompletedProcess[str]"],
) -> None:
    _, done = killed
    assert re.fullmatch(r"kills=3 owed=\d+ lost=0 doubled=0 out_of_order=0", last_line(done)), done.stdout + done.stderr
    assert done.returncode == 0


def without_the_last_post(lines: Lines) -> Lines:
    return lines[:-1]


def with_the_first_post_again(lines: Lines) -> Lines:
    again = json.loads(lines[0])
    again["ts"] = again["message"]["ts"] = "9999999999.000001"
    return [*lines, json.dumps(again)]


def with_two_days_exchanged(lines: Lines) -> Lines:
    here = [n for n, line in enumerate(lines) if json.loads(line)["channel"] == json.loads(lines[0])["channel"]]
    exchanged = list(lines)
    exchanged[here[0]], exchanged[here[-1]] = lines[here[-1]], lines[here[0]]
    return exchanged


def with_other_words(lines: Lines) -> Lines:
    changed = json.loads(lines[0])
    changed["message"]["text"] = "Something nobody wrote"
    return [json.dumps(changed), *lines[1:]]


def with_a_post_that_nobody_owes(lines: Lines) -> Lines:
    stray = json.loads(with_the_first_post_again(lines)[-1])
    stray["message"] |= {"text": "Something nobody wrote", "metadata": {}}
    return [*lines, json.dumps(stray)]


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        pytest.param(without_the_last_post, r"lost=1 doubled=0 out_of_order=0", id="a message that is not there"),
        pytest.param(with_the_first_post_again, r"lost=0 doubled=1 out_of_order=0", id="a message that is there twice"),
        pytest.param(with_a_post_that_nobody_owes, r"lost=0 doubled=1 out_of_order=0", id="a message too many"),
        pytest.param(with_other_words, r"lost=1 doubled=0 out_of_order=0", id="a message with other words"),
        pytest.param(with_two_days_exchanged, r"lost=0 doubled=0 out_of_order=[1-9]\d*", id="a message too early"),
    ],
)
def test_the_judge_sees(
    killed: tuple[Path, "subprocess.CompletedProcess[str]"], spoil: Callable[[Lines], Lines], found: str
) -> None:
    folder, _ = killed
    journal = folder / "journal.jsonl"
    whole = journal.read_text(encoding="utf-8")
    posts = [line for line in whole.splitlines() if json.loads(line)["type"] == "message" and "bot_id" in line]
    journal.write_text("\n".join(spoil(posts)) + "\n", encoding="utf-8")
    try:
        done = bench("judge", str(folder))
    finally:
        journal.write_text(whole, encoding="utf-8")
    assert re.fullmatch(rf"owed=\d+ {found}", last_line(done)), done.stdout + done.stderr
    assert done.returncode == 1
