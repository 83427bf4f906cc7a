"""What one line is, whichever shape it stands in: a date, a link, tags, authors, a language.

Every rule looks at one line (or one file name), in time linear in its length; the shapes decide what follows from it.
"""

import re
from collections.abc import Sequence

from bot.digest.model import Lang, Paragraph

HANGUL = re.compile(r"[가-힣]")
_HANGUL_RUN = re.compile(r"[가-힣]+")
_LINK = re.compile(r"https?://[^\s<>]+", re.IGNORECASE)
_BLANKS = re.compile(r"\s+")
_TAG_LABEL = re.compile(r"(?:tags?|태그)\s?[:：]\s*", re.IGNORECASE)
_TAG = re.compile(r"[^\s#:,;!?()\[\]|·•]+")
_BETWEEN_TAGS = " \t\xa0,.;|·•、。，；"
_LATIN_WORD = re.compile(r"[A-Za-z]{2,}")


def is_korean(text: str) -> bool:
    """Whether this is Korean prose: Hangul beyond a word quoted in a long English text.

    In the real material at least one character in twelve of a Korean paragraph is Hangul, however full of English.
    """
    if text.isascii() or not HANGUL.search(text):
        return False
    head = text[:400]
    if "://" in head:
        head = _LINK.sub("", head)  # an address is of no language
    return sum(map(len, _HANGUL_RUN.findall(head))) * 25 >= len(head)


def is_link(line: str) -> bool:
    """Whether the (stripped) line is one bare link and nothing else."""
    return line[:4].lower() == "http" and _LINK.fullmatch(line) is not None


_LABEL_WORD = (
    r"(?:(?:official|project|model|github|demo)\s)?(?:arxiv|openreview|paper|pdf|abs|html|code|github|repo(?:sitory)?|project"
    r"|page|home\s?page|web\s?site|site|blog(?:\spost)?|post|demo|data(?:\s?sets?)?|models?|weights|checkpoints?"
    r"|hugging\s?face|hf|links?|url|doi|tweet|twitter|thread|video|slides|poster"
    r"|논문|코드|블로그|링크|홈페이지|프로젝트|데모|데이터셋?|모델|영상|트윗)"
)
_LABEL = rf"{_LABEL_WORD}(?:\s?(?:[&/,+]|and)\s?{_LABEL_WORD})?"
_START = (
    r"(?:https?://|(?:[a-z0-9-]{1,40}\.){1,4}(?:org|com|net|io|ai|dev|edu|gov|app|co|me|xyz|blog|kr|uk|jp|cn|fr|de)/)"
)
_LABELLED_LINK = re.compile(
    rf"(?:\*{{0,2}}{_LABEL}\s?[:：]\*{{0,2}}\s?)?(?:"
    rf"\[(https?://[^\s\[\]]++)\]\([^\s()]++\)"  # what is shown is the address, where it leads may be a tracker
    rf"|\[{_LABEL}\]\(({_START}[^\s()]++)\)"
    rf"|{_LABEL}\s?\(({_START}[^\s()]++)\)"
    rf"|<({_START}[^\s<>]++)>"
    rf"|({_START}[^\s<>\[\]]++))"
    rf"(?:\s?[(\[]{_LABEL}[)\]])?(?:\s?[,|·/;]\s?|\s|$)",
    re.IGNORECASE,
)
_LINK_LINE_CHARS = 500


def read_links(line: str) -> tuple[str, ...] | None:
    """The links of a (stripped) line of nothing but links, bare or with what they lead to; None for any other line.

    >>> read_links("Code: https://example.org/oven")
    ('https://example.org/oven',)
    """
    if is_link(line):
        return (line,)
    if "/" not in line or len(line) > _LINK_LINE_CHARS:
        return None
    links = []
    at = 2 if line[:2] in ("- ", "* ", "+ ", "• ") else 0
    while at < len(line):
        if not (match := _LABELLED_LINK.match(line, at)):
            return None
        link = next(group for group in match.groups() if group)
        links.append(link if link[:4].lower() == "http" else f"https://{link}")
        at = match.end()
    return tuple(links)


def leading_link(line: str) -> tuple[str, str] | None:
    """A link at the start of the line and the words after it, if the line starts with one."""
    if line[:4].lower() != "http" or not (match := _LINK.match(line)):
        return None
    return match.group(), line[match.end() :].strip()


