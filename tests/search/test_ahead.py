from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.search.ahead import parse_ahead

TODAY = date(2026, 11, 23)  # a Monday
DATES = st.dates(date(1970, 1, 1), date(2200, 1, 1))


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("2w", date(2026, 12, 7)),
        ("for 2 weeks", date(2026, 12, 7)),
        ("2주", date(2026, 12, 7)),
        ("2주 동안", date(2026, 12, 7)),
        ("일주일간", date(2026, 11, 30)),
        ("1m", date(2026, 12, 23)),
        ("3일", date(2026, 11, 26)),
        ("3일까지", date(2026, 12, 3)),
        ("until 2026-12-01", date(2026, 12, 1)),
        ("2026년 12월 1일까지", date(2026, 12, 1)),
        ("2020-01-01", date(2020, 1, 1)),
        ("until December 1", date(2026, 12, 1)),
        ("November 23", date(2027, 11, 23)),
        ("2월 29일", date(2028, 2, 29)),
        ("tomorrow", date(2026, 11, 24)),
        ("내일까지", date(2026, 11, 24)),
        ("monday", date(2026, 11, 30)),
        ("금요일까지", date(2026, 11, 27)),
        ("다음 주 금요일", date(2026, 12, 4)),
        ("next week", date(2026, 11, 30)),
        ("다음 달", date(2026, 12, 1)),
        ("내년", date(2027, 1, 1)),
    ],
)
def test_reads_a_day_to_come(typed: str, day: date) -> None:
    assert parse_ahead(typed, TODAY) == day


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "until",
        "today",
        "yesterday",
        "last week",
        "2w ago",
        "3일 전",
        "moe",
        "2026",
        "may",
        "tag:moe",
        "2026-02-30",
        "0 days",
        "0w",
        "0주",
    ],
)
def test_what_is_over_and_what_is_no_day_is_not_read(typed: str) -> None:
    assert parse_ahead(typed, TODAY) is None


@given(st.integers(1, 9999), st.sampled_from(["d", " weeks", "m", "y", "일", "주 동안", "달", "년간"]), DATES)
def test_a_while_ends_after_today_or_is_longer_than_any_calendar(count: int, unit: str, today: date) -> None:
    day = parse_ahead(f"{count}{unit}", today)
    assert day is None or day > today


@given(st.text(max_size=60), DATES)
def test_any_text_is_a_day_or_none(typed: str, today: date) -> None:
    assert parse_ahead(typed, today) is None or typed
