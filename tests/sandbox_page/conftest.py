"""A browser before a stand-in workspace, and an app in it that answers."""

import json
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient
from websockets.sync.client import ClientConnection, connect

from bot.sandbox.server import Running, running

Visit = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs the browser."""
    for item in items:
        if "sandbox_page" in item.path.parts:
            item.add_marker(pytest.mark.browser)


@pytest.fixture
def sandbox() -> Iterator[Running]:
    with running(speed=0) as sandbox:
        yield sandbox


@pytest.fixture
def slack(sandbox: Running) -> WebClient:
    """The app's own hands: it posts what the page must show."""
    return WebClient(sandbox.bot_token, base_url=sandbox.api_url)


@pytest.fixture
def visit(browser: Browser, sandbox: Running) -> Iterator[Visit]:
    """Open the page as a user; an error in its scripts fails the test."""
    contexts = []
    errors: list[str] = []

    def open_page(user: str = "emma", path: str = "/", **options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        contexts.append(context)
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{sandbox.url}{path}{'&' if '?' in path else '?'}user={user}")
        expect(page.locator(".frame.loading")).to_have_count(0)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def app(sandbox: Running, slack: WebClient) -> Iterator[list[dict[str, Any]]]:
    """An app that answers `/paper` in private with a page of results, and rewrites it for what was chosen there.

    A bare socket: a real client takes seconds to close. Gives the payloads that came.
    """
    heard: list[dict[str, Any]] = []
    url = slack.apps_connections_open(app_token=sandbox.app_token)["url"]
    with connect(url) as line:
        listener = Thread(target=_answer, args=(line, heard))
        listener.start()
        sandbox.wait_connected()
        yield heard
    listener.join()


def _answer(line: ClientConnection, heard: list[dict[str, Any]]) -> None:
    for frame in line:
        envelope = json.loads(frame)
        if "envelope_id" not in envelope:
            continue
        line.send(json.dumps({"envelope_id": envelope["envelope_id"]}))
        payload = envelope["payload"]
        if envelope["type"] == "slash_commands":
            words = f"You asked for {payload['text']}"
        elif envelope["type"] == "interactive":
            action = payload["actions"][0]
            words = f"You chose {action.get('value') or action['selected_option']['value']}"
        else:
            continue
        heard.append(payload)
        WebhookClient(payload["response_url"]).send(
            text=words, blocks=results(words), replace_original=envelope["type"] == "interactive"
        )


def results(words: str) -> list[dict[str, Any]]:
    options = [
        {"text": {"type": "plain_text", "text": "Show commentary"}, "value": "commentary:7"},
        {"text": {"type": "plain_text", "text": "Share here"}, "value": "share:7"},
    ]
    return [
        {
            "type": "section",
            "text": {"type": "mrkdwn", "text": f"*{words}*", "verbatim": True},
            "accessory": {"type": "overflow", "action_id": "results.menu", "options": options},
        },
        {
            "type": "actions",
            "elements": [
                {
                    "type": "button",
                    "action_id": "results.page.next",
                    "text": {"type": "plain_text", "text": "Next"},
                    "value": "page 2",
                }
            ],
        },
    ]
