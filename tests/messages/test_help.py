"""What help says can be typed, can be typed."""

from dataclasses import dataclass
from datetime import date

import pytest

from bot.messages import help as help_
from bot.search.command import (
    Find,
    Help,
    Latest,
    OnDay,
    Pause,
    Random,
    Related,
    Remarks,
    Resume,
    Saved,
    Subscribe,
    Subscriptions,
    Tags,
    Unsubscribe,
    Why,
    parse_command,
)

KINDS = {
    "help.typed_latest": Latest,
    "help.typed_day": OnDay,
    "help.typed_random": Random,
    "help.typed_tags": Tags,
    "help.typed_subscribe": Subscribe,
    "help.typed_unsubscribe": Unsubscribe,
    "help.typed_subscriptions": Subscriptions,
    "help.typed_pause": Pause,
    "help.typed_resume": Resume,
    "help.typed_why": Why,
    "help.typed_related": Related,
    "help.typed_saved": Saved,
    "help.typed_remarks": Remarks,
}


def test_every_example_in_the_help_does_what_it_says(words):
    for _, lines in help_._GROUPS:
        for typed, _ in lines:
            command = parse_command(words.t(typed).removeprefix("/paper").strip(), today=date(2024, 4, 15))
            assert isinstance(command, KINDS.get(typed, Find)), typed


@pytest.mark.parametrize(
    ("typed", "kind"),
    [("최신", Latest), ("어제", OnDay), ("yesterday", OnDay), ("April 12", OnDay), ("help", Help)],
)
def test_what_the_help_mentions_besides_works_too(typed, kind):
    assert isinstance(parse_command(typed, today=date(2024, 4, 15)), kind)


def test_the_help_shows_every_example(words):
    text = help_.help_text(words).text.replace("&quot;", '"')
    for _, lines in help_._GROUPS:
        for typed, meaning in lines:
            assert words.t(typed) in text
            assert words.t(meaning) in text


@dataclass(frozen=True)
class Counted:
    tag: str
    entries: int
    aliases: tuple[str, ...] = ()
    first: date = date(2023, 8, 1)
    last: date = date(2024, 4, 12)


def test_tags_tell_their_other_names_and_of_how_many_they_are_some(en, ko):
    shown = [Counted("ssm", 3, ("SSM", "state_space_model", "third", "fourth")), Counted("moe", 1)]
    text = help_.tags(shown, en, total=134).text
    assert text.split("\n")[:3] == [
        "Tags · 2 of 134",
        "• #ssm 3 papers, 2023-08 to 2024-04 · also #SSM, #state_space_model, #third",
        "• #moe 1 paper, 2023-08 to 2024-04",
    ]
    assert help_.tags(shown, ko, total=134).text.startswith("태그 · 134개 중 2개")
    assert help_.tags(shown, en, total=2).text.startswith("Tags\n")
