"""Curators' words as rich text: leaves, paragraphs, lists, quotes and code that Slack shows and never interprets.

A paragraph is read once into chunks, measured and cut as chunks, and only then becomes blocks and text.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from itertools import groupby
from typing import Literal

from slack_sdk.models.blocks import (
    DividerBlock,
    ImageBlock,
    RichTextBlock,
    RichTextElement,
    RichTextElementParts,
    RichTextListElement,
    RichTextPreformattedElement,
    RichTextQuoteElement,
    RichTextSectionElement,
)

from bot.digest.inline import Align
from bot.messages.content import Block
from bot.messages.limits import IMAGE_TEXT, best_cut, clean, cut, is_seen, longest, weight
from bot.messages.mrkdwn import escape, is_user, link, mention, safe_url
from bot.messages.words import Words

Kind = Literal["text", "bullet", "ordered", "quote", "code", "table", "image", "rule"]
Cells = tuple[tuple["Leaf", ...], ...]

TABLE_ROWS, TABLE_COLUMNS = 100, 20  # https://docs.slack.dev/reference/block-kit/blocks/table-block
APART = 15  # chunks of one part that are blocks of their own; a message has at most 50 blocks
CHUNKS = 100  # of one part. Slack names no limit for the elements of a rich text; nobody reads more in one message.

_BARE_URL = re.compile(r"https?://[^\s<>\"'`|{}\\^]+", re.IGNORECASE)
_PLACE = "\0"  # never stands in words: `clean` removes it
_AFTER_URL = ".,;:!?*_~”’"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A stretch of text in one style, cleaned, its link fit to be followed."""

    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False
    link: str | None = None
    bare: bool = False
    """Its text is the link itself, or a part of it where it was cut."""
    user: str | None = None
    """The person it names; the text is their id."""
    strike: bool = False
    """Only in blocks: the ``text`` of a message has no mark for it that outside words could not end."""
    at: int | None = None
    """The moment it names, in seconds since 1970, which Slack shows in each reader's own zone and words."""
    at_format: str = ""
    """Slack's format of that moment; the text is shown where Slack cannot."""

    @property
    def said(self) -> str:
        """How it reads in the ``text`` of a message."""
        if self.user is not None:
            return mention(self.user)
        return escape(self.text) if self.bare or not self.text.strip() else link(self.link, self.text)

    @property
    def overhead(self) -> int:
        """What its link adds to the weight of its text."""
        return 0 if self.link is None or self.bare else len(self.said) - len(escape(self.text))


@dataclass(frozen=True, slots=True)
class Chunk:
    """A paragraph, list item, quotation or code block."""

    leaves: tuple[Leaf, ...]
    kind: Kind = "text"
    indent: int = 0
    number: int = 1
    """Of an item in an ordered list."""
    rows: tuple[Cells, ...] = ()
    """Of a table; its leaves are the same as aligned text."""
    aligns: tuple[Align, ...] = ()
    image: str | None = None
    """Where the image is that Slack shows; its leaf is its caption."""

    @property
    def fits_a_table(self) -> bool:
        """Whether Slack's own table can hold it."""
        return self.kind == "table" and len(self.rows) <= TABLE_ROWS and len(self.rows[0]) <= TABLE_COLUMNS

    @property
    def text(self) -> str:
        return "".join(leaf.text for leaf in self.leaves)

    @property
    def said(self) -> str:
        """How it reads in the ``text`` of a message."""
        return self._mark + "".join(leaf.said for leaf in self.leaves)

    @property
    def weight(self) -> int:
        """Of its text, the line ends after it included."""
        return sum(weight(leaf.text) + leaf.overhead for leaf in self.leaves) + len(self._mark) + 2

    @property
    def _mark(self) -> str:
        match self.kind:
            case "bullet":
                return "  " * self.indent + "• "
            case "ordered":
                return "  " * self.indent + f"{self.number}. "
            case _:
                return ""


