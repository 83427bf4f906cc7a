"""Whose turn it is, what is claimed, and what becomes of a claim."""

import sqlite3
import threading
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Engine

from bot.delivery.outbox import Claim, Place
from bot.errors import StoreUnavailableError
from bot.messages.content import Content
from bot.store import tables as t
from bot.store.database import open_database, reading, transaction
from bot.store.outbox import Outbox

NOW = datetime(2024, 4, 12, 9, tzinfo=UTC)
DAY = date(2024, 4, 12)
SECOND = timedelta(seconds=1)
LEASE = 18 * SECOND
PAPERS, OTHER, SPOKEN = Place("T1", "C1"), Place("T1", "C2"), Place("T2", "C1")


def of_row(engine: Engine, key: str, *names: str) -> tuple:
    d = t.Delivery
    with reading(engine) as connection:
        return tuple(connection.execute(sa.select(*(getattr(d, name) for name in names)).where(d.key == key)).one())


def of_channel(engine: Engine, name: str, place: Place = PAPERS) -> object:
    c = t.Channel
    with reading(engine) as connection:
        return connection.scalar(
            sa.select(getattr(c, name)).where(c.team_id == place.team, c.channel_id == place.channel)
        )


def states(outbox: Outbox) -> list[str]:
    return [row.state for row in reversed(outbox.rows())]


# Turns


def test_what_is_laid_is_sent_in_that_order_with_its_parents(press) -> None:
    assert press.lay(press.entries("a", "b"), replies=2) == 7
    sent = press.send_all()
    assert [one.content.text for one in sent] == ["line of 2", "a", "a.1", "a.2", "b", "b.1", "b.2"]
    said = {one.content.text: press.outbox.rows_of(PAPERS, "vault", DAY)[n] for n, one in enumerate(sent)}
    assert [one.thread_ts for one in sent[:4]] == [None, None, said["a"].posted_ts, said["a"].posted_ts]
    assert not any(one.looking or one.target_ts for one in sent)
    assert {one.op for one in sent} == {"post"}


def test_a_channel_has_one_message_on_its_way(press) -> None:
    press.lay(press.entries("a"))
    first = press.claim()
    assert press.claim() is None
    press.outbox.confirm(first, "1.0", NOW, NOW)
    assert press.claim() is not None


def test_channels_go_side_by_side_and_the_longest_waiting_first(press) -> None:
    entries = press.entries("a")
    for place in (PAPERS, OTHER, SPOKEN):
        press.lay(entries, place=place)
    claims = [press.claim() for _ in range(4)]
    assert [one.place if one else None for one in claims] == [PAPERS, OTHER, SPOKEN, None]
    for one, seconds in zip(claims, (3, 1, 2), strict=False):
        press.outbox.confirm(one, "1.0", NOW + seconds * SECOND, NOW)
    assert press.claim() is None
    press.moment += 9 * SECOND
    assert [press.claim().place for _ in range(3)] == [OTHER, SPOKEN, PAPERS]


def test_a_channel_waits_for_its_turn_and_tells_which_it_was(press) -> None:
    press.lay(press.entries("a"))
    press.outbox.confirm(press.claim(), "1.0", NOW + SECOND, NOW)
    press.moment = NOW + SECOND / 2
    assert press.claim() is None
    press.moment = NOW + 3 * SECOND
    assert press.claim().turn_at == NOW + SECOND


def test_a_message_given_back_waits_and_is_not_looked_for(press) -> None:
    entries = press.entries("a")
    press.lay(entries)
    press.lay(entries, place=OTHER)
    first = press.claim()
    retry_at = NOW + 40 * SECOND
    press.outbox.give_back(first, retry_at, unknown=False, error="rate limited", counted=False)
    assert press.claim().place == OTHER, "only that channel waits"
    press.moment = NOW + LEASE
    assert press.claim().place == OTHER, "and until then"
    press.moment = retry_at
    again = next(one for one in (press.claim(), press.claim()) if one.place == PAPERS)
    assert (again.id, again.looking, again.claimed_at, again.attempts) == (first.id, False, retry_at, 1)


