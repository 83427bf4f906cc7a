"""Socket Mode: an app's connections, and the envelopes it must acknowledge.

Section 8 of the platform notes: a one-use ticket, up to ten connections, each envelope to one of them, three seconds to
acknowledge on the same one.
"""

import asyncio
import contextlib
import json
import random
import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.sandbox.bodies import load_json
from bot.sandbox.faults import Faults

CONNECTIONS = 10
TICKET_LIFE = 30.0
"""Seconds; Slack publishes none."""
REDELIVERIES = (0.0, 60.0, 300.0)
"""Seconds after which an event that nobody acknowledged comes again (section 7.1)."""
HOLD = 1.0
"""Seconds that an event waits for one to overtake it, where events are to come out of order."""
NOTICE = 10.0
"""Seconds between the word that a connection will end and its end."""


@dataclass(frozen=True, slots=True)
class Ack:
    """An app's answer to an envelope, with the payload it may carry."""

    payload: Any


@dataclass(slots=True, eq=False)
class _Connection:
    app_id: str
    websocket: WebSocket

    async def send(self, message: Mapping[str, Any]) -> None:
        # A connection that just went away gets nothing: its envelope then stays without acknowledgement.
        with contextlib.suppress(RuntimeError, WebSocketDisconnect, OSError):
            await self.websocket.send_text(json.dumps(message, ensure_ascii=False))

    async def close(self, code: int = 1000) -> None:
        with contextlib.suppress(RuntimeError, WebSocketDisconnect, OSError):
            await self.websocket.close(code)


