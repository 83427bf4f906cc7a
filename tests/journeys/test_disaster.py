"""The disk, the database, the clock and the ticks go wrong: nothing is lost, nothing doubled, and the log says what."""

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.journeys.scene import Moment, Paper, Scene, Stage, staged

HOUR = timedelta(hours=1)
LONG = tuple(f"A remark of some length, the {number}th of many, about how a queue is kept." for number in range(150))
PAPERS = (Paper(1), Paper(2, title="How to Leave"), Paper(3, title="How to Come Back"))
EDITED = (
    replace(PAPERS[0], title="How to Wait Well", remarks=LONG),  # more parts
    Paper(4, title="How to Be Late"),
    PAPERS[1],
)
"""One paper reads otherwise and is longer, one comes late, one goes."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("disaster")) as stage:
        yield stage


@pytest.fixture
def scene(stage: Stage, tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(stage, tmp_path)
    yield scene
    scene.process.end()
    stage.sandbox.clear_faults()


def assert_all_is_there_once(scene: Scene) -> None:
    """All that is owed and nothing else, whatever the order in which what was edited came."""
    assert sorted(scene.there(), key=str) == sorted(scene.owed(withdrawn=True), key=str)
    assert scene.stage.posts(scene.channel) == len(scene.there())


def told(caplog: pytest.LogCaptureFixture, words: str) -> list[str]:
    return [record.getMessage() for record in caplog.records if words in record.getMessage()]


def until_done(scene: Scene) -> Callable[[], bool]:
    def done() -> bool:
        return not scene.waiting() and sorted(scene.there(), key=str) == sorted(scene.owed(withdrawn=True), key=str)

    return done


# The disk is full.


def fill(scene: Scene) -> None:
    """No page more for the database."""
    scene.process.bot.engine.dispose()
    with closing(sqlite3.connect(scene.folder / "paperround.db")) as connection:
        connection.execute("VACUUM")  # what was freed within the file would be room
    scene.process.on_connect("max_page_count = 1")  # taken for as many as there are


def free(scene: Scene) -> None:
    scene.process.on_connect("max_page_count = 1000000")


@pytest.mark.parametrize("step", ["read", "plan"])
def test_a_full_disk_is_told_once_and_all_comes_when_there_is_room(
    scene: Scene, step: str, caplog: pytest.LogCaptureFixture
) -> None:
    scene.begin(*PAPERS)
    scene.finish()
    scene.pass_by(1)
    scene.write(*EDITED)
    if step == "plan":
        scene.process.read()
    fill(scene)
    before = scene.there()
    for _ in range(4):
        scene.process.tick()
        scene.pass_by(1)
    assert len(told(caplog, "store.full")) == 1
    assert scene.there() == before
    free(scene)
    scene.tick(until_done(scene))
    assert_all_is_there_once(scene)


class Broken:
    """Statements that begin so fail as SQLite fails on a full disk, while it is on."""

    def __init__(self, scene: Scene, beginning: str, let: int) -> None:
        self.on = True
        self.failures = 0
        self._beginning = beginning
        self._let = let
        sa.event.listen(scene.process.bot.engine, "before_cursor_execute", self._look)

    def _look(self, _conn: object, _cursor: object, statement: str, *_: object) -> None:
        if self.on and statement.lstrip().startswith(self._beginning):
            self._let -= 1
            if self._let < 0:
                self.failures += 1
                full = sqlite3.OperationalError("database or disk is full")
                full.sqlite_errorcode = sqlite3.SQLITE_FULL
                raise full


@pytest.mark.parametrize("let", range(8))
def test_a_disk_that_fills_while_messages_are_sent_neither_loses_nor_doubles_one(
    scene: Scene, let: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Whichever statement it is that finds no room: of a claim, of what came of it."""
    scene.begin(*PAPERS)
    broken = Broken(scene, "UPDATE", let)
    for _ in range(10):
        scene.process.tick()
        scene.pass_by(1)
    assert broken.failures
    assert len(told(caplog, "store.full")) == 1
    broken.on = False
    scene.tick(until_done(scene))
    assert_all_is_there_once(scene)


# Another program holds the database.


class Hold:
    """Another program's transaction."""

    def __init__(self, scene: Scene) -> None:
        self._connection = sqlite3.connect(scene.folder / "paperround.db", isolation_level=None)
        self.is_held = False

    def take(self) -> None:
        self._connection.execute("BEGIN EXCLUSIVE")
        self.is_held = True

    def release(self) -> None:
        self._connection.execute("ROLLBACK")
        self.is_held = False

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def hold(scene: Scene) -> Iterator[Hold]:
    scene.process.on_connect("busy_timeout = 5")
    hold = Hold(scene)
    yield hold
    hold.close()


