"""Korean and English names of the same thing, from a file that operators can add to.

A line is ``Korean form[;Korean form …] TAB English form[;English form …]``; ``#`` begins a comment. A form stands for
every form of the other side; forms of one side are only near to each other. What people type is compared without
case, spaces, hyphens and English endings, so 확산모델 is 확산 모델 and ``state-space models`` is ``state space model``.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.digest.normalize import nfc
from bot.search.words import fold, stem

_SPACES = re.compile(r"[\s\-_\u2010-\u2015]+")
_HANGUL = re.compile("[가-힣]")
_ONLY_HANGUL = re.compile("[가-힣 ]+")
_ENDING = re.compile("(?:e[ds]?|ing|s)$")
_LONGEST = 60
"""Letters. A longer form is a sentence that lost its tab."""


@dataclass(frozen=True, slots=True)
class Name:
    """Another name of what was looked up."""

    text: str
    same: bool
    """The same thing: from the other language, or the short for it. Else only a near-synonym in the same one."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A line of the file that could not be used."""

    line: int
    found: str


_Side = Mapping[str, str]
"""The forms of one side of a line, by their keys."""


@dataclass(frozen=True, slots=True)
class Glossary:
    senses: Mapping[str, Sequence[tuple[_Side, _Side]]] = field(default_factory=dict)
    """By `key`: the side the form stands on, and the other."""
    problems: tuple[Problem, ...] = ()

    def of(self, text: str) -> tuple[Name, ...]:
        """The other names of a word or phrase, of all its senses; those of the same thing first."""
        mine = key(text)
        senses = self.senses.get(mine, ())
        if senses and text.isalpha() and text.isascii():
            senses = [(same, other) for same, other in senses if _is_form_of(text.lower(), same[mine])]
        names = {form: Name(name, True) for _, other in senses for form, name in other.items()}
        for same, _ in senses:
            for form, name in same.items():
                names.setdefault(form, Name(name, _is_short_for(same[mine], name)))
        names.pop(mine, None)
        return tuple(sorted(names.values(), key=lambda name: not name.same))


def _is_form_of(word: str, name: str) -> bool:
    """Whether one continues the other, or both a third: trained and training are forms of train, and matter is none of
    matting, for all their stem."""
    short, long = sorted((word, re.sub("[ -]", "", name.lower())), key=len)
    return long.startswith(short.rstrip("ey")) or _ENDING.sub("", short) == _ENDING.sub("", long)


def _is_short_for(one: str, other: str) -> bool:
    """Whether the shorter is the other's first letters, or nearly: ``rnn``, ``vit`` of vision transformer."""
    short, long = sorted((one, other), key=len)
    words = _SPACES.split(long.lower())
    letters = iter("".join(words))
    return (
        short.isascii()
        and short.isalnum()
        and 2 <= len(short) <= 6
        and len(words) > 1
        and short[0].lower() == long[0].lower()
        and all(letter in letters for letter in short.lower())
        and sum(word[:1] in short.lower() for word in words) >= len(words) - 1
    )


def key(text: str) -> str:
    """What a form is compared by."""
    if _ONLY_HANGUL.fullmatch(text):  # which is half of the file
        return text.replace(" ", "")
    words = _SPACES.split(fold(nfc(text)).strip())
    return stem("".join(words))


def parse_glossary(text: str) -> Glossary:
    """Read a glossary. A line that cannot be read is left out and named among the ``problems``."""
    senses: dict[str, list[tuple[_Side, _Side]]] = {}
    problems: list[Problem] = []
    for number, line in enumerate(nfc(text.removeprefix("\ufeff")).splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        sides = [{key(form): form.strip() for form in side.split(";") if form.strip()} for side in line.split("\t")]
        if len(sides) != 2 or not _is_right(*sides):
            problems.append(Problem(number, line.strip()[:_LONGEST]))
            continue
        for same, other in (sides, sides[::-1]):
            for form in same:
                senses.setdefault(form, []).append((same, other))
    return Glossary(senses, tuple(problems))


def _is_right(korean: _Side, english: _Side) -> bool:
    """Whether every form is a word or a few, and the sides are not swapped."""
    return (
        all(side and all(form and len(name) <= _LONGEST for form, name in side.items()) for side in (korean, english))
        and all(map(_HANGUL.search, korean.values()))
        and not any(map(_HANGUL.search, english.values()))
    )
