import gzip
import html
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, timedelta
from datetime import datetime as moment

import pytest

from bot.digest.document import KnownDocument
from bot.errors import SourceUnavailableError
from bot.sources.feed import FeedSource
from bot.sources.fetch import Fetched
from bot.sources.reading import Reading

PAGE = '<h3><a href="https://arxiv.org/abs/2404.07413">JetMoE</a></h3><p>(Yikang Shen)</p><p>희소한 모델</p><p>#moe</p>'


def rss(*posts: tuple[str, str, str], date_line: str = "Fri, 12 Apr 2024 03:00:00 +0000") -> bytes:
    """RSS 2.0 of posts: guid, title, HTML."""
    items = "".join(
        f'<item><title>{html.escape(title)}</title><guid isPermaLink="false">{guid}</guid>'
        f"<pubDate>{date_line}</pubDate>"
        f"<description>an excerpt</description><content:encoded><![CDATA[{page}]]></content:encoded></item>"
        for guid, title, page in posts
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Papers</title>'
        f"{items}</channel></rss>"
    ).encode()


ONE = rss(("p1", "2024년 4월 12일", PAGE))


class Web:
    """A fake web: answers in turn, the last one for ever, and what was asked."""

    def __init__(self, *answers: Fetched | SourceUnavailableError) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, Mapping[str, str], int]] = []

    def __call__(self, url: str, headers: Mapping[str, str], max_bytes: int) -> Fetched:
        self.asked.append((url, headers, max_bytes))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, SourceUnavailableError):
            raise answer
        return answer


def ok(body: bytes, moved_to: str | None = None, **headers: str) -> Fetched:
    return Fetched(200, {name.replace("_", "-"): value for name, value in headers.items()}, body, moved_to)


def feed(*answers: Fetched | SourceUnavailableError, **options) -> tuple[FeedSource, Web]:
    web = Web(*answers)
    return FeedSource("letter", "https://user:pass@digest.example/feed?token=t", web, **options), web


def remembered(reading: Reading, known: dict[str, KnownDocument] | None = None) -> dict[str, KnownDocument]:
    rows = dict(known or {})
    for document in reading.documents:
        rows[document.uri] = KnownDocument(document.uri, document.hash)
    rows |= {row.uri: row for row in reading.state}
    return rows


def fails(source: FeedSource, known: dict[str, KnownDocument], at: moment) -> SourceUnavailableError:
    with pytest.raises(SourceUnavailableError) as caught:
        source.fetch(known, at)
    return caught.value


def test_a_post_is_a_page_with_its_titles_day(now):
    source, _ = feed(ok(ONE))
    (document,) = source.fetch({}, now).documents
    assert (document.uri, document.name) == ("p1", "2024년 4월 12일.html")
    assert document.data.decode() == PAGE
    assert document.day == date(2024, 4, 12)


RSS1 = """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/">
<channel rdf:about="https://x.example/"><title>t</title><link>https://x.example/</link></channel>
<item rdf:about="https://x.example/1"><title>Friday</title><link>https://x.example/1</link>
<dc:date>2024-04-12T01:00:00+09:00</dc:date><content:encoded>{page}</content:encoded></item></rdf:RDF>"""

ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><id>x</id>
<entry><id>tag:x,1</id><title>Friday</title><published>2024-04-12T23:30:00-05:00</published>
<updated>2024-05-01T00:00:00Z</updated><content type="html">{page}</content></entry></feed>"""

ATOM_XHTML = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><id>x</id>
<entry><id>tag:x,1</id><title>Friday</title><published>2024-04-12T00:00:00Z</published>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>a <b>b</b></p></div></content></entry></feed>"""

