"""Usual spellings of the same word: what is not seen in a text, ä and ae, 16B and 16 billion.

`clean` gives the one spelling in which a text is read. `respelled` gives the parts of a text that have another usual
spelling, written in it. Both the text and the query are respelled, so that any two spellings meet.
"""

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal

from bot.digest.normalize import nfc, nfkc

Places = list[tuple[int, int]]
"""For each character of a changed text, start and end of what it stands for in the original."""

# What is not seen: soft hyphens, joiners, directional marks, variation selectors, tags.
_INVISIBLE = (
    "\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\U000e0000-\U000e01ff"
)
# Letters that Unicode keeps beside the usual ones: ligatures, sub- and superscripts, mathematical alphabets, widths.
_COMPATIBLE = (
    "\u00aa\u00b2\u00b3\u00b5\u00b9\u00ba\u01c4-\u01cc\u01f1-\u01f3\u03d0-\u03f6\u0e33\u0eb3\u0edc\u0edd"
    "\u1d2c-\u1d6a\u2070-\u209c\u2100-\u2149\u2206\u2460-\u24ea\u3300-\u33ff\ufb00-\ufb06\uff01-\uff9f"
    "\U0001d400-\U0001d7ff"
)
_DIGITS = (
    "\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\u09e6-\u09ef\u0a66-\u0a6f\u0ae6-\u0aef\u0b66-\u0b6f\u0be6-\u0bef"
    "\u0c66-\u0c6f\u0ce6-\u0cef\u0d66-\u0d6f\u0e50-\u0e59\u0ed0-\u0ed9\u0f20-\u0f29\u1040-\u1049\u17e0-\u17e9"
)
_SOUND_MARKS = "\u3099\u309a\uff9e\uff9f"
_ODD = re.compile(
    rf"[{_INVISIBLE}]+|(?<=\d)[\u00b2\u00b3\u00b9\u2070-\u2079]|[{_COMPATIBLE}{_DIGITS}][\u0300-\u036f{_SOUND_MARKS}]*"
)
_HIDDEN = re.compile(f"[{_INVISIBLE}]")
_INCREMENT = {"\u2206": "\u0394"}
_POWERS_OF = ("\u00b2", "\u00b3", "\u00b9")


def clean(text: str) -> str:
    """The text without what is not seen, composed, its letters and digits the usual ones."""
    if text.isascii():
        return text
    text = nfc(text)
    if _ODD.search(text):
        text = nfc(_ODD.sub(_usual, text))
    return text


def _usual(found: re.Match[str]) -> str:
    odd = found[0]
    if _HIDDEN.match(odd):
        return ""
    if odd in _POWERS_OF or "\u2070" <= odd <= "\u2079":
        before = found.string[max(0, found.start() - 1) : found.start()]
        digit = str(unicodedata.digit(odd[0]))
        return f"^{digit}" if before.isdecimal() else digit  # a power: 10⁵ is not 105
    usual = _INCREMENT.get(odd) or nfkc(odd)
    return "".join(str(unicodedata.decimal(one)) if one.isdecimal() else one for one in usual)


# Other usual spellings

_UMLAUTS = {
    "ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "Ø": "Oe", "Å": "Aa",
}  # fmt: skip
_GREEK = "\u0386-\u03ce\u1f00-\u1fff"
_GREEK_NAMES = dict(
    zip(
        "αβγδεζηθικλμνξοπρστυφχψω",
        (
            "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu",
            "nu", "xi", "omicron", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
        ),
        strict=True,
    )
)  # fmt: skip
_LONE_GREEK = f"(?<![{_GREEK}])[{_GREEK}](?![{_GREEK}])"
"""A Greek letter that is no part of a Greek word is also read as its name: α-divergence, alpha-divergence."""
_POWERS = {
    "k": 3, "thousand": 3, "m": 6, "mn": 6, "million": 6, "b": 9, "bn": 9, "billion": 9, "t": 12, "tn": 12,
    "trillion": 12, "십": 1, "백": 2, "천": 3, "만": 4, "억": 8, "조": 12, "十": 1, "百": 2, "千": 3, "万": 4, "萬": 4,
    "億": 8, "亿": 8, "兆": 12,
}  # fmt: skip
_NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,12})(?:\.[0-9]{1,9})?"
_TENS, _MYRIADS = "십백천十百千", "만억조万萬億亿兆"
_COUNT = rf"{_NUMBER}(?:[{_TENS}]?[{_MYRIADS}]|\s[억조億亿兆]|[천백千百])"
_QUANTITY = (
    rf"(?<![\w.,]){_NUMBER}(?:[kKmMbBtT]|[mMbBtT][nN]|[\s-]?(?i:thousand|million|billion|trillion)s?)(?![^\W가-힣])"
    rf"|(?<![\w.,]){_COUNT}(?:\s?{_COUNT}){{0,3}}(?!큼)"
)
QUANTITY = re.compile(_QUANTITY)
"""A number with a unit of magnitude: 16B, 16 billion, 160억, 1억 5천만."""
_SPELLED = re.compile(rf"[{''.join(_UMLAUTS)}]|{_LONE_GREEK}|{_QUANTITY}")
_MAY_BE_SPELLED = re.compile(rf"[{''.join(_UMLAUTS)}{_GREEK}0-9]")
"""How each of these begins: to look for one character is ten times as fast as to try all of them everywhere."""
_PART = re.compile(rf"({_NUMBER})[\s-]?([^\W\d_]*)")
_LONGEST = 18
"""Digits."""
_NEIGHBOURS = 3
"""Words on either side of a respelled one that are repeated with it, for phrases and names."""


