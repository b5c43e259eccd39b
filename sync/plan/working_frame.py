"""The working frame: the changes of a plan on their way through protection, cascades, order and guards.

It is made once from what the comparison found, has all its columns from the start, and leaves as the columns of
`CHANGES`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from sync.model.columns import filled, framed
from sync.model.values import equals

_TEXT: Final[Any] = pd.StringDtype("pyarrow", na_value=np.nan)


@dataclass(frozen=True, slots=True)
class WorkingColumn:
    """A column of the working frame: its dtype, and the value that its cells have until they are filled.

    A column whose `default` is None is filled from the start; only one whose default is NA may stay so.
    """

    description: str
    dtype: Any
    default: Any = None


def _text(description: str, default: str | None = None) -> WorkingColumn:
    return WorkingColumn(description, _TEXT, default)


def _perhaps(description: str, dtype: Any = _TEXT) -> WorkingColumn:
    return WorkingColumn(description, dtype, pd.NA)


def _number(description: str, default: int = 0) -> WorkingColumn:
    return WorkingColumn(description, np.dtype("int64"), default)


COLUMNS: Final[Mapping[str, WorkingColumn]] = {
    # from the comparison
    "resource": _text("name of the resource"),
    "op": _text("create, update or delete"),
    "match": _text("the object, as the site compares it"),
    "object": _number("the same: its number in the index of its resource"),
    "key": _text("the object as it is spelled, packed"),
    "before": _perhaps("its fields on the site, packed"),
    "after": _perhaps("its fields as they will be, packed"),
    "cause": _text("who changed it"),
    "claims": _text("mappings that name the object, joined by a space"),
    "file": _perhaps("the file of its row"),
    "tab": _perhaps("the same: its tab"),
    "row": _perhaps("the same: its row", pd.Int64Dtype()),
    "also": _perhaps("other places that name it"),
    "set": _number("1 or 2 if what is missing gets values instead of being deleted; 2: these are not proven"),
    # from unique values
    "chain": _perhaps("changes that go strictly one after another"),
    "step": _number("place within the chain"),
    "stage": _number("changes of one stage are done before the next begins; 0: the usual one of its kind"),
    # from cascades
    "by_resource": _perhaps("resource of the delete that removes the object; NA: it is sent itself"),
    "by_object": _number("the same: the number of that delete's object", default=-1),
    # from the order
    "n": _number("number in sending order, from 1"),
    "at": _text("match of the slice it belongs to", default=""),
    "slice": _text("that slice's key, packed", default="{}"),
    "gate": _perhaps("shared parent that the change would be the first to need"),
    "cascaded_by": _number("position of the delete that removes it; -1: it is sent itself", default=-1),
    "covered_by": _perhaps("the same, as its number", pd.Int64Dtype()),
    # from the guards
    "hold": _perhaps("id of the hold that stops it"),
    "status": _text("what becomes of it", default="planned"),
    # from a run
    "attempts": _number("how often it was sent"),
    "http_status": _perhaps("status of the last answer", pd.Int64Dtype()),
    "error": _perhaps("why it was not done"),
}
"""The columns of a working frame, in the order in which they are filled."""


def working_frame(differences: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """The results of comparing each resource (columns as `sync.diff.compare.COLUMNS`), as one working frame."""
    return completed(pd.concat(list(differences), ignore_index=True))


def removals(changes: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which changes are deletes, automatic ones included, or set values instead of one."""
    found: np.ndarray[Any, np.dtype[np.bool_]] = equals(changes["op"], "delete") | (changes["set"] > 0).to_numpy()
    return found


def completed(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with all columns of a working frame: missing ones have their initial value."""
    columns = {name: rows[name] if name in rows else _initial(column, rows.index) for name, column in COLUMNS.items()}
    return framed(columns, rows.index)


def _initial(column: WorkingColumn, index: pd.Index) -> pd.Series[Any]:
    if column.dtype is _TEXT:
        return filled(None if column.default is pd.NA else column.default, index)
    numbers: pd.Series[Any] = pd.Series(column.default, index=index, dtype=column.dtype)
    return numbers
