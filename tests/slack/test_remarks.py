"""Which events of a channel become remarks, and what a channel and a person read of it."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from slack_bolt import BoltContext
from slack_sdk import WebClient

from bot.delivery.outbox import Edition, Place
from bot.errors import StoreUnavailableError
from bot.messages.content import Content, DayMessage
from bot.slack.heard import read
from bot.slack.recheck import look_at_remarks
from bot.slack.remarks import _Ear
from bot.slack.work import Work
from bot.store.remarks import Said, Thread

Office = Any
Event = dict[str, Any]

TEAM, HERE, BOT = "T0PAPERS01", "C0PAPERS01", "U0PAPERBOT"
PLACE = Place(TEAM, HERE)
PARENT = "1712890000.000001"


def spoken(text: str = "the routing is cheap", ts: str = "1712890900.000001", **more: object) -> Event:
    """As Slack tells of a reply that a person wrote."""
    message = {"type": "message", "user": "U0EMMA0001", "ts": ts, "thread_ts": PARENT, "text": text}
    return message | {"channel": HERE, "channel_type": "channel", "event_ts": ts} | more


def changed(text: str, moment: str = "1712891000.000001", **more: object) -> Event:
    told = {"type": "message", "subtype": "message_changed", "channel": HERE, "ts": moment, "event_ts": moment}
    return told | {"message": spoken(text, **more), "hidden": True}


def deleted(ts: str = "1712890900.000001", moment: str = "1712891100.000001") -> Event:
    told = {"type": "message", "subtype": "message_deleted", "channel": HERE, "ts": moment, "event_ts": moment}
    return told | {"deleted_ts": ts, "hidden": True}


SAID = Said("1712890900.000001", PARENT, "U0EMMA0001", "the routing is cheap")


@pytest.mark.parametrize(
    ("event", "said"),
    [
        pytest.param(spoken(), SAID, id="a reply"),
        pytest.param(spoken(subtype="thread_broadcast"), SAID, id="a reply shown in the channel too"),
        pytest.param(spoken(subtype="file_share"), SAID, id="a reply with a file"),
        pytest.param(changed("x &lt; y"), Said(SAID.ts, PARENT, SAID.user, "x < y", edited=True), id="an edit"),
        pytest.param(deleted(), SAID.ts, id="a deletion"),
        pytest.param(changed("", subtype="tombstone", user="USLACKBOT"), SAID.ts, id="deleted under replies"),
        pytest.param(spoken(f"<@{BOT}> tag:moe"), None, id="a question to the bot"),
        pytest.param(changed(f"<@{BOT}|paperround> tag:moe"), SAID.ts, id="an edit into a question"),
        pytest.param(spoken(bot_id="B0OTHER001"), None, id="another bot's"),
        pytest.param(spoken(user=None), None, id="nobody's"),
        pytest.param(spoken(thread_ts=None), None, id="no reply"),
        pytest.param(spoken(ts=PARENT), None, id="the first message of a thread"),
        pytest.param(spoken(subtype="channel_join"), None, id="a notice"),
        pytest.param(changed("x", bot_id="B0PAPERBOT"), None, id="an edit of the bot's own"),
        pytest.param({"type": "message", "subtype": "message_changed", "channel": HERE}, None, id="half an event"),
    ],
)
def test_only_what_a_person_says_in_a_thread_is_a_remark(event: Event, said: Said | str | None) -> None:
    assert read(event, BOT) == said


@pytest.fixture
def thread(office: Office, days: Callable[[], None]) -> int:
    """JetMoE stands in #papers, which keeps remarks. Gives its entry."""
    days()
    [entry] = office.bot.digests.load_day(None, date(2024, 4, 12)).entries
    outbox, now = office.bot.outbox, office.bot.clock()
    outbox.entered(TEAM, HERE, "papers", False)
    message = DayMessage(Content("a paper", ()), entry.id, entry.key, 0)
    outbox.lay(Edition(PLACE, "vault", entry.day, "", "papers"), [message], [entry], now, edit_since=now)
    outbox.confirm(outbox.claim_next("test", now, now), PARENT, now, now)
    office.workspace.desk.remarks.begin(PLACE, now)
    office.workspace.desk.recheck.done(Thread(PLACE, PARENT), now)  # the message stands nowhere
    return int(entry.id)


