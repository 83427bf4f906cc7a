"""The tags there are: how many papers have each, since when, and its other names.

The index counts papers by tag as it is written (`index`), so that nothing is counted when somebody asks.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.search.fields import tag_mark
from bot.search.words import initials
from bot.store import tables as t
from bot.store.candidates import A_DAY
from bot.store.database import bunches

PARTS = 100
"""Of one statement."""
SPELLINGS = 200
"""Entries of a tag that are asked how they write it."""


@dataclass(frozen=True, slots=True)
class TagCount:
    """A tag in the spelling most entries use, and the first and last day it was used."""

    tag: str
    entries: int
    """How many papers have it; one of several days counts once."""
    first: date
    last: date
    aliases: tuple[str, ...] = ()
    """Its other spellings, the most used first; then the tags it is short for, or the one that is short for it."""


def most_used(connection: Connection, start: str, limit: int) -> list[TagCount]:
    """The tags whose keys begin so, the most used first, each with its other names."""
    keys: dict[int, str] = {row.id: row.key for row in connection.execute(sa.select(t.Tag.id, t.Tag.key))}
    papers = _papers(connection, keys)
    begin = [id for id, count in papers.items() if count and keys[id].startswith(start)]
    shown = sorted(begin, key=lambda id: (-papers[id], keys[id]))[:limit]
    short = {id: initials(spelling) for id, spelling in _sample(connection) if papers.get(id)}
    by_key = {keys[id]: id for id in short}
    long = {id: [other for other, letters in short.items() if letters == keys[id]] for id in shown}
    acronyms = {id: [acronym] if (acronym := by_key.get(short[id])) else [] for id in shown}
    others = {id: [*long[id], *acronyms[id]] for id in shown}
    written = _spellings(connection, {*shown, *(other for some in others.values() for other in some)})
    days = _days(connection, [tag_mark(keys[id]) for id in shown])
    found = []
    for id in shown:
        name, *also = written[id]
        names = (*also, *(written[other][0] for other in others[id]))
        found.append(TagCount(name, papers[id], *days[tag_mark(keys[id])], names))
    return found


def _spellings(connection: Connection, tags: Iterable[int]) -> dict[int, list[str]]:
    """How each tag is written, the most used first, as far as so many of its entries show."""
    entry_tag = t.EntryTag
    some = (
        sa.select(entry_tag.tag_id, entry_tag.spelling)
        .join(t.Entry, t.Entry.id == entry_tag.entry_id)
        .where(t.Entry.withdrawn_at.is_(None))
        .limit(SPELLINGS)
    )
    written: dict[int, Counter[str]] = {}
    for bunch in _bunches(sorted(tags)):
        parts = [sa.select(some.where(entry_tag.tag_id == tag).subquery()) for tag in bunch]
        for tag, spelling in connection.execute(sa.union_all(*parts)):
            written.setdefault(tag, Counter())[spelling] += 1
    return {tag: sorted(used, key=lambda spelling: (-used[spelling], spelling)) for tag, used in written.items()}


def _bunches(tags: Sequence[int]) -> Iterator[Sequence[int]]:
    """The tags in runs that one statement of so many parts may ask for."""
    for start in range(0, len(tags), PARTS):
        yield tags[start : start + PARTS]


def _papers(connection: Connection, keys: Mapping[int, str]) -> dict[int, int]:
    """How many papers have each tag. Where the index has one mark for several tags, they are counted one by one."""
    rows = connection.exec_driver_sql("SELECT mark, papers FROM entry_index_tag")
    of_mark: dict[str, int] = {row.mark: row.papers for row in rows}
    marks = {id: tag_mark(key) for id, key in keys.items()}
    sharing = Counter(marks.values())
    papers = {id: of_mark.get(mark, 0) for id, mark in marks.items()}
    return papers | _counted(connection, [id for id, mark in marks.items() if sharing[mark] > 1])


def _counted(connection: Connection, tags: Iterable[int]) -> dict[int, int]:
    found = dict.fromkeys(tags, 0)
    for some in bunches(sorted(found)):
        tally = (
            sa.select(t.EntryTag.tag_id, sa.func.count(t.Entry.key.distinct()))
            .join(t.Entry, t.Entry.id == t.EntryTag.entry_id)
            .where(t.Entry.withdrawn_at.is_(None), t.EntryTag.tag_id.in_(some))
            .group_by(t.EntryTag.tag_id)
        )
        found.update({tag: papers for tag, papers in connection.execute(tally)})  # noqa: C416  rows are no pairs
    return found


def _sample(connection: Connection) -> Iterable[tuple[int, str]]:
    """A spelling of each tag that has any."""
    one = sa.select(t.EntryTag.spelling).where(t.EntryTag.tag_id == t.Tag.id).limit(1).scalar_subquery()
    return [(id, spelling) for id, spelling in connection.execute(sa.select(t.Tag.id, one)) if spelling]


def _days(connection: Connection, marks: Sequence[str]) -> dict[str, tuple[date, date]]:
    """The first and the last day of the entries with each tag."""
    found: dict[str, tuple[date, date]] = {}
    first = "(SELECT rowid FROM entry_index_fts WHERE entry_index_fts MATCH ? ORDER BY rowid LIMIT 1)"
    last = first.replace("ORDER BY rowid", "ORDER BY rowid DESC")
    for start in range(0, len(marks), PARTS):
        some = marks[start : start + PARTS]
        asked = " UNION ALL ".join([f"SELECT ?, {first}, {last}"] * len(some))
        values = [value for mark in some for value in (mark, f'marks : "{mark}"', f'marks : "{mark}"')]
        for mark, *places in connection.exec_driver_sql(asked, tuple(values)):
            earliest, latest = (date.fromordinal(place // A_DAY) for place in places)
            found[mark] = earliest, latest
    return found
