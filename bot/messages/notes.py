"""Messages that are no digest: what was passed over, that nothing came, that a channel or a source fell silent."""

import re
from collections.abc import Sequence
from datetime import date, datetime

from bot.errors import QueryError
from bot.messages import richtext
from bot.messages.content import Content
from bot.messages.limits import clean, cut, is_seen
from bot.messages.richtext import Leaf, moment_leaf
from bot.messages.words import Words
from bot.search.command import Find, parse_command
from bot.search.grammar import parse_query
from bot.search.tree import Any

NAMED = 20  # missed days by their dates; more than these are a wall of numbers
_VALUE = 200
_QUERY = 120  # a longer one is not typed again

# What keeps us out of a channel, and what a person can do about it, by Slack's error code (`slack.failures`).
_CLOSED = {
    "is_archived": ("closed.archived", "closed.unarchive"),
    "is_inactive": ("closed.archived", "closed.unarchive"),
    "not_in_channel": ("closed.not_in", "closed.invite"),
    "user_not_in_channel": ("closed.not_in", "closed.invite"),
    "channel_not_found": ("closed.not_found", "closed.invite"),
    "restricted_action": ("closed.restricted", "closed.allow"),
    "restricted_action_read_only_channel": ("closed.read_only", "closed.allow"),
    "restricted_action_thread_only_channel": ("closed.thread_only", "closed.allow"),
    "posting_to_channel_denied": ("closed.restricted", "closed.allow"),
    "ekm_access_denied": ("closed.suspended", "closed.allow"),
    "messages_tab_disabled": ("closed.tab_off", "closed.tab_on"),
}
_OTHER = ("closed.other", "closed.allow")
_CODE = re.compile(r"\berror=(\w+)")
_CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]{5,}")


def missed_days(days: Sequence[date], query: str, words: Words) -> Content:
    """One line instead of the days that were passed over: which, and what to type to read them."""
    days = sorted(days)
    named = ", ".join(day.isoformat() for day in days[:NAMED])
    more = len(days) - NAMED
    lines = [
        _heading("missed.heading", len(days), query, words),
        [Leaf(words.n("missed.more", more, days=named, last=days[-1].isoformat()) if more > 0 else named)],
        _woven("missed.read_one", words, typed=_typed(f"/paper {days[0].isoformat()}")),
    ]
    if len(days) > 1:
        lines.append(_woven("missed.read_all", words, typed=_typed(f"/paper {words.typed(_between(days, query))}")))
    return _message(lines)


def _heading(key: str, count: int, query: str, words: Words) -> list[Leaf]:
    heading = Leaf(words.n(key, count), bold=True)
    return [heading, Leaf(" · "), _typed(_flat(query))] if is_seen(query) else [heading]


def _between(days: Sequence[date], query: str) -> str:
    """What finds the papers of these days that the query wants; all of theirs where it does not fit into one."""
    span = f"since:{days[0].isoformat()} until:{days[-1].isoformat()}"
    asked = _flat(query)
    try:
        if not is_seen(asked) or len(asked) > _QUERY:
            return span
        whole = isinstance(parse_query(asked, today=days[-1]).tree, Any)
        typed = f"({asked}) {span}" if whole else f"{asked} {span}"
        return typed if isinstance(parse_command(typed, today=days[-1]), Find) else f"find {typed}"
    except QueryError:
        return span


def no_digest(day: date, query: str, words: Words) -> Content:
    """The line of a day on which nothing came."""
    said = [Leaf(words.t("empty.heading", date=words.date(day)))]
    return _message([[*said, Leaf(" · "), _typed(_flat(query))] if is_seen(query) else said])


def channel_closed(name: str, reason: str, words: Words) -> Content:
    """To the person who subscribed: where nothing can be posted any more, why, and what they can do.

    ``name`` is the channel's, or its id where we never learned it; ``reason`` holds Slack's error code.
    """
    shown = _flat(name).lstrip("#")
    channel = Leaf(shown, code=True) if _CHANNEL_ID.fullmatch(shown) else Leaf(f"#{shown}", bold=True)
    told = _woven("closed.heading", words, channel=channel, why=Leaf(closed_why(reason, words)))
    return _message([told, [Leaf(closed_remedy(reason, words))]])


