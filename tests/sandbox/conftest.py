"""A stand-in in this process for each test, and the real client and Bolt pointed at it."""

from collections.abc import Callable, Iterator
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


@pytest.fixture
def connect(
    sandbox: Running, open_socket: Callable[[App, str], SocketModeHandler]
) -> Callable[[App], SocketModeHandler]:
    """Open a real Socket Mode connection for an app; it is closed with the test."""
    count = 0

    def open_one(app: App) -> SocketModeHandler:
        nonlocal count
        count += 1
        handler = open_socket(app, sandbox.app_token)
        sandbox.wait_connected(count)
        return handler

    return open_one
