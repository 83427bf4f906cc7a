"""Which day a feed's post has, at the first look and at later ones."""

from datetime import date

import pytest

from bot.digest.document import Document, KnownDocument
from bot.sources.posted import keep_day, make_post

TODAY = date(2024, 5, 1)
FIRST, NEXT = date(2024, 4, 12), date(2024, 4, 13)
KNOWN = KnownDocument("p1", "h", day=FIRST)


def post(title: str = "Friday", **dates: str) -> Document:
    return make_post("p1", "Friday.html", b"words", title, dates)


@pytest.mark.parametrize("name", ["published", "created", "updated"])
def test_a_new_post_has_the_day_its_feed_gives(name: str) -> None:
    assert keep_day(post(**{name: "2024-04-12T09:00:00Z"}), None, TODAY).day == FIRST


def test_when_it_was_changed_counts_only_where_nothing_else_is_given() -> None:
    assert post(updated="2024-04-13T09:00:00Z", published="2024-04-12T09:00:00Z").day == FIRST


@pytest.mark.parametrize("name", ["published", "updated"])
def test_a_known_post_keeps_its_day_whatever_date_it_is_given_now(name: str) -> None:
    first, again = (post(**{name: f"{day}T09:00:00Z"}) for day in (FIRST, NEXT))
    assert keep_day(again, KNOWN, TODAY) == first
    assert keep_day(post(), KNOWN, TODAY).day == FIRST


def test_a_known_post_takes_the_day_its_title_names() -> None:
    assert keep_day(post("13 April 2024", published="2024-04-12"), KNOWN, TODAY).day == NEXT


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("2024-13-12", "2024-13-12: there is no month 13"),
        ("12-04-2024", "12-04-2024: its day and month cannot be told apart"),
        ("2031-04-12", "2031-04-12: it is more than a year from now"),
        ("soon", "soon"),
        ("", ""),
    ],
)
def test_a_date_that_is_none_says_why(written: str, why: str) -> None:
    made = keep_day(post(published=written), None, TODAY)
    assert (made.day, made.undated) == (None, why)
    assert made.hash == post().hash
