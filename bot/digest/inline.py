"""Markdown as the curators write it, read into pieces and blocks that a message can be laid out from.

Nothing is interpreted beyond emphasis, code, links, lists, quotes and fences; formulas, HTML and bare links stay as
they stand, and no word is lost.
"""

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

BlockKind = Literal["paragraph", "bullet", "ordered", "quote", "code"]

MARKDOWN_CHARS = 20_000  # markdown-it's time grows faster than its input; the longest real commentary has 14,191
BRACKETS, MARKS = 200, 2_000  # each open bracket is tried with what follows it; curators write a dozen
FORMULA_CHARS = 1_000  # how far a closing $ is looked for
FORMULA_TRIES = 8
_MARKS_IN_A_ROW = re.compile(r"(?:(?:[-*+]|[0-9]{1,9}[.)])(?:[ \t]{1,8}|$)){2}")
_DEEP = re.compile(r"^(?:[ \t]{0,8}(?:>|[-*+]|[0-9]{1,9}[.)])){9}|^[ \t]{33}", re.MULTILINE)
# A Korean particle ends a link ("https://a.b를"), a Korean path begins after a slash.
_URL = re.compile(r"://(?:[^\s<>\"`|{}\\^가-힣]|(?<=[/=_-])[가-힣]+)+")
_AFTER_URL = ".,;:!?*_~'”’"
_CJK = re.compile(r"[가-힣ㄱ-ㅣぁ-ヿ一-鿿]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text in one style."""

    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False
    link: str | None = None
    """Where it leads. A bare link is a piece whose text is its link."""


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, list item, quoted paragraph or code block."""

    kind: BlockKind
    pieces: tuple[Piece, ...]
    indent: int = 0
    """How deep the list is that this stands in, from 0."""
    number: int = 1
    """Of an item in an ordered list, as written."""

    @property
    def text(self) -> str:
        """Its words without their styles."""
        return "".join(piece.text for piece in self.pieces)


def parse_blocks(text: str) -> tuple[Block, ...]:
    """The blocks of Markdown text. What is nested absurdly deep, or longer than anyone writes, is plain text."""
    if not text.strip():
        return ()
    if _is_slow(text) or _DEEP.search(text):
        return (Block("paragraph", _plain(text)),)
    try:
        return tuple(_blocks(_parser().parse(text)))
    except RecursionError:
        return (Block("paragraph", _plain(text)),)


def _is_slow(text: str) -> bool:
    return len(text) > MARKDOWN_CHARS or text.count("[") > BRACKETS or text.count("*") + text.count("_") > MARKS


def _plain(text: str) -> tuple[Piece, ...]:
    return (Piece(text.strip()),) if text.strip() else ()


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # 2 MB and 45 ms that only laying out needs

    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 100})
    # Each of these would swallow or reshape what people write as words: "---", "[1]: …", indented lines.
    parser.disable(["reference", "lheading", "code", "hr"])
    parser.block.ruler.at("list", _read_list, {"alt": ["paragraph", "blockquote"]})
    parser.inline.ruler.before("escape", "formula", _read_formula)
    parser.inline.ruler.before("escape", "bare_link", _read_bare_link)
    parser.inline.ruler.at("emphasis", _read_emphasis)
    return parser


def _read_list(state: "StateBlock", start: int, end: int, silent: bool) -> bool:
    """CommonMark's list, but that marks in a row are words: a date (``2024. 4. 12.``), a rule (``- - -``)."""
    from markdown_it.rules_block.list import list_block

    line, content = state.bMarks[start], state.bMarks[start] + state.tShift[start]
    after_a_mark = state.src[line:content].strip()
    if after_a_mark or _MARKS_IN_A_ROW.match(state.src, content, state.eMarks[start]):
        return False
    return list_block(state, start, end, silent)


def _read_formula(state: "StateInline", silent: bool) -> bool:
    """``$…$`` and ``$$…$$`` as they stand: no star or underscore inside them is emphasis."""
    src, start = state.src, state.pos
    if src[start] != "$":
        return False
    mark = "$$" if src.startswith("$$", start) else "$"
    begin = start + len(mark)
    limit = min(state.posMax, begin + FORMULA_CHARS)
    if begin >= limit or src[begin].isspace():
        return False
    # "$20 and $30" is money: a formula neither begins nor ends with a space, and no digit follows it.
    end = begin
    for _ in range(FORMULA_TRIES):
        end = src.find(mark, end + 1, limit)
        if end < 0:
            return False
        if src[end - 1] not in " \n\\" and not (mark == "$" and src[end + 1 : end + 2].isdigit()):
            break
    else:
        return False
    if not silent:
        state.pending += src[start : end + len(mark)]
    state.pos = end + len(mark)
    return True


def _read_bare_link(state: "StateInline", silent: bool) -> bool:
    """A link that is written as it is, with no underscore of it taken for emphasis."""
    if state.src[state.pos] != ":" or not (match := _URL.match(state.src, state.pos, state.posMax)):
        return False
    scheme = next((word for word in ("https", "http") if state.pending.lower().endswith(word)), "")
    if not scheme:
        return False
    scheme = state.pending[-len(scheme) :]
    rest = _without_tail(match.group())
    if len(rest) <= 3:
        return False
    if not silent:
        state.pending = state.pending[: -len(scheme)]
        bare = state.linkLevel == 0
        if bare:
            state.push("link_open", "a", 1).attrs = {"href": scheme + rest}
        state.push("text", "", 0).content = scheme + rest
        if bare:
            state.push("link_close", "a", -1)
    state.pos += len(rest)
    return True


def _without_tail(url: str) -> str:
    """A link in a sentence, without the sentence's punctuation and a bracket that was opened before it."""
    for opening, closing in ("()", "[]"):
        depth = 0
        for match in re.finditer(rf"[\{opening}\{closing}]", url):
            depth += 1 if match.group() == opening else -1
            if depth < 0:
                url = url[: match.start()]
                break
    return url.rstrip(_AFTER_URL)


def _read_emphasis(state: "StateInline", silent: bool) -> bool:
    """CommonMark's emphasis, but that a star between Latin letters is a star, and one beside Hangul may be a mark.

    CommonMark does not close ``**강조(x)**는``, because a letter follows the bracket: in Korean, particles do.
    """
    from markdown_it.rules_inline.state_inline import Delimiter

    start = state.pos
    marker = state.src[start]
    if silent or marker not in "_*":
        return False
    scanned = state.scanDelims(start, marker == "*")
    before = state.src[start - 1] if start else " "
    after = state.src[start + scanned.length] if start + scanned.length < state.posMax else " "
    can_open, can_close = scanned.can_open, scanned.can_close
    if marker == "*":
        if before.isascii() and after.isascii() and before.isalnum() and after.isalnum():
            can_open = can_close = False
        can_open = can_open or (not after.isspace() and _CJK.match(before) is not None)
        can_close = can_close or (not before.isspace() and _CJK.match(after) is not None)
    for _ in range(scanned.length):
        token = state.push("text", "", 0)
        token.content = marker
        state.delimiters.append(
            Delimiter(
                marker=ord(marker),
                length=scanned.length,
                token=len(state.tokens) - 1,
                end=-1,
                open=can_open,
                close=can_close,
            )
        )
    state.pos += scanned.length
    return True


def _pieces(tokens: "Iterable[Token]") -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    bold = italic = before = 0
    links: list[str] = []
    for token in tokens:
        step = token.nesting
        if token.type.startswith("strong"):
            bold += step
        elif token.type.startswith("em_"):
            italic += step
        elif token.type == "link_open":
            links.append(str(token.attrs.get("href", "")))
            before = len(pieces)
        elif token.type == "link_close":
            link = links.pop()
            if not any(piece.text for piece in pieces[before:]):
                pieces.append(Piece(link, bold > 0, italic > 0, link=link))
        else:
            link = links[-1] if links else ""
            text = token.content
            if token.type == "image":
                link = link or str(token.attrs.get("src", ""))
                text = text or link
            elif token.type in ("softbreak", "hardbreak"):
                text = "\n"
            pieces.append(Piece(text, bold > 0, italic > 0, token.type == "code_inline", link or None))
    return _merged(pieces)


def _merged(pieces: "Sequence[Piece]") -> tuple[Piece, ...]:
    merged: list[Piece] = []
    for piece in pieces:
        if merged and replace(merged[-1], text=piece.text) == piece and not piece.code:
            merged[-1] = replace(piece, text=merged[-1].text + piece.text)
        elif piece.text:
            merged.append(piece)
    return tuple(merged)


def _blocks(tokens: "Sequence[Token]") -> "Iterable[Block]":
    lists: list[str] = []
    kind: BlockKind = "paragraph"
    number = 1
    mark = ""  # of a list item that has shown nothing yet: its first paragraph bears it, or it stands alone
    quotes = 0
    quoted = ""  # the mark of a quote that has shown nothing yet
    heading = ""
    for token in tokens:
        indent = max(len(lists) - 1, 0)
        if token.type == "list_item_open":
            kind = "ordered" if lists[-1] == "ordered_list_open" else "bullet"
            number = int(token.info) if token.info else 1
            mark = token.info + token.markup
        elif token.type == "blockquote_open":
            quotes += 1
            quoted = token.markup
        elif token.type in ("heading_open", "heading_close"):
            heading = token.markup if token.nesting > 0 else ""
        elif token.type == "inline":
            pieces = _pieces(token.children or ())
            if not any(piece.text.strip() for piece in pieces):  # "[]()" and the like: as it is written
                pieces = _plain(token.content or heading)
            if heading:
                pieces = tuple(replace(piece, bold=True) for piece in pieces)
            if pieces:  # white space of other kinds than Markdown's, such as a form feed, shows nothing
                yield Block(kind if mark else "quote" if quotes else "paragraph", pieces, indent, number if mark else 1)
                mark = quoted = ""
        else:
            if mark and token.type != "paragraph_open":
                yield Block("paragraph", (Piece(mark),), indent)
                mark = quoted = ""
            if token.type in ("fence", "code_block"):
                yield Block("code", _plain(token.content.rstrip("\n")) or _plain(token.markup + token.info), indent)
                quoted = ""
            elif token.type in ("bullet_list_open", "ordered_list_open"):
                lists.append(token.type)
            elif token.type in ("bullet_list_close", "ordered_list_close"):
                lists.pop()
            elif token.type == "blockquote_close":
                quotes -= 1
                if quoted:
                    yield Block("quote", (Piece(quoted),), indent)
                    quoted = ""
