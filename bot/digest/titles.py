"""What a title line says: ``*Title* (authors)``, ``Title (authors)``, ``[Title](link)``, ``## [Title](link)``."""

import re
from dataclasses import dataclass

from bot.digest.headings import without_label
from bot.digest.labels import names_link
from bot.digest.lines import HANGUL, all_names, are_people, closing_group, is_link, leading_link, split_authors
from bot.digest.links import find_links, without_images

_LIST_ITEM = re.compile(r"(?:[-*+]|[0-9]{1,3}[.)])\s")
_MD_LINK = re.compile(r"\[([^\[\]]+)\]\((https?://[^\s()]+)\)")
_ANY_LINK = re.compile(r"\[([^\[\]]{1,500})\]\([^()\n]{0,500}\)|\[\[(?:[^\[\]|]{1,300}\|)?([^\[\]|]{1,300})\]\]")
_PICTURE = re.compile(r"(?<!\[)!\[[^\[\]]{0,500}\]\([^()]{0,2000}\)")  # not one that is itself a link
_EMPTY_BRACKETS = re.compile(r"\[[\s|,/·]*\]|\([\s|,/·]*\)|（\s*）|【\s*】")
_AROUND = " \t|·,/-–—"


@dataclass(frozen=True, slots=True)
class TitleLine:
    """A title with what stands beside it."""

    title: str
    authors: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    wrapped: bool = False
    """Whether the line below was its second half."""


def read_title(line: str, following: str = "") -> TitleLine | None:
    """The title of a (stripped) line: emphasised, or with its authors or its link in brackets; None for any other."""
    if "![" in line or "<img" in line:
        return None  # a picture
    if line[0] in "*_" and not _LIST_ITEM.match(line):
        if starred := _starred(line):
            return starred
        if line.rstrip("*_") == line and not leading_link(following) and following[:1] not in ">#":
            second = _starred(f"{line} {following}")
            return TitleLine(second.title, second.authors, second.links, wrapped=True) if second else None
        return None
    return None if _LIST_ITEM.match(line) else _plain(line)


def read_title_heading(words: str) -> TitleLine:
    """The title that a heading's words are, the links beside it and the label in front of it apart."""
    if (found := read_title(words)) and (not found.authors or are_people(found.authors)):
        return TitleLine(without_label(found.title), found.authors, found.links)
    text = without_images(_PICTURE.sub("", words))
    links = tuple(find_links(text))
    parts: list[str] = []
    at = 0
    for link in links:
        parts += (text[at : link.start], "" if names_link(link.words) else link.words)
        at = link.end
    text = _ANY_LINK.sub(lambda match: match[1] or match[2], "".join([*parts, text[at:]]))
    text = without_label(_EMPTY_BRACKETS.sub(" ", text).strip(_AROUND))
    title = " ".join(_without_emphasis(text).split())
    urls = tuple(link.url for link in links)
    named = _plain(title) if title else None
    if named and are_people(named.authors):
        return TitleLine(named.title, named.authors, urls)
    return TitleLine(title, (), urls)  # "(BP-Net)" is part of it


def _plain(line: str) -> TitleLine | None:
    start = closing_group(line)
    if not start:
        return None
    title, inside = line[:start].strip(), line[start + 1 : -1].strip()
    if line[start - 1] == "]":  # the target of a link, whatever it is, is no list of authors
        found = _MD_LINK.fullmatch(line)
        return TitleLine(_without_emphasis(found[1]), (), (found[2],)) if found else None
    if is_link(inside) and not HANGUL.search(title) and not leading_link(title):
        return TitleLine(title, (), (inside,))
    names = split_authors(inside)
    if not title or not names or not all_names(names) or is_link(inside):
        return None
    if len(names) == 1 and _is_acronym(names[0], title):
        return TitleLine(line)
    if HANGUL.search(title) and (len(names) == 1 or title[-1] in ".,!"):
        return None
    return _linked(title, names)


def _is_acronym(name: str, title: str) -> bool:
    """Whether the name is the title's own short form: letters that its words begin with, in their order."""
    initials = iter(word[0] for word in re.split(r"[\s-]+", title.casefold()) if word)
    short = name.removesuffix("s")
    return short[-1:].isupper() and short.isalpha() and all(letter in initials for letter in short.casefold())


def _starred(line: str) -> TitleLine | None:
    """``*Title* (authors)`` or ``*Title*``, with one to three stars or underscores."""
    mark = line[0]
    start = closing_group(line)
    head = line[:start].rstrip() if start else line
    if head[-1] != mark and not head.endswith(mark):
        return None
    title = head.strip(mark).strip()
    if not title or len(head) < 3:
        return None
    return _linked(title, split_authors(line[start + 1 : -1]) if start else ())


def _linked(title: str, names: tuple[str, ...]) -> TitleLine:
    """A title that may be a Markdown link, with its authors."""
    found = _MD_LINK.fullmatch(title)
    return TitleLine(_without_emphasis(found[1]), names, (found[2],)) if found else TitleLine(title, names)


def _without_emphasis(text: str) -> str:
    return text.strip("*_ ")
