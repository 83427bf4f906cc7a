"""Finds entries: what matches a query exactly, in its order, and below it what comes close.

Pure but for the `Archive` it is given. The database proposes, newest first; all thinking is done here on values.
"""

import math
from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace
from operator import itemgetter

from bot.search import tree as nodes
from bot.search.archive import Archive, Matching, Totals
from bot.search.fields import EntryFields
from bot.search.glossary import Glossary
from bot.search.grammar import Query
from bot.search.rank import rank
from bot.search.reading import Reading, Understood, read
from bot.search.tree import Node
from bot.search.words import most_holding

RANKED = 300
"""Matches that are ranked: the newest so many. Beyond them the newest go first (3,854 entries: more gained nothing)."""
ENOUGH = 50
"""Matches beyond which nobody looks for close ones."""
CLOSE = 100
"""Close matches that are ranked."""
VOTES = 1000
"""Entries: so many that hold a word, the newest, vote for it, and words vote until so many have been asked."""
VOTING = 3
"""Words that vote however common they are: the rarest."""
HEADING = 2.0
"""How much more a vote counts for a word in title, tags or authors."""
HEADED = range(4 * VOTES, 20 * VOTES)
"""Entries that hold a word, of which it is asked in whose titles it stands. Of the rarer ones a good part votes anyway;
for a commoner word the database would look at too many."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a look-up found: entry ids in the order asked for, each paper once, on the newest of its days that match."""

    ids: tuple[int, ...]
    total: int
    """How many papers match; where ``more``, at least so many; where ``about``, nearly so many."""
    more: bool = False
    """Whether there are more than the limit."""
    about: bool = False
    """Whether not all that may match was looked at, and ``ids`` are the first of those that do."""
    close: tuple[int, ...] = ()
    """Papers that meet every filter and most or the rarest of the words, as typed or as understood; best first."""
    reading: Reading | None = field(default=None, compare=False)
    """All that was looked for; None where nothing was read into the words."""

    @property
    def understood(self) -> Understood:
        """What words were taken for."""
        return self.reading.understood if self.reading else Understood()


def find(query: Query, archive: Archive, glossary: Glossary, limit: int) -> Found:
    """Papers that match the query, at most ``limit``, and those that come close."""
    matching = archive.matching(query.tree, limit, ranked=RANKED if query.ranks else 0, oldest=query.sort == "old")
    if not query.ranks:
        return _found(matching.rest, matching)
    reading = read(query.tree, archive, glossary)
    totals = archive.totals()
    pool = rank(matching.pool, reading, totals)
    ids = (*(entry.id for entry in pool), *matching.rest)
    if len(ids) >= ENOUGH:
        return _found(ids, matching, telling(reading, ()))
    close = _close(query.tree, reading, archive, totals, {entry.key for entry in pool})
    ids_close = tuple(entry.id for entry in close)
    return replace(_found(ids, matching, telling(reading, close)), close=ids_close)


def telling(reading: Reading, close: Sequence[EntryFields]) -> Reading:
    """The reading, of whose translations those are told that brought a close match. What matches holds the words as
    they were typed."""

    def brought(pair: tuple[str, str]) -> bool:
        typed, other = (nodes.Phrase(text) for text in pair)
        return any(other.holds(entry) and not typed.holds(entry) for entry in close)

    told = tuple(filter(brought, reading.understood.translated))
    return replace(reading, understood=replace(reading.understood, translated=told))


def _found(ids: tuple[int, ...], matching: Matching, reading: Reading | None = None) -> Found:
    about = matching.about is not None
    return Found(ids, matching.about or len(ids), matching.more, about, reading=reading)


def _close(
    tree: Node | None,
    reading: Reading,
    archive: Archive,
    totals: Totals,
    known: Set[str],
) -> list[EntryFields]:
    """Papers that meet every filter and hold most of the words, in any form, best first.

    Each word, the rarest first, gives its rarity to the newest papers that hold it, and again where it stands in their
    titles, tags or authors; those that got most are read.
    """
    firm = _firm(tree)
    votes: dict[int, float] = {}
    holders: dict[int, Set[int]] = {}
    asked = 0
    for voted, (holding, word, forms) in enumerate(_words(reading)):
        if voted >= VOTING and asked + holding > VOTES:
            break
        asked += holding
        rarity = math.log(1 + totals.entries / holding)
        places = archive.places(firm, forms, VOTES)
        if len(places) < VOTES:
            holders[word] = set(places)
        for place in places:
            votes[place] = votes.get(place, 0.0) + rarity
        if holding in HEADED:
            for place in archive.places(firm, forms, VOTES, heading=True):
                votes[place] = votes.get(place, 0.0) + HEADING * rarity
    best = sorted(sorted(votes, reverse=True), key=votes.__getitem__, reverse=True)[:CLOSE]
    found: dict[str, EntryFields] = {}
    lacking: dict[int, frozenset[int]] = {}
    for place, entry in archive.read(best, firm).items():
        if entry.key not in known and found.setdefault(entry.key, entry) is entry:
            lacking[entry.id] = frozenset(word for word, held in holders.items() if place not in held)
    return rank(list(found.values()), reading, totals, lacking)


def _firm(tree: Node | None) -> Node | None:
    """What a close match must meet: all but the bare words."""
    if isinstance(tree, nodes.Word):
        return None
    if isinstance(tree, nodes.All):
        parts = [part for part in map(_firm, tree.parts) if part is not None]
        return nodes.All(tuple(parts)) if parts else None
    return tree


def _words(reading: Reading) -> list[tuple[int, int, list[str]]]:
    """The words that may be lacking and that the archive has: how many entries hold one at most, which, and its forms;
    the rarest first."""
    words = []
    for at in sorted(reading.loose):
        forms = [form.text for term in reading.terms if term.first <= at < term.last for form in term.forms]
        holding = sum(most_holding(form, reading.frequencies) for form in forms)
        if holding:
            words.append((holding, at, forms))
    return sorted(words, key=itemgetter(0))
