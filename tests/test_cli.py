"""The command line: what is printed where, and with which exit code."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, time, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bot.cli import main
from bot.delivery.outbox import Claim, Edition, Place
from bot.messages.content import Content, DayMessage
from bot.sandbox.server import running
from bot.settings import Settings, SourceSettings
from bot.sources.folder import FolderSource
from bot.wiring import build

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
    fields = ["day", "position", "title", "authors", "links", "abstract", "commentary", "tags"]
    assert list(first) == [*fields, "file", "files", "missing", "unshown"]
    assert (first["file"], first["files"]) == ("vault/2024-04-12.txt", ["vault/2024-04-12.txt"])
    assert rows[1]["missing"] == ["link", "abstract"]
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


def test_parse_ends_with_what_was_read_and_each_reason_for_what_was_not(run: Run, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    (notes / "2024" / "11").mkdir(parents=True)
    day = "## [{}](https://arxiv.org/abs/2411.0000{})\n\nWe tried it.\n\n"
    (notes / "2024" / "11" / "01.md").write_text(day.format("Selective", 1) + day.format("Low-Rank", 2), "utf-8")
    for name in ("A.md", "B.md"):
        (notes / name).write_text("*A Title* (Ada Byron)\n", "utf-8")
    (notes / "templates").mkdir()
    (notes / "templates" / "paper.md").write_text("*{{title}}*\n", "utf-8")
    ran = run("parse", "notes")
    assert ran.code == 1
    assert "  found: title, link, commentary; missing: authors, tags, abstract\n  in notes/2024/11/01.md\n" in ran.out
    totals = ran.out[ran.out.index("read: ") :].splitlines()
    assert totals[:3] == ["read: 1 file, 2 entries on 1 day", totals[1], "refused: 2 files"]
    assert totals[1].endswith("authors 2, tags 2, abstract 2")
    assert totals[3].startswith("  2: expected a date in the note's name")
    assert totals[3].endswith("for example notes/A.md:1: 'A.md'")
    assert totals[4] == "left out: 1 file"
    assert totals[5].endswith("for example notes/templates")
    quiet = run("parse", "notes", "--json")
    assert "refused: 2 files" in quiet.err
    assert [row["file"] for row in quiet.rows] == ["notes/2024/11/01.md"] * 2


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


@pytest.mark.parametrize("excluded", [["-pretraining"], ["-h2o", "-tag:llm"], ["-tag:llm", "--limit=1"]])
def test_search_excludes_what_a_hyphen_stands_before(excluded: list[str], run: Run) -> None:
    run("ingest")
    rows = run("search", "since:2024-03", *excluded, "--json").rows
    assert [row["title"][:6] for row in rows] == ["JetMoE"]


@pytest.mark.parametrize("typed", ["4월 12일", "2024/04/12", "2024년 4월", "april 2024", "find jetmoe OR rho-1"])
def test_search_reads_days_and_spans_as_slack_does(typed: str, run: Run) -> None:
    run("ingest")
    assert {row["title"][:3] for row in run("search", typed, "--json").rows} == {"Rho", "Jet"}
    assert run("search", "2024-04-11", "--json").rows == []


def test_search_alone_still_tells_an_option_from_a_word(run: Run) -> None:
    assert run("search", "moe", "--jsn").code == 2
    assert "Usage" in run("search", "-h").out


def test_search_says_that_it_does_not_know_who_asks(run: Run) -> None:
    run("ingest")
    ran = run("search", "tag:moe", "is:saved")
    assert ran.code == 2
    assert "Search for it in Slack" in ran.err
    assert run("search", "tag:moe -has:thread").out.startswith("JetMoE")


@pytest.fixture
def linking(run: Run, tmp_path: Path) -> None:
    """Two notes, of which the later links to the earlier, beside the print."""
    notes = {
        "230330 Self-Refine": "*Self-Refine: Iterative Feedback* (Aman Madaan)\n\n스스로 다듬는 모델.\n\n#moe\n",
        "240413 Reflexion": "*Reflexion* (Noah Shinn)\n\n되돌아보는 모델.\n\n# Links\n\n[[230330 self-refine.md]]\n",
    }
    for name, text in notes.items():
        file = tmp_path / "vault" / f"{name}.md"
        file.write_text(text, "utf-8")
        _age(file)
    run("ingest")


@pytest.mark.usefixtures("linking")
def test_related_shows_what_a_note_links_to_and_what_links_to_it(run: Run) -> None:
    [row, *_] = run("related", "Reflexion", "--json").rows
    assert (row["title"], row["named"], row["naming"]) == ("Self-Refine: Iterative Feedback", True, False)
    ran = run("related", "Self-Refine: Iterative Feedback")
    assert ran.out.startswith("Reflexion\n")
    assert "its note links to this paper" in ran.out
    assert ran.err == "Related to “Self-Refine: Iterative Feedback”\n"


@pytest.mark.usefixtures("linking")
def test_related_of_a_day_leaves_that_day_out_and_minds_the_limit(run: Run, tmp_path: Path) -> None:
    letter = tmp_path / "letter"
    letter.mkdir()
    (letter / "2024-04-12.txt").write_text("2024-04-12\nHGRN2\n(Zhen Qin)\n상태를 넓힌 모델.\n#llm\n", "utf-8")
    _age(letter / "2024-04-12.txt")
    assert run("ingest", "letter").code == 0
    rows = run("related", "2024-04-13", "--json").rows
    assert [row["title"] for row in rows] == ["Self-Refine: Iterative Feedback"]
    assert [row["shared_tags"] for row in run("related", "2024-04-12", "--json").rows] == [["moe"]]
    assert run("related", "latest", "--json").rows == run("related", "2024-04-12", "--json").rows, "the newest complete"
    assert len(run("related", "Self-Refine: Iterative Feedback", "--json").rows) == 2
    assert len(run("related", "Self-Refine: Iterative Feedback", "--json", "--limit", "1").rows) == 1


def test_related_to_what_is_not_there_fails_and_says_why(run: Run) -> None:
    assert "ingest" in run("related", "2404.07965").err
    run("ingest")
    for about, said in (("2404.99999", "2404.99999"), ("2024-04-20", "2024-04-20"), ("No Such", "No Such")):
        ran = run("related", *about.split())
        assert (ran.code, ran.out) == (1, "")
        assert said in ran.err
    alone = run("related", "2404.07965")
    assert (alone.code, alone.out) == (0, "")
    assert "No similar paper was found" in alone.err


def test_tags_are_listed_with_counts_and_days(run: Run) -> None:
    assert "no tags" in run("tags").err
    run("ingest")
    assert run("tags", "#M*", "--json").rows == [
        {"tag": "moe", "entries": 1, "first": "2024-04-12", "last": "2024-04-12", "aliases": []}
    ]
    ran = run("tags", "--limit", "2")
    assert ran.out == "#llm  1 paper, 2024-04 to 2024-04\n#moe  1 paper, 2024-04 to 2024-04\n"
    assert ran.err == "2 of 3\n"
    assert "#zzz" in run("tags", "zzz").err


def test_search_tells_close_matches_from_exact_ones(run: Run) -> None:
    run("ingest")
    assert [(row["title"][:3], row["close"]) for row in run("search", "노이즈 모델", "--json").rows] == [
        ("Rho", True),
        ("Jet", True),
    ]
    assert [row["close"] for row in run("search", "노이즈", "--json").rows] == [False]
    shown = run("search", "tokens teech")
    assert shown.out.startswith("Close matches · 1 paper\nRho-1")
    assert "teech → teach" in shown.err
    assert "0 found, 1 close" in shown.err
    assert "'tag:moe' finds 1" in run("search", "tag:moe author:nobody").err


def test_reindex_makes_the_index_again(run: Run, tmp_path: Path) -> None:
    assert run("reindex").code == 1
    run("ingest")
    [database] = tmp_path.rglob("*.db")
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("DELETE FROM entry_index")
        connection.execute("INSERT INTO entry_index_fts (entry_index_fts) VALUES ('delete-all')")
    assert run("search", "노이즈", "--json").rows == []
    assert run("reindex", "--dry-run").out == "2 entries would be indexed\n"
    assert run("search", "노이즈", "--json").rows == []
    assert run("reindex", "--json").rows == [{"entries": 2, "dry_run": False}]
    assert len(run("search", "노이즈", "--json").rows) == 1


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


def test_a_rehearsed_post_is_what_would_be_sent_now(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("ingest")
    with running(speed=0) as sandbox:
        monkeypatch.setenv("SLACK_BOT_TOKEN", sandbox.bot_token)
        monkeypatch.setenv("SLACK_APP_TOKEN", sandbox.app_token)
        monkeypatch.setenv("SLACK_API_URL", sandbox.api_url)
        monkeypatch.setenv("PAPERROUND_SPEED", "10")
        ask = ("post", "latest", "--channel", "#papers")
        rehearsed = run(*ask, "--dry-run", "--json").rows
        assert [message for message in sandbox.messages("papers") if message.get("bot_id")] == []
        posted = run(*ask, "--json").rows[0]["posted"]
        assert len(rehearsed) == posted > 3
        again = run(*ask, "--dry-run", "--json")
        assert (again.code, again.rows) == (0, [])
        assert "Nothing would be posted" in again.err
        nowhere = run("post", "latest", "--channel", "#nowhere", "--dry-run")
        assert (nowhere.code, nowhere.out) == (1, "")
        assert "#nowhere" in nowhere.err


def test_a_channel_that_was_never_entered_is_none_to_rehearse_for(channels: Run) -> None:
    assert channels("post", "latest", "--channel", "#nowhere", "--dry-run").code == 1


@pytest.mark.parametrize("command", [("why", "latest"), ("post", "latest"), ("post", "latest", "--dry-run")])
@pytest.mark.parametrize("channel", ["", " ", "#"])
def test_an_empty_channel_is_misuse(command: tuple[str, ...], channel: str, run: Run) -> None:
    run("ingest")
    ran = run(*command, "--channel", channel)
    assert ran.code == 2
    assert "--channel" in ran.err


def test_a_post_reaches_the_stand_in_that_runs_in_this_folder(run: Run, tmp_path: Path) -> None:
    run("ingest")
    assert run("post", "latest", "--channel", "#papers").code == 2
    with running(speed=0) as sandbox:
        (tmp_path / "data" / "sandbox.url").write_text(sandbox.url, encoding="utf-8")
        assert run("post", "latest", "--channel", "#papers", "--json").rows[0]["posted"] > 3
        assert [message for message in sandbox.messages("papers") if message.get("bot_id")]
    assert run("post", "latest", "--channel", "#papers").code == 2, "it is gone"


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
    deliveries = run("deliveries", "--channel", "#papers", "--json").rows
    assert {row["state"] for row in deliveries} == {"posted"}
    assert len(deliveries) == len(texts)
    assert [check["what"] for check in doctor if not check["ok"]] == []
    assert {"bot token", "scopes", "app token"} <= {check["what"] for check in doctor}


@pytest.fixture
def channels(run: Run, tmp_path: Path) -> Run:
    """Two channels, subscriptions in one of them, and messages in every state."""
    run("ingest")
    settings = Settings(database_url=f"sqlite:///{tmp_path}/data/paperround.db", source=_sources(tmp_path))
    bot = build(settings)
    for channel, name in (("C1", "papers"), ("C2", "논문"), ("C3", "twice"), ("C4", "twice")):
        bot.outbox.entered("T1", channel, name, False)
    bot.subscriptions.add("T1", "C1", "vault", at=time(9), zone="Asia/Seoul")
    bot.subscriptions.add("T1", "C1", "vault", "tag:moe")
    bot.subscriptions.fix_since(["vault"], bot.clock())
    day, place, now = date(2024, 4, 12), Place("T1", "C1"), bot.clock()
    entries = bot.digests.load_day("vault", day).entries
    messages = [DayMessage(Content("words", ()), None, None, part) for part in range(5)]
    messages += [DayMessage(Content("a paper", ()), entry.id, entry.key, 0) for entry in entries]
    edition = Edition(place, "vault", day, "", "papers")
    assert bot.outbox.lay(edition, messages, entries, now, edit_since=now) == 7
    later = now

    def claim() -> Claim:
        nonlocal later
        later += timedelta(minutes=1)
        found = bot.outbox.claim_next("test", later, later + timedelta(seconds=30))
        assert found
        return found

    bot.outbox.confirm(claim(), "1.0", later, later)
    bot.outbox.refuse(claim(), "slack.message error=no_text", close_channel=False, now=later)
    bot.outbox.give_back(claim(), later, unknown=True, error="slack.unclear error=ReadTimeout")
    bot.engine.dispose()
    return run


def _sources(tmp_path: Path) -> tuple[SourceSettings, ...]:
    return (SourceSettings(name="vault", folder=tmp_path / "vault"),)


def test_deliveries_say_in_words_what_becomes_of_each_and_when_it_is_tried(
    channels: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    rows = {row["id"]: row for row in channels("deliveries", "--json").rows}
    states = [rows[number]["said"] for number in sorted(rows)]
    assert states[:4] == [
        "posted",
        "refused",
        "may have arrived: looked for before it is sent again",
        "waits for its turn",
    ]
    assert [bool(rows[number]["next"]) for number in sorted(rows)[:4]] == [False, False, True, True]
    shown = channels("deliveries").out
    assert "waits for its turn" in shown
    assert "no_text" in shown


def test_deliveries_are_of_one_state_or_one_channel(channels: Run) -> None:
    assert [row["id"] for row in channels("deliveries", "--state", "refused", "--json").rows] == [2]
    assert len(channels("deliveries", "--channel", "#papers", "--json").rows) == 7
    assert channels("deliveries", "--channel", "C2", "--json").rows == []


@pytest.mark.parametrize(
    ("channel", "said"),
    [("#nowhere", "#papers"), ("C999", "#papers"), ("twice", "C3 (workspace T1), C4 (workspace T1)")],
)
def test_a_channel_that_is_none_or_several_is_misuse_and_says_which_there_are(
    channel: str, said: str, channels: Run
) -> None:
    for words in (("deliveries",), ("subscriptions",), ("why", "latest")):
        ran = channels(*words, "--channel", channel)
        assert ran.code == 2
        assert said in ran.err.replace("\n", " ")


def test_a_refused_message_is_tried_again(channels: Run) -> None:
    assert "would be retried" in channels("deliveries", "retry", "2", "--dry-run").out
    assert channels("deliveries", "--state", "refused", "--json").rows
    assert channels("deliveries", "retry", "2").code == 0
    assert channels("deliveries", "--state", "refused", "--json").rows == []


def test_a_message_that_waits_is_left_out(channels: Run) -> None:
    assert "would be skipped" in channels("deliveries", "skip", "4", "--dry-run").out
    assert len(channels("deliveries", "--state", "refused", "--json").rows) == 1
    assert channels("deliveries", "skip", "4").code == 0
    assert [row["id"] for row in channels("deliveries", "--state", "refused", "--json").rows] == [4, 2]


@pytest.mark.parametrize("change", ["retry", "skip"])
@pytest.mark.parametrize("number", ["1", "999"])
@pytest.mark.parametrize("how", [(), ("--dry-run",)])
def test_a_message_that_does_not_wait_stays_and_says_so(
    change: str, number: str, how: tuple[str, ...], channels: Run
) -> None:
    ran = channels("deliveries", change, number, *how)
    assert ran.code == 1
    assert number in ran.err
    assert "delivery." not in ran.err, "in words"


def test_subscriptions_are_told_with_their_hours_and_what_comes_next(channels: Run) -> None:
    first, second = channels("subscriptions", "--json").rows
    assert (first["at"], first["zone"], first["channel_name"], first["since"]) == (
        "09:00",
        "Asia/Seoul",
        "papers",
        "2024-04-12",
    )
    assert first["next"].endswith("T00:00:00+00:00")
    assert first["last_day"] == "2024-04-12"
    assert (second["at"], second["query"], second["next"]) == ("on arrival", "tag:moe", None)
    shown = channels("subscriptions", "--channel", "#papers").out
    assert "#papers (C1)" in shown
    assert "(Seoul)" in shown
    assert channels("subscriptions", "--channel", "C2").out == "No subscriptions.\n"


def test_a_subscription_is_paused_and_resumed(channels: Run) -> None:
    def paused() -> list[tuple[str | None, str | None]]:
        return [(row["paused"], row["paused_until"]) for row in channels("subscriptions", "--json").rows]

    assert "Would pause" in channels("subscriptions", "pause", "1", "--dry-run").out
    assert paused() == [(None, None), (None, None)]
    assert channels("subscriptions", "pause", "1", "--until", "2100-01-01").code == 0
    assert channels("subscriptions", "pause", "2").code == 0
    assert paused() == [("operator", "2100-01-01T00:00:00+00:00"), ("operator", None)]
    assert "Would resume" in channels("subscriptions", "resume", "1", "--dry-run").out
    assert paused()[0][0] == "operator"
    assert channels("subscriptions", "resume", "1").code == 0
    assert paused() == [(None, None), ("operator", None)]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("pause", "9"), 1, "No subscription 9"),
        (("resume", "9"), 1, "No subscription 9"),
        (("resume", "1"), 1, "Subscription 1 is not paused"),
        (("pause", "1", "--until", "someday"), 2, "someday"),
        (("pause", "1", "--until", "2020-01-01"), 1, "would already be over"),
    ],
)
def test_a_pause_that_cannot_be_is_said(words: tuple[str, ...], code: int, said: str, channels: Run) -> None:
    ran = channels("subscriptions", *words)
    assert ran.code == code
    assert said in ran.err
    assert [row["paused"] for row in channels("subscriptions", "--json").rows] == [None, None]


def test_what_a_closed_channel_keeps_quiet_is_not_resumed_here(channels: Run, tmp_path: Path) -> None:
    bot = build(Settings(database_url=f"sqlite:///{tmp_path}/data/paperround.db", source=_sources(tmp_path)))
    later = bot.clock() + timedelta(days=1)
    claim = bot.outbox.claim_next("test", later, later + timedelta(seconds=30))
    assert claim
    bot.outbox.refuse(claim, "slack.channel error=restricted_action", close_channel=True, now=later)
    bot.engine.dispose()
    ran = channels("subscriptions", "resume", "1")
    assert ran.code == 1
    assert "takes no posts: " in ran.err
    assert "type /paper resume there" in ran.err


def test_why_names_what_holds_a_draft_back(channels: Run, tmp_path: Path) -> None:
    draft = tmp_path / "vault" / "240412 Later.md"
    draft.write_text("---\ndraft: true\n---\nhttps://arxiv.org/abs/2404.00099\n*Later than all*\n", "utf-8")
    _age(draft)
    channels("ingest")
    for about in ("2404.00099", "Later"):
        ran = channels("why", about, "--channel", "#papers")
        assert ran.code == 1
        assert "held back as a draft (240412 Later.md: draft: true)" in ran.err


@pytest.mark.parametrize(
    "about",
    [("2024-04-12",), ("latest",), ("2404.07965",), ("https://arxiv.org/abs/2404.07965",), ("Rho-1:", "Not", "All")],
)
def test_why_walks_every_gate_for_a_day_and_a_paper(about: tuple[str, ...], channels: Run) -> None:
    ran = channels("why", *about, "--channel", "#papers")
    assert ran.code == 0
    assert "Friday, April 12, 2024" in ran.out
    assert "Read from vault" in ran.out
    rows = channels("why", *about, "--channel", "C1", "--json").rows
    assert {row["day"] for row in rows} == {"2024-04-12"}
    assert [row["gate"] for row in rows][:2] == ["read", "ready"]
    assert sum(row["decides"] for row in rows if row["is_answer"]) == 1


def test_why_tells_the_message_that_keeps_it(channels: Run) -> None:
    out = channels("why", "latest", "--channel", "#papers").out
    assert "Slack rejected message 2" in out
    assert "paperround deliveries retry 2" in out


def test_why_of_a_channel_without_a_subscription_says_so(channels: Run) -> None:
    assert "has no subscriptions" in channels("why", "latest", "--channel", "#논문").out


def test_a_paper_nobody_read_is_no_answer(channels: Run) -> None:
    ran = channels("why", "Never", "Written", "--channel", "#papers")
    assert ran.code == 1
    assert "Never Written" in ran.err


def test_a_variable_that_nothing_reads_is_named_at_the_start(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAPERROUND_LANGAUGE", "ko")
    monkeypatch.setenv("PAPERROUND_DELIVERY__PACE", "2s")
    monkeypatch.setenv("PAPERROUND_CONFIG", "config/paperround.toml")
    ran = run("run")
    assert (
        "PAPERROUND_LANGAUGE: no setting has this name, it changes nothing; did you mean PAPERROUND_LANGUAGE?"
        in ran.err
    )
    assert "PACE" not in ran.err
    assert "CONFIG" not in ran.err


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


def test_a_draft_is_named_by_parse_and_doctor_and_is_no_fault(run: Run, tmp_path: Path) -> None:
    draft = tmp_path / "vault" / "240412 Later.md"
    draft.write_text("---\ndraft: true\n---\nhttps://arxiv.org/abs/2404.00099\n*Later*\n", "utf-8")
    _age(draft)
    assert "240412 Later.md: held back (draft: true)" in run("ingest").err
    [check] = [each for each in run("doctor", "--json").rows if each["what"].startswith("drafts")]
    assert (check["ok"], check["found"]) == (True, "1 held back: 240412 Later.md (draft: true)")
    assert "held back as a draft" in run("parse", str(draft)).out


def test_doctor_names_a_variable_that_nothing_reads(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAPERROUND_DELIVRY__PACE", "2s")
    monkeypatch.setenv("PAPERROUND_QQQQQQQQ", "2s")
    ran = run("doctor", "--json")
    assert ran.code == 1
    strange = {check["found"].partition(":")[0]: check["remedy"] for check in ran.rows if not check["ok"]}
    assert strange == {
        "PAPERROUND_DELIVRY__PACE": "did you mean PAPERROUND_DELIVERY__PACE?",
        "PAPERROUND_QQQQQQQQ": "remove it",
    }


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
    assert "none yet; the first start makes sqlite:///data/paperround.db" in run("doctor").out
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


@pytest.mark.parametrize("words", [("search", "moe\udcff"), ("related", "\udcff"), ("tags", "\udcff")])
def test_bytes_that_are_no_words_are_refused(run: Run, words: tuple[str, ...]) -> None:
    ran = run(*words)
    assert ran.code == 2
    assert "not UTF-8" in ran.err


# Without sources; without anywhere to write to


def test_without_a_source_ingest_says_where_it_looked_and_what_to_write_there(run: Run, tmp_path: Path) -> None:
    (tmp_path / "config" / "paperround.toml").unlink()
    ran = run("ingest")
    assert ran.code == 2
    assert f"{tmp_path}/config/paperround.toml" in ran.err
    assert "[[source]]" in ran.err
    assert not (tmp_path / "data").exists(), "no second database comes about where the bot was started by mistake"
    assert run("ingest", "vault").code == 0, "a place that is named needs no settings"


def test_a_tilde_in_a_place_is_the_home_folder(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert run("ingest", "~/vault").out.startswith("vault: 2 added")


@pytest.mark.parametrize("words", [["parse", "vault"], ["parse", "vault", "--json"], ["--help"], ["doctor"]])
def test_a_full_disk_under_the_output_is_one_line(run: Run, tmp_path: Path, words: list[str]) -> None:
    command = [sys.executable, "-m", "bot.cli", *words]
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=environ, timeout=30)
    assert ran.returncode == 1
    assert ran.stderr.splitlines()[-1] == "The output cannot be written (No space left on device)."
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(("words", "code"), [(["parse", "vault"], 1), (["parse", "nowhere"], 2), (["ingest"], 0)])
def test_errors_that_cannot_be_written_change_no_exit_code(run: Run, words: list[str], code: int) -> None:
    command = [sys.executable, "-m", "bot.cli", *words]
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    with Path("/dev/full").open("w") as full:
        out = full if code == 1 else subprocess.DEVNULL
        ran = subprocess.run(command, stdout=out, stderr=full, env=environ, timeout=30)
    assert ran.returncode == code


def test_a_reader_that_leaves_ends_a_command_without_a_word(run: Run) -> None:
    command = [sys.executable, "-m", "bot.cli", "parse", "vault"]
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ)
    assert process.stdout is not None
    process.stdout.close()
    _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (1, b"")


def test_one_document_that_takes_too_long_stops_no_other(run: Run, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("bot.sources.reader.seconds_for", lambda size: 0.02 if size > 100_000 else 10)
    vault = tmp_path / "vault"
    for name, text in (("240412 A.md", "words\n" * 100_000), ("240413 B.md", "*Title* (Ada Byron)\n\nwords\n")):
        (vault / name).write_text(text, "utf-8")
        os.utime(vault / name, (0, 0))
    parsed = run("parse", "vault", "--json")
    assert (parsed.code, [row["title"] for row in parsed.rows][-1]) == (1, "Title")
    assert "240412 A.md:1" in parsed.err
    assert "600,000 bytes that took more than" in parsed.err
    ingested = run("ingest")
    assert ingested.code == 1
    assert "3 added" in ingested.out
    assert run("show", "2024-04-13").code == 0
    again = run("ingest", "--json").rows[0]
    assert (again["unchanged"], again["failed"]) == (3, 0), "it is remembered, and not tried again"
    failing = run("doctor", "--json")
    assert any("240412 A.md" in row["what"] and not row["ok"] for row in failing.rows)


@pytest.mark.parametrize(("size", "limit"), [(3_000_000_000, None), (2_000, "1000")])
def test_parse_reads_no_file_beyond_the_limit_of_the_settings(
    run: Run, tmp_path: Path, monkeypatch, size, limit
) -> None:
    if limit:
        monkeypatch.setenv("PAPERROUND_READING__MAX_BYTES", limit)
    with (tmp_path / "240412 Huge.md").open("wb") as file:
        file.truncate(size)
    ran = run("parse", "240412 Huge.md")
    assert ran.code == 1
    assert f"larger than {limit or 5000000} bytes" in ran.err


def test_parse_says_what_slack_will_show_otherwise(run: Run, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    text = "*A Title* (Ada Byron)\nhttps://arxiv.org/abs/2404.00001\n설명 $\\mystery{x}$.\n![[fig.png]]\n"
    (notes / "240412 A.md").write_text(text, "utf-8")
    ran = run("parse", "notes")
    assert ran.code == 0
    assert "  shown as LaTeX, because no line of text says the same: \\mystery{x}\n" in ran.out
    assert "  shown by its name, because Slack cannot fetch it: fig.png\n" in ran.out
    assert "  shown by name or as LaTeX: 2 images and formulas\n" in ran.out
    assert run("parse", "notes", "--json").rows[0]["unshown"] == ["\\mystery{x}", "fig.png"]


# What doctor judges


def _checks(run: Run) -> dict[str, tuple[bool, str]]:
    return {row["what"]: (row["ok"], row["found"]) for row in run("doctor", "--json").rows}


def test_doctor_is_content_with_what_is_no_digest_beside_what_is(run: Run, tmp_path: Path) -> None:
    for name, text in (("Untitled.md", ""), ("ideas.md", "Some thoughts.\n")):
        (tmp_path / "vault" / name).write_text(text)
        _age(tmp_path / "vault" / name)
    assert run("doctor").code == 0, "before anything was read"
    run("ingest")
    ran = run("doctor")
    assert ran.code == 0
    assert "2 files are no digests" in ran.out


def test_doctor_judges_whether_a_look_yielded(run: Run, tmp_path: Path) -> None:
    (tmp_path / "vault" / "2024-04-12.txt").unlink()
    assert "BAD  source vault: nothing is in it" in run("doctor").out
    (tmp_path / "vault" / "ideas.md").write_text("Some thoughts.\n")
    _age(tmp_path / "vault" / "ideas.md")
    for _ in range(2):
        ok, found = _checks(run)["source vault"]
        assert not ok
        assert "ideas.md" in found
        assert "date" in found
        assert run("ingest").code == 1, "also where it was read before"


def test_a_fault_in_one_source_hides_no_other(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config" / "paperround.toml").write_text(
        '[[source]]\nname = "odd"\nfolder = "odd"\n[[source]]\nname = "vault"\nfolder = "vault"\n', "utf-8"
    )
    fetch = FolderSource.fetch

    def failing(source: FolderSource, *given: Any, **named: Any) -> Any:
        if source.name == "odd":
            raise KeyError("nobody foresaw this")
        return fetch(source, *given, **named)

    monkeypatch.setattr(FolderSource, "fetch", failing)
    checks = _checks(run)
    assert checks["source odd"] == (False, "it cannot be examined (KeyError)")
    assert checks["source vault"] == (True, "1 documents read, 1 new or changed")


def test_a_database_that_cannot_be_written_is_bad(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAPERROUND_DATABASE_URL", f"sqlite:///{tmp_path}/config/paperround.toml/p.db")
    ran = run("doctor")
    assert ran.code == 1
    assert "BAD  store" in ran.out


def test_an_address_that_is_no_databases_is_told_in_words(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAPERROUND_DATABASE_URL", "data/x.db")
    words = "database_url (or PAPERROUND_DATABASE_URL) is not a database address"
    assert f"BAD  store: {words}\n" in run("doctor").out


def test_a_fresh_database_that_can_be_made_is_fine(run: Run, tmp_path: Path) -> None:
    assert _checks(run)["store"][0]
    assert not (tmp_path / "data").exists(), "and it is not made by looking"


def test_a_feed_in_which_nothing_can_be_used_is_bad(
    run: Run, tmp_path: Path, feed_server: Callable[[bytes], str]
) -> None:
    url = feed_server(
        b'<rss version="2.0"><channel><title>News</title><item><guid>p1</guid><title>Hello</title>'
        b"<description>Only a greeting.</description></item></channel></rss>"
    )
    (tmp_path / "config" / "paperround.toml").write_text(f'[[source]]\nname = "letter"\nfeed = "{url}"\n', "utf-8")
    ok, found = _checks(run)["source letter"]
    assert not ok
    assert "p1" in found
    ran = run("ingest")
    assert ran.code == 1
    assert "nothing usable in 1 document" in ran.err
    ok, found = _checks(run)["source letter"]
    assert not ok
    assert "p1" in found, "also where nothing has changed since"


def test_a_feed_that_rests_is_asked_by_doctor_and_said_by_ingest(run: Run, tmp_path: Path) -> None:
    feed = '[[source]]\nname = "letter"\nfeed = "http://user:secret@127.0.0.1:1/feed"\n'
    (tmp_path / "config" / "paperround.toml").write_text(feed, "utf-8")
    for _ in range(2):
        ran = run("ingest")
        assert ran.code == 1
        assert "127.0.0.1 cannot be reached" in ran.err
    ran = run("doctor", "--json")
    assert ran.code == 1
    assert "cannot be reached" in ran.out
    assert "secret" not in ran.out


def test_the_name_of_a_feed_never_holds_its_password(run: Run, feed_server: Callable[[bytes], str]) -> None:
    url = feed_server(b'<rss version="2.0"><channel><title>News</title></channel></rss>')
    for _ in range(2):
        ran = run("ingest", url.replace("http://", "http://user:secret@"), "--json")
        assert "secret" not in ran.out + ran.err
    (Path("config") / "paperround.toml").write_text('[[source]]\nname = "127.0.0.1"\nfolder = "vault"\n')
    ran = run("ingest", url.replace("http://", "http://user:secret@"), "--json")
    assert "secret" not in ran.out + ran.err


def test_a_slow_feed_keeps_no_folder_waiting(run: Run, tmp_path: Path, feed_server: Callable[[bytes], str]) -> None:
    url = feed_server(b'<rss version="2.0"><channel><title>News</title></channel></rss>')
    (tmp_path / "config" / "paperround.toml").write_text(
        f'[[source]]\nname = "letter"\nfeed = "{url}"\n[[source]]\nname = "vault"\nfolder = "vault"\n', "utf-8"
    )
    ran = run("ingest")
    assert [line.partition(":")[0] for line in ran.out.splitlines()] == ["letter", "vault"]
    assert "vault: 2 added" in ran.out


@pytest.fixture
def feed_server() -> Iterator[Callable[[bytes], str]]:
    """Serves one feed on loopback."""
    servers: list[ThreadingHTTPServer] = []

    def serve(body: bytes) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *given: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/feed"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()
