"""What a channel has of a day: laid out, laid out anew, and what stands in the channel in the end."""

import shutil
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Engine

from bot.delivery.outbox import Claim, Edition, Place, delivery_key
from bot.digest.model import StoredEntry
from bot.messages.content import Content, DayMessage
from bot.plan.subscription import Subscription
from bot.store import tables as t
from bot.store.contents import content_hash
from bot.store.database import open_database, reading, transaction

NOW = datetime(2024, 4, 12, 9, tzinfo=UTC)
DAY = date(2024, 4, 12)
SECOND = timedelta(seconds=1)
PAPERS, OTHER = Place("T1", "C1"), Place("T1", "C2")


def change(engine: Engine, table: type[t.Base], **values: object) -> None:
    with transaction(engine) as connection:
        connection.execute(sa.update(table).values(values))


def order(press, place: Place = PAPERS) -> list[tuple[str | None, int, str, str]]:
    rows = press.outbox.rows_of(place, "vault", DAY)
    return [(row.entry_key, row.part, row.op, row.state) for row in rows]


def subscribe(engine: Engine, place: Place = PAPERS, **values: object) -> Subscription:
    with transaction(engine) as connection:
        row = {"team_id": place.team, "channel_id": place.channel, "source": "vault", "query": "", "days": "0123456"}
        row |= {"zone": "UTC", "origin": "chat", "say_when_empty": False}
        statement = sa.insert(t.Subscription).values(row | values).returning(t.Subscription.id)
        return Subscription(connection.scalar(statement), place.team, place.channel, "vault")


# Writing down


def test_an_edition_is_what_was_laid(press) -> None:
    a, b = press.entries("a", "b")
    assert press.outbox.edition(PAPERS, "vault", DAY, "") is None
    assert press.lay([a, b]) == 5
    assert press.outbox.edition(PAPERS, "vault", DAY, "") == Edition(
        PAPERS, "vault", DAY, "", "papers", (a.id, b.id), frozenset()
    )
    assert press.outbox.carried(PAPERS, "vault", DAY) == {"a", "b"}
    assert press.outbox.rows()[-1].key == delivery_key(PAPERS, "vault", DAY, None, 0)
    assert press.outbox.edition(PAPERS, "vault", DAY, "tag:moe") is None
    assert press.outbox.carried(OTHER, "vault", DAY) == set()


def test_an_edition_remembers_what_came_late(press) -> None:
    a, b = press.entries("a", "b")
    press.lay([a])
    press.send_all()
    press.lay([a, replace(b, late=True)])
    press.lay([a, replace(b, late=True)])
    edition = press.outbox.edition(PAPERS, "vault", DAY, "")
    assert (edition.entry_ids, edition.late) == ((a.id, b.id), {b.id})


def test_laying_the_same_twice_changes_nothing(press) -> None:
    entries = press.entries("a", "b")
    press.lay(entries)
    before = press.outbox.rows()
    assert press.lay(entries) == 5
    assert press.outbox.rows() == before
    press.send_all()
    before = press.outbox.rows()
    assert press.lay(entries) == 0
    assert press.outbox.rows() == before
    assert press.claim() is None


def test_nothing_to_lay_leaves_nothing(press) -> None:
    assert press.lay([]) == 0
    assert press.edition().entry_ids == ()
    assert press.outbox.edition(PAPERS, "vault", DAY, "") is None


def test_a_reply_to_nothing_is_not_written_down(press) -> None:
    (a,) = press.entries("a")
    reply = DayMessage(Content("a", ()), a.id, a.key, 1, parent=("a", 0))
    with pytest.raises(ValueError, match="parent"):
        press.lay([a], [reply])
    assert press.outbox.rows() == []


def test_a_channel_carries_a_paper_in_one_edition(press) -> None:
    a, b = press.entries("a", "b")
    press.lay([a])
    assert press.lay([a, b], query="tag:moe") is None
    assert press.lay([b], query="tag:moe") == 3
    assert press.lay([a, b], query="tag:moe", place=OTHER) == 5, "another channel has its own"
    lines = {row.entry_key for row in press.outbox.rows_of(PAPERS, "vault", DAY)} - {"a", "b"}
    assert lines == {None, "query:tag:moe"}, "each with a line of its own"


