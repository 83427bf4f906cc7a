"""What Slack accepts as the blocks of a message, and what it keeps of them.

Limits: sections 1.1 to 1.4 of the platform notes (docs.slack.dev/reference/block-kit, slack_sdk's models). A block of
a kind this stand-in does not show (cards, charts, containers, video) is refused as an unsupported type.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.text import Names, stored_text

BLOCKS = 50
SECTION_CHARS = 3000
SECTION_FIELDS = 10
FIELD_CHARS = 2000
HEADER_CHARS = 150
CONTEXT_ELEMENTS = 10
ACTION_ELEMENTS = 25
MARKDOWN_CHARS = 12_000  # summed over a message's markdown blocks
TABLE_ROWS = 100
TABLE_COLUMNS = 20
ID_CHARS = 255
# Slack answers msg_blocks_too_long near here; the exact figure is not published (reported in bolt-js issue 2509).
TOTAL_CHARS = 13_200

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why Slack would refuse, and where: ``pointer`` is a JSON pointer into the call's arguments."""

    message: str
    pointer: str

    def __str__(self) -> str:
        return f"[ERROR] {self.message} [json-pointer:{self.pointer}]"


@dataclass(slots=True)
class _Check:
    problems: list[Problem] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    actions: set[str] = field(default_factory=set)

    def say(self, message: str, pointer: str) -> None:
        self.problems.append(Problem(message, pointer))

    def text(self, value: object, at: str, limit: int, *, least: int = 1) -> None:
        if not isinstance(value, str):
            self.say("must provide a string", at)
        elif len(value) > limit:
            self.say(f"must be less than {limit + 1} characters", at)
        elif len(value) < least:
            self.say(f"must be more than {least - 1} characters", at)

    def text_object(self, value: object, at: str, limit: int, *, plain: bool = False, mrkdwn: bool = False) -> None:
        """``plain`` or ``mrkdwn``: only that kind is allowed here."""
        if not isinstance(value, dict):
            return self.say("must provide an object", at)
        kind = value.get("type")
        allowed = ["plain_text"] if plain else ["mrkdwn"] if mrkdwn else ["plain_text", "mrkdwn"]
        if kind not in allowed:
            return self.say(f"must be a valid enum value: {', '.join(allowed)}", f"{at}/type")
        self.known(value, at, {"type", "text", "emoji"} if kind == "plain_text" else {"type", "text", "verbatim"})
        if "text" not in value:
            return self.say("missing required field: text", at)
        return self.text(value["text"], f"{at}/text", limit)

    def known(self, value: Json, at: str, names: set[str]) -> None:
        for name in value:
            if name not in names:
                self.say(f"invalid additional property: {name}", at)

    def required(self, value: Json, at: str, *names: str) -> bool:
        missing = [name for name in names if name not in value]
        for name in missing:
            self.say(f"missing required field: {name}", at)
        return not missing

    def items(self, value: object, at: str, most: int, *, least: int = 1) -> list[Any]:
        if not isinstance(value, list):
            self.say("must provide an array", at)
            return []
        if len(value) > most:
            self.say(f"no more than {most} items allowed", at)
        if len(value) < least:
            self.say(f"no fewer than {least} items allowed", at)
        return value

    def url(self, value: object, at: str, limit: int = 3000) -> None:
        self.text(value, at, limit)
        if isinstance(value, str) and not value.startswith(("https://", "http://", "mailto:", "tel:", "slack://")):
            self.say("must be a valid URL", at)

    def action_id(self, value: Json, at: str) -> None:
        if "action_id" not in value:
            return
        self.text(value["action_id"], f"{at}/action_id", ID_CHARS)
        action_id = value["action_id"]
        if isinstance(action_id, str):
            if action_id in self.actions:
                self.say(f"`action_id` of `{action_id}` already exists", f"{at}/action_id")
            self.actions.add(action_id)


