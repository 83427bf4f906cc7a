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
_NAME_WORD = re.compile(r"[^\W\d_a-z][^\W\d_A-Z]*(?:['’-][^\W\d_]+)*\.?|(?:[A-Z]\.?-?){1,3}")
_PARTICLES = frozenset(
    ("van", "von", "de", "der", "den", "del", "da", "di", "du", "la", "le", "el", "al", "bin", "dos")
)
# What tells given names from family names where a text parts all of them by commas: the commonest of either.
_GIVEN_WORDS = """
    aaron adam aditya adrian aidan alan albert alec alejandro alex alexander alexandre alexei alice amit amy ana
    andrea andreas andrei andrew angela anna anne anthony antonio arthur arun ashish barbara ben benjamin
    bernhard bo brian carl carlos caroline charles chris christian christina christoph christopher claire daniel
    daniela david deepak dmitry diego dominik edward elena elizabeth emily emma eric erik eva fabian felix
    florian francesco francisco frank frederic gabriel george giovanni giulia guillaume hanna hannah hans helen
    henrik henry hugo ian igor ilya isabel ivan jack jacob james jan jane jason javier jean jeff jeffrey
    jennifer jeremy jessica joao johan johannes john jonas jonathan jordan jorge jose josef joseph joshua juan
    julia julian julien justin karen karl katherine kevin kyle lars laura lei leo leon linda lisa luca lucas
    luis luke manuel marc marco marcus maria marie mario mark markus martin mary matej mateus mathieu matteo
    matthew matthias max maxim michael michal michel miguel mike mohammad mohammed nathan nicholas nicolas
    nikolai nikita nina noah noam olga oliver olivier oscar pablo paolo pascal patrick paul pavel pedro peter
    petr philip philipp pierre rachel rahul raj rajesh ravi rebecca ricardo richard robert roberto robin roman
    ruben ryan sam samuel sandra sanjay sara sarah scott sebastian sergey sergio shreya simon sophia sophie
    stefan stefano stephen steven susan sven takashi tatiana thomas tim timothy tobias tom tomas tyler ulrich
    vadim victor victoria vincent vladimir wei wenjun william xavier yann yoshua yuki yuri zoe
"""
_FAMILY_WORDS = """
    ahmed ahn bae cai cao chang chen cheng cho choi chung dai deng ding dong fan fang feng fu gao garcia gong
    gonzalez gu guo gupta han he hong hu huang hwang jang jeong jia jiang jin johnson jones jung kang kim kumar
    kwon le lee li liang liao lim lin liu lopez lu luo ma martinez meng miller moon müller nguyen oh pan park
    patel peng pham qian qin rodriguez ryu schmidt seo shen shi shin singh smith son song su suh sun suzuki tan
    tanaka tang tian tran wang wei williams wilson wu xia xiang xiao xie xu xue yan yang yao ye yin yoo yoon yu
    yuan zeng zhang zhao zheng zhong zhou zhu zou
"""
_GIVEN_NAMES, _FAMILY_NAMES = frozenset(_GIVEN_WORDS.split()), frozenset(_FAMILY_WORDS.split())
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
    parts = [part for part in text.split(";") if part.strip()]
    names = [name.strip(_MARKS) for part in parts for name in split_authors(part)]
    return pair_names([name for name in names if any(letter.isalpha() for letter in name)])


def pair_names(parts: Sequence[str]) -> tuple[str, ...]:
    """Names whose family and given parts are parted by the same commas as they are; any others as they are.

    What speaks for it are given names at every second place, or a family name at the others. Family names alone
    (``Chen, Kornblith, Norouzi, Hinton``) and teams stay as they are.
    """
    pairs = list(zip(parts[::2], parts[1::2], strict=False))
    if len(parts) < 4 or len(parts) % 2 or not all(map(_is_half, parts)):
        return tuple(parts)
    if sum(" " not in part for part in parts) * 5 < 3 * len(parts):
        return tuple(parts)
    given = sum(_is_given(second) and not _is_given(first) for first, second in pairs)
    family = sum(_is_family(first) and not _is_family(second) for first, second in pairs)
    against = sum(_is_family(second) and not _is_family(first) for first, second in pairs)
    against += sum(_is_given(first) and not _is_given(second) for first, second in pairs)
    if (given * 3 < len(pairs) and family * 3 < 2 * len(pairs)) or against * 2 > given + family:
        return tuple(parts)
    return tuple(f"{second} {first}" for first, second in pairs)


def _is_half(part: str) -> bool:
    words = part.split()
    return len(words) <= 3 and all(word in _PARTICLES or _NAME_WORD.fullmatch(word) for word in words)


def _is_given(part: str) -> bool:
    """Whether a part is or holds a common given name, or ends with an initial."""
    words = part.casefold().split()
    return words[0] in _GIVEN_NAMES or (len(words[-1].rstrip(".")) == 1 and words[-1].isascii())


def _is_family(part: str) -> bool:
    return part.casefold() in _FAMILY_NAMES


def first_name_first(names: Sequence[str]) -> tuple[str, ...]:
    """Names with their commas resolved (``Cook, Ada``), where each of them is written so; else as they are."""
    matches = [_LAST_FIRST.fullmatch(name) for name in names]
    return (
        tuple(f"{match[2].strip()} {match[1].strip()}" if match else "" for match in matches)
        if all(matches)
        else tuple(names)
    )
