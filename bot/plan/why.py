"""Why a channel has a day or a paper, or has not: every gate on the way there, in order, as values.

The words stand in `messages`, what is asked of the tables in `store`. A gate's name is what it says; its facts are the
moments, numbers and names that belong to it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Literal

from bot.digest.model import StoredDigest, StoredEntry
from bot.plan.hours import is_zone, next_arrival, next_fire, quiet_until, zone_of
from bot.plan.owed import wanted
from bot.plan.subscription import Subscription
from bot.search.grammar import parse_query

Outcome = Literal["passed", "noted", "waiting", "stopped", "unknown"]
"""`noted` stops nothing and is good to know; `waiting` ends by itself, `stopped` does not; `unknown` is what only Slack
or a later look can tell."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One step on the way, and what became of the day or the paper there."""

    name: str
    outcome: Outcome = "passed"
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def lets_on(self) -> bool:
        return self.outcome in ("passed", "noted")


@dataclass(frozen=True, slots=True)
class Read:
    """A document of a day, or one that could not be read."""

    uri: str
    changed_at: datetime
    error: str | None = None
    error_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """A day of a source, or one paper of it, as it is remembered."""

    source: str
    day: date
    digest: StoredDigest | None
    """With what was withdrawn; None where nothing of that day was ever read."""
    entry: StoredEntry | None = None
    """None where the whole day is asked about."""
    documents: tuple[Read, ...] = ()
    """That hold it."""
    unread: tuple[Read, ...] = ()
    """Of its source, those that never could be read: one of them may be it."""
    withdrawn_at: datetime | None = None
    changed_at: datetime | None = None
    ready_at: datetime | None = None
    settled_at: datetime | None = None
    settles_at: datetime | None = None
    """When what changed last is shown, where nothing else changes; None where that is not known."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message that should stand in the channel."""

    id: int
    entry_id: int | None
    line: str | None
    """The line it is or belongs to by its own key, as the store names it; None for a paper's."""
    state: str
    op: str
    attempts: int
    error: str | None
    claimed_at: datetime | None
    posted_at: datetime | None
    next_at: datetime
    """The next turn of its channel."""
    where: str | None = None
    """The address at which it stands, or Slack's own ``ts`` of it."""


@dataclass(frozen=True, slots=True)
class Here:
    """The channel, and what it has of the day."""

    carried: Mapping[int, str | None] = field(default_factory=dict)
    """By entry, the query of the line that it is carried under; None for one that is not known any more."""
    messages: tuple[Message, ...] = ()
    """In the order of sending."""
    closed_reason: str | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Considered:
    """A subscription has looked at the day."""

    at: datetime | None
    """Up to what it had settled; None where it was passed over for good."""
    why: str | None = None
    """The cause of that; None where it is not known."""


@dataclass(frozen=True, slots=True)
class Walk:
    """The way to the channel by one subscription; without one, what came there by hand, or that nothing can."""

    subscription: Subscription | None
    gates: tuple[Gate, ...]
    written: bool = False
    """Whether messages of it are written down."""

    @property
    def verdict(self) -> Gate:
        """The first gate that lets nothing on; the last where all do."""
        return next((gate for gate in self.gates if not gate.lets_on), self.gates[-1])

    @property
    def delivers(self) -> bool:
        """Whether all of it stands in the channel."""
        return self.verdict.lets_on


def walks(
    asked: Subject,
    orders: Sequence[tuple[Subscription, Considered | None]],
    here: Here,
    now: datetime,
    *,
    edit_window: timedelta,
) -> list[Walk]:
    """A walk for each of the channel's subscriptions to that source, and one for what none of them brought."""
    found = [walk(asked, sub, here, considered, now, edit_window=edit_window) for sub, considered in orders]
    claimed = {one.id for sub, _ in orders for one in _mine(replace(asked, entry=None), sub, here)}
    rest = replace(here, messages=tuple(one for one in here.messages if one.id not in claimed))
    by_hand = _by_hand(asked, rest, now)
    return [*found, by_hand] if by_hand else found


