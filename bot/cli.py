"""The command line: parse, build, call, print. Results to stdout, the rest to stderr; 0 done, 1 failed, 2 misused."""

import calendar
import html
import json
import logging
import os
import re
import signal
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import date, datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from bot import __version__
from bot.errors import BotError, QueryError, SettingsError, SourceUnavailableError

if TYPE_CHECKING:  # each command imports what it needs, so that `paperround --help` and `parse` start at once
    from bot.digest.model import Entry, StoredDigest, StoredEntry
    from bot.ingest import IngestReport
    from bot.messages.content import DayMessage
    from bot.plan.subscription import Layout
    from bot.settings import Settings
    from bot.sources.reading import Source
    from bot.store.outbox import DeliveryRow
    from bot.wiring import Bot

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


def main() -> None:
    """Run the command line, and turn every error we chose into words and an exit code."""
    try:
        cli(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as exc:
        exc.show()
        sys.exit(exc.exit_code)
    except click.exceptions.Exit as exc:
        sys.exit(exc.exit_code)
    except SettingsError as exc:
        for problem in exc.problems:
            click.echo(problem, err=True)
        sys.exit(2)
    except BotError as exc:
        click.echo(_words_of(exc), err=True)
        sys.exit(2 if isinstance(exc, QueryError) else 1)
    except BrokenPipeError:  # the reader of our output has left
        sys.stderr.close()
        sys.exit(1)


def _words_of(error: BotError) -> str:
    from bot.messages.errors import error_text
    from bot.messages.words import words_for

    return error_text(error, words_for(None), typed=str(error.values.get("typed", "")))


class _Command(click.Command):
    """A command whose help ends with its example, so that the README and ``--help`` say the same."""

    def __init__(self, name: str, *, example: str, **kwargs: Any) -> None:
        super().__init__(name, **(kwargs | {"epilog": f"Example: {example}"}))


@click.group(context_settings=CONTEXT)
@click.version_option(__version__, prog_name="paperround")
def cli() -> None:
    """Carries a curator's daily digest of papers to Slack, and finds what it carried."""


def command(name: str, example: str) -> Callable[[Callable[..., None]], click.Command]:
    return cli.command(name, cls=_Command, example=example)


as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
dry_run = click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")


@command("run", "paperround run --or-sandbox")
@click.option("--or-sandbox", is_flag=True, help="Where no Slack token is set, use the stand-in workspace.")
def run_command(or_sandbox: bool) -> None:
    """Start the bot; Ctrl-C ends it."""
    from bot.run import leave, run
    from bot.settings import load_for_slack

    settings, tokens = load_for_slack()
    _set_up_logging(settings)
    code = 0
    try:
        run(settings, tokens, or_sandbox=or_sandbox, say=click.echo)
    except SettingsError:
        raise
    except BotError as exc:
        click.echo(_words_of(exc), err=True)
        code = 1
    leave(code)


@command("sandbox", "paperround sandbox --port 8765")
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 takes any free one.")
@click.option("--journal", type=click.Path(path_type=Path), help="Keep what is said in this file.")
@click.option("--workspace", type=click.Path(exists=True, path_type=Path), help="Users, channels and apps (TOML).")
@click.option("--speed", type=float, default=1.0, show_default=True, help="Multiplies Slack's rate limits; 0: none.")
@click.option("--until-input-ends", is_flag=True, hidden=True, help="Live no longer than whoever holds our input.")
def sandbox_command(
    port: int, journal: Path | None, workspace: Path | None, speed: float, until_input_ends: bool
) -> None:
    """Run the stand-in workspace alone, for any bot to be pointed at with SLACK_API_URL."""
    from bot.sandbox.server import serve

    if until_input_ends:
        threading.Thread(target=_end_with_input, daemon=True).start()
    try:
        serve(
            port, workspace=workspace, journal=journal, speed=speed, on_ready=lambda url: click.echo(f"sandbox {url}")
        )
    except (OSError, ValueError) as exc:  # a file that is no workspace or journal, a port that may not be had
        _fail(f"sandbox: {exc}")


def _end_with_input() -> None:
    while os.read(sys.stdin.fileno(), 1):  # not sys.stdin: its lock would be held when the process ends
        pass
    os.kill(os.getpid(), signal.SIGTERM)


@command("parse", "paperround parse config/digests --json")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@as_json
def parse_command(paths: tuple[Path, ...], as_json: bool) -> None:
    """Read files or folders of digests and print their entries, without remembering anything."""
    from bot.reading import read_paths

    read = read_paths(paths)
    for one in read.entries:
        if as_json:
            _print_json(day=one.day, position=one.position, **_entry_fields(one.entry))
        else:
            _print_entry(one.day, one.entry, whole=True)
    if not read.entries and not read.failures:
        click.echo("no digests found", err=True)
    for failure in read.failures:
        click.echo(failure, err=True)
    if read.failures:
        sys.exit(1)


@command("ingest", "paperround ingest ~/vault")
@click.argument("places", metavar="[PATH|URL]...", nargs=-1)
@click.option("--accept-removals", is_flag=True, help="Withdraw what vanished, however much it is.")
@dry_run
@as_json
def ingest_command(places: tuple[str, ...], accept_removals: bool, dry_run: bool, as_json: bool) -> None:
    """Read the configured sources (or these folders, files and feeds) once, and remember what they hold."""
    from bot.wiring import build, named_sources

    settings = _settings()
    opened = cache(partial(build, settings, changing=not dry_run))  # once, and only where a glance does not do
    try:
        sources = named_sources(places, settings)
    except ValueError as exc:
        raise click.BadParameter(str(exc)) from exc
    failed = False
    for source in sources:
        try:
            report = _ingest(source, settings, opened, accept_removals=accept_removals, dry_run=dry_run)
        except SourceUnavailableError as exc:
            click.echo(_words_of(exc), err=True)
            failed = True
        else:
            _print_report(source.name, report, dry_run, as_json)
            failed = failed or bool(report.failed)
    if failed:
        sys.exit(1)


def _ingest(
    source: "Source", settings: "Settings", opened: "Callable[[], Bot]", *, accept_removals: bool, dry_run: bool
) -> "IngestReport":
    from bot.ingest import glance_at, read_source
    from bot.sources.folder import QUIET, FolderSource
    from bot.store.glance import glance
    from bot.wiring import utc_now

    now, known = utc_now(), None
    if isinstance(source, FolderSource):
        known = glance(settings.database_url, source.name, source.settle, now)
    report = glance_at(source, known, now) if known is not None else None
    if report is not None:
        return report
    bot = opened()
    with _progress(source.name) as progress:
        look = partial(
            read_source, source, bot.digests, accept_removals=accept_removals, dry_run=dry_run, progress=progress
        )
        report = look(bot.clock())
        if report.waiting and isinstance(source, FolderSource):
            threading.Event().wait(QUIET.total_seconds())  # a file of this moment: a person would wait for it too
            report = report.and_then(look(bot.clock()))
    return report


@command("search", "paperround search 'tag:moe 학습' --json")
@click.argument("query", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1, 1000), default=10, show_default=True)
@as_json
def search_command(query: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Find entries, in the words of `/paper`."""
    from bot.search.grammar import parse_query
    from bot.search.snippet import snippet
    from bot.wiring import build

    typed = " ".join(query)
    bot = build(_settings(), changing=False)
    try:
        tree = parse_query(typed, today=bot.clock().astimezone().date())
    except QueryError as exc:
        exc.values["typed"] = typed
        raise
    found = bot.index.search(tree)
    for stored in bot.digests.load_entries(found.ids[:limit]):
        shown = snippet(stored.entry, tree.tree) if tree.tree else None
        if as_json:
            text = "".join(text for text, _ in shown.pieces) if shown else None
            _print_json(**_stored_fields(stored), snippet=text)
        else:
            _print_entry(stored.day, stored.entry, shown.pieces if shown else ())
    if not as_json:
        empty = not found.ids and bot.digests.count() == 0
        hint = "; the archive is empty: `paperround ingest` reads the configured sources" if empty else ""
        click.echo(f"{found.total} found{hint}", err=True)


@command("show", "paperround show 2024-04-12")
@click.argument("day")
@as_json
def show_command(day: str, as_json: bool) -> None:
    """Print a digest day (a date in any of the ways `/paper` reads, or `latest`)."""
    from bot.wiring import build

    bot = build(_settings(), changing=False)
    digest = _digest(bot, day)
    for stored in digest.entries:
        if as_json:
            _print_json(**_stored_fields(stored))
        else:
            _print_entry(stored.day, stored.entry, whole=True)


@command("post", "paperround post latest --channel '#papers' --dry-run")
@click.argument("day")
@click.option("--channel", required=True, help="A #name or an id.")
@click.option("--layout", type=click.Choice(["papers", "list", "brief"]), help="Left out: as the day is long.")
@dry_run
@as_json
def post_command(day: str, channel: str, layout: "Layout | None", dry_run: bool, as_json: bool) -> None:
    """Post a day to a channel now, the way the schedule would; repeating it posts nothing twice."""
    from bot.posting import lay_out_day, post_day
    from bot.settings import load_for_slack
    from bot.wiring import build

    settings, tokens = load_for_slack()
    _set_up_logging(settings)
    bot = build(settings, changing=not dry_run)
    digest = _digest(bot, day)
    if dry_run:
        for message in lay_out_day(digest, layout, settings):
            _print_message(message, channel, as_json)
        return
    if tokens is None:
        raise SettingsError(["SLACK_BOT_TOKEN and SLACK_APP_TOKEN are not set; set both, or look with --dry-run"])
    with _progress(channel) as progress:
        posted = post_day(bot, tokens[0], digest, channel, layout, progress)
    if as_json:
        _print_json(day=digest.day, channel=channel, posted=posted)
    else:
        click.echo(f"{posted} messages posted to {channel}")


@command("deliveries", "paperround deliveries --json")
@click.option("--state", type=click.Choice(["pending", "claimed", "posted", "unknown", "refused"]))
@click.option("--channel", help="An id.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="The newest so many.")
@as_json
def deliveries_command(state: str | None, channel: str | None, limit: int, as_json: bool) -> None:
    """List the messages that should exist, and what became of them."""
    from bot.wiring import build

    rows = build(_settings(), changing=False).outbox.rows(state=state, channel=channel, limit=limit)
    shown = ("id", "state", "channel", "day", "entry_key", "part", "posted_at", "error")
    _print_rows([{k: v for k, v in _delivery(row).items() if as_json or k in shown} for row in rows], as_json)


@command("subscriptions", "paperround subscriptions")
@as_json
def subscriptions_command(as_json: bool) -> None:
    """List every channel's standing orders, with the next time (UTC) each fires."""
    from bot.plan.hours import next_time
    from bot.plan.subscription import EVERY_DAY
    from bot.wiring import build

    bot = build(_settings(), changing=False)
    rows = [
        _fields(sub)
        | {
            "at": sub.at.strftime("%H:%M") if sub.at else "on arrival",
            "days": "every day" if sub.days == EVERY_DAY else [calendar.day_abbr[day] for day in sorted(sub.days)],
            "layout": sub.layout or "papers",
            "next": None if sub.paused else next_time(sub, bot.clock()),
        }
        for sub in bot.subscriptions.all()
    ]
    _print_rows(rows, as_json)


@command("doctor", "paperround doctor")
@as_json
def doctor_command(as_json: bool) -> None:
    """Check settings, token, scopes, channels, sources and store; each fault with its remedy."""
    from bot.doctor import examine

    checks = examine()
    for check in checks:
        if as_json:
            _print_json(**_fields(check))
        else:
            mark = click.style("ok  ", fg="green") if check.ok else click.style("BAD ", fg="red")
            click.echo(f"{mark} {check.what}: {check.found}" + ("" if check.ok else f"\n     -> {check.remedy}"))
    if not all(check.ok for check in checks):
        sys.exit(1)


@command("migrate", "paperround migrate --dry-run")
@dry_run
@as_json
def migrate_command(dry_run: bool, as_json: bool) -> None:
    """Bring the database to this version's tables; a copy is made first."""
    from bot.store.database import migrate, open_database

    done = migrate(open_database(_settings().database_url), dry_run=dry_run)
    if as_json:
        _print_json(**_fields(done), dry_run=dry_run)
    elif done.before == done.after:
        click.echo(f"The database is at version {done.after}; nothing to do.")
    else:
        verb = "would go" if dry_run else "went"
        click.echo(f"The database {verb} from version {done.before or 'none'} to {done.after}.")
        if done.backup:
            click.echo(f"A copy of what it was: {done.backup}")


def _settings() -> "Settings":
    from bot.settings import load_settings

    settings = load_settings()
    _set_up_logging(settings)
    return settings


def _set_up_logging(settings: "Settings") -> None:
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for library in ("slack_sdk", "slack_bolt", "httpx", "httpcore", "alembic"):  # below INFO they log what people say
        logging.getLogger(library).setLevel(max(logging.WARNING, logging.getLevelName(settings.log_level)))
    logging.getLogger("slack_sdk").setLevel(logging.CRITICAL)  # what it cannot do we are told, and say ourselves


def _digest(bot: "Bot", typed: str) -> "StoredDigest":
    """The day a person named. Exits 2 where that is no date, 1 where there is no digest."""
    from bot.search.dates import parse_day

    if typed == "latest":
        found = bot.digests.latest_day()
        if found is None:
            _fail("The archive is empty; `paperround ingest` reads the configured sources")
        return found
    day = parse_day(typed, bot.clock().astimezone().date())
    if day is None:
        raise click.BadParameter(f"{typed!r} is no date; write for example 2024-04-12, yesterday or latest")
    found = bot.digests.load_day(None, day)
    if found is None:
        _fail(f"There is no digest of {day.isoformat()}; `paperround ingest` reads the configured sources")
    return found


def _fail(words: str) -> NoReturn:
    click.echo(words, err=True)
    sys.exit(1)


def _stored_fields(stored: "StoredEntry") -> dict[str, Any]:
    place = {"id": stored.id, "source": stored.source, "day": stored.day, "position": stored.position}
    return place | _entry_fields(stored.entry)


def _entry_fields(entry: "Entry") -> dict[str, Any]:
    return {
        "title": entry.title,
        "authors": entry.authors,
        "links": entry.links,
        "abstract": entry.abstract,
        "commentary": [{"text": paragraph.text, "lang": paragraph.lang} for paragraph in entry.commentary],
        "tags": entry.tags,
    }


def _fields(value: Any) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in fields(value)}


