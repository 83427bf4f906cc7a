"""How one paper looks wherever it appears: its title, its people and tags, why it matters, and its whole text."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from bot.digest.inline import find_footnotes
from bot.digest.keys import tag_key
from bot.digest.model import Entry, Paragraph, StoredEntry
from bot.digest.papers import paper_id
from bot.messages import blocks, richtext
from bot.messages.content import Block
from bot.messages.limits import ELLIPSIS, TEXT, clean, cut, is_seen, longest, sentence_ends, units, weight
from bot.messages.markdown import passage, plain_line
from bot.messages.mrkdwn import escape, safe_url, title_search
from bot.messages.richtext import Chunk, Leaf, Passage
from bot.messages.words import Words

TITLE = 800  # by weight; a longer one is cut in the channel and stands whole in its thread
AUTHORS = 3
NAME = 80
TAGS = 300
GIST = 200  # about two lines on a wide screen
GIST_ENOUGH = 40  # a first sentence shorter than this ("Interesting.") takes the next one along
MORE_LINKS = 5


def title(entry: Entry, words: Words, most: int = TITLE) -> str:
    """The title in one line; never nothing, for it is what a person presses."""
    text = plain_line(entry.title)
    return cut(text, most) if is_seen(text) else words.t("paper.untitled")


def title_is_cut(entry: Entry) -> bool:
    return weight(plain_line(entry.title)) > TITLE


def title_leaf(entry: Entry, words: Words, most: int = TITLE) -> Leaf:
    """The title, leading to the paper, or to a search for it where its link was lost."""
    search = title_search(entry.title) if is_seen(clean(entry.title)) else None
    return Leaf(title(entry, words, most), bold=True, link=_paper_url(entry) or search)


def title_leaves(stored: StoredEntry, words: Words) -> list[Leaf]:
    """The title of a paper of a day; struck through, with a small mark behind it, where its curator withdrew it."""
    leaf = title_leaf(stored.entry, words)
    return [replace(leaf, strike=True), withdrawn_mark(words)] if stored.withdrawn else [leaf]


def withdrawn_mark(words: Words) -> Leaf:
    """What stands behind a title that is struck through: its text alone would not show it."""
    return Leaf(f" · {words.t('paper.withdrawn')}", italic=True)


def _paper_url(entry: Entry) -> str | None:
    """The title's own link, which stands first.

    Print loses it, and what is left of a paper's links is its code or its page. A text without authors is no paper:
    its link may lead anywhere.
    """
    first = next((url for url in map(safe_url, entry.links) if url), None)
    is_own = first and (not entry.authors or paper_id(first) or urlsplit(first).path.lower().endswith(".pdf"))
    return first if is_own else None


def authors(entry: Entry, words: Words) -> str:
    """The first few authors, then how many more."""
    names = [cut(name, NAME) for name in map(plain_line, entry.authors) if is_seen(name)]
    if len(names) <= AUTHORS + 1:  # "+1 more" would be longer than most names
        return ", ".join(names)
    return words.n("paper.authors_more", len(names) - AUTHORS, names=", ".join(names[:AUTHORS]))


def tags(entry: Entry) -> str:
    """The tags in the curator's spelling."""
    return cut(" ".join(f"#{tag}" for tag in map(_tag, entry.tags) if is_seen(tag)), TAGS)


def _tag(tag: str) -> str:
    return "".join(clean(tag).split()).lstrip("#")


def gist(entry: Entry, words: Words) -> tuple[Leaf, ...]:
    """One line from the commentary: its first sentence, in the reader's language where there is one."""
    first = _first_paragraph(entry.commentary, words.lang)
    if first is None:
        return ()
    footnotes = find_footnotes(paragraph.text for paragraph in entry.commentary)
    chunk = next(filter(_has_text, passage(first.text, footnotes).chunks))
    # A labelled link may weigh more than the line has room for; the whole commentary in the thread keeps it.
    leaves = [
        replace(leaf, text=leaf.text.replace("\n", " "), link=leaf.link if leaf.bare else None) for leaf in chunk.leaves
    ]
    text = "".join(leaf.text for leaf in leaves)
    end = next((place for place in sentence_ends(text) if place >= GIST_ENOUGH), len(text))
    shown = text[:end].rstrip()
    if weight(shown) <= GIST:
        return richtext.split_leaves(leaves, len(shown))[0]
    place = longest(text, GIST - 1)
    space = text.rfind(" ", 0, place + 1)
    place = space if space > place // 2 else place
    return (*richtext.split_leaves(leaves, len(text[:place].rstrip()))[0], Leaf(ELLIPSIS))


def _first_paragraph(commentary: Sequence[Paragraph], lang: str) -> Paragraph | None:
    with_words = [paragraph for paragraph in commentary if any(map(_has_text, passage(paragraph.text).chunks))]
    return next((p for p in with_words if p.lang == lang), with_words[0] if with_words else None)


def _has_text(chunk: Chunk) -> bool:
    return chunk.kind not in ("table", "image", "rule") and is_seen(chunk.text)


def more_links(entry: Entry) -> list[Leaf]:
    """The links beside the paper's own: code, project page. What may not be linked stands as plain text."""
    own = _paper_url(entry)
    leaves: list[Leaf] = []
    for given in entry.links:
        url = safe_url(given)
        shown = clean(given).strip()
        if is_seen(shown) and (url is None or url != own):
            leaves.append(Leaf(_short(shown) if url else shown, link=url))
    return leaves


