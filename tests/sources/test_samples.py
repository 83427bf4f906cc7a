"""The sample days in config/digests, read as the bot reads them."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.digest.document import parse_document
from bot.digest.keys import entry_key, tag_key, title_key
from bot.digest.model import Digest, Entry
from bot.sources.folder import FolderSource

FOLDER = Path(__file__).parents[2] / "config" / "digests"
LATER = datetime.now(UTC) + timedelta(hours=1)  # so that a fresh clone's files count as lying still

SYSTEMS = {
    "GPT-4-Turbo-2024-04-09",
    "Rho-1: Not All Tokens Are What You Need",
    "RecurrentGemma: Moving Past Transformers for Efficient Open Language Models",
    "JetMoE: Reaching Llama2 Performance with 0.1M Dollars",
    "From Words to Numbers: Your Large Language Model Is Secretly A Capable Regressor When Given In-Context Examples",
    "HGRN2: Gated Linear RNNs with State Expansion",
    "Why do small language models underperform? Studying Language Model Saturation via the Softmax Bottleneck",
    "Ferret-v2: An Improved Baseline for Referring and Grounding with Large Language Models",
    "Learning to Localize Objects Improves Spatial Reasoning in Visual-LLMs",
}


@pytest.fixture(scope="module")
def digests() -> list[Digest]:
    reading = FolderSource("samples", FOLDER).fetch({}, LATER)
    assert (reading.refused, reading.waiting) == ((), ())
    return [parse_document(document.name, document.data, day=document.day) for document in reading.documents]


@pytest.fixture(scope="module")
def days(digests: list[Digest]) -> dict[date, list[Entry]]:
    days: dict[date, list[Entry]] = {}
    for digest in digests:
        days.setdefault(digest.day, []).extend(digest.entries)
    return days


def text_of(entry: Entry) -> str:
    return "\n".join((*entry.abstract, *(paragraph.text for paragraph in entry.commentary)))


def test_there_are_four_days_or_more_in_all_three_shapes(digests, days):
    assert len(days) >= 4
    assert sum(map(len, days.values())) >= 16
    assert {digest.shape for digest in digests} == {"print", "note", "page"}


def test_a_paper_stands_once_on_a_day(days):
    for entries in days.values():
        assert max(Counter(title_key(entry.title) for entry in entries).values()) == 1
        assert max(Counter(map(entry_key, entries)).values()) == 1


def test_the_newest_day_is_one_document_of_four_to_six_whole_entries(digests, days):
    newest = max(days)
    assert [digest.shape for digest in digests if digest.day == newest] == ["page"]
    assert 4 <= len(days[newest]) <= 6
    for entry in days[newest]:
        assert entry.links[0].startswith("https://arxiv.org/abs/")
        assert entry.authors
        assert entry.abstract
        assert entry.tags
        assert {paragraph.lang for paragraph in entry.commentary} == {"ko", "en"}


def test_one_day_is_about_the_nine_systems_and_tagged_as_people_will_ask(days):
    entries = {entry.title: entry for entry in days[date(2024, 4, 12)]}
    assert entries.keys() == SYSTEMS
    assert all(entry.links and entry.tags and entry.commentary for entry in entries.values())
    assert all(entry.abstract and entry.authors for title, entry in entries.items() if not title.startswith("GPT-4"))

    def tagged(tag: str) -> set[str]:
        return {title[:6] for title, entry in entries.items() if tag_key(tag) in map(tag_key, entry.tags)}

    assert tagged("moe") == {"JetMoE"}
    assert tagged("state-space-model") == {"HGRN2:", "Recurr"}
    assert tagged("visual-grounding") == {"Ferret", "Learni"}


@pytest.mark.parametrize(
    "mark",
    [
        pytest.param("**", id="bold"),
        pytest.param("`", id="code"),
        pytest.param("](https://", id="links"),
        pytest.param("$", id="math"),
        pytest.param("\n- ", id="a list"),
    ],
)
def test_the_samples_show_what_a_curator_writes(days, mark):
    assert any(mark in "\n" + text_of(entry) for entries in days.values() for entry in entries)


def test_the_odd_entries_are_there(days):
    entries = [entry for day in days.values() for entry in day]
    assert any(not entry.links for entry in entries)
    assert any(entry.links and not (entry.authors or entry.abstract or entry.commentary) for entry in entries)
    # More than one message holds, so that the first run shows a commentary in parts.
    assert any(sum(len(paragraph.text) for paragraph in entry.commentary) > 3500 for entry in days[max(days)])


def test_tags_are_spelled_in_more_than_one_way(days):
    spellings: dict[str, set[str]] = {}
    for entries in days.values():
        for entry in entries:
            for tag in entry.tags:
                spellings.setdefault(tag_key(tag), set()).add(tag)
    assert any(len(spelled) > 1 for spelled in spellings.values())
    assert any("_" in tag for spelled in spellings.values() for tag in spelled)
    # More than one page of results.
    llm = [entry for entries in days.values() for entry in entries if "llm" in map(tag_key, entry.tags)]
    assert len(llm) > 10
