"""The papers nearest to one, or to a day's: by the rare words and tags they share, and by what one says of the other.

Pure but for the `Archive` it is given, as `engine` is.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from heapq import nlargest

from bot.digest.keys import tag_key, title_key
from bot.digest.model import StoredEntry
from bot.digest.papers import paper_id
from bot.search import tree as nodes
from bot.search.archive import Archive
from bot.search.fields import EntryFields, named_papers, tag_mark
from bot.search.korean import bare
from bot.search.plain_words import is_plain
from bot.search.words import BREAK, field_tokens, is_paired, needles, spans, written_words

ASKED = 24
"""Words of a paper by which others are looked for: those worth most."""
COMPARED = 100
"""Words of a paper that are looked for in the others."""
READ = 60
"""Of the papers that hold them, those that are looked at."""
VOTES = 400
"""Entries a word may propose, the newest."""
COMMON = 0.1
"""Of all entries. A word that more of them hold says nothing of what a paper is about."""
TOGETHER = 2
"""Papers of a day: for more than these, no more words are looked for."""
TITLE, TAG, TEXT = 3.0, 3.0, 1.0
"""What a word counts for by where it stands."""
PAIR = 0.4
"""Of a Latin word's worth: a Hangul word has a token for every two of its syllables."""
LINKED = 1.0
"""Of all that a paper's own words are worth together: more than any other sharing is."""
LEAST = 0.04
"""Of the same. What shares less is not related."""
SHOWN = 4
"""Shared words that are named."""
TELLING = 0.25
"""Of the worth of the most telling shared word; what is worth less is not named."""

_PLACE_BITS = 40
"""Of a place in the archive: enough for every day there is."""

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
    named: bool = False
    """What was asked about links to it or names it."""
    naming: bool = False
    """It links to what was asked about, or names it."""


@dataclass(frozen=True, slots=True)
class Linked:
    """The papers on the other ends of links between notes."""

    named: Sequence[EntryFields] = ()
    """Those the papers asked about link to."""
    naming: Sequence[EntryFields] = ()
    """Those that link to them."""


@dataclass(frozen=True, slots=True)
class _Topic:
    """What papers are compared with: one paper, or a day's together."""

    papers: Sequence[StoredEntry]
    fields: Sequence[EntryFields]
    worth: Mapping[str, float]
    """Of the most telling words, the most telling first."""
    units: frozenset[str]
    """Those of these words that stand alone in a field string."""
    pairs: Sequence[str]
    """Those that stand inside of longer ones."""
    scale: float
    """What all words of one of the papers are worth."""


@dataclass(frozen=True, slots=True)
class _Compared:
    """A paper beside the topic."""

    fields: EntryFields
    score: float
    shared: Mapping[str, float]


def related(
    papers: Sequence[StoredEntry],
    fields: Sequence[EntryFields],
    archive: Archive,
    linked: Linked | None = None,
    *,
    outside: date | None = None,
    most: int = 10,
) -> list[Related]:
    """The papers nearest to these, each once and none of these; none where nothing telling is shared.

    ``fields`` are theirs. What is linked comes first. Where these are a day's, no other paper of that day (``outside``)
    is among them.
    """
    topic = _topic(papers, fields, archive)
    named = {one.key: one for one in (*_named(papers, archive), *(linked.named if linked else ()))}
    naming = {one.key: one for one in (*_naming(papers, archive), *(linked.naming if linked else ()))}
    near = {entry.key: entry for entry in _near(topic, archive)}
    candidates = named | naming | near
    for paper in papers:
        candidates.pop(paper.key, None)
    there = [one for one in candidates.values() if one.day != outside]
    compared = [_compared(topic, one, linked=one.key in named or one.key in naming) for one in there]
    best = sorted(compared, key=lambda one: (-one.score, -one.fields.id))
    spelled: dict[str, str] = {}
    found: list[Related] = []
    for one in best:
        if len(found) == most or one.score < LEAST:
            break
        ties = (one.fields.key in named, one.fields.key in naming)
        spelled = spelled or _spelled(topic)
        tags = _tags(topic, one.fields)
        words = tuple(_written(topic, one, tags, spelled))
        if words or tags or any(ties):
            found.append(Related(one.fields.id, one.score, words, tags, *ties))
    return found


def _topic(papers: Sequence[StoredEntry], fields: Sequence[EntryFields], archive: Archive) -> _Topic:
    worth = _worth(fields, archive)
    telling = nlargest(COMPARED * _times(papers), worth, key=lambda token: (worth[token], token))
    scale = sum(worth.values()) / max(1, len(papers)) or 1.0
    pairs = [token for token in telling if is_paired(token)]
    units = frozenset(telling).difference(pairs)
    return _Topic(papers, fields, {token: worth[token] for token in telling}, units, pairs, scale)


def _times(papers: Sequence[StoredEntry]) -> int:
    return min(TOGETHER, len(papers))


def _near(topic: _Topic, archive: Archive) -> list[EntryFields]:
    """The papers that hold most of the most telling words, the oldest first."""
    votes: dict[int, int] = {}
    for token in list(topic.worth)[: ASKED * _times(topic.papers)]:
        vote = round(1000 * topic.worth[token]) << _PLACE_BITS
        for place in archive.places(None, [token], VOTES):
            votes[place] = votes.get(place, place) + vote
    best = nlargest(READ, votes.values())  # a sum ends in its place, so that of equals the later wins
    places = [vote & ((1 << _PLACE_BITS) - 1) for vote in best]
    return list(archive.read(places, None).values())[::-1]