def check_blocks(blocks: Sequence[object], at: str = "/blocks") -> list[Problem]:
    """Everything Slack would object to, empty where the blocks are fine."""
    check = _Check()
    if len(blocks) > BLOCKS:
        check.say(f"no more than {BLOCKS} items allowed", at)
    for number, block in enumerate(blocks):
        # action ids must differ within one block; across blocks the pair with block_id does.
        check.actions = set()
        _check_block(check, block, f"{at}/{number}")
    markdown = sum(_length(b.get("text")) for b in blocks if isinstance(b, dict) and b.get("type") == "markdown")
    if markdown > MARKDOWN_CHARS:
        check.say(f"must be less than {MARKDOWN_CHARS + 1} characters over all markdown blocks", at)
    return check.problems


def _length(value: object) -> int:
    return len(value) if isinstance(value, str) else 0


def _check_block(check: _Check, block: object, at: str) -> None:
    if not isinstance(block, dict):
        return check.say("must provide an object", at)
    kind = block.get("type")
    if kind is None:
        return check.say("missing required field: type", at)
    rule = _BLOCKS.get(kind) if isinstance(kind, str) else None
    if rule is None:
        return check.say(f"unsupported type: {kind}", f"{at}/type")
    if "block_id" in block and kind != "markdown":
        check.text(block["block_id"], f"{at}/block_id", ID_CHARS)
        name = str(block["block_id"])
        if name in check.ids:
            check.say(f"`block_id` of `{name}` already exists", f"{at}/block_id")
        check.ids.add(name)
    names, look = rule
    check.known(block, at, names | {"type", "block_id"})
    return look(check, block, at)


def _section(check: _Check, block: Json, at: str) -> None:
    if "text" not in block and "fields" not in block:
        check.say("missing required field: text", at)
    if "text" in block:
        check.text_object(block["text"], f"{at}/text", SECTION_CHARS)
    if "fields" in block:
        for number, value in enumerate(check.items(block["fields"], f"{at}/fields", SECTION_FIELDS)):
            check.text_object(value, f"{at}/fields/{number}", FIELD_CHARS)
    if "accessory" in block:
        _element(check, block["accessory"], f"{at}/accessory", _ACCESSORIES)


def _header(check: _Check, block: Json, at: str) -> None:
    if check.required(block, at, "text"):
        check.text_object(block["text"], f"{at}/text", HEADER_CHARS, plain=True)


def _context(check: _Check, block: Json, at: str) -> None:
    if not check.required(block, at, "elements"):
        return
    for number, value in enumerate(check.items(block["elements"], f"{at}/elements", CONTEXT_ELEMENTS)):
        where = f"{at}/elements/{number}"
        if isinstance(value, dict) and value.get("type") == "image":
            _element(check, value, where, {"image"})
        else:
            check.text_object(value, where, SECTION_CHARS)


def _actions(check: _Check, block: Json, at: str) -> None:
    if not check.required(block, at, "elements"):
        return
    for number, value in enumerate(check.items(block["elements"], f"{at}/elements", ACTION_ELEMENTS)):
        _element(check, value, f"{at}/elements/{number}", _ACTION_ELEMENTS)


def _divider(check: _Check, block: Json, at: str) -> None:
    """Has nothing to check."""


def _image_block(check: _Check, block: Json, at: str) -> None:
    _image(check, block, at)
    if "title" in block:
        check.text_object(block["title"], f"{at}/title", 2000, plain=True)


def _input(check: _Check, block: Json, at: str) -> None:
    if not check.required(block, at, "label", "element"):
        return
    check.text_object(block["label"], f"{at}/label", 2000, plain=True)
    if "hint" in block:
        check.text_object(block["hint"], f"{at}/hint", 2000, plain=True)
    _element(check, block["element"], f"{at}/element", _INPUT_ELEMENTS)


def _markdown(check: _Check, block: Json, at: str) -> None:
    if check.required(block, at, "text"):
        check.text(block["text"], f"{at}/text", MARKDOWN_CHARS)


