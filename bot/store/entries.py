"""Entries between rows and values."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.digest.model import Digest, Entry, Lang, Paragraph, StoredEntry
from bot.store import tables as t


def load(connection: Connection, *conditions: sa.ColumnElement[bool]) -> list[StoredEntry]:
    """The entries that meet the conditions, in four statements however many they are."""
    e, g = t.Entry, t.Digest
    rows = connection.execute(
        sa.select(
            e.id,
            e.key,
            g.source,
            g.day,
            e.position,
            e.changed_at,
            e.withdrawn_at,
            e.title,
            e.authors,
            e.abstract,
            e.commentary,
        )
        .join(g, g.id == e.digest_id)
        .where(*conditions)
        .order_by(e.id)
    ).all()
    links = _list(connection, t.EntryLink, t.EntryLink.url, *conditions)
    tags = _list(connection, t.EntryTag, t.EntryTag.spelling, *conditions)
    notes = _list(connection, t.EntryNote, t.EntryNote.name, *conditions)
    return [
        StoredEntry(
            id=row.id,
            key=row.key,
            source=row.source,
            day=row.day,
            position=row.position,
            entry=_entry(row, links.get(row.id, ()), tags.get(row.id, ()), notes.get(row.id, ())),
            withdrawn=row.withdrawn_at is not None,
            changed_at=row.changed_at,
        )
        for row in rows
    ]


def _list(
    connection: Connection,
    table: type[t.EntryLink] | type[t.EntryTag] | type[t.EntryNote],
    column: sa.orm.InstrumentedAttribute[str],
    *conditions: sa.ColumnElement[bool],
) -> dict[int, list[str]]:
    """What a table of links, tags or notes holds of the entries that meet the conditions, by entry id."""
    found: dict[int, list[str]] = {}
    rows = sa.select(table.entry_id, column).join(t.Entry, t.Entry.id == table.entry_id).where(*conditions)
    for entry_id, value in connection.execute(rows.order_by(table.position)):
        found.setdefault(entry_id, []).append(value)
    return found


def _entry(row: sa.Row[Any], links: Sequence[str], tags: Sequence[str], notes: Sequence[str]) -> Entry:
    return Entry(
        title=row.title,
        authors=tuple(row.authors),
        links=tuple(links),
        abstract=tuple(row.abstract),
        commentary=_paragraphs(row.commentary),
        tags=tuple(tags),
        notes=tuple(notes),
    )


def _paragraphs(pairs: Iterable[tuple[str, Lang]]) -> tuple[Paragraph, ...]:
    return tuple(Paragraph(text, lang) for text, lang in pairs)


def read_content(content: Mapping[str, Any]) -> tuple[int, Entry]:
    """What `content` wrote: the position within the document, and the entry."""
    lists = {name: tuple(content[name]) for name in ("authors", "links", "abstract", "tags")}
    notes = tuple(content.get("notes", ()))  # those of an older version are of no note
    entry = Entry(title=content["title"], commentary=_paragraphs(content["commentary"]), notes=notes, **lists)
    return content["position"], entry


def fields(entry: Entry) -> dict[str, Any]:
    """The columns of an entry's own row."""
    return {
        "title": entry.title,
        "authors": list(entry.authors),
        "abstract": list(entry.abstract),
        "commentary": [[paragraph.text, paragraph.lang] for paragraph in entry.commentary],
    }


def content(position: int, entry: Entry) -> dict[str, Any]:
    """A document's own version of an entry, whole."""
    lists = {"links": list(entry.links), "tags": list(entry.tags), "notes": list(entry.notes)}
    return fields(entry) | {"position": position} | lists


def storable(digest: Digest) -> Digest:
    """The digest without what no database takes: NUL (PostgreSQL) and halves of a surrogate pair (both)."""
    texts = [digest.title]
    for entry in digest.entries:
        texts += (entry.title, *entry.authors, *entry.links, *entry.abstract, *entry.tags, *entry.notes)
        texts += [paragraph.text for paragraph in entry.commentary]
    if _takes("".join(texts)):
        return digest

    def clean(values: Iterable[str]) -> tuple[str, ...]:
        return tuple(one.replace("\0", "").encode("utf-8", "replace").decode() for one in values)

    entries = tuple(
        Entry(
            title=clean([entry.title])[0],
            authors=clean(entry.authors),
            links=clean(entry.links),
            abstract=clean(entry.abstract),
            commentary=tuple(Paragraph(clean([one.text])[0], one.lang) for one in entry.commentary),
            tags=clean(entry.tags),
            notes=clean(entry.notes),
        )
        for entry in digest.entries
    )
    return replace(digest, title=clean([digest.title])[0], entries=entries)


def _takes(text: str) -> bool:
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False
