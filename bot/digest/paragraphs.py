"""What one paragraph of a Markdown note is: a line, or the lines that only mean something together."""

import re
from collections.abc import Iterator, Sequence

FORMULA_LINES = 60  # how far the end of a displayed formula is looked for
TABLE_LINES = 400

_LIST_ITEM = re.compile(r"(?:[-*+]|[0-9]{1,3}[.)])\s")
_ITEM_BEGINS = "-*+0123456789"
_TABLE_RULE = re.compile(r"\|?\s{0,8}:?-{1,40}:?\s{0,8}(?:\|\s{0,8}:?-{1,40}:?\s{0,8}){0,40}\|?")
_FORMULA_ENDS = {"$$": "$$", "\\[": "\\]"}


def join_lines(lines: Sequence[str], skip: int) -> Iterator[str]:
    """The paragraphs of a note, from its line ``skip`` on: each a line, but for what means something only as a whole.

    A wrapped (indented) line is joined to the one before it. A fenced block, a table, a displayed formula, and a list
    item with the items below it are paragraphs of several lines. Items are indented by four spaces a level.
    """
    fences = [n for n in range(skip, len(lines)) if lines[n].lstrip()[:3] in ("```", "~~~")]
    blocks = dict(zip(fences[::2], fences[1::2], strict=False))  # a last fence without its twin is a line
    pending = _Pending()
    n = skip
    while n < len(lines):
        raw, line = lines[n], lines[n].strip()
        end = blocks.get(n) if blocks else None
        if end is None and "|" in line:
            end = _end_of_table(lines, n)
        if end is None and line[:2] in _FORMULA_ENDS:
            end = _end_of_formula(lines, n)
        if end is not None:
            yield from pending.take()
            yield "\n".join(part.rstrip() for part in lines[n : end + 1]).strip()
            n = end
        elif not line:
            yield from pending.take()
        elif pending.goes_on(raw, line):
            pending.add(raw, line)
        else:
            yield from pending.take()
            pending.start(raw, line)
        n += 1
    yield from pending.take()


class _Pending:
    """A paragraph that may go on."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._indents: list[int] = []  # of the list items that the next one may stand below

    def goes_on(self, raw: str, line: str) -> bool:
        """Whether the line belongs to the paragraph: an indented line does, but for the next item of its list."""
        if not self._lines or raw[0] not in " \t":
            return False
        return not (self._indents and _LIST_ITEM.match(line) and _indent(raw) <= self._indents[0])

    def start(self, raw: str, line: str) -> None:
        self._lines = [line]
        self._indents = [_indent(raw)] if _is_item(line) else []

    def add(self, raw: str, line: str) -> None:
        """Join an indented line: a list item below the one it belongs to, any other to the line before it."""
        if not _is_item(line):
            self._lines[-1] += f" {line}"
            return
        indent = _indent(raw)
        while len(self._indents) > 1 and self._indents[-1] >= indent:
            self._indents.pop()
        self._lines.append("    " * min(len(self._indents), 7) + line)
        self._indents.append(indent)

    def take(self) -> Iterator[str]:
        """The paragraph, if there is one. Items below what is no list item are paragraphs of their own."""
        if self._lines and _is_item(self._lines[0]):
            yield "\n".join(self._lines)
        else:
            yield from (line.strip() for line in self._lines)
        self._lines = []


def _is_item(line: str) -> bool:
    return line[0] in _ITEM_BEGINS and _LIST_ITEM.match(line) is not None


def _indent(raw: str) -> int:
    return len(raw) - len(raw.lstrip()) + 3 * (len(raw) - len(raw.lstrip("\t")))


def _end_of_table(lines: Sequence[str], start: int) -> int | None:
    """The last line of the table that begins here: a row of cells, a line of dashes, more rows."""
    if "|" not in lines[start] or start + 1 >= len(lines):
        return None
    rule = lines[start + 1].strip()
    if "|" not in rule or "-" not in rule or not _TABLE_RULE.fullmatch(rule):
        return None
    end = start + 1
    while end + 1 < len(lines) and end - start < TABLE_LINES and "|" in lines[end + 1]:
        end += 1
    return end


def _end_of_formula(lines: Sequence[str], start: int) -> int | None:
    """The last line of a displayed formula that begins here and does not end here."""
    line = lines[start].strip()
    closing = _FORMULA_ENDS.get(line[:2])
    if closing is None or closing in line[2:]:
        return None
    for end in range(start + 1, min(len(lines), start + FORMULA_LINES)):
        if not lines[end].strip():
            return None
        if closing in lines[end]:
            return end
    return None
