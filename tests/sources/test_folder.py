import errno
import os
import sys
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.digest.document import KnownDocument, content_hash
from bot.errors import SourceUnavailableError
from bot.sources.folder import FolderSource
from bot.sources.reading import Reading

LONG_AGO = 1_700_000_000


def write(folder: Path, name: str, data: bytes = b"text", mtime: float = LONG_AGO) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (mtime, mtime))
    return path


def remembered(reading: Reading, known: dict[str, KnownDocument] | None = None) -> dict[str, KnownDocument]:
    """What a store would know after this reading."""
    rows = dict(known or {})
    for document in reading.documents:
        rows[document.uri] = KnownDocument(document.uri, document.hash, last_modified=document.last_modified)
    for row in reading.state:
        rows[row.uri] = row
    for uri in reading.missing:
        rows[uri] = replace(rows[uri], missing_since=datetime(2024, 1, 1, tzinfo=UTC))
    return rows


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    folder = tmp_path / "vault"
    folder.mkdir()
    return folder


@pytest.fixture
def source(vault: Path) -> FolderSource:
    return FolderSource("notes", vault)


def uris(reading: Reading) -> set[str]:
    return {document.uri for document in reading.documents}


def test_new_files_in_any_folder_are_documents(vault, source, now):
    write(vault, "240412 A.md", b"a")
    write(vault, "2024/deep/B.HTML", b"b")
    write(vault, "c.txt", b"c")
    reading = source.fetch({}, now)
    assert {(d.uri, d.name, d.data) for d in reading.documents} == {
        ("240412 A.md", "240412 A.md", b"a"),
        ("2024/deep/B.HTML", "B.HTML", b"b"),
        ("c.txt", "c.txt", b"c"),
    }
    assert all(d.hash == content_hash(d.data) for d in reading.documents)
    assert reading.waiting == ()


def test_hidden_things_and_other_extensions_are_not_looked_at(vault, source, now):
    for name in (".obsidian/a.md", ".git/b.txt", ".trash/c.md", ".hidden.md", "image.png", "noextension", "a.md.bak"):
        write(vault, name)
    reading = source.fetch({}, now)
    assert reading == Reading()


def test_an_unchanged_file_is_not_opened_again(vault, source, now, monkeypatch):
    write(vault, "a.md")
    known = remembered(source.fetch({}, now))
    monkeypatch.setattr(os, "open", lambda *_: pytest.fail("opened a file that did not change"))
    assert source.fetch(known, now) == Reading(unchanged=1)


def test_an_edited_file_is_read_again(vault, source, now):
    write(vault, "a.md", b"old")
    known = remembered(source.fetch({}, now))
    write(vault, "a.md", b"new", LONG_AGO + 60)
    assert [d.data for d in source.fetch(known, now).documents] == [b"new"]


def test_a_touched_file_only_has_its_validator_remembered(vault, source, now):
    write(vault, "a.md")
    known = remembered(source.fetch({}, now))
    write(vault, "a.md", mtime=LONG_AGO + 60)
    reading = source.fetch(known, now)
    assert (reading.documents, reading.unchanged, len(reading.state)) == ((), 1, 1)
    assert source.fetch(remembered(reading, known), now) == Reading(unchanged=1)


def test_a_removed_file_is_missing_and_a_renamed_one_is_new_and_missing(vault, source, now):
    write(vault, "a.md", b"a")
    write(vault, "b.md", b"b")
    known = remembered(source.fetch({}, now))
    (vault / "a.md").unlink()
    (vault / "b.md").rename(vault / "c.md")
    reading = source.fetch(known, now)
    assert reading.missing == {"a.md", "b.md"}
    assert uris(reading) == {"c.md"}


def test_a_file_written_just_now_waits_until_it_lies_still(vault, source, now):
    moment = now.timestamp()
    write(vault, "a.md", b"half", moment - 0.5)
    assert source.fetch({}, now).waiting == ("a.md",)
    reading = source.fetch({}, now + timedelta(seconds=5))
    assert (reading.waiting, uris(reading)) == ((), {"a.md"})


def test_a_file_that_grew_between_two_looks_waits_once_more(vault, source, now):
    moment = now.timestamp()
    write(vault, "a.md", b"half", moment - 0.5)
    assert source.fetch({}, now).waiting == ("a.md",)
    write(vault, "a.md", b"half and more", moment + 3)
    later = now + timedelta(seconds=6)
    assert source.fetch({}, later).waiting == ("a.md",)
    assert uris(source.fetch({}, later)) == {"a.md"}


def test_a_file_dated_in_the_far_future_is_read(vault, source, now):
    write(vault, "a.md", mtime=now.timestamp() + 86_400)
    assert uris(source.fetch({}, now)) == {"a.md"}


