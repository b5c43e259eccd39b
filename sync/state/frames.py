"""Frames from tables and back, a column at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from functools import cache
from itertools import repeat
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
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

_NO_NUMBER: Final = np.iinfo(np.int64).min
_NO_TEXT: Final = "\x15"
"""NULL in a list of numbers, and in one of texts."""

_BETWEEN: Final = "\x1e"
"""Stands between the texts of a list."""


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
    """Let SQLite list each column in one text: no Python object for each cell, in a third of the time of fetching rows.

    A column may come to 1 GB, SQLite's limit for one value. Where texts hold what stands for something else in a list,
    the rows are fetched.
    """
    # Each list is let go once it is a column: there may be gigabytes of them.
    found = deque(connection.execute(_listed(tuple(columns)).where(where)).one())
    length, cells, right = found.popleft(), [], True
    for column in columns:
        array = _numbers(found.popleft()) if _is_number(column) else _texts(found.popleft())
        right &= (len(array), len(array) - array.null_count) == (length, found.popleft())
        cells.append(array)
    return cells if right else _read_rows(connection, columns, where)


@cache
def _listed(columns: tuple[Column[Any], ...]) -> Select[Any]:
    """The number of rows; for each column, its cells as one text, and how many are not NULL."""
    # Literals, not parameters: SQLite checks a parameter again for every row.
    no_number: ColumnElement[int] = literal_column(str(_NO_NUMBER))
    no_text: ColumnElement[str] = literal_column(f"'{_NO_TEXT}'")
    between: ColumnElement[str] = literal_column(f"'{_BETWEEN}'")
    asked: list[ColumnElement[Any]] = [func.count()]
    for column in columns:
        cells: ColumnElement[Any]
        if _is_number(column):
            cells = func.group_concat(_filled(column, no_number))
        else:
            cells = cast(func.group_concat(_filled(column, no_text), between), LargeBinary)
        asked += [cells, func.count(column if column.nullable else None)]
    return select(*asked)


def _filled(column: Column[Any], null: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.coalesce(column, null) if column.nullable else column


def _numbers(listed: str | None) -> pa.Array:
    numbers = np.fromstring(listed, np.int64, sep=",") if listed else np.empty(0, np.int64)
    return pa.array(numbers, mask=numbers == _NO_NUMBER)


def _texts(listed: bytes | None) -> pa.Array:
    if listed is None:
        return pa.array([], pa.large_string())
    ends = pa.py_buffer(np.array([0, len(listed)], np.int64))
    whole = pa.LargeStringArray.from_buffers(1, ends, pa.py_buffer(listed))
    texts = pc.split_pattern(whole, _BETWEEN).flatten()
    missing = pc.equal(texts, _NO_TEXT)
    return pc.if_else(missing, None, texts) if missing.true_count else texts
