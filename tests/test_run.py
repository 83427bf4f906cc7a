"""How a bot starts that does not reach Slack at once."""

import http.client
import socket
import ssl
import threading
from collections.abc import Callable
from datetime import timedelta
from urllib.error import URLError

import pytest
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse

import bot.run
from bot.errors import DeliveryDeferredError, DeliveryUnknownError
from bot.wiring import utc_now


def failing_once(error: Exception) -> Callable[[], str]:
    errors = [error]

    def call() -> str:
        if errors:
            raise errors.pop()
        return "there"

    return call


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot.run, "RETRY_SECONDS", 0.0)


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(http.client.IncompleteRead(b"{", 49), id="an answer cut short"),
        pytest.param(TimeoutError(), id="a time-out"),
        pytest.param(SlackApiError("no", {"ok": False, "error": "internal_error"}), id="Slack's bad day"),
        pytest.param(SlackClientError("no JSON"), id="a proxy's page"),
        pytest.param(DeliveryUnknownError("slack.unclear"), id="no telling"),
        pytest.param(DeliveryDeferredError("slack.busy", retry_at=utc_now()), id="too fast"),
    ],
)
def test_whatever_the_line_does_at_the_start_it_is_tried_again(error: Exception) -> None:
    assert bot.run._reach(failing_once(error), threading.Event(), "https://slack.example/api/") == "there"


@pytest.mark.parametrize("code", ["slack.install", "slack.scope"])
def test_a_token_that_slack_does_not_take_ends_the_start(code: str) -> None:
    with pytest.raises(DeliveryDeferredError):
        bot.run._reach(
            failing_once(DeliveryDeferredError(code, retry_at=utc_now())), threading.Event(), "https://slack.example/"
        )


class _Clock(threading.Event):
    """Counts what is waited for, and waits for nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        if timeout != bot.run.LOOK_SECONDS:
            self.waits.append(round(timeout or 0.0))
        return super().wait(0.001)


def reach_after(monkeypatch: pytest.MonkeyPatch, errors: list[Exception]) -> list[float]:
    """How long was waited between the tries."""
    monkeypatch.setattr(bot.run, "RETRY_SECONDS", 5.0)
    left, clock = list(errors), _Clock()

    def call() -> str:
        if left:
            raise left.pop(0)
        return "there"

    assert bot.run._reach(call, clock, "https://us:secret@slack.example/api/") == "there"
    return clock.waits


def test_the_waits_at_the_start_grow_up_to_five_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = reach_after(monkeypatch, [DeliveryUnknownError("slack.unclear")] * 9)
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300, 300]


@pytest.mark.parametrize(("asked", "waited"), [(90, 90), (1, 5), (-100, 5), (10**9, 3600)])
def test_what_slack_asks_to_wait_is_waited_within_reason(
    monkeypatch: pytest.MonkeyPatch, asked: int, waited: int
) -> None:
    busy = DeliveryDeferredError("slack.busy", retry_at=utc_now() + timedelta(seconds=asked))
    assert reach_after(monkeypatch, [busy]) == [waited]


def answer(status: int) -> SlackApiError:
    return SlackApiError(
        "no",
        SlackResponse(client=None, http_verb="POST", api_url="", req_args={}, data={}, headers={}, status_code=status),
    )


def caused(error: Exception, cause: BaseException) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (caused(DeliveryDeferredError("slack.busy", retry_at=utc_now()), answer(429)), "HTTP 429"),
        (caused(DeliveryUnknownError("slack.unclear"), answer(503)), "HTTP 503"),
        (caused(DeliveryUnknownError("slack.unclear"), URLError(socket.gaierror(-2, "unknown"))), "DNS"),
        (caused(DeliveryUnknownError("slack.unclear"), URLError(ConnectionRefusedError(111, "refused"))), "refused"),
        (caused(DeliveryUnknownError("slack.unclear"), URLError(ssl.SSLCertVerificationError(1, "x"))), "certificate"),
        (caused(DeliveryUnknownError("slack.unclear"), URLError(ssl.SSLError(1, "x"))), "TLS"),
        (caused(DeliveryUnknownError("slack.unclear"), TimeoutError()), "in time"),
        (caused(DeliveryUnknownError("slack.unclear"), OSError("Tunnel connection failed: 403")), "proxy"),
        (ConnectionResetError(104, "reset"), "cut"),
        (SlackClientError("no JSON"), "not Slack"),
    ],
)
def test_the_causes_are_told_apart(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception, said: str
) -> None:
    reach_after(monkeypatch, [error])
    assert said in caplog.text
    assert "slack.example" in caplog.text
    assert "secret" not in caplog.text