def test_a_paper_whose_key_has_changed_is_known_all_the_same(engine: Engine, press) -> None:
    a, b = press.entries("title:a", "b")
    press.lay([a])
    press.send_all()
    change(engine, t.Entry, key=sa.case((t.Entry.id == a.id, "arxiv:1"), else_=t.Entry.key))
    renamed = replace(a, key="arxiv:1")
    assert press.outbox.carried(PAPERS, "vault", DAY) == {"arxiv:1"}
    assert press.lay([renamed], query="again") is None
    assert press.lay([renamed, b]) == 5, "its words change with its name here"
    assert {row.entry_key for row in press.outbox.rows()} == {None, "title:a", "b"}, "its rows keep their names"


def test_a_paper_gets_the_key_that_another_had_by_mistake(engine: Engine, press) -> None:
    a, b = press.entries("arxiv:1", "b")
    press.lay([a])
    press.send_all()
    change(engine, t.Entry, key=sa.case((t.Entry.id == a.id, "arxiv:2"), else_=t.Entry.key))
    change(engine, t.Entry, key=sa.case((t.Entry.id == b.id, "arxiv:1"), else_=t.Entry.key))
    corrected, late = replace(a, key="arxiv:2"), replace(b, key="arxiv:1")
    assert press.lay([corrected, late]) == 5, "the line, the corrected paper's two, and two of its own"
    assert press.said()[-2:] == ["arxiv:1", "arxiv:1.1"]
    assert press.outbox.carried(PAPERS, "vault", DAY) == {"arxiv:1", "arxiv:2"}
    assert press.lay([corrected, late]) == 0, "and once"
    assert press.lay([late], query="again") is None


def test_what_was_added_since_is_not_taken_out_by_who_did_not_know(press) -> None:
    a, b = press.entries("a", "b")
    press.lay([a])
    stale = press.edition()
    press.lay([a, b])
    assert press.outbox.lay(stale, (), [], NOW, edit_since=NOW) is None
    assert press.edition().entry_ids == (a.id, b.id)


def test_on_behalf_of_who_was_paused_or_has_ended_nothing_is_laid(engine: Engine, press) -> None:
    entries = press.entries("a")
    sub = subscribe(engine)
    change(engine, t.Subscription, paused="chat")
    assert press.lay(entries, subscription=sub) is None
    change(engine, t.Subscription, paused="chat", paused_until=NOW)
    assert press.lay(entries, subscription=sub) is None
    over = replace(sub, paused="chat", paused_until=NOW)
    assert press.lay(entries, subscription=over) == 3, "who loaded it so knows whether that is over"
    with transaction(engine) as connection:
        connection.execute(sa.delete(t.Subscription))
    assert press.lay(entries, subscription=over) is None


def test_who_asked_is_remembered_and_an_edit_is_on_their_behalf(engine: Engine, press) -> None:
    a, b = press.entries("a", "b")
    sub = subscribe(engine)
    press.lay([a], subscription=sub)
    press.lay([a], replies=2)
    assert {row.origin for row in press.outbox.rows()} == {"subscription"}
    press.lay([a, b], replies=2)
    assert {row.origin for row in press.outbox.rows() if row.entry_key == "b"} == {"post"}


def test_two_lines_of_one_name_are_told_apart(engine: Engine, press) -> None:
    """What was posted before there were editions has the day's name."""
    a, b = press.entries("a", "b")
    press.lay([a])
    press.send_all()
    with transaction(engine) as connection:
        connection.execute(sa.update(t.Delivery).values(edition_id=None))
        connection.execute(sa.update(t.Carried).values(edition_id=None))
        connection.execute(sa.delete(t.Edition))
    assert press.lay([a, b]) is None
    assert press.lay([b]) == 3
    assert order(press)[3:] == [
        ("late:2:", 0, "post", "pending"),
        ("b", 0, "post", "pending"),
        ("b", 1, "post", "pending"),
    ]
    assert press.lay([b], replies=2) == 4, "and again"


