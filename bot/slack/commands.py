"""`/paper …`: acknowledge, understand, ask, answer in private."""

from functools import partial
from typing import Any

from slack_bolt import Ack, App, BoltContext, Respond

from bot.search.command import parse_command
from bot.slack.answer import answer
from bot.slack.asker import asker_of
from bot.slack.desk import Desk


def register(app: App, desk: Desk) -> None:
    """Answer the slash command."""
    app.command("/paper")(partial(paper, desk=desk))


def paper(ack: Ack, respond: Respond, body: dict[str, Any], context: BoltContext, *, desk: Desk) -> None:
    """Answer what was typed; mistakes go to the one error handler."""
    ack()  # within three seconds, before any work
    asker = asker_of(context, body, desk)
    command = parse_command(str(body.get("text") or ""), today=asker.today(desk.clock()))
    content = answer(command, asker, desk)
    respond(text=content.text, blocks=list(content.blocks), unfurl_links=False, unfurl_media=False)
