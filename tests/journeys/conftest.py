"""The whole bot, as its own process, against the stand-in workspace: everything a person would meet."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

import pytest

from bot.sandbox.server import Running, running

PAPERROUND = Path(sys.executable).with_name("paperround")
SPEED = 10  # every wait of the bot and every limit of the stand-in, divided by one factor


@dataclass
class BotProcess:
    """`paperround run` in a folder of its own."""

    folder: Path
    environment: dict[str, str]
    process: "subprocess.Popen[str] | None" = None
    log: list[str] = field(default_factory=list)

    def start(self) -> "BotProcess":
        self.process = subprocess.Popen(
            [str(PAPERROUND), "run"],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        Thread(target=self._read, args=(self.process,), daemon=True).start()
        return self

    def _read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        with process.stdout:
            self.log.extend(process.stdout)

    def stop(self, number: int = signal.SIGTERM) -> int | None:
        """End it with a signal; its exit code."""
        if self.process is None or self.process.poll() is not None:
            return self.process.returncode if self.process else None
        self.process.send_signal(number)
        return self.process.wait(5)

    def command(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Another `paperround` command on the same database."""
        return subprocess.run(
            [str(PAPERROUND), *words], cwd=self.folder, env=self.environment, text=True, capture_output=True, timeout=30
        )


@pytest.fixture
def stand_in(request: pytest.FixtureRequest) -> Iterator[Running]:
    """The stand-in at `SPEED`, or at the speed that a test asks for."""
    with running(speed=getattr(request, "param", SPEED)) as sandbox:
        yield sandbox


@pytest.fixture
def start_bot(tmp_path: Path, stand_in: Running) -> Iterator[Callable[..., BotProcess]]:
    """Starts the bot on the stand-in with a configuration; stopped at the end."""
    with ExitStack() as stack:

        def start(config: str, **environment: str) -> BotProcess:
            (tmp_path / "config").mkdir(exist_ok=True)
            (tmp_path / "config" / "paperround.toml").write_text(f"speed = {SPEED}\n{config}", encoding="utf-8")
            inherited = {
                name: value for name, value in os.environ.items() if not name.startswith(("SLACK_", "PAPERROUND_"))
            }
            bot = BotProcess(
                tmp_path,
                inherited
                | {
                    "SLACK_BOT_TOKEN": stand_in.bot_token,
                    "SLACK_APP_TOKEN": stand_in.app_token,
                    "SLACK_API_URL": stand_in.api_url,
                }
                | environment,
            ).start()
            stack.callback(bot.stop, signal.SIGKILL)
            stand_in.wait_connected(seconds=30)
            return bot

        yield start
