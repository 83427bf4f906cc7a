"""The index finds exactly what the tree says, for any archive and query; and what a person expects of this one."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Engine

from bot.digest.document import Document, parse_document
from bot.digest.keys import entry_key, tag_key
from bot.digest.model import Digest, Entry, Paragraph, StoredEntry
from bot.search import engine as engine_file
from bot.search.engine import Found
from bot.search.glossary import parse_glossary
from bot.search.grammar import Query, parse_query
from bot.search.tree import (
    Abstract,
    All,
    Among,
    Any,
    Author,
    Commentary,
    Has,
    Naming,
    Node,
    Not,
    On,
    Phrase,
    Since,
    Source,
    Tag,
    Title,
    Until,
    Word,
    asked,
)
from bot.store import archive as archive_file
from bot.store import candidates as candidates_file
from bot.store import index as index_file
from bot.store.database import migrate, open_database, transaction
from bot.store.digests import Digests
from bot.store.index import Index

TODAY = date(2024, 4, 15)
DAY = date(2024, 4, 11)
NOW = datetime(2024, 4, 12, 9, tzinfo=UTC)


def entry(
    id: int,
    title: str,
    commentary: str = "",
    *,
    tags: Sequence[str] = (),
    day: date = DAY,
    key: str = "",
    **more: object,
) -> StoredEntry:
    said = (Paragraph(commentary, "ko"),) if commentary else ()
    return StoredEntry(id, key or title, "vault", day, id, Entry(title, commentary=said, tags=tuple(tags), **more))  # type: ignore[arg-type]


ARCHIVE = (
    entry(
        1,
        "Rho-1: Not All Tokens Are What You Need",
        "손실이 높은 토큰에는 노이즈가 섞여 있기 마련입니다.",
        tags=["pretraining"],
    ),
    entry(2, "RecurrentGemma", "크기가 정해진 상태만 들고 가는 공개 모델.", tags=["llm", "state-space-model"]),
    entry(3, "JetMoE: Reaching Llama2 Performance", "적은 비용의 강화학습 없는 조합.", tags=["moe", "llm"]),
    entry(4, "From Words to Numbers", "비선형회귀까지 문맥만으로 풀어냅니다.", tags=["in-context-learning"]),
    entry(5, "HGRN2", "순환망에 상태를 더합니다.", tags=["State_Space_Model"]),
    entry(6, "Ferret-v2", "가리킨 곳을 더 또렷이 봅니다.", tags=["vision-language", "visual-grounding"]),
    entry(7, "Learning to Localize Objects", "위치를 말하게 합니다.", tags=["vision-language", "visual_grounding"]),
)


@pytest.fixture
def index(engine: Engine) -> Index:
    made = Index(engine)
    made.ensure()
    return made


@pytest.fixture
def put(engine: Engine, index: Index) -> Callable[..., None]:
    def write(*entries: StoredEntry) -> None:
        with transaction(engine) as connection:
            index.update(connection, entries)

    return write


@pytest.fixture
def find(index: Index) -> Callable[..., tuple[int, ...]]:
    def ask(text: str, limit: int = 1000) -> tuple[int, ...]:
        return index.search(parse_query(text, today=TODAY), limit).ids

    return ask


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("tag:moe", [3]),
        ("tag:state-space-model", [2, 5]),
        ("tag:visual-grounding", [6, 7]),
        ("노이즈", [1]),
        ("회귀", [4]),
        ("학습", [3]),
        ("비선형회귀", [4]),
        ("선형귀", []),
        ("moe", [3]),
        ("JETMOE llama-2", [3]),
        ('"상태를 더합니다"', [5]),
        ("tag:vision* -tag:visualgrounding", []),
        ("상태 -공개", [5]),
        ("(노이즈 OR 회귀) since:2024-04-11", [1, 4]),
        ("day:2024-04-10", []),
        ("has:abstract", []),
        ("-tag:llm -tag:vision*", [1, 4, 5]),
        ("tokens since:2024-04-12 until:2024-04-01", []),
    ],
)
def test_finds(put: Callable[..., None], find: Callable[..., tuple[int, ...]], query: str, ids: list[int]) -> None:
    put(*ARCHIVE)
    assert sorted(find(query)) == ids


def test_filters_alone_show_the_newest_first_and_a_day_in_its_order(
    put: Callable[..., None], find: Callable[..., tuple[int, ...]]
) -> None:
    put(entry(1, "A", day=DAY), entry(2, "B", day=DAY), entry(3, "C", day=DAY + timedelta(days=1)))
    assert find("since:2024-01-01") == (3, 1, 2)
    assert find("has:link OR -has:link") == (3, 1, 2)
    assert find("") == (3, 1, 2)


def test_words_show_the_best_first_unless_the_newest_or_oldest_is_asked_for(
    put: Callable[..., None], find: Callable[..., tuple[int, ...]]
) -> None:
    put(entry(1, "On routing"), entry(2, "B", "routing", day=DAY + timedelta(days=1)))
    assert find("routing") == (1, 2)
    assert find("routing sort:new") == (2, 1)
    assert find("routing sort:old") == (1, 2)


def test_a_paper_of_two_days_is_shown_once_on_the_newest_that_matches(
    put: Callable[..., None], find: Callable[..., tuple[int, ...]], index: Index
) -> None:
    put(
        entry(1, "A", "처음", key="arxiv:1"),
        entry(2, "A", "다시", key="arxiv:1", day=DAY + timedelta(days=3)),
        entry(3, "B", "다시", key="arxiv:2", day=DAY + timedelta(days=1)),
    )
    assert find("title:a") == (2,)
    assert find("처음") == (1,)
    assert find("sort:old") == (3, 2)
    assert index.search(Query(None)).total == 2


def test_what_changed_is_found_as_it_is_now(
    put: Callable[..., None], find: Callable[..., tuple[int, ...]], index: Index, engine: Engine
) -> None:
    put(entry(1, "Sparse"), entry(2, "Other"))
    put(entry(1, "Dense", day=DAY + timedelta(days=1)))
    assert find("sparse") == ()
    assert find("dense day:2024-04-12") == (1,)
    put(replace(entry(1, "Dense"), withdrawn=True))
    assert find("dense") == ()
    put(*(replace(entry(id, "Other"), withdrawn=True) for id in (2, 77)))
    assert find("") == ()


def test_a_day_is_shown_in_its_order_in_whichever_order_its_papers_came(engine: Engine, index: Index) -> None:
    digests = Digests(engine, index)
    now = datetime(2024, 4, 12, 9, tzinfo=UTC)

    def save(name: str, *titles: str, day: date = DAY) -> None:
        entries = tuple(Entry(title, (f"https://arxiv.org/abs/2404.{ord(title):05}",)) for title in titles)
        digests.save("vault", [(Document(name, name, b"", hash=name), Digest(day, "", entries, "page"))], now)

    save("page.html", "C", "D")
    save("again.html", "A", "C", "B", "D")
    save("next.html", "X", "Y", day=DAY + timedelta(days=1))
    titles = {id: stored.entry.title for id in range(1, 7) for stored in digests.load_entries([id])}

    def shown(query: str, limit: int = 1000) -> str:
        found = index.search(parse_query(query, today=TODAY), limit)
        return " ".join(titles[id] for id in found.ids)

    before = [shown(query) for query in ("", "sort:old", "-has:tag")]
    stored = digests.load_day("vault", DAY)
    assert stored is not None
    in_order = " ".join(each.entry.title for each in stored.entries)
    assert before == [f"X Y {in_order}", f"{in_order} X Y", f"X Y {in_order}"]
    assert shown("", 2) == "X Y"
    index.rebuild()
    assert [shown(query) for query in ("", "sort:old", "-has:tag")] == before


def test_an_edited_entry_keeps_its_place_in_the_day(
    put: Callable[..., None], find: Callable[..., tuple[int, ...]]
) -> None:
    put(entry(1, "A"), entry(2, "B"), entry(3, "C"))
    put(entry(2, "B again"), entry(4, "D"))
    assert find("") == (4, 1, 2, 3)


def test_only_what_really_matches_is_excluded(put: Callable[..., None], find: Callable[..., tuple[int, ...]]) -> None:
    put(entry(1, "A", "강화 화학 학습"), entry(2, "B", "강화학습"), entry(3, "C two words"), entry(4, "D words two"))
    assert find("-강화학습") == (1, 3, 4)
    assert find('-"two words"') == (1, 2, 4)


def test_a_change_that_is_rolled_back_is_not_found(
    find: Callable[..., tuple[int, ...]], index: Index, engine: Engine
) -> None:
    def write() -> None:
        with transaction(engine) as connection:
            index.update(connection, ARCHIVE)
            raise LookupError

    with pytest.raises(LookupError):
        write()
    assert find("moe") == ()


def test_close_matches_hold_a_rare_word_and_meet_every_filter(put: Callable[..., None], index: Index) -> None:
    put(
        entry(1, "Sparse routing"),
        entry(2, "Sparse", tags=["moe"]),
        entry(3, "Routing", tags=["moe"]),
        entry(4, "Unrelated", tags=["moe"]),
    )
    query = parse_query("sparse routing tag:moe", today=TODAY)
    found = index.search(query)
    assert (found.ids, found.total, set(found.close)) == ((), 0, {2, 3})
    assert index.search(parse_query("sparse routing", today=TODAY)).ids == (1,)


def test_a_few_that_are_given_are_found_however_many_others_there_are(
    put: Callable[..., None], index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_file, "LOOKED_AT", 3)
    put(*(entry(number, f"Paper {number}", day=DAY + timedelta(days=number)) for number in range(1, 9)))
    for tree in (
        Among(frozenset({1, 2})),
        All((Among(frozenset({1, 2, 8})), Among(frozenset({1, 2, 7})), Not(Title("8")))),
        Any((Among(frozenset({1})), All((Title("2"), Among(frozenset({2})))))),
    ):
        found = index.search(Query(tree, "new"))
        assert (found.ids, found.total, found.about) == ((2, 1), 2, False)
    assert index.search(Query(All((Among(frozenset({1, 2})), Since(DAY + timedelta(days=2)))), "old")).ids == (2,)
    assert index.search(Query(Among(frozenset()))).ids == ()


def test_stops_at_its_limit_and_says_so(put: Callable[..., None], index: Index) -> None:
    put(*(entry(number, f"Paper {number}") for number in range(1, 8)))
    for text in ("paper", "title:paper", "-gan", "paper sort:old"):
        found = index.search(parse_query(text, today=TODAY), limit=5)
        assert (len(found.ids), found.total, found.more) == (5, 5, True), text
        found = index.search(parse_query(text, today=TODAY), limit=7)
        assert (len(found.ids), found.total, found.more) == (7, 7, False), text


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("sort:old", "C D E"),
        ("early sort:old", "B C D"),
        ('"so early" sort:old', "B C D"),
        ("until:2024-04-15 sort:old", "A B C"),
        ('"so early" until:2024-04-15 sort:old', "A B C"),
    ],
)
def test_the_oldest_of_many_stand_on_the_newest_of_their_days(
    query: str, titles: str, engine: Engine, index: Index
) -> None:
    digests = Digests(engine, index)

    def save(day: date, *papers: str, said: str = "so early") -> None:
        entries = tuple(Entry(title, commentary=(Paragraph(said, "en"),)) for title in papers)
        name = f"{day} {said}"
        digests.save("vault", [(Document(name, name, b"", hash=name), Digest(day, "", entries, "page"))], NOW)

    for number, papers in enumerate(("A B", "C", "D", "E", "F")):
        save(DAY + timedelta(days=number), *papers.split())
    save(DAY + timedelta(days=9), "A")
    save(DAY + timedelta(days=9), "B", said="late")
    found = index.search(parse_query(query, today=TODAY), limit=3)
    assert " ".join(stored.entry.title for stored in digests.load_entries(found.ids)) == titles
    assert found.more
    all_of_them = index.search(parse_query(query, today=TODAY), limit=7)
    assert all_of_them.ids[:3] == found.ids


@pytest.mark.parametrize("order", ["new", "old"])
def test_a_span_of_days_without_papers_has_none(put: Callable[..., None], index: Index, order: str) -> None:
    put(entry(1, "Sparse routing", day=date(2024, 4, 1)), entry(2, "Sparse routing", day=date(2024, 4, 9)))
    query = parse_query(f'"sparse routing" since:2024-04-03 until:2024-04-05 sort:{order}', today=TODAY)
    assert index.search(query).total == 0


def test_of_many_that_must_be_looked_at_the_number_is_estimated(
    put: Callable[..., None], index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_file, "RANKED", 10)
    titles = ("Sparse routing", "Routing sparse")
    days = [DAY + timedelta(days=number) for number in range(100)]
    put(*(entry(number, titles[number % 2], day=day, key=str(number)) for number, day in enumerate(days, 2)))
    query = parse_query('"sparse routing"', today=TODAY)
    found = index.search(query)
    assert len(found.ids) == 10
    assert all(number % 2 == 0 for number in found.ids)
    assert (found.total, found.more, found.about) == (pytest.approx(50, abs=5), False, True)
    found = index.search(query, limit=20)
    assert (found.total, found.more, found.about) == (20, True, True)
    for order in ("new", "old"):
        found = index.search(parse_query(f'"sparse routing" sort:{order}', today=TODAY))
        assert (len(found.ids), found.total, found.more, found.about) == (50, 50, False, False)
    monkeypatch.setattr(archive_file, "LOOKED_AT", 4)
    assert len(index.search(query).ids) == 2


def test_beyond_what_is_ranked_the_rest_follows(
    put: Callable[..., None], find: Callable[..., tuple[int, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_file, "RANKED", 3)
    put(*(entry(number, f"Paper {number}", day=DAY + timedelta(days=number)) for number in range(1, 9)))
    assert find("paper") == (8, 7, 6, 5, 4, 3, 2, 1)


def test_is_made_once_and_again_when_the_rules_change(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    index = Index(engine)
    assert index.ensure()
    assert not index.ensure()
    monkeypatch.setattr(index_file, "RULES_VERSION", index_file.RULES_VERSION + 1)
    assert index.ensure()
    assert not index.ensure()


def near(index: Index, typed: str) -> list[str]:
    return index.nearest_words(asked(parse_query(typed, today=TODAY).tree))


def test_a_word_of_a_field_is_offered_where_the_field_has_it(engine: Engine, index: Index) -> None:
    digests = Digests(engine, index)
    paper = Entry(
        title="Distilling the Knowledge in a Neural Network",
        authors=("Geoffrey Hinton", "나오미"),
        commentary=(Paragraph("작은 모델이 큰 모델의 지식을 배웁니다.", "ko"),),
    )
    digests.save("vault", [(Document("a.md", "a.md", b"", hash="1"), Digest(DAY, "", (paper,), "note"))], NOW)
    assert near(index, "hintn") == ["Hinton"]
    assert near(index, "author:hintn") == ["author:Hinton"]
    assert near(index, "title:hintn") == []
    assert near(index, "title:knowlege -distiling") == ["title:Knowledge"]
    assert near(index, "해설:모댈") == ["commentary:모델"]
    assert near(index, "저자:모댈") == []
    assert near(index, "remark:knowlege") == []


def test_made_again_from_the_store_it_finds_the_same(engine: Engine, index: Index) -> None:
    digests = Digests(engine, index)
    now = datetime(2024, 4, 12, 9, tzinfo=UTC)
    for number, stored in enumerate(ARCHIVE):
        document = Document(f"{number}.md", f"{number}.md", b"", hash=str(number))
        digests.save("vault", [(document, Digest(stored.day, "", (stored.entry,), "note"))], now)
    queries = [parse_query(text, today=TODAY) for text in ("tag:state-space-model", "상태", "학습", "", "has:tag moe")]
    before = [sorted(index.search(query).ids) for query in queries]
    told: list[tuple[int, int]] = []
    assert index.rebuild(lambda done, of: told.append((done, of))) == len(ARCHIVE)
    assert [sorted(index.search(query).ids) for query in queries] == before
    assert told[-1] == (len(ARCHIVE), len(ARCHIVE))
    assert len(before[0]) == 2
    assert index.nearest_tags("tag:visual") == ["visual-grounding"]
    assert [tag_key(tag) for tag in index.nearest_tags("state space")] == ["statespacemodel"]
    unknown = "xqzv " * 7  # of a long query the first words are compared, and no very long one
    assert near(index, "jetmeo") == ["JetMoE"]
    assert near(index, "노이지") == ["노이즈"]
    assert near(index, '"jetmeo tokens"') == ["JetMoE"]
    assert near(index, "quite another") == []
    assert near(index, unknown + "jetmeo") == ["JetMoE"]
    assert near(index, unknown * 2 + "jetmeo") == []
    assert near(index, "jetmeo-" * 4 + "jetmeo") == []
    assert index.nearest_tags(unknown + "visualgroundin") == ["visual-grounding"]
    assert index.nearest_tags(unknown * 2 + "visualgroundin") == []
    assert index.nearest_tags("visualgrounding" * 2) == []


VOCABULARY = [
    "moe",
    "MoE-8B",
    "pre-training",
    "pretraining",
    "강화학습을",
    "학습",
    "화학",
    "상태 공간",
    "state-space",
    "뇌",
    "망",
    "2차원",
    "a 16B model",
    "16 billion",
    "α-VAE of Schrödinger",
    "แบบจำลองภาษาไทย",
]
TAGS = ["moe", "State_Space", "state-space", "비전", "c++"]
DAYS = [date(2024, 4, 1) + timedelta(days=n) for n in range(4)]

texts = st.lists(st.sampled_from(VOCABULARY), max_size=4).map(" ".join)
entries = st.builds(
    lambda title, authors, abstract, said, tags, links: Entry(
        title or "T", authors, links, abstract, tuple(Paragraph(text, "ko") for text in said), tags
    ),
    texts,
    st.lists(st.sampled_from(["Jane Kim", "Lee Park", "J. Park", "김상태", "김 상태", "Jörg Kim"]), max_size=2).map(
        tuple
    ),
    st.lists(texts, max_size=2).map(tuple),
    st.lists(texts | st.just("(https://arxiv.org/abs/2404.07413v2)"), max_size=2).map(tuple),
    st.lists(st.sampled_from(TAGS), max_size=2, unique=True).map(tuple),
    st.sampled_from([(), ("https://arxiv.org/abs/2404.07965",)]),
)
archives = st.lists(
    st.tuples(entries, st.sampled_from(DAYS), st.sampled_from(["vault", "feed_2"]), st.booleans()), max_size=6
).map(
    lambda rows: [
        StoredEntry(number, f"key {number % 5}", source, day, number, what, withdrawn and number % 3 == 0)
        for number, (what, day, source, withdrawn) in enumerate(rows, 1)
    ]
)
words = st.sampled_from(
    ["moe", "8b", "moe8b", "pre", "pretraining", "pre-training", "trained", "학습", "강화학습", "화학", "뇌", "망",
     "2차원", "차원", "state", "공간", "kim", "김", "absent", "강화 학습", "state space", "jane kim", "!?",
     "Kim, Jane", "J. Kim", "park lee", "kim joerg", "상태 김", "j", "160억", "16b", "alpha-vae", "schroedinger",
     "ภาษา"]
)  # fmt: skip
leaves = st.one_of(
    *(st.builds(kind, words) for kind in (Word, Phrase, Title, Author, Abstract, Commentary)),
    st.builds(Tag, st.sampled_from([*TAGS, "stat", "absent"]), st.booleans()),
    st.builds(Naming, st.sampled_from(["arxiv:2404.07413", "arxiv:2404.0741"])),
    st.builds(Source, st.sampled_from(["vault", "feed_2", "feed"])),
    st.builds(Has, st.sampled_from(["commentary", "abstract", "link", "author", "tag"])),
    st.builds(Among, st.frozensets(st.integers(1, 7), max_size=4)),
    *(st.builds(kind, st.sampled_from(DAYS)) for kind in (Since, Until, On)),
)
trees = st.recursive(
    leaves,
    lambda inner: (
        st.builds(All, st.lists(inner, max_size=3).map(tuple))
        | st.builds(Any, st.lists(inner, max_size=3).map(tuple))
        | st.builds(Not, inner)
    ),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{tmp_path_factory.mktemp('index')}/scratch.db")
    migrate(engine)
    Index(engine).ensure()
    yield engine
    engine.dispose()


def expected(archive: Sequence[StoredEntry], tree: Node) -> set[int]:
    """The newest that matches of each paper; of one day, any of them."""
    newest: dict[str, StoredEntry] = {}
    for stored in sorted(archive, key=lambda stored: (stored.day, -stored.position)):
        if not stored.withdrawn and tree.matches(stored):
            newest[stored.key] = stored
    return {stored.id for stored in newest.values()}


@settings(max_examples=250)
@given(archives, st.lists(trees, min_size=1, max_size=4), st.sampled_from(["best", "new", "old"]))
def test_finds_exactly_what_the_tree_matches(
    scratch: Engine, archive: list[StoredEntry], wanted: list[Node], sort: str
) -> None:
    index = Index(scratch)
    with transaction(scratch) as connection:
        index.update(connection, archive)
    try:
        for tree in wanted:
            found = index.search(Query(tree, sort))  # type: ignore[arg-type]
            assert set(found.ids) == expected(archive, tree)
            assert found.total == len(found.ids) == len(set(found.ids))
            assert not set(found.close) & set(found.ids)
    finally:
        with transaction(scratch) as connection:
            index.update(connection, [replace(stored, withdrawn=True) for stored in archive])


def test_names_are_found_by_their_sound(put: Callable[..., None], index: Index) -> None:
    put(
        entry(1, "ThunderKittens: Simple Kernels"), entry(2, "Meta-Learning", tags=["drag_and_drop"]), entry(3, "Other")
    )
    for typed, meant in (("썬더키튼", 1), ("썬더 커널", 1), ("메타러닝", 2), ("드래그앤드롭", 2)):
        found = index.search(parse_query(typed, today=TODAY))
        assert (found.ids, found.close[:1]) == ((), (meant,)), typed
    put(replace(entry(1, "Falcon"), key="ThunderKittens"))
    assert index.search(parse_query("썬더키튼", today=TODAY)).close == ()
    assert index.search(parse_query("팰컨", today=TODAY)).close == (1,)


def test_words_of_half_the_archive_are_checked_rather_than_looked_for(
    put: Callable[..., None], index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It finds the same, and asks the full-text table for less."""
    rng = random.Random(7)
    put(*(entry(n, " ".join(rng.choices([*VOCABULARY, "of", "the"], k=9)), key=str(n)) for n in range(1, 60)))
    texts = ("the of moe", "the 학습 of", "강화학습을 of the moe", "the of", "the -of moe 학", "학 the of moe8b")
    queries = [parse_query(text, today=TODAY) for text in texts]
    plain = [set(index.search(query).ids) for query in queries]
    monkeypatch.setattr(archive_file, "COMMON", 10)
    assert [set(index.search(query).ids) for query in queries] == plain
    assert all(plain[:3])
    asked = candidates_file.Candidates.of
    with index._engine.connect() as connection:  # what is left out is of no matter to anyone outside
        archive = archive_file.SqliteArchive(connection)
        assert archive._common(queries[0].tree)
        monkeypatch.setattr(archive_file, "FEW_ENOUGH", 0)
        assert not archive._common(queries[0].tree)
    assert asked(queries[0].tree, (Word("the"),)).expression == '((("of")) AND (("moe")))'


