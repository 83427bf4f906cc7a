"""Asks the index of SQLite: how many entries hold a token, which entries may match a tree.

Its full-text table only proposes entries, newest first; what it cannot say exactly (a phrase, a Hangul word longer than
a pair, a date under OR) is checked on the field strings by the tree itself.
"""

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, CursorResult

from bot.search import tree as nodes
from bot.search.archive import Matching, Totals
from bot.search.fields import ANY, FIELDS, EntryFields, has_mark, naming_mark, paper_mark, source_mark, tag_mark
from bot.search.tree import Node
from bot.search.words import is_paired, needles, tokens_in
from bot.store import tables
from bot.store.database import bunches

A_DAY = 1 << 14
"""Places of a day, some hundred times the fullest seen. An entry's place is its day's number times this and a number
within the day, so that the order of places is the order of days, and a span of days a range of places."""

LOOKED_AT = 20_000
"""Candidates that are looked at one by one: a quarter of a second."""
FEW = 2000
"""Entries given by their ids, up to which they alone are looked at, and all of them."""
MOST_LONG_FORMS = 3
"""Of one acronym: the tags most used."""
COLUMNS = ("id", "key", *FIELDS, "marks")
_NOTHING = 'marks : "nothing:"'
_EVERYTHING = f'marks : "{ANY}"'


