"""What curators write inside a line beyond CommonMark, as rules of markdown-it's inline parser.

Formulas (``$…$``, ``\\(…\\)``), LaTeX text commands (``\\emph{…}``), bare links, ``==highlight==``, footnote marks
(``[^1]``), a few HTML tags, and emphasis beside Hangul. Each rule looks ahead a bounded number of characters.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bot.digest.maths import readable, script
from bot.digest.normalize import nfc

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline

FORMULA_CHARS = 1_000  # how far a closing $ is looked for
FORMULA_TRIES = 8
FORMULAS = 200  # of one paragraph; each costs a third of a millisecond
ARGUMENT_CHARS = 600  # how far the closing brace of a LaTeX command is looked for

_MARKS_IN_A_ROW = re.compile(r"(?:(?:[-*+]|[0-9]{1,9}[.)])(?:[ \t]{1,8}|$)){2}")
# A Korean particle ends a link ("https://a.b를"), a Korean path begins after a slash.
_URL = re.compile(r"://(?:[^\s<>\"`|{}\\^가-힣]|(?<=[/=_-])[가-힣]+)+")
_AFTER_URL = ".,;:!?*_~'”’"
_CJK = re.compile(r"[가-힣ㄱ-ㅣぁ-ヿ一-鿿]")

_COMMAND = re.compile(r"\\([A-Za-z]{2,20})\*?")
_STYLED = {
    "textbf": "strong", "emph": "em", "textit": "em", "textsl": "em", "texttt": "code", "underline": "plain",
    "textsc": "plain", "textrm": "plain", "textsf": "plain", "textnormal": "plain", "textmd": "plain",
    "textup": "plain", "text": "plain", "mbox": "plain", "uline": "plain", "hl": "strong", "sout": "s", "st": "s",
}  # fmt: skip
_SIGNS = {
    "textbackslash": "\\", "textasciitilde": "~", "textasciicircum": "^", "textgreater": ">", "textless": "<",
    "textbar": "|", "textunderscore": "_", "textdollar": "$", "textpercent": "%", "ldots": "…", "dots": "…",
    "textellipsis": "…", "textendash": "–", "textemdash": "—", "textquoteright": "’", "textquoteleft": "‘",
    "textquotedblleft": "“", "textquotedblright": "”", "xspace": "", "texttrademark": "™", "textregistered": "®",
    "copyright": "©", "textdegree": "°", "textmu": "µ", "ss": "ß", "aa": "å", "AA": "Å", "ae": "æ", "AE": "Æ",
    "oe": "œ", "OE": "Œ",
}  # fmt: skip
_REFERENCES = frozenset([
    "cite", "citep", "citet", "citeauthor", "citeyear", "citealp", "citealt", "parencite", "textcite", "autocite",
    "ref", "eqref", "autoref", "cref", "Cref",
])  # fmt: skip
_OLD_STYLES = {"bf": "strong", "it": "em", "em": "em", "tt": "code", "sl": "em", "sc": "plain", "rm": "plain"}
_OLD_STYLE = re.compile(r"\{\\(bf|it|em|tt|sl|sc|rm)(?![A-Za-z])\s*")
# ``\"{o}``, ``{\"o}``, ``{\"{o}}`` wherever they stand; ``\"o`` only inside a word, for an escaped quotation mark
# looks the same.
_BRACED_ACCENT = re.compile(r"\\(?P<mark>[\"'`^~=.Hcvukr])\{\\?(?P<letter>[A-Za-z])\}")
_GROUPED_ACCENT = re.compile(r"\{\\(?P<mark>[\"'`^~=.]|[Hcvukr](?=[{ ]))\s?\{?\\?(?P<letter>[A-Za-z])\}?\}")
_BARE_ACCENT = re.compile(r"(?<=[^\W\d_])\\(?P<mark>[\"'^~])(?P<letter>[aeiounAEIOUN])(?![A-Za-z]*\\[\"'])")
_ACCENT_MARKS = {
    '"': "\u0308", "'": "\u0301", "`": "\u0300", "^": "\u0302", "~": "\u0303", "=": "\u0304", ".": "\u0307",
    "H": "\u030b", "c": "\u0327", "v": "\u030c", "u": "\u0306", "k": "\u0328", "r": "\u030a",
}  # fmt: skip
_QUOTED = re.compile(r"``([^`\n$\\{}*_]{1,300}?)''")
_QUOTED_ONCE = re.compile(r"`([A-Za-z][A-Za-z0-9 ,-]{0,80})'(?![\w'])")
_FOOTNOTE = re.compile(r"\[\^([^\]\s\[]{1,40})\]")
_HIGHLIGHT = re.compile(r"==(?=[^\s=])([^=\n]{1,600}?)(?<=[^\s=])==(?!=)")
_EMBED = re.compile(r"!\[\[([^\[\]|\n]{1,300})(?:\|[^\[\]\n]{0,100})?\]\]")
_HTML_STYLES = {
    "b": "strong", "strong": "strong", "mark": "strong", "i": "em", "em": "em", "cite": "em", "u": "plain",
    "small": "plain", "big": "plain", "font": "plain", "span": "plain", "center": "plain", "abbr": "plain",
    "del": "s", "strike": "s", "kbd": "code", "code": "code", "tt": "code", "samp": "code", "var": "em",
    "summary": "strong", "figcaption": "em",
}  # fmt: skip
_HTML_NOTHING = frozenset(["details", "figure", "picture", "p", "div", "section", "aside", "wbr"])
_HTML_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,14})((?:\s[^<>]{0,1000})?)\s*/?>")
_HTML_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ATTRIBUTE = re.compile(r"([a-zA-Z-]{1,30})\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")


def add_rules(parser: "MarkdownIt") -> None:
    """Teach the parser what is written beyond CommonMark."""
    parser.block.ruler.at("list", _read_list, {"alt": ["paragraph", "blockquote"]})
    for name, rule in (
        ("formula", _read_formula),
        ("bare_link", _read_bare_link),
        ("latex", _read_latex),
        ("tie", _read_tie),
        ("highlight", _read_highlight),
        ("footnote", _read_footnote),
        ("embed", _read_embed),
        ("html", _read_html),
    ):
        parser.inline.ruler.before("escape", name, rule)
    parser.inline.ruler.at("emphasis", _read_emphasis)


def _read_list(state: "StateBlock", start: int, end: int, silent: bool) -> bool:
    """CommonMark's list, but that marks in a row are words: a date (``2024. 4. 12.``), a rule (``- - -``)."""
    from markdown_it.rules_block.list import list_block

    line, content = state.bMarks[start], state.bMarks[start] + state.tShift[start]
    after_a_mark = state.src[line:content].strip()
    if after_a_mark or _MARKS_IN_A_ROW.match(state.src, content, state.eMarks[start]):
        return False
    return list_block(state, start, end, silent)


