"""A folder of digests: a vault of notes, saved pages, plain text."""

import errno
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from io import FileIO
from pathlib import Path

from bot.digest.days import day_of_path
from bot.digest.document import Document, KnownDocument, content_hash, whole_uri
from bot.digest.normalize import nfc
from bot.errors import SourceUnavailableError
from bot.sources.ignore import ignoring
from bot.sources.reading import Reading, Refused

EXTENSIONS = frozenset({".txt", ".md", ".html", ".htm"})
SETTLE = timedelta(minutes=10)
QUIET = timedelta(seconds=1.5)  # Longer than between two writes of one save, and than any file system's clock tick.
MAX_BYTES = 5_000_000
FEW = 5
SHARE = 0.10  # More than both of these gone at once is an unmounted disk more often than a tidy curator.

# A cloud drive that has put a file away leaves another in its place: before and after the file's own name.
_STUBS = ((".", ".icloud"), ("", ".nextcloud"), ("", ".owncloud"), ("", ".rslsv"))
_DATALESS = 0x40000000  # macOS, SF_DATALESS: to read such a file is to wait for its download
_RECALLED = 0x00401000  # Windows, FILE_ATTRIBUTE_RECALL_ON_DATA_ACCESS and _OFFLINE
# What reading a file of a network or cloud drive ends in while it cannot be had: it is there, and comes again.
_AWAY = frozenset(
    getattr(errno, name)
    for name in (
        *("EIO", "ETIMEDOUT", "ENOTCONN", "ESTALE", "EREMOTEIO", "EDEADLK", "EAGAIN", "EBUSY", "ENODATA"),
        *("EHOSTDOWN", "EHOSTUNREACH", "ENETDOWN", "ENETUNREACH", "ECONNRESET", "ECONNREFUSED", "ECANCELED"),
    )
    if hasattr(errno, name)
)

_WORDS = {
    "source.symlink": "a symbolic link; put the file or folder itself here",
    "source.too_large": "larger than {limit} bytes; split it or raise max_bytes",
    "source.unreadable": "cannot be read ({why}); check its permissions",
    "source.not_a_file": "not a regular file",
    "source.same_name": "another file here has the same name in another spelling; rename one",
}


