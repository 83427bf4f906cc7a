from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from bot.digest.model import StoredEntry
from bot.search.glossary import parse_glossary
from bot.search.grammar import parse_query
from bot.search.reading import COUNTED, MOST_CORRECTED, Reading, read
from tests.search.memory import MemoryArchive

Make = Callable[..., StoredEntry]

GLOSSARY = parse_glossary(
    "확산 모델\tdiffusion model;ddpm\n확산\tdiffusion\n잡음;노이즈\tnoise\n"
    "비전 트랜스포머\tvision transformer;vit\n표\ttable\n강화학습\treinforcement learning\n"
)
TEXT = (
    "목표 diffusion model noise, vision transformers, tables, state-space models, GANSpace; 상태 공간 상태공간 상태공간"
    " 병렬 코퍼스 정렬 모델 지워야 역치 reinforcement learning"
)


@pytest.fixture
def archive(stored: Make) -> MemoryArchive:
    made = [stored(f"T{n}", abstract=TEXT, tags=("state_space_model", "ssm")) for n in range(4)]
    return MemoryArchive([replace(one, id=n, key=str(n)) for n, one in enumerate(made)])


def understand(query: str, archive: MemoryArchive) -> Reading:
    return read(parse_query(query, today=date(2024, 4, 15)).tree, archive, GLOSSARY)


def forms(reading: Reading, first: int, last: int) -> set[str]:
    return {form.text for term in reading.terms if (term.first, term.last) == (first, last) for form in term.forms}


@pytest.mark.parametrize(
    ("query", "first", "last", "form"),
    [
        pytest.param("확산", 0, 1, "diffusion", id="a translation"),
        pytest.param("확산 모델", 0, 2, "diffusion model", id="of a phrase, as one"),
        pytest.param("확산모델", 0, 1, "diffusion model", id="of a phrase written together"),
        pytest.param("noise", 0, 1, "잡음", id="not of what the archive lacks"),
        pytest.param("표를", 0, 1, "table", id="of a word of one syllable with its particle"),
        pytest.param("vit", 0, 1, "vision transformer", id="the long for a short"),
        pytest.param("gan space", 0, 2, "ganspace", id="glued"),
        pytest.param("상태공간", 0, 1, "상태 공간", id="split"),
        pytest.param("wjdfuf", 0, 1, "정렬", id="the other layout"),
        pytest.param("diffusoin", 0, 1, "diffusion", id="corrected"),
        pytest.param("지우기", 0, 1, "지워", id="a verb in a sentence"),
        pytest.param("역치로", 0, 1, "역치", id="without its particle"),
        pytest.param("ssm", 0, 1, "stat spac model", id="a tag by its first letters"),
        pytest.param("state space model", 0, 3, "ssm", id="the first letters of a tag"),
    ],
)
def test_looks_for_a_word_in_other_forms(archive: MemoryArchive, query: str, first: int, last: int, form: str) -> None:
    assert (form in forms(understand(query, archive), first, last)) == (query != "noise")


def test_a_word_of_one_syllable_stands_for_nothing(archive: MemoryArchive) -> None:
    """It would be found inside of others."""
    assert forms(understand("table", archive), 0, 1) == {"table"}


def test_an_unknown_compound_is_read_as_its_words(archive: MemoryArchive) -> None:
    reading = understand("병렬코퍼스 강화학습정렬", archive)
    assert reading.words == ("병렬", "코퍼스", "강화학습", "정렬")
    assert "병렬코퍼스" in forms(reading, 0, 2)
    assert "reinforcement learning" in forms(reading, 2, 3)


def test_says_what_it_made_of_the_words(archive: MemoryArchive) -> None:
    made = understand("wjdfuf diffusoin 잡음", archive).understood
    assert made.turned == (("wjdfuf", "정렬"),)
    assert made.corrected == (("diffusoin", "diffusion"),)
    assert made.translated == (("잡음", "noise"),)


def test_so_many_slips_are_mended_and_no_long_word_is_taken_apart(archive: MemoryArchive) -> None:
    typed = [letter + "iffusion" for letter in "abcefghijklm"]
    made = understand(" ".join(typed), archive).understood
    assert [word for word, _ in made.corrected] == typed[:MOST_CORRECTED]
    assert len(understand("병렬코퍼스" * 3, archive).words) == 6
    assert len(understand("병렬코퍼스" * 4, archive).words) == 1


def test_a_name_spelled_by_its_sound_is_that_name(stored: Make) -> None:
    titles = ("ThunderKittens", "Pegasus-1", "Reading a Mind", "Stable Llama", "제가시스")
    archive = MemoryArchive([replace(stored(title), id=n, key=str(n)) for n, title in enumerate(titles)])
    reading = understand("썬더키튼을 페가수스 하다", archive)
    assert forms(reading, 0, 1) >= {"thunderkittens"}
    assert forms(reading, 1, 2) >= {"pegasus"}
    assert reading.understood.corrected == ()
    assert reading.understood.translated == (("썬더키튼을", "thunderkittens"), ("페가수스", "pegasus"))
    assert [form.text for term in reading.terms[2:] for form in term.forms] == ["하다"]


def test_a_word_that_is_written_is_not_turned(archive: MemoryArchive, stored: Make) -> None:
    assert understand("wjdfuf", archive).understood.turned
    assert not understand("wjdfuf", MemoryArchive([stored("wjdfuf 정렬")])).understood.turned


def test_hangul_and_a_number_that_nobody_wrote_together_are_two_words(stored: Make) -> None:
    archive = MemoryArchive([stored("Llama 2")])
    reading = understand("라마2", archive)
    assert reading.words == ("라마", "2")
    assert forms(reading, 0, 2) == {"라마2"}
    assert understand("라마2", MemoryArchive([stored("라마 2")])).words == ("라마2",)
    inside = [replace(stored("2 그라마"), id=n, key=str(n)) for n in range(COUNTED + 1)]
    assert understand("라마2", MemoryArchive(inside)).words == ("라마", "2")


def test_a_word_that_is_written_so_is_not_taken_for_what_it_sounds_like(stored: Make) -> None:
    made = [stored(f"라마 {n}") for n in range(3)] + [stored("Llama")]
    archive = MemoryArchive([replace(one, id=n, key=str(n)) for n, one in enumerate(made)])
    assert forms(understand("라마", archive), 0, 1) == {"라마"}


def test_words_the_archive_knows_are_not_corrected(archive: MemoryArchive) -> None:
    made = understand("tables model 상태 글과", archive).understood
    assert made.corrected == made.turned == ()


def test_a_word_that_only_the_glossary_knows_is_no_slip(archive: MemoryArchive) -> None:
    assert understand("노이즈", archive).understood.corrected == ()


def test_only_bare_words_are_taken_to_mean_more(archive: MemoryArchive) -> None:
    reading = understand('"확산 모델" title:확산 (확산 OR 표) -표', archive)
    assert reading.loose == frozenset()
    assert [form.how for term in reading.terms for form in term.forms] == ["typed"] * 4


def test_nothing_stands_for_words_that_something_parts(archive: MemoryArchive) -> None:
    assert forms(understand("확산 tag:ssm 모델", archive), 0, 2) >= {"diffusion model"}
    assert forms(understand('확산 "noise" 모델', archive), 0, 3) == set()
