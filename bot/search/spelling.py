"""What may have been meant by a word the archive does not know: known words a slip of the fingers away.

No list of words is kept: the slips are made, and looked up. Whole words are compared before stems; Hangul by the
letters of its syllables.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from bot.search.archive import Archive
from bot.search.korean import is_syllable, near_syllables
from bot.search.words import cut, distance, stem

SHORTEST = 4
"""Letters. A shorter word is a slip away from too many."""
SHORTEST_TWICE = 7
"""Letters of a word in which two slips are looked for."""
SHORTEST_HANGUL = 2
"""Syllables."""

_ADDED = 200
"""Syllables that are tried in one place: those that most often follow the one before it."""
_START = 3
"""Letters at its beginning in which a word with two slips is taken to be right."""
_ALPHABET = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Correction:
    text: str
    slips: int
    entries: int
    """How many entries hold it, or a part of it: at most."""


def corrections(word: str, archive: Archive, n: int = 3) -> list[Correction]:
    """Known words near this one, the likeliest first. Parts of it that are known stay as they are."""
    parts = cut(word)
    known = archive.frequencies(token for kind, text in parts for token in _tokens(kind, text))
    found = [Correction("", 0, 1 << 62)]
    for kind, text in parts:
        tokens = _tokens(kind, text)
        if all(known.get(token) for token in tokens):
            near = [Correction(text, 0, min(known[token] for token in tokens))]
        elif kind == "letters":
            near = _latin(text, archive)[:n]
        elif kind == "paired":
            near = _hangul(text, archive)[:n]
        else:
            near = []
        found = [
            Correction(f"{one.text} {other.text}".strip(), one.slips + other.slips, min(one.entries, other.entries))
            for one in found
            for other in near
        ]
    return sorted((one for one in found if one.slips), key=lambda one: one.slips)[:n]


def _tokens(kind: str, text: str) -> list[str]:
    if kind == "letters":
        return [stem(text)]
    if kind == "paired" and len(text) > 1:
        return [left + right for left, right in pairwise(text)]
    return [text]


# Latin words


def _latin(word: str, archive: Archive) -> list[Correction]:
    if len(word) < SHORTEST:
        return []
    return _once(word, archive) or (_twice(word, archive) if len(word) >= SHORTEST_TWICE else [])


def _once(word: str, archive: Archive) -> list[Correction]:
    whole: dict[str, str] = {}
    for slip in _slips(word):
        other = whole.setdefault(stem.__wrapped__(slip), slip)
        if other is not slip and _unlikely(word, slip) < _unlikely(word, other):
            whole[stem.__wrapped__(slip)] = slip
    bare = stem(word)
    return _known(word, whole, bare, archive) or _known(word, {slip: slip for slip in _slips(bare)}, bare, archive)


def _known(word: str, slips: Mapping[str, str], bare: str, archive: Archive) -> list[Correction]:
    """Of the slips, by their stems, those that the archive holds."""
    known = archive.frequencies(slips)
    near = [Correction(slips[token], 1, known[token]) for token in slips if known.get(token) and token != bare]
    return sorted(near, key=lambda one: (_unlikely(word, one.text), -one.entries, one.text))


def _unlikely(typed: str, meant: str) -> int:
    """How unusual the slip is: people leave out, double and swap letters, and seldom miss the first."""
    if typed[0] != meant[0]:
        return 2
    if len(typed) > len(meant):
        return int(not any(left == right for left, right in pairwise(typed)))
    return int(len(typed) == len(meant) and sorted(typed) != sorted(meant))


def _slips(word: str) -> Iterator[str]:
    """Every word one slip away: a letter dropped, swapped with the next, replaced, or added."""
    for at in range(len(word) + 1):
        left, right = word[:at], word[at:]
        if right:
            yield left + right[1:]
        if len(right) > 1:
            yield left + right[1] + right[0] + right[2:]
        for letter in _ALPHABET:
            if right:
                yield left + letter + right[1:]
            yield left + letter + right


def _twice(word: str, archive: Archive) -> list[Correction]:
    bare = stem(word)
    ending = word[len(bare) :] if word.startswith(bare) else ""
    letters = set(word)
    near = []
    for token, entries in archive.beginning(word[:_START], len(bare) - 2, len(word) + 2).items():
        if len(letters - set(token + ending)) > 2 or token == bare:  # far cheaper than a distance
            continue
        slips = min(distance(word, token, 2), distance(word, token + ending, 2))
        if slips <= 2:
            near.append(Correction(token, slips, entries))
    return sorted(near, key=lambda one: (one.slips, -one.entries, one.text))


# Hangul


def _hangul(word: str, archive: Archive) -> list[Correction]:
    if len(word) < SHORTEST_HANGUL or not all(is_syllable(letter) for letter in word):
        return []
    return _replaced(word, archive) or _moved(word, archive)


def _replaced(word: str, archive: Archive) -> list[Correction]:
    """Words with one syllable, or two apart from each other, that differ in a letter."""
    others = [list(near_syllables(letter)) for letter in word]
    pairs = {left + right for left, right in pairwise(word)}
    for at, letters in enumerate(others):
        pairs.update(word[at - 1] + letter for letter in letters if at)
        pairs.update(letter + word[at + 1] for letter in letters if at + 1 < len(word))
    known = archive.frequencies(pairs)
    wrong = {at for at, (left, right) in enumerate(pairwise(word)) if not known.get(left + right)}
    fitting: dict[int, list[tuple[str, int]]] = {}
    for at, letters in enumerate(others):
        touched = _pairs_at(at, len(word))
        if not wrong or not touched & wrong:
            continue
        fitting[at] = [(letter, least) for letter in letters if (least := _least(word, at, letter, touched, known)) > 0]
    near = []
    for at, letters_ in fitting.items():
        if wrong <= _pairs_at(at, len(word)):
            near += [Correction(word[:at] + letter + word[at + 1 :], 1, entries) for letter, entries in letters_]
    if not near and len(word) >= SHORTEST:
        near = [
            Correction(word[:one] + left + word[one + 1 : other] + right + word[other + 1 :], 2, min(a, b))
            for one in fitting
            for other in fitting
            if other > one + 1 and wrong <= _pairs_at(one, len(word)) | _pairs_at(other, len(word))
            for left, a in fitting[one][:5]
            for right, b in fitting[other][:5]
        ]
    return sorted(near, key=lambda one: (-one.entries, one.text))


def _pairs_at(at: int, length: int) -> set[int]:
    """Which pairs of a word a syllable is part of, by their numbers."""
    return {pair for pair in (at - 1, at) if 0 <= pair < length - 1}


def _least(word: str, at: int, letter: str, touched: Iterable[int], known: Mapping[str, int]) -> int:
    """How many entries hold the rarer of the pairs that the letter makes there."""
    changed = word[:at] + letter + word[at + 1 :]
    return min((known.get(changed[pair : pair + 2], 0) for pair in touched), default=0)


def _moved(word: str, archive: Archive) -> list[Correction]:
    """Words with a syllable too many, one left out, or two swapped."""
    if len(word) < 3:
        return []
    known = archive.frequencies(map("".join, pairwise(word)))
    wrong = {at for at, (left, right) in enumerate(pairwise(word)) if not known.get(left + right)}
    places = range(len(word))
    changed = [word[:at] + word[at + 1 :] for at in places if wrong <= {at - 1, at}]
    changed += [
        word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in places[:-1] if wrong <= {at - 1, at, at + 1}
    ]
    for at in places[1:]:
        if wrong <= {at - 1}:
            after = archive.beginning(word[at - 1], 2, 2)
            common = sorted(after, key=lambda pair: (-after[pair], pair))[:_ADDED]
            changed += [word[:at] + pair[1] + word[at:] for pair in common]
    pairs = {pair for one in changed for pair in map("".join, pairwise(one))}
    known = archive.frequencies(pairs)
    near = [
        Correction(one, 1, least)
        for one in dict.fromkeys(changed)
        if one != word and (least := min((known.get(left + right, 0) for left, right in pairwise(one)), default=0))
    ]
    return sorted(near, key=lambda one: (-one.entries, one.text))
