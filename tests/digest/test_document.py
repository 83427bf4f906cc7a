import json
import subprocess
import sys
import time
import unicodedata
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.digest import document
from bot.digest.document import content_hash, find_shape, parse_document
from bot.digest.model import Digest
from bot.errors import DigestFormatError

NAMES = st.sampled_from(["240412 A note.md", "2024-04-12.txt", "page.html", "2024-04-12.html", "unnamed", "x.md", ""])
PIECES = st.sampled_from(
    ["2024년 4월 12일", "2024-04-13", "A Title", "(Ada Byron, B C)", "(", ")", "#moe #llm", "#", "한국어 문단입니다.",
     "https://arxiv.org/abs/2404.07965", "*", "*A Title* (Ada Byron)", "---", "tags: [a", "<english>", "</english>",
     "# Links", "[[x]]", "[[", "```", "<h1>2024-04-12</h1>", "<h3><a href='https://a.b'>T</a></h3>", "<p>", "<p>#t</p>",
     "</div>", "<blockquote>", "<!--", "  ", "\t", "\r", "\x0b", "\u2028", "\x00", "\ufeff", "1. x", "$", "> q",
     "Title (https://a.b)", "12 Jan"]
)  # fmt: skip


def expected(samples):
    return json.loads((samples / "expected.json").read_text(encoding="utf-8"))


def rows(digest):
    return [
        {
            "day": digest.day.isoformat(),
            "title": entry.title,
            "authors": list(entry.authors),
            "links": list(entry.links),
            "abstract": list(entry.abstract),
            "commentary": [{"text": paragraph.text, "lang": paragraph.lang} for paragraph in entry.commentary],
            "tags": list(entry.tags),
        }
        for entry in digest.entries
    ]


def test_every_sample_is_read_as_the_expected_entries_beside_it_say(samples):
    wanted = expected(samples)
    found = {
        str(path.relative_to(samples)): rows(parse_document(path.name, path.read_bytes()))
        for path in samples.rglob("*.*")
        if path.suffix in (".md", ".txt", ".html")
    }
    assert found == wanted


@pytest.mark.parametrize(
    ("name", "text", "shape"),
    [
        ("a.txt", "2024-04-12\nT", "print"),
        ("240412 A.md", "https://a.b", "note"),
        ("2024-04-12.md", "# 2024-04-12\nT", "print"),
        ("a.html", "T", "page"),
        ("a.txt", "\n<!DOCTYPE html><p>", "page"),
        ("240412 A.txt", "https://a.b\n\n*T*", "note"),
        ("post", "<h3><a href='x'>T</a></h3>", "page"),
        ("240412 A.md", "<english>\nwords", "note"),
    ],
)
def test_the_shape_is_found_from_name_and_content(name, text, shape):
    assert find_shape(name, text) == shape


@pytest.mark.parametrize(
    ("name", "data", "line", "expected_words"),
    [
        pytest.param("a.txt", b"", 1, "a date line", id="nothing"),
        pytest.param("a.txt", b"\n\nA Title\n(A B)\n", 3, "a date line", id="no date"),
        pytest.param("a.txt", b"2024-04-12\n", 1, "a title", id="no entry"),
        pytest.param("a.txt", "2024-04-12\nT\n본문".encode("cp949"), 3, "UTF-8", id="another encoding"),
        pytest.param("a.txt", b"2024-04-12\nT\x00", 2, "UTF-8", id="zero byte"),
        pytest.param("a.txt", b"2024-04-12\nT\n#a\n2024-04-13\nU\n#b", 4, "one day", id="two days"),
        pytest.param("a.txt", b"2024-04-12\nT\n2024-04-13\nU\n(A B)\n#b", 3, "one day", id="two days, no tags"),
        pytest.param("240412 A.md", b" \n\n", 1, "words", id="empty note"),
        pytest.param("a.md", b"words", 1, "a date", id="note without a date"),
        pytest.param("240412.md", b"words", 1, "title", id="note without a title"),
        pytest.param("240412 A.md", b"---\ntags: [a\nb: c\n---\n", 3, "YAML", id="broken front matter"),
        pytest.param("240412 A.md", b"---\na: " + b"[" * 5000 + b"\n---\n", 1, "YAML", id="deep front matter"),
        pytest.param("a.html", b"<h1>News</h1><p>Nothing here</p>", 1, "titles linked to papers", id="no digest"),
        pytest.param("a.html", b"<h3><a href='https://a.b'>T</a></h3>", 1, "a date", id="page without a date"),
        pytest.param("a.html", b"<div>" * 600, 1, "nested", id="nested too deep"),
    ],
)
def test_what_cannot_be_read_says_where_and_what_was_expected(name, data, line, expected_words):
    with pytest.raises(DigestFormatError) as failure:
        parse_document(name, data)
    assert len(failure.value.found) <= 80
    assert expected_words in failure.value.expected
    assert failure.value.line == line


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_marks_of_encoding_and_line_ends_change_nothing(encoding, newline):
    text = newline.join(["2024년 4월 12일", "A Title  ", "", "(Ada Byron)", "본문입니다.", "#tag "])
    digest = parse_document("a.txt", text.encode(encoding))
    assert digest == parse_document("a.txt", "2024년 4월 12일\nA Title\n(Ada Byron)\n본문입니다.\n#tag\n".encode())


