"""Documents and feeds that try to cost more than they should, and what they cost: `python -m tests.bench.hostile`.

For each kind: whether it is read, the seconds of a processor for a megabyte, the reading process's peak memory, and
how long another thread of the bot waited meanwhile. Sizes in megabytes and kinds may be named: ``1 "plain lines"``.
"""

import resource
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from bot.errors import DigestFormatError, SourceUnavailableError
from bot.sources import reader

NOTE, PAGE, PRINT, FEED = "240412 Hostile.md", "2024-04-12.html", "2024-04-12.txt", "feed.xml"
_NOTE = "https://arxiv.org/abs/2404.00001\n*Sparse Kitchens* (Ada Cook, Bo Baker)\n\n"
_PAGE = '<h1>2024-04-12</h1><h3><a href="https://arxiv.org/abs/2404.00001">Sparse Kitchens</a></h3><p>(Ada Cook)</p>'


def _times(text: str, size: int) -> str:
    return text * (size // len(text.encode()) + 1)


def _note(body: str, before: str = _NOTE, after: str = "\n#moe\n") -> tuple[str, Callable[[int], bytes]]:
    return NOTE, lambda size: (before + _times(body, size) + after).encode()


def _print(body: str, before: str = "2024-04-12\nSparse Kitchens\n(Ada Cook)\n") -> tuple[str, Callable[[int], bytes]]:
    return PRINT, lambda size: (before + _times(body, size) + "\n#moe\n").encode()


def _page(body: str, after: str = "") -> tuple[str, Callable[[int], bytes]]:
    return PAGE, lambda size: (_PAGE + _times(body, size) + after + "<p>#moe</p>").encode()


def _numbered(piece: str, size: int) -> str:
    return "".join(piece.format(n=n) for n in range(size // len(piece.encode()) + 1))


def _feed(body: str, before: str = "", root: str = "") -> tuple[str, Callable[[int], bytes]]:
    head = f'<?xml version="1.0"?><rss version="2.0" {root}><channel><title>T</title><item>{before}<guid>g</guid>'
    return FEED, lambda size: (head + _times(body, size) + "</item></channel></rss>").encode()


def _in_rss(body: Callable[[int], str]) -> tuple[str, Callable[[int], bytes]]:
    return FEED, lambda size: f'<rss version="2.0"><channel><title>T</title>{body(size)}</channel></rss>'.encode()


def _laugh() -> bytes:
    """Entities of entities: a billion letters in a thousand."""
    levels = "".join(
        f"<!ENTITY {name} '" + f"&{inner};" * 10 + "'>" for inner, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    head = "<!DOCTYPE rss [<!ENTITY a '" + "a" * 1000 + f"'>{levels}]>"
    return f'{head}<rss version="2.0"><channel><item><guid>g</guid><title>&i;</title></item></channel></rss>'.encode()


KINDS: dict[str, tuple[str, Callable[[int], bytes]]] = {
    "plain lines": _note("A line of words about kitchens.\n"),
    "plain lines of a print": _print("A line of words about kitchens.\n"),
    "paragraphs of a print": _print("A long line of words about kitchens and what is cooked there today.\n" * 3),
    "Korean lines of a print": _print("부엌에서 모델을 학습합니다.\n"),
    "titles of a print": _print("Sparse Kitchens: A Title\n(Ada Cook, Bo Baker)\n"),
    "titles and links of a print": _print("Sparse Kitchens: A Title\nhttps://a.example/x\n(Ada Cook, Bo Baker)\n"),
    "links of a print": _print("https://a.example/x\n"),
    "open brackets of a print": _print("(Ada Cook,\n"),
    "footers of a print": _print("Subscribe\n"),
    "tags of a print": _print("#moe\n"),
    "dates of a print": _print("2024-04-12\n"),
    "one long line": _note("word "),
    "one long word": _note("x"),
    "one long Hangul word": _note("가"),
    "blank lines": _note("\n"),
    "spaces": _note(" "),
    "tabs and lines": _note("\t\n"),
    "emphasis marks": _note("*a "),
    "stars": _note("*"),
    "underscores": _note("_a_"),
    "emphasised title": (NOTE, lambda size: ("*" + _times("a*", size) + " (A B)\n").encode()),
    "hashtags": _note("#a"),
    "hashtags apart": _note("#tag "),
    "lines of hashtags": _note("#tag\n"),
    "headings": _note("# a\n"),
    "brackets": _note("["),
    "bracket pairs": _note("[]("),
    "links": _note("[a](https://a.example/b) "),
    "open links": _note("[a](https://a.example/"),
    "pictures": _note("![a]("),
    "bare links": _note("https://a.example/b "),
    "lines of links": _note("https://a.example/b\n", before="*T* (Ada Cook)\n"),
    "links before the title": _note("https://a.example/b\n", before=""),
    "links one after the other": _note("https://a.example/b ", before=""),
    "wiki links": _note("[[a]] "),
    "open wiki links": _note("[[a"),
    "html links": _note("<a href=https://a "),
    "angle brackets": _note("<"),
    "backslashes": _note("\\"),
    "dollar signs": _note("$"),
    "formulas": _note("$a$ "),
    "open formulas": _note("$a "),
    "backticks": _note("`"),
    "fences": _note("```\n"),
    "growing backticks": (
        NOTE,
        lambda size: (_NOTE + "".join("`" * n + "a" for n in range(1, int((2 * size) ** 0.5)))).encode(),
    ),
    "nested lists": (
        NOTE,
        lambda size: (_NOTE + "".join(" " * (2 * n) + "- a\n" for n in range(1, int(size**0.5)))).encode(),
    ),
    "list items": _note("- a\n"),
    "numbered items": _note("1. a\n"),
    "nested quotes": (NOTE, lambda size: (_NOTE + ">" * size).encode()),
    "quotes": _note("> a\n"),
    "quote marks": _note("> "),
    "table rows": _note("| a | b |\n"),
    "table cells": _note("| a "),
    "callouts": _note("> [!note] a\n"),
    "comments of the editor": _note("%% a\n"),
    "open comment": _note("%%a"),
    "english": _note("<english>\na\n"),
    "indented lines": _note("    a\n"),
    "parentheses": _note("("),
    "parenthesis pairs": _note("()"),
    "names": (NOTE, lambda size: ("*T* (" + _times("Ada Cook, ", size) + "Bo Baker)\n").encode()),
    "names with and": (NOTE, lambda size: ("*T* (" + _times("Ada Cook and ", size) + "Bo Baker)\n").encode()),
    "labels": _note("Link: \n"),
    "labelled links": _note("- **Paper**: https://arxiv.org/abs/2404.00001\n"),
    "dataview": _note("a:: b\n"),
    "colons": _note(":"),
    "combining marks": _note("\u0316\u0301"),
    "marks in the title": (NOTE, lambda size: ("*T" + _times("\u0316\u0301", size) + "* (A B)\n").encode()),
    "marks in a tag": (NOTE, lambda size: (_NOTE + "#a" + _times("\u0316\u0301", size) + "\n").encode()),
    "marks in the name of an author": (
        NOTE,
        lambda size: ("*T* (Ada " + _times("\u0316\u0301", size) + ")\n").encode(),
    ),
    "zero-width characters": _note("\u200b"),
    "zero-width joiners": _note("\u200d"),
    "emoji joined": _note("\U0001f468\u200d"),
    "flags": _note("\U0001f1f0"),
    "Hangul letters": _note("\u1100\u1161"),
    "ligatures": _note("\ufdfa"),
    "right to left": _note("\u202e"),
    "surrogate-like bytes": (NOTE, lambda size: _NOTE.encode() + b"\xed\xa0\xbd" * (size // 3)),
    "line separators": _note("\u2028"),
    "form feeds": _note("\x0c"),
    "carriage returns": _note("\r"),
    "front matter": (NOTE, lambda size: ("---\n" + _numbered("k{n}: v\n", size) + "---\n" + _NOTE).encode()),
    "open front matter": (NOTE, lambda size: ("---\n" + _numbered("k{n}: v\n", size)).encode()),
    "brackets in front matter": (NOTE, lambda size: ("---\ntags: " + _times("[", size) + "\n---\n" + _NOTE).encode()),
    "aliases in front matter": (
        NOTE,
        lambda size: ("---\na: &a [x]\n" + _times("b: [*a, *a]\n", size) + "---\n" + _NOTE).encode(),
    ),
    "TOML": (NOTE, lambda size: ("+++\n" + _numbered("k{n} = 1\n", size) + "+++\n" + _NOTE).encode()),
    "days of a note": _note("## 2024-04-12\n"),
    "headings with links": _note("## [Sparse Kitchens](https://arxiv.org/abs/2404.00001)\n\nwords\n"),
    "weekly items": _note("1. [Sparse Kitchens](https://arxiv.org/abs/2404.00001) - words\n"),
    "attributes": (PAGE, lambda size: (_PAGE + "<p " + _numbered("a{n}=1 ", size) + ">x</p>").encode()),
    "one attribute again": (PAGE, lambda size: (_PAGE + "<p " + _times("a ", size) + ">x</p>").encode()),
    "a long attribute": (PAGE, lambda size: (_PAGE + '<p class="' + _times("a ", size) + '">x</p>').encode()),
    "options": _page("<option>"),
    "options in a select": (PAGE, lambda size: (_PAGE + "<select>" + _times("<option>a", size)).encode()),
    "unclosed divisions": _page("<div>"),
    "unclosed spans": _page("<span>"),
    "unclosed bold": _page("<b>"),
    "unclosed bold and paragraphs": _page("<b><p>"),
    "unclosed links": _page('<a href="https://a.example">'),
    "unclosed fonts": _page("<font color=red><p>"),
    "unclosed list items": _page("<ul><li>"),
    "unclosed custom elements": _page("<x-y>"),
    "unclosed buttons": _page("<button>"),
    "unclosed definitions": _page("<dd>"),
    "unclosed rubies": _page("<ruby><rt>"),
    "unclosed forms": _page("<form>"),
    "unclosed templates": _page("<template>"),
    "unclosed svg": _page("<svg>"),
    "unclosed maths": _page("<math><mi>"),
    "unclosed headings": _page("<h3>"),
    "closing tags": _page("</p>"),
    "closing tags of nothing": _page("</x>"),
    "tiny tags": _page("<i>a</i>"),
    "tiny paragraphs": _page("<p>a</p>"),
    "line breaks": _page("<br>"),
    "tables": _page("<table>"),
    "rows": _page("<tr><td>a"),
    "cells in a table": (PAGE, lambda size: (_PAGE + "<table><tr>" + _times("<td>a", size)).encode()),
    "text in a table": (PAGE, lambda size: (_PAGE + "<table>" + _times("a<b>", size)).encode()),
    "titles of a page": _page('<h3><a href="https://a.example/x">A</a></h3>'),
    "titles and authors of a page": _page('<p><b><a href="https://a.example/x">A</a></b> (Ada Cook)</p>'),
    "entities": _page("&amp;"),
    "unknown entities": _page("&x"),
    "numbers of characters": _page("&#x41;"),
    "html comments": _page("<!---->"),
    "open comments": _page("<!--"),
    "instructions": _page("<?m>"),
    "cdata": _page("<![CDATA["),
    "scripts": _page("<script>"),
    "less-than signs": _page("<"),
    "doctypes": _page("<!doctype html>"),
    "text of a page": _page("word "),
    "lines of preformatted text": (PAGE, lambda size: (_PAGE + "<pre>" + _times("a\n", size)).encode()),
    "frames": _page("<frameset>"),
    "elements of a feed": _feed("<category>a</category>"),
    "unknown elements of a feed": _feed("<x>a</x>"),
    "attributes of a feed": _in_rss(lambda size: "<item><x " + _numbered('a{n}="1" ', size) + "/></item>"),
    "namespaces of a feed": _in_rss(
        lambda size: "<item><x " + _numbered('xmlns:a{n}="http://a.example/{n}" ', size) + "/></item>"
    ),
    "namespaces of elements": _feed('<x xmlns="http://a.example/x">a</x>'),
    "nested elements of a feed": _feed("<x>"),
    "nested known elements of a feed": _feed("<description>"),
    "entities of a feed": _feed("&amp;"),
    "unknown entities of a feed": _feed("<description>&nbsp;&x;</description>"),
    "ampersands of a feed": _in_rss(lambda size: f"<item><description>{_times('& ', size)}</description></item>"),
    "posts": _feed("</item><item><guid>h</guid><title>a</title>"),
    "posts of which one breaks": _feed("</item><item><guid>h</guid>", before="&#99999999999;"),
    "a laugh in entities": (FEED, lambda size: _laugh()),
    "declared entities": (
        FEED,
        lambda size: ("<!DOCTYPE rss [" + _numbered('<!ENTITY e{n} "x">', size) + "]><rss/>").encode(),
    ),
    "spaces of a feed": _feed(" "),
    "less-than signs of a feed": _feed("<"),
    "text of a feed's post": _feed("<description>word </description>"),
    "an enclosure": _feed('<enclosure url="https://a.example/x" />'),
    "links of a feed": _feed("<link>https://a.example/x</link>"),
    "pictures of a feed": _feed('<media:content url="a"/>', root='xmlns:media="http://search.yahoo.com/mrss/"'),
    "base addresses": _feed('<x xml:base="https://a.example/">'),
}


def main(arguments: list[str] | None = None) -> None:
    """Print a line for each kind."""
    size, *only = arguments or ["1"]
    print(f"hostile documents of {size} MB: s/MB of a processor, peak MB, longest wait of another thread in ms")
    for kind in only or KINDS:
        name, make = KINDS[kind]
        data = make(int(float(size) * 1_000_000))
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with Waits() as waits:
            verdict, peak = _read(name, data)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        cost = seconds / len(data) * 1_000_000
        print(f"{kind:35s} {cost:6.2f} {peak:6.0f} {waits.longest * 1000:6.0f}  {verdict[:90]}", flush=True)


class Waits:
    """Measures how long a thread that wants to run every 5 ms has to wait."""

    def __enter__(self) -> "Waits":
        self.longest = 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._measure, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _measure(self) -> None:
        while not self._done.is_set():
            began = time.monotonic()
            self._done.wait(0.005)
            self.longest = max(self.longest, time.monotonic() - began - 0.005)


def _read(name: str, data: bytes) -> tuple[str, float]:
    """What becomes of the document in a reading process of its own, and that process's peak memory in megabytes."""
    try:
        if name == FEED:
            reader.read_feed(data, "")
        else:
            reader.digests_of(*reader.read_documents([reader.Text(name, data)]))
        verdict = "read"
    except (DigestFormatError, SourceUnavailableError) as exc:
        verdict = str(exc)
    peak = 0.0
    for process, _ in reader._pool._idle:
        with suppress(OSError):
            status = Path(f"/proc/{process.popen.pid}/status").read_text()
            peak = int(status.partition("VmHWM:")[2].split()[0]) / 1000
    reader._pool.end_all()
    return verdict, peak


if __name__ == "__main__":
    main(sys.argv[1:])
