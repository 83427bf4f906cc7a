"""The process that `paperround run` is: start, wait for a signal, stop within two seconds."""

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from types import FrameType
from typing import TypeVar

from bot.environment import without_credentials
from bot.errors import BotError, DeliveryDeferredError, DeliveryUnknownError, SettingsError
from bot.settings import Settings, SourceSettings, SubscriptionSettings

log = logging.getLogger(__name__)

T = TypeVar("T")

# Of bot/sandbox/workspace.toml: the stand-in's own app.
SANDBOX_TOKENS = ("xoxb-sandbox-paperround", "xapp-sandbox-paperround")
SANDBOX_SUBSCRIPTION = SubscriptionSettings(channel="#papers", at="on arrival")
RETRY_SECONDS = 5.0  # before the second try to reach Slack at the start; twice as long before each further one
LONGEST_RETRY_SECONDS = 300.0
LONGEST_WAIT_SECONDS = 3600.0  # whatever Slack asks for
LOOK_SECONDS = 0.05  # between two looks whether a call is over or we were told to stop
CLOSING_SECONDS = 1.0  # of the two within which Ctrl-C must have ended everything
SANDBOX_SECONDS = 0.7

NO_TOKENS = (
    "SLACK_BOT_TOKEN and SLACK_APP_TOKEN are not set; set both in the environment or in .env "
    "(README: Connecting Slack), or try the stand-in workspace with `paperround run --or-sandbox`"
)


class _Stopped(Exception):
    """We were told to stop before what we waited for was there."""


def run(settings: Settings, tokens: tuple[str, str] | None, *, or_sandbox: bool, say: Callable[[str], None]) -> None:
    """Run the bot until SIGINT or SIGTERM. ``say`` shows a line to the person who started it.

    Raises SettingsError where the tokens are missing, and BotError where the bot cannot start: a token that Slack does
    not take, a database that cannot be used.
    """
    stop = threading.Event()
    _stop_on_signal(stop)
    with suppress(_Stopped):
        if tokens:
            _serve(settings, tokens, settings.subscription, stop, say, "Slack")
        elif or_sandbox:
            _serve_in_sandbox(settings, stop, say)
        else:
            raise SettingsError([NO_TOKENS])


def _serve_in_sandbox(settings: Settings, stop: threading.Event, say: Callable[[str], None]) -> None:
    say("No Slack token is set: this is the stand-in workspace, on this machine only.")
    with sandbox_process(settings) as url, _found_at(url, settings):
        here = settings.model_copy(
            update={
                "slack_api_url": f"{url}/api/",
                "source": tuple(_in_sandbox(source, settings) for source in settings.source),
            }
        )
        orders = settings.subscription or ((SANDBOX_SUBSCRIPTION,) if settings.source else ())
        _serve(here, SANDBOX_TOKENS, orders, stop, say, url)


def _address_file(settings: Settings) -> Path:
    """Where a running stand-in's address is written, for other commands of this folder."""
    return settings.sandbox.journal.with_suffix(".url")


@contextmanager
def _found_at(url: str, settings: Settings) -> Iterator[None]:
    """Let other commands find the stand-in, for as long as the block lasts."""
    file = _address_file(settings)
    file.write_text(url, encoding="utf-8")
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def in_running_sandbox(settings: Settings) -> tuple[Settings, tuple[str, str] | None]:
    """The settings and tokens of the stand-in that runs in this folder; the same settings where none does."""
    from bot.slack.client import WALL, reading_client

    try:
        url = _address_file(settings).read_text(encoding="utf-8").strip()
        api_url = f"{url}/api/"
        reading_client(SANDBOX_TOKENS[0], api_url, timeout=timedelta(seconds=2)).auth_test()
    except (OSError, *WALL):  # no file, or one of a stand-in that was killed
        return settings, None
    return settings.model_copy(update={"slack_api_url": api_url}), SANDBOX_TOKENS


