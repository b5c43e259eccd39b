"""Moving a file so that at every moment it is whole in one place at least; what is made, its owner alone can read."""

from __future__ import annotations

import errno
import filecmp
import os
import shutil
from contextlib import suppress
from pathlib import Path

PART = ".part"
"""How the name of a copy ends while it is being made; it begins with a dot."""

PRIVATE = 0o600
"""Rights to a file that its owner alone can read."""


def move(source: Path, target: Path) -> None:
    """Move a file: by its name within a file system; else copied, compared, and only then deleted. Raises OSError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        copy(source, target)
        source.unlink()


def copy(source: Path, target: Path) -> None:
    """Copy a file with its time of change, safe on the disk when this returns. Raises OSError, if it changes too."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}{PART}")
    before = source.stat()
    part.touch(mode=PRIVATE)
    with source.open("rb") as given, part.open("wb") as taken:
        shutil.copyfileobj(given, taken, 1 << 20)
        taken.flush()
        os.fsync(taken.fileno())
    os.utime(part, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = source.stat()
    same = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
    if not same or not filecmp.cmp(source, part, shallow=False):
        part.unlink()
        raise OSError(errno.EBUSY, "it changed while it was copied", str(source))
    part.replace(target)
    flush(target.parent)


def write(target: Path, text: str) -> None:
    """Put a text in the place of a file in one step, safe on the disk when this returns. Raises OSError."""
    part = target.with_name(f".{target.name}{PART}")
    part.touch(mode=PRIVATE)
    with part.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(target)
    flush(target.parent)


def close(path: Path) -> None:
    """Let nobody but its owner read a file, if it is ours and lies where rights are kept."""
    with suppress(OSError):
        path.chmod(PRIVATE)


def flush(folder: Path) -> None:
    """Make what a folder lists safe on the disk, where the system can do that for a folder."""
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
