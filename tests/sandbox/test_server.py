"""The stand-in as a process of its own."""

import ast
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from slack_bolt import App
from slack_sdk import WebClient
from websockets.sync.client import connect as open_socket

from bot.sandbox import server
from bot.sandbox.server import Running
from bot.sandbox.visitor import Visitor
from bot.sandbox.workspace import EPHEMERALS, Change


@contextmanager
def process(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-W", "error", "-m", "bot.cli", "sandbox", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as started:
        try:
            assert started.stdout is not None
            yield started, started.stdout.readline().strip().removeprefix("sandbox ")
        finally:
            started.kill()


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_at_once_although_connections_are_open(signum: signal.Signals) -> None:
    with process("--port", "0") as (started, url):
        client = WebClient("xoxb-sandbox-paperround", base_url=f"{url}/api/")
        address = client.apps_connections_open(app_token="xapp-sandbox-paperround")["url"]
        with open_socket(address) as line, open_socket(url.replace("http", "ws") + "/page/live") as page:
            assert "hello" in str(line.recv(timeout=5))
            began = time.monotonic()
            started.send_signal(signum)
            assert started.wait(5) == 0
            assert time.monotonic() - began < 1
            page.close()
        assert started.stderr is not None
        assert started.stderr.read() == ""


def test_it_takes_the_next_port_where_its_own_is_taken() -> None:
    with process("--port", "0") as (_first, first), process("--port", first.rpartition(":")[2]) as (_second, second):
        assert int(second.rpartition(":")[2]) > int(first.rpartition(":")[2])
        assert Visitor(second).state()["team"]["name"] == "Paper Club"


def test_a_process_killed_keeps_what_it_answered(tmp_path: Path) -> None:
    journal = str(tmp_path / "journal.jsonl")
    with process("--port", "0", "--journal", journal) as (started, url):
        WebClient("xoxb-sandbox-paperround", base_url=f"{url}/api/").chat_postMessage(channel="#papers", text="kept")
        started.kill()
        started.wait(5)
    with process("--port", "0", "--journal", journal) as (_started, url):
        assert [m["text"] for m in Visitor(url).messages("papers")] == ["kept"]


def test_bolt_starts_against_the_process() -> None:
    with process("--port", "0") as (_started, url):
        client = WebClient("xoxb-sandbox-paperround", base_url=f"{url}/api/")
        assert App(client=client).client.auth_test()["user"] == "paperround"


def test_what_cannot_be_read_is_said_in_a_line(tmp_path: Path) -> None:
    wrong = tmp_path / "workspace.toml"
    wrong.write_text("[team]\n")
    with process("--port", "0", "--workspace", str(wrong)) as (started, url):
        assert started.wait(5) == 1
        assert url == ""
        assert started.stderr is not None
        assert started.stderr.read().startswith("sandbox: the workspace file lacks")


def test_it_knows_nothing_of_the_bot_nor_of_slacks_libraries() -> None:
    for path in Path(server.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert not name.startswith(("slack_sdk", "slack_bolt")), path
                assert not name.startswith("bot.") or name.startswith("bot.sandbox."), path


@pytest.mark.parametrize("path", ["/", "/static/app.js", "/page/state", "/nowhere"])
def test_no_other_site_may_show_the_page_in_a_frame(sandbox: Running, path: str) -> None:
    answer = httpx.get(sandbox.url + path)
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/page/wait?after=abc", None),
        ("GET", "/page/wait?after=" + "9" * 5000, None),
        ("GET", "/page/wait?after=", None),
        ("POST", "/page/send", b"[" * 100_000),
        ("POST", "/page/send", b"[]"),
        ("POST", "/page/send", b'{"user": {"a": 1}, "channel": [], "text": 3}'),
        ("POST", "/page/send", b"\xff"),
        ("POST", "/page/send", b" " * (5 * 2**20)),
        ("POST", "/page/action", b'{"user": "emma", "channel": "papers", "ts": 1, "action": 7}'),
        ("POST", "/page/edit", b"{}"),
        ("POST", "/page/dm", b'{"with": []}'),
        ("POST", "/faults", b'{"kind": 3, "count": "x"}'),
        ("POST", "/faults", b'{"kind": "delete_message"}'),
    ],
)
def test_what_nobody_sends_is_refused_and_no_fault_of_ours(
    sandbox: Running, method: str, path: str, body: bytes | None
) -> None:
    answer = httpx.request(method, sandbox.url + path, content=body)
    refused = answer.status_code // 100 == 4 or answer.json()["ok"] is False
    assert refused, (answer.status_code, answer.text[:200])


def test_what_one_person_was_shown_is_not_kept_for_ever(sandbox: Running) -> None:
    channel = next(iter(sandbox.workspace.channels.values()))
    for number in range(EPHEMERALS + 5):
        values = {"channel": channel.id, "user": "U0EMMA", "id": f"E{number}", "ts": f"1.{number:06d}", "message": {}}
        sandbox.workspace.apply(Change("ephemeral", values, 1.0))
    assert len(sandbox.workspace.ephemerals) == EPHEMERALS
    assert "E4" not in sandbox.workspace.ephemerals
