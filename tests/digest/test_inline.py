import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.digest.inline import Block, Piece, find_footnotes, parse_blocks, readable_line


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
        pytest.param("$a_i * b_i * c$ *d*", [("aᵢ * bᵢ * c ", ""), ("d", "i")], id="formula"),
        pytest.param("$$x*y*z$$", [("x*y*z", "")], id="displayed formula"),
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
    ["2024. 4. 12. 공개된 모델입니다.", "3. 5. 7. 배로 늘립니다.", "1. - x", "[]()", "-", "3.", "#"],
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


@pytest.mark.parametrize(
    "piece",
    ["[", "![[", "*a ", "_*", "`a`b``", "$a ", "> ", "- ", "<", "[a](", "http://(", "\\", "\\textbf{", "{\\bf ", "<b>",
     "<b>x</b>", "==a", "==a==", "$x$ ", "$\\frac{a}{b}$ ", "<!-- ", "\\(", "\\(x^2\\)", "``a", "``a''", "[^1]", "![[a",
     "~~", "~~a~~", "| a ", "|\n|-", "a|b\n-|-\n", "<a href=", "\\cite{", "\\cite{a}", "\\\"{o}", "[ ] "],
)  # fmt: skip
def test_no_paragraph_is_slow_to_lay_out(piece):
    import time

    text = piece * (50_000 // len(piece))
    start = time.process_time()
    parse_blocks(text[:19_999], ("1",))
    assert time.process_time() - start < 1


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        pytest.param(r"It takes $\mathcal{O}(n^2)$ time", [("It takes 𝒪(n²) time", "")], id="readable"),
        pytest.param(r"\(x_t\) and \[\sqrt{d}\]", [("xₜ and √d", "")], id="LaTeX's own marks"),
        pytest.param(r"$a\,\mathop{b}\limits_{c}\foo$", [(r"a\,\mathop{b}\limits_{c}\foo", "c")], id="unchanged"),
        pytest.param(r"$$\begin{cases}a\\b\end{cases}$$", [(r"\begin{cases}a\\b\end{cases}", "c")], id="no line"),
        pytest.param(r"$\textbf{twice}$ as fast", [("twice", "b"), (" as fast", "")], id="styled words"),
        pytest.param("costs $5 or $10.", [("costs $5 or $10.", "")], id="money"),
        pytest.param(r"\[1\] and \(see below\)", [("[1] and (see below)", "")], id="escaped brackets"),
        pytest.param("~~old~~ ==new==", [("old", "s"), (" ", ""), ("new", "b")], id="strike and highlight"),
        pytest.param("if a==b and c==d", [("if a==b and c==d", "")], id="comparisons"),
        pytest.param("a<br>b H<sub>2</sub>O 10<sup>3</sup>", [("a\nb H₂O 10³", "")], id="HTML"),
        pytest.param("<b>x</b><i>y</i><kbd>z</kbd>", [("x", "b"), ("y", "i"), ("z", "c")], id="HTML styles"),
        pytest.param("<s>one</s> <mask> <pre>", [("<s>one</s> <mask> <pre>", "")], id="tokens of models"),
        pytest.param('<a href="https://a.b">x</a>', [("x", "", "https://a.b")], id="HTML link"),
        pytest.param("a <!-- hidden --> b", [("a  b", "")], id="HTML comment"),
        pytest.param("words ^ab12cd", [("words", "")], id="block id"),
        pytest.param("2 ^ x", [("2 ^ x", "")], id="no block id"),
        pytest.param("see ![alt](https://a.b/c.png) there", [("see ", ""), ("alt", "", "https://a.b/c.png"),
                     (" there", "")], id="image in a sentence"),
        pytest.param(r"\textbf{A}b\emph{x}\texttt{y}", [("A", "b"), ("b", ""), ("x", "i"), ("y", "c")], id="styles"),
        pytest.param("a `weaker' and a `b'", [("a ‘weaker’ and a ‘b’", "")], id="single quotes"),
        pytest.param("`f('a')` and `it's`", [("f('a')", "c"), (" and ", ""), ("it's", "c")], id="code with quotes"),
        pytest.param(r"Lean~\textbf{4} {\it so}", [("Lean ", ""), ("4", "b"), (" ", ""), ("so", "i")], id="tie"),
        pytest.param(r"as \citep[see][]{gou2024, lin} say", [("as [gou2024, lin] say", "")], id="citation"),
        pytest.param(r"\url{https://a.b}", [("https://a.b", "", "https://a.b")], id="url"),
        pytest.param(r"``quoted'' and \ldots", [("“quoted” and …", "")], id="quotes"),
        pytest.param(r"Schr\"odinger, Erd\H{o}s, {\'e}t\'{e}", [("Schrödinger, Erdős, été", "")], id="accents"),
        pytest.param(r'he said \"yes\" and said\"or\"', [('he said "yes" and said"or"', "")], id="escaped quotes"),
        pytest.param(r"95\% of \model", [(r"95% of \model", "")], id="sign and unknown command"),
    ],
)  # fmt: skip
def test_what_obsidian_and_latex_show_is_shown(text, pieces):
    found = [
        (piece.text, "b" * piece.bold + "i" * piece.italic + "c" * piece.code + "s" * piece.strike, piece.link)
        for block in parse_blocks(text)
        for piece in block.pieces
    ]
    assert found == [(*piece, None)[:3] for piece in pieces]


