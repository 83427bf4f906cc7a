"""What people say to the bot by mention or in a direct message, where slash commands do not work."""

from typing import Any

from slack_bolt import App

from bot.delivery.outbox import Place
from bot.digest.model import StoredEntry
from bot.messages.help import greeting
from bot.search.command import OnePaper
from bot.search.conversation import Greeting, asked_in_thread, parse_message
from bot.slack.answer import about_paper, answer
from bot.slack.asker import Asked
from bot.slack.desk import Desk
from bot.slack.heard import SPOKEN
from bot.slack.reply import reply
from bot.slack.work import Work

_PRIVATE = ("save", "drop")
"""What concerns the person alone, wherever it is said."""


def register(app: App, work: Work) -> None:
    """Answer mentions in channels and everything a person says in a direct message."""
    app.event("app_mention")(work.later(mentioned))
    app.event({"type": "message", "subtype": SPOKEN}, matchers=[_is_direct])(work.later(said))


def mentioned(asked: Asked, desk: Desk) -> None:
    """A mention in a channel. In a direct message the message itself arrives too, and that one is answered."""
    event = asked.payload
    direct = event.get("channel_type") == "im" or str(event.get("channel", "")).startswith("D")
    if not direct and _by_a_person(asked):
        converse(asked, desk)


def said(asked: Asked, desk: Desk) -> None:
    """A message where the bot is: only a person's own words in a direct message are meant for it."""
    if _is_direct(asked.payload) and _by_a_person(asked):
        converse(asked, desk)


def converse(asked: Asked, desk: Desk) -> None:
    """Answer what was said; in a paper's thread a verb alone is about that paper."""
    asker, typed = asked.asker, asked.typed
    entry = _in_its_thread(asked, desk)
    what = asked_in_thread(typed) if entry is not None else None
    if entry is not None and what is not None:
        for content in about_paper(entry, what, asker, desk):
            reply(asked, desk, content, private=what in _PRIVATE)
        return
    message = parse_message(typed, today=asker.today(desk.clock()))
    if isinstance(message, Greeting):
        reply(asked, desk, greeting(asker.words, thanks=message.thanks))
        return
    private = isinstance(message, OnePaper) and message.what in _PRIVATE
    for content in answer(message, asker, desk):
        reply(asked, desk, content, private=private)


def _in_its_thread(asked: Asked, desk: Desk) -> StoredEntry | None:
    """The paper in whose thread it was said."""
    event = asked.event or {}
    thread_ts = event.get("thread_ts")
    if not thread_ts or thread_ts == event.get("ts"):
        return None
    return desk.records.history.in_thread(Place(asked.asker.team, asked.asker.channel), str(thread_ts))


def _is_direct(event: dict[str, Any]) -> bool:
    return event.get("channel_type") == "im"


def _by_a_person(asked: Asked) -> bool:
    """Two bots that answer each other's mentions would never stop."""
    return bool(asked.payload.get("user")) and not asked.payload.get("bot_id")
