from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.engine import Engine

from bot.delivery.outbox import Place
from bot.digest.model import Entry
from bot.plan.owed import OpenDay
from bot.plan.subscription import Subscription
from bot.store import giving_up
from bot.store import tables as t
from bot.store.database import transaction
from bot.store.outbox import Outbox
from bot.store.subscriptions import Subscriptions

NOW = datetime(2024, 4, 12, 9, tzinfo=UTC)
DAY = date(2024, 4, 12)
NEXT = date(2024, 4, 13)
SETTLE = timedelta(minutes=10)

MORNING = Subscription(
    0, "T1", "C1", "vault", "tag:moe", at=time(9, 30), days=frozenset({0, 4}), zone="Asia/Seoul", layout="brief",
    quiet=(time(22), time(7)), say_when_empty=True, origin="config", created_at=NOW,
)  # fmt: skip
LONG_AGO = NOW - timedelta(days=365)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def subscriptions(engine: Engine, clock: Clock) -> Subscriptions:
    return Subscriptions(engine, clock)


@pytest.fixture
def begun(subscriptions: Subscriptions, curator) -> Subscription:
    """One that begins with a day that is ready."""
    curator.write("day.txt", Entry("One"), shape="print")
    curator.digests.settle("vault", SETTLE, NOW)
    one = subscriptions.add("T1", "C1", "vault")
    subscriptions.fix_since({"vault"}, NOW)
    return replace(one, since=DAY)


READY = OpenDay(DAY, NOW, NOW, is_new=True)


def test_a_standing_order_comes_back_as_it_was_given(subscriptions: Subscriptions) -> None:
    added = subscriptions.add(
        "T1", "C1", "vault", "tag:moe", at=time(9, 30), days=frozenset({0, 4}), zone="Asia/Seoul", layout="brief",
        quiet=(time(22), time(7)), say_when_empty=True, created_by="U1",
    )  # fmt: skip
    assert added == replace(MORNING, id=added.id, origin="chat", created_by="U1")
    assert subscriptions.all() == [added]
    assert subscriptions.add("T1", "C1", "vault", at=None).days == frozenset(range(7))


def test_asking_twice_gives_the_first(subscriptions: Subscriptions) -> None:
    first = subscriptions.add("T1", "C1", "vault", at=time(9), created_by="U1")
    assert subscriptions.add("T1", "C1", "vault", at=time(10), created_by="U2") == first
    others = [
        ("T2", "C1", "vault", ""),
        ("T1", "C2", "vault", ""),
        ("T1", "C1", "feed", ""),
        ("T1", "C1", "vault", "x"),
    ]
    assert len({first.id, *(subscriptions.add(*other).id for other in others)}) == 5
    assert [one.source for one in subscriptions.in_channel("T1", "C1")] == ["vault", "feed", "vault"]
    assert len(subscriptions.all("T1")) == 4


def test_an_ended_one_is_forgotten_with_its_days_and_its_id(subscriptions: Subscriptions, begun: Subscription) -> None:
    subscriptions.consider(begun.id, DAY, NOW)
    assert subscriptions.end(begun.id)
    assert not subscriptions.end(begun.id)
    again = subscriptions.add("T1", "C1", "vault")
    subscriptions.fix_since({"vault"}, NOW)
    assert again.id != begun.id
    assert subscriptions.open_days("T1", NOW) == {again.id: [READY]}


def test_a_pause_says_why_until_it_is_over(subscriptions: Subscriptions) -> None:
    one = subscriptions.add("T1", "C1", "vault")
    subscriptions.pause(one.id, "chat")
    assert subscriptions.all() == [replace(one, paused="chat")]
    subscriptions.resume(one.id)
    assert subscriptions.all() == [one]


def test_a_pause_may_have_an_end_which_a_further_one_replaces(subscriptions: Subscriptions) -> None:
    one = subscriptions.add("T1", "C1", "vault")
    subscriptions.pause(one.id, "chat", NOW + timedelta(days=7))
    (paused,) = subscriptions.all()
    assert paused == replace(one, paused="chat", paused_until=NOW + timedelta(days=7))
    assert (paused.is_paused(NOW), paused.is_paused(NOW + timedelta(days=7))) == (True, False)
    subscriptions.pause(one.id, "operator")
    assert subscriptions.all() == [replace(one, paused="operator")]
    subscriptions.pause(one.id, "chat", NOW + timedelta(days=7))
    subscriptions.resume(one.id)
    assert subscriptions.all() == [one]


