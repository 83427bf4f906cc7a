"""A day's layouts: whole, in order, and within Slack's limits whatever the day holds."""

import re
from dataclasses import replace
from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.digest.model import Entry, Paragraph
from bot.messages import paper
from bot.messages.day import lay_out
from bot.messages.limits import clean, is_seen
from bot.messages.words import Words

LAYOUTS = ("papers", "list", "brief")


def said(content) -> str:
    """The text of a message as it reads."""
    text = re.sub(r"<https?://[^|>]+\|([^>]*)>", r"\1", content.text).replace("\u200b", "")
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def squeezed(text: str) -> str:
    return "".join(filter(is_seen, clean(text)))


@settings(max_examples=80)
@given(st.data(), st.sampled_from(LAYOUTS), st.sampled_from(["en", "ko"]))
def test_any_digest_lays_out_within_slacks_limits(any_digest, check, data, layout, lang):
    digest = data.draw(any_digest)
    messages = lay_out(digest, digest.entries, layout, Words(lang))
    for message in messages:
        check(message.content)
    names = [(message.entry_key, message.part) for message in messages]
    assert len(names) == len(set(names))
    for place, message in enumerate(messages):
        assert message.parent is None or message.parent in names[:place], "a parent is sent before its replies"


@settings(max_examples=40)
@given(st.data(), st.sampled_from(["papers", "list"]))
def test_the_parts_of_a_thread_give_all_the_paragraphs_back(stored, any_text, rich_leaves, data, layout):
    """Both in the blocks and in the text: all that is left of them once their Markdown is read."""
    paragraphs = [clean(text).replace("\u200b", "") for text in data.draw(st.lists(any_text, min_size=1, max_size=5))]
    digest = stored(Entry("T", abstract=tuple(paragraphs)))
    messages = lay_out(digest, digest.entries, layout, Words("en"), 0)  # however many parts there are
    chunks = [chunk for passage in paper.abstract(digest.entries[0].entry) for chunk in passage.chunks]
    whole = squeezed("".join(chunk.text for chunk in chunks))
    numbers = {str(chunk.number) for chunk in chunks if chunk.kind == "ordered"}
    replies = [message for message in messages if message.entry_key and message.parent]
    leaves = [leaf.get("text", "") for message in replies for leaf in rich_leaves(message.content)]
    if layout == "list":
        leaves = leaves[1:]  # the title
    assert squeezed("".join(leaves)) == whole
    texts = ["\n".join(said(message.content).split("\n")[1:]) for message in replies]
    for paragraph in re.findall(r"\w+", "".join(texts)):
        assert squeezed(paragraph) in whole or paragraph in numbers or layout == "list"


@pytest.mark.parametrize("layout", ["papers", "list"])
@pytest.mark.parametrize(
    "unit",
    [
        pytest.param("문장 하나가 여기에 있습니다. ", id="sentences"),
        pytest.param("낱말 ", id="words"),
        pytest.param("가", id="nothing to cut at"),
        pytest.param("👩‍👩‍👧", id="joined emoji"),
        pytest.param("e\u0301", id="combining accents"),
        pytest.param("<&> ", id="characters that are escaped"),
    ],
)
def test_a_very_long_paragraph_goes_on_in_further_parts(stored, en, check, rich_leaves, unit, layout):
    paragraph = (unit * 14191)[:14191].rstrip()
    digest = stored(Entry("T", commentary=(Paragraph(paragraph, "ko"),)))
    replies = [message.content for message in lay_out(digest, digest.entries, layout, en) if message.parent]
    for reply in replies:
        check(reply)
    leaves = [leaf["text"] for reply in replies for leaf in rich_leaves(reply)][layout == "list" :]
    assert "".join(leaves) == paragraph
    for number, reply in enumerate(replies, 1):
        assert f"{number}/{len(replies)}" in reply.text
    if unit.endswith(". "):
        assert all(leaf.endswith(". ") for leaf in leaves[:-1])
    if unit in ("낱말 ", "<&> "):
        assert all(leaf.endswith(unit) for leaf in leaves[:-1])
    if unit in ("👩‍👩‍👧", "e\u0301"):
        assert all(leaf.startswith(unit[0]) and leaf.endswith(unit[-1]) for leaf in leaves[:-1])