def walk(
    asked: Subject,
    sub: Subscription,
    here: Here,
    considered: Considered | None,
    now: datetime,
    *,
    edit_window: timedelta,
) -> Walk:
    """Every gate between a source and a channel by one of its subscriptions."""
    gates = list(_read(asked, here))
    if asked.digest is None:
        return Walk(sub, tuple(gates))
    mine = _mine(asked, sub, here)
    late = considered is not None and considered.at is not None and not mine
    gates += _ready(asked, now, late=late)
    gates.append(_since(asked, sub))
    matching = _matching(asked, sub, now)
    gates.append(_query(asked, sub, matching))
    if not mine and not is_zone(sub.zone):
        return Walk(sub, (*gates, Gate("zone_unknown", "stopped", {"zone": sub.zone})))
    if mine:  # whatever would stop it today did not
        passed = (gate for gate in gates if gate.lets_on)
        there = (*_held(sub, mine, now), *_messages(asked, mine, here, now), *_again(asked, now))
        return Walk(sub, (*passed, *there), written=True)
    # What became of this day is its own: a pause or a closed channel of today is no cause of what was decided before.
    if considered is not None and considered.at is None:
        return Walk(sub, (*gates, Gate(_PASSED_OVER.get(considered.why, "passed_over"), "stopped")))
    if _is_done(asked, considered):
        gates += _elsewhere(matching, here)
        return Walk(sub, (*gates, Gate("considered", "unknown", {"at": considered.at if considered else None})))
    gates += [_paused(sub, now), *_closed(here), *_elsewhere(matching, here)]
    if asked.ready_at is not None and matching:
        gates += _hours(asked, sub, now, late=late)
        if all(gate.lets_on for gate in gates):
            gates.append(_due(asked, considered, now, edit_window))
    return Walk(sub, tuple(gates))


_PASSED_OVER: Mapping[str | None, str] = {
    "away": "passed_over_away",
    "closed": "passed_over_closed",
    "paused": "passed_over_paused",
}


def _is_done(asked: Subject, considered: Considered | None) -> bool:
    """Whether it has looked at the day as it is now."""
    settled = asked.settled_at or asked.ready_at
    return considered is not None and considered.at is not None and settled is not None and settled <= considered.at


def _by_hand(asked: Subject, here: Here, now: datetime) -> Walk | None:
    """What stands there though no subscription of today brings it: posted by a person, or by one that has ended."""
    messages = _messages(asked, here.messages, here, now)
    if not messages or (asked.entry is not None and asked.entry.id not in here.carried):
        return None
    return Walk(None, (*_read(asked, here), Gate("by_hand"), *messages), written=True)


def nobodys(asked: Subject, now: datetime, *, subscribed: bool) -> Walk:
    """Of what no subscription of the channel is to: whether it has others."""
    ready = _ready(asked, now, late=False) if asked.digest is not None else ()
    stop = Gate("unfollowed", "stopped", {"source": asked.source}) if subscribed else Gate("unsubscribed", "stopped")
    return Walk(None, (*_read(asked, Here()), *ready, stop))


def _read(asked: Subject, here: Here) -> Iterator[Gate]:
    facts = {"source": asked.source}
    if asked.digest is None:
        if not asked.unread:
            yield Gate("nothing_read", "stopped", facts)
        for one in asked.unread:
            yield Gate("nothing_readable", "stopped", facts | _fault(one))
        return
    if asked.documents:
        changed = max(one.changed_at for one in asked.documents)
        yield Gate("read", facts=facts | {"at": changed, "uri": asked.documents[0].uri})
    else:
        yield Gate("read_once", facts=facts)
    for one in asked.documents:
        if one.error:
            yield Gate("read_before", "noted", _fault(one))
    if asked.entry is not None and asked.entry.withdrawn:
        # Marked where it stands already, and never posted where it does not.
        yield Gate("withdrawn", "noted" if asked.entry.id in here.carried else "stopped", {"at": asked.withdrawn_at})
    elif all(entry.withdrawn for entry in asked.digest.entries):
        is_there = any(entry.id in here.carried for entry in asked.digest.entries)
        yield Gate("all_withdrawn", "noted" if is_there else "stopped", {"at": asked.changed_at})


def _fault(one: Read) -> dict[str, object]:
    return {"uri": one.uri, "error": one.error, "since": one.error_at}


