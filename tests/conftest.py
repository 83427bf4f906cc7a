"""What every test may ask for, and the closing lines that name what was not tried here."""

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, sync_playwright
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler

settings.register_profile("paperround", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("paperround")

HOW = {
    "corpus": "set PAPERROUND_CORPUS to the folder of the real notes (vault/, text/, html/, feed.xml, truth.jsonl)",
    "browser": "install Debian's Chromium: apt-get install chromium",
}


def _not_tried(what: str) -> None:
    """Skip, and have the closing lines say so; in CI, where nothing may be skipped, fail."""
    if os.environ.get("PAPERROUND_NO_SKIPS"):
        pytest.fail(f"not tried: {what}; {HOW[what]}")
    pytest.skip(f"{what}: {HOW[what]}")


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real notes, never copied into this project."""
    folder = os.environ.get("PAPERROUND_CORPUS")
    if not folder:
        _not_tried("corpus")
    return Path(folder)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Debian's Chromium."""
    path = shutil.which("chromium")
    if not path:
        _not_tried("browser")
    return path


BROWSER_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """One browser for the whole run; each test opens pages of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=BROWSER_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_socket() -> Iterator[Callable[[App, str], SocketModeHandler]]:
    """Open a real Socket Mode connection for an app; it is closed with the test."""
    with ExitStack() as stack:

        def opened(app: App, app_token: str) -> SocketModeHandler:
            handler = SocketModeHandler(app, app_token)
            handler.connect()
            stack.callback(_close_at_once, handler)
            return handler

        yield opened


def _close_at_once(handler: SocketModeHandler) -> None:
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
    with suppress(AttributeError):  # the SDK's reader may have let go of the socket between two of its lines
        handler.close()


@pytest.fixture(scope="session")
def samples() -> Path:
    """Notes of our own writing, in every real form."""
    return Path(__file__).parent / "samples"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    # From the reports: the tests may have run in several processes.
    reasons = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", ())]
    for what, how in sorted(HOW.items()):
        if any(f"{what}: {how}" in reason for reason in reasons):
            terminalreporter.write_line(f"not tried here: the {what} tests. To try them, {how}.")
