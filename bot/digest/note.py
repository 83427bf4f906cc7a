"""One vault note (``YYMMDD Short title.md``): one entry."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

from bot.digest.bibtex import read_bibtex
from bot.digest.dates import explain_name, split_name
from bot.digest.extent import ENTRY_PARTS, check_parts
from bot.digest.facts import read_facts, read_link_line
from bot.digest.front_matter import FrontMatter, read_front_matter
from bot.digest.headings import read_heading, resembles, section_kind
from bot.digest.keys import canonical_link
from bot.digest.labels import names_link, names_paper
from bot.digest.lines import is_korean, read_languages, read_tags
from bot.digest.links import find_links, is_paper_link, link_rank, own_first, read_id, without_images
from bot.digest.model import Digest, Entry, Lang
from bot.digest.note_lines import WIKI_LINK, Draft, NoteReader
from bot.digest.papers import paper_id
from bot.digest.paragraphs import join_lines
from bot.errors import DigestFormatError, UndatedError

# What neither the vault's editor nor a site shows, but not inside code: a comment of HTML, and one between %% marks or
# from a line that begins with one to the end.
_CODE = r"```.*?(?:```|\Z)|`[^`\n]*`"
_HIDDEN = re.compile(rf"{_CODE}|(?P<hidden>%%.*?%%|^%%.*)", re.DOTALL | re.MULTILINE)
_HIDDEN_HTML = re.compile(rf"{_CODE}|(?P<hidden><!--.*?-->)", re.DOTALL)
# Marks of Hugo ({{< >}}, {{% %}}), Jekyll ({% %}, {: }) and Logseq (id::, collapsed::) that say nothing of the paper.
_SITE_MARK = re.compile(
    r"\{\{[<%][^{}\n]*[>%]\}\}|^[ \t]*\{%[^{}\n]*%\}[ \t]*$|^[ \t]*\{:[^{}\n]*\}[ \t]*$|^[ \t]*\[\[?toc\]\]?[ \t]*$"
    r"|^[ \t]*(?:[-*] )?(?:id|collapsed|heading|logseq\.[\w.-]+):: .*$",
    re.MULTILINE | re.IGNORECASE,
)
# A line that only leads about the site: [HOME](../README.md), « [Prev](a.md) | [Next](b.md) ».
_PLACE = (
    r"\[[^\w\[\]\n]{0,8}(?:(?:back|return|go)(?: to)?(?: (?:the )?(?:home|index|list|top|readme|main|contents))?"
    r"|home|index|top|prev(?:ious)?|next"
    r"|readme|main(?: page)?|table of contents|toc|홈|홈으로|목록|목록으로|처음으로|뒤로|돌아가기|이전|다음|위로"
    r"|首页|返回|返回目录|目录|上一篇|下一篇|ホーム|戻る|目次|前へ|次へ)[^\w\[\]\n]{0,8}\]\([^()\n]{0,300}\)"
)
_NAVIGATION = re.compile(
    rf"^[^\w\[\]\n!]{{0,8}}{_PLACE}(?:[^\w\[\]\n!]{{1,8}}{_PLACE}){{0,5}}[^\w\[\]\n]{{0,8}}$",
    re.MULTILINE | re.IGNORECASE,
)
_FIGURE = re.compile(r"\{\{<\s*(?:figure|image|img)\b(?P<values>[^{}\n]*)>\}\}")
_FIGURE_VALUE = re.compile(r"\b(src|link|caption|alt|title)\s?=\s?\"([^\"\n]*)\"")
_PROPERTY = re.compile(r"^[ \t]+(?=[\w-]{1,30}:: )", re.MULTILINE)  # of a Logseq block, a line of its own

_EXPORT_ID = re.compile(r"\s[0-9a-f]{32}$")  # of a page exported by Notion
_ARXIV_NAME = re.compile(r"(?:arxiv[-_ ]?)?([0-9]{4}\.[0-9]{4,5}(?:v[0-9]{1,2})?)(?![0-9])[-_ .]*", re.IGNORECASE)
_SLUG = re.compile(r"[^\s_-]+(?:[-_]+[^\s_-]+){2,}")
_GENERIC_NAME = re.compile(
    r"(?:index|_index|readme|paper|note|notes|summary|review|untitled|content|main|article)(?:[-. ][a-z]{2})?",
    re.IGNORECASE,
)
# What a sentence says that leads to another paper.
_ELSEWHERE = re.compile(
    r"\b(?:see also|related|similar|follow.?up|cf\.|compared? (?:to|with)|unlike|builds? (?:up)?on|based on|inspired by"
    r"|another)\b|비슷|유사|후속|관련|참고|비교|기반|이전|다른 논문|相关|类似|参考|関連|類似",
    re.IGNORECASE,
)
HEAD_LINES = 8  # an own link that nothing labels stands no further down


def parse_note(name: str, text: str, day: date | None = None) -> Digest:
    """Read one note. Its day is in its name (``YYMMDD``), its front matter or its head (``date:``), else ``day``.

    What front matter says comes first, then labelled facts of the head, then the lines themselves. Paragraphs after the
    title may come in any order; curators move the tags about. Where no line is a title, the file's name is.
    Raises `DigestFormatError` for a note without a day or without a title.
    """
    front = read_front_matter(text)
    named = _read_name(name)
    found = list(islice(join_lines(_shown_lines(text, front.lines), 0), ENTRY_PARTS + 1))
    check_parts(len(found))
    draft = Draft(title=front.title, sure_title=bool(front.title), links=list(front.links), tags=list(front.tags))
    NoteReader(found, named.title, draft).read()
    when = named.day or front.day or draft.day or day
    if when is None:
        raise UndatedError(
            1, "a date in the note's name (YYMMDD), its front matter or its head (date:)", explain_name(name)
        )
    if not found and not front.title:
        raise DigestFormatError(1, "a link, a title or words", "")
    _take_closing_tags(draft)
    record = read_bibtex(text) if "@" in text else FrontMatter()
    title = draft.title or draft.link_title or record.title or next(iter(front.aliases), "") or named.title
    if not title:
        raise DigestFormatError(front.lines + 1, "*Title* (authors), or a title in the note's name", found[0][:80])
    if not draft.commentary and not draft.details:
        draft.details.extend(front.summary)
    texts = [*draft.details, *draft.commentary]
    default: Lang = "ko" if is_korean(text) or not texts else "en"
    entry = Entry(
        title=title,
        authors=front.authors or tuple(draft.authors) or record.authors,
        links=_own_links(draft, front, [*record.links, named.link or ""], found, title),
        abstract=tuple(draft.abstract) or front.abstract,
        commentary=read_languages(texts, [*(False for _ in draft.details), *draft.english], default=default),
        tags=tuple(dict.fromkeys(draft.tags)),
        notes=tuple(dict.fromkeys(name for line in found if "[[" in line for name in _linked_notes(line))),
    )
    return Digest(day=when, title=when.isoformat(), entries=(entry,), shape="note")


@dataclass(frozen=True, slots=True)
class _Name:
    """What a file's name says."""

    day: date | None
    title: str
    link: str | None