def _delivery(row: "DeliveryRow") -> dict[str, Any]:
    fields = _fields(row)
    place = fields.pop("place")
    return {"id": fields.pop("id"), "team": place.team, "channel": place.channel, **fields}


def _plain(value: object) -> object:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    return str(value)


def _print_json(**values: object) -> None:
    click.echo(json.dumps(values, ensure_ascii=False, default=_plain))


def _print_entry(day: date, entry: "Entry", pieces: Sequence[tuple[str, bool]] = (), *, whole: bool = False) -> None:
    click.secho(entry.title, bold=True)
    facts = [day.isoformat(), ", ".join(entry.authors[:3]) + (" …" if len(entry.authors) > 3 else "")]
    facts += [" ".join(f"#{tag}" for tag in entry.tags), *entry.links[:1]]
    click.echo("  " + "  ".join(fact for fact in facts if fact))
    if pieces:
        click.echo("  " + "".join(click.style(text, bold=matched) for text, matched in pieces))
    if whole:
        for paragraph in (*entry.abstract, *(paragraph.text for paragraph in entry.commentary)):
            click.echo(textwrap.indent(paragraph, "  ") + "\n")


def _print_message(message: "DayMessage", channel: str, as_json: bool) -> None:
    """As it would look, or what chat.postMessage would be told, all but ``thread_ts``: the parent's answer gives it."""
    if as_json:
        payload = {
            "channel": channel,
            "text": message.content.text,
            "blocks": list(message.content.blocks),
            "unfurl_links": False,
            "unfurl_media": False,
        }
        _print_json(entry=message.entry_key, part=message.part, parent=message.parent, **payload)
        return
    seen = html.unescape(re.sub(r"<([^|<>]+)\|([^<>]+)>", r"\2", message.content.text))  # Slack shows a link's label
    reply = message.parent is not None
    click.echo(textwrap.indent(seen, "    | " if reply else "", lambda line: True) + "\n")


