"""A database file of its own for every test, already up to date, and short ways to fill it."""

import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.engine import Connection, Engine

from bot.digest.document import Document
from bot.digest.model import Digest, Entry, Shape, StoredEntry
from bot.store.database import migrate, open_database
from bot.store.digests import Digests
from bot.store.shelf import SaveReport

NOW = datetime(2024, 4, 12, 9, tzinfo=UTC)
DAY = date(2024, 4, 12)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/paperround.db"


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database, up to date: copying it is faster than making it."""
    path = tmp_path_factory.mktemp("migrated") / "empty.db"
    engine = open_database(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()
    return path


@pytest.fixture
def engine(url: str, tmp_path: Path, migrated: Path) -> Iterator[Engine]:
    shutil.copy(migrated, tmp_path / "paperround.db")
    engine = open_database(url)
    yield engine
    engine.dispose()


class FakeIndex:
    """Remembers what it was told, by id."""

    def __init__(self) -> None:
        self.entries: dict[int, StoredEntry] = {}

    def update(self, connection: Connection, entries: Sequence[StoredEntry]) -> None:
        assert connection.in_transaction()
        self.entries |= {entry.id: entry for entry in entries}

    def remove(self, connection: Connection, ids: Sequence[int]) -> None:
        assert connection.in_transaction()
        for one in ids:
            del self.entries[one]


class Curator:
    """Writes documents into the store, and looks at what became of them."""

    def __init__(self, engine: Engine) -> None:
        self.index = FakeIndex()
        self.digests = Digests(engine, self.index)

    def write(
        self,
        uri: str,
        *entries: Entry,
        day: date = DAY,
        shape: Shape = "note",
        now: datetime = NOW,
        source: str = "vault",
        title: str = "",
    ) -> SaveReport:
        """Save one document. Its bytes follow from what it says."""
        return self.digests.save(source, [self.document(uri, *entries, day=day, shape=shape, title=title)], now)

    def document(
        self, uri: str, *entries: Entry, day: date = DAY, shape: Shape = "note", title: str = ""
    ) -> tuple[Document, Digest]:
        digest = Digest(day, title, entries, shape)
        data = repr(digest).encode("utf-8", "replace")
        return Document(uri, uri.rpartition("/")[2], data, hashlib.sha256(data).hexdigest()), digest

    def lose(self, *uris: str, now: datetime = NOW, source: str = "vault") -> int:
        """The documents are missing at two ticks."""
        first = self.digests.mark_missing(source, uris, now + timedelta(minutes=1))
        return first + self.digests.mark_missing(source, uris, now + timedelta(minutes=2))

    def day(self, day: date = DAY, source: str | None = "vault") -> list[StoredEntry]:
        digest = self.digests.load_day(source, day)
        return list(digest.entries) if digest else []

    def titles(self, day: date = DAY) -> list[str]:
        return [entry.entry.title for entry in self.day(day)]


@pytest.fixture
def curator(engine: Engine) -> Curator:
    return Curator(engine)


@pytest.fixture
def new_curator(tmp_path: Path, migrated: Path) -> Iterator[Callable[[], Curator]]:
    """A curator with a database of their own, as often as asked."""
    engines: list[Engine] = []

    def make() -> Curator:
        path = tmp_path / f"{len(engines)}.db"
        shutil.copy(migrated, path)
        engines.append(open_database(f"sqlite:///{path}"))
        return Curator(engines[-1])

    yield make
    for engine in engines:
        engine.dispose()
