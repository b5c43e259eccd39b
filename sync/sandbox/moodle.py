"""The site as seen from within the process: to set the stage for a test, and to look at what came of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from threading import RLock
from typing import Any

from sync.sandbox.manners import STANDARD_ROLES, Identifiers, Manners, zone_named
from sync.sandbox.rules import Ask, courses, enrolments, groups, users
from sync.sandbox.schema import opened
from sync.sandbox.settings import Request


class Moodle:
    """A database, the manners it keeps, and a lock that lets one thread at a time have it."""

    def __init__(
        self,
        db: str | Path = ":memory:",
        identifiers: Identifiers = "ignore_case",
        timezone: str = "Europe/London",
        roles: Mapping[str, str] | None = None,
    ) -> None:
        self.manners = Manners(identifiers, zone_named(timezone))
        self._db = opened(db, self.manners, {**STANDARD_ROLES, **(roles or {})})
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

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def add_user(
        self,
        userid: str | None,
        username: str,
        email: str | None = None,
        firstname: str = "Test",
        lastname: str = "User",
    ) -> None:
        """Put a user; without a `userid`, someone created by hand, whom no SIS knows."""
        body = {
            "username": username,
            "firstname": firstname,
            "lastname": lastname,
            "email": email or f"{username}@example.com",
        }
        with self.transaction() as db:
            if userid is None:
                users.insert(db, None, None, body)
            else:
                users.put(db, self.manners, Ask({"userid": userid}, body=body))

    def add_course(self, courseid: str, fullname: str | None = None, shortname: str | None = None, **more: str) -> None:
        """Put a course; `more` may give startdate and categorypath. Names default to the `courseid`."""
        body = {"fullname": fullname or courseid, "shortname": shortname or courseid, **more}
        with self.transaction() as db:
            courses.put(db, self.manners, Ask({"courseid": courseid}, body=body))

    def add_enrolment(
        self, user: str, course: str, role: str = "student", plugin: str = "nexsis", suspended: bool = False
    ) -> None:
        """Enrol by any plugin. `user` is a userid, or the username of someone created by hand."""
        with self.transaction() as db:
            at_course = courses.found(db, self.manners, course)["id"]
            row = db.execute("SELECT id FROM user WHERE username = ?", (user,)).fetchone()
            person = row["id"] if row else users.found(db, self.manners, user)["id"]
            enrolments.enrol(db, person, at_course, enrolments.role_named(db, self.manners, role), plugin)
            db.execute(
                "UPDATE enrolment SET status = ? WHERE user = ? AND course = ? AND plugin = ?",
                (int(suspended), person, at_course, plugin),
            )

    def add_group(self, course: str, groupid: str | None, name: str, description: str = "") -> None:
        """Put a group; without a `groupid`, one a teacher made by hand."""
        body = {"name": name, "description": description}
        with self.transaction() as db:
            at_course = courses.found(db, self.manners, course)["id"]
            groups.insert(db, self.manners, at_course, groupid, body)

    def rename_category(self, path: str, name: str) -> None:
        """What an administrator does behind the SIS's back."""
        with self.transaction() as db:
            category = courses.category_at(db, self.manners, path)
            db.execute("UPDATE category SET name = ?, same = ? WHERE id = ?", (name, self.manners.same(name), category))

    def users(self) -> list[tuple[str | None, str, str, str, str]]:
        """(userid, username, firstname, lastname, email), in the order they were made."""
        return self._rows("SELECT idnumber, username, firstname, lastname, email FROM user ORDER BY id")

    def courses(self) -> list[tuple[str, str, str, str, str]]:
        """(courseid, fullname, shortname, startdate, categorypath), in the order they were made."""
        with self._lock:
            rows = self._db.execute("SELECT * FROM course ORDER BY id").fetchall()
            shapes = [courses.shape(self._db, self.manners, row) for row in rows]
        names = ("courseid", "fullname", "shortname", "startdate", "categorypath")
        return list(map(itemgetter(*names), shapes))

    def categories(self) -> list[str]:
        """The path of every category, sorted."""
        with self._lock:
            rows = self._db.execute("SELECT id FROM category").fetchall()
            return sorted(courses.path_of(self._db, row["id"]) for row in rows)

    def enrolments(self, plugin: str | None = None) -> list[tuple[str | None, str, str]]:
        """(userid, courseid, role's short name), sorted; of one plugin, or of all."""
        return sorted(
            self._rows(
                "SELECT u.idnumber, c.idnumber, e.role FROM enrolment e JOIN user u ON u.id = e.user"
                " JOIN course c ON c.id = e.course WHERE e.plugin = coalesce(?, e.plugin)",
                plugin,
            ),
            key=str,
        )

    def groups(self) -> list[tuple[str, str | None, str, str]]:
        """(courseid, groupid, name, description), sorted."""
        return sorted(
            self._rows(
                "SELECT c.idnumber, g.idnumber, g.name, g.description"
                " FROM course_group g JOIN course c ON c.id = g.course"
            ),
            key=str,
        )

    def members(self) -> list[tuple[str, str | None, str | None]]:
        """(courseid, groupid, userid), sorted."""
        return sorted(
            self._rows(
                "SELECT c.idnumber, g.idnumber, u.idnumber FROM member m JOIN user u ON u.id = m.user"
                " JOIN course_group g ON g.id = m.course_group JOIN course c ON c.id = g.course"
            ),
            key=str,
        )

    def _rows(self, sql: str, *values: str | None) -> list[Any]:
        with self._lock:
            return [tuple(row) for row in self._db.execute(sql, values)]


@dataclass(frozen=True)
class Sandbox:
    """A Moodle that is being served: the site's address, its token, what was requested so far, and the site itself."""

    url: str
    token: str
    requests: list[Request]
    moodle: Moodle

    @property
    def races(self) -> list[Request]:
        """The requests that would have written duplicates on a real Moodle."""
        return [request for request in self.requests if request.race]
