"""Feeds whose XML is at fault and whose words are not, relative links, and JSON Feed."""

import json
import time
from contextlib import suppress

import pytest

from bot.errors import SourceUnavailableError
from bot.sources.links import base_of, with_whole_links
from bot.sources.mend import mend
from bot.sources.posts import read_posts

PAGE = '<h3><a href="https://arxiv.org/abs/2404.07413">JetMoE</a></h3><p>(Yikang Shen)</p><p>#moe</p>'
HEAD = '<?xml version="1.0" encoding="utf-8"?>'


def post(number: int, inside: str = "", page: str = PAGE) -> str:
    return (
        f"<item><title>Digest {number}</title><guid>g{number}</guid>"
        f"<pubDate>Fri, 12 Apr 2024 09:00:00 +0000</pubDate>"
        f"<description><![CDATA[{page}]]></description>{inside}</item>"
    )


def rss(*posts: str, head: str = HEAD, end: str = "</channel></rss>", attributes: str = "") -> str:
    link = "<link>http://digest.example/blog/</link>"
    return f'{head}<rss version="2.0"{attributes}><channel><title>D</title>{link}{"".join(posts)}{end}'


TWO = (post(1), post(2))


@pytest.mark.parametrize(
    "feed",
    [
        pytest.param(rss(*TWO) + '<script src="https://s.example/b.js"></script>', id="script after"),
        pytest.param(rss(*TWO) + "\ntrailing words & more <p>", id="words after"),
        pytest.param(rss(*TWO) + f"<!-- {'cached ' * 900} -->", id="long comment after"),
        pytest.param(rss(*TWO) + "<!-- never closed", id="open comment after"),
        pytest.param(rss(*TWO) + rss(post(3)), id="a second feed after"),
        pytest.param("<b>Warning</b>: in x.php\n\n" + rss(*TWO), id="warning before"),
        pytest.param('<script>var feed = "<rs" + "s>";</script>' + rss(*TWO), id="script before"),
        pytest.param("<!-- <rss> -->" + rss(*TWO), id="comment before"),
        pytest.param("\n\n \ufeff" + rss(*TWO), id="blank lines and a mark before"),
        pytest.param(rss(post(1, "<foo:bar a:b='1'>x</foo:bar>"), post(2)), id="prefixes not declared"),
        pytest.param(rss(post(1, "<itunes:author>x</itunes:author>"), post(2)), id="known prefix not declared"),
        pytest.param(
            rss(post(1, '<f:a xmlns:f="urn:f">x</f:a>'), post(2, "<f:a>x</f:a>")), id="prefix declared elsewhere"
        ),
        pytest.param(rss(post(1, "<!-- a -- b --->"), post(2)), id="hyphens in a comment"),
        pytest.param(rss(post(1, "<!-- </item></rss> -->"), post(2)), id="the end in a comment"),
        pytest.param(rss(post(1, page=PAGE + "<code></rss></code>"), post(2)), id="the end in a post's words"),
        pytest.param(rss(post(1, "<author>\x01\x08a\x0b\ufffe</author>"), post(2)), id="control characters"),
        pytest.param(rss(post(1, "<author>&#0;&#x1f;&#xFFFF;&#x110000;</author>"), post(2)), id="numbers of none"),
        pytest.param(rss(post(1, "<author>a&nbsp;&eacute;&foo; & b&</author>"), post(2)), id="HTML's names"),
        pytest.param(
            rss(*TWO, head='<!DOCTYPE rss [<!ENTITY me "Me">]>').replace("Digest 1", "&me;"), id="names of its own"
        ),
        pytest.param(rss(post(1, "<?php echo 1 ?>"), post(2)), id="an instruction inside"),
        pytest.param(rss(*TWO).replace("</rss>", "</RSS >"), id="end in capitals"),
    ],
)
def test_what_costs_no_words_costs_no_post(feed):
    read = read_posts(feed.encode("utf-8", "surrogatepass"))
    assert [document.uri for document in read.documents] == ["g1", "g2"]
    assert all("JetMoE" in document.data.decode() for document in read.documents)
    assert read.refused == ()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("&#55357;&#56832;", "😀"),
        ("&#xD83D;&#xDE00;", "😀"),
        ("&#104;&#55357;&#56832;&#104;", "h😀h"),
        ("&#128512;", "😀"),
        ("&#55357; alone", "\ufffd alone"),
        ("&#56832;&#55357;", "\ufffd\ufffd"),
        ("R&D &amp; &lt;b&gt; &hearts;", "R&D & <b> ♥"),
    ],
)
def test_characters_are_what_they_were_meant_to_be(written, read):
    documents = read_posts(rss(post(1).replace("Digest 1", written)).encode()).documents
    assert documents[0].name.removesuffix(".html") == read


