"""A command and who asks it -> what they read. The slash command, a click and a mention all come here."""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import date
from enum import StrEnum

from bot.delivery.outbox import Place
from bot.digest.model import StoredDigest, StoredEntry
from bot.errors import RequestRefusedError, StoreUnavailableError
from bot.messages import results
from bot.messages.content import Content
from bot.messages.help import help_text, how_to_ask, tags
from bot.messages.results import PAGE, Hit, Looked
from bot.messages.why import no_paper, why
from bot.plan.why import Answer
from bot.search.command import (
    Command,
    Find,
    Help,
    Latest,
    OnDay,
    OnePaper,
    Pause,
    Random,
    Related,
    Remarks,
    Resume,
    Saved,
    Subscribe,
    Subscriptions,
    Tags,
    Today,
    Unsubscribe,
    What,
    Why,
)
from bot.search.engine import Found
from bot.search.grammar import Query, parse_look_up
from bot.search.reading import Reading
from bot.search.snippet import Snippet, Snippets
from bot.search.tree import Is, Known, Node, Remark, remarked
from bot.slack import remarks, standing
from bot.slack.desk import Asker, Desk
from bot.slack.look import as_typed, asked_about, called, earlier, looked, nearest, related_to, searching, shorter
from bot.slack.permalinks import permalinks
from bot.slack.privacy import open_channels
from bot.slack.recheck import confirm
from bot.slack.why import ask, unlinked, why_here, with_links
from bot.store.outbox import PostedThread
from bot.store.result_pages import ResultPool

log = logging.getLogger(__name__)


class Pool(StrEnum):
    """What a pool of papers is, written before its text: whatever people type, one is never taken for another."""

    DAY = "day"
    """A whole day; the text is its date."""
    FOUND = "found "
    """What the query that is the text found. How many match it follows, with a ``+`` where there are more, and
    after a ``~`` nearly how many where not all were looked at; the papers after these come close."""
    SAVED = "saved"
    """What a person saved; no text."""


def answer(command: Command, asker: Asker, desk: Desk) -> Sequence[Content]:
    """What the asker reads; nothing where the whole channel was told. Raises QueryError and RequestRefusedError, which
    the error handler words.
    """
    if isinstance(command, OnePaper):
        entry = _one_paper(command, desk)
        return about_paper(entry, command.what, asker, desk) if entry else (_unread(command, asker, desk),)
    content = _answer(command, asker, desk)
    return () if content is None else (content,)


def _answer(command: Command, asker: Asker, desk: Desk) -> Content | None:
    match command:
        case Latest():
            return latest(asker, desk)
        case Today():
            return _on(asker.today(desk.clock()), asker, desk, today=True)
        case OnDay(day=day, yearless=yearless):
            return _on(earlier(day, desk.digests) if yearless else day, asker, desk)
        case Random():
            return _random(asker, desk)
        case Tags(prefix=prefix):
            return tags(desk.digests.tags(prefix), asker.words, prefix, total=desk.digests.count_tags(prefix))
        case Saved():
            return _saved(asker, desk)
        case Remarks():
            return remarks.answer(command, asker, desk)
        case Help():
            return help_text(asker.words)
        case Pause(query=named, otherwise=query) | Resume(query=named, otherwise=query) if query and not standing.named(
            named, asker, desk
        ):
            return find(query, asker, desk)
        case Subscribe() | Unsubscribe() | Subscriptions() | Pause() | Resume():
            return standing.answer(command, asker, desk)
        case Why() | Related() if not command.has_subject:
            return how_to_ask(asker.words, related=isinstance(command, Related))
        case Why():
            return _why(command, asker, desk)
        case Related():
            return _related(command, asker, desk)
        case Find(query=query):
            return find(query, asker, desk)
        case OnePaper():
            raise TypeError("several messages: see answer")


def _one_paper(asked: OnePaper, desk: Desk) -> StoredEntry | None:
    entries = desk.records.history.entries(link=asked.link, title=asked.title)
    return next((entry for entry in entries if not entry.withdrawn), None)


def _unread(asked: OnePaper | Related, asker: Asker, desk: Desk) -> Content:
    if not desk.digests.count():
        return results.empty_archive(asker.words)
    return results.no_paper(asked.link or asked.title, asker.words)


