"""Orders that can never be met."""

from datetime import date

import pytest

from bot.errors import QueryError
from bot.search.orders import Schedule, never_matches, without_schedule

TODAY = date(2026, 4, 12)


@pytest.mark.parametrize(
    ("typed", "hours", "query"),
    [
        ("tag:moe at 10:00", "at 10:00", "tag:moe"),
        ("평일 오전 8시", "평일 오전 8시", ""),
        ("매일 9시에 상태 공간", "매일 9시에", "상태 공간"),
        ("tag:moe 10am", "10am", "tag:moe"),
        ("tag:moe every day at 9am KST", "every day at 9am KST", "tag:moe"),
        ("moe on mondays at 9:00", "on mondays at 9:00", "moe"),
        ("every monday", "every monday", ""),
        ("월요일마다 moe", "월요일마다", "moe"),
        ("tag:moe at 10", "at 10", "tag:moe"),
        ("daily", "daily", ""),
        ("on arrival", "on arrival", ""),
    ],
)
def test_words_that_say_when_are_told_apart(typed: str, hours: str, query: str) -> None:
    assert without_schedule(typed) == Schedule(hours, query)


@pytest.mark.parametrize(
    "typed",
    ["tag:moe", "sat solving", "sun", "weekend", "moe 3:1", '"at 10:00" moe', "at 7 billion parameters", "night vision",
     "daily life planning", "every layer matters", "GPT-4 at scale", "8시간", ""],
)  # fmt: skip
def test_words_of_papers_are_no_hours(typed: str) -> None:
    assert without_schedule(typed) is None


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("day:2024-04-12", "past"),
        ("moe until:2023", "past"),
        ("until:2020 OR day:2021-03-01", "past"),
        ("source:blog moe", "source"),
        ("tag:moe -tag:moe", "contradiction"),
    ],
)
def test_what_nothing_to_come_can_meet_is_known(typed: str, name: str) -> None:
    never = never_matches(typed, "vault", TODAY)
    assert never is not None
    assert never.name == name


@pytest.mark.parametrize(
    "typed",
    [
        "moe",
        "until:2w",
        "day:yesterday",
        "since:2024-03",
        "until:2099",
        "moe OR until:2020",
        "source:Vault",
        "-tag:moe",
    ],
)
def test_what_something_may_meet_is_let_through(typed: str) -> None:
    assert never_matches(typed, "vault", TODAY) is None


def test_a_query_that_cannot_be_read_is_a_mistake() -> None:
    with pytest.raises(QueryError):
        never_matches("tga:moe", "vault", TODAY)
