"""A part of `tests.bench.hostile` in the test run: what is linear stays so, and what is not is ended in time."""

import time
from contextlib import suppress

import pytest

from bot.digest.document import parse_digests
from bot.errors import DigestFormatError, SourceUnavailableError
from bot.sources import reader
from tests.bench.hostile import FEED, KINDS, Waits

SIZE = 100_000
LINEAR = [
    *(
        "plain lines",
        "titles of a print",
        "one long line",
        "one long word",
        "blank lines",
        "emphasis marks",
        "hashtags",
    ),
    *(
        "brackets",
        "links",
        "bare links",
        "open wiki links",
        "dollar signs",
        "backticks",
        "nested lists",
        "nested quotes",
    ),
    *("combining marks", "marks in the title", "marks in a tag", "zero-width characters", "ligatures", "table cells"),
    *("front matter", "brackets in front matter", "options", "unclosed bold and paragraphs", "tiny tags", "entities"),
    *("html comments", "a long attribute", "text of a page"),
]


@pytest.mark.parametrize("kind", LINEAR)
def test_a_hostile_document_costs_no_more_than_its_size(kind):
    name, make = KINDS[kind]
    data = make(SIZE)
    began = time.process_time()
    with suppress(DigestFormatError):
        parse_digests(name, data)
    assert time.process_time() - began < 2  # a tenth of that; what is quadratic takes minutes at the size of a document


def test_links_one_after_the_other_in_a_note_are_read_in_linear_time():
    name, make = KINDS["links one after the other"]
    data = make(1_000_000)
    began = time.process_time()
    parse_digests(name, data)
    assert time.process_time() - began < 4  # a tenth of that; it took 7 s when each link copied what follows it


@pytest.mark.parametrize("kind", ["attributes of a feed", "a laugh in entities", "posts of which one breaks"])
def test_a_hostile_feed_is_read_or_refused_in_time_and_delays_nobody(kind, monkeypatch):
    monkeypatch.setattr(reader, "seconds_for", lambda size: 1.0)
    name, make = KINDS[kind]
    assert name == FEED
    data = make(SIZE)
    reader.read_feed(KINDS["spaces of a feed"][1](10), "")
    with Waits() as waits, suppress(SourceUnavailableError):
        reader.read_feed(data, "")
    assert waits.longest < 1  # far less, on a machine that does nothing else
