"""All rows of a store into another, of the same revision, whichever revision that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
from pyarrow import csv
from sqlalchemy import Connection, MetaData, Row, Table, func, insert, select
from sqlalchemy.schema import CreateSchema

from sync.errors import StoreError
from sync.state import frames
from sync.state.migrations import migrate
from sync.state.revision import stamps

BATCH = 20_000
"""Rows in memory at a time: some 20 MB."""


def copy(source: Connection, target: Connection, revision: str) -> Mapping[str, int]:
    """Fill an empty database with a store of some revision; the number of rows, by table.

    Raises StoreError if not every row has arrived.
    """
    tables = _made(target, revision)
    for table in tables:
        rows = source.execute(select(table), execution_options={"yield_per": BATCH})
        for some in rows.partitions():
            _insert(target, table, some)
        _continue_numbers(target, table)
    counts = {str(table.name): _count(target, table) for table in tables}
    missing = {table.name: lost for table in tables if (lost := _count(source, table) - counts[table.name])}
    if missing:
        raise StoreError(f"rows are missing from the copy: {', '.join(f'{n:,} in {of}' for of, n in missing.items())}")
    return counts


def copy_into_schema(connection: Connection, schema: str, revision: str) -> None:
    """Make a schema in a store's own PostgreSQL database, and a copy of the store in it, as part of a transaction.

    The copy is a store by itself: a connection whose `search_path` is the schema can use it.
    """
    home, path = connection.execute(select(func.current_schema(), func.current_setting("search_path"))).one()
    connection.execute(CreateSchema(schema))
    connection.execute(select(func.set_config("search_path", f'"{schema}"', True)))
    for table in _made(connection, revision):
        original = table.to_metadata(MetaData(), schema=home)
        connection.execute(insert(table).from_select(table.columns.keys(), select(original)))
        _continue_numbers(connection, table)
    connection.execute(select(func.set_config("search_path", path, True)))


def _made(connection: Connection, revision: str) -> Sequence[Table]:
    """The tables of a revision, made in an empty place; those that others refer to come first."""
    migrate(connection, revision)
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name != stamps.name]


def _insert(connection: Connection, table: Table, rows: Sequence[Row[Any]]) -> None:
    if connection.dialect.driver != "psycopg":
        frames.execute_many(connection, insert(table), list(map(tuple, rows)))
        return
    # COPY, with whole columns made into text, takes a quarter of the time.
    columns = pa.table(frames.arrays(list(table.columns), rows), names=table.columns.keys())
    lines = pa.BufferOutputStream()
    csv.write_csv(columns, lines, csv.WriteOptions(include_header=False, quoting_style="all_valid"))
    quote = connection.dialect.identifier_preparer.quote
    names = ", ".join(map(quote, table.columns.keys()))
    statement = f"COPY {quote(table.name)} ({names}) FROM STDIN (FORMAT csv, ENCODING 'UTF8')"
    cursor: Any = connection.connection.cursor()
    with cursor, cursor.copy(statement) as stream:
        stream.write(memoryview(lines.getvalue()))


def _continue_numbers(connection: Connection, table: Table) -> None:
    """Let PostgreSQL number new rows after those that came with their numbers. SQLite does so by itself."""
    column = table.autoincrement_column
    if column is None or connection.dialect.name != "postgresql":
        return
    sequence = func.pg_get_serial_sequence(table.name, column.name)
    connection.execute(select(func.setval(sequence, func.max(column))))


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()
