"""The posts of a feed, from the bytes that a server answered: no network, and nothing remembered of earlier looks.

feedparser raises what its handlers happen to raise (`KeyError`, `TypeError`, `OverflowError`, …). Here that is the
fault of the post in which it happens; the other posts are read.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from bot.digest.document import Document
from bot.errors import SourceUnavailableError
from bot.sources.json_feed import is_json, read_json_feed
from bot.sources.links import base_of, with_whole_links
from bot.sources.mend import mend
from bot.sources.paper_post import is_paper_post, make_paper_page
from bot.sources.posted import make_post
from bot.sources.reading import Refused

# feedparser reads on after these, and so may we: a bare < in a text. After any other fault of the XML that `mend`
# leaves, a post may have been cut, and what it lost would be taken for withdrawn.
_HARMLESS = ("undefined entity", "not well-formed (invalid token)", "XML or text declaration not at start")
_SPAN = re.compile(rb"<!\[CDATA\[|<!--|<(/?)(?:[\w.-]{1,40}:)?(item|entry)(?=[\s/>])", re.IGNORECASE)
_ROOT = re.compile(rb"<(?:[\w.-]{1,40}:)?(?:rss|feed|rdf)\b[^<>]*>", re.IGNORECASE)
_CHANNEL = re.compile(rb"<(?:[\w.-]{1,40}:)?channel\b[^<>]*>", re.IGNORECASE)
_NAME = re.compile(
    rb"<(?:[\w.-]{1,40}:)?(guid|id|link|title)\b[^<>]*>\s{0,99}(?:<!\[CDATA\[)?\s{0,99}([^<\]]{1,300})", re.IGNORECASE
)
_HEAD_BYTES = 50_000_000  # of a feed's head, read again for each post, in all


@dataclass(frozen=True, slots=True)
class Posts:
    """What a feed holds now, in its order: posts that are documents, and posts that cannot be."""

    documents: tuple[Document, ...]
    refused: tuple[Refused, ...]


def read_posts(body: bytes, content_type: str = "") -> Posts:
    """Read a feed: RSS 2.0, Atom, RSS 1.0 or JSON Feed. ``content_type`` is the answer's header.

    What is wrong with the XML without costing a word is mended first (`mend`). Raises `SourceUnavailableError`
    ``source.feed_broken`` with the reason, and nothing else, for bytes that are no whole feed.
    """
    if not body.strip():
        raise _broken("the answer is empty")
    if is_json(body):
        try:
            posts, home = read_json_feed(body)
        except ValueError as exc:
            raise _broken(str(exc)) from exc
        return _told_apart(_to_document(post, number, home) for number, post in enumerate(posts, 1))
    try:
        mended = mend(body, content_type)
    except MemoryError as exc:
        raise _broken("reading it takes too much memory") from exc
    except ValueError as exc:
        raise _broken(str(exc)) from exc
    if mended is None:
        raise _broken("this is no RSS or Atom feed")
    try:
        feed = _parse(mended)
        why = _fault(feed)
    except MemoryError as exc:
        raise _broken("reading it takes too much memory") from exc
    except Exception as exc:
        return _told_apart(_read_in_parts(mended, exc))
    if why:
        raise _broken(why)
    home = _text_of(feed.feed.get("link"))
    return _told_apart(_to_document(post, number, home) for number, post in enumerate(feed.entries, 1))


def _broken(why: str) -> SourceUnavailableError:
    return SourceUnavailableError("source.feed_broken", why=why)


def _parse(body: bytes) -> Any:
    """feedparser's result for a feed in UTF-8. Raises anything."""
    import feedparser

    # The texts go to our own reader, which keeps no markup: cleaning them would only change what the curator wrote.
    return feedparser.parse(body, sanitize_html=False, resolve_relative_uris=False)


def _fault(feed: Any) -> str:
    """Why this is no feed, or one that may have lost something; empty where all is well."""
    import xml.sax

    if not feed.get("version"):
        return "this is no RSS or Atom feed"
    fault = feed.get("bozo_exception")
    if isinstance(fault, xml.sax.SAXException) and not fault.getMessage().startswith(_HARMLESS):
        return str(fault.getMessage())
    return ""


