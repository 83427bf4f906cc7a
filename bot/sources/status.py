"""The state of a source: one value, from what is remembered of it and what the last look found."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "partly", "nothing", "unreachable", "waiting"]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a source that cannot be used, and why."""

    uri: str
    why: str
    held: bool = False
    """Whether it was read before: then it is no stray file."""


@dataclass(frozen=True, slots=True)
class Status:
    """What a look at a source came to.

    ``ok``: what should be read was read. ``partly``: something that is a digest was not. ``nothing``: the source was
    looked at, and nothing in it could be used. ``unreachable``: it could not be looked at. ``waiting``: all that there
    is has been left for a later look.
    """

    state: State
    readable: int = 0
    unreadable: int = 0
    """How many things a person should mend, or, where nothing is readable, how many there are."""
    example: Fault | None = None

    @property
    def needs_a_person(self) -> bool:
        return self.state in ("partly", "nothing", "unreachable")


def status_of(
    readable: int,
    faults: Sequence[Fault],
    *,
    strays: Sequence[Fault] = (),
    waiting: int = 0,
    unreachable: str | None = None,
) -> Status:
    """The state of a source with so many documents that were read.

    ``strays`` are what is no digest and need not be one; they count only where nothing else is there. ``unreachable``
    is why the source could not be looked at.
    """
    if unreachable is not None:
        return Status("unreachable", readable, len(faults), Fault("", unreachable))
    if not readable:
        unusable = [*faults, *strays]
        if waiting and not unusable:
            return Status("waiting")
        return Status("nothing", 0, len(unusable), unusable[0] if unusable else None)
    serious = [fault for fault in faults if not is_harmless(fault)]
    if serious:
        return Status("partly", readable, len(serious), serious[0])
    return Status("ok", readable)


# Of a note beside others that are read: it names no day, or nothing stands in it.
_NO_DAY = re.compile(r"expected [^,]*\bdate\b")
# A name with what looks like a day and is none: somebody meant one.
_WRONG_DAY = re.compile(r"got ['\"][^'\"]*\.\w+: ")
_EMPTY = re.compile(r"got ''$")
_ABOUT = re.compile(
    r"(?:^|/)(?:readme|index|home|about|changelog|changes|untitled[^/]*|무제[^/]*)\.\w+$", re.IGNORECASE
)


def is_harmless(fault: Fault) -> bool:
    """Whether a document that cannot be read is no loss, in a source that has others: nothing in it is a digest."""
    if fault.held:
        return False
    note_without_day = (
        fault.uri.lower().endswith(".md") and _NO_DAY.search(fault.why) and not _WRONG_DAY.search(fault.why)
    )
    return bool(note_without_day or _EMPTY.search(fault.why) or _ABOUT.search(fault.uri))
