"""Opening the database, bringing it up to date, and the two doors every statement goes through.

`reading` and `transaction` are the wall: above them nobody sees an error of SQLAlchemy or of the driver.
"""

import errno
import json
import logging
import os
import sqlite3
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from threading import Lock
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.orm import DeclarativeBase

from bot.errors import StoreUnavailableError
from bot.store.migrations import revisions

log = logging.getLogger(__name__)

T = TypeVar("T")

BUSY_MS = 5_000
OWN_FOLDER = "data"
"""Where the settings put the database unless they say otherwise."""
ROOM = 2**20
"""Bytes that must be free beside the database: a day with its messages and the index takes less."""
BUNCH = 1_000
"""Values in one IN list: SQLite takes 32,766 in a statement, and 999 in builds before 3.32."""

# https://www.sqlite.org/rescode.html, the primary codes that say something about the file and not about our SQL.
_CODES = {
    sqlite3.SQLITE_BUSY: "store.locked",
    sqlite3.SQLITE_LOCKED: "store.locked",
    sqlite3.SQLITE_PERM: "store.cannot_open",
    sqlite3.SQLITE_CANTOPEN: "store.cannot_open",
    sqlite3.SQLITE_READONLY: "store.read_only",
    sqlite3.SQLITE_FULL: "store.full",
    sqlite3.SQLITE_IOERR: "store.disk_fault",
    sqlite3.SQLITE_CORRUPT: "store.corrupt",
    sqlite3.SQLITE_NOTADB: "store.not_a_database",
}

_dumps = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Migration:
    """What bringing the database up to date did, or with ``dry_run`` would do."""

    before: str | None
    """None where the database was empty."""
    after: str
    backup: Path | None
    """The copy made before; None where nothing had to change, or there was nothing to copy."""


def is_there(url: str) -> bool:
    """Whether there is something to open: an SQLite file that exists, or any other kind of database."""
    try:
        path = _file(make_url(url))
    except exc.SQLAlchemyError as error:
        raise StoreUnavailableError("store.bad_url") from error
    return path is None or path.exists()


def shown_url(url: str) -> str:
    """The address of a database, without its password."""
    try:
        return make_url(url).render_as_string()
    except exc.SQLAlchemyError:
        return "an address that cannot be read"


def writing_fault(url: str) -> str:
    """Why the file of an SQLite database, or the folder in which it will be, cannot be written; empty where it can."""
    path = _file(make_url(url))
    if path is None:
        return ""
    try:
        if path.exists():
            with closing(sqlite3.connect(path, timeout=BUSY_MS / 1000, isolation_level=None)) as connection:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("ROLLBACK")
        else:
            folder = next(parent for parent in path.absolute().parents if parent.exists())
            with TemporaryFile(dir=folder):
                pass
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
            return ""  # somebody is writing
        return f"{path} cannot be written ({error})"
    except OSError as error:
        return f"{path} cannot be made ({error.strerror})"
    return ""


def database_file(url: str) -> Path | None:
    """The file of an SQLite database; None for any other kind. Raises StoreUnavailableError for no address at all."""
    try:
        return _file(make_url(url))
    except exc.SQLAlchemyError as error:
        raise StoreUnavailableError("store.bad_url") from error


def open_database(url: str, *, busy_ms: int = BUSY_MS) -> Engine:
    """An engine for ``url``, the folder of its file made. Connects to nothing yet; call `migrate` next."""
    try:
        address = make_url(url)
        path = _file(address)
        if path is not None:
            make_private_folder(path.parent)
        engine = sa.create_engine(address, hide_parameters=True, json_serializer=_dumps)
    except exc.SQLAlchemyError as error:
        raise StoreUnavailableError("store.bad_url") from error
    except ImportError as error:
        raise StoreUnavailableError("store.no_driver", driver=address.drivername) from error
    except OSError as error:
        raise StoreUnavailableError("store.cannot_open", path=str(path), words=error.strerror) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", partial(_prepare_sqlite, busy_ms))
        event.listen(engine, "begin", _begin_sqlite)
        if path is not None:
            file = _FILES[engine] = _File(path)
            event.listen(engine, "do_connect", file.make_private)
            event.listen(engine, "connect", file.remember)
    return engine


