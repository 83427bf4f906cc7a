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


def test_a_person_is_written_to_in_one_direct_message(
    sandbox: Running, directory: Directory, calls: Callable[[str], list[object]]
) -> None:
    opened = calls("conversations_open")
    first = directory.direct("U0EMMA0001")
    assert sandbox.workspace.channels[first].members == ["U0PAPERBOT", "U0EMMA0001"]
    assert directory.direct("U0EMMA0001") == first != directory.direct("U0JIWOO001")
    assert len(opened) == 2


@pytest.mark.parametrize(("user", "why"), [("U0NOBODY01", "user_not_found"), ("U0PAPERBOT", "cannot_dm_bot")])
def test_who_cannot_be_written_to_is_refused_with_the_reason(user: str, why: str, directory: Directory) -> None:
    with pytest.raises(RequestRefusedError, match=rf"channel\.no_direct reason={why}"):
        directory.direct(user)


def test_who_has_left_cannot_be_written_to(sandbox: Running, directory: Directory) -> None:
    sandbox.workspace.users["U0EMMA0001"] = replace(sandbox.workspace.users["U0EMMA0001"], deleted=True)
    with pytest.raises(RequestRefusedError, match="user_disabled"):
        directory.direct("U0EMMA0001")


def test_a_direct_message_that_does_not_open_now_is_asked_for_again(sandbox: Running, directory: Directory) -> None:
    sandbox.fault("ratelimited", "conversations.open")
    with pytest.raises(DeliveryDeferredError, match=r"slack\.busy"):
        directory.direct("U0EMMA0001")
    assert directory.direct("U0EMMA0001").startswith("D")


def test_writing_to_people_takes_a_scope(sandbox: Running, directory: Directory) -> None:
    sandbox.fault("drop_scope", scope="im:write")
    with pytest.raises(DeliveryDeferredError, match=r"slack\.scope.* needed=im:write"):
        directory.direct("U0EMMA0001")


def test_a_channel_tells_whether_it_takes_posts_again(sandbox: Running, directory: Directory) -> None:
    def state() -> tuple[bool, bool]:
        channel = directory.channel("C0PAPERS01")
        assert channel is not None
        return channel.is_member, channel.is_archived

    assert state() == (True, False)
    sandbox.fault("archive", channel="papers")
    assert state() == (True, True)
    sandbox.fault("unarchive", channel="papers")
    sandbox.fault("remove_member", channel="papers", who="paperround")
    assert state() == (False, False)


def test_a_server_without_all_of_slacks_methods_is_got_along_with(directory: Directory, sandbox: Running) -> None:
    for method in ("conversations.info", "conversations.join", "conversations.open", "users.info"):
        sandbox.fault("error", method=method, count=0, error="unknown_method")
    assert directory.enter("C0RANDOM01").name == "random"
    assert directory.named("C0PAPERS01") == directory.named("#papers")
    assert directory.channel("C0NOWHERE1") is None
    assert directory.person("U0EMMA0001") == Person("U0EMMA0001", None, "UTC")
    assert directory.direct("U0EMMA0001") == "U0EMMA0001"
