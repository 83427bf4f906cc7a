"""Several papers in one text, whatever its layout: headings, list items, table rows, or lines with a title in front.

The reader looks for the unit that repeats: of all ways to part the text (at headings of a level, at items of a depth,
at rows, at lines that begin with a title) it takes the one that gives the most papers, each with a title and a link of
its own. What is inside a paper (its own subheadings, its list of links, related papers) gives no more papers than that.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from bot.digest.blocks import Block, Run, markdown_of, text_of
from bot.digest.dates import find_day, read_day
from bot.digest.days import find_week
from bot.digest.keys import canonical_link
from bot.digest.labels import Field, read_label
from bot.digest.lines import (
    are_people,
    is_footer,
    read_authors,
    read_bare_authors,
    read_languages,
    read_links,
    read_tags,
)
from bot.digest.links import find_links, is_picture, link_rank
from bot.digest.model import Digest, Entry
from bot.digest.names import read_names
from bot.digest.papers import paper_id
from bot.errors import DigestFormatError

Kind = tuple[str, int]
"""A way to part a text: headings of a level, items of a depth, rows, lines with a title in front, links above it."""

TITLE_CHARS = 300
CLEAR = 0.8  # an outer unit is taken where it gives at least this share of the papers of the best one
BESIDE_CHARS = 60  # badges and a venue beside a title, before the authors
ALONE_CHARS = 40  # a link stands alone in a line that says no more beside it
_PAPER_RANK = 2  # `link_rank` of what surely leads to a paper
_NUMBER = re.compile(
    r"(?:paper\s?)?(?:\d{1,3}\s?[.):：]|[\[(【]\d{1,3}[\])】]|#\s?\d{1,3}[.:]?(?=\s)|(?:no|paper|논문|论文)\.?\s?\d{1,3}\s?[.:：)-]?(?=\s))\s*"
    r"|\d️?⃣\s*|🔟\s*",
    re.IGNORECASE,
)
_ID = re.compile(r"[\[(]?(?:arxiv\s?[:：]?\s?)?\d{4}\.\d{4,5}(?:v\d{1,2})?[\])]?", re.IGNORECASE)
_LABELLED = re.compile(r"(?P<label>[^:：\n]{1,40}?)\s?(?:[:：]{1,2})(?!//)\s*(?P<value>.*)", re.DOTALL)
_NO_WORD = re.compile(r"^[\W_]+")
_BEFORE = re.compile(r"^[^\w\"'“‘(\[$\\]+|^[-–—•·*]\s*")
_AFTER = " \t\n-–—:：|·•,;([{（【/"
_LINK_WORDS = re.compile(
    r"(?:read|see|view|full|open|go to|check|here|this|more|on|the|in|at|via|original|official|原文|전체|보기"
    r"|읽기|查看|阅读|arxiv|abs|pdf|html|paper|papers|link|links|url|doi|hugging ?face|hf|alphaxiv|openreview"
    r"|acl anthology|website|논문|论文|論文|链接|링크|원문|code|github|project|page|tweet|twitter|x|blog|demo"
    r"|thread|video|slides|poster|data|dataset|model|kimi|cool|semantic ?scholar|google ?scholar|bibtex|cite"
    r"|translation|download|abstract|details?|source)(?:\s+(?=\S)|$)",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(r"\s[-–—|:]\s|\s{2,}|[-–—]{2}|\s?\n|：|(?<=[a-z0-9)?!]{3})\.\s(?=[A-Z가-힣])")
_CATEGORY = re.compile(
    r"(?:astro-ph|cond-mat|cs|econ|eess|gr-qc|hep-\w{2}|math|nlin|nucl-\w{2}|physics|q-bio|q-fin|quant-ph|stat)(?:\.[A-Za-z-]{2,6})?"
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_SECTION = re.compile(
    r"(?:table of )?contents?|toc|index|목차|目录|overview|introduction|conclusion|references?|참고\s?문헌|related"
    r"(?: work| papers)?|(?:today'?s |key )?highlights?|summary|statistics|stats|archive|about|license|contact",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a block, with what is shown for it."""

    url: str
    words: str
    rank: int
    """How surely it leads to a paper (`links.link_rank`)."""
    is_named: bool
    """Whether what is shown for it says where it leads ("Paper", "PDF") rather than what the paper is called."""
    is_paper: bool


def make_link(url: str, words: str) -> Link:
    """A link with what is asked of it again and again."""
    rank = link_rank(url)
    is_paper = rank <= _PAPER_RANK or (bool(words) and _field(words) == "paper")
    return Link(url, words, rank, is_link_name(words), is_paper)


@dataclass(frozen=True, slots=True)
class Unit:
    """A paper's part of a text: blocks from its title to before the next one's."""

    start: int
    end: int
    link: str
    linked_at: int
    """The block that its link stands in."""
    is_sure: bool
    """Whether the link is the title's, or says that it leads to the paper; not one that a text mentions."""
    lead: "Lead"
    body: int
    """The first block below the title."""