class Sockets:
    """Every open connection. ``speed`` shortens the wait before an event comes again (0: not at all)."""

    def __init__(
        self, faults: Faults, *, ack_seconds: float, speed: float, on_connected: Callable[[bool], None]
    ) -> None:
        self._faults = faults
        self._ack_seconds = ack_seconds
        self._speed = speed or 1.0
        self._on_connected = on_connected
        self._tickets: dict[str, tuple[str, float]] = {}
        self._connections: list[_Connection] = []
        self._waiting: dict[str, tuple[asyncio.Future[Ack | None], list[_Connection]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: asyncio.Event | None = None

    def connected(self, app_id: str | None = None) -> int:
        """How many connections an app (or all apps) holds."""
        return sum(1 for c in self._connections if app_id is None or c.app_id == app_id)

    def ticket(self, app_id: str, now: float) -> str:
        """A ticket that opens one connection, once."""
        for old in [known for known, (_, until) in self._tickets.items() if until <= now]:
            del self._tickets[old]
        ticket = secrets.token_urlsafe(18)
        self._tickets[ticket] = (app_id, now + TICKET_LIFE)
        return ticket

    def redeem(self, ticket: str, now: float) -> str | None:
        """The app whose ticket this was, where it still counts."""
        app_id, until = self._tickets.pop(ticket, ("", 0.0))
        return app_id if app_id and now < until else None

    async def serve(self, websocket: WebSocket, app_id: str) -> None:
        """Hold one connection until it ends."""
        await websocket.accept()
        connection = _Connection(app_id, websocket)
        if self.connected(app_id) >= CONNECTIONS:
            await connection.send({"type": "disconnect", "reason": "too_many_websockets", "debug_info": _host()})
            await connection.close()
            return
        self._connections.append(connection)
        try:
            await connection.send(self._hello(app_id))
            self._on_connected(True)
            while True:
                self._hear(connection, await websocket.receive_text())
        except (WebSocketDisconnect, RuntimeError, KeyError):
            # Closed by either side (Starlette says so in three ways), or not text.
            pass
        finally:
            self._connections.remove(connection)
            self._give_up(connection)
            self._on_connected(bool(self._connections))

    def _hello(self, app_id: str) -> dict[str, Any]:
        return {
            "type": "hello",
            "num_connections": self.connected(app_id),
            "debug_info": _host() | {"build_number": 1, "approximate_connection_time": 18060},
            "connection_info": {"app_id": app_id},
        }

    def _hear(self, connection: _Connection, text: str) -> None:
        try:
            message = load_json(text)
        except ValueError:
            return
        envelope_id = message.get("envelope_id") if isinstance(message, dict) else None
        future, sent_to = self._waiting.get(str(envelope_id), (None, []))
        if future is not None and connection in sent_to and not future.done():
            future.set_result(Ack(message.get("payload")))

    def _give_up(self, connection: _Connection) -> None:
        for future, sent_to in self._waiting.values():
            if connection in sent_to:
                sent_to.remove(connection)
            if not sent_to and not future.done():
                future.set_result(None)

    async def deliver(self, app_id: str, kind: str, payload: Mapping[str, Any], **more: Any) -> Ack | None:
        """Send an envelope to one connection and wait. None where nobody acknowledged it in time."""
        open_now = [c for c in self._connections if c.app_id == app_id]
        if not open_now:
            return None
        everyone = self._faults.standing("every_socket") is not None
        # Which one gets it cannot be foretold, as on Slack.
        sent_to = open_now if everyone else [random.choice(open_now)]  # noqa: S311 nothing secret hangs on it
        envelope_id = str(uuid.uuid4())
        future: asyncio.Future[Ack | None] = asyncio.get_running_loop().create_future()
        self._waiting[envelope_id] = (future, sent_to)
        accepts = kind != "events_api"
        envelope = {"envelope_id": envelope_id, "type": kind, "payload": payload, "accepts_response_payload": accepts}
        try:
            for connection in list(sent_to):
                await connection.send(envelope | more)
            return await asyncio.wait_for(future, self._ack_seconds)
        except TimeoutError:
            return None
        finally:
            del self._waiting[envelope_id]

    def publish(self, app_id: str, payload: Mapping[str, Any]) -> None:
        """Deliver an event in the background, again where it is not acknowledged."""
        if self._faults.standing("reorder_events"):
            self.start(self._overtaken(app_id, payload))
            return
        for _ in range(2 if self._faults.standing("duplicate_events") else 1):
            self.start(self._publish(app_id, payload))

    async def _overtaken(self, app_id: str, payload: Mapping[str, Any]) -> None:
        """Hold an event until the next one has gone before it."""
        if self._held is not None:
            held, self._held = self._held, None
            await self._publish(app_id, payload)
            held.set()
            return
        self._held = passed = asyncio.Event()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HOLD):
                await passed.wait()
        if self._held is passed:
            self._held = None
        await self._publish(app_id, payload)

    async def _publish(self, app_id: str, payload: Mapping[str, Any]) -> None:
        if await self.deliver(app_id, "events_api", payload, retry_attempt=0, retry_reason=""):
            return
        for attempt, wait in enumerate(REDELIVERIES, start=1):
            await asyncio.sleep(wait / self._speed)
            if await self.deliver(app_id, "events_api", payload, retry_attempt=attempt, retry_reason="timeout"):
                return

    async def disconnect(self, reason: str) -> None:
        """Tell every connection to go; those that stay are closed a little later."""
        for connection in list(self._connections):
            await connection.send({"type": "disconnect", "reason": reason, "debug_info": _host()})
            self.start(self._end(connection, 0.0 if reason == "link_disabled" else NOTICE))

    async def _end(self, connection: _Connection, wait: float) -> None:
        await asyncio.sleep(wait)
        await connection.close()

    async def close(self, code: int = 1001) -> None:
        """Close every connection."""
        for connection in list(self._connections):
            await connection.close(code)

    def start(self, work: Any) -> None:
        """Run a coroutine in the background, kept until it ends or the stand-in stops."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self) -> None:
        """Forget what still waits."""
        for task in list(self._tasks):
            task.cancel()


def _host() -> dict[str, Any]:
    return {"host": "sandbox"}
