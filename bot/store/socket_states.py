"""What the bots that run on this machine say of their connections to Slack, for `paperround doctor`.

A small file for each process, beside the database. It says nothing once its process is gone, and losing it costs
nothing: so it is no table, which a full disk or a locked database would keep from saying that Slack is not heard.
"""

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.store.database import OWN_FOLDER, database_file, make_private_file, make_private_folder


@dataclass(frozen=True, slots=True)
class KeptState:
    """Whether Slack can reach a process over its socket, since when, and why not."""

    pid: int
    connected: bool
    since: datetime
    reason: str


class SocketStates:
    """The states of all processes on one database. What cannot be written or read is left out."""

    def __init__(self, database_url: str) -> None:
        path = database_file(database_url)
        self._makes_folder = path is None  # that of a database is there, or was moved away for a reason
        path = path or Path(OWN_FOLDER) / "paperround"
        self._folder, self._prefix = path.parent, f"{path.name}.socket-"

    def save(self, connected: bool, since: datetime, reason: str) -> None:
        """Keep the state of this process, in place of what it said before."""
        said = {"connected": connected, "since": since.isoformat(), "reason": reason}
        target = self._file(os.getpid())
        new = target.with_name(f"{target.name}.new")
        with suppress(OSError):
            if self._makes_folder:
                make_private_folder(self._folder)
            make_private_file(new)
            new.write_text(json.dumps(said), encoding="utf-8")
            new.replace(target)

    def remove(self) -> None:
        """This process hears nothing more, as it should; and what dead ones left goes too."""
        for pid, path in self._files():
            if pid == os.getpid() or not _is_alive(pid):
                with suppress(OSError):
                    path.unlink()

    def load(self) -> list[KeptState]:
        """Of the processes that run now."""
        return [state for pid, path in self._files() if _is_alive(pid) and (state := _read(pid, path))]

    def _file(self, pid: int) -> Path:
        return self._folder / f"{self._prefix}{pid}"

    def _files(self) -> list[tuple[int, Path]]:
        with suppress(OSError):
            names = [name for name in os.listdir(self._folder) if name.startswith(self._prefix)]
            pids = [name.removeprefix(self._prefix) for name in names]
            return [(int(pid), self._file(int(pid))) for pid in sorted(pids) if pid.isascii() and pid.isdigit()]
        return []


def _read(pid: int, path: Path) -> KeptState | None:
    with suppress(OSError, ValueError, LookupError, TypeError, RecursionError):
        said = json.loads(path.read_text(encoding="utf-8"))
        return KeptState(pid, bool(said["connected"]), datetime.fromisoformat(said["since"]), str(said["reason"]))
    return None


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:  # somebody else's, but alive
        return True
    except (OSError, OverflowError):
        return False
    return True
