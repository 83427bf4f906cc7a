import sqlite3
import threading
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

import bot.store.outbox
from bot.delivery.outbox import Claim, Place, delivery_key
from bot.digest.model import Entry
from bot.errors import StoreUnavailableError
from bot.messages.content import Content, DayMessage
from bot.plan.subscription import Subscription
from bot.store import tables as t
from bot.store.database import open_database, reading
from bot.store.outbox import Outbox, PostedThread

NOW = datetime(2024, 4, 12, 9, tzinfo=UTC)
DAY = date(2024, 4, 12)
SECOND = timedelta(seconds=1)
LEASE = timedelta(seconds=30)
PAPERS = Place("T1", "C1")
OTHER = Place("T1", "C2")
SPOKEN = Place("T2", "C1")


@pytest.fixture
def outbox(engine: Engine) -> Outbox:
    return Outbox(engine)


@pytest.fixture
def ids(curator) -> list[int]:
    """Three entries of the day."""
    links = [(f"https://arxiv.org/abs/2404.0000{n}",) for n in range(3)]
    curator.write("day.txt", *(Entry(f"Paper {n}", links=link) for n, link in enumerate(links)), shape="print")
    return [entry.id for entry in curator.day()]


def content(text: str) -> Content:
    return Content(text, ({"type": "section", "text": {"type": "mrkdwn", "text": text}},))


def line(text: str = "the day", part: int = 0) -> DayMessage:
    return DayMessage(content(text), None, None, part)


def paper(entry_id: int, replies: int = 2, key: str | None = None) -> list[DayMessage]:
    key = key or f"arxiv:{entry_id}"
    parent = DayMessage(content(f"{key} 0"), entry_id, key, 0)
    return [parent] + [
        DayMessage(content(f"{key} {part}"), entry_id, key, part, parent=(key, 0)) for part in range(1, replies + 1)
    ]


def papers(ids: Sequence[int], replies: int = 2) -> list[DayMessage]:
    return [line()] + [message for one in ids for message in paper(one, replies)]


def channel_row(engine: Engine, place: Place) -> tuple[str | None, bool, datetime, str | None]:
    c = t.Channel
    with reading(engine) as connection:
        columns = sa.select(c.name, c.is_private, c.next_at, c.closed_reason)
        return tuple(connection.execute(columns.where(c.team_id == place.team, c.channel_id == place.channel)).one())


def claim(outbox: Outbox, now: datetime = NOW, owner: str = "me") -> Claim | None:
    return outbox.claim_next(owner, now, now + LEASE)


def send(outbox: Outbox, now: datetime, number: int = 0) -> Claim | None:
    """Claim and confirm one message."""
    claimed = claim(outbox, now)
    if claimed is not None:
        outbox.confirm(claimed, f"{number}.0", now + SECOND, now)
    return claimed


def send_all(outbox: Outbox, start: datetime = NOW) -> list[Claim]:
    sent = []
    for number in range(100):
        claimed = send(outbox, start + number * SECOND, number)
        if claimed is None:
            return sent
        sent.append(claimed)
    raise AssertionError("no end to it")


# Writing down


def test_what_is_written_down_is_sent_in_that_order_with_its_parents(outbox: Outbox, ids: list[int]) -> None:
    assert outbox.add(PAPERS, "vault", DAY, papers(ids)) == 10
    sent = send_all(outbox)
    assert [one.content for one in sent] == [message.content for message in papers(ids)]
    assert [one.thread_ts for one in sent[:6]] == [None, None, "1.0", "1.0", None, "4.0"]
    assert sent[2].key == delivery_key(PAPERS, "vault", DAY, f"arxiv:{ids[0]}", 1)
    assert not any(one.looking for one in sent)


def test_writing_down_twice_adds_nothing(outbox: Outbox, ids: list[int]) -> None:
    outbox.add(PAPERS, "vault", DAY, papers(ids))
    assert outbox.add(PAPERS, "vault", DAY, papers(ids)) == 0
    send_all(outbox)
    assert outbox.add(PAPERS, "vault", DAY, papers(ids)) == 0
    assert claim(outbox, NOW + timedelta(days=1)) is None


