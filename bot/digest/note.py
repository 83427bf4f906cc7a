"""One vault note (``YYMMDD Short title.md``): one entry."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from bot.digest.front_matter import read_front_matter
from bot.digest.lines import (
    HANGUL,
    all_names,
    closing_group,
    is_korean,
    is_link,
    leading_link,
    read_authors,
    read_languages,
    read_links,
    read_tags,
    split_authors,
    split_name,
)
from bot.digest.model import Digest, Entry, Lang
from bot.digest.paragraphs import join_lines
from bot.errors import DigestFormatError

_WIKI_LINK = re.compile(r"!?\[\[([^\[\]|]+)(?:\|([^\[\]]*))?\]\]")
_FILE = re.compile(r"\.(?!md$)[A-Za-z0-9]{2,5}\s*$")
_LINKS_HEADING = re.compile(r"#{1,6}\s+links?:?", re.IGNORECASE)
_ONLY_WIKI_LINK = re.compile(r"(?:[-*+]\s+)?\[\[[^\[\]]*\]\]")
_LIST_ITEM = re.compile(r"(?:[-*+]|[0-9]{1,3}[.)])\s")
_ENGLISH = re.compile(r"<(/?)english>", re.IGNORECASE)
# A comment of the vault's editor, between %% marks or from a line that begins with one to the end, but not inside code.
_COMMENT = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|(?P<comment>%%.*?%%|^%%.*)", re.DOTALL | re.MULTILINE)
_CALLOUT = re.compile(r"(>[> \t]*)\[!([\w-]{1,30})[^\[\]]{0,30}\][+-]?\s*(.*)", re.DOTALL)
_CALLOUT_NAMES = ("abstract", "summary", "tldr", "초록", "요약")
_MD_LINK = re.compile(r"\[([^\[\]]+)\]\((https?://[^\s()]+)\)")


@dataclass(slots=True)
class _Draft:
    """A note half read."""

    title: str = ""
    authors: tuple[str, ...] = ()
    links: list[str] = field(default_factory=list)
    abstract: list[str] = field(default_factory=list)
    commentary: list[str] = field(default_factory=list)
    english: list[bool] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)

    def begun(self) -> bool:
        """Whether the abstract or the commentary has begun, so that a bare link belongs to the commentary."""
        return bool(self.abstract or self.commentary)


def parse_note(name: str, text: str, day: date | None = None) -> Digest:
    """Read one note. Its day is in its name (``YYMMDD``) or its front matter (``date:``), else ``day``.

    Paragraphs after the title may come in any order; curators move the tags about. Where no line is a title
    (``*Title* (authors)``, or ``Title (authors)``), the title is the name after the date.
    Raises `DigestFormatError` for a note without a day or without a title.
    """
    front = read_front_matter(text)
    lines = (_without_comments(text) if "%%" in text else text).split("\n")
    draft = _Draft(links=list(front.links), tags=list(front.tags))
    name_day, name_title = split_name(name)
    when = name_day or front.day or day
    if when is None:
        raise DigestFormatError(1, "a date in the note's name (YYMMDD) or its front matter (date:)", name[-80:])
    found = list(join_lines(lines, front.lines))
    if not found and not front.title:
        raise DigestFormatError(1, "a link, a title or words", "")
    _read_lines(found, draft)
    _take_closing_tags(draft)
    title = front.title or draft.title or name_title
    if not title:
        raise DigestFormatError(front.lines + 1, "*Title* (authors), or a title in the note's name", found[0][:80])
    default: Lang = "ko" if is_korean(text) or not draft.commentary else "en"
    commentary = read_languages(draft.commentary, draft.english, default=default)
    entry = Entry(
        title=title,
        authors=front.authors or draft.authors,
        links=tuple(dict.fromkeys(draft.links)),
        abstract=tuple(draft.abstract) or front.abstract,
        commentary=commentary,
        tags=tuple(dict.fromkeys(draft.tags)),
        notes=tuple(dict.fromkeys(name for line in found if "[[" in line for name in _linked_notes(line))),
    )
    return Digest(day=when, title=when.isoformat(), entries=(entry,), shape="note")


def _linked_notes(line: str) -> Iterator[str]:
    """The names in its ``[[folder/note.md#heading|shown]]``, without all but the name; a heading of its own is none."""
    for found in _WIKI_LINK.finditer(line):
        name = found[1].partition("#")[0].rpartition("/")[2].rstrip("\\ ")
        if name := name.removesuffix(".md").strip():
            yield name


def _shown_link(link: re.Match[str]) -> str:
    """What stands for a link between notes; an embedded file (``![[plot.png]]``) stays, for its name to be shown."""
    is_file = link.group().startswith("!") and _FILE.search(link[1]) is not None
    return link.group() if is_file else link[2] or link[1]


def _without_comments(text: str) -> str:
    """The text without what its writer hid; its lines keep their numbers."""
    return _COMMENT.sub(lambda found: "\n" * found.group().count("\n") if found["comment"] else found.group(), text)


def _take_closing_tags(draft: _Draft) -> None:
    """Tags at the end of the last paragraph (``… #normalization #resnet``) are the note's."""
    if not draft.commentary or "\n" in draft.commentary[-1]:
        return
    words = draft.commentary[-1].split(" ")
    end = len(words)
    while end > 1 and read_tags(words[end - 1]) is not None:
        end -= 1
    draft.tags.extend(tag for word in words[end:] for tag in read_tags(word) or ())
    draft.commentary[-1] = " ".join(words[:end])


def _read_lines(lines: Sequence[str], draft: _Draft) -> None:
    in_links = in_english = False
    skip_next = False
    for line, following in zip(lines, [*lines[1:], ""], strict=False):
        if skip_next:
            skip_next = False
        elif _LINKS_HEADING.fullmatch(line):
            in_links = True
        elif in_links and _ONLY_WIKI_LINK.fullmatch(line):
            continue
        elif (tags := read_tags(line)) is not None:
            draft.tags.extend(tags)
        elif mark := _ENGLISH.match(line):
            in_english = not mark[1]
            rest = line[mark.end() :]
            closed = rest.lower().endswith("</english>")
            _add(draft, rest[: -len("</english>")].strip() if closed else rest.strip(), in_english)
            in_english = in_english and not closed
        elif not draft.begun() and (links := read_links(line)):
            draft.links.extend(links)
        elif draft.title and not draft.authors and not draft.begun() and (authors := read_authors(line)):
            draft.authors = authors  # on a line of their own
        elif not draft.title and not draft.commentary and (title := _read_title(line, following)):
            draft.title, draft.authors, link, skip_next = title
            draft.links.extend(link)
            in_links = False
        elif line.lower().endswith("</english>"):
            _add(draft, line[: -len("</english>")].strip(), in_english)
            in_english = False
        else:
            _add(draft, line, in_english)
            in_links = False


def _add(draft: _Draft, line: str, in_english: bool) -> None:
    """Put a line where it belongs: a link of the paper, the abstract, the commentary."""
    while not draft.begun() and (found := leading_link(line)) and (not draft.title or not found[1]):
        draft.links.append(found[0])
        line = found[1]
    if not line:
        return
    if line[0] == ">" and not draft.commentary and (callout := _CALLOUT.fullmatch(line)):
        mark, kind, words = callout.groups()
        if not words or words.casefold() in (kind.casefold(), *_CALLOUT_NAMES):
            return
        line = mark + words
    if line[0] == ">" and not draft.commentary:
        if quoted := line.lstrip("> \t"):
            draft.abstract.append(quoted)
        return
    draft.commentary.append(_WIKI_LINK.sub(_shown_link, line) if "[[" in line else line)
    draft.english.append(in_english)


_Title = tuple[str, tuple[str, ...], tuple[str, ...], bool]


def _read_title(line: str, following: str) -> _Title | None:
    """Title, authors and link of a title line, and whether the line after it was its second half.

    Forms: ``*Title* (authors)``, ``Title (authors)``, ``[Title](link) (authors)``, ``Title (link)``, ``# Title``.
    """
    if "![" in line or "<img" in line:
        return None  # a picture
    if line[0] in "*_" and not _LIST_ITEM.match(line):
        if starred := _starred(line):
            return (*starred, False)
        wrapped = line.rstrip("*_") == line and not leading_link(following) and following[:1] not in ">#"
        if wrapped and (starred := _starred(f"{line} {following}")):
            return (*starred, True)
        return None
    if line[0] == "#" and line.lstrip("#")[:1] == " ":
        heading = line.lstrip("#").strip()
        return _read_title(heading, "") or (*_linked(heading), False) if heading else None
    if _LIST_ITEM.match(line) or not (start := closing_group(line)):
        return None
    title, inside = line[:start].strip(), line[start + 1 : -1].strip()
    if line[start - 1] == "]" and (found := _MD_LINK.fullmatch(line)):
        return found[1].strip("*_ "), (), (found[2],), False
    if is_link(inside) and not HANGUL.search(title) and not leading_link(title):
        return title, (), (inside,), False
    names = split_authors(inside)
    if not title or not names or not all_names(names) or is_link(inside):
        return None
    if len(names) == 1 and _is_acronym(names[0], title):
        return line, (), (), False
    if HANGUL.search(title) and (len(names) == 1 or title[-1] in ".,!"):
        return None
    title, _, link = _linked(title)
    return title, names, link, False


def _is_acronym(name: str, title: str) -> bool:
    """Whether the name is the title's own short form: letters that its words begin with, in their order."""
    initials = iter(word[0] for word in re.split(r"[\s-]+", title.casefold()) if word)
    short = name.removesuffix("s")
    return short[-1:].isupper() and short.isalpha() and all(letter in initials for letter in short.casefold())


def _starred(line: str) -> tuple[str, tuple[str, ...], tuple[str, ...]] | None:
    """``*Title* (authors)`` or ``*Title*``, with one to three stars or underscores."""
    mark = line[0]
    start = closing_group(line)
    head = line[:start].rstrip() if start else line
    if head[-1] != mark and not head.endswith(mark):
        return None
    title = head.strip(mark).strip()
    if not title or len(head) < 3:
        return None
    names = split_authors(line[start + 1 : -1]) if start else ()
    title, _, link = _linked(title)
    return title, names, link


def _linked(title: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """A title that may be a Markdown link: its words, no authors, and the link."""
    found = _MD_LINK.fullmatch(title)
    return (found[1].strip("*_ "), (), (found[2],)) if found else (title, (), ())