@dataclass(frozen=True, slots=True)
class Passage:
    """One paragraph as the curator counts them: what a message should not be split inside of."""

    chunks: tuple[Chunk, ...]
    label: str | None = None
    """A small line before it, in our words."""

    @property
    def weight(self) -> int:
        return sum(chunk.weight for chunk in self.chunks) + (weight(self.label) + 2 if self.label else 0)

    @property
    def apart(self) -> int:
        """How many of its chunks become blocks of their own."""
        return sum(chunk.kind in ("image", "rule", "table") for chunk in self.chunks)

    @property
    def ends_in_a_table(self) -> bool:
        """Whether its last chunk is one of Slack's tables, which stands at the end of its message."""
        return bool(self.chunks) and self.chunks[-1].fits_a_table


def user_leaf(user_id: str) -> Leaf:
    """A person's name, as Slack shows it to each reader; the id itself where it is no id."""
    return Leaf(clean(user_id) or "?", user=user_id if is_user(user_id) else None)


def moment_leaf(when: datetime, zone: str, words: Words, *, reader: tzinfo | None = None) -> Leaf:
    """A moment as Slack shows it to each reader ("tomorrow at 9:00 AM"); in words, it is that of the zone."""
    text = words.moment(when, zone, reader=reader)
    return Leaf(text, at=int(when.timestamp()), at_format=words.t("time.slack"))


def woven(words: str, leaves: Mapping[str, Leaf]) -> list[Leaf]:
    """Our words with leaves in the places that `place` kept for them."""
    parts = words.split(_PLACE)
    return [leaves[part] if number % 2 else Leaf(part) for number, part in enumerate(parts)]


def place(name: str) -> str:
    """A place in our words for a leaf of that name."""
    return f"{_PLACE}{name}{_PLACE}"


def plain_leaves(text: str) -> tuple[Leaf, ...]:
    """Text that is not Markdown, every character as it stands; bare URLs can be followed."""
    leaves: list[Leaf] = []
    text = clean(text)
    done = 0
    for match in _BARE_URL.finditer(text):
        shown = _without_tail(match.group())
        url = safe_url(shown)
        if url is None:
            continue
        if match.start() > done:
            leaves.append(Leaf(text[done : match.start()]))
        leaves.append(Leaf(shown, link=url, bare=True))
        done = match.start() + len(shown)
    if done < len(text):
        leaves.append(Leaf(text[done:]))
    return tuple(leaves)


def _without_tail(url: str) -> str:
    """A URL found in a sentence, without the sentence's own punctuation or a bracket that was opened before it."""
    while True:
        shorter = url.rstrip(_AFTER_URL)
        for opening, closing in ("()", "[]"):
            if shorter.endswith(closing) and shorter.count(closing) > shorter.count(opening):
                shorter = shorter[:-1]
        if shorter == url:
            return url
        url = shorter


def plain_passage(text: str, label: str | None = None) -> Passage:
    """A paragraph that is not Markdown."""
    return Passage((Chunk(plain_leaves(text)),), label)


def fill(passages: Iterable[Passage], most: int) -> list[tuple[Passage, ...]]:
    """The passages in their order, as few parts as keep to ``most`` by weight; nothing is lost.

    A part ends at a passage's end, and after a table: Slack shows a message's table at its end. A passage that is too
    long for any part is cut at its chunks' ends, a chunk at a sentence's or a word's.
    """
    parts: list[tuple[Passage, ...]] = []
    now: list[Passage] = []
    used = chunks = apart = 0
    for passage in passages:
        is_full = used + passage.weight > most or chunks + len(passage.chunks) > CHUNKS or apart + passage.apart > APART
        if now and (is_full or now[-1].ends_in_a_table):
            parts.append(tuple(now))
            now, used, chunks, apart = [], 0, 0, 0
        *whole, last = _split(passage, most)
        parts.extend((part,) for part in whole)
        now.append(last)
        used += last.weight
        chunks += len(last.chunks)
        apart += last.apart
    return [*parts, tuple(now)] if now else parts