@pytest.mark.parametrize(
    ("encoding", "declared", "sent"),
    [
        ("utf-8", "iso-8859-1", ""),
        ("utf-8", "us-ascii", "text/xml; charset=us-ascii"),
        ("utf-8", "utf-16", ""),
        ("utf-8", "nonsense", ""),
        ("utf-16", "utf-16", ""),
        ("utf-16-le", "utf-8", ""),
        ("cp949", "euc-kr", ""),
        ("euc-kr", "", "text/xml; charset=euc-kr"),
        ("iso2022_kr", "iso-2022-kr", ""),
    ],
)
def test_the_encoding_is_that_of_the_bytes(encoding, declared, sent):
    head = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    body = rss(post(1).replace("Digest 1", "다이제스트"), head=head).encode(encoding)
    assert read_posts(body, sent).documents[0].name == "다이제스트.html"


def test_an_emoji_as_two_halves_of_three_bytes_is_one():
    body = rss(post(1).replace("Digest 1", "\ud83d\ude00")).encode("utf-8", "surrogatepass")
    assert read_posts(body).documents[0].name == "😀.html"


@pytest.mark.parametrize(
    "feed",
    [
        rss(*TWO, end=""),
        rss(*TWO, end="</channel>"),
        rss(post(1), post(2)[:-30], end=""),
        rss(post(1), "<!-- </channel></rss>", end=""),
        rss(post(1), "<description><![CDATA[ </channel></rss>", end=""),
        "<html><body>Not found</body></html>",
        "<rss",
        "words",
        rss(post(1)[:-7], "</channel></rss>", end=""),
    ],
)
def test_what_may_have_lost_a_part_is_refused(feed):
    with pytest.raises(SourceUnavailableError, match="feed_broken"):
        read_posts(feed.encode())


def test_an_atom_feed_without_its_namespace_is_read():
    content = f"<content type='html'><![CDATA[{PAGE}]]></content>"
    body = f"<feed><title>D</title><entry><id>g1</id><title>A</title>{content}</entry></feed>"
    assert [document.uri for document in read_posts(body.encode()).documents] == ["g1"]


@pytest.mark.parametrize(
    "body",
    [
        b"<rss>" + b"<!-- " * 200_000 + b"</rss>",
        b"<rss>" + b"&#55357;" * 100_000 + b"</rss>",
        b"<rss>" + b"&x" * 300_000 + b"</rss>",
        b"<rss>" + b"<a b:c " * 100_000 + b"</rss>",
        b"<rs" * 300_000,
        b"<rss " + b"xmlns:a " * 100_000 + b"></rss>",
        b"<rss><a " + b" " * 800_000 + b"></a></rss>",
        b"<!ENTITY " * 100_000 + b"<rss></rss>",
    ],
    ids=lambda body: body[:20].decode(),
)
def test_mending_takes_time_in_proportion(body):
    def needed(part: bytes) -> float:
        began = time.thread_time()
        with suppress(ValueError):
            mend(part)
        return time.thread_time() - began

    assert needed(body) < 2.0


# Relative links


def hrefs(feed: str) -> str:
    return read_posts(feed.encode()).documents[0].data.decode()


@pytest.mark.parametrize(
    ("attributes", "inside", "whole"),
    [
        ("", "", "http://digest.example/p/kitchens"),
        ("", "<link>http://post.example/2024/one.html</link>", "http://post.example/p/kitchens"),
        ("", "<link>/2024/one.html</link>", "http://digest.example/p/kitchens"),
        (' xml:base="http://base.example/"', "<link>http://post.example/x</link>", "http://base.example/p/kitchens"),
        ("", "<link>http://us:secret@post.example/x</link>", "http://post.example/p/kitchens"),
    ],
)
def test_relative_links_are_made_whole(attributes, inside, whole):
    page = PAGE.replace("https://arxiv.org/abs/2404.07413", "/p/kitchens")
    assert f'href="{whole}"' in hrefs(rss(post(1, inside, page), attributes=attributes))