def test_a_message_that_may_have_arrived_is_looked_for_from_its_first_attempt(press) -> None:
    press.lay(press.entries("a"))
    claim = first = press.claim()
    for tries in (2, 3, 4):
        press.moment += timedelta(minutes=1)
        press.outbox.give_back(claim, press.moment, unknown=True, error="line dropped")
        assert press.outbox.rows(state="unknown")[0].error == "line dropped"
        claim = press.claim()
        assert (claim.id, claim.key, claim.looking, claim.claimed_at) == (first.id, first.key, True, NOW)
        assert claim.attempts == tries
    press.outbox.give_back(claim, press.moment, unknown=False, error="not there, and not sent")
    again = press.claim()
    assert (again.looking, again.claimed_at, again.attempts) == (False, press.moment, 5)


def test_a_stale_claim_comes_back_to_be_looked_for(press) -> None:
    press.lay(press.entries("a"))
    first = press.claim(owner="died")
    press.moment = first.lease_until - SECOND / 1000
    assert press.claim(owner="other") is None
    press.moment = first.lease_until
    again = press.claim(owner="other")
    assert (again.id, again.looking, again.claimed_at, again.op) == (first.id, True, NOW, "post")


def test_what_is_looked_for_is_newer_than_what_went_before_it(press) -> None:
    press.lay(press.entries("a"), replies=2)
    press.lay(press.entries("b"), place=OTHER)
    line = press.claim()
    assert line.after_ts is None
    press.outbox.give_back(line, press.moment, unknown=True, error="")
    assert press.claim().after_ts is None, "nothing of ours stands there yet"
    press.outbox.confirm(line, "100.0", press.moment, press.moment)
    press.moment += LEASE
    for posted_ts, expected in (("101.0", "100.0"), ("102.0", "101.0"), ("103.0", "101.0")):
        claim = next(one for one in (press.claim(), press.claim()) if one.place == PAPERS)
        press.outbox.give_back(claim, press.moment, unknown=True, error="")
        again = press.claim()
        assert (again.looking, again.after_ts) == (True, expected), "of a reply it is what it replies to"
        press.outbox.confirm(again, posted_ts, press.moment, press.moment)
        press.moment += LEASE


def test_a_message_with_a_lower_id_that_went_out_later_says_nothing_of_when_to_look(press) -> None:
    entries = press.entries("a", "b")
    press.lay(entries, replies=0)
    press.send(press.claim())
    press.moment += SECOND
    refused = press.claim()
    press.outbox.refuse(refused, "msg_too_long", close_channel=False, now=press.moment)
    lost = press.claim()
    press.outbox.give_back(lost, press.moment + 2 * SECOND, unknown=True, error="")
    press.outbox.retry(refused.id)
    press.moment += 2 * SECOND
    assert press.send_next().id == refused.id
    assert press.claim().after_ts == press.outbox.rows()[-1].posted_ts, "the line's, not the card's that went since"


def test_what_went_while_one_was_skipped_says_nothing_of_when_to_look_whatever_the_clock(press) -> None:
    press.lay(press.entries("a", "b"), replies=0)
    line = press.send_next()
    lost = press.claim()
    press.outbox.give_back(lost, NOW, unknown=True, error="")
    press.outbox.skip(lost.id)
    press.moment -= SECOND / 2
    assert press.send_next().content.text == "b"
    press.outbox.retry(lost.id)
    again = press.claim()
    assert (again.id, again.looking) == (lost.id, True)
    assert again.after_ts == next(row.posted_ts for row in press.outbox.rows() if row.id == line.id)


