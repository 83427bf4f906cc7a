"""Which Latin word a Hangul one spells by its sound: 썬더키튼 is thunderkitten.

`sounds` gives keys that a Hangul spelling and the Latin word have in common, to look candidates up by; `alike` says how
well the one spells the other, to choose among them. The correspondences are those of the Korean standard for writing
foreign words (외래어 표기법, National Institute of Korean Language: chapter 2, table 1, and chapter 3, section 1,
English), carried over from sounds to English spelling, with what people write beside it (썬더, 브릿지, 비젼).
"""

import math
import re
from collections.abc import Iterable, Iterator
from itertools import islice, product

from bot.search.korean import is_syllable, taken_apart

# The sounds of Hangul, a letter each

_LEADS = (*"ㄱㄱㄴㄷㄷㄹㅁㅂㅂㅅㅅ", "", *"ㅈㅈㅊㅋㅌㅍㅎ")
_NATIVE_LEADS = (1, 4, 8, 13)
"""ㄲ ㄸ ㅃ ㅉ, which foreign words are not written with (chapter 1, article 4). People do write ㅆ: 썬더."""
_VOWELS = (
    "ㅏ", "ㅔ", "ㅣㅏ", "ㅣㅔ", "ㅓ", "ㅔ", "ㅣㅓ", "ㅣㅔ", "ㅗ", "ㅜㅏ", "ㅜㅔ", "ㅜㅔ", "ㅣㅗ",
    "ㅜ", "ㅜㅓ", "ㅜㅔ", "ㅜㅣ", "ㅣㅜ", "ㅡ", "ㅡㅣ", "ㅣ",
)  # fmt: skip
"""Those of two sounds apart; ㅐ and ㅔ are said alike."""
_NATIVE_VOWEL = 19
"""ㅢ. All the others are foreign too: 섀도 has ㅒ."""
_TAILS = {0: "", 1: "ㄲ", 4: "ㄴ", 8: "ㄹ", 16: "ㅁ", 17: "ㅃ", 19: "ㄸ", 21: "ㅇ"}
"""The seven that the standard has (chapter 1, article 3). Stops are said otherwise at the end of a syllable than at its
start, and have the letters that no lead has here: ㄲ is k or g, ㄸ (written ㅅ) t or d, ㅃ p or b."""
_SAID_AS_ONE = (("ㄹㄹ", "ㄹ"), ("ㄸㅈ", "ㅈ"), ("ㄸㅊ", "ㅊ"))
"""브릿지 is 브리지, and 캣치 캐치."""


def _said(word: str) -> str | None:
    """The sounds of a Hangul word; None where it can be no foreign one, or is no Hangul."""
    said = ""
    for syllable in word:
        if not is_syllable(syllable):
            return None
        lead, vowel, tail = taken_apart(syllable)
        if lead in _NATIVE_LEADS or vowel == _NATIVE_VOWEL or tail not in _TAILS:
            return None
        said += _LEADS[lead] + _VOWELS[vowel] + _TAILS[tail]
    for both, one in _SAID_AS_ONE:
        said = said.replace(both, one)
    return said


_ENDINGS = tuple(
    (re.compile(ending), rest)
    for ending, rest in (
        ("[ㅅㅈ]?ㅣㅇ$", ""),  # -ing; of chasing the stem is cha
        ("ㅣㅇ$", ""),
        ("ㄹㅣㅇ$", ""),  # -ring; alone, the r is silent
        ("ㅓㄹㅣㅇ$", ""),  # -ering
        ("ㅣ?ㅓ$", ""),  # -er, -eer
        ("ㅓ$", ""),
        ("[ㅅㅈ]ㅣ?ㅓ$", ""),  # -ser
        ("(?:ㅣㅇ|ㅓ|ㅣ)?[ㅅㅈㅊ]ㅡ$", ""),  # -s, -ings, -ers, -es
        ("[ㅅㅈㅊ]ㅡ$", ""),
        ("ㅊㅡ$", "ㅌ"),  # -ts
        ("(?:(?<=[ㄷㅌ])ㅣ)?[ㄷㅌ]ㅡ$", ""),  # -ed
        ("(?<=[ㅅㅈㅊ])(?:ㅜㅣ|ㅣㅜ|ㅣ|ㅜ)$", ""),  # 브리지, 메쉬: a vowel that the word has not
    )
)
"""What a Hangul word may have more than the stem of the Latin one, and what of it stays."""


