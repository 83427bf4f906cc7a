"""What was understood of a query, in plain words."""

from collections.abc import Sequence

from bot.messages.limits import clean, cut
from bot.messages.words import Words
from bot.search import tree as nodes
from bot.search.tree import Node

UNDERSTOOD = 600
_VALUE = 120
_DEPTH = 12  # what is nested deeper than this helps nobody as a sentence

_HAS = {
    "commentary": "query.has_commentary",
    "abstract": "query.has_abstract",
    "link": "query.has_link",
    "author": "query.has_author",
    "tag": "query.has_tag",
    "thread": "query.has_thread",
}
_TEXTS = {
    nodes.Word: "query.word",
    nodes.Phrase: "query.phrase",
    nodes.Title: "query.title",
    nodes.Author: "query.author",
    nodes.Abstract: "query.abstract",
    nodes.Commentary: "query.commentary",
    nodes.Remark: "query.remark",
}
_DAYS = {nodes.Since: "query.since", nodes.Until: "query.until", nodes.On: "query.on"}


def describe(tree: Node | None, words: Words) -> str:
    """The tree as a phrase: what an entry must have. Plain text, not escaped; everything, where there is no tree."""
    return cut(_say(tree, words, _DEPTH), UNDERSTOOD)


def _say(node: Node | None, words: Words, depth: int) -> str:
    if depth == 0:
        return "…"
    match node:
        case None | nodes.All(parts=()):
            return words.t("query.everything")
        case nodes.All(parts=parts):
            return words.t("query.and").join(_all(parts, words, depth))
        case nodes.Any(parts=parts):
            return words.t("query.or").join(_inner(part, words, depth) for part in parts)
        case nodes.Not(part=part):
            return words.t("query.not", what=_inner(part, words, depth))
        case nodes.Since(day=day) | nodes.Until(day=day) | nodes.On(day=day):
            return words.t(_DAYS[type(node)], day=words.span(day, day))
        case nodes.Has(what=what) if what in _HAS:
            return words.t(_HAS[what])
        case nodes.Is():
            return words.t("query.is_saved")
        case nodes.Tag(text=text, prefix=prefix):
            tag = _value(text).lstrip("#")
            return words.t("query.tag_prefix", tag=tag) if prefix else words.t("query.tag", tag=tag)
        case nodes.Paper(id=paper):
            return words.t("query.paper", paper=_value(paper))
        case nodes.Source(name=name):
            return words.t("query.source", name=_value(name))
        case (
            nodes.Word(text=text)
            | nodes.Phrase(text=text)
            | nodes.Title(text=text)
            | nodes.Author(text=text)
            | nodes.Abstract(text=text)
            | nodes.Commentary(text=text)
            | nodes.Remark(text=text)
        ):
            return words.t(_TEXTS[type(node)], text=_value(text))
        case _:
            return words.t("query.other")


def _all(parts: Sequence[Node], words: Words, depth: int) -> list[str]:
    """The parts that must all match; a first and a last day are one span, where the first of them stands."""
    firsts = [part.day for part in parts if isinstance(part, nodes.Since)]
    lasts = [part.day for part in parts if isinstance(part, nodes.Until)]
    if not (firsts and lasts and max(firsts) <= min(lasts)):
        return [_inner(part, words, depth) for part in parts]
    others = [_inner(part, words, depth) for part in parts if not isinstance(part, nodes.Since | nodes.Until)]
    return [*others, words.span(max(firsts), min(lasts))]


def _inner(node: Node, words: Words, depth: int) -> str:
    """A part, in brackets where it has parts of its own."""
    said = _say(node, words, depth - 1)
    return f"({said})" if isinstance(node, nodes.All | nodes.Any) and len(node.parts) > 1 else said


def _value(text: str) -> str:
    return cut(" ".join(clean(text).split()), _VALUE)
