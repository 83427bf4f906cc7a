"""How the environment's variables say that an address is reached: through which proxy, with which certificates.

One reading for feeds and for Slack, so that both agree. A variable that cannot be used is a `SettingsError` whose one
line names it; the value of a proxy variable is never shown, since it may hold a password.
"""

import ipaddress
import os
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from urllib.parse import quote, unquote, urlsplit

from bot.errors import SettingsError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_ESCAPES = "characters such as # / ? @ in its user name or password are written %23 %2F %3F %40"


@dataclass(frozen=True, slots=True, repr=False)
class Proxy:
    """An HTTP proxy, and the variable that names it. It has no ``repr``: the password would be in it."""

    variable: str
    origin: str
    """``http://host:port``, without user name and password."""
    user: str = ""
    password: str = ""

    @property
    def url(self) -> str:
        """The proxy with its user name and password: for a client, never for people."""
        if not self.user and not self.password:
            return self.origin
        scheme, _, place = self.origin.partition("://")
        return f"{scheme}://{quote(self.user, safe='')}:{quote(self.password, safe='')}@{place}"


def proxy_for(url: str, environ: Mapping[str, str] | None = None, *, also: Sequence[str] = ()) -> Proxy | None:
    """The proxy through which ``url`` is reached; None for a direct connection, which loopback always is.

    ``also`` are schemes whose variables count where that of the address's own scheme is not set. Raises SettingsError
    where the variable that counts, or NO_PROXY, cannot be read.
    """
    environ = os.environ if environ is None else environ
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".").lower()
    if not host or is_loopback(host):
        return None
    variable = _set_variable([f"{scheme}_proxy" for scheme in (parts.scheme, *also, "all")], environ)
    if variable is None or _is_exempt(host, parts.port or _PORTS.get(parts.scheme, 0), environ):
        return None
    return _read_proxy(variable, environ[variable].strip())


def ssl_context(environ: Mapping[str, str] | None = None) -> ssl.SSLContext:
    """The certificates to check with: the system's and certifi's, or those of SSL_CERT_FILE and SSL_CERT_DIR.

    Raises SettingsError where one of these variables, or SSLKEYLOGFILE, cannot be used.
    """
    environ = os.environ if environ is None else environ
    try:
        context = ssl.create_default_context()
    except OSError as exc:  # it opens the key log
        raise _unusable("SSLKEYLOGFILE", environ, exc) from exc
    file, folders = environ.get("SSL_CERT_FILE"), environ.get("SSL_CERT_DIR")
    if file:
        try:
            context.load_verify_locations(cafile=file)
        except OSError as exc:  # ssl.SSLError is one
            raise _unusable("SSL_CERT_FILE", environ, exc) from exc
    if folders and not any(os.path.isdir(folder) for folder in folders.split(os.pathsep)):
        raise SettingsError([f"SSL_CERT_DIR names {folders}, which is no folder; correct it or leave it out"])
    if not file and not folders:
        import certifi

        context.load_verify_locations(cafile=certifi.where())
    return context


def without_credentials(url: str) -> str:
    """An address as it may be shown: without user name and password, and without what follows a question mark."""
    scheme, separator, rest = url.rpartition("://") if url.count("://") == 1 else ("", "", url)
    # Up to the last @, wherever it is: a password may hold any other sign.
    return scheme + separator + rest.rpartition("@")[2].partition("?")[0].partition("#")[0]