def test_who_lost_a_claim_cannot_give_it_back_or_refuse_it(engine: Engine, press) -> None:
    press.lay(press.entries("a"))
    slow = press.claim()
    press.moment = slow.lease_until
    quick = press.claim(owner="other")
    press.outbox.give_back(slow, NOW + timedelta(hours=1), unknown=False, error="slow")
    press.outbox.refuse(slow, "slow", close_channel=True, now=press.moment)
    press.outbox.refuse(slow, "slow", close_channel=False, now=press.moment)
    press.outbox.keep(slow, "slow")
    assert press.outbox.lose_parent(slow, "slow") is True
    assert states(press.outbox) == ["claimed", "pending", "pending"]
    press.outbox.confirm(slow, "1.0", NOW, NOW)
    assert of_channel(engine, "next_at") == quick.lease_until, "the turn is of whoever holds the lease"
    press.outbox.confirm(quick, "2.0", press.moment + SECOND, press.moment)
    (posted,) = press.outbox.rows(state="posted")
    assert posted.posted_ts == "1.0", "that it stands there is true whoever says so"
    assert of_channel(engine, "next_at") == press.moment + SECOND


def test_a_late_message_that_reads_otherwise_than_it_should_by_now_is_updated(press) -> None:
    entries = press.entries("a")
    press.lay(entries, replies=0)
    press.send_next()
    slow = press.claim()
    press.moment = slow.lease_until
    press.outbox.give_back(press.claim(), press.moment, unknown=False, error="not there")
    press.lay(entries, replies=0, said=" edited")
    press.outbox.confirm(slow, "7.0", NOW, NOW)
    update = press.claim()
    assert (update.op, update.target_ts, update.content.text) == ("update", "7.0", "a edited")


def test_the_row_of_a_stale_claim_may_be_another_by_now(press) -> None:
    first, second = press.entries("a", "b")
    press.lay([first], replies=0)
    press.send_next()
    slow = press.claim()
    press.moment = slow.lease_until
    press.outbox.give_back(press.claim(), press.moment, unknown=False, error="not there")
    edition = press.edition()
    press.lay([], replies=0)
    assert press.lay([second], replies=0) is not None
    assert edition.entry_ids == (first.id,)
    assert slow.id in {row.id for row in press.outbox.rows(state="pending")}, "the id was given again"
    press.outbox.confirm(slow, "7.0", NOW, NOW)
    assert "7.0" not in {row.posted_ts for row in press.outbox.rows()}


def test_replies_wait_for_their_parent_even_where_it_is_unknown(press) -> None:
    press.lay(press.entries("a"))
    press.send_next()
    parent = press.claim()
    press.outbox.give_back(parent, press.moment, unknown=True, error="")
    again = press.claim()
    assert again.id == parent.id
    assert press.claim() is None
    press.outbox.confirm(again, "77.0", press.moment, press.moment)
    assert press.claim().thread_ts == "77.0"


def test_a_refused_message_takes_its_replies_along_and_lets_the_rest_go(press) -> None:
    press.lay(press.entries("a", "b"), replies=2)
    press.send_next()
    press.outbox.refuse(press.claim(), "msg_too_long", close_channel=False, now=press.moment)
    assert [row.error for row in press.outbox.rows(state="refused")] == [
        "parent refused",
        "parent refused",
        "msg_too_long",
    ]
    assert press.said() == ["b", "b.1", "b.2"]


def test_a_refused_edit_leaves_the_replies_alone(press) -> None:
    entries = press.entries("a")
    press.lay(entries, replies=2)
    press.send_all(3)
    press.lay(entries, replies=2, said="!")
    edits = press.send_all(0) or [press.claim()]
    press.outbox.refuse(edits[0], "msg_too_long", close_channel=False, now=press.moment)
    assert press.said() == ["a.1!", "a.2!"]


