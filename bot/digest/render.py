"""A digest back into each shape, as a curator would write it; what is read back is the same."""

from collections.abc import Iterable
from html import escape
from itertools import groupby

from bot.digest.lines import is_korean
from bot.digest.model import Digest, Entry, Paragraph


def render_note(entry: Entry) -> str:
    """One entry as a vault note. The day is the file's name's affair."""
    authors = f" ({', '.join(entry.authors)})" if entry.authors else ""
    parts = ["\n".join(entry.links)] if entry.links else []
    parts.append(f"*{entry.title}*{authors}")
    if entry.abstract:
        parts.append("\n".join(f"> {paragraph}" for paragraph in entry.abstract))
    parts.extend(_marked(entry.commentary))
    if entry.tags:
        parts.append(_tag_line(entry))
    if entry.notes:
        parts.append("\n".join(["# Links", *(f"[[{name}]]" for name in entry.notes)]))
    return "\n\n".join(parts) + "\n"


def _marked(commentary: Iterable[Paragraph]) -> Iterable[str]:
    """The paragraphs, the English ones that follow Korean ones between marks."""
    paragraphs = tuple(commentary)
    bilingual = any(paragraph.lang == "ko" for paragraph in paragraphs)
    for lang, group in groupby(paragraphs, key=lambda paragraph: paragraph.lang):
        texts = [paragraph.text for paragraph in group]
        if lang == "en" and bilingual:
            texts[0] = f"<english>\n{texts[0]}"
            texts[-1] = f"{texts[-1]}\n</english>"
        yield from texts


def render_print(digest: Digest) -> str:
    """A day as plain text, without blank lines. The first link of an entry, its title's own, is lost."""
    day = digest.day
    lines = [f"{day.year}년 {day.month}월 {day.day}일" if _is_korean(digest) else day.isoformat()]
    for entry in digest.entries:
        lines.append(entry.title)
        if entry.authors:
            lines.append(f"({', '.join(entry.authors)})")
        lines.extend(entry.links[1:])
        lines.extend(entry.abstract)
        lines.extend(paragraph.text for paragraph in entry.commentary)
        if entry.tags:
            lines.append(_tag_line(entry))
    return "\n".join(lines) + "\n"


def render_page(digest: Digest) -> str:
    """A day as a page: a heading for each title, linked to the paper."""
    day = digest.day
    korean = _is_korean(digest)
    date_line = f"{day.year}년 {day.month}월 {day.day}일" if korean else day.isoformat()
    parts = [f"<h1>{date_line}</h1>"]
    for entry in digest.entries:
        title = escape(entry.title)
        linked = f'<a href="{escape(entry.links[0])}">{title}</a>' if entry.links else title
        parts.append(f"<h3>{linked}</h3>")
        if entry.authors:
            parts.append(_paragraph(f"({', '.join(entry.authors)})"))
        parts.extend(f'<p><a href="{escape(link)}">{escape(link)}</a></p>' for link in entry.links[1:])
        if entry.abstract:
            parts.append(f"<blockquote>{''.join(_paragraph(text) for text in entry.abstract)}</blockquote>")
        parts.extend(_paragraph(paragraph.text) for paragraph in entry.commentary)
        if entry.tags:
            parts.append(_paragraph(_tag_line(entry)))
    return (
        f'<!doctype html>\n<html lang="{"ko" if korean else "en"}">\n<meta charset="utf-8">\n' + "\n".join(parts) + "\n"
    )


def _paragraph(text: str) -> str:
    return f"<p>{escape(text, quote=False)}</p>"


def _tag_line(entry: Entry) -> str:
    return " ".join(f"#{tag}" for tag in entry.tags)


def _is_korean(digest: Digest) -> bool:
    """Whether the day is written in Korean; an English day's abstracts are told from its commentary by another rule."""
    paragraphs = [paragraph for entry in digest.entries for paragraph in entry.commentary]
    return not paragraphs or any(paragraph.lang == "ko" or is_korean(paragraph.text) for paragraph in paragraphs)
