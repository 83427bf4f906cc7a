"""What people do, answered by the real Bolt."""

import threading
from collections.abc import Callable
from queue import Queue
from typing import Any

import pytest
from slack_bolt import Ack, App, Respond, Say
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from bot.sandbox.server import Running

HOME, OPEN, SECRET = "C0HOME0001", "C0OPEN0001", "C0SECRET01"
ANNA = "U0ANNA0001"
Connect = Callable[[App], SocketModeHandler]


def button(action_id: str = "go", value: str = "1") -> dict[str, Any]:
    return {"type": "button", "action_id": action_id, "value": value, "text": {"type": "plain_text", "text": "Go"}}


MENU = {
    "type": "overflow",
    "action_id": "menu",
    "options": [{"text": {"type": "plain_text", "text": w}, "value": w} for w in ("show", "share")],
}
CLICKABLE = [{"type": "actions", "block_id": "bar", "elements": [button(), MENU]}]


# Commands


def test_a_command_carries_what_slack_tells(sandbox: Running, app: App, connect: Connect) -> None:
    told: list[dict[str, Any]] = []

    @app.command("/read")
    def read(ack: Ack, command: dict[str, Any]) -> None:
        told.append(command)
        ack()

    connect(app)
    typed = "tag:moe  “상태 공간” @boris <x> & y"
    assert sandbox.send("anna", "open", f"/read {typed}") == {"ok": True}
    [command] = told
    assert command["text"] == typed
    assert (command["command"], command["channel_id"], command["channel_name"]) == ("/read", OPEN, "open")
    assert (command["user_id"], command["user_name"], command["team_id"]) == (ANNA, "anna", "T0CLUB0001")
    assert (command["api_app_id"], command["is_enterprise_install"]) == ("A0READER01", "false")
    assert command["response_url"].startswith(f"{sandbox.url}/response/")
    assert command["trigger_id"]
    assert "thread_ts" not in command
    assert sandbox.messages("open") == []


def test_a_command_that_escapes_hands_ids(sandbox: Running, app: App, connect: Connect) -> None:
    told: list[str] = []

    @app.command("/whole")
    def whole(ack: Ack, command: dict[str, Any]) -> None:
        told.append(command["text"])
        ack()

    connect(app)
    sandbox.send("anna", "home", "/whole @boris in #open <")
    assert told == ["<@U0BORIS001|boris> in <#C0OPEN0001|open> &lt;"]


def test_an_acknowledgement_may_be_the_answer(sandbox: Running, app: App, connect: Connect) -> None:
    app.command("/read")(lambda ack: ack(text="privately"))
    app.command("/whole")(lambda ack: ack(response_type="in_channel", text="to all"))
    connect(app)
    sandbox.send("anna", "home", "/read")
    assert [e["text"] for e in sandbox.ephemerals("anna")] == ["privately"]
    assert sandbox.ephemerals("boris") == []
    sandbox.send("anna", "home", "/whole words")
    assert [(m["user"], m["text"]) for m in sandbox.messages("home")] == [
        (ANNA, "/whole words"),
        ("U0READER01", "to all"),
    ]


@pytest.mark.parametrize("ack_seconds", [0.4])
def test_a_command_nobody_acknowledges_fails_before_ones_eyes(sandbox: Running, app: App, connect: Connect) -> None:
    answer = sandbox.send("anna", "home", "/read")
    assert (answer["ok"], answer["error"]) == (False, "dispatch_failed")
    done = threading.Event()

    @app.command("/read")
    def read(ack: Ack) -> None:
        done.wait(5)
        ack()

    connect(app)
    answer = sandbox.send("anna", "home", "/read")
    done.set()
    assert answer["message"] == '/read failed with the error "operation_timeout"'


@pytest.mark.parametrize(("text", "error"), [("/nothing", "unknown_command"), ("  ", "no_text")])
def test_what_is_no_command_and_no_message_is_refused(sandbox: Running, text: str, error: str) -> None:
    assert sandbox.send("anna", "home", text)["error"] == error


def test_commands_are_refused_in_threads(sandbox: Running, client: WebClient) -> None:
    ts = client.chat_postMessage(channel=HOME, text="a")["ts"]
    answer = sandbox.send("anna", "home", "/read", thread_ts=ts)
    assert answer["message"] == "/read is not supported in threads. Sorry!"


