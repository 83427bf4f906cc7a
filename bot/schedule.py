"""Only a clock: it wakes the two ends, and asks each time what is owed. It holds no truth.

A missed tick is late, a double tick is harmless, a restart forgets nothing.
"""

import logging
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, timedelta

from apscheduler.schedulers.background import BackgroundScheduler

from bot.delivery.due import deliver_owed
from bot.delivery.send import Senders
from bot.errors import BotError, SourceUnavailableError
from bot.ingest import read_source
from bot.wiring import Bot, Workspace, layouter, pace

log = logging.getLogger(__name__)


def start(bot: Bot, workspace: Workspace) -> Callable[[], None]:
    """Start ticking, in threads of its own. Returns what stops it, without waiting for a call under way."""
    settings = bot.settings
    scheduler = BackgroundScheduler(
        timezone=UTC,
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    at_most = settings.delivery.senders
    pool = ThreadPoolExecutor(at_most, thread_name_prefix="sender")
    senders = Senders(bot.outbox, workspace.poster, workspace.owner, bot.clock, pace(settings), pool, at_most)

    def every(span: timedelta, name: str, tick: Callable[[], None]) -> None:
        seconds = max(span.total_seconds() / settings.speed, 0.01)
        job = _reported(name, tick)
        scheduler.add_job(job, "interval", seconds=seconds, next_run_time=bot.clock(), id=name)

    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a tick that outlasts its span is no news
    read: set[str] = set()
    every(settings.reading.every, "read", lambda: read.update(read_sources(bot)))
    every(settings.delivery.plan_every, "plan", lambda: plan_deliveries(bot, workspace, read))
    every(settings.delivery.send_every, "send", senders.wake)
    scheduler.start()

    def stop() -> None:
        senders.stop()
        scheduler.shutdown(wait=False)
        pool.shutdown(wait=False, cancel_futures=True)

    return stop


def read_sources(bot: Bot) -> set[str]:
    """Read every source once; one that cannot be reached does not stop the others. Gives those read to their end."""
    read = set()
    for source in bot.sources:
        try:
            report = read_source(source, bot.digests, bot.clock())
        except SourceUnavailableError as exc:
            log.warning("source not read source=%s reason=%s", source.name, exc)
            continue
        read.add(source.name)
        for uri, error in report.failed:
            log.error("document not read source=%s uri=%s line=%d; correct it there", source.name, uri, error.line)
        if report.added or report.changed or report.withdrawn:
            counts = (report.added, report.changed, report.withdrawn)
            log.info("read source=%s added=%d changed=%d withdrawn=%d", source.name, *counts)
    return read


def plan_deliveries(bot: Bot, workspace: Workspace, read: Collection[str]) -> None:
    """Write down what the workspace's channels are owed by now. ``read``: the sources that were read to their end."""
    now = bot.clock()
    for source in bot.sources:
        bot.digests.settle(source.name, source.settle, now)
    bot.subscriptions.fix_since(read, now)
    deliver_owed(
        bot.subscriptions.all(workspace.identity.team),
        bot.digests,
        bot.subscriptions,
        bot.outbox,
        layouter(bot.settings),
        now,
        papers_up_to=bot.settings.delivery.papers_up_to,
    )


def _reported(name: str, tick: Callable[[], None]) -> Callable[[], None]:
    """A tick that fails is told, and comes again: one of the two places that catch everything."""

    def run() -> None:
        try:
            tick()
        except BotError as exc:
            log.warning("tick failed, comes again tick=%s reason=%s", name, exc)
        except Exception:
            log.exception("tick failed, comes again tick=%s; report it with this traceback", name)

    return run
