"""What is looked at in an entry: its fields as field strings (see `words`), and marks for what is not words.

The index keeps exactly this of an entry, so that the tree gives the same answer in memory and from the store.
"""

import re
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from bot.digest.keys import canonical_link, tag_key
from bot.digest.model import Entry, StoredEntry
from bot.digest.papers import paper_id
from bot.search.words import field_string, fold

FIELDS = ("title", "tags", "authors", "abstract", "commentary")
"""The fields of words, in the order the index keeps them."""

_URL = re.compile(r"https?://[^\s)\]>|]+")

ANY = "a:"
"""A mark every entry has."""

TAG_MARK = "t:"
"""How the mark of a tag begins."""

HAS = ("commentary", "abstract", "link", "author", "tag")
"""What ``has:`` can ask for."""


class EntryFields(NamedTuple):
    """One entry, ready to be looked at. Made by the hundred for a query, and so a tuple."""

    id: int
    key: str
    day: date
    title: str
    tags: str
    authors: str
    abstract: str
    commentary: str
    marks: str
    """Space-separated, a space on either side: ``a:``, ``s:<source>``, ``t:<tag key>``, ``p:<paper>``, ``n:<paper>`` of
    one that its commentary names by link, ``h:…``."""

    @property
    def words(self) -> tuple[str, str, str, str, str]:
        return self[3:8]


def read_fields(stored: StoredEntry) -> EntryFields:
    """The fields of an entry; about 0.1 ms of work for one of usual length."""
    entry = stored.entry
    marks = [ANY, source_mark(stored.source)]
    marks += [tag_mark(tag) for tag in entry.tags]
    marks += [paper_mark(link) for link in entry.links]
    marks += [naming_mark(paper) for paper in named_papers(entry)]
    marks += [has_mark(what) for what in HAS if _has(entry, what)]
    return EntryFields(
        id=stored.id,
        key=stored.key,
        day=stored.day,
        title=field_string([entry.title]),
        tags=field_string(entry.tags),
        authors=field_string(entry.authors),
        abstract=field_string(entry.abstract),
        commentary=field_string([paragraph.text for paragraph in entry.commentary]),
        marks=f" {' '.join(dict.fromkeys(marks))} ",
    )


def named_papers(entry: Entry) -> list[str]:
    """The ids (`keys.paper_id`) of the papers that its commentary links to."""
    links = [link for one in entry.commentary if "://" in one.text for link in _URL.findall(one.text)]
    return list(dict.fromkeys(paper for link in links if (paper := paper_id(link))))


def _has(entry: Entry, what: str) -> bool:
    have = {
        "commentary": entry.commentary,
        "abstract": entry.abstract,
        "link": entry.links,
        "author": entry.authors,
        "tag": entry.tags,
    }
    return bool(have[what])


@lru_cache(maxsize=1 << 12)
def tag_mark(tag: str) -> str:
    """The same for every spelling of a tag: case, ``_``, ``-``, spaces and a leading ``#`` make no difference."""
    return _mark(TAG_MARK[0], tag_key("".join(tag.split())))


def tags_of(fields: EntryFields) -> list[str]:
    """The marks of an entry's tags."""
    return [mark for mark in fields.marks.split() if mark.startswith(TAG_MARK)]


@lru_cache(maxsize=1 << 8)
def source_mark(source: str) -> str:
    return _mark("s", source)


def paper_mark(link: str) -> str:
    """Of a paper's link, or of its id as `keys.paper_id` writes it."""
    if re.match(r"(?:arxiv|doi|openreview):", link):
        return _mark("p", link)
    return _mark("p", paper_id(link) or canonical_link(link))


def naming_mark(paper: str) -> str:
    return _mark("n", paper)


def has_mark(what: str) -> str:
    return _mark("h", what[:2])  # short, as every entry has several


def _mark(kind: str, value: str) -> str:
    """One word for the index, whatever stands in the value: what is neither letter nor digit becomes ``·``."""
    return f"{kind}:" + re.sub(r"[^\w.:]|_", "·", fold(value))
