"""Whose turn it is: one message of a channel at a time is claimed, and what becomes of a claim.

A channel's row is its queue's lock: whoever claims moves its ``next_at`` to the end of the lease, and only who finds it
there moves it on. Rows of messages are touched after their channel's, never before. All statements stand here ready
made, and each finds its rows by an index: a message costs the same however many there are.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from bot.delivery.outbox import Claim, Place
from bot.messages.content import Content
from bot.store import tables as t
from bot.store.channels import EPOCH, UNPOSTED, WAITING, has_begun
from bot.store.contents import content_hash
from bot.store.database import insert_missing

PARENT_REFUSED = "parent refused"
REPOSTS = 3
"""How often a message is sent anew that people delete each time before its replies are there."""
SLOT_KEEPS = 60
"""For how many gaps of its workspace a turn that was given out may be used late: so many come at once after a halt."""
AT_ONCE = 100
"""Channels that are given a turn in one transaction: nobody else writes meanwhile."""

_d, _c = t.Delivery, t.Channel
_parent, _child = aliased(_d), aliased(_d)
_one: sa.ColumnElement[int] = sa.literal_column("1")
_here = (_c.team_id == bindparam("team"), _c.channel_id == bindparam("channel"))
_row = (_d.id == bindparam("row"), _d.key == bindparam("named"))
_held = (*_row, _d.state == "claimed", _d.lease_until == bindparam("lease"))
_replies_wait = sa.exists().where(_child.parent_key == _d.key, _child.posted_ts.is_(None), _child.state.in_(t.UNPOSTED))
_free = {"owner": None, "lease_until": None}

_DUE = (
    sa.select(_c.team_id, _c.channel_id, _c.next_at, _c.slot_at)
    .where(WAITING, _c.next_at <= bindparam("now"))
    .order_by(_c.next_at)
    .limit(_one)
)
_MOVE = (
    sa.update(_c)
    .where(*_here, _c.next_at == bindparam("seen"))
    .values(next_at=bindparam("then"), slot_at=bindparam("slot"))
)
_MOVE_ON = sa.update(_c).where(*_here, _c.next_at == bindparam("seen")).values(next_at=bindparam("then"))
_REST = (
    sa.update(_c)
    .where(
        *_here,
        _c.waiting,
        ~sa.exists().where(_d.team_id == bindparam("team"), _d.channel_id == bindparam("channel"), UNPOSTED),
    )
    .values(waiting=False)
)
_CLOSE = sa.update(_c).where(*_here).values(closed_reason=bindparam("why"), closed_at=bindparam("now"))
_HEAD = (
    sa.select(
        _d.id, _d.key, _d.op, _d.state, _d.text, _d.blocks, _d.claimed_at, _d.lease_until, _d.attempts, _d.posted_ts,
        _d.parent_key, _parent.posted_ts.label("parent_ts"),
    )
    .outerjoin(_parent, _parent.key == _d.parent_key)
    .where(_d.team_id == bindparam("team"), _d.channel_id == bindparam("channel"), UNPOSTED)
    .order_by(_d.id)
    .limit(_one)
)  # fmt: skip
_TAKE = (
    sa.update(_d)
    .where(*_row)
    .values(
        state="claimed",
        owner=bindparam("by"),
        lease_until=bindparam("until"),
        claimed_at=bindparam("since"),
        attempts=bindparam("tried"),
    )
)
_AFTER = sa.select(sa.func.max(_d.posted_ts)).where(
    _d.team_id == bindparam("team"),
    _d.channel_id == bindparam("channel"),
    _d.id < bindparam("row"),
    # One that was refused and tried again by hand has a lower id than what went before it.
    _d.posted_at <= bindparam("since"),
)
_POSTED = sa.update(_d).values(
    state="posted", posted_ts=bindparam("ts"), posted_at=bindparam("now"), error=None, **_free
)
_DONE = {"text": sa.case((_replies_wait, _d.text)), "blocks": sa.case((_replies_wait, _d.blocks))}
"""The payload of what stands in the channel, which only replies that are still to come may need again."""
_POST_DONE = _POSTED.where(*_held).values(_DONE)
_REPLY_DONE = _POSTED.where(*_held).values(text=None, blocks=sa.null())
_EDIT_DONE = sa.update(_d).where(*_held).values(state="posted", error=bindparam("why"), **_free, **_DONE)
_LATE = sa.select(_d.content_hash).where(*_row, _d.posted_ts.is_(None))
_LATE_DONE = _POSTED.where(*_row, _d.posted_ts.is_(None)).values(
    state=bindparam("becomes"), op=bindparam("doing"), claimed_at=None
)
_PARENT_DONE = (
    sa.update(_d)
    .where(
        _d.key == sa.select(_child.parent_key).where(_child.id == bindparam("row")).scalar_subquery(),
        _d.state == "posted",
        _d.text.is_not(None),
        ~_replies_wait,
    )
    .values(text=None, blocks=sa.null())
)
_RELEASE = (
    sa.update(_d)
    .where(*_held)
    .values(
        state=bindparam("becomes"),
        error=bindparam("why"),
        attempts=_d.attempts - bindparam("uncounted", type_=sa.Integer),
        claimed_at=sa.case((bindparam("forgets", type_=sa.Boolean), sa.null()), else_=_d.claimed_at),
        **_free,
    )
)


def is_due(connection: Connection, now: datetime) -> bool:
    """Whether a channel's turn has come. The one question of a quiet day: no lock, one step into an index."""
    return connection.execute(_DUE, {"now": now}).first() is not None


