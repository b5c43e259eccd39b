"""One entry point for all files: the content decides which reader is used, never the file's extension."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sync.config.entries import Inbox
from sync.errors import Fault, SheetError, legible, masked
from sync.model import Sheet
from sync.sheets.archive import ZIP, unpacked
from sync.sheets.evidence import Known, nothing_known
from sync.sheets.header import Key
from sync.sheets.inbox import File, load

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MARKUP = (b"<!doctype", b"<html", b"<table", b"<?xml")


def read(
    path: Path,
    *,
    within: Inbox | None = None,
    tab: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    header_row: int | None = None,
    wanted: Sequence[str] = (),
    keys: Sequence[Key] = (),
    known: Known = nothing_known,
) -> Sheet:
    """Read a text file (CSV and its kin) or a workbook as a table of text, also out of a `.gz` or `.zip`.

    A file of an inbox must be `within` it, wherever links lead; without an inbox, links are followed.

    Cells are text as it is in the file: nothing is inferred, and an empty cell is the empty string. `tab` names a
    workbook's worksheet; by default it is the only visible one that holds data. `delimiter` and `encoding` are
    those of a text file. `header_row` counts from 1. What is not given is found, with the help of the names of the
    columns that are `wanted`, and given in `found`. A wanted name that the file has in another case or with other
    blanks is the column's name in the frame; of columns with one name that is neither wanted nor matches a wanted
    pattern, all but the first get a number. `keys` are those the rows are read for: a row that fills all of one is a
    record, even if it begins as a total does. `known` words decide between old encodings.

    Issues of rows that protect the record they refer to, with NA for each cell that cannot be trusted: `ragged-row`
    (too few cells; or too many, then the first ones count), `stray-quote`, `swallowed-rows`, `cut-short`, `error-cell`
    and `unknown-format` (of a worksheet), `decoded-twice`; `header-changed`, below which no cell has a value. Others:
    `lost-character`, whose cell counts; `encoding-guessed` and `encoding-by-names`; of rows that are left out,
    `totals-row` below the data, `remark-row`, `repeated-header`, `ruler-row` and `types-row`; `no-rows`. After
    `no-rows`, `cut-short` and `swallowed-rows` the sheet is not whole.

    Raises SheetError if the file is missing, empty, damaged, protected, of another kind or encoding, or if its
    header is not a row of distinct names.
    """
    file, inside = unpacked(load(path, within))
    # The readers bring pandas with them, which a look into the inbox does without.
    if _is_workbook(file, tab):
        from sync.sheets import workbook

        sheet = workbook.read(file, tab=tab, header_row=header_row, wanted=wanted, keys=keys)
    else:
        from sync.sheets import delimited

        sheet = delimited.read(
            file,
            delimiter=delimiter,
            encoding=encoding,
            header_row=header_row,
            wanted=wanted,
            keys=keys,
            known=known,
        )
    return replace(sheet, found={"unpacked": legible(masked(inside)), **sheet.found}) if inside else sheet


def _is_workbook(file: File, tab: str | None) -> bool:
    """Whether a file is a workbook, and not a text file. Raises SheetError if it is neither, or has no such tabs."""
    head = bytes(file.view[:64])
    if not head:
        raise SheetError(Fault("the file is empty", file.name, "Did the export fail, or is it still running?"))
    if head.startswith((*ZIP, OLE)):
        return True
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(MARKUP):
        hint = "Open it in a text editor: it may be a login or error page. Export as CSV or xlsx."
        raise SheetError(Fault("the file is a web page or XML, not a table", file.name, hint))
    if tab is not None:
        hint = "Remove `tab`, or use a workbook."
        raise SheetError(Fault(f"a text file has no tabs, but the tab '{tab}' was requested", file.name, hint))
    return False
