"""Where the API is, and which way leads there."""

from __future__ import annotations

import ipaddress
import re
from base64 import b64encode
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, quote, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from sync.errors import ConfigError, Fault

API: Final = "/enrol/nexsis/api/index.php"
PORTS: Final = {"http": 80, "https": 443}
_HOST: Final = re.compile(r"[\w.:-]+")
_IN_PATHS: Final = "/%:@!$&'()*+,;=~"
_EXAMPLE: Final = "Give the address of the Moodle site itself, like https://moodle.example.edu"


@dataclass(frozen=True, slots=True)
class Address:
    """Where something answers to HTTP. `host` is as a person writes it, `path` without a slash at its end."""

    scheme: str
    host: str
    port: int
    path: str = ""

    @property
    def name(self) -> str:
        """The host as the network knows it, in brackets if it is a number of IPv6."""
        host = self.host.encode("idna").decode()
        return f"[{host}]" if ":" in host else host

    @property
    def authority(self) -> str:
        """Its host, and the port if that is not the usual one: the `Host` header."""
        return self.name if self.port == PORTS[self.scheme] else f"{self.name}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


@dataclass(frozen=True, slots=True, repr=False)
class Proxy:
    """The proxy on the way; `credentials` is the value of its `Proxy-Authorization`, if it asks for one."""

    address: Address
    credentials: str | None


def api_address(url: str) -> Address:
    """The API's base address of the Moodle at `url` (which may name the API itself). Raises ConfigError."""
    try:
        parts = _split(url.strip())
        host, port = parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        raise ConfigError(Fault("the site's address is not a URL", hint=_EXAMPLE)) from None
    if "@" in parts.netloc or parts.query or parts.fragment:  # not repeated: it may contain a secret
        message = "the site's address holds a user name, a query or a fragment"
        raise ConfigError(Fault(message, hint=_EXAMPLE))
    if parts.scheme not in PORTS or not _HOST.fullmatch(host):
        raise ConfigError(Fault(f"the site's address {url!r} is not https:// followed by a host name", hint=_EXAMPLE))
    if parts.scheme == "http" and not is_loopback(host):
        message = f"the site's address {url!r} is not secure: the token would travel in clear text"
        raise ConfigError(Fault(message, hint="Use https://; plain http:// is only for a site on this machine."))
    path = quote(parts.path, safe=_IN_PATHS).rstrip("/").removesuffix(API) + API
    return Address(parts.scheme, host, port, path)


def _split(url: str) -> SplitResult:
    """The parts of a URL with a host that has a form for the network. Raises ValueError."""
    if not url.isprintable():
        raise ValueError
    parts = urlsplit(url)
    (parts.hostname or "").encode("idna")
    return parts


def is_loopback(host: str) -> bool:
    """Whether the host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def proxy_for(address: Address) -> Proxy | None:
    """The proxy the environment gives for this address, if any; never one to this machine. Raises ConfigError."""
    if is_loopback(address.host) or proxy_bypass(address.host):
        return None
    proxies = getproxies()
    named = proxies.get(address.scheme) or proxies.get("all")
    if not named:
        return None
    try:
        parts = _split(named if "://" in named else f"http://{named}")
        there = Address(parts.scheme, parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0))
    except ValueError:
        there = None
    if there is None or there.scheme not in PORTS or not there.host:  # not repeated: it may contain a password
        message = "the proxy that HTTPS_PROXY or the system names is not an http:// or https:// address"
        raise ConfigError(Fault(message, hint="Correct it, or list the site's host in NO_PROXY."))
    return Proxy(there, _credentials(parts))


def _credentials(parts: SplitResult) -> str | None:
    if parts.username is None:
        return None
    both = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return f"Basic {b64encode(both.encode()).decode()}"
