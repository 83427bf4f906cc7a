from datetime import date

import pytest

from bot.digest.page import parse_page, parse_pages
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


TITLE = f"<h3><a href='{LINK}'>T</a></h3>"
NEXT = "<h3><a href='https://arxiv.org/abs/2404.07966'>U</a></h3><p>#b</p>"


def texts(*body, number=0):
    return [paragraph.text for paragraph in page(*body).entries[number].commentary]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("<p>(A B)</p><p>#a</p><p>본문.</p><p>덧붙이면.</p>", id="tags below the authors"),
        pytest.param("<p>본문.</p><p>#a</p><p>덧붙이면.</p><p>#c</p>", id="between two tag lines"),
        pytest.param("<p>본문.</p><p>#a</p><p>덧붙이면.</p>", id="below the tags"),
    ],
)
def test_a_paragraph_below_tags_is_commentary(body):
    assert texts(TITLE, body, NEXT) == texts(TITLE, body) == ["본문.", "덧붙이면."]


def test_below_the_last_tags_all_is_left_out_from_the_first_closing_line():
    closing = "<p>덧붙이면.</p><p>Thanks for reading!</p><p>548 Oven Street</p>"
    assert texts(TITLE, "<p>본문.</p><p>#a</p>", closing) == ["본문.", "덧붙이면."]
    assert texts(TITLE, "<p>Thanks for reading!</p><p>본문.</p><p>#a</p>", NEXT) == ["Thanks for reading!", "본문."]


@pytest.mark.parametrize(
    "authors",
    [
        "<p>Ada Byron, Aäron van den Oord</p>",
        "<p><em>Ada Byron, Aäron van den Oord</em></p>",
        "<p>By Ada Byron and Aäron van den Oord</p>",
    ],
)
def test_authors_need_no_parentheses(authors):
    entry = page(TITLE, authors, "<p>본문.</p>").entries[0]
    assert (entry.authors, len(entry.commentary)) == (("Ada Byron", "Aäron van den Oord"), 1)


@pytest.mark.parametrize("words", ["Ada Byron", "Bread, Ovens and Patience", "빵, 오븐, 인내", "반죽, 오븐, 인내"])
def test_words_between_commas_are_no_authors(words):
    assert page(TITLE, f"<p>{words}</p>", "<p>본문.</p>").entries[0].authors == ()


@pytest.mark.parametrize(
    "line",
    [
        f"<p><strong><a href='{LINK}'>T</a></strong> (Ada Byron, Kurt Gödel)</p>",
        f"<p><a href='{LINK}'><b>T</b></a> (Ada Byron, Kurt Gödel)</p>",
        f"<h3><a href='{LINK}'>T</a> (Ada Byron, Kurt Gödel)</h3>",
    ],
)
def test_title_and_authors_may_stand_on_one_line(line):
    entry = page(line, "<p>본문.</p><p>#a</p>").entries[0]
    assert (entry.title, entry.links, len(entry.authors), len(entry.commentary)) == ("T", (LINK,), 2, 1)


def test_a_linked_name_before_examples_stays_in_its_paragraph():
    paragraph = "<p><a href='https://a.b'>Rotary</a> (OpenBakery)</p>"
    assert texts(TITLE, paragraph, f"<ul><li><b>{paragraph[3:-4]}</b></li></ul>") == [
        "[Rotary](https://a.b) (OpenBakery)",
        "- [**Rotary**](https://a.b) **(OpenBakery)**",
    ]


def test_links_with_labels_below_the_title_are_the_papers():
    body = "<p>Code: https://a.b/c</p><p><a href='https://a.b/d'>project page</a></p><p>본문.</p>"
    entry = page(TITLE, body).entries[0]
    assert (entry.links[1:], len(entry.commentary)) == (("https://a.b/c", "https://a.b/d"), 1)


def test_the_cells_of_a_row_are_one_paragraph():
    table = "<table><tr><th>Model<th>Loss</tr><tr><td>Rotary</td><td><b>1.5</b></td></tr></table>"
    assert texts(TITLE, table) == ["Model | Loss", "Rotary | **1.5**"]
    assert texts(TITLE, "<table><tr><td><p>하나.</p></td><td><p>둘.</p></td></tr></table>") == ["하나.", "둘."]


def test_the_name_of_a_section_is_no_commentary():
    assert texts(TITLE, "<p>본문.</p><p>#a</p><h2>Vision</h2>", NEXT) == ["본문."]
    assert texts(TITLE, "<p>본문.</p><h2>Vision</h2><p>이어서.</p>", NEXT) == ["본문.", "이어서."]
    assert texts(TITLE, "<h4>결과</h4><p>본문.</p>", NEXT) == ["결과", "본문."]


