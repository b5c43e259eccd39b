"""What is wrong with rows, as issues for people, each with its file, tab, row, column and value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sync.config.mappings import Mapping as SheetMapping
from sync.mapping.checks import RejectedValues
from sync.mapping.evaluate import Evaluated
from sync.mapping.swapped_columns import SwappedColumns
from sync.mapping.table import Column, Table
from sync.model import Issue, Resource
from sync.model.findings import Finding, key_of, listed, shown
from sync.model.issue_texts import Wording, sentence, wording

if TYPE_CHECKING:
    from collections import abc
    from collections.abc import Iterable

    import pandas as pd
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class RowIssues:
    """What is wrong with the rows of one table; those that are not `reportable` are reported elsewhere.

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
        text = wording("unexpected-status", keep=listed(keep, "or"), drop=listed(drop, "or"), column=column)
        return self._cells(text, column, self.table[column], at)

    def unknown_action(self, column: str, at: Flags) -> Finding:
        """Rows of a delta that say neither "add" nor "delete"."""
        text = wording("unknown-action", "listed" if self.mapping.add_when else "")
        return self._cells(text, column, self.table[column], at)

    def damaged_cells(self, damage: Wording, column: str, cells: Column) -> Finding:
        """Rows with a cell that a spreadsheet has spoilt; the other `cells` have no value."""
        return self._cells(damage, column, cells, cells.codes >= 0)

    def swapped(self, swap: SwappedColumns) -> Finding:
        """Two columns that seem to be swapped: one issue for all their rows."""
        n = int(np.flatnonzero(swap.rows)[0])
        one, other = (
            f"{column} ({self.resource.called(name)})" for column, name in zip(swap.columns, swap.fields, strict=True)
        )
        text = wording("swapped-columns", one=one, other=other, count=swap.rows.sum(), rows=len(self.table))
        like = self._like(text, ", ".join(self.table.headers(swap.columns, n)))
        return Finding(like, 1, [self._at(like, n, text.message, None)])

    def rejected(self, name: str, field: Evaluated, refusal: RejectedValues, explained: Flags) -> Finding:
        """Rows whose value for a field cannot stand; of rows whose key stands, those not explained otherwise."""
        finding = self._rejected(field, refusal, self.mapping.read(self.mapping.fields[name].sources), explained)
        return self._with_unread_key(finding) if name in self.resource.key else finding

    def rejected_column(self, name: str, made: Evaluated, refusal: RejectedValues) -> Finding:
        """Rows whose value for a new column cannot be made."""
        explained = np.zeros(len(self.table), dtype=bool)
        return self._rejected(made, refusal, self.mapping.read([name]), explained)

    def _rejected(
        self, evaluated: Evaluated, refusal: RejectedValues, columns: tuple[str, ...], explained: Flags
    ) -> Finding:
        at = np.flatnonzero(refusal.where(evaluated.codes) & self.reportable & ~explained)
        like = self._like(refusal.wording, ", ".join(self.table.headers(columns)) or None)

        def cases() -> Iterable[Issue]:
            for n in at.tolist():
                code = int(evaluated.codes[n])
                columns_of = self.mapping.read(evaluated.columns_of(code))
                yield self._at(like, n, refusal.why(code), evaluated.source[code].as_py(), columns_of)

        return Finding(like, len(at), cases())

    def _cells(self, text: Wording, column: str, cells: Column, at: Flags) -> Finding:
        """Rows whose cell in a column is not what it should be."""
        where = np.flatnonzero(at & self.reportable)
        like = self._like(text, ", ".join(self.table.headers(self.mapping.read([column]))) or None)

        def cases() -> Iterable[Issue]:
            for n in where.tolist():
                cell = cells.texts[int(cells.codes[n])].as_py()
                yield self._at(like, n, text.given(value=shown(cell)).message, cell, self.mapping.read([column]))

        return Finding(like, len(where), cases())

    def _with_unread_key(self, finding: Finding) -> Finding:
        """The same, with what it means for others that a row does not show which record it refers to."""
        near = " and ".join(map(self.resource.called, self.resource.slice))
        unread = sentence("unread-key-within", slice=near) if near else sentence("unread-key")
        hint = f"{finding.like.hint} {unread}"
        cases = (replace(case, hint=hint) for case in finding.cases)
        return Finding(replace(finding.like, hint=hint), finding.count, cases)

    def _like(self, text: Wording, column: str | None) -> Issue:
        sheet = self.table.sheets[0] if len(self.table.sheets) == 1 else None
        file, tab = (sheet.file, sheet.tab) if sheet else (None, None)
        return text.like("error", resource=self.resource.name, file=file, tab=tab, column=column)

    def _at(self, like: Issue, n: int, message: str, value: str | None, columns: tuple[str, ...] = ()) -> Issue:
        origin = self.table.origin(n)
        column = ", ".join(self.table.headers(columns, n)) or like.column
        key = {name: self.key[name].iat[n] for name, unreliable in self.unreliable.items() if not unreliable[n]}
        at = replace(like, file=origin.file, tab=origin.tab, row=origin.row, column=column)
        return replace(at, message=message, value=value, key=key_of(self.resource, key))
