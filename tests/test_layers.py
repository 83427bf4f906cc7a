"""Who may import whom: one order, read off the imports themselves (as click's tests/test_imports.py does)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

BOT = Path(__file__).parent.parent / "bot"

ORDER = [
    {"errors"},
    {"environment"},
    {"digest"},
    {"search"},
    {"plan"},
    {"messages"},
    {"delivery"},
    {"sources", "store"},
    {"slack"},
    {
        *(
            "misconfigured",
            "settings",
            "wiring",
            "ingest",
            "source_status",
            "reading",
            "posting",
            "schedule",
            "doctor",
            "run",
        ),
        *("printing", "commanding", "overview", "ingesting", "looking", "operating", "cli"),
    },
]
RANK = {room: rank for rank, rooms in enumerate(ORDER) for room in rooms}
PURE = {"digest", "search", "plan", "messages"}
IMPURE = {
    "sqlalchemy",
    "sqlite3",
    "httpx",
    "requests",
    "socket",
    "subprocess",
    "urllib.request",
    "slack_bolt",
    "os",
    "time",
}


def modules() -> list[Path]:
    return sorted(BOT.rglob("*.py"))


def room(path: Path) -> str:
    return path.relative_to(BOT).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write imports from the root"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def ours(path: Path) -> set[str]:
    return {name.split(".")[1] for name in imports(path) if name.startswith("bot.")} & (RANK.keys() | {"sandbox"})


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(BOT)))
def test_a_room_imports_only_what_stands_to_its_left(path: Path) -> None:
    here = room(path)
    if here == "sandbox":
        assert ours(path) <= {"sandbox"}, "the stand-in imports nothing of the bot's"
        assert not [name for name in imports(path) if name.split(".")[0] in ("slack_sdk", "slack_bolt")]
        return
    if here == "__init__":
        assert not ours(path)
        return
    assert here in RANK, f"{path.name} is in no room: name its place in ORDER"
    for other in ours(path) - {here}:
        if other == "sandbox":
            assert here in ("cli", "run")
        else:
            assert RANK[other] < RANK[here] or RANK[here] == len(ORDER) - 1, f"{here} may not import {other}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(BOT)))
def test_pure_rooms_touch_no_file_clock_network_or_database(path: Path) -> None:
    if room(path) not in PURE:
        return
    for name in imports(path):
        assert name not in IMPURE, f"{room(path)} is pure and imports {name}"
        assert name.split(".")[0] not in {"sqlalchemy", "httpx", "slack_bolt"}
        if name.startswith("slack_sdk"):
            assert room(path) == "messages", "only messages lays out blocks"
            assert name.startswith("slack_sdk.models"), name
