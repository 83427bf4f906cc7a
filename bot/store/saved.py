"""What each person saved. A paper that stands on several days is saved on all of them."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.store import tables as t
from bot.store.database import bunches, insert_missing, reading, transaction


class SavedPapers:
    """Bookmarks. Every method is one short transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def save(self, team: str, user: str, entry_id: int, now: datetime) -> bool:
        """Keep the paper in mind for this person. False where it was already."""
        row = {"team_id": team, "user_id": user, "entry_id": entry_id, "saved_at": now}
        with transaction(self._engine) as connection:
            if _days_of(connection, team, user, entry_id):
                return False
            insert_missing(connection, t.Saved, [row])
            return True

    def drop(self, team: str, user: str, entry_id: int) -> bool:
        """Forget it, on whichever of its days it was saved. False where it was not saved."""
        s = t.Saved
        with transaction(self._engine) as connection:
            days = _days_of(connection, team, user, entry_id)
            connection.execute(sa.delete(s).where(s.team_id == team, s.user_id == user, s.entry_id.in_(days)))
            return bool(days)

    def papers(self, team: str, user: str) -> list[int]:
        """The papers a person saved, the last saved first: of each the newest entry that is not withdrawn."""
        s, e, g = t.Saved, t.Entry, t.Digest
        saved = sa.select(e.key, sa.func.max(s.saved_at, type_=t.Moment())).join(e, e.id == s.entry_id)
        theirs = saved.where(s.team_id == team, s.user_id == user).group_by(e.key)
        live = sa.select(e.key, e.id).join(g, g.id == e.digest_id).where(_is_live(team, user)).order_by(g.day, e.id)
        with reading(self._engine) as connection:
            moments = dict(connection.execute(theirs).all())
            newest = dict(connection.execute(live).all())
        return [newest[key] for key in sorted(newest, key=lambda key: (moments[key], newest[key]), reverse=True)]

    def entries(self, team: str, user: str) -> frozenset[int]:
        """Every entry, of whatever day, of the papers a person saved; withdrawn ones are left out."""
        with reading(self._engine) as connection:
            return frozenset(connection.scalars(sa.select(t.Entry.id).where(_is_live(team, user))))

    def among(self, team: str, user: str, entry_ids: Sequence[int]) -> frozenset[int]:
        """Those of these entries whose paper is saved."""
        mine = t.Entry.key.in_(_keys(team, user))
        with reading(self._engine) as connection:
            return frozenset(
                one
                for some in bunches(entry_ids)
                for one in connection.scalars(sa.select(t.Entry.id).where(t.Entry.id.in_(some), mine))
            )


def _keys(team: str, user: str) -> sa.Select[str]:
    s = t.Saved
    return sa.select(t.Entry.key).join(s, s.entry_id == t.Entry.id).where(s.team_id == team, s.user_id == user)


def _is_live(team: str, user: str) -> sa.ColumnElement[bool]:
    return sa.and_(t.Entry.key.in_(_keys(team, user)), t.Entry.withdrawn_at.is_(None))


def _days_of(connection: Connection, team: str, user: str, entry_id: int) -> list[int]:
    """The saved entries of the paper that this entry is one of."""
    s, e = t.Saved, t.Entry
    same = sa.select(e.key).where(e.id == entry_id).scalar_subquery()
    mine = sa.select(s.entry_id).join(e, e.id == s.entry_id).where(s.team_id == team, s.user_id == user, e.key == same)
    return list(connection.scalars(mine))
