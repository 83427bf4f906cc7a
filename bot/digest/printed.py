"""One day printed as plain text: a copied post, a mail. No blank lines are promised, the title's link is lost."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from bot.digest.dates import explain_day, find_day, read_day, split_name
from bot.digest.lines import (
    HANGUL,
    are_people,
    is_footer,
    is_korean,
    read_authors,
    read_languages,
    read_links,
    read_tags,
)
from bot.digest.model import Digest, Entry, Lang
from bot.digest.titles import TitleLine, read_title_heading
from bot.errors import DigestFormatError, UndatedError

TITLE_CHARS = 300  # the longest real title has 150; the shortest real abstract 499
AUTHOR_LINES = 12  # how far a wrapped author list is followed: the longest, of 1,300 names, would need a window
ABSTRACT_CHARS = 120  # shorter than this and without a full stop, a line is a remark or a note's name, not an abstract

HEADER_LINES = 6  # a post's name, its subtitle, its writer, the day, counts, buttons
HEADER_CHARS = 120
MAIL_LINES = 12
_MAIL_FIELD = re.compile(
    r"(from|to|cc|bcc|subject|date|sent|reply-to|보낸 ?사람|받는 ?사람|참조|제목|날짜|보낸 날짜) ?[:：] ?",
    re.IGNORECASE,
)
_BUTTON = re.compile(
    r"(?:share|subscribe|like|comments?|restack|read in app|listen|view in browser|공유(?:하기)?|구독(?:하기)?|좋아요"
    r"|댓글)(?: [0-9]{1,6})?",
    re.IGNORECASE,
)
_LONG_WORD = re.compile(r"[^\W\d_]{4,}")
_LIST_ITEM = re.compile(r"(?:[-*+>•]|[0-9]{1,3}[.)])\s")
_HEADING = re.compile(r"#{1,6}\s+\S")
_Kind = Literal["link", "tags", "text"]


@dataclass(slots=True)
class _Line:
    number: int
    text: str
    kind: _Kind
    tags: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


def parse_print(name: str, text: str, day: date | None = None) -> Digest:
    """Read a printed day. Its day is its date line's, else the name's, else ``day``.

    An entry ends with its tag line. One without tags ends where a line stands that the next one, a list of authors,
    makes a title. Raises `DigestFormatError` for a text without a day, without an entry, or with a second day in it:
    a digest is one day.
    """
    lines = _read_lines(text)
    when, title, start = _read_header(name, lines, day)
    language: Lang = "ko" if _is_korean(lines, start) else "en"
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
        entry, at = _read_entry(lines, at, language)
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
        elif "://" in line and (links := read_links(line)) is not None:
            lines.append(_Line(number, line, "link", links=links))
        else:
            lines.append(_Line(number, line, "text"))
    return lines


def _read_header(name: str, lines: Sequence[_Line], day: date | None) -> tuple[date, str, int]:
    """The day, the digest's title (its first line as written, where that holds the date) and where entries begin."""
    sent, subject, begin = _read_mail_header(lines)
    named = split_name(name)[0]
    for at, line in enumerate(lines[begin : begin + HEADER_LINES], begin):
        if at >= begin + 3 and (named or sent):  # further down, a date may be a commentary's
            break
        if written := read_day(line.text):
            return written, line.text.lstrip("# "), _after_byline(lines, at + 1)
        if line.kind != "text" or len(line.text) > HEADER_CHARS or _authors_at(lines, at + 1):
            break
    first = lines[begin].text if len(lines) > begin else ""
    if len(first) <= 100 and (written := find_day(first)) and not _authors_at(lines, begin + 1):
        return written, first.lstrip("# "), _after_byline(lines, begin + 1)
    when = sent or named or day
    if when is None:
        why = explain_day(first[:100])
        said = f"{first[:80]}: {why}" if why else first[:80]
        raise UndatedError(lines[0].number if lines else 1, "a date line such as 2024-04-12", said)
    return when, subject, begin


def _read_mail_header(lines: Sequence[_Line]) -> tuple[date | None, str, int]:
    """The day and subject of a mail that was saved with its header, and how many lines that takes."""
    fields: dict[str, str] = {}
    count = 0
    for line in lines[:MAIL_LINES]:
        if not (found := _MAIL_FIELD.match(line.text)):
            break
        fields[found[1].lower()] = line.text[found.end() :].strip()
        count += 1
    if count < 2:  # one such line is a title: "From: Letters to Networks"
        return None, "", 0
    subject = fields.get("subject") or fields.get("제목") or ""
    dates = (subject, *(fields.get(key, "") for key in ("date", "sent", "날짜", "보낸 날짜")))
    return next((day for words in dates if (day := find_day(words[:200]))), None), subject, count


def _after_byline(lines: Sequence[_Line], start: int) -> int:
    """Where entries begin: below the writer's name, the day of writing, counts and buttons that a site puts there."""
    end = start
    for at, line in enumerate(lines[start : start + HEADER_LINES], start):
        if _BUTTON.fullmatch(line.text) or not any(letter.isalpha() for letter in line.text) or _day_of(line):
            end = at + 1
        elif at > end or line.kind != "text" or len(line.text) > 60 or not are_people((line.text,)):
            break
    return end