def test_a_reply_to_what_will_never_be_there_holds_up_nothing(engine: Engine, press) -> None:
    press.lay(press.entries("a", "b"))
    d = t.Delivery
    with transaction(engine) as connection:  # as nothing of ours leaves it
        parent = sa.update(d).where(d.entry_key == "a", d.part == 0)
        connection.execute(parent.values(state="refused", error="by another program"))
    assert press.said() == ["line of 2", "b", "b.1"]
    assert press.outbox.rows(state="refused")[0].error == "parent refused"


def test_a_closed_channel_is_left_alone_until_it_is_opened(engine: Engine, press) -> None:
    entries = press.entries("a")
    press.lay(entries, replies=2)
    press.lay(entries, place=OTHER, replies=0)
    press.outbox.refuse(press.claim(), "is_archived", close_channel=True, now=NOW)
    assert press.outbox.closed() == {PAPERS}
    (closed,) = press.outbox.closed_channels("T1")
    assert (closed.place, closed.reason, closed.closed_at) == (PAPERS, "is_archived", NOW)
    assert press.outbox.closed_channels("T2") == []
    assert {one.place for one in press.send_all()} == {OTHER}
    assert press.outbox.unsent(PAPERS, "vault", DAY) == 0
    press.outbox.entered("T1", "C1", "papers", False)
    assert press.outbox.closed() == set()
    assert press.outbox.unsent(PAPERS, "vault", DAY) == 4, "what was tried there was not lost with it"
    assert press.said()[:2] == ["line of 1", "a"]


def test_what_may_stand_in_a_channel_that_closed_is_looked_for_when_it_opens(press) -> None:
    press.lay(press.entries("a"))
    press.outbox.give_back(press.claim(), NOW, unknown=True, error="")
    press.outbox.refuse(press.claim(), "not_in_channel", close_channel=True, now=NOW)
    press.outbox.entered("T1", "C1", "papers", False)
    assert press.claim().looking


def test_a_channel_is_waiting_as_long_as_something_is_left(engine: Engine, press) -> None:
    press.lay(press.entries("a"))
    for left in (2, 1, 0):
        press.send_next()
        assert of_channel(engine, "waiting") is bool(left)


def test_a_channel_with_nothing_left_is_not_asked_again(engine: Engine, press) -> None:
    press.lay(press.entries("a"))
    with transaction(engine) as connection:
        connection.execute(sa.delete(t.Delivery))
    assert press.claim() is None
    assert of_channel(engine, "waiting") is False
    assert of_channel(engine, "next_at") == datetime(1970, 1, 1, tzinfo=UTC)


def test_a_claim_of_another_that_is_under_way_is_left_alone(engine: Engine, press) -> None:
    press.lay(press.entries("a"))
    first = press.claim()
    with transaction(engine) as connection:
        connection.execute(sa.update(t.Channel).values(next_at=NOW))
    assert press.claim() is None
    assert of_channel(engine, "next_at") == first.lease_until


# The workspace's cap


@pytest.fixture
def capped(engine: Engine, press) -> Outbox:
    """Four a second."""
    press.outbox = Outbox(engine, SECOND / 4)
    return press.outbox


def test_a_workspace_gets_no_more_than_its_cap_however_many_channels_it_has(capped: Outbox, press) -> None:
    entries = press.entries("a")
    for number in range(20):
        press.lay(entries, place=Place("T1", f"C{number}"), replies=0)
    press.lay(entries, place=SPOKEN, replies=0)
    sent: dict[str, list[float]] = {"T1": [], "T2": []}
    for tick in range(400):
        press.moment = NOW + tick * SECOND / 20
        while (claim := press.claim()) is not None:
            press.send(claim)
            sent[claim.place.team].append(tick / 20)
    assert sent["T2"] == [0.0, 1.0], "another workspace has its own"
    assert len(sent["T1"]) == 40
    assert all(later - earlier >= 0.2499 for earlier, later in zip(sent["T1"], sent["T1"][1:], strict=False))
    assert sent["T1"][-1] <= 10, "and no turn is wasted"


