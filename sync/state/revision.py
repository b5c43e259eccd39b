"""Which revision of the tables a database has: that of the last of the `migrations` that it has been through."""

from __future__ import annotations

from sqlalchemy import Column, Connection, MetaData, String, Table, delete, insert, inspect, select

from sync.errors import Fault, StoreError
from sync.state.schema import HEAD, about, tables

stamps = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))
"""Alembic's own table, here to be read without Alembic. Not part of `tables`, which Alembic compares."""

_VERSION = select(about.c.value).where(about.c.name == "version")


def of(connection: Connection, name: str) -> str | None:
    """The revision of the store in a database called `name`; None if the database is empty.

    Raises StoreError if it holds something else, or a store of a newer release.
    """
    found = inspect(connection).get_table_names()
    if not found:
        return None
    if about.name not in found:
        raise StoreError(
            Fault(
                f"this database is not a nexsis-sync store; it contains {', '.join(sorted(found)[:3])}",
                where=name,
                hint="Use a separate database for `state:` in the site file; an empty or missing one is set up.",
            )
        )
    # The first releases wrote down no more than a version.
    stated = connection.scalar(select(stamps) if stamps.name in found else _VERSION) or "unknown"
    revision = stated.rjust(len(HEAD), "0")
    if revision > HEAD:
        raise StoreError(
            Fault(
                f"this store was created by a newer nexsis-sync (store version {stated.lstrip('0')}, "
                f"this release supports up to {version(HEAD)})",
                where=name,
                hint="Install that version again, or use another store (`state:` in the site file).",
            )
        )
    return revision


def version(revision: str) -> int:
    """A revision as people and the first releases count it."""
    return int(revision)


def create(connection: Connection) -> None:
    """Make the tables in an empty database."""
    tables.create_all(connection, checkfirst=False)
    stamp(connection, HEAD)


def stamp(connection: Connection, revision: str) -> None:
    """Write down the revision of a store, for Alembic and for the first releases."""
    stamps.create(connection, checkfirst=True)
    connection.execute(delete(stamps))
    connection.execute(insert(stamps).values(version_num=revision))
    connection.execute(delete(about).where(about.c.name == "version"))
    connection.execute(insert(about).values(name="version", value=str(version(revision))))
