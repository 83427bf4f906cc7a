"""What a person reads after `/paper`, a click or a mention."""

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest

from bot.delivery.outbox import Edition, Place
from bot.delivery.told import Told
from bot.digest.document import Document
from bot.digest.model import Digest, Entry
from bot.messages.content import Content, DayMessage
from bot.schedule import plan_deliveries

Office = Any

MOE = Entry("JetMoE: Reaching Llama2 Performance with 0.1M Dollars", links=("https://arxiv.org/abs/2404.07413",))


def menu(message: dict[str, Any], starts: str) -> str:
    """The value of the first menu option that starts so."""
    accessories = [block["accessory"] for block in message["blocks"] if block.get("accessory")]
    options = [option["value"] for menu in accessories for option in menu.get("options", [])]
    return next(value for value in options if value.startswith(starts))


def test_a_tag_finds_its_paper_and_no_other(office: Office, days: Callable[[], None]) -> None:
    days()
    text = office.typed("emma", "/paper tag:MoE")["text"]
    assert "JetMoE" in text
    assert "Rho-1" not in text


def test_a_korean_word_is_found_inside_a_longer_one(office: Office, days: Callable[[], None]) -> None:
    days()
    assert "Rho-1" in office.typed("emma", "/paper 노이즈")["text"]


def test_nothing_typed_shows_the_latest_day(office: Office, days: Callable[[], None]) -> None:
    days()
    text = office.typed("emma", "/paper")["text"]
    assert "JetMoE" in text
    assert "Rho-1" not in text


@pytest.mark.parametrize(
    ("typed", "title"),
    [("today", "JetMoE"), ("어제", "Rho-1"), ("2024-04-11", "Rho-1"), ("4월 11일", "Rho-1"), ("April 11", "Rho-1")],
)
def test_a_day_is_shown_by_its_date(typed: str, title: str, office: Office, days: Callable[[], None]) -> None:
    days()
    assert title in office.typed("jiwoo", f"/paper {typed}")["text"]


@pytest.mark.parametrize("typed", ["4월 10일", "April 10", "10 April"])
def test_a_date_without_a_year_is_the_latest_that_has_a_digest(typed: str, office: Office) -> None:
    office.read(date(2022, 4, 10), Entry(title="An Older Paper"))
    assert "An Older Paper" in office.typed("emma", f"/paper {typed}")["text"]
    assert "An Older Paper" not in office.typed("emma", "/paper 2 days ago")["text"]


def test_a_day_that_no_calendar_has_is_a_mistake_and_no_query(office: Office, days: Callable[[], None]) -> None:
    days()
    assert "2024-02-30" in office.typed("emma", "/paper 2024-02-30")["text"]


def test_today_without_a_digest_offers_the_latest(office: Office) -> None:
    office.read(date(2024, 4, 10), Entry(title="An Older Paper"))
    answer = office.typed("emma", "/paper today")
    assert "An Older Paper" not in answer["text"]
    office.sandbox.act("emma", "papers", "day.latest", ephemeral_id=answer["id"])
    office.sandbox.wait_for(lambda: "An Older Paper" in office.sandbox.ephemerals("emma")[-1]["text"])


@pytest.mark.parametrize("typed", ["", "latest", "random", "today", "moe"])
def test_an_empty_archive_says_what_to_do(typed: str, office: Office) -> None:
    assert "ingest" in office.typed("emma", f"/paper {typed}")["text"]


def test_answers_are_in_the_persons_own_language(office: Office, days: Callable[[], None]) -> None:
    days()
    korean = office.typed("jiwoo", "/paper help")["text"]
    english = office.typed("emma", "/paper help")["text"]
    assert any("가" <= character <= "힣" for character in korean)
    assert korean != english


def test_a_mistake_is_answered_with_its_place(office: Office, days: Callable[[], None]) -> None:
    days()
    answer = office.typed("emma", '/paper moe "never closed')
    assert '"never closed' in answer["text"]


def test_pages_rewrite_the_same_message_and_never_repeat(office: Office) -> None:
    office.read(date(2024, 4, 12), *(Entry(title=f"Paper number {n} of many", tags=("moe",)) for n in range(23)))
    answer = office.typed("emma", "/paper tag:moe")
    seen = _titles(answer["text"])
    assert len(seen) == 10
    for expected in (20, 23):
        office.sandbox.act("emma", "papers", "results.page.next", ephemeral_id=answer["id"])
        shown = office.sandbox.wait_for(lambda before=seen: _others(office, before))
        seen |= shown
        assert len(seen) == expected
    assert len(office.sandbox.ephemerals("emma")) == 1