class FolderSource:
    """The ``.txt``, ``.md`` and ``.html`` files under a folder; hidden files and folders are not looked at.

    A file's uri is its path under the folder, with ``/`` and in NFC, so that a vault copied from a Mac keeps its
    documents. The folder itself may be a symbolic link; nothing under it is followed. ``path`` may also be one file,
    which is then the only document, whatever its extension. What ``ignore`` names is not read (`ignore.ignoring`); what
    was read before it was ignored stays as it is.
    """

    has_strays = False

    def __init__(
        self,
        name: str,
        path: Path | str,
        *,
        settle: timedelta = SETTLE,
        max_bytes: int = MAX_BYTES,
        quiet: timedelta = QUIET,
        ignore: Sequence[str] = (),
        only_when: str = "",
    ) -> None:
        self.name = name
        self.path = Path(path)
        self.settle = settle
        self.max_bytes = max_bytes
        self.quiet = quiet
        self.only_when = only_when
        self._is_ignored = ignoring(ignore)
        self._growing: dict[str, str] = {}
        """Files that were left to grow at the last look, by their validators then."""

    def fetch(self, known: Mapping[str, KnownDocument], now: datetime, *, accept_removals: bool = False) -> Reading:
        """Walk the folder once and read what is not as it was.

        A file written less than ``quiet`` ago, or again since it was last left to grow, is ``waiting``.
        Raises `SourceUnavailableError` ``source.folder_missing`` and ``source.many_missing``.
        """
        walk = self._walk()
        refused, away = walk.refused, walk.away
        documents: list[Document] = []
        state: list[KnownDocument] = []
        growing: dict[str, str] = {}
        unchanged = 0
        for uri, entry in walk.found.items():
            was = known.get(uri)
            try:
                status = entry.stat(follow_symlinks=False)
                validator = _validator(status)
                if was and was.last_modified == self._remembered(validator):
                    unchanged += 1
                    continue
                if status.st_size > self.max_bytes:
                    refused.append(_refused(uri, "source.too_large", limit=self.max_bytes))
                    continue
                if _is_dataless(status):
                    away.append(uri)
                    continue
                data = None if self._still_moves(uri, validator, status, now) else self._read(entry.path, validator)
            except FileNotFoundError:
                data = None  # Moved or replaced while we looked: it is not missing yet, the next look will tell.
                validator = ""
            except OSError as exc:
                if exc.errno in _AWAY:
                    away.append(uri)
                else:
                    refused.append(_refused(uri, "source.unreadable", why=exc.strerror))
                continue
            if data is None:
                growing[uri] = validator
                continue
            stamp = self._remembered(validator)
            digest = content_hash(data + self.only_when.encode())
            if was and was.hash == digest:
                state.append(replace(was, last_modified=stamp))
                unchanged += 1
            else:
                name, day = uri.rpartition("/")[2], day_of_path(uri)
                documents.append(Document(uri, name, data, digest, last_modified=stamp, day=day))
        self._growing = growing

        missing = _missing(known, walk)
        if not accept_removals:
            self._check_missing(known, missing, {document.hash for document in documents})
        return Reading(
            tuple(documents),
            missing,
            tuple(refused),
            tuple(growing),
            away=tuple(away),
            ignored=tuple(walk.ignored),
            state=tuple(state),
            unchanged=unchanged,
        )

    def _remembered(self, validator: str) -> str:
        """A file's validator as it is remembered: another ``only_when`` makes every file another."""
        return f"{validator}-{self.only_when}" if self.only_when else validator

    def setback(
        self, known: Mapping[str, KnownDocument], error: SourceUnavailableError, now: datetime
    ) -> tuple[KnownDocument, ...]:
        """Nothing: a folder costs nothing to look at again."""
        return ()

    def _walk(self) -> "_Walk":
        walk = _Walk()
        if self.path.is_file():
            alone = self.path.resolve()
            files = [(entry.name, entry) for entry in os.scandir(alone.parent) if entry.name == alone.name]
            walk.found.update(_name_apart(files, walk.refused))
            return walk
        files = []
        folders = [""]
        while folders:
            folder = folders.pop()
            try:
                entries = list(os.scandir(self.path / folder))
            except OSError as exc:
                if not folder:
                    raise SourceUnavailableError(
                        "source.folder_missing", source=self.name, path=str(self.path), why=exc.strerror
                    ) from exc
                if exc.errno in _AWAY:
                    walk.away.append(_readable(folder))
                else:
                    walk.refused.append(_refused(_readable(folder), "source.unreadable", why=exc.strerror))
                continue
            names = {entry.name for entry in entries}
            for entry in entries:
                path = f"{folder}/{entry.name}" if folder else entry.name
                stubbed = _stubbed(entry.name)
                if stubbed is not None and stubbed not in names:
                    walk.away.append(_readable(f"{folder}/{stubbed}" if folder else stubbed))
                elif not entry.name.startswith("."):
                    self._sort(entry, path, walk, files, folders)
        walk.found.update(_name_apart(files, walk.refused))
        return walk

    def _sort(
        self,
        entry: os.DirEntry[str],
        path: str,
        walk: "_Walk",
        files: list[tuple[str, os.DirEntry[str]]],
        folders: list[str],
    ) -> None:
        """Say what becomes of one thing in a folder that is not hidden."""
        is_folder = entry.is_dir(follow_symlinks=False)
        if not is_folder and not _is_digest(entry.name):
            # Not entry.is_dir(), which raises on a link to itself.
            if entry.is_symlink() and os.path.isdir(entry.path) and not self._is_ignored(path, True):
                walk.refused.append(_refused(_readable(path), "source.symlink"))
        elif self._is_ignored(path, is_folder):
            walk.ignored.append(_readable(path))
        elif is_folder:
            folders.append(path)
        elif entry.is_symlink():
            walk.refused.append(_refused(_readable(path), "source.symlink"))
        elif not entry.is_file(follow_symlinks=False):
            walk.refused.append(_refused(_readable(path), "source.not_a_file"))
        else:
            files.append((path, entry))

    def _still_moves(self, uri: str, validator: str, status: os.stat_result, now: datetime) -> bool:
        before = self._growing.get(uri)
        if before is not None and before != validator:
            return True
        # On both sides of now: a clock that is ahead must not hold a file back for ever.
        age = now - datetime.fromtimestamp(status.st_mtime, UTC)
        return abs(age) < self.quiet

    def _read(self, path: str, validator: str) -> bytes | None:
        """The file's bytes, or None where it changed while they were read."""
        # Not to wait on a pipe, nor to follow a link, that was put there since the folder was listed.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(handle, "rb", buffering=0) as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                return None
            data = _read_at_most(file, self.max_bytes + 1)
            return data if _validator(os.fstat(handle)) == validator else None

    def _check_missing(self, known: Mapping[str, KnownDocument], missing: frozenset[str], moved_to: set[str]) -> None:
        # A row without a hash is of something refused, which held nothing.
        held = {
            uri: was.hash
            for uri, was in known.items()
            if was.hash and was.missing_since is None and whole_uri(uri) == uri
        }
        present = len(held)
        vanished = sum(uri in held and held[uri] not in moved_to for uri in missing)
        if vanished > FEW and vanished > present * SHARE:
            raise SourceUnavailableError(
                "source.many_missing", source=self.name, path=str(self.path), missing=vanished, known=present
            )


