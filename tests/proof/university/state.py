"""The university on one day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from tests.proof.university.courses import Section
from tests.proof.university.people import Employee, Student


@dataclass(frozen=True)
class University:
    """All that its SIS knows of today.

    serial:     how many people it has ever had
    sections:   by code, those of the current terms
    enrolments: student and course: roles, `S`, `A` (a teaching assistant) or both
    teaching:   staff and course
    groups:     course and group: name
    members:    course, group and student
    """

    day: date
    serial: int
    students: Mapping[str, Student]
    staff: Mapping[str, Employee]
    sections: Mapping[str, Section]
    enrolments: Mapping[tuple[str, str], str]
    teaching: frozenset[tuple[str, str]]
    groups: Mapping[tuple[str, str], str]
    members: frozenset[tuple[str, str, str]]

    @property
    def active(self) -> list[str]:
        """Students who may be enrolled."""
        return [student.id for student in self.students.values() if student.status == "A"]

    def roster(self, course: str) -> list[str]:
        """The students of a course, and those who assist in it."""
        return [student for student, at in self.enrolments if at == course]

    def courses_of(self, student: str) -> list[str]:
        return [course for who, course in self.enrolments if who == student]

    def enrolled(self, pairs: Iterable[tuple[str, str]], role: str = "S") -> University:
        """With these students in these courses, and in the smallest group of each that has groups."""
        pairs = [pair for pair in pairs if pair not in self.enrolments]
        sizes = dict.fromkeys(self.groups, 0)
        for course, group, _ in self.members:
            sizes[course, group] += 1
        joined = set()
        for student, course in pairs:
            if role == "S" and (places := [place for place in sizes if place[0] == course]):
                smallest = min(places, key=sizes.__getitem__)
                sizes[smallest] += 1
                joined.add((*smallest, student))
        enrolments = {**self.enrolments, **dict.fromkeys(pairs, role)}
        return replace(self, enrolments=enrolments, members=self.members | joined)

    def dropped(self, pairs: Iterable[tuple[str, str]]) -> University:
        """Without these students in these courses and their groups."""
        gone = {*pairs}
        return replace(
            self,
            enrolments={pair: role for pair, role in self.enrolments.items() if pair not in gone},
            members=frozenset(member for member in self.members if (member[2], member[0]) not in gone),
        )

    def without(self, courses: Iterable[str]) -> University:
        """Without some courses and all that is in them."""
        gone = {*courses}
        return replace(
            self,
            sections={code: section for code, section in self.sections.items() if code not in gone},
            enrolments={pair: role for pair, role in self.enrolments.items() if pair[1] not in gone},
            teaching=frozenset(pair for pair in self.teaching if pair[1] not in gone),
            groups={place: name for place, name in self.groups.items() if place[0] not in gone},
            members=frozenset(member for member in self.members if member[0] not in gone),
        )

    def with_students(self, changed: Iterable[Student]) -> University:
        """With these students, new or as they are now."""
        return replace(self, students={**self.students, **{student.id: student for student in changed}})
