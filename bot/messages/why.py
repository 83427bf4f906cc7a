"""Why a channel has a day or a paper, or has not, in words: the answer first, then gate by gate how it came to that."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, tzinfo

from slack_sdk.models.blocks import RichTextElement

from bot.messages import richtext
from bot.messages.content import Content
from bot.messages.limits import TEXT, clean, cut, is_seen, units
from bot.messages.mrkdwn import escape
from bot.messages.notes import closed_remedy, closed_why
from bot.messages.richtext import Leaf, moment_leaf
from bot.messages.words import Words
from bot.plan.why import Answer, Gate, Outcome, Walk

_VALUE = 200
_TITLE = 250
_MARKS: dict[Outcome, str] = {"passed": "✓", "noted": "–", "waiting": "…", "stopped": "✗", "unknown": "?"}
_VERDICTS: dict[Outcome, str] = {
    "passed": "why.is_there",
    "noted": "why.is_there",
    "waiting": "why.on_its_way",
    "stopped": "why.does_not_come",
    "unknown": "why.not_known",
}
_SAID = {
    "nothing_read": "why.nothing_read",
    "nothing_readable": "why.nothing_readable",
    "read": "why.read",
    "read_once": "why.read_once",
    "read_before": "why.read_before",
    "withdrawn": "why.withdrawn",
    "all_withdrawn": "why.all_withdrawn",
    "ready": "why.ready",
    "settling": "why.settling",
    "settling_over": "why.settling_over",
    "settling_unread": "why.settling_unread",
    "settling_again": "why.settling_again",
    "settling_again_over": "why.settling_again_over",
    "settling_again_unread": "why.settling_unread",
    "change_settling": "why.change_settling",
    "change_settling_over": "why.change_settling_over",
    "change_settling_unread": "why.settling_unread",
    "since": "why.since",
    "since_not": "why.since_not",
    "since_open": "why.since_open",
    "query_all": "why.query_all",
    "query": "why.query",
    "query_not": "why.query_not",
    "query_some": "why.query_some",
    "query_none": "why.query_none",
    "zone_unknown": "why.zone_unknown",
    "not_paused": "why.not_paused",
    "paused": "why.paused",
    "paused_until": "why.paused_until",
    "open": "why.open",
    "closed": "why.closed",
    "carried_elsewhere": "why.carried_elsewhere",
    "passed_over": "why.passed_over",
    "passed_over_away": "why.passed_over_away",
    "passed_over_closed": "why.passed_over_closed",
    "passed_over_paused": "why.passed_over_paused",
    "hour": "why.hour",
    "hour_not": "why.hour_not",
    "arrival": "why.arrival",
    "arrival_not": "why.arrival_not",
    "quiet": "why.quiet",
    "quiet_not": "why.quiet_not",
    "considered": "why.considered",
    "too_old": "why.too_old",
    "due": "why.due",
    "by_hand": "why.by_hand",
    "unsubscribed": "why.unsubscribed",
    "unfollowed": "why.unfollowed",
    "in_the_line": "why.in_the_line",
    "posted": "why.posted",
    "posted_some": "why.posted_some",
    "turn": "why.turn",
    "update_turn": "why.update_turn",
    "removal_turn": "why.removal_turn",
    "tried": "why.tried",
    "update_tried": "why.update_tried",
    "removal_tried": "why.removal_tried",
    "sending": "why.sending",
    "unsure": "why.unsure",
    "refused": "why.refused",
    "update_refused": "why.update_refused",
    "removal_refused": "why.removal_refused",
}
_ERROR = re.compile(r"(?P<code>[a-z_]+(?:\.[a-z_]+)+)(?P<values>(?: \w+=.*)?)", re.DOTALL)


def why(answer: Answer, words: Words, zone: str = "UTC") -> Content:
    """The answer as a message. Moments are told in the subscription's zone, else in ``zone``."""
    elements: list[RichTextElement] = []
    said: list[str] = []
    for heading, lines in _sections(answer, words, zone):
        text = "\n".join([escape(heading), *("".join(leaf.said for leaf in line) for line in lines)])
        if said and units("\n".join([*said, text])) > TEXT - 200:
            break
        said.append(text)
        elements += [richtext.section([Leaf(heading, bold=True)]), richtext.bullets(lines)]
    return Content("\n".join(said), (richtext.block(elements),))


def why_text(answer: Answer, words: Words, zone: str = "UTC", reader: tzinfo | None = None) -> str:
    """The same for a terminal, whose zone is ``reader``."""
    return "\n".join(
        "\n".join([heading, *("  " + "".join(leaf.text for leaf in line) for line in lines)])
        for heading, lines in _sections(answer, words, zone, reader)
    )