def _split(passage: Passage, most: int) -> list[Passage]:
    """The passage, or as few pieces of it as keep to ``most``; the label stays with the first."""
    if passage.weight <= most and len(passage.chunks) <= CHUNKS and passage.apart <= APART:
        return [passage]
    pieces: list[Passage] = []
    now: list[Chunk] = []
    label = passage.label
    used = weight(label) + 2 if label else 0
    for chunk in passage.chunks:
        rest: Chunk | None = chunk
        while rest is not None:
            is_full = len(now) >= CHUNKS or Passage(tuple(now)).apart >= APART
            if used + rest.weight <= most and not is_full:
                now.append(rest)
                used += rest.weight
                break
            if now:  # end this piece before the chunk rather than inside it
                pieces.append(Passage(tuple(now), label))
                now, used, label = [], 0, None
                continue
            head, rest = _cut_chunk(rest, most - used)
            pieces.append(Passage((head,), label))
            used, label = 0, None
    if now:
        pieces.append(Passage(tuple(now), label))
    return pieces


def _cut_chunk(chunk: Chunk, most: int) -> tuple[Chunk, Chunk | None]:
    """The chunk's beginning, of at most ``most`` by weight, and what follows it."""
    room = most - (chunk.weight - sum(weight(leaf.text) + leaf.overhead for leaf in chunk.leaves))
    reach = 0
    for leaf in chunk.leaves:
        inside = longest(leaf.text, room - leaf.overhead) if room > leaf.overhead else 0
        reach += inside
        room -= leaf.overhead + weight(leaf.text)
        if inside < len(leaf.text):
            break
    place = best_cut(chunk.text, reach)
    head, tail = split_leaves(chunk.leaves, place)
    if tail and chunk.kind in ("table", "image"):  # what was cut is only its text
        chunk = replace(chunk, kind="code" if chunk.kind == "table" else "text", rows=(), aligns=(), image=None)
    return replace(chunk, leaves=head), replace(chunk, leaves=tail) if tail else None


def split_leaves(leaves: Iterable[Leaf], place: int) -> tuple[tuple[Leaf, ...], tuple[Leaf, ...]]:
    """The leaves before and after a place in their common text."""
    head: list[Leaf] = []
    tail: list[Leaf] = []
    for leaf in leaves:
        if place >= len(leaf.text):
            head.append(leaf)
        elif place <= 0:
            tail.append(leaf)
        else:
            head.append(replace(leaf, text=leaf.text[:place]))
            tail.append(replace(leaf, text=leaf.text[place:]))
        place -= len(leaf.text)
    return tuple(head), tuple(tail)


def said(passages: Sequence[Passage]) -> str:
    """The passages as the ``text`` of a message."""
    lines: list[str] = []
    for passage in passages:
        if lines:
            lines.append("")
        if passage.label:
            lines.append(escape(passage.label))
        for before, chunk in zip((None, *passage.chunks), passage.chunks, strict=False):
            if before is not None and not (before.kind == chunk.kind != "text"):
                lines.append("")
            lines.append(chunk.said)
    return "\n".join(lines)


def rich_text(passages: Sequence[Passage]) -> Block:
    """One rich_text block with all of these passages but their labels: an image by its caption, a table aligned."""
    chunks = [chunk for passage in passages for chunk in passage.chunks]
    return block(_elements(chunks))


def own_blocks(passages: Sequence[Passage]) -> list[Block]:
    """The same in the blocks of a message in a channel: images and rules between rich text, a table at the end.

    Slack takes one table a message and shows it last, so any other is aligned text.
    """
    chunks = [chunk for passage in passages for chunk in passage.chunks]
    table = chunks.pop() if chunks and chunks[-1].fits_a_table else None
    made: list[Block] = []
    for apart, group in groupby(chunks, key=lambda chunk: chunk.kind if chunk.kind in ("image", "rule") else ""):
        same = list(group)
        if apart == "image":
            made += [_image_block(chunk) for chunk in same]
        elif apart == "rule":
            made.append(DividerBlock().to_dict())
        else:
            made.append(block(_elements(same)))
    return [*made, _table_block(table)] if table else made


def _image_block(chunk: Chunk) -> Block:
    caption = cut(chunk.text, IMAGE_TEXT)
    return ImageBlock(image_url=chunk.image, alt_text=caption).to_dict()


def _table_block(chunk: Chunk) -> Block:
    rows = [[RichTextBlock(elements=[section(cell)]) for cell in row] for row in chunk.rows]
    return {
        "type": "table",
        "rows": [[cell.to_dict() for cell in row] for row in rows],
        "column_settings": [{"align": align, "is_wrapped": True} for align in chunk.aligns],
    }


