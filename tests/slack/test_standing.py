"""Subscribing and ending it from inside a channel."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from bot.delivery.outbox import Edition, Place
from bot.digest.model import Entry
from bot.messages.content import Content, DayMessage
from bot.plan.owed import OpenDay, owed
from bot.plan.subscription import Subscription
from bot.slack import records as records_of
from bot.slack.standing import first_post

Office = Any

TEAM, PAPERS = "T0PAPERS01", "C0PAPERS01"
DAY = date(2024, 4, 12)


def queries(office: Office) -> list[str]:
    return [sub.query for sub in office.bot.subscriptions.all()]


def subscribed(office: Office, *queries: str, source: str = "vault") -> list[Subscription]:
    return [office.bot.subscriptions.add(TEAM, PAPERS, source, query, at=time(9)) for query in queries]


def end_buttons(answer: dict[str, Any]) -> dict[str, str]:
    """The action id of each End button by the line beside it."""
    return {
        block["text"]["text"].split(" · ")[0]: block["accessory"]["action_id"]
        for block in answer["blocks"]
        if block.get("accessory", {}).get("action_id", "").startswith("standing.end.")
    }


def test_unsubscribe_alone_ends_the_subscription_to_every_paper(office: Office, days: Callable[[], None]) -> None:
    days()
    subscribed(office, "tag:moe", "")
    assert "every paper" in office.typed("emma", "/paper unsubscribe")["text"]
    assert queries(office) == ["tag:moe"]


@pytest.mark.parametrize(("user", "everything"), [("emma", "every paper"), ("jiwoo", "모든 논문")])
def test_among_several_each_can_be_ended_by_its_button(user: str, everything: str, office: Office) -> None:
    subscribed(office, "")
    subscribed(office, "", "tag:moe", source="blog")
    answer = office.typed(user, "/paper unsubscribe")
    assert answer["text"].count(everything) == 2
    blog = [block["accessory"]["action_id"] for block in answer["blocks"] if "blog" in str(block.get("text"))]
    office.sandbox.act(user, "papers", blog[0], ephemeral_id=answer["id"])
    office.sandbox.wait_for(lambda: "End" not in str(office.sandbox.ephemerals(user)[-1]["blocks"]))
    office.sandbox.wait_for(lambda: len(office.sandbox.messages("papers")) == 1)
    assert [(sub.source, sub.query) for sub in office.bot.subscriptions.all()] == [("vault", ""), ("blog", "tag:moe")]


def test_without_one_to_every_paper_all_are_offered(office: Office) -> None:
    subscribed(office, "tag:moe", "tag:rlhf")
    answer = office.typed("emma", "/paper unsubscribe")
    buttons = end_buttons(answer)
    assert list(buttons) == ["tag:moe", "tag:rlhf"]
    office.sandbox.act("emma", "papers", buttons["tag:rlhf"], ephemeral_id=answer["id"])
    office.sandbox.wait_for(lambda: queries(office) == ["tag:moe"])


def test_a_button_of_one_that_has_ended_says_so(office: Office) -> None:
    one, two = subscribed(office, "tag:moe", "tag:rlhf")
    answer = office.typed("emma", "/paper unsubscribe")
    office.bot.subscriptions.end(two.id)
    block = end_buttons(answer)["tag:rlhf"]
    office.sandbox.act("emma", "papers", block, ephemeral_id=answer["id"])
    office.sandbox.wait_for(lambda: len(office.sandbox.ephemerals("emma")) == 2)
    assert "no such subscription" in office.sandbox.ephemerals("emma")[-1]["text"]
    assert office.bot.subscriptions.all() == [one]


@pytest.mark.parametrize("typed", ["TAG:moe  llm", "tag: moe llm", "tag:moe   llm", "tags:moe llm"])
def test_a_query_is_the_same_however_it_is_typed(typed: str, office: Office) -> None:
    office.typed("emma", "/paper subscribe  tag:moe   llm")
    assert "already" in office.typed("emma", f"/paper subscribe {typed}")["text"]
    assert queries(office) == ["tag:moe llm"]
    office.typed("emma", f"/paper unsubscribe {typed}")
    assert queries(office) == []


@pytest.mark.parametrize(("user", "says"), [("emma", "No paper so far"), ("jiwoo", "맞는 논문은 없습니다")])
def test_who_subscribes_to_what_no_paper_is_so_far_is_told_alone(
    user: str, says: str, office: Office, days: Callable[[], None]
) -> None:
    days()
    told = office.typed(user, "/paper subscribe at 08:00")["text"]
    assert says in told
    assert "“08:00”" in told
    assert "/paper unsubscribe at 08:00" in told, "and not the subscription to every paper"
    assert all(says not in message["text"] for message in office.sandbox.messages("papers"))
    assert says not in office.typed(user, "/paper subscribe tag:moe")["text"]
    assert says not in office.typed(user, "/paper subscribe")["text"]


def test_another_query_is_another_subscription(office: Office) -> None:
    for query in ("tag:moe", "moe", "-tag:moe", ""):
        office.typed("emma", f"/paper subscribe {query}")
    assert queries(office) == ["tag:moe", "moe", "-tag:moe", ""]


@pytest.mark.parametrize("typed", ["subscribe", "resume", "재개"])
def test_after_a_pause_only_the_newest_day_comes(typed: str, office: Office) -> None:
    [sub] = subscribed(office, "")
    first = date(2024, 4, 1)
    office.read(first, Entry("The first"))
    office.bot.subscriptions.fix_since(["vault"], office.bot.clock())
    office.bot.subscriptions.consider(sub.id, first, datetime(2024, 4, 1, tzinfo=UTC))
    office.bot.subscriptions.pause(sub.id, "chat")
    for day in range(2, 13):
        office.read(date(2024, 4, day), Entry(f"Of day {day}"))
    office.typed("emma", f"/paper {typed}")
    [resumed] = office.bot.subscriptions.all()
    assert resumed.paused is None
    assert [one.day for one in owed_later(office, resumed)] == [DAY]


def owed_later(office: Office, sub: Subscription) -> list[OpenDay]:
    """What it is owed two days from now."""
    days = office.bot.subscriptions.open_days(TEAM, datetime(2024, 1, 1, tzinfo=UTC)).get(sub.id, ())
    return owed(sub, days, office.bot.clock() + timedelta(days=2))


def test_a_pause_holds_for_every_subscription_of_the_channel_until_its_end(office: Office) -> None:
    subscribed(office, "", "tag:moe")
    office.bot.subscriptions.add(TEAM, "C0OTHER001", "vault", at=time(9))
    answer = office.typed("emma", "/paper pause until 2024-05-01")
    nine = datetime(2024, 5, 1, 9, tzinfo=UTC)
    here, moe, other = office.bot.subscriptions.all()
    assert [(sub.paused, sub.paused_until) for sub in (here, moe)] == [("chat", nine), ("chat", nine)]
    assert other.paused is None
    assert answer["text"].count("Wednesday, May 1, 2024, 09:00 UTC") == 2, "posts come again at their hour"
    told = office.sandbox.messages("papers")[-1]["text"]
    assert "paused" in told
    assert "tag:moe" in told


def test_a_pause_ends_at_the_subscriptions_own_hour_in_its_own_zone(office: Office) -> None:
    office.bot.subscriptions.add(TEAM, PAPERS, "vault", at=time(9), zone="Asia/Seoul", days=frozenset({0}))
    office.typed("emma", "/paper pause 2w")
    [sub] = office.bot.subscriptions.all()
    assert sub.paused_until == datetime(2024, 4, 29, 0, tzinfo=UTC), "the first Monday from the 25th on"


@pytest.mark.parametrize("typed", ["pause", "일시정지"])
def test_a_pause_without_an_end_lasts_until_somebody_resumes_it(typed: str, office: Office) -> None:
    subscribed(office, "")
    office.typed("emma", f"/paper {typed}")
    [sub] = office.bot.subscriptions.all()
    assert (sub.paused, sub.paused_until) == ("chat", None)
    assert "/paper resume" in office.typed("emma", "/paper subscriptions")["text"]


def test_only_the_one_that_is_named_is_paused_and_resumed(office: Office) -> None:
    subscribed(office, "", "tag:moe", "state space")

    def paused() -> list[str]:
        return [sub.query for sub in office.bot.subscriptions.all() if sub.paused]

    office.typed("emma", "/paper pause TAG:moe 3 days")
    assert paused() == ["tag:moe"]
    office.typed("emma", "/paper pause state  space")
    assert paused() == ["tag:moe", "state space"]
    office.typed("emma", "/paper resume tag:moe")
    assert paused() == ["state space"]


def test_a_resume_is_of_those_that_are_paused(office: Office) -> None:
    subscribed(office, "tag:moe", "tag:rlhf")
    office.typed("emma", "/paper pause tag:moe")
    text = office.typed("emma", "/paper resume")["text"]
    assert "tag:moe" in text
    assert "tag:rlhf" not in text


def test_words_that_no_subscription_has_are_looked_up(office: Office, days: Callable[[], None]) -> None:
    days()
    subscribed(office, "")
    office.read(DAY, Entry("Pause Tokens"))
    assert "Pause Tokens" in office.typed("emma", "/paper pause tokens")["text"]
    assert "resume" in office.typed("emma", "/paper resume training")["text"]
    assert [sub.paused for sub in office.bot.subscriptions.all()] == [None]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("pause", "no such subscription"),
        ("pause tag:moe", "no such subscription"),
        ("resume", "no such subscription"),
    ],
)
def test_what_is_not_there_cannot_be_paused(typed: str, said: str, office: Office) -> None:
    assert said in office.typed("emma", f"/paper {typed}")["text"]


@pytest.mark.parametrize(
    ("typed", "said"), [("resume", "Nothing is paused"), ("pause until 2024-01-01", "would be over already")]
)
def test_what_cannot_be_done_is_said_and_not_done(typed: str, said: str, office: Office) -> None:
    subscribed(office, "")
    assert said in office.typed("emma", f"/paper {typed}")["text"]
    assert [sub.paused for sub in office.bot.subscriptions.all()] == [None]
    assert office.sandbox.messages("papers") == []


def test_a_pause_that_is_over_is_none(office: Office, days: Callable[[], None]) -> None:
    days()
    [sub] = subscribed(office, "")
    office.bot.subscriptions.pause(sub.id, "chat", office.bot.clock() - timedelta(hours=1))
    assert "already" in office.typed("emma", "/paper subscribe")["text"]
    assert "Nothing is paused" in office.typed("emma", "/paper resume")["text"]


def test_the_next_post_of_a_paused_one_is_the_end_of_its_pause(office: Office, days: Callable[[], None]) -> None:
    days()
    subscribed(office, "")
    office.bot.subscriptions.fix_since(["vault"], office.bot.clock())
    office.typed("emma", "/paper pause until 2024-04-20")
    text = office.typed("emma", "/paper subscriptions")["text"]
    assert text.count("Saturday, April 20, 2024, 09:00 UTC") == 2, "when it goes on, and its next post"


def test_a_closed_channel_is_told_with_the_reason(office: Office, days: Callable[[], None]) -> None:
    days()
    subscribed(office, "")
    now = office.bot.clock()
    written(office, DAY)
    claim = office.bot.outbox.claim_next("test", now, now)
    office.bot.outbox.refuse(claim, "slack.channel error=is_archived", close_channel=True, now=now)
    text = office.typed("emma", "/paper subscriptions")["text"]
    assert "Paused: " in text
    assert "archived" in text


@pytest.mark.parametrize("typed", ["resume", "subscribe"])
def test_a_channel_that_is_closed_for_what_a_look_cannot_tell_is_opened_by_hand(
    typed: str, office: Office, days: Callable[[], None]
) -> None:
    days()
    subscribed(office, "")
    office.bot.subscriptions.fix_since(["vault"], office.bot.clock())
    now = office.bot.clock()
    written(office, DAY)
    claim = office.bot.outbox.claim_next("test", now, now)
    office.bot.outbox.refuse(claim, "slack.channel error=restricted_action", close_channel=True, now=now)
    assert "type /paper resume there" in office.typed("emma", "/paper subscriptions")["text"]
    assert "every paper" in office.typed("emma", f"/paper {typed}")["text"]
    assert office.bot.outbox.closed_channels(TEAM) == []
    assert "Paused: " not in office.typed("emma", "/paper subscriptions")["text"]


def test_quiet_hours_move_the_first_post_to_their_end(office: Office, days: Callable[[], None]) -> None:
    days()
    [sub] = subscribed(office, "")
    quiet = replace(sub, at=None, quiet=(time(1), time(7)), since=DAY)
    assert first_post(quiet, office.workspace.desk) is None, "it is not stored like that"
    ready = datetime(2024, 4, 12, tzinfo=UTC)
    waiting = [OpenDay(DAY, ready, ready, is_new=True)]
    records = office.workspace.desk.records
    assert records_of.first_post(quiet, waiting, records, office.bot.clock()) == datetime(2024, 4, 12, 7, tzinfo=UTC)


def test_a_subscription_the_channel_cannot_be_told_of_stands(office: Office, days: Callable[[], None]) -> None:
    days()
    office.sandbox.fault("error", "chat.postMessage", error="restricted_action")
    text = office.typed("emma", "/paper subscribe tag:moe")["text"]
    assert "subscribed this channel" in text
    assert "could not be told: " in text
    assert "restricted_action" in text
    assert queries(office) == ["tag:moe"]


def test_an_end_the_channel_cannot_be_told_of_stands(office: Office) -> None:
    subscribed(office, "tag:moe")
    office.sandbox.fault("cut", "chat.postMessage")
    assert "could not be told: " in office.typed("emma", "/paper unsubscribe")["text"]
    assert queries(office) == []


def carried(office: Office, day: date) -> None:
    """Have a day's papers stand in #papers."""
    for n in range(written(office, day)):
        now = office.bot.clock()
        claim = office.bot.outbox.claim_next("test", now, now)
        office.bot.outbox.confirm(claim, f"1712890000.{n:06}", now, now)


