"""Another database would find the same: SQLite's archive answers as one that is a list of entries does."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Engine

from bot.digest.model import Entry, Paragraph, StoredEntry
from bot.search import engine as engine_file
from bot.search.engine import find
from bot.search.glossary import parse_glossary
from bot.search.grammar import parse_query
from bot.store.archive import SqliteArchive
from bot.store.database import migrate, open_database, reading, transaction
from bot.store.index import Index
from tests.search.memory import MemoryArchive

TODAY = date(2024, 4, 15)
GLOSSARY = parse_glossary("확산 모델\tdiffusion model;ddpm\n확산\tdiffusion\n전문가 혼합\tmixture of experts;moe\n")
WORDS = [
    "diffusion", "Diffusion Models", "확산", "확산모델", "전문가 혼합을", "mixture of experts", "MoE-8B", "linformer",
    "강화학습", "상태 공간", "뇌과학", "GANSpace", "state-space", "지워", "0.5",
]  # fmt: skip
ASKED = [
    "diffusion", "diffusoin", "확산 모델", "확산모델", "전문가 혼합", "moe", "linfromer", "강화학습", "강하학습",
    "상태공간", "뇌", "gan space", "ssm", "지우기", "wjdfuf", "tag:ssm", "-diffusion", '"state space"', "title:확산",
    "since:2024-04-12", "혼합모델", "absent", "0.5",
]  # fmt: skip

texts = st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join)
entries = st.builds(
    lambda title, abstract, said, tags: Entry(
        title or "T", ("Jane Kim",), (), (abstract,) if abstract else (), (Paragraph(said, "ko"),) if said else (), tags
    ),
    texts,
    texts,
    texts,
    st.lists(st.sampled_from(["ssm", "state_space_model", "moe", "비전"]), max_size=2, unique=True).map(tuple),
)
archives = st.lists(st.tuples(entries, st.integers(0, 3)), max_size=8).map(
    lambda rows: [
        StoredEntry(number, f"key {number}", "vault", date(2024, 4, 10) + timedelta(days=day), number, entry)
        for number, (entry, day) in enumerate(rows, 1)
    ]
)
queries = st.lists(st.sampled_from(ASKED), min_size=1, max_size=4).map(" ".join)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = open_database(f"sqlite:///{tmp_path_factory.mktemp('archive')}/scratch.db")
    migrate(engine)
    Index(engine).ensure()
    yield engine
    engine.dispose()


@pytest.fixture(scope="module", autouse=True)
def _few_are_read() -> Iterator[None]:
    """So that the votes decide which."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine_file, "CLOSE", 3)
        yield


@settings(max_examples=250)
@given(archives, st.lists(queries, min_size=1, max_size=4))
def test_finds_the_same_in_the_same_order(scratch: Engine, made: Sequence[StoredEntry], asked: Sequence[str]) -> None:
    index = Index(scratch)
    with transaction(scratch) as connection:
        index.update(connection, made)
    try:
        with reading(scratch) as connection:
            for text in asked:
                query = parse_query(text, today=TODAY)
                here = find(query, SqliteArchive(connection), GLOSSARY, 1000)
                assert here == find(query, MemoryArchive(made), GLOSSARY, 1000), text
    finally:
        with transaction(scratch) as connection:
            index.update(connection, [replace(stored, withdrawn=True) for stored in made])


def test_looks_at_one_moment_throughout(scratch: Engine) -> None:
    entry = StoredEntry(1, "key", "vault", TODAY, 1, Entry("Diffusion"))
    index = Index(scratch)
    with transaction(scratch) as connection:
        index.update(connection, [entry])
    try:
        with reading(scratch) as connection:
            archive = SqliteArchive(connection)
            with transaction(scratch) as other:
                index.update(other, [replace(entry, entry=Entry("Other"))])
            assert archive.frequencies(["diffusion"]) == {"diffusion": 1}
            assert len(archive.places(None, ["diffusion"], 10)) == 1
    finally:
        with transaction(scratch) as connection:
            index.update(connection, [replace(entry, withdrawn=True)])
