"""The properties on top of a Markdown file: YAML between ``---`` lines, TOML between ``+++`` lines.

One value for everybody: the note's reader takes title, authors, links and tags, others the day or a draft's flags.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bot.digest.dates import find_day
from bot.digest.labels import Field, label_key, labels_of, read_label
from bot.digest.links import find_links, is_paper_link, link_rank, read_id
from bot.digest.names import first_name_first, pair_names, read_names
from bot.errors import DigestFormatError

# The YAML reader is slow, recursive and quadratic in nested brackets; a page of properties is a tenth of this.
FRONT_MATTER_CHARS, FRONT_MATTER_BRACKETS, FRONT_MATTER_LINES = 20_000, 500, 1_000
DEPTH = 8  # how deep lists and mappings inside each other are followed
_KEY = re.compile(
    r"(?P<key>\"[^\"\n]{1,80}\"|'[^'\n]{1,80}'|[^\s#\-\[{\"'`|>*!&%@=+][^:=\n]{0,80}?)"
    r"\s?:(?:[ \t]+(?P<value>.*)|[ \t]*$)"
)
_TOML_KEY = re.compile(r"(?P<key>[\w\"'-]{1,80})\s?=\s?(?P<value>.*)")
_ITEM = re.compile(r"\s*[-*]\s+(.*)")
_WIKI = re.compile(r"!?\[\[([^\[\]|]{1,300})(?:\|([^\[\]]{0,300}))?\]\]")
_MARKDOWN = re.compile(r"\[([^\[\]]{1,300})\]\([^()\s]{0,2000}\)")
_PLACEHOLDER = re.compile(r"\{\{.*\}\}|<%.*%>|\$\{.*\}", re.DOTALL)
_NOTHING = frozenset(("", "~", "null", "none", "nil", "n/a", "na", "-", "--", "tbd", "todo", "undefined", "unknown"))
_YES, _NO = frozenset(("true", "yes", "on", "1", "y")), frozenset(("false", "no", "off", "0", "n"))
_COMPACT_DAY = re.compile(r"(?P<y>(?:19|20)[0-9]{2})(?P<m>[0-9]{2})(?P<d>[0-9]{2})")
_PAPER_OR_TITLE = ("paper", "논문", "论文", "論文")  # the paper's link, or its title


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The properties of a file by their keys (`labels.label_key`): strings, lists and mappings of strings."""

    values: Mapping[str, Any] = field(default_factory=dict)
    lines: int = 0
    """How many lines of the file it takes, its marks counted."""

    def text(self, *keys: str) -> str:
        """The first of these properties that holds words, as one line; "" where none does."""
        if not self.values:
            return ""
        found = (words for key in keys for words in _words(self.values.get(label_key(key))))
        return next(found, "")

    def flag(self, key: str) -> bool | None:
        """A property that is yes or no; None where it is missing or anything else."""
        word = self.text(key).casefold()
        return True if word in _YES else False if word in _NO else None

    @property
    def title(self) -> str:
        """Its title, the marks of links aside; "" for none."""
        if not self.values:
            return ""
        titles = (self.text(key) for key in self._keys("title"))
        named = (words for key in _PAPER_OR_TITLE if " " in (words := self.text(key)) and not any(find_links(words)))
        return next((title for title in titles if title), "") or next(named, "")

    @property
    def aliases(self) -> tuple[str, ...]:
        """Other names of the note."""
        return tuple(_words(self.values.get("aliases", self.values.get("alias"))))

    @property
    def authors(self) -> tuple[str, ...]:
        """The authors: a list, names between commas or semicolons, or mappings that hold a name."""
        found = (tuple(_names(self.values[key])) for key in self._keys("authors"))
        return next((names for names in found if names), ())

    @property
    def links(self) -> tuple[str, ...]:
        """The paper's own link, then what belongs to it. A paper's link counts under any key where no other is."""
        if not self.values:
            return ()
        own: list[str] = []
        beside: list[str] = []
        others: list[str] = []
        for key, value in self.values.items():
            for inner, name, text in _named(key, value):
                found = [link.url for link in find_links(text)]
                if name == "paper" and not found and (link := read_id(text, inner)):
                    found = [link]
                (own if name == "paper" else beside if name == "link" else others).extend(found)
        own.sort(key=link_rank)
        if not any(map(is_paper_link, own)):
            own = [link for link in (*beside, *others) if is_paper_link(link)][:1] + own
        return tuple(dict.fromkeys([*own, *beside]))

    @property
    def day(self) -> date | None:
        """The day it was read or written on."""
        found = (read_written_day(self.text(key)) for key in self._keys("day"))
        return next((day for day in found if day), None)

    @property
    def tags(self) -> tuple[str, ...]:
        """Tags and keywords in their order, without ``#``; categories where there are none."""
        if not self.values:
            return ()
        keys = [*self._keys("tags")]
        keys = (
            keys if any(True for key in keys for _ in read_tag_texts(self.values[key])) else ["categories", "category"]
        )
        return tuple(dict.fromkeys(tag for key in keys for tag in read_tag_texts(self.values.get(key))))

    @property
    def abstract(self) -> tuple[str, ...]:
        """Its paragraphs."""
        return self._paragraphs("abstract")

    @property
    def summary(self) -> tuple[str, ...]:
        """What the curator says of the paper in a sentence or two: paragraphs."""
        return self._paragraphs("summary")

    def _paragraphs(self, name: Field) -> tuple[str, ...]:
        for key in self._keys(name):
            texts = [part for leaf in _leaves(self.values[key]) for part in leaf.split("\n\n")]
            if paragraphs := tuple(" ".join(text.split()) for text in texts if _is_said(text)):
                return paragraphs
        return ()

    def _keys(self, name: Field) -> Iterator[str]:
        """The keys there are for a field, the surest first."""
        return (key for key in (labels_of(name) if self.values else ()) if key in self.values)


