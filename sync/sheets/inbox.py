"""The inbox: which file is meant, and its bytes."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path

from sync.errors import Fault, SheetError
from sync.sheets.nearest import nearest

LISTED = 10

PART = 4 << 20
"""So many bytes are read and hashed at a time."""


@dataclass(frozen=True, slots=True)
class File:
    """A file as it lay there when it was read: `view` and `digest` are of the same moment."""

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


def matching(folder: Path, pattern: str) -> list[Path]:
    """All files in the inbox that match a glob pattern, in the order of their names.

    Hidden files and the lock files of office programs (`~$name.xlsx`) never match. Raises SheetError if the folder
    cannot be listed, or if that is no pattern.
    """
    if not folder.is_dir():
        raise SheetError(Fault("the inbox is not a folder that can be read", str(folder), "Check `inbox`."))
    try:
        return sorted(path for path in folder.glob(pattern) if path.is_file() and not _hidden(path, folder))
    except (ValueError, NotImplementedError) as error:
        hint = "Give a file name relative to the inbox; `*` stands for any characters."
        raise SheetError(Fault(f"'{pattern}' is not a file pattern: {error}", str(folder), hint)) from None
    except OSError as error:
        raise SheetError(Fault(f"cannot be listed: {error.strerror}", str(folder))) from None


def find(folder: Path, pattern: str) -> Path:
    """The one file in the inbox that matches a glob pattern. Raises SheetError if none does, or if several do."""
    found = matching(folder, pattern)
    if len(found) == 1:
        return found[0]
    if found:
        message = f"{len(found)} files match '{pattern}': {_listed(_names(found, folder))}"
        raise SheetError(Fault(message, str(folder), "Leave one of them there, or make the pattern narrower."))
    hint = _nearest(pattern, matching(folder, "**/*"), folder)
    raise SheetError(Fault(f"no file matches '{pattern}'", str(folder), hint))


def load(path: Path) -> File:
    """Read a whole file. Raises SheetError if it is missing or cannot be read."""
    try:
        with path.open("rb", buffering=0) as stream:
            data, hashing = _contents(stream)
        modified = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        raise SheetError(Fault("there is no such file", str(path))) from None
    except OSError as error:
        raise SheetError(Fault(f"the file cannot be read: {error.strerror}", str(path))) from None
    return File(path.name, data, hashing, modified)


def _contents(stream: FileIO) -> tuple[memoryview, Future[str]]:
    """All that is in a file, and its SHA-256, worked out while it is read and taken apart: it takes half that time.

    The memory is Arrow's: it is used again, so it costs a third of what new bytes do.
    """
    from pyarrow import allocate_buffer

    view, size, digest = memoryview(allocate_buffer(os.fstat(stream.fileno()).st_size)).cast("B"), 0, hashlib.sha256()
    # One thread, so that parts are hashed in the order in which they come.
    hasher = ThreadPoolExecutor(1)
    while read := stream.readinto(view[size : size + PART]):
        hasher.submit(digest.update, view[size : size + read])
        size += read
    # There is more only if the file has grown meanwhile.
    if more := stream.read():
        hasher.submit(digest.update, more)
        view, size = memoryview(bytes(view) + more), size + len(more)
    hashing = hasher.submit(digest.hexdigest)
    hasher.shutdown(wait=False)
    return view[:size], hashing


def digest(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal. Raises SheetError if it cannot be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise SheetError(Fault(f"the file cannot be read: {error.strerror}", str(path))) from None


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith((".", "~$")) for part in path.relative_to(folder).parts)


def _names(paths: list[Path], folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in paths]


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more


def _nearest(pattern: str, there: list[Path], folder: Path) -> str:
    if not there:
        return "The inbox is empty."
    names = _names(there, folder)
    near = nearest(pattern, names)
    return f"Nearest: {_listed(near)}." if near else f"The inbox holds: {_listed(names)}."
