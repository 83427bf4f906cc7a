"""The lines of one note, read one after the other: its head of facts, its sections, its commentary."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from bot.digest.dates import read_day
from bot.digest.facts import Fact, read_facts, read_link_line, read_row, table_facts, unmarked
from bot.digest.front_matter import read_tag_texts, read_written_day
from bot.digest.headings import (
    Heading,
    SectionKind,
    find_linked_title,
    find_title,
    read_bold_heading,
    read_heading,
    resembles,
    section_kind,
)
from bot.digest.labels import Field, label_key, names_link, read_label
from bot.digest.lines import all_names, leading_links, read_authors, read_bare_authors, read_links, read_tags
from bot.digest.links import find_links, is_paper_link, read_id, repair_link
from bot.digest.names import read_names
from bot.digest.titles import TitleLine, read_title, read_title_heading

WIKI_LINK = re.compile(r"!?\[\[([^\[\]|]+)(?:\|([^\[\]]*))?\]\]")
_FILE = re.compile(r"\.(?!md$)[A-Za-z0-9]{2,5}\s*$")
_LINKS_HEADING = re.compile(r"#{1,6}\s+links?:?", re.IGNORECASE)
_ONLY_WIKI_LINK = re.compile(r"(?:[-*+]\s+)?\[\[[^\[\]]*\]\]")
_ENGLISH = re.compile(r"<(/?)english>", re.IGNORECASE)
_CALLOUT = re.compile(r"(>[> \t]*)\[!([\w-]{1,30})[^\[\]]{0,30}\][+-]?\s*(.*)", re.DOTALL)
_CALLOUT_NAMES = ("abstract", "summary", "tldr", "초록", "요약")
_QUOTED_FACTS = (
    "info",
    "cite",
    "citation",
    "metadata",
    "meta",
    "md",
    "link",
    "links",
    "synth",
    "note",
    "paper",
    "reference",
)
_RULE = re.compile(r"(?:[-*_=]\s?){3,}")
_PICTURE = re.compile(
    r"(?:!\[[^\[\]]*\]\([^()]*\)|!\[\[[^\[\]]*\]\]|<img\b[^<>]*>|</?(?:p|div|center|figure|br)\b[^<>]*>|\s)+",
    re.IGNORECASE,
)
_UNKNOWN_LABEL = re.compile(r"(?:\*\*[^*\n]{1,40}(?:\*\*\s?[:：]|[:：]\s?\*\*)|[\w -]{1,30}::\s)")
_LIST_MARK = re.compile(r"(?:[-*+]|[0-9]{1,3}[.)])\s+")
_BRACKETED = re.compile(r"\[([^\[\]\n]{15,300})\]")
_YEAR_BEHIND = re.compile(r"\s?\((?:19|20)[0-9]{2}\)$")
DETAIL_CHARS = 100


@dataclass(slots=True)
class Draft:
    """A note half read."""

    title: str = ""
    sure_title: bool = False
    """Whether a label or the front matter gave it."""
    link_title: str = ""
    """What the link to the paper is called, for a note without another title."""
    authors: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)
    """Links to code, a video and the like that a label names."""
    day: date | None = None
    abstract: list[str] = field(default_factory=list)
    details: list[str] = field(default_factory=list)
    """Lines of the head that are no field of an entry, such as where the paper was published, and pictures."""
    commentary: list[str] = field(default_factory=list)
    english: list[bool] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)

    def begun(self) -> bool:
        """Whether the abstract or the commentary has begun, so that a bare link belongs to the commentary."""
        return bool(self.abstract or self.commentary)


class NoteReader:
    """Reads a note's lines into a draft, each line by the first rule that takes it."""

    def __init__(self, lines: Sequence[str], name: str, draft: Draft) -> None:
        """``name`` is what the file is called, which says which heading is the title."""
        self.lines = list(lines)
        self.draft = draft
        self._at = 0  # of the line after the one that is read
        self._title_line = find_title(lines, name)
        self._linked_title = None if self._title_line is None else find_linked_title(lines, self._title_line)
        self._section: SectionKind | None = None
        self._held: list[str] = []  # headings of sections that hold facts, shown only with what is no fact
        self._callout = ""
        self._quotes_facts = False  # whether the quote that is read holds facts, so that none of it is the abstract
        self._table_end = 0
        self._expected: Fact | None = None  # a label whose value stands on the lines below
        self._expected_taken = False
        self._in_links = self._in_english = False
        self._rules: tuple[Callable[[str], bool], ...] = (
            self._read_above_linked_title,
            self._read_links_section,
            self._read_tag_line,
            self._read_english_mark,
            self._read_heading,
            self._read_rule,
            self._read_expected,
            self._read_table,
            self._read_facts,
            self._read_link_line,
            self._read_author_line,
            self._read_title_line,
        )

    def read(self) -> None:
        """Read all the lines."""
        while self._at < len(self.lines):
            line = self.lines[self._at]
            if "\n" in line and self._in_head() and (parts := _list_of_facts(line)):
                self.lines[self._at : self._at + 1] = parts
                line = parts[0]
                if self._title_line is not None and self._title_line > self._at:
                    self._title_line += len(parts) - 1
            self._at += 1
            if line[0] != ">":
                self._callout, self._quotes_facts = "", False
            if not any(rule(line) for rule in self._rules):
                self._read_words(line)
        self._flush()

    def _following(self) -> str:
        return self.lines[self._at] if self._at < len(self.lines) else ""

    def _in_head(self) -> bool:
        return not self.draft.begun() or self._section == "facts"

    def _read_above_linked_title(self, line: str) -> bool:
        """The title with its link that stands below headings of a course or series, and these headings."""
        end = self._linked_title
        if end is None or self._title_line is None or not self._title_line < self._at <= end + 1:
            return False
        if self._at == end + 1 and (found := read_link_line(line)):
            draft = self.draft
            draft.link_title = found.title
            draft.links.extend(link.url for link in found.links)
            if found.beside:
                draft.details.append(found.beside)
            return True
        if (heading := read_heading(line)) is None:
            return False
        facts = read_facts(line)
        if not facts or not all(fact.value and self._take(fact) for fact in facts):
            self.draft.details.append(heading.words)
        return True

    def _read_links_section(self, line: str) -> bool:
        if line[0] == "#" and _LINKS_HEADING.fullmatch(line):
            self._in_links, self._section = True, "facts"
            return True
        if self._in_links and not _ONLY_WIKI_LINK.fullmatch(line):
            self._in_links = False
        return self._in_links

    def _read_tag_line(self, line: str) -> bool:
        tags = read_tags(line)
        self.draft.tags.extend(tags or ())
        return tags is not None

    def _read_english_mark(self, line: str) -> bool:
        mark = _ENGLISH.match(line) if line[0] == "<" else None
        if mark:
            self._in_english = not mark[1]
            rest = line[mark.end() :]
            closed = rest.lower().endswith("</english>")
            self._add(rest[: -len("</english>")].strip() if closed else rest.strip())
            self._in_english = self._in_english and not closed
        return mark is not None

    def _read_heading(self, line: str) -> bool:
        heading = read_heading(line)
        if heading is None:
            return self._read_bold_heading(line)
        if self._at - 1 == self._title_line:
            return self._take_title_heading(line, heading)
        self._flush()
        kind = section_kind(heading.words)
        field = read_label(heading.words)
        if kind == "abstract":
            self._section = "abstract"
        elif self._in_head() and field in ("authors", "title", "tags", "paper", "link", "day", "detail"):
            self._section = "facts"
            self._expect(Fact(field, line, ""))
        elif kind == "facts":
            self._section = "facts"
            self._held.append(line)
        else:
            self._section = kind or "words"
            self._add(line)
        return True

    def _read_bold_heading(self, line: str) -> bool:
        words = read_bold_heading(line)
        if words is None:
            return False
        if section_kind(words) == "abstract":
            self._section = "abstract"
            return True
        if self._section == "abstract":
            self._section = None
        return False

    def _take_title_heading(self, line: str, heading: Heading) -> bool:
        found = read_title_heading(heading.words)
        self.draft.links.extend(found.links)
        self.draft.authors = self.draft.authors or list(found.authors)
        if not self.draft.title and found.title:
            self.draft.title = found.title
        elif not resembles(found.title, self.draft.title):
            self.draft.details.append(line)
        return True

    def _read_rule(self, line: str) -> bool:
        """A rule between parts of the head, which shows nothing."""
        return (
            line[0] in "-*_=" and (self._in_head() or self._section == "abstract") and _RULE.fullmatch(line) is not None
        )

    def _read_expected(self, line: str) -> bool:
        """A value that stands below its label."""
        if (label := self._expected) is None:
            return False
        value = unmarked(line)
        if not read_facts(line) and value and self._take(Fact(label.field, label.label, value)):
            self._expected_taken = True
            return True
        self._expected = None
        if self._expected_taken:
            return False
        if self.draft.begun() or len(line) > DETAIL_CHARS:
            self._add(label.label)
            return False
        self.draft.details.append(label.label)
        return self._keep_detail(label, line)

    def _expect(self, label: Fact) -> None:
        self._expected, self._expected_taken = label, False

    def _keep_detail(self, label: Fact, line: str) -> bool:
        """Keep the value below a label that is no field of ours; whether it is one."""
        if label.field == "detail":
            self.draft.details.append(line)
        return label.field == "detail"

    def _read_table(self, line: str) -> bool:
        if line[0] != "|" or self._at <= self._table_end or not self._in_head():
            return False
        end = self._at
        while end < len(self.lines) and self.lines[end][0] == "|":
            end += 1
        self._table_end = end
        lines = [row for text in (line, *self.lines[self._at : end]) for row in text.split("\n")]
        rows = [(row, text) for text in lines if (row := read_row(text))]
        taken = [number for number, fact in table_facts([row for row, _ in rows]) if self._take(fact)]
        if not taken:
            return False
        left = [text for number, (row, text) in enumerate(rows) if number not in taken and any(row) and len(row) == 2]
        if len(taken) > 1 or len(rows) - len(taken) <= 2:
            self.draft.details.extend(
                text.strip("| ").replace("|", ":") for text in left if read_label(text.split("|")[1].strip())
            )
        self._at = end
        return True

    def _read_facts(self, line: str) -> bool:
        facts = read_facts(line)
        if not facts:
            return self._read_unknown_label(line)
        self._quotes_facts = line[0] == ">"
        early = self._in_head() or self._section is None
        left = [fact for fact in facts if not ((self._in_head() or (early and fact.sure)) and self._take(fact))]
        if not left:
            return True
        if len(left) < len(facts):
            self.draft.details.append(" · ".join(f"{fact.label}: {fact.value}" for fact in left))
            return True
        if self.draft.begun() or any(fact.field == "summary" for fact in left):
            return False
        if not any(fact.sure or len(fact.value) <= DETAIL_CHARS for fact in left):
            return False
        if line.lstrip("> "):
            self.draft.details.append(line.lstrip("> "))
        return True

    def _read_unknown_label(self, line: str) -> bool:
        """A line among the facts of the head whose label is no field of ours."""
        if self.draft.begun():
            return False
        among_facts = self._quotes_facts or (line[0] in ">-*+" and _UNKNOWN_LABEL.match(unmarked(line)) is not None)
        if not among_facts or (line[0] == ">" and _CALLOUT.match(line)) or read_link_line(line):
            return False
        if line.strip("> "):
            self.draft.details.append(line.lstrip("> "))
        return True

    def _take(self, fact: Fact) -> bool:
        """Put a fact where it belongs; False where its value is none of its field."""
        take: dict[Field, Callable[[Fact], bool]] = {
            "title": self._take_title,
            "authors": self._take_authors,
            "paper": self._take_paper,
            "link": self._take_link,
            "day": self._take_day,
            "tags": self._take_tags,
            "abstract": self._take_abstract,
        }
        taken = take[fact.field](fact) if fact.field in take and fact.value else False
        if not fact.value and fact.label and fact.field in take:
            if fact.field == "abstract":
                self._section = "abstract"
            else:
                self._expect(fact)
            taken = True
        return taken

    def _take_title(self, fact: Fact) -> bool:
        found = read_title_heading(fact.value.strip("*_`\"' "))
        if not any(letter.isalpha() for letter in found.title):
            return False
        if not self.draft.sure_title:
            if self.draft.title and not resembles(self.draft.title, found.title):
                self.draft.details.insert(0, self.draft.title)
            self.draft.title, self.draft.sure_title = found.title, True
        elif not resembles(self.draft.title, found.title):
            return False
        self.draft.links.extend(found.links)
        return True

    def _take_authors(self, fact: Fact) -> bool:
        names = read_names(fact.value)
        if not names or not all_names(names):
            return False
        self.draft.authors.extend(names)
        return True

    def _take_paper(self, fact: Fact) -> bool:
        links = tuple(find_links(fact.value))
        if not links:
            if link := read_id(fact.value, label_key(fact.label)):
                self.draft.links.append(link)
                return True
            words = fact.value.strip("*_`\"' ")
            named = label_key(fact.label) in ("paper", "논문", "论文", "論文") and " " in words
            return named and self._take_title(fact)
        self.draft.links.extend(link.url for link in links)
        if links[0].words and not names_link(links[0].words):
            self.draft.link_title = self.draft.link_title or links[0].words
        found = read_link_line(fact.value)
        beside = found.beside if found else _without_links(fact.value)
        if beside:
            self.draft.details.append(beside)
        return True

    def _take_link(self, fact: Fact) -> bool:
        links = [link.url for link in find_links(fact.value)]
        self.draft.beside.extend(links)
        return bool(links)

    def _take_day(self, fact: Fact) -> bool:
        day = read_written_day(fact.value.strip("[]*_ "))
        self.draft.day = self.draft.day or day
        return day is not None

    def _take_tags(self, fact: Fact) -> bool:
        tags = tuple(read_tag_texts(re.sub(r"[、，;；·|]|`\s*`", ",", fact.value)))
        if not tags or any(len(tag) > 60 for tag in tags):
            return False
        self.draft.tags.extend(tags)
        return True

    def _take_abstract(self, fact: Fact) -> bool:
        self.draft.abstract.append(fact.value)
        return True

    def _read_link_line(self, line: str) -> bool:
        draft = self.draft
        if not self._in_head():
            return False
        if links := read_links(line):
            draft.links.extend(links)
            return True
        if "//" in line and (link := repair_link(line)):
            draft.links.append(link)
            return True
        found = read_link_line(line) if "/" in line or "arxiv" in line.casefold() else None
        if found is None or (found.title and read_title(line)):
            return False
        if found.title:
            other = (draft.title and not resembles(found.title, draft.title)) or draft.link_title
            if other or not is_paper_link(found.links[0].url):
                return False
            draft.link_title = found.title
        draft.links.extend(link.url for link in found.links)
        if found.beside:
            draft.details.append(found.beside)
        return True

    def _read_author_line(self, line: str) -> bool:
        draft = self.draft
        if not draft.title or draft.authors or draft.begun():
            return False
        text = _YEAR_BEHIND.sub("", unmarked(line).strip("*_ "))
        authors = read_authors(line) or read_bare_authors(text, sure="et al" in text)
        draft.authors.extend(authors or ())
        return bool(authors)

    def _read_title_line(self, line: str) -> bool:
        draft = self.draft
        if draft.commentary and not (len(draft.commentary) == 1 and len(draft.commentary[0]) <= DETAIL_CHARS):
            return False
        if match := _BRACKETED.fullmatch(line):
            return self._take_bracketed(match[1].strip())
        if (draft.title and draft.authors) or not (found := read_title(line, self._following())):
            return False
        starred = line[0] in "*_" and bool(found.authors)
        if (draft.title or draft.commentary) and not starred:
            return False
        self._take_title_line(found)
        return True

    def _take_bracketed(self, words: str) -> bool:
        """Take a long title in brackets, below a heading that is only a short name for it or below none."""
        draft = self.draft
        if draft.begun() or draft.sure_title or draft.title.count(" ") > 1 or words.count(" ") < 2:
            return False
        if draft.title:
            draft.details.append(draft.title)
        draft.title = words
        return True

    def _take_title_line(self, found: TitleLine) -> None:
        draft = self.draft
        if draft.title and not resembles(draft.title, found.title):
            draft.details.append(draft.title if not draft.sure_title else found.title)
        if not draft.sure_title:
            draft.title = found.title
        draft.details.extend(draft.commentary)  # a line that went astray above the title
        draft.commentary.clear()
        draft.english.clear()
        draft.authors = list(found.authors)
        draft.links.extend(found.links)
        self._at += found.wrapped

    def _read_words(self, line: str) -> None:
        draft = self.draft
        if not draft.begun() and _PICTURE.fullmatch(line):
            draft.details.append(line)
        elif not draft.begun() and (day := read_day(line.strip("*_ "))):
            draft.day = draft.day or day
        elif line.lower().endswith("</english>"):
            self._add(line[: -len("</english>")].strip())
            self._in_english = False
        else:
            self._add(line)

    def _flush(self) -> None:
        """Drop the headings of sections of facts; keep a label whose value never came."""
        self._held.clear()
        if self._expected and not self._expected_taken:
            self.draft.details.append(self._expected.label)
        self._expected = None

    def _add(self, line: str) -> None:
        """Put a line where it belongs: a link of the paper, the abstract, the commentary."""
        draft = self.draft
        if not draft.begun() and line[:4].lower() == "http":
            links, words = leading_links(line)
            if links and (not draft.title or (len(links) == 1 and not words)):
                draft.links.extend(links)
                line = words
        if not line:
            return
        if line[0] == ">" and not draft.commentary and (callout := _CALLOUT.fullmatch(line)):
            mark, kind, words = callout.groups()
            self._callout, self._quotes_facts = kind.casefold(), False
            if not words or words.casefold() in (kind.casefold(), *_CALLOUT_NAMES) or section_kind(words) == "facts":
                return
            line = mark + words
        if self._section == "abstract" and not _PICTURE.fullmatch(line):
            if text := line.lstrip("> \t"):
                draft.abstract.append(_LIST_MARK.sub("", text, count=1) if line[0] in "-*+" else text)
            return
        if line[0] == ">" and not draft.commentary:
            if quoted := line.lstrip("> \t"):
                (draft.details if self._callout in _QUOTED_FACTS else draft.abstract).append(quoted)
            return
        draft.commentary.extend(self._held)
        draft.english.extend(False for _ in self._held)
        self._held.clear()
        draft.commentary.append(WIKI_LINK.sub(_shown_link, line) if "[[" in line else line)
        draft.english.append(self._in_english)


def _shown_link(link: re.Match[str]) -> str:
    """What stands for a link between notes; an embedded file (``![[plot.png]]``) stays, for its name to be shown."""
    is_file = link.group().startswith("!") and _FILE.search(link[1]) is not None
    return link.group() if is_file else link[2] or link[1]


def _list_of_facts(line: str) -> list[str]:
    """The lines of a list that holds facts of the paper, or that stands below a heading; none for any other list."""
    parts = [part.strip() for part in line.split("\n")]
    if not _LIST_MARK.match(parts[0]):
        return []
    if read_heading(parts[0]) or any(fact.field != "summary" for fact in read_facts(parts[0])):
        return parts
    return parts if all(read_facts(part) or read_link_line(part) for part in parts[1:]) else []


def _without_links(text: str) -> str:
    """What a value says beside its links; "" where that is only marks and names of links."""
    for link in reversed(tuple(find_links(text))):
        text = text[: link.start] + text[link.end :]
    text = text.strip(" |·,/-–—()[]（）")
    return "" if names_link(text) or not any(letter.isalnum() for letter in text) else text
