"""Judges a run by the stand-in's own journal: what is owed and not there, there twice, or out of order.

    python -m tests.bench.judge DIR

DIR is what `tests.bench.crash --resume DIR` left behind: ``days/0`` holds the days as they came, ``days/1`` and so on
how they were rewritten. Of the bot it uses only what says what is owed: the parser, the query, the layout and the name
of a message. Its tables are not looked at.

What stands at the end must read as the last version of its day does. A paper that was taken out is owed nowhere, or,
where anything of it was ever seen in a channel, marked there. Messages that every version has must have come in their
order; what came with a later version, after the line of its day and in its own order.
"""

import html
import json
import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

from bot.delivery.outbox import Place, delivery_key
from bot.digest.document import parse_document
from bot.digest.keys import entry_key
from bot.digest.model import StoredDigest, StoredEntry
from bot.messages.content import DayMessage
from bot.messages.day import lay_out
from bot.messages.words import words_for
from bot.plan.owed import wanted
from bot.plan.subscription import Layout
from bot.search.grammar import parse_query

SOURCE = "vault"
SHOWN = 20
"""Of what is wrong, so many are named."""

Entries = tuple[StoredEntry, ...]


@dataclass(frozen=True, slots=True)
class Owed:
    """One message that a channel must hold."""

    key: str
    texts: tuple[str, ...]
    """It must read as one of these: where a paper that was taken out stands among the others is not ours to say."""
    parent: str | None
    """The key of the message it replies to."""
    after: str | None
    """The key of one that must have come before it."""
    name: str
    """For people: channel, day, entry, part."""


@dataclass(slots=True)
class Posted:
    """One message that the bot put into a channel."""

    ts: str
    thread_ts: str | None
    key: str | None
    came: int
    """The number of its line in the journal."""
    texts: list[str]
    """All it ever said; the last is what it says at the end."""
    went: int | None = None
    """The number of the line that took it away."""


@dataclass(slots=True)
class Verdict:
    """What a journal says."""

    owed: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    out_of_order: list[str] = field(default_factory=list)
    stalled: list[str] = field(default_factory=list)
    """Not there, or not as it should read, and still queued when the run ended."""

    @property
    def clean(self) -> bool:
        """Whether everything is there, once, in order."""
        return not (self.lost or self.doubled or self.out_of_order or self.stalled)

    def words(self) -> str:
        """The counts."""
        counts = (len(self.lost), len(self.doubled), len(self.out_of_order))
        stalled = f" stalled={len(self.stalled)}" if self.stalled else ""
        return f"owed={self.owed} " + "lost={} doubled={} out_of_order={}".format(*counts) + stalled

    def details(self) -> Iterator[str]:
        """Which messages are wrong, and how."""
        kinds = (
            ("lost", self.lost),
            ("doubled", self.doubled),
            ("out of order", self.out_of_order),
            ("stalled", self.stalled),
        )
        for what, names in kinds:
            yield from (f"{what}: {name}" for name in names[:SHOWN])
            if len(names) > SHOWN:
                yield f"{what}: and {len(names) - SHOWN} more"


@dataclass(frozen=True)
class Order:
    """A channel's standing order, as the config has it."""

    name: str
    place: Place
    layout: Layout
    query: str


