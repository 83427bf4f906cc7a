"""A database file of its own for every test, already up to date, and short ways to fill it."""

import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.delivery.outbox import Claim, Edition, Place
from bot.digest.document import Document
from bot.digest.model import Digest, Entry, Shape, StoredEntry
from bot.messages.content import Content, DayMessage
from bot.plan.subscription import Layout, Subscription
from bot.store import tables as t
from bot.store.database import migrate, open_database, transaction
from bot.store.digests import Digests
from bot.store.index import Index
from bot.store.outbox import Outbox
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
    """Remembers what it was told, by id, and tells the index of its database."""

    def __init__(self, engine: Engine) -> None:
        self.entries: dict[int, StoredEntry] = {}
        self._engine = engine
        self._index = Index(engine)
        self._index.ensure()

    def update(self, connection: Connection, entries: Sequence[StoredEntry]) -> None:
        assert connection.in_transaction()
        for entry in entries:
            if entry.withdrawn:
                del self.entries[entry.id]
            else:
                self.entries[entry.id] = entry
        if connection.engine is self._engine:
            self._index.update(connection, entries)


class Curator:
    """Writes documents into the store, and looks at what became of them."""

    def __init__(self, engine: Engine) -> None:
        self.index = FakeIndex(engine)
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


def content(text: str) -> Content:
    return Content(text, ({"type": "section", "text": {"type": "mrkdwn", "text": text}},))


def papers(
    entries: Sequence[StoredEntry], replies: int = 1, said: str = "", parts: dict[str, int] | None = None
) -> list[DayMessage]:
    """A line, then a card for each paper with its replies. All of them say ``said``; ``parts`` are replies by key."""
    messages = [DayMessage(content(f"line of {len(entries)}"), None, None, 0)]
    for entry in entries:
        messages.append(DayMessage(content(f"{entry.key}{said}"), entry.id, entry.key, 0))
        for part in range(1, (parts or {}).get(entry.key, replies) + 1):
            words = content(f"{entry.key}.{part}{said}")
            messages.append(DayMessage(words, entry.id, entry.key, part, parent=(entry.key, 0)))
    return messages


def listed(entries: Sequence[StoredEntry], said: str = "") -> list[DayMessage]:
    """A line that names the papers, and one reply for each."""
    named = "line " + " ".join(entry.key for entry in entries)
    return [
        DayMessage(content(named), None, None, 0),
        *(DayMessage(content(f"{one.key}{said}"), one.id, one.key, 0, parent=(None, 0)) for one in entries),
    ]


class Press:
    """Days with papers, laid out by hand: what `messages` says of them is no matter here."""

    papers = staticmethod(papers)

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.outbox = Outbox(engine)
        self.place = Place("T1", "C1")
        self.moment = NOW
        self.sent: list[Claim] = []

    def entry(self, key: str, day: date = DAY, source: str = "vault") -> StoredEntry:
        """A paper of a day that is ready."""
        g, e = t.Digest, t.Entry
        with transaction(self.engine) as connection:
            digest = connection.scalar(sa.select(g.id).where(g.source == source, g.day == day))
            if digest is None:
                values = {"source": source, "day": day, "title": "", "ready_at": NOW, "changed_at": NOW}
                digest = connection.scalar(sa.insert(g).values(values | {"settled_at": NOW}).returning(g.id))
            position = connection.scalar(sa.select(sa.func.count()).where(e.digest_id == digest))
            values = {"key": key, "title_key": key, "title": key, "authors": [], "abstract": [], "commentary": []}
            values |= {"digest_id": digest, "position": position, "changed_at": NOW}
            one = connection.scalar(sa.insert(e).values(values).returning(e.id))
        return StoredEntry(one, key, source, day, position, Entry(key))

    def entries(self, *keys: str, day: date = DAY) -> list[StoredEntry]:
        return [self.entry(key, day) for key in keys]

    def edition(
        self, place: Place | None = None, query: str = "", layout: Layout = "papers", day: date = DAY
    ) -> Edition:
        """What is written down, else one to be begun."""
        place = place or self.place
        there = self.outbox.edition(place, "vault", day, query)
        return there or Edition(place, "vault", day, query, layout)

    def lay(
        self,
        entries: Sequence[StoredEntry],
        messages: Sequence[DayMessage] | None = None,
        place: Place | None = None,
        query: str = "",
        layout: Layout = "papers",
        day: date = DAY,
        subscription: Subscription | None = None,
        edit_since: datetime = NOW - timedelta(days=14),
        unchanged: Sequence[StoredEntry] = (),
        **what: object,
    ) -> int | None:
        edition = self.edition(place, query, layout, day)
        if messages is None:
            messages = papers(entries, **what) if edition.layout == "papers" else listed(entries, **what)
        return self.outbox.lay(
            edition,
            messages if entries else (),
            entries,
            NOW,
            edit_since=edit_since,
            unchanged=[entry.id for entry in unchanged],
            subscription=subscription,
        )

    def claim(self, owner: str = "me") -> Claim | None:
        return self.outbox.claim_next(owner, self.moment, self.moment + timedelta(seconds=18))

    def send(self, claim: Claim) -> str:
        """It is done, and the next may go a second later."""
        self.sent.append(claim)
        ts = claim.target_ts or f"{self.moment.timestamp() + len(self.sent) / 1000:.6f}"
        self.outbox.confirm(claim, ts, self.moment + timedelta(seconds=1), self.moment)
        return ts

    def send_next(self) -> Claim:
        claim = self.claim()
        assert claim is not None
        self.send(claim)
        self.moment += timedelta(seconds=1)
        return claim

    def send_all(self, most: int = 1000) -> list[Claim]:
        """What goes out, one after the other."""
        sent: list[Claim] = []
        while len(sent) < most and (claim := self.claim()) is not None:
            self.send(claim)
            sent.append(claim)
            self.moment += timedelta(seconds=1)
        return sent

    def said(self, most: int = 1000) -> list[str]:
        return [claim.content.text for claim in self.send_all(most)]


@pytest.fixture
def press(engine: Engine) -> Press:
    return Press(engine)
