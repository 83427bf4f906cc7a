"""A channel's standing orders in words: what was ordered, by whom, and when the next post comes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo

from bot.errors import BotError, QueryError
from bot.messages import actions, blocks, richtext
from bot.messages.content import Content
from bot.messages.errors import error_text
from bot.messages.limits import TEXT, clean, cut, is_seen, units
from bot.messages.mrkdwn import escape
from bot.messages.notes import closed_remedy, closed_why
from bot.messages.query import describe
from bot.messages.richtext import Leaf, moment_leaf, user_leaf
from bot.messages.words import Words
from bot.plan.hours import zone_of
from bot.plan.subscription import EVERY_DAY, Subscription
from bot.search.grammar import Query, parse_query

_QUERY = 200
_BUTTONS = 20  # subscriptions with a button each; who has more names the query
_WEEKDAYS = frozenset(range(5))
_LAYOUTS = {
    "papers": "standing.layout_papers",
    "list": "standing.layout_list",
    "brief": "standing.layout_brief",
    None: "standing.layout_default",
}
_PAUSED = {"chat": "standing.paused_by_chat", "operator": "standing.paused_by_operator"}


@dataclass(frozen=True, slots=True)
class Standing:
    """A subscription and what is known of its past and future."""

    sub: Subscription
    next_at: datetime | None
    """When its next post comes; None for one that waits for an arrival, or that nobody knows the end of a pause of."""
    last_day: date | None
    """The newest digest day it has posted."""
    last_at: datetime | None = None
    """When the last message of that day was posted (UTC)."""
    closed: str | None = None
    """Why its channel takes nothing more, as it is stored; None where it is open."""
    waiting: int = 0
    """How many days it is still to catch up with."""
    fault: BotError | None = None
    """Why it can never post as it is stored."""


def subscribed(
    sub: Subscription, user_id: str, first: datetime | None, words: Words, not_told: BotError | None = None
) -> Content:
    """The channel's line: who subscribed, to what, when posts come and when the first one does.

    ``not_told``, for the person alone: why the channel does not know of it.
    """
    leaves = _woven("standing.subscribed", words, user=user_leaf(user_id), what=_what(sub, words))
    return _line([*leaves, Leaf(f" {_times(sub, words)} "), *_first(sub, first, words), *_not_told(not_told, words)])


def matches_none(query: Query, words: Words) -> Content:
    """For the person alone: no paper so far is one that was subscribed to, and what it looks for."""
    values = {
        "query": Leaf(describe(query.tree, words)),
        "command": Leaf(f"/paper {words.typed(f'unsubscribe {_flat(query.text)}')}", code=True),
    }
    return _line(_woven("standing.matches_none", words, **values))


def already_subscribed(sub: Subscription, first: datetime | None, words: Words) -> Content:
    """There is nothing to add: this channel has that subscription."""
    leaves = _woven("standing.already", words, what=_what(sub, words))
    return _line([*leaves, Leaf(f" {_times(sub, words)} "), *_first(sub, first, words)])


def unsubscribed(sub: Subscription, user_id: str, words: Words, not_told: BotError | None = None) -> Content:
    """The channel's line: who ended what. ``not_told`` as for `subscribed`."""
    leaves = _woven("standing.unsubscribed", words, user=user_leaf(user_id), what=_what(sub, words))
    return _line([*leaves, *_not_told(not_told, words)])


def _not_told(error: BotError | None, words: Words) -> list[Leaf]:
    return [Leaf(" " + words.t("standing.not_told", why=error_text(error, words)))] if error else []


def which(subs: Sequence[Subscription], words: Words) -> Content:
    """Several that may be meant: each with a button that ends it, or pauses one that the config orders."""
    heading = words.t("standing.which")
    several = len({sub.source for sub in subs}) > 1
    said, made = [escape(heading)], [richtext.block([richtext.section([Leaf(heading, bold=True)])])]
    for place, sub in enumerate(subs):
        what = _what(sub, words).text
        line = " · ".join([what, *([_flat(sub.source)] if several else []), _times(sub, words)])
        text = "• " + escape(line)
        if place == _BUTTONS or units("\n".join([*said, text])) > TEXT - 200:
            more = words.n("standing.more", len(subs) - place)
            said.append(escape(more))
            made.append(richtext.block([richtext.section([Leaf(more)])]))
            break
        said.append(text)
        label = words.t("standing.pause_it") if sub.origin == "config" else words.t("standing.end_it")
        made.append(
            blocks.line_with_button(
                line, f"standing:{sub.id}", (actions.of(actions.END, sub.id), label, actions.end_value(sub.id))
            )
        )
    return Content("\n".join(said), tuple(made))


