"""Papers that came after their day had been posted.

Revision ID: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("carried", sa.Column("late", sa.Boolean(), server_default=sa.false(), nullable=False))
