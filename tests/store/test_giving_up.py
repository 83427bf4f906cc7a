"""Two subscriptions of one channel, days that nobody wants any more, and channels that were closed for a while."""

import logging
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.delivery.due import Wording, deliver_owed
from bot.delivery.outbox import Edition, Place
from bot.digest.model import Entry
from bot.messages.content import Content
from bot.messages.day import lay_out
from bot.messages.words import words_for
from bot.plan.subscription import Layout, Subscription
from bot.store import tables as t
from bot.store.database import transaction
from bot.store.giving_up import CLOSED, ENDED, give_up
from bot.store.outbox import DeliveryRow, Outbox
from bot.store.subscriptions import Subscriptions

NOW = datetime(2024, 4, 12, 9, tzinfo=UTC)
DAY = date(2024, 4, 12)
SECOND = timedelta(seconds=1)
PAPERS = Place("T1", "C1")
LAYOUTS: tuple[Layout, ...] = ("papers", "list", "brief")
WORDS = words_for("en")


def paper(title: str, *tags: str) -> Entry:
    return Entry(title, links=(f"https://arxiv.org/abs/{title}",), tags=tags, abstract=(f"About {title}.",))


MOE, BOTH, LLM = paper("Alpha", "moe"), paper("Beta", "moe", "llm"), paper("Gamma", "llm")


class House:
    """The tables, and a pass of planning over them."""

    def __init__(self, engine: Engine, curator) -> None:
        self.outbox, self.subscriptions = Outbox(engine), Subscriptions(engine, lambda: NOW)
        self.curator, self.digests = curator, curator.digests
        self.sent: list[str] = []

    def read(self, *entries: Entry, day: date = DAY) -> None:
        self.curator.write(f"{day}.txt", *entries, day=day, shape="print")
        self.digests.settle("vault", timedelta(0), NOW)

    def subscribe(self, query: str = "", layout: Layout = "papers") -> int:
        sub = self.subscriptions.add("T1", "C1", "vault", query, layout=layout)
        self.subscriptions.fix_since(["vault"], NOW)
        return sub.id

    def plan(self) -> int:
        def laid(digest, entries, layout):
            return lay_out(digest, entries, layout, WORDS)

        wording = Wording(laid, lambda days, query: Content("missed", ()), lambda day, query: Content("empty", ()))
        subs = self.subscriptions.all()
        return deliver_owed(
            "T1",
            subs,
            self.digests,
            self.subscriptions,
            self.outbox,
            wording,
            NOW,
            edit_window=timedelta(days=14),
            catch_up=5,
        )

    def send(self, most: int = 1000) -> list[str]:
        """What is posted, one after the other; what is updated meanwhile is no matter here."""
        sent = []
        while len(sent) < most and (claim := self.outbox.claim_next("me", NOW, NOW + 18 * SECOND)):
            self.outbox.confirm(claim, claim.target_ts or f"{len(self.sent)}.0", NOW, NOW)
            if claim.op == "post":
                sent.append(claim.content.text)
                self.sent.append(claim.content.text)
        return sent

    def lay(self, *, subscription: Subscription | None = None) -> int | None:
        digest, entries = self.digests.load_day("vault", DAY), self.curator.day()
        messages = lay_out(digest, entries, "papers", WORDS)
        edition = Edition(PAPERS, "vault", DAY, "", "papers")
        return self.outbox.lay(edition, messages, entries, NOW, edit_since=NOW, subscription=subscription)

    def close(self) -> None:
        self.outbox.refuse(self.outbox.claim_next("me", NOW, NOW + SECOND), "is_archived", close_channel=True, now=NOW)

    def open(self) -> None:
        self.outbox.entered("T1", "C1", "papers", False)

    def rows(self, state: str) -> list[DeliveryRow]:
        return list(reversed(self.outbox.rows(state=state)))


@pytest.fixture
def house(engine: Engine, curator) -> House:
    return House(engine, curator)


def naming(title: str, sent: list[str]) -> list[str]:
    """The messages that show a title: all but what a reply to a paper says of it."""
    return [text for text in sent if title in text.replace(f"About {title}.", "")]