@dataclass(frozen=True, slots=True)
class Found:
    """The papers of a text and how it is parted."""

    kind: Kind
    units: tuple[Unit, ...]
    linked: int
    """How many papers are linked anywhere in the text."""

    def share(self, blocks: Sequence[Block]) -> float:
        """How much of the text's words belongs to its papers."""
        mine = sum(len(block.text) for unit in self.units for block in blocks[unit.start : unit.end])
        return mine / max(1, sum(len(block.text) for block in blocks))


def find_units(blocks: Sequence[Block]) -> Found | None:
    """The papers that a text holds; None where none has a title and a link of its own."""
    text = _Text(blocks)
    counts = {kind: text.units(kind) for kind in text.kinds()}
    most = max((len(units) for units in counts.values()), default=0)
    if not most:
        return None
    order = sorted(counts, key=_outermost)
    kind = next(kind for kind in order if len(counts[kind]) >= most * CLEAR)
    for outer in order[: order.index(kind)]:
        if counts[outer] and text.holds(counts[outer], counts[kind]):
            kind = outer
            break
    return Found(kind, tuple(counts[kind]), text.count_linked())


_ORDER = ("heading", "line", "item", "row", "link")


def _outermost(kind: Kind) -> tuple[int, int]:
    return _ORDER.index(kind[0]), kind[1]


