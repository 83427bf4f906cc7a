"""Channels that take nothing more, on a real store and the stand-in: who is told, and how they open again."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.delivery.outbox import Place
from bot.delivery.send import send_next
from bot.delivery.told import Told
from bot.errors import RequestRefusedError
from bot.messages.content import Content
from bot.slack.closed import look_again, tell_subscribers
from bot.wiring import pace

PAPERS = Place("T0PAPERS01", "C0PAPERS01")


@pytest.fixture
def closed(office: Any) -> Any:
    """#papers, where emma subscribed, was archived, and a message met that."""
    bot, channel = office.bot, office.workspace.directory.enter("C0PAPERS01")
    bot.outbox.entered(PAPERS.team, channel.id, channel.name, channel.is_private)
    bot.subscriptions.add(PAPERS.team, PAPERS.channel, "vault", created_by="U0EMMA0001")
    bot.subscriptions.add(PAPERS.team, PAPERS.channel, "vault", "tag:moe", created_by="U0EMMA0001")
    bot.outbox.add_note(PAPERS, "vault", bot.clock().date(), "one", Content("One more", ()))
    office.sandbox.fault("archive", channel="papers")
    assert sent(office).outcome == "refused"
    return office


def sent(office: Any, after: timedelta = timedelta(0)) -> Any:
    bot, now = office.bot, office.bot.clock() + after
    return send_next(bot.outbox, office.workspace.poster, "test", lambda: now, pace(bot.settings))


def tell(office: Any, told: Told | None = None) -> None:
    bot, workspace = office.bot, office.workspace
    subs = bot.subscriptions.all(PAPERS.team)
    tell_subscribers(PAPERS.team, subs, bot.outbox, workspace.directory, told or Told())


def notes(office: Any) -> list[Any]:
    return [row for row in office.bot.outbox.rows() if row.place != PAPERS]


def test_who_subscribed_is_told_once_by_direct_message_also_after_a_restart(closed: Any) -> None:
    for _ in range(2):
        tell(closed)  # each with nothing told yet, as after a start
    assert len(notes(closed)) == 1, "two subscriptions of one person are one message"
    assert sent(closed, timedelta(minutes=1)).outcome == "posted"
    assert [
        message
        for message in closed.sandbox.messages(closed.workspace.directory.direct("U0EMMA0001"), "emma")
        if "archived" in str(message)
    ]


def test_what_was_told_is_not_asked_of_slack_again(closed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    told, asked = Told(), []
    direct = closed.workspace.directory.direct
    monkeypatch.setattr(
        type(closed.workspace.directory), "direct", lambda self, user: (asked.append(user), direct(user))[1]
    )
    for _ in range(3):
        tell(closed, told)
    assert asked == ["U0EMMA0001"]


def test_who_cannot_be_written_to_is_said_once_and_tried_again(
    closed: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told = Told()
    refusals = [RequestRefusedError("channel.no_direct"), RequestRefusedError("channel.no_direct"), None]
    direct: Callable[[str], str] = closed.workspace.directory.direct

    def refusing(self: Any, user: str) -> str:
        if refusal := refusals.pop(0):
            raise refusal
        return direct(user)

    monkeypatch.setattr(type(closed.workspace.directory), "direct", refusing)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            tell(closed, told)
    assert len([record for record in caplog.records if "not told" in record.message]) == 1
    assert len(notes(closed)) == 1


def test_an_archived_channel_opens_once_it_comes_back_and_what_waited_goes_out(closed: Any) -> None:
    outbox, directory = closed.bot.outbox, closed.workspace.directory
    look_again(PAPERS.team, outbox, directory)
    assert outbox.closed_channels(PAPERS.team), "it is archived still"
    closed.sandbox.fault("unarchive", channel="papers")
    look_again(PAPERS.team, outbox, directory)
    assert not outbox.closed_channels(PAPERS.team)
    assert sent(closed, timedelta(minutes=1)).outcome == "posted"


def test_a_channel_that_an_administrator_restricted_is_not_opened_by_looking(office: Any) -> None:
    channel = office.workspace.directory.enter("C0PAPERS01")
    office.bot.outbox.entered(PAPERS.team, channel.id, channel.name, channel.is_private)
    office.bot.outbox.add_note(PAPERS, "vault", office.bot.clock().date(), "one", Content("One more", ()))
    office.sandbox.fault("error", "chat.postMessage", error="restricted_action")
    assert sent(office).outcome == "refused"
    look_again(PAPERS.team, office.bot.outbox, office.workspace.directory)
    [still] = office.bot.outbox.closed_channels(PAPERS.team)
    assert office.bot.clock() - still.closed_at < timedelta(minutes=5)
