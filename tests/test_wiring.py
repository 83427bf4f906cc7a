"""What `wiring` reads by itself."""

import logging
from pathlib import Path

import pytest

from bot.wiring import load_glossary


def test_the_glossary_is_read_and_its_bad_lines_are_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "glossary.tsv"
    file.write_text("확산\tdiffusion\n확산 diffusion\n", encoding="utf-8")
    assert [name.text for name in load_glossary(str(file)).of("확산")] == ["diffusion"]
    assert [record.getMessage() for record in caplog.records] == [
        f"glossary line left out path={file} line=2 found='확산 diffusion'"
    ]


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_without_a_glossary_that_can_be_read_nothing_is_translated(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes | None
) -> None:
    file = tmp_path / "glossary.tsv"
    if content is not None:
        file.write_bytes(content)
    assert load_glossary(str(file)).of("확산") == ()
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert str(file) in record.getMessage()
    assert 'write "" there' in record.getMessage()


def test_no_glossary_is_a_choice(caplog: pytest.LogCaptureFixture) -> None:
    assert load_glossary("").of("확산") == ()
    assert caplog.records == []