def _read_formula(state: "StateInline", silent: bool) -> bool:
    """``$…$``, ``$$…$$``, ``\\(…\\)``, ``\\[…\\]``: readable text where that says the same, else the LaTeX as code."""
    found = find_formula(state.src, state.pos, state.posMax)
    if found is None:
        return False
    begin, end, stop = found
    if not silent:
        push_formula(state, state.src[begin:end])
    state.pos = stop
    return True


def find_formula(src: str, start: int, limit: int) -> tuple[int, int, int] | None:
    """The start and the end of the LaTeX of a formula that begins at ``start``, and the end of the formula, or None."""
    if src[start] == "\\" and src[start + 1 : start + 2] in ("(", "["):
        return _between(src, start, limit, "\\)" if src[start + 1] == "(" else "\\]")
    if src[start] != "$":
        return None
    mark = "$$" if src.startswith("$$", start) else "$"
    begin = start + len(mark)
    limit = min(limit, begin + FORMULA_CHARS)
    if begin >= limit or (src[begin].isspace() and mark == "$"):
        return None
    # "$20 and $30" is money: a formula neither begins nor ends with a space, and no digit follows it.
    end = begin
    for _ in range(FORMULA_TRIES):
        end = src.find(mark, end + 1, limit)
        if end < 0:
            return None
        closes = src[end - 1] != "\\" and (mark == "$$" or src[end - 1] not in " \n")
        if closes and not (mark == "$" and src[end + 1 : end + 2].isdigit()):
            return begin, end, end + len(mark)
    return None


def _between(src: str, start: int, limit: int, closing: str) -> tuple[int, int, int] | None:
    begin = start + 2
    end = src.find(closing, begin, min(limit, begin + FORMULA_CHARS))
    words = src[begin:end]
    # `\[1\]` and `\(see below\)` are brackets that Markdown was kept from reading.
    if end < 0 or not words.strip() or not (set(words) & set("\\^_=") or re.fullmatch(r"\s*[A-Za-z]\s*", words)):
        return None
    return begin, end, end + 2


