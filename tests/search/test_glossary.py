from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.search.glossary import Glossary, Problem, key, parse_glossary

TEXT = """# a comment
상태 공간 모델\tstate-space model;ssm
확산;디퓨전\tdiffusion

추론\treasoning
추론\tinference
배경 제거;매팅\tmatting
"""


def names(glossary: Glossary, text: str, *, same: bool = True) -> list[str]:
    return [name.text for name in glossary.of(text) if name.same == same]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("확산", ["diffusion"], id="from Korean"),
        pytest.param("diffusion", ["확산", "디퓨전"], id="from English"),
        pytest.param("상태공간모델", ["state-space model", "ssm"], id="written together"),
        pytest.param(
            "State Space Models", ["상태 공간 모델", "ssm"], id="spaces for hyphens, another form, the short for it"
        ),
        pytest.param("statespacemodel", ["상태 공간 모델", "ssm"], id="English written together"),
        pytest.param("추론", ["reasoning", "inference"], id="every sense"),
        pytest.param("matted", ["배경 제거", "매팅"], id="another form of the same word"),
        pytest.param("matter", [], id="a word that only shares its stem"),
        pytest.param("absent", [], id="a word that is not there"),
    ],
)
def test_gives_the_other_names(text: str, expected: list[str]) -> None:
    assert names(parse_glossary(TEXT), text) == expected


def test_words_of_one_side_are_only_near_each_other() -> None:
    assert names(parse_glossary(TEXT), "확산", same=False) == ["디퓨전"]


@pytest.mark.parametrize(
    "line",
    [
        "확산 diffusion",
        "확산\t",
        "\tdiffusion",
        "diffusion\t확산",
        "확산\tdiffusion\tddpm",
        "확산\t디퓨전",
        "확\t" + "x" * 70,
    ],
)
def test_a_bad_line_is_left_out_and_named(line: str) -> None:
    glossary = parse_glossary(f"# first\n{line}\n잡음\tnoise\n")
    assert [problem.line for problem in glossary.problems] == [2]
    assert names(glossary, "잡음") == ["noise"]


def test_a_problem_shows_the_line() -> None:
    assert parse_glossary("확산 diffusion").problems == (Problem(1, "확산 diffusion"),)


def test_windows_line_ends_and_marks_are_no_problem() -> None:
    assert names(parse_glossary("\ufeff확산\tdiffusion\r\n"), "확산") == ["diffusion"]


@given(st.text(max_size=60))
def test_no_text_stops_it(text: str) -> None:
    glossary = parse_glossary(text)
    assert glossary.of(text) == glossary.of(text)


@pytest.mark.parametrize("text", ["확산 모델", "Fine-tuning", "multi-head latent attention", "사후 학습", "series"])
def test_a_key_does_not_depend_on_spaces_hyphens_and_case(text: str) -> None:
    assert key(text) == key(text.upper()) == key(text.replace("-", " ")) == key(text.replace(" ", "-"))


def test_the_file_we_ship_is_read_to_its_last_line() -> None:
    text = (Path(__file__).parents[2] / "config" / "glossary.tsv").read_text(encoding="utf-8")
    glossary = parse_glossary(text)
    assert glossary.problems == ()
    assert len(glossary.senses) > 6000
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert len(lines) == len(set(lines))


def test_the_file_we_ship_lists_a_form_once_a_line() -> None:
    """Of two with the same key the last hides the first: ``masking;masked`` would not know masking."""
    text = (Path(__file__).parents[2] / "config" / "glossary.tsv").read_text(encoding="utf-8")
    twice = [
        line
        for line in text.splitlines()
        if not line.startswith("#")
        for side in line.split("\t")
        if len({key(form) for form in side.split(";")}) < len(side.split(";"))
    ]
    assert twice == []
