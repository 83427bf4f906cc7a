"""The few blocks our messages are made of, built and checked by the SDK, as plain dicts."""

from collections.abc import Sequence

from slack_sdk.models.blocks import (
    ActionsBlock,
    ButtonElement,
    ContextBlock,
    HeaderBlock,
    MarkdownTextObject,
    Option,
    OverflowMenuElement,
    PlainTextObject,
    SectionBlock,
    TextObject,
)

from bot.messages.actions import MENU, Choice, menu_value, of
from bot.messages.content import Block
from bot.messages.limits import BUTTON, HEADER, PLAIN, clean, cut, is_seen
from bot.messages.words import Words


def header(text: str) -> Block:
    """A heading in large letters."""
    return HeaderBlock(text=_plain(text, HEADER)).to_dict()


def small(*lines: str) -> Block | None:
    """A small grey line, its parts side by side; nothing where there is nothing to say.

    Plain text: outside words may stand here, nothing in them is interpreted.
    """
    kept = [line for line in lines if is_seen(line)]
    return ContextBlock(elements=[_plain(line, PLAIN) for line in kept]).to_dict() if kept else None


def menu(markup: str, entry_id: int, choices: Sequence[tuple[Choice, str]]) -> Block:
    """A line of our own words with the menu of one paper beside it."""
    return _beside(MarkdownTextObject(text=markup, verbatim=True), entry_id, choices)


def plain_menu(text: str, entry_id: int, choices: Sequence[tuple[Choice, str]]) -> Block:
    """The same beside a line of plain text: outside words may stand there."""
    return _beside(_plain(text, PLAIN), entry_id, choices)


def _beside(text: TextObject, entry_id: int, choices: Sequence[tuple[Choice, str]]) -> Block:
    options = [Option(text=_plain(label, BUTTON), value=menu_value(choice, entry_id)) for choice, label in choices]
    return SectionBlock(
        text=text,
        accessory=OverflowMenuElement(action_id=of(MENU, entry_id), options=options),
        block_id=f"result:{entry_id}",
    ).to_dict()


def line_with_button(line: str, block_id: str, button: tuple[str, str, str]) -> Block:
    """A line with a button beside it: its action id, label and value. Plain text: outside words may stand here."""
    action, label, value = button
    return SectionBlock(
        text=_plain(line, PLAIN),
        accessory=ButtonElement(text=_plain(label, BUTTON), action_id=action, value=value),
        block_id=block_id,
    ).to_dict()


def buttons(*items: tuple[str, str, str]) -> Block:
    """A row of buttons, each an action id, its label and its value."""
    return ActionsBlock(
        elements=[
            ButtonElement(text=_plain(label, BUTTON), action_id=action, value=value) for action, label, value in items
        ]
    ).to_dict()


def _plain(text: str, most: int) -> PlainTextObject:
    return PlainTextObject(text=cut(clean(text), most), emoji=False)


def menu_choices(words: Words, *, has_words: bool, saved: bool = False) -> list[tuple[Choice, str]]:
    """What a paper's menu offers; no commentary to show where the entry has neither abstract nor commentary."""
    shown: list[tuple[Choice, str]] = [("commentary", words.t("menu.commentary"))] if has_words else []
    mark: tuple[Choice, str] = ("drop", words.t("menu.saved")) if saved else ("save", words.t("menu.save"))
    return [*shown, ("related", words.t("menu.related")), mark, ("share", words.t("menu.share"))]
