import pytest

from bot.messages.richtext import Leaf
from bot.messages.tables import WIDTH, aligned, width


def table(*rows):
    return [[(Leaf(cell),) for cell in row] for row in rows]


def test_cells_stand_below_one_another_and_hangul_takes_two_columns():
    assert aligned(table(("이름", "n"), ("a", "12"))).split("\n") == ["이름 | n", "-----+---", "a    | 12"]


def test_a_wide_table_is_not_aligned():
    assert aligned(table(("a", "b"), ("x" * WIDTH, "c"))) == f"a | b\n{'x' * WIDTH} | c"


@pytest.mark.parametrize(("text", "columns"), [("abc", 3), ("한글", 4), ("e\u0301", 1), ("𝒪(n²)", 5)])
def test_width_counts_columns(text, columns):
    assert width(text) == columns
