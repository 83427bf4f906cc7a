"""Who people are, where they are written to, and what channels are called: asked once and remembered for a while."""

import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.errors import DeliveryDeferredError, RequestRefusedError
from bot.slack.client import WALL, code_of, translate
from bot.slack.failures import Failure

log = logging.getLogger(__name__)

REMEMBERED = timedelta(hours=1)  # a person who changes their language or zone sees it within the hour
UNKNOWN = timedelta(minutes=1)  # how long a failed look-up of a person is not repeated for an ordinary answer
PATIENCE = 0.5  # seconds that an answer waits for the look-up of a person
ASKING = 4  # look-ups of people at once
PUBLIC_FOR = timedelta(seconds=20)  # a channel that becomes private meanwhile is told by an event as well
LISTED = timedelta(minutes=1)  # the list of all channels: long enough for every name of a config
LONGEST_WAIT = timedelta(seconds=60)  # for a list that Slack asks us to wait for; it asks for 30 s at most as a rule
PAGE = 200  # the number Slack advises for lists (conversations.list)

_LATER = (Failure.BUSY.value, Failure.UNCLEAR.value, Failure.NOT_DONE.value, "slack.unreachable")
_NOT_SEEN = ("channel_not_found", "method_not_supported_for_channel_type")
_NOT_WRITTEN_TO = (
    "user_not_found",
    "user_not_visible",
    "user_disabled",
    "cannot_dm_bot",
    "channel_not_found",
    "invalid_user_combination",
    "not_enough_users",
)
"""What conversations.open says of a person whom the bot cannot write to, however often it asks."""


@dataclass(frozen=True, slots=True)
class Person:
    """A person's language and zone. ``locale`` is Slack's (``ko-KR``), None where Slack does not tell."""

    id: str
    locale: str | None
    zone: str
    is_stranger: bool = False
    """Whether this is a person of another workspace, in a channel that both share."""
    home: str = field(default="", compare=False)
    """The person's workspace; empty where that is not known, or one of several in an organisation."""
    doubt: RequestRefusedError | None = field(default=None, compare=False)
    """Why language and zone are guesses, as it can be told to the person; None where Slack said them."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel as the bot sees it."""

    id: str
    name: str
    is_private: bool
    is_member: bool
    is_archived: bool = False


