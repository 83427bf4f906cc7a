"""A stand-in in this process for each test, and the real client and Bolt pointed at it."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from bot.sandbox.server import Running, running
from bot.sandbox.workspace import Workspace, read_workspace

CLUB = Path(__file__).with_name("club.toml")


@pytest.fixture
def club() -> Workspace:
    """The workspace of the tests, nobody listening."""
    return read_workspace(CLUB.read_text(encoding="utf-8"))


@pytest.fixture
def club_file() -> Path:
    return CLUB


@pytest.fixture
def ack_seconds() -> float:
    """How long an acknowledgement may take; a test that waits for it to be missed asks for less."""
    return 3.0


@pytest.fixture
def sandbox(ack_seconds: float) -> Iterator[Running]:
    """A stand-in without rate limits."""
    with running(workspace=CLUB, ack_seconds=ack_seconds) as made:
        yield made


@pytest.fixture
def client(sandbox: Running) -> WebClient:
    """The reader's client, which sends everything once."""
    return WebClient(sandbox.bot_token, base_url=sandbox.api_url, retry_handlers=[])


@pytest.fixture
def writer(sandbox: Running) -> WebClient:
    """The other app's client."""
    return WebClient("xoxb-writer", base_url=sandbox.api_url, retry_handlers=[])


@pytest.fixture
def app(client: WebClient) -> App:
    """The reader's Bolt app, to be given listeners."""
    return App(client=client)


@contextmanager
def _connected(app: App, app_token: str) -> Iterator[SocketModeHandler]:
    handler = SocketModeHandler(app, app_token)
    handler.connect()
    try:
        yield handler
    finally:
        # close() alone would wait for a read that blocks for three seconds and for a queue that blocks for one.
        handler.client.closed = True
        handler.client.message_queue.put(None)
        handler.client.auto_reconnect_enabled = False
        handler.client.current_session_state.terminated = True
        handler.client.current_session_runner.event.set()
        session = handler.client.current_session
        if session is not None and session.sock is not None:
            with suppress(OSError):
                session.sock.shutdown(socket.SHUT_RDWR)
        handler.close()


@pytest.fixture
def connect(sandbox: Running) -> Iterator[Callable[[App], SocketModeHandler]]:
    """Open a real Socket Mode connection for an app; it is closed with the test."""
    with ExitStack() as stack:
        count = 0

        def open_one(app: App) -> SocketModeHandler:
            nonlocal count
            count += 1
            handler = stack.enter_context(_connected(app, sandbox.app_token))
            sandbox.wait_connected(count)
            return handler

        yield open_one
