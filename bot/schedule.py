"""Only a clock: it wakes the two ends, and asks each time what is owed. It holds no truth.

A missed tick is late, a double tick is harmless, a restart forgets nothing.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor as Pool
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler

from bot.delivery.due import deliver_owed
from bot.delivery.outbox import Edition, Place
from bot.delivery.revise import revise
from bot.delivery.send import Senders
from bot.delivery.told import Told
from bot.errors import BotError, SourceUnavailableError
from bot.ingest import IngestReport, read_source
from bot.messages.content import DayMessage
from bot.messages.notes import silent_source, too_long, unreachable_source, unusable_source
from bot.messages.words import words_for
from bot.plan.owed import is_silent
from bot.settings import SubscriptionSettings
from bot.slack.closed import look_again, tell_subscribers
from bot.slack.directory import Channel
from bot.slack.recheck import look_at_remarks
from bot.source_status import must_read_again, status_after, status_unreachable
from bot.sources.reading import Source
from bot.sources.status import Status
from bot.store.source_states import SourceStates
from bot.wiring import Bot, Workspace, pace, subscribe_from_config, wording

log = logging.getLogger(__name__)

SILENCE_EVERY = timedelta(hours=1)
LOOK_EVERY = timedelta(minutes=1)
STATES_EVERY = timedelta(seconds=30)
LASTING = timedelta(hours=1)  # how long a source is unreachable, or empty, before the operator is told
LEAST_SECONDS = 0.01  # between two calls of a tick, at any speed
STEP = 0.5  # seconds: how often the clock is looked at, and from how far on it counts as set
WORKERS = 100  # threads at the most: a tick that hangs keeps no other waiting, and each source has one


class Ticks:
    """Calls functions at intervals, by APScheduler: a wall clock that is set moves none of them.

    APScheduler 3 goes by the wall clock. Where that was set, every job is moved by as much, so that intervals stay as
    long as they are by the monotonic clock. No tick delays another or runs twice at once. One that outlasts its
    interval is called once afterwards, however many intervals have passed. What is called must not raise.
    """

    def __init__(self) -> None:
        logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a tick that outlasts its interval is no news
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(WORKERS, {"thread_name_prefix": "tick"})},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._stopped = threading.Event()

    def every(self, span: timedelta, name: str, tick: Callable[[], None]) -> None:
        """Call ``tick`` at the start and every ``span``."""
        seconds = max(span.total_seconds(), LEAST_SECONDS)
        self._scheduler.add_job(tick, "interval", seconds=seconds, next_run_time=datetime.now(UTC), id=name)

    def once(self, after: timedelta, name: str, tick: Callable[[], None]) -> None:
        """Call ``tick`` after ``after``."""
        if self._stopped.is_set():
            return
        # Without an id: a job forgets the one of its name that runs now, and may do so only after the next is added.
        self._scheduler.add_job(tick, "date", run_date=datetime.now(UTC) + max(after, timedelta(0)), name=name)

    def start(self) -> None:
        """Begin. What is added later begins at once."""
        if self._stopped.is_set():
            return
        self._scheduler.start()
        threading.Thread(target=self._follow_the_clock, name="clock", daemon=True).start()

    def stop(self) -> None:
        """Call nothing more. Waits for nothing that is under way."""
        self._stopped.set()
        if self._scheduler.running:
            # A job that is being submitted while APScheduler stops raises in its thread. Paused, it submits no more;
            # its list of jobs can be had once the last submission is done.
            self._scheduler.pause()
            self._scheduler.get_jobs()
            self._scheduler.shutdown(wait=False)

    def _follow_the_clock(self) -> None:
        ahead = _ahead()
        while not self._stopped.wait(STEP):
            by = _ahead() - ahead
            if abs(by) < STEP:  # a clock that is slewed; what adds up to a step is one
                continue
            ahead += by
            log.info("clock was set by_seconds=%.1f", by)
            for job in self._scheduler.get_jobs():
                with suppress(JobLookupError):  # it ran meanwhile, and was its last time
                    job.modify(next_run_time=job.next_run_time + timedelta(seconds=by))


def _ahead() -> float:
    """By how many seconds the wall clock is ahead of the monotonic one."""
    return time.time() - time.monotonic()


def start(
    bot: Bot, workspace: Workspace, orders: Sequence[SubscriptionSettings] = (), again: timedelta | None = None
) -> Callable[[], None]:
    """Start ticking, in threads of its own. Returns what stops it, without waiting for a call under way.

    ``orders`` of the config whose channels are not all found yet are looked at ``again`` after so long.
    """
    settings = bot.settings
    ticks = Ticks()
    at_most, waits, team = settings.delivery.senders, pace(settings), workspace.identity.team
    pool = Pool(at_most, thread_name_prefix="sender")
    senders = Senders(bot.outbox, workspace.poster, workspace.owner, bot.clock, waits, pool, at_most)
    told = Told()
    planned = threading.Event()

    def plan() -> None:
        try:
            plan_deliveries(bot, workspace, told)
        finally:
            planned.set()

    def send() -> None:
        if planned.is_set():  # what was written down before may have to be held through quiet hours first
            senders.wake()

    def every(span: timedelta, name: str, tick: Callable[[], None]) -> None:
        ticks.every(span / settings.speed, name, _reported(name, tick, told))

    def follow_config() -> None:
        after: timedelta | None = pace(settings).retry
        try:
            after = subscribe_from_config(bot, workspace, orders, told)
        finally:
            once(after)

    def once(after: timedelta | None) -> None:
        if after is not None:
            ticks.once(after, "config", _reported("config", follow_config, told))

    with suppress(BotError):  # a database that is locked now: the next start does it
        bot.outbox.keep_language(settings.language)
    for source in bot.sources:  # each in a tick, and so in a thread, of its own: one never waits for another
        every(settings.reading.every, f"read {source.name}", partial(read_one, bot, source, told))
    every(settings.delivery.plan_every, "plan", plan)
    every(settings.delivery.send_every, "send", send)
    every(waits.retry * settings.speed, "closed", lambda: tell_closed(bot, workspace, told))
    every(waits.operator * settings.speed, "open", lambda: look_again(team, bot.outbox, workspace.directory))
    every(LOOK_EVERY, "remarks", lambda: look_at_remarks(team, workspace.desk))
    every(SILENCE_EVERY, "silence", lambda: tell_silence(bot, workspace, told))
    every(STATES_EVERY, "states", lambda: tell_states(bot, workspace, told))
    once(again)
    ticks.start()

    def stop() -> None:
        senders.stop()
        ticks.stop()
        pool.shutdown(wait=False, cancel_futures=True)

    return stop


def read_sources(bot: Bot, told: Told) -> None:
    """Read every source once; one that fails does not stop the others."""
    for source in bot.sources:
        read_one(bot, source, told)


def read_one(bot: Bot, source: Source, told: Told) -> None:
    """Read a source once, and say what is news about it: once, and again only when something else is so.

    What follows from a reading happens here too, in the thread that reads: nobody calls a day ready, or lets a
    subscription begin, while half an archive is read.
    """
    subject, looked = ("source", source.name), ("looked", source.name)
    states = SourceStates(bot.engine)
    try:
        first = told.is_news(looked, True)
        report = _read(bot, source, again=first and must_read_again(source, states))
        if first or not _is_quiet(report) or report.refused or report.skipped or report.failed:
            status = status_after(source, report, states, bot.clock())
            _tell_status(source, status, told)
        _tell_read(source, report)
    except SourceUnavailableError as exc:
        told.is_news(looked, None)
        if told.is_news(subject, exc.code):
            _tell_unavailable(source, exc)
        with suppress(BotError):  # the store's own faults are told by whoever writes to it
            status_unreachable(source, exc, states, bot.clock())
    except BotError as exc:
        told.is_news(looked, None)
        if told.is_news(subject, exc.code):
            log.warning("source not read, comes again source=%s reason=%s", source.name, exc)
    except Exception as exc:  # of the tick: one source must not stop the others
        told.is_news(looked, None)
        if told.is_news(subject, repr(exc)):
            log.exception("source not read, comes again source=%s; report it with this traceback", source.name)


def _read(bot: Bot, source: Source, *, again: bool = False) -> IngestReport:
    now = bot.clock()
    try:
        report = read_source(source, bot.digests, now, again=again)
    except SourceUnavailableError:
        bot.digests.settle(source.name, source.settle, now)  # what was read before lies still all the same
        raise
    if _is_quiet(report):
        bot.subscriptions.fix_since([source.name], now)
    return report


def _tell_status(source: Source, status: Status, told: Told) -> None:
    subject = ("source", source.name)
    if status.state == "unreachable":  # it rests after a failure, which was told when it happened
        return
    before, what = told.said(subject), None if status.state in ("ok", "waiting") else status.state
    if not told.is_news(subject, what):
        return
    if before is not None and (what is None or before not in ("partly", "nothing")):
        log.info("source read again source=%s", source.name)
    example = status.example
    if what is None:
        return
    if status.state == "nothing" and example is None:
        log.warning("source is empty source=%s; see whether its place is right in the config", source.name)
    elif status.state == "partly":
        log.warning(
            "source read in part source=%s unreadable=%d example=%r; `paperround doctor` names each",
            source.name,
            status.unreadable,
            example.uri if example else "",
        )
    else:
        log.error(
            "nothing in the source can be used source=%s unreadable=%d example=%r reason=%r; "
            "`paperround doctor` and `paperround parse` show how it is understood",
            source.name,
            status.unreadable,
            example.uri if example else "",
            example.why.partition(", got ")[0] if example else "",
        )


def _is_quiet(report: IngestReport) -> bool:
    """Whether a look saw all there is and found nothing new: the source is read to its end.

    A look that brought something may have come in the middle of a copy; one that left something saw not all.
    """
    return not (report.added or report.changed or report.withdrawn or report.missing or report.waiting)


def _tell_unavailable(source: Source, exc: SourceUnavailableError) -> None:
    remedies = {
        "source.many_missing": "put them back, or run `paperround ingest --accept-removals` where they are meant to go",
        "source.folder_missing": "bring the folder back, or correct its path in the config",
    }
    remedy = remedies.get(exc.code)
    if remedy:
        log.error("source not read source=%s reason=%s; nothing is withdrawn: %s", source.name, exc, remedy)
    else:
        log.warning("source not read, comes again source=%s reason=%s", source.name, exc)


def _tell_read(source: Source, report: IngestReport) -> None:
    for uri, error in report.failed:
        log.error("document not read source=%s uri=%s line=%d; correct it there", source.name, uri, error.line)
    if report.added or report.changed or report.withdrawn:
        counts = (report.added, report.changed, report.withdrawn)
        log.info("read source=%s added=%d changed=%d withdrawn=%d", source.name, *counts)


def plan_deliveries(bot: Bot, workspace: Workspace, told: Told) -> None:
    """Write down what the workspace's channels are owed by now, and what should read otherwise."""
    team, delivery, now = workspace.identity.team, bot.settings.delivery, bot.clock()
    words = replace(wording(bot.settings), warn=partial(_tell_long, bot, workspace, told))
    deliver_owed(
        team,
        bot.subscriptions.all(team),
        bot.digests,
        bot.subscriptions,
        bot.outbox,
        words,
        now,
        papers_up_to=delivery.papers_up_to,
        edit_window=delivery.edit_window,
        catch_up=delivery.catch_up,
        told=told,
    )
    revise(team, bot.digests, bot.outbox, words.day, now, delivery.edit_window, told, words.day_in)