def _print_rows(rows: Sequence[dict[str, Any]], as_json: bool) -> None:
    """JSON lines, or a table of the columns that say something."""
    if as_json:
        for row in rows:
            _print_json(**row)
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    columns = [name for name in (rows[0] if rows else ()) if any(row[name] not in (None, "") for row in rows)]
    for name in columns:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*("" if row[name] is None else str(_shown(row[name])) for name in columns))
    Console().print(table if rows else "none")


def _shown(value: object) -> object:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return ", ".join(map(str, value)) if isinstance(value, list | tuple | frozenset) else value


def _print_report(name: str, report: "IngestReport", dry_run: bool, as_json: bool) -> None:
    for uri, error in (*report.failed, *report.skipped):
        click.echo(f"{uri}:{error.line}: expected {error.expected}, got {error.found!r}", err=True)
    for refused in report.refused:
        click.echo(f"{refused.uri}: {refused.words}", err=True)
    for uri in report.waiting:
        click.echo(f"{uri}: left for a later look", err=True)
    counts = {what: getattr(report, what) for what in ("added", "changed", "withdrawn", "unchanged")}
    if as_json:
        _print_json(source=name, **counts, failed=len(report.failed), refused=len(report.refused), dry_run=dry_run)
    else:
        words = ", ".join(f"{count} {what}" for what, count in counts.items())
        click.echo(f"{name}: {words}" + (f", {len(report.failed)} not read" if report.failed else ""))


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """A progress bar on a terminal, nothing in a pipe."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:
        bar = bars.add_task(what, total=None)
        yield lambda done, total: bars.update(bar, completed=done, total=total)


if __name__ == "__main__":
    main()
