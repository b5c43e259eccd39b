"""Which files make up a set, and what it lacks."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Final, Protocol

from sync.config.entries import Inbox, InboxContents, Listing, Unusable
from sync.config.settings import Drop, Manifest
from sync.config.site import Config
from sync.errors import Fault, SheetError
from sync.inbox.archive import Folders, folders
from sync.inbox.stability import Stability, announced, look
from sync.mapping.source import Source, replace_sheets
from sync.model import Clock, Issue, Sheet
from sync.sheets.patterns import matching, meant

PATIENCE: Final = 3600.0
"""Seconds that files which are still being written are waited for at the least."""

GLANCE: Final = 1.0
"""Seconds between two looks at the inbox while a set is waited for."""

ONEROSTER: Final = Manifest(name="propertyName")
"""OneRoster's manifest has a line `file.users,bulk` for `users.csv`."""


OWN: Final = "2026-11-23/r-20261123T023011-61e74c/.copy.part"
"""As long as what a path has in the archive, besides its name in the inbox."""

LONGEST: Final = os.pathconf("/", "PC_PATH_MAX") - 1 if hasattr(os, "pathconf") else 4095
"""Bytes of a path at the most."""

DEEP: Final = (
    "this file lies so deep that its path in the archive would be too long",
    "Put it further up, or remove it from the inbox.",
)
CLOSED: Final = (
    "this file cannot be moved out of its folder: that cannot be written to",
    "Let the account that nexsis-sync runs as write to the folder, or remove it from the inbox.",
)


class ReadSheet(Protocol):
    """How a file is read as a table."""

    def __call__(self, path: Path, *, within: Inbox, wanted: Sequence[str] = ()) -> Sheet:
        """The file of an inbox, with the help of the columns that are wanted. Raises SheetError."""
        ...


@dataclass(frozen=True, slots=True)
class Arrival:
    """The next set as it lies in the inbox: its files, and in sentences what it lacks.

    `growing` tells that files were changed just now, so that it may still become another one; `empty`, that nothing
    lies there but what stays.
    """

    files: Listing
    missing: tuple[str, ...] = ()
    growing: bool = False
    empty: bool = False

    @property
    def complete(self) -> bool:
        """Whether it can be taken."""
        return bool(self.files) and not self.missing and not self.growing


def survey(config: Config, drop: Drop, settling: Stability, at: float, read: ReadSheet) -> Arrival:
    """Look into the inbox at the time `at`, in seconds that never go back. Raises SheetError if it cannot be listed."""
    there = look(config.entries)
    growing = settling.steady(there.files, at) < drop.settle.total_seconds() and not drop.trigger
    found = arrived(config, drop, there, read)
    return replace(found, growing=bool(there.files) and growing)


def arrived(config: Config, drop: Drop, there: InboxContents, read: ReadSheet) -> Arrival:
    """The next set among these files of the inbox: the first that lacks nothing, or what the last one lacks."""
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
    """The same, in which a file that cannot be moved to the archive, or copied if it stays, is unusable."""
    stay = matching(drop.keep, there.files.keys())
    room = min(LONGEST - len(os.fsencode(each / OWN)) for each in (at.archive, at.refused))
    closed = dict[Path, bool]()
    stuck = {}
    for name in there.files:
        above = (at.inbox / name).parent
        if above not in closed:
            closed[above] = above != at.inbox and not os.access(above, os.W_OK | os.X_OK)
        if len(os.fsencode(name)) > room:
            stuck[name] = Unusable(name, *DEEP)
        elif name not in stay and (closed[above] or _guarded(above, at.inbox / name)):
            stuck[name] = Unusable(name, *CLOSED)
    files = {name: stamp for name, stamp in there.files.items() if name not in stuck}
    return replace(there, files=files, unusable=(*there.unusable, *stuck.values()))


def _guarded(above: Path, file: Path) -> bool:
    """Whether a folder lets nobody move files that are another's."""
    with suppress(OSError):
        seen = above.stat()
        if os.name == "posix" and seen.st_mode & stat.S_ISVTX:
            return os.geteuid() not in (0, seen.st_uid, file.lstat().st_uid)
    return False


def _missing(config: Config, drop: Drop, there: InboxContents, names: set[str], read: ReadSheet) -> Iterator[str]:
    """What a set lacks: files that the site file requires, that mappings read, and that the manifest names.

    What is there and cannot be read is as good as missing if it may be one of them; else it keeps no set waiting.
    """
    manifest = manifest_of(drop)
    patterns = [*drop.required, *([manifest.file] if manifest else ()), *_read_by(config)]
    wanted = [*patterns, *([drop.trigger] if drop.trigger else ())]
    unusable = {each.name: each for each in there.unusable if any(meant(pattern, each.name) for pattern in wanted)}
    for pattern in dict.fromkeys(patterns):
        if not matching([pattern], names) and not any(meant(pattern, name) for name in unusable):
            lies = sorted(matching([pattern], there.files.keys()))
            yield f"{lies[0]} is there, but no trigger speaks for it yet" if lies else f"{pattern} is not there yet"
    if manifest is not None:
        for file in sorted(matching([manifest.file], names)):
            try:
                said = promised(config.entries, config.inbox / file, manifest, read)
            except SheetError:
                continue  # it is taken, and refused
            unusable |= {each.name: each for each in there.unusable if each.name in said}
            lacking = (name for name in said if name not in names and name not in unusable)
            yield from (f"{name} is not there yet, and {file} names it" for name in lacking)
    yield from (str(each) for each in unusable.values())


