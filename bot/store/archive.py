"""Asks the index of SQLite: how many entries hold a token, which entries may match a tree.

Its full-text table only proposes entries, newest first, as `candidates` says.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, CursorResult

from bot.search import tree as nodes
from bot.search.archive import Matching, Totals
from bot.search.fields import FIELDS, EntryFields
from bot.search.tree import Node
from bot.search.words import needles, tokens_in
from bot.store import tables
from bot.store.candidates import A_DAY, Candidates, begins, flat, joined, words_of
from bot.store.database import bunches

LOOKED_AT = 20_000
"""Candidates that are looked at one by one: a quarter of a second."""
COMMON = 100_000
"""Entries that hold a word, from which on it costs a millisecond to look for."""
FEW_ENOUGH = 200
"""Candidates, were words independent of each other, that are cheaper to check for a common word than to look for it."""
MOST_LONG_FORMS = 3
"""Of one acronym: the tags most used."""
COLUMNS = ("id", "key", *FIELDS, "marks")


class SqliteArchive:
    """The `Archive` of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._meta = meta_of(connection)  # begins the transaction, so that everything asked is of one moment
        self._cursor = connection.connection.cursor()

    def totals(self) -> Totals:
        meta = self._meta
        lengths = [meta.get(f"{name}.chars", 0) / max(1, meta.get(f"{name}.filled", 0)) or 1.0 for name in FIELDS]
        return Totals(meta.get("entries", 0), tuple(lengths))

    def frequencies(self, tokens: Iterable[str]) -> Mapping[str, int]:
        found: dict[str, int] = {}
        for some in bunches(sorted(set(tokens))):
            marks = ", ".join("?" * len(some))
            statement = f"SELECT term, entries FROM entry_index_term WHERE term IN ({marks})"  # noqa: S608  only marks
            found.update(self._rows(statement, *some))
        return found

    def beginning(self, start: str, shortest: int, longest: int) -> Mapping[str, int]:
        return dict(
            self._rows(
                "SELECT term, entries FROM entry_index_term"
                " WHERE term >= ? AND term < ? AND length(term) BETWEEN ? AND ?",
                start,
                start[:-1] + chr(ord(start[-1]) + 1),
                shortest,
                longest,
            )
        )

    def long_forms(self, acronyms: Iterable[str]) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = {}
        for some in bunches(sorted(set(acronyms))):
            marks = ", ".join("?" * len(some))
            statement = (
                f"SELECT short, long FROM entry_index_acronym WHERE short IN ({marks})"  # noqa: S608  only marks
                " ORDER BY entries DESC, long"
            )
            for short, long in self._rows(statement, *some):
                found.setdefault(short, []).append(long)
        return {short: tags[:MOST_LONG_FORMS] for short, tags in found.items()}

    def sounding(self, keys: Iterable[str]) -> Sequence[str]:
        some = sorted(set(keys))
        marks = ", ".join("?" * len(some))
        statement = f"SELECT DISTINCT word FROM entry_index_sound WHERE sound IN ({marks})"  # noqa: S608  only marks
        return [word for (word,) in self._rows(statement, *some)]

    def matching(self, tree: Node | None, limit: int, *, ranked: int, oldest: bool) -> Matching:
        wanted = Candidates.of(tree, self._common(tree))
        collect = _collect if wanted.unchecked is None else _check
        return collect(self._connection, wanted, limit, ranked=ranked, oldest=oldest)

    def _common(self, tree: Node | None) -> frozenset[Node]:
        """Of the words that must be there those of very many entries, where the rarer ones leave few candidates."""
        entries = self._meta.get("entries", 0)
        words = [part for part in flat(tree) if isinstance(part, nodes.Word)]
        if len(words) < 3 or entries < COMMON:
            return frozenset()
        found = {word: [tokens_in(needle) for needle in needles(word.text)] for word in words}
        held = self.frequencies(token for some in found.values() for tokens in some for token in tokens)

        def holding(word: nodes.Word) -> int:
            return sum(min(entries if begins(token) else held.get(token, 0) for token in some) for some in found[word])

        candidates = float(entries)
        common = set[Node]()
        for held_by, word in sorted(((holding(word), word) for word in words), key=itemgetter(0)):
            if candidates <= FEW_ENOUGH and held_by >= COMMON:
                common.add(word)
            candidates *= held_by / entries
        return frozenset(common)

    def newest(self, wanted: Node, most: int) -> list[EntryFields]:
        candidates = Candidates.of(wanted)
        found: dict[str, EntryFields] = {}
        with closing(_candidates(self._connection, candidates, ranked=most, oldest=False)) as rows:
            for row in rows:
                if len(row) <= 3 or len(found) >= most:
                    break
                entry = entry_of(row)
                if candidates.unchecked is None or candidates.unchecked.holds(entry):
                    found.setdefault(entry.key, entry)
        return list(found.values())

    def places(self, firm: Node | None, texts: Sequence[str], most: int, *, heading: bool = False) -> Sequence[int]:
        wanted = Candidates.of(firm)
        if wanted.first > wanted.last:
            return []
        expression = joined(" OR ", [words_of(text, "")[0] for text in texts])
        if heading:
            expression = f"{{title tags authors}} : {expression}"
        if firm is not None:
            expression = f"({wanted.expression} AND ({expression}))"
        rows = self._rows(
            "SELECT rowid FROM entry_index_fts WHERE entry_index_fts MATCH ? AND rowid BETWEEN ? AND ?"
            " ORDER BY rowid DESC LIMIT ?",
            expression,
            *wanted.places,
            most,
        )
        return [place for (place,) in rows]

    def read(self, places: Sequence[int], firm: Node | None) -> Mapping[int, EntryFields]:
        unchecked = Candidates.of(firm).unchecked
        found: dict[int, EntryFields] = {}
        for some in bunches(sorted(places, reverse=True)):
            marks = ", ".join("?" * len(some))
            statement = (
                f"SELECT place, {', '.join(COLUMNS)} FROM entry_index"  # noqa: S608  our names
                f" WHERE place IN ({marks}) ORDER BY place DESC"
            )
            for row in self._rows(statement, *some):
                entry = entry_of(row)
                if unchecked is None or unchecked.holds(entry):
                    found[row[0]] = entry
        return found

    def _rows(self, statement: str, *values: object) -> list[Any]:
        """All rows of a small question, asked of the driver itself: a query asks many, and SQLAlchemy takes 0.1 ms of
        each. The connection's transaction has begun."""
        rows: list[Any] = self._cursor.execute(statement, values).fetchall()
        return rows


