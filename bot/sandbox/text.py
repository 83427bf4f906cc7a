"""How Slack keeps text: three characters escaped, links in angle brackets, names turned into ids.

Rules: sections 2.1 and 2.2 of the platform notes (docs.slack.dev, formatting message text).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

BROADCASTS = ("here", "channel", "everyone")

_CONTROL = re.compile(
    r"<(?:@[UW][A-Z0-9]+(?:\|[^<>]*)?"
    r"|\#[CGD][A-Z0-9]+(?:\|[^<>]*)?"
    r"|!(?:here|channel|everyone)(?:\|[^<>]*)?"
    r"|!(?:subteam|date)\^[^<>]+"
    r"|(?:https?://|mailto:|tel:)[^<>|\s]+(?:\|[^<>]*)?)>"
)
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt);)")
_URL = re.compile(r"https?://[^\s<>|]+")
_AFTER_URL = ".,;:!?'\"*_~`)]}"
# What the composer takes for an address (docs.slack.dev, formatting message text): a domain of a known ending, a mail.
_ENDINGS = (
    "com org net edu gov int io ai ml dev app md me cl cv ro kr jp cn tw hk sg in uk de fr it es nl be ch at se no fi "
    "dk pl cz ru ua us ca au nz br mx info biz co so sh rs py to tv gg xyz tech cloud blog news wiki page site"
)
_DOMAIN = r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:" + "|".join(_ENDINGS.split()) + ")"
_ADDRESS = re.compile(
    rf"(?<![\w@./=-])(?:(?P<mail>[\w.+-]+@{_DOMAIN})|{_DOMAIN}(?::\d+)?(?:/[^\s<>|]*)?)(?![\w@-])", re.IGNORECASE
)
_CODE = re.compile(r"(`+)[^`\n]+\1")
_NAME = re.compile(r"(?<![\w<@#&/])([@#])([\w][\w.\-]*)")
_WORDS = re.compile(r"<([^<>]+)>")
_STYLED = re.compile(r"(?<![\w*_~`])([*_~`])(?=\S)([^\n]*?\S)\1(?![\w*_~`])")
_STYLES = {"*": "bold", "_": "italic", "~": "strike", "`": "code"}


@dataclass(frozen=True, slots=True)
class Names:
    """Who and what a typed ``@name`` or ``#name`` may mean."""

    users: Mapping[str, str] = field(default_factory=dict)
    """Ids of users, by name."""
    channels: Mapping[str, str] = field(default_factory=dict)
    """Ids of channels, by name."""


def escape(text: str) -> str:
    """The three characters that Slack escapes, and no other."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """What a reader sees of escaped text."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def stored_text(text: str, names: Names | None = None) -> str:
    """Mrkdwn as Slack stores it: bare URLs in angle brackets, stray ``& < >`` escaped, control sequences kept.

    Where ``names`` is given, bare ``@here``, ``@name`` and ``#name`` become real mentions, as Slack does in mrkdwn
    objects without ``verbatim`` and in texts sent with ``link_names``.
    """
    parts: list[str] = []
    at = 0
    for control in _CONTROL.finditer(text):
        parts.append(_stored_plain(text[at : control.start()], names))
        parts.append(_BARE_AMPERSAND.sub("&amp;", control.group()))
        at = control.end()
    parts.append(_stored_plain(text[at:], names))
    return "".join(parts)


def _stored_plain(text: str, names: Names | None) -> str:
    parts: list[str] = []
    at = 0
    for found in _URL.finditer(text):
        url = found.group().rstrip(_AFTER_URL)
        parts.append(_with_mentions(_escaped(text[at : found.start()]), names))
        parts.append(f"<{_BARE_AMPERSAND.sub('&amp;', url)}>")
        at = found.start() + len(url)
    parts.append(_with_mentions(_escaped(text[at:]), names))
    return "".join(parts)


def _escaped(text: str) -> str:
    return _BARE_AMPERSAND.sub("&amp;", text).replace("<", "&lt;").replace(">", "&gt;")


