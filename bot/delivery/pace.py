"""Every span of time that delivery waits, in one value."""

from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Self


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast one channel is served and how long is waited before the next step."""

    gap: timedelta = timedelta(seconds=1)
    """Between two messages of one channel: Slack's own limit."""
    settling: timedelta = timedelta(seconds=3)
    """Between an unknown outcome and looking for it: Slack may still be storing the message."""
    call_timeout: timedelta = timedelta(seconds=10)
    """How long one call may take. A claim with less than this left is given back unsent."""
    margin: timedelta = timedelta(seconds=5)
    """What a lease holds beyond a call and its settling."""
    retry: timedelta = timedelta(seconds=30)
    """Until the next try where Slack could not be reached, did not do it, or does not show what it holds."""
    operator: timedelta = timedelta(minutes=10)
    """Until the next try where a person has to put something right first: a token, a scope."""

    @property
    def lease(self) -> timedelta:
        """How long a claim is its owner's."""
        return self.call_timeout + self.settling + self.margin

    def scaled(self, factor: float) -> Self:
        """The same pace, every span divided by ``factor``."""
        return type(self)(*(getattr(self, field.name) / factor for field in fields(self)))