def test_nothing_is_written_down_where_the_channel_has_one_of_the_entries(outbox: Outbox, ids: list[int]) -> None:
    """Its line would count what it does not bring: whoever asks has to leave out what is carried."""
    outbox.add(PAPERS, "vault", DAY, [line(), *paper(ids[0], replies=1)])
    assert outbox.add(PAPERS, "vault", DAY, papers(ids, replies=3)) == 0
    assert outbox.carried(PAPERS, "vault", DAY) == {f"arxiv:{ids[0]}", "arxiv:2404.00000"}, "as it is called now, too"
    assert outbox.add(PAPERS, "vault", DAY, papers(ids[1:], replies=3)) == 8, "below the line that is there"
    assert outbox.add(OTHER, "vault", DAY, papers(ids, replies=3)) == 13, "another channel has its own"
    assert outbox.carried(SPOKEN, "vault", DAY) == set()


def test_an_entry_whose_key_has_changed_is_not_written_down_again(outbox: Outbox, ids: list[int]) -> None:
    outbox.add(PAPERS, "vault", DAY, paper(ids[0], key="title:paper0"))
    assert outbox.add(PAPERS, "vault", DAY, paper(ids[0], key="arxiv:2404.00000")) == 0


def test_the_days_own_line_is_written_down_once(outbox: Outbox, ids: list[int]) -> None:
    assert outbox.add(PAPERS, "vault", DAY, [line("list 1"), line("list 2", 1)]) == 2
    assert outbox.add(PAPERS, "vault", DAY, [line("other"), line("other", 1), line("more", 2)]) == 0
    assert [one.content.text for one in send_all(outbox)] == ["list 1", "list 2"]


def test_a_late_entry_replies_to_the_days_line_that_stands_there(outbox: Outbox, ids: list[int]) -> None:
    def listed(one: int) -> DayMessage:
        return DayMessage(content(str(one)), one, f"arxiv:{one}", 0, parent=(None, 0))

    outbox.add(PAPERS, "vault", DAY, [line(), listed(ids[0])])
    send_all(outbox)
    assert outbox.add(PAPERS, "vault", DAY, [line("again"), listed(ids[1])]) == 1
    late = claim(outbox, NOW + timedelta(hours=1))
    assert late is not None
    assert (late.content.text, late.thread_ts) == (str(ids[1]), "0.0")


def test_a_reply_to_nothing_is_not_written_down(outbox: Outbox, ids: list[int]) -> None:
    with pytest.raises(ValueError, match="parent"):
        outbox.add(PAPERS, "vault", DAY, paper(ids[0])[1:])
    assert outbox.rows() == []


def test_the_schema_itself_refuses_a_second_day_line(engine: Engine, outbox: Outbox) -> None:
    outbox.add(PAPERS, "vault", DAY, [line()])
    with engine.connect() as connection:
        row = dict(connection.execute(sa.select(t.Delivery.__table__)).one()._mapping)
        row |= {"id": None, "key": "another"}
        with pytest.raises(sa.exc.IntegrityError, match="day"):
            connection.execute(sa.insert(t.Delivery.__table__).values(row))


# Turns


def test_a_channel_has_one_message_on_its_way(outbox: Outbox, ids: list[int]) -> None:
    outbox.add(PAPERS, "vault", DAY, papers(ids))
    first = claim(outbox)
    assert first is not None
    assert claim(outbox) is None
    outbox.confirm(first, "1.0", NOW, NOW)
    assert claim(outbox) is not None


def test_channels_go_side_by_side_and_the_longest_waiting_first(outbox: Outbox, ids: list[int]) -> None:
    for place in (PAPERS, OTHER, SPOKEN):
        outbox.add(place, "vault", DAY, papers(ids))
    claims = [claim(outbox) for _ in range(4)]
    assert [one.place if one else None for one in claims] == [PAPERS, OTHER, SPOKEN, None]
    for one, seconds in zip(claims, (3, 1, 2), strict=False):
        assert one is not None
        outbox.confirm(one, "1.0", NOW + seconds * SECOND, NOW)
    assert claim(outbox) is None
    assert [claim(outbox, NOW + 9 * SECOND).place for _ in range(3)] == [OTHER, SPOKEN, PAPERS]


