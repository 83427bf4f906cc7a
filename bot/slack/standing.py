"""`/paper subscribe`, `unsubscribe`, `pause`, `resume`, `subscriptions`: a channel's standing orders, changed from
inside it.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, time

from bot.delivery.outbox import Place
from bot.errors import BotError, QueryError, RequestRefusedError
from bot.messages import standing
from bot.messages.content import Content
from bot.messages.several import together
from bot.messages.words import Words, words_for
from bot.plan.owed import OpenDay
from bot.plan.subscription import Subscription
from bot.search.command import Pause, Resume, Standing, Subscribe, Subscriptions, Unsubscribe
from bot.search.grammar import parse_order, parse_query
from bot.search.orders import never_matches, without_schedule
from bot.slack import records
from bot.slack.client import WALL, translate
from bot.slack.desk import Asker, Desk

log = logging.getLogger(__name__)

DEFAULT_AT = time(9)
MOST = 30  # subscriptions of a channel; each is announced, and each may post every day
BY_CHAT = "chat"  # why a subscription is paused when somebody in the channel did it


_NEVER = {
    "past": "subscription.never_past",
    "source": "subscription.never_source",
    "contradiction": "subscription.never_contradiction",
}


def answer(command: Standing, asker: Asker, desk: Desk) -> Content | None:
    """Do it and say so; None where the channel was told, and the person with it. Raises RequestRefusedError where the
    channel or the subscription does not allow it.
    """
    if not isinstance(command, Subscriptions):
        refuse_strangers(asker)
    match command:
        case Subscribe(query=query):
            return _subscribe(query, asker, desk)
        case Unsubscribe(query=query):
            return _unsubscribe(query, asker, desk)
        case Pause(until=until, query=query):
            return _pause(until, query, asker, desk)
        case Resume(query=query):
            return _resume(query, asker, desk)
        case Subscriptions():
            return _list(asker, desk)


def refuse_strangers(asker: Asker) -> None:
    """What a channel gets is for the people of this workspace to say: they can see and undo it."""
    if asker.is_stranger:
        raise RequestRefusedError("stranger.no_change")


def surely(asker: Asker, desk: Desk) -> Asker:
    """The asker with their language and zone as Slack says them. Raises RequestRefusedError where it does not: a guess
    is good enough for an answer, and for nothing that is kept.
    """
    person = desk.directory.person(asker.user, anew=True)
    if person.doubt is not None:
        raise person.doubt
    return replace(asker, locale=person.locale, zone=person.zone, doubt=None)


def _subscribe(query: str, asker: Asker, desk: Desk) -> Content | None:
    asker = surely(asker, desk)
    query = " ".join(query.split())
    source, today = desk.sources[0], asker.today(desk.clock())
    if rest := without_schedule(query):
        raise RequestRefusedError("subscription.has_hours", hours=rest.hours, typed=f"subscribe {rest.query}".strip())
    asked = parse_order(query, today=today) if query else None  # a mistake is told now
    if asked is not None and (why := never_matches(query, source, today)):
        raise RequestRefusedError(_NEVER[why.name], **why.values)
    enter(asker, desk)
    before = _same(query, source, asker, desk)
    if before and not before.is_paused(desk.clock()):
        return standing.already_subscribed(before, first_post(before, desk), asker.words)
    if before:
        resumed, first = _take_up(before, desk)
        return told(lambda words, not_told: standing.resumed(resumed, first, words, asker.user, not_told), asker, desk)
    sub = desk.subscriptions.add(
        asker.team,
        asker.channel,
        source,
        query,
        at=DEFAULT_AT,
        zone=asker.zone,
        created_by=asker.user,
        at_most=MOST,
    )
    first = first_post(sub, desk)
    said = told(lambda words, not_told: standing.subscribed(sub, asker.user, first, words, not_told), asker, desk)
    if asked is None or desk.index.search(asked).ids or desk.digests.count() == 0:
        return said
    none = standing.matches_none(asked, asker.words)
    return none if said is None else together([said, none], asker.words)


def enter(asker: Asker, desk: Desk) -> None:
    """Be in the channel, and open it where it was closed: whether it takes posts again, the next one tells."""
    channel = desk.directory.enter(asker.channel)
    desk.outbox.entered(asker.team, channel.id, channel.name, channel.is_private)


def _same(query: str, source: str, asker: Asker, desk: Desk) -> Subscription | None:
    """The channel's subscription that asks for the same, one that is not paused before one that is."""
    here = desk.subscriptions.in_channel(asker.team, asker.channel)
    today = asker.today(desk.clock())
    found = [sub for sub in here if sub.source == source and _alike(sub.query, query, today)]
    return min(found, key=lambda sub: sub.is_paused(desk.clock()), default=None)


