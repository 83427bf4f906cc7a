"""A LaTeX formula as Unicode text: ``\\mathcal{O}(n^2)`` as 𝒪(n²), ``\\frac{a+b}{2}`` as (a+b)/2.

pylatexenc parses the formula and knows most symbols. What it does not know, and everything with two dimensions that no
line of text can hold (matrices, cases), is not converted at all: a formula that is half right is worse than its LaTeX.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from bot.digest.normalize import nfc

if TYPE_CHECKING:
    from pylatexenc.macrospec import LatexContextDb

FORMULA_CHARS = 400  # A longer formula is a derivation; in one line nobody could read it.

_SUPERSCRIPTS = dict(
    zip(
        "0123456789+-−=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVW⊤*∗⋆†‡′°αβγδϵθφχ",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵀ***†‡′°ᵅᵝᵞᵟᵋᶿᵠᵡ",
        strict=True,
    )
)
_SUBSCRIPTS = dict(
    zip(
        "0123456789+-−=()aehijklmnoprstuvxβγρφχ",
        "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ",
        strict=True,
    )
)
_RAISED = frozenset([*_SUPERSCRIPTS.values(), *_SUBSCRIPTS.values()]) - {"*"}
_ROOTS = {"": "√", "2": "√", "3": "∛", "4": "∜"}
# Macros whose argument is shown as it is, in the letters of the line.
_UPRIGHT = frozenset([
    "mathrm", "mathit", "mathnormal", "text", "textrm", "textit", "textnormal", "textup", "textsf", "textbf",
    "texttt", "textsc", "mbox", "hbox", "operatorname", "emph", "mathop", "mathbin", "mathrel", "mathord",
    "mathopen", "mathclose", "ensuremath",
])  # fmt: skip
_ALPHABETS = {
    "mathbf": "MATHEMATICAL BOLD",
    "boldsymbol": "MATHEMATICAL BOLD",
    "bm": "MATHEMATICAL BOLD",
    "mathbb": "MATHEMATICAL DOUBLE-STRUCK",
    "mathcal": "MATHEMATICAL SCRIPT",
    "mathscr": "MATHEMATICAL SCRIPT",
    "mathfrak": "MATHEMATICAL FRAKTUR",
    "mathsf": "MATHEMATICAL SANS-SERIF",
    "mathtt": "MATHEMATICAL MONOSPACE",
}
# Letters that Unicode had before it had these alphabets.
_OLDER_LETTERS = {
    "MATHEMATICAL SCRIPT": dict(zip("BEFHILMRego", "ℬℰℱℋℐℒℳℛℯℊℴ", strict=True)),
    "MATHEMATICAL DOUBLE-STRUCK": dict(zip("CHNPQRZ", "ℂℍℕℙℚℝℤ", strict=True)),
    "MATHEMATICAL FRAKTUR": dict(zip("CHIRZ", "ℭℌℑℜℨ", strict=True)),
}
_ACCENTS = {
    "hat": "\u0302", "widehat": "\u0302", "bar": "\u0304", "overline": "\u0305", "tilde": "\u0303",
    "widetilde": "\u0303", "vec": "\u20d7", "dot": "\u0307", "ddot": "\u0308", "check": "\u030c", "breve": "\u0306",
    "acute": "\u0301", "grave": "\u0300", "mathring": "\u030a", "underline": "\u0332",
}  # fmt: skip
_FUNCTIONS = frozenset([
    "arccos", "arcsin", "arctan", "arg", "cos", "cosh", "cot", "coth", "csc", "deg", "det", "dim", "exp", "gcd",
    "hom", "inf", "ker", "lg", "lim", "liminf", "limsup", "ln", "log", "max", "min", "Pr", "sec", "sin", "sinh",
    "sup", "tan", "tanh", "bmod", "argmax", "argmin",
])  # fmt: skip
_NOTHING = frozenset([
    "!", "displaystyle", "textstyle", "scriptstyle", "limits", "nolimits", "left", "right", "middle", "big", "Big",
    "bigg", "Bigg", "bigl", "bigr", "Bigl", "Bigr", "biggl", "biggr", "Biggl", "Biggr", "bigm", "Bigm", "quad",
    "qquad", ",", ";", ":", ">", "xspace", "relax", "it", "bf", "rm", "em", "tt", "sf",
])  # fmt: skip
_SPACES = frozenset([",", ";", ":", ">", " ", "quad", "qquad", "~", "enspace", "thinspace"])
_SYMBOLS = {
    "|": "‖", "lVert": "‖", "rVert": "‖", "Vert": "‖", "lvert": "|", "rvert": "|", "vert": "|", "mid": "∣",
    "coloneqq": "≔", "triangleq": "≜", "ldots": "…", "dots": "…", "cdots": "⋯", "dotsc": "…", "dotsb": "⋯",
    "lbrace": "{", "rbrace": "}", "colon": ":", "textbackslash": "\\", "backslash": "\\", "star": "⋆", "ast": "∗",
    "epsilon": "ϵ", "varepsilon": "ε", "phi": "φ", "varphi": "φ", "prime": "′", "circ": "∘", "degree": "°",
    "to": "→", "gets": "←", "iff": "⟺", "implies": "⟹", "le": "≤", "ge": "≥", "ne": "≠", "lt": "<", "gt": ">",
    "%": "%", "&": "&", "_": "_", "#": "#", "$": "$", "{": "{", "}": "}", "-": "",
    "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "langle": "⟨", "rangle": "⟩",
    "lbrack": "[", "rbrack": "]",
}  # fmt: skip
# Between two operands a reader wants these apart, however they were typed.
_WIDE = frozenset("∝≤≥≈∼≃≅≡≠∈∉⊂⊆⊃⊇→←↔⇒⇐⇔⟹⟺↦≔≜≪≫∣×÷±∓∪∩∧∨⊕⊗⊙∘⊥∥⟶≺≻")
# A sign that lacks one side, or stands between two numbers, keeps no distance: ∼3x, 2×, 64×64.
_LONE_SIGN = re.compile(rf"^[{''.join(_WIDE)}] | [{''.join(_WIDE)}]$|(?<=[0-9]) × (?=[0-9])")
_MORE_ARGUMENTS = {
    **dict.fromkeys(["dfrac", "tfrac", "cfrac", "binom"], "{{"),
    **dict.fromkeys(_UPRIGHT | frozenset(_ALPHABETS) | frozenset(_ACCENTS) | {"unicode", "pmod"}, "{"),
    "operatorname": "*{",
}


class _NotFaithful(Exception):
    """One line of text cannot say this formula."""


@dataclass(frozen=True, slots=True)
class _Atom:
    """A part of a formula that a script may follow."""

    text: str
    operator: str = ""
    """``^`` or ``_``: the next atom is the script of the one before."""
    is_function: bool = False
    is_fraction: bool = False


@lru_cache(maxsize=1024)
def readable(latex: str) -> str | None:
    """The formula (without its dollar signs) as one line of Unicode text; None where none says the same."""
    if not latex.strip() or len(latex) > FORMULA_CHARS or "&" in latex.replace("\\&", "") or "\\\\" in latex:
        return None
    from pylatexenc.latexwalker import LatexWalker, LatexWalkerParseError  # 30 ms that only formulas need

    try:
        walker = LatexWalker(latex, latex_context=_context(), tolerant_parsing=False)
        nodes, _, length = walker.get_latex_nodes(pos=0)
        shown = " ".join(_line(_atoms(nodes)).split()) if length == len(latex) else ""
        shown = _LONE_SIGN.sub(lambda found: found.group().strip(), shown)
    except (LatexWalkerParseError, _NotFaithful, RecursionError, IndexError, ValueError):
        return None
    return nfc(shown) or None


@cache
def _context() -> "LatexContextDb":
    """What the parser knows of macros and their arguments, with the ones of mathematics that it does not know."""
    from pylatexenc.latexwalker import get_default_latex_context_db
    from pylatexenc.macrospec import std_macro

    context = get_default_latex_context_db()
    macros = [std_macro(name, arguments) for name, arguments in _MORE_ARGUMENTS.items()]
    context.add_context_category("formulas", macros=macros, prepend=True)
    return context


@cache
def _symbols() -> Mapping[str, str]:
    """Macros without arguments that stand for a sign."""
    from pylatexenc.latex2text import get_default_latex_context_db

    known: dict[str, str] = {}
    database = get_default_latex_context_db()
    for category in ("advanced-symbols", "latex-base"):
        for name, spec in database.d[category]["macros"].items():
            sign = spec.simplify_repl
            if isinstance(sign, str) and sign and "%" not in sign:
                known[name] = sign
    return known | _SYMBOLS


def _atoms(nodes: Sequence[Any]) -> Iterator[_Atom]:
    for node in nodes:
        kind = type(node).__name__
        if kind == "LatexCharsNode":
            yield from map(_character, node.chars)
        elif kind == "LatexGroupNode" and node.delimiters[0] == "{":
            yield _Atom(_line(_atoms(node.nodelist)))
        elif kind == "LatexMacroNode":
            yield from _macro(node)
        elif kind == "LatexSpecialsNode" and node.specials_chars in ("~", "``", "''", "--", "---"):
            yield _Atom({"~": " ", "``": "“", "''": "′′", "--": "--", "---": "---"}[node.specials_chars])
        elif kind == "LatexMathNode":
            yield from _atoms(node.nodelist)
        elif kind != "LatexCommentNode":
            raise _NotFaithful


def _character(char: str) -> _Atom:
    if char in "^_":
        return _Atom("", operator=char)
    return _Atom({"'": "′", "*": "*", "-": "−"}.get(char, char))


def _macro(node: Any) -> Iterator[_Atom]:
    name = node.macroname
    arguments = [argument for argument in (node.nodeargd.argnlist if node.nodeargd else ()) if argument is not None]
    if name in _SPACES:
        yield _Atom(" ")
    elif name in _NOTHING:
        if arguments:
            raise _NotFaithful
    elif name in _FUNCTIONS and not arguments:
        yield _Atom({"bmod": " mod "}.get(name, name), is_function=True)
    elif name in _ARGUMENTS:
        shown = _ARGUMENTS[name](name, [_argument(argument) for argument in arguments])
        yield _Atom(shown, is_fraction=_ARGUMENTS[name] is _fraction)
    elif name == "sqrt" and arguments:
        degree = _argument(arguments[0]) if len(arguments) > 1 else ""
        yield _Atom(_root(degree) + _operand(_argument(arguments[-1])))
    elif not arguments and (sign := _symbols().get(name)):
        yield _Atom(f" {sign} " if sign in _WIDE else sign)
    else:
        raise _NotFaithful


def _argument(node: Any) -> str:
    if type(node).__name__ == "LatexGroupNode":
        return _line(_atoms(node.nodelist))
    return _line(_atoms([node]))


def _line(atoms: Iterable[_Atom]) -> str:
    """The atoms side by side, scripts raised and lowered where Unicode has all of their letters."""
    parts: list[str] = []
    for atom, scripts in _with_scripts(atoms):
        before = parts[-1] if parts else ""
        if atom.is_fraction and before[-1:].isalnum():
            parts.append(" ")
        if (before.endswith(_ENDS) and _continues(atom.text)) or (atom.is_function and before[-1:].isalnum()):
            parts.append(" ")
        written, raised = _scripts(scripts)
        parts.append(atom.text + written)
        if atom.text and (atom.is_function or atom.is_fraction or (scripts and not raised)):
            parts[-1] += _END
    return " ".join("".join(parts).replace(_END, "").split()) if parts else ""


_END = "\0"  # marks the end of a function's name, a fraction or a written script: a letter keeps its distance from it
_ENDS = (_END,)


def _continues(text: str) -> bool:
    return text[:1].isalnum() or text[:1] in "√∑∏∫∂∇"


def _with_scripts(atoms: Iterable[_Atom]) -> Iterator[tuple[_Atom, list[tuple[str, str]]]]:
    """Each atom with the scripts that follow it, as operator and text; an atom without text where they stand alone."""
    base: _Atom | None = None
    scripts: list[tuple[str, str]] = []
    pending = ""
    for atom in atoms:
        if pending and not atom.operator:
            if atom.text.isspace():
                continue
            if any(operator == pending for operator, _ in scripts):
                raise _NotFaithful
            scripts.append((pending, atom.text.strip()))
            pending = ""
        elif pending:
            raise _NotFaithful
        elif atom.operator:
            pending = atom.operator
        else:
            if base or scripts:
                yield base or _Atom(""), scripts
            base, scripts = atom, []
    if pending:
        raise _NotFaithful
    if base or scripts:
        yield base or _Atom(""), scripts


def _scripts(scripts: Sequence[tuple[str, str]]) -> tuple[str, bool]:
    """The scripts of one base, and whether they are raised and lowered letters rather than written out."""
    shown = [_script(operator, text) for operator, text in scripts]
    if None not in shown:
        return "".join(text for text in shown if text), True
    # One raised and one written out would read as nested: `W_Kᵀ`.
    return "".join(_written(operator, text) for operator, text in scripts), False


def script(operator: str, text: str) -> str:
    """Text raised (``^``) or lowered (``_``): ``10`` and ``^`` are ``¹⁰``; what has no such letters is ``^(so)``."""
    bare = text.strip()
    return (_script(operator, bare) or _written(operator, bare)) if bare else ""


def _script(operator: str, text: str) -> str | None:
    table = _SUPERSCRIPTS if operator == "^" else _SUBSCRIPTS
    bare = "".join(text.split())
    if operator == "^" and bare == "∘":
        return "°"
    if len(bare) > 2 and bare.isascii() and bare.isalpha():  # a word: N_optimal, not Nₒₚₜᵢₘₐₗ
        return None
    if not bare.strip(",") or not all(char in table or char == "," for char in bare):
        return None
    return "".join(table.get(char, char) for char in bare)


def _written(operator: str, text: str) -> str:
    """A script in a line: ``W_K``, ``C^0.73``, ``ℝ^(n×d)``."""
    bare = "".join(text.split()) if any(char in _WIDE for char in text) else text
    if not bare:
        raise _NotFaithful
    return operator + (bare if _is_one_word(bare) else f"({bare})")


def _is_one_word(text: str) -> bool:
    return len(text) == 1 or all((char.isalnum() and char not in _RAISED) or char in ".∞" for char in text)


def _operand(text: str) -> str:
    """Text that a fraction bar or a root may stand beside."""
    plain = all(char.isalnum() or char in "._^′…√" or unicodedata.combining(char) for char in text)
    closed = text.startswith("(") and text.endswith(")") and text.count("(") == 1
    return text if plain or closed else f"({text})"


def _root(degree: str) -> str:
    if degree in _ROOTS:
        return _ROOTS[degree]
    raised = _script("^", degree)
    if raised is None:
        raise _NotFaithful
    return raised + "√"


def _fraction(_: str, arguments: Sequence[str]) -> str:
    above, below = arguments
    return f"{_operand(above)}/{_operand(below)}"


def _letters(name: str, arguments: Sequence[str]) -> str:
    """The argument in the letters of an alphabet such as 𝒪, as far as it has them."""
    alphabet = _ALPHABETS[name]
    older = _OLDER_LETTERS.get(alphabet, {})
    return "".join(older.get(char) or _letter(alphabet, char) for char in arguments[-1])


def _letter(alphabet: str, char: str) -> str:
    if not char.isascii() or not char.isalnum():
        return char
    kind = "DIGIT" if char.isdigit() else "CAPITAL" if char.isupper() else "SMALL"
    named = unicodedata.name(char).rpartition(" ")[2]
    try:
        return unicodedata.lookup(f"{alphabet} {kind} {named}")
    except KeyError:
        return char


def _accented(name: str, arguments: Sequence[str]) -> str:
    text = arguments[-1]
    letters = [char for char in text if not unicodedata.combining(char)]
    if not letters or (len(letters) > 1 and name not in ("overline", "underline")):
        raise _NotFaithful
    return "".join(char + _ACCENTS[name] for char in text)


def _plain(name: str, arguments: Sequence[str]) -> str:
    return arguments[-1]


def _code_point(_: str, arguments: Sequence[str]) -> str:
    digits = arguments[-1]
    return chr(int(digits[1:], 16) if digits[:1] in "xX" else int(digits))


def _binomial(_: str, arguments: Sequence[str]) -> str:
    return f"({arguments[0]} choose {arguments[1]})"


def _modulus(_: str, arguments: Sequence[str]) -> str:
    return f" (mod {arguments[-1]})"


_ARGUMENTS: Mapping[str, Callable[[str, Sequence[str]], str]] = {
    **dict.fromkeys(("frac", "dfrac", "tfrac", "cfrac", "nicefrac", "sfrac"), _fraction),
    **dict.fromkeys(_ALPHABETS, _letters),
    **dict.fromkeys(_ACCENTS, _accented),
    **dict.fromkeys(_UPRIGHT, _plain),
    "unicode": _code_point,
    "binom": _binomial,
    "pmod": _modulus,
}
