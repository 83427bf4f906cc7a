"""What a digest is: the nouns every other room uses."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

Shape = Literal["print", "note", "page"]
Lang = Literal["ko", "en"]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph of commentary, its Markdown kept. List items are lines of one paragraph's text or paragraphs."""

    text: str
    lang: Lang


@dataclass(frozen=True, slots=True)
class Entry:
    """One paper on one day, as the curator wrote it. Anything but the title may be missing."""

    title: str
    authors: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    """The paper's own link first. A link inside commentary is never here."""
    abstract: tuple[str, ...] = ()
    commentary: tuple[Paragraph, ...] = ()
    tags: tuple[str, ...] = ()
    """In the curator's spelling, without ``#``; compare them by `keys.tag_key`."""
    notes: tuple[str, ...] = ()
    """Names of the notes it links to, without folder, ``.md`` and heading; compare them by `keys.note_key`."""


@dataclass(frozen=True, slots=True)
class Digest:
    """What one document says of one day. A note holds one entry; a print or a page holds the whole day."""

    day: date
    title: str
    entries: tuple[Entry, ...]
    shape: Shape


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry as the store remembers it."""

    id: int
    key: str
    """Its identity within the day (`keys.entry_key`), the same on every copy of the database."""
    source: str
    day: date
    position: int
    """From 0 within its day."""
    entry: Entry
    withdrawn: bool = False
    late: bool = False
    """Where it is laid out for a channel: it came after its day had been posted there."""
    changed_at: datetime | None = field(default=None, compare=False)
    """When its words were last changed, or it was withdrawn."""


@dataclass(frozen=True, slots=True)
class StoredDigest:
    """A whole day as the store remembers it, entries in the curator's order."""

    source: str
    day: date
    title: str
    entries: tuple[StoredEntry, ...]
