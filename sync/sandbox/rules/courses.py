"""Courses, and the categories that are created for their paths."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from sync.sandbox.conventions import SiteConventions, epoch_of, without_nul
from sync.sandbox.rules import ApiRefusal, Arguments, Instant, Json, Text, bad, fitting, merged, missing
from sync.sandbox.shapes import MOMENT, TEXT, record

KEY = Text("courseid", 100)
_TEXTS = (Text("fullname", 254), Text("shortname", 255))
_LONGEST_CATEGORY = 255
_CATEGORY = Text("categorypath", 10 * _LONGEST_CATEGORY, required=False, clean=without_nul)  # nobody has more levels
BODY = (*_TEXTS, Instant("startdate"), _CATEGORY)
SHAPE = record(courseid=TEXT, fullname=TEXT, shortname=TEXT, startdate=MOMENT, categorypath=TEXT)
_DEFAULT_PATH = "/Category 1"


def found(db: sqlite3.Connection, conventions: SiteConventions, courseid: str) -> sqlite3.Row:
    """The course's row; Refused (404) if there is none."""
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM course WHERE same = ?", (conventions.same(courseid),)
    ).fetchone()
    if row is None:
        raise missing("Course", courseid)
    return row


def get(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    return shape(db, conventions, found(db, conventions, args.at["courseid"]))


def put(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    courseid = args.at["courseid"]
    same = conventions.same(courseid)
    before = db.execute("SELECT * FROM course WHERE same = ?", (same,)).fetchone()
    values: dict[str, object] = {**_checked(db, conventions, args, before), "courseid": courseid, "same": same}
    values["startdate"] = _startdate(conventions, args.body, before)
    values["same_shortname"] = conventions.same(str(values["shortname"]))
    values["category"] = _category(db, conventions, args.body.get("categorypath", ""), before)
    db.execute(
        "INSERT INTO course (idnumber, same, fullname, shortname, same_shortname, startdate, category)"
        " VALUES (:courseid, :same, :fullname, :shortname, :same_shortname, :startdate, :category)"
        " ON CONFLICT (same) DO UPDATE SET fullname = excluded.fullname, shortname = excluded.shortname,"
        " same_shortname = excluded.same_shortname, startdate = excluded.startdate, category = excluded.category",
        values,
    )
    return shape(db, conventions, found(db, conventions, courseid))


def delete(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    db.execute("DELETE FROM course WHERE id = ?", (found(db, conventions, args.at["courseid"])["id"],))
    return None


def shape(db: sqlite3.Connection, conventions: SiteConventions, course: sqlite3.Row) -> dict[str, str]:
    """A course as the API answers it."""
    return {
        "courseid": course["idnumber"],
        "fullname": course["fullname"],
        "shortname": course["shortname"],
        "startdate": conventions.iso_time(course["startdate"]),
        "categorypath": path_of(db, course["category"]),
    }


def path_of(db: sqlite3.Connection, category: int) -> str:
    """The path of a category, from the root, with a slash before each name."""
    path = ""
    while category:
        name, category = db.execute("SELECT name, parent FROM category WHERE id = ?", (category,)).fetchone()
        path = f"/{name}{path}"
    return path


def category_at(db: sqlite3.Connection, conventions: SiteConventions, path: str) -> int:
    """The category of that path, created as far as it doesn't exist."""
    category = 0
    for name in _names(path):
        if len(name) > _LONGEST_CATEGORY:
            raise ApiRefusal(400, "categorytoolong", f"Category names have at most {_LONGEST_CATEGORY} characters.")
        same = conventions.same(name)
        row = db.execute("SELECT id FROM category WHERE parent = ? AND same = ?", (category, same)).fetchone()
        if row is None:
            new_group = db.execute("INSERT INTO category (parent, name, same) VALUES (?, ?, ?)", (category, name, same))
            category = new_group.lastrowid or 0
        else:
            category = row["id"]
    return category


def new_category(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> str | None:
    """The claim of a course PUT whose category path doesn't exist completely: the topmost category it would create."""
    category, path = 0, ""
    for name in _names(args.body.get("categorypath", "")):
        same = conventions.same(name)
        path += f"/{same}"
        row = db.execute("SELECT id FROM category WHERE parent = ? AND same = ?", (category, same)).fetchone()
        if row is None:
            return f"first writes under the new category {path} in flight together"
        category = row["id"]
    return None


def _names(path: str) -> list[str]:
    """The categories' names, in which tags are kept."""
    return [name for name in (_CATEGORY.clean(part).strip() for part in path.split("/")) if name]


def _checked(
    db: sqlite3.Connection, conventions: SiteConventions, args: Arguments, before: sqlite3.Row | None
) -> dict[str, str]:
    values = merged(_TEXTS, args.body, dict(before) if before else {})
    taken = db.execute(
        "SELECT 1 FROM course WHERE same_shortname = ? AND id IS NOT ?",
        (conventions.same(values["shortname"]), before["id"] if before else None),
    )
    if taken.fetchone():
        raise bad(f"The short name {values['shortname']} is already used by another course.")
    fitting((KEY, *_TEXTS), {"courseid": args.at["courseid"], **values})
    return values


def _startdate(conventions: SiteConventions, body: Mapping[str, str], before: sqlite3.Row | None) -> int:
    """The given date, or else the one from `before`; a new course without one starts on the day it is created."""
    text = body.get("startdate", "")
    if not text:
        return int(before["startdate"]) if before else conventions.day_of(conventions.now())
    epoch = epoch_of(text, conventions.zone)
    if epoch is None:
        raise bad(f"startdate {text} is not a date.")
    return epoch


def _category(db: sqlite3.Connection, conventions: SiteConventions, path: str, before: sqlite3.Row | None) -> int:
    if before is not None and not _names(path):
        return int(before["category"])
    return category_at(db, conventions, path if _names(path) else _DEFAULT_PATH)