def _titles(text: str) -> frozenset[str]:
    return frozenset(word for n in range(23) if (word := f"Paper number {n} of") in text)


def _others(office: Office, before: frozenset[str]) -> frozenset[str]:
    now = _titles(office.sandbox.ephemerals("emma")[-1]["text"])
    return now if now - before else frozenset()


def test_the_menu_shows_the_commentary_in_private(office: Office, days: Callable[[], None]) -> None:
    days()
    answer = office.typed("emma", "/paper tag:moe")
    choice = menu(answer, "commentary")
    action_id = f"results.menu.{choice.partition(':')[2]}"
    office.sandbox.act("emma", "papers", action_id, ephemeral_id=answer["id"], selected_option=choice)
    shown = office.sandbox.wait_for(lambda: office.sandbox.ephemerals("emma")[1:])[0]["text"]
    assert "전문가 혼합을 어텐션까지" in shown
    assert "Experts in attention too" in shown
    assert not office.sandbox.messages("papers")


def test_a_shared_paper_names_the_sharer_who_alone_can_take_it_back(office: Office, days: Callable[[], None]) -> None:
    days()
    answer = office.typed("emma", "/paper tag:moe", channel="random")
    choice = menu(answer, "share")
    action_id = f"results.menu.{choice.partition(':')[2]}"
    office.sandbox.act("emma", "random", action_id, ephemeral_id=answer["id"], selected_option=choice)
    shared = office.sandbox.wait_for(lambda: office.sandbox.messages("random"))[0]
    assert "U0EMMA0001" in str(shared)
    assert "JetMoE" in shared["text"]

    office.sandbox.act("jiwoo", "random", "shared.take_back", ts=shared["ts"])
    office.sandbox.wait_for(lambda: office.sandbox.ephemerals("jiwoo"))
    assert office.sandbox.messages("random"), "only the sharer may"
    office.sandbox.act("emma", "random", "shared.take_back", ts=shared["ts"])
    office.sandbox.wait_for(lambda: not office.sandbox.messages("random"))


def test_a_mention_is_answered_in_its_thread(office: Office, days: Callable[[], None]) -> None:
    days()
    office.sandbox.send("emma", "papers", "@paperround tag:moe")
    question, answer = office.sandbox.wait_for(lambda: _pair(office, "papers"))
    assert answer["thread_ts"] == question["ts"]
    assert "JetMoE" in answer["text"]


def test_a_direct_message_is_a_question_and_answered_once(office: Office, days: Callable[[], None]) -> None:
    days()
    channel = office.sandbox.dm("emma", "paperround")
    office.sandbox.send("emma", channel, "@paperround tag:moe")
    office.sandbox.send("emma", channel, "tag:pretraining")
    texts = office.sandbox.wait_for(lambda: _texts(office, channel, 4))
    assert sum("Rho-1" in text for text in texts) == 1


def _pair(office: Office, channel: str) -> list[dict[str, Any]]:
    found = office.sandbox.messages(channel, "emma")
    return found if len(found) == 2 else []


def _texts(office: Office, channel: str, count: int) -> list[str]:
    found = office.sandbox.messages(channel, "emma")
    return [message["text"] for message in found] if len(found) >= count else []


