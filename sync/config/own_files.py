"""The files of the program itself and of its settings, as opposed to reports that somebody wants purged."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from sync.config.site import Config, secrets_of

SIDE: Final = re.compile(r"(?<=.)(?:-(?:wal|shm|journal)$|\.lock$|\.before-)")
"""What a file next to the state store has after the store's name."""


def foreign(config: Config, paths: Iterable[Path]) -> Iterator[Path]:
    """Those paths that are not the program's own, whichever way they are written and whatever links they go through."""
    ours = {_real(path) for path in own(config)}
    return (path for path in paths if ours.isdisjoint(_related(_real(path))))


def own(config: Config) -> tuple[Path, ...]:
    """Folders of exports and messages, the state store, and the files that settings and secrets are in."""
    drop, optional = config.drop, (config.aliases, config.ca_file)
    taken = (config.folder / drop.archive, config.folder / drop.refused) if drop else ()
    secret = (config.folder / each.name for each in secrets_of(config) if each.kind == "file")
    settings = (config.file, *config.guarded_files, *secret, *(path for path in optional if path))
    return (config.inbox, *taken, config.outbox, *settings)


def _related(path: Path) -> Iterator[Path]:
    """A path, the folders it is in, and the files it may be a side file of."""
    yield path
    yield from path.parents
    yield from (path.with_name(path.name[: found.start()]) for found in SIDE.finditer(path.name))


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))  # Path itself fails on a link to itself
