"""The ticks, and the config's subscriptions, on a real database and real folders."""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine

import bot.schedule
import bot.source_status
from bot.delivery.outbox import Place
from bot.delivery.told import Told
from bot.errors import DeliveryDeferredError, DeliveryUnknownError, RequestRefusedError, StoreUnavailableError
from bot.messages.content import Content
from bot.sandbox.server import running
from bot.schedule import Ticks, plan_deliveries, read_sources, start, tell_silence, tell_states
from bot.settings import Settings, SourceSettings, SubscriptionSettings
from bot.slack.directory import Channel
from bot.store.source_states import SourceStates
from bot.wiring import Bot, build, connect, pace, subscribe_from_config

TEAM = "T1"
START = datetime(2024, 4, 20, 9, tzinfo=UTC)
PRINT = """{day}
Paper of {day}
https://arxiv.org/abs/2404.{number:05d}
It says something.
그 이야기입니다.
"""


@dataclass
class FakeDirectory:
    """Channels by what the config calls them: a channel, an error, or None for one that is not there."""

    channels: dict[str, Any] = field(default_factory=dict)

    def named(self, name: str) -> Channel | None:
        found = self.channels.get(name)
        if isinstance(found, Exception):
            raise found
        return found

    def enter(self, channel: str) -> Channel:
        found = next(one for one in self.channels.values() if isinstance(one, Channel) and one.id == channel)
        if not found.is_member:
            raise RequestRefusedError("channel.invite")
        return found


@dataclass
class Round:
    """A bot whose ticks happen when told."""

    bot: Bot
    folder: Path
    times: list[datetime]
    directory: FakeDirectory = field(default_factory=FakeDirectory)
    told: Told = field(default_factory=Told)

    @property
    def workspace(self) -> Any:
        return SimpleNamespace(identity=SimpleNamespace(team=TEAM), directory=self.directory)

    def write(self, *days: int) -> None:
        for number in days:
            day = date(2024, 1, 1) + timedelta(days=number)
            path = self.folder / f"{day}.txt"
            path.write_text(PRINT.format(day=day, number=number), encoding="utf-8")
            os.utime(path, (START.timestamp() - 3600,) * 2)

    def read(self) -> None:
        self.times[0] += timedelta(seconds=5)
        read_sources(self.bot, self.told)

    def plan(self) -> set[date]:
        """The days that are written down by now."""
        plan_deliveries(self.bot, self.workspace, self.told)
        return {row.day for row in self.bot.outbox.rows(limit=10_000)}

    def follow(self, *orders: SubscriptionSettings) -> timedelta | None:
        return subscribe_from_config(self.bot, self.workspace, orders, self.told)


def day(number: int) -> date:
    return date(2024, 1, 1) + timedelta(days=number)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        database_url=f"sqlite:///{tmp_path}/round.db",
        source=(SourceSettings(name="vault", folder=tmp_path / "vault"),),
    )


@pytest.fixture
def make(settings: Settings, tmp_path: Path) -> Iterator[Callable[..., Round]]:
    made: list[Bot] = []

    def make(*more: SourceSettings) -> Round:
        (tmp_path / "vault").mkdir()
        times = [START]
        bot = build(settings.model_copy(update={"source": (*more, *settings.source)}), clock=lambda: times[0])
        made.append(bot)
        return Round(bot, tmp_path / "vault", times)

    yield make
    for one in made:
        one.engine.dispose()


@pytest.fixture
def round_(make: Callable[..., Round]) -> Round:
    return make()


def subscribe(round_: Round) -> None:
    round_.bot.subscriptions.add(TEAM, "C1", "vault", at=None)


# Reading


def test_a_new_subscription_begins_with_the_newest_day_after_a_look_that_found_nothing_new(round_: Round) -> None:
    subscribe(round_)
    round_.write(*range(5))
    round_.read()
    assert round_.plan() == set()
    round_.read()
    assert round_.plan() == {day(4)}


def test_an_empty_folder_that_fills_slowly_is_no_flood(round_: Round) -> None:
    subscribe(round_)
    round_.read()
    assert round_.plan() == set()
    for number in range(0, 12, 3):
        round_.write(number, number + 1, number + 2)
        round_.read()
        assert round_.plan() == set(), "half an archive"
    round_.read()
    assert round_.plan() == {day(11)}


def test_while_a_file_still_grows_a_source_is_not_read_to_its_end(round_: Round) -> None:
    subscribe(round_)
    round_.write(1, 2)
    round_.read()
    growing = round_.folder / f"{day(3)}.txt"
    for _ in range(3):
        growing.write_text(PRINT.format(day=day(3), number=3) * 2, encoding="utf-8")
        os.utime(growing, (round_.times[0].timestamp() + 5,) * 2)
        round_.read()
        assert round_.plan() == set()


