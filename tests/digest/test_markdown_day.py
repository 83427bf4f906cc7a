import contextlib
import time
from datetime import date

import pytest

from bot.digest.document import parse_digests, parse_document
from bot.errors import DigestFormatError

MAMBA = "https://arxiv.org/abs/2312.00752"
LORA = "https://arxiv.org/abs/2106.09685"
DPO = "https://arxiv.org/abs/2305.18290"
TITLES = [
    "Mamba: Linear-Time Sequence Modeling with Selective State Spaces",
    "LoRA: Low-Rank Adaptation of Large Language Models",
    "Direct Preference Optimization: Your Language Model is Secretly a Reward Model",
]
LINKS = [MAMBA, LORA, DPO]
PAPERS = list(zip(TITLES, LINKS, strict=True))
DAY = date(2024, 5, 4)


def read(text, name="2024-05-04.md"):
    return parse_document(name, text.encode())


def shown(digest):
    return [(entry.title, entry.links[0]) for entry in digest.entries]


def each(layout, between="\n\n"):
    return between.join(
        layout.replace("TITLE", title).replace("LINK", link).replace("N", str(n))
        for n, (title, link) in enumerate(PAPERS, 1)
    )


LAYOUTS = {
    "linked headings": "## [TITLE](LINK)\nAda Cook, Bo Baker\n\nWe tried it.\n#moe",
    "headings with a number": "### N. [TITLE](LINK)\n\nWe tried it.",
    "headings, link below": "## TITLE\n\n**Authors:** Ada Cook, Bo Baker\n\n[Paper](LINK)\n\nWe tried it.",
    "headings, link behind": "### TITLE [[PDF]](LINK) [[Code]](https://github.com/a/b)\n\nWe tried it.",
    "headings, labelled list": "## N) TITLE\n- **Link**: LINK\n- Authors: Ada Cook, Bo Baker\n- Summary: We tried it.",
    "headings, link in a subsection": "## Title: TITLE\n\n### Summary\nWe tried it.\n\n[Read Paper](LINK)",
    "headings, paper and tweet": "## N. TITLE\nWe tried it. ([Paper](LINK) | [Tweet](https://x.com/a/status/N))",
    "headings with an id": "## TITLE (arXiv:LINK)\n\nWe tried it.",
    "bulleted links": "- [TITLE](LINK): We tried it.",
    "bulleted, bold": "- **TITLE** - We tried it. [paper](LINK)",
    "bulleted, lines": "- **TITLE**  \n  Ada Cook, Bo Baker  \n  _2024-05-03_ · LINK · `cs.LG`\n\n  We tried it.\n",
    "numbered": "N. [TITLE](LINK)\n\n   We tried it.",
    "numbered, comment outside": "N. [TITLE](LINK)\n\nWe tried it.",
    "numbered, plain": "N. TITLE. We tried it. ([arXiv](LINK))",
    "nested facts": "- TITLE\n  - Authors: Ada Cook, Bo Baker\n  - Link: LINK\n  - We tried it.",
    "bold lines": "**TITLE**\nAda Cook, Bo Baker\n[arXiv](LINK)\n\nWe tried it.",
    "linked lines": "[TITLE](LINK)\n\nWe tried it.",
    "bracketed numbers": "[N] TITLE\nLINK\n\nWe tried it.",
    "link above": "LINK\nTITLE\n\nWe tried it.",
    "with an emoji": "### 📄 [TITLE](LINK)\n👥 Ada Cook, Bo Baker et al.\n\nWe tried it.",
    "Chinese labels": "### N. TITLE\n\n**作者**：Ada Cook, Bo Baker\n\n**链接**：LINK\n\n**摘要**：We tried it.",
    "unknown labels": "### N. TITLE\n\n**Our own mark:** 53\n\n**Paper link:** LINK\n\n**Summary:** We tried it.",
    "Korean labels": "### TITLE\n- 저자: Ada Cook, Bo Baker\n- 링크: [arXiv](LINK)\n- 요약: We tried it.",
    "collapsed": (
        "### [N] [TITLE](LINK)\n*Ada Cook, Bo Baker*\n\n"
        "<details><summary>Abstract</summary>\n\nWe tried it.\n\n</details>"
    ),
}