def _tell_long(bot: Bot, workspace: Workspace, told: Told, edition: Edition, message: DayMessage) -> None:
    """Tell the operator of a paper that is too long to be posted whole, before it is; once for all channels."""
    if not told.is_news(("long", edition.source, edition.day, message.entry_key), message.left_out):
        return
    log.warning(
        "paper too long source=%s day=%s entry=%s parts_left_out=%d; the rest is named, shorten the note or set "
        "delivery.parts",
        edition.source,
        edition.day,
        message.entry_id,
        message.left_out,
    )
    channel = _operators_channel(bot, workspace, told)
    if channel is None:
        return
    workspace.directory.enter(channel.id)
    digest = bot.digests.load_day(edition.source, edition.day, withdrawn=True)
    title = next((one.entry.title for one in digest.entries if one.id == message.entry_id), "") if digest else ""
    words = words_for(bot.settings.language)
    content = too_long(edition.source, edition.day, title, message.left_out, words)
    place = Place(workspace.identity.team, channel.id)
    bot.outbox.add_note(place, edition.source, edition.day, f"long:{edition.source}:{message.entry_key}", content)


def tell_closed(bot: Bot, workspace: Workspace, told: Told) -> None:
    """Tell who subscribed in a channel that takes nothing more."""
    team = workspace.identity.team
    tell_subscribers(team, bot.subscriptions.all(team), bot.outbox, workspace.directory, told)