def test_a_plan_in_the_middle_of_a_reading_finds_nothing_ready(round_: Round, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.ingest.BATCH", 10)
    subscribe(round_)
    round_.write(*range(30))
    save, seen = round_.bot.digests.save, []

    def then_plan(*arguments: Any) -> Any:
        saved = save(*arguments)
        seen.append(round_.plan())
        return saved

    monkeypatch.setattr(type(round_.bot.digests), "save", lambda _self, *arguments: then_plan(*arguments))
    round_.read()
    monkeypatch.undo()
    assert seen == [set()] * 3
    round_.read()
    assert round_.plan() == {day(29)}


def test_days_of_a_folder_that_is_gone_still_settle(round_: Round, tmp_path: Path) -> None:
    note = round_.folder / "240412 One.md"
    note.write_text("https://arxiv.org/abs/2404.00001\n\n*One* (Somebody)\n\n> About it.\n\n#moe\n", encoding="utf-8")
    os.utime(note, (START.timestamp() - 3600,) * 2)
    round_.read()
    assert round_.bot.digests.ready("vault") == {}
    round_.folder.rename(tmp_path / "unmounted")
    round_.times[0] += timedelta(minutes=10)
    round_.read()
    assert list(round_.bot.digests.ready("vault")) == [date(2024, 4, 12)]


def test_a_fault_in_one_source_keeps_no_other_from_being_read(
    make: Callable[..., Round], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    round_ = make(SourceSettings(name="broken", folder=tmp_path))
    broken = SimpleNamespace(name="broken", settle=timedelta(0), has_strays=False, only_when="")
    round_.bot = replace(round_.bot, sources=(broken, *round_.bot.sources[1:]))  # nothing of it works
    round_.write(1)
    for _ in range(3):
        round_.read()
    assert list(round_.bot.digests.ready("vault")) == [day(1)]
    faults = [record for record in caplog.records if record.levelname == "ERROR"]
    assert ["source=broken" in record.message for record in faults] == [True], "told once"
    assert faults[0].exc_info


def test_a_store_that_fails_is_told_once_a_source(
    round_: Round, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def locked(*arguments: Any, **options: Any) -> None:
        raise StoreUnavailableError("store.locked")

    monkeypatch.setattr(bot.schedule, "read_source", locked)
    for _ in range(3):
        round_.read()
    assert caplog.text.count("store.locked") == 1


def test_a_missing_folder_needs_a_person_and_is_told_once_until_it_is_back(
    round_: Round, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    away = tmp_path / "away"
    for _ in range(2):
        round_.folder.rename(away)
        for _ in range(3):
            round_.read()
        away.rename(round_.folder)
        round_.read()
        round_.read()
    errors = [record.message for record in caplog.records if record.levelname == "ERROR"]
    assert len(errors) == 2
    assert all(str(round_.folder) in error and "config" in error for error in errors)
    assert caplog.text.count("source read again") == 2


def test_many_missing_files_name_the_command_that_accepts_it(round_: Round, caplog: pytest.LogCaptureFixture) -> None:
    round_.write(*range(10))
    round_.read()
    for path in list(round_.folder.iterdir())[:8]:
        path.unlink()
    for _ in range(4):
        round_.read()
    (error,) = [record.message for record in caplog.records if record.levelname == "ERROR"]
    assert "paperround ingest --accept-removals" in error
    assert str(round_.folder) in error
    assert len(round_.bot.digests.ready("vault")) == 10


def test_a_tick_that_fails_the_same_way_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    faults = iter([KeyError("a"), KeyError("a"), StoreUnavailableError("store.full"), None, KeyError("a")])

    def tick() -> None:
        if fault := next(faults):
            raise fault

    job = bot.schedule._reported("plan", tick, Told())
    for _ in range(5):
        job()
    assert [bool(record.exc_info) for record in caplog.records] == [True, False, True]


# The config's subscriptions

PAPERS = Channel("C1", "Papers", False, True)
OTHERS = Channel("C2", "others", False, True)
ON_PAPERS = SubscriptionSettings(channel="#papers", at="on arrival")
ON_OTHERS = SubscriptionSettings(channel="#others", at="on arrival")
BUSY = DeliveryDeferredError("slack.busy", retry_at=START)
DOWN = DeliveryUnknownError("slack.unclear")


@pytest.fixture
def begun(round_: Round) -> Round:
    """Two channels subscribed from the config, a day handled, one paused."""
    round_.write(1)
    round_.read()
    round_.directory.channels = {"#papers": PAPERS, "#others": OTHERS}
    assert round_.follow(ON_PAPERS, ON_OTHERS) is None
    round_.read()
    assert round_.plan() == {day(1)}
    round_.bot.subscriptions.pause(round_.bot.subscriptions.all()[1].id, "chat")
    return round_


@pytest.mark.parametrize("fault", [BUSY, DOWN], ids=["429", "no answer"])
def test_while_slack_cannot_be_asked_no_subscription_loses_anything(
    begun: Round, fault: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    before = begun.bot.subscriptions.all()
    begun.directory.channels = {"#papers": fault, "#others": OTHERS}
    assert begun.follow(ON_PAPERS) == pace(begun.bot.settings).retry
    assert begun.follow(ON_PAPERS) is not None
    assert begun.bot.subscriptions.all() == before, "not even one that left the config: it is asked again soon"
    assert before[0].id not in begun.bot.subscriptions.open_days(TEAM, START), "the day stays considered"
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    begun.directory.channels = {"#papers": PAPERS}
    assert begun.follow(ON_PAPERS) is None
    assert begun.bot.subscriptions.all() == before[:1]


@pytest.mark.parametrize("shown", [None, Channel("C1", "papers", True, False)], ids=["not to be seen", "not invited"])
def test_a_channel_the_bot_was_kicked_from_keeps_its_subscription(
    begun: Round, shown: Channel | None, caplog: pytest.LogCaptureFixture
) -> None:
    before = begun.bot.subscriptions.all()
    begun.directory.channels["#papers"] = shown
    assert begun.follow(ON_PAPERS) == pace(begun.bot.settings).operator
    begun.follow(ON_PAPERS)
    assert begun.bot.subscriptions.all() == before[:1], "what left the config has ended"
    (error,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert "correct its name" in error.message
    begun.directory.channels["#papers"] = PAPERS
    assert begun.follow(ON_PAPERS) is None
    assert begun.bot.subscriptions.all() == before[:1]


def test_a_channel_never_seen_does_not_stop_the_others(round_: Round) -> None:
    round_.directory.channels = {"#others": OTHERS}
    round_.follow(ON_PAPERS, ON_OTHERS)
    assert [sub.channel for sub in round_.bot.subscriptions.all()] == ["C2"]


# Silence


def test_the_operators_channel_is_entered_before_it_is_told_of_a_silence(round_: Round) -> None:
    asked: list[str] = []
    round_.directory.channels = {"#ops": Channel("C9", "ops", is_private=False, is_member=True)}
    round_.directory.enter = asked.append  # type: ignore[method-assign, assignment]
    delivery = round_.bot.settings.delivery.model_copy(update={"operator_channel": "#ops"})
    bot = replace(round_.bot, settings=round_.bot.settings.model_copy(update={"delivery": delivery}))
    round_.write(1, 2, 3, 4, 5, 6)
    round_.read()
    round_.times[0] += timedelta(days=90)
    for _ in range(2):
        tell_silence(bot, round_.workspace, round_.told)
    assert asked[:1] == ["C9"], "Slack lets nobody write into a channel that they are not in"
    assert [row.place.channel for row in bot.outbox.rows()] == ["C9"], "once"


# All of it, against the stand-in


def test_a_call_that_takes_its_time_is_posted_once_at_any_speed(settings: Settings) -> None:
    with running(speed=20) as sandbox:
        fast = settings.model_copy(update={"speed": 20.0, "slack_api_url": sandbox.api_url})
        made = build(fast)
        workspace = connect(made, sandbox.bot_token)
        channel = workspace.directory.enter("C0PAPERS01")
        sandbox.fault("delay", method="chat.postMessage", seconds=1.5, after_commit=False)
        place = Place(workspace.identity.team, channel.id)
        for words in ("One", "Two"):
            made.outbox.add_note(place, "vault", day(1), words, Content(words, ()))
        stop = start(made, workspace)
        try:
            sandbox.wait_for(lambda: len(sandbox.messages("papers")) >= 2, seconds=20)
        finally:
            stop()
        texts = [message["text"] for message in sandbox.messages("papers")]
        attempts = [row.attempts for row in made.outbox.rows()]
        made.engine.dispose()
    assert texts == ["One", "Two"]
    assert attempts == [1, 1], "nobody gave it up before its time, to send it again beside it"


def test_nothing_is_sent_after_a_start_before_it_was_asked_who_has_quiet_hours(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned, woken = threading.Event(), threading.Event()
    before: list[bool] = []

    def plan(*_given: Any) -> None:
        woken.wait(0.5)  # many ticks of the sender's
        before.append(woken.is_set())
        planned.set()
        raise StoreUnavailableError("store.locked")

    monkeypatch.setattr(bot.schedule, "plan_deliveries", plan)
    monkeypatch.setattr(bot.schedule.Senders, "wake", lambda _senders: woken.set())
    with running(speed=0) as sandbox:
        made = build(settings.model_copy(update={"speed": 20.0, "slack_api_url": sandbox.api_url}))
        stop = start(made, connect(made, sandbox.bot_token))
        try:
            assert planned.wait(10)
            assert woken.wait(10), "a plan that fails keeps nothing back that is written down"
        finally:
            stop()
        made.engine.dispose()
    assert before[0] is False


def test_orders_whose_channel_was_not_found_are_looked_at_again_until_it_is(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[Any] = [StoreUnavailableError("store.locked"), timedelta(0), None]
    orders: list[Any] = []
    all_found = threading.Event()

    def follow(_bot: Any, _workspace: Any, wanted: Any, _told: Any) -> timedelta | None:
        orders.append(wanted)
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if answer is None:
            all_found.set()
        return answer

    monkeypatch.setattr(bot.schedule, "subscribe_from_config", follow)
    with running(speed=0) as sandbox:
        made = build(settings.model_copy(update={"speed": 1000.0, "slack_api_url": sandbox.api_url}))
        workspace = connect(made, sandbox.bot_token)
        stop = start(made, workspace, (ON_PAPERS,), timedelta(0))
        try:
            assert all_found.wait(10)
        finally:
            stop()
        made.engine.dispose()
    assert orders == [(ON_PAPERS,)] * 3


def test_a_tick_comes_at_its_interval_whatever_the_wall_clock_says() -> None:
    ticks, calls, seen = Ticks(), [], threading.Event()

    def tick() -> None:
        calls.append(time.monotonic())
        if len(calls) == 2:
            traveller.move_to(datetime(2020, 1, 1, tzinfo=UTC))  # as if somebody set the clock back by years
        if len(calls) >= 5:
            seen.set()

    with time_machine.travel(datetime(2024, 4, 12, tzinfo=UTC)) as traveller:
        ticks.every(timedelta(milliseconds=20), "test", tick)
        ticks.start()
        assert seen.wait(10)
        ticks.stop()


def test_a_tick_that_outlasts_its_interval_is_called_once_afterwards() -> None:
    ticks, calls = Ticks(), []
    begun, go_on, seen = threading.Event(), threading.Event(), threading.Event()

    def tick() -> None:
        calls.append(threading.current_thread().name)
        if len(calls) == 1:
            begun.set()
            go_on.wait(10)
        else:
            seen.set()

    ticks.every(timedelta(seconds=3600), "long", tick)
    ticks.once(timedelta(0), "other", go_on.set)  # another is not kept waiting
    ticks.start()
    assert begun.wait(10)
    assert go_on.wait(10)
    ticks.stop()
    assert not seen.is_set()
    assert len(calls) == 1


def test_nothing_is_called_once_the_ticks_have_stopped() -> None:
    ticks, calls = Ticks(), []
    ticks.every(timedelta(0), "test", lambda: calls.append(1))
    ticks.stop()
    ticks.start()
    ticks.once(timedelta(0), "late", lambda: calls.append(2))
    assert not threading.Event().wait(0.05)
    assert not calls


# The state of a source


NO_DIGEST = "Words without a paper.\n"
OPS = Channel("C9", "ops", is_private=False, is_member=True)


def with_operator(round_: Round) -> None:
    settings = round_.bot.settings
    delivery = settings.delivery.model_copy(update={"operator_channel": "#ops"})
    round_.bot = replace(round_.bot, settings=settings.model_copy(update={"delivery": delivery}))
    round_.directory.channels = {"#ops": OPS}


def write_note(round_: Round, name: str, text: str) -> None:
    path = round_.folder / name
    path.write_text(text, encoding="utf-8")
    os.utime(path, (START.timestamp() - 3600,) * 2)


def news(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    about = ("source ", "nothing in the source", "document not read")
    return [
        (one.levelname, one.message.split(" source=")[0]) for one in caplog.records if one.message.startswith(about)
    ]


def test_a_source_in_which_nothing_can_be_used_is_news_once_and_again_when_it_can(
    round_: Round, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    write_note(round_, "ideas.md", NO_DIGEST)
    for _ in range(3):
        round_.read()
    assert news(caplog) == [("ERROR", "nothing in the source can be used"), ("ERROR", "document not read")]
    caplog.clear()
    round_.write(1)
    for _ in range(3):
        round_.read()
    assert news(caplog) == [("INFO", "source read again")]


def test_a_restart_knows_that_nothing_can_be_used(round_: Round, caplog: pytest.LogCaptureFixture) -> None:
    write_note(round_, "ideas.md", NO_DIGEST)
    round_.read()
    caplog.clear()
    round_.told = Told()
    for _ in range(3):
        round_.read()
    assert news(caplog) == [("ERROR", "nothing in the source can be used")]


def test_the_operator_is_told_once_of_a_source_in_which_nothing_can_be_used(round_: Round) -> None:
    with_operator(round_)
    write_note(round_, "ideas.md", NO_DIGEST)
    for _ in range(3):
        round_.read()
        tell_states(round_.bot, round_.workspace, round_.told)
    round_.told = Told()  # a restart
    round_.read()
    tell_states(round_.bot, round_.workspace, round_.told)
    (row,) = round_.bot.outbox.rows()
    assert row.place.channel == "C9"


def test_an_empty_folder_may_be_filling_and_is_told_only_when_it_lasts(round_: Round) -> None:
    with_operator(round_)
    round_.read()
    tell_states(round_.bot, round_.workspace, round_.told)
    assert round_.bot.outbox.rows() == []
    round_.times[0] += timedelta(hours=2)
    tell_states(round_.bot, round_.workspace, round_.told)
    assert len(round_.bot.outbox.rows()) == 1


def test_a_folder_that_is_gone_for_an_hour_is_told_to_the_operator(round_: Round, tmp_path: Path) -> None:
    with_operator(round_)
    round_.folder.rename(tmp_path / "away")
    for hours in (0, 0.5, 1.5, 2):
        round_.times[0] = START + timedelta(hours=hours)
        round_.read()
        tell_states(round_.bot, round_.workspace, round_.told)
        assert len(round_.bot.outbox.rows()) == (hours > 1)


def test_a_feed_that_rests_after_a_failure_has_not_recovered(
    make: Callable[..., Round], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    round_ = make(SourceSettings(name="letter", feed="http://127.0.0.1:1/feed"))
    round_.write(1)
    for _ in range(4):
        round_.read()
    assert [what for _, what in news(caplog)] == ["source not read, comes again"]
    states = SourceStates(round_.bot.engine)
    known = states.load("letter")
    assert known is not None
    assert (known.state, known.since) == ("unreachable", START + timedelta(seconds=5))
    assert "127.0.0.1" in (known.example_why or "")
    round_.told = Told()  # after a restart it rests on
    round_.read()
    assert "source read again" not in caplog.text
    assert states.load("letter") == known


def test_what_an_older_reader_could_not_read_is_read_again(
    round_: Round, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    reads: list[str] = []
    read = bot.schedule.read_source

    def reading(*given: Any, **named: Any) -> Any:
        report = read(*given, **named)
        reads.extend((*report.read, *(uri for uri, _ in report.failed)))
        return report

    monkeypatch.setattr(bot.schedule, "read_source", reading)
    write_note(round_, "ideas.md", NO_DIGEST)
    round_.write(1)
    round_.read()
    round_.told = Told()
    round_.read()
    assert sorted(reads) == [f"{day(1)}.txt", "ideas.md"], "a restart alone reads nothing twice"
    monkeypatch.setattr(bot.source_status, "reader_version", lambda: "a newer one")
    round_.told = Told()
    for _ in range(2):
        round_.read()
    assert reads[2:] == ["ideas.md"], "only what could not be read, and once"


def test_a_source_that_hangs_keeps_no_other_from_being_read(
    make: Callable[..., Round], monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    asked, done = threading.Event(), threading.Event()
    hanging = SimpleNamespace(
        name="hanging",
        settle=timedelta(0),
        has_strays=False,
        fetch=lambda *given, **named: (asked.set(), done.wait(30)),
    )
    read: list[str] = []
    both = threading.Event()

    def read_one(_bot: Bot, source: Any, _told: Told) -> None:
        if source.name == "hanging":
            source.fetch()
            return
        read.append(source.name)
        if len(read) > 3 and asked.is_set():
            both.set()

    monkeypatch.setattr(bot.schedule, "read_one", read_one)
    with running(speed=0) as sandbox:
        made = build(settings.model_copy(update={"speed": 20.0, "slack_api_url": sandbox.api_url}))
        made = replace(made, sources=(hanging, *made.sources))
        stop = start(made, connect(made, sandbox.bot_token))
        try:
            assert both.wait(20), "the folder is read on while the feed hangs"
        finally:
            done.set()
            stop()
        made.engine.dispose()