MAMBA, LORA = "https://arxiv.org/abs/2312.00752", "https://arxiv.org/abs/2106.09685"


@pytest.mark.parametrize(
    "layout",
    [
        "<h2>N. TITLE</h2><p>It works. (<a href='LINK'>Paper</a> | <a href='https://x.com/a/status/N'>Tweet</a>)</p>",
        "<h3>TITLE</h3><p>It works.</p><p><a href='LINK'>Read the paper</a></p>",
        "<ul><li><a href='LINK'>TITLE</a>: It works.</li></ul>",
        "<ol><li>TITLE. It works. [<a href='LINK'>arXiv</a>]</li></ol>",
        "<ul><li><b>TITLE</b> - It works. (<a href='LINK'>Paper</a>)</li></ul>",
        "<div><div>📄 <a href='LINK'><b>TITLE</b></a> <span>CV</span></div><p>It works.</p></div>",
        "<p>TITLE<br>LINK<br>It works.</p>",
        "<table><tr><th>Paper<th>Links</tr><tr><td><b>TITLE</b> - It works.<td><a href='LINK'>Paper</a></tr></table>",
    ],
)
def test_papers_are_found_by_the_link_in_their_part_where_no_title_is_linked(layout):
    papers = [("Selective State Spaces", MAMBA), ("Low-Rank Adaptation", LORA)]
    body = "".join(
        layout.replace("TITLE", title).replace("LINK", link).replace("N", str(n))
        for n, (title, link) in enumerate(papers, 1)
    )
    entries = parse_page("Top papers of the week.html", body, date(2024, 4, 12)).entries
    assert [(entry.title, entry.links[0]) for entry in entries] == papers
    assert all("It works." in entry.commentary[0].text for entry in entries)


def test_weeks_of_a_page_are_days_of_their_own():
    week = "<h2>April {} - April {}, 2024</h2><ul><li><a href='{}'>{}</a></li></ul>"
    html = (
        "<h1>Papers</h1>"
        + week.format(8, 14, MAMBA, "Selective State Spaces")
        + week.format(1, 7, LORA, "Low-Rank Adaptation")
    )
    digests = parse_pages("x.html", html)
    assert [(digest.day, digest.entries[0].title) for digest in digests] == [
        (date(2024, 4, 14), "Selective State Spaces"),
        (date(2024, 4, 7), "Low-Rank Adaptation"),
    ]


def test_a_weeks_post_without_a_year_has_that_of_the_post():
    html = f"<ul><li><a href='{MAMBA}'>Mamba models</a></li><li><a href='{LORA}'>LoRA adapters</a></li></ul>"
    digest = parse_page("Papers of the week (December 26 - January 1).html", html, date(2023, 1, 2))
    assert digest.day == date(2023, 1, 1)


def test_an_essay_that_mentions_papers_is_no_digest():
    essay = "<h2>Thoughts</h2><p>" + "We think about many things. " * 20
    html = f"{essay}<a href='{MAMBA}'>This</a> is one.</p>{essay}And <a href='{LORA}'>that</a> another.</p>"
    with pytest.raises(DigestFormatError, match="titles linked to papers"):
        parse_page("x.html", html, date(2024, 4, 12))


@pytest.mark.parametrize(
    ("html", "text"),
    [
        pytest.param("H<sub>2</sub>O and 10<sup>-4</sup>", "H₂O and 10⁻⁴", id="scripts"),
        pytest.param(
            '<span class="katex"><span class="katex-mathml"><math><semantics><mrow><mi>β</mi></mrow>'
            '<annotation encoding="application/x-tex">\\beta_t</annotation></semantics></math></span>'
            '<span class="katex-html" aria-hidden="true"><span>β</span><span>t</span></span></span> grows',
            "$\\beta_t$ grows",
            id="KaTeX",
        ),
        pytest.param('<math alttext="x^2"><msup><mi>x</mi><mn>2</mn></msup></math> grows', "$x^2$ grows", id="MathML"),
        pytest.param(
            '<img class="latex" src="x.png" alt="\\alpha"> grows', "$\\alpha$ grows", id="picture of a formula"
        ),
    ],
)
def test_formulas_of_a_page_keep_their_latex(html, text):
    (entry,) = page('<h2><a href="https://arxiv.org/abs/2404.00001">One</a></h2>', f"<p>{html}</p>").entries
    assert [paragraph.text for paragraph in entry.commentary] == [text]


def test_soft_hyphens_of_entities_are_no_part_of_a_word():
    title = "Trans&shy;formers"
    (entry,) = page(
        f"<h2><a href='https://arxiv.org/abs/2404.00001'>{title}</a></h2>", "<p>net&#8203;works</p>"
    ).entries
    assert (entry.title, entry.commentary[0].text) == ("Transformers", "networks")
