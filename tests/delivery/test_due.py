from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from bot.delivery.due import Wording, deliver_owed
from bot.delivery.outbox import Place
from bot.delivery.told import Told
from bot.digest.model import Entry, StoredDigest, StoredEntry
from bot.errors import StoreUnavailableError
from bot.messages.content import Content, DayMessage
from bot.plan.owed import OpenDay
from bot.plan.subscription import Subscription

FRIDAY, SATURDAY = date(2024, 4, 12), date(2024, 4, 13)
READY_AT = datetime(2024, 4, 12, 7, tzinfo=UTC)
NOW = datetime(2024, 4, 13, 10, tzinfo=UTC)
LATER = NOW + timedelta(minutes=30)
WINDOW = timedelta(days=14)


def paper(number: int, tag: str, **values) -> StoredEntry:
    return StoredEntry(number, f"k{number}", "vault", FRIDAY, number, Entry(f"Paper {number}", tags=(tag,)), **values)


PAPERS = (paper(1, "moe"), paper(2, "llm"))


class Days:
    """A source's days, and what each subscription has considered of them."""

    def __init__(self) -> None:
        self.stored: dict[date, StoredDigest] = {}
        self.settled: dict[date, datetime] = {}
        self.considered: dict[tuple[int, date], datetime | None] = {}
        self.asked: list[object] = []
        for day in (FRIDAY, SATURDAY):
            self.write(day, *PAPERS)

    def write(self, day, *entries, settled_at=READY_AT):
        self.stored[day] = StoredDigest("vault", day, "", entries)
        self.settled[day] = settled_at

    def ready(self, source):
        self.asked.append(source)
        return dict.fromkeys(self.stored, READY_AT) if source == "vault" else {}

    def load_day(self, source, day, *, withdrawn=False):
        self.asked.append(day)
        assert withdrawn
        return self.stored.get(day)

    def open_days(self, team, settled_since):
        assert (team, settled_since) in (("T1", NOW - WINDOW), ("T1", LATER - WINDOW))
        return {number: [*self._open(number)] for number in range(1, 10)}

    def _open(self, number):
        for day, settled_at in sorted(self.settled.items()):
            at = self.considered.get((number, day), READY_AT)
            if (number, day) not in self.considered or (at is not None and at < settled_at):
                yield OpenDay(day, READY_AT, settled_at, (number, day) not in self.considered)

    def consider(self, subscription, day, at):
        self.considered[subscription, day] = at

    def done(self, number=1):
        return {day for one, day in self.considered if one == number}


def lay_out(digest, entries, layout):
    head = DayMessage(Content(f"{layout} {digest.day}", ()), None, None, 0)
    return [head, *(DayMessage(Content(entry.entry.title, ()), entry.id, entry.key, 0) for entry in entries)]


def missed(days, query):
    return Content(f"missed {query} " + " ".join(map(str, days)), ())


def empty(day, query):
    return Content(f"empty {query} {day}", ())


SUB = Subscription(1, "T1", "C1", "vault", at=time(9), since=FRIDAY)


@pytest.fixture
def days():
    return Days()


@pytest.fixture
def deliver(days, outbox):
    def deliver(*subscriptions, lay_out=lay_out, now=NOW, catch_up=5, **options):
        wording = Wording(lay_out, missed, empty)
        values = {"edit_window": WINDOW, "catch_up": catch_up} | options
        return deliver_owed("T1", subscriptions, days, days, outbox, wording, now, **values)

    return deliver


def texts(outbox):
    return [
        (laid.edition.place.channel, laid.edition.day, message.content.text)
        for laid in outbox.laid
        for message in laid.messages
    ]


def test_owed_days_are_written_down_oldest_first_and_considered(deliver, outbox, days):
    assert deliver(SUB) == 6
    assert texts(outbox) == [
        ("C1", FRIDAY, "papers 2024-04-12"),
        ("C1", FRIDAY, "Paper 1"),
        ("C1", FRIDAY, "Paper 2"),
        ("C1", SATURDAY, "papers 2024-04-13"),
        ("C1", SATURDAY, "Paper 1"),
        ("C1", SATURDAY, "Paper 2"),
    ]
    assert days.considered == {(1, FRIDAY): READY_AT, (1, SATURDAY): READY_AT}
    assert [(laid.at, laid.edit_since) for laid in outbox.laid] == [(READY_AT, NOW - WINDOW)] * 2


