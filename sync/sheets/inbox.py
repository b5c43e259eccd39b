"""Which files of the inbox a mapping means, and their bytes."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path

from sync.config.entries import Inbox, InboxContents
from sync.config.sheet_selection import SheetChoice
from sync.errors import Fault, SheetError
from sync.model.findings import listed, nearest
from sync.sheets import patterns
from sync.sheets.dated_names import date_in
from sync.sheets.memory import reused

LISTED = 10

PART = 4 << 20
"""Number of bytes that are read and hashed at a time."""


@dataclass(frozen=True, slots=True)
class File:
    """A file as it was when it was read: `view` and `digest` are of the same moment."""

    name: str
    view: memoryview
    hashing: Future[str]
    modified: datetime

    @property
    def data(self) -> bytes:
        """A copy of its bytes."""
        return bytes(self.view)

    @property
    def digest(self) -> str:
        """The SHA-256 of the file, in hexadecimal."""
        return self.hashing.result()


def matching(contents: InboxContents, pattern: str) -> list[Path]:
    """All files in the inbox that match a glob pattern, in the order of their names.

    Raises SheetError if that is not a pattern, or if something that it means cannot be read: that may be
    the very file that is wanted.
    """
    faults = [each.fault for each in contents.unusable if patterns.meant(pattern, each.name)]
    if faults:
        raise SheetError(*faults)
    found = patterns.matching([pattern], contents.files.keys())
    return [contents.folder / name for name in contents.files if name in found]


def find(folder: Path, pattern: str) -> Path:
    """The one file in an inbox that matches a glob pattern. Raises SheetError as `single` does."""
    return single(Inbox(folder).look(), pattern)


def single(contents: InboxContents, pattern: str) -> Path:
    """The one file in the inbox that matches a glob pattern.

    Raises SheetError if none does, if several do, and as `matching` does.
    """
    found = matching(contents, pattern)
    if len(found) == 1:
        return found[0]
    folder = contents.folder
    if found:
        message = f"{len(found)} files match '{pattern}': {_listed(_names(found, folder))}"
        raise SheetError(
            Fault(message, str(folder), "Keep only one of them in the inbox, or make the pattern narrower.")
        )
    raise SheetError(Fault(f"no file matches '{pattern}'", str(folder), _nearest(pattern, [*contents.files])))


def choose_files(contents: InboxContents, choice: SheetChoice) -> list[Path]:
    """The files that are read, in order. Raises SheetError if there is none, or none can be chosen."""
    found, inbox = matching(contents, choice.file) if choice.take != "one" else [], contents.folder
    if len(found) < 2:
        return [single(contents, choice.file)]
    if choice.take == "all":
        return sorted(found, key=_numbered)
    if choice.take == "last_modified":
        times = [contents.files[path.relative_to(inbox).as_posix()].modified for path in found]
        return [_single(found, times, "were written last, at the same time", inbox)]
    dates = [date_in(path.name) for path in found]
    if None in dates:
        names = [path.name for path, date in zip(found, dates, strict=True) if date is None]
        hint = "Write the date with the year first, such as 2026-09-01, or make the pattern narrower."
        raise SheetError(Fault(f"there is no date in the name of {listed(names)}", str(inbox), hint))
    return [_single(found, dates, "have the latest date in their names", inbox)]


def _numbered(path: Path) -> list[tuple[int, str]]:
    """A file's name, of which numbers count as numbers: `part-2` comes before `part-10`."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", path.as_posix())]


def _single(paths: list[Path], order: Sequence[object], what: str, inbox: Path) -> Path:
    last = max(order)  # type: ignore[type-var]  # all of one kind
    found = [path for path, each in zip(paths, order, strict=True) if each == last]
    if len(found) > 1:
        message = f"{listed(path.name for path in found)} {what}"
        raise SheetError(
            Fault(message, str(inbox), "Keep only one of them in the inbox, or make the pattern narrower.")
        )
    return found[0]


def load(path: Path, within: Inbox | None) -> File:
    """Read a whole file, of an inbox or from anywhere. Raises SheetError if it is missing or cannot be read."""
    with _opened(path, within) as stream:
        data, hashing = _contents(stream)
        modified = datetime.fromtimestamp(os.fstat(stream.fileno()).st_mtime, UTC)
    return File(path.name, data, hashing, modified)


def digest(path: Path, within: Inbox | None = None) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal. Raises SheetError if it cannot be read."""
    with _opened(path, within) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def _opened(path: Path, within: Inbox | None) -> Iterator[FileIO]:
    # A file outside an inbox was chosen by whoever started the program.
    inbox = within or Inbox(path.parent, follow_links=True)
    try:
        with inbox.open(path) as stream:
            yield stream
    except OSError as error:
        raise SheetError(Fault(f"the file cannot be read: {error.strerror}", str(path))) from None


def _contents(stream: FileIO) -> tuple[memoryview, Future[str]]:
    """All bytes of a file, and its SHA-256, computed while it is read and parsed, which takes half the time."""
    from pyarrow import allocate_buffer

    size, digest = 0, hashlib.sha256()
    view = memoryview(allocate_buffer(os.fstat(stream.fileno()).st_size, memory_pool=reused())).cast("B")
    # One thread, so that parts are hashed in the order in which they arrive.
    hasher = ThreadPoolExecutor(1)
    while read := stream.readinto(view[size : size + PART]):
        hasher.submit(digest.update, view[size : size + read])
        size += read
    # There is more only if the file has grown in the meantime.
    if more := stream.read():
        hasher.submit(digest.update, more)
        view, size = memoryview(bytes(view) + more), size + len(more)
    hashing = hasher.submit(digest.hexdigest)
    hasher.shutdown(wait=False)
    return view[:size], hashing


def _names(paths: list[Path], folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in paths]


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more


def _nearest(pattern: str, names: list[str]) -> str:
    if not names:
        return "The inbox is empty."
    similar = nearest(pattern, names)
    return f"Did you mean {' or '.join(map(repr, similar))}?" if similar else f"The inbox contains: {_listed(names)}."