WHERE: list[Moment] = [
    ("digests", "save", True), ("digests", "save", False), ("outbox", "lay", True), ("outbox", "lay", False),
    ("subscriptions", "consider", False), ("outbox", "claim_next", True), ("outbox", "claim_next", False),
    ("poster", "recent", False), ("poster", "post", False), ("outbox", "confirm", False),
]  # fmt: skip


def named(moments: list[Moment]) -> list[Any]:
    return [pytest.param(one, id=f"{'before' if one[2] else 'after'} {one[1]}") for one in moments]


@pytest.mark.parametrize("moment", named(WHERE))
def test_a_database_that_is_locked_for_half_a_minute_holds_everything_up_and_nothing_more(
    scene: Scene, hold: Hold, moment: Moment, caplog: pytest.LogCaptureFixture
) -> None:
    scene.process.interrupt(moment, hold.take)
    scene.enter()
    scene.write(*PAPERS)
    scene.tick(lambda: hold.is_held)
    for _ in range(6):
        scene.process.tick()
        scene.pass_by(5)
    assert 1 <= len(told(caplog, "store.locked")) <= 3  # reading, planning and sending each say it once
    assert not told(caplog, "Traceback")
    hold.release()
    scene.tick(until_done(scene))
    assert_all_is_there_once(scene)


# The file is replaced by an older one while the bot is stopped.


@pytest.mark.parametrize("sent", range(8))
def test_an_older_backup_knows_less_than_the_channel_and_nothing_is_posted_again(scene: Scene, sent: int) -> None:
    scene.begin(*PAPERS)
    scene.send(sent) if sent else None
    backup = scene.copy("older.db")
    scene.finish()
    whole = scene.there()
    scene.put_back(backup)
    scene.process.plan()
    scene.finish()
    assert scene.there() == whole
    assert_all_is_there_once(scene)


@pytest.mark.parametrize("sent", range(8))
def test_an_older_backup_from_before_an_edit_ends_with_the_edit(scene: Scene, sent: int) -> None:
    scene.begin(*PAPERS)
    scene.send(sent) if sent else None
    backup = scene.copy("older.db")
    scene.finish()
    scene.rewrite(*EDITED)
    scene.finish()
    edited = scene.there()
    scene.put_back(backup)
    scene.process.plan()
    scene.process.read()
    scene.process.plan()
    scene.finish()
    assert scene.there() == edited
    assert scene.stage.posts(scene.channel) == len(edited)


def test_a_part_that_went_after_the_backup_stays_away(scene: Scene) -> None:
    scene.begin(replace(PAPERS[0], remarks=LONG), *PAPERS[1:])
    scene.finish()
    backup = scene.copy("older.db")
    scene.rewrite(*PAPERS)
    scene.finish()
    short = scene.there()
    scene.put_back(backup)
    scene.process.read()
    scene.process.plan()
    scene.finish()
    assert scene.there() == short == scene.owed()


def test_an_older_backup_and_an_edit_while_the_bot_was_stopped_end_with_the_edit(scene: Scene) -> None:
    scene.begin(*PAPERS)
    backup = scene.copy("older.db")
    scene.finish()
    scene.put_back(backup)
    scene.rewrite(*EDITED)
    scene.finish()
    assert {words for words, _ in scene.there()} >= {words for words, _ in scene.owed()}
    assert scene.stage.posts(scene.channel) == len(scene.there())


# The clock jumps.


JUMPS = [pytest.param(-HOUR, id="an hour back"), pytest.param(HOUR, id="an hour ahead")]
STEPS: list[Moment] = [
    ("digests", "save", True), ("digests", "settle", True), ("outbox", "lay", True), ("outbox", "lay", False),
    ("outbox", "claim_next", False), ("poster", "recent", True), ("poster", "post", True), ("poster", "post", False),
    ("outbox", "confirm", True), ("outbox", "confirm", False),
]  # fmt: skip


def jump(scene: Scene, by: timedelta) -> Callable[[], None]:
    def act() -> None:
        scene.wrong += by

    return act


@pytest.mark.parametrize("by", JUMPS)
@pytest.mark.parametrize("let", [0, 2])
@pytest.mark.parametrize("moment", named(STEPS))
def test_a_clock_that_jumps_changes_nothing_about_what_is_posted(
    scene: Scene, moment: Moment, let: int, by: timedelta
) -> None:
    scene.process.interrupt(moment, jump(scene, by), let)
    scene.begin(*PAPERS)
    scene.finish()
    scene.pass_by(HOUR.total_seconds())  # what was to come may be that late
    scene.process.read()
    scene.process.plan()
    scene.finish()
    scene.rewrite(*EDITED)
    scene.finish()
    scene.pass_by(HOUR.total_seconds())
    scene.process.read()
    scene.process.plan()
    scene.finish()
    assert_all_is_there_once(scene)


