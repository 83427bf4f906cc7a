import unicodedata
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import QueryError
from bot.search.command import (
    Command,
    Find,
    Help,
    Latest,
    OnDay,
    OnePaper,
    Pause,
    Random,
    Related,
    Remarks,
    Resume,
    Saved,
    Subscribe,
    Subscriptions,
    Tags,
    Today,
    Unsubscribe,
    Why,
    near_command,
    parse_command,
    parse_search,
)
from bot.search.grammar import UNNAMED, Query, parse_look_up, parse_query
from bot.search.tree import All, Since, Until

TODAY = date(2024, 4, 15)


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("", Latest()),
        ("  ", Latest()),
        ("Latest", Latest()),
        ("최신", Latest()),
        ("today", Today()),
        ("오늘", Today()),
        ("random", Random()),
        ("무작위", Random()),
        ("saved", Saved()),
        ("저장", Saved()),
        ("remarks", Remarks()),
        ("Remarks ON", Remarks(True)),
        ("댓글 끄기", Remarks(False)),
        ("help", Help()),
        ("도움말", Help()),
        (unicodedata.normalize("NFD", "도움말"), Help()),
        ("related", Related()),
        ("관련", Related()),
        ("Why", Why()),
        ("왜", Why()),
        ("tags", Tags()),
        ("tags #vis*", Tags("vis")),
        ("태그 vis", Tags("vis")),
        ("subscriptions", Subscriptions()),
        ("구독 목록", Subscriptions()),
        ("subscribe", Subscribe()),
        ("subscribe tag:moe -gan", Subscribe("tag:moe -gan")),
        ("구독 tag:moe", Subscribe("tag:moe")),
        ("unsubscribe", Unsubscribe()),
        ("구독 취소 tag:moe", Unsubscribe("tag:moe")),
        ("구독해지", Unsubscribe()),
        ("pause", Pause()),
        ("일시 정지", Pause()),
        ("pause 2w", Pause(date(2024, 4, 29))),
        ("Pause until 2026-12-01", Pause(date(2026, 12, 1))),
        ("일시정지 12월 1일까지", Pause(date(2024, 12, 1))),
        ("pause tag:moe", Pause(None, "tag:moe")),
        ("pause tag:moe llm until 1 December", Pause(date(2024, 12, 1), "tag:moe llm")),
        ("resume", Resume()),
        ("재개 tag:moe", Resume("tag:moe")),
        ("why 2024-04-12", Why(day=date(2024, 4, 12))),
        ("왜 4월 12일?", Why(day=date(2024, 4, 12), yearless=True)),
        ("why latest?", Why(newest=True)),
        ("왜 최신", Why(newest=True)),
        ("why 2404.07965v2", Why(link="https://arxiv.org/abs/2404.07965v2")),
        ("why arXiv: 2404.07965?", Why(link="https://arxiv.org/abs/2404.07965")),
        ("why cs/0112017", Why(link="https://arxiv.org/abs/cs/0112017")),
        ("why doi:10.1145/(x)", Why(link="https://doi.org/10.1145/(x)")),
        ("왜 openreview:abC_1", Why(link="https://openreview.net/forum?id=abC_1")),
        ("why https://example.org/A?b=1", Why(link="https://example.org/A?b=1")),
        ("why <https://example.org/A>", Why(link="https://example.org/A")),
        ("why arxiv.org/abs/2404.07965", Why(link="https://arxiv.org/abs/2404.07965")),
        ('why "Rho-1: Not All Tokens"', Why(title="Rho-1: Not All Tokens")),
        ("왜 “상태 공간”", Why(title="상태 공간")),
        ("2024-04-12", OnDay(date(2024, 4, 12))),
        ("4월 12일", OnDay(date(2024, 4, 12), yearless=True)),
        ("어제", OnDay(date(2024, 4, 14))),
        ("3 days ago", OnDay(date(2024, 4, 12))),
        ("이달", Find(Query(All((Since(date(2024, 4, 1)), Until(date(2024, 4, 30)))), text='day:"이달"'))),
        ("전 달", Find(Query(All((Since(date(2024, 3, 1)), Until(date(2024, 3, 31)))), text='day:"전 달"'))),
        ("지난주", Find(Query(All((Since(date(2024, 4, 8)), Until(date(2024, 4, 14)))), text='day:"지난주"'))),
    ],
)
def test_reads_a_command(typed: str, command: Command) -> None:
    assert parse_command(typed, today=TODAY) == command


@pytest.mark.parametrize(
    "typed",
    ["latest diffusion models", "saved computation", "remarks on attention",
     "today we learn", "random forest", "tags in graph networks", "help me", "moe",
     "why tag:moe", "resumes", "pausing", "save tokens", "commentary on attention", "저장 공간",
     "subscriptions moe", "10", "may", "2w", "one year", "최신 모델", "subscribers",
     "이해", "이주", "이월", "이년", "전달", "전해", "전주"],
)  # fmt: skip
def test_a_verb_whose_rest_does_not_fit_is_a_query(typed: str) -> None:
    assert parse_command(typed, today=TODAY) == Find(parse_query(typed, today=TODAY))


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("why transformers", "transformers"),
        ("why rho-1?", "rho-1"),
        ("why 10", "10"),
        ("why not/that", "not/that"),
        ("왜 모델은", "모델은"),
    ],
)
def test_words_after_why_may_be_a_title_and_else_a_look_up(typed: str, title: str) -> None:
    assert parse_command(typed, today=TODAY) == Why(title=title, otherwise=parse_query(typed, today=TODAY))


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("save 2404.07965", OnePaper(link="https://arxiv.org/abs/2404.07965", what="save")),
        ("저장 2404.07965", OnePaper(link="https://arxiv.org/abs/2404.07965", what="save")),
        ("저장 취소 2404.07965", OnePaper(link="https://arxiv.org/abs/2404.07965", what="drop")),
        ('commentary "Rho-1"', OnePaper(title="Rho-1", what="commentary")),
        ("해설 arxiv.org/abs/2404.07965", OnePaper(link="https://arxiv.org/abs/2404.07965", what="commentary")),
    ],
)
def test_a_paper_is_named_after_a_verb(typed: str, command: Command) -> None:
    assert parse_command(typed, today=TODAY) == command