@dataclass(frozen=True)
class DayDue:
    """A day and what became of it, for one channel."""

    order: Order
    versions: tuple[StoredDigest, ...]
    """As it came first, and as it was rewritten."""

    @property
    def day(self) -> date:
        return self.versions[0].day

    def wanted(self, version: StoredDigest) -> Entries:
        """What the channel wants of a version."""
        return wanted(version, parse_query(self.order.query, today=self.day))

    @cached_property
    def taken_out(self) -> dict[str, StoredEntry]:
        """By key, the papers that the channel may have been shown and that the last version lacks."""
        last = {entry.key for entry in self.versions[-1].entries}
        earlier = (entry for version in self.versions[:-1] for entry in self.wanted(version))
        return {entry.key: replace(entry, withdrawn=True) for entry in earlier if entry.key not in last}

    @cached_property
    def laid_out(self) -> tuple[dict[str, str | None], ...]:
        """The messages of each version in their order: by key, the paper each is about; None for the day's line."""
        versions = ((version, self.wanted(version)) for version in self.versions)
        return tuple(
            {self.key(message): message.entry_key for message in self._lay_out(*version)} for version in versions
        )

    @cached_property
    def known(self) -> dict[str, str | None]:
        """All that any version has, likewise."""
        return {key: entry for version in self.laid_out for key, entry in version.items()}

    @property
    def steady(self) -> list[str]:
        """The keys of the messages that every version has, in their order; without those of papers that moved past
        one another. Which of two orders a channel was shown depends on when it was read.
        """
        common = [key for key in self.laid_out[0] if all(key in version for version in self.laid_out)]
        places = [{key: place for place, key in enumerate(version)} for version in self.laid_out]
        return [
            key
            for key in common
            if all((at[key] < at[other]) == (places[0][key] < places[0][other]) for other in common for at in places)
        ]

    def shown(self, posted: Mapping[str, Sequence[Posted]]) -> frozenset[str]:
        """Of the papers that were taken out, those of which anything was ever to be seen in the channel."""
        found = {entry for key, entry in self.known.items() if entry in self.taken_out and key in posted}
        lines = [key for key, entry in self.known.items() if entry is None]
        said = "\n".join(bare(text) for key in lines for message in posted.get(key, ()) for text in message.texts)
        named = {key for key, entry in self.taken_out.items() if bare(_mark(entry)) in said}
        return frozenset(found | named)

    def owed(self, shown: frozenset[str]) -> list[Owed]:
        """What the channel must hold at the end, in the order of the last version."""
        last = self.versions[-1]
        gone = [entry for key, entry in self.taken_out.items() if key in shown]
        ways = [self._lay_out(last, entries) for entries in _ways(self.wanted(last), gone)]
        texts: dict[str, dict[str, None]] = defaultdict(dict)
        for way in ways:
            for message in way:
                texts[self.key(message)][message.content.text] = None
        before: dict[str, str] = {}
        line = self.key_of(None, 0)
        for earlier, message in pairwise(ways[0]):
            same = earlier.entry_key == message.entry_key
            before[self.key(message)] = self.key(earlier) if same else line
        return [
            Owed(
                key := self.key(message),
                tuple(texts[key]),
                message.parent and self.key_of(*message.parent),
                before.get(key),
                f"{self.order.name} {self.day} {message.entry_key or 'day'} part {message.part} key {key}",
            )
            for message in ways[0]
        ]

    def key(self, message: DayMessage) -> str:
        """The name of a message."""
        return self.key_of(message.entry_key, message.part)

    def key_of(self, entry: str | None, part: int) -> str:
        """The name of a paper's message, or of one of the day's own."""
        line = f"query:{self.order.query}" if self.order.query else None
        return delivery_key(self.order.place, SOURCE, self.day, entry or line, part)

    def _lay_out(self, digest: StoredDigest, entries: Entries) -> tuple[DayMessage, ...]:
        return lay_out(digest, entries, self.order.layout, words_for("en"))


def _ways(entries: Entries, gone: Sequence[StoredEntry]) -> Iterator[Entries]:
    """The papers with those that are gone wherever they may stand among them."""
    if not gone:
        yield entries
        return
    for way in _ways(entries, gone[1:]):
        for place in range(len(way) + 1):
            yield (*way[:place], gone[0], *way[place:])


def _mark(entry: StoredEntry) -> str:
    """What every version of a paper's title begins with, and no other paper's."""
    return entry.entry.title.partition(":")[0]


def read_version(path: Path) -> StoredDigest:
    """A day as one of its files says it."""
    digest = parse_document(path.name, path.read_bytes())
    entries = [
        StoredEntry(position + 1, entry_key(entry), SOURCE, digest.day, position, entry)
        for position, entry in enumerate(digest.entries)
    ]
    return StoredDigest(SOURCE, digest.day, digest.title, tuple(entries))


def read_journal(lines: Iterable[str]) -> dict[str, list[Posted]]:
    """What an app posted into each channel, in the order in which the stand-in accepted it."""
    found: dict[str, dict[str, Posted]] = defaultdict(dict)
    for number, line in enumerate(lines):
        change = json.loads(line)
        kind = change["type"]
        if kind == "message" and change["message"].get("bot_id"):
            found[change["channel"]][change["ts"]] = _posted(change["message"], number)
        elif kind in ("changed", "deleted") and change["ts"] in found[change["channel"]]:
            message = found[change["channel"]][change["ts"]]
            if kind == "deleted" or change["message"].get("subtype") == "tombstone":
                message.went = number
            else:
                message.texts.append(change["message"].get("text", ""))
    return {channel: list(messages.values()) for channel, messages in found.items()}


def _posted(message: Mapping[str, Any], number: int) -> Posted:
    thread_ts = message.get("thread_ts")
    reply_to = None if thread_ts == message["ts"] else thread_ts
    return Posted(message["ts"], reply_to, key_of(message), number, [message.get("text", "")])


def key_of(message: Mapping[str, Any]) -> str | None:
    """The name that a message carries."""
    key: str | None = ((message.get("metadata") or {}).get("event_payload") or {}).get("key")
    return key


def judge(
    days: Mapping[str, Sequence[DayDue]], posted: Mapping[str, Sequence[Posted]], queued: Collection[str] = ()
) -> Verdict:
    """Compare. What nobody owes counts as doubled; a message with other words than it should have is lost.

    What is among the keys that are still ``queued`` is stalled instead of lost.
    """
    verdict = Verdict()
    for channel in days.keys() | posted.keys():
        _judge_channel(channel, days.get(channel, ()), posted.get(channel, ()), queued, verdict)
    return verdict


