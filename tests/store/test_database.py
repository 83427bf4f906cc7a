import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Engine
from sqlalchemy.exc import StatementError
from sqlalchemy.schema import CreateIndex, CreateTable

import bot.store.database
from bot.errors import StoreUnavailableError
from bot.store import tables as t
from bot.store.database import insert_missing, migrate, open_database, reading, transaction
from bot.store.migrations import revisions

NOW = datetime(2024, 4, 12, 9, tzinfo=UTC)
SHIPPED = Path(bot.store.database.__file__).parent / "migrations"
NEWEST = revisions(SHIPPED)[-1]


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """Our steps and one more, as a later program would have them."""
    folder = tmp_path / "migrations"
    shutil.copytree(SHIPPED, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "9001_later.py").write_text(
        f'import sqlalchemy as sa\nfrom alembic import op\n\nrevision = "9001"\ndown_revision = "{NEWEST}"\n\n\n'
        "def upgrade():\n"
        '    with op.batch_alter_table("digest", recreate="always") as digest:\n'
        '        digest.add_column(sa.Column("mood", sa.Text()))\n',
        encoding="utf-8",
    )
    return folder


def add_digest(engine: Engine, source: str = "vault") -> None:
    with transaction(engine) as connection:
        digest = connection.scalar(
            sa.insert(t.Digest)
            .values(source=source, day=date(2024, 4, 12), title="", changed_at=NOW)
            .returning(t.Digest.id)
        )
        connection.execute(
            sa.insert(t.Document).values(
                source=source, uri="a.md", name="a.md", hash="h", digest_id=digest, changed_at=NOW, shape="note"
            )
        )


def test_an_empty_database_becomes_what_the_tables_say(engine: Engine) -> None:
    with reading(engine) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, t.Base.metadata) == []


def as_the_tables_say(engine: Engine, tmp_path: Path) -> bool:
    """Compare with a database made from `tables.py`: constraints, partial indexes, ids that are given once."""
    fresh = open_database(f"sqlite:///{tmp_path}/fresh.db")
    with transaction(fresh) as connection:
        t.Base.metadata.create_all(connection)
    kinds = ("get_check_constraints", "get_foreign_keys", "get_unique_constraints", "get_columns")
    for table in t.Base.metadata.tables:
        for kind in kinds:
            said, made = (sorted(map(repr, getattr(sa.inspect(one), kind)(table))) for one in (fresh, engine))
            assert said == made, (table, kind)
    indexes = sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name")
    increments = sa.text("SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'")
    for question in (indexes, increments):
        with reading(fresh) as one, reading(engine) as other:
            assert one.execute(question).all() == other.execute(question).all()
    fresh.dispose()
    return True


def test_migrations_know_every_check_and_foreign_key(engine: Engine, tmp_path: Path) -> None:
    assert as_the_tables_say(engine, tmp_path)


