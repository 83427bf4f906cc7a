"""``paperround ingest``: every source once, side by side."""

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from functools import cache, partial
from typing import TYPE_CHECKING

import click

from bot.commanding import as_json, command, dry_run, read_settings, words_of
from bot.errors import SettingsError, SourceUnavailableError
from bot.printing import echo, field, print_report, progress_bars

if TYPE_CHECKING:  # as in `cli`
    from bot.ingest import IngestReport
    from bot.settings import Settings
    from bot.sources.reading import Source
    from bot.sources.status import Status
    from bot.wiring import Bot


@command("ingest", "paperround ingest ~/vault")
@click.argument("places", metavar="[PATH|URL]...", nargs=-1)
@click.option("--accept-removals", is_flag=True, help="Withdraw the papers of removed files, however many there are.")
@dry_run
@as_json
def ingest_command(places: tuple[str, ...], accept_removals: bool, dry_run: bool, as_json: bool) -> None:
    """Read the configured sources (or these folders, files and feeds) once, and store their papers."""
    from bot.settings import no_sources
    from bot.wiring import build, named_sources

    settings = read_settings()
    if not places and not settings.source:
        raise SettingsError([f"{no_sources(settings)}\nOr name a folder, file or feed: paperround ingest ~/vault"])
    opened = _once(partial(build, settings, changing=not dry_run))  # and only where a glance does not do
    try:
        sources = named_sources(places, settings)
    except ValueError as exc:
        raise click.BadParameter(str(exc)) from exc
    failed = False
    with progress_bars() as bars:
        look = partial(_ingest, settings, opened, bars, accept_removals=accept_removals, dry_run=dry_run)
        for source, result in _side_by_side(sources, look):
            try:
                report, status = result()
            except SourceUnavailableError as exc:
                echo(words_of(exc), err=True)
                failed = True
                continue
            print_report(source.name, report, dry_run, as_json)
            failed = failed or bool(report.failed)
            if status is not None and status.state == "unreachable":  # it rests after a failure, and was not asked
                echo(status.example.why if status.example else f"{source.name} cannot be reached.", err=True)
                failed = True
            if status is not None and status.state == "nothing":
                echo(f"{field(source.name)}: {field(_nothing_usable(status))}", err=True)
                failed = True
    if failed:
        sys.exit(1)


def _nothing_usable(status: "Status") -> str:
    if status.example is None:
        return "nothing is in it that could be a digest"
    example = f"for example {status.example.uri}: {status.example.why}"
    return f"nothing usable in {status.unreadable} document{'s' * (status.unreadable != 1)}, {example}"


def _once(make: "Callable[[], Bot]") -> "Callable[[], Bot]":
    """Makes the same thing once, whichever thread asks first."""
    lock, made = threading.Lock(), cache(make)

    def asked() -> "Bot":
        with lock:
            return made()

    return asked


Looked = tuple["IngestReport", "Status | None"]


def _side_by_side(
    sources: "Sequence[Source]", look: "Callable[[Source], Looked]"
) -> "Iterator[tuple[Source, Callable[[], Looked]]]":
    """Each source, in its order, with what gives or raises the result of its look; none waits for one before it."""
    if len(sources) == 1:
        yield sources[0], partial(look, sources[0])
        return
    futures: list[Future[Looked]] = [Future() for _ in sources]

    def aside(source: "Source", future: "Future[Looked]") -> None:
        try:
            future.set_result(look(source))
        except BaseException as exc:
            future.set_exception(exc)

    for source, future in zip(sources, futures, strict=True):
        # Daemons: Ctrl-C does not wait for a feed.
        threading.Thread(target=aside, args=(source, future), daemon=True, name=f"look {source.name}").start()
    for source, future in zip(sources, futures, strict=True):
        yield source, future.result


def _ingest(
    settings: "Settings",
    opened: "Callable[[], Bot]",
    bars: "Callable[[str], Callable[[int, int], None] | None]",
    source: "Source",
    *,
    accept_removals: bool,
    dry_run: bool,
) -> Looked:
    """Look at a source: what changed, and its state where more than a glance was needed."""
    from bot.ingest import glance_at, read_source
    from bot.sources.folder import QUIET, FolderSource
    from bot.store.glance import glance
    from bot.wiring import utc_now

    now, known = utc_now(), None
    if isinstance(source, FolderSource):
        known = glance(settings.database_url, source.name, source.settle, now)
    report = glance_at(source, known, now) if known else None
    if report is not None:
        return report, None
    from bot.source_status import must_read_again, status_after, status_unreachable
    from bot.store.source_states import SourceStates

    bot = opened()
    states = SourceStates(bot.engine)
    look = partial(
        read_source,
        source,
        bot.digests,
        accept_removals=accept_removals,
        dry_run=dry_run,
        again=must_read_again(source, states),
        progress=bars(source.name),
    )
    try:
        report = look(bot.clock())
        if report.waiting and isinstance(source, FolderSource):
            threading.Event().wait(QUIET.total_seconds())  # a file of this moment: a person would wait for it too
            report = report.and_then(look(bot.clock()))
    except SourceUnavailableError as exc:
        if not dry_run:
            status_unreachable(source, exc, states, bot.clock())
        raise
    return report, None if dry_run else status_after(source, report, states, bot.clock())
