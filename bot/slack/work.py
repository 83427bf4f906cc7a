"""Acknowledge at once, work afterwards: nothing that waits for Slack stands before an acknowledgement.

And the one place where errors become answers.
"""

import logging
import uuid
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

from slack_bolt import Ack, BoltContext, BoltResponse

from bot.errors import BotError, StoreUnavailableError
from bot.messages.errors import describe, unexpected
from bot.slack.asker import Asked, asker_of, team_of
from bot.slack.desk import Desk
from bot.slack.directory import Person
from bot.slack.reply import reply

log = logging.getLogger(__name__)

Listener = Callable[[Asked, Desk], None]
Hear = Callable[[dict[str, Any], str, str], None]
"""Gets an event, its team, and the bot's own user there."""


class Work:
    """Listeners for Bolt that only acknowledge; what they stand for is done in a pool.

    Bolt waits for an acknowledgement in the threads in which its listeners run: a few that wait for Slack would stop
    them all (slack_bolt/listener/thread_runner.py).
    """

    def __init__(self, desk: Desk, pool: Executor) -> None:
        self._desk = desk
        self._pool = pool

    def later(self, listener: Listener) -> Callable[..., None]:
        """The listener as Bolt takes one."""

        def accept(ack: Ack, body: dict[str, Any], payload: dict[str, Any], context: BoltContext) -> None:
            ack()
            self._pool.submit(self._do, listener, body, payload, context)

        return accept

    def unanswered(self, hear: Hear) -> Callable[..., None]:
        """As Bolt takes one, of a listener from whom nobody expects an answer: a fault is told in the log alone."""

        def accept(payload: dict[str, Any], context: BoltContext) -> None:
            self._pool.submit(_heard, hear, payload, context)

        return accept

    def _do(self, listener: Listener, body: dict[str, Any], payload: dict[str, Any], context: BoltContext) -> None:
        asked = _asked(body, payload, context, Person(context.user_id or "", None, "UTC"))
        try:
            asked = _asked(body, payload, context, self._desk.directory.person(asked.asker.user))
            listener(asked, self._desk)
        except Exception as error:
            self._answer(error, asked)

    def failed(
        self, error: Exception, body: dict[str, Any], context: BoltContext, response: BoltResponse | None
    ) -> None:
        """For Bolt's own faults, before any listener: the same answer, in English, and status 200."""
        self._answer(error, _asked(body, {}, context, Person(context.user_id or "", None, "UTC")))
        if response is not None:
            response.status = 200

    def _answer(self, error: Exception, asked: Asked) -> None:
        """One reply for errors we chose; a reference and one traceback for the rest."""
        words = asked.asker.words
        if isinstance(error, BotError):
            content = describe(error, words, typed=asked.typed)
            if isinstance(error, StoreUnavailableError):
                log.error("not answered channel=%s reason=%s; free or repair the database", asked.asker.channel, error)
            else:
                log.info("answered code=%s channel=%s", error.code, asked.asker.channel)
        else:
            reference = uuid.uuid4().hex[:8]
            content = unexpected(reference, words)
            log.error("failed reference=%s; report it with this traceback", reference, exc_info=error)
        reply(asked, self._desk, content)


def _heard(hear: Hear, event: dict[str, Any], context: BoltContext) -> None:
    try:
        hear(event, team_of(context), context.bot_user_id or "")
    except BotError as error:
        log.error("event lost type=%s reason=%s; paperround doctor says more", event.get("type"), error)
    except Exception as error:
        log.error("event lost type=%s; report it with this traceback", event.get("type"), exc_info=error)


def _asked(body: dict[str, Any], payload: dict[str, Any], context: BoltContext, person: Person) -> Asked:
    return Asked(asker_of(context, body, person), body, payload)
