"""What of an entry Slack cannot show as it was meant, so that whoever wrote it can be told."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bot.digest.inline import Block, Piece, parse_blocks
from bot.digest.model import Entry

Reason = Literal["image", "formula"]

_SHOWN_ELSEWHERE = re.compile(r"https?://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Unshown:
    """A part of an entry that is shown otherwise."""

    reason: Reason
    """An ``image`` beside the note is shown by its name, a ``formula`` by its LaTeX."""
    text: str


def find_unshown(entry: Entry) -> tuple[Unshown, ...]:
    """The images and formulas that Slack cannot show as they were meant, each once."""
    found: dict[Unshown, None] = {}
    for text in (*entry.abstract, *(paragraph.text for paragraph in entry.commentary)):
        found.update(dict.fromkeys(_of_paragraph(text)))
    return tuple(found)


def _of_paragraph(text: str) -> Iterator[Unshown]:
    if not any(mark in text for mark in ("$", "\\", "![", "<img")):
        return
    for block in parse_blocks(text):
        for piece in _pieces(block):
            if piece.latex:
                yield Unshown("formula", piece.text)
            elif piece.link and (block.kind == "image" or "![" in text) and not _SHOWN_ELSEWHERE.match(piece.link):
                yield Unshown("image", piece.link)


def _pieces(block: Block) -> Iterator[Piece]:
    yield from block.pieces
    for row in block.rows:
        for cell in row:
            yield from cell
