"""How a bot starts that does not reach Slack at once."""

import http.client
import threading
from collections.abc import Callable

import pytest
from slack_sdk.errors import SlackApiError, SlackClientError

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
