"""What people type besides messages and an app's commands."""

from pathlib import Path

import pytest

from bot.sandbox.server import Running, running


def test_invite_brings_whoever_is_named_into_the_channel() -> None:
    with running() as sandbox:
        assert "U0PAPERBOT" not in _members(sandbox, "lab")
        assert sandbox.send("emma", "lab", "/invite @Paperround")["ok"]
        assert "U0PAPERBOT" in _members(sandbox, "lab")
        assert not sandbox.send("emma", "lab", "/invite nobody")["ok"]


def _members(sandbox: Running, name: str) -> list[str]:
    return next(channel["members"] for channel in sandbox.state("emma")["channels"] if channel["name"] == name)


def test_two_stand_ins_never_share_a_journal(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    with running(journal=journal), pytest.raises(ValueError, match="another stand-in"), running(journal=journal):
        pass
    with running(journal=journal):
        pass
