"""Channels that take nothing more: who subscribed there is told, once, and the channel is looked at again."""

import logging
from collections.abc import Iterable

from bot.delivery.outbox import Place
from bot.delivery.told import Told
from bot.errors import BotError
from bot.messages.notes import channel_closed
from bot.messages.words import words_for
from bot.plan.subscription import Subscription
from bot.slack.directory import Directory
from bot.store.outbox import ClosedChannel, Outbox

log = logging.getLogger(__name__)

_MAY_CHANGE = ("is_archived", "not_in_channel", "channel_not_found", "is_inactive")
"""What a look at the channel can tell to be over. Whether an administrator lets us post again, it cannot."""


def tell_subscribers(
    team: str, subscriptions: Iterable[Subscription], outbox: Outbox, directory: Directory, told: Told
) -> None:
    """Write down a direct message for each person whose subscription has come to a halt, in their own language.

    Repeating it writes nothing twice: a person is told once of each closing. ``told`` saves the asking.
    """
    closed = {one.place.channel: one for one in outbox.closed_channels(team)}
    waiting = {(sub.channel, sub.created_by) for sub in subscriptions if sub.channel in closed and sub.created_by}
    for channel, user in sorted(waiting):
        why = closed[channel]
        if not told.is_news(("closed", channel, user), why.closed_at):
            continue
        try:
            _tell(user, why, outbox, directory)
        except BotError as exc:
            told.is_news(("closed", channel, user), None)
            if told.is_news(("not told", channel, user), exc.code):
                log.warning("not told of a closed channel channel=%s user=%s reason=%s", channel, user, exc)


def _tell(user: str, closed: ClosedChannel, outbox: Outbox, directory: Directory) -> None:
    direct = directory.direct(user)
    person = directory.person(user)
    if person.doubt is not None:  # told once, so not in a language that is a guess
        raise person.doubt
    words = words_for(person.locale)
    content = channel_closed(closed.name or closed.place.channel, closed.reason, words)
    place = Place(closed.place.team, direct)
    if outbox.add_note(place, "", closed.closed_at.date(), f"closed:{closed.place.channel}", content):
        log.info("told of a closed channel channel=%s user=%s", closed.place.channel, user)


def look_again(team: str, outbox: Outbox, directory: Directory) -> None:
    """Open again what was unarchived, or where the bot was invited again. Raises BotError where Slack is not asked."""
    for closed in outbox.closed_channels(team):
        if not any(code in closed.reason for code in _MAY_CHANGE):
            continue
        channel = directory.channel(closed.place.channel)
        if channel and channel.is_member and not channel.is_archived:
            outbox.entered(team, channel.id, channel.name, channel.is_private)
