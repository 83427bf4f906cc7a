from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store import tables as t
from bot.store.database import reading
from bot.store.result_pages import ResultPages, ResultPool

NOW = datetime(2024, 4, 12, 9, tzinfo=UTC)


@pytest.fixture
def pages(engine: Engine) -> ResultPages:
    return ResultPages(engine)


def test_a_result_comes_back_in_its_order_to_whom_it_was_shown(pages: ResultPages) -> None:
    pool = pages.save("T1", "U1", "tag:moe 학습", [3, 1, 2], NOW)
    assert pages.load(pool, "T1", ["U1"], NOW) == ResultPool("tag:moe 학습", (3, 1, 2))
    assert pages.load(pool, "T1", ["U2"], NOW) is None
    assert pages.load(pool, "T2", ["U1"], NOW) is None
    assert pages.load("never", "T1", ["U1"], NOW) is None


def test_a_result_of_a_channel_comes_back_to_everybody_there(pages: ResultPages) -> None:
    pool = pages.save("T1", "C1", "tag:moe", [1], NOW)
    assert pages.load(pool, "T1", ["U2", "C1"], NOW) == ResultPool("tag:moe", (1,))
    assert pages.load(pool, "T1", ["U2", "C2"], NOW) is None


def test_a_result_is_kept_a_day(engine: Engine, pages: ResultPages) -> None:
    old = pages.save("T1", "U1", "old", [1], NOW)
    end = NOW + timedelta(days=1)
    assert pages.load(old, "T1", ["U1"], end - timedelta(seconds=1)) is not None
    assert pages.load(old, "T1", ["U1"], end) is None
    pages.save("T1", "U1", "new", [1], end)
    with reading(engine) as connection:
        assert list(connection.scalars(sa.select(t.ResultPage.query))) == ["new"]


def test_ids_of_results_differ(pages: ResultPages) -> None:
    assert len({pages.save("T1", "U1", "same", [1], NOW) for _ in range(20)}) == 20
