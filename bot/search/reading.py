"""What a query may mean: its words in order, and for each of them, or for some in a row, the forms it is looked for in.

A *form* is one way to write a thing: as typed, glued or split, turned to the other keyboard layout, corrected,
translated, or another tag for it. Each has a weight. A *term* is a stretch of the query with its forms, of which the
best counts: nothing counts twice. Terms overlap (확산, 모델, and 확산 모델); ranking chooses for each entry the way to
cut the query that suits it most.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import Literal

from bot.search import tree as nodes
from bot.search.archive import Archive
from bot.search.glossary import Glossary, Name
from bot.search.keyboard import turned
from bot.search.korean import bare, inflected, is_one_with_particle, is_syllable
from bot.search.sound import alike, sounds
from bot.search.spelling import corrections, usual
from bot.search.tree import Node
from bot.search.words import cut, initials, is_paired, most_holding, needles, stem, tokens_in, tokens_of

How = Literal["typed", "joined", "bare", "inflected", "turned", "corrected", "sounding", "named", "tag", "near"]

WEIGHTS: dict[How, float] = {
    "typed": 1.0, "joined": 1.0, "turned": 0.95, "corrected": 0.9, "named": 0.9, "tag": 0.9, "bare": 0.8,
    "sounding": 0.8, "inflected": 0.7, "near": 0.4,
}  # fmt: skip
"""Tenths up or down change no more than a query or two in 250."""
HARDLY = 2
"""Entries. A word that no more of them hold may be a slip."""
SELDOM = 5
"""Entries. A word that no more of them hold may be a slip that was made before."""
COUNTED = 30
"""Entries that may hold a Hangul word, up to which they are looked at."""
COUNTED_APART = 300
"""Entries that may hold a Hangul word and a number side by side, likewise."""
TWO_SLIPS = 0.75
"""Of the weight of a correction with one slip."""
SHORT = 0.7
"""Of the weight of a correction of a word of two syllables: many are near."""
MOST_CORRECTED = 5
"""Words of a query that are looked at for slips."""
LONGEST_TAKEN_APART = 16
"""Letters or syllables. A longer word is neither corrected nor taken apart: that takes their square of time."""
ALIKE = 0.93
"""How well a Hangul word spells a Latin one that it is taken for (`sound.alike`)."""
MOST_ALIKE = 2
"""Latin words that a Hangul one is taken for: homophones, of which nobody knows which is meant."""
MOST_HEARD = 30
"""Latin words with the same sounds that are compared: a tenth of a millisecond each."""
MOST_NAMES = 6
"""Other names of a term that are looked for."""
LONGEST_NAME = 5
"""Words of a phrase in the glossary."""


@dataclass(frozen=True, slots=True)
class Form:
    text: str
    how: How
    weight: float


@dataclass(frozen=True, slots=True)
class Term:
    """The words from ``first`` up to ``last``, and what they are looked for as."""

    first: int
    last: int
    forms: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class Understood:
    """What was made of words: pairs of the typed and what it was taken for."""

    corrected: tuple[tuple[str, str], ...] = ()
    turned: tuple[tuple[str, str], ...] = ()
    """Typed with the keyboard on the other layout."""
    translated: tuple[tuple[str, str], ...] = ()
    usual: tuple[tuple[str, str], ...] = ()
    """Looked for as typed, and the usual spelling of what may be a slip that somebody else made too."""

    @property
    def replaced(self) -> list[str]:
        """The words as typed that were taken for others."""
        return [typed for typed, _ in (*self.corrected, *self.turned)]


@dataclass(frozen=True, slots=True)
class Reading:
    """A query, understood."""

    words: tuple[str, ...]
    """Each as it was meant."""
    loose: frozenset[int]
    """Which of the words rank: a close match may lack some of them."""
    terms: tuple[Term, ...]
    spoken: tuple[str, ...]
    """The whole of it as it was typed and, where that differs, as it was meant."""
    frequencies: Mapping[str, int] = field(default_factory=dict, compare=False)
    """How many entries hold each token of the words and of their forms."""
    understood: Understood = field(default_factory=Understood)


def read(tree: Node | None, archive: Archive, glossary: Glossary) -> Reading:
    """The query in every way it may be meant, as far as the archive holds it."""
    reader = _Reader(archive, glossary)
    asking = [part for part in _parts(tree) if nodes.asked(part)]  # a filter between two words does not part them
    for are_words, parts in groupby(asking, key=lambda part: isinstance(part, nodes.Word)):
        if are_words:
            reader.read_words([part.text for part in parts if isinstance(part, nodes.Word)])
        else:
            for part in parts:
                for node in nodes.asked(part):
                    reader.place(node.text, (node.text,), loose=False)
    return reader.reading()


def _parts(tree: Node | None) -> Sequence[Node]:
    if isinstance(tree, nodes.All):
        return [one for part in tree.parts for one in _parts(part)]
    return [tree] if tree else []


@dataclass(slots=True)
class _Word:
    """A word as it was typed, the words it is read as from here on, and what else it may be."""

    typed: str
    read: tuple[str, ...]
    others: list[Form] = field(default_factory=list)


class _Reader:
    """One reading of one query, from left to right."""

    def __init__(self, archive: Archive, glossary: Glossary) -> None:
        self.archive = archive
        self.glossary = glossary
        self.known: dict[str, int] = {}
        self.forms: dict[tuple[int, int], dict[str, Form]] = {}
        self.loose: set[int] = set()
        self.typed: list[str] = []
        self.meant: list[str] = []
        self.corrected: list[tuple[str, str]] = []
        self.turned: list[tuple[str, str]] = []
        self.usual: list[tuple[str, str]] = []
        self.asked_for_usual = 0
        self.tried = 0
        self.heard: dict[str, list[Form]] = {}

    # What the archive holds

    def look_up(self, texts: Iterable[str]) -> None:
        """Ask how many entries hold the tokens of all these texts, at once."""
        new = tokens_of(texts) - self.known.keys()
        if new:
            found = self.archive.frequencies(new)
            self.known.update((token, found.get(token, 0)) for token in new)

    def holding(self, text: str) -> int:
        """How many entries hold a word: at most, and exactly where they are few."""
        self.look_up((text,))
        found = needles(text)
        most = most_holding(text, self.known)
        counted = COUNTED_APART if found and " " in found[0].strip() else COUNTED
        if HARDLY < most <= counted and len(found) == 1 and len(text) > 2 and is_paired(found[0]):
            return len(self.archive.newest(nodes.Word(text), HARDLY + 1))
        return most

    # Words

    def place(self, typed: str, read: Sequence[str], *, loose: bool) -> int:
        """Put a word after the last one; where it begins."""
        at = len(self.meant)
        self.typed.append(typed)
        self.meant += read
        if loose:
            self.loose.update(range(at, len(self.meant)))
        self.offer(at, len(self.meant), typed, "typed")
        return at

    def offer(self, first: int, last: int, text: str, how: How, share: float = 1.0) -> None:
        forms = self.forms.setdefault((first, last), {})
        known = forms.get(text)
        weight = WEIGHTS[how] * share
        if known is None or known.weight < weight:
            forms[text] = Form(text, how, weight)

    def read_words(self, texts: Sequence[str]) -> None:
        """A run of words that stood side by side."""
        self.look_up(texts)
        named = {at for first, last, _ in self._names(texts) for at in range(first, last)}
        first = len(self.meant)
        for at, text in enumerate(texts):
            word = _Word(text, (text,)) if at in named else self._word(text)
            start = self.place(word.typed, word.read, loose=True)
            if len(word.read) > 1:
                for place, part in enumerate(word.read, start):
                    self.offer(place, place + 1, part, "joined")
            for form in word.others:
                self.offer(start, len(self.meant), form.text, form.how, form.weight / WEIGHTS[form.how])
        parts = self.meant[first:]
        for at, part in enumerate(parts, first):
            self._offer_forms(at, part)
        self._offer_glued(first, parts)
        for one, other, name in self._names(parts):
            if len(name.text) > 1:  # 표 of table would be found in 목표
                self.offer(first + one, first + other, name.text, "named" if name.same else "near")
        self._offer_tags(first, parts)

    def _word(self, text: str) -> _Word:
        """What a word that has no other name is: itself, where the archive knows it, else what it may have been."""
        if self.holding(text) <= SELDOM:
            self._offer_usual(text)
        if self.holding(text) > HARDLY:
            return _Word(text, (text,))
        word = self._unknown(text)
        word.others += self._heard(text)
        return word

    def _offer_usual(self, text: str) -> None:
        """Note how a word is usually spelled, where somebody wrote it as it was typed."""
        holding = self.holding(text)
        if holding and self.asked_for_usual < MOST_CORRECTED and len(text) <= LONGEST_TAKEN_APART:
            self.asked_for_usual += 1
            if meant := usual(text, holding, self.archive):
                self.usual.append((text, meant))

    def _unknown(self, text: str) -> _Word:
        for other in () if self.holding(text) else turned(text):
            if self._is_named(other) or self.holding(other):
                self.turned.append((text, other))
                return _Word(text, (other,), [Form(other, "turned", WEIGHTS["turned"])])
        parts = self._parts(text)
        if len(parts) > 1:
            return _Word(text, parts)
        apart = [word for _, word in cut(text)]
        if len(apart) > 1 and any(map(is_paired, apart)) and not self.holding(text):  # 라마2
            return _Word(text, tuple(apart))
        if is_one_with_particle(text) and self.holding(text[0]) > HARDLY:
            return _Word(text, (text,), [Form(text[0], "bare", WEIGHTS["bare"])])
        if any(self.holding(rest) > HARDLY for rest in bare(text)):
            return _Word(text, (text,))
        return self._corrected(text)

    def _corrected(self, text: str) -> _Word:
        word = _Word(text, (text,))
        if self.tried == MOST_CORRECTED or len(text) > LONGEST_TAKEN_APART:
            return word
        self.tried += 1
        near = corrections(text, self.archive)
        heard = max((self.holding(form.text) for form in self._heard(text)), default=0)
        if near and not self.holding(text) and self.holding(near[0].text) > heard:
            self.corrected.append((text, near[0].text))
            word = _Word(text, (near[0].text,))
        for one in near:
            share = (TWO_SLIPS if one.slips > 1 else 1.0) * (SHORT if len(text) == 2 else 1.0)
            word.others.append(Form(one.text, "corrected", WEIGHTS["corrected"] * share))
        return word

    def _parts(self, text: str) -> tuple[str, ...]:
        """A Hangul word that nobody wrote, as the fewest words that somebody did: 병렬코퍼스 is 병렬 and 코퍼스."""
        if not 4 <= len(text) <= LONGEST_TAKEN_APART or not all(map(is_paired, text)):
            return (text,)
        self.look_up([text])
        best: list[tuple[int, float, tuple[str, ...]] | None] = [(0, 0.0, ())] + [None] * len(text)
        for last in range(2, len(text) + 1):
            for first in range(last - 1):
                before, part = best[first], text[first:last]
                if before is None or part == text:
                    continue
                least = min(self.known.get(token, 0) for token in tokens_in(part))
                if least or self.glossary.of(part):
                    one = (before[0] - 1, before[1] + math.log1p(least), (*before[2], part))
                    best[last] = max(one, best[last] or one)
        found = best[-1]
        return found[2] if found else (text,)

    # Forms

    def _offer_forms(self, at: int, word: str) -> None:
        """The word split, without its particle, and as a verb in a sentence."""
        for split in self._split(word):
            self.offer(at, at + 1, split, "joined")
        for rest in bare(word):
            if rest != word and len(rest) > 1 and self.holding(rest) > HARDLY:
                self.offer(at, at + 1, rest, "bare")
                break
        for form in inflected(word):
            self.offer(at, at + 1, form, "inflected")

    def _heard(self, text: str) -> list[Form]:
        """What a Hangul word that hardly anybody wrote spells by its sound: 썬더키튼."""
        if not 2 <= len(text) <= LONGEST_TAKEN_APART or not all(map(is_syllable, text)):
            return []
        if text not in self.heard and len(self.heard) < MOST_CORRECTED:
            self.heard[text] = self._spelled(text)
        return self.heard.get(text, [])

    def _spelled(self, text: str) -> list[Form]:
        spelled: dict[str, float] = {}
        for word in filter(lambda rest: len(rest) > 1, bare(text)):
            found = self.archive.sounding(sounds(word))
            for latin in sorted(found, key=lambda latin: (abs(len(latin) - 2 * len(word)), latin))[:MOST_HEARD]:
                spelled[latin] = max(spelled.get(latin, 0.0), alike(word, latin), alike(word, stem(latin)))
        likely = [latin for latin, how_well in spelled.items() if how_well >= ALIKE]
        self.look_up(likely)
        likely.sort(key=lambda latin: (-spelled[latin], -self.holding(latin), latin))
        return [Form(latin, "sounding", WEIGHTS["sounding"] * spelled[latin]) for latin in likely[:MOST_ALIKE]]

    def _split(self, text: str) -> Iterator[str]:
        """The word as two, where the archive has both: 상태공간, ``modelparallel``."""
        parts = cut(text)
        if len(parts) != 1 or len(text) > LONGEST_TAKEN_APART:
            return
        kind, word = parts[0]
        if kind == "paired" and len(word) >= 4:
            cuts = [(word[:at], word[at:]) for at in range(2, len(word) - 1)]
        elif kind == "letters" and len(word) >= 6 and not self.holding(text):
            cuts = [(word[:at], word[at:]) for at in range(3, len(word) - 2)]
        else:
            return
        self.look_up(half for both in cuts for half in both)
        for left, right in cuts:
            if min(self.holding(left), self.holding(right)) > HARDLY:
                yield f"{left} {right}"

    def _offer_glued(self, first: int, words: Sequence[str]) -> None:
        """Two Latin words side by side as one: ``gan space``."""
        for at, (left, right) in enumerate(pairwise(words), first):
            if left.isascii() and right.isascii() and left[-1:].isalnum() and right[:1].isalnum():
                self.offer(at, at + 2, left + right, "joined")

    def _is_named(self, text: str) -> bool:
        return any(self.glossary.of(form) for form in bare(text))

    def _names(self, words: Sequence[str]) -> Iterator[tuple[int, int, Name]]:
        """Stretches of the words that have other names, and the names; the longest first."""
        for size in range(min(LONGEST_NAME, len(words)), 0, -1):
            for at in range(len(words) - size + 1):
                names = next(filter(None, map(self.glossary.of, bare(" ".join(words[at : at + size])))), ())
                for name in names[:MOST_NAMES]:
                    yield at, at + size, name

    def _offer_tags(self, first: int, words: Sequence[str]) -> None:
        """Tags that are others by their first letters, and the other way round: ``ssm``, ``state space model``."""
        stretches = {
            (at, at + size): " ".join(words[at : at + size])
            for size in range(1, LONGEST_NAME + 1)
            for at in range(len(words) - size + 1)
        }
        short = {place: initials(text) or text.lower() for place, text in stretches.items()}
        tags = self.archive.long_forms(set(short.values()))
        for (one, other), text in stretches.items():
            for tag in tags.get(short[one, other], ()):
                if other - one == 1:
                    self.offer(first + one, first + other, tag, "tag")
                elif needles(tag)[:1] == needles(text)[:1]:
                    self.offer(first + one, first + other, short[one, other], "tag")

    # All of it

    def reading(self) -> Reading:
        self.look_up([*self.meant, *(form.text for forms in self.forms.values() for form in forms.values())])
        terms = []
        for (first, last), forms in sorted(self.forms.items(), key=lambda term: (term[0][1], term[0][0])):
            kept = tuple(form for form in forms.values() if form.how == "typed" or most_holding(form.text, self.known))
            if kept:
                terms.append(Term(first, last, kept))
        return Reading(
            tuple(self.meant),
            frozenset(self.loose),
            tuple(terms),
            self._spoken(),
            self.known,
            Understood(tuple(self.corrected), tuple(self.turned), tuple(self._translated(terms)), tuple(self.usual)),
        )

    def _spoken(self) -> tuple[str, ...]:
        typed, meant = " ".join(self.typed), " ".join(self.meant)
        spoken = [typed, meant]
        if len(self.meant) == 2 and meant.isascii():
            spoken += ["".join(self.meant), " ".join(reversed(self.meant))]  # a pair that may be one; a person's name
        return tuple(dict.fromkeys(text for text in spoken if text))

    def _translated(self, terms: Iterable[Term]) -> Iterator[tuple[str, str]]:
        """Of the stretches with another name the longest, none within another."""
        done: set[int] = set()
        for term in sorted(terms, key=lambda term: (term.first - term.last, term.first)):
            name = next((form.text for form in term.forms if form.how in ("named", "sounding")), None)
            if name and done.isdisjoint(range(term.first, term.last)):
                done.update(range(term.first, term.last))
                yield " ".join(self.meant[term.first : term.last]), name