def _ready(asked: Subject, now: datetime, *, late: bool) -> Iterator[Gate]:
    """Complete; of what came to the day later, also that it has settled."""
    if asked.ready_at is None:
        yield _settling("settling", asked, now)
        return
    yield Gate("ready", facts={"at": asked.ready_at})
    if late and _is_unsettled(asked):
        yield _settling("settling_again", asked, now)


def _again(asked: Subject, now: datetime) -> Iterator[Gate]:
    """What stands in the channel may be about to change."""
    if asked.ready_at is not None and _is_unsettled(asked):
        yield replace(_settling("change_settling", asked, now), outcome="noted")


def _is_unsettled(asked: Subject) -> bool:
    return asked.changed_at is not None and (asked.settled_at is None or asked.settled_at < asked.changed_at)


def _settling(name: str, asked: Subject, now: datetime) -> Gate:
    """It waits until nothing changes for a while; where that is over, for the next look at its source."""
    until = asked.settles_at
    if until is None:
        return Gate(f"{name}_unread", "unknown", {"source": asked.source})
    return Gate(name if until > now else f"{name}_over", "waiting", {"at": asked.changed_at, "until": until})


def _since(asked: Subject, sub: Subscription) -> Gate:
    if sub.since is None:
        return Gate("since_open", "waiting", {"source": asked.source})
    return Gate("since", "passed" if asked.day >= sub.since else "stopped", {"since": sub.since})


def _matching(asked: Subject, sub: Subscription, now: datetime) -> tuple[StoredEntry, ...]:
    """Of what is asked about, the papers that the subscription wants."""
    if asked.digest is None:
        return ()
    query = parse_query(sub.query, today=now.astimezone(zone_of(sub.zone)).date())
    found = wanted(asked.digest, query)
    return found if asked.entry is None else tuple(entry for entry in found if entry.id == asked.entry.id)


def _query(asked: Subject, sub: Subscription, matching: Sequence[StoredEntry]) -> Gate:
    if not sub.query:
        return Gate("query_all")
    if asked.entry is not None:
        tree = parse_query(sub.query, today=asked.day).tree
        # What was withdrawn is wanted by nobody, and still matches or does not.
        matches = bool(matching) or (asked.entry.withdrawn and (tree is None or tree.matches(asked.entry)))
        return Gate("query" if matches else "query_not", "passed" if matches else "stopped", {"query": sub.query})
    papers = sum(not entry.withdrawn for entry in asked.digest.entries) if asked.digest else 0
    facts = {"query": sub.query, "count": len(matching), "all": papers}
    return Gate("query_some", "passed", facts) if matching else Gate("query_none", "stopped", facts)


def _paused(sub: Subscription, now: datetime) -> Gate:
    if not sub.is_paused(now):
        return Gate("not_paused")
    if sub.paused_until is None:
        return Gate("paused", "stopped", {"why": sub.paused})
    return Gate("paused_until", "waiting", {"why": sub.paused, "until": sub.paused_until})


def _closed(here: Here) -> Iterator[Gate]:
    if here.closed_reason is None:
        yield Gate("open")
    else:
        yield Gate("closed", "stopped", {"reason": here.closed_reason, "at": here.closed_at})


def _elsewhere(matching: Sequence[StoredEntry], here: Here) -> Iterator[Gate]:
    """A channel gets a paper once, by whichever subscription came first."""
    if matching and all(entry.id in here.carried for entry in matching):
        yield Gate("carried_elsewhere", "stopped", {"by": here.carried[matching[0].id]})


def _hours(asked: Subject, sub: Subscription, now: datetime, *, late: bool) -> Iterator[Gate]:
    """Its hour and weekday, then its quiet hours. What came late comes as soon as it has settled."""
    start = (asked.settled_at if late else asked.ready_at) or now
    loud = replace(sub, quiet=None)
    if late:
        fire, quiet_fire = next_arrival(loud, start), next_arrival(sub, start)
    else:
        fire, quiet_fire = next_fire(loud, start), next_fire(sub, start)
    name = "arrival" if sub.at is None or late else "hour"
    yield Gate(name, "passed" if fire <= now else "waiting", {"at": fire})
    if sub.quiet is not None and quiet_fire != fire:
        facts = {"from": sub.quiet[0], "to": sub.quiet[1], "until": quiet_fire}
        yield Gate("quiet", "passed" if quiet_fire <= now else "waiting", facts)


