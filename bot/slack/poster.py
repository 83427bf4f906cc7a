"""A way to Slack's channels: messages are posted, changed, taken away, and found again by the key they carry.

See `delivery.outbox.Poster`; what a failed call means stands in `client` and `failures`.
"""

import hashlib
import html
import logging
import re
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any, TypeGuard

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.delivery.outbox import Claim, Place, Recent, Seen
from bot.delivery.pace import Pace
from bot.errors import (
    DeliveryDeferredError,
    DeliveryRefusedError,
    DeliveryUnknownError,
    MessageGoneError,
    PayloadRefusedError,
)
from bot.messages.content import Content
from bot.slack.client import WALL, DeliveryError, code_of, translate
from bot.slack.failures import ONCE_MORE, Failure, failure_of

log = logging.getLogger(__name__)

EVENT_TYPE = "paperround_delivery"
CLOCK_WRONG = timedelta(hours=1, seconds=10)
"""How far before its claim a message may bear its ``ts`` where nothing of ours is known in the channel.

The ``ts`` is by Slack's clock and the claim by ours, which may have been an hour ahead (summer time set by hand, a
clock put back since), and a few seconds besides. More would only make more to read.
"""
FARTHEST_BACK = timedelta(hours=25)
"""The same where Slack's own ``ts`` of our latest message says from where to look, which may be months ago.

So a clock that was wrong by any zone of the world, or by a day, hides nothing; a channel gets a day's messages.
"""
FIRST_PAGE = 15  # the most an app outside the Marketplace gets; what we look for is nearly always among these
NEXT_PAGES = 200  # Slack's advice; it gives fewer where it must
STRANGE_ATTEMPTS = 6  # each twice as long after the one before: a quarter of an hour in all
TEXT_CHARS = 40_000  # chat.postMessage cuts a longer text without a word
UPDATE_CHARS = 4_000  # chat.update refuses a longer text

Message = dict[str, Any]


