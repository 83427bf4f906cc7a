"""Private answers: pages of what was found, whole days, commentary, and what is shared."""

import re
from dataclasses import MISSING, fields, replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.digest.model import Entry, Paragraph
from bot.messages import actions, paper, results
from bot.messages.limits import clean, is_seen
from bot.messages.query import describe
from bot.messages.results import Hit, Looked, Shorter
from bot.messages.words import Words
from bot.search import tree
from bot.search.grammar import Query, parse_query
from bot.search.reading import Understood
from bot.search.related import Related
from bot.search.snippet import Snippet, Snippets
from bot.search.times import Time
from bot.search.tree import Word

DAY = date(2024, 4, 12)


def found(entries, query="moe", **given) -> list[Hit]:
    wanted = parse_query(query, today=DAY).tree
    return [Hit(stored, Snippets(wanted).of(stored.entry), **given) for stored in entries]


def looked(query="tag:moe", **found) -> Looked:
    return Looked(parse_query(query, today=DAY), **found)


def show(hits, words, *, total=None, page=1):
    return results.results(hits, looked(exact=total or len(hits)), page=page, pool_id="pool", words=words)


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
    said = replace(looked(), query=Query(Word("x" + "&" * 300), text=text), literal=text, nearest=[f"tag:{text}"] * 9)
    for each in (replace(said, exact=999, more=True), replace(said, close=999), replace(said, exact=495, close=504)):
        check(results.results(hits, each, page=50, pool_id="x" * 32, words=words))
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
    hits = [Hit(each, matched, thread, days, saved=True) for each in stored(*[entry] * 10).entries]
    taken = ((long, long),) * 9
    said = Looked(
        Query(parse_query(" ".join(["tag:moe"] * 99), today=DAY).tree, text=long),
        close=total,
        understood=Understood(taken, taken, taken),
        literal=long,
        nearest=[long] * 9,
    )
    pages = max(1, total // 20)
    content = results.results(hits, said, page=pages, pool_id="x" * 32, words=words)
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
    chunks = [chunk.text for each in paper.abstract(digest.entries[0].entry) for chunk in each.chunks]
    wanted = "".join(_kept(text) for text in ("T", *chunks, "x" * 14_191))
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


def test_what_was_said_in_a_thread_is_named_so(stored, en, rich_leaves):
    [hit] = found(stored(Entry("Title")).entries)
    shown = Snippet("remarks", (("cheap ", False), ("routing", True)))
    content = show([replace(hit, snippet=shown)], en)
    assert "In its thread: cheap routing" in content.text
    styled = [(leaf["text"], leaf.get("style")) for leaf in rich_leaves(content)]
    assert styled[-3:] == [("In its thread: ", {"italic": True}), ("cheap ", None), ("routing", {"bold": True})]


def test_the_menu_offers_commentary_only_where_there_is_some(stored, en):
    digest = stored(Entry("A", abstract=("x",)), Entry("B", commentary=(Paragraph("x", "en"),)), Entry("C"))
    assert menus(show(found(digest.entries), en)) == [
        ["commentary:1", "related:1", "save:1", "share:1"],
        ["commentary:2", "related:2", "save:2", "share:2"],
        ["related:3", "save:3", "share:3"],
    ]


def test_what_is_saved_already_is_marked_and_can_be_taken_off(stored, en):
    hits = [Hit(entry, saved=entry.id == 1) for entry in stored(Entry("A"), Entry("B")).entries]
    content = results.saved(hits, total=2, page=1, pool_id="", words=en)
    assert content.text.startswith("2 saved papers\n")
    assert menus(content) == [["related:1", "drop:1", "share:1"], ["related:2", "save:2", "share:2"]]
    assert str(content.blocks).count("★ Saved") == 1


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


def test_close_matches_follow_under_a_heading_of_their_own(stored, en, ko):
    hits = found(stored(Entry("A"), Entry("B"), Entry("C")).entries)
    some = looked("moe", exact=2, close=1)
    content = results.results(hits, some, page=1, pool_id="", words=en)
    assert [line[:2] for line in content.text.split("\n")[2:]] == ["1.", "2.", "Cl", "3."]
    assert "Close matches · 1 paper" in content.text.split("\n")
    assert content.text.startswith("“moe” · 2 papers\n")
    korean = results.results(hits, some, page=1, pool_id="", words=ko).text
    assert "비슷한 논문 1편" in korean.split("\n")
    many = looked("moe", exact=2, close=100)
    assert "Close matches · top 100" in results.results(hits, many, page=1, pool_id="p", words=en).text
    assert "비슷한 논문 (상위 100편)" in results.results(hits, many, page=1, pool_id="p", words=ko).text


def test_a_query_with_quotation_marks_gets_no_others(stored, en, ko):
    hits, less = found(stored(Entry("A")).entries), Shorter('"state space"', 3)
    for words in (en, ko):
        for said in (looked('"state space"', exact=1), looked('"state space"', close=1)):
            text = results.results(hits, said, page=1, pool_id="", words=words).text
            assert text.startswith('"state space" · ')
        assert '“"' not in results.nothing_found(said.query, [], words, less).text


@pytest.mark.parametrize(
    ("page", "heads"),
    [(1, []), (2, [False] * 3 + [True] + [False] * 7), (3, [True] + [False] * 10)],
)
def test_close_matches_begin_where_the_exact_ones_end_whatever_the_page(stored, en, page, heads):
    hits = found(stored(*[Entry("T")] * 10).entries)
    content = results.results(hits, looked("moe", exact=13, close=30), page=page, pool_id="pool", words=en)
    lines = content.text.split("\n")
    lines = lines[next(at for at, line in enumerate(lines) if line[0].isdigit() or line.startswith("Close")) :]
    assert [line == "Close matches · 30 papers" for line in lines] == (heads or [False] * 10)
    assert [int(line.split(".")[0]) for line in lines if line[0].isdigit()] == list(range(page * 10 - 9, page * 10 + 1))


def test_close_matches_alone_say_that_nothing_matches_and_what_was_understood(stored, en, shown):
    said = looked("moe transfomer", close=12, nearest=["tag:transformer"])
    content = results.results(found(stored(Entry("T")).entries), said, page=1, pool_id="pool", words=en)
    assert content.text.startswith(
        "“moe transfomer” · no exact match\nSearched: “moe”, “transfomer”\nTry instead: /paper tag:transformer\n"
    )
    assert "Close matches · 12 papers" in content.text
    assert "“transfomer”" in shown(content)
    assert buttons(content) == {actions.PAGE_NEXT: "pool:2"}


def test_more_than_are_counted_are_told_as_more(stored, en):
    hits = found(stored(Entry("T")).entries)
    content = results.results(hits, looked(exact=1000, more=True), page=1, pool_id="pool", words=en)
    assert content.text.startswith("“tag:moe” · 1,000+ papers\n")


def test_an_estimate_is_told_as_one_and_says_that_the_first_are_listed(stored, en):
    hits = found(stored(Entry("T")).entries)
    content = results.results(hits, looked(exact=301, about=7412), page=1, pool_id="pool", words=en)
    assert content.text.startswith("“tag:moe” · about 7,400 papers\nThe first 301 of them are listed. Add a word")
    content = results.results(hits, looked(exact=301, about=1000, more=True), page=1, pool_id="pool", words=en)
    assert content.text.startswith("“tag:moe” · 1,000+ papers\n")
    content = results.results(hits, looked(exact=3, about=6), page=1, pool_id="", words=en)
    assert content.text.startswith("“tag:moe” · about 6 papers\n")


def test_where_not_all_was_looked_at_nothing_is_said_of_the_rest(stored, en, ko):
    hits = found(stored(Entry("T")).entries)
    content = results.results(hits, looked(exact=0, close=1, about=1), page=1, pool_id="", words=en)
    assert "Only the newest papers that may match were searched" in content.text
    query = parse_query('"of the"', today=DAY)
    assert "최근 논문만" in results.nothing_found(query, [], ko, unread=True).text
    assert "최근 논문만" not in results.nothing_found(query, [], ko).text


def test_what_words_were_taken_for_is_one_line_and_what_was_typed_one_click_away(stored, en, ko):
    meant = Understood((("transfomer", "transformer"),), (("wjdfuf", "정렬"),), (("모델", "model"),))
    literal = '"transfomer" "wjdfuf" 모델'
    said = looked("transfomer wjdfuf 모델", exact=1, understood=meant, literal=literal)
    hits = found(stored(Entry("T")).entries)
    content = results.results(hits, said, page=1, pool_id="", words=en)
    assert content.text.split("\n")[1] == (
        "Spelling corrected: transfomer → transformer · Keyboard layout corrected: wjdfuf → 정렬"
        " · Also searched: 모델 = model"
    )
    assert buttons(content) == {actions.SEARCH: literal}
    assert "Search exactly “transfomer wjdfuf”" in content.text
    content = results.results(hits, replace(said, exact=0, close=1), page=1, pool_id="", words=en)
    assert "Searched" not in content.text
    assert "transfomer → transformer" in results.results(hits, said, page=1, pool_id="", words=ko).text
    assert buttons(results.results(hits, replace(said, literal=""), page=1, pool_id="", words=en)) == {}
    assert buttons(results.results(hits, replace(said, literal="x" * 2001), page=1, pool_id="", words=en)) == {}


def test_papers_of_one_day_do_not_repeat_it(stored, en):
    entries = stored(Entry("A", tags=("moe",)), Entry("B", ("Ann",))).entries
    day = results.day_view(DAY, found(entries), total=2, page=1, pool_id="", words=en)
    both = results.results(found(entries), looked(exact=2), page=1, pool_id="", words=en)
    assert day.text.count("April 12") == 1
    assert both.text.count("April 12") == 1
    assert sum(str(block).count("April 12") for block in day.blocks) == 1
    assert menus(day) == menus(both) == [["related:1", "save:1", "share:1"], ["related:2", "save:2", "share:2"]]
    other = replace(entries[1], day=date(2024, 4, 11))
    two = results.results(found([entries[0], other]), looked(exact=2), page=1, pool_id="", words=en)
    assert (two.text.count("April 12"), two.text.count("April 11")) == (1, 1)


def test_no_match_offers_the_query_with_less_and_how_many_that_finds(en, ko):
    query = parse_query("xyzzy tag:moe", today=DAY)
    content = results.nothing_found(query, [], en, Shorter("tag:moe", 34))
    assert "“tag:moe” finds papers: 34" in content.text
    assert buttons(content) == {actions.SEARCH: "tag:moe"}
    assert "34편" in results.nothing_found(query, [], ko, Shorter("tag:moe", 34)).text
    assert buttons(results.nothing_found(query, [], en)) == {}


def test_no_match_says_what_was_understood_and_what_is_near(en, rich_leaves):
    query = parse_query("tag:moes -author:kim since:2024-03", today=DAY)
    content = results.nothing_found(query, ["tag:moe"], en)
    assert "tag #moes, not author “kim”, from 1 Mar 2024" in content.text
    assert {"type": "text", "text": "/paper tag:moe", "style": {"code": True}} in rich_leaves(content)


@pytest.mark.parametrize(
    ("typed", "english", "korean"),
    [
        ("moe", "“moe”", "“moe”"),
        ('"state space"', "exactly “state space”", "“state space” 그대로"),
        ("tag:vision*", "a tag beginning with #vision", "#vision… 태그"),
        ("(a OR b) c", "(“a” or “b”), “c”", "(“a” 또는 “b”), “c”"),
        ("-(a b)", "not (“a”, “b”)", "(“a”, “b”) 제외"),
        ("title:x", "“x” in the title", "제목에 “x”"),
        ("abstract:x", "“x” in the abstract", "초록에 “x”"),
        ("note:x", "“x” in the commentary", "해설에 “x”"),
        ("day:2024-04-12", "on 12 Apr 2024", "2024년 4월 12일"),
        ("since:2026-11-23 until:2026-11-29", "23–29 Nov 2026", "2026년 11월 23일~29일"),
        ("since:2026-11-23 moe until:2026-11-29", "“moe”, 23–29 Nov 2026", "“moe”, 2026년 11월 23일~29일"),
        (
            "since:2026-11-29 until:2026-11-23",
            "from 29 Nov 2026, until 23 Nov 2026",
            "2026년 11월 29일부터, 2026년 11월 23일까지",
        ),
        ("until:2026-11-23", "until 23 Nov 2026", "2026년 11월 23일까지"),
        ("has:abstract", "with an abstract", "초록이 있는 논문"),
        ("remark:x", "“x” in its thread", "스레드 댓글에 “x”"),
        ("-is:saved", "not saved by you", "내가 저장한 논문 제외"),
        ("sort:new", "all papers", "모든 논문"),
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
    for kind in set(kinds) - {tree.Node, tree.Among, tree.Naming}:  # nobody can type these two
        given = {field.name: values.get(field.name, "x") for field in fields(kind) if field.default is MISSING}
        assert describe(kind(**given), words) != words.t("query.other"), kind


def test_today_without_a_digest_offers_the_latest(words):
    content = results.no_today(DAY, words)
    assert buttons(content) == {actions.LATEST: "latest"}
    assert words.date(DAY) in content.text


def test_a_day_without_a_digest_names_the_days_about_it(en, ko):
    around = {"before": date(2024, 4, 11), "after": date(2024, 4, 15)}
    assert results.no_day(DAY, en, **around).text.split("\n")[1:] == [
        "Previous digest: Thursday, April 11, 2024. To read it, type /paper 2024-04-11",
        "Next digest: Monday, April 15, 2024. To read it, type /paper 2024-04-15",
    ]
    assert results.no_day(DAY, ko, after=date(2024, 4, 15)).text.split("\n")[1:] == [
        "다음 다이제스트: 2024년 4월 15일 월요일. 읽으려면: /paper 2024-04-15"
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


def test_a_related_paper_tells_what_it_shares_and_which_links_to_the_other(stored, en, ko, check):
    subject, other, third = stored(
        Entry("Rho-1"), Entry("A", commentary=(Paragraph("A gist.", "en"),)), Entry("B")
    ).entries
    near = [Hit(other, near=Related(2, 1.0, ("Routing", "선형"), ("moe",), True)), Hit(third, near=Related(3, 0.1))]
    content = results.related(subject, near, en)
    check(content)
    assert content.text.startswith("Related to “Rho-1”\n")
    assert "linked from this paper’s note · in common: Routing, 선형, #moe" in content.text
    assert "A gist" not in content.text
    assert "공통 키워드: Routing" in results.related(subject, near, ko).text
    assert "Rho-1" in results.related(subject, [], en).text
    naming = Hit(other, near=Related(2, 1.0, naming=True))
    assert "its note links to this paper" in results.related(subject, [naming], en).text
    assert "이 논문의 노트가 기준 논문을 링크함" in results.related(subject, [naming], ko).text


def test_what_is_related_to_a_day_names_the_day(stored, en, ko, check):
    day = stored(Entry("Rho-1"), Entry("A"))
    content = results.related(day, [Hit(day.entries[1], near=Related(2, 0.3, ("Routing",)))], en)
    check(content)
    assert content.text.startswith(f"Related to the papers of {en.date(day.day)}\n")
    assert en.date(day.day) in results.related(day, [], en).text
    assert ko.date(day.day) in results.related(day, [], ko).text


def test_says_what_was_taken_for_a_time_and_offers_the_words_instead(stored, en: Words, ko: Words) -> None:
    hits = [Hit(stored(Entry("A")).entries[0])]
    year = Time("2024", date(2024, 1, 1), date(2024, 12, 31), "2024")
    query = replace(
        looked().query, text="2024 moe 지난주", times=(year, Time("지난주", date(2024, 4, 8), date(2024, 4, 14)))
    )
    said = replace(looked(exact=1), query=query, literal='"2024" moe "지난주"')
    content = results.results(hits[:1], said, page=1, pool_id="", words=en)
    assert "2024 = 1 Jan – 31 Dec 2024, or the word itself, 지난주 = 8–14 Apr 2024" in content.text.replace(
        "\u2009", " "
    )
    assert buttons(content) == {actions.SEARCH: '"2024" moe "지난주"'}
    assert "2024 = 2024년 1월 1일 ~ 12월 31일 또는 단어 그대로" in results.taken_for(Understood(), ko, (year,))
    none = results.nothing_found(query, [], en, literal='"2024" moe')
    assert buttons(none) == {actions.SEARCH: '"2024" moe'}


def test_offers_the_usual_spelling_and_says_nothing_else_of_it(stored, en: Words) -> None:
    hits = [Hit(stored(Entry("A")).entries[0])]
    meant = Understood(usual=(("transfomer", "transformer"),))
    said = looked("transfomer moe", exact=1, understood=meant, usual="transformer moe")
    content = results.results(hits[:1], said, page=1, pool_id="", words=en)
    assert "Did you mean: transformer?" in content.text
    assert buttons(content) == {actions.SEARCH: "transformer moe"}
