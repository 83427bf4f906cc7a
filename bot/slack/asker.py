"""What was asked and by whom, read off any payload."""

import re
from dataclasses import dataclass
from typing import Any

from slack_bolt import BoltContext

from bot.slack.desk import Asker
from bot.slack.directory import Person

_CONTROL = re.compile(r"<([^<>|\n]+)(?:\|([^<>\n]*))?>")
_SCHEME = re.compile(r"(?:https?://|mailto:|tel:)", re.IGNORECASE)
_STYLED = re.compile(r"(?<![^\s(-])([*_~]|`{1,3})(?=\S)((?:(?!\1)[^\n]|(?<=\S)\1(?=\S))*?\S)\1(?![^\s)])")
_EMOJI_NAME = r":[a-z0-9_+'-]+:(?::skin-tone-[2-6]:)?"
_EMOJI = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u27bf\u2934\u2935\u2b05-\u2b55\u3030\u303d"
    "\u3297\u3299\U0001f000-\U0001faff][\ufe0f\u200d\U0001f3fb-\U0001f3ff\U0001f000-\U0001faff]*"
)
_EMOJIS_BEFORE = re.compile(rf"(?:\s*(?:{_EMOJI_NAME}(?!\S)|{_EMOJI}))+\s*")
_EMOJIS_AFTER = re.compile(rf"(?:\s*(?:(?<!\S){_EMOJI_NAME}|{_EMOJI}))+\s*\Z")
_LONGEST = 2000  # characters; a longer text is no query, and is not looked through again and again
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Asked:
    """A command, a click or a message, and whose it is."""

    asker: Asker
    body: dict[str, Any]
    payload: dict[str, Any]
    """Of the body the command, the action or the event itself."""

    @property
    def event(self) -> dict[str, Any] | None:
        """The message it is; None for a command and a click, which bring an address to answer to."""
        found: dict[str, Any] | None = self.body.get("event")
        return found

    @property
    def typed(self) -> str:
        """What the person wrote, as it is read: positions of a mistake count in it."""
        return plain(str(self.event.get("text") or "")) if self.event else bare(str(self.body.get("text") or ""))


def asker_of(context: BoltContext, body: dict[str, Any], person: Person) -> Asker:
    """The person, their language and zone, and the channel they are in."""
    container = body.get("container")
    team = team_of(context)
    return Asker(
        team=team,
        user=person.id,
        channel=context.channel_id or "",
        locale=person.locale,
        zone=person.zone,
        in_public="event" in body or (container is not None and not container.get("is_ephemeral")),
        is_stranger=person.is_stranger or (person.home or _home(body)) not in ("", team),
        doubt=person.doubt,
    )


def team_of(context: BoltContext) -> str:
    """The workspace the bot is installed in; a person of another one may be what a payload names."""
    installed = context.authorize_result.team_id if context.authorize_result else None
    return installed or context.team_id or ""


def _home(body: dict[str, Any]) -> str:
    """The workspace of the person, as the payload says; empty where it does not."""
    event, user = body.get("event"), body.get("user")
    said = event.get("user_team") or event.get("team") if isinstance(event, dict) else None
    said = said or (user.get("team_id") if isinstance(user, dict) else None)
    return said if isinstance(said, str) else ""


def plain(text: str) -> str:
    """What a person asked, from the form Slack keeps it in: `unmarked`, then `bare`."""
    return bare(unmarked(text))


def unmarked(text: str) -> str:
    """What a person typed: mentions out, links as they were typed, three characters unescaped.

    Slack links what looks like an address: ``cs.CL`` arrives as ``<http://cs.CL|cs.CL>``. Where label and address
    differ by the scheme alone, the label is what was typed. The escapes are those of
    docs.slack.dev/messaging/formatting-message-text.
    """
    text = _CONTROL.sub(_typed_control, text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()


def _typed_control(found: re.Match[str]) -> str:
    target, label = found[1], found[2] or ""
    if target[0] == "@":
        return " "
    if target[0] == "#":  # a tag that is also the name of a channel
        return f"#{label}" if label else " "
    if target[0] == "!":
        return label if target.startswith("!date^") else " "
    if not _SCHEME.match(target):
        return found[0]
    typed_scheme = target.startswith("http")
    if label and _SCHEME.sub("", target, count=1).rstrip("/") == _SCHEME.sub("", label, count=1).rstrip("/"):
        return label
    return target if typed_scheme else label or _SCHEME.sub("", target, count=1)


def bare(text: str) -> str:
    """A query without what people put around it: code and bold marks, emoji before and after it.

    Where nothing else was typed, it stays.
    """
    shown = text.strip()
    while len(shown) <= _LONGEST:
        before = shown
        shown = _STYLED.sub(r"\2", _EMOJIS_AFTER.sub("", shown)).strip()
        if leading := _EMOJIS_BEFORE.match(shown):
            shown = shown[leading.end() :]
        if shown == before:
            break
    return shown or text.strip()


def mend_surrogates(value: Any) -> Any:
    """The same JSON value with every half of a character replaced: it can be neither stored nor sent."""
    if isinstance(value, str):
        return _LONE_SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {mend_surrogates(name): mend_surrogates(one) for name, one in value.items()}
    if isinstance(value, list):
        return [mend_surrogates(one) for one in value]
    return value
