"""A feed's post that is one paper rather than a digest, as arXiv's own feeds and journals' have them."""

import re
from collections.abc import Sequence
from html import escape

from bot.digest.links import is_paper_link

# What arXiv writes around title and abstract: "arXiv:2404.07965v1 Announce Type: new Abstract: …", "(arXiv:… [cs.CL])".
_ANNOUNCED = re.compile(
    r"\s*(?:<p>)?\s*arXiv:\S{1,30}\s+Announce Type:\s+\S{1,30}\s*(?:<br\s?/?>)?\s*Abstract:\s*", re.IGNORECASE
)
_NUMBER = re.compile(r"[\s.]*\(arXiv:[^()]{1,60}\)\s*$", re.IGNORECASE)
_TERM = re.compile(r"[\w.-]{2,40}")


def is_paper_post(title: str, link: str) -> bool:
    """Whether a post is about the paper it links to."""
    return bool(title) and link.startswith("http") and is_paper_link(link)


def make_paper_page(title: str, link: str, authors: Sequence[str], abstract: str, terms: Sequence[str]) -> str:
    """The post as a page of one entry. ``abstract`` is HTML; ``terms`` are its categories, which become tags."""
    parts = [f'<h2><a href="{escape(link)}">{escape(_NUMBER.sub("", title))}</a></h2>']
    names = ", ".join(name.strip() for name in authors if name.strip())
    if names:
        parts.append(f"<p>({escape(names)})</p>")
    if text := _ANNOUNCED.sub("", abstract, count=1).strip():
        parts.append(f"<blockquote>{text}</blockquote>")
    if tags := " ".join(f"#{term}" for term in terms if _TERM.fullmatch(term)):
        parts.append(f"<p>{tags}</p>")
    return "\n".join(parts)
