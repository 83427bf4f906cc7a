"""The command line: what is printed where, and with which exit code."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bot.cli import main
from bot.sandbox.server import running

ROOT = Path(__file__).parent.parent

PRINT = """2024-04-12
Rho-1: Not All Tokens Are What You Need
(Zhenghao Lin, Zhibin Gou)
https://arxiv.org/abs/2404.07965
Some tokens teach more than others.
노이즈가 많은 토큰은 건너뜁니다.
#pretraining #llm
JetMoE: Reaching Llama2 Performance with 0.1M Dollars
(Yikang Shen)
작은 예산으로 학습한 전문가 혼합 모델.
#moe
"""


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Ran]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Types a command in an empty folder with a configuration of its own."""
    monkeypatch.chdir(tmp_path)
    for name in ("PAPERROUND_CONFIG", "PAPERROUND_DATABASE_URL", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_API_URL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "paperround.toml").write_text('[[source]]\nname = "vault"\nfolder = "vault"\n', "utf-8")
    (tmp_path / "vault").mkdir()
    file = tmp_path / "vault" / "2024-04-12.txt"
    file.write_text(PRINT, "utf-8")
    _age(file)

    def typed(*words: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["paperround", *words])
        code = 0
        try:
            main()
        except SystemExit as exc:
            code = int(exc.code or 0)
        return Ran(code, *capsys.readouterr())

    return typed


def _age(file: Path) -> None:
    """As if written long ago: a file of this moment might still be growing."""
    os.utime(file, (1_700_000_000, 1_700_000_000))


def test_parse_prints_every_field_of_every_entry(run: Run) -> None:
    rows = run("parse", "vault", "--json").rows
    assert [row["title"][:6] for row in rows] == ["Rho-1:", "JetMoE"]
    assert [row["position"] for row in rows] == [0, 1]
    first = rows[0]
    assert list(first) == ["day", "position", "title", "authors", "links", "abstract", "commentary", "tags"]
    assert first["day"] == "2024-04-12"
    assert first["authors"] == ["Zhenghao Lin", "Zhibin Gou"]
    assert first["links"] == ["https://arxiv.org/abs/2404.07965"]
    assert first["tags"] == ["pretraining", "llm"]
    assert rows[1]["commentary"] == [{"text": "작은 예산으로 학습한 전문가 혼합 모델.", "lang": "ko"}]


def test_parse_names_the_line_it_could_not_read_and_prints_the_rest(run: Run, tmp_path: Path) -> None:
    (tmp_path / "vault" / "broken.txt").write_text("no date and no papers here", "utf-8")
    ran = run("parse", "vault", "--json")
    assert ran.code == 1
    assert len(ran.rows) == 2
    assert ran.err.startswith("vault/broken.txt:1: expected ")
    assert "no date and no papers here" in ran.err


