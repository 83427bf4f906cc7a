"""Every span of time that delivery waits, in one value."""

from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, Literal, Self

WhenUnsure = Literal["wait", "resend", "skip"]

LEAST_CALL = timedelta(seconds=2)  # of a scaled pace: a server under load does not answer faster because we hurry
LEAST_MARGIN = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast one channel is served and how long is waited before the next step."""

    gap: timedelta = timedelta(seconds=1)
    """Between two messages of one channel: Slack's own limit."""
    settling: timedelta = timedelta(seconds=3)
    """Between an unknown outcome and looking for it: Slack may still be storing the message. Twice as long after each
    further one, up to ``operator``."""
    call_timeout: timedelta = timedelta(seconds=10)
    """How long one call may take in all; its client breaks it off then."""
    margin: timedelta = timedelta(seconds=5)
    """What a lease holds beyond a call and its settling: to look for an earlier attempt, and to begin."""
    retry: timedelta = timedelta(seconds=30)
    """Until the next try where Slack could not be reached, did not do it, or does not show what it holds; twice as long
    after each further try, up to ``operator``."""
    operator: timedelta = timedelta(minutes=10)
    """Until the next try where a person has to put something right first: a token, a scope."""
    unsure_after: timedelta = timedelta(hours=1)
    """For how long Slack is asked again whether a message arrived, before ``when_unsure`` decides."""
    back: timedelta = timedelta(days=14)
    """How far back a channel is read before the first post to it after a start."""
    burst: int = 1
    """How many messages a channel that was quiet may have at once, before the pace of one a ``gap``."""
    when_unsure: WhenUnsure = "wait"
    """What happens to a message of which Slack does not say whether it arrived: it waits on, is sent again (and may
    then stand there twice), or is left out (and may then be missing)."""

    def next_turn(self, sent_at: datetime, turn_at: datetime | None) -> datetime:
        """When a channel's next message may go, after one that was sent at ``sent_at`` on its turn of ``turn_at``.

        A bucket of ``burst`` that fills by one a ``gap`` (the generic cell rate algorithm). Counted from before the
        call, as Slack counts them when they come.
        """
        earliest = sent_at - (self.burst - 1) * self.gap
        return max(earliest, turn_at or earliest) + self.gap

    def after(self, attempts: int) -> timedelta:
        """How long to wait before the next try after so many."""
        return self._doubled(self.retry, attempts)

    def settled(self, attempts: int) -> timedelta:
        """How long to wait after so many tries of which the last one's outcome is not known."""
        return self._doubled(self.settling, attempts)

    def _doubled(self, span: timedelta, attempts: int) -> timedelta:
        factor: int = 2 ** min(max(attempts - 1, 0), 10)
        return min(span * factor, max(self.operator, span))

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
        values: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        spans = {name: value for name, value in values.items() if isinstance(value, timedelta) and name != "back"}
        least = {"call_timeout": LEAST_CALL, "margin": LEAST_MARGIN}
        scaled: dict[str, Any] = {
            name: max(span / factor, min(span, least.get(name, timedelta(0)))) for name, span in spans.items()
        }
        return replace(self, **scaled)
