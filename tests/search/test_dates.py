from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.search.dates import parse_day, parse_span

MONDAY = date(2024, 4, 15)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-04-12", "2024-04-12"),
        ("2024.4.12", "2024-04-12"),
        ("2024. 4. 12.", "2024-04-12"),
        ("2024년 4월 12일 (금)", "2024-04-12"),
        ("4월 12일", "2024-04-12"),
        ("4월 20일", "2023-04-20"),
        ("12일", "2024-04-12"),
        ("30일", "2024-03-30"),
        ("4/12", "2024-04-12"),
        ("오늘", "2024-04-15"),
        ("어제", "2024-04-14"),
        ("그저께", "2024-04-13"),
        ("Yesterday", "2024-04-14"),
        ("the day before yesterday", "2024-04-13"),
        ("april 12", "2024-04-12"),
        ("Apr 20", "2023-04-20"),
        ("12th of April 2023", "2023-04-12"),
        ("Friday, April 12, 2024", "2024-04-12"),
        ("feb 29", "2024-02-29"),
        ("3 days ago", "2024-04-12"),
        ("a week ago", "2024-04-08"),
        ("3일 전", "2024-04-12"),
        ("일주일 전", "2024-04-08"),
        ("사흘 전", "2024-04-12"),
        ("한 달 전", "2024-03-15"),
        ("monday", "2024-04-15"),
        ("last monday", "2024-04-08"),
        ("금요일", "2024-04-12"),
        ("지난 월요일", "2024-04-08"),
        ("지난주 수요일", "2024-04-10"),
    ],
)
def test_reads_a_day(text: str, day: str) -> None:
    assert parse_day(text, MONDAY) == date.fromisoformat(day)


@pytest.mark.parametrize(
    "text",
    ["10", "2024", "240412", "20240412", "24/7", "2024-13-01", "2월 30일", "april 31", "may", "sun", "3d", "one year",
     "2024-03", "지난주", "last week", "may 5 pm", "monday 12", "diffusion", "", "9999 years ago", "moe 2024-04-12"],
)  # fmt: skip
def test_what_is_not_wholly_one_day_is_no_day(text: str) -> None:
    assert parse_day(text, MONDAY) is None


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2w", "2024-04-01", "2024-04-01"),
        ("1m", "2024-03-15", "2024-03-15"),
        ("2024", "2024-01-01", "2024-12-31"),
        ("2024-03", "2024-03-01", "2024-03-31"),
        ("2024년 2월", "2024-02-01", "2024-02-29"),
        ("5월", "2023-05-01", "2023-05-31"),
        ("march 2024", "2024-03-01", "2024-03-31"),
        ("may", "2023-05-01", "2023-05-31"),
        ("last week", "2024-04-08", "2024-04-14"),
        ("지난주", "2024-04-08", "2024-04-14"),
        ("이번 주", "2024-04-15", "2024-04-21"),
        ("last month", "2024-03-01", "2024-03-31"),
        ("지난달", "2024-03-01", "2024-03-31"),
        ("작년", "2023-01-01", "2023-12-31"),
        ("last 2 weeks", "2024-04-01", "2024-04-15"),
        ("최근 3일", "2024-04-12", "2024-04-15"),
    ],
)
def test_reads_a_span(text: str, first: str, last: str) -> None:
    assert parse_span(text, MONDAY) == (date.fromisoformat(first), date.fromisoformat(last))


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_a_date_reads_back_however_it_is_written(day: date, today: date) -> None:
    korean = f"{day.year}년 {day.month}월 {day.day}일"
    assert [parse_day(text, today) for text in (day.isoformat(), f"{day:%d %B %Y}", f"{day:%b %d, %Y}", korean)] == [
        day
    ] * 4


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_a_date_without_a_year_is_never_to_come(day: date, today: date) -> None:
    for text in (f"{day.month}월 {day.day}일", f"{day:%B} {day.day}"):
        read = parse_day(text, today)
        assert read is not None
        assert read <= today
        assert (read.month, read.day) == (day.month, day.day)


@given(st.text(max_size=20) | st.from_regex(r"\A\d{1,6} ?(days ago|w|년|월|/\d+|일 전)\Z"), st.dates())
def test_no_text_and_no_today_makes_it_fail(text: str, today: date) -> None:
    span = parse_span(text, today)
    assert span is None or span[0] <= span[1]
