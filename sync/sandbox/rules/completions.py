"""Completions of courses: posted once, never changed."""

from __future__ import annotations

import sqlite3

from sync.sandbox.conventions import SiteConventions
from sync.sandbox.rules import ApiRefusal, Arguments, Instant, Json, as_php, bad, courses, logs, users
from sync.sandbox.shapes import NUMERAL, constant, record

_FIXED: dict[str, object] = {"timeenrolled": "0", "timestarted": "0", "reaggregate": "0"}
SHAPE = record(
    id=NUMERAL,
    userid=NUMERAL,
    course=NUMERAL,
    timecompleted=NUMERAL,
    **{name: constant(value) for name, value in _FIXED.items()},
)
_COMPLETED = Instant("timestamp_course_completion")


def get(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    """The user's record, in Moodle's own ids; Refused (404) if there is none.

    Enrolling makes none: Moodle's nightly task may, in courses that ask for it. In a record made that way,
    `timecompleted` is 0.
    """
    row = _row(db, *_pair(db, conventions, args))
    if row is None:
        message = f"User {args.at['userid']} has no completion of course {args.at['courseid']}."
        raise ApiRefusal(404, "not_found", message)
    return {**as_php(row), **_FIXED}


def post(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    """Complete, whether enrolled or not. An earlier completion stays as it is; that is logged, and no error."""
    user, course = _pair(db, conventions, args)
    completed = _COMPLETED.read(conventions, args.at)
    if completed <= 0:
        raise bad(f"{_COMPLETED.name} must be a time since 1970.")
    before = _row(db, user, course)
    if before and before["timecompleted"]:
        detail = f"Time completed for course {course} already exists for student {user}"
        logs.write(db, "info", "Course completion already exists", detail)
    else:
        put(db, user, course, completed)
    return None


def put(db: sqlite3.Connection, user: int, course: int, completed: int) -> None:
    """Put a record, with 0 for somebody who has not completed."""
    db.execute(
        "INSERT INTO completion (user, course, timecompleted) VALUES (?, ?, ?)"
        " ON CONFLICT (user, course) DO UPDATE SET timecompleted = excluded.timecompleted",
        (user, course, completed),
    )


def _pair(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> tuple[int, int]:
    user = users.found(db, conventions, args.at["userid"])
    return user["id"], courses.found(db, conventions, args.at["courseid"])["id"]


def _row(db: sqlite3.Connection, user: int, course: int) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute(
        "SELECT id, user AS userid, course, timecompleted FROM completion WHERE user = ? AND course = ?",
        (user, course),
    ).fetchone()
    return row
