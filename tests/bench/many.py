"""Archives of any size, made of the vault's notes, for benches."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.digest.keys import entry_key, tag_key, title_key
from bot.digest.model import Entry, Paragraph, StoredEntry
from bot.store import tables as t
from bot.store.database import transaction
from bot.store.entries import fields

AT_ONCE = 2_000
LAST = date(2025, 12, 31)
YEARS = 20
FEWEST_A_DAY = 9
REPLACED = 8
"""One word in so many becomes another of the corpus."""
COINED = 200
"""One word in so many becomes a word that nobody wrote."""


class Mixer:
    """Draws entries: title, abstract and commentary of three notes, some words of each replaced."""

    def __init__(self, notes: Sequence[StoredEntry], seed: int = 1) -> None:
        self._random = random.Random(seed)
        entries = [note.entry for note in notes]
        self._titled = entries
        self._abstracts = [entry.abstract for entry in entries]
        self._commented = [entry.commentary for entry in entries]
        self._tagged = [entry.tags for entry in entries]
        self._names = [name.split() for entry in entries for name in entry.authors if " " in name]
        texts = (p.text for entry in entries for p in entry.commentary)
        self._words = [word for some in (*texts, *(a for e in entries for a in e.abstract)) for word in some.split()]

    def draw(self, number: int) -> Entry:
        """Entry ``number``: no two are one paper."""
        titled = self._random.choice(self._titled)
        size = self._random.choice((len(titled.authors), 3, 5, 8))
        return Entry(
            title=self._mixed(titled.title),
            authors=tuple(self._name() for _ in range(size)) if self._names else (),
            links=(f"https://arxiv.org/abs/{number // 100_000:04}.{number % 100_000:05}",),
            abstract=tuple(map(self._mixed, self._random.choice(self._abstracts))),
            commentary=tuple(Paragraph(self._mixed(p.text), p.lang) for p in self._random.choice(self._commented)),
            tags=self._random.choice(self._tagged),
        )

    def _name(self) -> str:
        one, other = self._random.choice(self._names), self._random.choice(self._names)
        return f"{one[0]} {other[-1]}"

    def _mixed(self, text: str) -> str:
        words = text.split(" ")
        for _ in range(-(-len(words) // REPLACED)):
            words[self._random.randrange(len(words))] = self._random.choice(self._words)
        if self._random.random() < len(words) / COINED:
            at = self._random.randrange(len(words))
            letters = list(words[at])
            self._random.shuffle(letters)
            words[at] = "".join(letters)
        return " ".join(words)


def fill(engine: Engine, notes: Sequence[StoredEntry], entries: int) -> Iterator[int]:
    """Write so many entries to an empty database, without the index; yields how many there are so far."""
    mixer = Mixer(notes)
    a_day = max(FEWEST_A_DAY, entries // (365 * YEARS))
    days = -(-entries // a_day)
    tags = {key: id for id, key in enumerate(sorted({tag_key(tag) for note in notes for tag in note.entry.tags}), 1)}
    now = datetime(LAST.year, LAST.month, LAST.day, tzinfo=UTC)
    with transaction(engine) as connection:
        connection.execute(sa.insert(t.Tag), [{"id": id, "key": key} for key, id in tags.items()])
        connection.execute(
            sa.insert(t.Digest), [_digest(at + 1, LAST - timedelta(days - 1 - at), now) for at in range(days)]
        )
    for start in range(0, entries, AT_ONCE):
        some = [(number, mixer.draw(number)) for number in range(start + 1, min(start + AT_ONCE, entries) + 1)]
        with transaction(engine) as connection:
            connection.execute(sa.insert(t.Entry), [_row(number, entry, a_day, now) for number, entry in some])
            connection.execute(sa.insert(t.EntryLink), [_link(number, entry) for number, entry in some])
            tagged = [row for number, entry in some for row in _tags(number, entry, tags)]
            connection.execute(sa.insert(t.EntryTag), tagged)
        yield start + len(some)


def _digest(id: int, day: date, now: datetime) -> dict[str, object]:
    moments = dict.fromkeys(("ready_at", "changed_at", "settled_at"), now)
    return {"id": id, "source": "vault", "day": day, "title": day.isoformat(), **moments}


def _row(number: int, entry: Entry, a_day: int, now: datetime) -> dict[str, object]:
    digest, position = divmod(number - 1, a_day)
    place = {"id": number, "digest_id": digest + 1, "position": position, "changed_at": now, "withdrawn_at": None}
    return place | {"key": entry_key(entry), "title_key": title_key(entry.title)} | fields(entry)


def _link(number: int, entry: Entry) -> dict[str, object]:
    return {"entry_id": number, "position": 0, "url": entry.links[0], "paper_id": entry_key(entry)}


def _tags(number: int, entry: Entry, ids: dict[str, int]) -> list[dict[str, object]]:
    spellings = {tag_key(tag): tag for tag in entry.tags}
    return [
        {"entry_id": number, "tag_id": ids[key], "position": at, "spelling": tag}
        for at, (key, tag) in enumerate(spellings.items())
    ]
