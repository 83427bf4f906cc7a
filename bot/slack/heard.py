"""What a message of a thread is to the remarks that are kept: somebody's words, the end of them, or nothing."""

from typing import Any

from bot.slack.asker import unmarked
from bot.store.remarks import Said

SPOKEN = (None, "thread_broadcast", "file_share")
"""Subtypes of what a person says."""

Event = dict[str, Any]


def read(event: Event, bot_user: str) -> Said | str | None:
    """What a person said in a thread; the ``ts`` of what is gone; None for all else.

    What is said to the bot is a question and no remark; a remark that becomes one is gone.
    """
    subtype = event.get("subtype")
    if subtype == "message_deleted":
        return str(event.get("deleted_ts", ""))
    changed = subtype == "message_changed"
    message: Event = event.get("message") or {} if changed else event
    ts, thread_ts = str(message.get("ts", "")), str(message.get("thread_ts") or "")
    if message.get("subtype") == "tombstone":
        return ts
    spoken = message.get("subtype") in SPOKEN and message.get("user") and not message.get("bot_id")
    if not spoken or thread_ts in ("", ts):
        return None
    text = str(message.get("text") or "")
    if bot_user and f"<@{bot_user}" in text:
        return ts if changed else None
    return Said(ts, thread_ts, str(message["user"]), unmarked(text).replace("\0", ""), edited=changed)
