"""The sandbox's tables. `same` columns have the values in the form that the site's database compares, indexed."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import Any

from sync.sandbox.consequences import CONSEQUENCES
from sync.sandbox.conventions import STANDARD_ROLES, SiteConventions
from sync.sandbox.settings import SandboxSettings

_PLAIN = SandboxSettings()

_TABLES = """
CREATE TABLE IF NOT EXISTS site (identifiers TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS role (
  same TEXT PRIMARY KEY, shortname TEXT NOT NULL UNIQUE, name TEXT NOT NULL, sortorder INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS category (
  id INTEGER PRIMARY KEY, parent INTEGER NOT NULL, name TEXT NOT NULL, same TEXT NOT NULL,
  UNIQUE (parent, same));
CREATE TABLE IF NOT EXISTS user (
  id INTEGER PRIMARY KEY AUTOINCREMENT, idnumber TEXT, same TEXT UNIQUE, username TEXT NOT NULL UNIQUE,
  firstname TEXT NOT NULL, lastname TEXT NOT NULL, email TEXT NOT NULL, same_email TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS user_email ON user (same_email);
CREATE TABLE IF NOT EXISTS course (
  id INTEGER PRIMARY KEY AUTOINCREMENT, idnumber TEXT NOT NULL, same TEXT NOT NULL UNIQUE, fullname TEXT NOT NULL,
  shortname TEXT NOT NULL, same_shortname TEXT NOT NULL UNIQUE, startdate INTEGER NOT NULL,
  category INTEGER NOT NULL REFERENCES category, enrolled_before INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS enrolment (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  course INTEGER NOT NULL REFERENCES course ON DELETE CASCADE,
  user INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
  plugin TEXT NOT NULL, role TEXT NOT NULL, status INTEGER NOT NULL DEFAULT 0,
  UNIQUE (user, course, plugin));
CREATE INDEX IF NOT EXISTS enrolment_course ON enrolment (course);
CREATE TABLE IF NOT EXISTS course_group (
  id INTEGER PRIMARY KEY AUTOINCREMENT, course INTEGER NOT NULL REFERENCES course ON DELETE CASCADE,
  idnumber TEXT, same TEXT, name TEXT NOT NULL, description TEXT NOT NULL,
  UNIQUE (course, same));
CREATE TABLE IF NOT EXISTS member (
  user INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
  course_group INTEGER NOT NULL REFERENCES course_group ON DELETE CASCADE,
  PRIMARY KEY (user, course_group)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS member_group ON member (course_group);
CREATE TABLE IF NOT EXISTS institution (
  id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, idnumber TEXT NOT NULL, same TEXT NOT NULL,
  name TEXT NOT NULL, UNIQUE (kind, same));
CREATE TABLE IF NOT EXISTS program_allocation (
  id INTEGER PRIMARY KEY AUTOINCREMENT, program INTEGER NOT NULL REFERENCES institution ON DELETE CASCADE,
  user INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
  startdate INTEGER NOT NULL, duedate INTEGER NOT NULL, enddate INTEGER NOT NULL,
  status INTEGER NOT NULL, timesuspended INTEGER NOT NULL, resets INTEGER NOT NULL,
  timecreated INTEGER NOT NULL, timemodified INTEGER NOT NULL,
  UNIQUE (user, program));
CREATE TABLE IF NOT EXISTS certification_allocation (
  id INTEGER PRIMARY KEY AUTOINCREMENT, certification INTEGER NOT NULL REFERENCES institution ON DELETE CASCADE,
  user INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
  startdate INTEGER NOT NULL, duedate INTEGER NOT NULL, expirydate INTEGER NOT NULL, certifieddate INTEGER NOT NULL,
  status INTEGER NOT NULL, timesuspended INTEGER NOT NULL, revoked INTEGER NOT NULL,
  timecreated INTEGER NOT NULL, timemodified INTEGER NOT NULL,
  UNIQUE (user, certification));
CREATE TABLE IF NOT EXISTS job (
  id INTEGER PRIMARY KEY AUTOINCREMENT, user INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
  department INTEGER NOT NULL REFERENCES institution ON DELETE CASCADE,
  position INTEGER NOT NULL REFERENCES institution ON DELETE CASCADE,
  startdate INTEGER NOT NULL, enddate INTEGER NOT NULL,
  timecreated INTEGER NOT NULL, timemodified INTEGER NOT NULL,
  UNIQUE (user, department, position));
CREATE TABLE IF NOT EXISTS manager (
  id INTEGER PRIMARY KEY AUTOINCREMENT, user INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
  manager INTEGER NOT NULL REFERENCES user ON DELETE CASCADE, permissions INTEGER NOT NULL,
  timecreated INTEGER NOT NULL, timemodified INTEGER NOT NULL,
  UNIQUE (user, manager));
CREATE INDEX IF NOT EXISTS manager_of ON manager (manager);
CREATE TABLE IF NOT EXISTS metalink (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  course INTEGER NOT NULL REFERENCES course ON DELETE CASCADE,
  linked INTEGER NOT NULL REFERENCES course ON DELETE CASCADE,
  course_group INTEGER REFERENCES course_group ON DELETE SET NULL,
  timecreated INTEGER NOT NULL, timemodified INTEGER NOT NULL,
  UNIQUE (course, linked));
CREATE INDEX IF NOT EXISTS metalink_linked ON metalink (linked);
CREATE INDEX IF NOT EXISTS metalink_group ON metalink (course_group);
CREATE TABLE IF NOT EXISTS completion (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  course INTEGER NOT NULL REFERENCES course ON DELETE CASCADE,
  user INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
  timecompleted INTEGER NOT NULL,
  UNIQUE (user, course));
CREATE INDEX IF NOT EXISTS completion_course ON completion (course);
CREATE TABLE IF NOT EXISTS grade (
  same_user TEXT NOT NULL, same_course TEXT NOT NULL, rawfinalgrade REAL NOT NULL, rawgrademax REAL NOT NULL,
  feedback TEXT NOT NULL, timemodified INTEGER NOT NULL,
  PRIMARY KEY (same_course, same_user)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS grade_user ON grade (same_user);
CREATE TABLE IF NOT EXISTS grade_category (
  item INTEGER PRIMARY KEY AUTOINCREMENT, same_course TEXT NOT NULL, id INTEGER NOT NULL, name TEXT NOT NULL,
  UNIQUE (same_course, id));
CREATE TABLE IF NOT EXISTS category_grade (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  item INTEGER NOT NULL REFERENCES grade_category ON DELETE CASCADE,
  user INTEGER NOT NULL REFERENCES user ON DELETE CASCADE,
  finalgrade REAL NOT NULL, locked INTEGER NOT NULL DEFAULT 0, overridden INTEGER NOT NULL DEFAULT 0,
  timemodified INTEGER NOT NULL,
  UNIQUE (user, item));
CREATE INDEX IF NOT EXISTS category_grade_item ON category_grade (item);
CREATE TABLE IF NOT EXISTS log (
  id INTEGER PRIMARY KEY AUTOINCREMENT, date_created TEXT NOT NULL, level TEXT NOT NULL, message TEXT NOT NULL,
  detail TEXT NOT NULL, params TEXT NOT NULL, request_method TEXT NOT NULL, request_url TEXT NOT NULL,
  request_body TEXT NOT NULL, response_body TEXT NOT NULL, response_status_code TEXT, ip TEXT NOT NULL,
  user_agent TEXT NOT NULL);
"""


def private(path: str, flags: int) -> int:
    """Open a file; a new one is readable by its owner alone. SQLite gives the files next to its own the same rights."""
    return os.open(path, flags, 0o600)


def opened(path: str | Path, conventions: SiteConventions, roles: Mapping[str, str]) -> sqlite3.Connection:
    """A connection to the site in the file `path`, created if missing. Statements commit outside transactions.

    Raises ValueError if the file was made with another comparison of identifiers: its indexes would be wrong.
    """
    if str(path) not in ("", ":memory:"):
        with suppress(OSError):  # what is wrong with it, SQLite says
            os.close(private(str(path), os.O_RDWR | os.O_CREAT))
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
    db.row_factory = sqlite3.Row
    # A crash of the machine may cost the sandbox's last writes; one of the process does not.
    db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON;")
    db.executescript(_TABLES + CONSEQUENCES)
    made = db.execute("SELECT identifiers FROM site").fetchone()
    if made is None:
        db.execute("INSERT INTO site VALUES (?)", (conventions.identifiers,))
    elif made[0] != conventions.identifiers:
        db.close()
        raise ValueError(f"{path} was created with identifiers {made[0]}; use that setting, or another file")
    known = [(conventions.same(short), short, name, place) for place, (short, name) in enumerate(roles.items())]
    db.executemany("INSERT OR REPLACE INTO role VALUES (?, ?, ?, ?)", known)
    return db


class Database:
    """A database, its conventions, and a lock that lets one thread at a time use it."""

    def __init__(self, settings: SandboxSettings = _PLAIN) -> None:
        self.conventions = settings.conventions
        self._db = opened(settings.db, self.conventions, {**STANDARD_ROLES, **settings.roles})
        self._lock = RLock()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of it or, after an exception, nothing. Within another transaction it is part of that."""
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
        """All its contents, to be put back with `restore`."""
        with self._lock:
            return self._db.serialize()

    def restore(self, snapshot: bytes) -> None:
        """Replace all contents by those of the snapshot, taken from this database or another one in memory."""
        with self._lock:
            self._db.deserialize(snapshot)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def _rows(self, sql: str, *values: str | None) -> list[Any]:
        with self._lock:
            return [tuple(row) for row in self._db.execute(sql, values)]
