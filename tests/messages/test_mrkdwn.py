"""Markup that outside text cannot break out of."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages.mrkdwn import escape, link, mention, safe_url, title_search


@given(st.text())
def test_escaped_text_holds_no_markup(text):
    assert not re.search(r"[<>]|&(?!(?:amp|lt|gt);)", escape(text))
    assert not re.search("@(here|channel|everyone)", escape(text), re.IGNORECASE)


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://arxiv.org/abs/2404.07965", "https://arxiv.org/abs/2404.07965"),
        (" HTTP://x.example/a b ", "HTTP://x.example/a%20b"),
        ("https://x.example/a|b>c<d", "https://x.example/a%7Cb%3Ec%3Cd"),
        ("https://x.example/?q=%20&a=1#f", "https://x.example/?q=%20&a=1#f"),
        ("https://x.example/한글", "https://x.example/%ED%95%9C%EA%B8%80"),
        ("https://한글.kr/한글?q=1", "https://xn--bj0bj06e.kr/%ED%95%9C%EA%B8%80?q=1"),
        ("https://한글.kr:8080/", "https://xn--bj0bj06e.kr:8080/"),
        ("https://me@한글.kr:8080/", None),
        ("https://me:secret@x.example/", None),
        ("https://x.exa\nmple/a\nb", "https://x.example/ab"),
        ("https://x.exa\r\nmple/", "https://x.example/"),
        ("https://x.example:80\t80/", None),
        ("https://x exa mple/", None),
        ("https://x.example:port/", None),
        ("https://x.example:99999/", None),
        ("https://x..example/", None),
        ("https://x.example.:8080/?q", "https://x.example.:8080/?q"),
        ("https://[::1]:8080/a", "https://[::1]:8080/a"),
        ("https://x%0a.example/", None),
        ("https://한..글/", None),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("file:///etc/passwd", None),
        ("//x.example", None),
        ("https://", None),
        ("https://[", None),
        ("x", None),
        ("https://x.example/" + "a" * 3000, None),
    ],
)
def test_only_a_web_address_is_linked_and_cannot_end_its_link(url, safe):
    assert safe_url(url) == safe


@given(st.text(st.characters(codec=None)))
def test_any_text_gives_a_safe_address_or_none(text):
    for url in (text, "https://host.example/" + text):
        safe = safe_url(url)
        assert safe is None or re.fullmatch(r"https?://[!-~]+", safe, re.IGNORECASE)
        assert safe is None or not set('<>|" ') & set(safe)


def test_a_link_in_the_text_is_labelled_and_one_too_long_for_it_is_not():
    assert link("https://a.example/?x=1&y=2", "a<b") == "<https://a.example/?x=1&amp;y=2|a&lt;b>"
    assert link("https://a.example/" + "a" * 700, "label") == "label"
    assert link(None, "label") == "label"


def test_only_a_users_id_is_a_mention():
    assert mention("U0123ABC") == "<@U0123ABC>"
    assert mention("!channel") == "!channel"
    assert mention("U1|<!here>") == "U1|&lt;!here&gt;"


@given(st.text(st.characters(codec=None)))
def test_any_title_can_be_searched_for(title):
    url = title_search(title)
    assert len(url) <= 1000
    assert safe_url(url) == url
