"""Ctrl-C and SIGTERM: before anything is sent they end the program, while changes are sent they end the run."""

from __future__ import annotations

import itertools
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

import click
from click.exceptions import Exit

if TYPE_CHECKING:
    from pathlib import Path

IN_FLIGHT: Final = "stopping after the requests in progress (press Ctrl-C again to stop at once)"
"""Whether there is anything to resume then, the report says: they may have been the last ones."""

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class StoppedAtOnce(KeyboardInterrupt):
    """The second signal while changes are sent: what becomes of the requests in progress is not waited for."""


@contextmanager
def stoppable(
    says: str, stop: threading.Event | None = None, then: type[KeyboardInterrupt] = StoppedAtOnce
) -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set, announcing it; the second time, `then` is raised."""
    asked, signals = stop or threading.Event(), itertools.count()
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def ask(number: int, frame: object) -> None:
        count = next(signals)
        if count == 0 and not asked.is_set():
            asked.set()
            with suppress(OSError, RuntimeError):  # nobody may be reading, or the program be printing just now
                click.echo(says, err=True)
        elif count < 2:
            before.update({each: signal.SIG_IGN for each, handler in before.items() if handler is _end})
            raise then

    for number in SIGNALS:
        signal.signal(number, ask)
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


_ended: Final = threading.Event()


def terminable() -> None:
    """From now on, SIGTERM ends the program as Ctrl-C does, so that no half-written file is left."""
    _ended.clear()
    for number in SIGNALS:
        signal.signal(number, _end)


def ended() -> bool:
    """Whether a signal has ended a program that is `terminable`, whatever a library has made of the exception."""
    return _ended.is_set()


def _end(number: int, frame: object) -> None:
    _ended.set()
    nothing_left()
    raise KeyboardInterrupt


def nothing_left() -> None:
    """From now on, signals have no effect on a program that is `terminable`: it only closes what it has opened."""
    for number in SIGNALS:
        if signal.getsignal(number) is _end:
            signal.signal(number, signal.SIG_IGN)


@contextmanager
def waiting(inbox: Path) -> Iterator[None]:
    """While the program waits for a set, Ctrl-C and SIGTERM end it with code 1: nothing was begun."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo(f"nexsis-sync: stopped while waiting for exports in {inbox}; nothing was taken", err=True)
        raise Exit(1) from None
