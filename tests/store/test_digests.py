import random
import time
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select, text
from sqlalchemy.engine import Engine

from bot.digest.document import Document, KnownDocument
from bot.digest.keys import entry_key
from bot.digest.model import Digest, Entry, Paragraph
from bot.errors import DigestFormatError
from bot.store import tables as t
from bot.store.database import open_database, reading
from bot.store.digests import Digests, SaveReport

NOW = datetime(2024, 4, 12, 9, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
DAY = date(2024, 4, 12)
NEXT = date(2024, 4, 13)

RHO = Entry(
    title="Rho-1: Not All Tokens Are What You Need",
    authors=("Zhenghao Lin", "Zhibin Gou"),
    links=("https://arxiv.org/abs/2404.07965", "https://example.org/rho"),
    abstract=("Some tokens teach more than others.",),
    commentary=(Paragraph("노이즈를 덜어내는 방법이군요.", "ko"), Paragraph("A way to drop noise.", "en")),
    tags=("llm", "Pre-Training"),
    notes=("230330 Self-Refine", "231130 Older"),
)
JET = Entry(title="JetMoE", links=("https://arxiv.org/abs/2404.07413",), tags=("moe", "llm"))
HGRN = Entry(title="HGRN2", links=("https://arxiv.org/abs/2404.07904",), tags=("state_space_model",))


@pytest.fixture
def statements(engine: Engine) -> list[str]:
    """The statements sent to the database from now on, without its own housekeeping."""
    sent: list[str] = []

    @event.listens_for(engine, "before_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            sent.append(statement)

    return sent


# What is written comes back


def test_an_entry_comes_back_as_it_was_written(curator) -> None:
    assert curator.write("240412 Rho-1.md", RHO) == SaveReport(added=1)
    (stored,) = curator.day()
    assert stored.entry == RHO
    assert (stored.key, stored.source, stored.day, stored.position) == ("arxiv:2404.07965", "vault", DAY, 0)
    assert not stored.withdrawn


def test_a_document_read_again_without_change_changes_nothing(curator) -> None:
    curator.write("a.md", RHO)
    (before,) = curator.day()
    assert curator.write("a.md", RHO, now=LATER) == SaveReport(unchanged=1)
    assert curator.day() == [before]


def test_text_no_database_takes_is_mended_and_not_refused(curator) -> None:
    curator.write("a.md", Entry(title="A\0 title \ud800", commentary=(Paragraph("one\0two", "en"),), tags=("a\0",)))
    (stored,) = curator.day()
    assert (stored.entry.title, stored.entry.commentary[0].text, stored.entry.tags) == ("A title ?", "onetwo", ("a",))


def test_tags_that_compare_equal_are_one_in_the_first_spelling(curator) -> None:
    curator.write("a.md", replace(JET, tags=("Vision_Language", "vision-language", "moe")))
    assert curator.day()[0].entry.tags == ("Vision_Language", "moe")


def test_a_document_says_what_is_known_of_it(curator) -> None:
    document = Document("a.md", "a.md", b"", "h1", etag='"x"', last_modified="12 34")
    curator.digests.save("vault", [(document, Digest(DAY, "", (JET,), "note"))], NOW)
    known = KnownDocument("a.md", "h1", etag='"x"', last_modified="12 34", day=DAY)
    assert curator.digests.known("vault") == {"a.md": known}
    assert curator.digests.known("other") == {}


def test_two_sources_never_share_a_day(curator) -> None:
    curator.write("a.md", RHO)
    curator.write("a.md", replace(RHO, tags=()), source="feed")
    assert curator.day(source="vault")[0].entry.tags == RHO.tags
    assert curator.day(source="feed")[0].entry.tags == ()
    assert curator.digests.sources() == ["vault", "feed"]
    assert curator.digests.count() == 2


# Identity


def test_an_edit_keeps_the_entry_and_says_what_is_new(curator) -> None:
    curator.write("a.md", RHO)
    (before,) = curator.day()
    edited = replace(RHO, commentary=(Paragraph("Said better.", "en"),), tags=("llm",))
    assert curator.write("a.md", edited) == SaveReport(changed=1)
    (after,) = curator.day()
    assert (after.id, after.entry) == (before.id, edited)


@pytest.mark.parametrize(
    "edited",
    [
        pytest.param(replace(RHO, title="Another title"), id="title"),
        pytest.param(replace(RHO, links=("https://arxiv.org/abs/2404.00001",)), id="link"),
        pytest.param(replace(RHO, links=()), id="link gone"),
        pytest.param(replace(RHO, links=("https://arxiv.org/pdf/2404.07965v3",)), id="version"),
    ],
)
def test_an_edit_of_title_or_link_alone_keeps_the_row(curator, edited: Entry) -> None:
    curator.write("a.md", RHO)
    (before,) = curator.day()
    assert curator.write("a.md", edited).changed == 1
    (after,) = curator.day()
    assert (after.id, after.entry, after.key) == (before.id, edited, entry_key(edited))


def test_an_entry_that_gets_its_link_later_keeps_the_row(curator) -> None:
    curator.write("day.txt", replace(RHO, links=()), JET, shape="print")
    before = {entry.entry.title: entry.id for entry in curator.day()}
    curator.write("day.txt", RHO, JET, shape="print")
    assert {entry.entry.title: entry.id for entry in curator.day()} == before
    assert curator.day()[0].key == "arxiv:2404.07965"


def test_keys_may_change_hands_within_one_document(curator) -> None:
    one, two = replace(JET, title="One"), replace(HGRN, title="Two")
    curator.write("day.txt", one, two, shape="print")
    swapped = [replace(one, links=two.links), replace(two, links=one.links)]
    curator.write("day.txt", *swapped, shape="print")
    assert [entry.entry for entry in curator.day()] == swapped
    curator.write("day.txt", one, two, shape="print")
    assert [entry.entry for entry in curator.day()] == [one, two]


def test_one_title_with_two_papers_of_one_archive_is_two_entries(curator) -> None:
    other = replace(JET, links=("https://arxiv.org/abs/2404.99999",))
    curator.write("a.md", JET)
    curator.write("b.md", other)
    assert len(curator.day()) == 2
    curator.write("c.txt", JET, other, day=NEXT, shape="print")
    assert len(curator.day(NEXT)) == 2


def test_one_paper_at_two_places_is_one_entry_by_its_title_and_authors(curator) -> None:
    named = replace(JET, authors=("Yikang Shen",))
    curator.write("a.md", replace(named, links=("https://openreview.net/forum?id=abc",)))
    curator.write("b.md", named)
    (stored,) = curator.day()
    assert len(stored.entry.links) == 2


# One paper twice on a day


@pytest.mark.parametrize("together", [True, False], ids=["one document", "two notes"])
def test_a_paper_twice_on_a_day_is_one_entry_with_all_that_was_written(curator, together: bool) -> None:
    short = replace(RHO, commentary=(Paragraph("Short.", "en"),), tags=("data", "LLM"), links=RHO.links[:1])
    if together:
        curator.write("day.txt", short, JET, RHO, shape="print")
    else:
        for name, entry in (("1.md", short), ("2.md", JET), ("3.md", RHO)):
            curator.write(name, entry)
    first, second = curator.day()
    assert (first.entry.abstract, first.entry.commentary) == (RHO.abstract, (*short.commentary, *RHO.commentary))
    assert first.entry.tags == ("data", "LLM", "Pre-Training")
    assert first.entry.links == RHO.links
    assert second.entry == JET
    assert [first.position, second.position] == [0, 1]


def test_what_the_fuller_text_lacks_comes_from_the_other(curator) -> None:
    curator.write("1.md", replace(RHO, commentary=()))
    curator.write("2.md", replace(RHO, abstract=(), authors=(), commentary=(Paragraph("Long. " * 50, "en"),)))
    (stored,) = curator.day()
    assert stored.entry.abstract == RHO.abstract
    assert stored.entry.authors == RHO.authors
    assert len(stored.entry.commentary[0].text) == 300


def test_each_of_two_documents_can_be_edited_and_go_by_itself(curator) -> None:
    short = replace(RHO, commentary=(), tags=("data",))
    curator.write("1.md", short)
    curator.write("2.md", RHO)
    (both,) = curator.day()
    curator.write("2.md", replace(RHO, commentary=(Paragraph("Now shorter.", "en"),), tags=("llm",)))
    (edited,) = curator.day()
    assert edited.entry.commentary == (Paragraph("Now shorter.", "en"),)
    assert edited.entry.tags == ("data", "llm")
    assert curator.lose("2.md") == 0
    (left,) = curator.day()
    assert (left.id, left.entry) == (both.id, short)


# Gone and back


def test_an_entry_missing_from_a_document_read_again_is_withdrawn_and_kept(curator) -> None:
    curator.write("day.txt", RHO, JET, HGRN, shape="print")
    ids = [entry.id for entry in curator.day()]
    assert curator.write("day.txt", RHO, HGRN, shape="print") == SaveReport(unchanged=2, withdrawn=1)
    assert [(entry.id, entry.position) for entry in curator.day()] == [(ids[0], 0), (ids[2], 1)]
    (withdrawn,) = curator.digests.load_entries([ids[1]])
    assert (withdrawn.withdrawn, withdrawn.entry) == (True, JET)
    assert set(curator.index.entries) == {ids[0], ids[2]}


def test_an_entry_that_comes_back_is_the_same_one(curator) -> None:
    curator.write("day.txt", RHO, JET, shape="print")
    before = curator.day()
    curator.write("day.txt", RHO, shape="print")
    assert curator.write("day.txt", RHO, JET, shape="print") == SaveReport(changed=1, unchanged=1)
    assert curator.day() == before
    assert set(curator.index.entries) == {entry.id for entry in before}


def test_a_file_must_be_missing_at_two_ticks(curator) -> None:
    curator.write("a.md", RHO)
    assert curator.digests.mark_missing("vault", ["a.md"], NOW) == 0
    assert curator.digests.known("vault")["a.md"].missing_since == NOW
    assert curator.digests.mark_missing("vault", ["a.md"], NOW) == 0, "the same tick again is not another"
    assert curator.titles() == [RHO.title]
    assert curator.digests.mark_missing("vault", ["a.md"], LATER) == 1
    assert curator.titles() == []
    assert curator.digests.known("vault") == {}
    assert curator.digests.count() == 0


@pytest.mark.parametrize("how", ["not missing", "read"])
def test_a_file_seen_in_between_begins_anew(curator, how: str) -> None:
    curator.write("a.md", RHO)
    curator.digests.mark_missing("vault", ["a.md"], NOW)
    if how == "read":
        curator.write("a.md", JET)
    else:
        assert curator.digests.mark_missing("vault", [], NOW) == 0
    assert curator.digests.known("vault")["a.md"].missing_since is None
    assert curator.digests.mark_missing("vault", ["a.md"], LATER) == 0
    assert len(curator.titles()) == 1


def test_a_renamed_note_keeps_its_entry(curator) -> None:
    curator.write("240412 Rho.md", RHO)
    (before,) = curator.day()
    assert curator.digests.mark_missing("vault", ["240412 Rho.md"], NOW) == 0
    assert curator.write("240412 Rho-1.md", RHO) == SaveReport(unchanged=1)
    assert curator.digests.mark_missing("vault", ["240412 Rho.md"], LATER) == 0
    assert curator.day() == [before]
    assert list(curator.digests.known("vault")) == ["240412 Rho-1.md"]


def test_a_note_that_moves_to_another_day_leaves_the_first(curator) -> None:
    curator.write("240412 Rho.md", RHO)
    (before,) = curator.day()
    curator.write("240413 Rho.md", RHO, day=NEXT)
    assert curator.lose("240412 Rho.md") == 1
    assert curator.titles() == []
    (moved,) = curator.day(NEXT)
    assert moved.id != before.id


def test_a_document_that_changes_its_day_takes_its_entries_along(curator) -> None:
    curator.write("a.md", RHO)
    assert curator.write("a.md", RHO, day=NEXT) == SaveReport(added=1, withdrawn=1)
    assert (curator.titles(), curator.titles(NEXT)) == ([], [RHO.title])
    assert curator.write("a.md", RHO) == SaveReport(changed=1, withdrawn=1)
    assert (curator.titles(), curator.titles(NEXT)) == ([RHO.title], [])


def test_missing_documents_nobody_knows_do_no_harm(curator) -> None:
    curator.write("a.md", RHO)
    assert curator.lose("never.md") == 0
    assert curator.titles() == [RHO.title]


# Order


def test_notes_stand_by_file_name_and_prints_as_written(curator) -> None:
    for name, entry in (("b/240412 A.md", HGRN), ("a/240412 C.md", RHO), ("c/240412 B.md", JET)):
        curator.write(name, entry)
    assert curator.titles() == [HGRN.title, JET.title, RHO.title]
    curator.write("day.txt", RHO, HGRN, JET, day=NEXT, shape="print")
    assert curator.titles(NEXT) == [RHO.title, HGRN.title, JET.title]
    curator.write("day.txt", JET, RHO, HGRN, day=NEXT, shape="print")
    assert curator.titles(NEXT) == [JET.title, RHO.title, HGRN.title]


def test_positions_count_from_0_after_every_change(curator) -> None:
    for name, entry in (("1.md", RHO), ("2.md", JET), ("3.md", HGRN)):
        curator.write(name, entry)
    curator.lose("1.md")
    assert [(entry.entry.title, entry.position) for entry in curator.day()] == [(JET.title, 0), (HGRN.title, 1)]
    curator.write("0.md", RHO)
    assert [entry.position for entry in curator.day()] == [0, 1, 2]
    assert curator.titles()[0] == RHO.title


# Ready


SETTLE = timedelta(minutes=10)


def test_a_day_is_ready_once_its_notes_have_been_quiet(curator) -> None:
    curator.write("1.md", RHO)
    curator.write("2.md", JET, now=NOW + timedelta(minutes=4))
    assert curator.digests.settle("vault", SETTLE, NOW + timedelta(minutes=13)) == []
    assert curator.digests.ready("vault") == {}
    assert curator.digests.settle("vault", SETTLE, NOW + timedelta(minutes=20)) == [DAY]
    assert curator.digests.ready("vault") == {DAY: NOW + timedelta(minutes=14)}


def test_the_moment_a_day_became_ready_is_stored_once(curator) -> None:
    curator.write("1.md", RHO)
    curator.digests.settle("vault", SETTLE, LATER)
    curator.write("2.md", JET, now=LATER)
    assert curator.digests.settle("vault", SETTLE, LATER + SETTLE) == []
    assert curator.digests.ready("vault") == {DAY: NOW + SETTLE}


def test_a_document_of_a_whole_day_need_not_settle(curator) -> None:
    curator.write("day.txt", RHO, JET, shape="print")
    assert curator.digests.settle("vault", SETTLE, NOW) == [DAY]
    assert curator.digests.ready("vault") == {DAY: NOW}


def test_reading_the_same_bytes_again_does_not_put_off_the_day(curator) -> None:
    curator.write("1.md", RHO)
    curator.write("1.md", RHO, now=NOW + timedelta(minutes=9))
    assert curator.digests.settle("vault", SETTLE, NOW + SETTLE) == [DAY]


def test_a_day_without_entries_is_neither_ready_nor_shown(curator) -> None:
    curator.write("1.md", RHO)
    curator.write("1.md", RHO, day=NEXT)
    assert curator.digests.settle("vault", SETTLE, LATER) == [NEXT]
    curator.write("1.md", RHO, day=DAY)
    assert curator.digests.ready("vault") == {}
    assert curator.digests.load_day("vault", NEXT) is None
    latest = curator.digests.latest_day()
    assert latest is not None
    assert latest.day == DAY


def test_the_latest_day_is_a_ready_one_where_there_is_one(curator) -> None:
    assert curator.digests.latest_day() is None
    curator.write("day.txt", RHO, shape="print", title="Friday")
    curator.write("1.md", JET, day=NEXT)
    curator.write("other.txt", HGRN, day=date(2024, 4, 20), shape="print", source="feed")
    assert curator.digests.latest_day("vault").day == NEXT
    curator.digests.settle("vault", SETTLE, NOW)
    latest = curator.digests.latest_day("vault")
    assert (latest.day, latest.title, latest.source) == (DAY, "Friday", "vault")
    assert curator.digests.latest_day().day == DAY
    assert curator.digests.latest_day("nobody") is None
    assert curator.digests.load_day(None, NEXT).source == "vault"


def test_a_document_that_names_no_paper_makes_no_day_ready(curator) -> None:
    curator.write("day.txt", shape="print")
    assert curator.digests.settle("vault", SETTLE, LATER) == []
    curator.write("day.txt", RHO, shape="print", now=LATER)
    assert curator.digests.settle("vault", SETTLE, LATER) == [DAY]
    assert curator.digests.ready("vault") == {DAY: LATER}


# What changed, and from when on that counts


@pytest.fixture
def changed_at(engine: Engine) -> Callable[..., datetime]:
    """When a day last changed."""

    def ask(day: date = DAY) -> datetime:
        with reading(engine) as connection:
            return connection.scalar(select(t.Digest.changed_at).where(t.Digest.day == day))

    return ask


@pytest.fixture
def counts(engine: Engine, changed_at: Callable[..., datetime]) -> Callable[..., bool]:
    """Whether all that changed on a day counts."""

    def ask(day: date = DAY) -> bool:
        with reading(engine) as connection:
            return connection.scalar(select(t.Digest.settled_at).where(t.Digest.day == day)) == changed_at(day)

    return ask


TWO = ("1.md", "2.md")


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda curator: curator.write("1.md", replace(RHO, tags=()), now=LATER), id="an entry's content"),
        pytest.param(lambda curator: curator.write("1.md", HGRN, now=LATER), id="an entry in another's place"),
        pytest.param(lambda curator: curator.write("3.md", HGRN, now=LATER), id="an entry added"),
        pytest.param(lambda curator: curator.write("1.md", now=LATER), id="an entry gone from its document"),
        pytest.param(lambda curator: curator.digests.mark_missing("vault", TWO, LATER, at_once=True), id="files gone"),
        pytest.param(lambda curator: curator.write("1.md", RHO, day=NEXT, now=LATER), id="a note moved to another day"),
        pytest.param(lambda curator: curator.write("0.md", JET, now=LATER), id="the order alone"),
        pytest.param(
            lambda curator: curator.write("d.txt", RHO, JET, shape="print", title="Friday", now=LATER), id="the title"
        ),
    ],
)
def test_a_day_has_changed_when_what_a_channel_shows_of_it_has(curator, changed_at, edit: Callable[[Any], Any]) -> None:
    for uri, entry in zip(TWO, (RHO, JET), strict=True):
        curator.write(uri, entry)
    assert changed_at() == NOW + timedelta(microseconds=1), "the second came later, also at the same moment"
    edit(curator)
    assert changed_at() == LATER


