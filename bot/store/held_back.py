"""Documents that are held back: drafts, which hold no entry until they are published."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.digest.document import Document
from bot.digest.drafts import Draft
from bot.digest.keys import canonical_link, title_key
from bot.digest.papers import paper_id
from bot.store import tables as t
from bot.store.database import insert_missing


class HeldBack(NamedTuple):
    """A document that is held back, and the property that does it."""

    source: str
    uri: str
    why: str


def save_drafts(connection: Connection, source: str, drafts: Sequence[tuple[Document, Draft]], now: datetime) -> None:
    """Remember that these are drafts now. What they held is the caller's to withdraw."""
    d = t.Document
    for document, draft in drafts:
        row = {"source": source, "uri": document.uri, "name": document.name, "hash": "", "changed_at": now}
        insert_missing(connection, d, [row | {"failures": 0}])
        values: dict[str, Any] = {
            "name": document.name,
            "hash": document.hash,
            "etag": document.etag,
            "last_modified": document.last_modified,
            "note_key": None,
            "digest_id": None,
            "changed_at": now,
            "missing_since": None,
            "failures": 0,
            "retry_at": None,
            "error": None,
            "error_at": None,
            "draft": [draft.why, list(draft.titles), list(draft.papers)],
        }
        connection.execute(sa.update(d).where(d.source == source, d.uri == document.uri).values(values))


def load_drafts(connection: Connection) -> list[HeldBack]:
    """All that is held back."""
    return [HeldBack(source, uri, why) for source, uri, (why, _, _) in _drafts(connection)]


def find_drafts(connection: Connection, *, link: str = "", title: str = "") -> list[HeldBack]:
    """The drafts with that link (or another of the same paper), or with that title or name."""
    paper = paper_id(link) or canonical_link(link) if link else None
    key = title_key(title)
    return [
        HeldBack(source, uri, why)
        for source, uri, (why, titles, papers) in _drafts(connection)
        if (paper and paper in papers) or (key and key in titles)
    ]


def _drafts(connection: Connection) -> list[tuple[str, str, list[Any]]]:
    d = t.Document
    rows = connection.execute(sa.select(d.source, d.uri, d.draft).where(d.draft.is_not(None)).order_by(d.source, d.uri))
    return [(source, uri, draft) for source, uri, draft in rows if draft]
