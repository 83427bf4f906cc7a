"""How well look-ups find: recall, MRR, nDCG and success over judged queries, and how long each takes.

    python -m tests.bench.finding --vault DIR --queries FILE [--json]

A line of the queries is ``{"kind", "query", "relevant": [path in the vault, …]}``. A note is found when its entry
is; an entry that two notes share counts for either.
"""

import argparse
import json
import math
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from bot.digest.document import parse_document
from bot.digest.keys import entry_key
from bot.digest.model import StoredEntry
from bot.errors import BotError
from bot.search.grammar import parse_query
from bot.store.database import migrate, open_database, transaction
from bot.store.index import Index

PAGE = 10
RUNS = 3
"""Each query is asked so often; its time is the median."""


def read_vault(vault: Path) -> tuple[list[StoredEntry], dict[str, set[str]]]:
    """Every entry of the vault, and the keys of the entries each note holds."""
    entries: list[StoredEntry] = []
    keys: dict[str, set[str]] = defaultdict(set)
    for path in sorted(vault.rglob("*.md")):
        try:
            digest = parse_document(path.name, path.read_bytes())
        except BotError:
            continue
        for position, entry in enumerate(digest.entries):
            key = entry_key(entry)
            keys[path.relative_to(vault).as_posix()].add(key)
            entries.append(StoredEntry(len(entries) + 1, key, "vault", digest.day, position, entry))
    return entries, keys


def judge(found: Sequence[str], relevant: set[str]) -> dict[str, float]:
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


def measure(vault: Path, queries: Path, folder: Path) -> dict[str, dict[str, float]]:
    """Summaries of all queries and of each kind."""
    entries, keys = read_vault(vault)
    engine = open_database(f"sqlite:///{folder}/finding.db")
    migrate(engine)
    index = Index(engine)
    index.ensure()
    with transaction(engine) as connection:
        index.update(connection, entries)
    key_of = {entry.id: entry.key for entry in entries}
    today = max(entry.day for entry in entries)
    rows: dict[str, list[dict[str, float]]] = defaultdict(list)
    for line in queries.read_text(encoding="utf-8").splitlines():
        asked = json.loads(line)
        relevant = set().union(*(keys.get(path, {path}) for path in asked["relevant"]))
        found, took = ask(index, asked["query"], today)
        row = judge([key_of[id] for id in found], relevant) | {"ms": took}
        rows["all"].append(row)
        rows[asked["kind"]].append(row)
    engine.dispose()
    return {kind: summarise(some) for kind, some in rows.items()}


def ask(index: Index, text: str, today: date) -> tuple[tuple[int, ...], float]:
    """Ids as a person would see them, the close matches after the exact ones, and the median milliseconds it took."""
    times: list[float] = []
    ids: tuple[int, ...] = ()
    for _ in range(RUNS):
        began = time.perf_counter()
        found = index.search(parse_query(text, today=today))
        times.append((time.perf_counter() - began) * 1000)
        ids = found.ids + found.close
    return ids, statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vault", type=Path, required=True)
    parser.add_argument("--queries", type=Path, required=True)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(options.vault, options.queries, Path(folder))
    if options.json:
        print(json.dumps({"paperround": figures}))
        return
    names = list(figures["all"])
    print(f"{'kind':10}" + "".join(f"{name:>11}" for name in names))
    for kind, values in figures.items():
        print(f"{kind:10}" + "".join(f"{values[name]:11.3f}" for name in names))


if __name__ == "__main__":
    main()
