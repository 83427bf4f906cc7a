"""Messages that were written down and are not wanted any more: refused, and no longer counted as carried."""

from collections.abc import Collection
from datetime import date

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import aliased

from bot.delivery.outbox import Place
from bot.store import tables as t
from bot.store.database import bunches

ENDED = "subscription ended"
PAUSED = "subscription paused"
CLOSED = "channel was closed"
REASONS = (ENDED, PAUSED, CLOSED)

AWAY = "away"
CHANNEL_CLOSED = "closed"
WAS_PAUSED = "paused"
"""Why a day was passed over: it came due while the bot was away, the channel closed, or the subscription paused."""


def give_up(
    connection: Connection,
    place: Place,
    source: str,
    why: str,
    *,
    origin: str | None = None,
    before: date | None = None,
) -> set[date]:
    """Refuse what waits in a channel, of one origin or of days before one where given. Returns their days.

    Nothing is torn apart: the replies to what stands there or may, and the further parts of it, still go out, and what
    stands there is still corrected. What was given up is of no edition any more, so that it can be written down anew.
    """
    d, parent, sibling = t.Delivery, aliased(t.Delivery), aliased(t.Delivery)
    here = (d.team_id == place.team, d.channel_id == place.channel, d.source == source)
    same_entry = (
        sibling.team_id == d.team_id,
        sibling.channel_id == d.channel_id,
        sibling.source == d.source,
        sibling.day == d.day,
        sibling.entry_key == d.entry_key,
    )
    waiting = (
        sa.select(d.id, d.day, d.edition_id, d.entry_key)
        .outerjoin(parent, parent.key == d.parent_key)
        .where(
            *here,
            d.state == "pending",
            sa.or_(parent.id.is_(None), ~_begun(parent)),
            ~sa.exists().where(*same_entry, _begun(sibling)),
        )
    )
    if origin is not None:
        waiting = waiting.where(d.origin == origin)
    if before is not None:
        waiting = waiting.where(d.day < before)
    rows = connection.execute(waiting).all()
    for some in bunches(sorted(row.id for row in rows)):
        given_up = {"state": "refused", "error": why, "edition_id": None}
        connection.execute(sa.update(d).where(d.id.in_(some)).values(given_up))
    lost: dict[tuple[date, int | None], set[str]] = {}
    for row in rows:
        lost.setdefault((row.day, row.edition_id), set()).add(row.entry_key)
    for (day, edition_id), keys in lost.items():
        _forget(connection, place, source, day, edition_id, keys)
    return {row.day for row in rows if not row.entry_key.startswith("note:")}


def _begun(row: type[t.Delivery]) -> sa.ColumnElement[bool]:
    """Whether it stands in the channel, stood there, or may."""
    under_way = row.state.in_(("claimed", "unknown"))
    return sa.or_(row.posted_ts.is_not(None), under_way, row.reposts > 0)


def _forget(
    connection: Connection, place: Place, source: str, day: date, edition_id: int | None, keys: Collection[str]
) -> None:
    """Count no longer as carried what went, which is all of an edition of which nothing is left."""
    d, c = t.Delivery, t.Carried
    left = sa.exists().where(
        d.team_id == place.team,
        d.channel_id == place.channel,
        d.source == source,
        d.day == day,
        d.edition_id.is_(None) if edition_id is None else d.edition_id == edition_id,
        ~given_up(),
        d.entry_key.not_like("note:%"),
    )
    carried = (
        c.team_id == place.team,
        c.channel_id == place.channel,
        c.source == source,
        c.day == day,
        c.edition_id.is_(None) if edition_id is None else c.edition_id == edition_id,
    )
    if connection.scalar(sa.select(left)):
        connection.execute(sa.delete(c).where(*carried, c.entry_key.in_(keys)))
        return
    connection.execute(sa.delete(c).where(*carried))
    if edition_id is not None:
        connection.execute(sa.delete(t.Edition).where(t.Edition.id == edition_id))


def given_up() -> sa.ColumnElement[bool]:
    """Of a row: it was given up, and never sent."""
    d = t.Delivery
    return sa.and_(
        d.state == "refused", d.posted_ts.is_(None), d.edition_id.is_(None), sa.func.coalesce(d.error, "").in_(REASONS)
    )
