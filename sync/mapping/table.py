"""Sheets laid out for a mapping: several files as one, columns side by side as rows, one cell as several rows.

A column is held as its distinct texts and, for every row, which of them it has: work is done per text, not per row.
"""

from __future__ import annotations

import re
from collections import abc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sync.config.rules import Part
from sync.config.scalars import as_regex
from sync.config.sheet_selection import FILE, TAB, SheetChoice, Split, Unpivot
from sync.errors import Fault, SheetError
from sync.model import Origin, Sheet, values
from sync.model.written import content

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]
    Flags = NDArray[np.bool_]

RAGGED = "ragged-row"

ERRORS = pa.array(
    [
        *("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA"),
        *("#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!", "#CONNECT!", "#BUSY!", "#UNKNOWN!"),
        *("#WERT!", "#BEZUG!", "#ZAHL!", "#NV"),
        *("#NUL!", "#VALEUR!", "#NOM?", "#NOMBRE!"),
        *("#VALORE!", "#RIF!", "#NOME?", "#N/D", "#VALOR!", "#WAARDE!", "#VERW!", "#NAAM?", "#GETAL!", "#N/B"),
    ],
    values.TEXT,
)
"""A spreadsheet's errors as it writes them into a text file: in English, German, French, Italian, Portuguese, Dutch."""

TOO_NARROW = r"\A#{4,}\z"
"""What it writes if a column was too narrow to show a number."""


@dataclass(frozen=True, slots=True)
class Column:
    """Distinct texts, stripped, and which of them each row has; -1 where a cell has no value."""

    texts: pa.Array
    codes: Codes

    def rows(self, at: Codes | Flags) -> Column:
        """The same for some rows."""
        return Column(self.texts, self.codes[at])

    def where(self, flags: Any) -> Flags:
        """The rows whose text is flagged."""
        return np.append(np.asarray(flags, dtype=bool), False)[self.codes]

    @property
    def blank(self) -> Flags:
        """The rows that are blank; a missing value is not."""
        return self.where(pc.equal(self.texts, ""))


def distinct(cells: pd.Series[Any] | pa.ChunkedArray) -> Column:
    """A column of cells as its distinct texts."""
    array = cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else values.arrow(cells)
    encoded = array.dictionary_encode()
    codes = np.asarray(pc.fill_null(encoded.indices, -1)).astype(np.int64)
    return Column(values.composed(content(pc.utf8_trim_whitespace(encoded.dictionary))), codes)


def errors(texts: pa.Array) -> pa.Array:
    """Which texts are not values but errors of a spreadsheet, written out."""
    marked = pc.starts_with(texts, "#")
    if not pc.any(marked).as_py():
        return marked
    return pc.or_(pc.is_in(texts, ERRORS), pc.match_substring_regex(texts, TOO_NARROW))