class SlackPoster:
    """Posts with the claim's key in the message's metadata, and finds the message by it (`delivery.outbox.Poster`)."""

    def __init__(self, client: WebClient, clock: Callable[[], datetime], pace: Pace | None = None) -> None:
        """``client`` is a sending client: one without retries."""
        self._client = client
        self._clock = clock
        self._pace = pace or Pace()
        self._begun: dict[tuple[str, ...], tuple[int, _Reading]] = {}
        """What goes on at which attempt."""

    def post(self, claim: Claim) -> str:
        """Send it once. Returns the message's ``ts``; a content without blocks goes as plain text."""
        arguments: dict[str, Any] = {
            "channel": claim.place.channel,
            "text": _within(claim.content.text, TEXT_CHARS),
            "metadata": {"event_type": EVENT_TYPE, "event_payload": {"key": claim.key}},
            "unfurl_links": False,
            "unfurl_media": False,
        }
        if claim.content.blocks:
            arguments["blocks"] = list(claim.content.blocks)
        else:
            arguments["mrkdwn"] = False
        if claim.thread_ts is not None:
            arguments["thread_ts"] = claim.thread_ts
        try:
            answer = self._client.chat_postMessage(**arguments)
            posted_ts, message = answer.get("ts"), answer.get("message")
        except WALL as exc:
            raise self._failed(exc, claim) from exc
        if not is_ts(posted_ts):
            raise DeliveryUnknownError(Failure.UNCLEAR.value, error="answer without ts")
        if claim.thread_ts is not None and isinstance(message, dict) and not message.get("thread_ts"):
            self._take_back(claim, claim.thread_ts, posted_ts)
        return posted_ts

    def _take_back(self, claim: Claim, thread_ts: str, posted_ts: str) -> None:
        """Slack put a reply into the channel itself, as it does where the parent was deleted (slack-go issue 1571).

        Raises MessageGoneError once it is taken away again. It stays where the parent is there after all (a server that
        does not tell), or where that cannot be asked or done: there it is read, sent anew it might stand there twice.
        """
        try:
            if not self._is_gone(claim.place, thread_ts):
                return
            self._client.chat_delete(channel=claim.place.channel, ts=posted_ts)
        except WALL as exc:
            log.warning(
                "reply stands in the channel channel=%s key=%s reason=no parent, %s",
                claim.place.channel,
                claim.key,
                type(exc).__name__,
            )
            return
        raise MessageGoneError(Failure.GONE.value, error="reply without a parent")

    def _is_gone(self, place: Place, thread_ts: str) -> bool:
        try:
            answer = self._client.conversations_replies(channel=place.channel, ts=thread_ts, limit=1)
        except SlackApiError as exc:
            if failure_of(code_of(exc)) is Failure.GONE:
                return True
            raise
        first: Message = next(iter(answer.get("messages") or ()), {})
        return first.get("ts") != thread_ts or first.get("subtype") == "tombstone"

    def update(self, claim: Claim) -> None:
        """Let the message read as the content does; without blocks it has none. Its metadata stays, as Slack keeps it.

        An update unfurls nothing, and cannot say that its text is plain.
        """
        try:
            self._client.chat_update(
                channel=claim.place.channel,
                ts=claim.target_ts or "",
                text=_within(claim.content.text, UPDATE_CHARS),
                blocks=list(claim.content.blocks),
            )
        except WALL as exc:
            raise self._failed(exc, claim) from exc

    def delete(self, claim: Claim) -> None:
        """Take the message away; one that is not there is done with."""
        try:
            self._client.chat_delete(channel=claim.place.channel, ts=claim.target_ts or "")
        except WALL as exc:
            error = self._failed(exc, claim)
            if not isinstance(error, MessageGoneError):
                raise error from exc

    def find(self, claim: Claim) -> str | None:
        """The ``ts`` of the message that carries the claim's key; None where it does not stand there.

        A server that drops metadata (some that speak Slack's language do) would hide every message of ours. Where none
        of ours shows any, an app's message with the same words in the same place is taken for it.
        """
        reading = self._look(claim, claim.thread_ts)
        if reading.is_gone:  # Slack may have put a reply to nothing into the channel itself
            reading = self._look(claim, None)
        if claim.key in reading.ours:
            return reading.ours[claim.key].ts
        if reading.alike is None or reading.ours:
            return None
        log.warning("found by its words channel=%s key=%s reason=no metadata", claim.place.channel, claim.key)
        return reading.alike

    def _look(self, claim: Claim, thread_ts: str | None) -> "_Reading":
        oldest = f"{(claim.claimed_at - (FARTHEST_BACK if is_ts(claim.after_ts) else CLOCK_WRONG)).timestamp():.6f}"
        if is_ts(claim.after_ts):
            oldest = max(oldest, claim.after_ts, key=float)
        words = _bare(claim.content.text)
        return self._read(
            ("find", claim.place.channel, thread_ts or "", claim.key),
            lambda: _Reading(self._client, claim.place, thread_ts, oldest, _fingerprint(words) if words else ""),
            lambda reading: claim.key in reading.ours,
            until=claim.lease_until - self._pace.needed,
            attempt=claim.attempts,
        )

    def recent(self, place: Place, thread_ts: str | None, since: datetime, known: Collection[str]) -> Recent:
        """Our messages in a channel or a thread, back to ``since`` or, in a channel, to the first that is ``known``."""
        known = frozenset(known) if thread_ts is None else frozenset()  # a thread comes oldest first: all of it
        reading = self._read(
            ("recent", place.channel, thread_ts or ""),
            lambda: _Reading(self._client, place, thread_ts, f"{since.timestamp():.6f}", ""),
            lambda reading: not known.isdisjoint(reading.ours),
        )
        return Recent(reading.ours, reading.newest_ts)

    def says(self, seen: Seen, content: Content) -> bool:
        """Whether a message that stands there reads as the content does, whatever Slack makes of a text it stores."""
        return seen.words == _fingerprint(_bare(content.text))

    def _read(
        self,
        name: tuple[str, ...],
        begin: Callable[[], "_Reading"],
        enough: Callable[["_Reading"], bool],
        until: datetime | None = None,
        attempt: int | None = None,
    ) -> "_Reading":
        """Turn the pages until it is enough, or over.

        An app outside the Marketplace gets one page of 15 a minute: where Slack asks us to wait, or a claim would not
        last (``until``), the next call of that name goes on from there; from the beginning it would never get through.
        Not where another process had an ``attempt`` in between, which may have put a message before what was read.
        """
        number, begun = self._begun.pop(name, (None, None))
        reading = begun if begun is not None and number == (attempt or 0) else begin()
        going_on = (0 if attempt is None else attempt + 1, reading)
        try:
            reading.turn()
            while not reading.is_over and not enough(reading):
                if until is not None and self._clock() >= until:
                    self._begun[name] = going_on
                    raise DeliveryDeferredError(Failure.BUSY.value, retry_at=self._clock(), error="much to read")
                reading.turn()
        except WALL as exc:
            error = self._translate(exc)
            reading.is_gone = isinstance(error, MessageGoneError)
            if error.code == Failure.BUSY.value:
                self._begun[name] = going_on
            if not reading.is_gone:
                raise error from exc
        return reading

    def _failed(self, exc: Exception, claim: Claim) -> DeliveryError:
        """What a call that was to do something means for its claim."""
        error, code = self._translate(exc, claim.attempts), code_of(exc)
        if isinstance(error, MessageGoneError) and claim.op == "post" and claim.thread_ts is None:
            return DeliveryRefusedError(Failure.MESSAGE.value, error=code)  # it replies to nothing
        if code in ONCE_MORE and claim.attempts == 1:
            return DeliveryDeferredError(Failure.NOT_DONE.value, retry_at=self._clock() + self._pace.retry, error=code)
        if error.code == Failure.STRANGE.value:
            if claim.attempts >= STRANGE_ATTEMPTS:
                return DeliveryRefusedError(Failure.STRANGE.value, error=code)
            log.error("unknown error code=%s attempts=%d; it is tried again, report the code", code, claim.attempts)
        return error

    def _translate(self, exc: Exception, attempts: int = 1) -> DeliveryError:
        error = translate(exc, self._clock(), self._pace, attempts)
        if error.code in (Failure.INSTALL.value, Failure.SCOPE.value):
            log.error("slack refuses the token %s; install the app again with the scopes of its manifest", error)
        return error