def test_a_file_that_changes_while_it_is_read_waits(vault, source, now, monkeypatch):
    path = write(vault, "a.md", b"before")
    real_open = os.open

    def grow_then_open(name, flags):
        write(vault, "a.md", b"before and after", LONG_AGO + 1)
        return real_open(name, flags)

    monkeypatch.setattr(os, "open", grow_then_open)
    reading = source.fetch({}, now)
    assert (reading.documents, reading.waiting) == ((), ("a.md",))
    assert path.exists()


def test_a_waiting_file_that_is_known_is_not_missing(vault, source, now):
    write(vault, "a.md", b"old")
    known = remembered(source.fetch({}, now))
    write(vault, "a.md", b"being written", now.timestamp())
    reading = source.fetch(known, now)
    assert (reading.missing, reading.waiting) == (frozenset(), ("a.md",))


def test_symbolic_links_are_refused_with_a_word(vault, source, now, tmp_path):
    write(tmp_path, "outside/secret.md")
    (vault / "file.md").symlink_to(tmp_path / "outside/secret.md")
    (vault / "folder").symlink_to(tmp_path / "outside")
    (vault / "loop.md").symlink_to("loop.md")
    (vault / "picture.png").symlink_to(tmp_path / "outside/secret.md")
    reading = source.fetch({}, now)
    assert reading.documents == ()
    assert {(r.uri, r.code) for r in reading.refused} == {
        ("file.md", "source.symlink"),
        ("folder", "source.symlink"),
        ("loop.md", "source.symlink"),
    }
    assert all("link" in r.words for r in reading.refused)


def test_the_folder_itself_may_be_a_symbolic_link(vault, now, tmp_path):
    write(vault, "a.md")
    (tmp_path / "link").symlink_to(vault)
    assert uris(FolderSource("notes", tmp_path / "link").fetch({}, now)) == {"a.md"}


def test_a_file_over_the_limit_is_refused_and_one_at_the_limit_is_read(vault, now):
    write(vault, "at.md", b"x" * 100)
    write(vault, "over.md", b"x" * 101)
    reading = FolderSource("notes", vault, max_bytes=100).fetch({}, now)
    assert uris(reading) == {"at.md"}
    assert [(r.uri, r.code) for r in reading.refused] == [("over.md", "source.too_large")]
    assert "100" in reading.refused[0].words


def test_a_pipe_with_a_notes_name_is_refused_and_does_not_hang(vault, source, now):
    os.mkfifo(vault / "pipe.md")
    assert [(r.uri, r.code) for r in source.fetch({}, now).refused] == [("pipe.md", "source.not_a_file")]


def refuse(monkeypatch, name: str, what: str) -> None:
    """Answer EACCES for one path; root may read everything, so permissions alone would not do."""
    real = getattr(os, name)

    def denied(path, *rest):
        if str(path).endswith(what):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *rest)

    monkeypatch.setattr(os, name, denied)


def test_an_unreadable_file_is_refused_and_the_others_are_read(vault, source, now, monkeypatch):
    write(vault, "a.md")
    write(vault, "b.md")
    refuse(monkeypatch, "open", "b.md")
    reading = source.fetch({}, now)
    assert uris(reading) == {"a.md"}
    assert [(r.uri, r.code) for r in reading.refused] == [("b.md", "source.unreadable")]
    assert "Permission denied" in reading.refused[0].words


def test_what_stands_in_an_unreadable_folder_is_not_missing(vault, source, now, monkeypatch):
    write(vault, "open/a.md")
    write(vault, "shut/b.md")
    known = remembered(source.fetch({}, now))
    refuse(monkeypatch, "scandir", "shut")
    reading = source.fetch(known, now)
    assert reading.missing == frozenset()
    assert [(r.uri, r.code) for r in reading.refused] == [("shut", "source.unreadable")]


def test_a_known_file_that_became_too_large_is_not_missing(vault, now):
    source = FolderSource("notes", vault, max_bytes=10)
    write(vault, "a.md", b"short")
    known = remembered(source.fetch({}, now))
    write(vault, "a.md", b"far too long", LONG_AGO + 1)
    assert source.fetch(known, now).missing == frozenset()


def test_one_file_may_be_the_whole_source(tmp_path, vault, now):
    write(vault, "a.md")
    path = write(vault, "b.text", b"b")
    (tmp_path / "link.txt").symlink_to(path)
    for given in (path, tmp_path / "link.txt"):
        source = FolderSource("notes", given)
        reading = source.fetch({}, now)
        assert [(d.uri, d.data) for d in reading.documents] == [("b.text", b"b")]
        assert source.fetch(remembered(reading), now) == Reading(unchanged=1)


