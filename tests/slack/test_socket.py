"""The Socket Mode connection, against a peer that breaks it in every way a network or a server does."""

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from bot.errors import DeliveryDeferredError, StoreUnavailableError
from bot.slack.socket import SlackSocket, SocketState, Timing
from bot.wiring import utc_now

QUICK = Timing(open=1, hello=0.5, ping=0.4, close=0.1, first=0.02, longest=0.2, person=0.3, overlap=0.2)
HELLO = {"type": "hello", "connection_info": {"app_id": "A1"}}
SECONDS = 10.0  # a busy machine; the timing itself is checked by its numbers


class Peer:
    """One WebSocket connection, from the server's side."""

    def __init__(self, line: socket.socket, protocol: ServerProtocol) -> None:
        self.line = line
        self._protocol = protocol

    def say(self, message: object) -> None:
        self._protocol.send_text(json.dumps(message).encode())
        self.flush()

    def flush(self) -> None:
        for data in self._protocol.data_to_send():
            self.line.sendall(data) if data else self.line.shutdown(socket.SHUT_WR)

    def frames(self) -> Iterator[Frame]:
        """What comes, its pings answered, until the line ends."""
        while data := self.line.recv(4096):
            self._protocol.receive_data(data)
            self.flush()
            yield from (event for event in self._protocol.events_received() if isinstance(event, Frame))

    def reset(self) -> None:
        self.line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.line.close()

    def wait_gone(self) -> None:
        """Read nothing that comes, answer nothing, until the other side has gone."""
        self.line.settimeout(SECONDS)
        with suppress(OSError):
            while self.line.recv(4096):
                pass


Behaviour = Callable[[Peer], None]


def healthy(peer: Peer) -> None:
    """Say hello, send a command at once, and hear until the end."""
    peer.say(HELLO)
    peer.say({"type": "slash_commands", "envelope_id": "e1", "payload": COMMAND, "accepts_response_payload": True})
    ACKS.extend(json.loads(bytes(frame.data)) for frame in peer.frames() if frame.opcode is Opcode.TEXT)


ACKS: list[dict[str, Any]] = []
COMMAND = {
    "command": "/paper", "text": "", "team_id": "T1", "channel_id": "C1", "user_id": "U1", "trigger_id": "1.2",
}  # fmt: skip