class _Text:
    """The blocks with what is asked of them again and again."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.blocks = blocks
        self.links = [tuple(links_of(block.runs)) for block in blocks]
        kinds = [self._kind_at(n) for n in range(len(blocks))]
        self.leads = [self._lead_at(n) if kind else None for n, kind in enumerate(kinds)]
        self.kind_of = [kind if lead else None for kind, lead in zip(kinds, self.leads, strict=True)]

    def _kind_at(self, at: int) -> Kind | None:
        block = self.blocks[at]
        if block.quoted or block.preformatted or block.is_head or block.tags is not None:
            return None
        if block.level:
            return "heading", block.level
        if block.cells:
            return ("row", 0) if len(block.cells) > 1 else None
        if not self.links[at] and _is_labelled(block):
            return None
        if block.begins_item:
            return "item", block.depth
        if block.depth:
            return None
        if self._is_link(at):
            return ("link", 0) if self._is_bare_title(at + 1) else None
        is_title = _begins_with_title(block) or (self._is_bare_title(at) and self._is_link(at + 1))
        return ("line", 0) if is_title else None

    def _lead_at(self, at: int) -> "Lead | None":
        block = self.blocks[at]
        if self._is_link(at) and not block.level and not block.begins_item and not block.cells:
            return _lead_of(self.blocks[at + 1])
        return _lead_of(block)

    def _is_link(self, at: int) -> bool:
        """Whether a line is nothing but links, one of them to a paper."""
        if at == len(self.blocks) or not any(link.is_paper for link in self.links[at]):
            return False
        return read_links(self.blocks[at].text) is not None

    def _is_bare_title(self, at: int) -> bool:
        """Whether a line may be a title that nothing marks: short, and no sentence."""
        if at == len(self.blocks):
            return False
        block = self.blocks[at]
        plain = not (block.level or block.depth or block.quoted or block.cells or self.links[at])
        return plain and len(block.text) <= TITLE_CHARS and block.text[-1] not in ".:,;"

    def kinds(self) -> set[Kind]:
        return {kind for kind in self.kind_of if kind}

    def units(self, kind: Kind) -> list[Unit]:
        """The papers that parting the text in this way gives; of a paper that stands in it twice, the longer part."""
        best: dict[str, Unit] = {}
        for start, end in self._parts(kind):
            if (own := self._own_link(start, end, kind)) is None:
                continue
            link, at, is_sure = own
            key = paper_id(link) or canonical_link(link)
            if key not in best or self._size(start, end) > self._size(best[key].start, best[key].end):
                lead, below = self.leads[start], start + 1 + (kind[0] == "link")
                assert lead is not None  # noqa: S101 - else nothing begins there
                best[key] = Unit(start, end, link, at, is_sure, lead, below)
        return sorted(best.values(), key=lambda unit: unit.start)

    def holds(self, outer: Sequence[Unit], inner: Sequence[Unit]) -> bool:
        """Whether nearly all of the inner units are what outer ones mention, each below a link of its own."""
        inside = at = 0
        for unit in inner:
            while at < len(outer) and outer[at].end <= unit.start:
                at += 1
            if at == len(outer):
                break
            if unit.start <= outer[at].linked_at < unit.end:
                return False
            inside += outer[at].linked_at < unit.start
        return inside >= len(inner) * CLEAR

    def count_linked(self) -> int:
        """How many papers are linked anywhere in the text."""
        papers = (link.url for links in self.links for link in links if link.is_paper)
        return len({paper_id(url) or canonical_link(url) for url in papers})

    def _size(self, start: int, end: int) -> int:
        return sum(len(block.text) for block in self.blocks[start:end])

    def _parts(self, kind: Kind) -> Iterator[tuple[int, int]]:
        starts = [n for n, own in enumerate(self.kind_of) if own == kind]
        loose = kind == ("item", 1) and self._are_loose(starts)
        ruled = self._are_ruled(starts)
        for start, limit in zip(starts, [*starts[1:], len(self.blocks)], strict=True):
            end = start + 1
            while end < limit and not self._ends(kind, end, loose=loose):
                if end > start + 1 and limit == len(self.blocks) and self._is_closing(end, ruled=ruled):
                    break
                end += 1
            yield start, end

    def _is_closing(self, at: int, *, ruled: bool) -> bool:
        """Whether the site's or the writer's closing lines begin here, below the last paper."""
        return (ruled and self.blocks[at].after_rule) or is_footer(self.blocks[at].text)

    def _are_ruled(self, starts: Sequence[int]) -> bool:
        """Whether a rule stands between the papers, and only there."""
        ruled = [n for n, block in enumerate(self.blocks) if block.after_rule]
        between = sum(self.blocks[start].after_rule for start in starts[1:])
        inside = sum(starts[0] < n < starts[-1] for n in ruled) if starts else 0
        return between > 0 and inside <= between

    def _are_loose(self, starts: Sequence[int]) -> bool:
        """Whether paragraphs outside the list stand between its items: the comment on the item above them."""
        between = itertools.pairwise(starts)
        return any(any(not block.depth and not block.level for block in self.blocks[a:b]) for a, b in between)

    def _ends(self, kind: Kind, at: int, *, loose: bool) -> bool:
        block = self.blocks[at]
        name, rank = kind
        if name == "row":
            return True
        if name == "heading":
            return 0 < block.level <= rank
        if block.level:
            return True
        if name in ("line", "link"):
            return False
        if block.begins_item and block.depth <= rank:
            return True
        return block.depth < rank and not (loose and not block.after_rule and not self.kind_of[at])

    def _own_link(self, start: int, end: int, kind: Kind) -> tuple[str, int, bool] | None:
        """The link of the paper whose part this is, and where it stands: in its title, else in the next block with one.

        What is inside a titled item, line or row of the part is that one's.
        """
        at = start
        while at < end:
            if at > start and self._is_titled(at):
                at = self._skip(at, end)
                continue
            if own := [link for link in self.links[at] if link.is_paper]:
                named = [link for link in own if link.is_named] or own
                best = min(named if at > start else own, key=lambda link: link.rank)
                return best.url, at, at == start or self._leads_to_paper(best, at)
            lead = self.leads[at] if at == start else None
            if lead and lead.href.startswith("http") and link_rank(lead.href) == 3:
                return lead.href, at, True
            at += 1
        return None

    def _leads_to_paper(self, link: Link, at: int) -> bool:
        """Whether a link says that it is the paper's ("PDF"), or is all that its line says."""
        if link.words and _field(link.words) == "paper":
            return True
        around = len(self.blocks[at].text) - sum(len(other.words or other.url) for other in self.links[at])
        return around < ALONE_CHARS

    def _is_titled(self, at: int) -> bool:
        """Whether a block inside a part has the title of another paper, for which a link stands there or below."""
        lead, block = self.leads[at], self.blocks[at]
        if block.cells and not block.is_head:
            return any(link.is_paper for link in self.links[at])
        if lead is None:
            return False
        if any(link.is_paper and not link.is_named for link in self.links[at]):
            return True
        if block.level:
            return False
        return lead.is_marked

    def _skip(self, at: int, end: int) -> int:
        """Where what belongs to the title at this place ends."""
        kind = self.kind_of[at]
        depth = self.blocks[at].depth
        at += 1
        if kind is None or kind[0] == "row":
            return at
        while at < end and not self.blocks[at].level and self.blocks[at].depth >= depth and self.kind_of[at] != kind:
            at += 1
        return at


@dataclass(frozen=True, slots=True)
class Lead:
    """What a block begins with: a title, and what follows it in the block."""

    title: str
    rest: tuple[Run, ...] = ()
    href: str = ""
    is_marked: bool = False
    """Whether the title is set apart from what follows: linked, bold, in italics."""
    fields: tuple[tuple[Field | None, str, tuple[Run, ...]], ...] = ()
    """Of a row: the other cells, each with what its column holds and is called."""


