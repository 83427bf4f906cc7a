"""A feed of digests: RSS 2.0, Atom or RSS 1.0, a post a day."""

import email.utils
import hashlib
import logging
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from bot.digest.document import Document, KnownDocument, content_hash
from bot.digest.lines import find_day
from bot.errors import SourceUnavailableError
from bot.sources.fetch import MAX_BYTES, Fetch, Fetched, http_fetch
from bot.sources.reading import Reading, Refused

__all__ = ["FeedSource", "Fetch", "Fetched", "http_fetch"]

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=5)  # The tick suits a folder; asking someone's server at each would be rude.
FIRST_REST = timedelta(minutes=1)
LONGEST_REST = timedelta(days=1)


class FeedSource:
    """The posts of a feed, each as a page with the post's own day.

    A post that leaves the feed is not missing: feeds only ever show the newest. What is remembered between looks
    (validators, failures in a row, when to ask again) is one row beside the posts, under `row_uri`.
    """

    has_strays = True

    def __init__(
        self,
        name: str,
        url: str,
        fetch: Fetch = http_fetch,
        *,
        settle: timedelta = timedelta(0),
        every: timedelta = EVERY,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self.name = name
        self.url = url
        self.settle = settle
        self.every = every
        self.max_bytes = max_bytes
        self._fetch = fetch
        self._moved_to: str | None = None
        """Where the feed says it has moved for good; not kept over a restart, since the address is the operator's."""
        self._asked_at: datetime | None = None

    @property
    def row_uri(self) -> str:
        """The feed's own row. The address of a private feed is its password, so only its host is written out."""
        return f"feed:{self._host}/{hashlib.sha256(self.url.encode()).hexdigest()[:12]}"

    @property
    def _host(self) -> str:
        try:
            return urlsplit(self.url).hostname or ""
        except ValueError:
            return ""

    def fetch(self, known: Mapping[str, KnownDocument], now: datetime, *, accept_removals: bool = False) -> Reading:
        """Ask for the feed, unless it was asked less than `every` ago or rests after a failure.

        Raises `SourceUnavailableError` with ``retry_at``: a minute after a first failure, twice as long after each
        further one, at most a day; later where the server says so (``Retry-After``, also at most a day).
        """
        row = known.get(self.row_uri) or KnownDocument(self.row_uri, hash="")
        resting = row.retry_at is not None and now < row.retry_at
        if resting or (self._asked_at is not None and now - self._asked_at < self.every):
            return Reading(waiting=(self.row_uri,))
        fetched = self._ask(row, now)
        self._asked_at = now
        if fetched.status == 304:
            return self._nothing_new(known, row, _well(row))
        fresh = _well(
            replace(
                row,
                hash=content_hash(fetched.body),
                etag=fetched.headers.get("etag"),
                last_modified=fetched.headers.get("last-modified"),
            )
        )
        if fresh.hash == row.hash:
            return self._nothing_new(known, row, fresh)
        try:
            posts = _read_posts(fetched)
        except ValueError as exc:
            raise self._unavailable("source.feed_broken", row, now, values={"why": str(exc)}) from exc
        self._follow(fetched.moved_to)

        documents: dict[str, Document] = {}
        refused = []
        for post in posts:
            document = _to_document(post)
            if isinstance(document, Refused):
                refused.append(document)
            elif document.uri in documents:
                refused.append(Refused(document.uri, "source.post_repeated", "a second post with this guid; left out"))
            else:
                documents[document.uri] = document
        changed = tuple(
            document for uri, document in documents.items() if uri not in known or known[uri].hash != document.hash
        )
        return Reading(changed, refused=tuple(refused), state=(fresh,), unchanged=len(documents) - len(changed))

    def setback(
        self, known: Mapping[str, KnownDocument], error: SourceUnavailableError, now: datetime
    ) -> tuple[KnownDocument, ...]:
        """The feed's row with one more failure and the time before which it is left alone."""
        row = known.get(self.row_uri) or KnownDocument(self.row_uri, hash="")
        retry_at = error.values.get("retry_at")
        return (
            replace(
                row,
                failures=row.failures + 1,
                retry_at=retry_at if isinstance(retry_at, datetime) else None,
                error=str(error),
            ),
        )

    def _nothing_new(self, known: Mapping[str, KnownDocument], row: KnownDocument, fresh: KnownDocument) -> Reading:
        return Reading(state=() if fresh == row else (fresh,), unchanged=len(known.keys() - {self.row_uri}))

    def _ask(self, row: KnownDocument, now: datetime) -> Fetched:
        """The answer, status 200 or 304."""
        headers = {"Accept": "application/atom+xml, application/rss+xml, application/xml;q=0.9, */*;q=0.5"}
        if row.etag:
            headers["If-None-Match"] = row.etag
        if row.last_modified:
            headers["If-Modified-Since"] = row.last_modified
        try:
            fetched = self._fetch(self._moved_to or self.url, headers, self.max_bytes)
        except SourceUnavailableError as exc:
            self._moved_to = None
            raise self._unavailable(exc.code, row, now, values=exc.values) from exc
        asked = row.etag or row.last_modified
        if fetched.status == 200 or (fetched.status == 304 and asked):
            return fetched
        self._moved_to = None
        code = {410: "source.feed_gone", 429: "source.feed_busy", 503: "source.feed_busy"}.get(
            fetched.status, "source.feed_status"
        )
        least = LONGEST_REST if fetched.status == 410 else _retry_after(fetched.headers.get("retry-after"), now)
        raise self._unavailable(code, row, now, least=least, values={"status": fetched.status})

    def _unavailable(
        self,
        code: str,
        row: KnownDocument,
        now: datetime,
        *,
        least: timedelta = timedelta(0),
        values: Mapping[str, object] = MappingProxyType({}),
    ) -> SourceUnavailableError:
        rest = FIRST_REST * 2 ** min(row.failures, 20)
        retry_at = now + min(max(rest, least), LONGEST_REST)
        return SourceUnavailableError(code, **{**values, "source": self.name, "host": self._host, "retry_at": retry_at})

    def _follow(self, moved_to: str | None) -> None:
        """Ask the new address from now on; only called once a feed was read there."""
        if moved_to and moved_to != self._moved_to:
            self._moved_to = moved_to
            log.warning(
                "feed moved for good source=%s to_host=%s; write its new address in the settings",
                self.name,
                urlsplit(moved_to).hostname,
            )


def _well(row: KnownDocument) -> KnownDocument:
    return replace(row, failures=0, retry_at=None, error=None)


def _retry_after(value: str | None, now: datetime) -> timedelta:
    """How long the server asks us to stay away: seconds or a date (RFC 9110, section 10.2.3)."""
    if not value:
        return timedelta(0)
    if value.strip().isdecimal():
        return timedelta(seconds=min(int(value[:9]), LONGEST_REST.total_seconds()))
    try:
        until = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return timedelta(0)
    return max(until.replace(tzinfo=until.tzinfo or UTC) - now, timedelta(0))


# feedparser reads on after these, and so may we: a bare & or &nbsp; in a text. After any other fault of the XML, and
# where the last closing tag is not there, a post may have been cut, and what it lost would be taken for withdrawn.
_HARMLESS = ("undefined entity", "not well-formed (invalid token)", "XML or text declaration not at start")
_CLOSED = re.compile(rb"</\s*(?:[\w.-]+:)?(?:rss|feed|rdf)\s*>", re.IGNORECASE)


def _read_posts(fetched: Fetched) -> list[Any]:
    """feedparser's entries. Raises ValueError, with the reason, where this is no whole feed."""
    import xml.sax

    import feedparser

    if not fetched.body.strip():
        raise ValueError("the answer is empty")
    content_type = fetched.headers.get("content-type", "")
    # The texts go to our own reader, which keeps no markup: cleaning them would only change what the curator wrote.
    feed = feedparser.parse(
        fetched.body,
        response_headers={"content-type": content_type} if content_type else {},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    if not feed.get("version"):
        raise ValueError("this is no RSS or Atom feed")
    fault = feed.get("bozo_exception")
    if isinstance(fault, xml.sax.SAXException) and not fault.getMessage().startswith(_HARMLESS):
        raise ValueError(fault.getMessage())
    if not _CLOSED.search(fetched.body[-2000:].replace(b"\x00", b"")):
        raise ValueError("the feed ends in the middle")
    return list(feed.entries)


def _to_document(post: Any) -> Document | Refused:
    title = str(post.get("title") or "").strip()
    uri = str(post.get("id") or post.get("link") or title)
    if not uri:
        return Refused("", "source.post_nameless", "a post without guid, link and title; it cannot be told from others")
    text, extension = _text(post)
    day = find_day(title) or _posted_day(post)
    data = text.encode("utf-8", "replace")
    name = re.sub(r"[/\\\x00-\x1f]+", " ", title)[:150].strip() or "post"
    # The day is part of what a post says: a corrected date is a change.
    return Document(uri, name + extension, data, content_hash(f"{day}\n".encode() + data), day=day)


def _text(post: Any) -> tuple[str, str]:
    """The fullest text of a post, and the extension that says how it is written."""
    texts = [each for each in post.get("content", []) if each.get("value")]
    texts.sort(key=lambda each: each.get("type") == "text/plain")  # Markup first.
    if not texts and post.get("summary"):
        texts = [post["summary_detail"] if "summary_detail" in post else {"value": post["summary"]}]
    if not texts:
        return "", ".html"
    return str(texts[0]["value"]), ".txt" if texts[0].get("type") == "text/plain" else ".html"


def _posted_day(post: Any) -> date | None:
    """The day it was posted, where it was posted: in the zone that the feed writes its dates in."""
    # feedparser answers "updated" for a missing "published", with a warning; RSS 1.0 has only what it calls "updated".
    key = next((each for each in ("published", "created", "updated") if dict.__contains__(post, each)), None)
    if key is None:
        return None
    written = str(post[key])
    for read in (email.utils.parsedate_to_datetime, datetime.fromisoformat):
        try:
            return read(written).date()
        except (ValueError, TypeError):
            continue
    parsed = post.get(f"{key}_parsed")
    return date(*parsed[:3]) if parsed else None
