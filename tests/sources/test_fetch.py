import base64
import gzip
import logging
import socket
import threading
import time
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


def dripping(before: bytes, drop: bytes):
    """An answer that never ends: ``before``, then ``drop`` again and again, until the other side has left."""

    def drip(handler):
        try:
            handler.wfile.write(before)
            while True:
                handler.wfile.write(drop)
                handler.wfile.flush()
                left.wait(0.01)
        except OSError:
            return

    left = threading.Event()
    return drip


@pytest.mark.parametrize(
    ("before", "drop"),
    [
        pytest.param(b"HTTP/1.1 2", b"0", id="status line"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x", id="header"),
        pytest.param(b"HTTP/1.1 200 OK\r\n", b"X-More: 1\r\n", id="headers"),
        pytest.param(b"", b"HTTP/1.1 102 Processing\r\n\r\n", id="interim answers"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;", b"x", id="chunk extension"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", id="chunks"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", b"x", id="body"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X-End: 1\r\n", id="trailers"),
    ],
)
def test_the_deadline_holds_for_every_part_of_an_answer(site, before, drop):
    site.answers["/drip"] = dripping(before, drop)
    began = time.monotonic()
    assert code(f"{site.address}/drip", whole_seconds=0.3) == "source.feed_timeout"
    assert time.monotonic() - began < 3


def test_the_deadline_holds_over_all_redirects_together(site):
    def late(handler):
        done.wait(0.2)
        handler.wfile.write(b"HTTP/1.1 302 Found\r\nLocation: /late\r\nContent-Length: 0\r\n\r\n")

    done = threading.Event()
    site.answers["/late"] = late
    assert code(f"{site.address}/late", whole_seconds=0.5, max_redirects=50) == "source.feed_timeout"
    assert len(site.asked) < 6


def test_the_deadline_holds_for_a_handshake_that_never_comes(site):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        began = time.monotonic()
        assert code(f"https://127.0.0.1:{silent.getsockname()[1]}/", whole_seconds=0.3) == "source.feed_timeout"
        assert time.monotonic() - began < 3


def test_the_deadline_holds_for_a_resolver_that_does_not_answer(monkeypatch):
    answered = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: answered.wait(10))
    assert code("http://digest.example/", whole_seconds=0.2) == "source.feed_timeout"
    answered.set()


def test_interim_answers_without_end_are_refused_for_their_bytes(site):
    site.answers["/flood"] = dripping(b"", b"HTTP/1.1 103 Early Hints\r\nX: " + b"y" * 60_000 + b"\r\n\r\n")
    assert code(f"{site.address}/flood", whole_seconds=30, max_bytes=1000) == "source.feed_too_large"


# Where a redirect may lead


def elsewhere(monkeypatch, site, names: dict[str, str]) -> None:
    """Give names addresses; a connection to any of them goes to the site, whose address looks like another's."""
    port = int(site.address.rpartition(":")[2])
    connect = socket.create_connection

    def resolve(host, port_, *args, **kwargs):
        family = socket.AF_INET6 if ":" in names.get(host, host) else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (names.get(host, host), port_))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    reached: list[str] = []

    def redirected(address, *args, **kwargs):
        reached.append(address[0])
        return connect(("127.0.0.1", port), *args, **kwargs)

    monkeypatch.setattr(socket, "create_connection", redirected)
    site.reached = reached


INWARD = {
    "loop.example": "127.0.0.1",
    "six.example": "::1",
    "mapped.example": "::ffff:10.0.0.1",
    "translated.example": "64:ff9b::7f00:1",
    "tunnel.example": "2002:7f00:1::1",
    "metadata.example": "169.254.169.254",
    "link.example": "fe80::1",
    "office.example": "192.168.1.7",
    "carrier.example": "100.64.0.9",
    "unique.example": "fd00::7",
    "any.example": "0.0.0.0",
    "many.example": "224.0.0.1",
}


@pytest.mark.parametrize("host", [*INWARD, "127.0.0.1", "[::1]", "10.0.0.8", "2130706433", "localhost"])
def test_a_redirect_inward_is_not_followed(site, monkeypatch, host):
    known = {"digest.example": "93.184.216.34", "2130706433": "127.0.0.1", "localhost": "127.0.0.1", **INWARD}
    elsewhere(monkeypatch, site, known)
    site.answers["/feed"] = (302, {"Location": f"http://{host}/inner"}, b"")
    site.answers["/inner"] = (200, {}, b"a secret of the machine")
    assert code("http://digest.example/feed") == "source.feed_inward"
    assert site.reached == ["93.184.216.34"], "and nobody was asked there"