def test_an_unexpected_fault_gives_a_reference_and_no_silence(
    office: Office, days: Callable[[], None], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    days()
    monkeypatch.setattr(type(office.bot.index), "search", _explode)
    answer = office.typed("emma", "/paper tag:secretword")
    reference = next(record.args for record in caplog.records if "reference" in record.getMessage())
    assert str(reference[0]) in answer["text"]
    assert "secretword" not in caplog.text


def _explode(*_: object, **__: object) -> None:
    raise RuntimeError("a fault")


def test_subscribing_tells_the_channel_once_and_again_tells_only_the_asker(
    office: Office, days: Callable[[], None]
) -> None:
    days()
    office.typed("jiwoo", "/paper subscribe tag:moe", channel="random")
    line = office.sandbox.wait_for(lambda: _of_the_bot(office, "random"))[0]
    assert "U0JIWOO001" in str(line)
    assert "Daily at 9:00 AM (Seoul)." in line["text"]
    assert "First post: Friday, April 12, 2024 at 12:00 PM (Seoul)." in line["text"]
    [subscription] = office.bot.subscriptions.all()
    assert (subscription.query, subscription.zone, subscription.created_by) == ("tag:moe", "Asia/Seoul", "U0JIWOO001")
    office.typed("jiwoo", "/paper subscribe tag:moe", channel="random")
    assert len(_of_the_bot(office, "random")) == 1
    assert len(office.bot.subscriptions.all()) == 1
    assert "tag:moe" in str(office.typed("emma", "/paper subscriptions", channel="random"))
    office.typed("jiwoo", "/paper unsubscribe", channel="random")
    assert office.bot.subscriptions.all() == []


def _of_the_bot(office: Office, channel: str) -> list[dict[str, Any]]:
    return [message for message in office.sandbox.messages(channel) if message.get("bot_id")]


def test_a_private_channel_the_bot_is_not_in_asks_for_an_invitation(office: Office, days: Callable[[], None]) -> None:
    days()
    assert "/invite" in office.typed("emma", "/paper subscribe", channel="lab")["text"]
    assert office.bot.subscriptions.all() == []
    office.sandbox.invite("emma", "lab", "paperround")
    office.typed("emma", "/paper subscribe", channel="lab")
    assert len(office.bot.subscriptions.all()) == 1


def subscribed(office: Office, query: str = "", *, at: time | None = None) -> None:
    """Have #papers subscribed to everything from its newest day on."""
    office.bot.subscriptions.add("T0PAPERS01", "C0PAPERS01", "vault", query, at=at)
    office.bot.subscriptions.fix_since(["vault"], office.bot.clock())


@pytest.mark.parametrize(
    "asked",
    [
        "2024-04-12",
        "latest",
        "최신",
        "2404.07413",
        "https://arxiv.org/pdf/2404.07413v2",
        '"JetMoE: Reaching Llama2 Performance with 0.1M Dollars"',
        "“jetmoe”",
    ],
)
def test_why_is_answered_for_a_day_and_a_paper_however_it_is_named(
    asked: str, office: Office, days: Callable[[], None]
) -> None:
    days()
    text = office.typed("emma", f"/paper why {asked}")["text"]
    assert "✗ This channel has no subscriptions." in text
    assert "Read from vault (2024-04-12.txt)" in text


def test_why_is_answered_in_the_askers_language_and_zone(office: Office, days: Callable[[], None]) -> None:
    days()
    text = office.typed("jiwoo", "/paper 왜 오늘")["text"]
    assert "구독이 없습니다" in text
    assert "2024년 4월 12일 금요일 오전 9시(서울)" in text


def test_why_names_the_hour_that_is_waited_for(office: Office, days: Callable[[], None]) -> None:
    days()
    subscribed(office, at=time(9))
    text = office.typed("emma", "/paper why 2404.07413")["text"]
    assert "will be posted here" in text
    assert "… It is due: Friday, April 12, 2024 at 9:00 AM (UTC)." in text


def test_why_names_the_day_the_subscription_begins_with(office: Office, days: Callable[[], None]) -> None:
    days()
    subscribed(office)
    text = office.typed("emma", "/paper why 2024-04-11")["text"]
    assert "not posted here" in text
    assert "✗ The subscription starts on Friday, April 12, 2024; this day is earlier." in text


def test_why_tells_of_a_document_that_could_not_be_read(office: Office) -> None:
    office.bot.digests.save_failure("vault", "240412 Rho.md", "line 1: no title", office.bot.clock())
    subscribed(office)
    text = office.typed("emma", "/paper why today")["text"]
    assert "240412 Rho.md" in text
    assert "line 1: no title" in text


def deliver(office: Office) -> None:
    """Send whatever is owed, a message every ten seconds."""
    plan_deliveries(office.bot, office.workspace, Told())
    for turn in range(20):
        now = office.bot.clock() + turn * timedelta(seconds=10)
        claim = office.bot.outbox.claim_next("test", now, now + timedelta(minutes=1))
        if claim:
            office.bot.outbox.confirm(claim, office.workspace.poster.post(claim), now, now)


def test_why_links_to_what_stands_in_the_channel(office: Office, days: Callable[[], None]) -> None:
    days()
    subscribed(office)
    deliver(office)
    text = office.typed("emma", "/paper why 2404.07413")["text"]
    assert "posted here" in text
    assert "/archives/C0PAPERS01/p" in text


def test_why_tells_what_another_subscription_brought_and_which_did_not_want_it(
    office: Office, days: Callable[[], None]
) -> None:
    days()
    subscribed(office, "tag:moe")
    subscribed(office, "tag:rlhf")
    deliver(office)
    text = office.typed("emma", "/paper why 2404.07413")["text"]
    assert "posted here" in text
    assert "By the subscription to “tag:rlhf”\n✗ It does not match “tag:rlhf”." in text


def test_why_answers_by_the_day_that_the_channel_has(office: Office, days: Callable[[], None]) -> None:
    days()
    subscribed(office)
    deliver(office)
    office.read(date(2024, 4, 13), MOE)
    text = office.typed("emma", "/paper why 2404.07413")["text"]
    assert "(Friday, April 12, 2024): posted here." in text
    assert "other days" in text
    assert "Saturday, April 13, 2024" in text


def test_why_prefers_the_source_that_the_channel_follows(office: Office, days: Callable[[], None]) -> None:
    days()
    subscribed(office)
    blog(office, date(2024, 4, 13), MOE)
    assert "Read from vault" in office.typed("emma", "/paper why 2404.07413")["text"]


def test_why_knows_of_what_somebody_posted_from_another_source(office: Office, days: Callable[[], None]) -> None:
    days()
    subscribed(office)
    blog(office, date(2024, 4, 13), MOE)
    here = Place("T0PAPERS01", "C0PAPERS01")
    digest = office.bot.digests.load_day("blog", date(2024, 4, 13))
    messages = [DayMessage(Content("JetMoE", ()), entry.id, entry.key, 0) for entry in digest.entries]
    edition = Edition(here, "blog", digest.day, "", "papers")
    now = office.bot.clock()
    assert office.bot.outbox.lay(edition, messages, digest.entries, now, edit_since=now)
    deliver(office)
    text = office.typed("emma", "/paper why 2024-04-13")["text"]
    assert "Saturday, April 13, 2024: posted here." in text
    assert "somebody posted that day" in text


def blog(office: Office, day: date, *entries: Entry) -> None:
    """Have a day in the archive by a source that no subscription follows."""
    document = Document(uri="a post", name="a post", data=b"post", hash="post")
    at = office.bot.clock() - timedelta(hours=1)
    office.bot.digests.save("blog", [(document, Digest(day, "", entries, "page"))], at)
    office.bot.digests.settle("blog", timedelta(0), at)


def test_why_tells_when_a_day_of_notes_is_complete(office: Office) -> None:
    document = Document(uri="240412 JetMoE.md", name="240412 JetMoE.md", data=b"note", hash="note")
    day = date(2024, 4, 12)
    office.bot.digests.save("vault", [(document, Digest(day, "", (MOE,), "note"))], office.bot.clock())
    office.bot.subscriptions.add("T0PAPERS01", "C0PAPERS01", "vault")
    text = office.typed("jiwoo", "/paper why 2024-04-12")["text"]
    assert "완성되는 때: 2024년 4월 12일 금요일 오전 3시 10분(UTC)." in text, "ten minutes after the last change"


def test_what_a_pause_took_back_is_paused_and_not_refused(office: Office, days: Callable[[], None]) -> None:
    days()
    subscribed(office)
    plan_deliveries(office.bot, office.workspace, Told())
    office.typed("emma", "/paper pause")
    assert "refused" in [row.state for row in office.bot.outbox.rows()]
    for asked in ("2404.07413", "2024-04-12"):
        text = office.typed("emma", f"/paper why {asked}")["text"]
        assert "✗ The subscription is paused (in this channel)" in text.splitlines()[1]
        assert "refused" not in text


def test_a_paper_that_nobody_read_is_said_back(office: Office, days: Callable[[], None]) -> None:
    days()
    assert "2404.99999" in office.typed("emma", "/paper why 2404.99999")["text"]
    assert "“Never Written”" in office.typed("emma", '/paper why "Never Written"')["text"]


def test_why_without_a_day_or_a_paper_is_a_look_up(office: Office) -> None:
    office.read(date(2024, 4, 12), Entry(title="Why Transformers Work"))
    assert "Why Transformers Work" in office.typed("emma", "/paper why transformers work")["text"]


@pytest.mark.parametrize(
    ("typed", "told"),
    [("related", "/paper related 2404.07965: papers similar to"), ("why", "/paper why yesterday: why a day")],
)
def test_what_has_to_follow_a_word_alone_is_told(
    typed: str, told: str, office: Office, days: Callable[[], None]
) -> None:
    days()
    text = office.typed("emma", f"/paper {typed}")["text"]
    assert text.startswith("Add the paper or the date you mean:")
    assert told in text


@pytest.mark.parametrize(
    ("typed", "meant"), [("hlep", "/paper help"), ("subscrbe tag:moe", "/paper subscribe tag:moe")]
)
def test_a_mistyped_command_is_offered_where_nothing_is_found(
    typed: str, meant: str, office: Office, days: Callable[[], None]
) -> None:
    days()
    assert meant in office.typed("emma", f"/paper {typed}")["text"]


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("author:zhenghoa", ["author:Zhenghao"]),
        ("author:pretrainin", []),
        ("remark:pretrainin", []),
        ("remark:tokns", []),
        ("tag:pretrainin", ["tag:pretraining"]),
        ("x -tag:pretrainin", []),
    ],
)
def test_only_what_would_be_found_where_it_is_asked_for_is_offered(
    typed: str, offered: list[str], office: Office, days: Callable[[], None]
) -> None:
    days()
    lines = office.typed("emma", f"/paper {typed}")["text"].split("\n")
    assert [line.removeprefix("/paper ") for line in lines if line.startswith("/paper ")] == offered


