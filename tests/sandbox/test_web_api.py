"""The Web API's rules, asked by the real slack_sdk."""

import http.client
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from bot.sandbox.server import Running, running

HOME, OPEN, SECRET, OLD = "C0HOME0001", "C0OPEN0001", "C0SECRET01", "C0OLD00001"
ANNA, BORIS = "U0ANNA0001", "U0BORIS001"


def refusal(act: Callable[[], object]) -> SlackResponse:
    with pytest.raises(SlackApiError) as refused:
        act()
    return refused.value.response


def raw(
    sandbox: Running, method: str, path: str, body: str | None = None, **headers: str
) -> tuple[int, dict[str, Any] | str]:
    address = urlsplit(sandbox.url)
    line = http.client.HTTPConnection(address.hostname or "", address.port, timeout=5)
    line.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = line.getresponse()
    text = answer.read().decode()
    line.close()
    return answer.status, json.loads(text) if text.startswith("{") else text


# Tokens and transport


@pytest.mark.parametrize(
    ("token", "error"), [("xoxb-unknown", "invalid_auth"), ("xapp-reader", "not_allowed_token_type")]
)
def test_a_token_must_be_known_and_of_the_right_kind(sandbox: Running, token: str, error: str) -> None:
    answer = refusal(lambda: WebClient(token, base_url=sandbox.api_url).auth_test())
    assert (answer["error"], answer.status_code) == (error, 200)


def test_no_token_is_not_authed_and_json_carries_none(sandbox: Running) -> None:
    assert raw(sandbox, "POST", "/api/auth.test")[1] == {"ok": False, "error": "not_authed"}
    body = json.dumps({"token": "xoxb-reader"})
    assert raw(sandbox, "POST", "/api/auth.test", body, Content_Type="application/json")[1] == {
        "ok": False,
        "error": "not_authed",
    }
    form = "application/x-www-form-urlencoded"
    answer = raw(sandbox, "POST", "/api/auth.test", "token=xoxb-reader", Content_Type=form)[1]
    assert isinstance(answer, dict)
    assert answer["user"] == "reader"


def test_a_revoked_token_says_so_until_the_switches_are_cleared(sandbox: Running, client: WebClient) -> None:
    sandbox.fault("revoke", error="account_inactive")
    assert refusal(client.auth_test)["error"] == "account_inactive"
    sandbox.clear_faults()
    assert client.auth_test()["team"] == "Club"


def test_the_app_token_opens_connections_from_the_header_alone(sandbox: Running, client: WebClient) -> None:
    answer = client.apps_connections_open(app_token="xapp-reader")
    assert str(answer["url"]).startswith("ws://127.0.0.1:")
    assert refusal(lambda: client.apps_connections_open(app_token="xoxb-reader"))["error"] == "not_allowed_token_type"
    form = "application/x-www-form-urlencoded"
    answer = raw(sandbox, "POST", "/api/apps.connections.open", "token=xapp-reader", Content_Type=form)[1]
    assert answer == {"ok": False, "error": "not_authed"}


def test_scopes_are_checked_and_told(client: WebClient, writer: WebClient) -> None:
    answer = refusal(lambda: writer.conversations_list())
    assert (answer["error"], answer["needed"]) == ("missing_scope", "channels:read")
    assert answer["provided"] == "chat:write,chat:write.public"
    assert "users:read" in str(client.auth_test().headers["x-oauth-scopes"])


def test_reads_also_come_by_get_and_writes_do_not(sandbox: Running) -> None:
    token = {"Authorization": "Bearer xoxb-reader"}
    answer = raw(sandbox, "GET", f"/api/conversations.info?channel={HOME}", **token)[1]
    assert isinstance(answer, dict)
    assert answer["channel"]["name"] == "home"
    answer = raw(sandbox, "GET", f"/api/chat.postMessage?channel={HOME}&text=a", **token)[1]
    assert answer == {"ok": False, "error": "invalid_post_type"}


@pytest.mark.parametrize(
    ("body", "kind", "error"),
    [
        ("{", "application/json", "invalid_json"),
        ("[]", "application/json", "json_not_object"),
        ("a", "text/csv", "invalid_form_data"),
    ],
)
def test_a_body_that_is_none_is_refused(sandbox: Running, body: str, kind: str, error: str) -> None:
    answer = raw(sandbox, "POST", "/api/auth.test", body, Content_Type=kind, Authorization="Bearer xoxb-reader")[1]
    assert answer == {"ok": False, "error": error}


