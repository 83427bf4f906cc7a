"""Private answers: pages of what was found, whole days, commentary, and what is shared."""

import re
from dataclasses import MISSING, fields, replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.digest.model import Entry, Paragraph
from bot.messages import actions, results
from bot.messages.limits import clean, is_seen
from bot.messages.query import describe
from bot.messages.results import Close, Hit
from bot.messages.words import Words
from bot.search import tree
from bot.search.grammar import parse_query
from bot.search.snippet import Snippet, snippet

DAY = date(2024, 4, 12)


def found(entries, query="moe", **given) -> list[Hit]:
    wanted = parse_query(query, today=DAY).tree
    return [Hit(stored, snippet(stored.entry, wanted), **given) for stored in entries]


def show(hits, words, *, total=None, page=1):
    return results.results(hits, total=total or len(hits), page=page, pool_id="pool", query_text="tag:moe", words=words)


def buttons(content) -> dict[str, str]:
    return {
        element["action_id"]: element["value"]
        for block in content.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    }


def menus(content) -> list[list[str]]:
    return [
        [option["value"] for option in block["accessory"]["options"]]
        for block in content.blocks
        if "accessory" in block
    ]


@settings(max_examples=20)
@given(st.data(), st.sampled_from(["en", "ko"]))
def test_ten_results_of_any_kind_are_one_message(stored, any_entry, any_text, check, data, lang):
    ten = data.draw(st.lists(any_entry, min_size=2, max_size=2)) * 5
    days = tuple(date(2024, 1, day) for day in range(1, 12))
    thread = "https://team.slack.example/archives/C1/p1?thread_ts=1&cid=C1"
    two = found(stored(*ten[:2]).entries, also_on=days, thread=thread)
    hits = [replace(two[place % 2], entry=entry) for place, entry in enumerate(stored(*ten).entries)]
    words = Words(lang)
    text = data.draw(any_text)
    check(results.results(hits, total=999, page=50, pool_id="x" * 32, query_text=text, words=words))
    close = results.Close(parse_query('tag:"x' + "&" * 300 + '"', today=DAY), [f"tag:{text}"] * 9)
    check(results.results(hits, total=999, page=50, pool_id="x" * 32, query_text=text, words=words, close=close))
    check(results.day_view(DAY, hits, total=999, page=50, pool_id="x" * 32, words=words))
    for hit in hits[:2]:
        check(results.shared(hit.entry, "U1ABCDEF", words))
        for content in results.commentary(hit.entry, words):
            check(content, text=12_000)


