"""Pages of what was found: whatever was typed, whoever turns them, however slow Slack is with links."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from threading import Event
from typing import Any

import pytest
from slack_sdk import WebClient

from bot.delivery.outbox import Edition, Place
from bot.digest.model import Entry
from bot.messages.content import Content, DayMessage
from bot.search import engine

Office = Any

DAY = date(2024, 4, 12)


@pytest.mark.parametrize("typed", ["day:2024-04", "day:2024-04-12 tag:moe", "find day:2024-04", "day:2024"])
def test_a_query_that_begins_with_a_day_finds_its_papers(typed: str, office: Office, days: Callable[[], None]) -> None:
    days()
    assert "JetMoE" in office.typed("emma", f"/paper {typed}")["text"]


def many(office: Office, count: int = 23) -> None:
    office.read(DAY, *(Entry(title=f"Paper number {n} of many", tags=("moe",)) for n in range(count)))


@pytest.mark.parametrize("typed", ["day:2024-04", "2024-04-12"])
def test_pages_of_a_day_and_of_a_query_about_days_are_turned(typed: str, office: Office) -> None:
    many(office)
    answer = office.typed("emma", f"/paper {typed}")
    office.sandbox.act("emma", "papers", "results.page.next", ephemeral_id=answer["id"])
    office.sandbox.wait_for(lambda: "Paper number 10 of" in office.sandbox.ephemerals("emma")[-1]["text"])


def test_the_next_page_of_what_was_estimated_says_the_same(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "RANKED", 15)
    many(office, 40)
    answer = office.typed("emma", '/paper "number of many" OR "paper number"')
    assert "about 40 papers\nThe first 15 of them are listed" in answer["text"]
    office.sandbox.act("emma", "papers", "results.page.next", ephemeral_id=answer["id"])

    def turned() -> str:
        text = str(office.sandbox.ephemerals("emma")[-1]["text"])
        return text if text != answer["text"] else ""

    assert "about 40 papers\nThe first 15 of them are listed" in office.sandbox.wait_for(turned)


def test_everybody_turns_the_pages_of_a_public_answer(office: Office) -> None:
    many(office)
    office.sandbox.send("emma", "papers", "@paperround tag:moe")
    answer = office.sandbox.wait_for(lambda: office.sandbox.messages("papers")[1:])[0]
    for user, title in (("jiwoo", "number 10 of"), ("lena", "number 20 of")):
        office.sandbox.act(user, "papers", "results.page.next", ts=answer["ts"])
        office.sandbox.wait_for(lambda title=title: title in office.sandbox.messages("papers")[1]["text"])
    assert office.sandbox.ephemerals("jiwoo") == []


def test_a_day_that_a_click_shows_to_everybody_is_turned_by_everybody(office: Office) -> None:
    office.read(date(2024, 4, 10), *(Entry(title=f"Paper number {n} of many") for n in range(23)))
    office.sandbox.send("emma", "papers", "@paperround today")
    answer = office.sandbox.wait_for(lambda: office.sandbox.messages("papers")[1:])[0]
    for user, action, title in (("emma", "day.latest", "number 1 of"), ("jiwoo", "results.page.next", "number 10 of")):
        office.sandbox.act(user, "papers", action, ts=answer["ts"])
        office.sandbox.wait_for(lambda title=title: title in office.sandbox.messages("papers")[1]["text"])


def test_a_private_answers_pages_are_its_readers_alone(office: Office) -> None:
    many(office)
    pool = _pool(office.typed("emma", "/paper tag:moe"))
    assert office.bot.pages.load(pool, "T0PAPERS01", ["U0EMMA0001"], office.bot.clock())
    assert not office.bot.pages.load(pool, "T0PAPERS01", ["U0JIWOO001", "C0PAPERS01"], office.bot.clock())


def _pool(answer: dict[str, Any]) -> str:
    return next(block["elements"][0]["value"] for block in answer["blocks"] if block["type"] == "actions").split(":")[0]


def posted(office: Office) -> list[int]:
    """Have every paper of the day stand in #papers, with an address that Slack has not been asked for."""
    entries = office.bot.digests.load_day(None, DAY).entries
    place = Place("T0PAPERS01", "C0PAPERS01")
    messages = [DayMessage(Content("a paper", ()), entry.id, entry.key, 0) for entry in entries]
    now = office.bot.clock()
    office.bot.outbox.lay(Edition(place, "vault", DAY, "", "papers"), messages, entries, now, edit_since=now)
    for n in range(len(entries)):
        now = office.bot.clock() + timedelta(minutes=n)
        claim = office.bot.outbox.claim_next("test", now, now)
        office.bot.outbox.confirm(claim, f"1712890000.{n:06}", now, now)
    return [entry.id for entry in entries]