# The days to consider


def test_a_day_is_open_until_it_is_considered(subscriptions: Subscriptions, begun: Subscription) -> None:
    other = subscriptions.add("T1", "C2", "vault")
    subscriptions.fix_since({"vault"}, NOW)
    assert subscriptions.open_days("T1", NOW) == {begun.id: [READY], other.id: [READY]}
    for _ in range(2):
        subscriptions.consider(begun.id, DAY, NOW)
        assert subscriptions.open_days("T1", NOW) == {other.id: [READY]}
    subscriptions.consider(999, DAY, NOW)


@pytest.mark.parametrize("paused", [False, True])
def test_open_are_the_ready_days_of_its_source_with_papers_from_its_beginning_on(
    subscriptions: Subscriptions, engine: Engine, curator, paused: bool
) -> None:
    for number in (10, 11, 12, 13):
        curator.write(f"{number}.txt", Entry(f"On {number}"), shape="print", day=date(2024, 4, number))
    curator.write("other.txt", Entry("Other"), shape="print", day=date(2024, 4, 14), source="feed")
    curator.digests.settle("feed", SETTLE, NOW)
    curator.digests.settle("vault", SETTLE, NOW)
    curator.write("14.md", Entry("Still written"), day=date(2024, 4, 14))
    curator.lose("12.txt")
    one, unknown = subscriptions.add("T1", "C1", "vault"), subscriptions.add("T1", "C1", "nowhere")
    subscriptions.add("T2", "C1", "vault")
    with transaction(engine) as connection:
        began = sa.update(t.Subscription).where(t.Subscription.id != unknown.id)
        connection.execute(began.values(since=date(2024, 4, 11)))
    if paused:
        subscriptions.pause(one.id, "chat")
    days = subscriptions.open_days("T1", LONG_AGO)
    assert [day.day for day in days[one.id]] == [date(2024, 4, 11), date(2024, 4, 13)]
    assert list(days) == [one.id]


def test_a_day_that_settled_anew_is_open_again(subscriptions: Subscriptions, begun: Subscription, curator) -> None:
    subscriptions.consider(begun.id, DAY, NOW)
    later = NOW + timedelta(hours=1)
    curator.write("day.txt", Entry("One, said better"), shape="print", now=later)
    assert subscriptions.open_days("T1", LONG_AGO) == {}, "what has not settled is nobody's yet"
    curator.digests.settle("vault", SETTLE, later)
    again = OpenDay(DAY, NOW, later, is_new=False)
    assert subscriptions.open_days("T1", NOW) == {begun.id: [again]}
    assert subscriptions.open_days("T1", NOW + timedelta(seconds=1)) == {}, "the day is too old for changes"
    subscriptions.consider(begun.id, DAY, NOW)
    assert subscriptions.open_days("T1", NOW) == {begun.id: [again]}, "as it was before"
    subscriptions.consider(begun.id, DAY, later)
    assert subscriptions.open_days("T1", NOW) == {}
    subscriptions.consider(begun.id, DAY, NOW)
    assert subscriptions.open_days("T1", NOW) == {}, "whoever is late takes nothing back"


def test_a_day_that_was_passed_over_is_never_open_again(
    subscriptions: Subscriptions, begun: Subscription, curator
) -> None:
    subscriptions.consider(begun.id, DAY, NOW)
    subscriptions.consider(begun.id, DAY, None)
    curator.write("day.txt", Entry("One, said better"), shape="print", now=NOW + SETTLE)
    curator.digests.settle("vault", SETTLE, NOW + SETTLE)
    assert subscriptions.open_days("T1", LONG_AGO) == {}
    subscriptions.consider(begun.id, DAY, NOW + SETTLE)
    curator.write("day.txt", Entry("One"), shape="print", now=NOW + 2 * SETTLE)
    curator.digests.settle("vault", SETTLE, NOW + 2 * SETTLE)
    assert subscriptions.open_days("T1", LONG_AGO) == {}


