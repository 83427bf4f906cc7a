"""What became of a day and its papers, looked up for whoever asks why."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.delivery.outbox import Place
from bot.digest.model import Entry
from bot.errors import RequestRefusedError
from bot.plan.subscription import Subscription
from bot.plan.why import Considered
from bot.store import tables as t
from bot.store.database import transaction
from bot.store.history import History

NOON = datetime.fromisoformat("2024-04-12T12:00:00+00:00")
DAY = date(2024, 4, 12)
MINUTE = timedelta(minutes=1)
PAPERS = Place("T1", "C1")
RHO = Entry("Rho-1: Not All Tokens", links=("https://arxiv.org/abs/2404.07965v2", "https://github.com/microsoft/rho"))
MOE = Entry("JetMoE", links=("https://example.org/jetmoe?utm_source=x",))


@pytest.fixture
def history(engine: Engine) -> History:
    return History(engine)


@contextmanager
def rows(engine: Engine) -> Iterator[Connection]:
    with transaction(engine) as connection:
        yield connection


def add(engine: Engine, table: type, **values: object) -> None:
    with rows(engine) as connection:
        connection.execute(sa.insert(table).values(values))


def channel(engine: Engine, place: Place = PAPERS, **values: object) -> None:
    add(engine, t.Channel, team_id=place.team, channel_id=place.channel, next_at=NOON, **values)


@pytest.mark.parametrize(
    "link",
    [
        "https://arxiv.org/abs/2404.07965",
        "http://www.arxiv.org/pdf/2404.07965v1.pdf",
        "https://doi.org/10.48550/arXiv.2404.07965",
        "https://github.com/microsoft/rho",
    ],
)
def test_a_paper_is_found_by_any_of_its_links(link, history, curator):
    curator.write("a.md", RHO)
    curator.write("b.md", MOE)
    assert [entry.entry.title for entry in history.entries(link=link)] == ["Rho-1: Not All Tokens"]


def test_a_link_is_found_however_it_is_written(history, curator):
    curator.write("b.md", MOE)
    assert history.entries(link="http://www.example.org/jetmoe/")
    assert not history.entries(link="https://example.org/other")


@pytest.mark.parametrize("title", ["rho-1 not all tokens", "Rho-1", "RHO 1: Not"])
def test_a_paper_is_found_by_its_title_or_the_beginning_of_it(title, history, curator):
    curator.write("a.md", RHO)
    assert [entry.entry.title for entry in history.entries(title=title)] == ["Rho-1: Not All Tokens"]
    assert not history.entries(title="Tokens")


@pytest.mark.parametrize("title", ["", "???"])
def test_a_title_without_a_letter_is_nobodys(title, history, curator):
    curator.write("a.md", RHO)
    assert not history.entries(title=title)


def test_a_whole_title_is_no_other_that_begins_so(history, curator):
    curator.write("a.md", Entry("JetMoE, Again"))
    curator.write("b.md", MOE)
    assert [entry.entry.title for entry in history.entries(title="JetMoE")] == ["JetMoE"]


def test_of_a_papers_days_the_newest_comes_first_and_what_was_withdrawn_last(history, curator):
    for day, uri in ((10, "a.md"), (12, "c.md"), (11, "b.md")):
        curator.write(uri, RHO, day=date(2024, 4, day))
    curator.lose("c.md")
    assert [(entry.day.day, entry.withdrawn) for entry in history.entries(title="Rho-1")] == [
        (11, False),
        (10, False),
        (12, True),
    ]


def test_a_day_tells_its_moments_and_the_documents_that_hold_it(history, curator):
    curator.write("a.md", RHO, now=NOON)
    curator.write("b.md", MOE, now=NOON + MINUTE)
    known = history.day("vault", DAY, 10 * MINUTE)
    assert (known.changed_at, known.ready_at, known.settled_at) == (NOON + MINUTE, None, None)
    assert known.quiet_from == NOON + 11 * MINUTE
    assert [one.uri for one in known.documents] == ["b.md", "a.md"]
    assert history.day("vault", date(2024, 4, 13), MINUTE) is None
    assert history.day("blog", DAY, MINUTE) is None


def test_a_document_that_holds_a_whole_day_need_not_settle(history, curator):
    curator.write("a.txt", RHO, MOE, shape="print", now=NOON)
    assert history.day("vault", DAY, 10 * MINUTE).quiet_from == NOON


def test_of_a_paper_only_its_own_documents_are_told_with_their_faults(history, curator):
    curator.write("a.md", RHO, now=NOON)
    curator.write("b.md", MOE, now=NOON)
    curator.digests.save_failure("vault", "b.md", "line 1: no title", NOON + MINUTE)
    [moe] = history.entries(title="JetMoE")
    [document] = history.day("vault", DAY, MINUTE, moe.id).documents
    assert (document.uri, document.error, document.error_at) == ("b.md", "line 1: no title", NOON + MINUTE)


def test_documents_that_never_could_be_read_are_named_the_latest_fault_first(history, curator):
    curator.write("a.md", RHO)
    for minute, uri in enumerate(("b.md", "c.md", "d.md", "e.md", "a.md")):
        curator.digests.save_failure("vault", uri, "broken", NOON + minute * MINUTE)
    assert [one.uri for one in history.unread("vault")] == ["e.md", "d.md", "c.md"]
    assert history.unread("blog") == ()


def test_what_was_withdrawn_tells_since_when(history, curator):
    curator.write("a.md", RHO, now=NOON)
    curator.digests.mark_missing("vault", ["a.md"], NOON + MINUTE, at_once=True)
    [rho] = history.entries(title="Rho-1")
    assert history.withdrawn_at(rho.id) == NOON + MINUTE


def test_a_day_passed_over_is_told_from_one_that_was_looked_at(history, engine):
    for number in (1, 2, 3):
        add(
            engine,
            t.Subscription,
            id=number,
            team_id="T1",
            channel_id=f"C{number}",
            source="vault",
            query="",
            days="0123456",
            zone="UTC",
            origin="chat",
        )
    add(engine, t.SubscriptionDay, subscription_id=1, day=DAY, considered_at=NOON)
    add(engine, t.SubscriptionDay, subscription_id=2, day=DAY, considered_at=None)
    assert history.considered([1, 2, 3], DAY) == {1: Considered(NOON), 2: Considered(None)}


def test_what_a_channel_carries_is_told_with_the_query_of_its_line(history, engine, curator):
    curator.write("a.md", RHO)
    curator.write("b.md", MOE)
    rho, moe = history.entries(title="Rho-1")[0], history.entries(title="JetMoE")[0]
    channel(engine)
    here = {"team_id": "T1", "channel_id": "C1", "source": "vault", "day": DAY}
    add(engine, t.Edition, id=5, query="tag:moe", layout="papers", laid_at=NOON, **here)
    add(engine, t.Carried, entry_key=moe.key, entry_id=moe.id, edition_id=5, **here)
    add(engine, t.Carried, entry_key=rho.key, entry_id=rho.id, edition_id=None, **here)
    assert history.carried(PAPERS, "vault", DAY) == {moe.id: "tag:moe", rho.id: None}
    assert history.carried(Place("T1", "C2"), "vault", DAY) == {}


def test_a_channel_is_found_by_its_id_or_its_name_in_every_workspace(history, engine):
    channel(engine, name="논문-Papers")
    channel(engine, Place("T2", "C7"), name="논문-papers", closed_reason="archived", closed_at=NOON)
    channel(engine, Place("T1", "C2"))
    assert [one.place for one in history.channels("C1")] == [PAPERS]
    assert [one.place for one in history.channels("#논문-papers")] == [PAPERS, Place("T2", "C7")]
    assert history.channels("#nowhere") == []
    assert len(history.channels("")) == 3
    state = history.channel(Place("T2", "C7"))
    assert (state.closed_reason, state.closed_at) == ("archived", NOON)
    assert history.names()[PAPERS] == "논문-Papers"


def delivery(engine: Engine, number: int, *, day: date = DAY, key: str = "", **values: object) -> None:
    row = {"team_id": "T1", "channel_id": "C1", "source": "vault", "part": 0, "origin": "subscription", "op": "post"}
    written = {"state": "pending", "text": "words", "blocks": [], "content_hash": "h", **values}
    add(engine, t.Delivery, id=number, day=day, entry_key=key, key=f"k{number}", **row, **written)


def posted(engine: Engine, number: int, at: datetime, **values: object) -> None:
    delivery(engine, number, state="posted", posted_ts=f"{number}.0", posted_at=at, **values)


def test_the_last_post_is_the_newest_day_that_stands_there_and_no_note(history, engine):
    channel(engine)
    sub = Subscription(1, "T1", "C1", "vault")
    assert history.last_posted(sub) is None
    posted(engine, 1, NOON)
    posted(engine, 2, NOON + MINUTE, key="k")
    posted(engine, 3, NOON + 9 * MINUTE, day=date(2024, 4, 11))
    posted(engine, 4, NOON + 9 * MINUTE, day=date(2024, 4, 20), key="note:empty")
    delivery(engine, 5, day=date(2024, 4, 21))
    assert history.last_posted(sub) == (DAY, NOON + MINUTE)


def test_what_another_subscription_of_the_channel_posted_is_not_its_last_post(history, engine):
    channel(engine)
    values = {"team_id": "T1", "channel_id": "C1", "source": "vault", "layout": "papers", "laid_at": NOON}
    add(engine, t.Edition, id=7, day=DAY, query="", **values)
    posted(engine, 1, NOON, edition_id=7)
    assert history.last_posted(Subscription(1, "T1", "C1", "vault")) == (DAY, NOON)
    assert history.last_posted(Subscription(2, "T1", "C1", "vault", query="tag:moe")) is None


@pytest.mark.parametrize(("change", "state"), [("retry", "refused"), ("skip", "pending")])
def test_a_rehearsal_changes_nothing_and_refuses_what_would_be_refused(change, state, history, engine):
    channel(engine)
    delivery(engine, 1, state=state, error="slack.message" if state == "refused" else None)
    posted(engine, 2, NOON)
    history.rehearse(change, 1)
    with rows(engine) as connection:
        assert connection.scalar(sa.select(t.Delivery.state).where(t.Delivery.id == 1)) == state
    for number, code in ((2, "delivery.not_waiting"), (3, "delivery.unknown")):
        with pytest.raises(RequestRefusedError) as caught:
            history.rehearse(change, number)
        assert caught.value.code == code
