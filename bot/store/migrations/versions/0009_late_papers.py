"""Papers that came after their day had been posted.

Revision ID: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("carried", sa.Column("late", sa.Boolean(), server_default=sa.false(), nullable=False))