def test_nothing_is_left_behind_by_entries_that_came_and_went(engine: Engine, put: Callable[..., None]) -> None:
    rng = random.Random(5)
    ids = list(range(1, 15))
    for _ in range(40):
        gone = rng.random() < 0.3
        made = [
            replace(entry(id, " ".join(rng.choices(VOCABULARY, k=3)), day=rng.choice(DAYS)), withdrawn=gone)
            for id in rng.sample(ids, 4)
        ]
        put(*made)
    put(*(replace(entry(id, "Gone"), withdrawn=True) for id in ids))
    with engine.connect() as connection:
        left = connection.execute(sa.text("SELECT term, entries FROM entry_index_term")).all()
        assert left == []
        named = sa.text("SELECT name FROM entry_index_meta WHERE value != 0 AND name != 'version'")
        assert connection.scalars(named).all() == []
        found = connection.execute(sa.text("SELECT rowid FROM entry_index_fts WHERE entry_index_fts MATCH '\"a:\"'"))
        assert found.all() == []


@pytest.mark.corpus
def test_finds_in_the_real_digest_what_its_readers_look_for(
    corpus: Path, put: Callable[..., None], find: Callable[..., tuple[int, ...]]
) -> None:
    path = corpus.parent / "digests" / "2024-04-12.txt"
    digest = parse_document(path.name, path.read_bytes())
    put(*(StoredEntry(n, entry_key(e), "print", digest.day, n, e) for n, e in enumerate(digest.entries)))

    def titles(query: str) -> list[str]:
        return sorted(digest.entries[id].title.split(":")[0] for id in find(query))

    assert titles("tag:moe") == ["JetMoE"]
    assert titles("tag:state-space-model") == ["HGRN2", "RecurrentGemma"]
    assert len(titles("tag:visual-grounding")) == 2
    assert "Rho-1" in titles("노이즈")[0]
    assert titles("회귀") == ["From Words to Numbers"]


