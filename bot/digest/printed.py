"""One day printed as plain text: a copied post, a mail. No blank lines are promised, the title's link is lost."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from bot.digest.lines import (
    HANGUL,
    find_day,
    is_korean,
    is_link,
    read_authors,
    read_day,
    read_languages,
    read_tags,
    split_name,
)
from bot.digest.model import Digest, Entry, Lang
from bot.errors import DigestFormatError

TITLE_CHARS = 300  # the longest real title has 150; the shortest real abstract 499
AUTHOR_LINES = 12  # how far a wrapped author list is followed: the longest, of 1,300 names, would need a window
ABSTRACT_CHARS = 120  # shorter than this and without a full stop, a line is a remark or a note's name, not an abstract

_LIST_ITEM = re.compile(r"(?:[-*+>•]|[0-9]{1,3}[.)])\s")
_FOOTER = re.compile(
    r"(?:un)?subscribe\b|thanks for reading|(?:share|like|comments?)(?: this post)?$|view (?:in|this)\b|©"
    r"|구독|공유|좋아요|댓글",
    re.IGNORECASE,
)

_Kind = Literal["link", "tags", "text"]


@dataclass(slots=True)
class _Line:
    number: int
    text: str
    kind: _Kind
    tags: tuple[str, ...] = ()


def parse_print(name: str, text: str, day: date | None = None) -> Digest:
    """Read a printed day. Its day is its date line's, else the name's, else ``day``.

    An entry ends with its tag line. One without tags ends where a line stands that the next one, a list of authors,
    makes a title. Raises `DigestFormatError` for a text without a day, without an entry, or with a second day in it:
    a digest is one day.
    """
    lines = _read_lines(text)
    when, title, start = _read_header(name, lines, day)
    korean = HANGUL.search(text) is not None
    entries = []
    at = start
    while at < len(lines):
        line = lines[at]
        if (other := _day_of(line)) is not None:
            if other != when:
                raise DigestFormatError(line.number, "the entries of one day, in a text of its own", line.text[:80])
            at += 1
            continue
        if _is_footer(lines, at):
            break
        entry, at = _read_entry(lines, at, "ko" if korean else "en")
        entries.append(entry)
    if not entries:
        last = lines[-1] if lines else _Line(1, "", "text")
        raise DigestFormatError(last.number, "a title after the date line", last.text[:80])
    return Digest(day=when, title=title or when.isoformat(), entries=tuple(entries), shape="print")


def _read_lines(text: str) -> list[_Line]:
    lines = []
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip()
        if not line:
            continue
        first = line[0]
        if first in "#＃tT태" and (tags := read_tags(line)) is not None:
            lines.append(_Line(number, line, "tags", tags))
        elif first in "hH" and is_link(line):
            lines.append(_Line(number, line, "link"))
        else:
            lines.append(_Line(number, line, "text"))
    return lines


def _read_header(name: str, lines: Sequence[_Line], day: date | None) -> tuple[date, str, int]:
    """The day, the digest's title (its first line as written, where that holds the date) and where entries begin."""
    for at, line in enumerate(lines[:3]):
        if written := read_day(line.text):
            return written, line.text.lstrip("# "), at + 1
    first = lines[0].text if lines else ""
    if len(first) <= 100 and (written := find_day(first)) and not _authors_at(lines, 1):
        return written, first.lstrip("# "), 1
    when = split_name(name)[0] or day
    if when is None:
        raise DigestFormatError(lines[0].number if lines else 1, "a date line such as 2024-04-12", first[:80])
    return when, "", 0


def _day_of(line: _Line) -> date | None:
    return read_day(line.text) if line.kind == "text" else None


def _is_footer(lines: Sequence[_Line], at: int) -> bool:
    """Whether a mail's or a site's own closing lines begin here: what they are known by, and no entry below."""
    return (
        _FOOTER.match(lines[at].text) is not None
        and len(lines) - at < 12
        and not any(line.kind == "tags" or _authors_at(lines, n) for n, line in enumerate(lines[at:], at))
    )


