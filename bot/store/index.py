"""The index for look-ups: field strings of every entry, and a full-text table over their tokens.

SQLite's own SQL is here and nowhere else. Derived from the entries and made by itself, outside of the migrations: it is
made again when the rules of `search/words.py` change. The full-text table only proposes entries, newest first; what it
cannot say exactly (a phrase, a Hangul word longer than a pair, a date under OR) is checked on the field strings by the
tree itself.
"""

import logging
import unicodedata
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence, Set
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, CursorResult, Engine

from bot.digest.keys import tag_key
from bot.digest.model import StoredEntry
from bot.search import tree as nodes
from bot.search.fields import ANY, FIELDS, EntryFields, has_mark, paper_mark, read_fields, source_mark, tag_mark
from bot.search.grammar import Query
from bot.search.rank import Archive, rank, tokens_of
from bot.search.tree import Node, phrases
from bot.search.words import RULES_VERSION, field_tokens, fold, is_paired, nearest, needles, spans, unit_tokens
from bot.store import tables
from bot.store.database import bunches, reading, transaction
from bot.store.entries import load

log = logging.getLogger(__name__)

LAYOUT_VERSION = 1
"""Of the tables in this file."""

RANKED = 300
"""Matches that are ranked: the newest so many. Beyond them the newest go first (3,854 entries: more gained nothing)."""
ENOUGH = 50
"""Matches beyond which nobody looks for close ones."""
RARE = 200
"""Close matches hold one of the rarest words: as many words as together stand in so many entries. More than are ranked
would leave out old ones for words that say little."""
CLOSE = 200
"""Close matches that are ranked: the newest so many."""
A_DAY = 1 << 14
"""Places of a day, some hundred times the fullest seen. An entry's place is its day's number times this and a number
within the day, so that the order of places is the order of days, and a span of days a range of places."""
REBUILT_AT_ONCE = 500

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
    "CREATE TABLE entry_index_meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
)
_COLUMNS = ("id", "key", *FIELDS, "marks")
_PUT_IN = """INSERT INTO entry_index_fts (rowid, title, tags, authors, abstract, commentary, marks)
    VALUES (?, ?, ?, ?, ?, ?, ?)"""
# A table without content forgets a row when it is told again exactly what the row held (sqlite.org/fts5.html, 6.3).
_TAKE_OUT = """INSERT INTO entry_index_fts
    (entry_index_fts, rowid, title, tags, authors, abstract, commentary, marks)
    VALUES ('delete', ?, ?, ?, ?, ?, ?, ?)"""
_NOTHING = 'marks : "nothing:"'
_EVERYTHING = f'marks : "{ANY}"'


@dataclass(frozen=True, slots=True)
class Found:
    """What a look-up found: entry ids in the order asked for, each paper once, on the newest of its days that match."""

    ids: tuple[int, ...]
    total: int
    """How many papers match; where ``more``, at least so many."""
    more: bool = False
    """Whether the look-up stopped at its limit."""
    close: tuple[int, ...] = ()
    """Papers that meet every filter and hold the rarest of the words but not all of them, best first."""


