from datetime import date, timedelta

import pytest
from sqlalchemy.engine import Engine

from bot.digest.model import Entry
from bot.store.saved import SavedPapers
from tests.store.conftest import DAY, NOW, Curator

TEAM, EMMA, JIWOO = "T1", "U1", "U2"
MAMBA = Entry("Mamba", links=("https://arxiv.org/abs/2312.00752",))
RWKV = Entry("RWKV", links=("https://arxiv.org/abs/2305.13048",))


@pytest.fixture
def saved(engine: Engine) -> SavedPapers:
    return SavedPapers(engine)


def write(curator: Curator, day: date, *entries: Entry) -> list[int]:
    curator.write(f"{day}.txt", *entries, day=day, shape="print")
    return [entry.id for entry in curator.day(day)]


def test_what_was_saved_last_comes_first_and_is_each_persons_own(curator: Curator, saved: SavedPapers) -> None:
    mamba, rwkv = write(curator, DAY, MAMBA, RWKV)
    assert saved.save(TEAM, EMMA, rwkv, NOW)
    assert saved.save(TEAM, EMMA, mamba, NOW + timedelta(seconds=1))
    assert not saved.save(TEAM, EMMA, rwkv, NOW + timedelta(seconds=2)), "it is saved already"
    assert saved.papers(TEAM, EMMA) == [mamba, rwkv]
    assert saved.entries(TEAM, EMMA) == {mamba, rwkv}
    for team, user in ((TEAM, JIWOO), ("T2", EMMA)):
        assert saved.papers(team, user) == []
        assert saved.entries(team, user) == frozenset()
        assert saved.among(team, user, [mamba]) == frozenset()
        assert not saved.drop(team, user, mamba)
    assert saved.drop(TEAM, EMMA, mamba)
    assert saved.papers(TEAM, EMMA) == [rwkv]


def test_what_one_person_does_changes_neither_the_list_of_another_nor_its_order(
    curator: Curator, saved: SavedPapers
) -> None:
    mamba, rwkv = write(curator, DAY, MAMBA, RWKV)
    for second, (team, user, entry) in enumerate(
        [(TEAM, EMMA, rwkv), (TEAM, EMMA, mamba), (TEAM, JIWOO, rwkv), ("T2", EMMA, rwkv)]
    ):
        assert saved.save(team, user, entry, NOW + timedelta(seconds=second))
    assert saved.papers(TEAM, EMMA) == [mamba, rwkv]
    assert saved.drop(TEAM, JIWOO, rwkv)
    assert saved.drop("T2", EMMA, rwkv)
    assert saved.papers(TEAM, EMMA) == [mamba, rwkv]


def test_a_paper_of_several_days_is_saved_and_dropped_on_all_of_them(curator: Curator, saved: SavedPapers) -> None:
    [old] = write(curator, DAY, MAMBA)
    new, rwkv = write(curator, DAY + timedelta(days=3), MAMBA, RWKV)
    saved.save(TEAM, EMMA, old, NOW)
    assert not saved.save(TEAM, EMMA, new, NOW)
    assert saved.papers(TEAM, EMMA) == [new], "once, on its newest day"
    assert saved.entries(TEAM, EMMA) == {old, new}
    assert saved.among(TEAM, EMMA, [new, rwkv]) == {new}
    assert saved.drop(TEAM, EMMA, new)
    assert saved.entries(TEAM, EMMA) == frozenset()


def test_a_withdrawn_paper_is_not_shown_and_comes_back_with_the_paper(curator: Curator, saved: SavedPapers) -> None:
    old, rwkv = write(curator, DAY, MAMBA, RWKV)
    [new] = write(curator, DAY + timedelta(days=3), MAMBA)
    saved.save(TEAM, EMMA, new, NOW)
    saved.save(TEAM, EMMA, rwkv, NOW)
    write(curator, DAY, MAMBA)
    curator.lose(f"{DAY + timedelta(days=3)}.txt")
    assert saved.papers(TEAM, EMMA) == [old]
    assert saved.entries(TEAM, EMMA) == {old}
    write(curator, DAY, MAMBA, RWKV)
    assert set(saved.papers(TEAM, EMMA)) == {old, rwkv}
