"""One day as a web page or the content of a feed's post."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from bot.digest.blocks import Block, read_blocks
from bot.digest.lines import (
    HANGUL,
    find_day,
    is_footer,
    is_link,
    read_authors,
    read_bare_authors,
    read_day,
    read_languages,
    read_links,
    split_name,
)
from bot.digest.model import Digest, Entry
from bot.errors import DigestFormatError

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

# ruff: noqa: SIM905 - element names read better as a line of words
DEPTH = 512  # browsers stop nesting there too; the parser's time grows with the square of the depth
REOPENED = (
    200_000  # elements that unclosed <b>, <i>, … would be repeated in: HTML's rules copy them into every paragraph
)

_MARKS = ("h2", "h3", "h4", "em", "strong", "h5", "h6", "h1")  # where two are as frequent, the first of them
_FORMATTING = frozenset("a b big code em font i nobr s small strike strong tt u".split())
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_SELF_CLOSING = frozenset(
    "p li td th tr dt dd option thead tbody tfoot colgroup".split()
)  # their end tags may be left out
_HTML_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,12})")


def parse_page(name: str, html: str, day: date | None = None) -> Digest:
    """Read a page. Its day is its heading's or title's, else the name's, else its ``<time>``, else ``day``.

    How titles are marked (a heading of some level, an emphasised line) is what most linked lines of the page bear.
    Scripts, forms, pictures and what stands below an entry's tags are left out.
    Raises `DigestFormatError` for a page without a day or without an entry.
    """
    _refuse_slow(html)
    from selectolax.lexbor import LexborHTMLParser  # 10 MB that only pages need

    tree = LexborHTMLParser(html)
    blocks = list(read_blocks(_article(tree))) if tree.body is not None else []
    head = tree.css_first("title")
    page_title = " ".join(head.text().split()) if head is not None else ""
    first = next((block for block in blocks if "h1" in block.marks), None)
    title = first.text if first else page_title
    mark = _title_mark(blocks, title)
    starts = [n for n in range(len(blocks)) if _is_title(blocks, n, mark, title)]
    if starts and _is_remainder(blocks, starts[-1]):
        starts.pop()
    name_day, name_title = split_name(name)
    dated = read_day(title) if title else name_day and (not name_title or read_day(name_title))
    if not starts or not (dated or _has_evidence(blocks, starts)):
        shown = blocks[0].text if blocks else ""
        raise DigestFormatError(1, "a page with titles linked to papers, author lists or tag lines", shown[:80])
    header = [block.text for block in blocks[: starts[0]]]
    when = (
        next((found for words in (title, page_title, *header) if (found := find_day(words[:200]))), None)
        or name_day
        or _published(tree)
        or day
    )
    if when is None:
        raise DigestFormatError(1, "a date in the page's heading, or a post's own date", (title or name)[:80])
    korean = HANGUL.search(html) is not None
    ends = [*starts[1:], len(blocks)]
    entries = tuple(
        _read_entry(blocks[start], _body(blocks, start, end), korean) for start, end in zip(starts, ends, strict=True)
    )
    return Digest(day=when, title=title or name_title or when.isoformat(), entries=entries, shape="page")


def _refuse_slow(html: str) -> None:
    """Raise for a page that is nested so deeply, or so badly closed, that reading it takes more than linear time."""
    depth = deepest = formats = unclosed = paragraphs = 0
    for match in _HTML_TAG.finditer(html):
        tag = match[2].lower()
        if tag in _SELF_CLOSING:
            paragraphs += 1
        elif tag not in _VOID:
            step = -1 if match[1] else 1
            depth = max(depth + step, 0)
            deepest = max(deepest, depth)
            if tag in _FORMATTING:
                formats = max(formats + step, 0)
                unclosed = max(unclosed, formats)
            else:
                paragraphs += 1
    if deepest > DEPTH or (unclosed > 8 and unclosed * paragraphs > REOPENED):
        raise DigestFormatError(1, f"elements nested at most {DEPTH} deep and closed", f"{deepest} deep")


def _article(tree: "LexborHTMLParser") -> "LexborNode":
    """The part of the page that holds the post."""
    for selector in ("article", "main", "[role=main]"):
        found = tree.css(selector)
        if len(found) == 1:
            return found[0]
    if tree.body is None:
        raise DigestFormatError(1, "a page", "")
    return tree.body


def _published(tree: "LexborHTMLParser") -> date | None:
    for selector, attribute in (("time[datetime]", "datetime"), ("meta[property='article:published_time']", "content")):
        node = tree.css_first(selector)
        if node is not None and (found := find_day((node.attributes.get(attribute) or "")[:10])):
            return found
    return None


def _title_mark(blocks: Sequence[Block], page_title: str) -> str:
    """How this page marks its titles: by what most of its linked lines bear, else by its headings."""
    linked: Counter[str] = Counter()
    plain: Counter[str] = Counter()
    for block in blocks:
        if block.quoted or block.text == page_title:
            continue
        for mark in block.marks:
            plain[mark] += 1
            linked[mark] += block.href.startswith("http") and not is_link(block.text)
    counts = linked if any(linked.values()) else plain
    return max(_MARKS, key=lambda mark: (counts[mark], -_MARKS.index(mark))) if counts else ""


def _is_title(blocks: Sequence[Block], n: int, mark: str, page_title: str) -> bool:
    block = blocks[n]
    if mark not in block.marks or block.quoted or block.tags is not None or is_link(block.text):
        return False
    if block.text == page_title and not block.href:
        return False
    if block.href or block.tag != "p":
        return read_day(block.text) is None
    # An emphasised line without a link: a title where an entry may begin, not in the middle of a commentary.
    before = blocks[n - 1] if n else None
    after = blocks[n + 1] if n + 1 < len(blocks) else None
    return (
        before is None
        or before.tags is not None
        or before.tag == "h1"
        or (after is not None and read_authors(after.text) is not None)
    )


def _is_remainder(blocks: Sequence[Block], start: int) -> bool:
    """Whether the last title is the page's own closing line: no link, and nothing below it."""
    return start + 1 == len(blocks) and not blocks[start].href and start > 1