SHOWN = {"papers": 1, "list": 2, "brief": 1}
"""How often a layout names a paper: a list does in its line and again over the paper's text."""


@pytest.mark.parametrize(("first", "second"), list(product(LAYOUTS, LAYOUTS)))
def test_a_channel_gets_each_paper_once_whichever_subscription_came_first(
    house: House, first: Layout, second: Layout
) -> None:
    house.read(MOE, BOTH, LLM)
    house.subscribe("tag:moe", first)
    house.subscribe("tag:llm", second)
    house.plan()
    assert house.plan() == 0
    sent = house.send()
    assert {title: len(naming(title, sent)) for title in ("Alpha", "Beta", "Gamma")} == {
        "Alpha": SHOWN[first],
        "Beta": SHOWN[first],
        "Gamma": SHOWN[second],
    }
    heads = [text.split("\n")[0] for text in sent if "of 3 papers" in text]
    assert [head.count("2 of 3") for head in heads] == [1, 0], "each line counts what it brings"
    assert [head.count("1 of 3") for head in heads] == [0, 1]
    assert house.outbox.carried(PAPERS, "vault", DAY) == {entry.key for entry in house.curator.day()}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_day_that_was_all_carried_adds_no_line_of_its_own(house: House, layout: Layout) -> None:
    house.read(MOE, BOTH, LLM)
    house.subscribe("")
    house.subscribe("tag:llm", layout)
    house.plan()
    assert house.rows("pending")[-1].entry_id == house.curator.day()[-1].id


@pytest.mark.parametrize(("first", "second"), list(product(LAYOUTS, LAYOUTS)))
def test_one_who_subscribes_again_gets_what_came_late_and_only_that(
    house: House, first: Layout, second: Layout
) -> None:
    house.read(MOE)
    sub = house.subscribe("", first)
    house.plan()
    house.send()
    house.subscriptions.end(sub)
    house.read(MOE, LLM)
    house.subscribe("", second)
    house.plan()
    late = house.send()
    assert naming("Alpha", late) == []
    assert naming("Gamma", late) or first == "brief", "in a message of its own, or in the line that names them"
    assert next(row.op for row in house.rows("posted")) == "update", "the line that stands there counts it too"


def test_a_changed_key_does_not_bring_a_paper_again(house: House) -> None:
    house.read(Entry("Alpha", tags=("moe",)))
    house.subscribe("tag:moe", "brief")
    house.plan()
    house.read(MOE)
    house.subscribe("")
    assert house.plan() == 0


def test_who_ended_meanwhile_has_nothing_written_down(house: House) -> None:
    house.read(MOE)
    house.subscribe()
    (sub,) = house.subscriptions.all()
    house.subscriptions.end(sub.id)
    assert house.lay(subscription=sub) is None
    assert house.outbox.rows() == []


# Ending and pausing


def test_after_the_last_subscription_ends_nothing_more_goes_out(house: House) -> None:
    house.read(MOE, LLM)
    sub = house.subscribe()
    house.plan()
    house.send(1)
    house.subscriptions.end(sub)
    assert house.send() == []
    assert {row.error for row in house.rows("refused")} == {"subscription ended"}
    assert house.outbox.carried(PAPERS, "vault", DAY) == set()


def test_a_paper_that_stands_there_gets_its_replies_all_the_same(house: House) -> None:
    house.read(MOE, LLM)
    sub = house.subscribe()
    house.plan()
    house.send(2)
    house.subscriptions.end(sub)
    assert [text.splitlines()[-1] for text in house.send()] == ["About Alpha."]


def test_a_list_that_stands_there_gets_its_papers_all_the_same(house: House) -> None:
    house.read(MOE, LLM)
    sub = house.subscribe("", "list")
    house.plan()
    house.send(1)
    house.subscriptions.end(sub)
    assert len(house.send()) == 2


def test_a_brief_that_began_is_finished(house: House) -> None:
    house.read(*(paper(f"P{number}" + "x" * 400) for number in range(20)))
    sub = house.subscribe("", "brief")
    rows = house.plan()
    assert rows > 1
    house.send(1)
    house.subscriptions.end(sub)
    assert len(house.send()) == rows - 1


