"""A copy of a store as it is at one moment, whatever is at work on it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import chain, count
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, inspect

from sync.errors import Fault, StoreError
from sync.state import copying, database
from sync.state.schema import HEAD

_FAILED = "the state store could not be backed up"


@contextmanager
def before_upgrade(engine: Engine, connection: Connection, revision: str) -> Iterator[str]:
    """A backup of a store of an older revision, as a person would name it; it is removed if the upgrade fails.

    Of a SQLite file it is another file beside it. On PostgreSQL it is a schema of the same database, made as part of
    the connection's transaction. Raises StoreError if it cannot be made.
    """
    file = database.file(engine)
    if file is None:
        yield _into_schema(engine, connection, revision)
        return
    path = next(path for path in map(Path, _numbered(f"{file}.before-{HEAD}", "-")) if not path.exists())
    with new_file(path):
        with database.reading(engine) as unchanged:
            copy_file(unchanged, path)
        yield str(path)


@contextmanager
def new_file(path: Path) -> Iterator[None]:
    """A new file that only its owner can read; it is removed if an error leaves the context.

    Raises StoreError if the file is there already, or cannot be made.
    """
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise StoreError(Fault("this file already exists", str(path), "Use another name for the backup.")) from None
    except OSError as error:
        raise StoreError(Fault(f"{_FAILED}: {error.strerror}", str(path))) from error
    try:
        yield
    except BaseException:
        path.unlink()
        raise


def copy_file(connection: Connection, path: Path) -> None:
    """Copy the SQLite database that a connection reads into an empty file. Raises StoreError."""
    source = connection.connection.driver_connection
    assert isinstance(source, sqlite3.Connection)
    try:
        with closing(sqlite3.connect(path)) as copy:
            source.backup(copy)
    except sqlite3.Error as error:
        raise StoreError(Fault(f"{_FAILED}: {error}", str(path), "Check that the disk has enough space.")) from error


def copy_rows(connection: Connection, revision: str, path: Path) -> None:
    """Copy a store on PostgreSQL, of whatever revision, into an empty SQLite file. Raises StoreError."""
    with database.opened(URL.create("sqlite", database=str(path))) as engine, database.writing(engine) as target:
        copying.copy(connection, target, revision)


def _into_schema(engine: Engine, connection: Connection, revision: str) -> str:
    taken = inspect(connection).get_schema_names()
    schema = next(name for name in _numbered(f"before_{HEAD}", "_") if name not in taken)
    hint = "Its user needs the right to create schemas: GRANT CREATE ON DATABASE"
    with database.stating_faults(engine, _FAILED, hint):
        copying.copy_into_schema(connection, schema, revision)
    return f"schema {schema} of {database.name(engine)}"


def _numbered(name: str, joint: str) -> Iterator[str]:
    """Names to choose from: the plain one, then with numbers from 2."""
    return chain([name], (f"{name}{joint}{n}" for n in count(2)))
