"""Opens a database by its URL; transactions; a database's errors as sentences for a person."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import StaticPool

from sync.errors import Fault, StoreError

PATIENCE = 30
"""Seconds to wait for another process's transaction."""


@contextmanager
def opened(url: str | URL) -> Iterator[Engine]:
    """An engine for the URL, whose connections end with the context. Raises StoreError as `connect` does."""
    engine = connect(url)
    try:
        yield engine
    finally:
        engine.dispose()


def connect(url: str | URL) -> Engine:
    """An engine for the URL; a SQLite file is created, readable by its owner alone, if it is not there.

    Raises StoreError for a URL that cannot be understood, a database of another kind, a missing folder or driver.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        # The text is not repeated: it may hold a password.
        hint = "Write it as a URL, such as sqlite:///state.db or postgresql+psycopg://host/name."
        raise StoreError(Fault("this is not the URL of a database", hint=hint)) from error
    make = parsed.get_backend_name()
    if make == "sqlite":
        return _sqlite(parsed)
    if make == "postgresql":
        return _postgresql(parsed)
    raise StoreError(
        Fault(f"the state store cannot be a {make} database", hint="Use SQLite (`sqlite:///FILE`) or PostgreSQL.")
    )


def name(engine: Engine) -> str:
    """The database as a person would name it: the file, or the URL without its password."""
    return file(engine) or engine.url.render_as_string(hide_password=True)


def file(engine: Engine) -> str | None:
    """The file of a SQLite database; None for one in memory or on a server."""
    database = engine.url.database
    if engine.dialect.name != "sqlite" or database in (None, "", ":memory:"):
        return None
    return os.path.realpath(str(database))


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one state of the store and writes nothing."""
    one_state = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    with stating_faults(engine), engine.execution_options(**one_state).begin() as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that is durable once left, or leaves no trace if it is left by an error."""
    # A transaction that begins as a reader and then writes fails at once, not after `PATIENCE`, if another has
    # written in between.
    with stating_faults(engine), engine.execution_options(sqlite_begin="BEGIN IMMEDIATE").begin() as connection:
        yield connection


@contextmanager
def stating_faults(engine: Engine, failed: str = "the state store cannot be used", hint: str = "") -> Iterator[None]:
    """Turn what the database complains of into a StoreError that says what has failed."""
    try:
        yield
    except (DBAPIError, engine.dialect.loaded_dbapi.Error) as error:
        first = str(getattr(error, "orig", error)).strip().partition("\n")[0]
        raise StoreError(Fault(f"{failed}: {first}", where=name(engine), hint=hint)) from error


def _postgresql(url: URL) -> Engine:
    try:
        return create_engine(url, paramstyle="format")
    except (ImportError, ArgumentError) as error:
        raise StoreError(
            Fault(
                f"a store on PostgreSQL needs its driver: {error}",
                hint="Install it with: pip install 'psycopg[binary]'",
            )
        ) from error


def _sqlite(url: URL) -> Engine:
    if url.database in (None, "", ":memory:"):
        engine = create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False})
    else:
        _make_file(Path(str(url.database)))
        engine = create_engine(url, connect_args={"timeout": PATIENCE})
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_file(path: Path) -> None:
    """SQLite gives the files beside a database the permissions of the database's own."""
    if not path.parent.is_dir():
        raise StoreError(
            Fault(
                f"there is no folder {path.parent.absolute()} for the state store {path.name}",
                hint="Create the folder, or correct `state:` in the site file.",
            )
        )
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreError(Fault(f"the state store cannot be opened: {error.strerror}", where=str(path))) from error


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun by `_begin_sqlite`, so that they hold DDL too
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))
