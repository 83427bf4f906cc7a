"""What is remembered of a source's documents, read straight from the SQLite file.

To look and find nothing changed is what `paperround ingest` does most, and SQLAlchemy takes longer to import than a
vault of thousands of notes to look at. Everything else goes through `digests.py`.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from bot.digest.document import KnownDocument
from bot.store.migrations import revisions

_PREFIX = "sqlite:///"
_VERSION = "SELECT version_num FROM alembic_version"
_WAITS = """
SELECT EXISTS (SELECT 1 FROM document WHERE source = :source AND (missing_since IS NOT NULL OR error IS NOT NULL))
    OR EXISTS (SELECT 1 FROM digest WHERE source = :source AND ready_at IS NULL)"""
_KNOWN = "SELECT uri, hash, etag, last_modified FROM document WHERE source = :source"


def glance(url: str, source: str) -> dict[str, KnownDocument] | None:
    """The documents of a source by uri, where none is missing or at fault and every day is ready.

    None where a look is not enough: another database than SQLite, none yet, another version, something that waits.
    """
    path = Path(url.removeprefix(_PREFIX))
    if not url.startswith(_PREFIX) or not path.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            if connection.execute(_VERSION).fetchone() != (revisions()[-1],):
                return None
            if connection.execute(_WAITS, {"source": source}).fetchone() != (0,):
                return None
            rows = connection.execute(_KNOWN, {"source": source}).fetchall()
    except sqlite3.Error:
        return None  # whoever opens it in earnest says what is wrong with it
    return {row[0]: KnownDocument(*row) for row in rows}
