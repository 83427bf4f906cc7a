"""Cutting and cleaning: nothing halved, nothing that Slack refuses."""

import time
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages.limits import best_cut, clean, cut, is_seen, longest, sentence_ends, units, weight
from bot.messages.mrkdwn import escape


@given(st.text(), st.integers(1, 60))
def test_a_cut_text_keeps_to_its_length_and_is_the_beginning(text, most):
    shown = cut(text, most)
    assert weight(shown) <= max(most, 6)  # one escaped character and the ellipsis, where there is no room for more
    assert shown == text or text.startswith(shown[:-1])


@given(st.text())
def test_weight_is_never_less_than_what_slack_may_count(text):
    assert weight(text) >= units(escape(text))


@pytest.mark.parametrize(
    ("text", "most", "shown"),
    [
        ("abc def", 7, "abc def"),
        ("abc def", 6, "abc…"),
        ("e\u0301e\u0301", 3, "e\u0301…"),
        ("👩‍👩‍👧👩‍👩‍👧", 10, "👩‍👩‍👧…"),
        ("🇰🇷🇰🇷🇰🇷", 8, "🇰🇷…"),
        ("👍🏽👍🏽", 6, "👍🏽…"),
        ("&&&", 11, "&&…"),
        (unicodedata.normalize("NFD", "각각"), 5, unicodedata.normalize("NFD", "각") + "…"),
    ],
)
def test_no_character_is_halved(text, most, shown):
    assert cut(text, most) == shown


def test_cutting_a_character_of_a_thousand_accents_gets_on():
    assert longest("e" + "\u0301" * 1000, 100) == 100


@pytest.mark.parametrize(
    ("text", "clean_text"),
    [
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("a\x00\x07b\x85", "ab\n"),
        ("\ud800x", "\ufffdx"),
        ("\u202eabc\u2069", "abc"),
    ],
)
def test_cleaning_leaves_what_can_travel(text, clean_text):
    assert clean(text) == clean_text


@given(st.text(st.characters(codec=None)))
def test_cleaned_text_can_always_be_sent(text):
    clean(text).encode("utf-8")
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize("text", ["", " \n", "\u200b\u200d", "\u3164\u2800"])
def test_what_shows_nothing_is_not_seen(text):
    assert not is_seen(text)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three?", ["One. ", "Two! ", "Three?"]),
        ("좋습니다.그리고 또 봅니다. 끝", ["좋습니다.", "그리고 또 봅니다. ", "끝"]),
        ("By Dao et al. in Fig. 3 of e.g. this. End.", ["By Dao et al. in Fig. 3 of e.g. this. ", "End."]),
        ("Version 1.5 by A. Gu", ["Version 1.5 by A. Gu"]),
        ("一。二。", ["一。", "二。"]),
        ("line\nline", ["line\n", "line"]),
    ],
)
def test_sentences_end_where_people_end_them(text, sentences):
    places = [0, *sentence_ends(text), len(text)]
    assert [text[start:end] for start, end in pairwise(places)] == sentences


@pytest.mark.parametrize("piece", ["!", '."', "\n", ". ", "다!", "가…"])
def test_looking_for_sentences_takes_time_in_proportion(piece):
    began = time.perf_counter()
    list(sentence_ends(piece * 32_000))
    best_cut(piece * 32_000, 31_000)
    assert time.perf_counter() - began < 1


@given(st.text(min_size=1), st.integers(1, 200))
def test_a_cut_always_gets_on(text, reach):
    assert 0 < best_cut(text, reach) <= max(reach, 1) or best_cut(text, reach) == len(text)