class Directory:
    """Look-ups of people and channels in one workspace. Never used for posting."""

    def __init__(
        self, client: WebClient, clock: Callable[[], datetime], sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = client
        self._clock = clock
        self._sleep = sleep
        self._direct: dict[str, str] = {}
        self._people: dict[str, tuple[datetime, Person]] = {}
        """Until when each is remembered."""
        self._asking: dict[str, Future[Person]] = {}
        self._lock = Lock()
        self._pool = ThreadPoolExecutor(ASKING, thread_name_prefix="people")
        self._public: dict[str, tuple[datetime, bool]] = {}
        self._listed: tuple[datetime, tuple[Channel, ...]] | None = None

    def person(self, user: str, *, anew: bool = False) -> Person:
        """A person's language and zone; English and UTC where Slack does not say. Whatever goes wrong, an answer.

        It takes half a second at most: where Slack is slower, what it says counts the next time. A failure is
        remembered for a while; ``anew`` asks again all the same.
        """
        with self._lock:
            until, kept = self._people.get(user, (None, None))
            if kept and until and self._clock() < until and not (anew and kept.doubt):
                return kept
            future = self._asking.get(user)
            if future is None:
                future = self._asking[user] = self._pool.submit(self._ask, user, kept)
        wait([future], timeout=PATIENCE)
        if future.done():
            return future.result()
        person = _in_doubt(user, kept, "person.unknown", reason="timeout")
        with self._lock:
            if user in self._asking:
                self._people[user] = (self._clock() + UNKNOWN, person)
        return person

    def _ask(self, user: str, kept: Person | None) -> Person:
        try:
            found = self._client.users_info(user=user, include_locale=True).get("user") or {}
            person, span = self._read(user, found), REMEMBERED
        except WALL as exc:
            missing = code_of(exc) == "missing_scope"
            code = "person.scope" if missing else "person.no_zone" if _is_unheard_of(exc) else "person.unknown"
            person = _in_doubt(user, kept, code, reason=code_of(exc) or type(exc).__name__, zone="")
            span = UNKNOWN
        except Exception as exc:  # whatever it is, the person is to be answered
            log.exception("person not looked up user=%s; report it with this traceback", user)
            person, span = _in_doubt(user, kept, "person.unknown", reason=type(exc).__name__), UNKNOWN
        with self._lock:
            self._asking.pop(user, None)
            self._people[user] = (self._clock() + span, person)
        return person

    def _read(self, user: str, found: dict[str, Any]) -> Person:
        name = found.get("tz")
        zone = _zone(name)
        doubt = None if zone else RequestRefusedError("person.no_zone", zone=name) if name else _NO_ZONE
        home = "" if found.get("enterprise_user") else str(found.get("team_id") or "")
        stranger = bool(found.get("is_stranger"))
        return Person(user, found.get("locale"), zone or "UTC", is_stranger=stranger, home=home, doubt=doubt)

    def direct(self, user: str) -> str:
        """The id of the direct message with a person, opened where it was not; it never changes.

        Raises RequestRefusedError("channel.no_direct") where this person cannot be written to.
        """
        if user not in self._direct:
            try:
                self._direct[user] = str(self._client.conversations_open(users=user)["channel"]["id"])
            except WALL as exc:
                if _is_unheard_of(exc):
                    return user  # a person's id opens the direct message wherever something is posted
                if code_of(exc) in _NOT_WRITTEN_TO:
                    raise RequestRefusedError("channel.no_direct", reason=code_of(exc)) from exc
                raise translate(exc, self._clock()) from exc
        return self._direct[user]

    def channel(self, channel_id: str) -> Channel | None:
        """The channel of that id; None where it is not there or not the bot's to see (a private one it is not in).

        Raises RequestRefusedError("channel.group_dm") for a group's direct message, which the bot has no scope for.
        """
        try:
            found = self._client.conversations_info(channel=channel_id)["channel"]
            channel = _channel(found)
        except WALL as exc:
            if isinstance(exc, SlackApiError) and exc.response.get("error") in _NOT_SEEN:
                return None
            if _is_unheard_of(exc):
                return next((channel for channel in self._all() if channel.id == channel_id), None)
            if isinstance(exc, SlackApiError) and "mpim:read" in str(exc.response.get("needed")):
                raise RequestRefusedError("channel.group_dm") from exc
            raise translate(exc, self._clock()) from exc
        if found.get("is_mpim"):
            raise RequestRefusedError("channel.group_dm")
        return channel

    def is_public(self, channel_id: str) -> bool:
        """Whether everybody may read the channel, as Slack said within the last `PUBLIC_FOR`. Raises BotError."""
        asked_at, public = self._public.get(channel_id, (None, False))
        now = self._clock()
        if asked_at is None or not timedelta(0) <= now - asked_at < PUBLIC_FOR:
            channel = self.channel(channel_id)
            public = channel is not None and not channel.is_private
            self._public[channel_id] = (now, public)
        return public

    def converted(self, channel_id: str) -> None:
        """The channel became private or public: what was said of it counts no more."""
        self._public.pop(channel_id, None)

    def named(self, name: str) -> Channel | None:
        """The channel called ``#name`` (or carrying that id) that is not archived; None where there is none to see.

        For the start and for commands: it waits, once, where Slack asks for a wait.
        """
        if not name.startswith("#"):
            return self.channel(name)
        wanted = name[1:].casefold()
        return next((channel for channel in self._all() if channel.name.casefold() == wanted), None)

    def _all(self) -> tuple[Channel, ...]:
        """Every channel there is to see, listed once for all the names that are asked for within a minute."""
        if self._listed and self._clock() - self._listed[0] < LISTED:
            return self._listed[1]
        try:
            found = self._list()
        except DeliveryDeferredError as exc:
            wait = exc.retry_at - self._clock()
            if exc.code != Failure.BUSY.value or wait > LONGEST_WAIT:
                raise
            self._sleep(max(0.0, wait.total_seconds()))
            found = self._list()
        self._listed = (self._clock(), found)
        return found

    def _list(self) -> tuple[Channel, ...]:
        try:
            return tuple(self._pages())
        except WALL as exc:
            raise translate(exc, self._clock()) from exc

    def _pages(self) -> Iterator[Channel]:
        cursor = ""
        while True:
            page = self._client.conversations_list(
                types="public_channel,private_channel", exclude_archived=True, limit=PAGE, cursor=cursor
            )
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
            except WALL as exc:
                if _is_unheard_of(exc):
                    return channel  # a server without joining lets apps post, or says so when we do
                error = translate(exc, self._clock())
                if error.code in _LATER:
                    raise error from exc
                raise RequestRefusedError("channel.invite", reason=error.values.get("error", "")) from exc
        return channel


def _is_unheard_of(exc: Exception) -> bool:
    """Whether a server that speaks Slack's language does not know this method: then what else it says must do."""
    return isinstance(exc, SlackApiError) and exc.response.get("error") == "unknown_method"


_NO_ZONE = RequestRefusedError("person.no_zone", zone="")


def _in_doubt(user: str, kept: Person | None, code: str, **values: object) -> Person:
    """What was known before; where that is nothing, English and UTC, and why that is a guess."""
    if kept and kept.doubt is None:
        return kept
    return Person(user, None, "UTC", doubt=RequestRefusedError(code, **values))


def _zone(name: str | None) -> str | None:
    """The zone Slack says, where our own table of zones knows it too."""
    try:
        return ZoneInfo(name).key if name else None
    except (KeyError, ValueError, OSError):  # unknown, no name of a zone, a folder of zones
        return None


def _channel(found: dict[str, Any]) -> Channel:
    direct = bool(found.get("is_im") or found.get("is_mpim"))
    return Channel(
        id=found["id"],
        name=found.get("name") or found["id"],
        is_private=bool(found.get("is_private")) or direct,
        is_member=bool(found.get("is_member")) or direct,  # a direct message the bot can see is one it is in
        is_archived=bool(found.get("is_archived")),
    )