def tell_silence(bot: Bot, workspace: Workspace, told: Told) -> None:
    """Tell the operator, once, of a source that is silent beyond its own rhythm."""
    now, channel = bot.clock(), _operators_channel(bot, workspace, told)
    for source in bot.sources:
        ready = bot.digests.ready(source.name)
        if not is_silent(ready, now):
            continue
        last, since = max(ready), max(ready.values())
        if told.is_news(("silent", source.name), last):
            log.warning(
                "source is silent source=%s last_day=%s since=%s; see what became of it", source.name, last, since
            )
        if channel is not None:
            workspace.directory.enter(channel.id)
            content = silent_source(source.name, last, since, words_for(bot.settings.language))
            place = Place(workspace.identity.team, channel.id)
            bot.outbox.add_note(place, source.name, last, f"silent:{source.name}", content)


def tell_states(bot: Bot, workspace: Workspace, told: Told) -> None:
    """Tell the operator, once, of a source in which nothing can be used, or that is unreachable for long."""
    now, states, words = bot.clock(), SourceStates(bot.engine), words_for(bot.settings.language)
    for source in bot.sources:
        known = states.load(source.name)
        if known is None or known.state not in ("nothing", "unreachable"):
            continue
        may_pass = known.state == "unreachable" or known.example_why is None  # or empty: it may be filling
        if may_pass and now - known.since < LASTING:
            continue
        subject, what = ("state", source.name), (known.state, known.since)
        if told.said(subject) == what or (channel := _operators_channel(bot, workspace, told)) is None:
            continue
        if known.state == "nothing":
            content = unusable_source(source.name, known.example_uri, known.example_why, words)
        else:
            content = unreachable_source(source.name, known.since, words)
        workspace.directory.enter(channel.id)
        place = Place(workspace.identity.team, channel.id)
        bot.outbox.add_note(place, source.name, known.since.date(), f"{known.state}:{source.name}", content)
        told.is_news(subject, what)


def _operators_channel(bot: Bot, workspace: Workspace, told: Told) -> Channel | None:
    """Looked for also while nothing is silent: a wrong name would be noticed when the alert is missed."""
    name = bot.settings.delivery.operator_channel
    if not name:
        return None
    channel = workspace.directory.named(name)
    if told.is_news(("operator", name), None if channel else "unknown") and channel is None:
        log.error("operator's channel not found channel=%s; correct delivery.operator_channel", name)
    return channel


def _reported(name: str, tick: Callable[[], None], told: Told) -> Callable[[], None]:
    """A tick that fails is told, once while it fails the same way, and comes again."""

    def run() -> None:
        subject = ("tick", name)
        try:
            tick()
        except BotError as exc:
            if told.is_news(subject, exc.code):
                log.warning("tick failed, comes again tick=%s reason=%s", name, exc)
        except Exception as exc:  # the tick: whatever it is, the next one is to come
            if told.is_news(subject, repr(exc)):
                log.exception("tick failed, comes again tick=%s; report it with this traceback", name)
        else:
            told.is_news(subject, None)

    return run
