"""In which order what was found is shown: BM25F over field strings, and what a person means by "the" paper.

The database only proposes entries; scores are computed here from values, so every database gives one order.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import NamedTuple

from bot.search.archive import Totals
from bot.search.fields import EntryFields
from bot.search.reading import Form, Reading, Term
from bot.search.words import BREAK, most_holding, needles, own_length, tokens_in

WEIGHTS = (5.0, 3.0, 3.0, 1.0, 1.5)
"""Of title, tags, authors, abstract, commentary: a word in the title says more of what a paper is about."""
SATURATION = 1.2
"""BM25's k1: how soon another mention of a word adds nothing."""
LENGTH = 0.4
"""BM25's b: how much a long field makes a mention in it weigh less."""
SIDE_BY_SIDE = 0.3
"""Of the worth of two words, where they stand side by side as they were typed."""
NEAR = 0.15
"""Of the whole score, where all the words stand side by side; twice that in the title."""
TITLE = 0.3
"""Of the whole score, where the title begins with what was typed; twice that where it is all of the title."""
OTHER_SPELLING = 0.5
"""Of a mention, one in another spelling of what was written."""
PART = 0.8
"""Of what a whole Hangul word is worth, what all of its pairs apart are."""
NAMED = 0.4
"""Of a name's worth, for each further word it stands for: moe says as much as 전문가 혼합."""
LITTLE = 0.2
"""Of what the rarest word is worth. What is worth less is not looked for: the "of" and "the" of a long question."""
WHOLE = 100
"""Entries that are scored by all of their text; of more than these, the best by title, tags and authors."""
WHOLE_TEXT = 400_000
"""Characters of them, likewise."""
RECENT = 0.03 / (7 * 365)
"""Of the whole score, a day: three per cent over seven years, which only decides between equals."""

# The constants were tuned together on 150 queries and tried on 100 others; between half and twice of each changes the
# MRR of either by .01 at the most.


def rank(
    found: Sequence[EntryFields],
    reading: Reading,
    totals: Totals,
    lacking: Mapping[int, frozenset[int]] | None = None,
) -> list[EntryFields]:
    """Best first; where nothing was asked in words, and between equals, the newest first.

    ``lacking`` are words that the entry with this id is known not to hold: half of the time goes into not finding them.
    """
    newest = sorted(found, key=lambda entry: (entry.day, entry.id), reverse=True)
    if not reading.terms or not newest:
        return newest
    scorer = _Scorer(reading, totals)
    whole = _scored_whole(newest)
    if whole < len(newest):
        newest = sorted(newest, key=scorer.score_of_heading, reverse=True)
        whole = _scored_whole(newest)
    last = max(entry.day for entry in newest)
    scores = {}
    for entry in newest[:whole]:
        terms = scorer.terms_without(lacking[entry.id]) if lacking else scorer.terms
        scores[entry.id] = scorer.score(entry, terms) * (1 - RECENT * (last - entry.day).days)
    best = sorted(newest[:whole], key=lambda entry: scores[entry.id], reverse=True)
    return [*best, *newest[whole:]]


def _scored_whole(entries: Sequence[EntryFields]) -> int:
    """How many of the first entries are scored by all of their text."""
    read = accumulate(sum(map(len, entry.words)) for entry in entries[:WHOLE])
    return sum(1 for characters in read if characters <= WHOLE_TEXT)


@dataclass(frozen=True, slots=True)
class _Rarity:
    entries: int
    frequencies: Mapping[str, int]

    def of(self, token: str) -> float:
        """BM25's idf, never negative."""
        holding = self.frequencies.get(token, 0)
        return math.log(1 + (self.entries - holding + 0.5) / (holding + 0.5))

    def of_text(self, text: str) -> float:
        """Of a word or some words, the sum; of the parts of one word, the rarest."""
        return sum(map(self._of_word, text.replace("-", " ").split()))

    def _of_word(self, word: str) -> float:
        found = needles(word)
        joined = [needle.strip() for needle in found[1:] if needle.count(" ") == 2]
        tokens = [token for needle in found[:1] for token in tokens_in(needle)]
        tokens += [token for token in joined if self.frequencies.get(token)]
        return max(map(self.of, tokens), default=0.0)


class _Form(NamedTuple):
    """One form of a term, and what it is worth."""

    worth: float
    needles: tuple[str, ...]
    parts: tuple[tuple[str, float], ...] = ()
    """What is found of it where the whole is not: the pairs of a Hangul word, each with its share of the worth."""


_Weighted = tuple[str, float, str]
"""A field, its weight, and what of it is repeated in another spelling."""
_Term = tuple[int, int, list[_Form]]
"""The first word, the one after the last, and the forms, the worthiest first."""