def test_what_is_considered_while_it_is_paused_stays_open(
    subscriptions: Subscriptions, begun: Subscription, clock: Clock
) -> None:
    """A tick that began before the pause ends after it: what it wrote down may have been given up."""
    subscriptions.pause(begun.id, "chat", NOW + timedelta(hours=1))
    subscriptions.consider(begun.id, DAY, NOW)
    assert subscriptions.open_days("T1", NOW) == {begun.id: [READY]}
    clock.now = NOW + timedelta(hours=1)
    subscriptions.consider(begun.id, DAY, NOW)
    assert subscriptions.open_days("T1", NOW) == {}, "the pause is over"


def test_what_came_during_a_pause_can_be_passed_over_before_it_is_resumed(
    subscriptions: Subscriptions, begun: Subscription
) -> None:
    subscriptions.pause(begun.id, "chat")
    subscriptions.consider(begun.id, DAY, None)
    subscriptions.resume(begun.id)
    assert subscriptions.open_days("T1", NOW) == {}


def test_all_open_days_of_a_workspace_take_one_statement(
    subscriptions: Subscriptions, begun: Subscription, engine: Engine, curator
) -> None:
    for number in range(3):
        subscriptions.add("T1", f"C{number}", "vault")
        curator.write(f"{number}.txt", Entry(f"On {number}"), shape="print", day=date(2024, 4, 20 + number))
    curator.digests.settle("vault", SETTLE, NOW)
    subscriptions.fix_since({"vault"}, NOW)
    sent: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: sent.append(args[2]))
    assert len(subscriptions.open_days("T1", NOW)) == 3
    assert len([one for one in sent if not one.startswith("BEGIN")]) == 1


DAYS = [DAY + timedelta(days=number) for number in range(4)]
MOMENTS = [NOW + timedelta(minutes=number) for number in range(4)]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    digests=st.dictionaries(
        st.tuples(st.sampled_from(["vault", "feed"]), st.sampled_from(DAYS)),
        st.tuples(st.sampled_from([None, *MOMENTS]), st.sampled_from(MOMENTS), st.booleans()),
    ),
    orders=st.lists(
        st.tuples(
            st.sampled_from(["vault", "feed"]),
            st.sampled_from([None, *DAYS]),
            st.dictionaries(st.sampled_from(DAYS), st.sampled_from([None, *MOMENTS])),
        ),
        max_size=4,
    ),
    since=st.sampled_from(MOMENTS),
)
def test_the_statement_finds_what_one_by_one_is_found_open(
    subscriptions: Subscriptions, engine: Engine, digests, orders, since: datetime
) -> None:
    with transaction(engine) as connection:
        for table in (t.Digest, t.Subscription):
            connection.execute(sa.delete(table))
        for (source, day), (ready_at, settled_at, has_paper) in digests.items():
            row = {"source": source, "day": day, "title": "", "ready_at": ready_at, "settled_at": settled_at}
            digest_id = connection.scalar(sa.insert(t.Digest).values(row | {"changed_at": NOW}).returning(t.Digest.id))
            paper = {"key": "k", "title_key": "k", "title": "K", "authors": [], "abstract": [], "commentary": []}
            gone = None if has_paper else NOW
            entry = paper | {"digest_id": digest_id, "position": 0, "changed_at": NOW, "withdrawn_at": gone}
            connection.execute(sa.insert(t.Entry).values(entry))
    expected = {}
    for number, (source, begins, considered) in enumerate(orders):
        one = subscriptions.add("T1", f"C{number}", source)
        with transaction(engine) as connection:
            connection.execute(sa.update(t.Subscription).where(t.Subscription.id == one.id).values(since=begins))
            for day, at in considered.items():
                row = {"subscription_id": one.id, "day": day, "considered_at": at}
                connection.execute(sa.insert(t.SubscriptionDay).values(row))
        found = []
        for (of, day), (ready_at, settled_at, has_paper) in sorted(digests.items()):
            if of == source and ready_at and has_paper and begins and day >= begins:
                at = considered.get(day)
                if day not in considered or (at and settled_at > at and ready_at >= since):
                    found.append(OpenDay(day, ready_at, settled_at, day not in considered))
        if found:
            expected[one.id] = found
    assert subscriptions.open_days("T1", since) == expected


