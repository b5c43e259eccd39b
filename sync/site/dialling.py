"""A host by its addresses, one after another, within the time of the whole call.

The system's own way gives each address of a host the whole time, and a host may have many that are dead.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Final, TypeVar

CONNECT: Final = 10.0
"""Seconds one address of a host may take to connect, so that a dead IPv6 route leaves time for IPv4."""

Connected = TypeVar("Connected")


def dial(
    host: str,
    port: int,
    left: Callable[[], float],
    connect: Callable[[str, float], Connected],
    failures: tuple[type[Exception], ...],
) -> Connected:
    """What `connect(address, seconds)` returns for the first address of a host that can be reached.

    left: the seconds left for the whole call; it raises once there are none, which ends the attempts
    failures: what `connect` raises for an address that cannot be reached, so that the next one is tried

    The name is looked up within the system's own limits. Raises socket.gaierror if it has no address.
    """
    addresses = _addresses(host, port)
    failed: Exception | None = None
    for at, address in enumerate(addresses):
        share = left() / (len(addresses) - at)
        try:
            return connect(address, min(CONNECT, share))
        except failures as error:
            failed = error
    assert failed
    raise failed


def _addresses(host: str, port: int) -> list[str]:
    """The addresses of a host; the host itself if there is one only, which may have a zone that an address lacks."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [*dict.fromkeys(str(each[4][0]) for each in found)]
    return addresses if len(addresses) > 1 else [host]
