"""One kept connection to the site: opening it, through a proxy where there is one, and a call upon it."""

from __future__ import annotations

import selectors
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from time import monotonic
from typing import Any, Final

from sync.site.address import Address, Proxy
from sync.site.deadline import Deadline, Stream, TimedStream, TlsWithin

CONNECT: Final = 10.0
"""Seconds one address of the host may take to connect, so that a dead IPv6 route leaves time for IPv4."""

KEEP: Final = 4.0
"""Seconds an idle connection is kept: less than the 5 s after which Apache closes it."""

_PIECE: Final = 65536


class Unsent(Exception):
    """There is no connection, so the call has certainly not been sent; its text says why."""


class Wire:
    """One connection, opened when it is needed and kept between calls. It is used by one thread at a time."""

    def __init__(self, address: Address, trust: ssl.SSLContext, proxy: Proxy | None) -> None:
        self._address = address
        self._trust = trust
        self._proxy = proxy
        self._deadline = Deadline()
        self._stream: Stream | None = None
        self._idle_since = 0.0

    @contextmanager
    def exchange(
        self, method: str, target: str, content: bytes | None, headers: Mapping[str, str], end: float
    ) -> Iterator[HTTPResponse]:
        """Send a request; the body of the response is to be read within the context, by `pieces`.

        All must be over by `end` on the monotonic clock. Raises Unsent; and TimeoutError, OSError and HTTPException
        once the request may have been sent.
        """
        self._deadline.at = end
        timed = TimedStream(self._ready(), self._deadline)
        connection = HTTPConnection(self._address.name, self._address.port)
        sock: Any = timed
        connection.sock = sock
        reusable = False
        try:
            with suppress(ConnectionError):  # it may have answered before it closed
                connection.request(method, target, content, {"Host": self._address.authority, **headers})
            response = connection.getresponse()
            if timed.ended:  # taken by `http.client` for the end of the headers
                raise HTTPException
            yield response
            reusable = response.isclosed() and not response.will_close
        finally:
            self._idle_since = monotonic()
            if not reusable:
                self.close()

    def close(self) -> None:
        """Close the connection; the next call opens a new one."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _ready(self) -> Stream:
        if self._stream is not None and (monotonic() - self._idle_since > KEEP or _readable(self._stream)):
            self.close()
        if self._stream is None:
            self._stream = self._opened()
        return self._stream

    def _opened(self) -> Stream:
        host = self._address.host
        try:
            return self._dial()
        except TimeoutError:
            raise Unsent(f"no connection to {host} in time") from None
        except ssl.SSLCertVerificationError as error:
            raise Unsent(f"the certificate of {host} is not trusted: {error.verify_message}") from None
        except ssl.SSLError as error:
            raise Unsent(f"no secure (TLS) connection to {host}: {error.reason or error}") from None
        except socket.gaierror as error:
            raise Unsent(f"the name {host} cannot be looked up: {error.strerror}") from None
        except OSError as error:
            raise Unsent(f"no connection to {host}: {error.strerror or error}") from None
        except HTTPException:
            raise Unsent(f"the proxy refuses to connect to {host}: it gave no answer") from None

    def _dial(self) -> Stream:
        nearest = self._proxy.address if self._proxy else self._address
        sock = socket.create_connection((nearest.host, nearest.port), min(CONNECT, self._deadline.left()))
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(self._deadline.left())
            if nearest.scheme == "https":
                sock = self._trust.wrap_socket(sock, server_hostname=nearest.host)
            if self._proxy is None:
                return sock
            self._tunnel(sock, self._proxy)
            sock.settimeout(self._deadline.left())
            if nearest.scheme == "https":
                return TlsWithin(sock, self._trust, self._address.host)
            return self._trust.wrap_socket(sock, server_hostname=self._address.host)
        except BaseException:
            sock.close()
            raise

    def _tunnel(self, sock: socket.socket, proxy: Proxy) -> None:
        """Ask the proxy for a way to the site, which it does not see into. Raises Unsent, OSError, HTTPException."""
        target = f"{self._address.name}:{self._address.port}"
        lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
        lines += [f"Proxy-Authorization: {proxy.credentials}"] if proxy.credentials else []
        timed: Any = TimedStream(sock, self._deadline)
        timed.sendall("\r\n".join([*lines, "", ""]).encode("ascii"))
        response = HTTPResponse(timed, method="CONNECT")
        response.begin()
        if not 200 <= response.status < 300:
            refusal = f"{response.status} {response.reason}"
            raise Unsent(f"the proxy refuses to connect to {self._address.host}: {refusal}")


def pieces(response: HTTPResponse) -> Iterator[bytes]:
    """The body of a response as it comes. Raises HTTPException if it ends before it is complete."""
    try:
        while piece := response.read(_PIECE):
            yield piece
    except ValueError as error:  # a chunk whose length is no length
        raise HTTPException from error
    if response.length:
        raise HTTPException


def _readable(stream: Stream) -> bool:
    """Whether an idle connection has something to say, which is that it has been closed."""
    with selectors.DefaultSelector() as selector:
        selector.register(stream.fileno(), selectors.EVENT_READ)
        return bool(selector.select(0))
