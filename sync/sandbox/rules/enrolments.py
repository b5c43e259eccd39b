"""Enrolments: those of the API, `nexsis`, among those of other plugins; linked users are `meta`."""

from __future__ import annotations

import sqlite3

from sync.sandbox.conventions import SiteConventions
from sync.sandbox.rules import ApiRefusal, Arguments, Json, Text, bad, courses, users
from sync.sandbox.shapes import MOMENT, NUMERAL, SWITCH, TEXT, listed, maybe, record

_PLUGIN = "nexsis"
BODY = (Text("roleid", 100, always=True),)
QUERY = (Text("plugin", 100, required=False),)
OF_COURSE = listed(
    record(
        userenrol_id=NUMERAL,
        enrol=TEXT,
        enrolstatus=SWITCH,
        enrolstartdate=NUMERAL,
        enrolenddate=NUMERAL,
        firstname=TEXT,
        lastname=TEXT,
        email=TEXT,
        idnumber=maybe(TEXT),
        role=TEXT,
    )
)
OF_USER = listed(record(courseid=TEXT, fullname=TEXT, shortname=TEXT, startdate=MOMENT, roles=listed(TEXT)))


def of_course(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    """One row for each enrolment, of every plugin, suspended ones too; the role by its displayed name."""
    course = courses.found(db, conventions, args.at["courseid"])
    rows = db.execute(
        "SELECT CAST(e.id AS TEXT) AS userenrol_id, e.plugin AS enrol, CAST(e.status AS TEXT) AS enrolstatus,"
        " '0' AS enrolstartdate, '0' AS enrolenddate, u.firstname, u.lastname, u.email, u.idnumber, r.name AS role"
        " FROM enrolled e JOIN user u ON u.id = e.user JOIN role r ON r.shortname = e.role"
        " WHERE e.course = ? ORDER BY e.id",
        (course["id"],),
    )
    return [dict(row) for row in rows]


def of_user(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    """One row for each course, roles by short name. `plugin` selects the courses; the roles are of every plugin."""
    user = users.found(db, conventions, args.at["userid"])
    plugin = args.asked("plugin")
    listed: dict[int, dict[str, object]] = {}
    roles: dict[int, list[str]] = {}
    rows = db.execute(
        "SELECT e.course, e.plugin, e.role, c.idnumber, c.fullname, c.shortname, c.startdate"
        " FROM enrolled e JOIN course c ON c.id = e.course WHERE e.user = ? ORDER BY e.id",
        (user["id"],),
    )
    for row in rows:
        held = roles.setdefault(row["course"], [])
        if row["role"] not in held:
            held.append(row["role"])
        if plugin in (None, row["plugin"]):
            listed[row["course"]] = {
                "courseid": row["idnumber"],
                "fullname": row["fullname"],
                "shortname": row["shortname"],
                "startdate": conventions.iso_time(row["startdate"]),
                "roles": held,
            }
    return list(listed.values())


def put(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    user, course = _pair(db, conventions, args)
    roleid = args.body.get("roleid", "")
    if not roleid:
        raise bad("Missing required parameter: roleid.")
    role = role_named(db, conventions, roleid)
    if conventions.role_change == "add":
        role = _remaining(db, user, course, role)
    enrol(db, user, course, role, _PLUGIN)
    status = args.body.get("enrolstatus", "0" if conventions.enrol_status == "reset" else "")
    if conventions.enrol_status != "ignored" and status in ("0", "1"):
        set_status(db, (user, course, _PLUGIN), suspended=status == "1")
    return None


def set_status(db: sqlite3.Connection, enrolment: tuple[int, int, str], *, suspended: bool) -> None:
    """Suspend an enrolment (user, course, plugin), or make it active again."""
    where = "WHERE user = ? AND course = ? AND plugin = ?"
    db.execute(f"UPDATE enrolment SET status = ? {where}", (int(suspended), *enrolment))  # noqa: S608


def suspend(db: sqlite3.Connection, conventions: SiteConventions, pair: tuple[str, str], *, suspended: bool) -> None:
    """The same of an enrolment of the API, by userid and courseid."""
    user, course = users.found(db, conventions, pair[0]), courses.found(db, conventions, pair[1])
    set_status(db, (user["id"], course["id"], _PLUGIN), suspended=suspended)


def delete(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    """Unenrol from one plugin, or from all but `meta`: a linked user stays for as long as the link and its source do.

    Removing the last enrolment also removes the user from the course's groups, and deletes their grades there.
    """
    user, course = _pair(db, conventions, args)
    gone = db.execute(
        "DELETE FROM enrolment WHERE user = ? AND course = ? AND plugin = coalesce(?, plugin)",
        (user, course, args.asked("plugin")),
    )
    if not gone.rowcount:
        raise ApiRefusal(404, "not_found", f"User {args.at['userid']} is not enrolled in course {args.at['courseid']}.")
    return None


def enrol(db: sqlite3.Connection, user: int, course: int, role: str, plugin: str) -> None:
    """Enrol, or give the plugin's enrolment another role."""
    db.execute(
        "INSERT INTO enrolment (user, course, role, plugin) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (user, course, plugin) DO UPDATE SET role = excluded.role",
        (user, course, role, plugin),
    )
    if plugin == _PLUGIN:
        db.execute("UPDATE course SET enrolled_before = 1 WHERE id = ? AND NOT enrolled_before", (course,))


def _remaining(db: sqlite3.Connection, user: int, course: int, role: str) -> str:
    """The role that somebody has after another one was added: the higher one."""
    higher: sqlite3.Row = db.execute(
        "SELECT shortname FROM role WHERE shortname = ? OR shortname IN"
        " (SELECT role FROM enrolment WHERE user = ? AND course = ? AND plugin = ?) ORDER BY sortorder",
        (role, user, course, _PLUGIN),
    ).fetchone()
    return str(higher["shortname"])


def enrolled(db: sqlite3.Connection, user: int, course: int) -> bool:
    """Whether the user is in the course by any plugin, `meta` too."""
    row = db.execute("SELECT 1 FROM enrolled WHERE user = ? AND course = ? LIMIT 1", (user, course)).fetchone()
    return row is not None


def role_named(db: sqlite3.Connection, conventions: SiteConventions, roleid: str) -> str:
    """A role's short name as the site has it; Refused (400) if it has none of that name."""
    row = db.execute("SELECT shortname FROM role WHERE same = ?", (conventions.same(roleid),)).fetchone()
    if row is None:
        raise bad(f"There is no role {roleid}.")
    return str(row["shortname"])


def first_of_course(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> str | None:
    """The claim of the first enrolment PUT into a course: it creates what all of them share."""
    same = conventions.same(args.at["courseid"])
    row = db.execute("SELECT enrolled_before FROM course WHERE same = ?", (same,)).fetchone()
    if row is None or row["enrolled_before"]:
        return None
    return f"first enrolments of course {same} in flight together"


def _pair(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> tuple[int, int]:
    user = users.found(db, conventions, args.at["userid"])
    return user["id"], courses.found(db, conventions, args.at["courseid"])["id"]
