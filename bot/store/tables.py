"""The tables, as typed classes. No row of them leaves this room.

What must hold stands here as a constraint, and nothing is SQLite's alone: moments, JSON and keys read the same on
PostgreSQL. A change here needs a step in ``migrations/versions``; a test compares the two.
"""

from datetime import UTC, date, datetime, time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SOURCE_STATES = ("ok", "partly", "nothing", "unreachable", "waiting")
DELIVERY_STATES = ("pending", "claimed", "unknown", "posted", "refused")
DELIVERY_ORIGINS = ("subscription", "post", "notice")
DELIVERY_OPS = ("post", "update", "delete")
UNPOSTED = ("pending", "claimed", "unknown")
"""The states of a row that has something to be done in Slack."""


class Moment(sa.TypeDecorator[datetime]):
    """A moment in UTC: aware when it goes in, aware when it comes out. A naive one is refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        # SQLite forgets the zone; what went in was UTC.
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    # Named constraints, because a later migration can only change what has a name.
    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  SQLAlchemy reads it from the class
        datetime: Moment(),
        str: sa.Text(),
        list[Any]: sa.JSON(none_as_null=True),
    }


def among(column: str, values: tuple[str, ...]) -> str:
    """SQL for: the column holds one of these. Written out, as an index's own condition has to be."""
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} IN ({listed})"


