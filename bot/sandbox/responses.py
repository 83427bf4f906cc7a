"""Response URLs: the way an app answers a command or a click, even where it is no member.

Section 6.1 of the platform notes: five answers in half an hour; an answer's kind (private or not) never changes.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox.drafts import author, draft, is_true
from bot.sandbox.workspace import App, Channel, Ephemeral, Message, SlackError, Workspace

USES = 5
KEPT = 5000
LIFE = 30 * 60.0
"""Seconds."""


@dataclass(slots=True)
class ResponseUrl:
    """What one response URL may still do."""

    app: App
    user: str
    channel: Channel
    expires: float
    ts: str | None = None
    """The message clicked on."""
    ephemeral_id: str | None = None
    """The private answer clicked on."""
    typed: str | None = None
    """The slash command, shown to all once an answer is."""
    uses: int = 0


class ResponseUrls:
    """All that were handed out since the start."""

    def __init__(self, workspace: Workspace, base_url: str) -> None:
        self._workspace = workspace
        self._base_url = base_url
        self._urls: dict[str, ResponseUrl] = {}

    def issue(self, url: ResponseUrl) -> str:
        """A new address. The oldest are forgotten."""
        while len(self._urls) >= KEPT:
            del self._urls[next(iter(self._urls))]
        name = secrets.token_urlsafe(18)
        self._urls[name] = url
        return f"{self._base_url}/response/{self._workspace.team_id}/{name}"

    def channel_of(self, name: str) -> str | None:
        """The id of the channel that an address leads to."""
        return self._urls[name].channel.id if name in self._urls else None

    def answer(self, name: str, body: Mapping[str, Any], now: float) -> None:
        """Carry out what was sent to an address. Raises expired_url, used_url, or what is wrong with the message."""
        url = self._urls.get(name)
        if url is None or now >= url.expires:
            raise SlackError("expired_url")
        if url.uses >= USES:
            raise SlackError("used_url")
        respond(self._workspace, url, body, now)
        url.uses += 1


def respond(workspace: Workspace, url: ResponseUrl, body: Mapping[str, Any], now: float) -> None:
    """Do what an answer says: a new message, another in the place of the one clicked on, or none there."""
    if is_true(body.get("delete_original")):
        _take_away(workspace, url, now)
        return
    if is_true(body.get("replace_original")) and (url.ts or url.ephemeral_id):
        _put_in_place(workspace, url, body, now)
        return
    message = author(workspace, url.app) | draft(workspace, url.app, body, _seed(now), refuse_over=None)
    thread_ts = body.get("thread_ts")
    if thread_ts:
        message["thread_ts"] = str(thread_ts)
    if body.get("response_type") != "in_channel":
        workspace.whisper(url.channel, url.user, message, now)
        return
    if url.channel.is_archived:
        raise SlackError("is_archived")
    if url.typed is not None:
        workspace.post(url.channel, {"user": url.user, "text": url.typed, "subtype": "slash_command"}, now)
        url.typed = None
    workspace.post(url.channel, message, now)


def _seed(now: float) -> str:
    return f"{now:.6f}"


def _source(workspace: Workspace, url: ResponseUrl) -> Message | Ephemeral:
    if url.ephemeral_id is not None:
        if url.ephemeral_id not in workspace.ephemerals:
            raise SlackError("message_not_found")
        return workspace.ephemerals[url.ephemeral_id]
    if url.ts is None:
        raise SlackError("message_not_found")
    return workspace.message(url.channel, url.ts)


def _take_away(workspace: Workspace, url: ResponseUrl, now: float) -> None:
    source = _source(workspace, url)
    if isinstance(source, Ephemeral):
        workspace.forget(source, now)
    else:
        workspace.delete(url.channel, source["ts"], now)


def _put_in_place(workspace: Workspace, url: ResponseUrl, body: Mapping[str, Any], now: float) -> None:
    source = _source(workspace, url)
    content = draft(workspace, url.app, body, _seed(now), refuse_over=None)
    if isinstance(source, Ephemeral):
        workspace.rewrite(source, _with_content(source.message, content), now)
        return
    edited = {"edited": {"user": url.app.bot_user, "ts": _seed(now)}}
    workspace.replace(url.channel, _with_content(source, content) | edited, now)


def _with_content(message: Message, content: Message) -> Message:
    kept = {name: value for name, value in message.items() if name not in ("text", "blocks", "attachments")}
    return kept | content
