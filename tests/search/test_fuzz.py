"""Whatever people type is read or refused in words: no other error comes out.

A hundred queries and commands in the test run; ``PAPERROUND_FUZZ=100000`` for as many (`make bench` sets 20,000).
"""

import os
from contextlib import suppress
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.digest.model import Entry, StoredEntry
from bot.errors import QueryError
from bot.search.command import Find, parse_command
from bot.search.engine import find
from bot.search.glossary import parse_glossary
from tests.search.memory import MemoryArchive

COUNT = int(os.environ.get("PAPERROUND_FUZZ", "100"))
TODAY = date(2024, 4, 15)
GLOSSARY = parse_glossary("확산 모델\tdiffusion model\n")
PARTS = (
    "tag:", "author:", '"', "(", ")", "OR", "또는", "NOT", "-", "|", "#", "*", ",", ":", "since:", "2024", "2025년",
    "4월", "apr", "지난주", "어제", "16", "B", "billion", "억", "만", "k", "moe", "확산", "모델", "다오", "transfomer",
    "α", "ü", "ภาษา", "\u00ad", "\u200d", "\u202e", "\ud800", "\u0301", "🙂", "\u0e33", "⁵",
    "<https://arxiv.org/abs/2404.07413|x>",
    "find", "why", "related", "구독", "pause", "random", "latest", " ", " ", " ",
)  # fmt: skip
typed = st.lists(st.sampled_from(PARTS) | st.text(max_size=4), max_size=14).map("".join)
ARCHIVE = MemoryArchive(
    [
        StoredEntry(1, "1", "vault", TODAY, 0, Entry("MoE of α-VAE, 16B", authors=("J. Müller",), tags=("moe",))),
        StoredEntry(2, "2", "vault", TODAY, 1, Entry("확산 모델을 쓴 transformer")),
    ]
)


@settings(max_examples=COUNT, deadline=None)
@given(typed)
def test_whatever_is_typed_is_read_or_refused_and_looked_up(text: str) -> None:
    with suppress(QueryError):
        command = parse_command(text, today=TODAY)
        if isinstance(command, Find):
            find(command.query, ARCHIVE, GLOSSARY, 10)