def _judge_channel(
    channel: str, days: Sequence[DayDue], posted: Sequence[Posted], queued: Collection[str], verdict: Verdict
) -> None:
    known = {key for day in days for key in day.known}
    by_key: dict[str, list[Posted]] = defaultdict(list)
    for message in posted:
        if message.key in known:
            by_key[message.key].append(message)
        else:
            verdict.doubled.append(f"{channel} {message.ts}: nobody owes it: {message.texts[0][:60]!r}")
    owed = [one for day in days for one in day.owed(day.shown(by_key))]
    verdict.owed += len(owed)
    names = {one.key: one.name for one in owed}
    for key, messages in by_key.items():
        _judge_copies(names.get(key), messages, verdict)
    there = {key: messages[-1] for key, messages in by_key.items() if messages[-1].went is None}
    for one in owed:
        _judge_message(one, there, verdict, verdict.stalled if one.key in queued else verdict.lost)
    _judge_order([key for day in days for key in day.steady], by_key, names, verdict)


def _judge_copies(name: str | None, messages: Sequence[Posted], verdict: Verdict) -> None:
    """At most one at a time; none at the end where none is owed."""
    for first, again in pairwise(messages):
        if first.went is None or first.went > again.came:
            verdict.doubled.append(f"{name or first.texts[-1][:60]!r}: {first.ts} and {again.ts}")
    if name is None and messages[-1].went is None:
        verdict.doubled.append(f"{messages[-1].ts}: should be gone: {messages[-1].texts[-1][:60]!r}")


def _judge_message(one: Owed, there: Mapping[str, Posted], verdict: Verdict, missing: list[str]) -> None:
    message = there.get(one.key)
    if message is None:
        missing.append(one.name)
        return
    if bare(message.texts[-1]) not in map(bare, one.texts):
        missing.append(f"{one.name}: {message.ts} has other words: {message.texts[-1][:300]!r}")
        return
    parent = there.get(one.parent) if one.parent else None
    if message.thread_ts != (parent.ts if parent else None):
        verdict.out_of_order.append(f"{one.name}: {message.ts} in the thread {message.thread_ts}")
    before = there.get(one.after) if one.after else None
    if before is not None and before.came > message.came:
        verdict.out_of_order.append(f"{one.name}: {message.ts}, before {before.ts}, which it follows")


def _judge_order(
    steady: Sequence[str], by_key: Mapping[str, Sequence[Posted]], names: Mapping[str, str], verdict: Verdict
) -> None:
    last = -1
    for key in steady:
        if key in by_key:
            first = by_key[key][0]
            if first.came < last:
                verdict.out_of_order.append(f"{names.get(key, key)}: {first.ts}, before what it follows")
            last = max(last, first.came)


def bare(text: str) -> str:
    """What is left of a text whatever the server makes of links, emoji and escapes."""
    bare = re.sub(r"<([^<>|]*)\|([^<>]*)>", r"\1 \2", text)
    bare = re.sub(r":[a-z0-9_+'-]+:", "", html.unescape(bare))
    return "".join(filter(str.isalnum, bare))


def orders_of(folder: Path) -> list[Order]:
    """The standing orders of the run that a folder holds, one a channel."""
    workspace = tomllib.loads((folder / "workspace.toml").read_text(encoding="utf-8"))
    config = tomllib.loads((folder / "config" / "paperround.toml").read_text(encoding="utf-8"))
    ids = {f"#{channel['name']}": channel["id"] for channel in workspace["channels"]}
    team = workspace["team"]["id"]
    return [
        Order(order["channel"], Place(team, ids[order["channel"]]), order["layout"], order.get("query", ""))
        for order in config["subscription"]
    ]


def versions_of(folder: Path, name: str) -> tuple[StoredDigest, ...]:
    """A day by the name of its files, as it came and as it was rewritten."""
    paths = sorted((folder / "days").glob(f"*/{name}"), key=lambda path: int(path.parent.name))
    return tuple(map(read_version, paths))


def of_folder(folder: Path) -> dict[str, list[DayDue]]:
    """What is owed in the run that a folder holds, by the id of the channel."""
    days = [versions_of(folder, path.name) for path in sorted((folder / "days" / "0").glob("*.txt"))]
    return {order.place.channel: [DayDue(order, versions) for versions in days] for order in orders_of(folder)}


def judge_folder(folder: Path, queued: Collection[str] = ()) -> Verdict:
    """The verdict on the run that a folder holds."""
    with (folder / "journal.jsonl").open(encoding="utf-8") as lines:
        return judge(of_folder(folder), read_journal(lines), queued)


def main() -> int:
    """Print what is wrong, then the counts; 1 where anything is."""
    verdict = judge_folder(Path(sys.argv[1]))
    for line in verdict.details():
        print(line)
    print(verdict.words())
    return 0 if verdict.clean else 1


if __name__ == "__main__":
    sys.exit(main())
