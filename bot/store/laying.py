"""Makes what is written down of an edition be the messages it should have: compared one by one, only what differs
is touched.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlalchemy.engine import Connection

from bot.delivery.outbox import Edition, delivery_key
from bot.digest.model import StoredEntry
from bot.messages.content import Content, DayMessage
from bot.plan.subscription import Subscription
from bot.store import tables as t
from bot.store.channels import UNPOSTED, is_channel, lock
from bot.store.contents import content_hash
from bot.store.database import bunches
from bot.store.editions import Brought, Written, load_carried, load_rows, stands, takes
from bot.store.turns import PARENT_REFUSED

SKIPPED = "skipped by hand"

_row = t.Delivery.id == bindparam("row")
_CHANGE = (
    sa.update(t.Delivery)
    .where(_row)
    .values(
        op=bindparam("doing"),
        state=bindparam("becomes"),
        parent_key=bindparam("below"),
        text=bindparam("words"),
        blocks=bindparam("made"),
        content_hash=bindparam("hashed"),
        error=bindparam("why"),
        attempts=bindparam("tried"),
    )
)
_RENUMBER = sa.update(t.Delivery).where(t.Delivery.key == bindparam("named")).values(id=bindparam("to"))
_PAYLOAD = sa.update(t.Delivery).where(_row).values(text=bindparam("words"), blocks=bindparam("made"))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A message that should exist, and its row where there is one."""

    key: str
    entry_key: str
    entry_id: int | None
    part: int
    parent_key: str | None
    content: Content
    hash: str
    row: Written | None


@dataclass(frozen=True, slots=True)
class _Unbegun:
    """What a message that has not begun becomes."""

    wanted: _Wanted
    state: str
    error: str | None


def lay(
    connection: Connection,
    edition: Edition,
    messages: Sequence[DayMessage],
    entries: Sequence[StoredEntry],
    at: datetime,
    edit_since: datetime,
    subscription: Subscription | None,
    unchanged: Collection[int] = (),
) -> int | None:
    """As `bot.delivery.outbox.Outbox.lay`. Raises ValueError for a reply to nothing."""
    if subscription is not None and not stands(connection, subscription):
        return None
    place, source, day = edition.place, edition.source, edition.day
    lock(connection, place)
    edition_id, layout = _find(connection, edition)
    carried = load_carried(connection, place, source, day)
    of_day = load_rows(connection, place, source, day)
    rows = [row for row in of_day if edition_id is not None and row.edition_id == edition_id]
    others = {row.key: row for row in of_day if edition_id is None or row.edition_id != edition_id}
    own = [one for one in carried if edition_id is not None and one.edition_id == edition_id]
    if not takes(edition, layout, entries, carried, own, rows):
        return None
    if edition_id is None and not entries:
        return 0
    known = {one.entry_id for one in own}
    gained = [entry for entry in entries if entry.id not in known]
    names = _names(carried, own, gained)
    wanted = _wanted(edition, messages, names, rows, others)
    if any(one.key in others and not others[one.key].given_up for one in wanted):
        return None
    if edition_id is None:
        edition_id = _begin(connection, edition, at)
    complete = _complete(rows, unchanged)
    rows = [row for row in rows if row.entry_id not in complete]
    wanted = [one for one in wanted if one.entry_id not in complete]
    laying = _Laying(connection, edition, edition_id, edit_since, grows=bool(gained))
    laying.forget([others[one.key] for one in wanted if one.key in others])
    laying.withdraw(rows, {one.key for one in wanted})
    laying.edit(wanted)
    laying.line_up(wanted, _origin(subscription, rows, grows=bool(gained)))
    _carry(connection, edition, edition_id, own, entries, [(entry, names[entry.id]) for entry in gained])
    return _finish(connection, edition, edition_id, at)


def _find(connection: Connection, edition: Edition) -> tuple[int | None, Any]:
    e = t.Edition
    found = connection.execute(
        sa.select(e.id, e.layout).where(
            e.team_id == edition.place.team,
            e.channel_id == edition.place.channel,
            e.source == edition.source,
            e.day == edition.day,
            e.query == edition.query,
        )
    ).first()
    return (None, None) if found is None else (found.id, found.layout)


