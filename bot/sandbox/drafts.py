"""What an app hands in as a message: checked against Slack's limits, and rewritten as Slack keeps it.

Limits: sections 1, 2.3 and 2.4 of the platform notes.
"""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from bot.sandbox.blocks import TOTAL_CHARS, Problem, check_blocks, check_metadata, stored_blocks, text_chars
from bot.sandbox.text import stored_text, unescape
from bot.sandbox.workspace import App, Message, SlackError, Workspace

TEXT_CHARS = 40_000
"""Beyond this chat.postMessage truncates."""
UPDATE_CHARS = 4000
"""Beyond this chat.update and chat.postEphemeral refuse."""
ATTACHMENTS = 100

_LINK = re.compile(r"<(https?://[^<>|]+)(?:\|([^<>]*))?>")


def is_true(value: object) -> bool:
    """A flag, as JSON or as a form writes it."""
    return value is True or str(value).lower() in ("1", "true")


def parsed(args: Mapping[str, Any], name: str, error: str) -> Any:
    """A nested argument, which a form carries as a JSON string. Raises SlackError(error) where it is not JSON."""
    value = args.get(name)
    if not isinstance(value, str):
        return value
    if not value:
        return None
    try:
        return json.loads(value)
    except ValueError:
        raise SlackError(error) from None


def draft(workspace: Workspace, app: App, args: Mapping[str, Any], seed: str, *, refuse_over: int | None) -> Message:
    """The content of a message as it will be kept: text, and blocks, attachments and metadata where they were given.

    ``refuse_over`` is the length of text to refuse at; None truncates at 40,000 instead. ``seed`` (a ts) makes the
    ids of blocks that have none. Raises SlackError.
    """
    message: Message = {}
    names = workspace.names()
    markdown = args.get("markdown_text")
    if markdown and (args.get("text") or args.get("blocks")):
        raise SlackError("markdown_text_conflict")
    blocks = [{"type": "markdown", "text": markdown}] if markdown else parsed(args, "blocks", "invalid_blocks_format")
    attachments = parsed(args, "attachments", "invalid_attachments")
    text = _text(args.get("text") or markdown or "", refuse_over)
    if blocks is not None:
        _accept_blocks(blocks)
    if attachments is not None:
        _accept_attachments(attachments)
    if not text.strip() and not blocks and not attachments:
        raise SlackError("no_text")
    link_names = is_true(args.get("link_names")) or args.get("parse") == "full"
    message["text"] = stored_text(text, names if link_names else None)
    if blocks:
        message["blocks"] = stored_blocks(blocks, names, seed)
    previews = _previews(message, args)
    if attachments or previews:
        message["attachments"] = [*(attachments or []), *previews]
    metadata = parsed(args, "metadata", "invalid_metadata_format")
    if metadata is not None and metadata != {}:
        wrong = check_metadata(metadata)
        if wrong:
            raise SlackError(wrong)
        message["metadata"] = metadata
    return message


def author(workspace: Workspace, app: App) -> Message:
    """What a message says about the app that wrote it."""
    profile = app.profile(workspace.team_id)
    return {"user": app.bot_user, "bot_id": app.bot_id, "app_id": app.id, "bot_profile": profile}


def _text(text: object, refuse_over: int | None) -> str:
    words = text if isinstance(text, str) else str(text)
    if refuse_over is not None and len(words) > refuse_over:
        raise SlackError("msg_too_long")
    return words[:TEXT_CHARS]


def _accept_blocks(blocks: object, at: str = "/blocks", error: str = "invalid_blocks") -> None:
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    problems = check_blocks(blocks, at)
    if problems:
        raise refused(error, problems)
    if sum(isinstance(b, dict) and b.get("type") == "table" for b in blocks) > 1:
        raise refused("invalid_attachments", [Problem("only_one_table_allowed", at)])
    if text_chars(blocks) > TOTAL_CHARS:
        raise SlackError("msg_blocks_too_long")


def _accept_attachments(attachments: object) -> None:
    if not isinstance(attachments, list):
        raise SlackError("invalid_attachments")
    if len(attachments) > ATTACHMENTS:
        raise SlackError("too_many_attachments")
    for number, attachment in enumerate(attachments):
        if not isinstance(attachment, dict):
            raise SlackError("invalid_attachments")
        if "blocks" in attachment:
            _accept_blocks(attachment["blocks"], f"/attachments/{number}/blocks", "invalid_attachments")


def refused(error: str, problems: list[Problem]) -> SlackError:
    """Slack's answer to arguments that break its schema: the words twice, as it gives them."""
    lines = [str(problem) for problem in problems]
    return SlackError(error, errors=[problem.message for problem in problems], response_metadata={"messages": lines})


def _previews(message: Message, args: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The previews Slack would attach to an app's links unless both flags say no. This one fetches nothing."""
    if "unfurl_links" in args and not is_true(args["unfurl_links"]):
        return []
    previews: dict[str, dict[str, Any]] = {}
    for url, label in _LINK.findall(_all_text(message)):
        address = unescape(url)
        without_protocol = address.split("://", 1)[1]
        if label and unescape(label) in without_protocol:
            continue
        previews[address] = {
            "from_url": address,
            "original_url": address,
            "service_name": urlsplit(address).netloc,
            "title": address,
            "title_link": address,
            "fallback": f"Preview of {address}",
            "id": len(previews) + 1,
        }
    return list(previews.values())


def _all_text(message: Message) -> str:
    texts = [message["text"]]
    texts += [
        block["text"]["text"]
        for block in message.get("blocks", [])
        if block["type"] == "section" and block.get("text", {}).get("type") == "mrkdwn"
    ]
    return "\n".join(texts)
