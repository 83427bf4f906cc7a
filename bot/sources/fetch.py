"""One GET over HTTP: limited in time, bytes, redirects and reach, and never trusting what comes back."""

import base64
import ipaddress
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from bot.environment import Address, Proxy, is_loopback, literal_address, proxy_for, ssl_context
from bot.errors import SettingsError, SourceUnavailableError

if TYPE_CHECKING:  # imported when first something is fetched: a folder needs none of it
    import httpcore

CONNECT_SECONDS = 10.0
READ_SECONDS = 15.0
WHOLE_SECONDS = 60.0  # A server that sends a byte every ten seconds never reaches the time-out for one read.
MAX_BYTES = 20_000_000  # A feed of 295 whole digests has 1.7 MB.
OVERHEAD = 1_000_000  # Bytes that headers, interim answers and chunk sizes may take beyond the body.
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

    ``max_bytes`` counts before and after decompression; ``whole_seconds`` is a deadline over everything, from asking
    for the name's address to the last byte. A redirect to this machine or into a private network is followed only
    where ``url`` itself is there. Raises `SourceUnavailableError` with a code that says what went wrong:
    ``source.feed_address``, ``_unreachable``, ``_tls``, ``_timeout``, ``_cut``, ``_redirects``, ``_encoding``,
    ``_too_large``, ``_inward``, ``_proxy``, ``_environment``.
    """
    limits = _Limits(time.monotonic() + whole_seconds, max_bytes)
    reach = _Reach()
    credentials = _credentials(url)
    first = _checked(url)
    moved_to = None
    for_good = True
    for _ in range(max_redirects + 1):
        parts = _checked(url)
        sent = {"User-Agent": AGENT, "Accept-Encoding": "gzip", **headers}
        if credentials and _origin(parts) == _origin(first):
            sent["Authorization"] = credentials
        with _Asked(url, sent, limits, reach) as answer:
            location = answer.headers.get("location")
            if answer.status in REDIRECTS and location:
                target = _joined(url, location)
                # An encrypted address is not given up for a plain one, however permanent the move.
                downgraded = url.startswith("https:") and not target.startswith("https:")
                for_good = for_good and answer.status in PERMANENT and not downgraded
                url = target
                moved_to = url if for_good else moved_to
                reach.only_home = True
                continue
            if answer.status != 200:
                return Fetched(answer.status, answer.headers, b"", moved_to)
            raw = _limited(answer.chunks(), max_bytes)
            body = b"".join(_limited(_decoded(raw, answer.headers.get("content-encoding", "")), max_bytes))
            return Fetched(200, answer.headers, body, moved_to)
    raise SourceUnavailableError("source.feed_redirects", limit=max_redirects)


class _Asked:
    """One request and its answer, within the limits. Whatever goes wrong is a `SourceUnavailableError`."""

    def __init__(self, url: str, headers: Mapping[str, str], limits: "_Limits", reach: "_Reach") -> None:
        self._url = url
        self._sent = headers
        self._limits = limits
        self._reach = reach
        self._proxy: Proxy | None = None
        self._pool: Any = None
        self._response: Any = None
        self.status = 0
        self.headers: dict[str, str] = {}

    def __enter__(self) -> "_Asked":
        try:
            with self._translated():
                self._open()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, *raised: object) -> None:
        self._close()

    def chunks(self) -> Iterator[bytes]:
        with self._translated():
            yield from self._response.iter_stream()

    def _open(self) -> None:
        import httpcore
        import httpx

        address = httpx.URL(self._url)  # spells an international name and an odd path as they are sent
        target = httpcore.URL(
            scheme=address.raw_scheme, host=address.raw_host, port=address.port, target=address.raw_path
        )
        self._proxy = proxy_for(self._url)
        if self._proxy is not None and self._reach.only_home:
            self._reach.check_literal(urlsplit(self._url).hostname or "")
        self._pool = self._connections(target.scheme == b"https")
        times = {"connect": CONNECT_SECONDS, "read": READ_SECONDS, "write": READ_SECONDS, "pool": CONNECT_SECONDS}
        request = httpcore.Request(
            "GET", target, headers=[("Host", address.netloc), *self._sent.items()], extensions={"timeout": times}
        )
        self._response = self._pool.handle_request(request)
        self.status = self._response.status
        for name, value in self._response.headers:
            key, text = name.decode("latin-1").lower(), value.decode("latin-1")
            self.headers[key] = f"{self.headers[key]}, {text}" if key in self.headers else text

    def _connections(self, encrypted: bool) -> Any:
        import httpcore

        through = self._proxy
        backend = _backend(self._limits, self._reach if through is None else None)
        context = ssl_context() if encrypted else None
        if through is None:
            return httpcore.ConnectionPool(ssl_context=context, network_backend=backend)
        return httpcore.HTTPProxy(
            through.origin,
            proxy_auth=(through.user, through.password) if through.user or through.password else None,
            ssl_context=context,
            proxy_ssl_context=ssl_context() if through.origin.startswith("https:") else None,
            network_backend=backend,
        )

    def _close(self) -> None:
        for each in (self._response, self._pool):
            if each is not None:
                each.close()

    def _translated(self) -> "_Translated":
        return _Translated(self)

    @property
    def variable(self) -> str | None:
        """The variable whose proxy is in between."""
        return self._proxy.variable if self._proxy else None


class _Translated:
    """The wall: what httpcore and the variables raise becomes a `SourceUnavailableError`."""

    def __init__(self, asked: _Asked) -> None:
        self._asked = asked

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, exc: BaseException | None, trace: object) -> None:
        import httpcore
        import httpx

        if not isinstance(exc, Exception) or isinstance(exc, SourceUnavailableError):
            return
        variable = self._asked.variable
        if isinstance(exc, SettingsError):
            raise SourceUnavailableError("source.feed_environment", why=str(exc)) from exc
        if isinstance(exc, httpcore.TimeoutException):
            raise SourceUnavailableError("source.feed_timeout") from exc
        if isinstance(exc, httpcore.ProxyError):
            raise SourceUnavailableError("source.feed_proxy", variable=variable or "", why=str(exc)[:80]) from exc
        if isinstance(exc, httpcore.ConnectError):
            if _is_tls(exc):
                raise SourceUnavailableError("source.feed_tls") from exc
            if variable:
                why = "it cannot be reached"
                raise SourceUnavailableError("source.feed_proxy", variable=variable, why=why) from exc
            raise SourceUnavailableError("source.feed_unreachable") from exc
        if isinstance(
            exc, httpx.InvalidURL | httpcore.UnsupportedProtocol | httpcore.LocalProtocolError | UnicodeError
        ):
            raise SourceUnavailableError("source.feed_address") from exc
        if isinstance(exc, httpcore.NetworkError | httpcore.ProtocolError | OSError):
            raise SourceUnavailableError("source.feed_cut") from exc


@dataclass(slots=True)
class _Limits:
    """What is left of the time and of the bytes, over all redirects."""

    ends: float
    max_bytes: int
    taken: int = 0

    def time_left(self, most: float | None) -> float:
        """Seconds until the deadline, ``most`` at most. Raises SourceUnavailableError past it."""
        left = self.ends - time.monotonic()
        if left <= 0:
            raise SourceUnavailableError("source.feed_timeout")
        return left if most is None else min(left, most)

    def take(self, count: int) -> None:
        self.taken += count
        if self.taken > self.max_bytes + OVERHEAD:
            raise SourceUnavailableError("source.feed_too_large", limit=self.max_bytes)


# What else an IPv6 address may be besides itself: an IPv4 address behind a translator (RFC 6052, RFC 4291).
_TRANSLATED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("::/96"))


def _kind(address: Address) -> str:
    """Where an address is: ``public``, or which kind of place that the outside does not reach."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and int(address) > 1 and any(address in network for network in _TRANSLATED):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _kind(inner)
    if address.is_loopback or address.is_unspecified:
        return "loopback"
    if address.is_link_local:
        return "link-local"
    return "public" if address.is_global and not address.is_multicast else "private"


