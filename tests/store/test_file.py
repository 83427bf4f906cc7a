"""The database's file: whose it is, and whether it is still the one that was opened."""

import errno
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.errors import StoreUnavailableError
from bot.store.database import _copy, migrate, open_database, reading, transaction, try_writing


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_nobody_else_may_read_what_is_remembered(tmp_path: Path) -> None:
    path = tmp_path / "new" / "paperround.db"
    previous = os.umask(0)
    try:
        engine = open_database(f"sqlite:///{path}")
        migrate(engine)
        with transaction(engine) as connection:
            connection.execute(sa.text("CREATE TABLE probe (x)"))
        copy = _copy(engine.url, "0001")
    finally:
        os.umask(previous)
    assert copy is not None
    files = [path, path.with_name("paperround.db-wal"), path.with_name("paperround.db-shm"), copy]
    assert {file.name: oct(mode(file)) for file in files} == dict.fromkeys([file.name for file in files], "0o600")
    assert mode(path.parent) == 0o700
    engine.dispose()


def test_a_new_connection_ends_no_lock_of_another(tmp_path: Path) -> None:
    path = tmp_path / "paperround.db"
    engine = open_database(f"sqlite:///{path}")
    with transaction(engine) as connection:
        connection.execute(sa.text("CREATE TABLE probe (x)"))
    other = (
        "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None).execute('BEGIN IMMEDIATE')"
    )
    with transaction(engine) as connection:
        connection.execute(sa.text("INSERT INTO probe VALUES (1)"))
        with reading(engine) as reader:
            reader.execute(sa.text("SELECT * FROM probe"))
        refused = subprocess.run([sys.executable, "-c", other, str(path)], capture_output=True, text=True, check=False)
    assert "database is locked" in refused.stderr
    engine.dispose()


def test_what_an_older_version_made_readable_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    path = folder / "paperround.db"
    path.touch(mode=0o644)
    path.chmod(0o644)
    engine = open_database(f"sqlite:///{path}")
    migrate(engine)
    assert (mode(path), mode(folder)) == (0o600, 0o700)
    engine.dispose()


def test_a_folder_that_is_somebody_elses_stays_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o755)
    migrate(engine := open_database(f"sqlite:///{folder}/paperround.db"))
    assert mode(folder) == 0o755
    engine.dispose()


def delete(path: Path) -> None:
    path.unlink()


def replace(path: Path) -> None:
    shutil.copy(path, path.with_name("other.db"))
    path.with_name("other.db").replace(path)


def move_folder(path: Path) -> None:
    path.parent.rename(path.parent.with_name("elsewhere"))


def empty(path: Path) -> None:
    path.unlink()
    path.touch()


@pytest.mark.parametrize("act", [delete, replace, move_folder, empty])
def test_a_file_that_vanished_is_noticed_before_anything_is_read_or_written(
    tmp_path: Path, act: Callable[[Path], None]
) -> None:
    path = tmp_path / "here" / "paperround.db"
    engine = open_database(f"sqlite:///{path}")
    migrate(engine)
    act(path)
    for way in (reading, transaction):
        with pytest.raises(StoreUnavailableError) as caught, way(engine) as connection:
            connection.execute(sa.text("SELECT 1"))
        assert caught.value.code == "store.vanished"
    assert path.exists() == (act in (replace, empty)), "no new file is made in its place"
    engine.dispose()


def test_the_same_file_is_no_other_after_a_reconnection(engine: Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(sa.text("CREATE TABLE probe (x)"))
    engine.dispose()
    with reading(engine) as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM probe")).scalar() == 0


def test_a_full_disk_is_seen_without_touching_the_database(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    try_writing(engine)

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("bot.store.database.os.fsync", full)
    with pytest.raises(StoreUnavailableError) as caught:
        try_writing(engine)
    assert caught.value.code == "store.full"