FIRST = {
    "digest": [
        {"id": 1, "source": "vault", "day": "2024-04-11", "title": "Old", "ready_at": "2024-04-11 09:00:00.000000"},
        {"id": 2, "source": "vault", "day": "2024-04-12", "title": "", "ready_at": None},
    ],
    "document": [
        {"id": 1, "source": "vault", "uri": "a.md", "name": "a.md", "hash": "h", "shape": "note", "digest_id": 1}
        | {"last_modified": "9-1", "changed_at": "2024-04-11 08:50:00.000000", "failures": 0},
    ],
    "entry": [
        {"id": 1, "digest_id": 1, "key": "arxiv:2404.00001", "title_key": "one", "title": "One", "authors": "[]"}
        | {"abstract": "[]", "commentary": "[]", "position": 0, "changed_at": "2024-04-11 08:50:00.000000"},
    ],
    "entry_link": [
        {"entry_id": 1, "position": 0, "url": "https://arxiv.org/abs/2404.00001", "paper_id": "arxiv:2404.00001"}
    ],
    "tag": [{"id": 1, "key": "moe"}],
    "entry_tag": [{"entry_id": 1, "tag_id": 1, "position": 0, "spelling": "MoE"}],
    "entry_document": [{"entry_id": 1, "document_id": 1, "position": 0, "content": None}],
    "subscription": [
        {"id": 7, "team_id": "T1", "channel_id": "C1", "source": "vault", "query": "", "at": "09:00:00.000000"}
        | {"days": "01234", "zone": "UTC", "layout": "list", "since": "2024-04-11", "paused": "chat", "origin": "chat"}
    ],
    "subscription_day": [{"subscription_id": 7, "day": "2024-04-11"}],
    "channel": [
        {"team_id": "T1", "channel_id": "C1", "name": "papers", "is_private": 0, "closed_reason": None}
        | {"next_at": "2024-04-11 09:00:01.000000"},
        {"team_id": "T1", "channel_id": "C2", "name": "gone", "is_private": 1, "closed_reason": "is_archived"}
        | {"next_at": "1970-01-01 00:00:00.000000"},
    ],
    "delivery": [
        {"id": 1, "entry_key": "", "part": 0, "key": "k1", "state": "posted", "posted_ts": "1.0"},
        {
            "id": 2,
            "entry_key": "arxiv:2404.00001",
            "entry_id": 1,
            "part": 0,
            "key": "k2",
            "parent_id": 1,
            "state": "claimed",
        }
        | {"text": "words", "blocks": "[]", "owner": "me", "lease_until": "2024-04-11 09:00:19.000000"},
        {"id": 3, "entry_key": "arxiv:2404.00001", "part": 1, "key": "k3", "parent_id": 1, "state": "refused"}
        | {"text": "words", "blocks": "[]", "error": "msg_too_long"},
    ],
    "carried": [
        {"team_id": "T1", "channel_id": "C1", "source": "vault", "day": "2024-04-11", "entry_key": "arxiv:2404.00001"}
        | {"entry_id": 1, "delivery_id": 2}
    ],
    "result_page": [
        {"id": "r", "team_id": "T1", "user_id": "U1", "query": "", "ids": "[1]"}
        | {"expires_at": "2024-04-12 09:00:00.000000"}
    ],
}
"""A row in every table of the first release."""

for _row in FIRST["delivery"]:
    _row |= {"team_id": "T1", "channel_id": "C1", "source": "vault", "day": "2024-04-11", "revision": 0}
    _row |= {"origin": "subscription", "content_hash": "h", "attempts": 1}


@pytest.fixture
def first(url: str, tmp_path: Path) -> Engine:
    """A database as the first release left it."""
    engine = open_database(url)
    scripts = tmp_path / "first"
    shutil.copytree(SHIPPED, scripts, ignore=shutil.ignore_patterns("__pycache__", "000[!1]*"))
    migrate(engine, scripts=scripts)
    with transaction(engine) as connection:
        tables = set(sa.inspect(connection).get_table_names()) - {"alembic_version"}
        assert tables == FIRST.keys()
        for table, rows in FIRST.items():
            for row in rows:
                names = ", ".join(row)
                values = ", ".join(f":{name}" for name in row)
                connection.execute(sa.text(f"INSERT INTO {table} ({names}) VALUES ({values})"), row)
    return engine


def test_a_database_of_the_first_release_becomes_what_the_tables_say(first: Engine, tmp_path: Path) -> None:
    done = migrate(first)
    assert (done.before, done.after) == ("0001", NEWEST)
    assert as_the_tables_say(first, tmp_path)
    first.dispose()


def test_every_row_of_the_first_release_survives(first: Engine) -> None:
    migrate(first)
    dropped = {"delivery": {"revision", "parent_id"}, "carried": {"delivery_id"}}
    with reading(first) as connection:
        for table, rows in FIRST.items():
            there = [dict(row._mapping) for row in connection.execute(sa.text(f"SELECT * FROM {table}"))]
            kept = [{name: row[name] for name in row.keys() - dropped.get(table, set())} for row in rows]
            if table == "channel":
                kept[0]["next_at"] = "2024-04-11 09:00:19.000000"  # the lease of its message
            if table == "document":
                kept[0] |= {"hash": "before 0004", "last_modified": None}  # it is read once more
            assert [{name: row[name] for name in kept[0]} for row in there] == [
                {name: row.get(name) for name in kept[0]} for row in kept
            ], table
    first.dispose()


