import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.search.keyboard import turned


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        pytest.param("wjdfuf", "정렬", id="Korean on Latin keys"),
        pytest.param("ㅡㅐㄷ", "moe", id="Latin on Korean keys, loose letters"),
        pytest.param("샤ㅜㅛㄴ새갿ㄴ", "tinystories", id="Latin on Korean keys, letters that made syllables"),
        pytest.param("RkRrl", "깎기", id="with the shift key"),
        pytest.param("rhksrP", "관계", id="a vowel of two keys"),
        pytest.param("dlfrrl", "읽기", id="a tail of two keys"),
        pytest.param("rkqtdms", "값은", id="a tail of two keys before a lead"),
        pytest.param("ㅎㅔㅅ-4", "gpt-4", id="digits and hyphens stay"),
        pytest.param("3ckdnjs", "3차원", id="a digit before Korean"),
        pytest.param("rmf", "글", id="one syllable alone"),
    ],
)
def test_a_word_of_the_other_layout_is_turned(typed: str, meant: str) -> None:
    assert turned(typed)[0] == meant


def test_a_capital_at_the_start_may_be_the_telephones() -> None:
    assert turned("Wjdfuf") == ("쩡렬", "정렬")


@pytest.mark.parametrize(
    "word", ["hello", "moe", "transformer", "Rho-1", "4rmf", "gksr ", "정렬 moe", "é", "4", "-", "", "日本"]
)
def test_what_is_no_word_there_is_not_turned(word: str) -> None:
    assert turned(word) == ()


@given(st.text(alphabet=[chr(letter) for letter in range(0xAC00, 0xD7A4)], min_size=1, max_size=8))
def test_hangul_turned_twice_is_itself(word: str) -> None:
    (typed,) = turned(word)
    # Case is lost on the way to Latin letters, and with it the doubled consonants that the shift key makes.
    assert turned(typed)[:1] == (word,) or any(letter in _shifted() for letter in word)


def _shifted() -> str:
    """The syllables with a letter that needs the shift key."""
    return "".join(
        chr(0xAC00 + place)
        for place in range(11172)
        if place // 588 in (1, 4, 8, 10, 13) or place // 28 % 21 in (3, 7) or place % 28 in (2, 20)
    )
