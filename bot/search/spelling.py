"""What may have been meant by a word the archive does not know: known words a slip of the fingers away.

No list of words is kept: the slips are made, and looked up. Whole words are compared before stems; Hangul by the
letters of its syllables.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, pairwise

from bot.search.archive import Archive
from bot.search.keyboard import is_one_slip
from bot.search.korean import OF_NOUNS, is_syllable, near_syllables
from bot.search.tree import Word
from bot.search.words import cut, distance, needles, stem

SHORTEST = 4
"""Letters. A shorter word is a slip away from too many."""
SHORTEST_TWICE = 7
"""Letters of a word in which two slips are looked for."""
SHORTEST_HANGUL = 2
"""Syllables."""

USUAL = 20
"""Times as many entries hold the usual spelling of a word as hold one that may be a slip; and so many at least."""
SAMPLED = 20
"""Entries, the newest, in which it is looked whether a pair of syllables is a word."""
ALONE = 10
"""Of so many of them, it stands alone in one, or before a particle of nouns."""
TRIED = 10
"""Pairs that are looked at so, the most frequent."""
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


def usual(word: str, holding: int, archive: Archive) -> str | None:
    """The usual spelling of a word that ``holding`` entries have, where that may be a slip somebody made before.

    It is one letter left out, doubled or swapped away, and far more entries hold it.
    """
    parts = cut(word)
    kind, text = parts[0] if len(parts) == 1 else ("", "")
    near: Mapping[str, int] = {}
    if kind == "letters" and len(text) > SHORTEST:
        slips = {stem.__wrapped__(slip): slip for slip in _likely_slips(text) if _ending(slip) == _ending(text)}
        near = {slips[token]: entries for token, entries in archive.frequencies(slips).items() if token != stem(text)}
    elif kind == "paired" and len(text) > SHORTEST_HANGUL and all(map(is_syllable, text)):
        near = {one.text: one.entries for one in _replaced(text, archive, holding)}
    best = max(near, key=lambda other: (near[other], other), default="")
    return best if best and near[best] >= USUAL * max(1, holding) else None


def _ending(word: str) -> str:
    """What the stem leaves out."""
    bare = stem.__wrapped__(word)
    return word[len(bare) :] if word.startswith(bare) else word


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


def _likely_slips(word: str) -> Iterator[str]:
    """The words from which this one is a usual slip away: a letter left out or doubled, or two swapped."""
    for at in range(1, len(word) + 1):
        left, right = word[:at], word[at:]
        yield from (left + letter + right for letter in _ALPHABET)
        if right and left[-1] == right[0]:
            yield left + right[1:]
        if len(right) > 1:
            yield left + right[1] + right[0] + right[2:]


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
    near = _replaced(word, archive) or _moved(word, archive)
    if len(word) > SHORTEST_HANGUL:
        return near
    return _words_among([one for one in near if is_one_slip(word, one.text)], archive)


def _words_among(near: Iterable[Correction], archive: Archive) -> list[Correction]:
    """The corrections of a short word that are words: a name is neither 다고, which ends verbs, nor 나오, which begins
    them."""
    return [one for one in islice(near, TRIED) if _stands_alone(one.text, archive)]


def _stands_alone(text: str, archive: Archive) -> bool:
    """Whether it stands between spaces, or before a particle of nouns, in some of the entries that hold it."""
    sample = archive.newest(Word(text), SAMPLED)
    wanted = [f" {needle}{particle} " for needle in needles(text) for particle in ("", *OF_NOUNS)]
    alone = sum(any(word in field for word in wanted for field in one.words) for one in sample)
    return ALONE * alone >= len(sample) > 0


def _replaced(word: str, archive: Archive, rare: int = 0) -> list[Correction]:
    """Words with one syllable, or two apart from each other, that differ in a letter.

    Pairs that no more than ``rare`` entries hold are taken for wrong.
    """
    others = [list(near_syllables(letter)) for letter in word]
    pairs = {left + right for left, right in pairwise(word)}
    for at, letters in enumerate(others):
        pairs.update(word[at - 1] + letter for letter in letters if at)
        pairs.update(letter + word[at + 1] for letter in letters if at + 1 < len(word))
    known = archive.frequencies(pairs)
    wrong = {at for at, (left, right) in enumerate(pairwise(word)) if known.get(left + right, 0) <= rare}
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
