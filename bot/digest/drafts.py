"""Which notes are held back: drafts by their front matter, and those without the property their source asks for."""

import re
from dataclasses import dataclass

from bot.digest.dates import split_name
from bot.digest.front_matter import FrontMatter, read_front_matter
from bot.digest.keys import canonical_link, title_key
from bot.digest.links import find_links
from bot.digest.papers import paper_id
from bot.errors import DigestFormatError

HEAD = 60_000  # Bytes: more than front matter may have, and the links below it.
LINKS = 20
_MARKDOWN = re.compile(r"\.(?:md|markdown)$", re.IGNORECASE)
_MARKS = (b"---", b"+++")
_DRAFT = ("draft", "isdraft", "초안")
_PUBLISHED = ("publish", "published", "dg-publish")
_STATUS = ("status", "state", "상태")
_UNFINISHED = frozenset(("draft", "drafts", "drafting", "wip", "unpublished", "초안", "작성중", "작성 중"))


@dataclass(frozen=True, slots=True)
class Draft:
    """A note that is not read yet."""

    why: str
    """The property that holds it back, as it is written: ``draft: true``; or the one that is missing."""
    titles: tuple[str, ...] = ()
    """`keys.title_key` of what it may be asked for by: its title, its name, its name without the date."""
    papers: tuple[str, ...] = ()
    """Ids of the papers it links to, or the links."""


def read_draft(name: str, data: bytes, only_when: str = "") -> Draft | None:
    """Why a file is held back; None for one that is not, and for whatever is no Markdown.

    ``only_when`` names a property that has to be yes (``publish``), or to have a value (``status: done``).
    """
    if not _MARKDOWN.search(name):
        return None
    head = data[:HEAD]
    text = head.decode("utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "ignore")
    if not only_when and text.lstrip()[:3].encode() not in _MARKS:
        return None
    try:
        front = read_front_matter(text)
    except DigestFormatError:
        return None  # its reader says what is wrong with it
    why = _why_held_back(front) or (_why_not_chosen(front, only_when) if only_when else "")
    if not why:
        return None
    _, words = split_name(name)
    titles = (front.title, *front.aliases, words, name.rpartition("/")[2].rpartition(".")[0])
    links = dict.fromkeys([*front.links, *(link.url for link in find_links(text[:5000]))])
    return Draft(
        why,
        tuple(dict.fromkeys(key for title in titles if (key := title_key(title)))),
        tuple(dict.fromkeys(paper_id(link) or canonical_link(link) for link in list(links)[:LINKS])),
    )


def _why_held_back(front: FrontMatter) -> str:
    for key in _DRAFT:
        if front.flag(key):
            return f"{key}: {front.text(key)}"
    for key in _PUBLISHED:
        if front.flag(key) is False:
            return f"{key}: {front.text(key)}"
    for key in _STATUS:
        if front.text(key).casefold() in _UNFINISHED:
            return f"{key}: {front.text(key)}"
    return ""


def _why_not_chosen(front: FrontMatter, only_when: str) -> str:
    key, _, value = (part.strip() for part in only_when.partition(":"))
    text = front.text(key)
    chosen = text.casefold() == value.casefold() if value else front.flag(key)
    if chosen:
        return ""
    return f"{key}: {text}" if text else f"no {key}: {value or 'true'}"