@pytest.fixture
def hear(office: Office) -> Callable[..., None]:
    ear = _Ear(office.workspace.desk)

    def all_of(*events: Event) -> None:
        for event in events:
            ear.hear(event, TEAM, BOT)

    return all_of


def eventually(condition: Callable[[], object]) -> None:
    """Until something is so in the database, of which the stand-in does not tell."""
    for _ in range(1000):
        if condition():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it did not come to that")


def found(office: Office, text: str) -> bool:
    return bool(office.workspace.desk.remarks.entries(text, TEAM, HERE))


def test_events_in_any_order_leave_what_was_told_last(office: Office, thread: int, hear: Callable[..., None]) -> None:
    hear(changed("edited words"), spoken("first words"))
    assert found(office, "edited")
    assert not found(office, "first")
    hear(deleted(), changed("late words"), spoken("first words"))
    assert not found(office, "words")


def test_a_remark_finds_its_paper_and_is_shown_with_its_match(
    office: Office, thread: int, hear: Callable[..., None]
) -> None:
    hear(spoken("추론 속도가 인상적입니다 *정말*"))
    answer = office.typed("jiwoo", "/paper 댓글:속도")
    assert "JetMoE" in answer["text"]
    assert "스레드 댓글: 추론 속도가 인상적입니다" in answer["text"]
    leaves = [
        leaf for b in answer["blocks"] if b["type"] == "rich_text" for e in b["elements"] for leaf in e["elements"]
    ]
    assert "속도" in [leaf["text"] for leaf in leaves if leaf.get("style") == {"bold": True}]
    assert "JetMoE" in office.typed("emma", '/paper remark:(latency OR "추론 속도") tag:moe')["text"]
    without = office.typed("emma", "/paper -remark:속도 since:2024-04-01")["text"]
    assert "Rho-1" in without
    assert "JetMoE" not in without
    assert "in its thread" in office.typed("emma", "/paper remark:throughput")["text"], "what was understood"


def test_a_channel_that_becomes_private_keeps_its_remarks_to_itself(
    office: Office, thread: int, hear: Callable[..., None]
) -> None:
    entries = office.workspace.desk.remarks.entries
    hear(spoken())
    assert entries("routing", TEAM, "C0OTHER001")
    hear(spoken("unrelated", ts="1712890950.000001", thread_ts=None, channel_type="group"))
    assert not entries("routing", TEAM, "C0OTHER001")
    assert found(office, "routing")
    hear(spoken("unrelated", ts="1712890960.000001", thread_ts=None))
    assert entries("routing", TEAM, "C0OTHER001")


