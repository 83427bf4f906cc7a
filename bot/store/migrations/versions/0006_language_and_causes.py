"""The language of each edition, and why a day was passed over.

Revision ID: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("edition", sa.Column("lang", sa.Text(), nullable=True))
    op.add_column("subscription_day", sa.Column("why", sa.Text(), nullable=True))
