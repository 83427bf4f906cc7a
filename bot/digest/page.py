"""One day as a web page or the content of a feed's post."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from bot.digest.blocks import Block, read_blocks
from bot.digest.dates import explain_day, find_day, read_day, split_name
from bot.digest.days import find_week
from bot.digest.lines import HANGUL, is_footer, is_link, read_authors, read_bare_authors, read_languages, read_links
from bot.digest.model import Digest, Entry
from bot.digest.several import Found, digests_of, find_units
from bot.errors import DigestFormatError, UndatedError

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

# ruff: noqa: SIM905 - element names read better as a line of words
DEPTH = 512  # browsers stop nesting there too; the parser's time grows with the square of the depth
REOPENED = (
    200_000  # elements that unclosed <b>, <i>, … would be repeated in: HTML's rules copy them into every paragraph
)

YEAR_HINT = timedelta(days=60)  # a week without its year is the first that ends later than so long before the post
PAGE_SHARE = 0.3  # of a page's words, the rest being its site's and its writer's
_MARKS = ("h2", "h3", "h4", "em", "strong", "h5", "h6", "h1")  # where two are as frequent, the first of them
_FORMATTING = frozenset("a b big code em font i nobr s small strike strong tt u".split())
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_SELF_CLOSING = frozenset(
    "p li td th tr dt dd option thead tbody tfoot colgroup".split()
)  # their end tags may be left out
_HTML_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,12})")


def read_tree(html: str) -> "LexborHTMLParser":
    """The elements of a page. Raises `DigestFormatError` for one that takes more than linear time."""
    _refuse_slow(html)
    from selectolax.lexbor import LexborHTMLParser  # 10 MB that only pages need

    return LexborHTMLParser(html)


def parse_pages(name: str, html: str, day: date | None = None) -> tuple[Digest, ...]:
    """Read a page: one day, or several where sections of it have their own. ``day`` is for a page that gives none.

    Where its titles are not linked themselves, each paper is found by the link in its part of the page.
    Raises `DigestFormatError` for a page without a day or without an entry.
    """
    tree = read_tree(html)
    page = _Page(name, html, tree, list(read_blocks(_article(tree))) if tree.body is not None else [], day)
    starts = _find_starts(page)
    linked = sum(page.blocks[start].href.startswith("http") for start in starts)
    found = find_units(page.blocks) if linked * 2 <= len(starts) else None
    if found and _makes_up(found, page.blocks) and (len(found.units) >= max(linked, 2) or not starts):
        when = _find_day(page, [block.text for block in page.blocks[: found.units[0].start]])
        return digests_of(page.blocks, found, when, page.title, korean=page.is_korean)
    if not starts:
        shown = page.blocks[0].text if page.blocks else ""
        raise DigestFormatError(1, "a page with titles linked to papers, author lists or tag lines", shown[:80])
    return (_read_marked(page, starts),)


def parse_page(name: str, html: str, day: date | None = None) -> Digest:
    """Read a page of one day."""
    return parse_pages(name, html, day)[0]


class _Page:
    """A page and what its readers ask of it."""

    def __init__(
        self, name: str, html: str, tree: "LexborHTMLParser", blocks: Sequence[Block], day: date | None
    ) -> None:
        self.name = name
        self.tree = tree
        self.blocks = blocks
        self.day = day
        head = tree.css_first("title")
        self.head_title = " ".join(head.text().split()) if head is not None else ""
        first = next((block for block in blocks if "h1" in block.marks), None)
        self.title = first.text if first else self.head_title
        self.is_korean = HANGUL.search(html) is not None


def _find_day(page: _Page, header: Sequence[str]) -> date:
    """The page's day: its heading's or title's, that of the lines above the papers, the name's, its ``<time>``."""
    hint = page.day - YEAR_HINT if page.day else None
    when = (
        next(
            (
                found
                for words in (page.title, page.head_title, *header)
                if (found := find_week(words, hint) or find_day(words[:200]))
            ),
            None,
        )
        or find_week(page.name, hint)
        or split_name(page.name)[0]
        or _published(page.tree)
        or page.day
    )
    if when is None:
        shown = (page.title or page.name)[:80]
        why = explain_day(shown)
        said = f"{shown}: {why}" if why else shown
        raise UndatedError(1, "a date in the page's heading, or a post's own date", said)
    return when


def _makes_up(found: Found, blocks: Sequence[Block]) -> bool:
    """Whether the papers found make up the page, rather than being what one text mentions."""
    sure = sum(unit.is_sure for unit in found.units)
    return len(found.units) * 2 >= found.linked and sure * 2 >= len(found.units) and found.share(blocks) >= PAGE_SHARE


def _find_starts(page: _Page) -> list[int]:
    """Where titles stand. How they are marked (a heading of some level, emphasis) is what most linked lines bear.

    None for an announcement with headings: no title is linked, and there are neither authors nor tags.
    """
    blocks, title = page.blocks, page.title
    mark = _title_mark(blocks, title)
    starts = [n for n in range(len(blocks)) if _is_title(blocks, n, mark, title)]
    if starts and _is_remainder(blocks, starts[-1]):
        starts.pop()
    name_day, name_title = split_name(page.name)
    dated = read_day(title) if title else name_day and (not name_title or read_day(name_title))
    return starts if dated or _has_evidence(blocks, starts) else []


def _read_marked(page: _Page, starts: Sequence[int]) -> Digest:
    """The day of a page whose titles are marked in one way.

    Scripts, forms, pictures and what stands below an entry's tags are left out.
    """
    blocks, korean = page.blocks, page.is_korean
    when = _find_day(page, [block.text for block in blocks[: starts[0]]])
    ends = [*starts[1:], len(blocks)]
    entries = tuple(
        _read_entry(blocks[start], _body(blocks, start, end), korean) for start, end in zip(starts, ends, strict=True)
    )
    return Digest(
        day=when, title=page.title or split_name(page.name)[1] or when.isoformat(), entries=entries, shape="page"
    )


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
