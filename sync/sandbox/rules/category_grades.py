"""Grades of a course's categories, by Moodle's own numbers of these: calculated by Moodle, or overridden by a call."""

from __future__ import annotations

import re
import sqlite3

from sync.sandbox.conventions import SiteConventions
from sync.sandbox.rules import Arguments, Json, as_php, bad, courses, missing, users
from sync.sandbox.rules.queries import ChoiceParameter, ListParameter
from sync.sandbox.shapes import NUMERAL, TEXT, Shape, constant, listed, maybe, record

_MOST = 100

_USERS, _LOCK = ListParameter("userid"), ChoiceParameter("lock", ("true", "false", "1", "0"))
FILTER, OVERRIDE = (_USERS,), (_LOCK,)

_FIXED: dict[str, object] = {
    "rawgrade": None,
    "rawgrademax": f"{_MOST:.5f}",
    "rawgrademin": "0.00000",
    "rawscaleid": None,
    "usermodified": None,
    "hidden": "0",
    "exported": "0",
    "excluded": "0",
    "feedback": None,
    "feedbackformat": "0",
    "information": None,
    "informationformat": "0",
    "timecreated": None,
    "aggregationstatus": "used",
    "aggregationweight": "1.00000",
}


def _grade_with(**ids: Shape) -> Shape:
    return record(
        user_idnumber=maybe(TEXT),
        itemid=NUMERAL,
        internal_userid=NUMERAL,
        finalgrade=NUMERAL,
        locked=NUMERAL,
        locktime=NUMERAL,
        overridden=NUMERAL,
        timemodified=NUMERAL,
        **{name: constant(value) for name, value in _FIXED.items()},
        **ids,
    )


LIST, WRITTEN = listed(_grade_with(gradeid=NUMERAL, categoryid=NUMERAL)), _grade_with(id=NUMERAL)

_SELECT = (
    "SELECT g.id, g.item AS itemid, g.user AS internal_userid, u.idnumber AS user_idnumber, u.same,"
    " printf('%.5f', g.finalgrade) AS finalgrade, g.locked, g.locked AS locktime, g.overridden, g.timemodified"
    " FROM category_grade g JOIN user u ON u.id = g.user WHERE g.item = ?"
)


def of_course(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    """The existing grades in a category, of all users or of those asked for."""
    category = _category(db, conventions, args)
    wanted = {conventions.same(userid) for userid in _USERS.read(args)}
    iso_time = []
    for row in db.execute(f"{_SELECT} ORDER BY g.id", (category["item"],)):
        if not wanted or row["same"] in wanted:
            grade = _answer(row)
            iso_time.append({"gradeid": grade.pop("id"), "categoryid": str(category["id"]), **grade})
    return iso_time


def put(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    """Override a user's grade, whether enrolled or not; with `lock`, permanently.

    A locked grade is refused (400) to calls without `lock`; those with it override it, and it stays locked.
    """
    item = _category(db, conventions, args)["item"]
    user = users.found(db, conventions, args.at["userid"])["id"]
    grade = _number(args.at["grade"])
    lock = not {"true", "1"}.isdisjoint(_LOCK.read(args))
    before = db.execute("SELECT locked FROM category_grade WHERE item = ? AND user = ?", (item, user)).fetchone()
    if before and before["locked"] and not lock:
        raise bad(f"The grade of user {args.at['userid']} in category {args.at['catid']} is locked.")
    write(db, item, user, grade, conventions.now(), overridden=True, locked=lock)
    return _answer(db.execute(f"{_SELECT} AND g.user = ?", (item, user)).fetchone())


def write(
    db: sqlite3.Connection, item: int, user: int, grade: float, now: int, *, overridden: bool, locked: bool
) -> None:
    """Put a grade into the category of that `item`. Moodle keeps when it was overridden, or locked, and 0 if not."""
    db.execute(
        "INSERT INTO category_grade (item, user, finalgrade, overridden, locked, timemodified)"
        " VALUES (:item, :user, :grade, :overridden * :now, :locked * :now, :now)"
        " ON CONFLICT (user, item) DO UPDATE SET finalgrade = excluded.finalgrade, overridden = excluded.overridden,"
        " locked = excluded.locked, timemodified = excluded.timemodified",
        {"item": item, "user": user, "grade": grade, "now": now, "overridden": overridden, "locked": locked},
    )


def put_category(db: sqlite3.Connection, conventions: SiteConventions, courseid: str, category: int, name: str) -> None:
    """A category, or another name for it. The course need not exist yet: the category waits for it."""
    db.execute(
        "INSERT INTO grade_category (same_course, id, name) VALUES (?, ?, ?)"
        " ON CONFLICT (same_course, id) DO UPDATE SET name = excluded.name",
        (conventions.same(courseid), category, name),
    )


def category_of(db: sqlite3.Connection, conventions: SiteConventions, courseid: str, catid: str) -> sqlite3.Row:
    """A course's category; Refused (404) if there is no such course, or no such category in it."""
    course = courses.found(db, conventions, courseid)
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM grade_category WHERE same_course = ? AND CAST(id AS TEXT) = ?", (course["same"], catid)
    ).fetchone()
    if row is None:
        raise missing("Grade category", f"{catid} of course {courseid}")
    return row


def _category(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> sqlite3.Row:
    return category_of(db, conventions, args.at["courseid"], args.at["catid"])


def _number(text: str) -> float:
    grade = float(text) if re.fullmatch(r"-?[0-9]+(\.[0-9]*)?", text) else None
    if grade is None or not 0 <= grade <= _MOST:
        raise bad(f"The grade must be a number from 0 to {_MOST}, not {text}.")
    return grade


def _answer(row: sqlite3.Row) -> dict[str, object]:
    iso_time = {**_FIXED, **as_php(row)}
    del iso_time["same"]
    return iso_time
