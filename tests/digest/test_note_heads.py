"""Heads of notes as people write them: labelled facts in any order, headings, pictures, templates of their tools."""

from datetime import date

import pytest

from bot.digest.document import parse_document
from bot.digest.note import parse_note

ARXIV = "https://arxiv.org/abs/2405.00014"
CODE = "https://github.com/x/y"


def read(*lines, name="240509 file name.md"):
    return parse_note(name, "\n".join(lines)).entries[0]


def said(entry):
    return [paragraph.text for paragraph in entry.commentary]


@pytest.mark.parametrize(
    "line",
    [
        ARXIV,
        f"<{ARXIV}>",
        "arxiv.org/abs/2405.00014",
        f"- {ARXIV}",
        f"> {ARXIV}",
        f"Paper: {ARXIV}",
        f"Paper : {ARXIV}",
        f"Paper - {ARXIV}",
        f"Paper: {ARXIV} (ICLR 2024)",
        f"Paper :: {ARXIV}",
        f"paper:: {ARXIV}",
        f"(paper:: {ARXIV})",
        f"[paper:: {ARXIV}]",
        f"Link: {ARXIV}",
        f"**Link**: {ARXIV}",
        f"**Link:** {ARXIV}",
        f"**Link** {ARXIV}",
        f"*Link*: {ARXIV}",
        f"__Paper Link__: {ARXIV}",
        f"- **Paper**: [arXiv]({ARXIV})",
        f"* **URL**: <{ARXIV}>",
        f"> **Paper**: [arXiv]({ARXIV})",
        f"> [arXiv]({ARXIV})",
        f"[arXiv]({ARXIV})",
        f"[[arXiv]({ARXIV})]",
        f"📄 [Paper]({ARXIV})",
        f"📄 **Paper**: {ARXIV}",
        f"- 📄 Paper: {ARXIV}",
        f"[Link to the paper]({ARXIV})",
        f"* [Read the full paper here]({ARXIV})",
        f'<a href="{ARXIV}">Paper</a>',
        f"[![arXiv](https://img.shields.io/badge/arXiv-2405.00014-b31b1b.svg)]({ARXIV})",
        f"논문: {ARXIV}",
        f"논문 링크: {ARXIV}",
        f"- 링크: {ARXIV}",
        f"- **원문 링크** : [링크]({ARXIV})",
        f"论文链接：{ARXIV}",
        f"> **论文**：[arXiv]({ARXIV})",
        f"論文リンク: {ARXIV}",
        f"| Paper | {ARXIV} |",
        f"| **링크** | [arXiv]({ARXIV}) |",
        "arXiv:2405.00014",
        "arXiv: 2405.00014",
        "- **arXiv ID**: 2405.00014",
        "arXiv preprint arXiv:2405.00014",
        "- Published: ICLR 2024 (arXiv:2405.00014)",
        f"[code]({CODE}) / [paper]({ARXIV})",
        f"**Venue**: ICLR 2024 | **Paper**: {ARXIV}",
        f"**Venue**: ICLR 2024 <br> **Paper**: {ARXIV}",
        f"zh{ARXIV[1:]}",
        f"h{ARXIV}",
        f"z{ARXIV}",
        "https//arxiv.org/abs/2405.00014",
        "ttps://arxiv.org/abs/2405.00014",
    ],
)
@pytest.mark.parametrize("title", ["# Sparse Kitchens", "*Sparse Kitchens*"])
def test_the_papers_link_is_found_however_its_line_is_written(line, title):
    for lines in ([title, "", line], [line, "", title]):
        entry = read(*lines, "", "We cook.")
        assert (entry.links[:1], entry.title) == ((ARXIV,), "Sparse Kitchens"), lines
        assert said(entry)[-1] == "We cook."


def test_a_doi_becomes_a_link():
    assert read("# T", "DOI: 10.1145/3292500.3330701", "We cook.").links == ("https://doi.org/10.1145/3292500.3330701",)
    assert read("# T", "- doi:10.1145/3292500.3330701.", "x").links == ("https://doi.org/10.1145/3292500.3330701",)


