"""The README's words are true: its commands exist, its files are there, its examples can be typed."""

import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import click
import pytest
import yaml

from bot.cli import cli
from bot.search.command import Find, Latest, parse_command
from bot.search.grammar import FIELDS, HAVE, IS, SORTS
from bot.settings import DeliverySettings, SubscriptionSettings
from bot.slack.scopes import BOT_SCOPES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
TODAY = date(2024, 4, 12)


def test_the_readme_shows_every_command_and_no_other() -> None:
    shown = set(re.findall(r"^\| `paperround ([a-z]+)", README, re.MULTILINE))
    assert shown == set(cli.commands)


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_every_command_has_help_with_an_example_that_can_be_typed(name: str) -> None:
    command = cli.commands[name]
    assert command.help
    example = re.fullmatch(r"Example: paperround (.+)", command.epilog or "")
    assert example, f"{name} shows no example"
    assert example[1].startswith(name)


def every_command() -> dict[str, click.Command]:
    """All of them, those below others by both names."""
    found = dict(cli.commands)
    for name, command in cli.commands.items():
        if isinstance(command, click.Group):
            found |= {f"{name} {below}": each for below, each in command.commands.items()}
    return found


def test_every_option_the_readme_names_exists() -> None:
    options = {option for command in every_command().values() for param in command.params for option in param.opts}
    for option in re.findall(r"`[^`|\n]*?(--[a-z][a-z-]+)", README):
        assert option in options | {"--help"}, option


def test_reading_commands_give_json_and_changing_ones_a_dry_run() -> None:
    commands = every_command()
    for name in ("parse", "search", "related", "tags", "show", "why", "deliveries", "subscriptions", "doctor"):
        assert "--json" in option_names(commands[name]), name
    below = [f"deliveries {change}" for change in ("retry", "skip")]
    below += [f"subscriptions {change}" for change in ("pause", "resume")]
    for name in ("ingest", "post", "migrate", "reindex", *below):
        assert "--dry-run" in option_names(commands[name]), name


def test_the_readme_names_what_stands_below_a_command() -> None:
    for name in every_command():
        assert re.search(rf"`[^`]*\b{name}\b[^`]*`", README), name


def test_every_key_of_the_readme_is_a_setting() -> None:
    keys = {*DeliverySettings.model_fields, *SubscriptionSettings.model_fields}
    table = README.split("| key | decides |")[1].split("\n\n")[0]
    named = {key for row in table.splitlines()[2:] for key in re.findall(r"`([a-z_]+)`", row.split("|")[1])}
    assert {"quiet", "catch_up", "operator_channel"} <= named
    assert named <= keys


def test_every_field_is_in_its_table_with_what_it_may_be_typed_by() -> None:
    table = README.split("| field | asks for |")[1].split("\n\n")[0]
    rows = [re.findall(r"`(\w+):`", row.split("|")[1]) for row in table.splitlines()[2:]]
    assert {name: FIELDS[names[0]] for names in rows for name in names} == FIELDS
    choices = {row.split("`")[1]: set(re.findall(r"`(\w+)`", row)) for row in table.splitlines()[2:]}
    assert choices["has:"] == set(HAVE.values())
    assert choices["is:"] == set(IS.values())
    assert choices["sort:"] == set(SORTS.values())


def option_names(command: click.Command) -> set[str]:
    return {option for param in command.params for option in param.opts}


def test_the_make_targets_and_files_it_names_are_there() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^    make ([a-z]+)$|`make ([a-z]+)`", README, re.MULTILINE):
        assert re.search(rf"^{''.join(target)}:", makefile, re.MULTILINE), target
    for link in re.findall(r"\]\(([^)#]+)\)", README):
        assert link.startswith("https://") or (ROOT / link).exists(), link


def test_what_it_says_can_be_typed_in_slack_can_be_read() -> None:
    typed = re.findall(r"`/paper ?([^`]*)`", README)
    assert len(typed) > 20
    for text in typed:
        command = parse_command(text, today=TODAY)
        assert text.startswith(("tag:", "상태", '"', "author:", "moe ")) == isinstance(command, Find), text
    assert parse_command("", today=TODAY) == Latest()


def test_the_manifest_asks_for_exactly_the_scopes_used() -> None:
    manifest = yaml.safe_load((ROOT / "config" / "slack-manifest.yaml").read_text(encoding="utf-8"))
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == set(BOT_SCOPES)
    assert manifest["features"]["slash_commands"][0]["command"] == "/paper"
    assert manifest["settings"]["socket_mode_enabled"] is True
    assert len(manifest["display_information"]["description"]) <= 140


def test_the_procfile_runs_the_bot() -> None:
    assert (ROOT / "Procfile").read_text(encoding="utf-8").strip() == "worker: paperround run"


def test_help_is_quick_to_ask_for() -> None:
    """The heavy libraries are imported by the commands that need them."""
    code = (
        "import sys, bot.cli; print([m for m in ('sqlalchemy', 'slack_bolt', 'httpx', 'pydantic') if m in sys.modules])"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )
