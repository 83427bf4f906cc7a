"""A Slack client whose calls end in time, whatever the line does.

Only to ask for the address of a name is not ours to bound: the system's resolver has time-outs of its own. A call that
comes back from it too late sends nothing.
"""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self
from urllib.error import HTTPError
from urllib.request import HTTPHandler, HTTPRedirectHandler, HTTPSHandler, ProxyHandler, Request, build_opener

from slack_sdk import WebClient

MAX_BYTES = 32 * 2**20  # of one answer; the largest that Slack gives, a page of messages, has a few megabytes


class BoundedClient(WebClient):
    """A client whose calls end after its time-out in all, and that follows no redirect.

    The SDK gives every operation on the socket that long: an answer that drips has no end, and a connection that takes
    its time sends the message when nobody waits for it any more.
    """

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:
        with _Call(self.timeout) as call:
            # Without a handler of ours urllib would take the environment's proxies, for loopback too.
            proxies = ProxyHandler({"http": self.proxy, "https": self.proxy} if self.proxy else {})
            opener = build_opener(_Http(call), _Https(call, self.ssl), proxies, _NoRedirect())
            try:
                answer = opener.open(req, timeout=self.timeout)
            except HTTPError as refusal:  # of an HTTP status only; its answer is read here, while the time runs
                answer = refusal
            with answer:
                body = answer.read(MAX_BYTES + 1)
            call.check()
            if len(body) > MAX_BYTES:
                raise ValueError("the answer is too large")
            charset = answer.headers.get_content_charset() or "utf-8"
            return {"status": answer.status, "headers": answer.headers, "body": body.decode(charset)}


class _Call:
    """The time that one call has, whatever the line does: over connecting, asking and the whole of the answer."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds
        self._socket: socket.socket | None = None
        self._alarm = threading.Timer(seconds, self._break_off)
        self._alarm.daemon = True
        self._lock = threading.Lock()  # the alarm must not break off what has just become another call's

    def __enter__(self) -> Self:
        self._alarm.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._alarm.cancel()
        with self._lock:
            self._let_go()

    def check(self) -> None:
        """Raises TimeoutError once the time is over."""
        if time.monotonic() >= self._ends:
            raise TimeoutError("the call took too long")

    def watching(self, http_class: Callable[..., http.client.HTTPConnection]) -> Any:
        """The same kind of connection, watched."""
        return lambda *given, **named: self._watched(http_class(*given, **named))

    def _watched(self, made: http.client.HTTPConnection) -> http.client.HTTPConnection:
        """The connection, made to send nothing once the time is over, however long it took to come about."""
        send = made.send

        def connected(*given: Any, **named: Any) -> socket.socket:
            found = socket.create_connection(*given, **named)
            with self._lock:
                self._let_go()
                # A second hold on the line, before it is ours: a proxy answers first, and TLS takes the first one away.
                # What comes after the alarm is ended by `send_in_time`, and a handshake by its own time-out.
                self._socket = found.dup()
            return found

        def send_in_time(data: Any) -> None:
            if made.sock is None:
                made.connect()
            self.check()
            send(data)

        made._create_connection = connected  # type: ignore[attr-defined]  # http.client's own seam, not in its types
        made.send = send_in_time  # type: ignore[method-assign]  # one connection's own, for one call
        return made

    def _break_off(self) -> None:
        with self._lock, suppress(OSError):
            if self._socket is not None:
                self._socket.shutdown(socket.SHUT_RDWR)  # whoever reads from it reads its end

    def _let_go(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class _NoRedirect(HTTPRedirectHandler):
    """Takes a redirect for an answer: Slack sends none, and the token is for nobody else."""

    def redirect_request(self, *_: Any) -> None:
        """Follow none."""


class _Http(HTTPHandler):
    def __init__(self, call: _Call) -> None:
        super().__init__()
        self._call = call

    def do_open(self, http_class: Any, req: Request, **arguments: Any) -> Any:
        return super().do_open(self._call.watching(http_class), req, **arguments)


class _Https(HTTPSHandler):
    def __init__(self, call: _Call, context: ssl.SSLContext | None) -> None:
        super().__init__(context=context)
        self._call = call

    def do_open(self, http_class: Any, req: Request, **arguments: Any) -> Any:
        return super().do_open(self._call.watching(http_class), req, **arguments)