def _read_entry(lines: Sequence[_Line], at: int, language: Lang) -> tuple[Entry, int]:
    """The entry whose title stands at ``at``, and where the next one begins."""
    title = lines[at]
    links = [title.text] if title.kind == "link" else []
    tags = list(title.tags)
    at += 1
    authors: tuple[str, ...] = ()
    if found := _authors_at(lines, at, sure=True):
        authors, used = found
        at += used
    while at < len(lines) and lines[at].kind == "link":
        links.append(lines[at].text)
        at += 1
    body: list[_Line] = []
    while at < len(lines) and not _ends_entry(lines, at, bool(authors) and not body):
        line = lines[at]
        at += 1
        if line.kind != "tags":
            body.append(line)
            continue
        tags.extend(line.tags)
        while at < len(lines) and (lines[at].kind == "tags" or _is_sentence(lines[at])):
            if lines[at].kind == "tags":
                tags.extend(lines[at].tags)
            else:  # written below the tags: a title is no sentence
                body.append(lines[at])
            at += 1
        break
    abstract, commentary = _split(body, bool(authors), language)
    return (
        Entry(
            title=title.text,
            authors=authors,
            links=tuple(dict.fromkeys(links)),
            abstract=tuple(abstract),
            commentary=read_languages(commentary, [False] * len(commentary), default=language),
            tags=tuple(dict.fromkeys(tags)),
        ),
        at,
    )


def _authors_at(lines: Sequence[_Line], at: int, *, sure: bool = False) -> tuple[tuple[str, ...], int] | None:
    """The author list that begins at a line, if one does, and how many lines it is wrapped over."""
    if at >= len(lines) or lines[at].text[0] not in "(（":
        return None
    first = lines[at].text
    depth = _open_brackets(first)
    if depth <= 0:
        names = read_authors(first, sure=sure)
        return (names, 1) if names else None
    parts = [first]
    for line in lines[at + 1 : at + AUTHOR_LINES]:
        if line.kind != "text" or line.text[0] in "(（" or len(line.text) > 1000:
            return None
        parts.append(line.text)
        depth += _open_brackets(line.text)
        if depth <= 0:
            names = read_authors(" ".join(parts), sure=sure)
            return (names, len(parts)) if names else None
    return None


def _open_brackets(text: str) -> int:
    return text.count("(") + text.count("（") - text.count(")") - text.count("）")


def _ends_entry(lines: Sequence[_Line], at: int, after_authors: bool) -> bool:
    """Whether the next entry's title stands here, although no tag line closed this one.

    ``after_authors``: the entry has its authors and nothing after them yet.
    """
    line = lines[at]
    if line.kind != "text" or len(line.text) > TITLE_CHARS or at + 1 == len(lines):
        return False
    if _authors_at(lines, at + 1):
        return not _is_sentence(line) and not (line.text[-1] in ".!" and is_korean(line.text))
    if line.text[0] in "#0123456789JFMASONDjfmasond" and read_day(line.text):  # the next day's date line
        return _authors_at(lines, at + 2) is not None
    # A title without authors is known only where nothing else can stand: between an author list and Korean prose.
    following = lines[at + 1]
    return (
        after_authors
        and not _is_finished(line.text)
        and not _LIST_ITEM.match(line.text)
        and not HANGUL.search(line.text)
        and (following.kind == "link" or (following.kind == "text" and is_korean(following.text)))
    )


def _is_sentence(line: _Line) -> bool:
    """Whether a line is a paragraph rather than a title: long, or a full sentence."""
    if line.kind != "text" or len(line.text) > TITLE_CHARS:
        return line.kind == "text"
    if line.text[-1] != "." or line.text.endswith("..."):
        return False
    return len(line.text) > 150 or is_korean(line.text)


def _is_finished(text: str) -> bool:
    return text[-1] in ".!?:…\"'”’)"


def _split(body: Sequence[_Line], has_authors: bool, language: Lang) -> tuple[list[str], list[str]]:
    """Abstract and commentary. The abstract stands before the first paragraph in the commentary's language.

    A bare link ends it, and so does a line that is no full sentence. Where the whole print is English, it is the first
    paragraph, if another follows or if it is as long as abstracts are.
    """
    end = 0
    for line in body:
        if line.kind == "link" or (len(line.text) < ABSTRACT_CHARS and not _is_finished(line.text)):
            break
        if is_korean(line.text):
            break
        end += 1
    if language == "en" and end:
        end = 1 if len(body) > 1 or (has_authors and len(body[0].text) > TITLE_CHARS) else 0
    texts = [line.text for line in body]
    return texts[:end], texts[end:]
