from datetime import date

import pytest

from bot.digest.note import parse_note


def read(*lines):
    return parse_note("240412 Name of the file.md", "\n".join(lines)).entries[0]


@pytest.mark.parametrize(
    ("line", "title", "authors"),
    [
        ("*T: a (b)* (Ada Byron, C D)", "T: a (b)", ("Ada Byron", "C D")),
        ("**T** (Ada Byron)", "T", ("Ada Byron",)),
        ("*V\\*: Stars* (Ada Byron)", "V\\*: Stars", ("Ada Byron",)),
        ("*T without Authors*", "T without Authors", ()),
        ("T: a (b) (Ada Byron, C D)", "T: a (b)", ("Ada Byron", "C D")),
        ("#InsTag: T (Ada Byron, C D)", "#InsTag: T", ("Ada Byron", "C D")),
        ("# T", "T", ()),
        ("[T](https://a.b) (Ada Byron, C D)", "T", ("Ada Byron", "C D")),
        ("Second Paper: A Study (김민지, 박지은)", "Second Paper: A Study", ("김민지", "박지은")),
        ("*T* （Ada Byron, C D）", "T", ("Ada Byron", "C D")),
        ("반죽의 이론 (김철수, 이영희)", "반죽의 이론", ("김철수", "이영희")),
    ],
)
def test_a_title_line_has_many_forms(line, title, authors):
    entry = read("https://arxiv.org/abs/2404.07965", "", line, "", "본문입니다.")
    assert (entry.title, entry.authors, len(entry.commentary)) == (title, authors, 1)


@pytest.mark.parametrize(
    "line",
    [
        "평범한 문단 (BERT)",
        "A plain line that is no title",
        "어떤 지적에 대해 반박했군요. (https://x.com/a)",
        "* 목록의 항목",
        "- item (Ada Byron)",
    ],
)
def test_where_no_line_is_a_title_the_name_is(line):
    entry = read(line)
    assert (entry.title, [paragraph.text for paragraph in entry.commentary]) == ("Name of the file", [line])


def test_a_link_is_the_papers_until_the_abstract_or_the_commentary_begins():
    links = [f"https://a.b/{n}" for n in range(5)]
    entry = read(links[0], "*T*", links[1], "> abstract", links[2], "본문.", links[3], f"{links[4]} 이것도.")
    assert entry.links == (links[0], links[1])
    assert [paragraph.text for paragraph in entry.commentary] == [links[2], "본문.", links[3], f"{links[4]} 이것도."]


def test_a_link_before_words_on_one_line_is_the_papers():
    entry = read("https://a.b/1 이런 논문이 나왔군요.")
    assert (entry.links, entry.commentary[0].text) == (("https://a.b/1",), "이런 논문이 나왔군요.")


def test_tags_stand_anywhere_and_english_below_them_is_commentary():
    entry = read("*T*", "#a", "", "한국어입니다.", "#b", "", "English words follow the tags here.")
    assert entry.tags == ("a", "b")
    assert [paragraph.lang for paragraph in entry.commentary] == ["ko", "en"]


def test_links_to_other_notes_are_their_names_except_in_the_links_section():
    entry = read(
        "*T*",
        "[[231130 Older]] 와 [[Newer|새것]]",
        "[[]]",
        "# Links",
        "[[240101 Gone]]",
        "- [[Gone too]]",
        "남은 문단.",
    )
    assert [paragraph.text for paragraph in entry.commentary] == ["231130 Older 와 새것", "[[]]", "남은 문단."]


def test_english_marks_may_share_a_line_with_words():
    entry = read("*T*", "한국어.", "<english>First words.", "Last words.</english>", "다시 한국어.")
    assert [(paragraph.text, paragraph.lang) for paragraph in entry.commentary] == [
        ("한국어.", "ko"),
        ("First words.", "en"),
        ("Last words.", "en"),
        ("다시 한국어.", "ko"),
    ]


def test_what_stands_between_english_marks_is_english_however_short():
    entry = read("*T*", "한국어.", "MoE + RoPE", "<english>", "MoE + RoPE", "</english>", "x = 1")
    assert [paragraph.lang for paragraph in entry.commentary] == ["ko", "ko", "en", "ko"]


def test_a_fenced_block_is_one_paragraph_with_its_lines():
    entry = read("*T*", "앞.", "```", "#no tag", "", "  x = 1", "```", "뒤.")
    assert [paragraph.text for paragraph in entry.commentary] == ["앞.", "```\n#no tag\n\n  x = 1\n```", "뒤."]
    assert entry.tags == ()


def test_a_quote_after_the_commentary_began_is_commentary():
    entry = read("*T*", "> abstract", "본문.", "> quoted")
    assert (entry.abstract, entry.commentary[1].text) == (("abstract",), "> quoted")


@pytest.mark.parametrize("tags", ["[a, b_c]", "a, b_c", "'#a #b_c'", "\n  - a\n  - '#b_c'"])
def test_front_matter_gives_tags_and_a_day(tags):
    digest = parse_note("Undated.md", f"---\ntags: {tags}\ndate: 2024-04-12\n---\n*T*\n")
    assert (digest.day, digest.entries[0].tags) == (date(2024, 4, 12), ("a", "b_c"))


