"""Notes, channels that rest, and what people ask and do: operators row by row, askers by thread."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.delivery.outbox import Place, delivery_key
from bot.errors import RequestRefusedError
from bot.messages.content import Content
from bot.plan.subscription import Subscription
from bot.store import tables as t
from bot.store.database import reading, transaction
from bot.store.outbox import Outbox, PostedThread
from bot.store.subscriptions import Subscriptions

NOW = datetime(2024, 4, 12, 9, tzinfo=UTC)
DAY = date(2024, 4, 12)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
PAPERS, OTHER, SPOKEN = Place("T1", "C1"), Place("T1", "C2"), Place("T2", "C1")
NOTE = Content("no digest today", ())


@pytest.fixture
def sub(engine: Engine) -> Subscription:
    return Subscriptions(engine, lambda: NOW).add("T1", "C1", "vault")


def next_at(engine: Engine, place: Place = PAPERS) -> datetime:
    c = t.Channel
    with reading(engine) as connection:
        return connection.scalar(sa.select(c.next_at).where(c.team_id == place.team, c.channel_id == place.channel))


def considered(engine: Engine) -> dict[date, datetime | None]:
    with reading(engine) as connection:
        return dict(connection.execute(sa.select(t.SubscriptionDay.day, t.SubscriptionDay.considered_at)).all())


# Notes


def test_a_note_is_told_once(press) -> None:
    assert press.outbox.add_note(PAPERS, "vault", DAY, "silent", NOTE) is True
    assert press.outbox.add_note(PAPERS, "vault", DAY, "silent", NOTE) is False
    assert press.outbox.add_note(PAPERS, "vault", DAY + timedelta(days=1), "silent", NOTE) is True
    claim = press.send_next()
    assert (claim.content, claim.thread_ts) == (NOTE, None)
    assert claim.key == delivery_key(PAPERS, "vault", DAY, "note:silent", 0)
    assert press.outbox.add_note(PAPERS, "vault", DAY, "silent", NOTE) is False
    assert press.outbox.rows()[0].origin == "notice"
    assert press.outbox.days(Subscription(1, "T1", "C1", "vault")) == set(), "it is no digest"


def test_a_note_passes_days_over_for_good(engine: Engine, press, sub: Subscription) -> None:
    days = [DAY - timedelta(days=number) for number in range(3)]
    with transaction(engine) as connection:
        row = {"subscription_id": sub.id, "day": days[0], "considered_at": NOW}
        connection.execute(sa.insert(t.SubscriptionDay).values(row))
    assert press.outbox.add_note(PAPERS, "vault", DAY, "missed", NOTE, subscription=sub, passed_over=days[:2])
    assert considered(engine) == {days[0]: None, days[1]: None}
    assert press.outbox.rows()[0].origin == "subscription"
    assert not press.outbox.add_note(PAPERS, "vault", DAY, "missed", NOTE, subscription=sub, passed_over=days)
    assert considered(engine) == dict.fromkeys(days), "also where another told of them"


def test_a_subscription_that_was_paused_meanwhile_tells_nothing(engine: Engine, press, sub: Subscription) -> None:
    Subscriptions(engine, lambda: NOW).pause(sub.id, "chat")
    assert not press.outbox.add_note(PAPERS, "vault", DAY, "missed", NOTE, subscription=sub, passed_over=[DAY])
    assert press.outbox.rows() == []
    assert considered(engine) == {}


# Channels that rest


def test_a_day_that_has_not_begun_is_held(engine: Engine, press, sub: Subscription) -> None:
    press.lay(press.entries("a"), subscription=sub)
    press.outbox.hold({PAPERS: NOW + HOUR, OTHER: NOW + HOUR})
    assert press.claim() is None
    press.outbox.hold({PAPERS: NOW + HOUR / 2})
    assert next_at(engine) == NOW + HOUR, "never back"
    press.moment = NOW + HOUR
    assert press.said() == ["line of 1", "a", "a.1"]


def test_a_day_that_has_begun_goes_on(engine: Engine, press, sub: Subscription) -> None:
    press.lay(press.entries("a"), subscription=sub)
    press.lay(press.entries("b", day=DAY + timedelta(days=1)), day=DAY + timedelta(days=1), subscription=sub)
    claim = press.claim()
    press.outbox.hold({PAPERS: NOW + HOUR})
    press.outbox.give_back(claim, NOW, unknown=True, error="")
    press.outbox.hold({PAPERS: NOW + HOUR})
    for expected in ("line of 1", "a", "a.1"):
        press.outbox.hold({PAPERS: NOW + HOUR})
        assert press.send_next().content.text == expected
    press.outbox.hold({PAPERS: NOW + HOUR})
    assert press.claim() is None, "the next day has not"


@pytest.mark.parametrize("first", ["begun", "edited"])
def test_the_day_behind_what_goes_on_is_held_without_being_asked_again(press, sub: Subscription, first: str) -> None:
    tomorrow = DAY + timedelta(days=1)
    (a,) = press.entries("a")
    press.lay([a], subscription=sub)
    press.send_all(most=1 if first == "begun" else 3)
    press.lay([a], said="!")
    press.lay(press.entries("b", day=tomorrow), day=tomorrow, subscription=sub)
    press.outbox.hold({PAPERS: NOW + HOUR})
    assert press.said() == ["a!", "a.1!"]
    press.outbox.hold({})
    press.moment = NOW + HOUR
    assert press.said() == ["line of 1", "b", "b.1"]


def test_what_somebody_posted_and_what_is_edited_goes_at_any_hour(press, sub: Subscription) -> None:
    (a,) = press.entries("a")
    press.lay([a], subscription=sub)
    press.send_all()
    press.lay([a], said="!")
    press.lay(press.entries("b"), query="x")
    press.outbox.add_note(OTHER, "vault", DAY, "silent", NOTE)
    press.outbox.hold({PAPERS: NOW + HOUR, OTHER: NOW + HOUR})
    assert len(press.send_all()) == 6


def test_a_note_on_behalf_of_a_subscription_is_held_too(press, sub: Subscription) -> None:
    press.outbox.add_note(PAPERS, "vault", DAY, "empty", NOTE, subscription=sub)
    press.outbox.hold({PAPERS: NOW + HOUR})
    assert press.claim() is None


def test_a_message_under_way_is_not_held(engine: Engine, press, sub: Subscription) -> None:
    press.outbox.add_note(PAPERS, "vault", DAY, "empty", NOTE, subscription=sub)
    claim = press.claim()
    press.outbox.hold({PAPERS: NOW + HOUR})
    assert next_at(engine) == claim.lease_until


def test_a_day_whose_line_is_to_be_sent_anew_goes_on(press, sub: Subscription) -> None:
    press.lay(press.entries("a"), layout="list", subscription=sub)
    press.send_next()
    assert press.outbox.lose_parent(press.claim(), "thread_not_found")
    press.outbox.give_back(press.claim(), press.moment, unknown=False, error="busy")
    press.outbox.hold({PAPERS: NOW + HOUR})
    assert press.said() == ["line a", "a"]


def test_channels_that_rested_get_new_turns_when_their_night_ends(engine: Engine, press) -> None:
    press.outbox = Outbox(engine, SECOND / 4)
    entries = press.entries("a")
    places = [Place("T1", f"C{number}") for number in range(1, 9)]
    for place in places:
        order = Subscriptions(engine, lambda: NOW).add("T1", place.channel, "vault")
        press.lay(entries, place=place, subscription=order)
    assert press.claim() is not None
    assert press.claim() is None, "the others have been given theirs"
    press.outbox.hold(dict.fromkeys(places, NOW + SECOND))
    press.moment = NOW + SECOND
    assert press.claim() is not None
    assert press.claim() is None


def test_to_hold_what_rests_already_writes_nothing(engine: Engine, press, sub: Subscription, monkeypatch) -> None:
    press.lay(press.entries("a"), subscription=sub)
    press.outbox.hold({PAPERS: NOW + HOUR})
    monkeypatch.setattr("bot.store.outbox.transaction", None)
    press.outbox.hold({PAPERS: NOW + HOUR, OTHER: NOW + 2 * HOUR})
    press.outbox.hold({})


# Rows, as operators look at them


def test_operators_see_every_row(press) -> None:
    (a,) = press.entries("a")
    press.lay([a], replies=0)
    press.lay([a], replies=0, place=OTHER)
    claim = press.send_next()
    (newest, *_), (line, card) = press.outbox.rows(), press.outbox.rows_of(PAPERS, "vault", DAY)
    assert (newest.place, newest.entry_key, newest.state) == (OTHER, "a", "pending")
    assert (card.entry_id, card.entry_key, card.part, card.day, card.op) == (a.id, "a", 0, DAY, "post")
    assert (line.state, line.posted_ts, line.posted_at) == ("posted", press.outbox.rows()[-1].posted_ts, NOW)
    assert (line.entry_key, line.claimed_at, line.origin) == (None, NOW, "post")
    assert (line.next_at, newest.next_at) == (NOW + SECOND, datetime(1970, 1, 1, tzinfo=UTC))
    assert line.key == claim.key
    assert {row.place for row in press.outbox.rows(channel="C2")} == {OTHER}
    assert press.outbox.rows(state="posted") == [line]
    assert press.outbox.rows(limit=1) == [newest]
    assert press.outbox.rows_of(PAPERS, "vault", DAY + timedelta(days=1)) == []
    assert press.outbox.unsent(PAPERS, "vault", DAY) == 1
    assert press.outbox.days(Subscription(1, "T1", "C1", "vault")) == {DAY}
    assert press.outbox.days(Subscription(1, "T1", "C2", "vault")) == set()


def refused(press, error: str = "msg_too_long") -> int:
    claim = press.claim()
    press.outbox.refuse(claim, error, close_channel=False, now=press.moment)
    return claim.id


def test_a_refused_message_is_tried_again_with_its_replies(press) -> None:
    press.lay(press.entries("a", "b"), replies=2)
    press.send_next()
    card = refused(press)
    press.send_all()
    press.outbox.retry(card)
    claim = press.claim()
    assert (claim.content.text, claim.looking, claim.attempts) == ("a", False, 1)
    press.send(claim)
    press.moment += SECOND
    assert press.said() == ["a.1", "a.2"]


def test_to_try_a_reply_again_is_to_try_what_it_replies_to(press) -> None:
    press.lay(press.entries("a"), replies=2)
    press.send_next()
    refused(press)
    press.outbox.retry(press.outbox.rows()[0].id)
    assert press.said() == ["a", "a.1", "a.2"]


def test_what_may_stand_there_is_looked_for_at_once_when_a_person_asks(engine: Engine, press) -> None:
    press.lay(press.entries("a"))
    press.outbox.give_back(press.claim(), NOW + HOUR, unknown=True, error="missing_scope")
    assert press.claim() is None
    press.outbox.retry(press.outbox.rows(state="unknown")[0].id)
    claim = press.claim()
    assert (claim.looking, claim.attempts, claim.claimed_at) == (True, 1, NOW)


def test_to_try_again_does_not_hurry_a_channel_that_slack_told_to_wait(engine: Engine, press) -> None:
    press.lay(press.entries("a", "b"), replies=0)
    line = refused(press)
    press.outbox.give_back(press.claim(), NOW + HOUR, unknown=False, error="rate limited")
    press.outbox.retry(line)
    assert next_at(engine) == NOW + HOUR


def test_to_try_again_takes_nothing_from_who_is_at_work_there(engine: Engine, press) -> None:
    press.lay(press.entries("a", "b"), replies=0)
    press.send_next()
    first = press.claim()
    press.outbox.retry(press.outbox.rows(state="pending")[0].id)
    assert next_at(engine) == first.lease_until
    assert press.claim() is None


def test_what_was_skipped_while_it_may_stand_there_is_looked_for_when_it_is_tried_again(press) -> None:
    press.lay(press.entries("a"), replies=1)
    press.send_next()
    press.outbox.give_back(press.claim(), press.moment, unknown=True, error="")
    (unknown,) = press.outbox.rows(state="unknown")
    press.outbox.skip(unknown.id)
    assert [row.error for row in press.outbox.rows(state="refused")] == ["parent refused", "skipped by hand"]
    assert press.claim() is None
    press.outbox.retry(unknown.id)
    assert press.claim().looking
    again = press.outbox.rows(state="claimed")[0]
    assert again.id == unknown.id


def test_what_slack_refused_after_we_looked_is_looked_for_again(press) -> None:
    """The policy for messages that nobody can look for leaves them out this way too."""
    press.lay(press.entries("a"), replies=0)
    press.outbox.give_back(press.claim(), NOW, unknown=True, error="")
    press.outbox.retry(refused(press, "skipped"))
    assert press.claim().looking


def test_a_skipped_message_takes_its_replies_along(press) -> None:
    press.lay(press.entries("a", "b"), replies=1)
    press.outbox.skip(press.outbox.rows_of(PAPERS, "vault", DAY)[1].id)
    assert press.said() == ["line of 2", "b", "b.1"]


def test_a_skipped_edit_leaves_the_message_and_its_replies(press) -> None:
    entries = press.entries("a")
    press.lay(entries, replies=1)
    press.send_all(2)
    press.lay(entries, replies=1, said="!")
    press.outbox.skip(press.outbox.rows_of(PAPERS, "vault", DAY)[1].id)
    assert press.said() == ["a.1!"]
    assert set(press.outbox.threads("T1", [entries[0].id])) == {entries[0].id}, "it stands there, as it was"


@pytest.mark.parametrize("do", ["retry", "skip"])
def test_what_does_not_wait_is_neither_tried_again_nor_skipped(press, do: str) -> None:
    press.lay(press.entries("a"), replies=0)
    press.send_next()
    press.claim()
    act = getattr(press.outbox, do)
    with pytest.raises(RequestRefusedError) as refusal:
        act(999)
    assert (refusal.value.code, refusal.value.values) == ("delivery.unknown", {"id": 999})
    for row in press.outbox.rows():
        with pytest.raises(RequestRefusedError) as refusal:
            act(row.id)
        assert refusal.value.code == "delivery.not_waiting"
        assert refusal.value.values == {"id": row.id, "state": row.state}


def test_what_was_given_up_is_not_tried_again(engine: Engine, press, sub: Subscription) -> None:
    press.lay(press.entries("a"), subscription=sub)
    Subscriptions(engine, lambda: NOW).end(sub.id)
    with pytest.raises(RequestRefusedError, match="not_waiting"):
        press.outbox.retry(press.outbox.rows()[0].id)


# Threads and channels


def test_an_entrys_thread_is_where_its_first_message_stands(press) -> None:
    a, b, c = press.entries("a", "b", "c")
    press.outbox.entered("T1", "C1", "papers", False)
    for place in (PAPERS, OTHER, SPOKEN):
        press.lay([a, b], place=place)
    for _ in range(3):
        press.send_all()
        press.moment += SECOND
    press.lay([a, b, c])
    found = press.outbox.threads("T1", [a.id, b.id, c.id])
    assert set(found) == {a.id, b.id}, "the third is not posted yet"
    here, there = found[a.id]
    assert (here.channel, here.is_private, here.permalink) == ("C1", False, None)
    assert (there.channel, there.is_private) == ("C2", True), "private until Slack says otherwise"
    assert here.ts == press.outbox.rows_of(PAPERS, "vault", DAY)[1].posted_ts
    press.outbox.save_permalink(here.delivery_id, "https://example.slack.com/x")
    assert press.outbox.threads("T1", [a.id])[a.id][0] == PostedThread(
        "C1", here.ts, "https://example.slack.com/x", False, here.delivery_id
    )
    assert [one.channel for one in press.outbox.threads("T2", [a.id])[a.id]] == ["C1"]


def test_what_is_updated_stands_there_and_what_is_deleted_does_not(press) -> None:
    entries = press.entries("a")
    press.lay(entries, replies=0)
    press.send_all()
    press.lay(entries, replies=0, said="!")
    assert set(press.outbox.threads("T1", [entries[0].id])) == {entries[0].id}
    press.lay(entries, press.papers(entries)[:1])
    assert press.outbox.threads("T1", [entries[0].id]) == {}
    assert press.outbox.days(Subscription(1, "T1", "C1", "vault")) == {DAY}


def test_a_lost_message_stands_nowhere(press) -> None:
    entries = press.entries("a")
    press.lay(entries)
    press.send_all(2)
    press.outbox.lose_parent(press.claim(), "thread_not_found")
    assert press.outbox.threads("T1", [entries[0].id]) == {}


def test_a_channel_keeps_its_queue_when_its_name_changes(engine: Engine, press) -> None:
    press.lay(press.entries("a"))
    press.send_next()
    press.outbox.entered("T1", "C1", "renamed", True)
    c = t.Channel
    with reading(engine) as connection:
        row = connection.execute(sa.select(c.name, c.is_private, c.next_at, c.waiting)).one()
    assert tuple(row) == ("renamed", True, NOW + SECOND, True)


def test_a_channel_we_enter_is_known_before_anything_is_posted(engine: Engine) -> None:
    outbox = Outbox(engine)
    outbox.entered("T1", "C9", "new", False)
    assert outbox.closed() == set()
    assert next_at(engine, Place("T1", "C9")) == datetime(1970, 1, 1, tzinfo=UTC)


def test_days_that_changed_while_a_channel_was_closed_are_passed_over(engine: Engine, press, sub) -> None:
    days = [DAY - timedelta(days=number) for number in (3, 2, 1, 0)]
    for day in days:
        press.entry("a", day)
    press.lay(press.entries("b", day=days[0]), day=days[0], subscription=sub)
    s, g = t.SubscriptionDay, t.Digest
    with transaction(engine) as connection:
        connection.execute(sa.update(t.Subscription).values(since=days[0]))
        rows = [{"subscription_id": sub.id, "day": day, "considered_at": NOW} for day in days[:2]]
        connection.execute(sa.insert(s), rows)
        connection.execute(sa.update(g).where(g.day == days[1]).values(settled_at=NOW + HOUR))
    press.outbox.refuse(press.claim(), "is_archived", close_channel=True, now=NOW)
    press.outbox.entered("T1", "C1", "papers", False)
    assert considered(engine) == {days[0]: NOW, days[1]: None, days[2]: None}, "and the newest is owed"