def _read_by(config: Config) -> Iterator[str]:
    """The files that mappings read; of one whose mode is told by a manifest, that manifest."""
    for mapping in config.mappings:
        yield from (choice.file for choice in mapping.manifests or mapping.sheets)


def manifest_of(drop: Drop) -> Manifest | None:
    """How the manifest of this site is read, if it has one."""
    return ONEROSTER if drop.manifest == "oneroster" else drop.manifest


def promised(inbox: Inbox, path: Path, manifest: Manifest, read: ReadSheet) -> Mapping[str, int | None]:
    """The files a manifest names, and how many rows each has, where it says so. Raises SheetError."""
    columns = [manifest.name, "value"] if manifest is ONEROSTER else [manifest.name, *filter(None, [manifest.rows])]
    frame = read(path, within=inbox, wanted=columns).frame
    lacking = [name for name in columns if name not in frame.columns]
    if lacking:
        raise SheetError(Fault(f"the manifest has no column {lacking[0]}", path.name, "Check `manifest`."))
    names = [str(name).strip() for name in frame[manifest.name]]
    if manifest is ONEROSTER:
        told = zip(names, frame["value"].str.strip(), strict=True)
        return {f"{name[5:]}.csv": None for name, is_ in told if name.startswith("file.") and is_ in ("bulk", "delta")}
    counts = frame[manifest.rows] if manifest.rows else [""] * len(names)
    return {name: _count(str(text).strip(), path.name, name) for name, text in zip(names, counts, strict=True) if name}


def _count(text: str, file: str, name: str) -> int | None:
    if text and not text.isdecimal():
        raise SheetError(Fault(f"{text!r} is no number of rows for {name}", file, "Write a whole number."))
    return int(text) if text else None


def checked(folder: Path, drop: Drop, sources: Sequence[Source], read: ReadSheet) -> Sequence[Source]:
    """See that a set is what its manifest says; the feeds, with a notice of each file that it does not list.

    Every file has the rows that are promised, also one that no mapping reads. Raises SheetError with all that have not.
    """
    manifest = manifest_of(drop)
    if manifest is None:
        return sources
    sheets = [sheet for source in sources for each in (source.sheets, *source.others.values()) for sheet in each]
    counts: dict[str, set[int]] = {}
    for sheet in sheets:
        counts.setdefault(sheet.file, set()).add(len(sheet.frame))
    # What stays in the inbox is of no delivery.
    inbox, listed, faults = Inbox(folder), matching(drop.keep, counts.keys()), list[Fault]()
    for name in sorted(matching([manifest.file], inbox.look().files.keys())):
        said = promised(inbox, folder / name, manifest, read)
        listed |= {name, *said}
        faults += _broken(inbox, PurePosixPath(name).name, said, counts, read)
    if faults:
        raise SheetError(*faults)
    return _noticed(sources, {sheet.file: sheet for sheet in sheets if sheet.file not in listed})


def _broken(
    inbox: Inbox, manifest: str, said: Mapping[str, int | None], counts: Mapping[str, set[int]], read: ReadSheet
) -> Iterator[Fault]:
    """What a manifest promises and is not so."""
    for name, rows in said.items():
        if rows is None:
            continue
        try:
            there = counts.get(name) or {len(read(inbox.folder / name, within=inbox).frame)}
        except SheetError as error:
            yield from error.faults
            continue
        if rows not in there:
            message = f"it has {min(there):,} rows, and {manifest} says {rows:,}"
            yield Fault(message, name, "Was the transfer cut off? Export or copy it again.")


def _noticed(sources: Sequence[Source], unlisted: Mapping[str, Sheet]) -> Sequence[Source]:
    """The feeds, in which one sheet of each of these files tells that the manifest does not list it."""
    message, hint = "the manifest does not list this file, but a mapping reads it", "Is it one of these exports?"
    told = {
        id(sheet): replace(sheet, issues=(*sheet.issues, Issue("not-listed", "notice", message, hint, file=name)))
        for name, sheet in unlisted.items()
    }
    return replace_sheets(sources, told)


def await_set(
    look_again: Callable[[float], Arrival], wait: float, clock: Clock, pause: Callable[[float], None]
) -> Arrival:
    """The next set once it is complete, or as it is when `wait` seconds are over.

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
