"""The commands beside ``paperround search`` that look into the archive: related, tags."""

from typing import TYPE_CHECKING

import click

from bot.commanding import WORDS, as_json, command, fail, read_settings
from bot.printing import Styled, echo, field, fields_of, print_entry, print_json, stored_fields

if TYPE_CHECKING:  # as in `cli`
    from bot.search.command import Related
    from bot.wiring import Bot


@command("related", "paperround related 2404.07965 --json")
@click.argument("about", metavar="ENTRY|DAY", nargs=-1, required=True, type=WORDS)
@click.option("--limit", type=click.IntRange(1, 50), default=10, show_default=True)
@as_json
def related_command(about: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Find the papers nearest to one (link, arXiv id, DOI, title) or to a day's, and say what brings them near."""
    from bot.messages.results import related_heading, related_none, shared_text
    from bot.messages.words import words_for
    from bot.overview import subject
    from bot.search.command import Related
    from bot.slack.look import asked_about, related_to
    from bot.wiring import build, records

    bot, typed, words = build(read_settings(), changing=False), " ".join(about), words_for(None)
    asked = subject(typed, bot, Related)
    meant = asked_about(asked, bot.digests, records(bot).history)
    if meant is None:
        fail(_not_there(asked, typed, bot))
    found = related_to(meant, bot.index, limit)
    if not as_json:
        echo((related_heading if found else related_none)(meant, words), err=True)
    for near, stored in zip(found, bot.digests.load_entries([one.id for one in found]), strict=True):
        if as_json:
            brings = {"words": near.words, "shared_tags": near.tags, "named": near.named, "naming": near.naming}
            print_json(**stored_fields(stored), score=round(near.score, 3), **brings)
        else:
            print_entry(stored.day, stored.entry, [(shared_text(near, words), False)])


def _not_there(asked: "Related", typed: str, bot: "Bot") -> str:
    from bot.messages.results import no_paper_text
    from bot.messages.words import words_for

    if asked.newest or bot.digests.count() == 0:
        return "The archive is empty; `paperround ingest` reads the configured sources"
    if asked.day:
        return f"There is no digest of {asked.day.isoformat()}; `paperround ingest` reads the configured sources"
    return no_paper_text(typed, words_for(None))


@command("tags", "paperround tags vision")
@click.argument("prefix", default="", type=WORDS)
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="The most used so many.")
@as_json
def tags_command(prefix: str, limit: int, as_json: bool) -> None:
    """List the tags that begin so, or all: how many papers have each, since when, and its other names."""
    from bot.messages.help import no_tags, tag_line
    from bot.messages.words import words_for
    from bot.wiring import build

    bot, words = build(read_settings(), changing=False), words_for(None)
    start = prefix.lstrip("#").rstrip("*")
    counts = bot.digests.tags(start, limit)
    for count in counts:
        if as_json:
            print_json(**fields_of(count))
        else:
            tag, said = tag_line(count, words)
            echo(Styled(field(f"#{tag}"), bold=True), f"  {field(said)}")
    if not counts:
        echo(no_tags(start, words), err=True)
    elif not as_json and (total := bot.digests.count_tags(start)) > len(counts):
        echo(words.t("tags.some", shown=len(counts), total=f"{total:,}"), err=True)
