"""What is done with a store as a whole: it is made or upgraded, backed up, and copied into another database."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect

from sync.errors import Fault, StoreError
from sync.model import Clock
from sync.state import backup, copying, database, locking, revision
from sync.state.database import reading, writing
from sync.state.migrations import migrate
from sync.state.schema import HEAD


@dataclass(frozen=True, slots=True)
class Upgrade:
    """The versions of a store before and after; `backup` names the file or schema that keeps the store before.

    There is none if the store was up to date.
    """

    before: int
    after: int
    backup: str | None = None

    def __str__(self) -> str:
        if self.backup is None:
            return f"the state store is up to date (version {self.after})"
        return (
            f"upgraded the state store from version {self.before} to {self.after}; "
            f"the backup of the old one is {self.backup}"
        )


@dataclass(frozen=True, slots=True)
class StoreCopy:
    """A copy in another database, as a person would name it, and the number of rows in it by table."""

    database: str
    rows: Mapping[str, int]


_NOTHING_TO_DO = Upgrade(revision.version(HEAD), revision.version(HEAD))


def upgrade_store(url: str, clock: Clock) -> Upgrade:
    """Bring the store that a database URL names up to this release, as `open_store` does before anything else.

    Raises StoreError and StoreInUse as `open_store` does.
    """
    with database.opened(url) as engine:
        return up_to_date(engine, clock)


def back_up_store(url: str, path: Path) -> None:
    """Make a new SQLite file of a store of this or an earlier release, readable by its owner alone.

    What is at work on the store may continue: the copy is the store as it was at one moment. Raises StoreError if the
    file is there already or cannot be written, or if there is no store; no file is left behind then.
    """
    with database.opened(url) as engine, reading(engine) as connection:
        found = _revision(engine, connection)
        with backup.new_file(path):
            if database.file(engine):
                backup.copy_file(connection, path)
            else:
                backup.copy_rows(connection, found, path)


def copy_store(url: str, target: str, clock: Clock) -> StoreCopy:
    """Copy a store of this or an earlier release into another, empty database.

    Raises StoreInUse if another process is at work on the store: what it writes would not be in the copy. Raises
    StoreError if the other database is not empty, or if either fails; nothing is left in the other one then.
    """
    with database.opened(url) as engine:
        with reading(engine) as connection:
            _revision(engine, connection)
        with locking.lock(engine, clock), reading(engine) as connection, database.opened(target) as other:
            return StoreCopy(database.name(other), _copy(connection, other, _revision(engine, connection)))


def up_to_date(engine: Engine, clock: Clock) -> Upgrade:
    """Make the tables in an empty database, and upgrade a store of an earlier release."""
    name = database.name(engine)
    with reading(engine) as connection:
        found = revision.of(connection, name)
    if found is None:
        with writing(engine) as connection:
            found = revision.of(connection, name)  # another process may have been first
            if found is None:
                revision.create(connection)
    if found in (None, HEAD):
        return _NOTHING_TO_DO
    return _upgrade(engine, clock)


def _upgrade(engine: Engine, clock: Clock) -> Upgrade:
    """Take every step or none. A run of the release before may be in progress, and continues in its own words."""
    failed, hint = "the state store could not be upgraded", "Nothing in the store was changed."
    with locking.lock(engine, clock), ExitStack() as upgrade, writing(engine) as connection:
        found = _revision(engine, connection)
        if found == HEAD:  # another process was first
            return _NOTHING_TO_DO
        # The backup outlives the transaction, to be removed if that cannot be committed.
        place = upgrade.enter_context(backup.before_upgrade(engine, connection, found))
        with database.stating_faults(engine, failed, hint):
            revision.stamp(connection, found)
            migrate(connection, HEAD)
            revision.stamp(connection, HEAD)
    return Upgrade(revision.version(found), revision.version(HEAD), place)


def _copy(connection: Connection, other: Engine, found: str) -> Mapping[str, int]:
    with writing(other) as target:
        if inspect(target).get_table_names():
            hint = "Name a database without tables, or a file that does not exist."
            raise StoreError(Fault("the store can be copied only into an empty database", database.name(other), hint))
        return copying.copy(connection, target, found)


def _revision(engine: Engine, connection: Connection) -> str:
    """The revision of a store. Raises StoreError if there is none."""
    found = revision.of(connection, database.name(engine))
    if found is None:
        raise StoreError(Fault("the state store is empty; nothing was copied", database.name(engine)))
    return found
