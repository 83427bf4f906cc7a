"""Every command is acknowledged at once, and every fault is answered."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from slack_bolt.request import BoltRequest

from bot.slack.app import build_app
from bot.slack.directory import Directory, Person

Office = Any


def test_commands_are_acknowledged_while_all_answers_wait_for_slack(
    office: Office, days: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    days()
    go_on = Event()

    def slow(self: Directory, user: str) -> Person:
        go_on.wait(60)
        return Person(user, None, "UTC")

    monkeypatch.setattr(Directory, "person", slow)
    try:
        with ThreadPoolExecutor(20) as people:
            typed = list(people.map(lambda n: office.sandbox.send("emma", "papers", "/paper help"), range(20)))
        assert [answer for answer in typed if not answer["ok"]] == []
        assert office.sandbox.ephemerals("emma") == []
    finally:
        go_on.set()
    office.sandbox.wait_for(lambda: len(office.sandbox.ephemerals("emma")) == 20)


def test_a_fault_in_looking_up_a_person_is_answered_in_english(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def faulty(self: Directory, user: str) -> Person:
        raise RuntimeError("a fault")

    monkeypatch.setattr(Directory, "person", faulty)
    answer = office.typed("jiwoo", "/paper help")
    reference = next(record.args for record in caplog.records if "reference" in record.getMessage())
    assert "Something went wrong" in answer["text"]
    assert str(reference[0]) in answer["text"]


def test_a_fault_before_any_listener_is_acknowledged(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def faulty(*_: object) -> bool:
        raise RuntimeError("a fault")

    app = build_app(office.workspace.desk, office.workspace.identity)
    monkeypatch.setattr("bot.slack.app._Once._again", faulty)
    command = {"command": "/paper", "text": "help", "user_id": "U0EMMA0001", "trigger_id": "1", "team_id": "T0PAPERS01"}
    address = {"channel_id": "C0PAPERS01", "response_url": office.asked().body["response_url"]}
    response = app.dispatch(BoltRequest(mode="socket_mode", body=command | address))
    assert response.status == 200
    assert "failed reference=" in caplog.text


def test_half_a_character_is_answered_as_any_other_word(office: Office, days: Callable[[], None]) -> None:
    days()
    app = build_app(office.workspace.desk, office.workspace.identity)
    command = {"command": "/paper", "text": "moe \ud83d", "user_id": "U0EMMA0001", "trigger_id": "2"}
    channel = office.sandbox.dm("emma", "paperround")
    event = {"type": "message", "channel_type": "im", "user": "U0EMMA0001", "text": "tag:moe \ud83d", "ts": "1.000001"}
    body = {"type": "event_callback", "team_id": "T0PAPERS01", "event": event | {"channel": channel, "event_ts": "1.1"}}
    assert app.dispatch(BoltRequest(mode="socket_mode", body=body | {"event_id": "Ev1"})).status == 200
    said = office.sandbox.wait_for(lambda: [m for m in office.sandbox.messages(channel, "emma") if m.get("bot_id")])
    assert "Something went wrong" not in said[0]["text"]
    address = {"channel_id": "C0PAPERS01", "response_url": office.asked().body["response_url"]}
    assert (
        app.dispatch(BoltRequest(mode="socket_mode", body=command | address | {"team_id": "T0PAPERS01"})).status == 200
    )
