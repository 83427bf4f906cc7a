"""What every test may ask for, and the closing lines that name what was not tried here."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("paperround", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("paperround")

NOT_TRIED: dict[str, str] = {}

HOW = {
    "corpus": "set PAPERROUND_CORPUS to the folder of the real notes (vault/, text/, html/, feed.xml, truth.jsonl)",
    "browser": "install Debian's Chromium: apt-get install chromium",
}


def _not_tried(what: str) -> None:
    """Skip, and have the closing lines say so; in CI, where nothing may be skipped, fail."""
    if os.environ.get("PAPERROUND_NO_SKIPS"):
        pytest.fail(f"not tried: {what}; {HOW[what]}")
    NOT_TRIED[what] = HOW[what]
    pytest.skip(f"{what}: {HOW[what]}")


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real notes, never copied into this project."""
    folder = os.environ.get("PAPERROUND_CORPUS")
    if not folder:
        _not_tried("corpus")
    return Path(folder)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Debian's Chromium."""
    path = shutil.which("chromium")
    if not path:
        _not_tried("browser")
    return path


@pytest.fixture(scope="session")
def samples() -> Path:
    """Notes of our own writing, in every real form."""
    return Path(__file__).parent / "samples"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for what, how in sorted(NOT_TRIED.items()):
        terminalreporter.write_line(f"not tried here: the {what} tests. To try them, {how}.")
