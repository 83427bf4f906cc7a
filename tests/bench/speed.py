"""How fast look-ups are, and what the index costs, in archives of any size.

    python -m tests.bench.speed [--vault DIR] [--queries FILE] [--entries 4000,100000,1000000] [--keep [DIR]] [--json]

An archive is made of a folder of digests (that of PAPERROUND_CORPUS, else the samples in config/), drawn again and
again, a part of their words replaced (`tests/bench/many.py`). With ``--keep`` it stays, and is used again by the next
run. All but the building is measured in a process of its own.

Times are milliseconds. Each query is asked several times and counts with its median; p50 and p99 are over the queries.
*engine* finds and ranks; *floor* is what SQLite alone takes for the same questions to its full-text table, asked again
with nothing around them; *look_up* also reads the query, loads a page and cuts the snippets; *answer* is all that a
person waits for but Slack: also what else to type, and the days a paper stands on besides.
"""

import argparse
import json
import math
import os
import random
import resource
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.digest.keys import entry_key
from bot.digest.model import StoredEntry
from bot.messages.results import PAGE
from bot.search.grammar import LOOKED_UP, MAX_CHARS, Query, parse_look_up, parse_query
from bot.search.reading import Reading
from bot.search.snippet import Snippets
from bot.slack.look import looked
from bot.store.database import migrate, open_database, transaction
from bot.store.digests import Digests
from bot.store.index import Index
from bot.store.result_pages import ResultPages
from tests.bench.finding import GLOSSARY, read_glossary, read_vault
from tests.bench.many import LAST, Mixer, fill

SAMPLES = Path(__file__).parents[2] / "config" / "digests"
QUERIES = Path(__file__).parent / "queries-own.jsonl"
RUNS = 3
ADDED = 100
"""Entries that are added one by one, each in its own transaction, and taken out again."""
FILTERED = 60
"""Entries that are looked for by a word of the title, a tag and an author."""
BROAD = ("language model", "diffusion", "학습", "데이터", "모델 성능", "transformer", "image generation", "추론")
"""Queries that find fifty pages in all but small archives."""
LAST_PAGE = 50
COUNTED = 1000
"""Rows of an answer that are looked at."""
ALPHABETS = {"hangul": "학습모델상태공간데이터이미지생성언어확산추론정렬토큰문맥검색", "latin": "etaoinshrdlcumwfgypb"}
LENGTHS = (2, 4, 8, 48)
NOW = datetime(LAST.year, LAST.month, LAST.day, tzinfo=UTC)


class Archive:
    """An archive that is there, and what is asked of it."""

    def __init__(self, file: Path, glossary: str) -> None:
        self.engine = open_database(f"sqlite:///{file}")
        migrate(self.engine)
        read = read_glossary(glossary)
        self.index = Index(self.engine, lambda: read)
        self.index.ensure()
        self.digests = Digests(self.engine, self.index)
        self.pages = ResultPages(self.engine)

    def look_up(self, text: str) -> None:
        query = parse(text)
        found = self.index.search(query)
        self.show(query, found.reading, (*found.ids, *found.close)[:PAGE])

    def answer(self, text: str) -> None:
        query = parse(text)
        found = self.index.search(query)
        ids = (*found.ids, *found.close)[:PAGE]
        looked(query, found, self.index, LAST)
        self.show(query, found.reading, ids)
        self.digests.also_on(ids)

    def turn(self, text: str, pool: str) -> None:
        """The last page of what was found before."""
        kept = self.pages.load(pool, "T1", ["U1"], NOW)
        query = parse(text)
        ids = kept.ids[PAGE * (LAST_PAGE - 1) : PAGE * LAST_PAGE] if kept else ()
        self.show(query, self.index.understand(query), ids)
        self.digests.also_on(ids)

    def show(self, query: Query, reading: Reading | None, ids: Sequence[int]) -> None:
        snippets = Snippets(query.tree, reading)
        for stored in self.digests.load_entries(ids):
            snippets.of(stored.entry)

    def driver(self) -> sqlite3.Connection:
        """The one connection that a single thread uses again and again."""
        with self.engine.connect() as connection:
            raw = connection.connection.dbapi_connection
        assert isinstance(raw, sqlite3.Connection)
        return raw

    def questions(self, query: Query) -> list[str]:
        """What the full-text table is asked for a query."""
        asked: list[str] = []
        self.driver().set_trace_callback(asked.append)
        self.index.search(query)
        self.driver().set_trace_callback(None)
        return [statement for statement in asked if " MATCH " in statement]

    def ask(self, questions: Sequence[str]) -> None:
        for statement in questions:
            self.driver().execute(statement).fetchmany(COUNTED)


