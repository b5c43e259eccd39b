"""Where rows are in their file: which one is next to which, and whether those that look wrong are in one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sync.model.index import Flags, Numbers, places
from sync.model.values import arrow
from sync.plan.guard_context import Positions

SEVERAL = 5
"""If this many rows look as if a column had shifted, it has; fewer may look so by chance."""

STEPS = (1, -1)
"""A column that shifts does so by one row, down or up."""


def next_to(rows: pd.DataFrame, at: Numbers, step: int) -> Numbers:
    """For rows at these positions, the position of the row `step` lines further down in the same file; -1: none.

    rows: file, tab and row (its line), in any order
    """
    found = np.full(len(at), -1, dtype=np.int64)
    lines = rows["row"].to_numpy(dtype=np.int64, na_value=-1)
    files: Mapping[Any, Any] = rows[["file", "tab"]].iloc[at].groupby(["file", "tab"], dropna=False).indices
    for (file, tab), own in files.items():
        here = of_file(rows["file"], file)
        here = here[_equal(rows["tab"].iloc[here], tab)]
        found[own] = np.append(here, -1)[places(lines[at[own]] + step, lines[here])]
    return found


def of_file(files: pd.Series[Any], name: str) -> Positions:
    """The positions of the rows of a file."""
    return np.flatnonzero(_equal(files, name))


def _equal(column: pd.Series[Any], text: object) -> Flags:
    array = arrow(column)
    found = pc.equal(array, pa.scalar(text, array.type)) if isinstance(text, str) else pc.is_null(array)
    return np.asarray(pc.fill_null(found, False))


def in_file_order(changes: pd.DataFrame, which: Positions) -> Positions:
    """The same positions of changes, in the order of the rows that they come from."""
    lines = changes[["file", "tab", "row"]].iloc[which].reset_index(drop=True)
    ordered: Positions = which[lines.sort_values(["file", "tab", "row"], kind="stable").index.to_numpy()]
    return ordered


def together(flags: Flags, least: int = SEVERAL) -> bool:
    """Whether several are set, and most of those from the first to the last one: of rows in the order of their file."""
    at = np.flatnonzero(flags)
    return len(at) >= least and len(at) * 2 > at[-1] - at[0] + 1
