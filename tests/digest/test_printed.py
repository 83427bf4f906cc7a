from datetime import date

import pytest

from bot.digest.printed import parse_print
from bot.errors import DigestFormatError


def titles(*lines):
    return [entry.title for entry in parse_print("x.txt", "\n".join(["2024년 4월 12일", *lines])).entries]


@pytest.mark.parametrize(
    "last",
    [
        pytest.param("한국어 문단이 온점 없이 끝날 때", id="Korean without a full stop"),
        pytest.param("An abstract. It ends as it should.", id="an abstract"),
        pytest.param("(다만, 괄호로 끝나는 문단입니다.)", id="an aside"),
        pytest.param("https://example.com/x", id="a link"),
    ],
)
def test_an_entry_without_tags_ends_before_a_title_with_authors(last):
    assert titles("First", "(Ada Byron)", "본문.", last, "Second: Why?", "(Kurt Gödel, Emmy Noether)") == [
        "First",
        "Second: Why?",
    ]


def test_a_korean_sentence_before_an_aside_is_no_title():
    assert titles("First", "(Ada Byron)", "반죽은 충분히 쉬어야 합니다.", "(Ovens, Tables)", "#a") == ["First"]


def test_a_title_without_authors_is_seen_between_an_author_list_and_korean():
    assert titles("First", "(Ada Byron)", "Tool 7B", "도구입니다.") == ["First", "Tool 7B"]


def test_a_list_item_after_the_authors_is_no_title():
    assert titles("First", "(Ada Byron)", "1. Mixture of Ovens", "첫 번째는 이것입니다.") == ["First"]


def test_tags_may_stand_on_two_lines_and_words_below_them_stay_with_the_entry():
    digest = parse_print("x.txt", "2024-04-12\nT\n#a\n#b\n태그 아래의 문장입니다.\nU\n본문.\n#c")
    assert [(entry.title, entry.tags) for entry in digest.entries] == [("T", ("a", "b")), ("U", ("c",))]
    assert [paragraph.text for paragraph in digest.entries[0].commentary] == ["태그 아래의 문장입니다."]


def test_an_abstract_ends_at_a_link_and_at_a_line_that_is_no_sentence():
    def parts(*body):
        entry = parse_print("x.txt", "\n".join(["2024-04-12", "T", "(A B)", *body, "한국어.", "#a"])).entries[0]
        return len(entry.abstract), len(entry.commentary)

    assert parts("One sentence.", "Another sentence.") == (2, 1)
    for link in ("https://a.b", "https://a.b/" + "long/" * 30):
        assert parts("One sentence.", link, "After the link.") == (1, 3)
    assert parts("230330 A Note", "One sentence.") == (0, 3)


def test_authors_may_be_wrapped_over_lines():
    entry = parse_print("x.txt", "2024-04-12\nT\n(Ada Byron, Charles\nBabbage, Team\n(Oven))\n#a").entries[0]
    assert entry.authors == ()  # a line that opens another bracket is not the middle of a list
    entry = parse_print("x.txt", "2024-04-12\nT\n(Ada Byron, Charles\nBabbage, Team (Oven))\n#a").entries[0]
    assert entry.authors == ("Ada Byron", "Charles Babbage", "Team (Oven)")


def test_the_same_date_again_changes_nothing():
    digest = parse_print("x.txt", "2024-04-12\nT\n#a\n2024년 4월 12일\nU\n#b")
    assert [entry.title for entry in digest.entries] == ["T", "U"]


def test_another_date_is_refused_by_its_line():
    with pytest.raises(DigestFormatError, match=r"line 4: expected the entries of one day.*2024-04-13"):
        parse_print("x.txt", "2024-04-12\nT\n#a\n2024-04-13\nU\n#b")


def test_a_date_inside_a_commentary_is_a_paragraph():
    digest = parse_print("x.txt", "2024-04-12\nT\n본문.\nAugust 19, 2023\n계속.\n#a")
    assert len(digest.entries[0].commentary) == 3


def test_the_name_gives_the_day_of_a_print_without_a_date_line():
    digest = parse_print("2024-04-12.txt", "GPT-4-Turbo-2024-04-09\n본문.\n#llm")
    assert (digest.day, digest.entries[0].title) == (date(2024, 4, 12), "GPT-4-Turbo-2024-04-09")


def test_words_around_the_date_in_the_first_line_are_the_digests_title():
    digest = parse_print("x.txt", "Papers of April 12, 2024\nT\n#a")
    assert (digest.day, digest.title) == (date(2024, 4, 12), "Papers of April 12, 2024")


