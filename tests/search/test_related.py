"""Which papers are near to one, and why: asked of a small archive of our own."""

from collections.abc import Callable, Iterator
from datetime import date

import pytest

from bot.digest.model import Entry, Paragraph, StoredEntry
from bot.search.related import Related
from bot.store.database import migrate, open_database, transaction
from bot.store.index import Index

Near = Callable[..., list[Related]]
DAY = date(2024, 4, 12)


def entry(
    id: int, title: str, said: str = "", *, tags: tuple[str, ...] = (), day: date = DAY, link: str = ""
) -> StoredEntry:
    commentary = (Paragraph(said, "ko"),) if said else ()
    links = (link,) if link else ()
    return StoredEntry(id, link or title, "vault", day, id, Entry(title, (), links, (), commentary, tags))


FILLER = tuple(
    entry(100 + n, f"Sundry {'abcdefghijklmnopqrstuvwxyz'[n]}", "모델을 학습한 결과입니다.") for n in range(26)
)
"""What makes its words common."""


@pytest.fixture
def near() -> Iterator[Near]:
    engine = open_database("sqlite://")
    migrate(engine)
    index = Index(engine)
    index.ensure()

    def ask(subject: StoredEntry, *others: StoredEntry) -> list[Related]:
        with transaction(engine) as connection:
            index.update(connection, [subject, *others, *FILLER])
        return index.related(subject)

    yield ask
    engine.dispose()


def test_rare_words_that_are_shared_bring_papers_near_and_are_named(near: Near) -> None:
    [one] = near(entry(1, "Sparse Routing of Experts"), entry(2, "Routing with a gate"), entry(3, "Pruning a graph"))
    assert (one.id, one.words, one.linked) == (2, ("Routing",), False)


def test_common_words_alone_bring_nothing_near(near: Near) -> None:
    assert near(entry(1, "A title", "모델을 학습한 결과입니다."), entry(2, "Another")) == []


def test_a_shared_tag_counts_in_any_spelling_and_is_named_as_the_paper_writes_it(near: Near) -> None:
    [one] = near(entry(1, "First", tags=("State-Space-Model",)), entry(2, "Second", tags=("state_space_model",)))
    assert (one.id, one.tags) == (2, ("State-Space-Model",))


def test_hangul_is_named_as_long_as_both_have_it_without_particle(near: Near) -> None:
    [one] = near(entry(1, "First", "여기서 선형어텐션을 씁니다."), entry(2, "Second", "저기도 비선형어텐션을 봅니다."))
    assert one.words == ("선형어텐션",)


@pytest.mark.parametrize("said", ["앞의 240410 Rho-1 글과 같습니다.", "https://arxiv.org/abs/2404.07965v2 를 보세요."])
def test_a_paper_that_is_named_comes_first_from_either_side(near: Near, said: str) -> None:
    rho = entry(
        1, "Rho-1: Not All Tokens", day=date(2024, 4, 10), link="https://arxiv.org/abs/2404.07965", tags=("moe",)
    )
    naming = entry(2, "Second", said)
    alike = entry(3, "Not All Tokens Rho", tags=("moe",))
    found = near(naming, rho, alike)
    assert (found[0].id, found[0].linked) == (1, True)
    if "240410" in said:
        assert [(one.id, one.linked) for one in near(rho)][:2] == [(2, True), (3, False)]


def test_another_day_of_the_same_paper_is_no_other_paper(near: Near) -> None:
    link = "https://arxiv.org/abs/2404.07965"
    again = entry(2, "Routing Experts", day=date(2024, 4, 10), link=link)
    assert near(entry(1, "Routing Experts", link=link), again) == []


def test_a_paper_without_words_has_nothing_near(near: Near) -> None:
    assert near(entry(1, "!"), entry(2, "Routing")) == []