def _short(url: str) -> str:
    parts = urlsplit(url)
    return cut((parts.netloc + parts.path).removeprefix("www.").rstrip("/"), 60)


def heading(stored: StoredEntry, words: Words) -> tuple[list[Block], list[str]]:
    """Title, authors and tags, as blocks and as lines of text."""
    leaves = title_leaves(stored, words)
    people, marks = authors(stored.entry, words), tags(stored.entry)
    small = blocks.small(people, marks)
    made = [richtext.block([richtext.section(leaves)]), *([small] if small else [])]
    return made, ["".join(leaf.said for leaf in leaves), *(escape(line) for line in (people, marks) if line)]


def card(stored: StoredEntry, words: Words) -> tuple[list[Block], list[str]]:
    """A whole paper in a channel: title, authors, tags, why it matters, where else to look."""
    made, lines = heading(stored, words)
    entry = stored.entry
    if stored.late and (late := blocks.small(words.t("paper.late", date=words.date(stored.day)))):
        made.append(late)
        lines.append(words.t("paper.late", date=words.date(stored.day)))
    why = gist(entry, words)
    if why:
        made.append(richtext.block([richtext.section(why)]))
        lines.append("".join(leaf.said for leaf in why))
    links = more_links(entry)
    if 0 < len(links) <= MORE_LINKS:
        line = [Leaf(words.t("paper.links") + " ")]
        for place, leaf in enumerate(links):
            shown = replace(leaf, text=cut(leaf.text, 100))
            line += [Leaf(" · "), shown] if place else [shown]
        made.append(richtext.block([richtext.section(line)]))
        said = "".join(leaf.said if len(leaf.said) <= 300 else escape(leaf.text) for leaf in line)
        has_room = units("\n".join([*lines, said])) <= TEXT
        lines.append(said if has_room else "".join(escape(leaf.text) for leaf in line))
    return made, lines


def abstract(entry: Entry) -> list[Passage]:
    """The abstract's paragraphs, their Markdown and LaTeX read."""
    return richtext.seen(passage(text) for text in entry.abstract)


def commentary(entry: Entry, words: Words) -> list[Passage]:
    """The whole commentary in its order; the English that follows the last Korean paragraph has a small label."""
    passages: list[Passage] = []
    footnotes = find_footnotes(paragraph.text for paragraph in entry.commentary)
    english = None  # where the English begins that no Korean follows
    for paragraph in entry.commentary:
        shown = richtext.seen([passage(paragraph.text, footnotes)])
        if shown and paragraph.lang != "en":
            english = None
        elif shown and english is None:
            english = len(passages)
        passages += shown
    if english:
        passages[english] = replace(passages[english], label=words.t("paper.in_english"))
    return passages


def leftovers(entry: Entry, words: Words) -> list[Passage]:
    """What a card had no room for: a very long title, a long list of links."""
    rest: list[Passage] = []
    if title_is_cut(entry):
        rest.append(richtext.plain_passage(plain_line(entry.title), words.t("paper.whole_title")))
    links = more_links(entry)
    if len(links) > MORE_LINKS:
        rest.append(Passage(tuple(Chunk((leaf,), "bullet") for leaf in links), words.t("paper.links")))
    return rest


def whole(entry: Entry, words: Words) -> list[Passage]:
    """Everything there is to read beyond the heading, each kind under its label."""
    return [
        *_labelled(abstract(entry), words.t("paper.abstract")),
        *_labelled(commentary(entry, words), words.t("paper.commentary")),
        *leftovers(entry, words),
    ]


def has_words(entry: Entry) -> bool:
    """Whether there is anything to read beyond the heading."""
    return bool(abstract(entry)) or any(richtext.seen([passage(p.text)]) for p in entry.commentary)


def _labelled(passages: Sequence[Passage], label: str) -> list[Passage]:
    """The passages with a label before the first, which has none of its own."""
    return [replace(passages[0], label=label), *passages[1:]] if passages else []


def body_blocks(passages: Iterable[Passage], most: int) -> list[Block]:
    """The passages as blocks of at most ``most`` by weight, labels as small lines between them."""
    return _labelled_blocks(richtext.fill(passages, most), lambda group: [richtext.rich_text(group)])


def message_blocks(part: Sequence[Passage]) -> list[Block]:
    """One part as the blocks of a message in a channel, with images and one of Slack's tables."""
    return _labelled_blocks([part], richtext.own_blocks)


def _labelled_blocks(
    parts: Iterable[Sequence[Passage]], show: Callable[[Sequence[Passage]], Sequence[Block]]
) -> list[Block]:
    made: list[Block] = []
    for part in parts:
        group: list[Passage] = []
        for each in part:
            if each.label and group:
                made += show(group)
                group = []
            label = blocks.small(each.label) if each.label else None
            made += [label] if label else []
            group.append(each)
        made += show(group)
    return made


def top_tags(entries: Sequence[StoredEntry], most: int = 6) -> list[tuple[str, int]]:
    """The commonest tags of a day, in the spelling that came first, and how many papers have each."""
    counts: Counter[str] = Counter()
    spelling: dict[str, str] = {}
    for stored in entries:
        for tag in {tag_key(tag): tag for tag in reversed(stored.entry.tags)}.values():
            key = tag_key(tag)
            if is_seen(_tag(tag)):
                counts[key] += 1
                spelling.setdefault(key, _tag(tag))
    return [(spelling[key], count) for key, count in counts.most_common(most)]