@pytest.mark.parametrize("by", JUMPS)
@pytest.mark.parametrize("kind", ["drop", "drop_before"])
@pytest.mark.parametrize("let", [0, 1, 2])
def test_a_clock_that_jumps_while_an_outcome_is_unknown_hides_nothing(
    scene: Scene, let: int, kind: str, by: timedelta
) -> None:
    scene.begin(*PAPERS)
    scene.stage.sandbox.fault(kind, "chat.postMessage", after=let, channel=scene.channel)
    scene.process.interrupt(("outbox", "give_back", False), jump(scene, by))
    scene.finish()
    assert scene.wrong
    assert_all_is_there_once(scene)


# The ticks.


MIDST: list[Moment] = [
    ("digests", "save", False), ("outbox", "lay", True), ("outbox", "lay", False), ("subscriptions", "consider", True),
    ("outbox", "claim_next", False), ("poster", "recent", False), ("poster", "post", True), ("poster", "post", False),
    ("outbox", "confirm", True), ("outbox", "confirm", False),
]  # fmt: skip


def test_ticks_that_come_twice_write_nothing_twice(scene: Scene) -> None:
    scene.begin(*PAPERS)
    for _ in range(3):
        scene.process.read()
        scene.process.plan()
    scene.finish()
    scene.rewrite(*EDITED)
    for _ in range(3):
        scene.process.read()
        scene.process.plan()
    scene.finish()
    assert_all_is_there_once(scene)


def test_ticks_that_come_late_bring_all_that_was_owed(scene: Scene) -> None:
    scene.begin(*PAPERS)
    scene.pass_by(3 * 86400)
    scene.tick(until_done(scene))
    scene.write(*EDITED)
    scene.pass_by(3 * 86400)
    scene.tick(until_done(scene))
    assert_all_is_there_once(scene)


@pytest.mark.parametrize("moment", named(MIDST))
@pytest.mark.parametrize("let", [0, 1, 4])
def test_a_tick_that_overlaps_another_changes_nothing(scene: Scene, moment: Moment, let: int) -> None:
    other = scene.start()

    def whole() -> None:
        other.read()
        other.plan()
        other.send()

    scene.process.interrupt(moment, whole, let)
    scene.begin(*PAPERS)
    scene.finish()
    scene.rewrite(*EDITED)
    scene.finish()
    scene.process.plan()
    scene.finish()
    other.end()
    assert_all_is_there_once(scene)


# Two processes on one database.


ASLEEP: list[Moment] = [
    ("outbox", "claim_next", False), ("poster", "recent", False), ("poster", "find", False), ("poster", "post", False),
    ("outbox", "confirm", True), ("outbox", "give_back", True), ("poster", "update", False),
    ("poster", "delete", False),
]  # fmt: skip


@pytest.mark.parametrize("moment", named(ASLEEP))
def test_a_process_that_sleeps_longer_than_its_lease_finds_its_work_done(scene: Scene, moment: Moment) -> None:
    other = scene.start()

    def sleep() -> None:
        for _ in range(40):  # longer than a lease, and long enough for the other one to do everything
            scene.pass_by(2)
            other.send()

    scene.process.interrupt(moment, sleep)
    scene.stage.sandbox.fault("drop", "chat.postMessage", after=1, channel=scene.channel)
    scene.begin(replace(PAPERS[0], remarks=LONG), *PAPERS[1:])
    scene.finish()
    scene.rewrite(*PAPERS)
    scene.finish()
    other.end()
    assert scene.there() == scene.owed()


@pytest.mark.parametrize("seed", range(10))
def test_two_processes_do_the_work_of_one(scene: Scene, seed: int) -> None:
    rng = random.Random(seed)
    other = scene.start()
    scene.stage.sandbox.fault("drop", "chat.postMessage", after=rng.randint(0, 6), channel=scene.channel)
    scene.begin(*PAPERS)
    written = False
    for _ in range(400):
        process = rng.choice((scene.process, other))
        rng.choice((process.read, process.plan, process.send, process.send))()
        if rng.random() < 0.3:
            scene.pass_by(rng.choice((1, 1, 5, 20)))
        if not written and rng.random() < 0.02:
            scene.write(*EDITED)
            written = True
    scene.rewrite(*EDITED)
    scene.finish()
    scene.process.plan()
    scene.finish()
    other.end()
    owed, there = scene.owed(), scene.there()
    assert {words for words, _ in there} >= {words for words, _ in owed}
    assert len(there) == len(set(there)), "something stands there twice"
