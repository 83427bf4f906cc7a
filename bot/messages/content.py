"""What a message is made of, before anyone decides where it goes."""

from dataclasses import dataclass
from typing import Any

Block = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Content:
    """The body of one Slack message.

    ``text`` is the notification and what is read where blocks are not shown: every word of a message in a channel, and
    of a page of results each paper, shortened.
    """

    text: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class DayMessage:
    """One message of a day's layout, in the order in which they must appear.

    ``entry_id`` and ``entry_key`` are None on the day's own line. ``part`` counts from 0 among the messages of one
    entry. ``parent`` names the message this one replies to by its (entry_key, part); None is the channel itself.
    """

    content: Content
    entry_id: int | None
    entry_key: str | None
    part: int
    parent: tuple[str | None, int] | None = None
    left_out: int = 0
    """How many further parts of the entry this message stands for: it names them, and where to read them."""
