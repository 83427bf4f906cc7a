"""The process that reads documents and feeds: what it reads can take no more time and memory than it was given.

Started by `bot.sources.reader`. It imports what reading needs and nothing else, gets one request after the other on
standard input, and ends where that ends, so that it never outlives the process that started it.
"""

import os
import pickle
import signal
import struct
import sys
from contextlib import suppress
from typing import BinaryIO

from bot.digest.document import parse_digests
from bot.errors import DigestFormatError, SourceUnavailableError
from bot.sources.posts import read_posts

HEADER = struct.Struct(">Q")


def main() -> None:
    """Answer requests until standard input ends. The last argument limits the process's address space, in bytes."""
    _set_limits(int(sys.argv[-1]))
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # a library that prints must print into no answer, nor a document's words into a log
        os.dup2(nothing, stream)
    with suppress(BrokenPipeError):  # whoever asked is gone
        send_frame(answers, b"")
        while frame := receive_frame(requests):
            kind, seconds, request = pickle.loads(frame)  # noqa: S301 - from the process that started this one
            # Counts the time of this process alone, and ends it in the middle of any C code.
            signal.setitimer(signal.ITIMER_PROF, seconds)
            answer = _read_feed(*request) if kind == "feed" else _read_document(*request)
            data = pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)
            signal.setitimer(signal.ITIMER_PROF, 0)
            send_frame(answers, data)


def send_frame(stream: BinaryIO, data: bytes) -> None:
    """Write all of the data behind its length."""
    rest = memoryview(HEADER.pack(len(data)) + data)
    while rest:
        rest = rest[stream.write(rest) :]


def receive_frame(stream: BinaryIO) -> bytes:
    """The next data; empty where the stream ends."""
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        return b""
    (length,) = HEADER.unpack(header)
    return stream.read(length)


def _read_document(name: str, data: bytes, day: object) -> tuple[object, ...]:
    try:
        return ("digests", parse_digests(name, data, day))  # type: ignore[arg-type]  # a date, from our own process
    except DigestFormatError as exc:
        return ("fault", exc.with_traceback(None))


def _read_feed(body: bytes, content_type: str) -> tuple[object, ...]:
    try:
        return ("posts", read_posts(body, content_type))
    except SourceUnavailableError as exc:
        return ("broken", exc.code, exc.values)


def _set_limits(memory: int) -> None:
    import resource

    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(ValueError, OSError):  # macOS takes no such limit: `reader` looks at what is used there
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
