"""What is remembered of a source's documents, read straight from the SQLite file.

To look and find nothing changed is what `paperround ingest` does most, and SQLAlchemy takes longer to import than a
vault of thousands of notes to look at. Everything else goes through `digests.py`.
"""

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from bot.digest.document import KnownDocument
from bot.store.migrations import revisions

_PREFIX = "sqlite:///"
_VERSION = "SELECT version_num FROM alembic_version"
_AT_FAULT = "SELECT 1 FROM document WHERE source = :source AND (missing_since IS NOT NULL OR error IS NOT NULL) LIMIT 1"
_QUIET_FROM = """
SELECT min(changed_at) FROM (
    SELECT max(document.changed_at) AS changed_at FROM digest JOIN document ON document.digest_id = digest.id
    WHERE digest.source = :source AND digest.ready_at IS NULL GROUP BY digest.id)"""
_KNOWN = """
SELECT uri, hash, etag, last_modified, digest.day FROM document LEFT JOIN digest ON digest.id = document.digest_id
WHERE document.source = :source"""


def glance(url: str, source: str, settle: timedelta, now: datetime) -> dict[str, KnownDocument] | None:
    """The documents of a source by uri, where none is missing or at fault and no day becomes ready by ``now``.

    None where a look is not enough: another database than SQLite, none yet, another version, something to be done.
    """
    path = Path(url.removeprefix(_PREFIX))
    if not url.startswith(_PREFIX) or not path.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            if connection.execute(_VERSION).fetchone() != (revisions()[-1],):
                return None
            of = {"source": source}
            if connection.execute(_AT_FAULT, of).fetchone():
                return None
            (quiet_from,) = connection.execute(_QUIET_FROM, of).fetchone()
            if quiet_from and datetime.fromisoformat(quiet_from).replace(tzinfo=UTC) + settle <= now:
                return None
            rows = connection.execute(_KNOWN, of).fetchall()
    except sqlite3.Error:
        return None  # whoever opens it in earnest says what is wrong with it
    return {
        uri: KnownDocument(uri, hash_, etag, modified, day=day and date.fromisoformat(day))
        for uri, hash_, etag, modified, day in rows
    }