def _alike(one: str, other: str, today: date) -> bool:
    """Whether two queries ask for the same, however they are typed."""
    try:
        return parse_query(one, today=today).tree == parse_query(other, today=today).tree
    except QueryError:
        return one == other


def first_post(sub: Subscription, desk: Desk) -> datetime | None:
    """When its next post comes (UTC), as far as it is known now; None for one that waits for the next arrival."""
    now = desk.clock()
    if sub.since is None:
        begun, days = _as_it_begins(sub, desk)
    else:
        begun, days = sub, desk.records.open_days(sub.team, now).get(sub.id, ())
    return records.first_post(begun, days, desk.records, now)


def _as_it_begins(sub: Subscription, desk: Desk) -> tuple[Subscription, Sequence[OpenDay]]:
    """As the next tick will fix it: the newest ready day is the first it gets."""
    ready = desk.digests.ready(sub.source)
    if not ready:
        return sub, ()
    newest = max(ready)
    return replace(sub, since=newest), (OpenDay(newest, ready[newest], ready[newest], is_new=True),)


def named(query: str, asker: Asker, desk: Desk) -> list[Subscription]:
    """The channel's subscriptions with that query, however it is typed; without one all of them."""
    here = desk.subscriptions.in_channel(asker.team, asker.channel)
    today = asker.today(desk.clock())
    return [sub for sub in here if not query or _alike(sub.query, query, today)]


def _pause(until: date | None, query: str, asker: Asker, desk: Desk) -> Content | None:
    """Pause what the channel has, or the one that is named; one that is paused already goes by the new end."""
    if until is not None and asker.doubt is not None:
        raise asker.doubt  # the day was counted from a guess
    subs = named(query, asker, desk)
    if not subs:
        raise RequestRefusedError("subscription.none")
    ends = [records.end_of_pause(sub, until) if until else None for sub in subs]
    if until and any(end is not None and end <= desk.clock() for end in ends):
        raise RequestRefusedError("subscription.past", day=until.isoformat())
    for sub, end in zip(subs, ends, strict=True):
        desk.subscriptions.pause(sub.id, BY_CHAT, end)

    def line(words: Words, not_told: BotError | None) -> Content:
        said = [standing.paused(sub, end, asker.user, words) for sub, end in zip(subs[:-1], ends, strict=False)]
        return together([*said, standing.paused(subs[-1], ends[-1], asker.user, words, not_told)], words)

    return told(line, asker, desk)


def _resume(query: str, asker: Asker, desk: Desk) -> Content | None:
    """End pauses; in a closed channel, which shows all it has as paused, try it again."""
    subs = named(query, asker, desk)
    now = desk.clock()
    if not subs:
        raise RequestRefusedError("subscription.none")
    here = desk.records.history.channel(Place(asker.team, asker.channel))
    was_closed = here is not None and here.closed_reason is not None
    held = [sub for sub in subs if was_closed or sub.is_paused(now)]
    if not held:
        raise RequestRefusedError("subscription.not_paused")
    if was_closed:
        enter(asker, desk)
    taken_up = [_take_up(sub, desk) for sub in held]

    def line(words: Words, not_told: BotError | None) -> Content:
        said = [standing.resumed(sub, first, words, asker.user) for sub, first in taken_up[:-1]]
        return together([*said, standing.resumed(*taken_up[-1], words, asker.user, not_told)], words)

    return told(line, asker, desk)