def about_paper(entry: StoredEntry, what: What, asker: Asker, desk: Desk) -> Sequence[Content]:
    """What a verb alone gives in a paper's thread, and `OnePaper` elsewhere."""
    words = asker.words
    match what:
        case "related":
            return (related(entry, asker, desk),)
        case "why":
            place = Place(asker.team, asker.channel)
            found = why_here([entry], place, desk.records, desk.clock())
            return (_worded(found, place, asker, desk) if found else no_paper(entry.entry.title, words),)
        case "save" | "drop":
            return (mark(entry, asker, desk, is_saved=what == "save"),)
        case "commentary":
            return results.commentary_turn(entry, words)
        case "paper":
            return (results.one(_hits([entry.id], None, asker, desk)[0], words, words.date(entry.day)),)


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
    if pool is not None and kind == Pool.DAY:
        return _of_day(pool_id, number, date.fromisoformat(text), pool.ids, asker, desk)
    if pool is not None and kind == Pool.SAVED:
        return _of_saved(pool_id, number, pool.ids, asker, desk)
    if pool is not None and kind.startswith(Pool.FOUND):
        return _found_again(pool_id, number, kind.removeprefix(Pool.FOUND), pool, text, asker, desk)
    raise RequestRefusedError("result.expired")


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
    pool_id = _keep(Pool.DAY, digest.day.isoformat(), ids, asker, desk)
    return _of_day(pool_id, 1, digest.day, ids, asker, desk)


def _random(asker: Asker, desk: Desk) -> Content:
    entry = desk.digests.random_entry()
    if entry is None:
        return results.empty_archive(asker.words)
    return results.one(_hits([entry.id], None, asker, desk)[0], asker.words)


def _why(asked: Why, asker: Asker, desk: Desk) -> Content:
    """What becomes of a day or a paper in the channel where it is asked."""
    if asked.day is not None and asked.yearless:
        asked = replace(asked, day=earlier(asked.day, desk.digests))
    place = Place(asker.team, asker.channel)
    if asked.otherwise and not called(asked.title, desk.records.history):
        return find(asked.otherwise, asker, desk)
    found = ask(asked, place, desk.records, desk.clock())
    if found is None:
        drafts = desk.records.history.drafts(link=asked.link, title=asked.title)
        return no_paper(asked.link or asked.title, asker.words, drafts[0].why if drafts else "")
    return _worded(found, place, asker, desk)


def _worded(found: Answer, place: Place, asker: Asker, desk: Desk) -> Content:
    return why(with_links(found, permalinks(unlinked(found, place), desk)), asker.words, asker.zone)


def _related(asked: Related, asker: Asker, desk: Desk) -> Content:
    subject = asked_about(asked, desk.digests, desk.records.history)
    if subject is not None:
        return related(subject, asker, desk)
    if asked.otherwise:
        return find(asked.otherwise, asker, desk)
    if asked.day:
        return _on(asked.day, asker, desk)
    return _unread(asked, asker, desk)


def related(subject: StoredEntry | StoredDigest, asker: Asker, desk: Desk) -> Content:
    """The papers nearest to one, or to a day's, and why."""
    near = {one.id: one for one in related_to(subject, desk.index)}
    hits = [replace(hit, near=near[hit.entry.id]) for hit in _hits(list(near), None, asker, desk)]
    return results.related(subject, hits, asker.words)


def _saved(asker: Asker, desk: Desk) -> Content:
    ids = desk.saved.papers(asker.team, _alone(asker))
    return _of_saved(_keep(Pool.SAVED, "", ids, asker, desk), 1, ids, asker, desk)


def mark(entry: StoredEntry, asker: Asker, desk: Desk, *, is_saved: bool) -> Content:
    """Save a paper for the asker, or forget that they did."""
    if is_saved:
        was_saved = not desk.saved.save(asker.team, asker.user, entry.id, desk.clock())
    else:
        was_saved = desk.saved.drop(asker.team, asker.user, entry.id)
    return results.save_changed(entry, asker.words, is_saved=is_saved, was_saved=was_saved)


def _known(asker: Asker, desk: Desk) -> Callable[[Known], frozenset[int]]:
    """Which entries meet what the store alone knows, for this asker."""

    def entries(node: Known) -> frozenset[int]:
        if isinstance(node, Is):
            return desk.saved.entries(asker.team, _alone(asker))
        if isinstance(node, Remark):
            public = open_channels(desk.remarks.channels(asker.team), asker, desk)
            found = desk.remarks.entries(node.text, asker.team, asker.channel, public)
            confirm(asker.team, found, desk)
            return desk.remarks.entries(node.text, asker.team, asker.channel, public)
        return desk.outbox.posted(asker.team, asker.channel)

    return entries


def _alone(asker: Asker) -> str:
    """The person, where nobody else reads the answer. Raises RequestRefusedError: not even a click tells others."""
    if not asker.alone:
        raise RequestRefusedError("result.in_public")
    return asker.user


def find(query: Query, asker: Asker, desk: Desk) -> Content:
    """What a look-up finds; where that is nothing, what would find more."""
    search = searching(desk.index, _known(asker, desk))
    found = search(query)
    today = asker.today(desk.clock())
    if found.ids or found.close:
        said = looked(query, found, desk.index, today)
        pool_id = _keep(f"{Pool.FOUND}{_counted(said)}", query.text, _all(found), asker, desk)
        return _found(pool_id, 1, _all(found), said, found.reading, asker, desk)
    if desk.digests.count() == 0:
        return results.empty_archive(asker.words)
    less = shorter(query, search, today)
    literal = as_typed(query, found.understood, today)
    near = nearest(query, desk.index)
    return results.nothing_found(query, near, asker.words, less, unread=found.about, literal=literal)