def _read_name(name: str) -> _Name:
    """Day, title and arXiv id of a file's name; those of its folder where it is called ``index.md`` or the like."""
    folder = name.rpartition("/")[0]
    day, title = split_name(name)
    if folder and _GENERIC_NAME.fullmatch(title):
        folder_day, title = split_name(folder + ".md")
        day = day or folder_day
    title = _EXPORT_ID.sub("", title)
    link = None
    if match := _ARXIV_NAME.match(title):
        link = read_id(match[1])
        title = title[match.end() :].strip() or title
    if _SLUG.fullmatch(title) and (title == title.casefold() or "_" in title):
        title = re.sub(r"[-_]+", " ", title)
    return _Name(day, title.strip(), link)


def _shown_lines(text: str, skip: int) -> list[str]:
    """The lines below the front matter without what is hidden, and without marks that only build a site."""
    if skip:
        text = text.split("\n", skip)[skip] if text.count("\n") >= skip else ""
    if "%%" in text:
        text = _HIDDEN.sub(_without_hidden, text)
    if (last := text.rfind("-->")) >= 0:  # none is looked for below the last end: that would take quadratic time
        end = text.find("\n", last) + 1 or len(text)
        text = _HIDDEN_HTML.sub(_without_hidden, text[:end]) + text[end:]
    if "](" in text:
        text = _NAVIGATION.sub("", text)
    if "{" in text:
        text = _FIGURE.sub(_as_picture, text)
    if "{" in text or "::" in text or "[toc" in text.casefold():
        text = _PROPERTY.sub("", _SITE_MARK.sub("", text))
    return text.split("\n")


