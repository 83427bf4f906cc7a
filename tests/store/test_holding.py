"""The working set by itself: which paper a document's words belong to."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.digest.keys import canonical_link, tag_key, title_key
from bot.digest.model import Entry, Paragraph
from bot.store.holding import Day, unite

TITLES = ("One", "one!", "Two", "Three", "…")
LINKS = (
    "https://arxiv.org/abs/2404.00001",
    "https://arxiv.org/pdf/2404.00001v2",
    "https://arxiv.org/abs/2404.00002",
    "https://openreview.net/forum?id=abc",
    "https://example.org/x",
)
ENTRIES = st.builds(
    Entry,
    title=st.sampled_from(TITLES),
    authors=st.sampled_from([(), ("A. Author",)]),
    links=st.lists(st.sampled_from(LINKS), max_size=3).map(tuple),
    abstract=st.lists(st.text(max_size=9), max_size=2).map(tuple),
    commentary=st.lists(st.builds(Paragraph, st.text(max_size=9), st.just("en")), max_size=2).map(tuple),
    tags=st.lists(st.sampled_from(["moe", "MoE", "llm", "state-space"]), max_size=3).map(tuple),
)
READINGS = st.lists(st.tuples(st.sampled_from("abcd"), st.lists(ENTRIES, max_size=5)), max_size=8)


def read_all(readings: list[tuple[str, list[Entry]]]) -> Day:
    day = Day(None, date(2024, 4, 12))
    for uri, entries in readings:
        day.read(uri, uri, entries)
        day.settle()
    return day


def test_a_linked_print_and_its_note_become_one_paper_known_by_its_id() -> None:
    lost = Entry("Rho-1: Not All Tokens", links=("https://github.com/microsoft/rho",), abstract=("a",))
    whole = Entry("Rho-1: Not all tokens", links=("https://arxiv.org/abs/2404.07965",))
    day = read_all([("day.txt", [lost]), ("note.md", [whole])])
    (paper,) = day.papers
    assert paper.key == "arxiv:2404.07965"
    assert paper.entry.links == (*whole.links, *lost.links)


def test_a_withdrawn_paper_does_not_come_back_as_another_of_its_title() -> None:
    day = read_all([("a", [Entry("One", links=LINKS[:1])]), ("a", []), ("b", [Entry("One", links=LINKS[2:3])])])
    assert [(paper.key, paper.withdrawn) for paper in day.papers] == [
        ("arxiv:2404.00001", True),
        ("arxiv:2404.00002", False),
    ]


def test_a_paper_stays_the_row_of_who_still_speaks_of_it() -> None:
    """The row has the id and the title of those that are gone."""
    linked = [Entry("One", links=LINKS[:1]), Entry("Two", links=LINKS[:1], abstract=("longer",))]
    day = read_all([("a", [Entry("One")]), ("b", linked[:1]), ("c", linked[1:])])
    (paper,) = day.papers
    assert (paper.key, paper.entry.title) == ("arxiv:2404.00001", "Two")
    day.forget("b")
    day.forget("c")
    day.settle()
    assert day.papers == [paper]
    assert (paper.key, paper.entry, paper.withdrawn) == ("title:one", Entry("One"), False)


def test_a_title_of_signs_alone_is_still_a_title() -> None:
    day = read_all([("a", [Entry("…")]), ("b", [Entry("…")]), ("c", [Entry("?!")])])
    assert [len(paper.held) for paper in day.papers] == [2, 1]


def test_a_paper_read_twice_in_one_document_is_held_where_it_first_stood() -> None:
    day = read_all([("a", [Entry("One"), Entry("Two"), Entry("ONE")])])
    assert [(paper.entry.title, paper.position) for paper in day.papers] == [("One", 0), ("Two", 1)]


@settings(max_examples=80)
@given(READINGS)
def test_every_documents_every_entry_stands_in_exactly_one_paper(readings: list[tuple[str, list[Entry]]]) -> None:
    day = read_all(readings)
    last = dict(readings)
    present = [paper for paper in day.papers if not paper.withdrawn]
    assert all(paper.withdrawn == (not paper.held) for paper in day.papers)
    assert sorted(paper.position for paper in present) == list(range(len(present)))
    keys = [paper.key for paper in day.papers]
    assert len(keys) == len(set(keys))
    for uri, entries in last.items():
        held = [paper for paper in present if uri in paper.held]
        links = {canonical_link(link) for entry in entries for link in entry.links}
        assert links <= {canonical_link(link) for paper in held for link in paper.entry.links}
        said = [one for paper in held for one in paper.held[uri]]
        assert sorted(one.title_key for one in said) == sorted(title_key(entry.title) for entry in entries)


@settings(max_examples=80)
@given(READINGS)
def test_reading_the_same_again_changes_nothing(readings: list[tuple[str, list[Entry]]]) -> None:
    day = read_all(readings)
    before = [(id(paper), paper.key, paper.entry, paper.position, paper.withdrawn) for paper in day.papers]
    for uri, entries in dict(readings).items():
        day.read(uri, uri, entries)
    day.settle()
    assert [(id(paper), paper.key, paper.entry, paper.position, paper.withdrawn) for paper in day.papers] == before


@given(st.lists(ENTRIES, min_size=1, max_size=4))
def test_united_entries_keep_every_link_and_tag_once_and_the_longest_text(entries: list[Entry]) -> None:
    def length(entry: Entry) -> int:
        return sum(map(len, entry.abstract)) + sum(len(paragraph.text) for paragraph in entry.commentary)

    united = unite(entries)
    links = [canonical_link(link) for link in united.links]
    tags = [tag_key(tag) for tag in united.tags]
    assert sorted(links) == sorted({canonical_link(link) for entry in entries for link in entry.links})
    assert sorted(tags) == sorted({tag_key(tag) for entry in entries for tag in entry.tags})
    assert length(united) >= max(map(length, entries))
    assert united.title in {entry.title for entry in entries if length(entry) == max(map(length, entries))}
