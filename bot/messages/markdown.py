"""A paragraph of commentary, its Markdown read, as chunks that can be measured, cut and shown."""

from collections.abc import Sequence
from functools import lru_cache

from bot.digest.inline import BlockKind, Piece, parse_blocks
from bot.messages.limits import clean
from bot.messages.mrkdwn import safe_url
from bot.messages.richtext import Chunk, Kind, Leaf, Passage

_KINDS: dict[BlockKind, Kind] = {
    "paragraph": "text",
    "bullet": "bullet",
    "ordered": "ordered",
    "quote": "quote",
    "code": "code",
}


@lru_cache(maxsize=256)  # a paper's commentary is looked at for its card, its menu and its thread
def passage(text: str) -> Passage:
    """The paragraph with the emphasis, lists, quotes, code and links its curator wrote; an empty item has its mark."""
    return Passage(
        tuple(
            Chunk(_leaves(block.pieces), _KINDS[block.kind], block.indent, block.number) for block in parse_blocks(text)
        )
    )


def _leaves(pieces: Sequence[Piece]) -> tuple[Leaf, ...]:
    leaves: list[Leaf] = []
    for piece, following in zip(pieces, (*pieces[1:], None), strict=True):
        url = safe_url(piece.link) if piece.link else None
        text = clean(piece.text)
        bare = url is not None and piece.text == piece.link
        leaves.append(Leaf(text, piece.bold, piece.italic, piece.code, url, bare))
        ends = following is None or following.link != piece.link
        if piece.link and url is None and piece.link != piece.text and ends:
            leaves.append(Leaf(f" ({clean(piece.link)})"))  # may not be followed, and is not lost either
    return tuple(leaves)
