"""What an entry is known by: ids of more archives, and a link only with its title.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op

from bot.digest.keys import entry_key
from bot.digest.model import Entry
from bot.digest.papers import paper_id

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BUNCH = 500


def upgrade() -> None:
    """Only what entries are compared by changes: no entry, no message, and no key of a message."""
    connection = op.get_bind()
    links: dict[int, list[str]] = {}
    found = sa.text("SELECT entry_id, position, url, paper_id FROM entry_link ORDER BY entry_id, position")
    of_links = []
    for entry_id, position, url, paper in connection.execute(found):
        links.setdefault(entry_id, []).append(url)
        if (now := paper_id(url)) != paper:
            of_links.append({"entry": entry_id, "at": position, "paper": now})
    update = sa.text("UPDATE entry_link SET paper_id = :paper WHERE entry_id = :entry AND position = :at")
    _execute_many(update, of_links)

    taken: set[tuple[int, str]] = set()
    wanted = []
    for entry_id, digest_id, key, title in connection.execute(sa.text("SELECT id, digest_id, key, title FROM entry")):
        taken.add((digest_id, key))
        if entry_id in links:
            now = entry_key(Entry(title, links=tuple(links[entry_id])))
            if now != key:
                wanted.append((entry_id, digest_id, now))
    of_entries = []
    for entry_id, digest_id, now in wanted:
        if (digest_id, now) not in taken:  # else it keeps its key until its day is read again
            taken.add((digest_id, now))
            of_entries.append({"entry": entry_id, "named": now})
    _execute_many(sa.text("UPDATE entry SET key = :named WHERE id = :entry"), of_entries)


def _execute_many(statement: sa.TextClause, rows: list[dict[str, object]]) -> None:
    for start in range(0, len(rows), BUNCH):
        op.get_bind().execute(statement, rows[start : start + BUNCH])
