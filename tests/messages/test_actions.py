"""What buttons carry comes back as it went, and nothing else is believed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages.actions import (
    end_value,
    menu_value,
    more_value,
    page_value,
    read_end,
    read_menu,
    read_more,
    read_page,
)


@given(st.text("0123456789abcdef-", min_size=1, max_size=40), st.integers(1, 999_999))
def test_a_page_comes_back(pool, page):
    assert read_page(page_value(pool, page)) == (pool, page)


@given(st.sampled_from(["commentary", "related", "save", "drop", "share"]), st.integers(0, 10**17))
def test_a_choice_comes_back(choice, entry):
    assert read_menu(menu_value(choice, entry)) == (choice, entry)


@pytest.mark.parametrize("value", ["", "p", "p:", ":1", "p:0", "p:-1", "p:1:2", "p:x", "p:1\n", "p:9999999"])
def test_no_other_page_is_believed(value):
    with pytest.raises(ValueError, match=r".*"):
        read_page(value)


@pytest.mark.parametrize("value", ["", "share", "share:", "share:x", "erase:1", "share:1\n", "share:-1", "x share:1"])
def test_no_other_choice_is_believed(value):
    with pytest.raises(ValueError, match=r".*"):
        read_menu(value)


@given(st.integers(0, 10**17), st.integers(1, 999_999))
def test_more_commentary_and_the_end_of_a_subscription_come_back(number, after):
    assert read_more(more_value(number, after)) == (number, after)
    assert read_end(end_value(number)) == number


@pytest.mark.parametrize("value", ["", "1", "1:", ":1", "1:0", "1:-1", "1:1\n", "x:1", "1:1:1"])
def test_no_other_commentary_is_believed(value):
    with pytest.raises(ValueError, match=r".*"):
        read_more(value)


@pytest.mark.parametrize("value", ["", "x", "-1", "1\n", "1 ", "9" * 19])
def test_no_other_subscription_is_believed(value):
    with pytest.raises(ValueError, match=r".*"):
        read_end(value)