def links_of(runs: Sequence[Run]) -> Iterator[Link]:
    """The links of a block in their order, pictures and places within the text left out."""
    at = 0
    while at < len(runs):
        end = at + 1
        while end < len(runs) and runs[end].href == runs[at].href:
            end += 1
        href, words = runs[at].href, text_of(runs[at:end])
        if href.startswith("http"):
            if not is_picture(href):
                yield make_link(href, words)
        elif not href:
            yield from (make_link(found.url, found.words) for found in find_links(words))
        at = end


def is_link_name(words: str) -> bool:
    """Whether these are words such as "Paper", "Read more on arXiv" or an address rather than a paper's title."""
    words = words.strip(" \t[]()【】（）*_`|:：→↗➡>«»📄📝🔗💻🐦📎📑🌐⭐")
    if not words or _ID.fullmatch(words) or read_links(words) or "://" in words:
        return True
    if _field(words):
        return True
    at = 0
    while at < len(words):
        if not (match := _LINK_WORDS.match(words, at)):
            return False
        at = match.end()
    return True


def _field(words: str) -> Field | None:
    return read_label(_NO_WORD.sub("", words).strip(" *_[]()：:"))


def _is_labelled(block: Block) -> bool:
    """Whether bold words and a colon stand in front ("**My score:** 53"): a fact, whatever it is called."""
    bold = itertools.takewhile(lambda run: run.bold or not run.text.strip(), block.runs)
    label = text_of(tuple(bold))
    after = _BEFORE.sub("", block.text)[len(_BEFORE.sub("", label)) :].lstrip()
    return 0 < len(label) <= 60 and (label[-1] in ":：" or after[:1] in (":", "："))


def _begins_with_title(block: Block) -> bool:
    """Whether a line begins with a number, or with words that are linked or bold: a title, in a list without items."""
    shown = [run for run in block.runs if run.text.strip()]
    if not shown:
        return False
    text = _BEFORE.sub("", block.text)
    if _NUMBER.match(text) and len(text) <= TITLE_CHARS:
        return True
    first = next((run for run in shown if _WORD.search(run.text)), None)
    return first is not None and (bool(first.href) or first.bold) and len(text_of([first])) <= TITLE_CHARS


def _lead_of(block: Block) -> Lead | None:
    return _row_lead(block) if block.cells else _lead(block.runs, whole=bool(block.level))


def _lead(runs: Sequence[Run], *, whole: bool = False) -> Lead | None:
    """The title that these runs begin with; of a heading it is the whole but for what says where its links lead."""
    parts = _without_marks(runs)
    if not parts:
        return None
    first = parts[0]
    if not whole and not first.href and not (first.bold or first.italic):
        later = _later_title(parts)
        if later is not None:
            parts, first = parts[later:], parts[later]
    same = 1
    if first.href and not is_link_name(first.text):
        while same < len(parts) and parts[same].href == first.href:
            same += 1
    elif (first.bold or first.italic) and not first.href and not whole:
        while same < len(parts) and _is_marked_like(parts[same], first):
            same += 1
    else:
        return _plain_lead(parts, whole=whole)
    title = clean_title(text_of(parts[:same]))
    rest = tuple(parts[same:])
    if whole and rest and not _is_only_names(rest):
        return _plain_lead(parts, whole=True, href=first.href)
    return Lead(title, rest, first.href, is_marked=True) if _is_title(title) else None


def _is_marked_like(run: Run, first: Run) -> bool:
    return not run.href and (
        (run.bold and first.bold) or (run.italic and first.italic) or (run.code and not run.text.isspace())
    )


def _without_marks(runs: Sequence[Run]) -> list[Run]:
    """The runs without numbers, pictures' traces, dates and "Title:" in front."""
    parts = [run for run in runs if run.text]
    while parts:
        first = parts[0]
        text = _BEFORE.sub("", first.text.lstrip())
        if (
            (match := _NUMBER.match(text))
            or ((match := _ID.match(text)) and not first.href and match.group()[0] in "[(")
            or (match := _DATE_AHEAD.match(text))
        ):
            text = text[match.end() :]
        text = _BEFORE.sub("", text)
        if (match := _LABELLED.fullmatch(text)) and _field(match["label"]) in ("title", "paper"):
            text = match["value"]
        elif (first.bold or first.italic) and _field(text) in ("title", "paper") and len(parts) > 1:
            parts[1] = Run(parts[1].text.lstrip(" :：-"), *_style(parts[1]))
            text = ""
        if text == first.text:
            break
        if text:
            parts[0] = Run(text, *_style(first))
        else:
            del parts[0]
    return parts


_DATE_AHEAD = re.compile(
    r"(?:[\[(【]?\d{4}[-./年]\s?\d{1,2}[-./月]\s?\d{1,2}日?[\])】]?|[\[(【]\d{1,2}[/.-]\d{1,2}[\])】])\s*[,:|·-]?\s*"
)


def _style(run: Run) -> tuple[bool, bool, bool, str]:
    return run.bold, run.italic, run.code, run.href


