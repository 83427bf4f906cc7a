"""Unicode normalization in time linear in the text, for everything that compares or shows people's words.

`unicodedata.normalize` sorts the combining marks of one letter in time quadratic in their number. Nothing else in this
program calls it.
"""

import re
import unicodedata
from itertools import groupby
from typing import Literal

_MOST_MARKS = 32  # in a row; Unicode's stream-safe text format allows 30, no language needs ten
# No letter, digit, space or ASCII: every combining mark and much besides. The two halfwidth marks count as letters.
_MAYBE_MARK = re.compile("[^\\w\\s\x00-\x7f]|[\uff9e\uff9f]")
_MAYBE_MARKS = re.compile(f"(?:{_MAYBE_MARK.pattern}){{{_MOST_MARKS},}}")
_INTO_MARKS = "\u0f73\u0f75\u0f81\uff9e\uff9f"  # of combining class 0, but decomposed into marks that are not

_Form = Literal["NFC", "NFD", "NFKC"]


_INVISIBLE = ("\u00ad", "\u200b", "\u2060", "\ufeff")


def without_invisible(text: str) -> str:
    """The text without the soft hyphens and zero-width marks that typesetting and copying leave in words."""
    for mark in _INVISIBLE:
        if mark in text:
            text = text.replace(mark, "")
    return text


def nfc(text: str) -> str:
    """The text composed: ``e`` and an accent are one letter, Hangul letters are syllables."""
    return _normalize("NFC", text)


def nfd(text: str) -> str:
    """The text decomposed: every accent and every Hangul letter is a character of its own."""
    return _normalize("NFD", text)


def nfkc(text: str) -> str:
    """The text composed, with compatibility characters (full-width letters, ligatures) as the usual ones."""
    return _normalize("NFKC", text)


def caseless(text: str) -> str:
    """The text in NFKC and without case: what two spellings of the same words have in common."""
    return nfkc(text).casefold()


def _normalize(form: _Form, text: str) -> str:
    if text.isascii():
        return text
    # Every run of so many marks holds one of the characters looked at.
    if not _MAYBE_MARK.search(text[_MOST_MARKS - 1 :: _MOST_MARKS]) or not _MAYBE_MARKS.search(text):
        return unicodedata.normalize(form, text)
    return "".join(_piecewise(form, text))


def _piecewise(form: _Form, text: str) -> list[str]:
    """The pieces of a text in its normal form; a run of more marks than any letter bears stays as it is."""
    pieces: list[str] = []
    done = 0
    for stretch in _MAYBE_MARKS.finditer(text):
        at = stretch.start()
        for marks, run in groupby(stretch.group(), _is_mark):
            length = sum(1 for _ in run)
            if marks and length >= _MOST_MARKS:
                pieces += (unicodedata.normalize(form, text[done:at]), text[at : at + length])
                done = at + length
            at += length
    pieces.append(unicodedata.normalize(form, text[done:]))
    return pieces


def _is_mark(character: str) -> bool:
    return unicodedata.combining(character) > 0 or character in _INTO_MARKS
