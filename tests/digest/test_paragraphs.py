import pytest

from bot.digest.paragraphs import join_lines


@pytest.mark.parametrize(
    ("text", "paragraphs"),
    [
        pytest.param("one\ntwo\n\nthree", ["one", "two", "three"], id="a line each"),
        pytest.param("one\n  and more\ntwo", ["one and more", "two"], id="wrapped"),
        pytest.param("```py\na\n\nb\n```\nc", ["```py\na\n\nb\n```", "c"], id="fenced"),
        pytest.param("| a | b |\n|---|:-:|\n| 1 | 2 |\nend", ["| a | b |\n|---|:-:|\n| 1 | 2 |", "end"], id="table"),
        pytest.param("a | b\nc | d", ["a | b", "c | d"], id="bars without a rule"),
        pytest.param("$$\nx^2\n$$\nend", ["$$\nx^2\n$$", "end"], id="formula"),
        pytest.param("\\[\nx\n\\]", ["\\[\nx\n\\]"], id="LaTeX formula"),
        pytest.param("$$x$$\nend", ["$$x$$", "end"], id="formula in a line"),
        pytest.param("$$\nx\n\ny", ["$$", "x", "y"], id="formula that never ends"),
        pytest.param("- a\n- b", ["- a", "- b"], id="list"),
        pytest.param(
            "- a\n  - b\n    - c\n  - d\n- e", ["- a\n    - b\n        - c\n    - d", "- e"], id="nested list"
        ),
        pytest.param("1. a\n\t- b\n\t\tmore\n\t- c", ["1. a\n    - b more\n    - c"], id="tabs"),
        pytest.param("text\n  - a\n  - b", ["text", "- a", "- b"], id="items below a line"),
        pytest.param("  - a\n  - b", ["- a", "- b"], id="an indented list"),
    ],
)
def test_lines_are_joined_into_paragraphs(text, paragraphs):
    assert list(join_lines(text.split("\n"), 0)) == paragraphs