def test_related_papers_are_shown_by_id_by_title_and_from_the_menu(office: Office) -> None:
    office.read(date(2024, 4, 11), Entry("Routing of Experts", tags=("moe",)), Entry("Something else"))
    office.read(date(2024, 4, 12), MOE, Entry("Experts by Routing", tags=("MoE",)))
    typed = office.typed("emma", '/paper related "Experts by Routing"')
    assert typed["text"].startswith("Related to “Experts by Routing”")
    assert "Routing of Experts" in typed["text"]
    assert "#MoE" in typed["text"]
    assert "관련 논문" in office.typed("jiwoo", '/paper 관련 "Experts by Routing"')["text"]
    assert office.typed("emma", "/paper related experts by routing")["text"] == typed["text"]
    assert "“related experts”" in office.typed("emma", "/paper related experts")["text"], "no paper is called that"
    assert "No similar paper was found" in office.typed("emma", "/paper related 2404.07413")["text"]
    assert "2404.99999" in office.typed("emma", "/paper related 2404.99999")["text"]
    answer = office.typed("emma", "/paper tag:moe day:2024-04-12")
    choice = menu(answer, "related")
    action_id = f"results.menu.{choice.partition(':')[2]}"
    office.sandbox.act("emma", "papers", action_id, ephemeral_id=answer["id"], selected_option=choice)
    office.sandbox.wait_for(lambda: office.sandbox.ephemerals("emma")[-1]["text"] == typed["text"])


