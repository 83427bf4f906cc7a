"""Remembers what stood in a channel before this process posted there, so that nothing of it is sent again.

The database may be an older copy than the channel: a backup that was put back, a file that lost its last minute.
"""

import logging
from datetime import datetime
from decimal import Decimal

from bot.delivery.outbox import Claim, Outbox, Place, Poster, Seen
from bot.delivery.pace import Pace
from bot.delivery.told import Told
from bot.errors import DeliveryDeferredError, DeliveryRefusedError, MessageGoneError

log = logging.getLogger(__name__)

SCOPE = "slack.scope"
"""The code of what a person has to grant first: posting does not wait for it."""


class Recall:
    """Each channel as it was read once, before the first post there; a thread that is older than that, before the first
    reply. A channel is one thread's at a time.
    """

    def __init__(self, poster: Poster, outbox: Outbox, pace: Pace) -> None:
        self._poster = poster
        self._outbox = outbox
        self._pace = pace
        self._told = Told()
        self._newest: dict[Place, Decimal | None] = {}
        self._threads: set[tuple[Place, str]] = set()
        self._seen: dict[str, Seen] = {}  # only what the database did not know: mostly nothing

    def take(self, claim: Claim, now: datetime) -> Seen | None:
        """The message that carries the claim's key, where it stood there already; once, since it may be deleted later.

        Mostly from memory. Raises DeliveryDeferredError or DeliveryUnknownError where Slack cannot be asked now: not
        known yet. Where it will not be told, that is said once, and nothing is known of that channel.
        """
        place, thread = claim.place, claim.thread_ts
        if place not in self._newest:
            self._newest[place] = self._read(place, None, now)
        newest = self._newest[place]
        if thread is None or newest is None or Decimal(thread) > newest:
            pass  # nothing of ours can have stood there; of these there are more every day
        elif (place, thread) not in self._threads:
            self._read(place, thread, now)
            self._threads.add((place, thread))
        return self._seen.pop(claim.key, None)

    def forget(self, key: str) -> None:
        """What stands there of this key was looked for since."""
        self._seen.pop(key, None)

    def _read(self, place: Place, thread_ts: str | None, now: datetime) -> Decimal | None:
        """Take note of what the database does not know. Returns the latest message's ``ts``, None where unknown."""
        since = now - self._pace.back
        known = self._outbox.known(place, since)
        try:
            recent = self._poster.recent(place, thread_ts, since, known)
        except MessageGoneError:  # the thread is not there, and nothing in it
            return None
        except DeliveryRefusedError as exc:
            self._go_without(place, place, exc)
            return None
        except DeliveryDeferredError as exc:
            if exc.code != SCOPE:
                raise
            self._go_without(place, place.team, exc)
            return None
        self._seen.update((key, seen) for key, seen in recent.ours.items() if key not in known)
        return None if recent.newest_ts is None else Decimal(recent.newest_ts)

    def _go_without(self, place: Place, subject: object, exc: DeliveryRefusedError | DeliveryDeferredError) -> None:
        if self._told.is_news(subject, exc.code):
            log.error(
                "not read before posting team=%s channel=%s reason=%s; let the app read its channels (scopes, a "
                "member): until then, what an older copy of the database does not know of is posted again",
                place.team,
                place.channel,
                exc,
            )
