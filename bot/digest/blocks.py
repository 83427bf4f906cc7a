"""A page as a sequence of blocks: paragraphs, headings, list items, rows, whatever elements they are nested in."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.digest.lines import read_authors, read_tags
from bot.digest.maths import script
from bot.digest.normalize import without_invisible

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

# ruff: noqa: SIM905 - element names read better as a line of words
_DROPPED = frozenset(
    "script style noscript template svg math iframe form button nav footer aside figure img picture video audio "
    "canvas object select textarea input dialog menu head title".split()
)
_BLOCKS = frozenset(
    "p div h1 h2 h3 h4 h5 h6 li ul ol dl dt dd blockquote pre section article main header body center table tbody "
    "thead tr hr address details summary fieldset".split()
)
NESTED_TABLES = 8  # to look into each of tables nested deeper costs the square of the depth
_SCRIPTS = {"sup": "^", "sub": "_"}
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_NOISE = re.compile(
    r"(?:^|[\s_-])(?:subscri\w*|share|sharing|button\w*|footer|social|paywall|cookies?|comments|navbar|sidebar|related|"
    r"ufi|byline|captioned|embed|sr-only|visually-hidden|preheader|preview)(?:$|[\s_-])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of a block's text in one style."""

    text: str
    bold: bool
    italic: bool
    code: bool
    href: str


@dataclass(slots=True)
class Block:
    """A paragraph of the page, whatever elements it was nested in."""

    tag: str
    text: str
    """Its words, without marks."""
    markdown: str
    marks: frozenset[str]
    """Which of the ways of marking a title it bears."""
    href: str
    """The link that covers all of it, if one does."""
    quoted: bool
    tags: tuple[str, ...] | None
    runs: tuple[Run, ...] = ()
    depth: int = 0
    """How many lists it stands in."""
    begins_item: bool = False
    """Whether it is the first paragraph of a list item."""
    cells: tuple[tuple[Run, ...], ...] = ()
    """Of a row of a table."""
    columns: tuple[str, ...] = ()
    """What the head of its table calls each of its cells; of the head itself, its own cells."""
    is_head: bool = False
    """Whether it is the head of a table."""
    preformatted: bool = False
    after_rule: bool = False
    """Whether a rule (``<hr>``) stands right above it."""

    @property
    def level(self) -> int:
        """Of a heading, from 1; 0 for anything else."""
        return 0 if self.tag == "p" else int(self.tag[1])


@dataclass(slots=True)
class _Style:
    """What the elements around the place in the page make of the text there."""

    bold: int = 0
    italic: int = 0
    code: int = 0
    quote: int = 0
    pre: int = 0
    script: str = ""
    """``^`` or ``_`` inside ``<sup>`` or ``<sub>``."""
    hrefs: list[str] = field(default_factory=list)
    heading: list[str] = field(default_factory=list)
    lists: list[int | None] = field(default_factory=list)
    marker: str = ""
    tables: list[bool] = field(default_factory=list)
    """Of each table around the place, whether it holds data rather than the layout of the page."""
    row: list[int] | None = None
    """Inside a row of a table of data: the number of runs before each of its cells."""
    heads: int = 0
    """How many cells of the row are ``<th>``."""
    columns: tuple[str, ...] = ()
    ruled: bool = False


