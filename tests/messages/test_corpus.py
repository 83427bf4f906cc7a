"""The real notes, laid out: within the limits, and whole."""

import json
import re
import time
from datetime import date
from itertools import groupby
from urllib.parse import unquote

import pytest

from bot.digest.inline import parse_blocks
from bot.digest.model import Entry, Paragraph, StoredDigest, StoredEntry
from bot.messages.day import lay_out
from bot.messages.limits import clean
from bot.messages.mrkdwn import safe_url
from bot.messages.words import Words

_LINK_TWICE = re.compile(r"\[(https?://[^\]]+)\]\(\1\)")  # shown once
_LATEX = re.compile(r"[$\\]|``")
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


def test_no_word_of_a_real_day_is_lost_or_moved(days, rich_leaves):
    """Markdown's own marks are not shown: the letters and digits of a thread are compared with those of the notes.

    An item's number is a mark where Slack counts it. A paragraph with LaTeX is compared as it reads once that is read.
    """
    for digest in days:
        messages = lay_out(digest, digest.entries, "papers", Words("ko"))
        for stored in digest.entries:
            replies = [m.content for m in messages if m.entry_key == stored.key and m.part]
            shown = _letters("".join(_shown(leaf) for reply in replies for leaf in rich_leaves(reply)))
            texts = (*stored.entry.abstract, *(paragraph.text for paragraph in stored.entry.commentary))
            texts = tuple(clean(_readable(text)) for text in texts)
            wanted = _letters("\n".join(texts))
            if shown != wanted:
                wanted = _letters("\n".join(_LIST_MARK.sub("", text) for text in texts))
            assert shown == wanted, (digest.day, stored.entry.title)


def _readable(text):
    text = _LINK_TWICE.sub(r"\1", text)
    if not _LATEX.search(text):
        return text
    return "".join(piece.text for block in parse_blocks(text) for piece in block.pieces)


def _shown(leaf):
    """The words of a leaf, and where a labelled link leads."""
    text, url = leaf["text"], leaf.get("url")
    return text + unquote(url) if url and safe_url(text) != url else text


def _letters(text: str) -> str:
    return "".join(char for char in text if char.isalnum())


def test_laying_a_real_day_out_takes_moments(days):
    longest = max(days, key=lambda digest: len(digest.entries))
    began = time.perf_counter()
    lay_out(longest, longest.entries, "papers", Words("ko"))
    assert time.perf_counter() - began < 2
