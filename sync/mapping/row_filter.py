"""Which rows of a sheet count: `rows: {keep, drop}` and `delete_when`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from sync.config.mappings import Rows
from sync.config.scalars import as_regex
from sync.mapping.table import Column, Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class FilteredRows:
    """`counted` flags the rows that are not left out. Those of `unexpected`, told by column, fit neither list."""

    counted: Flags
    unexpected: Mapping[str, Flags]


def choose(rows: Rows, table: Table) -> FilteredRows:
    """Which rows count. A cell that is no value at all leaves nothing out: its row must be looked at."""
    fits = {
        column: _fits(table[column], patterns) | (table[column].codes < 0) for column, patterns in rows.keep.items()
    }
    counted = np.ones(len(table), dtype=bool)
    for column, patterns in rows.drop.items():
        counted = counted & ~_fits(table[column], patterns)
    for column in fits.keys() - rows.drop.keys():
        counted = counted & fits[column]
    unexpected = {column: counted & ~fits[column] for column in rows.keep if column in rows.drop}
    return FilteredRows(counted, unexpected)


def all_fit(conditions: Mapping[str, Sequence[str]], table: Table) -> Flags:
    """The rows that fit the patterns of every column; none if there are no conditions."""
    fit = np.full(len(table), bool(conditions))
    for column, patterns in conditions.items():
        fit &= _fits(table[column], patterns)
    return fit


def _fits(column: Column, patterns: Sequence[str]) -> Flags:
    return column.where(pc.match_substring_regex(column.texts, rf"\A(?:{as_regex(patterns)})\z"))
