"""XML Spreadsheet 2003: a workbook in one XML file, as Excel 2003 and many systems write it under the name `.xls`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sync.sheets.markup import as_utf8, parser
from sync.sheets.workbook.cells import Value
from sync.sheets.workbook.marks import CellMarks, Place, Tab
from sync.sheets.workbook.number_format import Shown, number_format, unknown

SPREADSHEET = "urn:schemas-microsoft-com:office:spreadsheet "
CELL_DATA = ("Row", "Cell", "Data")
"""Where a cell's value is: comments have data of their own."""

DEFAULT = "Default"
NO_DAY = 1900
"""Before this year, an instant is a time of day."""

Attributes = Mapping[str, str]


@dataclass
class XmlWorksheet:
    """A worksheet: its tab, the marks of its cells, and their values by place."""

    name: str
    position: int
    shown: bool = True
    marks: CellMarks = field(default_factory=CellMarks)
    values: dict[Place, Value] = field(default_factory=dict)
    styles: dict[int | None, str] = field(default_factory=dict)

    @property
    def tab(self) -> Tab:
        """What it is called, and where it is."""
        return Tab(self.name, self.position, self.shown)

    def columns(self) -> list[list[Value]]:
        """The values from the first cell of the tab on, with empty text where there is none."""
        columns: list[list[Value]] = [[""] * self.marks.bottom for _ in range(self.marks.right)]
        for (row, column), value in self.values.items():
            columns[column][row] = value
        return columns


def worksheets(data: bytes) -> list[XmlWorksheet]:
    """The worksheets of a file.

    Raises ValueError, LookupError or ExpatError if it is no XML, is truncated, or has cells that make no sense.
    """
    found = _Found()
    made = parser()
    made.StartElementHandler, made.EndElementHandler = found.start, found.end
    made.CharacterDataHandler = found.text
    made.Parse(as_utf8(data), True)
    return found.worksheets


class _Found:
    """What has been found so far: the path to the element that is open, the place of its cell, the styles."""

    def __init__(self) -> None:
        self.worksheets: list[XmlWorksheet] = []
        self.formats: dict[str, Shown | None] = {}
        self.path: list[str] = []
        self.row, self.column, self.span, self.across = -1, -1, 0, 0
        self.style, self.row_style, self.cell_style = "", "", ""
        self.formula = self.kind = ""
        self.parts: list[str] = []

    def start(self, name: str, attributes: Attributes) -> None:
        """An element begins."""
        plain = name.rpartition(" ")[2]
        self.path.append(plain)
        known = {key.removeprefix(SPREADSHEET): value for key, value in attributes.items()}
        if plain == "Worksheet":
            self.worksheets.append(XmlWorksheet(known.get("Name", ""), len(self.worksheets)))
            self.row, self.span = -1, 0
        elif plain == "Style":
            self.style = known.get("ID", "")
            self.formats[self.style] = self.formats.get(known.get("Parent", DEFAULT))
        elif plain == "NumberFormat" and self.path[-2:-1] == ["Style"]:
            self.formats[self.style] = number_format(known.get("Format", "General"))
        elif plain == "Visible":
            self.parts = []
        elif self.worksheets:
            self._start_in_table(plain, known)

    def _start_in_table(self, plain: str, known: Attributes) -> None:
        sheet = self.worksheets[-1]
        if plain == "Table":
            sheet.styles[None] = known.get("StyleID", DEFAULT)
            self.column = -1
        elif plain == "Column":
            self.column = int(known.get("Index", self.column + 2)) - 1
            last = min(self.column + int(known.get("Span", 0)), self.column + (1 << 14))
            if "StyleID" in known:
                sheet.styles |= dict.fromkeys(range(self.column, last + 1), known["StyleID"])
            self.column = last
        elif plain == "Row":
            self.row = int(known.get("Index", self.row + self.span + 2)) - 1
            self.span = int(known.get("Span", 0))
            self.column, self.across, self.row_style = -1, 0, known.get("StyleID", "")
        elif plain == "Cell":
            self._start_cell(sheet, known)
        elif plain == "Data" and tuple(self.path[-3:]) == CELL_DATA:
            self.kind, self.parts = known.get("Type", "String"), []

    def _start_cell(self, sheet: XmlWorksheet, known: Attributes) -> None:
        self.column = int(known.get("Index", self.column + self.across + 2)) - 1
        self.across, down = int(known.get("MergeAcross", 0)), int(known.get("MergeDown", 0))
        if min(self.row, self.column, self.across, down) < 0:
            raise ValueError("a cell has no valid position")
        if self.across or down:
            sheet.marks.merged.append(((self.row, self.column), (self.row + down, self.column + self.across)))
        inherited = self.row_style or sheet.styles.get(self.column) or sheet.styles.get(None, DEFAULT)
        self.cell_style = known.get("StyleID", inherited)
        self.formula, self.kind = known.get("Formula", ""), ""

    def text(self, text: str) -> None:
        """Text within the element that is open."""
        self.parts.append(text)

    def end(self, _: str) -> None:
        """The element that is open ends."""
        path, plain = tuple(self.path[-3:]), self.path.pop()
        if not self.worksheets:
            return
        sheet = self.worksheets[-1]
        if path == CELL_DATA:
            self._value(sheet, "".join(self.parts))
        elif plain == "Cell" and self.formula and not self.kind:
            sheet.marks.fill(self.row, self.column)
            sheet.marks.uncomputed.add((self.row, self.column))
        elif path[-2:] == ("WorksheetOptions", "Visible"):
            sheet.shown = "Hidden" not in "".join(self.parts)

    def _value(self, sheet: XmlWorksheet, text: str) -> None:
        where = self.row, self.column
        sheet.marks.fill(*where)
        if self.kind == "Error":
            sheet.marks.errors[where] = text
            return
        sheet.values[where] = _typed(self.kind, text)
        if shown := unknown if self.kind == "Number" and _padded(text) else self.formats.get(self.cell_style):
            sheet.marks.formats[where] = shown


def _typed(kind: str, text: str) -> Value:
    """A value as its type says. Raises ValueError."""
    if kind == "Number":
        return float(text)
    if kind == "Boolean":
        return text.strip() in ("1", "true", "TRUE")
    if kind == "DateTime":
        instant = datetime.fromisoformat(text.strip())
        return instant.time() if instant.year < NO_DAY else instant
    return text


def _padded(text: str) -> bool:
    """Whether a number is written with leading zeros, which Excel does not show."""
    digits = text.strip().lstrip("+-")
    return len(digits) > 1 and digits[0] == "0" and digits[1].isdecimal()