def test_parts_end_where_paragraphs_end(stored, en, rich_leaves):
    paragraphs = tuple(Paragraph(f"{number} " + "x" * 1500, "ko") for number in range(5))
    digest = stored(Entry("T", commentary=paragraphs))
    replies = [message.content for message in lay_out(digest, digest.entries, "papers", en) if message.parent]
    parts = ["".join(leaf["text"] for leaf in rich_leaves(reply)) for reply in replies]
    assert [part[:2] + part[-1] for part in parts] == ["0 x", "2 x", "4 x"]
    assert [reply.text.split("\n")[0] for reply in replies] == ["Commentary 1/3", "Commentary 2/3", "Commentary 3/3"]


def test_a_paper_is_a_message_with_its_abstract_and_then_its_commentary_in_its_thread(stored, en):
    entry = Entry(
        "Title",
        ("Ann", "Bob"),
        ("https://arxiv.org/abs/2404.07904",),
        ("About it.",),
        (Paragraph("좋네요.", "ko"),),
        ("moe",),
    )
    digest = stored(entry)
    messages = lay_out(digest, digest.entries, "papers", en)
    assert [(message.entry_key, message.part, message.parent) for message in messages] == [
        (None, 0, None),
        ("key:0", 0, None),
        ("key:0", 1, ("key:0", 0)),
        ("key:0", 2, ("key:0", 0)),
    ]
    assert [message.content.text for message in messages] == [
        "Friday, April 12, 2024 · 1 paper\n#moe 1",
        "<https://arxiv.org/abs/2404.07904|Title>\nAnn, Bob\n#moe\n좋네요.",
        "Abstract\n\nAbout it.",
        "Commentary\n\n좋네요.",
    ]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_an_entry_does_not_have_has_no_message(stored, en, layout):
    digest = stored(Entry("Only a title"))
    messages = lay_out(digest, digest.entries, layout, en)
    assert [message.parent for message in messages] == {
        "papers": [None, None],
        "list": [None, (None, 0)],
        "brief": [None],
    }[layout]


def test_nothing_wanted_is_nothing_to_send(stored, en):
    assert lay_out(stored(Entry("T")), (), "papers", en) == ()


@pytest.mark.parametrize("count", [47, 300])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_long_day_shows_every_title(stored, words, check, rich_leaves, layout, count):
    titles = [f"Paper {number}: a title of the usual length, about eighty characters or so" for number in range(count)]
    digest = stored(*(Entry(title) for title in titles))
    messages = lay_out(digest, digest.entries, layout, words)
    for message in messages:
        check(message.content)
    own = [message.content for message in messages if message.entry_key is None or layout == "papers"]
    leaves = [leaf["text"] for content in own for leaf in rich_leaves(content)]
    assert [leaf for leaf in leaves if leaf in titles] == titles
    if layout == "list":
        assert str(count) in messages[0].content.text
        assert [message.parent for message in messages] == [None, *[(None, 0)] * (len(messages) - 1)]


def test_a_late_paper_says_its_day(stored, en):
    first, second = stored(Entry("One")).entries[0], stored(Entry("Two")).entries[0]
    digest = replace(stored(Entry("One")), entries=(first, replace(second, id=99, key="two", late=True)))
    cards = [message.content.text for message in lay_out(digest, digest.entries, "papers", en) if message.entry_id]
    assert [f"Added later to the digest of {en.date(digest.day)}" in card for card in cards] == [False, True]


def test_a_lost_link_becomes_a_search_for_the_title(stored, en, rich_leaves):
    digest = stored(Entry("Rho-1: Not All Tokens & <Are> 필요"))
    card = lay_out(digest, digest.entries, "papers", en)[1].content
    url = urlsplit(rich_leaves(card)[0]["url"])
    assert (url.hostname, url.path) == ("arxiv.org", "/search/")
    assert parse_qs(url.query) == {"query": ["Rho-1: Not All Tokens & <Are> 필요"], "searchtype": ["title"]}


