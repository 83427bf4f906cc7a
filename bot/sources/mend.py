"""Faults of a feed's XML that cost no words, mended before it is parsed: what every reader of feeds shows, we read.

Text or a script before and after the document, prefixes that were not declared, comments, characters that XML does not
know, halves of emoji, names of HTML's characters, a wrong declaration of the encoding. What may have cost a post a part
is not mended: above all a feed that ends in the middle.
"""

import re
from collections.abc import Iterator
from html.entities import html5

_ROOT = re.compile(r"<!--|<((?:[\w.-]{1,40}:)?(?:rss|feed|rdf))(?=[\s>/])", re.IGNORECASE)
_SPECIAL = r"<!\[CDATA\[|<!--|<\?|</%s\s*>"
_ENCODING = re.compile(rb"""^[^<]{0,200}<\?xml[^>]{0,200}?encoding\s{0,9}=\s{0,9}["']([\w.:-]{1,40})["']""")
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE)
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NUMBERS = re.compile(r"(?:&#(?:x[0-9a-f]{1,9}|[0-9]{1,9});)+", re.IGNORECASE)
_AMPERSAND = re.compile(r"&(?!#[0-9]{1,40};|#[xX][0-9a-fA-F]{1,40};)(?:([A-Za-z][A-Za-z0-9]{1,31});)?")
_PREFIX = re.compile(r"""</?([A-Za-z_][\w.-]{0,40}):[A-Za-z_]|\s([A-Za-z_][\w.-]{0,40}):[A-Za-z_][\w.-]*\s*=\s*["']""")
_DECLARED = re.compile(r"""\sxmlns:([\w.-]{1,41})\s*=\s*["']([^"'<>]*)["']""")
_ENTITY = re.compile(r"""<!ENTITY\s{1,9}([\w.-]{1,64})\s{1,9}["']([^"'<&%]{0,200})["']\s{0,9}>""")
_XML_NAMES = frozenset({"amp", "lt", "gt", "quot", "apos"})
_WIDER = {"euc-kr": "cp949", "ks_c_5601-1987": "cp949", "gb2312": "gb18030", "iso-8859-1": "cp1252", "ascii": "cp1252"}
_NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "wfw": "http://wellformedweb.org/CommentAPI/",
    "xhtml": "http://www.w3.org/1999/xhtml",
}


def mend(body: bytes, content_type: str = "") -> bytes | None:
    """The feed in UTF-8, from its root element to that element's end; None where there is no such element.

    Raises ValueError where the element does not end: something may be missing from its last post.
    """
    text = _FORBIDDEN.sub("", _decode(body, content_type))
    root = _find_root(text)
    if root is None:
        return None
    name = root[1]
    declared = dict(_ENTITY.findall(text[: root.start()]))
    parts: list[str] = []
    prefixes: set[str] = set()
    at, closed = root.start(), False
    for start, end, is_kept, is_end in _marks(text, name, at):
        parts.append(_markup(text[at:start], declared, prefixes))
        if is_kept:
            parts.append(f"</{name}>" if is_end else _numbers(text[start:end]))
        at, closed = end, is_end
    if not closed:
        raise ValueError("the feed ends in the middle")
    document = "".join(parts)
    tag_end = document.find(">")
    opening = document[: tag_end + 1]
    return f"<{name}{_declarations(name, opening, document, prefixes)}{document[len(name) + 1 :]}".encode()