def test_the_papers_own_link_comes_before_code_and_pictures_are_none():
    entry = read(
        "# T", f"- Code: {CODE}", "![fig](https://a.b/fig.png)", f"- Paper: {ARXIV}", "- Video: https://youtu.be/x"
    )
    assert entry.links == (ARXIV, CODE, "https://youtu.be/x")
    assert read("# T", CODE, ARXIV).links == (ARXIV, CODE)
    assert read("# T", "![fig](https://a.b/fig)", '<img src="https://a.b/c.png">', "We cook.").links == ()


@pytest.mark.parametrize(
    ("line", "authors"),
    [
        ("- **Authors**: Ada Cook, Bo Baker", ("Ada Cook", "Bo Baker")),
        ("**Authors:** Ada Cook, Bo Baker", ("Ada Cook", "Bo Baker")),
        ("Authors: Ada Cook and Bo Baker", ("Ada Cook", "Bo Baker")),
        ("Author(s): Ada Cook; Bo Baker", ("Ada Cook", "Bo Baker")),
        ("authors:: [[Ada Cook]], [[Bo Baker]]", ("Ada Cook", "Bo Baker")),
        ("> **Authors**:: Cook, Ada; Baker, Bo", ("Ada Cook", "Bo Baker")),
        ("**Authors**: Ada Cook<sup>1</sup>, Bo Baker*", ("Ada Cook", "Bo Baker")),
        ("**Authors**: Ada Cook$^{1,2}$, Bo Baker†, et al.", ("Ada Cook", "Bo Baker")),
        ("Authors: [Ada Cook](https://ada.example), Bo Baker", ("Ada Cook", "Bo Baker")),
        ("저자: 김민지, 박지은", ("김민지", "박지은")),
        ("> **作者**：Ada Cook（共同一作）、Bo Baker 等", ("Ada Cook", "Bo Baker")),
        ("| Authors | Ada Cook, Bo Baker |", ("Ada Cook", "Bo Baker")),
        ("Ada Cook, Bo Baker", ("Ada Cook", "Bo Baker")),
        ("*Ada Cook, Bo Baker*", ("Ada Cook", "Bo Baker")),
        ("By Ada Cook, Bo Baker", ("Ada Cook", "Bo Baker")),
        ("Ada Cook et al.", ("Ada Cook",)),
        ("(Ada Cook and Bo Baker and Cy Dee)", ("Ada Cook", "Bo Baker", "Cy Dee")),
        ("**Authors**", ()),
    ],
)
def test_authors_are_read_from_their_line(line, authors):
    entry = read("# Sparse Kitchens", line, ARXIV, "", "We cook.")
    assert (entry.authors, entry.links) == (authors, (ARXIV,))


def test_authors_may_stand_one_a_line_below_their_label():
    entry = read("# T", "- Authors:", "  - Ada Cook", "  - Bo Baker", f"- Link: {ARXIV}", "", "We cook.")
    assert (entry.authors, entry.links, said(entry)) == (("Ada Cook", "Bo Baker"), (ARXIV,), ["We cook."])
    entry = read("# T", "## Authors", "Ada Cook, Bo Baker", "## Method", "We cook.")
    assert (entry.authors, said(entry)) == (("Ada Cook", "Bo Baker"), ["## Method", "We cook."])


def test_first_authors_and_authors_of_a_template_come_together():
    entry = read(
        "> **FirstAuthor**:: Cook, Ada", "> **Author**:: Baker, Bo; Dee, Cy", "> **Title**:: T", "", "We cook."
    )
    assert entry.authors[-2:] == ("Bo Baker", "Cy Dee")
    assert entry.title == "T"


