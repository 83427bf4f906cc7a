"""Links between notes, followed by the names of documents at the time they are asked for: a note may come later than
the one that links to it."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.store import tables as t

MOST = 60
"""Papers on the other ends, the last read."""


def linked_by_notes(connection: Connection, keys: Sequence[str]) -> tuple[list[int], list[int]]:
    """Ids of the entries that the papers of these keys link to, on whichever day, and of those that link to them."""
    asked = {"keys": list(keys)}
    return list(connection.scalars(_NAMED, asked)), list(connection.scalars(_NAMING, asked))


def _ends(*, named: bool) -> sa.Select[int]:
    """The question for the entries that are linked to, or for those that link."""
    linking, linked = sa.orm.aliased(t.Entry), sa.orm.aliased(t.Entry)
    asked, other = (linking, linked) if named else (linked, linking)
    keys: sa.BindParameter[list[str]] = sa.bindparam("keys", expanding=True)
    return (
        sa.select(other.id)
        .distinct()
        .select_from(t.EntryNote)
        .join(linking, linking.id == t.EntryNote.entry_id)
        .join(t.Document, t.Document.note_key == t.EntryNote.key)
        .join(t.EntryDocument, t.EntryDocument.document_id == t.Document.id)
        .join(linked, linked.id == t.EntryDocument.entry_id)
        .where(asked.key.in_(keys), other.key.not_in(keys))
        .where(linking.withdrawn_at.is_(None))  # no document holds what is withdrawn; its own links stay
        .order_by(other.id.desc())
        .limit(MOST)
    )


_NAMED, _NAMING = _ends(named=True), _ends(named=False)
"""Made once: to put such a question together takes longer than to ask it."""
