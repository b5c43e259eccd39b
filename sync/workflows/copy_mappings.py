"""Shipped mappings, copied to where they can be changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sync.config.shipped import ShippedMappings
from sync.errors import Fault, NexsisSyncError


@dataclass(frozen=True, slots=True)
class CopiedMapping:
    """A mapping file in its folder; `new` unless it was there already, with the same contents."""

    file: Path
    new: bool


def copy_mappings(collection: ShippedMappings, folder: Path) -> tuple[CopiedMapping, ...]:
    """Copy the files of a collection into a folder, which is created if needed.

    A file that is there with other contents is never replaced: NexsisSyncError names all of them, and nothing is
    copied. It is also raised if something cannot be written.
    """
    if faults := [*_in_the_way(collection, folder)]:
        raise NexsisSyncError(*faults)
    copied = []
    for source in collection.files:
        file = folder / source.name
        new = not file.exists()
        if new:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                with file.open("xb") as target:
                    target.write(source.read_bytes())
            except OSError as error:
                raise NexsisSyncError(Fault(f"this file cannot be written: {error.strerror}", str(file))) from None
        copied.append(CopiedMapping(file, new))
    return tuple(copied)


def _in_the_way(collection: ShippedMappings, folder: Path) -> Iterator[Fault]:
    """Files whose names are taken by others."""
    for source in collection.files:
        file = folder / source.name
        try:
            other = file.read_bytes() != source.read_bytes()
        except FileNotFoundError:
            continue
        except OSError as error:
            yield Fault(f"this file cannot be read: {error.strerror}", str(file))
            continue
        if other:
            hint = "Nothing was copied. Name another folder with --to, or move this file away."
            yield Fault("there is already a different file of this name", str(file), hint)
