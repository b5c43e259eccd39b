"""What a database keeps of deleted rows: free pages and a write-ahead log in SQLite, dead rows in PostgreSQL.

What the file system, the disk and a server's own log, replicas and backups keep is out of reach.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Engine

from sync.errors import Fault, StoreInUse
from sync.state import database
from sync.state.schema import tables

SPARE: Final = 4
"""A file is made smaller when more than one in this many of its pages is free."""

_FAILED: Final = "the records were removed, but the state store could not be rewritten"
_AGAIN: Final = "Run the same command again: it removes what is left of them."


@contextmanager
def overwriting(engine: Engine) -> Iterator[Connection]:
    """A transaction of which SQLite overwrites what it deletes with zeros."""
    with database.writing(engine) as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA secure_delete = ON")
        yield connection


def compact(engine: Engine) -> None:
    """Empty the write-ahead log, and make a file with many free pages smaller. PostgreSQL does so by itself."""
    if database.file(engine):
        with _alone(engine) as cursor:
            pages = cursor.execute("PRAGMA page_count").fetchone()[0]
            if cursor.execute("PRAGMA freelist_count").fetchone()[0] * SPARE > pages:
                cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def rewrite(engine: Engine) -> None:
    """Rewrite all tables, so that nothing is left of deleted rows in the database's own files.

    Raises StoreInUse if another process keeps SQLite's write-ahead log from being emptied, StoreError if there is not
    enough space.
    """
    with _alone(engine) as cursor:
        if engine.dialect.name == "postgresql":
            quote = engine.dialect.identifier_preparer.quote
            for table in tables.sorted_tables:
                cursor.execute(f"VACUUM (FULL) {quote(table.name)}")
            return
        cursor.execute("VACUUM")
        busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    if busy and database.file(engine):
        message = "the records were removed, but another process is still reading the write-ahead log"
        raise StoreInUse(Fault(message, database.name(engine), f"Once it has ended, {_AGAIN[0].lower()}{_AGAIN[1:]}"))


@contextmanager
def _alone(engine: Engine) -> Iterator[Any]:
    """A cursor outside transactions, in which neither database rewrites itself."""
    with database.stating_faults(engine, _FAILED, _AGAIN), closing(engine.raw_connection()) as connection:
        if engine.dialect.name == "postgresql":
            driver: Any = connection.driver_connection
            connection.detach()  # nobody else is to get it without transactions
            driver.autocommit = True
        with closing(connection.cursor()) as cursor:
            yield cursor
