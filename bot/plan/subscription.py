"""A channel's standing order, as a value."""

from dataclasses import dataclass
from datetime import date, time
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
    paused: str | None = None
    """Why it is paused; None where it is not."""
    origin: Origin = "chat"
    created_by: str | None = None
    """The Slack user who subscribed; None for one from the config."""