def test_a_redirect_to_another_public_place_is_followed(site, monkeypatch):
    elsewhere(monkeypatch, site, {"digest.example": "93.184.216.34", "cdn.example": "2606:4700::1111"})
    site.answers["/feed"] = (302, {"Location": "http://cdn.example/copy"}, b"")
    site.answers["/copy"] = (200, {}, b"text")
    assert http_fetch("http://digest.example/feed", {}).body == b"text"


def test_a_source_inside_may_redirect_within_its_own_kind_of_place_only(site, monkeypatch):
    elsewhere(monkeypatch, site, INWARD | {"wiki.example": "192.168.1.9"})
    site.answers["/feed"] = (302, {"Location": "http://wiki.example/new"}, b"")
    site.answers["/new"] = (200, {}, b"text")
    assert http_fetch("http://office.example/feed", {}).body == b"text"
    site.answers["/feed"] = (302, {"Location": "http://metadata.example/new"}, b"")
    assert code("http://office.example/feed") == "source.feed_inward"


# Passwords in addresses


def test_user_and_password_go_to_the_addresss_own_server_and_nowhere_else(site):
    def keep(handler):
        asked.append(handler.headers.get("Authorization"))
        handler.wfile.write(b"HTTP/1.1 302 Found\r\nLocation: " + target + b"\r\nContent-Length: 0\r\n\r\n")

    asked: list[str | None] = []
    target = b"/next"
    site.answers["/feed"] = site.answers["/next"] = keep
    private = site.address.replace("http://", "http://us%40er:pa%3Ass@")
    code(f"{private}/feed", max_redirects=1)
    assert asked == ["Basic " + base64.b64encode(b"us@er:pa:ss").decode()] * 2
    asked.clear()
    target = site.address.replace("127.0.0.1", "localhost").encode() + b"/next"
    code(f"{private}/feed", max_redirects=1)
    assert asked[0] is not None
    assert asked[1] is None


# The environment


@pytest.fixture
def proxied(site, monkeypatch):
    """A site that serves as a proxy for ``digest.example``, and is named as such."""
    site.answers["http://digest.example/feed"] = (200, {}, b"through the proxy")
    monkeypatch.setenv("HTTP_PROXY", site.address)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    return site


def test_a_feed_is_asked_through_the_proxy_of_the_environment(proxied):
    assert http_fetch("http://digest.example/feed", {}).body == b"through the proxy"


def test_loopback_is_asked_without_the_proxy(proxied, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    proxied.answers["/feed"] = (200, {}, b"here")
    assert http_fetch(f"{proxied.address}/feed", {}).body == b"here"


def test_a_proxy_that_is_not_there_is_named_by_its_variable(proxied, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://us:secret@127.0.0.1:1")
    with pytest.raises(SourceUnavailableError) as caught:
        http_fetch("http://digest.example/feed", {})
    assert caught.value.code == "source.feed_proxy"
    assert caught.value.values["variable"] == "HTTP_PROXY"
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f.1", "[::1]", "localhost", "169.254.169.254"])
def test_a_redirect_inward_is_not_followed_through_a_proxy_either(proxied, monkeypatch, host):
    proxied.answers["http://digest.example/moved"] = (302, {"Location": f"http://{host}/inner"}, b"")
    assert code("http://digest.example/moved") == "source.feed_inward"


@pytest.mark.parametrize(
    ("variable", "value", "address"),
    [
        ("all_proxy", "socks5://127.0.0.1:9", "http://digest.example/"),
        ("http_proxy", "ftp://127.0.0.1:9", "http://digest.example/"),
        ("http_proxy", "http://user:p#ss@127.0.0.1:9", "http://digest.example/"),
        ("SSL_CERT_FILE", "/nonexistent", "https://127.0.0.1:1/"),
        ("SSLKEYLOGFILE", "/nonexistent/x", "https://127.0.0.1:1/"),
    ],
)
def test_a_variable_that_cannot_be_used_is_named(site, monkeypatch, variable, value, address):
    monkeypatch.delenv("HTTP_PROXY", raising=False)
    monkeypatch.setenv(variable, value)
    with pytest.raises(SourceUnavailableError) as caught:
        http_fetch(address, {})
    assert caught.value.code == "source.feed_environment"
    assert variable in str(caught.value.values["why"])


@pytest.mark.parametrize("value", ["[::1]", "::1/128,10.0.0.0/8"])
def test_every_form_of_no_proxy_is_read(proxied, monkeypatch, value):
    monkeypatch.setenv("NO_PROXY", value)
    assert http_fetch("http://digest.example/feed", {}).body == b"through the proxy"


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