def test_hangul_in_letters_is_composed():
    digest = parse_document(
        "a.txt", unicodedata.normalize("NFD", "2024년 4월 12일\nÉtude\n본문입니다.\n#강화").encode()
    )
    entry = digest.entries[0]
    assert (entry.title, entry.commentary[0].text, entry.tags) == ("Étude", "본문입니다.", ("강화",))


def test_what_is_taken_for_composed_is():
    """No letter that is passed over could change, nor join the letter before it."""
    everything = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    second = {letter for one in everything for letter in unicodedata.normalize("NFD", one)[1:] if letter != one}
    passed = [one for one in everything if not document._UNSURE.search(one)]
    assert len(passed) > 30_000
    assert [one for one in passed if unicodedata.normalize("NFC", one) != one] == []
    assert [one for one in passed if unicodedata.combining(one) or one in second] == []


@pytest.mark.parametrize(
    ("name", "data"),
    [("x.txt", b"T\n#a"), ("x.md", b"*T*"), ("x.html", b"<h3><a href='https://a.b'>T</a></h3>")],
)
def test_a_source_may_know_the_day_better_than_the_text(name, data):
    assert parse_document(name, data, date(2024, 4, 12)).day == date(2024, 4, 12)


def test_the_hash_tells_contents_apart():
    assert content_hash(b"a") == content_hash(b"a") != content_hash(b"b")


def check(name, data):
    try:
        digest = parse_document(name, data)
    except DigestFormatError:
        return
    assert isinstance(digest, Digest)
    assert digest.entries
    for entry in digest.entries:
        assert entry.title.strip()
        assert "\n" not in entry.title
        assert all(link.lower().startswith("http") for link in entry.links)
        assert all(text.strip() for text in (*entry.authors, *entry.abstract, *entry.tags))
        assert all(paragraph.text.strip() for paragraph in entry.commentary)


@settings(max_examples=150)
@given(name=NAMES, data=st.binary(max_size=300))
def test_any_bytes_are_a_digest_or_one_error(name, data):
    check(name, data)


@settings(max_examples=300)
@given(
    name=NAMES,
    lines=st.lists(st.one_of(PIECES, PIECES, st.text(max_size=20)), max_size=14),
    join=st.sampled_from(["\n", "", " "]),
)
def test_any_mangled_text_is_a_digest_or_one_error(name, lines, join):
    check(name, join.join(lines).encode("utf-8", "surrogatepass"))


@settings(max_examples=100)
@given(data=st.data())
def test_samples_torn_apart_are_digests_or_one_error(data, samples):
    paths = sorted(path for path in samples.rglob("*.*") if path.suffix in (".md", ".txt", ".html"))
    path = data.draw(st.sampled_from(paths))
    raw = path.read_bytes()
    first, second = sorted((data.draw(st.integers(0, len(raw))), data.draw(st.integers(0, len(raw)))))
    torn = data.draw(st.sampled_from([raw[:first] + raw[second:], raw[first:second], raw[:second] + raw[first:]]))
    check(path.name, torn)


