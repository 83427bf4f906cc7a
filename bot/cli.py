"""The command line: parse, build, call, print. Results to stdout, the rest to stderr; 0 done, 1 failed, 2 misused."""

import errno
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from bot import ingesting, looking, operating
from bot.commanding import (
    WORDS,
    as_json,
    cli,
    command,
    dry_run,
    fail,
    look_up_command,
    read_settings,
    set_up_logging,
    words_of,
)
from bot.errors import BotError, QueryError, SettingsError
from bot.printing import (
    Styled,
    echo,
    entry_fields,
    field,
    fields_of,
    print_entry,
    print_json,
    print_message,
    print_totals,
    print_understood,
    progress_bar,
    stored_fields,
)

if TYPE_CHECKING:  # each command imports what it needs, so that `paperround --help` and `parse` start at once
    from bot.digest.model import StoredDigest
    from bot.plan.subscription import Layout
    from bot.search.engine import Found
    from bot.search.grammar import Query
    from bot.wiring import Bot

__all__ = ["cli", "ingesting", "looking", "main", "operating"]  # whose commands are in the group once it is imported


def main() -> None:
    """Run the command line, and turn every error we chose into words and an exit code."""
    try:
        cli(standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()  # here, where what goes wrong can still be said
    except click.exceptions.Abort:
        _end(130)
    except click.ClickException as exc:
        _end(exc.exit_code, exc.show)
    except click.exceptions.Exit as exc:
        sys.exit(exc.exit_code)
    except SettingsError as exc:
        _end(2, partial(echo, str(exc), err=True))
    except BotError as exc:
        _end(2 if isinstance(exc, QueryError) else 1, partial(echo, words_of(exc), err=True))
    except OSError as exc:
        if exc.filename is not None or exc.errno not in _NO_OUTPUT:
            raise
        _abandon_output()
        # Nobody is told where the reader has left: that is how `head` ends a pipe.
        said = "" if exc.errno == errno.EPIPE else f"The output cannot be written ({exc.strerror})."
        _end(1, partial(echo, said, err=True, nl=bool(said)))


def _end(code: int, tell: Callable[[], None] = lambda: None) -> NoReturn:
    """Tell why and end with the code, also where standard error cannot be written."""
    try:
        tell()
        if sys.stderr is not None:
            sys.stderr.flush()
    except OSError:
        _abandon_output()
    sys.exit(code)


# What writing to standard output or error may end in: its reader has left, its disk is full, its terminal is gone.
_NO_OUTPUT = frozenset({errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF})


def _abandon_output() -> None:
    """Let go of an output that cannot be written: what is left in its buffer would fail once more at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                os.dup2(nowhere, stream.fileno())


@command("run", "paperround run --or-sandbox")
@click.option("--or-sandbox", is_flag=True, help="Where no Slack token is set, use the stand-in workspace.")
def run_command(or_sandbox: bool) -> None:
    """Start the bot; Ctrl-C ends it."""
    from bot.run import leave, run
    from bot.settings import load_for_slack, no_sources, strange_names

    settings, tokens = load_for_slack()
    set_up_logging(settings)
    for strange in (*strange_names(), no_sources(settings)):
        if strange:
            echo(strange, err=True)
    code = 0
    try:
        run(settings, tokens, or_sandbox=or_sandbox, say=echo)
    except SettingsError:
        raise
    except BotError as exc:
        echo(words_of(exc), err=True)
        code = 1
    leave(code)


@command("sandbox", "paperround sandbox --port 8765")
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 takes any free one.")
@click.option("--journal", type=click.Path(path_type=Path), help="Keep the messages in this file.")
@click.option("--workspace", type=click.Path(exists=True, path_type=Path), help="Users, channels and apps (TOML).")
@click.option("--speed", type=float, default=1.0, show_default=True, help="Multiplies Slack's rate limits; 0: none.")
@click.option("--until-input-ends", is_flag=True, hidden=True, help="Live no longer than whoever holds our input.")
def sandbox_command(
    port: int, journal: Path | None, workspace: Path | None, speed: float, until_input_ends: bool
) -> None:
    """Run the stand-in workspace alone; set SLACK_API_URL to point a bot at it."""
    from bot.sandbox.server import serve

    if until_input_ends:
        threading.Thread(target=_end_with_input, daemon=True).start()
    try:
        serve(port, workspace=workspace, journal=journal, speed=speed, on_ready=lambda url: echo(f"sandbox {url}"))
    except (OSError, ValueError) as exc:  # a file that is no workspace or journal, a port that may not be had
        fail(f"sandbox: {exc}")


def _end_with_input() -> None:
    while os.read(sys.stdin.fileno(), 1):  # not sys.stdin: its lock would be held when the process ends
        pass
    os.kill(os.getpid(), signal.SIGTERM)


@command("parse", "paperround parse config/digests --json")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@as_json
def parse_command(paths: tuple[Path, ...], as_json: bool) -> None:
    """Read files or folders of digests and print their papers, without storing anything."""
    from bot.reading import read_paths

    read = read_paths(paths, _max_bytes())
    for one in read.entries:
        if as_json:
            fields = entry_fields(one.entry)
            missing = [part for part, found in one.understood.items() if not found]
            print_json(
                day=one.day,
                position=one.position,
                **fields,
                file=one.files[0],
                files=one.files,
                missing=missing,
                unshown=[unshown.text for unshown in one.unshown],
            )
        else:
            print_entry(one.day, one.entry, whole=True)
            print_understood(one)
    for failure in read.failures:
        echo(field(failure), err=True)
    print_totals(read, err=as_json)
    if read.failures:
        sys.exit(1)


def _max_bytes() -> int:
    """The limit of the settings; its default where they cannot be used, since `parse` needs none of them."""
    from bot.settings import ReadingSettings, load_settings

    try:
        return load_settings().reading.max_bytes
    except SettingsError:
        return ReadingSettings().max_bytes


@look_up_command("search", "paperround search 'tag:moe 학습' --json")
@click.argument("query", nargs=-1, required=True, type=WORDS)
@click.option("--limit", type=click.IntRange(1, 1000), default=10, show_default=True)
@as_json
def search_command(query: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Search papers, as `/paper` does."""
    from bot.messages.results import close_heading
    from bot.messages.words import words_for
    from bot.search.snippet import Snippets
    from bot.search.tree import Remark
    from bot.slack.look import searching, shorter
    from bot.store.remarks import Remarks
    from bot.wiring import build

    typed = " ".join(query)
    bot = build(read_settings(), changing=False)
    today = bot.clock().astimezone().date()
    wanted = _asked_for(typed, today, bot)
    said = Remarks(bot.engine)
    search = searching(
        bot.index, lambda node: said.entries(node.text) if isinstance(node, Remark) else bot.outbox.posted()
    )
    found = search(wanted)
    exact = found.ids[:limit]
    close = found.close[: limit - len(exact)]
    snippets = Snippets(wanted.tree, found.reading)
    for place, stored in enumerate(bot.digests.load_entries([*exact, *close])):
        shown = snippets.of(stored.entry) if wanted.tree else None
        if as_json:
            print_json(**stored_fields(stored), snippet=shown.text if shown else None, close=place >= len(exact))
            continue
        if place == len(exact):
            echo(Styled(close_heading(len(found.close), words_for(None)), dim=True))
        print_entry(stored.day, stored.entry, shown.pieces if shown and shown.field != "authors" else ())
    if not as_json:
        _print_found(wanted, found, bot)
    if not found.ids and not found.close and not as_json and (less := shorter(wanted, search, today)):
        echo(f"{less.text!r} finds {less.total:,}{'+' * less.more}", err=True)


def _asked_for(typed: str, today: date, bot: "Bot") -> "Query":
    """The query, or that of a day; of a day without a year, the latest with a digest."""
    from bot.search.command import OnDay, parse_search
    from bot.search.grammar import UNNAMED, parse_query
    from bot.slack.look import earlier

    try:
        asked = parse_search(typed, today=today, refused=UNNAMED)
    except QueryError as exc:
        exc.values["typed"] = typed
        raise
    if not isinstance(asked, OnDay):
        return asked
    day = earlier(asked.day, bot.digests) if asked.yearless else asked.day
    return parse_query(f"day:{day.isoformat()}", today=today)


def _print_found(wanted: "Query", found: "Found", bot: "Bot") -> None:
    """How much, and what words were taken for."""
    from bot.messages.results import taken_for
    from bot.messages.words import words_for

    if line := taken_for(found.understood, words_for(None), wanted.times):
        echo(line, err=True)
    empty = not found.ids and bot.digests.count() == 0
    hint = "; the archive is empty: `paperround ingest` reads the configured sources" if empty else ""
    close = f", {len(found.close)} close" if found.close else ""
    about = "about " if found.about and not found.more else ""
    if found.about and not found.ids:
        about = "of the newest that may match, "
    echo(f"{about}{found.total:,}{'+' * found.more} found{close}{hint}", err=True)


@command("show", "paperround show 2024-04-12")
@click.argument("day")
@as_json
def show_command(day: str, as_json: bool) -> None:
    """Print a digest day (a date in any of the ways `/paper` reads, or `latest`)."""
    from bot.wiring import build

    bot = build(read_settings(), changing=False)
    digest = _digest(bot, day)
    for stored in digest.entries:
        if as_json:
            print_json(**stored_fields(stored))
        else:
            print_entry(stored.day, stored.entry, whole=True)


@command("post", "paperround post latest --channel '#papers' --dry-run")
@click.argument("day")
@click.option("--channel", required=True, help="A #name or an id.")
@click.option(
    "--layout",
    type=click.Choice(["papers", "list", "brief"]),
    help="Default: papers, or list on days with many papers.",
)
@dry_run
@as_json
def post_command(day: str, channel: str, layout: "Layout | None", dry_run: bool, as_json: bool) -> None:
    """Post a day to a channel now, the way the schedule would; repeating it posts nothing twice."""
    from bot.posting import post_day, rehearse_day
    from bot.run import in_running_sandbox
    from bot.settings import load_for_slack
    from bot.wiring import build

    if not channel.strip().removeprefix("#"):
        raise click.BadParameter("name a channel: a #name or an id", param_hint="--channel")
    settings, tokens = load_for_slack()
    set_up_logging(settings)
    if tokens is None:
        settings, tokens = in_running_sandbox(settings)
    bot = build(settings, changing=not dry_run)
    digest = _digest(bot, day)
    if dry_run:
        messages = rehearse_day(bot, tokens[0] if tokens else None, digest, channel, layout)
        for message in messages:
            print_message(message, channel, as_json)
        if not messages:
            echo(f"Nothing would be posted: all of that day stands in {field(channel)}", err=True)
        return
    if tokens is None:
        raise SettingsError(
            [
                "SLACK_BOT_TOKEN and SLACK_APP_TOKEN are not set; set both, start the stand-in "
                "(paperround run --or-sandbox), or look with --dry-run"
            ]
        )
    with progress_bar(channel) as progress:
        posted = post_day(bot, tokens[0], digest, channel, layout, progress)
    if as_json:
        print_json(day=digest.day, channel=channel, posted=posted)
    else:
        echo(f"{posted} messages posted to {channel}")


@command("doctor", "paperround doctor")
@as_json
def doctor_command(as_json: bool) -> None:
    """Check settings, token, scopes, channels, sources and database; each problem with its remedy."""
    from bot.doctor import examine

    checks = examine()
    for check in checks:
        if as_json:
            print_json(**fields_of(check))
        else:
            mark = Styled("ok  ", color="green") if check.ok else Styled("BAD ", color="red")
            echo(mark, f" {field(check.what)}: {field(check.found)}")
            if check.remedy:
                echo(f"     -> {field(check.remedy)}")
    if not all(check.ok for check in checks):
        sys.exit(1)


@command("migrate", "paperround migrate --dry-run")
@dry_run
@as_json
def migrate_command(dry_run: bool, as_json: bool) -> None:
    """Upgrade the database to this version; a copy is made first."""
    from bot.store.database import migrate, open_database

    done = migrate(open_database(read_settings().database_url), dry_run=dry_run)
    if as_json:
        print_json(**fields_of(done), dry_run=dry_run)
    elif done.before == done.after:
        echo(f"The database is at version {done.after}; nothing to do.")
    else:
        verb = "would go" if dry_run else "went"
        echo(f"The database {verb} from version {done.before or 'none'} to {done.after}.")
        if done.backup:
            echo(f"A copy of what it was: {done.backup}")


@command("reindex", "paperround reindex")
@dry_run
@as_json
def reindex_command(dry_run: bool, as_json: bool) -> None:
    """Rebuild the search index; the bot does so by itself when its rules have changed."""
    from bot.store.database import is_there, migrate, open_database
    from bot.store.digests import Digests
    from bot.store.index import Index

    url = read_settings().database_url
    if not is_there(url):
        fail("There is no database yet; `paperround ingest` makes one")
    engine = open_database(url)
    migrate(engine, dry_run=dry_run)
    index = Index(engine)
    if dry_run:
        entries = Digests(engine, index).count()
    else:
        with progress_bar("reindex") as progress:
            entries = index.rebuild(progress)
    if as_json:
        print_json(entries=entries, dry_run=dry_run)
    else:
        echo(f"{entries} entries {'would be indexed' if dry_run else 'indexed'}")


def _digest(bot: "Bot", typed: str) -> "StoredDigest":
    """The day a person named. Exits 2 where that is no date, 1 where there is no digest."""
    from bot.search.dates import parse_day

    if typed == "latest":
        found = bot.digests.latest_day()
        if found is None:
            fail("The archive is empty; `paperround ingest` reads the configured sources")
        return found
    day = parse_day(typed, bot.clock().astimezone().date())
    if day is None:
        raise click.BadParameter(f"{typed!r} is no date; write for example 2024-04-12, yesterday or latest")
    found = bot.digests.load_day(None, day)
    if found is None:
        fail(f"There is no digest of {day.isoformat()}; `paperround ingest` reads the configured sources")
    return found


if __name__ == "__main__":
    main()