@pytest.mark.parametrize(
    ("line", "tags"),
    [
        ("- **Tags**: #moe #cooking", ("moe", "cooking")),
        ("Tags: moe, cooking", ("moe", "cooking")),
        ("tags:: [[moe]], [[cooking]]", ("moe", "cooking")),
        ("**Keywords**: moe, state space", ("moe", "state space")),
        ("키워드: moe, 요리", ("moe", "요리")),
        ("> **标签**：`moe` `cooking`", ("moe", "cooking")),
        ("| Tags | #moe, #cooking |", ("moe", "cooking")),
    ],
)
def test_tags_are_read_from_their_line(line, tags):
    assert read("# T", line, "", "We cook.").tags == tags


def test_what_is_no_field_of_a_paper_stays_as_text_above_the_commentary():
    entry = read(
        "# T",
        "- **Venue**: CVPR 2024",
        f"- **Paper**: {ARXIV} (Oral)",
        "- 학회: NeurIPS",
        "- **무엇**: 요리",
        "We cook.",
    )
    assert said(entry) == ["- **Venue**: CVPR 2024", "Oral", "- 학회: NeurIPS", "- **무엇**: 요리", "We cook."]
    assert (entry.title, entry.authors, entry.abstract) == ("T", (), ())


@pytest.mark.parametrize(
    ("lines", "title"),
    [
        pytest.param(["# Sparse Kitchens", "## Abstract"], "Sparse Kitchens", id="heading"),
        pytest.param(["# 제목: Sparse Kitchens"], "Sparse Kitchens", id="labelled heading"),
        pytest.param(["# Paper Review", "## Sparse Kitchens", "### Method"], "Sparse Kitchens", id="below a genre"),
        pytest.param([f"## [Sparse Kitchens]({ARXIV})", "words"], "Sparse Kitchens", id="linked heading"),
        pytest.param([f"## [Sparse Kitchens](notes/s.md) [[arXiv]({ARXIV})]"], "Sparse Kitchens", id="two links"),
        pytest.param([f"### **[Sparse Kitchens]({ARXIV})**"], "Sparse Kitchens", id="bold and linked"),
        pytest.param(["# [[Sparse Kitchens]]"], "Sparse Kitchens", id="a note's name"),
        pytest.param(["# Sparse Kitchens (SK-Net)"], "Sparse Kitchens (SK-Net)", id="a short name in brackets"),
        pytest.param(["# Sparse Kitchens (Ada Cook, Bo Baker)"], "Sparse Kitchens", id="authors in brackets"),
        pytest.param(["Title: Sparse Kitchens"], "Sparse Kitchens", id="label"),
        pytest.param(["- **Title**: *Sparse Kitchens*"], "Sparse Kitchens", id="bold label"),
        pytest.param(["> **Title**:: Sparse Kitchens"], "Sparse Kitchens", id="quoted label"),
        pytest.param(["title:: Sparse Kitchens"], "Sparse Kitchens", id="page property"),
        pytest.param(["# 희소한 부엌", "> **论文**：*Sparse Kitchens*"], "Sparse Kitchens", id="the paper's own name"),
        pytest.param([f"- [Sparse Kitchens]({ARXIV})", "", "We cook."], "Sparse Kitchens", id="linked item"),
        pytest.param([f"[Sparse Kitchens]({ARXIV}) (ICLR 2024)", "We cook."], "Sparse Kitchens", id="venue behind"),
        pytest.param([f"Paper: [Sparse Kitchens]({ARXIV})"], "Sparse Kitchens", id="labelled link"),
        pytest.param(["## Introduction", "We cook.", "## Method"], "file name", id="only sections"),
        pytest.param(["## 1. 요약", "요리합니다.", "## 2. 방법"], "file name", id="numbered sections"),
        pytest.param(["# 📌 Summary", "We cook."], "file name", id="a section with a sign"),
        pytest.param(["# TL;DR", "We cook."], "file name", id="TL;DR"),
        pytest.param(["![image](https://a.b/c.png)", "We cook."], "file name", id="picture"),
        pytest.param(["# ![Logo](https://a.b/c.png) Sparse Kitchens"], "Sparse Kitchens", id="picture in a heading"),
        pytest.param(["## どんなもの？", "料理", "## 手法"], "file name", id="Japanese sections"),
    ],
)
def test_the_title_is_never_a_section_or_a_picture(lines, title):
    assert read(*lines).title == title