def test_a_second_pass_adds_nothing(deliver, days):
    deliver(SUB)
    days.asked.clear()
    assert deliver(SUB) == 0
    assert days.asked == []


def test_a_pass_killed_before_it_was_done_with_the_day_is_repeated_without_harm(deliver, outbox, days):
    def killed(*arguments):
        raise SystemExit

    consider, days.consider = days.consider, killed
    with pytest.raises(SystemExit):
        deliver(SUB)
    days.consider = consider
    assert deliver(SUB) == 3  # the second day's; the first day's stand there already
    assert len(texts(outbox)) == 6
    assert days.done() == {FRIDAY, SATURDAY}


def test_only_papers_that_match_are_written_down(deliver, outbox):
    deliver(replace(SUB, query="tag:moe", since=SATURDAY))
    assert texts(outbox)[1:] == [("C1", SATURDAY, "Paper 1")]


@pytest.mark.parametrize("without", ["a match", "papers", "anything"])
def test_a_day_that_brings_nothing_is_only_considered(deliver, outbox, days, without):
    if without == "papers":
        days.write(FRIDAY, paper(1, "vision", withdrawn=True))
    if without == "anything":
        del days.stored[FRIDAY]
    assert deliver(replace(SUB, query="tag:vision")) == 0
    assert outbox.laid == []
    assert days.done() == {FRIDAY, SATURDAY}


def test_a_paused_subscription_is_left_alone_until_its_pause_is_over(deliver, days):
    assert deliver(replace(SUB, paused="by chat")) == 0
    assert deliver(replace(SUB, paused="by chat", paused_until=NOW + timedelta(seconds=1))) == 0
    assert days.considered == {}
    assert deliver(replace(SUB, paused="by chat", paused_until=NOW)) == 6


def test_a_subscription_whose_hour_has_not_come_is_left_alone(deliver, days):
    assert deliver(replace(SUB, at=time(11), since=SATURDAY), now=NOW) > 0  # Friday's eleven
    days.considered.clear()
    assert deliver(replace(SUB, id=2, channel="C2", at=time(11), days=frozenset({6})), now=NOW) == 0


def test_the_layout_follows_the_number_of_papers_that_match(deliver, outbox):
    deliver(SUB, papers_up_to=1)
    deliver(replace(SUB, id=2, channel="C2", query="tag:moe"), papers_up_to=1)
    deliver(replace(SUB, id=3, channel="C3", layout="brief"), papers_up_to=1)
    heads = {channel: text.split()[0] for channel, day, text in texts(outbox) if day == FRIDAY and "Paper" not in text}
    assert heads == {"C1": "list", "C2": "papers", "C3": "brief"}


@pytest.mark.parametrize("broken", [{"query": "tag:"}, {"zone": "Nowhere/At all"}, {"days": frozenset()}], ids=str)
def test_a_broken_subscription_does_not_stop_the_others(deliver, outbox, caplog, broken):
    deliver(replace(SUB, id=9, channel="C9", **broken), SUB)
    assert {laid.edition.place for laid in outbox.laid} == {Place("T1", "C1")}
    assert "not owed subscription=9" in caplog.text


def test_the_words_of_a_query_are_not_logged(deliver, caplog):
    deliver(replace(SUB, query="secretfield:x tag:"))
    assert "not owed" in caplog.text
    assert "secretfield" not in caplog.text


