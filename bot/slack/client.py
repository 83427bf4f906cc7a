"""The wall to Slack's Web API: clients, and a poster that sends a message once and finds it again.

Above it nobody sees `SlackApiError`, a socket or a broken answer: all become the delivery errors of `bot/errors.py`.
"""

import html
import http.client
import logging
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.builtin_handlers import ConnectionErrorRetryHandler

from bot.delivery.outbox import Claim
from bot.delivery.pace import Pace
from bot.errors import (
    ChannelClosedError,
    DeliveryDeferredError,
    DeliveryRefusedError,
    DeliveryUnknownError,
    PayloadRefusedError,
)
from bot.slack.bounded import BoundedClient
from bot.slack.failures import Failure, failure_of

log = logging.getLogger(__name__)

EVENT_TYPE = "paperround_delivery"
CALL_TIMEOUT = Pace().call_timeout
LOOK_BACK = timedelta(seconds=10)
"""How far before a claim we look for its message: our clock may be ahead of Slack's."""
FIRST_PAGE = 15  # the most an app outside the Marketplace gets; what we look for is nearly always among these
NEXT_PAGES = 200  # Slack's advice; it gives fewer where it must
STRANGE_ATTEMPTS = 6  # each twice as long after the one before: a quarter of an hour in all
TEXT_CHARS = 40_000  # chat.postMessage cuts a longer text without a word

DeliveryError = DeliveryRefusedError | DeliveryDeferredError | DeliveryUnknownError


def sending_client(token: str, api_url: str, *, timeout: timedelta = CALL_TIMEOUT) -> WebClient:
    """A client for what people see: it never repeats a call by itself, which could post twice."""
    return _client(token, api_url, timeout, retries=False)


def reading_client(token: str, api_url: str, *, timeout: timedelta = CALL_TIMEOUT) -> WebClient:
    """A client for what may be asked twice: it repeats a call once when the connection breaks."""
    return _client(token, api_url, timeout, retries=True)


def _client(token: str, api_url: str, timeout: timedelta, *, retries: bool) -> WebClient:
    seconds: Any = timeout.total_seconds()  # the SDK says int and hands it to the socket, which takes fractions
    handlers = [ConnectionErrorRetryHandler()] if retries else []
    return BoundedClient(token, base_url=api_url, timeout=seconds, retry_handlers=list(handlers))