class _File:
    """The file of an SQLite database: for its owner alone, and the same one for as long as the process runs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: tuple[int, int] | None = None

    def make_private(self, *_: object) -> None:
        """Before it is opened: SQLite makes its journals with the permissions of the file."""
        make_private_file(self._path)
        for name in (f"{self._path.name}-wal", f"{self._path.name}-shm"):
            journal = self._path.with_name(name)
            if journal.exists():
                make_private_file(journal)

    def remember(self, *_: object) -> None:
        """Which file was opened first."""
        if self._known is None:
            self._known = self._found()

    def check(self) -> None:
        """Raises StoreUnavailableError where the file was deleted, replaced or moved away since.

        What is written to it then is lost with the process, so that everything would be posted once more.
        """
        if self._known is not None and self._found() != self._known:
            raise StoreUnavailableError("store.vanished", path=str(self._path))

    def _found(self) -> tuple[int, int] | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino


_FILES: "WeakKeyDictionary[Engine, _File]" = WeakKeyDictionary()
_MAKING_FILE = Lock()


def make_private_file(path: Path) -> None:
    """Make a file that its owner alone may read and write, or make it one. Where that cannot be, it stays as it is.

    A file that is there is not opened: closing it would end every lock that this process holds on it, as SQLite's
    locks are those of POSIX.
    """
    with suppress(OSError), _MAKING_FILE:  # nobody opens a file here before whoever made it has closed it
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        except FileExistsError:
            status = path.lstat()
            if stat.S_ISREG(status.st_mode) and stat.S_IMODE(status.st_mode) & 0o077:
                path.chmod(0o600)


def make_private_folder(folder: Path) -> None:
    """Make a folder that its owner alone may enter. One that is there stays as it is, but for one of our own name."""
    made = not folder.exists()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not made and folder.name == OWN_FOLDER and not folder.is_symlink():
        with suppress(OSError):
            folder.chmod(0o700)


def try_writing(engine: Engine) -> None:
    """See whether there is room beside the database, without touching it. Raises StoreUnavailableError."""
    path = _file(engine.url)
    if path is None:
        return
    try:
        with TemporaryFile(dir=path.parent) as file:
            file.write(b"\0" * ROOM)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        code = "store.full" if full else "store.cannot_open"
        raise StoreUnavailableError(code, path=str(path), words=error.strerror) from error


def _prepare_sqlite(busy_ms: int, connection: sqlite3.Connection, _record: object) -> None:
    # The driver would begin transactions by itself, and only before a write; `_begin_sqlite` says when and how.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {busy_ms}",
        "foreign_keys = ON",
        "journal_mode = WAL",
        # In WAL a power cut may lose the last commits but never the file (sqlite.org/pragma.html#pragma_synchronous).
        "synchronous = NORMAL",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later fails at once, whatever the busy timeout, if another wrote
    # in between: one that will write says so when it begins.
    writing = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """A connection that writes: committed at the end, rolled back by any exception. Raises StoreUnavailableError."""
    with _translated(engine.url), _connected(engine) as connection:
        connection = connection.execution_options(writing=True)
        with connection.begin():
            yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that sees one state of the database throughout. Raises StoreUnavailableError."""
    with _translated(engine.url), _connected(engine) as connection:
        yield connection


def _connected(engine: Engine) -> Connection:
    if (file := _FILES.get(engine)) is not None:
        file.check()
    return engine.connect()


@contextmanager
def _translated(url: URL) -> Iterator[None]:
    try:
        yield
    except (exc.SQLAlchemyError, sqlite3.Error) as error:
        raise _unavailable(error, url) from error


def _unavailable(error: Exception, url: URL) -> StoreUnavailableError:
    cause = error.orig if isinstance(error, exc.DBAPIError) else error
    # Extended codes keep the primary one in their low byte.
    number = getattr(cause, "sqlite_errorcode", None)
    code = _CODES.get(number & 0xFF) if isinstance(number, int) else None
    # What SQLite says names tables and columns, never values.
    words = str(cause) if isinstance(cause, sqlite3.Error) else type(cause).__name__
    return StoreUnavailableError(code or "store.failed", path=url.database, words=words)


