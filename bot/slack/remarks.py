"""What people write in papers' threads: heard where a channel asked for it, with its edits and deletions.

Nobody is answered here, and no word of it is logged.
"""

from collections import OrderedDict
from threading import Lock
from typing import Any

from slack_bolt import App

from bot.delivery.outbox import Place
from bot.errors import RequestRefusedError
from bot.messages import remarks
from bot.messages.content import Content
from bot.messages.errors import error_text
from bot.messages.words import words_for
from bot.search.command import Remarks
from bot.slack.asker import unmarked
from bot.slack.desk import Asker, Desk
from bot.slack.standing import enter, tell_channel, told
from bot.slack.work import Work
from bot.store.remarks import Said

REMEMBERED = 2000
"""Messages of which it is known what was told last: events come in no promised order."""
SPOKEN = (None, "thread_broadcast", "file_share")
"""Subtypes of what a person says."""

Event = dict[str, Any]


def answer(command: Remarks, asker: Asker, desk: Desk) -> Content:
    """Begin or end it for this channel, or say how it stands. Raises RequestRefusedError in a direct message."""
    if asker.channel.startswith("D"):
        raise RequestRefusedError("channel.direct")
    place = Place(asker.team, asker.channel)
    since = desk.remarks.since(place)
    if command.on is None or command.on == (since is not None):
        return remarks.state(desk.remarks.count(place) if since is not None else None, asker.words)
    if command.on:
        return _begin(place, asker, desk)
    erased = desk.remarks.end(place)
    return told(lambda words, not_told: remarks.ended(asker.user, erased, words, not_told), asker, desk)


def _begin(place: Place, asker: Asker, desk: Desk) -> Content:
    """Nothing is kept of people who could not be told."""
    enter(asker, desk)
    not_told = tell_channel(remarks.begun(asker.user, words_for(desk.language)), asker, desk)
    if not_told is not None:
        raise RequestRefusedError("channel.not_told", why=error_text(not_told, asker.words))
    desk.remarks.begin(place, desk.clock())
    return remarks.begun(asker.user, asker.words)


def register(app: App, work: Work, desk: Desk) -> None:
    """Hear every message of the channels the bot is in; `mentions` has taken direct messages before."""
    subtypes = (*SPOKEN, "message_changed", "message_deleted")
    app.event({"type": "message", "subtype": subtypes})(work.unanswered(_Ear(desk).hear))


class _Ear:
    """Follows each message from its first words to its deletion, in whichever order that is told."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._told: OrderedDict[tuple[Place, str], float] = OrderedDict()
        self._kinds: dict[Place, str] = {}
        self._lock = Lock()

    def hear(self, event: Event, team: str, bot_user: str) -> None:
        """Keep, change or erase what the event tells of; what was told later already is not undone."""
        place = Place(team, str(event.get("channel", "")))
        self._note_kind(place, event.get("channel_type"))
        said = read(event, bot_user)
        if said is None:
            return
        ts = said if isinstance(said, str) else said.ts
        with self._lock:
            if not self._is_news((place, ts), float(event.get("event_ts") or event.get("ts") or 0)):
                return
            if isinstance(said, Said):
                self._desk.remarks.keep(place, said)
            else:
                self._desk.remarks.erase(place, ts)

    def _note_kind(self, place: Place, kind: object) -> None:
        """A public channel may become private at any time; from then on what was said there is not for others."""
        if kind in ("channel", "group") and self._kinds.get(place) != kind:
            self._desk.remarks.seen(place, is_private=kind == "group")
            self._kinds[place] = str(kind)

    def _is_news(self, message: tuple[Place, str], moment: float) -> bool:
        if self._told.get(message, 0.0) > moment:
            return False
        self._told[message] = moment
        self._told.move_to_end(message)
        if len(self._told) > REMEMBERED:
            self._told.popitem(last=False)
        return True


def read(event: Event, bot_user: str) -> Said | str | None:
    """What a person said in a thread; the ``ts`` of what is gone; None for all else.

    What is said to the bot is a question and no remark; a remark that becomes one is gone.
    """
    subtype = event.get("subtype")
    if subtype == "message_deleted":
        return str(event.get("deleted_ts", ""))
    changed = subtype == "message_changed"
    message: Event = event.get("message") or {} if changed else event
    ts, thread_ts = str(message.get("ts", "")), str(message.get("thread_ts") or "")
    if message.get("subtype") == "tombstone":
        return ts
    spoken = message.get("subtype") in SPOKEN and message.get("user") and not message.get("bot_id")
    if not spoken or thread_ts in ("", ts):
        return None
    text = str(message.get("text") or "")
    if f"<@{bot_user}" in text:
        return ts if changed else None
    return Said(ts, thread_ts, str(message["user"]), unmarked(text).replace("\0", ""), edited=changed)