@dataclass(slots=True)
class _Reach:
    """Which addresses may be connected to: at first any, after a redirect public ones and the source's own kind."""

    only_home: bool = False
    home: set[str] = field(default_factory=lambda: {"public"})

    def allowed(self, found: Iterable[Address]) -> list[Address]:
        """Those of a name's addresses that may be asked. Raises SourceUnavailableError where there is none."""
        addresses = list(found)
        if not self.only_home:
            return addresses
        kept = [address for address in addresses if _kind(address) in self.home]
        if addresses and not kept:
            raise SourceUnavailableError("source.feed_inward")
        return kept

    def connected(self, address: Address) -> None:
        if not self.only_home:
            self.home.add(_kind(address))

    def check_literal(self, host: str) -> None:
        """Of a host that a proxy looks up: only what can be told from how it is written."""
        address = literal_address(host) or _numeric(host)
        if address is not None:
            self.allowed([address])
        elif is_loopback(host) and "loopback" not in self.home:
            raise SourceUnavailableError("source.feed_inward")


def _numeric(host: str) -> Address | None:
    """The IPv4 address in one of its older forms: ``2130706433``, ``0x7f.1``, ``0177.0.0.1``."""
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None


def _backend(limits: _Limits, reach: _Reach | None) -> "httpcore.NetworkBackend":
    """Connections whose every operation ends by the deadline. Without ``reach``, to a proxy, whose place is its own."""
    import httpcore

    class Stream(httpcore.NetworkStream):
        def __init__(self, inner: httpcore.NetworkStream) -> None:
            self._inner = inner

        def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
            data = self._inner.read(max_bytes, limits.time_left(timeout))
            limits.take(len(data))
            return data

        def write(self, buffer: bytes, timeout: float | None = None) -> None:
            self._inner.write(buffer, limits.time_left(timeout))

        def close(self) -> None:
            self._inner.close()

        def start_tls(
            self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
        ) -> httpcore.NetworkStream:
            return Stream(self._inner.start_tls(ssl_context, server_hostname, limits.time_left(timeout)))

        def get_extra_info(self, info: str) -> Any:
            return self._inner.get_extra_info(info)

    class Backend(httpcore.SyncBackend):
        def connect_tcp(
            self,
            host: str,
            port: int,
            timeout: float | None = None,
            local_address: str | None = None,
            socket_options: Iterable[Any] | None = None,
        ) -> httpcore.NetworkStream:
            found = _resolve(host, port, limits)
            failed: Exception = httpcore.ConnectError("the name has no address")
            for address, place in found:
                if reach is not None and address not in reach.allowed(each for each, _ in found):
                    continue
                try:
                    inner = super().connect_tcp(place, port, limits.time_left(timeout), local_address, socket_options)
                except (httpcore.ConnectError, httpcore.ConnectTimeout) as exc:
                    failed = exc
                    continue
                if reach is not None:
                    reach.connected(address)
                return Stream(inner)
            raise failed

    return Backend()


