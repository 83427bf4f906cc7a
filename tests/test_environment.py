"""What the environment's variables say about reaching an address."""

import ssl

import pytest

from bot.environment import environment_problems, proxy_for, ssl_context, without_credentials
from bot.errors import SettingsError

PROXY = {"http_proxy": "http://proxy.example:3128", "HTTPS_PROXY": "http://proxy.example:3129"}


def through(url: str, **environ: str) -> str | None:
    proxy = proxy_for(url, PROXY | environ)
    return proxy and proxy.origin


def test_each_scheme_has_its_own_variable() -> None:
    assert through("http://digest.example/feed") == "http://proxy.example:3128"
    assert through("https://digest.example/feed") == "http://proxy.example:3129"
    assert proxy_for("https://digest.example/", {"http_proxy": "http://p.example"}) is None
    assert proxy_for("https://digest.example/", {"HTTP_PROXY": "http://p.example"}, also=("http",)) is not None
    assert proxy_for("https://digest.example/", {"ALL_PROXY": "p.example:8080"}).origin == "http://p.example:8080"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8765/api/",
        "http://127.3.2.1/",
        "http://localhost/",
        "http://LOCALHOST./",
        "http://app.localhost/",
        "http://[::1]:80/",
        "http://[::ffff:127.0.0.1]/",
        "ws://127.0.0.1:9/socket",
    ],
)
def test_loopback_is_never_reached_through_a_proxy(url: str) -> None:
    everything = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy", "ws_proxy"), "http://proxy.example:9")
    assert proxy_for(url, everything) is None
    assert proxy_for(url, {"all_proxy": "socks5://127.0.0.1:9"}) is None


@pytest.mark.parametrize(
    ("no_proxy", "host", "direct"),
    [
        ("digest.example", "digest.example", True),
        ("digest.example", "www.digest.example", True),
        ("digest.example", "notdigest.example", False),
        (".digest.example", "www.digest.example", True),
        ("*.digest.example", "www.digest.example", True),
        ("*", "digest.example", True),
        ("other.example, digest.example", "digest.example", True),
        ("digest.example:8080", "digest.example", False),
        ("digest.example:80", "digest.example", True),
        ("http://digest.example", "digest.example", True),
        ("10.0.0.0/8,::1/128", "10.1.2.3", True),
        ("10.0.0.0/8,::1/128", "11.1.2.3", False),
        ("169.254/16", "169.254.3.4", True),
        ("[::1],192.168.1.5", "192.168.1.5", True),
        ("[fd00::5]:80", "[fd00::5]", True),
        ("fd00::/8", "[fd00::5]", True),
        ("192.168.*", "192.168.7.7", True),
        ("", "digest.example", False),
    ],
)
def test_no_proxy_takes_out_names_addresses_and_networks(no_proxy: str, host: str, direct: bool) -> None:
    assert (through(f"http://{host}/feed", NO_PROXY=no_proxy) is None) is direct


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"http_proxy": "ftp://proxy.example:9"}, "http_proxy"),
        ({"ALL_PROXY": "socks5://127.0.0.1:9"}, "ALL_PROXY"),
        ({"all_proxy": "socks://127.0.0.1:9"}, "all_proxy"),
        ({"http_proxy": "http://user:p#ss@127.0.0.1:9"}, "http_proxy"),
        ({"HTTP_PROXY": "http://"}, "HTTP_PROXY"),
        ({"HTTP_PROXY": "http://proxy.example:port"}, "HTTP_PROXY"),
        ({"HTTP_PROXY": "http://[::1:9"}, "HTTP_PROXY"),
        ({"HTTP_PROXY": "http://p.example:9", "NO_PROXY": "10.0.0.0/99"}, "NO_PROXY"),
        ({"HTTP_PROXY": "http://p.example:9", "no_proxy": "[::1"}, "no_proxy"),
        ({"HTTP_PROXY": "http://p.example:9", "NO_PROXY": "host:port"}, "NO_PROXY"),
    ],
)
def test_a_variable_that_cannot_be_read_is_named_in_one_line(environ: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError) as caught:
        proxy_for("http://digest.example/", environ)
    (problem,) = caught.value.problems
    assert problem.startswith(named)
    assert "\n" not in problem
    assert "p#ss" not in problem


def test_a_password_reaches_the_client_and_nobody_who_looks() -> None:
    proxy = proxy_for("http://digest.example/", {"http_proxy": "http://us%40er:p%23ss@proxy.example:9"})
    assert proxy is not None
    assert (proxy.user, proxy.password, proxy.origin) == ("us@er", "p#ss", "http://proxy.example:9")
    assert proxy.url == "http://us%40er:p%23ss@proxy.example:9"
    assert "p#ss" not in repr(proxy)
    assert "p%23ss" not in repr(proxy)


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"])
def test_certificates_that_are_not_there_are_named(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "/nonexistent/place")
    with pytest.raises(SettingsError) as caught:
        ssl_context()
    assert variable in str(caught.value)
    assert environment_problems(["https://digest.example/"]) == caught.value.problems
    assert environment_problems(["http://digest.example/"]) == [], "where nothing is encrypted none is needed"


def test_a_certificate_file_that_holds_none_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "notes.pem"))
    (tmp_path / "notes.pem").write_text("no certificate")
    with pytest.raises(SettingsError, match="SSL_CERT_FILE"):
        ssl_context()


def test_without_variables_there_are_certificates_to_check_with(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"):
        monkeypatch.delenv(variable, raising=False)
    context = ssl_context()
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.cert_store_stats()["x509_ca"] > 50


@pytest.mark.parametrize(
    ("url", "as_shown"),
    [
        ("https://slack.com/api/", "https://slack.com/api/"),
        ("https://me:secret@proxy.example/api/", "https://proxy.example/api/"),
        ("https://secret@proxy.example/api/", "https://proxy.example/api/"),
        ("https://me:s/e?c#r@et@proxy.example/api/", "https://proxy.example/api/"),
        ("https://proxy.example/api/?token=secret", "https://proxy.example/api/"),
        ("https://proxy.example/api/#secret", "https://proxy.example/api/"),
        ("me:secret@proxy.example", "proxy.example"),
    ],
)
def test_an_address_is_shown_without_its_password(url: str, as_shown: str) -> None:
    assert without_credentials(url) == as_shown