NO_FRONT_MATTER = FrontMatter()


def read_front_matter(text: str) -> FrontMatter:
    """The properties on top of a text; none where it does not begin with them.

    A value that is no YAML (``title: Ovens: A Study``, ``authors: [[Ada]], [[Bo]]``) is read as the words it is.
    Raises `DigestFormatError` for a list that never ends, and for properties without measure.
    """
    head = text[:4].strip()
    if head not in ("---", "+++") and not text[:1].isspace():
        return NO_FRONT_MATTER
    lines = text[: FRONT_MATTER_CHARS * 2].split("\n", FRONT_MATTER_LINES)
    first = next((n for n, line in enumerate(lines[:20]) if line.strip()), 0)
    mark = lines[first].rstrip()
    if mark not in ("---", "+++"):
        return NO_FRONT_MATTER
    ends = ("---", "...") if mark == "---" else ("+++",)
    end = next((n for n, line in enumerate(lines[first + 1 :], first + 1) if line.rstrip() in ends), None)
    inside = lines[first + 1 : end]
    words = [line for line in inside if line.strip() and not line.lstrip().startswith("#")]
    key = _KEY if mark == "---" else _TOML_KEY
    if end is None or (words and not (key.match(words[0]) or words[0].startswith("["))):
        return FrontMatter(lines=first + 1)  # a rule on top of the note, and no properties
    if len("\n".join(inside)) > FRONT_MATTER_CHARS or _brackets(inside) > FRONT_MATTER_BRACKETS:
        expected = f"front matter of at most {FRONT_MATTER_CHARS} characters, {FRONT_MATTER_BRACKETS} lists in YAML"
        raise DigestFormatError(first + 1, expected, inside[0][:80])
    values = _read_yaml(inside, first + 1) if mark == "---" else _read_toml(inside)
    return FrontMatter({label_key(str(key)): value for key, value in _flat(values)}, end + 1)


def read_written_day(text: str) -> date | None:
    """The day a property gives: any form that a line may have, or ``20240502``."""
    text = text.strip()[:60]
    if match := _COMPACT_DAY.fullmatch(text[:8]):
        text = f"{match['y']}-{match['m']}-{match['d']}"
    return find_day(text)


def _brackets(lines: Sequence[str]) -> int:
    return sum(line.count("[") + line.count("{") for line in lines)


def _read_yaml(lines: Sequence[str], first: int) -> Mapping[str, Any]:
    import yaml  # most notes have no front matter

    source = "\n".join(lines)
    try:
        # The loader builds nothing but strings, lists and mappings.
        values = yaml.load(source, Loader=yaml.BaseLoader)  # noqa: S506
    except (yaml.YAMLError, RecursionError) as exc:
        mark = exc.problem_mark if isinstance(exc, yaml.MarkedYAMLError) else None
        broken = mark.line if mark and mark.line < len(lines) else 0
        return _read_by_lines(lines, first, first + broken + 1, lines[broken].strip()[:80])
    if not isinstance(values, dict):
        return {}
    empty = [key for key, value in values.items() if value == "" and f"{key}: #" in source]
    if empty:  # YAML takes "tags: #moe #llm" for a comment
        raw = _read_by_lines(lines, first, first, "")
        values.update({key: raw[key] for key in empty if key in raw})
    return values


def _read_by_lines(lines: Sequence[str], first: int, broken: int, found: str) -> Mapping[str, Any]:
    """The properties of what is no YAML, each on its own: words, a list in brackets, or the items below the key.

    Raises `DigestFormatError` at the line ``broken`` for a list in brackets that never ends.
    """
    values: dict[str, Any] = {}
    key, inside = "", list[str]()
    for line in [*lines, "end:"]:
        match = _KEY.match(line)
        if match is None:
            if key and line.strip():
                inside.append(line)
            continue
        if key:
            values[key] = _raw_value(inside)
            if values[key] is None:
                raise DigestFormatError(broken or first, "front matter in YAML", found)
        key, inside = match["key"].strip("\"'"), [match["value"] or ""]
    return values


