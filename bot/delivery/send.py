"""Sends what is written down, each message once: claim, look where an attempt may have arrived, post, confirm.

Nothing here sleeps: what has to wait is given back to the outbox with the moment of its next turn.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from bot.delivery.outbox import Claim, Outbox, Poster
from bot.delivery.pace import Pace
from bot.delivery.told import Told
from bot.errors import (
    ChannelClosedError,
    DeliveryDeferredError,
    DeliveryRefusedError,
    DeliveryUnknownError,
    PayloadRefusedError,
    StoreUnavailableError,
)
from bot.messages.content import Content

log = logging.getLogger(__name__)

Outcome = Literal["posted", "found", "deferred", "unknown", "refused", "late"]


@dataclass(frozen=True, slots=True)
class Sent:
    """One step taken for one message.

    ``found`` stood there already; ``deferred`` and ``unknown`` come again; ``late`` was given back unsent because its
    lease was nearly over.
    """

    claim: Claim
    outcome: Outcome
    posted_ts: str | None = None


def send_next(outbox: Outbox, poster: Poster, owner: str, clock: Callable[[], datetime], pace: Pace) -> Sent | None:
    """Take one step for the next message whose turn it is; None where nobody's turn is now.

    Never holds a transaction open while Slack is asked.
    """
    claim = _claim(outbox, owner, clock, pace)
    return _Step(outbox, poster, clock, pace).take(claim) if claim else None


@dataclass(frozen=True, slots=True)
class _Step:
    outbox: Outbox
    poster: Poster
    clock: Callable[[], datetime]
    pace: Pace

    def take(self, claim: Claim) -> Sent:
        if claim.looking:
            try:
                posted_ts = self.poster.find(claim)
            except (DeliveryRefusedError, DeliveryDeferredError, DeliveryUnknownError) as exc:
                return self._cannot_look(claim, exc)
            if posted_ts is not None:
                return self._confirm(claim, posted_ts, "found")
        return self._post(claim)

    def _post(self, claim: Claim) -> Sent:
        if claim.lease_until - self.clock() < self.pace.needed:
            # Another process may own it before the call has settled: stopped and woken, or a slow look.
            self.outbox.give_back(claim, self.clock(), unknown=claim.looking, error="lease nearly over")
            log.warning("given back unsent channel=%s key=%s reason=lease", claim.place.channel, claim.key)
            return Sent(claim, "late")
        try:
            posted_ts = self.poster.post(claim)
        except DeliveryDeferredError as exc:
            retry_at = max(exc.retry_at, self.clock() + self.pace.gap)
            return self._give_back(claim, retry_at, "deferred", exc)
        except DeliveryUnknownError as exc:
            return self._give_back(claim, self.clock() + self.pace.settling, "unknown", exc)
        except PayloadRefusedError as exc:
            if not claim.content.blocks:  # it was the words alone already
                return self._refuse(claim, exc)
            log.error(
                "sent as plain text channel=%s key=%s reason=%s; report this message: its blocks are wrong",
                claim.place.channel,
                claim.key,
                exc,
            )
            return self._post(replace(claim, content=Content(claim.content.text, ())))
        except DeliveryRefusedError as exc:
            return self._refuse(claim, exc)
        return self._confirm(claim, posted_ts, "posted")

    def _confirm(self, claim: Claim, posted_ts: str, outcome: Literal["posted", "found"]) -> Sent:
        now = self.clock()
        self.outbox.confirm(claim, posted_ts, now + self.pace.gap, now)
        log.info("%s channel=%s key=%s posted_ts=%s", outcome, claim.place.channel, claim.key, posted_ts)
        return Sent(claim, outcome, posted_ts)

    def _cannot_look(
        self, claim: Claim, exc: DeliveryRefusedError | DeliveryDeferredError | DeliveryUnknownError
    ) -> Sent:
        """It may have arrived, and Slack does not say: it waits, rather than risk a second copy."""
        retry_at = self.clock() + self.pace.retry
        if isinstance(exc, DeliveryDeferredError):
            retry_at = max(exc.retry_at, self.clock() + self.pace.gap)
        return self._give_back(claim, retry_at, "unknown", exc)

    def _give_back(
        self,
        claim: Claim,
        retry_at: datetime,
        outcome: Literal["deferred", "unknown"],
        exc: DeliveryRefusedError | DeliveryDeferredError | DeliveryUnknownError,
    ) -> Sent:
        self.outbox.give_back(claim, retry_at, unknown=outcome == "unknown", error=str(exc))
        log.warning(
            "%s channel=%s key=%s retry_at=%s reason=%s",
            outcome,
            claim.place.channel,
            claim.key,
            retry_at.isoformat(timespec="seconds"),
            exc,
        )
        return Sent(claim, outcome)

    def _refuse(self, claim: Claim, exc: DeliveryRefusedError) -> Sent:
        closed = isinstance(exc, ChannelClosedError)
        self.outbox.refuse(claim, str(exc), close_channel=closed)
        log.error(
            "refused channel=%s key=%s reason=%s; %s",
            claim.place.channel,
            claim.key,
            exc,
            "nothing more is sent there: invite the bot or end the subscription" if closed else "this message is lost",
        )
        return Sent(claim, "refused")


class Senders:
    """A few threads of a pool that send what is due. A channel occupies one at most; a slow one never delays the rest.

    Threads are taken from the pool only while there is something to send.
    """

    def __init__(
        self,
        outbox: Outbox,
        poster: Poster,
        owner: str,
        clock: Callable[[], datetime],
        pace: Pace,
        pool: Executor,
        at_most: int,
    ) -> None:
        """``pool`` must have ``at_most`` threads for this, and is its maker's to shut down."""
        self._outbox = outbox
        self._step = _Step(outbox, poster, clock, pace)
        self._owner = owner
        self._clock = clock
        self._pace = pace
        self._pool = pool
        self._at_most = at_most
        self._told = Told()
        self._changed = threading.Condition()
        self._busy = 0
        self._stopped = False

    def wake(self) -> None:
        """Begin to send what may go now, and return at once. Costs one question to the outbox where nothing is due."""
        with self._changed:
            if self._stopped or self._busy >= self._at_most:
                return
            self._busy += 1
        try:
            self._pool.submit(self._drain)
        except RuntimeError:  # the pool is shut down: the process is ending, and the rows stay where they are
            self._leave()

    def wait_idle(self, timeout: float | None = None) -> bool:
        """Wait until nothing is under way and nothing more may go now; False where ``timeout`` seconds were too few."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._busy, timeout)

    def stop(self) -> None:
        """Begin no further message. Those under way are finished."""
        with self._changed:
            self._stopped = True

    def _drain(self) -> None:
        try:
            while not self._stopped:
                claim = _claim(self._outbox, self._owner, self._clock, self._pace)
                self._told.is_news("store", None)
                if claim is None:
                    return
                self.wake()  # somebody else asks for the next one while this one is under way
                self._step.take(claim)
        except StoreUnavailableError as exc:
            if self._told.is_news("store", exc.code):
                log.error("sending stopped reason=%s; free or repair the database, it is tried at every tick", exc)
        except Exception:
            # This is the tick's far end: nobody waits for the pool's answer. What was claimed is looked for later.
            log.exception("sending failed; report this, sending goes on at the next tick")
        finally:
            self._leave()

    def _leave(self) -> None:
        with self._changed:
            self._busy -= 1
            self._changed.notify_all()


def _claim(outbox: Outbox, owner: str, clock: Callable[[], datetime], pace: Pace) -> Claim | None:
    now = clock()
    return outbox.claim_next(owner, now, now + pace.lease)