@pytest.mark.parametrize(
    ("name", "day", "title"),
    [
        ("2024-05-02-sparse-kitchens-cook.md", date(2024, 5, 2), "sparse kitchens cook"),
        ("2024-05-02-sparse-kitchens/index.md", date(2024, 5, 2), "2024"),
        ("240502 Rho-1.md", date(2024, 5, 2), "Rho-1"),
        ("240502 Sparse Kitchens 0123456789abcdef0123456789abcdef.md", date(2024, 5, 2), "Sparse Kitchens"),
        ("240502 Sparse_Kitchens_Cook.md", date(2024, 5, 2), "Sparse Kitchens Cook"),
        ("240502 2405.00014 Sparse Kitchens.md", date(2024, 5, 2), "Sparse Kitchens"),
    ],
)
def test_a_file_name_becomes_a_title(name, day, title):
    digest = parse_note(name, "We cook.")
    assert digest.day == day
    assert title == "2024" or digest.entries[0].title == title


def test_an_arxiv_id_in_the_name_is_a_link_where_the_text_has_none():
    assert read("We cook.", name="240502 2405.00014 Sparse Kitchens.md").links == (ARXIV,)
    assert read(CODE, "We cook.", name="240502 2405.00014 Sparse Kitchens.md").links == (CODE,)


@pytest.mark.parametrize(
    "heading", ["## Abstract", "# 초록", "## 1. Abstract", "**Abstract**", "## 摘要", "- ## Abstract"]
)
def test_a_section_called_abstract_is_the_abstract(heading):
    entry = read("# T", ARXIV, heading, "We cook.", "It works.", "## Method", "We stir.")
    assert (entry.abstract, said(entry)) == (("We cook.", "It works."), ["## Method", "We stir."])


def test_a_labelled_abstract_is_the_abstract():
    entry = read("# T", "**Abstract**: We cook.", "", "잘 됩니다.")
    assert (entry.abstract, said(entry)) == (("We cook.",), ["잘 됩니다."])


@pytest.mark.parametrize(
    ("text", "links"),
    [
        pytest.param(["We cook.", "## Method", f"* [Link to the paper]({ARXIV})"], (ARXIV,), id="labelled, far down"),
        pytest.param(
            ["We cook.", "* [Paper](https://oven.example/p.html)"], ("https://oven.example/p.html",), id="any host"
        ),
        pytest.param([f"Here is file name ({ARXIV}) at last, and we cook."], (ARXIV,), id="the only one"),
        pytest.param(
            ["We cook.", "## Method", f"- as [File Name]({ARXIV}) says", f"- {ARXIV[:-1]}5"], (ARXIV,), id="called so"
        ),
        pytest.param(["We cook.", f"It is similar to {ARXIV}."], (), id="another paper"),
        pytest.param(["We cook.", f"비슷한 논문으로 {ARXIV} 가 있습니다."], (), id="another paper in Korean"),
        pytest.param(["We cook.", "## References", f"- {ARXIV}"], (), id="references"),
        pytest.param(["We cook.", "```", ARXIV, "```"], (), id="code"),
        pytest.param([CODE, "We cook.", f"See {ARXIV}."], (CODE,), id="the head has one"),
    ],
)
def test_where_the_head_has_no_link_the_text_may_give_it(text, links):
    assert read(*text).links == links


def test_a_mistyped_link_costs_neither_title_nor_abstract():
    entry = read(f"z{ARXIV}", "", "*Sparse Kitchens* (Ada Cook, Bo Baker)", "", "> We cook.", "", "잘 됩니다.")
    assert (entry.title, entry.authors, entry.links) == ("Sparse Kitchens", ("Ada Cook", "Bo Baker"), (ARXIV,))
    assert (entry.abstract, said(entry)) == (("We cook.",), ["잘 됩니다."])


