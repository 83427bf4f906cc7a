import time

import pytest

from bot.digest.maths import readable, script


@pytest.mark.parametrize(
    ("latex", "shown"),
    [
        (r"\beta", "β"),
        (r"x_{t+1}^2", "xₜ₊₁²"),
        (r"\mathcal{O}(n^2)", "𝒪(n²)"),
        (r"O(n\log n)", "O(n log n)"),
        (r"\frac{a+b}{c}", "(a+b)/c"),
        (r"\tfrac{1}{N}\sum_i x_i", "1/N ∑ᵢ xᵢ"),
        (r"\mathrm{softmax}\left(\frac{QK^\top}{\sqrt{d_k}}\right)V", "softmax(QKᵀ/√dₖ)V"),
        (r"A \in \mathbb{R}^{m\times n}", "A ∈ ℝ^(m×n)"),
        (r"W_K^TW_Q", "W_K^T W_Q"),
        (r"N_\text{optimal} \propto C^{0.73}", "N_optimal ∝ C^0.73"),
        (r"\beta_{i,j}", "βᵢ,ⱼ"),
        (r"2^{2^n}", "2^(2ⁿ)"),
        (r"\hat{y} = \bar{\alpha}_t", "ŷ = ᾱₜ"),
        (r"\Delta \mathbf{w}_t", "Δ𝐰ₜ"),
        (r"30^\circ", "30°"),
        (r"f'(x)", "f′(x)"),
        (r"p(x \mid y)", "p(x ∣ y)"),
        (r"\sim3x", "∼3x"),
        (r"10\times", "10×"),
        (r"64\times64", "64×64"),
        (r">8\%", ">8%"),
        (r"\unicode{x2014}", "—"),
        (r"a\,b", "a b"),
        (r"\sqrt[3]{x+1}", "∛(x+1)"),
        (r"\text{if $x>0$}", "if x>0"),
    ],
)
def test_a_formula_is_readable_text(latex, shown):
    assert readable(latex) == shown


@pytest.mark.parametrize(
    "latex",
    [r"\begin{cases}1\end{cases}", r"a & b", r"a \\ b", r"\mystery{x}", r"\frac{a}", "x^", "{", "a^b^c", "a__b",
     r"\hat{abc}", r"\color{red} x", "x" * 401, "{" * 300, r"\sqrt" * 60, ""],
)  # fmt: skip
def test_what_no_line_can_say_is_not_converted(latex):
    assert readable(latex) is None


def test_scripts_without_letters_of_their_own_are_written_out():
    assert script("^", "10") == "¹⁰"
    assert script("_", "K") == "_K"
    assert script("^", "a q") == "^(a q)"
    assert script("^", " ") == ""


@pytest.mark.parametrize("part", ["{", "x^", r"\frac{", "x_1^2", r"\sqrt", "$", r"\text{", "'", r"\left(", "~"])
def test_no_formula_is_slow(part):
    start = time.process_time()
    readable((part * 400)[:400])
    assert time.process_time() - start < 0.5
