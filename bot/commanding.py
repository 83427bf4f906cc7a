"""What every command has: the group it is in, its options, its settings, its way to fail."""

import logging
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

import click

from bot import __version__
from bot.errors import BotError
from bot.printing import SafeFormatter, echo

if TYPE_CHECKING:  # each command imports what it needs, so that `paperround --help` and `parse` start at once
    from bot.settings import Settings

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


class _Words(click.ParamType[str]):
    """What is looked up: words that can be written down again."""

    name = "words"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            value.encode()
        except UnicodeEncodeError:
            self.fail("this is not UTF-8; check the terminal's encoding", param, ctx)
        return value


WORDS = _Words()


class _Command(click.Command):
    """A command whose help ends with its example, so that the README and ``--help`` say the same."""

    def __init__(self, name: str, *, example: str, **kwargs: Any) -> None:
        super().__init__(name, **(kwargs | {"epilog": f"Example: {example}"}))


class _Looking(_Command):
    """As `_Command`, of one that takes a query: its options begin with two hyphens, for one excludes (``-survey``)."""

    def __init__(self, name: str, **kwargs: Any) -> None:
        settings = {
            "ignore_unknown_options": True,
            "help_option_names": ["--help"],
        }  # -h would be in -chat
        super().__init__(name, context_settings=settings, **kwargs)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        known = {name for option in self.get_params(ctx) for name in option.opts}
        for arg in args[: args.index("--") if "--" in args else None]:
            name = arg.partition("=")[0]
            if name.startswith("--") and name not in known:
                raise click.NoSuchOption(name, ctx=ctx)
        return super().parse_args(ctx, ["--help"] if args == ["-h"] else args)


class _Group(click.Group):
    """As `_Command`, of a command with others below it."""

    def __init__(self, name: str, *, example: str, **kwargs: Any) -> None:
        super().__init__(name, **(kwargs | {"epilog": f"Example: {example}"}))


@click.group(context_settings=CONTEXT)
@click.version_option(__version__, prog_name="paperround")
def cli() -> None:
    """Posts a curator's daily digest of papers to Slack, and searches past digests."""


def command(name: str, example: str) -> Callable[[Callable[..., None]], click.Command]:
    return cli.command(name, cls=_Command, example=example)


def look_up_command(name: str, example: str) -> Callable[[Callable[..., None]], click.Command]:
    """A command that takes a query."""
    return cli.command(name, cls=_Looking, example=example)


def group(name: str, example: str) -> Callable[[Callable[..., None]], click.Group]:
    """A command that lists, with others below it that change."""
    return cli.group(name, cls=_Group, invoke_without_command=True, example=example)


as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
dry_run = click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")


def read_settings() -> "Settings":
    """The settings of this run, with its log set up by them. Raises SettingsError."""
    from bot.settings import load_settings

    settings = load_settings()
    set_up_logging(settings)
    return settings


def set_up_logging(settings: "Settings") -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(SafeFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=settings.log_level, handlers=[handler])
    for library in ("slack_sdk", "slack_bolt", "httpx", "httpcore", "alembic"):  # below INFO they log what people say
        logging.getLogger(library).setLevel(max(logging.WARNING, logging.getLevelName(settings.log_level)))
    logging.getLogger("slack_sdk").setLevel(logging.CRITICAL)  # what it cannot do we are told, and say ourselves


def fail(words: str) -> NoReturn:
    echo(words, err=True)
    sys.exit(1)


def words_of(error: BotError) -> str:
    """What a person reads of an error we chose."""
    from bot.messages.errors import error_text
    from bot.messages.words import words_for

    return error_text(error, words_for(None), typed=str(error.values.get("typed", "")))
