"""Questions by mention or in a direct message, where slash commands do not work: answered in their thread."""

from typing import Any

from slack_bolt import App

from bot.slack.asker import Asked
from bot.slack.commands import paper
from bot.slack.desk import Desk
from bot.slack.work import Work


def register(app: App, work: Work) -> None:
    """Answer mentions in channels and everything a person says in a direct message."""
    app.event("app_mention")(work.later(mentioned))
    app.event({"type": "message", "subtype": None}, matchers=[_is_direct])(work.later(said))


def mentioned(asked: Asked, desk: Desk) -> None:
    """A mention in a channel. In a direct message the message itself arrives too, and that one is answered."""
    event = asked.payload
    direct = event.get("channel_type") == "im" or str(event.get("channel", "")).startswith("D")
    if not direct and _by_a_person(asked):
        paper(asked, desk)


def said(asked: Asked, desk: Desk) -> None:
    """A message where the bot is: only a person's own words in a direct message are meant for it."""
    if _is_direct(asked.payload) and _by_a_person(asked):
        paper(asked, desk)


def _is_direct(event: dict[str, Any]) -> bool:
    return event.get("channel_type") == "im"


def _by_a_person(asked: Asked) -> bool:
    """Two bots that answer each other's mentions would never stop."""
    return bool(asked.payload.get("user")) and not asked.payload.get("bot_id")
