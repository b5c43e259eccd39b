"""What a support person asks of a store, found out without making, upgrading or locking one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from sync.state import database, locking, revision
from sync.state.schema import HEAD


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """A store as it is.

    name:    its file, or its URL without the password
    version: of its tables; None if there is no store yet
    current: whether that is this release's
    size:    in bytes
    holder:  what is known of the process that has locked it; blank if none has
    """

    name: str
    version: int | None
    current: bool = False
    size: int = 0
    holder: str = ""


def inspect_store(url: str, file: Path | None) -> StoreFacts:
    """Look at the store of a database URL, which is in a `file` if it is SQLite. Raises StoreError."""
    if file is not None and not file.exists():
        return StoreFacts(str(file), None)
    with database.opened(url) as engine:
        name = database.name(engine)
        with database.reading(engine) as connection:
            found = revision.of(connection, name)
            if found is None:
                return StoreFacts(name, None)
            size = file.stat().st_size if file else connection.scalar(_SIZE) or 0
        return StoreFacts(name, revision.version(found), found == HEAD, int(size), locking.holder(engine))


_SIZE = text("SELECT pg_database_size(current_database())")
