"""Carries what changed in a source into the store: look, read, keep. The tick and ``paperround ingest`` both use it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from itertools import islice
from threading import RLock
from typing import TYPE_CHECKING

from bot.digest.dates import check_days
from bot.digest.document import Document, KnownDocument, by_day, whole_uri
from bot.digest.drafts import Draft, read_draft
from bot.digest.model import Digest
from bot.errors import DigestFormatError, SourceUnavailableError, UndatedError, UnlikelyDayError
from bot.sources.reader import Text, digests_of, read_documents
from bot.sources.reading import Refused, Source

if TYPE_CHECKING:  # SQLAlchemy takes longer to import than a folder to look at
    from bot.store.digests import Digests

# Sources are read side by side and saved one after the other: SQLite has one writer. A tick in a tick may save too.
_SAVING = RLock()

BATCH = 256  # Documents that share a commit: a commit costs more than a note.

Progress = Callable[[int, int], None]
"""Documents done, documents to do."""


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What one look at a source changed, or in a dry run would change."""

    added: int = 0
    """Entries, as are ``changed`` and ``withdrawn``."""
    changed: int = 0
    withdrawn: int = 0
    """In a dry run always 0; ``missing`` says what is on its way to be withdrawn."""
    read: tuple[str, ...] = field(default=(), compare=False)
    """Documents, by uri, that were read now and are digests."""
    unchanged: int = 0
    """Documents that are as they are remembered, and were not read again."""
    failed: tuple[tuple[str, DigestFormatError], ...] = ()
    """Documents, by uri, that should be digests and cannot be read. Their last good entries are kept."""
    refused: tuple[Refused, ...] = ()
    skipped: tuple[tuple[str, DigestFormatError], ...] = ()
    """Documents that never were digests, where such are to be expected."""
    missing: tuple[str, ...] = ()
    """Documents that are not there. Their entries are withdrawn at the second look that misses them."""
    waiting: tuple[str, ...] = ()
    """Left for a later look."""
    away: tuple[str, ...] = ()
    """Known to be there, but not on this machine now; see `Reading`."""
    ignored: tuple[str, ...] = ()
    drafts: tuple[tuple[str, str], ...] = ()
    """New or changed documents that are held back, by uri, and why."""
    ready: tuple[date, ...] = ()
    """Days that became complete."""

    def and_then(self, later: "IngestReport") -> "IngestReport":
        """What this look and a later one changed together; how things stand is as the later one saw them."""
        return replace(
            later,
            added=self.added + later.added,
            changed=self.changed + later.changed,
            withdrawn=self.withdrawn + later.withdrawn,
            ready=self.ready + later.ready,
            failed=self.failed + later.failed,
        )


def glance_at(source: Source, known: Mapping[str, KnownDocument], now: datetime) -> IngestReport | None:
    """A look at a folder that finds everything as it is remembered; None where there is more to do than look."""
    try:
        reading = source.fetch(known, now)
    except SourceUnavailableError:
        return None
    if reading.documents or reading.missing or reading.refused or reading.waiting or reading.state:
        return None
    return IngestReport(unchanged=reading.unchanged, away=reading.away, ignored=reading.ignored)


def read_source(
    source: Source,
    digests: "Digests",
    now: datetime,
    *,
    accept_removals: bool = False,
    dry_run: bool = False,
    again: bool = False,
    awake: bool = False,
    progress: Progress | None = None,
) -> IngestReport:
    """Look at ``source`` once and keep what changed. A document that cannot be read does not stop the others.

    Such a document is remembered by its hash and not tried again until its bytes change. Raises
    `SourceUnavailableError` with nothing withdrawn and the time of the next try saved, and `StoreUnavailableError`.
    ``accept_removals`` withdraws what is missing now, however much it is; ``dry_run`` changes nothing; ``again`` reads
    what could not be read once more; ``awake`` asks a source that rests after a failure all the same.
    """
    if not dry_run:
        digests.correct_moments(now)  # here, where now is new: sources are read side by side, and some take long
    known = digests.known(source.name)
    asked = _unread_forgotten(source, known) if again else known
    if awake:
        asked = {uri: replace(row, retry_at=None) if row.retry_at else row for uri, row in asked.items()}
    try:
        reading = source.fetch(asked, now, accept_removals=accept_removals)
    except SourceUnavailableError as error:
        setback = source.setback(known, error, now)
        if setback and not dry_run:
            with _SAVING:
                digests.save_state(source.name, setback, now)
        raise

    save = partial(_rehearse if dry_run else _save, source.name, digests, now, reading.missing)
    # What a batch would add is not there for the next one to find, so all is rehearsed at once.
    held_back = {each.uri: draft for each in reading.documents if (draft := _read_draft(source, each))}
    documents = [document for document in reading.documents if document.uri not in held_back]
    kept = _keep(documents, save, progress, len(documents) if dry_run else BATCH, now)
    skipped: list[Fault] = []
    failed: list[Fault] = []
    for fault in kept.faults:
        is_stray = source.has_strays and _was_never_read(known.get(fault[0].uri))
        (skipped if is_stray else failed).append(fault)

    unread = {document.uri for document, _ in kept.faults}
    ready: list[date] = []
    if not dry_run:
        drafts = [(document, held_back[document.uri]) for document in reading.documents if document.uri in held_back]
        parts = {uri for uri in known if whole_uri(uri) in held_back} - held_back.keys()
        with _SAVING:
            kept.withdrawn += digests.hold_back(source.name, drafts, now, parts)
            for document, why in failed:
                # A day is unlikely only now, or by a clock that is wrong: such a document is tried again at each look.
                failed_one = document.uri if isinstance(why, UnlikelyDayError) else document
                digests.save_failure(source.name, failed_one, str(why), now)
            # After the documents, so that an entry that moved to another file is held by that one; and also where none
            # is missing, so that one that came back is known to be there.
            # A day that a document no longer holds is missing as a document is that is gone.
            dropped = {uri for uri in known if whole_uri(uri) in kept.uris}
            missing = (reading.missing | dropped) - kept.uris
            kept.withdrawn += digests.mark_missing(source.name, missing, now, at_once=accept_removals)
            # Last: a feed whose validators are saved is not read again.
            state = [_stray(document) for document, _ in skipped] + _refusals(reading.refused, known) + [*reading.state]
            if state:
                digests.save_state(source.name, state, now)
            ready = digests.settle(source.name, source.settle, now)

    return IngestReport(
        added=kept.added,
        changed=kept.changed,
        withdrawn=kept.withdrawn,
        read=tuple(one.uri for one in reading.documents if one.uri not in unread),
        unchanged=reading.unchanged,
        failed=tuple((document.uri, why) for document, why in failed),
        refused=reading.refused,
        skipped=tuple((document.uri, why) for document, why in skipped),
        missing=tuple(sorted(reading.missing)),
        waiting=reading.waiting,
        away=reading.away,
        ignored=reading.ignored,
        drafts=tuple((uri, draft.why) for uri, draft in held_back.items()),
        ready=tuple(ready),
    )