def test_a_command_may_be_answered_where_the_bot_is_no_member(sandbox: Running, app: App, connect: Connect) -> None:
    @app.command("/read")
    def read(ack: Ack, respond: Respond) -> None:
        ack()
        respond(text="from outside", response_type="in_channel")

    connect(app)
    sandbox.send("anna", "secret", "/read")
    sandbox.wait_for(lambda: [m["text"] for m in sandbox.messages("secret", "anna")] == ["/read", "from outside"])


# Clicks


def test_a_click_on_a_message_tells_the_message(
    sandbox: Running, app: App, client: WebClient, connect: Connect
) -> None:
    told: list[dict[str, Any]] = []

    @app.action("go")
    def go(ack: Ack, body: dict[str, Any]) -> None:
        told.append(body)
        ack()

    connect(app)
    ts = client.chat_postMessage(channel=HOME, text="pick", blocks=CLICKABLE)["ts"]
    assert sandbox.act("anna", "home", "go", ts=ts) == {"ok": True}
    [body] = told
    assert body["type"] == "block_actions"
    assert body["container"] == {"type": "message", "message_ts": ts, "channel_id": HOME, "is_ephemeral": False}
    assert body["message"]["text"] == "pick"
    assert body["user"]["id"] == ANNA
    assert body["channel"] == {"id": HOME, "name": "home"}
    [action] = body["actions"]
    assert (action["action_id"], action["block_id"], action["value"]) == ("go", "bar", "1")
    assert body["response_url"]
    assert body["trigger_id"]


def test_a_click_on_a_private_answer_tells_its_place_only(
    sandbox: Running, app: App, client: WebClient, connect: Connect
) -> None:
    told: list[dict[str, Any]] = []

    @app.action("menu")
    def menu(ack: Ack, body: dict[str, Any]) -> None:
        told.append(body)
        ack()

    connect(app)
    client.chat_postEphemeral(channel=HOME, user=ANNA, text="pick", blocks=CLICKABLE)
    [seen] = sandbox.ephemerals("anna")
    sandbox.act("anna", "home", "menu", ephemeral_id=seen["id"], selected_option="share")
    [body] = told
    assert body["container"]["is_ephemeral"] is True
    assert "message" not in body
    assert body["actions"][0]["selected_option"]["value"] == "share"
    assert sandbox.act("boris", "home", "menu", ephemeral_id=seen["id"])["error"] == "message_not_found"


def test_one_clicks_only_what_is_there(sandbox: Running, client: WebClient) -> None:
    ts = client.chat_postMessage(channel=HOME, text="pick", blocks=CLICKABLE)["ts"]
    assert sandbox.act("anna", "home", "other", ts=ts)["error"] == "action_not_found"
    assert sandbox.act("anna", "home", "menu", ts=ts, selected_option="steal")["error"] == "option_not_found"
    assert sandbox.act("anna", "home", "go", ts="1.0")["error"] == "message_not_found"
    assert sandbox.act("anna", "home", "go", ts=ts)["error"] == "operation_timeout"


def test_an_answer_replaces_the_private_message_clicked_on(
    sandbox: Running, app: App, client: WebClient, connect: Connect
) -> None:
    @app.action("go")
    def go(ack: Ack, respond: Respond) -> None:
        ack()
        respond(text="page two", replace_original=True)

    connect(app)
    client.chat_postEphemeral(channel=HOME, user=ANNA, text="page one", blocks=CLICKABLE)
    [seen] = sandbox.ephemerals("anna")
    sandbox.act("anna", "home", "go", ephemeral_id=seen["id"])
    sandbox.wait_for(lambda: [(e["id"], e["text"]) for e in sandbox.ephemerals("anna")] == [(seen["id"], "page two")])
    assert "blocks" not in sandbox.ephemerals("anna")[0]


# Words


def test_a_mention_is_a_message_and_a_mention(sandbox: Running, app: App, connect: Connect) -> None:
    heard: list[tuple[str, str]] = []
    both = threading.Semaphore(0)

    def note(event: dict[str, Any]) -> None:
        heard.append((event["type"], event["ts"]))
        both.release()

    app.event("app_mention")(note)
    app.event("message")(note)
    connect(app)
    ts = sandbox.send("anna", "home", "@reader find moe")["ts"]
    assert both.acquire(timeout=5)
    assert both.acquire(timeout=5)
    assert sorted(heard) == [("app_mention", ts), ("message", ts)]
    message = sandbox.messages("home")[-1]
    assert message["text"] == "<@U0READER01> find moe"
    assert message["blocks"][0]["type"] == "rich_text"


