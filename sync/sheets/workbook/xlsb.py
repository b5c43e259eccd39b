"""Marks in xlsb: records of a type, a size and a content."""

from __future__ import annotations

from collections.abc import Iterator
from struct import unpack_from

from sync.sheets.workbook.marks import ERRORS, CellMarks, Tab
from sync.sheets.workbook.number_format import Shown, number_format
from sync.sheets.workbook.package import Package, related, swollen

ROW, BLANK, ERROR, SHARED, FORMULA_ERROR, RICH = 0, 1, 3, 7, 11, 62
STRING, FORMAT, STYLE, SHEET, MERGED, STYLES, STYLES_END = 19, 44, 47, 156, 176, 617, 618
BASE = "xl/"


def find_marks(package: Package, tab: Tab) -> CellMarks:
    """The marks of a tab's cells. In this format every formula has a value.

    Raises SheetError if its texts, each written once in the file, would fill the memory; KeyError, ValueError,
    IndexError, StopIteration, struct.error or ParseError if parts of the workbook are missing or broken.
    """
    formats, lengths = _formats(package), _lengths(package)
    marks, row = CellMarks(), 0
    for kind, at, data in _records(package.part(_part(package, tab.name))):
        if kind == ROW:
            (row,) = unpack_from("<I", data, at)
        elif BLANK < kind <= FORMULA_ERROR or kind == RICH:
            column, style = unpack_from("<II", data, at)
            marks.fill(row, column)
            if kind in (ERROR, FORMULA_ERROR):
                marks.errors[row, column] = ERRORS.get(data[at + 8], "#VALUE!")
            elif kind == SHARED:
                (index,) = unpack_from("<I", data, at + 8)
                marks.copied += lengths[index]
            if style & 0xFFFFFF in formats:
                marks.formats[row, column] = formats[style & 0xFFFFFF]
        elif kind == MERGED:
            top, bottom, left, right = unpack_from("<IIII", data, at)
            marks.merged.append(((top, left), (bottom, right)))
    if marks.copied > package.room:
        raise swollen(package.name)
    return marks


def _records(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Each record's type, where its content begins, and the bytes it is in."""
    at = 0
    while at < len(data):
        kind, at = _number(data, at, 2)
        size, at = _number(data, at, 4)
        yield kind, at, data
        at += size


def _number(data: bytes, at: int, most: int) -> tuple[int, int]:
    """A number of up to `most` bytes with seven bits each, and where it ends."""
    number = 0
    for n in range(most):
        number |= (data[at + n] & 0x7F) << 7 * n
        if data[at + n] < 0x80:
            break
    return number, at + n + 1


def _text(data: bytes, at: int) -> tuple[str, int]:
    (length,) = unpack_from("<I", data, at)
    end = at + 4 + 2 * length
    return data[at + 4 : end].decode("utf-16-le"), end


def _part(package: Package, name: str) -> str:
    for kind, at, data in _records(package.part(f"{BASE}workbook.bin")):
        if kind == SHEET:
            relation, end = _text(data, at + 8)
            if _text(data, end)[0] == name:
                return related(package, f"{BASE}workbook.bin", relation)
    raise KeyError(name)


def _lengths(package: Package) -> list[int]:
    part = f"{BASE}sharedstrings.bin"
    if part not in package.parts:
        return []
    return [unpack_from("<I", data, at + 1)[0] for kind, at, data in _records(package.part(part)) if kind == STRING]


def _formats(package: Package) -> dict[int, Shown]:
    """What is shown of a value, by cell style, where that is more than the value."""
    if f"{BASE}styles.bin" not in package.parts:
        return {}
    formats: dict[int, Shown | None] = {}
    styles: list[int] = []
    listed = False
    for kind, at, data in _records(package.part(f"{BASE}styles.bin")):
        if kind == FORMAT:
            formats[unpack_from("<H", data, at)[0]] = number_format(_text(data, at + 2)[0])
        elif kind in (STYLES, STYLES_END):
            listed = kind == STYLES
        elif kind == STYLE and listed:
            styles.append(unpack_from("<H", data, at + 2)[0])
    return {n: shown for n, each in enumerate(styles) if (shown := formats.get(each))}
