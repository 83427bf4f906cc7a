"""Puts the stand-in together and runs it: one process, one port, loopback only."""

import asyncio
import contextlib
import logging
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.types import Message as Sent
from starlette.websockets import WebSocket
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.sandbox.events import event_payload, events_of
from bot.sandbox.faults import Faults
from bot.sandbox.journal import Journal
from bot.sandbox.page_api import PAGE, Live, PageApi
from bot.sandbox.people import People
from bot.sandbox.rates import Rates
from bot.sandbox.responses import ResponseUrls
from bot.sandbox.socket_mode import Sockets
from bot.sandbox.visitor import Visitor
from bot.sandbox.web_api import Lines, WebApi
from bot.sandbox.workspace import Change, Message, Workspace, read_workspace

log = logging.getLogger(__name__)

WORKSPACE = Path(__file__).parent / "workspace.toml"
HOST = "127.0.0.1"
PORTS = 50
"""How many ports are tried where the wanted one is taken."""


class _Guard:
    """Refuses what does not come from this machine's own pages and programs.

    A page of another site may point a name of its own at 127.0.0.1 (the Host tells) or call us from its scripts (the
    Origin tells); neither may read or write here.
    """

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        names = (HOST, "localhost")
        # slack_sdk's own WebSocket client names the host without its port.
        self._hosts = {*names, *(f"{name}:{port}" for name in names)}
        self._origins = {f"http://{name}:{port}" for name in names}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        origin = headers.get("origin")
        if headers.get("host") in self._hosts and (origin is None or origin in self._origins):
            # Cancelled only where the stand-in stops while somebody waits for an answer: nobody hears it any more.
            with contextlib.suppress(asyncio.CancelledError):
                await self._app(scope, receive, _guarded(send) if scope["type"] == "http" else send)
        elif scope["type"] == "http":
            await PlainTextResponse("not from here", 403)(scope, receive, send)
        else:
            await WebSocket(scope, receive, send).close(1008)


_HEADERS = (
    # No page of another site may show this one in a frame and lend its buttons.
    (b"content-security-policy", b"frame-ancestors 'none'; default-src 'self'; img-src 'self' http: https: data:; "
     b"connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'; form-action 'none'"),
    (b"x-frame-options", b"DENY"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)  # fmt: skip


def _guarded(send: Send) -> Send:
    """Sends every answer with what keeps it from other sites' pages."""

    async def send_with_headers(message: Sent) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *_HEADERS]}
        await send(message)

    return send_with_headers


class _Sandbox:
    """One stand-in: its parts, wired."""

    def __init__(
        self,
        workspace: Workspace,
        *,
        port: int,
        journal: Journal | None,
        speed: float,
        ack_seconds: float,
        clock: Callable[[], float],
    ) -> None:
        self.url = f"http://{HOST}:{port}"
        self.workspace = workspace
        self.lines: Lines = {}
        self._clock = clock
        self.faults = Faults()
        self.live = Live(workspace)
        self.sockets = Sockets(self.faults, ack_seconds=ack_seconds, speed=speed, on_connected=self.live.connected)
        urls = ResponseUrls(workspace, self.url)
        self._web = WebApi(
            workspace,
            self.faults,
            Rates(speed),
            self.sockets,
            urls,
            base_url=self.url,
            lines=self.lines,
            clock=clock,
        )
        people = People(workspace, self.sockets, urls, clock)
        self._page = PageApi(workspace, people, self.sockets, self.live, self.faults, clock)
        if journal is not None:
            workspace.listeners.append(journal.write)
        workspace.listeners += [self.live.changed, self._publish]
        self.app: ASGIApp = _Guard(Starlette(routes=self._routes()), port)

    def _publish(self, change: Change, before: Message | None) -> None:
        for app, event in events_of(self.workspace, change, before):
            self.sockets.publish(app.id, event_payload(self.workspace, app, event, self._clock()))

    def _routes(self) -> list[Any]:
        page = self._page
        return [
            Route("/api/{method}", self._web.call, methods=["GET", "POST"]),
            Route("/response/{team}/{name}", self._web.respond, methods=["POST"]),
            WebSocketRoute("/link", self._link),
            Route("/page/state", page.state),
            Route("/page/wait", page.wait),
            Route("/page/send", page.send, methods=["POST"]),
            Route("/page/edit", page.edit, methods=["POST"]),
            Route("/page/delete", page.delete, methods=["POST"]),
            Route("/page/action", page.action, methods=["POST"]),
            Route("/page/dm", page.dm, methods=["POST"]),
            Route("/page/invite", page.invite, methods=["POST"]),
            WebSocketRoute("/page/live", page.live),
            Route("/faults", page.faults, methods=["GET", "POST"]),
            Route("/faults/clear", page.clear_faults, methods=["POST"]),
            Mount("/static", StaticFiles(directory=PAGE, check_dir=False)),
            Route("/", page.index),
            Route("/archives/{rest:path}", page.index),
            Route("/client{rest:path}", page.index),
        ]

    async def _link(self, websocket: WebSocket) -> None:
        app_id = self.sockets.redeem(websocket.query_params.get("ticket", ""), self._clock())
        if app_id is None or self.workspace.apps[app_id].revoked:
            await websocket.close(1008)
        else:
            await self.sockets.serve(websocket, app_id)