def test_a_channel_waits_for_its_turn(outbox: Outbox, ids: list[int]) -> None:
    outbox.add(PAPERS, "vault", DAY, papers(ids))
    outbox.confirm(claim(outbox), "1.0", NOW + SECOND, NOW)
    assert claim(outbox, NOW + SECOND / 2) is None
    assert claim(outbox, NOW + SECOND) is not None


def test_a_message_given_back_waits_and_is_not_looked_for(outbox: Outbox, ids: list[int]) -> None:
    outbox.add(PAPERS, "vault", DAY, papers(ids))
    outbox.add(OTHER, "vault", DAY, papers(ids))
    first = claim(outbox)
    retry_at = NOW + timedelta(seconds=40)
    outbox.give_back(first, retry_at, unknown=False, error="rate limited")
    assert claim(outbox).place == OTHER, "only that channel waits"
    assert claim(outbox, NOW + LEASE).place == OTHER, "and until then"
    again = claim(outbox, retry_at)
    assert (again.id, again.looking, again.claimed_at) == (first.id, False, retry_at)


def test_a_message_that_may_have_arrived_is_looked_for_from_its_first_attempt(outbox: Outbox, ids: list[int]) -> None:
    outbox.add(PAPERS, "vault", DAY, papers(ids))
    first = claim(outbox)
    now = NOW
    for _ in range(3):
        now += timedelta(minutes=1)
        outbox.give_back(first, now, unknown=True, error="line dropped")
        assert outbox.rows(state="unknown")[0].error == "line dropped"
        again = claim(outbox, now)
        assert (again.id, again.key, again.looking, again.claimed_at) == (first.id, first.key, True, NOW)
        assert again.attempts == first.attempts + 1
        first = again
    outbox.give_back(first, now, unknown=False, error="not there, and not sent")
    assert not claim(outbox, now).looking
    assert outbox.rows(channel="C1")[-1].attempts == 5


def test_a_stale_claim_comes_back_to_be_looked_for(outbox: Outbox, ids: list[int]) -> None:
    outbox.add(PAPERS, "vault", DAY, papers(ids))
    first = claim(outbox, owner="died")
    assert claim(outbox, first.lease_until - SECOND / 1000, owner="other") is None
    again = claim(outbox, first.lease_until, owner="other")
    assert (again.id, again.looking, again.claimed_at) == (first.id, True, NOW)


def test_who_lost_a_claim_cannot_give_it_back_or_refuse_it(outbox: Outbox, ids: list[int]) -> None:
    outbox.add(PAPERS, "vault", DAY, papers(ids))
    slow = claim(outbox)
    quick = claim(outbox, slow.lease_until, owner="other")
    outbox.give_back(slow, NOW + timedelta(hours=1), unknown=False, error="slow")
    outbox.refuse(slow, "slow", close_channel=True)
    assert [row.state for row in outbox.rows(state="claimed")] == ["claimed"]
    outbox.confirm(slow, "1.0", NOW, NOW)
    outbox.confirm(quick, "2.0", NOW, NOW)
    (posted,) = outbox.rows(state="posted")
    assert posted.posted_ts == "1.0", "that it stands there is true whoever says so"


def test_replies_wait_for_their_parent_even_where_it_is_unknown(outbox: Outbox, ids: list[int]) -> None:
    outbox.add(PAPERS, "vault", DAY, paper(ids[0]))
    parent = claim(outbox)
    outbox.give_back(parent, NOW, unknown=True, error="")
    again = claim(outbox)
    assert again.id == parent.id
    assert claim(outbox) is None
    outbox.confirm(again, "77.0", NOW, NOW)
    assert claim(outbox).thread_ts == "77.0"


