"""Knows every concrete thing, and puts them together once: `build` without Slack, `connect` with it."""

import gc
import logging
import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.digest.document import content_hash
from bot.errors import BotError, RequestRefusedError, StoreUnavailableError
from bot.plan.hours import parse_at, parse_days, parse_quiet
from bot.plan.subscription import Subscription
from bot.settings import Settings, SourceSettings, SubscriptionSettings, config_path
from bot.sources.folder import SETTLE, FolderSource
from bot.sources.reading import Source

if TYPE_CHECKING:  # looking at a folder needs none of these: whoever needs them imports them when called
    from sqlalchemy import Engine

    from bot.delivery.due import Wording
    from bot.delivery.pace import Pace
    from bot.delivery.told import Told
    from bot.search.glossary import Glossary
    from bot.slack.client import Identity
    from bot.slack.desk import Desk
    from bot.slack.directory import Channel, Directory
    from bot.slack.poster import SlackPoster
    from bot.slack.records import Records
    from bot.store.digests import Digests
    from bot.store.index import Index
    from bot.store.outbox import Outbox
    from bot.store.result_pages import ResultPages
    from bot.store.subscriptions import Subscriptions

log = logging.getLogger(__name__)

MINUTE = timedelta(minutes=1)


def utc_now() -> datetime:
    """The moment, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Bot:
    """Everything that works without Slack."""

    settings: Settings
    clock: Callable[[], datetime]
    engine: "Engine"
    index: "Index"
    digests: "Digests"
    outbox: "Outbox"
    subscriptions: "Subscriptions"
    pages: "ResultPages"
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace the bot speaks in."""

    identity: "Identity"
    directory: "Directory"
    poster: "SlackPoster"
    desk: "Desk"
    owner: str
    """This process, in the claims it holds."""


def build(settings: Settings, *, clock: Callable[[], datetime] = utc_now, changing: bool = True) -> Bot:
    """Open and migrate the database, and make what stands on it. Raises StoreUnavailableError.

    Not ``changing``, for whoever only reads: where there is no database an empty one in memory stands in for it, and
    one of an older version is refused (``store.older``) rather than migrated.
    """
    from bot.store.database import is_there, migrate, open_database
    from bot.store.digests import Digests
    from bot.store.index import Index
    from bot.store.outbox import Outbox
    from bot.store.result_pages import ResultPages
    from bot.store.subscriptions import Subscriptions

    in_memory = not changing and not is_there(settings.database_url)
    engine = open_database("sqlite://" if in_memory else settings.database_url)
    if changing or in_memory:
        migrate(engine)
    elif (step := migrate(engine, dry_run=True)).before != step.after:
        raise StoreUnavailableError("store.older", path=engine.url.database, found=step.before, known=step.after)
    index = Index(engine, cache(lambda: load_glossary(settings.glossary)))
    index.ensure()
    return Bot(
        settings=settings,
        clock=clock,
        engine=engine,
        index=index,
        digests=Digests(engine, index),
        outbox=Outbox(
            engine,
            team_gap=MINUTE / settings.delivery.team_cap / settings.speed,
            longest=pace(settings).operator,
        ),
        subscriptions=Subscriptions(engine, clock),
        pages=ResultPages(engine),
        sources=tuple(named_sources((), settings)),
    )