def test_what_the_first_release_posted_is_of_no_edition_and_never_looked_at_again(first: Engine) -> None:
    before = datetime.now(UTC)
    migrate(first)
    d, c, g, s = t.Delivery, t.Channel, t.Digest, t.Subscription
    with reading(first) as connection:
        assert connection.execute(sa.select(d.key, d.parent_key, d.op, d.edition_id, d.reposts)).all() == [
            ("k1", None, "post", None, 0),
            ("k2", "k1", "post", None, 0),
            ("k3", "k1", "post", None, 0),
        ]
        assert connection.scalars(sa.select(t.SubscriptionDay.considered_at)).all() == [None]
        assert connection.scalars(sa.select(t.Carried.edition_id)).all() == [None]
        ready, unready = connection.execute(sa.select(g.ready_at, g.changed_at, g.settled_at).order_by(g.id)).all()
        assert ready.ready_at == ready.changed_at == ready.settled_at
        assert unready.changed_at >= before
        assert unready.settled_at is None
        is_open, closed = connection.execute(
            sa.select(c.waiting, c.closed_at, c.slot_at, c.remarks_since).order_by(c.channel_id)
        ).all()
        assert tuple(is_open) == (True, None, None, None)
        assert closed.waiting is False
        assert closed.closed_at >= before
        added = connection.execute(sa.select(s.say_when_empty, s.quiet_from, s.paused_until, s.created_at)).one()
        assert tuple(added) == (False, None, None, None)
    first.dispose()


def test_every_table_can_be_made_on_postgresql() -> None:
    dialect = postgresql.dialect()
    for table in t.Base.metadata.sorted_tables:
        assert f"CREATE TABLE {table.name}" in str(CreateTable(table).compile(dialect=dialect))
        for index in table.indexes:
            CreateIndex(index).compile(dialect=dialect)
        names = [str(one.name) for one in (*table.constraints, *table.indexes)]
        assert all(len(name) <= 63 for name in names), "PostgreSQL cuts longer names"


def test_tables_of_peoples_data_say_whose_they_are() -> None:
    for table in ("subscription", "channel", "delivery", "result_page", "saved", "remark"):
        assert "team_id" in t.Base.metadata.tables[table].columns


def test_the_first_migration_copies_nothing_and_the_second_does_nothing(url: str, tmp_path: Path) -> None:
    engine = open_database(url)
    first, second = migrate(engine), migrate(engine)
    assert (first.before, first.backup) == (None, None)
    assert (second.before, second.after, second.backup) == (first.after, first.after, None)
    assert not list(tmp_path.glob("*.bak"))
    engine.dispose()


def test_an_up_to_date_database_does_not_load_alembic(engine: Engine, url: str) -> None:
    code = (
        "import sys\nfrom bot.store.database import *\n"
        f"migrate(open_database({url!r}))\nassert 'alembic' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)


def test_a_later_step_keeps_the_rows_and_leaves_a_copy_from_before(engine: Engine, scripts: Path) -> None:
    add_digest(engine)
    done = migrate(engine, scripts=scripts)
    assert (done.before, done.after) == (NEWEST, "9001")
    assert done.backup is not None
    with closing(sqlite3.connect(done.backup)) as copy:
        assert copy.execute("SELECT version_num FROM alembic_version").fetchall() == [(NEWEST,)]
        assert copy.execute("SELECT source FROM digest").fetchall() == [("vault",)]
    with reading(engine) as connection:
        assert connection.execute(sa.text("SELECT source, mood FROM digest")).all() == [("vault", None)]
        assert connection.scalar(sa.select(t.Document.digest_id)) is not None, "recreating a table cut its references"
    with reading(engine) as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_an_earlier_copy_is_not_written_over(engine: Engine, scripts: Path, tmp_path: Path) -> None:
    earlier = tmp_path / f"paperround.db.{NEWEST}.bak"
    earlier.write_text("precious")
    done = migrate(engine, scripts=scripts)
    assert earlier.read_text() == "precious"
    assert done.backup == tmp_path / f"paperround.db.{NEWEST}-2.bak"


def test_a_failing_step_changes_nothing(engine: Engine, scripts: Path) -> None:
    add_digest(engine)
    step = scripts / "versions" / "9001_later.py"
    step.write_text(step.read_text() + '    op.execute("INSERT INTO nowhere VALUES (1)")\n')
    with pytest.raises(StoreUnavailableError) as failure:
        migrate(engine, scripts=scripts)
    assert failure.value.code == "store.failed"
    assert migrate(engine).before == NEWEST
    with reading(engine) as connection:
        assert "mood" not in {column["name"] for column in sa.inspect(connection).get_columns("digest")}
        assert connection.scalar(sa.select(sa.func.count()).select_from(t.Digest)) == 1


def test_a_dry_run_says_what_it_would_do_and_does_not(url: str, scripts: Path) -> None:
    engine = open_database(url)
    assert migrate(engine, dry_run=True).after == migrate(engine).after
    assert migrate(engine, scripts=scripts, dry_run=True).after == "9001"
    assert migrate(engine).before == NEWEST
    engine.dispose()


def test_a_newer_database_is_refused_and_left_alone(engine: Engine, scripts: Path) -> None:
    migrate(engine, scripts=scripts)
    with pytest.raises(StoreUnavailableError) as refusal:
        migrate(engine)
    assert refusal.value.code == "store.newer"
    assert refusal.value.values["found"] == "9001"


def test_somebody_elses_database_is_refused(url: str, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "paperround.db")) as theirs:
        theirs.execute("CREATE TABLE recipes (name)")
    engine = open_database(url)
    with pytest.raises(StoreUnavailableError) as refusal:
        migrate(engine)
    assert refusal.value.code == "store.foreign"
    engine.dispose()