class Index:
    """Finds entries. `update` and `remove` run inside the transaction that changes the entries."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

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
            for name in ("entry_index_fts", "entry_index", "entry_index_term", "entry_index_meta"):
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
        log.info("reindexed entries=%d", len(ids))
        return len(ids)

    def update(self, connection: Connection, entries: Sequence[StoredEntry]) -> None:
        """Let these entries be found as they are now; withdrawn ones not at all."""
        in_order = sorted(entries, key=lambda entry: (entry.day, entry.position))
        kept = {entry.id: read_fields(entry) for entry in in_order if not entry.withdrawn}
        before = _fields(connection, [entry.id for entry in entries])
        same = {id for id, (_, fields) in before.items() if kept.get(id) == fields}
        _remove(connection, {id: row for id, row in before.items() if id not in same})
        places = {id: place for id, (place, _) in before.items()}
        _insert(connection, [fields for id, fields in kept.items() if id not in same], places)

    def remove(self, connection: Connection, ids: Iterable[int]) -> None:
        """Let these entries not be found."""
        _remove(connection, _fields(connection, list(ids)))

    def search(self, query: Query, limit: int = 1000) -> Found:
        """Papers that match the query, at most ``limit``."""
        words = phrases(query.tree)
        wanted = _Candidates.of(query.tree)
        by_score = bool(words) and query.sort == "best"
        with reading(self._engine) as connection:
            pool, rest, more = _collect(connection, wanted, limit, ranked=by_score, oldest=query.sort == "old")
            close: list[EntryFields] = []
            if by_score:
                archive = _archive(connection, tokens_of(words))
                pool = rank(pool, words, archive)
                if len(pool) < ENOUGH:
                    close = _close(connection, query.tree, {entry.key for entry in pool}, words, archive)
        ids = (*(entry.id for entry in pool), *rest)
        return Found(ids, len(ids), more, tuple(entry.id for entry in close))

    def nearest_tags(self, text: str, n: int = 5) -> list[str]:
        """Tags that begin with, hold, or are a slip away from one of the words; the most used spelling of each."""
        entry_tag, entry = tables.EntryTag, tables.Entry
        counted = (
            sa.select(entry_tag.spelling, sa.func.count())
            .join(entry, entry.id == entry_tag.entry_id)
            .where(entry.withdrawn_at.is_(None))
            .group_by(entry_tag.spelling)
            .order_by(sa.func.count().desc(), entry_tag.spelling)
        )
        spellings: dict[str, str] = {}
        with reading(self._engine) as connection:
            for spelling, _ in connection.execute(counted):
                spellings.setdefault(tag_key(spelling), spelling)
        words = [key for word in (*text.split(), text) if len(key := tag_key(word.rpartition(":")[2])) > 1]
        begin = [key for key in spellings for word in words if key.startswith(word) or word.startswith(key)]
        hold = [key for key in spellings for word in words if len(word) > 2 and word in key]
        near = [key for word in words for key in nearest(word, spellings, n=n)]
        keys = dict.fromkeys((*[key for key in near if key in begin], *near, *begin, *hold))
        return [spellings[key] for key in keys if len(key) > 1][:n]

    def nearest_words(self, text: str, n: int = 3) -> list[str]:
        """For the words of a query that the archive does not have: those a slip away that it has, as it writes them."""
        found: dict[str, None] = {}
        with reading(self._engine) as connection:
            for word in text.split():
                typed = word.rpartition(":")[2].strip('()"-#*')
                if not _is_known(connection, typed):
                    found.update(dict.fromkeys(_near(connection, typed, n)))
        return list(found)[:n]


def _wanted_version() -> int:
    return LAYOUT_VERSION * 1000 + RULES_VERSION


def _version(connection: Connection) -> int | None:
    named = "SELECT 1 FROM sqlite_master WHERE name = 'entry_index_meta'"
    if connection.exec_driver_sql(named).first() is None:
        return None
    return _meta(connection).get("version")


def _meta(connection: Connection) -> dict[str, int]:
    rows = connection.exec_driver_sql("SELECT name, value FROM entry_index_meta")
    return {row.name: row.value for row in rows}


def _add_to_meta(connection: Connection, values: Mapping[str, int]) -> None:
    connection.exec_driver_sql(
        "INSERT INTO entry_index_meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
        list(values.items()),
    )


# What the index holds


def _fields(connection: Connection, ids: Sequence[int]) -> dict[int, tuple[int, EntryFields]]:
    """Place and fields of the indexed among these entries."""
    found: dict[int, tuple[int, EntryFields]] = {}
    for some in bunches(ids):
        marks = ", ".join("?" * len(some))
        statement = f"SELECT place, {', '.join(_COLUMNS)} FROM entry_index WHERE id IN ({marks})"  # noqa: S608  our names
        for row in connection.exec_driver_sql(statement, tuple(some)):
            found[row[1]] = (row[0], _entry(row))
    return found


def _entry(row: Sequence[object]) -> EntryFields:
    place, id, key, *fields = row
    return EntryFields(id, key, date.fromordinal(place // A_DAY), *fields)  # type: ignore[arg-type, operator]


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
    _count(connection, terms, [fields for _, fields in rows.values()], -1)


def _post(connection: Connection, rows: Iterable[tuple[int, EntryFields]], *, delete: bool = False) -> Counter[str]:
    """Write these entries to the full-text table, or take them out; how many of them hold each token."""
    terms: Counter[str] = Counter()
    posted = []
    for place, entry in rows:
        columns = [field_tokens(text) for text in entry.words]
        terms.update(set().union(*columns))
        posted.append((place, *(" ".join(column) for column in columns), entry.marks))
    statement = _TAKE_OUT if delete else _PUT_IN
    connection.exec_driver_sql(statement, posted)
    return terms


def _count(connection: Connection, terms: Counter[str], entries: Sequence[EntryFields], sign: int) -> None:
    connection.exec_driver_sql(
        "INSERT INTO entry_index_term VALUES (?, ?)"
        " ON CONFLICT (term) DO UPDATE SET entries = entries + excluded.entries",
        [(term, sign * times) for term, times in sorted(terms.items())],
    )
    if sign < 0:
        connection.exec_driver_sql(
            "DELETE FROM entry_index_term WHERE term = ? AND entries <= 0", [(term,) for term in terms]
        )
    totals = {"entries": sign * len(entries)}
    for at, name in enumerate(FIELDS):
        texts = [entry.words[at] for entry in entries if entry.words[at]]
        totals[f"{name}.filled"] = sign * len(texts)
        totals[f"{name}.chars"] = sign * sum(map(len, texts))
    _add_to_meta(connection, totals)


def _archive(connection: Connection, tokens: Iterable[str]) -> Archive:
    meta = _meta(connection)
    frequencies: dict[str, int] = {}
    for some in bunches(sorted(tokens)):
        marks = ", ".join("?" * len(some))
        statement = f"SELECT term, entries FROM entry_index_term WHERE term IN ({marks})"  # noqa: S608  only marks
        frequencies.update((term, entries) for term, entries in connection.exec_driver_sql(statement, tuple(some)))
    lengths = tuple(meta.get(f"{name}.chars", 0) / max(1, meta.get(f"{name}.filled", 0)) or 1.0 for name in FIELDS)
    return Archive(meta.get("entries", 0), lengths, frequencies)


# What may match


@dataclass(frozen=True, slots=True)
class _Candidates:
    """What the full-text table is asked for: everything that matches is among it."""

    expression: str
    first: date
    last: date
    unchecked: Node | None
    """The tree, where the expression and the days say less than it does."""

    @classmethod
    def of(cls, tree: Node | None) -> "_Candidates":
        parts = _flat(tree)
        first = max([part.day for part in parts if isinstance(part, nodes.Since | nodes.On)], default=date.min)
        last = min([part.day for part in parts if isinstance(part, nodes.Until | nodes.On)], default=date.max)
        said = nodes.All(tuple(part for part in parts if not isinstance(part, nodes.Since | nodes.Until | nodes.On)))
        expression, exact = _expression(said)
        return cls(expression or _EVERYTHING, first, last, None if exact else tree)


def _flat(tree: Node | None) -> list[Node]:
    if isinstance(tree, nodes.All):
        return [node for part in tree.parts for node in _flat(part)]
    return [tree] if tree else []


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
        alternatives.append(_join(" AND ", [token for unit in units for token in _tokens(unit)]))
    return f"{column}{_join(' OR ', alternatives)}", exact


def _tokens(unit: str) -> list[str]:
    if not is_paired(unit):
        return [f'"{unit}"']
    if len(unit) == 1:
        return [_quoted(unit)]  # with the last syllables, every pair that begins with it is everywhere it stands
    return [f'"{pair}"' for pair in unit_tokens(unit)[:-1]]


def _quoted(token: str) -> str:
    """A token in an FTS5 expression; a single syllable stands for every pair that begins with it too."""
    return f'"{token}" *' if len(token) == 1 and is_paired(token) else f'"{token}"'


def _join(operator: str, parts: Sequence[str]) -> str:
    return f"({operator.join(dict.fromkeys(parts))})"


def _collect(
    connection: Connection, wanted: _Candidates, limit: int, *, ranked: bool, oldest: bool
) -> tuple[list[EntryFields], list[int], bool]:
    """The papers that match: those to be ranked, the ids of the others in order, and whether there are more."""
    pool: list[EntryFields] = []
    rest: dict[str, tuple[int, int]] = {}
    keys: set[str] = set()
    with closing(_candidates(connection, wanted, ranked=ranked, oldest=oldest)) as rows:
        for row in rows:
            id, key, *fields = row[1:]
            if wanted.unchecked is not None and not wanted.unchecked.holds(_entry(row)):
                continue
            if oldest:
                rest.pop(key, None)  # a paper is shown on the newest of its days
            elif key in keys:
                continue
            elif len(keys) == limit:
                return pool, _in_their_order(connection, list(rest.values())), True
            keys.add(key)
            if ranked and fields and len(pool) < RANKED:
                pool.append(_entry(row))
            else:
                rest[key] = row[0] // A_DAY, id
    return pool, _in_their_order(connection, list(rest.values())[: limit - len(pool)]), len(keys) > limit


def _in_their_order(connection: Connection, found: Sequence[tuple[int, int]]) -> list[int]:
    """Ids, given with their days: each day's as its curator ordered them. Places keep the order in which they came."""
    entry = tables.Entry
    order: dict[int, tuple[int, int]] = {}
    for some in bunches([id for _, id in found]):
        rows = connection.execute(sa.select(entry.id, entry.digest_id, entry.position).where(entry.id.in_(some)))
        order.update((id, (digest, position)) for id, digest, position in rows)
    days = groupby(found, key=itemgetter(0))
    return [id for _, day in days for _, id in sorted(day, key=lambda one: order.get(one[1], (0, 0)))]


