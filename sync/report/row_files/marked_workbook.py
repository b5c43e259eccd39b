"""The workbook of an export as it is, with faulty cells coloured and explained, and a tab that lists them."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

from sync.model import Issue, Sheet
from sync.report import phrasing
from sync.report.problem_rows import STYLES, WRONG, explained, marked_cells, unused_title
from sync.report.workbook.styles import FILLS
from sync.report.workbook.texts import text

ENDINGS: Final = frozenset({".xlsx", ".xlsm"})
"""The kinds of workbook that can be given back."""

LARGEST: Final = 40_000_000
"""Bytes of an unpacked workbook that is given back: openpyxl needs some 20 times as much memory."""

COMMENTS: Final = 2_000
"""Maximum number of comments in a tab; further cells are only coloured. All are in the tab that lists them."""

COMMENT_LENGTH: Final = 1_000
"""Characters of a comment."""

LISTED: Final = {"Tab": 20, "Row": 8, "Column": 20, "Value": 24, WRONG: 70, "What to do": 70}
"""The columns of the tab that lists what is wrong, and how wide they are."""

Rows = Mapping[int, Sequence[Issue]]


def can_be_marked(file: Path) -> bool:
    """Whether a file is a workbook that can be given back, and is not too large for it."""
    if file.suffix.lower() not in ENDINGS:
        return False
    try:
        with zipfile.ZipFile(file) as parts:
            return sum(part.file_size for part in parts.infolist()) <= LARGEST
    except (OSError, zipfile.BadZipFile):
        return False


def write_marked(stream: BinaryIO, file: Path, tabs: Sequence[tuple[Sheet, Rows]], more: Sequence[Issue] = ()) -> None:
    """Write a workbook with what is wrong in its tabs, and below the list of it what is said of no single row.

    Everything else is as openpyxl keeps it: formats, formulas and other tabs stay. Raises what openpyxl does for a
    workbook that it cannot read.
    """
    import openpyxl

    book = openpyxl.load_workbook(file, keep_vba=file.suffix.lower() == ".xlsm", rich_text=True)
    for sheet, by_row in tabs:
        _mark(book[sheet.tab] if sheet.tab else book.worksheets[0], sheet, by_row)
    found = [issue for _, by_row in tabs for row in sorted(by_row) for issue in by_row[row]]
    _list(book.create_sheet(unused_title(WRONG, book.sheetnames)), [*found, *more])
    book.save(stream)


def _mark(tab: Any, sheet: Sheet, by_row: Rows) -> None:
    """Colour the cells of a tab that issues are about, and say why in a comment; that of a whole row is in column A."""
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    fills = {style: PatternFill("solid", fgColor=FILLS[style].removeprefix("#")) for style in STYLES.values()}
    columns = _columns(tab, sheet)
    frame = sheet.frame[sheet.frame.index.isin([*by_row])].fillna("")
    commented = 0
    for row, cells in zip(frame.index.tolist(), frame.to_dict("records"), strict=True):
        looks = marked_cells(by_row[row], {str(name): str(cell) for name, cell in cells.items()})
        known = {columns[name]: look for name, look in looks.items() if name in columns}
        for at, look in (known or {1: next(iter(looks.values()), "wrong")}).items():
            cell = _writable(tab, row, at)
            cell.fill = fills[look]
            if commented < COMMENTS:
                before = f"{cell.comment.text}\n\n" if cell.comment else ""
                cell.comment = Comment(text(before + explained(row, by_row[row]))[:COMMENT_LENGTH], "nexsis-sync")
                commented += 1


def _columns(tab: Any, sheet: Sheet) -> dict[str, int]:
    """Where the columns of a sheet are in its tab, by name, counted from 1."""
    header = next(tab.iter_rows(min_row=sheet.header_row, max_row=sheet.header_row)) if sheet.header_row else ()
    there: dict[str, int] = {}
    for cell in header:
        there.setdefault(_folded(cell.value or ""), cell.column)
    names = [str(name) for name in sheet.frame.columns]
    return {name: there[_folded(name)] for name in names if _folded(name) in there}


def _folded(name: object) -> str:
    return "".join(str(name).split()).casefold()


def _writable(tab: Any, row: int, column: int) -> Any:
    """A cell, or the first one of the cells it is merged with."""
    for merged in tab.merged_cells.ranges:
        if merged.min_row <= row <= merged.max_row and merged.min_col <= column <= merged.max_col:
            return tab.cell(merged.min_row, merged.min_col)
    return tab.cell(row, column)


def _list(tab: Any, issues: Sequence[Issue]) -> None:
    """Fill a tab with issues. Whatever they quote is text, even if it looks like a formula."""
    from openpyxl.styles import Alignment, Font

    rows: Iterator[Sequence[str]] = (
        (issue.tab or "", str(issue.row or ""), issue.column or "", issue.value or "", *_said(issue))
        for issue in issues
    )
    for number, texts in enumerate([[*LISTED], *rows], start=1):
        for column, value in enumerate(texts, start=1):
            cell = tab.cell(number, column, text(value))
            cell.data_type, cell.number_format = "s", "@"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.quotePrefix = True
    for cell, width in zip(tab[1], LISTED.values(), strict=True):
        cell.font = Font(bold=True)
        tab.column_dimensions[cell.column_letter].width = width
    tab.freeze_panes = "A2"


def _said(issue: Issue) -> tuple[str, str]:
    return phrasing.plain(issue.message), phrasing.plain(issue.hint)
