"""Tabs of a workbook, written row by row in little memory, safe for the programs that open them."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, islice
from math import ceil
from pathlib import Path
from typing import Any, Final

from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError

from sync.errors import masked
from sync.report.workbook.rows import RowSheet, Value, looks_of
from sync.report.workbook.styles import STYLES
from sync.report.workbook.texts import ILLEGAL, cut, text
from sync.sheets.output import written

ROWS: Final = 1_048_575
"""Number of rows below the header that fit into a tab."""

NAME: Final = 31
"""UTF-16 units of a tab's name, at most."""

NARROWEST, WIDEST, AIR = 5, 48, 3
"""Widths of columns, in characters, and what is added to them for the mark of the filter."""

LINE: Final = 15.75
"""Height of a line, in points."""

TALLEST: Final = 400.0
"""Height of a row, at most."""

StyledRow = tuple[Sequence[Value], Sequence[str]]
"""The cells of a row, and the look of each."""


@dataclass(frozen=True, slots=True)
class TabColumn:
    """A column of a table: its header, its width in characters, and the header's look."""

    title: str
    width: int
    style: str = "header"


@dataclass(frozen=True, slots=True)
class TabTable:
    """A table that has a tab of its own; `fixed` columns stay in view when one scrolls to the right."""

    name: str
    columns: Sequence[TabColumn]
    rows: Iterable[StyledRow]
    fixed: int = 0


@dataclass(frozen=True, slots=True)
class Worksheet:
    """One worksheet. Its rows must be written from the top down."""

    name: str
    worksheet: Any
    formats: dict[str, Any]

    def cell(self, row: int, column: int, value: Value, style: str) -> None:
        """Write text as text, whatever it looks like, and numbers as numbers."""
        if isinstance(value, str):
            self.worksheet.write_string(row, column, text(value), self.formats[style])
        elif value is not None:
            self.worksheet.write_number(row, column, value, self.formats[style])

    def merge(self, row: int, first: int, last: int, value: str, style: str) -> None:
        """Write text into one cell made of several adjacent ones."""
        self.worksheet.merge_range(row, first, row, last, "", self.formats[style])
        self.cell(row, first, value, style)

    def link(self, row: int, column: int, tab: str) -> None:
        """Write the name of another tab as a link to it."""
        quoted = tab.replace("'", "''")
        self.worksheet.write_url(row, column, f"internal:'{quoted}'!A1", self.formats["link"], tab)


@dataclass(frozen=True, slots=True)
class Book:
    """A workbook that is being written; `names` are those its tabs have, in lower case."""

    workbook: Any
    formats: dict[str, Any]
    names: set[str] = field(default_factory=set)

    def sheet(self, name: str) -> Worksheet:
        """A new tab, under a name near to this one, that is printed in landscape format."""
        name = unused(legal(name), self.names)
        self.names.add(name.casefold())
        worksheet = self.workbook.add_worksheet(name, RowSheet)
        worksheet.set_landscape()
        worksheet.set_paper(9)
        worksheet.fit_to_pages(1, 0)
        worksheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        worksheet.set_footer("&L&8&A&R&8&P / &N")
        return Worksheet(name, worksheet, self.formats)

    def table(self, table: TabTable) -> list[str]:
        """Write a table, on as many tabs as its rows need. Returns their names."""
        rows, names = iter(table.rows), list[str]()
        while (first := list(islice(rows, 1))) or not names:
            names.append(self._part(table, islice(chain(first, rows), ROWS)))
        return names

    def _part(self, table: TabTable, rows: Iterator[StyledRow]) -> str:
        tab = self.sheet(table.name)
        tab.worksheet.set_row(0, 2 * LINE)
        widths = [min(max(column.width, NARROWEST), WIDEST) + AIR for column in table.columns]
        for at, (column, width) in enumerate(zip(table.columns, widths, strict=True)):
            # What is typed into an empty cell is text as well.
            tab.worksheet.set_column(at, at, width, self.formats["text"])
            tab.cell(0, at, column.title, column.style)
        last, looks = 0, looks_of(self.formats)
        for last, (values, styles) in enumerate(rows, 1):
            height = _height(values, styles, widths) if "wrapped" in styles else None
            tab.worksheet.write_cells(last, values, map(looks.__getitem__, styles), height)
        tab.worksheet.freeze_panes(1, table.fixed)
        tab.worksheet.autofilter(0, 0, last, max(len(table.columns) - 1, 0))
        tab.worksheet.repeat_rows(0)
        # Otherwise every identifier made of digits would have a green mark that offers to turn it into a number.
        tab.worksheet.ignore_errors({"number_stored_as_text": f"A1:XFD{ROWS + 1}"})
        return tab.name


@contextmanager
def opened(path: Path, title: str, created: datetime) -> Iterator[Book]:
    """A workbook that replaces the file at `path` when all is written.

    Raises NexsisSyncError if the file cannot be written.
    """
    with written(path) as stream, tempfile.TemporaryDirectory(prefix="nexsis-sync-") as folder:
        # Rows are in that folder until the file is put together; nobody else can look into it.
        workbook = Workbook(stream, {"constant_memory": True, "tmpdir": folder})
        workbook.set_properties({"title": text(title), "created": created.astimezone(UTC).replace(tzinfo=None)})
        yield Book(workbook, {name: workbook.add_format(dict(style)) for name, style in STYLES.items()})
        try:
            workbook.close()
        except FileCreateError as error:
            raise OSError(*error.args[0].args) from error


def lines(value: str, room: float) -> int:
    """About how many lines text takes in a cell this many characters wide. No program works that out itself."""
    return sum(max(1, ceil(len(line) / room)) for line in value.split("\n"))


def _height(values: Sequence[Value], styles: Sequence[str], widths: Sequence[int]) -> float:
    cells = zip(values, styles, widths, strict=True)
    most = max(
        (lines(value, width) for value, style, width in cells if style == "wrapped" and isinstance(value, str)),
        default=1,
    )
    return min(most * LINE, TALLEST)


def legal(name: str) -> str:
    """A name that a tab may have: without what programs refuse there, and short enough."""
    shown = re.sub(r"[\[\]:*?/\\]", "_", ILLEGAL.sub("_", masked(name))).strip("' ")
    shown = "".join(c if c.isprintable() else "_" for c in shown)
    shown = cut(shown, NAME).strip("' ")
    return f"{shown}_" if shown.casefold() == "history" else shown or "Tab"


def unused(name: str, names: set[str]) -> str:
    """The name, or the first of `name (2)`, `name (3)` ... that no other tab has, whatever its case."""
    number, unused = 1, name
    while unused.casefold() in names:
        number += 1
        end = f" ({number})"
        unused = cut(name, NAME - len(end)) + end
    return unused
