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
    assert "all papers" in office.typed("emma", "/paper unsubscribe")["text"]
    assert queries(office) == ["tag:moe"]


@pytest.mark.parametrize(("user", "everything"), [("emma", "all papers"), ("jiwoo", "모든 논문")])
def test_among_several_each_can_be_ended_by_its_button(user: str, everything: str, office: Office) -> None:
    subscribed(office, "")
    subscribed(office, "", "tag:moe", source="blog")
    answer = office.typed(user, "/paper unsubscribe")
    assert answer["text"].count(everything) == 2
    blog = [block["accessory"]["action_id"] for block in answer["blocks"] if "blog" in str(block.get("text"))]
    office.sandbox.act(user, "papers", blog[0], ephemeral_id=answer["id"])
    office.sandbox.wait_for(lambda: office.sandbox.ephemerals(user) == [])
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


@pytest.mark.parametrize(
    ("user", "says"), [("emma", "No paper has matched this so far"), ("jiwoo", "맞는 논문은 없습니다")]
)
def test_who_subscribes_to_what_no_paper_is_so_far_is_told_alone(
    user: str, says: str, office: Office, days: Callable[[], None]
) -> None:
    days()
    told = office.whispered(user, "/paper subscribe zeppelin")["text"]
    assert says in told
    assert "“zeppelin”" in told
    assert any(f"/paper {verb} zeppelin" in told for verb in ("unsubscribe", "구독 취소")), (
        "and not the subscription to every paper"
    )
    assert all(says not in message["text"] for message in office.sandbox.messages("papers"))
    assert says not in office.typed(user, "/paper subscribe tag:moe")["text"]
    assert says not in office.typed(user, "/paper subscribe")["text"]


def lines(office: Office, channel: str = "papers", user: str = "emma") -> list[str]:
    """What the bot has told a channel."""
    return [message["text"] for message in office.sandbox.messages(channel, user) if message.get("bot_id")]


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("subscribe tag:moe", "subscribed"),
        ("pause", "paused"),
        ("resume", "resumed"),
        ("unsubscribe tag:moe", "ended"),
        ("subscribe", "resumed"),
    ],
)
def test_a_change_is_told_to_the_channel_once_and_to_nobody_else(
    typed: str, says: str, office: Office, days: Callable[[], None]
) -> None:
    days()
    if typed != "subscribe tag:moe":
        sub = office.bot.subscriptions.add(TEAM, PAPERS, "vault", "" if typed == "subscribe" else "tag:moe")
        if typed in ("resume", "subscribe"):
            office.bot.subscriptions.pause(sub.id, "chat")
    office.typed("emma", f"/paper {typed}")
    [line] = lines(office)
    assert "U0EMMA0001" in line
    assert says in line
    office.sandbox.send("emma", "papers", "/paper subscriptions")
    [answer] = office.sandbox.wait_for(lambda: office.sandbox.ephemerals("emma"))
    assert answer["text"].startswith("This channel"), "nothing was told to her alone before"


def test_a_few_people_are_told_in_the_language_of_whom_it_is_about(office: Office) -> None:
    office.sandbox.invite("jiwoo", "lab", "paperround")
    office.typed("jiwoo", "/paper subscribe", channel="lab")
    assert "구독" in lines(office, "lab", "jiwoo")[-1]
    direct = office.sandbox.dm("jiwoo", "paperround")
    office.sandbox.send("jiwoo", direct, "구독 tag:moe")
    office.sandbox.wait_for(lambda: lines(office, direct, "jiwoo"))
    assert "구독" in lines(office, direct, "jiwoo")[-1]
    office.typed("jiwoo", "/paper subscribe")
    assert "subscribed" in lines(office)[-1], "a public channel has the language of the settings"


