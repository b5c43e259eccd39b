"""Rows laid out: the result is what a person would get manually, row by row, each with its origin."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.config.sheet_selection import SheetChoice
from sync.errors import SheetError
from sync.mapping.table import Table, tabulate
from sync.model import Sheet

CELL = st.sampled_from(["", "a", "a;b", " b , ;a", ";", None])
SHEETS = st.lists(st.lists(st.tuples(CELL, CELL, CELL), max_size=5), min_size=1, max_size=3)
Cells = tuple[str | None, ...]


def sheets(rows: list[list[Cells]]) -> list[Sheet]:
    frames = [pd.DataFrame(each, columns=["ID", "X1", "X2"], index=range(2, len(each) + 2)) for each in rows]
    made = datetime(2026, 9, 1, tzinfo=UTC)
    return [Sheet(f"{n}.csv", None, frame.astype("str"), "d", made) for n, frame in enumerate(frames)]


def seen(table: Table, *columns: str) -> list[Cells]:
    cells = []
    for name in columns:
        column = table[name]
        cells.append([None if code < 0 else column.texts[code].as_py() for code in column.codes.tolist()])
    origins = [f"{table.origin(n).file}:{table.origin(n).row}" for n in range(len(table))]
    return list(zip(origins, *cells, strict=True))


def stripped(cell: str | None) -> str | None:
    return None if cell is None else cell.strip()


@given(SHEETS)
def test_split_makes_a_row_of_each_piece(rows: list[list[Cells]]) -> None:
    choice = SheetChoice.model_validate({"file": "f", "split": {"column": "X1", "by": [";", ","]}})
    expected: list[Cells] = []
    for n, each in enumerate(rows):
        for at, (name, cell, _) in enumerate(each, start=2):
            pieces = [piece.strip() for piece in cell.replace(",", ";").split(";")] if cell is not None else [None]
            kept = [piece for piece in pieces if piece != ""] or [""]
            expected += [(f"{n}.csv:{at}", stripped(name), piece) for piece in kept]
    assert seen(tabulate(sheets(rows), choice), "ID", "X1") == expected


@given(SHEETS)
def test_unpivot_makes_a_row_of_each_filled_cell(rows: list[list[Cells]]) -> None:
    choice = SheetChoice.model_validate({"file": "f", "unpivot": {"columns": ["X?"], "value": "V", "name": "N"}})
    table = tabulate(sheets(rows), choice)
    expected = [
        (f"{n}.csv:{at}", stripped(name), stripped(cell), column)
        for n, each in enumerate(rows)
        for at, (name, *cells) in enumerate(each, start=2)
        for column, cell in zip(("X1", "X2"), cells, strict=True)
        if stripped(cell) != ""
    ]
    assert seen(table, "ID", "V", "N") == expected
    assert [table.headers(["V"], n) for n in range(len(table))] == [(row[3],) for row in expected]


def test_columns_that_no_sheet_has_cannot_be_unpivoted() -> None:
    choice = SheetChoice.model_validate({"file": "f", "unpivot": {"columns": ["Y*"], "value": "V"}})
    with pytest.raises(SheetError, match=r"0.csv, row 1: no column to unpivot matches 'Y\*'"):
        tabulate(sheets([[("a", "b", "c")]]), choice)
