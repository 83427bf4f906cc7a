"""Which threads were compared with the remarks that are kept of them, since this process started."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from threading import Lock

from bot.store.remarks import Thread

AGAIN = timedelta(hours=6)


class Recheck:
    """Which threads were read since the start, and when."""

    def __init__(self) -> None:
        self._read_at: dict[Thread, datetime] = {}
        self._lock = Lock()

    def due(self, threads: Iterable[Thread], now: datetime, again: timedelta = AGAIN) -> list[Thread]:
        """Those not read since the start, then those read longest ago."""
        with self._lock:
            known = {thread: self._read_at.get(thread) for thread in threads}
        new = [thread for thread, at in known.items() if at is None]
        old = sorted(
            (at, number, thread) for number, (thread, at) in enumerate(known.items()) if at and now - at >= again
        )
        return [*new, *(thread for _, _, thread in old)]

    def done(self, thread: Thread, now: datetime) -> None:
        with self._lock:
            self._read_at[thread] = now
