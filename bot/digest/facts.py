"""Facts of a paper as curators label them: ``- **Authors**: …``, ``> Link:: …``, ``📄 [Paper](…)``, rows of a table."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.digest.labels import LABEL_CHARS, Field, names_link, read_label
from bot.digest.links import Link, find_links, without_images

_QUOTE_OR_ITEM = re.compile(r"(?:[>\s]|[-*+•‣◦](?=\s)|[0-9]{1,3}[.)](?=\s)|\[[ xX]\](?=\s))*")
_SYMBOLS = re.compile(r"[^\w\s*\[(<`\"'$\\|!#@.…~{+-]+\s*")
_MARK = r"(?:\*{1,3}|_{1,3}|`|</?(?:b|strong|i|em|u)>)"
_LABELLED = re.compile(
    rf"[(\[]?(?P<open>{_MARK})?\s?\[{{0,2}}(?P<label>[^\W_][^:：*`\[\]{{}}<>|=\n]{{0,{LABEL_CHARS}}}?)\]{{0,2}}\s?(?P<closed>{_MARK})?\s?"
    rf"(?P<colon>::|[:：])(?!//)\s?(?P<late>{_MARK}(?=\s|$|[\[<(]|http))?\s*(?P<value>.*)",
    re.DOTALL,
)
_BOLD_LABEL = re.compile(
    rf"(?P<mark>\*\*|__)(?P<label>[^*_:：\n]{{1,{LABEL_CHARS}}})(?P=mark)\s*(?P<colon>[-–—|=→]?)\s+(?P<value>\S.*)",
    re.DOTALL,
)
_BETWEEN_FACTS = re.compile(
    r"\s{0,3}<br\s?/?>\s{0,3}|\s{1,3}[|·•]\s{1,3}|\s{1,3}(?=\*\*[^*:：\n]{1,30}(?:\*\*\s?[:：]|[:：]\*\*))"
)
_MAY_BE_LABELLED = re.compile(r"[:：]|\*\*|__")
_INLINE = re.compile(
    r"[(\[](?P<label>[^\W\d_][\w /-]{0,30})::\s?(?P<value>(?:[^()\[\]]|\[[^\[\]]*\]\([^()]*\)|\[\[[^\[\]]*\]\])*)[)\]]"
)
_ROW = re.compile(r"\|(.+?)\|?\s*")
_CELL = re.compile(r"(?<!\\)\|")
_RULE_ROW = re.compile(r"\|?[\s:|-]+\|?")
_PARENTHESIS = re.compile(r"[(\[（【][^()\[\]（）【】]{0,60}[)\]）】]")
_WORD = re.compile(r"[^\W_]+")
_FACT_CHARS = 3_000  # the authors of the largest collaborations; a longer line is words
FACT_LINK_CHARS = 600


@dataclass(frozen=True, slots=True)
class Fact:
    """What a line says of the paper: the field that its label names, the label as written and the value."""

    field: Field
    label: str
    value: str
    sure: bool = True
    """Marked as a label (bold, ``::``, in a list or table), not only a word with a colon."""


def read_facts(line: str) -> tuple[Fact, ...]:
    """The facts of a line; none where it is anything but facts, or its label is no field of a paper."""
    if len(line) > _FACT_CHARS or not _MAY_BE_LABELLED.search(line, 0, LABEL_CHARS + 40):
        return ()
    text = unmarked(line)
    listed = text != line
    if "::" in text and text[:1] in "([" and not _INLINE.sub("", text).strip(" ,;|-"):
        found = [(read_label(match["label"]), match) for match in _INLINE.finditer(text)]
        return tuple(Fact(field, match["label"], match["value"].strip()) for field, match in found if field)
    parts = _BETWEEN_FACTS.split(text)
    if len(parts) > 1:
        facts = [fact for part in parts if (fact := _read_fact(part.strip(), listed=listed))]
        if len(facts) == len(parts) and len({fact.field for fact in facts}) > 1:
            return tuple(facts)
    fact = _read_fact(text, listed=listed)
    return (fact,) if fact else ()


def _read_fact(text: str, *, listed: bool) -> Fact | None:
    match = _LABELLED.match(text) or _BOLD_LABEL.match(text)
    if match is None:
        return None
    label = match["label"].strip()
    field = read_label(label)
    if field is None:
        return None
    marks = match.groupdict()
    if marks.get("open") and not marks["closed"] and not marks["late"] and "://" not in match["value"]:
        return None  # emphasis around all of it: a title that begins with a word and a colon
    value = match["value"].strip()
    if text[:1] in "([" and value[-1:] in ")]" and match["colon"] == "::":
        value = value[:-1].rstrip()
    sure = listed or match["colon"] == "::" or text[:1] in "*_`<["
    return Fact(field, label, value, sure)


def unmarked(line: str) -> str:
    """A line without the marks of a quote, a list item or a heading, and without a symbol in front of its words."""
    at = _QUOTE_OR_ITEM.match(line)
    text = line[at.end() :] if at else line
    if text[:1] == "#" and text.lstrip("#")[:1] in (" ", ""):
        text = text.lstrip("#").strip()
    if symbols := _SYMBOLS.match(text):
        text = text[symbols.end() :]
    return text.strip()


@dataclass(frozen=True, slots=True)
class LinkLine:
    """A line that only leads somewhere: its links in their order, and what else it says."""

    links: tuple[Link, ...]
    title: str
    """The words of the first link, where they name no kind of link: the paper's title."""
    beside: str
    """What stands in brackets behind a link, such as where the paper was published."""


