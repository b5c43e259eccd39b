"""What happens at a university now and then, and is no mistake.

Each is done to a university as it stands; `None` where there is nobody and nothing to whom it could happen today.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

from tests.proof.university.people import FIRST, LAST, employees, student_number, students
from tests.proof.university.state import University

LARGE = 12
"""Students in a course that is large enough to lose some."""

INTAKE = 3
"""One new student comes for so many others."""


def intake(university: University, random: Random) -> University:
    """The new students of the year, each with a few courses."""
    count = len(university.students) // INTAKE
    new = [*students(range(university.serial + 1, university.serial + count + 1), random)]
    university = replace(university, serial=university.serial + count).with_students(new)
    courses = [*university.sections]
    return university.enrolled([(student.id, course) for student in new for course in random.sample(courses, 4)])


def migration(university: University, random: Random) -> University:
    """All students get an address of another domain."""
    domain = f"mail{random.randrange(100)}.northmoor.example"
    return university.with_students(
        replace(student, email=f"{student.netid}@{domain}") for student in university.students.values()
    )


def withdrawal(university: University, random: Random) -> University:
    """A student withdraws from the university, another one is on leave: neither is in a course any more."""
    gone, away = random.sample(university.active, 2)
    statuses = {gone: "W", away: "L"}
    university = university.with_students(replace(university.students[id], status=to) for id, to in statuses.items())
    return university.dropped((id, course) for id in statuses for course in university.courses_of(id))


def assistants(university: University, random: Random) -> University:
    """Students assist in courses; one of them in a course that they take as well."""
    active, courses = university.active, [*university.sections]
    pairs = [(random.choice(active), random.choice(courses)) for _ in range(3)]
    university = university.enrolled(pairs, role="A")
    both = random.choice([pair for pair, role in university.enrolments.items() if role == "S"])
    return replace(university, enrolments={**university.enrolments, both: "SA"})


def names(university: University, random: Random) -> University:
    """Some students have other names, and one of them another login with it."""
    chosen = [university.students[id] for id in random.sample(university.active, 4)]
    changed = [replace(student, last=random.choice(LAST), first=random.choice(FIRST)) for student in chosen]
    changed[0] = replace(changed[0], netid=f"{changed[0].netid}n", email=f"n.{changed[0].email}")
    return university.with_students(changed)


def cross_listed(university: University, random: Random) -> University:
    """A course is offered by a second subject too; some of its students are in that one from now on."""
    section = random.choice([section for section in university.sections.values() if not section.short])
    twin = replace(section, number=section.number + random.randrange(3, 90), section=9)
    teaching = {(who, twin.code) for who, at in university.teaching if at == section.code}
    moving = university.roster(section.code)[:8]
    university = replace(
        university, sections={**university.sections, twin.code: twin}, teaching=university.teaching | teaching
    )
    university = university.dropped((student, section.code) for student in moving)
    return university.enrolled((student, twin.code) for student in moving)


def dissolved(university: University, random: Random) -> University:
    """A section is no longer offered; its students are in another section from now on."""
    gone, other = random.sample([*university.sections], 2)
    moving = university.roster(gone)
    return university.without([gone]).enrolled((student, other) for student in moving)


def cancelled(university: University, random: Random) -> University | None:
    """A course is cancelled: it is still listed, but nobody is in it any more."""
    large = [course for course in university.sections if len(university.roster(course)) >= LARGE]
    if not large:
        return None
    course = random.choice(large)
    return university.dropped((student, course) for student in university.roster(course))


def teacher_replaced(university: University, random: Random) -> University:
    """Somebody new teaches a course."""
    [new] = employees(range(university.serial + 1, university.serial + 2), random)
    old = random.choice(sorted(university.teaching))
    return replace(
        university,
        serial=university.serial + 1,
        staff={**university.staff, new.id: new},
        teaching=university.teaching - {old} | {(new.id, old[1])},
    )


# -- identity --------------------------------------------------------------------------------------------------


def merged(university: University, random: Random) -> University | None:
    """Two records of one person become one: what was the second's is the first's."""
    first: dict[tuple[str, str], str] = {}
    pairs = []
    for id in university.active:
        student = university.students[id]
        kept = first.setdefault((student.first, student.last), id)
        own, other = set(university.courses_of(kept)), set(university.courses_of(id))
        if kept != id and len(other - own) >= 3:
            pairs.append((kept, id))
    if not pairs:
        return None
    kept, gone = random.choice(pairs)
    courses = university.courses_of(gone)
    university = university.dropped((gone, course) for course in courses)
    university = replace(university, students={id: s for id, s in university.students.items() if id != gone})
    return university.enrolled((kept, course) for course in courses)


def renumbered(university: University, old: str, new: str) -> University:
    """A student has another number."""
    student = replace(university.students[old], id=new)
    return replace(
        university,
        students={id: each for id, each in university.students.items() if id != old} | {new: student},
        enrolments={(new if id == old else id, at): role for (id, at), role in university.enrolments.items()},
        members=frozenset((*place, new if id == old else id) for *place, id in university.members),  # type: ignore[misc]
    )


def recoded(university: University, old: str, number: int) -> University:
    """A section has another number, and so another code."""
    section = replace(university.sections[old], section=number)
    to = {course: course for course in university.sections} | {old: section.code}
    return replace(
        university,
        sections={to[code]: section if code == old else each for code, each in university.sections.items()},
        enrolments={(id, to[at]): role for (id, at), role in university.enrolments.items()},
        teaching=frozenset((id, to[at]) for id, at in university.teaching),
        groups={(to[at], group): name for (at, group), name in university.groups.items()},
        members=frozenset((to[at], group, id) for at, group, id in university.members),
    )


def reused(university: University, old: str, random: Random) -> University:
    """The number of a student who has left is given to a new one, who takes some courses."""
    [new] = students(range(university.serial + 1, university.serial + 2), random)
    university = replace(university, serial=university.serial + 1).with_students([replace(new, id=old)])
    return university.enrolled((old, course) for course in random.sample([*university.sections], 4))


def free_number(university: University) -> tuple[University, str]:
    """A number that nobody ever had."""
    serial = university.serial + 1
    return replace(university, serial=serial), student_number(serial)