def test_an_unknown_method_and_a_missing_argument_are_named(client: WebClient) -> None:
    assert refusal(lambda: client.api_call("papers.read"))["req_method"] == "papers.read"
    answer = refusal(lambda: client.api_call("chat.postMessage", json={"text": "a"}))
    assert answer["error"] == "invalid_arguments"
    assert "channel" in answer["response_metadata"]["messages"][0]


# Posting


def test_a_post_is_kept_as_slack_keeps_it(client: WebClient) -> None:
    answer = client.chat_postMessage(channel="#home", text="a & b https://a.org", unfurl_links=False)
    message = answer["message"]
    assert answer["channel"] == HOME
    assert message["text"] == "a &amp; b <https://a.org>"
    assert (message["bot_id"], message["user"], message["app_id"]) == ("B0READER01", "U0READER01", "A0READER01")
    assert "attachments" not in message


def test_links_are_previewed_unless_told_otherwise(client: WebClient) -> None:
    message = client.chat_postMessage(channel=HOME, text="<https://arxiv.org/abs/1|a paper>")["message"]
    assert [a["from_url"] for a in message["attachments"]] == ["https://arxiv.org/abs/1"]
    message = client.chat_postMessage(channel=HOME, text="<https://arxiv.org/abs/1|arxiv.org>")["message"]
    assert "attachments" not in message


@pytest.mark.parametrize(
    ("channel", "error"),
    [
        (OPEN, "not_in_channel"),
        (SECRET, "channel_not_found"),
        (OLD, "is_archived"),
        ("C0NOWHERE1", "channel_not_found"),
    ],
)
def test_a_post_needs_a_channel_that_takes_it(client: WebClient, channel: str, error: str) -> None:
    assert refusal(lambda: client.chat_postMessage(channel=channel, text="a"))["error"] == error


def test_chat_write_public_reaches_public_channels_only(writer: WebClient) -> None:
    assert writer.chat_postMessage(channel=OPEN, text="a")["ok"]
    assert refusal(lambda: writer.chat_postMessage(channel=SECRET, text="a"))["error"] == "channel_not_found"


def test_a_users_id_opens_the_direct_message(client: WebClient) -> None:
    answer = client.chat_postMessage(channel=ANNA, text="hello")
    assert answer["channel"].startswith("D")
    opened = client.conversations_open(users=ANNA)
    assert (opened["channel"]["id"], opened["already_open"]) == (answer["channel"], True)
    assert refusal(lambda: client.conversations_open(users="U0NOBODY01"))["error"] == "user_not_found"


def test_text_is_cut_on_a_post_and_refused_on_an_update(client: WebClient) -> None:
    answer = client.chat_postMessage(channel=HOME, text="a" * 40_001)
    assert len(answer["message"]["text"]) == 40_000
    ts = answer["ts"]
    assert refusal(lambda: client.chat_update(channel=HOME, ts=ts, text="a" * 4001))["error"] == "msg_too_long"
    assert client.chat_update(channel=HOME, ts=ts, text="a" * 4000)["ok"]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ({"text": " "}, "no_text"),
        ({"text": "a", "blocks": "{"}, "invalid_blocks_format"),
        ({"text": "a", "blocks": {"type": "divider"}}, "invalid_blocks_format"),
        ({"text": "a", "blocks": [{"type": "nothing"}]}, "invalid_blocks"),
        (
            {"text": "a", "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "a" * 2900}}] * 5},
            "msg_blocks_too_long",
        ),
        ({"text": "a", "attachments": [{}] * 101}, "too_many_attachments"),
        ({"text": "a", "attachments": [{"blocks": [{"type": "header"}]}]}, "invalid_attachments"),
        ({"text": "a", "metadata": {"event_type": "x"}}, "invalid_metadata_format"),
        ({"text": "a", "metadata": {"event_type": "x", "event_payload": {"k": "v" * 4000}}}, "metadata_too_large"),
        ({"text": "a", "markdown_text": "**a**"}, "markdown_text_conflict"),
        ({"text": "a", "thread_ts": "1.000000"}, "thread_not_found"),
    ],
)
def test_a_message_that_breaks_a_limit_is_not_posted(client: WebClient, content: dict[str, Any], error: str) -> None:
    answer = refusal(lambda: client.api_call("chat.postMessage", json={"channel": HOME, **content}))
    assert answer["error"] == error
    assert client.conversations_history(channel=HOME)["messages"] == []


