"""What operators ask on the command line about deliveries and subscriptions, and do to them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from bot.delivery.outbox import Place
from bot.errors import RequestRefusedError
from bot.plan.hours import next_time, zone_of
from bot.plan.subscription import EVERY_DAY, Subscription
from bot.printing import delivery_fields, fields_of

if TYPE_CHECKING:
    from bot.messages.standing import Standing
    from bot.plan.why import Answer
    from bot.search.command import A
    from bot.slack.records import Records
    from bot.store.history import ChannelState
    from bot.store.outbox import DeliveryRow
    from bot.wiring import Bot

BY_OPERATOR = "operator"  # why a subscription is paused when somebody did it here
NAMED = 8


def find_place(typed: str, records: "Records") -> Place:
    """The channel of an id or a #name, among those the bot has been in. Exits 2 where it is none, or not one."""
    if not typed.strip().removeprefix("#"):
        raise click.BadParameter("name a channel: a #name or an id", param_hint="--channel")
    found = records.history.channels(typed)
    if len(found) == 1:
        return found[0].place
    if found:
        ids = ", ".join(f"{one.place.channel} (workspace {one.place.team})" for one in found)
        raise click.BadParameter(
            f"{typed!r} is the name of several channels: {ids}; give an id", param_hint="--channel"
        )
    names = [_name(one) for one in records.history.channels("")]
    known = f"known are {', '.join(names[:NAMED])}" if names else "it has been in none yet"
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    raise click.BadParameter(f"the bot has been in no channel {typed!r}; {known}{more}", param_hint="--channel")


def _name(channel: "ChannelState") -> str:
    return f"#{channel.name}" if channel.name else channel.place.channel


def subject(typed: str, bot: "Bot", kind: type["A"]) -> "A":
    """What is asked about: a day, `latest`, a link, an id, or else a title."""
    from bot.search.command import parse_subject

    return parse_subject(typed, bot.clock().astimezone().date(), kind) or kind(title=typed.strip("\"'“”"))


def answer_rows(answer: "Answer", channel: str) -> list[dict[str, Any]]:
    """A row for each gate, the channel's answer first. ``decides`` marks the gate that each walk ends at."""
    return [
        {
            "channel": channel,
            "day": answer.day,
            "title": answer.title,
            "subscription": walk.subscription.id if walk.subscription else None,
            "query": walk.subscription.query if walk.subscription else None,
            "is_answer": place == 0,
            "gate": gate.name,
            "outcome": gate.outcome,
            "decides": gate is walk.verdict,
            **{name: value for name, value in gate.facts.items() if name not in ("query", "where")},
            **({"where": where} if (where := str(gate.facts.get("where") or "")).startswith("http") else {}),
        }
        for place, walk in enumerate(answer.walks)
        for gate in walk.gates
    ]


def delivery_rows(
    rows: Sequence["DeliveryRow"], closed: Mapping[Place, str], now: datetime, *, whole: bool
) -> list[dict[str, Any]]:
    """Rows as they are printed: for people a few columns and the state in words, ``whole`` every field."""
    printed = []
    for row in rows:
        waits = row.state in ("pending", "unknown", "claimed") and row.place not in closed
        said = {"next": max(row.next_at, now) if waits else None, "said": state_words(row, closed.get(row.place))}
        if whole:
            printed.append(delivery_fields(row) | said)
        else:
            shown = ("id", "channel", "day", "entry_key", "part", "posted_at", "error")
            fields = {name: value for name, value in delivery_fields(row).items() if name in shown}
            printed.append({"id": fields.pop("id"), "state": said["said"], "next": said["next"]} | fields)
    return printed


_DOING = {"post": "", "update": "change ", "delete": "removal "}


def state_words(row: "DeliveryRow", closed: str | None = None) -> str:
    """What becomes of a message; ``closed`` is why its channel takes nothing."""
    what = _DOING[row.op]
    match row.state:
        case "posted":
            return "taken out" if row.op == "delete" else "posted"
        case "refused":
            return f"{what}refused"
        case _ if closed is not None:
            return f"{what}waits: channel closed"
        case "claimed":
            return f"{what}being sent"
        case "unknown":
            return "may have arrived: looked for before it is sent again"
        case _ if row.error:
            return f"{what}waits, tries: {row.attempts}"
        case _:
            return f"{what}waits for its turn"


def subscription_row(item: "Standing", name: str | None, now: datetime) -> dict[str, Any]:
    """Everything about a subscription, for a machine."""
    import calendar

    sub = item.sub
    quiet = [f"{hour:%H:%M}" for hour in sub.quiet] if sub.quiet else None
    return fields_of(sub) | {
        "channel_name": name,
        "at": sub.at.strftime("%H:%M") if sub.at else "on arrival",
        "days": "every day" if sub.days == EVERY_DAY else [calendar.day_abbr[day] for day in sorted(sub.days)],
        "layout": sub.layout or "papers",
        "quiet": quiet,
        "next": None if sub.is_paused(now) or item.closed is not None or item.fault else next_time(sub, now),
        "next_post": item.next_at,
        "last_day": item.last_day,
        "last_at": item.last_at,
        "waiting": item.waiting,
        "closed": item.closed,
        "fault": str(item.fault) if item.fault else None,
    }


def find_subscription(subscription_id: int, bot: "Bot") -> Subscription:
    """The one of that id. Raises RequestRefusedError."""
    found = next((sub for sub in bot.subscriptions.all() if sub.id == subscription_id), None)
    if found is None:
        raise RequestRefusedError("subscription.unknown", id=subscription_id)
    return found


def pause(sub: Subscription, until: str | None, bot: "Bot", *, dry_run: bool) -> datetime | None:
    """Pause it, for a while or until somebody resumes it. Returns when it ends; exits 2 for no day to come."""
    from bot.search.ahead import parse_ahead
    from bot.slack.records import end_of_pause

    end = None
    if until is not None:
        day = parse_ahead(until, bot.clock().astimezone(zone_of(sub.zone)).date())
        if day is None:
            raise click.BadParameter(
                f"{until!r} is no day to come; write for example 2w or 2030-01-01", param_hint="--until"
            )
        end = end_of_pause(sub, day)
        if end <= bot.clock():
            raise RequestRefusedError("subscription.past", day=day.isoformat())
    if not dry_run:
        bot.subscriptions.pause(sub.id, BY_OPERATOR, end)
    return end


def not_paused(sub: Subscription, records: "Records") -> str:
    """That there is no pause to end, and what else keeps its channel quiet."""
    from bot.messages.notes import closed_remedy, closed_why
    from bot.messages.words import words_for

    said = f"Subscription {sub.id} is not paused"
    here, words = records.history.channel(Place(sub.team, sub.channel)), words_for(None)
    if here is None or here.closed_reason is None:
        return f"{said}; `paperround subscriptions` shows what it does"
    reason = here.closed_reason
    return f"{said}; its channel takes no posts: {closed_why(reason, words)}. {closed_remedy(reason, words)}"


def described(sub: Subscription, names: Mapping[Place, str | None]) -> str:
    """A subscription in a few words."""
    name = names.get(Place(sub.team, sub.channel))
    return f"subscription {sub.id} of {f'#{name}' if name else sub.channel} ({sub.query or 'every paper'})"
