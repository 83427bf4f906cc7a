"""What the page is told, and only that."""

import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from slack_sdk import WebClient
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as open_socket

from bot.sandbox.server import Running

HOME, ANNA = "C0HOME0001", "U0ANNA0001"


@pytest.fixture
def live(sandbox: Running) -> Iterator[ClientConnection]:
    """What boris's page hears."""
    with open_socket(sandbox.url.replace("http", "ws") + "/page/live?user=U0BORIS001") as line:
        yield line


def hear(line: ClientConnection) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(line.recv(timeout=5))
    return told


def ask(sandbox: Running, path: str, body: str | None = None, **headers: str) -> int:
    address = urlsplit(sandbox.url)
    line = http.client.HTTPConnection(address.hostname or "", address.port, timeout=5)
    line.request("GET" if body is None else "POST", path, body, headers)
    status = line.getresponse().status
    line.close()
    return status


def test_state_is_what_one_user_may_see(sandbox: Running, client: WebClient) -> None:
    client.chat_postMessage(channel=HOME, text="hello")
    state = sandbox.state("boris")
    assert state["me"]["name"] == "boris"
    assert [c["name"] for c in state["channels"]] == ["open", "home", "old"]
    assert "secret" in [c["name"] for c in sandbox.state("anna")["channels"]]
    assert [m["text"] for m in state["messages"][HOME]] == ["hello"]
    assert state["commands"][0] == {"command": "/read", "description": "Reads", "usage_hint": ""}
    assert {u["name"]: u["is_bot"] for u in state["users"]}["slackbot"] is True
    assert state["users"][0] == {
        "id": ANNA,
        "name": "anna",
        "real_name": "Anna Lind",
        "locale": "ko-KR",
        "tz": "Asia/Seoul",
        "color": "9f69e7",
        "is_bot": False,
    }


def test_messages_are_told_as_they_come_change_and_go(
    sandbox: Running, client: WebClient, live: ClientConnection
) -> None:
    ts = client.chat_postMessage(channel=HOME, text="a")["ts"]
    told = hear(live)
    assert (told["type"], told["channel"], told["message"]["text"]) == ("message", HOME, "a")
    client.chat_postMessage(channel=HOME, text="reply", thread_ts=ts)
    assert hear(live)["message"]["text"] == "reply"
    told = hear(live)
    assert (told["type"], told["message"]["ts"], told["message"]["reply_count"]) == ("changed", ts, 1)
    reply = told["message"]["latest_reply"]
    client.chat_update(channel=HOME, ts=ts, text="b")
    assert hear(live)["message"]["text"] == "b"
    client.chat_delete(channel=HOME, ts=reply)
    assert hear(live) == {"type": "deleted", "channel": HOME, "ts": reply}
    told = hear(live)
    assert (told["type"], told["message"]["ts"], "reply_count" in told["message"]) == ("changed", ts, False)


def test_private_matters_are_told_to_whom_they_concern(
    sandbox: Running, client: WebClient, live: ClientConnection
) -> None:
    sandbox.send("anna", "secret", "not for boris")
    client.chat_postEphemeral(channel=HOME, user=ANNA, text="not for boris")
    client.chat_postEphemeral(channel=HOME, user="U0BORIS001", text="for boris")
    told = hear(live)
    assert (told["type"], told["message"]["text"], told["message"]["is_ephemeral"]) == ("ephemeral", "for boris", True)
    sandbox.invite("anna", "secret", "boris")
    assert hear(live) == {"type": "channels"}


def test_direct_messages_appear_with_the_other_side(sandbox: Running, live: ClientConnection) -> None:
    channel = sandbox.dm("boris", "reader")
    assert hear(live) == {"type": "channels"}
    [direct] = [c for c in sandbox.state("boris")["channels"] if c["is_im"]]
    assert (direct["id"], direct["user"]) == (channel, "U0READER01")


def test_nothing_of_another_site_is_answered(sandbox: Running) -> None:
    port = urlsplit(sandbox.url).port
    assert ask(sandbox, "/page/state") == 200
    assert ask(sandbox, "/page/state", Host=f"localhost:{port}") == 200
    assert ask(sandbox, "/page/state", Host="evil.example") == 403
    assert ask(sandbox, "/page/state", Host=f"evil.example:{port}") == 403
    assert ask(sandbox, "/page/state", Origin="https://evil.example") == 403
    assert ask(sandbox, "/faults", '{"kind": "revoke"}', Origin="https://evil.example") == 403
    assert ask(sandbox, "/page/state", Origin=sandbox.url) == 200
    live = sandbox.url.replace("http", "ws") + "/page/live?user=U0BORIS001"
    with pytest.raises(InvalidStatus), open_socket(live, origin="https://evil.example"):
        pass
    with open_socket(live, origin=sandbox.url):
        pass


def test_half_a_character_leaves_the_page_as_it_was(sandbox: Running) -> None:
    said = r'{"user": "anna", "channel": "home", "text": "half \ud83d whole \ud83d\ude00"}'
    assert ask(sandbox, "/page/send", said) == 200
    assert ask(sandbox, "/page/state") == 200
    texts = [message["text"] for message in sandbox.workspace.channels[HOME].messages.values()]
    assert "half \ufffd whole \U0001f600" in texts
    post = r'{"channel": "C0HOME0001", "text": "of a bot \ud800"}'
    assert ask(sandbox, "/api/chat.postMessage", post, **{"Content-Type": "application/json"}) == 200
    assert ask(sandbox, "/page/state") == 200


@pytest.mark.parametrize("count", ["1e999", "-1e999", "[]"])
def test_a_count_that_is_none_is_refused(sandbox: Running, count: str) -> None:
    assert ask(sandbox, "/faults", f'{{"kind": "error", "count": {count}}}') == 400


def test_questions_that_make_no_sense_are_refused(sandbox: Running) -> None:
    assert ask(sandbox, "/page/send", "no JSON") == 400
    assert ask(sandbox, "/page/state?user=nobody") == 404
    assert ask(sandbox, "/nowhere") == 404
    assert sandbox.send("nobody", "home", "a")["error"] == "user_not_found"
    assert sandbox.send("anna", "nowhere", "a")["error"] == "channel_not_found"


def test_waiting_ends_with_a_change_or_its_time(sandbox: Running) -> None:
    with pytest.raises(TimeoutError):
        sandbox.wait_for(lambda: None, seconds=0.05)
    assert sandbox.wait_for(lambda: "at once") == "at once"
