"""Grades of whole courses. No call writes them: they result from teaching."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from sync.sandbox.conventions import SiteConventions
from sync.sandbox.rules import Arguments, Json, courses, users
from sync.sandbox.rules.queries import CountParameter
from sync.sandbox.shapes import MOMENT, TEXT, listed, record

_LETTERS = {93: "A", 90: "A-", 87: "B+", 83: "B", 80: "B-", 77: "C+", 73: "C", 70: "C-", 67: "D+", 60: "D", 0: "F"}
"""Moodle's usual letters, each with the lowest percentage for it."""

_PAGESIZE, _PAGE = CountParameter("pagesize", 100, least=1), CountParameter("page", 0)
QUERY = (_PAGESIZE, _PAGE)
_AMOUNT = {"type": "number"}
LIST = listed(
    record(
        userid=TEXT,
        courseid=TEXT,
        rawfinalgrade=_AMOUNT,
        rawgrademax=_AMOUNT,
        gradeletter={"enum": list(_LETTERS.values())},
        gradepercent=_AMOUNT,
        feedback=TEXT,
        timemodified=MOMENT,
    )
)


@dataclass(frozen=True)
class GivenGrade:
    """The points somebody got, and the maximum. Without a time it is given now, unless it exists already."""

    rawfinalgrade: float
    rawgrademax: float
    feedback: str
    timemodified: int | None


_SELECT = (
    "SELECT u.idnumber AS userid, c.idnumber AS courseid, g.rawfinalgrade, g.rawgrademax, g.feedback, g.timemodified"
    " FROM grade g JOIN user u ON u.same = g.same_user JOIN course c ON c.same = g.same_course"
)


def of_user(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    """A user's grades, in the order in which the courses were created."""
    user = users.found(db, conventions, args.at["userid"])
    rows = db.execute(f"{_SELECT} WHERE g.same_user = ? ORDER BY c.id", (user["same"],))
    return [_shape(conventions, row) for row in rows]


def of_course(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    """A page of a course's grades, in the order in which the users were created; empty beyond the end."""
    course = courses.found(db, conventions, args.at["courseid"])
    size = _PAGESIZE.read(args)
    rows = db.execute(
        f"{_SELECT} WHERE g.same_course = ? ORDER BY u.id LIMIT ? OFFSET ?",
        (course["same"], size, size * _PAGE.read(args)),
    )
    return [_shape(conventions, row) for row in rows]


def put(db: sqlite3.Connection, conventions: SiteConventions, userid: str, courseid: str, grade: GivenGrade) -> None:
    """Grade. User and course need not exist yet: the grade waits for them."""
    db.execute(
        "INSERT INTO grade VALUES (:user, :course, :final, :max, :feedback, coalesce(:at, :now))"
        " ON CONFLICT (same_course, same_user) DO UPDATE SET rawfinalgrade = excluded.rawfinalgrade,"
        " rawgrademax = excluded.rawgrademax, feedback = excluded.feedback, timemodified = excluded.timemodified"
        " WHERE :at IS NOT NULL OR (rawfinalgrade, rawgrademax, feedback)"
        " <> (excluded.rawfinalgrade, excluded.rawgrademax, excluded.feedback)",
        {
            "user": conventions.same(userid),
            "course": conventions.same(courseid),
            "final": grade.rawfinalgrade,
            "max": grade.rawgrademax,
            "feedback": grade.feedback,
            "at": grade.timemodified,
            "now": conventions.now(),
        },
    )


def _shape(conventions: SiteConventions, grade: sqlite3.Row) -> dict[str, object]:
    share = grade["rawfinalgrade"] / grade["rawgrademax"]
    return {
        **dict(grade),
        "gradeletter": next(letter for least, letter in _LETTERS.items() if round(share * 100, 5) >= least),
        "gradepercent": round(share, 4),
        "timemodified": conventions.iso_time(grade["timemodified"]),
    }