def _table(check: _Check, block: Json, at: str) -> None:
    if not check.required(block, at, "rows"):
        return
    for number, row in enumerate(check.items(block["rows"], f"{at}/rows", TABLE_ROWS)):
        for column, cell in enumerate(check.items(row, f"{at}/rows/{number}", TABLE_COLUMNS)):
            where = f"{at}/rows/{number}/{column}"
            kind = cell.get("type") if isinstance(cell, dict) else None
            if kind == "raw_text":
                check.text(cell.get("text"), f"{where}/text", SECTION_CHARS)
            elif kind == "rich_text":
                _rich_text(check, cell, where)
            else:
                check.say("must be a valid enum value: raw_text, rich_text", f"{where}/type")
    if "column_settings" in block:
        check.items(block["column_settings"], f"{at}/column_settings", TABLE_COLUMNS, least=0)


_RICH_TEXT = {"rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted"}
_LEAVES = {
    "text": "text",
    "link": "url",
    "emoji": "name",
    "user": "user_id",
    "usergroup": "usergroup_id",
    "channel": "channel_id",
    "broadcast": "range",
    "color": "value",
    "team": "team_id",
    "date": "timestamp",
}


def _rich_text(check: _Check, block: Json, at: str) -> None:
    if not check.required(block, at, "elements"):
        return
    for number, value in enumerate(check.items(block["elements"], f"{at}/elements", 10_000)):
        _rich_text_part(check, value, f"{at}/elements/{number}", _RICH_TEXT)


def _rich_text_part(check: _Check, part: object, at: str, kinds: set[str]) -> None:
    if not isinstance(part, dict):
        return check.say("must provide an object", at)
    kind = part.get("type")
    if not isinstance(kind, str) or kind not in kinds:
        return check.say(f"unsupported type: {kind}", f"{at}/type")
    if kind == "rich_text_list":
        if part.get("style") not in ("bullet", "ordered"):
            check.say("must be a valid enum value: bullet, ordered", f"{at}/style")
        indent = part.get("indent") or 0
        if not isinstance(indent, int) or not 0 <= indent <= 8:
            check.say("must be less than 9", f"{at}/indent")
    if not check.required(part, at, "elements"):
        return None
    for number, value in enumerate(check.items(part["elements"], f"{at}/elements", 10_000, least=0)):
        where = f"{at}/elements/{number}"
        if kind == "rich_text_list":
            _rich_text_part(check, value, where, {"rich_text_section"})
        else:
            _leaf(check, value, where)
    return None


def _leaf(check: _Check, leaf: object, at: str) -> None:
    if not isinstance(leaf, dict):
        return check.say("must provide an object", at)
    kind = leaf.get("type")
    need = _LEAVES.get(kind) if isinstance(kind, str) else None
    if need is None:
        return check.say(f"unsupported type: {kind}", f"{at}/type")
    if not check.required(leaf, at, need):
        return None
    if kind == "text":
        check.text(leaf["text"], f"{at}/text", 100_000)
    if kind == "link":
        check.url(leaf["url"], f"{at}/url")
    if "style" in leaf and not isinstance(leaf["style"], dict):
        check.say("must provide an object", f"{at}/style")
    return None


def _element(check: _Check, element: object, at: str, kinds: set[str]) -> None:
    if not isinstance(element, dict):
        return check.say("must provide an object", at)
    kind = element.get("type")
    if not isinstance(kind, str) or kind not in kinds or kind not in _ELEMENTS:
        return check.say(f"unsupported type: {kind}", f"{at}/type")
    if kind != "image":
        check.action_id(element, at)
    if "confirm" in element:
        _confirm(check, element["confirm"], f"{at}/confirm")
    return _ELEMENTS[kind](check, element, at)


def _image(check: _Check, element: Json, at: str) -> None:
    if "image_url" in element:
        check.url(element["image_url"], f"{at}/image_url")
    elif "slack_file" not in element:
        check.say("missing required field: image_url", at)
    if check.required(element, at, "alt_text"):
        check.text(element["alt_text"], f"{at}/alt_text", 2000)


