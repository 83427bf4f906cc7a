"""Messages that were written down and are not wanted any more: refused, and no longer counted as carried."""

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
_REASONS = (ENDED, PAUSED, CLOSED)
_BEGUN = ("posted", "claimed", "unknown")


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

    Nothing is torn apart: the replies to what stands there or may, and the further parts of it, still go out.
    """
    d, parent, sibling = t.Delivery, aliased(t.Delivery), aliased(t.Delivery)
    of_day = (
        sibling.team_id == d.team_id,
        sibling.channel_id == d.channel_id,
        sibling.source == d.source,
        sibling.day == d.day,
    )
    waiting = (
        sa.select(d.id, d.day)
        .outerjoin(parent, parent.id == d.parent_id)
        .where(
            d.team_id == place.team,
            d.channel_id == place.channel,
            d.source == source,
            d.state == "pending",
            sa.or_(parent.id.is_(None), parent.state.not_in(_BEGUN)),
            ~sa.exists().where(*of_day, sibling.entry_key == d.entry_key, sibling.state.in_(_BEGUN)),
        )
    )
    if origin is not None:
        waiting = waiting.where(d.origin == origin)
    if before is not None:
        waiting = waiting.where(d.day < before)
    days: dict[int, date] = dict(connection.execute(waiting).all())
    for some in bunches(sorted(days)):
        connection.execute(sa.update(d).where(d.id.in_(some)).values(state="refused", error=why))
        connection.execute(sa.delete(t.Carried).where(t.Carried.delivery_id.in_(some)))
    return set(days.values())


def make_room(connection: Connection, place: Place, source: str, day: date) -> None:
    """Forget what was given up of a day: it was never sent, and is about to be written down anew."""
    d = t.Delivery
    connection.execute(
        sa.delete(d).where(
            d.team_id == place.team,
            d.channel_id == place.channel,
            d.source == source,
            d.day == day,
            d.state == "refused",
            d.error.in_(_REASONS),
        )
    )
