"""What each look at a source came to: worked out in one place, for the log, for ``doctor`` and for the operator."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import bot.digest
from bot import __version__
from bot.errors import DigestFormatError, SourceUnavailableError
from bot.ingest import IngestReport, read_source
from bot.messages.errors import error_text
from bot.messages.words import words_for
from bot.sources.reading import Refused, Source
from bot.sources.status import Fault, Status, status_of

if TYPE_CHECKING:
    from bot.store.digests import Digests
    from bot.store.source_states import RememberedState, SourceStates


@cache
def reader_version() -> str:
    """Tells one version of the reader from another: what an older one could not read is read again."""
    digest = hashlib.blake2b(__version__.encode(), digest_size=8)
    for folder in (Path(bot.digest.__file__).parent, Path(__file__).parent / "sources"):
        for path in sorted(folder.glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def must_read_again(source: Source, states: "SourceStates") -> bool:
    """Whether another version of the reader looked at this source last, so that it may read more of it now."""
    before = states.load(source.name)
    return before is None or before.reader != reader_version()


def status_after(source: Source, report: IngestReport, states: "SourceStates", now: datetime) -> Status:
    """The state of a source after a look that was kept, and remember it."""
    status = _status(source, report, states)
    _save(source, status, states, now)
    return status


def status_unreachable(source: Source, error: SourceUnavailableError, states: "SourceStates", now: datetime) -> Status:
    """The state of a source that cannot be looked at, and remember it."""
    status = status_of(states.readable(source.name), (), unreachable=error_text(error, words_for(None)))
    _save(source, status, states, now)
    return status


def examine_source(
    source: Source, digests: "Digests", states: "SourceStates", now: datetime
) -> tuple[Status, IngestReport, list[Fault]]:
    """Look at a source without changing anything: its state, what a look would change, and what cannot be read.

    A source that rests is asked all the same: a person wants to know. Raises SourceUnavailableError.
    """
    again = must_read_again(source, states)
    report = read_source(source, digests, now, dry_run=True, again=again, awake=True)
    told = {fault.uri: fault for fault in (*_failed(report.failed), *_refused(report.refused))}
    remembered = {one.uri: Fault(one.uri, one.why, one.held) for one in states.unread(source.name)}
    remembered.pop(_own_uri(source), None)
    held = {uri for uri, fault in remembered.items() if fault.held}
    faults = [
        Fault(fault.uri, fault.why, fault.uri in held) for fault in {**_still(remembered, report), **told}.values()
    ]
    readable = states.readable(source.name) + len(set(report.read) - states.held(source.name))
    strays = _failed(report.skipped) or ([] if faults else _known_stray(states.load(source.name)))
    waiting = len(report.waiting) + len(report.away)
    return status_of(readable, faults, strays=strays, waiting=waiting), report, faults


def _still(remembered: dict[str, Fault], report: IngestReport) -> dict[str, Fault]:
    """Of what could not be read: what is not gone, and would not be read now."""
    gone = {*report.missing, *report.read}
    return {uri: fault for uri, fault in remembered.items() if uri not in gone}


def _status(source: Source, report: IngestReport, states: "SourceStates") -> Status:
    rows = states.unread(source.name)
    own = _own_uri(source)
    before = states.load(source.name)
    readable = states.readable(source.name)
    if any(row.uri == own for row in rows):  # it rests after a failure: that is no recovery
        why = before.example_why if before is not None and before.state == "unreachable" else None
        return status_of(readable, (), unreachable=why or next(row.why for row in rows if row.uri == own))
    faults = [Fault(row.uri, row.why, row.held) for row in rows if row.uri != own]
    faults += [fault for fault in _refused(report.refused) if not fault.uri]
    strays = _failed(report.skipped) or ([] if faults else _known_stray(before))
    return status_of(readable, faults, strays=strays, waiting=len(report.waiting) + len(report.away))


def _own_uri(source: Source) -> str:
    """The uri of a feed's own row; empty for a source without one."""
    return str(getattr(source, "row_uri", ""))


def _known_stray(before: "RememberedState | None") -> list[Fault]:
    if before is None or before.state != "nothing" or before.example_why is None:
        return []
    return [Fault(before.example_uri or "", before.example_why)]


def _failed(failed: Sequence[tuple[str, DigestFormatError]]) -> list[Fault]:
    return [Fault(uri, str(why)) for uri, why in failed]


def _refused(refused: Sequence[Refused]) -> list[Fault]:
    return [Fault(each.uri, f"{each.code}: {each.words}") for each in refused]


def _save(source: Source, status: Status, states: "SourceStates", now: datetime) -> None:
    example = (status.example.uri, status.example.why) if status.example else None
    states.save(source.name, status.state, reader_version(), example, now)
