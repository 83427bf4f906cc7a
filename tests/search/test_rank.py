from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.digest.model import StoredEntry
from bot.search import rank as rank_file
from bot.search.archive import Totals
from bot.search.fields import EntryFields, read_fields
from bot.search.rank import rank
from bot.search.reading import Form, Reading, Term
from bot.search.words import tokens_of

Make = Callable[..., StoredEntry]
TOTALS = Totals(1000, (40.0, 20.0, 60.0, 900.0, 500.0))
FREQUENCIES = {"moe": 30, "route": 200, "the": 900, "diffusion": 100, "확산": 5, "모델": 300}


def typed(*words: str) -> list[Term]:
    return [Term(at, at + 1, (Form(word, "typed", 1.0),)) for at, word in enumerate(words)]


def reading(words: tuple[str, ...], terms: list[Term]) -> Reading:
    in_order = tuple(sorted(terms, key=lambda term: (term.last, term.first)))
    return Reading(words, frozenset(range(len(words))), in_order, (" ".join(words),) if words else (), FREQUENCIES)


def order(entries: list[StoredEntry], *words: str, names: Sequence[Term] = ()) -> list[str]:
    numbered = [replace(entry, id=number, key=str(number)) for number, entry in enumerate(entries, 1)]
    titles = {entry.id: entry.entry.title for entry in numbered}
    return [titles[entry.id] for entry in ranked(numbered, *words, names=names)]


def ranked(entries: list[StoredEntry], *words: str, names: Sequence[Term] = ()) -> list[EntryFields]:
    fields = [read_fields(entry) for entry in entries]
    return rank(fields, reading(words, [*typed(*words), *names]), TOTALS)


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
    words = ("pre-training", "강화학습")
    assert tokens_of(words) == {"pre", "train", "pretrain", "강화", "화학", "학습"}


def test_the_whole_title_goes_before_one_that_begins_so(stored: Make) -> None:
    assert order([stored("MoE routing at scale"), stored("MoE routing")], "moe", "routing")[0] == "MoE routing"


def test_words_side_by_side_go_before_words_apart(stored: Make) -> None:
    entries = [stored("A", abstract="moe and routing of others"), stored("B", abstract="others and of moe routing")]
    assert order(entries, "moe", "routing", "others") == ["B", "A"]


def test_a_name_counts_instead_of_the_words_and_not_besides(stored: Make) -> None:
    names = [Term(0, 2, (Form("diffusion", "named", 0.9),))]
    entries = [stored("확산 모델 diffusion"), stored("확산 모델 others"), stored("Diffusion"), stored("모델")]
    assert order(entries, "확산", "모델", names=names)[2:] == ["Diffusion", "모델"]
    both, words = order(entries[:2], "확산", "모델", names=names)
    assert {both, words} == {"확산 모델 diffusion", "확산 모델 others"}


def test_all_names_of_a_thing_count_as_its_commonest(stored: Make) -> None:
    """A rare name in one entry is no better than the usual one in another."""
    names = [Term(0, 1, (Form("확산", "named", 1.0), Form("diffusion", "named", 1.0)))]
    entries = [stored("확산", day=date(2020, 1, 1)), stored("diffusion")]
    assert order(entries, "모델", names=names) == ["diffusion", "확산"]


def test_words_worth_next_to_nothing_decide_nothing(stored: Make) -> None:
    days = (date(2020, 1, 1), date(2024, 1, 1))
    entries = [
        replace(stored("MoE", abstract="the the the", day=days[0]), id=1),
        replace(stored("MoE", day=days[1]), id=2),
    ]
    assert [entry.day for entry in ranked(entries, "moe", "the")] == [entries[1].day, entries[0].day]


def test_of_many_the_best_by_title_are_read_whole(stored: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [stored(f"Paper {n}", abstract="moe " * n) for n in range(1, 7)]
    entries += [stored("MoE often", abstract="moe moe moe"), stored("MoE once", abstract="moe")]
    whole = order(entries, "moe")
    assert whole[:2] == ["MoE often", "MoE once"]
    monkeypatch.setattr(rank_file, "WHOLE", 2)
    some = order(entries, "moe")
    assert some[:2] == whole[:2]
    assert sorted(some) == sorted(whole)
    monkeypatch.setattr(rank_file, "WHOLE", 100)
    monkeypatch.setattr(rank_file, "WHOLE_TEXT", 60)
    assert order(entries, "moe")[:2] == whole[:2]
    monkeypatch.setattr(rank_file, "WHOLE_TEXT", 20)
    assert order(entries, "moe")[:2] == ["MoE once", "MoE often"]


def test_scores_do_not_depend_on_the_order_of_the_found(stored: Make) -> None:
    entries = [stored(f"Paper {n}", abstract="moe " * n, day=date(2024, 1, 1 + n)) for n in range(9)]
    assert order(entries, "moe", "the") == order(entries, "moe", "the")
    numbered = [read_fields(replace(entry, id=n)) for n, entry in enumerate(entries)]
    asked = reading(("moe",), typed("moe"))
    assert rank(numbered, asked, TOTALS) == rank(numbered[::-1], asked, TOTALS)
