"""The addresses of papers' threads: asked of Slack once and kept, and no answer waits for them long."""

from collections.abc import Iterable
from concurrent.futures import wait
from contextlib import suppress

from bot.errors import StoreUnavailableError
from bot.slack.client import WALL
from bot.slack.desk import Desk
from bot.store.outbox import PostedThread

BUDGET = 0.5  # seconds; a person waits for the answer, not for the links in it


def permalinks(threads: Iterable[PostedThread], desk: Desk) -> dict[int, str]:
    """The addresses by delivery: those kept, and those that come in time. What comes later is kept for next time."""
    threads = list(threads)
    links = {thread.delivery_id: thread.permalink for thread in threads if thread.permalink}
    asked = {
        thread.delivery_id: desk.aside.submit(_ask, thread, desk)
        for thread in threads
        if thread.delivery_id not in links
    }
    done, _ = wait(asked.values(), timeout=BUDGET)
    for delivery_id, future in asked.items():
        if future not in done:
            future.cancel()  # one that has not begun would only keep the next answer's from beginning
        elif link := future.result():
            links[delivery_id] = link
    return links


def _ask(thread: PostedThread, desk: Desk) -> str | None:
    try:
        link = str(desk.client.chat_getPermalink(channel=thread.channel, message_ts=thread.ts)["permalink"])
    except WALL:
        return None  # An answer without the link is better than none; the next one asks again.
    with suppress(StoreUnavailableError):  # it is asked for again next time
        desk.outbox.save_permalink(thread.delivery_id, link)
    return link
