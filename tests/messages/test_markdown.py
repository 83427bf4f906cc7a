"""Emphasis the curator wrote is kept, and nothing is made up."""

import pytest

from bot.digest.model import Entry, Paragraph
from bot.messages.day import lay_out

BARE = "https://a.example/x_y_z"


@pytest.fixture
def thread(stored, en):
    """The rich_text elements of a commentary's reply, and its text."""

    def lay(text: str):
        digest = stored(Entry("T", commentary=(Paragraph(text, "ko"),)))
        reply = lay_out(digest, digest.entries, "papers", en)[-1].content
        return [e for block in reply.blocks if block["type"] == "rich_text" for e in block["elements"]], reply.text

    return lay


def leaf(text, **style):
    return {"type": "text", "text": text, **({"style": style} if style else {})}


@pytest.mark.parametrize(
    ("text", "leaves"),
    [
        ("a **bold** b", [leaf("a "), leaf("bold", bold=True), leaf(" b")]),
        ("an *italic* b", [leaf("an "), leaf("italic", italic=True), leaf(" b")]),
        ("`code` b", [leaf("code", code=True), leaf(" b")]),
        ("$x_i$ and $y_i$, a*b*c", [leaf("xᵢ and yᵢ, a*b*c")]),
        ("~~a~~ b", [leaf("a", strike=True), leaf(" b")]),
        ("see [it](https://a.example/)", [leaf("see "), {"type": "link", "url": "https://a.example/", "text": "it"}]),
        (
            "(https://a.example/x_y_z) b",
            [leaf("("), {"type": "link", "url": BARE, "text": BARE}, leaf(") b")],
        ),
        ("<!channel> @here", [leaf("<!channel> @here")]),
    ],
)  # fmt: skip
def test_styles_of_a_line_are_kept(thread, text, leaves):
    elements, _ = thread(text)
    assert elements == [{"type": "rich_text_section", "elements": leaves}]


def test_lists_quotes_and_code_are_kept(thread):
    elements, text = thread("Intro\n\n- a\n- b\n  - c\n\n3. x\n4. y\n\n> said\n\n```\n*raw*\n```")
    kinds = [(e["type"], e.get("style"), e.get("indent"), e.get("offset")) for e in elements]
    assert kinds == [
        ("rich_text_section", None, None, None),
        ("rich_text_list", "bullet", None, None),
        ("rich_text_list", "bullet", 1, None),
        ("rich_text_list", "ordered", None, 2),
        ("rich_text_quote", None, None, None),
        ("rich_text_preformatted", None, None, None),
    ]
    assert text == "Commentary\n\nIntro\n\n• a\n• b\n  • c\n\n3. x\n4. y\n\nsaid\n\n*raw*"


def test_a_list_keeps_the_numbers_its_curator_wrote(thread):
    elements, text = thread("1. a\n2. b\n5. c")
    assert [(len(e["elements"]), e.get("offset")) for e in elements] == [(2, None), (1, 4)]
    assert text.endswith("1. a\n2. b\n5. c")


@pytest.mark.parametrize("text", ["1.\n2. two", "- one\n-\n- three", "3.", "-", "- \u200b\n- two"])
def test_an_empty_item_keeps_its_mark(thread, text):
    _, said = thread(text)
    assert said.removeprefix("Commentary").replace("•", "-").split() == text.split()


def test_an_item_without_words_is_no_line_that_shows_why(stored, en):
    digest = stored(Entry("T", commentary=(Paragraph("- \u200b", "en"), Paragraph("- \u200b\n- Because.", "en"))))
    assert lay_out(digest, digest.entries, "papers", en)[1].content.text.endswith("\nBecause.")


def test_a_link_that_may_not_be_followed_is_neither_linked_nor_lost(thread):
    elements, text = thread("see [the note](other-note.md) there")
    assert elements[0]["elements"] == [leaf("see the note (other-note.md) there")]
    assert "other-note.md" in text
