import pytest

from bot.digest.keys import canonical_link, entry_key, is_generic, note_key, tag_key, title_key
from bot.digest.model import Entry, Paragraph


@pytest.mark.parametrize("tag", ["State_Space-Model", "#state-space-model", "STATESPACEMODEL", "state space model"])
def test_spellings_of_a_tag_are_one_tag(tag):
    assert tag_key(tag) == "statespacemodel"


def test_a_korean_tag_is_the_same_composed_or_not():
    import unicodedata

    assert tag_key(unicodedata.normalize("NFD", "강화_학습")) == tag_key("강화학습")


@pytest.mark.parametrize(
    ("link", "canonical"),
    [
        ("http://www.Example.com/A/?utm_source=x&b=1#part", "https://example.com/A?b=1"),
        ("https://twitter.com/a/status/1", "https://x.com/a/status/1"),
        ("https://example.com:8080/", "https://example.com:8080"),
        ("https://example.com:999999/", "https://example.com:999999/"),
        ("no link", "no link"),
    ],
)
def test_a_link_has_one_spelling(link, canonical):
    assert canonical_link(link) == canonical


def test_titles_compare_without_case_and_punctuation():
    assert title_key("Rho-1: Not All Tokens…") == title_key("rho 1  not all TOKENS")
    assert title_key("???") == "???"


LONG = "https://example.org/" + "x" * 3000


@pytest.mark.parametrize(
    ("entry", "key"),
    [
        pytest.param(
            Entry("T", links=("https://arxiv.org/abs/2404.07965v2", "https://x.org/")), "arxiv:2404.07965", id="paper"
        ),
        pytest.param(
            Entry("T", links=("https://github.com/a/b", "https://arxiv.org/abs/2404.07965")),
            "arxiv:2404.07965",
            id="paper after code",
        ),
        pytest.param(
            Entry("Of Two", links=("https://arxiv.org/abs/2404.07965", "https://arxiv.org/abs/2404.07413")),
            "https://arxiv.org/abs/2404.07965 oftwo",
            id="about two papers",
        ),
        pytest.param(Entry("A T!", links=("https://github.com/a/b/",)), "https://github.com/a/b at", id="link"),
        pytest.param(Entry("A Title!"), "title:atitle", id="title"),
    ],
)
def test_an_entry_is_known_by_its_paper_then_its_link_with_its_title_then_its_title(entry, key):
    assert entry_key(entry) == key


def test_a_title_that_names_no_paper_is_known_by_what_is_below_it():
    entries = [Entry("Introduction", commentary=(Paragraph(words, "en"),)) for words in ("Alpha.", "Beta.")]
    assert len({entry_key(entry) for entry in entries}) == 2


def test_a_key_fits_an_index_however_long_the_link():
    keys = {entry_key(Entry(title, links=(LONG,))) for title in ("One", "Two")}
    assert len(keys) == 2
    assert max(map(len, keys)) <= 400


@pytest.mark.parametrize(
    "title", ["Introduction", "Untitled 2", "요약", "제목 없음", "2024-04-12", "…", "TL;DR", "Notes:"]
)
def test_a_generic_title_names_no_paper(title):
    assert is_generic(title)


@pytest.mark.parametrize(
    "title", ["Yi", "Mamba", "GPT-4", "A Survey of Surveys", "Notes on Mixtures", "요약 모델 평가"]
)
def test_a_title_of_its_own_names_a_paper(title):
    assert not is_generic(title)


@pytest.mark.parametrize(
    "name",
    [
        "240626 반죽 RoPE",
        "2024/240626 반죽 RoPE.md",
        "240626  반죽 rope.MD",
        "240626 \u1107\u1161\u11ab\u110c\u116e\u11a8 RoPE",
    ],
)
def test_a_note_is_known_by_its_name_however_it_is_written(name):
    assert note_key(name) == "240626 반죽 rope"


def test_a_dot_in_a_notes_name_is_kept():
    assert note_key("240919 Qwen2.5") == "240919 qwen2.5"
