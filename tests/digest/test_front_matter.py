from datetime import date

import pytest

from bot.digest.front_matter import read_front_matter
from bot.digest.note import parse_note
from bot.errors import DigestFormatError


def read(*lines):
    return read_front_matter("\n".join(["---", *lines, "---", "words", ""]))


@pytest.mark.parametrize(
    ("lines", "title"),
    [
        pytest.param(['title: "[12] Sparse Kitchens: Cooking"'], "[12] Sparse Kitchens: Cooking", id="quoted"),
        pytest.param(["title: Sparse Kitchens: Cooking"], "Sparse Kitchens: Cooking", id="a colon without quotes"),
        pytest.param(["title: [Review] Sparse Kitchens"], "[Review] Sparse Kitchens", id="a bracket in front"),
        pytest.param(["title: 'It's Cooking'", "tags: [a]"], "It's Cooking", id="a quote inside quotes"),
        pytest.param(["title: @cook2024", "paper_title: Sparse Kitchens"], "@cook2024", id="a mark YAML reserves"),
        pytest.param(["title: >-", "  Sparse", "  Kitchens"], "Sparse Kitchens", id="folded"),
        pytest.param(['title: "[[Sparse Kitchens]]"'], "Sparse Kitchens", id="a note's name"),
        pytest.param(["title: '[Sparse Kitchens](https://arxiv.org/abs/2405.00001)'"], "Sparse Kitchens", id="linked"),
        pytest.param(["Title: Sparse Kitchens"], "Sparse Kitchens", id="capital"),
        pytest.param(["제목: 희소한 부엌"], "희소한 부엌", id="Korean"),
        pytest.param(["标题: 稀疏厨房"], "稀疏厨房", id="Chinese"),
        pytest.param(["paper: Sparse Kitchens"], "Sparse Kitchens", id="a paper's name"),
        pytest.param(["paper: https://arxiv.org/abs/2405.00001"], "", id="a paper's link"),
        pytest.param(["params:", "  title: Sparse Kitchens"], "Sparse Kitchens", id="in a table"),
        pytest.param(["title:"], "", id="empty"),
        pytest.param(["title: null"], "", id="null"),
        pytest.param(['title: "{{title}}"'], "", id="a placeholder"),
        pytest.param(["title: {{title}}"], "", id="a placeholder that is no YAML"),
    ],
)
def test_reads_a_title(lines, title):
    assert read(*lines).title == title


@pytest.mark.parametrize(
    ("lines", "authors"),
    [
        (['authors: ["Ada Cook", "Bo Baker"]'], ("Ada Cook", "Bo Baker")),
        (["authors:", "  - Ada Cook", "  - Bo Baker"], ("Ada Cook", "Bo Baker")),
        (["authors: Ada Cook, Bo Baker"], ("Ada Cook", "Bo Baker")),
        (["author: Ada Cook and Bo Baker"], ("Ada Cook", "Bo Baker")),
        (["author: Ada Cook, Bo Baker, et al."], ("Ada Cook", "Bo Baker")),
        (["authors: Cook, Ada; Baker, Bo"], ("Ada Cook", "Bo Baker")),
        (["authors: Cook, Ada and Baker, Bo"], ("Ada Cook", "Bo Baker")),
        (['authors: ["Cook, Ada", "Baker, Bo"]'], ("Ada Cook", "Bo Baker")),
        (["authors: [[Ada Cook]], [[people/Bo Baker|Bo Baker]]"], ("Ada Cook", "Bo Baker")),
        (['authors: ["[[Ada Cook]]", "[[Bo Baker]]"]'], ("Ada Cook", "Bo Baker")),
        (["authors:", "  - name: Ada Cook", "    affiliation: Oven", "  - name: Bo Baker"], ("Ada Cook", "Bo Baker")),
        (["authors:", "  - given: Ada", "    family: Cook"], ("Ada Cook",)),
        (["저자: 김민지, 박지은"], ("김민지", "박지은")),
        (["作者: 王小明、李小红"], ("王小明", "李小红")),
        (["author: me", "authors: [Ada Cook]"], ("Ada Cook",)),
        (["authors: []"], ()),
    ],
)
def test_reads_authors(lines, authors):
    assert read(*lines).authors == authors