def test_a_mention_is_answered_in_its_thread(sandbox: Running, app: App, connect: Connect) -> None:
    @app.event("app_mention")
    def mention(event: dict[str, Any], say: Say) -> None:
        say(text="here", thread_ts=event.get("thread_ts", event["ts"]))

    app.event("message")(lambda event: None)
    connect(app)
    ts = sandbox.send("anna", "home", "@reader hello")["ts"]
    [parent, reply] = sandbox.wait_for(lambda: sandbox.messages("home") if len(sandbox.messages("home")) > 1 else None)
    assert (reply["text"], reply["thread_ts"], parent["reply_count"]) == ("here", ts, 1)


def test_a_direct_message_is_heard(sandbox: Running, app: App, connect: Connect) -> None:
    heard: list[dict[str, Any]] = []
    one = threading.Event()

    @app.event("message")
    def message(event: dict[str, Any]) -> None:
        heard.append(event)
        one.set()

    connect(app)
    channel = sandbox.dm("anna", "reader")
    sandbox.send("anna", channel, "hello")
    assert one.wait(5)
    assert (heard[0]["channel_type"], heard[0]["channel"], heard[0]["text"]) == ("im", channel, "hello")


def test_someone_mentioned_who_is_not_there_is_pointed_out(sandbox: Running) -> None:
    sandbox.send("anna", "open", "@reader are you here?")
    assert "not in this channel" in sandbox.ephemerals("anna")[0]["text"]


def test_an_invited_bot_hears_that_it_was_and_may_then_post(
    sandbox: Running, app: App, client: WebClient, connect: Connect
) -> None:
    joined: list[dict[str, Any]] = []
    one = threading.Event()

    @app.event("member_joined_channel")
    def member(event: dict[str, Any]) -> None:
        joined.append(event)
        one.set()

    app.event("message")(lambda event: None)
    connect(app)
    assert sandbox.invite("boris", "secret", "reader")["error"] == "channel_not_found"
    assert sandbox.invite("anna", "secret", "reader") == {"ok": True}
    assert one.wait(5)
    event = joined[0]
    assert (event["user"], event["channel"], event["channel_type"]) == ("U0READER01", SECRET, "G")
    assert event["inviter"] == ANNA
    assert client.chat_postMessage(channel=SECRET, text="thanks")["ok"]


def test_one_speaks_only_where_one_is(sandbox: Running) -> None:
    assert sandbox.send("boris", "secret", "hello")["error"] == "channel_not_found"
    assert sandbox.send("boris", "old", "hello")["error"] == "not_in_channel"
    assert sandbox.send("anna", "old", "hello")["error"] == "is_archived"


def test_a_bot_hears_nothing_of_channels_it_is_not_in(sandbox: Running, app: App, connect: Connect) -> None:
    heard: list[str] = []
    last = threading.Event()

    @app.event("message")
    def message(event: dict[str, Any]) -> None:
        heard.append(event["text"])
        if event["text"] == "last":
            last.set()

    connect(app)
    sandbox.send("anna", "open", "first @reader")
    sandbox.send("anna", "home", "last")
    assert last.wait(5)
    assert heard == ["last"]


# What one said, changed


def test_people_change_and_take_back_what_they_said_and_bots_hear_of_it(
    sandbox: Running, app: App, connect: Connect
) -> None:
    heard: Queue[dict[str, Any]] = Queue()
    app.event({"type": "message", "subtype": None})(lambda: None)
    app.event({"type": "message", "subtype": ("message_changed", "message_deleted")})(lambda event: heard.put(event))
    connect(app)
    ts = sandbox.send("anna", "home", "first <x>")["ts"]
    assert sandbox.edit("anna", "home", ts, "second @boris")["ok"]
    told = heard.get(timeout=10)
    [message] = sandbox.messages("home")
    assert (message["ts"], message["text"]) == (ts, "second <@U0BORIS001>")
    assert message["edited"]["user"] == ANNA
    assert (told["message"]["text"], told["previous_message"]["text"]) == (message["text"], "first &lt;x&gt;")
    assert sandbox.edit("boris", "home", ts, "not mine")["error"] == "cant_update_message"
    assert sandbox.delete("boris", "home", ts)["error"] == "cant_delete_message"
    assert sandbox.edit("anna", "home", ts, "  ")["error"] == "no_text"
    assert sandbox.delete("anna", "home", ts)["ok"]
    assert heard.get(timeout=10)["deleted_ts"] == ts
    assert sandbox.messages("home") == []
    assert sandbox.edit("anna", "home", ts, "too late")["error"] == "message_not_found"
