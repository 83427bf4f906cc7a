"""The real notes, laid out: within the limits, and whole."""

import json
import re
import time
from datetime import date
from itertools import groupby

import pytest

from bot.digest.model import Entry, Paragraph, StoredDigest, StoredEntry
from bot.messages.day import lay_out
from bot.messages.limits import clean
from bot.messages.words import Words

_LIST_MARK = re.compile(r"^\s*\d+\. ", re.MULTILINE)

pytestmark = pytest.mark.corpus


@pytest.fixture(scope="module")
def days(corpus):
    """Every day of the corpus, as its truth says."""
    with (corpus / "truth.jsonl").open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [_digest(date.fromisoformat(day), list(same)) for day, same in groupby(rows, key=lambda row: row["day"])]


def _digest(day, rows):
    entries = tuple(
        StoredEntry(
            row["position"] + 1,
            f"key:{row['position']}",
            "vault",
            day,
            row["position"],
            Entry(
                row["title"],
                tuple(row["authors"]),
                tuple(row["urls"]),
                tuple(row["abstract"]),
                tuple(Paragraph(text, "ko") for text in row["commentary"]),
                tuple(row["tags"]),
            ),
        )
        for row in rows
    )
    return StoredDigest("vault", day, "", entries)


@pytest.mark.parametrize("layout", ["papers", "list", "brief"])
def test_every_real_day_lays_out_within_the_limits(days, check, layout):
    for digest in days:
        for message in lay_out(digest, digest.entries, layout, Words("ko")):
            check(message.content)


def test_no_word_of_a_real_day_is_lost(days, rich_leaves):
    """Markdown's own marks are not shown: only letters and digits are compared, links' addresses left out."""
    for digest in days:
        messages = lay_out(digest, digest.entries, "papers", Words("ko"))
        for stored in digest.entries:
            replies = [m.content for m in messages if m.entry_key == stored.key and m.part]
            leaves = [leaf for reply in replies for leaf in rich_leaves(reply)]
            have = _letters("".join(leaf.get("text", "") + leaf.get("url", "") for leaf in leaves))
            for text in (*stored.entry.abstract, *(paragraph.text for paragraph in stored.entry.commentary)):
                for word in _LIST_MARK.sub("", clean(text)).split():
                    assert _letters(word) in have, (digest.day, stored.entry.title, word)


def _letters(text: str) -> str:
    return "".join(char for char in text if char.isalnum())


def test_laying_a_real_day_out_takes_moments(days):
    longest = max(days, key=lambda digest: len(digest.entries))
    began = time.perf_counter()
    lay_out(longest, longest.entries, "papers", Words("ko"))
    assert time.perf_counter() - began < 2
