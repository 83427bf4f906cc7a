import gzip
import logging
import socket
import tracemalloc
import zlib

import pytest

from bot.errors import SourceUnavailableError
from bot.sources.fetch import http_fetch


def code(url: str, **limits) -> str:
    with pytest.raises(SourceUnavailableError) as caught:
        http_fetch(url, {}, **limits)
    return caught.value.code


def test_gives_status_headers_and_body(site):
    site.answers["/feed"] = (200, {"ETag": '"1"', "Content-Type": "text/xml"}, b"<rss/>")
    fetched = http_fetch(f"{site.address}/feed", {"If-None-Match": '"0"'})
    assert (fetched.status, fetched.body, fetched.moved_to) == (200, b"<rss/>", None)
    assert (fetched.headers["etag"], fetched.headers["content-type"]) == ('"1"', "text/xml")
    assert site.asked[0][1]["if-none-match"] == '"0"'
    assert "paperround" in site.asked[0][1]["user-agent"]


def test_other_statuses_are_answers_too(site):
    site.answers["/gone"] = (410, {}, b"gone")
    assert http_fetch(f"{site.address}/gone", {}).status == 410


@pytest.mark.parametrize("size", [0, 1, 65_536, 200_000])
def test_a_compressed_body_comes_out_as_it_went_in(site, size):
    text = (b"state space models and attention " * 7000)[:size]
    site.answers["/feed"] = (200, {"Content-Encoding": "gzip"}, gzip.compress(text))
    assert http_fetch(f"{site.address}/feed", {}).body == text
    assert site.asked[0][1]["accept-encoding"] == "gzip"


def test_a_not_modified_answer_needs_no_body_though_it_names_a_compression(site):
    site.answers["/feed"] = (304, {"Content-Encoding": "gzip"}, b"")
    assert http_fetch(f"{site.address}/feed", {}).status == 304


def test_a_small_answer_that_inflates_beyond_the_limit_is_refused(site):
    site.answers["/bomb"] = (200, {"Content-Encoding": "gzip"}, gzip.compress(bytes(30_000_000)))
    assert code(f"{site.address}/bomb", max_bytes=1_000_000) == "source.feed_too_large"


def test_a_bomb_takes_little_memory_before_it_is_refused(site):
    site.answers["/bomb"] = (200, {"Content-Encoding": "gzip"}, gzip.compress(bytes(60_000_000)))
    code(f"{site.address}/bomb", max_bytes=1_000_000)  # imports what it needs
    tracemalloc.start()
    try:
        code(f"{site.address}/bomb", max_bytes=1_000_000)
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


def test_a_large_plain_answer_is_refused_and_one_at_the_limit_is_not(site):
    site.answers["/large"] = (200, {}, bytes(1001))
    assert code(f"{site.address}/large", max_bytes=1000) == "source.feed_too_large"
    assert len(http_fetch(f"{site.address}/large", {}, 1001).body) == 1001


@pytest.mark.parametrize(
    ("encoding", "body", "expected"),
    [
        pytest.param("gzip", b"this is no gzip", "source.feed_encoding", id="not compressed at all"),
        pytest.param("gzip", gzip.compress(b"whole" * 100)[:-20], "source.feed_cut", id="cut short"),
        pytest.param("br", b"....", "source.feed_encoding", id="a compression we did not ask for"),
        pytest.param("gzip", zlib.compress(b"text"), "source.feed_encoding", id="another compression than it says"),
    ],
)
def test_a_damaged_body_is_named(site, encoding, body, expected):
    site.answers["/feed"] = (200, {"Content-Encoding": encoding}, body)
    assert code(f"{site.address}/feed") == expected


def test_a_body_that_ends_too_early_is_cut(site):
    site.answers["/feed"] = lambda handler: handler.wfile.write(
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this"
    )
    assert code(f"{site.address}/feed") == "source.feed_cut"


def test_what_is_no_http_is_cut(site):
    site.answers["/feed"] = lambda handler: handler.wfile.write(b"hello\r\n\r\n")
    assert code(f"{site.address}/feed") == "source.feed_cut"


def test_redirects_are_followed_and_permanent_ones_reported(site):
    site.answers["/a"] = (301, {"Location": "/b"}, b"")
    site.answers["/b"] = (308, {"Location": f"{site.address}/c"}, b"")
    site.answers["/c"] = (200, {}, b"here")
    fetched = http_fetch(f"{site.address}/a", {})
    assert (fetched.body, fetched.moved_to) == (b"here", f"{site.address}/c")


def test_a_permanent_redirect_behind_a_temporary_one_is_not_for_good(site):
    site.answers["/a"] = (302, {"Location": "/b"}, b"")
    site.answers["/b"] = (301, {"Location": "/c"}, b"")
    site.answers["/c"] = (200, {}, b"here")
    assert http_fetch(f"{site.address}/a", {}).moved_to is None


def test_only_the_permanent_part_of_a_chain_is_for_good(site):
    site.answers["/a"] = (301, {"Location": "/b"}, b"")
    site.answers["/b"] = (307, {"Location": "/c"}, b"")
    site.answers["/c"] = (200, {}, b"here")
    assert http_fetch(f"{site.address}/a", {}).moved_to == f"{site.address}/b"


def test_redirects_in_a_circle_end(site):
    site.answers["/a"] = (301, {"Location": "/a"}, b"")
    assert code(f"{site.address}/a", max_redirects=3) == "source.feed_redirects"
    assert len(site.asked) == 4


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/", "javascript:1"])
def test_only_web_addresses_are_fetched_also_behind_a_redirect(site, target):
    site.answers["/a"] = (302, {"Location": target}, b"")
    assert code(f"{site.address}/a") == "source.feed_address"
    assert code(target) == "source.feed_address"


@pytest.mark.parametrize("address", ["", "http://", "http:///feed", "http://[1/", "digest.example/feed"])
def test_what_is_no_address_is_named(address):
    assert code(address) == "source.feed_address"


def test_a_server_that_says_nothing_is_timed_out(site):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        assert code(f"http://127.0.0.1:{silent.getsockname()[1]}/", whole_seconds=0.2) == "source.feed_timeout"


def test_a_server_that_drips_is_timed_out_though_every_read_succeeds(site):
    def drip(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        try:
            while True:
                handler.wfile.write(b"x" * 10)
                handler.wfile.flush()
        except OSError:
            return

    site.answers["/drip"] = drip
    assert code(f"{site.address}/drip", whole_seconds=0.2, max_bytes=10**12) == "source.feed_timeout"


def test_nobody_listening_is_unreachable():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    assert code(f"http://127.0.0.1:{port}/") == "source.feed_unreachable"


def test_a_name_that_does_not_exist_is_unreachable(monkeypatch):
    def unknown(*args, **kwargs):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert code("http://feed.invalid/") == "source.feed_unreachable"


def test_a_server_without_tls_is_a_tls_error(site):
    assert code(f"https{site.address.removeprefix('http')}/") == "source.feed_tls"


def test_an_address_is_never_logged(site, caplog):
    site.answers["/private?token=secret"] = (200, {}, b"text")
    with caplog.at_level(logging.INFO):
        http_fetch(f"{site.address}/private?token=secret", {})
    assert "secret" not in caplog.text
