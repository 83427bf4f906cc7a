"""Mutations of valid documents and feeds: whatever becomes of them, a reader knows two exceptions.

A few hundred in the test run; ``PAPERROUND_FUZZ=100000`` for as many (`make bench` sets 20,000).
"""

import os
import random
from datetime import date
from pathlib import Path

import pytest

from bot.digest.document import Document, parse_digests
from bot.errors import DigestFormatError, SourceUnavailableError
from bot.sources.posts import read_posts

COUNT = int(os.environ.get("PAPERROUND_FUZZ", "300"))
SAMPLES = Path(__file__).parent.parent / "samples"
DOCUMENTS = sorted(path for path in SAMPLES.rglob("*") if path.suffix in (".md", ".txt", ".html"))

_POST = "<p>A note on <a href='https://arxiv.org/abs/2404.07965'>Rho-1</a></p><p>#llm</p>"
FEEDS = {
    "RSS": f"""<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:media="http://search.yahoo.com/mrss/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"
 xmlns:georss="http://www.georss.org/georss" xmlns:gml="http://www.opengis.net/gml"
 xmlns:psc="http://podlove.org/simple-chapters" xmlns:cc="http://web.resource.org/cc/">
<channel><title>Papers</title><link>https://a.example/</link><image><url>https://a.example/i.png</url></image>
<item><title>2024-04-12</title><guid isPermaLink="false">a</guid><pubDate>Fri, 12 Apr 2024 03:00:00 +0000</pubDate>
<dc:creator>Ada Cook</dc:creator><category domain="x">moe</category><enclosure url="https://a.example/x" length="1"/>
<content:encoded><![CDATA[{_POST}]]></content:encoded></item>
<item><title>2024-04-13</title><link>https://a.example/b</link><description>{_POST.replace("<", "&lt;")}</description>
<media:group><media:content url="x" duration="3"/><media:player url="y">z</media:player></media:group>
<georss:where><gml:Point srsDimension="2"><gml:pos>1 2</gml:pos></gml:Point></georss:where>
<psc:chapters version="1.2"><psc:chapter start="00:01:00" title="x"/></psc:chapters><cc:license/>
<itunes:duration>1:02</itunes:duration><itunes:category text="x"/></item></channel></rss>""",
    "Atom": f"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://a.example/"><title>Papers</title><id>urn:x</id>
<updated>2024-04-12T03:00:00Z</updated><author><name>Ada Cook</name><email>ada@a.example</email></author>
<entry><title type="html">2024-04-12</title><id>urn:a</id><published>2024-04-12T03:00:00+09:00</published>
<link rel="alternate" href="a"/><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">{_POST}</div></content>
<source><id>urn:s</id><updated>2024-04-12T03:00:00Z</updated></source></entry>
<entry><title>2024-04-13</title><id>urn:b</id><updated>2024-04-13T03:00:00Z</updated>
<summary type="html">{_POST.replace("<", "&lt;")}</summary></entry></feed>""",
    "RSS 1.0": f"""<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://a.example/">
<title>Papers</title></channel><item rdf:about="https://a.example/a"><title>2024-04-12</title><link>https://a.example/a</link>
<dc:date>2024-04-12T03:00:00Z</dc:date><description>{_POST.replace("<", "&lt;")}</description></item></rdf:RDF>""",
}
ODD = [
    b"<?php x ?>",
    b"<?m>",
    b"&#99999999999;",
    b"&#0;",
    b"&#xD83D;",
    b"\x00",
    b"\xed\xa0\xbd",
    b"\xff\xfe",
    b"]]>",
    b"<!--",
    b"<![CDATA[",
    b"0000-00-00",
    b"-0001",
    b"99999999999999999999",
    b"\xcc\x81" * 200,
    b"\xe2\x80\x8b",
    b"[" * 50,
    b"*" * 50,
    b"$$",
    b"```",
    b"---\n",
    b"tags: &a [*a]",
    b"<select><option>",
    b"</p>",
    b"<b>",
    b"<x:y>",
    b"</media:player>",
    b"<psc:chapter/>",
    b"<gml:pos>",
    b"| a | b |\n|---|",
    b"https://[x",
    b"http://a:999999/",
    b"\xef\xbb\xbf",
    b"(",
    b")",
    b"#",
    "２０２４年１３月".encode(),
    "٢٠٢٤-٠٤-١٢".encode(),
    b"\n" * 30,
    b"\r",
    b" " * 40,
    b"2024-02-30",
    b"<time datetime='9999-99-99'>",
]


def mutated(data: bytes, rng: random.Random) -> bytes:
    """The data with a few places cut, doubled, swapped, replaced or filled with what trips readers."""
    made = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        start = rng.randrange(len(made) + 1)
        end = min(len(made), start + rng.choice((1, 2, 8, 40, 300)))
        kind = rng.randrange(6)
        if kind == 0:
            del made[start:end]
        elif kind == 1:
            made[start:start] = made[start:end]
        elif kind == 2:
            other = rng.randrange(len(made) + 1)
            made[start:end], made[other:other] = b"", made[start:end]
        elif kind == 3:
            made[start:end] = bytes(rng.randrange(256) for _ in range(end - start))
        else:
            made[start : start + (kind - 4) * rng.randrange(10)] = rng.choice(ODD)
    return bytes(made)


def fault_of(name: str, data: bytes, day: date | None = None) -> str:
    """The reader's own fault, by the place in the code that raised; empty where the document is read or refused."""
    try:
        digests = parse_digests(name, data, day)
    except DigestFormatError as exc:
        return exc.found if ".py:" in exc.found else ""
    for digest in digests:
        for entry in digest.entries:
            "".join((entry.title, *entry.authors, *entry.links, *entry.tags)).encode()
    return ""


def posts_of(body: bytes, content_type: str) -> tuple[Document, ...]:
    try:
        return read_posts(body, content_type).documents
    except SourceUnavailableError:
        return ()


def test_mutated_documents_are_read_or_refused():
    for seed in range(COUNT):
        rng = random.Random(f"document {seed}")
        path = rng.choice(DOCUMENTS)
        data = mutated(path.read_bytes(), rng)
        name = path.name if rng.random() < 0.8 else rng.choice(("x.md", "240412 A.md", "2024-04-12.txt", "page.html"))
        assert fault_of(name, data) == "", f"{name}, seed {seed}"


@pytest.mark.parametrize("kind", FEEDS)
def test_mutated_feeds_are_read_or_refused(kind):
    for seed in range(COUNT // 3):
        rng = random.Random(f"{kind} {seed}")
        body = mutated(FEEDS[kind].encode(), rng)
        for post in posts_of(body, rng.choice(("", "application/rss+xml", "text/xml; charset=utf-16"))):
            post.uri.encode()
            assert fault_of(post.name, post.data, post.day) == "", f"{kind}, seed {seed}"


@pytest.mark.parametrize("kind", FEEDS)
def test_the_feeds_that_are_mutated_are_read_as_they_are(kind):
    posts = read_posts(FEEDS[kind].encode())
    assert posts.refused == ()
    assert posts.documents
