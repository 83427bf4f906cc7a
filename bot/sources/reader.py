"""Reads documents and feeds in a process of their own, with a limit on its time and memory.

Whatever others wrote is read there: what takes too long, or too much memory, costs that process and not the bot, and
a thread that answers people never waits for the interpreter's lock meanwhile.
"""

import atexit
import os
import pickle
import select
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import IO, Any

from bot.digest.model import Digest
from bot.errors import DigestFormatError, SourceUnavailableError
from bot.sources.posts import Posts

SECONDS_A_MEGABYTE, LEAST_SECONDS, MOST_SECONDS = 2.0, 2.0, 10.0  # of a processor, for one document
PATIENCE = 60.0  # seconds by the clock that the process may be kept from a processor
MEMORY = 1_000_000_000  # bytes of address space
IDLE = 10.0  # seconds after which a process without work is ended
_ROOT = str(Path(__file__).parents[2])
_START = "import sys; sys.path.insert(0, sys.argv[1]); from bot.sources.reading_process import main; main()"
# What Python needs to start as this process did; no tokens.
_PASSED_ON = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR", "TZ", "VIRTUAL_ENV")
_HEADER_BYTES = 8


@dataclass(frozen=True, slots=True)
class Text:
    """A document to read."""

    name: str
    data: bytes
    day: date | None = None


def read_documents(texts: Sequence[Text]) -> Generator[tuple[Digest, ...] | DigestFormatError]:
    """The digests of each document, one a day, or why it is none, in their order, as soon as each is read.

    One that takes more than its time or memory is no digest. Raises `SourceUnavailableError` ``source.no_reader`` where
    no process can be started.
    """
    requests = [("document", seconds_for(len(text.data)), (text.name, text.data, text.day)) for text in texts]
    for text, (kind, *values) in zip(texts, _answers(requests), strict=True):
        if kind == "digests" or kind == "fault":
            yield values[0]
        else:
            expected = "a document that is read within its time and memory; split or simplify it"
            yield DigestFormatError(1, expected, f"{len(text.data):,} bytes that took {values[0]}")


def digests_of(read: tuple[Digest, ...] | DigestFormatError) -> tuple[Digest, ...]:
    """The digests that `read_documents` gave for a document. Raises what it gave instead."""
    if isinstance(read, DigestFormatError):
        raise read
    return read


def read_feed(body: bytes, content_type: str) -> Posts:
    """The posts of a feed, as `posts.read_posts` gives them. Raises `SourceUnavailableError` for what is no feed."""
    request = ("feed", seconds_for(len(body)), (body, content_type))
    kind, *values = next(_answers([request]))
    if kind == "posts":
        posts: Posts = values[0]
        return posts
    if kind == "broken":
        code, named = values
        raise SourceUnavailableError(code, **named)
    raise SourceUnavailableError("source.feed_broken", why=f"reading it took {values[0]}")


def seconds_for(size: int) -> float:
    """How long the reading of so many bytes may keep a processor busy."""
    return min(max(SECONDS_A_MEGABYTE * size / 1_000_000, LEAST_SECONDS), MOST_SECONDS)


_Request = tuple[str, float, tuple[object, ...]]
_Answer = tuple[Any, ...]


def _answers(requests: Sequence[_Request]) -> Generator[_Answer]:
    """An answer to each request, in their order; ``("lost", why)`` where it ended the process."""
    pending = deque(requests)
    while pending:
        with _borrowed() as process, _feeding(process, list(pending)):
            while True:
                answer = process.receive(pending[0][1])
                if answer is None:
                    answer = ("lost", process.why(pending[0][1]))
                pending.popleft()
                if process.lost or not pending:
                    break  # so that the process is given back before the last answer: nobody may ask for more
                yield answer
        yield answer


