"""Why Slack could not be reached, in words for the log: each cause has a remedy of its own."""

import http.client
import socket
import ssl
from collections.abc import Iterator
from urllib.error import URLError

from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse

from bot.slack.client import code_of


def explain(error: BaseException) -> str:
    """What happened and what a person can do about it, in one line."""
    causes = list(_chain(error))
    for cause in causes:
        if isinstance(cause, SlackApiError):
            return _answered(cause)
    for cause in causes:
        if said := _failed(cause):
            return said
    return f"the call failed ({type(causes[-1]).__name__}); check the network and SLACK_API_URL"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what it came from, the nearest first."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        found = waiting.pop(0)
        if found is None or id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        if isinstance(found, URLError) and isinstance(found.reason, BaseException):
            waiting.append(found.reason)
        waiting += (found.__cause__, found.__context__)


def _answered(error: SlackApiError) -> str:
    status = getattr(error.response, "status_code", 0)
    if status == 429:
        return "Slack asks to wait (HTTP 429); nothing to do"
    if status >= 500:
        return f"Slack has a fault of its own (HTTP {status}); see status.slack.com where it lasts"
    code = code_of(error) if isinstance(error.response, SlackResponse) else ""
    if not code:
        return f"what answers is not Slack (HTTP {status}); check SLACK_API_URL and the proxy"
    return f"Slack answers {code}"


def _failed(cause: BaseException) -> str:
    match cause:
        case socket.gaierror():
            return "the name of the host is not known (DNS); check the network, its name server and SLACK_API_URL"
        case ssl.SSLCertVerificationError():
            why = getattr(cause, "verify_message", "") or "it cannot be verified"
            return f"the certificate is not trusted ({why}); check the clock, SSL_CERT_FILE and the proxy"
        case ssl.SSLError():
            return "no encrypted connection comes about (TLS); check that SLACK_API_URL is https, and the proxy"
        case ConnectionRefusedError():
            return "the connection is refused; check SLACK_API_URL, the proxy and the firewall"
        case TimeoutError():
            return "there is no answer in time; check the network, the proxy and the firewall"
        case ConnectionError() | http.client.HTTPException():
            return "the connection was cut; check the network and the proxy"
        case OSError() if "Tunnel connection failed" in str(cause):
            return "the proxy does not let us through; check HTTPS_PROXY and NO_PROXY"
        case OSError() if cause.strerror:
            return f"the network fails ({cause.strerror}); check it"
        case SlackClientError() if not isinstance(cause, SlackApiError):
            return "what answers is not Slack; check SLACK_API_URL and the proxy"
    return ""
