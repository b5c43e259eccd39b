"""Marks in xlsx and xlsm: found by plain searches, because nearly all cells have none.

A cell's own XML is looked at only where a search hit it, or where the worksheet is written in an unusual way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree as ET

import numpy as np

from sync.sheets.workbook import scan
from sync.sheets.workbook.marks import CellMarks, Place, Tab, column, place, scattered
from sync.sheets.workbook.number_format import Shown, number_format
from sync.sheets.workbook.package import Package, parsed, related, swollen

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Octets = NDArray[np.uint8]
    Places = NDArray[np.int64]
    Numbers = NDArray[np.int32]

PREFIX = re.compile(rb"<(/?)\w+:(?=\w)")
USUAL = re.compile(rb'<c r="([A-Z]+)(\d+)"')
TAG = re.compile(rb"<(c|row)(?=[\s/>])[^<>]*>")
ATTRIBUTE = re.compile(rb"(?<!\S)(r|t|s)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
VALUE = re.compile(rb"<v(?:\s[^<>]*)?>([^<]*)</v>")
INDEX = re.compile(rb"<v(?:\s[^<>]*)?>\s*(\d{1,9})\s*</v>")
LONGEST_TAG, LONGEST_CELL = 1 << 10, 1 << 18
"""In bytes. No search for an end goes further: in a broken file, such searches could take hours, cell by cell."""


class Signs(NamedTuple):
    """Signs in which a number is written: the `first` means `lowest`, and there are `most` of them at most."""

    first: str
    base: int
    lowest: int
    most: int


LETTERS, DIGITS = Signs("A", 26, 1, 3), Signs("0", 10, 0, 7)
ADDRESS = len('=""') + LETTERS.most + DIGITS.most
"""Number of bytes of a cell's address, at most, as it is usually written."""

Locate = Callable[[int], Place]
"""From where a cell's tag begins in the XML to its row and column."""


def find_marks(package: Package, tab: Tab) -> CellMarks:
    """The marks of a tab's cells.

    Raises SheetError if its texts, each written once in the file, would fill the memory; KeyError, ValueError or
    ParseError if parts of the workbook are missing or broken.
    """
    part = next(part for part in sorted(package.parts) if part.endswith("workbook.xml"))
    base = part[: -len("workbook.xml")]
    book = parsed(package.part(part))
    xml = _data(package.part(_part(package, part, book, tab.name)))
    _refuse_swelling(package, base, xml)
    locate, marks = _extent(xml)
    for at in _hits(xml, b'"e"', b"'e'"):
        if _attributes(xml, at).get("t") == "e":
            value = VALUE.search(_inner(xml, at))
            marks.errors[locate(at)] = value[1].decode(errors="replace") if value else "#VALUE!"
    stale = any(calc.get("fullCalcOnLoad") in ("1", "true") for calc in book.iterfind("{*}calcPr"))
    marks.uncomputed.update(locate(at) for at in _hits(xml, b"<f") if _uncomputed(xml, at, stale=stale))
    for style, shown in _formats(package, base).items():
        for at in _hits(xml, b'"%d"' % style, b"'%d'" % style):
            if _attributes(xml, at).get("s") == str(style):
                marks.formats[locate(at)] = shown
    return marks


def _part(package: Package, part: str, book: ET.Element, tab: str) -> str:
    """The name of a worksheet's part, found through its relation to the workbook."""
    sheet = next(each for each in book.iterfind("{*}sheets/{*}sheet") if each.get("name") == tab)
    return related(package, part, next(value for name, value in sheet.attrib.items() if name.endswith("}id")))


def _data(xml: bytes) -> bytes:
    """The part of a worksheet that contains cells, without namespace prefixes."""
    if scan.count(xml, b":c"):
        xml = PREFIX.sub(rb"<\1", xml)
    start = max(xml.find(b"<sheetData"), 0)
    return xml[start : xml.rfind(b"</sheetData>") + 1 or len(xml)]


def _extent(xml: bytes) -> tuple[Locate, CellMarks]:
    """How to find a cell's place, and how far cells reach."""
    marks = CellMarks(filled=scan.count(xml, b"</v>") + scan.count(xml, b"</is"))
    reach = _reach(xml)
    if reach:
        marks.bottom, marks.right = reach
        if not scattered(marks):
            return partial(_usual, xml), marks
    # Cells without an address follow the one before; cells with nothing but a format do not count.
    places = dict(_walk(xml))
    marks = CellMarks()
    for at, where in places.items():
        inner = _inner(xml, at)
        if b"<v" in inner or b"<is" in inner:
            marks.fill(*where)
    return places.__getitem__, marks


