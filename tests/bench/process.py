"""The process a person starts: how long until `/paper` is answered, and how much memory it holds when idle."""

import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bot.sandbox.visitor import Visitor

ROOT = Path(__file__).resolve().parents[2]
PAPERROUND = Path(sys.executable).with_name("paperround")
RUNS = 5


def main() -> None:
    """Print medians: seconds from the command to the first answer, megabytes resident."""
    answers, memory = [], []
    with tempfile.TemporaryDirectory() as folder:
        environment = _environment(Path(folder))
        for run in range(RUNS + 1):
            seconds, megabytes = _once(environment)
            if run:  # the first makes the database
                answers.append(seconds)
                memory.append(megabytes)
    print(f"from the command to the first /paper answered: {statistics.median(answers):.2f} s (bar 2.50)")
    print(f"the bot process, idle: {statistics.median(memory):.0f} MB resident (bar 120)")


def _environment(folder: Path) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("SLACK_")}
    return ours | {
        "PAPERROUND_DATABASE_URL": f"sqlite:///{folder}/bench.db",
        "PAPERROUND_SANDBOX__JOURNAL": f"{folder}/journal.jsonl",
        "PAPERROUND_SANDBOX__PORT": "0",
        "PYTHONUNBUFFERED": "1",
    }


def _once(environment: dict[str, str]) -> tuple[float, float]:
    begun = time.perf_counter()
    command = [str(PAPERROUND), "run", "--or-sandbox"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        visitor = Visitor(_address(process))
        visitor.wait_connected()
        before = len(visitor.ephemerals("emma"))
        visitor.send("emma", "papers", "/paper")
        visitor.wait_for(lambda: len(visitor.ephemerals("emma")) > before)
        seconds = time.perf_counter() - begun
        visitor.wait_for(lambda: visitor.messages("papers"), seconds=20)
        return seconds, _resident(process.pid)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(10)


def _address(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"http://127\.0\.0\.1:\d+", line):
            return found[0]
    raise SystemExit("the bot said no address")


def _resident(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return int(found[1]) / 1024


if __name__ == "__main__":
    main()
