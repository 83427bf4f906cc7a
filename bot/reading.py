"""Reads files and folders without remembering anything: what ``paperround parse`` shows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from bot.digest.dates import check_days
from bot.digest.days import day_of_path
from bot.digest.drafts import read_draft
from bot.digest.merge import Statement, make_statement, merge
from bot.digest.model import Digest, Entry
from bot.digest.unshown import Unshown, find_unshown
from bot.errors import DigestFormatError
from bot.sources.folder import MAX_BYTES, FolderSource, read_file
from bot.sources.reader import Text, digests_of, read_documents


@dataclass(frozen=True, slots=True)
class ReadEntry:
    """An entry and its place: ``position`` counts from 0 within its day, documents in the order of their file names."""

    day: date
    position: int
    entry: Entry
    files: tuple[str, ...]
    """The files that say something of it, the first in its order first."""

    @property
    def unshown(self) -> tuple[Unshown, ...]:
        """What of it Slack cannot show as it was meant."""
        return find_unshown(self.entry)

    @property
    def understood(self) -> dict[str, bool]:
        """Which of its parts were found."""
        entry = self.entry
        parts = (entry.title, entry.links, entry.authors, entry.tags, entry.abstract, entry.commentary)
        return dict(zip(PARTS, map(bool, parts), strict=True))


PARTS = ("title", "link", "authors", "tags", "abstract", "commentary")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that is not read, or could not be, and why."""

    path: str
    line: int
    """0 where it was not opened."""
    reason: str
    """The same for all files that have this fault."""
    found: str = ""
    """What stood there instead."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.reason}" + (f", got {self.found!r}" if self.found else "")


@dataclass(frozen=True, slots=True)
class Read:
    """What was read and what was not."""

    entries: tuple[ReadEntry, ...]
    files: int = 0
    """How many could be read."""
    days: int = 0
    failures: tuple[LeftOut, ...] = ()
    """Files that should be digests and could not be read."""
    ignored: tuple[LeftOut, ...] = ()
    """Files that are left out on purpose, or not there yet."""


def read_paths(paths: Sequence[Path], max_bytes: int = MAX_BYTES) -> Read:
    """Read every file named, and every digest file below every folder named; none larger than ``max_bytes``.

    Raises SourceUnavailableError for a folder that cannot be listed.
    """
    digests: list[tuple[str, str, Digest]] = []
    failures: list[LeftOut] = []
    ignored: list[LeftOut] = []
    files = 0
    for path in paths:
        found = []
        for one in _documents(path, max_bytes, failures, ignored):
            if draft := read_draft(one[1], one[2]):
                ignored.append(LeftOut(one[0], 1, "held back as a draft by its front matter", draft.why))
            else:
                found.append(one)
        texts = [Text(name, data, day) for _, name, data, day in found]
        for (shown, name, _, _), read in zip(found, read_documents(texts), strict=True):
            try:
                of_file = digests_of(read)
                check_days(of_file, datetime.now(UTC).date())
                digests.extend((shown, name, digest) for digest in of_file)
            except DigestFormatError as exc:
                failures.append(LeftOut(shown, exc.line, f"expected {exc.expected}", exc.found))
            else:
                files += 1
    days = len({digest.day for _, _, digest in digests})
    return Read(tuple(_placed(digests)), files, days, tuple(failures), tuple(ignored))


def _documents(
    path: Path, max_bytes: int, failures: list[LeftOut], ignored: list[LeftOut]
) -> Iterator[tuple[str, str, bytes, date | None]]:
    """Each document's path for people, its name, its bytes, and the day that its folders give."""
    if not path.is_dir():
        try:
            yield str(path), path.name, read_file(path, max_bytes), day_of_path(str(path))
        except OSError as exc:
            failures.append(LeftOut(str(path), 0, "expected a file that can be read", str(exc.strerror)))
        return
    reading = FolderSource(path.name, path, quiet=timedelta(0), max_bytes=max_bytes).fetch({}, datetime.now(UTC))
    failures.extend(LeftOut(str(path / refused.uri), 0, refused.words) for refused in reading.refused)
    ignored.extend(
        LeftOut(str(path / uri), 0, "ignored by name: no digest by what tools call it") for uri in reading.ignored
    )
    ignored.extend(
        LeftOut(str(path / uri), 0, "put away by the cloud drive: open it there once") for uri in reading.away
    )
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
            files = tuple(dict.fromkeys(statement.uri for statement in merged.statements))
            yield ReadEntry(day, position, merged.entry, files)
