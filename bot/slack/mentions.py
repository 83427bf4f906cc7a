"""Questions by mention or in a direct message, where slash commands do not work: answered in their thread."""

import re
from functools import partial
from typing import Any

from slack_bolt import App, BoltContext, Say

from bot.search.command import parse_command
from bot.slack.answer import answer
from bot.slack.asker import asker_of
from bot.slack.desk import Desk

_MENTION = re.compile(r"<@[UW][A-Z0-9]+(?:\|[^>]*)?>")
_LINK = re.compile(r"<(https?://[^|>]+)(?:\|[^>]*)?>")


def register(app: App, desk: Desk) -> None:
    """Answer mentions in channels and everything a person says in a direct message."""
    app.event("app_mention")(partial(mentioned, desk=desk))
    app.event({"type": "message", "subtype": None})(partial(said, desk=desk))


def mentioned(body: dict[str, Any], event: dict[str, Any], context: BoltContext, say: Say, *, desk: Desk) -> None:
    """A mention in a channel. In a direct message the message itself arrives too, and that one is answered."""
    if event.get("channel_type") != "im" and not str(event.get("channel", "")).startswith("D"):
        _answer(body, event, context, say, desk)


def said(body: dict[str, Any], event: dict[str, Any], context: BoltContext, say: Say, *, desk: Desk) -> None:
    """A message where the bot is: only a person's own words in a direct message are meant for it."""
    if event.get("channel_type") == "im" and event.get("user") and not event.get("bot_id"):
        _answer(body, event, context, say, desk)


def _answer(body: dict[str, Any], event: dict[str, Any], context: BoltContext, say: Say, desk: Desk) -> None:
    asker = asker_of(context, body, desk)
    command = parse_command(plain(str(event.get("text") or "")), today=asker.today(desk.clock()))
    content = answer(command, asker, desk)
    say(
        text=content.text,
        blocks=list(content.blocks),
        thread_ts=event.get("thread_ts") or event["ts"],
        unfurl_links=False,
        unfurl_media=False,
    )


def plain(text: str) -> str:
    """What a person typed, from the form Slack keeps it in: mentions out, links bare, three characters unescaped.

    The escapes are those of docs.slack.dev/messaging/formatting-message-text.
    """
    text = _LINK.sub(r"\1", _MENTION.sub(" ", text))
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()