def test_a_channel_is_told_when_it_begins_and_when_it_ends(
    office: Office, days: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    days()
    assert office.typed("emma", "/paper remarks")["text"].startswith("Remarks are off")
    assert "turned remarks on" in office.typed("emma", "/paper remarks on")["text"]
    [line] = [m for m in office.sandbox.messages("papers") if m.get("bot_id")]
    assert "U0EMMA0001" in line["text"]
    assert "turned remarks on" in line["text"]
    assert "(0 remarks so far)" in office.typed("emma", "/paper remarks on")["text"]
    assert office.typed("jiwoo", "/paper 댓글")["text"].startswith("이 채널은 댓글을 보관합니다")
    asked = office.typed("lena", "/paper remarks off")
    assert asked["text"].startswith("This deletes 0 stored remarks ")
    assert office.workspace.desk.remarks.since(PLACE) is not None, "it is asked for once more"
    office.sandbox.act("lena", "papers", "remarks.end", ephemeral_id=asked["id"])
    office.sandbox.wait_for(lambda: not office.sandbox.ephemerals("lena"))
    lines = [m["text"] for m in office.sandbox.messages("papers") if m.get("bot_id")]
    assert "turned remarks off" in lines[-1]
    assert "0 stored remarks were deleted" in lines[-1]
    assert "remarks ended channel=C0PAPERS01 by=U0LENA0001 erased=0" in caplog.text
    assert len(lines) == 2
    assert office.typed("emma", "/paper remarks off")["text"].startswith("Remarks are off")


def test_nothing_is_kept_where_the_channel_cannot_be_told(office: Office) -> None:
    office.sandbox.fault("error", "chat.postMessage", error="restricted_action")
    assert office.typed("emma", "/paper remarks on")["text"].startswith("Remarks stay off")
    assert office.workspace.desk.remarks.since(PLACE) is None


def test_a_direct_message_keeps_nothing(office: Office) -> None:
    place = office.sandbox.dm("emma", "paperround")
    office.sandbox.send("emma", place, "remarks on")
    said = office.sandbox.wait_for(lambda: [m for m in office.sandbox.messages(place, "emma") if m.get("bot_id")])
    assert said[-1]["text"].startswith("Type this in a channel")


def test_what_is_said_in_channels_is_answered_by_nobody(
    office: Office, days: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    days()
    looked_up: list[str] = []
    users_info = WebClient.users_info

    def note(self: WebClient, *, user: str, **more: Any) -> Any:
        looked_up.append(user)
        return users_info(self, user=user, **more)

    monkeypatch.setattr(WebClient, "users_info", note)
    office.sandbox.send("lena", "papers", "just talking")
    assert "JetMoE" in office.typed("emma", "/paper")["text"]
    assert looked_up == ["U0EMMA0001"]
    assert [m for m in office.sandbox.messages("papers") if m.get("bot_id")] == []


@pytest.mark.parametrize(
    ("fault", "logged"),
    [(StoreUnavailableError("store.locked"), "store.locked"), (RuntimeError("a fault"), "this traceback")],
)
def test_what_cannot_be_kept_is_told_in_the_log_alone(
    office: Office, caplog: pytest.LogCaptureFixture, fault: Exception, logged: str
) -> None:
    def hear(event: Event, team: str, bot_user: str) -> None:
        assert (event["text"], team, bot_user) == ("the routing is cheap", TEAM, BOT)
        raise fault

    with ThreadPoolExecutor(1) as pool:
        accept = Work(office.workspace.desk, pool).unanswered(hear)
        accept(spoken(), BoltContext({"team_id": TEAM, "bot_user_id": BOT}))
    [line] = [record.getMessage() for record in caplog.records if record.name == "bot.slack.work"]
    assert logged in line
    assert "routing" not in caplog.text


@pytest.fixture
def talk(office: Office, days: Callable[[], None]) -> str:
    """JetMoE really stands in #papers, which keeps remarks, and Emma wrote below it. Gives the thread."""
    days()
    [entry] = office.bot.digests.load_day(None, date(2024, 4, 12)).entries
    office.workspace.desk.directory.enter(HERE)
    card = office.workspace.desk.client.chat_postMessage(channel=HERE, text="JetMoE")["ts"]
    outbox, now = office.bot.outbox, office.bot.clock()
    outbox.entered(TEAM, HERE, "papers", False)
    message = DayMessage(Content("JetMoE", ()), entry.id, entry.key, 0)
    outbox.lay(Edition(PLACE, "vault", entry.day, "", "papers"), [message], [entry], now, edit_since=now)
    outbox.confirm(outbox.claim_next("test", now, now), card, now, now)
    office.workspace.desk.remarks.begin(PLACE, now)
    office.sandbox.send("emma", "papers", "the routing is cheap", card)
    office.sandbox.send("lena", "papers", "latency matters", card)
    eventually(lambda: office.workspace.desk.remarks.count(PLACE) == 2)
    return str(card)


def written(office: Office, text: str) -> dict[str, Any]:
    return next(m for m in office.sandbox.messages("papers") if m["text"] == text)


def missed(office: Office, act: Callable[[], object]) -> None:
    """Let something happen of which no event tells."""
    events = office.sandbox.workspace.apps["A0PAPERS01"].events
    kept, events[:] = list(events), []
    act()
    events[:] = kept


def test_what_was_deleted_or_edited_while_the_bot_was_away_goes_at_the_next_look(office: Office, talk: str) -> None:
    cheap, latency = written(office, "the routing is cheap"), written(office, "latency matters")
    missed(office, lambda: office.sandbox.delete("emma", "papers", cheap["ts"]))
    missed(office, lambda: office.sandbox.edit("lena", "papers", latency["ts"], "throughput matters"))
    desk = office.workspace.desk
    assert desk.remarks.count(PLACE) == 2, "nobody told"
    assert "JetMoE" not in office.typed("emma", "/paper remark:routing")["text"], "a look-up looks first"
    assert desk.remarks.count(PLACE) == 1
    assert found(office, "throughput")
    missed(office, lambda: office.sandbox.delete("lena", "papers", latency["ts"]))
    look_at_remarks(TEAM, desk)
    assert desk.remarks.count(PLACE) == 1, "it was read a moment ago"
    desk.recheck.__init__()
    look_at_remarks(TEAM, desk)
    assert desk.remarks.count(PLACE) == 0


def test_a_thread_that_cannot_be_read_keeps_its_remarks(office: Office, talk: str) -> None:
    office.sandbox.fault("error", "conversations.replies", count=0, error="internal_error")
    assert "JetMoE" in office.typed("emma", "/paper remark:routing")["text"]
    assert office.workspace.desk.remarks.count(PLACE) == 2


@pytest.mark.parametrize("heard", [True, False], ids=["told by an event", "while the bot was away"])
def test_what_was_said_in_a_channel_that_became_private_is_told_nowhere_else(
    heard: bool, office: Office, talk: str
) -> None:
    ask = "/paper remark:routing"
    shown = office.typed("emma", ask, channel="general")
    assert "JetMoE" in shown["text"]
    assert "archives" in str(shown["blocks"])
    office.workspace.desk.directory.converted(HERE)

    def convert() -> None:
        office.sandbox.fault("convert", channel="papers")

    convert() if heard else missed(office, convert)
    if heard:
        kinds = office.workspace.desk.records.history.channel
        eventually(lambda: kinds(PLACE).is_private)
    assert "JetMoE" not in office.typed("emma", ask, channel="general")["text"]
    assert "archives" not in str(office.typed("emma", "/paper tag:moe", channel="general")["blocks"])
    assert "JetMoE" in office.typed("emma", ask)["text"], "there it is still found"
    assert office.workspace.desk.records.history.channel(PLACE).is_private
    office.sandbox.fault("convert", channel="papers", public=True)
    eventually(lambda: not office.workspace.desk.records.history.channel(PLACE).is_private)
    assert "JetMoE" in office.typed("emma", ask, channel="general")["text"]


def test_an_event_that_comes_late_makes_no_private_channel_public(
    office: Office, thread: int, hear: Callable[..., None]
) -> None:
    hear(spoken("later", ts="1712890950.000001", thread_ts=None, channel_type="group"))
    hear(spoken("earlier", ts="1712890940.000001", thread_ts=None))
    assert office.workspace.desk.records.history.channel(PLACE).is_private


@pytest.mark.parametrize(
    "messages", [[], [{"ts": "1712880000.000001", "text": "another thread"}]], ids=["none", "others"]
)
def test_an_answer_without_the_thread_erases_no_remark(office: Office, talk: str, monkeypatch, messages) -> None:
    desk = office.workspace.desk
    monkeypatch.setattr(desk.client, "conversations_replies", lambda **_: {"ok": True, "messages": messages})
    look_at_remarks(TEAM, desk)
    assert desk.remarks.count(PLACE) == 2