def test_what_the_config_ordered_is_asked_once_and_told_to_the_channel(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    wanted = replace(office.bot.subscriptions.add(TEAM, PAPERS, "vault", "tag:moe"), origin="config")
    office.bot.subscriptions.sync_config(TEAM, [wanted])
    asked = office.typed("emma", "/paper unsubscribe tag:moe")
    assert "set in the config" in asked["text"]
    [sub] = office.bot.subscriptions.all()
    assert sub.paused is None
    office.sandbox.act("emma", "papers", f"standing.end.{sub.id}", ephemeral_id=asked["id"])
    [line] = office.sandbox.wait_for(lambda: lines(office))
    assert "U0EMMA0001" in line
    assert "config" in line
    assert office.bot.subscriptions.all()[0].paused == "chat"
    assert office.sandbox.wait_for(lambda: not office.sandbox.ephemerals("emma"))
    assert "by=U0EMMA0001 ordered_by=config" in caplog.text


def test_what_somebody_else_ordered_is_asked_once(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    sub = office.bot.subscriptions.add(TEAM, PAPERS, "vault", "tag:moe", created_by="U0JIWOO001")
    asked = office.typed("emma", "/paper unsubscribe tag:moe")
    assert "U0JIWOO001" in asked["text"]
    assert queries(office) == ["tag:moe"]
    office.sandbox.act("emma", "papers", f"standing.end.{sub.id}", ephemeral_id=asked["id"])
    office.sandbox.wait_for(lambda: lines(office))
    assert queries(office) == []
    assert "by=U0EMMA0001 ordered_by=U0JIWOO001" in caplog.text
    office.bot.subscriptions.add(TEAM, PAPERS, "vault", "tag:moe", created_by="U0EMMA0001")
    office.typed("emma", "/paper unsubscribe tag:moe")
    assert queries(office) == [], "one's own is not asked about"


def test_a_channel_has_so_many_subscriptions_at_most(office: Office) -> None:
    subscribed(office, *(f"tag:t{n}" for n in range(30)))
    text = office.typed("emma", "/paper subscribe tag:moe")["text"]
    assert "30 subscriptions" in text
    assert len(queries(office)) == 30
    assert lines(office) == []
    assert "already" in office.typed("emma", "/paper subscribe tag:t3")["text"]
    office.typed("emma", "/paper subscribe tag:moe", channel="general")
    assert len(queries(office)) == 31, "another channel has its own"


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("subscribe tag:moe at 10:00", "/paper subscribe tag:moe"),
        ("구독 평일 오전 8시", "평일 오전 8시"),
        ("subscribe day:2020-01-01", "January 1, 2020"),
        ("subscribe source:blog", "vault"),
        ("subscribe tag:moe -tag:moe", "asks for something and excludes it"),
    ],
)
def test_what_can_never_match_is_refused_before_anything_is_announced(typed: str, says: str, office: Office) -> None:
    assert says.replace("January 1, 2020", "2020-01-01") in office.typed("emma", f"/paper {typed}")["text"]
    assert queries(office) == []
    assert lines(office) == []


@pytest.mark.parametrize("typed", ["pause 2w tag:moe", "pause tag:moe 2w", "pause until 2024-04-26 tag:moe"])
def test_a_pause_names_its_subscription_before_or_after_its_end(typed: str, office: Office) -> None:
    subscribed(office, "", "tag:moe")
    office.typed("emma", f"/paper {typed}")
    every, moe = office.bot.subscriptions.all()
    assert every.paused is None
    in_two_weeks = datetime(2024, 4, 26 if "until" in typed else 25, 9, tzinfo=UTC)  # it is the 11th in New York
    assert moe.paused_until == in_two_weeks


def test_a_person_of_another_workspace_changes_nothing(office: Office) -> None:
    users = office.sandbox.workspace.users
    users["U0LENA0001"] = replace(users["U0LENA0001"], team="T0OTHERS01")
    subscribed(office, "tag:moe")
    for typed in ("subscribe", "unsubscribe", "pause", "resume", "remarks on"):
        before = len(lines(office))
        office.sandbox.send("lena", "papers", f"@paperround {typed}")
        said = office.sandbox.wait_for(lambda before=before: lines(office)[before:])
        assert "Only members of the workspace" in said[0]
    assert [(sub.query, sub.paused) for sub in office.bot.subscriptions.all()] == [("tag:moe", None)]
    office.sandbox.fault("error", "users.info", count=0, error="internal_error")
    office.sandbox.send("lena", "papers", "@paperround pause")
    said = office.sandbox.wait_for(lambda: lines(office)[5:])
    assert "Only members of the workspace" in said[0], "the message itself says whose it is"


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
    assert answer["text"].count("Wednesday, May 1, 2024 at 9:00 AM (UTC)") == 2, "posts come again at their hour"
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
    ("typed", "said"), [("resume", "Nothing is paused"), ("pause until 2024-01-01", "would already be over")]
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
    assert text.count("Saturday, April 20, 2024 at 9:00 AM (UTC)") == 2, "when it goes on, and its next post"


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
    assert "all papers" in office.typed("emma", f"/paper {typed}")["text"]
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
    assert "could not be told: " in office.whispered("emma", "/paper unsubscribe")["text"]
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


def test_a_day_that_only_changed_is_nothing_to_catch_up_with(office: Office, days: Callable[[], None]) -> None:
    days()
    sub = office.bot.subscriptions.add(TEAM, PAPERS, "vault")
    office.bot.subscriptions.fix_since(["vault"], office.bot.clock())
    assert "Catching up: 1 digest" in office.typed("emma", "/paper subscriptions")["text"]
    office.bot.subscriptions.consider(sub.id, DAY, datetime(2024, 4, 11, 23, tzinfo=UTC))
    assert [one.is_new for one in owed_later(office, office.bot.subscriptions.all()[0])] == [False]
    assert "Catching up" not in office.typed("emma", "/paper subscriptions")["text"]


def test_the_first_post_is_told_where_the_newest_day_has_something(office: Office, days: Callable[[], None]) -> None:
    days()
    text = office.typed("emma", "/paper subscribe tag:moe")["text"]
    assert "First post: Friday, April 12, 2024 at 9:00 AM (New York)" in text


@pytest.mark.parametrize(
    ("query", "is_carried", "next_one"),
    [
        ("tag:moe", False, "12, 2024 at 3:00 AM"),
        ("tag:moe", True, "next digest"),
        ("tag:nothing", False, "next digest"),
    ],
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
    assert ("Catching up: 1 digest" in text) == (next_one != "next digest")
