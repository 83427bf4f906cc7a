"""Which paper a link leads to: the ids of arXiv, DOI, OpenReview, the ACL Anthology and PMLR, on all their hosts."""

import re
from urllib.parse import parse_qsl, unquote, urlsplit

LINK_CHARS = 2000  # No paper has a longer address, and browsers take none.

_ARXIV_ID = r"(?:[0-9]{4}\.[0-9]{4,5}|[a-z-]{2,20}(?:\.[a-z]{2})?/[0-9]{7})"
_ARXIV_HOSTS = frozenset(
    {
        *("arxiv.org", "export.arxiv.org", "browse.arxiv.org", "cn.arxiv.org", "de.arxiv.org", "lanl.arxiv.org"),
        *("xxx.lanl.gov", "alphaxiv.org", "ar5iv.labs.arxiv.org", "ar5iv.org", "ar5iv.com", "arxiv-vanity.com"),
        *("huggingface.co", "hf.co", "scirate.com", "papers.cool", "emergentmind.com", "arxiv-sanity-lite.com"),
    }
)
_ARXIV_PATH = re.compile(
    r"/(?:[a-z]{2}/)?(?:abs|pdf|html|format|ps|overview|papers|paper|arxiv|src|e-print|resources)/(?:arxiv:)?"
    rf"({_ARXIV_ID})(?:v[0-9]{{1,3}})?(?![0-9])",
    re.IGNORECASE,
)
_ARXIV_NAME = re.compile(rf"arxiv:({_ARXIV_ID})(?:v[0-9]{{1,3}})?(?![0-9])", re.IGNORECASE)
_OPENREVIEW_PATHS = frozenset({"/forum", "/pdf", "/attachment", "/notes"})

_ACL_ID = r"(?:[A-Z][0-9]{2}-[0-9]{4,5}|(?:19|20)[0-9]{2}\.[a-z][\w-]{0,40}\.[0-9]{1,5})"
_ACL_HOSTS = frozenset({"aclanthology.org", "aclweb.org", "aclanthology.info", "aclanthology.coli.uni-saarland.de"})
_ACL_PATH = re.compile(
    rf"/(?:anthology/|papers?/|pdf/)*(?:[A-Z]/[A-Z][0-9]{{2}}/)?({_ACL_ID})(?:v[0-9]{{1,3}})?(?:\.(?:pdf|bib|xml))?(?:/.*)?",
    re.IGNORECASE,
)
_ACL_DOI = re.compile(rf"10\.(?:18653/v1|3115/v1)/({_ACL_ID})", re.IGNORECASE)

_PMLR_HOSTS = frozenset({"proceedings.mlr.press", "jmlr.org", "raw.githubusercontent.com"})
_PMLR_PATH = re.compile(
    r"/(?:proceedings/papers/|mlresearch/)?(v[0-9]{1,4}|r[0-9]{1,3})/(?:(?:main|gh-pages)/)?(?:assets/)?"
    r"([a-z][\w-]{1,60}[0-9]{2}[a-z]{0,3})(?:\.html|\.pdf|/.*)?",
    re.IGNORECASE,
)

_DOI = re.compile(r"10\.[0-9]{4,9}/[^\s?#]+")
_DOI_TAIL = re.compile(
    r"(?:\.(?:pdf|full|abstract|full-text|short|html?|xml|epub)|/(?:pdf|full|meta|abstract|html|epdf|fulltext))+$",
    re.IGNORECASE,
)
_ARXIV_DOI = re.compile(r"10\.48550/arxiv\.(.+)", re.IGNORECASE)
_PREPRINT_HOSTS = frozenset({"biorxiv.org", "medrxiv.org", "connect.biorxiv.org", "connect.medrxiv.org"})
_NATURE = re.compile(r"/articles/([a-z]?[a-z0-9.-]{5,40}?)(?:\.pdf|_reference\.pdf)?", re.IGNORECASE)


def paper_id(link: str) -> str | None:
    """The paper a link leads to: ``arxiv:2404.07965`` (no version), ``doi:…``, ``openreview:…``, ``acl:…``, ``pmlr:…``.

    None for every other link. An id is the same on whichever host, and a DOI that an archive gives its own papers is
    that archive's id.
    """
    if len(link) > LINK_CHARS:
        return None
    try:
        parts = urlsplit(link.strip())
        host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
    except ValueError:
        return None
    path = unquote(parts.path)
    if host in _ARXIV_HOSTS and (match := _ARXIV_PATH.match(path)):
        return "arxiv:" + match[1].lower()
    if host in ("semanticscholar.org", "api.semanticscholar.org") and (match := _ARXIV_NAME.search(path)):
        return "arxiv:" + match[1].lower()
    if host == "openreview.net" and path.rstrip("/") in _OPENREVIEW_PATHS:
        return next((f"openreview:{value}" for key, value in parse_qsl(parts.query) if key == "id" and value), None)
    if host in _ACL_HOSTS and (match := _ACL_PATH.fullmatch(path)):
        return "acl:" + match[1].lower()
    if host in _PMLR_HOSTS and (match := _PMLR_PATH.fullmatch(path)):
        return f"pmlr:{match[1]}/{match[2]}".lower()
    if host == "nature.com" and (match := _NATURE.fullmatch(path.rstrip("/"))):
        return "doi:10.1038/" + match[1].lower()
    if match := _DOI.search(path):
        return _of_doi(match.group(), has_versions=host in _PREPRINT_HOSTS)
    return next(
        (_of_doi(value) for key, value in parse_qsl(parts.query) if key == "doi" and _DOI.fullmatch(value)), None
    )


def _of_doi(written: str, *, has_versions: bool = False) -> str:
    doi = _DOI_TAIL.sub("", written.rstrip("/.,")).lower()
    if found := _ARXIV_DOI.fullmatch(doi):
        return "arxiv:" + re.sub(r"v[0-9]+$", "", found[1])
    if found := _ACL_DOI.fullmatch(doi):
        return "acl:" + found[1]
    return "doi:" + (re.sub(r"v[0-9]{1,2}$", "", doi) if has_versions else doi)