def test_a_mails_closing_lines_are_no_entries():
    assert titles("T", "본문.", "#a", "Thanks for reading!", "© 2024 The Baker", "548 Oven Street") == ["T"]
    assert titles("T", "#a", "Share Your Dough", "(Ada Byron)", "본문.") == ["T", "Share Your Dough"]


def test_a_title_that_begins_like_a_tag_is_a_title():
    assert titles("T", "#a", "#InsTag: Tags for All", "(Ada Byron)", "#b") == ["T", "#InsTag: Tags for All"]


@pytest.mark.parametrize("authors", ["(김민지, 박지은)", "（Ada Byron, Kurt Gödel）", "(Ada Byron and Kurt Gödel)"])
def test_any_list_of_names_makes_a_title_of_the_line_before_it(authors):
    entries = parse_print("x.txt", f"2024-04-12\nFirst\n(A B)\n본문입니다.\nSecond Paper\n{authors}\n본문.").entries
    assert [(entry.title, len(entry.authors)) for entry in entries] == [("First", 1), ("Second Paper", 2)]


SECOND = ["Second Paper", "(Ada Byron, Kurt Gödel)", "본문."]


def paragraphs(digest, number=0):
    return [paragraph.text for paragraph in digest.entries[number].commentary]


@pytest.mark.parametrize(
    ("title", "authors"),
    [
        ("모델은 왜 틀리는가.", "(김민수, 이동현)"),
        ("An English Title of More than a Hundred and Fifty Characters " * 3 + "Ends.", "(Ada Byron, Kurt Gödel)"),
    ],
)
def test_below_the_tags_an_author_list_makes_a_title_of_any_line(title, authors):
    assert titles("T", "본문.", "#a", title, authors, "본문.", "#b") == ["T", title]


def test_an_untagged_entry_ends_before_a_korean_title_that_is_no_finished_sentence():
    assert titles("T", "(Ada Byron)", "본문입니다.", "주의가 전부다!", "(김민수, 이동현)", "본문.") == [
        "T",
        "주의가 전부다!",
    ]


@pytest.mark.parametrize(
    ("line", "group"),
    [
        ("- Router freezing", "(Switch Transformer, GShard)"),
        ("1. Router Freezing", "(Switch Transformer, GShard)"),
        ("This resembles earlier work", "(Mixtral, Switch Transformer)"),
        ("비슷한 모델들", "(Mixtral, GShard)"),
    ],
)
def test_a_line_before_examples_in_parentheses_is_no_title(line, group):
    assert titles("T", "(Ada Byron)", "본문입니다.", line, group, "본문.", "#a") == ["T"]


@pytest.mark.parametrize(
    "remark", ["이건 정말 놀랍네요!", "어떻게 보시나요?", "더 나아지겠네요 (아마도)", "What a day that was!"]
)
def test_a_remark_below_the_tags_belongs_to_the_entry_above(remark):
    for below in (SECOND, []):
        digest = parse_print("x.txt", "\n".join(["2024-04-12", "T", "본문.", "#a", remark, *below]))
        assert paragraphs(digest) == ["본문.", remark]
        assert [entry.title for entry in digest.entries[1:]] == ["Second Paper"] * bool(below)
    assert titles("T", "본문.", "#a", remark, "본문.", "#b") == ["T", remark]


def test_authors_may_stand_below_the_links():
    body = ["Second Paper", "https://a.b", "(Ada Byron, Kurt Gödel)", "https://c.d", "본문."]
    for first in (["T", "#a"], ["T", "(A B)", "본문입니다."]):
        entry = parse_print("x.txt", "\n".join(["2024-04-12", *first, *body])).entries[1]
        assert (entry.title, len(entry.authors), entry.links) == ("Second Paper", 2, ("https://a.b", "https://c.d"))


def test_a_link_with_its_label_is_a_link():
    lines = ["2024-04-12", "T", "(A B)", "Code: https://github.com/a/b", "An abstract.", "https://a.b (code)", "본문."]
    entry = parse_print("x.txt", "\n".join(lines)).entries[0]
    assert (entry.links, entry.abstract) == (("https://github.com/a/b",), ("An abstract.",))
    assert [paragraph.text for paragraph in entry.commentary] == ["https://a.b (code)", "본문."]


ENGLISH = ["An abstract that is a sentence.", "The first remark.", "The second remark."]