@dataclass
class FakeSlack:
    """apps.connections.open and the socket it leads to, on one port. Behaviours are used up in order; then healthy."""

    behaviours: list[Behaviour] = field(default_factory=list)
    links: list[bytes] = field(default_factory=list)
    """Answers to apps.connections.open that come before the good ones: whole HTTP answers, or none for a cut."""
    opened: int = 0
    asked: int = 0
    lines: list[socket.socket] = field(default_factory=list)
    port: int = 0
    listener: socket.socket | None = None

    def start(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def stop(self) -> None:
        """As a process that is killed."""
        assert self.listener is not None
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for line in self.lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()
        self.lines.clear()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                line, _ = listener.accept()
                self.lines.append(line)
                threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        with suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                more = line.recv(4096)
                if not more:
                    return
                head += more
            if head.startswith(b"GET"):
                self._upgrade(line, head)
            else:
                self._open_link(line)

    def _open_link(self, line: socket.socket) -> None:
        self.asked += 1
        if self.links:
            line.sendall(self.links.pop(0))
        else:
            url = f"ws://127.0.0.1:{self.port}/link?ticket={self.asked}"
            line.sendall(answer(200, json.dumps({"ok": True, "url": url})))
        line.close()

    def _upgrade(self, line: socket.socket, head: bytes) -> None:
        behaviour = self.behaviours.pop(0) if self.behaviours else healthy
        protocol = ServerProtocol()
        protocol.receive_data(head)
        [request] = protocol.events_received()
        assert isinstance(request, Request)
        protocol.send_response(protocol.accept(request))
        peer = Peer(line, protocol)
        peer.flush()
        self.opened += 1
        behaviour(peer)
        line.close()


def answer(status: int, body: str, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Word", f"Content-Length: {len(body)}", "Connection: close", *headers, "", body]
    return "\r\n".join(lines).encode()


def wait_for(what: Callable[[], object]) -> None:
    until = time.monotonic() + SECONDS
    while not what():
        assert time.monotonic() < until, "it did not come to that"
        threading.Event().wait(0.01)


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    made = FakeSlack()
    made.start()
    ACKS.clear()
    yield made
    made.stop()


@dataclass
class Listening:
    """A socket under test, the commands it heard and the states it told."""

    socket: SlackSocket
    heard: list[str]
    states: list[SocketState]


@pytest.fixture
def listen(slack: FakeSlack) -> Iterator[Callable[..., Listening]]:
    with ExitStack() as stack:

        def start(timing: Timing = QUICK) -> Listening:
            allowed = AuthorizeResult(enterprise_id=None, team_id="T1", bot_token="xoxb-1")
            app = App(authorize=lambda: allowed, request_verification_enabled=False)
            heard: list[str] = []
            states: list[SocketState] = []

            @app.command("/paper")
            def paper(ack: Callable[[], None]) -> None:
                ack()
                heard.append("command")

            url = f"http://127.0.0.1:{slack.port}/api/"
            made = SlackSocket(app, "xapp-1", url, utc_now, states.append, timing)
            stack.callback(made.close)
            made.connect()
            return Listening(made, heard, states)

        yield start


def hello_then(act: Behaviour) -> Behaviour:
    def behave(peer: Peer) -> None:
        peer.say(HELLO)
        act(peer)

    return behave


def end(peer: Peer) -> None:
    """A FIN without a close frame."""


def half_a_frame(peer: Peer) -> None:
    peer.line.sendall(b"\x81\x7e\x10")


def half_a_frame_and_silence(peer: Peer) -> None:
    half_a_frame(peer)
    peer.wait_gone()


def not_a_frame(peer: Peer) -> None:
    peer.line.sendall(b"\xff\xff\xff\xff")
    peer.wait_gone()


def close_frame(peer: Peer) -> None:
    peer._protocol.send_close(1001)
    peer.flush()
    peer.wait_gone()


def ask_to_leave(peer: Peer) -> None:
    peer.say({"type": "disconnect", "reason": "refresh_requested"})
    for _ in peer.frames():
        pass


CUTS = {
    "a reset": [hello_then(Peer.reset)],
    "a FIN without a close frame": [hello_then(end)],
    "half a frame, then the end": [hello_then(half_a_frame)],
    "half a frame, then silence": [hello_then(half_a_frame_and_silence)],
    "no frame at all": [hello_then(not_a_frame)],
    "a close frame": [hello_then(close_frame)],
    "hello, then silence": [hello_then(Peer.wait_gone)],
    "a request to leave": [hello_then(ask_to_leave)],
    "six cuts in a row": [hello_then(Peer.reset), *[hello_then(end), end, Peer.reset, hello_then(end), end]],
    "silence without a hello": [hello_then(end), Peer.wait_gone],
    "three requests to leave": [hello_then(ask_to_leave)] * 3,
}


@pytest.mark.parametrize("cut", CUTS)
def test_slack_is_heard_again_after(cut: str, slack: FakeSlack, listen: Callable[..., Listening]) -> None:
    slack.behaviours += CUTS[cut]
    began = time.process_time()
    one = listen()
    wait_for(lambda: one.heard)
    wait_for(lambda: ACKS)
    assert ACKS[0]["envelope_id"] == "e1"
    wait_for(lambda: one.socket.state.connected)
    assert time.process_time() - began < 1.0


def test_a_server_that_is_killed_and_started_again_is_heard_again(
    slack: FakeSlack, listen: Callable[..., Listening], caplog: pytest.LogCaptureFixture
) -> None:
    one = listen()
    wait_for(lambda: one.heard)
    slack.stop()
    wait_for(lambda: not one.socket.state.connected)
    slack.start()
    wait_for(lambda: one.socket.state.connected)
    wait_for(lambda: len(one.heard) == 2)
    assert [state.connected for state in one.states] == [True, False, True]
    lost = [record for record in caplog.records if "socket lost" in record.message]
    assert len(lost) == 1, "an outage is said once"


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param(answer(200, '{"ok": false, "error": "internal_error"}'), id="an error of Slack's"),
        pytest.param(answer(503, "<html>"), id="a page"),
        pytest.param(answer(429, '{"ok": false, "error": "ratelimited"}', "Retry-After: 99999999999"), id="too fast"),
        pytest.param(answer(200, '{"ok": false, "error": "invalid_auth"}'), id="a token that is dead for a while"),
        pytest.param(answer(200, "[" * 100_000), id="deep JSON"),
        pytest.param(answer(200, '{"ok": true}'), id="no address"),
        pytest.param(answer(200, '{"ok": true, "url": "gopher://x"}'), id="no address of a socket"),
        pytest.param(answer(200, '{"ok": true, "url": "ws://127.0.0.1:1/"}'), id="an address where nobody listens"),
        pytest.param(b"", id="a cut"),
    ],
)
def test_a_link_that_is_refused_for_a_while_is_asked_for_again(
    refusal: bytes, slack: FakeSlack, listen: Callable[..., Listening]
) -> None:
    slack.behaviours.append(hello_then(lambda peer: leave.wait(SECONDS) and None))
    leave = threading.Event()
    one = listen()
    slack.links += [refusal, refusal]
    leave.set()
    wait_for(lambda: one.heard)
    assert slack.asked >= 4


