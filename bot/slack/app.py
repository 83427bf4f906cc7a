"""The Bolt app: what Slack may send us, and who sees to it."""

import logging
import re
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

from slack_bolt import App, BoltResponse
from slack_bolt.authorization import AuthorizeResult

from bot.messages.words import words_for
from bot.slack import actions, commands, mentions, remarks
from bot.slack.asker import mend_surrogates
from bot.slack.client import Identity, untokened
from bot.slack.desk import Desk
from bot.slack.work import Work

WORKERS = 8  # answers under way at once; whatever comes beyond them is acknowledged and waits
REMEMBERED = 2000  # deliveries kept to recognise one that comes again; "at least once" is all that Slack promises
EVERYTHING = re.compile(".*")


def build_app(desk: Desk, identity: Identity) -> App:
    """A Bolt app that answers `/paper`, clicks and mentions from the desk, and hears what is said in threads."""
    authorized = AuthorizeResult(
        enterprise_id=None,
        team_id=identity.team,
        bot_user_id=identity.user,
        bot_id=identity.bot,
        bot_token=desk.client.token,
    )
    app = App(
        logger=logging.getLogger("slack_bolt"),
        client=untokened(desk.client),
        authorize=lambda: authorized,  # auth.test was asked at the start; asking at every click would cost ack time
        request_verification_enabled=False,  # Socket Mode: the socket itself is authenticated
    )
    app.use(_mend)
    app.use(_Once().pass_on)
    work = Work(desk, ThreadPoolExecutor(WORKERS, thread_name_prefix="answer"))
    commands.register(app, work)
    actions.register(app, work)
    mentions.register(app, work)
    remarks.register(app, work, desk)
    _answer_the_rest(app, work)
    app.error(work.failed)
    return app


def _mend(body: dict[str, Any], next: Callable[[], BoltResponse]) -> BoltResponse:
    """Half a character, as a cut emoji leaves it, can be neither stored nor sent back."""
    body.update(mend_surrogates(body))
    return next()


class _Once:
    """An event or a click that arrives again is acknowledged and goes no further."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._lock = Lock()

    def pass_on(self, body: dict[str, Any], next: Callable[[], BoltResponse]) -> BoltResponse:
        name = _name(body)
        if name is not None and self._again(name):
            return BoltResponse(status=200)
        return next()

    def _again(self, name: str) -> bool:
        with self._lock:
            again = name in self._seen
            self._seen[name] = None
            if len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
            return again


def _name(body: dict[str, Any]) -> str | None:
    """What makes two deliveries the same one: an event's id; the trigger of a command or click, which is used once."""
    return next((f"{field}:{body[field]}" for field in ("event_id", "trigger_id") if body.get(field)), None)


def _answer_the_rest(app: App, work: Work) -> None:
    """What we have no use for is acknowledged all the same: Slack sends again what it got no answer to.

    Where a person did something, it is answered in words.
    """
    app.event(EVERYTHING)(_nothing)
    for kind in (app.command, app.action, app.shortcut):
        kind(EVERYTHING)(work.later(actions.unknown))
    app.view(EVERYTHING)(_unknown_view)
    app.options(EVERYTHING)(_no_options)


def _nothing() -> None:
    """Events are acknowledged by Bolt itself."""


def _unknown_view(ack: Callable[..., BoltResponse], body: dict[str, Any]) -> None:
    """A form that is not ours, or no longer: its place says so."""
    if body.get("type") != "view_submission":
        ack()
        return
    said = words_for(None).t("error.click.unreadable")
    block = {"type": "section", "text": {"type": "plain_text", "text": said}}
    title = {"type": "plain_text", "text": "Paperround"}
    ack(response_action="update", view={"type": "modal", "title": title, "blocks": [block]})


def _no_options(ack: Callable[..., BoltResponse]) -> None:
    ack(options=[])
