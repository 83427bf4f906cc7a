"""In which order what was found is shown: BM25F over field strings, and what a person means by "the" paper.

The database only proposes entries; scores are computed here from values, so every database gives one order.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.search.fields import EntryFields
from bot.search.words import is_paired, needles, unit_tokens

WEIGHTS = (5.0, 3.0, 3.0, 1.0, 1.5)
"""Of title, tags, authors, abstract, commentary: a word in the title says more of what a paper is about."""
SATURATION = 1.2
"""BM25's k1: how soon another mention of a word adds nothing."""
LENGTH = 0.4
"""BM25's b: how much a long field makes a mention in it weigh less."""
NEAR = 0.15
"""Of the whole score, where the words stand side by side as they were typed; twice that in the title."""
TITLE = 0.3
"""Of the whole score, where the title begins with what was typed."""
PART = 0.8
"""Of what a whole Hangul word is worth, what all of its pairs apart are."""
RECENT = 0.03 / (7 * 365)
"""Of the whole score, a day: three per cent over seven years, which only decides between equals."""


@dataclass(frozen=True, slots=True)
class Archive:
    """What ranking knows of all entries."""

    entries: int
    lengths: tuple[float, ...]
    """Mean length of each field's string, in characters, of the entries that have the field."""
    frequencies: Mapping[str, int] = field(default_factory=dict)
    """Entries that hold a token, for at least the tokens of `tokens_of`."""

    def rarity(self, token: str) -> float:
        """BM25's idf, never negative."""
        holding = self.frequencies.get(token, 0)
        return math.log(1 + (self.entries - holding + 0.5) / (holding + 0.5))


def tokens_of(phrases: Iterable[str]) -> set[str]:
    """The tokens whose frequencies `rank` needs."""
    found: set[str] = set()
    for phrase in phrases:
        for needle in needles(phrase):
            for unit in needle.split():
                found.update(_pairs(unit))
    return found


def _pairs(unit: str) -> list[str]:
    tokens = unit_tokens(unit)
    return tokens[:-1] if is_paired(unit) and len(tokens) > 1 else tokens


def rank(found: Sequence[EntryFields], phrases: Sequence[str], archive: Archive) -> list[EntryFields]:
    """Best first; where nothing was asked in words, and between equals, the newest first."""
    newest = sorted(found, key=lambda entry: (entry.day, entry.id), reverse=True)
    if not phrases or not newest:
        return newest
    terms = [_Term.of(phrase, archive) for phrase in phrases]
    whole = needles(" ".join(phrases))
    last = newest[0].day
    scores: dict[int, float] = {}
    for entry in newest:
        score = sum(term.score(entry.words, archive.lengths) for term in terms)
        if len(phrases) > 1:
            score *= 1 + NEAR * _nearness(entry, whole)
        score *= 1 + TITLE * any(
            entry.title.startswith(needle.rstrip(), 0 if needle[0] == " " else 1) for needle in whole
        )
        scores[entry.id] = score * (1 - RECENT * (last - entry.day).days)
    return sorted(newest, key=lambda entry: scores[entry.id], reverse=True)


def _nearness(entry: EntryFields, whole: Sequence[str]) -> int:
    if any(needle in entry.title for needle in whole):
        return 2
    return int(any(needle in text for needle in whole for text in entry.words))


@dataclass(frozen=True, slots=True)
class _Term:
    """One word or phrase typed, and what it is worth."""

    needles: tuple[str, ...]
    rarity: float
    parts: tuple[tuple[str, float], ...]
    """What is found of it where the whole is not: the pairs of a Hangul word, each with its share of the worth."""

    @classmethod
    def of(cls, phrase: str, archive: Archive) -> "_Term":
        found = needles(phrase)
        rarity = max(
            (archive.rarity(token) for needle in found[:1] for u in needle.split() for token in _pairs(u)), default=0.0
        )
        joined = [needle for needle in found[1:] if len(needle.split()) == 1]
        for needle in joined:
            if archive.frequencies.get(needle.strip()):
                rarity = max(rarity, archive.rarity(needle.strip()))
        unit = found[0].split()
        pairs = _pairs(unit[0]) if len(unit) == 1 and is_paired(unit[0]) else []
        parts = tuple((pair, PART * archive.rarity(pair) / len(pairs)) for pair in pairs) if len(pairs) > 1 else ()
        return cls(found, rarity, parts)

    def score(self, fields: Sequence[str], lengths: Sequence[float]) -> float:
        whole = self.rarity * _worth(self.needles, fields, lengths)
        if whole or not self.parts:
            return whole
        return sum(share * _worth((pair,), fields, lengths) for pair, share in self.parts)


def _worth(wanted: Sequence[str], fields: Sequence[str], lengths: Sequence[float]) -> float:
    """From 0 for no mention to 1 for many, in fields that count for much."""
    mentions = 0.0
    for text, weight, mean in zip(fields, WEIGHTS, lengths, strict=True):
        if text:
            times = max(text.count(needle) for needle in wanted)
            if times:
                mentions += weight * times / (1 - LENGTH + LENGTH * len(text) / mean)
    return mentions / (SATURATION + mentions)
