"""Who was notified of what, and of which runs nobody has been notified yet: in the outbox, readable only by its owner.

Lines are only ever appended, each in one write, so that two processes lose none of each other's. Each month has its own
file, and old files are deleted whole.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import orjson

from sync.notify.outbox import write

KEPT: Final = timedelta(days=90)
"""Minimum time that entries are kept."""

FILES: Final = "diary-*.jsonl"
OWED: Final = ".owed"


@dataclass(frozen=True, slots=True)
class Entry:
    """The status of a run for an audience: `state` as far as it sees it, `tag` and `says` as in a subject."""

    run: str
    audience: str
    at: datetime
    state: str
    tag: str
    says: str


def entries(folder: Path) -> list[Entry]:
    """Who was notified of what, the oldest first."""
    found = [entry for file in folder.glob(FILES) for entry in _entries(file)]
    return sorted(found, key=lambda entry: entry.at)


def record(folder: Path, entries: Iterable[Entry], now: datetime) -> None:
    """Append to the log; months that are long past are removed. Raises OSError."""
    # A line that was truncated because the disk was full stays on its own.
    lines = b"".join(b"\n" + orjson.dumps(asdict(each)) for each in entries) + b"\n"
    folder.mkdir(mode=0o700, exist_ok=True)
    with open(folder / _file(now), "ab", buffering=0, opener=_private) as stream:
        if stream.write(lines) != len(lines):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder / _file(now)))
        os.fsync(stream.fileno())
    for file in folder.glob(FILES):
        if file.name < _file(now - KEPT):
            file.unlink(missing_ok=True)


def _file(at: datetime) -> str:
    return f"diary-{at:%Y-%m}.jsonl"


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _entries(file: Path) -> Iterator[Entry]:
    for line in file.read_bytes().splitlines():
        try:
            said = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        yield Entry(**(said | {"at": datetime.fromisoformat(said["at"])}))


# -- pending runs ----------------------------------------------------------------------------------------------


def owe(folder: Path, run: str) -> None:
    """Record that people are to be notified of a run, before it begins; durable when it returns. Raises OSError."""
    write(folder / f"{run}{OWED}", b"")


def owed(folder: Path) -> list[str]:
    """The runs people are still to be notified of, the oldest first: in progress, or ended but not reported."""
    return sorted(file.name.removesuffix(OWED) for file in folder.glob(f"*{OWED}"))


def settle(folder: Path, run: str) -> None:
    """Everybody has been notified of a run, or nobody needs to be."""
    (folder / f"{run}{OWED}").unlink(missing_ok=True)
