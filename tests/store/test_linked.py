"""Links between notes, by the names of the documents that are there when they are asked for."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from bot.digest.model import Entry
from bot.store.database import reading
from bot.store.linked import linked_by_notes

RHO = Entry("Rho-1", links=("https://arxiv.org/abs/2404.07965",), notes=("240205 DeepSeekMath",))
MATH = Entry("DeepSeekMath", links=("https://arxiv.org/abs/2402.03300",))
EARLIER = date(2024, 2, 5)


@pytest.fixture
def ends(engine: Engine) -> Any:
    """The titles a paper links to, and those of the papers that link to it."""

    def ask(curator: Any, *keys: str) -> tuple[list[str], list[str]]:
        with reading(engine) as connection:
            named, naming = linked_by_notes(connection, keys)
        titles = [[one.entry.title for one in curator.digests.load_entries(ids)] for ids in (named, naming)]
        return titles[0], titles[1]

    return ask


def test_a_link_leads_from_note_to_note_both_ways(curator: Any, ends: Any) -> None:
    curator.write("2024/240412 Rho-1.md", RHO)
    curator.write("2024/240205 DeepSeekMath.md", MATH, day=EARLIER)
    assert ends(curator, "arxiv:2404.07965") == (["DeepSeekMath"], [])
    assert ends(curator, "arxiv:2402.03300") == ([], ["Rho-1"])
    assert ends(curator, "arxiv:2402.03300", "arxiv:2404.07965") == ([], []), "both are asked about"


@pytest.mark.parametrize("name", ["240205 deepseekmath.md", "2024/02/240205 DeepSeekMath.markdown"])
def test_names_compare_without_case_and_folder(name: str, curator: Any, ends: Any) -> None:
    curator.write("240412 Rho-1.md", RHO)
    curator.write(name, MATH, day=EARLIER)
    assert ends(curator, "arxiv:2404.07965") == (["DeepSeekMath"], [])


def test_an_older_day_of_a_paper_links_for_all_its_days(curator: Any, ends: Any) -> None:
    curator.write("240205 DeepSeekMath.md", MATH, day=EARLIER)
    curator.write("240411 Rho-1.md", RHO, day=date(2024, 4, 11))
    curator.write("post", replace(RHO, notes=()), shape="page", source="letter")
    assert ends(curator, "arxiv:2404.07965") == (["DeepSeekMath"], [])
    assert set(ends(curator, "arxiv:2402.03300")[1]) == {"Rho-1"}


def test_what_is_withdrawn_is_at_neither_end_and_a_page_is_no_note(curator: Any, ends: Any) -> None:
    curator.write("240412 Rho-1.md", RHO)
    curator.write("240205 DeepSeekMath.md", MATH, day=EARLIER, shape="page")
    assert ends(curator, "arxiv:2404.07965") == ([], [])
    curator.write("240205 DeepSeekMath.md", MATH, day=EARLIER)
    assert ends(curator, "arxiv:2404.07965") == (["DeepSeekMath"], [])
    curator.lose("240205 DeepSeekMath.md")
    assert ends(curator, "arxiv:2404.07965") == ([], [])


def test_a_withdrawn_note_links_to_nothing(curator: Any, ends: Any) -> None:
    curator.write("240412 Rho-1.md", RHO)
    curator.write("240205 DeepSeekMath.md", MATH, day=EARLIER)
    curator.lose("240412 Rho-1.md")
    assert ends(curator, "arxiv:2402.03300") == ([], [])
    assert ends(curator, "arxiv:2404.07965") == ([], [])


def test_a_link_taken_out_leads_nowhere(curator: Any, ends: Any) -> None:
    curator.write("240412 Rho-1.md", RHO)
    curator.write("240205 DeepSeekMath.md", MATH, day=EARLIER)
    curator.write("240412 Rho-1.md", replace(RHO, notes=()))
    assert ends(curator, "arxiv:2404.07965") == ([], [])


def test_two_notes_of_one_paper_link_together(curator: Any, ends: Any) -> None:
    curator.write("240412 a.md", replace(RHO, notes=("240205 DeepSeekMath", "X")))
    curator.write("240412 b.md", replace(RHO, notes=("X", "Y")))
    [stored] = curator.day()
    assert stored.entry.notes == ("240205 DeepSeekMath", "X", "Y")
    curator.lose("240412 a.md")
    assert curator.day()[0].entry.notes == ("X", "Y")
