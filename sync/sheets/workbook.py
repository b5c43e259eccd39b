"""Workbooks (xlsx, xlsm): the cells of one tab as the text a person sees, or nearly so."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any

import openpyxl
from openpyxl.utils.escape import unescape

from sync.errors import Fault, SheetError
from sync.model import Issue, Origin, Sheet
from sync.sheets.header import names as column_names
from sync.sheets.inbox import File
from sync.sheets.nearest import nearest
from sync.sheets.records import tabulate

WIDEST = 16384
SAVE_AS = "Save it as xlsx or CSV."

Row = tuple[int, tuple[Any, ...]]


def read(file: File, *, tab: str | None, header_row: int | None) -> Sheet:
    """Read one tab of a workbook; see `sync.sheets.read`. Formulas give the value saved with them."""
    _refuse_kin(file)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of features openpyxl does not keep, which we do not read
            with closing(openpyxl.load_workbook(BytesIO(file.data), read_only=True, data_only=True)) as book:
                return _read_tab(file, _choose(file.name, book, tab), header_row)
    except SheetError:
        raise
    except Exception as error:  # a damaged workbook makes openpyxl raise nearly anything
        message = f"the workbook is damaged or incomplete ({type(error).__name__})"
        raise SheetError(Fault(message, file.name, "Export it again, or open it in Excel and save it.")) from error


def _read_tab(file: File, sheet: Any, header_row: int | None) -> Sheet:
    rows = _rows(sheet)
    row, cells = next((found for found in rows if found[0] >= (header_row or 1)), (0, ()))
    origin = Origin(file.name, sheet.title, header_row or row or None)
    if row == 0 or origin.row != row:
        hint = "Set `header_row` to the row that holds the column names." if header_row else "Has the export failed?"
        raise SheetError(Fault("there is no header: nothing but blank cells", str(origin), hint))
    names = column_names([text(cell) or "" for cell in cells], origin)
    issues: list[Issue] = []
    frame, _ = tabulate(_records(rows, names, origin, issues), names, WIDEST, origin)
    return Sheet(
        file=file.name,
        tab=sheet.title,
        frame=frame,
        digest=file.digest,
        modified=file.modified,
        header_row=row,
        found={"tab": sheet.title, "header row": str(row)},
        issues=tuple(issues),
    )


def _rows(sheet: Any) -> Iterator[Row]:
    """The rows that are not blank, numbered as in the worksheet."""
    sheet.reset_dimensions()  # what the file says of its own size is often wrong
    for n, cells in enumerate(sheet.iter_rows(), 1):
        if any(cell.value not in (None, "") for cell in cells):
            yield n, cells


def _records(
    rows: Iterator[Row], names: list[str], origin: Origin, issues: list[Issue]
) -> Iterator[tuple[int, list[str | None]]]:
    for n, cells in rows:
        texts = [text(cell) for cell in cells]
        if None in texts:
            issues += [
                _error_cell(cell, names, origin) for cell, said in zip(cells, texts, strict=True) if said is None
            ]
        yield n, texts + [""] * (len(names) - len(texts))


def text(cell: Any) -> str | None:
    """A cell's text: '' if it is empty, None for an error such as #N/A.

    Whole numbers have neither point nor exponent, and leading zeros where the format is all zeros (`00000`).
    Instants are ISO 8601, without the time of day at midnight; truth values are TRUE and FALSE.
    """
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, str):
        if cell.data_type == "e":
            return None
        return unescape(value) if "_x" in value else value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        return _number(value, cell.number_format)
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return str(value)


def _number(value: float, number_format: str) -> str:
    if isinstance(value, float) and not (value.is_integer() and abs(value) < 1e15):
        return repr(value)
    zeros = len(number_format) if value >= 0 and not number_format.strip("0") else 0
    return str(int(value)).zfill(zeros)


def _error_cell(cell: Any, names: list[str], origin: Origin) -> Issue:
    return Issue(
        code="error-cell",
        severity="error",
        message=f"cell {cell.coordinate} holds the error {cell.value}",
        hint="Mend the formula or the value in the workbook.",
        file=origin.file,
        tab=origin.tab,
        row=cell.row,
        column=names[cell.column - 1] if cell.column <= len(names) else None,
        value=cell.value,
    )


def _choose(name: str, book: Any, tab: str | None) -> Any:
    tabs = {sheet.title: sheet for sheet in book.worksheets}
    if tab in tabs:
        return tabs[tab]
    listed = ", ".join(f"'{title}'" for title in tabs)
    if tab is not None:
        near = nearest(tab, tabs, most=1)
        hint = f"Did you mean '{near[0]}'?" if near else f"The tabs are: {listed}."
        raise SheetError(Fault(f"there is no tab '{tab}'", name, hint))
    if not tabs:
        hint = "If it was saved as a Strict Open XML workbook, save it as an ordinary xlsx."
        raise SheetError(Fault("no tabs are found in the workbook", name, hint))
    filled = [s for s in tabs.values() if s.sheet_state == "visible" and next(_rows(s), None) is not None]
    if not filled:
        raise SheetError(Fault("no visible tab holds data", name, f"The tabs are: {listed}."))
    if len(filled) > 1:
        titles = ", ".join(f"'{sheet.title}'" for sheet in filled)
        raise SheetError(Fault(f"several tabs hold data: {titles}", name, "Name the one that is meant with `tab`."))
    return filled[0]


def _refuse_kin(file: File) -> None:
    """Tell the other formats that come as zip archives by what is in them."""
    try:
        with zipfile.ZipFile(BytesIO(file.data)) as archive:
            inside = set(archive.namelist())
    except zipfile.BadZipFile:
        raise SheetError(
            Fault("the workbook is damaged or incomplete", file.name, "Copy or export it again.")
        ) from None
    if "content.xml" in inside:
        raise SheetError(Fault("OpenDocument spreadsheets (ods) are not supported yet", file.name, SAVE_AS))
    if "xl/workbook.bin" in inside:
        raise SheetError(Fault("binary workbooks (xlsb) are not supported yet", file.name, SAVE_AS))
    if not any(entry.endswith("workbook.xml") for entry in inside):
        raise SheetError(Fault("the file is a zip archive, not a workbook", file.name, SAVE_AS))