def _serve(
    settings: Settings,
    tokens: tuple[str, str],
    orders: Sequence[SubscriptionSettings],
    stop: threading.Event,
    say: Callable[[str], None],
    place: str,
) -> None:
    from bot import schedule, wiring
    from bot.slack.app import build_app
    from bot.slack.client import try_socket
    from bot.slack.socket import SlackSocket
    from bot.store.socket_states import SocketStates

    bot = wiring.build(settings)
    workspace = _reach(lambda: wiring.connect(bot, tokens[0]), stop, settings.slack_api_url)
    _reach(lambda: try_socket(tokens[1], settings.slack_api_url, bot.clock()), stop, settings.slack_api_url)
    again = _wait(lambda: wiring.subscribe_from_config(bot, workspace, orders), stop)
    states = SocketStates(settings.database_url)
    states.remove()  # of processes that were killed
    socket = SlackSocket(
        build_app(workspace.desk, workspace.identity),
        tokens[1],
        settings.slack_api_url,
        bot.clock,
        lambda state: states.save(state.connected, state.since, state.reason),
    )
    stop_ticking = schedule.start(bot, workspace, orders, again)
    try:
        _reach(socket.connect, stop, settings.slack_api_url)
        say(f"Paperround is in {workspace.identity.team_name}: {place}. Stop it with Ctrl-C.")
        stop.wait()
    finally:
        stop_ticking()
        closing = threading.Thread(target=socket.close, daemon=True)
        closing.start()
        states.remove()
        closing.join(CLOSING_SECONDS)  # it waits for listeners, which may wait for Slack: they have had their chance
        bot.engine.dispose()


def _reach(call: Callable[[], T], stop: threading.Event, url: str) -> T:
    """What the call gives, tried until Slack can be reached. Raises _Stopped, and BotError where a person must act."""
    from bot.slack.client import WALL
    from bot.slack.failures import Failure
    from bot.slack.unreached import explain

    for tries in count():
        try:
            return _wait(call, stop)
        except (DeliveryDeferredError, DeliveryUnknownError, *WALL) as exc:
            code = exc.code if isinstance(exc, BotError) else ""
            if code in (Failure.INSTALL.value, Failure.SCOPE.value):
                raise  # waiting does not mend a token
            seconds = min(RETRY_SECONDS * 2 ** min(tries, 10), LONGEST_RETRY_SECONDS)
            if isinstance(exc, DeliveryDeferredError) and code == Failure.BUSY.value:
                asked = (exc.retry_at - datetime.now(UTC)).total_seconds()
                seconds = min(max(seconds, asked), LONGEST_WAIT_SECONDS)
            log.warning(
                "slack not reached, trying again seconds=%.0f url=%s reason=%s: %s",
                seconds,
                without_credentials(url),
                code or type(exc).__name__,
                explain(exc),
            )
        if stop.wait(seconds):
            raise _Stopped
    raise AssertionError("count() does not end")


def _wait(call: Callable[[], T], stop: threading.Event) -> T:
    """What the call gives, made aside so that a signal need not wait for Slack. Raises _Stopped, and what it raises."""
    future: Future[T] = Future()

    def aside() -> None:
        try:
            future.set_result(call())
        except BaseException as exc:
            future.set_exception(exc)

    threading.Thread(target=aside, daemon=True).start()
    while not future.done():
        if stop.wait(LOOK_SECONDS):
            raise _Stopped
    return future.result()


def leave(code: int) -> None:
    """End now, also where a thread still waits for Slack: what it holds is settled at the next start."""
    others = [thread for thread in threading.enumerate() if thread is not threading.main_thread()]
    if any(not thread.daemon for thread in others):
        logging.shutdown()
        sys.stdout.flush()
        os._exit(code)
    sys.exit(code)


def _in_sandbox(source: SourceSettings, settings: Settings) -> SourceSettings:
    return source if source.settle is not None else source.model_copy(update={"settle": settings.sandbox.settle})


def _stop_on_signal(stop: threading.Event) -> None:
    def handle(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handle)


@contextmanager
def sandbox_process(settings: Settings) -> Iterator[str]:
    """The stand-in workspace in a process of its own, for as long as the block lasts. Gives its address."""
    sandbox = settings.sandbox
    sandbox.journal.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    command = [
        sys.executable,
        "-m",
        "bot.cli",
        "sandbox",
        "--port",
        str(sandbox.port),
        "--journal",
        str(sandbox.journal),
    ]
    process = subprocess.Popen(  # noqa: S603  (our own program)
        [*command, "--speed", str(settings.speed), "--until-input-ends"],
        stdin=subprocess.PIPE,  # the stand-in ends when this ends, however we end
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C at a terminal is for us alone; we end the stand-in ourselves
    )
    try:
        assert process.stdout is not None  # noqa: S101
        first = process.stdout.readline().split()
        if len(first) != 2:
            raise BotError("sandbox.not_started")
        yield first[1]
    finally:
        process.terminate()
        try:
            process.wait(SANDBOX_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
