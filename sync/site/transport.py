"""A Request is sent, a Response comes back."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from queue import Empty, LifoQueue
from time import monotonic
from typing import Final
from urllib.parse import unquote

import httpx
import orjson

from sync.errors import ConfigError, Fault
from sync.model import Request, Response
from sync.site.address import api_address, proxy_for
from sync.site.deadline import Deadline, Transport
from sync.site.parsing import FAILURES, failure, read

_PATH: Final = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})+")
"""What a path may contain by RFC 3986; the rest is percent-encoded."""

LARGEST: Final = 256 * 2**20
"""Bytes of the largest body that is read: some hundred thousand enrolments of one course."""


@dataclass(frozen=True, slots=True, repr=False)
class _Line:
    """A client with its one connection, and the deadline that applies to it."""

    client: httpx.Client
    deadline: Deadline


class HttpSite:
    """The `Site` Protocol over HTTP; made by `connect`.

    Each call in progress has a client of its own, because a shared pool spends its time searching its
    connections. Redirects are not followed and cookies not kept: both belong to browsers.
    """

    def __init__(self, address: httpx.URL, token: str, lines: list[_Line], largest: int) -> None:
        self._address = address
        self._token = token
        self._largest = largest
        # Last in, first out: the warmest connection goes first, and as many are opened as are needed at once.
        self._lines: LifoQueue[_Line] = LifoQueue()
        for line in lines:
            self._lines.put(line)

    def __repr__(self) -> str:
        return f"HttpSite({str(self._address)!r})"

    def send(self, request: Request, timeout: float) -> Response:
        """Send one request and wait at most `timeout` seconds for the whole answer.

        May be called from several threads; one beyond the permits waits for its turn, within its time. Never
        raises for what the network does. Raises ValueError for a path that cannot be sent as it is written.
        """
        end = monotonic() + timeout
        url = self._url(request)
        try:
            line = self._lines.get(timeout=max(0.0, timeout))
        except Empty:
            return Response(None, text=f"no connection became free within {timeout:g} s")
        try:
            line.deadline.at = end
            return self._exchange(line.client, request, url)
        except FAILURES as error:
            return failure(error, self._address.host, timeout)
        finally:
            self._lines.put(line)

    def _exchange(self, client: httpx.Client, request: Request, url: httpx.URL) -> Response:
        content = None if request.body is None else orjson.dumps(dict(request.body))
        headers = {} if content is None else {"Content-Type": "application/json"}
        sent = client.build_request(request.method, url, content=content, headers=headers)
        response = client.send(sent, stream=True)
        try:
            return read(response, self._token, self._largest, request.takes if response.is_success else ())
        finally:
            response.close()

    def _url(self, request: Request) -> httpx.URL:
        path = request.path.removeprefix("/")
        # Empty and dotted segments vanish on the way: a DELETE of a child would become one of its parent.
        vanishing = {"", ".", ".."} & {unquote(segment) for segment in path.split("/")}
        if vanishing or not _PATH.fullmatch(path):
            raise ValueError(f"{request.path!r} is not a path that can be sent as it is written")
        return self._address.copy_with(path=f"{self._address.path}/{path}").copy_merge_params(request.query)


@contextmanager
def connect(
    url: str, token: str, *, permits: int = 4, agent: str = "nexsis-sync", largest: int = LARGEST
) -> Iterator[HttpSite]:
    """A site to send calls to, closed at the end.

    `url` is the Moodle's address, `permits` the maximum number of calls in progress (each keeps one connection),
    `agent` the User-Agent, `largest` the bytes of the largest body read. Nothing is sent yet. Raises ConfigError for an
    address or a token that cannot be used. HTTPS is required except on this machine, which is never reached by proxy.
    """
    address = api_address(url)
    if not token or not all("!" <= character <= "~" for character in token):
        message = "the token is empty, or contains spaces, line breaks or characters outside ASCII"
        raise ConfigError(Fault(message, hint="Copy it again from the plugin's settings in Moodle."))
    trust, proxy = _trust(address.scheme), proxy_for(address)
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json", "User-Agent": agent}
    with ExitStack() as stack:
        lines = []
        for _ in range(permits):
            deadline = Deadline()
            client = httpx.Client(
                transport=Transport(deadline, trust, proxy),
                headers=headers,
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
                timeout=None,  # noqa: S113 - the transport keeps one deadline for the whole call
            )
            lines.append(_Line(stack.enter_context(client), deadline))
        yield HttpSite(address, token, lines, largest)


def _trust(scheme: str) -> ssl.SSLContext:
    """Whom to trust: the system's authorities. Loading them takes a while, so it is done once, and not for http."""
    return ssl.create_default_context() if scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
