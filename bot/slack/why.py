"""Why a channel has a day or a paper, or has not: looks up what `plan/why.py` walks by."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.delivery.outbox import Place
from bot.digest.model import StoredEntry
from bot.plan.subscription import Subscription
from bot.plan.why import Answer, Gate, Here, Message, Subject, Walk, in_order, nobodys, walks
from bot.search.command import Why
from bot.slack.records import Records
from bot.store.giving_up import REASONS
from bot.store.outbox import DeliveryRow, PostedThread

NO_SETTLE = timedelta(0)
OTHER_DAYS = 5
NOTE = "note:"  # what begins so is a word of the bot's own and none of a day's messages (`Outbox.add_note`)


def ask(asked: Why, place: Place, records: Records, now: datetime) -> Answer | None:
    """The answer for one channel; None where no paper is meant by what was asked."""
    orders = records.subscriptions.in_channel(place.team, place.channel)
    day = _newest(records, now) if asked.newest else asked.day
    if day is not None:
        return Answer(day, None, _walks(_sources(day, orders, records), day, place, orders, records, now))
    return why_here(records.history.entries(link=asked.link, title=asked.title), place, records, now)


def why_here(entries: Sequence[StoredEntry], place: Place, records: Records, now: datetime) -> Answer | None:
    """The same about a paper that was found on these days; None where that is no paper."""
    orders = records.subscriptions.in_channel(place.team, place.channel)
    meant = _meant(entries, place, orders, records)
    if meant is None:
        return None
    found = _walks({meant.source: meant}, meant.day, place, orders, records, now)
    others = sorted(
        {one.day for one in entries if one.key == meant.key and not one.withdrawn} - {meant.day}, reverse=True
    )
    return Answer(meant.day, meant.entry.title, found, tuple(others[:OTHER_DAYS]))


def _newest(records: Records, now: datetime) -> date:
    """The archive's; where that is empty, today."""
    digest = records.digests.latest_day()
    return digest.day if digest else now.date()


def _meant(
    entries: Sequence[StoredEntry], place: Place, orders: Sequence[Subscription], records: Records
) -> StoredEntry | None:
    """Of a paper's days the newest that the channel has, else the newest of a source that it follows."""
    followed = {sub.source for sub in orders}
    has = (one for one in entries if one.id in records.history.carried(place, one.source, one.day))
    follows = (one for one in entries if one.source in followed)
    return next(has, None) or next(follows, None) or next(iter(entries), None)


def _sources(day: date, orders: Sequence[Subscription], records: Records) -> dict[str, None]:
    """Those the channel follows, and those that have the day; where there are none, the configured ones."""
    followed = dict.fromkeys(sub.source for sub in orders)
    having = {source: None for source in records.digests.sources() if records.digests.load_day(source, day)}
    return followed | having or dict.fromkeys(records.settle)


def _walks(
    sources: Mapping[str, StoredEntry | None],
    day: date,
    place: Place,
    orders: Sequence[Subscription],
    records: Records,
    now: datetime,
) -> tuple[Walk, ...]:
    """By every subscription to one of these sources, and by hand. With a paper, those of its source."""
    considered = records.history.considered([sub.id for sub in orders], day)
    found: list[Walk] = []
    subjects: list[Subject] = []
    for source, entry in sources.items():
        mine = [(sub, considered.get(sub.id)) for sub in orders if sub.source == source]
        subject = _subject(source, day, entry, records)
        here = _here(place, source, day, records)
        found += walks(subject, mine, here, now, edit_window=records.edit_window)
        subjects.append(subject)
    return in_order(found or [nobodys(one, now, subscribed=bool(orders)) for one in subjects])


def _subject(source: str, day: date, entry: StoredEntry | None, records: Records) -> Subject:
    settle = records.settle.get(source)
    known = records.history.day(source, day, settle or NO_SETTLE, entry.id if entry else None)
    digest = records.digests.load_day(source, day, withdrawn=True) if known else None
    if known is None or digest is None:
        return Subject(source, day, None, unread=records.history.unread(source))
    settles_at = None if settle is None else known.quiet_from or known.changed_at + settle
    return Subject(
        source,
        day,
        digest,
        entry=entry,
        documents=known.documents,
        withdrawn_at=records.history.withdrawn_at(entry.id) if entry else None,
        changed_at=known.changed_at,
        ready_at=known.ready_at,
        settled_at=known.settled_at,
        settles_at=settles_at,
    )


def _here(place: Place, source: str, day: date, records: Records) -> Here:
    state = records.history.channel(place)
    rows = records.outbox.rows_of(place, source, day)
    return Here(
        carried=records.history.carried(place, source, day),
        messages=tuple(_message(row) for row in rows if not _is_nothing(row)),
        closed_reason=state.closed_reason if state else None,
        closed_at=state.closed_at if state else None,
    )


def _is_nothing(row: DeliveryRow) -> bool:
    """A word of the bot's own, or one that was given up before it was sent: it may be written down anew."""
    given_up = row.state == "refused" and row.posted_ts is None and row.error in REASONS
    return given_up or (row.entry_key or "").startswith(NOTE)


def _message(row: DeliveryRow) -> Message:
    return Message(
        id=row.id,
        entry_id=row.entry_id,
        line=(row.entry_key or "") if row.entry_id is None else None,
        state=row.state,
        op=row.op,
        attempts=row.attempts,
        error=row.error,
        claimed_at=row.claimed_at,
        posted_at=row.posted_at,
        next_at=row.next_at,
        where=row.permalink or row.posted_ts,
    )


def unlinked(answer: Answer, place: Place) -> list[PostedThread]:
    """The messages it names whose addresses are not known yet."""
    gates = [gate for walk in answer.walks for gate in walk.gates if "where" in gate.facts]
    return [
        PostedThread(place.channel, str(gate.facts["where"]), None, True, int(str(gate.facts["id"])))
        for gate in gates
        if gate.facts["where"] and not str(gate.facts["where"]).startswith("http")
    ]


def with_links(answer: Answer, links: Mapping[int, str]) -> Answer:
    """The same with these addresses in place of Slack's own ``ts``, by delivery."""

    def linked(gate: Gate) -> Gate:
        link = links.get(int(str(gate.facts["id"]))) if "where" in gate.facts else None
        return replace(gate, facts={**gate.facts, "where": link}) if link else gate

    return replace(answer, walks=tuple(replace(one, gates=tuple(map(linked, one.gates))) for one in answer.walks))
