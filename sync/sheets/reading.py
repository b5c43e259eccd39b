"""One door for all files: content decides which reader is asked, never the file's extension."""

from __future__ import annotations

from pathlib import Path

from sync.errors import Fault, SheetError
from sync.model import Sheet
from sync.sheets.inbox import load

ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MARKUP = (b"<!doctype", b"<html", b"<table", b"<?xml")
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def read(
    path: Path,
    *,
    tab: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    header_row: int | None = None,
) -> Sheet:
    """Read a CSV file or a workbook (xlsx, xlsm) as a table of text.

    Cells are text as it stands: nothing is inferred, and an empty cell is the empty string. `tab` names a
    workbook's worksheet; by default it is the only visible one that holds data. `delimiter` and `encoding` are
    those of a text file; by default the one that divides the header most, and UTF-8. `header_row` counts from 1;
    by default the header is the first row that is not blank.

    Issues: `ragged-row` for a record with too few cells (kept, NA for the missing ones) or too many (kept, with
    its first ones); `error-cell` for an error value of a worksheet (NA in the frame).

    Raises SheetError if the file is missing, empty, damaged, protected, of another kind or encoding, or if its
    header is not a row of distinct names.
    """
    # The readers bring pandas and openpyxl with them, which a look into the inbox does without.
    from sync.sheets import delimited, workbook

    file = load(path)
    if not file.data:
        raise SheetError(Fault("the file is empty", file.name, "Has the export failed, or is it still running?"))
    if file.data.startswith(ZIP):
        return workbook.read(file, tab=tab, header_row=header_row)
    if file.data.startswith(OLE):
        raise SheetError(_old_or_locked(file.name, file.data))
    if file.data[:64].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(MARKUP):
        hint = "Look at it in a text editor: it may be a login or error page. Export as CSV or xlsx."
        raise SheetError(Fault("the file is a web page or XML, not a table", file.name, hint))
    if tab is not None:
        hint = "Leave `tab` out, or name a workbook."
        raise SheetError(Fault(f"a text file has no tabs, but the tab '{tab}' is asked for", file.name, hint))
    return delimited.read(file, delimiter=delimiter, encoding=encoding, header_row=header_row)


def _old_or_locked(name: str, data: bytes) -> Fault:
    if ENCRYPTED in data:
        return Fault("the workbook is protected by a password", name, "Save it without a password.")
    return Fault("the old Excel format (xls) is not supported yet", name, "Save it as xlsx or CSV.")
