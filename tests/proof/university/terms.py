"""How a term comes and goes, and how the university began."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from random import Random

from tests.proof.university.calendar import Term, current
from tests.proof.university.courses import sections
from tests.proof.university.people import employees, students
from tests.proof.university.state import University

STUDENTS = 300
STAFF = 40
DOUBLES = 8
"""Students with a second record: the same name under another number."""

FULL = 35
"""Students in a section, on average."""

GROUPED = 2
"""Every second section has two groups."""


def founded(day: date, random: Random) -> University:
    """A university with its students, staff and current terms."""
    first = [*students(range(1, STUDENTS - DOUBLES + 1), random)]
    again = students(range(STUDENTS - DOUBLES + 1, STUDENTS + 1), random)
    second = [replace(double, first=one.first, last=one.last) for one, double in zip(first, again, strict=False)]
    people = {student.id: student for student in (*first, *second)}
    teachers = {each.id: each for each in employees(range(STUDENTS + 1, STUDENTS + STAFF + 1), random)}
    nothing: frozenset[tuple[str, str]] = frozenset()
    university = University(day, STUDENTS + STAFF, people, teachers, {}, {}, nothing, {}, frozenset())
    for term in current(day):
        university = opened(university, term, random)
    return university


def opened(university: University, term: Term, random: Random) -> University:
    """With a new term: its sections, each with a teacher, and students who have chosen some of them."""
    new = {section.code: section for section in sections(term, random)}
    teaching = {(random.choice([*university.staff]), code) for code in new}
    grouped = [*new][::GROUPED]
    groups = {(code, letter): f"Seminar {letter}" for code in grouped for letter in "AB"}
    university = replace(
        university,
        sections={**university.sections, **new},
        teaching=university.teaching | teaching,
        groups={**university.groups, **groups},
    )
    active = university.active
    each, odd = divmod(FULL * len(new), len(active))
    many = [each + (random.randrange(len(active)) < odd) for _ in active]
    chosen = [(who, code) for who, count in zip(active, many, strict=True) for code in random.sample([*new], count)]
    assistants = random.sample(active, max(1, len(new) // 8))
    assisting = [(student, random.choice([*new])) for student in assistants]
    studying = [pair for pair in chosen if pair not in set(assisting)]
    return university.enrolled(studying).enrolled(assisting, role="A")


def ended(university: University, term: Term) -> University:
    """Without a term that is over."""
    return university.without(code for code, section in university.sections.items() if section.term == term.code)


def halved(university: University, term: Term) -> University:
    """Without the short courses of a term, which are over."""
    over = (code for code, section in university.sections.items() if section.term == term.code and section.short)
    return university.without(over)
