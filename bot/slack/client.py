"""The wall to Slack's Web API: its clients, and what a call that failed means.

Above it nobody sees `SlackApiError`, a socket or a broken answer: all become the delivery errors of `bot/errors.py`.
"""

import email.utils
import http.client
import math
import re
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit, urlunsplit

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.builtin_handlers import ConnectionErrorRetryHandler

from bot.delivery.pace import Pace
from bot.environment import proxy_for, ssl_context
from bot.errors import (
    ChannelClosedError,
    DeliveryDeferredError,
    DeliveryRefusedError,
    DeliveryUnknownError,
    MessageGoneError,
    PayloadRefusedError,
)
from bot.slack.bounded import BoundedClient
from bot.slack.failures import Failure, failure_of

CALL_TIMEOUT = Pace().call_timeout
LONGEST_ASKED = Pace().operator
"""The most that is waited because of ``Retry-After``: Slack's own is a minute or less, and to be told again costs one
call."""

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
    return _reached(BoundedClient(token, base_url=api_url, timeout=seconds, retry_handlers=list(handlers)))


def untokened(client: WebClient) -> WebClient:
    """The same client for Bolt, which is given each request's token by ``authorize`` and warns of another."""
    made = BoundedClient(base_url=client.base_url, timeout=client.timeout, retry_handlers=list(client.retry_handlers))
    return _reached(made)


def _reached(client: BoundedClient) -> BoundedClient:
    """The client, with the proxy and the certificates that the environment names for its address.

    The SDK takes any proxy of the environment for any address, loopback too. Raises SettingsError where a variable
    cannot be used.
    """
    client.proxy = slack_proxy(client.base_url)
    if client.base_url.startswith("https:"):
        client.ssl = ssl_context()
    return client


def slack_proxy(url: str) -> str | None:
    """The proxy for one of Slack's addresses, with its password. HTTP_PROXY counts where HTTPS_PROXY is not set."""
    parts = urlsplit(url)
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    proxy = proxy_for(urlunsplit(parts._replace(scheme=scheme)), also=("http",))
    return proxy.url if proxy else None


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


WALL = (
    SlackClientError,
    OSError,  # urllib's URLError, time-outs, resets
    http.client.HTTPException,  # an answer cut short
    ValueError,  # an answer that is no text
    AttributeError,  # an answer that is JSON but no object: the SDK asks it for its "ok"
    LookupError,  # an answer without what it must have, or in a character set that nobody knows
    TypeError,  # an answer of another shape
    RecursionError,  # JSON that is nested too deep
)
"""Whatever a call of the Web API may end in besides its answer; `translate` says what each means."""

# Raised while connecting: nothing was sent.
_NEVER_SENT = (ConnectionRefusedError, socket.gaierror, ssl.SSLCertVerificationError)


def translate(exc: Exception, now: datetime, pace: Pace | None = None, attempts: int = 1) -> DeliveryError:
    """Say what a failed call means for what was to be done. Whatever is not known for certain is unknown.

    ``attempts`` is how often it was tried: the more, the longer is waited where nobody says how long.
    """
    pace = pace or Pace()
    if isinstance(exc, SlackApiError):
        return _translate_answer(exc, now, pace, attempts)
    if isinstance(exc, URLError) and isinstance(exc.reason, _NEVER_SENT):
        retry_at = now + pace.after(attempts)
        return DeliveryDeferredError("slack.unreachable", retry_at=retry_at, error=type(exc.reason).__name__)
    return DeliveryUnknownError(Failure.UNCLEAR.value, error=type(exc).__name__)


def _translate_answer(exc: SlackApiError, now: datetime, pace: Pace, attempts: int) -> DeliveryError:
    code, status = code_of(exc), exc.response.status_code
    if status == 429:
        failure = Failure.BUSY
    elif status >= 500 or not code:
        failure = Failure.UNCLEAR
    else:
        failure = failure_of(code)
    code = code or f"http {status}"
    match failure:
        case Failure.BUSY:
            asked = retry_after(exc, now)
            retry_at = now + (pace.retry if asked is None else asked)
            return DeliveryDeferredError(failure.value, retry_at=retry_at, error=code)
        case Failure.UNCLEAR:
            return DeliveryUnknownError(failure.value, error=code)
        case Failure.NOT_DONE | Failure.STRANGE:
            return DeliveryDeferredError(failure.value, retry_at=now + pace.after(attempts), error=code)
        case Failure.INSTALL | Failure.SCOPE:
            needed = {"needed": exc.response.get("needed")} if failure is Failure.SCOPE else {}
            return DeliveryDeferredError(failure.value, retry_at=now + pace.operator, error=code, **needed)
        case Failure.CHANNEL:
            return ChannelClosedError(failure.value, error=code)
        case Failure.PAYLOAD:
            return PayloadRefusedError(failure.value, error=code, detail=_detail(exc))
        case Failure.GONE:
            return MessageGoneError(failure.value, error=code)
        case Failure.MESSAGE:
            return DeliveryRefusedError(failure.value, error=code)


def code_of(exc: Exception) -> str:
    """Slack's error code; empty where there was no answer, or none of Slack's, such as a proxy's page."""
    data = exc.response.data if isinstance(exc, SlackApiError) else None
    code = data.get("error") if isinstance(data, dict) else None
    return code if isinstance(code, str) and re.fullmatch(r"\w+", code) else ""


def _detail(exc: SlackApiError) -> str:
    """Where in the payload the mistake is, as Slack says it."""
    messages = (exc.response.get("response_metadata") or {}).get("messages") or ()
    return "; ".join(str(message) for message in messages)[:300]


def retry_after(exc: SlackApiError, now: datetime | None = None) -> timedelta | None:
    """How long Slack asks us to wait: whole seconds, or, as HTTP allows, a date. None where it does not say.

    Never less than nothing and never more than `LONGEST_ASKED`, whatever a proxy or a broken server writes.
    """
    told = next((value for name, value in exc.response.headers.items() if name.casefold() == "retry-after"), None)
    if not isinstance(told, str):
        return None
    try:
        seconds = float(told)
    except ValueError:
        try:
            until = email.utils.parsedate_to_datetime(told)
        except ValueError:
            return None
        seconds = (until.replace(tzinfo=until.tzinfo or UTC) - (now or datetime.now(UTC))).total_seconds()
    if not math.isfinite(seconds):
        return None
    return timedelta(seconds=min(max(0.0, seconds), LONGEST_ASKED.total_seconds()))