def test_a_paper_is_known_by_more_than_the_key_it_was_loaded_with(press) -> None:
    (a,) = press.entries("a")
    press.lay([a])
    assert press.lay([replace(a, key="stale")], query="again") is None


def test_nothing_is_laid_over_a_message_that_nobody_counts(engine: Engine, press) -> None:
    (a,) = press.entries("a")
    press.lay([a])
    press.send_all()
    with transaction(engine) as connection:
        connection.execute(sa.update(t.Delivery).values(edition_id=None))
        connection.execute(sa.delete(t.Carried))
        connection.execute(sa.delete(t.Edition))
    assert press.lay([a]) is None


# Before it has begun


def test_what_has_not_begun_is_changed_in_place(press) -> None:
    entries = press.entries("a", "b")
    press.lay(entries)
    ids = [row.id for row in press.outbox.rows()]
    press.lay(entries, said="!")
    assert [row.id for row in press.outbox.rows()] == ids
    assert press.said() == ["line of 2", "a!", "a.1!", "b!", "b.1!"]


def test_parts_that_come_or_go_before_it_has_begun_stay_in_order(press) -> None:
    a, b, c = press.entries("a", "b", "c")
    press.lay([a, c])
    press.lay([a, b, c], parts={"a": 2})
    assert [row[:2] for row in order(press)] == [
        (None, 0), ("a", 0), ("a", 1), ("a", 2), ("b", 0), ("b", 1), ("c", 0), ("c", 1)
    ]  # fmt: skip
    press.lay([c, a], parts={"a": 0})
    assert press.said() == ["line of 2", "c", "c.1", "a"]
    assert press.outbox.carried(PAPERS, "vault", DAY) == {"a", "c"}


def test_a_day_that_grows_keeps_its_place_before_the_next(press) -> None:
    first, second = press.entries("a"), press.entries("b", day=DAY + timedelta(days=1))
    press.lay(first, parts={"a": 2})
    press.lay(second, day=DAY + timedelta(days=1))
    press.lay(first, parts={"a": 1})
    assert press.said() == ["line of 1", "a", "a.1", "line of 1", "b", "b.1"]


def test_what_comes_between_does_not_push_the_rest_of_a_day_behind_the_next(press) -> None:
    a, late, b = press.entries("a", "late", "b")
    next_day = press.entries("c", day=DAY + timedelta(days=1))
    press.lay([a, b])
    press.lay(next_day, day=DAY + timedelta(days=1))
    press.send_next()
    press.lay([a, late, b], parts={"a": 2})
    said = ["line of 3", "a", "a.1", "a.2", "late", "late.1", "b", "b.1", "line of 1", "c", "c.1"]
    assert press.said() == said


def test_without_papers_what_has_not_begun_was_never_written_down(press) -> None:
    entries = press.entries("a")
    press.lay(entries)
    press.lay(entries, place=OTHER)
    assert press.lay([]) == 0
    assert press.outbox.edition(PAPERS, "vault", DAY, "") is None
    assert press.outbox.carried(PAPERS, "vault", DAY) == set()
    assert {row.place for row in press.outbox.rows()} == {OTHER}
    assert press.lay(entries) == 3


def test_the_layout_may_change_until_something_has_begun(press) -> None:
    entries = press.entries("a", "b")
    press.lay(entries, replies=0, query="x")
    edition = replace(press.edition(query="x"), layout="list")
    line, *cards = press.papers(entries, replies=0)
    messages = [line, *(replace(card, parent=(None, 0)) for card in cards)]
    assert press.outbox.lay(edition, messages, entries, NOW, edit_since=NOW) == 3
    assert [claim.thread_ts is not None for claim in press.send_all()] == [False, True, True]
    assert press.outbox.lay(replace(edition, layout="brief"), messages[:1], entries, NOW, edit_since=NOW) is None


