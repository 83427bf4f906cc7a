"""The day of a feed's post: its title's, else the one it is known by, else the date the feed gives it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from bot.digest.dates import explain_day, find_day, is_likely, read_posted_day
from bot.digest.document import Document, KnownDocument, content_hash

# When it was posted. Not when it was last changed, which a corrected letter moves: that is what a post that nobody has
# seen yet is dated by where the feed says nothing else.
_POSTED = ("published", "created")
_CHANGED = "updated"


def make_post(uri: str, name: str, data: bytes, title: str, dates: Mapping[str, str]) -> Document:
    """The document of a post. ``dates`` are its ``published``, ``created`` and ``updated``, as written."""
    named = find_day(title)
    written = "" if named else next((dates[each] for each in (*_POSTED, _CHANGED) if dates.get(each)), "")
    day = named or read_posted_day(written)
    why = "" if day else explain_day(written)
    undated = "" if day else f"{written[:60]}: {why}" if why else written[:60]
    return _dated(Document(uri, name, data, "", is_named=named is not None, undated=undated), day)


def keep_day(post: Document, known: KnownDocument | None, today: date) -> Document:
    """The post on the day it is known by, whatever date its feed gives it now (some write a new one at each build),
    unless its title names another."""
    likely = post.day is None or is_likely(post.day, today)
    if known is not None and known.day is not None and not (post.is_named and likely):
        return post if post.day == known.day else _dated(post, known.day)
    if likely:
        return post
    return _dated(replace(post, undated=f"{post.day}: it is more than a year from now"), None)


def _dated(post: Document, day: date | None) -> Document:
    # The day is part of what a post says: another day is a change.
    return replace(post, day=day, hash=content_hash(f"{day}\n".encode() + post.data))
