"""What finding asks of a database: one protocol, so that another database can serve the same search."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.search.fields import EntryFields
from bot.search.tree import Node


@dataclass(frozen=True, slots=True)
class Totals:
    """What ranking knows of all entries together."""

    entries: int
    lengths: tuple[float, ...]
    """Mean length of each field's string, in characters, of the entries that have the field."""


@dataclass(frozen=True, slots=True)
class Matching:
    """The papers that match a query, each once, on the newest of its days that match."""

    pool: tuple[EntryFields, ...]
    """The newest, to be ranked."""
    rest: tuple[int, ...]
    """Ids of the others, in order."""
    more: bool
    """Whether there are still others."""
    about: int | None = None
    """How many there may be up to the limit, where not all that may match was looked at."""


class Archive(Protocol):
    """All entries, at one moment. `store/archive.py` is the one for SQLite."""

    def totals(self) -> Totals: ...

    def frequencies(self, tokens: Iterable[str]) -> Mapping[str, int]:
        """How many entries hold each of these tokens (`words.tokens`); those that none holds may be left out."""
        ...

    def beginning(self, start: str, shortest: int, longest: int) -> Mapping[str, int]:
        """The tokens that begin so and are of such a length, with how many entries hold them."""
        ...

    def long_forms(self, acronyms: Iterable[str]) -> Mapping[str, Sequence[str]]:
        """The tags of several words whose first letters these are."""
        ...

    def sounding(self, keys: Iterable[str]) -> Sequence[str]:
        """The Latin words of titles and tags with one of these keys (`sound.sounds`); some may be in no entry now."""
        ...

    def matching(self, tree: Node | None, limit: int, *, ranked: int, oldest: bool) -> Matching:
        """Only papers that match, newest first or oldest, at most ``limit``; the first ``ranked`` whole."""
        ...

    def newest(self, wanted: Node, most: int) -> list[EntryFields]:
        """The newest papers that match, each once."""
        ...

    def places(self, firm: Node | None, texts: Sequence[str], most: int, *, heading: bool = False) -> Sequence[int]:
        """Where the newest entries stand that may meet ``firm`` and hold every token of one of the texts.

        The later an entry, the higher its place. With ``heading`` only title, tags and authors are looked at.
        """
        ...

    def read(self, places: Sequence[int], firm: Node | None) -> Mapping[int, EntryFields]:
        """The entries at these places that meet ``firm``, each by its place, the newest first."""
        ...
