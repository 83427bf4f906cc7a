"""Posts one day to one channel now, by the same rows and the same sender as the schedule's."""

import threading
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta

from bot.delivery.editions import Editions
from bot.delivery.outbox import Edition, Place
from bot.delivery.recall import Recall
from bot.delivery.send import send_next
from bot.digest.model import StoredDigest, StoredEntry
from bot.errors import DeliveryRefusedError, RequestRefusedError
from bot.messages.content import DayMessage
from bot.plan.owed import choose_layout
from bot.plan.subscription import Layout
from bot.settings import Settings
from bot.wiring import Bot, connect, pace, wording

Progress = Callable[[int, int], None]

NOT_SETTLED = datetime(1970, 1, 1, tzinfo=UTC)
"""What is posted by hand may be half written: whatever its day settles to is compared with it."""

PATIENCE = timedelta(minutes=1)
"""How long to wait for Slack without a single message gone: what is written down is sent by the running bot later."""


def lay_out_day(
    digest: StoredDigest, layout: Layout | None, settings: Settings, carried: Collection[str] = ()
) -> tuple[DayMessage, ...]:
    """The messages of a day without the entries that are ``carried`` already, in the order of sending."""
    entries = _entries(digest, carried)
    chosen = choose_layout(layout, len(entries), settings.delivery.papers_up_to)
    return tuple(wording(settings).day(digest, entries, chosen))


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
        edition = Edition(place, digest.source, digest.day, "", chosen)
    edit_since = bot.clock() - bot.settings.delivery.edit_window
    editions = Editions(bot.digests, bot.outbox, wording(bot.settings).day, edit_since)
    return editions.lay(edition, entries, NOT_SETTLED) is not None