def read_blocks(root: "LexborNode") -> Iterator[Block]:
    """The page's paragraphs in order. A walk without recursion: pages nest as deeply as they like."""
    style = _Style()
    runs: list[Run] = []
    node: LexborNode | None = root.child
    end = root.mem_id
    while node is not None:
        tag = node.tag or "-"  # a processing instruction has no name
        down = None
        if tag == "-text":
            words = without_invisible(node.text_content or "")  # an entity may have written one
            words = script(style.script, words) if style.script else words
            runs.append(Run(words, style.bold > 0, style.italic > 0, style.code > 0, _last(style.hrefs)))
        elif formula := _formula(node, tag):
            runs.append(Run(f"${formula}$", False, False, False, ""))
        elif not (tag in _DROPPED or tag[0] in "-_!" or _is_noise(node)):
            if style.row is not None and (tag == "br" or (tag in _BLOCKS and tag != "tr")):
                runs.append(Run("\n", False, False, False, ""))  # a row is one block, whatever stands in its cells
            elif tag == "br" and not style.heading:
                yield from _flush(runs, style)
            elif tag == "br":
                runs.append(Run(" ", False, False, False, ""))
            elif tag in _BLOCKS:
                yield from _flush(runs, style)
            style.ruled = style.ruled or tag == "hr"
            if tag in ("td", "th"):
                if any(run.text.strip() for run in runs):
                    runs.append(Run(" | ", False, False, False, ""))  # the cells of a row are one paragraph
                if style.row is not None:
                    style.row.append(len(runs))
                    style.heads += tag == "th"
            down = node.child
            if down is not None:
                _enter(tag, node, style)
            elif tag in _BLOCKS:
                style.marker = ""
        if down is not None:
            node = down
            continue
        while node is not None and node.next is None:
            node = node.parent
            if node is None or node.mem_id == end:
                yield from _flush(runs, style)
                return
            tag = node.tag or ""
            if tag in _BLOCKS and (style.row is None or tag == "tr"):
                yield from _flush(runs, style)
            _leave(tag, style)
        node = node.next if node is not None else None


def _formula(node: "LexborNode", tag: str) -> str | None:
    """The LaTeX of a formula that a page draws: MathML, KaTeX and MathJax keep it beside, WordPress in the picture."""
    if tag == "math":
        source = node.css_first('annotation[encoding="application/x-tex"]')
        found = source.text() if source is not None else node.attributes.get("alttext")
    elif tag == "img" and "latex" in (node.attributes.get("class") or "").split():
        found = node.attributes.get("alt")
    else:
        return None
    latex = " ".join((found or "").split()).strip("$")
    return latex.removeprefix("{\\displaystyle").removesuffix("}") if latex.startswith("{\\displaystyle") else latex


def _is_noise(node: "LexborNode") -> bool:
    attributes = node.attributes
    if not attributes:
        return False
    names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
    if "katex-html" in names:  # the same formula again, its letters placed one by one
        return True
    return "hidden" in attributes or (names != " " and _NOISE.search(names[:300]) is not None)


def _enter(tag: str, node: "LexborNode", style: _Style) -> None:
    _step(tag, style, 1)
    if tag == "a":
        style.hrefs.append((node.attributes.get("href") or "").strip())
    elif tag == "table":
        style.tables.append(len(style.tables) < NESTED_TABLES and _is_data(node))
        style.columns = ()
    elif tag == "tr" and style.tables and style.tables[-1]:
        style.row, style.heads = [], 0
    elif tag in _HEADINGS:
        style.heading.append(tag)
    elif tag == "ul":
        style.lists.append(None)
    elif tag == "ol":
        start = node.attributes.get("start") or ""
        style.lists.append(int(start) if start.isascii() and start.isdigit() and len(start) < 6 else 1)
    elif tag == "li":
        number = style.lists[-1] if style.lists else None
        style.marker = "- " if number is None else f"{number}. "
        if number is not None:
            style.lists[-1] = number + 1


def _is_data(table: "LexborNode") -> bool:
    """Whether a table holds data; mails are laid out in tables inside tables, with headings and paragraphs in them."""
    if any(node.mem_id != table.mem_id for node in table.css("table, h1, h2, h3, h4, blockquote, article")):
        return False
    return table.css_first("th") is not None or table.css_first("p") is None


def _leave(tag: str, style: _Style) -> None:
    _step(tag, style, -1)
    if tag == "a":
        style.hrefs.pop()
    elif tag == "table" and style.tables:
        style.tables.pop()
        style.columns = ()
    elif tag == "tr":
        style.row = None
    elif tag in _HEADINGS:
        style.heading.pop()
    elif tag in ("ul", "ol"):
        style.lists.pop()
    elif tag == "li":
        style.marker = ""


def _step(tag: str, style: _Style, by: int) -> None:
    if tag in ("b", "strong"):
        style.bold += by
    elif tag in ("i", "em"):
        style.italic += by
    elif tag in ("code", "tt", "kbd", "samp"):
        style.code += by
    elif tag == "blockquote":
        style.quote += by
    elif tag == "pre":
        style.pre += by
    elif tag in _SCRIPTS:
        style.script = _SCRIPTS[tag] if by > 0 else ""