def test_the_place_of_a_wrong_block_is_told(client: WebClient) -> None:
    blocks = [{"type": "divider"}, {"type": "section", "text": {"type": "mrkdwn", "text": "a" * 3001}}]
    answer = refusal(lambda: client.chat_postMessage(channel=HOME, text="a", blocks=blocks))
    words = "must be less than 3001 characters"
    assert answer["errors"] == [words]
    assert answer["response_metadata"]["messages"] == [f"[ERROR] {words} [json-pointer:/blocks/1/text/text]"]


def test_one_edits_and_deletes_only_ones_own_messages(client: WebClient, writer: WebClient) -> None:
    ts = writer.chat_postMessage(channel=HOME, text="mine")["ts"]
    assert refusal(lambda: client.chat_update(channel=HOME, ts=ts, text="a"))["error"] == "cant_update_message"
    assert refusal(lambda: client.chat_delete(channel=HOME, ts=ts))["error"] == "cant_delete_message"
    assert writer.chat_delete(channel=HOME, ts=ts)["ts"] == ts
    assert refusal(lambda: writer.chat_delete(channel=HOME, ts=ts))["error"] == "message_not_found"


def test_an_update_drops_blocks_that_it_does_not_repeat_and_keeps_metadata(client: WebClient) -> None:
    key = {"event_type": "x", "event_payload": {"k": "v"}}
    ts = client.chat_postMessage(channel=HOME, text="a", blocks=[{"type": "divider"}], metadata=key)["ts"]
    # The client's own chat_update warns where text is missing; what Slack then does is the question here.
    message = client.api_call("chat.update", json={"channel": HOME, "ts": ts, "metadata": key})["message"]
    assert message["blocks"][0]["type"] == "divider"
    message = client.chat_update(channel=HOME, ts=ts, text="b")["message"]
    assert "blocks" not in message
    assert message["metadata"] == key
    assert message["edited"]["user"] == "U0READER01"
    assert "metadata" not in client.chat_update(channel=HOME, ts=ts, text="b", metadata={})["message"]


def test_an_update_with_an_empty_list_of_blocks_has_none(client: WebClient) -> None:
    ts = client.chat_postMessage(channel=HOME, text="a", blocks=[{"type": "divider"}])["ts"]
    assert "blocks" not in client.chat_update(channel=HOME, ts=ts, text="b", blocks=[])["message"]


def test_an_update_brings_no_previews_and_takes_none_away(client: WebClient) -> None:
    ts = client.chat_postMessage(channel=HOME, text="a")["ts"]
    assert "attachments" not in client.chat_update(channel=HOME, ts=ts, text="https://arxiv.org/abs/1")["message"]
    ts = client.chat_postMessage(channel=HOME, text="https://arxiv.org/abs/1")["ts"]
    assert len(client.chat_update(channel=HOME, ts=ts, text="b")["message"]["attachments"]) == 1


def test_who_left_a_channel_changes_nothing_there(sandbox: Running, client: WebClient) -> None:
    ts = client.chat_postMessage(channel=HOME, text="a")["ts"]
    sandbox.fault("remove_member", channel="home", who="reader")
    assert refusal(lambda: client.chat_update(channel=HOME, ts=ts, text="b"))["error"] == "not_in_channel"
    assert refusal(lambda: client.chat_delete(channel=HOME, ts=ts))["error"] == "not_in_channel"


def test_a_deleted_parent_leaves_its_thread_to_read_and_takes_no_more_replies(client: WebClient) -> None:
    ts = client.chat_postMessage(channel=HOME, text="parent")["ts"]
    client.chat_postMessage(channel=HOME, text="reply", thread_ts=ts)
    client.chat_delete(channel=HOME, ts=ts)
    tombstone, reply = client.conversations_replies(channel=HOME, ts=ts)["messages"]
    assert (tombstone["subtype"], tombstone["text"], reply["text"]) == (
        "tombstone",
        "This message was deleted.",
        "reply",
    )
    assert [m["ts"] for m in client.conversations_history(channel=HOME)["messages"]] == [ts]
    for act in (
        lambda: client.chat_update(channel=HOME, ts=ts, text="b"),
        lambda: client.chat_delete(channel=HOME, ts=ts),
    ):
        assert refusal(act)["error"] == "message_not_found"
    answer = refusal(lambda: client.chat_postMessage(channel=HOME, text="late", thread_ts=ts))
    assert answer["error"] == "thread_not_found"


