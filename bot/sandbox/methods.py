"""The Web API's methods: what each needs, does and answers.

Section 3 of the platform notes; shapes as docs.slack.dev gives them. A method comes with the feature that uses it.
"""

import base64
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.sandbox.blocks import Problem
from bot.sandbox.drafts import UPDATE_CHARS, author, draft, is_true, parsed, refused
from bot.sandbox.faults import Faults
from bot.sandbox.rates import SPECIAL, TIERS, Rates
from bot.sandbox.workspace import App, Channel, Message, RateLimitedError, SlackError, User, Workspace

Body = dict[str, Any]

PAGE = 100
"""Items on a page where the caller names no limit."""
PAGE_MOST = 999
THROTTLED_PAGE = 15
"""Messages on a page for an app outside the Marketplace (section 3.4)."""
PEOPLE_IN_GROUP = 8


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an app, with what it may touch."""

    workspace: Workspace
    app: App
    args: Mapping[str, Any]
    now: float
    rates: Rates
    faults: Faults
    base_url: str
    socket_url: Callable[[], str]
    """Gives the address of a new Socket Mode connection."""

    def need(self, *scopes: str) -> None:
        """Raise missing_scope unless the app holds one of these."""
        if not any(scope in self.app.scopes for scope in scopes):
            raise SlackError("missing_scope", needed=",".join(scopes), provided=",".join(self.app.scopes))

    def required(self, *names: str) -> list[str]:
        """The values of arguments that must be there. Raises invalid_arguments naming all that are not."""
        missing = [name for name in names if self.args.get(name) in (None, "")]
        if missing:
            raise refused("invalid_arguments", [Problem(f"missing required field: {name}", "") for name in missing])
        return [str(self.args[name]) for name in names]

    def flag(self, name: str, default: bool = False) -> bool:
        """A yes or no."""
        value = self.args.get(name)
        return default if value is None else is_true(value)

    def channel(self, name: str = "channel") -> Channel:
        """The channel an argument names by id, as the app's bot may see it. Raises channel_not_found."""
        [channel] = self.required(name)
        return self.workspace.channel(channel, self.app.bot_user)

    def is_member(self, channel: Channel) -> bool:
        """Whether the app's bot is in a channel."""
        return self.app.bot_user in channel.members


def api_test(args: Mapping[str, Any]) -> Body:
    """Gives the arguments back. Needs no token."""
    told = {name: value for name, value in args.items() if name != "token"}
    if "error" in told:
        raise SlackError(str(told["error"]), args=told)
    return {"args": told}


def auth_test(call: Call) -> Body:
    """Who the token is."""
    workspace, app = call.workspace, call.app
    return {
        "url": f"{call.base_url}/",
        "team": workspace.team_name,
        "user": workspace.users[app.bot_user].name,
        "team_id": workspace.team_id,
        "user_id": app.bot_user,
        "bot_id": app.bot_id,
        "is_enterprise_install": False,
    }


def apps_connections_open(call: Call) -> Body:
    """An address for one Socket Mode connection."""
    return {"url": call.socket_url()}


# chat


def chat_post_message(call: Call) -> Body:
    """Post into a channel or a thread; a user's id opens the direct message."""
    call.need("chat:write")
    channel = _target(call)
    _may_write(call, channel)
    if channel.is_archived:
        raise SlackError("is_archived")
    call.rates.post(call.workspace.team_id, channel.id, call.now)
    ts = call.workspace.next_ts(call.now)
    message = author(call.workspace, call.app) | draft(call.workspace, call.app, call.args, ts, refuse_over=None)
    if call.faults.standing("drop_metadata"):
        message.pop("metadata", None)
    thread_ts = _thread(call, channel)
    if thread_ts:
        message["thread_ts"] = thread_ts
    if thread_ts and call.flag("reply_broadcast"):
        message["subtype"] = "thread_broadcast"
    stored = call.workspace.post(channel, message | {"ts": ts}, call.now)
    return {"channel": channel.id, "ts": ts, "message": stored}


def _thread(call: Call, channel: Channel) -> str | None:
    """The thread to post into. Raises thread_not_found where its parent was deleted, replies or not.

    Slack does not say what it does then (section 3.5); a field report says that it takes the message and puts it into
    the channel, which the switch ``unthread`` does.
    """
    thread_ts = str(call.args.get("thread_ts") or "")
    parent = channel.messages.get(thread_ts)
    if thread_ts and (parent is None or parent.get("subtype") == "tombstone"):
        if call.faults.standing("unthread"):
            return None
        raise SlackError("thread_not_found")
    return thread_ts or None