def block(elements: Sequence[RichTextElement]) -> Block:
    """A rich_text block."""
    return RichTextBlock(elements=list(elements)).to_dict()


def section(leaves: Iterable[Leaf]) -> RichTextSectionElement:
    """One line or paragraph of a rich_text block."""
    return RichTextSectionElement(elements=_parts(leaves))


def lines(*given: Sequence[Leaf]) -> RichTextSectionElement:
    """Lines under each other. Sections that follow one another do not promise a new line; this does."""
    return section(_joined([Chunk(tuple(leaves)) for leaves in given], "\n"))


def ordered(items: Sequence[Sequence[Leaf]], start: int = 1) -> RichTextListElement:
    """A numbered list."""
    return RichTextListElement(elements=[section(item) for item in items], style="ordered", offset=start - 1 or None)


def bullets(items: Sequence[Sequence[Leaf]]) -> RichTextListElement:
    """A list with bullets."""
    return RichTextListElement(elements=[section(item) for item in items], style="bullet")


def _elements(chunks: Sequence[Chunk]) -> list[RichTextElement]:
    elements: list[RichTextElement] = []
    for (kind, indent, _), group in groupby(enumerate(chunks), key=_run):
        same = [chunk for _, chunk in group]
        match kind:
            case "text" | "image" | "rule":
                elements.append(section(_joined(same, "\n\n")))
            case "quote":
                elements.append(RichTextQuoteElement(elements=_parts(_joined(same, "\n"))))
            case "code" | "table":
                plain = [replace(chunk, leaves=tuple(Leaf(leaf.text) for leaf in chunk.leaves)) for chunk in same]
                elements.extend(RichTextPreformattedElement(elements=_parts(chunk.leaves)) for chunk in plain)
            case "bullet" | "ordered":
                elements.append(
                    RichTextListElement(
                        elements=[section(chunk.leaves) for chunk in same],
                        style=kind,
                        indent=min(indent, 8) or None,
                        offset=(same[0].number - 1 or None) if kind == "ordered" else None,
                    )
                )
    return elements


def _run(placed: tuple[int, Chunk]) -> tuple[Kind, int, int]:
    """What neighbours share that become one element; Slack counts a list on by ones, whatever its curator wrote."""
    place, chunk = placed
    return chunk.kind, chunk.indent, chunk.number - place if chunk.kind == "ordered" else 0


def _joined(chunks: Sequence[Chunk], between: str) -> list[Leaf]:
    leaves: list[Leaf] = []
    for chunk in chunks:
        if leaves:
            leaves.append(Leaf(between))
        leaves.extend(chunk.leaves)
    return leaves


def _parts(leaves: Iterable[Leaf]) -> list[RichTextElement]:
    return [_part(leaf) for leaf in _merged(leaves)]


def _merged(leaves: Iterable[Leaf]) -> list[Leaf]:
    """Neighbours of one style as one leaf; none is empty, which Slack refuses."""
    merged: list[Leaf] = []
    for leaf in leaves:
        if not leaf.text:
            continue
        if merged and leaf.user is None and merged[-1] == replace(leaf, text=merged[-1].text):
            merged[-1] = replace(leaf, text=merged[-1].text + leaf.text)
        else:
            merged.append(leaf)
    return merged or [Leaf("\u200b")]


def _part(leaf: Leaf) -> RichTextElement:
    if leaf.user is not None:
        return RichTextElementParts.User(user_id=leaf.user)
    if leaf.at is not None:
        return RichTextElementParts.Date(timestamp=leaf.at, format=leaf.at_format, fallback=leaf.text)
    style = {name: True for name in ("bold", "italic", "code", "strike") if getattr(leaf, name)} or None
    if leaf.link is not None:
        return RichTextElementParts.Link(url=leaf.link, text=leaf.text, style=style)
    return RichTextElementParts.Text(text=leaf.text, style=style)


def seen(passages: Iterable[Passage]) -> list[Passage]:
    """The passages in which there is something to see, be it the mark of an empty list item."""
    return [passage for passage in passages if any(is_seen(chunk.said) for chunk in passage.chunks)]
