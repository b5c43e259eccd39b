"""Frames from tables and back, a column at a time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import repeat
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Executable,
    Integer,
    LargeBinary,
    Select,
    Table,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects import sqlite

_TEXT: Any = pd.StringDtype("pyarrow", na_value=np.nan)

_NO_NUMBER = np.iinfo(np.int64).min
_NO_TEXT = -1
"""NULL in a list of numbers, and in a list of lengths (short, since whole columns may be NULL)."""

# A literal, not a parameter: SQLite checks a parameter again for every row.
_NOTHING: ColumnElement[str] = literal_column("''")


def read(connection: Connection, columns: Sequence[Column[Any]], where: ColumnElement[bool]) -> pd.DataFrame:
    """The rows of a table as a frame, in no order: `str` for text, `int64` for numbers, `Int64` if they may be NA."""
    read_arrays = _read_sqlite if connection.dialect.name == "sqlite" else _read_rows
    cells = zip(columns, read_arrays(connection, columns, where), strict=True)
    return pd.DataFrame({column.name: _cells(column, array) for column, array in cells}, copy=False)


def _cells(column: Column[Any], array: pa.Array) -> Any:
    if not _is_number(column):
        return _TEXT.__from_arrow__(array)
    return array.to_numpy() if not column.nullable else pd.array(array, dtype="Int64")


def rows(frame: pd.DataFrame, columns: Sequence[Column[Any]], first: str) -> list[tuple[Any, ...]]:
    """A frame's rows as a database accepts them, `first` before each: None for NA, whatever the dtypes are."""
    if not len(frame):
        return []
    cells = (
        pa.array(frame[column.name].astype("Int64" if _is_number(column) else _TEXT)).to_pylist() for column in columns
    )
    return list(zip(repeat(first, len(frame)), *cells, strict=True))


def upsert(table: Table, dialect: str) -> Executable:
    """INSERT of whole rows, in the order of the table's columns, that replaces the row of the same primary key."""
    if dialect == "postgresql":
        # Imported here because most stores are SQLite files, and small plans are made in about a second.
        from sqlalchemy.dialects import postgresql

        insert: postgresql.Insert | sqlite.Insert = postgresql.insert(table)
    else:
        insert = sqlite.insert(table)
    return insert.on_conflict_do_update(
        index_elements=list(table.primary_key),
        set_={column.name: insert.excluded[column.name] for column in table.columns if not column.primary_key},
    )


def execute_many(connection: Connection, statement: Any, parameters: Sequence[tuple[Any, ...]]) -> int:
    """Run a statement once for each tuple, without SQLAlchemy's work per row; the number of rows it changed."""
    if not parameters:
        return 0
    compiled = statement.compile(dialect=connection.dialect)
    return connection.exec_driver_sql(str(compiled), list(parameters)).rowcount


def _is_number(column: Column[Any]) -> bool:
    return isinstance(column.type, Integer)


def arrays(columns: Sequence[Column[Any]], rows: Sequence[Sequence[Any]]) -> list[pa.Array]:
    """Rows as a database gives them, an array a column."""
    values = zip(*rows, strict=True) if rows else [()] * len(columns)
    return [
        pa.array(cells, pa.int64() if _is_number(column) else pa.large_string())
        for column, cells in zip(columns, values, strict=True)
    ]


def _read_rows(connection: Connection, columns: Sequence[Column[Any]], where: ColumnElement[bool]) -> list[Any]:
    return arrays(columns, connection.execute(select(*columns).where(where)).all())


def _read_sqlite(connection: Connection, columns: Sequence[Column[Any]], where: ColumnElement[bool]) -> list[Any]:
    """Let SQLite lay out each column as Arrow does, all texts in one and their lengths: no Python object for each cell.

    A third of the time of fetching rows. A column may come to 1 GB, SQLite's limit for one value.
    """
    response = iter(connection.execute(_laid_out(tuple(columns)).where(where)).one())
    return [
        _numbers(next(response), _NO_NUMBER) if _is_number(column) else _texts(next(response), next(response))
        for column in columns
    ]


@cache
def _laid_out(columns: tuple[Column[Any], ...]) -> Select[Any]:
    asked: list[ColumnElement[Any]] = []
    for column in columns:
        if _is_number(column):
            asked.append(_listed(column, _NO_NUMBER))
        else:
            asked.append(cast(func.group_concat(column, _NOTHING), LargeBinary))
            asked.append(_listed(func.length(cast(column, LargeBinary)), _NO_TEXT))
    return select(*asked)


def _listed(numbers: ColumnElement[Any], null: int) -> ColumnElement[str]:
    return func.group_concat(func.coalesce(numbers, literal_column(str(null))))


def _numbers(listed: str | None, null: int) -> Any:
    numbers = np.fromstring(listed, np.int64, sep=",") if listed else np.empty(0, np.int64)
    return pa.array(numbers, mask=numbers == null)


def _texts(joined: bytes | None, lengths: str | None) -> Any:
    of_each = _numbers(lengths, _NO_TEXT)
    offsets = np.zeros(len(of_each) + 1, np.int64)
    np.cumsum(of_each.fill_null(0), out=offsets[1:])
    validity = of_each.buffers()[0]
    return pa.LargeStringArray.from_buffers(
        len(of_each), pa.py_buffer(offsets), pa.py_buffer(joined or b""), validity, of_each.null_count
    )
