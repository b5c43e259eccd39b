"""Ctrl-C and SIGTERM: before anything is sent they end the program, while changes are sent they end the run."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

import click
from click.exceptions import Exit

if TYPE_CHECKING:
    from pathlib import Path

IN_FLIGHT: Final = (
    "stopping after the requests in progress (press Ctrl-C again to stop at once); `nexsis-sync resume` continues"
)


class StoppedAtOnce(KeyboardInterrupt):
    """The second signal while changes are sent: what becomes of the requests in progress is not waited for."""


@contextmanager
def stoppable(
    says: str, stop: threading.Event | None = None, then: type[KeyboardInterrupt] = StoppedAtOnce
) -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set, announcing it; the second time, `then` is raised."""
    asked = stop or threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def ask(number: int, frame: object) -> None:
        if asked.is_set():
            raise then
        asked.set()
        with suppress(OSError):  # nobody may be reading any more
            click.echo(says, err=True)

    for number in before:
        signal.signal(number, ask)
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def terminable() -> None:
    """From now on, SIGTERM ends the program as Ctrl-C does, so that no half-written file is left."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@contextmanager
def waiting(inbox: Path) -> Iterator[None]:
    """While the program waits for a set, Ctrl-C and SIGTERM end it with code 1: nothing was begun."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo(f"nexsis-sync: stopped while waiting for exports in {inbox}; nothing was taken", err=True)
        raise Exit(1) from None