def _may_write(call: Call, channel: Channel) -> None:
    if not call.is_member(channel) and "chat:write.public" not in call.app.scopes:
        raise SlackError("not_in_channel")


def _target(call: Call) -> Channel:
    [named] = call.required("channel")
    workspace = call.workspace
    if named in workspace.users:
        person = workspace.users[named]
        if person.is_bot or person.deleted:
            raise SlackError("channel_not_found")
        return workspace.open([call.app.bot_user, named], call.now)[0]
    by_name = {channel.name: channel.id for channel in workspace.channels.values() if channel.name}
    return workspace.channel(by_name.get(named.removeprefix("#"), named), call.app.bot_user)


def chat_update(call: Call) -> Body:
    """Change one's own message. Text without blocks removes blocks; metadata stays unless it is given.

    Links are looked at when a message is posted, and never again: a change brings no previews and takes none away.
    """
    call.need("chat:write")
    channel, message = _own(call, "cant_update_message")
    if channel.is_archived:
        raise SlackError("is_inactive")
    window = call.faults.standing("edit_window")
    if window and call.now - micros(message["ts"]) / 1_000_000 > float(window.values.get("seconds", 0)):
        raise SlackError("edit_window_closed")
    args = {**call.args, "unfurl_links": False}
    if all(args.get(name) is None for name in ("text", "blocks", "attachments", "markdown_text")):
        args |= {name: message[name] for name in ("text", "blocks") if name in message}
    cleared = parsed(args, "metadata", "invalid_metadata_format") == {}
    content = draft(call.workspace, call.app, args, f"{call.now:.6f}", refuse_over=UPDATE_CHARS)
    if args.get("attachments") is None and "attachments" in message:
        content.setdefault("attachments", message["attachments"])
    gone = {"text", "blocks", "attachments"} | ({"metadata"} if cleared else set())
    if call.faults.standing("drop_metadata"):
        content.pop("metadata", None)
    kept = {name: value for name, value in message.items() if name not in gone}
    updated = kept | content | {"edited": {"user": call.app.bot_user, "ts": f"{call.now:.6f}"}}
    call.workspace.replace(channel, updated, call.now)
    return {"channel": channel.id, "ts": message["ts"], "text": updated["text"], "message": updated}


def chat_delete(call: Call) -> Body:
    """Take back one's own message."""
    call.need("chat:write")
    channel, message = _own(call, "cant_delete_message")
    call.workspace.delete(channel, message["ts"], call.now)
    return {"channel": channel.id, "ts": message["ts"]}


def _own(call: Call, error: str) -> tuple[Channel, Message]:
    [_, ts] = call.required("channel", "ts")
    channel = call.channel()
    _may_write(call, channel)
    message = call.workspace.message(channel, ts)
    if message.get("bot_id") != call.app.bot_id:
        raise SlackError(error)
    return channel, message


def chat_post_ephemeral(call: Call) -> Body:
    """Show a message to one member."""
    call.need("chat:write")
    [_, user] = call.required("channel", "user")
    channel = call.channel()
    if not call.is_member(channel):
        raise SlackError("not_in_channel")
    if channel.is_archived:
        raise SlackError("is_archived")
    if user not in channel.members:
        raise SlackError("user_not_in_channel")
    content = draft(call.workspace, call.app, call.args, f"{call.now:.6f}", refuse_over=UPDATE_CHARS)
    content.pop("metadata", None)
    thread_ts = call.args.get("thread_ts")
    if thread_ts:
        content["thread_ts"] = str(thread_ts)
    shown = call.workspace.whisper(channel, user, author(call.workspace, call.app) | content, call.now)
    return {"message_ts": shown.message["ts"]}


def chat_get_permalink(call: Call) -> Body:
    """The address of a message."""
    [_, ts] = call.required("channel", "message_ts")
    channel = call.channel()
    message = call.workspace.message(channel, ts)
    link = f"{call.base_url}/archives/{channel.id}/p{ts.replace('.', '')}"
    thread_ts = message.get("thread_ts")
    if thread_ts not in (None, ts):
        link += f"?thread_ts={thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


