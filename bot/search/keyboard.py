"""What was typed with the keyboard on the other layout: ``wjdfuf`` is 정렬, ``ㅡㅐㄷ`` is moe.

One fixed table, the two-set layout (KS X 5002) over QWERTY, read both ways.
"""

import re

from bot.digest.normalize import nfc

_KEYS = dict(zip("qwertyuiopasdfghjklzxcvbnm", "ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔㅁㄴㅇㄹㅎㅗㅓㅏㅣㅋㅌㅊㅍㅠㅜㅡ", strict=True))
_SHIFTED = dict(zip("QWERTOP", "ㅃㅉㄸㄲㅆㅒㅖ", strict=True))
_LETTERS = {jamo: key for key, jamo in _KEYS.items()} | {jamo: key.lower() for key, jamo in _SHIFTED.items()}

_LEADS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_TAILS = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
_PAIRS = {
    "ㅘ": "ㅗㅏ", "ㅙ": "ㅗㅐ", "ㅚ": "ㅗㅣ", "ㅝ": "ㅜㅓ", "ㅞ": "ㅜㅔ", "ㅟ": "ㅜㅣ", "ㅢ": "ㅡㅣ",
    "ㄳ": "ㄱㅅ", "ㄵ": "ㄴㅈ", "ㄶ": "ㄴㅎ", "ㄺ": "ㄹㄱ", "ㄻ": "ㄹㅁ", "ㄼ": "ㄹㅂ", "ㄽ": "ㄹㅅ", "ㄾ": "ㄹㅌ",
    "ㄿ": "ㄹㅍ", "ㅀ": "ㄹㅎ", "ㅄ": "ㅂㅅ",
}  # fmt: skip
"""Vowels and tails that take two keys."""
_TOGETHER = {pair: whole for whole, pair in _PAIRS.items()}

_TYPED = re.compile("[a-z0-9-]+|[가-힣ㄱ-ㅣ0-9-]+", re.IGNORECASE | re.ASCII)
_PIECES = re.compile("[a-z]+|[가-힣ㄱ-ㅣ]+|[0-9-]+", re.IGNORECASE | re.ASCII)
_RUNS = re.compile("[a-z]+|[가-힣ㄱ-ㅣ]+", re.IGNORECASE | re.ASCII)

_ONE_AMONG_OTHERS = re.compile(r"[^가-힣]*[가-힣][^가-힣]+|[^가-힣]+[가-힣]")
"""One syllable beside a digit or a hyphen: Rho-1 would be 꽤-1."""


def turned(word: str) -> tuple[str, ...]:
    """The word as the other layout would have written it, the likeliest first; none where that is no word either.

    Latin letters must make whole Hangul syllables; letters of Hangul, in syllables or loose, must have a key each.
    Digits and hyphens stand on both layouts.
    """
    letters = _RUNS.findall(word)
    if not letters or not _TYPED.fullmatch(word):
        return ()
    tries = [word]
    if word.isascii() and word != word.lower():
        tries.append(word.lower())  # a telephone begins with a capital, and nobody types ㅃ for it
    found = dict.fromkeys(made for typed in tries if (made := _turn(typed)) is not None)
    return tuple(made for made in found if not _ONE_AMONG_OTHERS.fullmatch(made))


_PLACES = {
    key: (row, at + row / 2)
    for row, keys in enumerate(("qwertyuiop", "asdfghjkl", "zxcvbnm"))
    for at, key in enumerate(keys)
}
"""Row and column of each key; a lower row stands half a key to the right."""


def is_one_slip(typed: str, meant: str) -> bool:
    """Whether Hangul is a slip on its keyboard away: a key beside the right one, or one too many or too few."""
    left, right = _latin(typed), _latin(meant)
    if left is None or right is None:
        return False
    if len(left) == len(right):
        different = [(one, other) for one, other in zip(left, right, strict=True) if one != other]
        return len(different) == 1 and _are_beside(*different[0])
    short, long = sorted((left, right), key=len)
    return len(long) - len(short) == 1 and any(long[:at] + long[at + 1 :] == short for at in range(len(long)))


def _are_beside(one: str, other: str) -> bool:
    (row, column), (other_row, other_column) = _PLACES[one], _PLACES[other]
    return abs(row - other_row) <= 1 and abs(column - other_column) <= 1


def _turn(word: str) -> str | None:
    made = ""
    for piece in _PIECES.findall(word):
        if not piece[0].isalpha():
            made += piece
        elif (other := _hangul(piece) if piece.isascii() else _latin(piece)) is not None:
            made += other
        else:
            return None
    return made


def _hangul(word: str) -> str | None:
    jamo = [_SHIFTED.get(key) or _KEYS[key.lower()] for key in word]
    made = ""
    at = 0
    while at < len(jamo):
        if jamo[at] not in _LEADS or at + 1 == len(jamo) or jamo[at + 1] not in _VOWELS:
            return None
        lead, vowel, at = jamo[at], jamo[at + 1], at + 2
        if at < len(jamo) and vowel + jamo[at] in _TOGETHER:
            vowel, at = _TOGETHER[vowel + jamo[at]], at + 1
        tail = " "
        if _closes(jamo, at):
            tail, at = jamo[at], at + 1
            if _closes(jamo, at) and tail + jamo[at] in _TOGETHER:
                tail, at = _TOGETHER[tail + jamo[at]], at + 1
        made += chr(0xAC00 + (_LEADS.index(lead) * 21 + _VOWELS.index(vowel)) * 28 + _TAILS.index(tail))
    return made


def _closes(jamo: list[str], at: int) -> bool:
    """Whether the letter here ends a syllable: it can, and no vowel takes it for the next."""
    return at < len(jamo) and jamo[at] in _TAILS and (at + 1 == len(jamo) or jamo[at + 1] not in _VOWELS)


def _latin(word: str) -> str | None:
    keys = [_LETTERS.get(letter) for letter in _apart(word)]
    return None if None in keys else "".join(key or "" for key in keys)


def _apart(word: str) -> str:
    """Hangul as the letters that are struck for it."""
    struck = ""
    for letter in nfc(word):
        place = ord(letter) - 0xAC00
        parts = letter
        if 0 <= place < 11172:
            parts = _LEADS[place // 588] + _VOWELS[place % 588 // 28] + _TAILS[place % 28].strip()
        struck += "".join(_PAIRS.get(part, part) for part in parts)
    return struck
