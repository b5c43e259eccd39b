"""Files packed as `.gz` or `.zip`: the one file that is in them, unpacked within bounds."""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from sync.errors import Fault, SheetError, legible
from sync.sheets import zipped
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

CHUNK = 1 << 16
STREAMS, STREAM = 256, 256
"""A gzip may consist of `STREAMS` streams, and of one more for every `STREAM` bytes: some writers make many."""

WORKBOOK = ("[Content_Types].xml", "mimetype", "content.xml", "xl/workbook.xml", "xl/workbook.bin")
AGAIN = "Copy or export it again."


def unpacked(file: File) -> tuple[File, str | None]:
    """The file in an archive and its name there; any other file, a workbook too, as it is, and None.

    Raises SheetError if an archive is damaged, encrypted, holds another archive or not just one file, or is far
    larger unpacked than a table can be.
    """
    head = bytes(file.view[:4])
    if head.startswith(GZIP):
        with _understood(file.name):
            return _inner(file, _bounded(_gunzipped(file), file)), file.name.removesuffix(".gz")
    if head.startswith(ZIP) and not _is_workbook(file):
        with _understood(file.name), zipped.opened(file.data, file.name) as archive:
            entry = _only(archive, file.name)
            with archive.open(entry) as stream:
                return _inner(file, _bounded(iter(lambda: stream.read(CHUNK), b""), file)), entry.filename
    return file, None


def _gunzipped(file: File) -> Iterator[bytes]:
    """What is packed in a gzip, piece by piece. It consists of one stream, or of several one after another."""
    unpacker, streams, most = _gunzip(), 1, STREAMS + len(file.view) // STREAM
    for at in range(0, len(file.view), CHUNK):
        left = bytes(file.view[at : at + CHUNK])
        while left:
            if unpacker.eof:
                left = left.lstrip(b"\0")  # with which some writers fill the last block
                if not left:
                    break
                unpacker, streams = _gunzip(), streams + 1
            if streams > most:
                hint = "Unpack it and check it; if it is right, put the unpacked file into the inbox."
                raise SheetError(Fault(f"the archive consists of more than {most:,} parts", file.name, hint))
            yield unpacker.decompress(left, CHUNK)
            left = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
    while rest := unpacker.decompress(b"", CHUNK):
        yield rest
    if not unpacker.eof:
        raise EOFError("it ends too early")


def _gunzip() -> zlib._Decompress:
    return zlib.decompressobj(zlib.MAX_WBITS | 16)


def _is_workbook(file: File) -> bool:
    try:
        with zipped.opened(file.data, file.name) as archive:
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
        and not any(_is_hidden(part) or part == "__MACOSX" for part in _parts(entry))
    ]
    for entry in entries:
        if ".." in _parts(entry):
            message = f"the archive names a file outside itself: {legible(entry.filename)}"
            raise SheetError(Fault(message, name, "Put the file itself into the archive, without a folder."))
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
    zipped.refuse_method(entries[0], name)
    return entries[0]


def _parts(entry: zipfile.ZipInfo) -> list[str]:
    """The folders and the file of an entry's path; some writers make it absolute, or begin it with `./`."""
    return [part for part in entry.filename.replace("\\", "/").split("/") if part not in ("", ".")]


def _is_hidden(part: str) -> bool:
    return part.startswith(".") and part != ".."


def _bounded(stream: Iterator[bytes], file: File) -> bytes:
    name, packed = file.name, len(file.view)
    most = min(MOST, max(HARMLESS, RATIO * packed))
    parts, size = [], 0
    for part in stream:
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
        struct.error,
    ) as error:
        detail = f" ({error})" if str(error) else ""
        raise SheetError(Fault(f"the archive is damaged or incomplete{detail}", name, AGAIN)) from None
