from collections.abc import Callable

import pytest

from bot.digest.model import StoredEntry
from bot.search.spelling import USUAL, corrections, usual
from tests.search.memory import MemoryArchive

Make = Callable[..., StoredEntry]


@pytest.fixture
def archive(stored: Make) -> MemoryArchive:
    text = (
        "Denoising transformers by quantization, a discriminator, calibration losses and rotary embedding;"
        " Linformer, Bochkovskiy, dense; 캘리브레이션 재귀적 트랜스포머 강화학습 할루시네이션 크라우드워커 결과"
    )
    return MemoryArchive([stored("Words", abstract=text)])


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        pytest.param("linfromer", "linformer", id="two letters swapped"),
        pytest.param("transfomer", "transformer", id="a letter left out"),
        pytest.param("quantizaation", "quantization", id="a letter doubled"),
        pytest.param("discriminater", "discriminator", id="a letter replaced, the endings not alike"),
        pytest.param("bochkovsky", "bochkovskiy", id="a name"),
        pytest.param("denosing", "denoising", id="a letter left out rather than added"),
        pytest.param("callibratoin", "calibration", id="two slips in a long word"),
        pytest.param("rotray-embedding", "rotary embedding", id="one part of a word"),
        pytest.param("캘리브래이션", "캘리브레이션", id="a vowel"),
        pytest.param("제귀적", "재귀적", id="a vowel at the start"),
        pytest.param("크라우드웍커", "크라우드워커", id="a tail too many"),
        pytest.param("할루네이션", "할루시네이션", id="a syllable left out"),
        pytest.param("강학화습", "강화학습", id="two syllables swapped"),
        pytest.param("트렌스포모", "트랜스포머", id="two slips apart from each other"),
    ],
)
def test_a_slip_is_corrected(archive: MemoryArchive, typed: str, meant: str) -> None:
    assert corrections(typed, archive)[0].text == meant


@pytest.mark.parametrize("typed", ["linformer", "moe", "zzzzzzzz", "완전히다른", "뷁", "", "!?", "2024"])
def test_what_is_known_short_or_far_from_everything_is_left(archive: MemoryArchive, typed: str) -> None:
    assert corrections(typed, archive) == []


def test_says_how_many_slips(archive: MemoryArchive) -> None:
    assert [corrections(typed, archive)[0].slips for typed in ("linfromer", "callibratoin", "트렌스포모")] == [1, 2, 2]


def test_of_equals_the_commoner_word_comes_first(stored: Make) -> None:
    archive = MemoryArchive([stored("gate"), stored("rate"), stored("rate")])
    assert [one.text for one in corrections("xate", archive)] == ["rate", "gate"]


@pytest.mark.parametrize(
    ("typed", "written", "common", "offered"),
    [
        pytest.param("transfomer", "transfomer", "transformer", "transformer", id="a letter left out"),
        pytest.param("diffussion", "diffussion", "diffusion", "diffusion", id="a letter doubled"),
        pytest.param("attnetion", "attnetion", "attention", "attention", id="two letters swapped"),
        pytest.param("트렌스포머", "트렌스포머", "트랜스포머", "트랜스포머", id="a vowel"),
        pytest.param("samba", "samba", "mamba", None, id="another name"),
        pytest.param("linformer", "linformer", "informer", None, id="a letter more"),
        pytest.param("codesign", "codesign", "coding", None, id="a word whose other form is a slip away"),
    ],
)
def test_the_usual_word_is_offered_for_a_slip_that_was_made_before(
    stored: Make, typed: str, written: str, common: str, offered: str | None
) -> None:
    archive = MemoryArchive([stored(written), *(stored(f"{common} {number}") for number in range(USUAL))])
    assert usual(typed, 1, archive) == offered


def test_a_word_that_is_not_far_commoner_is_not_offered(stored: Make) -> None:
    archive = MemoryArchive([stored("transfomer"), *(stored("transformer") for _ in range(USUAL - 1))])
    assert usual("transfomer", 1, archive) is None


@pytest.mark.parametrize(
    ("typed", "text", "meant"),
    [
        pytest.param("학슴", "학습 결과", ["학습"], id="a key beside the right one"),
        pytest.param("모댈", "작은 모델이 큰 모델의 지식을 배웁니다.", ["모델"], id="a noun with its particle"),
        pytest.param("다오", "했다고 한다고 하다고", [], id="a name that is nearly an ending of verbs"),
        pytest.param("다오", "다소 어렵다", [], id="a name that is no slip of the fingers"),
        pytest.param("나우", "나운다", [], id="the beginning of a verb"),
    ],
)
def test_a_short_word_is_only_corrected_to_another_word(stored: Make, typed: str, text: str, meant: list[str]) -> None:
    archive = MemoryArchive([stored("A title", commentary=text)])
    assert [one.text for one in corrections(typed, archive)] == meant
