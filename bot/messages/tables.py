"""A table as aligned lines of text, where Slack's own table cannot stand."""

import unicodedata
from collections.abc import Sequence
from typing import Protocol

WIDTH = 90  # Columns; a wider table would be wrapped in the middle of its rows.


class HasText(Protocol):
    """A stretch of a cell."""

    @property
    def text(self) -> str: ...


def aligned(rows: Sequence[Sequence[Sequence[HasText]]]) -> str:
    """The rows as lines, cells below one another, a line of dashes below the head; for letters of one width.

    Hangul takes two columns. A table that is too wide has its cells side by side, without alignment.
    """
    cells = [[" ".join("".join(part.text for part in cell).split()) for cell in row] for row in rows]
    widths = [max(width(row[column]) for row in cells) for column in range(len(cells[0]))] if cells else []
    if sum(widths) + 3 * len(widths) > WIDTH:
        return "\n".join(" | ".join(row) for row in cells)
    lines = [" | ".join(_padded(cell, most) for cell, most in zip(row, widths, strict=True)).rstrip() for row in cells]
    return "\n".join([lines[0], "-+-".join("-" * most for most in widths), *lines[1:]])


def width(text: str) -> int:
    """How many columns the text takes where every letter has one width, and East Asian ones have two."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    none = sum(unicodedata.category(char) in ("Mn", "Me", "Cf") for char in text)
    return len(text) + wide - none


def _padded(text: str, most: int) -> str:
    return text + " " * (most - width(text))
