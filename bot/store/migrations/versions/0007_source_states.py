"""The state of each source, and since when.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "source_state",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("example_uri", sa.Text(), nullable=True),
        sa.Column("example_why", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('ok', 'partly', 'nothing', 'unreachable', 'waiting')", name=op.f("ck_source_state_state")
        ),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_source_state")),
    )
