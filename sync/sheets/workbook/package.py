"""The file around a workbook: which format it is, and its parts."""

from __future__ import annotations

import posixpath
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from sync.errors import Fault, SheetError, legible
from sync.sheets import zipped
from sync.sheets.inbox import File
from sync.sheets.workbook import container

ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
AGAIN = "Export it again, or open it in Excel and save it."
NO_TABLE = "This is not a table of people or courses. Export it again."
SAVE_AS = "Save it as xlsx or CSV."
ROOM, ROOM_EACH = 64 << 20, 100
"""Number of bytes a workbook may unpack to, and for each byte of the file: real ones stay far below."""


@dataclass(frozen=True, slots=True)
class Package:
    """A workbook's file. `format` is xlsx, xlsm, xlsb, xls or ods; `room` is how many bytes may be made of it.

    `part` gives a part's bytes by its name in lower case, and raises KeyError if there is none. `data` is the file as
    the reader of values gets it.
    """

    name: str
    format: str
    part: Callable[[str], bytes]
    parts: frozenset[str]
    room: int
    data: bytes


def unpack(file: File) -> Package:
    """Recognise a workbook by what is in it.

    Raises SheetError if it is protected, damaged, not a workbook, or would unpack to more than memory should hold.
    """
    data = file.data
    room = ROOM + ROOM_EACH * len(data)
    if data.startswith(container.SIGNATURE):
        return _ole(file, room)
    try:
        archive = zipped.opened(data, file.name)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, UnicodeDecodeError, OSError):
        raise damaged(file.name) from None
    entries = _entries(archive, file.name)
    kind = _kind(file.name, entries)
    if any(entry.flag_bits & 1 for entry in entries.values()):
        raise locked(file.name)
    _measure(file.name, data, archive, room)

    def part(name: str) -> bytes:
        with archive.open(entries[name]) as stream:
            # With its size given, a part is unpacked in one piece.
            return stream.read(entries[name].file_size)

    package = Package(file.name, kind, part, frozenset(entries), room, data)
    if _locked(package):
        raise locked(file.name)
    return package


def _entries(archive: zipfile.ZipFile, name: str) -> dict[str, zipfile.ZipInfo]:
    """The parts by name. Raises SheetError if two have the same: which one counts depends on who reads it."""
    entries: dict[str, zipfile.ZipInfo] = {}
    for entry in archive.infolist():
        part = entry.filename.replace("\\", "/").lstrip("/").lower()
        if part in entries:
            raise SheetError(Fault(f"the workbook has two parts named {legible(part)}", name, AGAIN))
        entries[part] = entry
    return entries


def _measure(name: str, data: bytes, archive: zipfile.ZipFile, room: int) -> None:
    """Unpack all parts, piece by piece, as far as there is room. Readers of values unpack whatever they are given."""
    left = room
    for entry in archive.infolist():
        zipped.refuse_method(entry, name)
        try:
            for size in zipped.sizes(data, entry):
                left -= size
                if left < 0:
                    message = f"the workbook would unpack to more than {room >> 20:,} MiB, from {len(data):,} bytes"
                    raise SheetError(Fault(message, name, NO_TABLE))
        except (zipfile.BadZipFile, zlib.error, struct.error) as error:
            raise damaged(name, str(error)) from None


def damaged(name: str, why: str = "") -> SheetError:
    """The refusal of a file that is truncated or broken."""
    return SheetError(Fault(f"the workbook is damaged or incomplete{why and f' ({why})'}", name, AGAIN))


def locked(name: str) -> SheetError:
    """The refusal of a file that needs a password."""
    return SheetError(Fault("the workbook is protected by a password", name, "Save it without a password."))


def swollen(name: str) -> SheetError:
    """The refusal of texts that are written once in the file and copied for many cells."""
    message = "some cells share text so long that it would use up all the memory"
    return SheetError(Fault(message, name, NO_TABLE))


def parsed(xml: bytes) -> ET.Element:
    """A small part of a workbook. Raises ParseError, even if entities would make it huge: expat checks that."""
    return ET.fromstring(xml)  # noqa: S314


def related(package: Package, part: str, relation: str) -> str:
    """The part that another one refers to by a relation. Raises KeyError, ParseError or StopIteration."""
    folder, name = posixpath.split(part)
    relations = parsed(package.part(f"{folder}/_rels/{name}.rels".lstrip("/")))
    found = next(each.get("Target", "") for each in relations if each.get("Id") == relation).replace("\\", "/")
    return posixpath.normpath(posixpath.join("/", folder, found)).lstrip("/").lower()


def _kind(name: str, entries: dict[str, zipfile.ZipInfo]) -> str:
    if "content.xml" in entries:
        return "ods"
    if "xl/workbook.bin" in entries:
        return "xlsb"
    if any(entry.endswith("workbook.xml") for entry in entries):
        return "xlsm" if any(entry.endswith("vbaproject.bin") for entry in entries) else "xlsx"
    raise SheetError(Fault("the file is a zip archive, not a workbook", name, SAVE_AS))


def _locked(package: Package) -> bool:
    manifest = "meta-inf/manifest.xml"
    if package.format != "ods" or manifest not in package.parts:
        return False
    try:
        return b"encryption-data" in package.part(manifest)
    except Exception as error:  # zipfile raises nearly anything for a broken member
        raise damaged(package.name) from error


def _ole(file: File, room: int) -> Package:
    if ENCRYPTED in file.data:
        raise locked(file.name)
    try:
        stream = container.stream(file.data, "workbook", "book")
        data = container.packed(stream or b"")
    except ValueError as error:
        raise damaged(file.name, str(error)) from None
    except struct.error:
        raise damaged(file.name) from None
    if stream is None:
        raise SheetError(Fault("the file is in an old Office format, but is not an Excel workbook", file.name, SAVE_AS))
    parts = {"workbook": stream}
    return Package(file.name, "xls", parts.__getitem__, frozenset(parts), room, data)
