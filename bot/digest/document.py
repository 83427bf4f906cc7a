"""A document is bytes and a name: what a source offers, before anyone has read it."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.digest.dates import read_day, split_name
from bot.digest.extent import check_parts
from bot.digest.lines import is_link
from bot.digest.model import Digest, Entry, Shape
from bot.digest.normalize import nfc, without_invisible
from bot.errors import DigestFormatError


@dataclass(frozen=True, slots=True)
class Document:
    """Something a source offered whose content differs from what is remembered of it."""

    uri: str
    """Unique and stable within its source: a path relative to the folder, a post's guid."""
    name: str
    """What the shape is guessed from: a file name, or ``something.html`` for a post."""
    data: bytes
    hash: str
    """Of the bytes (``content_hash``)."""
    etag: str | None = None
    last_modified: str | None = None
    """A validator, not a moment: the feed's header, or a file's size and mtime in one word."""
    day: date | None = None
    """The day its source gives it (a post's title or date), for a text that names none itself."""
    is_named: bool = False
    """Whether its title names that day, rather than the date it was posted on."""
    undated: str = ""
    """Where its source gives a date that is no day: the date, and why."""


@dataclass(frozen=True, slots=True)
class KnownDocument:
    """What the store remembers of a document, handed to its source so that unchanged things are not read again."""

    uri: str
    hash: str
    etag: str | None = None
    last_modified: str | None = None
    missing_since: datetime | None = None
    failures: int = 0
    retry_at: datetime | None = None
    error: str | None = None
    day: date | None = None
    """The day it spoke of when it was last readable."""


def content_hash(data: bytes) -> str:
    """What tells one content from another: 32 hexadecimal digits."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


_PART = re.compile(r"//[0-9]{4}-[0-9]{2}-[0-9]{2}$")


def by_day(document: Document, digests: Sequence[Digest]) -> list[tuple[Document, Digest]]:
    """The document once for each of its days. The oldest is its own; each other one is a part with a uri of its own.

    A weekly list grows at its new end, so that what was read before keeps its uri.
    """
    oldest, *others = sorted(digests, key=lambda digest: digest.day)
    parts = [(replace(document, uri=f"{document.uri}//{digest.day}"), digest) for digest in others]
    return [(document, oldest), *parts]


def whole_uri(uri: str) -> str:
    """The uri of the document that this one, perhaps a part for one day (`by_day`), belongs to."""
    return _PART.sub("", uri)


def parse_document(name: str, data: bytes, day: date | None = None) -> Digest:
    """Read a document of one day, of whichever shape. Raises `DigestFormatError` also where it holds several days."""
    digests = parse_digests(name, data, day)
    if len(digests) > 1:
        days = ", ".join(digest.day.isoformat() for digest in digests[:3])
        raise DigestFormatError(1, "the entries of one day", f"{len(digests)} days: {days}")
    return digests[0]


def parse_digests(name: str, data: bytes, day: date | None = None) -> tuple[Digest, ...]:
    """Read a document of whichever shape: one day, or several where its sections have their own.

    ``day`` is used where neither the text nor the name gives one. A day comes once, and there is at least one.
    Raises `DigestFormatError`, and nothing else, for bytes that are no digest. Whatever else a reader raises is this
    document's fault, and no reason to leave the others unread.
    """
    try:
        digests = _parse(name, _decode(data), day)
        for digest in digests:
            check_parts(max(map(_parts_of, digest.entries), default=0))
        return digests
    except DigestFormatError:
        raise
    except MemoryError as exc:
        raise DigestFormatError(1, "a document that is read within the memory for it; split it", _named(exc)) from exc
    except Exception as exc:
        raise DigestFormatError(1, "a document that its reader understands; simplify it", _named(exc)) from exc


def _parse(name: str, text: str, day: date | None) -> tuple[Digest, ...]:
    if _is_markdown(name, text):
        from bot.digest.markdown_day import parse_markdown_days

        if days := parse_markdown_days(name, text, day):
            return days
    shape = find_shape(name, text)
    if shape == "page":
        from bot.digest.page import parse_pages

        return parse_pages(name, text, day)
    if shape == "note":
        from bot.digest.note import parse_note

        return (parse_note(name, text, day),)
    from bot.digest.printed import parse_print

    return (parse_print(name, text, day),)


def _parts_of(entry: Entry) -> int:
    return len(entry.authors) + len(entry.links) + len(entry.abstract) + len(entry.commentary) + len(entry.tags)


def _named(error: Exception) -> str:
    """The error and the place in our readers where it was raised; none of the document's words."""
    place = ""
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if "/bot/digest/" in file:
            place = f" in {file.rpartition('/')[2]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return type(error).__name__ + place


