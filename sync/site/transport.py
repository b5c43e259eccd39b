"""A Request is sent, a Response comes back."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from queue import Empty
from typing import Final
from urllib.parse import SplitResult, unquote, urlencode

import httpcore
import orjson

from sync.config.trust import trust
from sync.errors import ConfigError, Fault, SiteRefused, conceal
from sync.model import Request, Response
from sync.site.address import api_address, proxy_for
from sync.site.connections import Connections
from sync.site.handshake import Handshake
from sync.site.parsing import FAILURES, failure, read
from sync.site.responses import PING
from sync.site.wire import written

_PATH: Final = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})+")
"""What a path may contain by RFC 3986; the rest is percent-encoded."""

LARGEST: Final = 256 * 2**20
"""Bytes of the largest body that is read: some hundred thousand enrolments of one course."""


class HttpSite:
    """The `Site` Protocol over HTTP; made by `connect`.

    Redirects are not followed and cookies not kept: both belong to browsers.
    """

    def __init__(self, address: SplitResult, token: str, agent: str, connections: Connections, largest: int) -> None:
        self._address = address
        self._token = token
        self._connections = connections
        self._largest = largest
        self._headers = [
            f"Host: {address.netloc}",
            f"Authorization: Bearer {token}",
            "Accept: application/json",
            "Accept-Encoding: gzip",
            f"User-Agent: {agent}",
        ]

    def __repr__(self) -> str:
        return f"HttpSite({self._address.geturl()!r})"

    def send(self, request: Request, timeout: float) -> Response:
        """Send one request and wait at most `timeout` seconds for the whole answer.

        May be called from several threads; one beyond the permits waits for its turn, within its time. Never
        raises for what the network does. Raises ValueError for a path that cannot be sent as it is written.
        """
        target = self._target(request)
        try:
            with self._connections.lent(timeout) as wire:
                raw = wire.call(request.method, self._written(request, target))
                return read(raw, self._token, self._largest, request.takes)
        except Empty:
            return Response(None, text=f"no connection became free within {timeout:g} s")
        except FAILURES as error:
            return failure(error, self._address.hostname or "", timeout)

    def handshake(self, timeout: float) -> Handshake:
        """How the site is reached, found out by one ping on a connection. Raises SiteRefused if no answer comes."""
        try:
            with self._connections.lent(timeout) as wire:
                raw = wire.call("GET", self._written(PING, self._target(PING)))
                deque(raw.chunks, maxlen=0)
                return Handshake.of(wire.tls, raw.headers.get("date", ""), self._connections.proxy)
        except (Empty, *FAILURES) as error:
            raise SiteRefused(Fault(failure(error, self._address.hostname or "", timeout).text)) from None

    def _written(self, request: Request, target: str) -> bytes:
        if request.body is None:
            return written(request.method, target, self._headers)
        headers = [*self._headers, "Content-Type: application/json"]
        return written(request.method, target, headers, orjson.dumps(dict(request.body)))

    def _target(self, request: Request) -> str:
        path = request.path.removeprefix("/")
        # Empty and dotted segments vanish on the way: a DELETE of a child would become one of its parent.
        vanishing = {"", ".", ".."} & {unquote(segment) for segment in path.split("/")}
        if vanishing or not _PATH.fullmatch(path):
            raise ValueError(f"{request.path!r} is not a path that can be sent as it is written")
        query = f"?{urlencode(request.query, doseq=True)}" if request.query else ""
        return f"{self._address.path}/{path}{query}"


@contextmanager
def connect(
    url: str,
    token: str,
    *,
    permits: int = 4,
    agent: str = "nexsis-sync",
    largest: int = LARGEST,
    ca_file: Path | None = None,
) -> Iterator[HttpSite]:
    """A site to send calls to, closed at the end.

    `url` is the Moodle's address, `permits` the maximum number of calls in progress (each keeps one connection),
    `agent` the User-Agent, `largest` the bytes of the largest body read, `ca_file` a PEM file of authorities that are
    trusted besides the system's. Nothing is sent yet. Raises ConfigError for an address, a token or a file that cannot
    be used. HTTPS is required except on this machine, which is never reached by proxy.
    """
    address = api_address(url)
    if not token or not all("!" <= character <= "~" for character in token):
        message = "the token is empty, or contains spaces, line breaks or characters outside ASCII"
        raise ConfigError(Fault(message, hint="Copy it again from the plugin's settings in Moodle."))
    conceal(token)
    # Loading the system's authorities takes a while, so it is done once, and not for http.
    trusted = trust(ca_file) if address.scheme == "https" else None
    origin = httpcore.URL(scheme=address.scheme, host=address.hostname or "", port=address.port, target="/").origin
    connections = Connections(origin, permits, trusted, proxy_for(address, trusted))
    with closing(connections):
        yield HttpSite(address, token, agent, connections, largest)