@pytest.mark.parametrize("what", ["absent", "pipe"])
def test_a_missing_folder_is_unavailable(tmp_path, now, what):
    if what == "pipe":
        os.mkfifo(tmp_path / "vault")
    with pytest.raises(SourceUnavailableError) as caught:
        FolderSource("notes", tmp_path / "vault").fetch({}, now)
    assert caught.value.code == "source.folder_missing"


def many(vault: Path, source: FolderSource, now: datetime, count: int) -> dict[str, KnownDocument]:
    for number in range(count):
        write(vault, f"{number:03}.md", b"%d" % number)
    return remembered(source.fetch({}, now))


@pytest.mark.parametrize(
    ("count", "gone", "stops"),
    [
        pytest.param(20, 6, True, id="more than five and more than a tenth"),
        pytest.param(20, 5, False, id="five of twenty"),
        pytest.param(60, 6, False, id="a tenth"),
        pytest.param(60, 7, True, id="a little more than a tenth"),
    ],
)
def test_many_files_vanishing_at_once_stops_the_reading(vault, source, now, count, gone, stops):
    known = many(vault, source, now, count)
    for number in range(gone):
        (vault / f"{number:03}.md").unlink()
    if not stops:
        assert len(source.fetch(known, now).missing) == gone
        return
    with pytest.raises(SourceUnavailableError) as caught:
        source.fetch(known, now)
    assert caught.value.code == "source.many_missing"
    assert (caught.value.values["missing"], caught.value.values["known"]) == (gone, count)
    assert len(source.fetch(known, now, accept_removals=True).missing) == gone


def test_removals_that_were_accepted_are_not_counted_again(vault, source, now):
    known = many(vault, source, now, 20)
    for number in range(10):
        (vault / f"{number:03}.md").unlink()
    known = remembered(source.fetch(known, now, accept_removals=True), known)
    assert len(source.fetch(known, now).missing) == 10


def test_a_whole_folder_that_moves_is_no_loss(vault, source, now):
    (vault / "old").mkdir()
    known = many(vault / "old", source, now, 20)
    (vault / "old").rename(vault / "new")
    reading = source.fetch(known, now)
    assert len(reading.missing) == len(reading.documents) == 20


def test_a_decomposed_name_is_the_same_document_as_its_composed_one(vault, source, now):
    composed = "240412 상태 공간.md"
    write(vault, unicodedata.normalize("NFD", composed))
    known = remembered(source.fetch({}, now))
    assert set(known) == {composed}
    (vault / unicodedata.normalize("NFD", composed)).rename(vault / composed)
    assert source.fetch(known, now) == Reading(unchanged=1)


