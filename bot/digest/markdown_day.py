"""Several papers in one Markdown file: a day, a week, or many of them.

The file is read as the page it would be shown as, by the readers of pages.
"""

import re
from collections.abc import Sequence
from datetime import date
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from bot.digest.blocks import Block, read_blocks
from bot.digest.dates import explain_name, find_day, read_day, split_name
from bot.digest.days import find_week
from bot.digest.facts import read_facts
from bot.digest.front_matter import read_front_matter
from bot.digest.lines import HANGUL, is_link
from bot.digest.links import find_links, is_paper_link
from bot.digest.model import Digest
from bot.digest.papers import paper_id
from bot.digest.several import Found, digests_of, find_units, is_title_of_day
from bot.errors import DigestFormatError, UndatedError

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline

# Hand-wrapped prose has lines of about one length; a title, a list of names and a line of links do not.
WRAPPED = range(50, 131)
_CONTINUES = re.compile(r"[a-z가-힣(\"'0-9]")


OPEN_BRACKETS = 100
"""Each open bracket of a paragraph is tried with all that follows it; people leave none open."""
_NESTED = "[" * 20
HEAD_CHARS = 5_000
MANY = 5
"""So many papers are read as several ones whatever the file is called."""
COVERED = 0.5
"""The least share of a file's papers, and of its words, that has to belong to the papers found in it."""
_WHOLE_ADDRESS = re.compile(r"https?://[^\s)>\]]+|10\.[0-9]{4,9}/[^\s)>\]]+|arxiv\s?:\s?[0-9.]+", re.IGNORECASE)
_BEGINNING = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]|[-*+•][ \t]|[\[(]?[0-9]{1,3}[\])]?[.):]?[ \t]|\||\*\*|\[|https?://|<)", re.MULTILINE
)
_ADDRESS = re.compile(r"https?://|arxiv\.org|10\.[0-9]{4,9}/|arxiv\s?:", re.IGNORECASE)


def parse_markdown_days(name: str, text: str, day: date | None = None) -> tuple[Digest, ...]:
    """The days that a Markdown file of several papers holds; none where it is the note of one paper, or a print.

    A day is the one of the section its papers stand in, else that of the name, the front matter, the first heading or
    the lines below it, else ``day``. Raises `DigestFormatError` for several papers that cannot be told apart, and for
    papers without a day.
    """
    front = read_front_matter(text)
    body = text.split("\n", front.lines)[-1] if front.lines else text
    named_day, named = split_name(name)
    is_day = not named or bool(read_day(named)) or is_title_of_day(named, dated=named_day is not None)
    if front.links or front.authors or not _may_hold_several(body, is_day=is_day):
        return ()
    blocks = _blocks(body)
    found = find_units(blocks)
    heading = next((block.text for block in blocks if block.level), "")
    is_day = is_day or is_title_of_day(heading) or is_title_of_day(front.title)
    if found is None or not _holds_several(blocks, found, is_day=is_day):
        if is_day and not (named and _is_note(body)) and not _is_one_paper(blocks, found):
            _refuse_mixed(text)
        return ()
    known = find_week(name) or named_day or front.day
    header = [block.text for block in blocks[: found.units[0].start]][:6]
    titles = (front.title, heading, *header)
    written = next((one for words in titles if (one := find_week(words, known or day) or find_day(words[:200]))), None)
    title = front.title or (heading if is_title_of_day(heading) else "")
    korean = HANGUL.search(text) is not None
    digests = digests_of(blocks, found, known or (None if written else day), title, written=written, korean=korean)
    if not digests:
        expected = "a date in the file's name or folders, its front matter (date:) or its first heading"
        raise UndatedError(1, expected, explain_name(name))
    return digests


def _may_hold_several(body: str, *, is_day: bool) -> bool:
    """Whether it is worth to look closer: most notes have one link, or the head of a note of one paper."""
    if _NESTED in body:
        return False
    if (body.count("[") > OPEN_BRACKETS or body.count("]") > OPEN_BRACKETS) and any(
        abs(part.count("[") - part.count("]")) > OPEN_BRACKETS for part in body.split("\n\n")
    ):
        return False
    if is_day:
        return _ADDRESS.search(body) is not None
    if _is_note(body):
        return False
    addresses = _WHOLE_ADDRESS.finditer(body)
    first = next(addresses, None)
    if first is None or all(other.group() == first.group() for other in addresses):
        return False
    return next(islice(_BEGINNING.finditer(body), 1, None), None) is not None


