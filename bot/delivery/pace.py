"""Every span of time that delivery waits, in one value."""

from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Self

LEAST_CALL = timedelta(seconds=2)  # of a scaled pace: a server under load does not answer faster because we hurry
LEAST_MARGIN = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast one channel is served and how long is waited before the next step."""

    gap: timedelta = timedelta(seconds=1)
    """Between two messages of one channel: Slack's own limit."""
    settling: timedelta = timedelta(seconds=3)
    """Between an unknown outcome and looking for it: Slack may still be storing the message."""
    call_timeout: timedelta = timedelta(seconds=10)
    """How long one call may take in all; its client breaks it off then."""
    margin: timedelta = timedelta(seconds=5)
    """What a lease holds beyond a call and its settling: to look for an earlier attempt, and to begin."""
    retry: timedelta = timedelta(seconds=30)
    """Until the next try where Slack could not be reached, did not do it, or does not show what it holds."""
    operator: timedelta = timedelta(minutes=10)
    """Until the next try where a person has to put something right first: a token, a scope."""

    @property
    def needed(self) -> timedelta:
        """What must be left of a lease for a call to begin.

        So the last byte of a message leaves us a ``settling`` before its lease ends, at the latest: whoever takes the
        claim over looks when Slack has had that long to show what arrived. A Slack that holds a message back for longer
        than that after its line broke, and then posts it, is the one way to a second copy.
        """
        return self.call_timeout + self.settling

    @property
    def lease(self) -> timedelta:
        """How long a claim is its owner's."""
        return self.needed + self.margin

    def scaled(self, factor: float) -> Self:
        """The same pace, every span divided by ``factor``; a call keeps what a busy machine needs for it."""
        spans = {field.name: getattr(self, field.name) for field in fields(self)}
        least = {"call_timeout": LEAST_CALL, "margin": LEAST_MARGIN}
        return type(self)(
            **{name: max(span / factor, min(span, least.get(name, timedelta(0)))) for name, span in spans.items()}
        )
