from dataclasses import replace
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.digest.document import parse_document
from bot.digest.model import Digest, Entry, Paragraph
from bot.digest.note import parse_note
from bot.digest.page import parse_page
from bot.digest.printed import parse_print
from bot.digest.render import render_note, render_page, render_print


@settings(max_examples=40)
@given(data=st.data())
def test_a_note_we_write_is_read_back_the_same(data, an_entry):
    entry = data.draw(an_entry)
    assert parse_note("240412 Any name.md", render_note(entry)).entries == (entry,)


@settings(max_examples=40)
@given(data=st.data())
def test_a_print_we_write_is_read_back_without_the_first_links(data, a_digest):
    digest = data.draw(a_digest)
    read = parse_print("any.txt", render_print(digest))
    assert read.day == digest.day
    assert read.entries == tuple(replace(entry, links=entry.links[1:], notes=()) for entry in digest.entries)


@settings(max_examples=40)
@given(data=st.data())
def test_a_page_we_write_is_read_back_the_same(data, a_digest):
    digest = data.draw(a_digest)
    read = parse_page("any.html", render_page(digest))
    assert (read.day, read.entries) == (digest.day, tuple(replace(entry, notes=()) for entry in digest.entries))


def test_english_after_korean_stands_between_marks():
    note = render_note(
        Entry("A Title", commentary=(Paragraph("한국어 문단.", "ko"), Paragraph("English words.", "en")))
    )
    assert note == "*A Title*\n\n한국어 문단.\n\n<english>\nEnglish words.\n</english>\n"


def test_a_day_without_korean_is_printed_with_an_iso_date():
    entry = Entry("A Title", commentary=(Paragraph("Only English words.", "en"),), tags=("t",))
    digest = Digest(date(2024, 4, 12), "", (entry,), "print")
    assert render_print(digest).startswith("2024-04-12\n")
    assert parse_document("x.txt", render_print(digest).encode()).entries == (entry,)


def test_outside_text_is_escaped_on_a_page():
    entry = Entry('<b> & "quotes"', links=('https://example.com/?a="b"&c=d',), abstract=("a < b",), tags=("t",))
    html = render_page(Digest(date(2024, 4, 12), "", (entry,), "page"))
    assert "<b>" not in html
    assert parse_page("x.html", html).entries == (entry,)
