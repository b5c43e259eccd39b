"""Ctrl-C and SIGTERM."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import click
from click.exceptions import Exit

if TYPE_CHECKING:
    from pathlib import Path

IN_FLIGHT: Final = (
    "stopping after the requests in progress (press Ctrl-C again to stop at once); `nexsis-sync resume` continues"
)


@contextmanager
def stoppable(says: str, stop: threading.Event | None = None) -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set, announcing it; the second time they end the program at once."""
    asked = stop or threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def ask(number: int, frame: object) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        click.echo(says, err=True)
        asked.set()

    for number in before:
        signal.signal(number, ask)
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def terminable() -> Iterator[None]:
    """SIGTERM ends the work as Ctrl-C does, so that no half-written file is left."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def waiting(inbox: Path) -> Iterator[None]:
    """While the program waits for a set, Ctrl-C and SIGTERM end it with code 1: nothing was begun."""
    with terminable():
        try:
            yield
        except KeyboardInterrupt:
            click.echo(f"nexsis-sync: stopped while waiting for exports in {inbox}; nothing was taken", err=True)
            raise Exit(1) from None
