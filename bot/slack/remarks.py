"""What people write in papers' threads: heard where a channel asked for it, with its edits and deletions.

Nobody is answered here, and no word of it is logged.
"""

import logging
from collections import OrderedDict
from threading import Lock

from slack_bolt import App

from bot.delivery.outbox import Place
from bot.errors import RequestRefusedError
from bot.messages import remarks
from bot.messages.content import Content
from bot.messages.errors import error_text
from bot.search.command import Remarks
from bot.slack.desk import Asker, Desk
from bot.slack.heard import SPOKEN, Event, read
from bot.slack.standing import enter, refuse_strangers, tell_channel, told, words_there
from bot.slack.work import Work
from bot.store.remarks import Said

log = logging.getLogger(__name__)

REMEMBERED = 2000
"""Messages of which it is known what was told last: events come in no promised order."""
CONVERTED = ("channel_convert_to_private", "channel_convert_to_public")


def answer(command: Remarks, asker: Asker, desk: Desk) -> Content | None:
    """Begin or end it for this channel, or say how it stands; None where the channel was told.

    Raises RequestRefusedError in a direct message.
    """
    if asker.in_direct:
        raise RequestRefusedError("channel.direct")
    place = Place(asker.team, asker.channel)
    since = desk.remarks.since(place)
    if command.on is None or command.on == (since is not None):
        return remarks.state(desk.remarks.count(place) if since is not None else None, asker.words)
    refuse_strangers(asker)
    if command.on:
        return _begin(place, asker, desk)
    return remarks.sure(desk.remarks.count(place), asker.words)


def end(asker: Asker, desk: Desk) -> Content | None:
    """Erase what was kept in this channel: asked for once more, since most of it is other people's words."""
    refuse_strangers(asker)
    place = Place(asker.team, asker.channel)
    if desk.remarks.since(place) is None:
        return remarks.state(None, asker.words)
    erased = desk.remarks.end(place)
    log.warning("remarks ended channel=%s by=%s erased=%d", asker.channel, asker.user, erased)
    return told(lambda words, not_told: remarks.ended(asker.user, erased, words, not_told), asker, desk)


def _begin(place: Place, asker: Asker, desk: Desk) -> Content | None:
    """Nothing is kept of people who could not be told."""
    enter(asker, desk)
    not_told = tell_channel(remarks.begun(asker.user, words_there(asker, desk)), asker, desk)
    if not_told is not None:
        raise RequestRefusedError("channel.not_told", why=error_text(not_told, asker.words))
    desk.remarks.begin(place, desk.clock())
    return None


def register(app: App, work: Work, desk: Desk) -> None:
    """Hear every message of the channels the bot is in; `mentions` has taken direct messages before."""
    subtypes = (*SPOKEN, "message_changed", "message_deleted", *CONVERTED)
    app.event({"type": "message", "subtype": subtypes})(work.unanswered(_Ear(desk).hear))


class _Ear:
    """Follows each message from its first words to its deletion, in whichever order that is told."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._told: OrderedDict[tuple[Place, str], float] = OrderedDict()
        self._kinds: dict[Place, tuple[float, str]] = {}
        """As what each channel was told of last, and when."""
        self._lock = Lock()

    def hear(self, event: Event, team: str, bot_user: str) -> None:
        """Keep, change or erase what the event tells of; what was told later already is not undone."""
        place = Place(team, str(event.get("channel", "")))
        self._note_kind(place, event)
        said = read(event, bot_user)
        if said is None:
            return
        ts = said if isinstance(said, str) else said.ts
        with self._lock:
            if not self._is_news((place, ts), _moment(event)):
                return
            if isinstance(said, Said):
                self._desk.remarks.keep(place, said)
            else:
                self._desk.remarks.erase(place, ts)

    def _note_kind(self, place: Place, event: Event) -> None:
        """A public channel may become private at any time; from then on what was said there is not for others.

        An event that comes late does not undo what a later one told.
        """
        kind, moment = event.get("channel_type"), _moment(event)
        before, known = self._kinds.get(place, (0.0, ""))
        if kind not in ("channel", "group") or moment < before:
            return
        self._kinds[place] = (moment, str(kind))
        # Each time: what an answer was told since may be out of date again.
        self._desk.remarks.seen(place, is_private=kind == "group")
        if kind != known or event.get("subtype") in CONVERTED:
            self._desk.directory.converted(place.channel)

    def _is_news(self, message: tuple[Place, str], moment: float) -> bool:
        if self._told.get(message, 0.0) > moment:
            return False
        self._told[message] = moment
        self._told.move_to_end(message)
        if len(self._told) > REMEMBERED:
            self._told.popitem(last=False)
        return True


def _moment(event: Event) -> float:
    """When it happened, as the event says; 0 where it does not."""
    try:
        return float(event.get("event_ts") or event.get("ts") or 0)
    except (TypeError, ValueError):
        return 0.0
