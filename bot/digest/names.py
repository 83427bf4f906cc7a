"""The names of authors, in a text that is known to be of authors."""

import re
from collections.abc import Sequence

from bot.digest.lines import split_authors

_WIKI = re.compile(r"\[\[([^\[\]|]{1,300})(?:\|([^\[\]]{1,300}))?\]\]")
_MARKDOWN = re.compile(r"\[([^\[\]]{1,300})\]\([^()\s]{0,2000}\)")
# What points to an affiliation or a footnote: <sup>1,2</sup>, $^{1*}$, ^1, †, a digit right behind a name; an address.
_BESIDE_NAME = re.compile(
    r"<sup>[^<>]{0,40}</sup>|</?[a-z]{1,10}>|\$?\^\{[^{}]{0,40}\}\$?|\$\^[^$\s]{1,12}\$|\^[0-9*,]{1,8}"
    r"|[†‡§¶∗¹²³⁴⁵⁶⁷⁸⁹⁰]{1,9}|(?<=[^\W\d_])[0-9]{1,2}\*?(?![^\s,;])"
    r"|[(<\[][^()<>\[\]\s]{1,80}@[^()<>\[\]\s]{1,80}[)>\]]",
    re.IGNORECASE,
)
# An aside on who did what: (共同一作), (equal contribution), (교신저자).
_ASIDE = re.compile(
    r"[(（][^()（）]{0,200}(?:[가-힣\u3041-\u9fff]|equal|contribut|correspond|supervis|co-first|intern)[^()（）]{0,200}[)）]",
    re.IGNORECASE,
)
_MARKS = ' \t\\*_`,;·•.|"“”'
_SEPARATORS = re.compile(r"\s?[·•|]\s?|\s/\s|\s?[、，]\s?|\n")
_LAST_FIRST = re.compile(r"([^\W\d_][^,]{0,60}), ?([^\W\d_][^,]{0,60})")


def read_names(text: str) -> tuple[str, ...]:
    """The names in a text of authors, without links, marks of affiliations and "et al.".

    >>> read_names("Cook, Ada; Baker, Bo")
    ('Ada Cook', 'Bo Baker')
    """
    text = _MARKDOWN.sub(r"\1", _WIKI.sub(lambda match: match[2] or match[1].rpartition("/")[2], text))
    text = _BESIDE_NAME.sub("", _ASIDE.sub("", text))
    for separator in (";", "；", " and "):  # "Cook, Ada and Baker, Bo" is how BibTeX writes it
        parts = [part.strip(_MARKS) for part in text.split(separator)]
        if len(parts) > 1 and all(map(_LAST_FIRST.fullmatch, filter(None, parts))):
            return first_name_first([part for part in parts if part])
    if ";" not in text:
        text = _SEPARATORS.sub(", ", text)
    names = (name.strip(_MARKS) for part in text.split(";") for name in split_authors(part) if part.strip())
    return tuple(name for name in names if any(letter.isalpha() for letter in name))


def first_name_first(names: Sequence[str]) -> tuple[str, ...]:
    """Names with their commas resolved (``Cook, Ada``), where each of them is written so; else as they are."""
    matches = [_LAST_FIRST.fullmatch(name) for name in names]
    return (
        tuple(f"{match[2].strip()} {match[1].strip()}" if match else "" for match in matches)
        if all(matches)
        else tuple(names)
    )