def leading_links(line: str) -> tuple[list[str], str]:
    """The links one after the other at the start of the line, and the words after them."""
    links: list[str] = []
    at = 0
    while match := _LINK.match(line, at):
        links.append(match.group())
        gap = _BLANKS.match(line, match.end())
        at = gap.end() if gap else match.end()
    return links, line[at:].strip()


def read_tags(line: str) -> tuple[str, ...] | None:
    """The tags of a line of nothing but tags, as written, without ``#``; None for any other line.

    >>> read_tags("Tags: #moe, #State_Space-model")
    ('moe', 'State_Space-model')
    """
    if line[:1] not in "#＃tT태" or not line:
        return None
    if line[0] not in "#＃":
        if (label := _TAG_LABEL.match(line)) is None:
            return None
        line = line[label.end() :]
    before, *words = line.replace("＃", "#").split("#")
    tags = tuple(word.rstrip(_BETWEEN_TAGS) for word in words)
    if before or not tags or not all(_TAG.fullmatch(tag) for tag in tags):
        return None
    return tags if any(letter.isalpha() for tag in tags for letter in tag) else None  # "#1" numbers a list


def closing_group(line: str) -> int | None:
    """Where the parenthesis opens that the line's last character closes; None where there is none."""
    if line[-1:] not in (")", "）"):
        return None
    depth = 0
    for match in reversed(list(re.finditer(r"[()（）]", line))):
        depth += 1 if match.group() in ")）" else -1
        if depth == 0:
            return match.start()
    return None


def read_authors(line: str, *, sure: bool = False) -> tuple[str, ...] | None:
    """The authors of a line that is wholly ``(A, B, C)``; None for any other line, such as an aside in parentheses.

    ``sure`` means that the line before it is a title beyond doubt: then only a sentence is refused.
    """
    if line[:1] not in ("(", "（") or closing_group(line) != 0:
        return None
    inside = line[1:-1]
    names = split_authors(inside)
    if not names or _is_sentence(inside, names):
        return None
    return names if sure or all_names(names) else None


_WIDE_MARK = re.compile("[（），、；]")
_WIDE = str.maketrans("（），、；", "(),,;")
_OTHERS = re.compile(
    r"(?:^|\s|,)(?:(?:and\s|&\s?)?(?:et\.?\s?al\.?|(?:[0-9]{1,4}\s)?(?:many\s)?(?:others|more))|외(?:\s?[0-9]{1,4}\s?[명인])?|등|等|ら|他)$",
    re.IGNORECASE,
)
_AND = re.compile(r"\s(?:and|&)\s")
_TEAM = re.compile(r"\b(?:team|group|labs?|cent(?:er|re)|institute|department|universit|consortium)", re.IGNORECASE)


def split_authors(inside: str) -> tuple[str, ...]:
    """Names between commas (semicolons, where there are no commas), those inside inner parentheses left alone.

    Two names may have "and" between them; "et al." and its like are no names.
    """
    if not inside.isascii() and _WIDE_MARK.search(inside):
        inside = inside.translate(_WIDE)
    comma = ";" if "," not in inside and ";" in inside else ","
    if "(" not in inside:
        parts = inside.split(comma)
    else:
        parts, depth, start = [], 0, 0
        for match in re.finditer(rf"[(){comma}]", inside):
            mark = match.group()
            if mark == comma and depth <= 0:
                parts.append(inside[start : match.start()])
                start = match.end()
            elif mark != comma:
                depth += 1 if mark == "(" else -1
        parts.append(inside[start:])
    if "  " in inside or "\t" in inside:
        parts = [" ".join(part.split()) for part in parts]
    names = [part.strip() for part in parts]
    if (last := _OTHERS.search(names[-1])) is not None:
        names[-1] = names[-1][: last.start()]
    if "and " not in inside and "& " not in inside:
        return tuple([name for name in names if name])
    return tuple(name for part in names if part for name in _parted(part))


def _parted(part: str) -> tuple[str, ...]:
    """The names of "A B and C D"; a team of several fields ("Speech and Language Team") stays one."""
    if part.startswith(("and ", "& ")):
        part = part.partition(" ")[2].strip()
    pair = _AND.split(part) if " and " in part or " & " in part else ()
    if len(pair) > 2 and all(map(_PERSON.fullmatch, pair)):
        return tuple(pair)
    if len(pair) != 2 or "(" in part or _TEAM.search(part) or (" " in pair[0]) != (" " in pair[1]):
        return (part,)
    return tuple(pair)


