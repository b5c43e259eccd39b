"""The tables, and how a database becomes a store or is refused as one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import (
    DDL,
    Column,
    Connection,
    ForeignKey,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    event,
    insert,
    inspect,
    select,
    update,
)

from sync.errors import Fault, StoreError
from sync.model import CHANGES, LEDGER

VERSION = 2
"""Grows by one with every change of the tables that an older program could not handle."""

JOURNAL = ("status", "attempts", "http_status", "error", "run")
"""The only columns of a stored change that are updated; `run` is the run of the last attempt."""

_NUMBERS = {"owned", "checked", "n", "stage", "covered_by", "row", "attempts", "http_status"}


def _columns(names: Iterable[str], said: Collection[str]) -> list[Column[int] | Column[str]]:
    return [
        Column(name, Integer, nullable=name not in said)
        if name in _NUMBERS
        else Column(name, Text, nullable=name not in said)
        for name in names
    ]


tables = MetaData()

about = Table(
    "nexsis_sync",
    tables,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
"""Facts about the store itself: `version`, and `holder`, who took the lock last."""

# Clustered by its key, a resource's rows are next to each other: a million are read in two thirds of the time.
ledger = Table(
    "ledger",
    tables,
    Column("resource", Text, primary_key=True),
    Column("match", Text, primary_key=True),
    *_columns(LEDGER[1:], said={"key", "claims", "owned", "checked"}),
    sqlite_with_rowid=False,
)

plans = Table(
    "plans",
    tables,
    Column("seq", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("site", Text, nullable=False),
    Column("created", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("inputs", Text, nullable=False),
    Column("holds", Text, nullable=False),
    Column("issues", Text, nullable=False),
)
"""`seq` is the order of storing; the last four are JSON."""

changes = Table(
    "changes",
    tables,
    Column("plan", Text, ForeignKey(plans.c.id), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    *_columns(CHANGES[1:], said={"stage", "resource", "op", "match", "key", "cause", "status", "attempts"}),
    Column("run", Text),
    sqlite_with_rowid=False,
)

approvals = Table(
    "approvals",
    tables,
    Column("plan", Text, ForeignKey(plans.c.id), primary_key=True),
    Column("hold", Text, primary_key=True),
    Column("by", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("expires", Text, nullable=False),
)

runs = Table(
    "runs",
    tables,
    Column("seq", Integer, primary_key=True),
    Column("id", Text, nullable=False),
    Column("plan", Text, ForeignKey(plans.c.id), nullable=False),
    Column("started", Text, nullable=False),
    Column("finished", Text),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    UniqueConstraint("id"),
)

# SQLite checks the columns an UPDATE names when it compiles it, so this costs the journal nothing.
_FREEZE = DDL(  # type: ignore[no-untyped-call]
    "CREATE TRIGGER changes_content BEFORE UPDATE OF "
    + ", ".join(f'"{column.name}"' for column in changes.columns if column.name not in JOURNAL)
    + " ON changes BEGIN SELECT RAISE(ABORT, 'the content of a stored change never changes'); END"
)
_THAW = DDL("DROP TRIGGER IF EXISTS changes_content")  # type: ignore[no-untyped-call]
event.listen(changes, "after_create", _FREEZE.execute_if(dialect="sqlite"))


@contextmanager
def thawed(connection: Connection) -> Iterator[None]:
    """While an earlier release's store is upgraded, stored changes may be rewritten."""
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        connection.execute(_THAW)
    yield
    if sqlite:
        connection.execute(_FREEZE)


def prepare(connection: Connection, name: str) -> bool:
    """Make the tables in an empty database; check that a filled one is a store this program understands.

    True if an earlier version made it, so that it must be upgraded before it is used. Raises StoreError if `name`
    holds something else, or was made by a newer version.
    """
    found = inspect(connection).get_table_names()
    if about.name in found:
        return _check_version(connection, name) < VERSION
    if found:
        raise StoreError(
            Fault(
                f"this database is not a nexsis-sync store; it contains {', '.join(sorted(found)[:3])}",
                where=name,
                hint="use a separate database for `state:` in the site file; an empty or missing one is set up",
            )
        )
    tables.create_all(connection, checkfirst=False)
    connection.execute(insert(about).values(name="version", value=str(VERSION)))
    return False


def stored_version(connection: Connection) -> int:
    """The version by which a store was last made or upgraded."""
    return int(connection.execute(_VERSION).scalar_one())


def set_version(connection: Connection) -> None:
    """Record that the store is of this program's version now."""
    connection.execute(update(about).where(about.c.name == "version").values(value=str(VERSION)))


_VERSION = select(about.c.value).where(about.c.name == "version")


def _check_version(connection: Connection, name: str) -> int:
    version = connection.scalar(_VERSION)
    if version is None or int(version) > VERSION:
        raise StoreError(
            Fault(
                f"this store was created by a newer nexsis-sync (store version {version}, this one knows {VERSION})",
                where=name,
                hint="install that version again, or use another store (`state:` in the site file)",
            )
        )
    return int(version)
