"""Relative links in a post: made whole, as a reader of feeds would follow them."""

import re
from collections.abc import Sequence
from urllib.parse import urljoin, urlsplit, urlunsplit

_TAG = re.compile(r"<(?:a|area|img|source)\s[^<>]{1,20000}>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""(\s(?:href|src)\s*=\s*)("[^"]*"|'[^']*'|[^\s"'>]+)""", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def base_of(addresses: Sequence[str]) -> str:
    """What links are relative to: each address, the nearest first, may be relative to the next. Empty for none."""
    base = ""
    for address in reversed([each.strip() for each in addresses if each]):
        try:
            joined = urljoin(base, address)
            parts = urlsplit(joined)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                continue
            port = f":{parts.port}" if parts.port else ""
        except ValueError:
            continue
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        # Neither a user's name and password nor a query is part of what stands beside the address.
        base = urlunsplit((parts.scheme, host + port, parts.path, "", ""))
    return base


def with_whole_links(html: str, base: str) -> str:
    """The text with its relative links resolved against ``base``; as it is where there is none."""
    if not base:
        return html

    def tag(found: re.Match[str]) -> str:
        return _ATTRIBUTE.sub(attribute, found.group())

    def attribute(found: re.Match[str]) -> str:
        mark = found[2][0] if found[2][0] in "\"'" else ""
        link = (found[2][1:-1] if mark else found[2]).strip()
        if not link or link.startswith("#") or _SCHEME.match(link):
            return found.group()
        try:
            return f"{found[1]}{mark}{urljoin(base, link)}{mark}"
        except ValueError:
            return found.group()

    return _TAG.sub(tag, html)