def _candidates(
    connection: Connection, wanted: _Candidates, *, ranked: bool, oldest: bool
) -> Generator[Sequence[Any], None, None]:
    """Place, id and key of what may match, newest first or oldest; with the fields where they will be looked at."""
    if wanted.first > wanted.last:
        return
    first, last = wanted.first.toordinal() * A_DAY, wanted.last.toordinal() * A_DAY + A_DAY - 1
    order = "ASC" if oldest else "DESC"
    short = "entry_index.place, id, key"
    whole = f"entry_index.place, {', '.join(f'entry_index.{name}' for name in _COLUMNS)}"

    def ask(columns: str, last: int, most: int) -> CursorResult[Any]:
        return connection.exec_driver_sql(
            f"SELECT {columns} FROM entry_index_fts CROSS JOIN entry_index"  # noqa: S608  our names
            " ON entry_index.place = entry_index_fts.rowid"
            " WHERE entry_index_fts MATCH ? AND entry_index_fts.rowid BETWEEN ? AND ?"
            f" ORDER BY entry_index_fts.rowid {order} LIMIT ?",
            (wanted.expression, first, last, most),
        )

    if wanted.unchecked is not None:
        with closing(ask(whole, last, -1)) as rows:
            yield from rows
        return
    if ranked:
        read = ask(whole, last, RANKED).all()
        yield from read
        if len(read) < RANKED:
            return
        last = read[-1][0] - 1
    with closing(ask(short, last, -1)) as rows:
        yield from rows


