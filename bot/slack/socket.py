"""The Socket Mode connection: opened, watched, and opened again whatever becomes of it.

slack_sdk's built-in client spins in the check of its state after a cut, and does not notice every cut. This one builds
on `websockets`, which answers and sends pings in threads that wait. Nothing here polls.
"""

import json
import logging
import random
import socket
import struct
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from slack_bolt import App
from slack_bolt.adapter.socket_mode.internals import run_bolt_app, send_response
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as open_connection

from bot.environment import ssl_context
from bot.errors import BotError, DeliveryDeferredError
from bot.slack.client import WALL, code_of, reading_client, retry_after, slack_proxy, translate
from bot.slack.failures import Failure, failure_of

log = logging.getLogger(__name__)

WORKERS = 10  # envelopes that Bolt looks at side by side, as many as slack_sdk's own client takes
MAX_BYTES = 4 * 2**20  # of one envelope; Slack's largest, a view with its state, has a quarter of a megabyte
SWITCHED_OFF = "link_disabled"
"""Slack's reason where a person has switched Socket Mode off for the app."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds that the connection waits. Together they keep it from being deaf for longer than half a minute."""

    open: float = 8.0
    """For the connection and its handshake."""
    hello: float = 5.0
    """For Slack's first word on it, without which nothing else comes either."""
    ping: float = 6.0
    """Between two pings, and for the answer to one: a peer that fell silent is noticed within twice that."""
    close: float = 1.0
    """For the peer's answer to a goodbye."""
    first: float = 0.2
    """Before the second attempt to connect. The first comes at once, each further wait is twice as long."""
    longest: float = 5.0
    """The longest wait between two attempts."""
    person: float = 60.0
    """The same where a person has to act, and the most that Slack can ask for by ``Retry-After``."""
    steady: float = 20.0
    """After so long a connection counts as good, and the waits begin anew."""
    overlap: float = 15.0
    """For how long a connection that Slack wants to end is still heard beside the one that replaces it."""

    def wait(self, failures: int) -> float:
        """Before the next attempt after so many that failed."""
        return min(self.first * 2.0 ** min(failures - 1, 16), self.longest) if failures > 0 else 0.0


@dataclass(frozen=True, slots=True)
class SocketState:
    """Whether Slack can reach us over the socket, since when, and why not."""

    connected: bool
    since: datetime
    reason: str = ""


