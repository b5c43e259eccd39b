"""The manifest of a set: which files it promises, and whether they arrived with the rows it promises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final, Protocol

from sync.config.drop import Drop, Manifest
from sync.config.entries import Inbox
from sync.errors import Fault, SheetError
from sync.mapping.source import Source, replace_sheets
from sync.model import Sheet
from sync.model.issue_texts import wording
from sync.sheets.header import Wanted
from sync.sheets.patterns import matching

ONEROSTER: Final = Manifest(name="propertyName")
"""OneRoster's manifest has a line `file.users,bulk` for `users.csv`."""


class ReadSheet(Protocol):
    """How a file is read as a table."""

    def __call__(self, path: Path, /, *, wanted: Wanted = ..., within: Inbox | None) -> Sheet:
        """The file of an inbox, read for what is wanted. Raises SheetError."""
        ...


def manifest_of(drop: Drop) -> Manifest | None:
    """How the manifest of this site is read, if it has one."""
    return ONEROSTER if drop.manifest == "oneroster" else drop.manifest


def promised(inbox: Inbox, path: Path, manifest: Manifest, read: ReadSheet) -> Mapping[str, int | None]:
    """The files that a manifest lists, and how many rows each has, if it says so. Raises SheetError."""
    columns = [manifest.name, "value"] if manifest is ONEROSTER else [manifest.name, *filter(None, [manifest.rows])]
    frame = read(path, wanted=Wanted(columns), within=inbox).frame
    lacking = [name for name in columns if name not in frame.columns]
    if lacking:
        raise SheetError(
            Fault(f"the manifest has no column {lacking[0]}", path.name, "Check `manifest:` in the site file.")
        )
    names = [str(name).strip() for name in frame[manifest.name]]
    if manifest is ONEROSTER:
        lines = zip(names, frame["value"].str.strip(), strict=True)
        return {f"{name[5:]}.csv": None for name, is_ in lines if name.startswith("file.") and is_ in ("bulk", "delta")}
    counts = frame[manifest.rows] if manifest.rows else [""] * len(names)
    return {name: _count(str(text).strip(), path.name, name) for name, text in zip(names, counts, strict=True) if name}


def _count(text: str, file: str, name: str) -> int | None:
    if text and not text.isdecimal():
        raise SheetError(Fault(f"{text!r} is not a number of rows for {name}", file, "Write a whole number."))
    return int(text) if text else None


def checked(folder: Path, drop: Drop, sources: Sequence[Source], read: ReadSheet) -> Sequence[Source]:
    """Check a set against its manifest; the sources, with a notice for each file that is not listed.

    Every file has the rows that are promised, even one that no mapping reads. Raises SheetError with all that have not.
    """
    manifest = manifest_of(drop)
    if manifest is None:
        return sources
    sheets = [sheet for source in sources for each in (source.sheets, *source.others.values()) for sheet in each]
    counts: dict[str, set[int]] = {}
    for sheet in sheets:
        counts.setdefault(sheet.file, set()).add(len(sheet.frame))
    # What stays in the inbox belongs to no delivery.
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
    """Promises of a manifest that are not kept."""
    for name, rows in said.items():
        if rows is None:
            continue
        try:
            there = counts.get(name) or {len(read(inbox.folder / name, within=inbox).frame)}
        except SheetError as error:
            yield from error.faults
            continue
        if rows not in there:
            has = f"{min(there):,} row{'s' * (min(there) != 1)}"
            message = f"it has {has}, but {manifest} gives {rows:,}"
            yield Fault(message, name, "Was the transfer interrupted? Export or copy it again.")


def _noticed(sources: Sequence[Source], unlisted: Mapping[str, Sheet]) -> Sequence[Source]:
    """The sources, in which one sheet of each of these files reports that the manifest does not list it."""
    noticed = {
        id(sheet): replace(sheet, issues=(*sheet.issues, wording("not-listed").issue("notice", file=name)))
        for name, sheet in unlisted.items()
    }
    return replace_sheets(sources, noticed)
