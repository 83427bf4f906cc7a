import ast
import sys
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.digest.keys import entry_key, note_key, tag_key, title_key
from bot.digest.model import Entry
from bot.digest.normalize import caseless, nfc, nfd, nfkc
from bot.search.words import field_string, fold

BOT = Path(__file__).parents[2] / "bot"
UNSORTED = "e" + "\u0316\u0301" * 60_000  # each mark below belongs before each mark above


@pytest.mark.parametrize("normalized", [nfc, nfd, nfkc, caseless, tag_key, title_key, note_key, fold])
def test_many_combining_marks_take_linear_time(normalized):
    start = time.process_time()
    normalized(UNSORTED)
    assert time.process_time() - start < 2  # in the marks' own time it is minutes


@pytest.mark.parametrize("marks", ["\uff9e\u0301", "\u0f73\u0f71", "\u0344\u0316", "\u3099\u0327"])
def test_marks_that_are_letters_or_two_marks_in_one_are_bounded_too(marks):
    start = time.process_time()
    for normalized in (nfc, nfd, nfkc):
        normalized("a" + marks * 60_000 + "b")
    assert time.process_time() - start < 2


def test_an_entry_of_marks_is_keyed_and_indexed_in_bounded_time():
    start = time.process_time()
    entry = Entry(title=UNSORTED, tags=(UNSORTED,))
    entry_key(entry)
    field_string((entry.title, *entry.tags))
    assert time.process_time() - start < 4


def test_words_around_a_run_of_marks_are_normalized():
    assert nfc("e\u0301 " + "x" + "\u0316\u0301" * 100 + " e\u0301") == "\u00e9 x" + "\u0316\u0301" * 100 + " \u00e9"


def test_a_line_of_dashes_hides_no_accent_before_it():
    assert nfc("e\u0301" + "\u2014" * 100) == "\u00e9" + "\u2014" * 100


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_usual_text_is_as_unicode_normalizes_it(text):
    assert nfc(text) == unicodedata.normalize("NFC", text)
    assert nfkc(text) == unicodedata.normalize("NFKC", text)
    assert nfd(text) == unicodedata.normalize("NFD", text)


@given(st.lists(st.sampled_from(["e", "\u0316\u0301" * 20, "\u0301", "\u2014", "가", "\u1100\u1161", "\uff9e"])))
def test_a_normalized_text_stays_as_it_is(parts):
    for normalized in (nfc, nfkc):
        once = normalized("".join(parts))
        assert normalized(once) == once


def test_every_character_that_unicode_sorts_is_known_as_a_mark():
    from bot.digest import normalize

    for code in range(sys.maxunicode + 1):
        if unicodedata.combining(unicodedata.normalize("NFKD", chr(code))[0]):
            assert normalize._is_mark(chr(code)), hex(code)
            assert normalize._MAYBE_MARK.fullmatch(chr(code)), hex(code)


def test_no_other_module_normalizes_by_itself():
    for path in sorted(BOT.rglob("*.py")):
        nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
        names = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        imports = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module == "unicodedata"]
        names |= {alias.name for node in imports for alias in node.names}
        allowed = path == BOT / "digest" / "normalize.py"
        assert allowed or not {"normalize", "is_normalized"} & names, f"{path}: bot.digest.normalize is the bounded one"


def test_a_long_text_is_indexed_in_parts_between_its_words():
    text = "kitchen e\u0301clair 부엌에서 " * 5_000
    assert field_string([text]).split().count("kitchen") == 5_000
    assert field_string([text]).split().count("eclair") == 5_000
    assert field_string(["x" * 100_000 + " kitchen"]).split()[-1] == "kitchen"
