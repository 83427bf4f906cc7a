"""How well look-ups find: recall, MRR, nDCG and success over judged queries, and how long each takes.

    python -m tests.bench.finding --vault DIR --queries FILE [--glossary FILE|none] [--peers] [--json]

A line of the queries is ``{"kind", "query", "relevant": [path in the vault, …]}``. A note is found when its entry
is; an entry that two notes share counts for either. A note that is not in the vault is not looked for.

Beside this file are two sets over the corpus that the constants were not tuned on: ``queries-own.jsonl``, a hundred
queries, and ``queries-fresh.jsonl``, 160 by somebody who had seen neither the engine nor the glossary.
"""

import argparse
import json
import math
import re
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bot.digest.document import parse_document
from bot.digest.keys import entry_key
from bot.digest.model import StoredEntry
from bot.errors import BotError
from bot.search.glossary import Glossary, parse_glossary
from bot.search.grammar import parse_query
from bot.store.database import migrate, open_database, transaction
from bot.store.index import Index

GLOSSARY = Path(__file__).parents[2] / "config" / "glossary.tsv"
PAGE = 10
RUNS = 3
"""Each query is asked so often; its time is the median."""
PEERS = {
    "fts5-unicode61": "unicode61",
    "fts5-trigram": "trigram",
    "fts5-porter": "porter unicode61",
}
"""What SQLite finds by itself over the plain text: all words, filled up with any word, by its own bm25."""

Find = Callable[[str], Sequence[int]]


@dataclass(frozen=True, slots=True)
class Judged:
    """A query, and the keys of the entries that answer it."""

    kind: str
    query: str
    relevant: frozenset[str]


def read_vault(vault: Path) -> tuple[list[StoredEntry], dict[str, set[str]]]:
    """Every entry of a folder of digests of any shape, and the keys of the entries each file holds."""
    entries: list[StoredEntry] = []
    keys: dict[str, set[str]] = defaultdict(set)
    for path in sorted(vault.rglob("*.*")):
        try:
            digest = parse_document(path.name, path.read_bytes())
        except BotError:
            continue
        for position, entry in enumerate(digest.entries):
            key = entry_key(entry)
            keys[path.relative_to(vault).as_posix()].add(key)
            entries.append(StoredEntry(len(entries) + 1, key, "vault", digest.day, position, entry))
    if not entries:
        raise SystemExit(f"no digests in {vault}")
    return entries, keys


def read_queries(file: Path, keys: Mapping[str, set[str]]) -> list[Judged]:
    """The queries that have an answer in the vault; what is left out is said."""
    judged: list[Judged] = []
    missing = 0
    for line in file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        there = [path for path in row["relevant"] if path in keys]
        missing += len(row["relevant"]) - len(there)
        if there:
            judged.append(Judged(row["kind"], row["query"], frozenset().union(*(keys[path] for path in there))))
    if missing:
        print(f"{missing} relevant notes are not in the vault and are not looked for", file=sys.stderr)
    return judged


def judge(found: Sequence[str], relevant: frozenset[str]) -> dict[str, float]:
    """The measures of one answer: its keys, best first."""
    hits = [rank for rank, key in enumerate(found[:PAGE]) if key in relevant]
    ideal = sum(1 / math.log2(rank + 2) for rank in range(min(PAGE, len(relevant))))
    return {
        "mrr@10": 1 / (hits[0] + 1) if hits else 0.0,
        "recall@10": len(hits) / len(relevant),
        "ndcg@10": sum(1 / math.log2(rank + 2) for rank in hits) / ideal,
        "success@1": float(hits[:1] == [0]),
    }