def digits(quantity: str) -> str:
    """A number with its units as digits; empty where it is no whole number, or one that nobody counts to."""
    value = Decimal(0)
    for number, unit in _PART.findall(quantity):
        count = Decimal(number.replace(",", ""))
        word = unit.casefold()
        powers = [_POWERS[word.rstrip("s")]] if word.rstrip("s") in _POWERS else [_POWERS.get(one, 0) for one in unit]
        value += count.scaleb(sum(powers))
    whole = f"{value:f}".partition(".")
    return whole[0] if not whole[2].strip("0") and len(whole[0]) <= _LONGEST else ""


def _respell(found: re.Match[str]) -> str:
    if found[0][0].isdecimal():
        return digits(found[0]) or found[0]
    return _UMLAUTS.get(found[0]) or _greek_name(found) or found[0]


def _greek_name(found: re.Match[str]) -> str:
    """The name of a Greek letter, apart from what stands beside it: μTransfer is mu-transfer."""
    name = _GREEK_NAMES.get(found[0].lower(), "")
    start, end = found.span()
    before, after = found.string[max(0, start - 1) : start], found.string[end : end + 1]
    return f"{'-' if before.isalnum() else ''}{name}{'-' if after.isalnum() else ''}" if name else ""


def respelled(text: str, *, whole: bool = False) -> Iterator[str]:
    """The stretches of a clean text that have another usual spelling, in that spelling; or the ``whole`` of it."""
    begin = next((at for one in _MAY_BE_SPELLED.finditer(text) if _SPELLED.match(text, at := one.start())), None)
    if begin is None:
        return
    if whole:
        other = _SPELLED.sub(_respell, text)
        if other != text:
            yield other
        return
    first, last = 0, -1
    for found in _SPELLED.finditer(text, begin):
        start, end = _around(text, *found.span())
        if last >= 0 and start > last:
            yield from respelled(text[first:last], whole=True)
            last = -1
        if last < 0:
            first = start
        last = end
    yield from respelled(text[first:last], whole=True)


def _around(text: str, start: int, end: int) -> tuple[int, int]:
    """The stretch with some words on either side of it."""
    before = text[max(0, start - 80) : start].split(" ")
    after = text[end : end + 80].split(" ")
    kept_before = " ".join(before[-_NEIGHBOURS - 1 :])
    kept_after = " ".join(after[: _NEIGHBOURS + 1])
    return start - len(kept_before), end + len(kept_after)


# Where the respelled stands


def as_written(text: str) -> list[tuple[str, Places | None]]:
    """The spellings in which an NFC text is read, each with the places of its characters where they are not its own."""
    if text.isascii() and not QUANTITY.search(text):
        return [(text, None)]
    cleaned, places = _substituted(_ODD, text)
    found = [(cleaned, places)]
    if _SPELLED.search(cleaned):
        other, others = _substituted(_SPELLED, cleaned)
        if others is not None:
            if places is not None:
                others = [(places[start][0], places[end - 1][1]) for start, end in others]
            found.append((other, others))
    return found


def _substituted(pattern: re.Pattern[str], text: str) -> tuple[str, Places | None]:
    change = _usual if pattern is _ODD else _respell
    parts: list[str] = []
    places: Places = []
    done = 0
    for found in pattern.finditer(text):
        start, end = found.span()
        changed = change(found)
        parts += (text[done:start], changed)
        places += [(at, at + 1) for at in range(done, start)]
        places += [(start, end)] * len(changed)
        done = end
    if not done:
        return text, None
    places += [(at, at + 1) for at in range(done, len(text))]
    return "".join((*parts, text[done:])), places
