"""Markdown as the curators write it, read into pieces and blocks that a message can be laid out from.

CommonMark with what Obsidian adds: tables, strike-through, highlights, task lists, callouts, footnotes, embedded files,
formulas, and the HTML that people write in notes (`inline_rules`). No word is lost.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Literal

from bot.digest.inline_rules import add_rules

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

BlockKind = Literal["paragraph", "bullet", "ordered", "quote", "code", "table", "image", "rule"]
Cell = tuple["Piece", ...]
Align = Literal["left", "center", "right"]

MARKDOWN_CHARS = 20_000  # markdown-it's time grows faster than its input; the longest real commentary has 14,191
BRACKETS, MARKS = 200, 2_000  # each open bracket is tried with what follows it; curators write a dozen
_DEEP = re.compile(r"^(?:[ \t]{0,8}(?:>|[-*+]|[0-9]{1,9}[.)])){9}|^[ \t]{33}", re.MULTILINE)
_TASK = re.compile(r"\[([ xX/-])\]\s+")
_CALLOUT = re.compile(r"\[!([\w-]{1,30})(?:\|[^\[\]]{0,30})?\][+-]?[ \t]*")
_BLOCK_ID = re.compile(r"(?:^|(?<=\s))\^[A-Za-z0-9-]{2,40}\s*\Z")
_FOOTNOTE = re.compile(r"\[\^([^\]\s\[]{1,40})\](:?)")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text in one style."""

    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False
    link: str | None = None
    """Where it leads. A bare link is a piece whose text is its link."""
    strike: bool = False
    latex: bool = False
    """A formula that stays LaTeX, because no line of text says the same; shown as code."""


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, list item, quoted paragraph, code block, table, image or rule."""

    kind: BlockKind
    pieces: tuple[Piece, ...]
    """Of an image, one: its caption (which may be empty), and where it is."""
    indent: int = 0
    """How deep the list is that this stands in, from 0."""
    number: int = 1
    """Of an item in an ordered list, as written."""
    rows: tuple[tuple[Cell, ...], ...] = ()
    """Of a table, its head first; each row has as many cells as the head."""
    aligns: tuple[Align, ...] = ()
    """Of a table's columns."""

    @property
    def text(self) -> str:
        """Its words without their styles."""
        if self.rows:
            return "\n".join(" | ".join(_text(cell) for cell in row) for row in self.rows)
        return _text(self.pieces)


def _text(pieces: Iterable[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def parse_blocks(text: str, footnotes: Sequence[str] = ()) -> tuple[Block, ...]:
    """The blocks of Markdown text. What is nested absurdly deep, or longer than anyone writes, is plain text.

    ``footnotes`` are the names of the footnotes that the whole text has, in the order of their numbers.
    """
    if not text.strip():
        return ()
    if _is_slow(text) or _DEEP.search(text):
        return (Block("paragraph", _plain(text)),)
    numbers = {name: number for number, name in enumerate(footnotes, 1)}
    try:
        return tuple(_blocks(_parser().parse(_BLOCK_ID.sub("", text), {"footnotes": numbers})))
    except RecursionError:
        return (Block("paragraph", _plain(text)),)


def find_footnotes(paragraphs: Iterable[str]) -> tuple[str, ...]:
    """The names of the footnotes that the paragraphs have (``[^name]: …``), in the order of the references to them."""
    referred: dict[str, None] = {}
    defined: set[str] = set()
    for paragraph in paragraphs:
        if "[^" not in paragraph:
            continue
        for found in _FOOTNOTE.finditer(paragraph):
            if found[2] and found.start() == 0:
                defined.add(found[1])
            else:
                referred[found[1]] = None
    return tuple(name for name in referred if name in defined)


def readable_line(text: str) -> str:
    """One line that is no Markdown, such as a title, with its formulas and LaTeX commands as readable text."""
    if not ("$" in text or "\\" in text) or _is_slow(text):
        return text
    try:
        tokens = _line_parser().parseInline(text)
    except RecursionError:
        return text
    return _text(_pieces(tokens[0].children or ())) or text


def _is_slow(text: str) -> bool:
    return len(text) > MARKDOWN_CHARS or text.count("[") > BRACKETS or text.count("*") + text.count("_") > MARKS


def _plain(text: str) -> tuple[Piece, ...]:
    return (Piece(text.strip()),) if text.strip() else ()


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # 2 MB and 45 ms that only laying out needs

    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 100})
    # Each of these would swallow or reshape what people write as words: "[1]: …", indented lines.
    parser.disable(["reference", "lheading", "code"])
    parser.enable(["table", "strikethrough"])
    add_rules(parser)
    return parser


