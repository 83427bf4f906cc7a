"""Posts one day to one channel now, by the same rows and the same sender as the schedule's."""

import threading
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta

from bot.delivery.editions import Editions
from bot.delivery.outbox import Edition, Place, delivery_key
from bot.delivery.recall import Recall
from bot.delivery.send import send_next
from bot.digest.model import StoredDigest, StoredEntry
from bot.errors import DeliveryRefusedError, RequestRefusedError
from bot.messages.content import DayMessage
from bot.plan.owed import choose_layout
from bot.plan.subscription import Layout
from bot.wiring import Bot, connect, pace, records, wording

Progress = Callable[[int, int], None]

NOT_SETTLED = datetime(1970, 1, 1, tzinfo=UTC)
"""What is posted by hand may be half written: whatever its day settles to is compared with it."""

PATIENCE = timedelta(minutes=1)
"""How long to wait for Slack without a single message gone: what is written down is sent by the running bot later."""


def rehearse_day(
    bot: Bot, bot_token: str | None, digest: StoredDigest, channel_name: str, layout: Layout | None
) -> tuple[DayMessage, ...]:
    """The messages that `post_day` would send now, in the order of sending; nothing is changed, here or in Slack.

    Without a token the channel is looked for among those the bot has been in; where it has been in none yet, all of the
    day is shown. Raises RequestRefusedError where the channel is not there.
    """
    place = _find(bot, bot_token, channel_name)
    if place is None:
        entries = _entries(digest, ())
        chosen = choose_layout(layout, len(entries), bot.settings.delivery.papers_up_to)
        return tuple(wording(bot.settings).day(digest, entries, chosen))
    worded, source, day = wording(bot.settings), digest.source, digest.day
    edition = bot.outbox.edition(place, source, day, "")
    fresh = {entry.id for entry in _entries(digest, bot.outbox.carried(place, source, day))}
    known = set(edition.entry_ids) if edition else set()
    entries = [entry for entry in digest.entries if not entry.withdrawn and entry.id in fresh | known]
    if not entries:
        return ()
    chosen = edition.layout if edition else choose_layout(layout, len(entries), bot.settings.delivery.papers_up_to)
    lay_out = worded.day_in(edition.lang) if edition and edition.lang and worded.day_in else worded.day
    standing = {row.key for row in bot.outbox.rows_of(place, source, day) if row.posted_ts is not None}
    line = "" if edition else _new_line(bot, place, digest)
    return tuple(
        message
        for message in lay_out(digest, entries, chosen)
        if delivery_key(place, source, day, line if message.entry_key is None else message.entry_key, message.part)
        not in standing
    )


def _new_line(bot: Bot, place: Place, digest: StoredDigest) -> str:
    """What the day's own line would be called: none that stands there by another edition."""
    taken = {row.entry_key or "" for row in bot.outbox.rows_of(place, digest.source, digest.day)}
    return "" if "" not in taken else "late:"


def _find(bot: Bot, bot_token: str | None, channel_name: str) -> Place | None:
    if bot_token is not None:
        workspace = connect(bot, bot_token)
        channel = workspace.directory.named(channel_name)
        if channel is None:
            raise RequestRefusedError("channel.unknown", channel=channel_name)
        return Place(workspace.identity.team, channel.id)
    history = records(bot).history
    if not history.channels(""):
        return None
    found = history.channels(channel_name)
    if not found:
        raise RequestRefusedError("channel.unknown", channel=channel_name)
    return found[0].place


def _entries(digest: StoredDigest, carried: Collection[str]) -> list[StoredEntry]:
    return [entry for entry in digest.entries if not entry.withdrawn and entry.key not in carried]


def post_day(
    bot: Bot,
    bot_token: str,
    digest: StoredDigest,
    channel_name: str,
    layout: Layout | None,
    progress: Progress | None = None,
) -> int:
    """Post what the channel does not have yet of that day, and wait for it. Returns how many messages were posted.

    Where the channel has something of it, the rest goes in there, in the layout it has.

    Raises RequestRefusedError where the channel cannot be found or entered, DeliveryRefusedError where Slack refuses a
    message or nothing goes for `PATIENCE`.
    """
    workspace = connect(bot, bot_token)
    found = workspace.directory.named(channel_name)
    if found is None:
        raise RequestRefusedError("channel.unknown", channel=channel_name)
    channel = workspace.directory.enter(found.id)
    place = Place(workspace.identity.team, channel.id)
    bot.outbox.entered(place.team, channel.id, channel.name, channel.is_private)
    patience, tick = PATIENCE / bot.settings.speed, bot.settings.delivery.send_every / bot.settings.speed
    since = bot.clock()
    while not _write(bot, place, digest, layout):
        if bot.clock() - since > patience:
            raise DeliveryRefusedError("delivery.waiting", posted=0, left=0)
        threading.Event().wait(tick.total_seconds())
    total = bot.outbox.unsent(place, digest.source, digest.day)
    waits = pace(bot.settings)
    recall = Recall(workspace.poster, bot.outbox, waits)
    posted, since = 0, bot.clock()
    while (left := bot.outbox.unsent(place, digest.source, digest.day)) > 0:
        sent = send_next(bot.outbox, workspace.poster, workspace.owner, bot.clock, waits, recall)
        if sent and sent.outcome in ("posted", "found"):
            posted, since = posted + (sent.claim.place == place), bot.clock()
        elif sent and sent.outcome == "refused" and sent.claim.place == place:
            raise DeliveryRefusedError("delivery.refused", posted=posted, left=left - 1)
        elif bot.clock() - since > patience:
            raise DeliveryRefusedError("delivery.waiting", posted=posted, left=left)
        else:
            threading.Event().wait(tick.total_seconds())
        if progress:
            progress(max(0, total - left), total)
    return posted


def _write(bot: Bot, place: Place, digest: StoredDigest, layout: Layout | None) -> bool:
    """Write down what the channel does not have yet of a day. False where that cannot be at this moment."""
    entries = _entries(digest, bot.outbox.carried(place, digest.source, digest.day))
    if not entries:
        return True
    edition = bot.outbox.edition(place, digest.source, digest.day, "")
    if edition is None:
        chosen = choose_layout(layout, len(entries), bot.settings.delivery.papers_up_to)
        edition = Edition(place, digest.source, digest.day, "", chosen, lang=bot.settings.language)
    edit_since = bot.clock() - bot.settings.delivery.edit_window
    worded = wording(bot.settings)
    editions = Editions(bot.digests, bot.outbox, worded.day, edit_since, in_language=worded.day_in)
    return editions.lay(edition, entries, NOT_SETTLED) is not None
