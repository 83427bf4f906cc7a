from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest

from bot.delivery.due import deliver_owed
from bot.delivery.outbox import Place
from bot.delivery.told import Told
from bot.digest.model import Entry, StoredDigest, StoredEntry
from bot.errors import StoreUnavailableError
from bot.messages.content import Content, DayMessage
from bot.plan.subscription import Subscription

FRIDAY, SATURDAY = date(2024, 4, 12), date(2024, 4, 13)
READY_AT = datetime(2024, 4, 12, 7, tzinfo=UTC)
NOW = datetime(2024, 4, 13, 10, tzinfo=UTC)


def paper(number: int, tag: str) -> StoredEntry:
    return StoredEntry(number, f"k{number}", "vault", FRIDAY, number, Entry(f"Paper {number}", tags=(tag,)))


class Days:
    def __init__(self) -> None:
        self.stored = {
            day: StoredDigest("vault", day, "", (paper(1, "moe"), paper(2, "llm"))) for day in (FRIDAY, SATURDAY)
        }
        self.asked = 0

    def ready(self, source):
        self.asked += 1
        return {SATURDAY: READY_AT, FRIDAY: READY_AT} if source == "vault" else {}

    def load_day(self, source, day):
        return self.stored.get(day)


class Handled:
    def __init__(self) -> None:
        self.days: dict[int, set[date]] = {}

    def handled(self, subscription):
        return self.days.get(subscription, set())

    def mark_handled(self, subscription, day):
        self.days.setdefault(subscription, set()).add(day)


def lay_out(digest, entries, layout):
    head = DayMessage(Content(f"{layout} {digest.day}", ()), None, None, 0)
    return [head, *(DayMessage(Content(entry.entry.title, ()), entry.id, entry.key, 0) for entry in entries)]


SUB = Subscription(1, "T1", "C1", "vault", at=time(9), since=FRIDAY)


@pytest.fixture
def days():
    return Days()


@pytest.fixture
def done():
    return Handled()


@pytest.fixture
def deliver(days, done, outbox):
    def deliver(*subscriptions, lay_out=lay_out, now=NOW, **options):
        return deliver_owed(subscriptions, days, done, outbox, lay_out, now, **options)

    return deliver


def texts(outbox):
    return [(place.channel, day, message.content.text) for place, _, day, message in outbox.added]


def test_owed_days_are_written_down_oldest_first_and_marked(deliver, outbox, done):
    assert deliver(SUB) == 6
    assert texts(outbox) == [
        ("C1", FRIDAY, "papers 2024-04-12"),
        ("C1", FRIDAY, "Paper 1"),
        ("C1", FRIDAY, "Paper 2"),
        ("C1", SATURDAY, "papers 2024-04-13"),
        ("C1", SATURDAY, "Paper 1"),
        ("C1", SATURDAY, "Paper 2"),
    ]
    assert done.days == {1: {FRIDAY, SATURDAY}}


def test_a_second_pass_adds_nothing(deliver):
    deliver(SUB)
    assert deliver(SUB) == 0


def test_a_pass_killed_before_it_marked_the_day_is_repeated_without_harm(deliver, outbox, done):
    def killed(subscription, day):
        raise SystemExit

    mark, done.mark_handled = done.mark_handled, killed
    with pytest.raises(SystemExit):
        deliver(SUB)
    done.mark_handled = mark
    assert deliver(SUB) == 3  # the second day's; the first day's stand there already
    assert len(outbox.added) == 6
    assert done.days == {1: {FRIDAY, SATURDAY}}


def test_only_papers_that_match_are_written_down(deliver, outbox):
    deliver(replace(SUB, query="tag:moe", since=SATURDAY))
    assert texts(outbox)[1:] == [("C1", SATURDAY, "Paper 1")]


def test_a_day_without_a_match_is_only_marked(deliver, outbox, done):
    assert deliver(replace(SUB, query="tag:vision")) == 0
    assert outbox.added == []
    assert done.days == {1: {FRIDAY, SATURDAY}}


def test_a_paused_subscription_is_left_alone(deliver, done):
    assert deliver(replace(SUB, paused="by chat")) == 0
    assert done.days == {}


def test_a_subscription_whose_hour_has_not_come_is_left_alone(deliver):
    assert deliver(SUB, now=datetime(2024, 4, 12, 8, 59, tzinfo=UTC)) == 0


