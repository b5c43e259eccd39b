"""Files that decide what is sent to Moodle, although other accounts on the machine can read them, or write to them.

Accounts of the file's own group are trusted: whoever put them there has chosen to share it. A file counts as open
only if other accounts can reach it, through every folder above it.

Some volumes give every file the same permissions, whatever `chmod` says. Whoever runs the program may then switch the
refusal off; the site file cannot, because it may be the file that others can change.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sync.errors import Fault

PERMISSIONS: Final = os.name == "posix"
"""Whether files have permissions of this kind."""

VARIABLE: Final = "NEXSIS_SYNC_PERMISSIONS"
UNCHECKED: Final = "unchecked"
"""The environment variable, and its value with which files that others can write are used all the same."""

_FIXED: Final = (
    "If the volume does not support that (a mounted Kubernetes secret, a Windows drive in WSL), make sure that other "
    f"accounts cannot use it, then set {VARIABLE}={UNCHECKED} in the environment."
)


@dataclass(frozen=True, slots=True)
class LooseFile:
    """A file that others can read, or even write: itself, or `through` a folder in which they can replace it."""

    path: Path
    writable: bool
    through: Path | None = None


def loose(paths: Iterable[Path]) -> Iterator[LooseFile]:
    """Which of some files others can read or write; those that are not there are neither."""
    for path in paths if PERMISSIONS else ():
        with suppress(OSError):
            mode = path.stat().st_mode
            # Of a link, both it and its target can be replaced.
            folders = {Path(os.path.abspath(path)).parent, Path(os.path.realpath(path)).parent}  # noqa: PTH100
            found = [each for folder in folders if (each := _loose(path, mode, folder)) is not None]
            yield from sorted(found, key=lambda each: not each.writable)[:1]


def _loose(path: Path, mode: int, folder: Path) -> LooseFile | None:
    """What others can do to a file of a folder."""
    modes = {each: each.stat().st_mode for each in (folder, *folder.parents)}
    if not all(each & stat.S_IXOTH for each in modes.values()):
        return None
    shared = (each for each, bits in modes.items() if bits & stat.S_IWOTH and not bits & stat.S_ISVTX)
    through = None if mode & stat.S_IWOTH else next(shared, None)
    writable = through is not None or bool(mode & stat.S_IWOTH)
    return LooseFile(path, writable, through) if writable or mode & stat.S_IROTH else None


def refusals(paths: Iterable[Path]) -> Iterator[Fault]:
    """Faults for files that others can write."""
    for each in loose(paths):
        if each.writable:
            message = "other accounts on this machine can change this file"
            if each.through:
                message = f"other accounts on this machine can replace this file: they can write to {each.through}"
            hint = f"Remove that permission: chmod o-w {each.through or each.path}. {_FIXED}"
            yield Fault(message, str(each.path), hint)


def unchecked() -> bool:
    """Whether whoever runs the program wants files used that others can write."""
    return os.environ.get(VARIABLE) == UNCHECKED
