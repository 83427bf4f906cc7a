"""The switches, as the real slack_sdk meets them."""

from collections.abc import Callable
from http.client import IncompleteRead
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.sandbox.faults import Fault, Faults
from bot.sandbox.server import Running

HOME = "C0HOME0001"
POST = "chat.postMessage"


def texts(sandbox: Running) -> list[str]:
    return [message["text"] for message in sandbox.messages("home")]


def test_a_line_cut_after_the_post_leaves_the_message(sandbox: Running, client: WebClient) -> None:
    sandbox.fault("drop", POST)
    with pytest.raises(OSError, match=r"closed|reset"):
        client.chat_postMessage(channel=HOME, text="lost reply")
    assert texts(sandbox) == ["lost reply"]
    client.chat_postMessage(channel=HOME, text="next")
    assert texts(sandbox) == ["lost reply", "next"]


def test_a_line_cut_before_the_post_leaves_nothing(sandbox: Running, client: WebClient) -> None:
    sandbox.fault("drop_before", POST)
    with pytest.raises(OSError, match=r"closed|reset"):
        client.chat_postMessage(channel=HOME, text="a")
    assert texts(sandbox) == []


def test_the_default_client_posts_twice_where_the_line_is_cut(sandbox: Running) -> None:
    sandbox.fault("drop", POST)
    WebClient(sandbox.bot_token, base_url=sandbox.api_url).chat_postMessage(channel=HOME, text="twice")
    assert texts(sandbox) == ["twice", "twice"]


def test_half_an_answer_is_none(sandbox: Running, client: WebClient) -> None:
    sandbox.fault("cut", POST)
    with pytest.raises(IncompleteRead):
        client.chat_postMessage(channel=HOME, text="a")
    assert texts(sandbox) == ["a"]


def test_an_answer_may_come_later_than_the_client_waits(sandbox: Running) -> None:
    hasty = WebClient(sandbox.bot_token, base_url=sandbox.api_url, retry_handlers=[], timeout=1)
    sandbox.fault("delay", POST, seconds=20)
    with pytest.raises(TimeoutError):
        hasty.chat_postMessage(channel=HOME, text="late")
    assert texts(sandbox) == ["late"]


@pytest.mark.parametrize(
    ("kind", "values", "error", "status", "left"),
    [
        ("internal_error", {}, "internal_error", 200, []),
        ("fatal_error", {}, "fatal_error", 200, ["a"]),
        ("error", {"error": "team_access_not_granted"}, "team_access_not_granted", 200, []),
        ("error", {"error": "request_timeout", "commit": True}, "request_timeout", 200, ["a"]),
        ("ratelimited", {"retry_after": 7}, "ratelimited", 429, []),
    ],
)
def test_slack_may_say_no(
    sandbox: Running,
    client: WebClient,
    kind: str,
    values: dict[str, Any],
    error: str,
    status: int,
    left: list[str],
) -> None:
    sandbox.fault(kind, POST, **values)
    with pytest.raises(SlackApiError) as refused:
        client.chat_postMessage(channel=HOME, text="a")
    assert (refused.value.response["error"], refused.value.response.status_code) == (error, status)
    assert refused.value.response.headers.get("retry-after") == (str(values["retry_after"]) if status == 429 else None)
    assert texts(sandbox) == left


@pytest.mark.parametrize(("kind", "commit", "left"), [("http_500", False, []), ("http_503", True, ["a"])])
def test_slack_may_break(sandbox: Running, client: WebClient, kind: str, commit: bool, left: list[str]) -> None:
    sandbox.fault(kind, POST, commit=commit)
    with pytest.raises(SlackApiError) as refused:
        client.chat_postMessage(channel=HOME, text="a")
    assert refused.value.response.status_code == int(kind[-3:])
    assert texts(sandbox) == left


FAULTS: list[tuple[str, dict[str, Any], bool]] = [
    ("drop", {}, True),
    ("drop_before", {}, False),
    ("cut", {}, True),
    ("delay", {"seconds": 20}, True),
    ("delay", {"seconds": 20, "after_commit": False}, False),
    ("ratelimited", {}, False),
    ("http_500", {}, False),
    ("http_503", {"commit": True}, True),
    ("internal_error", {}, False),
    ("fatal_error", {}, True),
    ("error", {"error": "update_failed"}, False),
]