def _is_korean(lines: Sequence[_Line], start: int) -> bool:
    """Whether a paragraph is Korean. Titles and authors are written in their own language."""
    title = True
    for at in range(start, len(lines)):
        line = lines[at]
        paragraph = line.kind == "text" and not title and is_korean(line.text)
        if paragraph and not _authors_at(lines, at, sure=True) and not _title_authors(lines, at):
            return True
        title = line.kind == "tags"
    return False


def _day_of(line: _Line) -> date | None:
    return read_day(line.text) if line.kind == "text" else None


def _is_footer(lines: Sequence[_Line], at: int) -> bool:
    """Whether a mail's or a site's own closing lines begin here: what they are known by, and no entry below."""
    return (
        is_footer(lines[at].text)
        and len(lines) - at < 12
        and not any(line.kind == "tags" or _authors_at(lines, n) for n, line in enumerate(lines[at:], at))
    )


def _read_title(line: str) -> TitleLine:
    """What a title says; one that is written as Markdown, such as ``## [Title](link)``, without its marks."""
    words = line.lstrip("#").strip() if _HEADING.match(line) else line
    found = read_title_heading(words) if words != line or "](" in line else TitleLine(line)
    return found if found.title else TitleLine(line)


def _read_entry(lines: Sequence[_Line], at: int, language: Lang) -> tuple[Entry, int]:
    """The entry whose title stands at ``at``, and where the next one begins."""
    title = lines[at]
    named = _read_title(title.text)
    links = [*named.links, *title.links]
    tags = list(title.tags)
    at += 1
    authors: tuple[str, ...] = ()
    while True:  # links may stand before the authors, after them, and on both sides
        if not authors and (found := _authors_at(lines, at, sure=True)):
            authors, used = found
            at += used
        if at == len(lines) or lines[at].kind != "link":
            break
        links.extend(lines[at].links)
        at += 1
    body: list[_Line] = []
    while at < len(lines) and not _ends_entry(lines, at, bool(authors) and not body):
        line = lines[at]
        at += 1
        if line.kind != "tags":
            body.append(line)
            continue
        tags.extend(line.tags)
        while at < len(lines) and (lines[at].kind == "tags" or _belongs_above(lines, at)):
            if lines[at].kind == "tags":
                tags.extend(lines[at].tags)
            else:
                body.append(lines[at])
            at += 1
        break
    abstract, commentary = _split(body, bool(authors), language)
    return (
        Entry(
            title=named.title,
            authors=authors or named.authors,
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
    if found := _title_authors(lines, at):
        return not _is_sentence(line) and _may_be_title(line.text, found)
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


def _title_authors(lines: Sequence[_Line], at: int) -> tuple[str, ...] | None:
    """The authors below the line, where some stand there, links of the title aside."""
    at += 1
    while at < len(lines) and lines[at].kind == "link":
        at += 1
    found = _authors_at(lines, at)
    return found[0] if found else None


def _may_be_title(text: str, names: Sequence[str]) -> bool:
    """Whether a line inside an entry is a title for the names below it, which may be an aside's examples.

    People's names make a title of any line but a finished Korean one. Names of teams, which may be those of models,
    do so only for a line whose words are capitalised, as a title's are.
    """
    if text[-1] == "." and is_korean(text):
        return False
    if are_people(names):
        return True
    return not _LIST_ITEM.match(text) and not is_korean(text) and (":" in text or _is_capitalised(text))


def _is_capitalised(text: str) -> bool:
    """Whether the long words after the first are written as in a title."""
    words: list[str] = _LONG_WORD.findall(text)[1:]
    return sum(word[0].isupper() for word in words) * 2 >= len(words)


def _belongs_above(lines: Sequence[_Line], at: int) -> bool:
    """Whether a line below the tags is the curator's last word on the entry: a title is no sentence.

    What looks like a sentence and would be an entry with nothing in it is one too.
    """
    line = lines[at]
    sentence = _is_sentence(line)
    if not sentence and not _is_remark(line):
        return False
    if _title_authors(lines, at):
        return False
    return sentence or at + 1 == len(lines) or _title_authors(lines, at + 1) is not None


def _is_remark(line: _Line) -> bool:
    """Whether a line looks like a sentence, although it might be a title."""
    if line.kind != "text" or line.text[-1] not in ".!?…~)":
        return False
    return is_korean(line.text) or (line.text[-1] in ".!?" and not _is_capitalised(line.text))


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
    paragraph below the authors, if another follows or if it is as long as abstracts are.
    """
    end = 0
    for line in body:
        if line.kind == "link" or (len(line.text) < ABSTRACT_CHARS and not _is_finished(line.text)):
            break
        if is_korean(line.text):
            break
        end += 1
    if language == "en":
        end = int(end > 0 and has_authors and (len(body) > 1 or len(body[0].text) > TITLE_CHARS))
    texts = [line.text for line in body]
    return texts[:end], texts[end:]
