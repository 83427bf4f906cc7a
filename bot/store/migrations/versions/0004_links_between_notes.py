"""Links between notes.

Notes that were read before are read once more, for their links: none is as it is remembered any longer.

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "entry_note",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_entry_note_entry_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("entry_id", "position", name=op.f("pk_entry_note")),
    )
    op.create_index(op.f("ix_entry_note_key"), "entry_note", ["key"])
    op.add_column("document", sa.Column("note_key", sa.Text(), nullable=True))
    op.create_index(op.f("ix_document_note_key"), "document", ["note_key"])
    # Not an empty hash: a document without one has held nothing, and may go without anybody being asked.
    op.execute("UPDATE document SET hash = 'before 0004', last_modified = NULL WHERE shape = 'note'")
