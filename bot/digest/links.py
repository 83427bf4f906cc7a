"""Links as curators write them (Markdown, HTML, bare, an arXiv id, a DOI), and which of them lead to papers."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from bot.digest.papers import paper_id

_IMAGE = re.compile(
    r"!\[([^\[\]]{0,500})\]\([^()]{0,2000}(?:\([^()]{0,500}\)[^()]{0,500})?\)|!\[\[[^\[\]]{0,500}\]\]|<img\b[^<>]{0,2000}>",
    re.IGNORECASE,
)
_ADDRESS = r"(?:https?://|(?:www\.)?(?:arxiv\.org|doi\.org|openreview\.net|aclanthology\.org)/)(?:[^\s()<>\[\]\"|]|\([^\s()<>\[\]\"]*\))+"
_FOUND = re.compile(
    rf"\[(?P<words>[^\[\]]{{0,500}})\]\(\s?<?(?P<md>{_ADDRESS})>?(?:\s[\"'(][^()]{{0,200}}[\"')])?\s?\)"
    rf"|<a\b[^<>]{{0,300}}?\bhref\s?=\s?[\"']?(?P<html>{_ADDRESS})[^<>]{{0,300}}>(?P<shown>[^<>]{{0,300}})</a>"
    rf"|(?P<bare>(?<![A-Za-z0-9./@-]){_ADDRESS})"
    r"|(?<![A-Za-z0-9])arxiv(?:\s?(?:id|preprint|identifier))?[\s:：#]{1,3}(?:arxiv[:\s])?(?P<arxiv>[0-9]{4}\.[0-9]{4,5}(?:v[0-9]{1,2})?|[a-z-]{2,12}(?:\.[A-Z]{2})?/[0-9]{7})(?![0-9])"
    r"|(?<![A-Za-z0-9./=?&%_-])(?P<doi>10\.[0-9]{4,9}/[^\s<>\"'\[\]{}|\\^`]{1,200})",
    re.IGNORECASE,
)
_BARE_ARXIV = re.compile(
    r"(?:arxiv\s?[:：]?\s?)?([0-9]{4}\.[0-9]{4,5}(?:v[0-9]{1,2})?|[a-z-]{2,12}(?:\.[A-Z]{2})?/[0-9]{7})(?:\s?\[[\w.-]{1,12}\])?\.?",
    re.IGNORECASE,
)
_MISTYPED = re.compile(
    r"[a-z\W]{0,3}(?:h{0,2}t{1,3}p{1,2}s{0,2}|https?)\s?[:;.]{0,2}\s?/{1,3}([a-z0-9][\w.-]{2,60}/[^\s<>]{1,500})",
    re.IGNORECASE,
)
_OPENREVIEW_ID = re.compile(r"[\w-]{8,14}")
_PICTURE = re.compile(r"\.(?:png|jpe?g|gif|webp|svg|bmp|avif|heic|mp4|webm|mov)$", re.IGNORECASE)
_PICTURE_HOSTS = """
    user-images.githubusercontent.com private-user-images.githubusercontent.com img.shields.io i.imgur.com
    imgur.com miro.medium.com badge.fury.io pbs.twimg.com badgen.net
"""
# Where papers are published: each page of these hosts below one of the paths is one paper.
_PAPER_PAGES = """
    arxiv.org/ftp aclanthology.org aclweb.org/anthology proceedings.mlr.press openaccess.thecvf.com papers.nips.cc
    papers.neurips.cc proceedings.neurips.cc jmlr.org/papers jmlr.csail.mit.edu ojs.aaai.org
    aaai.org/ocs aaai.org/papers ijcai.org/proceedings dl.acm.org/doi dl.acm.org/citation ieeexplore.ieee.org
    computer.org/csdl ecva.net/papers link.springer.com nature.com/articles science.org/doi
    sciencedirect.com/science pnas.org biorxiv.org/content medrxiv.org/content isca-speech.org/archive
    isca-archive.org usenix.org/conference usenix.org/system roboticsproceedings.org semanticscholar.org/paper
    pdfs.semanticscholar.org mdpi.com frontiersin.org/articles direct.mit.edu mitpressjournals.org
    onlinelibrary.wiley.com/doi tandfonline.com/doi academic.oup.com journals.plos.org plosone.org
    ncbi.nlm.nih.gov/pmc ncbi.nlm.nih.gov/pubmed pubmed.ncbi.nlm.nih.gov pmc.ncbi.nlm.nih.gov cell.com
    distill.pub transformer-circuits.pub ssrn.com papers.ssrn.com hal.science huggingface.co/papers
    paperswithcode.com/paper bmvc-archive.org vldb.org/pvldb eprint.iacr.org
    techrxiv.org osf.io/preprints psyarxiv.com
    chemrxiv.org scholar.archive.org zenodo.org/record cdn.openai.com/papers cdn.openai.com/research
    anthropic.com/research dblp.org/rec hdl.handle.net