def _unended(said: str) -> Iterator[str]:
    """The sounds without what may be an ending."""
    found = dict.fromkeys(ending.sub(stays, said) for ending, stays in _ENDINGS)
    return (rest for rest in found if rest != said)


# Keys: the consonants by their classes, and where a vowel stands at the edges

_CLASSES = str.maketrans(
    {
        "ㄱ": "k", "ㄲ": "k", "ㅋ": "k", "ㄴ": "n", "ㅇ": "n", "ㄷ": "t", "ㄸ": "t", "ㅌ": "t", "ㄹ": "l", "ㅁ": "m",
        "ㅂ": "p", "ㅃ": "p", "ㅍ": "p", "ㅅ": "s", "ㅈ": "s", "ㅊ": "s", "ㅎ": "h", "ㅡ": "_",
        "ㅏ": "a", "ㅓ": "a", "ㅔ": "a", "ㅗ": "a", "ㅜ": "a", "ㅣ": "a",
    }
)  # fmt: skip
"""Of sounds that the spellings of either language do not keep apart. ``a`` is any vowel, but ``_`` the one
that only fills."""

_SPELLINGS = {
    ".kn": "n", ".gn": "n", ".ps": "s", ".wr": "l", ".rh": "l", ".x": "s aks", ".j": "s a", ".h": "h", "c.": "k s",
    "ce.": "s", "g.": "k s", "ng.": "n ns nk", "ng": "n nk", "dg": "s", "gu.": "k", "gue.": "k", "qu": "k",
    "dj": "s ts", "gh": " k p", "ign": "an akn", "mb.": "m mp", "x": "ks", "ch": "s k", "tch": "s", "th": "s t",
    "tia": "sa ta", "tio": "sa", "ts": "s ts", "tz": "s", "tu": "ta sa", "du": "ta sa", "re.": "", "e.": "",
    "b": "p", "c": "k", "d": "t", "f": "p", "g": "k", "j": "s", "k": "k", "l": "l", "m": "m", "n": "n", "p": "p",
    "q": "k", "s": "s", "t": "t", "v": "p", "z": "s",
}  # fmt: skip
"""The classes of Latin spellings, the likeliest reading first; ``.`` is the edge of the word. What is not here is a
vowel, or is not said: an h inside, an r that no vowel follows."""
_SPELLINGS |= {f"c{soft}": "sa" for soft in "eiy"} | {f"g{soft}": "sa ka" for soft in "eiy"}
_SPELLINGS |= {f"ng{soft}": "nsa nka" for soft in "ei"} | {f"r{vowel}": "la" for vowel in "aeiouy"}
_SPELLING = re.compile("|".join(map(re.escape, sorted(_SPELLINGS, key=len, reverse=True))) + "|[aeiouyw]+")
_READINGS = {spelling: tuple(classes.split(" ")) for spelling, classes in _SPELLINGS.items()}
_A_VOWEL = ("a",)

_MOST_READINGS = 8
"""Of one Latin word."""


def sounds(word: str) -> tuple[str, ...]:
    """Keys of how a word sounds, the likeliest first: of a folded Latin word or its stem, or of a Hangul one.

    A Latin word and its spelling in Hangul have a key in common; so have other words, see `alike`. A word has no key
    without a consonant, nor where its Hangul is not what foreign words are written in (깊은, 않다).
    """
    keys = _latin_keys(word) if word.isascii() else _hangul_keys(word)
    return tuple(dict.fromkeys(key for key in keys if key.strip("a")))


def _latin_keys(word: str) -> Iterable[str]:
    readings = [_READINGS.get(spelling, _A_VOWEL) for spelling in _SPELLING.findall(f".{word}.")]
    return (_bones("".join(reading)) for reading in islice(product(*readings), _MOST_READINGS))


def _hangul_keys(word: str) -> Iterable[str]:
    said = _said(word)
    if said is None:
        return ()
    whole = [said]
    if said.startswith("ㅎㅜ"):  # 휘스퍼 beside 위스퍼
        whole.append(said[1:])
    if "ㄹㅡ" in said:  # 마르코프: the r that English leaves out
        whole.append(said.replace("ㄹㅡ", ""))
    spellings = whole + [rest for one in whole for rest in _unended(one)]
    classes = [one.translate(_CLASSES) for one in spellings]
    return map(_bones, [one.replace("_", "") for one in classes] + [one for one in classes if "_" in one])


