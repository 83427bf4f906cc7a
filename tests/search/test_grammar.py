import time
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import QueryError
from bot.search.grammar import (
    LOOKED_AT,
    LOOKED_UP,
    MAX_CHARS,
    MAX_TERMS,
    UNNAMED,
    Query,
    literally,
    parse_look_up,
    parse_order,
    parse_query,
    without_each,
)
from bot.search.tree import (
    Abstract,
    All,
    Any,
    Author,
    Commentary,
    Has,
    Is,
    Node,
    Not,
    On,
    Paper,
    Phrase,
    Remark,
    Since,
    Source,
    Tag,
    Title,
    Until,
    Word,
)

TODAY = date(2024, 4, 15)


def tree(text: str) -> Node | None:
    return parse_query(text, today=TODAY).tree


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        pytest.param("", None, id="nothing"),
        pytest.param("#rlhf 정렬", All((Tag("rlhf"), Word("정렬"))), id="tag and Korean word"),
        pytest.param("-#vision", Not(Tag("vision")), id="everything but a tag"),
        pytest.param("a b OR c", Any((All((Word("a"), Word("b"))), Word("c"))), id="OR binds less than side by side"),
        pytest.param("a (b OR c)", All((Word("a"), Any((Word("b"), Word("c"))))), id="a group"),
        pytest.param("a | b", Any((Word("a"), Word("b"))), id="a bar is OR"),
        pytest.param("a 또는 b", Any((Word("a"), Word("b"))), id="Korean OR"),
        pytest.param("또는 b", All((Word("또는"), Word("b"))), id="Korean OR without a first side is a word"),
        pytest.param("moe 16 billion x", All((Word("moe"), Word("16 billion"), Word("x"))), id="a number"),
        pytest.param("author:a 1억 5천만", All((Author("a"), Word("1억 5천만"))), id="a number in two Korean parts"),
        pytest.param("16 billions-x", All((Word("16"), Word("billions-x"))), id="no number"),
        pytest.param("a AND b", All((Word("a"), Word("b"))), id="AND says nothing new"),
        pytest.param("NOT a", Not(Word("a")), id="NOT"),
        pytest.param("-(a b)", Not(All((Word("a"), Word("b")))), id="a group excluded"),
        pytest.param("--a", Word("a"), id="excluded twice"),
        pytest.param('"state space" x', All((Phrase("state space"), Word("x"))), id="a phrase"),
        pytest.param("“state space”", Phrase("state space"), id="smart quotes"),
        pytest.param("「상태 공간」", Phrase("상태 공간"), id="Korean quotes"),
        pytest.param("ｔａｇ：ｍｏｅ", Tag("moe"), id="full width"),
        pytest.param("–moe", Not(Word("moe")), id="a dash the phone put in"),
        pytest.param("tag:moe,llm", Any((Tag("moe"), Tag("llm"))), id="either tag"),
        pytest.param("tag:vision*", Tag("vision", prefix=True), id="tags that begin so"),
        pytest.param("tag:(moe OR #llm)", Any((Tag("moe"), Tag("llm"))), id="a field's group"),
        pytest.param('tag:"state space model"', Tag("state space model"), id="a tag in words"),
        pytest.param("tag: moe", Tag("moe"), id="a space after the colon"),
        pytest.param("author:choi", Author("choi"), id="author"),
        pytest.param('author:"Yejin Choi"', Author("Yejin Choi"), id="a whole name"),
        pytest.param("title:a abstract:b note:c", All((Title("a"), Abstract("b"), Commentary("c"))), id="fields"),
        pytest.param("source:vault has:commentary", All((Source("vault"), Has("commentary"))), id="source and has"),
        pytest.param("is:saved -is:Bookmarked", All((Is("saved"), Not(Is("saved")))), id="is"),
        pytest.param("상태:저장", Is("saved"), id="Korean is"),
        pytest.param('remark:속도 remark:"top k"', All((Remark("속도"), Remark("top k"))), id="remarks"),
        pytest.param("댓글:(a OR b)", Any((Remark("a"), Remark("b"))), id="Korean remarks in a group"),
        pytest.param("is: it", All((Word("is"), Word("it"))), id="a title with is and a colon"),
        pytest.param("since:2024-03", Since(date(2024, 3, 1)), id="a month's first day"),
        pytest.param("until:2024-03", Until(date(2024, 3, 31)), id="a month's last day"),
        pytest.param("since:2w", Since(date(2024, 4, 1)), id="a while ago"),
        pytest.param("since:3일 전 moe", All((Since(date(2024, 4, 12)), Word("moe"))), id="a date in two words"),
        pytest.param("day:어제", On(date(2024, 4, 14)), id="a day"),
        pytest.param("day:april 12", On(date(2024, 4, 12)), id="a day by its month"),
        pytest.param("day:지난주", All((Since(date(2024, 4, 8)), Until(date(2024, 4, 14)))), id="a day that is a week"),
        pytest.param("태그:moe 저자:최 제목:셋", All((Tag("moe"), Author("최"), Title("셋"))), id="Korean field names"),
        pytest.param("부터:2024-03", Since(date(2024, 3, 1)), id="Korean since"),
        pytest.param("까지:어제", Until(date(2024, 4, 14)), id="Korean until"),
        pytest.param(unicodedata.normalize("NFD", "태그:정렬"), Tag("정렬"), id="decomposed Hangul"),
        pytest.param("https://arxiv.org/pdf/2404.07965v2", Paper("arxiv:2404.07965"), id="an arXiv link"),
        pytest.param("<https://arxiv.org/abs/2404.07965|here>", Paper("arxiv:2404.07965"), id="as Slack writes links"),
        pytest.param("arxiv.org/abs/2404.07965v2", Paper("arxiv:2404.07965"), id="an arXiv link as browsers show it"),
        pytest.param("(https://arxiv.org/abs/2404.07965)", Paper("arxiv:2404.07965"), id="a link in brackets"),
        pytest.param("https://doi.org/10.1016/0364(90)2", Paper("doi:10.1016/0364(90)2"), id="a link with brackets"),
        pytest.param("2404.07965", Paper("arxiv:2404.07965"), id="an arXiv id"),
        pytest.param("arXiv:math.GT/0309136v1", Paper("arxiv:math.gt/0309136"), id="an arXiv id of before 2007"),
        pytest.param("arXiv:2404.07965v1", Paper("arxiv:2404.07965"), id="an arXiv id as it is cited"),
        pytest.param("https://some.where/post", Paper("https://some.where/post"), id="any link"),
        pytest.param("Rho-1: Not", All((Word("Rho-1"), Word("Not"))), id="a title with a colon"),
        pytest.param("Title: Foo", All((Word("Title"), Word("Foo"))), id="a title that begins like a field"),
        pytest.param("3:1 std::vector", All((Word("3:1"), Word("std::vector"))), id="colons that name no field"),
        pytest.param("ㅋㅋ", Word("ㅋㅋ"), id="lone letters"),
        pytest.param("(a AND (b AND )) AND", All((Word("a"), Word("b"))), id="nor does AND at an end"),
        pytest.param("AND a (AND b)", All((Word("a"), Word("b"))), id="nor does AND before anything"),
        pytest.param("AND", Word("AND"), id="AND alone is a word"),
        pytest.param("a NOT", All((Word("a"), Word("NOT"))), id="NOT at the end is a word"),
        pytest.param("a and b or", All(tuple(map(Word, ("a", "and", "b", "or")))), id="small letters are words"),
        pytest.param('"a OR" ORs OR: b', All((Phrase("a OR"), Word("ORs"), Word("OR"), Word("b"))), id="no OR"),
        pytest.param("- a & b", All((Word("a"), Word("b"))), id="marks that are no words say nothing"),
        pytest.param("10 2024", All((Word("10"), Word("2024"))), id="bare numbers are words"),
    ],
)  # fmt: skip
def test_reads_a_query(typed: str, read: Node | None) -> None:
    assert tree(typed) == read


