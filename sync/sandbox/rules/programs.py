"""Allocations of users to programs. Answers give both by Moodle's own ids, not by their identifiers."""

from __future__ import annotations

import sqlite3

from sync.sandbox.conventions import SiteConventions
from sync.sandbox.rules import Arguments, Flag, Instant, Json, as_php, in_order, institution
from sync.sandbox.shapes import NUMBER, NUMERAL, SWITCH, Shape, either, record

_DATES = (Instant("startdate"), Instant("duedate"), Instant("enddate"))
_STATUS, _RESET = Flag("status"), Flag("resetprogram")
BODY = (*_DATES, _STATUS, _RESET)


def _shape(numeral: Shape, switch: Shape, timemodified: Shape, usermodified: Shape) -> Shape:
    dates = {date.name + end: shape for date in _DATES for end, shape in (("", numeral), ("locked", switch))}
    return record(
        programid=NUMERAL,
        userid=NUMERAL,
        certificationid=NUMERAL,
        **dates,
        status=SWITCH,
        timesuspended=NUMERAL,
        allocationtype=NUMERAL,
        id=NUMERAL,
        timecreated=NUMERAL,
        timemodified=timemodified,
        usermodified=usermodified,
    )


READ = _shape(NUMERAL, SWITCH, NUMERAL, NUMBER)
WRITTEN = _shape(either(NUMERAL, NUMBER), either(SWITCH, {"enum": [0, 1]}), NUMBER, NUMERAL)


def get(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    return {**as_php(_found(db, conventions, args)), "usermodified": 0}


def put(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    """Allocate, or change what is given. Resets are events: their number is kept so that it can be seen."""
    program, user = institution.allocated_pair(db, conventions, "program", args)
    before = _row(db, program, user)
    dates = {date.name: date.read(conventions, args.body, before[date.name] if before else 0) for date in _DATES}
    in_order(dates, "startdate", "enddate")
    status = _STATUS.read(args.body, before["status"] if before else 0)
    db.execute(
        "INSERT INTO program_allocation (program, user, startdate, duedate, enddate, status, timesuspended, resets,"
        " timecreated, timemodified)"
        " VALUES (:program, :user, :startdate, :duedate, :enddate, :status, :status * :now, :reset, :now, :now)"
        " ON CONFLICT (user, program) DO UPDATE SET startdate = excluded.startdate, duedate = excluded.duedate,"
        " enddate = excluded.enddate, status = excluded.status, resets = resets + excluded.resets,"
        " timesuspended = iif(excluded.status > status, :now, timesuspended), timemodified = excluded.timemodified",
        {
            "program": program,
            "user": user,
            **dates,
            "status": status,
            "reset": _RESET.read(args.body),
            "now": conventions.now(),
        },
    )
    just = [name + end for name in dates if name in args.body for end in ("", "locked")]
    return {**as_php(_found(db, conventions, args), [*just, "timemodified"]), "usermodified": institution.API_USER}


def delete(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    db.execute("DELETE FROM program_allocation WHERE id = ?", (_found(db, conventions, args)["id"],))
    return None


def _found(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> sqlite3.Row:
    row = _row(db, *institution.allocated_pair(db, conventions, "program", args))
    if row is None:
        raise institution.not_allocated("program", args)
    return row


def _row(db: sqlite3.Connection, program: int, user: int) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute(
        "SELECT program AS programid, user AS userid, 0 AS certificationid, startdate,"
        " startdate <> 0 AS startdatelocked, duedate, duedate <> 0 AS duedatelocked, enddate,"
        " enddate <> 0 AS enddatelocked, status, timesuspended, 0 AS allocationtype, id, timecreated, timemodified"
        " FROM program_allocation WHERE program = ? AND user = ?",
        (program, user),
    ).fetchone()
    return row
