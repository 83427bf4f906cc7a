"""A digest day as the messages of a channel, in one of three layouts.

What is too long for one message goes on in the next; of a text that would flood the channel the rest is named, with
where to read it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.digest.model import Entry, StoredDigest, StoredEntry
from bot.digest.papers import paper_id
from bot.messages import blocks, paper, richtext
from bot.messages.content import Block, Content, DayMessage
from bot.messages.limits import TEXT, clean, cut, is_seen, units
from bot.messages.mrkdwn import escape
from bot.messages.richtext import Leaf, Passage
from bot.messages.words import Words
from bot.plan.subscription import Layout

LABEL = 200  # by weight, kept free for "Commentary 12/13"
SHORT_TITLE = 120
PARTS = 20  # replies of one paper: more of them are a flood in everybody's channel


def lay_out(
    digest: StoredDigest, entries: Sequence[StoredEntry], layout: Layout, words: Words, most_parts: int = PARTS
) -> tuple[DayMessage, ...]:
    """The messages that carry these papers of a day to a channel, in the order in which they must be sent.

    ``entries`` are those of the digest's that the channel wants; without any there is nothing to send. One that was
    withdrawn keeps its messages and says so. What changes of one paper changes no message of another: only its own, and
    those of the day, which name no entry. Of one paper there are ``most_parts`` replies at most (0: no limit), the last
    of which names the rest.
    """
    if not entries:
        return ()
    match layout:
        case "papers":
            return tuple(_papers(digest, entries, words, most_parts))
        case "list":
            return tuple(_list(digest, entries, words, most_parts))
        case "brief":
            return tuple(_brief(digest, entries, words))


def day_heading(digest: StoredDigest, entries: Sequence[StoredEntry], words: Words) -> tuple[list[Block], list[str]]:
    """The day, how many papers, and the commonest tags, as blocks and as lines of text; withdrawn ones do not count."""
    there = [stored for stored in entries if not stored.withdrawn]
    total = max(sum(not stored.withdrawn for stored in digest.entries), len(there))
    line = _count(words.date(digest.day), len(there), total, len(entries), words)
    own_title = _own_title(digest)
    marks = " · ".join(words.t("day.tag", tag=cut(tag, 50), count=number) for tag, number in paper.top_tags(there))
    small = blocks.small(own_title, marks)
    return [blocks.header(line), *([small] if small else [])], [
        line,
        *(escape(text) for text in (own_title, marks) if text),
    ]


def _count(day: str, count: int, total: int, laid: int, words: Words) -> str:
    """How many papers of how many; of ``laid`` ones that are all withdrawn, that they are."""
    if not count:
        return words.n("day.heading_withdrawn", laid, date=day)
    if count == total:
        return words.n("day.heading", count, date=day)
    return words.t("day.heading_some", date=day, count=count, total=total)


def _own_title(digest: StoredDigest) -> str:
    """What the curator called the day, where that is more than its date."""
    title = " ".join(clean(digest.title).split())
    return cut(title, 200) if is_seen(title) and str(digest.day.year) not in title else ""


def _papers(
    digest: StoredDigest, entries: Sequence[StoredEntry], words: Words, most_parts: int
) -> Iterable[DayMessage]:
    yield DayMessage(_content(*day_heading(digest, entries, words)), None, None, 0)
    for stored in entries:
        yield DayMessage(_content(*paper.card(stored, words)), stored.id, stored.key, 0)
        replies, left_out = _bounded(list(_replies(stored, words)), stored, words, most_parts)
        for part, reply in enumerate(replies, 1):
            left = left_out if part == len(replies) else 0
            yield DayMessage(reply, stored.id, stored.key, part, parent=(stored.key, 0), left_out=left)


def _bounded(replies: list[Content], stored: StoredEntry, words: Words, most_parts: int) -> tuple[list[Content], int]:
    """The replies, of too many the first and one that names the rest; how many that are."""
    left_out = len(replies) - most_parts + 1
    if not most_parts or left_out <= 1:
        return replies, 0
    typed = Leaf(f"/paper {words.typed(f'commentary {_named(stored.entry)}')}", code=True)
    said = words.n("part.rest", left_out, typed=richtext.place("typed"))
    leaves = richtext.woven(said, {"typed": typed})
    rest = _content([richtext.block([richtext.section(leaves)])], ["".join(leaf.said for leaf in leaves)])
    return [*replies[: most_parts - 1], rest], left_out


def _named(entry: Entry) -> str:
    """As the paper can be typed: its arXiv id or link, else its title in quotation marks."""
    first = entry.links[0] if entry.links else ""
    known = paper_id(first) if first else None
    if known:
        return known.removeprefix("arxiv:") if known.startswith("arxiv:") else first
    return '"' + cut(" ".join(clean(entry.title).replace('"', " ").split()), SHORT_TITLE) + '"'


def _replies(stored: StoredEntry, words: Words) -> Iterable[Content]:
    """A paper's thread: the abstract, the commentary, and what its card had no room for."""
    entry = stored.entry
    yield from _parts(paper.abstract(entry), words.t("paper.abstract"), words)
    yield from _parts(paper.commentary(entry, words), words.t("paper.commentary"), words)
    yield from _parts(paper.leftovers(entry, words), "", words)