def test_a_refused_message_takes_its_replies_along_and_lets_the_rest_go(outbox: Outbox, ids: list[int]) -> None:
    outbox.add(PAPERS, "vault", DAY, papers(ids[:2]))
    send(outbox, NOW)
    outbox.refuse(claim(outbox, NOW + SECOND), "msg_too_long", close_channel=False)
    assert [row.error for row in outbox.rows(state="refused")] == ["parent refused", "parent refused", "msg_too_long"]
    assert [one.content.text for one in send_all(outbox, NOW + SECOND)] == [
        f"arxiv:{ids[1]} {part}" for part in range(3)
    ]
    outbox.add(
        PAPERS, "vault", DAY, [DayMessage(content("late"), ids[2], "arxiv:late", 0, parent=(f"arxiv:{ids[0]}", 0))]
    )
    assert outbox.rows()[0].error == "parent refused", "or it would hold up its channel for ever"


def test_a_closed_channel_is_left_alone_until_it_is_opened(engine: Engine, outbox: Outbox, ids: list[int]) -> None:
    outbox.add(PAPERS, "vault", DAY, papers(ids))
    outbox.add(OTHER, "vault", DAY, [line()])
    outbox.refuse(claim(outbox), "is_archived", close_channel=True)
    assert channel_row(engine, PAPERS)[-1] == "is_archived"
    assert outbox.closed() == {PAPERS}
    assert [one.place for one in send_all(outbox)] == [OTHER]
    assert outbox.unsent(PAPERS, "vault", DAY) == 0
    outbox.reopen_channel("T1", "C1")
    assert outbox.closed() == set()
    assert outbox.unsent(PAPERS, "vault", DAY) == 10, "what was tried there was not lost with it"
    assert [one.content.text for one in send_all(outbox, NOW + timedelta(hours=1))][:2] == ["the day", "arxiv:1 0"]


def test_a_longer_wait_stays(engine: Engine, outbox: Outbox, ids: list[int]) -> None:
    outbox.add(PAPERS, "vault", DAY, papers(ids))
    slow = claim(outbox)
    quick = claim(outbox, slow.lease_until)
    told = NOW + timedelta(hours=1)
    outbox.give_back(quick, told, unknown=True, error="ratelimited")
    outbox.confirm(slow, "1.0", NOW + SECOND, NOW)
    assert channel_row(engine, PAPERS)[2] == told


def test_two_processes_never_claim_one_message(url: str, outbox: Outbox, ids: list[int]) -> None:
    places = [Place("T1", f"C{n}") for n in range(12)]
    for place in places:
        outbox.add(place, "vault", DAY, [line(), *paper(ids[0], replies=1)])
    engines = [open_database(url) for _ in range(2)]
    claims: list[Claim] = []
    faults: list[BaseException] = []
    start = threading.Barrier(4)

    def work(engine: Engine, owner: str) -> None:
        mine = Outbox(engine)
        try:
            start.wait(timeout=10)
            while (claimed := mine.claim_next(owner, NOW, NOW + LEASE)) is not None:
                claims.append(claimed)
                mine.confirm(claimed, "1.0", NOW, NOW)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(engines[n % 2], f"p{n}")) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    while (left := claim(outbox)) is not None:  # one may have looked while another held the last row
        claims.append(left)
        outbox.confirm(left, "1.0", NOW, NOW)
    for engine in engines:
        engine.dispose()
    assert faults == []
    assert len(claims) == 36
    assert len({one.id for one in claims}) == 36
    assert not any(one.looking for one in claims)