def _complete(rows: Sequence[Written], unchanged: Collection[int]) -> set[int]:
    """Of the unchanged entries, those that stand in the channel whole: nothing of theirs is posted, edited, deleted."""
    standing = {row.entry_id for row in rows if row.entry_id is not None and row.stands}
    missing = {row.entry_id for row in rows if not row.stands}
    return (standing - missing) & set(unchanged)


def _begin(connection: Connection, edition: Edition, at: datetime) -> int:
    values = {
        "team_id": edition.place.team,
        "channel_id": edition.place.channel,
        "source": edition.source,
        "day": edition.day,
        "query": edition.query,
        "layout": edition.layout,
        "lang": edition.lang or None,
        "laid_at": at,
    }
    return connection.execute(sa.insert(t.Edition).values(values).returning(t.Edition.id)).scalar_one()


def _names(carried: Sequence[Brought], own: Sequence[Brought], gained: Sequence[StoredEntry]) -> dict[int, str]:
    """By entry, what its messages are called: its key, or the one it had when they were first written down.

    A corrected link leaves a name behind that another paper has by rights, which then gets a name of its own.
    """
    names = {one.entry_id: one.entry_key for one in own if one.entry_id is not None}
    taken = {one.entry_key for one in carried}
    for entry in gained:
        # A link with a title is called by its link, as before titles were part of a key: messages keep their names.
        name, number = entry.key.partition(" ")[0], 1
        if name in taken:
            name = entry.key
        while name in taken:
            number += 1
            name = f"again:{number}:{entry.key}"
        names[entry.id] = name
        taken.add(name)
    return names


def _wanted(
    edition: Edition,
    messages: Sequence[DayMessage],
    names: Mapping[int, str],
    rows: Sequence[Written],
    others: dict[str, Written],
) -> list[_Wanted]:
    """The messages under the names they have, or had when they were first written down."""
    place, source, day = edition.place, edition.source, edition.day
    by_key = {row.key: row for row in rows}
    line = next((row.entry_key for row in rows if row.is_line), None)
    if line is None:
        line = first = f"query:{edition.query}" if edition.query else ""
        number = 1
        while (there := others.get(delivery_key(place, source, day, line, 0))) and not there.given_up:
            number += 1
            line = f"late:{number}:{first}"

    def name(entry_id: int | None, entry_key: str | None) -> str:
        return line if entry_key is None else (names.get(entry_id) if entry_id is not None else None) or entry_key

    keys: dict[tuple[str | None, int], str] = {}
    wanted = []
    for message in messages:
        if message.parent is not None and message.parent not in keys:
            raise ValueError(f"a reply before its parent: part {message.part}")
        entry_key = name(message.entry_id, message.entry_key)
        key = delivery_key(place, source, day, entry_key, message.part)
        keys[message.entry_key, message.part] = key
        parent = keys[message.parent] if message.parent is not None else None
        hashed = content_hash(message.content)
        wanted.append(
            _Wanted(key, entry_key, message.entry_id, message.part, parent, message.content, hashed, by_key.get(key))
        )
    return wanted


def _origin(subscription: Subscription | None, rows: Sequence[Written], *, grows: bool) -> str:
    """Who asks for what is new: the subscription, or a person; an edit is on behalf of whoever asked first."""
    if subscription is not None:
        return "subscription"
    return "post" if grows or not rows else rows[0].origin


