"""Editions, edits, notes and turns.

What was posted before belongs to no edition, and no subscription looks at its days again: they are not edited.

Revision ID: 0002
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
UNPOSTED = "state IN ('pending', 'claimed', 'unknown')"


def upgrade() -> None:
    now = datetime.now(UTC)
    _change_digest(now)
    _change_subscription()
    _change_channel(now)
    _create_tables()
    _change_carried()
    _change_delivery()


def _update(statement: str, **moments: datetime) -> None:
    parameters = [sa.bindparam(name, moment, MOMENT) for name, moment in moments.items()]
    op.execute(sa.text(statement).bindparams(*parameters))


def _change_digest(now: datetime) -> None:
    op.add_column("digest", sa.Column("changed_at", MOMENT, nullable=True))
    op.add_column("digest", sa.Column("settled_at", MOMENT, nullable=True))
    _update("UPDATE digest SET changed_at = coalesce(ready_at, :now), settled_at = ready_at", now=now)
    with op.batch_alter_table("digest") as digest:
        digest.alter_column("changed_at", existing_type=MOMENT, nullable=False)


def _change_subscription() -> None:
    for column in (
        sa.Column("quiet_from", sa.Time(), nullable=True),
        sa.Column("quiet_until", sa.Time(), nullable=True),
        sa.Column("say_when_empty", sa.Boolean(), nullable=True),
        sa.Column("paused_until", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=True),
    ):
        op.add_column("subscription", column)
    op.execute(
        sa.text("UPDATE subscription SET say_when_empty = :no").bindparams(sa.bindparam("no", False, sa.Boolean()))
    )
    with op.batch_alter_table("subscription", table_kwargs={"sqlite_autoincrement": True}) as subscription:
        subscription.alter_column("say_when_empty", existing_type=sa.Boolean(), nullable=False)
        subscription.create_check_constraint(
            op.f("ck_subscription_quiet"), "(quiet_from IS NULL) = (quiet_until IS NULL)"
        )
        subscription.create_check_constraint(
            op.f("ck_subscription_paused"), "paused_until IS NULL OR paused IS NOT NULL"
        )
    op.add_column("subscription_day", sa.Column("considered_at", MOMENT, nullable=True))


def _change_channel(now: datetime) -> None:
    op.add_column("channel", sa.Column("slot_at", MOMENT, nullable=True))
    op.add_column("channel", sa.Column("waiting", sa.Boolean(), nullable=True))
    op.add_column("channel", sa.Column("closed_at", MOMENT, nullable=True))
    rows = "FROM delivery d WHERE d.team_id = channel.team_id AND d.channel_id = channel.channel_id AND d."
    op.execute(f"UPDATE channel SET waiting = EXISTS (SELECT 1 {rows}{UNPOSTED})")  # noqa: S608  both are ours
    _update("UPDATE channel SET closed_at = :now WHERE closed_reason IS NOT NULL", now=now)
    # A message under way keeps its channel to itself until its lease ends.
    lease = f"(SELECT max(d.lease_until) {rows}state = 'claimed')"
    op.execute(f"UPDATE channel SET next_at = {lease} WHERE {lease} > next_at")  # noqa: S608
    with op.batch_alter_table("channel") as channel:
        channel.alter_column("waiting", existing_type=sa.Boolean(), nullable=False)
        channel.create_check_constraint(op.f("ck_channel_closed"), "(closed_reason IS NULL) = (closed_at IS NULL)")
    due = sa.text("waiting AND closed_reason IS NULL")
    op.create_index("ix_channel_turn", "channel", ["next_at"], sqlite_where=due, postgresql_where=due)


def _create_tables() -> None:
    op.create_table(
        "team",
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("next_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("team_id", name=op.f("pk_team")),
    )
    op.create_table(
        "edition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("layout", sa.Text(), nullable=False),
        sa.Column("laid_at", MOMENT, nullable=False),
        sa.CheckConstraint("layout IN ('papers', 'list', 'brief')", name=op.f("ck_edition_layout")),
        sa.ForeignKeyConstraint(
            ["team_id", "channel_id"],
            ["channel.team_id", "channel.channel_id"],
            name=op.f("fk_edition_team_id_channel_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition")),
        sa.UniqueConstraint(
            "team_id",
            "channel_id",
            "source",
            "day",
            "query",
            name=op.f("uq_edition_team_id_channel_id_source_day_query"),
        ),
    )
    op.create_index(op.f("ix_edition_source_day"), "edition", ["source", "day"], unique=False)


def _change_carried() -> None:
    op.drop_index(op.f("ix_carried_delivery_id"), table_name="carried")
    with op.batch_alter_table("carried") as carried:
        carried.drop_constraint(op.f("fk_carried_delivery_id"), type_="foreignkey")
        carried.drop_column("delivery_id")
        carried.add_column(sa.Column("edition_id", sa.Integer(), nullable=True))
        carried.create_foreign_key(op.f("fk_carried_edition_id"), "edition", ["edition_id"], ["id"], ondelete="CASCADE")
    op.create_index(op.f("ix_carried_edition_id"), "carried", ["edition_id"], unique=False)


def _change_delivery() -> None:
    for column in (
        sa.Column("edition_id", sa.Integer(), nullable=True),
        sa.Column("parent_key", sa.Text(), nullable=True),
        sa.Column("op", sa.Text(), nullable=True),
        sa.Column("reposts", sa.Integer(), nullable=True),
    ):
        op.add_column("delivery", column)
    op.execute(
        "UPDATE delivery SET op = 'post', reposts = 0,"
        " parent_key = (SELECT p.key FROM delivery p WHERE p.id = delivery.parent_id)"
    )
    op.drop_index(op.f("ix_delivery_parent_id"), table_name="delivery")
    op.drop_index(op.f("ix_delivery_state_team_id_channel_id_id"), table_name="delivery")
    with op.batch_alter_table("delivery") as delivery:
        delivery.drop_constraint(op.f("fk_delivery_parent_id"), type_="foreignkey")
        delivery.drop_constraint("uq_delivery_message", type_="unique")
        delivery.drop_constraint(op.f("ck_delivery_origin"), type_="check")
        delivery.drop_constraint(op.f("ck_delivery_posted"), type_="check")
        delivery.drop_column("parent_id")
        delivery.drop_column("revision")
        delivery.alter_column("op", existing_type=sa.Text(), nullable=False)
        delivery.alter_column("reposts", existing_type=sa.Integer(), nullable=False)
        delivery.create_check_constraint(op.f("ck_delivery_origin"), "origin IN ('subscription', 'post', 'notice')")
        delivery.create_check_constraint(op.f("ck_delivery_op"), "op IN ('post', 'update', 'delete')")
        delivery.create_check_constraint(op.f("ck_delivery_posted"), "state != 'posted' OR posted_ts IS NOT NULL")
        delivery.create_check_constraint(op.f("ck_delivery_target"), "op = 'post' OR posted_ts IS NOT NULL")
        delivery.create_foreign_key(
            op.f("fk_delivery_edition_id"), "edition", ["edition_id"], ["id"], ondelete="CASCADE"
        )
        delivery.create_foreign_key(
            op.f("fk_delivery_parent_key"), "delivery", ["parent_key"], ["key"], ondelete="CASCADE"
        )
    op.create_index(
        "ix_delivery_queue",
        "delivery",
        ["team_id", "channel_id", "id"],
        sqlite_where=sa.text(UNPOSTED),
        postgresql_where=sa.text(UNPOSTED),
    )
    op.create_index(
        op.f("ix_delivery_team_id_channel_id_source_day"), "delivery", ["team_id", "channel_id", "source", "day"]
    )
    op.create_index(op.f("ix_delivery_edition_id"), "delivery", ["edition_id"])
    op.create_index(op.f("ix_delivery_parent_key"), "delivery", ["parent_key"])