def stopped(sub: Subscription, where: str, user_id: str, words: Words, not_told: BotError | None = None) -> Content:
    """The channel's line: who stopped what the config orders, where it is written and how it is resumed."""
    values = {"user": user_leaf(user_id), "what": _what(sub, words), "where": Leaf(_flat(where), code=True)}
    return _line([*_woven("standing.stopped", words, **values), *_not_told(not_told, words)])


def sure(sub: Subscription, words: Words) -> Content:
    """Asks whoever ends what somebody else, or the config, ordered. The answer is a button."""
    if sub.origin == "config":
        leaves = _woven("standing.sure_config", words, what=_what(sub, words))
        label = words.t("standing.pause_it")
    else:
        leaves = _woven("standing.sure", words, what=_what(sub, words), user=user_leaf(sub.created_by or ""))
        label = words.t("standing.end_it")
    asked = _line(leaves)
    button = (actions.of(actions.END, sub.id), label, actions.end_value(sub.id))
    return Content(asked.text, (*asked.blocks, blocks.buttons(button)))


def paused(
    sub: Subscription, until: datetime | None, user_id: str, words: Words, not_told: BotError | None = None
) -> Content:
    """The channel's line: who paused what, until when, and how it is taken up again. ``not_told`` as above."""
    what, user = _what(sub, words), user_leaf(user_id)
    if until is None:
        leaves = _woven("standing.paused", words, user=user, what=what)
    else:
        moment = moment_leaf(until, sub.zone, words)
        leaves = _woven("standing.paused_until", words, user=user, what=what, moment=moment)
    return _line([*leaves, *_not_told(not_told, words)])


def resumed(
    sub: Subscription, first: datetime | None, words: Words, user_id: str = "", not_told: BotError | None = None
) -> Content:
    """A paused subscription posts again; by whom, where the whole channel is told. ``not_told`` as above."""
    what = _what(sub, words)
    leaves = (
        _woven("standing.resumed_by", words, user=user_leaf(user_id), what=what)
        if user_id
        else _woven("standing.resumed", words, what=what)
    )
    return _line([*leaves, Leaf(f" {_times(sub, words)} "), *_first(sub, first, words), *_not_told(not_told, words)])


def subscriptions(items: Sequence[Standing], words: Words, now: datetime) -> Content:
    """What a channel is subscribed to: query, layout, times; then the next and the last post, and why one is paused."""
    if not items:
        return _line([Leaf(words.t("standing.none"))])
    heading = words.n("standing.heading", len(items))
    several = len({item.sub.source for item in items}) > 1
    closed = next((item.closed for item in items if item.closed is not None), None)
    remedy = [] if closed is None else [closed_remedy(closed, words)]
    said, lines = [escape(heading), *map(escape, remedy)], []
    for place, item in enumerate(items):
        leaves = [*_ordered(item, words, now, source=several), Leaf("\n"), *_state(item, words, now)]
        text = "• " + "".join(leaf.said for leaf in leaves).replace("\n", "\n  ")
        if units("\n".join([*said, text])) > TEXT - 200:
            more = words.n("standing.more", len(items) - place)
            said.append(escape(more))
            lines.append([Leaf(more)])
            break
        said.append(text)
        lines.append(leaves)
    elements = [
        richtext.lines([Leaf(heading, bold=True)], *([Leaf(line)] for line in remedy)),
        richtext.bullets(lines),
    ]
    return Content("\n".join(said), (richtext.block(elements),))


def subscription_text(item: Standing, channel: str, words: Words, now: datetime, reader: tzinfo | None = None) -> str:
    """The same of one subscription for a terminal in the zone ``reader``: its channel, then what a channel is told."""
    lines = [
        Leaf(_flat(channel)),
        Leaf("\n"),
        *_ordered(item, words, now, source=True),
        Leaf("\n"),
        *_state(item, words, now, reader),
    ]
    return "".join(leaf.text for leaf in lines).replace("\n", "\n  ")


def _ordered(item: Standing, words: Words, now: datetime, *, source: bool) -> list[Leaf]:
    """What is ordered: the query as it is typed and in words, how it is laid out, when it may post."""
    sub = item.sub
    facts = [
        *([_flat(sub.source)] if source else []),
        words.t(_LAYOUTS[sub.layout]),
        words.t("standing.when", days=_days(sub.days, words), when=_when(sub, words)),
        *([_quiet(*sub.quiet, words)] if sub.quiet else []),
        *([words.t("standing.says_empty")] if sub.say_when_empty else []),
    ]
    in_words = _in_words(sub, words, now)
    return [
        _what(sub, words),
        *([Leaf(f" ({in_words})")] if in_words else []),
        *(Leaf(f" · {fact}") for fact in facts),
    ]


