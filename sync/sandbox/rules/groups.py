"""Groups of a course and their members. Who is in a group can't be read."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from sync.sandbox.conventions import SiteConventions, as_number, without_nul
from sync.sandbox.rules import ApiRefusal, Arguments, Json, Text, bad, courses, fitting, merged, missing, users
from sync.sandbox.rules.enrolments import enrolled
from sync.sandbox.shapes import TEXT, maybe, record

KEY = Text("groupid", 100)
BODY = (Text("name", 254), Text("description", 1_000_000, required=False, clean=without_nul))
SHAPE = record(groupid=maybe(TEXT), name=TEXT, description=TEXT)


def of_course(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    course = courses.found(db, conventions, args.at["courseid"])
    rows = db.execute("SELECT * FROM course_group WHERE course = ? ORDER BY id", (course["id"],))
    return [_shape(row) for row in rows]


def get(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    return _shape(_found(db, conventions, args))


def put(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json | ApiRefusal:
    """Create or update. To PHP `0` is empty: no group is found by it, so each call creates another one."""
    groupid = args.at["groupid"]
    course = courses.found(db, conventions, args.at["courseid"])["id"]
    before = in_course(db, conventions, course, groupid)
    values = merged(BODY, args.body, dict(before) if before else {})
    fitting((KEY, *BODY), {"groupid": groupid, **values})
    if before:
        db.execute(
            "UPDATE course_group SET name = :name, description = :description WHERE id = :id",
            {**values, "id": before["id"]},
        )
    else:
        insert(db, conventions, course, groupid, values)
    row = in_course(db, conventions, course, groupid)
    return _shape(row) if row else missing("Group", groupid)


def delete(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    db.execute("DELETE FROM course_group WHERE id = ?", (_found(db, conventions, args)["id"],))
    return None


def put_member(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    group = _found(db, conventions, args)
    user = users.found(db, conventions, args.at["userid"])
    if not enrolled(db, user["id"], group["course"]):
        raise bad(f"User {args.at['userid']} is not enrolled in course {args.at['courseid']}.")
    db.execute("INSERT OR IGNORE INTO member (user, course_group) VALUES (?, ?)", (user["id"], group["id"]))
    return None


def delete_member(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    group = _found(db, conventions, args)
    user = users.found(db, conventions, args.at["userid"])
    gone = db.execute("DELETE FROM member WHERE user = ? AND course_group = ?", (user["id"], group["id"]))
    if not gone.rowcount:
        raise ApiRefusal(404, "not_found", f"User {args.at['userid']} is not in group {args.at['groupid']}.")
    return None


def in_course(db: sqlite3.Connection, conventions: SiteConventions, course: int, groupid: str) -> sqlite3.Row | None:
    """The row of the course's group with that id, if there is one."""
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM course_group WHERE course = ? AND same = ?", (course, _same(groupid))
    ).fetchone()
    return row


def one_at_a_time(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> str:
    """Moodle keeps the groups of a course in a cache, and of two calls one may put back a stale list."""
    return f"two writes of groups in course {conventions.same(args.at['courseid'])}"


def unseen(args: Arguments) -> ApiRefusal:
    """The answer to a PUT that was done next to another write, and then looked for in a stale cache."""
    return missing("Group", args.at["groupid"])


def clear(db: sqlite3.Connection, course: int, groupid: str) -> None:
    """Act as an administrator who removes a group's ID number."""
    this = (course, _same(groupid))
    db.execute("UPDATE course_group SET idnumber = NULL, same = NULL WHERE course = ? AND same = ?", this)


def new_group(db: sqlite3.Connection, conventions: SiteConventions, course: int, groupid: str | None, name: str) -> int:
    """A new group of that name, checked like one of a PUT; returns Moodle's own id."""
    values = merged(BODY, {"name": name}, {})
    fitting((KEY, *BODY), {"groupid": groupid or "", **values})
    return insert(db, conventions, course, groupid, values)


def insert(
    db: sqlite3.Connection, conventions: SiteConventions, course: int, groupid: str | None, values: Mapping[str, str]
) -> int:
    """A new group; without a `groupid`, one created manually. Returns Moodle's own id."""
    new_group = db.execute(
        "INSERT INTO course_group (course, idnumber, same, name, description)"
        " VALUES (:course, :groupid, :same, :name, :description)",
        {**values, "course": course, "groupid": groupid, "same": _same(groupid)},
    )
    return new_group.lastrowid or 0


def _found(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> sqlite3.Row:
    course = courses.found(db, conventions, args.at["courseid"])
    row = in_course(db, conventions, course["id"], args.at["groupid"])
    if row is None:
        raise missing("Group", args.at["groupid"])
    return row


def _same(groupid: str | None) -> str | None:
    """The form in which group ids are compared; None for an id by which nothing is found."""
    return None if groupid in (None, "", "0") else as_number(groupid)


def _shape(group: sqlite3.Row) -> dict[str, object]:
    return {"groupid": group["idnumber"], "name": group["name"], "description": group["description"]}