def test_a_stray_line_above_the_title_is_kept_as_text():
    entry = read("어제 읽은 것", "*Sparse Kitchens* (Ada Cook, Bo Baker)", "> We cook.", "잘 됩니다.")
    assert (entry.title, entry.abstract) == ("Sparse Kitchens", ("We cook.",))
    assert said(entry) == ["어제 읽은 것", "잘 됩니다."]


def test_a_title_that_begins_like_a_label_is_a_title():
    entry = read(ARXIV, "*Demo: Cooking on Stage* (Ada Cook, Bo Baker)", "> We cook.")
    assert (entry.title, entry.authors) == ("Demo: Cooking on Stage", ("Ada Cook", "Bo Baker"))


def test_a_reference_managers_template_is_read():
    entry = read(
        "---",
        "citekey: cook2024",
        "aliases: []",
        "---",
        "> [!Cite]",
        "> Cook, A., & Baker, B. (2024). Sparse Kitchens. https://doi.org/10.1145/3292500.3330701",
        "",
        "> [!md]",
        "> **Title**:: Sparse Kitchens",
        "> **Year**:: 2024",
        "> **DOI**:: 10.1145/3292500.3330701",
        "",
        "> [!Abstract]",
        "> We cook with few ovens.",
        "",
        "# Notes",
        "They cook well.",
        name="240502 @cook2024.md",
    )
    assert (entry.title, entry.links) == ("Sparse Kitchens", ("https://doi.org/10.1145/3292500.3330701",))
    assert entry.abstract == ("We cook with few ovens.",)
    assert said(entry)[-2:] == ["# Notes", "They cook well."]


def test_a_block_editors_page_is_read():
    entry = read(
        "title:: Sparse Kitchens",
        "authors:: [[Ada Cook]], [[Bo Baker]]",
        f"url:: {ARXIV}",
        "tags:: [[moe]], [[cooking]]",
        "",
        "- ## Abstract",
        "  id:: 6630b1c2-0000-4000-8000-000000000000",
        "\t- We cook.",
        "- ## My notes",
        "  collapsed:: true",
        "\t- They cook well.",
    )
    assert (entry.title, entry.authors, entry.links) == ("Sparse Kitchens", ("Ada Cook", "Bo Baker"), (ARXIV,))
    assert (entry.tags, entry.abstract) == (("moe", "cooking"), ("We cook.",))
    assert said(entry) == ["- ## My notes", "- They cook well."]


def test_an_exported_page_with_property_lines_is_read():
    facts = f"Authors: Ada Cook, Bo Baker\nURL: {ARXIV}\nDate: May 2, 2024\nTags: moe, cooking\nStatus: Done"
    text = f"# Sparse Kitchens\n\n{facts}\n\nWe cook.\n"
    digest = parse_note("Sparse Kitchens 0123456789abcdef0123456789abcdef.md", text)
    entry = digest.entries[0]
    assert (digest.day, entry.title, entry.authors) == (date(2024, 5, 2), "Sparse Kitchens", ("Ada Cook", "Bo Baker"))
    assert (entry.links, entry.tags) == ((ARXIV,), ("moe", "cooking"))
    assert said(entry) == ["Status: Done", "We cook."]


def test_marks_that_build_a_site_are_not_read():
    entry = read(
        "# T",
        "{:toc}",
        "{% include toc.html %}",
        '{{< figure src="https://a.b/c.png" caption="The oven" >}}',
        "<!-- a secret -->",
        "We cook {{% math %}}x{{% /math %}}.",
        "`<!-- shown -->`",
    )
    assert said(entry) == ["![The oven](https://a.b/c.png)", "We cook x.", "`<!-- shown -->`"]


def test_a_section_of_facts_is_read_wherever_it_stands():
    entry = read(
        "# T",
        "We cook.",
        "## 📌 Metadata",
        "---",
        "url:",
        f"- [paper]({ARXIV})",
        "- **Authors**: Ada Cook, Bo Baker",
        "## Method",
        "x",
    )
    assert (entry.links, entry.authors) == ((ARXIV,), ("Ada Cook", "Bo Baker"))
    assert said(entry) == ["We cook.", "## Method", "x"]


