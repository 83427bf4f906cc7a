"""What is done for one message that was claimed: look where an attempt may have arrived, call Slack once, write down
what came of it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from bot.delivery.outbox import Claim, Outbox, Poster
from bot.delivery.pace import Pace
from bot.delivery.recall import Recall
from bot.errors import (
    ChannelClosedError,
    DeliveryDeferredError,
    DeliveryRefusedError,
    DeliveryUnknownError,
    MessageGoneError,
    PayloadRefusedError,
)
from bot.messages.content import Content

log = logging.getLogger(__name__)

Outcome = Literal["posted", "updated", "deleted", "found", "deferred", "unknown", "refused", "kept", "late"]

DeliveryError = DeliveryRefusedError | DeliveryDeferredError | DeliveryUnknownError

_DONE: dict[str, Outcome] = {"post": "posted", "update": "updated", "delete": "deleted"}

BUSY = "slack.busy"
"""The code of being too fast, which is no attempt."""
STRANGE = "slack.strange"
"""The code of an answer that nobody knows: whether it was done is not known either, so it is looked up first."""
FEW = 2
"""The post and the first look for it: after a night's rest Slack is asked once more before that is said to be long."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One step taken for one message.

    ``found`` stood there already; ``deferred`` and ``unknown`` come again; ``kept`` stays in the channel as it is;
    ``late`` was given back untried because its lease was nearly over.
    """

    claim: Claim
    outcome: Outcome
    posted_ts: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """Takes one step for one message. Nothing here sleeps, and no transaction is open while Slack is asked."""

    outbox: Outbox
    poster: Poster
    clock: Callable[[], datetime]
    pace: Pace
    recall: Recall | None = None

    def take(self, claim: Claim) -> Sent:
        """Do what the claim says, or give it back. Whatever happens, the outbox knows when this returns."""
        if claim.op != "post":
            return self._send(claim)  # done twice is done: nothing to look for
        return self._look(claim) if claim.looking else self._recall(claim)

    def _look(self, claim: Claim) -> Sent:
        """Where an attempt may have arrived: ask Slack whether it did."""
        asked_at = self.clock()
        if self.recall is not None:
            self.recall.forget(claim.key)
        try:
            posted_ts = self.poster.find(claim)
        except (DeliveryRefusedError, DeliveryDeferredError, DeliveryUnknownError) as exc:
            return self._cannot_look(claim, exc)
        return self._send(claim) if posted_ts is None else self._confirm(claim, posted_ts, "found", asked_at)

    def _recall(self, claim: Claim) -> Sent:
        """Where it was never tried, as far as the database knows: adopt it if it stands there all the same."""
        try:
            seen = self.recall.take(claim, self.clock()) if self.recall is not None else None
        except (DeliveryDeferredError, DeliveryUnknownError) as exc:
            self._give_back(claim, self._retry_at(claim, exc), exc, counted=False)
            return Sent(claim, "deferred")
        if seen is None:
            return self._send(claim)
        same = self.poster.says(seen, claim.content)
        self.outbox.adopt(claim, seen.ts, self.clock(), same=same)
        log.info("adopted channel=%s key=%s posted_ts=%s same=%s", claim.place.channel, claim.key, seen.ts, same)
        return Sent(claim, "found", seen.ts)

    def _send(self, claim: Claim, *, unsure: bool = False) -> Sent:
        """Call Slack, once. ``unsure`` says that an earlier attempt may stand there all the same."""
        sent_at = self.clock()
        if claim.lease_until - sent_at < self.pace.needed:
            # Another process may own it before the call has settled: stopped and woken, or a slow look.
            self.outbox.give_back(claim, sent_at, unknown=claim.looking, error="lease nearly over", counted=False)
            log.warning("given back untried channel=%s key=%s reason=lease", claim.place.channel, claim.key)
            return Sent(claim, "late")
        try:
            posted_ts = self._call(claim)
        except DeliveryDeferredError as exc:
            unknown = unsure or (exc.code == STRANGE and claim.op == "post")
            self._give_back(claim, self._retry_at(claim, exc), exc, unknown=unknown, counted=exc.code != BUSY)
            return Sent(claim, "deferred")
        except DeliveryUnknownError as exc:
            retry_at = self.clock() + self.pace.settled(claim.attempts)
            self._give_back(claim, retry_at, exc, unknown=claim.op == "post")
            return Sent(claim, "unknown")
        except PayloadRefusedError as exc:
            if not claim.content.blocks:  # it was the words alone already
                return self._refused(claim, exc)
            log.error(
                "sent as plain text channel=%s key=%s reason=%s; report this message: its blocks are wrong",
                claim.place.channel,
                claim.key,
                exc,
            )
            return self._send(replace(claim, content=Content(claim.content.text, ())), unsure=unsure)
        except DeliveryRefusedError as exc:
            return self._refused(claim, exc)
        return self._confirm(claim, posted_ts, _DONE[claim.op], sent_at)

    def _call(self, claim: Claim) -> str:
        if claim.op == "post":
            return self.poster.post(claim)
        if claim.op == "update":
            self.poster.update(claim)
        else:
            self.poster.delete(claim)
        return claim.target_ts or ""

    def _confirm(self, claim: Claim, posted_ts: str, outcome: Outcome, sent_at: datetime) -> Sent:
        self.outbox.confirm(claim, posted_ts, self.pace.next_turn(sent_at, claim.turn_at), self.clock())
        log.info("%s channel=%s key=%s posted_ts=%s", outcome, claim.place.channel, claim.key, posted_ts)
        return Sent(claim, outcome, posted_ts)

    def _cannot_look(self, claim: Claim, exc: DeliveryError) -> Sent:
        """It may have arrived, and Slack does not say: it waits, rather than risk a second copy, up to a point."""
        if claim.attempts > FEW and self.clock() - claim.claimed_at >= self.pace.unsure_after:
            if self.pace.when_unsure == "resend":
                self._tell(claim, "sent again", exc, "it may stand there twice: look, and delete one")
                return self._send(claim, unsure=True)
            if self.pace.when_unsure == "skip":
                return self._skip(claim, exc)
            remedy = "let the app read the channel (scopes, a member), or look, and paperround deliveries retry or skip"
            self._tell(claim, "still unknown", exc, remedy)
        # The first try was the post itself.
        retry_at = self._retry_at(replace(claim, attempts=claim.attempts - 1), exc)
        self._give_back(claim, retry_at, exc, unknown=True)
        return Sent(claim, "unknown")

    def _skip(self, claim: Claim, exc: DeliveryError) -> Sent:
        self.outbox.refuse(claim, f"skipped {exc}", close_channel=False, now=self.clock())
        remedy = "it may be missing, and its replies with it: look, and paperround deliveries retry"
        self._tell(claim, "skipped", exc, remedy)
        return Sent(claim, "refused")

    def _refused(self, claim: Claim, exc: DeliveryRefusedError) -> Sent:
        if isinstance(exc, ChannelClosedError):
            self.outbox.refuse(claim, str(exc), close_channel=True, now=self.clock())
            self._tell(claim, "refused", exc, "nothing more is sent there: invite the bot or end the subscription")
            return Sent(claim, "refused")
        gone = isinstance(exc, MessageGoneError)
        if claim.op == "delete" and gone:
            return self._confirm(claim, claim.target_ts or "", "deleted", self.clock())
        if claim.op != "post":
            return self._keep(claim, exc)
        if gone and claim.thread_ts is not None and self.outbox.lose_parent(claim, str(exc)):
            log.warning("parent is gone channel=%s key=%s; it is sent anew first", claim.place.channel, claim.key)
            return Sent(claim, "deferred")
        self.outbox.refuse(claim, str(exc), close_channel=False, now=self.clock())
        self._tell(claim, "refused", exc, "this message is lost, and its replies with it: paperround deliveries retry")
        return Sent(claim, "refused")

    def _keep(self, claim: Claim, exc: DeliveryRefusedError) -> Sent:
        """Leave what stands there. Of a message that people took away no more is made, unless a reply asks for it."""
        self.outbox.keep(claim, str(exc))
        if isinstance(exc, PayloadRefusedError):
            self._tell(claim, "kept", exc, "it stays as it was: report this message, its words are wrong")
        else:
            log.warning("kept channel=%s key=%s op=%s reason=%s", claim.place.channel, claim.key, claim.op, exc)
        return Sent(claim, "kept")

    def _retry_at(self, claim: Claim, exc: DeliveryError) -> datetime:
        """Later the more often it was tried; being too fast is no try. Never before Slack said."""
        wait: timedelta = self.pace.gap if exc.code == BUSY else self.pace.after(claim.attempts)
        retry_at = self.clock() + wait
        return max(exc.retry_at, retry_at) if isinstance(exc, DeliveryDeferredError) else retry_at

    def _give_back(
        self, claim: Claim, retry_at: datetime, exc: DeliveryError, *, unknown: bool = False, counted: bool = True
    ) -> None:
        self.outbox.give_back(claim, retry_at, unknown=unknown, error=str(exc), counted=counted)
        log.warning(
            "given back channel=%s key=%s op=%s unknown=%s retry_at=%s reason=%s",
            claim.place.channel,
            claim.key,
            claim.op,
            unknown,
            retry_at.isoformat(timespec="seconds"),
            exc,
        )

    def _tell(self, claim: Claim, what: str, exc: DeliveryError, remedy: str) -> None:
        """What a person has to see to."""
        log.error(
            "%s id=%d channel=%s key=%s reason=%s; %s", what, claim.id, claim.place.channel, claim.key, exc, remedy
        )
