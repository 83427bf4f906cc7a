"""What channels have of a day, laid out: the papers of each edition, and the messages that show them."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from typing import Protocol

from bot.delivery.outbox import Edition, Outbox
from bot.digest.model import StoredDigest, StoredEntry
from bot.messages.content import DayMessage
from bot.plan.subscription import Layout, Subscription

LayOut = Callable[[StoredDigest, Sequence[StoredEntry], Layout], Sequence[DayMessage]]
"""The messages of a day's papers in the order of sending, in one language."""
Warn = Callable[[Edition, DayMessage], None]
"""Told before a day is written down of which not everything is posted."""


class Archive(Protocol):
    """The digests there are, whole."""

    def load_day(self, source: str, day: date, /, *, withdrawn: bool = False) -> StoredDigest | None: ...


class Editions:
    """The editions of one pass: a day is read once, and laid out once for all channels that get the same of it."""

    def __init__(
        self,
        archive: Archive,
        outbox: Outbox,
        lay_out: LayOut,
        edit_since: datetime,
        *,
        in_language: Callable[[str], LayOut] | None = None,
        warn: Warn | None = None,
    ) -> None:
        """What was posted before ``edit_since`` is left as it is.

        ``lay_out`` is in the language of the settings, ``in_language`` gives that of an edition which has its own.
        """
        self._outbox = outbox
        self._in_language = in_language
        self._warn = warn
        self._lay_out = lay_out
        self._edit_since = edit_since
        self._laid_out: dict[tuple[object, ...], Sequence[DayMessage]] = {}

        @cache
        def load(source: str, day: date) -> StoredDigest | None:
            return archive.load_day(source, day, withdrawn=True)

        self.day = load
        """The day with what was withdrawn of it."""

    def lay(
        self,
        edition: Edition,
        fresh: Sequence[StoredEntry],
        at: datetime,
        subscription: Subscription | None = None,
    ) -> int | None:
        """Write down that the channel has these papers too, and reads of the others what they say now.

        As `Outbox.lay` returns it; None also where the day is not there.
        """
        digest = self.day(edition.source, edition.day)
        if digest is None:
            return None
        entries = _mark_late(_printed(digest, edition, {entry.id for entry in fresh}), edition)
        messages = self._messages(digest, entries, edition)
        for message in messages:
            if message.left_out and self._warn is not None:
                self._warn(edition, message)
        return self._outbox.lay(
            edition,
            messages,
            entries,
            at,
            edit_since=self._edit_since,
            unchanged=_unchanged(edition, entries),
            subscription=subscription,
        )

    def _messages(self, digest: StoredDigest, entries: Sequence[StoredEntry], edition: Edition) -> Sequence[DayMessage]:
        if not entries:
            return ()
        layout, lang = edition.layout, edition.lang
        same = (digest.source, digest.day, layout, lang, tuple((entry.id, entry.late) for entry in entries))
        if same not in self._laid_out:
            lay_out = self._in_language(lang) if lang and self._in_language is not None else self._lay_out
            self._laid_out[same] = tuple(lay_out(digest, entries, layout))
        return self._laid_out[same]


def _mark_late(entries: Sequence[StoredEntry], edition: Edition) -> list[StoredEntry]:
    """What comes once the day is in the channel is late there for good: its message says the day."""
    known = edition.entry_ids
    return [
        replace(entry, late=True) if entry.id in edition.late or (edition.begun and entry.id not in known) else entry
        for entry in entries
    ]


def _unchanged(edition: Edition, entries: Sequence[StoredEntry]) -> frozenset[int]:
    """The entries whose words are those that the edition was last laid out with, whatever our settings say since."""
    laid_at = edition.laid_at
    if laid_at is None:
        return frozenset()
    return frozenset(one.id for one in entries if one.changed_at is not None and one.changed_at <= laid_at)


def _printed(digest: StoredDigest, edition: Edition, fresh: Collection[int]) -> list[StoredEntry]:
    """What the edition carries from now on, in the curator's order. What was withdrawn before it began leaves it."""
    return [
        entry
        for entry in digest.entries
        if entry.id in fresh or (entry.id in edition.entry_ids and (not entry.withdrawn or entry.id in edition.begun))
    ]
