"""Delivers what is in the outbox: after a few failures it stays there for the next run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sync.config.secrets import TokenSource, found
from sync.config.site import Config
from sync.errors import ConfigError
from sync.notify.outbox import Message, Way, opened, strike, waiting, without

PATIENCE: Final = (0.0, 2.0, 8.0)
"""Seconds to wait before each try."""

LONGEST: Final = 20.0
"""Seconds after which no new message is started, so that the command ends."""

GIVEN_UP: Final = timedelta(days=7)
"""Maximum age of a message."""

NOUNS: Final[Mapping[Way, str]] = {"mail": "email", "webhook": "webhook message"}
"""What a person calls a message, by its channel."""

Left = Callable[[], float]
"""The seconds left in which something may still be started."""


class Unreachable(Exception):
    """The other side cannot be reached; `curable` if that may change by itself in a moment."""

    def __init__(self, message: str, *, curable: bool) -> None:
        self.curable = curable
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Fate:
    """The outcome of a message: who is still to get it, and what was said about those who have not."""

    left: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    curable: bool = False


Send = Callable[[Iterable[Message], Left], Iterator[tuple[Message, Fate]]]
"""Sends messages, and yields the outcome of each.

Raises Unreachable for those it has not reached, and ConfigError if the site file's authorities cannot be read.
"""


def deliver(
    folder: Path,
    ways: Mapping[Way, Send],
    now: datetime,
    pause: Callable[[float], None],
    monotonic: Callable[[], float],
) -> Iterator[str]:
    """Send everything that waits; sentences for a person about failures. Raises OSError only for the folder."""
    end = monotonic() + LONGEST
    going, troubles = dict(ways), dict[Way, list[str]]()
    for patience in PATIENCE:
        if not going or end - monotonic() < patience:
            break
        if patience:
            pause(patience)
        for way, send in [*going.items()]:
            troubles[way], curable = _try(folder, way, send, now, lambda: end - monotonic())
            if not curable or not waiting(folder, way):
                del going[way]
    for way in ways:
        yield from _once(troubles[way])
        if left := len(waiting(folder, way)):
            yield f"{_counted(left, way)} in {folder} for the next run"


def secret(config: Config, source: TokenSource, noun: str, user: str) -> str:
    """A secret that is needed now. Raises Unreachable if it cannot be read, because messages can wait for it."""
    try:
        value, hint = found(source, noun, user, config.folder)
    except ConfigError as error:
        raise Unreachable(str(error), curable=False) from None
    if not value:
        raise Unreachable(f"there is no {noun}. {hint}", curable=False)
    return value


def _try(folder: Path, way: Way, send: Send, now: datetime, left: Left) -> tuple[list[str], bool]:
    """One try with every message: what was said, and whether another try makes sense."""
    there = waiting(folder, way)
    said, curable = [*_given_up(there, way, now)], False
    fresh = [file for file, written in there.items() if now - written <= GIVEN_UP]
    try:
        for message, fate in send(opened(fresh), left) if fresh else ():
            said += fate.said
            curable |= fate.curable
            if not fate.left:
                strike(folder, message)
            elif fate.left != message.to:
                without(folder, message, fate.left)
            if left() <= 0:
                break
    except Unreachable as error:
        return [*said, str(error)], error.curable
    except ConfigError as error:
        return [*said, str(error)], False
    return said, curable


def _given_up(there: Mapping[Path, datetime], way: Way, now: datetime) -> Iterator[str]:
    """Remove the messages that are too old; what is said of them."""
    for file, written in there.items():
        if now - written > GIVEN_UP:
            file.unlink(missing_ok=True)
            yield f"{NOUNS[way]} {file.stem} will not be sent: it has been waiting since {written:%Y-%m-%d}"


def _once(said: Iterable[str]) -> Iterator[str]:
    """What was said of several messages, once."""
    for sentence, times in Counter(said).items():
        yield sentence if times == 1 else f"{sentence} ({times:,} times)"


def _counted(n: int, way: Way) -> str:
    return f"1 {NOUNS[way]} is waiting" if n == 1 else f"{n:,} {NOUNS[way]}s are waiting"