def no_paper(asked: str, words: Words, held_back: str = "") -> Content:
    """Nothing that was read is that paper; or only a note is that is ``held_back`` by this property."""
    said = no_paper_text(asked, words, held_back)
    return Content(escape(said), (richtext.block([richtext.section([Leaf(said)])]),))


def no_paper_text(asked: str, words: Words, held_back: str = "") -> str:
    if held_back:
        return words.t("why.draft", asked=_flat(asked), why=_flat(held_back))
    return words.t("why.no_paper", asked=_flat(asked))


def _sections(
    answer: Answer, words: Words, zone: str, reader: tzinfo | None = None
) -> Iterator[tuple[str, list[list[Leaf]]]]:
    """A heading and its lines: for the channel's answer, then for each other subscription where that one ended."""
    first, *others = answer.walks
    day = words.date(answer.day)
    title = cut(" ".join(clean(answer.title or "").split()), _TITLE)
    what = words.t("why.paper_of", title=title, date=day) if is_seen(title) else day
    verdict = words.t(_verdict(first))
    yield f"{what}: {verdict}", [_line(gate, first, words, zone, reader) for gate in _told(first)]
    for walk in others:
        if walk.verdict == first.verdict:  # the same stopped it: it was not read, or is not ready
            continue
        query = _query(walk.subscription.query if walk.subscription else None, words)
        heading = words.t("why.by_subscription", query=query) if walk.subscription else words.t("why.by_nobody")
        yield heading, [_line(walk.verdict, walk, words, zone, reader)]
    if answer.other_days:
        days = ", ".join(words.date(day) for day in answer.other_days)
        yield words.t("why.other_days"), [[Leaf(days)]]


def _verdict(walk: Walk) -> str:
    """The answer in a word. What is still to be done to a message that stands there does not make it any less there."""
    verdict = walk.verdict
    if walk.delivers and any(gate.name in ("withdrawn", "all_withdrawn") for gate in walk.gates):
        return "why.is_there_withdrawn"
    return "why.is_there_before" if verdict.name.startswith(("update_", "removal_")) else _VERDICTS[verdict.outcome]


def _told(walk: Walk) -> Sequence[Gate]:
    """The gate that decided, then all of them in order."""
    return walk.gates if walk.delivers else (walk.verdict, *(gate for gate in walk.gates if gate != walk.verdict))


def _line(gate: Gate, walk: Walk, words: Words, zone: str, reader: tzinfo | None) -> list[Leaf]:
    name = gate.name if gate.lets_on or f"{gate.name}_not" not in _SAID else f"{gate.name}_not"
    there = walk.subscription.zone if walk.subscription else zone
    moments = {
        fact: moment_leaf(value, there, words, reader=reader)
        for fact, value in gate.facts.items()
        if isinstance(value, datetime)
    }
    values = {
        fact: richtext.place(fact) if fact in moments else _value(fact, value, words)
        for fact, value in gate.facts.items()
    }
    mark = Leaf(f"{_MARKS[gate.outcome]} ", bold=not gate.lets_on)
    said = richtext.woven(words.told(_SAID[name], values), moments)
    # The addresses in it can be followed.
    return [mark, *(each for leaf in said for each in ([leaf] if leaf.at else richtext.plain_leaves(leaf.text)))]


def _value(fact: str, value: object, words: Words) -> str:
    match value:
        case date():
            return words.date(value)
        case time():
            return words.time(value)
        case _ if fact in ("query", "by"):
            return _query(None if value is None else str(value), words)
        case _ if fact == "error":
            return _fault(str(value or ""), words)
        case _ if fact == "where":
            return str(value) if str(value or "").startswith(("https://", "http://")) else ""
        case _ if fact == "reason":
            return f"{closed_why(str(value), words)}. {closed_remedy(str(value), words)}"
        case _ if fact == "why":
            return words.t(_PAUSED[str(value)]) if str(value) in _PAUSED else _flat(str(value))
        case None:
            return "?"
        case _:
            return _flat(str(value))


_PAUSED = {"chat": "why.paused_by_chat", "operator": "why.paused_by_operator"}


def _query(query: str | None, words: Words) -> str:
    if query is None:
        return words.t("why.no_query")
    return f"“{_flat(query)}”" if is_seen(query) else words.t("standing.everything")


def _fault(text: str, words: Words) -> str:
    """An error as it was stored, a code and its values, in words where we have them."""
    match = _ERROR.fullmatch(text)
    if match is None or not words.has(f"error.{match['code']}"):
        return _flat(text) or words.t("why.no_reason")
    pairs = (pair.split("=", 1) for pair in re.split(r" (?=\w+=)", match["values"].strip()) if "=" in pair)
    return words.told(f"error.{match['code']}", {name: _flat(value) for name, value in pairs})


def _flat(text: str) -> str:
    return cut(" ".join(clean(text).split()), _VALUE)