def untokened(client: WebClient) -> WebClient:
    """The same client for Bolt, which is given each request's token by ``authorize`` and warns of another."""
    return WebClient(base_url=client.base_url, timeout=client.timeout, retry_handlers=list(client.retry_handlers))


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the token makes us."""

    team: str
    team_name: str
    user: str
    bot: str
    scopes: frozenset[str] = frozenset()
    """What the token may do; empty where the server does not tell."""


def identify(client: WebClient, now: datetime) -> Identity:
    """Ask Slack who we are. Raises the errors of a delivery."""
    try:
        answer = client.auth_test()
        return Identity(
            team=answer["team_id"],
            team_name=answer.get("team") or answer["team_id"],
            user=answer["user_id"],
            bot=answer.get("bot_id") or "",
            scopes=_scopes(answer.headers),
        )
    except WALL as exc:
        raise translate(exc, now) from exc


def _scopes(headers: Mapping[str, str]) -> frozenset[str]:
    """Of the header that every answer carries (docs.slack.dev: installing with OAuth)."""
    told = next((value for name, value in headers.items() if name.casefold() == "x-oauth-scopes"), "")
    return frozenset(scope.strip() for scope in told.split(",") if scope.strip())


def try_socket(app_token: str, api_url: str, now: datetime) -> None:
    """See whether a socket may be opened, without opening it. Raises the errors of a delivery."""
    try:
        reading_client(app_token, api_url).apps_connections_open(app_token=app_token)
    except WALL as exc:
        raise translate(exc, now) from exc


class SlackPoster:
    """Posts with the claim's key in the message's metadata, and finds the message by it (`delivery.outbox.Poster`)."""

    def __init__(self, client: WebClient, clock: Callable[[], datetime], pace: Pace | None = None) -> None:
        """``client`` is a sending client: one without retries."""
        self._client = client
        self._clock = clock
        self._pace = pace or Pace()

    def post(self, claim: Claim) -> str:
        """Send it once. Returns the message's ``ts``; a content without blocks goes as plain text."""
        if len(claim.content.text) > TEXT_CHARS:
            raise PayloadRefusedError(Failure.PAYLOAD.value, error="text_too_long", chars=len(claim.content.text))
        arguments: dict[str, Any] = {
            "channel": claim.place.channel,
            "text": claim.content.text,
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
            posted_ts = self._client.chat_postMessage(**arguments).get("ts")
        except WALL as exc:
            raise self._translate_post(exc, claim) from exc
        if not isinstance(posted_ts, str) or not posted_ts:
            raise DeliveryUnknownError(Failure.UNCLEAR.value, error="answer without ts")
        return posted_ts

    def find(self, claim: Claim) -> str | None:
        """The ``ts`` of the message that carries the claim's key; None where it does not stand there.

        A server that drops metadata (some that speak Slack's language do) would hide every message of ours. Where none
        of ours shows any, an app's message with the same words in the same place is taken for it.
        """
        words = _words(claim.content.text)
        alike: str | None = None
        keeps_metadata = False
        try:
            for message in self._messages(claim):
                metadata = message.get("metadata") or {}
                if metadata.get("event_type") == EVENT_TYPE:
                    keeps_metadata = True
                    if (metadata.get("event_payload") or {}).get("key") == claim.key:
                        return str(message["ts"])
                elif words and "client_msg_id" not in message and _words(message.get("text") or "") == words:
                    alike = str(message["ts"])  # what a person typed carries a client_msg_id
        except WALL as exc:
            if isinstance(exc, SlackApiError) and _code(exc) in ("thread_not_found", "message_not_found"):
                return None  # the thread is gone, and with it whatever stood in it
            raise self._translate(exc) from exc
        if alike is None or keeps_metadata:
            return None
        log.warning("found by its words channel=%s key=%s reason=no metadata", claim.place.channel, claim.key)
        return alike

    def _messages(self, claim: Claim) -> Iterator[dict[str, Any]]:
        """What was posted from a little before the claim on, page by page, in the claim's channel or thread."""
        arguments: dict[str, Any] = {
            "channel": claim.place.channel,
            "oldest": f"{(claim.claimed_at - LOOK_BACK).timestamp():.6f}",
            "inclusive": True,
            "include_all_metadata": True,
        }
        if claim.thread_ts is not None:
            arguments["ts"] = claim.thread_ts
        ask = self._client.conversations_history if claim.thread_ts is None else self._client.conversations_replies
        cursor, seen = "", {""}
        while True:
            page = ask(**arguments, cursor=cursor or None, limit=NEXT_PAGES if cursor else FIRST_PAGE)
            yield from page.get("messages") or ()
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if cursor in seen:  # the last page, or a server that ignores cursors and would give the same page for ever
                return
            seen.add(cursor)

    def _translate_post(self, exc: Exception, claim: Claim) -> DeliveryError:
        error = self._translate(exc)
        if error.code != Failure.STRANGE.value:
            return error
        code = error.values["error"]
        if claim.attempts >= STRANGE_ATTEMPTS:
            return DeliveryRefusedError(Failure.STRANGE.value, error=code)
        log.error("unknown error code=%s attempts=%d; it is tried again, report the code", code, claim.attempts)
        retry_at = self._clock() + self._pace.retry * 2 ** (claim.attempts - 1)
        return DeliveryDeferredError(Failure.STRANGE.value, retry_at=retry_at, error=code)

    def _translate(self, exc: Exception) -> DeliveryError:
        error = translate(exc, self._clock(), self._pace)
        if error.code in (Failure.INSTALL.value, Failure.SCOPE.value):
            log.error("slack refuses the token %s; install the app again with the scopes of its manifest", error)
        return error


WALL = (
    SlackClientError,
    OSError,  # urllib's URLError, time-outs, resets
    http.client.HTTPException,  # an answer cut short
    ValueError,  # an answer that is no text
    AttributeError,  # an answer that is JSON but no object: the SDK asks it for its "ok"
    KeyError,  # an answer without what it must have
)
"""Whatever a call of the Web API may end in besides its answer; `translate` says what each means."""

# Raised while connecting: nothing was sent.
_NEVER_SENT = (ConnectionRefusedError, socket.gaierror, ssl.SSLCertVerificationError)


def translate(exc: Exception, now: datetime, pace: Pace | None = None) -> DeliveryError:
    """Say what a failed call means for what was to be posted. Whatever is not known for certain is unknown."""
    pace = pace or Pace()
    if isinstance(exc, SlackApiError):
        return _translate_answer(exc, now, pace)
    if isinstance(exc, URLError) and isinstance(exc.reason, _NEVER_SENT):
        return DeliveryDeferredError("slack.unreachable", retry_at=now + pace.retry, error=type(exc.reason).__name__)
    return DeliveryUnknownError(Failure.UNCLEAR.value, error=type(exc).__name__)


def _translate_answer(exc: SlackApiError, now: datetime, pace: Pace) -> DeliveryError:
    code, status = _code(exc), exc.response.status_code
    if status == 429:
        failure = Failure.BUSY
    elif status >= 500 or not code:
        failure = Failure.UNCLEAR
    else:
        failure = failure_of(code)
    code = code or f"http {status}"
    match failure:
        case Failure.BUSY:
            return DeliveryDeferredError(failure.value, retry_at=now + _retry_after(exc, pace), error=code)
        case Failure.UNCLEAR:
            return DeliveryUnknownError(failure.value, error=code)
        case Failure.NOT_DONE | Failure.STRANGE:
            return DeliveryDeferredError(failure.value, retry_at=now + pace.retry, error=code)
        case Failure.INSTALL | Failure.SCOPE:
            needed = {"needed": exc.response.get("needed")} if failure is Failure.SCOPE else {}
            return DeliveryDeferredError(failure.value, retry_at=now + pace.operator, error=code, **needed)
        case Failure.CHANNEL:
            return ChannelClosedError(failure.value, error=code)
        case Failure.PAYLOAD:
            return PayloadRefusedError(failure.value, error=code, detail=_detail(exc))
        case Failure.MESSAGE:
            return DeliveryRefusedError(failure.value, error=code)


def _code(exc: SlackApiError) -> str:
    """Slack's error code; empty where the answer was none of Slack's, such as a proxy's page."""
    data = exc.response.data
    code = data.get("error") if isinstance(data, dict) else None
    return code if isinstance(code, str) and re.fullmatch(r"\w+", code) else ""


def _detail(exc: SlackApiError) -> str:
    """Where in the payload the mistake is, as Slack says it."""
    messages = (exc.response.get("response_metadata") or {}).get("messages") or ()
    return "; ".join(str(message) for message in messages)[:300]


def _retry_after(exc: SlackApiError, pace: Pace) -> timedelta:
    headers = {name.casefold(): value for name, value in exc.response.headers.items()}
    try:
        return timedelta(seconds=max(0.0, float(headers["retry-after"])))
    except (KeyError, ValueError, OverflowError):
        return pace.retry


def _words(text: str) -> str:
    """What is left of a text whatever Slack makes of its links, emoji and escapes when it stores it."""
    bare = re.sub(r"<([^<>|]*)\|[^<>]*>", r"\1", text)
    bare = re.sub(r":[a-z0-9_+'-]+:", "", html.unescape(bare))
    return "".join(character for character in bare.casefold() if character.isalnum())
