"""The site's database from within the process: what the parts of Moodle stand on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

from sync.sandbox.conventions import STANDARD_ROLES, Identifiers, SiteConventions, zone_named
from sync.sandbox.schema import opened


class Database:
    """A database, the conventions it keeps, and a lock that lets one thread at a time have it."""

    def __init__(
        self,
        db: str | Path = ":memory:",
        identifiers: Identifiers = "ignore_case",
        timezone: str = "Europe/London",
        roles: Mapping[str, str] | None = None,
    ) -> None:
        self.conventions = SiteConventions(identifiers, zone_named(timezone))
        self._db = opened(db, self.conventions, {**STANDARD_ROLES, **(roles or {})})
        self._lock = RLock()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of it or, if an exception passes through, nothing. Inside another one it is part of that."""
        with self._lock:
            if self._db.in_transaction:
                yield self._db
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def snapshot(self) -> bytes:
        """All it holds, to be put back with `restore`."""
        with self._lock:
            return self._db.serialize()

    def restore(self, snapshot: bytes) -> None:
        """Hold just what was held when the snapshot was taken, by this database or another one in memory."""
        with self._lock:
            self._db.deserialize(snapshot)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def _rows(self, sql: str, *values: str | None) -> list[Any]:
        with self._lock:
            return [tuple(row) for row in self._db.execute(sql, values)]
