"""Allocations of users to certifications. No answer shows the dates that are put."""

from __future__ import annotations

import sqlite3

from sync.sandbox.conventions import SiteConventions
from sync.sandbox.rules import Arguments, Flag, Instant, Json, as_php, institution
from sync.sandbox.shapes import NUMBER, NUMERAL, SWITCH, maybe, record

_DATES = (Instant("startdate"), Instant("duedate"), Instant("expirydate"), Instant("certifieddate"))
_SUSPENDED, _REVOKED = Flag("suspendstatus"), Flag("revokedcertification")
BODY = (*_DATES, _SUSPENDED, _REVOKED)

SHAPE = record(
    certificationid=NUMERAL,
    userid=NUMERAL,
    status=SWITCH,
    timesuspended=NUMERAL,
    allocationtype=NUMERAL,
    currentprogramid=maybe(NUMERAL),
    isrecertification=SWITCH,
    graceperiodends=NUMBER,
    graceperiodendslocked=NUMBER,
    nextstartdate=NUMBER,
    id=NUMERAL,
    timecreated=NUMERAL,
    timemodified=NUMBER,
    usermodified=NUMERAL,
)
_FIXED = {
    "allocationtype": "0",
    "currentprogramid": None,
    "isrecertification": "0",
    "graceperiodends": 0,
    "graceperiodendslocked": 0,
    "nextstartdate": 0,
    "usermodified": institution.API_USER,
}


def get(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    """The allocation, the same after a read and a write, and without its dates."""
    row = as_php(_found(db, conventions, args), ["timemodified"])
    iso_time = {name: row[name] for name in ("status", "timesuspended", "id", "timecreated", "timemodified")}
    return {"certificationid": row["certification"], "userid": row["user"], **iso_time, **_FIXED}


def put(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    certification, user = institution.allocated_pair(db, conventions, "certification", args)
    before = _row(db, certification, user)
    values = {date.name: date.read(conventions, args.body, before[date.name] if before else 0) for date in _DATES}
    values["status"] = _SUSPENDED.read(args.body, before["status"] if before else 0)
    values["revoked"] = _REVOKED.read(args.body, before["revoked"] if before else 0)
    db.execute(
        "INSERT INTO certification_allocation (certification, user, startdate, duedate, expirydate, certifieddate,"
        " status, timesuspended, revoked, timecreated, timemodified)"
        " VALUES (:certification, :user, :startdate, :duedate, :expirydate, :certifieddate,"
        " :status, :status * :now, :revoked, :now, :now)"
        " ON CONFLICT (user, certification) DO UPDATE SET startdate = excluded.startdate, duedate = excluded.duedate,"
        " expirydate = excluded.expirydate, certifieddate = excluded.certifieddate, status = excluded.status,"
        " timesuspended = iif(excluded.status > status, :now, timesuspended), revoked = excluded.revoked,"
        " timemodified = excluded.timemodified",
        {"certification": certification, "user": user, **values, "now": conventions.now()},
    )
    return get(db, conventions, args)


def delete(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    db.execute("DELETE FROM certification_allocation WHERE id = ?", (_found(db, conventions, args)["id"],))
    return None


def _found(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> sqlite3.Row:
    row = _row(db, *institution.allocated_pair(db, conventions, "certification", args))
    if row is None:
        raise institution.not_allocated("certification", args)
    return row


def _row(db: sqlite3.Connection, certification: int, user: int) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM certification_allocation WHERE certification = ? AND user = ?", (certification, user)
    ).fetchone()
    return row
