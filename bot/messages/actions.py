"""The names of what a person can press, and what their values carry.

`slack` listens for these names; the builders here write them. A value is data from outside once it comes back: the
readers raise UnreadableError on anything the writers would not have written. What stands in a message several times (a
result's menu, a subscription's button) has its id behind its name: action ids are to be unique within a message.
"""

import re
from typing import Literal, cast

PAGE_PREV = "results.page.prev"
PAGE_NEXT = "results.page.next"
MENU = "results.menu"
TAKE_BACK = "shared.take_back"
LATEST = "day.latest"
MORE = "commentary.more"
SEARCH = "results.search"
"""Carries a query, as it could be typed."""
MARK = "saved.mark"
"""Carries what a menu's choice to save or to drop does."""
END = "standing.end"
END_REMARKS = "remarks.end"


class UnreadableError(ValueError):
    """No writer here would have written this value: it is forged, cut, or of another version."""


Choice = Literal["commentary", "related", "save", "drop", "share"]

_PAGE = re.compile(r"([^:]{1,200}):([1-9][0-9]{0,5})\Z")
_MENU = re.compile(r"(commentary|related|save|drop|share):([0-9]{1,18})\Z")
_MORE = re.compile(r"([0-9]{1,18}):([1-9][0-9]{0,5})\Z")
_END = re.compile(r"[0-9]{1,18}\Z")


def page_value(pool_id: str, page: int) -> str:
    """What a Previous or Next button carries."""
    return f"{pool_id}:{page}"


def read_page(value: str) -> tuple[str, int]:
    """The pool and the page a button leads to."""
    match = _PAGE.match(value)
    if not match:
        raise UnreadableError(value)
    return match[1], int(match[2])


def of(name: str, thing_id: int) -> str:
    """The action id of a thing that stands in a message beside others of its kind."""
    return f"{name}.{thing_id}"


def any_of(name: str) -> re.Pattern[str]:
    """Matches every action id of that name, whatever it stands beside."""
    return re.compile(re.escape(name) + r"\.[0-9]{1,18}")


def menu_value(choice: Choice, entry_id: int) -> str:
    """What an option of a result's menu carries."""
    return f"{choice}:{entry_id}"


def read_menu(value: str) -> tuple[Choice, int]:
    """What was chosen, and for which entry."""
    match = _MENU.match(value)
    if not match:
        raise UnreadableError(value)
    return cast(Choice, match[1]), int(match[2])


def more_value(entry_id: int, after: int) -> str:
    """What the button carries that goes on with a paper's commentary after so many messages."""
    return f"{entry_id}:{after}"


def read_more(value: str) -> tuple[int, int]:
    """The entry, and how many messages of its commentary were shown."""
    match = _MORE.match(value)
    if not match:
        raise UnreadableError(value)
    return int(match[1]), int(match[2])


def end_value(subscription_id: int) -> str:
    """What the button carries that ends a subscription."""
    return str(subscription_id)


def read_end(value: str) -> int:
    """The subscription to end."""
    if not _END.match(value):
        raise UnreadableError(value)
    return int(value)