def _protocol(lines: Lines) -> type[H11Protocol]:
    """uvicorn's HTTP protocol, noting each connection so that a fault can cut it."""

    class Line(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's own
            super().connection_made(transport)
            if self.client is not None:
                lines[self.client] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            if self.client is not None:
                lines.pop(self.client, None)

    return Line


class _Server(uvicorn.Server):
    """uvicorn, stopped by us: at once, and without raising the signal again."""

    def __init__(self, config: uvicorn.Config, sandbox: _Sandbox, on_ready: Callable[[str], None] | None) -> None:
        super().__init__(config)
        self._sandbox = sandbox
        self._on_ready = on_ready
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """Begin the end. Called in the server's own loop."""
        self._stop.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        for signum in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(signum, self.stop)
        try:
            yield
        finally:
            for signum in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(signum)

    async def main_loop(self) -> None:
        if self._on_ready is not None:
            self._on_ready(self._sandbox.url)
        await self._stop.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        self._sandbox.sockets.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.3):
                await self._sandbox.sockets.close()
        # Nobody's answer is worth waiting for: whoever still waits sees the line go, as when a process dies.
        for transport in list(self._sandbox.lines.values()):
            transport.abort()
        await asyncio.sleep(0)
        tasks = list(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=0.5) if tasks else None


def _listen(port: int) -> socket.socket:
    """A listening socket on the wanted port or the next free one; 0 is any."""
    candidates = [0] if port == 0 else range(port, min(port + PORTS, 65536))
    for candidate in candidates:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((HOST, candidate))
            sock.listen(128)
        except OSError:
            sock.close()
            continue
        return sock
    raise OSError(f"no free port from {port} to {port + PORTS - 1} on {HOST}")


async def _run(
    sock: socket.socket,
    workspace: Workspace,
    journal: Journal | None,
    *,
    speed: float,
    ack_seconds: float,
    clock: Callable[[], float],
    on_ready: Callable[[str], None] | None,
    on_made: Callable[[_Server], None] | None = None,
) -> None:
    port = sock.getsockname()[1]
    sandbox = _Sandbox(workspace, port=port, journal=journal, speed=speed, ack_seconds=ack_seconds, clock=clock)
    config = uvicorn.Config(
        sandbox.app,
        http=_protocol(sandbox.lines),
        ws="websockets-sansio",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        access_log=False,
        date_header=False,
        server_header=False,
    )
    server = _Server(config, sandbox, on_ready)
    if on_made is not None:
        on_made(server)
    await server.serve([sock])


def _open(workspace: Path | None, journal: Path | None) -> tuple[Workspace, Journal | None]:
    made = read_workspace((workspace or WORKSPACE).read_text(encoding="utf-8"))
    kept = Journal(journal) if journal is not None else None
    if kept is not None:
        kept.replay(made)
    return made, kept


def serve(
    port: int = 8765,
    *,
    workspace: Path | None = None,
    journal: Path | None = None,
    speed: float = 1.0,
    ack_seconds: float = 3.0,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Run a stand-in until SIGINT or SIGTERM.

    Takes the next free port where ``port`` is taken; ``on_ready`` gets the base address once it answers. ``speed``
    multiplies every rate, 0 lifts them. Raises ValueError for a workspace file or journal that cannot be read.
    """
    made, kept = _open(workspace, journal)
    try:
        asyncio.run(
            _run(_listen(port), made, kept, speed=speed, ack_seconds=ack_seconds, clock=time.time, on_ready=on_ready)
        )
    finally:
        if kept is not None:
            kept.close()


class Running(Visitor):
    """A stand-in in a thread of this process, and a visitor's hands on it."""

    def __init__(self, url: str, workspace: Workspace) -> None:
        super().__init__(url)
        app = next(iter(workspace.apps.values()))
        self.workspace = workspace
        """The live one: look, do not touch."""
        self.bot_token = app.bot_token
        self.app_token = app.app_token


@contextmanager
def running(
    speed: float = 0,
    *,
    workspace: Path | None = None,
    journal: Path | None = None,
    ack_seconds: float = 3.0,
    clock: Callable[[], float] = time.time,
    port: int = 0,
) -> Iterator[Running]:
    """A stand-in for a test, gone with the block. Its rates are lifted unless ``speed`` says otherwise."""
    made, kept = _open(workspace, journal)
    sock = _listen(port)
    ready = threading.Event()
    servers: list[_Server] = []
    loops: list[asyncio.AbstractEventLoop] = []

    def note(server: _Server) -> None:
        servers.append(server)
        loops.append(asyncio.get_running_loop())

    def run() -> None:
        try:
            asyncio.run(
                _run(
                    sock,
                    made,
                    kept,
                    speed=speed,
                    ack_seconds=ack_seconds,
                    clock=clock,
                    on_ready=lambda _url: ready.set(),
                    on_made=note,
                )
            )
        finally:
            ready.set()

    url = f"http://{HOST}:{sock.getsockname()[1]}"
    thread = threading.Thread(target=run, name="sandbox", daemon=True)
    thread.start()
    ready.wait()
    try:
        yield Running(url, made)
    finally:
        loops[0].call_soon_threadsafe(servers[0].stop)
        thread.join()
        if kept is not None:
            kept.close()
