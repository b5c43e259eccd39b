"""The next set in the inbox: which files belong to it, what is missing, and waiting for it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from sync.config.drop import Drop
from sync.config.entries import InboxContents, Listing, Unusable
from sync.config.site import Config
from sync.errors import SheetError
from sync.inbox.archive import Folders, folders
from sync.inbox.manifest import ReadSheet, manifest_of, promised
from sync.inbox.stability import Stability, announced, look
from sync.model import Clock
from sync.sheets.patterns import matching, meant

PATIENCE: Final = 3600.0
"""Minimum number of seconds to wait for files that are still being written."""

GLANCE: Final = 1.0
"""Seconds between two looks at the inbox while waiting for a set."""

OWN: Final = "2026-11-23/r-20261123T023011-61e74c/.copy.part"
"""As long as the part of a path in the archive that is added to the name in the inbox."""

LONGEST: Final = os.pathconf("/", "PC_PATH_MAX") - 1 if hasattr(os, "pathconf") else 4095
"""Maximum number of bytes of a path."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """The next set in the inbox: its files, and in sentences what is missing.

    `growing` means that files were changed just now, so that the set may still change; `empty`, that nothing
    is there except what stays.
    """

    files: Listing
    missing: tuple[str, ...] = ()
    growing: bool = False
    empty: bool = False

    @property
    def complete(self) -> bool:
        """Whether it can be taken."""
        return bool(self.files) and not self.missing and not self.growing


def next_arrival(config: Config, drop: Drop, stability: Stability, at: float, read: ReadSheet) -> Arrival:
    """Look into the inbox at the time `at`, in seconds that never go back. Raises SheetError if it cannot be listed."""
    there = look(config.entries)
    growing = stability.steady(there.files, at) < drop.settle.total_seconds() and not drop.trigger
    found = arrival_among(config, drop, there, read)
    return replace(found, growing=bool(there.files) and growing)


def arrival_among(config: Config, drop: Drop, there: InboxContents, read: ReadSheet) -> Arrival:
    """The next set among these files of the inbox: the first complete one, or what the last one is missing."""
    there = movable(folders(config, drop), drop, there)
    stay = matching(drop.keep, there.files.keys())
    files = {name: stamp for name, stamp in there.files.items() if name not in stay}
    choices, empty = [files], not files
    if drop.trigger:
        choices = announced(files, matching([drop.trigger], files.keys())) or [{}]
    for files in choices:
        missing = tuple(_missing(config, drop, there, {*files, *stay}, read))
        if files and not missing:
            break
    return Arrival(files, missing, empty=empty)


def movable(at: Folders, drop: Drop, there: InboxContents) -> InboxContents:
    """The same; a file that cannot be moved to the archive, or copied if it stays, becomes unusable."""
    stay = matching(drop.keep, there.files.keys())
    room = min(LONGEST - len(os.fsencode(each / OWN)) for each in (at.archive, at.refused))
    closed = dict[Path, bool]()
    stuck = {}
    for name in there.files:
        above = (at.inbox / name).parent
        if above not in closed:
            closed[above] = above != at.inbox and not os.access(above, os.W_OK | os.X_OK)
        if len(os.fsencode(name)) > room:
            stuck[name] = Unusable(name, "deep")
        elif name not in stay and (closed[above] or _guarded(above, at.inbox / name)):
            stuck[name] = Unusable(name, "closed")
    files = {name: stamp for name, stamp in there.files.items() if name not in stuck}
    return replace(there, files=files, unusable=(*there.unusable, *stuck.values()))


def _guarded(above: Path, file: Path) -> bool:
    """Whether a folder lets nobody move files that belong to others."""
    with suppress(OSError):
        seen = above.stat()
        if os.name == "posix" and seen.st_mode & stat.S_ISVTX:
            return os.geteuid() not in (0, seen.st_uid, file.lstat().st_uid)
    return False


def _missing(config: Config, drop: Drop, there: InboxContents, names: set[str], read: ReadSheet) -> Iterator[str]:
    """What a set is missing: files that the site file requires, that mappings read, and that the manifest lists.

    What is there and cannot be read is as good as missing if it may be one of them; otherwise no set waits for it.
    """
    manifest = manifest_of(drop)
    patterns = [*drop.required, *([manifest.file] if manifest else ()), *_read_by(config)]
    wanted = [*patterns, *([drop.trigger] if drop.trigger else ())]
    unusable = {each.name: each for each in there.unusable if any(meant(pattern, each.name) for pattern in wanted)}
    for pattern in dict.fromkeys(patterns):
        if not matching([pattern], names) and not any(meant(pattern, name) for name in unusable):
            lies = sorted(matching([pattern], there.files.keys()))
            yield f"{lies[0]} has arrived, but its trigger file has not" if lies else f"{pattern} has not arrived yet"
    if manifest is not None:
        for file in sorted(matching([manifest.file], names)):
            try:
                said = promised(config.entries, config.inbox / file, manifest, read)
            except SheetError:
                continue  # it is taken, and refused
            unusable |= {each.name: each for each in there.unusable if each.name in said}
            lacking = (name for name in said if name not in names and name not in unusable)
            yield from (f"{name} has not arrived yet, and {file} lists it" for name in lacking)
    yield from (str(each) for each in unusable.values())


def _read_by(config: Config) -> Iterator[str]:
    """The files that mappings read (for one whose mode comes from a manifest, that manifest), and those of terms."""
    for mapping in config.mappings:
        yield from (choice.file for choice in mapping.manifests or mapping.sheets)
    if config.terms is not None:
        yield from (choice.file for choice in config.terms.sheets)


def await_set(
    look_again: Callable[[float], Arrival], wait: float, clock: Clock, pause: Callable[[float], None]
) -> Arrival:
    """The next set once it is complete, or as it is after `wait` seconds.

    Files that are still being written are waited for at least an hour.
    """
    begun = clock.monotonic()
    while True:
        now = clock.monotonic()
        arrival = look_again(now)
        patience = max(wait, PATIENCE) if arrival.growing else wait
        if arrival.complete or now - begun >= patience:
            return arrival
        pause(GLANCE)