@pytest.mark.parametrize("layout", [pytest.param(text, id=name) for name, text in LAYOUTS.items()])
@pytest.mark.parametrize("heading", ["", "# Papers of 2024-05-04\n\n", "# 2024-05-04\n\n"])
def test_each_paper_of_a_day_is_an_entry(layout, heading):
    digest = read(heading + each(layout) + "\n")
    assert digest.day == DAY
    assert shown(digest) == PAPERS
    for entry in digest.entries:
        assert entry.authors == (("Ada Cook", "Bo Baker") if "Ada" in layout else ())
        said = [*entry.abstract, *(paragraph.text for paragraph in entry.commentary)]
        assert [text.removeprefix("- ") for text in said if "mark" not in text] == ["We tried it."]


@pytest.mark.parametrize(
    ("head", "row"),
    [
        ("| Title | Authors | Summary |", "| [TITLE](LINK) | Ada Cook, Bo Baker | We tried it. |"),
        ("| Title | Authors | Summary |", "| TITLE (Read more on [arXiv](LINK)) | Ada Cook, Bo Baker | We tried it. |"),
        ("| # | Paper | Link | Summary |", "| N | TITLE | [PDF](LINK) | We tried it. |"),
        ("| Date | Title | Authors | PDF |", "| 2024-05-03 | **TITLE** | Ada Cook et.al. | [2312.1](LINK) |"),
        ("| **Paper** | **Links** |", "| N) **TITLE** - We tried it. | [Paper](LINK), [Tweet](https://x.com/a) |"),
        ("| 제목 | 저자 | 링크 |", "| TITLE | Ada Cook, Bo Baker | LINK |"),
    ],
)
def test_each_row_of_a_table_is_an_entry_and_its_head_is_none(head, row):
    rule = "|" + "---|" * (head.count("|") - 1)
    digest = read(f"## Papers\n\n{head}\n{rule}\n" + each(row, "\n"))
    assert shown(digest) == PAPERS
    assert all(entry.authors[0] == "Ada Cook" for entry in digest.entries if "Ada" in row)
    assert all("We tried it." in entry.commentary[0].text for entry in digest.entries if "tried" in row)


def test_an_entry_does_not_swallow_the_next_where_tags_stand_in_the_text():
    digest = read("# 2024-05-04\n\n" + each("## [TITLE](LINK)\nGood #moe one.\n\n#rl"))
    assert shown(digest) == PAPERS
    assert [entry.tags for entry in digest.entries] == [("rl",)] * 3


def test_sections_of_topics_and_a_table_of_contents_are_no_papers():
    contents = "- [Language](#language)\n- [Vision](#vision)\n\n"
    text = (
        contents
        + f"## Language\n\n- [{TITLES[0]}]({MAMBA})\n- [{TITLES[1]}]({LORA})\n\n## Vision\n\n- [{TITLES[2]}]({DPO})\n"
    )
    assert shown(read(text)) == PAPERS


def test_a_list_that_repeats_below_counts_once_and_what_is_said_below_is_kept():
    top = "## Top papers this week\n\n" + each("- [TITLE](LINK)", "\n") + "\n\n"
    digest = read(top + each("## [TITLE](LINK)\n\nWe tried it."))
    assert shown(digest) == PAPERS
    assert [entry.commentary[0].text for entry in digest.entries] == ["We tried it."] * 3


def test_related_papers_of_an_entry_are_no_entries():
    related = (
        f"Related:\n- [Attention Is All You Need](https://arxiv.org/abs/1706.03762)\n- [Other Work on It]({DPO})\n"
    )
    digest = read(f"## [{TITLES[0]}]({MAMBA})\n\n{related}\n## [{TITLES[1]}]({LORA})\n\n{related}")
    assert shown(digest) == PAPERS[:2]


