"""Marks in ods: one XML for all tabs, in which equal cells and rows are written once with a count."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from itertools import product

from sync.sheets.workbook.marks import CellMarks, Place, scattered
from sync.sheets.workbook.number_format import more_than_number
from sync.sheets.workbook.package import Package, swollen

ATTRIBUTES = rb"(?:[^<>\"']|\"[^<\"]*\"|'[^<']*')*"
TABLE = re.compile(rb"<(/?)table:table(?=[\s/>])" + ATTRIBUTES + rb">")
TAG = re.compile(rb"<table:(table-row|table-cell|covered-table-cell)(?=[\s/>])(" + ATTRIBUTES + rb")>")
COUNT = re.compile(rb"table:number-(rows|columns)-(repeated|spanned)\s*=\s*[\"']\s*(\d{1,10})\s*[\"']")
TEXT = re.compile(
    rb"\s*(?:<office:annotation\b.*?</office:annotation>\s*)?<text:p(?:\s[^<>]*[^<>/])?>(.*?)</text:p>", re.DOTALL
)
"""What is shown in a cell, after its note."""

LONGEST = 1 << 16
"""Number of bytes within which that is looked for."""

BLANK = re.compile(r"<text:s(?:\s+text:c=[\"'](\d{1,2})[\"'])?\s*/>")
ERROR = re.compile(rb"#N/A|#[A-Z/0]+[!?]|Err:\d+")


def find_marks(package: Package) -> list[CellMarks]:
    """The marks of each tab's cells. Raises SheetError if cells written once with a count would fill the memory."""
    tabs, copied = [], 0
    for xml in _tables(package.part("content.xml")):
        marks = CellMarks()
        tabs.append(marks)
        for tag, first, (rows, columns) in _cells(xml):
            if tag[0].endswith(b"/>") and b"value-type" not in tag[2] and b"table:formula" not in tag[2]:
                continue
            marks.fill(*first)
            marks.fill(first[0] + rows - 1, first[1] + columns - 1)
            if scattered(*tabs):
                return tabs
            _mark(marks, tag, xml, first, (rows, columns))
            if rows * columns > 1:
                copied += rows * columns * (xml.find(b"</table:table-cell>", tag.end()) - tag.end())
                if copied > package.room:
                    raise swollen(package.name)
    return tabs


def _mark(marks: CellMarks, tag: re.Match[bytes], xml: bytes, first: Place, size: Place) -> None:
    shown = TEXT.match(xml, tag.end(), tag.end() + LONGEST)
    text = shown[1] if shown else b""
    formula = b"table:formula" in tag[2]
    spanned = {axis: int(n) for axis, what, n in COUNT.findall(tag[2]) if what == b"spanned"}
    bottom, right = spanned.get(b"rows", 1), spanned.get(b"columns", 1)
    if bottom * right > 1:
        marks.merged.append((first, (first[0] + bottom - 1, first[1] + right - 1)))
    places = [(first[0] + row, first[1] + column) for row, column in product(range(size[0]), range(size[1]))]
    if b'calcext:value-type="error"' in tag[2] or (formula and ERROR.fullmatch(text)):
        marks.errors |= dict.fromkeys(places, text.decode(errors="replace") or "#VALUE!")
    elif formula and b"office:value-type" not in tag[2]:
        marks.uncomputed.update(places)
    elif b'"float"' in tag[2] and more_than_number(seen := _plain(text)):
        marks.formats |= dict.fromkeys(places, lambda _: seen)


def _plain(text: bytes) -> str:
    """The text of a paragraph without its elements."""
    blanks = BLANK.sub(lambda found: " " * int(found[1] or 1), text.decode(errors="replace"))
    return unescape(re.sub(r"<[^<>]*>", "", blanks)).strip()


def _tables(xml: bytes) -> Iterator[bytes]:
    """The contents of each table, with the tables within its cells."""
    depth, start = 0, 0
    for tag in TABLE.finditer(xml):
        if tag[0].endswith(b"/>"):
            if depth == 0:
                yield b""
            continue
        if tag[1]:
            depth -= 1
            if depth == 0:
                yield xml[start : tag.start()]
        else:
            start = tag.end() if depth == 0 else start
            depth += 1


def _cells(xml: bytes) -> Iterator[tuple[re.Match[bytes], Place, Place]]:
    """Each cell's tag, its place, and the number of rows and columns it stands for."""
    row, rows, column = 0, 0, 0
    for tag in TAG.finditer(xml):
        counted = COUNT.findall(tag[2])
        repeated = next((int(n) for _, what, n in counted if what == b"repeated"), 1)
        if tag[1] == b"table-row":
            row, rows, column = row + rows, repeated, 0
        else:
            yield tag, (row, column), (rows or 1, repeated)
            column += repeated