ATOM_TEXT = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><id>x</id>
<entry><id>tag:x,1</id><title>Friday</title><updated>2024-04-12T00:00:00Z</updated>
<content type="text">a &lt; b</content></entry></feed>"""

RSS2_PLAIN = """<rss version="2.0"><channel><title>t</title><item><title>Friday</title><link>https://x.example/1</link>
<pubDate>Fri, 12 Apr 2024 00:30:00 +0900</pubDate><description>{page}</description></item></channel></rss>"""


@pytest.mark.parametrize(
    ("text", "uri", "name", "data"),
    [
        pytest.param(RSS1, "https://x.example/1", "Friday.html", PAGE, id="RSS 1.0"),
        pytest.param(ATOM, "tag:x,1", "Friday.html", PAGE, id="Atom, its own zone's day, published before updated"),
        pytest.param(ATOM_XHTML, "tag:x,1", "Friday.html", "<p>a <b>b</b></p>", id="Atom with XHTML"),
        pytest.param(ATOM_TEXT, "tag:x,1", "Friday.txt", "a < b", id="Atom with plain text, only updated"),
        pytest.param(
            RSS2_PLAIN, "https://x.example/1", "Friday.html", PAGE, id="RSS 2.0 with link and description only"
        ),
    ],
)
def test_reads_every_kind_of_feed(now, text, uri, name, data):
    source, _ = feed(ok(text.replace("{page}", html.escape(PAGE)).encode()))
    (document,) = source.fetch({}, now).documents
    assert (document.uri, document.name, document.data.decode()) == (uri, name, data)
    assert document.day == date(2024, 4, 12)


def test_a_post_without_any_date_has_no_day(now):
    source, _ = feed(ok(rss(("p1", "Papers", PAGE), date_line="soon")))
    assert source.fetch({}, now).documents[0].day is None


def test_a_feed_that_did_not_change_is_asked_conditionally_and_gives_nothing(now):
    source, web = feed(ok(ONE, etag='"1"', last_modified="Fri, 12 Apr 2024 03:00:00 GMT"), Fetched(304, {}, b""))
    known = remembered(source.fetch({}, now))
    assert source.fetch(known, now + source.every) == Reading(unchanged=1)
    assert web.asked[1][1]["If-None-Match"] == '"1"'
    assert web.asked[1][1]["If-Modified-Since"] == "Fri, 12 Apr 2024 03:00:00 GMT"
    assert "If-None-Match" not in web.asked[0][1]


def test_the_same_bytes_again_are_not_parsed(now, monkeypatch):
    source, _ = feed(ok(ONE))
    known = remembered(source.fetch({}, now))
    monkeypatch.setattr("bot.sources.feed.read_feed", lambda *_, **__: pytest.fail("parsed again"))
    assert source.fetch(known, now + source.every) == Reading(unchanged=1)


def test_what_is_no_feed_is_not_read_again_until_it_changes(now, monkeypatch):
    source, _ = feed(ok(b"no feed"), ok(b"no feed"), ok(ONE))
    first = fails(source, {}, now)
    with monkeypatch.context() as patched:
        patched.setattr("bot.sources.feed.read_feed", lambda *_, **__: pytest.fail("parsed again"))
        again = fails(source, {}, now + timedelta(minutes=10))
    assert again.values["why"] == first.values["why"]
    assert len(source.fetch({}, now + timedelta(minutes=20)).documents) == 1


def test_only_new_and_edited_posts_are_documents_and_none_is_ever_missing(now):
    source, _ = feed(
        ok(rss(("p1", "2024-04-11", PAGE), ("p2", "2024-04-12", PAGE))),
        ok(rss(("p2", "2024-04-12", PAGE + "<p>more</p>"), ("p3", "2024-04-15", PAGE))),
    )
    known = remembered(source.fetch({}, now))
    reading = source.fetch(known, now + source.every)
    assert {document.uri for document in reading.documents} == {"p2", "p3"}
    assert reading.missing == frozenset()


def test_a_corrected_date_is_a_change_though_the_text_is_the_same(now):
    source, _ = feed(ok(rss(("p1", "2024-04-11", PAGE))), ok(rss(("p1", "2024-04-12", PAGE))))
    known = remembered(source.fetch({}, now))
    assert [d.day for d in source.fetch(known, now + source.every).documents] == [date(2024, 4, 12)]


def test_a_post_without_a_name_and_a_repeated_one_are_refused_with_a_word(now):
    body = rss(("p1", "2024-04-12", PAGE), ("p1", "2024-04-13", PAGE)).replace(
        b"</channel>", b"<item><description>anonymous</description></item></channel>"
    )
    source, _ = feed(ok(body))
    reading = source.fetch({}, now)
    assert [d.day for d in reading.documents] == [date(2024, 4, 12)]
    assert {r.code for r in reading.refused} == {"source.post_repeated", "source.post_nameless"}


@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param(b"", "empty", id="nothing"),
        pytest.param(b"  \n", "empty", id="white space"),
        pytest.param(b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>", "no RSS", id="an error page"),
        pytest.param(b'{"posts": []}', "no RSS", id="JSON"),
        pytest.param(bytes(range(256)), "no RSS", id="bytes"),
        pytest.param(ONE[:-30], "", id="cut in the last tags"),
        pytest.param(ONE[: len(ONE) // 2], "", id="cut in the middle"),
        pytest.param(ONE.replace(b"</title><guid", b"<guid"), "mismatched", id="a tag that is not closed"),
        pytest.param(ONE[:-30].replace(b"Papers", b"A & B"), "middle", id="cut after a fault that is no matter"),
    ],
)
def test_what_is_no_whole_feed_is_unavailable(now, body, why):
    source, _ = feed(ok(body))
    error = fails(source, {}, now)
    assert error.code == "source.feed_broken"
    assert why in str(error.values["why"])
    assert error.values["retry_at"] == now + timedelta(minutes=1)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(ONE.replace(b"an excerpt", b"this & that"), id="a bare ampersand"),
        pytest.param(ONE.replace(b"an excerpt", b"a&nbsp;b"), id="an entity of HTML"),
        pytest.param(ONE + b"<!-- cached -->\n", id="a comment at the end"),
        pytest.param(b"\n" + ONE, id="an empty line first"),
        pytest.param(ONE.decode().replace("UTF-8", "UTF-16").encode("utf-16"), id="UTF-16"),
        pytest.param(b"\xef\xbb\xbf" + ONE, id="a byte order mark"),
    ],
)
def test_small_faults_of_real_feeds_do_not_matter(now, body):
    source, _ = feed(ok(body))
    assert [d.data.decode() for d in source.fetch({}, now).documents] == [PAGE]


def test_an_empty_feed_is_a_feed(now):
    source, _ = feed(ok(rss()))
    assert source.fetch({}, now).documents == ()


@pytest.mark.parametrize(
    ("status", "code"),
    [(404, "source.feed_status"), (410, "source.feed_gone"), (429, "source.feed_busy"), (500, "source.feed_status")],
)
def test_an_error_status_is_unavailable(now, status, code):
    source, _ = feed(Fetched(status, {}, b""))
    error = fails(source, {}, now)
    assert (error.code, error.values["status"], error.values["host"]) == (code, status, "digest.example")
    assert "pass" not in str(error)
    assert "token" not in str(error)


def test_rests_grow_to_a_day_and_are_forgotten_on_success(now):
    source, web = feed(SourceUnavailableError("source.feed_unreachable"))
    known: dict[str, KnownDocument] = {}
    rests = []
    at = now
    for _ in range(14):
        error = fails(source, known, at)
        known |= {row.uri: row for row in source.setback(known, error, at)}
        (row,) = known.values()
        rests.append(row.retry_at - at)
        asked = len(web.asked)
        assert source.fetch(known, row.retry_at - timedelta(seconds=1)).waiting == (source.row_uri,)
        assert len(web.asked) == asked
        at = row.retry_at
    assert rests[:3] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert rests[-1] == timedelta(days=1) == max(rests)
    assert row.error.startswith("source.feed_unreachable")

    web.answers = [ok(ONE)]
    known = remembered(source.fetch(known, at), known)
    row = known[source.row_uri]
    assert (row.failures, row.retry_at, row.error) == (0, None, None)


def test_a_not_modified_answer_after_failures_forgets_them(now):
    source, _ = feed(Fetched(304, {}, b""))
    known = {source.row_uri: KnownDocument(source.row_uri, "hash", etag='"1"', failures=3, error="source.feed_timeout")}
    (row,) = source.fetch(known, now).state
    assert row == replace(known[source.row_uri], failures=0, error=None)


@pytest.mark.parametrize(
    ("value", "rest"),
    [
        pytest.param("600", timedelta(minutes=10), id="seconds"),
        pytest.param("1", timedelta(minutes=1), id="less than we would wait anyway"),
        pytest.param("Mon, 15 Apr 2024 11:00:00 GMT", timedelta(hours=2), id="a date"),
        pytest.param("99999999999999999999", timedelta(days=1), id="for ever"),
        pytest.param("tomorrow", timedelta(minutes=1), id="nonsense"),
        pytest.param("Mon, 15 Apr 2023 11:00:00 GMT", timedelta(minutes=1), id="a date gone by"),
    ],
)
def test_retry_after_is_respected(now, value, rest):
    source, _ = feed(Fetched(429, {"retry-after": value}, b""))
    assert fails(source, {}, now).values["retry_at"] == now + rest


def test_a_feed_that_is_gone_rests_for_a_day_at_once(now):
    source, _ = feed(Fetched(410, {}, b""))
    assert fails(source, {}, now).values["retry_at"] == now + timedelta(days=1)


def test_a_feed_is_not_asked_at_every_tick(now):
    source, web = feed(ok(ONE), every=timedelta(minutes=5))
    known = remembered(source.fetch({}, now))
    assert source.fetch(known, now + timedelta(minutes=4)).waiting == (source.row_uri,)
    assert len(web.asked) == 1
    source.fetch(known, now + timedelta(minutes=5))
    assert len(web.asked) == 2


def test_a_permanent_move_is_followed_until_the_new_place_fails(now, caplog):
    source, web = feed(
        ok(ONE, moved_to="https://new.example/feed"),
        ok(rss(("p9", "2024-04-15", PAGE))),
        Fetched(404, {}, b""),
        ok(ONE),
    )
    known = remembered(source.fetch({}, now))
    assert "new.example" in caplog.text
    known = remembered(source.fetch(known, now + timedelta(hours=1)), known)
    fails(source, known, now + timedelta(hours=2))
    source.fetch(known, now + timedelta(hours=3))
    hosts = [url.split("/")[2].rpartition("@")[2] for url, _, _ in web.asked]
    assert hosts == ["digest.example", "new.example", "new.example", "digest.example"]


def test_a_permanent_move_to_something_that_is_no_feed_is_not_followed(now):
    source, web = feed(ok(b"<html>Please log in</html>", moved_to="https://hotel.example/"), ok(ONE))
    fails(source, {}, now)
    source.fetch({}, now + timedelta(hours=1))
    assert web.asked[1][0] == source.url


def test_the_feeds_own_row_tells_no_secret(now):
    source, _ = feed(ok(ONE))
    assert source.row_uri.startswith("feed:digest.example/")
    assert all(secret not in source.row_uri for secret in ("user", "pass", "token"))


def test_the_limit_on_bytes_reaches_the_fetch(now):
    source, web = feed(ok(ONE), max_bytes=1234)
    source.fetch({}, now)
    assert web.asked[0][2] == 1234


def test_reads_a_compressed_feed_over_http_and_asks_conditionally(site, now):
    site.answers["/feed"] = (200, {"ETag": '"1"', "Content-Encoding": "gzip"}, gzip.compress(ONE))
    source = FeedSource("letter", f"{site.address}/feed")
    reading = source.fetch({}, now)
    assert [d.data.decode() for d in reading.documents] == [PAGE]
    site.answers["/feed"] = (304, {}, b"")
    assert source.fetch(remembered(reading), now + source.every).unchanged == 1
    assert site.asked[1][1]["if-none-match"] == '"1"'


def test_an_unreachable_server_says_when_it_is_asked_again(now):
    source = FeedSource("letter", "http://127.0.0.1:1/feed")
    error = fails(source, {}, now)
    assert (error.code, error.values["source"]) == ("source.feed_unreachable", "letter")
    assert error.values["retry_at"] == now.astimezone(UTC) + timedelta(minutes=1)


@pytest.mark.corpus
def test_the_real_feed_gives_every_page_as_it_was_written(corpus, now):
    source, _ = feed(ok((corpus / "feed.xml").read_bytes()))
    documents = {document.uri: document for document in source.fetch({}, now).documents}
    assert len(documents) == 295
    for uri, document in documents.items():
        written = (corpus / "html" / f"{uri}.html").read_text()
        assert document.day == date.fromisoformat(uri)
        assert document.data.decode().split() == written.partition("</h1>")[2].split()
