"""Response URLs, asked as an app asks them."""

import json
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from bot.sandbox.responses import LIFE, ResponseUrl, ResponseUrls
from bot.sandbox.server import Running
from bot.sandbox.workspace import SlackError, Workspace

NOW = 1_712_900_000.0
HOME, ANNA = "C0HOME0001", "U0ANNA0001"


@pytest.fixture
def urls(club: Workspace) -> ResponseUrls:
    return ResponseUrls(club, "http://127.0.0.1:1")


def issue(club: Workspace, urls: ResponseUrls, **more: Any) -> str:
    url = ResponseUrl(club.apps["A0READER01"], ANNA, club.channels[HOME], NOW + LIFE, **more)
    return urls.issue(url).rpartition("/")[2]


def refusal(urls: ResponseUrls, name: str, body: dict[str, Any], now: float = NOW) -> str:
    with pytest.raises(SlackError) as refused:
        urls.answer(name, body, now)
    return refused.value.error


def whispers(club: Workspace) -> list[str]:
    return [seen.message["text"] for seen in club.ephemerals_of(ANNA)]


def test_five_answers_in_half_an_hour(club: Workspace, urls: ResponseUrls) -> None:
    name = issue(club, urls)
    for n in range(5):
        urls.answer(name, {"text": str(n)}, NOW)
    assert refusal(urls, name, {"text": "six"}) == "used_url"
    assert whispers(club) == ["0", "1", "2", "3", "4"]
    late = issue(club, urls)
    assert refusal(urls, late, {"text": "late"}, NOW + LIFE) == "expired_url"
    assert refusal(urls, "guessed", {"text": "a"}) == "expired_url"


def test_a_refused_answer_is_not_counted(club: Workspace, urls: ResponseUrls) -> None:
    name = issue(club, urls)
    for _ in range(6):
        assert refusal(urls, name, {"text": "a", "blocks": [{"type": "x"}]}) == "invalid_blocks"
    urls.answer(name, {"text": "a"}, NOW)
    assert whispers(club) == ["a"]


def test_an_answer_to_all_shows_the_command_once(club: Workspace, urls: ResponseUrls) -> None:
    name = issue(club, urls, typed="/read x")
    urls.answer(name, {"text": "one", "response_type": "in_channel"}, NOW)
    urls.answer(name, {"text": "two", "response_type": "in_channel"}, NOW)
    messages = list(club.channels[HOME].messages.values())
    assert [m["text"] for m in messages] == ["/read x", "one", "two"]
    assert messages[1]["bot_id"] == "B0READER01"


def test_replacing_keeps_a_private_answer_private(club: Workspace, urls: ResponseUrls) -> None:
    seen = club.whisper(club.channels[HOME], ANNA, {"user": "U0READER01", "text": "before"}, NOW)
    name = issue(club, urls, ephemeral_id=seen.id)
    urls.answer(name, {"text": "after", "replace_original": True, "response_type": "in_channel"}, NOW)
    assert whispers(club) == ["after"]
    assert not club.channels[HOME].messages
    urls.answer(name, {"delete_original": True}, NOW)
    assert whispers(club) == []
    assert refusal(urls, name, {"text": "a", "replace_original": True}) == "message_not_found"


def test_replacing_keeps_a_message_for_all(club: Workspace, urls: ResponseUrls) -> None:
    home = club.channels[HOME]
    ts = club.post(home, {"user": "U0READER01", "bot_id": "B0READER01", "text": "before"}, NOW)["ts"]
    name = issue(club, urls, ts=ts)
    urls.answer(name, {"text": "after", "replace_original": True}, NOW)
    assert home.messages[ts]["text"] == "after"
    assert whispers(club) == []
    urls.answer(name, {"delete_original": True}, NOW)
    assert not home.messages


def test_an_answer_may_go_into_a_thread(club: Workspace, urls: ResponseUrls) -> None:
    ts = club.post(club.channels[HOME], {"user": ANNA, "text": "parent"}, NOW)["ts"]
    name = issue(club, urls, ts=ts)
    urls.answer(name, {"text": "a", "response_type": "in_channel", "thread_ts": ts}, NOW)
    [reply] = club.replies(club.channels[HOME], ts)
    assert reply["text"] == "a"


def test_an_address_nobody_was_given_answers_404(sandbox: Running) -> None:
    request = Request(f"{sandbox.url}/response/T0CLUB0001/guessed", json.dumps({"text": "a"}).encode())
    request.add_header("content-type", "application/json")
    with pytest.raises(HTTPError) as refused:
        urlopen(request, timeout=5)
    with refused.value as answer:
        assert answer.code == 404
        assert json.loads(answer.read())["error"] == "expired_url"
