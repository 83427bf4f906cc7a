"""Limits on what reading may cost, in the process that reads."""

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import date

import pytest

from bot.errors import DigestFormatError, SourceUnavailableError
from bot.sources import reader
from bot.sources.reader import Text, read_documents, read_feed, seconds_for

GOOD = Text("240412 Note.md", b"*Sparse Kitchens* (Ada Cook, Bo Baker)\n\nwords\n")
LONG = Text("240412 Long.md", b"words\n" * 100_000)
FEED = (
    b'<rss version="2.0"><channel><title>T</title><item><guid>g</guid><title>2024-04-12</title>'
    b"<description>words</description></item></channel></rss>"
)


@pytest.fixture(autouse=True)
def _no_process_left():
    yield
    reader._pool.end_all()


@pytest.fixture
def impatient(monkeypatch):
    """A document longer than 100 kB has no time at all."""
    monkeypatch.setattr(reader, "seconds_for", lambda size: 0.02 if size > 100_000 else 10)


def running() -> list[int]:
    return [process.popen.pid for process, _ in reader._pool._idle]


def ended(pid: int, within: float = 10) -> bool:
    """Whether a process that is not our child any more ends within so many seconds."""
    for _ in range(int(within * 50)):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        threading.Event().wait(0.02)
    return False


def test_documents_are_read_in_their_order_and_faults_keep_their_place():
    bad = Text("240412 Empty.md", b"")
    first, second, third = read_documents([GOOD, bad, Text("x.txt", b"Title\n(Ada Cook)\n#moe\n", date(2024, 4, 13))])
    assert isinstance(first, tuple)
    assert first[0].entries[0].authors == ("Ada Cook", "Bo Baker")
    assert isinstance(second, DigestFormatError)
    assert (second.line, second.found) == (1, "")
    assert isinstance(third, tuple)
    assert third[0].day == date(2024, 4, 13)


def test_many_large_documents_pass_through_both_pipes():
    large = Text("240412 Note.md", b"*T* (Ada Cook)\n\n" + (b"words and words " * 100 + b"\n") * 100)
    assert all(isinstance(read, tuple) for read in read_documents([large] * 10))


def test_a_document_beyond_its_time_is_refused_and_the_next_ones_are_read(impatient):
    first, second, third = read_documents([GOOD, LONG, GOOD])
    assert isinstance(first, tuple)
    assert isinstance(second, DigestFormatError)
    assert "600,000 bytes that took more than" in second.found
    assert isinstance(third, tuple)


def test_a_process_that_does_nothing_is_not_waited_for_for_ever(monkeypatch):
    list(read_documents([GOOD]))
    os.kill(running()[0], signal.SIGSTOP)
    monkeypatch.setattr(reader, "PATIENCE", 0.2)
    monkeypatch.setattr(reader, "seconds_for", lambda size: 0.1)
    began = time.monotonic()
    (read,) = read_documents([GOOD])
    assert isinstance(read, DigestFormatError)
    assert time.monotonic() - began < 10


def test_a_document_beyond_the_memory_is_refused_and_the_next_one_is_read(monkeypatch):
    list(read_documents([GOOD]))
    reader._pool.end_all()
    monkeypatch.setattr(reader, "MEMORY", 150_000_000)
    many_parts = Text("240412 Parts.txt", b"April 12, 2024\n" + b"T\n(Ada Cook, Bo Baker)\nwords\n#moe\n" * 140_000)
    first, second = read_documents([many_parts, GOOD])
    assert isinstance(first, DigestFormatError)
    assert "memory" in f"{first.expected} {first.found}"
    assert isinstance(second, tuple)


def test_a_process_that_uses_too_much_is_ended_where_its_address_space_has_no_limit(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(reader, "MEMORY", 1_000_000_000)
    list(read_documents([GOOD]))
    monkeypatch.setattr(reader, "MEMORY", 1)
    (read,) = read_documents([GOOD])
    assert isinstance(read, DigestFormatError)
    assert "too much memory" in read.found


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGSEGV, signal.SIGPROF])
def test_a_process_that_is_killed_is_started_again(sign):
    list(read_documents([GOOD]))
    pid = running()[0]
    os.kill(pid, sign)
    reads = [read for _ in range(2) for read in read_documents([GOOD])]
    assert isinstance(reads[-1], tuple)
    assert running() != [pid]


def test_a_feed_is_read_and_what_is_none_says_why():
    posts = read_feed(FEED, "application/rss+xml")
    assert [post.uri for post in posts.documents] == ["g"]
    with pytest.raises(SourceUnavailableError) as caught:
        read_feed(b"<html></html>", "")
    assert caught.value.values["why"] == "this is no RSS or Atom feed"


def test_a_feed_beyond_its_time_is_unavailable(impatient):
    with pytest.raises(SourceUnavailableError) as caught:
        read_feed(FEED.replace(b"words", b"<b>" * 200_000), "")
    assert "took more than" in caught.value.values["why"]


def test_one_process_serves_one_look_after_the_other_and_ends_without_work(monkeypatch):
    list(read_documents([GOOD]))
    first = running()
    monkeypatch.setattr(reader, "IDLE", 0.05)
    list(read_documents([GOOD, GOOD]))
    assert ended(first[0])
    assert running() == []


def test_two_sources_are_read_side_by_side():
    one = read_documents([GOOD, GOOD])
    assert isinstance(next(one), tuple)
    assert all(isinstance(read, tuple) for read in read_documents([GOOD]))
    assert isinstance(next(one), tuple)


def test_a_reading_that_is_given_up_leaves_no_process():
    reads = read_documents([GOOD] * 50)
    next(reads)
    reads.close()
    assert running() == []
    assert all(isinstance(read, tuple) for read in read_documents([GOOD]))


def test_the_process_ends_with_the_one_that_started_it():
    script = (
        "from bot.sources import reader\n"
        "list(reader.read_documents([reader.Text('240412 A.md', b'*T* (Ada Cook)')]))\n"
        "print(reader._pool._idle[0][0].popen.pid, flush=True)\n"
        "import os; os.kill(os.getpid(), 9)\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert ended(int(ran.stdout))


def test_the_process_is_given_no_token(monkeypatch, tmp_path):
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    monkeypatch.setattr(reader, "_START", f"import os; open({str(tmp_path / 'env')!r}, 'w').write(str(os.environ))")
    with pytest.raises(SourceUnavailableError) as caught:
        list(read_documents([GOOD]))
    assert caught.value.code == "source.no_reader"
    assert "xoxb" not in (tmp_path / "env").read_text()


def test_the_time_grows_with_the_document_to_ten_seconds():
    assert [seconds_for(size) for size in (0, 1_000_000, 2_500_000, 5_000_000, 50_000_000)] == [2, 2, 5, 10, 10]


def test_reading_delays_no_other_thread():
    """The interpreter's lock is held by no reading: another thread is heard within a tenth of a second."""
    list(read_documents([GOOD]))
    slow = Text("240412 Slow.md", b"*T* (Ada Cook)\n\n" + b"word " * 800_000)
    done = threading.Event()
    gaps = []

    def answer():
        while not done.is_set():
            began = time.monotonic()
            busy = time.thread_time()
            done.wait(0.005)
            gaps.append(time.monotonic() - began - (time.thread_time() - busy))

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        assert len(list(read_documents([slow]))) == 1
    finally:
        done.set()
        thread.join()
    assert sorted(gaps)[len(gaps) * 99 // 100] < 0.1
