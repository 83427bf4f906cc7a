"""What a running bot says of its connection, and who hears of it."""

import os
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.store.socket_states import KeptState, SocketStates

NOW = datetime(2024, 4, 12, 9, tzinfo=UTC)


@pytest.fixture
def states(tmp_path: Path) -> SocketStates:
    return SocketStates(f"sqlite:///{tmp_path}/paperround.db")


def test_the_last_state_is_kept_for_its_owner_alone(states: SocketStates, tmp_path: Path) -> None:
    states.save(True, NOW, "")
    states.save(False, NOW, "ping not answered")
    assert states.load() == [KeptState(os.getpid(), False, NOW, "ping not answered")]
    [path] = tmp_path.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    states.remove()
    assert states.load() == []
    assert not list(tmp_path.iterdir())


def test_a_process_that_is_gone_says_nothing_more(states: SocketStates, tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = tmp_path / f"paperround.db.socket-{gone.pid}"
    left.write_text('{"connected": true, "since": "2024-04-12T09:00:00+00:00", "reason": ""}', encoding="utf-8")
    assert states.load() == []
    states.remove()
    assert not left.exists()


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{}", '{"connected": 1, "since": "soon", "reason": ""}', "[" * 9999]
)
def test_a_state_that_cannot_be_read_is_left_out(states: SocketStates, tmp_path: Path, text: str) -> None:
    (tmp_path / f"paperround.db.socket-{os.getpid()}").write_text(text, encoding="utf-8")
    (tmp_path / "paperround.db.socket-x").touch()
    (tmp_path / f"paperround.db.socket-{10**30}").touch()
    assert states.load() == []


def test_a_folder_that_cannot_be_written_makes_nobody_deaf(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    states = SocketStates(f"sqlite:///{tmp_path}/file/paperround.db")
    states.save(True, NOW, "")
    assert states.load() == []
    states.remove()