def test_the_layout_follows_the_number_of_papers_that_match(deliver, outbox):
    deliver(SUB, papers_up_to=1)
    deliver(replace(SUB, id=2, channel="C2", query="tag:moe"), papers_up_to=1)
    deliver(replace(SUB, id=3, channel="C3", layout="brief"), papers_up_to=1)
    heads = {channel: text.split()[0] for channel, day, text in texts(outbox) if day == FRIDAY and "Paper" not in text}
    assert heads == {"C1": "list", "C2": "papers", "C3": "brief"}


@pytest.mark.parametrize("broken", [{"query": "tag:"}, {"zone": "Nowhere/At all"}, {"days": frozenset()}], ids=str)
def test_a_broken_subscription_does_not_stop_the_others(deliver, outbox, caplog, broken):
    deliver(replace(SUB, id=9, channel="C9", **broken), SUB)
    assert {place for place, *_ in outbox.added} == {Place("T1", "C1")}
    assert "not laid out subscription=9" in caplog.text


def test_the_words_of_a_query_are_not_logged(deliver, caplog):
    deliver(replace(SUB, query="secretfield:x tag:"))
    assert "not laid out" in caplog.text
    assert "secretfield" not in caplog.text


def test_a_day_that_cannot_be_laid_out_stops_neither_the_next_nor_is_forgotten(deliver, outbox, done, caplog):
    def fails_on_friday(digest, entries, layout):
        if digest.day == FRIDAY:
            raise KeyError("a bug")
        return lay_out(digest, entries, layout)

    assert deliver(SUB, lay_out=fails_on_friday) == 3
    assert done.days == {1: {SATURDAY}}
    assert "day=2024-04-12 reason=KeyError" in caplog.text
    assert deliver(SUB) == 3


def test_a_store_that_is_gone_ends_the_pass(deliver, outbox):
    def full(*arguments, **options):
        raise StoreUnavailableError("store.full")

    outbox.add = full
    with pytest.raises(StoreUnavailableError):
        deliver(SUB)


def test_a_paper_the_channel_has_from_another_subscription_is_left_out(deliver, outbox, done):
    heads = []

    def counting(digest, entries, layout):
        heads.append(len(entries))
        return lay_out(digest, entries, layout)

    deliver(replace(SUB, query="tag:moe", since=SATURDAY), replace(SUB, id=2, since=SATURDAY), lay_out=counting)
    papers = [text for _, _, text in texts(outbox) if text.startswith("Paper")]
    assert papers == ["Paper 1", "Paper 2"]
    assert heads == [1, 1], "each is laid out for what it brings"
    assert done.days == {1: {SATURDAY}, 2: {SATURDAY}}


def test_where_the_channel_has_all_of_it_the_day_is_only_marked(deliver, outbox, done):
    assert deliver(SUB, replace(SUB, id=2, query="tag:moe")) == 6
    assert done.days[2] == {FRIDAY, SATURDAY}


def test_what_could_not_be_written_down_is_looked_at_again(deliver, outbox, done):
    outbox.ended = {1}
    assert deliver(SUB) == 0
    assert done.days == {}
    outbox.ended = set()
    assert deliver(SUB) == 6


def test_a_closed_channel_is_owed_nothing_and_its_days_stay(deliver, outbox, done):
    outbox.shut = {Place("T1", "C1"): "is_archived"}
    assert deliver(SUB, replace(SUB, id=2, channel="C2")) == 6
    assert {place.channel for place, *_ in outbox.added} == {"C2"}
    assert done.days == {2: {FRIDAY, SATURDAY}}


def test_what_fails_the_same_way_is_told_once_and_again_when_it_changes(deliver, caplog):
    told, faults = Told(), iter([KeyError("a"), KeyError("b"), ValueError("c"), None, ValueError("d")])

    def failing(digest, entries, layout):
        if fault := next(faults):
            raise fault
        return []

    for _ in range(5):
        deliver(replace(SUB, since=SATURDAY), lay_out=failing, told=told)
    assert [record.message.split("reason=")[1].split(";")[0] for record in caplog.records] == [
        "KeyError",
        "ValueError",
        "ValueError",
    ]


def test_a_source_is_asked_once_however_many_follow_it(deliver, days):
    deliver(*(replace(SUB, id=number, channel=f"C{number}") for number in range(1, 6)))
    assert days.asked == 1