@dataclass(slots=True)
class _Process:
    """A running `reading_process`."""

    popen: "subprocess.Popen[bytes]"
    requests: IO[bytes]
    answers: IO[bytes]
    received: bytearray = field(default_factory=bytearray)
    lost: bool = False
    """Whether it ended, or was ended, while it read."""
    greedy: bool = False
    late: bool = False

    def receive(self, seconds: float) -> _Answer | None:
        """The next answer; None where the process ends before it, or has to be ended."""
        data = self._frame(time.monotonic() + seconds + PATIENCE)
        if data is None:
            self.lost = True
            self.end()
            return None
        answer: _Answer = pickle.loads(data)  # noqa: S301 - made by our own reader from values of our own classes
        return answer

    def starts(self) -> bool:
        """Whether it got as far as to wait for requests."""
        return self._frame(time.monotonic() + PATIENCE) is not None

    def why(self, seconds: float) -> str:
        """What it was lost to."""
        code = self.popen.returncode
        if self.late or code == -signal.SIGPROF:
            return f"more than {seconds:.0f} s"
        if self.greedy or code == -signal.SIGKILL:
            return "too much memory"
        return f"the reader down (exit code {code})"

    def end(self) -> None:
        """End it, whatever it is doing."""
        self.popen.kill()
        for stream in (self.requests, self.answers):
            with suppress(OSError):
                stream.close()
        self.popen.wait()

    def _frame(self, deadline: float) -> bytes | None:
        header = self._bytes(_HEADER_BYTES, deadline)
        return None if header is None else self._bytes(int.from_bytes(header), deadline)

    def _bytes(self, length: int, deadline: float) -> bytes | None:
        handle = self.answers.fileno()
        poll = select.poll()
        poll.register(handle, select.POLLIN | select.POLLHUP)
        while len(self.received) < length:
            self.late = time.monotonic() > deadline
            self.greedy = sys.platform == "darwin" and _resident_bytes(self.popen.pid) > MEMORY
            if self.late or self.greedy:
                return None
            if poll.poll(500):
                if not (more := os.read(handle, 1 << 20)):
                    return None
                self.received += more
        data = bytes(self.received[:length])
        del self.received[:length]
        return data


def _resident_bytes(pid: int) -> int:
    """The memory that a process uses, where its address space cannot be limited; 0 where nobody can say."""
    with suppress(OSError, ValueError, subprocess.SubprocessError):
        command = ["/bin/ps", "-o", "rss=", "-p", str(pid)]
        said = subprocess.run(command, capture_output=True, check=True, timeout=5)  # noqa: S603 - our own number
        return int(said.stdout) * 1024
    return 0


class _Pool:
    """Processes that wait for work. One more is started where several sources are read at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[tuple[_Process, threading.Timer]] = []

    def take(self) -> _Process:
        with self._lock:
            process, timer = self._idle.pop() if self._idle else (None, None)
        if process is not None and timer is not None:
            timer.cancel()
            if process.popen.poll() is None:
                return process
            process.end()
        return _start()

    def give_back(self, process: _Process) -> None:
        timer = threading.Timer(IDLE, lambda: self._retire(process))
        timer.daemon = True
        with self._lock:
            self._idle.append((process, timer))
        timer.start()

    def end_all(self) -> None:
        """End every process without work."""
        with self._lock:
            idle, self._idle = self._idle, []
        for process, timer in idle:
            timer.cancel()
            process.end()

    def _retire(self, process: _Process) -> None:
        with self._lock:
            waits = any(one is process for one, _ in self._idle)
            self._idle = [(one, timer) for one, timer in self._idle if one is not process]
        if waits:
            process.end()


_pool = _Pool()


@contextmanager
def _borrowed() -> Iterator[_Process]:
    process = _pool.take()
    unread = True
    try:
        yield process
        unread = False
    finally:
        if unread and not process.lost:  # nobody waits for the rest of its answers
            process.end()
        elif not process.lost:
            _pool.give_back(process)


@contextmanager
def _feeding(process: _Process, requests: list[_Request]) -> Iterator[None]:
    """Send the requests from a thread of their own: the process answers the first ones before it takes the last."""

    def feed() -> None:
        with suppress(OSError, ValueError):  # it was ended
            for request in requests:
                data = pickle.dumps(request, pickle.HIGHEST_PROTOCOL)
                process.requests.write(len(data).to_bytes(_HEADER_BYTES) + data)
                process.requests.flush()

    thread = threading.Thread(target=feed, name="requests", daemon=True)
    thread.start()
    try:
        yield
    except BaseException:
        process.popen.kill()  # so that the thread is not left with a pipe that nobody empties
        raise
    finally:
        thread.join()


def _start() -> _Process:
    command = [sys.executable, "-P", "-c", _START, _ROOT, str(MEMORY)]
    environment = {
        name: value for name, value in os.environ.items() if name in _PASSED_ON or name.startswith(("PYTHON", "LC_"))
    }
    try:
        # In a group of its own: an interrupt from the keyboard is for the process that started it.
        popen = subprocess.Popen(  # noqa: S603 - this same Python
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, process_group=0
        )
    except OSError as exc:
        raise SourceUnavailableError("source.no_reader", why=exc.strerror) from exc
    if popen.stdin is None or popen.stdout is None:
        raise RuntimeError("a process without the pipes that were asked for")
    process = _Process(popen, popen.stdin, popen.stdout)
    if not process.starts():
        process.end()
        raise SourceUnavailableError("source.no_reader", why=f"it ended with exit code {process.popen.returncode}")
    return process


atexit.register(_pool.end_all)