def claim(
    connection: Connection,
    owner: str,
    now: datetime,
    lease_until: datetime,
    team_gap: timedelta,
    quiet: Mapping[Place, datetime],
) -> Claim | None:
    """Claim the next message. None where it is nobody's turn, or where only turns were given out: ask again.

    A channel that is ``quiet`` begins no day before its moment.
    """
    slots: _Slots | None = None
    claimed = None
    for _ in range(AT_ONCE):
        due = connection.execute(_DUE, {"now": now}).first()
        if due is None:
            break
        slots = slots or _Slots(connection, due.team_id, now, team_gap)
        if due.team_id != slots.team:
            break  # two that hold one workspace each would wait for each other's
        slot = slots.of(due.slot_at)
        here = {"team": due.team_id, "channel": due.channel_id}
        if slot > now:
            connection.execute(_MOVE, here | {"seen": due.next_at, "then": slot, "slot": slot})
            continue
        moved = connection.execute(_MOVE, here | {"seen": due.next_at, "then": lease_until, "slot": None})
        rests_until = quiet.get(Place(due.team_id, due.channel_id), now)
        if moved.rowcount and rests_until > now and not has_begun(connection, Place(due.team_id, due.channel_id)):
            connection.execute(_MOVE_ON, here | {"seen": lease_until, "then": rests_until})
        elif moved.rowcount and (claimed := _claim_head(connection, due, owner, now, lease_until)):
            break
    if slots:
        slots.save()
    return claimed


class _Slots:
    """The turns of a workspace's channels, of which it has no more a minute than its cap."""

    def __init__(self, connection: Connection, team: str, now: datetime, gap: timedelta) -> None:
        self.team = team
        self._connection, self._now, self._gap = connection, now, gap
        self._next: datetime | None = None

    def of(self, slot_at: datetime | None) -> datetime:
        """When a channel may go: at the turn it was given, else at the next one that is free."""
        if not self._gap:
            return self._now
        if slot_at is not None and slot_at >= self._now - SLOT_KEEPS * self._gap:
            return slot_at
        slot = max(self._now, self._next or self._load())
        self._next = slot + self._gap
        return slot

    def _load(self) -> datetime:
        next_at = self._connection.scalar(_TEAM, {"team": self.team})
        if next_at is None:
            insert_missing(self._connection, t.Team, [{"team_id": self.team, "next_at": EPOCH}])
            next_at = self._connection.scalar(_TEAM, {"team": self.team})
        return next_at or EPOCH

    def save(self) -> None:
        if self._next is not None:
            self._connection.execute(_MOVE_TEAM, {"team": self.team, "then": self._next})


_TEAM = sa.select(t.Team.next_at).where(t.Team.team_id == bindparam("team")).with_for_update()
_MOVE_TEAM = sa.update(t.Team).where(t.Team.team_id == bindparam("team")).values(next_at=bindparam("then"))