def _quiet(start: time, end: time, words: Words) -> str:
    return words.t("standing.quiet", start=words.time(start), end=words.time(end))


def _in_words(sub: Subscription, words: Words, now: datetime) -> str:
    """What was understood of the query; nothing where it has none, or cannot be read."""
    try:
        tree = parse_query(sub.query, today=now.astimezone(zone_of(sub.zone)).date()).tree
    except QueryError:
        return ""
    return cut(describe(tree, words), _QUERY) if tree else ""


def _state(item: Standing, words: Words, now: datetime, reader: tzinfo | None = None) -> list[Leaf]:
    """What becomes of it: whether it is paused, the next post, the last one, who wants it."""
    sub = item.sub
    said: list[list[Leaf]] = []
    stands = item.closed is None and item.fault is None and not sub.is_paused(now)
    if item.fault is not None:
        said.append([Leaf(error_text(item.fault, words))])
    elif item.closed is not None:
        said.append([Leaf(words.t("standing.paused_why", why=closed_why(item.closed, words)))])
    elif not stands:
        said += _pause(sub, words, reader)
    if stands or (item.next_at and item.closed is None and item.fault is None):
        said.append(_next(item, words, reader))
    if item.waiting and stands:
        said.append([Leaf(words.n("standing.waiting", item.waiting))])
    said.append(_last(item, words, reader))
    if sub.origin == "config":
        said.append([Leaf(words.t("standing.from_config"))])
    elif sub.created_by:
        said.append(_woven("standing.by", words, user=user_leaf(sub.created_by)))
    first, *others = said
    return [*first, *(leaf for sentence in others for leaf in (Leaf(" "), *sentence))]


def _pause(sub: Subscription, words: Words, reader: tzinfo | None) -> list[list[Leaf]]:
    """Why it is paused, and what ends that."""
    why = sub.paused or ""
    said = words.t(_PAUSED[why]) if why in _PAUSED else words.t("standing.paused_why", why=_flat(why))
    if sub.paused_until is None:
        return [[Leaf(said)], [Leaf(words.t("standing.until_resumed"))]]
    moment = moment_leaf(sub.paused_until, sub.zone, words, reader=reader)
    return [[Leaf(said)], _woven("standing.until", words, moment=moment)]


def _last(item: Standing, words: Words, reader: tzinfo | None) -> list[Leaf]:
    if item.last_day is None:
        return [Leaf(words.t("standing.last_none"))]
    day = Leaf(words.date(item.last_day))
    if item.last_at is None:
        return _woven("standing.last", words, date=day)
    at = moment_leaf(item.last_at, item.sub.zone, words, reader=reader)
    return _woven("standing.last_at", words, date=day, at=at)


def _what(sub: Subscription, words: Words) -> Leaf:
    query = _flat(sub.query)
    return Leaf(query, code=True) if is_seen(query) else Leaf(words.t("standing.everything"), bold=True)


def _times(sub: Subscription, words: Words) -> str:
    """When it may post: an hour in its zone, or on arrival; on which days."""
    return words.t("standing.times", days=_days(sub.days, words), when=_when(sub, words))


def _when(sub: Subscription, words: Words) -> str:
    if sub.at is None:
        return words.t("standing.on_arrival")
    return words.t("standing.at", time=words.time(sub.at), zone=words.zone(sub.zone))


def _days(days: frozenset[int], words: Words) -> str:
    if days == EVERY_DAY:
        return words.t("standing.every_day")
    if days == _WEEKDAYS:
        return words.t("standing.weekdays")
    return words.t("standing.on_days", days=", ".join(words.weekday(day) for day in sorted(days)))


def _first(sub: Subscription, first: datetime | None, words: Words) -> list[Leaf]:
    if first is None:
        return [Leaf(words.t("standing.first_on_arrival"))]
    return _woven("standing.first", words, moment=moment_leaf(first, sub.zone, words))


def _next(item: Standing, words: Words, reader: tzinfo | None) -> list[Leaf]:
    if item.next_at is None:
        return [Leaf(words.t("standing.next_on_arrival"))]
    return _woven("standing.next", words, moment=moment_leaf(item.next_at, item.sub.zone, words, reader=reader))


def _woven(key: str, words: Words, **leaves: Leaf) -> list[Leaf]:
    return richtext.woven(words.t(key, **{name: richtext.place(name) for name in leaves}), leaves)


def _flat(text: str) -> str:
    return cut(" ".join(clean(text).split()), _QUERY)


def _line(leaves: Sequence[Leaf]) -> Content:
    return Content("".join(leaf.said for leaf in leaves), (richtext.block([richtext.section(leaves)]),))
