from datetime import date

import pytest

from bot.digest.dates import find_day, read_day, split_name
from bot.digest.lines import is_korean, is_link, leading_links, read_authors, read_languages, read_tags, split_authors

DAY = date(2024, 4, 12)


@pytest.mark.parametrize(
    "line",
    [
        "2024년 4월 12일",
        "2024년 4월 12일 (금)",
        "2024년 04월 12일 금요일",
        "2024-04-12",
        "# 2024-04-12",
        "2024. 4. 12.",
        "2024/04/12",
        "April 12, 2024",
        "Friday, April 12th, 2024",
        "Fri, 12 Apr 2024",
        "24년 4월 12일",
        "2024年 4月 12日",
        "2024 April 12",
        "2024-04-12T09:00:00Z",
        "2024-04-12T09:00:00.123+09:00",
        "2024-04-12 09:00",
    ],
)
def test_a_line_that_is_wholly_a_date_is_that_day(line):
    assert read_day(line) == DAY


@pytest.mark.parametrize(
    "line",
    [
        "GPT-4-Turbo-2024-04-09",
        "Updated at 12:00 p.m. ET on August 21, 2023",
        "2024-13-45",
        "4월 12일",
        "12",
        "",
        "2024-04-12T9",
        "124년 4월 12일",
        "Version 2024.4.12 of the Oven",
    ],
)
def test_a_line_with_other_words_is_no_date_line(line):
    assert read_day(line) is None


def test_a_date_inside_a_name_of_a_model_is_not_found():
    assert find_day("GPT-4-Turbo-2024-04-09") is None
    assert find_day("Papers of April 12, 2024, and more") == DAY


@pytest.mark.parametrize(
    ("name", "day", "title"),
    [
        ("vault/2024/240412 Rho-1.md", DAY, "Rho-1"),
        ("240412 Phi-1.5.md", DAY, "Phi-1.5"),
        ("240412 #InsTag.md", DAY, "#InsTag"),
        ("2024-04-12.txt", DAY, ""),
        ("20240412_Oven.html", DAY, "Oven"),
        ("241399 Not a date.md", None, "241399 Not a date"),
        ("2404120 Number.md", None, "2404120 Number"),
        ("Papers 2024-04-12.txt", DAY, "Papers 2024-04-12"),
        ("undated.md", None, "undated"),
    ],
)
def test_a_name_is_a_day_and_a_title(name, day, title):
    assert split_name(name) == (day, title)


@pytest.mark.parametrize(
    ("line", "tags"),
    [
        ("#moe #State_Space-Model", ("moe", "State_Space-Model")),
        ("#강화학습", ("강화학습",)),
        ("#a, #b", ("a", "b")),
        ("#1stage", ("1stage",)),
        ("#moe,#llm", ("moe", "llm")),
        ("#moe#llm", ("moe", "llm")),
        ("Tags: #moe #llm", ("moe", "llm")),
        ("태그: #moe, #강화학습", ("moe", "강화학습")),
        ("#moe · #llm", ("moe", "llm")),
        ("#moe | #llm ; #rl", ("moe", "llm", "rl")),
        ("＃moe ＃llm", ("moe", "llm")),
        ("#2024 #llm", ("2024", "llm")),
        ("#moe #llm.", ("moe", "llm")),
        ("#gpt-4.5, #a/b", ("gpt-4.5", "a/b")),
        ("Tags: how to set them", None),
        ("Tagging #1", None),
        ("#InsTag: Instruction Tagging", None),
        ("#1 #2", None),
        ("# Links", None),
        ("##", None),
        ("moe #llm", None),
    ],
)
def test_a_tag_line_holds_nothing_but_tags(line, tags):
    assert read_tags(line) == tags


@pytest.mark.parametrize(
    ("line", "authors"),
    [
        ("(Ada Byron, Charles Babbage)", ("Ada Byron", "Charles Babbage")),
        ("(OpenBakery)", ("OpenBakery",)),
        ("(The Kitchen Team @ Example)", ("The Kitchen Team @ Example",)),
        ("(01.AI: Ada Byron, Bob Rai (Bobby Lee), et al.)", ("01.AI: Ada Byron", "Bob Rai (Bobby Lee)")),
        ("(Aäron van den Oord, and Ada Byron)", ("Aäron van den Oord", "Ada Byron")),
        ("(김철수, 이영희)", ("김철수", "이영희")),
        ("(김민지, 박지은)", ("김민지", "박지은")),
        ("(민서, 예은)", ("민서", "예은")),
        ("(김민지)", ("김민지",)),
        ("(김철수 외 3명)", ("김철수",)),
        ("(Albert Gu and Tri Dao)", ("Albert Gu", "Tri Dao")),
        ("(Ada Byron, Albert Gu & Tri Dao)", ("Ada Byron", "Albert Gu", "Tri Dao")),
        ("(DeepBakery and OpenOven)", ("DeepBakery", "OpenOven")),
        ("(Speech and Language Team)", ("Speech and Language Team",)),
        ("(Ada Byron et al.)", ("Ada Byron",)),
        ("(Ada Byron, and 12 others)", ("Ada Byron",)),
        ("（Ada Byron，Kurt Gödel）", ("Ada Byron", "Kurt Gödel")),
        ("(et al.)", None),
        ("(아마도)", None),
        ("(물론, 이건 조금 다르긴 합니다만)", None),
        ("(which, in practice, is slow)", None),
        ("(https://arxiv.org/abs/2404.07965)", None),
        ("(A) and (B)", None),
        ("(Ada Byron", None),
        ("()", None),
    ],
)
def test_an_author_list_is_told_from_an_aside(line, authors):
    assert read_authors(line) == authors


def test_brackets_inside_an_author_list_hold_their_commas():
    assert split_authors("A (x, y), B; C") == ("A (x, y)", "B; C")
    assert split_authors("A B; C D") == ("A B", "C D")


def test_korean_is_more_than_a_word_quoted():
    assert is_korean("2. Local Attention 5 + Global Attention 1 레이어 조합")
    assert not is_korean(
        "The word 반죽 stands in a long English abstract. " + "It is about bread, ovens and patience. " * 4
    )
    assert not is_korean("naïve")


def test_a_bare_link_has_nothing_beside_it():
    assert is_link("https://a.b/c?d=e")
    assert not is_link("https://a.b 그리고")
    assert not is_link("(https://a.b)")


def test_what_has_no_language_takes_that_of_its_neighbours():
    texts = ["https://a.b", "한국어 문단.", "1. Mixture of Ovens", "English words make a sentence.", "x = 1", "다시."]
    langs = [paragraph.lang for paragraph in read_languages(texts, [False] * 6, default="ko")]
    assert langs == ["ko", "ko", "ko", "en", "en", "ko"]


def test_unmarked_paragraphs_of_a_marked_note_are_korean():
    texts = ["A caption of many English words stands here alone.", "English."]
    assert [paragraph.lang for paragraph in read_languages(texts, [False, True], default="ko")] == ["ko", "en"]


@pytest.mark.parametrize(
    ("line", "links", "words"),
    [
        ("https://a.b", ["https://a.b"], ""),
        ("https://a.b  HTTP://c.d\twords of it ", ["https://a.b", "HTTP://c.d"], "words of it"),
        ("https://a.b<https://c.d", ["https://a.b"], "<https://c.d"),
        ("words https://a.b", [], "words https://a.b"),
        ("", [], ""),
    ],
)
def test_links_at_the_start_of_a_line_stand_apart_from_its_words(line, links, words):
    assert leading_links(line) == (links, words)