SLOW = {
    "txt": ["(\n", "(a,\n", "a\n(\n", "(", "a (", "a,", "#a ", "1 Jan ", "2024", "가(", "\u0301\u0316", "a\n", "(A\n"],
    "md": ["*", "*a*(", "[[a|", "[", "> ", "```\n", "<english>", "  a\n", "a:\n", "https://a ", "---\n", "*a\n",
           "%% ", "%%%%%", "a `", " #a"],
    "html": ["<div>", "<p>", "<b><p>", "<b id=1><p>x</p>", "<table>", "<a href=x>", "<", "<!--", "<svg>", "<h3>t</h3>"],
}  # fmt: skip


@pytest.mark.parametrize(("suffix", "piece"), [(suffix, piece) for suffix, some in SLOW.items() for piece in some])
def test_nothing_repeated_makes_reading_slow(suffix, piece):
    """A quarter of a megabyte in 5 s of processor time, where quadratic reading takes minutes."""
    head = "<h1>2024-04-12</h1><h3><a href='https://a.b'>t</a></h3>" if suffix == "html" else "2024-04-12\n"
    name = "240412 a.md" if suffix == "md" else f"a.{suffix}"
    data = (head * (suffix != "md") + piece * (250_000 // len(piece.encode()))).encode()
    start = time.process_time()
    check(name, data)
    assert time.process_time() - start < 5


def test_reading_a_print_loads_nothing_but_the_standard_library():
    program = (
        "import sys, bot.digest.document, bot.digest.keys, bot.digest.render, bot.digest.inline, bot.digest.page\n"
        "bot.digest.document.parse_document('240412 a.md', b'*T*')\n"
        "print([name for name in ('yaml', 'selectolax', 'markdown_it') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize("error", [KeyError("x"), RecursionError(), MemoryError(), TypeError("None"), IndexError()])
def test_whatever_a_reader_raises_is_the_documents_fault(monkeypatch, error):
    def fail(*_):
        raise error

    monkeypatch.setattr("bot.digest.note.read_front_matter", fail)
    with pytest.raises(DigestFormatError) as caught:
        parse_document("240412 A note.md", b"*T* (A B)\n")
    assert f"{type(error).__name__} in note.py:" in caught.value.found


@pytest.mark.parametrize(("bare", "is_markdown"), [(0, True), (8, True), (30, False)])
def test_a_plain_text_with_hardly_any_link_in_markdown_is_not_read_as_markdown(monkeypatch, bare, is_markdown):
    read = []
    monkeypatch.setattr("bot.digest.markdown_day.parse_markdown_days", lambda *args: read.append(args) or ())
    titles = "".join(f"Sparse Kitchens, Part {n}\n(Ada Cook)\nhttps://a.example/{n}\n#moe\n" for n in range(bare))
    text = f"2024-04-12\n{titles}Dense Kitchens\n(Bo Baker)\nSee [this](https://b.example/c).\n#moe\n"
    digest = parse_document("2024-04-12.txt", text.encode())
    assert [entry.title for entry in digest.entries][-1] == "Dense Kitchens"
    assert bool(read) is is_markdown


@pytest.mark.parametrize(
    ("name", "head", "part"),
    [
        ("240412 Kitchens.md", "https://a.example/x\n*Sparse Kitchens* (Ada Cook)\n\n", "words\n"),
        ("240412 Kitchens.md", "https://a.example/x\n*Sparse Kitchens* (Ada Cook)\n\n", "#tag{n} "),
        ("2024-04-12.txt", "2024-04-12\nSparse Kitchens\n(Ada Cook)\n", "https://a.example/x{n}\n"),
    ],
)
def test_an_entry_of_more_parts_than_anybody_writes_is_refused(name, head, part):
    def of(parts):
        return (head + "".join(part.replace("{n}", str(n)) for n in range(parts))).encode()

    assert parse_document(name, of(5_000)).entries
    with pytest.raises(DigestFormatError, match="10,000 paragraphs"):
        parse_document(name, of(10_001))
