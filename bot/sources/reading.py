"""What a source is, and what one look at it gives."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.digest.document import Document, KnownDocument
from bot.errors import SourceUnavailableError


@dataclass(frozen=True, slots=True)
class Refused:
    """Something that stands in the source and will not be read as it stands."""

    uri: str
    code: str
    words: str
    """Why, and what to do, for the operator; no line end."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one look found, compared with what is remembered."""

    documents: tuple[Document, ...] = ()
    """New ones and those whose bytes changed."""
    missing: frozenset[str] = frozenset()
    """All known documents that are not there now. One that is there and could not be read is not among them."""
    refused: tuple[Refused, ...] = ()
    waiting: tuple[str, ...] = ()
    """Left for a later look: files that still grow, a feed that rests after a failure."""
    away: tuple[str, ...] = ()
    """There, but not on this machine at the moment: a cloud drive keeps their content. Nothing of them is missing."""
    ignored: tuple[str, ...] = ()
    """Left out for their names, as the source's patterns say."""
    state: tuple[KnownDocument, ...] = ()
    """Rows to remember as they are, once the documents have been saved: validators, a feed's own row."""
    unchanged: int = 0
    """How many documents are as they are remembered."""


class Source(Protocol):
    """A place that digests come from. It finds what changed; it neither reads nor keeps it."""

    @property
    def name(self) -> str: ...

    @property
    def settle(self) -> timedelta:
        """How long a day's documents must lie still before the day counts as complete."""
        ...

    @property
    def has_strays(self) -> bool:
        """Whether documents that are no digests are to be expected in it, and no fault."""
        ...

    @property
    def only_when(self) -> str:
        """The property without which a note is held back; "" for none."""
        ...

    def fetch(self, known: Mapping[str, KnownDocument], now: datetime, *, accept_removals: bool = False) -> Reading:
        """Look once. Raises `SourceUnavailableError`, with ``retry_at`` where it should rest until then.

        ``accept_removals`` lets many documents vanish at once, which is otherwise taken for an accident.
        """
        ...

    def setback(
        self, known: Mapping[str, KnownDocument], error: SourceUnavailableError, now: datetime
    ) -> tuple[KnownDocument, ...]:
        """Rows to remember after `fetch` raised ``error``: how often in a row, when to look again."""
        ...