def _has_evidence(blocks: Sequence[Block], starts: Sequence[int]) -> bool:
    """Whether this is a digest rather than an announcement with headings: a linked title, authors, tags.

    A page whose whole title is a date needs none of them.
    """
    return any(
        blocks[start].href.startswith("http")
        or (start + 1 < len(blocks) and read_authors(blocks[start + 1].text) is not None)
        for start in starts
    ) or any(block.tags is not None for block in blocks)


def _body(blocks: Sequence[Block], start: int, end: int) -> Sequence[Block]:
    """What belongs to the entry whose title stands at ``start``, before the next title or the end of the page.

    The name of the next section does not, and below the last entry's tags the page's own closing lines do not.
    """
    title = blocks[start]
    if end == len(blocks):
        tagged = next((n for n in range(end - 1, start, -1) if blocks[n].tags is not None), None)
        if tagged is not None:
            end = next((n for n in range(tagged, end) if is_footer(blocks[n].text)), end)
    else:
        while end > start + 1 and blocks[end - 1].tag != "p" and not blocks[end - 1].href:
            end -= 1
    body = blocks[start + 1 : end]
    return [block for block in body if block.href or not "h1" <= block.tag < title.tag <= "h6"]


def _authors(block: Block) -> tuple[str, ...] | None:
    """The authors of the block below a title, with or without parentheses."""
    if found := read_authors(block.text, sure=True):
        return found
    return None if block.quoted or block.href else read_bare_authors(block.text, sure="em" in block.marks)


def _read_entry(title: Block, body: Sequence[Block], korean: bool) -> Entry:
    links = [title.href] if title.href.startswith("http") else []
    tags: list[str] = []
    abstract: list[str] = []
    commentary: list[str] = []
    authors: tuple[str, ...] = ()
    for n, block in enumerate(body):
        begun = bool(abstract or commentary)
        if n == 0 and (found := _authors(block)):
            authors = found
        elif block.tags is not None:
            tags.extend(block.tags)
        elif block.quoted and not commentary:
            abstract.append(block.markdown)
        elif not begun and (found := read_links(block.text) or read_links(block.markdown)):
            links.extend(found)
        elif begun or block.tag != "p" or not read_day(block.text):
            commentary.append(f"> {block.markdown}" if block.quoted else block.markdown)
    return Entry(
        title=title.text,
        authors=authors,
        links=tuple(dict.fromkeys(links)),
        abstract=tuple(abstract),
        commentary=read_languages(commentary, [False] * len(commentary), default="ko" if korean else "en"),
        tags=tuple(dict.fromkeys(tags)),
    )