def test_an_entry_that_comes_back_has_changed_its_day(curator, changed_at) -> None:
    curator.write("1.md", RHO)
    curator.lose("1.md")
    curator.write("1.md", RHO, now=LATER)
    assert changed_at() == LATER


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda digest: digest, id="white space"),
        pytest.param(lambda digest: replace(digest, entries=(RHO, RHO)), id="the same said twice"),
    ],
)
def test_new_bytes_that_say_the_same_change_nothing(curator, changed_at, edit: Callable[[Digest], Digest]) -> None:
    curator.write("1.md", RHO)
    again = Document("1.md", "1.md", b"other bytes", "another hash")
    report = curator.digests.save("vault", [(again, edit(Digest(DAY, "", (RHO,), "note")))], LATER)
    assert report == SaveReport(unchanged=1)
    assert changed_at() == NOW


def test_other_links_between_notes_change_the_entry_and_not_what_channels_are_shown(curator, changed_at) -> None:
    curator.write("1.md", RHO)
    linking = replace(RHO, notes=("240101 Another",))
    assert curator.write("1.md", linking, now=LATER) == SaveReport(changed=1)
    assert curator.day()[0].entry == linking
    assert changed_at() == NOW


def test_one_of_two_documents_that_say_the_same_may_go_unnoticed(curator, changed_at) -> None:
    curator.write("1.md", RHO)
    curator.write("2.md", RHO, now=LATER)
    curator.lose("2.md", now=LATER)
    assert changed_at() == NOW