def test_code_and_tweets_are_further_links():
    layout = "- **TITLE** ([Paper](LINK) | [Code](https://github.com/a/bN) | [Tweet](https://x.com/a/status/N))"
    links = [entry.links for entry in read(each(layout, "\n")).entries]
    assert links[0] == (MAMBA, "https://github.com/a/b1", "https://x.com/a/status/1")


@pytest.mark.parametrize(
    ("name", "text", "day"),
    [
        ("digest_2024-05-04.md", "", DAY),
        ("any.md", "---\ndate: 2024-05-04\n---\n", DAY),
        ("any.md", "# Daily papers, May 4, 2024\n\n", DAY),
        ("any.md", "# Daily papers\n\nUpdated on 2024.05.04\n\n", DAY),
        ("any.md", "# Top papers of the week (April 28 - May 4) - 2024\n\n", DAY),
        ("2024-W18.md", "", date(2024, 5, 5)),
    ],
)
def test_the_day_is_in_the_name_the_front_matter_the_heading_or_below_it(name, text, day):
    digest = read(text + each("## [TITLE](LINK)\n\nWe tried it."), name)
    assert (digest.day, shown(digest)) == (day, PAPERS)


def test_the_days_of_a_long_file_are_days_of_their_own():
    text = (
        "# Papers\n\n## Week of April 29 - May 5\n\n"
        f"- [{TITLES[0]}](https://arxiv.org/abs/2404.00752)\n- [{TITLES[1]}](https://arxiv.org/abs/2404.09685)\n\n"
        f"## Week of April 22 - April 28, 2024\n\n- [{TITLES[2]}]({DPO})\n"
    )
    digests = parse_digests("README.md", text.encode())
    assert [(digest.day, len(digest.entries)) for digest in digests] == [(date(2024, 5, 5), 2), (date(2024, 4, 28), 1)]
    assert [digest.title for digest in digests] == ["Week of April 29 - May 5", "Week of April 22 - April 28, 2024"]
    with pytest.raises(DigestFormatError, match="2 days: 2024-05-05, 2024-04-28"):
        parse_document("README.md", text.encode())


def test_papers_without_a_day_among_days_are_refused_with_what_to_do():
    heads = ("2024-05-04", "2024-05-05", "Others")
    text = "\n\n".join(f"## {head}\n\n- [{title}]({link})" for head, (title, link) in zip(heads, PAPERS, strict=True))
    with pytest.raises(DigestFormatError, match="above each list of papers"):
        parse_digests("README.md", text.encode())


@pytest.mark.parametrize(
    "text",
    [
        f"*{TITLES[0]}*\n\nLike [S4]({LORA}) and [H3]({DPO}).",
        f"{MAMBA}\n\n*{TITLES[0]}* (Albert Gu, Tri Dao)\n\n## Related\n\n" + each("- [TITLE](LINK)", "\n"),
        f"{MAMBA}\n\n{TITLES[0]} (Albert Gu, Tri Dao)\n\nGood.\n\n" + each("LINK\n\nTITLE (Ada Cook)\n\nWe tried it."),
        f"---\nurl: {MAMBA}\n---\n\n## Related\n\n" + each("- [TITLE](LINK)", "\n"),
        f"# {TITLES[0]}\n\n[Paper]({MAMBA})\n\n## Method\n\nAs [S4]({LORA}).\n\n## Results\n\nUnlike [DPO]({DPO}).",
        "A long text about one thing.\n" * 30 + "\n## References\n\n" + each("- [TITLE](LINK)", "\n"),
    ],
)
def test_the_note_of_one_paper_that_links_to_others_stays_one(text):
    assert len(read(text, "240504 Mamba.md").entries) == 1