def _decode(body: bytes, content_type: str) -> str:
    """The text: in UTF-8 wherever the bytes are UTF-8, whatever is declared; else as it is declared."""
    if body[:4] in (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff"):
        return body.decode("utf-32", "replace")
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return body.decode("utf-16", "replace")
    if body[:4] in (b"<\x00?\x00", b"<\x00r\x00", b"<\x00f\x00"):
        return body.decode("utf-16-le", "replace")
    if body[:4] in (b"\x00<\x00?", b"\x00<\x00r", b"\x00<\x00f"):
        return body.decode("utf-16-be", "replace")
    written = found[1].decode("ascii") if (found := _ENCODING.match(body)) else ""
    header = _CHARSET.search(content_type)
    sent = header[1] if header else ""
    if "2022" not in written + sent:  # ISO-2022 looks like ASCII
        try:
            return body.decode("utf-8-sig")
        except UnicodeDecodeError:
            pass
    for encoding in (written, sent):
        known = _WIDER.get(encoding.lower(), encoding)
        if known.lower() in ("", "utf-8", "utf8"):
            continue
        try:
            return body.decode(known)
        except (LookupError, UnicodeError):
            continue
    try:  # an emoji as two halves of three bytes each, as some databases keep it
        halves = body.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return body.decode("utf-8-sig", "replace")
    return halves.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _find_root(text: str) -> re.Match[str] | None:
    at = 0
    while found := _ROOT.search(text, at):
        if found[1] is not None:
            return found
        close = text.find("-->", found.end())
        at = found.end() if close < 0 else close + 3
    return None


def _marks(text: str, name: str, at: int) -> Iterator[tuple[int, int, bool, bool]]:
    """CDATA, comments and instructions, up to the root's end: from, to, whether kept, whether it is that end."""
    special = re.compile(_SPECIAL % re.escape(name), re.IGNORECASE)
    while found := special.search(text, at):
        opening = found.group()
        if opening.startswith("</"):
            yield found.start(), found.end(), True, True
            return
        end = {"<!--": "-->", "<?": "?>"}.get(opening, "]]>")
        close = text.find(end, found.end())
        if close < 0:
            return
        at = close + len(end)
        yield found.start(), at, opening.startswith("<!["), False


def _markup(text: str, declared: dict[str, str], prefixes: set[str]) -> str:
    """Tags and text: their prefixes are noted, and what stands for a character is one that XML knows."""
    prefixes.update(first or second for first, second in _PREFIX.findall(text))
    if "&" not in text:
        return text

    def named(found: re.Match[str]) -> str:
        name = found[1]
        if name in _XML_NAMES:
            return found.group()
        meant = declared.get(name) or html5.get(f"{name};") if name else None
        if meant is None:
            return "&amp;" + found.group()[1:]
        return meant.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")

    return _AMPERSAND.sub(named, _numbers(text))


def _numbers(text: str) -> str:
    """The text with halves of a character joined, and no number for what is no character."""
    if "&#" not in text:
        return text
    return _NUMBERS.sub(_joined, text)


def _joined(found: re.Match[str]) -> str:
    numbers = found.group()[2:-1].split(";&#")
    said: list[str] = []
    high = 0
    for number in numbers:
        value = _value(number)
        if high and 0xDC00 <= value < 0xE000:
            said[-1] = chr(0x10000 + ((high - 0xD800) << 10) + (value - 0xDC00))
        else:
            said.append(f"&#{number};" if _is_character(value) else "\ufffd")
        high = value if 0xD800 <= value < 0xDC00 else 0
    return "".join(said)


def _is_character(value: int) -> bool:
    """Whether XML has this character."""
    if value < 0x20:
        return value in (0x9, 0xA, 0xD)
    return value < 0xD800 or 0xE000 <= value < 0xFFFE or 0x10000 <= value < 0x110000


def _value(number: str) -> int:
    return int(number[1:], 16) if number[0] in "xX" else int(number)


def _declarations(name: str, opening: str, document: str, prefixes: set[str]) -> str:
    """The namespaces that the root does not declare, as attributes."""
    here = dict(_DECLARED.findall(opening))
    anywhere = dict(_DECLARED.findall(document)) if prefixes - here.keys() else {}
    missing = sorted(prefixes - here.keys() - {"xml", "xmlns"})
    added = ""
    for prefix in missing:
        address = anywhere.get(prefix) or _NAMESPACES.get(prefix.lower(), f"urn:undeclared:{prefix}")
        added += f' xmlns:{prefix}="{address}"'
    if name.lower() == "feed" and not re.search(r"\sxmlns\s*=", opening):
        added += f' xmlns="{_NAMESPACES["atom"]}"'
    return added
