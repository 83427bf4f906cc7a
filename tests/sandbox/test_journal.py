import json
import os
import stat
from contextlib import closing
from pathlib import Path

import pytest
from slack_sdk import WebClient

from bot.sandbox.journal import Journal
from bot.sandbox.server import Running, running
from bot.sandbox.workspace import read_workspace

HOME, ANNA = "C0HOME0001", "U0ANNA0001"


def client_of(sandbox: Running) -> WebClient:
    return WebClient(sandbox.bot_token, base_url=sandbox.api_url, retry_handlers=[])


def test_a_stand_in_restarted_knows_what_was_said(club_file: Path, tmp_path: Path) -> None:
    journal = tmp_path / "made" / "journal.jsonl"
    with running(workspace=club_file, journal=journal) as sandbox:
        client = client_of(sandbox)
        ts = client.chat_postMessage(channel=HOME, text="parent", metadata={"event_type": "x", "event_payload": {}})[
            "ts"
        ]
        client.chat_postMessage(channel=HOME, text="답글", thread_ts=ts)
        gone = client.chat_postMessage(channel=ANNA, text="gone")
        client.chat_delete(channel=gone["channel"], ts=gone["ts"])
        client.conversations_join(channel="C0OPEN0001")
        client.chat_update(channel=HOME, ts=ts, text="parent, once more")
        client.chat_postEphemeral(channel=HOME, user=ANNA, text="psst")
        before = sandbox.state("anna")
    with running(workspace=club_file, journal=journal) as sandbox:
        after = sandbox.state("anna")
        assert after["messages"] == before["messages"]
        assert after["channels"] == before["channels"]
        assert after["ephemerals"] == []
        assert client_of(sandbox).conversations_history(channel=HOME)["messages"][0]["reply_count"] == 1
        later = client_of(sandbox).chat_postMessage(channel=HOME, text="later")["ts"]
        assert later > ts
    lines = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
    assert [line["type"] for line in lines] == [
        "message",
        "message",
        "opened",
        "message",
        "deleted",
        "joined",
        "message",
        "changed",
        "ephemeral",
        "message",
    ]
    assert all({"type", "moment", "channel", "ts", "message"} <= line.keys() for line in lines if "message" in line)


def test_a_half_written_last_line_is_cut_off(club_file: Path, tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    with running(workspace=club_file, journal=journal) as sandbox:
        client_of(sandbox).chat_postMessage(channel=HOME, text="whole 한")
    whole = journal.read_bytes()
    for cut in (whole[:-1], whole + whole[:40], whole + whole[: whole.index("한".encode()) + 1]):
        journal.write_bytes(cut)
        workspace = read_workspace(club_file.read_text(encoding="utf-8"))
        with closing(Journal(journal)) as opened:
            assert opened.replay(workspace) == (0 if cut == whole[:-1] else 1)
        assert journal.read_bytes() == (b"" if cut == whole[:-1] else whole)


def test_a_journal_of_another_workspace_is_refused_with_its_line(club_file: Path, tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    journal.write_text('{"moment": "2024-04-12T00:00:00+00:00", "type": "archived", "channel": "C0ELSE0001"}\n')
    workspace = read_workspace(club_file.read_text(encoding="utf-8"))
    with pytest.raises(ValueError, match=r"journal\.jsonl:1: not a change of this workspace"):
        Journal(journal).replay(workspace)


def test_nobody_else_may_read_what_people_say(tmp_path):
    path = tmp_path / "new" / "journal.jsonl"
    previous = os.umask(0)
    try:
        with running(journal=path) as sandbox:
            sandbox.send("emma", "papers", "hello")
    finally:
        os.umask(previous)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.chmod(0o644)  # of an older version
    with running(journal=path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
