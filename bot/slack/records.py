"""Where answers about deliveries are looked up, in Slack and on the command line alike; and what comes next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from bot.delivery.outbox import Place
from bot.errors import BotError, QueryError, RequestRefusedError
from bot.messages.standing import Standing
from bot.plan.hours import is_zone, next_arrival, next_fire, next_time, quiet_until, zone_of
from bot.plan.owed import OpenDay, owed, wanted
from bot.plan.subscription import Subscription
from bot.search.grammar import parse_query
from bot.store.digests import Digests
from bot.store.giving_up import WAS_PAUSED
from bot.store.history import History
from bot.store.outbox import Outbox
from bot.store.subscriptions import Subscriptions


@dataclass(frozen=True, slots=True)
class Records:
    """The store's classes, and the rules that the answers go by. Made once by `wiring`."""

    digests: Digests
    history: History
    outbox: Outbox
    subscriptions: Subscriptions
    settle: Mapping[str, timedelta]
    """Of each configured source."""
    edit_window: timedelta

    def open_days(self, team: str, now: datetime) -> Mapping[int, Sequence[OpenDay]]:
        """What each subscription of a workspace has to consider yet, ready and of an age that still counts."""
        return self.subscriptions.open_days(team, now - self.edit_window)


def first_post(sub: Subscription, waiting: Sequence[OpenDay], records: Records, now: datetime) -> datetime | None:
    """When its next post comes (UTC), as far as it is known now; None for one that waits for the next arrival.

    ``waiting`` are its open days. A pause with an end comes first, one without is not asked for here. One that cannot
    fire at all (`fault_of`) has none.
    """
    if fault_of(sub) is not None:
        return None
    begin = max(now, sub.paused_until) if sub.paused_until is not None else now
    fires = sorted((_fires_at(sub, one, begin), one.day) for one in waiting)
    return next((moment for moment, day in fires if _brings(sub, day, records, now)), next_time(sub, begin))


def _fires_at(sub: Subscription, one: OpenDay, begin: datetime) -> datetime:
    moment = max(begin, next_fire(sub, one.ready_at) if one.is_new else next_arrival(sub, one.settled_at))
    return quiet_until(sub, moment) or moment


def _brings(sub: Subscription, day: date, records: Records, now: datetime) -> bool:
    """Whether the day has something for it that its channel does not carry already."""
    digest = records.digests.load_day(sub.source, day)
    query = parse_query(sub.query, today=now.astimezone(zone_of(sub.zone)).date())
    keys = {entry.key for entry in wanted(digest, query)} if digest else set()
    return bool(keys - set(records.outbox.carried(Place(sub.team, sub.channel), sub.source, day)))


def fault_of(sub: Subscription) -> BotError | None:
    """Why it can never post as it is stored; None where it can. One such row must not hide the others."""
    if not is_zone(sub.zone):
        return RequestRefusedError("subscription.zone", zone=sub.zone)
    if not sub.days:
        return RequestRefusedError("subscription.no_days")
    try:
        parse_query(sub.query, today=date.min.replace(year=2000))
    except QueryError as exc:
        return RequestRefusedError("subscription.query", query=sub.query, found=exc.found)
    return None


def standings(subs: Sequence[Subscription], records: Records, now: datetime) -> list[Standing]:
    """What is known of each one's past and future."""
    teams = sorted({sub.team for sub in subs})
    waiting = {sub: days for team in teams for sub, days in records.open_days(team, now).items()}
    closed = {one.place: one.reason for team in teams for one in records.outbox.closed_channels(team)}
    return [
        _standing(sub, waiting.get(sub.id, ()), closed.get(Place(sub.team, sub.channel)), records, now) for sub in subs
    ]


def _standing(
    sub: Subscription, waiting: Sequence[OpenDay], closed: str | None, records: Records, now: datetime
) -> Standing:
    last = records.history.last_posted(sub)
    fault = fault_of(sub)
    if fault is not None:
        return Standing(sub, None, last[0] if last else None, last[1] if last else None, closed=closed, fault=fault)
    return Standing(
        sub,
        None if sub.paused is not None and sub.paused_until is None else first_post(sub, waiting, records, now),
        last[0] if last else None,
        last_at=last[1] if last else None,
        closed=closed,
        waiting=sum(one.is_new and _brings(sub, one.day, records, now) for one in owed(sub, waiting, now)),
    )


def end_of_pause(sub: Subscription, until: date) -> datetime:
    """The moment (UTC) from which a subscription that is paused until that day posts again: its hour there, so that
    nothing comes at midnight.
    """
    if fault_of(sub) is not None:
        return datetime.combine(until, time(), zone_of(sub.zone)).astimezone(UTC)
    return next_fire(sub, datetime.combine(until, time(), zone_of(sub.zone)))


def take_up(sub: Subscription, records: Records, now: datetime) -> None:
    """End a pause by hand, with the newest day: the others that came meanwhile would arrive all at once."""
    new = sorted(one.day for one in records.open_days(sub.team, now).get(sub.id, ()) if one.is_new)
    for day in new[:-1]:
        records.subscriptions.consider(sub.id, day, None, WAS_PAUSED)
    records.subscriptions.resume(sub.id)
