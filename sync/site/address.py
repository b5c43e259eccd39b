"""The address of the API, and whether to reach it directly or through a proxy."""

from __future__ import annotations

import ipaddress
import re
import ssl
from typing import Final
from urllib.parse import SplitResult, quote, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore

from sync.errors import ConfigError, Fault

API: Final = "/enrol/nexsis/api/index.php"
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_UNQUOTED: Final = "/%!$&'()*+,;=:@"
"""What a path may contain besides letters, digits and `-._~`."""

_HOST: Final = re.compile(r"[\w.:-]+")
_EXAMPLE: Final = "Give the address of the Moodle site itself, like https://moodle.example.edu"


def api_address(url: str) -> SplitResult:
    """The API's base address of the Moodle at `url` (which may name the API itself), in ASCII. Raises ConfigError."""
    try:
        # `urlsplit` leaves line breaks and tabs out: another host than the one that is written would get the token.
        address = urlsplit(url.strip()) if url.strip().isprintable() else None
        host = ascii_host(address.hostname or "") if address else ""
        port = address.port if address else None
    except ValueError:
        address = None
    if address is None:
        raise ConfigError(Fault("the site's address is not a URL", hint=_EXAMPLE)) from None
    if "@" in address.netloc or address.query or address.fragment:  # not repeated: it may contain a secret
        message = "the site's address contains a user name, a query or a fragment"
        raise ConfigError(Fault(message, hint=_EXAMPLE))
    if address.scheme not in _DEFAULT_PORTS or not _HOST.fullmatch(host):
        raise ConfigError(Fault(f"the site's address {url!r} is not https:// followed by a host name", hint=_EXAMPLE))
    if address.scheme == "http" and not is_loopback(host):
        message = f"the site's address {url!r} is not secure: the token would be sent unencrypted"
        raise ConfigError(Fault(message, hint="Use https://; plain http:// is only for a site on this machine."))
    path = quote(address.path.rstrip("/").removesuffix(API), safe=_UNQUOTED) + API
    return address._replace(netloc=host_header(host, port, address.scheme), path=path)


def host_header(host: str, port: int | None, scheme: str) -> str:
    """A host and its port as they stand in an address; the port is left out if it is the usual one."""
    literal = f"[{host}]" if ":" in host else host
    return literal if port in (None, _DEFAULT_PORTS[scheme]) else f"{literal}:{port}"


def ascii_host(host: str) -> str:
    """A host name as it is looked up. Raises ValueError if none can be called so."""
    if host.isascii():
        return host.encode("idna").decode()
    import idna  # Python's own codec takes `straße` for `strasse`, which is another's name

    return idna.encode(host).decode()


def is_loopback(host: str) -> bool:
    """Whether the host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def proxy_for(address: SplitResult, trusted: ssl.SSLContext | None) -> httpcore.Proxy | None:
    """The proxy the environment gives for this address, if any; never one to this machine. Raises ConfigError.

    A proxy that is reached by HTTPS itself is checked against the same authorities as the site.
    """
    host = address.hostname or ""
    if is_loopback(host) or proxy_bypass(host):
        return None
    proxies = getproxies()
    named = proxies.get(address.scheme) or proxies.get("all")
    if not named:
        return None
    try:
        proxy = urlsplit(named if "://" in named else f"http://{named}")
        url = httpcore.URL(scheme=proxy.scheme, host=ascii_host(proxy.hostname or ""), port=proxy.port, target="/")
    except (ValueError, TypeError):
        url = None
    if url is None or not url.host or proxy.scheme not in _DEFAULT_PORTS:  # not repeated: it may contain a password
        message = "the proxy that HTTPS_PROXY or the system names is not an http:// or https:// address"
        raise ConfigError(Fault(message, hint="Correct it, or list the site's host in NO_PROXY."))
    auth = unquote(proxy.username or "").encode(), unquote(proxy.password or "").encode()
    checked = trusted if proxy.scheme == "https" else None
    return httpcore.Proxy(url, auth=auth if any(auth) else None, ssl_context=checked)