def _claim_head(connection: Connection, due: Any, owner: str, now: datetime, lease_until: datetime) -> Claim | None:
    """Claim the oldest unposted message of a channel that is ours until ``lease_until``."""
    here = {"team": due.team_id, "channel": due.channel_id}
    head = connection.execute(_HEAD, here).first()
    back = here | {"seen": lease_until, "then": due.next_at}
    if head is None:
        connection.execute(_MOVE_ON, back)
        connection.execute(_REST, here)
        return None
    if head.state == "claimed" and head.lease_until > now:
        connection.execute(_MOVE_ON, back | {"then": head.lease_until})
        return None
    if head.op == "post" and head.parent_key is not None and head.parent_ts is None:
        # It could never be sent, and nothing behind it.
        connection.execute(_MOVE_ON, back)
        connection.execute(sa.update(_d).where(_d.id == head.id).values(state="refused", error=PARENT_REFUSED, **_free))
        return None
    looking = head.op == "post" and head.state != "pending"
    claimed_at = (head.claimed_at or now) if looking else now
    taken = {"row": head.id, "named": head.key, "by": owner, "until": lease_until, "since": claimed_at}
    connection.execute(_TAKE, taken | {"tried": head.attempts + 1})
    after_ts: str | None = None
    if looking:
        since = here | {"row": head.id, "since": claimed_at}
        after_ts = head.parent_ts or connection.scalar(_AFTER, since)
    return Claim(
        id=head.id,
        place=Place(due.team_id, due.channel_id),
        key=head.key,
        content=Content(head.text, tuple(head.blocks)),
        thread_ts=head.parent_ts,
        claimed_at=claimed_at,
        lease_until=lease_until,
        op=head.op,
        target_ts=None if head.op == "post" else head.posted_ts,
        turn_at=due.next_at,
        after_ts=after_ts,
        looking=looking,
        attempts=head.attempts + 1,
    )


def confirm(connection: Connection, claim: Claim, posted_ts: str, next_at: datetime, now: datetime) -> None:
    """That it stands there is true whoever holds the claim by now; the turn is its holder's to move."""
    moved = _move_on(connection, claim, next_at)
    if claim.op == "delete":
        _take_out(connection, claim)
    elif claim.op == "update":
        connection.execute(_EDIT_DONE, _mine(claim) | {"why": None})
    else:
        _posted(connection, claim, posted_ts, now)
    if moved:
        connection.execute(_REST, _here_of(claim))


def adopt(connection: Connection, claim: Claim, posted_ts: str, now: datetime, *, same: bool) -> None:
    moved = _move_on(connection, claim, claim.turn_at or now, slot_at=now)
    if same:
        _posted(connection, claim, posted_ts, now)
    else:
        values = {"ts": posted_ts, "now": now, "becomes": "pending", "doing": "update"}
        connection.execute(_LATE_DONE, _its(claim) | values)
    if moved:
        connection.execute(_REST, _here_of(claim))


def _posted(connection: Connection, claim: Claim, posted_ts: str, now: datetime) -> None:
    done = _REPLY_DONE if claim.thread_ts else _POST_DONE
    if not connection.execute(done, _mine(claim) | {"ts": posted_ts, "now": now}).rowcount:
        # The claim went stale. What was written down meanwhile may read otherwise than what stands there now.
        late = connection.execute(_LATE, _its(claim)).first()
        if late is None:
            return
        same = late.content_hash == content_hash(claim.content)
        becomes = {"becomes": "posted", "doing": "post"} if same else {"becomes": "pending", "doing": "update"}
        connection.execute(_LATE_DONE, _its(claim) | {"ts": posted_ts, "now": now} | becomes)
    if claim.thread_ts:
        connection.execute(_PARENT_DONE, {"row": claim.id})


def _take_out(connection: Connection, claim: Claim) -> None:
    """Forget a message that was deleted, and with the last of them its edition. Its replies stay as they are."""
    d, e = t.Delivery, t.Edition
    row = connection.execute(sa.select(d.edition_id).where(*_held), _mine(claim)).first()
    if row is None:
        return
    connection.execute(sa.update(d).where(d.parent_key == claim.key).values(parent_key=None))
    connection.execute(sa.delete(d).where(d.id == claim.id))
    left = (sa.exists().where(d.edition_id == e.id), sa.exists().where(t.Carried.edition_id == e.id))
    connection.execute(sa.delete(e).where(e.id == row.edition_id, ~sa.or_(*left)))


