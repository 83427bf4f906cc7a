"""What commands print: results as lines for people or as one JSON object a line, and progress beside them."""

import html
import json
import logging
import re
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:  # each command imports what it needs, so that `paperround --help` and `parse` start at once
    from bot.digest.model import Entry, StoredEntry
    from bot.ingest import IngestReport
    from bot.messages.content import DayMessage
    from bot.reading import LeftOut, Read, ReadEntry
    from bot.store.outbox import DeliveryRow


# What a terminal would act on instead of showing it, or show as something else: control characters of both sets but
# line end and tab (ECMA-48), what turns the direction of the text around it (UAX 9, section 2), line ends of Unicode's
# own, and halves of characters, which no terminal takes.
_ACTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Styled:
    """Words that stand out on a terminal."""

    text: str
    bold: bool | None = None
    dim: bool | None = None
    color: str | None = None


def shown(text: str) -> str:
    """The text as it may go to a terminal: what the terminal would act on is written out as an escape."""
    return _ACTS.sub(_escape, text)


def field(value: object) -> str:
    """A value that belongs in one line, such as a file name: as `shown`, and its line ends written out too."""
    return shown(str(value)).replace("\n", "\\n").replace("\t", " ")


def _escape(found: "re.Match[str]") -> str:
    code = ord(found[0])
    return {0x0D: "\\r"}.get(code) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")


def echo(*pieces: str | Styled, err: bool = False, nl: bool = True) -> None:
    """Print for people: the only place where words reach a terminal, and so the place where they are made safe."""
    said = "".join(
        click.style(shown(piece.text), bold=piece.bold, dim=piece.dim, fg=piece.color)
        if isinstance(piece, Styled)
        else shown(piece)
        for piece in pieces
    )
    click.echo(said, err=err, nl=nl)


class SafeFormatter(logging.Formatter):
    """One event is one line, whatever its values hold; a traceback follows it, indented, so that it is no event."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line itself."""
        return field(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:
        """The traceback."""
        return textwrap.indent(shown(super().formatException(ei)), "    ", lambda line: True)

    def formatStack(self, stack_info: str) -> str:
        """Where it was logged."""
        return textwrap.indent(shown(super().formatStack(stack_info)), "    ", lambda line: True)


def stored_fields(stored: "StoredEntry") -> dict[str, Any]:
    place = {"id": stored.id, "source": stored.source, "day": stored.day, "position": stored.position}
    return place | entry_fields(stored.entry)


def entry_fields(entry: "Entry") -> dict[str, Any]:
    return {
        "title": entry.title,
        "authors": entry.authors,
        "links": entry.links,
        "abstract": entry.abstract,
        "commentary": [{"text": paragraph.text, "lang": paragraph.lang} for paragraph in entry.commentary],
        "tags": entry.tags,
    }


def fields_of(value: Any) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in fields(value)}


def delivery_fields(row: "DeliveryRow") -> dict[str, Any]:
    fields = fields_of(row)
    place = fields.pop("place")
    return {"id": fields.pop("id"), "team": place.team, "channel": place.channel, **fields}


def _plain(value: object) -> object:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    return str(value)


def print_json(**values: object) -> None:
    # json.dumps leaves some of these as they are; in JSON they stand within strings alone, where \\u is the same.
    said = json.dumps(values, ensure_ascii=False, default=_plain)
    click.echo(_ACTS.sub(lambda found: f"\\u{ord(found[0]):04x}", said))


def print_entry(day: date, entry: "Entry", pieces: Sequence[tuple[str, bool]] = (), *, whole: bool = False) -> None:
    echo(Styled(field(entry.title), bold=True))
    facts = [day.isoformat(), ", ".join(entry.authors[:3]) + (" …" if len(entry.authors) > 3 else "")]
    facts += [" ".join(f"#{tag}" for tag in entry.tags), *entry.links[:1]]
    echo("  " + "  ".join(field(fact) for fact in facts if fact))
    if pieces:
        echo("  ", *(Styled(field(text), bold=matched) for text, matched in pieces))
    if whole:
        for paragraph in (*entry.abstract, *(paragraph.text for paragraph in entry.commentary)):
            echo(textwrap.indent(paragraph, "  ") + "\n")


_UNSHOWN = {
    "image": "shown by its name, because Slack cannot fetch it",
    "formula": "shown as LaTeX, because no line of text says the same",
}


def print_understood(one: "ReadEntry") -> None:
    """What was found of an entry, what was not, and where it stands."""
    found = [part for part, is_found in one.understood.items() if is_found]
    missing = [part for part, is_found in one.understood.items() if not is_found]
    echo(f"  found: {', '.join(found)}" + (f"; missing: {', '.join(missing)}" if missing else ""))
    for unshown in one.unshown:
        echo(f"  {_UNSHOWN[unshown.reason]}: {field(unshown.text)}")
    echo(f"  in {field(', '.join(one.files))}\n")


