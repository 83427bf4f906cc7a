"""Lets what stands in the channels follow the curator: a pass over the editions whose day changed, safe to repeat."""

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.delivery.editions import Archive, Editions, LayOut
from bot.delivery.outbox import Outbox
from bot.delivery.told import Told, reported


def revise(
    team: str,
    archive: Archive,
    outbox: Outbox,
    lay_out: LayOut,
    now: datetime,
    edit_window: timedelta,
    told: Told | None = None,
    in_language: Callable[[str], LayOut] | None = None,
) -> int:
    """Write down what has to change in the channels. Returns how many messages now have something to be done.

    Each edition keeps its layout, its language and its papers: new ones come with `deliver_owed`. Days that became
    ready, and messages that were posted, longer than ``edit_window`` ago stay as they are. An edition that fails is an
    ERROR in the log, once while it fails the same way, and does not stop the others. Raises StoreUnavailableError.
    """
    told = told or Told()
    since = now - edit_window
    editions = Editions(archive, outbox, lay_out, since, in_language=in_language)
    rows = 0
    for edition, settled_at in outbox.outdated(team, since):
        place, source, day = edition.place, edition.source, edition.day
        fields = {"team": place.team, "channel": place.channel, "source": source, "day": day}
        with reported(told, ("revise", place, source, day, edition.query), "not revised", "report the day", **fields):
            rows += editions.lay(edition, (), settled_at) or 0
    return rows
