"""Zip archives: what may be in one, and what its members really unpack to. The sizes they declare are not trusted."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from struct import unpack_from
from typing import Final

from sync.errors import Fault, SheetError, legible

MEMBERS: Final = 10_000
"""No archive has more."""

ENTRY: Final = b"PK\x01\x02"
"""How a member begins in the directory of an archive."""

HEADER: Final = 30
METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The two ways in which programs that export tables pack them."""

OTHERS: Final = {zipfile.ZIP_BZIP2: "bzip2", zipfile.ZIP_LZMA: "lzma", 9: "deflate64", 93: "zstd"}

PIECE: Final = 1 << 20
"""Bytes that are unpacked at a time."""


def opened(data: bytes, name: str) -> zipfile.ZipFile:
    """An archive, of which only the directory is read. Raises SheetError, and what zipfile raises if it is broken."""
    # Counted before it is read: each member takes a kilobyte of memory.
    if data.count(ENTRY) > MEMBERS:
        raise SheetError(Fault(f"the archive has more than {MEMBERS:,} members", name, "Check how it was created."))
    return zipfile.ZipFile(BytesIO(data))


def refuse_method(entry: zipfile.ZipInfo, name: str) -> None:
    """Raise SheetError if a member is packed in a way that cannot be unpacked within bounds."""
    if entry.compress_type in METHODS:
        return
    packed = OTHERS.get(entry.compress_type, f"method {entry.compress_type}")
    message = f"`{legible(entry.filename)}` in the archive is compressed with {packed}"
    raise SheetError(Fault(message, name, "Compress it with deflate, or put the unpacked file into the inbox."))


def sizes(data: bytes, entry: zipfile.ZipInfo) -> Iterator[int]:
    """The sizes of the pieces that a member unpacks to, as they come.

    Raises zipfile.BadZipFile, zlib.error or struct.error if it is broken, or not as large as it declares to be.
    """
    names = sum(unpack_from("<HH", data, entry.header_offset + HEADER - 4))
    start = entry.header_offset + HEADER + names
    packed, size = memoryview(data)[start : start + entry.compress_size], 0
    for piece in [len(packed)] if entry.compress_type == zipfile.ZIP_STORED else _inflated(packed):
        size += piece
        yield piece
    if size != entry.file_size:
        raise zipfile.BadZipFile(f"{legible(entry.filename)} is not as large as it declares")


def _inflated(packed: memoryview) -> Iterator[int]:
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    left: bytes | memoryview = packed[:PIECE]
    at = len(left)
    while not unpacker.eof:
        piece = unpacker.decompress(left, PIECE)
        left = unpacker.unconsumed_tail
        if not left:
            left = packed[at : at + PIECE]
            at += len(left)
        if not piece and not left and not unpacker.eof:
            raise zlib.error("a member is incomplete")
        yield len(piece)
