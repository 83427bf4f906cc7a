"""A query as a tree. Nodes are values; each says by itself whether an entry matches.

Words are matched as `words` defines them: English without regard to case, hyphens, diacritics and endings; Hangul
inside longer words too. The database only proposes entries (`store/index.py`); what is found is what ``matches`` says.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from bot.digest.model import StoredEntry
from bot.search.fields import EntryFields, has_mark, naming_mark, paper_mark, read_fields, source_mark, tag_mark
from bot.search.words import is_name, needles


class Node:
    """A condition an entry meets or does not."""

    __slots__ = ()

    def matches(self, entry: StoredEntry) -> bool:
        return self.holds(read_fields(entry))

    def holds(self, fields: EntryFields) -> bool:
        """`matches`, for an entry whose fields are read already."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class All(Node):
    """Every part."""

    parts: tuple[Node, ...]

    def holds(self, fields: EntryFields) -> bool:
        return all(part.holds(fields) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Any(Node):
    """One part or more."""

    parts: tuple[Node, ...]

    def holds(self, fields: EntryFields) -> bool:
        return any(part.holds(fields) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Not(Node):
    part: Node

    def holds(self, fields: EntryFields) -> bool:
        return not self.part.holds(fields)


@dataclass(frozen=True, slots=True)
class Word(Node):
    """A bare word, in any field."""

    text: str

    def holds(self, fields: EntryFields) -> bool:
        return any(_stands_in(field, self.text) for field in fields.words)


@dataclass(frozen=True, slots=True)
class Phrase(Node):
    """Words one after another, in one value of any field."""

    text: str

    def holds(self, fields: EntryFields) -> bool:
        return any(_stands_in(field, self.text) for field in fields.words)


@dataclass(frozen=True, slots=True)
class Title(Node):
    """A word, or words one after another, in the title."""

    text: str

    def holds(self, fields: EntryFields) -> bool:
        return _stands_in(fields.title, self.text)


@dataclass(frozen=True, slots=True)
class Author(Node):
    """A name or a part of it, of one author: its words in any order, some of them as initials."""

    text: str

    def holds(self, fields: EntryFields) -> bool:
        return _stands_in(fields.authors, self.text) or is_name(fields.authors, self.text)


@dataclass(frozen=True, slots=True)
class Abstract(Node):
    """A word, or words one after another, in the abstract."""

    text: str

    def holds(self, fields: EntryFields) -> bool:
        return _stands_in(fields.abstract, self.text)


@dataclass(frozen=True, slots=True)
class Commentary(Node):
    """A word, or words one after another, in the curator's commentary."""

    text: str

    def holds(self, fields: EntryFields) -> bool:
        return _stands_in(fields.commentary, self.text)


def _stands_in(field: str, text: str) -> bool:
    return any(needle in field for needle in needles(text))


@dataclass(frozen=True, slots=True)
class Tag(Node):
    """A whole tag, in any spelling; with ``prefix`` any tag that starts so."""

    text: str
    prefix: bool = False

    def holds(self, fields: EntryFields) -> bool:
        return f" {tag_mark(self.text)}{'' if self.prefix else ' '}" in fields.marks


@dataclass(frozen=True, slots=True)
class Paper(Node):
    """The paper with this id (`keys.paper_id`), or with this link."""

    id: str

    def holds(self, fields: EntryFields) -> bool:
        return f" {paper_mark(self.id)} " in fields.marks


@dataclass(frozen=True, slots=True)
class Naming(Node):
    """Commentary with a link to the paper of this id."""

    id: str

    def holds(self, fields: EntryFields) -> bool:
        return f" {naming_mark(self.id)} " in fields.marks


@dataclass(frozen=True, slots=True)
class Source(Node):
    name: str

    def holds(self, fields: EntryFields) -> bool:
        return f" {source_mark(self.name)} " in fields.marks


@dataclass(frozen=True, slots=True)
class Has(Node):
    """One of `fields.HAS` is there, or ``thread``: it was posted in a channel (`with_known`)."""

    what: str

    def holds(self, fields: EntryFields) -> bool:
        return f" {has_mark(self.what)} " in fields.marks


@dataclass(frozen=True, slots=True)
class Is(Node):
    """The asker has ``saved`` it. No entry knows that: of itself it is not (`with_known`)."""

    what: str

    def holds(self, fields: EntryFields) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Remark(Node):
    """A word, or words one after another, in what people wrote in its threads. No entry knows that either."""

    text: str

    def holds(self, fields: EntryFields) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Among(Node):
    """One of these entries: what an entry itself does not know, looked up before."""

    ids: frozenset[int]

    def holds(self, fields: EntryFields) -> bool:
        return fields.id in self.ids


@dataclass(frozen=True, slots=True)
class Since(Node):
    """On this day or later."""

    day: date

    def holds(self, fields: EntryFields) -> bool:
        return fields.day >= self.day


@dataclass(frozen=True, slots=True)
class Until(Node):
    """On this day or earlier."""

    day: date

    def holds(self, fields: EntryFields) -> bool:
        return fields.day <= self.day


@dataclass(frozen=True, slots=True)
class On(Node):
    day: date

    def holds(self, fields: EntryFields) -> bool:
        return fields.day == self.day


Known = Has | Is | Remark
"""What may ask for something that no entry knows of itself."""


def with_known(tree: Node | None, find: Callable[[Known], frozenset[int]]) -> Node | None:
    """The tree with the entries that `find` gives in the place of each condition that no entry knows of itself.

    It is asked for those that stand there, and for no other.
    """
    match tree:
        case All(parts) | Any(parts):
            return type(tree)(tuple(part for part in (with_known(part, find) for part in parts) if part))
        case Not(part):
            inner = with_known(part, find)
            return Not(inner) if inner else None
        case Has("thread") | Is() | Remark():
            return Among(find(tree))
        case _:
            return tree


Asked = Word | Phrase | Title | Author | Abstract | Commentary
"""What asks for words that entries have."""


def asked(tree: Node | None) -> tuple[Asked, ...]:
    """What the query asks to be there in words, in the order typed; nothing from under a NOT."""
    return tuple(node for node in _wanted(tree) if isinstance(node, Asked) and needles(node.text))


def tagged(tree: Node | None) -> tuple[Word | Phrase | Tag, ...]:
    """The same of what names a tag, or may."""
    return tuple(node for node in _wanted(tree) if isinstance(node, Word | Phrase | Tag))


def remarked(tree: Node | None) -> tuple[Remark, ...]:
    """The same of what is asked to be there in remarks."""
    return tuple(node for node in _wanted(tree) if isinstance(node, Remark))


def _wanted(tree: Node | None) -> Iterator[Node]:
    """The conditions in the order typed, without those under a NOT."""
    waiting = [tree] if tree else []
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, All | Any):
            waiting = [*node.parts, *waiting]
        else:
            yield node
