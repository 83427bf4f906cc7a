"""What a person can type, and what there is to look for."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from slack_sdk.models.blocks import RichTextElement

from bot.messages import richtext
from bot.messages.content import Content
from bot.messages.limits import TEXT, clean, cut, is_seen, units
from bot.messages.mrkdwn import escape
from bot.messages.richtext import Leaf
from bot.messages.words import Words

ALIASES = 3


class TagLine(Protocol):
    """A tag, how many entries have it, from when to when, and its other names."""

    @property
    def tag(self) -> str: ...
    @property
    def entries(self) -> int: ...
    @property
    def first(self) -> date: ...
    @property
    def last(self) -> date: ...
    @property
    def aliases(self) -> Sequence[str]: ...


_READ = (
    ("help.typed_latest", "help.latest"),
    ("help.typed_day", "help.day"),
    ("help.typed_random", "help.random"),
    ("help.typed_tags", "help.tags"),
)
_FIND = (
    ("help.typed_words", "help.words"),
    ("help.typed_phrase", "help.phrase"),
    ("help.typed_tag", "help.tag"),
    ("help.typed_author", "help.author"),
    ("help.typed_since", "help.since"),
    ("help.typed_or", "help.or"),
    ("help.typed_related", "help.related"),
    ("help.typed_saved", "help.saved"),
    ("help.typed_is_saved", "help.is_saved"),
    ("help.typed_remark", "help.remark"),
)
_ORDER = (
    ("help.typed_subscribe", "help.subscribe"),
    ("help.typed_unsubscribe", "help.unsubscribe"),
    ("help.typed_subscriptions", "help.subscriptions"),
    ("help.typed_pause", "help.pause"),
    ("help.typed_resume", "help.resume"),
    ("help.typed_why", "help.why"),
    ("help.typed_remarks", "help.remarks"),
)
_GROUPS = (("help.read", _READ), ("help.find", _FIND), ("help.order", _ORDER))


def help_text(words: Words) -> Content:
    """Everything that can be typed, each with an example."""
    elements: list[RichTextElement] = []
    said: list[str] = []
    for heading, lines in _GROUPS:
        elements.append(richtext.section([Leaf(words.t(heading), bold=True)]))
        said.append(words.t(heading))
        items = [(words.t(typed), words.t(meaning)) for typed, meaning in lines]
        elements.append(richtext.bullets([[Leaf(typed, code=True), Leaf(f"  {meaning}")] for typed, meaning in items]))
        said += [f"• {typed}: {meaning}" for typed, meaning in items]
    elements.append(richtext.section([Leaf(words.t("help.threads"))]))
    said.append(words.t("help.threads"))
    return Content(escape("\n".join(said)), (richtext.block(elements),))


def greeting(words: Words, *, thanks: bool = False) -> Content:
    """The answer to a greeting, or to thanks: one in kind, and what can be asked."""
    said = words.t("greeting.thanks") if thanks else words.t("greeting.hello")
    more = "" if thanks else words.t("greeting.ask")
    lines = [line for line in (said, more) if line]
    block = richtext.block([richtext.section([Leaf("\n".join(lines))])])
    return Content(escape("\n".join(lines)), (block,))


def how_to_ask(words: Words, *, related: bool) -> Content:
    """What has to follow ``related`` or ``why``, where nothing does."""
    typed, meaning = (
        (words.t("help.typed_related"), words.t("help.related"))
        if related
        else (words.t("help.typed_why"), words.t("help.why"))
    )
    said = words.t("help.say_about")
    leaves = [[Leaf(said)], [Leaf(typed, code=True), Leaf(f"  {meaning}")]]
    return Content(escape(f"{said}\n{typed}: {meaning}"), (richtext.block([richtext.lines(*leaves)]),))


def tags(counts: Sequence[TagLine], words: Words, prefix: str = "", *, total: int = 0) -> Content:
    """The tags there are, the commonest first as given, with how many papers, since when, and their other names.

    ``total`` counts those that are not among them too.
    """
    start = _start(prefix)
    if not counts:
        none = no_tags(prefix, words)
        return Content(escape(none), (richtext.block([richtext.section([Leaf(none)])]),))
    heading = words.t("tags.heading_with", prefix=start) if start else words.t("tags.heading")
    said: list[str] = []
    items: list[list[Leaf]] = []
    for count in counts:
        tag, span = tag_line(count, words)
        if not is_seen(tag):
            continue
        line = escape(f"• #{tag} {span}")
        if units("\n".join([*said, line])) > TEXT - 300:
            break
        said.append(line)
        items.append([Leaf(f"#{tag}", bold=True), Leaf(f"  {span}")])
    if total > len(said):
        heading = " · ".join([heading, words.t("tags.some", shown=len(said), total=f"{total:,}")])
    said = [escape(heading), *said, escape(words.t("tags.advice"))]
    elements = [
        richtext.section([Leaf(heading, bold=True)]),
        richtext.bullets(items),
        richtext.section([Leaf(words.t("tags.advice"))]),
    ]
    return Content("\n".join(said), (richtext.block(elements),))


def no_tags(prefix: str, words: Words) -> str:
    start = _start(prefix)
    return words.t("tags.none_with", prefix=start) if start else words.t("tags.none")


def _start(prefix: str) -> str:
    return cut(" ".join(clean(prefix).split()).lstrip("#"), 60)


def tag_line(count: TagLine, words: Words) -> tuple[str, str]:
    """A tag, and how many papers have it, since when, and its other names."""
    span = words.n("tags.line", count.entries, first=f"{count.first:%Y-%m}", last=f"{count.last:%Y-%m}")
    others = [name for alias in count.aliases[:ALIASES] if is_seen(name := _tag(alias))]
    if others:
        span = " · ".join([span, words.t("tags.also", names=", ".join(f"#{name}" for name in others))])
    return _tag(count.tag), span


def _tag(tag: str) -> str:
    return cut("".join(clean(tag).split()).lstrip("#"), 80)
