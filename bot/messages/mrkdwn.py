"""Slack's own markup, written safely: escapes, links, and nothing that rings a bell by accident.

In blocks, outside text goes only into rich_text leaves and plain_text, where nothing is interpreted and none of this is
needed; what is left is the ``text`` of a message, and words of our own.
"""

import re
from urllib.parse import quote, urlsplit

from bot.messages.limits import URL, clean, weight

LINK = 600  # by weight; a longer URL is left out of the text, which must have room for the whole of a part

_CALL = re.compile(r"@(?=here|channel|everyone)", re.IGNORECASE)
_ZERO_WIDTH = "\u200b"
# What may stand in a URL between `<` and `|` or `>`; everything else is percent-encoded.
_SAFE_IN_URL = "%/:=&?~#+!$,;'@()*[]._-"
_USER_ID = re.compile(r"[UW][A-Z0-9]{2,20}\Z")


def escape(text: str) -> str:
    """Outside text for the ``text`` of a message: the three characters escaped, ``@channel`` and kin kept silent."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _CALL.sub("@" + _ZERO_WIDTH, text)


def link(url: str | None, label: str) -> str:
    """A link in the ``text`` of a message; the label alone where the URL may not or need not be linked."""
    if url is None or weight(url) > LINK:
        return escape(label)
    return f"<{escape(url)}|{escape(label)}>"


def mention(user_id: str) -> str:
    """A person's name as Slack shows it."""
    return f"<@{user_id}>" if is_user(user_id) else escape(user_id)


def is_user(user_id: str) -> bool:
    """Whether it has the form of a Slack user's id."""
    return bool(_USER_ID.match(user_id))


def safe_url(url: str) -> str | None:
    """The URL as it may be linked, or None: only http and https, nothing that could end the link, not too long."""
    url = clean(url).strip()
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not host:
        return None
    if not host.isascii():
        named = _in_ascii(parts.netloc)
        if named is None:
            return None
        url = url.replace(parts.netloc, named, 1)
    safe = quote(url, safe=_SAFE_IN_URL)
    return safe if len(safe) <= URL else None


def _in_ascii(place: str) -> str | None:
    """A host with its port as the name service knows it (``한글.kr`` is ``xn--bj0bj06e.kr``); None where it is no name.

    Percent-encoded, as the rest of a URL may be, it leads nowhere.
    """
    before, at, place = place.rpartition("@")
    name, colon, port = place.partition(":")
    try:
        return before + at + name.encode("idna").decode("ascii") + colon + port
    except UnicodeError:
        return None


def title_search(title: str) -> str:
    """Where to look for a paper whose link was lost: a search for its title on arXiv."""
    words = " ".join(clean(title).split())
    while True:
        url = f"https://arxiv.org/search/?query={quote(words, safe='')}&searchtype=title"
        if len(url) <= 1000:
            return url
        words = words[: len(words) * 3 // 4]