def _last(values: Sequence[str]) -> str:
    return values[-1] if values else ""


def _flush(runs: list[Run], style: _Style) -> Iterator[Block]:
    """The block that the text so far makes, if it says anything."""
    raw = "".join(run.text for run in runs)
    text = " ".join(raw.split())
    if text:
        plain = not style.marker and not style.quote and style.row is None
        if plain and (split := _split_authors(runs, bool(style.heading))):
            title, authors = split
            yield from _flush(title, style)
            runs[:] = authors
            style.heading, kept = [], style.heading
            yield from _flush(runs, style)
            style.heading = kept
            return
        shown = [run for run in runs if not run.text.isspace() and run.text]
        heading = style.heading[-1] if style.heading else ""
        marks = {heading} if heading else set()
        if not heading and not style.marker and not style.quote:
            marks |= {"em"} if all(run.italic for run in shown) else set()
            marks |= {"strong"} if all(run.bold for run in shown) else set()
        href = shown[0].href if all(run.href == shown[0].href for run in shown) else ""
        markdown = f"```\n{raw.strip()}\n```" if style.pre else style.marker + markdown_of(runs)
        block = Block(heading or "p", text, markdown, frozenset(marks), href, style.quote > 0, read_tags(text))
        block.runs = tuple(runs)
        block.depth, block.begins_item, block.preformatted = len(style.lists), bool(style.marker), style.pre > 0
        block.after_rule, style.ruled = style.ruled, False
        if style.row:
            _add_cells(block, style)
        yield block
        style.marker = ""
    runs.clear()


def _add_cells(block: Block, style: _Style) -> None:
    """Part a row into its cells, each with the name of its column."""
    ends = [*(style.row or ())[1:], len(block.runs)]
    cells = [block.runs[start:end] for start, end in zip(style.row or (), ends, strict=True)]
    block.cells = tuple(tuple(run for run in cell if run.text != " | ") for cell in cells)
    if style.heads == len(cells) and not style.columns:
        style.columns = tuple(text_of(cell) for cell in block.cells)
        block.is_head = True
    block.columns = style.columns


def text_of(runs: Iterable[Run]) -> str:
    """The words of these runs, white space between them as one blank."""
    return " ".join("".join(run.text for run in runs).split())


def _split_authors(runs: Sequence[Run], heading: bool) -> tuple[list[Run], list[Run]] | None:
    """The linked and marked title and the author list of a line of both: ``<b><a>Title</a></b> (authors)``."""
    shown = [n for n, run in enumerate(runs) if run.text.strip()]
    if not shown or not (href := runs[shown[0]].href).startswith("http"):
        return None
    end = next((n for n in shown if runs[n].href != href), len(runs))
    title = [runs[n] for n in shown if n < end]
    if not (heading or all(run.bold for run in title) or all(run.italic for run in title)):
        return None
    authors = " ".join("".join(run.text for run in runs[end:]).split())
    return (list(runs[:end]), list(runs[end:])) if read_authors(authors) else None


def markdown_of(runs: Sequence[Run]) -> str:
    """A block's text with its emphasis, code and links in Markdown; text that is its own link stays bare."""
    merged: list[Run] = []
    for run in runs:
        last = merged[-1] if merged else None
        if last and (last.bold, last.italic, last.code, last.href) == (run.bold, run.italic, run.code, run.href):
            merged[-1] = Run(last.text + run.text, run.bold, run.italic, run.code, run.href)
        elif run.text:
            merged.append(run)
    pieces = []
    for run in merged:
        words = " ".join(run.text.split())
        if not words:
            pieces.append(" ")
            continue
        mark = "`" if run.code and "`" not in words else "**" * run.bold + "*" * run.italic
        shown = f"{mark}{words}{mark[::-1]}"
        if run.href.startswith("http") and words.rstrip("/") != run.href.rstrip("/") and not words.startswith("#"):
            shown = f"[{shown}]({run.href})"
        before = " " if run.text[0].isspace() else ""
        after = " " if run.text[-1].isspace() else ""
        pieces.append(before + shown + after)
    return " ".join("".join(pieces).split())
