"""What a look-up found, and what there is to say where that is little: the same in Slack and on the command line."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date

from dateutil.relativedelta import relativedelta

from bot.digest.keys import title_key
from bot.digest.model import StoredDigest, StoredEntry
from bot.errors import QueryError
from bot.messages.results import Looked, Shorter
from bot.search.command import Related, near_command
from bot.search.engine import Found
from bot.search.grammar import Query, instead, literally, parse_look_up, without_each
from bot.search.reading import Understood
from bot.search.related import Related as Near
from bot.search.tree import Asked, Known, Tag, Word, asked, tagged, with_known
from bot.store.digests import Digests
from bot.store.history import History
from bot.store.index import Index

YEARS = 20
"""How far back a date without a year is looked for."""

TERMS_LEFT_OUT = 8
"""Of a query with more terms nobody knows which one was too much, and each is a look-up."""


Search = Callable[[Query], Found]


def searching(index: Index, known: Callable[[Known], frozenset[int]]) -> Search:
    """The look-up of a query where ``known`` says which entries meet what none of them knows of itself."""
    return lambda query: index.search(replace(query, tree=with_known(query.tree, known)))


def looked(query: Query, found: Found, index: Index, today: date) -> Looked:
    """What is to be said over the papers that were found."""
    return Looked(
        query,
        exact=len(found.ids),
        more=found.more,
        about=max(found.total, 1) if found.about else 0,
        close=len(found.close),
        understood=found.understood,
        literal=as_typed(query, found.understood, today),
        usual=usually(query, found.understood, today),
        nearest=() if found.ids or found.understood.replaced else nearest(query, index, _unread(query)),
    )


def as_typed(query: Query, understood: Understood, today: date) -> str:
    """The query that takes no word for another; empty where the present one does not either."""
    taken = [*understood.replaced, *(time.typed.rstrip(",.;:!?") for time in query.times)]
    literal = literally(query.text, taken, today=today) if taken else query.text
    return literal if literal != query.text else ""


def usually(query: Query, understood: Understood, today: date) -> str:
    """The query in the usual spelling of its words; empty where that is how they were typed."""
    usual = instead(query.text, dict(understood.usual), today=today) if understood.usual else query.text
    return usual if usual != query.text else ""


def nearest(query: Query, index: Index, unread: Sequence[Asked] | None = None) -> list[str]:
    """What could be typed instead of a query that nothing matches, or of these words of it."""
    command = near_command(query.text)
    tags = [f"tag:{tag}" for tag in index.nearest_tags(_tags(query))]
    return [
        *([command] if command else []),
        *tags,
        *index.nearest_words(asked(query.tree) if unread is None else unread),
    ]


def _tags(query: Query) -> str:
    """What of the query names a tag, or may."""
    return " ".join(
        f"tag:{''.join(node.text.split())}" if isinstance(node, Tag) else node.text for node in tagged(query.tree)
    )


def _unread(query: Query) -> tuple[Asked, ...]:
    """The words whose spelling was not looked at when the query was read."""
    return tuple(node for node in asked(query.tree) if not (query.ranks and isinstance(node, Word)))


def shorter(query: Query, search: Search, today: date) -> Shorter | None:
    """The query without its weakest term, the one without which most is found; None where that is nothing either."""
    texts = without_each(query.text, today=today)
    found = []
    for text in texts if len(texts) <= TERMS_LEFT_OUT else ():
        with suppress(QueryError):  # "since: 2024" is two words, and the first of them alone a field without a value
            some = search(parse_look_up(text, today=today))
            if some.ids:
                found.append(Shorter(text, len(some.ids), some.more))
    return max(found, key=lambda one: one.total, default=None)


def earlier(day: date, digests: Digests) -> date:
    """The latest year's day of that name with a digest; the day itself where there is none."""
    years = (day + relativedelta(years=-back) for back in range(YEARS))
    return next((one for one in years if digests.load_day(None, one)), day)


def asked_about(asked: Related, digests: Digests, history: History) -> StoredEntry | StoredDigest | None:
    """The paper or the day that others are to be near to; None where there is none."""
    if asked.newest:
        return digests.latest_day()
    if asked.day:
        return digests.load_day(None, earlier(asked.day, digests) if asked.yearless else asked.day)
    # Words that may as well be looked for are a title only where a paper has it.
    by_title = called(asked.title, history) if asked.otherwise else None
    entries = history.entries(link=asked.link, title=asked.title) if by_title is None else by_title
    return next((entry for entry in entries if not entry.withdrawn), None)


def called(title: str, history: History) -> list[StoredEntry]:
    """The entries that have this title, or have it before their colon."""
    return [entry for entry in history.entries(title=title) if _is_called(entry.entry.title, title)]


def _is_called(title: str, name: str) -> bool:
    """Whether this is the title, or all of it before its colon."""
    return title_key(name) in (title_key(title), title_key(title.partition(":")[0]))


def related_to(subject: StoredEntry | StoredDigest, index: Index, most: int = 10) -> list[Near]:
    """The papers nearest to one, or to a day's, and why."""
    if isinstance(subject, StoredEntry):
        return index.related([subject], most=most)
    return index.related(subject.entries, outside=subject.day, most=most)