@dataclass(frozen=True)
class Table:
    """Rows of one sheet, or of several as one, each with its origin.

    `part` is the sheet each row is of, `row` its number there as a person counts, `ragged` whether it has too
    few or too many cells. Columns are worked out when they are first asked for.
    """

    sheets: tuple[Sheet, ...]
    part: Codes
    row: Codes
    ragged: Flags
    _columns: dict[str, Column]
    _make: Callable[[str], Column] = field(repr=False)
    _header_names: Column | None = None
    _new: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.row)

    def __getitem__(self, name: str) -> Column:
        if name not in self._columns:
            self._columns[name] = self._make(name)
        return self._columns[name]

    def with_columns(self, columns: abc.Mapping[str, Column]) -> Table:
        """The same with new columns, or with others of the same name."""
        return replace(self, _columns={**self._columns, **columns})

    def without(
        self, wrong: Callable[[pa.Array], pa.Array], names: abc.Iterable[str]
    ) -> tuple[Table, dict[str, Column]]:
        """The same without the values of these columns that are wrong, and the removed cells, by column."""
        found: dict[str, Column] = {}
        table = self
        for name in names:
            column = table[name]
            at = column.where(wrong(column.texts))
            if at.any():
                found[name] = replace(column, codes=np.where(at, column.codes, -1))
                table = table.with_columns({name: replace(column, codes=np.where(at, -1, column.codes))})
        return table, found

    def rewritten(self, change: Callable[[pa.Array], pa.Array], names: abc.Iterable[str]) -> Table:
        """The same with the texts of these columns changed by `change`."""
        return self.with_columns({name: replace(self[name], texts=change(self[name].texts)) for name in names})

    def only(self, at: Flags) -> Table:
        """The same for some rows."""
        return self if at.all() else self.at(np.flatnonzero(at))

    def headers(self, columns: abc.Iterable[str], n: int | None = None) -> tuple[str, ...]:
        """The names of these columns in the header of the file, each once, in order.

        For a column made by `unpivot`, that is the header behind the `n`-th row, or all such headers if `n` is None;
        columns that every sheet has, such as the file's name, have none.
        """
        there: dict[str, abc.Sequence[str]] = dict.fromkeys((FILE, TAB), ())
        if self._header_names is not None:
            names = self._header_names.texts.to_pylist()
            there |= dict.fromkeys(self._new, names if n is None else [names[int(self._header_names.codes[n])]])
        return tuple(dict.fromkeys(name for column in columns for name in there.get(column, (column,))))

    def origin(self, n: int) -> Origin:
        """Where a row came from."""
        sheet = self.sheets[int(self.part[n])]
        return Origin(sheet.file, sheet.tab, int(self.row[n]))

    def at(self, at: Codes) -> Table:
        """The same for the rows at these positions, each as often as it is listed."""
        make = self._make
        return replace(
            self,
            part=self.part[at],
            row=self.row[at],
            ragged=self.ragged[at],
            _columns={name: column.rows(at) for name, column in self._columns.items()},
            _make=lambda name: make(name).rows(at),
            _header_names=self._header_names.rows(at) if self._header_names else None,
        )


def tabulate(sheets: Sequence[Sheet], choice: SheetChoice | None = None) -> Table:
    """The rows of the sheets, in their order, laid out as the choice says. Every sheet has the columns it refers to."""
    part = np.repeat(np.arange(len(sheets)), [len(sheet.frame) for sheet in sheets]).astype(np.int64)
    rows = [sheet.frame.index.to_numpy(dtype=np.int64) for sheet in sheets]
    row = np.concatenate(rows) if rows else np.zeros(0, dtype=np.int64)
    ragged = [_ragged(sheet) for sheet in sheets]
    table = Table(
        tuple(sheets),
        part,
        row,
        np.concatenate(ragged) if ragged else np.zeros(0, dtype=bool),
        {
            FILE: Column(pa.array([sheet.file for sheet in sheets], values.TEXT), part),
            TAB: Column(pa.array([sheet.tab or "" for sheet in sheets], values.TEXT), part),
        },
        lambda name: _stacked(sheets, name),
    )
    if choice is not None and choice.unpivot is not None:
        table = _unpivoted(table, choice.unpivot)
    if choice is not None and choice.split is not None:
        table = _split_cells(table, choice.split)
    return table


def _ragged(sheet: Sheet) -> Flags:
    broken = [issue.row for issue in sheet.issues if issue.code == RAGGED]
    return np.asarray(sheet.frame.index.isin(broken)) if broken else np.zeros(len(sheet.frame), dtype=bool)


def _stacked(sheets: Sequence[Sheet], name: str) -> Column:
    """A column of all sheets; blank in those that lack it, as they may if nothing needs it."""
    cells = [
        values.arrow(sheet.frame[name]) if name in sheet.frame.columns else _blank(len(sheet.frame)) for sheet in sheets
    ]
    return distinct(pa.chunked_array(cells, values.TEXT))


def _blank(rows: int) -> pa.Array:
    return pa.array([""] * rows, values.TEXT)