def _reach(xml: bytes) -> Place | None:
    """How many rows and columns there are down to the last of the cells; None if one is not written as usual."""
    cells = scan.places(xml, b"<c r")
    if len(cells) < scan.count(xml, b"<c") or cells.max(initial=0) + len("<c r") + ADDRESS > len(xml):
        return None
    octets = scan.pieces(xml, cells + len("<c r"), ADDRESS)
    equals = np.arange(len(cells)) * ADDRESS
    columns, end_of_column = _numbers(octets, equals + 2, LETTERS)
    rows, end = _numbers(octets, end_of_column, DIGITS)
    around = [(equals, "="), (equals + 1, '"'), (end, '"')]
    usual = all((octets[at] == ord(sign)).all() for at, sign in around)
    if not usual or (end_of_column == equals + 2).any() or (end == end_of_column).any():
        return None
    return int(rows.max(initial=0)), int(columns.max(initial=0))


def _numbers(octets: Octets, at: Places, signs: Signs) -> tuple[Numbers, Places]:
    """The numbers written in these signs at these places, and where each ends."""
    numbers = np.zeros(len(at), dtype=np.int32)
    for _ in range(signs.most):
        values = octets[at] - np.uint8(ord(signs.first))
        there = values < signs.base
        if not there.any():
            break
        numbers = np.where(there, numbers * signs.base + values + signs.lowest, numbers)
        at = at + there
    return numbers, at


def _usual(xml: bytes, at: int) -> Place:
    match = USUAL.match(xml, at)
    assert match
    return int(match[2]) - 1, column(match[1].decode())


def _walk(xml: bytes) -> Iterator[tuple[int, Place]]:
    row, col = -1, -1
    for tag in TAG.finditer(xml):
        reference = _attributes(xml, tag.start()).get("r")
        if tag[1] == b"row":
            row, col = (int(reference) - 1 if reference else row + 1), -1
        elif reference:
            where = place(reference)
            col = where[1]
            yield tag.start(), where
        else:
            col += 1
            yield tag.start(), (row, col)


def _hits(xml: bytes, *words: bytes) -> Iterator[int]:
    """Where the tags of cells begin that have one of these words in them, or begin just before it."""
    for word in words:
        # Nearly always there is none, and that shows in a quarter of the time.
        at = xml.find(word) if scan.count(xml, word[:2]) else -1
        while at >= 0:
            tag = xml.rfind(b"<", max(0, at - LONGEST_TAG), at)
            if tag >= 0 and (
                xml.startswith(b"<c>", tag) or (xml.startswith(b"<c", tag) and xml[tag + 2] in b" \t\r\n")
            ):
                yield tag
            at = xml.find(word, at + 1)


def _attributes(xml: bytes, at: int) -> dict[str, str]:
    tag = xml[at : xml.find(b">", at, at + LONGEST_TAG)]
    return {name.decode(): (one or two).decode(errors="replace") for name, one, two in ATTRIBUTE.findall(tag)}


def _inner(xml: bytes, at: int) -> bytes:
    """The content of a cell."""
    end = xml.find(b">", at, at + LONGEST_TAG)
    return b"" if xml[end - 1 : end] == b"/" else xml[end + 1 : xml.find(b"</c>", end, end + LONGEST_CELL)]


def _uncomputed(xml: bytes, at: int, *, stale: bool) -> bool:
    """Whether a formula has no value.

    Libraries that cannot calculate write none, or 0 and a note that all is to be calculated on opening (`stale`).
    An empty text is a value.
    """
    value = VALUE.search(_inner(xml, at))
    if value is None or not value[1]:
        return value is None or _attributes(xml, at).get("t") != "str"
    return stale and value[1] == b"0"


def _formats(package: Package, base: str) -> dict[int, Shown]:
    """What is shown of a value, by cell style, where that is more than the value."""
    if f"{base}styles.xml" not in package.parts:
        return {}
    styles = parsed(package.part(f"{base}styles.xml"))
    formats = {
        each.get("numFmtId"): number_format(each.get("formatCode", ""))
        for each in styles.iterfind("{*}numFmts/{*}numFmt")
    }
    each = (formats.get(xf.get("numFmtId")) for xf in styles.iterfind("{*}cellXfs/{*}xf"))
    return {style: shown for style, shown in enumerate(each) if shown}


def _refuse_swelling(package: Package, base: str, xml: bytes) -> None:
    """Refuse a long text that many cells share: each of them would have a copy."""
    if f"{base}sharedstrings.xml" not in package.parts:
        return
    strings = package.part(f"{base}sharedstrings.xml")
    # An upper bound, which nearly always suffices: a text ends where the next one begins, if not before.
    begin = np.sort(scan.places(strings, b"<si>"))
    if scan.count(xml, b"/v") * int(np.diff(begin, prepend=0, append=len(strings)).max()) <= package.room:
        return
    lengths = [len(each) for each in re.split(rb"<(?:\w+:)?si\b", strings)[1:]]
    if not lengths or xml.count(b"</v") * max(lengths) <= package.room:
        return
    declared = (int(index) for index in INDEX.findall(xml))
    if sum(lengths[index] for index in declared if index < len(lengths)) > package.room:
        raise swollen(package.name)
