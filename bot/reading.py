"""Reads files and folders without remembering anything: what ``paperround parse`` shows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from bot.digest.dates import check_days
from bot.digest.days import day_of_path
from bot.digest.document import parse_digests
from bot.digest.merge import Statement, make_statement, merge
from bot.digest.model import Digest, Entry
from bot.errors import DigestFormatError
from bot.sources.folder import MAX_BYTES, FolderSource, read_file


@dataclass(frozen=True, slots=True)
class ReadEntry:
    """An entry and its place: ``position`` counts from 0 within its day, documents in the order of their file names."""

    day: date
    position: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class Read:
    """What was read, and ``path:line: what was expected, what stood there`` for what could not be."""

    entries: tuple[ReadEntry, ...]
    failures: tuple[str, ...]


def read_paths(paths: Sequence[Path], max_bytes: int = MAX_BYTES) -> Read:
    """Read every file named, and every digest file below every folder named; none larger than ``max_bytes``.

    Raises SourceUnavailableError for a folder that cannot be listed.
    """
    digests: list[tuple[str, str, Digest]] = []
    failures: list[str] = []
    for path in paths:
        for shown, name, data, day in _documents(path, max_bytes, failures):
            try:
                found = parse_digests(name, data, day)
                check_days(found, datetime.now(UTC).date())
                digests.extend((shown, name, digest) for digest in found)
            except DigestFormatError as exc:
                failures.append(f"{shown}:{exc.line}: expected {exc.expected}, got {exc.found!r}")
    return Read(tuple(_placed(digests)), tuple(failures))


def _documents(path: Path, max_bytes: int, failures: list[str]) -> Iterator[tuple[str, str, bytes, date | None]]:
    """Each document's path for people, its name, its bytes, and the day that its folders give."""
    if not path.is_dir():
        try:
            yield str(path), path.name, read_file(path, max_bytes), day_of_path(str(path))
        except OSError as exc:
            failures.append(f"{path}:0: expected a file that can be read, got {exc.strerror!r}")
        return
    reading = FolderSource(path.name, path, quiet=timedelta(0), max_bytes=max_bytes).fetch({}, datetime.now(UTC))
    failures.extend(f"{path / refused.uri}:0: {refused.words}" for refused in reading.refused)
    for document in sorted(reading.documents, key=lambda document: document.uri):
        yield str(path / document.uri), document.name, document.data, document.day


def _placed(digests: Iterable[tuple[str, str, Digest]]) -> Iterator[ReadEntry]:
    """The entries of each day as the store would hold them: in its order, and what is said of one paper as one."""
    days: dict[date, list[Statement]] = {}
    for uri, name, digest in digests:
        of_day = days.setdefault(digest.day, [])
        of_day += [make_statement(uri, name, position, entry) for position, entry in enumerate(digest.entries)]
    for day, statements in sorted(days.items()):
        for position, merged in enumerate(merge(statements)):
            yield ReadEntry(day, position, merged.entry)
