"""What makes two spellings the same thing: tags, titles, links, papers, entries."""

import re
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from bot.digest.model import Entry
from bot.digest.normalize import caseless, nfc

_ARXIV_ID = re.compile(r"(?:[0-9]{4}\.[0-9]{4,5}|[a-z-]{2,20}(?:\.[a-z]{2})?/[0-9]{7})", re.IGNORECASE)
_NOTE_SUFFIX = re.compile(r"\.(?:md|markdown|txt|text)\s*$", re.IGNORECASE)
_DOI = re.compile(r"10\.[0-9]{4,9}/[^\s?#]+")
_TRACKING = re.compile(r"utm_\w+|fbclid|gclid|ref|ref_src|si", re.IGNORECASE)
_ARXIV_HOSTS = ("arxiv.org", "export.arxiv.org", "alphaxiv.org", "ar5iv.labs.arxiv.org", "ar5iv.org")
_ARXIV_KINDS = ("abs", "pdf", "html", "format", "ps", "overview", "papers")


def tag_key(tag: str) -> str:
    """What a tag compares by: without case, ``#``, ``_`` and ``-``."""
    return nfc(tag).casefold().translate({ord(mark): None for mark in "#_- "})


def note_key(name: str) -> str:
    """What a note's name compares by, with or without its folder and ``.md``: without case, composed."""
    stem = _NOTE_SUFFIX.sub("", name.rpartition("/")[2])
    return nfc(" ".join(stem.casefold().split()))


def title_key(title: str) -> str:
    """What a title compares by: its letters and digits, without case and punctuation."""
    folded = caseless(title)
    return "".join(letter for letter in folded if letter.isalnum()) or " ".join(folded.split())


def paper_id(link: str) -> str | None:
    """The paper a link leads to: ``arxiv:2404.07965`` (no version), ``doi:…``, ``openreview:…``; None for others."""
    try:
        parts = urlsplit(link.strip())
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return None
    path = unquote(parts.path)
    if host in _ARXIV_HOSTS or (host == "huggingface.co" and path.startswith("/papers/")):
        kind, _, rest = path.lstrip("/").partition("/")
        if kind in _ARXIV_KINDS and (match := _ARXIV_ID.match(rest)):
            return "arxiv:" + match.group().lower()
    if host == "openreview.net":
        return next((f"openreview:{value}" for key, value in parse_qsl(parts.query) if key == "id" and value), None)
    if match := _DOI.search(path):
        doi = re.sub(r"(?:\.(?:pdf|full|abstract)|/(?:pdf|full|meta|abstract))$", "", match.group().rstrip("/.,"))
        if found := re.fullmatch(r"10\.48550/arxiv\.(.+)", doi, re.IGNORECASE):
            return "arxiv:" + re.sub(r"v[0-9]+$", "", found[1].lower())
        return "doi:" + doi.lower()
    return None


def canonical_link(link: str) -> str:
    """One spelling of a link: https, no ``www.``, no fragment, no tracking, no closing slash."""
    link = link.strip()
    try:
        parts = urlsplit(link)
        host = (parts.hostname or "").removeprefix("www.")
        port = f":{parts.port}" if parts.port not in (None, 80, 443) else ""
        query = urlencode([(k, v) for k, v in parse_qsl(parts.query, True) if not _TRACKING.fullmatch(k)])
    except ValueError:
        return link
    if parts.scheme.lower() not in ("http", "https") or not host:
        return link
    if host in ("twitter.com", "mobile.twitter.com"):
        host = "x.com"
    return f"https://{host}{port}{parts.path.rstrip('/')}" + (f"?{query}" if query else "")


def entry_key(entry: Entry) -> str:
    """What an entry is known by within its day: the paper of its first link, else that link, else its title."""
    if entry.links:
        return paper_id(entry.links[0]) or canonical_link(entry.links[0])
    return "title:" + title_key(entry.title)