def _raw_value(lines: Sequence[str]) -> Any:
    """The words or the list below a key; None for a list that never ends."""
    text = " ".join(line.strip() for line in lines).strip()
    items = [match[1].strip("\"' ") for line in lines[1:] if (match := _ITEM.match(line))]
    if items and not lines[0].strip():
        return items
    if text[:1] == "[" and text[:2] != "[[":
        if text.count("[") > text.count("]"):
            return None
        if text[-1] == "]":
            return [item.strip("\"' ") for item in text[1:-1].split(",")]
    return text.strip("\"'|> ") if text[:1] in "\"'|>" else text


def _read_toml(lines: Sequence[str]) -> Mapping[str, Any]:
    import tomllib

    try:
        return tomllib.loads("\n".join(lines))
    except (tomllib.TOMLDecodeError, RecursionError):
        found = (_TOML_KEY.fullmatch(line.strip()) for line in lines)
        return {match["key"].strip("\"'"): match["value"].strip("\"' ") for match in found if match}


def _flat(values: Mapping[str, Any], depth: int = 0) -> Iterator[tuple[str, Any]]:
    """The properties, those of tables inside (Hugo's ``params``, Zola's ``taxonomies``) before what overrides them."""
    for key, value in values.items():
        if isinstance(value, dict) and depth < DEPTH and not read_label(str(key)):
            yield from _flat(value, depth + 1)
    yield from values.items()


def _leaves(value: Any, depth: int = 0) -> Iterator[str]:
    """Every string in a value, whatever lists and mappings it stands in."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict) and depth < DEPTH:
        for inner in value.values():
            yield from _leaves(inner, depth + 1)
    elif isinstance(value, (list, tuple)) and depth < DEPTH:
        for inner in value:
            yield from _leaves(inner, depth + 1)
    elif value is not None and not isinstance(value, (dict, list, tuple)):
        yield str(value).lower() if isinstance(value, bool) else str(value)


def _is_said(text: str) -> bool:
    """Whether a property holds something, and is no placeholder that a template left."""
    return text.strip().casefold() not in _NOTHING and not _PLACEHOLDER.search(text)


def _words(value: Any) -> Iterator[str]:
    """What each string of a value says, as one line without the marks of links."""
    wiki = _wiki_list(value)
    for text in [wiki] if wiki else _leaves(value):
        if _is_said(text):
            text = _WIKI.sub(lambda match: match[2] or match[1].rpartition("/")[2], text)
            if words := " ".join(_MARKDOWN.sub(r"\1", text).split()):
                yield words


def _wiki_list(value: Any) -> str | None:
    """``[[A note]]`` without quotation marks, which YAML takes for a list in a list."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], list) and len(value[0]) == 1:
        return value[0][0] if isinstance(value[0][0], str) else None
    return None


def _names(value: Any) -> Iterator[str]:
    """The names of authors: one a list item or mapping, or several in a text."""
    if isinstance(value, dict):
        parts = {label_key(str(key)): inner for key, inner in value.items() if isinstance(inner, str)}
        last = parts.get("family") or parts.get("lastname") or parts.get("last") or ""
        first = parts.get("given") or parts.get("firstname") or parts.get("first") or ""
        name = parts.get("name") or parts.get("literal") or parts.get("author") or f"{first} {last}"
        yield from _names(name)
    elif isinstance(value, (list, tuple)):
        texts = [text for text in value if isinstance(text, str) and _is_said(text)]
        if len(texts) == len(value) > 1 and all(text.count(",") == 1 for text in texts):
            yield from first_name_first([text.strip() for text in texts])
        elif len(texts) == len(value) and not any("," in text for text in texts):
            yield from pair_names([name for text in texts for name in read_names(text)])
        else:
            for inner in value:
                yield from _names(inner)
    elif isinstance(value, str) and _is_said(value):
        yield from read_names(value)


def read_tag_texts(value: Any) -> Iterator[str]:
    """Tags of a list, of a text between commas, or between blanks where it has no comma."""
    if isinstance(value, str):
        parts = value.split(",") if "," in value else value.split("#") if "#" in value else value.split()
    else:
        parts = [part for text in _leaves(value) for part in (text.split(",") if "," in text else (text,))]
    for part in parts:
        tag = _WIKI.sub(lambda match: match[2] or match[1].rpartition("/")[2], part).strip().strip("#\"'` ")
        if _is_said(tag):
            yield " ".join(tag.split())


def _named(key: str, value: Any) -> Iterator[tuple[str, Field | None, str]]:
    """Each string of a property that may be a link, with the label nearest to it and the field that label names."""
    if isinstance(value, dict):
        kind = next(
            (inner for inner in map(value.get, ("name", "label", "title", "type", "text")) if isinstance(inner, str)),
            None,
        )
        for inner_key, inner in value.items():
            label = str(inner_key)
            nearest = kind if kind and read_label(kind) and label in ("url", "link", "href") else label
            yield from _named(label_key(nearest) if read_label(nearest) else key, inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _named(key, inner)
    elif isinstance(value, str) and _is_said(value):
        yield key, read_label(key), value
