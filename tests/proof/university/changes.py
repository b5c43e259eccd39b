"""What an ordinary day brings."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from tests.proof.university.people import LAST
from tests.proof.university.state import University

MOST = 7
"""Courses that a student takes at most."""


def added(university: University, count: int, random: Random) -> University:
    """Some students choose another course."""
    active, courses = university.active, [*university.sections]
    pairs = {(random.choice(active), random.choice(courses)) for _ in range(count)}
    return university.enrolled(sorted(pair for pair in pairs if len(university.courses_of(pair[0])) < MOST))


def dropped(university: University, count: int, random: Random) -> University:
    """Some students give up a course each."""
    studying = [pair for pair, role in university.enrolments.items() if role == "S"]
    return university.dropped(random.sample(studying, count))


def regrouped(university: University, random: Random) -> University:
    """A student moves to the other group of a course."""
    course, group, student = random.choice(sorted(university.members))
    other = "A" if group == "B" else "B"
    members = university.members - {(course, group, student)} | {(course, other, student)}
    return replace(university, members=members)


def renamed(university: University, random: Random) -> University:
    """A student has a new surname."""
    student = university.students[random.choice(university.active)]
    last = random.choice([name for name in LAST if name != student.last])
    return university.with_students([replace(student, last=last)])


def quiet(university: University, random: Random) -> University:
    """An ordinary day: a few courses chosen and given up, a group changed, a new name. No export is as it was."""
    university = added(university, random.randint(1, 4), random)
    university = dropped(university, random.randint(1, 3), random)
    university = regrouped(university, random)
    return renamed(university, random)
