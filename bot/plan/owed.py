"""Which days a channel is owed, which of a day's papers it wants, and how they are laid out."""

from collections.abc import Collection, Mapping
from datetime import date, datetime

from bot.digest.model import StoredDigest, StoredEntry
from bot.plan.hours import next_fire
from bot.plan.subscription import Layout, Subscription
from bot.search.grammar import Query

PAPERS_UP_TO = 15  # a channel of more messages than this in one morning reads as noise: the day becomes one thread


def owed(sub: Subscription, ready: Mapping[date, datetime], handled: Collection[date], now: datetime) -> list[date]:
    """Digest days this channel should have by ``now`` and has not, oldest first.

    ``ready`` maps a digest day to the moment (UTC) from which it was complete; ``handled`` are the days this
    subscription is done with. A subscription whose ``since`` is not fixed yet is owed nothing. Whether it is paused is
    not asked here.
    """
    since = sub.since
    if since is None:
        return []
    return [day for day in sorted(ready) if day >= since and day not in handled and next_fire(sub, ready[day]) <= now]


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
