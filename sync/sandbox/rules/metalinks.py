"""Links between courses: whoever is enrolled in the linked course is in its parent too, as `meta`."""

from __future__ import annotations

import sqlite3

from sync.sandbox.conventions import SiteConventions
from sync.sandbox.rules import Arguments, Json, Text, as_php, bad, courses, groups, missing
from sync.sandbox.shapes import NUMERAL, constant, maybe, record

BODY = (
    Text("group", 100, required=False),
    Text("groupname", 254, required=False),
    Text("groupid", 100, required=False),
)

_FIXED: dict[str, object] = {
    "enrol": "meta",
    "status": "0",
    **dict.fromkeys(("enrolperiod", "enrolstartdate", "enrolenddate", "expirynotify", "expirythreshold"), "0"),
    **dict.fromkeys(("notifyall", "roleid"), "0"),
    **dict.fromkeys(("name", "password", "cost", "currency")),
    **{f"customint{n}": None for n in range(3, 9)},
    **{f"customchar{n}": None for n in range(1, 4)},
    **{f"customdesc{n}": None for n in range(1, 3)},
    **{f"customtext{n}": None for n in range(1, 5)},
}
SHAPE = record(
    id=NUMERAL,
    courseid=NUMERAL,
    sortorder=NUMERAL,
    customint1=NUMERAL,
    customint2=maybe(NUMERAL),
    timecreated=NUMERAL,
    timemodified=NUMERAL,
    **{name: constant(value) for name, value in _FIXED.items()},
)
"""A row of Moodle's own table of enrolment methods, in its own ids: `customint1` is the linked course, `customint2`
the group."""


def get(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    return _answer(_found(db, conventions, args))


def put(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    """Create a link, or give it another group; without one in the body, none.

    Those enrolled in the linked course, now or later, join the link's group. When the link is given another group,
    they leave the one before.
    """
    parent, linked = _pair(db, conventions, args)
    if parent["id"] == linked["id"]:
        raise bad(f"Course {args.at['parent_courseid']} cannot be linked to itself.")
    before = _row(db, parent, linked)
    group = _group(db, conventions, args, parent, linked)
    db.execute(
        "INSERT INTO metalink (course, linked, course_group, timecreated, timemodified)"
        " VALUES (:course, :linked, :group, :now, :now) ON CONFLICT (course, linked)"
        " DO UPDATE SET course_group = excluded.course_group, timemodified = excluded.timemodified",
        {"course": parent["id"], "linked": linked["id"], "group": group, "now": conventions.now()},
    )
    if before and before["course_group"] != group:
        db.execute(
            "DELETE FROM member WHERE course_group = ? AND user IN (SELECT user FROM enrolment WHERE course = ?)",
            (before["course_group"], linked["id"]),
        )
    if group:
        db.execute(
            "INSERT OR IGNORE INTO member (user, course_group)"
            " SELECT user, ? FROM enrolment WHERE course = ? AND plugin <> 'meta'",
            (group, linked["id"]),
        )
    return get(db, conventions, args)


def delete(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    db.execute("DELETE FROM metalink WHERE id = ?", (_found(db, conventions, args)["id"],))
    return None


def new_group(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> str | None:
    """The claim of a PUT that creates a group with a certain id in the parent."""
    if not _makes_group(args) or not args.body.get("groupid"):
        return None
    parent, groupid = (
        conventions.same(args.at["parent_courseid"]),
        conventions.same_key("groupid", args.body["groupid"]),
    )
    row = db.execute(
        "SELECT 1 FROM course_group g JOIN course c ON c.id = g.course WHERE c.same = ? AND g.same = ?",
        (parent, groupid),
    )
    return None if row.fetchone() else f"first writes of the new group {groupid} of course {parent} in flight together"


def _makes_group(args: Arguments) -> bool:
    return args.body.get("group") == "new"


def _group(
    db: sqlite3.Connection, conventions: SiteConventions, args: Arguments, parent: sqlite3.Row, linked: sqlite3.Row
) -> int | None:
    """The link's group. `new` creates it, once if a `groupid` identifies it; otherwise it must exist."""
    wanted, groupid = args.body.get("group", ""), args.body.get("groupid", "")
    if not wanted:
        return None
    if not _makes_group(args):
        row = groups.in_course(db, conventions, parent["id"], wanted)
        if row is None:
            raise bad(f"There is no group {wanted} in course {parent['idnumber']}.")
        return int(row["id"])
    row = groups.in_course(db, conventions, parent["id"], groupid) if groupid else None
    if row:
        return int(row["id"])
    return groups.new_group(
        db, conventions, parent["id"], groupid or None, args.body.get("groupname") or linked["fullname"]
    )


def _pair(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> tuple[sqlite3.Row, sqlite3.Row]:
    parent = courses.found(db, conventions, args.at["parent_courseid"])
    return parent, courses.found(db, conventions, args.at["metalink_courseid"])


def _found(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> sqlite3.Row:
    row = _row(db, *_pair(db, conventions, args))
    if row is None:
        raise missing("Metalink", f"of course {args.at['parent_courseid']} to course {args.at['metalink_courseid']}")
    return row


def _row(db: sqlite3.Connection, parent: sqlite3.Row, linked: sqlite3.Row) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM metalink WHERE course = ? AND linked = ?", (parent["id"], linked["id"])
    ).fetchone()
    return row


def _answer(link: sqlite3.Row) -> dict[str, object]:
    row = as_php(link)
    return {
        **_FIXED,
        "id": row["id"],
        "courseid": row["course"],
        "sortorder": row["id"],
        "customint1": row["linked"],
        "customint2": row["course_group"],
        "timecreated": row["timecreated"],
        "timemodified": row["timemodified"],
    }
