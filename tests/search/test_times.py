from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.search.grammar import literally, parse_look_up, parse_order
from bot.search.times import read_time
from bot.search.tree import All, Any, Node, On, Since, Until, Word

TODAY = date(2024, 11, 30)
YEAR = All((Since(date(2024, 1, 1)), Until(date(2024, 12, 31))))
APRIL = All((Since(date(2024, 4, 1)), Until(date(2024, 4, 30))))
MOE = Word("moe")


@pytest.mark.parametrize(
    ("typed", "tree"),
    [
        pytest.param("2024", Any((Word("2024"), YEAR)), id="a year alone is a word too"),
        pytest.param("2024년", YEAR, id="a Korean year"),
        pytest.param("moe 2024", All((MOE, Any((Word("2024"), YEAR)))), id="a year after a word"),
        pytest.param("moe in 2024", All((MOE, Any((Word("2024"), YEAR)))), id="a year after in"),
        pytest.param("apr 2024 moe", All((APRIL, MOE)), id="a month and its year"),
        pytest.param("2024년 4월 moe", All((APRIL, MOE)), id="a Korean month and its year"),
        pytest.param("4월의 moe", All((APRIL, MOE)), id="a Korean month with a particle"),
        pytest.param("April moe", All((Any((Word("april"), APRIL)), MOE)), id="a month's name is a word too"),
        pytest.param(
            "지난주 moe", All((All((Since(date(2024, 11, 18)), Until(date(2024, 11, 24)))), MOE)), id="a week"
        ),
        pytest.param("2024-04-12 moe", All((On(date(2024, 4, 12)), MOE)), id="a day"),
        pytest.param("moe 어제", All((MOE, On(date(2024, 11, 29)))), id="yesterday"),
        pytest.param("moe since 2023", All((MOE, Since(date(2023, 1, 1)))), id="since"),
        pytest.param("2023년부터 moe", All((Since(date(2023, 1, 1)), MOE)), id="Korean since"),
        pytest.param("moe 2023년 이전", All((MOE, Until(date(2023, 12, 31)))), id="Korean until"),
        pytest.param(
            "2022-2023 moe", All((All((Since(date(2022, 1, 1)), Until(date(2023, 12, 31)))), MOE)), id="two years"
        ),
    ],
)
def test_a_time_beside_words_is_one(typed: str, tree: Node) -> None:
    query = parse_look_up(typed, today=TODAY)
    assert query.tree == tree
    assert len(query.times) == 1
    assert parse_order(typed, today=TODAY).times == (), "a standing order keeps its words"


@pytest.mark.parametrize(
    "typed",
    ["moe 16", "may moe", "march of nines", "3/4 moe", "12일 moe", "2w moe", "two weeks moe", "jan moe", "sun moe",
     "이해 moe", "전달 moe", "moe 2025", "moe 1812", "today we learn", "all day moe", "llama 2", "last layer",
     "“2024” moe", "-2024", "한 달 moe", "yesterday's news"],
)  # fmt: skip
def test_what_is_a_word_more_often_stays_one(typed: str) -> None:
    assert parse_look_up(typed, today=TODAY).times == ()


@pytest.mark.parametrize(
    ("typed", "literal"),
    [
        ("2024", '"2024"'),
        ("moe apr 2024", 'moe "apr" "2024"'),
        ("moe OR 2024", 'moe OR "2024"'),
        ("apr 2024 moe 또는 (vit | gan) 2023년", '"apr" "2024" moe 또는 (vit | gan) "2023년"'),
        ("2024-04-12, moe", '"2024-04-12," moe'),
    ],
)
def test_the_words_are_one_click_away(typed: str, literal: str) -> None:
    times = [time.typed.rstrip(",") for time in parse_look_up(typed, today=TODAY).times]
    assert literally(typed, times, today=TODAY) == literal
    assert parse_look_up(literal, today=TODAY).times == ()


@given(st.text(alphabet="0129월년일지난주까부터 -/.~apr", max_size=24), st.booleans())
def test_any_text_is_a_time_or_none(text: str, at_edge: bool) -> None:
    time = read_time(text, TODAY, at_edge=at_edge)
    assert time is None or time.first or time.last