def test_a_turn_that_was_given_out_is_kept_for_a_while_only(capped: Outbox, press) -> None:
    """After a halt of the bot, all turns that were given out meanwhile would be used at once."""
    entries = press.entries("a")
    for number in range(200):
        press.lay(entries, place=Place("T1", f"C{number}"), replies=0)
    first = press.claim()
    assert press.claim() is None
    assert first is not None
    press.moment += timedelta(minutes=10)
    burst = []
    while (claim := press.claim()) is not None:
        burst.append(claim)
    assert len(burst) <= 61


def test_a_message_that_stood_there_already_costs_no_turn(engine: Engine, capped: Outbox, press) -> None:
    entries = press.entries("a")
    press.lay(entries, replies=0)
    claim = press.claim()
    capped.adopt(claim, "5.0", NOW, same=True)
    again = press.claim()
    assert again is not None, "at once, in the turn that the first one had"
    assert again.turn_at == claim.turn_at


def test_many_channels_are_given_their_turns_in_short_transactions(
    capped: Outbox, press, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.turns.AT_ONCE", 3)
    entries = press.entries("a")
    for number in range(10):
        press.lay(entries, place=Place("T1", f"C{number}"), replies=0)
    assert press.claim() is not None
    assert press.claim() is None
    press.moment += SECOND / 4
    assert press.claim() is not None


# What stands there


def test_a_payload_is_kept_until_the_last_reply_stands(engine: Engine, press) -> None:
    press.lay(press.entries("a", "b"), replies=2)
    line, card, *replies = [press.send_next() for _ in range(4)]
    assert of_row(engine, line.key, "text", "blocks") == (None, None), "nobody replies to it"
    assert of_row(engine, card.key, "text") == (None,)
    assert of_row(engine, replies[0].key, "text") == (None,)
    parent, reply = press.send_next(), press.send_next()
    assert of_row(engine, parent.key, "text") == ("b",), "one reply is to come"
    assert of_row(engine, reply.key, "text") == (None,)
    press.send_next()
    assert of_row(engine, parent.key, "text") == (None,)


def test_an_edited_message_keeps_no_payload_for_replies_that_stand_there(engine: Engine, press) -> None:
    entries = press.entries("a")
    press.lay(entries, replies=1)
    press.send_all()
    press.lay(entries, replies=1, said="!")
    card = press.send_next()
    assert (card.op, of_row(engine, card.key, "text")) == ("update", (None,))


def test_a_refused_last_reply_ends_it_too(engine: Engine, press) -> None:
    press.lay(press.entries("a"), replies=1)
    _, card = press.send_next(), press.send_next()
    press.outbox.refuse(press.claim(), "msg_too_long", close_channel=False, now=press.moment)
    assert of_row(engine, card.key, "text") == (None,)


def test_an_edit_of_unknown_outcome_is_simply_done_again(press) -> None:
    entries = press.entries("a")
    press.lay(entries, replies=0)
    press.send_all()
    press.lay(entries, replies=0, said="!")
    first = press.claim()
    assert (first.op, first.content.text) == ("update", "a!")
    press.outbox.give_back(first, press.moment, unknown=True, error="line dropped")
    assert states(press.outbox) == ["posted", "pending"], "so that it may be laid out anew meanwhile"
    again = press.claim()
    assert (again.op, again.looking, again.target_ts) == ("update", False, first.target_ts)
    press.moment = again.lease_until
    stale = press.claim()
    assert (stale.op, stale.looking, stale.attempts) == ("update", False, 3)
    press.send(stale)
    assert states(press.outbox) == ["posted", "posted"]
    assert press.outbox.rows()[0].posted_ts == first.target_ts


def test_a_late_edit_does_not_count_for_a_later_one(press) -> None:
    entries = press.entries("a")
    press.lay(entries, replies=0)
    press.send_all()
    press.lay(entries, replies=0, said="!")
    slow = press.claim()
    press.moment = slow.lease_until
    press.send_next()
    press.lay(entries, replies=0, said="?")
    press.outbox.confirm(slow, slow.target_ts, NOW, NOW)
    assert press.said() == ["a?"]


def test_what_cannot_be_changed_stays_and_is_not_tried_again(engine: Engine, press) -> None:
    entries = press.entries("a")
    press.lay(entries, replies=1)
    press.send_all()
    press.lay(entries, replies=0)
    delete = press.claim()
    assert (delete.op, delete.content) == ("delete", Content("", ()))
    press.outbox.keep(delete, "cant_delete_message")
    assert states(press.outbox) == ["posted", "posted", "posted"]
    assert press.lay(entries, replies=0) == 0
    press.lay(entries, replies=0, said="!")
    update = press.claim()
    press.outbox.keep(update, "cant_update_message")
    assert of_row(engine, update.key, "state", "error", "text") == ("posted", "cant_update_message", None)
    assert press.lay(entries, replies=0, said="!") == 0
    assert press.claim() is None


def test_a_deleted_message_is_forgotten(press) -> None:
    entries = press.entries("a")
    press.lay(entries, replies=2)
    press.send_all()
    press.lay(entries, replies=1)
    delete = press.send_next()
    assert delete.op == "delete"
    assert delete.key not in {row.key for row in press.outbox.rows()}
    assert len(press.outbox.rows()) == 3


def test_what_stood_there_is_adopted_as_it_is_or_to_be_updated(press) -> None:
    entries = press.entries("a")
    press.lay(entries, replies=0)
    press.outbox.adopt(press.claim(), "5.0", NOW, same=True)
    press.outbox.adopt(press.claim(), "6.0", NOW, same=False)
    assert press.outbox.known(PAPERS, NOW) == {row.key for row in press.outbox.rows()}
    assert press.outbox.known(PAPERS, NOW + SECOND) == set()
    update = press.claim()
    assert (update.op, update.target_ts, update.content.text, update.attempts) == ("update", "6.0", "a", 1 + 1)


# A parent that was deleted in Slack


def test_a_lost_parent_is_looked_for_and_its_replies_go_below_the_new_one(engine: Engine, press) -> None:
    press.lay(press.entries("a", "b"), replies=2)
    _, parent, first = press.send_next(), press.send_next(), press.send_next()
    press.outbox.save_permalink(parent.id, "https://example.slack.com/x")
    reply = press.claim()
    assert press.outbox.lose_parent(reply, "thread_not_found") is True
    assert of_row(engine, parent.key, "state", "posted_ts", "posted_at", "permalink") == ("unknown", None, None, None)
    again = press.claim()
    assert (again.key, again.op, again.looking, again.target_ts) == (parent.key, "post", True, None)
    assert again.content.text == "a"
    new_ts = press.send(again)
    assert new_ts != first.thread_ts
    press.moment += SECOND
    late = press.send_next()
    assert (late.key, late.thread_ts) == (reply.key, new_ts)
    assert press.said() == ["b", "b.1", "b.2"]
    assert of_row(engine, parent.key, "reposts", "text") == (1, None)


def test_a_lost_parent_that_is_refused_takes_no_reply_along_that_stands_there(press) -> None:
    entries = press.entries("a")
    press.lay(entries, replies=2)
    press.send_all(3)
    press.outbox.lose_parent(press.claim(), "thread_not_found")
    press.outbox.give_back(press.claim(), press.moment, unknown=False, error="busy")
    press.lay(entries, replies=2, said="!")
    press.outbox.refuse(press.claim(), "msg_too_long", close_channel=False, now=press.moment)
    assert states(press.outbox) == ["posted", "refused", "pending", "refused"]
    assert press.said() == ["a.1!"]


def test_a_parent_is_not_sent_anew_for_ever(press) -> None:
    press.lay(press.entries("a"), replies=1)
    press.send_all(2)
    for _ in range(3):
        assert press.outbox.lose_parent(press.claim(), "thread_not_found") is True
        press.send_next()
    reply = press.claim()
    assert press.outbox.lose_parent(reply, "thread_not_found") is False
    press.outbox.refuse(reply, "thread_not_found", close_channel=False, now=press.moment)
    assert states(press.outbox) == ["posted", "posted", "refused"]


def test_a_parent_whose_words_are_forgotten_cannot_be_sent_anew(engine: Engine, press) -> None:
    press.lay(press.entries("a"), replies=1)
    press.send_all(2)
    with transaction(engine) as connection:
        connection.execute(
            sa.update(t.Delivery).where(t.Delivery.state == "posted").values(text=None, blocks=sa.null())
        )
    assert press.outbox.lose_parent(press.claim(), "thread_not_found") is False
    assert states(press.outbox) == ["posted", "posted", "claimed"]


# Several processes


def test_two_processes_never_claim_one_message(url: str, press) -> None:
    entries = press.entries("a")
    for number in range(12):
        press.lay(entries, place=Place("T1", f"C{number}"), replies=1)
    engines = [open_database(url) for _ in range(2)]
    claims: list[Claim] = []
    faults: list[BaseException] = []
    start = threading.Barrier(4)

    def work(engine: Engine, owner: str) -> None:
        mine = Outbox(engine, SECOND / 1_000_000)
        try:
            start.wait(timeout=10)
            while (claimed := mine.claim_next(owner, NOW + SECOND, NOW + LEASE)) is not None:
                claims.append(claimed)
                mine.confirm(claimed, "1.0", NOW, NOW)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(engines[n % 2], f"p{n}")) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    press.moment += timedelta(minutes=1)
    claims += press.send_all()  # one may have looked while another held the last row
    for engine in engines:
        engine.dispose()
    assert faults == []
    assert len(claims) == len({one.id for one in claims}) == 36
    assert not any(one.looking for one in claims)


