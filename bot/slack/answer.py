"""A command and who asks it -> what they read. The slash command, a click and a mention all come here."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from enum import StrEnum

from dateutil.relativedelta import relativedelta

from bot.delivery.outbox import Place
from bot.digest.model import StoredDigest, StoredEntry
from bot.errors import RequestRefusedError
from bot.messages import results
from bot.messages.content import Content
from bot.messages.help import help_text, tags
from bot.messages.results import PAGE, Hit
from bot.messages.why import no_paper, why
from bot.search.command import (
    Command,
    Find,
    Help,
    Latest,
    OnDay,
    Pause,
    Random,
    Resume,
    Subscribe,
    Subscriptions,
    Tags,
    Today,
    Unsubscribe,
    Why,
    near_command,
)
from bot.search.grammar import Query, parse_query
from bot.search.snippet import Snippet, snippet
from bot.search.tree import Node
from bot.slack import standing
from bot.slack.desk import Asker, Desk
from bot.slack.permalinks import permalinks
from bot.slack.why import ask, unlinked, with_links
from bot.store.outbox import PostedThread


class Pool(StrEnum):
    """What a pool of papers is, written before its text: whatever people type, one is never taken for another."""

    DAY = "day"
    """A whole day; the text is its date."""
    FOUND = "found"
    """What matches the query that is the text."""
    CLOSE = "close"
    """What comes close to the query that is the text, which nothing matches."""


YEARS = 20  # how far back a date without a year is looked for


def answer(command: Command, asker: Asker, desk: Desk) -> Content:
    """What the asker reads. Raises QueryError and RequestRefusedError, which the error handler words."""
    match command:
        case Latest():
            return latest(asker, desk)
        case Today():
            return _on(asker.today(desk.clock()), asker, desk, today=True)
        case OnDay(day=day, yearless=yearless):
            return _on(_earlier(day, desk) if yearless else day, asker, desk)
        case Random():
            return _random(asker, desk)
        case Tags(prefix=prefix):
            return tags(desk.digests.tags(prefix), asker.words, prefix)
        case Help():
            return help_text(asker.words)
        case Pause(query=named, otherwise=query) | Resume(query=named, otherwise=query) if query and not standing.named(
            named, asker, desk
        ):
            return _find(query, asker, desk)
        case Subscribe() | Unsubscribe() | Subscriptions() | Pause() | Resume():
            return standing.answer(command, asker, desk)
        case Why():
            return _why(command, asker, desk)
        case Find(query=query):
            return _find(query, asker, desk)


def latest(asker: Asker, desk: Desk) -> Content:
    """The newest digest there is."""
    digest = desk.digests.latest_day()
    return _day(digest, asker, desk) if digest else results.empty_archive(asker.words)


def page(pool_id: str, number: int, asker: Asker, desk: Desk) -> Content:
    """Page ``number`` (from 1) of what was found before; it neither repeats nor skips when a new digest arrives.

    What everybody in a channel reads, everybody there may turn. Raises RequestRefusedError("result.expired") where the
    pool is older than a day, or of another person or channel.
    """
    pool = desk.pages.load(pool_id, asker.team, (asker.user, asker.channel), desk.clock())
    kind, _, text = pool.query.partition(":") if pool else ("", "", "")
    if pool is None or kind not in tuple(Pool):
        raise RequestRefusedError("result.expired")
    return _page(pool_id, number, Pool(kind), text, pool.ids, len(pool.ids), asker, desk)


def _earlier(day: date, desk: Desk) -> date:
    """The latest year's day of that name with a digest; the day itself where there is none."""
    years = (day + relativedelta(years=-back) for back in range(YEARS))
    return next((one for one in years if desk.digests.load_day(None, one)), day)


def _on(day: date, asker: Asker, desk: Desk, *, today: bool = False) -> Content:
    digest = desk.digests.load_day(None, day)
    if digest:
        return _day(digest, asker, desk)
    newest = desk.digests.latest_day()
    if newest is None:
        return results.empty_archive(asker.words)
    if today:
        return results.no_today(newest.day, asker.words)
    before, after = desk.digests.days_around(day)
    return results.no_day(day, asker.words, before=before, after=after)


