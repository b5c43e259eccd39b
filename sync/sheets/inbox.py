"""The inbox: which file is meant, and its bytes."""

from __future__ import annotations

import hashlib
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

from sync.errors import Fault, SheetError
from sync.sheets.nearest import nearest

LISTED = 10


@dataclass(frozen=True, slots=True)
class File:
    """A file as it lay there when it was read: `data` and `digest` are of the same moment."""

    name: str
    data: bytes
    hashing: Future[str]
    modified: datetime

    @property
    def digest(self) -> str:
        """The SHA-256 of the file, in hexadecimal."""
        return self.hashing.result()


def find(folder: Path, pattern: str) -> Path:
    """The one file in the inbox that matches a glob pattern.

    Hidden files and the lock files of office programs (`~$name.xlsx`) never match. Raises SheetError if no file
    matches, if several do, or if the folder cannot be listed.
    """
    if not folder.is_dir():
        raise SheetError(Fault("the inbox is not a folder that can be read", str(folder), "Check `inbox`."))
    try:
        found = _shown(folder, pattern)
        there = [] if len(found) == 1 else _shown(folder, "**/*")
    except (ValueError, NotImplementedError) as error:
        hint = "Give a file name relative to the inbox; `*` stands for any characters."
        raise SheetError(Fault(f"'{pattern}' is not a file pattern: {error}", str(folder), hint)) from None
    except OSError as error:
        raise SheetError(Fault(f"cannot be listed: {error.strerror}", str(folder))) from None
    if len(found) == 1:
        return found[0]
    if found:
        message = f"{len(found)} files match '{pattern}': {_listed(_names(found, folder))}"
        raise SheetError(Fault(message, str(folder), "Leave one of them there, or make the pattern narrower."))
    raise SheetError(Fault(f"no file matches '{pattern}'", str(folder), _nearest(pattern, there, folder)))


def load(path: Path) -> File:
    """Read a whole file. Raises SheetError if it is missing or cannot be read."""
    try:
        with path.open("rb") as stream:
            data = stream.read()
        modified = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        raise SheetError(Fault("there is no such file", str(path))) from None
    except OSError as error:
        raise SheetError(Fault(f"the file cannot be read: {error.strerror}", str(path))) from None
    return File(path.name, data, _hashing(data), modified)


def _hashing(data: bytes) -> Future[str]:
    """The SHA-256 of bytes, worked out while they are read as a table: it takes a third of that time."""
    future: Future[str] = Future()
    Thread(target=lambda: future.set_result(hashlib.sha256(data).hexdigest())).start()
    return future


def digest(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal. Raises SheetError if it cannot be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise SheetError(Fault(f"the file cannot be read: {error.strerror}", str(path))) from None


def _shown(folder: Path, pattern: str) -> list[Path]:
    return sorted(
        path
        for path in folder.glob(pattern)
        if path.is_file() and not any(part.startswith((".", "~$")) for part in path.relative_to(folder).parts)
    )


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
