"""Values of JSON as the text of cells."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sync.model.values import TEXT

RUNS: Final = r"^[=+\-@\t\r\n\x{ff1d}\x{ff0b}\x{ff0d}\x{ff20}]"
"""Beginnings of cells that a spreadsheet takes for a formula when it opens a text file; the last four are full-width.
"""

NUMBER: Final = r"^[+-]?\d+([.,]\d+)?([eE][+-]?\d+)?$"
"""Cells that begin like that and are harmless."""


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


def harmless(column: pa.Array) -> pa.Array:
    """The same, with an apostrophe before each cell that a spreadsheet would run as a formula."""
    runs = pc.match_substring_regex(column, RUNS)
    if not pc.any(runs).as_py():
        return column
    runs = pc.and_not(runs, pc.match_substring_regex(column, NUMBER))
    return pc.if_else(runs, pc.binary_join_element_wise(pa.scalar("'", TEXT), column, pa.scalar("", TEXT)), column)