@pytest.mark.parametrize(
    ("typed", "sort"),
    [("moe", "best"), ("moe sort:new", "new"), ("sort:old moe", "old"), ("정렬순:최신 moe", "new")],
)
def test_reads_the_order_asked_for(typed: str, sort: str) -> None:
    assert parse_query(typed, today=TODAY) == Query(Word("moe"), sort, typed)


@pytest.mark.parametrize(
    ("typed", "code", "position", "found", "near"),
    [
        ('moe "state', "query.unclosed_quote", 4, '"state', None),
        ("moe (a b", "query.unclosed_group", 4, "(a b", None),
        ("moe)", "query.unexpected", 3, ")", None),
        ("()", "query.unexpected", 1, ")", None),
        ("tag:(author:x)", "query.unexpected", 5, "author:", None),
        ("moe tga:x", "query.unknown_field", 4, "tga", "tag"),
        ("foo:bar", "query.unknown_field", 0, "foo", None),
        ("태구:moe", "query.unknown_field", 0, "태구", "태그"),
        ("moe since:never", "query.bad_date", 10, "never", None),
        ('day:"2월 30일"', "query.bad_date", 4, "2월 30일", None),
        ("moe tag:", "query.empty_field", 4, "tag:", None),
        ("(tag:)", "query.empty_field", 1, "tag:", None),
        ("tag:#", "query.empty_field", 4, "#", None),
        ("has:abstrct", "query.bad_value", 4, "abstrct", "abstract"),
        ("remark:?!", "query.empty_field", 7, "?!", None),
        ("remrak:x", "query.unknown_field", 0, "remrak", "remark"),
        ("is:seved", "query.bad_value", 3, "seved", "saved"),
        ("상태:저잘", "query.bad_value", 3, "저잘", "저장"),
        ("sort:nwe", "query.bad_value", 5, "nwe", "new"),
        ("?!", "query.no_words", 0, "?!", None),
        ("moe OR", "query.one_sided", 4, "OR", None),
        ("OR moe", "query.one_sided", 0, "OR", None),
        ("moe OR OR llm", "query.one_sided", 7, "OR", None),
        ("tag:(moe OR ) llm", "query.one_sided", 9, "OR", None),
        (unicodedata.normalize("NFD", "학습 tga:x"), "query.unknown_field", 7, "tga", "tag"),
    ],
)
def test_a_mistake_is_told_with_its_place(typed: str, code: str, position: int, found: str, near: str | None) -> None:
    with pytest.raises(QueryError) as caught:
        parse_look_up(typed, today=TODAY)
    error = caught.value
    assert (error.code, error.position, error.found, error.nearest) == (code, position, found, near)