def _bones(classes: str) -> str:
    """What a key keeps: doubled consonants once, and of the vowels those at the edges and after the first consonant."""
    bones = last = ""
    for one in classes:
        if one != last and one != "_" and (len(bones) < 2 or one not in "ah"):
            bones += one
        last = one
    return bones + "a" if last == "a" and bones[1:] and bones[-1] != "a" else bones


# Likeness: the letters of the one read as the sounds of the other

_READ_AS = {
    "a": "ㅏ ㅔ ㅔㅣ ㅓ ~ㅗ", "ag.": "ㅔㅣㅈ ㅣㅈ ㅔㄱ ㅔㄲ", "au": "ㅗ ㅏㅜ", "aw": "ㅗ ㅏㅜ",
    "e": "ㅔ ㅣ ㅓ ~ㅔㅣ ~", "e.": " ~ㅔ ~ㅣ", "ea": "ㅣ ㅔ ~ㅔㅣ ~ㅓ", "ee": "ㅣ", "ei": "ㅏㅣ ㅔㅣ ㅣ",
    "ey": "ㅣ ㅔㅣ", "i": "ㅣ ㅏㅣ ~ㅓ", "ie": "ㅣ ㅏㅣ", "o": "ㅗ ㅏ ㅓ ㅗㅜ ~ㅜ", "oa": "ㅗ",
    "oi": "ㅗㅣ ㅜㅏ", "oo": "ㅜ", "ou": "ㅏㅜ ㅜ ㅓ ㅗ", "ow": "ㅏㅜ ㅗ ㅗㅜ", "u": "ㅓ ㅜ ㅣㅜ ~ㅏ ~ㅣ",
    "w": "ㅜ ~ㅂ", "y": "ㅣ ㅏㅣ",
    "A": "ㅏ ㅓ ㅗ ~ㅔ", "E": "ㅓ ~ㅔ ~ㅣ", "eA": "ㅣ ㅓ ㅔ", "I": "ㅓ ㅏㅣ ~ㅣ", "O": "ㅗ ㅓ ㅜ", "oA": "ㅗ",
    "oU": "ㅗ ㅜ ㅓ ㅏㅜ", "U": "ㅓ ㅜ ㅣㅜ", "Y": "ㅏㅣ ㅓ ㅣ",
    ".": "", "b": "ㅂ ㅃ", "c": "ㅋ ㄲ ~ㅅ", "c.": "ㅋ ㄲ ㅅ", "C": "ㅅ ~ㅊ ~ㅋ", "ch": "ㅊ ㅋ ㄲ ㅅ ~ㅎ",
    "ck": "ㄲ ㅋ", "d": "ㄷ ~ㄸ ~ㅈ ~ㅌ", "dg": "ㅈ", "dG": "ㅈ", "dj": "ㅈ", "f": "ㅍ ~ㅎ ~ㅂ ~ㅃ",
    "g": "ㄱ ㄲ ~ㅈ", "g.": "ㄱ ㄲ ㅈ", "G": "ㅈ ㄱ ~ㅅ", "gG": "ㄱ", "gh": " ㄱ ㅍ", "gn": "ㄴ ㄱㄴ ~ㄴㅣ",
    "gu": "ㄱ ㄱㅜ ㄱㅓ", "h": "ㅎ ~", "h.": "", "j": "ㅈ ~ㅣ ~ㅎ", "k": "ㅋ ㄲ", ".kn": "ㄴ", "l": "ㄹ", "m": "ㅁ",
    "mb.": "ㅁ", "n": "ㄴ ㅇ", "ng": "ㅇ ㅇㄱ ㄴㅈ", "p": "ㅍ ㅃ", "ph": "ㅍ", ".ps": "ㅅ", "q": "ㅋ ~ㅋㅣㅜ",
    "r": " ㅓ ~ㄹ", "R": "ㄹ", "s": "ㅅ ㅈ", "sC": "ㅅ", "sch": "ㅅㅜ ㅅ ㅅㅡㅋ",
    "sh": "ㅅ ㅅㅜ ㅅㅣ", "ss": "ㅅ", "t": "ㅌ ㄸ ㅊ ~ㄷ", "tch": "ㅊ", "th": "ㅅ ㄷ ~ㅌ", "ti": "ㅅㅣ ㅌㅣ ㅊ",
    "ts": "ㅊ ㅌㅡㅅ", "tz": "ㅊ", "v": "ㅂ ~ㅍ", "wh": "ㅜ ㅎㅜ", ".wR": "ㄹ", "x": "ㄲㅅ ㄲㅈ ~ㅅ",
    ".x": "ㅈ ㅅ ㅔㄲㅅ", "xC": "ㄲㅅ", "z": "ㅈ ~ㅊ", "zz": "ㅈ ㅊ",
}  # fmt: skip
"""What a spelling is written as in Hangul, the likeliest first; ``~`` marks what it seldom is. A capital is a c or g
before e, i, y, an r before a vowel, and a vowel before an r that is not said."""
_CAPITALS = re.compile("[cg](?=[eiy])|r(?=[aeiouy])|[aeiouy](?=r(?![aeiouyr]))")

