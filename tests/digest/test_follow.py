"""Which entry of a document is which after an edit."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.digest.follow import follow
from bot.digest.merge import Statement, make_statement
from bot.digest.model import Entry, Paragraph


def paper(number: int) -> Entry:
    return Entry(
        f"Paper {number}: Cooking with {('moe', 'rope', 'lora', 'mamba', 'rlhf', 'rag', 'dpo', 'vae')[number % 8]}",
        (f"Ada Cook{number}", f"Bo Baker{number}"),
        (f"https://arxiv.org/abs/2404.0{number:04}",),
        (),
        (
            Paragraph(
                f"What number {number} says of soup{number}, salt{number} and bread{number} is worth a look.", "en"
            ),
        ),
    )


def page(*entries: Entry) -> list[Statement]:
    return [make_statement("day.html", "day.html", position, entry) for position, entry in enumerate(entries)]


A, B, C, D = (paper(number) for number in range(4))
LINK = ("https://arxiv.org/abs/2404.09999",)


@pytest.mark.parametrize(
    ("after", "pairs"),
    [
        pytest.param([A, B, C], [(0, 0), (1, 1), (2, 2)], id="nothing"),
        pytest.param([C, A, B], [(0, 1), (1, 2), (2, 0)], id="order"),
        pytest.param([A, D, B, C], [(0, 0), (1, 2), (2, 3)], id="one more"),
        pytest.param([A, C], [(0, 0), (2, 1)], id="one less"),
        pytest.param([A, D, C], [(0, 0), (2, 2)], id="another in its place"),
        pytest.param([A, replace(B, title="Renamed"), C], [(0, 0), (1, 1), (2, 2)], id="title"),
        pytest.param([A, replace(B, links=LINK), C], [(0, 0), (1, 1), (2, 2)], id="link"),
        pytest.param(
            [replace(B, title="Renamed", links=LINK), C, A], [(0, 2), (1, 0), (2, 1)], id="title, link, place"
        ),
        pytest.param([A, Entry("Half", links=()), C], [(0, 0), (1, 1), (2, 2)], id="all but its place"),
        pytest.param([A, D, replace(B, title="New", links=LINK), C], [(0, 0), (1, 2), (2, 3)], id="and one more above"),
        pytest.param(
            [replace(A, links=B.links), replace(B, links=A.links), C], [(0, 1), (1, 0), (2, 2)], id="ids before titles"
        ),
    ],
)
def test_an_entry_is_followed_through_an_edit(after, pairs):
    assert follow(page(A, B, C), page(*after)) == pairs


def test_on_a_bare_list_an_entry_of_another_title_and_link_is_a_correction():
    one, two, three = (replace(entry, authors=(), commentary=()) for entry in (A, B, C))
    assert follow(page(one, two), page(one, replace(three, title="Quite another"))) == [(0, 0), (1, 1)]


def test_a_note_goes_on_whatever_changes_in_it():
    assert follow(page(A), page(D), whole=True) == [(0, 0)]
    assert follow(page(A), page(D)) == []


def test_surely_goes_by_what_two_entries_have_in_common():
    half = Entry("Untitled")
    assert follow(page(half), page(Entry("Other")), surely=True) == []
    assert follow(page(A), page(replace(A, title="Renamed")), surely=True) == [(0, 0)]
    assert follow(page(A), page(replace(A, links=LINK)), surely=True) == []


EDITS = st.lists(
    st.tuples(st.sampled_from(["title", "link", "both", "unlink", "words", "move", "drop", "add"]), st.integers(0, 99)),
    max_size=4,
)


@settings(max_examples=150)
@given(st.integers(1, 7), EDITS)
def test_a_paper_that_is_still_on_the_page_is_never_lost(count: int, edits: list[tuple[str, int]]):
    """Each edit is a save of its own: all but one entry are as they were."""
    now = [(number, paper(number)) for number in range(count)]
    fresh = 100
    for kind, at in edits:
        before = list(now)
        if not now:
            break
        at %= len(now)
        number, entry = now[at]
        fresh += 1
        link = (f"https://arxiv.org/abs/2405.0{fresh:04}",)
        changed = {
            "title": replace(entry, title=f"Corrected {fresh}"),
            "link": replace(entry, links=link),
            "both": replace(entry, title=f"Corrected {fresh}", links=link),
            "unlink": replace(entry, links=()),
            "words": replace(entry, commentary=(Paragraph(f"Rewritten {fresh}.", "en"),)),
        }
        if kind in changed:
            now[at] = (number, changed[kind])
        elif kind == "move":
            now.insert(fresh % len(now), now.pop(at))
        elif kind == "drop":
            now.pop(at)
        else:
            now.insert(at, (fresh, paper(fresh)))
        pairs = follow(page(*(entry for _, entry in before)), page(*(entry for _, entry in now)))
        followed = {before[old][0]: now[new][0] for old, new in pairs}
        stay = {number for number, _ in before} & {number for number, _ in now}
        assert followed == {number: number for number in stay}
