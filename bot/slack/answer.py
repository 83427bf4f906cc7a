"""A command and who asks it -> what they read. The slash command, a click and a mention all come here."""

from collections.abc import Sequence
from datetime import date

from slack_sdk.errors import SlackApiError

from bot.digest.model import StoredDigest, StoredEntry
from bot.errors import RequestRefusedError
from bot.messages import results
from bot.messages.content import Content
from bot.messages.help import help_text, tags
from bot.messages.results import PAGE, Hit
from bot.search.command import (
    Command,
    Find,
    Help,
    Latest,
    OnDay,
    Random,
    Subscribe,
    Subscriptions,
    Tags,
    Today,
    Unsubscribe,
)
from bot.search.grammar import Query, parse_query
from bot.search.snippet import Snippet, snippet
from bot.search.tree import Node
from bot.slack import standing
from bot.slack.desk import Asker, Desk
from bot.store.outbox import PostedThread

DAY = "day:"  # how a pool remembers that it is a whole day's


def answer(command: Command, asker: Asker, desk: Desk) -> Content:
    """What the asker reads. Raises QueryError and RequestRefusedError, which the error handler words."""
    match command:
        case Latest():
            return latest(asker, desk)
        case Today():
            return _on(asker.today(desk.clock()), asker, desk, today=True)
        case OnDay(day=day):
            return _on(day, asker, desk)
        case Random():
            return _random(asker, desk)
        case Tags(prefix=prefix):
            return tags(desk.digests.tags(prefix), asker.words, prefix)
        case Help():
            return help_text(asker.words)
        case Subscribe() | Unsubscribe() | Subscriptions():
            return standing.answer(command, asker, desk)
        case Find(query=query):
            return _find(query, asker, desk)


def latest(asker: Asker, desk: Desk) -> Content:
    """The newest digest there is."""
    digest = desk.digests.latest_day()
    return _day(digest, asker, desk) if digest else results.empty_archive(asker.words)


def page(pool_id: str, number: int, asker: Asker, desk: Desk) -> Content:
    """Page ``number`` (from 1) of what was found before; it neither repeats nor skips when a new digest arrives.

    Raises RequestRefusedError("result.expired") where the pool is older than a day, or another person's.
    """
    pool = desk.pages.load(pool_id, asker.user, desk.clock())
    if pool is None:
        raise RequestRefusedError("result.expired")
    return _page(pool_id, number, pool.query, pool.ids, len(pool.ids), asker, desk)


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
    return _first_page(f"{DAY}{digest.day.isoformat()}", ids, len(ids), asker, desk)


def _random(asker: Asker, desk: Desk) -> Content:
    entry = desk.digests.random_entry()
    if entry is None:
        return results.empty_archive(asker.words)
    return results.one(_hits([entry.id], None, asker, desk)[0], asker.words)


def _find(query: Query, asker: Asker, desk: Desk) -> Content:
    found = desk.index.search(query)
    if found.ids:
        return _first_page(query.text, found.ids, found.total, asker, desk)
    if desk.digests.count() == 0:
        return results.empty_archive(asker.words)
    near = [f"tag:{tag}" for tag in desk.index.nearest_tags(query.text)] + desk.index.nearest_words(query.text)
    return results.nothing_found(query, near, asker.words)


def _first_page(text: str, ids: Sequence[int], total: int, asker: Asker, desk: Desk) -> Content:
    pool_id = ""
    if len(ids) > PAGE:
        pool_id = desk.pages.save(asker.team, asker.user, text, ids, desk.clock())
    return _page(pool_id, 1, text, ids, total, asker, desk)


def _page(pool_id: str, number: int, text: str, ids: Sequence[int], total: int, asker: Asker, desk: Desk) -> Content:
    here = ids[(number - 1) * PAGE : number * PAGE]
    if text.startswith(DAY):
        day = date.fromisoformat(text.removeprefix(DAY))
        hits = _hits(here, None, asker, desk)
        return results.day_view(day, hits, total=total, page=number, pool_id=pool_id, words=asker.words)
    tree = parse_query(text, today=asker.today(desk.clock())).tree
    hits = _hits(here, tree, asker, desk)
    return results.results(hits, total=total, page=number, pool_id=pool_id, query_text=text, words=asker.words)


def _hits(ids: Sequence[int], tree: Node | None, asker: Asker, desk: Desk) -> list[Hit]:
    entries = desk.digests.load_entries(ids)
    elsewhere = desk.digests.also_on(ids)
    threads = desk.outbox.threads(asker.team, ids)
    return [
        Hit(
            entry=entry,
            snippet=_matching(entry, tree),
            thread=_permalink(threads.get(entry.id, []), asker, desk),
            also_on=elsewhere.get(entry.id, ()),
        )
        for entry in entries
    ]


def _matching(entry: StoredEntry, tree: Node | None) -> Snippet | None:
    """The place that matched; None where only filters did, so that the reader gets the usual line in their language."""
    found = snippet(entry.entry, tree) if tree else None
    return found if found and any(matched for _, matched in found.pieces) else None


def _permalink(posted: Sequence[PostedThread], asker: Asker, desk: Desk) -> str | None:
    """Where the paper's thread is: in this channel, else in a public one; asked of Slack once and kept."""
    here = [thread for thread in posted if thread.channel == asker.channel]
    public = [thread for thread in posted if not thread.is_private]
    thread = next(iter(here + public), None)
    if thread is None or thread.permalink:
        return thread.permalink if thread else None
    try:
        found = desk.client.chat_getPermalink(channel=thread.channel, message_ts=thread.ts)
    except (SlackApiError, OSError):
        return None  # An answer without the link is better than none; the next one asks again.
    link = str(found["permalink"])
    desk.outbox.save_permalink(thread.delivery_id, link)
    return link