# Once it stands there


def test_only_what_differs_is_sent(press) -> None:
    entries = press.entries("a", "b")
    press.lay(entries)
    press.send_all()
    assert press.lay(entries, changed(press.papers(entries), "b")) == 1
    (update,) = press.send_all()
    assert (update.op, update.content.text) == ("update", "b edited")


def changed(messages: list[DayMessage], text: str) -> list[DayMessage]:
    return [
        replace(one, content=Content(f"{text} edited", one.content.blocks)) if one.content.text == text else one
        for one in messages
    ]


@pytest.mark.parametrize("replies", [0, 1, 2])
def test_an_entry_with_the_same_words_stays_as_it_stands_however_it_would_be_laid_out_now(press, replies) -> None:
    first, second = press.entries("a", "b")
    press.lay([first, second])
    press.send_all()
    press.lay([first, second], said=" in another language", replies=replies, unchanged=[first])
    changed = {claim.content.text for claim in press.send_all() if claim.content.text}
    assert changed == {"b in another language", *[f"b.{part} in another language" for part in range(1, replies + 1)]}
    rows = press.outbox.rows_of(PAPERS, "vault", DAY)
    assert [row.part for row in rows if row.entry_key == "a"] == [0, 1]
    assert [row.part for row in rows if row.entry_key == "b"] == list(range(replies + 1))


def test_an_unchanged_entry_that_is_half_posted_is_finished(press) -> None:
    (first,) = press.entries("a")
    press.lay([first], replies=2)
    press.send_next()
    press.send_next()
    press.lay([first], replies=3, unchanged=[first])
    press.send_all()
    assert [row.part for row in press.outbox.rows_of(PAPERS, "vault", DAY) if row.entry_key == "a"] == [0, 1, 2, 3]


def test_white_space_is_no_difference() -> None:
    block = {"type": "section", "text": {"type": "mrkdwn", "text": "one  two\n\nthree"}}
    same = {"type": "section", "text": {"type": "mrkdwn", "text": "one two\nthree"}}
    other = {"type": "section", "text": {"type": "mrkdwn", "text": "one twothree"}}
    assert content_hash(Content("a\tb", (block,))) == content_hash(Content("a b", (same,)))
    assert content_hash(Content("a b", (block,))) != content_hash(Content("a b", (other,)))
    assert content_hash(Content("a\\\\\nb", ())) == content_hash(Content("a\\\\ b", ())), "after a backslash too"
    assert content_hash(Content(r"$a \neq b$", ())) != content_hash(Content(r"$a \req b$", ())), "a formula's is none"


def test_an_edit_goes_out_before_what_waits_and_never_before_its_own_post(press) -> None:
    entries = press.entries("a", "b")
    press.lay(entries)
    press.send_all(2)
    press.lay(entries, said="!")
    assert [(one.op, one.content.text) for one in press.send_all()] == [
        ("update", "a!"), ("post", "a.1!"), ("post", "b!"), ("post", "b.1!")
    ]  # fmt: skip


def test_a_paper_that_comes_late_goes_last_and_the_line_is_updated(press) -> None:
    a, b, c = press.entries("a", "b", "c")
    press.lay([a, c], layout="list")
    press.send_all()
    assert press.lay([a, b, c]) == 2
    line, reply = press.send_all()
    assert (line.op, line.content.text) == ("update", "line a b c")
    assert (reply.op, reply.content.text, reply.thread_ts) == ("post", "b", line.target_ts)


def test_parts_are_added_and_taken_away(press) -> None:
    entries = press.entries("a")
    press.lay(entries, replies=1)
    press.send_all()
    assert press.lay(entries, replies=3) == 2
    parent = press.outbox.rows()[-2].posted_ts
    assert [(one.op, one.content.text, one.thread_ts) for one in press.send_all()] == [
        ("post", "a.2", parent), ("post", "a.3", parent)
    ]  # fmt: skip
    assert press.lay(entries, replies=1) == 2
    assert [(one.op, one.thread_ts) for one in press.send_all()] == [("delete", parent), ("delete", parent)]
    assert press.lay(entries, replies=2) == 1
    assert press.said() == ["a.2"], "under the same key as before"


