"""Which days a channel is owed, which of a day's papers it wants, and how they are laid out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from bot.digest.model import StoredDigest, StoredEntry
from bot.plan.hours import fires_back, next_arrival, next_fire
from bot.plan.subscription import Layout, Subscription
from bot.search.grammar import Query

PAPERS_UP_TO = 15  # a channel of more messages than this in one morning reads as noise: the day becomes one thread

LATE = timedelta(hours=1)
"""How long after its hour a channel is still told that there is no digest; later than that it is no news."""
SURE = timedelta(minutes=1)
"""How long after its hour a digest that was ready in time may come to be known: a source is looked at by and by."""

GAPS = 30
LEAST_DAYS = 5
LEAST_SILENCE = timedelta(days=2)
BEYOND = 1.5

FRIDAY = 4


@dataclass(frozen=True, slots=True)
class OpenDay:
    """A digest day that a subscription has to consider, for the first time or anew."""

    day: date
    ready_at: datetime
    settled_at: datetime
    """Up to when its changes count."""
    is_new: bool
    """False where it was considered before, and has settled anew since."""


def owed(sub: Subscription, days: Sequence[OpenDay], now: datetime) -> list[OpenDay]:
    """The days to consider for this channel by ``now``, oldest first.

    What changed is shown as on arrival, whatever the hour. A subscription whose ``since`` is not fixed yet is owed
    nothing. Whether it is paused is not asked here.
    """
    since = sub.since
    if since is None:
        return []
    due = (one for one in days if one.day >= since and _fires_at(sub, one) <= now)
    return sorted(due, key=lambda one: one.day)


def _fires_at(sub: Subscription, one: OpenDay) -> datetime:
    return next_fire(sub, one.ready_at) if one.is_new else next_arrival(sub, one.settled_at)


def split_missed(days: Sequence[OpenDay], most: int) -> tuple[list[OpenDay], list[OpenDay]]:
    """Of days that are owed at once, the new ones to pass over, and the rest: the newest ``most`` of the new ones, and
    what changed. Each oldest first.
    """
    in_order = sorted(days, key=lambda one: one.day)
    new = [one for one in in_order if one.is_new]
    passed_over = new[: max(0, len(new) - most)]
    gone = set(passed_over)
    return passed_over, [one for one in in_order if one not in gone]


def empty_day(sub: Subscription, ready: Mapping[date, datetime], now: datetime) -> date | None:
    """The date of whose digest this channel is to be told that there is none; None where there is no such date.

    One from Monday to Friday whose hour has come while nothing became ready since the fire before, in a subscription
    that wants to be told and stood then.
    """
    if not sub.say_when_empty or sub.since is None:
        return None
    fires = fires_back(sub, now)
    day, fire = next(fires, (None, now))
    if day is None or day.weekday() > FRIDAY or not SURE <= now - fire < LATE:
        return None
    if sub.created_at is not None and fire <= sub.created_at:
        return None
    _, before = next(fires)
    return None if any(ready_at > before for ready_at in ready.values()) else day


def is_silent(ready: Mapping[date, datetime], now: datetime) -> bool:
    """Whether a source has brought nothing for longer than it is used to pause.

    ``BEYOND`` times the longest of its last gaps, and never less than ``LEAST_SILENCE``. A gap is between the moments
    at which two days were ready, or between their dates: of an archive that was read at once only those tell its
    rhythm. A source of fewer than ``LEAST_DAYS`` days has none yet.
    """
    if len(ready) < LEAST_DAYS:
        return False
    moments, days = sorted(ready.values()), sorted(ready)
    longest = max(*_gaps(moments), *_gaps(days))
    return now - moments[-1] > max(BEYOND * longest, LEAST_SILENCE)


def _gaps(ordered: Sequence[datetime] | Sequence[date]) -> list[timedelta]:
    return [later - earlier for earlier, later in pairwise(ordered[-GAPS - 1 :])]


def wanted(digest: StoredDigest, query: Query) -> tuple[StoredEntry, ...]:
    """The day's papers that match, in the curator's order, without those withdrawn."""
    tree = query.tree
    return tuple(entry for entry in digest.entries if not entry.withdrawn and (tree is None or tree.matches(entry)))


def choose_layout(chosen: Layout | None, count: int, papers_up_to: int = PAPERS_UP_TO) -> Layout:
    """The layout of a day with ``count`` papers: the subscription's own, else `papers`, or `list` for more than suits.

    ``papers_up_to`` 0 is no limit.
    """
    if chosen is not None:
        return chosen
    return "list" if papers_up_to and count > papers_up_to else "papers"
