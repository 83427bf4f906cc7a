"""The Bolt app: what Slack may send us, and the one place where errors become answers."""

import logging
import re
import uuid
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

from slack_bolt import App, BoltContext, BoltResponse, Respond, Say
from slack_bolt.authorization import AuthorizeResult

from bot.errors import BotError
from bot.messages.errors import describe, unexpected
from bot.slack import actions, commands, mentions
from bot.slack.asker import asker_of
from bot.slack.client import Identity, untokened
from bot.slack.desk import Desk

log = logging.getLogger(__name__)

LISTENERS = 8  # Bolt's own 5 are soon taken: five slow listeners stop every ack (slack_bolt/listener/thread_runner.py)
REMEMBERED = 2000  # deliveries kept to recognise one that comes again; "at least once" is all that Slack promises
EVERYTHING = re.compile(".*")


def build_app(desk: Desk, identity: Identity) -> App:
    """A Bolt app that answers `/paper`, clicks and mentions from the desk."""
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
        listener_executor=ThreadPoolExecutor(LISTENERS, thread_name_prefix="listener"),
        request_verification_enabled=False,  # Socket Mode: the socket itself is authenticated
    )
    app.use(_Once().pass_on)
    commands.register(app, desk)
    actions.register(app, desk)
    mentions.register(app, desk)
    _acknowledge_the_rest(app)
    app.error(_error_handler(desk))
    return app


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


def _acknowledge_the_rest(app: App) -> None:
    """What we have no use for is acknowledged all the same: Slack sends again what it got no answer to."""
    app.event(EVERYTHING)(_nothing)
    for kind in (app.command, app.action, app.shortcut, app.view, app.options):
        kind(EVERYTHING)(_acknowledge)


def _nothing() -> None:
    """Events are acknowledged by Bolt itself."""


def _acknowledge(ack: Callable[[], BoltResponse]) -> None:
    ack()


def _typed(body: dict[str, Any]) -> str:
    """What the person wrote, as it was read: positions of a mistake count in it."""
    event = body.get("event") or {}
    return mentions.plain(str(event.get("text") or "")) if event else str(body.get("text") or "")


def _error_handler(desk: Desk) -> Callable[..., BoltResponse]:
    def on_error(
        error: Exception, body: dict[str, Any], context: BoltContext, respond: Respond, say: Say
    ) -> BoltResponse:
        """One reply for errors we chose; a reference and one traceback for the rest. Always status 200."""
        asker = asker_of(context, body, desk)
        if isinstance(error, BotError):
            content = describe(error, asker.words, typed=_typed(body))
            log.info("answered code=%s channel=%s", error.code, asker.channel)
        else:
            reference = uuid.uuid4().hex[:8]
            content = unexpected(reference, asker.words)
            log.error("failed reference=%s; report it with this traceback", reference, exc_info=error)
        event = body.get("event")
        if event:
            say(text=content.text, blocks=list(content.blocks), thread_ts=event.get("thread_ts") or event.get("ts"))
        else:
            respond(text=content.text, blocks=list(content.blocks), replace_original=False)
        return BoltResponse(status=200)

    return on_error