def load_glossary(name: str) -> "Glossary":
    """The glossary in this file, read when first something is looked up. Without the file nothing is translated."""
    from bot.search.glossary import Glossary, parse_glossary

    if not name:
        return Glossary()
    try:
        glossary = parse_glossary(Path(name).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as exc:
        remedy = f'correct glossary in {config_path()}, or write "" there'
        log.warning("no glossary, nothing is translated path=%s reason=%s; %s", name, exc, remedy)
        return Glossary()
    for problem in glossary.problems:
        log.warning("glossary line left out path=%s line=%d found=%r", name, problem.line, problem.found)
    gc.freeze()  # all that is loaded by now stays: to look through it takes 80 ms, in the midst of an answer
    return glossary


def make_source(source: SourceSettings, settings: Settings) -> Source:
    """A folder or a feed, as the settings say."""
    if source.feed is not None:
        from bot.sources.feed import EVERY, FeedSource

        settle = source.settle or timedelta(0)
        return FeedSource(
            source.name,
            source.feed,
            settle=settle / settings.speed,
            every=EVERY / settings.speed,
            max_bytes=settings.reading.max_bytes,
        )
    assert source.folder is not None  # noqa: S101  (SourceSettings lets nothing else through)
    settle = SETTLE if source.settle is None else source.settle
    return FolderSource(
        source.name,
        source.folder,
        settle=settle / settings.speed,
        max_bytes=settings.reading.max_bytes,
        ignore=source.ignore,
        only_when=source.only_when,
    )


def named_sources(places: Sequence[str], settings: Settings) -> list[Source]:
    """The sources that these folders, files and addresses are; one that is configured keeps its name there.

    Without any, the configured ones. Raises ValueError for an address that is none.
    """
    if not places:
        return [make_source(source, settings) for source in settings.source]
    return [make_source(_named_source(place, settings), settings) for place in places]


def _named_source(place: str, settings: Settings) -> SourceSettings:
    if place.startswith(("http://", "https://")):
        known = [source for source in settings.source if source.feed == place]
        host = urlsplit(place).hostname or "feed"
        # Not the whole address: that of a private feed is its password.
        made = SourceSettings(
            name=_free_name(host, f"{host} {content_hash(place.encode())[:12]}", settings), feed=place
        )
    else:
        path = Path(os.path.expanduser(place)).resolve()
        known = [source for source in settings.source if source.folder and source.folder.resolve() == path]
        made = SourceSettings(name=_free_name(path.name, str(path), settings), folder=path, feed=None)
    return known[0] if known else made


def _free_name(short: str, whole: str, settings: Settings) -> str:
    """Never the name of a configured source: two places under one name would withdraw each other's entries."""
    taken = {source.name for source in settings.source}
    return short if short and short not in taken else whole


def connect(bot: Bot, bot_token: str) -> Workspace:
    """Ask Slack who we are, and make what needs a workspace. Raises the errors of a delivery."""
    from bot.slack.client import identify, reading_client, sending_client
    from bot.slack.desk import Desk
    from bot.slack.directory import Directory
    from bot.slack.poster import SlackPoster
    from bot.store.remarks import Remarks
    from bot.store.saved import SavedPapers

    settings = bot.settings
    timeout = settings.delivery.timeout
    sending = sending_client(bot_token, settings.slack_api_url, timeout=timeout)
    reading = reading_client(bot_token, settings.slack_api_url, timeout=timeout)
    identity = identify(sending, bot.clock())
    directory = Directory(reading, bot.clock)
    desk = Desk(
        digests=bot.digests,
        index=bot.index,
        outbox=bot.outbox,
        subscriptions=bot.subscriptions,
        pages=bot.pages,
        saved=SavedPapers(bot.engine),
        remarks=Remarks(bot.engine),
        records=records(bot),
        directory=directory,
        client=sending,
        clock=bot.clock,
        language=settings.language,
        sources=tuple(source.name for source in settings.source),
        config=str(config_path()),
    )
    owner = f"{socket.gethostname()}:{os.getpid()}"
    served = pace(settings)
    # Its claims end with its own pace; what people wait for has the time-out as it is written.
    posting = sending_client(bot_token, settings.slack_api_url, timeout=served.call_timeout)
    return Workspace(identity, directory, SlackPoster(posting, bot.clock, served), desk, owner)


def records(bot: Bot) -> "Records":
    """Where is looked up what becomes of a day on its way to a channel."""
    from bot.slack.records import Records
    from bot.store.history import History

    return Records(
        digests=bot.digests,
        history=History(bot.engine),
        outbox=bot.outbox,
        subscriptions=bot.subscriptions,
        settle={source.name: source.settle for source in bot.sources},
        edit_window=bot.settings.delivery.edit_window,
    )


def subscribe_from_config(
    bot: Bot, workspace: Workspace, wanted: Sequence[SubscriptionSettings], told: "Told | None" = None
) -> timedelta | None:
    """Make the subscriptions of the config true: new ones begin, changed ones change, removed ones end.

    A channel that cannot be found or entered is an ERROR in the log with its remedy, and does not stop the others; what
    is stored of its subscription stays. While Slack cannot be asked nothing ends. Gives how long to wait before this is
    worth another try; None where every order has its channel.
    """
    from bot.delivery.told import Told

    told = told or Told()
    team, waits = workspace.identity.team, pace(bot.settings)
    found: list[Subscription] = []
    unseen: list[SubscriptionSettings] = []
    all_asked = True
    for order in wanted:
        try:
            channel = _enter(workspace, order, told)
        except BotError:
            all_asked, channel = False, None
        if channel is None:
            unseen.append(order)
            continue
        bot.outbox.entered(team, channel.id, channel.name, channel.is_private)
        found.append(_subscription(order, team, channel.id, bot.settings))
    keys = [(order.channel, order.source or bot.settings.source[0].name, order.query) for order in unseen]
    bot.subscriptions.sync_config(team, found, unseen=keys, ending=all_asked)
    if not all_asked:
        return waits.retry
    return waits.operator if unseen else None


def _enter(workspace: Workspace, order: SubscriptionSettings, told: "Told") -> "Channel | None":
    """The channel of an order, the bot in it; None where Slack shows none. Raises BotError where Slack is not asked."""
    subject, reason = ("channel", order.channel), "not to be seen"
    try:
        channel = workspace.directory.named(order.channel)
        if channel is not None:
            channel = workspace.directory.enter(channel.id)
    except RequestRefusedError as exc:
        channel, reason = None, str(exc)
    except BotError as exc:
        if told.is_news(subject, exc.code):
            log.warning("channel not asked for, trying again channel=%s reason=%s", order.channel, exc)
        raise
    if channel is not None:
        told.is_news(subject, None)
    elif told.is_news(subject, reason):
        remedy = f"correct its name in {config_path()}, or invite the bot there; it is looked for again"
        log.error("not subscribed channel=%s reason=%s; %s", order.channel, reason, remedy)
    return channel


def _subscription(order: SubscriptionSettings, team: str, channel: str, settings: Settings) -> Subscription:
    return Subscription(
        id=0,  # the store knows it by team, channel, source and query
        team=team,
        channel=channel,
        source=order.source or settings.source[0].name,
        query=order.query,
        at=parse_at(order.at),
        days=parse_days(order.days),
        zone=order.zone,
        layout=order.layout,
        quiet=parse_quiet(order.quiet),
        say_when_empty=order.say_when_empty,
        origin="config",
    )


def pace(settings: Settings) -> "Pace":
    """How fast channels are served, by the settings; a call and its lease have time enough at any speed."""
    from bot.delivery.pace import Pace

    delivery = settings.delivery
    return Pace(
        gap=delivery.pace,
        settling=delivery.settling,
        call_timeout=delivery.timeout,
        unsure_after=delivery.unsure_after,
        when_unsure=delivery.when_unsure,
        burst=delivery.burst,
    ).scaled(settings.speed)


def wording(settings: Settings) -> "Wording":
    """How channels are spoken to: in the language of the settings, and an edition in the one it has."""
    from bot.delivery.due import Wording
    from bot.messages.day import lay_out
    from bot.messages.notes import missed_days, no_digest
    from bot.messages.words import words_for

    words = words_for(settings.language)
    most = settings.delivery.parts
    return Wording(
        day=lambda digest, entries, layout: lay_out(digest, entries, layout, words, most),
        lang=settings.language,
        day_in=lambda lang: lambda digest, entries, layout: lay_out(digest, entries, layout, words_for(lang), most),
        missed=lambda days, query: missed_days(days, query, words),
        empty=lambda day, query: no_digest(day, query, words),
    )