@pytest.mark.parametrize(
    ("authors", "links", "titles", "further"),
    [
        pytest.param(("Ann",), ["https://github.com/a/b"], "arxiv.org/search/", ["https://github.com/a/b"], id="code"),
        pytest.param(
            ("Ann",),
            ["https://a.example/", "https://arxiv.org/abs/2404.07904"],
            "arxiv.org/search/",
            ["https://a.example/", "https://arxiv.org/abs/2404.07904"],
            id="a page before another paper",
        ),
        pytest.param(
            ("Ann",),
            ["https://arxiv.org/abs/2404.07904", "https://github.com/a/b"],
            "arxiv.org/abs/2404.07904",
            ["https://github.com/a/b"],
            id="its own",
        ),
        pytest.param(("Ann",), ["https://a.example/Paper.PDF#page=2"], "a.example/Paper.PDF", [], id="a file"),
        pytest.param((), ["https://a.example/post"], "a.example/post", [], id="no paper"),
    ],
)
def test_what_is_left_of_a_papers_links_is_not_taken_for_the_lost_one(
    stored, en, rich_leaves, authors, links, titles, further
):
    digest = stored(Entry("T", authors, tuple(links)))
    title, *others = [
        leaf["url"] for leaf in rich_leaves(lay_out(digest, digest.entries, "papers", en)[1].content) if "url" in leaf
    ]
    assert urlsplit(title).netloc + urlsplit(title).path == titles
    assert others == further


@pytest.mark.parametrize("link", ["javascript:alert(1)", "file:///etc/passwd", "//host/x", "http://", "https://["])
def test_only_web_addresses_are_linked(stored, en, rich_leaves, link):
    digest = stored(Entry("T", links=(link,)))
    card = lay_out(digest, digest.entries, "papers", en)[1].content
    assert {urlsplit(leaf["url"]).hostname for leaf in rich_leaves(card) if "url" in leaf} == {"arxiv.org"}


@pytest.mark.parametrize(
    ("names", "shown"),
    [(1, "A0"), (4, "A0, A1, A2, A3"), (5, "A0, A1, A2, +2 more"), (100, "A0, A1, A2, +97 more")],
)
def test_the_first_authors_and_how_many_more(stored, en, names, shown):
    digest = stored(Entry("T", tuple(f"A{number}" for number in range(names))))
    assert shown in lay_out(digest, digest.entries, "papers", en)[1].content.text.split("\n")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (
            "en:One. ko:하나. en:Two. en:Three. ko:끝. en:Four. en:Five.",
            "One. | 하나. | Two. | Three. | 끝. | *영어 해설* | Four. | Five.",
        ),
        ("ko:하나. en:- one en:- two ko:끝.", "하나. | • one | • two | 끝."),
        ("en:One. en:Two.", "One. | Two."),
        ("ko:하나.", "하나."),
    ],
)
def test_the_commentary_keeps_its_order_and_the_english_after_it_has_a_label(stored, ko, given, shown):
    paragraphs = [Paragraph(text[3:], text[:2]) for text in re.split(r" (?=ko:|en:)", given)]
    digest = stored(Entry("T", commentary=tuple(paragraphs)))
    text = lay_out(digest, digest.entries, "papers", ko)[2].content.text
    lines = [line for line in text.split("\n")[1:] if line]
    assert " | ".join("*영어 해설*" if line == "영어 해설" else line for line in lines) == shown


def test_the_line_that_shows_why_is_in_the_language_of_the_post(stored, en, ko):
    digest = stored(Entry("T", commentary=(Paragraph("우리말입니다.", "ko"), Paragraph("In English.", "en"))))
    assert lay_out(digest, digest.entries, "papers", ko)[1].content.text.endswith("\n우리말입니다.")
    assert lay_out(digest, digest.entries, "papers", en)[1].content.text.endswith("\nIn English.")