def test_a_file_that_is_no_database_is_refused(url: str, tmp_path: Path) -> None:
    (tmp_path / "paperround.db").write_text("this is a shopping list, " * 100)
    engine = open_database(url)
    with pytest.raises(StoreUnavailableError) as refusal:
        migrate(engine)
    assert refusal.value.code == "store.not_a_database"
    engine.dispose()


def test_a_damaged_database_is_named_so(engine: Engine, url: str, tmp_path: Path) -> None:
    for _ in range(3):
        with transaction(engine) as connection:
            rows = [{"key": f"{n:0500}"} for n in range(200)]
            connection.execute(sa.delete(t.Tag))
            connection.execute(sa.insert(t.Tag), rows)
    engine.dispose()
    file = tmp_path / "paperround.db"
    data = bytearray(file.read_bytes())
    data[4096 * 2 :] = b"\xa5" * (len(data) - 4096 * 2)
    file.write_bytes(data)
    again = open_database(url)
    with pytest.raises(StoreUnavailableError) as refusal, transaction(again) as connection:
        connection.execute(sa.select(t.Tag.key)).all()
    assert refusal.value.code == "store.corrupt"
    again.dispose()


def test_a_read_only_database_cannot_be_written(engine: Engine, tmp_path: Path) -> None:
    add_digest(engine)
    read_only = open_database(f"sqlite:///file:{tmp_path}/paperround.db?mode=ro&uri=true")
    with reading(read_only) as connection:
        assert connection.scalar(sa.select(t.Digest.source)) == "vault"
    with pytest.raises(StoreUnavailableError) as refusal:
        add_digest(read_only, "other")
    assert refusal.value.code == "store.read_only"
    read_only.dispose()


def test_a_full_disk_is_named_so_and_changes_nothing(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def no_room(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA max_page_count = 1").close()

    engine.dispose()
    with pytest.raises(StoreUnavailableError) as refusal, transaction(engine) as connection:
        connection.execute(sa.insert(t.Tag), [{"key": f"{n:0900}"} for n in range(200)])
    assert refusal.value.code == "store.full"
    with reading(engine) as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(t.Tag)) == 0


def test_a_folder_that_cannot_be_made_is_named_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnavailableError) as refusal:
        open_database(f"sqlite:///{tmp_path}/file/below/paperround.db")
    assert refusal.value.code == "store.cannot_open"


def test_a_database_that_is_a_folder_is_named_so(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}")
    with pytest.raises(StoreUnavailableError) as refusal:
        migrate(engine)
    assert refusal.value.code == "store.cannot_open"
    engine.dispose()


