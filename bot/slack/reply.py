"""How an answer goes out: to the address that came with a command or click, or into the thread of a message.

Slack's answer to it is looked at: a refusal is an ERROR in the log; where the blocks were refused the words go alone.
"""

import json
import logging
import re
from collections.abc import Callable
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient, WebhookResponse

from bot.messages.content import Content
from bot.slack.asker import Asked
from bot.slack.client import WALL
from bot.slack.desk import Desk
from bot.slack.failures import Failure, failure_of

log = logging.getLogger(__name__)

Message = dict[str, Any]

_REMEDY = "nothing reached the person; an expired or used address needs another try, all else a report"


def reply(
    asked: Asked,
    desk: Desk,
    content: Content,
    *,
    replace: bool = False,
    everybody: bool = False,
    private: bool = False,
) -> bool:
    """Answer there, in private where that is possible; False where Slack did not take it.

    ``replace`` puts it in the place of the message that was clicked on, ``everybody`` shows it to the channel. After a
    click in a thread it goes into that thread. A message in a channel is answered in its thread, before everybody who
    reads it unless it is ``private``; in a direct message the answer stands in the conversation.
    """
    message: Message = {"text": content.text, "unfurl_links": False, "unfurl_media": False}
    if content.blocks:
        message["blocks"] = desk.shown.keep(content.text, content.blocks) if asked.asker.alone else list(content.blocks)
    if asked.event is not None:
        event, asker = asked.event, asked.asker
        thread_ts = event.get("thread_ts") or (None if asker.in_direct else event.get("ts"))
        message |= {"channel": asker.channel} | ({"thread_ts": thread_ts} if thread_ts else {})
        if private and not asker.alone:
            del message["unfurl_links"], message["unfurl_media"]
            message["user"] = asker.user
            return _sent(asked, message, lambda: _whispered(desk, message))
        return _sent(asked, message, lambda: _posted(desk, message))
    message["replace_original"] = replace
    thread_ts = (asked.body.get("container") or {}).get("thread_ts")
    if thread_ts and not replace:
        message["thread_ts"] = thread_ts
    if everybody:
        message["response_type"] = "in_channel"
    return _sent(asked, message, lambda: _answered(asked, desk, message))


def delete(asked: Asked, desk: Desk) -> bool:
    """Take away the message that was clicked on; False where Slack did not."""
    message: Message = {"delete_original": True}
    return _sent(asked, message, lambda: _answered(asked, desk, message))


Refused = tuple[int, str]
"""The status of the answer and the code in it; status 0 where there was none."""


def _sent(asked: Asked, message: Message, send: Callable[[], Refused | None]) -> bool:
    refused = send()
    if refused is not None and failure_of(refused[1]) is Failure.PAYLOAD and message.pop("blocks", None):
        log.error("blocks refused channel=%s status=%d code=%s; report this answer", asked.asker.channel, *refused)
        refused = send()
    if refused is not None:
        log.error("answer refused channel=%s status=%d code=%s; %s", asked.asker.channel, *refused, _REMEDY)
    return refused is None


def _whispered(desk: Desk, message: Message) -> Refused | None:
    return _called(lambda: desk.client.chat_postEphemeral(**message))


def _posted(desk: Desk, message: Message) -> Refused | None:
    return _called(lambda: desk.client.chat_postMessage(**message))


def _called(call: Callable[[], object]) -> Refused | None:
    try:
        call()
    except SlackApiError as exc:
        return exc.response.status_code, _known(exc.response.get("error"))
    except WALL as exc:
        return 0, type(exc).__name__
    return None


def _answered(asked: Asked, desk: Desk, message: Message) -> Refused | None:
    seconds: Any = desk.client.timeout  # the SDK says int and hands it to the socket, which takes fractions
    # Without retries: an answer that everybody sees must not come twice.
    address = WebhookClient(str(asked.body.get("response_url")), timeout=seconds, retry_handlers=[])
    try:
        response = address.send_dict(message)
    except WALL as exc:
        return 0, type(exc).__name__
    code = _code(response)
    return None if response.status_code == 200 and not code else (response.status_code, code or "none")


def _code(response: WebhookResponse) -> str:
    """The error that an address answers, in JSON or as a bare word; empty for none."""
    try:
        told = json.loads(response.body)
    except ValueError:
        return "" if response.status_code == 200 else _known(response.body.strip())
    refused = isinstance(told, dict) and not told.get("ok", True)
    return _known(told.get("error")) if refused else ""


def _known(code: object) -> str:
    """A code as Slack writes them; anything else may hold words of people and is not told."""
    return code if isinstance(code, str) and re.fullmatch(r"\w{1,60}", code) else "none"
