"""The address of the API, and whether to reach it directly or through a proxy."""

from __future__ import annotations

import ipaddress
import re
from typing import Final
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from sync.errors import ConfigError, Fault

API: Final = "/enrol/nexsis/api/index.php"
_HOST: Final = re.compile(r"[\w.:-]+")
_EXAMPLE: Final = "Give the address of the Moodle site itself, like https://moodle.example.edu"


def api_address(url: str) -> httpx.URL:
    """The API's base address of the Moodle at `url` (which may name the API itself). Raises ConfigError."""
    try:
        address = httpx.URL(url.strip())
    except httpx.InvalidURL:
        raise ConfigError(Fault("the site's address is not a URL", hint=_EXAMPLE)) from None
    if address.userinfo or address.query or address.fragment:  # not repeated: it may contain a secret
        message = "the site's address contains a user name, a query or a fragment"
        raise ConfigError(Fault(message, hint=_EXAMPLE))
    if address.scheme not in ("http", "https") or not _HOST.fullmatch(address.host):
        raise ConfigError(Fault(f"the site's address {url!r} is not https:// followed by a host name", hint=_EXAMPLE))
    if address.scheme == "http" and not is_loopback(address.host):
        message = f"the site's address {url!r} is not secure: the token would be sent unencrypted"
        raise ConfigError(Fault(message, hint="Use https://; plain http:// is only for a site on this machine."))
    return address.copy_with(path=address.path.rstrip("/").removesuffix(API) + API)


def is_loopback(host: str) -> bool:
    """Whether the host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def proxy_for(address: httpx.URL) -> httpcore.Proxy | None:
    """The proxy the environment gives for this address, if any; never one to this machine. Raises ConfigError."""
    if is_loopback(address.host) or proxy_bypass(address.host):
        return None
    proxies = getproxies()
    named = proxies.get(address.scheme) or proxies.get("all")
    if not named:
        return None
    try:
        proxy = httpx.Proxy(named if "://" in named else f"http://{named}")
    except (httpx.InvalidURL, ValueError):
        proxy = None
    if proxy is None or proxy.url.scheme not in ("http", "https"):  # not repeated: it may contain a password
        message = "the proxy that HTTPS_PROXY or the system names is not an http:// or https:// address"
        raise ConfigError(Fault(message, hint="Correct it, or list the site's host in NO_PROXY."))
    return httpcore.Proxy(str(proxy.url), auth=proxy.raw_auth)
