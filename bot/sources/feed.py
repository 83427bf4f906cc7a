"""A feed of digests: RSS 2.0, Atom or RSS 1.0, a post a day."""

import email.utils
import hashlib
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from urllib.parse import urlsplit

from bot.digest.document import KnownDocument, content_hash
from bot.errors import SourceUnavailableError
from bot.sources.fetch import MAX_BYTES, Fetch, Fetched, http_fetch
from bot.sources.posted import keep_day
from bot.sources.reader import read_feed
from bot.sources.reading import Reading

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
    only_when = ""

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
        self._broken: tuple[str, Mapping[str, object]] | None = None
        """The hash of an answer that is no readable feed, and why: it is not read again, since that may take long."""

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
        # A moment further ahead than any rest is long, or a look that is yet to come, is of a clock that was wrong.
        resting = row.retry_at is not None and now < row.retry_at <= now + LONGEST_REST
        if resting or (self._asked_at is not None and timedelta(0) <= now - self._asked_at < self.every):
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
        if self._broken is not None and self._broken[0] == fresh.hash:
            raise self._unavailable("source.feed_broken", row, now, values=self._broken[1])
        try:
            posts = read_feed(fetched.body, fetched.headers.get("content-type", ""))
        except SourceUnavailableError as exc:
            if exc.code == "source.feed_broken":
                self._broken = (fresh.hash, exc.values)
            raise self._unavailable(exc.code, row, now, values=exc.values) from exc
        self._follow(fetched.moved_to)
        documents = [keep_day(post, known.get(post.uri), now.date()) for post in posts.documents]
        changed = tuple(post for post in documents if post.uri not in known or known[post.uri].hash != post.hash)
        unchanged = len(posts.documents) - len(changed)
        return Reading(changed, refused=posts.refused, state=(fresh,), unchanged=unchanged)

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
        headers = {"Accept": "application/atom+xml, application/rss+xml, application/feed+json, */*;q=0.5"}
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
    except (ValueError, OverflowError):
        return timedelta(0)
    return max(until.replace(tzinfo=until.tzinfo or UTC) - now, timedelta(0))
