"""Files written for people: complete or not there at all, and readable only by their owner."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO

from sync.errors import Fault, NexsisSyncError


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