# The config


def test_the_config_is_carried_over_as_it_stands(subscriptions: Subscriptions) -> None:
    subscriptions.sync_config("T1", [replace(MORNING, created_at=None)])
    (first,) = subscriptions.all()
    assert first == replace(MORNING, id=first.id)
    subscriptions.sync_config("T1", [replace(MORNING, at=None, layout=None)])
    assert subscriptions.all() == [replace(first, at=None, layout=None)]


def test_a_sync_keeps_the_beginning_the_days_and_a_pause(subscriptions: Subscriptions, curator, clock: Clock) -> None:
    curator.write("day.txt", Entry("One"), shape="print")
    curator.digests.settle("vault", SETTLE, NOW)
    subscriptions.sync_config("T1", [MORNING])
    subscriptions.fix_since({"vault"}, NOW)
    (first,) = subscriptions.all()
    subscriptions.consider(first.id, DAY, NOW)
    subscriptions.pause(first.id, "chat", LONG_AGO)
    clock.now = NOW + SETTLE
    subscriptions.sync_config("T1", [replace(MORNING, zone="UTC", quiet=None, say_when_empty=False, created_at=None)])
    kept = replace(first, paused="chat", paused_until=LONG_AGO)
    assert subscriptions.all() == [replace(kept, zone="UTC", quiet=None, say_when_empty=False)]
    assert subscriptions.open_days("T1", NOW) == {}


def test_the_config_takes_over_what_chat_asked_for(subscriptions: Subscriptions) -> None:
    chat = subscriptions.add("T1", "C1", "vault", "tag:moe", at=time(7), created_by="U1")
    subscriptions.sync_config("T1", [replace(MORNING, created_at=None)])
    assert subscriptions.all() == [replace(MORNING, id=chat.id, created_by="U1")]


def test_what_leaves_the_config_ends_and_begins_anew(subscriptions: Subscriptions) -> None:
    chat = subscriptions.add("T1", "C2", "vault")
    elsewhere = subscriptions.sync_config("T2", [replace(MORNING, team="T2")])
    assert elsewhere is None
    subscriptions.sync_config("T1", [MORNING])
    (first,) = (one for one in subscriptions.all("T1") if one.origin == "config")
    subscriptions.pause(first.id, "chat")
    subscriptions.sync_config("T1", [])
    assert subscriptions.all("T1") == [chat], "chat's own stays"
    assert len(subscriptions.all("T2")) == 1, "another workspace's stays"
    subscriptions.sync_config("T1", [MORNING])
    again = subscriptions.in_channel("T1", "C1")[0]
    assert again.id != first.id
    assert (again.since, again.paused) == (None, None)


def test_what_the_config_names_and_slack_does_not_show_stays(subscriptions: Subscriptions, engine: Engine) -> None:
    outbox = Outbox(engine)
    by_name, by_id, gone = (replace(MORNING, channel=channel) for channel in ("C1", "C2", "C3"))
    for channel, name in (("C1", "Papers"), ("C2", "reading"), ("C3", "old")):
        outbox.entered("T1", channel, name, False)
    subscriptions.sync_config("T1", [by_name, by_id, gone, replace(by_name, query="")])
    before = subscriptions.all()
    unseen = [("#papers", "vault", "tag:moe"), ("C2", "vault", "tag:moe")]
    subscriptions.sync_config("T1", [], unseen=unseen, ending=False)
    assert subscriptions.all() == before, "while Slack is not asked nothing ends"
    subscriptions.sync_config("T1", [], unseen=unseen)
    assert subscriptions.all() == before[:2], "of another query, or of a channel that is not named, it ends"


def test_it_waits_while_several_newer_days_are_about_to_be_ready(subscriptions: Subscriptions, curator) -> None:
    curator.write("a.txt", Entry("One"), shape="print", day=date(2024, 4, 10))
    for number in (1, 2):
        curator.write(f"{number}.md", Entry(f"Note {number}"), day=date(2024, 4, 10 + number))
    curator.digests.settle("vault", SETTLE, NOW)
    subscriptions.add("T1", "C1", "vault")
    subscriptions.fix_since({"vault"}, NOW)
    assert subscriptions.all()[0].since is None, "an archive is on its way"
    curator.write("1.md", Entry("Note 1"), shape="print", day=date(2024, 4, 11))
    curator.digests.settle("vault", SETTLE, NOW)
    subscriptions.fix_since({"vault"}, NOW)
    assert subscriptions.all()[0].since == date(2024, 4, 11), "one day that is still written is no archive"