def read_link_line(line: str) -> LinkLine | None:
    """The links of a line of nothing but links, their labels and asides; None for a line that says more."""
    if len(line) > FACT_LINK_CHARS:
        return None
    text = without_images(unmarked(line))
    links = tuple(find_links(text))
    if not links:
        return None
    rest, at, title = [], 0, ""
    for number, link in enumerate(links):
        rest.append(text[at : link.start])
        at = link.end
        if link.words and not names_link(link.words) and "://" not in link.words:
            if number or len(link.words) < 3:
                return None
            title = link.words
    rest.append(text[at:])
    around = " ".join(rest)
    asides = [aside.strip("()[]（）【】 ") for aside in _PARENTHESIS.findall(around)]
    left = _PARENTHESIS.sub(" ", around)
    if any(True for _ in _WORD.finditer(left)) and not names_link(left):
        return None
    beside = " · ".join(aside for aside in asides if aside and not names_link(aside) and _WORD.search(aside))
    return LinkLine(links, title, beside)


def read_row(line: str) -> tuple[str, ...] | None:
    """The cells of a table's row; () for the line below its head, None for a line that is no row."""
    if line[:1] != "|" or len(line) > _FACT_CHARS:
        return None
    if _RULE_ROW.fullmatch(line):
        return ()
    match = _ROW.fullmatch(line)
    return tuple(cell.strip() for cell in _CELL.split(match[1])) if match else None


def table_facts(rows: "list[tuple[str, ...]]") -> Iterator[tuple[int, Fact]]:
    """The facts, with their rows, of a table of labels and values in two columns or in two rows."""
    if len(rows) == 2 and len(rows[0]) == len(rows[1]) > 1 and sum(map(bool, map(_cell_label, rows[0]))) >= 2:
        for label, value in zip(rows[0], rows[1], strict=True):
            if field := _cell_label(label):
                yield 1, Fact(field, label, value)
        return
    for number, row in enumerate(rows):
        if len(row) == 2 and (field := _cell_label(row[0])):
            yield number, Fact(field, row[0], row[1])


def _cell_label(cell: str) -> Field | None:
    return read_label(unmarked(cell).strip("*_`:： "))