def test_while_another_subscription_stands_behind_them_they_go_out(house: House) -> None:
    house.read(MOE, LLM)
    sub, other = house.subscribe(), house.subscribe("tag:llm")
    house.plan()
    house.subscriptions.pause(other, "chat")
    house.subscriptions.resume(other)
    house.subscriptions.end(sub)
    assert len(house.send()) == 5
    assert house.rows("refused") == []


def test_one_that_is_paused_stands_behind_nothing(house: House) -> None:
    house.read(MOE, LLM)
    sub, other = house.subscribe(), house.subscribe("tag:llm")
    house.plan()
    house.subscriptions.pause(other, "chat")
    house.subscriptions.end(sub)
    assert house.send() == []


def test_what_somebody_posted_goes_out_whoever_unsubscribes(house: House) -> None:
    house.read(MOE)
    sub = house.subscribe()
    house.lay()
    house.subscriptions.end(sub)
    assert len(house.send()) == 3


def test_a_pause_holds_what_was_not_begun_until_it_is_over(house: House) -> None:
    house.read(MOE, LLM)
    sub = house.subscribe()
    house.plan()
    house.send(3)
    house.subscriptions.pause(sub, "chat")
    assert house.send() == []
    assert house.plan() == 0
    house.subscriptions.resume(sub)
    house.plan()
    house.send()
    assert [len(naming(title, house.sent)) for title in ("Alpha", "Gamma")] == [1, 1]
    assert len(house.sent) == 5


def test_one_who_subscribes_again_gets_what_was_given_up(house: House) -> None:
    house.read(MOE, LLM)
    sub = house.subscribe("", "list")
    house.plan()
    house.subscriptions.end(sub)
    house.subscribe("", "brief")
    house.plan()
    assert len(house.send()) == 1


def test_what_leaves_the_config_goes_out_no_more(house: House) -> None:
    house.read(MOE)
    house.subscribe()
    (order,) = house.subscriptions.all()
    house.subscriptions.sync_config("T1", [order])
    house.plan()
    house.subscriptions.sync_config("T1", [])
    assert house.send() == []


def give_up_all(press, why: str = ENDED, **which) -> set[date]:
    with transaction(press.engine) as connection:
        return give_up(connection, PAPERS, "vault", why, **which)


def test_an_edition_goes_with_the_last_that_is_given_up_of_it(press) -> None:
    press.lay(press.entries("a", "b"))
    assert give_up_all(press) == {DAY}
    assert press.outbox.edition(PAPERS, "vault", DAY, "") is None
    assert press.outbox.carried(PAPERS, "vault", DAY) == set()
    assert [row.error for row in press.outbox.rows()] == [ENDED] * 5, "people can see what became of it"
    assert give_up_all(press) == set()
    assert press.claim() is None


def test_what_is_left_of_an_edition_is_corrected_as_before(press) -> None:
    a, b = press.entries("a", "b")
    press.lay([a, b])
    press.send_all(2)
    press.lay([a, b], said="!")
    assert give_up_all(press) == {DAY}
    assert press.edition().entry_ids == (a.id,)
    assert [(claim.op, claim.content.text) for claim in press.send_all()] == [("update", "a!"), ("post", "a.1!")]
    assert press.lay([a], said="?") == 3
    press.send_all()
    assert press.lay([a, b], said="?") == 3
    assert press.said() == ["line of 2", "b?", "b.1?"]
    assert press.outbox.rows(state="refused") == [], "what is written down anew was not given up"


def test_only_days_before_one_or_of_one_origin_are_given_up(press) -> None:
    press.lay(press.entries("a", day=DAY), day=DAY)
    press.lay(press.entries("b", day=DAY - timedelta(days=1)), day=DAY - timedelta(days=1))
    assert give_up_all(press, origin="subscription") == set()
    assert give_up_all(press, CLOSED, before=DAY) == {DAY - timedelta(days=1)}
    assert press.said() == ["line of 1", "a", "a.1"]


def test_what_may_have_arrived_is_not_given_up(press) -> None:
    press.lay(press.entries("a"))
    press.send_next()
    press.outbox.give_back(press.claim(), press.moment, unknown=True, error="")
    assert give_up_all(press) == set()
    assert press.said() == ["a", "a.1"]


