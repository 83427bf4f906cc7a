"""The papers nearest to one: by the rare words and tags they share, and by what one says of the other.

Pure but for the `Archive` it is given, as `engine` is.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from bot.digest.keys import paper_id, tag_key, title_key
from bot.digest.model import StoredEntry
from bot.search import tree as nodes
from bot.search.archive import Archive
from bot.search.fields import EntryFields, paper_mark, read_fields, tag_mark
from bot.search.korean import bare
from bot.search.words import BREAK, field_tokens, is_paired, needles, spans

ASKED = 24
"""Words of a paper by which others are looked for: those worth most."""
READ = 120
"""Of the papers that hold them, those that are looked at."""
VOTES = 400
"""Entries a word may propose, the newest."""
COMMON = 0.1
"""Of all entries. A word that more of them hold says nothing of what a paper is about."""
TITLE, TAG, TEXT = 3.0, 3.0, 1.0
"""What a word counts for by where it stands."""
PAIR = 0.4
"""Of a Latin word's worth: a Hangul word has a token for every two of its syllables."""
LINKED = 1.0
"""Of all that the paper's own words are worth together: more than any other sharing is."""
LEAST = 0.04
"""Of the same. What shares less is not related."""
SHOWN = 4
"""Shared words that are named."""
TELLING = 0.25
"""Of the worth of the most telling shared word; what is worth less is not named."""

_URL = re.compile(r"https?://[^\s)\]>|]+")
_SAYS_NOTHING = frozenset({
    "all", "also", "an", "and", "any", "are", "as", "at", "be", "been", "beyond", "but", "by", "can", "do",
    "does", "enough", "even", "for", "from", "good", "had", "has", "have", "how", "in", "into", "is", "it",
    "its", "more", "most", "need", "no", "not", "of", "on", "one", "only", "or", "our", "out", "over", "some",
    "such", "than", "that", "the", "their", "them", "there", "these", "they", "this", "to", "towards", "use",
    "via", "was", "we", "well", "were", "what", "when", "where", "which", "why", "with", "without", "you",
    "your",
})  # fmt: skip
"""Of titles, where every word counts thrice."""
_NOTE = re.compile(r"(?<!\d)(\d{2})(\d{2})(\d{2}) (?=\S)")
"""How a note names another: ``230330 Self-Refine`` (``[[…]]`` is taken off when a note is read)."""


@dataclass(frozen=True, slots=True)
class Related:
    """A paper, how near it is, and why."""

    id: int
    score: float
    words: tuple[str, ...] = ()
    """Shared, as the paper that was asked about writes them; the most telling first."""
    tags: tuple[str, ...] = ()
    linked: bool = False
    """One of them names the other."""


def related(subject: StoredEntry, archive: Archive, most: int = 10) -> list[Related]:
    """The nearest papers, each once, the paper itself left out; none where nothing telling is shared."""
    mine = read_fields(subject)
    worth = _worth(mine, archive)
    asked = sorted(worth, key=lambda token: (-worth[token], token))[:ASKED]
    places: Counter[int] = Counter()
    for token in asked:
        for place in archive.places(None, [token], VOTES):
            places[place] += round(1000 * worth[token])
    best = sorted(places, key=lambda place: (-places[place], -place))[:READ]
    named = _named(subject, archive)
    candidates = {entry.key: entry for entry in [*reversed(list(archive.read(best, None).values())), *named.values()]}
    candidates.pop(subject.key, None)
    scale = sum(worth.values()) or 1.0
    found = [_compared(subject, mine, other, worth, scale, other.key in named) for other in candidates.values()]
    found = [one for one in found if one.score >= LEAST and (one.linked or one.words or one.tags)]
    return sorted(found, key=lambda one: (-one.score, -one.id))[:most]


def _worth(mine: EntryFields, archive: Archive) -> dict[str, float]:
    """What each telling word of the paper is worth; a word that no other paper holds is none."""
    weights: dict[str, float] = {}
    fields = ((mine.title, TITLE), (mine.tags, TAG), (mine.abstract, TEXT), (mine.commentary, TEXT))
    for text, weight in fields:
        for token in field_tokens(text):
            times = 1 + math.log(max(1, text.count(token)))
            weights[token] = max(weights.get(token, 0.0), weight * times * (PAIR if is_paired(token) else 1.0))
    totals = archive.totals()
    worth = {}
    for token, entries in archive.frequencies(weights).items():
        is_word = len(token) > 1 and not token.isdigit() and token not in _SAYS_NOTHING
        if is_word and 1 < entries <= max(2.0, COMMON * totals.entries):
            worth[token] = weights[token] * math.log(totals.entries / entries)
    return worth