def test_nobody_waits_for_a_writer_to_learn_that_nothing_is_due(press, tmp_path: Path, url: str) -> None:
    hasty = open_database(url, busy_ms=1)
    press.lay(press.entries("a"))
    press.send(press.claim())
    press.outbox = Outbox(hasty)
    with closing(sqlite3.connect(tmp_path / "paperround.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert press.claim() is None
        press.moment += SECOND
        with pytest.raises(StoreUnavailableError, match="locked"):
            press.claim()
    hasty.dispose()


def test_every_question_of_a_message_is_answered_by_an_index(engine: Engine, press) -> None:
    """What reads a whole table costs more with every message there ever was."""
    asked: list[tuple[str, object]] = []

    @event.listens_for(engine, "before_cursor_execute")
    def note(_connection, _cursor, statement, parameters, _context, many) -> None:
        if not many and statement.split()[0] in ("SELECT", "UPDATE", "DELETE"):
            asked.append((statement, parameters))

    press.outbox = Outbox(engine, SECOND / 4)
    press.lay(press.entries("a", "b"), replies=2)
    press.lay(press.entries("c"), place=OTHER)
    asked.clear()
    press.outbox.give_back(press.claim(), NOW, unknown=True, error="")
    for _ in range(20):
        press.send_all()
        press.moment += SECOND
    event.remove(engine, "before_cursor_execute", note)
    assert press.outbox.rows(state="pending") == []
    assert len({statement for statement, _ in asked}) > 10
    plans: set[str] = set()
    with reading(engine) as connection:
        for statement, parameters in asked:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans |= {row[-1] for row in rows}
    assert [plan for plan in plans if plan.startswith("SCAN") and "CONSTANT" not in plan] == []
    assert [plan for plan in plans if "TEMP B-TREE" in plan] == []
    assert any("ix_channel_turn" in plan for plan in plans)
    assert any("ix_delivery_queue" in plan for plan in plans)