_TEXT_FORMULA = re.compile(r"\\(textbf|textit|emph|texttt|text|textsc|textrm)\s{0,3}\{([^{}\\$]*)\}")


def push_formula(state: "StateInline", latex: str) -> None:
    """Push the formula as words, in their style where it is only styled words (``$\\textbf{twice}$``)."""
    if only_text := _TEXT_FORMULA.fullmatch(latex.strip()):
        _push_styled(state, _STYLED[only_text[1]], only_text[2])
        return
    formulas = state.env.get("formulas", 0) + 1
    state.env["formulas"] = formulas
    shown = readable(" ".join(latex.split())) if formulas <= FORMULAS else None
    if shown is None:
        state.push("formula", "code", 0).content = " ".join(latex.split())
    else:
        state.push("text", "", 0).content = shown


def _push_styled(state: "StateInline", style: str, words: str) -> None:
    if style == "code":
        state.push("code_inline", "code", 0).content = words
        return
    _open(state, style)
    state.push("text", "", 0).content = words
    _close(state, style)


def _open(state: "StateInline", style: str) -> None:
    if style != "plain":
        state.push(f"{style}_open", style, 1)


def _close(state: "StateInline", style: str) -> None:
    if style != "plain":
        state.push(f"{style}_close", style, -1)


def _read_inside(state: "StateInline", start: int, end: int, style: str) -> None:
    """Read a part of the line in a style of its own."""
    if style == "code":
        state.push("code_inline", "code", 0).content = state.src[start:end]
        return
    limit = state.posMax
    _open(state, style)
    state.pos, state.posMax = start, end
    state.md.inline.tokenize(state)
    state.posMax = limit
    _close(state, style)


def _argument(src: str, start: int, limit: int) -> int | None:
    """Where the brace that opens at ``start`` closes; None where it does not, soon enough."""
    if start >= limit or src[start] != "{":
        return None
    depth = 0
    for place in range(start, min(limit, start + ARGUMENT_CHARS)):
        if src[place] == "{" and src[place - 1] != "\\":
            depth += 1
        elif src[place] == "}" and src[place - 1] != "\\":
            depth -= 1
            if depth == 0:
                return place
    return None


def _read_latex(state: "StateInline", silent: bool) -> bool:
    """LaTeX's commands for text, as papers' abstracts are written: what they say, in the style they give."""
    src, start = state.src, state.pos
    if src[start] not in "\\{":
        return False
    if (old := _OLD_STYLE.match(src, start, state.posMax)) and (end := _argument(src, start, state.posMax)):
        if not silent:
            _read_inside(state, old.end(), end, _OLD_STYLES[old[1]])
        state.pos = end + 1
        return True
    for accents in (_BRACED_ACCENT, _GROUPED_ACCENT, _BARE_ACCENT):
        if accent := accents.match(src, start, state.posMax):
            return _read_accent(state, accent, silent)
    if not (command := _COMMAND.match(src, start, state.posMax)):
        return False
    name, after = command[1], command.end()
    if name in _SIGNS:
        if not silent:
            state.push("text", "", 0).content = _SIGNS[name]
        following = src[after : after + 2]
        state.pos = after + (2 if following == "{}" else 1 if following[:1] == " " and name != "xspace" else 0)
        return True
    return _read_command(state, name, after, silent)


def _read_command(state: "StateInline", name: str, after: int, silent: bool) -> bool:
    src = state.src
    while name in _REFERENCES and src[after : after + 1] == "[" and (close := src.find("]", after, after + 100)) > 0:
        after = close + 1
    if not src.startswith("{", after) and src[after : after + 1] == " ":
        after += 1
    end = _argument(src, after, state.posMax)
    if end is None:
        return False
    words = src[after + 1 : end]
    if name in _STYLED:
        if not silent:
            _read_inside(state, after + 1, end, _STYLED[name])
    elif name in _REFERENCES:
        if not silent:
            state.push("text", "", 0).content = f"[{', '.join(word.strip() for word in words.split(','))}]"
    elif name == "url" and words.startswith(("http://", "https://")):
        if not silent:
            _push_link(state, words, words)
    elif name == "href" and (label_end := _argument(src, end + 1, state.posMax)) is not None:
        if not silent:
            _push_link(state, words, src[end + 2 : label_end])
        end = label_end
    elif name == "footnote":
        if not silent:
            state.push("text", "", 0).content = " ("
            _read_inside(state, after + 1, end, "plain")
            state.push("text", "", 0).content = ")"
    elif name in ("textsuperscript", "textsubscript"):
        if not silent:
            state.push("text", "", 0).content = script("^" if name == "textsuperscript" else "_", words)
    else:
        return False
    state.pos = end + 1
    return True


