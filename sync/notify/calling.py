"""Calls to other servers: one deadline covers the whole call, and only the status of the answer is read.

As for the site, redirects are not followed, and certificates are checked against the system's authorities and those
that the site file adds.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPException
from pathlib import Path
from queue import Empty
from typing import Final, Literal
from urllib.parse import quote, urlsplit

import httpcore

from sync.config.trust import trust
from sync.errors import ConfigError
from sync.site.address import ascii_host, host_header, proxy_for
from sync.site.connections import Connections
from sync.site.wire import Wire, written

UNQUOTED: Final = "/%!$&'()*+,;=:@?"
"""What a path and a query may contain besides letters, digits and `-._~`."""


class Unanswered(Exception):
    """No answer came; the message completes a sentence that begins with what was called."""


class Distrusted(Unanswered):
    """The certificate is not trusted; the message is OpenSSL's."""


def status_of(
    method: Literal["GET", "POST"],
    url: str,
    seconds: float,
    ca_file: Path | None = None,
    headers: Mapping[str, str] | None = None,
    content: bytes = b"",
) -> int:
    """The status of the answer to one call, which may take this long in all.

    `url` is an address as `sync.config.notifications:posted` gives it; `ca_file` has authorities that are trusted
    besides the system's. Raises Unanswered, and ConfigError for that file.
    """
    address = urlsplit(url)
    target = quote(address.path or "/", safe=UNQUOTED)
    if address.query:
        target = f"{target}?{quote(address.query, safe=UNQUOTED)}"
    with _reached(url, seconds, ca_file) as (wire, host):
        named = host_header(host, address.port, address.scheme)
        sent = {"Host": named, "User-Agent": "nexsis-sync", "Connection": "close", **(headers or {})}
        call = written(method, target, [f"{name}: {value}" for name, value in sent.items()], content)
        return wire.call(method, call).status  # the body may never end


def reach(url: str, seconds: float, ca_file: Path | None = None) -> None:
    """Connect, and send nothing. Raises as `status_of`."""
    with _reached(url, seconds, ca_file):
        pass


@contextmanager
def _reached(url: str, seconds: float, ca_file: Path | None) -> Iterator[tuple[Wire, str]]:
    """A connection for one call, and the host as it is looked up."""
    address = urlsplit(url)
    try:
        host = ascii_host(address.hostname or "")
    except ValueError:
        raise Unanswered("cannot be reached: that is not a host name") from None
    trusted = trust(ca_file) if address.scheme == "https" else None
    origin = httpcore.URL(scheme=address.scheme, host=host, port=address.port, target="/").origin
    try:
        with (
            closing(Connections(origin, 1, trusted, proxy_for(address, trusted))) as connections,
            connections.lent(seconds) as wire,
        ):
            yield wire, host
    except (httpcore.TimeoutException, Empty):
        raise Unanswered("does not answer") from None
    except (httpcore.ConnectError, httpcore.ProxyError, ConfigError) as error:
        if isinstance(error.__cause__, ssl.SSLCertVerificationError):
            raise Distrusted(error.__cause__.verify_message) from None
        raise Unanswered(f"cannot be reached: {error}") from None
    except (httpcore.NetworkError, HTTPException):
        raise Unanswered("closed the connection without answering") from None