def _close(
    connection: Connection, tree: Node | None, known: Set[str], words: Sequence[str], archive: Archive
) -> list[EntryFields]:
    """Papers that hold some of the bare words and meet everything else, without those known already, best first."""
    parts = _flat(tree)
    loose = [part.text for part in parts if isinstance(part, nodes.Word)]
    firm = nodes.All(tuple(part for part in parts if not isinstance(part, nodes.Word)))
    rare = _rare(tokens_of(loose), archive)
    if not rare:
        return []
    filters = _Candidates.of(firm)
    wanted = replace(
        filters, expression=f"({filters.expression} AND {_join(' OR ', [_quoted(token) for token in rare])})"
    )
    found: dict[str, EntryFields] = {}
    with closing(_candidates(connection, wanted, ranked=True, oldest=False)) as rows:
        for row in rows:
            if len(row) <= 3 or len(found) >= CLOSE:
                break
            entry = _entry(row)
            if entry.key not in known and (wanted.unchecked is None or wanted.unchecked.holds(entry)):
                found.setdefault(entry.key, entry)
    return rank(list(found.values()), words, archive)


def _rare(tokens: Set[str], archive: Archive) -> list[str]:
    """The rarest of the tokens that occur at all, while together they stand in few enough entries."""
    rare: list[str] = []
    sum_of = 0
    for holding, token in sorted((archive.frequencies[token], token) for token in tokens & archive.frequencies.keys()):
        sum_of += holding
        if rare and sum_of > RARE:
            break
        rare.append(token)
    return rare