@pytest.mark.parametrize("method", ["chat.update", "chat.delete"])
@pytest.mark.parametrize(("kind", "values", "done"), FAULTS)
def test_an_update_and_a_deletion_go_wrong_in_every_way(
    sandbox: Running, client: WebClient, method: str, kind: str, values: dict[str, Any], done: bool
) -> None:
    stamps = [client.chat_postMessage(channel=HOME, text=text)["ts"] for text in ("a", "b")]
    hasty = WebClient(sandbox.bot_token, base_url=sandbox.api_url, retry_handlers=[], timeout=1)
    changed = {"chat.update": ["c", "d"], "chat.delete": []}[method]

    def act(number: int) -> None:
        arguments = {"channel": HOME, "ts": stamps[number], "text": "cd"[number]}
        hasty.api_call(method, json=arguments)

    sandbox.fault(kind, method, after=1, **values)
    act(0)
    with pytest.raises((SlackApiError, OSError, IncompleteRead)):
        act(1)
    assert texts(sandbox) == [*changed[:1], *(changed[1:] if done else ["b"])]
    assert sandbox.faults() == []


def test_a_direct_message_may_fail_to_open(sandbox: Running, client: WebClient) -> None:
    sandbox.fault("error", "conversations.open", count=2, error="user_disabled")
    for _ in range(2):
        with pytest.raises(SlackApiError, match="user_disabled"):
            client.conversations_open(users="U0ANNA0001")
    assert client.conversations_open(users="U0ANNA0001")["ok"]


@pytest.mark.parametrize("error", ["missing_scope", "not_in_channel", "ratelimited"])
def test_history_may_be_unreadable_for_as_long_as_the_switch_stands(
    sandbox: Running, client: WebClient, error: str
) -> None:
    ts = client.chat_postMessage(channel=HOME, text="a")["ts"]
    sandbox.fault("unreadable_history", channel="home", error=error, retry_after=3)
    for read in (client.conversations_history, client.conversations_history, client.conversations_replies):
        with pytest.raises(SlackApiError) as refused:
            read(channel=HOME, ts=ts)
        answer = refused.value.response
        assert answer["error"] == error
        assert answer.get("needed") == ("channels:history" if error == "missing_scope" else None)
        assert answer.headers.get("retry-after") == ("3" if error == "ratelimited" else None)
    direct = client.chat_postMessage(channel="U0ANNA0001", text="b")["channel"]
    assert client.conversations_history(channel=direct)["ok"]
    sandbox.fault("internal_error", "auth.test")
    sandbox.clear_faults("unreadable_history")
    assert client.conversations_history(channel=HOME)["ok"]
    assert [fault["kind"] for fault in sandbox.faults()] == ["internal_error"]


def test_a_message_may_be_too_old_to_be_changed(sandbox: Running, client: WebClient) -> None:
    ts = client.chat_postMessage(channel=HOME, text="a")["ts"]
    sandbox.fault("edit_window", seconds=60)
    client.chat_update(channel=HOME, ts=ts, text="b")
    sandbox.fault("edit_window")
    with pytest.raises(SlackApiError, match="edit_window_closed"):
        client.chat_update(channel=HOME, ts=ts, text="c")
    client.chat_delete(channel=HOME, ts=ts)


def test_a_reply_to_nothing_may_be_taken_into_the_channel(sandbox: Running, client: WebClient) -> None:
    sandbox.fault("unthread")
    answer = client.chat_postMessage(channel=HOME, text="a", thread_ts="1712912399.000100")
    assert "thread_ts" not in answer["message"]
    assert [m["text"] for m in client.conversations_history(channel=HOME)["messages"]] == ["a"]


