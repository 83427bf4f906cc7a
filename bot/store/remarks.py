"""What people write in papers' threads, in channels where somebody asked for it to be kept."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.delivery.outbox import Place
from bot.search.words import RULES_VERSION, field_string, needles
from bot.store import tables as t
from bot.store.channels import is_channel
from bot.store.database import bunches, reading, transaction
from bot.store.deliveries import entry_of_thread


@dataclass(frozen=True, slots=True)
class Said:
    """A person's message in a thread, as it reads now."""

    ts: str
    thread_ts: str
    user: str
    text: str
    edited: bool = False


@dataclass(frozen=True, slots=True)
class Thread:
    """A paper's thread with remarks."""

    place: Place
    ts: str


class Remarks:
    """Every method is one short transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, place: Place, now: datetime) -> None:
        """Keep what is written in papers' threads there from now on. The channel has been entered (`Outbox`)."""
        with transaction(self._engine) as connection:
            connection.execute(sa.update(t.Channel).where(is_channel(place)).values(remarks_since=now))

    def end(self, place: Place) -> int:
        """Keep nothing there any more, and erase what was kept. Returns how many remarks that were."""
        with transaction(self._engine) as connection:
            connection.execute(sa.update(t.Channel).where(is_channel(place)).values(remarks_since=None))
            return connection.execute(sa.delete(t.Remark).where(_is_of(place))).rowcount

    def since(self, place: Place) -> datetime | None:
        """From when on remarks are kept there; None where they are not."""
        with reading(self._engine) as connection:
            return _since(connection, place)

    def seen(self, place: Place, *, is_private: bool) -> None:
        """Slack says now whether the channel is private."""
        c = t.Channel
        with reading(self._engine) as connection:
            known = sa.select(c.is_private).where(is_channel(place))
            if connection.scalar(known) in (None, is_private):
                return
        with transaction(self._engine) as connection:
            connection.execute(sa.update(c).where(is_channel(place)).values(is_private=is_private))

    def count(self, place: Place) -> int:
        with reading(self._engine) as connection:
            counted = sa.select(sa.func.count()).select_from(t.Remark).where(_is_of(place))
            return connection.scalar(counted) or 0

    def keep(self, place: Place, said: Said) -> bool:
        """Keep it as it reads now, where it stands below a paper in a channel that asked for it; whether it is kept.

        What stands there from before it was asked for is not kept because somebody edits it. Without a word left in it
        it is erased.
        """
        words = field_string([said.text])
        if not words.strip():
            self.erase(place, said.ts)
            return False
        with reading(self._engine) as connection:  # most of what is said concerns no paper
            if _since(connection, place) is None or entry_of_thread(connection, place, said.thread_ts) is None:
                return False
        r = t.Remark
        posted_at = datetime.fromtimestamp(float(said.ts), UTC)
        with transaction(self._engine) as connection:
            since, entry_id = _since(connection, place), entry_of_thread(connection, place, said.thread_ts)
            was_kept = connection.execute(sa.delete(r).where(_is_of(place), r.ts == said.ts)).rowcount
            if since is None or entry_id is None or (said.edited and not was_kept and posted_at < since):
                return False
            row = {
                "team_id": place.team,
                "channel_id": place.channel,
                "ts": said.ts,
                "thread_ts": said.thread_ts,
                "entry_id": entry_id,
                "user_id": said.user,
                "text": said.text,
                "words": words,
                "rules": RULES_VERSION,
                "posted_at": posted_at,
            }
            connection.execute(sa.insert(r).values(row))
            return True

    def erase(self, place: Place, ts: str) -> None:
        """It was deleted in Slack, and is deleted here."""
        r = t.Remark
        mine = (_is_of(place), r.ts == ts)
        with reading(self._engine) as connection:
            if connection.scalar(sa.select(r.ts).where(*mine)) is None:
                return
        with transaction(self._engine) as connection:
            connection.execute(sa.delete(r).where(*mine))

    def channels(self, team: str) -> list[str]:
        """The channels of a workspace whose remarks others may be told of, as far as is known here."""
        c = t.Channel
        known = sa.select(c.channel_id).where(c.team_id == team, ~c.is_private, c.remarks_since.is_not(None))
        with reading(self._engine) as connection:
            return list(connection.scalars(known.order_by(c.channel_id)))

    def threads(self, team: str, entry_ids: Collection[int] | None = None) -> list[Thread]:
        """Where remarks are kept, the latest remark first; of these entries' papers alone where given."""
        r = t.Remark
        found = sa.select(r.channel_id, r.thread_ts).where(r.team_id == team).group_by(r.channel_id, r.thread_ts)
        latest = sa.func.max(r.ts).desc()
        with reading(self._engine) as connection:
            if entry_ids is None:
                rows = connection.execute(found.order_by(latest)).all()
            else:
                e, mine = t.Entry, sa.alias(t.Entry.__table__)
                rows = []
                for some in bunches(sorted(entry_ids)):
                    keys = sa.select(mine.c.key).where(mine.c.id.in_(some))
                    of_papers = found.join(e, e.id == r.entry_id).where(e.key.in_(keys))
                    rows += connection.execute(of_papers.order_by(latest)).all()
        return [Thread(Place(team, channel), ts) for channel, ts in dict.fromkeys(tuple(row) for row in rows)]

    def in_thread(self, thread: Thread) -> dict[str, str]:
        """What is kept of a thread, by the message's ``ts``."""
        r = t.Remark
        kept = sa.select(r.ts, r.text).where(_is_of(thread.place), r.thread_ts == thread.ts)
        with reading(self._engine) as connection:
            return dict(connection.execute(kept).all())

    def entries(
        self, text: str, team: str | None = None, channel: str | None = None, others: Collection[str] | None = None
    ) -> frozenset[int]:
        """Every entry, of whatever day, of the papers in whose threads these words stand one after another.

        In this channel or in one that is not private, of ``others`` where given; without a team, in any that is not
        private.
        """
        self._read_anew()
        r, e, c = t.Remark, t.Entry, t.Channel
        holds = sa.or_(*(r.words.contains(needle, autoescape=True) for needle in needles(text)))
        is_open = _is_open(team, channel, others)
        keys = sa.select(e.key).join(r, r.entry_id == e.id).join(c, _IN_CHANNEL).where(holds, is_open)
        with reading(self._engine) as connection:
            return frozenset(connection.scalars(sa.select(e.id).where(e.key.in_(keys), e.withdrawn_at.is_(None))))

    def texts(
        self, entry_ids: Sequence[int], team: str, channel: str, others: Collection[str] | None = None
    ) -> dict[int, list[str]]:
        """What is written in the threads of each entry's paper, as `entries` looks at it, the newest first."""
        mine, other = sa.alias(t.Entry.__table__), sa.alias(t.Entry.__table__)
        r, c = t.Remark, t.Channel
        statement = (
            sa.select(mine.c.id, r.text)
            .select_from(mine)
            .join(other, other.c.key == mine.c.key)
            .join(r, r.entry_id == other.c.id)
            .join(c, _IN_CHANNEL)
            .where(_is_open(team, channel, others))
            .order_by(r.posted_at.desc(), r.ts.desc())
        )
        found: dict[int, list[str]] = {}
        with reading(self._engine) as connection:
            for some in bunches(entry_ids):
                for entry_id, text in connection.execute(statement.where(mine.c.id.in_(some))):
                    found.setdefault(entry_id, []).append(text)
        return found

    def _read_anew(self) -> None:
        """Look anew at what was kept under other rules of what a word is."""
        r = t.Remark
        with reading(self._engine) as connection:
            if connection.scalar(sa.select(r.ts).where(r.rules != RULES_VERSION).limit(1)) is None:
                return
        with transaction(self._engine) as connection:
            rows = connection.execute(
                sa.select(r.team_id, r.channel_id, r.ts, r.text).where(r.rules != RULES_VERSION)
            ).all()
            for team, channel, ts, text in rows:
                values = {"words": field_string([text]), "rules": RULES_VERSION}
                connection.execute(sa.update(r).where(_is_of(Place(team, channel)), r.ts == ts).values(values))


_IN_CHANNEL = sa.and_(t.Channel.team_id == t.Remark.team_id, t.Channel.channel_id == t.Remark.channel_id)


def _is_of(place: Place) -> sa.ColumnElement[bool]:
    return sa.and_(t.Remark.team_id == place.team, t.Remark.channel_id == place.channel)


def _is_open(team: str | None, channel: str | None, others: Collection[str] | None = None) -> sa.ColumnElement[bool]:
    """Whether whoever asks there may know of it."""
    if team is None:
        return ~t.Channel.is_private
    elsewhere = ~t.Channel.is_private
    if others is not None:
        elsewhere = sa.and_(elsewhere, t.Remark.channel_id.in_(sorted(others)))
    return sa.and_(t.Remark.team_id == team, sa.or_(elsewhere, t.Remark.channel_id == channel))


def _since(connection: Connection, place: Place) -> datetime | None:
    return connection.scalar(sa.select(t.Channel.remarks_since).where(is_channel(place)))
