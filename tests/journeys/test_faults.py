"""Every fault of the line and of Slack at every step of a message: in the end all is there, once, in order."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.scene import KilledError, Moment, Paper, Scene, Stage, die, staged

IMPATIENT = 0.2
"""Seconds that a call may take where its answer comes late."""

ABSTRACT = (
    "We wait in line and measure what it does to us. A queue of people is compared with a queue of messages, and the "
    "messages are found to be the more patient ones, whatever is done to them on the way to where they are going."
)
FIRST = Paper(1, abstract=ABSTRACT)
SECOND = Paper(2, title="How to Leave")
# Its card and the day's line read otherwise, of its two replies one reads otherwise and one goes.
CHANGED = replace(FIRST, title="How to Wait Well", tags=("patience",), abstract="")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("faults")
    with staged(folder) as stage:
        scene = Scene(stage, folder)
        scene.write(FIRST, SECOND)
        scene.process.read()
        stage.empty = scene.copy("read.db")  # no case reads the day anew
        scene.process.end()
        yield stage


@pytest.fixture
def scene(stage: Stage, tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(stage, tmp_path)
    yield scene
    scene.process.end()
    stage.sandbox.clear_faults()


@dataclass(frozen=True)
class Step:
    """What is to be done in Slack for one message of the scene."""

    name: str
    method: str
    after: int
    """How many calls of that method come first."""
    reads: str = ""
    """The method by which it is looked for."""

    @property
    def is_post(self) -> bool:
        return bool(self.reads)

    @property
    def edits_before(self) -> int:
        """How many calls of its method come first once the scene is `to` it."""
        return 0 if self.is_post else self.after


HISTORY, REPLIES = "conversations.history", "conversations.replies"
LINE = Step("day line", "chat.postMessage", 0, HISTORY)
CARD = Step("paper", "chat.postMessage", 1, HISTORY)
REPLY = Step("reply", "chat.postMessage", 2, REPLIES)
EDIT = Step("edit", "chat.update", 1)
REMOVAL = Step("removed part", "chat.delete", 0)
POSTS = (LINE, CARD, REPLY)
STEPS = (*POSTS, EDIT, REMOVAL)


@dataclass(frozen=True)
class Fault:
    """A switch of the stand-in, and whether the answer comes late by it."""

    kind: str
    values: tuple[tuple[str, Any], ...] = ()

    @property
    def is_late(self) -> bool:
        return self.kind == "delay"

    def __str__(self) -> str:
        error = [value for name, value in self.values if name == "error"]
        marks = {("commit", True): "done", ("after_commit", True): "done", ("after_commit", False): "not done"}
        return " ".join([*(error or [self.kind]), *(marks[one] for one in self.values if one in marks)])


def fault(kind: str, **values: Any) -> Fault:
    return Fault(kind, tuple(values.items()))


def error(code: str, **values: Any) -> Fault:
    return fault("error", error=code, **values)


NO_BLOCKS = error("invalid_blocks")
"""Which a removal has none of."""
LINE_FAULTS = (
    fault("drop"),
    fault("drop_before"),
    fault("cut"),
    fault("delay", seconds=2 * IMPATIENT, after_commit=True),
    fault("ratelimited", retry_after=7),
    fault("http_500"),
    fault("http_503"),
    fault("internal_error"),
    fault("fatal_error"),
    error("service_unavailable"),
    error("request_timeout"),
    error("accesslimited"),
    error("missing_scope"),
    error("token_revoked"),
    error("unheard_of"),
)
"""What may happen to any call, and is over by the next."""
CALL_FAULTS = (
    *LINE_FAULTS,
    fault("delay", seconds=2 * IMPATIENT, after_commit=False),
    fault("http_500", commit=True),
    fault("http_503", commit=True),
    error("service_unavailable", commit=True),
    error("unheard_of", commit=True),
    error("message_limit_exceeded"),
    error("account_inactive"),
    error("is_archived"),
    error("not_in_channel"),
    error("restricted_action"),
    NO_BLOCKS,
)
"""What may happen to a call that people see."""
READ_FAULTS = (*LINE_FAULTS, error("not_in_channel"), error("channel_not_found"))


ARRIVED, LOST = fault("drop"), fault("drop_before")
MESSAGES = 6
"""Of the two papers as they come first."""


def to(scene: Scene, step: Step) -> None:
    """Go to where the step is next."""
    scene.begin(FIRST, SECOND)
    if not step.is_post:
        scene.finish()
        scene.rewrite(CHANGED, SECOND)
    elif step.after:
        scene.send(step.after)


def meet(scene: Scene, fault: Fault, method: str, let: int = 0) -> None:
    """Let the next call of a method go wrong."""
    values = {"channel": scene.channel, "after": let} | dict(fault.values)
    scene.stage.sandbox.fault(fault.kind, method, **values)


def go_on(scene: Scene, fault: Fault | None = None, changes: int = 0, mend: Callable[[], None] | None = None) -> None:
    """To the end. Of a call that comes late the answer is not waited for; what it changes is."""
    sandbox = scene.stage.sandbox
    if fault is not None and fault.is_late:
        before = sandbox.workspace.count
        scene.process.client.timeout = IMPATIENT  # type: ignore[assignment]  # it takes fractions
        while sandbox.faults():
            if scene.process.send() is None:
                scene.pass_by(1)
        scene.process.client.timeout = 10
        sandbox.wait_for(lambda: sandbox.workspace.count >= before + changes)
    scene.finish(mend or scene.reopen)
    assert sandbox.faults() == [], "it never met the fault"


def lose(scene: Scene, step: Step, lost: Fault) -> None:
    """Make the call, and leave its outcome unknown."""
    meet(scene, lost, step.method)
    while scene.stage.sandbox.faults():
        if scene.process.send() is None:
            scene.pass_by(1)


def assert_all_is_there_once(scene: Scene) -> None:
    assert scene.there() == scene.owed()
    assert scene.stage.posts(scene.channel) == MESSAGES


def cases(steps: tuple[Step, ...], faults: tuple[Fault, ...]) -> list[Any]:
    pairs = ((step, one) for step in steps for one in faults if (step, one) != (REMOVAL, NO_BLOCKS))
    return [pytest.param(step, one, id=f"{step.name}: {one}") for step, one in pairs]


@pytest.mark.parametrize(("step", "fault"), cases(STEPS, CALL_FAULTS))
def test_a_call_that_goes_wrong_is_made_good(scene: Scene, step: Step, fault: Fault) -> None:
    to(scene, step)
    meet(scene, fault, step.method, step.edits_before)
    go_on(scene, fault, changes=step.edits_before + 1)
    assert_all_is_there_once(scene)


@pytest.mark.parametrize(("step", "fault"), cases(POSTS, READ_FAULTS))
def test_a_channel_that_cannot_be_read_before_the_first_post_is_no_harm(scene: Scene, step: Step, fault: Fault) -> None:
    to(scene, step)
    scene.restart()
    meet(scene, fault, HISTORY)
    go_on(scene, fault)
    assert_all_is_there_once(scene)


@pytest.mark.parametrize("fault", [pytest.param(one, id=str(one)) for one in READ_FAULTS])
def test_a_thread_that_cannot_be_read_before_the_first_reply_is_no_harm(scene: Scene, fault: Fault) -> None:
    to(scene, REPLY)
    scene.restart()
    meet(scene, fault, REPLIES)
    go_on(scene, fault)
    assert_all_is_there_once(scene)


def looked_for() -> list[Any]:
    """Of what did not arrive, a few are enough: the look is the same."""
    arrived = [pytest.param(*case.values, ARRIVED, id=f"{case.id}, arrived") for case in cases(POSTS, READ_FAULTS)]
    some = (fault("drop"), fault("ratelimited", retry_after=7), fault("http_500"), error("missing_scope"))
    return [*arrived, *(pytest.param(*case.values, LOST, id=f"{case.id}, lost") for case in cases(POSTS, some))]


@pytest.mark.parametrize(("step", "fault", "lost"), looked_for())
def test_a_message_that_cannot_be_looked_for_waits(scene: Scene, step: Step, fault: Fault, lost: Fault) -> None:
    to(scene, step)
    lose(scene, step, lost)
    meet(scene, fault, step.reads)
    go_on(scene, fault)
    assert_all_is_there_once(scene)


CLAIMED = ("outbox", "claim_next", False)
CONFIRMING, CONFIRMED = ("outbox", "confirm", True), ("outbox", "confirm", False)


def moments(*steps: tuple[Step, tuple[Moment, ...]]) -> list[Any]:
    return [
        pytest.param(step, moment, id=f"{step.name}: {'before' if moment[2] else 'after'} {moment[1]}")
        for step, those in steps
        for moment in those
    ]


def around(part: str, method: str) -> tuple[Moment, Moment]:
    return (part, method, True), (part, method, False)


def kill(scene: Scene, moment: Moment, let: int = 0) -> None:
    """Go on until the process ends there, and start another."""
    scene.process.interrupt(moment, die, let)
    with pytest.raises(KilledError):
        scene.finish()
    scene.restart()


OF_A_POST = (CLAIMED, *around("poster", "recent"), *around("poster", "post"), CONFIRMING, CONFIRMED)


@pytest.mark.parametrize(
    ("step", "moment"),
    moments(
        *((step, OF_A_POST) for step in POSTS),
        (EDIT, (CLAIMED, *around("poster", "update"), CONFIRMING, CONFIRMED)),
        (REMOVAL, (CLAIMED, *around("poster", "delete"), CONFIRMING, CONFIRMED)),
    ),
)
def test_a_process_that_is_killed_leaves_nothing_undone_and_nothing_twice(
    scene: Scene, step: Step, moment: Moment
) -> None:
    to(scene, step)
    if moment[1] == "recent":
        scene.restart()
    is_counted = moment[0] == "outbox" and not step.is_post
    kill(scene, moment, step.edits_before if step is EDIT else 3 * is_counted)
    go_on(scene)
    assert_all_is_there_once(scene)


@pytest.mark.parametrize("lost", [pytest.param(ARRIVED, id="arrived"), pytest.param(LOST, id="lost")])
@pytest.mark.parametrize(
    ("step", "moment"),
    moments(*((step, (*around("outbox", "give_back"), *around("poster", "find"), CONFIRMING)) for step in POSTS)),
)
def test_a_process_that_is_killed_while_it_does_not_know_is_followed_by_one_that_looks(
    scene: Scene, step: Step, moment: Moment, lost: Fault
) -> None:
    to(scene, step)
    meet(scene, lost, step.method)
    kill(scene, moment)
    go_on(scene)
    assert_all_is_there_once(scene)


@pytest.mark.parametrize("moment", [*around("outbox", "lay"), *around("subscriptions", "consider")])
@pytest.mark.parametrize("edited", [False, True], ids=["a new day", "an edit"])
def test_a_process_that_is_killed_while_it_plans_is_followed_by_one_that_plans(
    scene: Scene, moment: Moment, edited: bool
) -> None:
    if edited:
        scene.begin(FIRST, SECOND)
        scene.finish()
    scene.process.interrupt(moment, die)
    write = partial(scene.rewrite, CHANGED, SECOND) if edited else partial(scene.begin, FIRST, SECOND)
    with pytest.raises(KilledError):
        write()
    scene.restart()
    scene.process.plan()
    go_on(scene)
    assert_all_is_there_once(scene)


WHILE_UNKNOWN = [pytest.param(fault(kind), id=kind) for kind in ("drop", "drop_before", "fatal_error")]


@pytest.mark.parametrize("fault", WHILE_UNKNOWN)
@pytest.mark.parametrize("step", [pytest.param(step, id=step.name) for step in POSTS])
def test_an_edit_does_not_overtake_a_post_that_may_have_arrived(scene: Scene, step: Step, fault: Fault) -> None:
    to(scene, step)
    lose(scene, step, fault)
    scene.rewrite(CHANGED, SECOND)
    scene.finish()
    scene.process.plan()
    go_on(scene)
    assert scene.there() == scene.owed()
    assert scene.stage.posts(scene.channel) in (MESSAGES - 1, MESSAGES)  # the part that goes may never have come


# What becomes of the workspace itself, and is put right by a person.


def archive(scene: Scene) -> Callable[[], None]:
    scene.stage.sandbox.fault("archive", channel=scene.channel)

    def mend() -> None:
        if scene.stage.sandbox.workspace.channels[scene.channel].is_archived:
            scene.stage.sandbox.fault("unarchive", channel=scene.channel)
        scene.reopen()

    return mend


def remove(scene: Scene) -> Callable[[], None]:
    scene.stage.sandbox.fault("remove_member", channel=scene.channel, who="paperround")

    def mend() -> None:
        scene.stage.sandbox.invite("jiwoo", scene.channel, "paperround")
        scene.reopen()

    return mend


def revoke(scene: Scene) -> Callable[[], None]:
    scene.stage.sandbox.fault("revoke")
    return scene.stage.sandbox.clear_faults


def blind(scene: Scene) -> Callable[[], None]:
    scene.stage.sandbox.fault("unreadable_history")
    return scene.stage.sandbox.clear_faults


WORLDS = [pytest.param(world, id=world.__name__) for world in (archive, remove, revoke)]


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("step", [pytest.param(step, id=step.name) for step in STEPS])
def test_what_a_person_puts_right_again_goes_on_where_it_stopped(
    scene: Scene, step: Step, world: Callable[[Scene], Callable[[], None]]
) -> None:
    to(scene, step)
    mend = world(scene)
    go_on(scene, mend=mend)
    assert_all_is_there_once(scene)


@pytest.mark.parametrize("world", [*WORLDS, pytest.param(blind, id="blind")])
@pytest.mark.parametrize("lost", [pytest.param(ARRIVED, id="arrived"), pytest.param(LOST, id="lost")])
@pytest.mark.parametrize("step", [pytest.param(step, id=step.name) for step in POSTS])
def test_what_is_not_known_waits_until_a_person_has_put_it_right(
    scene: Scene, step: Step, lost: Fault, world: Callable[[Scene], Callable[[], None]]
) -> None:
    to(scene, step)
    lose(scene, step, lost)
    go_on(scene, mend=world(scene))
    assert_all_is_there_once(scene)


@pytest.mark.parametrize("standing", ["drop_metadata", "no_paging", "short_pages", "history_limit"])
@pytest.mark.parametrize("lost", [pytest.param(ARRIVED, id="arrived"), pytest.param(LOST, id="lost")])
@pytest.mark.parametrize("step", [pytest.param(step, id=step.name) for step in POSTS])
def test_a_server_with_ways_of_its_own_is_got_along_with(scene: Scene, step: Step, lost: Fault, standing: str) -> None:
    scene.stage.sandbox.fault(standing)
    to(scene, step)
    meet(scene, lost, step.method)
    scene.finish(scene.reopen)
    assert_all_is_there_once(scene)
