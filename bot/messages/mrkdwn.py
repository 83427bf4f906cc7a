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
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?", re.IGNORECASE)
_IPV6 = re.compile(r"[0-9a-f:.]+", re.IGNORECASE)
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
    """The URL as it may be linked, or None: only http and https, nothing that could end the link, not too long.

    It is put together again from the parts that were looked at: urlsplit passes over a line end, and Slack does not. An
    address with a user name or password is nobody else's to read.
    """
    try:
        parts = urlsplit(clean(url).strip())
        host, port = _in_ascii(parts.hostname or ""), parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or host is None or "@" in parts.netloc:
        return None
    place = host if port is None else f"{host}:{port}"
    # The scheme as it is written: some keep it in large letters.
    made = f"{clean(url).strip()[: len(parts.scheme)]}://{place}{quote(parts.path, safe=_SAFE_IN_URL)}"
    made += f"?{quote(parts.query, safe=_SAFE_IN_URL)}" if parts.query else ""
    made += f"#{quote(parts.fragment, safe=_SAFE_IN_URL)}" if parts.fragment else ""
    return made if len(made) <= URL else None


def _in_ascii(host: str) -> str | None:
    """A host as the name service knows it (``한글.kr`` is ``xn--bj0bj06e.kr``); None where it is no name.

    Percent-encoded, as the rest of a URL may be, it leads nowhere.
    """
    if ":" in host:
        return f"[{host}]" if _IPV6.fullmatch(host) else None
    try:
        named = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    return named if _HOST.fullmatch(named) else None


def title_search(title: str) -> str:
    """Where to look for a paper whose link was lost: a search for its title on arXiv."""
    words = " ".join(clean(title).split())
    while True:
        url = f"https://arxiv.org/search/?query={quote(words, safe='')}&searchtype=title"
        if len(url) <= 1000:
            return url
        words = words[: len(words) * 3 // 4]
