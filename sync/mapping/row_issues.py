"""What is wrong with rows, as issues for people, each with its file, tab, row, column and value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sync.config.mappings import Mapping as SheetMapping
from sync.mapping.checks import RejectedValues
from sync.mapping.evaluate import Evaluated
from sync.mapping.swapped_columns import SwappedColumns
from sync.mapping.table import Column, Table
from sync.model import Issue, Resource
from sync.model.findings import Finding, key_of, listed, shown

if TYPE_CHECKING:
    from collections import abc
    from collections.abc import Iterable

    import pandas as pd
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]


class SpreadsheetDamage(NamedTuple):
    """How a spreadsheet can damage a cell: the code of the issue, its message about the text, and the hint."""

    code: str
    message: str
    hint: str


ERROR_CELL = SpreadsheetDamage(
    "error-cell",
    "is a spreadsheet error, not a value",
    "Fix the formula (or widen the column if it shows `####`) and save the file again, or export it again from the "
    "SIS.",
)
SHORTENED_NUMBER = SpreadsheetDamage(
    "shortened-number",
    "is a long number that a spreadsheet has shortened: its last digits are lost",
    "Export it again from the SIS. Before opening the file in a spreadsheet, format the column as text.",
)


@dataclass(frozen=True, slots=True)
class RowIssues:
    """What is wrong with the rows of one table; of those that are not `reportable` it is said elsewhere.

    key:        a column for each field of the key
    unreliable: for each of them, in which rows it cannot be relied on
    """

    resource: Resource
    mapping: SheetMapping
    table: Table
    reportable: Flags
    key: pd.DataFrame
    unreliable: abc.Mapping[str, Flags]

    def unexpected(self, column: str, at: Flags) -> Finding:
        """Rows that are in neither list of `rows:`."""
        keep, drop = self.mapping.rows.keep[column], self.mapping.rows.drop[column]
        message = f"matches neither `keep` ({listed(keep, 'or')}) nor `drop` ({listed(drop, 'or')})"
        hint = (
            f"Correct it in the SIS, or have it listed in the mapping under `keep` or `drop` of {column}; until then "
            "the record this row refers to is left unchanged."
        )
        return self._cells("unexpected-status", column, self.table[column], at, message, hint)

    def damaged_cells(self, damage: SpreadsheetDamage, column: str, cells: Column) -> Finding:
        """Rows with a cell that a spreadsheet has damaged; the other `cells` have no value."""
        return self._cells(damage.code, column, cells, cells.codes >= 0, damage.message, damage.hint)

    def swapped(self, swap: SwappedColumns) -> Finding:
        """Two columns that seem to be swapped: one issue for all their rows."""
        n = int(np.flatnonzero(swap.rows)[0])
        one, other = (f"{column} ({name})" for column, name in zip(swap.columns, swap.fields, strict=True))
        message = (
            f"the columns {one} and {other} seem to be swapped in {swap.rows.sum():,} of "
            f"{len(self.table):,} rows; this is the first"
        )
        hint = (
            "Correct the export, or the mapping if the columns are swapped there; until then these rows change nothing."
        )
        column = ", ".join(self.table.headers(swap.columns, n))
        like = self._like("swapped-columns", hint, column)
        return Finding(like, 1, [self._at(like, n, message, None)])

    def rejected(self, name: str, field: Evaluated, refusal: RejectedValues, explained: Flags) -> Finding:
        """Rows whose value for a field is refused; of rows with a valid key, those not explained otherwise."""
        key = name in self.resource.key
        hint = f"{refusal.hint} {self._unread()}" if key else refusal.hint
        return self._rejected(field, refusal, self.mapping.read(self.mapping.fields[name].sources), explained, hint)

    def rejected_column(self, name: str, made: Evaluated, refusal: RejectedValues) -> Finding:
        """Rows whose value for a new column cannot be made."""
        explained = np.zeros(len(self.table), dtype=bool)
        return self._rejected(made, refusal, self.mapping.read([name]), explained, refusal.hint)

    def _rejected(
        self, evaluated: Evaluated, refusal: RejectedValues, columns: tuple[str, ...], explained: Flags, hint: str
    ) -> Finding:
        at = np.flatnonzero(refusal.where(evaluated.codes) & self.reportable & ~explained)
        like = self._like(refusal.code, hint, ", ".join(self.table.headers(columns)) or None)

        def cases() -> Iterable[Issue]:
            for n in at.tolist():
                code = int(evaluated.codes[n])
                columns_of = self.mapping.read(evaluated.columns_of(code))
                yield self._at(like, n, refusal.why(code), evaluated.source[code].as_py(), columns_of)

        return Finding(like, len(at), cases())

    def _cells(self, code: str, column: str, cells: Column, at: Flags, message: str, hint: str) -> Finding:
        """Rows whose cell in a column is not what it should be."""
        where = np.flatnonzero(at & self.reportable)
        like = self._like(code, hint, ", ".join(self.table.headers(self.mapping.read([column]))) or None)

        def cases() -> Iterable[Issue]:
            for n in where.tolist():
                text = cells.texts[int(cells.codes[n])].as_py()
                yield self._at(like, n, f"{shown(text)} {message}", text, self.mapping.read([column]))

        return Finding(like, len(where), cases())

    def _unread(self) -> str:
        near = " and ".join(self.resource.slice)
        where = f"in the same {near} or, if that cannot be read either, by this mapping" if near else "by this mapping"
        return f"Until then, records missing from the file are not deleted {where}."

    def _like(self, code: str, hint: str, column: str | None) -> Issue:
        sheet = self.table.sheets[0] if len(self.table.sheets) == 1 else None
        file, tab = (sheet.file, sheet.tab) if sheet else (None, None)
        return Issue(code, "error", "", hint, self.resource.name, file, tab, column=column)

    def _at(self, like: Issue, n: int, message: str, value: str | None, columns: tuple[str, ...] = ()) -> Issue:
        origin = self.table.origin(n)
        column = ", ".join(self.table.headers(columns, n)) or like.column
        key = {name: self.key[name].iat[n] for name, unreliable in self.unreliable.items() if not unreliable[n]}
        at = replace(like, file=origin.file, tab=origin.tab, row=origin.row, column=column)
        return replace(at, message=message, value=value, key=key_of(self.resource, key))