def test_a_deleted_message_without_replies_leaves_nothing(client: WebClient) -> None:
    ts = client.chat_postMessage(channel=HOME, text="alone")["ts"]
    client.chat_delete(channel=HOME, ts=ts)
    assert client.conversations_history(channel=HOME)["messages"] == []
    assert refusal(lambda: client.conversations_replies(channel=HOME, ts=ts))["error"] == "thread_not_found"


def test_a_direct_message_is_opened_with_people_only(client: WebClient) -> None:
    assert refusal(lambda: client.conversations_open(users="U0WRITER01"))["error"] == "cannot_dm_bot"


def test_an_edit_in_an_archived_channel_is_refused(sandbox: Running, client: WebClient) -> None:
    ts = client.chat_postMessage(channel=HOME, text="a")["ts"]
    sandbox.fault("archive", channel="home")
    assert refusal(lambda: client.chat_update(channel=HOME, ts=ts, text="b"))["error"] == "is_inactive"


def test_a_private_answer_is_seen_by_one_person_and_by_no_history(sandbox: Running, client: WebClient) -> None:
    client.chat_postEphemeral(channel=HOME, user=ANNA, text="psst")
    assert [e["text"] for e in sandbox.ephemerals("anna")] == ["psst"]
    assert sandbox.ephemerals("boris") == []
    assert client.conversations_history(channel=HOME)["messages"] == []
    answer = refusal(lambda: client.chat_postEphemeral(channel=HOME, user="U0WRITER99", text="a"))
    assert answer["error"] == "user_not_in_channel"
    assert refusal(lambda: client.chat_postEphemeral(channel=OPEN, user=ANNA, text="a"))["error"] == "not_in_channel"


def test_a_permalink_names_the_thread(sandbox: Running, client: WebClient) -> None:
    ts = client.chat_postMessage(channel=HOME, text="a")["ts"]
    reply = client.chat_postMessage(channel=HOME, text="b", thread_ts=ts)["ts"]
    link = client.chat_getPermalink(channel=HOME, message_ts=ts)["permalink"]
    assert link == f"{sandbox.url}/archives/{HOME}/p{ts.replace('.', '')}"
    link = client.chat_getPermalink(channel=HOME, message_ts=reply)["permalink"]
    assert link.endswith(f"?thread_ts={ts}&cid={HOME}")
    assert refusal(lambda: client.chat_getPermalink(channel=HOME, message_ts="1.0"))["error"] == "message_not_found"


# Reading


def test_history_is_newest_first_without_replies_and_in_pages(client: WebClient) -> None:
    stamps = [client.chat_postMessage(channel=HOME, text=f"m{n}")["ts"] for n in range(5)]
    client.chat_postMessage(channel=HOME, text="reply", thread_ts=stamps[0])
    seen: list[str] = []
    for page in client.conversations_history(channel=HOME, limit=2):
        seen += [message["ts"] for message in page["messages"]]
        client.chat_postMessage(channel=HOME, text="meanwhile") if len(seen) == 2 else None
    assert seen == stamps[::-1]


def test_history_is_read_between_two_moments(client: WebClient) -> None:
    a, _b, c = (client.chat_postMessage(channel=HOME, text=n)["ts"] for n in "abc")

    def texts(**between: Any) -> list[str]:
        return [m["text"] for m in client.conversations_history(channel=HOME, **between)["messages"]]

    assert texts(oldest=a) == ["c", "b"]
    assert texts(oldest=a, inclusive=True) == ["c", "b", "a"]
    assert texts(oldest=a, latest=c) == ["b"]
    assert refusal(lambda: client.conversations_history(channel=HOME, oldest="x"))["error"] == "invalid_ts_oldest"
    assert refusal(lambda: client.conversations_history(channel=HOME, cursor="x"))["error"] == "invalid_cursor"


def test_metadata_is_read_only_where_it_is_asked_for(client: WebClient) -> None:
    key = {"event_type": "x", "event_payload": {"k": "v"}}
    ts = client.chat_postMessage(channel=HOME, text="a", metadata=key)["ts"]
    client.chat_postMessage(channel=HOME, text="b", thread_ts=ts, metadata=key)
    assert client.conversations_history(channel=HOME)["messages"][0]["metadata"] == {"event_type": "x"}
    full = client.conversations_history(channel=HOME, include_all_metadata=True)["messages"][0]
    assert full["metadata"] == key
    replies = client.conversations_replies(channel=HOME, ts=ts, include_all_metadata=True)["messages"]
    assert [m["metadata"] for m in replies] == [key, key]