def summarise(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Means of the measures, and p50 and p99 of the times in milliseconds."""
    times = sorted(row["ms"] for row in rows)
    means = {name: statistics.fmean(row[name] for row in rows) for name in rows[0] if name != "ms"}
    return means | {"p50_ms": statistics.median(times), "p99_ms": times[math.ceil(len(times) * 0.99) - 1]}


def measure(find: Find, queries: Sequence[Judged], key_of: Mapping[int, str]) -> dict[str, dict[str, float]]:
    """Summaries of all queries and of each kind."""
    rows: dict[str, list[dict[str, float]]] = defaultdict(list)
    for asked in queries:
        ids, took = timed(find, asked.query)
        found = list(dict.fromkeys(key_of[id] for id in ids))
        row = judge(found, asked.relevant) | {"ms": took}
        rows["all"].append(row)
        rows[asked.kind].append(row)
    return {kind: summarise(some) for kind, some in rows.items()}


def timed(find: Find, text: str) -> tuple[Sequence[int], float]:
    """What is found, and the median milliseconds it took."""
    times: list[float] = []
    ids: Sequence[int] = ()
    for _ in range(RUNS):
        began = time.perf_counter()
        ids = find(text)
        times.append((time.perf_counter() - began) * 1000)
    return ids, statistics.median(times)


@contextmanager
def paperround(entries: Sequence[StoredEntry], folder: Path, glossary: Glossary) -> Iterator[Find]:
    """Look-ups as a person sees them, the close matches after the exact ones."""
    engine = open_database(f"sqlite:///{folder}/finding.db")
    migrate(engine)
    index = Index(engine, lambda: glossary)
    index.ensure()
    with transaction(engine) as connection:
        index.update(connection, entries)
    today = max((entry.day for entry in entries), default=date.min)

    def find(text: str) -> Sequence[int]:
        found = index.search(parse_query(text, today=today))
        return found.ids + found.close

    yield find
    engine.dispose()


@contextmanager
def peer(entries: Sequence[StoredEntry], tokenizer: str) -> Iterator[Find]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(
            f"CREATE VIRTUAL TABLE text USING fts5(title, tags, authors, abstract, commentary, tokenize='{tokenizer}')"
        )
        connection.executemany(
            "INSERT INTO text (rowid, title, tags, authors, abstract, commentary) VALUES (?, ?, ?, ?, ?, ?)",
            [(stored.id, *plain(stored)) for stored in entries],
        )

        def match(words: Sequence[str], operator: str) -> list[int]:
            expression = f" {operator} ".join(f'"{word}"' for word in words)
            rows = connection.execute(
                "SELECT rowid FROM text WHERE text MATCH ? ORDER BY rank, rowid DESC LIMIT 100", (expression,)
            )
            return [row[0] for row in rows]

        def find(text: str) -> Sequence[int]:
            words = re.findall(r"\w+", text)
            if tokenizer == "trigram":
                words = [word for word in words if len(word) > 2]
            return list(dict.fromkeys(match(words, "AND") + match(words, "OR"))) if words else []

        yield find


def plain(stored: StoredEntry) -> tuple[str, ...]:
    """The text of an entry's fields."""
    entry = stored.entry
    said = [paragraph.text for paragraph in entry.commentary]
    return tuple("\n".join(part) for part in ([entry.title], entry.tags, entry.authors, entry.abstract, said))


def read_glossary(name: str) -> Glossary:
    return Glossary() if name == "none" else parse_glossary(Path(name).read_text(encoding="utf-8"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vault", type=Path, required=True)
    parser.add_argument("--queries", type=Path, required=True)
    parser.add_argument("--glossary", default=str(GLOSSARY), help="a file, or none")
    parser.add_argument("--peers", action="store_true", help="also what SQLite's own tokenizers find")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    entries, keys = read_vault(options.vault)
    queries = read_queries(options.queries, keys)
    key_of = {entry.id: entry.key for entry in entries}
    figures: dict[str, dict[str, dict[str, float]]] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        paperround(entries, Path(folder), read_glossary(options.glossary)) as find,
    ):
        figures["paperround"] = measure(find, queries, key_of)
    for name, tokenizer in PEERS.items() if options.peers else ():
        with peer(entries, tokenizer) as find:
            figures[name] = measure(find, queries, key_of)
    print(json.dumps(figures) if options.json else as_table(figures))


def as_table(figures: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """A block for each system: a line for all queries and one for each kind."""
    lines = []
    for system, kinds in figures.items():
        lines.append(f"{system:16}" + "".join(f"{name:>11}" for name in kinds["all"]))
        lines += [f"{kind:16}" + "".join(f"{value:11.3f}" for value in row.values()) for kind, row in kinds.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
