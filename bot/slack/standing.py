"""`/paper subscribe`, `unsubscribe`, `subscriptions`: a channel's standing orders, changed from inside it."""

from dataclasses import replace
from datetime import datetime, time

from bot.errors import RequestRefusedError
from bot.messages import standing
from bot.messages.content import Content
from bot.messages.words import words_for
from bot.plan.hours import next_fire, next_time
from bot.plan.subscription import Subscription
from bot.search.command import Subscribe, Subscriptions, Unsubscribe
from bot.search.grammar import parse_query
from bot.slack.client import translate
from bot.slack.desk import Asker, Desk

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
        desk.subscriptions.resume(before.id)
        return standing.resumed(before, first_post(before, desk), asker.words)
    sub = desk.subscriptions.add(
        asker.team, asker.channel, source, query, at=DEFAULT_AT, zone=asker.zone, created_by=asker.user
    )
    # As the next tick will fix it: the newest ready day is the first it gets.
    added = replace(sub, since=max(desk.digests.ready(source), default=None))
    line = standing.subscribed(added, asker.user, first_post(added, desk), words_for(desk.language))
    _tell_channel(line, asker.channel, desk)
    return standing.subscribed(added, asker.user, first_post(added, desk), asker.words)


def _same(query: str, source: str, asker: Asker, desk: Desk) -> Subscription | None:
    here = desk.subscriptions.in_channel(asker.team, asker.channel)
    return next((sub for sub in here if sub.query == query and sub.source == source), None)


def first_post(sub: Subscription, desk: Desk) -> datetime | None:
    """When its next post comes (UTC), as far as it is known now; None for one that waits for the next arrival."""
    now = desk.clock()
    ready = desk.digests.ready(sub.source)
    handled = desk.subscriptions.handled(sub.id)
    waiting = [day for day in ready if sub.since and day >= sub.since and day not in handled]
    if waiting:
        return max(now, min(next_fire(sub, ready[day]) for day in waiting))
    return next_time(sub, now)


def _unsubscribe(query: str, asker: Asker, desk: Desk) -> Content:
    here = desk.subscriptions.in_channel(asker.team, asker.channel)
    named = [sub for sub in here if sub.query == query] if query else here
    if not named:
        raise RequestRefusedError("subscription.none")
    if len(named) > 1:
        raise RequestRefusedError("subscription.which", queries=[sub.query for sub in named])
    sub = named[0]
    if sub.origin == "config":
        desk.subscriptions.pause(sub.id, BY_CHAT)
        return standing.paused(sub, desk.config, asker.words)
    desk.subscriptions.end(sub.id)
    _tell_channel(standing.unsubscribed(sub, asker.user, words_for(desk.language)), asker.channel, desk)
    return standing.unsubscribed(sub, asker.user, asker.words)


def _list(asker: Asker, desk: Desk) -> Content:
    here = desk.subscriptions.in_channel(asker.team, asker.channel)
    items = [standing.Standing(sub, first_post(sub, desk), max(desk.outbox.days(sub), default=None)) for sub in here]
    return standing.subscriptions(items, asker.words)


def _tell_channel(line: Content, channel: str, desk: Desk) -> None:
    try:
        desk.client.chat_postMessage(
            channel=channel, text=line.text, blocks=list(line.blocks), unfurl_links=False, unfurl_media=False
        )
    except Exception as exc:
        raise translate(exc, desk.clock()) from exc
