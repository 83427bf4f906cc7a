"""Sends what is written down, each message once: claims what may go now, and takes one step for each (`step.py`).

Nothing here sleeps: what has to wait is given back to the outbox with the moment of its next turn.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime

from bot.delivery.outbox import Claim, Outbox, Poster
from bot.delivery.pace import Pace
from bot.delivery.recall import Recall
from bot.delivery.step import Sent, Step
from bot.delivery.told import Told
from bot.errors import StoreUnavailableError

log = logging.getLogger(__name__)


def send_next(
    outbox: Outbox,
    poster: Poster,
    owner: str,
    clock: Callable[[], datetime],
    pace: Pace,
    recall: Recall | None = None,
) -> Sent | None:
    """Take one step for the next message whose turn it is; None where nobody's turn is now.

    Never holds a transaction open while Slack is asked. ``recall`` is one for the whole of a process; without it
    nothing is adopted.
    """
    claim = _claim(outbox, owner, clock, pace)
    return Step(outbox, poster, clock, pace, recall).take(claim) if claim else None


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
        self._step = Step(outbox, poster, clock, pace, Recall(poster, outbox, pace))
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
                vanished = exc.code == "store.vanished"
                again = "put its file back, then start the bot again" if vanished else "it is tried at every tick"
                log.error("sending stopped reason=%s; free or repair the database, %s", exc, again)
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