def test_what_replies_to_a_deleted_message_is_deleted_too(press) -> None:
    entries = press.entries("a")
    press.lay(entries, replies=2)
    press.send_all()
    assert press.lay(entries, press.papers(entries)[:1]) == 3
    assert [claim.op for claim in press.send_all()] == ["delete"] * 3
    assert [row.entry_key for row in press.outbox.rows()] == [None]


def test_what_replied_to_a_message_that_people_took_away_is_deleted_with_it(press) -> None:
    entries = press.entries("a")
    press.lay(entries, replies=2)
    press.send_all(3)
    assert press.outbox.lose_parent(press.claim(), "thread_not_found")
    press.outbox.give_back(press.claim(), press.moment, unknown=False, error="busy")
    assert press.edition().begun == {entries[0].id}
    assert press.lay(entries, press.papers(entries)[:1]) == 1
    assert [claim.op for claim in press.send_all()] == ["delete"]
    assert [row.entry_key for row in press.outbox.rows()] == [None]


def test_a_message_whose_answer_was_lost_is_withdrawn_as_if_it_stood_there(press) -> None:
    entries = press.entries("a")
    press.lay(entries, replies=1)
    press.send_all(2)
    assert press.outbox.lose_parent(press.claim(), "thread_not_found")
    press.outbox.give_back(press.claim(), press.moment, unknown=False, error="busy")
    assert press.edition().begun == {entries[0].id}, "it stood there"
    assert press.lay([]) is None


def test_tries_are_counted_anew_when_it_is_laid_out_anew(press) -> None:
    entries = press.entries("a")
    press.lay(entries)
    press.send_next()
    for _ in range(3):
        press.outbox.give_back(press.claim(), press.moment, unknown=False, error="not done")
    press.lay(entries, said="!")
    assert press.claim().attempts == 1


def test_rows_that_make_room_leave_alone_what_is_under_way_or_stands_there(press) -> None:
    a, b = press.entries("a", "b")
    (c,) = press.entries("c", day=DAY + timedelta(days=1))
    press.lay([b], replies=0)
    press.lay([c], replies=0, day=DAY + timedelta(days=1))
    press.send_next()
    refused = press.claim()
    press.outbox.refuse(refused, "msg_too_long", close_channel=False, now=press.moment)
    press.send_all(1)
    press.lay([c], replies=0, day=DAY + timedelta(days=1), said="!")
    standing = {row.id: row.key for row in press.outbox.rows(state="posted")}
    claim = press.claim()
    assert press.lay([a, b], replies=0) == 3
    press.outbox.confirm(claim, "99.0", press.moment, press.moment)
    assert press.said() == ["line of 2", "a", "b"]
    assert standing.items() <= {row.id: row.key for row in press.outbox.rows(state="posted")}.items()
    assert "99.0" in {row.posted_ts for row in press.outbox.rows()}


def test_a_part_that_was_to_be_deleted_may_be_wanted_again(press) -> None:
    entries = press.entries("a")
    press.lay(entries, replies=2)
    press.send_all()
    press.lay(entries, replies=1)
    assert press.lay(entries, replies=2) == 1
    assert [(one.op, one.content.text) for one in press.send_all()] == [("update", "a.2")]


def test_a_new_reply_keeps_the_words_of_what_it_replies_to(press) -> None:
    entries = press.entries("a")
    press.lay(entries, replies=0)
    press.send_all()
    press.lay(entries, replies=1)
    assert press.outbox.lose_parent(press.claim(), "thread_not_found") is True
    assert [one.content.text for one in press.send_all()] == ["a", "a.1"]


