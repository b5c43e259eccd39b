"""Text files record by record: slower than columns at a time, but every fault is reported with its row."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sync.errors import Fault, SheetError, masked
from sync.model import Issue, Origin
from sync.model.issue_texts import Wording, wording
from sync.sheets.decoding import Decoded
from sync.sheets.dialect import LONGEST, Dialect, lines
from sync.sheets.header import Cells, Header, Record
from sync.sheets.records import Columns, tabulate
from sync.sheets.remarks import is_total

SHOWN = 200
"""Number of characters of a damaged line that are shown."""

BREAK = re.compile(r"\r\n|\r|\n")

CUT = "cut-short"
SWALLOWED = "swallowed-rows"
STRAY = "stray-quote"
NOT_WHOLE = {CUT, SWALLOWED}


@dataclass(frozen=True, slots=True)
class _Body:
    """The lines of a file, where its data begins (counted from 0), and what is noticed while reading."""

    lines: list[str]
    layout: Dialect
    header: Header
    origin: Origin
    noticed: list[Issue] = field(default_factory=list)

    def notice(self, text: Wording, row: int, line: str | None) -> None:
        """Report what is wrong with a row, and what it contains, as far as it is shown."""
        value = None if line is None else masked(line)[:SHOWN]
        self.noticed.append(text.issue("error", file=self.origin.file, tab=self.origin.tab, row=row, value=value))

    def reader(self, first: int) -> Any:
        left = map(self.lines.__getitem__, range(first, len(self.lines)))
        return csv.reader(left, delimiter=self.layout.delimiter, skipinitialspace=self.layout.spaced, strict=True)


def columns(text: Decoded, layout: Dialect, header: Header, origin: Origin) -> tuple[Columns, bool]:
    """The columns below the header, and whether the file is complete.

    A row with a stray quote is all NA; of a truncated one, the cell that was cut and those after it are.
    Raises SheetError naming the row if a quote is never closed or a column without a name holds data.
    """
    body = _Body(list(lines(text.data)), layout, header, origin)
    if text.cut:
        _notice_cut(body, len(body.lines))
    found = tabulate(_fault_free(body, text.cut), header, origin)
    issues = sorted([*found.issues, *body.noticed], key=lambda issue: issue.row or 0)
    return found._replace(issues=tuple(issues)), not any(issue.code in NOT_WHOLE for issue in body.noticed)


def _fault_free(body: _Body, cut: bool) -> Iterator[Record]:
    """Each record that is not blank, with the number of the line it begins on, its unreliable cells NA."""
    last = len(body.lines)
    open_end = last and not body.lines[-1].endswith(("\n", "\r"))
    for row, end, cells in _records(body):
        short = len(cells) < body.header.least and not is_total(cells, body.header)
        if end == last and open_end and None not in cells and (short or cut):
            if not cut:
                _notice_cut(body, row)
            yield row, _cut(cells, body.header)
        else:
            yield row, cells if end == row else _unswallowed(body, row, cells)


def _records(body: _Body) -> Iterator[tuple[int, int, Cells]]:
    """The lines a record begins and ends on, and its cells. After a fault, reading continues with the next line."""
    at = body.layout.end
    while at < len(body.lines):
        first, reader = at, body.reader(at)
        try:
            for cells in reader:
                end = first + reader.line_num
                if len(cells) > 1 or "".join(cells).strip():
                    yield at + 1, end, cells
                at = end
        except csv.Error as error:
            yield at + 1, at + 1, _faulty(body, at, first + reader.line_num, error)
            at += 1


def _faulty(body: _Body, at: int, reached: int, error: csv.Error) -> Cells:
    """What is left of a record that breaks off in the line `reached`; the error of Python's reader gives the reason."""
    row, line = at + 1, body.lines[at]
    if "limit" in str(error):
        raise SheetError(_too_long(body.origin.file, row))
    if "unexpected end" in str(error):
        if row < len(body.lines):
            raise SheetError(_never_closed(body.origin.file, row))
        _notice_cut(body, row)
        return _cut(next(csv.reader([line], delimiter=body.layout.delimiter)), body.header)
    later, escaped = reached != row, '\\"' in line
    text = wording(STRAY, "later" if later else "", advice="backslash" if escaped else "", line=reached)
    body.notice(text, row, line.rstrip("\r\n"))
    return [None] * len(body.header.names)


def _unswallowed(body: _Body, row: int, cells: Cells) -> Cells:
    """The cells, with NA for one that contains the delimiters of whole rows: two stray quotes make such a cell."""
    result: list[str | None] = []
    for cell in cells:
        rows = swallowed(cell or "", body.layout.delimiter, body.header.width)
        if rows:
            body.notice(wording(SWALLOWED, "one" if rows == 1 else "", rows=rows), row, cell or "")
        result.append(None if rows else cell)
    return result


def swallowed(cell: str, delimiter: str, width: int) -> int:
    """How many rows of a table seem to be within one cell. An address of several lines has fewer delimiters."""
    breaks = len(BREAK.findall(cell))
    return breaks if width > 2 and cell.count(delimiter) == breaks * (width - 1) else 0


def _notice_cut(body: _Body, row: int) -> None:
    body.notice(wording(CUT), row, body.lines[-1] if body.lines else None)


def _cut(cells: Cells, header: Header) -> Cells:
    there = cells[: min(len(cells) - 1, len(header.names))]
    return [*there, *[None] * (len(header.names) - len(there))]


def _never_closed(name: str, row: int) -> Fault:
    hint = "Quotes inside a quoted cell must be doubled. If they are, the file may be truncated."
    return Fault("a quoted cell that starts in this row is never closed", f"{name}, row {row}", hint)


def _too_long(name: str, row: int) -> Fault:
    message = f"a cell of the record that starts in this row is longer than {LONGEST:,} characters"
    return Fault(message, f"{name}, row {row}", "Most likely a quoted cell is never closed.")
