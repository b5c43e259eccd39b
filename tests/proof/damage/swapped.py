"""Files under each other's names, columns under each other's headers, values beside each other's rows."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from tests.proof.damage.kinds import Damage, Make, Past, Wanted
from tests.proof.damage.layout import by_column
from tests.proof.damage.making import (
    COURSES,
    ENROLMENTS,
    GROUPS,
    MEMBERS,
    STAFF,
    STUDENTS,
    TEACHING,
    Edit,
    edited,
    shifted,
    short,
    under_names,
)
from tests.proof.feeds import Files, Table


def swapped(one: str, other: str) -> Edit:
    """The values of two columns exchanged, their headers not."""

    def edit(table: Table, _: Random) -> Table:
        order = [table.at(_other(name, one, other)) for name in table.header]
        return replace(table, rows=tuple(tuple(row[at] for at in order) for row in table.rows))

    return edit


def _other(name: str, one: str, other: str) -> str:
    return {one: other, other: one}.get(name, name)


def moved(one: str, other: str) -> Edit:
    """Two columns in each other's place, with their headers."""

    def edit(table: Table, dice: Random) -> Table:
        header = tuple(_other(name, one, other) for name in table.header)
        return replace(swapped(one, other)(table, dice), header=header)

    return edit


def rows_exchanged(one: str, other: str) -> Make:
    """Two feeds with each other's rows below their own headers, as far as these reach."""

    def make(past: Past, dice: Random) -> Files:
        def rows_of(feed: str) -> Edit:
            def edit(table: Table, _: Random) -> Table:
                width, source = len(table.header), past.tonight[feed].rows
                return replace(table, rows=tuple((*row, *[""] * width)[:width] for row in source))

            return edit

        return edited({one: rows_of(other), other: rows_of(one)})(past, dice)

    return make


def all_moved(table: Table, _: Random) -> Table:
    """The columns from right to left."""
    return Table(table.header[::-1], tuple(row[::-1] for row in table.rows))


def shifted_by_student(table: Table, dice: Random) -> Table:
    return shifted("COURSE", 0.0)(by_column("STUDENT_ID")(table, dice), dice)


SWAPPED_COLUMNS = (
    (STUDENTS, "FIRST", "LAST"),
    (STUDENTS, "NETID", "EMAIL"),
    (STUDENTS, "STUDENT_ID", "NETID"),
    (STUDENTS, "SCHOOL", "STATUS"),
    (STAFF, "FIRST", "LAST"),
    (COURSES, "TITLE", "SCHOOL"),
    (COURSES, "COURSE", "TITLE"),
    (ENROLMENTS, "STUDENT_ID", "COURSE"),
    (ENROLMENTS, "COURSE", "TERM"),
    (ENROLMENTS, "SCHOOL", "ROLE"),
    (TEACHING, "STAFF_ID", "COURSE"),
    (GROUPS, "GROUP", "NAME"),
    (GROUPS, "COURSE", "GROUP"),
    (MEMBERS, "GROUP", "STUDENT_ID"),
)

SHIFTED = (
    (STUDENTS, "NETID", 0.0, "everybody has the username of the next person"),
    (STUDENTS, "NETID", 0.5, "from halfway down, everybody has the username of the next person"),
    (STUDENTS, "NETID", 0.9, "the last tenth of the students have the username of the next one"),
    (STUDENTS, "EMAIL", 0.0, "everybody has the email address of the next person"),
    (STUDENTS, "EMAIL", 0.75, "the last quarter of the students have the email address of the next one"),
    (STUDENTS, "LAST", 0.75, "the last quarter of the students have the last name of the next one"),
    (STUDENTS, "STUDENT_ID", 0.5, "from halfway down, everybody has the number of the next person"),
    (STAFF, "NETID", 0.0, "everybody in staff.csv has the username of the next person"),
    (STAFF, "EMAIL", 0.5, "from halfway down, staff have the email address of the next person"),
    (COURSES, "TITLE", 0.5, "from halfway down, courses have the title of the next one"),
    (ENROLMENTS, "STUDENT_ID", 0.5, "from halfway down, enrolments are those of the student in the next row"),
    (TEACHING, "STAFF_ID", 0.0, "each course is taught by the teacher in the next row"),
    (GROUPS, "NAME", 0.0, "each group has the name of the next one"),
)

SWAPPED = (
    *(
        Damage(
            f"{short(one)}-{short(other)}-swapped",
            f"{one} and {other} are under each other's names",
            Wanted.REFUSED,
            under_names({one: other, other: one}),
        )
        for one, other in ((STUDENTS, STAFF), (ENROLMENTS, TEACHING), (GROUPS, MEMBERS), (STUDENTS, COURSES))
    ),
    *(
        Damage(
            f"{short(one)}-{short(other)}-rows-swapped",
            f"{one} and {other} have each other's rows below their own headers",
            Wanted.HELD,
            rows_exchanged(one, other),
        )
        for one, other in ((ENROLMENTS, TEACHING), (GROUPS, MEMBERS))
    ),
    *(
        Damage(
            f"{short(feed)}-{one}-{other}-swapped".lower(),
            f"{feed} has the values of {one} below {other} and the other way round",
            Wanted.HELD,
            edited({feed: swapped(one, other)}),
        )
        for feed, one, other in SWAPPED_COLUMNS
    ),
    *(
        Damage(
            f"{short(feed)}-{column}-shifted-{begin:.0%}".lower(),
            f"{feed}: {what}",
            Wanted.HELD,
            edited({feed: shifted(column, begin)}),
        )
        for feed, column, begin, what in SHIFTED
    ),
    Damage(
        "enrolments-by-student-course-shifted",
        "enrolments.csv is sorted by student, and each row has the course of the next",
        Wanted.HELD,
        edited({ENROLMENTS: shifted_by_student}),
    ),
    Damage(
        "students-first-last-moved",
        "students.csv has FIRST and LAST in each other's place, with their headers",
        Wanted.SENT,
        edited({STUDENTS: moved("FIRST", "LAST")}),
    ),
    Damage(
        "enrolments-columns-backwards",
        "enrolments.csv has its columns from right to left, with their headers",
        Wanted.SENT,
        edited({ENROLMENTS: all_moved}),
    ),
)
