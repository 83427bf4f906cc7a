"""Entries for the search tests, of our own making."""

from collections.abc import Callable
from datetime import date

import pytest

from bot.digest.model import Entry, Paragraph, StoredEntry


@pytest.fixture
def stored() -> Callable[..., StoredEntry]:
    def make(
        title: str = "A Paper",
        *,
        commentary: str = "",
        abstract: str = "",
        authors: tuple[str, ...] = (),
        tags: tuple[str, ...] = (),
        links: tuple[str, ...] = (),
        day: date = date(2024, 4, 12),
        source: str = "vault",
    ) -> StoredEntry:
        entry = Entry(
            title=title,
            authors=authors,
            links=links,
            abstract=(abstract,) if abstract else (),
            commentary=(Paragraph(commentary, "ko"),) if commentary else (),
            tags=tags,
        )
        return StoredEntry(1, "key", source, day, 0, entry)

    return make
