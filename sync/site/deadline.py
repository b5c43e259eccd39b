"""One end for a whole call.

The time-outs of httpx begin again with every read, so a server that sends a byte now and then could hold a call
forever; here every look at the socket is bounded by what is left of the call's time.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Iterator
from time import monotonic
from typing import Any, Final

import httpcore
import httpx

CONNECT: Final = 10.0
"""Seconds one address of the host may take to connect, so that a dead IPv6 route leaves time for IPv4."""


class Deadline:
    """When the call in hand must be over, on the monotonic clock."""

    def __init__(self) -> None:
        self.at = 0.0

    def left(self, late: type[Exception]) -> float:
        """The seconds left, or `late` is raised."""
        seconds = self.at - monotonic()
        if seconds <= 0:
            raise late
        return seconds


class _Stream(httpcore.NetworkStream):
    def __init__(self, under: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._under = under
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._under.read(max_bytes, self._deadline.left(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._under.write(buffer, self._deadline.left(httpcore.WriteTimeout))

    def close(self) -> None:
        self._under.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(httpcore.ConnectTimeout)
        return _Stream(self._under.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._under.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    def __init__(self, deadline: Deadline) -> None:
        self._under = httpcore.SyncBackend()
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = min(CONNECT, self._deadline.left(httpcore.ConnectTimeout))
        return _Stream(self._under.connect_tcp(host, port, left, local_address, socket_options), self._deadline)


class _DeadlineBody(httpx.SyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

    def close(self) -> None:
        self._stream.close()


class Transport(httpx.BaseTransport):
    """One kept connection whose calls end by `deadline`. Failures are raised as httpcore's own exceptions.

    Looking up the host's name is left to the system and its limits.
    """

    keep: Final = 4.0
    """Seconds an idle connection is kept: less than the 5 s after which Apache closes it."""

    def __init__(self, deadline: Deadline, trust: ssl.SSLContext, proxy: httpcore.Proxy | None) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=trust,
            proxy=proxy,
            max_connections=1,
            max_keepalive_connections=1,
            keepalive_expiry=self.keep,
            network_backend=_Backend(deadline),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request; the body of the response is still to be read."""
        url = request.url
        response = self._pool.handle_request(
            httpcore.Request(
                request.method,
                httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_DeadlineBody(response.stream),
            extensions=response.extensions,
        )

    def close(self) -> None:
        """Close the connection."""
        self._pool.close()