def environment_problems(urls: Sequence[str]) -> list[str]:
    """A line for each variable that keeps one of these addresses from being reached."""
    problems: list[str] = []
    for url in urls:
        try:
            proxy_for(url)
            if urlsplit(url).scheme in ("https", "wss"):
                ssl_context()
        except SettingsError as exc:
            problems += exc.problems
        except ValueError:
            continue  # an address that is none is somebody else's to say
    return list(dict.fromkeys(problems))


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its name or literal address, without asking anybody."""
    host = host.strip("[]").rstrip(".").lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = literal_address(host)
    return address is not None and address.is_loopback


def literal_address(host: str) -> Address | None:
    """The address that a host is written as, an IPv4 address in IPv6 as the IPv4 address; None for a name."""
    try:
        address: Address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, ipaddress.IPv6Address) else address


_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def _set_variable(names: Sequence[str], environ: Mapping[str, str]) -> str | None:
    """The first of these variables that is set, small letters first, as curl has it."""
    spellings = (spelling for name in names for spelling in (name, name.upper()))
    return next((name for name in spellings if environ.get(name, "").strip()), None)


def _read_proxy(variable: str, value: str) -> Proxy:
    written = value if "://" in value else f"http://{value}"  # curl and urllib take a bare host and port, too
    try:
        parts = urlsplit(written)
        host, port, scheme = parts.hostname, parts.port, parts.scheme.lower()
    except ValueError:
        host, port, scheme = None, None, ""
    if scheme.startswith("socks"):
        raise SettingsError(
            [
                f"{variable} names a SOCKS proxy, which is not supported; "
                "name an HTTP proxy (http://host:port) or unset it"
            ]
        )
    if scheme and scheme not in ("http", "https"):
        raise SettingsError([f"{variable} names a proxy of kind {scheme!r}; write http://host:port or unset it"])
    if not host or parts.query or parts.fragment or parts.path.strip("/") or " " in value:
        raise SettingsError([f"{variable} is no proxy address such as http://host:port; {_ESCAPES}"])
    shown = f"[{host}]" if ":" in host else host
    origin = f"{scheme}://{shown}:{port or _PORTS[scheme]}"
    return Proxy(variable, origin, unquote(parts.username or ""), unquote(parts.password or ""))


def _is_exempt(host: str, port: int, environ: Mapping[str, str]) -> bool:
    """Whether NO_PROXY takes the host out."""
    variable = _set_variable(["no_proxy"], environ)
    if variable is None:
        return False
    address = literal_address(host)
    for entry in environ[variable].replace(",", " ").split():
        pattern, only = _split_port(entry.partition("://")[2] or entry, variable)
        if only not in (None, port):
            continue
        if pattern == "*" or _covers(pattern.lower(), host, address, variable):
            return True
    return False


def _split_port(entry: str, variable: str) -> tuple[str, int | None]:
    """The host of an entry, and the port where it names one: ``example.org:8080``, ``[::1]:8080``, ``::1``."""
    if entry.startswith("["):
        host, closed, rest = entry[1:].partition("]")
        if not closed or rest[:1] not in ("", ":", "/"):
            raise _strange(variable, entry)
        return (host + rest, None) if rest.startswith("/") else (host, _port(rest[1:], variable, entry))
    if entry.count(":") == 1:
        host, _, port = entry.partition(":")
        return host, _port(port, variable, entry)
    return entry, None


def _port(text: str, variable: str, entry: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal():
        raise _strange(variable, entry)
    return int(text)


def _covers(pattern: str, host: str, address: Address | None, variable: str) -> bool:
    if "/" in pattern:
        try:
            network = ipaddress.ip_network(_padded(pattern), strict=False)
        except ValueError as exc:
            raise _strange(variable, pattern) from exc
        return address is not None and address.version == network.version and address in network
    named = literal_address(pattern)
    if named is not None:
        return named == address
    name = pattern.removeprefix("*").strip(".")
    if "*" in name:
        return fnmatchcase(host, pattern)
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _padded(network: str) -> str:
    """``169.254/16``, as some systems write it, with all four numbers."""
    numbers, _, length = network.partition("/")
    missing = 0 if ":" in numbers else 3 - numbers.count(".")
    return f"{numbers}{'.0' * missing}/{length}"


def _strange(variable: str, entry: str) -> SettingsError:
    return SettingsError(
        [f"{variable}: {entry[:60]!r} is no host, address or network; write for example localhost,10.0.0.0/8,[::1]"]
    )


def _unusable(variable: str, environ: Mapping[str, str], exc: OSError) -> SettingsError:
    why = exc.strerror or exc.args[0] if exc.args else type(exc).__name__
    if isinstance(exc, ssl.SSLError):
        why = "it holds no certificate that can be read"
    return SettingsError(
        [f"{variable} names {environ.get(variable, '')}, which cannot be used ({why}); correct it or leave it out"]
    )