def test_what_was_posted_long_ago_is_left_alone(press) -> None:
    entries = press.entries("a")
    press.lay(entries, replies=2)
    press.send_all(2)
    edge = press.moment
    press.send_all()
    assert press.lay(entries, replies=1, said="!", edit_since=edge) == 2
    assert [(one.op, one.content.text) for one in press.send_all()] == [("update", "a.1!"), ("delete", "")]
    assert press.lay(entries, replies=1, said="!", edit_since=edge) == 0
    assert press.lay(entries, replies=0, said="!", edit_since=press.moment) == 0


def test_nothing_is_laid_over_a_message_under_way(press) -> None:
    entries = press.entries("a")
    press.lay(entries)
    claim = press.claim()
    assert press.lay(entries, said="!") is None
    press.outbox.give_back(claim, NOW, unknown=True, error="")
    assert press.lay(entries, said="!") is None
    press.send(press.claim())
    assert press.lay(entries, said="!") == 2


def test_a_withdrawn_paper_that_stands_there_cannot_be_left_out(press) -> None:
    a, b, c = press.entries("a", "b", "c")
    press.lay([a, b, c])
    press.send_all(3)
    assert press.edition().begun == {a.id}
    assert press.lay([b, c]) is None
    assert press.lay([a, c]) == 3
    assert press.edition().entry_ids == (a.id, c.id)
    assert press.said() == ["line of 2", "c", "c.1"]
    assert press.edition().begun == {a.id, c.id}


@pytest.mark.parametrize("layout", ["list", "brief"])
def test_a_line_that_stands_there_names_all_its_papers(press, layout) -> None:
    entries = press.entries("a", "b")
    press.lay(entries, layout=layout)
    assert press.edition().begun == set()
    press.claim()
    assert press.edition().begun == {one.id for one in entries}, "it may stand there"


def test_a_line_whose_papers_all_went_before_they_came_is_deleted(press) -> None:
    entries = press.entries("a")
    press.lay(entries)
    press.send_all(1)
    assert press.lay([]) == 1
    (delete,) = press.send_all()
    assert (delete.op, delete.content.text) == ("delete", "")
    assert press.outbox.rows() == []
    assert press.outbox.edition(PAPERS, "vault", DAY, "") is None, "an edition goes with its last message"


def test_a_refused_message_is_tried_anew_with_the_next_late_paper_and_not_before(press) -> None:
    a, b = press.entries("a", "b")
    press.lay([a])
    press.send_all(1)
    press.outbox.refuse(press.claim(), "msg_too_long", close_channel=False, now=press.moment)
    assert press.lay([a], said="!") == 0, "its line says the same"
    assert press.claim() is None
    assert press.lay([a], replies=2, said="!") == 0
    assert press.outbox.rows()[0].error == "parent refused"
    assert press.lay([a, b], replies=2, said="!") == 7
    assert press.said() == ["line of 2", "a!", "a.1!", "a.2!", "b!", "b.1!", "b.2!"]


def test_what_was_left_out_unseen_is_looked_for_before_it_is_tried_anew(press) -> None:
    a, b = press.entries("a", "b")
    press.lay([a], replies=0)
    press.send_all(1)
    press.outbox.give_back(press.claim(), press.moment, unknown=True, error="")
    press.outbox.refuse(press.claim(), "skipped missing_scope", close_channel=False, now=press.moment)
    press.lay([a, b], replies=0)
    press.send_next()
    assert press.claim().looking


def test_what_a_person_skipped_stays_so(press) -> None:
    a, b = press.entries("a", "b")
    press.lay([a], replies=1)
    press.send_all(1)
    press.outbox.skip(press.outbox.rows(state="pending")[-1].id)
    press.lay([a, b], replies=1)
    assert press.said() == ["line of 2", "b", "b.1"]