def _read_accent(state: "StateInline", accent: re.Match[str], silent: bool) -> bool:
    if not silent:
        state.pending += nfc(accent["letter"] + _ACCENT_MARKS[accent["mark"]])
    state.pos = accent.end()
    return True


def _read_tie(state: "StateInline", silent: bool) -> bool:
    """LaTeX's ``~`` before a command is a space, its backticks and apostrophes are quotation marks."""
    src, start = state.src, state.pos
    if src[start] == "~" and src[start + 1 : start + 2] == "\\" and src[start + 2 : start + 3].isalpha():
        if not silent:
            state.pending += " "
        state.pos += 1
        return True
    if src[start] == "`" and (quoted := _QUOTED.match(src, start, state.posMax)):
        if not silent:
            state.pending += f"“{quoted[1]}”"
        state.pos = quoted.end()
        return True
    if src[start] == "`" and src[start - 1 : start] != "`" and (quoted := _QUOTED_ONCE.match(src, start, state.posMax)):
        if not silent:
            state.pending += f"‘{quoted[1]}’"
        state.pos = quoted.end()
        return True
    return False


def _push_link(state: "StateInline", address: str, words: str) -> None:
    state.push("link_open", "a", 1).attrs = {"href": address}
    state.push("text", "", 0).content = words
    state.push("link_close", "a", -1)


def _read_bare_link(state: "StateInline", silent: bool) -> bool:
    """A link that is written as it is, with no underscore of it taken for emphasis."""
    if state.src[state.pos] != ":" or not (match := _URL.match(state.src, state.pos, state.posMax)):
        return False
    scheme = next((word for word in ("https", "http") if state.pending.lower().endswith(word)), "")
    if not scheme:
        return False
    scheme = state.pending[-len(scheme) :]
    rest = _without_tail(match.group())
    if len(rest) <= 3:
        return False
    if not silent:
        state.pending = state.pending[: -len(scheme)]
        bare = state.linkLevel == 0
        if bare:
            state.push("link_open", "a", 1).attrs = {"href": scheme + rest}
        state.push("text", "", 0).content = scheme + rest
        if bare:
            state.push("link_close", "a", -1)
    state.pos += len(rest)
    return True


def _without_tail(url: str) -> str:
    """A link in a sentence, without the sentence's punctuation and a bracket that was opened before it."""
    for opening, closing in ("()", "[]"):
        depth = 0
        for match in re.finditer(rf"[\{opening}\{closing}]", url):
            depth += 1 if match.group() == opening else -1
            if depth < 0:
                url = url[: match.start()]
                break
    return url.rstrip(_AFTER_URL)


def _read_highlight(state: "StateInline", silent: bool) -> bool:
    """``==words==``, which Obsidian marks in yellow; Slack has no such mark, so they are bold."""
    if state.src[state.pos] != "=" or not (found := _HIGHLIGHT.match(state.src, state.pos, state.posMax)):
        return False
    before = state.src[state.pos - 1 : state.pos]
    if before == "=" or (before.isalnum() and before.isascii()):  # `a==b` is a comparison
        return False
    if not silent:
        _read_inside(state, found.start(1), found.end(1), "strong")
    state.pos = found.end()
    return True


def _read_footnote(state: "StateInline", silent: bool) -> bool:
    """``[^1]``: the number raised, where the text has that footnote (`Footnotes`); else as it stands."""
    if state.src[state.pos] != "[" or not (found := _FOOTNOTE.match(state.src, state.pos, state.posMax)):
        return False
    numbers: Mapping[str, int] = state.env.get("footnotes", {})
    number = numbers.get(found[1])
    if number is None:
        return False
    if not silent:
        state.push("text", "", 0).content = script("^", str(number))
    state.pos = found.end()
    if state.src[state.pos : state.pos + 1] == ":" and found.start() == 0:  # the footnote itself
        state.pos += 1
    return True


def _read_embed(state: "StateInline", silent: bool) -> bool:
    """``![[figure.png|300]]``: a file of the vault, which only its name can stand for."""
    if state.src[state.pos] != "!" or not (found := _EMBED.match(state.src, state.pos, state.posMax)):
        return False
    if not silent:
        name = found[1].partition("#")[0].rpartition("/")[2].strip() or found[1]
        token = state.push("image", "img", 0)
        token.attrs = {"src": found[1].strip()}
        token.content = name
    state.pos = found.end()
    return True


