"""Which notes are held back, and by what they may be asked for."""

import pytest

from bot.digest.drafts import Draft, read_draft


def front(*lines: str, body: str = "https://arxiv.org/abs/2404.07965\n*Rho-1* (Z. Lin)\n") -> bytes:
    return "\n".join(["---", *lines, "---", body]).encode()


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("draft: true", "draft: true"),
        ("Draft: yes", "draft: yes"),
        ("publish: false", "publish: false"),
        ("published: no", "published: no"),
        ("dg-publish: false", "dg-publish: false"),
        ("status: draft", "status: draft"),
        ("Status: WIP", "status: WIP"),
        ("상태: 초안", "상태: 초안"),
    ],
)
def test_a_draft_is_held_back_by_its_front_matter(line: str, why: str) -> None:
    draft = read_draft("240412 Rho-1.md", front("title: Rho", line))
    assert draft is not None
    assert draft.why == why


@pytest.mark.parametrize(
    "line",
    [
        "draft: false",
        "publish: true",
        "published: 2024-04-12",
        "status: done",
        "status: reading",
        "tags: [draft]",
        "draft:",
    ],
)
def test_other_notes_are_not(line: str) -> None:
    assert read_draft("240412 Rho-1.md", front(line)) is None


def test_toml_front_matter_holds_back_too() -> None:
    draft = read_draft("240412 Rho-1.md", b"+++\ndraft = true\n+++\nwords")
    assert draft is not None


def test_a_line_below_the_front_matter_and_other_files_hold_nothing_back() -> None:
    assert read_draft("240412 Rho-1.md", b"draft: true\nwords") is None
    assert read_draft("2024-04-12.html", front("draft: true")) is None


@pytest.mark.parametrize(
    ("only_when", "line", "why"),
    [
        ("publish", "publish: true", None),
        ("publish", "title: Rho", "no publish: true"),
        ("publish", "publish: soon", "publish: soon"),
        ("status: done", "status: Done", None),
        ("status: done", "status: reading", "status: reading"),
        ("status: done", "title: Rho", "no status: done"),
    ],
)
def test_a_source_may_ask_for_a_property(only_when: str, line: str, why: str | None) -> None:
    draft = read_draft("240412 Rho-1.md", front(line), only_when)
    assert (draft.why if draft else None) == why


def test_a_note_without_front_matter_lacks_the_property() -> None:
    assert read_draft("240412 Rho-1.md", b"words") is None
    assert read_draft("240412 Rho-1.md", b"words", "publish") is not None


def test_a_draft_may_be_asked_for_by_title_name_or_paper() -> None:
    draft = read_draft("240412 Rho-1 note.md", front("title: Not All Tokens", "draft: true"))
    assert draft == Draft("draft: true", ("notalltokens", "rho1note", "240412rho1note"), ("arxiv:2404.07965",))