def _is_note(body: str) -> bool:
    """Whether this begins as most of a vault's notes do: links, then a title that stars mark, or its authors."""
    lines = [line for raw in body[:HEAD_CHARS].split("\n") if (line := raw.strip())]
    for links, line in enumerate(lines):
        if not is_link(line):
            return (line[:1] in "*_" and line[1:2] != " ") or (links > 0 and line[-1] == ")" and "(" in line)
    return False


def _blocks(body: str) -> list[Block]:
    from bot.digest.page import read_tree

    tree = read_tree(render_markdown(body))
    return list(read_blocks(tree.body)) if tree.body is not None else []


def _holds_several(blocks: Sequence[Block], found: Found, *, is_day: bool) -> bool:
    """Whether these are several papers rather than the note of one that links to others.

    The name or the heading of a day decides where it is one; else its papers have to make up the file.
    """
    count = len(found.units)
    if count == 1:
        return is_day and found.linked == 1 and found.kind[0] == "heading" and not _has_head(blocks, found)
    if count < found.linked * COVERED:
        return False
    if is_day or count >= MANY:
        return is_day or found.share(blocks) >= COVERED
    strong = sum(unit.is_sure for unit in found.units)
    return strong >= count * 0.8 and found.share(blocks) >= COVERED


def _has_head(blocks: Sequence[Block], found: Found) -> bool:
    """Whether labelled facts stand right below the only title: such a list is the head of a note."""
    unit = found.units[0]
    facts = [read_facts(block.markdown) for block in blocks[unit.start + 1 : unit.end][:2]]
    return len(facts) == 2 and all(facts)


def _is_one_paper(blocks: Sequence[Block], found: Found | None) -> bool:
    """Whether a file without a title in its name is about one paper all the same: under a heading with its link."""
    if found is None:
        return False
    return len(found.units) == 1 and found.units[0].is_sure and found.share(blocks) >= COVERED


def _refuse_mixed(text: str) -> None:
    """Raise for several papers in one file that cannot be told apart, with the place of the second one."""
    seen: set[str] = set()
    for number, line in enumerate(text.split("\n"), 1):
        seen.update(paper_id(link.url) or link.url for link in find_links(line) if is_paper_link(link.url))
        if len(seen) > 1:
            expected = (
                "one paper, or each of several papers under a heading, list item or table row with its own link "
                "(several papers in one note)"
            )
            raise DigestFormatError(number, expected, line.strip()[:80])


def render_markdown(text: str) -> str:
    """The HTML of Markdown without its front matter; HTML inside it stays.

    A line is a paragraph of its own, as editors of notes show it, but for prose that is wrapped by hand.
    """
    parser = _parser()
    tokens = parser.parse(text)
    for token in tokens:
        if token.type == "inline" and token.children and "\n" in token.content:
            wrapped = _is_wrapped(token.content.split("\n"))
            for child in token.children:
                if child.type == "softbreak":
                    child.type = "text" if wrapped else "hardbreak"
                    child.content = " "
    return str(parser.renderer.render(tokens, parser.options, {}))


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # 2 MB and 45 ms

    parser = MarkdownIt("commonmark", {"html": True, "maxNesting": 60}).enable("table")
    parser.inline.ruler.before("escape", "maths", _keep_formula)
    # A rule right below a line is a rule, and an indented line is no code: nobody means either in a list of papers.
    return parser.disable(["lheading", "code"])


_FORMULA = re.compile(r"\$\$[^$\n]{1,500}\$\$|\$(?![\s$])[^$\n]{1,300}(?<![\s\\])\$(?![\d$])")


def _keep_formula(state: "StateInline", silent: bool) -> bool:
    """Take a formula as it is written: stars, underscores and backslashes in it mark and escape nothing."""
    if state.src[state.pos] != "$" or not (match := _FORMULA.match(state.src, state.pos, state.posMax)):
        return False
    if "](" in match.group():
        return False
    if not silent:
        state.push("text", "", 0).content = match.group()
    state.pos = match.end()
    return True


def _is_wrapped(lines: Sequence[str]) -> bool:
    continued = sum(_CONTINUES.match(line) is not None for line in lines[1:])
    return all(len(line) in WRAPPED for line in lines[:-1]) and continued * 2 >= len(lines) - 1