def test_a_parent_sent_anew_keeps_what_stands_below_it_known(press) -> None:
    entries = press.entries("a")
    press.lay(entries, replies=2)
    press.send_all(3)
    assert press.outbox.lose_parent(press.claim(), "thread_not_found") is True
    press.outbox.give_back(press.claim(), press.moment, unknown=False, error="rate limited")
    assert press.lay(entries, parts={"a": 3}) == 3
    assert {row.part for row in press.outbox.rows(state="posted") if row.entry_key == "a"} == {1}
    assert press.said() == ["a", "a.2", "a.3"]


# What is outdated


def test_an_edition_is_outdated_when_its_day_has_settled_anew(engine: Engine, press) -> None:
    press.lay(press.entries("a"))
    press.lay(press.entries("b", day=DAY - timedelta(days=1)), day=DAY - timedelta(days=1), place=OTHER)
    assert press.outbox.outdated("T1", NOW) == []
    later = NOW + timedelta(hours=1)
    change(engine, t.Digest, changed_at=later)
    assert press.outbox.outdated("T1", NOW) == [], "it has changed, and has not settled"
    change(engine, t.Digest, settled_at=later)
    assert [(edition.day, at) for edition, at in press.outbox.outdated("T1", NOW)] == [
        (DAY - timedelta(days=1), later),
        (DAY, later),
    ]
    assert press.outbox.outdated("T2", NOW) == []
    assert press.outbox.outdated("T1", NOW + SECOND) == [], "it was ready too long ago"
    edition, at = press.outbox.outdated("T1", NOW)[1]
    assert edition == press.edition()
    press.outbox.refuse(press.claim(), "is_archived", close_channel=True, now=NOW)
    assert len(press.outbox.outdated("T1", NOW)) == 1, "nobody edits in a closed channel"
    press.outbox.entered("T1", "C1", None, False)
    entries = [StoredEntry(one, "a", "vault", DAY, 0, None) for one in edition.entry_ids]
    press.outbox.lay(edition, press.papers(entries), entries, at, edit_since=NOW)
    assert [one.day for one, _ in press.outbox.outdated("T1", NOW)] == [DAY - timedelta(days=1)]


# Whatever happens


@dataclass
class Channel:
    """A Slack channel: what stands in it, by ts, in the order of posting."""

    standing: dict[str, tuple[str, str, str | None]] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    clock: int = 1_712_900_000

    def do(self, claim: Claim) -> str:
        if claim.op == "post":
            self.clock += 1
            ts = f"{self.clock}.000000"
            assert claim.thread_ts is None or claim.thread_ts in self.standing
            self.standing[ts] = (claim.key, claim.content.text, claim.thread_ts)
            self.order.append(claim.key)
            return ts
        if claim.op == "update":
            key, _, thread = self.standing[claim.target_ts]
            assert key == claim.key
            self.standing[claim.target_ts] = (key, claim.content.text, thread)
        else:
            self.standing.pop(claim.target_ts, None)
        return claim.target_ts

    def find(self, claim: Claim) -> str | None:
        newer = [ts for ts, said in self.standing.items() if said[0] == claim.key and ts > (claim.after_ts or "")]
        return newer[0] if newer else None


SCENES = st.lists(
    st.one_of(
        st.tuples(
            st.just("lay"),
            st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(0, 2)), unique_by=lambda one: one[0]),
        ),
        st.tuples(st.just("send"), st.integers(1, 4)),
        st.tuples(st.just("lost"), st.booleans()),
        st.tuples(st.just("died"), st.booleans()),
        st.tuples(st.just("deferred"), st.none()),
    ),
    max_size=14,
)


