"""A document is bytes and a name: what a source offers, before anyone has read it."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Document:
    """Something a source offered whose content differs from what is remembered of it."""

    uri: str
    """Unique and stable within its source: a path relative to the folder, a post's guid."""
    name: str
    """What the shape is guessed from: a file name, or ``something.html`` for a post."""
    data: bytes
    hash: str
    """Of the bytes (``content_hash``)."""
    etag: str | None = None
    last_modified: str | None = None
    """A validator, not a moment: the feed's header, or a file's size and mtime in one word."""
    day: date | None = None
    """The day its source gives it (a post's title or date), for a text that names none itself."""


@dataclass(frozen=True, slots=True)
class KnownDocument:
    """What the store remembers of a document, handed to its source so that unchanged things are not read again."""

    uri: str
    hash: str
    etag: str | None = None
    last_modified: str | None = None
    missing_since: datetime | None = None
    failures: int = 0
    retry_at: datetime | None = None
    error: str | None = None