def test_it_begins_with_the_newest_day_that_is_ready(subscriptions: Subscriptions, curator) -> None:
    one, other = subscriptions.add("T1", "C1", "vault"), subscriptions.add("T1", "C1", "feed")
    subscriptions.fix_since({"vault"}, NOW)
    assert subscriptions.all() == [one, other], "nothing is ready yet"
    curator.write("a.txt", Entry("One"), shape="print", day=date(2024, 4, 10))
    curator.write("b.txt", Entry("Two"), shape="print")
    curator.write("c.md", Entry("Three"), day=NEXT)
    curator.digests.settle("vault", SETTLE, NOW)
    subscriptions.fix_since((), NOW)
    assert subscriptions.all() == [one, other], "the newest of an archive half read is an old day"
    subscriptions.fix_since({"vault"}, NOW)
    assert [sub.since for sub in subscriptions.all()] == [DAY, None]
    curator.digests.settle("vault", SETTLE, NOW + SETTLE)
    subscriptions.fix_since({"vault"}, NOW + SETTLE)
    assert [sub.since for sub in subscriptions.all()] == [DAY, None], "and keeps to it"
    late = subscriptions.add("T1", "C3", "vault")
    subscriptions.fix_since({"vault"}, NOW)
    assert subscriptions.in_channel("T1", "C3")[0] == replace(late, since=DAY), "ready by now, not ever"


# What a pause gives up


@pytest.fixture
def given_up(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Place, str]]:
    """What was given up from here on, with the reason; it is always of one day."""
    found: list[tuple[Place, str]] = []

    def give_up(_connection: object, place: Place, _source: str, why: str, *, origin: str) -> set[date]:
        assert origin == "subscription"
        found.append((place, why))
        return {DAY}

    monkeypatch.setattr("bot.store.subscriptions.give_up", give_up)
    return found


def test_a_pause_gives_up_what_waits_and_lets_it_be_considered_anew_by_all_that_are_paused(
    subscriptions: Subscriptions, begun: Subscription, given_up: list[tuple[Place, str]]
) -> None:
    other, elsewhere = subscriptions.add("T1", "C1", "vault", "tag:moe"), subscriptions.add("T1", "C2", "vault")
    subscriptions.fix_since({"vault"}, NOW)
    for one in (begun, other, elsewhere):
        subscriptions.consider(one.id, DAY, NOW)
    subscriptions.pause(begun.id, "chat")
    assert given_up == [], "another stands behind it"
    subscriptions.pause(other.id, "chat", NOW + SETTLE)
    assert given_up == [(Place("T1", "C1"), giving_up.PAUSED)]
    assert subscriptions.open_days("T1", NOW) == {begun.id: [READY], other.id: [READY]}


def test_what_was_passed_over_is_not_considered_anew_after_a_pause(
    subscriptions: Subscriptions, begun: Subscription, given_up: list[tuple[Place, str]]
) -> None:
    subscriptions.consider(begun.id, DAY, None)
    subscriptions.pause(begun.id, "chat")
    assert len(given_up) == 1
    assert subscriptions.open_days("T1", NOW) == {}


@pytest.mark.parametrize("how", ["pause", "end", "sync"])
def test_one_whose_pause_is_over_stands_behind_what_waits(
    subscriptions: Subscriptions, given_up: list[tuple[Place, str]], clock: Clock, how: str
) -> None:
    subscriptions.sync_config("T1", [MORNING])
    (one,) = subscriptions.all()
    other = subscriptions.add("T1", "C1", "vault")
    subscriptions.pause(other.id, "chat", NOW + SETTLE)
    clock.now = NOW + SETTLE
    if how == "pause":
        subscriptions.pause(one.id, "chat")
    elif how == "end":
        subscriptions.end(one.id)
    else:
        subscriptions.sync_config("T1", [])
    assert given_up == []