def test_a_day_fuller_than_the_index_takes_leaves_the_other_days_alone(
    put: Callable[..., None], find: Callable[..., tuple[int, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_file, "A_DAY", 4)
    monkeypatch.setattr(archive_file, "A_DAY", 4)
    monkeypatch.setattr(candidates_file, "A_DAY", 4)
    put(*(entry(number, f"Paper {number}") for number in range(6)), entry(9, "Next", day=DAY + timedelta(days=1)))
    assert len(find("day:2024-04-11")) == 4
    assert find("day:2024-04-12") == (9,)


def test_an_empty_archive_has_nothing(index: Index) -> None:
    assert index.search(parse_query("moe -gan", today=TODAY)) == Found((), 0)
    assert index.nearest_tags("moe") == []
    assert near(index, "moe") == []


def test_tags_of_several_words_are_known_by_their_first_letters(put: Callable[..., None], index: Index) -> None:
    put(
        entry(1, "A", tags=["state_space_model"]),
        entry(2, "B", tags=["State-Space-Model"]),
        entry(3, "C", tags=["ssm"]),
        entry(4, "D", "state of the space"),
    )
    assert index.search(parse_query("ssm", today=TODAY)).ids == (3,)
    assert set(index.search(parse_query("ssm", today=TODAY)).close) == {1, 2}
    found = index.search(parse_query("state space model", today=TODAY))
    assert set(found.ids) == {1, 2}
    assert found.close[0] == 3


def test_what_was_understood_is_said(engine: Engine, put: Callable[..., None]) -> None:
    put(*ARCHIVE)
    index = Index(engine, lambda: parse_glossary("노이즈\tnoise\n토큰\ttokens\n시각\tvision\n"))
    found = index.search(parse_query("shdlwm jetmeo 토큰 시각", today=TODAY))
    assert found.understood.turned == (("shdlwm", "노이즈"),)
    assert found.understood.corrected == (("jetmeo", "jetmoe"),)
    assert found.understood.translated == (("시각", "vision"),), "whatever has the tokens is found by 토큰 as well"
    assert set(found.close) == {1, 3, 6, 7}


def test_rows_are_written_in_the_order_in_which_they_stand(put: Callable[..., None], engine: Engine) -> None:
    """Rows that come out of order leave a third of each page empty."""
    written: list[list[int]] = []

    def watch(_: object, __: object, statement: str, values: Sequence[Sequence[int]], *rest: object) -> None:
        if statement.startswith("INSERT INTO entry_index VALUES"):
            written.append([row[0] for row in values])

    sa.event.listen(engine, "before_cursor_execute", watch)
    put(*(entry(number, f"Paper {number}", day=DAY + timedelta(days=-number % 3)) for number in range(1, 20)))
    assert len(written) == 1
    assert written[0] == sorted(written[0])
