"""Which entries of a day are one paper, and what is kept of each."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.digest.merge import make_statement, merge, unite
from bot.digest.model import Entry, Paragraph

ARXIV, OTHER = "https://arxiv.org/abs/2404.07965", "https://arxiv.org/abs/2404.07413"
POST = "https://lab.example/blog/x"
CODE = "https://github.com/microsoft/rho"
TALK = "https://x.com/ada/status/1"
REVIEW = "https://openreview.net/forum?id=abc"
NAMES = ("Ada Cook", "Bo Baker")


def note(words: str) -> tuple[Paragraph, ...]:
    return (Paragraph(words, "en"),)


def titles(*entries: Entry) -> list[list[str]]:
    """The titles of what is merged, paper by paper."""
    statements = [make_statement(f"{n}.md", f"{n}.md", 0, entry) for n, entry in enumerate(entries)]
    return [[each.entry.title for each in merged.statements] for merged in merge(statements)]


ONE_PAPER = {
    "same arXiv id": (Entry("Short", links=(ARXIV,)), Entry("Long", links=("https://arxiv.org/pdf/2404.07965v3",))),
    "arXiv id on another host": (Entry("A", links=(ARXIV,)), Entry("B", links=("https://hf.co/papers/2404.07965",))),
    "arXiv id after the code": (Entry("A", links=(CODE, ARXIV)), Entry("B", links=(ARXIV,))),
    "ACL id and its DOI": (
        Entry("A", links=("https://aclanthology.org/P17-1001/",)),
        Entry("B", links=("https://doi.org/10.18653/v1/P17-1001",)),
    ),
    "PMLR page and file": (
        Entry("A", links=("https://proceedings.mlr.press/v37/ioffe15.html",)),
        Entry("B", links=("http://proceedings.mlr.press/v37/ioffe15.pdf",)),
    ),
    "link and title": (Entry("Rho-1!", links=(POST,)), Entry("rho 1", links=(f"{POST}/?utm_source=mail",))),
    "print without its own link": (Entry("Rho", links=(CODE,)), Entry("Rho", links=(ARXIV, CODE))),
    "title and authors": (Entry("Rho", NAMES), Entry("Rho", NAMES[::-1], links=(ARXIV,))),
}


@pytest.mark.parametrize("entries", ONE_PAPER.values(), ids=ONE_PAPER.keys())
def test_these_are_one_paper(entries):
    assert len(titles(*entries)) == 1
    assert len(titles(*entries[::-1])) == 1


TWO_PAPERS = {
    "a blog post about two": (Entry("Kitchen A", links=(POST,)), Entry("Kitchen B", links=(POST,))),
    "a repository of two": (Entry("A", links=(CODE,)), Entry("B", links=(CODE,))),
    "a thread about two": (Entry("A", links=(TALK,)), Entry("B", links=("https://twitter.com/ada/status/1",))),
    "a generic title": (Entry("Introduction"), Entry("Introduction")),
    "a generic title and a link": (Entry("요약", links=(POST,)), Entry("요약", links=(POST,))),
    "a generic title and authors": (Entry("Untitled 1", NAMES), Entry("Untitled 1", NAMES)),
    "a title alone": (Entry("Rho"), Entry("Rho", links=(ARXIV,))),
    "one title, two ids": (Entry("Rho", NAMES, (ARXIV, CODE)), Entry("Rho", NAMES, (OTHER, CODE))),
    "a note about several papers": (
        Entry("Controlling Generation", links=(ARXIV,)),
        Entry("Speech", links=(ARXIV, OTHER)),
    ),
    "a group at a conference": (
        Entry("A", links=("https://openreview.net/group?id=ICLR.cc/2024",)),
        Entry("B", links=("https://openreview.net/group?id=ICLR.cc/2024",)),
    ),
}


@pytest.mark.parametrize("entries", TWO_PAPERS.values(), ids=TWO_PAPERS.keys())
def test_these_are_two_papers(entries):
    assert len(titles(*entries)) == 2


def test_a_link_between_does_not_join_what_differs():
    """The one in the middle has no id, and is one paper with the first only."""
    first, second = (Entry("Rho", links=(link, CODE)) for link in (ARXIV, OTHER))
    assert titles(first, Entry("Rho", links=(CODE,)), second) == [["Rho", "Rho"], ["Rho"]]


def test_two_ids_of_one_paper_join_what_has_either():
    assert titles(Entry("A", links=(ARXIV,)), Entry("B", links=(REVIEW,)), Entry("C", links=(ARXIV, REVIEW))) == [
        ["A", "B", "C"]
    ]


def test_both_commentaries_are_kept_in_the_order_of_the_files():
    one = Entry("Rho", links=(ARXIV,), commentary=note("First said."), tags=("moe",))
    two = Entry("Rho", NAMES, (ARXIV,), ("Abstract.",), note("Said at much greater length."), ("MoE", "llm"))
    united = unite([one, two])
    assert [each.text for each in united.commentary] == ["First said.", "Said at much greater length."]
    assert (united.authors, united.abstract, united.tags) == (NAMES, ("Abstract.",), ("moe", "llm"))


def test_a_second_title_stands_above_what_was_written_under_it():
    one = Entry("Making PPO even better", links=(ARXIV,), commentary=note("Search."))
    two = Entry("Don't throw away your value model", links=(ARXIV,), abstract=("A long abstract of the paper.",))
    united = unite([one, two])
    assert united.title == two.title
    assert [each.text for each in united.commentary] == ["**Making PPO even better**", "Search."]


def test_what_was_written_twice_is_kept_once():
    words = "Routing **tokens** to [experts](https://example.org) costs less than it looks, and trains well."
    bare = "Routing tokens to [experts](https://example.org) costs less than it looks, and trains well."
    one = Entry("Rho", links=(ARXIV,), abstract=("Same.",), commentary=note(words))
    two = replace(one, commentary=(*note(bare), *note("More.")))
    united = unite([one, two])
    assert [each.text for each in united.commentary] == [words, "More."]
    assert united.abstract == ("Same.",)


def test_the_longer_of_two_versions_of_a_paragraph_is_kept():
    short = "one two three four five six seven eight nine ten"
    one, two = (Entry("R", links=(ARXIV,), commentary=note(words)) for words in (short, f"{short} eleven"))
    assert [each.text for each in unite([one, two]).commentary] == [f"{short} eleven"]


def test_a_paragraph_that_a_note_repeats_itself_stays_repeated():
    one = Entry("R", links=(ARXIV,), commentary=note("Again.") * 2)
    assert len(unite([one, Entry("R", links=(ARXIV,), commentary=note("Other."))]).commentary) == 3


def test_an_abstract_of_other_words_is_kept_below_the_longer_one():
    one = Entry("R", links=(ARXIV,), abstract=("짧은 요약.",))
    two = Entry("R", links=(ARXIV,), abstract=("The abstract as published.",))
    assert unite([one, two]).abstract == ("The abstract as published.", "짧은 요약.")


WORDS = st.lists(
    st.sampled_from(["alpha", "beta", "gamma", "delta", "mu", "nu", "xi", "pi", "rho", "tau"]), max_size=14
)
TEXTS = st.lists(st.lists(WORDS.map(" ".join), max_size=3), min_size=2, max_size=4)


@given(TEXTS)
def test_no_word_of_any_commentary_is_lost(texts: list[list[str]]):
    entries = [
        Entry("R", links=(ARXIV,), commentary=tuple(Paragraph(text, "en") for text in own if text)) for own in texts
    ]
    kept = {word for each in unite(entries).commentary for word in each.text.split()}
    assert kept == {word for own in texts for text in own for word in text.split()}
