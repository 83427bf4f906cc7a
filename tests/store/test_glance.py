"""A glance sees what the store remembers, and gives way where there is more to do than look."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from bot.digest.model import Entry
from bot.store.glance import glance

NOW = datetime(2024, 4, 12, 9, tzinfo=UTC)
SETTLE = timedelta(minutes=10)


def test_it_sees_the_documents_as_the_store_knows_them(url: str, curator) -> None:
    curator.write("240412 One.md", Entry("One"))
    curator.write("other.md", Entry("Two"), source="feed")
    assert glance(url, "vault", SETTLE, NOW) == curator.digests.known("vault")


def test_a_day_that_has_settled_by_now_is_more_than_a_look(url: str, curator) -> None:
    curator.write("240412 One.md", Entry("One"))
    before, after = NOW + SETTLE - timedelta(seconds=1), NOW + SETTLE
    assert glance(url, "vault", SETTLE, before) is not None
    assert glance(url, "vault", SETTLE, after) is None
    curator.digests.settle("vault", SETTLE, after)
    assert glance(url, "vault", SETTLE, after) is not None


def test_what_is_missing_or_at_fault_is_more_than_a_look(url: str, curator) -> None:
    curator.write("240412 One.md", Entry("One"))
    curator.digests.mark_missing("vault", ["240412 One.md"], NOW)
    assert glance(url, "vault", SETTLE, NOW) is None
    curator.digests.mark_missing("vault", [], NOW)
    assert glance(url, "vault", SETTLE, NOW) is not None
    curator.digests.save_failure("vault", "bad.txt", "line 1: expected a date", NOW)
    assert glance(url, "vault", SETTLE, NOW) is None


@pytest.mark.parametrize("other", ["sqlite:///nowhere/at/all.db", "postgresql+psycopg://host/db", "sqlite://"])
def test_another_database_is_not_looked_at(other: str) -> None:
    assert glance(other, "vault", SETTLE, NOW) is None


def test_another_version_or_no_database_at_all_is_left_to_whoever_opens_it(url: str, curator) -> None:
    path = url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    assert glance(url, "vault", SETTLE, NOW) is None
    with open(path, "wb") as file:
        file.write(b"nothing of a database")
    assert glance(url, "vault", SETTLE, NOW) is None
