"""What is remembered of each source as a whole: its state, and how its documents fared."""

from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store import tables as t
from bot.store.database import insert_missing, reading, transaction

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)  # never: an error has its moment, and only the types do not know


@dataclass(frozen=True, slots=True)
class RememberedState:
    """A row of `SourceState`."""

    state: str
    since: datetime
    reader: str
    example_uri: str | None = None
    example_why: str | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """A document that cannot be used as it is."""

    uri: str
    why: str
    since: datetime
    held: bool
    """Whether it was read before; what it held then is kept."""


class SourceStates:
    """The states of all sources."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def load(self, source: str) -> RememberedState | None:
        """What was saved last; None for a source that was never looked at."""
        s = t.SourceState
        columns = (s.state, s.since, s.reader, s.example_uri, s.example_why)
        with reading(self._engine) as connection:
            row = connection.execute(sa.select(*columns).where(s.source == source)).first()
        return RememberedState(*row) if row else None

    def save(
        self, source: str, state: str, reader: str, example: tuple[str, str] | None, now: datetime
    ) -> RememberedState:
        """Remember a state; since when it is so stays where it is the same."""
        s = t.SourceState
        uri, why = example or (None, None)
        before = self.load(source)
        since = before.since if before is not None and before.state == state else now
        made = RememberedState(state, since, reader, uri, why)
        if made == before:
            return made
        values = {"state": state, "since": since, "reader": reader, "example_uri": uri, "example_why": why}
        with transaction(self._engine) as connection:
            insert_missing(connection, s, [{"source": source, **values}])
            connection.execute(sa.update(s).where(s.source == source).values(values))
        return made

    def readable(self, source: str) -> int:
        """How many documents of a source were read and hold what they said."""
        d = t.Document
        counted = sa.select(sa.func.count()).select_from(d).where(d.source == source, d.digest_id.is_not(None))
        with reading(self._engine) as connection:
            return connection.scalar(counted) or 0

    def held(self, source: str) -> set[str]:
        """The uris of those documents."""
        d = t.Document
        with reading(self._engine) as connection:
            return set(connection.scalars(sa.select(d.uri).where(d.source == source, d.digest_id.is_not(None))))

    def unread(self, source: str) -> list[Unread]:
        """The documents of a source that cannot be used, the latest first."""
        d = t.Document
        chosen = (
            sa.select(d.uri, d.error, d.error_at, d.digest_id.is_not(None))
            .where(d.source == source, d.error.is_not(None))
            .order_by(d.error_at.desc(), d.uri)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(chosen)
            return [Unread(uri, error or "", since or _LONG_AGO, bool(held)) for uri, error, since, held in rows]