@pytest.mark.parametrize("typed", ["related 2024-04-12", "related latest", "관련 2024년 4월 12일"])
def test_papers_related_to_a_day_are_none_of_its_own(typed: str, office: Office) -> None:
    office.read(date(2024, 4, 11), Entry("Routing of Experts", tags=("moe",)), Entry("Something else"))
    office.read(date(2024, 4, 12), MOE, Entry("Experts by Routing", tags=("MoE",)))
    text = office.typed("emma", f"/paper {typed}")["text"]
    assert text.startswith("Related to the papers of Friday, April 12, 2024\n")
    assert "Routing of Experts" in text
    assert "Experts by Routing" not in text


def test_related_to_a_day_without_its_year_is_about_the_latest_that_was_written(office: Office) -> None:
    office.read(date(2022, 4, 12), Entry("Experts by Routing", tags=("MoE",)))
    office.read(date(2024, 4, 11), Entry("Routing of Experts", tags=("moe",)))
    assert "April 12, 2022" in office.typed("emma", "/paper related April 12")["text"].partition("\n")[0]


def test_related_to_a_day_that_nobody_wrote_names_the_nearest(office: Office, days: Callable[[], None]) -> None:
    assert "ingest" in office.typed("emma", "/paper related 2024-04-20")["text"]
    days()
    assert "/paper 2024-04-12" in office.typed("emma", "/paper related 2024-04-20")["text"]


@pytest.mark.parametrize(
    "typed", ["related 2404.07413", 'related "Rho-1: Not All Tokens Are What You Need"', "related 2024-04-12", "tags l"]
)
def test_a_mention_shows_what_the_command_shows(typed: str, office: Office, days: Callable[[], None]) -> None:
    office.read(date(2024, 4, 10), Entry("Mixture of a Car", tags=("LLM", "moe", "Pretraining")))
    days()
    office.sandbox.send("emma", "papers", f"@paperround {typed}")
    _, answer = office.sandbox.wait_for(lambda: _pair(office, "papers"))
    assert answer["text"] == office.typed("emma", f"/paper {typed}")["text"]
