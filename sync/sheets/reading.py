"""One entry point for all files: the content decides which reader is used, never the file's extension."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from sync.config.entries import Inbox
from sync.config.sheet_selection import SheetChoice
from sync.errors import Fault, SheetError, legible, masked
from sync.model import Sheet
from sync.sheets.archive import ZIP, unpacked
from sync.sheets.header import Wanted
from sync.sheets.inbox import File, load
from sync.sheets.markup import is_markup, workbook_format

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
JSON = re.compile(rb'[\[{]\s*(?:["{\[\]}]|\Z)')
ERROR = re.compile(
    rb"(?:ora|pls|tns|sp2)-\d{4,5}:|sql\d{4}n\b|msg \d+, level \d+|error \d{4} \(|(?:fatal |psql: |mysql: )?error:"
    rb"|sqlstate|traceback \(most recent|(?:access|permission) denied|login failed|connection (?:refused|reset)",
    re.IGNORECASE,
)
"""How the message of a database or a script begins."""

SHOWN = 100
"""Number of characters of such a message that are shown."""

NOTHING = Wanted()


Reader = Callable[[File, SheetChoice, Wanted], Sheet]


def read(
    path: Path, choice: SheetChoice | None = None, wanted: Wanted = NOTHING, *, within: Inbox | None = None
) -> Sheet:
    """Read a text file (CSV and its kin) or a workbook as a table of text, also out of a `.gz` or `.zip`.

    A file of an inbox must be `within` it, wherever links lead; without an inbox, links are followed.

    Cells are text as it is in the file: nothing is inferred, and an empty cell is the empty string. What the `choice`
    does not say of how the file is read is found, with the help of the names of the columns that are `wanted`, and
    given in `found`. A wanted name that the file has in another case or with other blanks is the column's name in the
    frame; of columns with one name that is neither wanted nor matches a wanted pattern, all but the first get a number.

    Issues of rows that protect the record they refer to, with NA for each cell that cannot be trusted: `ragged-row`
    (too few cells; or too many, then the first ones count), `stray-quote`, `swallowed-rows`, `cut-short`, `error-cell`
    and `unknown-format` (of a worksheet), `decoded-twice`; `header-changed`, below which no cell has a value. Others:
    `lost-character`, whose cell counts; `encoding-guessed` and `encoding-by-names`; of rows that are left out,
    `totals-row` below the data, `remark-row`, `repeated-header`, `ruler-row` and `types-row`; `no-rows`. After
    `no-rows`, `cut-short` and `swallowed-rows` the sheet is not whole.

    Raises SheetError if the file is missing, empty, damaged, protected, of another kind or encoding, or if its
    header is not a row of distinct names.
    """
    choice = choice or SheetChoice(file="*")
    file, inside = unpacked(load(path, within))
    sheet = _reader(file, choice.tab)(file, choice, wanted)
    return replace(sheet, found={"unpacked": legible(masked(inside)), **sheet.found}) if inside else sheet


def tabs(path: Path, *, within: Inbox | None = None) -> list[str | None]:
    """The visible tabs of a workbook that contain data; of a text file None alone. Raises SheetError."""
    file, _ = unpacked(load(path, within))
    if not bytes(file.view[:8]).startswith((*ZIP, OLE)) and not workbook_format(file.view):
        return [None]
    from sync.sheets import workbook

    return [*workbook.tabs(file)]


def _reader(file: File, tab: str | None) -> Reader:
    """The reader for a file's contents. Raises SheetError if it is no table, or has no such tabs."""
    # The readers bring pandas with them, which a look into the inbox does without.
    head = bytes(file.view[:256])
    if not head:
        raise SheetError(Fault("the file is empty", file.name, "Did the export fail, or is it still running?"))
    if head.startswith((*ZIP, OLE)) or workbook_format(file.view):
        from sync.sheets import workbook

        return workbook.read
    if is_markup(file.view):
        from sync.sheets import web_table

        return web_table.read
    _refuse_message(file.name, head.lstrip(b"\xef\xbb\xbf \t\r\n"))
    if tab is not None:
        hint = "Remove `tab`, or use a workbook."
        raise SheetError(Fault(f"a text file has no tabs, but the tab '{tab}' was requested", file.name, hint))
    from sync.sheets import delimited

    return delimited.read


def _refuse_message(name: str, head: bytes) -> None:
    """Refuse what a program wrote in place of a table."""
    if JSON.match(head):
        hint = "If it is an error message, fix the export. Otherwise export as CSV or xlsx."
        raise SheetError(Fault("the file is JSON, not a table", name, hint))
    if ERROR.match(head):
        line = masked(head.splitlines()[0].decode(errors="replace").strip())[:SHOWN]
        raise SheetError(Fault(f"the file is an error message, not a table: {line}", name, "Fix the export."))