ARXIV = "https://arxiv.org/abs/2405.00001"


@pytest.mark.parametrize(
    ("lines", "links"),
    [
        ([f"paper: {ARXIV}"], (ARXIV,)),
        ([f'url: "{ARXIV}"'], (ARXIV,)),
        ([f"paper_link: <{ARXIV}>"], (ARXIV,)),
        ([f'link: "[arXiv]({ARXIV})"'], (ARXIV,)),
        (["source: arxiv.org/abs/2405.00001"], (ARXIV,)),
        (["arxiv: 2405.00001"], (ARXIV,)),
        (["arxiv: '2405.00001v2 [cs.CL]'"], (ARXIV + "v2",)),
        (["arxiv_id: cs/0112017"], ("https://arxiv.org/abs/cs/0112017",)),
        (["id: arXiv:2405.00001"], (ARXIV,)),
        (["doi: 10.1145/3292500.3330701"], ("https://doi.org/10.1145/3292500.3330701",)),
        (["DOI: https://doi.org/10.1145/3292500.3330701"], ("https://doi.org/10.1145/3292500.3330701",)),
        (["openreview: AbCd12345"], ("https://openreview.net/forum?id=AbCd12345",)),
        (["code: https://github.com/x/y", f"paper: {ARXIV}"], (ARXIV, "https://github.com/x/y")),
        (["url: https://oven.example/post", f"arxiv: {ARXIV}"], (ARXIV, "https://oven.example/post")),
        (["links:", f"  paper: {ARXIV}", "  code: https://github.com/x/y"], (ARXIV, "https://github.com/x/y")),
        (
            ["links:", "  - name: Code", "    url: https://github.com/x/y", "  - name: Paper", f"    url: {ARXIV}"],
            (ARXIV, "https://github.com/x/y"),
        ),
        ([f"reference: {ARXIV}"], (ARXIV,)),
        (["논문 링크: " + ARXIV], (ARXIV,)),
        (["url: /posts/sparse-kitchens/"], ()),
        (["image: https://img.example/a.png", "cover: https://oven.example/cover"], ()),
        (["paper: https://img.example/a.png"], ()),
        (["issueUrl: https://github.com/x/y/issues/1"], ()),
        (["version: 2405.00001"], ()),
    ],
)
def test_reads_the_papers_own_link_first(lines, links):
    assert read(*lines).links == links


@pytest.mark.parametrize(
    ("written", "tags"),
    [
        ("[a, b_c]", ("a", "b_c")),
        ("a, b_c", ("a", "b_c")),
        ("a b_c", ("a", "b_c")),
        ("'#a #b_c'", ("a", "b_c")),
        ("#a #b_c", ("a", "b_c")),
        ("\n  - a\n  - '#b_c'", ("a", "b_c")),
        ("\n  - a\n  - #b_c", ("a",)),
        ("[state space, b]", ("state space", "b")),
        ("state space, b", ("state space", "b")),
        ("[[a], [b, c]]", ("a", "b", "c")),
        ("\n  - ml:\n    - a\n  - b", ("a", "b")),
        ('["[[a]]", "[[tags/b|b]]"]', ("a", "b")),
        ("[a, A b, a]", ("a", "A b")),
        ("[]", ()),
        ("", ()),
    ],
)
def test_reads_tags(written, tags):
    assert read(f"tags: {written}").tags == tags


def test_keywords_are_tags_and_categories_only_where_there_are_none():
    assert read("tags: [a]", "keywords: b; c".replace(";", ",")).tags == ("a", "b", "c")
    assert read("categories: [Paper, NLP]").tags == ("Paper", "NLP")
    assert read("categories: [Paper]", "tags: [a]").tags == ("a",)


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("date: 2024-05-02", date(2024, 5, 2)),
        ("date: 2024-05-02 23:10:00 +0900", date(2024, 5, 2)),
        ("date: 2024-05-02T23:10:00.000Z", date(2024, 5, 2)),
        ("date: 2024/05/02", date(2024, 5, 2)),
        ("date: May 2, 2024", date(2024, 5, 2)),
        ("date: 20240502", date(2024, 5, 2)),
        ('date: "[[2024-05-02]]"', date(2024, 5, 2)),
        ("pubDate: 2024-05-02", date(2024, 5, 2)),
        ("created_at: 2024-05-02", date(2024, 5, 2)),
        ("날짜: 2024년 5월 2일", date(2024, 5, 2)),
        ("published: 2017-06-12", None),
        ("date: soon", None),
    ],
)
def test_reads_the_day(line, day):
    assert read(line).day == day