def test_a_parent_that_is_to_be_sent_anew_is_not_given_up(press) -> None:
    press.lay(press.entries("a"))
    press.send_all(2)
    assert press.outbox.lose_parent(press.claim(), "thread_not_found")
    press.outbox.give_back(press.claim(), press.moment, unknown=False, error="busy")
    assert give_up_all(press) == set()
    assert press.said() == ["a", "a.1"]


def test_a_note_that_is_given_up_brings_no_day_back(press, engine: Engine) -> None:
    Subscriptions(engine, lambda: NOW).add("T1", "C1", "vault")
    (sub,) = Subscriptions(engine, lambda: NOW).all()
    assert press.outbox.add_note(PAPERS, "vault", DAY, "missed", Content("missed", ()), subscription=sub)
    assert give_up_all(press) == set()
    assert press.claim() is None


def test_what_waits_from_before_there_were_editions_is_given_up_with_what_it_brings(press, engine: Engine) -> None:
    press.lay(press.entries("a", "b"))
    press.send_all(3)
    with transaction(engine) as connection:
        connection.execute(sa.update(t.Delivery).values(edition_id=None))
        connection.execute(sa.update(t.Carried).values(edition_id=None))
        connection.execute(sa.delete(t.Edition))
    assert give_up_all(press) == {DAY}
    assert press.outbox.carried(PAPERS, "vault", DAY) == {"a"}


def test_a_line_that_waits_from_before_there_were_editions_takes_all_it_names_along(press, engine: Engine) -> None:
    press.lay(press.entries("a", "b"), layout="list")
    press.outbox.add_note(PAPERS, "vault", DAY, "silent", Content("silent", ()))
    with transaction(engine) as connection:
        connection.execute(sa.update(t.Delivery).values(edition_id=None))
        connection.execute(sa.update(t.Carried).values(edition_id=None, entry_key=t.Carried.entry_key + " named"))
        connection.execute(sa.delete(t.Edition))
    give_up_all(press, origin="post")
    assert press.outbox.carried(PAPERS, "vault", DAY) == set()
    assert press.said() == ["silent"]


# Closing and opening


def test_a_channel_closed_for_long_starts_at_the_newest_day(house: House, caplog: pytest.LogCaptureFixture) -> None:
    days = [DAY - timedelta(days=number) for number in range(4, -1, -1)]
    house.read(paper("Day0"), day=days[0])
    house.subscribe()
    house.read(paper("Day1"), day=days[1])
    house.plan()
    house.send(1)
    house.close()
    for number, day in enumerate(days[2:], 2):
        house.read(paper(f"Day{number}"), day=day)
        assert house.plan() == 0, "nothing is laid out for a closed channel"
    assert house.send() == []
    with caplog.at_level(logging.INFO):
        house.open()
    house.plan()
    sent = house.send()
    assert [len(naming(f"Day{number}", sent)) for number in range(5)] == [0, 0, 0, 0, 1]
    assert "days_given_up=4" in caplog.text
    assert {row.error for row in house.rows("refused")} == {"channel was closed"}


def test_what_waits_of_the_newest_day_goes_when_the_channel_opens(house: House) -> None:
    house.read(MOE, LLM)
    house.subscribe("", "list")
    house.plan()
    house.close()
    house.open()
    assert len(house.send()) == 3, "the line that was tried is not lost, and its papers with it"


def test_opening_an_open_channel_changes_nothing(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.read(MOE, day=DAY - timedelta(days=1))
    house.subscribe()
    house.read(LLM)
    house.plan()
    with caplog.at_level(logging.INFO):
        house.open()
    assert len(house.send()) == 6
    assert caplog.text == ""


def test_another_channel_keeps_its_days(house: House) -> None:
    house.read(MOE, day=DAY - timedelta(days=1))
    house.subscribe()
    elsewhere = house.subscriptions.add("T1", "C2", "vault", layout="brief")
    house.subscriptions.fix_since(["vault"], NOW)
    house.read(LLM)
    house.subscriptions.pause(elsewhere.id, "chat")
    house.plan()
    house.close()
    house.open()
    house.subscriptions.resume(elsewhere.id)
    assert house.plan() == 2