class _Laying:
    """The changes to one edition's rows."""

    def __init__(
        self, connection: Connection, edition: Edition, edition_id: int, edit_since: datetime, *, grows: bool
    ) -> None:
        self._connection = connection
        self._edition, self._edition_id = edition, edition_id
        self._edit_since = edit_since
        self._grows = grows
        """With new papers, what was refused is tried anew too."""

    def _may_edit(self, row: Written) -> bool:
        return row.posted_at is not None and row.posted_at >= self._edit_since

    def forget(self, rows: Sequence[Written]) -> None:
        """Erase rows that never began. What stands there keeps its row, whatever it replied to."""
        d = t.Delivery
        for some in bunches([row.key for row in rows]):
            replies = sa.update(d).where(d.parent_key.in_(some), d.posted_ts.is_not(None))
            self._connection.execute(replies.values(parent_key=None))
            self._connection.execute(sa.delete(d).where(d.key.in_(some)))

    def withdraw(self, rows: Sequence[Written], wanted: set[str]) -> None:
        """Take out what is no longer needed: here, or where it stands in the channel there."""
        extra = [row for row in rows if row.key not in wanted]
        self.forget([row for row in extra if not row.stands])
        d = t.Delivery
        deleted = [row.id for row in extra if row.stands and row.op != "delete" and self._may_edit(row)]
        values = {"op": "delete", "state": "pending", "text": "", "blocks": [], "attempts": 0, "error": None}
        for some in bunches(deleted):
            self._connection.execute(sa.update(d).where(d.id.in_(some)).values(values))

    def edit(self, wanted: Sequence[_Wanted]) -> None:
        """Let what stands in the channel be updated where it says something else."""
        changes = [
            _changed(one, one.row, "update", "pending", None)
            for one in wanted
            if one.row is not None and one.row.stands and self._differs(one, one.row)
        ]
        if changes:
            self._connection.execute(_CHANGE, changes)

    def _differs(self, one: _Wanted, row: Written) -> bool:
        if row.op == "delete" and row.state == "pending":
            return True  # it is not known what it says by now
        return one.hash != row.content_hash and (row.state == "pending" or self._may_edit(row))

    def line_up(self, wanted: Sequence[_Wanted], origin: str) -> None:
        """Write down what has not begun, in the order of sending: new rows come last, unless they belong between."""
        places = list(self._places(wanted))
        ids = [one.wanted.row.id if one.wanted.row else None for one in places]
        there = [row_id for row_id in ids if row_id is not None]
        changes = [
            _changed(one.wanted, row, "post", one.state, one.error)
            for one in places
            if (row := one.wanted.row) and _moved(one, row)
        ]
        if changes:
            self._connection.execute(_CHANGE, changes)
        self._insert([one for one in places if one.wanted.row is None], origin)
        if there != sorted(there) or None in ids[: len(there)]:
            self._put_in_order([one.wanted.key for one in places], min(there))
        self._keep_payloads(wanted, [one for one in places if one.state in t.UNPOSTED])

    def _places(self, wanted: Sequence[_Wanted]) -> Sequence[_Unbegun]:
        places: list[_Unbegun] = []
        dead: set[str] = set()
        for one in wanted:
            row = one.row
            if row is not None and row.stands:
                continue
            state, error = "pending", None
            if row is not None and row.state == "refused" and not self._again(row):
                state, error = "refused", row.error
            elif row is not None and row.state == "refused" and row.claimed_at is not None:
                state = "unknown"  # it may stand there: look first
            if one.parent_key in dead:
                state, error = "refused", PARENT_REFUSED
            if state == "refused":
                dead.add(one.key)
            places.append(_Unbegun(one, state, error))
        return places

    def _again(self, row: Written) -> bool:
        return self._grows and row.error != SKIPPED

    def _insert(self, places: Sequence[_Unbegun], origin: str) -> None:
        rows = [self._values(one, origin) for one in places]
        if rows:
            self._connection.execute(sa.insert(t.Delivery), rows)

    def _put_in_order(self, keys: Sequence[str], first: int) -> None:
        """Let rows that have not begun come in this order, and after them what waits behind: a day before the next."""
        d = t.Delivery
        mine = sa.select(d.key, d.id).where(d.edition_id == self._edition_id, d.key.in_(keys))
        behind = (
            sa.select(d.key, d.id)
            .where(
                d.team_id == self._edition.place.team,
                d.channel_id == self._edition.place.channel,
                sa.or_(d.edition_id.is_(None), d.edition_id != self._edition_id),
                d.id > first,
                d.state == "pending",
                d.posted_ts.is_(None),
            )
            .order_by(d.id)
        )
        ids: dict[str, int] = dict(self._connection.execute(mine).all())
        following: dict[str, int] = dict(self._connection.execute(behind).all())
        ids |= following
        order = [*keys, *following]
        slots = zip(order, sorted(ids.values()), strict=True)
        moves = [(key, row_id) for key, row_id in slots if ids[key] != row_id]
        for away in (-1, 1):  # an id is free only once its row has left it
            self._connection.execute(_RENUMBER, [{"named": key, "to": away * row_id} for key, row_id in moves])

    def _values(self, place: _Unbegun, origin: str) -> dict[str, Any]:
        one, row = place.wanted, place.wanted.row
        return {
            "team_id": self._edition.place.team,
            "channel_id": self._edition.place.channel,
            "source": self._edition.source,
            "day": self._edition.day,
            "edition_id": self._edition_id,
            "entry_key": one.entry_key,
            "entry_id": one.entry_id,
            "part": one.part,
            "key": one.key,
            "parent_key": one.parent_key,
            "origin": row.origin if row else origin,
            "op": "post",
            "state": place.state,
            "text": one.content.text,
            "blocks": list(one.content.blocks),
            "content_hash": one.hash,
            "claimed_at": row.claimed_at if row else None,
            "reposts": row.reposts if row else 0,
            "error": place.error,
        }

    def _keep_payloads(self, wanted: Sequence[_Wanted], new: Sequence[_Unbegun]) -> None:
        """What a new message replies to may have to be sent anew, so its payload is kept again."""
        parents = {one.wanted.parent_key for one in new}
        without = [
            {"row": one.row.id, "words": one.content.text, "made": list(one.content.blocks)}
            for one in wanted
            if one.row and one.key in parents and not one.row.has_payload and not self._differs(one, one.row)
        ]
        if without:
            self._connection.execute(_PAYLOAD, without)


