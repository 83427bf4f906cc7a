"""What went wrong, in words people can act on. An error brings a code and values; the words stand in the catalogues."""

from bot.errors import (
    BotError,
    DeliveryDeferredError,
    DeliveryRefusedError,
    DeliveryUnknownError,
    QueryError,
    RequestRefusedError,
    SettingsError,
    SourceUnavailableError,
    StoreUnavailableError,
)
from bot.messages import richtext
from bot.messages.content import Content
from bot.messages.limits import clean, cut, is_seen
from bot.messages.mrkdwn import escape
from bot.messages.richtext import Leaf
from bot.messages.words import Words

_VALUE = 200
_AROUND = 200  # of what was typed, shown before and after the place
_GENERAL: tuple[tuple[type[BotError], str], ...] = (
    (QueryError, "error.any_query"),
    (RequestRefusedError, "error.any_request"),
    (SourceUnavailableError, "error.any_source"),
    (StoreUnavailableError, "error.any_store"),
    (DeliveryDeferredError, "error.any_deferred"),
    (DeliveryRefusedError, "error.any_refused"),
    (DeliveryUnknownError, "error.any_unknown"),
    (BotError, "error.any"),
)


def describe(error: BotError, words: Words, typed: str = "") -> Content:
    """The error as an answer. ``typed`` is what the person wrote; a QueryError shows the place in it.

    Of the database it says no path: that is the server's, and for who runs it.
    """
    if isinstance(error, StoreUnavailableError):
        full = error.code == "store.full"
        said = words.t("error.disk_full_here") if full else words.t("error.any_store", code=error.code)
        return Content(escape(said), (richtext.block([richtext.lines([Leaf(said)])]),))
    said = _say(error, words)
    lines = [[Leaf(said)]]
    if isinstance(error, QueryError):
        before, found, after = _around(error, typed)
        if before or found or after:
            lines.append([Leaf(before), Leaf(f"»{found}«", bold=True), Leaf(after)])
        if error.nearest:
            near = Leaf(_value(error.nearest), code=True)
            meant = words.t("error.did_you_mean", nearest=richtext.place("nearest"))
            lines.append(richtext.woven(meant, {"nearest": near}))
        elif error.choices:
            lines.append([Leaf(words.t("error.choices", choices=_value(error.choices)))])
    return Content(escape(error_text(error, words, typed)), (richtext.block([richtext.lines(*lines)]),))


def error_text(error: BotError, words: Words, typed: str = "") -> str:
    """The error in one plain string, not escaped: what went wrong, where, and the nearest right word."""
    lines = [_say(error, words)]
    if isinstance(error, QueryError):
        before, found, after = _around(error, typed)
        if before or found or after:
            lines.append(f"{before}»{found}«{after}")
        if error.nearest:
            lines.append(words.t("error.did_you_mean", nearest=_value(error.nearest)))
        elif error.choices:
            lines.append(words.t("error.choices", choices=_value(error.choices)))
    return "\n".join(lines)


def unexpected(reference: str, words: Words) -> Content:
    """For a fault nobody chose: that it happened, and the reference by which the operator finds it."""
    said = words.t("error.unexpected", reference=_value(reference))
    return Content(escape(said), (richtext.block([richtext.section([Leaf(said)])]),))


def _say(error: BotError, words: Words) -> str:
    if isinstance(error, SettingsError):
        return "\n".join(error.problems)
    values = {name: _value(value) for name, value in error.values.items()}
    key = f"error.{error.code}"
    if not words.has(key):
        key = next(general for kind, general in _GENERAL if isinstance(error, kind))
    return words.told(key, {"code": error.code, **values})


def _value(value: object) -> str:
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(_value(each) for each in value)
    return cut(" ".join(clean(str(value)).split()), _VALUE)


def _around(error: QueryError, typed: str) -> tuple[str, str, str]:
    """What was typed before the place, at it, and after it; where that is not known, the found text alone."""
    place = min(max(error.position, 0), len(typed))
    found = error.found if typed[place : place + len(error.found)] == error.found else typed[place : place + 1]
    if not typed:
        return "", _value(error.found), ""
    before, after = typed[:place], typed[place + len(found) :]
    shown = cut(_flat(after), _AROUND)
    start = _flat(before)
    return ("…" + start[-_AROUND:] if len(start) > _AROUND else start), _value(found), shown


def _flat(text: str) -> str:
    """In one line, spaces kept: they are part of the place."""
    return clean(text).replace("\n", " ") if is_seen(text) else ""
