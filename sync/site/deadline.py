"""One end for a whole call.

The time-outs of httpcore begin again with every read, so a server that sends a byte now and then could hold a call
forever; here every look at the socket is bounded by what is left of the call's time.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterable
from contextlib import suppress
from time import monotonic
from typing import Any, Final

import httpcore

CONNECT: Final = 10.0
"""Seconds one address of the host may take to connect, so that a dead IPv6 route leaves time for IPv4."""


class Deadline(threading.local):
    """When the call that a thread makes must be over, on the monotonic clock."""

    at = 0.0

    def left(self, late: type[Exception]) -> float:
        """The seconds left, or `late` is raised."""
        seconds = self.at - monotonic()
        if seconds <= 0:
            raise late
        return seconds


class _Stream(httpcore.NetworkStream):
    """What is written goes out when the answer is asked for: head and body of a request in one packet."""

    def __init__(self, under: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._under = under
        self._deadline = deadline
        self._written = b""

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        written, self._written = self._written, b""
        if written:
            with suppress(httpcore.WriteError):  # as httpcore does: a server may refuse a request it has not read
                self._under.write(written, self._deadline.left(httpcore.WriteTimeout))
        return self._under.read(max_bytes, self._deadline.left(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._written += buffer

    def close(self) -> None:
        self._under.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(httpcore.ConnectTimeout)
        return _Stream(self._under.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._under.get_extra_info(info)


class Backend(httpcore.NetworkBackend):
    """The network, with every wait bounded by `deadline`. Looking up a host's name is left to the system's limits."""

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
        """Open a connection."""
        left = min(CONNECT, self._deadline.left(httpcore.ConnectTimeout))
        return _Stream(self._under.connect_tcp(host, port, left, local_address, socket_options), self._deadline)
