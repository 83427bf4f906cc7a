"""Private answers as they were shown: Slack sends no content of one with a click, and its menu may have to change."""

import re
import secrets
from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import Any

from bot.messages import actions as ids
from bot.messages.content import Content
from bot.messages.words import Words

MOST = 200  # answers; what is older keeps the menu it has
_RESULT = re.compile(r"(result:[0-9]{1,18})(?::([0-9a-f]{12}))?\Z")

Block = dict[str, Any]


class Shown:
    """The latest private answers that have menus, by a token in the ids of their blocks."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[str, tuple[Block, ...]]] = OrderedDict()
        self._lock = Lock()

    def keep(self, text: str, blocks: Sequence[Block]) -> list[Block]:
        """The blocks to send, with the token by which a click names them."""
        known = [match for block in blocks if (match := _RESULT.match(str(block.get("block_id", ""))))]
        if not known:
            return list(blocks)
        token = known[0][2] or secrets.token_hex(6)
        marked = tuple(_marked(block, token) for block in blocks)
        with self._lock:
            self._kept[token] = (text, marked)
            self._kept.move_to_end(token)
            if len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return list(marked)

    def load(self, block_id: object) -> Content | None:
        """The answer in which that block stands; None where it is not known any more."""
        match = _RESULT.match(block_id) if isinstance(block_id, str) else None
        with self._lock:
            found = self._kept.get(match[2] or "") if match else None
        return Content(*found) if found else None


def _marked(block: Block, token: str) -> Block:
    match = _RESULT.match(str(block.get("block_id", "")))
    return block | {"block_id": f"{match[1]}:{token}"} if match else block


def with_mark(content: Content, entry_id: int, words: Words, *, is_saved: bool) -> Content:
    """The same with what the menu of that paper offers: to save it, or to take it off again."""
    was, now = ids.menu_value("save", entry_id), ids.menu_value("drop", entry_id)
    label = words.t("menu.saved")
    if not is_saved:
        was, now, label = now, was, words.t("menu.save")

    def changed(option: Block) -> Block:
        if option.get("value") != was:
            return option
        return option | {"value": now, "text": option["text"] | {"text": label}}

    def shown(block: Block) -> Block:
        menu = block.get("accessory")
        if not isinstance(menu, dict) or menu.get("action_id") != ids.of(ids.MENU, entry_id):
            return block
        return block | {"accessory": menu | {"options": [changed(option) for option in menu.get("options", ())]}}

    return Content(content.text, tuple(map(shown, content.blocks)))
