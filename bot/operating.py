"""The commands for whoever runs the bot: why, deliveries, subscriptions."""

from datetime import datetime, tzinfo
from typing import Literal

import click

from bot.commanding import WORDS, as_json, command, dry_run, fail, group, read_settings
from bot.printing import echo, print_json, print_rows


def here() -> tzinfo | None:
    """The time zone of this machine."""
    return datetime.now().astimezone().tzinfo


@command("why", "paperround why 2404.07965 --channel '#papers'")
@click.argument("about", metavar="ENTRY|DAY", nargs=-1, required=True, type=WORDS)
@click.option("--channel", required=True, help="A #name or an id.")
@as_json
def why_command(about: tuple[str, ...], channel: str, as_json: bool) -> None:
    """Explain why a paper (link, arXiv id, DOI, title) or a day was posted in a channel or not, step by step."""
    from bot.messages.why import no_paper_text, why_text
    from bot.messages.words import words_for
    from bot.overview import answer_rows, find_place, subject
    from bot.search.command import Why
    from bot.slack.why import ask
    from bot.wiring import build, records

    bot = build(read_settings(), changing=False)
    known = records(bot)
    place, typed, words = find_place(channel, known), " ".join(about), words_for(None)
    asked = subject(typed, bot, Why)
    answer = ask(asked, place, known, bot.clock())
    if answer is None:
        drafts = known.history.drafts(link=asked.link, title=asked.title)
        fail(no_paper_text(typed, words, f"{drafts[0].uri}: {drafts[0].why}" if drafts else ""))
    if as_json:
        print_rows(answer_rows(answer, place.channel), as_json)
    else:
        echo(why_text(answer, words, reader=here()))


@group("deliveries", "paperround deliveries --state refused --channel '#papers' --json")
@click.option("--state", type=click.Choice(["pending", "claimed", "posted", "unknown", "refused"]))
@click.option("--channel", help="A #name or an id.")
@click.option(
    "--limit", type=click.IntRange(1), default=100, show_default=True, help="List at most this many, the newest first."
)
@as_json
@click.pass_context
def deliveries_command(
    context: click.Context, state: str | None, channel: str | None, limit: int, as_json: bool
) -> None:
    """List messages and their state; retry one, or skip it."""
    if context.invoked_subcommand is not None:
        return
    from bot.overview import delivery_rows, find_place
    from bot.wiring import build, records

    bot = build(read_settings(), changing=False)
    found = find_place(channel, records(bot)).channel if channel is not None else None
    rows = bot.outbox.rows(state=state, channel=found, limit=limit)
    teams = sorted({row.place.team for row in rows})
    closed = {one.place: one.reason for team in teams for one in bot.outbox.closed_channels(team)}
    print_rows(delivery_rows(rows, closed, bot.clock(), whole=as_json), as_json)


@deliveries_command.command("retry")
@click.argument("delivery_id", metavar="ID", type=int)
@dry_run
def retry_command(delivery_id: int, dry_run: bool) -> None:
    """Retry a refused or waiting message; one that may have arrived is searched for first."""
    _change_delivery("retry", delivery_id, dry_run)


@deliveries_command.command("skip")
@click.argument("delivery_id", metavar="ID", type=int)
@dry_run
def skip_command(delivery_id: int, dry_run: bool) -> None:
    """Skip a waiting message and the replies to it."""
    _change_delivery("skip", delivery_id, dry_run)


def _change_delivery(change: Literal["retry", "skip"], delivery_id: int, dry_run: bool) -> None:
    from bot.wiring import build, records

    bot = build(read_settings(), changing=not dry_run)
    if dry_run:
        records(bot).history.rehearse(change, delivery_id)
    elif change == "retry":
        bot.outbox.retry(delivery_id)
    else:
        bot.outbox.skip(delivery_id)
    verb = "would be" if dry_run else "will be" if change == "retry" else "is"
    done = "retried by the running bot" if change == "retry" else "skipped"
    echo(f"Message {delivery_id} {verb} {done}.")


@group("subscriptions", "paperround subscriptions --channel '#papers'")
@click.option("--channel", help="A #name or an id.")
@as_json
@click.pass_context
def subscriptions_command(context: click.Context, channel: str | None, as_json: bool) -> None:
    """List the subscriptions of channels: search, times, the next and the last post, and why one is paused."""
    if context.invoked_subcommand is not None:
        return
    from bot.delivery.outbox import Place
    from bot.messages.standing import subscription_text
    from bot.messages.words import words_for
    from bot.overview import find_place, subscription_row
    from bot.slack.records import standings
    from bot.wiring import build, records

    bot = build(read_settings(), changing=False)
    known, now = records(bot), bot.clock()
    place = find_place(channel, known) if channel is not None else None
    subs = bot.subscriptions.in_channel(place.team, place.channel) if place else bot.subscriptions.all()
    names = known.history.names()
    for item in standings(subs, known, now):
        name = names.get(Place(item.sub.team, item.sub.channel))
        if as_json:
            print_json(**subscription_row(item, name, now))
        else:
            shown = f"{item.sub.id}  " + (f"#{name} ({item.sub.channel})" if name else item.sub.channel)
            echo(subscription_text(item, shown, words_for(None), now, reader=here()))
    if not subs and not as_json:
        echo("No subscriptions.")


@subscriptions_command.command("pause")
@click.argument("subscription_id", metavar="ID", type=int)
@click.option("--until", metavar="DAY|SPAN", help="2030-01-01, 2w, friday …; default: until somebody resumes it.")
@dry_run
def pause_command(subscription_id: int, until: str | None, dry_run: bool) -> None:
    """Pause a subscription, until a day or until it is resumed."""
    from bot.messages.words import words_for
    from bot.overview import described, find_subscription, pause
    from bot.wiring import build, records

    bot = build(read_settings(), changing=not dry_run)
    sub = find_subscription(subscription_id, bot)
    end = pause(sub, until, bot, dry_run=dry_run)
    ends = f"until {words_for(None).moment(end, sub.zone, reader=here())}" if end else "until it is resumed"
    echo(f"{'Would pause' if dry_run else 'Paused'} {described(sub, records(bot).history.names())} {ends}.")


@subscriptions_command.command("resume")
@click.argument("subscription_id", metavar="ID", type=int)
@dry_run
def resume_command(subscription_id: int, dry_run: bool) -> None:
    """Resume a subscription; of the days missed meanwhile, only the newest is posted."""
    from bot.overview import described, find_subscription, not_paused
    from bot.slack.records import take_up
    from bot.wiring import build, records

    bot = build(read_settings(), changing=not dry_run)
    sub, known = find_subscription(subscription_id, bot), records(bot)
    if not sub.is_paused(bot.clock()):
        fail(not_paused(sub, known))
    if not dry_run:
        take_up(sub, known, bot.clock())
    echo(f"{'Would resume' if dry_run else 'Resumed'} {described(sub, known.history.names())}.")
