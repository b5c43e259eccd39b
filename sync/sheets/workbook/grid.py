"""A tab's cells as records, and the issues of single ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

from sync.model import Issue, Origin
from sync.model.issue_texts import wording
from sync.sheets.header import Record
from sync.sheets.records import ParsedTable
from sync.sheets.workbook.cells import Value, padded, text
from sync.sheets.workbook.marks import CellMarks, Place, address
from sync.sheets.workbook.package import damaged

Range = tuple[Place, Place]
"""First and last cell."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The values of a tab from its first row on, with the marks of its cells and its merged ranges.

    `left` is the first column with a value: tables often begin in the middle. Places are those of the tab.
    `lost` are numbers that may have lost digits, known once the records have been read.
    """

    file: str
    tab: str
    values: list[list[Any]]
    marks: CellMarks
    left: int = 0
    lost: dict[Place, Value] = field(default_factory=dict)

    def records(self) -> Iterator[Record]:
        """Each row with its number; None for a cell whose value is unknown. Raises SheetError if damaged."""
        marked = self._marked()
        for n, values in enumerate(self.values):
            cells = [value if type(value) is str else text(value) for value in values]
            if None in cells:
                self.lost.update({(n, at + self.left): values[at] for at, cell in enumerate(cells) if cell is None})
            for at, digits in marked.get(n, {}).items():
                cells[at - self.left] = padded(cells[at - self.left], digits) if digits else None
            yield n + 1, cells

    def issues(self, table: ParsedTable, origin: Origin) -> Iterator[Issue]:
        """The issues of the cells from which the table was made, in its order."""
        names, rows = table.header.names, set(table.frame.index)
        found = {at: _digits_lost(address(at), value) for at, value in self.lost.items()}
        found |= {at: _uncomputed(address(at)) for at in self.marks.uncomputed}
        found |= {at: _error(address(at), text) for at, text in self.marks.errors.items()}
        for first, last in self._merged():
            # A range may begin in the header.
            row = max(first[0], table.header.row)
            if row <= last[0]:
                found.setdefault((row, first[1]), _merged(f"{address(first)}:{address(last)}", self._at(first)))
        for (row, column), issue in sorted(found.items()):
            if row + 1 in rows and 0 <= column - self.left < len(names):
                yield replace(issue, file=origin.file, tab=origin.tab, row=row + 1, column=names[column - self.left])

    def _marked(self) -> dict[int, dict[int, int]]:
        """By row and column: the minimum number of digits shown, or 0 where the value is unknown."""
        places: dict[Place, int] = {**self.marks.zeros}
        room = sum(map(len, self.values))
        for (top, left), (bottom, right) in self._merged():
            room -= (bottom - top + 1) * (right - left + 1)
            if room < 0:
                raise damaged(self.file, "merged ranges overlap")
            covered = product(range(top, bottom + 1), range(left, right + 1))
            places |= {at: 0 for at in covered if at != (top, left) and self._at(at) == ""}
        places |= dict.fromkeys([*self.marks.uncomputed, *self.marks.errors], 0)
        marked: dict[int, dict[int, int]] = {}
        for (row, column), digits in places.items():
            if self._at((row, column)) is not None:
                marked.setdefault(row, {})[column] = digits
        return marked

    def _merged(self) -> Iterator[Range]:
        """Merged ranges that have a value, as far as the values reach."""
        height, width = len(self.values), max(map(len, self.values), default=0)
        for first, (bottom, right) in self.marks.merged:
            if self._at(first):
                yield first, (min(bottom, height - 1), min(right, self.left + width - 1))

    def _at(self, place: Place) -> Any:
        row, column = place[0], place[1] - self.left
        there = row < len(self.values) and 0 <= column < len(self.values[row])
        return self.values[row][column] if there else None


def _error(cell: str, text: str) -> Issue:
    return wording("error-cell", "workbook", cell=cell, error=text).issue("error", value=text)


def _uncomputed(cell: str) -> Issue:
    return wording("formula-not-computed", cell=cell).issue("error")


def _digits_lost(cell: str, value: Value) -> Issue:
    return wording("digits-lost", cell=cell).issue("error", value=str(value))


def _merged(cells: str, value: Any) -> Issue:
    return wording("merged-cells", cells=cells).issue("error", value=text(value))
