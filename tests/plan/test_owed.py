from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from bot.digest.model import Entry, StoredDigest, StoredEntry
from bot.plan.owed import choose_layout, owed, wanted
from bot.plan.subscription import Subscription
from bot.search.grammar import Query
from bot.search.tree import Tag

FRIDAY = date(2024, 4, 12)
READY = {FRIDAY + timedelta(days=n): datetime(2024, 4, 12 + n, 7, tzinfo=UTC) for n in range(3)}
SUB = Subscription(1, "T1", "C1", "vault", at=time(9), since=FRIDAY)


def at(day: int, hour: int) -> datetime:
    return datetime(2024, 4, day, hour, tzinfo=UTC)


def test_a_day_is_owed_from_its_hour_on():
    assert owed(SUB, READY, (), at(12, 8)) == []
    assert owed(SUB, READY, (), at(12, 9)) == [FRIDAY]


def test_missed_days_are_owed_oldest_first():
    assert owed(SUB, dict(reversed(READY.items())), (), at(20, 0)) == sorted(READY)


def test_a_day_that_is_done_with_is_not_owed_again():
    assert owed(SUB, READY, {FRIDAY}, at(13, 10)) == [date(2024, 4, 13)]


def test_days_before_the_subscription_are_not_owed():
    assert owed(replace(SUB, since=date(2024, 4, 14)), READY, (), at(20, 0)) == [date(2024, 4, 14)]


def test_a_subscription_without_a_beginning_is_owed_nothing():
    assert owed(replace(SUB, since=None), READY, (), at(20, 0)) == []


def test_the_digests_own_date_plays_no_part_in_when_it_comes():
    late = {date(2024, 4, 1): at(12, 7)}
    sub = replace(SUB, since=date(2024, 4, 1))
    assert owed(sub, late, (), at(12, 8)) == []
    assert owed(sub, late, (), at(12, 9)) == [date(2024, 4, 1)]


def paper(number: int, *tags: str, withdrawn: bool = False) -> StoredEntry:
    return StoredEntry(number, f"k{number}", "vault", FRIDAY, number, Entry(f"Paper {number}", tags=tags), withdrawn)


DAY = StoredDigest(
    "vault", FRIDAY, "", (paper(0, "moe"), paper(1, "llm"), paper(2, "moe"), paper(3, "moe", withdrawn=True))
)


def test_an_empty_query_wants_every_paper_that_is_not_withdrawn():
    assert [entry.id for entry in wanted(DAY, Query(None))] == [0, 1, 2]


def test_a_query_wants_what_matches_in_the_curators_order():
    assert [entry.id for entry in wanted(DAY, Query(Tag("moe")))] == [0, 2]


@pytest.mark.parametrize(
    ("chosen", "count", "layout"),
    [
        pytest.param(None, 15, "papers", id="as many as suit"),
        pytest.param(None, 16, "list", id="one more"),
        pytest.param("papers", 47, "papers", id="its own wins"),
        pytest.param("brief", 1, "brief", id="its own wins on a small day"),
    ],
)
def test_chooses_a_layout(chosen, count, layout):
    assert choose_layout(chosen, count) == layout


def test_a_limit_of_nought_papers_is_no_limit():
    assert choose_layout(None, 47, papers_up_to=0) == "papers"