def _due(asked: Subject, considered: Considered | None, now: datetime, edit_window: timedelta) -> Gate:
    """Nothing keeps it any more, and nothing of it is written down."""
    settled = asked.settled_at or asked.ready_at
    if considered is None or considered.at is None or settled is None:
        return Gate("due", "waiting")
    if settled <= considered.at:
        return Gate("considered", "unknown", {"at": considered.at})
    if asked.ready_at is not None and asked.ready_at < now - edit_window:
        return Gate("too_old", "stopped", {"at": asked.ready_at})
    return Gate("due", "waiting")


def _mine(asked: Subject, sub: Subscription, here: Here) -> tuple[Message, ...]:
    """What is written down for this subscription's line, of the day or the paper."""
    line = f"query:{sub.query}" if sub.query else ""
    by_line = {entry for entry, query in here.carried.items() if query == sub.query}
    mine = tuple(
        one for one in here.messages if one.line == line or (one.entry_id is not None and one.entry_id in by_line)
    )
    if asked.entry is None:
        return mine
    return mine if asked.entry.id in by_line else ()


def _held(sub: Subscription, mine: Sequence[Message], now: datetime) -> Iterator[Gate]:
    """What was written down before its quiet hours and has not begun begins after them."""
    until = quiet_until(sub, now) if is_zone(sub.zone) else None
    if until is not None and sub.quiet is not None and all(one.state == "pending" and not one.attempts for one in mine):
        yield Gate("quiet", "waiting", {"from": sub.quiet[0], "to": sub.quiet[1], "until": until})


def _messages(asked: Subject, messages: Sequence[Message], here: Here, now: datetime) -> list[Gate]:
    """What became of the messages; of a paper, those of its own, or the line that names it where it has none."""
    gates = []
    if asked.entry is not None:
        own = [one for one in messages if one.entry_id == asked.entry.id]
        messages = own or [one for one in messages if one.line is not None]
        gates += [Gate("in_the_line")] if messages and not own else []
    standing = [one for one in messages if one.posted_at is not None]
    left = [one for one in messages if one.state != "posted"]
    if standing:
        one = standing[0]
        facts = {"at": one.posted_at, "where": one.where, "count": len(standing), "all": len(messages), "id": one.id}
        gates.append(Gate("posted" if len(standing) == len(messages) else "posted_some", facts=facts))
    if left:  # in a closed channel nothing has a next turn
        gates += [_waiting(left, now)] if here.closed_reason is None else _closed(here)
    return gates


_WORST = ("refused", "unknown", "claimed", "pending")


def _waiting(left: Sequence[Message], now: datetime) -> Gate:
    """What keeps the rest: what a person must see to first, then what is tried, then what waits."""
    one = min(left, key=lambda message: _WORST.index(message.state))
    what = {"post": "", "update": "update_", "delete": "removal_"}[one.op]
    facts = {
        "id": one.id,
        "count": len(left),
        "error": one.error,
        "attempts": one.attempts,
        "at": one.claimed_at,
        "next": max(one.next_at, now),
    }
    match one.state:
        case "refused":
            return Gate(f"{what}refused", "stopped", facts)
        case "unknown":
            return Gate("unsure", "unknown", facts)
        case "claimed":
            return Gate("sending", "unknown", facts)
        case _ if one.error:
            return Gate(f"{what}tried", "waiting", facts)
        case _:
            return Gate(f"{what}turn", "waiting", facts)


@dataclass(frozen=True, slots=True)
class Answer:
    """Why, about a day or a paper of it, in one channel."""

    day: date
    title: str | None
    """Of the paper; None for the whole day."""
    walks: tuple[Walk, ...]
    """The channel's answer first."""
    other_days: tuple[date, ...] = ()
    """On which the paper stands too."""


def in_order(walks: Sequence[Walk]) -> tuple[Walk, ...]:
    """The channel's answer first: the first that delivers, else the one that gets furthest."""
    return tuple(sorted(walks, key=lambda walk: (not walk.delivers, not walk.written, -walk.gates.index(walk.verdict))))