# The commonest family names: they begin the names of nine Koreans in ten.
_FAMILY_NAMES = frozenset("김이박최정강조윤장임한오서신권황안송류유전홍고문양손배백허남심노곽성차주우구민진")
_KOREAN_ENDING = re.compile(r"(?:다|요|죠|지|네|만|까|군|데|음|함|고|서|며|면|은|는|을|를|도|에|의|로)[.!?…]*$")


def _is_sentence(inside: str, names: Sequence[str]) -> bool:
    if "://" in inside:
        return True
    if HANGUL.search(inside):
        return any(name.count(" ") > 3 for name in names) or (
            " " in names[-1] and _KOREAN_ENDING.search(names[-1]) is not None
        )
    return any(name.count(" ") > 11 for name in names)


def all_names(names: Sequence[str]) -> bool:
    """Whether these look like people or teams: short, capitalised, no punctuation of sentences."""
    capital = 0
    for name in names:
        if len(name) > 90 or name.count(" ") > 8 or name[-1] in "?!:=" or "=" in name:
            return False
        if HANGUL.search(name) and not _is_korean_name(name, alone=len(names) == 1):
            return False
        capital += not name[0].islower() and any(letter.isalpha() for letter in name)
    return capital * 10 >= len(names) * 6


_BY = re.compile(r"^(?:by\s|authors?\s?[:：]|저자\s?[:：])\s*", re.IGNORECASE)
_PERSON = re.compile(
    r"[^\W\d_a-z][\w.'’-]*(?:\s(?:v[ao]n|de[nrl]?|d[aiou]s?|la|le|el|al|bin|ibn|y|e|und))*(?:\s[^\W\d_a-z][\w.'’-]*){1,4}"
    r"(?:\s\([^()]{1,60}\))?"
    r"|[가-힣]{2,4}|[가-힣]{1,2} [가-힣]{1,3}"
)


def are_people(names: Sequence[str]) -> bool:
    """Whether most of these are a given and a family name, as models and teams seldom are."""
    some = names[:20]
    return sum(_PERSON.fullmatch(name) is not None for name in some) * 2 > len(some)


def read_bare_authors(line: str, *, sure: bool = False) -> tuple[str, ...] | None:
    """The authors of a line of nothing but people's names between commas; None for any other line.

    One name is enough only where the line is set apart from the words around it (``sure``).
    """
    names = split_authors(_BY.sub("", line))
    if len(names) < 2 - sure or not all(_PERSON.fullmatch(name) for name in names):
        return None
    if any(HANGUL.match(name) and name[0] not in _FAMILY_NAMES for name in names):
        return None
    return names


def _is_korean_name(name: str, *, alone: bool) -> bool:
    """Short; where it may be a word or a phrase as well, without a sentence's ending."""
    if name.count(" ") > 1 or len(name) > 20:
        return False
    surely = " " not in name and len(name) <= 4 and (not alone or name[0] in _FAMILY_NAMES)
    return surely or _KOREAN_ENDING.search(name) is None


_FOOTER = re.compile(
    r"(?:un)?subscribe\b|thanks for reading|(?:share|like|comments?)(?: this post)?$|view (?:in|this)\b|©"
    r"|구독|공유|좋아요|댓글",
    re.IGNORECASE,
)


def is_footer(line: str) -> bool:
    """Whether a line begins as a mail's or a site's own closing lines do."""
    return _FOOTER.match(line) is not None


def read_languages(texts: Sequence[str], english: Sequence[bool], *, default: Lang) -> tuple[Paragraph, ...]:
    """Commentary with each paragraph's language.

    Korean is Korean wherever it stands; ``english`` marks the paragraphs between ``<english>`` lines. Where nothing is
    marked, prose without Hangul is English. What has no language of its own (a link, a formula, a note's name) takes
    that of the paragraph before it, the first ones that of the paragraph after them.
    """
    marked = any(english)
    langs: list[Lang | None] = []
    for text, in_english in zip(texts, english, strict=True):
        if is_korean(text):
            langs.append("ko")
        elif in_english:
            langs.append("en")
        elif marked:
            langs.append("ko" if default == "ko" else None)
        else:
            langs.append("en" if _is_prose(text) else None)
    known: Lang = next((lang for lang in langs if lang), default)
    paragraphs = []
    for text, lang in zip(texts, langs, strict=True):
        known = lang or known
        paragraphs.append(Paragraph(text, known))
    return tuple(paragraphs)


def _is_prose(text: str) -> bool:
    return not text.startswith("http") and (
        len(_LATIN_WORD.findall(text[:400])) >= 8 or (text[-1:] in ".!?" and " " in text)
    )