def _read_html(state: "StateInline", silent: bool) -> bool:
    """The HTML that people write in notes, as what it means. A tag that is not closed, or that nobody knows, is words:
    ``<mask>``, ``<s>`` and ``<pre>`` are tokens of language models.
    """
    src, start = state.src, state.pos
    if src[start] != "<":
        return False
    if comment := _HTML_COMMENT.match(src, start, min(state.posMax, start + 5_000)):
        return _hide(state, comment.end(), silent)
    tag = _HTML_TAG.match(src, start, state.posMax)
    if tag is None or tag[1] or not (name := tag[2].lower()):
        return tag is not None and _skip_block_tag(state, tag, silent)
    if name in ("br", "hr"):
        if not silent:
            state.push("softbreak", "br", 0)
    elif name == "img":
        return _push_image(state, _attributes(tag[3]), tag.end(), silent)
    elif name in _HTML_STYLES or name in ("sub", "sup", "a"):
        return _read_element(state, name, tag, silent)
    else:
        return _skip_block_tag(state, tag, silent)
    state.pos = tag.end()
    return True


def _skip_block_tag(state: "StateInline", tag: re.Match[str], silent: bool) -> bool:
    """A tag that only arranges what stands inside it shows nothing."""
    return tag[2].lower() in _HTML_NOTHING and _hide(state, tag.end(), silent)


def _hide(state: "StateInline", end: int, silent: bool) -> bool:
    if not silent:
        state.push("hidden", "", 0)
    state.pos = end
    return True


def _read_element(state: "StateInline", name: str, tag: re.Match[str], silent: bool) -> bool:
    closing = re.compile(f"</{name}\\s?>", re.IGNORECASE)
    closed = closing.search(state.src, tag.end(), min(state.posMax, tag.end() + 2_000))
    if closed is None:
        return False
    end = closed.start()
    if not silent:
        words = state.src[tag.end() : end]
        if name in ("sub", "sup"):
            state.push("text", "", 0).content = script("^" if name == "sup" else "_", words)
        elif name == "a":
            address = _attributes(tag[3]).get("href", "")
            if address.startswith(("http://", "https://")):
                state.push("link_open", "a", 1).attrs = {"href": address}
                _read_inside(state, tag.end(), end, "plain")
                state.push("link_close", "a", -1)
            else:
                _read_inside(state, tag.end(), end, "plain")
        else:
            _read_inside(state, tag.end(), end, _HTML_STYLES[name])
    state.pos = closed.end()
    return True


def _push_image(state: "StateInline", attributes: Mapping[str, str], end: int, silent: bool) -> bool:
    source = attributes.get("src", "")
    if not source:
        return False
    if not silent:
        token = state.push("image", "img", 0)
        token.attrs = {"src": source}
        token.content = attributes.get("alt", "")
    state.pos = end
    return True


def _attributes(text: str) -> dict[str, Any]:
    return {found[1].lower(): found[2] or found[3] or found[4] or "" for found in _ATTRIBUTE.finditer(text)}


def _read_emphasis(state: "StateInline", silent: bool) -> bool:
    """CommonMark's emphasis, but that a star between Latin letters is a star, and one beside Hangul may be a mark.

    CommonMark does not close ``**강조(x)**는``, because a letter follows the bracket: in Korean, particles do.
    """
    from markdown_it.rules_inline.state_inline import Delimiter

    start = state.pos
    marker = state.src[start]
    if silent or marker not in "_*":
        return False
    scanned = state.scanDelims(start, marker == "*")
    before = state.src[start - 1] if start else " "
    after = state.src[start + scanned.length] if start + scanned.length < state.posMax else " "
    can_open, can_close = scanned.can_open, scanned.can_close
    if marker == "*":
        if before.isascii() and after.isascii() and before.isalnum() and after.isalnum():
            can_open = can_close = False
        can_open = can_open or (not after.isspace() and _CJK.match(before) is not None)
        can_close = can_close or (not before.isspace() and _CJK.match(after) is not None)
    for _ in range(scanned.length):
        token = state.push("text", "", 0)
        token.content = marker
        state.delimiters.append(
            Delimiter(
                marker=ord(marker),
                length=scanned.length,
                token=len(state.tokens) - 1,
                end=-1,
                open=can_open,
                close=can_close,
            )
        )
    state.pos += scanned.length
    return True