def _moved(place: _Unbegun, row: Written) -> bool:
    one = place.wanted
    return (row.content_hash, row.parent_key, row.state) != (one.hash, one.parent_key, place.state)


def _changed(one: _Wanted, row: Written, op: str, state: str, error: str | None) -> dict[str, Any]:
    return {
        "row": row.id,
        "doing": op,
        "becomes": state,
        "below": row.parent_key if row.stands else one.parent_key,
        "words": one.content.text,
        "made": list(one.content.blocks),
        "hashed": one.hash,
        "why": error,
        "tried": 0,
    }


def _carry(
    connection: Connection,
    edition: Edition,
    edition_id: int,
    own: Sequence[Brought],
    entries: Sequence[StoredEntry],
    gained: Sequence[tuple[StoredEntry, str]],
) -> None:
    """Remember which entries the edition carries from now on."""
    c = t.Carried
    stay = {entry.id for entry in entries}
    gone = [one.entry_key for one in own if one.entry_id is not None and one.entry_id not in stay]
    here = {
        "team_id": edition.place.team,
        "channel_id": edition.place.channel,
        "source": edition.source,
        "day": edition.day,
    }
    for some in bunches(gone):
        of_day = [getattr(c, name) == value for name, value in here.items()]
        connection.execute(sa.delete(c).where(*of_day, c.entry_key.in_(some)))
    new = [
        here | {"entry_key": name, "entry_id": one.id, "edition_id": edition_id, "late": one.late}
        for one, name in gained
    ]
    if new:
        connection.execute(sa.insert(c), new)


def _finish(connection: Connection, edition: Edition, edition_id: int, at: datetime) -> int:
    """Say what the edition shows now, and let its channel be served. Returns how many rows wait to be done."""
    d, e, c = t.Delivery, t.Edition, t.Carried
    mine = d.edition_id == edition_id
    unposted = connection.scalar(sa.select(sa.func.count()).select_from(d).where(mine, UNPOSTED)) or 0
    left = (sa.exists().where(mine), sa.exists().where(c.edition_id == edition_id))
    if connection.scalar(sa.select(sa.or_(*left))):
        shows = {"laid_at": at, "layout": edition.layout}
        connection.execute(sa.update(e).where(e.id == edition_id).values(shows))
    else:
        connection.execute(sa.delete(e).where(e.id == edition_id))
    if unposted:
        connection.execute(sa.update(t.Channel).where(is_channel(edition.place)).values(waiting=True))
    return unposted
