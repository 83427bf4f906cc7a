"""What a person found, kept a day, so that the next page neither repeats nor skips."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store import tables as t
from bot.store.database import reading, transaction

KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ResultPool:
    """All that a query found, in the order it was shown."""

    query: str
    ids: tuple[int, ...]


class ResultPages:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def save(self, team: str, user: str, query: str, ids: Sequence[int], now: datetime) -> str:
        """Keep a result for a day. Returns the id to ask for it by, which cannot be guessed."""
        r = t.ResultPage
        row = {
            "id": secrets.token_urlsafe(9),
            "team_id": team,
            "user_id": user,
            "query": query,
            "ids": list(ids),
            "expires_at": now + KEPT,
        }
        with transaction(self._engine) as connection:
            connection.execute(sa.delete(r).where(r.expires_at <= now))
            connection.execute(sa.insert(r).values(row))
        return str(row["id"])

    def load(self, pool_id: str, user: str, now: datetime) -> ResultPool | None:
        """The result kept under this id for this person; None where it is too old, or somebody else's."""
        r = t.ResultPage
        mine = sa.select(r.query, r.ids).where(r.id == pool_id, r.user_id == user, r.expires_at > now)
        with reading(self._engine) as connection:
            row = connection.execute(mine).first()
            return ResultPool(row.query, tuple(row.ids)) if row is not None else None