@pytest.mark.parametrize(
    ("typed", "query"), [("find latest", "latest"), ("찾기 오늘", "오늘"), ("FIND 2024-04-12", "2024-04-12")]
)
def test_find_is_always_a_query(typed: str, query: str) -> None:
    assert parse_command(typed, today=TODAY) == Find(parse_query(query, today=TODAY))


@pytest.mark.parametrize(
    ("typed", "command"), [("pause tokens", Pause), ("재개 학습", Resume), ("pause 3 tokens", Pause)]
)
def test_words_after_a_pause_may_be_a_look_up_after_all(typed: str, command: type[Pause | Resume]) -> None:
    read = parse_command(typed, today=TODAY)
    assert isinstance(read, command)
    assert read.query == typed.split(" ", 1)[1]
    assert read.otherwise == parse_query(typed, today=TODAY)


@pytest.mark.parametrize(
    ("typed", "position"),
    [
        ("pause tga:moe", 6),
        ("재개 tga:moe", 3),
        ("tga:moe", 0),
        ("subscribe tga:moe", 10),
        ("subscribe is:saved", 13),
        ("subscribe moe remark:x", 21),
        ("  find  tga:moe", 8),
        ("구독 취소 tga:moe", 6),
    ],
)
def test_a_mistake_has_its_place_in_the_whole_text(typed: str, position: int) -> None:
    with pytest.raises(QueryError) as caught:
        parse_command(typed, today=TODAY)
    assert caught.value.position == position


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("hlep", "help"),
        ("Subscriptons", "subscriptions"),
        ("subscrbe tag:moe", "subscribe tag:moe"),
        ("구독 취수", "구독 취소"),
        ("moe", None),
        ("random forest", None),
        ("attention", None),
        ("help", None),
        ("", None),
    ],
)
def test_a_mistyped_command_is_known_for_one(typed: str, meant: str | None) -> None:
    assert near_command(typed) == meant


@given(
    st.text(max_size=60)
    | st.builds(
        "{} {}".format, st.sampled_from(["subscribe", "구독", "find", "tags", "pause", "왜"]), st.text(max_size=40)
    )
)
def test_any_text_is_a_command_or_one_query_error(typed: str) -> None:
    place = 0
    try:
        parse_command(typed, today=TODAY)
    except QueryError as error:
        place = error.position
    assert 0 <= place <= len(typed)


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("related 2404.07965", Related(link="https://arxiv.org/abs/2404.07965")),
        ("Related <https://arxiv.org/abs/2404.07965>", Related(link="https://arxiv.org/abs/2404.07965")),
        ('related "Rho-1: Not All"', Related(title="Rho-1: Not All")),
        ("관련 “로우 1”", Related(title="로우 1")),
        ("관련 2404.07965", Related(link="https://arxiv.org/abs/2404.07965")),
        ("related 2024-04-10", Related(day=date(2024, 4, 10))),
        ("관련 4월 12일", Related(day=date(2024, 4, 12), yearless=True)),
        ("related yesterday", Related(day=TODAY - timedelta(days=1))),
        ("related latest", Related(newest=True)),
    ],
)
def test_related_is_a_verb_before_a_link_an_id_a_day_or_a_title_in_quotes(typed: str, command: Command) -> None:
    assert parse_command(typed, today=TODAY) == command


@pytest.mark.parametrize("typed", ["related tag:moe", "related work author:gou"])
def test_related_before_a_field_is_a_word(typed: str) -> None:
    assert isinstance(parse_command(typed, today=TODAY), Find)


@pytest.mark.parametrize("typed", ["related work", "관련 연구", "Related  Rho-1: Not All"])
def test_related_before_other_words_may_be_a_look_up(typed: str) -> None:
    command = parse_command(typed, today=TODAY)
    assert command == Related(title=" ".join(typed.split()[1:]), otherwise=parse_look_up(typed, today=TODAY))


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("지난주", 'day:"지난주"'),
        ("find today", "today"),
        ("related 2404.07965", ""),
        ("random", ""),
        ("tags vision", ""),
    ],
)
def test_where_nothing_can_be_done_but_look_up_a_verb_is_a_word(typed: str, query: str) -> None:
    assert parse_search(typed, today=TODAY, refused={}) == parse_query(query or typed, today=TODAY)


@pytest.mark.parametrize(("typed", "day"), [("오늘", TODAY), ("어제", date(2024, 4, 14))])
def test_a_day_is_a_day_there_too(typed: str, day: date) -> None:
    assert parse_search(typed, today=TODAY, refused={}) == OnDay(day)


def test_what_may_not_be_asked_there_is_refused_with_its_place() -> None:
    with pytest.raises(QueryError) as refused:
        parse_search("find is:saved", today=TODAY, refused=UNNAMED)
    assert (refused.value.code, refused.value.position) == ("query.nobody_asks", 8)
