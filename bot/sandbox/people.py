"""What people do: they type and change what they typed, run commands, click, invite.

Each gives the events and envelopes that Slack would send: sections 5 and 6 of the platform notes.
"""

import secrets
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from bot.sandbox.blocks import Json
from bot.sandbox.responses import LIFE, ResponseUrl, ResponseUrls, respond
from bot.sandbox.socket_mode import Ack, Sockets
from bot.sandbox.text import command_text, mentioned, typed_block, typed_text
from bot.sandbox.workspace import SLACKBOT, App, Channel, Command, Ephemeral, Message, SlackError, User, Workspace


class People:
    """The hands of everyone in the workspace. Methods raise SlackError with ``message``, the words a person sees."""

    def __init__(self, workspace: Workspace, sockets: Sockets, urls: ResponseUrls, clock: Callable[[], float]) -> None:
        self._workspace = workspace
        self._sockets = sockets
        self._urls = urls
        self._clock = clock

    async def send(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> Message | None:
        """Say something, or run a command where the text begins with a slash (None: no message of one's own)."""
        place = self._place(user, channel)
        if text.startswith("/invite "):
            self._invite_typed(user, place, text)
            return None
        if text.startswith("/"):
            await self._run_command(self._workspace.user(user), place, text, thread_ts)
            return None
        if not text.strip():
            raise SlackError("no_text", message="There is nothing to send.")
        return self._say(user, place, text, thread_ts)

    def _place(self, user: str, channel: str) -> Channel:
        workspace = self._workspace
        workspace.user(user)
        place = workspace.channel(channel, user)
        if user not in place.members:
            raise SlackError("not_in_channel", message=f"You are not in #{place.name}. Join it first.")
        if place.is_archived:
            raise SlackError("is_archived", message=f"#{place.name} is archived.")
        return place

    def _say(self, user: str, place: Channel, text: str, thread_ts: str | None) -> Message:
        workspace, now = self._workspace, self._clock()
        message: Message = {"user": user, "client_msg_id": str(uuid.uuid4()), **self._typed(text)}
        stored = str(message["text"])
        home = workspace.user(user).team
        if home:
            message |= {"team": home, "user_team": home, "source_team": home}
        if thread_ts is not None:
            message["thread_ts"] = thread_ts
        posted = workspace.post(place, message, now)
        absent = [who for who in mentioned(stored) if who in workspace.users and who not in place.members]
        if absent and not place.is_im:
            names = ", ".join(f"<@{who}>" for who in dict.fromkeys(absent))
            line: Message = {"user": SLACKBOT, "text": f"You mentioned {names}, who is not in this channel."}
            workspace.whisper(place, user, line | ({"thread_ts": thread_ts} if thread_ts else {}), now)
        return posted

    def _typed(self, text: str) -> Message:
        stored = typed_text(text, self._workspace.names())
        return {"text": stored, "blocks": [typed_block(stored, secrets.token_hex(3))]}

    def edit(self, user: str, channel: str, ts: str, text: str) -> None:
        """Change what one said."""
        place, message = self._own(user, channel, ts, "cant_update_message")
        if not text.strip():
            raise SlackError("no_text", message="There is nothing to send.")
        now = self._clock()
        edited = {"edited": {"user": user, "ts": f"{now:.6f}"}}
        self._workspace.replace(place, message | self._typed(text) | edited, now)

    def delete(self, user: str, channel: str, ts: str) -> None:
        """Take back what one said."""
        place, message = self._own(user, channel, ts, "cant_delete_message")
        self._workspace.delete(place, message["ts"], self._clock())

    def _own(self, user: str, channel: str, ts: str, error: str) -> tuple[Channel, Message]:
        place = self._place(user, channel)
        message = self._workspace.message(place, ts)
        if message.get("user") != user or message.get("subtype") is not None:
            raise SlackError(error, message="Only who wrote it may change it.")
        return place, message

    async def _run_command(self, user: User, place: Channel, typed: str, thread_ts: str | None) -> None:
        name, _, text = typed.partition(" ")
        found = self._workspace.command(name)
        if found is None:
            words = f'{name} is not a valid command. Messages that start with "/" are read as commands.'
            raise SlackError("unknown_command", message=words)
        if thread_ts is not None:
            raise SlackError("command_in_thread", message=f"{name} is not supported in threads. Sorry!")
        app, command = found
        url = ResponseUrl(app, user.id, place, self._clock() + LIFE, typed=typed)
        payload = self._command_payload(app, command, user, place, text, self._urls.issue(url))
        if not self._sockets.connected(app.id):
            raise SlackError("dispatch_failed", message=f'{name} failed with the error "dispatch_failed"')
        ack = await self._sockets.deliver(app.id, "slash_commands", payload)
        if ack is None:
            raise SlackError("operation_timeout", message=f'{name} failed with the error "operation_timeout"')
        self._answer(url, ack)

    def _answer(self, url: ResponseUrl, ack: Ack) -> None:
        """Show what came with the acknowledgement."""
        body = {"text": ack.payload} if isinstance(ack.payload, str) else ack.payload
        if isinstance(body, dict) and any(body.get(name) for name in ("text", "blocks", "attachments")):
            respond(self._workspace, url, body, self._clock())

    def _command_payload(
        self, app: App, command: Command, user: User, place: Channel, text: str, response_url: str
    ) -> dict[str, str]:
        names = self._workspace.names()
        place_name = "directmessage" if place.is_im else "privategroup" if place.is_private else place.name
        return {
            "token": "sandbox",
            "team_id": self._workspace.team_id,
            "team_domain": self._workspace.domain,
            "channel_id": place.id,
            "channel_name": place_name,
            "user_id": user.id,
            "user_name": user.name,
            "command": command.command,
            "text": command_text(text, names, should_escape=command.should_escape),
            "api_app_id": app.id,
            "is_enterprise_install": "false",
            "response_url": response_url,
            "trigger_id": self._trigger(),
        }

    def _trigger(self) -> str:
        return f"{int(self._clock() * 1000)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"

    async def act(self, user: str, channel: str, click: Mapping[str, Any]) -> None:
        """Use a button or menu of a message (``ts``) or of a private answer (``ephemeral_id``)."""
        workspace = self._workspace
        person = workspace.user(user)
        place = workspace.channel(channel, user)
        source, ephemeral_id = self._source(user, place, click)
        element, block_id = _element(source, click)
        app = workspace.apps.get(str(source.get("app_id")))
        if app is None:
            raise SlackError("app_not_found", message="Nobody answers to this.")
        url = ResponseUrl(
            app, user, place, self._clock() + LIFE, ts=None if ephemeral_id else source["ts"], ephemeral_id=ephemeral_id
        )
        action = _action(element, block_id, click, f"{self._clock():.6f}")
        payload = self._action_payload(app, person, place, source, ephemeral_id, action, self._urls.issue(url))
        if await self._sockets.deliver(app.id, "interactive", payload) is None:
            words = f"{app.name} did not answer in time. Try again."
            raise SlackError("operation_timeout", message=words)

    def _source(self, user: str, place: Channel, click: Mapping[str, Any]) -> tuple[Message, str | None]:
        ephemeral_id = click.get("ephemeral_id")
        if ephemeral_id is None:
            return self._workspace.message(place, str(click.get("ts"))), None
        seen: Ephemeral | None = self._workspace.ephemerals.get(str(ephemeral_id))
        if seen is None or seen.user != user or seen.channel != place.id:
            raise SlackError("message_not_found", message="This message is gone.")
        return seen.message, seen.id

    def _action_payload(
        self,
        app: App,
        user: User,
        place: Channel,
        source: Message,
        ephemeral_id: str | None,
        action: Json,
        response_url: str,
    ) -> dict[str, Any]:
        team = {"id": self._workspace.team_id, "domain": self._workspace.domain}
        container: Json = {
            "type": "message",
            "message_ts": source["ts"],
            "channel_id": place.id,
            "is_ephemeral": ephemeral_id is not None,
        }
        if "thread_ts" in source:
            container["thread_ts"] = source["thread_ts"]
        payload = {
            "type": "block_actions",
            "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team or team["id"]},
            "api_app_id": app.id,
            "token": "sandbox",
            "container": container,
            "trigger_id": self._trigger(),
            "team": team,
            "enterprise": None,
            "is_enterprise_install": False,
            "channel": {"id": place.id, "name": "directmessage" if place.is_im else place.name},
            "state": {"values": _state(source, action)},
            "response_url": response_url,
            "actions": [action],
        }
        # Of a private answer Slack sends the place and not the content.
        return payload if ephemeral_id else payload | {"message": source}

    def open(self, user: str, with_: str) -> Channel:
        """The direct message of two."""
        self._workspace.user(user)
        self._workspace.user(with_)
        return self._workspace.open([user, with_], self._clock())[0]

    def _invite_typed(self, user: str, place: Channel, text: str) -> None:
        """Slack's own command: everybody who is named comes in."""
        named = mentioned(typed_text(text, self._workspace.names()))
        if not named:
            raise SlackError("user_not_found", message="Name whom to invite: /invite @name")
        for who in named:
            self.invite(user, place.id, who)

    def invite(self, user: str, channel: str, who: str) -> None:
        """Add someone (oneself, too) to a channel."""
        place = self._workspace.channel(channel, user)
        self._workspace.user(who)
        if place.is_im or place.is_mpim:
            raise SlackError("method_not_supported_for_channel_type", message="A direct message has its people.")
        if user not in place.members and who != user:
            raise SlackError("not_in_channel", message=f"You are not in #{place.name}. Join it first.")
        self._workspace.join(place, who, self._clock(), inviter=user if who != user else None)


def _elements(message: Message) -> list[tuple[Json, str]]:
    """Everything one can use in a message, with the id of its block."""
    found: list[tuple[Json, str]] = []
    blocks = list(message.get("blocks", []))
    for attachment in message.get("attachments", []):
        blocks += attachment.get("blocks", [])
    for block in blocks:
        within = [*block.get("elements", []), block.get("accessory"), block.get("element")]
        found += [(e, block["block_id"]) for e in within if isinstance(e, dict) and "action_id" in e]
    return found


def _element(message: Message, click: Mapping[str, Any]) -> tuple[Json, str]:
    block_id = click.get("block_id")
    for element, place in _elements(message):
        if element["action_id"] == click.get("action_id") and block_id in (None, place):
            return element, place
    raise SlackError("action_not_found", message="This message no longer has that button.")


def _action(element: Json, block_id: str, click: Mapping[str, Any], moment: str) -> Json:
    """The action as Slack tells it: what was clicked, with the value that the message holds, not the one claimed."""
    action: Json = {"type": element["type"], "action_id": element["action_id"], "block_id": block_id}
    if element["type"] == "button":
        action |= {name: element[name] for name in ("text", "value", "style", "url") if name in element}
    elif element["type"] in ("overflow", "static_select", "radio_buttons"):
        action["selected_option"] = _option(element, click.get("selected_option"))
    elif element["type"] in ("multi_static_select", "checkboxes"):
        chosen = click.get("selected_options") or []
        action["selected_options"] = [_option(element, option) for option in chosen]
    else:
        known = ("selected_user", "selected_channel", "selected_conversation", "selected_date", "selected_time")
        action |= {name: click[name] for name in known if name in click}
    return action | {"action_ts": moment}


def _option(element: Json, chosen: object) -> Json:
    value = chosen.get("value") if isinstance(chosen, dict) else chosen
    options = [*element.get("options", [])]
    for group in element.get("option_groups", []):
        options += group["options"]
    for option in options:
        if option["value"] == value:
            return dict(option)
    raise SlackError("option_not_found", message="This menu no longer has that choice.")


def _state(message: Message, action: Json) -> Json:
    """Values of the fields that keep one: menus and inputs, not buttons and overflow menus."""
    values: Json = {}
    for element, block_id in _elements(message):
        if element["type"] in ("button", "overflow"):
            continue
        chosen = element.get("initial_option")
        if element["action_id"] == action["action_id"] and block_id == action["block_id"]:
            chosen = action.get("selected_option", chosen)
        values.setdefault(block_id, {})[element["action_id"]] = {"type": element["type"], "selected_option": chosen}
    return values