class _Reading:
    """A channel's messages, newest first, or a thread's, oldest first: what was seen on the pages so far."""

    def __init__(self, client: WebClient, place: Place, thread_ts: str | None, oldest: str, words: str) -> None:
        self._ask = client.conversations_history if thread_ts is None else client.conversations_replies
        self._arguments: dict[str, Any] = {"channel": place.channel, "oldest": oldest, "include_all_metadata": True}
        if thread_ts is not None:
            self._arguments["ts"] = thread_ts
        self._thread_ts = thread_ts
        self._words = words
        self._cursors = [""]
        self.ours: dict[str, Seen] = {}
        self.alike: str | None = None
        """An app's message without metadata that says the words."""
        self.newest_ts: str | None = None
        self.is_over = False
        self.is_gone = False
        """True where there is no such thread."""

    def turn(self) -> None:
        """Read the next page. Raises whatever a call of the Web API may end in, and is then where it was."""
        cursor = self._cursors[-1]
        page = self._ask(**self._arguments, cursor=cursor or None, limit=NEXT_PAGES if cursor else FIRST_PAGE)
        for message in page.get("messages") or ():
            self._see(message)
        following = (page.get("response_metadata") or {}).get("next_cursor") or ""
        # An old cursor is a server's that ignores them and would give the same page for ever.
        self.is_over = following in ("", *self._cursors)
        self._cursors.append(following)

    def _see(self, message: Message) -> None:
        metadata = message.get("metadata") or {}
        key = (metadata.get("event_payload") or {}).get("key")
        is_ours = metadata.get("event_type") == EVENT_TYPE and isinstance(key, str)
        ts = message.get("ts")
        if not is_ts(ts):
            if is_ours:
                raise ValueError("a message of ours without a ts")  # to pass it over would be to post it again
            return
        self.newest_ts = max(self.newest_ts or ts, ts, key=float)
        words = _fingerprint(_bare(str(message.get("text") or "")))
        if is_ours:
            self.ours.setdefault(str(key), Seen(ts, words))
        elif words == self._words and ts != self._thread_ts and "client_msg_id" not in message:
            self.alike = ts  # what a person typed carries a client_msg_id


def is_ts(value: object) -> TypeGuard[str]:
    """Whether this is what Slack names a message by."""
    return isinstance(value, str) and re.fullmatch(r"[0-9]{1,12}\.[0-9]{1,9}", value) is not None


def _within(text: str, chars: int) -> str:
    if len(text) > chars:
        raise PayloadRefusedError(Failure.PAYLOAD.value, error="text_too_long", chars=len(text))
    return text


def _bare(text: str) -> str:
    """What is left of a text whatever Slack makes of its links, emoji and escapes when it stores it."""
    bare = re.sub(r"<([^<>|]*)\|([^<>]*)>", r"\1 \2", text)
    bare = re.sub(r":[a-z0-9_+'-]+:", "", html.unescape(bare))
    return "".join(character for character in bare.casefold() if character.isalnum())


def _fingerprint(words: str) -> str:
    """Short, because a channel's recent messages are kept in memory by it."""
    return hashlib.blake2b(words.encode(), digest_size=12).hexdigest()