def test_a_switch_acts_as_often_and_on_what_it_says(sandbox: Running, client: WebClient) -> None:
    sandbox.fault("internal_error", "chat.*", count=2, after=1, channel="home")
    assert [f["kind"] for f in sandbox.faults()] == ["internal_error"]
    client.auth_test()
    client.chat_postMessage(channel="U0ANNA0001", text="another channel")
    client.chat_postMessage(channel=HOME, text="let through")
    for _ in range(2):
        with pytest.raises(SlackApiError):
            client.chat_postMessage(channel=HOME, text="a")
    client.chat_postMessage(channel=HOME, text="over")
    assert texts(sandbox) == ["let through", "over"]
    assert sandbox.faults() == []


def test_a_switch_without_end_stands_until_it_is_cleared() -> None:
    faults = Faults()
    faults.add(Fault("internal_error", count=0))
    assert all(faults.take("auth.test", None) for _ in range(5))
    faults.clear()
    assert faults.take("auth.test", None) is None


def test_an_unknown_switch_is_refused(sandbox: Running) -> None:
    with pytest.raises(ValueError, match="there are drop"):
        sandbox.fault("earthquake")


@pytest.mark.parametrize(
    ("kind", "values", "error"),
    [
        ("archive", {"channel": "home"}, "is_archived"),
        ("remove_member", {"channel": "home", "who": "reader"}, "not_in_channel"),
        ("drop_scope", {"scope": "chat:write"}, "missing_scope"),
        ("revoke", {}, "token_revoked"),
    ],
)
def test_the_world_may_change_under_the_bot(
    sandbox: Running, client: WebClient, kind: str, values: dict[str, Any], error: str
) -> None:
    sandbox.fault(kind, **values)
    with pytest.raises(SlackApiError, match=error):
        client.chat_postMessage(channel=HOME, text="a")


def test_a_message_may_be_deleted_and_a_channel_renamed(sandbox: Running, client: WebClient) -> None:
    ts = client.chat_postMessage(channel=HOME, text="a")["ts"]
    sandbox.fault("delete_message", channel="home", ts=ts)
    assert texts(sandbox) == []
    sandbox.fault("rename", channel="home", name="house")
    assert client.conversations_info(channel=HOME)["channel"]["name"] == "house"
    with pytest.raises(SlackApiError, match="channel_not_found"):
        client.chat_postMessage(channel="#home", text="a")


def test_a_channel_may_change_its_id_and_keeps_its_messages(sandbox: Running, client: WebClient) -> None:
    client.chat_postMessage(channel=HOME, text="a")
    sandbox.fault("change_id", channel="home", to="C0HOME0002")
    assert texts(sandbox) == ["a"]
    assert client.conversations_info(channel="C0HOME0002")["channel"]["name"] == "home"
    with pytest.raises(SlackApiError, match="channel_not_found"):
        client.chat_postMessage(channel=HOME, text="a")


def test_another_kind_of_server_keeps_no_metadata_and_cuts_no_pages(sandbox: Running, client: WebClient) -> None:
    sandbox.fault("drop_metadata")
    sandbox.fault("no_paging")
    for _ in range(3):
        client.chat_postMessage(channel=HOME, text="a", metadata={"event_type": "x", "event_payload": {}})
    answer = client.conversations_history(channel=HOME, limit=1, include_all_metadata=True)
    assert ["metadata" in message for message in answer["messages"]] == [False] * 3
    assert answer["response_metadata"]["next_cursor"] == ""


def test_pages_may_be_shorter_than_asked(sandbox: Running, client: WebClient) -> None:
    sandbox.fault("short_pages", limit=2)
    pages: list[Callable[..., Any]] = [p["channels"] for p in client.conversations_list(limit=100)]
    assert [len(page) for page in pages] == [2, 1]


def test_history_may_be_limited_as_for_an_app_outside_the_marketplace(sandbox: Running, client: WebClient) -> None:
    for n in range(20):
        client.chat_postMessage(channel=HOME, text=str(n))
    sandbox.fault("history_limit")
    assert len(client.conversations_history(channel=HOME, limit=200)["messages"]) == 15
    with pytest.raises(SlackApiError, match="ratelimited"):
        client.conversations_history(channel=HOME)
