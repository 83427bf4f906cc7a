import re
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.digest.model import Entry, Paragraph, StoredEntry
from bot.search.grammar import parse_query
from bot.search.tree import (
    All,
    Among,
    Any,
    Has,
    Is,
    Node,
    Not,
    Phrase,
    Remark,
    Title,
    Word,
    asked,
    remarked,
    with_known,
)

Make = Callable[..., StoredEntry]


def tree(text: str) -> Node:
    read = parse_query(text, today=date(2024, 4, 15)).tree
    assert read is not None
    return read


@pytest.fixture
def entry(stored: Make) -> StoredEntry:
    return stored(
        "JetMoE: Llama2 for Little",
        abstract="We train a sparsely-gated model.",
        commentary="강화학습을 두 단계로 나눈 점이 눈에 띕니다.",
        authors=("Yikang Shen", "Zhen Guo"),
        tags=("moe", "State_Space-Model"),
        links=("https://arxiv.org/abs/2404.07413v1", "https://example.org/JetMoE"),
    )


@pytest.mark.parametrize(
    "query",
    [
        "jetmoe", "moe", "llama-2", "학습", "shen", "space", "sparsely gated", '"two" OR 단계', "tag:moe", "tag:#MoE",
        "tag:statespacemodel", "tag:state*", 'tag:"state space model"', 'author:"yikang shen"', "title:little",
        "abstract:trained", "note:강화학습", "source:vault", "has:abstract has:link", "since:2024-04-12",
        "until:2024-04", "day:2024-04-12", "2404.07413", "https://arxiv.org/pdf/2404.07413", "https://www.example.org/JetMoE/",
        "moe -gan", "-tag:vision", "(gan OR moe) 단계", '"두 단계"',
    ],
)  # fmt: skip
def test_matches(entry: StoredEntry, query: str) -> None:
    assert tree(query).matches(entry)


@pytest.mark.parametrize(
    "query",
    [
        "gan", "tag:mo", "tag:space", 'author:"shen zhen"', "title:yikang", "abstract:jetmoe", "note:train",
        "source:feed", "since:2024-04-13", "until:2024-04-11", "day:2024-04-11", "2404.07414", "moe -학습", "-moe",
        "moe gan", '"단계 두"', '"little we"', "example",
    ],
)  # fmt: skip
def test_does_not_match(entry: StoredEntry, query: str) -> None:
    assert not tree(query).matches(entry)


def test_an_entry_of_a_title_alone_has_nothing_else(stored: Make) -> None:
    bare = stored("Alone")
    assert not any(tree(f"has:{what}").matches(bare) for what in ("commentary", "abstract", "link", "author", "tag"))


def test_what_is_excluded_is_not_asked_for() -> None:
    assert asked(tree('a title:b -c (d OR "e f") tag:g')) == (Word("a"), Title("b"), Word("d"), Phrase("e f"))


@given(st.lists(st.sampled_from(["alpha", "beta", "gamma", "강화", "학습을"]), min_size=1, max_size=6), st.data())
def test_words_and_phrases_are_what_a_plain_reading_of_the_text_says(words: list[str], data: st.DataObject) -> None:
    text = " ".join(words)
    entry = StoredEntry(1, "k", "s", date(2024, 1, 1), 0, Entry("T", commentary=(Paragraph(text, "ko"),)))
    wanted = data.draw(st.lists(st.sampled_from(["alpha", "beta", "gamma"]), min_size=1, max_size=3))
    assert Phrase(" ".join(wanted)).matches(entry) == bool(re.search(rf"\b{' '.join(wanted)}\b", text))
    part = data.draw(st.sampled_from(["강화", "학습", "습을", "을", "학을"]))
    assert Word(part).matches(entry) == (part in text)


def test_what_no_entry_knows_of_itself_is_answered_by_those_who_know(stored: Make) -> None:
    asked: list[Node] = []

    def find(node: Node) -> frozenset[int]:
        asked.append(node)
        return frozenset({1 if node == Has("thread") else 2})

    assert with_known(tree("-(has:thread OR x) a has:link is:saved remark:b"), find) == All(
        (
            Not(Any((Among(frozenset({1})), Word("x")))),
            Word("a"),
            Has("link"),
            Among(frozenset({2})),
            Among(frozenset({2})),
        )
    )
    assert asked == [Has("thread"), Is("saved"), Remark("b")]
    assert Among(frozenset({1})).matches(stored())
    assert not Among(frozenset({2})).matches(stored())
    assert with_known(Word("a"), find) == Word("a")
    assert len(asked) == 3


@pytest.mark.parametrize("query", ["is:saved", "remark:jetmoe"])
def test_no_entry_knows_of_itself_who_saved_it_or_what_was_said_of_it(entry: StoredEntry, query: str) -> None:
    assert not tree(query).matches(entry)
    assert tree(f"-{query}").matches(entry)


def test_remarks_are_not_words_of_the_entry() -> None:
    asked_for = tree("a remark:b -remark:c (remark:d OR e)")
    assert remarked(asked_for) == (Remark("b"), Remark("d"))
    assert asked(asked_for) == (Word("a"), Word("e"))