def test_a_thread_comes_oldest_first_with_its_parent_on_every_page(client: WebClient) -> None:
    ts = client.chat_postMessage(channel=HOME, text="parent")["ts"]
    replies = [client.chat_postMessage(channel=HOME, text=f"r{n}", thread_ts=ts)["ts"] for n in range(3)]
    pages = [[m["text"] for m in p["messages"]] for p in client.conversations_replies(channel=HOME, ts=ts, limit=2)]
    assert pages == [["parent", "r0", "r1"], ["parent", "r2"]]
    alone = client.conversations_replies(channel=HOME, ts=replies[1])["messages"]
    assert [m["text"] for m in alone] == ["r1"]
    assert refusal(lambda: client.conversations_replies(channel=HOME, ts="1.0"))["error"] == "thread_not_found"


def test_only_members_read(client: WebClient) -> None:
    assert refusal(lambda: client.conversations_history(channel=OPEN))["error"] == "not_in_channel"
    assert refusal(lambda: client.conversations_history(channel=SECRET))["error"] == "channel_not_found"


def test_lists_of_channels_leave_out_what_is_not_seen_and_pages_may_be_short(client: WebClient) -> None:
    channels = client.conversations_list(types="public_channel,private_channel")["channels"]
    assert {c["name"]: c["is_member"] for c in channels} == {"open": False, "home": True, "old": True}
    pages = [p["channels"] for p in client.conversations_list(exclude_archived=True, limit=1)]
    assert [[c["name"] for c in page] for page in pages] == [["open"], ["home"], []]
    assert [c["name"] for c in client.users_conversations(exclude_archived=True)["channels"]] == ["home"]
    assert refusal(lambda: client.conversations_list(types="rooms"))["error"] == "invalid_types"
    assert refusal(lambda: client.conversations_list(types="mpim"))["error"] == "missing_scope"


def test_a_channel_is_described_by_id(client: WebClient) -> None:
    assert client.conversations_info(channel=HOME)["channel"]["is_member"] is True
    assert refusal(lambda: client.conversations_info(channel=SECRET))["error"] == "channel_not_found"
    assert client.conversations_members(channel=HOME, limit=2)["members"] == [ANNA, BORIS]


def test_joining_is_for_public_channels_and_may_be_repeated(client: WebClient) -> None:
    assert client.conversations_join(channel=OPEN)["channel"]["is_member"] is True
    assert client.conversations_join(channel=OPEN)["warning"] == "already_in_channel"
    assert refusal(lambda: client.conversations_join(channel=SECRET))["error"] == "channel_not_found"
    direct = client.conversations_open(users=ANNA)["channel"]["id"]
    answer = refusal(lambda: client.conversations_join(channel=direct))
    assert answer["error"] == "method_not_supported_for_channel_type"


def test_people_are_described_with_zone_and_on_request_locale(client: WebClient) -> None:
    user = client.users_info(user=ANNA, include_locale=True)["user"]
    assert (user["locale"], user["tz"], user["tz_offset"]) == ("ko-KR", "Asia/Seoul", 32400)
    assert "locale" not in client.users_info(user=ANNA)["user"]
    assert refusal(lambda: client.users_info(user="U0NOBODY01"))["error"] == "user_not_found"
    names = [member["name"] for page in client.users_list(limit=2) for member in page["members"]]
    assert names == ["anna", "boris", "reader", "writer", "slackbot"]


# Pace


def test_a_channel_that_is_flooded_answers_429(club_file: Any) -> None:
    with running(1, workspace=club_file, clock=lambda: 1_712_900_000.0) as sandbox:
        client = WebClient(sandbox.bot_token, base_url=sandbox.api_url, retry_handlers=[])
        for _ in range(4):
            client.chat_postMessage(channel=HOME, text="a")
        answer = refusal(lambda: client.chat_postMessage(channel=HOME, text="one too many"))
        assert (answer.status_code, answer["error"]) == (429, "ratelimited")
        assert answer.headers["retry-after"] == "1"
        assert client.chat_postMessage(channel=ANNA, text="elsewhere")["ok"]
        assert len(client.conversations_history(channel=HOME)["messages"]) == 4


def test_each_method_has_its_own_tier(club_file: Any) -> None:
    with running(1, workspace=club_file, clock=lambda: 1_712_900_000.0) as sandbox:
        client = WebClient(sandbox.bot_token, base_url=sandbox.api_url, retry_handlers=[])
        for _ in range(20):
            client.conversations_list()
        answer = refusal(client.conversations_list)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
        assert client.users_conversations()["ok"]
