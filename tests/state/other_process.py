"""Run by tests as a process of its own: `other_process.py settle|hold URL`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from sync.model import Memory, Outcome, Store
from sync.state import open_store


class StoppedClock:
    def now(self) -> datetime:
        return datetime(2026, 11, 23, 12, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0


def settle(store: Store) -> None:
    """Send plan p-1 ten changes at a time, and print the last of each batch that is settled."""
    for first in range(1, 20_000, 10):
        ns = range(first, first + 10)
        store.intend("p-1", "r-1", ns)
        learned = [Memory("enrolment", f"s{n}", "{}", "{}", "{}", "enrolments", True, 739000) for n in ns]
        store.settle("p-1", [Outcome(n, "done", 1, 200) for n in ns], learned, [])
        print(ns[-1], flush=True)


def hold(store: Store) -> None:
    """Hold the lock for as long as standard input is open."""
    with store.lock():
        print("held", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    with open_store(sys.argv[2], StoppedClock()) as opened:
        {"settle": settle, "hold": hold}[sys.argv[1]](opened)