def test_a_row_taken_between_looking_and_claiming_is_let_go(
    outbox: Outbox, ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's lock lets nobody in between; PostgreSQL does."""
    outbox.add(PAPERS, "vault", DAY, [line()])
    outbox.add(OTHER, "vault", DAY, [line()])
    look = bot.store.outbox._head
    with reading(outbox._engine) as connection:
        stale = look(connection, NOW)
    first = claim(outbox)
    assert first.id == stale.id
    answers = iter([stale, stale])
    monkeypatch.setattr(bot.store.outbox, "_head", lambda *asked: next(answers, None) or look(*asked))
    assert claim(outbox, owner="other").place == OTHER


def test_nobody_waits_for_a_writer_to_learn_that_nothing_is_due(engine: Engine, tmp_path: Path, url: str) -> None:
    hasty = open_database(url, busy_ms=1)
    with closing(sqlite3.connect(tmp_path / "paperround.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert claim(Outbox(hasty)) is None
        with pytest.raises(StoreUnavailableError, match="locked"):
            Outbox(hasty).add(PAPERS, "vault", DAY, [line()])
    hasty.dispose()


# Afterwards


def test_what_stands_in_the_channel_needs_no_payload_any_more(engine: Engine, outbox: Outbox) -> None:
    outbox.add(PAPERS, "vault", DAY, [line("Größe 학습")])
    d = t.Delivery
    with reading(engine) as connection:
        before = connection.execute(sa.select(d.text, d.blocks, d.content_hash)).one()
    assert before.text == "Größe 학습"
    send(outbox, NOW)
    with reading(engine) as connection:
        after = connection.execute(sa.select(d.text, d.blocks, d.content_hash)).one()
    assert tuple(after) == (None, None, before.content_hash)
    assert "학습" not in str(outbox.rows())


def test_operators_see_every_row(outbox: Outbox, ids: list[int]) -> None:
    outbox.add(PAPERS, "vault", DAY, [line(), *paper(ids[0], replies=0)])
    outbox.add(OTHER, "vault", DAY, [line()])
    send(outbox, NOW)
    newest, entry, first = outbox.rows()
    assert (newest.place, newest.entry_key, newest.state) == (OTHER, None, "pending")
    assert (entry.entry_id, entry.entry_key, entry.part, entry.day) == (ids[0], f"arxiv:{ids[0]}", 0, DAY)
    assert (first.state, first.posted_ts, first.posted_at) == ("posted", "0.0", NOW)
    assert outbox.rows(channel="C2") == [newest]
    assert outbox.rows(state="posted") == [first]
    assert outbox.rows(limit=1) == [newest]
    assert outbox.unsent(PAPERS, "vault", DAY) == 1
    assert outbox.days(Subscription(1, "T1", "C1", "vault")) == {DAY}
    assert outbox.days(Subscription(1, "T1", "C2", "vault")) == set()


def test_an_entrys_thread_is_where_its_first_message_stands(outbox: Outbox, ids: list[int]) -> None:
    outbox.save_channel("T1", "C1", "papers", False)
    for place in (PAPERS, OTHER, SPOKEN):
        outbox.add(place, "vault", DAY, papers(ids[:2]))
    for minute in range(10):
        while send(outbox, NOW + minute * timedelta(minutes=1), minute):
            pass
    outbox.add(PAPERS, "vault", DAY, paper(ids[2]))
    found = outbox.threads("T1", ids)
    assert set(found) == set(ids[:2]), "the third is not posted yet"
    here, there = found[ids[0]]
    assert (here.channel, here.is_private, here.permalink) == ("C1", False, None)
    assert (there.channel, there.is_private) == ("C2", True), "private until Slack says otherwise"
    assert here.ts == "1.0"
    outbox.save_permalink(here.delivery_id, "https://example.slack.com/x")
    assert outbox.threads("T1", [ids[0]])[ids[0]][0] == PostedThread(
        "C1", here.ts, "https://example.slack.com/x", False, here.delivery_id
    )
    assert [one.channel for one in outbox.threads("T2", ids)[ids[0]]] == ["C1"]


def test_a_channel_keeps_its_queue_when_its_name_changes(engine: Engine, outbox: Outbox) -> None:
    outbox.add(PAPERS, "vault", DAY, [line()])
    send(outbox, NOW)
    outbox.save_channel("T1", "C1", "renamed", True)
    assert channel_row(engine, PAPERS) == ("renamed", True, NOW + SECOND, None)


def test_a_withdrawn_entry_keeps_its_messages(outbox: Outbox, ids: list[int], curator) -> None:
    outbox.add(PAPERS, "vault", DAY, paper(ids[0]))
    curator.lose("day.txt")
    assert {row.entry_id for row in outbox.rows()} == {ids[0]}
