from datetime import date

import pytest

from bot.digest.document import parse_document
from bot.sources.posts import read_posts

LINK = "https://arxiv.org/abs/2404.07965"
TITLE = "Rho-1: Not All Tokens Are What You Need"
FEED = """<?xml version='1.0' encoding='UTF-8'?>
<rss xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0"><channel><title>cs.CL updates on arXiv.org</title>
{}</channel></rss>"""
ITEM = """<item><title>{title}</title><link>{link}</link>
<description>arXiv:2404.07965v1 Announce Type: new
Abstract: Not all tokens are equal, and training on some is enough.</description>
<guid isPermaLink="false">oai:arXiv.org:2404.07965v1</guid><category>cs.CL</category><category>cs.AI</category>
<pubDate>Fri, 12 Apr 2024 00:00:00 -0400</pubDate><dc:creator>{authors}</dc:creator></item>"""


def read(**values):
    values = {"title": TITLE, "link": LINK, "authors": "Zhenghao Lin, Zhibin Gou"} | values
    (document,) = read_posts(FEED.format(ITEM.format(**values)).encode()).documents
    return parse_document(document.name, document.data, document.day)


def test_a_post_of_a_paper_is_an_entry_with_its_authors_abstract_and_categories():
    digest = read()
    (entry,) = digest.entries
    assert (digest.day, digest.title) == (date(2024, 4, 12), "2024-04-12")
    assert (entry.title, entry.links) == (TITLE, (LINK,))
    assert entry.authors == ("Zhenghao Lin", "Zhibin Gou")
    assert entry.abstract == ("Not all tokens are equal, and training on some is enough.",)
    assert (entry.tags, entry.commentary) == (("cs.CL", "cs.AI"), ())


def test_the_number_that_old_feeds_write_behind_a_title_is_none_of_it():
    assert read(title=f"{TITLE}. (arXiv:2404.07965v1 [cs.CL])").entries[0].title == TITLE


def test_a_date_in_a_papers_title_is_not_the_day_of_the_post():
    assert read(title="What changed in GPT-4 since March 1, 2024").day == date(2024, 4, 12)


@pytest.mark.parametrize("authors", ["", "Ada Byron"])
def test_one_author_or_none_is_read_too(authors):
    assert read(authors=authors).entries[0].authors == ((authors,) if authors else ())


def test_markup_in_a_title_is_words():
    assert read(title="Is x &lt; y, and &lt;b&gt; a tag?").entries[0].title == "Is x < y, and <b> a tag?"
