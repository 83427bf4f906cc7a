"""Writes down the messages that channels are owed: one pass over the subscriptions, harmless to repeat."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.delivery.editions import Archive, Editions, LayOut, Warn
from bot.delivery.outbox import Edition, Outbox, Place
from bot.delivery.told import Told, reported
from bot.digest.model import StoredEntry
from bot.messages.content import Content
from bot.plan.hours import quiet_until
from bot.plan.owed import PAPERS_UP_TO, OpenDay, choose_layout, empty_day, owed, split_missed, wanted
from bot.plan.subscription import Subscription
from bot.search.grammar import Query, parse_query

_REMEDY = "end or correct the subscription, or report the day"


class Days(Archive, Protocol):
    """The digests there are."""

    def ready(self, source: str, /) -> Mapping[date, datetime]: ...


class Done(Protocol):
    """The days that each subscription is done with."""

    def open_days(self, team: str, settled_since: datetime, /) -> Mapping[int, Sequence[OpenDay]]:
        """By subscription, the ready days it has not considered as they are now; changes only since that moment."""
        ...

    def consider(self, subscription_id: int, day: date, at: datetime | None, /) -> None:
        """It is done with the day as it had settled ``at``; None: for good. Harmless where it has ended meanwhile."""
        ...


@dataclass(frozen=True, slots=True)
class Wording:
    """What a channel is told, in the language of the settings."""

    day: LayOut
    missed: Callable[[Sequence[date], str], Content]
    """That these days were passed over for a query, and how to read them."""
    empty: Callable[[date, str], Content]
    """That this day brought nothing."""
    lang: str = ""
    """The language of the settings, which an edition that begins now has for good."""
    day_in: Callable[[str], LayOut] | None = None
    """As ``day``, in the language of an edition."""
    warn: Warn | None = None
    """Told before a day is written down of which not everything is posted."""


def deliver_owed(
    team: str,
    subscriptions: Iterable[Subscription],
    days: Days,
    done: Done,
    outbox: Outbox,
    wording: Wording,
    now: datetime,
    *,
    papers_up_to: int = PAPERS_UP_TO,
    edit_window: timedelta,
    catch_up: int,
    told: Told | None = None,
) -> int:
    """Write down what every unpaused subscription of a workspace is owed by ``now``. Returns how many messages now
    have something to be done.

    A channel gets a paper once, whichever of its subscriptions matched first; late papers go into what it has of their
    day. Of what was missed, the newest ``catch_up`` days are delivered and the others named in one message. To a closed
    channel nothing is owed; one whose subscriptions all have quiet hours now begins nothing.

    A subscription or a day that fails is an ERROR in the log, once while it fails the same way, does not stop the
    others, and is tried again at the next pass. Raises StoreUnavailableError, which would fail them all.
    """
    told = told or Told()
    closed = outbox.closed()
    awake = [sub for sub in subscriptions if not sub.is_paused(now) and _place(sub) not in closed]
    outbox.hold(_quiet(awake, now, told))
    since = now - edit_window
    open_days = done.open_days(team, since)
    editions = Editions(days, outbox, wording.day, since, in_language=wording.day_in, warn=wording.warn)
    this = _Pass(cache(days.ready), done, outbox, editions, wording, now, papers_up_to, catch_up, told)
    return sum(this.serve(sub, open_days.get(sub.id, ())) for sub in awake)


@dataclass(frozen=True, slots=True)
class _Brought:
    """A day that has papers for a channel which it does not carry."""

    day: OpenDay
    entries: tuple[StoredEntry, ...]


@dataclass(frozen=True, slots=True)
class _Pass:
    ready: Callable[[str], Mapping[date, datetime]]
    done: Done
    outbox: Outbox
    editions: Editions
    wording: Wording
    now: datetime
    papers_up_to: int
    catch_up: int
    told: Told

    def serve(self, sub: Subscription, days: Sequence[OpenDay]) -> int:
        rows = 0
        if not days and not sub.say_when_empty:
            return rows
        with _reported(self.told, "owed", sub):
            query = parse_query(sub.query, today=self.now.astimezone(ZoneInfo(sub.zone)).date())
            brought = [each for day in owed(sub, days, self.now) if (each := self._bring(sub, query, day))]
            missed = self._missed(sub, brought)
            if missed:
                rows += self._pass_over(sub, missed)
            for each in brought:
                if each.day.day not in missed:
                    with _reported(self.told, "laid out", sub, each.day.day):
                        rows += self._write(sub, each)
            if sub.say_when_empty:
                rows += self._say_when_empty(sub)
        return rows

    def _bring(self, sub: Subscription, query: Query, day: OpenDay) -> _Brought | None:
        """What the channel does not carry of a day; where that is nothing, it is done with it."""
        with _reported(self.told, "looked at", sub, day.day):
            digest = self.editions.day(sub.source, day.day)
            entries = wanted(digest, query) if digest else ()
            if entries:
                carried = self.outbox.carried(_place(sub), sub.source, day.day)
                entries = tuple(entry for entry in entries if entry.key not in carried)
            if entries:
                return _Brought(day, entries)
            self.done.consider(sub.id, day.day, day.settled_at)
        return None

    def _missed(self, sub: Subscription, brought: Sequence[_Brought]) -> list[date]:
        """The days that are too many to catch up with; never of those that one fire brings in ordinary times."""
        passed_over, _ = split_missed([each.day for each in brought], max(self.catch_up, _longest_gap(sub.days)))
        return [day.day for day in passed_over]

    def _pass_over(self, sub: Subscription, missed: Sequence[date]) -> int:
        """Name them in the channel, and be done with them: both or neither."""
        name, content = f"missed:{sub.query}", self.wording.missed(missed, sub.query)
        return self.outbox.add_note(
            _place(sub), sub.source, max(missed), name, content, subscription=sub, passed_over=missed
        )

    def _write(self, sub: Subscription, brought: _Brought) -> int:
        place, day, entries = _place(sub), brought.day.day, brought.entries
        edition = self.outbox.edition(place, sub.source, day, sub.query)
        if edition is None:
            layout = choose_layout(sub.layout, len(entries), self.papers_up_to)
            edition = Edition(place, sub.source, day, sub.query, layout, lang=self.wording.lang)
        settled_at = brought.day.settled_at
        rows = self.editions.lay(edition, entries, settled_at, subscription=sub)
        if rows is None:
            return 0  # it ended, or another process was faster: the next pass sees which
        # Last: killed before this line, the next pass finds that the channel carries it all, and comes here again.
        self.done.consider(sub.id, day, settled_at)
        return rows

    def _say_when_empty(self, sub: Subscription) -> int:
        day = empty_day(sub, self.ready(sub.source), self.now)
        if day is None:
            return 0
        name, content = f"empty:{sub.query}", self.wording.empty(day, sub.query)
        return self.outbox.add_note(_place(sub), sub.source, day, name, content, subscription=sub)


def _place(sub: Subscription) -> Place:
    return Place(sub.team, sub.channel)


def _longest_gap(weekdays: Collection[int]) -> int:
    """How many days lie between two of these weekdays at most: once a week brings a week's digests."""
    ordered = sorted(weekdays)
    return max((later - earlier for earlier, later in pairwise([*ordered, *(day + 7 for day in ordered)])), default=0)


def _quiet(subscriptions: Iterable[Subscription], now: datetime, told: Told) -> dict[Place, datetime]:
    """The channels all of whose subscriptions have quiet hours now, and when the first of these end."""
    until: dict[Place, datetime] = {}
    loud: set[Place] = set()
    for sub in subscriptions:
        place = _place(sub)
        with _reported(told, "kept quiet", sub):
            ends = quiet_until(sub, now)
            if ends is None:
                loud.add(place)
            else:
                until[place] = min(ends, until.get(place, ends))
    return {place: ends for place, ends in until.items() if place not in loud}


def _reported(told: Told, step: str, sub: Subscription, day: date | None = None) -> AbstractContextManager[None]:
    fields = {"subscription": sub.id, "team": sub.team, "channel": sub.channel, "day": day}
    return reported(told, (step, sub.id, day), f"not {step}", _REMEDY, **fields)
