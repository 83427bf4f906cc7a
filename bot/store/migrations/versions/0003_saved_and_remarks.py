"""What people save, and what they write in papers' threads.

No channel keeps remarks until somebody there asks for it.

Revision ID: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("channel", sa.Column("remarks_since", MOMENT, nullable=True))
    op.create_table(
        "saved",
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("saved_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_saved_entry_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("team_id", "user_id", "entry_id", name=op.f("pk_saved")),
    )
    op.create_index(op.f("ix_saved_entry_id"), "saved", ["entry_id"])
    op.create_table(
        "remark",
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("ts", sa.Text(), nullable=False),
        sa.Column("thread_ts", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("rules", sa.Integer(), nullable=False),
        sa.Column("posted_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_remark_entry_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["team_id", "channel_id"],
            ["channel.team_id", "channel.channel_id"],
            name=op.f("fk_remark_team_id_channel_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("team_id", "channel_id", "ts", name=op.f("pk_remark")),
    )
    op.create_index(op.f("ix_remark_entry_id"), "remark", ["entry_id"])
