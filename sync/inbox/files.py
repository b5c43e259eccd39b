"""Moving a file so that it is always complete in at least one place; new files can be read only by their owner."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from contextlib import suppress
from pathlib import Path

from sync.config.entries import Inbox

PART = ".part"
"""How the name of a copy ends while it is being made; it begins with a dot."""

COPY = f".copy{PART}"
"""The name itself: short, because the file's own one may leave no room for more. One copy is made at a time."""

PRIVATE = 0o600
"""Permissions of a file that only its owner can read."""


def move(root: Inbox, source: Path, target: Path) -> None:
    """Move a file below a folder: by renaming within a file system; else copied, compared, and only then deleted.

    Raises OSError, and SheetError if it is not there.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        root.move(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        copy(root, source, target)
        root.remove(source)


def copy(root: Inbox, source: Path, target: Path) -> None:
    """Copy a file below a folder with its time of change, safe on disk when this returns.

    Raises OSError, if it changes too, and SheetError if it cannot be read there.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(COPY)
    with root.open(source) as given:
        before = os.fstat(given.fileno())
        part.touch(mode=PRIVATE)
        with part.open("wb") as taken:
            shutil.copyfileobj(given, taken, 1 << 20)
            taken.flush()
            os.fsync(taken.fileno())
        os.utime(part, ns=(before.st_atime_ns, before.st_mtime_ns))
        after = os.fstat(given.fileno())
        same = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
        if not same or not equal(root, source, part):
            part.unlink()
            raise OSError(errno.EBUSY, "it changed while it was being copied", str(source))
    part.replace(target)
    flush(target.parent)


def equal(root: Inbox, source: Path, other: Path) -> bool:
    """Whether a file below a folder has the bytes of another one. Raises OSError, SheetError."""
    with root.open(source) as given, other.open("rb") as taken:
        return hashlib.file_digest(given, "sha256").digest() == hashlib.file_digest(taken, "sha256").digest()


def write(target: Path, text: str) -> None:
    """Replace a file by a text in one step, safe on disk when this returns. Raises OSError."""
    part = target.with_name(COPY)
    part.touch(mode=PRIVATE)
    with part.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(target)
    flush(target.parent)


def close(path: Path) -> None:
    """Let only its owner read a file, if it is ours alone and the file system has permissions.

    A file with other names (hard links) may be somebody's elsewhere, and a link's target too: they stay as they are.
    """
    if not hasattr(os, "fchmod") or path.is_symlink():
        return
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            if os.fstat(handle).st_nlink == 1:
                os.fchmod(handle, PRIVATE)
        finally:
            os.close(handle)


def flush(folder: Path) -> None:
    """Make the entries of a folder safe on disk, where the system can do that for a folder."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network shares cannot
            raise
    finally:
        os.close(handle)
