"""Ports at which servers of a test come and go."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def reserved_port() -> Iterator[int]:
    """A port of this machine that nobody else is given meanwhile.

    A server can listen at it as often as needed. While none does, connections to it are refused; without the
    reservation, the system would give it to whoever opens a connection, and sometimes to those who knock at it.
    """
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]