def _without_hidden(found: re.Match[str]) -> str:
    return "\n" * found.group().count("\n") if found["hidden"] else found.group()


def _as_picture(match: re.Match[str]) -> str:
    values = dict(_FIGURE_VALUE.findall(match["values"]))
    words = values.get("caption") or values.get("alt") or values.get("title") or ""
    return f"![{words}]({values['src']})" if values.get("src") else words


def _linked_notes(line: str) -> Iterator[str]:
    """The names in its ``[[folder/note.md#heading|shown]]``, without all but the name; a heading of its own is none."""
    for found in WIKI_LINK.finditer(line):
        name = found[1].partition("#")[0].rpartition("/")[2].rstrip("\\ ")
        if name := name.removesuffix(".md").strip():
            yield name


def _take_closing_tags(draft: Draft) -> None:
    """Tags at the end of the last paragraph (``… #normalization #resnet``) are the note's."""
    if not draft.commentary or "\n" in draft.commentary[-1]:
        return
    words = draft.commentary[-1].split(" ")
    end = len(words)
    while end > 1 and read_tags(words[end - 1]) is not None:
        end -= 1
    draft.tags.extend(tag for word in words[end:] for tag in read_tags(word) or ())
    draft.commentary[-1] = " ".join(words[:end])


def _own_links(
    draft: Draft, front: FrontMatter, last: Sequence[str], lines: Sequence[str], title: str
) -> tuple[str, ...]:
    """The note's links, the paper's own first; where its head has none, the one its text gives, or one of ``last``."""
    links = list(dict.fromkeys(draft.links))
    own = [] if links else [link for link in (_find_own(lines, title), *last) if link][:1]
    if front.links or draft.beside or own:
        first: dict[str, str] = {}
        for link in links:
            first.setdefault(paper_id(link) or link, link)
        links = list(first.values())
    return own_first([*own, *links, *draft.beside])


def _parts(text: str) -> Iterator[str]:
    """The lines of a paragraph, none of code."""
    if text[:3] not in ("```", "~~~"):
        yield from text.split("\n")


_NAME_BEFORE = re.compile(r"([A-Za-z][\w-]*)[(（]$")


def _is_cited(line: str, start: int, title: str, *, alone: bool) -> bool:
    """Whether a link stands in brackets right behind the name of another paper, or of one among several: BYOL(https://…)."""
    before = _NAME_BEFORE.search(line[max(0, start - 60) : start])
    if before is None or names_link(before[1]):
        return False
    return not alone or before[1].casefold() not in title.casefold()


def _find_own(lines: Sequence[str], title: str) -> str | None:
    """The paper's own link in a text: a labelled one, one that is called like the paper, else the only one there is."""
    labelled: list[str] = []
    called: list[str] = []
    early: list[str] = []
    papers: dict[str, str] = {}
    kind = None
    for number, line in ((number, line) for number, text in enumerate(lines) for line in _parts(text)):
        if heading := read_heading(line):
            kind = section_kind(heading.words)
        if ("/" not in line and "arxiv" not in line.casefold()) or kind == "related":
            continue
        shown = without_images(line)
        linked = list(find_links(shown))
        found = [link for link in linked if is_paper_link(link.url)]
        labelled += [link.url for link in linked if names_paper(link.words)]
        if any(fact.field == "paper" for fact in read_facts(line)):
            labelled += [link.url for link in linked]
        if not found:
            continue
        called += [link.url for link in found if not names_link(link.words) and resembles(link.words, title)]
        if not found[0].words and read_link_line(line):
            labelled.append(found[0].url)
        if _ELSEWHERE.search(shown[:500]):
            continue
        found = [link for link in found if not _is_cited(shown, link.start, title, alone=len(found) == 1)]
        if number < HEAD_LINES and found:
            early.append(found[0].url)
        papers.update({paper_id(link.url) or canonical_link(link.url): link.url for link in found})
    for links in (called, labelled):
        if links:
            return min(links, key=link_rank)
    if len(papers) == 1:
        return next(iter(papers.values()))
    return early[0] if early else None