def test_a_change_is_later_than_the_one_before_also_where_the_clock_was_put_back(curator, changed_at, counts) -> None:
    curator.write("day.txt", RHO, shape="print", now=LATER)
    curator.digests.settle("vault", SETTLE, LATER)
    curator.write("day.txt", JET, shape="print", now=NOW)
    assert changed_at() > LATER
    assert not counts()
    curator.digests.settle("vault", SETTLE, NOW)
    assert counts()


def test_a_change_counts_once_the_day_has_been_quiet_again(curator, counts) -> None:
    curator.write("1.md", RHO)
    curator.write("2.md", JET)
    assert not counts()
    curator.digests.settle("vault", SETTLE, NOW + SETTLE)
    assert counts(), "with the day's being ready"
    ready = curator.digests.ready("vault")
    curator.write("1.md", replace(RHO, tags=()), now=LATER)
    for minutes, does in ((0, False), (9, False), (10, True)):
        assert curator.digests.settle("vault", SETTLE, LATER + timedelta(minutes=minutes)) == []
        assert counts() == does
    assert curator.digests.ready("vault") == ready


def test_a_change_waits_for_the_whole_day_to_be_quiet(curator, counts) -> None:
    for uri, entry in zip(TWO, (RHO, JET), strict=True):
        curator.write(uri, entry)
    curator.digests.settle("vault", SETTLE, NOW + SETTLE)
    curator.write("1.md", replace(RHO, tags=()), now=LATER)
    still_typing = Document("2.md", "2.md", b"other bytes", "another hash")
    curator.digests.save("vault", [(still_typing, Digest(DAY, "", (JET,), "note"))], LATER + timedelta(minutes=5))
    curator.digests.settle("vault", SETTLE, LATER + SETTLE)
    assert not counts()
    curator.digests.settle("vault", SETTLE, LATER + SETTLE + timedelta(minutes=5))
    assert counts()