"""
_BESIDE_HOSTS = """
    github.com gitlab.com github.io youtube.com youtu.be twitter.com x.com medium.com towardsdatascience.com
    huggingface.co colab.research.google.com kaggle.com slideshare.net bilibili.com zhuanlan.zhihu.com
    zhihu.com reddit.com velog.io tistory.com notion.so notion.site substack.com linkedin.com speakerdeck.com
    vimeo.com wikipedia.org blog.csdn.net csdn.net qiita.com zenn.dev naver.com gist.github.com facebook.com
    t.co docs.google.com drive.google.com news.ycombinator.com scholar.google.com google.com pytorch.org
    tensorflow.org stackoverflow.com stackexchange.com connectedpapers.com slideslive.com jianshu.com
    cnblogs.com weixin.qq.com
"""
_PICTURES = frozenset(_PICTURE_HOSTS.split())
_PAGES = frozenset(_PAPER_PAGES.split())
_BESIDE = frozenset(_BESIDE_HOSTS.split())


@dataclass(frozen=True, slots=True)
class Link:
    """An address in a text, with its place there."""

    url: str
    words: str
    """What is shown for it; "" for a bare address or id."""
    start: int
    end: int


def without_images(text: str) -> str:
    """The text without its pictures; one that is itself a link leaves what it is called, so that the link stays."""
    if "![" not in text and "<img" not in text and "<IMG" not in text:
        return text
    return _IMAGE.sub(lambda match: match[1] or "", text)


def find_links(text: str) -> Iterator[Link]:
    """Every link of a text in its order, pictures left out, an arXiv id or DOI as the link to it."""
    if "/" not in text and "." not in text:
        return
    for match in _FOUND.finditer(text):
        words = ""
        if arxiv := match["arxiv"]:
            url = arxiv_link(arxiv)
        elif doi := match["doi"]:
            url = f"https://doi.org/{_without_tail(doi)}"
        else:
            written = (match["md"] or match["html"] or _without_tail(match["bare"])).rstrip("?")
            url = written if written[:4].lower() == "http" else f"https://{written}"
            words = (match["words"] or match["shown"] or "").strip("*_` ")
        if not is_picture(url):
            yield Link(url, words, match.start(), match.end())


def read_id(text: str, name: str = "") -> str | None:
    """The link to the paper whose id is all of the text; ``name`` is the label it stands behind (``arxiv``)."""
    text = text.strip("`'\"<>* ")
    if match := _BARE_ARXIV.fullmatch(text):
        return arxiv_link(match[1])
    if "openreview" in name and _OPENREVIEW_ID.fullmatch(text) and not text.islower():
        return f"https://openreview.net/forum?id={text}"
    return None


def arxiv_link(number: str) -> str:
    """The page of an arXiv id."""
    return f"https://arxiv.org/abs/{number}"


def is_picture(url: str) -> bool:
    """Whether a link leads to an image, a film or a badge."""
    host, path = _host_and_path(url)
    return _PICTURE.search(path) is not None or host in _PICTURES or (host == "github.com" and "/assets/" in path)


def is_paper_link(url: str) -> bool:
    """Whether a link leads to one paper: by its id, or by where papers are published."""
    if paper_id(url):
        return True
    host, path = _host_and_path(url)
    first = path.split("/", 3)[1:3]
    if not first or not first[0]:
        return False
    beneath = ("", f"/{first[0]}") if len(first) > 1 else ("",)
    return any(domain + start in _PAGES for domain in _domains(host) for start in beneath)


def link_rank(url: str) -> int:
    """How surely a link is the paper's own, from 0 (an id of a paper) to 4 (code, a video, a blog)."""
    if paper_id(url):
        return 0
    if is_paper_link(url):
        return 1
    host, path = _host_and_path(url)
    if path.lower().endswith(".pdf"):
        return 2
    return 4 if any(domain in _BESIDE for domain in _domains(host)) else 3


def own_first(links: Iterable[str]) -> tuple[str, ...]:
    """Each link once, the paper's own in front, the others in their order.

    A report as PDF stays behind the page that announces it: curators who write the page first mean the page.
    """
    found = list(dict.fromkeys(links))
    if len(found) > 1 and not is_paper_link(found[0]) and (own := next(filter(is_paper_link, found), None)):
        found.remove(own)
        found.insert(0, own)
    return tuple(found)


def repair_link(line: str) -> str | None:
    """The address of a line of one word that is one but for a slip of the finger at its start; None for any other.

    >>> repair_link("zhttps://arxiv.org/abs/2405.00001")
    'https://arxiv.org/abs/2405.00001'
    """
    match = _MISTYPED.fullmatch(line)
    return f"https://{match[1]}" if match and "." in match[1].partition("/")[0] else None


def _without_tail(url: str) -> str:
    """A bare address without the sentence's punctuation behind it."""
    url = url.rstrip(".,;:!?*_~'\"”’`。，、；：")
    while url.endswith(")") and url.count("(") < url.count(")"):
        url = url[:-1].rstrip(".,;:!?*_~'\"”’`")
    return url


def _domains(host: str) -> list[str]:
    """The host and what it belongs to: ``a.b.org``, ``b.org``."""
    labels = host.split(".")[-5:]
    return [".".join(labels[n:]) for n in range(len(labels) - 1)]


def _host_and_path(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
        return (parts.hostname or "").removeprefix("www."), unquote(parts.path)
    except ValueError:
        return "", ""