def test_notes_of_a_day_are_numbered_in_the_order_of_their_names(run: Run, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    for folder, name, title in (("b", "240411 Aa.md", "First"), ("a", "240411 Bb.md", "Second")):
        (notes / folder).mkdir(parents=True)
        (notes / folder / name).write_text(f"*{title}* (A Person)\n\n한 줄.\n", "utf-8")
    rows = run("parse", "notes", "--json").rows
    assert [(row["title"], row["position"]) for row in rows] == [("First", 0), ("Second", 1)]


def test_ingest_remembers_and_a_second_time_changes_nothing(run: Run) -> None:
    assert run("ingest", "--json").rows[0]["added"] == 2
    again = run("ingest", "--json").rows[0]
    assert (again["added"], again["unchanged"]) == (0, 1)
    assert run("show", "2024-04-12", "--json").rows[1]["tags"] == ["moe"]


def test_a_dry_ingest_says_what_would_change_and_changes_nothing(run: Run) -> None:
    assert run("ingest", "--dry-run", "--json").rows[0]["added"] == 2
    ran = run("show", "latest")
    assert ran.code == 1
    assert "ingest" in ran.err


def test_a_missing_source_is_an_error_with_its_place(run: Run, tmp_path: Path) -> None:
    (tmp_path / "vault").rename(tmp_path / "elsewhere")
    ran = run("ingest")
    assert ran.code == 1
    assert "vault" in ran.err


def test_search_finds_and_shows_where(run: Run) -> None:
    run("ingest")
    rows = run("search", "노이즈", "--json").rows
    assert [row["title"][:5] for row in rows] == ["Rho-1"]
    assert "노이즈" in rows[0]["snippet"]
    assert run("search", "tag:moe").out.startswith("JetMoE")


def test_a_mistyped_query_exits_2_with_its_place(run: Run) -> None:
    ran = run("search", '"never closed')
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err


@pytest.mark.parametrize("day", ["latest", "2024-04-12"])
def test_a_dry_post_shows_the_messages_without_slack(day: str, run: Run) -> None:
    run("ingest")
    rows = run("post", day, "--channel", "#papers", "--dry-run", "--json").rows
    assert rows[0]["parent"] is None
    assert rows[0]["blocks"]
    assert "Rho-1" in rows[1]["text"]
    assert "노이즈" in "".join(row["text"] for row in rows)
    assert "JetMoE" in run("post", day, "--channel", "#papers", "--dry-run").out


def test_posting_twice_posts_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("ingest")
    with running(speed=0) as sandbox:
        monkeypatch.setenv("SLACK_BOT_TOKEN", sandbox.bot_token)
        monkeypatch.setenv("SLACK_APP_TOKEN", sandbox.app_token)
        monkeypatch.setenv("SLACK_API_URL", sandbox.api_url)
        monkeypatch.setenv("PAPERROUND_SPEED", "10")
        first = run("post", "latest", "--channel", "#papers", "--json")
        again = run("post", "latest", "--channel", "#papers", "--json")
        texts = [message["text"] for message in sandbox.messages("papers") if message.get("bot_id")]
        doctor = run("doctor", "--json").rows
    assert first.rows[0]["posted"] == len(texts) > 3
    assert again.rows[0]["posted"] == 0
    assert len(set(texts)) == len(texts)
    deliveries = run("deliveries", "--json").rows
    assert {row["state"] for row in deliveries} == {"posted"}
    assert [check["what"] for check in doctor if not check["ok"]] == []
    assert {"bot token", "scopes", "app token"} <= {check["what"] for check in doctor}


def test_posting_without_tokens_exits_2_with_the_remedy(run: Run) -> None:
    run("ingest")
    ran = run("post", "latest", "--channel", "#papers")
    assert ran.code == 2
    assert "SLACK_BOT_TOKEN" in ran.err


def test_run_without_tokens_exits_2_and_names_both_ways_out(run: Run) -> None:
    ran = run("run")
    assert ran.code == 2
    assert "SLACK_BOT_TOKEN" in ran.err
    assert "--or-sandbox" in ran.err


def test_run_with_one_token_exits_2_and_names_the_other(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    ran = run("run", "--or-sandbox")
    assert ran.code == 2
    assert "SLACK_APP_TOKEN" in ran.err


@pytest.mark.parametrize("words", [("show", "someday"), ("search",), ("nonsense",), ("parse", "nowhere")])
def test_misuse_exits_2_with_words(words: tuple[str, ...], run: Run) -> None:
    ran = run(*words)
    assert ran.code == 2
    assert ran.err


def test_doctor_names_a_document_that_cannot_be_read(run: Run, tmp_path: Path) -> None:
    bad = tmp_path / "vault" / "bad.txt"
    bad.write_text("nothing of a digest", "utf-8")
    _age(bad)
    run("ingest")
    ran = run("doctor", "--json")
    assert ran.code == 1
    assert any("bad.txt" in check["what"] and check["remedy"] for check in ran.rows if not check["ok"])


def test_migrate_says_what_it_would_do_and_then_does_it(run: Run) -> None:
    assert run("migrate", "--dry-run", "--json").rows[0]["before"] is None
    assert run("migrate").code == 0
    assert "nothing to do" in run("migrate").out


def test_an_unchanged_folder_is_looked_at_without_loading_the_database_library(run: Run, tmp_path: Path) -> None:
    run("ingest")
    code = "import sys, bot.cli\ntry: bot.cli.main()\nfinally: print('sqlalchemy' in sys.modules)"
    command = [sys.executable, "-c", code, "ingest", "--json"]
    looked = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    report, loaded = looked.stdout.splitlines()
    assert json.loads(report)["unchanged"] == 1
    assert loaded == "False"
    file = tmp_path / "vault" / "2024-04-12.txt"
    file.write_text(PRINT.replace("#moe", "#experts"), "utf-8")
    _age(file)
    assert run("ingest", "--json").rows[0]["changed"] == 1, "and a change is not overlooked"


def test_a_dry_run_and_a_look_make_no_database(run: Run, tmp_path: Path) -> None:
    run("ingest", "--dry-run")
    run("doctor")
    searched = run("search", "노이즈")
    assert searched.code == 0
    assert "ingest" in searched.err
    assert not (tmp_path / "data").exists()


def test_a_folder_never_takes_the_name_of_a_configured_source(run: Run, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "vault"
    other.mkdir(parents=True)
    file = other / "2024-04-13.txt"
    file.write_text(PRINT.replace("2024-04-12", "2024-04-13"), "utf-8")
    _age(file)
    run("ingest")
    assert run("ingest", str(other), "--json").rows[0]["source"] == str(other)
    run("ingest")
    assert len(run("show", "2024-04-12", "--json").rows) == 2


def test_a_file_of_this_moment_is_waited_for(run: Run, tmp_path: Path) -> None:
    (tmp_path / "vault" / "2024-04-12.txt").touch()
    assert run("ingest", "--json").rows[0]["added"] == 2


def test_a_document_that_cannot_be_read_makes_ingest_fail_and_keeps_the_rest(run: Run, tmp_path: Path) -> None:
    bad = tmp_path / "vault" / "bad.txt"
    bad.write_text("nothing of a digest", "utf-8")
    _age(bad)
    ran = run("ingest", "--json")
    assert ran.code == 1
    assert ran.rows[0]["added"] == 2
    assert "bad.txt:1: expected" in ran.err


def test_an_address_that_is_none_is_misuse(run: Run) -> None:
    ran = run("ingest", "http://[x")
    assert ran.code == 2
    assert "Traceback" not in ran.err


def test_what_slack_refuses_makes_post_fail(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("ingest")
    with running(speed=0) as sandbox:
        monkeypatch.setenv("SLACK_BOT_TOKEN", sandbox.bot_token)
        monkeypatch.setenv("SLACK_APP_TOKEN", sandbox.app_token)
        monkeypatch.setenv("SLACK_API_URL", sandbox.api_url)
        monkeypatch.setenv("PAPERROUND_SPEED", "10")
        sandbox.fault("error", method="chat.postMessage", error="restricted_action")
        ran = run("post", "latest", "--channel", "#papers")
        unknown = run("post", "latest", "--channel", "#nowhere")
    assert (ran.code, unknown.code) == (1, 1)
    assert "deliveries" in ran.err
    assert "#nowhere" in unknown.err


@pytest.mark.parametrize("wrong", ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"])
def test_a_token_slack_does_not_take_ends_the_bot_with_a_word(
    wrong: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr("bot.run.leave", sys.exit)
    with running(speed=0) as sandbox:
        tokens = {"SLACK_BOT_TOKEN": sandbox.bot_token, "SLACK_APP_TOKEN": sandbox.app_token, wrong: "xoxx-invented"}
        for name, value in tokens.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("SLACK_API_URL", sandbox.api_url)
        ran = run("run")
    assert ran.code == 1
    assert ran.err.strip()
    assert "Traceback" not in ran.err
    assert "invented" not in ran.err
