"""The workspace itself: people, channels, apps, messages, and the rules of who may do what.

Pure: no clock, network or file. Every accepted change is a `Change`, applied in one place and handed to the listeners;
applying the same changes to a fresh workspace gives the same workspace. ``now`` is in Unix seconds, as Slack counts.
Rules and names of errors: sections 3, 4 and 14 of the platform notes.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot.sandbox.text import Names

Message = dict[str, Any]

SLACKBOT = "USLACKBOT"
_COLORS = ("9f69e7", "4bbe2e", "e7392d", "3c989f", "674b1b", "e96699", "e0a729", "684b6c")


class SlackError(Exception):
    """Slack says no, under its own name for it. ``more`` stands beside the name in the answer."""

    def __init__(self, error: str, **more: object) -> None:
        super().__init__(error)
        self.error = error
        self.more = more


class RateLimitedError(SlackError):
    """Slack says not yet: HTTP 429, with ``retry_after`` in whole seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("ratelimited")
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class User:
    """A person, or the bot user of an app."""

    id: str
    name: str
    real_name: str
    locale: str = "en-US"
    tz: str = "America/Los_Angeles"
    color: str = _COLORS[0]
    is_bot: bool = False
    deleted: bool = False
    app_id: str | None = None
    team: str = ""
    """The id of another workspace, for somebody who is here through a shared channel (Slack Connect)."""


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command of an app, with its slash."""

    command: str
    description: str
    usage_hint: str = ""
    should_escape: bool = False


@dataclass(slots=True)
class App:
    """An installed app. ``revoked`` is the error its tokens meet, where they no longer count."""

    id: str
    name: str
    bot_user: str
    bot_id: str
    bot_token: str
    app_token: str
    scopes: list[str]
    events: list[str]
    commands: tuple[Command, ...]
    revoked: str | None = None

    def profile(self, team: str) -> dict[str, Any]:
        """The ``bot_profile`` that its messages carry."""
        return {"id": self.bot_id, "app_id": self.id, "name": self.name, "team_id": team, "deleted": False, "icons": {}}


@dataclass(slots=True)
class Channel:
    """A public or private channel, a direct message (`is_im`) or a group of people (`is_mpim`)."""

    id: str
    name: str
    members: list[str]
    created: int
    creator: str = ""
    is_private: bool = False
    is_im: bool = False
    is_mpim: bool = False
    is_archived: bool = False
    topic: str = ""
    previous_names: list[str] = field(default_factory=list)
    messages: dict[str, Message] = field(default_factory=dict)
    """By ts, oldest first."""

    @property
    def kind(self) -> str:
        """The name of its kind in scopes: channels, groups, im or mpim."""
        if self.is_im:
            return "im"
        if self.is_mpim:
            return "mpim"
        return "groups" if self.is_private else "channels"

    @property
    def channel_type(self) -> str:
        """The name of its kind in message events."""
        return {"channels": "channel", "groups": "group"}.get(self.kind, self.kind)


@dataclass(slots=True)
class Ephemeral:
    """A message that only one person sees, and that no history holds."""

    id: str
    channel: str
    user: str
    message: Message

    def shown(self) -> Message:
        """As the page gets it."""
        marks = {"is_ephemeral": True, "channel": self.channel, "user_visible": self.user, "id": self.id}
        return self.message | marks


@dataclass(frozen=True, slots=True)
class Change:
    """Something that was accepted. ``values`` is JSON; its shape goes with ``type`` (see `Workspace.apply`)."""

    type: str
    values: Mapping[str, Any]
    moment: float

    def line(self) -> dict[str, Any]:
        """What the journal keeps."""
        return {"moment": datetime.fromtimestamp(self.moment, UTC).isoformat(), "type": self.type, **self.values}

    @classmethod
    def from_line(cls, line: Mapping[str, Any]) -> "Change":
        """The change that `line` gave. Raises KeyError or ValueError where it is none."""
        values = {name: value for name, value in line.items() if name not in ("moment", "type")}
        return cls(str(line["type"]), values, datetime.fromisoformat(line["moment"]).timestamp())


EPHEMERALS = 500
"""Private answers that are kept; a page of papers has tens of kilobytes."""

Listener = Callable[[Change, Message | None], None]
"""Called after each change, with the message as it stood before where the change replaced or removed one."""


class Workspace:
    """One team."""

    def __init__(
        self,
        team: Mapping[str, str],
        users: Iterable[User],
        channels: Iterable[Channel],
        apps: Iterable[App],
    ) -> None:
        self.team_id = team["id"]
        self.team_name = team["name"]
        self.domain = team.get("domain", "sandbox")
        self.users = {user.id: user for user in users}
        self.channels = {channel.id: channel for channel in channels}
        self.apps = {app.id: app for app in apps}
        self.ephemerals: dict[str, Ephemeral] = {}
        self.listeners: list[Listener] = []
        self.count = 0
        """How many changes were made since the start."""
        self._last_ts = 0

    # Looking

    def names(self) -> Names:
        """What a typed name may mean."""
        return Names(
            {user.name: user.id for user in self.users.values()},
            {c.name: c.id for c in self.channels.values() if not (c.is_im or c.is_mpim or c.is_private)},
        )

    def user(self, user: str) -> User:
        """By id. Raises user_not_found."""
        if user not in self.users:
            raise SlackError("user_not_found")
        return self.users[user]

    def channel(self, channel: str, viewer: str) -> Channel:
        """By id, as ``viewer`` may see it: what is private to others is channel_not_found."""
        found = self.channels.get(channel)
        if found is None or not self.sees(viewer, found):
            raise SlackError("channel_not_found")
        return found

    def sees(self, viewer: str, channel: Channel) -> bool:
        """Whether the channel exists for this user."""
        return channel.kind == "channels" or viewer in channel.members

    def visible(self, viewer: str) -> list[Channel]:
        """Every channel that exists for this user."""
        return [channel for channel in self.channels.values() if self.sees(viewer, channel)]

    def message(self, channel: Channel, ts: str) -> Message:
        """Raises message_not_found, also for what was deleted."""
        message = channel.messages.get(ts)
        if message is None or message.get("subtype") == "tombstone":
            raise SlackError("message_not_found")
        return message

    def replies(self, channel: Channel, ts: str) -> list[Message]:
        """The replies of a thread, oldest first, without its parent."""
        return [m for m in channel.messages.values() if m.get("thread_ts") == ts and m["ts"] != ts]

    def ephemerals_of(self, user: str) -> list[Ephemeral]:
        """What only this user sees now, oldest first."""
        return [e for e in self.ephemerals.values() if e.user == user]

    def command(self, command: str) -> tuple[App, Command] | None:
        """Whose it is: the app installed last wins a clash."""
        for app in reversed(self.apps.values()):
            for offered in app.commands:
                if offered.command == command and app.revoked is None and "commands" in app.scopes:
                    return app, offered
        return None

    # Doing

    def next_ts(self, now: float) -> str:
        """A message id that no other message has, and that sorts after all of them."""
        self._last_ts = max(self._last_ts + 1, int(now * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def post(self, channel: Channel, message: Message, now: float) -> Message:
        """Put a message into a channel, under its ``ts`` or the next one. A thread_ts must name a parent.

        Raises thread_not_found, and cannot_reply_to_message where it names a reply.
        """
        thread_ts = message.get("thread_ts")
        if thread_ts is not None:
            parent = channel.messages.get(thread_ts)
            if parent is None:
                raise SlackError("thread_not_found")
            if parent.get("thread_ts", thread_ts) != thread_ts:
                raise SlackError("cannot_reply_to_message")
            message = message | {"parent_user_id": parent["user"]}
        message = {"type": "message", "team": self.team_id, **message}
        message.setdefault("ts", self.next_ts(now))
        self.change("message", now, channel=channel.id, ts=message["ts"], message=message)
        return message

    def replace(self, channel: Channel, message: Message, now: float) -> None:
        """Put the new version of a message in its place."""
        self.change("changed", now, channel=channel.id, ts=message["ts"], message=message)

    def delete(self, channel: Channel, ts: str, now: float) -> None:
        """Take a message away; the parent of replies leaves a tombstone."""
        message = self.message(channel, ts)
        if not self.replies(channel, ts):
            return self.change("deleted", now, channel=channel.id, ts=ts)
        kept = ("type", "ts", "team", "thread_ts", "reply_count", "reply_users", "reply_users_count", "latest_reply")
        tombstone = {name: message[name] for name in kept if name in message}
        tombstone |= {"subtype": "tombstone", "user": SLACKBOT, "text": "This message was deleted.", "hidden": True}
        return self.replace(channel, tombstone, now)

    def whisper(self, channel: Channel, user: str, message: Message, now: float) -> Ephemeral:
        """Show a message to one person only."""
        ts = self.next_ts(now)
        message = {"type": "message", "team": self.team_id, "ts": ts, **message}
        self.change("ephemeral", now, channel=channel.id, user=user, id=f"E{ts}", ts=ts, message=message)
        return self.ephemerals[f"E{ts}"]

    def rewrite(self, ephemeral: Ephemeral, message: Message, now: float) -> None:
        """Replace what one person sees."""
        values = {"channel": ephemeral.channel, "user": ephemeral.user, "id": ephemeral.id}
        self.change("ephemeral_changed", now, **values, message=message)

    def forget(self, ephemeral: Ephemeral, now: float) -> None:
        """Take away what one person sees."""
        values = {"channel": ephemeral.channel, "user": ephemeral.user, "id": ephemeral.id}
        self.change("ephemeral_deleted", now, **values)

    def join(self, channel: Channel, user: str, now: float, inviter: str | None = None) -> bool:
        """Make someone a member; False where they were one. The channel sees a line about it."""
        if user in channel.members:
            return False
        if channel.is_archived:
            raise SlackError("is_archived")
        self.change("joined", now, channel=channel.id, user=user, inviter=inviter)
        text = f"<@{user}> has joined the channel"
        line = {"subtype": "channel_join", "user": user, "text": text} | ({"inviter": inviter} if inviter else {})
        self.post(channel, line, now)
        return True

    def leave(self, channel: Channel, user: str, now: float) -> None:
        """Take a member out."""
        if user in channel.members:
            self.change("left", now, channel=channel.id, user=user)

    def open(self, users: Sequence[str], now: float) -> tuple[Channel, bool]:
        """The direct (or group) message between these users, and whether it was there already."""
        people = sorted(set(users))
        for channel in self.channels.values():
            if (channel.is_im or channel.is_mpim) and sorted(set(channel.members)) == people:
                return channel, True
        number = sum(1 for channel in self.channels.values() if channel.is_im or channel.is_mpim) + 1
        direct = len(people) <= 2
        names = "--".join(self.users[user].name for user in people)
        opened = {
            "id": f"D0DIRECT{number:02d}" if direct else f"G0GROUP{number:03d}",
            "name": "" if direct else f"mpdm-{names}-1",
            "members": list(dict.fromkeys(users)),
            "is_im": direct,
            "is_mpim": not direct,
        }
        self.change("opened", now, **opened)
        return self.channels[str(opened["id"])], False

    def archive(self, channel: Channel, archived: bool, now: float) -> None:
        """Archive a channel, or bring it back."""
        self.change("archived" if archived else "unarchived", now, channel=channel.id)

    def rename(self, channel: Channel, name: str, now: float) -> None:
        """Give a channel another name. Raises name_taken."""
        if any(other.name == name for other in self.channels.values() if other is not channel):
            raise SlackError("name_taken")
        self.change("renamed", now, channel=channel.id, name=name)

    def renumber(self, channel: Channel, id: str, now: float) -> None:
        """Give a channel another id, as Slack does where a private one becomes shared."""
        if id in self.channels:
            raise SlackError("name_taken")
        self.change("renumbered", now, channel=id, old=channel.id)

    def convert(self, channel: Channel, is_private: bool, user: str, now: float) -> None:
        """Make a public channel private, or the other way round; it keeps its id, and sees a line about it.

        docs.slack.dev, the message subtypes channel_convert_to_private and channel_convert_to_public.
        """
        if channel.is_im or channel.is_mpim:
            raise SlackError("method_not_supported_for_channel_type")
        self.change("converted", now, channel=channel.id, is_private=is_private)
        kind = "private" if is_private else "public"
        who = "it can only be viewed or joined by invitation" if is_private else "everybody can see and join it"
        line = {
            "subtype": f"channel_convert_to_{kind}",
            "user": user,
            "text": f"made this channel *{kind}*. Now, {who}.",
        }
        self.post(channel, line, now)

    # Changing

    def change(self, type: str, now: float, **values: Any) -> None:
        """Apply a change and tell the listeners."""
        change = Change(type, values, now)
        before = self.apply(change)
        for listener in self.listeners:
            listener(change, before)

    def apply(self, change: Change) -> Message | None:
        """The only place where the workspace changes. Gives the message that was there before, where there was one.

        Raises KeyError for a change that names what does not exist (a journal of another workspace).
        """
        before: Message | None = getattr(self, f"_apply_{change.type}")(change.moment, **change.values)
        self.count += 1
        if "ts" in change.values:
            seconds, _, micros = str(change.values["ts"]).partition(".")
            self._last_ts = max(self._last_ts, int(seconds) * 1_000_000 + int(micros or 0))
        return before

    def _apply_message(self, _now: float, channel: str, ts: str, message: Message) -> None:
        place = self.channels[channel]
        place.messages[ts] = message
        thread_ts = message.get("thread_ts")
        if thread_ts is not None and thread_ts != ts:
            _count_replies(place, thread_ts)

    def _apply_changed(self, _now: float, channel: str, ts: str, message: Message) -> Message:
        place = self.channels[channel]
        before = place.messages[ts]
        place.messages[ts] = message
        return before

    def _apply_deleted(self, _now: float, channel: str, ts: str) -> Message:
        place = self.channels[channel]
        before = place.messages.pop(ts)
        thread_ts = before.get("thread_ts")
        if thread_ts is not None and thread_ts != ts:
            _count_replies(place, thread_ts)
        return before

    def _apply_ephemeral(self, _now: float, channel: str, user: str, id: str, ts: str, message: Message) -> None:
        self.ephemerals[id] = Ephemeral(id, channel, user, message)
        while len(self.ephemerals) > EPHEMERALS:  # Slack keeps none; the oldest was shown long ago
            del self.ephemerals[next(iter(self.ephemerals))]

    def _apply_ephemeral_changed(self, _now: float, channel: str, user: str, id: str, message: Message) -> Message:
        before = self.ephemerals[id].message
        self.ephemerals[id].message = message
        return before

    def _apply_ephemeral_deleted(self, _now: float, channel: str, user: str, id: str) -> Message:
        return self.ephemerals.pop(id).message

    def _apply_joined(self, _now: float, channel: str, user: str, inviter: str | None) -> None:
        self.channels[channel].members.append(user)

    def _apply_left(self, _now: float, channel: str, user: str) -> None:
        self.channels[channel].members.remove(user)

    def _apply_opened(self, now: float, id: str, name: str, members: list[str], is_im: bool, is_mpim: bool) -> None:
        self.channels[id] = Channel(
            id, name, list(members), int(now), creator=members[0], is_private=True, is_im=is_im, is_mpim=is_mpim
        )

    def _apply_archived(self, _now: float, channel: str) -> None:
        self.channels[channel].is_archived = True

    def _apply_unarchived(self, _now: float, channel: str) -> None:
        self.channels[channel].is_archived = False

    def _apply_converted(self, _now: float, channel: str, is_private: bool) -> None:
        self.channels[channel].is_private = is_private

    def _apply_renamed(self, _now: float, channel: str, name: str) -> None:
        place = self.channels[channel]
        place.previous_names.insert(0, place.name)
        place.name = name

    def _apply_renumbered(self, _now: float, channel: str, old: str) -> None:
        place = self.channels[old]
        place.id = channel
        self.channels = {known.id: known for known in self.channels.values()}
        for seen in self.ephemerals.values():
            seen.channel = channel if seen.channel == old else seen.channel


def _count_replies(channel: Channel, ts: str) -> None:
    """Keep the numbers that a parent carries about its thread."""
    parent = channel.messages.get(ts)
    if parent is None:
        return
    replies = [m for m in channel.messages.values() if m.get("thread_ts") == ts and m["ts"] != ts]
    for name in ("thread_ts", "reply_count", "reply_users", "reply_users_count", "latest_reply", "is_locked"):
        parent.pop(name, None)
    if replies:
        users = list(dict.fromkeys(reply["user"] for reply in replies))
        parent |= {
            "thread_ts": ts,
            "reply_count": len(replies),
            "reply_users": users[:5],
            "reply_users_count": len(users),
            "latest_reply": replies[-1]["ts"],
            "is_locked": False,
        }


def read_workspace(text: str) -> Workspace:
    """The workspace that a TOML file describes. Raises ValueError naming what is wrong in it."""
    data = tomllib.loads(text)
    try:
        apps = [_read_app(table) for table in data["apps"]]
        users = [User(**({"color": _COLORS[n % len(_COLORS)]} | t)) for n, t in enumerate(data["users"])]
        users += [
            User(app.bot_user, table.get("bot_name", app.name.lower()), app.name, is_bot=True, app_id=app.id)
            for app, table in zip(apps, data["apps"], strict=True)
        ]
        ids = {user.name: user.id for user in users} | {user.id: user.id for user in users}
        everyone = [user.id for user in users if not user.is_bot]
        users.append(User(SLACKBOT, "slackbot", "Slackbot", color="757575"))
        channels = [
            Channel(
                id=table["id"],
                name=table["name"],
                members=[ids[name] for name in table.get("members", everyone)],
                created=1_700_000_000,
                creator=everyone[0],
                is_private=table.get("is_private", False),
                is_archived=table.get("is_archived", False),
                topic=table.get("topic", ""),
            )
            for table in data["channels"]
        ]
        return Workspace(data["team"], users, channels, apps)
    except (KeyError, TypeError, IndexError) as exc:
        raise ValueError(f"the workspace file lacks or misnames something: {exc}") from exc


def _read_app(table: Mapping[str, Any]) -> App:
    return App(
        id=table["id"],
        name=table["name"],
        bot_user=table["bot_user"],
        bot_id=table["bot_id"],
        bot_token=table["bot_token"],
        app_token=table["app_token"],
        scopes=list(table["scopes"]),
        events=list(table.get("events", [])),
        commands=tuple(Command(**command) for command in table.get("commands", [])),
    )
