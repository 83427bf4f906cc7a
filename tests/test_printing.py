"""What is printed and logged acts on no terminal and forges no line."""

import json
import logging
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.printing import SafeFormatter, Styled, echo, field, print_json, print_rows, shown

BOT = Path(__file__).parent.parent / "bot"
PAPERROUND = Path(sys.executable).with_name("paperround")
HOSTILE = "a\x1b[2Jb\x9b31mc\u202edexe\u2066f\rg\x07h\x00i\u2028j\x7fk"


def acts(text: str) -> list[str]:
    """What of a text a terminal would act on."""
    return [
        char
        for char in text
        if char not in "\n\t"
        and (
            unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")
            or unicodedata.bidirectional(char) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
        )
    ]


@given(st.text(st.characters(exclude_categories=())))
def test_nothing_that_is_shown_acts_on_a_terminal(text: str) -> None:
    assert not acts(shown(text))
    shown(text).encode()
    assert len(field(text).splitlines()) <= 1


def test_what_a_terminal_would_act_on_is_written_out() -> None:
    assert shown("a\x1b[2J\x9b\u202e\ud800\r\n한글 é\t🙂") == "a\\x1b[2J\\x9b\\u202e\\ud800\\r\n한글 é\t🙂"
    assert field("a\nb\tc") == "a\\nb c"


def test_only_our_own_style_reaches_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    echo(Styled("\x1b[31mred", bold=True), f" {HOSTILE}")
    out = capsys.readouterr().out
    assert "\\x1b[31mred" in out
    assert not acts(re.sub(r"\x1b\[[0-9;]*m", "", out))


@given(st.text(st.characters(exclude_categories=())))
def test_json_is_the_same_value_and_acts_on_no_terminal(text: str) -> None:
    printed: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.printing.click.echo", printed.append)
        print_json(title=text)
    assert not acts(printed[0])
    assert json.loads(printed[0]) == {"title": text}


def test_a_table_takes_no_markup_and_no_second_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows([{"name": "[bold]x[/bold] [link=file:///etc]y[/link]\nforged", "other": HOSTILE[:12]}], as_json=False)
    out = capsys.readouterr().out
    assert "[bold]x[/bold]" in out
    assert not acts(out)
    assert not [line for line in out.splitlines() if line.startswith("forged")]


def test_a_value_forges_no_line_in_the_log_and_a_traceback_can_be_read() -> None:
    formatter = SafeFormatter("%(levelname)s %(name)s %(message)s")
    forged = "x\nERROR bot.store the database is gone\x1b[0m"
    try:
        raise ValueError(forged)
    except ValueError:
        record = logging.LogRecord("bot", logging.INFO, "f.py", 1, "read uri=%s", (forged,), sys.exc_info())
    first, *rest = formatter.format(record).split("\n")
    assert first == "INFO bot read uri=x\\nERROR bot.store the database is gone\\x1b[0m"
    assert rest[0] == "    Traceback (most recent call last):"
    assert all(line.startswith("    ") for line in rest)
    assert any("raise ValueError(forged)" in line for line in rest)
    assert not acts("".join(rest))


def test_nobody_prints_but_the_one_place() -> None:
    printers = re.compile(r"click\.(s?echo|style)\(|(?<![\w.])print\(|sys\.std(out|err)\.write\(")
    others = [path for path in BOT.rglob("*.py") if path.name != "printing.py"]
    assert not [path.name for path in others if printers.search(path.read_text(encoding="utf-8"))]


def test_a_file_name_and_a_title_reach_the_terminal_as_words(tmp_path: Path) -> None:
    vault = tmp_path / "vault"
    vault.mkdir()
    (vault / "240412 Bad\x1b]0;owned\x07\n2026-01-01 ERROR forged.md").write_text("", encoding="utf-8")
    (vault / "240412 Rho-1.md").write_text(
        "https://arxiv.org/abs/2404.07965\n\n*Rho-1: \x1b[2JNot \u202eAll* (Zhenghao Lin)\n\nFine \x9b31m.\n",
        encoding="utf-8",
    )
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "paperround.toml").write_text('[[source]]\nname = "v"\nfolder = "vault"\n', "utf-8")
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("SLACK_", "PAPERROUND_"))}
    for words in (["parse", "vault"], ["ingest"], ["show", "2024-04-12"], ["search", "rho"], ["doctor"], ["tags"]):
        done = subprocess.run([str(PAPERROUND), *words], cwd=tmp_path, env=ours, capture_output=True, timeout=60)
        said = (done.stdout + done.stderr).decode()
        assert said, words
        assert "Traceback" not in said
        assert not acts(said), (words, said)
        assert not [line for line in said.splitlines() if line.startswith("2026-01-01")]
