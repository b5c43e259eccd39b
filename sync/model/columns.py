"""Frames made from columns, and columns and rows taken from frames, without aligning what is already aligned.

A plan of a few rows makes some hundreds of small frames. Most of its time went into aligning columns that are in step
anyway, and into tables for looking up labels that are the same in every plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
import pyarrow as pa

from sync.model.values import TEXT, beside, series, unlabelled


def framed(columns: Mapping[str, Any], index: pd.Index) -> pd.DataFrame:
    """A frame of columns that are in step with the index, position by position; one value fills a column."""
    return beside({name: _in_step(column, index) for name, column in columns.items()}, index)


def selected(frame: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """These columns of a frame."""
    return framed({name: frame[name] for name in names}, frame.index)


def with_columns(frame: pd.DataFrame, **columns: Any) -> pd.DataFrame:
    """The frame with more columns, in step with its own; one value fills a column."""
    return framed({**{str(name): frame[name] for name in frame}, **columns}, frame.index)


def rows_where(frame: pd.DataFrame, flags: Any) -> pd.DataFrame:
    """The rows where the flag is set, counted from 0; a frame that stays whole, or is left empty, is not copied."""
    if flags.all():
        return frame.reset_index(drop=True)
    rows = frame[flags] if flags.any() else frame.iloc[:0]
    rows.index = pd.RangeIndex(len(rows))
    return rows


def stacked(*frames: pd.DataFrame) -> pd.DataFrame:
    """The rows of frames with the same columns, one after another; those without rows cost nothing."""
    some = [frame for frame in frames if len(frame)] or [frames[0]]
    return pd.concat(some, ignore_index=True) if len(some) > 1 else some[0].reset_index(drop=True)


def filled(text: str | None, index: pd.Index) -> pd.Series[Any]:
    """A column of one text, or of NA."""
    return series(pa.repeat(pa.scalar(text, TEXT), len(index)), index)


def _in_step(column: Any, index: pd.Index) -> Any:
    if isinstance(column, str):
        return filled(column, index)
    if isinstance(column, pd.Series) and not column.index.is_(index):
        return unlabelled(column) if isinstance(column.dtype, pd.StringDtype) else column.set_axis(index)
    return column
