"""A file of everything that was accepted, one JSON object a line, so that a stand-in restarted keeps its messages."""

import contextlib
import fcntl
import json
import logging
import os
from pathlib import Path
from typing import IO

from bot.sandbox.bodies import load_json
from bot.sandbox.workspace import Change, Message, Workspace

log = logging.getLogger(__name__)


class Journal:
    """Appends each change to its file at once.

    Private answers are written too, but a restart forgets them, as Slack does.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def replay(self, workspace: Workspace) -> int:
        """Do again what the file tells. Returns how many changes; a half-written last line is cut off.

        Raises ValueError naming the line that cannot be done, and where another stand-in writes here.
        """
        self._own()
        data = self._path.read_bytes()
        whole = data.rfind(b"\n") + 1
        if whole < len(data):
            log.warning("cut a half-written last line off the journal bytes=%d", len(data) - whole)
            with self._path.open("r+b") as file:
                file.truncate(whole)
        done = 0
        for number, line in enumerate(data[:whole].decode().split("\n"), start=1):
            if not line.strip():
                continue
            try:
                change = Change.from_line(load_json(line))
                if not change.type.startswith("ephemeral"):
                    workspace.apply(change)
                    done += 1
            except (KeyError, ValueError, TypeError, AttributeError) as exc:
                self.close()
                raise ValueError(f"{self._path}:{number}: not a change of this workspace: {exc}") from exc
        return done

    def write(self, change: Change, _before: Message | None) -> None:
        """Append a change (a listener of the workspace)."""
        if self._file is None:
            self._file = self._own()
        # One write per line: a process killed here leaves whole lines and at most one half.
        self._file.write(json.dumps(change.line(), ensure_ascii=False) + "\n")
        self._file.flush()

    def _own(self) -> IO[str]:
        """Open the file for this process alone: two stand-ins would tell two stories in one journal."""
        if self._file is None:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # What people say is in it: for its owner alone, also where an older version made it.
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            self._file = os.fdopen(handle, "a", encoding="utf-8")
            with contextlib.suppress(OSError):
                os.fchmod(self._file.fileno(), 0o600)
            try:
                fcntl.flock(
                    self._file, fcntl.LOCK_EX | fcntl.LOCK_NB
                )  # let go of when the process ends, however it ends
            except OSError as exc:
                self.close()
                raise ValueError(f"{self._path}: another stand-in writes to this journal; stop that one first") from exc
        return self._file

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None
