"""Only a clock: it wakes the two ends, and asks each time what is owed. It holds no truth.

A missed tick is late, a double tick is harmless, a restart forgets nothing.
"""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, timedelta

from apscheduler.schedulers.background import BackgroundScheduler

from bot.delivery.due import deliver_owed
from bot.delivery.send import Senders
from bot.delivery.told import Told
from bot.errors import BotError, SourceUnavailableError
from bot.ingest import IngestReport, read_source
from bot.settings import SubscriptionSettings
from bot.sources.reading import Source
from bot.wiring import Bot, Workspace, layouter, pace, subscribe_from_config

log = logging.getLogger(__name__)


def start(
    bot: Bot, workspace: Workspace, orders: Sequence[SubscriptionSettings] = (), again: timedelta | None = None
) -> Callable[[], None]:
    """Start ticking, in threads of its own. Returns what stops it, without waiting for a call under way.

    ``orders`` of the config whose channels are not all found yet are looked at ``again`` after so long.
    """
    settings = bot.settings
    scheduler = BackgroundScheduler(
        timezone=UTC,
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    at_most = settings.delivery.senders
    pool = ThreadPoolExecutor(at_most, thread_name_prefix="sender")
    senders = Senders(bot.outbox, workspace.poster, workspace.owner, bot.clock, pace(settings), pool, at_most)
    told = Told()

    def every(span: timedelta, name: str, tick: Callable[[], None]) -> None:
        seconds = max(span.total_seconds() / settings.speed, 0.01)
        job = _reported(name, tick, told)
        scheduler.add_job(job, "interval", seconds=seconds, next_run_time=bot.clock(), id=name)

    def follow_config() -> None:
        after: timedelta | None = pace(settings).retry
        try:
            after = subscribe_from_config(bot, workspace, orders, told)
        finally:
            once(after)

    def once(after: timedelta | None) -> None:
        if after is not None:
            job = _reported("config", follow_config, told)
            # Without an id: the scheduler forgets the job that is running now, by its id, and may do so only later.
            scheduler.add_job(job, "date", run_date=bot.clock() + after)

    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a tick that outlasts its span is no news
    every(settings.reading.every, "read", lambda: read_sources(bot, told))
    every(settings.delivery.plan_every, "plan", lambda: plan_deliveries(bot, workspace, told))
    every(settings.delivery.send_every, "send", senders.wake)
    once(again)
    scheduler.start()

    def stop() -> None:
        senders.stop()
        scheduler.shutdown(wait=False)
        pool.shutdown(wait=False, cancel_futures=True)

    return stop


def read_sources(bot: Bot, told: Told) -> None:
    """Read every source once; one that fails does not stop the others.

    What follows from a reading happens here too, in the thread that reads: nobody calls a day ready, or lets a
    subscription begin, while half an archive is read.
    """
    for source in bot.sources:
        subject = ("source", source.name)
        try:
            report = _read(bot, source)
        except SourceUnavailableError as exc:
            if told.is_news(subject, exc.code):
                _tell_unavailable(source, exc)
        except BotError as exc:
            if told.is_news(subject, exc.code):
                log.warning("source not read, comes again source=%s reason=%s", source.name, exc)
        except Exception as exc:  # of the tick: one source must not stop the others
            if told.is_news(subject, repr(exc)):
                log.exception("source not read, comes again source=%s; report it with this traceback", source.name)
        else:
            if told.is_news(subject, None):
                log.info("source read again source=%s", source.name)
            _tell_read(source, report)


def _read(bot: Bot, source: Source) -> IngestReport:
    now = bot.clock()
    try:
        report = read_source(source, bot.digests, now)
    except SourceUnavailableError:
        bot.digests.settle(source.name, source.settle, now)  # what was read before lies still all the same
        raise
    if _is_quiet(report):
        bot.subscriptions.fix_since([source.name], now)
    return report


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
    """Write down what the workspace's channels are owed by now."""
    deliver_owed(
        bot.subscriptions.all(workspace.identity.team),
        bot.digests,
        bot.subscriptions,
        bot.outbox,
        layouter(bot.settings),
        bot.clock(),
        papers_up_to=bot.settings.delivery.papers_up_to,
        told=told,
    )


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