def test_xml_base_counts_at_every_level_of_atom():
    body = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="http://a.example/x/"><id>f</id><title>t</title>'
        '<entry xml:base="y/"><id>g</id><title>T</title><content type="html" xml:base="z/">'
        "&lt;a href='p.html'&gt;P&lt;/a&gt;</content></entry></feed>"
    )
    assert "href='http://a.example/x/y/z/p.html'" in hrefs(body)


@pytest.mark.parametrize(
    ("html", "whole"),
    [
        ('<a href="p?a=1&amp;b=2">', '<a href="http://d.example/blog/p?a=1&amp;b=2">'),
        ('<a href="//cdn.example/p">', '<a href="http://cdn.example/p">'),
        ("<a class=x href=p>", "<a class=x href=http://d.example/blog/p>"),
        ('<img alt="a" SRC="i.png">', '<img alt="a" SRC="http://d.example/blog/i.png">'),
        ('<a href="#note">', '<a href="#note">'),
        ('<a href="mailto:a@b.example">', '<a href="mailto:a@b.example">'),
        ('<a href="https://arxiv.org/abs/1">', '<a href="https://arxiv.org/abs/1">'),
        ('<a href="">', '<a href="">'),
        ('<a href="http://[">', '<a href="http://[">'),
        ('&lt;a href="p"&gt;', '&lt;a href="p"&gt;'),
    ],
)
def test_only_relative_links_change(html, whole):
    assert with_whole_links(html, "http://d.example/blog/") == whole
    assert with_whole_links(html, "") == html


@pytest.mark.parametrize(
    ("addresses", "base"),
    [
        (("", "", "http://d.example/blog/"), "http://d.example/blog/"),
        (("", "one.html", "http://d.example/blog/"), "http://d.example/blog/one.html"),
        (("http://u:p@d.example:8/x?token=t#f",), "http://d.example:8/x"),
        (("javascript:x", "http://d.example/"), "http://d.example/"),
        (("http://[", "http://d.example/"), "http://d.example/"),
        (("tag:d.example,2024:1", ""), ""),
        ((), ""),
    ],
)
def test_the_nearest_address_is_the_base(addresses, base):
    assert base_of(addresses) == base


# JSON Feed


def json_feed(*items: object, **more: object) -> bytes:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "D",
        "home_page_url": "http://d.example/",
        "items": items,
    }
    return json.dumps(feed | more).encode()


def test_a_json_feed_is_read():
    read = read_posts(
        json_feed(
            {"id": "1", "title": "One", "content_html": PAGE, "date_published": "2024-04-12T09:00:00+09:00"},
            {"id": 2, "url": "http://d.example/2", "content_text": "2024-04-13\nA paper\nhttps://arxiv.org/abs/2404.1"},
            {"id": "3", "content_html": '<a href="/p">P</a>', "url": "http://d.example/x/3"},
        )
    )
    assert [(one.uri, one.name, str(one.day)) for one in read.documents][:2] == [
        ("1", "One.html", "2024-04-12"),
        ("2", "post.txt", "None"),
    ]
    assert b'href="http://d.example/p"' in read.documents[2].data
    assert read.refused == ()


def test_a_post_of_a_json_feed_that_is_none_costs_no_other():
    read = read_posts(json_feed("words", None, {"id": ["x"], "content_html": 5}, {"id": "4", "content_html": PAGE}))
    assert [one.uri for one in read.documents] == ["4"]
    assert len(read.refused) == 3


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{}",
        b'{"version": 1}',
        b'{"version": "https://jsonfeed.org/version/1.1"}',
        b'{"version": "https://jsonfeed.org/version/1", "items": {}}',
        b'{"a":' * 100_000,
        json_feed()[:-3],
        b"{\xff",
    ],
    ids=range(8),
)
def test_json_that_is_no_feed_is_refused_with_the_reason(body):
    with pytest.raises(SourceUnavailableError, match="JSON"):
        read_posts(body)
