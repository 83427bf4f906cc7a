"""Endings of Korean words, as far as looking up needs them: particles, and the forms of a verb typed as ~기."""

from collections.abc import Iterator

_PARTICLES = (
    "에서의", "으로의", "에서", "으로", "에게", "부터", "까지", "하기", "하는", "적인",
    "을", "를", "은", "는", "이", "가", "의", "에", "로", "와", "과", "도", "만", "적",
)  # fmt: skip
OF_NOUNS = ("의", "에", "에서", "에게", "를", "와", "과", "로", "으로")
"""Particles that are no endings of verbs: 나오는 and 나오면 are forms of a verb, 모델의 is a noun."""
_AFTER_ONE = ("을", "를", "은", "는", "의", "에")
"""What may follow a word of one syllable: more would find 수 in 수가."""

_FIRST, _LEADS, _VOWELS, _TAILS = 0xAC00, 19, 21, 28
_TAILS_OF_VERBS = (4, 8, 16, 17, 20)
"""ㄴ ㄹ ㅁ ㅂ ㅆ: 지운, 지울, 지움, 지웁니다, and after a contraction 지웠다."""
_CONTRACTED = {13: 14, 8: 9, 20: 6, 18: 4}
"""Vowels before 어: 지우어 is 지워, 보아 봐, 그리어 그려, 쓰어 써."""


def bare(text: str) -> Iterator[str]:
    """The text, and what it is without a particle at its end."""
    yield text
    for particle in _PARTICLES:
        rest = text.removesuffix(particle)
        if rest != text and (len(rest) > 1 or (rest and particle in _AFTER_ONE)):
            yield rest


def is_one_with_particle(word: str) -> bool:
    """Whether this may be a word of one syllable and a particle, such as 글과."""
    return len(word) == 2 and word[1] in _PARTICLES


def inflected(word: str) -> Iterator[str]:
    """The beginnings of what a verb typed as ~기 looks like in a sentence: 지우기 gives 지우, 지운, 지워 …"""
    base = word.removesuffix("기")
    if base == word or not base or not all(map(is_syllable, base)):
        return
    lead, vowel, tail = taken_apart(base[-1])
    if not tail and len(base) == 1:
        return
    yield base
    if tail:
        return
    for other in _TAILS_OF_VERBS:
        yield base[:-1] + put_together(lead, vowel, other)
    if vowel in _CONTRACTED:
        for other in (0, _TAILS_OF_VERBS[-1]):
            yield base[:-1] + put_together(lead, _CONTRACTED[vowel], other)


def is_syllable(letter: str) -> bool:
    return _FIRST <= ord(letter) < _FIRST + _LEADS * _VOWELS * _TAILS


def taken_apart(syllable: str) -> tuple[int, int, int]:
    """The numbers of a syllable's lead, vowel and tail; tail 0 is none."""
    place = ord(syllable) - _FIRST
    return place // (_VOWELS * _TAILS), place // _TAILS % _VOWELS, place % _TAILS


def put_together(lead: int, vowel: int, tail: int) -> str:
    return chr(_FIRST + (lead * _VOWELS + vowel) * _TAILS + tail)


def near_syllables(syllable: str) -> Iterator[str]:
    """The syllables that differ from this one in their lead, their vowel or their tail."""
    lead, vowel, tail = taken_apart(syllable)
    yield from (put_together(other, vowel, tail) for other in range(_LEADS) if other != lead)
    yield from (put_together(lead, other, tail) for other in range(_VOWELS) if other != vowel)
    yield from (put_together(lead, vowel, other) for other in range(_TAILS) if other != tail)
