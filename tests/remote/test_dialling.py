"""Hosts with many addresses: the time of the whole call holds, however many of them are dead."""

from __future__ import annotations

import socket
from dataclasses import dataclass

import pytest

from sync.notify.punctual import Late, Punctual
from sync.site.dialling import dial

TOTAL = 20.0


@dataclass
class Network:
    """Addresses of one host, all dead but one; each takes all the time it is given, or refuses at once."""

    alive: str | None = None
    refusing: bool = False
    now: float = 0.0
    tried: int = 0

    def left(self) -> float:
        if self.now >= TOTAL:
            raise Late
        return TOTAL - self.now

    def connect(self, address: str, seconds: float) -> str:
        self.tried += 1
        if address == self.alive:
            return address
        if self.refusing:
            raise ConnectionRefusedError
        self.now += seconds
        raise TimeoutError


@pytest.fixture
def addresses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found = [f"192.0.2.{n}" for n in range(1, 41)]

    def resolved(host: str, port: int, *more: object, **named: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    return found


@pytest.mark.parametrize("count", [1, 2, 40])
def test_dead_addresses_take_no_longer_than_the_call_may(addresses: list[str], count: int) -> None:
    del addresses[count:]
    there = Network()
    with pytest.raises((TimeoutError, Late)):
        dial("many.example", 443, there.left, there.connect, (OSError,))
    assert there.now <= TOTAL + 1e-6
    assert there.tried == count


def test_the_last_address_is_reached_in_time(addresses: list[str]) -> None:
    there = Network(alive=addresses[-1])
    assert dial("many.example", 443, there.left, there.connect, (OSError,)) == addresses[-1]


def test_addresses_that_refuse_take_no_time_from_the_others(addresses: list[str]) -> None:
    there = Network(alive=addresses[-1], refusing=True)
    assert dial("many.example", 443, there.left, there.connect, (OSError,)) == addresses[-1]
    assert there.now == 0


def test_a_mail_server_with_dead_addresses_gets_the_time_of_one(
    addresses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = list[float]()

    def dead(address: tuple[str, int], timeout: float, *more: object) -> socket.socket:
        given.append(timeout)
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", dead)
    with pytest.raises(TimeoutError):
        Punctual("many.example", 25, TOTAL)
    assert len(given) == len(addresses)
    # Each is given its share of what is left, so that those after it have theirs.
    assert given[0] <= TOTAL / len(addresses)
