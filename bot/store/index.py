"""The index for look-ups: field strings of every entry, and a full-text table over their tokens.

Derived from the entries and made by itself, outside of the migrations: it is made again when the rules of
`search/words.py` change. Here it is written, in SQLite's own SQL; `archive` asks it.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from datetime import date
from functools import lru_cache
from operator import itemgetter

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.digest.model import StoredEntry
from bot.search import tree as nodes
from bot.search.engine import Found, find, telling
from bot.search.fields import FIELDS, TAG_MARK, EntryFields, read_fields, tags_of
from bot.search.glossary import Glossary
from bot.search.grammar import Query
from bot.search.reading import Reading, read
from bot.search.related import Linked, Related, related
from bot.search.sound import sounds
from bot.search.words import (
    BREAK,
    RULES_VERSION,
    field_tokens,
    initials,
    latin_words,
    own_length,
    stem,
)
from bot.store import tables
from bot.store.archive import SqliteArchive, entry_of, meta_of, rows_of
from bot.store.candidates import A_DAY
from bot.store.database import bunches, reading, transaction
from bot.store.entries import load
from bot.store.linked import linked_by_notes
from bot.store.near import nearest_tags, nearest_words

log = logging.getLogger(__name__)

LAYOUT_VERSION = 7
"""Of the tables in this file, and of the marks in them."""

REBUILT_AT_ONCE = 500
SHORTEST_HEARD = 4
"""Letters of a word that somebody may spell in Hangul by its sound."""

_TABLES = (
    """CREATE TABLE entry_index (
        place INTEGER PRIMARY KEY, id INTEGER NOT NULL UNIQUE, key TEXT NOT NULL,
        title TEXT NOT NULL, tags TEXT NOT NULL, authors TEXT NOT NULL, abstract TEXT NOT NULL,
        commentary TEXT NOT NULL, marks TEXT NOT NULL)""",
    # No content and no column sizes: it is asked for places and for nothing else. Its tokens are the ones given, space
    # between them: every other ASCII character they hold must be named.
    """CREATE VIRTUAL TABLE entry_index_fts USING fts5(
        title, tags, authors, abstract, commentary, marks,
        content='', columnsize=0, detail=column, tokenize="ascii tokenchars '.:'")""",
    "CREATE TABLE entry_index_term (term TEXT PRIMARY KEY, entries INTEGER NOT NULL) WITHOUT ROWID",
    """CREATE TABLE entry_index_acronym (short TEXT NOT NULL, long TEXT NOT NULL, entries INTEGER NOT NULL,
        PRIMARY KEY (short, long)) WITHOUT ROWID""",
    "CREATE TABLE entry_index_tag (mark TEXT PRIMARY KEY, papers INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE entry_index_sound (sound TEXT, word TEXT, PRIMARY KEY (sound, word)) WITHOUT ROWID",
    "CREATE TABLE entry_index_meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
)
_NAMES = (
    "entry_index_fts", "entry_index", "entry_index_term", "entry_index_acronym", "entry_index_sound",
    "entry_index_tag", "entry_index_meta",
)  # fmt: skip
_PUT_IN = """INSERT INTO entry_index_fts (rowid, title, tags, authors, abstract, commentary, marks)
    VALUES (?, ?, ?, ?, ?, ?, ?)"""
# A table without content forgets a row when it is told again exactly what the row held (sqlite.org/fts5.html, 6.3).
_TAKE_OUT = """INSERT INTO entry_index_fts
    (entry_index_fts, rowid, title, tags, authors, abstract, commentary, marks)
    VALUES ('delete', ?, ?, ?, ?, ?, ?, ?)"""


class Index:
    """Finds entries. `update` runs inside the transaction that changes the entries, after they are changed."""

    def __init__(self, engine: Engine, glossary: Callable[[], Glossary] = Glossary) -> None:
        self._engine = engine
        self._glossary = glossary

    def ensure(self, progress: Callable[[int, int], None] | None = None) -> bool:
        """Make the index if it is missing or of other rules; whether it was made. Call after `migrate`."""
        with reading(self._engine) as connection:
            if _version(connection) == _wanted_version():
                return False
        self.rebuild(progress)
        return True

    def rebuild(self, progress: Callable[[int, int], None] | None = None) -> int:
        """Make the index again from the entries; how many it holds. ``progress`` is told done and all."""
        with transaction(self._engine) as connection:
            for name in _NAMES:
                connection.exec_driver_sql(f"DROP TABLE IF EXISTS {name}")
            for statement in _TABLES:
                connection.exec_driver_sql(statement)
            _add_to_meta(connection, {"version": _wanted_version()})
            entry, digest = tables.Entry, tables.Digest
            chosen = sa.select(entry.id).join(digest).where(entry.withdrawn_at.is_(None))
            ids = list(connection.scalars(chosen.order_by(digest.day, entry.position)))
            for start in range(0, len(ids), REBUILT_AT_ONCE):
                some = ids[start : start + REBUILT_AT_ONCE]
                self.update(connection, load(connection, tables.Entry.id.in_(some)))
                if progress:
                    progress(min(start + REBUILT_AT_ONCE, len(ids)), len(ids))
            connection.exec_driver_sql("INSERT INTO entry_index_fts (entry_index_fts) VALUES ('optimize')")
        log.info("reindexed entries=%d", len(ids))
        return len(ids)

    def update(self, connection: Connection, entries: Sequence[StoredEntry]) -> None:
        """Let these entries be found as they are now; withdrawn ones not at all.

        Call once for all changes of a transaction: the papers of a tag are counted by the keys that entries have now.
        """
        in_order = sorted(entries, key=lambda entry: (entry.day, entry.position))
        kept = {entry.id: read_fields(entry) for entry in in_order if not entry.withdrawn}
        before = _fields(connection, [entry.id for entry in entries])
        same = {id for id, (_, fields) in before.items() if kept.get(id) == fields}
        _remove(connection, {id: row for id, row in before.items() if id not in same})
        places = {id: place for id, (place, _) in before.items()}
        _insert(connection, [fields for id, fields in kept.items() if id not in same], places)
        _add_sounds(connection, [entry for entry in entries if entry.id in kept.keys() - same])

    def search(self, query: Query, limit: int = 1000) -> Found:
        """Papers that match the query, at most ``limit``, and where those are few, papers that come close."""
        with reading(self._engine) as connection:
            return find(query, SqliteArchive(connection), self._glossary(), limit)

    def understand(self, query: Query, close: Sequence[int] = ()) -> Reading | None:
        """What the words of a query were looked for as, for a page of what `search` found; None as there.

        ``close`` are the close matches it found.
        """
        if not query.ranks:
            return None
        with reading(self._engine) as connection:
            understood = read(query.tree, SqliteArchive(connection), self._glossary())
            return telling(understood, [fields for _, fields in _fields(connection, close).values()])

    def related(self, papers: Sequence[StoredEntry], *, outside: date | None = None, most: int = 10) -> list[Related]:
        """The papers nearest to these, and why; as `search.related` has it."""
        with reading(self._engine) as connection:
            archive = SqliteArchive(connection)
            named, naming = linked_by_notes(connection, [paper.key for paper in papers])
            there = _fields(connection, [*named, *naming, *(paper.id for paper in papers)])
            fields = {id: fields for id, (_, fields) in there.items()}
            mine = [fields.get(paper.id) or read_fields(paper) for paper in papers]
            ends = [[fields[id] for id in ids if id in fields] for ids in (named, naming)]
            return related(papers, mine, archive, Linked(*ends), outside=outside, most=most)

    def nearest_tags(self, text: str, n: int = 5) -> list[str]:
        """Tags that begin with, hold, or are a slip away from one of the words; the most used spelling of each."""
        with reading(self._engine) as connection:
            return nearest_tags(connection, text, n)

    def nearest_words(self, asked: Sequence[nodes.Asked], n: int = 3) -> list[str]:
        """As `near.nearest_words` has it."""
        with reading(self._engine) as connection:
            return nearest_words(connection, asked, n)


def _wanted_version() -> int:
    return LAYOUT_VERSION * 1000 + RULES_VERSION


def _version(connection: Connection) -> int | None:
    named = "SELECT 1 FROM sqlite_master WHERE name = 'entry_index_meta'"
    if connection.exec_driver_sql(named).first() is None:
        return None
    return meta_of(connection).get("version")


def _add_to_meta(connection: Connection, values: Mapping[str, int]) -> None:
    connection.exec_driver_sql(
        "INSERT INTO entry_index_meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
        list(values.items()),
    )


# What the index holds


def _fields(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[int, EntryFields]]:
    """Place and fields of the indexed among these entries."""
    return {row[1]: (row[0], entry_of(row)) for row in rows_of(connection, ids)}


def _insert(connection: Connection, entries: Sequence[EntryFields], places: Mapping[int, int]) -> None:
    """Add entries, on the place an entry had before where its day is the same."""
    if not entries:
        return
    kept = {place for entry in entries if (place := places.get(entry.id, 0)) // A_DAY == entry.day.toordinal()}
    free: dict[date, int] = {}
    placed: list[tuple[int, EntryFields]] = []
    # From the last to the first: newest first then shows a day's papers in the curator's order.
    for entry in reversed(entries):
        place = places.get(entry.id, 0)
        if place not in kept:
            place = free.get(entry.day) or _free_place(connection, entry.day, kept)
            free[entry.day] = place + 1
        if place // A_DAY == entry.day.toordinal():
            placed.append((place, entry))
        else:
            log.error("not indexed, the day is full day=%s entry=%d; split its document", entry.day, entry.id)
    _count_papers(connection, [entry for _, entry in placed], 1)
    placed.sort(key=itemgetter(0))  # pages are filled to the end only by rows that come in order
    connection.exec_driver_sql(
        "INSERT INTO entry_index VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(place, entry.id, entry.key, *entry.words, entry.marks) for place, entry in placed],
    )
    _count(connection, _post(connection, placed), [entry for _, entry in placed], 1)


def _free_place(connection: Connection, day: date, kept: Set[int]) -> int:
    """The first place of a day after all that are taken or kept."""
    first = day.toordinal() * A_DAY
    last = connection.exec_driver_sql(
        "SELECT max(place) FROM entry_index WHERE place BETWEEN ? AND ?", (first, first + A_DAY - 1)
    ).scalar()
    of_day = [place for place in kept if place // A_DAY == day.toordinal()]
    return max([first - 1, *of_day, *([] if last is None else [int(last)])]) + 1


def _remove(connection: Connection, rows: Mapping[int, tuple[int, EntryFields]]) -> None:
    if not rows:
        return
    terms = _post(connection, list(rows.values()), delete=True)
    connection.exec_driver_sql("DELETE FROM entry_index WHERE place = ?", [(place,) for place, _ in rows.values()])
    _count_papers(connection, [fields for _, fields in rows.values()], -1)
    _count(connection, terms, [fields for _, fields in rows.values()], -1)


def _post(connection: Connection, rows: Iterable[tuple[int, EntryFields]], *, delete: bool = False) -> Counter[str]:
    """Write these entries to the full-text table, or take them out; how many of them hold each token."""
    terms: Counter[str] = Counter()
    posted = []
    for place, entry in rows:
        columns = [field_tokens(text) for text in entry.words]
        terms.update(set().union(*columns, tags_of(entry)))
        posted.append((place, *(" ".join(column) for column in columns), entry.marks))
    statement = _TAKE_OUT if delete else _PUT_IN
    connection.exec_driver_sql(statement, posted)
    return terms


def _count_papers(connection: Connection, entries: Sequence[EntryFields], sign: int) -> None:
    """Add to the number of papers of each tag, or take from it, beside the entries that the index holds now.

    A paper of two days is one: it counts with the first of its entries that has the tag.
    """
    held: dict[str, set[str]] = {entry.key: set() for entry in entries}
    joined = "SELECT entry.key, marks FROM entry JOIN entry_index ON entry_index.id = entry.id"
    for some in bunches(sorted(held)):
        asked = f"{joined} WHERE entry.key IN ({', '.join('?' * len(some))})"
        for key, marks in connection.exec_driver_sql(asked, tuple(some)).all():
            held[key].update(mark for mark in marks.split() if mark.startswith(TAG_MARK))
    papers: Counter[tuple[str, ...]] = Counter()
    for entry in entries:
        new = set(tags_of(entry)) - held[entry.key]
        held[entry.key] |= new
        papers.update((mark,) for mark in new)
    _add_to(connection, "entry_index_tag", ("mark",), {k: sign * n for k, n in papers.items()}, "papers")


def _count(connection: Connection, terms: Counter[str], entries: Sequence[EntryFields], sign: int) -> None:
    """Add to what is known of all entries together, or take from it."""
    acronyms = Counter(pair for entry in entries for pair in set(_acronyms(entry)))
    _add_to(connection, "entry_index_term", ("term",), {(term,): sign * times for term, times in terms.items()})
    _add_to(connection, "entry_index_acronym", ("short", "long"), {k: sign * times for k, times in acronyms.items()})
    totals = {"entries": sign * len(entries)}
    for at, name in enumerate(FIELDS):
        texts = [entry.words[at] for entry in entries if entry.words[at]]
        totals[f"{name}.filled"] = sign * len(texts)
        totals[f"{name}.chars"] = sign * sum(map(own_length, texts))
    _add_to_meta(connection, totals)


def _add_to(
    connection: Connection,
    table: str,
    columns: Sequence[str],
    counts: Mapping[tuple[str, ...], int],
    count: str = "entries",
) -> None:
    """Add to the counts, and forget what none holds any more."""
    if not counts:
        return
    marks = ", ".join("?" * (len(columns) + 1))
    connection.exec_driver_sql(
        f"INSERT INTO {table} VALUES ({marks}) ON CONFLICT ({', '.join(columns)})"  # noqa: S608  our names
        f" DO UPDATE SET {count} = {count} + excluded.{count}",
        [(*names, times) for names, times in sorted(counts.items())],
    )
    gone = [names for names, times in counts.items() if times < 0]
    if gone:
        same = " AND ".join(f"{column} = ?" for column in columns)
        connection.exec_driver_sql(f"DELETE FROM {table} WHERE {same} AND {count} <= 0", gone)  # noqa: S608  our names


def _acronyms(entry: EntryFields) -> Iterator[tuple[str, str]]:
    """The first letters of each tag of several words, and the tag."""
    for tag in entry.tags.split(BREAK):
        short = initials(tag)
        if short:
            yield short, tag.strip()


def _add_sounds(connection: Connection, entries: Iterable[StoredEntry]) -> None:
    """Remember how the words of titles and tags sound. It is not forgotten when the last entry with a word goes."""
    texts = [text for stored in entries for text in (stored.entry.title, *stored.entry.tags)]
    heard = {(sound, word) for text in texts for word in latin_words(text) for sound in _sounds(word)}
    if heard:
        connection.exec_driver_sql("INSERT OR IGNORE INTO entry_index_sound VALUES (?, ?)", sorted(heard))


@lru_cache(maxsize=1 << 14)
def _sounds(word: str) -> frozenset[str]:
    """The keys of a word and of its stem: people leave the ending out."""
    return frozenset(sounds(word) + sounds(stem(word))) if len(word) >= SHORTEST_HEARD else frozenset()