@pytest.mark.parametrize("step", ["laid out", "looked at"])
def test_a_day_that_fails_stops_neither_the_next_nor_is_forgotten(deliver, outbox, days, caplog, step):
    load_day = days.load_day

    def fails_on_friday(digest, entries, layout):
        if digest.day == FRIDAY:
            raise KeyError("a bug")
        return lay_out(digest, entries, layout)

    def is_unreadable_on_friday(source, day, *, withdrawn):
        if day == FRIDAY:
            raise KeyError("a bug")
        return load_day(source, day, withdrawn=withdrawn)

    if step == "looked at":
        days.load_day = is_unreadable_on_friday
    assert deliver(SUB, lay_out=fails_on_friday) == 3
    assert days.done() == {SATURDAY}
    assert f"not {step} subscription=1 team=T1 channel=C1 day=2024-04-12 reason=KeyError" in caplog.text
    days.load_day = load_day
    assert deliver(SUB) == 3


def test_a_store_that_is_gone_ends_the_pass(deliver, outbox):
    def full(*arguments, **options):
        raise StoreUnavailableError("store.full")

    outbox.lay = full
    with pytest.raises(StoreUnavailableError):
        deliver(SUB)


def test_what_could_not_be_written_down_is_looked_at_again(deliver, outbox, days):
    outbox.ended = {1}
    assert deliver(SUB) == 0
    assert days.considered == {}
    outbox.ended = set()
    assert deliver(SUB) == 6


def test_a_closed_channel_is_owed_nothing_and_its_days_stay(deliver, outbox, days):
    outbox.shut = {Place("T1", "C1"): "is_archived"}
    assert deliver(SUB, replace(SUB, id=2, channel="C2")) == 6
    assert {laid.edition.place.channel for laid in outbox.laid} == {"C2"}
    assert (days.done(1), days.done(2)) == (set(), {FRIDAY, SATURDAY})


def test_what_fails_the_same_way_is_told_once_and_again_when_it_changes(deliver, days, caplog):
    told, faults = Told(), iter([KeyError("a"), KeyError("b"), ValueError("c"), None, ValueError("d")])

    def failing(digest, entries, layout):
        if fault := next(faults):
            raise fault
        return []

    for _ in range(5):
        days.considered.clear()
        deliver(replace(SUB, since=SATURDAY), lay_out=failing, told=told)
        days.write(SATURDAY, *days.stored[SATURDAY].entries, paper(90 + len(days.asked), "late"))
    assert [record.message.split("reason=")[1].split(";")[0] for record in caplog.records] == [
        "KeyError",
        "ValueError",
        "ValueError",
    ]


def test_a_thousand_channels_read_and_lay_out_a_day_once(deliver, days):
    laid = []

    def counting(*arguments):
        laid.append(arguments)
        return lay_out(*arguments)

    subs = [replace(SUB, id=number, channel=f"C{number}", since=SATURDAY) for number in range(1, 6)]
    deliver(*subs, *(replace(sub, channel=f"D{sub.id}", layout="brief") for sub in subs[:2]), lay_out=counting)
    assert days.asked == [SATURDAY]
    assert [layout for _, _, layout in laid] == ["papers", "brief"]


# A channel gets a paper once


def test_a_paper_the_channel_has_from_another_subscription_is_left_out(deliver, outbox, days):
    deliver(replace(SUB, query="tag:moe", since=SATURDAY), replace(SUB, id=2, since=SATURDAY))
    assert [[entry.id for entry in laid.entries] for laid in outbox.laid] == [[1], [2]]
    assert days.done(1) == days.done(2) == {SATURDAY}


def test_where_the_channel_has_all_of_it_the_day_is_only_considered(deliver, days):
    assert deliver(SUB, replace(SUB, id=2, query="tag:moe")) == 6
    assert days.done(2) == {FRIDAY, SATURDAY}


# Late papers


@pytest.fixture
def delivered(deliver, days):
    """Friday is there, and has settled anew since."""
    deliver(replace(SUB, query="tag:moe"))
    return lambda *entries: days.write(FRIDAY, *entries, settled_at=LATER)