def test_what_goes_counts_as_late_as_what_comes_also_where_nothing_is_left(curator, counts) -> None:
    for uri, entry in zip(TWO, (RHO, JET), strict=True):
        curator.write(uri, entry)
    curator.digests.settle("vault", SETTLE, NOW + SETTLE)
    for uri in TWO:
        curator.digests.mark_missing("vault", [uri], LATER, at_once=True)
        curator.digests.settle("vault", SETTLE, LATER + timedelta(minutes=9))
        assert not counts(), uri
        curator.digests.settle("vault", SETTLE, LATER + timedelta(minutes=11))
        assert counts(), uri
    assert curator.digests.ready("vault") == {}


def test_a_change_in_a_document_of_a_whole_day_counts_at_once(curator, counts) -> None:
    curator.write("day.txt", RHO, JET, shape="print")
    curator.digests.settle("vault", SETTLE, NOW)
    assert counts()
    curator.write("day.txt", RHO, shape="print", now=LATER)
    assert not counts()
    assert curator.digests.settle("vault", SETTLE, LATER) == []
    assert counts()


def test_a_note_beside_a_document_of_a_whole_day_is_waited_for(curator, counts) -> None:
    curator.write("day.txt", RHO, shape="print")
    curator.digests.settle("vault", SETTLE, NOW)
    curator.write("1.md", JET, now=LATER)
    curator.digests.settle("vault", SETTLE, LATER + timedelta(minutes=9))
    assert not counts()
    curator.digests.settle("vault", SETTLE, LATER + SETTLE)
    assert counts()