def _with_mentions(text: str, names: Names | None) -> str:
    if names is None:
        return text

    def mention(found: re.Match[str]) -> str:
        sign, name = found.groups()
        for tail in ("", ".", "-", "_"):
            bare = name.rstrip(".-_") if tail else name
            meant = _meaning(sign, bare, names)
            if meant:
                return meant + name[len(bare) :]
        return found.group()

    return _NAME.sub(mention, text)


def _meaning(sign: str, name: str, names: Names) -> str | None:
    if sign == "#":
        return f"<#{names.channels[name]}>" if name in names.channels else None
    if name in BROADCASTS:
        return f"<!{name}>"
    users = {known.casefold(): user for known, user in names.users.items()}  # people type a name as they see it
    return f"<@{users[name.casefold()]}>" if name.casefold() in users else None


def typed_text(text: str, names: Names) -> str:
    """What a person typed, as stored: everything is escaped first, since a person cannot type a control sequence.

    What looks like an address becomes a link, outside of code.
    """
    parts: list[str] = []
    at = 0
    for code in _CODE.finditer(text):
        parts += [stored_text(_linked(escape(text[at : code.start()])), names), escape(code.group())]
        at = code.end()
    return "".join([*parts, stored_text(_linked(escape(text[at:])), names)])


def _linked(text: str) -> str:
    """``cs.CL`` as ``<http://cs.CL|cs.CL>``, a mail address as ``<mailto:…|…>``; what is an address already stays."""
    parts: list[str] = []
    at = 0
    for url in _URL.finditer(text):
        parts += [_ADDRESS.sub(_link, text[at : url.start()]), url.group()]
        at = url.end()
    return "".join([*parts, _ADDRESS.sub(_link, text[at:])])


def _link(found: re.Match[str]) -> str:
    whole = found.group()
    shown = whole.rstrip(_AFTER_URL)
    scheme = "mailto:" if found["mail"] else "http://"
    return f"<{scheme}{shown}|{shown}>{whole[len(shown) :]}"


def command_text(text: str, names: Names, *, should_escape: bool) -> str:
    """What a slash command is handed: as typed, or with ``should_escape`` with ids (``<@U…|name>``, ``<#C…|name>``)."""
    if not should_escape:
        return text
    who = {user: name for name, user in names.users.items()}
    where = {channel: name for name, channel in names.channels.items()}

    def named(found: re.Match[str]) -> str:
        inner = found.group(1)
        name = {"@": who, "#": where}.get(inner[0], {}).get(inner[1:])
        return f"<{inner}|{name}>" if name else found.group()

    return _WORDS.sub(named, typed_text(text, names))


def mentioned(text: str) -> list[str]:
    """Ids of the users a stored text mentions, in order."""
    return [found.removeprefix("@").split("|")[0] for found in _WORDS.findall(text) if found.startswith("@")]


def typed_block(text: str, block_id: str) -> dict[str, Any]:
    """The ``rich_text`` block that Slack's composer makes of a person's stored text."""
    leaves: list[dict[str, Any]] = []
    at = 0
    for found in _WORDS.finditer(text):
        leaves += _text_leaves(text[at : found.start()])
        leaves.append(_control_leaf(found.group(1)))
        at = found.end()
    leaves += _text_leaves(text[at:])
    section = {"type": "rich_text_section", "elements": leaves}
    return {"type": "rich_text", "block_id": block_id, "elements": [section]}


def _text_leaves(text: str) -> list[dict[str, Any]]:
    leaves: list[dict[str, Any]] = []
    at = 0
    for found in _STYLED.finditer(text):
        if found.start() > at:
            leaves.append({"type": "text", "text": unescape(text[at : found.start()])})
        leaves.append({"type": "text", "text": unescape(found.group(2)), "style": {_STYLES[found.group(1)]: True}})
        at = found.end()
    if at < len(text):
        leaves.append({"type": "text", "text": unescape(text[at:])})
    return leaves


def _control_leaf(inner: str) -> dict[str, Any]:
    target, _, label = inner.partition("|")
    if target.startswith("@"):
        return {"type": "user", "user_id": target[1:]}
    if target.startswith("#"):
        return {"type": "channel", "channel_id": target[1:]}
    if target.startswith("!"):
        return {"type": "broadcast", "range": target[1:]}
    link = {"type": "link", "url": unescape(target)}
    return link | {"text": unescape(label)} if label else link