def test_an_or_without_a_side_is_read_in_what_was_ordered_before_it_was_a_mistake() -> None:
    assert tree("moe OR") == All((Word("moe"), Word("OR")))
    with pytest.raises(QueryError):
        parse_order("moe OR", today=TODAY)


@pytest.mark.parametrize(
    ("typed", "choices"),
    [
        ("sort:foo", ("best", "new", "old")),
        ("is:foo", ("saved",)),
        ("has:foo", ("commentary", "abstract", "link", "author", "tag", "thread")),
    ],
)
def test_a_word_that_is_no_choice_is_told_with_all_of_them(typed: str, choices: tuple[str, ...]) -> None:
    with pytest.raises(QueryError) as caught:
        tree(typed)
    assert caught.value.choices == choices
    with pytest.raises(QueryError) as caught:
        tree("foo:bar")
    assert {"tag", "author", "since", "sort"} < set(caught.value.choices)


@pytest.mark.parametrize(
    "typed",
    [
        "a" * (MAX_CHARS + 1),
        "a " * (MAX_TERMS + 1),
        "(" * 500 + "a" + ")" * 499,
        "-" * 2000,
        "NOT " * 240 + "a",
        '"a" ' * 500,
    ],
    ids=["letters", "terms", "brackets", "hyphens", "NOTs", "phrases"],
)
def test_a_query_too_long_is_read_or_refused_at_once(typed: str) -> None:
    began = time.process_time()
    with suppress(QueryError):
        tree(typed)
    assert time.process_time() - began < 0.05


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("가 " * LOOKED_UP + "moe", 2 * LOOKED_UP),
        ("author:" + "a," * LOOKED_UP + "b", 7),
        ("moe " + "학습" * LOOKED_AT, 4 + LOOKED_AT),
        ("title:(" + "x" * (LOOKED_AT + 1) + ")", 7 + LOOKED_AT),
        ("a" * (MAX_CHARS + 1), MAX_CHARS),
    ],
    ids=["terms", "values", "a word", "a word in a field", "letters"],
)
def test_a_look_up_of_more_than_can_be_answered_at_once_is_refused_with_the_place(typed: str, place: int) -> None:
    with pytest.raises(QueryError) as refused:
        parse_look_up(typed, today=TODAY)
    assert (refused.value.code, refused.value.position) == ("query.too_long", place)
    if len(typed) <= MAX_CHARS:
        parse_query(typed, today=TODAY)  # of a subscription nobody waits for


