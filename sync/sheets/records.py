"""Cells to a table: what readers of all formats have in common.

    table = shape(cells, choice, wanted, origin)
    table = finished(tabulate(records, header, origin), header, origin)
    sheet = sheet_of(file, table, found)

A reader has a rectangle of cells, or yields records, (row number as a person sees it, cells); what is a title, the
header, data or a total is found here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sync.config.sheet_selection import SheetChoice
from sync.errors import Fault, SheetError
from sync.model import Issue, Origin, Sheet
from sync.model.issue_texts import wording
from sync.sheets.beside import MOST_BESIDE, BesideCell, note_in_header, notes_beside
from sync.sheets.bounds import refuse_ragged
from sync.sheets.cleaning import TEXT, clean_cells
from sync.sheets.header import (
    SEARCHED,
    SET_ROW,
    Cells,
    Head,
    Header,
    Record,
    Wanted,
    header,
    locate,
    refuse_parted,
)
from sync.sheets.inbox import File
from sync.sheets.remarks import filled, without_headings, without_remarks, without_totals

if TYPE_CHECKING:
    from numpy.typing import NDArray

BATCH = 10_000
"""Number of records that become columns at a time: a million lists at once take four times as long."""


class ParsedTable(NamedTuple):
    """The contents of a Sheet, without its file: `frame`, `issues`, `whole` as there, and its header."""

    frame: pd.DataFrame
    header: Header
    issues: tuple[Issue, ...]
    whole: bool


class Columns(NamedTuple):
    """Data below a header: the columns, the number of each row, what was noticed.

    `ascii`: all is known to be ASCII; `plain`: no row is blank, or has names of columns, as the first cells show.
    """

    table: pa.Table
    rows: NDArray[np.int64]
    issues: tuple[Issue, ...] = ()
    ascii: bool = False
    plain: bool = False


def shape(cells: pa.Table, choice: SheetChoice, wanted: Wanted, origin: Origin) -> ParsedTable:
    """The table in a rectangle of cells, whose first row is row 1; blank rows are skipped.

    The header is the row that is chosen, or that of the first rows which holds most of the wanted names; what is above
    it is left out. If the names of the columns are given, there is none.

    Raises SheetError if there is no header, if it is not a row of distinct names, or if a column without a name holds
    data.
    """
    cells, rows = filled(cells, np.arange(1, len(cells) + 1))
    if choice.columns:
        head = header([(0, choice.columns)], wanted, origin)
        return finished(_named(cells, rows, head, origin), head, origin)
    header_row = choice.header_row
    start = 0 if header_row is None else int(np.searchsorted(rows, header_row))
    first = _records(cells.slice(start, SEARCHED if header_row is None else choice.header_rows or 1), rows[start:])
    if not first or (header_row is not None and first[0][0] != header_row):
        where = str(Origin(origin.file, origin.tab, header_row))
        hint = SET_ROW if header_row is not None else "Did the export fail?"
        raise SheetError(Fault("there is no header: all cells are blank", where, hint))
    found = Head(0, choice.header_rows or 1)
    if header_row is None:
        found = locate(first, wanted.columns, choice.header_rows)
    refuse_parted(first, found, choice, wanted.columns, origin)
    head = header(found.of(first), wanted, origin)
    below = start + found.at + found.rows
    return finished(_named(cells.slice(below), rows[below:], head, origin), head, origin)


def _records(cells: pa.Table, rows: NDArray[np.int64]) -> list[Record]:
    each = zip(*(column.to_pylist() for column in cells.columns), strict=True)
    return list(zip(rows.tolist(), each, strict=False))


def _named(cells: pa.Table, rows: NDArray[np.int64], header: Header, origin: Origin) -> Columns:
    """The columns that the header names."""
    count = len(header.names)
    beside: list[BesideCell] = []
    for n, column in enumerate(cells.columns[count:], count + 1):
        there = np.asarray(pc.fill_null(pc.not_equal(pc.utf8_trim_whitespace(column), ""), False), dtype=bool)
        at = np.flatnonzero(there)[: MOST_BESIDE + 1]
        beside += [BesideCell(int(rows[each]), n, column[each].as_py()) for each in at.tolist()]
    lacking = [pa.array([""] * len(cells), TEXT)] * (count - cells.num_columns)
    table = pa.table([*cells.columns[:count], *lacking], header.names)
    return Columns(table, rows, tuple(notes_beside(beside, table, rows, header, origin)))


def blank(cells: Cells) -> bool:
    """Whether a record has nothing but blanks in it."""
    return None not in cells and not "".join(cells).strip()  # type: ignore[arg-type]  # none of them is None


def tabulate(records: Iterable[Record], header: Header, origin: Origin) -> Columns:
    """Records below a header as columns of text, and an issue for each ragged record.

    A record with too few cells is kept with NA for the missing ones, one with too many with its first ones: what
    is left of it identifies the object it refers to. Cells past the header that are blank may be harmless (see
    `_Surplus`). Raises SheetError if a column without a name holds data.
    """
    schema = pa.schema([(name, TEXT) for name in header.names])
    batches: list[pa.RecordBatch] = []
    kept: list[Cells] = []
    rows: list[int] = []
    issues: list[Issue] = []
    beside: list[BesideCell] = []
    count = len(header.names)
    surplus = _Surplus(header)
    for row, cells in records:
        if blank(cells):
            continue
        if surplus.noted(row, cells):
            pass
        elif not header.least <= len(cells) <= header.width:
            issues.append(_ragged(len(cells), header.width, row, origin))
            refuse_ragged(origin.file, len(issues), header.width)
        elif len(cells) > count and len(beside) <= MOST_BESIDE:
            beside += (BesideCell(row, n, cell) for n, cell in enumerate(cells[count:], count + 1) if cell)
        rows.append(row)
        missing = "" if len(cells) >= header.least else None
        kept.append(cells if len(cells) == count else [*cells[:count], *[missing] * (count - len(cells))])
        if len(kept) == BATCH:
            batches.append(_batch(kept, schema))
            kept = []
    if kept:
        batches.append(_batch(kept, schema))
    issues += (_ragged(size, header.width, row, origin) for row, size in surplus.harmful())
    table, numbers = pa.Table.from_batches(batches, schema), np.array(rows, dtype="int64")
    return Columns(table, numbers, (*issues, *notes_beside(beside, table, numbers, header, origin)))


class _Surplus:
    """Records with blank cells past the header.

    They have a delimiter at their end, or one too many within them, which moves cells to the right. The latter can be
    only where the last column may be blank, and does not happen to most records of a file.
    """

    def __init__(self, header: Header) -> None:
        self.header = header
        self.sizes = Counter[int]()
        self.blank_at_end = Counter[int]()
        self.found: list[tuple[int, int]] = []

    def noted(self, row: int, cells: Cells) -> bool:
        """Whether a record is one of them."""
        size, count = len(cells), len(self.header.names)
        self.sizes[size] += 1
        if not cells[count - 1 : count] or not cells[count - 1]:
            self.blank_at_end[size] += 1
        if size <= self.header.width or not blank(cells[self.header.width :]):
            return False
        self.found.append((row, size))
        return True

    def harmful(self) -> list[tuple[int, int]]:
        """Row and number of cells of those whose cells may have been moved."""
        total = self.sizes.total()
        usual = next((size for size, count in self.sizes.items() if total > 1 and 2 * count > total), None)
        if usual is not None and not self.blank_at_end[usual]:
            return []
        return [(row, size) for row, size in self.found if size != usual]


def finished(columns: Columns, header: Header, origin: Origin, *, whole: bool = True) -> ParsedTable:
    """The table of columns just read: tidied, and with an issue if nothing is left."""
    table, rows, damaged, remarks = columns.table, columns.rows, list[Issue](), list[Issue]()
    if not columns.plain:
        table, rows = filled(table, rows)
        table, rows, remarks = without_remarks(table, rows, header, origin)
    table, rows, totals = without_totals(table, rows, header, origin)
    if not columns.ascii:
        table, damaged = clean_cells(table, rows, origin)
    table, rows, headings = without_headings(table, rows, header, origin, once=columns.plain)
    there = set(rows.tolist()) if columns.issues else ()
    ragged = (each for each in columns.issues if each.row is None or each.row in there or each.severity == "notice")
    issues = [*note_in_header(header, origin), *ragged, *remarks, *totals, *damaged, *headings]
    if not len(rows):
        issues.append(wording("no-rows").issue("error", file=origin.file, tab=origin.tab))
    frame: pd.DataFrame = table.to_pandas()
    frame.index = pd.Index(rows, dtype="int64", name="row", copy=False)
    return ParsedTable(frame, header, tuple(issues), whole and len(rows) > 0)


def sheet_of(
    file: File, table: ParsedTable, found: Mapping[str, str], issues: Iterable[Issue] = (), tab: str | None = None
) -> Sheet:
    """The sheet of a table; `found` is what was recognised besides its header, `issues` what was noticed before."""
    return Sheet(
        file=file.name,
        tab=tab,
        frame=table.frame,
        digest=file.digest,
        modified=file.modified,
        header_row=table.header.row,
        found={**found, **table.header.found},
        issues=(*issues, *table.issues),
        whole=table.whole,
    )


def _batch(records: list[Cells], schema: pa.Schema) -> pa.RecordBatch:
    columns = zip(*records, strict=True)
    return pa.record_batch([pa.array(column, TEXT) for column in columns], schema)


def _ragged(cells: int, width: int, row: int, origin: Origin) -> Issue:
    text = wording("ragged-row", "one" if cells == 1 else "", cells=cells, width=width)
    return text.issue("error", file=origin.file, tab=origin.tab, row=row)
