from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from bot.digest.model import StoredEntry
from bot.search.fields import read_fields
from bot.search.rank import Archive, rank, tokens_of

Make = Callable[..., StoredEntry]
ARCHIVE = Archive(1000, (40.0, 20.0, 60.0, 900.0, 500.0), {"moe": 30, "route": 200, "the": 900})


def order(entries: list[StoredEntry], *phrases: str) -> list[str]:
    numbered = [replace(entry, id=number, key=str(number)) for number, entry in enumerate(entries, 1)]
    titles = {entry.id: entry.entry.title for entry in numbered}
    return [titles[found.id] for found in rank([read_fields(entry) for entry in numbered], phrases, ARCHIVE)]


def test_a_word_in_the_title_goes_before_one_in_the_abstract(stored: Make) -> None:
    assert order([stored("Other", abstract="a moe"), stored("On MoE")], "moe") == ["On MoE", "Other"]


def test_a_rare_word_counts_for_more_than_a_common_one(stored: Make) -> None:
    entries = [stored("A", abstract="the the the"), stored("B", abstract="moe")]
    assert order(entries, "the", "moe") == ["B", "A"]


def test_the_title_that_was_typed_goes_first(stored: Make) -> None:
    assert order([stored("Why MoE is MoE"), stored("MoE routing")], "moe", "routing")[0] == "MoE routing"


def test_a_whole_hangul_word_goes_before_its_pairs(stored: Make) -> None:
    entries = [stored("A", commentary="학습강화 강화 화학 학습"), stored("B", commentary="강화학습")]
    assert order(entries, "강화학습") == ["B", "A"]


def test_between_equals_the_newest_goes_first(stored: Make) -> None:
    days = [date(2024, 1, 1) + timedelta(days=n) for n in (2, 9, 5)]
    entries = [replace(stored(str(day), abstract="moe"), day=day) for day in days]
    newest_first = [str(day) for day in sorted(days, reverse=True)]
    assert order(entries, "moe") == newest_first
    assert order(entries) == newest_first


def test_needs_the_frequencies_of_every_form_and_pair() -> None:
    assert tokens_of(["pre-training", "강화학습"]) == {"pre", "train", "pretrain", "강화", "화학", "학습"}
