from collections.abc import Callable

import pytest

from bot.digest.model import StoredEntry
from bot.search.spelling import corrections
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
