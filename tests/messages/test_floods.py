"""A very long text floods no channel: the rest is named, and the operator is told before."""

from dataclasses import replace
from datetime import date

import pytest

from bot.digest.model import Entry, Paragraph, StoredDigest, StoredEntry
from bot.messages.day import PARTS, lay_out
from bot.messages.words import Words
from bot.plan.subscription import Layout
from bot.search.command import OnePaper, parse_command

DAY = date(2024, 4, 12)
RHO = "https://arxiv.org/abs/2404.07965"


def stored(*entries: Entry) -> StoredDigest:
    made = tuple(StoredEntry(n, f"k{n}", "vault", DAY, n, entry) for n, entry in enumerate(entries, 1))
    return StoredDigest("vault", DAY, "", made)


LONG = (
    pytest.param((Paragraph("A long sentence of words. " * 4_000, "en"),), id="one paragraph"),
    pytest.param(tuple(Paragraph(f"x{n}", "en") for n in range(3_000)), id="a letter a line"),
)


@pytest.mark.parametrize("commentary", LONG)
@pytest.mark.parametrize("layout", ["papers", "list"])
@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_rest_of_a_long_text_is_named_with_how_to_read_it(
    commentary: tuple[Paragraph, ...], layout: Layout, lang: str
) -> None:
    digest = stored(Entry("Rho-1", (), (RHO,), (), commentary), Entry("Short", (), (), ("Nothing.",)))
    messages = lay_out(digest, digest.entries, layout, Words(lang))
    of_long = [message for message in messages if message.entry_key == "k1" and message.parent]
    assert len(of_long) == PARTS
    last = of_long[-1]
    assert f"/paper {'commentary' if lang == 'en' else '해설'} 2404.07965" in last.content.text
    assert last.left_out > 1
    assert str(last.left_out) in last.content.text
    assert [message.left_out for message in messages if message is not last] == [0] * (len(messages) - 1)
    whole = lay_out(digest, digest.entries, layout, Words(lang), 0)
    shown = [message.content for message in whole if message.entry_key == "k1" and message.parent]
    assert [message.content for message in of_long[:-1]] == shown[: PARTS - 1]
    assert last.left_out == len(shown) - PARTS + 1


def test_a_text_that_just_fits_is_whole() -> None:
    digest = stored(Entry("Rho-1", (), (RHO,), (), (Paragraph("Some words. " * 700, "en"),)))
    whole = lay_out(digest, digest.entries, "papers", Words("en"), 0)
    replies = sum(message.parent is not None for message in whole)
    assert replies > 1
    assert lay_out(digest, digest.entries, "papers", Words("en"), replies) == whole
    fewer = lay_out(digest, digest.entries, "papers", Words("en"), replies - 1)
    assert sum(message.parent is not None for message in fewer) == replies - 1
    assert fewer[-1].left_out == 2


@pytest.mark.parametrize(
    ("entry", "asked"),
    [
        (Entry("Rho-1", (), (RHO,)), OnePaper(link=RHO, what="commentary")),
        (
            Entry("T", (), ("https://openreview.net/forum?id=abc",)),
            OnePaper(link="https://openreview.net/forum?id=abc", what="commentary"),
        ),
        (Entry('A "quoted" title', (), ("https://x.ai/blog",)), OnePaper(title="A quoted title", what="commentary")),
    ],
)
def test_what_it_says_can_be_typed(entry: Entry, asked: OnePaper) -> None:
    long = replace(entry, commentary=(Paragraph("Some words. " * 3_000, "en"),))
    digest = stored(long)
    said = lay_out(digest, digest.entries, "papers", Words("en"), 2)[-1].content.text
    typed = said[said.index("/paper ") :].removeprefix("/paper ").strip("`")
    assert parse_command(typed, today=DAY) == asked