@pytest.mark.parametrize(
    ("commentary", "line"),
    [
        pytest.param(
            "The first sentence is long enough to stand alone. The second is not.",
            "The first sentence is long enough to stand alone.",
            id="first sentence",
        ),
        pytest.param(
            "Nice. It moves the cost of routing out of the inner loop. More.",
            "Nice. It moves the cost of routing out of the inner loop.",
            id="a very short one takes the next along",
        ),
        pytest.param(
            "토큰마다 손실이 다르게 줄어든다는 관찰에서 출발한 방법이라고 볼 수 있겠습니다.이 관찰을 씁니다.",
            "토큰마다 손실이 다르게 줄어든다는 관찰에서 출발한 방법이라고 볼 수 있겠습니다.",
            id="no space after the full stop",
        ),
        pytest.param(
            "It beats the model of Dao et al. by 1.5 points on e.g. MATH. And then.",
            "It beats the model of Dao et al. by 1.5 points on e.g. MATH.",
            id="abbreviations and numbers",
        ),
        pytest.param("word " * 100, "word " * 39 + "word…", id="cut at a word"),
    ],
)
def test_one_line_of_the_commentary_shows_why(stored, en, commentary, line):
    digest = stored(Entry("T", commentary=(Paragraph(commentary, "ko"),)))
    assert lay_out(digest, digest.entries, "papers", en)[1].content.text.split("\n")[-1] == line


@pytest.mark.parametrize("title", ["", " \n", "\u200b", "\x00"])
def test_a_title_of_nothing_is_still_something_to_press(stored, words, rich_leaves, title):
    digest = stored(Entry(title, links=("https://arxiv.org/abs/1",)))
    leaf = rich_leaves(lay_out(digest, digest.entries, "papers", words)[1].content)[0]
    assert (leaf["url"], leaf["text"]) == ("https://arxiv.org/abs/1", words.t("paper.untitled"))


def test_a_title_too_long_for_the_channel_stands_whole_in_the_thread(stored, en, rich_leaves):
    title = " ".join(f"word{number}" for number in range(400))
    digest = stored(Entry(title))
    messages = lay_out(digest, digest.entries, "papers", en)
    assert rich_leaves(messages[1].content)[0]["text"].endswith("…")
    assert rich_leaves(messages[2].content)[0]["text"] == title


def test_further_links_can_be_followed(stored, en, rich_leaves):
    digest = stored(Entry("T", links=("https://arxiv.org/abs/1", "https://github.com/a/b", "https://a.example/")))
    urls = [
        leaf["url"] for leaf in rich_leaves(lay_out(digest, digest.entries, "papers", en)[1].content) if "url" in leaf
    ]
    assert urls == ["https://arxiv.org/abs/1", "https://github.com/a/b", "https://a.example/"]


def test_a_part_of_a_day_says_of_how_many(stored, words):
    digest = stored(Entry("A"), Entry("B"), Entry("C"))
    line = lay_out(digest, digest.entries[:2], "brief", words)[0].content.text.split("\n")[0]
    assert "2" in line.split("·")[1]
    assert "3" in line.split("·")[1]


def test_outside_text_is_never_interpreted(stored, en, check, rich_leaves):
    nasty = "<!channel> @here <@U0123ABC> *b* _i_ ~s~ `c` $x_i$ <https://evil.example|x> &amp; :tada:"
    digest = stored(Entry(nasty, (nasty,), (), (nasty,), (), ("a*b*",)), title=nasty)
    for layout in LAYOUTS:
        for message in lay_out(digest, digest.entries, layout, en):
            check(message.content)
            assert "<!" not in message.content.text
            for leaf in rich_leaves(message.content):
                assert leaf["type"] in ("text", "link")


def test_a_day_without_a_year_in_its_title_shows_the_title(stored, en):
    one = lay_out(stored(Entry("T"), title="Weekend reading"), stored(Entry("T")).entries, "brief", en)
    two = lay_out(stored(Entry("T"), title="2024년 4월 12일"), stored(Entry("T")).entries, "brief", en)
    assert "Weekend reading" in one[0].content.text
    assert "2024년" not in two[0].content.text
    assert one[0].content.text.startswith(Words("en").date(date(2024, 4, 12)))