# conversations


_TYPES = {"public_channel": "channels", "private_channel": "groups", "mpim": "mpim", "im": "im"}


def conversations_list(call: Call) -> Body:
    """The channels that the bot may see, a page at a time; a page may be short where archived ones were left out."""
    kinds = _kinds(call)
    seen = [c for c in call.workspace.visible(call.app.bot_user) if c.kind in kinds]
    return _channels_page(call, seen)


def users_conversations(call: Call) -> Body:
    """The channels that a user (the bot, where none is named) is in."""
    kinds = _kinds(call)
    user = str(call.args.get("user") or call.app.bot_user)
    call.workspace.user(user)
    seen = [c for c in call.workspace.visible(call.app.bot_user) if c.kind in kinds and user in c.members]
    return _channels_page(call, seen)


def _kinds(call: Call) -> set[str]:
    types = [part.strip() for part in str(call.args.get("types") or "public_channel").split(",")]
    if any(part not in _TYPES for part in types):
        raise SlackError("invalid_types")
    kinds = {_TYPES[part] for part in types}
    for kind in sorted(kinds):
        call.need(f"{kind}:read")
    return kinds


def _channels_page(call: Call, channels: Sequence[Channel]) -> Body:
    page, cursor = _page(call, channels)
    left_out = call.flag("exclude_archived")
    shown = [_channel_body(call, c) for c in page if not (left_out and c.is_archived)]
    return {"channels": shown, "response_metadata": {"next_cursor": cursor}}


def conversations_info(call: Call) -> Body:
    """One channel."""
    channel = call.channel()
    call.need(f"{channel.kind}:read")
    body = _channel_body(call, channel)
    if call.flag("include_num_members"):
        body["num_members"] = len(channel.members)
    return {"channel": body}


def conversations_members(call: Call) -> Body:
    """Ids of a channel's members."""
    channel = call.channel()
    call.need(f"{channel.kind}:read")
    page, cursor = _page(call, channel.members)
    return {"members": list(page), "response_metadata": {"next_cursor": cursor}}


def conversations_join(call: Call) -> Body:
    """Make the bot a member of a public channel."""
    call.need("channels:join")
    channel = call.channel()
    if channel.kind != "channels":
        raise SlackError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise SlackError("is_archived")
    body: Body = {}
    if not call.workspace.join(channel, call.app.bot_user, call.now):
        body = {"warning": "already_in_channel", "response_metadata": {"warnings": ["already_in_channel"]}}
    return {"channel": _channel_body(call, channel), **body}


def conversations_open(call: Call) -> Body:
    """The direct message with a user, or with up to eight."""
    if call.args.get("channel"):
        channel = call.channel()
        if channel.kind not in ("im", "mpim"):
            raise SlackError("channel_not_found")
        return _opened(call, channel, True)
    [users] = call.required("users")
    people = [part.strip() for part in users.split(",") if part.strip()]
    call.need("im:write" if len(people) == 1 else "mpim:write")
    if len(people) > PEOPLE_IN_GROUP:
        raise SlackError("too_many_users")
    for person in people:
        found = call.workspace.user(person)
        if found.deleted:
            raise SlackError("user_disabled")
        if found.is_bot:
            raise SlackError("cannot_dm_bot")
    return _opened(call, *call.workspace.open([call.app.bot_user, *people], call.now))


def _opened(call: Call, channel: Channel, known: bool) -> Body:
    body = _channel_body(call, channel) if call.flag("return_im") else {"id": channel.id}
    already = {"no_op": True, "already_open": True} if known else {}
    return {"channel": body, **already}


def conversations_history(call: Call) -> Body:
    """A channel's messages, newest first, without the replies in its threads."""
    channel = _readable(call)
    seen = [
        m
        for m in reversed(channel.messages.values())
        if m.get("thread_ts", m["ts"]) == m["ts"] or m.get("subtype") == "thread_broadcast"
    ]
    page, cursor = _page(call, _between(call, seen), lambda m: -micros(m["ts"]), _history_page(call))
    return {
        "messages": [_read_message(call, message) for message in page],
        "has_more": bool(cursor),
        "pin_count": 0,
        "response_metadata": {"next_cursor": cursor},
    }