def _read_draft(source: Source, document: Document) -> Draft | None:
    return read_draft(document.name, document.data, source.only_when)


Pair = tuple[Document, Digest]
Fault = tuple[Document, DigestFormatError]


@dataclass(slots=True)
class _Kept:
    """What became of the documents so far: entries added, changed and withdrawn, and what could not be read."""

    added: int = 0
    changed: int = 0
    withdrawn: int = 0
    faults: list[Fault] = field(default_factory=list)
    uris: set[str] = field(default_factory=set)
    """Of what was read, with the parts of a document that holds several days."""


def _keep(
    documents: Sequence[Document],
    save: Callable[[Sequence[Pair], _Kept], None],
    progress: Progress | None,
    batch: int,
    now: datetime,
) -> _Kept:
    """Parse and save, batch by batch."""
    kept = _Kept()
    texts = [Text(document.name, document.data, document.day) for document in documents]
    with closing(read_documents(texts)) as reads:  # while a batch is saved, the next ones are read
        pairs = zip(documents, reads, strict=True)
        for start in range(0, len(documents), batch or 1):
            good: list[Pair] = []
            for document, read in islice(pairs, batch):
                try:
                    digests = digests_of(read)
                    check_days(digests, now.date())
                    good += by_day(document, digests)
                except UndatedError as error:
                    found = document.undated or error.found
                    kept.faults.append((document, UndatedError(error.line, error.expected, found)))
                except DigestFormatError as error:
                    kept.faults.append((document, error))
            if good:
                kept.uris.update(document.uri for document, _ in good)
                save(good, kept)
            if progress:
                progress(min(start + batch, len(documents)), len(documents))
    return kept


def _save(
    source: str, digests: "Digests", now: datetime, missing: Collection[str], pairs: Sequence[Pair], kept: _Kept
) -> None:
    with _SAVING:
        saved = digests.save(source, pairs, now, missing)
    kept.added += saved.added
    kept.changed += saved.changed
    kept.withdrawn += saved.withdrawn


def _rehearse(
    source: str, digests: "Digests", now: datetime, missing: Collection[str], pairs: Sequence[Pair], kept: _Kept
) -> None:
    saved = digests.rehearse(source, pairs, missing)
    kept.added += saved.added
    kept.changed += saved.changed


def _unread_forgotten(source: Source, known: Mapping[str, KnownDocument]) -> dict[str, KnownDocument]:
    """What is known, but for the documents that could not be read, which are then as if they had changed."""
    own = str(getattr(source, "row_uri", ""))  # a feed's
    unread = {uri for uri, row in known.items() if uri != own and (row.error is not None or row == _stray(row))}
    if own in known and (unread or known[own].error is not None or len(known) == 1):
        unread.add(own)
    return {
        uri: replace(row, hash="", etag=None, last_modified=None, retry_at=None) if uri in unread else row
        for uri, row in known.items()
    }


def _was_never_read(was: KnownDocument | None) -> bool:
    return was is None or was == _stray(was)


def _stray(document: Document | KnownDocument) -> KnownDocument:
    """The row of a document that is no digest: its hash, so that it is left alone; no error, since it is no fault."""
    return KnownDocument(
        document.uri, document.hash, etag=document.etag, last_modified=document.last_modified, failures=1
    )


def _refusals(refused: Sequence[Refused], known: Mapping[str, KnownDocument]) -> list[KnownDocument]:
    """Rows for what was refused, for ``doctor`` to show. Without a hash: once mended, it is read whatever it holds."""
    rows = [KnownDocument(each.uri, hash="", error=f"{each.code}: {each.words}") for each in refused if each.uri]
    return [row for row in rows if row.uri not in known or known[row.uri].error != row.error]