def _later_title(parts: Sequence[Run]) -> int | None:
    """Where a linked or bold title begins behind a few words, such as a date or a first author."""
    before = 0
    for n, run in enumerate(parts):
        text = text_of([run])
        if n and (run.href or run.bold) and not is_link_name(text) and _is_title(text):
            return n
        before += len(text)
        if before > 25 or (run.href and n):
            return None
    return None


def _plain_lead(parts: Sequence[Run], *, whole: bool, href: str = "") -> Lead | None:
    """The title of words that nothing sets apart: up to a link that only says where it leads, or a dash."""
    end = next((n for n, run in enumerate(parts) if run.href and is_link_name(run.text)), len(parts))
    before = list(parts[:end])
    raw = "".join(run.text for run in before)
    marked = end < len(parts)
    rest: tuple[Run, ...] = tuple(parts[end:])
    if not whole and (match := _SEPARATOR.search(raw)) and match.start() > 2:
        rest = (Run(raw[match.end() :], False, False, False, ""), *rest)
        raw = raw[: match.start()]
    if found := next(iter(find_links(raw)), None):  # a bare address or an id ends the title
        marked = True
        rest = (Run(raw[found.start :], False, False, False, ""), *rest)
        raw = raw[: found.start]
    raw = " ".join(raw.split())
    opened = max(raw.rfind("("), raw.rfind("["), raw.rfind("（"))
    if marked and opened > 0 and len(raw) - opened < 40 and not re.search(r"[)\]）]", raw[opened:]):
        raw = raw[:opened]
    title = clean_title(raw)
    return Lead(title, rest, href) if _is_title(title) else None


def clean_title(text: str) -> str:
    """A title without the number in front and the brackets and dashes that links leave behind."""
    text = " ".join(text.split())
    text = _BEFORE.sub("", text)
    if (match := _NUMBER.match(text)) and match.end() < len(text):
        text = text[match.end() :]
    text = re.sub(
        r"\s*[\[(]\s*(?:arxiv\s?[:：]?\s?)?\d{4}\.\d{4,5}(?:v\d{1,2})?\s*[\])]$", "", text, flags=re.IGNORECASE
    )
    return text.strip("*_` ").rstrip(_AFTER).strip("*_` ")


_ID_TAIL = re.compile(
    r"(?:doi\s?[:：]?\s?)?(?:10\.)?[0-9]{4,9}/\S+|[\w.-]*\.(?:org|com|net|io|edu)(?:/\S*)?", re.IGNORECASE
)


def _is_title(text: str) -> bool:
    if not 2 <= len(text) <= TITLE_CHARS or is_title_of_day(text) or not any(letter.isalpha() for letter in text):
        return False
    if (
        _ID_TAIL.fullmatch(text)
        or read_day(text)
        or is_link_name(text)
        or _SECTION.fullmatch(text)
        or read_tags(text)
        or is_footer(text)
    ):
        return False
    label = _LABELLED.match(text)
    return not (label and _field(label["label"]))


_DAY_WORDS = re.compile(
    r"(?<![a-z])(?:daily|weekly|monthly|today'?s?|this|of|the|for|in|on|from|to|ai|ml|llm|nlp|cv|top|best|new|latest|arxiv"
    r"|hugging|face|hf|papers?|digests?|summar(?:y|ies)|reports?|news|newsletter|briefing|analysis|detailed|lists?|reading"
    r"|readings|updated?|updates|roundup|reviews?|research|weeks?|days?|notes?|posts?|archive|log|date|readme|index"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:mon|tue|wed|thu|fri|sat|sun)|(?:jan|febr)uary|march|april|may|june|july"
    r"|august|(?:septem|octo|novem|decem)ber|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)(?![a-z])"
    r"|일간|주간|오늘의?|논문|브리핑|요약|소식|리뷰|정리|목록|뉴스|주차|년|월|일|每日|今日|论文|論文|速递|日报|周报|最新|精选|摘要|推荐|年|月|日",
    re.IGNORECASE,
)