@dataclass(slots=True)
class _Walk:
    """What there is in a folder, before any file is opened."""

    found: dict[str, os.DirEntry[str]] = field(default_factory=dict)
    """The files to consider, by uri."""
    refused: list[Refused] = field(default_factory=list)
    away: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)


def read_file(path: Path, max_bytes: int) -> bytes:
    """The bytes of a regular file. Raises OSError, also for one that is larger than ``max_bytes``."""
    if not path.is_file():
        raise OSError(None, "no regular file")  # a pipe would be waited for
    with path.open("rb", buffering=0) as file:
        large = os.fstat(file.fileno()).st_size > max_bytes
        data = b"" if large else _read_at_most(file, max_bytes + 1)
    if large or len(data) > max_bytes:
        raise OSError(None, _refused(path.name, "source.too_large", limit=max_bytes).words)
    return data


def _read_at_most(file: FileIO, most: int) -> bytes:
    data = file.read(most) or b""
    while len(data) < most and (more := file.read(most - len(data))):
        data += more
    return data


def _is_digest(name: str) -> bool:
    return os.path.splitext(name)[1].lower() in EXTENSIONS


def _validator(status: os.stat_result) -> str:
    return f"{status.st_size}-{status.st_mtime_ns}"


def _readable(path: str) -> str:
    """The path as text any database takes: bytes that are no UTF-8 are spelled out, Hangul is composed."""
    if path.isascii():
        return path
    return nfc(os.fsencode(path).decode(errors="backslashreplace"))


def _name_apart(
    files: list[tuple[str, os.DirEntry[str]]], refused: list[Refused]
) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Each file with its uri. Of two names that differ only in spelling (NFC, NFD), the one in NFC has it."""
    taken: set[str] = set()
    for path, entry in sorted(files, key=lambda file: (_readable(file[0]) != file[0], file[0])):
        uri = _readable(path)
        if uri in taken:
            refused.append(_refused(uri, "source.same_name"))
            continue
        taken.add(uri)
        yield uri, entry


def _missing(known: Mapping[str, KnownDocument], walk: _Walk) -> frozenset[str]:
    gone = {
        uri
        for uri in known.keys() - walk.found.keys()
        if known[uri].missing_since is not None
        or whole_uri(uri) not in walk.found  # else a day of a file that is there
    }
    # What is refused or away is there, and so is all that stood in a folder that cannot be entered now.
    there = tuple(f"{uri}/" for uri in (*(each.uri for each in walk.refused), *walk.away))
    # What is ignored keeps what it held; of one that could not be read nothing has to be remembered.
    ignored = tuple(f"{uri}/" for uri in walk.ignored)
    return frozenset(
        uri
        for uri in gone
        if not f"{uri}/".startswith(there) and not (f"{uri}/".startswith(ignored) and known[uri].error is None)
    )


def _stubbed(name: str) -> str | None:
    """The name of the file or folder for which this one stands in, which a cloud drive has put away."""
    for before, after in _STUBS:
        if name.startswith(before) and name.endswith(after) and len(name) > len(before) + len(after):
            inner = name[len(before) : -len(after)]
            return inner if _is_digest(inner) or "." not in inner else None
    return None


def _is_dataless(status: os.stat_result) -> bool:
    """Whether the file's content is on a server only, so that reading it would wait for the network."""
    flags, attributes = getattr(status, "st_flags", 0), getattr(status, "st_file_attributes", 0)
    return bool(flags & _DATALESS or attributes & _RECALLED)


def _refused(uri: str, code: str, **values: object) -> Refused:
    return Refused(uri, code, _WORDS[code].format(**values))