def _compared(
    subject: StoredEntry,
    mine: EntryFields,
    other: EntryFields,
    worth: Mapping[str, float],
    scale: float,
    linked: bool,
) -> Related:
    head, body = other.title + other.tags, other.abstract + other.commentary
    shared: dict[str, float] = {}
    for token, value in worth.items():
        needle = token if is_paired(token) else f" {token} "
        in_head, in_body = head.count(needle), body.count(needle)
        if in_head or in_body:
            mentions = TITLE * in_head + TEXT * in_body
            shared[token] = value * mentions / (2.0 + mentions)
    tags = tuple(tag for tag in subject.entry.tags if f" {tag_mark(tag)} " in other.marks)
    score = sum(shared.values()) / scale + (LINKED if linked else 0.0)
    return Related(other.id, score, tuple(_written(subject, mine, other, shared, tags)), tags, linked)


# What one says of the other


def _named(subject: StoredEntry, archive: Archive) -> dict[str, EntryFields]:
    """The papers that this one names in its commentary, by link or by note, and those that name it."""
    said = "\n".join(paragraph.text for paragraph in subject.entry.commentary)
    found: list[EntryFields] = []
    for link in dict.fromkeys(_URL.findall(said)):
        if paper_id(link):
            found += archive.newest(nodes.Paper(paper_mark(link).removeprefix("p:")), 1)
    for day, name in _notes(said):
        on_day = archive.newest(nodes.On(day), READ)
        found += [entry for entry in on_day if _is_named(entry.title, name)]
    short = _short(subject.entry.title)
    if needles(short):
        found += archive.newest(nodes.Commentary(f"{subject.day:%y%m%d} {short}"), ASKED)
    return {entry.key: entry for entry in found}


def _notes(said: str) -> Iterator[tuple[date, str]]:
    """The notes that a commentary names: their days, and the text that begins with their names."""
    for found in _NOTE.finditer(said):
        year, month, day = map(int, found.groups())
        with suppress(ValueError):
            yield date(2000 + year, month, day), said[found.end() : found.end() + 200]


def _short(title: str) -> str:
    """What a note of this title is likely called: the title up to its colon."""
    return title.partition(":")[0].strip()


def _is_named(title_field: str, name: str) -> bool:
    """Whether the text begins with the words of the title, or with as many of them as a short name has."""
    wanted = title_field.partition(BREAK)[0].split()[:2]
    words = re.findall(r"\w+", name.casefold())[:4]
    return bool(wanted) and title_key("".join(words)).startswith(title_key("".join(wanted)))


# Why, in words


def _written(
    subject: StoredEntry, mine: EntryFields, other: EntryFields, shared: Mapping[str, float], tags: Sequence[str]
) -> Iterator[str]:
    """The shared words as the paper writes them, the most telling first; Hangul as long as both have it."""
    entry = subject.entry
    texts = (entry.title, *entry.abstract, *(paragraph.text for paragraph in entry.commentary))
    whole = f"{mine.title}{mine.abstract}{mine.commentary}"
    theirs = f"{other.title}{other.tags}{other.abstract}{other.commentary}"
    done = {tag_key(tag) for tag in tags}
    least = TELLING * max(shared.values(), default=0.0)
    count = 0
    for token in sorted(shared, key=lambda token: (-shared[token], token)):
        if count == SHOWN or shared[token] < least:
            return
        text = min(bare(_stretch(token, whole, theirs)), key=len) if is_paired(token) else token
        word = _as_written(text, texts)
        key = tag_key(word)
        if word and len(text) > 1 and not any(key in known or known in key for known in done):
            done.add(key)
            count += 1
            yield word


def _stretch(pair: str, mine: str, theirs: str) -> str:
    """The longest stretch of Hangul around a pair that both texts have."""
    best = pair
    for found in re.finditer(re.escape(pair), mine):
        start, end = found.span()
        while start > 0 and is_paired(mine[start - 1]) and mine[start - 1 : end] in theirs:
            start -= 1
        while end < len(mine) and is_paired(mine[end]) and mine[start : end + 1] in theirs:
            end += 1
        best = max(best, mine[start:end], key=len)
    return best


def _as_written(text: str, texts: Sequence[str]) -> str:
    """The word as it stands in one of the texts; empty where it stands only in another form."""
    for written in texts:
        for needle in needles(text):
            for start, end in spans(written, needle):
                return written[start:end]
    return ""