class SlackSocket:
    """Hears Slack for a Bolt app over one connection, and over a new one as soon as that is needed."""

    def __init__(
        self,
        app: App,
        app_token: str,
        api_url: str,
        clock: Callable[[], datetime],
        changed: Callable[[SocketState], None] | None = None,
        timing: Timing | None = None,
    ) -> None:
        """``changed`` is told of every new state, and once more after each `connect`."""
        self._app = app
        self._token = app_token
        self._client = reading_client(app_token, api_url)
        self._clock = clock
        self._changed = changed
        self._timing = timing or Timing()
        self._closed = threading.Event()
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="socket")
        self._session: _Session | None = None
        self.state = SocketState(False, clock(), "not connected yet")

    def connect(self) -> None:
        """Open the first connection, and keep one open from then on. Raises the errors of a delivery."""
        try:
            session = self._open()
        except (WebSocketException, _SentAwayError) as exc:
            raise DeliveryDeferredError("slack.unreachable", retry_at=self._clock(), error=_reason(exc)) from exc
        except WALL as exc:
            raise translate(exc, self._clock()) from exc
        self._tell(SocketState(True, self._clock()))
        threading.Thread(target=self._supervise, args=(session,), name="socket", daemon=True).start()

    def close(self) -> None:
        """Hear nothing more. What is being heard may be finished."""
        self._closed.set()
        session = self._session
        if session is not None:
            session.leaving.set()
            session.close()
        self._workers.shutdown(cancel_futures=True)

    def _open(self) -> "_Session":
        """A connection that has said hello. Raises whatever a call of the Web API or a WebSocket may end in."""
        answer = self._client.apps_connections_open(app_token=self._token)
        session = _Session(str(answer["url"]), self._timing)
        try:
            session.begin(self._submit)
        except BaseException:
            session.close()
            raise
        self._session = session
        if self._closed.is_set():
            session.close()
        return session

    def _supervise(self, session: "_Session") -> None:
        """Whenever a connection leaves, open the next one. Ends with `close`."""
        failures, opened_at = 0, time.monotonic()
        while True:
            session.leaving.wait()
            if self._closed.is_set():
                return
            if time.monotonic() - opened_at >= self._timing.steady:
                failures = 0
            if session.over.is_set():
                self._lost(session.reason)
            replacement = self._replace(session, failures)
            if replacement is None:
                return
            session.retire(self._timing.overlap)
            session, failures = replacement
            opened_at = time.monotonic()

    def _replace(self, old: "_Session", failures: int) -> "tuple[_Session, int] | None":
        """The next connection and how many attempts in a row did not last; None once we are closed."""
        wait = self._timing.wait(failures)
        while not self._closed.wait(wait * random.uniform(0.8, 1.0)):  # noqa: S311  many bots must not come at once
            failures += 1
            try:
                session = self._open()
            except Exception as exc:  # whatever it is, nobody hears people until the next attempt
                if self._closed.is_set():
                    return None
                if old.over.is_set():
                    self._lost(_reason(exc))
                wait = self._wait_after(exc, failures)
            else:
                if not self.state.connected:
                    seconds = (self._clock() - self.state.since).total_seconds()
                    log.info("socket connected again attempts=%d seconds=%.1f", failures, seconds)
                self._tell(SocketState(True, self._clock()))
                return session, failures
        return None

    def _wait_after(self, exc: Exception, failures: int) -> float:
        wait = self._timing.wait(failures)
        if isinstance(exc, SlackApiError):
            if exc.response.status_code == 429:
                asked = retry_after(exc)
                return max(wait, min(asked.total_seconds() if asked else 0.0, self._timing.person))
            if failure_of(code_of(exc)) in (Failure.INSTALL, Failure.SCOPE):
                return self._timing.person
        if isinstance(exc, _SentAwayError) and exc.args[0] in (SWITCHED_OFF, "too_many_websockets"):
            return max(wait, self._timing.longest)
        return wait

    def _lost(self, reason: str) -> None:
        """Say it once an outage, and again where the reason is another that a person can mend."""
        before = self.state
        if not before.connected and (before.reason == reason or reason not in _REMEDIES):
            return
        level = logging.ERROR if reason in _REMEDIES else logging.WARNING
        remedy = _REMEDIES.get(reason, "it is opened again")
        log.log(level, "socket lost, nothing is heard from Slack reason=%s; %s", reason, remedy)
        self._tell(SocketState(False, self._clock() if before.connected else before.since, reason))

    def _tell(self, state: SocketState) -> None:
        self.state = state
        if self._changed is None:
            return
        try:
            self._changed(state)
        except BotError as exc:  # a full disk is no reason to be deaf
            log.warning("state of the socket not kept reason=%s", exc.code)

    def _submit(self, session: "_Session", message: dict[str, Any]) -> None:
        with suppress(RuntimeError):  # we are being closed
            self._workers.submit(self._handle, session, message)

    def _handle(self, session: "_Session", message: dict[str, Any]) -> None:
        kind = message.get("type")
        try:
            request = SocketModeRequest.from_dict(message)
            if request is not None:
                send_response(session, request, run_bolt_app(self._app, request), time.time())
        except (ConnectionClosed, OSError) as exc:
            log.warning("not acknowledged, Slack sends it again type=%s reason=%s", kind, type(exc).__name__)
        except Exception:
            log.exception("envelope not handled type=%s; report it with this traceback", kind)


_REMEDIES = {
    SWITCHED_OFF: "switch Socket Mode on in the app's settings",
    **dict.fromkeys(
        ("invalid_auth", "token_revoked", "token_expired", "account_inactive", "not_authed"),
        "make an app-level token with connections:write and set SLACK_APP_TOKEN",
    ),
}
"""By reason, what a person has to do. For every other reason, waiting helps."""


