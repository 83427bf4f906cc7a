"""Which apps hear of a change, and in which words: the Events API's side of `workspace.Change`.

Section 7 of the platform notes. An app hears what it subscribed to, has the scope for, and whose channel its bot is in.
"""

import hashlib
import json
from typing import Any

from bot.sandbox.text import mentioned
from bot.sandbox.workspace import App, Change, Channel, Message, Workspace

Event = dict[str, Any]

_CHANNEL_EVENTS = {"archived": "archive", "unarchived": "unarchive", "renamed": "rename"}


def events_of(workspace: Workspace, change: Change, before: Message | None) -> list[tuple[App, Event]]:
    """Every event that a change gives, with the app to tell."""
    heard: list[tuple[App, Event]] = []
    for app in workspace.apps.values():
        if app.revoked is None:
            heard += [(app, event) for event in _events(workspace, app, change, before)]
    return heard


def _events(workspace: Workspace, app: App, change: Change, before: Message | None) -> list[Event]:
    values = change.values
    if "channel" not in values or change.type.startswith("ephemeral"):
        return []
    channel = workspace.channels[values["channel"]]
    if change.type == "renumbered":
        if "channel_id_changed" not in app.events:
            return []
        ids = {"old_channel_id": values["old"], "new_channel_id": values["channel"]}
        return [{"type": "channel_id_changed", "event_ts": f"{change.moment:.6f}", **ids}]
    if change.type in _CHANNEL_EVENTS:
        return _channel_event(app, channel, change)
    if app.bot_user not in channel.members:
        return []
    if change.type == "joined":
        return _joined(workspace, app, channel, change)
    events: list[Event] = []
    if f"message.{_message_kind(channel)}" in app.events and f"{channel.kind}:history" in app.scopes:
        events += _message_events(channel, change, before)
    if change.type == "message":
        events += _mentions(app, channel, values["message"])
    return events


def _message_kind(channel: Channel) -> str:
    return {"im": "im", "mpim": "mpim", "groups": "groups"}.get(channel.kind, "channels")


def _shown(message: Message) -> Message:
    """A message as events tell it: without the payload of its metadata."""
    return {name: value for name, value in message.items() if name != "metadata"}


def _message_events(channel: Channel, change: Change, before: Message | None) -> list[Event]:
    place = {"channel": channel.id, "channel_type": channel.channel_type}
    moment = f"{change.moment:.6f}"
    if change.type == "message":
        message = change.values["message"]
        return [_shown(message) | place | {"event_ts": message["ts"]}]
    told = {"type": "message", "hidden": True, "ts": moment, "event_ts": moment, **place}
    if change.type == "changed" and before is not None:
        message = _shown(change.values["message"])
        return [told | {"subtype": "message_changed", "message": message, "previous_message": _shown(before)}]
    if change.type == "deleted" and before is not None:
        deleted = {"deleted_ts": change.values["ts"], "previous_message": _shown(before)}
        return [told | {"subtype": "message_deleted", **deleted}]
    return []


_OF_A_MENTION = ("user", "text", "ts", "thread_ts", "blocks", "team", "user_team", "source_team")


def _mentions(app: App, channel: Channel, message: Message) -> list[Event]:
    if "app_mention" not in app.events or "app_mentions:read" not in app.scopes or channel.kind in ("im", "mpim"):
        return []
    if message.get("subtype") or message["user"] == app.bot_user or app.bot_user not in mentioned(message["text"]):
        return []
    told: Event = {name: message[name] for name in _OF_A_MENTION if name in message}
    return [{"type": "app_mention", "channel": channel.id, "event_ts": message["ts"], **told}]


def _joined(workspace: Workspace, app: App, channel: Channel, change: Change) -> list[Event]:
    if "member_joined_channel" not in app.events or f"{channel.kind}:read" not in app.scopes:
        return []
    event = {
        "type": "member_joined_channel",
        "user": change.values["user"],
        "channel": channel.id,
        "channel_type": "G" if channel.is_private else "C",
        "team": workspace.team_id,
        "event_ts": f"{change.moment:.6f}",
    }
    inviter = change.values.get("inviter")
    return [event | ({"inviter": inviter} if inviter else {})]


def _channel_event(app: App, channel: Channel, change: Change) -> list[Event]:
    twin = "group" if channel.is_private else "channel"
    name = f"{twin}_{_CHANNEL_EVENTS[change.type]}"
    if name not in app.events or f"{channel.kind}:read" not in app.scopes:
        return []
    if channel.is_private and app.bot_user not in channel.members:
        return []
    told: Any = channel.id
    if change.type == "renamed":
        told = {"id": channel.id, "name": channel.name, "created": channel.created}
    return [{"type": name, "channel": told, "event_ts": f"{change.moment:.6f}"}]


def uninstalled(app: App, now: float) -> list[Event]:
    """What an app hears of its own removal. The tokens are told as ids of users."""
    told: list[Event] = [
        {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [app.bot_user]}},
        {"type": "app_uninstalled"},
    ]
    return [event | {"event_ts": f"{now:.6f}"} for event in told if event["type"] in app.events]


def event_payload(workspace: Workspace, app: App, event: Event, now: float) -> dict[str, Any]:
    """The envelope's payload around an event; ``event_id`` is the same for the same event."""
    content = json.dumps([app.id, event], sort_keys=True).encode()
    return {
        "token": "sandbox",
        "team_id": workspace.team_id,
        "context_team_id": workspace.team_id,
        "context_enterprise_id": None,
        "api_app_id": app.id,
        "event": event,
        "type": "event_callback",
        "event_id": "Ev" + hashlib.blake2b(content, digest_size=5).hexdigest().upper(),
        "event_time": int(now),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": workspace.team_id,
                "user_id": app.bot_user,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": f"4-{app.id}-{event['event_ts']}",
    }
