"""A channel's standing order, as a value."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal

Layout = Literal["papers", "list", "brief"]
Origin = Literal["config", "chat"]

EVERY_DAY = frozenset(range(7))


@dataclass(frozen=True, slots=True)
class Subscription:
    """Which digests a channel wants, and when.

    ``at`` is an hour in ``zone``, or None for on arrival. ``days`` are weekdays, Monday 0. ``layout`` None is the
    default: `papers`, or `list` on a day with more papers than that suits. ``since`` is the first digest day it may be
    owed, None until its source has a ready day.
    """

    id: int
    team: str
    channel: str
    source: str
    query: str = ""
    at: time | None = None
    days: frozenset[int] = EVERY_DAY
    zone: str = "UTC"
    layout: Layout | None = None
    since: date | None = None
    quiet: tuple[time, time] | None = None
    """From when until when, in ``zone``, nothing is begun; the end may be on the next day."""
    say_when_empty: bool = False
    """Whether the channel is told at its hour on a weekday that has no digest."""
    paused: str | None = None
    """Why it is paused; None where it is not."""
    paused_until: datetime | None = None
    """When a pause ends by itself (UTC); None for one that a person ends."""
    origin: Origin = "chat"
    created_by: str | None = None
    """The Slack user who subscribed; None for one from the config."""
    created_at: datetime | None = None

    def is_paused(self, now: datetime) -> bool:
        """Whether it is paused now: a pause with an end is over by itself."""
        return self.paused is not None and (self.paused_until is None or now < self.paused_until)