def parse(text: str) -> Query:
    return parse_query(text, today=LAST)


def timed(call: Callable[[], object], runs: int = RUNS) -> float:
    """Median milliseconds."""
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        call()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def spread(times: Sequence[float]) -> dict[str, float]:
    in_order = sorted(times)
    if not in_order:
        return {}
    return {"p50": statistics.median(in_order), "p99": in_order[math.ceil(len(in_order) * 0.99) - 1]}


def folder_of_digests() -> Path:
    corpus = os.environ.get("PAPERROUND_CORPUS")
    return Path(corpus) / "vault" if corpus else SAMPLES


def build(file: Path, notes: Sequence[StoredEntry], entries: int) -> None:
    """Make the archive, and beside it a note of how fast the index was made: entries a second."""
    part = Path(f"{file}.part")
    part.unlink(missing_ok=True)
    engine = open_database(f"sqlite:///{part}")
    migrate(engine)
    for done in fill(engine, notes, entries):
        print(f"\r{entries:,}: {done:,} written", end="", file=sys.stderr)
    began = time.perf_counter()
    Index(engine).rebuild(lambda done, _: print(f"\r{entries:,}: {done:,} indexed", end="", file=sys.stderr))
    rate = entries / (time.perf_counter() - began)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").close()
    engine.dispose()
    print(f" at {rate:,.0f}/s", file=sys.stderr)
    file.with_suffix(".json").write_text(json.dumps({"built_per_s": rate}))
    part.rename(file)


def start(file: Path, queries: Path, glossary: str, send: Callable[[float], None]) -> None:
    """A start: from the first line of a process to the first answer. Imports are done before."""
    archive = Archive(file, glossary)
    archive.answer(texts_of(queries)[0])
    send(time.time())


