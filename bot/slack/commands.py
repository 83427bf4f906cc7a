"""`/paper …`: understand, ask, answer in private."""

from slack_bolt import App

from bot.search.command import parse_command
from bot.slack.answer import answer
from bot.slack.asker import Asked
from bot.slack.desk import Desk
from bot.slack.reply import reply
from bot.slack.work import Work


def register(app: App, work: Work) -> None:
    """Answer the slash command."""
    app.command("/paper")(work.later(paper))


def paper(asked: Asked, desk: Desk) -> None:
    """Answer what was typed; mistakes go to the one error handler."""
    command = parse_command(asked.typed, today=asked.asker.today(desk.clock()))
    for content in answer(command, asked.asker, desk):
        reply(asked, desk, content)