def migrate(engine: Engine, *, dry_run: bool = False, scripts: Path | None = None) -> Migration:
    """Bring the tables up to date, all steps or none, after copying what is there.

    Raises StoreUnavailableError: ``store.newer`` where a newer program has written here, ``store.foreign`` where
    somebody else's tables are.
    """
    scripts = scripts or Path(__file__).parent / "migrations"
    known = revisions(scripts)
    after = known[-1]
    with reading(engine) as connection:
        before = _version(connection)
    if before == after:
        return Migration(before, after, None)
    if before is not None and before not in known:
        raise StoreUnavailableError("store.newer", path=engine.url.database, found=before, known=after)
    if dry_run:
        return Migration(before, after, None)
    with _translated(engine.url), engine.connect() as connection:
        _enforce_foreign_keys(connection, on=False)
        try:
            backup = _upgrade(connection, after, scripts)
        finally:
            _enforce_foreign_keys(connection, on=True)
    log.info("migrated before=%s after=%s backup=%s", before, after, backup)
    return Migration(before, after, backup)


def _version(connection: Connection) -> str | None:
    """The revision the tables are at, None for an empty database. The one question asked at every start."""
    tables = set(sa.inspect(connection).get_table_names())
    if "alembic_version" in tables:
        version: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
        return version
    if tables:
        raise StoreUnavailableError("store.foreign", path=connection.engine.url.database, tables=sorted(tables)[:5])
    return None


def _enforce_foreign_keys(connection: Connection, *, on: bool) -> None:
    """SQLite changes a table by copying and dropping it, which would erase all that refers to it.

    The switch does nothing inside a transaction, so it is thrown outside (sqlite.org/lang_altertable.html, section 7).
    """
    if connection.dialect.name == "sqlite":
        raw = connection.connection.dbapi_connection
        assert isinstance(raw, sqlite3.Connection)  # noqa: S101  for the type checker
        raw.execute(f"PRAGMA foreign_keys = {'ON' if on else 'OFF'}").close()


def _upgrade(connection: Connection, after: str, scripts: Path) -> Path | None:
    # Imported here because most starts need none of it, and it costs as much as SQLAlchemy itself.
    from alembic import command
    from alembic.config import Config

    connection = connection.execution_options(writing=True)
    with connection.begin():
        # Another process may have been first: from here on the database is ours alone.
        before = _version(connection)
        backup = _copy(connection.engine.url, before) if before not in (None, after) else None
        config = Config()
        config.set_main_option("script_location", str(scripts).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, after)
        if connection.dialect.name == "sqlite":
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
            if broken is not None:
                raise StoreUnavailableError("store.failed", path=connection.engine.url.database, words=str(broken[0]))
    return backup


def _copy(url: URL, before: str | None) -> Path | None:
    """Copy the file as it stands, beside itself; a half-made copy never bears the name."""
    path = _file(url)
    if path is None:
        return None
    number, target = 1, path.with_name(f"{path.name}.{before}.bak")
    while target.exists():
        number += 1
        target = path.with_name(f"{path.name}.{before}-{number}.bak")
    unfinished = target.with_name(f"{target.name}.part")
    unfinished.unlink(missing_ok=True)
    make_private_file(unfinished)
    try:
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(unfinished)) as copy:
            source.backup(copy)
        return unfinished.rename(target)
    except OSError as error:
        raise StoreUnavailableError("store.no_copy", path=str(target), words=error.strerror) from error
    except sqlite3.Error:
        unfinished.unlink(missing_ok=True)
        raise


def _file(url: URL) -> Path | None:
    """The file of an SQLite database; None for one in memory, on a server, or under a URI of its own."""
    name = url.database
    if url.get_backend_name() != "sqlite" or not name or name == ":memory:" or name.startswith("file:"):
        return None
    return Path(name)


def insert_missing(connection: Connection, table: type[DeclarativeBase], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows whose key is not there yet; leave the others as they are."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as postgresql_insert

        connection.execute(postgresql_insert(table).on_conflict_do_nothing(), rows)
    else:
        from sqlalchemy.dialects.sqlite import insert as sqlite_insert

        connection.execute(sqlite_insert(table).on_conflict_do_nothing(), rows)


def bunches(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """The values in runs short enough for one IN list."""
    for start in range(0, len(values), BUNCH):
        yield values[start : start + BUNCH]
