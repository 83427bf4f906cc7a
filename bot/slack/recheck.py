"""Kept remarks compared with the threads they come from: what was deleted or edited while nobody listened is followed.

Events tell of a deletion once. Each thread is read again after a start, and later now and then.
"""

import logging
import time
from collections.abc import Collection
from concurrent.futures import wait
from datetime import timedelta
from typing import Any

from bot.errors import BotError, DeliveryDeferredError, MessageGoneError
from bot.slack.client import WALL, translate
from bot.slack.desk import Desk
from bot.slack.failures import Failure
from bot.slack.heard import read
from bot.store.remarks import Said, Thread

log = logging.getLogger(__name__)

BUDGET = 0.5  # seconds that an answer waits for threads that were not read since the start
A_LOOK = 15  # threads read at one look: Slack allows fifty calls a minute, and other things are asked too
PAGE = 200  # the number Slack advises


def look_at_remarks(team: str, desk: Desk) -> None:
    """Read the next few threads. Raises BotError where Slack asks to wait or cannot be asked."""
    for thread in desk.recheck.due(desk.remarks.threads(team), desk.clock())[:A_LOOK]:
        follow(thread, desk)


def confirm(team: str, entry_ids: Collection[int], desk: Desk) -> None:
    """Before remarks are shown: read those of their threads that were not read since the start, as far as half a second
    allows.
    """
    due = desk.recheck.due(desk.remarks.threads(team, entry_ids), desk.clock(), timedelta.max)[:A_LOOK]
    if due:
        asked = [desk.aside.submit(_quietly, thread, desk) for thread in due]
        _, late = wait(asked, timeout=BUDGET)
        for future in late:
            future.cancel()


def _quietly(thread: Thread, desk: Desk) -> None:
    try:
        follow(thread, desk)
    except BotError as exc:
        log.info("remarks not compared channel=%s reason=%s", thread.place.channel, exc.code)


def follow(thread: Thread, desk: Desk) -> None:
    """Let what is kept of a thread be what it says now. Raises BotError."""
    began = time.time()
    kept = desk.remarks.in_thread(thread)
    try:
        there = _messages(thread, desk)
        if thread.ts not in there:  # Slack gives the parent with every page; without it, nothing is known
            log.warning(
                "remarks not compared channel=%s reason=a thread without its first message", thread.place.channel
            )
            return
    except MessageGoneError:
        there = {}
    except BotError as exc:
        if not isinstance(exc, DeliveryDeferredError) or exc.code == Failure.SCOPE.value:
            desk.recheck.done(thread, desk.clock())  # the bot may not read there any more, however often it asks
        raise
    erased = 0
    for ts, text in kept.items():
        said = read(there[ts], "") if ts in there else ts
        if isinstance(said, Said):
            if said.text != text:
                desk.remarks.keep(thread.place, Said(said.ts, said.thread_ts, said.user, said.text, edited=True))
        elif float(ts) < began:
            desk.remarks.erase(thread.place, ts)
            erased += 1
    desk.recheck.done(thread, desk.clock())
    if erased:
        log.info("remarks erased, deleted in Slack channel=%s count=%d", thread.place.channel, erased)


def _messages(thread: Thread, desk: Desk) -> dict[str, dict[str, Any]]:
    """The messages of the thread, by ``ts``."""
    found: dict[str, dict[str, Any]] = {}
    cursors = [""]
    try:
        while True:
            page = desk.client.conversations_replies(
                channel=thread.place.channel, ts=thread.ts, limit=PAGE, cursor=cursors[-1] or None
            )
            found |= {str(message["ts"]): message for message in page.get("messages") or ()}
            following = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if following in ("", *cursors):
                return found
            cursors.append(following)
    except WALL as exc:
        raise translate(exc, desk.clock()) from exc