def test_a_table_is_rows_of_cells():
    (table,) = parse_blocks("| Model | *Score* |\n| --- | ---: |\n| A | $x^2$ |\n| B |")
    assert table.kind == "table"
    assert table.rows == (
        ((Piece("Model"),), (Piece("Score", italic=True),)),
        ((Piece("A"),), (Piece("x²"),)),
        ((Piece("B"),), ()),
    )
    assert table.text == "Model | Score\nA | x²\nB | "


@pytest.mark.parametrize("text", ["a | b", "| 2005.05650", "a | b\nc | d"])
def test_a_line_with_a_bar_is_no_table(text):
    assert [block.kind for block in parse_blocks(text)] == ["paragraph"]


@pytest.mark.parametrize("text", ["---", "***", "- - -"])
def test_a_rule_is_a_rule(text):
    assert [block.kind for block in parse_blocks(text)] == ["rule"]


def test_a_task_has_a_box():
    found = [(block.kind, block.text) for block in parse_blocks("- [ ] read\n- [x] write\n- [1] no")]
    assert found == [("bullet", "☐ read"), ("bullet", "☑ write"), ("bullet", "[1] no")]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        pytest.param("> [!note] **My** title", [Piece("My title", bold=True)], id="title"),
        pytest.param("> [!warning]-", [Piece("Warning", bold=True)], id="kind"),
        pytest.param("> [!tip] A\n> b", [Piece("A", bold=True), Piece("\nb")], id="body"),
        pytest.param("> [!x", [Piece("[!x")], id="none"),
    ],
)
def test_a_callout_begins_with_its_title(text, pieces):
    assert parse_blocks(text) == (Block("quote", tuple(pieces)),)


@pytest.mark.parametrize(
    ("text", "image"),
    [
        pytest.param("![A plot](https://a.b/c.png)", Piece("A plot", link="https://a.b/c.png"), id="Markdown"),
        pytest.param("![[plots/fig.png|300]]", Piece("fig.png", link="plots/fig.png"), id="embedded file"),
        pytest.param('<img src="https://a.b/c.png" width=3>', Piece("", link="https://a.b/c.png"), id="HTML"),
    ],
)
def test_a_line_of_one_image_is_an_image(text, image):
    assert parse_blocks(text) == (Block("image", (image,)),)


def test_a_footnote_has_its_number_where_it_is_referred_to_and_where_it_stands():
    paragraphs = ["As shown[^wei] and[^2], not [^a-z].", "[^2]: Second.", "[^wei]: Wei et al."]
    names = find_footnotes(paragraphs)
    assert names == ("wei", "2")
    shown = ["".join(block.text for block in parse_blocks(text, names)) for text in paragraphs]
    assert shown == ["As shown¹ and², not [^a-z].", "² Second.", "¹ Wei et al."]


def test_what_only_arranges_shows_nothing():
    assert parse_blocks("<details>") == ()
    assert parse_blocks("<summary>More</summary>") == (Block("paragraph", (Piece("More", bold=True),)),)


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        (r"Learning with $\alpha$-Divergence", "Learning with α-Divergence"),
        (r"Schr\"odinger Bridges", "Schrödinger Bridges"),
        ("A * B_c [x](y) $5 and $6", "A * B_c [x](y) $5 and $6"),
        (r"$\foo$", r"\foo"),
    ],
)
def test_a_title_is_no_markdown_but_its_formulas_are_readable(title, shown):
    assert readable_line(title) == shown
