"""The sandbox's tables. `same` columns hold what the site's database would compare, indexed."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path

from sync.sandbox.manners import Manners

_TABLES = """
CREATE TABLE IF NOT EXISTS site (identifiers TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS role (same TEXT PRIMARY KEY, shortname TEXT NOT NULL UNIQUE, name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS category (
  id INTEGER PRIMARY KEY, parent INTEGER NOT NULL, name TEXT NOT NULL, same TEXT NOT NULL,
  UNIQUE (parent, same));
CREATE TABLE IF NOT EXISTS user (
  id INTEGER PRIMARY KEY AUTOINCREMENT, idnumber TEXT, same TEXT UNIQUE, username TEXT NOT NULL UNIQUE,
  firstname TEXT NOT NULL, lastname TEXT NOT NULL, email TEXT NOT NULL, same_email TEXT NOT NULL UNIQUE);
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
"""


def opened(path: str | Path, manners: Manners, roles: Mapping[str, str]) -> sqlite3.Connection:
    """A connection to the site kept in `path`, made if absent. Each statement commits unless a transaction is begun.

    Raises ValueError if the file was made with another comparison of identifiers: its indexes would lie.
    """
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
    db.row_factory = sqlite3.Row
    # A crash of the machine may cost the sandbox's last writes; one of the process does not.
    db.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON;" + _TABLES)
    made = db.execute("SELECT identifiers FROM site").fetchone()
    if made is None:
        db.execute("INSERT INTO site VALUES (?)", (manners.identifiers,))
    elif made[0] != manners.identifiers:
        db.close()
        raise ValueError(f"{path} was made with identifiers {made[0]}; serve it so, or choose another file")
    known = [(manners.same(shortname), shortname, name) for shortname, name in roles.items()]
    db.executemany("INSERT OR REPLACE INTO role VALUES (?, ?, ?)", known)
    return db
