"""Which papers are near to one, and why: asked of a small archive of our own."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import pytest

from bot.digest.model import Entry, Paragraph, StoredEntry
from bot.search.fields import read_fields
from bot.search.plain_words import is_plain
from bot.search.related import Linked, Related, related
from bot.store.database import migrate, open_database, transaction
from bot.store.index import Index
from tests.search.memory import MemoryArchive

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

    def ask(*papers: StoredEntry, day: date | None = None) -> list[Related]:
        subject = papers[0]
        with transaction(engine) as connection:
            index.update(connection, [*papers, *FILLER])
        if day:
            return index.related([one for one in papers if one.day == day and one.source == "vault"], outside=day)
        return index.related([subject])

    yield ask
    engine.dispose()


def test_rare_words_that_are_shared_bring_papers_near_and_are_named(near: Near) -> None:
    [one] = near(entry(1, "Sparse Routing of Experts"), entry(2, "Routing with a gate"), entry(3, "Pruning a graph"))
    assert (one.id, one.words, one.named, one.naming) == (2, ("Routing",), False, False)


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
    assert (found[0].id, found[0].named, found[0].naming) == (1, True, False)
    assert [(one.id, one.naming, one.named) for one in near(rho)][:2] == [(2, True, False), (3, False, False)]


def test_another_day_of_the_same_paper_is_no_other_paper(near: Near) -> None:
    link = "https://arxiv.org/abs/2404.07965"
    again = entry(2, "Routing Experts", day=date(2024, 4, 10), link=link)
    assert near(entry(1, "Routing Experts", link=link), again) == []


def test_a_paper_without_words_has_nothing_near(near: Near) -> None:
    assert near(entry(1, "!"), entry(2, "Routing")) == []


def test_linked_papers_come_before_all_others_and_say_from_which_side() -> None:
    rho, math, clip = entry(1, "Rho-1 Tokens"), entry(2, "DeepSeekMath"), entry(3, "Sigmoid")
    alike = entry(4, "Rho-1 Tokens again")
    archive = MemoryArchive([rho, math, clip, alike, *FILLER])
    linked = Linked(named=[read_fields(math)], naming=[read_fields(clip), read_fields(math)])
    found = related([rho], [read_fields(rho)], archive, linked)
    assert [(one.id, one.named, one.naming) for one in found] == [
        (3, False, True),
        (2, True, True),
        (4, False, False),
    ]


def test_near_to_a_day_is_what_is_near_to_its_papers_and_not_of_that_day(near: Near) -> None:
    routing = entry(1, "Sparse Routing of Experts", tags=("moe",))
    tokens = entry(2, "Tokens by Loss")
    here = replace(entry(3, "Tokens"), source="letter")
    both = entry(4, "Routing and Loss", day=date(2024, 4, 10))
    one = entry(5, "Routing alone", day=date(2024, 4, 11))
    found = near(routing, tokens, here, both, one, day=DAY)
    assert [one.id for one in found] == [4, 5]
    assert set(found[0].words) == {"Routing", "Loss"}


def test_a_word_that_only_the_papers_of_a_day_have_brings_nothing_nearer(near: Near) -> None:
    other = entry(4, "Routing again", day=date(2024, 4, 10))
    [plain] = near(entry(1, "Routing"), entry(2, "Loss"), other, day=DAY)
    [same] = near(entry(1, "Routing Perplexity"), entry(2, "Perplexity of Loss"), other, day=DAY)
    assert same.score == plain.score


def test_a_paper_of_the_day_that_stood_on_another_day_too_is_not_near_to_it(near: Near) -> None:
    link = "https://arxiv.org/abs/2404.07965"
    before = entry(2, "Routing Experts", day=date(2024, 4, 10), link=link)
    assert near(entry(1, "Routing Experts", link=link), before, day=DAY) == []


def test_no_more_are_found_than_are_asked_for() -> None:
    paper, words = entry(1, "Sparse Routing of Tokens by Loss"), ("Sparse", "Routing", "Tokens", "Loss")
    archive = MemoryArchive([paper, *(entry(n, f"{word} again") for n, word in enumerate(words, 2)), *FILLER])
    assert len(related([paper], [read_fields(paper)], archive)) == 4
    assert len(related([paper], [read_fields(paper)], archive, most=3)) == 3


def test_a_word_is_named_as_it_is_written_whatever_it_is_found_by(near: Near) -> None:
    [one] = near(entry(1, "On Pre-Training."), entry(2, "Pretraining of it"))
    assert one.words == ("Pre-Training",)


@pytest.mark.parametrize("word", ["per", "level", "Example", "examples", "Towards", "effectively", "today's", "성능"])
def test_words_that_any_paper_uses_tell_nothing(word: str) -> None:
    assert is_plain(word)


@pytest.mark.parametrize("word", ["Pooling", "MoE", "alignment", "reasoning", "GPT", "scaling", "양자화", "상태"])
def test_words_of_a_subject_tell_something(word: str) -> None:
    assert not is_plain(word)


def test_what_only_shares_plain_words_is_not_related() -> None:
    titles = ["Per level example of pooling", "Per level example", "Pooling", *[f"Other {n}" for n in range(30)]]
    papers = [entry(number, title) for number, title in enumerate(titles, 1)]
    found = related(papers[:1], [read_fields(papers[0])], MemoryArchive(papers))
    assert [(one.id, one.words) for one in found] == [(3, ("pooling",))]