def test_of_two_spellings_of_one_name_one_is_read_and_one_refused(vault, source, now):
    composed = "상태.md"
    write(vault, composed, b"composed")
    write(vault, unicodedata.normalize("NFD", composed), b"decomposed")
    if len(os.listdir(vault)) < 2:
        pytest.skip("this file system holds both spellings to be one name")
    reading = source.fetch({}, now)
    assert [d.data for d in reading.documents] == [b"composed"]
    assert [r.code for r in reading.refused] == ["source.same_name"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names themselves")
def test_a_name_that_is_no_utf8_becomes_text_that_can_be_stored(vault, source, now):
    raw = os.fsencode(vault) + b"/caf\xe9.md"
    with open(raw, "wb") as file:
        file.write(b"text")
    os.utime(raw, (LONG_AGO, LONG_AGO))
    reading = source.fetch({}, now)
    assert uris(reading) == {"caf\\xe9.md"}
    assert all(uri.encode() for uri in uris(reading))
    assert source.fetch(remembered(reading), now) == Reading(unchanged=1)


@pytest.mark.corpus
def test_the_whole_vault_is_read_and_then_left_alone(corpus, now):
    source = FolderSource("notes", corpus / "vault")
    reading = source.fetch({}, now)
    assert len(reading.documents) == 2604
    assert source.fetch(remembered(reading), now) == Reading(unchanged=2604)


# Files that a cloud drive has put away


@pytest.mark.parametrize("stub", [".{}.icloud", "{}.nextcloud", "{}.owncloud", "{}.rslsv"])
def test_a_stub_beside_a_missing_note_means_that_it_is_away_and_not_gone(vault, source, now, stub):
    for number in range(3):
        write(vault, f"2024/24041{number} P{number}.md", b"text %d" % number)
    known = remembered(source.fetch({}, now))
    gone = vault / "2024/240411 P1.md"
    gone.rename(gone.with_name(stub.format(gone.name)))
    for _ in range(2):
        reading = source.fetch(known, now)
        assert reading.missing == frozenset()
        assert reading.away == ("2024/240411 P1.md",)
        assert reading.unchanged == 2
    gone.with_name(stub.format(gone.name)).unlink()
    assert source.fetch(known, now).missing == {"2024/240411 P1.md"}


def test_a_stub_beside_its_note_is_what_a_download_left_behind(vault, source, now):
    write(vault, "240412 A.md")
    write(vault, ".240412 A.md.icloud")
    reading = source.fetch({}, now)
    assert (uris(reading), reading.away) == ({"240412 A.md"}, ())


def test_a_folder_put_away_keeps_all_that_stood_in_it(vault, source, now):
    write(vault, "old/240412 A.md")
    known = remembered(source.fetch({}, now))
    (vault / "old/240412 A.md").unlink()
    (vault / "old").rmdir()
    write(vault, ".old.icloud")
    assert source.fetch(known, now).missing == frozenset()


def test_a_stub_of_something_else_is_nothing(vault, source, now):
    write(vault, ".photo.png.icloud")
    write(vault, ".icloud")
    assert source.fetch({}, now).away == ()


def test_a_hundred_notes_put_away_at_once_are_no_accident(vault, source, now):
    for number in range(100):
        write(vault, f"n{number}.md", b"%d" % number)
    known = remembered(source.fetch({}, now))
    for path in list(vault.iterdir()):
        path.rename(path.with_name(f".{path.name}.icloud"))
    assert len(source.fetch(known, now).away) == 100


@pytest.mark.parametrize("number", [errno.EIO, errno.ETIMEDOUT, errno.EDEADLK, errno.ESTALE])
def test_a_file_whose_drive_does_not_answer_is_away(vault, source, now, monkeypatch, number):
    path = write(vault, "240412 A.md")
    known = remembered(source.fetch({}, now))
    path.write_bytes(b"other text")
    os.utime(path, (LONG_AGO, LONG_AGO))
    monkeypatch.setattr(source, "_read", raising(OSError(number, os.strerror(number))))
    reading = source.fetch(known, now)
    assert (reading.away, reading.refused, reading.missing) == (("240412 A.md",), (), frozenset())


def raising(error):
    def fail(*args):
        raise error

    return fail


def test_a_file_without_its_content_here_is_not_opened(vault, source, now, monkeypatch):
    write(vault, "240412 A.md")
    monkeypatch.setattr("bot.sources.folder._is_dataless", lambda status: True)
    monkeypatch.setattr(source, "_read", raising(AssertionError("this would wait for a download")))
    assert source.fetch({}, now).away == ("240412 A.md",)


# What is ignored


@pytest.mark.parametrize(
    "name",
    [
        "Templates/240412 Daily.md",
        "99 Templates/note.md",
        "deep/node_modules/x/readme.md",
        "240412 A.sync-conflict-20240412-101010-ABCDEFG.md",
        "240412 A (Bo's conflicted copy 2024-04-12).md",
        "240412 A (Conflicted Copy 2024-04-12 101010).md",
        "240412 A-DESKTOP-AB12CD3.md",
        "LICENSE.md",
        "requirements.txt",
        "drawing.excalidraw.md",
        ".obsidian/plugin.md",
        ".trash/240412 Old.md",
        ".stversions/240412 A.md",
    ],
)
def test_what_tools_leave_behind_is_no_digest(vault, source, now, name):
    write(vault, name)
    reading = source.fetch({}, now)
    assert uris(reading) == set()
    assert reading.refused == ()


@pytest.mark.parametrize(
    "name",
    ["240412 Llama 2.md", "240412 Prompt templates.md", "README.md", "a/layouts/x.md", "240412 Conflict in LLMs.md"],
)
def test_a_note_that_only_looks_alike_is_read(vault, source, now, name):
    write(vault, name)
    assert uris(source.fetch({}, now)) == {name}


def test_patterns_of_ones_own_ignore_more_and_take_back(vault, now):
    for name in ("drafts/a.md", "drafts.md", "2024/x1.md", "old/2024/x1.md", "templates/b.md", "Deep/Private/c.md"):
        write(vault, name)
    source = FolderSource("notes", vault, ignore=["Drafts/", "2024/x?.md", "!templates/", "private/"])
    reading = source.fetch({}, now)
    assert uris(reading) == {"drafts.md", "old/2024/x1.md", "templates/b.md"}
    assert set(reading.ignored) == {"drafts", "2024/x1.md", "Deep/Private"}


def test_what_was_read_before_it_was_ignored_is_not_withdrawn(vault, source, now):
    write(vault, "drafts/240412 A.md")
    write(vault, "drafts/broken.md")
    known = remembered(source.fetch({}, now))
    known["drafts/broken.md"] = replace(known["drafts/broken.md"], error="line 1: expected a date")
    now_ignored = FolderSource("notes", vault, ignore=["drafts/"])
    assert now_ignored.fetch(known, now).missing == {"drafts/broken.md"}, "its fault need not be remembered"


def test_one_file_named_is_read_whatever_it_is_called(vault, now):
    path = write(vault, "template.md")
    assert uris(FolderSource("notes", path).fetch({}, now)) == {"template.md"}
