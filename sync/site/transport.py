"""A Request is sent, a Response comes back."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from queue import Empty, LifoQueue
from time import monotonic
from typing import Final
from urllib.parse import unquote, urlencode

import orjson

from sync.errors import ConfigError, Fault
from sync.model import Request, Response
from sync.site.address import Address, api_address, proxy_for
from sync.site.parsing import FAILURES, PACKINGS, failure, read
from sync.site.wire import Wire, pieces

_PATH: Final = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})+")
"""What a path may contain by RFC 3986; the rest is percent-encoded."""

LARGEST: Final = 256 * 2**20
"""Bytes of the largest body that is read: some hundred thousand enrolments of one course."""


class HttpSite:
    """The `Site` Protocol over HTTP; made by `connect`.

    Each call in progress has a connection of its own, and goes over it by `http.client`: a library with a pool takes
    five times the work for a call, and a fifth of a second to load. Redirects are not followed and cookies not kept:
    both belong to browsers.
    """

    def __init__(
        self, address: Address, token: str, headers: Mapping[str, str], wires: Iterable[Wire], largest: int
    ) -> None:
        self._address = address
        self._token = token
        self._headers = headers
        self._largest = largest
        # Last in, first out: the warmest connection goes first, and as many are opened as are needed at once.
        self._wires: LifoQueue[Wire] = LifoQueue()
        for wire in wires:
            self._wires.put(wire)

    def __repr__(self) -> str:
        return f"HttpSite({str(self._address)!r})"

    def send(self, request: Request, timeout: float) -> Response:
        """Send one request and wait at most `timeout` seconds for the whole answer.

        May be called from several threads; one beyond the permits waits for its turn, within its time. Never
        raises for what the network does. Raises ValueError for a path that cannot be sent as it is written.
        """
        end = monotonic() + timeout
        target = self._target(request)
        try:
            wire = self._wires.get(timeout=max(0.0, timeout))
        except Empty:
            return Response(None, text=f"no connection came free within {timeout:g} s")
        try:
            return self._exchange(wire, request, target, end)
        except FAILURES as error:
            return failure(error, self._address.host, timeout)
        finally:
            self._wires.put(wire)

    def _exchange(self, wire: Wire, request: Request, target: str, end: float) -> Response:
        content = None if request.body is None else orjson.dumps(dict(request.body))
        headers = self._headers if content is None else {**self._headers, "Content-Type": "application/json"}
        with wire.exchange(request.method, target, content, headers, end) as response:
            named = {name.lower(): value for name, value in response.getheaders()}
            return read(response.status, named, pieces(response), self._token, self._largest)

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
    url: str, token: str, *, permits: int = 4, agent: str = "nexsis-sync", largest: int = LARGEST
) -> Iterator[HttpSite]:
    """A site to send calls to, closed at the end.

    `url` is the Moodle's address, `permits` the maximum number of calls in progress (each keeps one connection),
    `agent` the User-Agent, `largest` the bytes of the largest body read. Nothing is sent yet. Raises ConfigError for an
    address or a token that cannot be used. HTTPS is required except on this machine, which no proxy is asked for.
    """
    address = api_address(url)
    if not token or not all("!" <= character <= "~" for character in token):
        message = "the token is empty, or holds blanks, line breaks or characters outside ASCII"
        raise ConfigError(Fault(message, hint="Copy it again from the plugin's administration in Moodle."))
    trust, proxy = _trust(address.scheme), proxy_for(address)
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/json",
        "Accept-Encoding": PACKINGS,
        "User-Agent": agent,
    }
    with ExitStack() as stack:
        wires = [stack.enter_context(closing(Wire(address, trust, proxy))) for _ in range(permits)]
        yield HttpSite(address, token, headers, wires, largest)


def _trust(scheme: str) -> ssl.SSLContext:
    """Whom to trust: the system's authorities. Loading them takes a while, so it is done once, and not for http."""
    return ssl.create_default_context() if scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
