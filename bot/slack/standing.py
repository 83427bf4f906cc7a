"""`/paper subscribe`, `unsubscribe`, `subscriptions`: a channel's standing orders, changed from inside it."""

import logging
from dataclasses import replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from bot.delivery.outbox import Place
from bot.errors import BotError, QueryError, RequestRefusedError
from bot.messages import standing
from bot.messages.content import Content
from bot.messages.words import words_for
from bot.plan.hours import next_fire, next_time
from bot.plan.owed import wanted
from bot.plan.subscription import Subscription
from bot.search.command import Subscribe, Subscriptions, Unsubscribe
from bot.search.grammar import parse_query
from bot.slack.client import WALL, translate
from bot.slack.desk import Asker, Desk

log = logging.getLogger(__name__)

DEFAULT_AT = time(9)
BY_CHAT = "chat"  # why a subscription of the config is paused when somebody in the channel ended it


def answer(command: Subscribe | Unsubscribe | Subscriptions, asker: Asker, desk: Desk) -> Content:
    """Do it and say so. Raises RequestRefusedError where the channel or the subscription does not allow it."""
    match command:
        case Subscribe(query=query):
            return _subscribe(query, asker, desk)
        case Unsubscribe(query=query):
            return _unsubscribe(query, asker, desk)
        case Subscriptions():
            return _list(asker, desk)


def _subscribe(query: str, asker: Asker, desk: Desk) -> Content:
    query = " ".join(query.split())
    if query:
        parse_query(query, today=asker.today(desk.clock()))  # a mistake is told now, not at nine tomorrow
    channel = desk.directory.enter(asker.channel)
    desk.outbox.save_channel(asker.team, channel.id, channel.name, channel.is_private)
    desk.outbox.reopen_channel(asker.team, channel.id)  # we are in it now, whatever Slack said before
    source = desk.sources[0]
    before = _same(query, source, asker, desk)
    if before and not before.paused:
        return standing.already_subscribed(before, first_post(before, desk), asker.words)
    if before:
        _resume(before, desk)
        return standing.resumed(before, first_post(before, desk), asker.words)
    sub = desk.subscriptions.add(
        asker.team, asker.channel, source, query, at=DEFAULT_AT, zone=asker.zone, created_by=asker.user
    )
    # As the next tick will fix it: the newest ready day is the first it gets.
    added = replace(sub, since=max(desk.digests.ready(source), default=None))
    first = first_post(added, desk)
    line = standing.subscribed(added, asker.user, first, words_for(desk.language))
    return standing.subscribed(added, asker.user, first, asker.words, not_told=_tell_channel(line, asker, desk))


def _same(query: str, source: str, asker: Asker, desk: Desk) -> Subscription | None:
    """The channel's subscription that asks for the same, one that is not paused before one that is."""
    here = desk.subscriptions.in_channel(asker.team, asker.channel)
    today = asker.today(desk.clock())
    found = [sub for sub in here if sub.source == source and _alike(sub.query, query, today)]
    return min(found, key=lambda sub: sub.paused is not None, default=None)


def _alike(one: str, other: str, today: date) -> bool:
    """Whether two queries ask for the same, however they are typed."""
    try:
        return parse_query(one, today=today).tree == parse_query(other, today=today).tree
    except QueryError:
        return one == other


def _resume(sub: Subscription, desk: Desk) -> None:
    """Take it up again with the newest day: the others that came meanwhile would arrive all at once."""
    ready = desk.digests.ready(sub.source)
    handled = desk.subscriptions.handled(sub.id)
    for day in sorted(ready)[:-1]:
        if sub.since and day >= sub.since and day not in handled:
            desk.subscriptions.mark_handled(sub.id, day)
    desk.subscriptions.resume(sub.id)


def first_post(sub: Subscription, desk: Desk) -> datetime | None:
    """When its next post comes (UTC), as far as it is known now; None for one that waits for the next arrival."""
    now = desk.clock()
    ready = desk.digests.ready(sub.source)
    handled = desk.subscriptions.handled(sub.id)
    waiting = [day for day in ready if sub.since and day >= sub.since and day not in handled]
    fires = sorted((max(now, next_fire(sub, ready[day])), day) for day in waiting)
    return next((moment for moment, day in fires if _brings(sub, day, desk)), next_time(sub, now))


def _brings(sub: Subscription, day: date, desk: Desk) -> bool:
    """Whether the day has something for it that its channel does not carry already."""
    digest = desk.digests.load_day(sub.source, day)
    query = parse_query(sub.query, today=desk.clock().astimezone(ZoneInfo(sub.zone)).date())
    keys = {entry.key for entry in wanted(digest, query)} if digest else set()
    return bool(keys - set(desk.outbox.carried(Place(sub.team, sub.channel), sub.source, day)))


def _unsubscribe(query: str, asker: Asker, desk: Desk) -> Content:
    here = desk.subscriptions.in_channel(asker.team, asker.channel)
    today = asker.today(desk.clock())
    named = [sub for sub in here if _alike(sub.query, query, today)] or ([] if query else here)
    if not named:
        raise RequestRefusedError("subscription.none")
    return _end(named[0], asker, desk) if len(named) == 1 else standing.which(named, asker.words)


def end(subscription_id: int, asker: Asker, desk: Desk) -> Content:
    """End the one whose button was pressed. Raises RequestRefusedError where this channel has it no more."""
    here = desk.subscriptions.in_channel(asker.team, asker.channel)
    sub = next((sub for sub in here if sub.id == subscription_id), None)
    if sub is None:
        raise RequestRefusedError("subscription.none")
    return _end(sub, asker, desk)


def _end(sub: Subscription, asker: Asker, desk: Desk) -> Content:
    if sub.origin == "config":
        desk.subscriptions.pause(sub.id, BY_CHAT)
        return standing.paused(sub, desk.config, asker.words)
    desk.subscriptions.end(sub.id)
    line = standing.unsubscribed(sub, asker.user, words_for(desk.language))
    return standing.unsubscribed(sub, asker.user, asker.words, not_told=_tell_channel(line, asker, desk))


def _list(asker: Asker, desk: Desk) -> Content:
    here = desk.subscriptions.in_channel(asker.team, asker.channel)
    items = [
        standing.Standing(sub, None if sub.paused else first_post(sub, desk), max(desk.outbox.days(sub), default=None))
        for sub in here
    ]
    return standing.subscriptions(items, asker.words)


def _tell_channel(line: Content, asker: Asker, desk: Desk) -> BotError | None:
    """Let everybody there see what changed. Gives why they cannot; what was changed stays so."""
    try:
        desk.client.chat_postMessage(
            channel=asker.channel, text=line.text, blocks=list(line.blocks), unfurl_links=False, unfurl_media=False
        )
    except WALL as exc:
        error = translate(exc, desk.clock())
        log.warning("channel not told of a subscription channel=%s reason=%s", asker.channel, error)
        return error
    return None