@pytest.mark.parametrize(
    ("url", "code"),
    [
        pytest.param("not an address", "store.bad_url", id="no address"),
        pytest.param("postgresql+nosuch://host/db", "store.bad_url", id="no such driver"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused(url: str, code: str) -> None:
    with pytest.raises(StoreUnavailableError) as refusal:
        open_database(url)
    assert refusal.value.code == code


def test_a_locked_database_is_waited_for_and_then_given_up(url: str, engine: Engine, tmp_path: Path) -> None:
    hasty = open_database(url, busy_ms=50)
    with closing(sqlite3.connect(tmp_path / "paperround.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailableError) as refusal:
            add_digest(hasty)
        assert refusal.value.code == "store.locked"
        with reading(hasty) as connection:
            assert connection.scalar(sa.select(sa.func.count()).select_from(t.Digest)) == 0, "readers need not wait"
        other.execute("ROLLBACK")
    add_digest(hasty)
    hasty.dispose()


def test_who_will_write_keeps_other_writers_out_from_the_first_look(engine: Engine, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "paperround.db", isolation_level=None, timeout=0)) as other:
        with transaction(engine) as connection:
            connection.execute(sa.select(t.Tag.key)).all()
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
        other.execute("BEGIN IMMEDIATE")


def test_a_connection_is_set_up_as_promised(engine: Engine) -> None:
    with reading(engine) as connection:
        said = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        }
    assert said == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 1, "busy_timeout": 5000}


def test_an_exception_inside_takes_back_what_was_written(engine: Engine) -> None:
    with pytest.raises(KeyError), transaction(engine) as connection:
        raise KeyError(connection.execute(sa.insert(t.Tag).values(key="moe")).rowcount)
    with reading(engine) as connection:
        assert connection.scalar(sa.select(t.Tag.key)) is None


def test_a_broken_constraint_is_not_seen_as_sqlalchemys(engine: Engine) -> None:
    add_digest(engine)
    with pytest.raises(StoreUnavailableError) as refusal:
        add_digest(engine)
    assert refusal.value.code == "store.failed"
    assert "vault" not in f"{refusal.value} {refusal.value.__cause__}", "values stay out of errors"


def test_moments_come_back_aware_and_in_utc(engine: Engine) -> None:
    seoul = timezone(timedelta(hours=9))
    with transaction(engine) as connection:
        connection.execute(
            sa.insert(t.Digest).values(
                source="s",
                day=date(2024, 4, 12),
                title="",
                ready_at=datetime(2024, 4, 12, 18, tzinfo=seoul),
                changed_at=NOW,
            )
        )
        ready_at = connection.scalar(sa.select(t.Digest.ready_at))
    assert ready_at == NOW
    assert ready_at is not None
    assert ready_at.tzinfo is UTC


def test_a_moment_without_a_zone_is_refused(engine: Engine) -> None:
    with engine.connect() as connection, pytest.raises(StatementError, match="zone"):
        connection.execute(sa.select(t.Digest).where(t.Digest.ready_at < datetime(2024, 4, 12)))  # noqa: DTZ001


def test_only_missing_rows_are_inserted(engine: Engine) -> None:
    with transaction(engine) as connection:
        insert_missing(connection, t.Tag, [{"key": "moe"}])
        insert_missing(connection, t.Tag, [{"key": "moe"}, {"key": "rlhf"}])
        assert connection.scalars(sa.select(t.Tag.key)).all() == ["moe", "rlhf"]


def test_a_link_becomes_a_key_with_its_title_and_no_message_changes_its_name(first: Engine) -> None:
    links = [
        ("https://github.com/a/b", None, "https://github.com/a/b", "https://github.com/a/b one"),
        ("https://aclanthology.org/P17-1001/", None, "https://aclanthology.org/P17-1001", "acl:p17-1001"),
        ("https://www.aclweb.org/anthology/P17-1001", None, "https://aclweb.org/anthology/P17-1001", None),
        ("https://openreview.net/group?id=a", "openreview:a", "openreview:a", "https://openreview.net/group?id=a one"),
    ]
    with transaction(first) as connection:
        for number, (url, paper, key, _) in enumerate(links, 10):
            connection.execute(
                sa.text(
                    "INSERT INTO entry (id, digest_id, key, title_key, title, authors, abstract, commentary, position,"
                    " changed_at) VALUES (:id, 1, :key, 'one', 'One', '[]', '[]', '[]', 9,"
                    " '2024-04-11 09:00:00.000000')"
                ),
                {"id": number, "key": key},
            )
            connection.execute(
                sa.text("INSERT INTO entry_link (entry_id, position, url, paper_id) VALUES (:id, 0, :url, :paper)"),
                {"id": number, "url": url, "paper": paper},
            )
    migrate(first)
    with reading(first) as connection:
        keys = dict(connection.execute(sa.select(t.Entry.id, t.Entry.key).where(t.Entry.id >= 10)).all())
        assert keys == {number: key or was for number, (_, _, was, key) in enumerate(links, 10)}
        papers = connection.scalars(sa.select(t.EntryLink.paper_id).where(t.EntryLink.entry_id >= 10)).all()
        assert papers == [None, "acl:p17-1001", "acl:p17-1001", None]
        assert connection.scalars(sa.select(t.Delivery.key).order_by(t.Delivery.id)).all() == ["k1", "k2", "k3"]
    first.dispose()
