"""Connections and envelopes, with the real Bolt and with a socket of our own."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as open_socket

from bot.sandbox.server import Running

HOME = "C0HOME0001"
Connect = Callable[[App], SocketModeHandler]


class Socket:
    """A Socket Mode client that acknowledges only when told to."""

    def __init__(self, line: ClientConnection) -> None:
        self.line = line

    def next(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.line.recv(timeout=5))
        return told

    def ack(self, envelope: dict[str, Any], payload: Any = None) -> None:
        answer = {"envelope_id": envelope["envelope_id"]}
        self.line.send(json.dumps(answer | ({"payload": payload} if payload is not None else {})))


@pytest.fixture
def dial(client: WebClient) -> Iterator[Callable[[], Socket]]:
    """Open a connection and hear its first message."""
    with ExitStack() as stack:

        def one() -> Socket:
            url = client.apps_connections_open(app_token="xapp-reader")["url"]
            return Socket(stack.enter_context(open_socket(url)))

        yield one


def test_a_ticket_opens_one_connection_once(sandbox: Running, client: WebClient) -> None:
    url = client.apps_connections_open(app_token="xapp-reader")["url"]
    with open_socket(url) as line:
        hello = json.loads(line.recv(timeout=5))
        assert (hello["type"], hello["num_connections"]) == ("hello", 1)
        assert hello["connection_info"] == {"app_id": "A0READER01"}
        with pytest.raises(InvalidStatus), open_socket(url):
            pass
    with pytest.raises(InvalidStatus), open_socket(url.split("ticket=")[0] + "ticket=guessed"):
        pass
    sandbox.wait_for(lambda: not sandbox.state()["connected"])


def test_an_eleventh_connection_is_sent_away(dial: Callable[[], Socket]) -> None:
    assert [dial().next()["num_connections"] for _ in range(10)] == list(range(1, 11))
    eleventh = dial()
    assert eleventh.next()["reason"] == "too_many_websockets"
    with pytest.raises(ConnectionClosed):
        eleventh.next()


def test_an_envelope_goes_to_one_connection(sandbox: Running, dial: Callable[[], Socket]) -> None:
    sockets = [dial() for _ in range(3)]
    for one in sockets:
        one.next()
    for n in range(12):
        sandbox.send("anna", "home", f"message {n}")
    heard: list[str] = []
    lock, done = threading.Lock(), threading.Event()

    def listen(one: Socket) -> None:
        while not done.is_set():
            with suppress(TimeoutError):
                envelope = json.loads(one.line.recv(timeout=0.05))
                one.ack(envelope)
                with lock:
                    heard.append(envelope["payload"]["event"]["text"])
                    done.set() if len(heard) >= 12 else None

    threads = [threading.Thread(target=listen, args=(one,)) for one in sockets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(heard) == sorted(f"message {n}" for n in range(12))


@pytest.mark.parametrize("ack_seconds", [0.4])
def test_an_event_comes_again_where_nobody_acknowledged_it(sandbox: Running, dial: Callable[[], Socket]) -> None:
    socket = dial()
    socket.next()
    sandbox.send("anna", "home", "hello")
    first, second = socket.next(), socket.next()
    assert (first["retry_attempt"], second["retry_attempt"], second["retry_reason"]) == (0, 1, "timeout")
    assert first["payload"]["event_id"] == second["payload"]["event_id"]
    assert first["envelope_id"] != second["envelope_id"]
    socket.ack(second)


def test_a_connection_that_goes_takes_its_envelope_back(sandbox: Running, dial: Callable[[], Socket]) -> None:
    first = dial()
    first.next()
    sandbox.send("anna", "home", "hello")
    assert first.next()["retry_attempt"] == 0
    second = dial()
    second.next()
    first.line.close()
    again = second.next()
    assert again["retry_attempt"] == 1
    second.ack(again)


@pytest.mark.parametrize("ack_seconds", [0.4])
def test_only_the_connection_that_got_it_acknowledges(sandbox: Running, dial: Callable[[], Socket]) -> None:
    first, second = dial(), dial()
    first.next()
    second.next()
    answers: list[dict[str, Any]] = []
    thread = threading.Thread(target=lambda: answers.append(sandbox.send("anna", "home", "/read x")))
    thread.start()
    heard = threading.Event()

    def forge(receiver: Socket, other: Socket) -> None:
        try:
            envelope = json.loads(receiver.line.recv(timeout=1.5))
        except TimeoutError:
            return
        other.ack(envelope)
        heard.set()

    pairs = [threading.Thread(target=forge, args=pair) for pair in ((first, second), (second, first))]
    for pair in pairs:
        pair.start()
    for pair in pairs:
        pair.join()
    thread.join()
    assert heard.is_set()
    assert answers[0]["error"] == "operation_timeout"


def test_other_servers_may_send_every_envelope_to_everyone_and_twice(
    sandbox: Running, dial: Callable[[], Socket]
) -> None:
    sandbox.fault("every_socket")
    sandbox.fault("duplicate_events")
    sockets = [dial(), dial()]
    for one in sockets:
        one.next()
    sandbox.send("anna", "home", "hello")
    for one in sockets:
        heard = [one.next(), one.next()]
        assert {e["payload"]["event"]["text"] for e in heard} == {"hello"}
        for envelope in heard:
            one.ack(envelope)


def test_events_may_come_out_of_order(sandbox: Running, dial: Callable[[], Socket]) -> None:
    socket = dial()
    socket.next()
    sandbox.fault("reorder_events")
    sandbox.send("anna", "home", "first")
    sandbox.send("anna", "home", "second")
    heard = []
    for _ in range(2):
        envelope = socket.next()
        socket.ack(envelope)
        heard.append(envelope["payload"]["event"]["text"])
    assert heard == ["second", "first"]


def test_an_app_hears_that_it_was_removed(sandbox: Running, client: WebClient, dial: Callable[[], Socket]) -> None:
    socket = dial()
    socket.next()
    sandbox.fault("change_id", channel="home", to="C0HOME0002")
    changed = socket.next()
    socket.ack(changed)
    assert changed["payload"]["event"]["new_channel_id"] == "C0HOME0002"
    sandbox.fault("uninstall")
    removed = socket.next()
    socket.ack(removed)
    assert removed["payload"]["event"]["type"] == "app_uninstalled"
    with pytest.raises(SlackApiError, match="account_inactive"):
        client.auth_test()


def test_a_bot_told_to_go_comes_back_and_hears_on(sandbox: Running, app: App, connect: Connect) -> None:
    heard = threading.Event()
    app.event("message")(lambda event: heard.set())
    connect(app)
    before = sandbox.state()["count"]
    sandbox.fault("disconnect", reason="refresh_requested")
    # The client opens its new connection first and then lets the old one go.
    sandbox.wait_for(lambda: sandbox.state()["count"] >= before + 2 and sandbox.state()["connections"] == 1)
    sandbox.send("anna", "home", "hello")
    assert heard.wait(5)


def test_the_page_is_told_whether_a_bot_is_connected(sandbox: Running, app: App, connect: Connect) -> None:
    assert sandbox.state()["connected"] is False
    connect(app)
    assert sandbox.state()["connected"] is True