# What may have been meant


def _is_known(connection: Connection, word: str) -> bool:
    expression, exact = _words(word, "")
    wanted = _Candidates(expression, date.min, date.max, None if exact else nodes.Word(word))
    with closing(_candidates(connection, wanted, ranked=False, oldest=False)) as rows:
        return any(wanted.unchecked is None or wanted.unchecked.holds(_entry(row)) for row in rows)


def _near(connection: Connection, word: str, n: int) -> list[str]:
    units = [unit for needle in needles(word)[:1] for unit in needle.split()]
    joined = fold(word) if len(units) > 1 and word.isascii() else ""
    if len(units) == 1 and is_paired(units[0]):
        return _near_hangul(connection, units[0], n)
    return _near_latin(connection, joined or units[0], n) if units else []


def _near_latin(connection: Connection, unit: str, n: int) -> list[str]:
    """Words of the archive a slip away from this one; common ones before rare ones that are as near."""
    terms = connection.exec_driver_sql(
        "SELECT term FROM entry_index_term WHERE length(term) BETWEEN ? AND ? AND term >= '0' AND term < '\u1100'"
        " ORDER BY entries DESC",
        (max(2, len(unit) - 2), len(unit) + 2),
    ).scalars()
    pairs = set(pairwise(unit))
    near = nearest(unit, [term for term in terms if not pairs.isdisjoint(pairwise(term))], n=n + 1)
    return [_as_written(connection, f'"{term}"', f" {term} ") or term for term in near if term != unit][:n]


def _near_hangul(connection: Connection, unit: str, n: int) -> list[str]:
    """Parts of Hangul words, as long as this one and a slip away from it, from the newest entries that share a pair."""
    pairs = unit_tokens(unit)[:-1]
    if not pairs:
        return []
    parts: Counter[str] = Counter()
    expression = _join(" OR ", [f'"{pair}"' for pair in pairs])
    for row in connection.exec_driver_sql(
        "SELECT title, tags, abstract, commentary FROM entry_index WHERE place IN"
        " (SELECT rowid FROM entry_index_fts WHERE entry_index_fts MATCH ? ORDER BY rowid DESC LIMIT 200)",
        (expression,),
    ):
        words = {word for text in row for word in text.split() if is_paired(word)}
        parts.update(
            {word[at : at + len(unit)] for word in words for at in range(max(1, len(word) - len(unit) + 1))} - {unit}
        )
    return nearest(unit, [part for part, _ in parts.most_common() if len(part) == len(unit)], n=n)


def _as_written(connection: Connection, expression: str, needle: str) -> str | None:
    """The word a term stands for, as the newest entry with it writes it."""
    place = connection.exec_driver_sql(
        "SELECT rowid FROM entry_index_fts WHERE entry_index_fts MATCH ? ORDER BY rowid DESC LIMIT 1", (expression,)
    ).scalar()
    id = connection.exec_driver_sql("SELECT id FROM entry_index WHERE place = ?", (place,)).scalar()
    for stored in load(connection, tables.Entry.id == id):
        entry = stored.entry
        texts = (entry.title, *entry.tags, *entry.authors, *entry.abstract, *(part.text for part in entry.commentary))
        for text in texts:
            for start, end in spans(unicodedata.normalize("NFC", text), needle):
                return unicodedata.normalize("NFC", text)[start:end]
    return None