class _SentAwayError(Exception):
    """Slack asks us, with a reason, to end the connection that it has just let us open."""


class _Session(BaseSocketModeClient):
    """One connection. What comes over it is acknowledged on it, as Slack wants."""

    def __init__(self, url: str, timing: Timing) -> None:
        """Connect. Raises OSError and WebSocketException."""
        self.logger = logging.getLogger("slack_bolt")
        self.leaving = threading.Event()
        """Set once another connection is needed: Slack asks for one, or this one is over."""
        self.over = threading.Event()
        self.reason = ""
        self._timing = timing
        self._connection: ClientConnection = open_connection(
            url,
            proxy=slack_proxy(url),  # never websockets' own reading of the environment
            ssl=ssl_context() if url.startswith("wss:") else None,
            compression=None,
            open_timeout=timing.open,
            ping_interval=timing.ping,
            ping_timeout=timing.ping,
            close_timeout=timing.close,
            max_size=MAX_BYTES,
            legacy=True,  # it lives longer than a block
        )
        _bound_sending(self._connection.socket, timing.ping)

    def begin(self, heard: Callable[["_Session", dict[str, Any]], None]) -> None:
        """Wait for Slack's hello, then read in a thread of its own.

        Raises TimeoutError, WebSocketException and _SentAwayError.
        """
        until = time.monotonic() + self._timing.hello
        while (message := _parse(self._connection.recv(max(until - time.monotonic(), 0.0)))).get("type") != "hello":
            if message.get("type") == "disconnect":
                raise _SentAwayError(str(message.get("reason")))
        threading.Thread(target=self._read, args=(heard,), name="socket reader", daemon=True).start()

    def _read(self, heard: Callable[["_Session", dict[str, Any]], None]) -> None:
        try:
            while True:
                message = _parse(self._connection.recv())
                if message.get("type") == "disconnect":
                    self.reason = str(message.get("reason"))
                    self.leaving.set()
                elif message:
                    heard(self, message)
        except Exception as exc:
            self.reason = self.reason or _reason(exc)
            if not isinstance(exc, ConnectionClosed):
                log.exception("socket reader failed; report it with this traceback")
                self.close()
        finally:
            self.over.set()
            self.leaving.set()

    def send_message(self, message: str) -> None:
        """For Bolt: acknowledge."""
        self._connection.send(message)

    def retire(self, seconds: float) -> None:
        """End it some time after another connection took over; Slack may still send what it meant for this one."""
        if not self.over.is_set():
            timer = threading.Timer(seconds, self.close)
            timer.daemon = True
            timer.start()

    def close(self) -> None:
        """End it. Waits for the peer's goodbye for a second at most."""
        with suppress(WebSocketException, OSError):
            self._connection.close()


def _parse(text: str | bytes) -> dict[str, Any]:
    """A message; nothing where it is none that Slack sends."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict):
        log.warning("message from the socket left out reason=not an object of JSON")
        return {}
    return message


def _bound_sending(line: socket.socket, seconds: float) -> None:
    """Let a message to a peer that reads nothing fail in time: it holds the lock that pings and answers need."""
    with suppress(OSError, struct.error):
        line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", int(seconds) or 1, 0))


def _reason(exc: Exception) -> str:
    """In a word or two, and without any address: it bears the ticket of a connection."""
    if isinstance(exc, SlackApiError):
        return code_of(exc) or f"http {exc.response.status_code}"
    if isinstance(exc, InvalidStatus):
        return f"http {exc.response.status_code}"
    if isinstance(exc, _SentAwayError):
        return str(exc.args[0])
    if isinstance(exc, ConnectionClosed):
        close = exc.rcvd or exc.sent
        if close is None:
            return "cut without a goodbye"
        return "ping not answered" if "ping" in close.reason else f"closed with {int(close.code)}"
    return type(getattr(exc, "reason", None) or exc).__name__