def meta_of(connection: Connection) -> dict[str, int]:
    rows = connection.exec_driver_sql("SELECT name, value FROM entry_index_meta")
    return {row.name: row.value for row in rows}


def rows_of(connection: Connection, ids: Iterable[int]) -> Iterator[Sequence[Any]]:
    """What the index holds of these entries, for `entry_of`."""
    columns = ", ".join(COLUMNS)
    for some in bunches(sorted(ids)):
        marks = ", ".join("?" * len(some))
        statement = f"SELECT place, {columns} FROM entry_index WHERE id IN ({marks})"  # noqa: S608  our names
        yield from connection.exec_driver_sql(statement, tuple(some)).all()


def entry_of(row: Sequence[object]) -> EntryFields:
    place, id, key, *fields = row
    return EntryFields(id, key, date.fromordinal(place // A_DAY), *fields)  # type: ignore[arg-type, operator]


def _collect(connection: Connection, wanted: Candidates, limit: int, *, ranked: int, oldest: bool) -> Matching:
    """The candidates, where each of them matches."""
    pool: list[EntryFields] = []
    rest: dict[str, tuple[int, int]] = {}
    keys: set[str] = set()
    last: set[str] = set()
    with closing(_candidates(connection, wanted, ranked=ranked, oldest=oldest)) as rows:
        for place, id, key, *fields in rows:
            if oldest:
                rest.pop(key, None)  # a paper is shown on the newest of its days
            elif key in keys:
                continue
            elif len(keys) == limit:
                return Matching(tuple(pool), _in_their_order(connection, list(rest.values())), True)
            keys.add(key)
            if fields:
                pool.append(entry_of((place, id, key, *fields)))
            else:
                rest[key] = place // A_DAY, id
            if oldest and len(rest) > limit:
                _drop_those_to_come(connection, wanted, rest, last, place)
                if len(rest) > limit:
                    break
    shown = list(rest.values())[: limit - len(pool)]
    return Matching(tuple(pool), _in_their_order(connection, shown), len(pool) + len(rest) > limit)


def _drop_those_to_come(
    connection: Connection, wanted: Candidates, found: dict[str, Any], last: set[str], place: int
) -> None:
    """Take out, of the papers found from the oldest on up to this place, those that match on a later day too.

    ``last`` are keys of papers that do not, and after this all that are left.
    """
    columns = ", ".join(f"entry_index.{name}" for name in COLUMNS)
    for some in bunches([key for key in found if key not in last]):
        marks = ", ".join("?" * len(some))
        statement = (
            f"SELECT place, {columns} FROM entry JOIN entry_index ON entry_index.id = entry.id"  # noqa: S608  our names
            f" WHERE entry.key IN ({marks}) AND place > ?"
        )
        for row in connection.exec_driver_sql(statement, (*some, place)).all():
            if _is_wanted(connection, wanted, row):
                found.pop(row[2], None)
    last.update(found)


def _is_wanted(connection: Connection, wanted: Candidates, row: Sequence[Any]) -> bool:
    """Whether what the index holds of an entry matches."""
    first, last = wanted.places
    if not first <= row[0] <= last:
        return False
    if wanted.unchecked is not None:
        return wanted.unchecked.holds(entry_of(row))
    statement = "SELECT 1 FROM entry_index_fts WHERE entry_index_fts MATCH ? AND rowid = ?"
    return connection.exec_driver_sql(statement, (wanted.expression, row[0])).first() is not None


def _check(connection: Connection, wanted: Candidates, limit: int, *, ranked: int, oldest: bool) -> Matching:
    """Those of the candidates that match, as far as they are ranked, and from them how many there may be in all."""
    assert wanted.unchecked is not None  # noqa: S101  for the type checker
    found: dict[str, EntryFields] = {}
    last: set[str] = set()
    looked = place = 0
    with closing(_candidates(connection, wanted, ranked=ranked, oldest=oldest)) as rows:
        for looked, row in enumerate(rows, 1):
            place, entry = row[0], entry_of(row)
            if wanted.unchecked.holds(entry):
                if oldest:
                    found.pop(entry.key, None)
                found.setdefault(entry.key, entry)
            if wanted.few is None and (len(found) > min(ranked or limit, limit) or looked == LOOKED_AT):
                if oldest:
                    _drop_those_to_come(connection, wanted, found, last, place)
                if not oldest or len(found) > limit or looked == LOOKED_AT:
                    break
    all_seen = wanted.few is not None or not looked
    enough = limit * looked // max(1, len(found)) + 1
    left = 0 if all_seen else _count_beyond(connection, wanted, place, enough, oldest=oldest)
    entries = list(found.values())[: min(ranked or limit, limit) if left else limit]
    rest = _in_their_order(connection, [(entry.day.toordinal(), entry.id) for entry in entries[ranked:]])
    if not left:
        return Matching(tuple(entries[:ranked]), rest, len(found) > limit)
    about = len(found) + round(left * len(found) / looked)
    return Matching(tuple(entries[:ranked]), rest, about > limit, min(about, limit))


def _in_their_order(connection: Connection, found: Sequence[tuple[int, int]]) -> tuple[int, ...]:
    """Ids, given with their days: each day's as its curator ordered them. Places keep the order in which they came."""
    entry = tables.Entry
    order: dict[int, tuple[int, int]] = {}
    for some in bunches([id for _, id in found]):
        rows = connection.execute(sa.select(entry.id, entry.digest_id, entry.position).where(entry.id.in_(some)))
        order.update((id, (digest, position)) for id, digest, position in rows)
    days = groupby(found, key=itemgetter(0))
    return tuple(id for _, day in days for _, id in sorted(day, key=lambda one: order.get(one[1], (0, 0))))


def _count_beyond(connection: Connection, wanted: Candidates, place: int, most: int, *, oldest: bool) -> int:
    """How many candidates come after this place, at most so many."""
    first, last = wanted.places
    count = connection.exec_driver_sql(
        "SELECT count(*) FROM (SELECT 1 FROM entry_index_fts"
        " WHERE entry_index_fts MATCH ? AND rowid BETWEEN ? AND ? LIMIT ?)",
        (wanted.expression, place + 1 if oldest else first, last if oldest else place - 1, most),
    )
    return int(count.scalar_one())


def _candidates(
    connection: Connection, wanted: Candidates, *, ranked: int, oldest: bool
) -> Generator[Sequence[Any], None, None]:
    """Place, id and key of what may match, newest first or oldest; with the fields where they will be looked at."""
    if wanted.first > wanted.last:
        return
    first, last = wanted.places
    order = "ASC" if oldest else "DESC"
    short = "entry_index.place, id, key"
    whole = f"entry_index.place, {', '.join(f'entry_index.{name}' for name in COLUMNS)}"

    def ask(columns: str, last: int, most: int) -> CursorResult[Any]:
        return connection.exec_driver_sql(
            f"SELECT {columns} FROM entry_index_fts CROSS JOIN entry_index"  # noqa: S608  our names
            " ON entry_index.place = entry_index_fts.rowid"
            " WHERE entry_index_fts MATCH ? AND entry_index_fts.rowid BETWEEN ? AND ?"
            f" ORDER BY entry_index_fts.rowid {order} LIMIT ?",
            (wanted.expression, first, last, most),
        )

    if wanted.few is not None:
        yield from sorted(rows_of(connection, wanted.few), key=itemgetter(0), reverse=not oldest)
        return
    if wanted.unchecked is not None:
        with closing(ask(whole, last, -1)) as rows:
            yield from rows
        return
    if ranked:
        read = ask(whole, last, ranked).all()
        yield from read
        if len(read) < ranked:
            return
        last = read[-1][0] - 1
    with closing(ask(short, last, -1)) as rows:
        yield from rows
