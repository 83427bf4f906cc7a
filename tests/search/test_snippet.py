import time
from collections.abc import Callable, Sequence
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.digest.model import Entry, Paragraph, StoredEntry
from bot.search.grammar import parse_query
from bot.search.reading import Form, How, Reading, Term
from bot.search.snippet import Snippet, Snippets, _window
from bot.search.tree import Node, Word

Make = Callable[..., StoredEntry]


def snippet(
    entry: Entry, tree: Node | None, width: int = 160, reading: Reading | None = None, remarks: Sequence[str] = ()
) -> Snippet | None:
    return Snippets(tree, reading, width).of(entry, remarks)


def tree(text: str) -> Node | None:
    return parse_query(text, today=date(2024, 4, 15)).tree


def matched(shown: Snippet | None) -> list[str]:
    assert shown is not None
    return [text for text, is_match in shown.pieces if is_match]


def test_a_korean_word_is_marked_inside_a_longer_one(stored: Make) -> None:
    shown = snippet(stored("T", commentary="여기서는 강화학습을 씁니다.").entry, tree("학습"))
    assert shown == Snippet("commentary", (("여기서는 강화", False), ("학습", True), ("을 씁니다.", False)))


@pytest.mark.parametrize(
    ("query", "where", "marked"),
    [
        ("sparse", "abstract", ["sparse"]),
        ("학습", "commentary", ["학습"]),
        ("author:guo", "authors", ["Guo"]),
        ("vision", "tags", ["vision"]),
        ("jetmoe", "title", ["JetMoE"]),
        ("title:jetmoe", "title", ["JetMoE"]),
        ("tag:vision", "commentary", []),
        ("sparse gate", "abstract", ["sparse", "gate"]),
        ("-sparse", "commentary", []),
    ],
)
def test_shows_the_field_that_matched(stored: Make, query: str, where: str, marked: list[str]) -> None:
    entry = stored(
        "JetMoE",
        abstract="A sparse model with a gate.",
        commentary="학습이 빠릅니다.",
        authors=("Zhen Guo",),
        tags=("vision",),
    ).entry
    shown = snippet(entry, tree(query))
    assert shown is not None
    assert (shown.field, matched(shown)) == (where, marked)


def test_a_remark_that_was_asked_for_is_shown_first(stored: Make) -> None:
    entry = stored("T", commentary="추론이 빠릅니다.").entry
    remarks = ["Only latency matters.", "추론속도와 latency"]
    shown = snippet(entry, tree("추론 remark:속도 remark:latency"), remarks=remarks)
    assert shown == Snippet("remarks", (("추론", False), ("속도", True), ("와 ", False), ("latency", True)))
    assert matched(snippet(entry, tree("추론 -remark:latency"), remarks=remarks)) == ["추론"]


@pytest.mark.parametrize("width", [61, 67, 80, 93, 120])
def test_the_window_shows_most_of_the_words_and_is_cut_between_words(stored: Make, width: int) -> None:
    filler = "several plain words stand here " * 12
    entry = stored("T", abstract=f"moe alone. {filler} moe beside routing. {filler}").entry
    shown = snippet(entry, tree("moe routing"), width)
    assert shown is not None
    assert matched(shown) == ["moe", "routing"]
    assert shown.text.startswith("…")
    assert shown.text.endswith("…")
    assert set(shown.text.strip("…").split()) <= set(entry.abstract[0].split())
    assert len(shown.text) <= width + 2


def test_markdown_is_taken_off(stored: Make) -> None:
    entry = stored(
        "T", commentary="- **MoE** 모델은 [이 글](https://a.b/c)의 `router`를 *다시* 씁니다. snake_case 5 * 3"
    ).entry
    shown = snippet(entry, tree("router"))
    assert shown is not None
    assert shown.text == "MoE 모델은 이 글의 router를 다시 씁니다. snake_case 5 * 3"


def test_an_entry_of_a_title_alone_has_no_snippet_for_a_filter(stored: Make) -> None:
    assert snippet(stored("T").entry, tree("since:2024-01-01")) is None