def _counted(said: Looked) -> str:
    return f"{said.exact}{'+' * said.more}{f'~{said.about}' if said.about else ''}"


def _all(found: Found) -> tuple[int, ...]:
    return (*found.ids, *found.close)


def _keep(kind: str, text: str, ids: Sequence[int], asker: Asker, desk: Desk) -> str:
    """The id of a pool with these papers; empty where one page shows them all."""
    if len(ids) <= PAGE:
        return ""
    owner = asker.channel if asker.in_public else asker.user
    try:
        return desk.pages.save(asker.team, owner, f"{kind}:{text}", ids, desk.clock())
    except StoreUnavailableError as exc:  # on a full disk the first page is better than none
        log.warning("result not kept, it has one page reason=%s", exc.code)
        return ""


def _found(
    pool_id: str,
    number: int,
    ids: Sequence[int],
    said: Looked,
    reading: Reading | None,
    asker: Asker,
    desk: Desk,
) -> Content:
    hits = _hits(_on_page(ids, number), said.query.tree, asker, desk, reading)
    return results.results(hits, said, page=number, pool_id=pool_id, words=asker.words)


def _found_again(
    pool_id: str, number: int, kind: str, pool: ResultPool, text: str, asker: Asker, desk: Desk
) -> Content:
    """Another page of what a query found, as it was then: what is new since changes neither order nor numbers."""
    today = asker.today(desk.clock())
    query = parse_look_up(text, today=today)
    counted, _, about = kind.partition("~")
    exact = int(counted.removesuffix("+"))
    reading = desk.index.understand(query, pool.ids[exact:])
    was = Found(
        pool.ids[:exact],
        int(about or exact),
        more=counted.endswith("+"),
        about=bool(about),
        close=pool.ids[exact:],
        reading=reading,
    )
    return _found(pool_id, number, pool.ids, looked(query, was, desk.index, today), reading, asker, desk)


def _of_day(pool_id: str, number: int, day: date, ids: Sequence[int], asker: Asker, desk: Desk) -> Content:
    hits = _hits(_on_page(ids, number), None, asker, desk)
    return results.day_view(day, hits, total=len(ids), page=number, pool_id=pool_id, words=asker.words)


def _of_saved(pool_id: str, number: int, ids: Sequence[int], asker: Asker, desk: Desk) -> Content:
    hits = _hits(_on_page(ids, number), None, asker, desk)
    return results.saved(hits, total=len(ids), page=number, pool_id=pool_id, words=asker.words)


def _on_page(ids: Sequence[int], number: int) -> Sequence[int]:
    return ids[(number - 1) * PAGE : number * PAGE]


def _hits(ids: Sequence[int], tree: Node | None, asker: Asker, desk: Desk, reading: Reading | None = None) -> list[Hit]:
    entries = desk.digests.load_entries(ids)
    elsewhere = desk.digests.also_on(ids)
    posted = desk.outbox.threads(asker.team, ids)
    public = open_channels(
        {thread.channel for some in posted.values() for thread in _elsewhere(some, asker)}, asker, desk
    )
    threads = {entry_id: thread for entry_id in ids if (thread := _thread(posted.get(entry_id, []), asker, public))}
    links = permalinks(threads.values(), desk)
    # What everybody reads does not tell what one of them saved.
    saved = desk.saved.among(asker.team, asker.user, ids) if asker.alone else frozenset[int]()
    said = {}
    if remarked(tree):
        others = open_channels(desk.remarks.channels(asker.team), asker, desk)
        said = desk.remarks.texts(ids, asker.team, asker.channel, others)
    snippets = Snippets(tree, reading)
    return [
        Hit(
            entry=entry,
            snippet=_matching(snippets.of(entry.entry, said.get(entry.id, ()))),
            thread=links.get(threads[entry.id].delivery_id) if entry.id in threads else None,
            also_on=elsewhere.get(entry.id, ()),
            saved=entry.id in saved,
        )
        for entry in entries
    ]


def _matching(found: Snippet | None) -> Snippet | None:
    """The place that matched; None where only filters did, so that the reader gets the usual line in their language."""
    return found if found and any(matched for _, matched in found.pieces) else None


def _thread(posted: Sequence[PostedThread], asker: Asker, public: Collection[str]) -> PostedThread | None:
    """Where the paper can be talked about: in this channel, else in a public one."""
    here = [thread for thread in posted if thread.channel == asker.channel]
    return next(iter(here + [thread for thread in _elsewhere(posted, asker) if thread.channel in public]), None)


def _elsewhere(posted: Sequence[PostedThread], asker: Asker) -> list[PostedThread]:
    """The first thread in a channel that was public when it was last seen; none where the paper stands here."""
    if any(thread.channel == asker.channel for thread in posted):
        return []
    return [thread for thread in posted if not thread.is_private][:1]
