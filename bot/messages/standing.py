"""A channel's standing orders in words: what was ordered, by whom, and when the next post comes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.errors import BotError
from bot.messages import actions, blocks, richtext
from bot.messages.content import Content
from bot.messages.errors import error_text
from bot.messages.limits import TEXT, clean, cut, is_seen, units
from bot.messages.mrkdwn import escape
from bot.messages.richtext import Leaf, user_leaf
from bot.messages.words import Words
from bot.plan.subscription import EVERY_DAY, Subscription

_QUERY = 200
_BUTTONS = 20  # subscriptions with a button each; who has more names the query
_WEEKDAYS = frozenset(range(5))
_LAYOUTS = {
    "papers": "standing.layout_papers",
    "list": "standing.layout_list",
    "brief": "standing.layout_brief",
    None: "standing.layout_default",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """A subscription and what is known of its past and future."""

    sub: Subscription
    next_at: datetime | None
    """When its next post comes; None for one that waits for an arrival."""
    last_day: date | None
    """The newest digest day it has posted."""


def subscribed(
    sub: Subscription, user_id: str, first: datetime | None, words: Words, not_told: BotError | None = None
) -> Content:
    """The channel's line: who subscribed, to what, when posts come and when the first one does.

    ``not_told``, for the person alone: why the channel does not know of it.
    """
    leaves = _woven("standing.subscribed", words, user=user_leaf(user_id), what=_what(sub, words))
    times = Leaf(" " + _times(sub, words) + " " + _first(sub, first, words))
    return _line([*leaves, times, *_not_told(not_told, words)])


def already_subscribed(sub: Subscription, first: datetime | None, words: Words) -> Content:
    """There is nothing to add: this channel has that subscription."""
    leaves = _woven("standing.already", words, what=_what(sub, words))
    return _line([*leaves, Leaf(" " + _times(sub, words) + " " + _first(sub, first, words))])


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


def paused(sub: Subscription, where: str, words: Words) -> Content:
    """A subscription of the config stops posting; where it is written and how it is taken up again."""
    return _line(_woven("standing.paused", words, what=_what(sub, words), where=Leaf(_flat(where), code=True)))


def resumed(sub: Subscription, first: datetime | None, words: Words) -> Content:
    """A paused subscription posts again."""
    leaves = _woven("standing.resumed", words, what=_what(sub, words))
    return _line([*leaves, Leaf(" " + _times(sub, words) + " " + _first(sub, first, words))])


def subscriptions(items: Sequence[Standing], words: Words) -> Content:
    """What a channel is subscribed to: query, layout, times, the next and the last post, and why one is paused."""
    if not items:
        return _line([Leaf(words.t("standing.none"))])
    heading = words.n("standing.heading", len(items))
    said, lines = [escape(heading)], []
    for place, item in enumerate(items):
        leaves = _standing(item, words)
        text = "• " + "".join(leaf.said for leaf in leaves)
        if units("\n".join([*said, text])) > TEXT - 200:
            more = words.n("standing.more", len(items) - place)
            said.append(escape(more))
            lines.append([Leaf(more)])
            break
        said.append(text)
        lines.append(leaves)
    elements = [richtext.section([Leaf(heading, bold=True)]), richtext.bullets(lines)]
    return Content("\n".join(said), (richtext.block(elements),))


def _standing(item: Standing, words: Words) -> list[Leaf]:
    sub = item.sub
    leaves = [_what(sub, words), Leaf(" · " + words.t(_LAYOUTS[sub.layout])), Leaf(" · " + _times(sub, words))]
    if sub.paused:
        leaves.append(Leaf(" " + _why_paused(sub, words)))
    else:
        leaves.append(Leaf(" " + _next(item, words)))
    if item.last_day:
        leaves.append(Leaf(" " + words.t("standing.last", date=words.date(item.last_day))))
    if sub.origin == "config":
        leaves.append(Leaf(" " + words.t("standing.from_config")))
    elif sub.created_by:
        leaves += [Leaf(" "), *_woven("standing.by", words, user=user_leaf(sub.created_by))]
    return leaves


def _why_paused(sub: Subscription, words: Words) -> str:
    if sub.paused == "chat":
        return words.t("standing.paused_by_chat")
    return words.t("standing.paused_why", why=_flat(sub.paused or ""))


def _what(sub: Subscription, words: Words) -> Leaf:
    query = _flat(sub.query)
    return Leaf(query, code=True) if is_seen(query) else Leaf(words.t("standing.everything"), bold=True)


def _times(sub: Subscription, words: Words) -> str:
    """When it may post: an hour in its zone, or on arrival; on which days."""
    if sub.at is None:
        when = words.t("standing.on_arrival")
    else:
        when = words.t("standing.at", time=f"{sub.at:%H:%M}", zone=sub.zone)
    return words.t("standing.times", days=_days(sub.days, words), when=when)


def _days(days: frozenset[int], words: Words) -> str:
    if days == EVERY_DAY:
        return words.t("standing.every_day")
    if days == _WEEKDAYS:
        return words.t("standing.weekdays")
    return words.t("standing.on_days", days=", ".join(words.weekday(day) for day in sorted(days)))


def _first(sub: Subscription, first: datetime | None, words: Words) -> str:
    if first is None:
        return words.t("standing.first_on_arrival")
    return words.t("standing.first", moment=words.moment(first, sub.zone))


def _next(item: Standing, words: Words) -> str:
    if item.next_at is None:
        return words.t("standing.next_on_arrival")
    return words.t("standing.next", moment=words.moment(item.next_at, item.sub.zone))


def _woven(key: str, words: Words, **leaves: Leaf) -> list[Leaf]:
    return richtext.woven(words.t(key, **{name: richtext.place(name) for name in leaves}), leaves)


def _flat(text: str) -> str:
    return cut(" ".join(clean(text).split()), _QUERY)


def _line(leaves: Sequence[Leaf]) -> Content:
    return Content("".join(leaf.said for leaf in leaves), (richtext.block([richtext.section(leaves)]),))