def _resolve(host: str, port: int, limits: _Limits) -> list[tuple[Address, str]]:
    """A name's addresses, each as a value and as it is connected to.

    The system's resolver has no time-out that we could set, so it is asked in a thread of its own.
    """
    import httpcore

    answers: list[Any] = []

    def ask() -> None:
        try:
            answers.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as exc:
            answers.append(exc)

    asking = threading.Thread(target=ask, daemon=True, name="resolver")
    asking.start()
    asking.join(limits.time_left(None))
    if not answers:
        raise SourceUnavailableError("source.feed_timeout")
    if isinstance(answers[0], Exception):
        raise httpcore.ConnectError(str(answers[0])) from answers[0]
    places = dict.fromkeys(str(one[4][0]) for one in answers[0])
    return [(address, place) for place in places if (address := literal_address(place)) is not None]


def _checked(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise SourceUnavailableError("source.feed_address")
    return parts


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as exc:
        raise SourceUnavailableError("source.feed_address") from exc


def _origin(parts: SplitResult) -> tuple[str, str | None, int]:
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def _credentials(url: str) -> str | None:
    """The header for the user name and password in an address; it goes to that address's own server alone."""
    parts = _checked(url)
    if parts.username is None and parts.password is None:
        return None
    pair = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    return "Basic " + base64.b64encode(pair.encode()).decode("ascii")


def _is_tls(exc: BaseException) -> bool:
    cause: BaseException | None = exc
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


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
