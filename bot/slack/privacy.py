"""Which channels everybody may read now: asked of Slack before words or links of one are shown elsewhere.

A public channel may become private at any time, also while the bot is away and hears of nothing.
"""

from collections.abc import Collection
from concurrent.futures import wait

from bot.delivery.outbox import Place
from bot.errors import BotError
from bot.slack.desk import Asker, Desk

BUDGET = 0.5  # seconds; a person waits for the answer. What Slack does not say in time is not shown.


def open_channels(channels: Collection[str], asker: Asker, desk: Desk) -> frozenset[str]:
    """Those of them that Slack says are public, and the one where it is asked."""
    others = sorted(set(channels) - {asker.channel})
    asked = {channel: desk.aside.submit(_is_public, channel, asker.team, desk) for channel in others}
    done, _ = wait(asked.values(), timeout=BUDGET)
    for future in set(asked.values()) - done:
        future.cancel()
    public = {channel for channel, future in asked.items() if future in done and future.result()}
    return frozenset(public | {asker.channel})


def _is_public(channel: str, team: str, desk: Desk) -> bool:
    try:
        public = desk.directory.is_public(channel)
    except BotError:
        return False
    if not public:
        desk.remarks.seen(Place(team, channel), is_private=True)
    return public
