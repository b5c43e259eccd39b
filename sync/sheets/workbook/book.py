"""A workbook to a Sheet: the tab is chosen, searched for marks, and read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from io import BytesIO
from itertools import chain
from typing import TypeVar

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum, load_workbook

from sync.config.sheet_selection import SheetChoice
from sync.errors import Fault, SheetError
from sync.model import Origin, Sheet
from sync.model.findings import nearest
from sync.sheets.header import Wanted
from sync.sheets.inbox import File
from sync.sheets.markup import workbook_format
from sync.sheets.records import shape, sheet_of
from sync.sheets.workbook import flat_ods, ods, xls, xlsb, xlsx
from sync.sheets.workbook.grid import Grid
from sync.sheets.workbook.marks import CellMarks, Tab, address, scattered
from sync.sheets.workbook.package import Package, damaged, unpack
from sync.sheets.workbook.panics import hushed, is_panic
from sync.sheets.workbook.spreadsheet_xml import XmlWorksheet, worksheets

Made = TypeVar("Made")

BY_TAB: dict[str, Callable[[Package, Tab], CellMarks]] = {
    "xlsx": xlsx.find_marks,
    "xlsm": xlsx.find_marks,
    "xlsb": xlsb.find_marks,
}
WHOLE: dict[str, Callable[[Package], list[CellMarks]]] = {"xls": xls.find_marks, "ods": ods.find_marks}
"""Formats of which all tabs are read as soon as the workbook is opened, and so are searched before."""


def read(file: File, choice: SheetChoice, wanted: Wanted) -> Sheet:
    """Read one tab of a workbook; see `sync.sheets.read`. Formulas give the value saved with them."""
    kind, grid = _safely(file.name, lambda: _opened(file, choice.tab))
    origin = Origin(file.name, grid.tab)
    table = grid.resolved(shape(grid.cells(), choice, wanted, origin), origin)
    return sheet_of(file, table, {"format": kind, "tab": grid.tab}, tab=grid.tab)


def tabs(file: File) -> list[str]:
    """The visible tabs of a workbook that contain data. Raises SheetError if it cannot be read."""
    return _safely(file.name, lambda: _filled_tabs(file))


def _filled_tabs(file: File) -> list[str]:
    flat = workbook_format(file.view)
    if flat == "xml":
        return [sheet.tab.name for sheet in worksheets(file.data) if sheet.tab.shown and sheet.marks.filled]
    if flat == "fods":
        file = replace(file, view=memoryview(flat_ods.packed(file.data)))
    package = unpack(file)
    marks = _marks(package)
    with load_workbook(BytesIO(package.data)) as book:
        return [tab.name for tab in _tabs(book) if tab.shown and marks(tab).filled]


def _opened(file: File, wanted: str | None) -> tuple[str, Grid]:
    """The format of a workbook, and the tab that is read. Raises SheetError, and nearly anything if it is damaged."""
    flat = workbook_format(file.view)
    if flat == "xml":
        return flat, _of_worksheets(file.name, worksheets(file.data), wanted)
    if flat == "fods":
        file = replace(file, view=memoryview(flat_ods.packed(file.data)))
    package = unpack(file)
    return flat or package.format, _of_package(file, package, wanted)


def _of_worksheets(name: str, found: Sequence[XmlWorksheet], wanted: str | None) -> Grid:
    _refuse_scattered([sheet.marks for sheet in found], Origin(name))
    tab = choose_tab(name, [sheet.tab for sheet in found], wanted, lambda each: found[each.position].marks.filled > 0)
    return Grid(name, tab.name, found[tab.position].columns(), found[tab.position].marks)


def _of_package(file: File, package: Package, wanted: str | None) -> Grid:
    marks = _marks(package)
    with load_workbook(BytesIO(package.data)) as book:
        tab = choose_tab(file.name, _tabs(book), wanted, lambda each: marks(each).filled > 0)
        found = marks(tab)
        sheet = book.get_sheet_by_name(tab.name)
        found.merged += [*(sheet.merged_cell_ranges or ())]
        _, left = sheet.start or (0, 0)
        values = [*chain.from_iterable(sheet.iter_rows())]
        columns = [values[n :: sheet.width] for n in range(sheet.width)]
    if package.format == "xls" and any("\0" in value for value in values if type(value) is str):
        raise damaged(file.name, "texts contain NUL characters")
    return Grid(file.name, tab.name, columns, found, left)


def _marks(package: Package) -> Callable[[Tab], CellMarks]:
    """The marks of each tab, before memory for its values is allocated."""
    if package.format in WHOLE:
        every = WHOLE[package.format](package)
        _refuse_scattered(every, Origin(package.name))
        return lambda tab: every[tab.position]

    @cache
    def find_marks(tab: Tab) -> CellMarks:
        marks = BY_TAB[package.format](package, tab)
        _refuse_scattered([marks], Origin(package.name, tab.name))
        return marks

    return find_marks


def _tabs(book: CalamineWorkbook) -> list[Tab]:
    """The worksheets; charts and macros are not worksheets."""
    return [
        Tab(each.name, n, each.visible == SheetVisibleEnum.Visible)
        for n, each in enumerate(book.sheets_metadata)
        if each.typ == SheetTypeEnum.WorkSheet
    ]


def _refuse_scattered(tabs: list[CellMarks], origin: Origin) -> None:
    if scattered(*tabs):
        widest = max(tabs, key=lambda marks: marks.bottom * marks.right)
        last = address((widest.bottom - 1, widest.right - 1))
        filled = f"{widest.filled:,} {'has' if widest.filled == 1 else 'have'} content"
        message = f"the cells reach as far as {last}, but only {filled}"
        raise SheetError(
            Fault(message, str(origin), "Delete everything far from the table, and save the workbook again.")
        )


def _safely(name: str, made: Callable[[], Made]) -> Made:
    try:
        with hushed():
            return made()
    except SheetError:
        raise
    except BaseException as error:
        # A damaged workbook makes readers raise nearly anything.
        if not isinstance(error, Exception) and not is_panic(error):
            raise
        raise damaged(name) from error


# -- which tab -------------------------------------------------------------------------------------------------


def choose_tab(file: str, tabs: Sequence[Tab], wanted: str | None, filled: Callable[[Tab], bool]) -> Tab:
    """The tab of that name; else the one whose name differs only in case and blanks; else the one at that position.

    Positions are those of the tabs a person sees, from 1. If none is wanted: the only visible one that is `filled`.
    Raises SheetError if no tab, or more than one, is meant.
    """
    if not tabs:
        raise SheetError(Fault("the workbook has no worksheets", file, "Did the export fail?"))
    return _only_filled(file, tabs, filled) if wanted is None else _called(file, tabs, wanted)


def _called(file: str, tabs: Sequence[Tab], wanted: str) -> Tab:
    found = [tab for tab in tabs if tab.name == wanted] or [tab for tab in tabs if _folded(tab.name) == _folded(wanted)]
    if len(found) == 1:
        return found[0]
    if found:
        hint = "Write the name in `tab` exactly as it appears in the workbook."
        raise SheetError(Fault(f"several tabs match '{wanted}': {_listed(found)}", file, hint))
    shown = [tab for tab in tabs if tab.shown]
    if wanted.isdecimal() and 1 <= int(wanted) <= len(shown):
        return shown[int(wanted) - 1]
    similar = nearest(wanted, [tab.name for tab in tabs], most=1)
    hint = f"Did you mean '{similar[0]}'?" if similar else f"The tabs are: {_listed(tabs)}."
    raise SheetError(Fault(f"there is no tab '{wanted}'", file, hint))


def _only_filled(file: str, tabs: Sequence[Tab], filled: Callable[[Tab], bool]) -> Tab:
    found = [tab for tab in tabs if tab.shown and filled(tab)]
    if not found:
        raise SheetError(Fault("no visible tab contains data", file, f"The tabs are: {_listed(tabs)}."))
    if len(found) > 1:
        raise SheetError(Fault(f"several tabs contain data: {_listed(found)}", file, "Set `tab` to the one you want."))
    return found[0]


def _folded(name: str) -> str:
    return "".join(name.split()).casefold()


def _listed(tabs: Sequence[Tab]) -> str:
    return ", ".join(f"'{tab.name}'" for tab in tabs)