def test_a_day_of_one_source_settles_by_itself(curator, counts) -> None:
    curator.write("day.txt", RHO, shape="print")
    curator.digests.settle("other", SETTLE, LATER)
    assert not counts()


def test_a_day_that_lies_still_is_not_written_again(curator, statements: list[str]) -> None:
    curator.write("1.md", RHO)
    curator.digests.settle("vault", SETTLE, LATER)
    del statements[:]
    curator.digests.settle("vault", SETTLE, LATER + SETTLE)
    assert len(statements) == 1


def test_withdrawn_entries_are_shown_where_they_stood_to_whoever_asks_for_them(curator) -> None:
    for name, entry in (("3.md", HGRN), ("2.md", JET), ("1.md", RHO)):
        curator.write(name, entry)
    curator.lose("2.md")
    assert curator.titles() == [RHO.title, HGRN.title]
    whole = curator.digests.load_day("vault", DAY, withdrawn=True).entries
    assert [(one.entry.title, one.withdrawn) for one in whole] == [
        (RHO.title, False), (JET.title, True), (HGRN.title, False),
    ]  # fmt: skip
    curator.lose("1.md", "3.md")
    assert curator.digests.load_day("vault", DAY) is None
    assert len(curator.digests.load_day("vault", DAY, withdrawn=True).entries) == 3
    assert curator.digests.load_day("vault", NEXT, withdrawn=True) is None


