"""Files written for people: complete or not there at all, readable only by their owner, and without formulas."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO, Final

import pyarrow as pa
import pyarrow.compute as pc

from sync.errors import Fault, NexsisSyncError
from sync.model.values import TEXT

RUNS: Final = r"^[=+\-@\t\r\n\x{ff1d}\x{ff0b}\x{ff0d}\x{ff20}]"
"""Beginnings of cells that a spreadsheet takes for a formula when it opens a text file; the last four are full-width.
"""

NUMBER: Final = r"^[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?$"
"""Cells that begin like that and are harmless."""


@contextmanager
def written(path: Path) -> Iterator[BinaryIO]:
    """A stream that replaces the file at `path` once all is written; after an error the old file stays.

    A link stays, and the file it leads to is replaced. What is not a file, such as a pipe or a device, stays too, and
    everything is written into it at the end. Raises NexsisSyncError if `path` is a folder or cannot be written.
    """
    try:
        with _opened(path) as stream:
            yield stream
    except OSError as error:
        raise NexsisSyncError(Fault(f"this file cannot be written: {error.strerror or error}", str(path))) from None


def _opened(path: Path) -> AbstractContextManager[BinaryIO]:
    try:
        target = path.stat().st_mode
    except FileNotFoundError:
        target = stat.S_IFREG  # it will be one
    if stat.S_ISDIR(target):
        raise IsADirectoryError(errno.EISDIR, "a folder has that name")
    return _atomic(Path(os.path.realpath(path))) if stat.S_ISREG(target) else _copied_into(path)


@contextmanager
def _atomic(path: Path) -> Iterator[BinaryIO]:
    # Created in the same folder, because only there it can be moved in one step; mkstemp lets nobody else read it.
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(handle)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


@contextmanager
def _copied_into(path: Path) -> Iterator[BinaryIO]:
    # Created elsewhere, because a workbook is not written from its beginning to its end.
    with tempfile.TemporaryFile() as stream:
        yield stream
        stream.seek(0)
        with path.open("wb") as target:
            shutil.copyfileobj(stream, target)


def harmless(column: pa.Array) -> pa.Array:
    """The same, with an apostrophe before each cell that a spreadsheet would run as a formula."""
    runs = pc.match_substring_regex(column, RUNS)
    if not pc.any(runs).as_py():
        return column
    runs = pc.and_not(runs, pc.match_substring_regex(column, NUMBER))
    return pc.if_else(runs, pc.binary_join_element_wise(pa.scalar("'", TEXT), column, pa.scalar("", TEXT)), column)
