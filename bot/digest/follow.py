"""Which entry of a document was which before it was edited.

By its paper's id, then by its title, then by what is written below it; what is left, by its place among its neighbours.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import chain, pairwise

from bot.digest.keys import canonical_link, title_key
from bot.digest.merge import Statement, differ
from bot.digest.model import Entry

MANY = 40  # Entries whose texts are compared each with each: beyond that, only ids, titles and places are.
TELLING = 30  # Characters: "Worth a look" is written below many papers.
TELLING_WORDS = 5
HALF, MUCH = 0.5, 0.7  # Shares of words in common. Two papers noted in one form of words have half in common.
_WORD = re.compile(r"\w+")
Pair = tuple[int, int]


def follow(
    before: Sequence[Statement], after: Sequence[Statement], *, whole: bool = False, surely: bool = False
) -> list[Pair]:
    """Pairs of places: the entry that was ``before[i]`` is ``after[j]`` now.

    ``whole`` is for a document of one entry, a note: it goes on as the same entry whatever changes in it. On a page, an
    entry with another id, title and words has taken the place of one that is gone. ``surely`` goes by
    what two entries have in common alone.
    """
    pairs: dict[int, int] = {}
    taken: set[int] = set()

    def pair(old: int, new: int) -> None:
        pairs[old] = new
        taken.add(new)

    def pair_by(facts: Callable[[Statement], Iterable[Hashable]], *, strict: bool) -> None:
        by_fact: dict[Hashable, list[int]] = {}
        for new, statement in enumerate(after):
            if new not in taken:
                for fact in facts(statement):
                    by_fact.setdefault(fact, []).append(new)
        for old, statement in enumerate(before):
            if old in pairs:
                continue
            candidates = chain.from_iterable(by_fact.get(fact, ())[:MANY] for fact in facts(statement))
            for new in candidates:
                if new not in taken and not (strict and differ(statement.ids, after[new].ids)):
                    pair(old, new)
                    break

    pair_by(lambda statement: statement.ids.values(), strict=True)
    pair_by(_links_with_title, strict=True)
    pair_by(_named_titles, strict=True)
    pair_by(_named_titles, strict=surely)
    pair_by(_telling_texts, strict=surely)
    if whole and len(before) == len(after) == 1:
        return [(0, 0)]
    old_left = [old for old in range(len(before)) if old not in pairs]
    new_left = [new for new in range(len(after)) if new not in taken]
    if old_left and new_left and len(old_left) <= MANY and len(new_left) <= MANY:
        for old, new in _by_likeness(before, after, old_left, new_left, surely=surely):
            pair(old, new)
    for olds, news in [] if surely else _gaps(len(before), len(after), pairs):
        if len(olds) == len(news):
            for old, new in zip(olds, news, strict=True):
                if not _is_another(before[old], after[new]):
                    pair(old, new)
    return sorted(pairs.items())


def _is_another(old: Statement, new: Statement) -> bool:
    """Whether what is in an entry's place now is about another paper, and no correction: of other id and words."""
    if not differ(old.ids, new.ids):
        return False
    (_, text, authors, _), (_, other_text, other_authors, _) = _features(old.entry), _features(new.entry)
    if min(len(text), len(other_text)) >= TELLING_WORDS:
        return True
    return bool(authors and other_authors and not authors & other_authors)


def _links_with_title(statement: Statement) -> Iterator[Hashable]:
    return ((canonical_link(link), statement.title_key) for link in statement.entry.links)


def _named_titles(statement: Statement) -> Iterator[Hashable]:
    if statement.is_named:
        yield statement.title_key


def _telling_texts(statement: Statement) -> Iterator[Hashable]:
    if len(text := _text(statement.entry)) >= TELLING:
        yield text


def _text(entry: Entry) -> str:
    return "\n".join((*entry.abstract, *(paragraph.text for paragraph in entry.commentary)))


def _by_likeness(
    before: Sequence[Statement],
    after: Sequence[Statement],
    old_left: Sequence[int],
    new_left: Sequence[int],
    *,
    surely: bool,
) -> list[Pair]:
    """Pairs of entries that have much in common, the likest first."""
    olds = {old: _features(before[old].entry) for old in old_left}
    news = {new: _features(after[new].entry) for new in new_left}
    scored = []
    for old in olds:
        for new in news:
            other_paper = differ(before[old].ids, after[new].ids)
            if surely and other_paper:
                continue
            score = _likeness(olds[old], news[new], by_text=surely or other_paper)
            if score >= (MUCH if other_paper else HALF):
                scored.append((score, -abs(old - new), old, new))
    found: list[Pair] = []
    for _, _, old, new in sorted(scored, reverse=True):
        if old in olds and new in news:
            found.append((old, new))
            del olds[old], news[new]
    return found


_Features = tuple[frozenset[str], frozenset[str], frozenset[str], frozenset[str]]


def _features(entry: Entry) -> _Features:
    """Words of its title and of its text, its authors and its links."""
    return (
        frozenset(_WORD.findall(entry.title.casefold())),
        frozenset(_WORD.findall(_text(entry).casefold()[:4000])),
        frozenset(title_key(name) for name in entry.authors[:50]),
        frozenset(canonical_link(link) for link in entry.links),
    )


def _likeness(one: _Features, other: _Features, *, by_text: bool) -> float:
    """From 0 to 1: the share that they have in common of the thing that they have most of in common.

    ``by_text`` goes by the words below the title, else the authors: two papers of one series have a title and a
    repository in common.
    """
    shares = [
        len(mine & theirs) / len(mine | theirs) if mine | theirs else 0.0
        for mine, theirs in zip(one, other, strict=True)
    ]
    if not by_text:
        return max(shares)
    _, text, authors, _ = shares
    return text if min(len(one[1]), len(other[1])) >= TELLING_WORDS else min(text, authors)


def _gaps(olds: int, news: int, pairs: dict[int, int]) -> list[tuple[list[int], list[int]]]:
    """What is in no pair, between those pairs that keep the order."""
    anchors = [(-1, -1), *_increasing(sorted(pairs.items())), (olds, news)]
    taken = set(pairs.values())
    return [
        (
            [old for old in range(first_old + 1, next_old) if old not in pairs],
            [new for new in range(first_new + 1, next_new) if new not in taken],
        )
        for (first_old, first_new), (next_old, next_new) in pairwise(anchors)
    ]


def _increasing(pairs: Sequence[Pair]) -> list[Pair]:
    """The most of these pairs, sorted by their first, whose seconds increase too."""
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for index, (_, new) in enumerate(pairs):
        length = bisect_left(ends, new)
        before.append(last[length - 1] if length else -1)
        if length == len(ends):
            ends.append(new)
            last.append(index)
        else:
            ends[length], last[length] = new, index
    found: list[Pair] = []
    at = last[-1] if last else -1
    while at >= 0:
        found.append(pairs[at])
        at = before[at]
    return found[::-1]
