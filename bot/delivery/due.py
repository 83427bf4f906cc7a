"""Writes down the messages that channels are owed: one pass over the subscriptions, harmless to repeat."""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import cache
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.delivery.outbox import Outbox, Place
from bot.delivery.told import Told
from bot.digest.model import StoredDigest, StoredEntry
from bot.errors import BotError, StoreUnavailableError
from bot.messages.content import DayMessage
from bot.plan.owed import PAPERS_UP_TO, choose_layout, owed, wanted
from bot.plan.subscription import Layout, Subscription
from bot.search.grammar import parse_query

log = logging.getLogger(__name__)

LayOut = Callable[[StoredDigest, Sequence[StoredEntry], Layout], Sequence[DayMessage]]
"""The messages of a day's papers in the order of sending, in the one language that all posts have."""


class Days(Protocol):
    """The digests there are."""

    def ready(self, source: str, /) -> Mapping[date, datetime]: ...

    def load_day(self, source: str, day: date, /) -> StoredDigest | None: ...


class Handled(Protocol):
    """The days a subscription is done with."""

    def handled(self, subscription: int, /) -> Collection[date]: ...

    def mark_handled(self, subscription: int, day: date, /) -> None: ...


def deliver_owed(
    subscriptions: Iterable[Subscription],
    days: Days,
    done: Handled,
    outbox: Outbox,
    lay_out: LayOut,
    now: datetime,
    *,
    papers_up_to: int = PAPERS_UP_TO,
    told: Told | None = None,
) -> int:
    """Write down what every unpaused subscription is owed by ``now``. Returns how many messages are new.

    A channel gets a paper once, whichever of its subscriptions matched first; of a closed channel nothing is owed. A
    subscription or a day that fails is an ERROR in the log, once while it fails the same way, does not stop the
    others, and is tried again at the next pass. Raises StoreUnavailableError, which would fail them all.
    """
    ready = cache(days.ready)
    closed = outbox.closed()
    told = told or Told()
    rows = 0
    for sub in subscriptions:
        place = Place(sub.team, sub.channel)
        if sub.paused is not None or place in closed:
            continue
        with _reported(told, sub):
            query = parse_query(sub.query, today=now.astimezone(ZoneInfo(sub.zone)).date())
            for day in owed(sub, ready(sub.source), done.handled(sub.id), now):
                with _reported(told, sub, day):
                    digest = days.load_day(sub.source, day)
                    entries = _uncarried(wanted(digest, query), place, sub, day, outbox) if digest else ()
                    if digest and entries:
                        messages = lay_out(digest, entries, choose_layout(sub.layout, len(entries), papers_up_to))
                        added = outbox.add(place, sub.source, day, messages, entries=entries, subscription=sub)
                        if not added:
                            continue  # it ended, or another process was faster: the next pass sees which
                        rows += added
                    # Last: killed before this line, the next pass adds nothing that is there and comes here again.
                    done.mark_handled(sub.id, day)
    return rows


def _uncarried(
    entries: Sequence[StoredEntry], place: Place, sub: Subscription, day: date, outbox: Outbox
) -> tuple[StoredEntry, ...]:
    carried = outbox.carried(place, sub.source, day) if entries else ()
    return tuple(entry for entry in entries if entry.key not in carried)


@contextmanager
def _reported(told: Told, sub: Subscription, day: date | None = None) -> Iterator[None]:
    subject = ("laid out", sub.id, day)
    try:
        yield
    except StoreUnavailableError:
        raise
    except Exception as exc:  # of the tick: one bad subscription must not stop the others
        # Of our own errors only the code: their values may hold the words of a query.
        reason, trace = (exc.code, None) if isinstance(exc, BotError) else (type(exc).__name__, exc)
        if told.is_news(subject, reason):
            log.error(
                "not laid out subscription=%d team=%s channel=%s day=%s reason=%s; end or correct the subscription, "
                "or report the day",
                sub.id,
                sub.team,
                sub.channel,
                day,
                reason,
                exc_info=trace,
            )
    else:
        told.is_news(subject, None)