def _read_in_parts(body: bytes, error: Exception) -> Iterator[Document | Refused]:
    """The posts of a feed that feedparser raises ``error`` for, each read without the one at fault."""
    spans = list(_spans(body))
    if not spans:
        raise _broken(_named(error))
    head, tail = body[: spans[0][0]], body[spans[-1][1] :]
    if len(head) * len(spans) > _HEAD_BYTES or not _is_readable(head + tail):
        tags = (_ROOT.search(head), _CHANNEL.search(head))
        head = b"".join(tag.group() for tag in tags if tag)
    stretches = [(0, len(spans))]
    while stretches:  # halves of a stretch that cannot be read, until what is at fault stands alone
        first, last = stretches.pop()
        piece = body[spans[first][0] : spans[last - 1][1]]
        try:
            feed = _parse(head + piece + tail)
            why = _fault(feed) or ("" if len(feed.entries) == last - first else "this is no post")
        except Exception as exc:
            why = _named(exc)
        if not why:
            home = _text_of(feed.feed.get("link"))
            yield from (_to_document(post, first + n, home) for n, post in enumerate(feed.entries, 1))
        elif last - first == 1:
            yield _unreadable(_name_in(piece), last, why)
        else:
            middle = (first + last) // 2
            stretches += ((middle, last), (first, middle))


def _spans(body: bytes) -> Iterator[tuple[int, int]]:
    """Where each post begins and ends. Tags inside of CDATA and comments are words."""
    at = start = 0
    name = b""
    while found := _SPAN.search(body, at):
        at = found.end()
        if found[2] is None:
            close = body.find(b"]]>" if found.group().startswith(b"<![") else b"-->", at)
            if close < 0:
                return
            at = close + 3
        elif not found[1] and not name:
            start, name = found.start(), found[2].lower()
        elif found[1] and found[2].lower() == name:
            name = b""
            at = body.find(b">", at) + 1 or len(body)
            yield start, at


def _is_readable(body: bytes) -> bool:
    try:
        _parse(body)
    except Exception:
        return False
    return True


def _name_in(piece: bytes) -> str:
    names = {found[1].lower(): found[2].decode("utf-8", "replace").strip() for found in _NAME.finditer(piece)}
    return next((names[key] for key in (b"guid", b"id", b"link", b"title") if names.get(key)), "")


def _named(error: Exception) -> str:
    """What went wrong inside of feedparser or in a post of odd parts, in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]


def _unreadable(uri: str, number: int, why: str) -> Refused:
    words = f"this post cannot be read ({why}); correct it or take it out, the other posts are read"
    return Refused(uri or f"post {number}", "source.post_unreadable", words)


def _told_apart(posts: Iterable[Document | Refused]) -> Posts:
    """The posts, of which each name is taken once."""
    documents: dict[str, Document] = {}
    refused = []
    for post in posts:
        if isinstance(post, Refused):
            refused.append(post)
        elif post.uri in documents:
            refused.append(Refused(post.uri, "source.post_repeated", "a second post with this guid; left out"))
        else:
            documents[post.uri] = post
    return Posts(tuple(documents.values()), tuple(refused))


def _to_document(post: Any, number: int, home: str) -> Document | Refused:
    """The post as a document; refused where it has no name, and where a part of it is not what it should be.

    ``home`` is the address of what the feed is about, to which relative links are relative at last.
    """
    uri = ""
    try:
        title = _text_of(post.get("title")).strip()
        uri = _text_of(post.get("id") or post.get("link") or title)
        if not uri:
            words = "a post without guid, link and title; it cannot be told from others"
            return Refused("", "source.post_nameless", words)
        text, extension = _text(post, home)
        name = re.sub(r"[/\\\x00-\x1f]+", " ", title)[:150].strip() or "post"
        link = _text_of(post.get("link"))
        if is_paper_post(title, link):
            authors = [_text_of(author.get("name")) for author in post.get("authors", [])]
            terms = [_text_of(tag.get("term")) for tag in post.get("tags", [])]
            # No name: the words and dates in the title are the paper's, not those of the day.
            text, extension, name = make_paper_page(title, link, authors, text, terms), ".html", ""
        # feedparser answers "updated" for a missing "published", with a warning.
        names = ("published", "created", "updated")
        dates = {each: _text_of(post[each]) for each in names if dict.__contains__(post, each)}
    except Exception as exc:
        return _unreadable(uri, number, _named(exc))
    data = text.encode()
    return make_post(uri, name + extension, data, title if name else "", dates)


def _text_of(value: Any) -> str:
    """The value as text that every database takes: a half of a surrogate pair becomes a question mark."""
    return str(value or "").encode("utf-8", "replace").decode().replace("\0", "")


def _text(post: Any, home: str) -> tuple[str, str]:
    """The fullest text of a post, its links made whole, and the extension that says how it is written."""
    texts = [each for each in post.get("content", []) if each.get("value")]
    texts.sort(key=lambda each: each.get("type") == "text/plain")  # Markup first.
    if not texts and post.get("summary"):
        texts = [post["summary_detail"] if "summary_detail" in post else {"value": post["summary"]}]
    if not texts:
        return "", ".html"
    text = _text_of(texts[0]["value"])
    if texts[0].get("type") == "text/plain":
        return text, ".txt"
    addresses = (_text_of(texts[0].get("base")), _text_of(post.get("link")), home)  # the base is of all xml:base above
    return with_whole_links(text, base_of(addresses)), ".html"
