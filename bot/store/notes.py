"""Messages that are no digest: what a channel, a person or the operator is told once."""

from collections.abc import Collection
from datetime import date

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.delivery.outbox import Place, delivery_key
from bot.messages.content import Content
from bot.plan.subscription import Subscription
from bot.store import tables as t
from bot.store.channels import is_channel, lock, pass_over
from bot.store.contents import content_hash
from bot.store.editions import stands
from bot.store.giving_up import AWAY


def add_note(
    connection: Connection,
    place: Place,
    source: str,
    day: date,
    name: str,
    content: Content,
    subscription: Subscription | None,
    passed_over: Collection[date],
) -> bool:
    """As `bot.delivery.outbox.Outbox.add_note`. Nothing happens where the subscription is paused or has ended."""
    if subscription is not None:
        if not stands(connection, subscription):
            return False
        pass_over(connection, subscription.id, list(passed_over), AWAY)
    entry_key = f"note:{name}"
    key = delivery_key(place, source, day, entry_key, 0)
    lock(connection, place)
    if connection.scalar(sa.select(t.Delivery.id).where(t.Delivery.key == key)) is not None:
        return False
    row = {
        "team_id": place.team,
        "channel_id": place.channel,
        "source": source,
        "day": day,
        "entry_key": entry_key,
        "part": 0,
        "key": key,
        "origin": "subscription" if subscription is not None else "notice",
        "op": "post",
        "state": "pending",
        "text": content.text,
        "blocks": list(content.blocks),
        "content_hash": content_hash(content),
    }
    connection.execute(sa.insert(t.Delivery).values(row))
    connection.execute(sa.update(t.Channel).where(is_channel(place)).values(waiting=True))
    return True
