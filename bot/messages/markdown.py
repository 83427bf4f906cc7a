"""A paragraph of Markdown, read, as chunks that can be measured, cut and shown."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from bot.digest.inline import Block, BlockKind, Piece, parse_blocks, readable_line
from bot.messages.limits import clean
from bot.messages.mrkdwn import safe_url
from bot.messages.richtext import Chunk, Kind, Leaf, Passage
from bot.messages.tables import aligned

RULE = "———"

_KINDS: dict[BlockKind, Kind] = {
    "paragraph": "text",
    "bullet": "bullet",
    "ordered": "ordered",
    "quote": "quote",
    "code": "code",
}
# What Slack shows of an image it fetches itself: https://docs.slack.dev/reference/block-kit/blocks/image-block
_IMAGE_ENDINGS = (".png", ".jpg", ".jpeg", ".gif")


@lru_cache(maxsize=256)  # a paper's commentary is looked at for its card, its menu and its thread
def passage(text: str, footnotes: Sequence[str] = ()) -> Passage:
    """The paragraph as its curator meant it: emphasis, lists, quotes, code, links, formulas, tables, images.

    ``footnotes`` (a tuple) names the footnotes of the whole text. An empty list item has its mark.
    """
    return Passage(tuple(_chunk(block) for block in parse_blocks(text, footnotes)))


def plain_line(text: str) -> str:
    """One line that is no Markdown, such as a title, with its formulas readable."""
    return " ".join(clean(readable_line(text)).split())


def _chunk(block: Block) -> Chunk:
    match block.kind:
        case "table":
            rows = tuple(tuple(_leaves(cell) for cell in row) for row in block.rows)
            return Chunk((Leaf(aligned(rows)),), "table", block.indent, rows=rows, aligns=block.aligns)
        case "image":
            return _image(block)
        case "rule":
            return Chunk((Leaf(RULE),), "rule")
        case kind:
            return Chunk(_leaves(block.pieces), _KINDS[kind], block.indent, block.number)


def _image(block: Block) -> Chunk:
    """An image that Slack can fetch; of any other its caption, leading to it where that can be followed."""
    piece = block.pieces[0]
    address = piece.link or ""
    caption = clean(piece.text).strip()
    url = safe_url(address)
    if url is None:
        return Chunk((Leaf(caption or clean(address) or "?", italic=True),))
    if not _is_fetched(url):
        return Chunk((Leaf(caption or url, italic=bool(caption), link=url, bare=not caption),))
    return Chunk((Leaf(caption or url, link=url, bare=not caption),), "image", image=url)


def _is_fetched(url: str) -> bool:
    """Whether Slack can be expected to show it: https, at a public name, a kind of picture that it knows."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        is_public = ip_address(host).is_global
    except ValueError:
        is_public = "." in host.strip(".") and not host.endswith((".local", ".internal", ".localhost", ".lan"))
    return parts.scheme == "https" and is_public and parts.path.lower().endswith(_IMAGE_ENDINGS)


def _leaves(pieces: Sequence[Piece]) -> tuple[Leaf, ...]:
    return tuple(_each_leaf(pieces))


def _each_leaf(pieces: Sequence[Piece]) -> Iterator[Leaf]:
    for piece, following in zip(pieces, (*pieces[1:], None), strict=True):
        url = safe_url(piece.link) if piece.link else None
        bare = url is not None and piece.text == piece.link
        yield Leaf(clean(piece.text), piece.bold, piece.italic, piece.code, url, bare, strike=piece.strike)
        ends = following is None or following.link != piece.link
        if piece.link and url is None and piece.link != piece.text and ends:
            yield Leaf(f" ({clean(piece.link)})")  # may not be followed, and is not lost either
