"""What makes two spellings the same thing: tags, titles, links, papers, entries."""

import hashlib
import re
from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit

from bot.digest.model import Entry
from bot.digest.normalize import caseless, nfc
from bot.digest.papers import paper_id

_NOTE_SUFFIX = re.compile(r"\.(?:md|markdown|txt|text)\s*$", re.IGNORECASE)
_TRACKING = re.compile(r"utm_\w+|fbclid|gclid|ref|ref_src|si", re.IGNORECASE)
_KEY_CHARS = 400  # PostgreSQL indexes at most 2,704 bytes of a key.


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
    return "".join(filter(str.isalnum, folded)) or " ".join(folded.split())


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


def paper_ids(links: Sequence[str]) -> dict[str, str]:
    """The ids of the paper that has these links, by scheme (``arxiv``), in the order of the links.

    Of two ids of one scheme neither counts: such an entry is about several papers, and is none of them.
    """
    found: dict[str, set[str]] = {}
    for link in links:
        if (paper := paper_id(link)) is not None:
            found.setdefault(scheme_of(paper), set()).add(paper)
    return {scheme: ids.pop() for scheme, ids in found.items() if len(ids) == 1}


def scheme_of(paper: str) -> str:
    """The scheme of a paper's id: ``arxiv`` of ``arxiv:2404.07965``."""
    return paper.partition(":")[0]


_GENERIC_TITLES = """
abstract acknowledgements announcement announcements appendix approach article background blog blogpost
conclusion conclusions contents contribution contributions daily digest discussion draft evaluation experiment
experiments figures home index intro introduction link links method methods misc miscellaneous model models
motivation news newpaper newmodel note notes other others overview paper papers paperoftheday papersoftheday
post preface preliminaries problem readinglist reading readme reference references relatedwork relatedworks
releasenotes release result results review setup summary thoughts title titel tldr todayspapers today todo
toread untitled untitlednote update updates weekly weeklydigest
개요 결과 결론 공지 관련연구 기타 날짜 노트 논문 논문리뷰 논문들 논문정리 데일리 뉴스 링크 메모
머리말 모음 목차 무제 방법 배경 블로그 새노트 새로운노트 서론 소개 소식 실험 업데이트 오늘의논문
요약 이론 읽을거리 잡담 정리 제목 제목없음 주간 주간논문 참고 참고문헌 초록 초안
"""
_GENERIC = frozenset(_GENERIC_TITLES.split())


def is_generic(title: str) -> bool:
    """Whether a title names no paper: ``Introduction``, ``Untitled 2``, ``요약``, signs and numbers alone."""
    letters = "".join(letter for letter in title_key(title) if not letter.isdecimal())
    return not any(letter.isalpha() for letter in letters) or letters in _GENERIC


def entry_key(entry: Entry) -> str:
    """What an entry is known by on any day: its paper's id, else its first link with its title, else its title.

    A link alone is no identity: one blog post or repository may be about several papers. A title that names no paper
    is told apart by the words below it.
    """
    if ids := paper_ids(entry.links):
        return next(iter(ids.values()))
    title = title_key(entry.title)
    if entry.links:
        return _bounded(f"{canonical_link(entry.links[0])} {title}")
    if is_generic(entry.title):
        words = "\n".join((*entry.abstract, *(paragraph.text for paragraph in entry.commentary)))
        return _bounded(f"title:{title} {_digest(words)}") if words else _bounded(f"title:{title}")
    return _bounded(f"title:{title}")


def _bounded(key: str) -> str:
    return key if len(key) <= _KEY_CHARS else f"{key[: _KEY_CHARS - 17]}~{_digest(key)}"


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()