@pytest.mark.parametrize("piece", ["word ", "가", "👩‍👩‍👧 ", "&"])
@pytest.mark.parametrize("total", [10, 999_999])
def test_ten_of_the_longest_results_are_one_message(stored, words, check, piece, total):
    long = (piece * 800)[:790]
    entry = Entry(
        long, (long,) * 50, ("https://arxiv.org/abs/2404.07904",), (long,), (Paragraph(long, "ko"),), (long,) * 9
    )
    days = tuple(date(2024, 1, day) for day in range(1, 12))
    thread = "https://team.slack.example/archives/C1/p1?thread_ts=1&cid=C1&x=" + "x" * 110
    matched = Snippet("commentary", ((long[:80], False), (long[80:162], True)))
    hits = [Hit(each, matched, thread, days) for each in stored(*[entry] * 10).entries]
    close = Close(parse_query(" ".join(["tag:moe"] * 99), today=DAY), [long] * 9)
    pages = max(1, total // 20)
    content = results.results(
        hits, total=total, page=pages, pool_id="x" * 32, query_text=long, words=words, close=close
    )
    check(content)
    assert sum(thread.replace("&", "&amp;") in str(block) for block in content.blocks) == 10
    check(results.day_view(DAY, hits, total=total, page=pages, pool_id="x" * 32, words=words))


def test_what_matched_in_the_title_or_a_tag_alone_is_not_shown_twice(stored, en, shown):
    entry = Entry("JetMoE", commentary=(Paragraph("이유가 되는 한 줄입니다.", "ko"),), tags=("moe",))
    for query in ("moe", "jetmoe", "title:jetmoe"):
        content = show(found(stored(entry).entries, query), en)
        assert content.text.split(" — ")[1:] == ["이유가 되는 한 줄입니다."]
    bare = Entry("JetMoE", tags=("moe",))
    assert " — " not in show(found(stored(bare).entries, "moe"), en).text


@settings(max_examples=30)
@given(st.data())
def test_commentary_is_whole(stored, any_text, rich_leaves, data):
    abstract = data.draw(st.lists(any_text, max_size=3))
    digest = stored(Entry("T", abstract=tuple(abstract), commentary=(Paragraph("x" * 14_191, "ko"),)))
    contents = results.commentary(digest.entries[0], Words("en"))
    leaves = [leaf.get("text", "") for content in contents for leaf in rich_leaves(content)]
    wanted = "".join(_kept(text) for text in ("T", *abstract, "x" * 14_191))
    assert _kept("".join(leaves)) == wanted


def _kept(text: str) -> str:
    return "".join(filter(is_seen, clean(text)))


def test_the_longest_commentary_takes_few_messages(stored, en, check):
    """A click's address takes five."""
    paragraphs = tuple(Paragraph("문장입니다. " * 2000, "ko") for _ in range(1))
    contents = results.commentary(stored(Entry("T", commentary=paragraphs)).entries[0], en)
    assert len(contents) == 2
    for content in contents:
        check(content, text=12_000)
    assert "1/2" in contents[0].text
    assert "2/2" in contents[1].text


@pytest.mark.parametrize(
    ("page", "turns"),
    [
        (1, {actions.PAGE_NEXT: "pool:2"}),
        (2, {actions.PAGE_PREV: "pool:1", actions.PAGE_NEXT: "pool:3"}),
        (3, {actions.PAGE_PREV: "pool:2"}),
    ],
)
def test_pages_can_be_turned_where_there_are_more(stored, words, page, turns):
    hits = found(stored(*[Entry("T")] * 10).entries)
    assert buttons(show(hits, words, total=23, page=page)) == turns


def test_one_page_has_nothing_to_turn(stored, words):
    assert buttons(show(found(stored(Entry("T")).entries), words)) == {}


def test_results_are_numbered_through(stored, en):
    content = show(found(stored(*[Entry("T")] * 3).entries), en, total=23, page=3)
    assert re.findall(r"^(\d+)\.", content.text, re.MULTILINE) == ["21", "22", "23"]


def test_the_match_is_bold_and_nothing_else_of_the_snippet(stored, en, rich_leaves):
    entry = Entry("Title", commentary=(Paragraph("라우팅 비용을 줄이는 moe 구조입니다.", "ko"),))
    leaves = rich_leaves(show(found(stored(entry).entries), en))
    assert [leaf["text"] for leaf in leaves if leaf.get("style") == {"bold": True}] == ["Title", "moe"]


def test_the_menu_offers_commentary_only_where_there_is_some(stored, en):
    digest = stored(Entry("A", abstract=("x",)), Entry("B", commentary=(Paragraph("x", "en"),)), Entry("C"))
    assert menus(show(found(digest.entries), en)) == [
        ["commentary:1", "share:1"],
        ["commentary:2", "share:2"],
        ["share:3"],
    ]


def test_a_result_tells_its_day_its_other_days_and_its_thread(stored, en, shown):
    hits = found(stored(Entry("T")).entries, also_on=(date(2024, 4, 9), DAY), thread="https://x.example/archives/C/p1")
    content = show(hits, en)
    line = next(block for block in content.blocks if "accessory" in block)["text"]["text"]
    assert line == "Friday, April 12, 2024 · also on 2024-04-09 · <https://x.example/archives/C/p1|thread>"


def test_a_day_pages_like_any_answer(stored, en):
    hits = found(stored(*[Entry("T")] * 10).entries)
    content = results.day_view(DAY, hits, total=47, page=2, pool_id="pool", words=en)
    assert content.text.startswith("Friday, April 12, 2024 · 47 papers\nPage 2 of 5\n")
    assert buttons(content) == {actions.PAGE_PREV: "pool:1", actions.PAGE_NEXT: "pool:3"}


def test_close_matches_say_that_they_are_no_more_and_what_was_understood(stored, en, ko, shown):
    close = results.Close(parse_query("moe transfomer", today=DAY), ["transformer"])
    hits = found(stored(Entry("T")).entries)
    given = {"total": 12, "page": 1, "pool_id": "pool", "query_text": "moe transfomer", "close": close}
    content = results.results(hits, words=en, **given)
    assert content.text.startswith(
        "Close matches · 12 papers\nNothing matches all of it. I looked for: “moe” anywhere and “transfomer” anywhere\n"
        "Try instead: /paper transformer\nPage 1 of 2\n"
    )
    assert "“transfomer” anywhere" in shown(content)
    assert buttons(content) == {actions.PAGE_NEXT: "pool:2"}
    assert results.results(hits, words=ko, **given).text.startswith("비슷한 결과 · 논문 12편")


def test_no_match_says_what_was_understood_and_what_is_near(en, rich_leaves):
    query = parse_query("tag:moes -author:kim since:2024-03", today=DAY)
    content = results.nothing_found(query, ["tag:moe"], en)
    assert "tag #moes and not author “kim” and on or after Friday, March 1, 2024" in content.text
    assert {"type": "text", "text": "/paper tag:moe", "style": {"code": True}} in rich_leaves(content)


@pytest.mark.parametrize(
    ("typed", "english", "korean"),
    [
        ("moe", "“moe” anywhere", "“moe”"),
        ('"state space"', "“state space” word for word", "“state space” 그대로"),
        ("tag:vision*", "a tag beginning with #vision", "#vision… 태그"),
        ("(a OR b) c", "(“a” anywhere or “b” anywhere) and “c” anywhere", "(“a” 또는 “b”) 그리고 “c”"),
        ("-(a b)", "not (“a” anywhere and “b” anywhere)", "(“a” 그리고 “b”) 제외"),
        ("title:x", "“x” in the title", "제목에 “x”"),
        ("abstract:x", "“x” in the abstract", "초록에 “x”"),
        ("note:x", "“x” in the commentary", "해설에 “x”"),
        ("day:2024-04-12", "on Friday, April 12, 2024", "2024년 4월 12일 금요일 하루"),
        ("has:abstract", "with an abstract", "초록이 있는 것"),
        ("sort:new", "everything", "전체"),
    ],
)
def test_a_query_is_told_in_words(en, ko, typed, english, korean):
    wanted = parse_query(typed, today=DAY).tree
    assert describe(wanted, en) == english
    assert describe(wanted, ko) == korean


def test_every_kind_of_condition_has_words(words):
    """A new kind of node is described before it is shown to anyone."""
    values = {"parts": (tree.Word("a"), tree.Word("b")), "part": tree.Word("a"), "day": DAY, "what": "tag"}
    kinds = [kind for kind in vars(tree).values() if isinstance(kind, type) and issubclass(kind, tree.Node)]
    for kind in set(kinds) - {tree.Node}:
        given = {field.name: values.get(field.name, "x") for field in fields(kind) if field.default is MISSING}
        assert describe(kind(**given), words) != words.t("query.other"), kind


def test_today_without_a_digest_offers_the_latest(words):
    content = results.no_today(DAY, words)
    assert buttons(content) == {actions.LATEST: "latest"}
    assert words.date(DAY) in content.text


def test_a_day_without_a_digest_names_the_days_about_it(en, ko):
    around = {"before": date(2024, 4, 11), "after": date(2024, 4, 15)}
    assert results.no_day(DAY, en, **around).text.split("\n")[1:] == [
        "Previous digest: Thursday, April 11, 2024 (type /paper 2024-04-11)",
        "Next digest: Monday, April 15, 2024 (type /paper 2024-04-15)",
    ]
    assert results.no_day(DAY, ko, after=date(2024, 4, 15)).text.split("\n")[1:] == [
        "다음 다이제스트: 2024년 4월 15일 월요일 (/paper 2024-04-15 입력)"
    ]


def test_an_empty_archive_says_what_to_do(words):
    assert results.no_today(None, words) == results.empty_archive(words)
    assert "paperround ingest" in results.empty_archive(words).text


def test_what_is_shared_names_who_and_can_be_taken_back(stored, words, rich_leaves):
    content = results.shared(stored(Entry("T")).entries[0], "U1ABCDEF", words)
    assert {"type": "user", "user_id": "U1ABCDEF"} in rich_leaves(content)
    assert content.text.startswith("<@U1ABCDEF>")
    assert buttons(content) == {actions.TAKE_BACK: "U1ABCDEF"}


def test_a_click_gives_no_more_messages_of_a_commentary_than_slack_takes(stored, words, check):
    [entry] = stored(Entry("T", commentary=(Paragraph("word " * 20_000, "en"),))).entries
    whole = results.commentary(entry, words)
    assert len(whole) > 2 * results.TURN
    shown, after = [], 0
    while turn := results.commentary_turn(entry, words, after):
        assert len(turn) <= 4
        for content in turn:
            check(content, text=12_000)
        shown += [content.text for content in turn]
        pressed = [button for content in turn for button in buttons(content).items()]
        after += len(turn)
        assert pressed == ([(actions.MORE, f"{entry.id}:{after}")] if after < len(whole) else [])
    assert shown == [content.text for content in whole]