# --- what the curator withdrew, and what changed ----------------------------------------------------------------------


def with_withdrawn(digest, places):
    """The digest with the papers at these places withdrawn."""
    entries = [replace(one, withdrawn=one.withdrawn or place in places) for place, one in enumerate(digest.entries)]
    return replace(digest, entries=tuple(entries))


def named(messages) -> dict:
    """Each message that belongs to a paper, by what it is known by."""
    return {(message.entry_id, message.part): message for message in messages if message.entry_id is not None}


@settings(max_examples=80)
@given(st.data(), st.sampled_from(LAYOUTS), st.sampled_from(["en", "ko"]))
def test_a_withdrawal_changes_the_papers_first_message_and_the_days_own(any_digest, check, data, layout, lang):
    digest = data.draw(any_digest)
    places = data.draw(st.sets(st.integers(0, 4)))
    after = with_withdrawn(digest, places)
    messages = lay_out(after, after.entries, layout, Words(lang))
    for message in messages:
        check(message.content)
    were, are = named(lay_out(digest, digest.entries, layout, Words(lang))), named(messages)
    assert were.keys() == are.keys(), "no message comes or goes"
    changed = {name for name in are if are[name] != were[name]}
    gone = {stored.id for stored in after.entries if stored.withdrawn}
    assert changed == {(entry_id, part) for entry_id, part in are if part == 0 and entry_id in gone}


@settings(max_examples=80)
@given(st.data(), st.sampled_from(LAYOUTS))
def test_an_edit_of_one_paper_changes_no_message_of_another(any_digest, any_entry, en, data, layout):
    digest = data.draw(any_digest.filter(lambda digest: digest.entries))
    place = data.draw(st.integers(0, len(digest.entries) - 1))
    edited = replace(digest.entries[place], entry=data.draw(any_entry), withdrawn=data.draw(st.booleans()))
    entries = (*digest.entries[:place], edited, *digest.entries[place + 1 :])
    title = data.draw(st.sampled_from([digest.title, "Another title"]))
    before = lay_out(digest, digest.entries, layout, en)
    after = lay_out(replace(digest, title=title, entries=entries), entries, layout, en)
    others = [
        {name: message for name, message in named(messages).items() if name[0] != edited.id}
        for messages in (before, after)
    ]
    assert others[0] == others[1]


@settings(max_examples=60)
@given(st.data(), st.sampled_from(["papers", "list"]))
def test_a_late_paper_changes_no_message_of_another(any_digest, en, data, layout):
    digest = data.draw(any_digest.filter(lambda digest: len(digest.entries) > 1))
    late = data.draw(st.integers(0, len(digest.entries) - 1))
    before = named(lay_out(digest, digest.entries[:late] + digest.entries[late + 1 :], layout, en))
    after = named(lay_out(digest, digest.entries, layout, en))
    assert before == {name: message for name, message in after.items() if name[0] != digest.entries[late].id}