def _one_of(column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    return sa.CheckConstraint(among(column, values), name=column)


class Digest(Base):
    """A digest day of a source."""

    __tablename__ = "digest"
    __table_args__ = (sa.UniqueConstraint("source", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    day: Mapped[date]
    title: Mapped[str]
    ready_at: Mapped[datetime | None]
    """Since when it was complete, stored once."""
    changed_at: Mapped[datetime]
    """When its title or one of its entries was last added, changed or withdrawn."""
    settled_at: Mapped[datetime | None]
    """The ``changed_at`` up to which its documents have settled: what channels are shown. Null while not ready."""


class Document(Base):
    """Something a source offered. ``digest_id`` is the day it spoke of when it was last readable."""

    __tablename__ = "document"
    __table_args__ = (
        sa.UniqueConstraint("source", "uri"),
        sa.CheckConstraint("shape IN ('print', 'note', 'page')", name="shape"),
        sa.CheckConstraint("(error IS NULL) = (error_at IS NULL)", name="error"),
        sa.Index(None, "digest_id"),
        sa.Index(None, "note_key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    uri: Mapped[str]
    name: Mapped[str]
    hash: Mapped[str]
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    shape: Mapped[str | None]
    note_key: Mapped[str | None]
    """What a note is linked to by (`keys.note_key`); null for what is no note."""
    digest_id: Mapped[int | None] = mapped_column(sa.ForeignKey("digest.id", ondelete="SET NULL"))
    changed_at: Mapped[datetime]
    """When its bytes last differed from what was remembered; the day is ready some time after."""
    missing_since: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    retry_at: Mapped[datetime | None]
    error: Mapped[str | None]
    error_at: Mapped[datetime | None]
    draft: Mapped[list[Any] | None]
    """Where it is held back: why, the titles and the papers it may be asked for by. It holds no entry then."""


class SourceState(Base):
    """What the last look at a source came to (`bot/sources/status.py`)."""

    __tablename__ = "source_state"
    __table_args__ = (_one_of("state", SOURCE_STATES),)

    source: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    since: Mapped[datetime]
    """Since when it is in this state."""
    reader: Mapped[str]
    """The version of the reader; what another version could not read is read again."""
    example_uri: Mapped[str | None]
    """Something that could not be used, and why, or why the source cannot be reached."""
    example_why: Mapped[str | None]


class Entry(Base):
    """A paper on a day. Never erased: what is gone has ``withdrawn_at``."""

    __tablename__ = "entry"
    __table_args__ = (sa.UniqueConstraint("digest_id", "key"), sa.Index(None, "key"))

    id: Mapped[int] = mapped_column(primary_key=True)
    digest_id: Mapped[int] = mapped_column(sa.ForeignKey("digest.id", ondelete="CASCADE"))
    key: Mapped[str]
    title_key: Mapped[str]
    title: Mapped[str]
    authors: Mapped[list[Any]]
    abstract: Mapped[list[Any]]
    commentary: Mapped[list[Any]]
    """``[text, lang]`` a paragraph."""
    position: Mapped[int]
    """From 0 among the day's entries that are not withdrawn."""
    changed_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class EntryLink(Base):
    __tablename__ = "entry_link"
    __table_args__ = (sa.Index(None, "paper_id"),)

    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    url: Mapped[str]
    paper_id: Mapped[str | None]


class Tag(Base):
    """A tag as it is compared; how each entry spells it stands in `EntryTag`."""

    __tablename__ = "tag"
    __table_args__ = (sa.UniqueConstraint("key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]


class EntryTag(Base):
    __tablename__ = "entry_tag"
    __table_args__ = (sa.Index(None, "tag_id"),)

    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(sa.ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int]
    spelling: Mapped[str]


class EntryNote(Base):
    """A note that an entry links to, by its name: the note may not be there yet, or no longer."""

    __tablename__ = "entry_note"
    __table_args__ = (sa.Index(None, "key"),)

    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    key: Mapped[str]
    """`keys.note_key` of the name."""


class EntryDocument(Base):
    """This document holds that entry."""

    __tablename__ = "entry_document"
    __table_args__ = (sa.Index(None, "document_id"),)

    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True)
    document_id: Mapped[int] = mapped_column(sa.ForeignKey("document.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int]
    """Within the document."""
    content: Mapped[list[Any] | None]
    """What this document itself says, each time it does, where that is not the whole of the entry."""


class Subscription(Base):
    """A channel's standing order."""

    __tablename__ = "subscription"
    __table_args__ = (
        sa.UniqueConstraint("team_id", "channel_id", "source", "query"),
        sa.CheckConstraint("layout IN ('papers', 'list', 'brief')", name="layout"),
        _one_of("origin", ("config", "chat")),
        sa.CheckConstraint("(quiet_from IS NULL) = (quiet_until IS NULL)", name="quiet"),
        sa.CheckConstraint("paused_until IS NULL OR paused IS NOT NULL", name="paused"),
        {"sqlite_autoincrement": True},  # an id that people may still see on a button is not given twice
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[str]
    channel_id: Mapped[str]
    source: Mapped[str]
    query: Mapped[str]
    at: Mapped[time | None]
    days: Mapped[str]
    """Weekdays as digits, Monday 0: ``01234``."""
    zone: Mapped[str]
    layout: Mapped[str | None]
    since: Mapped[date | None]
    quiet_from: Mapped[time | None]
    quiet_until: Mapped[time | None]
    say_when_empty: Mapped[bool] = mapped_column(default=False)
    paused: Mapped[str | None]
    paused_until: Mapped[datetime | None]
    origin: Mapped[str]
    created_by: Mapped[str | None]
    created_at: Mapped[datetime | None]


class SubscriptionDay(Base):
    """This standing order has considered that day."""

    __tablename__ = "subscription_day"

    subscription_id: Mapped[int] = mapped_column(
        sa.ForeignKey("subscription.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    day: Mapped[date] = mapped_column(primary_key=True)
    considered_at: Mapped[datetime | None]
    """The day's ``settled_at`` that was considered; null where the day was passed over and is not looked at again."""
    why: Mapped[str | None]
    """Why it was passed over (`giving_up`); null where it was not, or before this was kept."""


class Team(Base):
    """A workspace's own pace."""

    __tablename__ = "team"

    team_id: Mapped[str] = mapped_column(primary_key=True)
    next_at: Mapped[datetime]
    """From when on its next message may go, in whichever channel."""


class Channel(Base):
    """A channel and its queue."""

    __tablename__ = "channel"
    __table_args__ = (
        sa.Index(
            "ix_channel_turn",
            "next_at",
            sqlite_where=sa.text("waiting AND closed_reason IS NULL"),
            postgresql_where=sa.text("waiting AND closed_reason IS NULL"),
        ),
        sa.CheckConstraint("(closed_reason IS NULL) = (closed_at IS NULL)", name="closed"),
    )

    team_id: Mapped[str] = mapped_column(primary_key=True)
    channel_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    is_private: Mapped[bool] = mapped_column(default=True)
    """Taken for private until Slack says otherwise: a link into a private channel is not shown to others."""
    next_at: Mapped[datetime]
    """Its next turn, the end of the lease while one of its messages is under way; the epoch where it never had one."""
    slot_at: Mapped[datetime | None]
    """The turn it has been given among its workspace's messages, which it has not used yet."""
    waiting: Mapped[bool] = mapped_column(default=False)
    """Whether something of it may be unposted. True in the transaction that writes a message down."""
    closed_reason: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    remarks_since: Mapped[datetime | None]
    """From when on what people write in its papers' threads is kept (`Remark`); null where nobody asked for it."""


class Edition(Base):
    """What a channel has of a day under one line: the papers of one query, in one layout."""

    __tablename__ = "edition"
    __table_args__ = (
        sa.UniqueConstraint("team_id", "channel_id", "source", "day", "query"),
        sa.ForeignKeyConstraint(
            ["team_id", "channel_id"], ["channel.team_id", "channel.channel_id"], ondelete="CASCADE"
        ),
        sa.CheckConstraint("layout IN ('papers', 'list', 'brief')", name="layout"),
        sa.Index(None, "source", "day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[str]
    channel_id: Mapped[str]
    source: Mapped[str]
    day: Mapped[date]
    query: Mapped[str]
    layout: Mapped[str]
    lang: Mapped[str | None]
    """In which it is written; null for one from before this was kept, until the next start."""
    laid_at: Mapped[datetime]
    """The day's ``settled_at`` that its messages show, or will."""


class Delivery(Base):
    """One Slack message that should exist.

    Its payload is kept until it stands in the channel as it should, and of a parent until its replies do.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        # The key is a hash of team, channel, source, day, entry_key and part: this is what makes a message one.
        sa.UniqueConstraint("key"),
        sa.ForeignKeyConstraint(
            ["team_id", "channel_id"], ["channel.team_id", "channel.channel_id"], ondelete="CASCADE"
        ),
        _one_of("state", DELIVERY_STATES),
        _one_of("origin", DELIVERY_ORIGINS),
        _one_of("op", DELIVERY_OPS),
        sa.CheckConstraint("state != 'posted' OR posted_ts IS NOT NULL", name="posted"),
        sa.CheckConstraint("op = 'post' OR posted_ts IS NOT NULL", name="target"),
        sa.CheckConstraint("state != 'claimed' OR (owner IS NOT NULL AND lease_until IS NOT NULL)", name="claimed"),
        sa.CheckConstraint("state = 'posted' OR (text IS NOT NULL AND blocks IS NOT NULL)", name="payload"),
        sa.Index(
            "ix_delivery_queue",
            "team_id",
            "channel_id",
            "id",
            sqlite_where=sa.text(among("state", UNPOSTED)),
            postgresql_where=sa.text(among("state", UNPOSTED)),
        ),
        sa.Index(None, "team_id", "channel_id", "source", "day"),
        sa.Index(None, "edition_id"),
        sa.Index(None, "entry_id"),
        sa.Index(None, "parent_key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    """Also the order within a channel."""
    team_id: Mapped[str]
    channel_id: Mapped[str]
    source: Mapped[str]
    day: Mapped[date]
    edition_id: Mapped[int | None] = mapped_column(sa.ForeignKey("edition.id", ondelete="CASCADE"))
    """Null for a notice, and for what was posted before there were editions."""
    entry_key: Mapped[str]
    """Of a day's own line '' or ``query:…``, of a notice ``note:…``: a null would never equal another."""
    entry_id: Mapped[int | None] = mapped_column(sa.ForeignKey("entry.id", ondelete="SET NULL"))
    part: Mapped[int]
    key: Mapped[str]
    parent_key: Mapped[str | None] = mapped_column(sa.ForeignKey("delivery.key", ondelete="CASCADE"))
    origin: Mapped[str]
    """Who asked: a standing order, which may end before it goes out, somebody who posted that day, or the bot."""
    op: Mapped[str]
    """What is to be done, or was last."""
    state: Mapped[str]
    text: Mapped[str | None]
    blocks: Mapped[list[Any] | None]
    content_hash: Mapped[str]
    owner: Mapped[str | None]
    claimed_at: Mapped[datetime | None]
    """Of the earliest attempt that may have arrived, or of the present one."""
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    """Since it was last laid out; being told to slow down is none."""
    reposts: Mapped[int] = mapped_column(default=0)
    """How often it was sent anew because it had been deleted before its replies were there."""
    error: Mapped[str | None]
    posted_ts: Mapped[str | None]
    posted_at: Mapped[datetime | None]
    permalink: Mapped[str | None]


class Carried(Base):
    """A channel has this entry of a day, or will: in a message of its own, or by name in a day's line."""

    __tablename__ = "carried"
    __table_args__ = (sa.Index(None, "edition_id"),)

    team_id: Mapped[str] = mapped_column(primary_key=True)
    channel_id: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    entry_key: Mapped[str] = mapped_column(primary_key=True)
    entry_id: Mapped[int | None] = mapped_column(sa.ForeignKey("entry.id", ondelete="SET NULL"))
    """Its key may change; the entry stays the same."""
    edition_id: Mapped[int | None] = mapped_column(sa.ForeignKey("edition.id", ondelete="CASCADE"))
    """Null for what was posted before there were editions."""
    late: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """It came after its day had been posted there: its message says the day."""


class ResultPage(Base):
    """A person's ranked ids, kept a day, so that pages neither repeat nor skip."""

    __tablename__ = "result_page"
    __table_args__ = (sa.Index(None, "expires_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    team_id: Mapped[str]
    user_id: Mapped[str]
    query: Mapped[str]
    ids: Mapped[list[Any]]
    expires_at: Mapped[datetime]


class Saved(Base):
    """A person keeps this paper in mind. One entry stands for the paper on all its days."""

    __tablename__ = "saved"
    __table_args__ = (sa.Index(None, "entry_id"),)

    team_id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True)
    saved_at: Mapped[datetime]


class Remark(Base):
    """A person's words in a paper's thread, in a channel where that was asked for."""

    __tablename__ = "remark"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["team_id", "channel_id"], ["channel.team_id", "channel.channel_id"], ondelete="CASCADE"
        ),
        sa.Index(None, "entry_id"),
    )

    team_id: Mapped[str] = mapped_column(primary_key=True)
    channel_id: Mapped[str] = mapped_column(primary_key=True)
    ts: Mapped[str] = mapped_column(primary_key=True)
    thread_ts: Mapped[str]
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("entry.id", ondelete="CASCADE"))
    user_id: Mapped[str]
    text: Mapped[str]
    words: Mapped[str]
    """The text as `search/words.py` looks at it, under the rules of the version in ``rules``."""
    rules: Mapped[int]
    posted_at: Mapped[datetime]
