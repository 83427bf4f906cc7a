"""The bench of look-ups runs; what it prints at what size nobody can tell here."""

import json
import sys
from pathlib import Path

import pytest

from tests.bench import speed

NOTE = """https://arxiv.org/abs/2404.07965

*Rho-1: Not All Tokens Are What You Need* (Zhenghao Lin, Zhibin Gou)

> Models are trained on every token alike.

토큰마다 가르치는 바가 다릅니다.

#pretraining #llm
"""


def test_a_small_archive_is_made_and_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    vault = tmp_path / "vault"
    vault.mkdir()
    (vault / "240411 Rho-1.md").write_text(NOTE, encoding="utf-8")
    (vault / "240412 Rho-2.md").write_text(NOTE.replace("07965", "07966"), encoding="utf-8")
    queries = tmp_path / "queries.jsonl"
    queries.write_text('{"query": "tokens"}\n{"query": "토큰"}\n', encoding="utf-8")
    kept = tmp_path / "kept"
    options = [
        "--vault",
        vault,
        "--queries",
        queries,
        "--glossary",
        "none",
        "--entries",
        "40",
        "--keep",
        kept,
        "--json",
    ]
    for _ in range(2):  # made, and then used again
        monkeypatch.setattr(sys, "argv", ["speed", *map(str, options)])
        speed.main()
        figures = json.loads(capsys.readouterr().out)["40"]
        assert {"start_ms", "built_per_s", "engine", "look_up", "floor", "filtered", "add"} <= figures.keys()
        assert figures["engine"]["p99"] >= figures["engine"]["p50"] > 0
        assert figures["bytes_per_entry"] > 500
        assert (kept / "40.db").exists()
