"""Sets of exports that have been in the archive, or among the refused ones, for a long time."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sync.inbox.archive import RUNS, Folders, newest, under_way

NAME: Final = re.compile(r"r-(\d{8}T\d{6})-\w+")
"""How the folder of a set is named: after its first run."""


def old_sets(at: Folders, before: datetime) -> Iterator[Path]:
    """The folders of sets that were taken before a time; neither the newest one nor any that is not done."""
    kept = {at.archive / taken.name for taken in under_way(at)} | {newest(at)}
    for folder in all_sets(at):
        taken = datetime.strptime(folder.name[2:17], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        if taken < before and folder not in kept:
            yield folder


def all_sets(at: Folders) -> Iterator[Path]:
    """The folders of all sets, archived and refused."""
    for where in (at.archive, at.refused):
        yield from (path for path in sorted(where.glob("*/r-*")) if NAME.fullmatch(path.name) and path.is_dir())


def remove_set(folder: Path) -> None:
    """Remove the folder of a set, and that of its day if nothing else is in it. Raises OSError."""
    shutil.rmtree(folder)
    day = folder.parent
    left = [path.name for path in day.iterdir()]
    if left == [RUNS]:
        (day / RUNS).unlink()
    if left in ([], [RUNS]):
        day.rmdir()
