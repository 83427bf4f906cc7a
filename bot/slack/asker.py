"""Who asks, read off any payload."""

from typing import Any

from slack_bolt import BoltContext

from bot.slack.desk import Asker, Desk


def asker_of(context: BoltContext, body: dict[str, Any], desk: Desk) -> Asker:
    """The person, their language and zone, and the channel they are in."""
    user = context.user_id or ""
    person = desk.directory.person(user)
    return Asker(
        team=context.team_id or "",
        user=user,
        channel=context.channel_id or "",
        locale=person.locale,
        zone=person.zone,
        in_public="event" in body,
    )