def _links(answer: dict[str, Any]) -> int:
    return str(answer["blocks"]).count("https://slack.example/")


def test_an_answer_does_not_wait_for_slow_links_and_the_next_one_has_them(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(office, 10)
    ids = posted(office)
    go_on = Event()
    kept = Event()

    def slow(self: WebClient, *, channel: str, message_ts: str) -> dict[str, str]:
        assert message_ts.endswith("3") or go_on.wait(60)
        return {"permalink": f"https://slack.example/{channel}/{message_ts}"}

    save = type(office.bot.outbox).save_permalink
    saved: list[int] = []

    def save_one(self: Any, delivery_id: int, url: str) -> None:
        save(self, delivery_id, url)
        saved.append(delivery_id)
        if len(saved) == len(ids):
            kept.set()

    monkeypatch.setattr(WebClient, "chat_getPermalink", slow)
    monkeypatch.setattr(type(office.bot.outbox), "save_permalink", save_one)
    try:
        assert _links(office.typed("emma", "/paper tag:moe")) == 1
    finally:
        go_on.set()
    assert kept.wait(10)
    assert _links(office.typed("emma", "/paper tag:moe")) == 10


@pytest.mark.parametrize("error", [ValueError("no JSON"), KeyError("permalink"), TimeoutError()])
def test_a_broken_look_up_of_a_link_leaves_the_answer(
    error: Exception, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(office, 2)
    posted(office)

    def broken(*_: object, **__: object) -> dict[str, str]:
        raise error

    monkeypatch.setattr(WebClient, "chat_getPermalink", broken)
    assert "Paper number 1 of" in office.typed("emma", "/paper tag:moe")["text"]


def test_where_nothing_matches_all_of_it_the_close_ones_are_shown(office: Office, days: Callable[[], None]) -> None:
    days()
    english = office.typed("emma", "/paper tokens xyzzy")["text"]
    assert "Close matches · 1 paper" in english
    assert "no exact match" in english
    assert "Searched: “tokens”, “xyzzy”" in english
    assert "Rho-1" in english
    assert "비슷한 논문 1편" in office.typed("jiwoo", "/paper tokens xyzzy")["text"]


def test_close_matches_have_pages_too(office: Office) -> None:
    many(office)
    answer = office.typed("emma", "/paper many xyzzy")
    assert "Close matches · 2" in answer["text"]
    office.sandbox.act("emma", "papers", "results.page.next", ephemeral_id=answer["id"])
    office.sandbox.wait_for(lambda: "Page 2 of" in office.sandbox.ephemerals("emma")[-1]["text"])
    assert "Close matches" in office.sandbox.ephemerals("emma")[-1]["text"]


def press(office: Office, answer: dict[str, Any], action: str) -> None:
    office.sandbox.act("emma", "papers", action, ephemeral_id=answer["id"])


def test_close_matches_stand_below_the_exact_ones_and_pages_neither_repeat_nor_skip(office: Office) -> None:
    exact = [Entry(title=f"Exact number {n} of a routing mixture") for n in range(8)]
    close = [Entry(title=f"Close number {n} of routing") for n in range(15)]
    office.read(DAY, *exact, *close)
    answer = office.typed("emma", "/paper routing mixture")
    assert answer["text"].startswith("“routing mixture” · 8 papers")
    office.read(date(2024, 4, 13), Entry(title="A newer routing mixture"))
    seen: list[str] = []
    for page in (1, 2, 3):
        text = office.sandbox.wait_for(lambda page=page: _text_of_page(office, page))
        heading = text.index("Close matches · 15 papers")
        assert all((text.index(name) < heading) == name.startswith("Exact") for name in _names(text))
        seen += _names(text)
        if page < 3:
            press(office, answer, "results.page.next")
    assert len(seen) == len(set(seen)) == 23


def _text_of_page(office: Office, page: int) -> str:
    text = str(office.sandbox.ephemerals("emma")[-1]["text"])
    return text if f"Page {page} of 3" in text else ""


def _names(text: str) -> list[str]:
    return re.findall(r"(?:Exact|Close) number \d+", text)


def test_a_corrected_word_is_said_and_the_typed_one_is_one_click_away(office: Office) -> None:
    office.read(DAY, *(Entry(title=f"Transformer number {n}") for n in range(3)))
    answer = office.typed("emma", "/paper transfomer")
    assert "transfomer → transformer" in answer["text"]
    assert "Close matches · 3 papers" in answer["text"]
    press(office, answer, "results.search")
    shown = office.sandbox.wait_for(lambda: _other_answer(office, answer))
    assert "exactly “transfomer”" in shown
    assert "→" not in shown
    assert len(office.sandbox.ephemerals("emma")) == 1


def _other_answer(office: Office, before: dict[str, Any]) -> str:
    text = str(office.sandbox.ephemerals("emma")[-1]["text"])
    return text if text != before["text"] else ""


def test_what_matched_only_as_corrected_is_marked_too(office: Office) -> None:
    office.read(DAY, Entry(title="T", abstract=("Here a transformer stands in the text.",)))
    answer = office.typed("emma", "/paper transfomer")
    leaves = [leaf for block in answer["blocks"] if block["type"] == "rich_text" for leaf in _leaves(block)]
    assert [leaf["text"] for leaf in leaves if leaf.get("style") == {"bold": True}][1:] == ["transformer"]


def _leaves(block: dict[str, Any]) -> list[dict[str, Any]]:
    return [leaf for element in block["elements"] for leaf in element["elements"]]


def test_where_nothing_is_found_the_query_without_its_weakest_word_is_one_click_away(
    office: Office, days: Callable[[], None]
) -> None:
    days()
    answer = office.typed("emma", "/paper tag:moe author:nobody since:2024-04")
    assert "author “nobody”" in answer["text"]
    assert "“tag:moe since:2024-04” finds papers: 1" in answer["text"]
    press(office, answer, "results.search")
    shown = office.sandbox.wait_for(lambda: _other_answer(office, answer))
    assert "JetMoE" in shown


def test_a_word_that_is_a_field_without_the_next_one_is_left_as_it_is(office: Office, days: Callable[[], None]) -> None:
    days()
    answer = office.typed("emma", "/paper since: 2031")
    assert answer["text"].startswith("Nothing found")


def test_a_mention_shows_the_same(office: Office) -> None:
    office.read(DAY, Entry(title="A Transformer"))
    office.sandbox.send("emma", "papers", "@paperround transfomer")
    said = office.sandbox.wait_for(lambda: office.sandbox.messages("papers")[1:])[0]["text"]
    assert said == office.typed("emma", "/paper transfomer")["text"]


def test_has_thread_finds_what_was_posted_where_the_asker_may_look(office: Office) -> None:
    many(office, 2)
    assert "Nothing found" in office.typed("emma", "/paper has:thread")["text"]
    posted(office)
    assert office.typed("emma", "/paper has:thread tag:moe")["text"].startswith("“has:thread tag:moe” · 2 papers")
    office.read(date(2024, 4, 13), Entry(title="Not posted", tags=("moe",)))
    without = office.typed("emma", "/paper tag:moe -has:thread")["text"]
    assert "Not posted" in without
    assert "Paper number" not in without


def test_what_stands_in_a_private_channel_has_a_thread_only_there(office: Office) -> None:
    many(office, 2)
    posted(office)
    office.bot.outbox.entered("T0PAPERS01", "C0PAPERS01", "papers", True)
    assert len(office.bot.outbox.posted("T0PAPERS01", "C0PAPERS01")) == 2
    assert office.bot.outbox.posted("T0PAPERS01", "C0OTHER001") == frozenset()
    assert office.bot.outbox.posted("T0OTHER001", "C0PAPERS01") == frozenset()
    assert len(office.bot.outbox.posted()) == 2
