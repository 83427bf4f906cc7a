import pytest

from bot.digest.document import parse_document
from bot.errors import SourceUnavailableError
from bot.sources.posts import read_posts

NAMESPACES = (
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:psc="http://podlove.org/simple-chapters" '
    'xmlns:gml="http://www.opengis.net/gml"'
)
DATED = "<pubDate>Fri, 12 Apr 2024 09:00:00 +0000</pubDate>"


def rss(*odd: str, head: str = "", encoding: str = "utf-8") -> bytes:
    """A feed of three posts, g1 to g3; the second holds ``odd`` as well, the channel ``head``."""
    items = [
        f"<item><title>Day {n}</title><guid>g{n}</guid>{''.join(odd) if n == 2 else DATED}"
        f"<description>&lt;p&gt;text {n}&lt;/p&gt;</description></item>"
        for n in (1, 2, 3)
    ]
    text = f'<?xml version="1.0" encoding="{encoding}"?><rss version="2.0" {NAMESPACES}><channel>{head}<title>T</title>'
    return f"{text}{''.join(items)}</channel></rss>".encode(encoding)


FATAL = [
    pytest.param("&#99999999999;", id="a character that is none"),
    pytest.param('<psc:chapters version="1.2"><psc:chapter title="x"/></psc:chapters>', id="a chapter without start"),
    pytest.param("</media:player>", id="the end of what did not begin"),
    pytest.param("<gml:pos>x</gml:pos>", id="a place outside of a place"),
]


@pytest.mark.parametrize("odd", FATAL)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_what_feedparser_raises_for_one_post_leaves_the_others_readable(odd, encoding):
    posts = read_posts(rss(odd, encoding=encoding))
    assert [post.uri for post in posts.documents] == ["g1", "g3"]
    assert [post.data.decode() for post in posts.documents] == ["<p>text 1</p>", "<p>text 3</p>"]
    (refused,) = posts.refused
    assert (refused.uri, refused.code) == ("g2", "source.post_unreadable")
    assert "correct it" in refused.words
    assert "\n" not in refused.words


@pytest.mark.parametrize("odd", FATAL[1:])
def test_what_feedparser_raises_for_the_head_of_a_feed_costs_no_post(odd):
    posts = read_posts(rss(head=odd))
    assert [post.uri for post in posts.documents] == ["g1", "g2", "g3"]
    assert posts.refused == ()


@pytest.mark.parametrize(
    "date",
    [
        "0000-00-00 00:00:00",
        "Wed, 30 Nov -0001 00:00:00 +0000",
        "Fri, 12 Apr 99999999999999999999 09:00:00 +0000",
        "Fri, 12 Apr 2024 99999999999999999999:00:00 +0000",
        "Fri, 12 Apr 2024 09:00:00 +99999999999999",
        "",
    ],
)
def test_a_post_with_an_odd_date_stops_no_other(date):
    posts = read_posts(rss(f"<pubDate>{date}</pubDate>"))
    assert {"g1", "g3"} <= {post.uri for post in posts.documents}
    assert len(posts.documents) + len(posts.refused) == 3


def test_tags_of_posts_inside_of_a_text_part_no_post():
    quoted = "<description><![CDATA[write <item> and </item>]]></description><!-- <item> -->"
    posts = read_posts(rss(quoted + "&#99999999999;"))
    assert [post.uri for post in posts.documents] == ["g1", "g3"]
    assert [refused.uri for refused in posts.refused] == ["g2"]


def test_a_cut_feed_is_no_feed_also_where_feedparser_raises():
    with pytest.raises(SourceUnavailableError, match="feed_broken"):
        read_posts(rss("&#99999999999;")[:-20])


def test_half_an_emoji_is_no_text_that_a_database_refuses():
    body = rss().replace(b"g1", b"g\xed\xa0\xbd1").replace(b"text 1", b"\xed\xa0\xbd")
    try:
        posts = read_posts(body)
    except SourceUnavailableError:
        return
    for post in posts.documents:
        post.uri.encode()


@pytest.mark.parametrize("instruction", ["<?php echo 1 ?>", '<?mso-application progid="Word"?>', "<?m>", "<?xml?>"])
def test_a_processing_instruction_in_a_page_is_passed_over(instruction):
    page = f"<h1>2024-04-12</h1>{instruction}<h3><a href='https://arxiv.org/abs/2404.00001'>T</a></h3><p>#moe</p>"
    assert [entry.title for entry in parse_document("x.html", page.encode()).entries] == ["T"]
