"""A tab's cells as columns of text, and the issues of single ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import pandas as pd
import pyarrow as pa

from sync.model import Issue, Origin
from sync.model.issue_texts import wording
from sync.sheets.cleaning import TEXT
from sync.sheets.records import ParsedTable
from sync.sheets.workbook.cells import Value, text
from sync.sheets.workbook.marks import CellMarks, Place, address
from sync.sheets.workbook.number_format import Shown
from sync.sheets.workbook.package import damaged

Range = tuple[Place, Place]
"""First and last cell."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The values of a tab, with the marks of its cells and its merged ranges.

    `columns` are as long as each other and begin with the tab's first row. `left` is the first column with a value:
    tables often begin in the middle. Places are those of the tab. `lost` are numbers that may have lost digits, and
    `unclear` those that are shown in a way that is not known; both are known once the cells have been read.
    """

    file: str
    tab: str
    columns: Sequence[Sequence[Any]]
    marks: CellMarks
    left: int = 0
    lost: dict[Place, Value] = field(default_factory=dict)
    unclear: dict[Place, Value] = field(default_factory=dict)

    def cells(self) -> pa.Table:
        """The cells as text, NA where a value is unknown. Raises SheetError if merged ranges overlap."""
        marked = self._marked()
        columns = [self._texts(n, marked.get(n + self.left, {})) for n in range(len(self.columns))]
        return pa.table(columns, [str(n) for n in range(len(columns))])

    def _texts(self, at: int, marked: Mapping[int, Shown | None]) -> pa.Array:
        """A column as text. `marked`: what is shown, by row, or None where the value is unknown."""
        values = self.columns[at]
        if not marked and set(map(type, values)) == {str}:
            return pa.array(values, TEXT)
        texts = [value if type(value) is str else text(value) for value in values]
        if None in texts:
            self.lost.update({(n, at + self.left): values[n] for n, each in enumerate(texts) if each is None})
        for row, shown in marked.items():
            if shown is None:
                texts[row] = None
            elif texts[row] is not None and isinstance(values[row], (int, float, str)) and values[row] != "":
                seen = shown(values[row])
                if seen is None:
                    self.unclear[row, at + self.left] = values[row]
                else:
                    texts[row] = seen
        return pa.array(texts, TEXT)

    def resolved(self, table: ParsedTable, origin: Origin) -> ParsedTable:
        """The table made from the cells, with their issues, and NA for identifiers shown in a way that is not known."""
        return table._replace(frame=self._clear(table), issues=(*table.issues, *self._issues(table, origin)))

    def _clear(self, table: ParsedTable) -> pd.DataFrame:
        frame = table.frame
        for row, column in self._unclear_in(table):
            frame.loc[row + 1, table.header.names[column - self.left]] = None
        return frame

    def _unclear_in(self, table: ParsedTable) -> list[Place]:
        """The cells of the table with identifiers that are shown in a way that is not known."""
        keys = {name for key in table.header.keys for columns in key for name in columns}
        identifying = {n + self.left for n, name in enumerate(table.header.names) if name in keys}
        rows = set(table.frame.index) if self.unclear else set()
        return [(row, column) for row, column in self.unclear if column in identifying and row + 1 in rows]

    def _issues(self, table: ParsedTable, origin: Origin) -> Iterator[Issue]:
        """The issues of the cells from which the table was made, in its order."""
        names, rows = table.header.names, set(table.frame.index)
        found = {at: _digits_lost(address(at), value) for at, value in self.lost.items()}
        found |= {at: _unclear(address(at), self.unclear[at]) for at in self._unclear_in(table)}
        found |= {at: _uncomputed(address(at)) for at in self.marks.uncomputed}
        found |= {at: _error(address(at), text) for at, text in self.marks.errors.items()}
        for first, last in self._merged():
            # A range may begin in the header.
            row = max(first[0], table.header.end)
            if row <= last[0]:
                found.setdefault((row, first[1]), _merged(f"{address(first)}:{address(last)}", self._at(first)))
        for (row, column), issue in sorted(found.items()):
            if row + 1 in rows and 0 <= column - self.left < len(names):
                yield replace(issue, file=origin.file, tab=origin.tab, row=row + 1, column=names[column - self.left])

    def _marked(self) -> dict[int, dict[int, Shown | None]]:
        """By column and row: what is shown, or None where the value is unknown."""
        places: dict[Place, Shown | None] = {**self.marks.formats}
        room = sum(map(len, self.columns))
        for (top, left), (bottom, right) in self._merged():
            room -= (bottom - top + 1) * (right - left + 1)
            if room < 0:
                raise damaged(self.file, "merged ranges overlap")
            covered = product(range(top, bottom + 1), range(left, right + 1))
            places |= {at: None for at in covered if at != (top, left) and self._at(at) == ""}
        places |= dict.fromkeys([*self.marks.uncomputed, *self.marks.errors])
        marked: dict[int, dict[int, Shown | None]] = {}
        for (row, column), shown in places.items():
            if self._at((row, column)) is not None:
                marked.setdefault(column, {})[row] = shown
        return marked

    def _merged(self) -> Iterator[Range]:
        """Merged ranges that have a value, as far as the values reach."""
        height, width = max(map(len, self.columns), default=0), len(self.columns)
        for first, (bottom, right) in self.marks.merged:
            if self._at(first):
                yield first, (min(bottom, height - 1), min(right, self.left + width - 1))

    def _at(self, place: Place) -> Any:
        row, column = place[0], place[1] - self.left
        there = 0 <= column < len(self.columns) and row < len(self.columns[column])
        return self.columns[column][row] if there else None


def _error(cell: str, text: str) -> Issue:
    return wording("error-cell", "workbook", cell=cell, error=text).issue("error", value=text)


def _uncomputed(cell: str) -> Issue:
    return wording("formula-not-computed", cell=cell).issue("error")


def _unclear(cell: str, value: Value) -> Issue:
    return wording("unknown-format", cell=cell).issue("error", value=text(value))


def _digits_lost(cell: str, value: Value) -> Issue:
    return wording("digits-lost", cell=cell).issue("error", value=str(value))


def _merged(cells: str, value: Any) -> Issue:
    return wording("merged-cells", cells=cells).issue("error", value=text(value))
