"""An answer that Slack refuses is noticed, and its words come through where they can."""

from typing import Any

import pytest

from bot.messages.content import Content
from bot.slack.mentions import mentioned, said
from bot.slack.reply import delete, reply

Office = Any

REFUSED = Content("The words alone", ({"type": "header", "text": {"type": "plain_text", "text": "x" * 151}},))
EVENT = {"type": "app_mention", "user": "U0EMMA0001", "text": "help", "ts": "1.000001", "channel": "C0PAPERS01"}


def test_refused_blocks_leave_the_words(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bot.slack.commands.answer", lambda *_: (REFUSED,))
    assert office.typed("emma", "/paper help")["text"] == "The words alone"
    [line] = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert "status=400 code=invalid_blocks" in line
    assert "words alone" not in line


def test_refused_blocks_in_a_thread_leave_the_words(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("bot.slack.mentions.answer", lambda *_: (REFUSED,))
    office.sandbox.send("emma", "papers", "@paperround help")
    office.sandbox.wait_for(lambda: len(office.sandbox.messages("papers")) == 2)
    assert office.sandbox.messages("papers")[1]["text"] == "The words alone"
    assert "code=invalid_blocks" in caplog.text


def test_an_address_that_is_no_longer_good_is_an_error_in_the_log(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    assert not reply(office.asked("secretword"), office.workspace.desk, Content("secretword", ()))
    assert not delete(office.asked(), office.workspace.desk)
    lines = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert len(lines) == 2
    assert all("status=404 code=expired_url" in line for line in lines)
    assert "secretword" not in caplog.text


def test_an_address_that_nobody_answers_at_is_an_error_in_the_log(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = office.asked(response_url="http://127.0.0.1:1/response")
    assert not reply(nowhere, office.workspace.desk, Content("words", ()))
    assert "status=0 code=URLError" in caplog.text


def test_a_channel_that_takes_no_answer_is_an_error_in_the_log(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office.sandbox.fault("archive", channel="C0PAPERS01")
    assert not reply(office.asked(event=EVENT), office.workspace.desk, Content("words", ()))
    assert "code=is_archived" in caplog.text


@pytest.mark.parametrize("listener", [mentioned, said])
def test_another_bot_is_not_answered(office: Office, listener: Any) -> None:
    office.sandbox.send("emma", "papers", "help")
    event = EVENT | {"ts": office.sandbox.messages("papers")[0]["ts"]}
    event |= {"channel_type": "im", "channel": "D1"} if listener is said else {}
    asked = office.asked(event=event)
    asked.payload.update(event | {"bot_id": "B0OTHER"})
    listener(asked, office.workspace.desk)
    assert len(office.sandbox.messages("papers")) == 1
    del asked.payload["bot_id"]
    listener(asked, office.workspace.desk)
    assert len(office.sandbox.messages("papers")) == 2
