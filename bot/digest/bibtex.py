"""The BibTeX record that a note quotes of its paper."""

import re

from bot.digest.front_matter import FrontMatter
from bot.digest.labels import label_key

RECORD_CHARS = 6_000
_RECORD = re.compile(
    r"@(?:article|inproceedings|conference|misc|proceedings|incollection|techreport|phdthesis|mastersthesis|unpublished"
    r"|online|preprint|book)\s?\{",
    re.IGNORECASE,
)
_FIELD = re.compile(r"\b(\w{2,20})\s{0,8}=\s{0,8}(?=[{\"0-9])")
_MARK = re.compile(r"[{}\"]")
_KEPT = ("title", "author", "doi", "url", "eprint", "journal", "booktitle", "archiveprefix")
_ARXIV = re.compile(r"arxiv[:\s/]{1,2}(?:abs/)?[0-9]{4}\.[0-9]{4,5}", re.IGNORECASE)


def read_bibtex(text: str) -> FrontMatter:
    """The record's title, authors and link; nothing where a text has no record, or several."""
    records = [found.start() for found in _RECORD.finditer(text)]
    if len(records) != 1:
        return FrontMatter()
    record = text[records[0] : records[0] + RECORD_CHARS]
    values = {}
    for match in _FIELD.finditer(record):
        key = match[1].casefold()
        if key in _KEPT and key not in values:
            values[key] = " ".join(_value(record, match.end()).split())
    if found := _ARXIV.search(values.pop("journal", "") + " " + values.pop("booktitle", "")):
        values.setdefault("url", found.group())
    return FrontMatter({label_key(key): value for key, value in values.items()})


def _value(record: str, at: int) -> str:
    """What stands between the braces or quotation marks at a place, without inner braces."""
    if record[at] not in '{"':
        return record[at : at + 40].partition(",")[0]
    depth, begin = (1, at + 1)
    for match in _MARK.finditer(record, begin):
        mark = match.group()
        if mark == '"':
            depth -= record[at] == '"' and depth == 1
        else:
            depth += 1 if mark == "{" else -1
        if depth == 0:
            return record[begin : match.start()].replace("{", "").replace("}", "")
    return ""