def test_the_day_of_reading_comes_before_the_papers_own_date():
    assert read("date: 2017-06-12", "date_read: 2024-05-02").day == date(2024, 5, 2)


def test_flags_are_yes_no_or_neither():
    front = read("draft: True", "publish: no", "status: draft", "empty:")
    assert [front.flag(key) for key in ("draft", "publish", "status", "empty", "missing")] == [
        True, False, None, None, None,
    ]  # fmt: skip
    assert (front.text("status"), front.text("missing", "Status"), front.text("missing")) == ("draft", "draft", "")


def test_toml_is_read_as_yaml_is():
    front = read_front_matter(
        '+++\ntitle = "Sparse Kitchens"\ndate = 2024-05-02T10:00:00Z\ndraft = true\n[taxonomies]\ntags = ["moe", "b"]\n'
        '[extra]\npaper = "https://arxiv.org/abs/2405.00001"\nauthors = ["Ada Cook"]\n+++\nwords\n'
    )
    assert (front.title, front.day, front.tags) == ("Sparse Kitchens", date(2024, 5, 2), ("moe", "b"))
    assert (front.links, front.authors, front.flag("draft"), front.lines) == ((ARXIV,), ("Ada Cook",), True, 10)


def test_broken_toml_keeps_what_its_lines_say():
    front = read_front_matter('+++\ntitle = "Sparse Kitchens"\ndate = 2024-05-32\ntags = [\n+++\nwords\n')
    assert front.title == "Sparse Kitchens"


def test_abstract_and_summary_are_paragraphs():
    front = read("abstract: |", "  We cook.", "  It works.", "", "  We eat.", "tldr: Good.")
    assert (front.abstract, front.summary) == (("We cook. It works.", "We eat."), ("Good.",))


@pytest.mark.parametrize(
    "text", ["---\nwords without a key\n---\nmore\n", "---\nwords\n", "no\n---\n", "", "\n\n", "-"]
)
def test_a_rule_is_no_front_matter(text):
    assert read_front_matter(text).values == {}


def test_words_between_two_rules_are_kept():
    entry = parse_note("240412 T.md", "---\nFirst words.\n---\nLast words.\n").entries[0]
    assert [paragraph.text for paragraph in entry.commentary][::2] == ["First words.", "Last words."]


def test_blank_lines_may_stand_above_it():
    assert read_front_matter("\n\n---\ntitle: T\n---\nwords\n").lines == 5


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("---\ntags: [a\nb: c\n---\n", 3),
        ("---\na: " + "[" * 600 + "\n---\n", 1),
        ("---\na: " + "b" * 30_000 + "\n---\n", 1),
    ],
)
def test_lists_without_an_end_or_a_measure_are_refused_with_their_place(text, line):
    with pytest.raises(DigestFormatError) as refusal:
        read_front_matter(text)
    assert refusal.value.line == line


def test_a_notes_properties_come_before_its_text():
    entry = parse_note(
        "240501 a.md",
        "---\ntitle: Sparse Kitchens\npaper: https://arxiv.org/abs/2405.00001\n"
        "authors: [Ada Cook]\n"
        "abstract: We cook.\ntags: [moe]\n---\n"
        "![image](https://img.example/a.png)\n\n## Introduction\n- We cook well.\n",
    ).entries[0]
    assert (entry.title, entry.authors, entry.links) == ("Sparse Kitchens", ("Ada Cook",), (ARXIV,))
    assert (entry.tags, entry.abstract) == (("moe",), ("We cook.",))


def test_a_note_may_be_nothing_but_properties():
    entry = parse_note("240509 only.md", "---\ntitle: Only Properties\narxiv: 2405.00001\n---\n").entries[0]
    assert (entry.title, entry.links) == ("Only Properties", (ARXIV,))