TWO = (Entry("Kept", tags=("moe",)), Entry("Gone", tags=("moe", "vision"), commentary=(Paragraph("말.", "ko"),)))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_withdrawn_title_is_struck_through_and_says_why(stored, en, rich_leaves, layout):
    digest = with_withdrawn(stored(*TWO), {1})
    messages = lay_out(digest, digest.entries, layout, en)
    leaves = [leaf for message in messages for leaf in rich_leaves(message.content) if leaf["type"] == "link"]
    struck = {(leaf["text"], leaf.get("style", {}).get("strike", False)) for leaf in leaves}
    assert struck == {("Kept", False), ("Gone", True)}
    for message in messages:
        text = said(message.content)
        assert ("Gone · withdrawn by the curator" in text) == ("Gone" in text)
        assert "Kept · withdrawn" not in text
        assert "~" not in text, "Slack's own mark could be ended by what the curator wrote"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_days_line_counts_what_is_left(stored, en, layout):
    digest = with_withdrawn(stored(*TWO), {1})
    assert lay_out(digest, digest.entries, layout, en)[0].content.text.split("\n")[:2] == [
        "Friday, April 12, 2024 · 1 paper",
        "#moe 1",
    ]
    digest = with_withdrawn(stored(*TWO, Entry("Other")), {1})
    line = lay_out(digest, digest.entries[:2], layout, en)[0].content.text.split("\n")[0]
    assert line == "Friday, April 12, 2024 · 1 of 2 papers"


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("lang", "count", "line"),
    [
        ("en", 1, "Friday, April 12, 2024 · 1 paper, withdrawn by the curator"),
        ("en", 2, "Friday, April 12, 2024 · 2 papers, all withdrawn by the curator"),
        ("ko", 2, "2024년 4월 12일 금요일 · 큐레이터가 철회한 논문 2편"),
    ],
)
def test_a_day_whose_papers_are_all_withdrawn_says_so(stored, check, layout, lang, count, line):
    digest = with_withdrawn(stored(*TWO[:count]), {0, 1})
    first = lay_out(digest, digest.entries, layout, Words(lang))[0].content
    check(first)
    assert first.text.split("\n")[0] == line
    assert "#moe 1" not in first.text


@pytest.mark.parametrize("withdrawn", [False, True])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_paper_with_as_much_of_everything_as_there_can_be_keeps_to_the_limits(
    stored, words, check, layout, withdrawn
):
    entry = Entry(
        "<&>한 " * 300,
        tuple(f"<{number}>" * 60 for number in range(9)),
        ("https://arxiv.org/pdf/a.pdf?" + "1" * 560, *(f"https://{n}.example/" + "&a" * 32 for n in range(5))),
        commentary=(Paragraph("&" * 150, "ko"),),
        tags=("&" * 100,) * 6,
    )
    digest = with_withdrawn(stored(entry), {0} if withdrawn else {})
    for message in lay_out(digest, digest.entries, layout, words):
        check(message.content)


def test_a_mark_that_comes_later_moves_no_text_to_another_part(stored, en):
    """Paragraphs that end wherever the room of the first message may end."""
    for size in range(120):
        paragraphs = tuple(Paragraph("x" * length, "ko") for length in (3000, 100 + size, 20))
        digest = stored(Entry("T", ("Ann",), commentary=paragraphs))
        after = with_withdrawn(digest, {0})
        were, are = (named(lay_out(one, one.entries, "list", en)) for one in (digest, after))
        assert [name for name in are if are[name] != were[name]] == [(1, 0)]


TABLE = "| Model | Score |\n| --- | ---: |\n| **A** | 1 |\n| 나 | 2 |"


def block_types(message):
    return [block["type"] for block in message.content.blocks]


def thread(stored, en, *commentary):
    digest = stored(Entry("T", commentary=tuple(Paragraph(text, "en") for text in commentary)))
    return [message for message in lay_out(digest, digest.entries, "papers", en) if message.parent]


def test_a_table_is_one_of_slacks_at_the_end_of_its_message(stored, en, check):
    first, second = thread(stored, en, "Before.", TABLE, "After.")
    assert block_types(first) == ["context", "rich_text", "table"]
    cells = first.content.blocks[-1]["rows"][2]
    assert [cell["elements"][0]["elements"][0]["text"] for cell in cells] == ["나", "2"]
    assert first.content.blocks[-1]["rows"][1][0]["elements"][0]["elements"][0]["style"] == {"bold": True}
    assert [setting["align"] for setting in first.content.blocks[-1]["column_settings"]] == ["left", "right"]
    assert "Model | Score\n------+------\nA     | 1\n나    | 2" in first.content.text
    assert block_types(second) == ["context", "rich_text"]
    assert "After." in second.content.text
    for message in (first, second):
        check(message.content)


def test_a_table_that_slack_cannot_hold_is_aligned_text(stored, en, check):
    columns = "| a " * 21 + "|"
    (reply,) = thread(stored, en, f"{columns}\n{'|---' * 21}|\n{columns}", "After.")
    check(reply.content)
    assert "table" not in block_types(reply)
    assert "a | a | a" in reply.content.text


