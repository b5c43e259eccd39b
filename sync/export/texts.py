"""Values of JSON as the text of cells."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sync.model.values import TEXT


def texts(frame: pd.DataFrame) -> dict[str, pa.Array]:
    """Every column as text, without nulls: a missing value is empty.

    Lists are joined by a comma, true is 1 and false 0, a number has no superfluous zeros; text stays as it is.
    """
    return {str(name): column_text(frame[name].to_list()) for name in frame.columns}


def column_text(cells: Sequence[object]) -> pa.Array:
    """One column of `texts`."""
    try:
        array = pa.array(cells, type=TEXT)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        array = pa.array([cell_text(cell) for cell in cells], type=TEXT)
    return pc.fill_null(array, "")


def cell_text(cell: object) -> str:
    """One value as text."""
    match cell:
        case None:
            return ""
        case bool():
            return str(int(cell))
        case float():
            plain = format(Decimal(str(cell)), "f")
            return plain.rstrip("0").rstrip(".") if "." in plain else plain
        case list():
            return ", ".join(map(cell_text, cell))
        case dict():
            return orjson.dumps(cell).decode()
        case _:
            return str(cell)