def _day(digest: StoredDigest, asker: Asker, desk: Desk) -> Content:
    ids = tuple(entry.id for entry in digest.entries if not entry.withdrawn)
    return _first_page(Pool.DAY, digest.day.isoformat(), ids, len(ids), asker, desk)


def _random(asker: Asker, desk: Desk) -> Content:
    entry = desk.digests.random_entry()
    if entry is None:
        return results.empty_archive(asker.words)
    return results.one(_hits([entry.id], None, asker, desk)[0], asker.words)


def _why(asked: Why, asker: Asker, desk: Desk) -> Content:
    """What becomes of a day or a paper in the channel where it is asked."""
    if asked.day is not None and asked.yearless:
        asked = replace(asked, day=_earlier(asked.day, desk))
    place = Place(asker.team, asker.channel)
    found = ask(asked, place, desk.records, desk.clock())
    if found is None:
        return no_paper(asked.link or asked.title, asker.words)
    return why(with_links(found, permalinks(unlinked(found, place), desk)), asker.words, asker.zone)


def _find(query: Query, asker: Asker, desk: Desk) -> Content:
    found = desk.index.search(query)
    if found.ids:
        return _first_page(Pool.FOUND, query.text, found.ids, found.total, asker, desk)
    if found.close:
        return _first_page(Pool.CLOSE, query.text, found.close, len(found.close), asker, desk)
    if desk.digests.count() == 0:
        return results.empty_archive(asker.words)
    return results.nothing_found(query, _nearest(query, desk), asker.words)


def _nearest(query: Query, desk: Desk) -> list[str]:
    command = near_command(query.text)
    tags = [f"tag:{tag}" for tag in desk.index.nearest_tags(query.text)]
    return [*([command] if command else []), *tags, *desk.index.nearest_words(query.text)]


def _first_page(kind: Pool, text: str, ids: Sequence[int], total: int, asker: Asker, desk: Desk) -> Content:
    pool_id = ""
    if len(ids) > PAGE:
        owner = asker.channel if asker.in_public else asker.user
        pool_id = desk.pages.save(asker.team, owner, f"{kind}:{text}", ids, desk.clock())
    return _page(pool_id, 1, kind, text, ids, total, asker, desk)


def _page(
    pool_id: str, number: int, kind: Pool, text: str, ids: Sequence[int], total: int, asker: Asker, desk: Desk
) -> Content:
    here = ids[(number - 1) * PAGE : number * PAGE]
    if kind is Pool.DAY:
        hits = _hits(here, None, asker, desk)
        day = date.fromisoformat(text)
        return results.day_view(day, hits, total=total, page=number, pool_id=pool_id, words=asker.words)
    query = parse_query(text, today=asker.today(desk.clock()))
    return results.results(
        _hits(here, query.tree, asker, desk),
        total=total,
        page=number,
        pool_id=pool_id,
        query_text=text,
        words=asker.words,
        close=results.Close(query, _nearest(query, desk)) if kind is Pool.CLOSE else None,
    )


def _hits(ids: Sequence[int], tree: Node | None, asker: Asker, desk: Desk) -> list[Hit]:
    entries = desk.digests.load_entries(ids)
    elsewhere = desk.digests.also_on(ids)
    posted = desk.outbox.threads(asker.team, ids)
    threads = {entry_id: thread for entry_id in ids if (thread := _thread(posted.get(entry_id, []), asker))}
    links = permalinks(threads.values(), desk)
    return [
        Hit(
            entry=entry,
            snippet=_matching(entry, tree),
            thread=links.get(threads[entry.id].delivery_id) if entry.id in threads else None,
            also_on=elsewhere.get(entry.id, ()),
        )
        for entry in entries
    ]


def _matching(entry: StoredEntry, tree: Node | None) -> Snippet | None:
    """The place that matched; None where only filters did, so that the reader gets the usual line in their language."""
    found = snippet(entry.entry, tree) if tree else None
    return found if found and any(matched for _, matched in found.pieces) else None


def _thread(posted: Sequence[PostedThread], asker: Asker) -> PostedThread | None:
    """Where the paper can be talked about: in this channel, else in a public one."""
    here = [thread for thread in posted if thread.channel == asker.channel]
    public = [thread for thread in posted if not thread.is_private]
    return next(iter(here + public), None)