def test_a_command_is_heard_while_slack_wants_us_to_leave(slack: FakeSlack, listen: Callable[..., Listening]) -> None:
    """The old connection is heard until the new one has been greeted, and no state between the two is told."""

    def leave_and_send(peer: Peer) -> None:
        peer.say({"type": "disconnect", "reason": "warning"})
        healthy(peer)

    slack.behaviours.append(hello_then(leave_and_send))
    one = listen()
    wait_for(lambda: len(one.heard) == 2)
    assert all(state.connected for state in one.states)


def test_the_first_connection_fails_in_words(slack: FakeSlack, listen: Callable[..., Listening]) -> None:
    slack.behaviours.append(lambda peer: peer.say({"type": "disconnect", "reason": "link_disabled"}))
    with pytest.raises(DeliveryDeferredError) as caught:
        listen()
    assert caught.value.values["error"] == "link_disabled"


def test_a_socket_that_is_switched_off_is_said_with_its_remedy(
    slack: FakeSlack, listen: Callable[..., Listening], caplog: pytest.LogCaptureFixture
) -> None:
    off: Behaviour = lambda peer: peer.say({"type": "disconnect", "reason": "link_disabled"})  # noqa: E731
    slack.behaviours += [hello_then(end), off, off]
    one = listen()
    wait_for(lambda: one.heard)
    assert "switch Socket Mode on in the app's settings" in caplog.text


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"[" * 100_000, id="deep JSON"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"nothing", id="no JSON"),
        pytest.param(b'{"type": "slash_commands", "envelope_id": "x", "payload": 3}', id="a strange payload"),
        pytest.param(b'{"type": 7, "envelope_id": {}}', id="strange fields"),
    ],
)
def test_a_message_that_is_none_costs_no_connection(
    sent: bytes, slack: FakeSlack, listen: Callable[..., Listening]
) -> None:
    def send(peer: Peer) -> None:
        peer._protocol.send_text(sent)
        healthy(peer)

    slack.behaviours.append(hello_then(send))
    one = listen()
    wait_for(lambda: one.heard)
    assert slack.opened == 1


def test_a_state_that_cannot_be_kept_makes_nobody_deaf(slack: FakeSlack, listen: Callable[..., Listening]) -> None:
    def full(_state: SocketState) -> None:
        raise StoreUnavailableError("store.full")

    slack.behaviours.append(hello_then(end))
    one = listen()
    one.socket._changed = full
    wait_for(lambda: one.heard)


def test_the_ticket_of_a_connection_is_never_in_the_log(
    slack: FakeSlack, listen: Callable[..., Listening], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="bot")
    slack.behaviours += [hello_then(end), hello_then(Peer.reset)]
    one = listen()
    wait_for(lambda: one.heard)
    assert "ticket" not in caplog.text


def test_nobody_is_deaf_for_longer_than_half_a_minute() -> None:
    timing = Timing()
    silence = 2 * timing.ping + timing.close
    a_new_connection = timing.open + timing.hello
    assert silence + a_new_connection < 30
    assert sum(timing.wait(failures) for failures in range(6)) + 1 < 30, "six cuts in a row"
    assert timing.wait(1_000) == timing.longest < 10
