"""Posts one day to one channel now, by the same rows and the same sender as the schedule's."""

import threading
from collections.abc import Callable

from bot.delivery.outbox import Place
from bot.delivery.send import send_next
from bot.digest.model import StoredDigest
from bot.errors import RequestRefusedError
from bot.messages.content import DayMessage
from bot.messages.day import lay_out
from bot.messages.words import words_for
from bot.plan.owed import choose_layout
from bot.plan.subscription import Layout
from bot.settings import Settings
from bot.wiring import Bot, connect, pace

Progress = Callable[[int, int], None]


def lay_out_day(digest: StoredDigest, layout: Layout | None, settings: Settings) -> tuple[DayMessage, ...]:
    """The messages of a whole day, in the order of sending."""
    entries = [entry for entry in digest.entries if not entry.withdrawn]
    chosen = choose_layout(layout, len(entries), settings.delivery.papers_up_to)
    return lay_out(digest, entries, chosen, words_for(settings.language))


def post_day(
    bot: Bot,
    bot_token: str,
    digest: StoredDigest,
    channel_name: str,
    layout: Layout | None,
    progress: Progress | None = None,
) -> int:
    """Post what the channel does not have yet of that day, and wait for it. Returns how many messages were posted.

    Raises RequestRefusedError where the channel cannot be found or entered.
    """
    workspace = connect(bot, bot_token)
    found = workspace.directory.named(channel_name)
    if found is None:
        raise RequestRefusedError("channel.unknown", channel=channel_name)
    channel = workspace.directory.enter(found.id)
    place = Place(workspace.identity.team, channel.id)
    bot.outbox.save_channel(place.team, channel.id, channel.name, channel.is_private)
    total = bot.outbox.add(place, digest.source, digest.day, lay_out_day(digest, layout, bot.settings))
    posted = 0
    while (left := bot.outbox.unsent(place, digest.source, digest.day)) > 0:
        sent = send_next(bot.outbox, workspace.poster, workspace.owner, bot.clock, pace(bot.settings))
        if sent is None:
            threading.Event().wait(bot.settings.delivery.send_every.total_seconds() / bot.settings.speed)
        elif sent.claim.place == place:
            posted += sent.outcome in ("posted", "found")
        if progress:
            progress(total - left, total)
    return posted