_MARKUP = re.compile(
    r"<(?:!doctype|!--|html|head|body|h[1-6]|p|div|article|section|main|header|meta|link|span|ul|ol|blockquote|table)\b",
    re.IGNORECASE,
)
_SUFFIX = re.compile(r"\.(md|markdown|txt|text|html?|xhtml)$", re.IGNORECASE)


FEW_LINKS = 10
"""A plain text of which less than one address in so many is a Markdown link only mentions one."""


def _is_markdown(name: str, text: str) -> bool:
    """Whether this is Markdown: by its name, or by links that only Markdown writes so."""
    suffix = found[1].lower() if (found := _SUFFIX.search(name)) else ""
    if suffix in ("txt", "text"):
        links = text.count("](http")
        return links > 0 and links * FEW_LINKS >= text.count("://")
    return suffix in ("md", "markdown")


def find_shape(name: str, text: str) -> Shape:
    """The shape of a document, from its name and how it begins; content that is plainly another shape wins.

    A ``.md`` file that begins with a date line is a printed day, a ``.txt`` file named and begun like a note is one.
    """
    suffix = found[1].lower() if (found := _SUFFIX.search(name)) else ""
    head = text.lstrip()[:2000]
    if suffix in ("html", "htm", "xhtml") or _MARKUP.match(head):
        return "page"
    first = head.split("\n", 1)[0].strip()
    if suffix in ("md", "markdown"):
        return "print" if read_day(first) else "note"
    named_day, rest = split_name(name)
    if not read_day(first) and named_day and rest and (is_link(first) or first[:1] == "*" or first == "---"):
        return "note"
    return "print"


def _decode(data: bytes) -> str:
    """The text of the bytes: newlines as ``\\n``, Hangul composed, invisible marks gone."""
    utf16 = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        text = data.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as exc:
        line = data.count(b"\n", 0, exc.start) + 1
        found = data[exc.start : exc.start + 8].hex(" ")
        raise DigestFormatError(line, "text in UTF-8", f"bytes {found}") from exc
    if (at := text.find("\0")) >= 0:
        raise DigestFormatError(text.count("\n", 0, at) + 1, "text in UTF-8", "a zero byte")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _compose(without_invisible(text))


# Everything but letters that already stand composed, alone: where nothing else is found, there is nothing to compose.
_UNSURE = re.compile(
    "[^\x00-\u02ff\u0391-\u03a1\u03a3-\u0482\u2010-\u20cf\u2190-\u22ff\u2500-\u27bf"
    "\u3000-\u3029\u3041-\u3096\u3131-\u318e\u4e00-\u9fff\uac00-\ud7a3\U0001f300-\U0001faff]"
)


def _compose(text: str) -> str:
    """The text with every line composed that may need it."""
    if text.isascii():
        return text
    parts: list[str] = []
    done = 0
    while unsure := _UNSURE.search(text, done):
        start = text.rfind("\n", done, unsure.start()) + 1 or done
        end = text.find("\n", unsure.end())
        end = len(text) if end < 0 else end
        parts += (text[done:start], nfc(text[start:end]))
        done = end
    return "".join((*parts, text[done:]))