def test_several_papers_that_cannot_be_told_apart_are_refused_with_the_place():
    text = f"# Papers\n\nToday I read [one]({MAMBA}) and [another]({LORA}),\nand also [this]({DPO}).\n"
    with pytest.raises(DigestFormatError, match=r"line 3: .*several papers in one note"):
        read(text)


def test_prose_wrapped_by_hand_is_one_paragraph():
    text = "The model is a sequence of blocks that select what they keep,\nand it does as well as a transformer."
    entry = read(each(f"## [TITLE](LINK)\n\n{text}")).entries[0]
    assert [paragraph.text for paragraph in entry.commentary] == [text.replace("\n", " ")]


def test_a_footer_below_a_rule_is_no_commentary_of_the_last_paper():
    entry = read(each("## [TITLE](LINK)\n\nWe tried it.", "\n\n---\n\n") + "\n\n---\n\nMade by a script.\n").entries[-1]
    assert [paragraph.text for paragraph in entry.commentary] == ["We tried it."]


@pytest.mark.parametrize("mark", ["[" * 10, "[a](", "![", "<a ", "*a ", "`", "|", "> "])
def test_marks_without_end_take_no_more_than_linear_time(mark):
    before = time.process_time()
    with contextlib.suppress(DigestFormatError):
        read(f"## [{TITLES[0]}]({MAMBA})\n\n{mark * 20_000}\n\n## [{TITLES[1]}]({LORA})\n")
    assert time.process_time() - before < 4


def commentary(words):
    text = f"## [{TITLES[0]}]({MAMBA})\n\n{words}\n\n## [{TITLES[1]}]({LORA})\n\nWe tried it."
    return [paragraph.text for paragraph in read(text).entries[0].commentary]


def test_stars_and_backslashes_of_a_formula_mark_nothing():
    assert commentary(r"It costs $a*b*c$ and $x\_i \, y$.") == [r"It costs $a*b*c$ and $x\_i \, y$."]
    assert commentary("From $5 to *six* or $7.") == ["From $5 to *six* or $7."]


def test_items_below_an_item_stay_below_it():
    assert commentary("- one\n  - two\n    - three\n  - four\n- five") == [
        "- one\n    - two\n        - three\n    - four",
        "- five",
    ]


def test_a_table_in_the_commentary_stays_a_table():
    assert commentary("| Model | Score |\n|---|---|\n| Small | 3 |\n| Large | 4 |") == [
        "| Model | Score |\n|---|---|\n| Small | 3 |\n| Large | 4 |"
    ]


def test_a_cell_keeps_the_name_of_its_column():
    head = "| No | Paper | Link | Score | Strong point | Authors |\n|---|---|---|---|---|---|"
    rows = [f"| {n} | {title} | {link} | 4{n} | Good pans | Ada Cook |" for n, (title, link) in enumerate(PAPERS)]
    digest = read("\n".join([head, *rows]))
    assert shown(digest) == PAPERS
    assert [entry.authors for entry in digest.entries] == [("Ada Cook",)] * 3
    first = [paragraph.text for paragraph in digest.entries[0].commentary]
    assert first == ["Score: 40", "Strong point: Good pans"]


def test_a_note_whose_name_is_also_a_month_is_no_day_of_papers():
    code = "https://github.com/a/b"
    text = (
        f"{code}\n\n*APRIL: Active Partial Rollouts* (Ada Cook, Bo Baker)\n\n> We cook.\n\nNear to {MAMBA} and {DPO}."
    )
    assert shown(read(text, "250923 APRIL.md")) == [("APRIL: Active Partial Rollouts", code)]


@pytest.mark.parametrize("label", ["학회", "Venue"])
def test_labelled_facts_below_one_linked_title_are_the_head_of_a_note(label):
    text = f"# [{TITLES[0]}]({MAMBA})\n\n- {label}: COLM '24\n- 코드: https://github.com/a/b\n\n- We cook."
    digest = read(text, "240509 list.md")
    assert digest.shape == "note"
    assert f"- {label}: COLM '24" in [paragraph.text for paragraph in digest.entries[0].commentary]
