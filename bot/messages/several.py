"""Several short answers as one message."""

from collections.abc import Sequence

from bot.messages import richtext
from bot.messages.content import Block, Content
from bot.messages.limits import TEXT, units
from bot.messages.mrkdwn import escape
from bot.messages.richtext import Leaf
from bot.messages.words import Words

_BLOCKS = 40


def together(contents: Sequence[Content], words: Words) -> Content:
    """One below the other; where they are too many for a message, how many more there are."""
    said: list[str] = []
    blocks: list[Block] = []
    for place, content in enumerate(contents):
        if said and (units("\n".join([*said, content.text])) > TEXT - 200 or len(blocks) >= _BLOCKS):
            more = words.n("standing.more", len(contents) - place)
            said.append(escape(more))
            blocks.append(richtext.block([richtext.section([Leaf(more)])]))
            break
        said.append(content.text)
        blocks += content.blocks
    return Content("\n".join(said), tuple(blocks))