def closed_why(reason: str, words: Words) -> str:
    """Why a channel takes nothing more, in words, and Slack's own word for it behind them."""
    code = _code(reason)
    key, _ = _CLOSED.get(code, _OTHER)
    return words.t("closed.why", why=words.t(key), code=code or _flat(reason) or "?")


def closed_remedy(reason: str, words: Words) -> str:
    """What a person can do about it."""
    _, key = _CLOSED.get(_code(reason), _OTHER)
    return words.t(key)


def _code(reason: str) -> str:
    """Slack's error code in a reason, which may be an error as it was stored (``slack.channel error=is_archived``)."""
    found = _CODE.search(reason)
    if found:
        return found[1]
    return next((word for word in re.findall(r"\w+", reason) if word in _CLOSED), "")


def silent_source(source: str, last_day: date, since: datetime, words: Words) -> Content:
    """To the operator: a source that is silent beyond its own rhythm, since when, and what to look at."""
    told = _woven("silent.heading", words, source=Leaf(_flat(source), bold=True))
    values = {"date": Leaf(words.date(last_day)), "moment": moment_leaf(since, "UTC", words)}
    last = _woven("silent.last", words, **values)
    look = _woven("silent.look", words, typed=_typed("paperround doctor"))
    return _message([told, last, look])


def too_long(source: str, day: date, title: str, left_out: int, words: Words) -> Content:
    """To the operator, before it is posted: of a paper only the first parts are, and how many more it has."""
    values = {"source": Leaf(_flat(source), bold=True), "date": Leaf(words.date(day)), "title": Leaf(_flat(title))}
    return _message([_woven("long.heading", words, **values), [Leaf(words.t("long.rest", count=left_out))]])


def unusable_source(source: str, uri: str | None, why: str | None, words: Words) -> Content:
    """To the operator: a source that was read and in which nothing can be used, with one example and its reason.

    ``why`` is the reason as it is stored, in English.
    """
    lines = [_woven("unusable.heading", words, source=Leaf(_flat(source), bold=True))]
    if why is None:
        lines.append([Leaf(words.t("unusable.empty"))])
    else:
        reason = Leaf(words.t(_reason(why)))
        shown = Leaf(_flat(uri or "?"), code=True)
        lines.append(_woven("unusable.example", words, uri=shown, reason=reason))
        if words.lang == "en" or _reason(why) == "unusable.other":
            lines.append([Leaf(_flat(why))])
    lines.append(_woven("unusable.look", words, typed=_typed("paperround doctor")))
    return _message(lines)


def unreachable_source(source: str, since: datetime, words: Words) -> Content:
    """To the operator: a source that cannot be reached since a moment."""
    told = _woven("unreachable.heading", words, source=Leaf(_flat(source), bold=True))
    moment = words.t("unreachable.since", moment=words.moment(since, "UTC"))
    return _message([told, [Leaf(moment)], _woven("unusable.look", words, typed=_typed("paperround doctor"))])


_REASONS = (
    ("unusable.blank", re.compile(r"got ''$")),
    ("unusable.no_day", re.compile(r"expected [^,]*\b(?:date|day)\b")),
    ("unusable.encoding", re.compile(r"UTF-8|zero byte")),
    ("unusable.no_paper", re.compile(r"expected [^,]*\b(?:title|link)")),
    ("unusable.refused", re.compile(r"^source\.")),
)


def _reason(why: str) -> str:
    """The words for the kind of a stored reason."""
    return next((kind for kind, pattern in _REASONS if pattern.search(why)), "unusable.other")


def _typed(text: str) -> Leaf:
    return Leaf(text, code=True)


def _woven(key: str, words: Words, **leaves: Leaf) -> list[Leaf]:
    return richtext.woven(words.t(key, **{name: richtext.place(name) for name in leaves}), leaves)


def _flat(text: str) -> str:
    return cut(" ".join(clean(text).split()), _VALUE)


def _message(lines: Sequence[Sequence[Leaf]]) -> Content:
    text = "\n".join("".join(leaf.said for leaf in line) for line in lines)
    return Content(text, (richtext.block([richtext.lines(*lines)]),))