def print_totals(read: "Read", *, err: bool = False) -> None:
    """How much was read, what is missing of how many entries, and each reason for a file left out with an example."""
    say = partial(echo, err=err)
    if not (read.files or read.failures or read.ignored):
        echo("no digests found", err=True)
        return
    days = f"{_count(len(read.entries), 'entry', 'entries')} on {_count(read.days, 'day')}"
    say(f"read: {_count(read.files, 'file')}, {days}")
    understood = [one.understood for one in read.entries]
    parts = understood[0] if understood else ()
    lacking = {part: sum(not parts[part] for parts in understood) for part in parts}
    unshown = sum(len(one.unshown) for one in read.entries)
    if unshown:
        say(f"  shown by name or as LaTeX: {_count(unshown, 'image or formula', 'images and formulas')}")
    if any(lacking.values()):
        shown = ", ".join(f"{part} {count}" for part, count in lacking.items() if count)
        say(f"  missing, of {_count(len(understood), 'entry', 'entries')}: {shown}")
    for name, left_out in (("refused", read.failures), ("left out", read.ignored)):
        say(f"{name}: {_count(len(left_out), 'file')}")
        reasons: dict[str, list[LeftOut]] = {}
        for one in left_out:
            reasons.setdefault(one.reason, []).append(one)
        for reason, ones in sorted(reasons.items(), key=lambda item: -len(item[1])):
            example = ones[0]
            place = f"{example.path}:{example.line}" if example.line else example.path
            found = f": {example.found!r}" if example.found else ""
            say(f"  {len(ones)}: {field(reason)}; for example {field(place)}{found}")


def _count(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def print_message(message: "DayMessage", channel: str, as_json: bool) -> None:
    """As it would look, or what chat.postMessage would be told, all but ``thread_ts``: the parent's answer gives it."""
    if as_json:
        payload = {
            "channel": channel,
            "text": message.content.text,
            "blocks": list(message.content.blocks),
            "unfurl_links": False,
            "unfurl_media": False,
        }
        print_json(entry=message.entry_key, part=message.part, parent=message.parent, **payload)
        return
    seen = html.unescape(re.sub(r"<([^|<>]+)\|([^<>]+)>", r"\2", message.content.text))  # Slack shows a link's label
    reply = message.parent is not None
    echo(textwrap.indent(seen, "    | " if reply else "", lambda line: True) + "\n")


def print_rows(rows: Sequence[dict[str, Any]], as_json: bool) -> None:
    """JSON lines, or a table of the columns that say something."""
    if as_json:
        for row in rows:
            print_json(**row)
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text  # words in brackets are no markup of Rich's

    table = Table(box=None, pad_edge=False)
    columns = [name for name in (rows[0] if rows else ()) if any(row[name] not in (None, "") for row in rows)]
    for name in columns:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if row[name] is None else field(_shown(row[name]))) for name in columns))
    Console().print(table if rows else "none")


def _shown(value: object) -> object:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return ", ".join(map(str, value)) if isinstance(value, list | tuple | frozenset) else value


def print_report(name: str, report: "IngestReport", dry_run: bool, as_json: bool) -> None:
    for uri, error in (*report.failed, *report.skipped):
        echo(f"{field(uri)}:{error.line}: expected {error.expected}, got {error.found!r}", err=True)
    for refused in report.refused:
        echo(f"{field(refused.uri)}: {field(refused.words)}", err=True)
    for uri in report.waiting:
        echo(f"{field(uri)}: left for a later look", err=True)
    for uri, why in report.drafts:
        echo(f"{field(uri)}: held back ({field(why)})", err=True)
    for uri in report.away:
        echo(
            f"{field(uri)}: its content is not on this machine (a cloud drive keeps it); nothing is withdrawn", err=True
        )
    counts = {what: getattr(report, what) for what in ("added", "changed", "withdrawn", "unchanged")}
    if as_json:
        print_json(source=name, **counts, failed=len(report.failed), refused=len(report.refused), dry_run=dry_run)
    else:
        words = ", ".join(f"{count} {what}" for what, count in counts.items())
        echo(f"{field(name)}: {words}" + (f", {len(report.failed)} not read" if report.failed else ""))


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """A progress bar on a terminal, nothing in a pipe."""
    with progress_bars() as bars:
        yield bars(what)


@contextmanager
def progress_bars() -> Iterator[Callable[[str], Callable[[int, int], None] | None]]:
    """Makes progress bars, one below the other on a terminal, nothing in a pipe."""
    if not sys.stderr.isatty():
        yield lambda what: None
        return
    from rich import markup
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:

        def added(what: str) -> Callable[[int, int], None]:
            bar = bars.add_task(markup.escape(field(what)), total=None)
            return lambda done, total: bars.update(bar, completed=done, total=total)

        yield added