def test_a_table_of_facts_may_lie_down():
    entry = read(
        "# T",
        "| Title | Authors | Link |",
        "|---|---|---|",
        f"| Sparse Kitchens | Ada Cook, Bo Baker | {ARXIV} |",
        "We cook.",
    )
    assert (entry.title, entry.authors, entry.links) == ("Sparse Kitchens", ("Ada Cook", "Bo Baker"), (ARXIV,))
    assert (
        read("# T", "| Model | Score |", "|---|---|", "| A | 1 |", "x")
        .commentary[0]
        .text.startswith("| Model | Score |")
    )


def test_headings_may_be_labels():
    entry = read(
        "### Paper:", "", "Sparse Kitchens: A Study", "", "### Author:", "", "Ada Cook, Bo Baker", "", "### Year:", "",
        "2024", "", "### Link:", "", ARXIV, "", "### Notes:", "", "We cook.",
    )  # fmt: skip
    assert (entry.title, entry.authors) == ("Sparse Kitchens: A Study", ("Ada Cook", "Bo Baker"))
    assert entry.links == (ARXIV,)
    assert said(entry) == ["### Year:", "2024", "### Notes:", "We cook."]


BIBTEX = """```bibtex
@article{cook2024sparse,
  title={{Sparse} Kitchens: {A} Study},
  author = "Cook, Ada and Baker, Bo",
  journal={arXiv preprint arXiv:2405.00014},
  year={2024}
}
```"""


def test_a_record_of_the_paper_fills_what_nothing_else_says():
    entry = read("We cook.", BIBTEX, name="240509 @cook2024.md")
    assert (entry.title, entry.authors) == ("Sparse Kitchens: A Study", ("Ada Cook", "Bo Baker"))
    assert entry.links == (ARXIV,)
    assert said(entry)[0] == "We cook."
    entry = read("# Another Title", "Authors: Cy Dee, Ed Eff", "https://doi.org/10.1145/3292500.3330701", BIBTEX)
    assert (entry.title, entry.authors) == ("Another Title", ("Cy Dee", "Ed Eff"))
    assert entry.links == ("https://doi.org/10.1145/3292500.3330701",)


def test_records_of_several_papers_are_no_ones():
    assert read("We cook.", BIBTEX, BIBTEX.replace("cook2024", "baker2024")).authors == ()


@pytest.mark.parametrize(
    "line", ["[HOME](../README.md)", "[Back to the list](./list.md) | [Next](b.md)", "« [목록으로](../README.md)"]
)
def test_a_line_that_leads_about_the_site_is_no_title(line):
    entry = read(line, "", "### LoRA", "", f"[`PAPER`]({ARXIV})", "", "We cook.")
    assert (entry.title, entry.authors, entry.links[0]) == ("LoRA", (), ARXIV)
    assert said(entry) == ["We cook."]


def test_the_target_of_a_link_is_no_author():
    entry = read("[Ovens of old](../Ovens.md)", "", "We cook.", name="240509 Sparse Kitchens.md")
    assert (entry.title, entry.authors) == ("Sparse Kitchens", ())


def test_a_long_title_in_brackets_beats_the_short_name_above_it():
    entry = read("### SK", "", "[Sparse Kitchens: Cooking with Fewer Pans]", "", ARXIV, "", "We cook.")
    assert entry.title == "Sparse Kitchens: Cooking with Fewer Pans"


@pytest.mark.parametrize("between", [[], ["", "### Date: Sep. 19, 2020", "### Student: 17 / Ada", ""]])
def test_a_title_with_the_papers_link_beats_a_heading_of_a_course(between):
    title = f"[Sparse Kitchens: Cooking with Fewer Pans]({ARXIV})"
    entry = read("# Reports for the Society of Cooks", *between, title, CODE, "", "We cook.")
    assert entry.title == "Sparse Kitchens: Cooking with Fewer Pans"
    assert entry.links == (ARXIV, CODE)
    assert said(entry)[-1] == "We cook."
    assert "Reports for the Society of Cooks" in said(entry)


