from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy.engine import Engine

from bot.digest.model import Entry
from bot.plan.subscription import Subscription
from bot.store.outbox import Outbox
from bot.store.subscriptions import Subscriptions

NOW = datetime(2024, 4, 12, 9, tzinfo=UTC)
DAY = date(2024, 4, 12)
NEXT = date(2024, 4, 13)
SETTLE = timedelta(minutes=10)

MORNING = Subscription(
    0, "T1", "C1", "vault", "tag:moe", at=time(9, 30), days=frozenset({0, 4}), zone="Asia/Seoul", layout="brief",
    origin="config",
)  # fmt: skip


@pytest.fixture
def subscriptions(engine: Engine) -> Subscriptions:
    return Subscriptions(engine)


def test_a_standing_order_comes_back_as_it_was_given(subscriptions: Subscriptions) -> None:
    added = subscriptions.add(
        "T1", "C1", "vault", "tag:moe", at=time(9, 30), days=frozenset({0, 4}), zone="Asia/Seoul", layout="brief",
        created_by="U1",
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


def test_an_ended_one_is_forgotten_with_its_days_and_its_id(subscriptions: Subscriptions) -> None:
    first = subscriptions.add("T1", "C1", "vault")
    subscriptions.mark_handled(first.id, DAY)
    assert subscriptions.end(first.id)
    assert not subscriptions.end(first.id)
    again = subscriptions.add("T1", "C1", "vault")
    assert again.id != first.id
    assert subscriptions.handled(again.id) == set()


def test_a_pause_says_why_until_it_is_over(subscriptions: Subscriptions) -> None:
    one = subscriptions.add("T1", "C1", "vault")
    subscriptions.pause(one.id, "chat")
    assert subscriptions.all() == [replace(one, paused="chat")]
    subscriptions.resume(one.id)
    assert subscriptions.all() == [one]


def test_days_are_considered_once(subscriptions: Subscriptions) -> None:
    one, other = subscriptions.add("T1", "C1", "vault"), subscriptions.add("T1", "C2", "vault")
    for day in (DAY, NEXT, DAY):
        subscriptions.mark_handled(one.id, day)
    assert subscriptions.handled(one.id) == {DAY, NEXT}
    assert subscriptions.handled(other.id) == set()
    subscriptions.mark_handled(999, DAY)
    assert subscriptions.handled(999) == set()


def test_the_config_is_carried_over_as_it_stands(subscriptions: Subscriptions) -> None:
    subscriptions.sync_config("T1", [MORNING])
    (first,) = subscriptions.all()
    assert first == replace(MORNING, id=first.id)
    subscriptions.sync_config("T1", [replace(MORNING, at=None, layout=None)])
    assert subscriptions.all() == [replace(first, at=None, layout=None)]


def test_a_sync_keeps_the_beginning_the_days_and_a_pause(subscriptions: Subscriptions, curator) -> None:
    curator.write("day.txt", Entry("One"), shape="print")
    curator.digests.settle("vault", SETTLE, NOW)
    subscriptions.sync_config("T1", [MORNING])
    subscriptions.fix_since({"vault"}, NOW)
    (first,) = subscriptions.all()
    subscriptions.pause(first.id, "chat")
    subscriptions.mark_handled(first.id, DAY)
    subscriptions.sync_config("T1", [replace(MORNING, zone="UTC")])
    assert subscriptions.all() == [replace(first, zone="UTC", paused="chat", since=DAY)]
    assert subscriptions.handled(first.id) == {DAY}


def test_the_config_takes_over_what_chat_asked_for(subscriptions: Subscriptions) -> None:
    chat = subscriptions.add("T1", "C1", "vault", "tag:moe", at=time(7), created_by="U1")
    subscriptions.sync_config("T1", [MORNING])
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
        outbox.save_channel("T1", channel, name, False)
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
