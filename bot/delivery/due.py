"""Writes down the messages that channels are owed: one pass over the subscriptions, harmless to repeat."""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import cache
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.delivery.outbox import Outbox, Place
from bot.digest.model import StoredDigest, StoredEntry
from bot.errors import BotError, StoreUnavailableError
from bot.messages.content import DayMessage
from bot.plan.owed import PAPERS_UP_TO, choose_layout, owed, wanted
from bot.plan.subscription import Layout, Subscription
from bot.search.grammar import parse_query

log = logging.getLogger(__name__)

LayOut = Callable[[Subscription, StoredDigest, Sequence[StoredEntry], Layout], Sequence[DayMessage]]
"""The messages of a day's papers, in the language of the subscription's channel, in the order of sending."""


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
) -> int:
    """Write down what every unpaused subscription is owed by ``now``. Returns how many messages are new.

    A subscription or a day that fails is an ERROR in the log, does not stop the others, and is tried again at the next
    pass. Raises StoreUnavailableError, which would fail them all.
    """
    ready = cache(days.ready)
    rows = 0
    for sub in subscriptions:
        if sub.paused is not None:
            continue
        with _reported(sub):
            query = parse_query(sub.query, today=now.astimezone(ZoneInfo(sub.zone)).date())
            for day in owed(sub, ready(sub.source), done.handled(sub.id), now):
                with _reported(sub, day):
                    digest = days.load_day(sub.source, day)
                    entries = wanted(digest, query) if digest else ()
                    if digest and entries:
                        layout = choose_layout(sub.layout, len(entries), papers_up_to)
                        messages = lay_out(sub, digest, entries, layout)
                        rows += outbox.add(Place(sub.team, sub.channel), sub.source, day, messages)
                    # Last: killed before this line, the next pass adds nothing that is there and comes here again.
                    done.mark_handled(sub.id, day)
    return rows


@contextmanager
def _reported(sub: Subscription, day: date | None = None) -> Iterator[None]:
    try:
        yield
    except StoreUnavailableError:
        raise
    except Exception as exc:
        # Of our own errors only the code: their values may hold the words of a query.
        reason, trace = (exc.code, None) if isinstance(exc, BotError) else (type(exc).__name__, exc)
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