# Failures and states


def test_a_document_that_cannot_be_read_keeps_its_last_good_entries(curator) -> None:
    curator.write("a.md", RHO)
    error = str(DigestFormatError(3, "a title", "nothing"))
    curator.digests.save_failure("vault", Document("a.md", "a.md", b"?", "bad", last_modified="9"), error, LATER)
    assert curator.titles() == [RHO.title]
    assert curator.digests.failures() == [("vault", "a.md", error, LATER)]
    known = curator.digests.known("vault")["a.md"]
    assert (known.hash, known.last_modified, known.error) == ("bad", "9", error), "so that it is not read again"
    curator.write("a.md", RHO, now=LATER)
    assert curator.digests.failures() == []


def test_a_failure_stays_since_when_it_first_was(curator) -> None:
    curator.digests.save_failure("vault", "big.md", "too large", NOW)
    curator.digests.save_failure("vault", "big.md", "too large", LATER)
    assert curator.digests.failures() == [("vault", "big.md", "too large", NOW)]
    curator.digests.save_failure("vault", "big.md", "a symlink", LATER)
    assert curator.digests.failures() == [("vault", "big.md", "a symlink", LATER)]


def test_a_broken_edit_holds_a_day_back_as_any_other_does(curator) -> None:
    curator.write("a.md", RHO)
    curator.digests.save_failure("vault", Document("a.md", "a.md", b"?", "bad"), "line 1", LATER)
    assert curator.digests.settle("vault", SETTLE, LATER) == []


def test_a_sources_own_state_comes_back(curator) -> None:
    seoul = timezone(timedelta(hours=9))
    state = KnownDocument(
        "https://example.org/feed", "", etag="e", last_modified="m", failures=3, retry_at=LATER, error="timed out"
    )
    curator.digests.save_state("feed", [state], NOW.astimezone(seoul))
    assert curator.digests.known("feed") == {state.uri: state}
    assert curator.digests.failures() == [("feed", state.uri, "timed out", NOW)]
    curator.digests.save_state("feed", [replace(state, failures=4)], LATER)
    assert curator.digests.failures()[0].when == NOW
    curator.digests.save_state("feed", [KnownDocument(state.uri, "h")], LATER)
    assert curator.digests.failures() == []
    assert curator.titles() == []


def test_a_state_leaves_what_a_document_holds(curator) -> None:
    curator.write("a.md", RHO)
    known = curator.digests.known("vault")["a.md"]
    curator.digests.save_state("vault", [replace(known, last_modified="touched")], LATER)
    assert curator.digests.known("vault")["a.md"].last_modified == "touched"
    assert curator.digests.settle("vault", SETTLE, NOW + SETTLE) == [DAY]


# Looking up


def test_entries_come_in_the_order_asked_for(curator) -> None:
    curator.write("day.txt", RHO, JET, HGRN, shape="print")
    a, b, c = (entry.id for entry in curator.day())
    assert [entry.id for entry in curator.digests.load_entries([c, 999, a, b])] == [c, a, b]
    assert curator.digests.load_entries([]) == []


def test_a_paper_of_several_days_names_the_others(curator) -> None:
    for number in range(3):
        curator.write(f"{number}.txt", RHO, day=DAY + timedelta(days=number), shape="print")
    curator.write("other.txt", JET, shape="print", day=NEXT)
    curator.write("same day.txt", RHO, shape="print", source="feed")
    (first,) = curator.day()
    alone = curator.day(NEXT)[1]
    assert curator.digests.also_on([first.id, alone.id]) == {first.id: (date(2024, 4, 14), NEXT)}
    curator.lose("2.txt")
    assert curator.digests.also_on([first.id]) == {first.id: (NEXT,)}


def test_tags_are_counted_whatever_their_spelling(curator) -> None:
    curator.write("1.md", replace(RHO, tags=("State-Space", "llm")))
    curator.write("2.md", replace(JET, tags=("state_space",)), day=NEXT)
    curator.write("3.md", replace(HGRN, tags=("state_space", "stateful", "%")), day=NEXT)
    first, *rest = curator.digests.tags()
    assert (first.tag, first.entries, first.first, first.last) == ("state_space", 3, DAY, NEXT)
    assert [count.tag for count in rest] == ["%", "llm", "stateful"]
    assert [count.tag for count in curator.digests.tags("#State_")] == ["state_space", "stateful"]
    assert [count.tag for count in curator.digests.tags("%")] == ["%"], "a prefix is no pattern"
    assert [count.tag for count in curator.digests.tags(limit=2)] == ["state_space", "%"]
    curator.lose("1.md")
    assert "llm" not in [count.tag for count in curator.digests.tags()]
    assert curator.digests.tags("state")[0].entries == 2