def is_title_of_day(text: str, *, dated: bool = False) -> bool:
    """Whether a heading names a day or a week of papers ("Daily digest: 2024-05-01") rather than one paper.

    ``dated``: its day is known already, and need not stand in it.
    """
    if not (dated or find_day(text[:200]) or find_week(text, date.min)):
        return False
    if dated:
        return not _WORD.search(_DAY_WORDS.sub(" ", text))
    words = _WORD.findall(_DAY_WORDS.sub(" ", text))
    return sum(map(len, words)) <= max(12, len(text) // 4)


def _is_only_names(runs: Sequence[Run]) -> bool:
    """Whether nothing but links that say where they lead is left, with marks between them."""
    return all(is_link_name(run.text) if run.href else not _WORD.search(run.text) for run in runs)


def _row_lead(block: Block) -> Lead | None:
    """The title of a table's row: what stands in the column for titles, else in the first cell that has one."""
    fields = [_field(name) for name in block.columns] if len(block.columns) == len(block.cells) else []
    fields += [None] * (len(block.cells) - len(fields))
    order = sorted(range(len(block.cells)), key=lambda n: (fields[n] != "title", fields[n] != "paper", n))
    for at in order:
        if fields[at] not in (None, "title", "paper", "summary", "link") or not text_of(block.cells[at]):
            continue
        lead = _lead(block.cells[at])
        if lead is None or (len(lead.title) < 4 and not lead.is_marked):
            continue
        names = block.columns if len(block.columns) == len(block.cells) else ("",) * len(block.cells)
        others = tuple((fields[n], names[n], cell) for n, cell in enumerate(block.cells) if n != at)
        return Lead(lead.title, lead.rest, lead.href, lead.is_marked, others)
    return None


def digests_of(
    blocks: Sequence[Block],
    found: Found,
    when: date | None,
    title: str,
    *,
    written: date | None = None,
    korean: bool,
) -> tuple[Digest, ...]:
    """The papers as days: each under the day of its section where sections have days, else all under ``when``.

    ``written`` is the day that the text above the papers gives, for a text that is one day.
    Empty where no day is known. Raises `DigestFormatError` where only some papers have one.
    """
    days: dict[date, tuple[str, list[Unit]]] = {}
    sections = _sections(blocks, found)
    several = len({section for section in sections if section is not None}) > 1
    when = when or (None if several else written)
    undated = 0
    for unit, section in zip(found.units, sections, strict=True):
        head = blocks[section].text if section is not None else ""
        day = _day_of(head, found, sections, section) if head and (several or when is None) else None
        day = day or when
        if day is None:
            undated += 1
            continue
        days.setdefault(day, (head if several else title, []))[1].append(unit)
    if undated and days:
        expected = "a date in the file's name, or above each list of papers"
        raise DigestFormatError(1, expected, f"{undated} papers without a day")
    return tuple(
        Digest(
            day=day,
            title=head or day.isoformat(),
            entries=tuple(read_unit(blocks, unit, korean=korean) for unit in units),
            shape="page",
        )
        for day, (head, units) in days.items()
    )


def _sections(blocks: Sequence[Block], found: Found) -> list[int | None]:
    """For each paper the heading above it that names a day or a week."""
    starts = {unit.start for unit in found.units}
    above: list[tuple[int, int | None]] = []
    sections: list[int | None] = []
    for n, block in enumerate(blocks):
        level = block.level or (7 if "strong" in block.marks and not block.depth else 0)
        if n in starts:
            sections.append(next((at for _, at in reversed(above) if at is not None), None))
        elif level:
            while above and above[-1][0] >= level:
                above.pop()
            above.append((level, n if is_title_of_day(block.text) else None))
    return sections


def _day_of(head: str, found: Found, sections: Sequence[int | None], section: int | None) -> date | None:
    """The day of a section's heading; the year that it leaves out is that of the newest paper there."""
    if day := find_week(head) or find_day(head[:200]):
        return day
    numbers = [
        match[1]
        for unit, own in zip(found.units, sections, strict=True)
        if own == section and (match := _ARXIV_MONTH.search(paper_id(unit.link) or ""))
    ]
    if not numbers:
        return None
    newest = max(numbers)
    return find_week(head, date(2000 + int(newest[:2]), min(max(int(newest[2:]), 1), 12), 1))


_ARXIV_MONTH = re.compile(r"^arxiv:(\d{4})\.")


@dataclass(slots=True)
class _Draft:
    links: list[str] = field(default_factory=list)
    authors: tuple[str, ...] = ()
    tags: list[str] = field(default_factory=list)
    abstract: list[str] = field(default_factory=list)
    commentary: list[str] = field(default_factory=list)


def read_unit(blocks: Sequence[Block], unit: Unit, *, korean: bool) -> Entry:
    """The entry of a unit: its labelled facts, its abstract, and everything else as commentary."""
    lead = unit.lead
    draft = _Draft([unit.link])
    if lead.href.startswith("http"):
        draft.links.append(lead.href)
    for name, column, cell in lead.fields:
        _read_cell(draft, name, column, cell)
    _read_words(draft, lead.rest, "" if lead.fields else None)
    section: Field | None = None
    above: Block | None = None
    first = 0
    for block in blocks[unit.body : unit.end]:
        before = len(draft.commentary)
        section = _read_block(draft, block, section)
        if len(draft.commentary) != before + 1:
            above = None
            continue
        if above is None or not _goes_on(above, block, first):
            first = block.depth
        else:
            _join(draft.commentary, block, first)
        above = block
    texts = draft.commentary
    return Entry(
        title=lead.title,
        authors=draft.authors,
        links=tuple(dict.fromkeys(draft.links)),
        abstract=tuple(draft.abstract),
        commentary=read_languages(texts, [False] * len(texts), default="ko" if korean else "en"),
        tags=tuple(dict.fromkeys(draft.tags)),
    )


def _goes_on(above: Block, block: Block, first: int) -> bool:
    """Whether a block is part of the paragraph above it: an item below an item of depth ``first``, or a further row."""
    if block.cells and above.cells:
        return block.columns == above.columns and bool(block.columns) and not block.is_head
    return block.begins_item and above.begins_item and block.depth > first > 0


def _join(commentary: list[str], block: Block, first: int) -> None:
    """Join the last paragraph to the one above it, as `paragraphs.join_lines` has lists and tables."""
    last = commentary.pop()
    if block.cells:
        if "\n" not in commentary[-1]:
            rule = "|".join("---" for _ in block.columns)
            commentary[-1] = f"| {commentary[-1]} |\n|{rule}|"
        commentary[-1] += f"\n| {last} |"
    else:
        commentary[-1] += "\n" + "    " * min(block.depth - first, 7) + last


_COUNTS = frozenset(("no", "nr", "id", "index", "idx", "rank", "번호", "순번", "순위", "序号"))


def _read_cell(draft: _Draft, name: Field | None, column: str, cell: Sequence[Run]) -> None:
    """Put a cell where it belongs; words of no field of ours keep the name of their column."""
    text = text_of(cell)
    before = len(draft.commentary), draft.authors
    _put_cell(draft, name, text, cell)
    label = column.strip(" :：*_")
    if not any(letter.isalpha() for letter in label) or name not in (None, "detail"):
        return
    if len(draft.commentary) > before[0]:
        draft.commentary[before[0]] = f"{label}: {draft.commentary[before[0]]}"
    elif draft.authors == before[1] and label.casefold().strip("#. ") not in _COUNTS and _is_figure(cell, text):
        draft.commentary.append(f"{label}: {text}")


def _is_figure(cell: Sequence[Run], text: str) -> bool:
    """Whether a cell holds a number that its column's name gives a meaning, not a link, a day or an id."""
    linked = any(True for _ in links_of(cell)) or _ID.search(text)
    return not linked and any(letter.isdigit() for letter in text) and not find_day(text)


def _put_cell(draft: _Draft, name: Field | None, text: str, cell: Sequence[Run]) -> None:
    if name is None and not draft.authors and (names := _people(text)):
        draft.authors = names
    elif name is not None:
        _read_field(draft, name, text, cell)
    else:
        _read_words(draft, cell, None)


def _read_block(draft: _Draft, block: Block, section: Field | None) -> Field | None:
    """Put a block where it belongs; returns the field that a label above the next blocks gives them."""
    text = block.text
    if block.tags is not None:
        draft.tags.extend(block.tags)
        return section
    if block.preformatted:
        draft.commentary.append(block.markdown)
        return section
    words = _NO_WORD.sub("", text)
    if (
        (named := read_label(words.strip(" *_：:")))
        and (block.level or len(words) < 40)
        and not any(links_of(block.runs))
    ):
        return named
    if (label := _LABELLED.fullmatch(words)) and (named := _field(label["label"])):
        value = _after_label(block.runs, label["label"])
        if not label["value"].strip():
            return named
        if named == "detail" and _is_said(label["value"]):
            draft.commentary.append(block.markdown)
        elif named != "detail":
            _read_field(draft, named, label["value"].strip(), value)
        return named if named in ("abstract", "summary") else None
    if block.level:
        draft.commentary.append(block.markdown)
        return None
    if section == "authors" and not draft.authors:
        draft.authors = read_names(text)
        return None
    if section == "tags" and (tags := _plain_tags(text)):
        draft.tags.extend(tags)
        return None
    begun = bool(draft.abstract) or sum(map(len, draft.commentary)) > BESIDE_CHARS
    if not begun and not draft.authors and section is None and (names := _people(text, sure="em" in block.marks)):
        draft.authors = names
    elif not draft.commentary and (block.quoted or section == "abstract"):
        draft.abstract.append(block.markdown.removeprefix("- "))
    else:
        _read_words(draft, block.runs, ("> " if block.quoted else "") + block.markdown)
    return section


def _after_label(runs: Sequence[Run], label: str) -> tuple[Run, ...]:
    """What follows a label and its colon."""
    seen = ""
    for n, run in enumerate(runs):
        seen += run.text
        found = re.search(re.escape(label) + r"\s?[:：]{1,2}\s*", seen)
        if found:
            rest = seen[found.end() :]
            after = (Run(rest, *_style(run)),) if rest else ()
            return (*after, *runs[n + 1 :])
    return tuple(runs)


def _read_field(draft: _Draft, name: Field, text: str, runs: Sequence[Run]) -> None:
    if name == "authors":
        draft.authors = draft.authors or read_names(text)
    elif name in ("paper", "link"):
        links = [link.url for link in links_of(runs)]
        draft.links.extend(links)
        if not links and text and name == "link" and _WORD.search(text):
            draft.commentary.append(text)
    elif name == "tags":
        draft.tags.extend(_plain_tags(text))
    elif name == "abstract":
        draft.abstract.extend(filter(None, [markdown_of(runs)]))
    elif name == "summary":
        draft.commentary.extend(filter(None, [markdown_of(runs)]))
    elif name == "detail" and _is_said(text):
        draft.commentary.append(text)


def _is_said(detail: str) -> bool:
    """Whether a further fact of a paper is worth to be kept: not the day it was published, nor its categories."""
    return not read_day(detail) and _WORD.search(_CATEGORY.sub("", detail)) is not None


def _plain_tags(text: str) -> tuple[str, ...]:
    parts = (
        re.split(r"[,;、，/|]", text) if re.search(r"[,;、，|]", text) else text.split("#") if "#" in text else (text,)
    )
    return tuple(tag for part in parts if (tag := part.strip(" #*_`·•\t")) and len(tag) <= 60)


def _read_words(draft: _Draft, runs: Sequence[Run], markdown: str | None) -> None:
    """Words of the curator, links that only say where they lead taken out at the end; facts that need no words."""
    words = [*runs]
    named: list[str] = []
    while words:
        run = words[-1]
        if is_link_name(run.text) if run.href else _is_between(run.text):
            words.pop()
            if run.href.startswith("http") and not is_picture(run.href):
                named.insert(0, run.href)
        elif named and not run.href and (match := _LAST_NAME.search(run.text)):
            words[-1] = Run(run.text[: match.start()], *_style(run))
        else:
            break
    text = text_of(words)
    bare = list(find_links(text))
    left = text
    for link in bare:
        left = left.replace(link.url, " ")
    left = re.sub(r"\d{4}[-./]\d{1,2}[-./]\d{1,2}", " ", _CATEGORY.sub(" ", left))
    if not _WORD.search(re.sub(r"\b(?:arxiv|pdf|paper|code|links?|abs|html|and|or)\b", " ", left, flags=re.IGNORECASE)):
        draft.links.extend(dict.fromkeys([*(link.url for link in links_of(runs))]))
        return
    draft.links.extend(named)
    if not (draft.abstract or draft.commentary or draft.authors) and (names := _people(text.strip(" ()·|,-"))):
        draft.authors = names
        return
    if named or markdown is None or markdown == "":
        markdown = _closed(markdown_of(words))
    if markdown and not _BADGE.fullmatch(text):
        draft.commentary.append(markdown)


_LAST_NAME = re.compile(
    r"[\s,·|(\[-]*\b(?:paper|arxiv|links?|code|pdf|url|논문|링크|论文|链接)\s?[:：]\s*$", re.IGNORECASE
)


_BADGE = re.compile(r"[A-Z/ ]{1,6}|\W*")


def _is_between(text: str) -> bool:
    return (
        not text.strip(" \t\n|,/·•()[]（）【】&;:-–—") or re.fullmatch(r"[\W\d]*(?:and|or|,)?[\W\d]*", text) is not None
    )


def _closed(text: str) -> str:
    """Text whose last links were taken out, without the bracket or dash that stood before them."""
    text = text.strip().lstrip(":：-–—|·,").strip()
    opened = max(text.rfind("("), text.rfind("["))
    if opened >= 0 and not re.search(r"[)\]]", text[opened:]) and len(text) - opened < 30:
        text = text[:opened]
    return text.rstrip(" (|[,·-–—")


def _people(text: str, *, sure: bool = False) -> tuple[str, ...]:
    """The authors of a line of nothing but names, in parentheses or not."""
    if len(text) > 3000:
        return ()
    line = _NO_WORD.sub("", text) if text[:1] not in "(（" else text
    if found := read_authors(line):
        return found
    if found := read_bare_authors(line, sure=sure):
        return found
    if match := _ET_AL.search(line):
        names = read_names(line[: match.start()])
        return names if names and all(_is_name(name) for name in names) else ()
    if "," not in line and ";" not in line and " and " not in line:
        return ()
    names = read_names(line)
    return names if len(names) > 1 and are_people(names) and not line.endswith((".", "?", "!")) else ()


_ET_AL = re.compile(
    r"[\s,]+et\.?\s?al\.?[\s.,)]*$|\s?[等외]\s?(?:\d{1,4}\s?)?[人位명]?$|[\s,]+(?:and|&)\s\d{1,4}\s(?:more|others)\.?$",
    re.IGNORECASE,
)


def _is_name(name: str) -> bool:
    return name.count(" ") <= 4 and name[:1].isupper() and not any(letter in name for letter in ":?!=")
