"""What the page in the browser asks for and is told, under /page/; and the fault switches under /faults."""

import asyncio
import contextlib
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.sandbox.bodies import MALFORMED, load_json, read_body
from bot.sandbox.events import event_payload, uninstalled
from bot.sandbox.faults import NOW_KINDS, Fault, Faults, act_now, app_meant
from bot.sandbox.people import People
from bot.sandbox.socket_mode import Sockets
from bot.sandbox.workspace import SLACKBOT, Change, Channel, Message, SlackError, Workspace

Told = dict[str, Any]

PAGE = Path(__file__).parent / "page"
QUEUED = 1000
"""Changes that wait for one page at most."""
_WAIT = 30.0
"""Seconds that /page/wait keeps a question open."""


class Live:
    """The open pages, each told what its user may see, and everyone who waits for a change."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._pages: dict[asyncio.Queue[Told], str] = {}
        self._changed = asyncio.Event()
        self.count = 0
        """How often anything changed, messages and connections alike."""

    def changed(self, change: Change, before: Message | None) -> None:
        """Tell of a change (a listener of the workspace)."""
        for queue, user in self._pages.items():
            for told in _told(self._workspace, change, before, user):
                _tell(queue, told)
        self._wake()

    def connected(self, value: bool) -> None:
        """Tell whether a bot is connected."""
        for queue in self._pages:
            _tell(queue, {"type": "connected", "value": value})
        self._wake()

    def _wake(self) -> None:
        self.count += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait(self, after: int) -> int:
        """The count, once it is beyond ``after``; or the same where nothing happens for a while."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_WAIT):
                while self.count <= after:
                    await self._changed.wait()
        return self.count

    async def serve(self, websocket: WebSocket, user: str) -> None:
        """Feed one page until it goes."""
        await websocket.accept()
        queue: asyncio.Queue[Told] = asyncio.Queue(QUEUED)
        self._pages[queue] = user
        gone = asyncio.ensure_future(_gone(websocket))
        try:
            while not gone.done():
                told = asyncio.ensure_future(queue.get())
                await asyncio.wait({told, gone}, return_when=asyncio.FIRST_COMPLETED)
                if not told.done():
                    told.cancel()
                    break
                await websocket.send_text(json.dumps(told.result(), ensure_ascii=False))
        except (WebSocketDisconnect, RuntimeError, OSError):
            pass  # closed while we sent
        finally:
            gone.cancel()
            del self._pages[queue]


def _tell(queue: asyncio.Queue[Told], told: Told) -> None:
    """A page that reads nothing misses the oldest; it asks for everything when it comes back."""
    if queue.full():
        queue.get_nowait()
    queue.put_nowait(told)


async def _gone(websocket: WebSocket) -> None:
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


def _told(workspace: Workspace, change: Change, before: Message | None, user: str) -> list[Told]:
    """A change as the page of one user hears of it."""
    values = change.values
    if change.type == "opened":
        return [{"type": "channels"}] if user in values["members"] else []
    channel = workspace.channels[values["channel"]]
    if change.type.startswith("ephemeral"):
        return _told_ephemeral(workspace, change) if values["user"] == user else []
    if change.type == "converted" or (change.type == "left" and values["user"] == user):
        return [{"type": "channels"}]
    if not workspace.sees(user, channel):
        return []
    if change.type not in ("message", "changed", "deleted"):
        return [{"type": "channels"}]
    return _told_message(channel, change, before)


def _told_message(channel: Channel, change: Change, before: Message | None) -> list[Told]:
    where: Told = {"type": change.type, "channel": channel.id}
    if change.type == "deleted":
        told = [where | {"ts": change.values["ts"]}]
        message: Message = before or {}
    else:
        message = change.values["message"]
        told = [where | {"message": message}]
    parent = channel.messages.get(message.get("thread_ts", ""))
    if change.type != "changed" and parent is not None and parent is not message:
        # Its count of replies is another now.
        told.append({"type": "changed", "channel": channel.id, "message": parent})
    return told