def give_back(
    connection: Connection, claim: Claim, retry_at: datetime, *, unknown: bool, error: str, counted: bool
) -> None:
    unknown = unknown and claim.op == "post"  # an edit is simply done again
    _move_on(connection, claim, retry_at)
    _release(connection, claim, "unknown" if unknown else "pending", error, counted=counted, forgets=not unknown)


def refuse(connection: Connection, claim: Claim, error: str, *, close_channel: bool, now: datetime) -> None:
    """What may stand there all the same is looked for, should somebody try it again."""
    moved = _move_on(connection, claim, now)
    if close_channel:
        state = "unknown" if claim.looking else "pending"
        if _release(connection, claim, state, error, forgets=not claim.looking):
            connection.execute(_CLOSE, _here_of(claim) | {"why": error, "now": now})
        return
    if _release(connection, claim, "refused", error, forgets=not claim.looking):
        if claim.op == "post":
            refuse_replies(connection, claim.key)
        if claim.thread_ts:
            connection.execute(_PARENT_DONE, {"row": claim.id})
    if moved:
        connection.execute(_REST, _here_of(claim))


def refuse_replies(connection: Connection, key: str) -> None:
    """What replies to a message that will not be there can never be sent."""
    d = t.Delivery
    waiting = (d.parent_key == key, d.posted_ts.is_(None), d.state.in_(t.UNPOSTED))
    connection.execute(sa.update(d).where(*waiting).values(state="refused", error=PARENT_REFUSED, **_free))


def keep(connection: Connection, claim: Claim, error: str) -> None:
    moved = _move_on(connection, claim, claim.turn_at or claim.claimed_at)
    connection.execute(_EDIT_DONE, _mine(claim) | {"why": error})
    if moved:
        connection.execute(_REST, _here_of(claim))


def lose_parent(connection: Connection, claim: Claim, error: str) -> bool:
    d = t.Delivery
    parent = connection.execute(
        sa.select(_parent.id, _parent.text, _parent.reposts, _parent.state, _parent.claimed_at)
        .join(d, d.parent_key == _parent.key)
        .where(*_held),
        _mine(claim),
    ).first()
    if parent is None:
        return True  # the claim is not this one any more: whoever has it comes here too
    if parent.text is None or parent.reposts >= REPOSTS:
        return False
    _move_on(connection, claim, claim.turn_at or claim.claimed_at)
    _release(connection, claim, "pending", error, counted=False, forgets=True)
    lost = {
        "op": "post",
        "state": "unknown",
        "posted_ts": None,
        "posted_at": None,
        "permalink": None,
        "claimed_at": parent.claimed_at or claim.claimed_at,
        "reposts": parent.reposts + 1,
        "attempts": 0,
        "error": error,
    }
    connection.execute(sa.update(d).where(d.id == parent.id).values(lost))
    return True


def _move_on(connection: Connection, claim: Claim, next_at: datetime, slot_at: datetime | None = None) -> bool:
    """Give the channel its next turn; False, and nothing changes, where the lease on it is somebody else's by now."""
    moved = connection.execute(_MOVE, _here_of(claim) | {"seen": claim.lease_until, "then": next_at, "slot": slot_at})
    return bool(moved.rowcount)


def _release(
    connection: Connection, claim: Claim, state: str, error: str, *, counted: bool = True, forgets: bool
) -> bool:
    """End a claim; False where it is not this one any more. A lease that ended cannot be another's too.

    It ``forgets`` when it began where no attempt of it can have arrived.
    """
    values = {"becomes": state, "why": error, "uncounted": int(not counted), "forgets": forgets}
    return bool(connection.execute(_RELEASE, _mine(claim) | values).rowcount)


def _here_of(claim: Claim) -> dict[str, Any]:
    return {"team": claim.place.team, "channel": claim.place.channel}


def _its(claim: Claim) -> dict[str, Any]:
    """An id alone may be another row's by now."""
    return {"row": claim.id, "named": claim.key}


def _mine(claim: Claim) -> dict[str, Any]:
    return {"row": claim.id, "named": claim.key, "lease": claim.lease_until}