_LESS_LIKELY, _SELDOM, _FILLED = 0.02, 0.25, 0.25
_NO_VOWEL, _OTHER_VOWEL, _NO_CONSONANT, _ENDED = 0.6, 0.5, 1.0, 0.1
"""What readings cost, in sounds, the first of a spelling nothing: chosen so that of real spellings more than nine in
ten come out at 0.9 or better."""

_VOWEL_SOUNDS, _VOWEL_LETTERS, _CONSONANT_LETTERS = "ㅏㅓㅔㅗㅜㅣ", "aeiouywAEIOUY", "bcdfghjklmnpqrstvxzCGR"


def _options() -> dict[str, dict[str, float]]:
    """The sounds of each spelling with what they cost, also those that no rule gives it."""
    options = {
        spelling: {
            sound.lstrip("~"): _LESS_LIKELY * place + _SELDOM * sound.startswith("~")
            for place, sound in enumerate(read.split(" "))
        }
        for spelling, read in _READ_AS.items()
    }
    options |= {letter * 2: options[letter] for letter in "bcdfgklmnprtv"}
    for letter in _VOWEL_LETTERS:
        others = dict.fromkeys(_VOWEL_SOUNDS, _OTHER_VOWEL) | {"ㅡ": _FILLED, "": _NO_VOWEL}
        options[letter] = others | options[letter]
    for letter in _CONSONANT_LETTERS:
        options[letter] = {"": _NO_CONSONANT} | options[letter]
    return options


_OPTIONS = {spelling: tuple(costs.items()) for spelling, costs in _options().items()}
_LONGEST = max(map(len, _OPTIONS))
_UNWRITTEN = {"ㅡ": 0.0} | dict.fromkeys(_VOWEL_SOUNDS, _NO_VOWEL)


def alike(hangul: str, latin: str) -> float:
    """How well a Hangul word spells a Latin one, or a word of this stem: 1 by the rules, from 0.9 on likely, 0 not."""
    said = _said(hangul)
    if not said or not latin:
        return 0.0
    costs = [_cost(said, latin), *(_cost(rest, latin) + _ENDED for rest in _unended(said))]
    return max(0.0, 1 - min(costs) / max(len(said.replace("ㅡ", "")), len(latin)))


def _cost(said: str, latin: str) -> float:
    """The least that it costs to read the letters as the sounds, from left to right."""
    word = _CAPITALS.sub(lambda letter: letter[0].upper(), f".{latin}.")
    rows = [[math.inf] * (len(said) + 1) for _ in range(len(word) + 1)]
    rows[0][0] = 0.0
    for at, row in enumerate(rows):
        for place, sound in enumerate(said):
            row[place + 1] = min(row[place + 1], row[place] + _UNWRITTEN.get(sound, _NO_CONSONANT))
        for size in range(1, min(_LONGEST, len(word) - at) + 1):
            for sound, cost in _OPTIONS.get(word[at : at + size], ()):
                _read(said, sound, cost, row, rows[at + size])
    return rows[-1][-1]


def _read(said: str, sound: str, cost: float, before: list[float], after: list[float]) -> None:
    """Note what it costs to have read the sound too, wherever it is said."""
    place = said.find(sound)
    while place >= 0:
        end = place + len(sound)
        if before[place] + cost < after[end]:
            after[end] = before[place] + cost
        place = said.find(sound, place + 1)
