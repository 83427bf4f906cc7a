"""How often an app may call: per-minute tiers, and a message a second in a channel.

Section 3.3 of the platform notes. Slack publishes the tiers but no burst sizes; ours are guesses on the strict side.
"""

import math
from collections import deque
from collections.abc import Hashable

from bot.sandbox.workspace import RateLimitedError

TIERS = {1: 1, 2: 20, 3: 50, 4: 100}
"""Calls a minute, per method, team and app."""
SPECIAL = 600
"""The methods without a tier ("hundreds a minute")."""
MINUTE = 60.0
POST_BURST = 4
"""Messages that pass at once in a quiet channel, before the pace of one a second holds."""
TEAM_POSTS = 300
"""Messages a minute over all channels of a team ("several hundred")."""


class Rates:
    """Counts calls. ``speed`` multiplies every rate; 0 means that nothing is limited."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self._calls: dict[Hashable, deque[float]] = {}
        self._channels: dict[Hashable, tuple[float, float]] = {}

    def call(self, key: Hashable, a_minute: int, now: float, *, span: float | None = None) -> None:
        """Count a call, or raise RateLimitedError where the last minute holds too many.

        ``span`` (seconds) stands for the minute where it must hold at any speed.
        """
        if span is None:
            if not self.speed:
                return
            span = MINUTE / self.speed
        calls = self._calls.setdefault(key, deque())
        while calls and calls[0] <= now - span:
            calls.popleft()
        if len(calls) >= a_minute:
            raise RateLimitedError(whole_seconds(calls[0] + span - now))
        calls.append(now)

    def post(self, team: str, channel: str, now: float) -> None:
        """Count a message in a channel, or raise RateLimitedError."""
        if not self.speed:
            return
        left, at = self._channels.get((team, channel), (float(POST_BURST), now))
        left = min(POST_BURST, left + max(0.0, now - at) * self.speed)
        if left < 1:
            self._channels[team, channel] = (left, now)
            raise RateLimitedError(whole_seconds((1 - left) / self.speed))
        self.call(("posts", team), TEAM_POSTS, now)
        self._channels[team, channel] = (left - 1, now)


def whole_seconds(seconds: float) -> int:
    """As Retry-After says it: at least one."""
    return max(1, math.ceil(seconds))
