"""What the SIS exports of the university every night: seven whole snapshots."""

from __future__ import annotations

from collections.abc import Iterable

from tests.proof.feeds import Cells, Feeds, Table
from tests.proof.university.state import University


def exports(university: University) -> Feeds:
    """The good exports of a night, each sorted as a database would."""
    sections = university.sections
    studying = [(*pair, role) for pair, roles in university.enrolments.items() for role in roles]
    teaching = [(*pair, "T") for pair in university.teaching]

    def placed(rows: Iterable[tuple[str, str, str]]) -> list[Cells]:
        return [(who, at, sections[at].term, sections[at].school, role) for who, at, role in rows]

    return {
        "students.csv": _table(
            "STUDENT_ID,NETID,FIRST,LAST,EMAIL,SCHOOL,STATUS",
            [(s.id, s.netid, s.first, s.last, s.email, s.school, s.status) for s in university.students.values()],
        ),
        "staff.csv": _table(
            "STAFF_ID,NETID,FIRST,LAST,EMAIL,SCHOOL",
            [(s.id, s.netid, s.first, s.last, s.email, s.school) for s in university.staff.values()],
        ),
        "courses.csv": _table(
            "COURSE,TITLE,SCHOOL,TERM,START",
            [(s.code, s.title, s.school, s.term, s.start.isoformat()) for s in sections.values()],
        ),
        "enrolments.csv": _table("STUDENT_ID,COURSE,TERM,SCHOOL,ROLE", placed(studying), by=1),
        "teaching.csv": _table("STAFF_ID,COURSE,TERM,SCHOOL,ROLE", placed(teaching), by=1),
        "groups.csv": _table("COURSE,GROUP,NAME", [(*place, name) for place, name in university.groups.items()]),
        "members.csv": _table("COURSE,GROUP,STUDENT_ID", university.members),
    }


def _table(header: str, rows: Iterable[Cells], by: int = 0) -> Table:
    """Sorted by one column, then by all."""
    return Table(tuple(header.split(",")), tuple(sorted(rows, key=lambda row: (row[by], row))))