def measure(file: Path, vault: Path, queries: Path, glossary: str, send: Callable[[dict[str, Any]], None]) -> None:
    """Everything about one archive. What needs memory of its own comes last."""
    archive = Archive(file, glossary)
    texts = texts_of(queries)
    parsed = list(map(parse, texts))
    figures: dict[str, Any] = {
        "engine": spread([timed(partial(archive.index.search, query)) for query in parsed]),
        "look_up": spread([timed(partial(archive.look_up, text)) for text in texts]),
        "answer": spread([timed(partial(archive.answer, text)) for text in texts]),
        "floor": spread([timed(partial(archive.ask, archive.questions(query))) for query in parsed]),
    }
    figures["rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures["filtered"] = spread([timed(partial(archive.look_up, text)) for text in filtered(archive.digests)])
    figures["hardest"] = spread([timed(partial(archive.index.search, query)) for query in hardest()])
    figures["page_50"] = spread([timed(turn) for turn in turns(archive)])
    figures["add"] = spread(list(added(archive, read_vault(vault)[0])))
    send(figures | size(archive))


def texts_of(queries: Path) -> list[str]:
    return [json.loads(line)["query"] for line in queries.read_text(encoding="utf-8").splitlines()]


def filtered(digests: Digests) -> Iterator[str]:
    """Look-ups with a tag and an author that find something: all of it is taken from one entry."""
    there = digests.count()
    ids = random.Random(2).sample(range(1, there + 1), min(there, FILTERED))
    for stored in digests.load_entries(ids):
        entry = stored.entry
        words = list(filter(str.isalpha, entry.title.split()))
        if entry.tags and entry.authors and words:
            yield f"{max(words, key=len)} tag:{entry.tags[0]} author:{entry.authors[0].split()[-1]}"


def hardest() -> Iterator[Query]:
    """Queries of as many words as may be, that nobody ever wrote."""
    draw = random.Random(3)
    for letters in ALPHABETS.values():
        for length in LENGTHS:
            words = ["".join(draw.choices(letters, k=length)) for _ in range(LOOKED_UP)]
            yield parse_look_up(" ".join(words)[:MAX_CHARS], today=LAST)


def turns(archive: Archive) -> Iterator[Callable[[], None]]:
    for text in BROAD:
        found = archive.index.search(parse(text))
        if len(found.ids) >= PAGE * LAST_PAGE:
            pool = archive.pages.save("T1", "U1", text, (*found.ids, *found.close), NOW)
            yield partial(archive.turn, text, pool)


def added(archive: Archive, notes: Sequence[StoredEntry]) -> Iterator[float]:
    """Milliseconds that the index takes for an entry, its transaction with it."""
    mixer = Mixer(notes, seed=2)
    first = 1 << 40
    all_added = []
    for number in range(ADDED):
        entry = mixer.draw(first + number)
        stored = StoredEntry(first + number, entry_key(entry), "vault", LAST, 5_000 + number, entry)

        def add(stored: StoredEntry = stored) -> None:
            with transaction(archive.engine) as connection:
                archive.index.update(connection, [stored])

        yield timed(add, runs=1)
        all_added.append(stored)
    with transaction(archive.engine) as connection:
        archive.index.update(connection, [replace(stored, withdrawn=True) for stored in all_added])


def size(archive: Archive) -> dict[str, Any]:
    """Bytes an entry of the index's tables, all of them and each."""
    ours = "name LIKE 'entry_index%' OR name LIKE '%_entry_index%'"
    question = f"SELECT name, sum(pgsize) FROM dbstat WHERE {ours} GROUP BY name"
    with archive.engine.connect() as connection:
        entries = connection.scalar(sa.text("SELECT count(*) FROM entry_index"))
        tables = {name: bytes / entries for name, bytes in connection.exec_driver_sql(question)}
    return {"bytes_per_entry": sum(tables.values()), "tables": tables}


def in_a_process(task: Callable[..., None], *arguments: object) -> Any:
    """What the task sends, from a new process."""
    context = get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=task, args=(*arguments, there.send))
    process.start()
    there.close()
    try:
        return here.recv()
    except EOFError:
        raise SystemExit(f"{task.__name__} ended early") from None
    finally:
        process.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vault", type=Path, default=folder_of_digests())
    parser.add_argument("--queries", type=Path, default=QUERIES)
    parser.add_argument("--glossary", default=str(GLOSSARY), help="a file, or none")
    parser.add_argument("--entries", default="4000,100000,1000000", help="sizes of archives")
    parser.add_argument("--keep", type=Path, nargs="?", const=Path(tempfile.gettempdir()) / "paperround-speed")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = {}
    with tempfile.TemporaryDirectory() as passing:
        folder = options.keep or Path(passing)
        folder.mkdir(parents=True, exist_ok=True)
        for entries in map(int, options.entries.split(",")):
            file = folder / f"{entries}.db"
            if not file.exists():
                build(file, read_vault(options.vault)[0], entries)
            began = time.time()
            first = in_a_process(start, file, options.queries, options.glossary) - began
            figures[entries] = {
                "start_ms": first * 1000,
                **json.loads(file.with_suffix(".json").read_text()),
                **in_a_process(measure, file, options.vault, options.queries, options.glossary),
            }
            if not options.json:
                print(as_table(entries, figures[entries]), flush=True)
    if options.json:
        print(json.dumps(figures))


def as_table(entries: int, figures: dict[str, Any]) -> str:
    lines = [f"{entries:,} entries"]
    for name, value in figures.items():
        if isinstance(value, dict):
            lines.append(f"  {name:16}" + "  ".join(f"{key} {one:.2f}" for key, one in value.items()))
        else:
            lines.append(f"  {name:16}{value:,.1f}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
