"""Which day a text names, and why one names none."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.digest.dates import check_days, explain_day, explain_name, find_day, is_likely, read_posted_day, split_name
from bot.digest.model import Digest
from bot.errors import UnlikelyDayError

DAY = date(2024, 4, 12)


@pytest.mark.parametrize(
    "written",
    [
        "2024/04/12 09:00",
        "2024.04.12",
        "2024. 4. 12. 오전 9:00",
        "2024년 4월 12일 09:00",
        "24년 4월 12일",
        "1712912400",
        "1712912400000",
        "20240412",
        "20240412T090000Z",
        "2024-04-12T23:30:00-08:00",
        "2024-04-12T25:00:00",
        "Fri, 12 Apr 2024 00:30:00 +0900",
        "Mon, 12 Apr 2024 00:30:00 +0900",
        "Fri, 12 Apr 24 09:00 GMT",
        "Friday, 12-Apr-24 09:00:00 GMT",
        "Fri Apr 12 09:00:00 2024",
        "Fri Apr 12 09:00:00 UTC 2024",
        "금, 12 4월 2024 09:00:00 +0900",
        "April 12, 2024, 9 AM",
    ],
)
def test_a_posted_date_is_its_own_clocks_day(written: str) -> None:
    assert read_posted_day(written) == DAY


@pytest.mark.parametrize(
    ("written", "day"),
    [("13-04-2024", date(2024, 4, 13)), ("04/25/2024", date(2024, 4, 25)), ("5.5.2024", date(2024, 5, 5))],
)
def test_day_and_month_are_told_apart_where_only_one_can_be_a_month(written: str, day: date) -> None:
    assert read_posted_day(written) == day


@pytest.mark.parametrize(
    "written",
    [
        "12-04-2024",
        "04/12/2024",
        "24.04.12",
        "2024-04",
        "2024",
        "Wed, 30 Nov -0001 00:00:00 +0000",
        "2024-13-12",
        "0000-00-00 00:00:00",
        "31 Nov 2026",
        "1712-03-01",
        "9999-12-31",
        "0",
        "-1",
        "12/31/69",
        "yesterday",
        "",
    ],
)
def test_what_may_be_read_in_two_ways_or_in_none_is_no_day(written: str) -> None:
    assert read_posted_day(written) is None


@given(st.text(max_size=40) | st.from_regex(r"[0-9:/. -]{1,30}", fullmatch=True))
def test_any_text_is_a_day_from_1990_on_or_none(written: str) -> None:
    for day in (read_posted_day(written), find_day(written), split_name(written)[0]):
        assert day is None or 1990 <= day.year <= 2099


@pytest.mark.parametrize(
    ("name", "day", "words"),
    [
        ("240412 Rho-1.md", DAY, "Rho-1"),
        ("2024-04-12-rho-1.md", DAY, "rho-1"),
        ("20240412 Rho-1.md", DAY, "Rho-1"),
        ("2024.04.12 Rho-1.md", DAY, "Rho-1"),
        ("991231 Last.md", date(1999, 12, 31), "Last"),
        ("1301.1203 Word2vec.md", None, "1301.1203 Word2vec"),
        ("1412.0101 Adam.md", None, "1412.0101 Adam"),
        ("2404.07965 Rho-1.md", None, "2404.07965 Rho-1"),
        ("261131 Nothing.md", None, "261131 Nothing"),
    ],
)
def test_a_name_begins_with_a_day_and_an_arxiv_id_is_none(name: str, day: date | None, words: str) -> None:
    assert split_name(name) == (day, words)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("notes/261131 Nothing.md", "261131 Nothing.md: there is no 31 November"),
        ("2024-02-30 x.md", "2024-02-30 x.md: there is no 30 February"),
        ("230229 Leap.md", "230229 Leap.md: there is no 29 February 2023"),
        ("241301 x.md", "241301 x.md: there is no month 13"),
        ("240400 x.md", "240400 x.md: there is no day 0"),
        ("1912-03-01 x.md", "1912-03-01 x.md: 1912 is before 1990"),
        ("Notes.md", "Notes.md"),
    ],
)
def test_a_name_without_a_day_says_why(name: str, why: str) -> None:
    assert explain_name(name) == why


def test_an_ambiguous_date_says_so() -> None:
    assert explain_day("12-04-2024") == "its day and month cannot be told apart"
    assert explain_day("2024년 2월 31일") == "there is no 31 February"
    assert explain_day("no date at all") == ""


def test_a_day_lies_between_1990_and_a_year_from_now() -> None:
    assert is_likely(date(1990, 1, 1), DAY)
    assert is_likely(date(2025, 4, 12), DAY)
    assert not is_likely(date(1989, 12, 31), DAY)
    check_days([Digest(DAY, "", (), "note")], DAY)
    with pytest.raises(UnlikelyDayError):
        check_days([Digest(day, "", (), "note") for day in (DAY, date(2025, 6, 1))], DAY)