def _unpivoted(table: Table, unpivot: Unpivot) -> Table:
    """A row for each cell of the columns that is not blank. A cell without a value gets one too."""
    names = _matching(table.sheets, unpivot.columns)
    columns = [table[name] for name in names]
    starts = np.cumsum([0, *(len(column.texts) for column in columns)])[:-1]
    codes = [np.where(c.codes < 0, -1, c.codes + start) for c, start in zip(columns, starts.tolist(), strict=True)]
    filled = np.stack([~column.blank for column in columns], axis=1)
    at, which = np.nonzero(filled)
    texts = pa.concat_arrays([column.texts for column in columns])
    laid = table.at(at.astype(np.int64))
    name = Column(pa.array(names, values.TEXT), which.astype(np.int64))
    new = {unpivot.value: Column(texts, np.stack(codes, axis=1)[at, which])}
    if unpivot.name is not None:
        new[unpivot.name] = name
    return replace(laid.with_columns(new), _header_names=name, _new=unpivot.new)


def _matching(sheets: Sequence[Sheet], patterns: Sequence[str]) -> list[str]:
    """The columns that match, common to all sheets, in the order of the patterns."""
    found: dict[str, None] = {}
    for pattern in patterns:
        for sheet in sheets:
            there = [str(name) for name in sheet.frame.columns if re.fullmatch(as_regex([pattern]), str(name))]
            lacking = [name for name in found if name not in sheet.frame.columns]
            if not there or lacking:
                asked = f"matches '{pattern}'" if not there else f"is called '{lacking[0]}'"
                hint = f"The columns are: {', '.join(map(str, sheet.frame.columns))}."
                raise SheetError(
                    Fault(f"no column to unpivot {asked}", str(Origin(sheet.file, sheet.tab, sheet.header_row)), hint)
                )
            found |= dict.fromkeys(there)
    return list(found)


def _split_cells(table: Table, split: Split) -> Table:
    """A row for each piece of a cell, blank ones left out; one for a cell that is blank or has no value."""
    whole = table[split.column]
    between = "|".join(re.escape(text) for text in split.by)
    lists = pc.split_pattern_regex(whole.texts, between)
    parent, flat = np.asarray(pc.list_parent_indices(lists)), pc.utf8_trim_whitespace(pc.list_flatten(lists))
    used = np.asarray(pc.not_equal(flat, ""))
    parent, flat = parent[used], flat.filter(pa.array(used))
    # A text without any piece has the blank one at the end.
    counts = np.bincount(parent, minlength=len(whole.texts))
    starts = np.where(counts == 0, len(flat), np.cumsum(counts) - counts)
    flat = pa.concat_arrays([flat, pa.array([""], flat.type)])
    each = np.where(whole.codes < 0, 1, np.maximum(np.append(counts, 1), 1)[whole.codes])
    at = np.repeat(np.arange(len(table)), each)
    nth = np.arange(len(at)) - np.repeat(np.cumsum(each) - each, each)
    codes = np.append(starts, 0)[whole.codes[at]] + nth
    column = Column(flat, np.where(whole.codes[at] < 0, -1, codes))
    return table.at(at).with_columns({split.column: column})


def join_columns(parts: Sequence[Part], table: Table) -> Column:
    """The distinct texts that the parts make, and which of them each row has; blank if a column's cell is blank.

    -1 where a cell has no value at all.
    """
    if len(parts) == 1 and parts[0].column is not None:
        return table[parts[0].column]
    texts, codes = pa.array([""], values.TEXT), np.zeros(len(table), dtype=np.int64)
    for part in parts:
        if part.column is None:
            texts = _concatenated(texts, pa.scalar(part.literal, values.TEXT))
            continue
        column = table[part.column]
        cells, own = column.texts, column.codes
        cells = pc.if_else(pc.equal(cells, ""), pa.scalar(None, values.TEXT), cells)
        size = max(len(cells), 1)
        pairs = np.where((codes < 0) | (own < 0), -1, codes * size + own)
        # One text pairs with each cell once, so the column's own codes serve.
        codes, used = (pairs, np.arange(len(cells))) if len(texts) == 1 else pd.factorize(pairs)
        codes, used = np.where(pairs < 0, -1, codes), np.maximum(used, 0)
        texts = _concatenated(texts.take(pa.array(used // size)), cells.take(pa.array(used % size)))
    return Column(pc.fill_null(texts, ""), codes)


def _concatenated(left: pa.Array, right: pa.Array | pa.Scalar) -> pa.Array:
    return pc.binary_join_element_wise(left, right, pa.scalar("", values.TEXT))
