"""What may be typed instead of words that nothing is found for: tags and words of the archive that are near to them."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.digest.keys import tag_key
from bot.digest.model import Entry
from bot.digest.normalize import nfc
from bot.search.fields import TAG_MARK, tag_mark
from bot.search.spelling import corrections
from bot.search.tree import Abstract, Asked, Author, Commentary, Node, Title, Word
from bot.search.words import nearest, needles, spans, tokens
from bot.store import tables
from bot.store.archive import SqliteArchive
from bot.store.entries import load

LOOKED_AT = 8
"""Words of a query that are compared with what the archive has: some milliseconds each."""
LONGEST = 28
"""Letters or syllables. A longer word is no slip of one that somebody knows, and takes their square of time."""
SPELLINGS = 200
"""Entries of a tag that are asked how they write it."""
TRIED = 10
"""Slips of a word that are looked for in a field."""
TAG_LENGTHS = (len(TAG_MARK) + 2, 200)


@dataclass(frozen=True, slots=True)
class _Field:
    """Where a word was asked for; without a name anywhere."""

    name: str
    asks: Callable[[str], Node]
    texts: Callable[[Entry], Sequence[str]]

    def typed(self, word: str) -> str:
        quoted = f'"{word}"' if self.name and len(word.split()) > 1 else word
        return f"{self.name}:{quoted}" if self.name else quoted


def _commentary(entry: Entry) -> list[str]:
    return [paragraph.text for paragraph in entry.commentary]


_ANYWHERE = _Field(
    "", Word, lambda entry: (entry.title, *entry.tags, *entry.authors, *entry.abstract, *_commentary(entry))
)
_FIELDS: Mapping[type[Asked], _Field] = {
    Title: _Field("title", Title, lambda entry: (entry.title,)),
    Author: _Field("author", Author, lambda entry: entry.authors),
    Abstract: _Field("abstract", Abstract, lambda entry: entry.abstract),
    Commentary: _Field("commentary", Commentary, _commentary),
}


def nearest_tags(connection: Connection, text: str, n: int) -> list[str]:
    """Tags that begin with, hold, or are a slip away from one of the words; the most used spelling of each."""
    words = {word: key for word in (*_some(text), text) if 1 < len(key := tag_key(word.rpartition(":")[2])) <= LONGEST}
    keys = _tags_by_use(connection)
    slips = [key for word, key in words.items() if ":" in word or not _is_written(connection, word)]
    begin = [key for key in keys for word in words.values() if key.startswith(word) or word.startswith(key)]
    hold = [key for key in keys for word in words.values() if len(word) > 2 and word in key]
    near = [key for word in slips for key in nearest(word, keys, n=n)]
    chosen = dict.fromkeys((*[key for key in near if key in begin], *near, *begin, *hold))
    return [_spelling(connection, key) for key in list(chosen)[:n]]


def _tags_by_use(connection: Connection) -> list[str]:
    """The keys of all tags of two letters and more, the most used first."""
    used = SqliteArchive(connection).beginning(TAG_MARK, *TAG_LENGTHS)
    keys = [key for key in connection.scalars(sa.select(tables.Tag.key)) if len(key) > 1 and tag_mark(key) in used]
    return sorted(keys, key=lambda key: (-used[tag_mark(key)], key))


def _is_written(connection: Connection, text: str) -> bool:
    """Whether some entry may hold every word of a text, as it is typed."""
    wanted = tokens(text)
    return len(SqliteArchive(connection).frequencies(wanted)) == len(wanted)


def _spelling(connection: Connection, key: str) -> str:
    """How a tag is mostly written, as far as so many of its entries show."""
    tag, entry_tag = tables.Tag, tables.EntryTag
    some = sa.select(entry_tag.spelling).join(tag, tag.id == entry_tag.tag_id).where(tag.key == key).limit(SPELLINGS)
    written = Counter(connection.scalars(some))
    return min(written, key=lambda spelling: (-written[spelling], spelling))


def nearest_words(connection: Connection, asked: Sequence[Asked], n: int) -> list[str]:
    """For the words asked for that nothing has where they are asked for: those a slip away that are there.

    They are as the archive writes them, under their field where they were asked for under one.
    """
    found: dict[str, None] = {}
    archive = SqliteArchive(connection)
    words = [(_FIELDS.get(type(node), _ANYWHERE), word) for node in asked for word in node.text.split()]
    for field, typed in words[:LOOKED_AT]:
        if len(typed) <= LONGEST and needles(typed) and not archive.newest(field.asks(typed), 1):
            for near in corrections(typed, archive, TRIED if field.name else n):
                if written := _as_written(connection, near.text, field):
                    found[field.typed(written)] = None
    return list(found)[:n]


def _some(text: str) -> list[str]:
    return text.split()[:LOOKED_AT]


def _as_written(connection: Connection, text: str, field: _Field) -> str | None:
    """The word as the newest entry that has it there writes it."""
    for fields in SqliteArchive(connection).newest(field.asks(text), 1):
        for stored in load(connection, tables.Entry.id == fields.id):
            for written in map(nfc, field.texts(stored.entry)):
                for needle in needles(text):
                    for start, end in spans(written, needle):
                        return written[start:end]
    return None
