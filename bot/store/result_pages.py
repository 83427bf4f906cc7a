"""What was found, kept a day, so that the next page neither repeats nor skips."""

import secrets
from collections.abc import Collection, Sequence
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

    def save(self, team: str, owner: str, query: str, ids: Sequence[int], now: datetime) -> str:
        """Keep a result for a day. Returns the id to ask for it by, which cannot be guessed.

        ``owner`` is the person who alone sees it, or the channel in which everybody does.
        """
        r = t.ResultPage
        row = {
            "id": secrets.token_urlsafe(9),
            "team_id": team,
            "user_id": owner,
            "query": query,
            "ids": list(ids),
            "expires_at": now + KEPT,
        }
        with transaction(self._engine) as connection:
            connection.execute(sa.delete(r).where(r.expires_at <= now))
            connection.execute(sa.insert(r).values(row))
        return str(row["id"])

    def load(self, pool_id: str, team: str, owners: Collection[str], now: datetime) -> ResultPool | None:
        """The result kept under this id for one of these; None where it is too old, or somebody else's."""
        r = t.ResultPage
        theirs = (r.id == pool_id, r.team_id == team, r.user_id.in_(owners), r.expires_at > now)
        with reading(self._engine) as connection:
            row = connection.execute(sa.select(r.query, r.ids).where(*theirs)).first()
            return ResultPool(row.query, tuple(row.ids)) if row is not None else None
