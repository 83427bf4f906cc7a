"""What was asked and by whom, read off any payload."""

import re
from dataclasses import dataclass
from typing import Any

from slack_bolt import BoltContext

from bot.slack.desk import Asker
from bot.slack.directory import Person

_MENTION = re.compile(r"<@[UW][A-Z0-9]+(?:\|[^>]*)?>")
_LINK = re.compile(r"<(https?://[^|>]+)(?:\|[^>]*)?>")


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
        return plain(str(self.event.get("text") or "")) if self.event else str(self.body.get("text") or "")


def asker_of(context: BoltContext, body: dict[str, Any], person: Person) -> Asker:
    """The person, their language and zone, and the channel they are in."""
    container = body.get("container")
    return Asker(
        team=context.team_id or "",
        user=person.id,
        channel=context.channel_id or "",
        locale=person.locale,
        zone=person.zone,
        in_public="event" in body or (container is not None and not container.get("is_ephemeral")),
    )


def plain(text: str) -> str:
    """What a person typed, from the form Slack keeps it in: mentions out, links bare, three characters unescaped.

    The escapes are those of docs.slack.dev/messaging/formatting-message-text.
    """
    text = _LINK.sub(r"\1", _MENTION.sub(" ", text))
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()
