"""Who people are and what channels are called, whatever Slack answers."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.client import IncompleteRead

import pytest
from slack_sdk import WebClient

from bot.errors import DeliveryDeferredError, DeliveryUnknownError, RequestRefusedError
from bot.sandbox.server import Running, running
from bot.slack.client import reading_client
from bot.slack.directory import Directory, Person

NOW = datetime(2024, 4, 12, 9, tzinfo=UTC)
BROKEN = [IncompleteRead(b"{"), ValueError("no JSON"), KeyError("user"), AttributeError("get"), TimeoutError()]


@pytest.fixture
def sandbox() -> Iterator[Running]:
    with running() as sandbox:
        yield sandbox


class Clock:
    def __init__(self) -> None:
        self.now = NOW
        self.slept: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def directory(sandbox: Running, clock: Clock) -> Directory:
    return Directory(reading_client(sandbox.bot_token, sandbox.api_url), clock, clock.sleep)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[object]]:
    """The calls of a method of the Web API from now on."""

    def counted(method: str) -> list[object]:
        made: list[object] = []
        real = getattr(WebClient, method)

        def call(self: WebClient, **arguments: object) -> object:
            made.append(arguments)
            return real(self, **arguments)

        monkeypatch.setattr(WebClient, method, call)
        return made

    return counted


def breaks(monkeypatch: pytest.MonkeyPatch, method: str, error: Exception) -> None:
    def call(self: WebClient, **arguments: object) -> object:
        raise error

    monkeypatch.setattr(WebClient, method, call)


def test_a_person_has_the_language_and_zone_slack_says(directory: Directory) -> None:
    assert directory.person("U0JIWOO001") == Person("U0JIWOO001", "ko-KR", "Asia/Seoul")


@pytest.mark.parametrize("error", BROKEN, ids=lambda error: type(error).__name__)
def test_a_broken_look_up_of_a_person_gives_english_and_utc(
    error: Exception, directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    breaks(monkeypatch, "users_info", error)
    assert directory.person("U0JIWOO001") == Person("U0JIWOO001", None, "UTC")


@pytest.mark.parametrize("zone", ["Mars/Olympus", "America", "/etc/passwd", "", "\0"])
def test_a_zone_nobody_here_knows_is_utc(zone: str, sandbox: Running, directory: Directory) -> None:
    sandbox.workspace.users["U0EMMA0001"] = replace(sandbox.workspace.users["U0EMMA0001"], tz=zone)
    assert directory.person("U0EMMA0001").zone == "UTC"


@pytest.mark.parametrize("error", BROKEN, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(
    ("method", "ask"),
    [
        ("conversations_info", lambda directory: directory.channel("C0PAPERS01")),
        ("conversations_list", lambda directory: directory.named("#papers")),
        ("conversations_join", lambda directory: directory.enter("C0RANDOM01")),
    ],
    ids=["channel", "named", "enter"],
)
def test_a_broken_look_up_of_a_channel_is_one_of_our_errors(
    method: str,
    ask: Callable[[Directory], object],
    error: Exception,
    directory: Directory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    breaks(monkeypatch, method, error)
    with pytest.raises(DeliveryUnknownError):
        ask(directory)


def test_several_names_take_one_list_for_a_minute(
    directory: Directory, clock: Clock, calls: Callable[[str], list[object]]
) -> None:
    listed = calls("conversations_list")
    found = [directory.named(name) for name in ("#papers", "#Random", "#nowhere")]
    assert [channel and channel.id for channel in found] == ["C0PAPERS01", "C0RANDOM01", None]
    assert len(listed) == 1
    clock.now += timedelta(minutes=1)
    directory.named("#papers")
    assert len(listed) == 2


def test_a_list_waits_once_where_slack_asks_for_it(sandbox: Running, directory: Directory, clock: Clock) -> None:
    sandbox.fault("ratelimited", "conversations.list", retry_after=20)
    channel = directory.named("#papers")
    assert channel is not None
    assert clock.slept == [20]


def test_a_list_that_stays_busy_is_given_up(sandbox: Running, directory: Directory, clock: Clock) -> None:
    sandbox.fault("ratelimited", "conversations.list", count=2, retry_after=20)
    with pytest.raises(DeliveryDeferredError):
        directory.named("#papers")
    assert clock.slept == [20]


def test_joining_that_slack_has_no_time_for_asks_for_no_invitation(sandbox: Running, directory: Directory) -> None:
    sandbox.fault("ratelimited", "conversations.join")
    with pytest.raises(DeliveryDeferredError, match=r"slack\.busy"):
        directory.enter("C0RANDOM01")


def test_a_channel_that_cannot_be_joined_asks_for_an_invitation(sandbox: Running, directory: Directory) -> None:
    sandbox.fault("drop_scope", scope="channels:join")
    with pytest.raises(RequestRefusedError, match=r"channel\.invite"):
        directory.enter("C0RANDOM01")


@pytest.mark.parametrize("scoped", [False, True])
def test_a_group_message_is_called_what_it_is(scoped: bool, sandbox: Running, directory: Directory) -> None:
    app = next(iter(sandbox.workspace.apps.values()))
    app.scopes += ["mpim:write", "mpim:read"]
    client = reading_client(sandbox.bot_token, sandbox.api_url)
    group = client.conversations_open(users="U0EMMA0001,U0JIWOO001")["channel"]["id"]
    if not scoped:
        app.scopes.remove("mpim:read")
    with pytest.raises(RequestRefusedError, match=r"channel\.group_dm"):
        directory.enter(group)


def test_a_server_without_all_of_slacks_methods_is_got_along_with(directory: Directory, sandbox: Running) -> None:
    for method in ("conversations.info", "conversations.join", "users.info"):
        sandbox.fault("error", method=method, count=0, error="unknown_method")
    assert directory.enter("C0RANDOM01").name == "random"
    assert directory.named("C0PAPERS01") == directory.named("#papers")
    assert directory.channel("C0NOWHERE1") is None
    assert directory.person("U0EMMA0001") == Person("U0EMMA0001", None, "UTC")
