"""Who people are and what channels are called, asked of Slack once and remembered for a while."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.errors import BotError, RequestRefusedError
from bot.slack.client import translate

REMEMBERED = timedelta(hours=1)  # a person who changes their language or zone sees it within the hour
PAGE = 200  # the number Slack advises for lists (conversations.list)


@dataclass(frozen=True, slots=True)
class Person:
    """A person's language and zone. ``locale`` is Slack's (``ko-KR``), None where Slack does not tell."""

    id: str
    locale: str | None
    zone: str


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel as the bot sees it."""

    id: str
    name: str
    is_private: bool
    is_member: bool


class Directory:
    """Look-ups of people and channels in one workspace. Never used for posting."""

    def __init__(self, client: WebClient, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._clock = clock
        self._people: dict[str, tuple[datetime, Person]] = {}

    def person(self, user: str) -> Person:
        """A person's language and zone; English and UTC where Slack does not say."""
        kept = self._people.get(user)
        now = self._clock()
        if kept and now - kept[0] < REMEMBERED:
            return kept[1]
        try:
            found = self._client.users_info(user=user, include_locale=True).get("user") or {}
        except (SlackApiError, OSError):
            # An answer in English beats no answer; not remembered, so that the next look-up asks again.
            return kept[1] if kept else Person(user, None, "UTC")
        person = Person(user, found.get("locale"), found.get("tz") or "UTC")
        self._people[user] = (now, person)
        return person

    def channel(self, channel_id: str) -> Channel | None:
        """The channel of that id; None where it is not there or not the bot's to see (a private one it is not in)."""
        try:
            return _channel(self._client.conversations_info(channel=channel_id)["channel"])
        except SlackApiError as exc:
            if exc.response.get("error") in ("channel_not_found", "method_not_supported_for_channel_type"):
                return None
            raise translate(exc, self._clock()) from exc
        except OSError as exc:
            raise translate(exc, self._clock()) from exc

    def named(self, name: str) -> Channel | None:
        """The channel called ``#name`` (or carrying that id) that is not archived; None where there is none to see."""
        if not name.startswith("#"):
            return self.channel(name)
        wanted = name[1:].casefold()
        return next((channel for channel in self._channels() if channel.name.casefold() == wanted), None)

    def _channels(self) -> Iterator[Channel]:
        cursor = ""
        while True:
            try:
                page = self._client.conversations_list(
                    types="public_channel,private_channel", exclude_archived=True, limit=PAGE, cursor=cursor
                )
            except (SlackApiError, OSError) as exc:
                raise translate(exc, self._clock()) from exc
            yield from (_channel(found) for found in page["channels"])
            following = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not following or following == cursor:  # a server that ignores cursors would give the first page for ever
                return
            cursor = following

    def enter(self, channel_id: str) -> Channel:
        """The channel, the bot a member of it: a public one is joined, a private one must invite.

        Raises RequestRefusedError("channel.invite") where the bot cannot come in by itself.
        """
        channel = self.channel(channel_id)
        if channel is None or (channel.is_private and not channel.is_member):
            raise RequestRefusedError("channel.invite")
        if not channel.is_member:
            try:
                self._client.conversations_join(channel=channel_id)
            except SlackApiError as exc:
                error: BotError = RequestRefusedError("channel.invite", reason=exc.response.get("error", ""))
                raise error from exc
            except OSError as exc:
                raise translate(exc, self._clock()) from exc
        return channel


def _channel(found: dict[str, Any]) -> Channel:
    direct = bool(found.get("is_im") or found.get("is_mpim"))
    return Channel(
        id=found["id"],
        name=found.get("name") or found["id"],
        is_private=bool(found.get("is_private")) or direct,
        is_member=bool(found.get("is_member")) or direct,  # a direct message the bot can see is one it is in
    )
