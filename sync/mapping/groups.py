"""Runs of rows about one object, and what each run says as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sync.model import values

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Positions = NDArray[np.int64]
    Flags = NDArray[np.bool_]


def ordered(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows by `match`, those of one match in their original order, numbered from 0."""
    match = values.arrow(rows["match"])
    if not pc.all(pc.less_equal(match[:-1], match[1:])).as_py() if len(match) > 1 else False:
        rows = rows.take(np.asarray(pc.array_sort_indices(match)))
    return rows.reset_index(drop=True)


@dataclass(frozen=True, slots=True)
class RowGroups:
    """Runs of equal `match`: the position at which each starts, and the run each row is in, both from 0."""

    starts: Positions
    of: Positions

    @classmethod
    def by_match(cls, rows: pd.DataFrame) -> RowGroups:
        """The runs of rows that are sorted by match."""
        match = values.arrow(rows["match"])
        new = np.ones(len(match), dtype=bool)
        if len(match) > 1:
            new[1:] = np.asarray(pc.not_equal(match[1:], match[:-1]))
        return cls(np.flatnonzero(new), np.cumsum(new) - 1)

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def single(self) -> bool:
        """Whether every run is of one row."""
        return len(self.starts) == len(self.of)

    @property
    def sizes(self) -> Positions:
        """How many rows each run has."""
        return np.diff(self.starts, append=len(self.of))

    def rows(self, group: int) -> slice:
        """The rows of one run."""
        after = self.starts[group + 1] if group + 1 < len(self) else len(self.of)
        return slice(int(self.starts[group]), int(after))

    def first_value(self, column: pd.Series[Any]) -> Positions:
        """Where each run first has a value; its start, if it has none."""
        missing = column.isna().to_numpy()
        if not missing.any() or not len(self):
            return self.starts
        at = np.where(missing, len(column), np.arange(len(column)))
        first = np.minimum.reduceat(at, self.starts)
        return np.where(first == len(column), self.starts, first)

    def varies(self, column: pd.Series[Any]) -> Flags:
        """Whether a run has several values; a missing value agrees with any other."""
        if not len(self):
            return np.zeros(0, dtype=bool)
        codes = np.asarray(pc.fill_null(values.arrow(column).dictionary_encode().indices, -1)).astype(np.int64)
        lowest = np.minimum.reduceat(np.where(codes < 0, len(codes), codes), self.starts)
        flags: Flags = np.maximum.reduceat(codes, self.starts) > lowest
        return flags

    def any(self, flags: Flags) -> Flags:
        """Whether a flag is set in a run."""
        return np.bincount(self.of, weights=flags, minlength=len(self)) > 0

    def joined(self, texts: pd.Series[Any], between: str) -> pd.Series[Any]:
        """The texts of each run in one; NA where it has none."""
        present = texts.notna().to_numpy()
        counts = np.bincount(self.of[present], minlength=len(self))
        offsets = pa.array(np.append(0, np.cumsum(counts)), pa.int64())
        lists = pa.LargeListArray.from_arrays(offsets, values.arrow(texts[present]))
        whole = values.series(pc.binary_join(lists, pa.scalar(between, values.TEXT)))
        return whole.mask(counts == 0)