@cache
def _line_parser() -> "MarkdownIt":
    """Reads formulas and LaTeX, and nothing else."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("zero")
    add_rules(parser)
    parser.inline.ruler.enableOnly(["text", "formula", "latex", "tie"])
    parser.inline.ruler2.enableOnly([])
    return parser


@dataclass(slots=True)
class _Style:
    """The marks that are open, each as often as it was opened."""

    bold: int = 0
    italic: int = 0
    strike: int = 0
    links: list[str] = field(default_factory=list)

    def piece(self, text: str, kind: str = "text", link: str = "") -> Piece:
        link = link or (self.links[-1] if self.links else "")
        code = kind in ("code_inline", "formula")
        return Piece(text, self.bold > 0, self.italic > 0, code, link or None, self.strike > 0, kind == "formula")


def _pieces(tokens: "Iterable[Token]") -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    style = _Style()
    before = 0
    for token in tokens:
        kind, step = token.type, token.nesting
        if kind in ("strong_open", "strong_close"):
            style.bold += step
        elif kind in ("em_open", "em_close"):
            style.italic += step
        elif kind in ("s_open", "s_close"):
            style.strike += step
        elif kind == "link_open":
            style.links.append(str(token.attrs.get("href", "")))
            before = len(pieces)
        elif kind == "link_close":
            link = style.links.pop()
            if not any(piece.text for piece in pieces[before:]):
                pieces.append(replace(style.piece(link), link=link))
        elif kind == "image":
            source = str(token.attrs.get("src", ""))
            link = style.links[-1] if style.links else source
            pieces.append(style.piece(token.content or source, link=link))
        elif kind in ("softbreak", "hardbreak"):
            pieces.append(style.piece("\n"))
        else:
            pieces.append(style.piece(token.content, kind))
    return _merged(pieces)


def _merged(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    merged: list[Piece] = []
    for piece in pieces:
        if merged and replace(merged[-1], text=piece.text) == piece and not piece.code:
            merged[-1] = replace(piece, text=merged[-1].text + piece.text)
        elif piece.text:
            merged.append(piece)
    return tuple(merged)


def _images(tokens: "Sequence[Token]") -> list[Piece]:
    """The images of a paragraph that holds nothing else."""
    shown = [token for token in tokens if token.type not in ("softbreak", "hardbreak", "link_open", "link_close")]
    shown = [token for token in shown if token.type != "text" or token.content.strip()]
    if not shown or any(token.type != "image" for token in shown):
        return []
    return [Piece(token.content, link=str(token.attrs.get("src", ""))) for token in shown]


class _Reader:
    """Walks over the tokens of blocks, and gives the block that each piece of text makes."""

    def __init__(self) -> None:
        self._lists: list[str] = []
        self._kind: BlockKind = "paragraph"
        self._number = 1
        self._mark = ""  # of a list item that has shown nothing yet: its first paragraph bears it, or it stands alone
        self._quotes = 0
        self._quoted = ""  # the mark of a quote that has shown nothing yet
        self._heading = ""
        self._rows: list[list[Cell]] | None = None
        self._aligns: list[Align] = []

    @property
    def _indent(self) -> int:
        return max(len(self._lists) - 1, 0)

    def read(self, token: "Token") -> Iterator[Block]:
        kind = token.type
        if self._rows is not None or kind == "table_open":
            yield from self._read_table(token)
        elif kind == "list_item_open":
            self._kind = "ordered" if self._lists[-1] == "ordered_list_open" else "bullet"
            self._number = int(token.info) if token.info else 1
            self._mark = token.info + token.markup
        elif kind == "blockquote_open":
            self._quotes += 1
            self._quoted = token.markup
        elif kind in ("heading_open", "heading_close"):
            self._heading = token.markup if token.nesting > 0 else ""
        elif kind == "inline":
            yield from self._read_text(token)
        else:
            yield from self._read_other(token)

    def _read_text(self, token: "Token") -> Iterator[Block]:
        children = token.children or []
        if not self._heading and not self._quotes and (images := _images(children)):
            yield from (Block("image", (image,), self._indent) for image in images)
            self._mark = ""
            return
        pieces = _pieces(children)
        if not any(piece.text.strip() for piece in pieces):
            if any(child.type == "hidden" for child in children):
                return
            pieces = _plain(token.content or self._heading)  # "[]()" and the like: as it is written
        if self._heading:
            pieces = tuple(replace(piece, bold=True) for piece in pieces)
        if not pieces:  # white space of other kinds than Markdown's, such as a form feed, shows nothing
            return
        if self._mark:
            pieces = _with_box(pieces)
        elif self._quoted:
            pieces = _with_callout_title(pieces)
        kind: BlockKind = self._kind if self._mark else "quote" if self._quotes else "paragraph"
        yield Block(kind, pieces, self._indent, self._number if self._mark else 1)
        self._mark = self._quoted = ""

    def _read_other(self, token: "Token") -> Iterator[Block]:
        kind = token.type
        if self._mark and kind != "paragraph_open":
            yield Block("paragraph", (Piece(self._mark),), self._indent)
            self._mark = self._quoted = ""
        if kind in ("fence", "code_block"):
            code = _plain(token.content.rstrip("\n")) or _plain(token.markup + token.info)
            yield Block("code", code, self._indent)
            self._quoted = ""
        elif kind == "hr":
            yield Block("rule", (Piece(token.markup),), self._indent)
            self._quoted = ""
        elif kind in ("bullet_list_open", "ordered_list_open"):
            self._lists.append(kind)
        elif kind in ("bullet_list_close", "ordered_list_close"):
            self._lists.pop()
        elif kind == "blockquote_close":
            self._quotes -= 1
            if self._quoted:
                yield Block("quote", (Piece(self._quoted),), self._indent)
                self._quoted = ""

    def _read_table(self, token: "Token") -> Iterator[Block]:
        if self._rows is None:
            self._rows, self._aligns = [], []
        elif token.type == "tr_open":
            self._rows.append([])
        elif token.type == "th_open":
            style = str(token.attrs.get("style", ""))
            self._aligns.append("right" if "right" in style else "center" if "center" in style else "left")
        elif token.type == "inline":
            self._rows[-1].append(_pieces(token.children or ()))
        elif token.type == "table_close":
            rows = tuple(tuple(row) for row in self._rows)
            yield Block("table", (), self._indent, rows=rows, aligns=tuple(self._aligns))
            self._rows = None
            self._mark = self._quoted = ""


def _blocks(tokens: "Iterable[Token]") -> Iterator[Block]:
    reader = _Reader()
    for token in tokens:
        yield from reader.read(token)


_BOXES = {" ": "☐ ", "x": "☑ ", "X": "☑ ", "/": "◪ ", "-": "☒ "}


def _with_box(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """An item of a task list, with a box that is ticked or not."""
    first = pieces[0]
    if first.code or not (task := _TASK.match(first.text)):
        return pieces
    return (replace(first, text=_BOXES[task[1]] + first.text[task.end() :]), *pieces[1:])


def _with_callout_title(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """The first paragraph of a callout (``> [!note] Title``), its title bold, its kind where it has none."""
    first = pieces[0]
    if first.code or not (mark := _CALLOUT.match(first.text)):
        return pieces
    rest = [replace(first, text=first.text[mark.end() :]), *pieces[1:]]
    title: list[Piece] = []
    while rest and "\n" not in rest[0].text:
        title.append(rest.pop(0))
    if rest:
        end, _, following = rest[0].text.partition("\n")
        title.append(replace(rest[0], text=end))
        rest[0] = replace(rest[0], text="\n" + following)
    if not _text(title).strip():
        title = [Piece(mark[1].replace("-", " ").capitalize())]
    return _merged([*(replace(piece, bold=True) for piece in title), *rest])
