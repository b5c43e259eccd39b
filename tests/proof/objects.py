"""What a site holds, as far as a SIS speaks of it: every object by resource and key, with its fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sync.sandbox import Moodle

Key = tuple[str, ...]
"""The resource, then the parts of the object's key: `("enrolment", "0012345", "HIS210-01-2026AU")`."""

Fields = tuple[str, ...]

Objects = Mapping[Key, Fields]
"""The fields of every object, in this order:

user            username, firstname, lastname, email
course          fullname, shortname, startdate, categorypath
enrolment       role
group           name
group_member    nothing
grade           the grade: teachers give it in Moodle, and it is lost with the enrolment
"""


def course_of(key: Key) -> str | None:
    """The course in which an object is; None for a person."""
    resource, *parts = key
    return {"user": None, "enrolment": parts[-1], "grade": parts[-1]}.get(resource, parts[0])


@dataclass(frozen=True)
class Held:
    """What a site holds at one moment; `rows` are the database's own numbers, where there are any.

    An object that is deleted and made again has another number: what was in it is lost.
    """

    objects: Objects
    rows: Mapping[Key, int]


ROWS: Mapping[str, str] = {
    "user": "SELECT id, idnumber FROM user",
    "course": "SELECT id, idnumber FROM course",
    "enrolment": "SELECT e.id, u.idnumber, c.idnumber FROM enrolment e JOIN user u ON u.id = e.user"
    " JOIN course c ON c.id = e.course WHERE e.plugin = 'nexsis'",
    "group": "SELECT g.id, c.idnumber, g.idnumber FROM course_group g JOIN course c ON c.id = g.course",
}


def held(moodle: Moodle) -> Held:
    """What a site holds now. What has no ID number, or belongs to somebody who has none, is not the SIS's."""
    found: dict[tuple[str | None, ...], Fields] = {
        **{("user", userid): tuple(fields) for userid, *fields in moodle.users()},
        **{("course", courseid): tuple(fields) for courseid, *fields in moodle.courses()},
        **{("enrolment", *key): (role,) for *key, role in moodle.enrolments("nexsis")},
        **{("group", course, groupid): (name,) for course, groupid, name, _ in moodle.groups()},
        **{("group_member", *key): () for key in moodle.members()},
        **{("grade", *key): (str(grade),) for *key, grade, _ in moodle.grades()},
    }
    with moodle.transaction() as db:
        rows = {(name, *key): at for name, sql in ROWS.items() for at, *key in db.execute(sql)}
    objects = {key: fields for key, fields in found.items() if all(key)}
    return Held(objects, rows)  # type: ignore[arg-type]  # no part of a key is None
