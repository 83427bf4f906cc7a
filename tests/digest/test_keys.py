import pytest

from bot.digest.keys import canonical_link, entry_key, note_key, paper_id, tag_key, title_key
from bot.digest.model import Entry


@pytest.mark.parametrize("tag", ["State_Space-Model", "#state-space-model", "STATESPACEMODEL", "state space model"])
def test_spellings_of_a_tag_are_one_tag(tag):
    assert tag_key(tag) == "statespacemodel"


def test_a_korean_tag_is_the_same_composed_or_not():
    import unicodedata

    assert tag_key(unicodedata.normalize("NFD", "강화_학습")) == tag_key("강화학습")


@pytest.mark.parametrize(
    ("link", "paper"),
    [
        ("https://arxiv.org/abs/2404.07965", "arxiv:2404.07965"),
        ("http://www.arxiv.org/pdf/2404.07965v3.pdf", "arxiv:2404.07965"),
        ("https://arxiv.org/html/2404.07965v1", "arxiv:2404.07965"),
        ("https://arxiv.org/abs/cs.LG/0102003v2", "arxiv:cs.lg/0102003"),
        ("https://huggingface.co/papers/2404.07965", "arxiv:2404.07965"),
        ("https://doi.org/10.48550/arXiv.2404.07965", "arxiv:2404.07965"),
        ("https://doi.org/10.1038/S41586-023-06735-9", "doi:10.1038/s41586-023-06735-9"),
        ("https://dl.acm.org/doi/pdf/10.1145/3600006.3613165", "doi:10.1145/3600006.3613165"),
        ("https://openreview.net/pdf?id=AL1fq05o7H", "openreview:AL1fq05o7H"),
        ("https://openreview.net/forum?id=AL1fq05o7H&noteId=x", "openreview:AL1fq05o7H"),
        ("https://github.com/openai/simple-evals", None),
        ("https://arxiv.org/list/cs.CL/recent", None),
        ("https://[broken", None),
        ("", None),
    ],
)
def test_a_link_names_its_paper(link, paper):
    assert paper_id(link) == paper


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


@pytest.mark.parametrize(
    ("entry", "key"),
    [
        (Entry("T", links=("https://arxiv.org/abs/2404.07965v2", "https://x.org/")), "arxiv:2404.07965"),
        (Entry("T", links=("https://github.com/a/b/",)), "https://github.com/a/b"),
        (Entry("A Title!"), "title:atitle"),
    ],
)
def test_an_entry_is_known_by_its_paper_then_its_link_then_its_title(entry, key):
    assert entry_key(entry) == key


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