def conversations_replies(call: Call) -> Body:
    """A thread: its parent on every page, then replies, oldest first. A reply's own ts gives that reply alone."""
    [ts] = call.required("ts")
    channel = _readable(call)
    asked = channel.messages.get(ts)
    if asked is None:
        raise SlackError("thread_not_found")
    if asked.get("thread_ts", ts) != ts:
        return {"messages": [_read_message(call, asked)], "has_more": False, "response_metadata": {"next_cursor": ""}}
    replies = _between(call, call.workspace.replies(channel, ts))
    page, cursor = _page(call, replies, lambda m: micros(m["ts"]), _history_page(call))
    return {
        "messages": [_read_message(call, message) for message in (asked, *page)],
        "has_more": bool(cursor),
        "response_metadata": {"next_cursor": cursor},
    }


def _readable(call: Call) -> Channel:
    channel = call.channel()
    call.need(f"{channel.kind}:history")
    if not call.is_member(channel):
        raise SlackError("not_in_channel")
    fault = call.faults.standing("unreadable_history")
    if fault and fault.channel in (None, channel.id):
        raise _unreadable(call, channel, str(fault.values.get("error", "missing_scope")), fault.values)
    return channel


def _unreadable(call: Call, channel: Channel, error: str, values: Mapping[str, Any]) -> SlackError:
    if error == "ratelimited":
        return RateLimitedError(int(values.get("retry_after", 1)))
    if error == "missing_scope":
        return SlackError(error, needed=f"{channel.kind}:history", provided=",".join(call.app.scopes))
    return SlackError(error)


def _between(call: Call, messages: Sequence[Message]) -> list[Message]:
    """Those after ``oldest`` and before ``latest``; at them too with ``inclusive``."""
    oldest, latest = _moment(call, "oldest"), _moment(call, "latest")
    inclusive = call.flag("inclusive")

    def wanted(message: Message) -> bool:
        at = micros(message["ts"])
        after = oldest is None or at > oldest or (inclusive and at == oldest)
        before = latest is None or at < latest or (inclusive and at == latest)
        return after and before

    return [message for message in messages if wanted(message)]


def _moment(call: Call, name: str) -> int | None:
    value = call.args.get(name)
    if value in (None, "", "0", 0) or value == "now":
        return None
    try:
        return micros(str(value))
    except ValueError:
        raise SlackError(f"invalid_ts_{name}") from None


def micros(ts: str) -> int:
    """A ts as a number that compares. Raises ValueError."""
    seconds, _, fraction = ts.partition(".")
    return int(seconds) * 1_000_000 + int((fraction + "000000")[:6])


def _history_page(call: Call) -> int:
    return THROTTLED_PAGE if call.faults.standing("history_limit") else PAGE_MOST


def _read_message(call: Call, message: Message) -> Message:
    """Metadata in full only where it was asked for; otherwise only its type."""
    metadata = message.get("metadata")
    if metadata is None or call.flag("include_all_metadata"):
        return message
    return message | {"metadata": {"event_type": metadata["event_type"]}}


