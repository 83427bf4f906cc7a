import pytest

from bot.search.korean import bare, inflected, near_syllables, put_together, taken_apart


@pytest.mark.parametrize(
    ("text", "without"),
    [("모델을", "모델"), ("역치로", "역치"), ("문맥에서의", "문맥"), ("상태 공간은", "상태 공간"), ("뇌를", "뇌")],
)
def test_a_particle_is_taken_off(text: str, without: str) -> None:
    assert list(bare(text))[:2] == [text, without]


@pytest.mark.parametrize("text", ["모델", "수가", "moe", "를"])
def test_what_may_be_all_of_the_word_is_left(text: str) -> None:
    assert list(bare(text)) == [text]


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("지우기", "지울"),
        ("지우기", "지워"),
        ("뒤집기", "뒤집"),
        ("그리기", "그려"),
        ("읽기", "읽"),
        ("만들기", "만들"),
    ],
)
def test_a_verb_is_looked_for_as_sentences_have_it(typed: str, written: str) -> None:
    assert written in inflected(typed)


@pytest.mark.parametrize("word", ["기", "지우개", "크기", "moe기", "보기"])
def test_other_words_are_not_taken_for_verbs(word: str) -> None:
    assert list(inflected(word)) == []


def test_a_syllable_is_near_those_that_differ_in_one_letter() -> None:
    near = set(near_syllables("학"))
    assert {"막", "헉", "하", "한"} <= near
    assert not {"학", "먹", "한글"} & near
    assert len(near) == 18 + 20 + 27


def test_a_syllable_put_together_again_is_itself() -> None:
    assert all(put_together(*taken_apart(syllable)) == syllable for syllable in "가힣뷁쏼")