def test_a_paper_of_two_days_counts_once_for_its_tags(curator) -> None:
    curator.write("1.md", replace(RHO, tags=("llm",)))
    curator.write("2.md", replace(RHO, tags=("LLM",)), day=NEXT)
    assert [(count.entries, count.first, count.last) for count in curator.digests.tags()] == [(1, DAY, NEXT)]


@pytest.mark.parametrize("seed", range(3))
def test_papers_of_tags_are_counted_right_through_every_change(curator, engine: Engine, seed: int) -> None:
    """Papers come, go, change tags and become other papers, several in one transaction."""
    rng = random.Random(seed)
    for _ in range(25):
        some = [
            Entry(
                f"Paper {number}",
                (f"https://arxiv.org/abs/2404.{rng.choice((number, number, 9)):05}",),
                tags=tuple(rng.sample(("llm", "moe", "rlhf"), 2)),
            )
            for number in rng.sample(range(5), 3)
        ]
        curator.write(rng.choice(("a.html", "b.html")), *some, day=rng.choice((DAY, NEXT)), shape="page")
        counts = "SELECT mark, papers FROM entry_index_tag ORDER BY mark"
        real = "SELECT DISTINCT key, marks FROM entry_index"
        with engine.connect() as connection:
            pairs = {(key, m) for key, ms in connection.execute(text(real)) for m in ms.split() if m[:2] == "t:"}
            counted = {row.mark: row.papers for row in connection.execute(text(counts))}
        assert counted == Counter(mark for _, mark in pairs)


def test_a_tag_knows_its_other_spellings_and_what_it_is_short_for(curator) -> None:
    curator.write("1.md", replace(RHO, tags=("State-Space-Model", "ssm")))
    curator.write("2.md", replace(JET, tags=("state_space_model", "SSM")), day=NEXT)
    curator.write("3.md", replace(HGRN, tags=("state_space_model", "ssm", "moe")), day=NEXT)
    aliases = {count.tag: count.aliases for count in curator.digests.tags()}
    assert aliases == {
        "ssm": ("SSM", "state_space_model"),
        "state_space_model": ("State-Space-Model", "ssm"),
        "moe": (),
    }
    assert (curator.digests.count_tags(), curator.digests.count_tags("#State_")) == (3, 1)
    curator.lose("3.md")
    assert curator.digests.count_tags() == 2


def test_any_entry_that_is_there_may_be_drawn(curator) -> None:
    assert curator.digests.random_entry() is None
    curator.write("1.md", RHO)
    curator.write("2.md", JET)
    assert {curator.digests.random_entry().entry.title for _ in range(60)} == {RHO.title, JET.title}
    curator.lose("1.md")
    assert {curator.digests.random_entry().entry.title for _ in range(20)} == {JET.title}


def test_the_nearest_days_have_entries(curator) -> None:
    for number in (1, 3, 7):
        curator.write(f"{number}.md", RHO, day=date(2024, 4, number))
    around = curator.digests.days_around
    assert around(date(2024, 4, 5)) == (date(2024, 4, 3), date(2024, 4, 7))
    assert around(date(2024, 4, 1)) == (None, date(2024, 4, 3))
    curator.lose("7.md")
    assert around(date(2024, 4, 5)) == (date(2024, 4, 3), None)


@pytest.mark.parametrize("entries", [2, 40])
def test_a_look_up_takes_as_many_statements_for_forty_entries_as_for_two(
    curator, statements: list[str], entries: int
) -> None:
    papers = [replace(RHO, title=f"Paper {n}", links=(f"https://arxiv.org/abs/2404.{n:05}",)) for n in range(entries)]
    curator.write("day.txt", *papers, shape="print")
    ids = [entry.id for entry in curator.day()]
    asked: dict[str, Callable[[], object]] = {
        "day": lambda: curator.digests.load_day("vault", DAY),
        "latest": curator.digests.latest_day,
        "entries": lambda: curator.digests.load_entries(ids),
        "also": lambda: curator.digests.also_on(ids),
        "tags": curator.digests.tags,
    }
    counts = {}
    for name, ask in asked.items():
        statements.clear()
        ask()
        counts[name] = len(statements)
    assert counts == {"day": 5, "latest": 5, "entries": 4, "also": 1, "tags": 5}


# Together


def test_documents_saved_together_are_as_if_saved_one_by_one(new_curator: Callable[[], Any]) -> None:
    together, apart = new_curator(), new_curator()
    documents = [
        together.document("1.md", RHO),
        together.document("2.md", replace(RHO, tags=("more",))),
        together.document("3.md", JET),
        together.document("day.txt", HGRN, RHO, JET, day=NEXT, shape="print"),
        together.document("3.md", HGRN),
    ]
    report = together.digests.save("vault", documents, NOW)
    for document in documents:
        apart.digests.save("vault", [document], NOW)
    assert report == SaveReport(added=5)
    for day in (DAY, NEXT):
        assert [(e.key, e.position, e.entry) for e in together.day(day)] == [
            (e.key, e.position, e.entry) for e in apart.day(day)
        ]


