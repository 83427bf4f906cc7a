"""Finding over an archive that is no database: what is exact, what is close, and in which order."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.digest.model import Entry, StoredEntry
from bot.errors import QueryError
from bot.search import engine
from bot.search.engine import Found, find
from bot.search.glossary import Glossary, parse_glossary
from bot.search.grammar import parse_query
from tests.search.memory import MemoryArchive

Make = Callable[..., StoredEntry]
GLOSSARY = parse_glossary(
    "확산 모델\tdiffusion model;diffusion\n확산\tdiffusion\n고해상도\thigh-resolution\n모델\tmodel\n"
)


@pytest.fixture
def ask(stored: Make) -> Callable[..., tuple[list[str], list[str], Found]]:
    def look_up(
        query: str, entries: Iterable[StoredEntry], glossary: Glossary = GLOSSARY
    ) -> tuple[list[str], list[str], Found]:
        made = [replace(entry, id=number, key=str(number), position=number) for number, entry in enumerate(entries, 1)]
        titles = {entry.id: entry.entry.title for entry in made}
        found = find(parse_query(query, today=date(2024, 4, 15)), MemoryArchive(made), glossary, 1000)
        return [titles[id] for id in found.ids], [titles[id] for id in found.close], found

    return look_up


Ask = Callable[..., tuple[list[str], list[str], Found]]


def test_what_matches_comes_first_and_what_is_close_after_it(stored: Make, ask: Ask) -> None:
    entries = [stored("Sparse routing"), stored("Sparse"), stored("Dense"), stored("A", abstract="routing the sparse")]
    exact, close, found = ask("sparse routing", entries)
    assert exact == ["Sparse routing", "A"]
    assert close == ["Sparse"]
    assert found.total == 2


def test_another_language_is_close(stored: Make, ask: Ask) -> None:
    entries = [stored("Diffusion Models"), stored("High-Resolution Diffusion"), stored("Models")]
    exact, close, _ = ask("확산 모델 고해상도", entries)
    assert exact == []
    assert close[0] == "High-Resolution Diffusion"
    assert set(close) == {"High-Resolution Diffusion", "Diffusion Models", "Models"}


def test_a_phrase_counts_once(stored: Make, ask: Ask) -> None:
    entries = [stored("Diffusion, a model"), stored("Diffusion of high-resolution")]
    assert ask("확산 모델 고해상도", entries)[1][0] == "Diffusion of high-resolution"


def test_a_slip_finds_what_was_meant_and_says_so(stored: Make, ask: Ask) -> None:
    exact, close, found = ask("linfromer", [stored("Linformer: Self-Attention"), stored("Longformer")])
    assert (exact, close) == ([], ["Linformer: Self-Attention"])
    assert found.understood.corrected == (("linfromer", "linformer"),)


def test_filters_hold_for_what_is_close(stored: Make, ask: Ask) -> None:
    entries = [stored("Sparse", tags=("moe",)), stored("Sparse too"), stored("Routing", tags=("moe",))]
    assert set(ask("sparse routing tag:moe", entries)[1]) == {"Sparse", "Routing"}
    assert ask('linfromer "self attention"', [stored("Linformer"), stored("Linformer: Self-Attention")])[1] == [
        "Linformer: Self-Attention"
    ]
    assert set(ask("sparse routing -too", entries)[1]) == {"Sparse", "Routing"}


def test_most_of_a_long_query_is_enough(stored: Make, ask: Ask) -> None:
    entries = [stored("Scaling laws for data mixing"), *(stored(f"Laws {n}", abstract="for data") for n in range(30))]
    assert ask("scaling laws for optimal data mixing ratios", entries)[1][0] == "Scaling laws for data mixing"


def test_of_a_common_word_the_older_titles_vote_too(stored: Make, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "VOTES", 3)
    old = stored("Routing at large", day=date(2020, 1, 1))
    entries = [old, *(stored(f"Paper {n}", abstract="routing", day=date(2024, 4, 1 + n)) for n in range(9))]
    assert "Routing at large" not in ask("sparse routing", entries)[1]
    monkeypatch.setattr(engine, "HEADED", range(4, 20))
    assert "Routing at large" in ask("sparse routing", entries)[1]


def test_a_paper_is_found_once_exact_or_close(stored: Make) -> None:
    twice = [replace(stored("Sparse routing"), id=1), replace(stored("Sparse"), id=2, day=date(2024, 4, 13))]
    found = find(parse_query("sparse routing", today=date(2024, 4, 15)), MemoryArchive(twice), Glossary(), 1000)
    assert (found.ids, found.close) == ((1,), ())


def test_nobody_looks_for_close_ones_beside_many_exact_ones(
    stored: Make, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = [stored("Sparse routing"), stored("Sparse")]
    monkeypatch.setattr(engine, "ENOUGH", 1)
    assert ask("sparse routing", entries)[:2] == (["Sparse routing"], [])


def test_in_the_order_of_days_nothing_is_close(stored: Make, ask: Ask) -> None:
    entries = [stored("Sparse"), stored("Sparse routing", day=date(2024, 4, 1)), stored("Routing sparse")]
    exact, close, _ = ask("sparse routing sort:old", entries)
    assert (set(exact), close) == ({"Sparse routing", "Routing sparse"}, [])


def test_an_archive_without_the_words_has_nothing(stored: Make, ask: Ask) -> None:
    assert ask("quite absent", [stored("Sparse")])[2] == Found((), 0)
    assert ask("확산", [])[2] == Found((), 0)


letters = st.text(alphabet="aeotx-4.가학습ㅏㄱᄀ\u1161日 é", max_size=8)
typed = st.lists(letters | st.sampled_from(["확산모델이", "rkQ", "linfromer", '"']), max_size=5).map(" ".join)


@given(typed)
def test_no_query_stops_it(text: str) -> None:
    try:
        query = parse_query(text, today=date(2024, 4, 15))
    except QueryError:
        return
    entries = [StoredEntry(1, "1", "vault", date(2024, 4, 1), 0, Entry("Linformer 학습 확산 모델 日本 é-4.0"))]
    found = find(query, MemoryArchive(entries), GLOSSARY, 10)
    assert set(found.ids + found.close) <= {1}


def test_another_name_is_told_only_where_it_brought_a_close_match(stored: Make, ask: Ask) -> None:
    entries = [stored("확산"), stored("Diffusion")]
    assert ask("확산", entries)[2].understood.translated == (("확산", "diffusion"),)
    assert ask("확산", entries[:1])[2].understood.translated == ()
    assert ask("확산 title:확산", entries)[2].understood.translated == ()