def test_a_name_dates_a_note_before_its_front_matter():
    assert parse_note("240411 T.md", "---\ndate: 2024-04-12\n---\nx").day == date(2024, 4, 11)


@pytest.mark.parametrize(
    ("line", "links"),
    [
        ("- https://a.b/c", ("https://a.b/c",)),
        ("<https://a.b/c>", ("https://a.b/c",)),
        ("arxiv.org/abs/2404.07965", ("https://arxiv.org/abs/2404.07965",)),
        ("Paper: https://a.b/c", ("https://a.b/c",)),
        ("[arXiv](https://a.b/c) [code](https://a.b/d)", ("https://a.b/c", "https://a.b/d")),
        ("[https://a.b/c](https://t.racker/?u=c)", ("https://a.b/c",)),
    ],
)
def test_links_above_the_title_have_many_forms(line, links):
    entry = read(line, "*T* (Ada Byron)", "> abstract", "본문.")
    assert (entry.title, entry.authors, entry.links) == ("T", ("Ada Byron",), links)
    assert (entry.abstract, len(entry.commentary)) == (("abstract",), 1)


def test_authors_may_stand_on_the_line_below_the_title():
    entry = read("https://a.b", "*T*", "(Ada Byron, Kurt Gödel)", "> abstract", "(Mixtral, GShard)")
    assert (entry.authors, entry.abstract) == (("Ada Byron", "Kurt Gödel"), ("abstract",))
    assert [paragraph.text for paragraph in entry.commentary] == ["(Mixtral, GShard)"]


def test_a_callout_above_the_commentary_is_the_abstract_and_one_inside_stays_a_callout():
    entry = read("*T*", "> [!abstract] Abstract", "> We bake.", "본문.", "> [!note]- 덧붙임", "> 더.", "> [!quote]")
    assert entry.abstract == ("We bake.",)
    assert [paragraph.text for paragraph in entry.commentary] == ["본문.", "> [!note]- 덧붙임", "> 더.", "> [!quote]"]


def test_what_the_curator_hid_is_never_read():
    entry = read("%% a secret %%", "*T* (Ada Byron)", "본문%% secret %%입니다.", "%%", "a secret", "%%", "`%%` 100%%.")
    assert [paragraph.text for paragraph in entry.commentary] == ["본문입니다.", "`%%` 100%%."]
    assert read("*T*", "본문.", "```", "%% not hidden %%", "```", "%% never", "closed").commentary[-1].text == (
        "```\n%% not hidden %%\n```"
    )


@pytest.mark.parametrize("title", ["Frozen Routers (FR)", "Mixture of Ovens (MoO)", "Half-Baked Models (HBMs)"])
def test_a_titles_own_acronym_is_no_author(title):
    entry = read("https://a.b", title, "본문.")
    assert (entry.title, entry.authors, len(entry.commentary)) == (title, (), 1)


def test_tags_at_the_end_of_the_last_paragraph_are_the_notes():
    entry = read("*T*", "본문 #not.", "반죽은 cnn #normalization, #resnet")
    assert entry.tags == ("normalization", "resnet")
    assert [paragraph.text for paragraph in entry.commentary] == ["본문 #not.", "반죽은 cnn"]
    assert read("*T*", "이슈 #12", "").commentary[0].text == "이슈 #12"


def test_the_notes_it_links_to_are_kept_by_their_names_each_once():
    entry = read(
        "*T*",
        "> [[In the abstract]]",
        "[[230330 Self-Refine|앞선 글]] 과 [[papers/2023/231130 Older.md#Method]] 그리고 [[#여기]] [[]]",
        "#tag",
        "# Links",
        "[[231130 Older]]",
        "- [[220613 I$^2$SB.md]]",
        "![[230101 Shown\\|표]]",
    )
    assert entry.notes == (
        "In the abstract", "230330 Self-Refine", "231130 Older", "220613 I$^2$SB", "230101 Shown",
    )  # fmt: skip


def test_a_note_that_is_hidden_is_no_link():
    assert read("*T*", "본문. %% [[230101 Secret]] %%").notes == ()


def test_an_embedded_file_stays_and_an_embedded_note_is_its_name():
    text = "https://arxiv.org/abs/2404.07965\n*Rho-1* (A B, C D)\n설명 ![[plots/fig.png|300]] 그리고 ![[240412 Rho-1]]."
    (entry,) = parse_note("240412 Rho-1.md", text).entries
    assert [paragraph.text for paragraph in entry.commentary] == ["설명 ![[plots/fig.png|300]] 그리고 240412 Rho-1."]


def test_tables_and_nested_lists_of_a_commentary_are_paragraphs():
    text = "*Rho-1* (A B, C D)\n설명.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n- 하나\n  - 둘\n- 셋"
    (entry,) = parse_note("240412 Rho-1.md", text).entries
    assert [paragraph.text for paragraph in entry.commentary] == [
        "설명.",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "- 하나\n    - 둘",
        "- 셋",
    ]
