"""The connections to a site: each serves one call at a time, and is kept for the next one."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from queue import LifoQueue
from time import monotonic
from typing import Final

import httpcore

from sync.site.deadline import Backend, Deadline

KEPT: Final = 4.0
"""Seconds an idle connection is kept: less than the 5 s after which Apache closes it."""


class Connections:
    """`permits` connections to one origin, opened when they are needed. Closed by `close`, after the last call."""

    def __init__(
        self, origin: httpcore.Origin, permits: int, trust: ssl.SSLContext | None, proxy: httpcore.Proxy | None
    ) -> None:
        self._origin = origin
        self._deadline = Deadline()
        # A pool only opens connections here, directly or through a proxy. If it kept them, it would search all of them
        # at every call.
        self._pool = httpcore.ConnectionPool(
            ssl_context=trust, proxy=proxy, keepalive_expiry=KEPT, network_backend=Backend(self._deadline)
        )
        # Last in, first out: the warmest connection goes first, and as many are opened as are needed at once.
        self._idle: LifoQueue[httpcore.ConnectionInterface] = LifoQueue()
        for _ in range(permits):
            self._idle.put(self._pool.create_connection(origin))

    @contextmanager
    def lent(self, timeout: float) -> Iterator[httpcore.ConnectionInterface]:
        """A connection for one call of this thread, all of which may take `timeout` seconds.

        Raises queue.Empty if none becomes free within that time.
        """
        self._deadline.at = monotonic() + timeout
        connection = self._idle.get(timeout=max(0.0, timeout))
        try:
            if not connection.is_available() or connection.has_expired():
                connection.close()
                connection = self._pool.create_connection(self._origin)
            yield connection
        finally:
            self._idle.put(connection)

    def close(self) -> None:
        """Close all connections."""
        while not self._idle.empty():
            self._idle.get().close()