def _worth(papers: Sequence[EntryFields], archive: Archive) -> dict[str, float]:
    """What each telling word of the papers is worth; a word that no other paper holds is none."""
    weights: Counter[str] = Counter()
    holding: Counter[str] = Counter()
    for paper in papers:
        mine = _weights(paper)
        weights.update(mine)
        holding.update(mine.keys())
    entries = archive.totals().entries
    worth = {}
    for token, held in archive.frequencies(weights).items():
        is_word = len(token) > 1 and not token.isdigit() and token not in _SAYS_NOTHING
        if is_word and holding[token] < held <= max(1.0 + holding[token], COMMON * entries):
            worth[token] = weights[token] * math.log(entries / held)
    return worth


def _weights(paper: EntryFields) -> dict[str, float]:
    """What each word of a paper counts for in it, by where it stands and how often."""
    weights: dict[str, float] = {}
    fields = ((paper.title, TITLE), (paper.tags, TAG), (paper.abstract, TEXT), (paper.commentary, TEXT))
    for text, weight in fields:
        for token in field_tokens(text):
            times = 1 + math.log(max(1, text.count(token)))
            weights[token] = max(weights.get(token, 0.0), weight * times * (PAIR if is_paired(token) else 1.0))
    return weights


def _compared(topic: _Topic, other: EntryFields, *, linked: bool) -> _Compared:
    head, body = other.title + other.tags, other.abstract + other.commentary
    whole = head + body
    found = {token: f" {token} " for token in topic.units.intersection(whole.split())}
    found |= {token: token for token in topic.pairs if token in whole}
    shared: dict[str, float] = {}
    for token, needle in found.items():
        mentions = TITLE * head.count(needle) + TEXT * body.count(needle)
        shared[token] = topic.worth[token] * mentions / (2.0 + mentions)
    return _Compared(other, sum(shared.values()) / topic.scale + (LINKED if linked else 0.0), shared)


# What one says of the other


def _named(papers: Sequence[StoredEntry], archive: Archive) -> Iterator[EntryFields]:
    """The papers that these name in their commentary, by link or as a note is called."""
    said = "\n".join(paragraph.text for paper in papers for paragraph in paper.entry.commentary)
    for id in dict.fromkeys(id for paper in papers for id in named_papers(paper.entry)):
        yield from archive.newest(nodes.Paper(id), 1)
    for day, name in _notes(said):
        on_day = archive.newest(nodes.On(day), READ)
        yield from (entry for entry in on_day if _is_named(entry.title, name))


def _naming(papers: Sequence[StoredEntry], archive: Archive) -> Iterator[EntryFields]:
    """The papers that name one of these in their commentary, by link or as its note is called."""
    for paper in papers:
        for id in dict.fromkeys(id for link in paper.entry.links if (id := paper_id(link))):
            yield from archive.newest(nodes.Naming(id), READ)
        short = _short(paper.entry.title)
        if needles(short):
            yield from archive.newest(nodes.Commentary(f"{paper.day:%y%m%d} {short}"), ASKED)


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


def _tags(topic: _Topic, other: EntryFields) -> tuple[str, ...]:
    """The shared tags, in the first of the papers' spellings."""
    tags: dict[str, str] = {}
    for paper in topic.papers:
        for tag in paper.entry.tags:
            tags.setdefault(tag_key(tag), tag)
    return tuple(tag for tag in tags.values() if f" {tag_mark(tag)} " in other.marks)


def _written(topic: _Topic, other: _Compared, tags: Sequence[str], spelled: Mapping[str, str]) -> Iterator[str]:
    """The shared words as the papers write them, the most telling first; Hangul as long as both have it."""
    whole = "".join(f"{paper.title}{paper.abstract}{paper.commentary}" for paper in topic.fields)
    theirs = f"{other.fields.title}{other.fields.tags}{other.fields.abstract}{other.fields.commentary}"
    done = {tag_key(tag) for tag in tags}
    least = TELLING * max(other.shared.values(), default=0.0)
    count = 0
    for token in sorted(other.shared, key=lambda token: (-other.shared[token], token)):
        if count == SHOWN or other.shared[token] < least:
            return
        paired = is_paired(token)
        word = min(bare(_stretch(token, whole, theirs)), key=len) if paired else _as_written(token, spelled)
        key = tag_key(word)
        if len(word) > 1 and not is_plain(word) and not any(key in known or known in key for known in done):
            done.add(key)
            count += 1
            yield word


def _spelled(topic: _Topic) -> dict[str, str]:
    """The first written word for each unit and form in the papers; titles first."""
    spelled: dict[str, str] = {}
    for paper in topic.papers:
        entry = paper.entry
        for text in (entry.title, *entry.abstract, *(paragraph.text for paragraph in entry.commentary)):
            for word, forms in written_words(text):
                for form in forms:
                    spelled.setdefault(form, word)
    return spelled


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


def _as_written(token: str, spelled: Mapping[str, str]) -> str:
    """The word as it stands in one of the papers; empty where it stands only in another form."""
    word = spelled.get(token, "")
    for needle in needles(token):
        for start, end in spans(word, needle):
            return word[start:end]
    return ""
