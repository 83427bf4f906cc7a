"""The working set by itself: which paper a document's words belong to."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.digest.keys import canonical_link, tag_key, title_key
from bot.digest.merge import make_statement, unite
from bot.digest.model import Entry, Paragraph
from bot.store.holding import Day, Paper

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
    lost = Entry("Rho-1: Not All Tokens", ("Zhibin Gou",), links=("https://github.com/microsoft/rho",), abstract=("a",))
    whole = Entry("Rho-1: Not all tokens", ("Zhibin Gou",), links=("https://arxiv.org/abs/2404.07965",))
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
    named = Entry("One", ("A. Author",))
    linked = [replace(named, links=LINKS[:1]), Entry("Two", links=LINKS[:1], abstract=("longer",))]
    day = read_all([("a", [named]), ("b", linked[:1]), ("c", linked[1:])])
    (paper,) = day.papers
    assert (paper.key, paper.entry.title) == ("arxiv:2404.00001", "Two")
    day.forget("b")
    day.forget("c")
    day.settle()
    assert day.papers == [paper]
    assert (paper.key, paper.entry, paper.withdrawn) == ("title:one", named, False)


def test_a_title_that_names_no_paper_joins_nothing() -> None:
    day = read_all([(uri, [Entry("…", ("A. Author",), LINKS[-1:])]) for uri in "ab"])
    assert [len(paper.held) for paper in day.papers] == [1, 1]
    assert len({paper.key for paper in day.papers}) == 2


def test_a_paper_read_twice_in_one_document_is_held_where_it_first_stood() -> None:
    day = read_all([("a", [Entry("One", links=LINKS[:1]), Entry("Two"), Entry("ONE", links=LINKS[1:2])])])
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


# A file that goes on is the same entry


def note(day: Day, uri: str, entry: Entry | None, was: str | None = None) -> list[Paper]:
    """What a tick with this one note does to the day: the papers that may have changed."""
    if entry is None:
        day.forget(uri)
    else:
        day.read(uri, uri, [entry], was=was, is_note=True)
    return day.settle()


def full(number: int) -> Entry:
    link = f"https://arxiv.org/abs/2404.1{number:04}"
    return Entry(f"Title {number}", (f"Ada Cook{number}",), (link,), (), (Paragraph(f"Words {number}.", "en"),))


HALF = Entry("Untitled", commentary=(Paragraph("To be read.", "en"),))


@pytest.mark.parametrize(
    "versions",
    [
        pytest.param([HALF, full(1)], id="half-written and finished"),
        pytest.param([full(1), replace(full(1), title="Other", links=full(2).links)], id="title and link"),
        pytest.param([full(1), full(2)], id="everything"),
        pytest.param([full(1), HALF, full(2), HALF, full(1)], id="to and fro"),
        pytest.param([Entry("Untitled"), Entry("Introduction"), Entry("요약")], id="no name of its own"),
    ],
)
def test_a_note_is_one_entry_whatever_changes_in_it(versions: list[Entry]) -> None:
    day = read_all([("other.md", [full(9)])])
    for entry in versions:
        note(day, "a.md", entry)
    _, paper = sorted(day.papers, key=lambda paper: paper.entry.title == day.papers[-1].entry.title)
    assert len(day.papers) == 2
    assert paper.entry == versions[-1]
    assert not paper.withdrawn


@pytest.mark.parametrize("entries", [(full(1), full(2)), (Entry("One"), Entry("Two"))], ids=["ids", "titles"])
def test_two_notes_may_change_places(entries: tuple[Entry, Entry]) -> None:
    day = read_all([("a.md", [entries[0]]), ("b.md", [entries[1]])])
    before = {paper.entry.title: paper for paper in day.papers}
    day.read("a.md", "a.md", [entries[1]], is_note=True)
    day.read("b.md", "b.md", [entries[0]], is_note=True)
    day.settle()
    assert {paper.entry.title: paper for paper in day.papers if paper.held} == before


def test_a_note_that_takes_the_title_of_another_does_not_take_its_row() -> None:
    day = read_all([("a.md", [Entry("One")])])
    (first,) = day.papers
    day.read("a.md", "a.md", [Entry("Two")], is_note=True)
    day.read("b.md", "b.md", [Entry("One")], is_note=True)
    day.settle()
    assert first.entry.title == "Two"
    assert not first.withdrawn


def test_a_note_gets_the_id_of_one_that_is_withdrawn_and_stays_itself() -> None:
    day = read_all([("a.md", [HALF]), ("b.md", [full(1)])])
    mine, gone = day.papers
    note(day, "b.md", None)
    touched = note(day, "a.md", full(1))
    assert (mine.entry, mine.key, mine.withdrawn) == (full(1), "arxiv:2404.10001", False)
    assert (gone.withdrawn, gone.key) == (True, "arxiv:2404.10001 (2)")
    assert gone in touched


def test_what_was_swallowed_comes_apart_and_the_row_stays_that_of_its_title() -> None:
    """As older versions left it: two papers with one link are one row, which has the title of the second."""
    day = Day(1, date(2024, 4, 12))
    entries = [Entry(title, links=LINKS[-1:]) for title in ("One", "Two")]
    said = [make_statement(uri, uri, 0, entry) for uri, entry in zip(("a.md", "b.md"), entries, strict=True)]
    row = Paper(7, LINKS[-1] + " two", "two", entries[1], held={each.uri: [each] for each in said})
    day.papers.append(row)
    note(day, "c.md", full(1))
    assert [(paper.id, paper.entry.title) for paper in day.papers] == [(7, "Two"), (None, "One"), (None, "Title 1")]


VAULT_EDITS = st.lists(
    st.tuples(
        st.sampled_from(["title", "link", "both", "unlink", "words", "half", "all", "swap", "rename", "new", "delete"]),
        st.integers(0, 9),
        st.integers(0, 9),
    ),
    max_size=8,
)


@settings(max_examples=150)
@given(VAULT_EDITS)
def test_no_paper_that_is_still_in_the_vault_is_struck_and_posted_again(edits: list[tuple[str, int, int]]) -> None:
    day = Day(None, date(2024, 4, 12))
    files = {f"{number}.md": full(number) for number in range(3)}
    for uri, entry in files.items():
        note(day, uri, entry)
    fresh = 100
    for kind, at, other in edits:
        if not files:
            break
        fresh += 1
        uri, second = sorted(files)[at % len(files)], sorted(files)[other % len(files)]
        was = {uri: paper for paper in day.papers for uri in paper.held}
        entry = files[uri]
        changed = {
            "title": replace(entry, title=f"Corrected {fresh}"),
            "link": replace(entry, links=full(fresh).links),
            "both": replace(entry, title=f"Corrected {fresh}", links=full(fresh).links),
            "unlink": replace(entry, links=()),
            "words": replace(entry, commentary=(Paragraph(f"Rewritten {fresh}.", "en"),)),
            "half": HALF,
            "all": full(fresh),
        }
        if kind == "delete":
            del files[uri]
            note(day, uri, None)
            was.pop(uri)
        elif kind == "new":
            files[f"{fresh}.md"] = full(fresh)
            note(day, f"{fresh}.md", full(fresh))
        elif kind == "rename":
            files[f"{fresh}.md"] = files.pop(uri)
            note(day, f"{fresh}.md", files[f"{fresh}.md"], was=uri)
            was[f"{fresh}.md"] = was.pop(uri)
        elif kind == "swap":
            files[uri], files[second] = files[second], files[uri]
            for each in (uri, second):
                day.read(each, each, [files[each]], is_note=True)
            day.settle()
            if not HALF == files[uri] == files[second]:
                was[uri], was[second] = was[second], was[uri]
        else:
            files[uri] = changed[kind]
            note(day, uri, files[uri])
        now = {uri: paper for paper in day.papers for uri in paper.held}
        assert now.keys() == files.keys()
        for each, paper in was.items():
            assert now[each] is paper, (kind, each)
        keys = [paper.key for paper in day.papers]
        assert len(keys) == len(set(keys))
