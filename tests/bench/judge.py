"""Judges a run by the stand-in's own journal: what is owed and not there, there twice, or out of order.

    python -m tests.bench.judge DIR

DIR is what `tests.bench.crash --resume DIR` left behind. Of the bot it uses only what says what is owed: the parser,
the query, the layout and the name of a message. Its tables are not looked at.
"""

import html
import json
import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.delivery.outbox import Place, delivery_key
from bot.digest.document import parse_document
from bot.digest.keys import entry_key
from bot.digest.model import StoredDigest, StoredEntry
from bot.messages.day import lay_out
from bot.messages.words import words_for
from bot.plan.owed import wanted
from bot.search.grammar import parse_query

SOURCE = "vault"
SHOWN = 20
"""Of what is wrong, so many are named."""


@dataclass(frozen=True, slots=True)
class Owed:
    """One message that a channel must hold."""

    key: str
    text: str
    parent: str | None
    """The key of the message it replies to."""
    name: str
    """For people: channel, day, entry, part."""


@dataclass(frozen=True, slots=True)
class Posted:
    """One message that the bot put into a channel, in the order of acceptance."""

    ts: str
    thread_ts: str | None
    key: str | None
    text: str
    """As it stands at the end; empty where it was deleted."""


@dataclass(slots=True)
class Verdict:
    """What a journal says."""

    owed: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    out_of_order: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether everything is there, once, in order."""
        return not (self.lost or self.doubled or self.out_of_order)

    def words(self) -> str:
        """The counts."""
        counts = (len(self.lost), len(self.doubled), len(self.out_of_order))
        return f"owed={self.owed} " + "lost={} doubled={} out_of_order={}".format(*counts)

    def details(self) -> Iterator[str]:
        """Which messages are wrong, and how."""
        for what, names in (("lost", self.lost), ("doubled", self.doubled), ("out of order", self.out_of_order)):
            yield from (f"{what}: {name}" for name in names[:SHOWN])
            if len(names) > SHOWN:
                yield f"{what}: and {len(names) - SHOWN} more"


def owed(
    days: Iterable[Path], orders: Sequence[Mapping[str, Any]], team: str, ids: Mapping[str, str]
) -> dict[str, list[Owed]]:
    """What each channel (by id) must hold, in order: every day laid out as the channel's order says.

    ``orders`` are the config's subscriptions, one a channel, each with a layout; ``ids`` are channels by name.
    """
    digests = [_digest(path) for path in sorted(days)]
    words = words_for("en")
    found: dict[str, list[Owed]] = {}
    for order in orders:
        place = Place(team, ids[order["channel"]])
        here = found.setdefault(place.channel, [])
        for digest in digests:
            query = parse_query(order.get("query", ""), today=digest.day)
            for message in lay_out(digest, wanted(digest, query), order["layout"], words):
                key = delivery_key(place, SOURCE, digest.day, message.entry_key, message.part)
                parent = message.parent and delivery_key(place, SOURCE, digest.day, *message.parent)
                name = f"{order['channel']} {digest.day} {message.entry_key or 'day'} part {message.part} key {key}"
                here.append(Owed(key, message.content.text, parent, name))
    return found


def _digest(path: Path) -> StoredDigest:
    digest = parse_document(path.name, path.read_bytes())
    entries = [
        StoredEntry(position + 1, entry_key(entry), SOURCE, digest.day, position, entry)
        for position, entry in enumerate(digest.entries)
    ]
    return StoredDigest(SOURCE, digest.day, digest.title, tuple(entries))


def read_journal(lines: Iterable[str]) -> dict[str, list[Posted]]:
    """What an app posted into each channel, in the order in which the stand-in accepted it."""
    found: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for line in lines:
        change = json.loads(line)
        kind = change["type"]
        if kind == "message" and change["message"].get("bot_id"):
            found[change["channel"]][change["ts"]] = change["message"]
        elif kind in ("changed", "deleted") and change["ts"] in found[change["channel"]]:
            # Its key stays: what was posted was posted, whatever became of it.
            message = found[change["channel"]][change["ts"]]
            message["text"] = change["message"].get("text", "") if kind == "changed" else ""
    return {channel: [_posted(message) for message in messages.values()] for channel, messages in found.items()}


def _posted(message: Mapping[str, Any]) -> Posted:
    key = ((message.get("metadata") or {}).get("event_payload") or {}).get("key")
    thread_ts = message.get("thread_ts")
    return Posted(message["ts"], None if thread_ts == message["ts"] else thread_ts, key, message.get("text", ""))


def judge(owed: Mapping[str, Sequence[Owed]], posted: Mapping[str, Sequence[Posted]]) -> Verdict:
    """Compare. What nobody owes counts as doubled; a message with other words than it should have is lost."""
    verdict = Verdict(owed=sum(map(len, owed.values())))
    for channel in owed.keys() | posted.keys():
        _judge_channel(channel, owed.get(channel, ()), posted.get(channel, ()), verdict)
    return verdict


def _judge_channel(channel: str, owed: Sequence[Owed], posted: Sequence[Posted], verdict: Verdict) -> None:
    places = {due.key: place for place, due in enumerate(owed)}
    by_words = {_bare(due.text): due.key for due in owed}
    first: dict[str, Posted] = {}
    last = -1
    for message in posted:
        key = message.key if message.key in places else by_words.get(_bare(message.text))
        if key is None:
            verdict.doubled.append(f"{channel} {message.ts}: nobody owes it: {message.text[:60]!r}")
            continue
        name = owed[places[key]].name
        if key in first:
            verdict.doubled.append(f"{name}: {first[key].ts} and {message.ts}")
            continue
        first[key] = message
        if places[key] < last:
            verdict.out_of_order.append(f"{name}: {message.ts}, after what follows it")
        last = max(last, places[key])
    for due in owed:
        there = first.get(due.key)
        if there is None:
            verdict.lost.append(due.name)
        elif _bare(there.text) != _bare(due.text):
            verdict.lost.append(f"{due.name}: {there.ts} has other words")
        else:
            parent = first.get(due.parent) if due.parent else None
            if there.thread_ts != (parent.ts if parent else None):
                verdict.out_of_order.append(f"{due.name}: {there.ts} in the thread {there.thread_ts}")


def _bare(text: str) -> str:
    """What is left of a text whatever the server makes of links, emoji and escapes."""
    bare = re.sub(r"<([^<>|]*)\|[^<>]*>", r"\1", text)
    bare = re.sub(r":[a-z0-9_+'-]+:", "", html.unescape(bare))
    return "".join(filter(str.isalnum, bare))


def of_folder(folder: Path, day: Path | None = None) -> dict[str, list[Owed]]:
    """What is owed in the run that a folder holds, or for one of its days."""
    workspace = tomllib.loads((folder / "workspace.toml").read_text(encoding="utf-8"))
    config = tomllib.loads((folder / "config" / "paperround.toml").read_text(encoding="utf-8"))
    ids = {f"#{channel['name']}": channel["id"] for channel in workspace["channels"]}
    days = [day] if day else (folder / "days").glob("*.txt")
    return owed(days, config["subscription"], workspace["team"]["id"], ids)


def judge_folder(folder: Path) -> Verdict:
    """The verdict on the run that a folder holds."""
    with (folder / "journal.jsonl").open(encoding="utf-8") as lines:
        return judge(of_folder(folder), read_journal(lines))


def main() -> int:
    """Print what is wrong, then the counts; 1 where anything is."""
    verdict = judge_folder(Path(sys.argv[1]))
    for line in verdict.details():
        print(line)
    print(verdict.words())
    return 0 if verdict.clean else 1


if __name__ == "__main__":
    sys.exit(main())
