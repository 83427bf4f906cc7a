"""What every answer is made from: the store's classes, the directory, a clock, and a few choices of the operator."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime

from slack_sdk import WebClient

from bot.errors import RequestRefusedError
from bot.messages.words import Words, words_for
from bot.plan.hours import zone_of
from bot.slack.compared import Recheck
from bot.slack.directory import Directory
from bot.slack.records import Records
from bot.slack.shown import Shown
from bot.store.digests import Digests
from bot.store.index import Index
from bot.store.outbox import Outbox
from bot.store.remarks import Remarks
from bot.store.result_pages import ResultPages
from bot.store.saved import SavedPapers
from bot.store.subscriptions import Subscriptions

ASIDE = 10  # as many as a page has papers, whose addresses are asked for side by side


@dataclass(frozen=True, slots=True)
class Desk:
    """Made once by `wiring`; the same for the slash command, a click and a mention."""

    digests: Digests
    index: Index
    outbox: Outbox
    subscriptions: Subscriptions
    pages: ResultPages
    saved: SavedPapers
    remarks: Remarks
    records: Records
    """For what becomes of a day on its way to a channel."""
    directory: Directory
    client: WebClient
    """Posts without retries."""
    clock: Callable[[], datetime]
    language: str
    """Of what a whole channel reads."""
    sources: tuple[str, ...]
    """Names as configured; a subscription that names none follows the first."""
    config: str
    """Where the config's subscriptions are written."""
    shown: Shown = field(default_factory=Shown)
    """For the menus of private answers."""
    recheck: Recheck = field(default_factory=Recheck)
    """For remarks that were deleted while nobody listened."""
    aside: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(ASIDE, thread_name_prefix="aside"))
    """For what an answer asks of Slack and does not wait for."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and where."""

    team: str
    user: str
    channel: str
    locale: str | None
    zone: str
    in_public: bool = False
    """True where everybody in the channel reads the answer (a mention)."""
    is_stranger: bool = False
    """Whether this is a person of another workspace."""
    doubt: RequestRefusedError | None = None
    """Why language and zone are guesses; nothing that rests on them may be kept."""

    @property
    def alone(self) -> bool:
        """Whether nobody else reads the answer."""
        return not self.in_public or self.in_direct

    @property
    def in_direct(self) -> bool:
        """Whether it is said in the direct message with the bot."""
        return self.channel.startswith("D")

    @property
    def words(self) -> Words:
        """The catalogue of the asker's language."""
        return words_for(self.locale)

    def today(self, now: datetime) -> date:
        """The date on the asker's wall."""
        return now.astimezone(zone_of(self.zone)).date()
