"""A real WebClient against a small server that answers, drops, stalls and lies as told."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import URLError
from urllib.parse import parse_qs

import pytest

from bot.delivery.outbox import Claim, Place
from bot.delivery.pace import Pace
from bot.errors import (
    ChannelClosedError,
    DeliveryDeferredError,
    DeliveryRefusedError,
    DeliveryUnknownError,
    MessageGoneError,
    PayloadRefusedError,
    SettingsError,
)
from bot.messages.content import Content
from bot.sandbox.server import running
from bot.slack.client import identify, reading_client, sending_client, slack_proxy, translate, untokened
from bot.slack.failures import FAILURES, ONCE_MORE, Failure
from bot.slack.poster import SlackPoster, is_ts

NOW = datetime(2024, 4, 12, 9, tzinfo=UTC)
PACE = Pace()
BLOCKS = ({"type": "section", "text": {"type": "mrkdwn", "text": "*Rho-1*"}},)
CLAIM = Claim(1, Place("T1", "C1"), "a1b2", Content("Rho-1", BLOCKS), None, NOW, NOW + PACE.lease)

Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    server: "Server"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
        is_json = "json" in (self.headers["Content-Type"] or "")
        asked = json.loads(body or "{}") if is_json else {name: values[0] for name, values in parse_qs(body).items()}
        self.server.calls.append((self.path.rsplit("/", 1)[1], asked))
        answers = self.server.answers
        (answers.pop(0) if len(answers) > 1 else answers[0])(self)

    def log_message(self, *arguments: object) -> None:
        """Nothing: the tests look at what was asked."""

    def say(self, answer: object, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.send(json.dumps(answer).encode(), status, headers)

    def send(self, body: bytes, status: int = 200, headers: dict[str, str] | None = None, length: int = 0) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json; charset=utf-8", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length or len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.calls: list[tuple[str, dict]] = []
        self.answers: list[Answer] = [ok]
        self.go_on = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/api/"

    def handle_error(self, request, client_address) -> None:
        """A client that hung up first is part of the play."""


def ok(handler: Handler) -> None:
    handler.say({"ok": True, "ts": "1712912400.000100"})


def drops(handler: Handler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def resets(handler: Handler) -> None:
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    handler.connection.close()
    handler.close_connection = True


def stalls(handler: Handler) -> None:
    handler.server.go_on.wait(10)


def cut_short(handler: Handler) -> None:
    handler.send(b'{"ok": tr', length=500)
    handler.close_connection = True


def says(answer: object, status: int = 200, **headers: str) -> Answer:
    return lambda handler: handler.say(
        answer, status, {name.replace("_", "-"): value for name, value in headers.items()}
    )


def sends(body: bytes, status: int = 200) -> Answer:
    return lambda handler: handler.send(body, status)


def refuses(code: str) -> Answer:
    return says({"ok": False, "error": code})


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.go_on.set()
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.fixture
def poster(server: Server) -> SlackPoster:
    client = sending_client("xoxb-test", server.url, timeout=timedelta(seconds=0.5))
    return SlackPoster(client, lambda: NOW, PACE)


def test_a_message_is_sent_with_its_key_and_without_previews(poster, server):
    assert poster.post(CLAIM) == "1712912400.000100"
    assert server.calls == [
        (
            "chat.postMessage",
            {
                "channel": "C1",
                "text": "Rho-1",
                "blocks": list(BLOCKS),
                "metadata": {"event_type": "paperround_delivery", "event_payload": {"key": "a1b2"}},
                "unfurl_links": False,
                "unfurl_media": False,
            },
        )
    ]


def reply() -> Claim:
    return Claim(2, CLAIM.place, "c3d4", CLAIM.content, "1712912399.000100", NOW, NOW + PACE.lease)


def test_a_reply_names_its_thread(poster, server):
    poster.post(reply())
    assert server.calls[0][1]["thread_ts"] == "1712912399.000100"


def test_a_content_without_blocks_goes_as_plain_text(poster, server):
    poster.post(Claim(1, CLAIM.place, "a1b2", Content("2 * 3 * 4", ()), None, NOW, NOW))
    asked = server.calls[0][1]
    assert (asked["text"], asked["mrkdwn"], "blocks" in asked) == ("2 * 3 * 4", False, False)


@pytest.mark.parametrize("blocks", [BLOCKS, ()])
def test_an_update_says_all_that_is_to_stand_there_and_leaves_the_key_alone(poster, server, blocks):
    poster.update(replace(CLAIM, content=Content("Rho-1", blocks), op="update", target_ts="1.0"))
    # Slack's pages do not agree on what becomes of blocks that are not mentioned: an empty list takes them away.
    told = {"channel": "C1", "ts": "1.0", "text": "Rho-1", "blocks": list(blocks)}
    assert server.calls == [("chat.update", told)]


def test_a_text_that_slack_would_cut_is_not_sent(poster, server):
    with pytest.raises(PayloadRefusedError):
        poster.post(Claim(1, CLAIM.place, "a1b2", Content("가" * 40_001, ()), None, NOW, NOW))
    assert server.calls == []


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(drops, id="the line is dropped"),
        pytest.param(resets, id="the line is reset"),
        pytest.param(stalls, id="no answer in time"),
        pytest.param(cut_short, id="the answer is cut short"),
        pytest.param(sends(b"<html>busy</html>"), id="a proxy's page"),
        pytest.param(sends(b"<html>bad gateway</html>", 502), id="a gateway's page"),
        pytest.param(sends(b"<html>who are you</html>", 403), id="a firewall's page"),
        pytest.param(sends(b"\xff\xfe"), id="no text"),
        pytest.param(sends(b"[]"), id="an empty list"),
        pytest.param(sends(b'["ok"]'), id="a list"),
        pytest.param(sends(b"null"), id="null"),
        pytest.param(sends(b""), id="nothing"),
        pytest.param(says({"ok": True}), id="no ts"),
        pytest.param(says({"ok": False}), id="no code"),
        pytest.param(says({"ok": False, "error": "invalid_blocks"}, 500), id="500 whatever it says"),
        pytest.param(says({"ok": False, "error": "x"}, 503, Retry_After="1"), id="503"),
    ],
)
def test_what_may_have_arrived_is_unknown_and_is_asked_for_only_once(poster, server, answer):
    server.answers = [answer]
    with pytest.raises(DeliveryUnknownError):
        poster.post(CLAIM)
    assert len(server.calls) == 1


def test_a_slack_that_cannot_be_reached_got_nothing():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refuses
        client = sending_client("xoxb-test", f"http://127.0.0.1:{taken.getsockname()[1]}/api/")
        with pytest.raises(DeliveryDeferredError) as caught:
            SlackPoster(client, lambda: NOW, PACE).post(CLAIM)
    assert caught.value.retry_at == NOW + PACE.retry


def test_a_name_that_does_not_resolve_got_nothing(monkeypatch):
    def nobody(*arguments, **options):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    client = sending_client("xoxb-test", "http://slack.invalid/api/")
    with pytest.raises(DeliveryDeferredError):
        SlackPoster(client, lambda: NOW, PACE).post(CLAIM)


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        pytest.param(says({"ok": False, "error": "ratelimited"}, 429, Retry_After="17"), 17, id="429"),
        pytest.param(says({"ok": False, "error": "ratelimited"}, 429, retry_after="17"), 17, id="in small letters"),
        pytest.param(sends(b"slow down", 429), 30, id="429 without a word"),
        pytest.param(says({"ok": False, "error": "rate_limited"}, 200, Retry_After="2"), 2, id="as a code"),
        pytest.param(says({"ok": False, "error": "ratelimited"}, 429, Retry_After="soon"), 30, id="no number"),
        pytest.param(says({"ok": False, "error": "ratelimited"}, 429, Retry_After="inf"), 30, id="for ever"),
        pytest.param(says({"ok": False, "error": "ratelimited"}, 429, Retry_After="-5"), 0, id="in the past"),
    ],
)
def test_too_fast_waits_as_long_as_slack_says(poster, server, answer, seconds):
    server.answers = [answer]
    with pytest.raises(DeliveryDeferredError) as caught:
        poster.post(CLAIM)
    assert caught.value.retry_at == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize("reason", [BrokenPipeError(), ConnectionResetError(), TimeoutError()], ids=repr)
def test_a_line_that_breaks_while_we_send_may_have_carried_it(reason):
    assert isinstance(translate(URLError(reason), NOW), DeliveryUnknownError)


RAISED = {
    Failure.BUSY: DeliveryDeferredError,
    Failure.UNCLEAR: DeliveryUnknownError,
    Failure.NOT_DONE: DeliveryDeferredError,
    Failure.CHANNEL: ChannelClosedError,
    Failure.GONE: MessageGoneError,
    Failure.MESSAGE: DeliveryRefusedError,
    Failure.PAYLOAD: PayloadRefusedError,
    Failure.INSTALL: DeliveryDeferredError,
    Failure.SCOPE: DeliveryDeferredError,
}


@pytest.mark.parametrize("code", sorted(FAILURES))
def test_every_code_becomes_what_the_sender_does_next(poster, server, code):
    server.answers = [refuses(code)]
    with pytest.raises(RAISED[FAILURES[code]]) as caught:
        poster.post(replace(reply(), attempts=2))
    assert type(caught.value) is RAISED[FAILURES[code]]
    assert caught.value.values["error"] == code


@pytest.mark.parametrize("code", ["thread_not_found", "message_not_found", "cannot_reply_to_message"])
def test_a_message_that_replies_to_nothing_has_lost_no_parent(poster, server, code):
    server.answers = [refuses(code)]
    with pytest.raises(DeliveryRefusedError) as caught:
        poster.post(CLAIM)
    assert type(caught.value) is DeliveryRefusedError


def test_what_slack_did_not_do_is_waited_for_longer_each_time(poster, server):
    server.answers = [refuses("request_timeout")]
    for attempts in (1, 3, 100):
        with pytest.raises(DeliveryDeferredError) as caught:
            poster.post(replace(CLAIM, attempts=attempts))
        assert caught.value.retry_at == NOW + PACE.after(attempts)


@pytest.mark.parametrize("code", sorted(ONCE_MORE))
def test_an_update_that_failed_is_tried_once_more(poster, server, code):
    server.answers = [refuses(code)]
    change = replace(CLAIM, op="update", target_ts="1.0")
    with pytest.raises(DeliveryDeferredError):
        poster.update(change)
    with pytest.raises(DeliveryRefusedError):
        poster.update(replace(change, attempts=2))


def test_an_unheard_of_code_is_tried_again_a_few_times_then_refuses_the_message_alone(poster, server, caplog):
    server.answers = [refuses("brand_new_error")]
    waits = []
    for attempt in range(1, 6):
        with pytest.raises(DeliveryDeferredError) as caught:
            poster.post(replace(CLAIM, attempts=attempt))
        waits.append((caught.value.retry_at - NOW) / PACE.retry)
    assert waits == [PACE.after(attempt) / PACE.retry for attempt in range(1, 6)] == [1, 2, 4, 8, 16]
    assert [record.levelname for record in caplog.records if "brand_new_error" in record.message] == ["ERROR"] * 5
    with pytest.raises(DeliveryRefusedError) as refused:
        poster.post(replace(CLAIM, attempts=6))
    assert type(refused.value) is DeliveryRefusedError


def test_a_look_that_is_answered_with_an_unheard_of_code_only_waits(poster, server):
    server.answers = [refuses("brand_new_error")]
    with pytest.raises(DeliveryDeferredError):
        poster.find(replace(CLAIM, attempts=100))


def test_a_dead_token_waits_for_a_person_and_says_what_to_do(poster, server, caplog):
    server.answers = [says({"ok": False, "error": "missing_scope", "needed": "chat:write", "provided": "commands"})]
    with pytest.raises(DeliveryDeferredError) as caught:
        poster.post(CLAIM)
    assert caught.value.retry_at == NOW + PACE.operator
    assert "needed=chat:write" in caplog.text
    assert "install the app again" in caplog.text
    assert "xoxb" not in caplog.text


def test_a_refused_payload_says_where_it_is_wrong(poster, server):
    where = "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    server.answers = [says({"ok": False, "error": "invalid_blocks", "response_metadata": {"messages": [where]}})]
    with pytest.raises(PayloadRefusedError, match="json-pointer:/blocks/0/text/text"):
        poster.post(CLAIM)


def carrying(key: str, ts: str) -> dict:
    metadata = {"event_type": "paperround_delivery", "event_payload": {"key": key}}
    return {"ts": ts, "text": "Rho-1", "bot_id": "B1", "metadata": metadata}


def page(*messages: dict, cursor: str = "") -> Answer:
    return says({"ok": True, "messages": list(messages), "response_metadata": {"next_cursor": cursor}})


def test_a_message_is_found_by_its_key_from_a_little_before_its_claim(poster, server):
    server.answers = [page(carrying("zzzz", "3.0"), carrying("a1b2", "2.0"))]
    assert poster.find(CLAIM) == "2.0"
    [(method, asked)] = server.calls
    assert method == "conversations.history"
    assert (asked["channel"], asked["include_all_metadata"], asked["limit"]) == ("C1", "1", "15")
    assert (
        timedelta(hours=1) < NOW - datetime.fromtimestamp(float(asked["oldest"]), UTC) < timedelta(hours=1, minutes=1)
    )


def test_a_reply_is_looked_for_in_its_thread(poster, server):
    server.answers = [page({"ts": "1712912399.000100", "text": "parent"}, carrying("c3d4", "2.0"))]
    assert poster.find(reply()) == "2.0"
    [(method, asked)] = server.calls
    assert (method, asked["ts"]) == ("conversations.replies", "1712912399.000100")


def test_every_page_is_read_until_the_message_is_found(poster, server):
    server.answers = [
        page(carrying("x", "9.0"), cursor="p2"),
        page(cursor="p3"),
        page(carrying("a1b2", "2.0"), cursor="p4"),
    ]
    assert poster.find(CLAIM) == "2.0"
    assert [asked.get("cursor") for _, asked in server.calls] == [None, "p2", "p3"]


@pytest.mark.parametrize(
    ("back", "asked_back"),
    [
        pytest.param(timedelta(hours=20), timedelta(hours=20), id="a day's message"),
        pytest.param(timedelta(hours=-9), timedelta(hours=-9), id="our clock was far behind"),
        pytest.param(timedelta(days=90), timedelta(hours=25), id="a channel that slept"),
    ],
)
def test_it_is_looked_for_after_the_last_message_of_ours_by_slacks_own_clock(poster, server, back, asked_back):
    server.answers = [page()]
    poster.find(replace(CLAIM, after_ts=f"{(NOW - back).timestamp():.6f}"))
    assert server.calls[0][1]["oldest"] == f"{(NOW - asked_back).timestamp():.6f}"


def test_what_is_on_no_page_is_not_there(poster, server):
    server.answers = [page(carrying("x", "9.0"), cursor="p2"), page(carrying("y", "8.0"))]
    assert poster.find(CLAIM) is None
    assert len(server.calls) == 2


def test_a_server_that_ignores_cursors_is_not_asked_for_ever(poster, server):
    server.answers = [page(carrying("x", "9.0"), cursor="again")]
    assert poster.find(CLAIM) is None
    assert len(server.calls) == 2


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        pytest.param("Rho-1", "Rho-1", id="as it was"),
        pytest.param("see https://x.org/a?b=1&c=2", "see <https://x.org/a?b=1&amp;c=2>", id="a link and escapes"),
        pytest.param("<https://x.org|Rho-1> 새 논문", "<https://x.org|Rho-1>  새 논문", id="white space"),
        pytest.param("🔥 hot", ":fire: hot", id="emoji"),
    ],
)
def test_on_a_server_without_metadata_it_is_known_by_its_words(poster, server, sent, stored):
    server.answers = [page({"ts": "9.0", "text": "another"}, {"ts": "2.0", "text": stored, "bot_id": "B1"})]
    assert poster.find(Claim(1, CLAIM.place, "a1b2", Content(sent, ()), None, NOW, NOW)) == "2.0"


@pytest.mark.parametrize(
    "messages",
    [
        pytest.param([{"ts": "2.0", "text": "Rho-2"}], id="other words"),
        pytest.param([{"ts": "2.0", "text": "Rho-1", "client_msg_id": "u-1"}], id="typed by a person"),
        pytest.param([{"ts": "2.0", "text": "Rho-1"}, carrying("x", "1.0")], id="the server keeps metadata"),
        pytest.param([carrying("x", "1.0")], id="the same words of another message"),
        pytest.param([{"ts": "2.0"}, {"ts": "3.0", "text": None}], id="no words"),
        pytest.param([], id="an empty channel"),
    ],
)
def test_nothing_else_is_taken_for_it(poster, server, messages):
    server.answers = [page(*messages)]
    assert poster.find(CLAIM) is None


def test_a_message_without_letters_is_never_known_by_its_words(poster, server):
    server.answers = [page({"ts": "2.0", "text": ":tada:"})]
    assert poster.find(Claim(1, CLAIM.place, "a1b2", Content("🎉", ()), None, NOW, NOW)) is None


@pytest.mark.parametrize("code", ["thread_not_found", "message_not_found"])
def test_a_reply_whose_thread_is_gone_is_looked_for_in_the_channel(poster, server, code):
    server.answers = [refuses(code), page(carrying("c3d4", "2.0")), refuses(code), page()]
    assert poster.find(reply()) == "2.0"
    assert poster.find(reply()) is None
    assert [method for method, _ in server.calls] == ["conversations.replies", "conversations.history"] * 2


def busy(seconds: int = 60) -> Answer:
    return says({"ok": False, "error": "ratelimited"}, 429, Retry_After=str(seconds))


def test_a_look_that_slack_has_no_time_for_goes_on_where_it_was(poster, server):
    server.answers = [page(carrying("x", "9.0"), cursor="p2"), busy(), page(cursor="p3"), busy(), page()]
    for attempt in (2, 3):
        with pytest.raises(DeliveryDeferredError):
            poster.find(replace(CLAIM, attempts=attempt))
    assert poster.find(replace(CLAIM, attempts=4)) is None
    assert [asked.get("cursor") for _, asked in server.calls] == [None, "p2", "p2", "p3", "p3"]
    server.answers = [page(carrying("a1b2", "2.0"))]
    assert poster.find(CLAIM) == "2.0"
    assert server.calls[-1][1].get("cursor") is None


def test_a_look_that_breaks_begins_again(poster, server):
    server.answers = [page(cursor="p2"), drops, page()]
    with pytest.raises(DeliveryUnknownError):
        poster.find(CLAIM)
    poster.find(CLAIM)
    assert [asked.get("cursor") for _, asked in server.calls] == [None, "p2", None]


def test_a_look_that_would_outlast_its_claim_is_gone_on_with_by_the_next(poster, server):
    server.answers = [page(cursor="p2"), page(cursor="p3"), page(carrying("a1b2", "2.0"))]
    short = replace(CLAIM, lease_until=NOW + PACE.needed)
    for attempt in (2, 3):
        with pytest.raises(DeliveryDeferredError) as caught:
            poster.find(replace(short, attempts=attempt))
        assert caught.value.retry_at == NOW
    assert poster.find(replace(short, attempts=4)) == "2.0"
    assert [asked.get("cursor") for _, asked in server.calls] == [None, "p2", "p3"]


def test_a_channel_of_a_throttled_app_is_read_through_in_the_end(poster, server):
    server.answers = [page({"ts": "9.0", "text": "people talk"}, cursor="p2"), busy(), page(carrying("x", "2.0"))]
    with pytest.raises(DeliveryDeferredError):
        poster.recent(CLAIM.place, None, NOW, ())
    recent = poster.recent(CLAIM.place, None, NOW, ())
    assert (list(recent.ours), recent.newest_ts) == (["x"], "9.0")


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        pytest.param(refuses("missing_scope"), DeliveryDeferredError, id="no scope"),
        pytest.param(refuses("not_in_channel"), ChannelClosedError, id="no member"),
        pytest.param(
            says({"ok": False, "error": "ratelimited"}, 429, Retry_After="60"), DeliveryDeferredError, id="429"
        ),
        pytest.param(drops, DeliveryUnknownError, id="dropped"),
        pytest.param(stalls, DeliveryUnknownError, id="no answer in time"),
        pytest.param(says({"ok": False, "error": "internal_error"}, 500), DeliveryUnknownError, id="500"),
        pytest.param(sends(b'{"ok": true, "messages": {"1": 2}}'), DeliveryUnknownError, id="nonsense"),
    ],
)
def test_a_look_that_fails_says_so_rather_than_not_found(poster, server, answer, raised):
    server.answers = [answer]
    with pytest.raises(raised):
        poster.find(CLAIM)


def test_a_stalled_call_ends_at_its_timeout(poster, server):
    server.answers = [stalls]
    began = time.monotonic()
    with pytest.raises(DeliveryUnknownError):
        poster.post(CLAIM)
    assert 0.4 < time.monotonic() - began < 5


def drips(status: int = 200) -> Answer:
    """An answer a byte at a time, each well within any time-out of the socket."""

    def drip(handler: Handler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        with suppress(OSError):
            while not handler.server.go_on.wait(0.05):
                handler.wfile.write(b" ")

    return drip


@pytest.mark.parametrize("status", [200, 429, 500])
def test_an_answer_that_drips_ends_with_the_call(poster, server, status):
    server.answers = [drips(status)]
    began = time.monotonic()
    with pytest.raises(DeliveryUnknownError):
        poster.post(CLAIM)
    assert time.monotonic() - began < 5


def test_a_connection_that_comes_too_late_sends_nothing(poster, server, monkeypatch):
    connect = socket.create_connection

    def slowly(*arguments, **options):
        made = connect(*arguments, **options)
        time.sleep(0.6)  # the call has half a second, and no connection can be told so
        return made

    monkeypatch.setattr(socket, "create_connection", slowly)
    with pytest.raises(DeliveryUnknownError):
        poster.post(CLAIM)
    monkeypatch.undo()
    assert poster.find(CLAIM) is None
    assert [method for method, _ in server.calls] == ["conversations.history"]


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize(
    ("begins", "proxy"),
    [
        pytest.param(b"\x16\x03\x03\x40\x00", False, id="a TLS handshake"),  # the head of a message of 16,384 bytes
        pytest.param(b"HTTP/1.1 200 OK\r\nX: ", True, id="a proxy's tunnel"),
    ],
)
def test_a_connection_that_drips_before_anything_is_asked_ends_with_the_call(monkeypatch, begins, proxy, late):
    connect, gone = socket.create_connection, threading.Event()

    def slowly(*arguments, **options):
        made = connect(*arguments, **options)
        time.sleep(0.6)  # nothing can be broken off before there is a connection, and then the time is over
        return made

    def drip(listening: socket.socket) -> None:
        line, _ = listening.accept()
        ends = time.monotonic() + 5
        with line, suppress(OSError):
            line.sendall(begins)
            while not gone.wait(0.05) and time.monotonic() < ends:
                line.sendall(b"\0")

    if late:
        monkeypatch.setattr(socket, "create_connection", slowly)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=drip, args=(listening,))
        thread.start()
        address = f"127.0.0.1:{listening.getsockname()[1]}"
        if proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"http://{address}")
        api_url = "https://slack.invalid/api/" if proxy else f"https://{address}/api/"
        client = sending_client("xoxb-test", api_url, timeout=timedelta(seconds=0.5))
        began = time.monotonic()
        with pytest.raises(DeliveryUnknownError):
            SlackPoster(client, lambda: NOW, PACE).post(CLAIM)
        took = time.monotonic() - began
        gone.set()
        thread.join(10)
    assert took < 4


def test_the_token_says_who_we_are(server):
    server.answers = [says({"ok": True, "team_id": "T1", "team": "Lab", "user_id": "U1", "bot_id": "B1"})]
    identity = identify(sending_client("xoxb-test", server.url), NOW)
    assert (identity.team, identity.team_name, identity.user, identity.bot) == ("T1", "Lab", "U1", "B1")


def test_a_token_that_is_nobodys_is_said_with_its_code(server):
    server.answers = [refuses("invalid_auth")]
    with pytest.raises(DeliveryDeferredError, match="invalid_auth"):
        identify(sending_client("xoxb-test", server.url), NOW)


def test_a_reading_client_asks_once_more_where_the_line_drops(server):
    server.answers = [drops, says({"ok": True, "user": {}})]
    client = reading_client("xoxb-test", server.url, timeout=timedelta(seconds=5))
    assert client.users_info(user="U1")["ok"]
    assert len(server.calls) == 2


# The environment


@pytest.mark.parametrize("make", [sending_client, reading_client, lambda *given: untokened(sending_client(*given))])
def test_loopback_is_asked_without_the_environments_proxy(monkeypatch, make) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "localhost,127.0.0.1")
    with running(speed=0) as sandbox:
        client = make(sandbox.bot_token, sandbox.api_url)
        assert client.proxy is None
        assert client.auth_test(token=sandbox.bot_token)["ok"]


def test_slack_is_asked_through_the_proxy_of_the_environment(monkeypatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "no_proxy", "NO_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://us:p%23ss@proxy.example:3128")
    assert slack_proxy("https://slack.com/api/") == "http://us:p%23ss@proxy.example:3128"
    assert slack_proxy("wss://wss-primary.slack.com/link") == "http://us:p%23ss@proxy.example:3128"
    monkeypatch.setenv("NO_PROXY", "slack.com")
    assert slack_proxy("wss://wss-primary.slack.com/link") is None


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("https_proxy", "socks5://127.0.0.1:9"),
        ("HTTPS_PROXY", "127.0.0.1:port"),
        ("SSL_CERT_FILE", "/nonexistent"),
        ("SSLKEYLOGFILE", "/nonexistent/x"),
    ],
)
def test_a_variable_that_keeps_slack_from_being_reached_is_named(monkeypatch, variable, value) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as caught:
        sending_client("xoxb-1", "https://slack.com/api/")
    assert variable in str(caught.value)


# Answers nobody foresaw


def redirects(status: int) -> Answer:
    def answer(handler: Handler) -> None:
        handler.send(b"moved", status, {"Location": handler.server.url + "elsewhere"})

    return answer


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(server: Server, status: int) -> None:
    server.answers = [redirects(status), ok]
    with pytest.raises(DeliveryUnknownError):
        SlackPoster(sending_client("xoxb-1", server.url), lambda: NOW, PACE).post(CLAIM)
    assert [method for method, _ in server.calls] == ["chat.postMessage"]


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param(
            b'{"ok": true, "ts": "\xe9"}', {"Content-Type": "application/json; charset=klingon"}, id="charset"
        ),
        pytest.param(b'{"ok": true, "ts": "\xff"}', {}, id="not UTF-8"),
        pytest.param(b"[" * 200_000, {}, id="deep"),
        pytest.param(b'{"a":' * 200_000, {}, id="deep objects"),
        pytest.param(b"[1, 2]", {}, id="a list"),
        pytest.param(b'"words"', {}, id="a string"),
        pytest.param(b"null", {}, id="nothing"),
        pytest.param(b'{"ok": true}', {}, id="without ts"),
        pytest.param(b'{"ok": true, "ts": "soon"}', {}, id="a ts that is a word"),
        pytest.param(b'{"ok": true, "ts": 1712912400.0001}', {}, id="a ts that is a number"),
        pytest.param(b'{"ok": true, "ts": "nan"}', {}, id="a ts that is not a number"),
        pytest.param(b'{"ok": true, "ts": ["1712912400.000100"]}', {}, id="a ts in a list"),
        pytest.param(b'{"ok": 7, "error": {"a": 1}}', {}, id="an error of another shape"),
        pytest.param(b'{"ok": false, "error": ["invalid_auth"]}', {}, id="an error in a list"),
    ],
)
def test_an_answer_that_says_nothing_is_an_unknown_outcome(server: Server, body: bytes, headers: dict) -> None:
    server.answers = [lambda handler: handler.send(body, 200, headers)]
    with pytest.raises(DeliveryUnknownError):
        SlackPoster(sending_client("xoxb-1", server.url), lambda: NOW, PACE).post(CLAIM)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"ok": True, "messages": 5}, id="messages that are a number"),
        pytest.param({"ok": True, "messages": ["a", None]}, id="messages that are words"),
        pytest.param({"ok": True, "messages": {"ts": "1.1"}}, id="messages that are an object"),
        pytest.param({"ok": True, "messages": [{"ts": "1.1", "metadata": [1]}]}, id="metadata in a list"),
        pytest.param({"ok": True, "messages": [], "response_metadata": "x"}, id="a cursor of another shape"),
    ],
)
def test_a_page_of_another_shape_is_an_unknown_outcome(server: Server, answer: object) -> None:
    server.answers = [says(answer)]
    with pytest.raises(DeliveryUnknownError):
        SlackPoster(sending_client("xoxb-1", server.url), lambda: NOW, PACE).find(CLAIM)


def test_a_message_of_others_without_a_ts_is_passed_over(server: Server) -> None:
    mine = {"event_type": "paperround_delivery", "event_payload": {"key": CLAIM.key}}
    page = [{"text": "no ts"}, {"ts": "soon"}, {"ts": "1712912400.000100", "text": "Rho-1", "metadata": mine}]
    server.answers = [says({"ok": True, "messages": page})]
    poster = SlackPoster(sending_client("xoxb-1", server.url), lambda: NOW, PACE)
    assert poster.find(replace(CLAIM, after_ts="never")) == "1712912400.000100"


def test_a_message_of_ours_without_a_ts_is_not_taken_for_missing(server: Server) -> None:
    mine = {"event_type": "paperround_delivery", "event_payload": {"key": CLAIM.key}}
    server.answers = [says({"ok": True, "messages": [{"ts": "soon", "text": "Rho-1", "metadata": mine}]})]
    with pytest.raises(DeliveryUnknownError):
        SlackPoster(sending_client("xoxb-1", server.url), lambda: NOW, PACE).find(CLAIM)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("31536000000", 600), ("1e300", 600), ("0", 0), ("inf", 30), ("-5", 0), ("-inf", 30), ("nan", 30), ("soon", 30),
        ("", 30), ("Fri, 12 Apr 2024 09:01:00 GMT", 60), ("Fri, 12 Apr 3024 09:01:00 GMT", 600),
        ("Fri, 12 Apr 1024 09:01:00 GMT", 0), ("2.5", 2.5), ("99999999999999999999999999", 600),
    ],
)  # fmt: skip
def test_what_slack_asks_us_to_wait_has_bounds(server: Server, told: str, seconds: float) -> None:
    server.answers = [says({"ok": False, "error": "ratelimited"}, 429, retry_after=told)]
    with pytest.raises(DeliveryDeferredError) as caught:
        SlackPoster(sending_client("xoxb-1", server.url), lambda: NOW, PACE).post(CLAIM)
    assert caught.value.retry_at == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize("value", ["1712912400.000100", "1.1"])
def test_a_ts_is_two_numbers(value: str) -> None:
    assert is_ts(value)
    assert not is_ts(f"{value} ")
    assert not is_ts(f"-{value}")
    assert not is_ts(float(value))