class SqliteArchive:
    """The `Archive` of one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        meta_of(connection)  # begins the transaction, so that everything asked is of one moment
        self._cursor = connection.connection.cursor()

    def totals(self) -> Totals:
        meta = meta_of(self._connection)
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

    def matching(self, tree: Node | None, limit: int, *, ranked: int, oldest: bool) -> Matching:
        wanted = _Candidates.of(tree)
        collect = _collect if wanted.unchecked is None else _check
        return collect(self._connection, wanted, limit, ranked=ranked, oldest=oldest)

    def newest(self, wanted: Node, most: int) -> list[EntryFields]:
        candidates = _Candidates.of(wanted)
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
        wanted = _Candidates.of(firm)
        if wanted.first > wanted.last:
            return []
        expression = _join(" OR ", [_words(text, "")[0] for text in texts])
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
        unchecked = _Candidates.of(firm).unchecked
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


def entry_of(row: Sequence[object]) -> EntryFields:
    place, id, key, *fields = row
    return EntryFields(id, key, date.fromordinal(place // A_DAY), *fields)  # type: ignore[arg-type, operator]


@dataclass(frozen=True, slots=True)
class _Candidates:
    """What the full-text table is asked for: everything that matches is among it."""

    expression: str
    first: date
    last: date
    unchecked: Node | None
    """The tree, where the expression and the days say less than it does."""
    few: frozenset[int] | None = None
    """Nothing but these entries matches."""

    @property
    def places(self) -> tuple[int, int]:
        """The first and the last place of these days."""
        return self.first.toordinal() * A_DAY, self.last.toordinal() * A_DAY + A_DAY - 1

    @classmethod
    def of(cls, tree: Node | None) -> "_Candidates":
        parts = _flat(tree)
        first = max([part.day for part in parts if isinstance(part, nodes.Since | nodes.On)], default=date.min)
        last = min([part.day for part in parts if isinstance(part, nodes.Until | nodes.On)], default=date.max)
        said = nodes.All(tuple(part for part in parts if not isinstance(part, nodes.Since | nodes.Until | nodes.On)))
        expression, exact = _expression(said)
        given = _given(said)
        few = given if given is not None and len(given) <= FEW else None
        return cls(expression or _EVERYTHING, first, last, None if exact else tree, few)


def _flat(tree: Node | None) -> list[Node]:
    if isinstance(tree, nodes.All):
        return [node for part in tree.parts for node in _flat(part)]
    return [tree] if tree else []


def _given(node: Node) -> frozenset[int] | None:
    """The ids beside which nothing matches; None where the node names none."""
    if isinstance(node, nodes.Among):
        return node.ids
    if not isinstance(node, nodes.All | nodes.Any):
        return None
    given = [_given(part) for part in node.parts]
    named = [ids for ids in given if ids is not None]
    if isinstance(node, nodes.All):
        return frozenset.intersection(*named) if named else None
    return frozenset().union(*named) if len(named) == len(given) else None


def _expression(node: Node) -> tuple[str | None, bool]:
    """The FTS5 expression for a node, None for everything, and whether it says exactly what the node does."""
    match node:
        case nodes.All(parts):
            return _all(parts)
        case nodes.Any(parts):
            said = [_expression(part) for part in parts]
            if not said:
                return _NOTHING, True
            if any(expression is None for expression, _ in said):
                return None, any(expression is None and exact for expression, exact in said)
            return _join(" OR ", [expression or "" for expression, _ in said]), all(exact for _, exact in said)
        case nodes.Not():
            return _all((node,))
        case nodes.Word(text) | nodes.Phrase(text):
            return _words(text, "")
        case nodes.Title(text):
            return _words(text, "title : ")
        case nodes.Author(text):
            return _words(text, "authors : ")
        case nodes.Abstract(text):
            return _words(text, "abstract : ")
        case nodes.Commentary(text):
            return _words(text, "commentary : ")
        case nodes.Tag(text, prefix):
            return f'marks : "{tag_mark(text)}"{" *" if prefix else ""}', True
        case nodes.Paper(id):
            return f'marks : "{paper_mark(id)}"', True
        case nodes.Naming(id):
            return f'marks : "{naming_mark(id)}"', True
        case nodes.Source(name):
            return f'marks : "{source_mark(name)}"', True
        case nodes.Has(what):
            return f'marks : "{has_mark(what)}"', True
        case _:  # a day under OR or NOT
            return None, False


def _all(parts: Sequence[Node]) -> tuple[str | None, bool]:
    wanted: list[str] = []
    unwanted: list[str] = []
    exact = True
    for part in parts:
        expression, said = _expression(part.part if isinstance(part, nodes.Not) else part)
        exact = exact and said
        if not isinstance(part, nodes.Not):
            wanted += [expression] if expression else []
        elif said:
            unwanted.append(expression or _EVERYTHING)
        # What is only nearly said must not be left out: the check will see to it.
    if not unwanted:
        return (_join(" AND ", wanted) if wanted else None), exact
    return f"({_join(' AND ', wanted or [_EVERYTHING])} NOT {_join(' OR ', unwanted)})", exact


def _words(text: str, column: str) -> tuple[str, bool]:
    found = needles(text)
    if not found:
        return _NOTHING, True
    exact = True
    alternatives = []
    for needle in found:
        units = needle.split()
        exact = exact and len(units) == 1 and (len(units[0]) <= 2 or not is_paired(units[0]))
        alternatives.append(_join(" AND ", list(map(_quoted, tokens_in(needle)))))
    return f"{column}{_join(' OR ', alternatives)}", exact


def _quoted(token: str) -> str:
    """A token in an FTS5 expression. With the last syllables of words, which are tokens too, the pairs that begin with
    a single syllable are everywhere it stands."""
    return f'"{token}" *' if len(token) == 1 and is_paired(token) else f'"{token}"'


def _join(operator: str, parts: Sequence[str]) -> str:
    return f"({operator.join(dict.fromkeys(parts))})"


def _collect(connection: Connection, wanted: _Candidates, limit: int, *, ranked: int, oldest: bool) -> Matching:
    """The candidates, where each of them matches."""
    pool: list[EntryFields] = []
    rest: dict[str, tuple[int, int]] = {}
    keys: set[str] = set()
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
    shown = list(rest.values())[: limit - len(pool)]
    return Matching(tuple(pool), _in_their_order(connection, shown), len(keys) > limit)


def _check(connection: Connection, wanted: _Candidates, limit: int, *, ranked: int, oldest: bool) -> Matching:
    """Those of the candidates that match, as far as they are ranked, and from them how many there may be in all."""
    assert wanted.unchecked is not None  # noqa: S101  for the type checker
    found: dict[str, EntryFields] = {}
    looked = place = 0
    with closing(_candidates(connection, wanted, ranked=ranked, oldest=oldest)) as rows:
        for looked, row in enumerate(rows, 1):
            place, entry = row[0], entry_of(row)
            if wanted.unchecked.holds(entry):
                if oldest:
                    found.pop(entry.key, None)
                found.setdefault(entry.key, entry)
            if wanted.few is None and (len(found) > min(ranked or limit, limit) or looked == LOOKED_AT):
                break
    entries = list(found.values())[:limit]
    rest = _in_their_order(connection, [(entry.day.toordinal(), entry.id) for entry in entries[ranked:]])
    all_seen = wanted.few is not None or not looked
    left = 0 if all_seen else _count_beyond(connection, wanted, place, oldest=oldest)
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


def _count_beyond(connection: Connection, wanted: _Candidates, place: int, *, oldest: bool) -> int:
    """How many candidates come after this place, as far as it matters to say how many there are."""
    first, last = wanted.places
    count = connection.exec_driver_sql(
        "SELECT count(*) FROM (SELECT 1 FROM entry_index_fts"
        " WHERE entry_index_fts MATCH ? AND rowid BETWEEN ? AND ? LIMIT ?)",
        (wanted.expression, place + 1 if oldest else first, last if oldest else place - 1, LOOKED_AT),
    )
    return int(count.scalar_one())


def _candidates(
    connection: Connection, wanted: _Candidates, *, ranked: int, oldest: bool
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
        yield from _read_few(connection, wanted.few, oldest=oldest)
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


def _read_few(connection: Connection, ids: frozenset[int], *, oldest: bool) -> list[Sequence[Any]]:
    """What the index holds of these entries, in the order of `_candidates`."""
    columns = ", ".join(COLUMNS)
    found: list[Sequence[Any]] = []
    for some in bunches(sorted(ids)):
        marks = ", ".join("?" * len(some))
        statement = f"SELECT place, {columns} FROM entry_index WHERE id IN ({marks})"  # noqa: S608  our names
        found += connection.exec_driver_sql(statement, tuple(some)).all()
    return sorted(found, key=itemgetter(0), reverse=not oldest)