def test_a_late_paper_goes_into_the_edition_that_is_there_in_its_layout(deliver, outbox, days, delivered):
    delivered(paper(3, "moe"), *PAPERS, paper(4, "moe"), paper(5, "vision"))
    assert deliver(replace(SUB, query="tag:moe", layout="brief"), now=LATER) == 4
    last = outbox.laid[-1]
    assert [entry.id for entry in last.entries] == [3, 1, 4]
    assert last.messages[0].content.text == "papers 2024-04-12"
    assert last.at == LATER
    assert days.considered[1, FRIDAY] == LATER


def test_a_change_without_a_new_paper_is_only_considered(deliver, outbox, days, delivered):
    delivered(*PAPERS)
    before = len(outbox.laid)
    assert deliver(replace(SUB, query="tag:moe"), now=LATER) == 0
    assert len(outbox.laid) == before
    assert days.considered[1, FRIDAY] == LATER


def test_a_paper_stays_in_its_edition_though_the_query_matches_it_no_more(deliver, outbox, delivered):
    delivered(paper(1, "vision"), paper(2, "llm"), paper(3, "moe"))
    deliver(replace(SUB, query="tag:moe"), now=LATER)
    assert [entry.id for entry in outbox.laid[-1].entries] == [1, 3]


@pytest.mark.parametrize("begun", [True, False])
def test_a_withdrawn_paper_stays_only_where_it_has_begun(deliver, outbox, delivered, begun):
    delivered(paper(1, "moe", withdrawn=True), paper(2, "llm"), paper(3, "moe"))
    if begun:
        name = (Place("T1", "C1"), "vault", FRIDAY, "tag:moe")
        outbox.editions[name] = replace(outbox.editions[name], begun=frozenset({1}))
    deliver(replace(SUB, query="tag:moe"), now=LATER)
    assert [entry.id for entry in outbox.laid[-1].entries] == ([1, 3] if begun else [3])


def test_what_came_late_waits_for_an_edition_that_is_under_way(deliver, outbox, days, delivered):
    delivered(*PAPERS, paper(3, "moe"))
    outbox.under_way = True
    assert deliver(replace(SUB, query="tag:moe"), now=LATER) == 0
    assert days.considered[1, FRIDAY] == READY_AT
    outbox.under_way = False
    assert deliver(replace(SUB, query="tag:moe"), now=LATER) == 3


# What was missed


@pytest.fixture
def fortnight(days):
    dates = [FRIDAY + timedelta(days=number) for number in range(-9, 2)]
    for number, day in enumerate(dates):
        days.write(day, paper(10 + number, "moe" if number % 2 else "llm"))
    return dates


def test_of_many_missed_days_the_newest_come_and_the_others_are_named_before_them(deliver, outbox, days, fortnight):
    assert deliver(replace(SUB, since=fortnight[0]), catch_up=3) == 1 + 3 * 2
    (note,) = outbox.notes
    assert (note.place, note.source, note.day) == (Place("T1", "C1"), "vault", fortnight[-4])
    assert (note.name, note.before) == ("missed:", 0)
    assert note.content.text == "missed  " + " ".join(map(str, fortnight[:-3]))
    assert note.passed_over == fortnight[:-3]
    assert [laid.edition.day for laid in outbox.laid] == fortnight[-3:]
    assert days.done() == set(fortnight[-3:]), "the others are marked with the note, or not at all"


def test_days_that_bring_nothing_are_not_counted_as_missed(deliver, outbox, days, fortnight):
    deliver(replace(SUB, since=fortnight[0], query="tag:moe"), catch_up=5)
    assert outbox.notes == []
    assert [laid.edition.day for laid in outbox.laid] == fortnight[1::2]
    assert days.done() == set(fortnight)


def test_a_note_is_named_after_its_query_so_that_two_stand_side_by_side(deliver, outbox, fortnight):
    subs = [replace(SUB, id=number, since=fortnight[0], query=query) for number, query in ((1, "moe"), (2, "llm"))]
    assert deliver(*subs, catch_up=1) == 2 * (1 + 2)
    assert [note.name for note in outbox.notes] == ["missed:moe", "missed:llm"]


