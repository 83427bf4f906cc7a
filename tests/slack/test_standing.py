"""Subscribing and ending it from inside a channel."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from bot.delivery.outbox import Place
from bot.digest.model import Entry
from bot.messages.content import Content, DayMessage
from bot.plan.owed import owed
from bot.plan.subscription import Subscription

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


def test_another_query_is_another_subscription(office: Office) -> None:
    for query in ("tag:moe", "moe", "-tag:moe", ""):
        office.typed("emma", f"/paper subscribe {query}")
    assert queries(office) == ["tag:moe", "moe", "-tag:moe", ""]


def test_after_a_pause_only_the_newest_day_comes(office: Office) -> None:
    [sub] = subscribed(office, "")
    office.read(date(2024, 4, 1), Entry("The first"))
    office.bot.subscriptions.fix_since(["vault"], office.bot.clock())
    office.bot.subscriptions.mark_handled(sub.id, date(2024, 4, 1))
    office.bot.subscriptions.pause(sub.id, "chat")
    for day in range(2, 13):
        office.read(date(2024, 4, day), Entry(f"Of day {day}"))
    office.typed("emma", "/paper subscribe")
    [resumed] = office.bot.subscriptions.all()
    assert resumed.paused is None
    later = office.bot.clock() + timedelta(days=2)
    ready, handled = office.bot.digests.ready("vault"), office.bot.subscriptions.handled(sub.id)
    assert owed(resumed, ready, handled, later) == [DAY]


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
    entries = office.bot.digests.load_day(None, day).entries
    messages = [DayMessage(Content("a paper", ()), entry.id, entry.key, 0) for entry in entries]
    office.bot.outbox.add(Place(TEAM, PAPERS), "vault", day, messages)
    for n in range(len(entries)):
        now = office.bot.clock()
        claim = office.bot.outbox.claim_next("test", now, now)
        office.bot.outbox.confirm(claim, f"1712890000.{n:06}", now, now)


TOMORROW = datetime(2024, 4, 12, 13, tzinfo=UTC)  # nine in New York; the newest day was ready before, at midnight UTC


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
    assert next_one in office.typed("emma", "/paper subscriptions")["text"]