def _parts(passages: Sequence[Passage], label: str, words: Words) -> Iterable[Content]:
    """The passages as messages under a label, numbered where one message cannot hold them."""
    parts = richtext.fill(passages, TEXT - LABEL)
    for number, part in enumerate(parts, 1):
        marked = _numbered(label, number, len(parts), words)
        small = blocks.small(marked)
        made = [*([small] if small else []), *paper.message_blocks(part)]
        yield _content(made, [*([escape(marked), ""] if marked else []), richtext.said(part)])


def _numbered(label: str, number: int, total: int, words: Words) -> str:
    return words.t("part.of", label=label, number=number, total=total).strip() if total > 1 else label


def _list(digest: StoredDigest, entries: Sequence[StoredEntry], words: Words, most_parts: int) -> Iterable[DayMessage]:
    parent = (None, 0)
    made, lines = day_heading(digest, entries, words)
    titles = [paper.title_leaves(stored, words) for stored in entries]
    said = [f"{n}. {escape(''.join(leaf.text for leaf in leaves))}" for n, leaves in enumerate(titles, 1)]
    runs = _runs(said, [TEXT - LABEL - units("\n".join(lines)), TEXT - LABEL])
    for part, (start, end) in enumerate(runs):
        marked = _numbered(words.t("list.titles"), part + 1, len(runs), words)
        numbered = richtext.block([richtext.ordered(titles[start:end], start + 1)])
        if part == 0:
            more = words.n("list.goes_on", len(titles) - end) if end < len(titles) else words.t("list.in_thread")
            small = blocks.small(more)
            first = [*made, numbered, *([small] if small else [])]
            yield DayMessage(_content(first, [*lines, *said[start:end], more]), None, None, 0)
        else:
            small = blocks.small(marked)
            rest = [*([small] if small else []), numbered]
            yield DayMessage(_content(rest, [marked, *said[start:end]]), None, None, part, parent=parent)
    for stored in entries:
        replies, left_out = _bounded(list(_whole(stored, words)), stored, words, most_parts)
        for part, reply in enumerate(replies):
            left = left_out if part == len(replies) - 1 else 0
            yield DayMessage(reply, stored.id, stored.key, part, parent=parent, left_out=left)


def _whole(stored: StoredEntry, words: Words) -> Iterable[Content]:
    """One paper with all its text, in as few messages as it takes; each but the first begins with its title."""
    entry = stored.entry
    head, lines = paper.heading(stored, words)
    passages = paper.whole(entry, words)
    # The first message also carries the heading, so every part leaves room for it. A mark that comes later fits into
    # what is kept for a label: it must not move the parts.
    _, unmarked = paper.heading(replace(stored, withdrawn=False), words)
    parts = richtext.fill(passages, TEXT - LABEL - units("\n".join(unmarked))) or [()]
    for number, part in enumerate(parts, 1):
        marked = _numbered(paper.title(entry, words, SHORT_TITLE), number, len(parts), words)
        small = blocks.small(marked) if number > 1 else blocks.small(_numbered("", 1, len(parts), words))
        top = head if number == 1 else []
        top_lines = [*lines, *([_numbered("", 1, len(parts), words)] if len(parts) > 1 else [])]
        made = [*top, *([small] if small else []), *paper.message_blocks(part)]
        words_before = top_lines if number == 1 else [escape(marked)]
        yield _content(made, [*words_before, *(["", richtext.said(part)] if part else [])])


def _brief(digest: StoredDigest, entries: Sequence[StoredEntry], words: Words) -> Iterable[DayMessage]:
    made, lines = day_heading(digest, entries, words)
    items: list[list[Leaf]] = []
    for stored in entries:
        marks = paper.tags(stored.entry)
        items.append([*paper.title_leaves(stored, words), *([Leaf(f"  {marks}")] if marks else [])])
    said = ["• " + "".join(leaf.said for leaf in item) for item in items]
    runs = _runs(said, [TEXT - LABEL - units("\n".join(lines)), TEXT - LABEL])
    for part, (start, end) in enumerate(runs):
        marked = _numbered(words.t("list.titles"), part + 1, len(runs), words)
        shown = richtext.block([richtext.bullets(items[start:end])])
        if part == 0:
            yield DayMessage(_content([*made, shown], [*lines, *said[start:end]]), None, None, 0)
        else:
            small = blocks.small(marked)
            rest = [*([small] if small else []), shown]
            yield DayMessage(_content(rest, [marked, *said[start:end]]), None, None, part)


def _runs(lines: Sequence[str], room: Sequence[int]) -> list[tuple[int, int]]:
    """Ranges of lines that fit together: the first into the first room, the others into the last."""
    runs: list[tuple[int, int]] = []
    start = used = 0
    for place, line in enumerate(lines):
        length = units(line) + 1
        if place > start and (used + length > room[min(len(runs), len(room) - 1)] or place - start >= richtext.CHUNKS):
            runs.append((start, place))
            start, used = place, 0
        used += length
    return [*runs, (start, len(lines))]


def _content(made: Sequence[Block], lines: Sequence[str]) -> Content:
    return Content("\n".join(lines), tuple(made))