def test_a_fault_in_the_index_takes_the_documents_back(engine: Engine, curator) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    curator.index.update = broken
    with pytest.raises(RuntimeError):
        curator.write("a.md", RHO)
    assert curator.digests.known("vault") == {}
    assert curator.digests.count() == 0


TITLES = ("One", "Two", "Three")
LINKS = ("https://arxiv.org/abs/2404.00001", "https://arxiv.org/abs/2404.00002", "https://example.org/x")
ENTRIES = st.builds(
    Entry,
    title=st.sampled_from(TITLES),
    links=st.lists(st.sampled_from(LINKS), max_size=2, unique=True).map(tuple),
    abstract=st.sampled_from([(), ("short",), ("rather longer",)]),
    tags=st.sampled_from([(), ("moe",), ("MoE", "llm")]),
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from([DAY, NEXT]), st.lists(ENTRIES, max_size=4)),
        st.sampled_from(["a", "b", "c"]),
    ),
    max_size=7,
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_is_written_and_lost_the_days_hold_what_the_documents_say(
    new_curator: Callable[[], Any], steps: list[Any]
) -> None:
    curator = new_curator()
    says: dict[str, tuple[date, list[Entry]]] = {}
    now = NOW
    for step in steps:
        now += timedelta(hours=1)
        if isinstance(step, str):
            curator.lose(step, now=now)
            says.pop(step, None)
        else:
            uri, day, entries = step
            curator.write(uri, *entries, day=day, shape="print", now=now)
            says[uri] = (day, entries)
    for day in (DAY, NEXT):
        stored = curator.day(day)
        said = [entry for of, entries in says.values() if of == day for entry in entries]
        assert [entry.position for entry in stored] == list(range(len(stored)))
        assert {entry.entry.title for entry in stored} <= {entry.title for entry in said}
        assert {link for entry in stored for link in entry.entry.links} == {x for entry in said for x in entry.links}
        assert {t.lower() for entry in stored for t in entry.entry.tags} == {t.lower() for e in said for t in e.tags}
        assert bool(stored) == bool(said)
        assert all(len(entry.entry.links) == len(set(entry.entry.links)) for entry in stored)
    assert curator.index.entries == {
        entry.id: replace(entry, position=curator.index.entries[entry.id].position)
        for day in (DAY, NEXT)
        for entry in curator.day(day)
    }
    for uri, (day, entries) in says.items():
        assert curator.write(uri, *entries, day=day, shape="print").added == 0


@pytest.mark.corpus
class NoIndex:
    """The index has a bench of its own."""

    def update(self, connection: object, entries: object) -> None:
        pass


def test_the_real_notes_are_saved_in_two_seconds_and_found_unchanged(engine: Engine, corpus: Path) -> None:
    from bot.digest.document import parse_document

    digests = Digests(engine, NoIndex())
    documents = []
    for path in sorted((corpus / "vault").rglob("*.md")):
        data = path.read_bytes()
        document = Document(str(path.relative_to(corpus)), unicodedata.normalize("NFC", path.name), data, "h")
        documents.append((document, parse_document(document.name, data)))
    before = time.process_time()
    report = digests.save("vault", documents, NOW)
    took = time.process_time() - before
    assert report.added == digests.count() > 2500
    assert took < 2
    assert digests.save("vault", documents, LATER) == SaveReport(unchanged=report.added)
    assert len(digests.known("vault")) == len(documents)


def test_two_programs_may_save_at_once(engine: Engine, url: str, curator) -> None:
    other_engine = open_database(url)
    other = Digests(other_engine, curator.index)
    curator.write("1.md", RHO)
    other.save("vault", [curator.document("2.md", JET)], NOW)
    curator.write("3.md", HGRN)
    assert len(curator.day()) == 3
    other_engine.dispose()


def test_an_entry_knows_when_it_last_changed_also_where_the_clock_was_put_back(curator) -> None:
    one, other = Entry("Paper A", links=("https://arxiv.org/abs/2404.00001",)), Entry("Paper B")
    curator.write("a.md", one)
    curator.write("b.md", other)
    before = curator.digests.load_day("vault", DAY)
    curator.write("a.md", replace(one, tags=("moe",)), now=NOW - timedelta(hours=1))
    changed, same = curator.digests.load_day("vault", DAY).entries
    assert changed.changed_at > max(entry.changed_at for entry in before.entries)
    assert same.changed_at == NOW
    curator.lose("b.md", now=NOW - timedelta(hours=1))
    gone = curator.digests.load_day("vault", DAY, withdrawn=True).entries[1]
    assert gone.withdrawn
    assert gone.changed_at > changed.changed_at
