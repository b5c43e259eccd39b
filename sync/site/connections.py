"""The connections to a site: each serves one call at a time, and is kept for the next one."""

from __future__ import annotations

import socket
import ssl
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from queue import LifoQueue
from time import monotonic
from typing import Final

import httpcore

from sync.site.deadline import Deadline
from sync.site.dialling import dial
from sync.site.wire import Wire

UNREACHED: Final = (httpcore.ConnectError, httpcore.ConnectTimeout)
"""What is raised for an address that cannot be reached."""


class Connections:
    """`permits` connections to one origin, opened when they are needed. Closed by `close`, after the last call.

    A `proxy` is only for an origin with TLS: what passes through it is encrypted.
    """

    def __init__(
        self, origin: httpcore.Origin, permits: int, trust: ssl.SSLContext | None, proxy: httpcore.Proxy | None
    ) -> None:
        self._origin = origin
        self._trust = trust
        self._proxy = proxy
        self._deadline = Deadline()
        # Last in, first out: the warmest connection goes first, and as many are opened as are needed at once.
        self._idle: LifoQueue[Wire | None] = LifoQueue()
        for _ in range(permits):
            self._idle.put(None)

    @contextmanager
    def lent(self, timeout: float) -> Iterator[Wire]:
        """A connection for one call of this thread, all of which may take `timeout` seconds.

        Raises queue.Empty if none becomes free within that time, and what httpcore raises if none can be opened.
        """
        self._deadline.at = monotonic() + timeout
        wire = self._idle.get(timeout=max(0.0, timeout))
        try:
            if wire is not None and not wire.idle:
                wire.close()
                wire = None
            wire = wire or self._opened()
            yield wire
        finally:
            if wire is not None and not wire.kept:
                wire.close()
                wire = None
            self._idle.put(wire)

    def _opened(self) -> Wire:
        """A new connection to the site, through the proxy if there is one."""
        first = self._proxy.url.origin if self._proxy else self._origin
        stream = self._reached(first)
        if first.scheme == b"https":
            stream = self._secured(stream, first)
        if self._proxy:
            self._reach(Wire(stream, self._deadline), self._proxy)
            stream = self._secured(stream, self._origin)
        return Wire(stream, self._deadline)

    def _reached(self, origin: httpcore.Origin) -> httpcore.NetworkStream:
        """A connection to the first address that can be reached."""
        left = partial(self._deadline.left, httpcore.ConnectTimeout)

        def connect(address: str, seconds: float) -> httpcore.NetworkStream:
            return httpcore.SyncBackend().connect_tcp(address, origin.port, seconds)

        try:
            return dial(origin.host.decode(), origin.port, left, connect, UNREACHED)
        except socket.gaierror as error:
            raise httpcore.ConnectError(error) from error

    def _secured(self, stream: httpcore.NetworkStream, origin: httpcore.Origin) -> httpcore.NetworkStream:
        assert self._trust
        return stream.start_tls(self._trust, origin.host.decode(), self._deadline.left(httpcore.ConnectTimeout))

    def _reach(self, wire: Wire, proxy: httpcore.Proxy) -> None:
        """Let the proxy connect this wire to the site."""
        host = self._origin.host.decode()
        name = f"[{host}]:{self._origin.port}" if ":" in host else f"{host}:{self._origin.port}"
        lines = [f"CONNECT {name} HTTP/1.1", f"Host: {name}"]
        if proxy.auth:
            lines.append(f"Proxy-Authorization: Basic {b64encode(b':'.join(proxy.auth)).decode()}")
        try:
            raw = wire.call("CONNECT", "\r\n".join([*lines, "", ""]).encode())
            if raw.status >= 300:
                raise httpcore.ProxyError(f"{raw.status} {raw.reason}")
        except BaseException:
            wire.close()
            raise

    @property
    def proxy(self) -> str:
        """The proxy's address without its password; blank if the site is reached directly."""
        if self._proxy is None:
            return ""
        url = self._proxy.url
        return f"{url.scheme.decode()}://{url.host.decode()}:{url.origin.port}"

    def close(self) -> None:
        """Close all connections."""
        while not self._idle.empty():
            if wire := self._idle.get():
                wire.close()