def test_names_and_titles_in_korean_make_no_print_korean():
    lines = ["2024년 4월 12일", "주의가 전부다", "(김민수, Ada Byron)", *ENGLISH, "#a", "반죽의 이론", *ENGLISH, "#b"]
    entries = parse_print("x.txt", "\n".join(lines)).entries
    assert [(len(entry.abstract), len(entry.commentary)) for entry in entries] == [(1, 2), (0, 3)]
    korean = parse_print("x.txt", "\n".join([*lines, "T", "본문입니다."])).entries
    assert [(len(entry.abstract), len(entry.commentary)) for entry in korean] == [(3, 0), (3, 0), (0, 1)]


def test_an_english_entry_without_authors_has_no_abstract():
    digest = parse_print("x.txt", "2024-04-12\nRelease\nhttps://a.b\nThe first paragraph.\nThe second one.\n#a")
    assert (digest.entries[0].abstract, paragraphs(digest)) == ((), ["The first paragraph.", "The second one."])


MAIL = ["From: Ada Byron <ada@a.b>", "To: readers@a.b", "Date: Sat, 13 Apr 2024 09:00:00 +0900"]


@pytest.mark.parametrize(
    ("header", "title"),
    [
        pytest.param([*MAIL, "Subject: Papers of 2024-04-12"], "Papers of 2024-04-12", id="the subject's day"),
        pytest.param([*MAIL, "Subject: Papers", "", "2024년 4월 12일 (금)"], "2024년 4월 12일 (금)", id="a date line"),
        pytest.param(["2024-04-12", "Hong Gildong", "Apr 14, 2024", "♡ 3", "Share"], "2024-04-12", id="a byline"),
        pytest.param(["2024-04-12", "Hong Gildong", "♡ 3", "∙ 4", "Read in app"], "2024-04-12", id="buttons"),
        pytest.param(["Papers", "From the oven", "홍길동", "Apr 12, 2024", "3", "Share"], "Apr 12, 2024", id="a post"),
        pytest.param(["Papers of April 12, 2024", "Hong Gildong", "Share"], "Papers of April 12, 2024", id="its title"),
    ],
)
def test_a_mails_header_and_a_posts_byline_are_no_entries(header, title):
    digest = parse_print("x.txt", "\n".join([*header, "First Paper", "(Ada Byron)", "본문.", "#a"]))
    assert (digest.day, digest.title, digest.entries[0].title) == (date(2024, 4, 12), title, "First Paper")
    assert len(digest.entries) == 1


def test_a_mail_whose_only_day_is_when_it_was_sent_is_of_that_day():
    digest = parse_print("x.txt", "\n".join([*MAIL, "Subject: Papers", "First Paper", "(Ada Byron)", "#a"]))
    assert (digest.day, digest.title, digest.entries[0].title) == (date(2024, 4, 13), "Papers", "First Paper")


def test_a_first_title_that_reads_like_a_name_is_a_title():
    assert titles("Second Paper", "(Ada Byron)", "본문.", "#a") == ["Second Paper"]
    assert titles("Tool", "본문.", "#a") == ["Tool"]


@pytest.mark.parametrize(
    ("line", "authors"),
    [
        ("## [Sparse Kitchens](https://arxiv.org/abs/2405.00001) (Ada Cook, Bo Baker)", ("Ada Cook", "Bo Baker")),
        ("### [Sparse Kitchens](https://arxiv.org/abs/2405.00001)", ()),
        ("## Sparse Kitchens [[arXiv](https://arxiv.org/abs/2405.00001)]", ()),
    ],
)
def test_a_title_written_as_markdown_gives_its_words_and_its_link(line, authors):
    entry = parse_print("x.txt", "\n".join(["2024년 4월 12일", line, "요리합니다.", "#moe"])).entries[0]
    assert (entry.title, entry.authors) == ("Sparse Kitchens", authors)
    assert entry.links == ("https://arxiv.org/abs/2405.00001",)


def test_a_short_korean_paragraph_with_a_link_is_no_abstract():
    lines = ["2024년 4월 12일", "T: a Study", "(Ada Cook, Bo Baker)", "We cook with few ovens. " * 8]
    last = "Principle 기반 Reward Model (https://arxiv.org/abs/2504.02495)."
    entry = parse_print("x.txt", "\n".join([*lines, last, "#rl"])).entries[0]
    assert (len(entry.abstract), len(entry.commentary)) == (1, 1)
