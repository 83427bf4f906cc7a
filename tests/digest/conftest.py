"""Entries and digests that a curator could have written, for the round trips."""

from datetime import date

import pytest
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from bot.digest.links import own_first
from bot.digest.model import Digest, Entry, Paragraph

KOREAN = (
    "반죽을",
    "천천히",
    "**오래**",
    "굽는",
    "모델이",
    "`oven.run`",
    "$a * b * c$",
    "[글](https://example.org/a_b)",
    "RLHF와",
    "다시",
)
ENGLISH = ("dough", "*slowly*", "rises", "$x_i * y_i$", "while", "the", "baker", "(mostly)", "sleeps", "<unk>", "1.5B")

WORD = st.from_regex(r"[A-Z][A-Za-z0-9]{1,9}", fullmatch=True)
LATER_WORD = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9&'-]{0,9}:?|\([A-Z][a-z]{1,5}\)|\$\\pi\$|#[0-9]", fullmatch=True)
TITLE = st.builds(lambda first, rest: " ".join([first, *rest]).rstrip(":"), WORD, st.lists(LATER_WORD, max_size=7))
NAME = st.from_regex(r"[A-Z][a-zéö]{1,8} [A-Z][a-z-]{0,8}[a-z]( \([A-Z][a-z]{1,5}\))?", fullmatch=True)
LINK = st.from_regex(r"https://(arxiv\.org/abs|example\.com)/[0-9]{4}\.[0-9]{5}(v[1-9])?(\?a=b&c=d)?", fullmatch=True)
NOTE = st.from_regex(r"2[0-4]0[1-9][12][0-9] [A-Z가][a-z가-힣.]{0,8}[a-z가]", fullmatch=True)
TAG = st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,7}([_-][a-z0-9]{1,5})?|강화_학습|1stage", fullmatch=True)
KOREAN_TEXT = st.lists(st.sampled_from(KOREAN), max_size=12).map(lambda words: " ".join(["이", *words, "것입니다."]))
ENGLISH_TEXT = st.lists(st.sampled_from(ENGLISH), max_size=12).map(
    lambda words: " ".join(["We", "bake", *words, "here."])
)


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """An entry with at least one Korean paragraph, so that an abstract ends where the commentary begins."""
    return Entry(
        title=draw(TITLE),
        authors=tuple(draw(st.lists(NAME, min_size=1, max_size=5))),
        links=own_first(draw(st.lists(LINK, min_size=1, max_size=3, unique=True))),
        abstract=tuple(draw(st.lists(ENGLISH_TEXT, max_size=2))),
        commentary=(
            *(Paragraph(text, "ko") for text in draw(st.lists(KOREAN_TEXT, min_size=1, max_size=3))),
            *(Paragraph(text, "en") for text in draw(st.lists(ENGLISH_TEXT, max_size=2))),
        ),
        tags=tuple(draw(st.lists(TAG, max_size=4, unique=True))),
        notes=tuple(draw(st.lists(NOTE, max_size=2, unique=True))),
    )


@pytest.fixture(scope="session")
def an_entry() -> SearchStrategy[Entry]:
    return entries()


@pytest.fixture(scope="session")
def a_digest() -> SearchStrategy[Digest]:
    days = st.dates(date(1990, 1, 1), date(2089, 12, 31))
    return st.builds(
        lambda day, found: Digest(day, "", tuple(found), "print"), days, st.lists(entries(), min_size=1, max_size=4)
    )