class Scene:
    """A channel, its outbox, and a curator who cannot make up their mind."""

    def __init__(self, press, layout: str) -> None:
        self.press, self.layout = press, layout
        self.slack = Channel()
        self.papers = press.entries(*"abcde")
        self.last: list[tuple[int, int, int]] = []

    def lay(self, chosen: list[tuple[int, int, int]]) -> bool:
        """The curator's papers: which, how many parts, in which words. What began stays, as `due` and `revise` do."""
        edition = self.press.edition(layout=self.layout)
        known = {self.papers.index(one): one for one in self.papers if one.id in edition.begun}
        words = {number: (number, parts, said) for number, parts, said in self.last if number in known}
        wanted = sorted({**words, **{one[0]: one for one in chosen}}.values())
        entries = [self.papers[number] for number, _, _ in wanted]
        laid = self.press.outbox.lay(edition, self.messages(wanted), entries, NOW, edit_since=NOW - timedelta(days=1))
        if laid is not None:
            self.last = wanted
        return laid is not None

    def messages(self, wanted: list[tuple[int, int, int]]) -> list[DayMessage]:
        if not wanted:
            return []
        named = " ".join(self.papers[number].key for number, _, _ in wanted)
        messages = [DayMessage(Content(f"line {named}", ()), None, None, 0)]
        for number, parts, said in wanted:
            one = self.papers[number]
            parent = (None, 0) if self.layout == "list" else None
            for part in range(parts + 1):
                below = (one.key, 0) if part and parent is None else parent
                text = Content(f"{one.key}{part} {said}", ())
                messages.append(DayMessage(text, one.id, one.key, part, parent=below))
        return messages

    def step(self, claim: Claim) -> None:
        ts = self.slack.find(claim) if claim.looking else None
        ts = ts or self.slack.do(claim)
        self.press.outbox.confirm(claim, ts, self.press.moment, self.press.moment)

    def play(self, what: str, value) -> None:
        if what == "lay":
            self.lay(value)
            return
        for _ in range(value if what == "send" else 1):
            claim = self.press.claim()
            if claim is None:
                return
            if what == "send":
                self.step(claim)
            elif what == "deferred":
                self.press.outbox.give_back(claim, self.press.moment, unknown=claim.looking, error="busy")
            else:
                found = self.slack.find(claim) if claim.looking else None
                if value and found is None:
                    self.slack.do(claim)  # it arrived, and nobody heard of it
                if what == "lost":
                    self.press.outbox.give_back(claim, self.press.moment, unknown=True, error="line dropped")
                else:
                    self.press.moment = claim.lease_until
            self.press.moment += SECOND

    def finish(self) -> None:
        for _ in range(200):
            claim = self.press.claim()
            if claim is None:
                return
            self.step(claim)
            self.press.moment += SECOND
        raise AssertionError("no end to it")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(scenes=SCENES, last=SCENES, layout=st.sampled_from(["papers", "list"]))
def test_the_channel_shows_the_last_lay_each_message_once_and_in_order(
    press, scenes, last, layout, migrated: Path, tmp_path: Path
) -> None:
    file = tmp_path / "scene.db"
    for old in tmp_path.glob("scene.db*"):
        old.unlink()
    shutil.copy(migrated, file)
    engine = open_database(f"sqlite:///{file}")
    try:
        scene = Scene(type(press)(engine), layout)
        for what, value in scenes:
            scene.play(what, value)
        scene.finish()
        shown_before = set(scene.slack.order)
        before = len(scene.slack.order)
        for what, value in last:
            if what == "lay":
                assert scene.lay(value), "nothing is under way"
        scene.finish()
        wanted = scene.messages(scene.last)
        with reading(engine) as connection:
            keys = dict(connection.execute(sa.select(t.Delivery.key, t.Delivery.content_hash)).all())
        assert sorted(said for _, said, _ in scene.slack.standing.values()) == sorted(
            one.content.text for one in wanted
        )
        assert {key for key, _, _ in scene.slack.standing.values()} == set(keys)
        assert len(scene.slack.standing) == len(keys), "each message stands there once"
        assert all(thread is None or thread in scene.slack.standing for _, _, thread in scene.slack.standing.values())
        new = [key for key in scene.slack.order[before:] if key not in shown_before]
        in_order = [key for key in (key_of(one) for one in wanted) if key not in shown_before]
        assert [key for key in new if key in in_order] == in_order
    finally:
        engine.dispose()


def key_of(message: DayMessage) -> str:
    return delivery_key(PAPERS, "vault", DAY, message.entry_key, message.part)
