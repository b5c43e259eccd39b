"""The working frame: the changes of a plan on their way through protection, cascades, order and guards.

It is made once from what the comparison found, has all its columns from the start, and leaves as the columns of
`CHANGES`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from pandera.pandas import Column, DataFrameSchema


_TEXT: Any = pd.StringDtype("pyarrow", na_value=np.nan)
"""pandas' name for `str`; pandera takes that word for the other kind of text, in which a missing value is pd.NA."""


@cache
def schema() -> DataFrameSchema:
    """Its columns, in the order in which they are filled; each with its value until then (`default`)."""
    # Imported here because it takes most of a second, which commands that plan nothing need not spend.
    from pandera import pandas as pandera

    def text(description: str, default: str | None = None) -> Column:
        return pandera.Column(_TEXT, default=default, description=description)

    def perhaps(description: str, dtype: Any = _TEXT) -> Column:
        return pandera.Column(dtype, nullable=True, default=pd.NA, description=description)

    def number(description: str, default: int = 0) -> Column:
        return pandera.Column("int64", default=default, description=description)

    return pandera.DataFrameSchema(
        {
            # from the comparison
            "resource": text("name of the resource"),
            "op": text("create, update or delete"),
            "match": text("the object, as the site compares it"),
            "key": text("the object as it is spelled, packed"),
            "before": perhaps("its fields on the site, packed"),
            "after": perhaps("its fields as they will be, packed"),
            "cause": text("who changed it"),
            "claims": text("mappings that name the object, joined by a space"),
            "file": perhaps("the file of its row"),
            "tab": perhaps("the same: its tab"),
            "row": perhaps("the same: its row", "Int64"),
            "also": perhaps("other places that name it"),
            # from unique values
            "chain": perhaps("changes that go strictly one after another"),
            "step": number("place within the chain"),
            "stage": number("changes of one stage are done before the next begins; 0: the usual one of its kind"),
            # from cascades
            "by_resource": perhaps("resource of the delete that removes the object; NA: it is sent itself"),
            "by_match": perhaps("the same: the match of that delete's object"),
            # from the order
            "n": number("number in sending order, from 1"),
            "at": text("match of the slice it belongs to", default=""),
            "slice": text("that slice's key, packed", default="{}"),
            "gate": perhaps("shared parent that the change would be the first to need"),
            "cascaded_by": number("position of the delete that removes it; -1: it is sent itself", default=-1),
            "covered_by": perhaps("the same, as its number", "Int64"),
            # from the guards
            "hold": perhaps("id of the hold that stops it"),
            "status": text("what becomes of it", default="planned"),
            # from a run
            "attempts": number("how often it was sent"),
            "http_status": perhaps("status of the last answer", "Int64"),
            "error": perhaps("why it was not done"),
        },
        strict=True,
    )


def working_frame(differences: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """The results of comparing each resource (columns as `sync.diff.compare.COLUMNS`), as one working frame."""
    return completed(pd.concat(list(differences), ignore_index=True))


def completed(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with all columns of a working frame: missing ones have their initial value."""
    columns = schema().columns
    lacking: dict[str, Any] = {
        name: pd.Series(column.default, index=rows.index, dtype=column.dtype.type)
        for name, column in columns.items()
        if name not in rows
    }
    return rows.assign(**lacking)[list(columns)]
