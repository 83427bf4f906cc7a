"""How fast and how truly digests are read: ``PAPERROUND_CORPUS=… python -m tests.bench.reading``."""

import json
import os
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.digest.document import parse_document
from bot.digest.model import Entry

FIELDS = ("title", "authors", "links", "abstract", "commentary", "tags")
Row = dict[str, Any]


@dataclass(frozen=True)
class Score:
    """How many entries (every field) and days (the list of titles) of a shape came out as the truth says."""

    entries: int
    of_entries: int
    days: int
    of_days: int
    wrong: tuple[str, ...]

    def __str__(self) -> str:
        return f"entries {self.entries}/{self.of_entries}, titles of days {self.days}/{self.of_days}"


def load_truth(corpus: Path) -> dict[str, list[Row]]:
    """The rows of each day in their order."""
    days: dict[str, list[Row]] = defaultdict(list)
    for line in (corpus / "truth.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        row["links"] = row.pop("urls")
        days[row["day"]].append(row)
    return {day: sorted(rows, key=lambda row: int(row["position"])) for day, rows in days.items()}


def read_days(corpus: Path, folder: str, suffix: str) -> dict[str, list[Entry]]:
    """The entries of each document that holds a whole day."""
    days = {}
    for path in sorted((corpus / folder).glob(f"*{suffix}")):
        digest = parse_document(path.name, path.read_bytes())
        days[digest.day.isoformat()] = list(digest.entries)
    return days


def read_vault(corpus: Path) -> tuple[dict[str, list[Entry]], int]:
    """The entries of the notes of each day, in the order of their files, and how many notes there are."""
    days: dict[str, list[Entry]] = defaultdict(list)
    paths = sorted((corpus / "vault").rglob("*.md"), key=str)
    for path in paths:
        digest = parse_document(path.name, path.read_bytes())
        days[digest.day.isoformat()].extend(digest.entries)
    return days, len(paths)


def score(truth: dict[str, list[Row]], days: dict[str, list[Entry]], *, first_link_lost: bool = False) -> Score:
    """Compare what was read with the truth, white space folded."""
    entries = titles = 0
    wrong = []
    for day, rows in truth.items():
        got = [_fields(entry) for entry in days.get(day, [])]
        wanted = [{name: _folded(row[name]) for name in FIELDS} for row in rows]
        if first_link_lost:
            for row in wanted:
                row["links"] = row["links"][1:]
        titles += [row["title"] for row in got] == [row["title"] for row in wanted]
        for number, row in enumerate(wanted):
            right = number < len(got) and got[number] == row
            entries += right
            if not right:
                wrong.append(f"{day} {row['title']}")
    return Score(entries, sum(map(len, truth.values())), titles, len(truth), tuple(wrong))


def _fields(entry: Entry) -> Row:
    values: Row = {name: getattr(entry, name) for name in FIELDS}
    values["commentary"] = [paragraph.text for paragraph in entry.commentary]
    return {name: _folded(value) for name, value in values.items()}


def _folded(value: str | Iterable[str]) -> Any:
    return " ".join(value.split()) if isinstance(value, str) else [" ".join(text.split()) for text in value]


def print_speed(corpus: Path) -> float:
    """MB a second on one core, for all printed days one after the other as one day's text, bytes to digest."""
    texts = [path.read_bytes() for path in sorted((corpus / "text").glob("*.txt"))]
    data = b"\n".join([texts[0], *(text.partition(b"\n")[2] for text in texts[1:])])
    best = min(_seconds(data) for _ in range(5))
    return len(data) / best / 1e6


def _seconds(data: bytes) -> float:
    start = time.process_time()
    parse_document("all.txt", data)
    return time.process_time() - start


def main() -> None:
    """Print the figures."""
    folder = os.environ.get("PAPERROUND_CORPUS")
    if not folder:
        print("reading: set PAPERROUND_CORPUS to the folder of the real notes")
        return
    corpus = Path(folder)
    truth = load_truth(corpus)
    start = time.perf_counter()
    vault, notes = read_vault(corpus)
    seconds = time.perf_counter() - start
    results = {
        "note": score(truth, vault),
        "page": score(truth, read_days(corpus, "html", ".html")),
        "print": score(truth, read_days(corpus, "text", ".txt"), first_link_lost=True),
    }
    for shape, result in results.items():
        print(f"reading {shape}: {result}")
        for case in result.wrong:
            print(f"  not as the truth says: {case}")
    print(f"reading {notes} notes: {seconds:.2f} s")
    print(f"reading print: {print_speed(corpus):.1f} MB/s on one core")


if __name__ == "__main__":
    main()