def _take_up(sub: Subscription, desk: Desk) -> tuple[Subscription, datetime | None]:
    """End its pause by hand. Gives it as it is now, and when its next post comes."""
    records.take_up(sub, desk.records, desk.clock())
    resumed = replace(sub, paused=None, paused_until=None)
    return resumed, first_post(resumed, desk)


def _unsubscribe(query: str, asker: Asker, desk: Desk) -> Content | None:
    found = named(query, asker, desk)
    if not query:  # the one to every paper is meant, where there is one
        found = [sub for sub in found if not sub.query] or found
    if not found:
        raise RequestRefusedError("subscription.none")
    if len(found) > 1:
        return standing.which(found, asker.words)
    sub = found[0]
    is_theirs = sub.origin != "config" and sub.created_by in (None, asker.user)
    return _end(sub, asker, desk) if is_theirs else standing.sure(sub, asker.words)


def end(subscription_id: int, asker: Asker, desk: Desk) -> Content | None:
    """End the one whose button was pressed. Raises RequestRefusedError where this channel has it no more."""
    refuse_strangers(asker)
    here = desk.subscriptions.in_channel(asker.team, asker.channel)
    sub = next((sub for sub in here if sub.id == subscription_id), None)
    if sub is None:
        raise RequestRefusedError("subscription.none")
    return _end(sub, asker, desk)


def _end(sub: Subscription, asker: Asker, desk: Desk) -> Content | None:
    if sub.origin == "config":
        desk.subscriptions.pause(sub.id, BY_CHAT)
        _note("config order paused", sub, asker)
        return told(
            lambda words, not_told: standing.stopped(sub, desk.config, asker.user, words, not_told), asker, desk
        )
    desk.subscriptions.end(sub.id)
    if sub.created_by != asker.user:
        _note("subscription ended", sub, asker)
    return told(lambda words, not_told: standing.unsubscribed(sub, asker.user, words, not_told), asker, desk)


def _note(what: str, sub: Subscription, asker: Asker) -> None:
    """Who ended what somebody else ordered can be found later."""
    log.warning(
        "%s subscription=%d channel=%s by=%s ordered_by=%s; `paperround subscriptions` shows what is left",
        what,
        sub.id,
        sub.channel,
        asker.user,
        sub.created_by or sub.origin,
    )


def _list(asker: Asker, desk: Desk) -> Content:
    here = desk.subscriptions.in_channel(asker.team, asker.channel)
    now = desk.clock()
    return standing.subscriptions(records.standings(here, desk.records, now), asker.words, now)


def told(line: Callable[[Words, BotError | None], Content], asker: Asker, desk: Desk) -> Content | None:
    """Let everybody there see what changed: once, so the person gets no copy. Where the channel cannot be told, the
    person is, and why.
    """
    not_told = tell_channel(line(words_there(asker, desk), None), asker, desk)
    return None if not_told is None else line(asker.words, not_told)


def words_there(asker: Asker, desk: Desk) -> Words:
    """The language in which a channel is told: the workspace's; among a few, that of the person it is about."""
    here = desk.records.history.channel(Place(asker.team, asker.channel))
    few = asker.in_direct or (here is not None and here.is_private)
    return asker.words if few else words_for(desk.language)


def tell_channel(line: Content, asker: Asker, desk: Desk) -> BotError | None:
    """Let everybody there see what changed. Gives why they cannot; what was changed stays so."""
    try:
        desk.client.chat_postMessage(
            channel=asker.channel, text=line.text, blocks=list(line.blocks), unfurl_links=False, unfurl_media=False
        )
    except WALL as exc:
        error = translate(exc, desk.clock())
        log.warning("channel not told channel=%s reason=%s", asker.channel, error)
        return error
    return None
