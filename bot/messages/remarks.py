"""What is kept of what people write in a channel's threads, said to those whose words they are."""

from bot.errors import BotError
from bot.messages import actions, blocks, richtext
from bot.messages.content import Content
from bot.messages.errors import error_text
from bot.messages.richtext import Leaf, user_leaf
from bot.messages.words import Words


def begun(user_id: str, words: Words) -> Content:
    """The channel's line: who began it, what is kept, and how it ends."""
    return _line(_by("remarks.begun", user_id, words))


def ended(user_id: str, erased: int, words: Words, not_told: BotError | None = None) -> Content:
    """The channel's line: who ended it, and how much was erased. ``not_told``: as in `standing.subscribed`."""
    leaves = _by("remarks.ended", user_id, words)
    return _line([*leaves, Leaf(" " + words.n("remarks.erased", erased)), *_not_told(not_told, words)])


def sure(kept: int, words: Words) -> Content:
    """Asks whoever would erase what others wrote. The answer is a button."""
    asked = _line([Leaf(words.n("remarks.sure", kept))])
    button = (actions.END_REMARKS, words.t("remarks.end_it"), "end")
    return Content(asked.text, (*asked.blocks, blocks.buttons(button)))


def state(kept: int | None, words: Words) -> Content:
    """How it stands in a channel: how many remarks are kept; None where none are, and nobody asked for it."""
    return _line([Leaf(words.t("remarks.off") if kept is None else words.n("remarks.on", kept))])


def _by(key: str, user_id: str, words: Words) -> list[Leaf]:
    return richtext.woven(words.t(key, user=richtext.place("user")), {"user": user_leaf(user_id)})


def _not_told(error: BotError | None, words: Words) -> list[Leaf]:
    return [Leaf(" " + words.t("standing.not_told", why=error_text(error, words)))] if error else []


def _line(leaves: list[Leaf]) -> Content:
    return Content("".join(leaf.said for leaf in leaves), (richtext.block([richtext.section(leaves)]),))
