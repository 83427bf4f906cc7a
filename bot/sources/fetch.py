"""One GET over HTTP: limited in time, bytes and redirects, and never trusting what comes back."""

import logging
import ssl
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from bot.errors import SourceUnavailableError

CONNECT_SECONDS = 10.0
READ_SECONDS = 15.0
WHOLE_SECONDS = 60.0  # A server that sends a byte every ten seconds never reaches the time-out for one read.
MAX_BYTES = 20_000_000  # A feed of 295 whole digests has 1.7 MB.
MAX_REDIRECTS = 5
PERMANENT = frozenset({301, 308})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PIECE = 1 << 16
AGENT = "paperround (feed reader)"


@dataclass(frozen=True, slots=True)
class Fetched:
    """What the server answered, whatever its status."""

    status: int
    headers: Mapping[str, str]
    """By their lower-case names."""
    body: bytes
    """Decompressed; empty unless the status is 200."""
    moved_to: str | None = None
    """The address to ask next time, where every redirect so far said that it is for good."""


Fetch = Callable[[str, Mapping[str, str], int], Fetched]
"""An address, the request's headers, and the most bytes to take. Raises `SourceUnavailableError` and nothing else."""


def http_fetch(
    url: str,
    headers: Mapping[str, str],
    max_bytes: int = MAX_BYTES,
    *,
    max_redirects: int = MAX_REDIRECTS,
    whole_seconds: float = WHOLE_SECONDS,
) -> Fetched:
    """Ask ``url``, follow a few redirects, give the last answer.

    ``max_bytes`` counts before and after decompression. Raises `SourceUnavailableError` with a code that says what
    went wrong: ``source.feed_address``, ``_unreachable``, ``_tls``, ``_timeout``, ``_cut``, ``_redirects``,
    ``_encoding``, ``_too_large``.
    """
    import httpx

    # httpx logs whole addresses, and the address of a private feed is its password.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    sent = {"User-Agent": AGENT, "Accept-Encoding": "gzip", **headers}
    until = time.monotonic() + whole_seconds
    times = httpx.Timeout(min(READ_SECONDS, whole_seconds), connect=min(CONNECT_SECONDS, whole_seconds))
    moved_to = None
    for_good = True
    try:
        with httpx.Client(follow_redirects=False, timeout=times) as client:
            for _ in range(max_redirects + 1):
                _check_address(url)
                with client.stream("GET", url, headers=sent) as response:
                    location = response.headers.get("location")
                    if response.status_code in REDIRECTS and location:
                        target = urljoin(url, location)
                        # An encrypted address is not given up for a plain one, however permanent the move.
                        downgraded = url.startswith("https:") and not target.startswith("https:")
                        for_good = for_good and response.status_code in PERMANENT and not downgraded
                        url = target
                        moved_to = url if for_good else moved_to
                        continue
                    if response.status_code != 200:
                        return Fetched(response.status_code, dict(response.headers.items()), b"", moved_to)
                    raw = _before(until, response.iter_raw())
                    body = b"".join(_limited(_decoded(raw, response.headers.get("content-encoding", "")), max_bytes))
                    return Fetched(200, dict(response.headers.items()), body, moved_to)
    except httpx.TimeoutException as exc:
        raise SourceUnavailableError("source.feed_timeout") from exc
    except httpx.ConnectError as exc:
        raise SourceUnavailableError("source.feed_tls" if _is_tls(exc) else "source.feed_unreachable") from exc
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as exc:
        raise SourceUnavailableError("source.feed_address") from exc
    except (httpx.HTTPError, httpx.StreamError) as exc:
        raise SourceUnavailableError("source.feed_cut") from exc
    raise SourceUnavailableError("source.feed_redirects", limit=max_redirects)


def _check_address(url: str) -> None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        usable = False
    if not usable:
        raise SourceUnavailableError("source.feed_address")


def _is_tls(exc: BaseException) -> bool:
    cause: BaseException | None = exc
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _before(until: float, chunks: Iterable[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        if time.monotonic() > until:
            raise SourceUnavailableError("source.feed_timeout")
        yield chunk


def _limited(chunks: Iterable[bytes], max_bytes: int) -> Iterator[bytes]:
    total = 0
    for chunk in chunks:
        total += len(chunk)
        if total > max_bytes:
            raise SourceUnavailableError("source.feed_too_large", limit=max_bytes)
        yield chunk


def _decoded(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return iter(chunks)
    if encoding in ("gzip", "x-gzip"):
        return _gunzip(chunks)
    raise SourceUnavailableError("source.feed_encoding", encoding=encoding)


def _gunzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Decompress in small pieces: httpx would inflate a whole chunk, a thousandfold if asked to."""
    inflate = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        for chunk in chunks:
            waiting = chunk
            while waiting and not inflate.eof:
                yield inflate.decompress(waiting, PIECE)
                waiting = inflate.unconsumed_tail
        yield inflate.flush()
    except zlib.error as exc:
        raise SourceUnavailableError("source.feed_encoding", encoding="gzip") from exc
    if not inflate.eof:
        raise SourceUnavailableError("source.feed_cut")