@pytest.mark.parametrize(
    ("query", "marked"),
    [("moe", ["JetMoE"]), ("jetmoe", ["JetMoE"]), ("pretrain", ["pre-training"]), ("gpt4", ["GPT-4"])],
)
def test_a_particle_after_a_latin_word_is_not_marked(stored: Make, query: str, marked: list[str]) -> None:
    entry = stored("T", commentary="이번 JetMoE는 pre-training을 했고 GPT-4와 비슷합니다.").entry
    assert matched(snippet(entry, tree(query))) == marked


@pytest.mark.parametrize(
    ("text", "query"),
    [
        pytest.param("\n" * 16_000 + "moe", "moe", id="empty lines"),
        pytest.param("가" * 19_000, "가", id="one syllable"),
        pytest.param("가나다 " * 4_500, "가 나 다 가나 나다", id="marks upon marks"),
        pytest.param("- " * 9_000, "moe", id="list marks"),
        pytest.param("[](" * 6_000, "moe", id="half links"),
    ],
)
def test_no_text_takes_long(text: str, query: str) -> None:
    began = time.perf_counter()
    snippet(Entry("T", commentary=(Paragraph(text, "ko"),)), tree(query))
    assert time.perf_counter() - began < 1


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 90), st.integers(1, 30), st.integers(0, 3)), max_size=20), st.integers(10, 60))
def test_no_window_shows_more_kinds_of_marks(drawn: list[tuple[int, int, int]], width: int) -> None:
    marks = sorted((start, min(start + length, 100), which) for start, length, which in drawn if length <= width)

    def kinds(first: int) -> int:
        return len({which for a, b, which in marks if first <= a and b <= first + width})

    first, last = _window("x" * 100, marks, width)
    lead = int(width * 0.3)
    assert last - first == width
    assert kinds(first) == max([kinds(max(0, min(a - lead, 100 - width))) for a, _, _ in marks], default=0)


@given(st.text(max_size=300), st.text(min_size=1, max_size=8), st.integers(20, 200))
def test_any_snippet_keeps_to_its_width_and_marks_only_what_is_there(text: str, word: str, width: int) -> None:
    shown = snippet(Entry("T", commentary=(Paragraph(text, "ko"),)), Word(word), width)
    if shown is not None:
        assert len(shown.text) <= width + 2
        assert all(piece for piece, _ in shown.pieces)


def reading(*terms: Term, loose: int) -> Reading:
    return Reading(("w",) * loose, frozenset(range(loose)), terms, ())


def term(first: int, *forms: tuple[str, How], last: int | None = None) -> Term:
    return Term(first, last or first + 1, tuple(Form(text, how, 1.0) for text, how in forms))


@pytest.mark.parametrize(
    ("typed", "forms", "marked"),
    [
        ("transfomer", [("transfomer", "typed"), ("transformer", "corrected")], ["Transformers"]),
        ("모델", [("모델", "typed"), ("model", "named")], ["model"]),
        ("wjdfuf", [("wjdfuf", "typed"), ("정렬", "turned")], ["정렬"]),
        ("gate", [("gate", "typed"), ("sluice", "near")], ["gate"]),
    ],
)
def test_a_word_is_marked_in_every_form_it_was_looked_for_in(
    stored: Make, typed: str, forms: list[tuple[str, How]], marked: list[str]
) -> None:
    entry = stored("T", abstract="Transformers gate a model of 재정렬하는 것.").entry
    assert matched(snippet(entry, tree(typed), reading=reading(term(0, *forms), loose=1))) == marked


def test_a_phrase_in_another_language_counts_for_all_its_words(stored: Make) -> None:
    entry = stored("T", abstract="One diffusion model. " + "Other words. " * 40 + "The 모델 only.").entry
    both = reading(
        term(0, ("확산", "typed")),
        term(1, ("모델", "typed")),
        term(0, ("diffusion model", "named"), last=2),
        loose=2,
    )
    shown = snippet(entry, tree("확산 모델"), 60, both)
    assert matched(shown) == ["diffusion model"]


def test_a_form_is_not_looked_for_in_place_of_what_must_be_there(stored: Make) -> None:
    entry = stored("A gate", abstract="A model stands here.", authors=("Ann Gate",)).entry
    read = Reading(("gate",), frozenset(), (term(0, ("gate", "typed"), ("model", "near")),), ())
    shown = snippet(entry, tree("author:gate"), reading=read)
    assert shown is not None
    assert (shown.field, matched(shown)) == ("authors", ["Gate"])