def test_a_link_below_words_is_no_title():
    entry = read("# Sparse Kitchens", "", "We cook as they do in", "", f"[An Older Kitchen of Pans]({ARXIV})")
    assert entry.title == "Sparse Kitchens"


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("Gummadi, Shreya, Valverde Gasparino, Mateus", ("Shreya Gummadi", "Mateus Valverde Gasparino")),
        ("Teissing, Krystof, Novosad, Matej, Penicka, Robert, and Saska, Martin",
         ("Krystof Teissing", "Matej Novosad", "Robert Penicka", "Martin Saska")),
        ("Xiao, Chuyang, Wang, Dawei", ("Chuyang Xiao", "Dawei Wang")),
        ("Cook, A., Baker, B. C.", ("A Cook", "B. C Baker")),
        ("Cook, Ada; Baker, Bo", ("Ada Cook", "Bo Baker")),
        ("Cook, Ada and Baker, Bo and Dorr, Cy", ("Ada Cook", "Bo Baker", "Cy Dorr")),
        ("Chen, Kornblith, Norouzi, Hinton", ("Chen", "Kornblith", "Norouzi", "Hinton")),
        ("Google, Meta, OpenAI, Anthropic", ("Google", "Meta", "OpenAI", "Anthropic")),
        ("Ada Cook, Robert Baker, Cy Dorr, Di Ermer", ("Ada Cook", "Robert Baker", "Cy Dorr", "Di Ermer")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("line", ["- **Authors**: {}", "| Authors | {} |\n|---|---|\n| Link | " + ARXIV + " |"])
def test_reads_names_with_the_family_name_first(words, names, line):
    assert read("# Sparse Kitchens", *line.format(words).split("\n"), "We cook.").authors == names


def test_a_list_in_front_matter_pairs_family_and_given_names():
    entry = read("---", "authors: [Gummadi, Shreya, Novosad, Robert]", "---", "# Sparse Kitchens", "We cook.")
    assert entry.authors == ("Shreya Gummadi", "Robert Novosad")


@pytest.mark.parametrize("aside", ["(Fork & Customize)", "(Fast, Simple, Robust)", "(StyleGAN)"])
def test_an_aside_of_a_heading_is_no_author(aside):
    entry = read(f"# Sparse Kitchens {aside}", ARXIV, "We cook.")
    assert (entry.title, entry.authors) == (f"Sparse Kitchens {aside}", ())


def test_a_list_of_one_papers_facts_is_its_head():
    head = [
        "# 제목: Sparse Kitchens",
        "",
        "- 학회: CVPR '24",
        f"- 링크: {ARXIV}",
        f"- 코드: {CODE}",
        "",
        "- 요리합니다.",
    ]
    entry = parse_document("240509 list.md", "\n".join(head).encode()).entries[0]
    assert entry.links == (ARXIV, CODE)
    assert "- 학회: CVPR '24" in said(entry)


@pytest.mark.parametrize(
    ("sentence", "own"),
    [
        (f"We cook as Ovens(https://arxiv.org/abs/2006.07733) do, and as Pans({ARXIV}) do.", ()),
        (f"We cook as Ovens({ARXIV}) do.", ()),
        (f"Kitchens({ARXIV}) are sparse.", (ARXIV,)),
        (f"We read the paper({ARXIV}).", (ARXIV,)),
        (f"We read it ({ARXIV}) and then https://arxiv.org/abs/2006.07733", (ARXIV,)),
    ],
)
def test_a_link_behind_the_name_of_another_paper_is_not_the_notes_own(sentence, own):
    assert read(sentence, name="240509 Sparse Kitchens.md").links == own


def test_a_year_behind_the_last_author_is_no_part_of_the_name():
    entry = read("### SK", "", "[Sparse Kitchens Revisited]", "", "Ada Cook , Bo Baker (2018)", "", ARXIV, "We cook.")
    assert (entry.title, entry.authors) == ("Sparse Kitchens Revisited", ("Ada Cook", "Bo Baker"))