def _channel_body(call: Call, channel: Channel) -> Body:
    shared: Body = {
        "id": channel.id,
        "created": channel.created,
        "is_archived": channel.is_archived,
        "is_im": channel.is_im,
        "is_org_shared": False,
        "context_team_id": call.workspace.team_id,
    }
    if channel.is_im:
        others = [user for user in channel.members if user != call.app.bot_user]
        return shared | {"user": (others or channel.members)[0], "is_user_deleted": False}
    return shared | {
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": channel.kind == "channels",
        "is_group": channel.kind == "groups",
        "is_mpim": channel.is_mpim,
        "is_private": channel.is_private,
        "is_general": channel.name == "general",
        "is_shared": False,
        "is_ext_shared": False,
        "is_member": call.is_member(channel),
        "creator": channel.creator,
        "topic": {"value": channel.topic, "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "previous_names": list(channel.previous_names),
        "num_members": len(channel.members),
    }


def _page(
    call: Call, items: Sequence[Any], place: Callable[[Any], int] | None = None, most: int = PAGE_MOST + 1
) -> tuple[Sequence[Any], str]:
    """One page, and the cursor of the next: empty at the end. Raises invalid_limit and invalid_cursor.

    ``place`` gives a number that rises along the items, so that a cursor keeps its place while items come and go;
    without it a cursor counts items.
    """
    if call.faults.standing("no_paging"):
        return items, ""
    try:
        limit = int(call.args.get("limit") or min(PAGE, most))
    except ValueError:
        raise SlackError("invalid_limit") from None
    if not 0 < limit <= PAGE_MOST + 1:
        raise SlackError("invalid_limit")
    limit = min(limit, most)
    short = call.faults.standing("short_pages")
    if short:
        limit = min(limit, int(short.values.get("limit", 1)))
    places = [place(item) for item in items] if place else range(len(items))
    start = bisect_left(places, _cursor(call.args["cursor"])) if call.args.get("cursor") else 0
    end = start + limit
    cursor = base64.b64encode(f"next:{places[end]}".encode()).decode() if end < len(items) else ""
    return items[start:end], cursor


def _cursor(cursor: object) -> int:
    try:
        word, _, place = base64.b64decode(str(cursor), validate=True).decode().partition(":")
        if word != "next":
            raise ValueError(word)
        return int(place)
    except ValueError:
        raise SlackError("invalid_cursor") from None


# users


def users_info(call: Call) -> Body:
    """One user, with the locale where it is asked for."""
    call.need("users:read")
    [user] = call.required("user")
    return {"user": _user_body(call, call.workspace.user(user))}


def users_list(call: Call) -> Body:
    """Everybody, a page at a time."""
    call.need("users:read")
    page, cursor = _page(call, list(call.workspace.users.values()))
    members = [_user_body(call, user) for user in page]
    return {"members": members, "cache_ts": int(call.now), "response_metadata": {"next_cursor": cursor}}


def _user_body(call: Call, user: User) -> Body:
    try:
        offset = datetime.fromtimestamp(call.now, UTC).astimezone(ZoneInfo(user.tz)).utcoffset()
    except (KeyError, ValueError, OSError):  # Slack knows zones that a machine's own data do not
        offset = None
    body: Body = {
        "id": user.id,
        "team_id": user.team or call.workspace.team_id,
        "is_stranger": bool(user.team),
        "name": user.name,
        "deleted": user.deleted,
        "color": user.color,
        "real_name": user.real_name,
        "tz": user.tz,
        "tz_label": user.tz.rpartition("/")[2].replace("_", " "),
        "tz_offset": int(offset.total_seconds()) if offset is not None else 0,
        "profile": {
            "real_name": user.real_name,
            "real_name_normalized": user.real_name,
            "display_name": user.name,
            "display_name_normalized": user.name,
            "team": call.workspace.team_id,
        },
        "is_admin": False,
        "is_owner": False,
        "is_restricted": False,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "updated": 0,
    }
    return body | ({"locale": user.locale} if call.flag("include_locale") else {})


@dataclass(frozen=True, slots=True)
class Method:
    """How a method may be called. ``a_minute`` is its tier."""

    run: Callable[[Call], Body]
    a_minute: int
    reads: bool = False
    """Reads may also come by GET."""
    app_token: bool = False
    """Takes the app-level token, in the header, and no other."""


METHODS: dict[str, Method] = {
    "auth.test": Method(auth_test, SPECIAL, reads=True),
    "apps.connections.open": Method(apps_connections_open, TIERS[3], app_token=True),
    "chat.postMessage": Method(chat_post_message, SPECIAL),
    "chat.update": Method(chat_update, TIERS[3]),
    "chat.delete": Method(chat_delete, TIERS[3]),
    "chat.postEphemeral": Method(chat_post_ephemeral, TIERS[4]),
    "chat.getPermalink": Method(chat_get_permalink, SPECIAL, reads=True),
    "conversations.list": Method(conversations_list, TIERS[2], reads=True),
    "conversations.info": Method(conversations_info, TIERS[3], reads=True),
    "conversations.history": Method(conversations_history, TIERS[3], reads=True),
    "conversations.replies": Method(conversations_replies, TIERS[3], reads=True),
    "conversations.members": Method(conversations_members, TIERS[4], reads=True),
    "conversations.join": Method(conversations_join, TIERS[3]),
    "conversations.open": Method(conversations_open, TIERS[3]),
    "users.info": Method(users_info, TIERS[4], reads=True),
    "users.list": Method(users_list, TIERS[2], reads=True),
    "users.conversations": Method(users_conversations, TIERS[3], reads=True),
}
