"""What was understood of a query, in plain words."""

from bot.messages.limits import clean, cut
from bot.messages.words import Words
from bot.search.tree import (
    Abstract,
    All,
    Any,
    Author,
    Commentary,
    Has,
    Node,
    Not,
    On,
    Paper,
    Phrase,
    Since,
    Source,
    Tag,
    Title,
    Until,
    Word,
)

UNDERSTOOD = 600
_VALUE = 120
_DEPTH = 12  # what is nested deeper than this helps nobody as a sentence

_HAS = {
    "commentary": "query.has_commentary",
    "abstract": "query.has_abstract",
    "link": "query.has_link",
    "author": "query.has_author",
    "tag": "query.has_tag",
}


def describe(tree: Node | None, words: Words) -> str:
    """The tree as a phrase: what an entry must have. Plain text, not escaped; everything, where there is no tree."""
    return cut(_say(tree, words, _DEPTH), UNDERSTOOD)


def _say(node: Node | None, words: Words, depth: int) -> str:
    if depth == 0:
        return "…"
    match node:
        case None | All(parts=()):
            return words.t("query.everything")
        case All(parts=parts):
            return words.t("query.and").join(_inner(part, words, depth) for part in parts)
        case Any(parts=parts):
            return words.t("query.or").join(_inner(part, words, depth) for part in parts)
        case Not(part=part):
            return words.t("query.not", what=_inner(part, words, depth))
        case Since(day=day):
            return words.t("query.since", day=words.date(day))
        case Until(day=day):
            return words.t("query.until", day=words.date(day))
        case On(day=day):
            return words.t("query.on", day=words.date(day))
        case Has(what=what) if what in _HAS:
            return words.t(_HAS[what])
        case Tag(text=text, prefix=prefix):
            tag = _value(text).lstrip("#")
            return words.t("query.tag_prefix", tag=tag) if prefix else words.t("query.tag", tag=tag)
        case Word(text=text):
            return words.t("query.word", text=_value(text))
        case Phrase(text=text):
            return words.t("query.phrase", text=_value(text))
        case Title(text=text):
            return words.t("query.title", text=_value(text))
        case Author(text=text):
            return words.t("query.author", text=_value(text))
        case Abstract(text=text):
            return words.t("query.abstract", text=_value(text))
        case Commentary(text=text):
            return words.t("query.commentary", text=_value(text))
        case Paper(id=paper):
            return words.t("query.paper", paper=_value(paper))
        case Source(name=name):
            return words.t("query.source", name=_value(name))
        case _:
            return words.t("query.other")


def _inner(node: Node, words: Words, depth: int) -> str:
    """A part, in brackets where it has parts of its own."""
    said = _say(node, words, depth - 1)
    return f"({said})" if isinstance(node, All | Any) and len(node.parts) > 1 else said


def _value(text: str) -> str:
    return cut(" ".join(clean(text).split()), _VALUE)