def _told_ephemeral(workspace: Workspace, change: Change) -> list[Told]:
    told: Told = {"type": change.type, "channel": change.values["channel"]}
    seen = workspace.ephemerals.get(change.values["id"])
    return [told | ({"message": seen.shown()} if seen else {"id": change.values["id"]})]


class PageApi:
    """The page's questions."""

    def __init__(
        self,
        workspace: Workspace,
        people: People,
        sockets: Sockets,
        live: Live,
        faults: Faults,
        clock: Callable[[], float],
    ) -> None:
        self._workspace = workspace
        self._people = people
        self._sockets = sockets
        self._live = live
        self._faults = faults
        self._clock = clock

    async def index(self, _request: Request) -> Response:
        """The page itself."""
        path = PAGE / "index.html"
        if not path.is_file():
            return PlainTextResponse("The stand-in runs; its page is not installed.", 404)
        return FileResponse(path, headers={"cache-control": "no-cache"})

    async def state(self, request: Request) -> Response:
        """Everything that a user may see."""
        workspace = self._workspace
        user = self._user(request.query_params.get("user", ""))
        if user is None:
            return JSONResponse({"ok": False, "error": "user_not_found"}, 404)
        channels = workspace.visible(user)
        return JSONResponse(
            {
                "team": {"id": workspace.team_id, "name": workspace.team_name},
                "me": self._shown_user(user),
                "users": [self._shown_user(who) for who in workspace.users],
                "channels": [_shown_channel(channel, user) for channel in channels],
                "commands": [
                    {"command": c.command, "description": c.description, "usage_hint": c.usage_hint}
                    for app in workspace.apps.values()
                    for c in app.commands
                ],
                "messages": {channel.id: list(channel.messages.values()) for channel in channels},
                "ephemerals": [seen.shown() for seen in workspace.ephemerals_of(user)],
                "connected": bool(self._sockets.connected()),
                "connections": self._sockets.connected(),
                "count": self._live.count,
            }
        )

    def _user(self, named: str) -> str | None:
        """A user by id or name; the first person where none is named."""
        users = self._workspace.users
        if named in users:
            return named
        if not named:
            return next(user.id for user in users.values() if not user.is_bot)
        return self._workspace.names().users.get(named)

    def _shown_user(self, user: str) -> Told:
        who = self._workspace.users[user]
        named = {name: getattr(who, name) for name in ("id", "name", "real_name", "locale", "tz", "color")}
        return named | {"is_bot": who.is_bot or who.id == SLACKBOT}

    async def live(self, websocket: WebSocket) -> None:
        """The page's stream of changes."""
        user = self._user(websocket.query_params.get("user", ""))
        if user is None:
            await websocket.close(4004)
            return
        await self._live.serve(websocket, user)

    async def wait(self, request: Request) -> Response:
        """Answers once more has changed than ``after`` changes."""
        after = request.query_params.get("after", "0")
        if not re.fullmatch(r"-?[0-9]{1,18}", after):
            return JSONResponse({"ok": False, "error": "invalid_arguments", "message": "after is a number"}, 400)
        return JSONResponse({"count": await self._live.wait(int(after))})

    async def send(self, request: Request) -> Response:
        """Say something or run a command."""

        async def send(body: Told) -> Told:
            thread_ts = body.get("thread_ts") or None
            message = await self._people.send(
                self._who(body), self._where(body), str(body.get("text", "")), str(thread_ts) if thread_ts else None
            )
            return {"ts": message["ts"]} if message else {}

        return await self._answer(request, send)

    async def edit(self, request: Request) -> Response:
        """Change what one said."""

        async def edit(body: Told) -> Told:
            self._people.edit(self._who(body), self._where(body), str(body["ts"]), str(body.get("text", "")))
            return {}

        return await self._answer(request, edit)

    async def delete(self, request: Request) -> Response:
        """Take back what one said."""

        async def delete(body: Told) -> Told:
            self._people.delete(self._who(body), self._where(body), str(body["ts"]))
            return {}

        return await self._answer(request, delete)

    async def action(self, request: Request) -> Response:
        """Use a button or a menu."""

        async def act(body: Told) -> Told:
            await self._people.act(self._who(body), self._where(body), body)
            return {}

        return await self._answer(request, act)

    async def dm(self, request: Request) -> Response:
        """Open a direct message."""

        async def open_dm(body: Told) -> Told:
            return {"channel": self._people.open(self._who(body), self._who(body, "with")).id}

        return await self._answer(request, open_dm)

    async def invite(self, request: Request) -> Response:
        """Add someone to a channel."""

        async def invite(body: Told) -> Told:
            self._people.invite(self._who(body), self._where(body), self._who(body, "who"))
            return {}

        return await self._answer(request, invite)

    async def faults(self, request: Request) -> Response:
        """GET lists the switches that are on, POST sets one."""
        if request.method == "GET":
            return JSONResponse(self._faults.shown())

        async def add(body: Told) -> Told:
            values = dict(body)
            kind = str(values.pop("kind", ""))
            if kind == "disconnect":
                await self._sockets.disconnect(str(values.get("reason", "refresh_requested")))
            elif kind == "close_sockets":
                await self._sockets.close()
            elif kind in NOW_KINDS:
                self._act_now(kind, values)
            else:
                method, count, after = values.pop("method", None), values.pop("count", 1), values.pop("after", 0)
                channel = self._where(values) if "channel" in values else None
                values.pop("channel", None)
                self._faults.add(Fault(kind, method, channel, int(count), int(after), values))
            return {}

        return await self._answer(request, add)

    def _act_now(self, kind: str, values: Told) -> None:
        now = self._clock()
        named = {"channel": self._where(values)} if "channel" in values else {}
        named |= {"who": self._who(values, "who")} if "who" in values else {}
        act_now(self._workspace, kind, values | named, now)
        if kind == "uninstall":
            app = app_meant(self._workspace, values)
            for event in uninstalled(app, now):
                self._sockets.publish(app.id, event_payload(self._workspace, app, event, now))

    async def clear_faults(self, request: Request) -> Response:
        """Switches everything off, or the ``kind`` that is named; tokens count again."""

        async def clear(body: Told) -> Told:
            kind = body.get("kind")
            self._faults.clear(str(kind) if kind else None)
            if kind in (None, "revoke", "uninstall"):
                for app in self._workspace.apps.values():
                    app.revoked = None
            return {}

        return await self._answer(request, clear)

    def _who(self, body: Mapping[str, Any], name: str = "user") -> str:
        named = str(body.get(name, ""))
        return (self._user(named) if named else None) or named

    def _where(self, body: Mapping[str, Any]) -> str:
        named = str(body.get("channel", "")).removeprefix("#")
        by_name = {channel.name: channel.id for channel in self._workspace.channels.values() if channel.name}
        return by_name.get(named, named)

    async def _answer(self, request: Request, act: Callable[[Told], Awaitable[Told]]) -> Response:
        try:
            body = load_json(await read_body(request) or b"{}")
            if not isinstance(body, dict):
                raise ValueError("expected a JSON object")
            return JSONResponse({"ok": True, **await act(body)})
        except SlackError as exc:
            message = str(exc.more.get("message", f"Slack says {exc.error}."))
            return JSONResponse({"ok": False, "error": exc.error, "message": message})
        except MALFORMED as exc:
            return JSONResponse({"ok": False, "error": "invalid_arguments", "message": str(exc)}, 400)


def _shown_channel(channel: Channel, user: str) -> Told:
    other = next((who for who in channel.members if who != user), user)
    shown: Told = {
        "id": channel.id,
        "name": channel.name,
        "is_private": channel.is_private,
        "is_im": channel.is_im,
        "is_mpim": channel.is_mpim,
        "is_archived": channel.is_archived,
        "topic": channel.topic,
        "members": list(channel.members),
    }
    return shown | ({"user": other} if channel.is_im else {})