def _button(check: _Check, element: Json, at: str) -> None:
    check.known(element, at, {"type", "text", "action_id", "url", "value", "style", "confirm", "accessibility_label"})
    if check.required(element, at, "text"):
        check.text_object(element["text"], f"{at}/text", 75, plain=True)
    if "value" in element:
        check.text(element["value"], f"{at}/value", 2000)
    if "url" in element:
        check.url(element["url"], f"{at}/url")
    if "style" in element and element["style"] not in ("primary", "danger"):
        check.say("must be a valid enum value: primary, danger", f"{at}/style")
    if "accessibility_label" in element:
        check.text(element["accessibility_label"], f"{at}/accessibility_label", 75)


def _overflow(check: _Check, element: Json, at: str) -> None:
    if check.required(element, at, "options"):
        _options(check, element["options"], f"{at}/options", 5, links=True)


def _select(check: _Check, element: Json, at: str) -> None:
    _placeholder(check, element, at)
    if ("options" in element) == ("option_groups" in element):
        return check.say("must provide either options or option_groups", at)
    if "options" in element:
        _options(check, element["options"], f"{at}/options", 100)
        initial = element.get("initial_option")
        if initial is not None and initial not in element["options"]:
            check.say("initial_option must be one of the options", f"{at}/initial_option")
        return None
    for number, group in enumerate(check.items(element["option_groups"], f"{at}/option_groups", 100)):
        where = f"{at}/option_groups/{number}"
        if isinstance(group, dict) and check.required(group, where, "label", "options"):
            check.text_object(group["label"], f"{where}/label", 75, plain=True)
            _options(check, group["options"], f"{where}/options", 100)
    return None


def _picker(check: _Check, element: Json, at: str) -> None:
    _placeholder(check, element, at)


def _choices(check: _Check, element: Json, at: str) -> None:
    if check.required(element, at, "options"):
        _options(check, element["options"], f"{at}/options", 10)


def _plain_text_input(check: _Check, element: Json, at: str) -> None:
    _placeholder(check, element, at)
    for name in ("min_length", "max_length"):
        if name in element and not 0 <= int(element[name]) <= 3000:
            check.say("must be less than 3001", f"{at}/{name}")


def _placeholder(check: _Check, element: Json, at: str) -> None:
    if "placeholder" in element:
        check.text_object(element["placeholder"], f"{at}/placeholder", 150, plain=True)


def _options(check: _Check, options: object, at: str, most: int, *, links: bool = False) -> None:
    for number, option in enumerate(check.items(options, at, most)):
        where = f"{at}/{number}"
        if not isinstance(option, dict):
            check.say("must provide an object", where)
            continue
        check.known(option, where, {"text", "value", "description"} | ({"url"} if links else set()))
        if check.required(option, where, "text", "value"):
            check.text_object(option["text"], f"{where}/text", 75)
            check.text(option["value"], f"{where}/value", 150)
        if "description" in option:
            check.text_object(option["description"], f"{where}/description", 75)
        if "url" in option:
            check.url(option["url"], f"{where}/url")


def _confirm(check: _Check, confirm: object, at: str) -> None:
    if not isinstance(confirm, dict):
        return check.say("must provide an object", at)
    for name, limit in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
        if name in confirm:
            check.text_object(confirm[name], f"{at}/{name}", limit, plain=name != "text")
    return None


