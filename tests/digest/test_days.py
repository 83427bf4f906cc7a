from datetime import date

import pytest

from bot.digest.days import day_of_path, find_week


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Top papers of the week (April 8 - April 14) - 2024", date(2024, 4, 14)),
        ("Apr 8-14, 2024", date(2024, 4, 14)),
        ("December 30 - January 5, 2025", date(2025, 1, 5)),
        ("December 30, 2024 to January 5", date(2025, 1, 5)),
        ("8th to 14th April 2024", date(2024, 4, 14)),
        ("2024-04-08 ~ 2024-04-14", date(2024, 4, 14)),
        ("2024년 4월 8일 ~ 14일", date(2024, 4, 14)),
        ("2024年4月8日至4月14日", date(2024, 4, 14)),
        ("2024-W15", date(2024, 4, 14)),
        ("Week 15 of 2024", date(2024, 4, 14)),
        ("2024년 15주차", date(2024, 4, 14)),
        ("April 14, 2024", None),
        ("2024-04-14", None),
        ("April 31 - April 32, 2024", None),
        ("2024-W60", None),
        ("GPT-4 to GPT-5", None),
        ("April 8 - April 14", None),
    ],
)
def test_a_week_is_its_last_day(text, day):
    assert find_week(text) == day


def test_a_week_without_its_year_is_the_next_one():
    assert find_week("April 8 - April 14", date(2024, 4, 1)) == date(2024, 4, 14)
    assert find_week("December 26 - January 1", date(2022, 12, 1)) == date(2023, 1, 1)


@pytest.mark.parametrize(
    ("path", "day"),
    [
        ("archive/2024/11/01.md", date(2024, 11, 1)),
        ("2024/11/1일.md", date(2024, 11, 1)),
        ("2024-11/01.md", date(2024, 11, 1)),
        ("2024/2024-11/01.md", date(2024, 11, 1)),
        ("2024/november/01.md", date(2024, 11, 1)),
        ("2024/11-November/03 papers.md", date(2024, 11, 3)),
        ("2024/11-01.md", date(2024, 11, 1)),
        ("2024-11-01/papers.md", date(2024, 11, 1)),
        ("x/digest_2024-11-01.md", date(2024, 11, 1)),
        ("2025/january/02-01-2025.md", date(2025, 1, 2)),
        ("13-05-2024.md", date(2024, 5, 13)),
        ("05-13-2024.md", date(2024, 5, 13)),
        ("02-01-2025.md", None),
        ("week 2024-W15.md", date(2024, 4, 14)),
        ("2024/13/01.md", None),
        ("2024/11/31.md", None),
        ("2024/notes/01.md", None),
        ("11/01.md", None),
        ("2024/11/readme.md", None),
        ("2024/11/100 papers.md", None),
    ],
)
def test_folders_and_name_give_a_day_together(path, day):
    assert day_of_path(path) == day
