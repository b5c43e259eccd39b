"""Jobs: the positions that users hold in departments. All three are given by their identifiers, in answers too."""

from __future__ import annotations

import sqlite3

from sync.sandbox.conventions import SiteConventions, without_nul
from sync.sandbox.rules import (
    ApiRefusal,
    Arguments,
    Instant,
    Json,
    Parameter,
    Text,
    as_php,
    in_order,
    institution,
    merged,
    users,
)
from sync.sandbox.shapes import NUMBER, NUMERAL, TEXT, Shape, either, record

_KEYS = tuple(Text(name, 255, clean=without_nul, always=True) for name in ("departmentid", "positionid"))
_DATES = (Instant("startdate"), Instant("enddate"))
BODY: tuple[Parameter, ...] = (*_KEYS, *_DATES)


def _shape(date: Shape, timemodified: Shape, usermodified: Shape) -> Shape:
    return record(
        id=NUMERAL,
        tenantid=NUMERAL,
        userid=TEXT,
        positionid=TEXT,
        departmentid=TEXT,
        startdate=date,
        enddate=date,
        timecreated=NUMERAL,
        timemodified=timemodified,
        usermodified=usermodified,
    )


READ = _shape(NUMERAL, NUMERAL, NUMBER)
WRITTEN = _shape(either(NUMERAL, NUMBER), NUMBER, NUMERAL)

_SELECT = (
    "SELECT j.id, 1 AS tenantid, u.idnumber AS userid, p.idnumber AS positionid, d.idnumber AS departmentid,"
    " j.startdate, j.enddate, j.timecreated, j.timemodified FROM job j JOIN user u ON u.id = j.user"
    " JOIN institution p ON p.id = j.position JOIN institution d ON d.id = j.department"
)


def of_user(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    user = users.found(db, conventions, args.at["userid"])["id"]
    rows = db.execute(f"{_SELECT} WHERE j.user = ? ORDER BY j.id", (user,))
    return [{**as_php(row), "usermodified": 0} for row in rows]


def put(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    """Give the user the job in the body, or change its dates."""
    job = _ids(db, conventions, args.at["userid"], **merged(_KEYS, args.body, {}))
    before = _row(db, job)
    dates = {date.name: date.read(conventions, args.body, before[date.name] if before else 0) for date in _DATES}
    in_order(dates, "startdate", "enddate")
    db.execute(
        "INSERT INTO job (user, department, position, startdate, enddate, timecreated, timemodified)"
        " VALUES (:user, :department, :position, :startdate, :enddate, :now, :now)"
        " ON CONFLICT (user, department, position) DO UPDATE SET startdate = excluded.startdate,"
        " enddate = excluded.enddate, timemodified = excluded.timemodified",
        {**job, **dates, "now": conventions.now()},
    )
    row = _row(db, job)
    assert row is not None
    iso_time = as_php(row, [*(name for name in dates if name in args.body), "timemodified"])
    return {**iso_time, "usermodified": institution.API_USER}


def delete(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    row = _row(db, _ids(db, conventions, args.at["userid"], args.at["departmentid"], args.at["positionid"]))
    if row is None:
        at = args.at
        message = f"User {at['userid']} has no position {at['positionid']} in department {at['departmentid']}."
        raise ApiRefusal(404, "not_found", message)
    db.execute("DELETE FROM job WHERE id = ?", (row["id"],))
    return None


def _ids(
    db: sqlite3.Connection, conventions: SiteConventions, userid: str, departmentid: str, positionid: str
) -> dict[str, int]:
    """Moodle's own ids of the three parts of a job; Refused (404) if one is missing."""
    return {
        "user": users.found(db, conventions, userid)["id"],
        "department": institution.found(db, conventions, "department", departmentid),
        "position": institution.found(db, conventions, "position", positionid),
    }


def _row(db: sqlite3.Connection, job: dict[str, int]) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute(
        f"{_SELECT} WHERE j.user = :user AND j.department = :department AND j.position = :position", job
    ).fetchone()
    return row