@pytest.mark.parametrize(
    ("weekdays", "delivered"),
    [
        pytest.param({5}, 7, id="once a week brings a week"),
        pytest.param({0, 2, 5}, 3, id="three days at most between two fires"),
        pytest.param(range(7), 2, id="every day"),
    ],
)
def test_what_one_fire_brings_in_ordinary_times_is_not_missed(deliver, outbox, fortnight, weekdays, delivered):
    deliver(replace(SUB, since=fortnight[0], days=frozenset(weekdays)), catch_up=2)
    assert [laid.edition.day for laid in outbox.laid] == fortnight[-delivered:]


def test_changes_of_days_it_has_are_not_counted_as_missed(deliver, outbox, days, fortnight):
    sub = replace(SUB, since=fortnight[0])
    deliver(sub, catch_up=20)
    for number, day in enumerate(fortnight):
        days.write(day, *days.stored[day].entries, paper(50 + number, "new"), settled_at=LATER)
    outbox.laid.clear()
    deliver(sub, catch_up=1, now=LATER)
    assert (len(outbox.laid), outbox.notes) == (len(fortnight), [])


# A day without a digest


def test_where_it_is_wanted_a_weekday_without_a_digest_is_said_once(deliver, outbox, days):
    monday = datetime(2024, 4, 15, 9, 10, tzinfo=UTC)
    sub = replace(SUB, query="tag:moe", say_when_empty=True, created_at=READY_AT)
    days.open_days = lambda team, since: {}
    assert deliver(sub, now=monday) == 1
    assert deliver(sub, now=monday + timedelta(minutes=5)) == 0
    (note,) = outbox.notes
    assert (note.place, note.day, note.name) == (Place("T1", "C1"), monday.date(), "empty:tag:moe")
    assert note.content.text == "empty tag:moe 2024-04-15"
    assert deliver(replace(sub, id=2, channel="C2", say_when_empty=False), now=monday) == 0


def test_a_source_is_asked_once_however_many_follow_it(deliver, days):
    monday = datetime(2024, 4, 15, 9, 10, tzinfo=UTC)
    days.open_days = lambda team, since: {}
    subs = [replace(SUB, id=number, channel=f"C{number}", say_when_empty=True) for number in range(1, 6)]
    assert deliver(*subs, now=monday) == 5
    assert days.asked == ["vault"]


# Quiet hours

NIGHT = (time(9), time(12))
NOON = datetime(2024, 4, 13, 12, tzinfo=UTC)


def test_a_channel_whose_subscriptions_all_have_quiet_hours_is_held_until_the_first_ends(deliver, outbox):
    short, long = replace(SUB, quiet=(time(9), time(11))), replace(SUB, id=2, query="tag:moe", quiet=NIGHT)
    deliver(long, short)
    deliver(short, long)
    assert outbox.held == [{Place("T1", "C1"): NOON - timedelta(hours=1)}] * 2


def test_one_without_quiet_hours_lets_the_channel_speak(deliver, outbox):
    deliver(replace(SUB, quiet=NIGHT), replace(SUB, id=2, query="tag:moe"))
    deliver(replace(SUB, id=2, query="tag:moe"), replace(SUB, quiet=NIGHT))
    assert outbox.held == [{}, {}]


def test_one_that_is_paused_does_not(deliver, outbox):
    deliver(replace(SUB, quiet=NIGHT), replace(SUB, id=2, query="tag:moe", paused="by chat"))
    assert outbox.held == [{Place("T1", "C1"): NOON}]


def test_channels_are_held_before_anything_is_written_down(deliver, outbox):
    outbox.hold = lambda until: outbox.held.append(len(outbox.laid))
    deliver(SUB, replace(SUB, id=2, channel="C2", quiet=NIGHT))
    assert outbox.held == [0]
    assert outbox.laid


def test_a_broken_subscription_does_not_keep_the_others_from_being_quiet(deliver, outbox):
    deliver(replace(SUB, quiet=NIGHT, zone="Nowhere/At all"), replace(SUB, id=2, channel="C2", quiet=NIGHT))
    assert outbox.held == [{Place("T1", "C2"): NOON}]