def test_a_table_that_is_too_long_for_a_message_is_cut_as_text(stored, en, check):
    replies = thread(stored, en, "| a | b |\n|---|---|\n" + "\n".join(f"| row {n} | {'x' * 60} |" for n in range(90)))
    assert len(replies) > 1
    assert not any("table" in block_types(reply) for reply in replies)
    for reply in replies:
        check(reply.content)
    assert all(f"row {n} " in "".join(reply.content.text for reply in replies) for n in range(90))


def test_images_and_rules_stand_between_the_words(stored, en, check):
    image = "![A plot](https://a.example/plot.PNG?raw=1)"
    (reply,) = thread(stored, en, "Before.", image, "Between.", "---", "After.")
    check(reply.content)
    assert block_types(reply) == ["context", "rich_text", "image", "rich_text", "divider", "rich_text"]
    shown = reply.content.blocks[2]
    assert (shown["image_url"], shown["alt_text"]) == ("https://a.example/plot.PNG?raw=1", "A plot")
    assert "<https://a.example/plot.PNG?raw=1|A plot>" in reply.content.text


@pytest.mark.parametrize(
    ("written", "text", "url"),
    [
        pytest.param("![A](http://a.example/p.png)", "A", "http://a.example/p.png", id="not https"),
        pytest.param("![A](https://10.0.0.1/p.png)", "A", "https://10.0.0.1/p.png", id="private"),
        pytest.param("![A](https://nas.local/p.png)", "A", "https://nas.local/p.png", id="local"),
        pytest.param("![A](https://a.example/p.svg)", "A", "https://a.example/p.svg", id="a kind Slack does not show"),
        pytest.param("![](https://a.example/p)", "https://a.example/p", "https://a.example/p", id="no caption"),
        pytest.param("![[plots/p.png|300]]", "p.png", None, id="a file of the vault"),
        pytest.param("![A](p.png)", "A", None, id="a file beside the note"),
    ],
)
def test_an_image_that_slack_cannot_fetch_is_its_caption_or_name(stored, en, written, text, url):
    (reply,) = thread(stored, en, written)
    (leaf,) = reply.content.blocks[1]["elements"][0]["elements"]
    assert (leaf["text"], leaf.get("url")) == (text, url)


def test_many_images_keep_to_the_blocks_of_a_message(stored, en, check):
    replies = thread(stored, en, *["word", "![A](https://a.example/p.png)"] * 40)
    for reply in replies:
        check(reply.content)
    assert sum(block_types(reply).count("image") for reply in replies) == 40


NOTED = ("One[^a] and two[^b].", "[^b]: Second.", "[^a]: First.")


def test_footnotes_are_numbered_through_the_whole_commentary(stored, en):
    digest = stored(Entry("T", commentary=tuple(Paragraph(text, "en") for text in NOTED)))
    _, card, reply = lay_out(digest, digest.entries, "papers", en)
    assert "One¹ and two²." in card.content.text
    assert "One¹ and two².\n\n² Second.\n\n¹ First." in reply.content.text


def test_formulas_are_readable_in_title_abstract_and_commentary(stored, en):
    entry = Entry(
        r"Learning $\alpha$-Mixtures",
        abstract=(r"A bound of $\mathcal{O}(n^2)$, \emph{tight}, and $\foo{x}$.",),
        commentary=(Paragraph(r"왜 $x_t$ 인가", "ko"),),
    )
    digest = stored(entry)
    _, card, abstract, commentary = lay_out(digest, digest.entries, "papers", en)
    assert "Learning α-Mixtures" in card.content.text
    assert "왜 xₜ 인가" in card.content.text
    assert r"A bound of 𝒪(n²), tight, and \foo{x}." in abstract.content.text
    code = [
        leaf["text"]
        for leaf in abstract.content.blocks[1]["elements"][0]["elements"]
        if leaf.get("style") == {"code": True}
    ]
    assert code == [r"\foo{x}"]
    assert "왜 xₜ 인가" in commentary.content.text