class _Scorer:
    """Scores entries for one reading. Written for speed: it looks at hundreds of entries for a query."""

    def __init__(self, reading: Reading, totals: Totals) -> None:
        self.lengths = totals.lengths
        self.rarity = _Rarity(totals.entries, reading.frequencies)
        typed = self._typed(reading)
        terms = [(term.first, term.last, self._forms(term, typed, reading)) for term in reading.terms]
        least = LITTLE * max((forms[0].worth for _, _, forms in terms), default=0.0)
        self.terms = [(first, last, forms if forms[0].worth >= least else []) for first, last, forms in terms]
        self.little = frozenset(first for first, last, forms in self.terms if not forms and last - first == 1)
        self.terms_left: dict[frozenset[int], list[_Term]] = {}
        self.length = len(reading.words)
        self.pairs = {
            at: [_Form((1 + SIDE_BY_SIDE) * self.rarity.of_text(f"{left} {right}"), needles(f"{left} {right}"))]
            for at, (left, right) in enumerate(pairwise(reading.words), 1)
            if {at - 1, at} <= reading.loose
        }
        self.whole = [needle for text in reading.spoken for needle in needles(text)]

    def _typed(self, reading: Reading) -> list[float]:
        """What each word is worth as it was typed."""
        worth = [0.0] * len(reading.words)
        for term in reading.terms:
            for form in term.forms:
                if form.how == "typed":
                    share = self.rarity.of_text(form.text) / (term.last - term.first)
                    worth[term.first : term.last] = [share] * (term.last - term.first)
        return worth

    def _forms(self, term: Term, typed: Sequence[float], reading: Reading) -> list[_Form]:
        """The forms of a term, the worthiest first. All names of one thing count as its commonest does."""
        own = [
            self.rarity.of_text(form.text)
            for form in term.forms
            if form.how != "near" and most_holding(form.text, reading.frequencies)
        ]
        most = sum(typed[term.first : term.last])
        common = min(most, min(own, default=most) * (1 + NAMED * (term.last - term.first - 1)))
        made = [self._form(form, most if form.how == "typed" else common) for form in term.forms]
        return sorted(made, key=lambda form: -form.worth)

    def _form(self, form: Form, worth: float) -> _Form:
        found = needles(form.text)
        pairs = tokens_in(found[0]) if form.how == "typed" and len(found) == 1 and " " not in found[0].strip() else ()
        if len(pairs) < 2:
            return _Form(worth * form.weight, found)
        share = form.weight * PART / len(pairs)
        held = [pair for pair in pairs if self.rarity.frequencies.get(pair)]
        return _Form(worth * form.weight, found, tuple((pair, share * self.rarity.of(pair)) for pair in held))

    def terms_without(self, lacking: frozenset[int]) -> list[_Term]:
        """The terms, of those with a lacking word only what is found of its parts."""
        if lacking not in self.terms_left:
            self.terms_left[lacking] = [
                (first, last, forms if lacking.isdisjoint(range(first, last)) else [f for f in forms if f.parts])
                for first, last, forms in self.terms
            ]
        return self.terms_left[lacking]

    def score_of_heading(self, entry: EntryFields) -> float:
        return self.score(entry._replace(abstract="", commentary=""), self.terms)

    def score(self, entry: EntryFields, terms: Iterable[_Term]) -> float:
        """Of the best way to cut the query into terms."""
        fields = entry.words
        text = "".join(fields)  # with a space on either side of each, so that no needle reaches from one to the next
        weighted = [
            (field[:own], weight / (1 - LENGTH + LENGTH * own / mean), field[own:])
            for field, weight, mean in zip(fields, WEIGHTS, self.lengths, strict=True)
            if (own := own_length(field))
        ]
        best = [0.0] * (self.length + 1)
        before = 0.0
        missing = 0
        for first, last, forms in terms:
            value = _best(forms, text, weighted)
            score = best[first] + value
            if last - first == 1:
                if not value:
                    missing += first not in self.little
                elif before and first in self.pairs:
                    score = max(score, best[first - 1] + _best(self.pairs[first], text, weighted))
                before = value
            elif value:
                missing -= last - first
            if score > best[last]:
                best[last] = score
        score = best[-1]
        if missing <= 0:  # else the words cannot all stand side by side
            if self.length > 1:
                score *= 1 + NEAR * _nearness(entry.title, text, self.whole)
            score *= 1 + TITLE * _begun(entry.title, self.whole)
        return score


def _best(forms: Iterable[_Form], text: str, weighted: Iterable[_Weighted]) -> float:
    """What the best of these forms adds to an entry's score."""
    value = 0.0
    for worth, wanted, parts in forms:
        if worth <= value:
            break
        most = 0.0
        for needle in wanted:
            if needle in text:
                mentioned = _mentioned(needle, weighted)
                if mentioned > most:
                    most = mentioned
        found = worth * most
        if not most and parts:
            found = sum([share * _mentioned(pair, weighted) for pair, share in parts if pair in text])
        if found > value:
            value = found
    return value


def _mentioned(needle: str, weighted: Iterable[_Weighted]) -> float:
    """From 0 for no mention to 1 for many, in fields that count for much."""
    mentions = 0.0
    for field, weight, respelled in weighted:
        mentions += weight * (field.count(needle) or OTHER_SPELLING * (needle in respelled))
    return mentions / (SATURATION + mentions)


def _nearness(title: str, text: str, whole: Iterable[str]) -> int:
    """2 where the words stand side by side in the title, 1 where they do elsewhere."""
    return max(((2 if needle in title else 1) for needle in whole if needle in text), default=0)


def _begun(title: str, whole: Iterable[str]) -> int:
    """2 where this is all of the title, 1 where it is its beginning."""
    begun = [needle for needle in whole if title.startswith(needle.rstrip(), 0 if needle[0] == " " else 1)]
    return max((1 + (title.partition(BREAK)[0].strip() == needle.strip()) for needle in begun), default=0)
