"""The file around an xls: sectors of one size, chained by a table, which contain streams as a disk contains files.

Nothing that it claims about its own size is believed. Only the workbook's stream is taken out of it; the reader of
values gets that in a new container, because it would allocate whatever a broken one claims.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from math import ceil
from struct import pack, unpack, unpack_from

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
FREE, END, TABLE, SPECIAL = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFA
"""Marks a missing sector number; from SPECIAL on, nothing is a number."""

ENTRY, SMALL, CUTOFF, LISTED = 128, 64, 4096, 109
"""In bytes: an entry of the directory, a small sector, and the smallest stream outside of those. The
header lists `LISTED` sectors of the table."""

SECTOR = 4096
ROOT, STREAM = 5, 2


def stream(data: bytes, *names: str) -> bytes | None:
    """The first of the streams of these names, which are in lower case; None if there is none.

    Raises ValueError, with what is wrong, or struct.error if the container is broken.
    """
    (shift,) = unpack_from("<H", data, 30)
    if shift not in (9, 12):
        raise ValueError("its sectors have an unknown size")
    sectors = _cut(data[1 << shift :], 1 << shift)
    table = _table(data, sectors)
    first, small_table = unpack_from("<I8xI", data, 48)
    entries = _cut(b"".join(_chain(sectors, table, first)), ENTRY)
    found = {_name(entries[n]): entries[n] for n in reversed([*_listed(entries)])}
    entry = next((found[name] for name in names if name in found), None)
    if entry is None:
        return None
    if _size(entry, shift) >= CUTOFF:
        return _content(entry, shift, sectors, table)
    small = _cut(_content(entries[0], shift, sectors, table), SMALL)
    return _content(entry, shift, small, _numbers(_chain(sectors, table, small_table)))


def packed(content: bytes) -> bytes:
    """A container that holds a workbook's stream and nothing else. Raises ValueError if it is too long for one."""
    # Streams shorter than CUTOFF would have to be in small sectors. Zeros are not a record.
    content = content.ljust(CUTOFF, b"\0").ljust(ceil(len(content) / SECTOR) * SECTOR, b"\0")
    count = len(content) // SECTOR
    tables = ceil((count + 2) / (SECTOR // 4 - 1))
    if tables > LISTED:
        raise ValueError("it is larger than any workbook of this format")
    table = [END, *range(2, count + 1), END, *[TABLE] * tables]
    header = pack("<8s16x5H6x2IIxxxxI", SIGNATURE, 0x3E, 4, 0xFFFE, 12, 6, 1, tables, 0, CUTOFF)
    header += pack("<IIII", END, 0, END, 0)
    listed = [*range(count + 1, count + 1 + tables)]
    header += pack(f"<{LISTED}I", *listed, *[FREE] * (LISTED - tables))
    # The root says where small sectors would begin; a reader takes the lack of any for damage.
    directory = _entry("Root Entry", ROOT, 1, 0, 0) + _entry("Workbook", STREAM, FREE, 1, len(content))
    room = tables * SECTOR // 4
    return b"".join(
        [
            header.ljust(SECTOR, b"\0"),
            directory.ljust(SECTOR, b"\0"),
            content,
            pack(f"<{room}I", *table, *[FREE] * (room - len(table))),
        ]
    )


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    return pack("<64sHBBIII36xIQ", text, len(text), kind, 1, FREE, FREE, child, start, size)


def _cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def _numbers(parts: Iterator[bytes] | Sequence[bytes]) -> list[int]:
    return [number for part in parts for number in unpack(f"<{len(part) // 4}I", part[: len(part) // 4 * 4])]


def _table(data: bytes, sectors: Sequence[bytes]) -> list[int]:
    """For each sector the one that follows it. Its location is listed in the header, and further in a chain."""
    places = [*unpack_from(f"<{LISTED}I", data, 76)]
    (at,) = unpack_from("<I", data, 68)
    for _ in range(len(sectors)):
        if at >= len(sectors):
            break
        *more, at = _numbers([sectors[at]])
        places += more
    table: list[int] = []
    for place in places:
        if len(table) >= len(sectors):
            break
        if place < SPECIAL:
            table += _numbers([_at(sectors, place)])
    return table[: len(sectors)]


def _chain(sectors: Sequence[bytes], table: Sequence[int], start: int) -> Iterator[bytes]:
    """The sectors of a chain. Raises ValueError if it leaves the file or returns to itself."""
    at, seen = start, set[int]()
    while at != END:
        if at in seen:
            raise ValueError("its sectors form a loop")
        seen.add(at)
        yield _at(sectors, at)
        at = table[at] if at < len(table) else FREE


def _at(sectors: Sequence[bytes], place: int) -> bytes:
    if place >= len(sectors):
        raise ValueError("some of its sectors are missing")
    return sectors[place]


def _listed(entries: Sequence[bytes]) -> Iterator[int]:
    """The entries of streams in the root of the directory, which is a tree."""
    (root,) = unpack_from("<I", entries[0], 76)
    waiting, seen = [root], {FREE}
    while waiting:
        at = waiting.pop()
        if at in seen or at >= len(entries):
            continue
        seen.add(at)
        kind, *sides = unpack_from("<BxII", entries[at], 66)
        waiting += sides
        if kind == STREAM:
            yield at


def _name(entry: bytes) -> str:
    (length,) = unpack_from("<H", entry, 64)
    return entry[: min(length, 64)].decode("utf-16-le", "replace").rstrip("\0").lower()


def _size(entry: bytes, shift: int) -> int:
    size: int = unpack_from("<Q" if shift == 12 else "<I", entry, 120)[0]
    return size


def _content(entry: bytes, shift: int, sectors: Sequence[bytes], table: Sequence[int]) -> bytes:
    (start,) = unpack_from("<I", entry, 116)
    size, width = _size(entry, shift), len(sectors[0]) if sectors else 1
    content = b"".join(islice(_chain(sectors, table, start), -(-size // width)))
    if len(content) < size:
        raise ValueError("a part of it is shorter than declared")
    return content[:size]
