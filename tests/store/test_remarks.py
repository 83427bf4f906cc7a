from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Engine

from bot.delivery.outbox import Place
from bot.search.words import field_string, needles
from bot.store import tables as t
from bot.store.database import reading, transaction
from bot.store.remarks import Remarks, Said
from tests.store.conftest import DAY, NOW, Press

SINCE = NOW + timedelta(hours=1)
LATER = f"{SINCE.timestamp() + 60:.6f}"
BEFORE = f"{SINCE.timestamp() - 60:.6f}"


@pytest.fixture
def remarks(engine: Engine) -> Remarks:
    return Remarks(engine)


@pytest.fixture
def thread(press: Press, remarks: Remarks) -> str:
    """Where the paper `mamba` stands in a public channel that keeps remarks; what is its own entry is the first."""
    ts = stand(press, press.place)
    remarks.begin(press.place, SINCE)
    return ts


def stand(press: Press, place: Place, key: str = "mamba", *, is_private: bool = False) -> str:
    """Have a paper stand in a channel. Returns the ts of its message."""
    press.outbox.entered(place.team, place.channel, "papers", is_private)
    press.lay([press.entry(key)], place=place)
    sent = {claim.content.text: press.outbox.rows(channel=place.channel) for claim in press.send_all()}
    assert key in sent
    with reading(press.engine) as connection:
        d = t.Delivery
        here = (d.channel_id == place.channel, d.entry_key == key, d.part == 0)
        return str(connection.scalar(sa.select(d.posted_ts).where(*here)))


def kept(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return list(connection.scalars(sa.select(t.Remark.text).order_by(t.Remark.ts)))


def test_words_in_a_papers_thread_find_it_as_words_are_found(press: Press, remarks: Remarks, thread: str) -> None:
    assert remarks.keep(press.place, Said(LATER, thread, "U1", "추론속도가 빠르네요. Top-K is tuned"))
    for text in ("속도", "top k", "topk", "tuning", "추론속도"):
        assert len(remarks.entries(text, "T1", "C1")) == 1, text
    for text in ("k top", "op", "속도는"):
        assert not remarks.entries(text, "T1", "C1"), text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.text("ab%_/\\ 가나-|", max_size=12), st.text("ab%_/\\ 가나-|", min_size=1, max_size=4))
def test_the_database_finds_what_the_words_say(
    press: Press, remarks: Remarks, thread: str, text: str, asked: str
) -> None:
    remarks.keep(press.place, Said(LATER, thread, "U1", text))
    holds = any(needle in field_string([text]) for needle in needles(asked))
    assert bool(needles(asked) and remarks.entries(asked, "T1", "C1")) == holds


def test_edits_and_deletions_are_followed(engine: Engine, press: Press, remarks: Remarks, thread: str) -> None:
    remarks.keep(press.place, Said(LATER, thread, "U1", "first words"))
    assert remarks.keep(press.place, Said(LATER, thread, "U1", "other words", edited=True))
    assert kept(engine) == ["other words"]
    assert not remarks.entries("first", "T1", "C1")
    assert not remarks.keep(press.place, Said(LATER, thread, "U1", "?!", edited=True))
    assert kept(engine) == [], "no word is left in it"
    remarks.keep(press.place, Said(LATER, thread, "U1", "again"))
    remarks.erase(press.place, LATER)
    assert kept(engine) == []


def test_only_threads_of_papers_in_channels_that_asked_are_kept(
    engine: Engine, press: Press, remarks: Remarks, thread: str
) -> None:
    elsewhere = stand(press, Place("T1", "C2"), "rwkv")
    with reading(engine) as connection:
        d = t.Delivery
        line = connection.scalar(sa.select(d.posted_ts).where(d.entry_id.is_(None), d.channel_id == "C1"))
    for place, thread_ts in ((Place("T1", "C2"), elsewhere), (press.place, str(line)), (press.place, "1.000001")):
        assert not remarks.keep(place, Said(LATER, thread_ts, "U1", "words"))
    assert not remarks.keep(Place("T2", "C1"), Said(LATER, thread, "U1", "words"))
    assert kept(engine) == []


def test_what_was_said_before_it_was_asked_for_is_not_kept_for_being_edited(
    engine: Engine, press: Press, remarks: Remarks, thread: str
) -> None:
    assert not remarks.keep(press.place, Said(BEFORE, thread, "U1", "words", edited=True))
    assert remarks.keep(press.place, Said(LATER, thread, "U1", "words", edited=True)), "its first words went astray"
    assert kept(engine) == ["words"]


def test_the_end_of_it_erases_what_the_channel_has_and_no_other(
    engine: Engine, press: Press, remarks: Remarks, thread: str
) -> None:
    other = Place("T1", "C2")
    elsewhere = stand(press, other, "rwkv")
    remarks.begin(other, SINCE)
    remarks.keep(press.place, Said(LATER, thread, "U1", "here"))
    remarks.keep(other, Said(LATER, elsewhere, "U1", "there"))
    assert remarks.count(press.place) == 1
    assert remarks.end(press.place) == 1
    assert kept(engine) == ["there"]
    assert remarks.since(press.place) is None
    assert remarks.since(other) == SINCE
    assert not remarks.keep(press.place, Said(LATER, thread, "U1", "here"))


def test_a_private_channels_remarks_count_only_there(press: Press, remarks: Remarks) -> None:
    private = Place("T1", "C9")
    thread = stand(press, private, is_private=True)
    remarks.begin(private, SINCE)
    remarks.keep(private, Said(LATER, thread, "U1", "words"))
    [entry] = remarks.entries("words", "T1", "C9")
    assert remarks.texts([entry], "T1", "C9") == {entry: ["words"]}
    for team, channel in (("T1", "C1"), ("T2", "C9"), (None, None)):
        assert not remarks.entries("words", team, channel)
    assert not remarks.texts([entry], "T1", "C1")


def test_a_remark_counts_for_its_paper_on_all_its_days(press: Press, remarks: Remarks, thread: str) -> None:
    other = press.entry("mamba", DAY + timedelta(days=3))
    withdrawn = press.entry("mamba", DAY + timedelta(days=4))
    with transaction(press.engine) as connection:
        connection.execute(sa.update(t.Entry).where(t.Entry.id == withdrawn.id).values(withdrawn_at=NOW))
    remarks.keep(press.place, Said(LATER, thread, "U1", "first"))
    remarks.keep(press.place, Said(f"{float(LATER) + 1:.6f}", thread, "U2", "second"))
    found = remarks.entries("first", "T1", "C1")
    assert other.id in found
    assert withdrawn.id not in found
    assert len(found) == 2
    assert remarks.texts([other.id], "T1", "C1") == {other.id: ["second", "first"]}
    assert remarks.entries("first"), "the command line asks for every public channel"


def test_other_rules_of_words_are_applied_to_what_was_kept_before(
    engine: Engine, press: Press, remarks: Remarks, thread: str
) -> None:
    remarks.keep(press.place, Said(LATER, thread, "U1", "words"))
    with transaction(engine) as connection:
        connection.execute(sa.update(t.Remark).values(words=" other ", rules=0))
    assert remarks.entries("words", "T1", "C1")
    with reading(engine) as connection:
        [row] = connection.execute(sa.select(t.Remark.words, t.Remark.posted_at))
    assert row.words == field_string(["words"])
    assert row.posted_at == datetime.fromtimestamp(float(LATER), UTC)