_Rule = Callable[[_Check, Json, str], None]
_BLOCKS: dict[str, tuple[set[str], _Rule]] = {
    "section": ({"text", "fields", "accessory", "expand"}, _section),
    "header": ({"text"}, _header),
    "context": ({"elements"}, _context),
    "actions": ({"elements"}, _actions),
    "divider": (set(), _divider),
    "image": ({"image_url", "slack_file", "alt_text", "title"}, _image_block),
    "input": ({"label", "element", "hint", "optional", "dispatch_action"}, _input),
    "rich_text": ({"elements"}, _rich_text),
    "markdown": ({"text"}, _markdown),
    "table": ({"rows", "column_settings"}, _table),
}
_ELEMENTS: dict[str, _Rule] = {
    "image": _image,
    "button": _button,
    "overflow": _overflow,
    "static_select": _select,
    "multi_static_select": _select,
    "users_select": _picker,
    "conversations_select": _picker,
    "channels_select": _picker,
    "datepicker": _picker,
    "timepicker": _picker,
    "checkboxes": _choices,
    "radio_buttons": _choices,
    "plain_text_input": _plain_text_input,
}
_ACTION_ELEMENTS = set(_ELEMENTS) - {"image", "plain_text_input"}
_ACCESSORIES = set(_ELEMENTS) - {"plain_text_input"}
_INPUT_ELEMENTS = set(_ELEMENTS) - {"image", "button", "overflow"}


def check_metadata(metadata: object) -> str | None:
    """Slack's name for what is wrong with a message's metadata; None where nothing is.

    Slack publishes no size; 4,000 bytes is what its own guide advises to stay below.
    """
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_type"), str) or not metadata["event_type"]:
        return "invalid_metadata_format"
    payload = metadata.get("event_payload")
    if not isinstance(payload, dict) or not all(_is_payload(value) for value in payload.values()):
        return "invalid_metadata_format"
    if len(json.dumps(metadata, ensure_ascii=False).encode()) > 4000:
        return "metadata_too_large"
    return None


def _is_payload(value: object) -> bool:
    if isinstance(value, list):
        return all(_is_flat(item) for item in value)
    return _is_flat(value)


def _is_flat(value: object) -> bool:
    if isinstance(value, dict):
        return all(isinstance(item, str | int | float | bool) for item in value.values())
    return isinstance(value, str | int | float | bool)


def text_chars(value: object) -> int:
    """Characters of text in blocks, as counted against the sum a message may hold."""
    if isinstance(value, dict):
        return sum(
            len(part) if name == "text" and isinstance(part, str) else text_chars(part) for name, part in value.items()
        )
    if isinstance(value, list):
        return sum(map(text_chars, value))
    return 0


def stored_blocks(blocks: Sequence[Mapping[str, Any]], names: Names, seed: str) -> list[Json]:
    """Blocks as Slack keeps them: ids filled in, text objects rewritten as `stored_text`.

    A mrkdwn object without ``verbatim`` has its ``@here``, ``@name`` and ``#name`` turned into real mentions.
    """
    ids = _Ids(seed)
    stored: list[Json] = []
    for block in blocks:
        kept: Json = _stored(dict(block), names, ids)
        if kept.get("type") == "markdown" or "block_id" not in kept:
            kept["block_id"] = ids.next()
        stored.append(kept)
    return stored


class _Ids:
    """Short ids that a message's blocks get, the same for the same message."""

    def __init__(self, seed: str) -> None:
        self._seed = int(seed.replace(".", "") or "0")
        self._count = 0

    def next(self) -> str:
        self._count += 1
        number = (self._seed * 1_000_003 + self._count * 7919) % 36**5
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"
        return "".join(digits[number // 36**place % 36] for place in range(5))


def _stored(value: Any, names: Names, ids: _Ids) -> Any:
    if isinstance(value, list):
        return [_stored(item, names, ids) for item in value]
    if not isinstance(value, dict):
        return value
    kind = value.get("type")
    if kind == "mrkdwn":
        verbatim = bool(value.get("verbatim", False))
        text = stored_text(value["text"], None if verbatim else names)
        return {"type": "mrkdwn", "text": text, "verbatim": verbatim}
    if kind == "plain_text":
        return {"type": "plain_text", "text": value["text"], "emoji": bool(value.get("emoji", True))}
    if kind in ("rich_text", "markdown"):
        return dict(value)
    kept = {name: _stored(item, names, ids) for name, item in value.items()}
    if kind in _ELEMENTS and kind != "image" and "action_id" not in kept:
        kept["action_id"] = ids.next()
    return kept