@pytest.mark.parametrize(
    ("read", "code"),
    [(parse_order, "query.not_ordered"), (partial(parse_look_up, refused=UNNAMED), "query.nobody_asks")],
)
def test_what_only_a_person_can_ask_is_refused_where_nobody_asks(read: Callable[..., Query], code: str) -> None:
    with pytest.raises(QueryError) as refused:
        read("moe -is:saved", today=TODAY)
    assert (refused.value.code, refused.value.position, refused.value.found) == (code, 8, "saved")
    assert read("moe has:link", today=TODAY) == parse_query("moe has:link", today=TODAY)


def test_an_order_cannot_follow_what_is_posted_already() -> None:
    with pytest.raises(QueryError) as refused:
        parse_order("moe -has:link,스레드", today=TODAY)
    assert (refused.value.code, refused.value.found) == ("query.not_ordered", "스레드")
    assert parse_look_up("moe has:thread", today=TODAY) == parse_query("moe has:thread", today=TODAY)


def test_an_order_cannot_follow_what_people_say() -> None:
    with pytest.raises(QueryError) as refused:
        parse_order("moe remark:(a OR b)", today=TODAY)
    assert (refused.value.code, refused.value.position) == ("query.not_ordered", 12)
    assert parse_look_up("remark:a", today=TODAY, refused=UNNAMED).tree == Remark("a")


def test_a_look_up_of_a_long_title_or_link_is_answered() -> None:
    for typed in ("A sentence with words " * 10, "https://arxiv.org/abs/2404.07965?" + "x" * 500):
        assert parse_look_up(typed, today=TODAY) == parse_query(typed, today=TODAY)


PIECES = st.sampled_from(
    ["moe", "학습", "OR", "NOT", "AND", "-", "(", ")", '"', "“", "tag:", "#", "since:", "day:어제", "sort:", "has:",
     ":", "https://arxiv.org/abs/2404.07965", "2404.07965", " ", "  ", "*", "<", "태그:", "author:(", "|",
     "\u1112\u1161", "３", ","]
)  # fmt: skip


@given(st.text(max_size=80) | st.lists(PIECES, max_size=25).map("".join), st.dates(date(1990, 1, 1), date(2100, 1, 1)))
def test_any_text_is_a_query_or_one_query_error(typed: str, today: date) -> None:
    place, text = 0, typed
    try:
        text = parse_query(typed, today=today).text
    except QueryError as error:
        place = error.position
    assert 0 <= place <= len(typed)
    assert text == typed


@pytest.mark.parametrize(
    ("typed", "shorter"),
    [
        ("a b", ["b", "a"]),
        ("tag:moe AND x -y sort:new", ["x -y sort:new", "tag:moe -y sort:new", "tag:moe x sort:new"]),
        ("(c OR d) since:3일 전 z", ["since:3일 전 z", "(c OR d) z", "(c OR d) since:3일 전"]),
        ("a OR b", []),
        ("a", []),
        ("day:지난주", []),
    ],
)
def test_a_query_is_told_without_each_of_its_terms(typed: str, shorter: list[str]) -> None:
    assert without_each(typed, today=TODAY) == shorter


@pytest.mark.parametrize(
    ("typed", "literal"),
    [
        ("transfomer", '"transfomer"'),
        ("tag:transfomer Transfomer transfomer, moe", 'tag:transfomer Transfomer "transfomer," moe'),
        (unicodedata.normalize("NFD", "학슾 transfomer"), '"학슾" "transfomer"'),
        ('"transfomer" moe', '"transfomer" moe'),
        ("a OR transfomer", 'a OR "transfomer"'),
    ],
)
def test_a_word_is_taken_as_it_stands_in_quotation_marks(typed: str, literal: str) -> None:
    assert literally(typed, ["transfomer", "학슾"], today=TODAY) == literal