def written(office: Office, day: date) -> int:
    """Have a day's papers written down for #papers; how many."""
    entries = office.bot.digests.load_day(None, day).entries
    messages = [DayMessage(Content("a paper", ()), entry.id, entry.key, 0) for entry in entries]
    edition = Edition(Place(TEAM, PAPERS), "vault", day, "", "papers")
    now = office.bot.clock()
    rows = office.bot.outbox.lay(edition, messages, entries, now, edit_since=now - timedelta(days=14))
    assert rows == len(entries)
    return len(entries)


TOMORROW = datetime(2024, 4, 12, 13, tzinfo=UTC)  # nine in New York; the newest day was ready before, at midnight UTC


def test_a_day_that_only_changed_is_nothing_to_catch_up_with(office: Office, days: Callable[[], None]) -> None:
    days()
    sub = office.bot.subscriptions.add(TEAM, PAPERS, "vault")
    office.bot.subscriptions.fix_since(["vault"], office.bot.clock())
    assert "Catching up: 1 day" in office.typed("emma", "/paper subscriptions")["text"]
    office.bot.subscriptions.consider(sub.id, DAY, datetime(2024, 4, 11, 23, tzinfo=UTC))
    assert [one.is_new for one in owed_later(office, office.bot.subscriptions.all()[0])] == [False]
    assert "Catching up" not in office.typed("emma", "/paper subscriptions")["text"]


def test_the_first_post_is_told_where_the_newest_day_has_something(office: Office, days: Callable[[], None]) -> None:
    days()
    text = office.typed("emma", "/paper subscribe tag:moe")["text"]
    assert f"{TOMORROW:%Y-%m-%d %H:%M} UTC" in text


@pytest.mark.parametrize(
    ("query", "is_carried", "next_one"),
    [("tag:moe", False, "12, 2024, 03:00"), ("tag:moe", True, "next digest"), ("tag:nothing", False, "next digest")],
    ids=["something new", "carried already", "nothing for it"],
)
def test_a_day_that_brings_nothing_is_not_announced(
    query: str, is_carried: bool, next_one: str, office: Office, days: Callable[[], None]
) -> None:
    days()
    if is_carried:
        carried(office, DAY)
    office.bot.subscriptions.add(TEAM, PAPERS, "vault", query)
    office.bot.subscriptions.fix_since(["vault"], office.bot.clock())
    text = office.typed("emma", "/paper subscriptions")["text"]
    assert next_one in text
    assert ("Catching up: 1 day" in text) == (next_one != "next digest")
