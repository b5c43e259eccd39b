"""Files packed as `.gz` or `.zip`: the one file that is in them, unpacked within bounds."""

from __future__ import annotations

import gzip
import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from typing import IO

from sync.errors import Fault, SheetError, legible
from sync.sheets.inbox import LISTED, File

ZIP = (b"PK\x03\x04", b"PK\x05\x06")
"""How an archive begins, and how an empty one does."""

GZIP = b"\x1f\x8b"

MOST = 4 << 30
"""No file is larger than this when unpacked, in bytes."""

RATIO = 200
"""No file is more than this many times larger unpacked than packed, ..."""

HARMLESS = 64 << 20
"""... if it is larger than this, in bytes. Tables pack to a tenth, lists of one value to a hundredth."""

CHUNK = 1 << 20
WORKBOOK = ("[Content_Types].xml", "mimetype", "content.xml", "xl/workbook.xml", "xl/workbook.bin")
AGAIN = "Copy or export it again."


def unpacked(file: File) -> tuple[File, str | None]:
    """The file in an archive and its name there; any other file, a workbook too, as it is, and None.

    Raises SheetError if an archive is damaged, encrypted, holds another archive or not just one file, or is far
    larger unpacked than a table can be.
    """
    head = bytes(file.view[:4])
    if head.startswith(GZIP):
        with _understood(file.name), gzip.GzipFile(fileobj=BytesIO(file.data)) as stream:
            return _inner(file, _bounded(stream, file.name, len(file.view))), file.name.removesuffix(".gz")
    if head.startswith(ZIP) and not _is_workbook(file):
        with _understood(file.name), zipfile.ZipFile(BytesIO(file.data)) as archive:
            entry = _only(archive, file.name)
            with archive.open(entry) as stream:
                return _inner(file, _bounded(stream, file.name, len(file.view))), entry.filename
    return file, None


def _is_workbook(file: File) -> bool:
    try:
        with zipfile.ZipFile(BytesIO(file.data)) as archive:
            return any(name in archive.namelist() for name in WORKBOOK)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        # The reader of workbooks has its own messages for broken files.
        return not file.name.lower().endswith(".zip")


def _only(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    entries = [
        entry
        for entry in archive.infolist()
        if entry.filename
        and not entry.is_dir()
        and not any(part.startswith(".") or part == "__MACOSX" for part in entry.filename.split("/"))
    ]
    if not entries:
        raise SheetError(Fault("the archive contains no file", name, "Did the export fail?"))
    if len(entries) > 1:
        listed = ", ".join(legible(entry.filename) for entry in entries[:LISTED])
        more = f" and {len(entries) - LISTED} more" if len(entries) > LISTED else ""
        message = f"the archive contains {len(entries)} files, but must contain one: {listed}{more}"
        raise SheetError(Fault(message, name, "Put each into an archive of its own, or unpack them into the inbox."))
    if entries[0].flag_bits & 1:
        raise SheetError(
            Fault("the archive is protected by a password", name, "Create the archive without a password.")
        )
    if stat.S_ISLNK(entries[0].external_attr >> 16):
        raise SheetError(
            Fault("the archive contains a link, not a file", name, "Put the file itself into the archive.")
        )
    return entries[0]


def _bounded(stream: gzip.GzipFile | IO[bytes], name: str, packed: int) -> bytes:
    most = min(MOST, max(HARMLESS, RATIO * packed))
    parts, size = [], 0
    while part := stream.read(CHUNK):
        size += len(part)
        if size > most:
            message = (
                f"the archive unpacks from {packed:,} bytes to more than {most >> 20:,} MiB, too large for a table"
            )
            raise SheetError(
                Fault(message, name, "Unpack it and check it; if it is right, put the unpacked file into the inbox.")
            )
        parts.append(part)
    return b"".join(parts)


def _inner(file: File, data: bytes) -> File:
    inner = replace(file, view=memoryview(data))
    if data.startswith(GZIP) or (data.startswith(ZIP) and not _is_workbook(inner)):
        raise SheetError(
            Fault("the archive contains another archive", file.name, "Put the file itself into the archive.")
        )
    return inner


@contextmanager
def _understood(name: str) -> Iterator[None]:
    try:
        yield
    except (
        EOFError,
        OSError,
        ValueError,
        RuntimeError,
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        struct.error,
    ) as error:
        detail = f" ({error})" if str(error) else ""
        raise SheetError(Fault(f"the archive is damaged or incomplete{detail}", name, AGAIN)) from None
