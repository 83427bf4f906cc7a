from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.delivery.editions import Editions
from bot.delivery.outbox import Edition, Place
from bot.delivery.revise import revise
from bot.delivery.told import Told
from bot.digest.model import Entry, StoredDigest, StoredEntry
from bot.errors import StoreUnavailableError
from bot.messages.content import Content, DayMessage

DAY = date(2024, 4, 12)
NOW = datetime(2024, 4, 13, 10, tzinfo=UTC)
SETTLED_AT = NOW - timedelta(minutes=1)
WINDOW = timedelta(days=14)


def paper(number: int, **values) -> StoredEntry:
    return StoredEntry(number, f"k{number}", "vault", DAY, number, Entry(f"Paper {number}"), **values)


class Archive:
    def __init__(self) -> None:
        self.digest: StoredDigest | None = StoredDigest("vault", DAY, "", (paper(1), paper(2), paper(3)))
        self.asked = 0

    def load_day(self, source, day, *, withdrawn=False):
        self.asked += 1
        assert withdrawn
        return self.digest


def lay_out(digest, entries, layout):
    return [DayMessage(Content(f"{layout} {entry.entry.title}", ()), entry.id, entry.key, 0) for entry in entries]


@pytest.fixture
def archive():
    return Archive()


@pytest.fixture
def carry(outbox):
    """Let a channel have an edition whose day has settled anew."""

    def carry(channel="C1", query="", layout="papers", ids=(1, 2), begun=()):
        edition = Edition(Place("T1", channel), "vault", DAY, query, layout, tuple(ids), frozenset(begun))
        outbox.editions[edition.place, "vault", DAY, query] = edition
        outbox.changed.append((edition, SETTLED_AT))
        return edition

    return carry


@pytest.fixture
def look(archive, outbox):
    def look(lay_out=lay_out, told=None):
        return revise("T1", archive, outbox, lay_out, NOW, WINDOW, told)

    return look


def test_an_edition_keeps_its_papers_and_its_layout(look, carry, outbox):
    edition = carry(layout="brief", query="tag:moe")
    assert look() == 2
    (laid,) = outbox.laid
    assert laid.edition == edition
    assert [message.content.text for message in laid.messages] == ["brief Paper 1", "brief Paper 2"]
    assert [entry.id for entry in laid.entries] == [1, 2]
    assert (laid.at, laid.edit_since) == (SETTLED_AT, NOW - WINDOW)


def test_only_the_days_inside_the_edit_window_are_asked_for(look, outbox):
    asked = []
    outbox.outdated = lambda *arguments: asked.append(arguments) or []
    assert look() == 0
    assert asked == [("T1", NOW - WINDOW)]


def test_what_was_withdrawn_stays_where_it_has_begun_and_leaves_where_it_has_not(look, carry, archive, outbox):
    carry(begun={1}, ids=(1, 2, 3))
    archive.digest = replace(
        archive.digest, entries=(paper(1, withdrawn=True), paper(2, withdrawn=True), paper(3), paper(4))
    )
    look()
    assert [(entry.id, entry.withdrawn) for entry in outbox.laid[0].entries] == [(1, True), (3, False)]


def test_an_edition_of_which_nothing_is_left_is_taken_out(look, carry, archive, outbox):
    carry(ids=(1,))
    archive.digest = replace(archive.digest, entries=(paper(1, withdrawn=True),))
    look(lay_out=lambda *arguments: pytest.fail("there is nothing to lay out"))
    assert [(laid.messages, laid.entries) for laid in outbox.laid] == [([], [])]


def test_a_day_is_read_once_and_laid_out_once_for_all_that_have_the_same_of_it(look, carry, archive, outbox):
    laid = []

    def counting(*arguments):
        laid.append(arguments)
        return lay_out(*arguments)

    for channel in ("C1", "C2", "C3"):
        carry(channel)
    carry("C4", ids=(1,))
    assert look(counting) == 7
    assert (archive.asked, len(laid), len(outbox.laid)) == (1, 2, 4)


def test_what_could_not_be_written_down_is_no_row_and_no_error(look, carry, outbox, caplog):
    carry()
    outbox.under_way = True
    assert look() == 0
    assert caplog.records == []


def test_a_day_that_is_not_there_changes_nothing(look, carry, archive, outbox, caplog):
    carry()
    archive.digest = None
    assert look() == 0
    assert (outbox.laid, caplog.records) == ([], [])


def test_an_edition_that_fails_is_told_once_without_its_query_and_stops_no_other(look, carry, outbox, caplog):
    carry(query="secret", layout="list")
    carry("C2")
    told = Told()

    def fails(digest, entries, layout):
        if layout == "list":
            raise KeyError("a bug")
        return lay_out(digest, entries, layout)

    for _ in range(3):
        assert look(fails, told) == 2
    (record,) = caplog.records
    assert record.message == (
        "not revised team=T1 channel=C1 source=vault day=2024-04-12 reason=KeyError; report the day"
    )
    look(told=told)
    look(fails, told)
    assert len(caplog.records) == 2


def test_a_store_that_is_gone_ends_the_pass(look, carry, outbox):
    def full(*arguments, **options):
        raise StoreUnavailableError("store.full")

    carry()
    outbox.lay = full
    with pytest.raises(StoreUnavailableError):
        look()


def test_entries_that_did_not_change_since_the_edition_was_laid_out_are_named(look, carry, outbox, archive):
    """So that another language or layout, or an upgrade, edits none of their messages."""
    laid_at = SETTLED_AT - timedelta(hours=1)
    edition = replace(carry(ids=(1, 2, 3)), laid_at=laid_at)
    outbox.editions[edition.place, "vault", DAY, ""] = edition
    moments = (laid_at, laid_at + timedelta(seconds=1), None)
    papers = tuple(paper(number, changed_at=at) for number, at in enumerate(moments, 1))
    archive.digest = StoredDigest("vault", DAY, "", papers)
    look()
    assert outbox.laid[0].unchanged == frozenset({1})


def test_what_comes_after_its_day_was_posted_is_late_and_stays_so(archive, outbox, carry):
    editions = Editions(archive, outbox, lay_out, NOW - WINDOW)
    editions.lay(carry(ids=(1, 2), begun={1, 2}), [paper(3)], SETTLED_AT)
    editions.lay(replace(carry(ids=(1, 2, 3), begun={1, 2, 3}), late=frozenset({3})), [], SETTLED_AT)
    editions.lay(carry(ids=(1, 2)), [paper(3)], SETTLED_AT)
    assert [[entry.id for entry in laid.entries if entry.late] for laid in outbox.laid] == [[3], [3], []]
