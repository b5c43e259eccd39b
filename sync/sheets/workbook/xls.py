"""Marks in xls, of Excel 5 and 95 (BIFF5) and of 97 to 2003 (BIFF8): records of a type, a size and a content."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from struct import unpack_from

from sync.sheets.workbook.marks import ERRORS, CellMarks
from sync.sheets.workbook.number_format import Shown, number_format
from sync.sheets.workbook.package import Package, damaged, locked, swollen

BEGIN, END, SHEET, PASSWORD, FORMAT, STYLE = 0x809, 0x0A, 0x85, 0x2F, 0x41E, 0xE0
TEXTS, CONTINUED = 0xFC, 0x3C
NUMBER, RK, LABEL, SHARED, RICH, BOOL_OR_ERROR, SEVERAL, SIZE = (
    0x203, 0x27E, 0x204, 0xFD, 0xD6, 0x205, 0xBD, 0x200,
)  # fmt: skip
FORMULAS = (0x06, 0x206, 0x406)
CELLS = {NUMBER, RK, LABEL, SHARED, RICH, BOOL_OR_ERROR, *FORMULAS}
BIFF8 = 0x600
LARGEST = 1 << 24
"""A worksheet of this format cannot have more cells."""

WRONG, EMPTY = 2, b"\x03\0\0\0\0\0\xff\xff"
"""A formula's value if it is an error, and if it is an empty text."""

ON_LOAD = 2
"""Set where a formula is to be calculated when the file is opened."""


RICH_TEXT, EXTENDED, WIDE = 8, 4, 1
"""What comes before and after a shared text's characters, and whether each takes two bytes."""


def find_marks(package: Package) -> list[CellMarks]:
    """The marks of each tab's cells; merged ranges come with the values.

    Raises SheetError if the workbook is protected by a password, or if its texts, each written once in the file, would
    fill the memory; KeyError, ValueError, IndexError, StopIteration or struct.error if it is broken.
    """
    data = package.part("workbook")
    version = unpack_from("<H", data, 4)[0]
    formats: dict[int, Shown | None] = {}
    styles: list[int] = []
    tabs: list[int] = []
    texts: list[bytes] = []
    last = 0
    for kind, at, size in _records(data, 0):
        if kind == PASSWORD:
            raise locked(package.name)
        if kind == SHEET:
            tabs.append(unpack_from("<I", data, at)[0])
        elif kind == FORMAT:
            formats[unpack_from("<H", data, at)[0]] = number_format(_format(data, at + 2, version))
        elif kind == STYLE:
            styles.append(unpack_from("<H", data, at + 2)[0])
        elif kind == TEXTS:
            texts = [data[at : at + size]]
        elif kind == CONTINUED and last == TEXTS:
            texts.append(data[at : at + size])
        last = last if kind == CONTINUED else kind
    by_style = {n: shown for n, each in enumerate(styles) if (shown := formats.get(each))}
    found = _tabs(package, tabs, by_style, _lengths(texts) if texts else [])
    if sum(marks.copied for marks in found) > package.room:
        raise swollen(package.name)
    return found


def _tabs(
    package: Package, starts: Sequence[int], formats: dict[int, Shown], lengths: Sequence[int]
) -> list[CellMarks]:
    """The marks of the tabs that begin there. Tabs that share cells could turn a small file into any number of them."""
    found: dict[int, CellMarks] = {}
    end = 0
    for start in sorted(starts):
        if start < end:
            raise damaged(package.name, "its tabs overlap")
        found[start], end = _cells(package.part("workbook"), start, formats, lengths)
    return [found[start] for start in starts]


def _lengths(parts: Sequence[bytes]) -> list[int]:
    """How many characters each shared text has. A text may go over into the next part, which gives its width again."""
    (count,) = unpack_from("<I", parts[0], 4)
    rest = iter(parts)
    part, at = next(rest), 8
    lengths: list[int] = []
    while len(lengths) < count:
        if at >= len(part):
            part, at = next(rest), 0
        length, flags = unpack_from("<HB", part, at)
        at += 3
        after = 0
        if flags & RICH_TEXT:
            after, at = 4 * unpack_from("<H", part, at)[0], at + 2
        if flags & EXTENDED:
            after, at = after + unpack_from("<I", part, at)[0], at + 4
        left, wide = length, flags & WIDE
        while left > (there := max(len(part) - at, 0) >> wide):
            left -= there
            part, at = next(rest), 1
            wide = part[0] & WIDE
        at += left << wide
        while after > len(part) - at:
            after -= len(part) - at
            part, at = next(rest), 0
        at += after
        lengths.append(length)
    return lengths


def _cells(data: bytes, start: int, formats: dict[int, Shown], lengths: Sequence[int]) -> tuple[CellMarks, int]:
    """The marks of a tab's cells, and where it ends."""
    marks, end = CellMarks(), start
    for kind, at, size in _records(data, start):
        end = at + size
        if kind in CELLS:
            row, column, style = unpack_from("<HHH", data, at)
            marks.fill(row, column)
            if style in formats:
                marks.formats[row, column] = formats[style]
            if kind == BOOL_OR_ERROR and data[at + 7]:
                marks.errors[row, column] = ERRORS.get(data[at + 6], "#VALUE!")
            elif kind in FORMULAS:
                _formula(data, at, (row, column), marks)
            elif kind == SHARED:
                marks.copied += lengths[unpack_from("<I", data, at + 6)[0]]
        elif kind == SIZE and _area(data, at, size) > LARGEST:
            # The reader allocates as many cells as are announced here, whether they are there or not.
            raise ValueError("a worksheet is declared larger than the format allows")
        elif kind == SEVERAL:
            row, first = unpack_from("<HH", data, at)
            for n in range((size - 6) // 6):
                marks.fill(row, first + n)
                (style,) = unpack_from("<H", data, at + 4 + 6 * n)
                if style in formats:
                    marks.formats[row, first + n] = formats[style]
    return marks, end


def _area(data: bytes, at: int, size: int) -> int:
    top, bottom, left, right = (int(n) for n in unpack_from("<IIHH" if size >= 14 else "<HHHH", data, at))
    # Counted as the reader does: a last row before the first one is as far away as possible.
    return ((bottom - top) % (1 << 32)) * ((right - left) % (1 << 32))


def _formula(data: bytes, at: int, where: tuple[int, int], marks: CellMarks) -> None:
    value = data[at + 6 : at + 14]
    if value[6:] == b"\xff\xff" and value[0] == WRONG:
        marks.errors[where] = ERRORS.get(value[2], "#VALUE!")
    elif (value == bytes(8) and data[at + 14] & ON_LOAD) or (value == EMPTY and data[at + 16 : at + 20] == bytes(4)):
        # Excel itself gives each formula a place in its chain of calculation; programs that cannot calculate do not.
        marks.uncomputed.add(where)


def _records(data: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """Each record's type, where its content begins, and its size, up to the end of what begins here."""
    depth = 0
    while at < len(data):
        kind, size = unpack_from("<HH", data, at)
        yield kind, at + 4, size
        depth += (kind == BEGIN) - (kind == END)
        if kind == END and depth <= 0:
            return
        at += 4 + size


def _format(data: bytes, at: int, version: int) -> str:
    """A number format."""
    if version < BIFF8:
        return data[at + 1 : at + 1 + data[at]].decode("latin-1")
    (length,) = unpack_from("<H", data, at)
    wide = data[at + 2] & 1
    return data[at + 3 : at + 3 + (length << wide)].decode("utf-16-le" if wide else "latin-1", "replace")
