import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.digest.inline import Block, Piece, parse_blocks


def styled(text):
    return [
        (piece.text, "b" * piece.bold + "i" * piece.italic + "c" * piece.code, piece.link)
        for block in parse_blocks(text)
        for piece in block.pieces
    ]


LINK = "https://a.b/c_d_e"


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        pytest.param("*b* **c** `d*`", [("b", "i"), (" ", ""), ("c", "b"), (" ", ""), ("d*", "c")], id="styles"),
        pytest.param("[글](https://a.b)은", [("글", "", "https://a.b"), ("은", "")], id="link"),
        pytest.param(f"({LINK})", [("(", ""), (LINK, "", LINK), (")", "")], id="bare link"),
        pytest.param(
            "https://a.b/_x_y.", [("https://a.b/_x_y", "", "https://a.b/_x_y"), (".", "")], id="link with marks"
        ),
        pytest.param("https://a.b를", [("https://a.b", "", "https://a.b"), ("를", "")], id="a particle after a link"),
        pytest.param("**강조(x)**는", [("강조(x)", "b"), ("는", "")], id="a particle after the mark"),
        pytest.param("$a_i * b_i * c$ *d*", [("$a_i * b_i * c$ ", ""), ("d", "i")], id="formula"),
        pytest.param("$$x*y*z$$", [("$$x*y*z$$", "")], id="displayed formula"),
        pytest.param("$20 *and* $30", [("$20 ", ""), ("and", "i"), (" $30", "")], id="money"),
        pytest.param("O(n*m*k) x_t = C_t", [("O(n*m*k) x_t = C_t", "")], id="products"),
        pytest.param("Q* 와 V* 그리고", [("Q* 와 V* 그리고", "")], id="lone stars"),
        pytest.param("<unk> & <b>", [("<unk> & <b>", "")], id="no HTML"),
        pytest.param("[](https://a.b) x", [("https://a.b", "", "https://a.b"), (" x", "")], id="a link without words"),
        pytest.param(f"[1]: {LINK}", [("[1]: ", ""), (LINK, "", LINK)], id="no references"),
    ],
)
def test_inline_markdown_is_read_into_pieces(text, pieces):
    assert styled(text) == [(*piece, None)[:3] for piece in pieces]


def test_blocks_keep_lists_quotes_and_code():
    text = "intro\n\n- one\n  - *two*\n\n9. nine\n\n> said\n\n```py\nx*y*z\n```"
    assert parse_blocks(text) == (
        Block("paragraph", (Piece("intro"),)),
        Block("bullet", (Piece("one"),)),
        Block("bullet", (Piece("two", italic=True),), indent=1),
        Block("ordered", (Piece("nine"),), number=9),
        Block("quote", (Piece("said"),)),
        Block("code", (Piece("x*y*z"),)),
    )


@pytest.mark.parametrize(
    "text",
    ["---", "    indented", "a\n===", "[a]: https://b.c", "1986. A year", "> " * 50 + "deep", "2. a\n2024. 4. 12. b",
     "1. > a", "7. ```\n   a\n   ```", "7.\n   8. a"],
)  # fmt: skip
def test_words_that_markdown_would_swallow_are_kept(text):
    kept = "".join(str(block.number) * (block.kind == "ordered") + block.text for block in parse_blocks(text))
    assert re.sub(r"\W", "", kept) == re.sub(r"\W", "", text)
    assert kept


@pytest.mark.parametrize(
    "text",
    ["2024. 4. 12. 공개된 모델입니다.", "3. 5. 7. 배로 늘립니다.", "- - -", "* * *", "1. - x", "[]()", "-", "3.", "#"],
)
def test_marks_without_words_and_marks_in_a_row_are_words(text):
    assert [(block.kind, block.text) for block in parse_blocks(text)] == [("paragraph", text)]


def test_marks_in_a_row_inside_a_list_or_a_quote_are_words():
    assert parse_blocks("> 2024. 4. 12. x") == (Block("quote", (Piece("2024. 4. 12. x"),)),)
    assert [(block.kind, block.text) for block in parse_blocks("- a\n\n- - b")] == [
        ("bullet", "a"),
        ("bullet", "- b"),
    ]


@pytest.mark.parametrize("text", [">", "a\n\n>", "```", "``` words\n"])
def test_an_empty_block_shows_its_mark(text):
    assert "\n\n".join(block.text for block in parse_blocks(text)) == text.strip()


@pytest.mark.parametrize("text", ["\x0c\n- a", "\x0c\n\n- a", "- a\n\n\x0c"])
def test_a_form_feed_alone_is_no_block(text):
    assert [block.text for block in parse_blocks(text)] == ["a"]


@settings(max_examples=200)
@given(
    st.lists(
        st.sampled_from(
            [
                "word",
                "낱말",
                "*",
                "**",
                "_",
                "`",
                "$",
                "\n",
                "\n\n",
                "> ",
                "- ",
                "7. ",
                "(",
                "]",
                "  ",
                "x",
                "[](http://7)",
            ]
        ),
        max_size=25,
    )
)
def test_no_word_is_lost(parts):
    text = "".join(parts)
    found = "".join(str(block.number) * (block.kind == "ordered") + block.text for block in parse_blocks(text))
    for word in ("word", "낱말", "7"):
        assert found.count(word) == text.count(word)


@pytest.mark.parametrize("piece", ["[", "![[", "*a ", "_*", "`a`b``", "$a ", "> ", "- ", "<", "[a](", "http://(", "\\"])
def test_no_paragraph_is_slow_to_lay_out(piece):
    import time

    text = piece * (50_000 // len(piece))
    start = time.process_time()
    parse_blocks(text[:19_999])
    assert time.process_time() - start < 1
