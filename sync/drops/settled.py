"""Whether the files in the inbox are whole: none of them changes any more, or a trigger says so."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from sync.errors import Fault, SheetError

UNFINISHED = (".part", ".partial", ".filepart", ".tmp", ".crdownload")
"""How the names end under which programs write what they will rename when it is whole."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """By what a change of a file is noticed: its size in bytes, and when it was changed, in nanoseconds."""

    size: int
    modified: int


Listing = Mapping[str, Stamp]
"""Files by their names within a folder, with `/` where they lie in folders of it."""


def look(folder: Path) -> dict[str, Stamp]:
    """All files in a folder and below, but for hidden ones, lock files of office programs, and unfinished ones.

    Raises SheetError if it cannot be listed.
    """
    found: dict[str, Stamp] = {}
    try:
        for inside, folders, names in os.walk(folder, onerror=_raise):
            folders[:] = [name for name in folders if not name.startswith(".")]
            for name in names:
                if name.startswith((".", "~$")) or name.lower().endswith(UNFINISHED):
                    continue
                path = Path(inside, name)
                try:
                    seen = path.stat()
                except FileNotFoundError:
                    continue  # it was renamed just now
                if stat.S_ISREG(seen.st_mode):
                    found[path.relative_to(folder).as_posix()] = Stamp(seen.st_size, seen.st_mtime_ns)
    except OSError as error:
        raise SheetError(Fault(f"the inbox cannot be read: {error.strerror}", str(folder), "Check `inbox`.")) from None
    return dict(sorted(found.items()))


def _raise(error: OSError) -> None:
    raise error


@dataclass(slots=True)
class Settling:
    """Since when a folder has been as it is. One that was never looked at has just changed."""

    seen: Listing = field(default_factory=dict)
    since: float | None = None

    def steady(self, now: Listing, at: float) -> float:
        """For how many seconds nothing has changed, if this is what lies there at the time `at`."""
        if self.since is None or now != self.seen:
            self.seen, self.since = dict(now), at
        return at - self.since


def announced(files: Listing, triggers: Collection[str]) -> list[dict[str, Stamp]]:
    """What triggers say is whole, each with its triggers: the sets it may be, the earlier ones first.

    A trigger named after a file (`users.csv.done`, `users.done`) speaks of that file alone, any other one of all files.
    None speaks of what was changed after it: that is part of a later set.
    """
    named = {trigger: name for trigger in triggers for name in files if name not in triggers and _after(trigger, name)}
    if named:
        pairs = [pair for pair in named.items() if files[pair[1]].modified <= files[pair[0]].modified]
        return [{name: files[name] for pair in pairs for name in pair}] if pairs else []
    ends = sorted({files[trigger].modified for trigger in triggers})
    return [{name: stamp for name, stamp in files.items() if stamp.modified <= end} for end in ends]


def _after(trigger: str, name: str) -> bool:
    mark, file = PurePosixPath(trigger), PurePosixPath(name)
    return mark.parent == file.parent and mark.stem in (file.name, file.stem)


def matching(folder: Path, patterns: Iterable[str], names: Collection[str]) -> set[str]:
    """Those of the names in a folder that match a pattern, as the patterns of mappings do. Raises SheetError."""
    found: set[str] = set()
    for pattern in patterns:
        try:
            found |= {path.relative_to(folder).as_posix() for path in folder.glob(pattern)}
        except (ValueError, NotImplementedError) as error:
            hint = "Give a file name relative to the inbox; `*` stands for any characters."
            raise SheetError(Fault(f"'{pattern}' is not a file pattern: {error}", str(folder), hint)) from None
    return found & set(names)
