"""Direct managers: whom a user reports to, and their permissions."""

from __future__ import annotations

import sqlite3

from sync.sandbox.conventions import SiteConventions
from sync.sandbox.rules import ApiRefusal, Arguments, Flag, Json, as_php, bad, institution, users
from sync.sandbox.shapes import MOMENT, NUMBER, NUMERAL, TEXT, Shape, record

_KEEP = Flag("keepexisting")
_BITS = {Flag("perm_allocate_programs"): 1, Flag("perm_view_reports"): 2, Flag("perm_be_notified"): 4}
BODY = (_KEEP, *_BITS)


def _shape(number: Shape, usermodified: Shape) -> Shape:
    return record(
        id=number,
        userid=TEXT,
        managerid=TEXT,
        tenantid=number,
        permissions=number,
        timecreated=MOMENT,
        timemodified=MOMENT,
        usermodified=usermodified,
    )


READ = _shape(NUMERAL, NUMBER)
WRITTEN = _shape(NUMBER, NUMERAL)


def of_user(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    rows = _rows(db, users.found(db, conventions, args.at["userid"])["id"])
    return [{**_answer(conventions, as_php(row), row), "usermodified": 0} for row in rows]


def put(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    """Assign a manager. Unless `keepexisting` is 1, the user's other managers are removed."""
    user, manager = _pair(db, conventions, args)
    if user == manager:
        raise bad(f"User {args.at['userid']} cannot be their own manager.")
    before = next((row["permissions"] for row in _rows(db, user, manager)), 0)
    permissions = sum(bit for flag, bit in _BITS.items() if flag.read(args.body, int(before & bit > 0)))
    if not _KEEP.read(args.body):
        db.execute("DELETE FROM manager WHERE user = ? AND manager <> ?", (user, manager))
    db.execute(
        "INSERT INTO manager (user, manager, permissions, timecreated, timemodified) VALUES (?1, ?2, ?3, ?4, ?4)"
        " ON CONFLICT (user, manager) DO UPDATE"
        " SET permissions = excluded.permissions, timemodified = excluded.timemodified",
        (user, manager, permissions, conventions.now()),
    )
    [row] = _rows(db, user, manager)
    return {**_answer(conventions, dict(row), row), "usermodified": institution.API_USER}


def delete(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    gone = db.execute("DELETE FROM manager WHERE user = ? AND manager = ?", _pair(db, conventions, args))
    if not gone.rowcount:
        message = f"User {args.at['reportsto_userid']} is not a manager of user {args.at['userid']}."
        raise ApiRefusal(404, "not_found", message)
    return None


def _pair(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> tuple[int, int]:
    user = users.found(db, conventions, args.at["userid"])["id"]
    return user, users.found(db, conventions, args.at["reportsto_userid"])["id"]


def _rows(db: sqlite3.Connection, user: int, manager: int | None = None) -> list[sqlite3.Row]:
    """The user's managers, or one of them."""
    return db.execute(
        "SELECT r.id, u.idnumber AS userid, m.idnumber AS managerid, 1 AS tenantid, r.permissions, r.timecreated,"
        " r.timemodified FROM manager r JOIN user u ON u.id = r.user JOIN user m ON m.id = r.manager"
        " WHERE r.user = ? AND r.manager = coalesce(?, r.manager) ORDER BY r.id",
        (user, manager),
    ).fetchall()


def _answer(conventions: SiteConventions, iso_time: dict[str, object], row: sqlite3.Row) -> dict[str, object]:
    return {**iso_time, **{name: conventions.iso_time(row[name]) for name in ("timecreated", "timemodified")}}
