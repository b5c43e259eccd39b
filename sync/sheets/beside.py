"""Texts beside a table, in columns without a name: a note is left out, data is refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sync.errors import Fault, SheetError
from sync.model import Issue, Origin
from sync.model.findings import rows_text
from sync.model.issue_texts import wording
from sync.sheets.header import NAME_IT, Header, spans

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Rows = NDArray[np.int64]

MOST_BESIDE = 3
"""Number of cells beside a table that may be notes."""


class BesideCell(NamedTuple):
    """A cell past the last column with a name: its row and column as a person counts them, and its text."""

    row: int
    column: int
    text: str


def note_in_header(header: Header, origin: Origin) -> Iterator[Issue]:
    """The issue of a note that stands beside the header."""
    for cells in header.heads:
        for text in filter(None, cells[len(header.names) :]):
            if text.strip():
                yield _note([BesideCell(header.row, 0, text)], origin)


def notes_beside(
    cells: Sequence[BesideCell], table: pa.Table, rows: Rows, header: Header, origin: Origin
) -> Iterator[Issue]:
    """The issue of notes beside the data.

    Notes are few, a blank column is between them and the table, and the rows beside them are as filled as the others:
    otherwise it may be the cells of records that have moved to the right. Raises SheetError then.
    """
    if not cells:
        return
    columns = sorted({cell.column for cell in cells})
    apart = columns[0] > len(header.names) + 1
    many = len(cells) > MOST_BESIDE or (len(cells) > 1 and 2 * len(cells) > len(rows))
    if many or not apart or any(_moved(cell, cells, table, rows) for cell in cells):
        raise SheetError(_unnamed(columns, min(cell.row for cell in cells), header, origin))
    yield _note(sorted(cells), origin)


def _moved(cell: BesideCell, cells: Sequence[BesideCell], table: pa.Table, rows: Rows) -> bool:
    """Whether the row beside a cell lacks what all others have. A row with nothing but one note has not moved."""
    at = rows == cell.row
    blank = [np.asarray(pc.equal(pc.utf8_trim_whitespace(column.fill_null("?")), "")) for column in table.columns]
    if all(column[at].all() for column in blank):
        return sum(other.row == cell.row for other in cells) > 1
    beside = np.isin(rows, [other.row for other in cells])
    return any(column[at].any() and not column[~beside].any() for column in blank)


def _note(cells: Sequence[BesideCell], origin: Origin) -> Issue:
    first, *others = cells
    more = rows_text(sorted({cell.row for cell in others}))
    text = wording("note-beside", "several" if others else "", text=first.text.strip(), rows=more)
    return text.issue("notice", file=origin.file, tab=origin.tab, row=first.row)


def _unnamed(columns: Sequence[int], row: int, header: Header, origin: Origin) -> Fault:
    have, hold = ("has", "contains") if len(columns) == 1 else ("have", "contain")
    message = f"{spans(columns)} {have} no name but {hold} data (first in row {row})"
    return Fault(message, str(Origin(origin.file, origin.tab, header.row)), NAME_IT)
