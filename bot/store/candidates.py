"""What the full-text table of SQLite is asked for: an expression that all matches meet, and what it leaves open.

The table only proposes entries. What an expression cannot say exactly (a phrase, a Hangul word longer than a pair, a
date under OR), or says at a high price (a word of half the archive), the tree itself checks on the field strings.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from bot.search import tree as nodes
from bot.search.fields import ANY, has_mark, naming_mark, paper_mark, source_mark, tag_mark
from bot.search.tree import Node
from bot.search.words import is_paired, name_words, needles, tokens_in

A_DAY = 1 << 14
"""Places of a day, some hundred times the fullest seen. An entry's place is its day's number times this and a number
within the day, so that the order of places is the order of days, and a span of days a range of places."""
FEW = 2000
"""Entries given by their ids, up to which they alone are looked at, and all of them."""
_NOTHING = 'marks : "nothing:"'
_EVERYTHING = f'marks : "{ANY}"'


@dataclass(frozen=True, slots=True)
class Candidates:
    """What the full-text table is asked for: everything that matches is among it."""

    expression: str
    first: date
    last: date
    unchecked: Node | None
    """The tree, where the expression and the days say less than it does."""
    few: frozenset[int] | None = None
    """Nothing but these entries matches."""

    @property
    def places(self) -> tuple[int, int]:
        """The first and the last place of these days."""
        return self.first.toordinal() * A_DAY, self.last.toordinal() * A_DAY + A_DAY - 1

    @classmethod
    def of(cls, tree: Node | None, common: Collection[Node] = ()) -> "Candidates":
        """For a tree. ``common`` are words of it that are cheaper to check than to look for."""
        parts = flat(tree)
        first = max([part.day for part in parts if isinstance(part, nodes.Since | nodes.On)], default=date.min)
        last = min([part.day for part in parts if isinstance(part, nodes.Until | nodes.On)], default=date.max)
        rest = [part for part in parts if not isinstance(part, nodes.Since | nodes.Until | nodes.On)]
        said = nodes.All(tuple(part for part in rest if part not in common))
        expression, exact = _expression(said)
        exact = exact and len(said.parts) == len(rest)
        given = _given(said)
        few = given if given is not None and len(given) <= FEW else None
        return cls(expression or _EVERYTHING, first, last, None if exact else tree, few)


def flat(tree: Node | None) -> list[Node]:
    """The conditions that all must hold."""
    if isinstance(tree, nodes.All):
        return [node for part in tree.parts for node in flat(part)]
    return [tree] if tree else []


def _given(node: Node) -> frozenset[int] | None:
    """The ids beside which nothing matches; None where the node names none."""
    if isinstance(node, nodes.Among):
        return node.ids
    if not isinstance(node, nodes.All | nodes.Any):
        return None
    given = [_given(part) for part in node.parts]
    named = [ids for ids in given if ids is not None]
    if isinstance(node, nodes.All):
        return frozenset.intersection(*named) if named else None
    return frozenset().union(*named) if len(named) == len(given) else None


def _expression(node: Node) -> tuple[str | None, bool]:
    """The FTS5 expression for a node, None for everything, and whether it says exactly what the node does."""
    match node:
        case nodes.All(parts):
            return _all(parts)
        case nodes.Any(parts):
            said = [_expression(part) for part in parts]
            if not said:
                return _NOTHING, True
            if any(expression is None for expression, _ in said):
                return None, any(expression is None and exact for expression, exact in said)
            return joined(" OR ", [expression or "" for expression, _ in said]), all(exact for _, exact in said)
        case nodes.Not():
            return _all((node,))
        case nodes.Word(text) | nodes.Phrase(text):
            return words_of(text, "")
        case nodes.Title(text):
            return words_of(text, "title : ")
        case nodes.Author(text):
            return _names_of(text)
        case nodes.Abstract(text):
            return words_of(text, "abstract : ")
        case nodes.Commentary(text):
            return words_of(text, "commentary : ")
        case nodes.Tag(text, prefix):
            return f'marks : "{tag_mark(text)}"{" *" if prefix else ""}', True
        case nodes.Paper(id):
            return f'marks : "{paper_mark(id)}"', True
        case nodes.Naming(id):
            return f'marks : "{naming_mark(id)}"', True
        case nodes.Source(name):
            return f'marks : "{source_mark(name)}"', True
        case nodes.Has(what):
            return f'marks : "{has_mark(what)}"', True
        case _:  # a day under OR or NOT
            return None, False


def _all(parts: Sequence[Node]) -> tuple[str | None, bool]:
    wanted: list[str] = []
    unwanted: list[str] = []
    exact = True
    for part in parts:
        expression, said = _expression(part.part if isinstance(part, nodes.Not) else part)
        exact = exact and said
        if not isinstance(part, nodes.Not):
            wanted += [expression] if expression else []
        elif said:
            unwanted.append(expression or _EVERYTHING)
        # What is only nearly said must not be left out: the check will see to it.
    if not unwanted:
        return (joined(" AND ", wanted) if wanted else None), exact
    return f"({joined(' AND ', wanted or [_EVERYTHING])} NOT {joined(' OR ', unwanted)})", exact


def words_of(text: str, column: str) -> tuple[str, bool]:
    """The expression for words side by side in a column, or in any, and whether it says just that."""
    found = needles(text)
    if not found:
        return _NOTHING, True
    exact = True
    alternatives = []
    for needle in found:
        units = needle.split()
        exact = exact and len(units) == 1 and (len(units[0]) <= 2 or not is_paired(units[0]))
        alternatives.append(joined(" AND ", list(map(_quoted, tokens_in(needle)))))
    return f"{column}{joined(' OR ', alternatives)}", exact


def _names_of(text: str) -> tuple[str, bool]:
    """The same for a name in the authors: its words in any order, each in full or as an initial."""
    side_by_side, exact = words_of(text, "authors : ")
    names = []
    for words in name_words(text):
        full = [word for word in words if len(word) > 1]
        if len(words) > 1 and full:
            names.append(joined(" AND ", [joined(" OR ", _name_tokens(word)) for word in full]))
    return (
        (joined(" OR ", [side_by_side, f"authors : {joined(' OR ', names)}"]), False)
        if names
        else (side_by_side, exact)
    )


def _name_tokens(word: str) -> list[str]:
    tokens = [joined(" AND ", list(map(_quoted, tokens_in(f" {word} "))))]
    return tokens if is_paired(word) else [*tokens, _quoted(word[0])]


def begins(token: str) -> bool:
    """Whether a token stands for all that begin so: with the last syllables of words, which are tokens too, the pairs
    that begin with a single syllable are everywhere it stands."""
    return len(token) == 1 and is_paired(token)


def _quoted(token: str) -> str:
    return f'"{token}" *' if begins(token) else f'"{token}"'


def joined(operator: str, parts: Sequence[str]) -> str:
    """Expressions as one."""
    return f"({operator.join(dict.fromkeys(parts))})"
