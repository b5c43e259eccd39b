"""What the site should hold after a night of good exports, as a registrar would say it.

Everybody and every course that was ever exported stays, as last exported. What is in a course that is exported is
exactly what the exports say; a course that is no longer exported keeps what it had. A grade stays as long as its
enrolment.
"""

from __future__ import annotations

from datetime import datetime
from itertools import chain
from zoneinfo import ZoneInfo

from tests.proof.objects import Fields, Key, Objects, course_of
from tests.proof.university.people import Employee, Student
from tests.proof.university.state import University

ZONE = ZoneInfo("Europe/London")
ROLES = {"S": "student", "A": "teacher", "SA": "teacher"}
"""Of two roles in one course, the higher one counts."""

ENROLLED = ("A", "L")
"""The STATUS of students who have an account; others keep the one they had."""


def truth(university: University, before: Objects) -> Objects:
    """What the site should hold tonight, given what it should have held last night."""
    stated = _stated(university)

    def stays(key: Key) -> bool:
        if key[0] == "grade" and course_of(key) in university.sections:
            return ("enrolment", *key[1:]) in stated
        return key[0] in ("user", "course") or course_of(key) not in university.sections

    return {**{key: fields for key, fields in before.items() if stays(key)}, **stated}


def _stated(university: University) -> Objects:
    objects: dict[Key, Fields] = {}
    students = (student for student in university.students.values() if student.status in ENROLLED)
    for person in chain[Student | Employee](students, university.staff.values()):
        objects["user", person.id] = (person.netid, person.first, person.last, person.email)
    for code, section in university.sections.items():
        start = datetime(section.start.year, section.start.month, section.start.day, tzinfo=ZONE)
        objects["course", code] = (section.title, code, start.isoformat(), f"/{section.school}/{section.term}")
    objects |= {("enrolment", *pair): (ROLES[role],) for pair, role in university.enrolments.items()}
    objects |= {("enrolment", *pair): ("editingteacher",) for pair in university.teaching}
    objects |= {("group", *place): (name,) for place, name in university.groups.items()}
    objects |= {("group_member", *member): () for member in university.members}
    return objects
