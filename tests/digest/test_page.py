from datetime import date

import pytest

from bot.digest.page import parse_page
from bot.errors import DigestFormatError

LINK = "https://arxiv.org/abs/2404.07965"


def page(*body, head="<h1>2024년 4월 12일</h1>"):
    return parse_page("x.html", head + "".join(body))


@pytest.mark.parametrize(
    "title",
    [
        f"<h2><strong><a href='{LINK}'>T</a></strong></h2>",
        f"<h3><a href='{LINK}'>T</a></h3>",
        f"<p><em><a href='{LINK}'>T</a></em></p>",
        f"<p><a href='{LINK}'><strong>T</strong></a></p>",
        f"<div><h4>  <a href='{LINK}'>\n<span>T</span></a></h4></div>",
    ],
)
def test_titles_are_found_however_they_are_marked(title):
    entry = page(title, "<p>(Ada Byron)</p><p>본문.</p><p>#a</p>").entries[0]
    assert (entry.title, entry.links, entry.authors, entry.tags) == ("T", (LINK,), ("Ada Byron",), ("a",))


def test_an_emphasised_paragraph_is_no_title_where_titles_are_headings():
    entries = page(f"<h3><a href='{LINK}'>T</a></h3><p><em>강조</em></p><p>#a</p>").entries
    assert [entry.title for entry in entries] == ["T"]


def test_a_title_without_a_link_begins_an_entry():
    entries = page(f"<h3><a href='{LINK}'>T</a></h3><p>#a</p><h3>U</h3><p>본문.</p>").entries
    assert [(entry.title, entry.links) for entry in entries] == [("T", (LINK,)), ("U", ())]


def test_what_stands_below_the_tags_is_left_out():
    entry = page(f"<h3><a href='{LINK}'>T</a></h3><p>본문.</p><p>#a</p><p>Thanks for reading!</p>").entries[0]
    assert [paragraph.text for paragraph in entry.commentary] == ["본문."]


def test_a_sites_own_boxes_are_left_out_of_the_commentary():
    boxes = (
        "<div class='subscription-widget-wrap'><p>Subscribe!</p></div><p class='button-wrapper'>Share</p><p hidden>x"
    )
    entry = page(f"<h3><a href='{LINK}'>T</a></h3><p>본문.</p>", boxes, "<p>#a</p>").entries[0]
    assert [paragraph.text for paragraph in entry.commentary] == ["본문."]


def test_emphasis_code_links_and_lists_become_markdown():
    body = "<p>a<b> bold </b><i>it</i> <code>c*d</code> <a href='https://a.b'>글</a></p><ol start=3><li>x</ol>"
    entry = page(f"<h3><a href='{LINK}'>T</a></h3>", body, "<pre>1\n 2</pre>").entries[0]
    assert [paragraph.text for paragraph in entry.commentary] == [
        "a **bold** *it* `c*d` [글](https://a.b)",
        "3. x",
        "```\n1\n 2\n```",
    ]


def test_a_link_to_itself_stays_bare_and_a_line_break_ends_a_paragraph():
    body = f"<p>본문.<br>둘째 <a href='{LINK}'>{LINK}</a></p>"
    entry = page(f"<h3><a href='{LINK}'>T</a></h3>", body).entries[0]
    assert [paragraph.text for paragraph in entry.commentary] == ["본문.", f"둘째 {LINK}"]


@pytest.mark.parametrize(
    ("name", "html", "day"),
    [
        ("x.html", "<h1>2024년 4월 12일</h1>", date(2024, 4, 12)),
        ("x.html", "<title>Papers, April 12, 2024 | Letter</title>", date(2024, 4, 12)),
        ("2024-04-12.html", "<time datetime='2024-04-13T00:00Z'>today</time>", date(2024, 4, 12)),
        ("2024년 4월 12일.html", "", date(2024, 4, 12)),
        ("x.html", "<time datetime='2024-04-13T00:00Z'>today</time>", date(2024, 4, 13)),
        ("x.html", "", date(2024, 4, 14)),
    ],
)
def test_the_day_is_looked_for_in_heading_title_name_and_time(name, html, day):
    title = f"<h3><a href='{LINK}'>T</a></h3><p>#a</p>"
    assert parse_page(name, html + title, date(2024, 4, 14)).day == day


@pytest.mark.parametrize(
    "html",
    [
        "",
        "plain words",
        "<h1>2024-04-12 is a fine day</h1><h2>About us</h2><p>We bake.</p>",
        "<h2>Survey</h2><p>How do you like it?</p><h2>Prizes</h2><p>None.</p>",
        "<script>var x = '<h3><a href=https://a.b>T</a></h3>'</script>",
    ],
)
def test_a_page_without_a_digest_in_it_is_refused(html):
    with pytest.raises(DigestFormatError, match="titles linked to papers"):
        parse_page("x.html", html, date(2024, 4, 12))


def test_a_page_whose_whole_title_is_a_date_needs_no_links():
    assert page("<h3>T</h3><p>본문.</p>").entries[0].title == "T"
    assert parse_page("2024년 4월 12일.html", "<h3>T</h3><p>본문.</p>").entries[0].title == "T"
