"""A clock that was wrong and is set right: nobody waits until it has caught up, and nothing is lost or doubled."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.journeys.scene import Paper, Scene, Stage, staged

BACK = [
    pytest.param(timedelta(minutes=-10), id="ten minutes"),
    pytest.param(timedelta(days=-1), id="a day"),
    pytest.param(timedelta(days=-400), id="more than a year"),
]
RESTARTS = [pytest.param(False, id="under way"), pytest.param(True, id="across a restart")]
LATE = "AddedlatertothedigestofFridayApril122024"
PAPERS = (Paper(1), Paper(2, title="How to Leave"), Paper(3, title="How to Come Back"))


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("clock")) as stage:
        yield stage


@pytest.fixture
def scene(stage: Stage, tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(stage, tmp_path)
    yield scene
    scene.process.end()
    stage.sandbox.clear_faults()


def assert_all_is_there_once(scene: Scene) -> None:
    # A paper that came later says so, which what is owed of the day as a whole does not.
    there = [(words.replace(LATE, ""), parent and parent.replace(LATE, "")) for words, parent in scene.there()]
    assert sorted(there, key=str) == sorted(scene.owed(withdrawn=True), key=str)
    assert scene.stage.posts(scene.channel) == len(scene.there())


def set_back(scene: Scene, by: timedelta, restart: bool) -> None:
    scene.wrong += by
    if restart:
        scene.restart()


@pytest.mark.parametrize("by", BACK)
@pytest.mark.parametrize("restart", RESTARTS)
def test_a_queue_goes_on_at_its_usual_pace(scene: Scene, by: timedelta, restart: bool) -> None:
    scene.begin(*PAPERS)
    scene.send(2)
    set_back(scene, by, restart)
    scene.tick(lambda: not scene.waiting(), most=60)  # seconds
    assert_all_is_there_once(scene)


@pytest.mark.parametrize("by", BACK)
@pytest.mark.parametrize("restart", RESTARTS)
def test_what_comes_and_what_changes_afterwards_is_shown(scene: Scene, by: timedelta, restart: bool) -> None:
    scene.begin(*PAPERS[:2])
    scene.finish()
    set_back(scene, by, restart)
    scene.write(*PAPERS)
    scene.write(Paper(9), day="2024-04-13")
    scene.process.tick()
    scene.pass_by(1)
    scene.tick(lambda: not scene.waiting(), most=60)
    assert len(scene.owed()) > 4
    assert_all_is_there_once(scene)


@pytest.mark.parametrize("by", BACK)
def test_a_claim_of_a_process_that_died_ends_with_its_lease(scene: Scene, by: timedelta) -> None:
    scene.begin(*PAPERS)
    scene.send(1)
    scene.pass_by(1)
    process = scene.process
    claim = process.bot.outbox.claim_next("dead", scene.now(), scene.now() + process.pace.lease)
    assert claim is not None
    set_back(scene, by, restart=True)
    scene.tick(lambda: not scene.waiting(), most=90)
    assert_all_is_there_once(scene)


def test_a_clock_set_forward_and_back_again_loses_nothing(scene: Scene) -> None:
    scene.begin(*PAPERS)
    scene.send(1)
    scene.wrong += timedelta(days=1)
    scene.tick(lambda: scene.stage.posts(scene.channel) >= 3, most=60)
    scene.wrong -= timedelta(days=1)
    scene.rewrite(*PAPERS, Paper(4, title="How to Be Late"))
    scene.tick(lambda: not scene.waiting(), most=90)
    assert_all_is_there_once(scene)


def test_a_wait_that_slack_asked_for_ends_at_the_longest(scene: Scene) -> None:
    scene.stage.sandbox.fault("ratelimited", "chat.postMessage", channel=scene.channel, retry_after=10**11)
    scene.begin(Paper(1))
    scene.process.tick()
    scene.pass_by(scene.process.pace.operator.total_seconds() + 1)
    scene.tick(lambda: not scene.waiting(), most=60)
    assert_all_is_there_once(scene)
