"""The drop folder: the files in the inbox are taken set by set, each set once, when it is complete.

    arrival = await_set(...)                  the files of the next set, and what it lacks
    taken = archive.take(...)                 moved to archive/2026-11-23/r-.../
    archive.done(...) or archive.refuse(...)  carried out; or moved to refused/2026-11-23/r-.../ with a why.txt

A **set** is the files that belong together: the exports of one run of the SIS. Sheets are read from its folder in the
archive, so that a plan that needs approval finds them there unchanged.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from sync.config.entries import InboxContents
from sync.config.site import Config
from sync.inbox import archive
from sync.inbox.archive import Folders, TakenSet, folders
from sync.inbox.arrival import Arrival, arrival_among, await_set, movable, next_arrival
from sync.inbox.erasing import ERASED
from sync.inbox.manifest import ReadSheet, checked
from sync.inbox.stability import Stability, look

__all__ = [
    "Arrival",
    "Folders",
    "ReadSheet",
    "Stability",
    "TakenSet",
    "archive",
    "await_set",
    "checked",
    "current_exports",
    "folders",
    "last_is_erased",
    "look",
    "movable",
    "next_arrival",
    "with_set",
]


def current_exports(config: Config, read: ReadSheet) -> Config:
    """The config with the inbox that counts now, for commands that only look; unchanged if exports are not taken.

    That is the set that is carried out next: one that was taken and is not done; or the one in the inbox, if it is
    complete; or else the one taken last, unless somebody has been erased from it.
    """
    if config.drop is None:
        return config
    at = folders(config, config.drop)
    for taken in archive.pending(at):
        return with_set(config, at.archive / taken.name)
    there = look(config.entries) if os.path.lexists(config.inbox) else InboxContents(config.inbox, {})
    found = arrival_among(config, config.drop, there, read)
    last = None if found.files and not found.missing else archive.newest(at)
    return config if last is None or (last / ERASED).exists() else with_set(config, last)


def last_is_erased(config: Config) -> bool:
    """Whether the set that was taken last is not used again because somebody has been erased from it."""
    last = archive.newest(folders(config, config.drop)) if config.drop is not None else None
    return last is not None and (last / ERASED).exists()


def with_set(config: Config, folder: Path) -> Config:
    """The config with a set that was taken out of the inbox in its place."""
    return replace(config, inbox=folder, dropped=config.entries)
